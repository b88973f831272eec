//! What changes something: one request each, and with `--wait` the way to the job's end.

use anyhow::Result;
use hostler::api::{Done, Release};
use hostler::model::{
    HoldId, HostName, Job, JobId, JobState, PoolName, Reach, ScheduleName, Share, TaskState, World,
    plural,
};

use super::call::{Call, input};
use super::choose::choose;
use super::failure::{BLOCKED, CANCELLED, DEADLINE, FAILED, Failure};
use super::follower::{Follower, Step};
use super::out;
use super::verbs::Wait;
use super::when::When;

impl Call {
    fn put_done(&self, done: &Done) -> Result<()> {
        if self.json { self.put_json(done) } else { self.put_lines(&done.said) }
    }

    async fn hosts_meant(&self, which: &[String]) -> Result<Vec<HostName>> {
        let items = choose(which, self.client.hosts().await?.items, input)?;
        Ok(items.into_iter().map(|item| item.name).collect())
    }

    pub(crate) async fn cordon(
        &self,
        which: &[String],
        reason: &str,
        until: Option<When>,
    ) -> Result<()> {
        let hosts = self.hosts_meant(which).await?;
        let until = match until {
            // Counted from the controller's time, which is the one that will end it.
            Some(when) => Some(when.after(self.client.status().await?.at)),
            None => None,
        };
        self.put_done(&self.client.cordon(hosts, reason, until).await?)
    }

    pub(crate) async fn forget(&self, host: &HostName, reason: &str) -> Result<()> {
        let state = self.client.host(host).await?.state;
        let vms = self.client.vms().await?.items;
        let vms = vms.into_iter().filter(|item| item.vm.host == *host);
        let vms: Vec<_> = vms.map(|item| format!("{} ({})", item.name, item.state)).collect();
        let what = match &vms[..] {
            [] => "no VM of ours is on it".into(),
            vms => format!("given up with it: VMs {}", vms.join(", ")),
        };
        self.consent_by_name(&format!("Give up host {host} ({state})? {what}."), host.as_str())?;
        self.put_done(&self.client.forget(host, reason).await?)
    }

    pub(crate) async fn uncordon(
        &self,
        which: &[String],
        hold: Option<HoldId>,
        all: bool,
    ) -> Result<()> {
        let hosts = self.hosts_meant(which).await?;
        let release = match (hold, all) {
            (Some(hold), _) => Release::Id(hold),
            (None, true) => {
                let on = plural(hosts.len(), "host");
                self.consent(&format!("Lift all holds on {on}, those of others too?"))?;
                Release::All
            }
            (None, false) => Release::Mine,
        };
        self.put_done(&self.client.uncordon(hosts, release).await?)
    }

    pub(crate) async fn respawn(
        &self,
        pool: &PoolName,
        max: Option<Share>,
        wait: Wait,
    ) -> Result<()> {
        let item = self.client.pool(pool).await?;
        self.consent(&format!(
            "Replace {} of pool {pool}, a few at a time?",
            plural(item.have, "VM")
        ))?;
        let done = self.client.respawn(pool, max).await?;
        self.job_of(&done, wait).await
    }

    pub(crate) async fn run_now(&self, schedule: &ScheduleName, wait: Wait) -> Result<()> {
        let item = self.client.schedule(schedule).await?;
        let playbook = &item.schedule.spec.playbook;
        self.consent(&format!("Run schedule {schedule} ({playbook}) now?"))?;
        let done = self.client.run_now(schedule).await?;
        self.job_of(&done, wait).await
    }

    pub(crate) async fn reload(&self) -> Result<()> {
        self.put_done(&self.client.reload().await?)
    }

    async fn job_of(&self, done: &Done, Wait { wait }: Wait) -> Result<()> {
        self.put_done(done)?;
        match done.job {
            Some(job) if wait => self.wait_for(job).await,
            Some(job) => {
                out::note(&format!("follow it with: hostler job show {job}"));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Stays until the job is over. Interrupted, the job goes on.
    async fn wait_for(&self, id: JobId) -> Result<()> {
        let mut follower = Follower::begin(&self.client).await?;
        let mut told = None;
        loop {
            let Some(job) = follower.world.jobs.get(&id) else {
                return Err(Failure::failed(format!("job {id} is not known any more")).into());
            };
            if told != Some(job.progress()) {
                told = Some(job.progress());
                let (over, all) = job.progress();
                out::note(&format!("job {id}: {over} of {all}"));
            }
            if let Some(end) = ended(&follower.world, job) {
                return Ok(end?);
            }
            while let Step::Beat = follower.next().await? {}
        }
    }
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
    let out_of_reach = |host: &HostName| {
        world.hosts.get(host).is_some_and(|host| match host.reach {
            Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch => true,
            Reach::Unknown | Reach::Up | Reach::Suspect | Reach::Locked => false,
        })
    };
    let mut exit = FAILED;
    let of_vms = job.tasks.values().map(|task| (&task.host, &task.state));
    let of_hosts = job.hosts.iter().map(|(host, task)| (host, &task.state));
    for (host, state) in of_vms.chain(of_hosts) {
        match state {
            TaskState::Failed { .. } | TaskState::Skipped { .. } if out_of_reach(host) => {
                exit = BLOCKED;
                break;
            }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hostler::model::{Access, Actor, Cause, Host, HostSpec, JobKind, Task, Timestamp, VmId};

    use super::*;

    #[test]
    fn the_exit_code_tells_how_a_job_ended() {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let name = |text: &str| text.parse::<HostName>().unwrap();
        let mut world = World::default();
        for (host, reach) in [("near", Reach::Up), ("far", Reach::Lost)] {
            let spec = HostSpec::new(Access::Local);
            let known = Host { reach, ..Host::new(spec, at(0)) };
            world.hosts.insert(name(host), Arc::new(known));
        }
        let skipped = |s: i64| TaskState::Skipped { at: at(s), why: "busy".into() };
        let failed = JobState::Failed { at: at(9), why: "1 of 1 tasks".into() };
        let done = JobState::Done { at: at(9) };
        for (state, host, task, code) in [
            (JobState::Running, "near", TaskState::Waiting, None),
            (done, "near", TaskState::Done { at: at(1) }, Some(0)),
            (failed.clone(), "near", TaskState::Failed { at: at(1), why: "no".into() }, Some(1)),
            (failed.clone(), "near", skipped(1), Some(1)),
            (failed.clone(), "near", skipped(100), Some(5)),
            (failed, "far", skipped(100), Some(4)),
        ] {
            let pool: PoolName = "ci".parse().unwrap();
            let replacement = None;
            let task = Task { host: name(host), pool: pool.clone(), state: task, replacement };
            let job = Job {
                id: JobId::from_bits(7),
                kind: JobKind::Respawn { pool },
                cause: Cause::Asked,
                by: Actor::controller(),
                opened: at(0),
                begin_by: at(50),
                max_unavailable: Share::Count(1),
                tasks: [(VmId::from_bits(1), task)].into(),
                state,
                hosts: Default::default(),
                play: None,
                paused: None,
            };
            let exit = ended(&world, &job).map(|end| end.map_or_else(|f| f.exit(), |()| 0));
            assert_eq!(exit, code, "{job:?}");
        }
    }
}
