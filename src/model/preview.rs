//! What a drain, a playbook, a respawn or a run would do, before it is asked for.

use serde::{Deserialize, Serialize};

use super::{HostName, PoolName, StepAt, Timestamp, VmId};

/// What would be done, as the World was at `seq`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DrainPlan {
    pub seq: u64,
    pub hosts: Vec<HostPreview>,
    pub pools: Vec<PoolPreview>,
    /// Schedules whose next run falls into the drain, and other jobs on these hosts.
    pub clashes: Vec<String>,
    /// When the patience of the hosts that begin at once ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// How many of the hosts at once; of the VMs in a respawn.
    pub at_once: usize,
    /// What is done on each host, in order; a drain and a respawn say it by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The time of the run, where it is one of a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Timestamp>,
}

/// One host of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HostPreview {
    pub host: HostName,
    /// Its state in one word.
    pub state: String,
    pub vms: Vec<VmPreview>,
    /// What stands against it now.
    pub blocks: Vec<String>,
    /// What each step would do here. Told of the first hosts only: each costs as much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepPreview>,
    /// Its wave, the first one being 0, and when its turn is at the earliest.
    #[serde(default, skip_serializing_if = "is_first")]
    pub wave: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Timestamp>,
}

/// One step on such a host, as things stand now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepPreview {
    pub at: StepAt,
    pub name: String,
    #[serde(flatten)]
    pub does: StepFate,
}

/// What becomes of a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepFate {
    /// It is done; what that means here, where the playbook leaves it open.
    Done {
        what: String,
    },
    Skipped {
        why: String,
    },
    /// Only what comes before it tells.
    Depends {
        why: String,
    },
    Fails {
        why: String,
    },
}

/// One VM on such a host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VmPreview {
    pub vm: VmId,
    pub pool: PoolName,
    pub state: String,
    pub fate: Fate,
}

/// What happens to a VM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Fate {
    /// It has no work: its agent is told, and it is stopped.
    Goes,
    /// It is waited for.
    Waits { why: String },
    /// It is stopped although it may have work.
    Forced,
    /// It goes as if it had no work: the drain was told not to wait for such VMs.
    Ignored,
    /// It is on its way out already.
    Going,
    /// No step touches it.
    Stays,
}

fn is_first(wave: &u16) -> bool {
    *wave == 0
}
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// What a pool loses for the time being.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolPreview {
    pub pool: PoolName,
    /// VMs that serve now, on these hosts and on others.
    pub ready: usize,
    /// VMs on these hosts, whether they serve yet or not.
    pub leaving: usize,
    /// How many of the leaving do not serve yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub coming: usize,
    /// Free slots on other hosts that would take its VMs.
    pub room: usize,
}
