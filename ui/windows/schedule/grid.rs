//! The drawing of the calendar: its head, a row for each schedule, and what is said under them.

use chrono::NaiveDate;
use hostler::model::{Schedule, Timestamp, World};
use ratatui::layout::Rect;

use super::page::{self, Scale};
use super::runs::Run;
use super::{ScheduleView, details};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;
use crate::ui::windows::Ctx;

/// The least and the most columns for the names.
const NAMES: (u16, u16) = (8, 28);
/// The graver looks first: they are what a day is known by.
const GRAVE: [Look; 7] =
    [Look::Bad, Look::Off, Look::Held, Look::Busy, Look::Unknown, Look::Passed, Look::Queued];

/// Where the columns stand.
struct Sheet {
    /// The window's inside.
    area: Rect,
    names: u16,
    /// Columns of days, or of hours.
    columns: Vec<(u16, u16)>,
    win: WinId,
    focused: bool,
}

impl Sheet {
    fn new(view: &ScheduleView, (area, win, focused): (Rect, WinId, bool)) -> Self {
        let widest = view.names.iter().map(|name| text::width(name.as_str())).max().unwrap_or(0);
        let names = (widest + 1).clamp(NAMES.0, NAMES.1).min(area.width / 4);
        let count = match view.scale {
            Scale::Day => 24,
            Scale::Week | Scale::Month => view.days.len() as u16,
        };
        let room = area.width.saturating_sub(names + 2);
        let cells = (room / count.max(1)).max(1);
        let from = area.x + 1 + names;
        let columns = (0..count).map(|n| (from + n * cells, cells)).collect();
        Self { area, names, columns, win, focused }
    }
    /// From where to where the columns reach.
    fn span(&self) -> (u16, u16) {
        let (from, _) = self.columns.first().copied().unwrap_or((self.area.x, 0));
        let cells = self.columns.iter().map(|(_, cells)| cells).sum();
        (from, cells)
    }
}

/// Draws the calendar in sight.
pub(super) fn draw(
    view: &mut ScheduleView,
    ctx: &Ctx,
    world: &World,
    canvas: &mut Canvas,
    place: (Rect, WinId, bool),
) {
    let sheet = Sheet::new(view, place);
    let area = sheet.area;
    draw_head(view, ctx, canvas, area);
    draw_header(view, ctx, canvas, &sheet);
    let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let lines = details(view, ctx, world, area.width.saturating_sub(2));
    let rows = view.names.len() as u16;
    // The grid has at least half of the room; what is said has what the grid leaves.
    let least = rows.min(body.height.div_ceil(2));
    let under = (lines.len() as u16 + 1).min(body.height.saturating_sub(least));
    let grid = Rect { height: rows.min(body.height - under), ..body };
    view.page = usize::from(grid.height).max(1);
    view.top = view.top.clamp((view.at + 1).saturating_sub(view.page), view.at);
    for (y, n) in (grid.top()..grid.bottom()).zip(view.top..view.names.len()) {
        draw_row(view, ctx, world, canvas, (&sheet, y, n));
    }
    if under > 1 {
        draw_details(view, canvas, Rect { y: grid.bottom(), height: under, ..area }, &lines);
    }
}

fn draw_head(view: &ScheduleView, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let title = page::title(view.scale, &view.days);
    let x = canvas.text(area.x + 1, area.y, &title, Token::Strong);
    canvas.text(x + 3, area.y, &format!("times of {}", ctx.zone), Token::Dim);
}

fn draw_header(view: &ScheduleView, ctx: &Ctx, canvas: &mut Canvas, sheet: &Sheet) {
    let y = sheet.area.y + 1;
    canvas.text(sheet.area.x + 1, y, "WHAT", Token::Strong);
    if view.scale == Scale::Day {
        return draw_hours(view, ctx, canvas, sheet, y);
    }
    let chosen = view.day.unwrap_or(view.today);
    for (n, (day, (x, cells))) in view.days.iter().zip(&sheet.columns).enumerate() {
        let gap = u16::from(*cells > 3);
        let room = cells - gap;
        let mut label = page::label(*day, room, view.scale);
        if *day == view.today {
            label = match room.saturating_sub(text::width(&label)) {
                0 => canvas.glyphs.today().into(),
                1 => format!("{label}{}", canvas.glyphs.today()),
                _ => format!("{label} {}", canvas.glyphs.today()),
            };
        }
        let token = if *day == view.today { Token::Mark } else { Token::Dim };
        canvas.text(x + gap, y, &label, token);
        let column = Rect { x: *x, y, width: *cells, height: 1 };
        if *day == chosen {
            canvas.tint(column, if sheet.focused { Token::Sel } else { Token::SelOff });
        }
        canvas.hit(column, Hit::Header(sheet.win, n));
    }
}

fn draw_hours(view: &ScheduleView, ctx: &Ctx, canvas: &mut Canvas, sheet: &Sheet, y: u16) {
    let (from, cells) = sheet.span();
    let today = view.days.first().filter(|day| **day == view.today);
    let now = today.map(|day| from + page::cell_of(ctx.there, *day, ctx.zone, cells));
    for (hour, (x, cells)) in sheet.columns.iter().enumerate() {
        let shown = *cells >= 3 || hour % 2 == 0 && *cells >= 2 || hour % 6 == 0;
        let free = now.is_none_or(|now| now + 1 < *x || now > x + 2);
        if shown && free {
            canvas.text(*x, y, &format!("{hour:02}"), Token::Dim);
        }
    }
    if let Some(now) = now {
        canvas.text(now, y, canvas.glyphs.now(), Token::Mark);
    }
}

fn draw_row(
    view: &ScheduleView,
    ctx: &Ctx,
    world: &World,
    canvas: &mut Canvas,
    (sheet, y, n): (&Sheet, u16, usize),
) {
    let name = &view.names[n];
    let Some(schedule) = world.schedules.get(name) else { return };
    let line = Rect { y, height: 1, ..sheet.area };
    canvas.hit(line, Hit::Row(sheet.win, n));
    let held = schedule.suspended.is_some() || schedule.spec.suspend;
    let token = if held { Token::Hold } else { Token::Text };
    canvas.cell(line.x + 1, y, sheet.names.saturating_sub(1), name.as_str(), false, token);
    let here = n == view.at;
    if here {
        let label = Rect { width: sheet.names + 1, ..line };
        canvas.tint(label, if sheet.focused { Token::Sel } else { Token::SelOff });
    }
    let runs = view.runs(world, name, schedule, ctx.there);
    if view.scale == Scale::Day {
        return draw_line(view, ctx, canvas, sheet, y, &runs);
    }
    let chosen = view.day.unwrap_or(view.today);
    let known = view.known_until(name);
    for (column, (day, (x, cells))) in view.days.iter().zip(&sheet.columns).enumerate() {
        let (from, to) = (ctx.zone.begin(*day), ctx.zone.end(*day));
        let of_day: Vec<&Run> = runs.iter().filter(|run| run.at >= from && run.at < to).collect();
        let gap = u16::from(*cells > 3);
        let pieces = match of_day[..] {
            [] => {
                let unknown = known.is_some_and(|known| to > known.max(ctx.there));
                nothing(ctx, schedule, (*day, unknown), cells - gap)
            }
            [run] => one(ctx, run, cells - gap),
            _ => several(ctx, &of_day, cells - gap),
        };
        if gap > 0 && view.scale == Scale::Week {
            canvas.text(*x, y, canvas.glyphs.bar(), Token::Frame);
        }
        let mut inner = canvas.inside(Rect { x: x + gap, y, width: cells - gap, height: 1 });
        let mut at = x + gap;
        for (text, token) in pieces {
            at = inner.text(at, y, &text, token);
        }
        let cell = Rect { x: *x, y, width: *cells, height: 1 };
        if here && *day == chosen {
            canvas.tint(cell, if sheet.focused { Token::Sel } else { Token::SelOff });
        }
        canvas.hit(cell, Hit::Cell(sheet.win, n, column));
    }
}

/// A day without a run: because it is one of those on which nothing runs, or for all that is known.
fn nothing(ctx: &Ctx, schedule: &Schedule, (day, unknown): (NaiveDate, bool), cells: u16) -> Line {
    if schedule.spec.blackout.contains(&day) {
        let glyph = ctx.glyphs.look(Look::Off);
        let said = format!("{glyph} blackout");
        let fits = text::width(&said) <= cells;
        return vec![(if fits { said } else { glyph.into() }, Token::Off)];
    }
    match unknown {
        true => vec![(ctx.glyphs.more().into(), Token::Dim)],
        false => Vec::new(),
    }
}

/// A single run, in as many words as there is room for.
fn one(ctx: &Ctx, run: &Run, cells: u16) -> Line {
    let clock = ctx.zone.clock(run.at);
    let (time, hour) = (&clock[..5], &clock[..2]);
    // Without its minutes where it has none.
    let whole = if time.ends_with(":00") { hour } else { time };
    let glyph = ctx.glyphs.look(run.look);
    let full = format!("{glyph} {}", run.word);
    let short = if run.short.is_empty() { String::new() } else { format!(" {}", run.short) };
    let ways = [
        (time, &*full, &*short),
        (time, &*full, ""),
        (whole, &*full, ""),
        (time, glyph, &*short),
        (time, glyph, ""),
        (hour, glyph, ""),
        ("", glyph, ""),
    ];
    // What is missing says more than how much of it there was.
    let ways = match run.word {
        "done" => [0, 3, 1, 4, 5, 6],
        _ => [0, 1, 2, 4, 5, 6],
    }
    .map(|n| ways[n]);
    let wide = |(time, what, short): &(&str, &str, &str)| {
        let gap = u16::from(!time.is_empty());
        text::width(time) + gap + text::width(what) + text::width(short)
    };
    let fits = ways.iter().find(|way| wide(way) <= cells).copied().unwrap_or(("", glyph, ""));
    let (time, what, short) = fits;
    let mut line = Vec::new();
    if !time.is_empty() {
        line.push((format!("{time} "), Token::Text));
    }
    line.extend([(what.to_string(), run.look.token()), (short.to_string(), Token::Text)]);
    line
}

/// How many runs of each kind, the gravest first.
fn several(ctx: &Ctx, runs: &[&Run], cells: u16) -> Line {
    let mut line: Line = Vec::new();
    let mut used = 0;
    for look in GRAVE {
        let count = runs.iter().filter(|run| run.look == look).count();
        let glyph = ctx.glyphs.look(look);
        let said = if cells < 4 { glyph.to_string() } else { format!("{count}{glyph} ") };
        let first = line.is_empty() || cells >= 4;
        if count > 0 && first && used + text::width(said.trim_end()) <= cells {
            used += text::width(&said);
            line.push((said, look.token()));
        }
    }
    line
}

/// The runs of one day on its line of hours, each as long as it took or may take to begin.
fn draw_line(
    view: &ScheduleView,
    ctx: &Ctx,
    canvas: &mut Canvas,
    sheet: &Sheet,
    y: u16,
    runs: &[Run],
) {
    let Some(day) = view.days.first().copied() else { return };
    let (from, cells) = sheet.span();
    let (begin, end) = (ctx.zone.begin(day), ctx.zone.end(day));
    let cell = |at: Timestamp| from + page::cell_of(at, day, ctx.zone, cells);
    let of_day = |run: &&Run| run.at < end && (run.until > begin || run.at >= begin);
    for run in runs.iter().filter(of_day) {
        let length = canvas.glyphs.length(run.at > ctx.there);
        for x in cell(run.at.max(begin))..=cell(run.until.max(run.at)) {
            canvas.text(x, y, length, run.look.token());
        }
    }
    for run in runs.iter().filter(|run| run.at >= begin && run.at < end) {
        canvas.text(cell(run.at), y, canvas.glyphs.look(run.look), run.look.token());
    }
}

fn draw_details(view: &ScheduleView, canvas: &mut Canvas, area: Rect, lines: &Line) {
    let rule = Rect { x: area.x + 1, width: area.width.saturating_sub(2), height: 1, ..area };
    canvas.fill(rule, canvas.glyphs.rule(), Token::Frame);
    if let Some(name) = view.names.get(view.at) {
        canvas.text(rule.x + 1, rule.y, &format!(" {name} "), Token::Strong);
    }
    for (y, (said, token)) in (area.y + 1..area.bottom()).zip(lines) {
        canvas.cell(rule.x, y, rule.width, said, false, *token);
    }
}
