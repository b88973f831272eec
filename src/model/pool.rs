//! A pool as the fold knows it: its declaration, and how its starts have gone lately.

use serde::{Deserialize, Serialize};

use super::{PoolSpec, Timestamp};

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
}
