//! A moment as people write it: a length of time from now, or the moment itself.

use std::str::FromStr;

use hostler::model::{Span, Timestamp};

/// `2h`, or `2026-12-01T06:00:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    In(Span),
    At(Timestamp),
}

/// Why a text is no moment.
#[derive(Debug, thiserror::Error)]
#[error("expected a length of time such as 2h or 1h30m, or a moment such as 2026-12-01T06:00:00Z")]
pub(crate) struct NotAMoment;

impl FromStr for When {
    type Err = NotAMoment;
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let span = text.parse().map(Self::In);
        span.or_else(|_| text.parse().map(Self::At)).map_err(|_| NotAMoment)
    }
}

impl When {
    /// The moment that lies so far ahead of `now`.
    pub(crate) fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::In(span) => now + span,
            Self::At(at) => at,
        }
    }
    /// The moment that lies so far back from `now`.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::In(span) => now - span,
            Self::At(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_from_now_and_moments_stand() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let span: When = "2h".parse().unwrap();
        assert_eq!(span.after(now), now + Span::from_hours(2));
        assert_eq!(span.before(now), now - Span::from_hours(2));
        let text = "2026-12-01T06:00:00Z";
        let at: When = text.parse().unwrap();
        assert_eq!((at.after(now), at.before(now)), (text.parse().unwrap(), text.parse().unwrap()));
        assert!("tomorrow".parse::<When>().is_err() && "2".parse::<When>().is_err());
    }
}
