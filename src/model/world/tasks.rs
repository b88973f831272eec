//! Fold of hosts' tasks: begun, their steps one after another, the commands of those steps, and
//! how they ended.

use super::{Misfit, World, misfit};
use crate::model::{
    Act, Answer, Entry, Event, Host, HostName, HostOp, HostTask, JobId, OpId, Outcome, Part,
    Patience, StepAt, StepDone, StepEnd, StepRun, StopAsked, TaskEnd, TaskState, Timestamp,
};

impl World {
    fn host_task_mut(&mut self, job: JobId, host: &HostName) -> Result<&mut HostTask, Misfit> {
        match self.job_mut(job)?.hosts.get_mut(host) {
            Some(task) => Ok(task),
            None => misfit(format!("job {job}"), format!("has no task for host {host}")),
        }
    }

    /// The step of a job's playbook, which must be the one that follows.
    fn step_follows(&self, job: JobId, host: &HostName, at: StepAt) -> Result<(), Misfit> {
        let known = self.jobs.get(&job);
        let play = known.and_then(|job| job.play.as_ref());
        let task = known.and_then(|job| job.hosts.get(host));
        match (play, task) {
            (Some(play), Some(task)) if task.next(&play.playbook) == Some(at) => Ok(()),
            _ => misfit(format!("job {job}"), format!("has another step next on {host}")),
        }
    }

    /// What concerns one host's task of one job.
    pub(super) fn host_task_event(
        &mut self,
        job: JobId,
        host: &HostName,
        entry: &Entry,
    ) -> Result<(), Misfit> {
        let at = entry.at;
        let wrong = |why: &str| misfit(format!("job {job}, host {host}"), why);
        if let Event::StepBegun { at: step, .. } = &entry.event {
            let again = self.host_task_mut(job, host)?.step.is_some();
            if !again {
                self.step_follows(job, host, *step)?;
            } else if self.host_mut(host)?.op.is_some() {
                return wrong("its command is under way");
            }
        }
        let task = self.host_task_mut(job, host)?;
        let begun = matches!(task.state, TaskState::Begun { .. });
        if let Event::HostTaskBegun { .. } = &entry.event {
            if task.state != TaskState::Waiting {
                return wrong("has begun already");
            }
            task.state = TaskState::Begun { at };
        } else if let Event::StepBegun { at: step, deadline, boot, .. } = &entry.event {
            if !begun {
                return wrong("has not begun, or is over");
            }
            task.begin_step(*step, *deadline, boot, at);
        } else if let Event::StepEnded { end, .. } = &entry.event {
            return task.end_step(end, at).or_else(wrong);
        } else if let Event::HostTaskStopped { .. } = &entry.event {
            if task.state.is_over() || task.stop.is_some() {
                return wrong("is over, or was called off already");
            }
            task.stop = Some(StopAsked { by: entry.actor.clone(), at });
        } else if let Event::HostTaskRetried { at: step, .. } = &entry.event {
            task.retry(*step).or_else(wrong)?;
            // A failure that is tried again is forgiven no more: it counts when it comes again.
            let known = self.job_mut(job)?;
            known.forgiven = known.forgiven.min(known.failed_hosts());
            return Ok(());
        } else if let Event::DrainChanged { deadline, on_deadline, force, patience, .. } =
            &entry.event
        {
            let (on_deadline, force) = (*on_deadline, *force);
            if let Some(step) = &mut task.step {
                (step.deadline, step.force) = (*deadline, force);
                step.on_deadline = Some(on_deadline);
            } else if task.state.is_over() || task.at != StepAt::default() {
                return wrong("is at no step");
            } else {
                task.patience = Some(Patience { deadline: *patience, on_deadline, force });
            }
        } else if let Event::HostTaskEnded { end, .. } = &entry.event {
            return self.host_task_ended(job, host, end, at);
        }
        Ok(())
    }

    fn host_task_ended(
        &mut self,
        job: JobId,
        host: &HostName,
        end: &TaskEnd,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let task = self.host_task_mut(job, host)?;
        if task.state.is_over() || task.step.is_some() {
            let why = format!("task of {host} is over already, or at a step");
            return misfit(format!("job {job}"), why);
        }
        task.state = TaskState::ended(end, at);
        let busy = matches!(end, TaskEnd::Skipped { busy: true, .. });
        self.remember_busy(job, host, busy);
        Ok(())
    }

    pub(super) fn host_op_begun(
        &mut self,
        host: &HostName,
        op: OpId,
        job: JobId,
        step: StepAt,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let epoch = self.epoch;
        let task = self.host_task_mut(job, host)?;
        if task.step.is_none() || task.at != step {
            return misfit(format!("job {job}"), format!("is not at that step on {host}"));
        }
        if let Some(run) = &mut task.step {
            run.answer = None;
        }
        let known = self.host_mut(host)?;
        if known.op.is_some() {
            return misfit(format!("host {host}"), "has a command under way");
        }
        known.op = Some(HostOp { id: op, job, at: step, epoch, begun: at, lost: None });
        Ok(())
    }

    pub(super) fn host_op_ended(
        &mut self,
        host: &HostName,
        op: OpId,
        outcome: &Outcome,
        said: &str,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let known = self.host_mut(host)?;
        let Some(under_way) = known.op.clone().filter(|known| known.id == op) else {
            return misfit(format!("host {host}"), format!("has no operation {op}"));
        };
        if let Outcome::Unknown { .. } = outcome {
            known.lose_op(at);
            return Ok(());
        }
        known.op = None;
        // The job may have been given up meanwhile.
        if let Ok(task) = self.host_task_mut(under_way.job, host)
            && let Some(step) = &mut task.step
        {
            let answer = Answer { at, outcome: outcome.clone(), said: said.into() };
            step.answer = Some(answer);
        }
        Ok(())
    }

    /// Whether a job's reboot is under way on the host.
    pub(super) fn reboot_asked(&self, host: &HostName) -> bool {
        self.jobs.values().filter(|job| !job.is_over()).any(|job| {
            let (Some(play), Some(task)) = (&job.play, job.hosts.get(host)) else { return false };
            let at_reboot = || play.playbook.step(task.at).map(|step| &step.act);
            task.step.is_some() && matches!(at_reboot(), Some(Act::Reboot { .. }))
        })
    }
}

impl Host {
    /// The host fell silent over its command: it may or may not have run.
    pub(super) fn lose_op(&mut self, at: Timestamp) {
        if let Some(op) = &mut self.op {
            op.lost.get_or_insert(at);
        }
    }
}

impl HostTask {
    fn begin_step(&mut self, at: StepAt, deadline: Option<Timestamp>, boot: &str, now: Timestamp) {
        let attempt = self.step.as_ref().map_or(0, |step| step.attempt).saturating_add(1);
        let force = self.step.as_ref().is_some_and(|step| step.force);
        let on_deadline = self.step.as_ref().and_then(|step| step.on_deadline);
        // What was said before its turn is about the drain, which is the first step.
        let said = self.patience.filter(|_| attempt == 1 && at == StepAt::default());
        let force = force || said.is_some_and(|said| said.force);
        let on_deadline = on_deadline.or(said.map(|said| said.on_deadline));
        let (boot, answer) = (boot.into(), None);
        self.at = at;
        self.step =
            Some(StepRun { began: now, attempt, deadline, on_deadline, force, boot, answer });
    }

    fn end_step(&mut self, end: &StepEnd, ended: Timestamp) -> Result<(), &'static str> {
        let Some(step) = self.step.take() else { return Err("is at no step") };
        let said = step.answer.map(|answer| answer.said).unwrap_or_default();
        let (at, began, attempt) = (self.at, step.began, step.attempt);
        self.log.push(StepDone { at, began, ended, attempt, end: end.clone(), said });
        self.at.ix = self.at.ix.saturating_add(1);
        if let StepEnd::Failed { why } = end {
            // The first failure is the one that tells.
            self.failed.get_or_insert_with(|| why.clone());
        }
        Ok(())
    }

    /// Goes back to a step, so that it and those after it are done again.
    fn retry(&mut self, at: StepAt) -> Result<(), &'static str> {
        let over = matches!(self.state, TaskState::Failed { .. } | TaskState::Skipped { .. });
        if !over || at.part != Part::Steps || at > self.at {
            return Err("has not failed, or has not come to that step");
        }
        let fresh = HostTask::waiting(self.earliest);
        let (wave, rank, log) = (self.wave, self.rank, std::mem::take(&mut self.log));
        *self = HostTask { wave, rank, log, at, ..fresh };
        Ok(())
    }
}
