//! What the controller foresees of the chosen day. A forecast costs it seconds: one is asked for as
//! far as that day needs, and again only when the fleet is to do otherwise and somebody goes on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use hostler::api::FORECAST_MOST;
use hostler::model::{Forecast, ForecastRun, ScheduleName, Span, Timestamp};

use crate::ui::msg::Query;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::Ctx;

/// Spans are asked for in steps of this: the same question for the same day.
const STEP: Span = Span::from_hours(1);
/// So many of the things that do not fit are told.
const MISFITS: usize = 3;

/// What was foreseen, and for what it is wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    told: Option<Forecast>,
    /// The runs in it of which some hosts have no turn.
    missing: BTreeMap<ScheduleName, BTreeSet<Timestamp>>,
    refused: Option<String>,
    /// The entry after which it may come otherwise.
    changed: u64,
    /// Somebody has moved since then.
    moved: bool,
    need: Need,
}

/// How far the chosen day reaches into what can be foreseen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Need {
    /// It is over, or it is the past that is looked at.
    #[default]
    Past,
    /// Further ahead than forecasts go.
    Far,
    /// From a moment to another, with a forecast for so long.
    For(Timestamp, Timestamp, Span),
}

/// What stands beside the line of free slots, or in its stead.
pub(super) enum Said {
    Known(String),
    Not(String),
}

impl Ahead {
    /// Sets the day that is looked at, and when the last of its runs may begin work at the latest:
    /// what becomes of a run is known no earlier.
    pub(super) fn look(&mut self, ctx: &Ctx, day: NaiveDate, last: Option<Timestamp>) {
        let (from, to) = (ctx.zone.begin(day).max(ctx.there), ctx.zone.end(day));
        let is_over = to <= ctx.there;
        let to = last.map_or(to, |last| last.max(to));
        let hours = to.since(ctx.there).as_millis().div_ceil(STEP.as_millis());
        self.need = if is_over || ctx.past.is_some() {
            Need::Past
        } else if from >= ctx.there + FORECAST_MOST {
            Need::Far
        } else {
            Need::For(from, to, STEP.times(hours).min(FORECAST_MOST))
        };
    }
    /// It is not known any more how far the day reaches.
    pub(super) fn look_again(&mut self) {
        self.need = Need::default();
    }
    /// The fleet is to do otherwise from this entry on.
    pub(super) fn changed(&mut self, seq: u64) {
        (self.changed, self.moved) = (seq, false);
    }
    /// Somebody looks further, and perhaps at another day.
    pub(super) fn moved(&mut self) {
        (self.moved, self.refused) = (true, None);
        self.look_again();
    }

    pub(super) fn wants(&self) -> Option<Query> {
        let Need::For(from, to, span) = self.need else { return None };
        let reaches =
            |told: &Forecast| told.until > from && told.until >= to.min(told.from + FORECAST_MOST);
        let good = |told: &Forecast| reaches(told) && (told.seq >= self.changed || !self.moved);
        let known = self.refused.is_some() || self.told.as_ref().is_some_and(good);
        (!known).then_some(Query::Forecast(span))
    }
    pub(super) fn told(&mut self, answer: Result<Forecast, String>) {
        match answer {
            Ok(forecast) => {
                self.missing.clear();
                for run in forecast.runs.iter().filter(|run| run.skipped > 0) {
                    let (Some(name), Some(at)) = (&run.schedule, run.nominal) else { continue };
                    self.missing.entry(name.clone()).or_default().insert(at);
                }
                (self.told, self.refused) = (Some(forecast), None);
            }
            Err(why) => self.refused = Some(why),
        }
    }

    /// The forecast, where it reaches into the day that is looked at.
    fn known(&self) -> Option<&Forecast> {
        let Need::For(from, _, _) = self.need else { return None };
        self.told.as_ref().filter(|told| told.until > from)
    }
    /// The fewest free slots between two moments.
    pub(super) fn free(&self, from: Timestamp, to: Timestamp) -> Option<usize> {
        self.known()?.free_within(from, to)
    }
    /// The run of a schedule at its time, as it is foreseen.
    fn run(&self, name: &ScheduleName, at: Timestamp) -> Option<&ForecastRun> {
        let mut runs = self.told.as_ref()?.runs.iter();
        runs.find(|run| run.schedule.as_ref() == Some(name) && run.nominal == Some(at))
    }
    /// Whether hosts of a run are foreseen to have no turn.
    pub(super) fn misses(&self, name: &ScheduleName, at: Timestamp) -> bool {
        self.missing.get(name).is_some_and(|times| times.contains(&at))
    }

    /// When a run is foreseen to be over.
    pub(super) fn ends(&self, name: &ScheduleName, at: Timestamp) -> Option<Timestamp> {
        self.run(name, at)?.ends
    }

    /// Of the free slots of a day: the fewest and when, or why they are not known.
    pub(super) fn said(&self, ctx: &Ctx, day: NaiveDate) -> Said {
        let why = match (self.need, self.known(), &self.refused) {
            (Need::Past, _, _) => "not known of what is past".into(),
            (Need::Far, _, _) => {
                format!("not foreseen: forecasts reach {FORECAST_MOST} ahead")
            }
            (Need::For(..), Some(told), _) => {
                let (from, to) = (ctx.zone.begin(day), ctx.zone.end(day));
                let held = told.free.iter().filter(|free| free.at < to);
                let first = held.clone().filter(|free| free.at <= from).count().saturating_sub(1);
                let least = held.skip(first).min_by_key(|free| free.count);
                let Some(least) = least else { return Said::Known(String::new()) };
                let at = ctx.zone.clock(least.at.max(from));
                return Said::Known(format!("least {} at {}", text::count(least.count), &at[..5]));
            }
            (Need::For(..), None, Some(why)) => format!("not known: {why}"),
            (Need::For(..), None, None) if !ctx.link.is_live() => {
                "not known: not connected to the controller".into()
            }
            (Need::For(..), None, None) => "asking the controller...".into(),
        };
        Said::Not(why)
    }

    /// What is foreseen of a schedule's runs at these times, what will not fit at all, and what
    /// the forecast is worth.
    pub(super) fn lines(
        &self,
        ctx: &Ctx,
        name: &ScheduleName,
        times: &[Timestamp],
    ) -> Vec<(&'static str, String, Token)> {
        let Some(told) = self.known() else { return Vec::new() };
        let runs = times.iter().filter_map(|at| self.run(name, *at));
        let mut lines: Vec<_> = runs
            .map(|run| {
                let token = if run.skipped > 0 { Token::Warn } else { Token::Text };
                ("ahead", foreseen(ctx, told, run), token)
            })
            .collect();
        let misfits = told.misfits.iter().take(MISFITS);
        lines.extend(misfits.map(|why| ("misfit", why.clone(), Token::Warn)));
        if told.misfits.len() > MISFITS {
            let more = format!("and {} more", told.misfits.len() - MISFITS);
            lines.push(("", more, Token::Warn));
        }
        let mut worth = format!("foreseen as of {}", &ctx.zone.clock(told.from)[..5]);
        if told.seq < self.changed {
            worth.push_str(", and changed since: a step to another day asks again");
        } else {
            let busy = told.assumed_busy;
            worth.push_str(&format!(", if work of VMs ends within {busy} and no host fails"));
        }
        lines.push(("", worth, Token::Dim));
        lines
    }
}

/// `38 hosts from 02:00 to 04:41, 2 without a turn: mac-1: skipped: ...`.
fn foreseen(ctx: &Ctx, told: &Forecast, run: &ForecastRun) -> String {
    let clock = |at: Timestamp| ctx.zone.clock(at)[..5].to_string();
    let hosts = text::plural(run.hosts, "host");
    let from = run.begins.map_or(String::new(), |at| format!(" from {}", clock(at)));
    let to = match run.ends {
        Some(at) => format!(" to {}", clock(at)),
        None => format!(", not over by {}", clock(told.until)),
    };
    let skipped = match run.skipped {
        0 => String::new(),
        n => format!(", {} without a turn: {}", text::count(n), run.why),
    };
    format!("{hosts}{from}{to}{skipped}")
}
