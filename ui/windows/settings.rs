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
use crate::ui::widgets::{Motion, Moved};

/// The window of settings.
#[derive(Clone, Debug)]
pub struct SettingsView {
    choices: Vec<Choice>,
    at: usize,
    top: usize,
    page: usize,
    /// Somebody has moved: until then nothing is tried on.
    moved: bool,
}

impl SettingsView {
    /// `zone` is the one the desktop began with.
    pub fn new(kept: &Settings, zone: Zone) -> Self {
        let mut view = Self { choices: Choice::all(zone), at: 0, top: 0, page: 1, moved: false };
        view.seek(Choice::Theme(kept.theme));
        view
    }
    /// Puts the cursor on a choice.
    pub fn seek(&mut self, choice: Choice) {
        self.at = self.choices.iter().position(|other| *other == choice).unwrap_or(self.at);
    }
    /// What is under the cursor.
    pub fn choice(&self) -> Option<Choice> {
        self.choices.get(self.at).copied()
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
    fn go(&mut self, to: usize) {
        self.at = to.min(self.choices.len().saturating_sub(1));
        self.moved = true;
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
        let len = self.choices.len();
        let Some(moved) = op.moved() else { return false };
        let to = match moved {
            Moved::By(motion) => motion.from(self.at, self.page, len),
            Moved::Wheel(down) => Motion::wheel(down).from(self.at, self.page, len),
            Moved::To(row) => row,
        };
        self.go(to);
        true
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let rows = Rect { height: area.height.saturating_sub(2), ..area };
        self.page = usize::from(rows.height).max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(self.page), self.at);
        for (y, n) in (rows.top()..rows.bottom()).zip(self.top..self.choices.len()) {
            let choice = self.choices[n];
            let first = n == self.top || self.choices[n - 1].of() != choice.of();
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
            if n == self.at {
                canvas.tint(line, if focused { Token::Sel } else { Token::SelOff });
            }
            canvas.hit(line, Hit::Row(win, n));
        }
        let said = "Enter keeps it for the next time; desktop.yaml and flags go before.";
        let y = area.bottom().saturating_sub(1);
        canvas.cell(area.x + 1, y, area.width.saturating_sub(2), said, false, Token::Dim);
    }
}
