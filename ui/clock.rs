//! The desktop's clock: the one place of it that reads the time and waits.
#![expect(clippy::disallowed_methods, reason = "licence: the desktop's clock")]

use std::future::pending;
use std::time::Duration;

use hostler::model::{Span, Timestamp};
use tokio::time::Instant;

/// Tells the time of day, and milliseconds that never step back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }
    pub fn now(self) -> Timestamp {
        Timestamp::from(chrono::Utc::now())
    }
    /// Milliseconds since the start.
    pub fn ms(self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
    /// Waits until so many milliseconds after the start; for ever when there is no such time.
    pub async fn until(self, ms: Option<u64>) {
        match ms {
            Some(ms) => tokio::time::sleep_until(self.began + Duration::from_millis(ms)).await,
            None => pending().await,
        }
    }
    pub async fn sleep(self, span: Span) {
        tokio::time::sleep(span.to_std()).await;
    }
}
