//! Writes drawings to the terminal: only the cells that differ, in one piece, between the marks
//! that let a terminal show them at once.

use std::io::{self, BufWriter, Write};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::crossterm::terminal;
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::guard;
use super::tty::Tty;

/// Room for the largest drawing, so that it is written in one piece.
const ROOM: usize = 64 * 1024;

/// The terminal's screen, as far as it was written.
pub struct Output {
    backend: CrosstermBackend<BufWriter<Tty>>,
    shown: Buffer,
    next: Buffer,
    /// Nothing is known of what the screen shows.
    dirty: bool,
}

impl Output {
    pub fn new() -> Self {
        let backend =
            CrosstermBackend::new(BufWriter::with_capacity(ROOM, Tty { ours: guard::ours }));
        Self { backend, shown: Buffer::default(), next: Buffer::default(), dirty: true }
    }
    /// The size of the terminal.
    pub fn size() -> (u16, u16) {
        terminal::size().unwrap_or((80, 24))
    }
    /// The next drawing writes every cell.
    pub fn forget(&mut self) {
        self.dirty = true;
    }

    /// Draws the desktop.
    pub fn draw(&mut self, app: &mut App) -> io::Result<()> {
        let (w, h) = app.size();
        let area = Rect::new(0, 0, w, h);
        if self.next.area != area {
            self.next = Buffer::empty(area);
            self.dirty = true;
        }
        app.view(&mut self.next);
        self.backend.write_all(b"\x1b[?2026h\x1b[?25l")?;
        if self.dirty {
            self.shown = Buffer::empty(area);
            self.backend.write_all(b"\x1b[0m\x1b[2J")?;
            self.dirty = false;
        }
        self.backend.draw(self.shown.diff(&self.next).into_iter())?;
        if let Some((x, y)) = app.cursor() {
            self.backend.set_cursor_position(Position { x, y })?;
            self.backend.write_all(b"\x1b[?25h")?;
        }
        self.backend.write_all(b"\x1b[?2026l")?;
        Write::flush(&mut self.backend)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }

    /// Puts text on the clipboard of the terminal, wherever that is.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        write!(self.backend, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        Write::flush(&mut self.backend)
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            match n <= chunk.len() {
                true => out.push(char::from(LETTERS[(bits >> (18 - 6 * n) & 63) as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }
}
