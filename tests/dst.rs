//! Every IANA zone, every day from 2020 to 2037: a daily schedule fires exactly once for each
//! local date, whatever the zone does to its clocks. What is expected is worked out from the
//! zones' offsets alone: a daily time fires when the local clock first shows it or is past it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::{TZ_VARIANTS, Tz};
use hostler::model::Timestamp;
use hostler::plan::Calendar;

/// Cron patterns, and the local time each stands for.
const DAILY: [(&str, (u32, u32)); 8] = [
    ("@daily", (0, 0)),
    ("0 0 * * *", (0, 0)),
    ("30 0 * * *", (0, 30)),
    ("45 1 * * *", (1, 45)),
    ("0 2 * * *", (2, 0)),
    ("30 2 * * *", (2, 30)),
    ("0 3 * * *", (3, 0)),
    ("30 23 * * *", (23, 30)),
];
const SIX_HOURS: i64 = 6 * 3_600;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn first() -> NaiveDate {
    date(2020, 1, 1)
}

fn last() -> NaiveDate {
    date(2037, 12, 31)
}

fn seconds(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp()
}

fn offset(zone: Tz, at: i64) -> i64 {
    let at = DateTime::<Utc>::from_timestamp(at, 0).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

/// The stretches of one offset: since when, in seconds of UTC, and how far from UTC.
fn stretches(zone: Tz) -> Vec<(i64, i64)> {
    let margin = TimeDelta::days(4);
    let begin = seconds(first().and_time(NaiveTime::MIN) - margin);
    let end = seconds(last().and_time(NaiveTime::MIN) + margin);
    let mut found = vec![(begin, offset(zone, begin))];
    let mut at = begin;
    while at < end {
        let next = at + SIX_HOURS;
        let (before, after) = (offset(zone, at), offset(zone, next));
        if before != after {
            let (mut low, mut high) = (at, next);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if offset(zone, middle) == before { low = middle } else { high = middle }
            }
            found.push((high, after));
        }
        at = next;
    }
    found
}

/// The first instant at which the local clock shows this time or one after it.
fn reaches(stretches: &[(i64, i64)], civil: NaiveDateTime) -> i64 {
    let wanted = seconds(civil);
    let from = stretches.partition_point(|(since, _)| *since <= wanted - 2 * 86_400).max(1) - 1;
    for (n, (since, offset)) in stretches.iter().enumerate().skip(from) {
        let until = stretches.get(n + 1).map_or(i64::MAX, |(next, _)| *next);
        let at = (wanted - offset).max(*since);
        if at < until {
            return at;
        }
    }
    unreachable!("the last stretch has no end")
}

fn expected(stretches: &[(i64, i64)], days: &[NaiveDate], (h, m): (u32, u32)) -> Vec<i64> {
    days.iter().map(|day| reaches(stretches, day.and_hms_opt(h, m, 0).unwrap())).collect()
}

/// The firings of these days, which follow one another.
fn fired(cron: &str, zone: Tz, wanted: &[i64]) -> Vec<i64> {
    let calendar = Calendar::new(cron, zone.name()).unwrap();
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    let (begin, end) = (wanted[0] - 1, wanted[wanted.len() - 1]);
    let times = calendar.between(at(begin), at(end), wanted.len() + 10);
    times.into_iter().map(|at| at.as_millis() / 1_000).collect()
}

fn check(zone: Tz, stretches: &[(i64, i64)], days: &[NaiveDate]) {
    for (cron, time) in DAILY {
        let wanted = expected(stretches, days, time);
        let got = fired(cron, zone, &wanted);
        if got == wanted {
            continue;
        }
        let odd = got.iter().zip(&wanted).find(|(got, wanted)| got != wanted);
        panic!(
            "{zone}, `{cron}` from {} to {}: {} firings on {} days; the first that differs: {odd:?}",
            days[0],
            days[days.len() - 1],
            got.len(),
            wanted.len(),
        );
    }
}

fn days(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    from.iter_days().take_while(|day| *day <= to).collect()
}

/// Zones by what they do to their clocks in these years: those that do the same are one as far
/// as any schedule can tell.
fn kinds() -> BTreeMap<Vec<(i64, i64)>, Vec<Tz>> {
    let mut kinds: BTreeMap<Vec<(i64, i64)>, Vec<Tz>> = BTreeMap::new();
    for zone in TZ_VARIANTS {
        kinds.entry(stretches(zone)).or_default().push(zone);
    }
    kinds
}

/// Does the same for each of these, on all cores.
fn on_all_cores<T: Sync>(all: &[T], each: impl Fn(&T) + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for core in 0..cores {
            let each = &each;
            scope.spawn(move || all.iter().skip(core).step_by(cores).for_each(each));
        }
    });
}

#[test]
fn every_daily_schedule_fires_once_on_each_local_date_in_every_zone() {
    let kinds: Vec<_> = kinds().into_iter().collect();
    assert!(kinds.len() > 60, "only {} kinds of zones", kinds.len());
    assert_eq!(kinds.iter().map(|(_, zones)| zones.len()).sum::<usize>(), TZ_VARIANTS.len());
    let every_day = days(first(), last());
    assert_eq!(every_day.len(), 6_575);
    on_all_cores(&kinds, |(stretches, zones)| {
        check(zones[0], stretches, &every_day);
        // Its like around each change: their names, too, must be read right.
        for zone in &zones[1..] {
            for (since, _) in &stretches[1..] {
                let day = DateTime::<Utc>::from_timestamp(*since, 0).unwrap().date_naive();
                let days = days(day - Days::new(2), day + Days::new(2));
                check(*zone, stretches, &days);
            }
            check(*zone, stretches, &every_day[..3]);
        }
    });
}

/// A zone, its stretches, and when one of its changes is.
type Change = (Tz, Vec<(i64, i64)>, i64);

/// One change of each kind: by how much the clock moves and what it showed just before.
fn changes() -> BTreeMap<(i64, i64), Change> {
    let mut found = BTreeMap::new();
    for (stretches, zones) in kinds() {
        for pair in stretches.windows(2) {
            let (before, (since, after)) = (pair[0].1, pair[1]);
            let kind = (after - before, (since + before).rem_euclid(86_400));
            found.entry(kind).or_insert_with(|| (zones[0], stretches.clone(), since));
        }
    }
    found
}

/// The controller asks in short steps and not for a whole year: what falls between two passes
/// must be told once, whatever the clock does in between.
#[test]
fn short_passes_around_a_change_tell_the_same_times() {
    let changes: Vec<_> = changes().into_values().collect();
    assert!(changes.len() > 20, "only {} kinds of changes", changes.len());
    let stamp = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    on_all_cores(&changes, |(zone, stretches, since)| {
        let day = DateTime::<Utc>::from_timestamp(*since, 0).unwrap().date_naive();
        let days = days(day - Days::new(4), day + Days::new(4));
        let (begin, end) = (since - 36 * 3_600, since + 36 * 3_600);
        for (cron, time) in DAILY {
            let calendar = Calendar::new(cron, zone.name()).unwrap();
            let all = expected(stretches, &days, time);
            for step in [15 * 60, 47 * 60] {
                let mut told = Vec::new();
                let mut at = begin;
                while at < end {
                    told.extend(calendar.between(stamp(at), stamp(at + step), 10));
                    let next = calendar.next(stamp(at), 1);
                    let wanted = all.iter().find(|time| **time > at).map(|at| stamp(*at));
                    assert_eq!(next.first().copied(), wanted, "{zone} `{cron}` after {at}");
                    at += step;
                }
                let here = all.iter().filter(|time| (begin + 1..=at).contains(*time));
                let wanted: Vec<_> = here.map(|time| stamp(*time)).collect();
                assert_eq!(told, wanted, "{zone} `{cron}` in passes of {step} s");
            }
        }
    });
}

/// "Every so often" follows elapsed time: where the clock shows whole half hours before and after
/// a change, nothing is left out and nothing told twice.
#[test]
fn intervals_go_on_across_every_change() {
    let stamp = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    for (cron, every) in [("*/30 * * * *", 1_800), ("@hourly", 3_600)] {
        let mut met = 0;
        for ((moved, _), (zone, stretches, since)) in changes() {
            let place = stretches.partition_point(|(at, _)| *at < since);
            let before = stretches[place - 1].1;
            if moved % every != 0 || before % every != 0 || since % every != 0 {
                continue;
            }
            met += 1;
            let calendar = Calendar::new(cron, zone.name()).unwrap();
            let (begin, end) = (since - 12 * 3_600, since + 12 * 3_600);
            let wanted: Vec<_> =
                (begin / every + 1..=end / every).map(|n| stamp(n * every)).collect();
            let told = calendar.between(stamp(begin), stamp(end), 200);
            assert_eq!(told, wanted, "{zone} `{cron}` around {since}");
        }
        assert!(met > 5, "`{cron}` met only {met} changes");
    }
}

#[test]
fn the_years_have_gaps_at_midnight_and_steps_of_half_an_hour() {
    let (mut midnight, mut half) = (0, 0);
    for stretches in kinds().keys() {
        for pair in stretches.windows(2) {
            let (before, (since, after)) = (pair[0].1, pair[1]);
            let local = (since + before).rem_euclid(86_400);
            midnight += usize::from(local == 0 && after > before);
            half += usize::from((after - before).abs() == 1_800);
        }
    }
    assert!(midnight > 0 && half > 0, "{midnight} gaps at midnight, {half} half hours");
}
