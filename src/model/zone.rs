//! Civil time for people: moments as the clocks of a zone show them, always with how far those
//! are from UTC. Programs read RFC 3339 in UTC, which is how a `Timestamp` prints itself.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Offset, SecondsFormat, TimeZone, Timelike};
use chrono_tz::Tz;

use super::Timestamp;
use super::text::{as_text, clip};

/// A zone of the IANA's, by its name; UTC unless told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone(Tz);

/// Why a text is not a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IANA time zone, such as Europe/Zurich or UTC")]
pub struct BadZone(String);

impl Zone {
    fn at(self, at: Timestamp) -> DateTime<Tz> {
        at.to_utc().with_timezone(&self.0)
    }
    /// `2026-11-21T03:30:00+01:00`; in UTC `2026-11-21T02:30:00Z`.
    pub fn moment(self, at: Timestamp) -> String {
        self.at(at).to_rfc3339_opts(SecondsFormat::Secs, true)
    }
    /// `2026-11-21 03:30:00+01`.
    pub fn date(self, at: Timestamp) -> String {
        format!("{}{}", self.at(at).format("%Y-%m-%d %H:%M:%S"), self.offset(at))
    }
    /// `03:30:00`, to be shown beside an `offset`.
    pub fn clock(self, at: Timestamp) -> String {
        self.at(at).format("%H:%M:%S").to_string()
    }
    /// When the clocks there last showed this time of day, `03:00` or `03:00:30`, up to `now`.
    pub fn last_at(self, time: &str, now: Timestamp) -> Option<Timestamp> {
        let parsed = NaiveTime::parse_from_str(time, "%H:%M:%S");
        let time = parsed.or_else(|_| NaiveTime::parse_from_str(time, "%H:%M")).ok()?;
        let today = self.at(now).date_naive();
        // A time that a day left out is looked for the day before.
        (0..4).find_map(|days| {
            let civil = today.checked_sub_days(Days::new(days))?.and_time(time);
            let found = self.0.from_local_datetime(&civil).latest()?;
            let at = Timestamp::from_millis(found.timestamp_millis());
            (at <= now).then_some(at)
        })
    }
    /// The day it is there.
    pub fn day(self, at: Timestamp) -> NaiveDate {
        self.at(at).date_naive()
    }
    /// How many minutes of the day the clocks there show.
    pub fn minute(self, at: Timestamp) -> u32 {
        let there = self.at(at);
        there.hour() * 60 + there.minute()
    }
    /// When a day begins there: at midnight, or when the clocks have jumped over it.
    pub fn begin(self, day: NaiveDate) -> Timestamp {
        let midnight = day.and_time(NaiveTime::MIN);
        let quarters = (0..=24 * 4).map(|n| midnight + chrono::TimeDelta::minutes(15 * n));
        let first = quarters.filter_map(|at| self.0.from_local_datetime(&at).earliest()).next();
        first.map_or(midnight.and_utc().into(), |at| Timestamp::from_millis(at.timestamp_millis()))
    }
    /// When a day ends there.
    pub fn end(self, day: NaiveDate) -> Timestamp {
        self.begin(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }
    /// How far it is from UTC then: `+01`, `+05:30`, `Z`.
    pub fn offset(self, at: Timestamp) -> String {
        let minutes = self.at(at).offset().fix().local_minus_utc() / 60;
        let (sign, off) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        match (off / 60, off % 60) {
            (0, 0) => "Z".into(),
            (hours, 0) => format!("{sign}{hours:02}"),
            (hours, rest) => format!("{sign}{hours:02}:{rest:02}"),
        }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}
impl FromStr for Zone {
    type Err = BadZone;
    fn from_str(text: &str) -> Result<Self, BadZone> {
        text.parse().map(Self).map_err(|_| BadZone(clip(text)))
    }
}
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name())
    }
}
as_text!(Zone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_the_clocks_there_do_with_their_distance_from_utc() {
        let winter: Timestamp = "2026-11-21T02:30:00.125Z".parse().unwrap();
        let summer: Timestamp = "2026-07-01T22:30:00Z".parse().unwrap();
        for (zone, at, moment, clock, offset) in [
            ("UTC", winter, "2026-11-21T02:30:00Z", "02:30:00", "Z"),
            ("Europe/Zurich", winter, "2026-11-21T03:30:00+01:00", "03:30:00", "+01"),
            ("Europe/Zurich", summer, "2026-07-02T00:30:00+02:00", "00:30:00", "+02"),
            ("Asia/Kolkata", winter, "2026-11-21T08:00:00+05:30", "08:00:00", "+05:30"),
            ("America/St_Johns", winter, "2026-11-20T23:00:00-03:30", "23:00:00", "-03:30"),
        ] {
            let zone: Zone = zone.parse().unwrap();
            let shown = (zone.moment(at), zone.clock(at), zone.offset(at));
            assert_eq!(shown, (moment.into(), clock.into(), offset.into()), "{zone}");
            let read: Timestamp = moment.parse().unwrap();
            assert_eq!(read.as_millis() / 1_000, at.as_millis() / 1_000);
            assert!(zone.date(at).ends_with(&format!(" {clock}{offset}")), "{}", zone.date(at));
        }
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }

    #[test]
    fn a_day_begins_when_its_clocks_say_so() {
        for (zone, day, from, to) in [
            ("UTC", "2026-11-21", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            // The clocks are set back, so the day has 25 hours.
            ("Europe/Zurich", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // They jump from midnight to one o'clock.
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ] {
            let (zone, day): (Zone, NaiveDate) = (zone.parse().unwrap(), day.parse().unwrap());
            let at = |text: &str| text.parse::<Timestamp>().unwrap();
            assert_eq!((zone.begin(day), zone.end(day)), (at(from), at(to)), "{zone}");
            assert_eq!(zone.day(zone.begin(day)), day);
        }
        let zone: Zone = "Asia/Kolkata".parse().unwrap();
        let late: Timestamp = "2026-11-21T20:15:59Z".parse().unwrap();
        assert_eq!((zone.day(late).to_string(), zone.minute(late)), ("2026-11-22".into(), 105));
        assert_eq!(zone.end(NaiveDate::MAX), Timestamp::from_millis(i64::MAX));
    }
}
