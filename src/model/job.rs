//! Jobs: named goings of work with one task per VM; and schedules with the runs they fired.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Actor, HostName, JobId, PoolName, ScheduleName, ScheduleSpec, Selector, Share, Timestamp, VmId,
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
    pub state: JobState,
}

/// What a job does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum JobKind {
    /// Every VM of the pool is replaced by a new one from the image.
    Respawn { pool: PoolName },
    /// Every VM on these hosts is replaced.
    RespawnOn { hosts: Selector },
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
    Begun { at: Timestamp },
    Done { at: Timestamp },
    Skipped { at: Timestamp, why: String },
    Failed { at: Timestamp, why: String },
}

/// How a task ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TaskEnd {
    Done,
    Skipped { why: String },
    Failed { why: String },
}

impl TaskState {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Waiting | Self::Begun { .. } => false,
            Self::Done { .. } | Self::Skipped { .. } | Self::Failed { .. } => true,
        }
    }
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self {
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
            JobState::Done { .. } | JobState::Failed { .. } => true,
        }
    }
    /// Tasks over, and tasks in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.tasks.values().filter(|task| task.state.is_over()).count(), self.tasks.len())
    }
    /// `respawn concourse`.
    pub fn title(&self) -> String {
        match &self.kind {
            JobKind::Respawn { pool } => format!("respawn {pool}"),
            JobKind::RespawnOn { hosts } => format!("respawn on {hosts}"),
        }
    }
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self.state {
            JobState::Running => "running",
            JobState::Done { .. } => "done",
            JobState::Failed { .. } => "failed",
        }
    }
}

/// A schedule and what it has done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    pub spec: ScheduleSpec,
    /// Nominal times up to this one have been dealt with. Starts at the time of declaration.
    pub upto: Timestamp,
    /// The last runs, oldest first, at most `RUNS_KEPT`.
    pub runs: Vec<Run>,
}

/// How many runs a schedule remembers.
pub const RUNS_KEPT: usize = 14;

/// One firing of a schedule, or the record that it did not fire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    pub nominal: Timestamp,
    pub result: RunResult,
}

/// What became of a nominal time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RunResult {
    /// It opened this job.
    Fired { job: JobId },
    /// So many nominal times up to this one were not run, and why.
    Missed { count: u32, cause: String },
}
