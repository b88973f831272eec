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

/// A moment by the clock and by the stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Timestamp,
    watch: Instant,
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

    /// Waits for a span of this clock, and at most so long on the wall: the wall's clock may have
    /// stepped meanwhile.
    pub async fn nap(&self, span: Span, most: Duration) {
        tokio::time::sleep(self.real(span, Duration::ZERO).min(most)).await;
    }

    /// What comes of the work, or that nothing has within so long on the wall: a driver's own limit
    /// begins when a connection is made, and who asks does not wait for that for ever.
    pub(super) async fn within<T>(
        most: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, String> {
        let late = |_| {
            let most = Span::from_millis(u64::try_from(most.as_millis()).unwrap_or(u64::MAX));
            format!("no answer within {most}")
        };
        tokio::time::timeout(most, work).await.map_err(late)
    }

    /// This moment, to tell a jump from the passing of time.
    pub fn mark(&self) -> Mark {
        Mark { at: self.now(), watch: Instant::now() }
    }

    /// How far it has jumped ahead since then, beyond the time that has passed. A sleep of this
    /// machine is a jump.
    pub fn jumped_since(&self, mark: &Mark) -> Span {
        let passed = mark.watch.elapsed().mul_f64(self.inner.speed).as_millis();
        let passed = Span::from_millis(u64::try_from(passed).unwrap_or(u64::MAX));
        self.now().since(mark.at + passed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_told_from_the_passing_of_time() {
        let clock = Clock::fast(Timestamp::default(), 1_000.0);
        let mark = clock.mark();
        std::thread::yield_now();
        assert!(clock.jumped_since(&mark) < Span::from_secs(5));
        clock.jump(Span::from_hours(3));
        let jumped = clock.jumped_since(&mark);
        assert!(jumped > Span::from_hours(2) && jumped < Span::from_hours(4), "{jumped}");
        assert!(clock.jumped_since(&clock.mark()) < Span::from_secs(5));
    }
}
