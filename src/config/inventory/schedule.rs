//! Schedules: what is done to which targets, when, and how many at once.

use super::rollout::{NONE_AT_ONCE, read_rollout, read_some};
use crate::config::cron::{parse_cron, parse_zone};
use crate::config::item::{Item, LENGTH};
use crate::config::problem::{Place, Report};
use crate::model::{PlaybookName, ScheduleSpec, Share, Span, Targets};

const TARGETS: &str = "{pool: NAME} or {hosts: SELECTOR}";

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
    let [targets, playbook, cron, zone, window, share, more @ ..] = item.fields(keys, report)?;
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
    let share =
        share.map_or(Some(Share::Percent(10)), |item| read_some(&item, NONE_AT_ONCE, report));
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
    let rollout = read_rollout(more, report);
    let spec = spec.map(|spec| rollout.over(spec));
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
