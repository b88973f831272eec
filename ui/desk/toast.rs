//! Toasts: failures that happen while no window in sight tells of them. They lie in the top right
//! corner over the windows, but under any dialog, and go by themselves.

use std::collections::BTreeSet;

use hostler::model::{Span, Timestamp};
use ratatui::layout::Rect;

use super::Desk;
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::commands::Cmd;
use crate::ui::notes::Level;
use crate::ui::replica::{FIRST_NOTE, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::WinKind;

/// How long one is shown.
const SHOWN: Span = Span::from_secs(8);
/// So many at most; the oldest give way.
const MOST: usize = 3;
const WIDTH: u16 = 56;

/// What is shown, the oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Toasts {
    shown: Vec<(Timestamp, String)>,
    /// Notes from this on have not been looked at.
    upto: u64,
}

impl Default for Toasts {
    fn default() -> Self {
        Self { shown: Vec::new(), upto: FIRST_NOTE }
    }
}

impl Toasts {
    /// Takes in what has been noted since. `told`: a window in sight tells of it anyway.
    pub fn hear(&mut self, fleet: &Replica, notes: &BTreeSet<u64>, told: bool, now: Timestamp) {
        self.shown.retain(|(until, _)| !told && *until > now);
        for n in notes.range(self.upto..) {
            self.upto = n + 1;
            let Some(note) = fleet.note(*n).filter(|note| note.level == Level::Bad) else {
                continue;
            };
            if !told {
                self.shown.push((now + SHOWN, format!("{}  {}", note.about, note.what)));
            }
        }
        self.shown.drain(..self.shown.len().saturating_sub(MOST));
    }
    /// When the next one goes.
    pub fn next(&self) -> Option<Timestamp> {
        self.shown.first().map(|(until, _)| *until)
    }

    /// Draws them below the bars; a click on one shows all that has happened.
    pub fn draw(&self, canvas: &mut Canvas, area: Rect) {
        let width = WIDTH.min(area.width.saturating_sub(4));
        let x = area.right().saturating_sub(width + 1);
        for ((_, said), y) in self.shown.iter().zip(area.top() + 1..area.bottom()) {
            let line = Rect { x, y, width, height: 1 };
            canvas.cover(line);
            canvas.fill(line, " ", Token::Danger);
            let more = canvas.glyphs.more();
            let said = format!("! {said}");
            let shown = text::cut(&said, width.saturating_sub(2), more);
            canvas.text(x + 1, y, &shown, Token::Danger);
            canvas.hit(line, Hit::Command(Cmd::Show(WinKind::Events)));
        }
    }
}

impl Desk {
    /// Whether a window of this kind can be seen, at least in part.
    pub fn shows(&self, kind: WinKind) -> bool {
        let alone = self.focused().filter(|w| self.compact() || w.place == super::Place::Zoomed);
        match alone {
            Some(window) => window.view.kind() == kind,
            None => self.of_kind(kind).is_some(),
        }
    }
}
