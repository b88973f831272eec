//! The calendar: a row for each schedule, a column for each day; what ran and what came of it, what
//! is to come and what it meets; under them the chosen day, and the chosen schedule in words.

mod ahead;
mod details;
mod grid;
mod line;
mod page;
mod runs;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use hostler::model::{Job, JobId, Outlook, Schedule, ScheduleName, Span, Timestamp, World, Zone};
use ratatui::layout::Rect;

use ahead::Ahead;
pub use page::Scale;
use runs::Run;
pub use words::rule;

use super::listing::{page as said, waiting};
use super::{Ctx, Inside, ListOp};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::msg::{Answer, Calendar, Query};
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Motion, Moved};

/// Runs are asked for so far ahead at once: the longest page fits, and stays for some days.
const BLOCK: Span = Span::from_hours(35 * 24);
/// As far ahead as the controller tells.
const MOST_BLOCKS: u64 = 11;

/// How wide what stands behind the line of a day is.
const WORDS: u16 = 24;

/// A move over the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Leaf {
    Scale(Scale),
    Today,
    Earlier,
    Later,
}

/// What the controller told of runs to come.
#[derive(Clone, Debug)]
struct Told {
    span: Span,
    calendar: Calendar,
}

/// The window of schedules.
#[derive(Clone, Debug, Default)]
pub struct ScheduleView {
    names: Vec<ScheduleName>,
    at: usize,
    /// The chosen day; today, until one is chosen.
    day: Option<NaiveDate>,
    scale: Scale,
    top: usize,
    page: usize,
    told: Option<Told>,
    /// Why nothing was told, and what had been asked.
    refused: Option<(Query, String)>,
    /// The entry that last changed a schedule.
    changed: u64,
    /// How many blocks ahead the page in sight reaches.
    blocks: u64,
    /// Today and the days in sight, as they were drawn.
    today: NaiveDate,
    days: Vec<NaiveDate>,
    ahead: Box<Ahead>,
    counts: Counts,
    drawn: Option<Drawn>,
}

/// The runs of each schedule as they were drawn, at this entry and in this second.
#[derive(Clone, Debug)]
struct Drawn {
    at: (u64, i64),
    runs: Arc<Vec<Vec<Run>>>,
}

/// What the page in sight has that is not as it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    /// Two runs that meet are one conflict; those that were not told any more are not counted.
    conflicts: usize,
    more: bool,
    suspended: usize,
    /// Runs that do not take place although their schedule runs.
    passed_over: usize,
}

impl ScheduleView {
    /// Puts the cursor on a schedule.
    pub fn seek(&mut self, name: &ScheduleName) {
        self.at = self.names.iter().position(|other| other == name).unwrap_or(self.at);
    }
    /// Moves over the calendar.
    pub fn leaf(&mut self, to: Leaf) {
        let step =
            |view: &Self, by| Some(page::moved(view.day.unwrap_or(view.today), by, view.today));
        self.ahead.moved();
        match to {
            Leaf::Scale(scale) => self.scale = scale,
            Leaf::Today => self.day = None,
            Leaf::Earlier => self.day = step(self, -1),
            Leaf::Later => self.day = step(self, 1),
        }
    }
    /// The last job of the chosen schedule on the chosen day.
    pub fn job_of(&self, fleet: &Replica, zone: Zone, now: Timestamp) -> Option<JobId> {
        let (name, schedule) = self.chosen(fleet.world()?)?;
        let day = self.day.unwrap_or_else(|| zone.day(now));
        let runs = self.runs(fleet.world()?, name, schedule, now);
        runs.iter().rev().filter(|run| zone.day(run.at) == day).find_map(|run| run.job)
    }

    fn chosen_day(&self) -> NaiveDate {
        self.day.unwrap_or(self.today)
    }
    /// What the controller told that runs of this schedule are over and meet.
    fn outlook(&self, name: &ScheduleName) -> Option<&Outlook> {
        self.told.as_ref()?.calendar.runs.get(name)?.outlook.as_ref()
    }
    fn chosen<'a>(&'a self, world: &'a World) -> Option<(&'a ScheduleName, &'a Schedule)> {
        let name = self.names.get(self.at)?;
        Some((name, &**world.schedules.get(name)?))
    }
    fn runs(&self, world: &World, name: &ScheduleName, of: &Schedule, now: Timestamp) -> Vec<Run> {
        let jobs = runs::jobs(world).remove(name).unwrap_or_default();
        self.runs_with(world, (name, of), &jobs, now)
    }
    fn runs_with(
        &self,
        world: &World,
        (name, of): (&ScheduleName, &Schedule),
        jobs: &[&Job],
        now: Timestamp,
    ) -> Vec<Run> {
        let told = self.told.as_ref().and_then(|told| told.calendar.runs.get(name));
        let mut runs = runs::of(world, of, jobs, told, now);
        for run in runs.iter_mut().filter(|run| run.is_due() && self.ahead.misses(name, run.at)) {
            run.look = Look::Clash;
        }
        runs
    }
    /// The runs of every schedule, found once for each entry and second.
    fn all_runs(&mut self, world: &World, now: Timestamp) -> Arc<Vec<Vec<Run>>> {
        let at = (world.seq, now.as_millis().div_euclid(1_000));
        if let Some(drawn) = self.drawn.as_ref().filter(|drawn| drawn.at == at) {
            return drawn.runs.clone();
        }
        let mut jobs = runs::jobs(world);
        let of = |name: &ScheduleName| {
            let Some(schedule) = world.schedules.get(name) else { return Vec::new() };
            let jobs = jobs.remove(name).unwrap_or_default();
            self.runs_with(world, (name, schedule), &jobs, now)
        };
        let runs: Arc<Vec<Vec<Run>>> = Arc::new(self.names.iter().map(of).collect());
        self.drawn = Some(Drawn { at, runs: runs.clone() });
        runs
    }
    /// From when on runs of this schedule are not known; none: from the end of the page.
    fn known_until(&self, name: &ScheduleName) -> Option<Timestamp> {
        let Some(told) = &self.told else { return Some(Timestamp::default()) };
        let coming = told.calendar.runs.get(name)?;
        coming.next.last().copied().filter(|_| coming.more)
    }
    fn query(&self) -> Query {
        Query::Schedules(BLOCK.times(self.blocks.clamp(1, MOST_BLOCKS)))
    }
    /// Sets the page that is in sight, and how far ahead it reaches.
    fn leaf_to(&mut self, ctx: &Ctx) {
        self.today = ctx.zone.day(ctx.there);
        self.days = page::days(self.scale, self.chosen_day());
        let from = self.told.as_ref().map_or(ctx.there, |told| told.calendar.at);
        let end = self.days.last().map_or(from, |day| ctx.zone.end(*day));
        self.blocks = end.since(from).as_millis().div_ceil(BLOCK.as_millis());
        self.counts = self.count(ctx);
    }
    fn count(&self, ctx: &Ctx) -> Counts {
        let mut counts = Counts::default();
        let mut seen = BTreeSet::new();
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else {
            return counts;
        };
        let (from, to) = (ctx.zone.begin(*first), ctx.zone.end(*last));
        for name in &self.names {
            let known = ctx.fleet.world().and_then(|world| world.schedules.get(name));
            let suspended = known.is_some_and(|of| of.suspended.is_some() || of.spec.suspend);
            counts.suspended += usize::from(suspended);
            let outlook = self.outlook(name);
            let conflicts = outlook.map_or(&[][..], |outlook| &outlook.conflicts);
            let reached = conflicts.last().is_some_and(|last| last.at >= to);
            counts.more |= outlook.is_some_and(|outlook| outlook.more) && !reached;
            for conflict in conflicts.iter().filter(|c| c.at >= from && c.at < to) {
                match &conflict.with {
                    Some(with) => {
                        let (one, other) = ((name, conflict.at), (&with.schedule, with.at));
                        seen.insert((one.min(other), one.max(other)));
                    }
                    None => counts.passed_over += usize::from(!suspended),
                }
            }
        }
        counts.conflicts = seen.len();
        counts
    }
}

impl Inside for ScheduleView {
    fn name(&self) -> String {
        "Schedule".into()
    }
    fn footer(&self) -> String {
        let mut out = text::plural(self.names.len(), "schedule");
        let Counts { conflicts, more, suspended, passed_over } = self.counts;
        if conflicts > 0 || more {
            let least = if more { "at least " } else { "" };
            out.push_str(&format!("   {least}{}", text::plural(conflicts, "conflict")));
        }
        if suspended > 0 {
            out.push_str(&format!("   {suspended} suspended"));
        }
        if passed_over > 0 {
            out.push_str(&format!("   {} passed over", text::plural(passed_over, "run")));
        }
        if let Some((_, why)) = &self.refused {
            out.push_str(&format!("   runs to come are not known: {why}"));
        }
        out
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        let len = self.names.len();
        match (op, op.moved()) {
            (ListOp::SortBy(column), _) => {
                self.day = self.days.get(column).copied().or(self.day);
            }
            (_, Some(Moved::To(row))) => self.at = row.min(len.saturating_sub(1)),
            (_, Some(Moved::By(motion))) => self.at = motion.from(self.at, self.page, len),
            (_, Some(Moved::Wheel(down))) => {
                self.at = Motion::wheel(down).from(self.at, self.page, len);
            }
            (_, None) => return false,
        }
        self.ahead.moved();
        true
    }
    fn schedule(&self) -> Option<&ScheduleName> {
        self.names.get(self.at)
    }
    fn copy(&self, _: &Replica) -> Option<String> {
        self.schedule().map(ScheduleName::to_string)
    }
    fn rows(&self) -> (bool, usize) {
        (self.schedule().is_some(), 0)
    }

    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        if changed.all || changed.foreseen {
            self.ahead.changed(fleet.seq());
        }
        if !changed.all && changed.schedules.is_empty() {
            return;
        }
        (self.changed, self.refused, self.drawn) = (fleet.seq(), None, None);
        let on = self.schedule().cloned();
        self.names = fleet.world().map_or(Vec::new(), |w| w.schedules.keys().cloned().collect());
        self.at = self.at.min(self.names.len().saturating_sub(1));
        if let Some(name) = on {
            self.seek(&name);
        }
    }

    fn wants(&self) -> Option<Query> {
        let query = self.query();
        let Query::Schedules(span) = query else { return None };
        let fresh = |told: &Told| told.span >= span && told.calendar.seq >= self.changed;
        let known = self.told.as_ref().is_some_and(fresh);
        let refused = self.refused.as_ref().is_some_and(|(asked, _)| *asked == query);
        let first = (!known && !refused && !self.names.is_empty()).then_some(query);
        // What costs more comes after what the page cannot do without.
        first.or_else(|| self.ahead.wants().filter(|_| self.told.is_some()))
    }
    fn told(&mut self, query: &Query, answer: Result<Answer, String>) {
        self.drawn = None;
        if let Query::Forecast(_) = query {
            return match answer {
                Ok(Answer::Forecast(forecast)) => self.ahead.told(Ok(*forecast)),
                Ok(_) => {}
                Err(why) => self.ahead.told(Err(why)),
            };
        }
        let Query::Schedules(span) = query else { return };
        match answer {
            Ok(Answer::Schedules(calendar)) => {
                self.refused = None;
                self.ahead.look_again();
                self.told = Some(Told { span: *span, calendar: *calendar });
            }
            // An answer to another question.
            Ok(_) => {}
            Err(why) => self.refused = Some((query.clone(), why)),
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        self.leaf_to(ctx);
        canvas.faded = ctx.stale;
        match ctx.fleet.world() {
            None => said(canvas, area, &waiting(ctx)),
            Some(_) if self.names.is_empty() => {
                let none = "No schedule is declared.";
                let next = "Declare one in the fleet directory, then say `hostler reload`.";
                let lines = [(none.into(), Token::Strong), (next.into(), Token::Text)];
                said(canvas, area, &lines);
            }
            Some(world) => grid::draw(self, ctx, world, canvas, (area, win, focused)),
        }
        canvas.faded = false;
    }
}
