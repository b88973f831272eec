//! When a schedule is due: cron patterns on civil time. A daily time fires once for each local
//! date: skipped by the spring change, at the first instant after the gap; doubled in autumn, the
//! first time. A `*` in minute or hour means "every so often" and follows elapsed time.

use std::collections::BTreeSet;

use chrono::{LocalResult, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::model::Timestamp;

/// A cron pattern in a zone.
#[derive(Clone, Debug)]
pub struct Calendar {
    cron: Cron,
    zone: Tz,
    /// Whether it means "every so often".
    interval: bool,
}

/// Why there is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCalendar {
    /// The pattern.
    #[error("`{text}` is not a cron pattern: {why}")]
    Cron { text: String, why: String },
    /// The zone.
    #[error("`{0}` is not an IANA time zone, such as Europe/Zurich or UTC")]
    Zone(String),
    /// A pattern such as 31 February.
    #[error("`{0}` never comes")]
    Never(String),
}

/// Zone changes move civil time by at most this much.
const WIDEST_CHANGE: TimeDelta = TimeDelta::hours(26);

impl Calendar {
    /// Reads five fields, or `@daily` and its kind, and an IANA zone.
    pub fn new(cron: &str, zone: &str) -> Result<Self, BadCalendar> {
        let text = || cron.chars().take(80).collect::<String>();
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser
            .parse(cron)
            .map_err(|error| BadCalendar::Cron { text: text(), why: error.to_string() })?;
        let zone: Tz =
            zone.parse().map_err(|_| BadCalendar::Zone(zone.chars().take(80).collect()))?;
        let leap_year = chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(365 * 50);
        if parsed.find_next_occurrence(&leap_year, true).is_err() {
            return Err(BadCalendar::Never(text()));
        }
        let interval = match cron.trim().strip_prefix('@') {
            Some(nickname) => nickname.eq_ignore_ascii_case("hourly"),
            None => cron.split_whitespace().take(2).any(|field| field.starts_with('*')),
        };
        Ok(Self { cron: parsed, zone, interval })
    }

    /// The times after `after` and up to `upto`, at most `most` of them, in order.
    pub fn between(&self, after: Timestamp, upto: Timestamp, most: usize) -> Vec<Timestamp> {
        let mut found = BTreeSet::new();
        // Begin a change's width earlier: a civil time before `after` may be mapped past it.
        let mut civil = self.civil(after) - WIDEST_CHANGE;
        let last = self.civil(upto) + WIDEST_CHANGE;
        while let Ok(next) = self.cron.find_next_occurrence(&civil, false) {
            let enough =
                found.len() > most && self.instants(next).iter().all(|at| found.last() < Some(at));
            if next > last || enough {
                break;
            }
            found.extend(self.instants(next).into_iter().filter(|at| *at > after && *at <= upto));
            civil = next;
        }
        found.into_iter().take(most).collect()
    }

    /// The next times after `after`, at most `n`, at most ten years ahead.
    pub fn next(&self, after: Timestamp, n: usize) -> Vec<Timestamp> {
        let mut days: i64 = 2;
        loop {
            let upto = after.to_utc().checked_add_signed(TimeDelta::days(days));
            let upto = upto.map_or(after, Timestamp::from);
            let found = self.between(after, upto, n);
            if found.len() >= n || days > 3_653 {
                return found;
            }
            days *= 4;
        }
    }

    /// The day of its zone that an instant falls on.
    pub fn day(&self, at: Timestamp) -> chrono::NaiveDate {
        self.civil(at).date()
    }

    fn civil(&self, at: Timestamp) -> NaiveDateTime {
        at.to_utc().with_timezone(&self.zone).naive_local()
    }

    /// The instants that a civil time stands for under the policy above.
    fn instants(&self, civil: NaiveDateTime) -> Vec<Timestamp> {
        let stamp = |at: chrono::DateTime<Tz>| Timestamp::from_millis(at.timestamp_millis());
        match self.zone.from_local_datetime(&civil) {
            LocalResult::Single(at) => vec![stamp(at)],
            LocalResult::Ambiguous(a, b) if self.interval => vec![stamp(a.min(b)), stamp(a.max(b))],
            LocalResult::Ambiguous(a, b) => vec![stamp(a.min(b))],
            LocalResult::None if self.interval => Vec::new(),
            LocalResult::None => self.after_gap(civil).map(stamp).into_iter().collect(),
        }
    }

    /// The first instant after the gap that swallows `civil`: gaps end on whole minutes.
    fn after_gap(&self, civil: NaiveDateTime) -> Option<chrono::DateTime<Tz>> {
        let minutes = (1..=WIDEST_CHANGE.num_minutes()).map(TimeDelta::minutes);
        minutes.filter_map(|on| self.zone.from_local_datetime(&(civil + on)).earliest()).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn fired(cron: &str, zone: &str, from: &str, to: &str) -> Vec<String> {
        let calendar = Calendar::new(cron, zone).unwrap();
        let times = calendar.between(at(from), at(to), 1_000);
        times.iter().map(|t| t.to_string()[5..16].replace('T', " ")).collect()
    }

    #[test]
    fn a_time_that_does_not_exist_fires_after_the_gap_and_a_doubled_one_once() {
        let spring = ("2026-03-28T12:00:00Z", "2026-03-31T12:00:00Z");
        let daily = fired("30 2 * * *", "Europe/Zurich", spring.0, spring.1);
        assert_eq!(daily, ["03-29 01:00", "03-30 00:30", "03-31 00:30"]);
        let listed = fired("15,45 2 * * *", "Europe/Zurich", spring.0, "2026-03-29T12:00:00Z");
        assert_eq!(listed, ["03-29 01:00"]);
        let autumn = ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z");
        let daily = fired("30 2 * * *", "Europe/Zurich", autumn.0, autumn.1);
        assert_eq!(daily, ["10-25 00:30", "10-26 01:30"]);
        let listed = fired("15,45 2 * * *", "Europe/Zurich", autumn.0, "2026-10-25T12:00:00Z");
        assert_eq!(listed, ["10-25 00:15", "10-25 00:45"]);
    }

    #[test]
    fn intervals_follow_elapsed_time() {
        let half_hours = |from, to| fired("*/30 * * * *", "Europe/Zurich", from, to).len();
        assert_eq!(half_hours("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), 48);
        assert_eq!(half_hours("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), 48);
        let hourly =
            fired("@hourly", "Europe/Zurich", "2026-03-29T00:00:00Z", "2026-03-29T04:00:00Z");
        assert_eq!(hourly, ["03-29 01:00", "03-29 02:00", "03-29 03:00", "03-29 04:00"]);
    }

    #[test]
    fn gaps_at_midnight_and_half_hour_changes() {
        // Beirut leaves winter time at midnight; Lord Howe moves by half an hour.
        let beirut =
            fired("0 0 * * *", "Asia/Beirut", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z");
        assert_eq!(beirut, ["03-28 22:00", "03-29 21:00"]);
        let howe = fired(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-02T20:00:00Z",
            "2026-10-04T20:00:00Z",
        );
        assert_eq!(howe, ["10-03 15:30", "10-04 15:15"]);
    }

    #[test]
    fn next_looks_as_far_as_it_must() {
        let calendar = Calendar::new("0 4 29 2 *", "UTC").unwrap();
        let next = calendar.next(at("2026-11-21T00:00:00Z"), 2);
        assert_eq!(next, [at("2028-02-29T04:00:00Z"), at("2032-02-29T04:00:00Z")]);
        let daily = Calendar::new("@daily", "UTC").unwrap();
        assert_eq!(daily.next(at("2026-11-21T00:00:00Z"), 1), [at("2026-11-22T00:00:00Z")]);
    }

    #[test]
    fn bad_calendars_say_why() {
        for (cron, zone, part) in [
            ("61 * * * *", "UTC", "is not a cron pattern"),
            ("0 30 2 * * *", "UTC", "is not a cron pattern"),
            ("0 4 31 2 *", "UTC", "never comes"),
            ("0 4 * * *", "Mars/Olympus", "is not an IANA time zone"),
        ] {
            let said = Calendar::new(cron, zone).unwrap_err().to_string();
            assert!(said.contains(part), "{cron} {zone}: {said}");
        }
    }
}
