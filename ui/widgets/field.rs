//! A field for one line of text, with a cursor.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

use crate::ui::canvas::Canvas;
use crate::ui::keys::{Code, Key};
use crate::ui::text;
use crate::ui::theme::Token;

/// How many characters a field takes.
const MOST: usize = 400;

/// A field and what stands in it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Field {
    chars: Vec<char>,
    at: usize,
}

impl Field {
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        Self { at: chars.len(), chars }
    }
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Takes a key; false when the key means nothing to a field.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c);
            return true;
        }
        match (key.code, key.ctrl) {
            (Code::Left, false) => self.at = self.at.saturating_sub(1),
            (Code::Right, false) => self.at = (self.at + 1).min(self.chars.len()),
            (Code::Home, _) | (Code::Char('a'), true) => self.at = 0,
            (Code::End, _) | (Code::Char('e'), true) => self.at = self.chars.len(),
            (Code::Backspace, _) if self.at > 0 => {
                self.at -= 1;
                self.chars.remove(self.at);
            }
            (Code::Delete, _) if self.at < self.chars.len() => {
                self.chars.remove(self.at);
            }
            (Code::Backspace | Code::Delete, _) => {}
            (Code::Char('u'), true) => {
                self.chars.drain(..self.at);
                self.at = 0;
            }
            _ => return false,
        }
        true
    }

    /// Takes pasted text: one line of it, without control characters. Terminals end lines as the
    /// Enter key does.
    pub fn paste(&mut self, pasted: &str) {
        for c in pasted.split(['\r', '\n']).next().unwrap_or("").chars() {
            self.insert(c);
        }
    }

    fn insert(&mut self, c: char) {
        if self.chars.len() < MOST && c.width().unwrap_or(0) > 0 {
            self.chars.insert(self.at, c);
            self.at += 1;
        }
    }

    /// Draws it in `cells` columns; what is left of the cursor stays in sight.
    pub fn draw(&self, canvas: &mut Canvas, x: u16, y: u16, cells: u16, focused: bool) {
        canvas.fill(Rect { x, y, width: cells, height: 1 }, " ", Token::FieldOn);
        let room = cells.saturating_sub(1);
        let mut from = self.at;
        let mut used = 0;
        while from > 0 {
            let w = self.chars[from - 1].width().unwrap_or(0) as u16;
            if used + w > room {
                break;
            }
            (from, used) = (from - 1, used + w);
        }
        let shown: String = self.chars[from..].iter().collect();
        let (shown, _) = text::prefix(&shown, cells);
        canvas.text(x, y, shown, Token::FieldOn);
        if focused {
            canvas.cursor(x + used, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_edits_a_line() {
        let mut field = Field::new("ab");
        for (key, text) in [
            ("c", "abc"),
            ("Left", "abc"),
            ("Backspace", "ac"),
            ("Delete", "a"),
            ("Delete", "a"),
            ("Home", "a"),
            ("x", "xa"),
            ("End", "xa"),
            ("Space", "xa "),
            ("^U", ""),
            ("Backspace", ""),
        ] {
            assert!(field.key(key.parse().unwrap()), "{key}");
            assert_eq!(field.text(), text, "{key}");
        }
        assert!(!field.key(Key::ENTER) && !field.key("^W".parse().unwrap()));
        for end in ["\n", "\r", "\r\n"] {
            field.key("^U".parse().unwrap());
            field.paste(&format!("one\u{7} two{end}rm -rf{end}"));
            assert_eq!(field.text(), "one two");
        }
        field.paste(&"x".repeat(2 * MOST));
        assert_eq!(field.text().len(), MOST);
    }
}
