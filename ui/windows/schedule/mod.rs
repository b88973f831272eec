//! The calendar: a row for each schedule, a column for each day; what ran and what came of it, what
//! is to come, and under them the rule of the chosen one in words.

mod grid;
mod page;
mod runs;
mod words;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use hostler::model::{JobId, Schedule, ScheduleName, Span, Timestamp, World, Zone};
use ratatui::layout::Rect;

pub use page::Scale;
use runs::Run;
pub use words::rule;

use super::listing::{page as said, waiting};
use super::{Ctx, Inside, ListOp};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::msg::{Answer, Calendar, Query};
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Motion, Moved};

/// Runs are asked for so far ahead at once: the longest page fits, and stays for some days.
const BLOCK: Span = Span::from_hours(35 * 24);
/// As far ahead as the controller tells.
const MOST_BLOCKS: u64 = 11;

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

    fn chosen<'a>(&'a self, world: &'a World) -> Option<(&'a ScheduleName, &'a Schedule)> {
        let name = self.names.get(self.at)?;
        Some((name, &**world.schedules.get(name)?))
    }
    fn runs(&self, world: &World, name: &ScheduleName, of: &Schedule, now: Timestamp) -> Vec<Run> {
        let told = self.told.as_ref().and_then(|told| told.calendar.runs.get(name));
        runs::of(world, name, of, told, now)
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
        self.days = page::days(self.scale, self.day.unwrap_or(self.today));
        let from = self.told.as_ref().map_or(ctx.there, |told| told.calendar.at);
        let end = self.days.last().map_or(from, |day| ctx.zone.end(*day));
        self.blocks = end.since(from).as_millis().div_ceil(BLOCK.as_millis());
    }
}

impl Inside for ScheduleView {
    fn name(&self) -> String {
        "Schedule".into()
    }
    fn footer(&self) -> String {
        let mut out = text::plural(self.names.len(), "schedule");
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
        if !changed.all && changed.schedules.is_empty() {
            return;
        }
        (self.changed, self.refused) = (fleet.seq(), None);
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
        (!known && !refused && !self.names.is_empty()).then_some(query)
    }
    fn told(&mut self, query: &Query, answer: Result<Answer, String>) {
        let Query::Schedules(span) = query else { return };
        match answer {
            Ok(Answer::Schedules(calendar)) => {
                self.refused = None;
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

/// What stands under the grid: the chosen schedule's rule, next runs, last run, and the chosen day.
fn details(view: &ScheduleView, ctx: &Ctx, world: &World, cells: u16) -> Vec<(String, Token)> {
    let Some((name, schedule)) = view.chosen(world) else { return Vec::new() };
    let runs = view.runs(world, name, schedule, ctx.there);
    let mut lines = BTreeMap::new();
    let mut put = |rank: usize, label: &str, said: String, token: Token| {
        let parts = text::wrap(&said, cells.saturating_sub(8).max(1));
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        let all: Vec<_> =
            labels.zip(parts).map(|(label, part)| (format!("{label:<8}{part}"), token)).collect();
        lines.entry(rank).or_insert_with(Vec::new).extend(all);
    };
    let told = |run: &Run| {
        let glyph = ctx.glyphs.look(run.look);
        let said = if run.said.is_empty() { String::new() } else { format!(": {}", run.said) };
        format!("{} {glyph} {}{said}", moment(ctx, run.at), run.word)
    };
    if let Some(suspended) = &schedule.suspended {
        let age = ctx.there.since(suspended.at).rough();
        let glyph = ctx.glyphs.look(crate::ui::glyphs::Look::Held);
        let said = format!("{glyph} suspended by {} {age} ago: {}", suspended.by, suspended.reason);
        put(0, "held", said, Token::Hold);
    } else if schedule.spec.suspend {
        put(0, "held", "suspended by the inventory".into(), Token::Hold);
    }
    let day = view.day.unwrap_or(view.today);
    let of_day: Vec<&Run> = runs.iter().filter(|run| ctx.zone.day(run.at) == day).collect();
    for (n, run) in of_day.iter().take(3).enumerate() {
        put(1, if n == 0 { "day" } else { "" }, told(run), run.look.token());
    }
    if of_day.len() > 3 {
        put(1, "", format!("and {} more on that day", text::count(of_day.len() - 3)), Token::Dim);
    }
    put(2, "rule", rule(&schedule.spec), Token::Text);
    put(3, "next", next(view, ctx, &runs), Token::Text);
    if let Some(last) = runs.iter().rev().find(|run| run.at <= ctx.there && !run.is_due()) {
        put(4, "last", told(last), last.look.token());
    }
    lines.into_values().flatten().collect()
}

/// `Thu 20 03:00`.
fn moment(ctx: &Ctx, at: Timestamp) -> String {
    format!("{} {}", ctx.zone.day(at).format("%a %-d %b"), &ctx.zone.clock(at)[..5])
}

fn next(view: &ScheduleView, ctx: &Ctx, runs: &[Run]) -> String {
    let coming = runs.iter().filter(|run| run.at > ctx.there).take(3);
    let coming: Vec<String> = coming
        .map(|run| match run.is_due() {
            true => moment(ctx, run.at),
            false => format!("{} {}", moment(ctx, run.at), run.word),
        })
        .collect();
    match (&view.told, &view.refused) {
        (None, Some((_, why))) => format!("not known: {why}"),
        (None, None) => "asking the controller...".into(),
        (Some(told), _) if coming.is_empty() => format!("none within {}", told.span.rough()),
        (Some(_), _) => coming.join(", "),
    }
}
