//! The status line: hints for the focused window, from the table; for a while instead of them a
//! result; until the next key, a failure.

use hostler::model::{Span, Timestamp};
use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::commands::{COMMANDS, Command, Menu, Situation};
use crate::ui::text;
use crate::ui::theme::Token;

/// How long a result is shown.
const SHOWN: Span = Span::from_secs(5);

/// A result or a failure to be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    pub text: String,
    /// None: it is a failure and stays until a key is pressed.
    pub until: Option<Timestamp>,
}

impl Notice {
    pub fn result(text: impl Into<String>, now: Timestamp) -> Self {
        Self { text: text.into(), until: Some(now + SHOWN) }
    }
    pub fn failure(text: impl Into<String>) -> Self {
        Self { text: text.into(), until: None }
    }
}

/// Draws the status line.
pub fn draw_status(canvas: &mut Canvas, notice: Option<&Notice>, now: &Situation) {
    let area = canvas.area();
    let line = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    canvas.fill(line, " ", Token::Bar);
    let Some(notice) = notice else { return draw_hints(canvas, line, now) };
    let token = if notice.until.is_some() { Token::Bar } else { Token::Danger };
    let shown = text::cut(&notice.text, line.width.saturating_sub(2), canvas.glyphs.more());
    canvas.fill(line, " ", token);
    canvas.text(line.x + 1, line.y, &shown, token);
}

fn draw_hints(canvas: &mut Canvas, line: Rect, now: &Situation) {
    let here = |command: &&Command| {
        let on = if command.hinted.is_empty() { command.on } else { command.hinted };
        let framed = command.menu == Some(Menu::Window) && now.compact;
        command.hint > 0
            && !framed
            && (on.is_empty() || now.kind.is_some_and(|kind| on.contains(&kind)))
    };
    let mut hints: Vec<&Command> = COMMANDS.iter().filter(here).collect();
    hints.sort_by_key(|command| command.hint);
    let mut x = line.x + 1;
    for command in hints {
        let key = now.keymap.first(command, now.kind);
        let title = command.title(canvas.glyphs.more());
        let width = text::width(key) + 1 + text::width(&title);
        if x + width > line.right() {
            continue;
        }
        let (hot, rest) = match command.can(now).is_ok() {
            true => (Token::BarHot, Token::Bar),
            false => (Token::BarOff, Token::BarOff),
        };
        canvas.hit(Rect { x, y: line.y, width, height: 1 }, Hit::Command(command.id));
        let end = canvas.text(x, line.y, key, hot);
        x = canvas.text(end + 1, line.y, &title, rest) + 2;
    }
}
