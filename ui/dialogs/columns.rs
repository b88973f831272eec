//! A box with the columns of a list: which are shown and how wide they are. What is chosen in it
//! shows at once in the list behind it.

use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::keys::{Code, Key};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{ColumnOp, Offer};

const WIDTH: u16 = 44;

/// What a key leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnMove {
    Stay,
    Close,
    Do(ColumnOp),
}

/// The box: which column is chosen in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ColumnBox {
    at: usize,
}

impl ColumnBox {
    /// Takes a key.
    pub fn key(&mut self, key: Key, columns: &[Offer]) -> ColumnMove {
        let last = columns.len().saturating_sub(1);
        let width = columns.get(self.at).map_or(0, |(_, _, width)| *width);
        match key.code {
            Code::Esc | Code::Char('c' | 'q') => return ColumnMove::Close,
            Code::Enter | Code::Char(' ') => return ColumnMove::Do(ColumnOp::Toggle(self.at)),
            Code::Left | Code::Char('h') => {
                return ColumnMove::Do(ColumnOp::Size(self.at, width.saturating_sub(1)));
            }
            Code::Right | Code::Char('l') => {
                return ColumnMove::Do(ColumnOp::Size(self.at, width + 1));
            }
            Code::Backspace => return ColumnMove::Do(ColumnOp::Plain),
            Code::Up | Code::BackTab | Code::Char('k') => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Tab | Code::Char('j') => self.at = (self.at + 1).min(last),
            Code::Home => self.at = 0,
            Code::End => self.at = last,
            Code::Char(_)
            | Code::F(_)
            | Code::Delete
            | Code::Insert
            | Code::PageUp
            | Code::PageDown => {}
        }
        ColumnMove::Stay
    }
    /// A click on a column shows or hides it.
    pub fn press(&mut self, at: usize) -> ColumnMove {
        self.at = at;
        ColumnMove::Do(ColumnOp::Toggle(at))
    }

    /// Draws it under the menu bar.
    pub fn draw(&self, canvas: &mut Canvas, columns: &[Offer]) {
        let all = canvas.area();
        canvas.hit(all, Hit::DialogGround);
        let width = WIDTH.min(all.width.saturating_sub(4));
        let height = (columns.len() as u16 + 2).min(all.height.saturating_sub(4));
        let area = Rect { x: all.x + (all.width - width) / 2, y: all.y + 2, width, height };
        canvas.fill(area, " ", Token::Text);
        canvas.frame(area, true, Token::FrameOn);
        canvas.text(area.x + 2, area.y, " Columns ", Token::TitleOn);
        let rows = usize::from(height.saturating_sub(2));
        let top = (self.at + 1).saturating_sub(rows);
        for (n, (title, shown, wide)) in columns.iter().enumerate().skip(top).take(rows) {
            let y = area.y + 1 + (n - top) as u16;
            let line = Rect { x: area.x + 1, y, width: width.saturating_sub(2), height: 1 };
            let check = match (n, shown) {
                (0, _) => " * ",
                (_, true) => "[x]",
                (_, false) => "[ ]",
            };
            canvas.text(line.x + 1, y, check, Token::Text);
            let title = text::cut(title, line.width.saturating_sub(14), canvas.glyphs.more());
            canvas.text(line.x + 5, y, &title, if *shown { Token::Text } else { Token::Dim });
            let cells = Rect { x: line.right().saturating_sub(8), width: 6, ..line };
            canvas.cell(cells.x, y, cells.width, &wide.to_string(), true, Token::Dim);
            if n == self.at {
                canvas.tint(line, Token::Sel);
            }
            canvas.hit(line, Hit::Found(n));
        }
    }
}
