//! A schedule and what has become of its nominal times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Actor, HostName, JobId, ScheduleSpec, Timestamp};

/// A schedule and what it has done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    pub spec: ScheduleSpec,
    /// Nominal times up to this one have been dealt with. Starts at the time of declaration.
    pub upto: Timestamp,
    /// The last runs, oldest first, at most `RUNS_KEPT`.
    pub runs: Vec<Run>,
    /// Hosts that were busy at their time, and how many nights in a row: first in line next time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub busy: BTreeMap<HostName, u32>,
    /// Somebody stopped it for the time being.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
    /// Nominal times up to this one are passed over because somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_upto: Option<Timestamp>,
}

impl Schedule {
    /// One fresh from the inventory: what came before `now` is not owed.
    pub fn new(spec: ScheduleSpec, now: Timestamp) -> Self {
        Self {
            spec,
            upto: now,
            runs: Vec::new(),
            busy: BTreeMap::new(),
            suspended: None,
            skip_upto: None,
        }
    }
    /// How many runs it remembers.
    pub fn runs_kept(&self) -> usize {
        if self.spec.history == 0 { RUNS_KEPT } else { usize::from(self.spec.history) }
    }
}

/// A schedule that does not run until it is resumed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Suspended {
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
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
