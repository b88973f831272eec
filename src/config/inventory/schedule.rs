//! Schedules: what is done to which targets, when, and how many at once.

use chrono::NaiveDate;

use super::pool::LENGTH;
use crate::config::cron::{parse_cron, parse_zone};
use crate::config::item::Item;
use crate::config::problem::{Place, Report, clip};
use crate::model::{PlaybookName, ScheduleSpec, Share, Span, Targets};

const TARGETS: &str = "{pool: NAME} or {hosts: SELECTOR}";
const SHARE: &str = "a whole number or 0% to 100%";

/// A schedule, and where it names what stands elsewhere.
#[derive(Debug)]
pub(super) struct ScheduleEntry {
    /// Absent when any part of it is wrong; names are followed all the same.
    pub(super) spec: Option<ScheduleSpec>,
    pub(super) targets: Option<(Targets, Place)>,
    pub(super) playbook: Option<(PlaybookName, Place)>,
}

pub(super) fn read_schedule(item: &Item<'_>, report: &mut Report) -> Option<ScheduleEntry> {
    let keys = [
        "targets",
        "playbook",
        "cron",
        "zone",
        "window",
        "max_unavailable",
        "splay",
        "min_available",
        "order",
        "max_fail",
        "min_healthy",
        "overlap",
        "catch_up",
        "busy",
        "suspend",
        "blackout",
        "history",
    ];
    let [targets, playbook, cron, zone, window, share, later @ ..] = item.fields(keys, report)?;
    read_later(later, report);
    for (key, value, expected) in [
        ("targets", &targets, TARGETS),
        ("playbook", &playbook, "the name of a playbook"),
        ("cron", &cron, "five fields or @daily and its kind"),
        ("zone", &zone, "an IANA name such as Europe/Zurich"),
    ] {
        if value.is_none() {
            report.note(item.missing(key, expected));
        }
    }
    let window = window.map_or(Some(Span::from_hours(4)), |item| read_window(&item, report));
    let share = share.map_or(Some(Share::Percent(10)), |item| read_max_unavailable(&item, report));
    let cron = cron.and_then(|item| read_cron(&item, report));
    let zone = zone.and_then(|item| read_zone(&item, report));
    let playbook =
        playbook.and_then(|item| Some((item.parse::<PlaybookName>(report)?, item.place())));
    let targets = targets.and_then(|item| read_targets(&item, report));
    let spec = match (&targets, &playbook, cron, zone, window, share) {
        (
            Some((targets, _)),
            Some((playbook, _)),
            Some(cron),
            Some(zone),
            Some(window),
            Some(max_unavailable),
        ) => Some(ScheduleSpec {
            window,
            max_unavailable,
            ..ScheduleSpec::new(targets.clone(), playbook.clone(), &cron, &zone)
        }),
        _ => None,
    };
    Some(ScheduleEntry { spec, targets, playbook })
}

fn read_cron(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?;
    parse_cron(text).map_err(|error| report.problems.push(item.place().split(&error))).ok()?;
    Some(text.trim().to_string())
}

fn read_zone(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?;
    parse_zone(text).map_err(|error| report.problems.push(item.place().split(&error))).ok()?;
    Some(text.to_string())
}

fn read_window(item: &Item<'_>, report: &mut Report) -> Option<Span> {
    let window: Span = item.unit(LENGTH, report)?;
    if window == Span::ZERO || window > Span::from_hours(24 * 7) {
        return report
            .wrong(item.wrong(format!("a window of {window}"), "more than 0s, at most 7d"));
    }
    Some(window)
}

/// Nought at once would be a schedule that never does anything.
fn read_max_unavailable(item: &Item<'_>, report: &mut Report) -> Option<Share> {
    let share: Share = item.unit(SHARE, report)?;
    if matches!(share, Share::Count(0) | Share::Percent(0)) {
        return report
            .wrong(item.wrong("with none at once nothing is ever done", "1 or 1% and more"));
    }
    Some(share)
}

fn read_targets(item: &Item<'_>, report: &mut Report) -> Option<(Targets, Place)> {
    let [pool, hosts] = item.fields(["pool", "hosts"], report)?;
    match (pool, hosts) {
        (Some(pool), None) => Some((Targets::Pool(pool.parse(report)?), pool.place())),
        (None, Some(hosts)) => Some((Targets::Hosts(hosts.parse(report)?), hosts.place())),
        (None, None) | (Some(_), Some(_)) => {
            report.wrong(item.wrong("does not name one thing", TARGETS))
        }
    }
}

/// What a later version acts on. To pass over `suspend` or `blackout` would do work on a night
/// that was to be left alone, so those two are refused when they ask for it.
fn read_later(items: [Option<Item<'_>>; 11], report: &mut Report) {
    for item in items.iter().flatten() {
        item.not_acted_on(report);
    }
    let [
        splay,
        min_available,
        order,
        max_fail,
        min_healthy,
        overlap,
        catch_up,
        busy,
        suspend,
        blackout,
        history,
    ] = items;
    for (item, words) in [
        (splay, &["hash", "even", "none"][..]),
        (overlap, &["skip", "queue"]),
        (catch_up, &["window", "none"]),
        (busy, &["wait", "skip", "deadline"]),
    ] {
        if let Some(item) = item {
            item.one_of(words, report);
        }
    }
    for item in [min_available, max_fail].into_iter().flatten() {
        item.unit::<Share>(SHARE, report);
    }
    for item in order.iter().flat_map(|item| item.list(report)).collect::<Vec<_>>() {
        item.unit::<Share>(SHARE, report);
    }
    min_healthy.and_then(|item| item.unit::<Span>(LENGTH, report));
    history.and_then(|item| item.int(1..=10_000, report));
    if let Some(item) = suspend
        && item.truth(report) == Some(true)
    {
        let expected = "the schedule taken out of the file while it should not run";
        report.note(item.wrong("this version cannot suspend a schedule", expected));
    }
    if let Some(item) = blackout {
        read_blackout(&item, report);
    }
}

fn read_blackout(item: &Item<'_>, report: &mut Report) {
    let days = item.list(report);
    if !days.is_empty() {
        let expected = "a cron text that leaves those days out";
        report.note(item.wrong("this version cannot leave out days", expected));
    }
    for day in days {
        if let Some(text) = day.text(report)
            && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err()
        {
            let said = format!("`{}` is not a day", clip(text));
            report.note(day.wrong(said, "a date such as 2026-12-24"));
        }
    }
}
