//! A box with a field and under it what the text finds: the palette, and the choice of one of
//! several things.

use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::keys::{Code, Key};
use crate::ui::theme::Token;
use crate::ui::widgets::Field;

/// As wide and as high as it gets.
const WIDEST: u16 = 76;
const HIGHEST: u16 = 18;

/// What a key leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Find {
    Stay,
    Cancel,
    /// What was found at this place is meant.
    Take(usize),
}

/// The field, and which of what it finds is chosen.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Finder {
    pub field: Field,
    at: usize,
}

impl Finder {
    /// What is looked for.
    pub fn text(&self) -> String {
        self.field.text().trim().to_string()
    }

    /// Takes a key; `count` says how many things a text finds.
    pub fn key(&mut self, key: Key, count: impl FnOnce(&str) -> usize) -> Find {
        let last = |finder: &Self| count(&finder.text()).checked_sub(1);
        match key.code {
            Code::Esc => return Find::Cancel,
            Code::Enter => {
                return last(self).map_or(Find::Stay, |last| Find::Take(self.at.min(last)));
            }
            Code::Up | Code::BackTab => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Tab => self.at = (self.at + 1).min(last(self).unwrap_or(0)),
            _ if self.field.key(key) => self.at = 0,
            Code::Char(_)
            | Code::F(_)
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::PageUp
            | Code::PageDown => {}
        }
        Find::Stay
    }

    /// Draws the box under the menu bar: its title, what stands before the field, the field, and
    /// `count` lines by `draw_line`; without any, `none`.
    pub fn draw(
        &self,
        canvas: &mut Canvas,
        (title, mark): (&str, &str),
        (count, none): (usize, &str),
        mut draw_line: impl FnMut(&mut Canvas, Rect, usize),
    ) {
        let all = canvas.area();
        canvas.hit(all, Hit::DialogGround);
        let width = WIDEST.min(all.width.saturating_sub(4));
        let height = HIGHEST.min(all.height.saturating_sub(4));
        let area = Rect { x: all.x + (all.width - width) / 2, y: all.y + 2, width, height };
        canvas.fill(area, " ", Token::Text);
        canvas.frame(area, true, Token::FrameOn);
        canvas.text(area.x + 2, area.y, &format!(" {title} "), Token::TitleOn);
        let inner = Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: width.saturating_sub(2),
            height: height.saturating_sub(2),
        };
        let mut canvas = canvas.inside(inner);
        canvas.text(inner.x + 1, inner.y, mark, Token::Strong);
        let cells = inner.width.saturating_sub(4);
        self.field.draw(&mut canvas, inner.x + 3, inner.y, cells, true);
        let rows = usize::from(inner.height.saturating_sub(1));
        let at = self.at.min(count.saturating_sub(1));
        let top = (at + 1).saturating_sub(rows);
        for n in (top..count).take(rows) {
            let line = Rect { y: inner.y + 1 + (n - top) as u16, height: 1, ..inner };
            draw_line(&mut canvas, line, n);
            if n == at {
                canvas.tint(line, Token::Sel);
            }
            canvas.hit(line, Hit::Found(n));
        }
        if count == 0 {
            canvas.text(inner.x + 3, inner.y + 1, none, Token::Dim);
        }
    }
}
