//! A pool as the fold knows it: its declaration, and how its starts have gone lately.

use serde::{Deserialize, Serialize};

use super::{HostName, PoolSpec, Span, Timestamp};

/// VMs kept alive with one purpose.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pool {
    pub spec: PoolSpec,
    /// Starts that failed in a row, over all hosts.
    #[serde(default)]
    pub failures: u32,
    /// When the last of them failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// Starts that failed and VMs that died soon after theirs, oldest first; the last few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crashes: Vec<Crash>,
    /// No VM is placed for it until a person says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<PoolHeld>,
}

/// A start that came to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Crash {
    pub at: Timestamp,
    pub host: HostName,
    /// The tool's words, or how the VM ended.
    pub why: String,
    /// It had been ready.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub served: bool,
}

/// That a pool's VMs die as fast as they are started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolHeld {
    pub since: Timestamp,
    pub why: String,
}

/// How many crashes a pool remembers.
const CRASHES_KEPT: usize = 16;

/// A crash counts against its pool and its host for so long.
pub const CRASHES_WITHIN: Span = Span::from_hours(1);

/// A VM that has served for so long has shown that its image works there.
pub const PROVEN_AFTER: Span = Span::from_mins(5);

impl Pool {
    /// A pool fresh from the inventory.
    pub fn new(spec: PoolSpec) -> Self {
        Self { spec, failures: 0, failed_at: None, crashes: Vec::new(), held: None }
    }

    /// A fresh try at once: what went wrong before counts no more.
    pub(super) fn forgive(&mut self) {
        (self.failures, self.failed_at) = (0, None);
        self.crashes.clear();
        self.held = None;
    }

    /// Remembers a crash, and forgets the oldest for it.
    pub(super) fn crashed(&mut self, crash: Crash) {
        self.crashes.push(crash);
        let excess = self.crashes.len().saturating_sub(CRASHES_KEPT);
        self.crashes.drain(..excess);
    }
}
