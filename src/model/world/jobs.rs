//! Fold of schedules' runs and of jobs with their tasks of VMs.

use std::sync::Arc;

use super::{Misfit, World, misfit};
use crate::model::{
    Cause, Entry, Event, HostName, HostTask, Job, JobId, JobState, Run, RunResult, Schedule,
    ScheduleName, Suspended, Task, TaskEnd, TaskState, Timestamp, VmId,
};

/// How many jobs that are over stay in the World; older ones are in the journal only.
const JOBS_KEPT: usize = 100;

impl World {
    fn schedule_mut(&mut self, name: &ScheduleName) -> Result<&mut Schedule, Misfit> {
        match self.schedules.get_mut(name) {
            Some(schedule) => Ok(Arc::make_mut(schedule)),
            None => misfit(format!("schedule {name}"), "is not known"),
        }
    }

    pub(super) fn task_mut(&mut self, job: JobId, vm: VmId) -> Result<&mut Task, Misfit> {
        match self.job_mut(job)?.tasks.get_mut(&vm) {
            Some(task) => Ok(task),
            None => misfit(format!("job {job}"), format!("has no task for vm {vm}")),
        }
    }

    /// One record per nominal time: a second one for the same time does not follow.
    fn run_recorded(&mut self, name: &ScheduleName, run: Run) -> Result<(), Misfit> {
        let schedule = self.schedule_mut(name)?;
        if run.nominal <= schedule.upto {
            let why = format!("has dealt with {} already", run.nominal);
            return misfit(format!("schedule {name}"), why);
        }
        schedule.upto = run.nominal;
        schedule.runs.push(run);
        let excess = schedule.runs.len().saturating_sub(schedule.runs_kept());
        schedule.runs.drain(..excess);
        Ok(())
    }

    pub(super) fn run_fired(
        &mut self,
        name: &ScheduleName,
        nominal: Timestamp,
        job: JobId,
    ) -> Result<(), Misfit> {
        self.run_recorded(name, Run { nominal, result: RunResult::Fired { job } })
    }

    pub(super) fn run_missed(
        &mut self,
        name: &ScheduleName,
        nominal: Timestamp,
        count: u32,
        cause: &str,
    ) -> Result<(), Misfit> {
        let result = RunResult::Missed { count, cause: cause.into() };
        self.run_recorded(name, Run { nominal, result })
    }

    pub(super) fn job_opened(&mut self, job: &Job) -> Result<(), Misfit> {
        if self.jobs.contains_key(&job.id) {
            return misfit(format!("job {}", job.id), "is known already");
        }
        let begun = |task: &Task| task.state != TaskState::Waiting || task.replacement.is_some();
        let fresh = |task: &HostTask| *task == fresh_as(task);
        let any = job.tasks.values().any(begun) || !job.hosts.values().all(fresh);
        if job.is_over() || any {
            return misfit(format!("job {}", job.id), "has begun before it was opened");
        }
        self.jobs.insert(job.id, Arc::new(job.clone()));
        let over: Vec<JobId> =
            self.jobs.values().filter(|job| job.is_over()).map(|job| job.id).collect();
        for id in over.iter().take(over.len().saturating_sub(JOBS_KEPT)) {
            self.jobs.remove(id);
        }
        Ok(())
    }

    pub(super) fn task_ended(
        &mut self,
        job: JobId,
        vm: VmId,
        end: &TaskEnd,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let task = self.task_mut(job, vm)?;
        if task.state.is_over() {
            let word = task.state.word();
            return misfit(format!("job {job}"), format!("task {vm} is {word} already"));
        }
        task.state = TaskState::ended(end, at);
        Ok(())
    }

    pub(super) fn job_ended(&mut self, id: JobId, at: Timestamp) -> Result<(), Misfit> {
        let job = self.job_mut(id)?;
        if job.is_over() || job.states().any(|state| !state.is_over()) {
            return misfit(format!("job {id}"), "is over already, or has tasks that are not");
        }
        let (mut short, mut cancelled) = (0, 0);
        for state in job.states() {
            match state {
                TaskState::Cancelled { .. } => cancelled += 1,
                TaskState::Skipped { .. } | TaskState::Failed { .. } => short += 1,
                TaskState::Waiting | TaskState::Begun { .. } | TaskState::Done { .. } => {}
            }
        }
        let all = job.states().count();
        job.paused = None;
        job.state = if short > 0 {
            JobState::Failed { at, why: format!("{short} of {all} tasks were skipped or failed") }
        } else if cancelled > 0 {
            JobState::Cancelled { at }
        } else {
            JobState::Done { at }
        };
        Ok(())
    }

    pub(super) fn job_paused(&mut self, id: JobId, why: Option<&str>) -> Result<(), Misfit> {
        let job = self.job_mut(id)?;
        if job.is_over() || job.paused.is_some() == why.is_some() {
            return misfit(format!("job {id}"), "is over, or paused or at work already");
        }
        if why.is_none() {
            // Who lets it go on has seen these.
            job.forgiven = job.failed_hosts();
        }
        job.paused = why.map(str::to_string);
        Ok(())
    }

    /// What somebody says of a schedule's runs to come.
    pub(super) fn schedule_told(
        &mut self,
        name: &ScheduleName,
        entry: &Entry,
    ) -> Result<(), Misfit> {
        if let Event::ScheduleSuspended { reason, .. } = &entry.event {
            let (by, at, reason) = (entry.actor.clone(), entry.at, reason.clone());
            self.schedule_mut(name)?.suspended = Some(Suspended { by, at, reason });
            Ok(())
        } else if let Event::RunsSkipped { upto, .. } = &entry.event {
            self.runs_skipped(name, *upto)
        } else {
            self.schedule_resumed(name, entry.at)
        }
    }

    /// What came due meanwhile has been recorded as missed by then, or is from now on not owed.
    fn schedule_resumed(&mut self, name: &ScheduleName, at: Timestamp) -> Result<(), Misfit> {
        let schedule = self.schedule_mut(name)?;
        if schedule.suspended.take().is_none() {
            return misfit(format!("schedule {name}"), "is not suspended");
        }
        schedule.upto = schedule.upto.max(at);
        Ok(())
    }

    fn runs_skipped(&mut self, name: &ScheduleName, upto: Timestamp) -> Result<(), Misfit> {
        let schedule = self.schedule_mut(name)?;
        if upto <= schedule.upto {
            return misfit(format!("schedule {name}"), "has dealt with that time already");
        }
        schedule.skip_upto = Some(upto);
        Ok(())
    }

    /// A busy host is remembered; one that had its turn, or was skipped for another reason, has
    /// no claim to be the first next time.
    pub(super) fn remember_busy(&mut self, job: JobId, host: &HostName, busy: bool) {
        let Some(Cause::Run { schedule, .. }) = self.jobs.get(&job).map(|job| &job.cause) else {
            return;
        };
        let schedule = schedule.clone();
        let Some(schedule) = self.schedules.get_mut(&schedule) else { return };
        if busy {
            *Arc::make_mut(schedule).busy.entry(host.clone()).or_default() += 1;
        } else if schedule.busy.contains_key(host) {
            Arc::make_mut(schedule).busy.remove(host);
        }
    }
}

/// A host's task with nothing but what it may have before it begins.
fn fresh_as(task: &HostTask) -> HostTask {
    let (wave, rank, overdue) = (task.wave, task.rank, task.overdue);
    HostTask { wave, rank, overdue, ..HostTask::waiting(task.earliest) }
}
