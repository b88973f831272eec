//! What goes over the wire, where it is not the model itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{Release, Status};
use crate::model::{
    Brake, DrainAsk, DrainPlan, Entry, Fingerprint, HoldKind, HostName, JobId, LeakingBuild,
    Licence, OnExpiry, PlayAsk, Sample, ScheduleName, Selector, Share, SlotsLost, StepAt,
    Timestamp, VmId, World,
};

/// `GET /v1/world`: the World at a revision. The stream gives the entries after it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    pub seq: u64,
    pub world: World,
}

/// One item of `GET /v1/events?after=SEQ`: events `entry`, `heartbeat`, `resync`.
#[derive(Clone, PartialEq, Debug)]
pub enum StreamItem {
    Entry(Box<Entry>),
    /// Each second.
    Heartbeat(Heartbeat),
    /// A gap, or a reader too slow: take a snapshot again. The stream ends with it.
    Resync,
}

/// That the controller lives, what it has reached, and its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    pub seq: u64,
    pub at: Timestamp,
}

/// `GET /v1/metrics/live`: the last sample of each host asked for.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Live {
    pub samples: BTreeMap<HostName, Sample>,
}

/// A list of things at a revision: `/v1/hosts`, `/v1/vms`, `/v1/pools`, ...
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Listing<T> {
    pub seq: u64,
    /// The controller's time, from which ages are counted.
    pub at: Timestamp,
    pub items: Vec<T>,
}

/// `GET /v1/events/log`: entries of the journal, oldest first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    pub entries: Vec<Entry>,
}

/// `.../why`: the reasons, one line each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Why {
    pub name: String,
    pub lines: Vec<String>,
}

/// `GET /v1/vms/{id}/log`: what its process has said since its last start, the end of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VmLog {
    pub vm: VmId,
    pub text: String,
}

/// `GET /v1/status`: how the controller and the fleet are, in figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    pub version: String,
    pub seq: u64,
    pub epoch: u64,
    pub at: Timestamp,
    pub engine: Status,
    /// Slots the inventory declares, and how many of them are free.
    pub slots: usize,
    pub slots_free: usize,
    /// How many of them are in each state, those in which none is included.
    #[serde(default)]
    pub slots_by_state: BTreeMap<String, usize>,
    /// How many hosts and VMs are in each state, and jobs likewise.
    pub hosts: BTreeMap<String, usize>,
    pub vms: BTreeMap<String, usize>,
    pub jobs: BTreeMap<String, usize>,
    /// Schedules that do not run until somebody resumes them, and why.
    #[serde(default)]
    pub suspended: BTreeMap<ScheduleName, String>,
    /// Jobs that begin nothing more until somebody resumes them, and why.
    #[serde(default)]
    pub paused: BTreeMap<JobId, String>,
    /// Hosts that are not as their group expects, and how.
    #[serde(default)]
    pub drift: BTreeMap<HostName, Vec<String>>,
    /// How many VMs differ from what their pool would make now.
    #[serde(default)]
    pub vms_drifted: usize,
    /// The mass-failure brake, while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brake: Option<Brake>,
    /// Hosts that have lost slots to their kernel's wrong count, and what gives these back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots_lost: BTreeMap<HostName, SlotsLost>,
    /// Hosts of which it is not shown yet that their last reboot has given their slots back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unproven: BTreeMap<HostName, String>,
    /// Builds of macOS on which slots have leaked, those first that leak most often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaking_builds: Vec<LeakingBuild>,
}

/// `GET /v1/slots/report`: what the journal shows of the macOS VMs of each host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SlotsReport {
    #[serde(flatten)]
    pub licence: Licence,
    /// How many a Mac may run.
    pub licensed: u32,
    /// Builds of macOS on which slots have leaked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaking_builds: Vec<LeakingBuild>,
}

/// `POST /v1/holds`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CordonBody {
    pub hosts: Vec<HostName>,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// `cordon` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<HoldKind>,
    /// What happens at `until`: `release` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_expiry: Option<OnExpiry>,
}

/// What `POST /v1/plans` answers: what would be done, and the token that submits just that.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// For one `POST /v1/jobs`; the newest 256 are known.
    pub token: String,
    pub plan: DrainPlan,
}

/// `POST /v1/jobs`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobBody {
    /// What was planned under this token, if it would still do the same.
    Plan(String),
    Drain(Box<DrainAsk>),
    Play(Box<PlayAsk>),
}

/// `POST /v1/hosts/undrain`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndrainBody {
    pub hosts: Vec<HostName>,
}

/// `POST /v1/hosts/doctor`: these hosts, and those whose labels match; all when neither is said.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorBody {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub which: Option<Selector>,
}

/// `POST /v1/jobs/{id}/retry`; the body may be absent: all failed and skipped hosts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// From this step on; else from the one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StepAt>,
}

/// `POST /v1/jobs/{id}/skip`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipBody {
    pub host: HostName,
}

/// `POST /v1/schedules/{name}/suspend`, and `.../discharge` of a job or a VM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    pub reason: String,
}

/// `POST /v1/hosts/{name}/forget`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgetBody {
    pub reason: String,
}

/// `POST /v1/holds/release`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncordonBody {
    pub hosts: Vec<HostName>,
    pub which: Release,
}

/// `POST /v1/pools/{name}/respawn`; the body may be absent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RespawnBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<Share>,
}

/// `POST /v1/hosts/{name}/trust`: the key that a person has accepted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustBody {
    pub fingerprint: Fingerprint,
    /// Why it is another than the one that was known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// An error, as RFC 9457 has it (`application/problem+json`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened here, with the next step.
    pub detail: String,
    /// Stable, for programs: `not_found`, `conflict`, `bad_body`, `stopping`, ...
    pub code: String,
    /// With `stale_plan`: the plan as it would be now, and its token.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<Box<Planned>>,
}
