//! Choosing the columns of a list: in a box, or by the edge of a header. What is chosen is kept for
//! the next time, by the kind of the list.

use super::app::App;
use super::desk::WinId;
use super::dialogs::{ColumnBox, ColumnMove};
use super::keep::Keep;
use super::msg::Effect;
use super::widgets::{Chosen, ColumnOp};
use super::windows::ListOp;

/// The edge of a header that is dragged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sizing {
    win: WinId,
    column: usize,
    from: u16,
    width: u16,
    /// It has another width by now.
    sized: bool,
}

impl App {
    pub(super) fn choose_columns(&mut self) {
        self.columns_box = Some(ColumnBox::default());
    }
    pub(super) fn columns_gave(&mut self, to: ColumnMove, out: &mut Vec<Effect>) {
        match to {
            ColumnMove::Stay => {}
            ColumnMove::Close => self.columns_box = None,
            ColumnMove::Do(op) => {
                self.list(ListOp::Columns(op));
                if let Some(id) = self.desk.focused().map(|window| window.id) {
                    self.keep_columns(id, out);
                }
            }
        }
    }

    pub(super) fn begin_sizing(&mut self, win: WinId, column: usize, from: u16) {
        let offers = self.desk.get(win).map(|window| window.view.columns()).unwrap_or_default();
        self.sizing = offers.get(column).map(|(_, _, width)| Sizing {
            win,
            column,
            from,
            width: *width,
            sized: false,
        });
    }
    /// Gives the column the width that the pointer says; whether one is dragged.
    pub(super) fn size_to(&mut self, x: u16) -> bool {
        let Some(sizing) = &mut self.sizing else { return false };
        let width = (i32::from(sizing.width) + i32::from(x) - i32::from(sizing.from)).max(0);
        sizing.sized |= x != sizing.from;
        if let (true, Some(window)) = (sizing.sized, self.desk.get_mut(sizing.win)) {
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            let op = ColumnOp::Size(sizing.column, width);
            window.view.list(&self.fleet, ListOp::Columns(op));
        }
        true
    }
    pub(super) fn end_sizing(&mut self, out: &mut Vec<Effect>) {
        if let Some(sizing) = self.sizing.take().filter(|sizing| sizing.sized) {
            self.keep_columns(sizing.win, out);
        }
    }

    fn keep_columns(&mut self, win: WinId, out: &mut Vec<Effect>) {
        let Some(window) = self.desk.get_mut(win) else { return };
        let word = window.view.kind().word();
        let Some(chosen) = window.view.column_choice().cloned() else { return };
        if self.columns.get(word).unwrap_or(&Chosen::default()) != &chosen {
            out.push(Effect::Keep(Keep::columns(word, &chosen)));
            self.columns.insert(word.into(), chosen);
        }
    }
    /// Gives every list the columns that were chosen for its kind.
    pub(super) fn use_columns(&mut self) {
        for window in self.desk.windows_mut() {
            let kept = self.columns.get(window.view.kind().word());
            if let (Some(kept), Some(chosen)) = (kept, window.view.column_choice()) {
                *chosen = kept.clone();
            }
        }
    }
}
