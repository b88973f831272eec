//! The World: everything known of the fleet, as the fold of all entries. `apply` is pure and
//! refuses what does not follow; controller, desktop, simulator and tests hold the same World.

mod fleet;
mod hosts;
mod jobs;
mod ops;
mod orphans;
mod parked;
mod tasks;
mod vms;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Brake, BuildTally, Entry, Event, Hold, Host, HostName, ImageName, ImageSpec, Job, JobId,
    JumpBar, Playbook, PlaybookName, Pool, PoolName, Schedule, ScheduleName, Timestamp, Vm, VmId,
};

/// Everything known of the fleet at revision `seq`. Values are shared, so a copy costs only the
/// maps and the first change to a value after it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct World {
    pub seq: u64,
    /// The epoch of the controller that wrote last.
    pub epoch: u64,
    /// When the last entry was written.
    pub at: Timestamp,
    pub hosts: BTreeMap<HostName, Arc<Host>>,
    pub images: BTreeMap<ImageName, Arc<ImageSpec>>,
    pub pools: BTreeMap<PoolName, Arc<Pool>>,
    pub schedules: BTreeMap<ScheduleName, Arc<Schedule>>,
    pub vms: BTreeMap<VmId, Arc<Vm>>,
    pub jobs: BTreeMap<JobId, Arc<Job>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub playbooks: BTreeMap<PlaybookName, Arc<Playbook>>,
    /// The mass-failure brake, while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brake: Option<Brake>,
    /// What became of starts, by the host's build of macOS then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub builds: BTreeMap<String, BuildTally>,
    /// Jump hosts that show another key than the one we know, as `user@address:port`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jumps: BTreeMap<String, JumpBar>,
}

/// Why an entry does not follow from the World before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The entry is not the next one.
    #[error("entry {got} does not follow entry {last}")]
    Seq { last: u64, got: u64 },
    /// The entry was written by a controller that has been superseded.
    #[error("entry {seq} is of epoch {got}, and epoch {now} has begun")]
    Epoch { seq: u64, now: u64, got: u64 },
    /// The event does not fit.
    #[error("entry {seq} ({event}): {thing} {why}")]
    Event { seq: u64, event: &'static str, thing: String, why: String },
}

/// Why an event does not fit: the thing and what is wrong with it.
pub(super) type Misfit = (String, String);

/// `Err` with a thing and what is wrong with it.
pub(super) fn misfit<T>(thing: impl ToString, why: impl Into<String>) -> Result<T, Misfit> {
    Err((thing.to_string(), why.into()))
}

impl World {
    /// Applies one entry, or refuses it. A refused entry may have changed part of the World:
    /// throw that World away, and go on with a copy made before, which shares all but the change.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Illegal> {
        if Some(entry.seq) != self.seq.checked_add(1) {
            return Err(Illegal::Seq { last: self.seq, got: entry.seq });
        }
        let starts = matches!(entry.event, Event::ControllerStarted { .. });
        let follows = if starts { entry.epoch > self.epoch } else { entry.epoch == self.epoch };
        if !follows {
            return Err(Illegal::Epoch { seq: entry.seq, now: self.epoch, got: entry.epoch });
        }
        self.epoch = entry.epoch;
        self.change(entry).map_err(|(thing, why)| Illegal::Event {
            seq: entry.seq,
            event: entry.event.name(),
            thing,
            why,
        })?;
        self.seq = entry.seq;
        self.at = entry.at;
        Ok(())
    }

    fn change(&mut self, entry: &Entry) -> Result<(), Misfit> {
        let at = entry.at;
        match &entry.event {
            Event::ControllerStarted { .. } => self.lose_sight(at),
            Event::FleetChanged { change } => self.change_fleet(change, at),
            Event::HostSeen { host, sighting } => self.host_seen(host, sighting, at),
            Event::ReachChanged { host, to, why } => self.reach_changed(host, *to, why, at),
            Event::HostTrusted { host, fingerprint, .. } => {
                self.host_trusted(host, fingerprint, entry)
            }
            Event::HostForgotten { host, .. } => self.host_forgotten(host, at),
            Event::HoldPlaced { hold } => self.hold_placed(hold),
            Event::HoldReleased { host, hold, .. } => self.hold_released(host, *hold, &entry.actor),
            Event::SlotTaken { host, slot, name } => self.slot_taken(host, *slot, name),
            Event::SlotCleared { host, slot, .. } => self.slot_cleared(host, *slot, at),
            Event::SlotLeaked { host, slot, vm } => self.slot_leaked(host, *slot, *vm, at),
            Event::SlotReserved { vm, host, slot, pool, image, replaces } => {
                let vm = vms::reserved(*vm, host, *slot, pool, image, at);
                self.slot_reserved(vm, replaces.as_ref())
            }
            Event::VmAdopted { vm, .. } => self.vm_adopted(*vm, &entry.event, at),
            Event::OpBegun { vm, op, kind } => self.op_begun(*vm, *op, *kind, at),
            Event::OpEnded { vm, op, outcome } => self.op_ended(*vm, *op, outcome, at),
            Event::VmBusy { vm, busy } => self.vm_busy(*vm, *busy, at),
            Event::VmReady { vm, ip } => self.vm_ready(*vm, ip, at),
            Event::VmMoved { vm, ip } => self.vm_moved(*vm, ip),
            Event::VmMissed { vm } => self.vm_missed(*vm, at),
            Event::VmFound { vm } => self.vm_found(*vm),
            Event::VmDied { vm, .. } => self.vm_died(*vm, at),
            Event::VmRetired { vm, why, job } => self.vm_retired(*vm, *why, *job, at),
            Event::VmGone { vm } => self.vm_gone(*vm),
            Event::VmParked { vm, .. }
            | Event::VmResumed { vm }
            | Event::VmDischarged { vm, .. } => self.parking(*vm, &entry.event, at),
            Event::RunFired { schedule, nominal, job } => self.run_fired(schedule, *nominal, *job),
            Event::RunMissed { schedule, nominal, count, cause } => {
                self.run_missed(schedule, *nominal, *count, cause)
            }
            Event::JobOpened { job } => self.job_opened(job),
            Event::TaskEnded { job, vm, end } => self.task_ended(*job, *vm, end, at),
            Event::JobEnded { job } => self.job_ended(*job, at),
            Event::ScheduleSuspended { schedule, .. }
            | Event::ScheduleResumed { schedule }
            | Event::RunsSkipped { schedule, .. } => self.schedule_told(schedule, entry),
            Event::HostOpBegun { host, op, job, at: step } => {
                self.host_op_begun(host, *op, *job, *step, at)
            }
            Event::HostOpEnded { host, op, outcome, said } => {
                self.host_op_ended(host, *op, outcome, said, at)
            }
            Event::HostVerified { host } => self.host_verified(host),
            Event::JobPaused { job, why } => self.job_paused(*job, Some(why)),
            Event::JobResumed { job } => self.job_paused(*job, None),
            Event::HostTaskBegun { job, host }
            | Event::StepBegun { job, host, .. }
            | Event::StepEnded { job, host, .. }
            | Event::HostTaskEnded { job, host, .. }
            | Event::HostTaskStopped { job, host }
            | Event::HostTaskRetried { job, host, .. }
            | Event::DrainChanged { job, host, .. }
            | Event::Notified { job, host, .. } => self.host_task_event(*job, host, entry),
            Event::PoolHeld { pool, why } => self.pool_held(pool, why, at),
            Event::PoolReleased { pool } => self.pool_released(pool),
            Event::BrakeEngaged { .. }
            | Event::BrakeReleased { .. }
            | Event::HostClaimed { .. }
            | Event::HostClaimEnded { .. }
            | Event::JumpBarred { .. }
            | Event::JumpCleared { .. } => self.bar_event(&entry.event, at),
        }
    }

    /// The job that a hold is for, as long as it goes on there: it would place it again.
    pub fn job_of_hold(&self, hold: &Hold) -> Option<JobId> {
        let job = self.jobs.get(&hold.job?)?;
        let task = job.hosts.get(&hold.host);
        let goes_on = !job.is_over() && task.is_none_or(|task| !task.state.is_over());
        goes_on.then_some(job.id)
    }

    /// Our VMs on a host, oldest first.
    pub fn vms_on<'a>(&'a self, host: &'a Host) -> impl Iterator<Item = &'a Arc<Vm>> {
        host.vms.iter().filter_map(|vm| self.vms.get(vm))
    }

    pub(super) fn host_mut(&mut self, name: &HostName) -> Result<&mut Host, Misfit> {
        match self.hosts.get_mut(name) {
            Some(host) => Ok(Arc::make_mut(host)),
            None => misfit(format!("host {name}"), "is not known"),
        }
    }
    pub(super) fn vm_mut(&mut self, id: VmId) -> Result<&mut Vm, Misfit> {
        match self.vms.get_mut(&id) {
            Some(vm) => Ok(Arc::make_mut(vm)),
            None => misfit(format!("vm {id}"), "is not known"),
        }
    }
    pub(super) fn job_mut(&mut self, id: JobId) -> Result<&mut Job, Misfit> {
        match self.jobs.get_mut(&id) {
            Some(job) => Ok(Arc::make_mut(job)),
            None => misfit(format!("job {id}"), "is not known"),
        }
    }
}
