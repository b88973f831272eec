//! The menu bar with the state of the connection, and the taskbar or, where one window fills the
//! screen, the strip of tabs.

use ratatui::layout::Rect;

use super::Desk;
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::commands::MENUS;
use crate::ui::link::Link;
use crate::ui::past::Stand;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::{Ctx, WinKind};

/// What the bars say beside the fleet's state.
pub struct Names<'a> {
    pub cluster: &'a str,
    pub production: bool,
    pub user: &'a str,
}

/// Draws the menu bar; gives the columns where the titles begin.
pub fn draw_menu_bar(
    ctx: &Ctx,
    canvas: &mut Canvas,
    names: &Names,
    open: Option<usize>,
) -> Vec<u16> {
    let bar = Rect { height: 1, ..canvas.area() };
    canvas.fill(bar, " ", Token::Bar);
    let gap = if ctx.compact { 1 } else { 2 };
    let mut x = 1;
    let mut starts = Vec::new();
    for (n, (_, title)) in MENUS.iter().enumerate() {
        let title = if title.is_empty() { canvas.glyphs.system() } else { title };
        let (hot, rest) = title.split_at(title.chars().next().map_or(0, char::len_utf8));
        let (first, others) = match open == Some(n) {
            true => (Token::BarOn, Token::BarOn),
            false => (Token::BarHot, Token::Bar),
        };
        let end = canvas.text(x, 0, hot, first);
        let end = canvas.text(end, 0, rest, others);
        canvas.hit(
            Rect { x: x.saturating_sub(1), y: 0, width: end - x + gap, height: 1 },
            Hit::Menu(n),
        );
        starts.push(x.saturating_sub(1));
        x = end + gap;
    }
    draw_state(ctx, canvas, names, x);
    starts
}

/// Right in the menu bar: connection and age of data, cluster, user, clock.
fn draw_state(ctx: &Ctx, canvas: &mut Canvas, names: &Names, from: u16) {
    let dot = canvas.glyphs.look(crate::ui::glyphs::Look::Ready);
    let cross = canvas.glyphs.look(crate::ui::glyphs::Look::Off);
    let age = text::age(ctx.now, ctx.heard);
    let (state, token) = match ctx.link {
        _ if ctx.past.is_some() => {
            let seq = ctx.past.map_or(0, |stand| stand.seq);
            (
                format!("{} THE PAST, entry {}", canvas.glyphs.back(), text::count(seq as usize)),
                Token::Danger,
            )
        }
        Link::Connecting => ("? connecting".to_string(), Token::Bar),
        Link::Live if ctx.stale => (format!("? silent {age}"), Token::Danger),
        Link::Live => (format!("{dot} live {age}"), Token::Bar),
        Link::Resyncing => ("? resyncing".to_string(), Token::Bar),
        Link::Lost { since, next, .. } => {
            let off = ctx.now.since(*since).rough();
            let next = next.since(ctx.now).rough();
            (format!("{cross} DISCONNECTED {off}, next try {next}"), Token::Danger)
        }
    };
    let cluster = if names.production { Token::Danger } else { Token::Bar };
    // Here stands how far all times on this desktop are from UTC.
    let (clock, offset) = (ctx.zone.clock(ctx.there), ctx.zone.offset(ctx.there));
    let mut pieces = vec![(state, token), (names.cluster.to_string(), cluster)];
    if ctx.compact {
        pieces.push((format!("{}{offset}", &clock[..5]), Token::Bar));
    } else {
        pieces.push((names.user.to_string(), Token::Bar));
        pieces.push((format!("{clock}{offset}"), Token::Bar));
    }
    pieces.retain(|(text, _)| !text.is_empty());
    let between = match ctx.compact {
        true => " ".to_string(),
        false => format!(" {} ", canvas.glyphs.bar()),
    };
    let joint = text::width(&between);
    let all = |pieces: &[(String, Token)]| -> u16 {
        pieces.iter().map(|(text, _)| text::width(text) + joint).sum::<u16>().saturating_sub(joint)
    };
    let right = canvas.area().right().saturating_sub(1);
    // Words give way from the right: the state of the connection is the last to go.
    while pieces.len() > 1 && from + all(&pieces) > right {
        pieces.pop();
    }
    let mut x = right.saturating_sub(all(&pieces)).max(from);
    for (n, (text, token)) in pieces.iter().enumerate() {
        if n > 0 {
            x = canvas.text(x, 0, &between, Token::Bar);
        }
        x = canvas.text(x, 0, text, *token);
    }
}

/// Draws the taskbar, or the strip of tabs: windows by number, and right what wants attention.
pub fn draw_taskbar(ctx: &Ctx, canvas: &mut Canvas, desk: &Desk, unseen: usize) {
    let area = canvas.area();
    let y = if ctx.compact { 1 } else { area.bottom().saturating_sub(2) };
    canvas.fill(Rect { y, height: 1, ..area }, " ", Token::Bar);
    let marks = desk.focused().map_or(0, |window| window.view.rows().1);
    let mut right = Vec::new();
    if marks > 0 {
        right.push(format!("{} marked", text::count(marks)));
    }
    let drains = ctx.fleet.drains().going();
    if drains > 0 {
        let glyph = canvas.glyphs.look(crate::ui::glyphs::Look::Leaving);
        right.push(format!("{glyph} {}", text::plural(drains, "drain")));
    }
    if ctx.fleet.world().is_some_and(|world| world.brake.is_some()) {
        right.push("! BRAKE HOLDS".into());
    }
    if unseen > 0 {
        right.push(format!("! {}", text::plural(unseen, "failure")));
    }
    let right = right.join("  ");
    let mut end = area.right().saturating_sub(text::width(&right) + 1);
    canvas.text(end, y, &right, Token::Bar);
    if let Some(stand) = ctx.past {
        end = draw_scrub(canvas, (end, y), stand);
    }
    let mut tasks = canvas.inside(Rect { width: end.saturating_sub(1), ..area });
    let focused = desk.focused().map(|window| window.id);
    let mut x = 1;
    for window in desk.by_number() {
        let number = window.number.map_or(String::new(), |n| format!("{n} "));
        let alarm = unseen > 0 && window.view.kind() == WinKind::Events;
        let label = format!("{number}{}{}", window.view.name(), if alarm { "!" } else { "" });
        let (open, close) = match focused == Some(window.id) {
            true => tasks.glyphs.active(),
            false if ctx.compact => (" ", " "),
            false => ("[", "]"),
        };
        let token = if focused == Some(window.id) { Token::BarOn } else { Token::Bar };
        let start = x;
        x = tasks.text(x, y, &format!("{open}{label}{close}"), token);
        tasks.hit(Rect { x: start, y, width: x - start, height: 1 }, Hit::Task(window.id));
        if ctx.compact {
            let bar = tasks.glyphs.bar();
            x = tasks.text(x, y, bar, Token::BarOff);
        } else {
            x += 1;
        }
    }
}

/// So many cells the journal's time takes, where there is room.
const SCRUB: u16 = 32;

/// The journal from its first entry to its last, and where in it the desktop stands. Gives where
/// it begins.
fn draw_scrub(canvas: &mut Canvas, (end, y): (u16, u16), stand: Stand) -> u16 {
    let cells = SCRUB.min(end / 3);
    let x = end.saturating_sub(cells + 1);
    let all = stand.to.since(stand.from).as_millis().max(1);
    let gone = stand.at.since(stand.from).as_millis().min(all);
    let last = u64::from(cells.saturating_sub(1));
    let here = u16::try_from(gone * last / all).unwrap_or(0);
    for cell in 0..cells {
        let (glyph, token) = match cell == here {
            true => (canvas.glyphs.thumb(), Token::BarOn),
            false => (canvas.glyphs.rule(), Token::BarOff),
        };
        canvas.text(x + cell, y, glyph, token);
        let part = u64::from(cell) * 1_000 / last.max(1);
        let part = u16::try_from(part).unwrap_or(1_000);
        canvas.hit(Rect { x: x + cell, y, width: 1, height: 1 }, Hit::Scrub(part));
    }
    x
}
