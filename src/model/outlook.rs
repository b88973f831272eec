//! What a schedule's runs take out of service, and what meets those to come.

use serde::{Deserialize, Serialize};

use super::{Each, ScheduleName, Timestamp};

/// What a run of a schedule would be over now, and which of those to come are met by something.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Outlook {
    /// Whether it goes over hosts or over VMs.
    pub each: Each,
    /// How many of them there are now.
    pub targets: usize,
    /// So many of them may be out of service at once.
    pub at_once: usize,
    /// In the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// There are more of them, later than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl Outlook {
    /// What meets the run of this time.
    pub fn conflicts_of(&self, at: Timestamp) -> &[Conflict] {
        let from = self.conflicts.partition_point(|conflict| conflict.at < at);
        let to = self.conflicts.partition_point(|conflict| conflict.at <= at);
        &self.conflicts[from..to]
    }
}

/// A run to come that does not go its way alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Conflict {
    /// The run's time.
    pub at: Timestamp,
    /// The run that it meets; nothing: it does not take place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Meeting>,
    /// What the planner does then, in words.
    pub then: String,
}

/// The time that two runs have in common, and their hosts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meeting {
    pub schedule: ScheduleName,
    /// That run's time.
    pub at: Timestamp,
    /// Both may begin work from then on, and until then.
    pub from: Timestamp,
    pub until: Timestamp,
    /// How many hosts they share now.
    pub hosts: usize,
}
