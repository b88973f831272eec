//! `--wait`: the way to a job's end. For jobs over hosts a line per change, stable for programs;
//! its end is the exit code. Interrupted, the job goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use hostler::api::Done;
use hostler::model::{
    Act, HostName, HostTask, Job, JobId, JobState, Part, Plan, Reach, StepAt, StepEnd, TaskState,
    Timestamp, Want, World,
};
use serde::Serialize;

use super::call::Call;
use super::failure::{BLOCKED, CANCELLED, DEADLINE, FAILED, Failure};
use super::follower::{Follower, Step};
use super::out;
use super::table::clean;
use super::verbs::Wait;

/// Why hosts of a job wait, by host.
pub(crate) type Whys = BTreeMap<HostName, String>;

/// One line of the monitor. As JSON, these keys and no others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Change {
    at: Timestamp,
    job: JobId,
    host: HostName,
    state: &'static str,
    step: Option<String>,
    why: Option<String>,
}

/// What was said last of each host.
#[derive(Default)]
struct Monitor {
    said: BTreeMap<HostName, Change>,
}

impl Call {
    /// Says what was done, and with `--wait` stays until its job is over.
    pub(crate) async fn job_of(&self, done: &Done, wait: Wait) -> Result<()> {
        match done.job {
            Some(job) if wait.wait => self.wait_for(job, Some(done), false).await,
            Some(job) => {
                self.put_done(done)?;
                out::note(&format!("follow it with: hostler job show {job}"));
                Ok(())
            }
            None => self.put_done(done),
        }
    }

    /// Stays until the job is over. `called_off`: that it is cancelled is what was asked for.
    pub(crate) async fn wait_for(
        &self,
        id: JobId,
        done: Option<&Done>,
        called_off: bool,
    ) -> Result<()> {
        out::on_interrupt(&format!("job {id} goes on; it is shown by: hostler job show {id}"));
        let ended = self.follow_job(id, done, called_off).await;
        out::on_interrupt("");
        ended
    }

    async fn follow_job(&self, id: JobId, done: Option<&Done>, called_off: bool) -> Result<()> {
        let mut follower = Follower::begin(&self.client).await?;
        let (mut monitor, mut progress) = (Monitor::default(), None);
        let mut done = done;
        loop {
            let Some(job) = follower.world.jobs.get(&id).cloned() else {
                return Err(Failure::failed(format!("job {id} is not known any more")).into());
            };
            if let Some(done) = done.take() {
                // For jobs over hosts standard output is the monitor's alone.
                match job.hosts.is_empty() {
                    true => self.put_done(done)?,
                    false => done.said.iter().for_each(|line| out::note(&clean(line))),
                }
            }
            if job.hosts.is_empty() && progress != Some(job.progress()) {
                progress = Some(job.progress());
                let (over, all) = job.progress();
                out::note(&format!("job {id}: {over} of {all}"));
            }
            let whys = self.whys(&job).await?;
            for change in monitor.news(&follower.world, &job, &whys, follower.now) {
                self.put_change(&change)?;
            }
            match ended(&follower.world, &job) {
                Some(Err(failure)) if called_off && failure.exit() == CANCELLED => return Ok(()),
                Some(end) => return Ok(end?),
                None => {}
            }
            if let Some(blocked) = blocked(&follower.world, &job) {
                return Err(blocked.into());
            }
            self.until_news(&mut follower, &job).await?;
        }
    }

    /// Until the job is another than before, or a second has passed.
    async fn until_news(&self, follower: &mut Follower, before: &Arc<Job>) -> Result<()> {
        loop {
            let step = follower.next().await?;
            let now = follower.world.jobs.get(&before.id);
            let same = now.is_some_and(|now| Arc::ptr_eq(now, before) || now == before);
            if step == Step::Beat || !same {
                return Ok(());
            }
        }
    }

    /// Why the hosts of a job that goes on wait.
    pub(crate) async fn whys(&self, job: &Job) -> Result<Whys> {
        if job.is_over() || job.hosts.is_empty() {
            return Ok(Whys::new());
        }
        Ok(whys(&self.client.plan().await?, job.id))
    }

    fn put_change(&self, change: &Change) -> Result<()> {
        if self.json {
            return self.put_json(change);
        }
        let what = [change.step.as_deref(), change.why.as_deref()];
        let what: Vec<_> = what.into_iter().flatten().collect();
        let (at, host, state) = (self.zone.moment(change.at), &change.host, change.state);
        out::line(clean(&format!("{at} {host} {state} {}", what.join(": "))).trim_end())
    }
}

/// Why hosts of a job wait, as the plan has it.
pub(crate) fn whys(plan: &Plan, id: JobId) -> Whys {
    let mut out = Whys::new();
    for held in &plan.held {
        if let Want::Host { host, job } = &held.want
            && *job == id
        {
            out.insert(host.clone(), held.why.clone());
        }
    }
    out
}

/// `step 2 of 4: drain`.
pub(crate) fn step_words(job: &Job, at: StepAt) -> Option<String> {
    let playbook = &job.play.as_ref()?.playbook;
    let (step, n) = (playbook.step(at)?, at.ix + 1);
    Some(match at.part {
        Part::Steps => format!("step {n} of {}: {}", playbook.steps.len(), step.name),
        Part::Always => format!("closing step {n} of {}: {}", playbook.always.len(), step.name),
    })
}

/// Whether a host can be asked nothing.
pub(crate) fn out_of_reach(world: &World, host: &HostName) -> bool {
    world.hosts.get(host).is_some_and(|host| match host.reach {
        Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch => true,
        Reach::Unknown | Reach::Up | Reach::Suspect | Reach::Locked => false,
    })
}

/// Whether the host is at a step of this kind.
fn is_at(job: &Job, task: &HostTask, kind: fn(&Act) -> bool) -> bool {
    let playbook = job.play.as_ref().map(|play| &play.playbook);
    let step = task.step.as_ref().and(playbook).and_then(|book| book.step(task.at));
    step.is_some_and(|step| kind(&step.act))
}

/// Whether nothing can go on there: a host that restarts is away because it was asked to be.
fn is_blocked(world: &World, job: &Job, host: &HostName, task: &HostTask) -> bool {
    let restarts = is_at(job, task, |act| matches!(act, Act::Reboot { .. }));
    !task.state.is_over() && out_of_reach(world, host) && !restarts
}

impl Monitor {
    /// The hosts of which there is something new to say.
    fn news(&mut self, world: &World, job: &Job, whys: &Whys, at: Timestamp) -> Vec<Change> {
        let mut out = Vec::new();
        for (host, task) in &job.hosts {
            let change = change(world, job, (host, task), whys.get(host), at);
            let before = self.said.get(host);
            if before.is_none_or(|before| before.news() != change.news()) {
                self.said.insert(host.clone(), change.clone());
                out.push(change);
            }
        }
        out
    }
}

impl Change {
    /// What makes it another: not the time, nor figures that count up or down.
    fn news(&self) -> (&'static str, Option<&String>, Option<String>) {
        let words = |why: &String| why.chars().filter(|c| !c.is_ascii_digit()).collect();
        (self.state, self.step.as_ref(), self.why.as_ref().map(words))
    }
}

fn change(
    world: &World,
    job: &Job,
    (host, task): (&HostName, &HostTask),
    why: Option<&String>,
    at: Timestamp,
) -> Change {
    let state = match &task.state {
        _ if is_blocked(world, job, host, task) => "blocked",
        TaskState::Begun { .. } if task.stop.is_some() => "unwinding",
        state @ (TaskState::Waiting
        | TaskState::Begun { .. }
        | TaskState::Done { .. }
        | TaskState::Skipped { .. }
        | TaskState::Failed { .. }
        | TaskState::Cancelled { .. }) => state.word(),
    };
    let why = match &task.state {
        TaskState::Skipped { why, .. } | TaskState::Failed { why, .. } => Some(why.clone()),
        TaskState::Done { .. } | TaskState::Cancelled { .. } => None,
        TaskState::Waiting | TaskState::Begun { .. } => why.cloned().or(job.paused.clone()),
    };
    let step = task.step.as_ref().and_then(|_| step_words(job, task.at));
    Change { at, job: job.id, host: host.clone(), state, step, why }
}

/// When all that is left is out of reach, or waits for somebody to resume the job, there is
/// nothing to wait for here.
fn blocked(world: &World, job: &Job) -> Option<Failure> {
    let mut left = job.hosts.iter().filter(|(_, task)| !task.state.is_over()).peekable();
    left.peek()?;
    if let Some(why) = &job.paused
        && left.clone().all(|(_, task)| task.state == TaskState::Waiting)
    {
        let id = job.id;
        let said = format!("job {id} is paused: {why}; `hostler job resume {id}` has it go on");
        return Some(Failure::with(BLOCKED, said));
    }
    let blocked = |(host, task): (&HostName, &HostTask)| is_blocked(world, job, host, task);
    let hosts: Vec<&str> = left.clone().map(|(host, _)| host.as_str()).collect();
    left.all(blocked).then(|| {
        let said = format!(
            "job {} is blocked: {} out of reach; it goes on when they answer: \
             `hostler job show {}` shows it",
            job.id,
            hosts.join(", "),
            job.id
        );
        Failure::with(BLOCKED, said)
    })
}

/// How a job ended, as an exit code tells it; `None` while it runs.
fn ended(world: &World, job: &Job) -> Option<Result<(), Failure>> {
    let why = match &job.state {
        JobState::Running => return None,
        JobState::Done { .. } => return Some(Ok(())),
        JobState::Cancelled { .. } => {
            let said = format!("job {} was called off", job.id);
            return Some(Err(Failure::with(CANCELLED, said)));
        }
        JobState::Failed { why, .. } => why,
    };
    let mut exit = FAILED;
    let of_vms = job.tasks.values().map(|task| (&task.host, &task.state, false));
    let of_hosts = job.hosts.iter().map(|(host, task)| (host, &task.state, was_aborted(job, task)));
    for (host, state, aborted) in of_vms.chain(of_hosts) {
        match state {
            TaskState::Failed { .. } | TaskState::Skipped { .. } if out_of_reach(world, host) => {
                exit = BLOCKED;
                break;
            }
            TaskState::Failed { .. } if aborted => exit = DEADLINE,
            TaskState::Skipped { at, .. } if *at >= job.begin_by => exit = DEADLINE,
            TaskState::Failed { .. }
            | TaskState::Skipped { .. }
            | TaskState::Waiting
            | TaskState::Begun { .. }
            | TaskState::Cancelled { .. }
            | TaskState::Done { .. } => {}
        }
    }
    let said = format!("job {}: {why}; `hostler job show {}` says which", job.id, job.id);
    Some(Err(Failure::with(exit, said)))
}

/// Whether the host's VMs were still at work at its drain's deadline: a drain of a host that
/// answers fails in no other way.
fn was_aborted(job: &Job, task: &HostTask) -> bool {
    let failed = task.log.iter().rev().find(|done| matches!(done.end, StepEnd::Failed { .. }));
    let step = failed.and_then(|done| job.play.as_ref()?.playbook.step(done.at));
    step.is_some_and(|step| matches!(step.act, Act::Drain(_)))
}

#[cfg(test)]
mod tests;
