//! A scrolled list of lines, each of pieces with a token.

use ratatui::layout::Rect;

use super::Motion;
use crate::ui::canvas::Canvas;
use crate::ui::theme::Token;

/// A line: pieces of text, each with its token.
pub type Line = Vec<(String, Token)>;

/// How far a list of lines is scrolled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scroll {
    top: usize,
    page: usize,
    len: usize,
}

impl Scroll {
    pub fn motion(&mut self, motion: Motion) {
        let most = self.len.saturating_sub(self.page);
        self.top = match motion {
            Motion::Last => most,
            Motion::Up
            | Motion::Down
            | Motion::PageUp
            | Motion::PageDown
            | Motion::HalfUp
            | Motion::HalfDown
            | Motion::First => motion.from(self.top, self.page, self.len).min(most),
        };
    }

    /// Goes to the end of so many lines, of which `page` are seen.
    pub fn show_end(&mut self, len: usize, page: usize) {
        (self.len, self.page) = (len, page);
        self.motion(Motion::Last);
    }

    /// The first and last line in sight, counted from one.
    pub fn in_sight(&self) -> (usize, usize) {
        let last = (self.top + self.page).min(self.len);
        ((self.top + 1).min(last), last)
    }

    /// Draws the lines in sight, and over the last how many more there are.
    pub fn draw(&mut self, canvas: &mut Canvas, area: Rect, lines: &[Line]) {
        self.draw_lines(canvas, area, lines);
        if self.len > self.page && area.width > 1 {
            let left = format!(" {} more ", self.len - self.page - self.top);
            if self.top + self.page < self.len {
                let x = area.right().saturating_sub(left.len() as u16);
                canvas.text(x, area.bottom() - 1, &left, Token::Dim);
            }
        }
    }

    /// Draws the lines in sight and nothing over them.
    pub fn draw_lines(&mut self, canvas: &mut Canvas, area: Rect, lines: &[Line]) {
        (self.page, self.len) = (usize::from(area.height), lines.len());
        self.top = self.top.min(self.len.saturating_sub(self.page));
        for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(self.top)) {
            let mut x = area.x;
            for (text, token) in line {
                x = canvas.text(x, y, text, *token);
            }
        }
    }
}
