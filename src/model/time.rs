//! Time as the model has it: `Timestamp`, milliseconds of UTC, and `Span`, a length of time.
//! Nothing here reads a clock; `now` is always an argument.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::text::{as_text, clip};

/// A moment in UTC, to the millisecond. In JSON: RFC 3339, `2026-11-21T02:30:00.000Z`. What would
/// lie outside the years 0 to 9999, which is all that RFC 3339 can say, is their first or last
/// moment: every moment reads back as itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(ms: i64) -> Self {
        if ms < FIRST_MS {
            Self(FIRST_MS)
        } else if ms > LAST_MS {
            Self(LAST_MS)
        } else {
            Self(ms)
        }
    }
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// The same moment for chrono.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Span {
        Span::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_millis(at.timestamp_millis())
    }
}
impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_add_unsigned(span.0))
    }
}
impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self::from_millis(self.0.saturating_sub_unsigned(span.0))
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Timestamp {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(DateTime::parse_from_rfc3339(text)?.with_timezone(&Utc).into())
    }
}
as_text!(Timestamp);

/// A length of time, to the millisecond. As text: `250ms`, `30s`, `5m`, `1h30m`, `2d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: expected a number and a unit, such as 30s, 5m, 4h, 1h30m")]
pub struct BadSpan(String);

const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// From milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }
    /// From seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000)
    }
    /// From minutes.
    pub const fn from_mins(m: u64) -> Self {
        Self(m * 60_000)
    }
    /// From hours.
    pub const fn from_hours(h: u64) -> Self {
        Self(h * 3_600_000)
    }
    /// In milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
    /// In whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }
    /// The same length for the standard library.
    pub const fn to_std(self) -> Duration {
        Duration::from_millis(self.0)
    }
    /// This length `n` times.
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
    /// At most two units, for people: `3d4h`, `5m12s`, `8s`.
    pub fn rough(self) -> String {
        let mut rest = self.0 / 1_000 * 1_000;
        let mut out = String::new();
        let mut parts = 0;
        for (unit, ms) in &UNITS[..4] {
            if rest >= *ms && parts < 2 {
                out.push_str(&format!("{}{unit}", rest / ms));
                rest %= ms;
                parts += 1;
            } else if parts > 0 {
                break;
            }
        }
        if out.is_empty() { "0s".into() } else { out }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut rest = self.0;
        let mut out = String::new();
        for (unit, ms) in UNITS {
            if rest >= ms {
                out.push_str(&format!("{}{unit}", rest / ms));
                rest %= ms;
            }
        }
        f.pad(&out)
    }
}
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Span {
    type Err = BadSpan;
    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(clip(text));
        let mut rest = text.trim();
        let mut total: u64 = 0;
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
            let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (_, ms) = UNITS.iter().find(|(u, _)| *u == &rest[..letters]).ok_or_else(bad)?;
            rest = &rest[letters..];
            total = number.checked_mul(*ms).and_then(|n| total.checked_add(n)).ok_or_else(bad)?;
        }
        Ok(Self(total))
    }
}
as_text!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print() {
        for (text, ms) in
            [("30s", 30_000), ("1h30m", 5_400_000), ("250ms", 250), ("2d", 172_800_000)]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.as_millis(), ms);
            assert_eq!(span.to_string(), text);
        }
        for bad in ["", "30", "s", "1x", "1.5h", "99999999999999999999s", "-1s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        assert_eq!(Span::from_secs(3 * 86_400 + 4 * 3_600 + 59).rough(), "3d4h");
        assert_eq!(Span::from_secs(3_605).rough(), "1h");
    }

    #[test]
    fn a_timestamp_reads_back_as_itself() {
        let at: Timestamp = "2026-11-21T02:30:00.125Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-21T02:30:00.125Z");
        assert_eq!((at + Span::from_secs(2)).since(at), Span::from_secs(2));
        assert_eq!(at.since(at + Span::from_secs(2)), Span::ZERO);
        let far = Span::from_millis(u64::MAX);
        for at in [at + far, at - far, Timestamp::from_millis(i64::MAX), Timestamp::default()] {
            assert_eq!(at.to_string().parse(), Ok(at));
        }
    }
}
