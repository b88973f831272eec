//! A window around its inside: lines, title, buttons, bottom line, shadow; or, where one window
//! fills the screen, only its bottom line.

use ratatui::layout::Rect;

use super::{Edge, Place, Window};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::Ctx;

/// Draws a window.
pub fn draw_window(ctx: &Ctx, canvas: &mut Canvas, window: &mut Window, focused: bool) {
    let rect = window.rect;
    canvas.fill(rect, " ", Token::Text);
    canvas.hit(rect, Hit::Body(window.id));
    if ctx.compact {
        let inner = Rect { height: rect.height.saturating_sub(1), ..rect };
        window.view.draw(ctx, canvas, inner, window.id, focused);
        let foot = Rect { y: rect.bottom().saturating_sub(1), height: 1, ..rect };
        let token = if focused { Token::TitleOn } else { Token::Title };
        draw_foot(ctx, canvas, window, foot, focused, token);
        return;
    }
    if matches!(window.place, Place::Float(_)) {
        draw_shadow(canvas, rect);
    }
    let (lines, title) = match focused {
        true => (Token::FrameOn, Token::TitleOn),
        false => (Token::Frame, Token::Title),
    };
    let lines = if ctx.past.is_some() { Token::Warn } else { lines };
    canvas.frame(rect, focused, lines);
    let inner = Rect {
        x: rect.x + 1,
        y: rect.y + 1,
        width: rect.width.saturating_sub(2),
        height: rect.height.saturating_sub(2),
    };
    window.view.draw(ctx, canvas, inner, window.id, focused);
    let bottom = rect.bottom().saturating_sub(1);
    let foot = Rect { x: rect.x + 2, y: bottom, width: rect.width.saturating_sub(4), height: 1 };
    draw_edges(canvas, window);
    draw_title(ctx, canvas, window, title);
    draw_foot(ctx, canvas, window, foot, focused, title);
}

/// What lies right of and below a window that floats is dimmed.
fn draw_shadow(canvas: &mut Canvas, rect: Rect) {
    let side = Rect { x: rect.right(), y: rect.y + 1, width: 2, height: rect.height };
    let below = Rect { x: rect.x + 2, y: rect.bottom(), width: rect.width, height: 1 };
    canvas.tint(side, Token::Shadow);
    canvas.tint(below, Token::Shadow);
}

fn draw_edges(canvas: &mut Canvas, window: &Window) {
    let (id, rect) = (window.id, window.rect);
    let cell = |x, y| Rect { x, y, width: 1, height: 1 };
    let (right, bottom) = (rect.right().saturating_sub(1), rect.bottom().saturating_sub(1));
    canvas.hit(Rect { y: bottom, height: 1, ..rect }, Hit::Edge(id, Edge::Bottom));
    canvas.hit(Rect { x: right, width: 1, ..rect }, Hit::Edge(id, Edge::Right));
    canvas.hit(cell(right, bottom), Hit::Edge(id, Edge::RightCorner));
    canvas.hit(cell(rect.x, bottom), Hit::Edge(id, Edge::LeftCorner));
    canvas.hit(Rect { height: 1, ..rect }, Hit::Title(id));
}

/// The title as it stands in the frame: number, name, whether it is pinned, filter.
pub fn title(window: &Window) -> String {
    let number = window.number.map_or(String::new(), |n| format!("{n}:"));
    let filter = window.view.filter();
    let filter = if filter.is_empty() { String::new() } else { format!("  / {filter}") };
    let pinned = if window.pinned { " (pinned)" } else { "" };
    format!(" {number}{}{pinned}{filter} ", window.view.name())
}

fn draw_title(_: &Ctx, canvas: &mut Canvas, window: &Window, token: Token) {
    let rect = window.rect;
    let room = rect.width.saturating_sub(11);
    let title = title(window);
    let shown = text::cut(&title, room, canvas.glyphs.more());
    canvas.text(rect.x + 2, rect.y, &shown, token);
    let zoom = canvas.glyphs.zoom(window.place == Place::Zoomed);
    let buttons = [(zoom, Hit::Zoom(window.id)), (canvas.glyphs.close(), Hit::Close(window.id))];
    let mut x = rect.right().saturating_sub(8);
    for (label, hit) in buttons {
        canvas.hit(Rect { x, y: rect.y, width: 3, height: 1 }, hit);
        x = canvas.text(x, rect.y, label, token);
    }
}

/// The bottom line: the filter being typed, or what the window says about its rows.
fn draw_foot(
    ctx: &Ctx,
    canvas: &mut Canvas,
    window: &mut Window,
    area: Rect,
    focused: bool,
    token: Token,
) {
    let said = window.view.footer(ctx);
    if let Some(field) = window.view.field() {
        let cells = (area.width / 2).min(48);
        let x = canvas.text(area.x, area.y, " / ", token);
        field.draw(canvas, x, area.y, cells.saturating_sub(3), focused);
        let rest = area.width.saturating_sub(cells + 1);
        let said = format!(" {said} ");
        let said = text::cut(&said, rest, canvas.glyphs.more());
        canvas.text(x + cells.saturating_sub(2), area.y, &said, token);
    } else if !said.is_empty() {
        let said = format!(" {said} ");
        let said = text::cut(&said, area.width, canvas.glyphs.more());
        canvas.text(area.x, area.y, &said, token);
    }
}
