//! What every window can be asked. What a window does not have, it leaves out.

use hostler::model::{HostName, JobId, PoolName, ScheduleName, Timestamp};
use ratatui::layout::Rect;

use super::{Ctx, ListOp, View, WinKind};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::filter::Filter;
use crate::ui::msg::{Answer, Query};
use crate::ui::replica::{Changed, Replica};
use crate::ui::widgets::{Chosen, Field, Motion, Moved, Offer};

/// A window's inside.
pub trait Inside {
    /// Its name in title and taskbar.
    fn name(&self) -> String;
    /// The filter, as it stands in the title.
    fn filter(&self) -> &str {
        ""
    }
    /// What stands in its bottom line.
    fn footer(&self) -> String {
        String::new()
    }
    /// The field that takes text now.
    fn field(&mut self) -> Option<&mut Field> {
        None
    }
    /// Does something that every list can; false when it meant nothing here.
    fn list(&mut self, fleet: &Replica, op: ListOp) -> bool;
    /// Follows what has changed. `hold`: somebody is choosing, rows stay where they are.
    fn refresh(&mut self, _: &Replica, _: &Changed, _hold: bool) {}
    /// The hosts a command would be about.
    fn hosts(&self, fleet: &Replica) -> Vec<HostName> {
        self.host(fleet).into_iter().collect()
    }
    /// The host under the cursor.
    fn host(&self, _: &Replica) -> Option<HostName> {
        None
    }
    /// The job under the cursor.
    fn job(&self) -> Option<JobId> {
        None
    }
    /// The schedule under the cursor.
    fn schedule(&self) -> Option<&ScheduleName> {
        None
    }
    /// When what is under the cursor happened.
    fn when(&self, _: &Replica) -> Option<Timestamp> {
        None
    }
    /// The pool under the cursor, or that of the VM.
    fn pool(&self, _: &Replica) -> Option<PoolName> {
        None
    }
    /// The window of what is under the cursor.
    fn opens(&self, _: &Replica) -> Option<View> {
        None
    }
    /// What is under the cursor as a filter of another list, when it stands for several rows of it.
    fn narrows(&self) -> Option<(WinKind, Filter)> {
        None
    }
    /// Shows what passes this filter, from the top.
    fn narrow(&mut self, _: &Replica, _: Filter) {}
    /// The columns that can be chosen here.
    fn columns(&self) -> Vec<Offer> {
        Vec::new()
    }
    /// What somebody has chosen of them.
    fn column_choice(&mut self) -> Option<&mut Chosen> {
        None
    }
    /// What a copy of what is under the cursor says.
    fn copy(&self, _: &Replica) -> Option<String> {
        None
    }
    /// Whether there is a row under the cursor, and how many are marked.
    fn rows(&self) -> (bool, usize) {
        (false, 0)
    }
    /// The hosts whose figures are in sight.
    fn watches(&self) -> Vec<HostName> {
        Vec::new()
    }
    /// What only the controller can tell, and is wanted now. Asked once until it is answered.
    fn wants(&self) -> Option<Query> {
        None
    }
    /// Takes what was wanted, or why it cannot be had.
    fn told(&mut self, _: &Query, _: Result<Answer, String>) {}
    /// Draws itself.
    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool);
}

/// A window without rows only scrolls.
pub fn scrolled(op: ListOp, mut scroll: impl FnMut(Motion)) -> bool {
    let motion = op.moved().and_then(Moved::motion);
    motion.map(&mut scroll).is_some()
}
