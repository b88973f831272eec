//! Time limits, waits and clocks: the one file of this room that may use them.
#![expect(clippy::disallowed_methods, reason = "licence: time limits of the transport")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::model::Timestamp;

/// What `work` comes to, or `None` when `limit` passes first.
pub(super) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(limit, work).await.ok()
}

/// A moment by which several things must be done one after another.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit beyond what the clock can count to is as good as a century.
        let century = Duration::from_secs(3_155_760_000);
        Self { at: now.checked_add(limit).unwrap_or(now + century) }
    }

    /// What `work` comes to, or `None` when the moment passes first.
    pub(super) async fn before<F: Future>(self, work: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.at, work).await.ok()
    }
}

/// The monotonic clock.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// The wall clock.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
