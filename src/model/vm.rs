//! A VM of ours, from its placement until it is gone.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Bytes, HostName, ImageName, JobId, Labels, OpId, PoolName, SlotIx, Span, Timestamp, VmId,
};

/// A VM. Its place (host and slot) never changes: a respawn is a new VM.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Vm {
    pub id: VmId,
    pub pool: PoolName,
    pub image: ImageName,
    pub host: HostName,
    pub slot: SlotIx,
    pub wanted: Wanted,
    pub phase: Phase,
    /// Since when `phase` is what it is.
    pub phase_since: Timestamp,
    /// Reserved when.
    pub created: Timestamp,
    /// The one command under way for it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Looks in a row that did not show it running although it should; see `VmMissed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Missed>,
    /// The last refusal, until a command for it succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Why it is to go, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Retired>,
    /// Whether it has work, as its pool's probe says; `None`: not known, or no probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<bool>,
    /// Since when it is known to have work, or none; `None`: not known, or older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_since: Option<Timestamp>,
    /// Its agent was told to take no more work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deregistered: Option<Timestamp>,
    /// Why nothing more is tried to be rid of it, until somebody says so or a look shows news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// What it was made of, from its clone on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
}

/// What a VM was made of: what its pool and image said then.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Made {
    /// The image's reference.
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
}

impl Vm {
    /// What selectors of VMs look at, of what a VM is and stays.
    pub fn labels(&self) -> Labels {
        [
            ("pool", self.pool.to_string()),
            ("host", self.host.to_string()),
            ("image", self.image.to_string()),
        ]
        .map(|(key, value)| (key.to_string(), value))
        .into()
    }
}

/// What is known of a VM's work, in words.
pub fn work_words(busy: Option<bool>) -> &'static str {
    match busy {
        Some(true) => "has work",
        Some(false) => "has no work",
        None => "does not tell whether it has work",
    }
}

/// What we want of a VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Running,
    Gone,
}

/// How far a VM has come, as far as we have seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It has a slot and nothing on the host.
    Placed,
    /// Its disk is on the host.
    Cloned,
    /// Its start was issued and answered; it has no address yet.
    Booting,
    /// Seen running with an address.
    Ready,
    /// Its stop was issued and answered, or it was seen to have stopped for good.
    Stopped,
    /// Its disk was deleted; it is gone once a look no longer shows it.
    Deleted,
}

/// Looks that did not show a VM running although it should.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Missed {
    pub since: Timestamp,
    pub last: Timestamp,
    pub looks: u32,
}

/// Looks come more often than this.
const LOOKS_GAP: Span = Span::from_mins(2);

impl Missed {
    /// Whether nobody looked for long before `at`, or the clock has stepped back since: time alone
    /// proves nothing, so the count begins anew.
    pub fn is_stale(&self, at: Timestamp) -> bool {
        at < self.last || at.since(self.last) > LOOKS_GAP
    }
}

/// A command on a host for a VM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Op {
    pub id: OpId,
    pub kind: OpKind,
    pub epoch: u64,
    pub begun: Timestamp,
    /// When the host fell silent over it: it may or may not have run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Timestamp>,
}

/// What a command does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpKind {
    Clone,
    Start,
    /// The agent in the guest is told to take no more work.
    Deregister,
    Stop,
    Delete,
}

/// How a command ended. `Unknown` is not an end: the op stays, marked lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    Done,
    Refused { class: Refusal, said: String },
    Unknown { why: String },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("is done"),
            Self::Refused { said, .. } => write!(f, "was refused: {said}"),
            Self::Unknown { why } => write!(f, "is lost from sight: {why}"),
        }
    }
}

/// What sort of refusal, from the tool's own words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The tool or the kernel says that two guests run: the one refusal that may show a leak.
    Limit,
    /// The guard on the host has counted two macOS VMs, and has started no third.
    Full,
    /// The VM or image does not exist.
    Missing,
    AlreadyRunning,
    NotRunning,
    DiskFull,
    Keychain,
    /// Registry credentials or network.
    Registry,
    ToolAbsent,
    /// Another operation holds the host's lock: look again.
    Busy,
    /// The host has been told of a newer epoch: this controller must step down.
    Fenced,
    /// The command never arrived.
    NotSent,
    Other,
}

/// What a host last refused to do for a VM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub at: Timestamp,
    pub kind: OpKind,
    pub class: Refusal,
    /// The tool's own words.
    pub said: String,
    /// How often in a row.
    pub times: u32,
    /// When the first of them was; `None`: this one is the first, or older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl Refused {
    /// When the first of them in a row was.
    pub fn first(&self) -> Timestamp {
        self.since.unwrap_or(self.at)
    }
}

/// A VM that is to go and cannot be made to: its host has refused for too long.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parked {
    pub since: Timestamp,
    /// What was refused, and the tool's last words.
    pub why: String,
}

/// That a VM is to go, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retired {
    pub at: Timestamp,
    pub why: RetireWhy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// Why a VM is to go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetireWhy {
    /// A respawn: a new VM from the image takes its part.
    Respawn,
    /// Its pool wants fewer, or is gone.
    Surplus,
    /// Its host left the inventory, or no longer matches its pool.
    HostGone,
    /// Its start failed or it did not come up in time.
    Failed,
    /// It stopped by itself.
    Died,
    /// Its pool's image is another now.
    Drifted,
    /// Its host is emptied.
    Drained,
}

impl Vm {
    /// Its name in the host's tool.
    pub fn host_name(&self) -> String {
        tool_name(&self.pool, self.id)
    }

    /// Whether its last refusal is the fault of its slot or of who was quicker, and not its own:
    /// it costs nobody a try.
    pub fn was_crowded_out(&self) -> bool {
        let class = self.refused.as_ref().map(|refused| refused.class);
        matches!(class, Some(Refusal::Limit | Refusal::Full))
    }

    /// Whether it serves its pool now.
    pub fn is_ready(&self) -> bool {
        self.wanted == Wanted::Running && self.phase == Phase::Ready && self.missed.is_none()
    }

    /// Whether a start has ever been issued: until then it cannot hold the kernel's count.
    pub fn was_started(&self) -> bool {
        self.phase >= Phase::Booting || self.op.as_ref().is_some_and(|op| op.kind == OpKind::Start)
    }

    /// One word for tables.
    pub fn word(&self) -> &'static str {
        let lost = self.op.as_ref().is_some_and(|op| op.lost.is_some());
        match (self.wanted, self.phase) {
            _ if lost => "unknown",
            _ if self.parked.is_some() => "parked",
            (Wanted::Gone, Phase::Stopped | Phase::Deleted) => "deleting",
            (Wanted::Gone, _) => "stopping",
            (Wanted::Running, _) if self.missed.is_some() => "missing",
            (Wanted::Running, Phase::Placed) => "placed",
            (Wanted::Running, Phase::Cloned) => "cloned",
            (Wanted::Running, Phase::Booting) => "booting",
            (Wanted::Running, Phase::Ready) => "ready",
            (Wanted::Running, Phase::Stopped | Phase::Deleted) => "stopped",
        }
    }
}

/// `hostler-<pool>-<id>`: the name our VMs have in a host's tool.
pub fn tool_name(pool: &PoolName, id: VmId) -> String {
    format!("hostler-{pool}-{id}")
}

/// The pool in a name of ours.
pub fn pool_of_tool_name(name: &str) -> Option<PoolName> {
    name.strip_prefix("hostler-")?.rsplit_once('-')?.0.parse().ok()
}

/// The id in a name of ours. A VM is ours only if this parses *and* the World knows the id.
pub fn id_of_tool_name(name: &str) -> Option<VmId> {
    name.strip_prefix("hostler-")?.rsplit_once('-')?.1.parse().ok()
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Clone => "clone",
            Self::Start => "start",
            Self::Deregister => "deregister",
            Self::Stop => "stop",
            Self::Delete => "delete",
        })
    }
}
impl fmt::Display for RetireWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Respawn => "respawn",
            Self::Surplus => "surplus",
            Self::HostGone => "host gone",
            Self::Failed => "failed",
            Self::Died => "died",
            Self::Drifted => "drifted",
            Self::Drained => "drained",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_names_are_told_from_others() {
        let pool: PoolName = "ci-mac.2".parse().unwrap();
        let id = VmId::from_bits(77);
        assert_eq!(id_of_tool_name(&tool_name(&pool, id)), Some(id));
        for other in
            ["hostler-", "hostler-ci", "tahoe-base", "hostler-ci-0123", "x-ci-00000000002d"]
        {
            assert_eq!(id_of_tool_name(other), None, "{other}");
        }
        assert_eq!(pool_of_tool_name(&tool_name(&pool, id)), Some(pool));
    }
}
