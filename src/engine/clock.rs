//! The one place that reads a clock. A clock may run faster than the wall and may jump ahead:
//! the demo's night takes half a minute, and its day none at all.
#![expect(clippy::disallowed_methods, reason = "licence: the engine's clock")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Span, Timestamp};

/// Tells the time, and waits. Copies tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    began: Instant,
    origin: Timestamp,
    speed: f64,
    /// Milliseconds jumped ahead.
    jumped: AtomicI64,
}

impl Clock {
    /// The wall's clock.
    pub fn wall() -> Self {
        Self::fast(Timestamp::from(chrono::Utc::now()), 1.0)
    }

    /// A clock that shows `origin` now and then runs `speed` times as fast as the wall.
    pub fn fast(origin: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        let jumped = AtomicI64::new(0);
        Self { inner: Arc::new(Inner { began: Instant::now(), origin, speed, jumped }) }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        let inner = &*self.inner;
        if (inner.speed - 1.0).abs() < f64::EPSILON && inner.jumped.load(Ordering::Relaxed) == 0 {
            // At the wall's pace, follow the wall: it is corrected, and it counts a Mac's sleep.
            return Timestamp::from(chrono::Utc::now());
        }
        let passed = inner.began.elapsed().as_secs_f64() * 1_000.0 * inner.speed;
        let jumped = inner.jumped.load(Ordering::Relaxed);
        Timestamp::from_millis(inner.origin.as_millis() + passed as i64 + jumped)
    }

    /// How many times as fast as the wall it runs.
    pub fn speed(&self) -> f64 {
        self.inner.speed
    }

    /// How long a span of this clock takes on the wall, and at least `floor`.
    pub fn real(&self, span: Span, floor: Duration) -> Duration {
        span.to_std().div_f64(self.inner.speed).max(floor)
    }

    /// Waits for a span of this clock. A jump does not cut it short.
    pub async fn sleep(&self, span: Span) {
        tokio::time::sleep(self.real(span, Duration::ZERO)).await;
    }

    /// Counts from now, in time of the wall.
    pub fn stopwatch(&self) -> Instant {
        Instant::now()
    }

    /// Jumps ahead.
    pub fn jump(&self, span: Span) {
        let ms = i64::try_from(span.as_millis()).unwrap_or(0);
        self.inner.jumped.fetch_add(ms, Ordering::Relaxed);
    }
}
