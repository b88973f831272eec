//! Daily schedules over eighteen years in every zone there is: each local date once, a time that
//! does not exist at the first instant after the gap, one that comes twice the first time. The
//! oracle knows nothing of civil time: it has offsets from UTC, and since when they hold.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use hostler::model::Timestamp;
use hostler::plan::Calendar;

const DAY: i64 = 86_400;
/// A zone is looked at so often; what changes and changes back in between would be passed over.
const STRIDE: i64 = 6 * 3_600;

/// Cron patterns, and the seconds after midnight that they mean.
const DAILY: &[(&str, i64)] = &[
    ("0 0 * * *", 0),
    ("@daily", 0),
    ("30 0 * * *", 1_800),
    ("0 1 * * *", 3_600),
    ("30 1 * * *", 5_400),
    ("0 2 * * *", 7_200),
    ("30 2 * * *", 9_000),
    ("0 3 * * *", 10_800),
    ("30 23 * * *", 84_600),
];

/// The days from 2020-01-01 to 2037-12-31, as seconds of their midnights were there no zones.
fn days() -> impl Iterator<Item = i64> + Clone {
    let midnight = |text: &str| text.parse::<Timestamp>().unwrap().as_millis() / 1_000;
    let (first, last) = (midnight("2020-01-01T00:00:00Z"), midnight("2037-12-31T00:00:00Z"));
    (first..=last).step_by(DAY as usize)
}

fn offset(zone: Tz, at: i64) -> i64 {
    let at = DateTime::from_timestamp(at, 0).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

/// Since when which offset from UTC holds, from some days before the first day to some after the
/// last. The first one holds since ever.
fn offsets(zone: Tz) -> Vec<(i64, i64)> {
    let (first, last) = (days().next().unwrap() - 9 * DAY, days().last().unwrap() + 9 * DAY);
    let mut known = vec![(i64::MIN, offset(zone, first))];
    let mut at = first;
    while at < last {
        let (before, after) = (known.last().unwrap().1, offset(zone, at + STRIDE));
        if before != after {
            // The second from which on it holds.
            let (mut old, mut new) = (at, at + STRIDE);
            while new - old > 1 {
                let middle = old + (new - old) / 2;
                *(if offset(zone, middle) == before { &mut old } else { &mut new }) = middle;
            }
            known.push((new, offset(zone, new)));
            assert_eq!(offset(zone, new), after, "{zone}: two changes within hours");
        }
        at += STRIDE;
    }
    known
}

/// The first instant at which the clocks show `civil` or later, `civil` being seconds on a clock
/// without a zone: in a gap the instant after it, of two the earlier one.
fn first_at(offsets: &[(i64, i64)], civil: i64) -> i64 {
    // Those that ended days before cannot show it any more.
    let from = offsets.partition_point(|(since, _)| *since < civil - 3 * DAY).saturating_sub(1);
    let ends = offsets[from + 1..].iter().map(|(since, _)| *since).chain([i64::MAX]);
    let mut spans = offsets[from..].iter().zip(ends);
    spans
        .find_map(|((since, off), end)| Some((civil - off).max(*since)).filter(|at| *at < end))
        .unwrap()
}

fn stamp(at: i64) -> Timestamp {
    Timestamp::from_millis(at * 1_000)
}

/// What a daily schedule is to do on all days.
fn expected(offsets: &[(i64, i64)], of_day: i64) -> Vec<Timestamp> {
    days().map(|day| stamp(first_at(offsets, day + of_day))).collect()
}

fn every_zone() -> impl Iterator<Item = (Tz, Vec<(i64, i64)>)> {
    TZ_VARIANTS.iter().map(|zone| (*zone, offsets(*zone)))
}

/// What a calendar does follows from the offsets of its zone alone, so of zones that have the
/// same ones on all of these days (most are names of another) the first stands for all here; the
/// other test asks each of them at each of its changes.
#[test]
fn every_date_of_eighteen_years_has_its_one_run() {
    let mut sorts: BTreeMap<Vec<(i64, i64)>, Tz> = BTreeMap::new();
    for (zone, offsets) in every_zone() {
        sorts.entry(offsets).or_insert(zone);
    }
    assert!(sorts.len() > 80, "{} sorts of zones", sorts.len());
    for (offsets, zone) in &sorts {
        for (cron, of_day) in DAILY {
            let calendar = Calendar::new(cron, zone.name()).unwrap();
            let expected = expected(offsets, *of_day);
            let (mut after, mut checked) =
                (stamp(first_at(offsets, days().next().unwrap() - 1)), 0);
            assert!(after < expected[0], "{zone}");
            // Piece by piece and without a break between them: nothing comes beside.
            for piece in expected.chunks(400) {
                let upto = *piece.last().unwrap();
                let got = calendar.between(after, upto, piece.len() + 9);
                assert_eq!(got, piece, "`{cron}` in {zone} after {after}");
                (after, checked) = (upto, checked + got.len());
            }
            assert_eq!(checked, days().count(), "`{cron}` in {zone}");
        }
    }
}

#[test]
fn every_zone_has_its_runs_right_at_each_of_its_changes() {
    let mut changes = 0;
    for (zone, offsets) in every_zone() {
        for (cron, of_day) in DAILY {
            let calendar = Calendar::new(cron, zone.name()).unwrap();
            // A zone that never changes is asked once.
            let since = offsets[1..].iter().map(|(since, _)| *since);
            let asked = since.chain([days().nth(3_000).unwrap()]);
            for change in asked.filter(|at| days().next().unwrap() < *at) {
                let after = stamp(change - 2 * DAY);
                let first = (change / DAY - 4) * DAY;
                let near = (0..9).map(|n| stamp(first_at(&offsets, first + n * DAY + of_day)));
                let expected: Vec<_> = near.filter(|at| *at > after).take(4).collect();
                assert_eq!(calendar.next(after, 4), expected, "`{cron}` in {zone} after {after}");
                changes += 1;
            }
        }
    }
    assert!(changes > 20_000, "{changes} changes");
}

/// The oracle itself, against what is on record.
#[test]
fn the_oracle_knows_gaps_and_doubled_hours() {
    let run = |zone: Tz, day: &str, of_day: i64| {
        let day = day.parse::<Timestamp>().unwrap().as_millis() / 1_000;
        stamp(first_at(&offsets(zone), day + of_day)).to_string()[..16].to_string()
    };
    for (zone, day, of_day, utc) in [
        // 02:00 to 03:00 is skipped; 02:30 comes twice.
        (Tz::Europe__Zurich, "2026-03-29T00:00:00Z", 9_000, "2026-03-29T01:00"),
        (Tz::Europe__Zurich, "2026-10-25T00:00:00Z", 9_000, "2026-10-25T00:30"),
        // Midnight is skipped.
        (Tz::Asia__Beirut, "2026-03-29T00:00:00Z", 0, "2026-03-28T22:00"),
        (Tz::America__Havana, "2026-03-08T00:00:00Z", 1_800, "2026-03-08T05:00"),
        // Half an hour is skipped, and comes twice.
        (Tz::Australia__Lord_Howe, "2026-10-04T00:00:00Z", 8_100, "2026-10-03T15:30"),
        (Tz::Australia__Lord_Howe, "2026-04-05T00:00:00Z", 6_300, "2026-04-04T14:45"),
        // The last hour of a Saturday is skipped.
        (Tz::America__Nuuk, "2026-03-28T00:00:00Z", 84_600, "2026-03-29T01:00"),
    ] {
        assert_eq!(run(zone, day, of_day), utc, "{zone} {day} {of_day}");
    }
}
