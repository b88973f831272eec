//! The settings: each choice a row. A row that only changes the looks shows what it would look like
//! as soon as the cursor is on it; Enter keeps it, and leaving the window brings the old back.

use hostler::model::Zone;
use ratatui::layout::Rect;

use super::{Ctx, Inside, ListOp};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::replica::Replica;
use crate::ui::settings::{Choice, Settings};
use crate::ui::theme::Token;
use crate::ui::widgets::{Cursor, Moved};

/// The window of settings.
#[derive(Clone, Debug)]
pub struct SettingsView {
    choices: Vec<Choice>,
    cursor: Cursor,
    /// Somebody has moved: until then nothing is tried on.
    moved: bool,
}

impl SettingsView {
    /// `zone` is the one the desktop began with.
    pub fn new(kept: &Settings, zone: Zone) -> Self {
        let choices = Choice::all(zone);
        let mut cursor = Cursor::default();
        cursor.count(choices.len());
        let mut view = Self { choices, cursor, moved: false };
        view.seek(Choice::Theme(kept.theme));
        view
    }
    /// Puts the cursor on a choice.
    pub fn seek(&mut self, choice: Choice) {
        let found = self.choices.iter().position(|other| *other == choice);
        self.cursor.at = found.unwrap_or(self.cursor.at);
    }
    /// What is under the cursor.
    pub fn choice(&self) -> Option<Choice> {
        self.choices.get(self.cursor.at).copied()
    }
    /// What the desktop looks like while this window has the focus.
    pub fn preview(&self, kept: &Settings) -> Settings {
        match self.choice().filter(|_| self.moved) {
            Some(choice @ (Choice::Theme(_) | Choice::Ascii(_) | Choice::Zone(_))) => {
                kept.with(choice)
            }
            // What the pointer and rows do is not to be seen: trying it on would only surprise.
            Some(Choice::Mouse(_) | Choice::Hold(_)) | None => *kept,
        }
    }
}

impl Inside for SettingsView {
    fn name(&self) -> String {
        "Settings".into()
    }
    fn footer(&self) -> String {
        "Enter keeps what is chosen   Esc leaves".into()
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        let Some(moved) = op.moved() else { return false };
        match (moved.motion(), moved) {
            (Some(motion), _) => self.cursor.motion(motion),
            (None, Moved::To(row)) => self.cursor.at = row.min(self.choices.len() - 1),
            (None, Moved::By(_) | Moved::Wheel(_)) => {}
        }
        self.moved = true;
        true
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let rows = Rect { height: area.height.saturating_sub(2), ..area };
        let seen = self.cursor.in_sight(usize::from(rows.height));
        let top = seen.start;
        for (y, n) in (rows.top()..rows.bottom()).zip(seen) {
            let choice = self.choices[n];
            let first = n == top || self.choices[n - 1].of() != choice.of();
            if first {
                canvas.text(area.x + 1, y, choice.of(), Token::Strong);
            }
            let line = Rect { x: area.x + 10, y, width: area.width.saturating_sub(11), height: 1 };
            let kept = ctx.settings.with(choice) == *ctx.settings;
            let x = canvas.text(line.x + 1, y, canvas.glyphs.choice(kept), Token::Text);
            canvas.text(x + 1, y, &choice.word(), Token::Text);
            canvas.cell(
                x + 16,
                y,
                line.right().saturating_sub(x + 16),
                choice.about(),
                false,
                Token::Dim,
            );
            if n == self.cursor.at {
                canvas.tint(line, if focused { Token::Sel } else { Token::SelOff });
            }
            canvas.hit(line, Hit::Row(win, n));
        }
        let said = "Enter keeps it for the next time; desktop.yaml and flags go before.";
        let y = area.bottom().saturating_sub(1);
        canvas.cell(area.x + 1, y, area.width.saturating_sub(2), said, false, Token::Dim);
    }
}
