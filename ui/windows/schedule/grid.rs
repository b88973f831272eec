//! The drawing of the calendar: its head, a row for each schedule, and what is said under them.

use chrono::NaiveDate;
use hostler::model::{Schedule, World};
use ratatui::layout::Rect;

use super::details::details;
use super::line::{self, Axis};
use super::page::{self, Scale};
use super::runs::Run;
use super::{ScheduleView, WORDS};
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
const GRAVE: [Look; 8] = [
    Look::Bad,
    Look::Clash,
    Look::Off,
    Look::Held,
    Look::Busy,
    Look::Unknown,
    Look::Passed,
    Look::Queued,
];

/// Where the columns stand.
pub(super) struct Sheet {
    /// The window's inside.
    pub(super) area: Rect,
    pub(super) names: u16,
    /// Columns of days.
    columns: Vec<(u16, u16)>,
    /// The line of the chosen day.
    pub(super) axis: Axis,
    pub(super) win: WinId,
    pub(super) focused: bool,
}

impl Sheet {
    fn new(view: &ScheduleView, (area, win, focused): (Rect, WinId, bool)) -> Self {
        let widest = view.names.iter().map(|name| text::width(name.as_str())).max().unwrap_or(0);
        let names = (widest + 1).clamp(NAMES.0, NAMES.1).min(area.width / 4);
        let room = area.width.saturating_sub(names + 2);
        let from = area.x + 1 + names;
        let count = view.days.len().max(1) as u16;
        let cells = (room / count).max(1);
        let columns = (0..count).map(|n| (from + n * cells, cells)).collect();
        let whole = view.scale == Scale::Day && room < WORDS + 24 * 3;
        let axis =
            Axis::new(view.chosen_day(), from, room - if whole { 0 } else { WORDS.min(room) });
        Self { area, names, columns, axis, win, focused }
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
    let runs = view.all_runs(world, ctx.there);
    let day = view.chosen_day();
    let of_day = runs.iter().flatten().filter(|run| ctx.zone.day(run.at) == day);
    view.ahead.look(ctx, day, of_day.map(|run| run.until).max());
    let lines = details(view, ctx, world, &runs, area.width.saturating_sub(2));
    let rows = view.names.len() as u16;
    // The grid has at least half of the room; what is said has what the grid leaves.
    let least = rows.min(body.height.div_ceil(2));
    let room = body.height.saturating_sub(least);
    let day = line::rows(view, ctx, &runs).min(room / 2);
    let under = (lines.len() as u16 + 1).min(room - day);
    let grid = Rect { height: rows.min(body.height - under - day), ..body };
    view.page = usize::from(grid.height).max(1);
    view.top = view.top.clamp((view.at + 1).saturating_sub(view.page), view.at);
    for (y, n) in (grid.top()..grid.bottom()).zip(view.top..view.names.len()) {
        draw_row(view, ctx, world, canvas, (&sheet, y, n, &runs[n]));
    }
    let day = Rect { y: grid.bottom(), height: day, ..area };
    line::draw(view, ctx, &runs, canvas, (&sheet, day));
    if under > 1 {
        draw_details(view, canvas, Rect { y: day.bottom(), height: under, ..area }, &lines);
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
        return sheet.axis.draw_hours(view, ctx, canvas, y);
    }
    let chosen = view.chosen_day();
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

fn draw_row(
    view: &ScheduleView,
    ctx: &Ctx,
    world: &World,
    canvas: &mut Canvas,
    (sheet, y, n, runs): (&Sheet, u16, usize, &[Run]),
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
    if view.scale == Scale::Day {
        return line::draw_runs(view, ctx, canvas, (sheet, y), (name, runs));
    }
    let chosen = view.chosen_day();
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
