//! Simulated time, as the caller's clock gives it. The one file of this room that waits.
#![expect(clippy::disallowed_methods, reason = "licence: replies of simulated Macs take time")]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Span, Timestamp};

/// No wait is shorter: a caller's clock that stands still must not make us spin.
const SHORTEST: Duration = Duration::from_millis(1);
/// How long a listener rests when the system refuses it a connection.
const BREATH: Duration = Duration::from_millis(50);

/// The clock that the simulated Macs live by.
#[derive(Clone)]
pub struct SimTime {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    speed: f64,
}

impl SimTime {
    /// `now` gives simulated time, which runs `speed` times as fast as real time.
    pub fn new(now: Arc<dyn Fn() -> Timestamp + Send + Sync>, speed: f64) -> Self {
        // Outside these bounds a wait would be none at all, or longer than any number says.
        let speed = if speed.is_nan() { 1.0 } else { speed.clamp(0.001, 1e9) };
        Self { now, speed }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Returns once `now` has reached `at`.
    pub(super) async fn until(&self, at: Timestamp) {
        loop {
            let left = at.since(self.now());
            if left == Span::ZERO {
                return;
            }
            tokio::time::sleep(left.to_std().div_f64(self.speed).max(SHORTEST)).await;
        }
    }

    /// A short real rest, whatever the speed.
    pub(super) async fn breathe(&self) {
        tokio::time::sleep(BREATH).await;
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimTime").field("speed", &self.speed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_callers_clock_says_so() {
        let calls = Arc::new(AtomicI64::new(0));
        let counted = calls.clone();
        // A clock that moves a second with each look at it.
        let now = move || Timestamp::from_millis(counted.fetch_add(1, Ordering::SeqCst) * 1_000);
        let time = SimTime::new(Arc::new(now), 1_000_000.0);
        time.until(Timestamp::from_millis(5_000)).await;
        assert_eq!(calls.load(Ordering::SeqCst), 6);
    }
}
