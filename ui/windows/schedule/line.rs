//! The line of the chosen day: its hours, what runs when, how many hosts each run promises to take,
//! and how many slots are free, as far as that is foreseen.

use chrono::NaiveDate;
use hostler::model::{Each, ScheduleName, Span, Timestamp};
use ratatui::layout::Rect;

use super::ahead::Said;
use super::grid::Sheet;
use super::page::{self, Scale};
use super::runs::Run;
use super::{ScheduleView, WORDS};
use crate::ui::canvas::Canvas;
use crate::ui::course::HOTTEST;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::Ctx;

/// So many runs of the day have a line of their own beside a grid of days.
const RUNS: u16 = 6;

/// The cells of a day.
pub(super) struct Axis {
    day: NaiveDate,
    x: u16,
    cells: u16,
}

impl Axis {
    /// As many cells as there is room for, the same number for each hour.
    pub(super) fn new(day: NaiveDate, x: u16, room: u16) -> Self {
        Self { day, x, cells: (room / 24).max(1) * 24 }
    }
    fn end(&self) -> u16 {
        self.x + self.cells
    }
    fn cell(&self, ctx: &Ctx, at: Timestamp) -> u16 {
        self.x + page::cell_of(at, self.day, ctx.zone, self.cells)
    }

    pub(super) fn draw_hours(&self, view: &ScheduleView, ctx: &Ctx, canvas: &mut Canvas, y: u16) {
        let now = (self.day == view.today).then(|| self.cell(ctx, ctx.there));
        let cells = self.cells / 24;
        for hour in 0..24 {
            let x = self.x + hour * cells;
            let shown = cells >= 3 || hour % 2 == 0 && cells >= 2 || hour % 6 == 0;
            let free = now.is_none_or(|now| now + 1 < x || now > x + 2);
            if shown && free {
                canvas.text(x, y, &format!("{hour:02}"), Token::Dim);
            }
        }
        if let Some(now) = now {
            canvas.text(now, y, canvas.glyphs.now(), Token::Mark);
        }
    }

    /// The runs of the day, each as long as it took or may take to begin.
    fn draw_runs(&self, ctx: &Ctx, canvas: &mut Canvas, y: u16, runs: &[Run]) {
        let (begin, end) = (ctx.zone.begin(self.day), ctx.zone.end(self.day));
        let of_day = |run: &&Run| run.at < end && (run.until > begin || run.at >= begin);
        for run in runs.iter().filter(of_day) {
            let length = canvas.glyphs.length(run.at > ctx.there);
            for x in self.cell(ctx, run.at.max(begin))..=self.cell(ctx, run.until.max(run.at)) {
                canvas.text(x, y, length, run.look.token());
            }
        }
        for run in runs.iter().filter(|run| run.at >= begin && run.at < end) {
            canvas.text(self.cell(ctx, run.at), y, canvas.glyphs.look(run.look), run.look.token());
        }
    }

    /// How many slots are free, the most of the day as high as the line.
    fn draw_free(&self, view: &ScheduleView, ctx: &Ctx, canvas: &mut Canvas, y: u16) {
        let (begin, end) = (ctx.zone.begin(self.day), ctx.zone.end(self.day));
        let step = Span::from_millis(end.since(begin).as_millis() / u64::from(self.cells));
        let at = |cell: u16| begin + step.times(u64::from(cell));
        let free: Vec<_> =
            (0..self.cells).map(|cell| view.ahead.free(at(cell), at(cell + 1))).collect();
        let most = free.iter().flatten().copied().max().unwrap_or(0);
        for (x, free) in (self.x..).zip(free) {
            let Some(free) = free else { continue };
            let level = (free * HOTTEST).div_ceil(most.max(1));
            let token = if free == 0 { Token::Warn } else { Token::Ok };
            canvas.text(x, y, canvas.glyphs.level(level), token);
        }
    }
}

/// How many lines the chosen day would have under the grid: where one page is that day, only free
/// slots are missing there.
pub(super) fn rows(view: &ScheduleView, ctx: &Ctx, runs: &[Vec<Run>]) -> u16 {
    if ctx.compact || view.scale == Scale::Day {
        return 1;
    }
    let of_day = runs.iter().filter(|runs| any_on(view, ctx, runs)).count();
    (of_day as u16).min(RUNS) + 2
}

/// Whether one of these runs is on the chosen day.
fn any_on(view: &ScheduleView, ctx: &Ctx, runs: &[Run]) -> bool {
    runs.iter().any(|run| ctx.zone.day(run.at) == view.chosen_day())
}

/// Draws the lines of the chosen day that there is room for, free slots first of all.
pub(super) fn draw(
    view: &ScheduleView,
    ctx: &Ctx,
    runs: &[Vec<Run>],
    canvas: &mut Canvas,
    (sheet, area): (&Sheet, Rect),
) {
    if area.height == 0 {
        return;
    }
    let axis = &sheet.axis;
    let last = area.bottom() - 1;
    if area.height > 2 {
        let day = view.chosen_day().format("%a %-d %b").to_string();
        let rule = Rect { x: area.x + 1, width: area.width.saturating_sub(2), height: 1, ..area };
        canvas.fill(rule, canvas.glyphs.rule(), Token::Frame);
        canvas.text(rule.x + 1, area.y, &format!(" {day} "), Token::Strong);
        let hours = Rect { x: axis.x, width: axis.cells, ..rule };
        canvas.fill(hours, " ", Token::Text);
        axis.draw_hours(view, ctx, canvas, area.y);
        let of_day = view.names.iter().zip(runs).filter(|(_, runs)| any_on(view, ctx, runs));
        for (y, (name, runs)) in (area.y + 1..last).zip(of_day) {
            let room = sheet.names.saturating_sub(1);
            canvas.cell(area.x + 1, y, room, name.as_str(), false, Token::Text);
            draw_runs(view, ctx, canvas, (sheet, y), (name, runs));
        }
    }
    let label = match area.height < 3 && view.scale != Scale::Day {
        true => view.chosen_day().format("free %a %-d").to_string(),
        false => "free slots".into(),
    };
    canvas.cell(area.x + 1, last, sheet.names.saturating_sub(1), &label, false, Token::Dim);
    let room = area.right().saturating_sub(axis.x + 1);
    match view.ahead.said(ctx, view.chosen_day()) {
        Said::Known(said) => {
            axis.draw_free(view, ctx, canvas, last);
            let room = area.right().saturating_sub(axis.end() + 3);
            let said = if text::width(&said) > room { said.replace("least ", "") } else { said };
            canvas.cell(axis.end() + 2, last, room, &said, false, Token::Text);
        }
        Said::Not(why) => canvas.cell(axis.x, last, room, &why, false, Token::Dim),
    }
}

/// The runs of a schedule on the line of the day, and behind it how much they take at once.
pub(super) fn draw_runs(
    view: &ScheduleView,
    ctx: &Ctx,
    canvas: &mut Canvas,
    (sheet, y): (&Sheet, u16),
    (name, runs): (&ScheduleName, &[Run]),
) {
    sheet.axis.draw_runs(ctx, canvas, y, runs);
    let x = sheet.axis.end() + 2;
    let room = sheet.area.right().saturating_sub(x + 1);
    let promise = promise(view, name).filter(|_| room + 3 >= WORDS && any_on(view, ctx, runs));
    if let Some(said) = promise {
        canvas.cell(x, y, room, &said, false, Token::Text);
    }
}

/// `takes 4 of 38 hosts`.
pub(super) fn promise(view: &ScheduleView, name: &ScheduleName) -> Option<String> {
    let outlook = view.outlook(name)?;
    let noun = match outlook.each {
        Each::Host => "host",
        Each::Vm => "VM",
    };
    let all = text::plural(outlook.targets, noun);
    Some(format!("takes {} of {all}", text::count(outlook.at_once)))
}
