//! Which days a page of the calendar shows, and where its columns stand.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use hostler::model::{Timestamp, Zone};

/// How much of the calendar is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Scale {
    Day,
    #[default]
    Week,
    Month,
}

/// Nobody plans further, and the controller tells no more.
const FURTHEST: u64 = 366;

/// The days on the page that this day is on.
pub fn days(scale: Scale, day: NaiveDate) -> Vec<NaiveDate> {
    let (first, last) = match scale {
        Scale::Day => (day, day),
        Scale::Week => {
            let week = day.week(Weekday::Mon);
            (week.checked_first_day().unwrap_or(day), week.checked_last_day().unwrap_or(day))
        }
        Scale::Month => {
            let first = day.with_day(1).unwrap_or(day);
            let next = first.checked_add_months(Months::new(1));
            (first, next.and_then(|next| next.pred_opt()).unwrap_or(day))
        }
    };
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// The day after this one or before it, no further from today than the calendar goes.
pub fn moved(day: NaiveDate, by: i64, today: NaiveDate) -> NaiveDate {
    let to = match by < 0 {
        true => day.checked_sub_days(Days::new(by.unsigned_abs())),
        false => day.checked_add_days(Days::new(by.unsigned_abs())),
    };
    let first = today.checked_sub_days(Days::new(FURTHEST)).unwrap_or(today);
    let last = today.checked_add_days(Days::new(FURTHEST)).unwrap_or(today);
    to.unwrap_or(day).clamp(first, last)
}

/// What the page is of: `Thu 20 Aug 2026`, `week 34, 17 Aug to 23 Aug 2026`, `August 2026`.
pub fn title(scale: Scale, days: &[NaiveDate]) -> String {
    let [first, .., last] = days else {
        return days.first().map_or(String::new(), |day| day.format("%a %-d %b %Y").to_string());
    };
    match scale {
        Scale::Day => first.format("%a %-d %b %Y").to_string(),
        Scale::Week => {
            let week = first.iso_week().week();
            format!("week {week}, {} to {}", first.format("%-d %b"), last.format("%-d %b %Y"))
        }
        Scale::Month => first.format("%B %Y").to_string(),
    }
}

/// What stands over a day's column of so many cells.
pub fn label(day: NaiveDate, cells: u16, scale: Scale) -> String {
    match (scale, cells) {
        (Scale::Month, 0..3) if day.weekday() != Weekday::Mon && day.day() != 1 => String::new(),
        (Scale::Month, _) | (_, 0..5) => day.format("%-d").to_string(),
        (_, 5..6) => day.format("%a").to_string(),
        (_, _) => day.format("%a %-d").to_string(),
    }
}

/// Which of so many cells a moment of that day falls into.
pub fn cell_of(at: Timestamp, day: NaiveDate, zone: Zone, cells: u16) -> u16 {
    let (from, to) = (zone.begin(day), zone.end(day));
    let (past, all) = (at.since(from).as_millis(), to.since(from).as_millis().max(1));
    let cell = u64::from(cells) * past / all;
    (cell.min(u64::from(cells.saturating_sub(1)))) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_page_has_whole_weeks_and_months() {
        for (scale, on, first, last, named) in [
            (Scale::Day, "2026-08-20", "2026-08-20", "2026-08-20", "Thu 20 Aug 2026"),
            (
                Scale::Week,
                "2026-08-23",
                "2026-08-17",
                "2026-08-23",
                "week 34, 17 Aug to 23 Aug 2026",
            ),
            (
                Scale::Week,
                "2027-01-01",
                "2026-12-28",
                "2027-01-03",
                "week 53, 28 Dec to 3 Jan 2027",
            ),
            (Scale::Month, "2026-02-28", "2026-02-01", "2026-02-28", "February 2026"),
            (Scale::Month, "2026-12-05", "2026-12-01", "2026-12-31", "December 2026"),
        ] {
            let days = days(scale, day(on));
            assert_eq!((days[0], days[days.len() - 1]), (day(first), day(last)), "{on}");
            assert_eq!(title(scale, &days), named);
        }
        assert!(!days(Scale::Month, NaiveDate::MAX).is_empty());
        assert!(!days(Scale::Week, NaiveDate::MIN).is_empty());
    }

    #[test]
    fn days_are_moved_over_as_far_as_the_calendar_goes() {
        let today = day("2026-08-20");
        assert_eq!(moved(day("2026-08-31"), 1, today), day("2026-09-01"));
        assert_eq!(moved(today, -9_999, today), day("2025-08-19"));
        assert_eq!(moved(NaiveDate::MAX, 1, today), day("2027-08-21"));
    }

    #[test]
    fn a_day_that_is_an_hour_longer_still_fills_its_cells() {
        let zone: Zone = "Europe/Zurich".parse().unwrap();
        let long = day("2026-10-25");
        let cell = |at: &str| cell_of(at.parse().unwrap(), long, zone, 25);
        assert_eq!(cell("2026-10-24T22:00:00Z"), 0);
        assert_eq!(cell("2026-10-25T22:59:00Z"), 24);
        assert_eq!(cell("2026-10-26T22:59:00Z"), 24, "inside");
    }
}
