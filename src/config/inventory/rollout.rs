//! How a schedule goes about its targets: how they are spread and in which waves, when it gives up,
//! and on which days it rests.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::config::item::Item;
use crate::config::problem::{Report, clip};
use crate::model::{BusyPolicy, Overlap, ScheduleSpec, Share, Span, Splay};

const SHARE: &str = "a whole number or 0% to 100%";
/// What is wrong with a share of nought.
pub(super) const NONE_AT_ONCE: &str = "with none at once nothing is ever done";
const NONE_MAY_FAIL: &str = "with none that may fail every run stops before it begins";
const MOST_HEALTHY: Span = Span::from_hours(24);

/// The keys of a schedule that it can do without; what is absent is as usual.
#[derive(Default)]
pub(super) struct Rollout {
    splay: Option<Splay>,
    min_available: Option<Share>,
    order: Option<Vec<Share>>,
    max_fail: Option<Share>,
    min_healthy: Option<Span>,
    overlap: Option<Overlap>,
    catch_up: Option<bool>,
    busy: Option<BusyPolicy>,
    suspend: Option<bool>,
    blackout: Option<Vec<NaiveDate>>,
    history: Option<u16>,
}

impl Rollout {
    /// A schedule with what was said, and as before where nothing was.
    pub(super) fn over(self, usual: ScheduleSpec) -> ScheduleSpec {
        ScheduleSpec {
            splay: self.splay.unwrap_or(usual.splay),
            min_available: self.min_available.or(usual.min_available),
            order: self.order.unwrap_or(usual.order),
            max_fail: self.max_fail.unwrap_or(usual.max_fail),
            min_healthy: self.min_healthy.unwrap_or(usual.min_healthy),
            overlap: self.overlap.unwrap_or(usual.overlap),
            catch_up: self.catch_up.unwrap_or(usual.catch_up),
            busy: self.busy.unwrap_or(usual.busy),
            suspend: self.suspend.unwrap_or(usual.suspend),
            blackout: self.blackout.unwrap_or(usual.blackout),
            history: self.history.unwrap_or(usual.history),
            ..usual
        }
    }
}

/// Reads splay, min_available, order, max_fail, min_healthy, overlap, catch_up, busy, suspend,
/// blackout and history, in this order.
pub(super) fn read_rollout(items: [Option<Item<'_>>; 11], report: &mut Report) -> Rollout {
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
    let splays = [("hash", Splay::Hash), ("even", Splay::Even), ("none", Splay::None)];
    let overlaps = [("skip", Overlap::Skip), ("queue", Overlap::Queue)];
    let policies = [
        ("wait", BusyPolicy::Wait),
        ("skip", BusyPolicy::Skip),
        ("deadline", BusyPolicy::Deadline),
    ];
    Rollout {
        splay: splay.and_then(|item| item.choice(splays, report)),
        min_available: min_available.and_then(|item| item.unit(SHARE, report)),
        order: order.and_then(|item| read_order(&item, report)),
        max_fail: max_fail.and_then(|item| read_some(&item, NONE_MAY_FAIL, report)),
        min_healthy: min_healthy.and_then(|item| item.span(Span::ZERO..=MOST_HEALTHY, report)),
        overlap: overlap.and_then(|item| item.choice(overlaps, report)),
        catch_up: catch_up
            .and_then(|item| item.choice([("window", true), ("none", false)], report)),
        busy: busy.and_then(|item| item.choice(policies, report)),
        suspend: suspend.and_then(|item| item.truth(report)),
        blackout: blackout.and_then(|item| read_blackout(&item, report)),
        history: history
            .and_then(|item| item.int(1..=10_000, report))
            .and_then(|n| u16::try_from(n).ok()),
    }
}

/// A share that is more than nought.
pub(super) fn read_some(item: &Item<'_>, said: &str, report: &mut Report) -> Option<Share> {
    let share: Share = item.unit(SHARE, report)?;
    if matches!(share, Share::Count(0) | Share::Percent(0)) {
        return report.wrong(item.wrong(said, "1 or 1% and more"));
    }
    Some(share)
}

/// Waves: each says how many have had their turn at its end, so they rise up to all. Numbers come
/// before shares: only then do they rise in a fleet of any size.
fn read_order(item: &Item<'_>, report: &mut Report) -> Option<Vec<Share>> {
    const EXPECTED: &str = "rising numbers, then rising shares, the last 100%";
    let noted = report.problems.len();
    let mut waves: Vec<Share> = vec![];
    for item in item.list(report) {
        let Some(wave) = read_some(&item, "a wave of none", report) else { continue };
        let rises = match (waves.last(), wave) {
            (None, _) | (Some(Share::Count(_)), Share::Percent(_)) => true,
            (Some(Share::Count(before)), Share::Count(n)) => *before < n,
            (Some(Share::Percent(before)), Share::Percent(n)) => *before < n,
            (Some(Share::Percent(_)), Share::Count(_)) => false,
        };
        match waves.last() {
            Some(before) if !rises => {
                report.note(item.wrong(format!("{wave} after {before}"), EXPECTED));
            }
            Some(_) | None => waves.push(wave),
        }
    }
    if report.problems.len() > noted {
        return None;
    }
    if waves.last() != Some(&Share::Percent(100)) {
        return report.wrong(item.wrong("the last wave is not 100%", EXPECTED));
    }
    Some(waves)
}

/// Days on which nothing runs, in order.
fn read_blackout(item: &Item<'_>, report: &mut Report) -> Option<Vec<NaiveDate>> {
    let mut days = BTreeSet::new();
    for item in item.list(report) {
        let Some(text) = item.text(report) else { continue };
        let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") else {
            let said = format!("`{}` is not a day", clip(text));
            report.note(item.wrong(said, "a date such as 2026-12-24"));
            continue;
        };
        if !days.insert(day) {
            report.note(item.wrong(format!("{day} given twice"), "each day once"));
        }
    }
    Some(days.into_iter().collect())
}
