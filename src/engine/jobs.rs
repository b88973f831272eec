//! What people ask of hosts and jobs beyond a cordon, written down as events: drains, playbooks,
//! calling off, resuming, trying again, and schedules that are to wait.

use super::asks::put;
use super::handle::{Command, Denied, Done};
use super::ledger::Ledger;
use super::orders::{Ids, opened};
use crate::model::{
    Actor, DrainAsk, Event, Hold, HostName, Job, JobId, Opening, PlayAsk, PoolName, ScheduleName,
    StepAt, TaskState, Timestamp, World, plural,
};
use crate::plan::{self, DrainAnswer};

/// The engine's ends that a command needs.
pub(super) struct Desk<'a> {
    pub(super) ledger: &'a mut Ledger,
    pub(super) ids: &'a mut Ids,
    pub(super) actor: &'a Actor,
    pub(super) now: Timestamp,
}

impl Desk<'_> {
    pub(super) fn world(&self) -> &World {
        self.ledger.world()
    }

    pub(super) fn put(&mut self, event: Event) -> Result<(), Denied> {
        put(self.ledger, self.actor, event, self.now)
    }

    pub(super) fn done(&self, said: Vec<String>, job: Option<JobId>) -> Result<Done, Denied> {
        Ok(Done { seq: self.world().seq, said, job })
    }

    pub(super) fn job(&self, id: JobId) -> Result<&Job, Denied> {
        let unknown = || {
            let said = format!("job {id} is not known; `hostler job list` shows those that are");
            Denied::NotFound(said)
        };
        self.world().jobs.get(&id).map(AsRef::as_ref).ok_or_else(unknown)
    }

    pub(super) fn open(&mut self, opening: Opening) -> Result<Done, Denied> {
        let many = opening.targets.len() + opening.hosts.len();
        let what = plural(many, if opening.hosts.is_empty() { "VM" } else { "host" });
        let world = self.ledger.world().clone();
        let (job, events) = opened(&world, self.ids, self.actor, opening, self.now);
        for event in events {
            self.put(event)?;
        }
        self.done(vec![format!("opened job {job} over {what}")], Some(job))
    }

    /// The commands of this file.
    pub(super) fn carry_out(&mut self, command: Command) -> Result<Done, Denied> {
        match command {
            Command::Drain { ask } => self.drain(&ask),
            Command::Play { ask } => self.play(&ask),
            Command::Undrain { hosts } => self.undrain(&hosts),
            Command::CancelJob { job } => self.cancel(job, None),
            Command::SkipHost { job, host } => self.cancel(job, Some(&host)),
            Command::ResumeJob { job } => self.resume(job),
            Command::DischargeJob { job, reason } => self.discharge(job, &reason),
            Command::ResumeVm { vm } => self.resume_vm(vm),
            Command::DischargeVm { vm, reason } => self.discharge_vm(vm, &reason),
            Command::RetryJob { job, host, from } => self.retry(job, host.as_ref(), from),
            Command::Suspend { schedule, reason } => self.suspend(schedule, reason),
            Command::ResumeSchedule { schedule } => {
                self.known_schedule(&schedule)?;
                let said = vec![format!("schedule {schedule} runs again")];
                self.put(Event::ScheduleResumed { schedule })?;
                self.done(said, None)
            }
            Command::SkipNext { schedule } => self.skip_next(schedule),
            Command::ReleasePool { pool } => self.release_pool(pool),
            Command::Cordon { .. }
            | Command::Hold { .. }
            | Command::Uncordon { .. }
            | Command::Respawn { .. }
            | Command::RunNow { .. }
            | Command::Load { .. }
            | Command::Forget { .. }
            | Command::Trust { .. } => Err(Denied::Conflict("not a command about jobs".into())),
        }
    }

    fn drain(&mut self, ask: &DrainAsk) -> Result<Done, Denied> {
        if ask.reason.trim().is_empty() {
            return Err(Denied::Conflict("a drain needs a reason: say why with --reason".into()));
        }
        match plan::drain(self.world(), ask, self.now)? {
            DrainAnswer::Open(opening) => self.open(*opening),
            DrainAnswer::Known { job, events, kept } => {
                let over = self.world().jobs.get(&job).is_some_and(|job| job.is_over());
                let mut said = if over {
                    format!("job {job} is the one of that key, and is over")
                } else if events.is_empty() {
                    format!("job {job} drains them already")
                } else {
                    format!("job {job} drains them already, and is changed as asked")
                };
                if !over && !kept.is_empty() {
                    said += &format!("; as it began stays {}", kept.join(", "));
                }
                for event in events {
                    self.put(event)?;
                }
                self.done(vec![said], Some(job))
            }
        }
    }

    fn play(&mut self, ask: &PlayAsk) -> Result<Done, Denied> {
        let of_key = |job: &&std::sync::Arc<Job>| {
            let key = job.play.as_ref().and_then(|play| play.key.as_ref());
            key.is_some() && key == ask.key.as_ref()
        };
        if let Some(job) = self.world().jobs.values().find(of_key).map(|job| job.id) {
            return self.done(vec![format!("job {job} is the one of that key")], Some(job));
        }
        let opening = plan::play(self.world(), ask, self.now)?;
        self.open(opening)
    }

    /// Calls off what goes on on these hosts.
    fn undrain(&mut self, hosts: &[HostName]) -> Result<Done, Denied> {
        let mut said = Vec::new();
        for host in hosts {
            let jobs = crate::plan::called_off(self.world(), host);
            for job in jobs {
                self.put(Event::HostTaskStopped { job, host: host.clone() })?;
                said.push(format!("{host}: job {job} is called off"));
            }
            said.extend(self.lift_left_over(host)?);
        }
        if said.is_empty() {
            said.push(
                "nothing to undrain: no drain goes on there, and none has left a hold".into(),
            );
        }
        self.done(said, None)
    }

    /// A drain that is over may have left its host held, as it was asked to.
    fn lift_left_over(&mut self, host: &HostName) -> Result<Vec<String>, Denied> {
        let Some(known) = self.world().hosts.get(host) else {
            let said =
                format!("host {host} is not known; `hostler host list` shows those that are");
            return Err(Denied::NotFound(said));
        };
        let over = |hold: &&Hold| hold.job.is_some() && self.world().job_of_hold(hold).is_none();
        let left = known.holds.values().filter(over);
        let left: Vec<_> = left.map(|hold| hold.id).collect();
        let mut said = Vec::new();
        for hold in left {
            let why = "undrained".to_string();
            self.put(Event::HoldReleased { host: host.clone(), hold, why })?;
            said.push(format!("{host}: hold {hold} is lifted"));
        }
        Ok(said)
    }

    fn cancel(&mut self, id: JobId, only: Option<&HostName>) -> Result<Done, Denied> {
        let job = self.job(id)?;
        if job.play.is_none() {
            let said = format!("job {id} replaces VMs one by one; it cannot be called off");
            return Err(Denied::Conflict(said));
        }
        let open = job.hosts.iter().filter(|(_, t)| !t.state.is_over() && t.stop.is_none());
        let open = open.filter(|(host, _)| only.is_none_or(|only| only == *host));
        let hosts: Vec<HostName> = open.map(|(host, _)| host.clone()).collect();
        if hosts.is_empty() {
            return Err(Denied::Conflict(format!("job {id} has nothing that could be called off")));
        }
        let said = hosts.iter().map(|host| format!("{host} is called off")).collect();
        for host in hosts {
            self.put(Event::HostTaskStopped { job: id, host })?;
        }
        self.done(said, Some(id))
    }

    fn retry(
        &mut self,
        id: JobId,
        only: Option<&HostName>,
        from: Option<StepAt>,
    ) -> Result<Done, Denied> {
        let job = self.job(id)?;
        if job.is_over() {
            let said = format!("job {id} is over; run its playbook on those hosts again");
            return Err(Denied::Conflict(said));
        }
        let failed = |state: &TaskState| {
            matches!(state, TaskState::Failed { .. } | TaskState::Skipped { .. })
        };
        let tasks = job.hosts.iter().filter(|(_, task)| failed(&task.state));
        let tasks = tasks.filter(|(host, _)| only.is_none_or(|only| only == *host));
        let again = |task: &crate::model::HostTask| {
            let failed =
                task.log.iter().find(|done| !matches!(done.end, crate::model::StepEnd::Done));
            from.or(failed.map(|done| done.at)).unwrap_or_default()
        };
        let hosts: Vec<(HostName, StepAt)> =
            tasks.map(|(host, task)| (host.clone(), again(task))).collect();
        if hosts.is_empty() {
            return Err(Denied::Conflict(format!("job {id} has no failed or skipped host there")));
        }
        let said = hosts.iter().map(|(host, at)| format!("{host} is tried again from {at}"));
        let said = said.collect();
        for (host, at) in hosts {
            self.put(Event::HostTaskRetried { job: id, host, at })?;
        }
        self.done(said, Some(id))
    }

    fn known_schedule(&self, name: &ScheduleName) -> Result<(), Denied> {
        if self.world().schedules.contains_key(name) {
            return Ok(());
        }
        let said =
            format!("schedule {name} is not known; `hostler schedule list` shows those that are");
        Err(Denied::NotFound(said))
    }

    fn suspend(&mut self, schedule: ScheduleName, reason: String) -> Result<Done, Denied> {
        self.known_schedule(&schedule)?;
        if reason.trim().is_empty() {
            return Err(Denied::Conflict("a suspension needs a reason: --reason".into()));
        }
        let said = vec![format!("schedule {schedule} is suspended until it is resumed")];
        self.put(Event::ScheduleSuspended { schedule, reason })?;
        self.done(said, None)
    }

    fn release_pool(&mut self, pool: PoolName) -> Result<Done, Denied> {
        match self.world().pools.get(&pool) {
            None => Err(Denied::NotFound(format!(
                "pool {pool} is not known; `hostler pool list` shows those that are"
            ))),
            Some(known) if known.held.is_none() => Err(Denied::Conflict(format!(
                "pool {pool} is not held: `hostler pool show {pool}` says what it waits for"
            ))),
            Some(_) => {
                let said = vec![format!("pool {pool} is tried again")];
                self.put(Event::PoolReleased { pool })?;
                self.done(said, None)
            }
        }
    }

    fn skip_next(&mut self, schedule: ScheduleName) -> Result<Done, Denied> {
        self.known_schedule(&schedule)?;
        let skipped = self.world().schedules.get(&schedule).and_then(|known| known.skip_upto);
        let from = skipped.map_or(self.now, |upto| upto.max(self.now));
        let Some(upto) = plan::next_runs(self.world(), &schedule, from, 1).pop() else {
            return Err(Denied::Conflict(format!("schedule {schedule} has no next run")));
        };
        let said = vec![format!("schedule {schedule} passes over its run of {upto}")];
        self.put(Event::RunsSkipped { schedule, upto })?;
        self.done(said, None)
    }
}
