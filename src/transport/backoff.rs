//! Whether a host may be tried again, and when: the wait doubles with every failure and is
//! jittered, so that a thousand hosts lost at once are not all tried again at once.

use std::time::Duration;

use tokio::time::Instant;

use super::fault::Fault;

/// The failures of one machine since it was last reached.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<(Instant, Fault)>,
}

impl Backoff {
    /// The fault that a call at `now` gets at once, while waiting.
    pub(super) fn refuses(&self, now: Instant) -> Option<Fault> {
        // In the very words of that failure: they are compared, and say nothing new.
        self.until.as_ref().filter(|(until, _)| now < *until).map(|(_, fault)| fault.clone())
    }

    /// Notes a failure. `chance` is from 0 to 1.
    pub(super) fn failed(
        &mut self,
        fault: &Fault,
        now: Instant,
        (min, max): (Duration, Duration),
        chance: f64,
    ) {
        self.failures = self.failures.saturating_add(1);
        let wait = wait(self.failures, min, max, chance);
        self.until = now.checked_add(wait).map(|until| (until, fault.clone()));
    }
}

/// The wait after this many failures: between a half of the doubled wait and all of it.
fn wait(failures: u32, min: Duration, max: Duration, chance: f64) -> Duration {
    let doubled = min.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(1));
    let capped = if failures > 31 { max } else { doubled.min(max) };
    (capped / 2 + (capped / 2).mul_f64(chance.clamp(0.0, 1.0))).max(min.min(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_stay_in_bounds_and_spread() {
        let (min, max) = (Duration::from_secs(1), Duration::from_secs(60));
        let whole: Vec<u64> = (1..=8).map(|n| wait(n, min, max, 1.0).as_secs()).collect();
        assert_eq!(whole, [1, 2, 4, 8, 16, 32, 60, 60]);
        let half: Vec<u64> = (1..=8).map(|n| wait(n, min, max, 0.0).as_secs()).collect();
        assert_eq!(half, [1, 1, 2, 4, 8, 16, 30, 30]);
        for failures in [31, 32, 33, 1_000, u32::MAX] {
            assert_eq!(wait(failures, min, max, 1.0), max, "{failures}");
        }
    }

    #[test]
    fn a_call_while_waiting_is_told_what_failed_in_the_same_words() {
        let start = crate::transport::limit::now();
        let bounds = (Duration::from_secs(4), Duration::from_secs(60));
        let mut backoff = Backoff::default();
        assert_eq!(backoff.refuses(start), None);
        backoff.failed(&Fault::network("connection refused"), start, bounds, 0.0);
        for ms in [0, 1_500, 3_999] {
            let told = backoff.refuses(start + Duration::from_millis(ms)).unwrap();
            assert_eq!(told, Fault::network("connection refused"));
        }
        assert_eq!(backoff.refuses(start + Duration::from_secs(4)), None);
    }
}
