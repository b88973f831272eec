//! Text in the whole of the screen, without a line around it: for terminals that take nothing onto
//! their clipboard. The pointer selects text while it is in sight.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::keys::{Code, Key};
use crate::ui::theme::Token;
use crate::ui::widgets::{Motion, Scroll};

/// The text, and how far it is scrolled.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    text: String,
    scroll: Scroll,
}

impl Shown {
    pub fn new(text: String) -> Self {
        Self { text, scroll: Scroll::default() }
    }

    /// Takes a key; true when it is to be closed.
    pub fn key(&mut self, key: Key) -> bool {
        let motion = match key.code {
            Code::Esc | Code::Enter | Code::Char('q') => return true,
            Code::Up | Code::Char('k') => Motion::Up,
            Code::Down | Code::Char('j') => Motion::Down,
            Code::PageUp => Motion::PageUp,
            Code::PageDown => Motion::PageDown,
            Code::Home => Motion::First,
            Code::End => Motion::Last,
            Code::Char(_)
            | Code::F(_)
            | Code::Tab
            | Code::BackTab
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Left
            | Code::Right => return false,
        };
        self.scroll.motion(motion);
        false
    }

    /// Draws it over everything. A long line goes on at the left edge, so that what is selected is
    /// whole.
    pub fn draw(&mut self, canvas: &mut Canvas) {
        let all = canvas.area();
        canvas.hit(all, Hit::DialogGround);
        canvas.fill(all, " ", Token::Text);
        let said = " Select it with the pointer.   Esc closes";
        canvas.fill(Rect { height: 1, ..all }, " ", Token::Bar);
        canvas.text(all.x, all.y, said, Token::Bar);
        let body = Rect { y: all.y + 1, height: all.height.saturating_sub(1), ..all };
        let lines: Vec<_> = self.text.lines().flat_map(|line| pieces(line, all.width)).collect();
        let lines: Vec<_> = lines.into_iter().map(|line| vec![(line, Token::Text)]).collect();
        self.scroll.draw_lines(canvas, body, &lines);
    }
}

/// A line in pieces that fill so many cells.
fn pieces(line: &str, width: u16) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut used = 0;
    for c in line.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > usize::from(width) {
            out.push(String::new());
            used = 0;
        }
        used += wide;
        out.last_mut().into_iter().for_each(|last| last.push(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn lines_go_on_at_the_edge() {
        assert_eq!(pieces("", 4), [""]);
        assert_eq!(pieces("abcd", 4), ["abcd"]);
        assert_eq!(pieces("abcdefghi", 4), ["abcd", "efgh", "i"]);
        assert_eq!(pieces("a日本", 4), ["a日", "本"]);
        assert_eq!(pieces("日", 1).concat(), "日");
    }
}
