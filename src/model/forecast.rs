//! The night ahead, host by host, as the planner would have it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HostName, JobId, PoolName, ScheduleName, Span, Timestamp};

/// What will happen from `from` to `until` if nothing unforeseen does.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Forecast {
    pub from: Timestamp,
    pub until: Timestamp,
    /// In the order in which they begin.
    pub turns: Vec<ForecastTurn>,
    /// The fewest ready VMs of each pool, and when.
    pub pools: BTreeMap<PoolName, Lowest>,
    /// The fewest free slots, and when.
    pub free_slots: Lowest,
    /// What does not fit, in lines for a person.
    pub misfits: Vec<String>,
    /// VMs with work are taken to be done with it after this long.
    pub assumed_busy: Span,
}

/// One host's part of one job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForecastTurn {
    pub host: HostName,
    /// Jobs that have not been opened yet have ids that will be others.
    pub job: JobId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Timestamp>,
    pub steps: Vec<ForecastStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// `done`, `skipped: ...`, or nothing when it does not end in time.
    pub end: String,
}

/// One step of such a turn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForecastStep {
    pub name: String,
    pub begins: Timestamp,
    pub took: Span,
    pub end: String,
}

/// The least of something, and when it is reached first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lowest {
    pub count: usize,
    pub at: Timestamp,
}

impl Lowest {
    /// Takes in a count.
    pub fn see(&mut self, count: usize, at: Timestamp) {
        if count < self.count {
            *self = Self { count, at };
        }
    }
}
