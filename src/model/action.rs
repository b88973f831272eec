//! What a plan says: the actions to carry out now, and for each wanted thing that does not
//! happen, why not. Plans are made in `plan` and nowhere else; this is only their shape.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Cause, Event, HoldId, HoldKind, HostName, HostTask, ImageName, JobId, JobKind, OpKind, Play,
    PoolName, RetireWhy, ScheduleName, Share, SlotIx, StepAt, TaskEnd, Timestamp, VmId,
};

/// One pass's decisions.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// In the order in which they take effect.
    pub actions: Vec<Action>,
    pub held: Vec<Held>,
}

/// One decision.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Action {
    /// Reserve this slot for a new VM of the pool.
    Place {
        pool: PoolName,
        image: ImageName,
        host: HostName,
        slot: SlotIx,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<(JobId, VmId)>,
    },
    /// Send this command to the VM's host.
    Do {
        vm: VmId,
        kind: OpKind,
    },
    /// The VM is to go.
    Retire {
        vm: VmId,
        why: RetireWhy,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
    },
    /// Nothing of the VM is on its host: free its slot.
    Forget {
        vm: VmId,
    },
    /// The slot is lost to the kernel's wrong count.
    Leak {
        vm: VmId,
        host: HostName,
        slot: SlotIx,
    },
    /// A hold is lifted.
    Release {
        host: HostName,
        hold: HoldId,
        why: String,
    },
    /// A schedule's time came, or somebody asked.
    OpenJob(Box<Opening>),
    /// Nominal times that will not be run.
    Miss {
        schedule: ScheduleName,
        nominal: Timestamp,
        count: u32,
        cause: String,
    },
    EndTask {
        job: JobId,
        vm: VmId,
        end: TaskEnd,
    },
    EndJob {
        job: JobId,
    },
    /// Send this step's command to the host.
    HostDo {
        job: JobId,
        host: HostName,
        at: StepAt,
        /// What it is about, where the step leaves that open: an image to fetch, images to keep.
        what: Vec<String>,
    },
    /// The host takes no work.
    Hold {
        host: HostName,
        kind: HoldKind,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
    },
    /// A decision that is only written down: a turn that comes, a step that begins or ends.
    Note {
        event: Box<Event>,
    },
}

/// A job to be opened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opening {
    pub kind: JobKind,
    pub cause: Cause,
    pub begin_by: Timestamp,
    pub max_unavailable: Share,
    /// The target VMs and where they are.
    pub targets: BTreeMap<VmId, HostName>,
    /// The target hosts, and the turn of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<HostName, HostTask>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play: Option<Arc<Play>>,
    /// The hold that every target host gets as the job is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldAsk>,
}

/// The hold that a job places.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldAsk {
    pub kind: HoldKind,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Opening {
    /// A job over VMs.
    pub fn over_vms(
        kind: JobKind,
        cause: Cause,
        begin_by: Timestamp,
        max_unavailable: Share,
        targets: BTreeMap<VmId, HostName>,
    ) -> Self {
        let hosts = BTreeMap::new();
        Self { kind, cause, begin_by, max_unavailable, targets, hosts, play: None, hold: None }
    }
}

/// Something wanted that does not happen now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Held {
    pub want: Want,
    /// The reason in one line.
    pub why: String,
    /// For a placement: how many hosts each filter refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<Reason, u32>,
}

/// What is wanted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Want {
    /// So many VMs of a pool to be placed.
    Pool { pool: PoolName, missing: u32 },
    /// The next step of a VM.
    Vm { vm: VmId },
    /// The next tasks of a job.
    Job { job: JobId },
    /// A host's next step in a job.
    Host { host: HostName, job: JobId },
    /// A hold that nobody has ended.
    Hold { host: HostName, hold: HoldId },
    /// A host that fails is taken out of service.
    Quarantine { host: HostName },
    /// The next run of a schedule.
    Schedule { schedule: ScheduleName },
    /// A person's judgement of a host.
    Judge { host: HostName },
    /// A person's judgement of a jump host's key.
    Jump { jump: String },
}

/// Why a host cannot take a VM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is not one the pool chooses.
    Labels,
    /// It bakes images.
    Builder,
    /// It left the inventory.
    Leaving,
    /// It is not up.
    NotUp,
    /// Its keychain or disk is locked.
    Locked,
    /// Somebody holds it.
    Held,
    /// It was rebooted unasked and not found fit yet.
    Verifying,
    /// Its tool is absent or does not answer.
    Tool,
    /// Starts failed there a moment ago.
    BackOff,
    /// Too little disk is free.
    Disk,
    /// Its chip is not the one that the pool needs.
    Chip,
    /// It has less memory than the pool needs.
    Memory,
    /// Its disk is smaller than the pool needs.
    DiskSize,
    /// Its macOS is not the one that the pool needs.
    Macos,
    /// A VM is there that is kept apart from the pool's.
    Apart,
    /// Both slots are taken.
    Full,
    /// It has as many of this pool as the pool wants per host.
    Enough,
    /// It claims a newer controller.
    Barred,
    /// It is a Mac that has another name in the inventory, too.
    Twin,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Labels => "not chosen by the pool",
            Self::Builder => "builder",
            Self::Leaving => "leaving the inventory",
            Self::NotUp => "not up",
            Self::Locked => "locked",
            Self::Held => "held",
            Self::Verifying => "being verified",
            Self::Tool => "tool missing",
            Self::BackOff => "backing off",
            Self::Disk => "disk short",
            Self::Chip => "wrong chip",
            Self::Memory => "too little memory",
            Self::DiskSize => "too small a disk",
            Self::Macos => "other macOS",
            Self::Apart => "beside a VM that is kept apart",
            Self::Full => "full",
            Self::Enough => "has enough",
            Self::Barred => "barred",
            Self::Twin => "the same Mac as another",
        })
    }
}
impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool { pool, missing } => write!(f, "pool {pool} wants {missing} more"),
            Self::Vm { vm } => write!(f, "vm {vm}"),
            Self::Job { job } => write!(f, "job {job}"),
            Self::Host { host, job } => write!(f, "host {host} in job {job}"),
            Self::Hold { host, hold } => write!(f, "hold {hold} on {host}"),
            Self::Quarantine { host } => write!(f, "host {host}"),
            Self::Schedule { schedule } => write!(f, "schedule {schedule}"),
            Self::Judge { host } => write!(f, "host {host}"),
            Self::Jump { jump } => write!(f, "jump host {jump}"),
        }
    }
}
