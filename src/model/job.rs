//! Jobs: named goings of work with one task per VM, or one per host with the steps of a playbook.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Actor, HostName, HostTask, JobId, Play, PlaybookName, PoolName, ScheduleName, Selector, Share,
    Timestamp, VmId,
};

/// A named going of work.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub cause: Cause,
    pub by: Actor,
    pub opened: Timestamp,
    /// No task begins after this.
    pub begin_by: Timestamp,
    /// How many of the targets may be out of service at once.
    pub max_unavailable: Share,
    /// One task per VM that was a target when the job opened.
    pub tasks: BTreeMap<VmId, Task>,
    /// One task per host that was a target when the job opened; its steps are in `play`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<HostName, HostTask>,
    /// What is done on each host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play: Option<Arc<Play>>,
    /// Why no further task begins until somebody resumes the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// So many hosts had failed when somebody let it go on: only others pause it again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgiven: u32,
    pub state: JobState,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// What a job does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobKind {
    /// Every VM of the pool is replaced by a new one from the image.
    Respawn { pool: PoolName },
    /// Every VM on these hosts is replaced.
    RespawnOn { hosts: Selector },
    /// Hosts are emptied of VMs, and then what was asked for is done.
    Drain,
    /// The steps of a playbook, host by host.
    Playbook { name: PlaybookName },
}

/// Why a job was opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Cause {
    /// A schedule's run at its nominal time.
    Run { schedule: ScheduleName, nominal: Timestamp },
    /// Somebody ran the schedule by hand.
    RunNow { schedule: ScheduleName },
    /// Somebody asked for it.
    Asked,
    /// Another job needs what this one brings.
    For { job: JobId },
}

/// How far a job is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobState {
    Running,
    /// Every task is done.
    Done {
        at: Timestamp,
    },
    /// Some task was skipped or failed.
    Failed {
        at: Timestamp,
        why: String,
    },
    /// Somebody called it off, and what had been begun is unwound.
    Cancelled {
        at: Timestamp,
    },
}

/// One VM's part of a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Where the VM was when the job opened.
    pub host: HostName,
    /// Where the VM that takes its part belongs.
    pub pool: PoolName,
    pub state: TaskState,
    /// The VM placed in its stead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<VmId>,
}

/// How far a task is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TaskState {
    Waiting,
    Begun {
        at: Timestamp,
    },
    Done {
        at: Timestamp,
    },
    Skipped {
        at: Timestamp,
        why: String,
    },
    Failed {
        at: Timestamp,
        why: String,
    },
    /// Somebody called it off, and what had been begun is unwound.
    Cancelled {
        at: Timestamp,
    },
}

/// How a task ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TaskEnd {
    Done,
    Skipped {
        why: String,
        /// It was skipped because VMs there had work: the host is first in line next time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        busy: bool,
    },
    Failed {
        why: String,
    },
    Cancelled,
}

impl TaskState {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Waiting | Self::Begun { .. } => false,
            Self::Done { .. }
            | Self::Skipped { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. } => true,
        }
    }
    /// The state a task is in once it has ended so.
    pub fn ended(end: &TaskEnd, at: Timestamp) -> Self {
        match end {
            TaskEnd::Done => Self::Done { at },
            TaskEnd::Skipped { why, .. } => Self::Skipped { at, why: why.clone() },
            TaskEnd::Failed { why } => Self::Failed { at, why: why.clone() },
            TaskEnd::Cancelled => Self::Cancelled { at },
        }
    }
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cancelled { .. } => "cancelled",
            Self::Waiting => "waiting",
            Self::Begun { .. } => "running",
            Self::Done { .. } => "done",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Job {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        match self.state {
            JobState::Running => false,
            JobState::Done { .. } | JobState::Failed { .. } | JobState::Cancelled { .. } => true,
        }
    }
    /// The states of all its tasks, of VMs and of hosts.
    pub fn states(&self) -> impl Iterator<Item = &TaskState> {
        let hosts = self.hosts.values().map(|task| &task.state);
        self.tasks.values().map(|task| &task.state).chain(hosts)
    }
    /// How many of its hosts have failed.
    pub fn failed_hosts(&self) -> u32 {
        let failed = |task: &&HostTask| matches!(task.state, TaskState::Failed { .. });
        u32::try_from(self.hosts.values().filter(failed).count()).unwrap_or(u32::MAX)
    }
    /// Tasks over, and tasks in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.states().filter(|state| state.is_over()).count(), self.states().count())
    }
    /// `respawn concourse`.
    pub fn title(&self) -> String {
        match &self.kind {
            JobKind::Respawn { pool } => format!("respawn {pool}"),
            JobKind::RespawnOn { hosts } => format!("respawn on {hosts}"),
            JobKind::Drain => match self.hosts.keys().next() {
                Some(host) if self.hosts.len() == 1 => format!("drain {host}"),
                Some(_) | None => format!("drain {} hosts", self.hosts.len()),
            },
            JobKind::Playbook { name } => name.to_string(),
        }
    }
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self.state {
            JobState::Running if self.paused.is_some() => "paused",
            JobState::Running => "running",
            JobState::Cancelled { .. } => "cancelled",
            JobState::Done { .. } => "done",
            JobState::Failed { .. } => "failed",
        }
    }
}

impl fmt::Display for TaskEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.pad("done"),
            Self::Skipped { why, .. } => write!(f, "skipped: {why}"),
            Self::Failed { why } => write!(f, "failed: {why}"),
            Self::Cancelled => f.pad("cancelled"),
        }
    }
}
