//! One playbook: what it is for, its steps, the schedules that use it and its last runs; under them
//! all that is to say of the chosen row. When it leaves the fleet, its last known facts stay.

mod list;
mod row;

use std::sync::Arc;

use hostler::model::{JobId, Part, Playbook, PlaybookName, ScheduleName, StepAt, World};
use ratatui::layout::Rect;

pub use list::PlaybookRows;

use super::facts::wrapped;
use super::listing::{page, waiting};
use super::{Ctx, Inside, JobView, ListOp, View};
use crate::ui::books;
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Line, Scroll, Sheet};

use row::Widths;

/// So many runs are shown at most.
const RUNS: usize = 20;
/// So many lines say all of the chosen row.
const SAID: u16 = 3;

/// A line under the facts.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Row {
    Head(String),
    /// The titles of the columns of steps.
    Titles,
    Step(StepAt),
    Schedule(ScheduleName),
    Run(JobId),
}

/// The window of one playbook.
#[derive(Clone, Debug)]
pub struct PlaybookView {
    pub playbook: PlaybookName,
    last: Option<Arc<Playbook>>,
    gone: bool,
    rows: Vec<Row>,
    sheet: Sheet,
}

impl PlaybookView {
    pub fn new(playbook: PlaybookName) -> Self {
        Self { playbook, last: None, gone: false, rows: Vec::new(), sheet: Sheet::default() }
    }

    fn row(&self) -> Option<&Row> {
        self.rows.get(self.sheet.at()?)
    }

    fn rebuild(&mut self, world: &World) {
        let Some(book) = &self.last else { return };
        let on = self.row().cloned();
        self.rows = rows(world, book);
        let bare = |(n, row): (usize, &Row)| match row {
            Row::Head(_) | Row::Titles => Some(n),
            Row::Step(_) | Row::Schedule(_) | Row::Run(_) => None,
        };
        self.sheet.count(self.rows.len(), self.rows.iter().enumerate().filter_map(bare).collect());
        if let Some(at) = on.and_then(|on| self.rows.iter().position(|row| *row == on)) {
            self.sheet.seek(at);
        }
    }

    fn head(&self, book: &Playbook, width: u16) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.gone {
            let said = "This playbook has left the fleet; these are its last known facts.";
            lines.push(vec![(said.to_string(), Token::Bad)]);
        }
        lines.extend(wrapped("for", &book.summary, width, Token::Strong));
        let each = format!("{}; when a step fails, {}", books::each(book), books::on_failure(book));
        lines.extend(wrapped("each", &each, width, Token::Text));
        lines
    }

    fn draw_rows(
        &mut self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        area: Rect,
        book: &Playbook,
        (win, focused): (WinId, bool),
    ) {
        let widths = Widths::of(book, area.width);
        let seen = self.sheet.in_sight(usize::from(area.height));
        let chosen = if focused { Token::Sel } else { Token::SelOff };
        let at = self.sheet.at();
        for (y, n) in (area.top()..area.bottom()).zip(seen) {
            let line = Rect { y, height: 1, ..area };
            row::draw(ctx, canvas, line, book, &self.rows[n], &widths);
            match &self.rows[n] {
                Row::Head(_) | Row::Titles => continue,
                Row::Step(_) | Row::Schedule(_) | Row::Run(_) => {}
            }
            if Some(n) == at {
                canvas.tint(line, chosen);
            }
            canvas.hit(line, Hit::Row(win, n));
        }
    }
}

fn rows(world: &World, book: &Playbook) -> Vec<Row> {
    let mut out = vec![Row::Head(text::plural(book.steps.len(), "step")), Row::Titles];
    let places = |part, len: usize| {
        (0..u16::try_from(len).unwrap_or(u16::MAX)).map(move |ix| Row::Step(StepAt { part, ix }))
    };
    out.extend(places(Part::Steps, book.steps.len()));
    if !book.always.is_empty() {
        let n = text::plural(book.always.len(), "closing step");
        out.push(Row::Head(format!("{n}, done whether the others failed or not")));
        out.extend(places(Part::Always, book.always.len()));
    }
    let schedules: Vec<_> =
        books::schedules(world, &book.name).cloned().map(Row::Schedule).collect();
    out.push(Row::Head(match schedules.len() {
        0 => "no schedule uses it".into(),
        n => text::plural(n, "schedule"),
    }));
    out.extend(schedules);
    let runs: Vec<_> = books::runs(world, &book.name).map(|job| Row::Run(job.id)).collect();
    out.push(Row::Head(match runs.len() {
        0 => "no run of it is known".into(),
        n if n > RUNS => format!("the last {RUNS} of {} known runs", text::count(n)),
        n => format!("{}, the latest first", text::plural(n, "run")),
    }));
    out.extend(runs.into_iter().take(RUNS));
    out
}

impl Inside for PlaybookView {
    fn name(&self) -> String {
        format!("Playbook {}", self.playbook)
    }
    fn footer(&self) -> String {
        let Some(book) = &self.last else { return String::new() };
        let steps = text::plural(book.steps.len() + book.always.len(), "step");
        let runs = self.rows.iter().filter(|row| matches!(row, Row::Run(_))).count();
        let (seen, all) = (self.sheet.seen(), self.rows.len());
        let lines = match seen.len() < all {
            true => format!("   lines {}-{} of {all}", seen.start + 1, seen.end),
            false => String::new(),
        };
        format!("{steps}, {}{lines}", text::plural(runs, "run"))
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        op.moved().map(|moved| self.sheet.moved(moved)).is_some()
    }
    fn job(&self) -> Option<JobId> {
        match self.row()? {
            Row::Run(job) => Some(*job),
            Row::Head(_) | Row::Titles | Row::Step(_) | Row::Schedule(_) => None,
        }
    }
    fn schedule(&self) -> Option<&ScheduleName> {
        match self.row()? {
            Row::Schedule(name) => Some(name),
            Row::Head(_) | Row::Titles | Row::Step(_) | Row::Run(_) => None,
        }
    }
    fn opens(&self, _: &Replica) -> Option<View> {
        self.job().map(|job| View::Job(JobView::new(job)))
    }
    fn copy(&self, fleet: &Replica) -> Option<String> {
        let book = self.last.as_ref()?;
        Some(match self.row() {
            Some(Row::Step(at)) => book.step(*at).map(books::said)?,
            Some(Row::Schedule(name)) => name.to_string(),
            Some(Row::Run(job)) => job.to_string(),
            Some(Row::Head(_) | Row::Titles) | None => book.name.to_string(),
        })
        .filter(|_| fleet.world().is_some())
    }
    fn rows(&self) -> (bool, usize) {
        (self.row().is_some(), 0)
    }
    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        let Some(world) = fleet.world() else { return };
        match world.playbooks.get(&self.playbook) {
            Some(book) => (self.last, self.gone) = (Some(book.clone()), false),
            None => self.gone = true,
        }
        if changed.all || changed.playbooks.contains(&self.playbook) {
            self.rebuild(world);
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        canvas.faded = ctx.stale || self.gone;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        match self.last.clone() {
            Some(book) => {
                let head = self.head(&book, inner.width);
                let height = (head.len() as u16).min(4).min(inner.height);
                Scroll::default().draw(canvas, Rect { height, ..inner }, &head);
                let said = if inner.height >= height + 10 { SAID } else { 0 };
                let rest = inner.height - height - said;
                let rows = Rect { y: inner.y + height, height: rest, ..inner };
                self.draw_rows(ctx, canvas, rows, &book, (win, focused));
                let below = Rect { y: rows.bottom(), height: said, ..inner };
                row::draw_said(ctx, canvas, below, &book, self.row());
            }
            None if self.gone => {
                let said = format!("No playbook {} is known.", self.playbook);
                let next = "Esc closes this window.".into();
                page(canvas, inner, &[(said, Token::Strong), (next, Token::Text)]);
            }
            None => page(canvas, inner, &waiting(ctx)),
        }
        canvas.faded = false;
    }
}
