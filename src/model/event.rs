//! What happened: past-tense facts. The World is their fold, and nothing else changes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Fingerprint, Hold, HoldId, HostName, HostSpec, ImageName, ImageSpec, Job, JobId, OnDeadline,
    OpId, OpKind, Outcome, Playbook, PlaybookName, PoolName, PoolSpec, Reach, RetireWhy,
    ScheduleName, ScheduleSpec, Sighting, SlotIx, Span, StepAt, StepEnd, TaskEnd, Timestamp, VmId,
    plural,
};

/// One line of the journal. `seq` is the revision of everything.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub seq: u64,
    pub at: Timestamp,
    pub epoch: u64,
    pub actor: Actor,
    pub event: Event,
}

/// Who did it, and by which door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Actor {
    pub who: String,
    pub via: Via,
}

/// By which door.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The controller's own plan.
    Controller,
    Cli,
    Desktop,
    Api,
}

impl Actor {
    /// The controller itself.
    pub fn controller() -> Self {
        Self { who: "hostler".into(), via: Via::Controller }
    }
}
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.who)
    }
}

/// A fact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// A controller took over with this epoch. Operations under way are lost from sight.
    ControllerStarted {
        version: String,
    },
    /// The fleet directory says something else than before; only what differs.
    FleetChanged {
        change: FleetChange,
    },

    /// A look at a host showed something new.
    HostSeen {
        host: HostName,
        sighting: Box<Sighting>,
    },
    /// Or, in the same state, another reason for it.
    ReachChanged {
        host: HostName,
        to: Reach,
        why: String,
    },
    /// A person has judged the key that the host shows, and accepts it.
    HostTrusted {
        host: HostName,
        fingerprint: Fingerprint,
        /// Why another key is accepted than the one that was known.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A person has given up a host that left the inventory and answers no more, with all that
    /// was ours on it.
    HostForgotten {
        host: HostName,
        why: String,
    },
    HoldPlaced {
        hold: Hold,
    },
    HoldReleased {
        host: HostName,
        hold: HoldId,
        why: String,
    },
    /// A macOS VM that is not ours holds the slot.
    SlotTaken {
        host: HostName,
        slot: SlotIx,
        name: String,
    },
    /// The foreign VM is gone, or the leaked slot is whole again.
    SlotCleared {
        host: HostName,
        slot: SlotIx,
        why: String,
    },
    /// The kernel refused a start although fewer than two guests are known.
    SlotLeaked {
        host: HostName,
        slot: SlotIx,
        vm: VmId,
    },

    /// A VM has its place. `replaces`: the job and the VM whose part it takes.
    SlotReserved {
        vm: VmId,
        host: HostName,
        slot: SlotIx,
        pool: PoolName,
        image: ImageName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<(JobId, VmId)>,
    },
    OpBegun {
        vm: VmId,
        op: OpId,
        kind: OpKind,
    },
    OpEnded {
        vm: VmId,
        op: OpId,
        outcome: Outcome,
    },
    /// Its pool's probe says otherwise than before whether it has work; `None`: not known.
    VmBusy {
        vm: VmId,
        busy: Option<bool>,
    },
    /// It runs and has an address.
    VmReady {
        vm: VmId,
        ip: String,
    },
    /// It runs with another address than before.
    VmMoved {
        vm: VmId,
        ip: String,
    },
    /// A look did not show it running although it should.
    VmMissed {
        vm: VmId,
    },
    /// A look shows it running after all.
    VmFound {
        vm: VmId,
    },
    /// It stopped by itself: enough looks say so, or its host was rebooted.
    VmDied {
        vm: VmId,
        why: String,
    },
    /// It is to go.
    VmRetired {
        vm: VmId,
        why: RetireWhy,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
    },
    /// It is no longer on the host; its slot is free.
    VmGone {
        vm: VmId,
    },

    /// A schedule's time came, and this job was opened for it.
    RunFired {
        schedule: ScheduleName,
        nominal: Timestamp,
        job: JobId,
    },
    /// Nominal times up to this one will not be run.
    RunMissed {
        schedule: ScheduleName,
        nominal: Timestamp,
        count: u32,
        cause: String,
    },
    JobOpened {
        job: Box<Job>,
    },
    /// Somebody stopped the schedule until it is resumed.
    ScheduleSuspended {
        schedule: ScheduleName,
        reason: String,
    },
    ScheduleResumed {
        schedule: ScheduleName,
    },
    /// Nominal times up to this one are passed over because somebody asked for it.
    RunsSkipped {
        schedule: ScheduleName,
        upto: Timestamp,
    },
    TaskEnded {
        job: JobId,
        vm: VmId,
        end: TaskEnd,
    },
    /// A host's turn has come.
    HostTaskBegun {
        job: JobId,
        host: HostName,
    },
    /// A step begins, or is tried again.
    StepBegun {
        job: JobId,
        host: HostName,
        at: StepAt,
        /// When a drain's patience ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
        /// The host's boot session now.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        boot: String,
    },
    /// The step's command is sent to the host.
    HostOpBegun {
        host: HostName,
        op: OpId,
        job: JobId,
        at: StepAt,
    },
    HostOpEnded {
        host: HostName,
        op: OpId,
        outcome: Outcome,
        /// The end of its output, capped.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        said: String,
    },
    StepEnded {
        job: JobId,
        host: HostName,
        end: StepEnd,
    },
    HostTaskEnded {
        job: JobId,
        host: HostName,
        end: TaskEnd,
    },
    /// Somebody called the host's task off.
    HostTaskStopped {
        job: JobId,
        host: HostName,
    },
    /// Somebody wants a failed or skipped task's step tried again.
    HostTaskRetried {
        job: JobId,
        host: HostName,
        at: StepAt,
    },
    /// A drain under way has another deadline.
    DrainChanged {
        job: JobId,
        host: HostName,
        deadline: Option<Timestamp>,
        on_deadline: OnDeadline,
        force: bool,
        /// The same, counted from the host's turn, when that has not come yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<Span>,
    },
    /// No more tasks begin.
    JobPaused {
        job: JobId,
        why: String,
    },
    JobResumed {
        job: JobId,
    },
    /// A playbook has something to tell.
    Notified {
        job: JobId,
        host: HostName,
        message: String,
    },
    /// A host that was rebooted unasked is fit for work again.
    HostVerified {
        host: HostName,
    },
    JobEnded {
        job: JobId,
    },
    /// So many hosts fell silent at once that the mass-failure brake holds.
    BrakeEngaged {
        silent: u32,
        of: u32,
    },
    /// Enough of them are heard again.
    BrakeReleased {
        silent: u32,
        of: u32,
    },
    /// The pool's VMs die as fast as they are started: none is placed until a person says so.
    PoolHeld {
        pool: PoolName,
        why: String,
    },
    /// A person wants the pool's VMs started again.
    PoolReleased {
        pool: PoolName,
    },
    /// Its host has refused for so long to be rid of it that nothing more is tried.
    VmParked {
        vm: VmId,
        why: String,
    },
    /// It is tried again to be rid of it: somebody says so, or its host has begun anew.
    VmResumed {
        vm: VmId,
    },
    /// The disk of a VM that a controller had made, and that nobody knew, is known again: it is on
    /// its way out.
    VmAdopted {
        vm: VmId,
        host: HostName,
        pool: PoolName,
        image: ImageName,
    },
    /// Somebody has taken over what is left of it, and why: it is ours no more.
    VmDischarged {
        vm: VmId,
        reason: String,
    },
    /// A host says that it obeys a newer controller: no command is sent to it any more.
    HostClaimed {
        host: HostName,
        /// The epoch that it says it obeys; `None` when it refused a command and said no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<u64>,
        said: String,
    },
    /// It has said so no more for long enough.
    HostClaimEnded {
        host: HostName,
    },
    /// A jump host shows another key than the one we know: what is behind it is out of reach, and
    /// none of that is taken for lost.
    JumpBarred {
        jump: String,
        why: String,
    },
    /// It has been passed again.
    JumpCleared {
        jump: String,
    },
}

/// What a new reading of the fleet directory changes: `Some` is new or different, `None` is gone.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FleetChange {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<HostName, Option<HostSpec>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<ImageName, Option<ImageSpec>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<PoolName, Option<PoolSpec>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedules: BTreeMap<ScheduleName, Option<ScheduleSpec>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub playbooks: BTreeMap<PlaybookName, Option<Playbook>>,
}

impl FleetChange {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
            && self.images.is_empty()
            && self.pools.is_empty()
            && self.schedules.is_empty()
            && self.playbooks.is_empty()
    }

    /// `2 hosts, 0 images, 1 pool, 0 schedules, 0 playbooks`.
    pub fn counts(&self) -> String {
        let Self { hosts, images, pools, schedules, playbooks } = self;
        let counts = [
            plural(hosts.len(), "host"),
            plural(images.len(), "image"),
            plural(pools.len(), "pool"),
            plural(schedules.len(), "schedule"),
            plural(playbooks.len(), "playbook"),
        ];
        counts.join(", ")
    }
}

impl Event {
    /// The name of the fact, as in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ControllerStarted { .. } => "controller_started",
            Self::FleetChanged { .. } => "fleet_changed",
            Self::HostSeen { .. } => "host_seen",
            Self::ReachChanged { .. } => "reach_changed",
            Self::HostTrusted { .. } => "host_trusted",
            Self::HostForgotten { .. } => "host_forgotten",
            Self::HoldPlaced { .. } => "hold_placed",
            Self::HoldReleased { .. } => "hold_released",
            Self::SlotTaken { .. } => "slot_taken",
            Self::SlotCleared { .. } => "slot_cleared",
            Self::SlotLeaked { .. } => "slot_leaked",
            Self::SlotReserved { .. } => "slot_reserved",
            Self::OpBegun { .. } => "op_begun",
            Self::OpEnded { .. } => "op_ended",
            Self::VmBusy { .. } => "vm_busy",
            Self::VmReady { .. } => "vm_ready",
            Self::VmMoved { .. } => "vm_moved",
            Self::VmMissed { .. } => "vm_missed",
            Self::VmFound { .. } => "vm_found",
            Self::VmDied { .. } => "vm_died",
            Self::VmRetired { .. } => "vm_retired",
            Self::VmGone { .. } => "vm_gone",
            Self::RunFired { .. } => "run_fired",
            Self::RunMissed { .. } => "run_missed",
            Self::JobOpened { .. } => "job_opened",
            Self::ScheduleSuspended { .. } => "schedule_suspended",
            Self::ScheduleResumed { .. } => "schedule_resumed",
            Self::RunsSkipped { .. } => "runs_skipped",
            Self::TaskEnded { .. } => "task_ended",
            Self::HostTaskBegun { .. } => "host_task_begun",
            Self::StepBegun { .. } => "step_begun",
            Self::HostOpBegun { .. } => "host_op_begun",
            Self::HostOpEnded { .. } => "host_op_ended",
            Self::StepEnded { .. } => "step_ended",
            Self::HostTaskEnded { .. } => "host_task_ended",
            Self::HostTaskStopped { .. } => "host_task_stopped",
            Self::HostTaskRetried { .. } => "host_task_retried",
            Self::DrainChanged { .. } => "drain_changed",
            Self::JobPaused { .. } => "job_paused",
            Self::JobResumed { .. } => "job_resumed",
            Self::Notified { .. } => "notified",
            Self::HostVerified { .. } => "host_verified",
            Self::JobEnded { .. } => "job_ended",
            Self::BrakeEngaged { .. } => "brake_engaged",
            Self::BrakeReleased { .. } => "brake_released",
            Self::PoolHeld { .. } => "pool_held",
            Self::PoolReleased { .. } => "pool_released",
            Self::VmParked { .. } => "vm_parked",
            Self::VmResumed { .. } => "vm_resumed",
            Self::VmAdopted { .. } => "vm_adopted",
            Self::VmDischarged { .. } => "vm_discharged",
            Self::HostClaimed { .. } => "host_claimed",
            Self::HostClaimEnded { .. } => "host_claim_ended",
            Self::JumpBarred { .. } => "jump_barred",
            Self::JumpCleared { .. } => "jump_cleared",
        }
    }
}
