//! The marks of a table, the range that is being marked, and rows that somebody has frozen. Marks
//! are ids and vanish with their things.

use std::ops::RangeInclusive;

use super::Motion;
use super::table::{Rows, Table};
use crate::ui::filter::Filter;
use crate::ui::replica::{Changed, Replica};

impl<R: Rows> Table<R> {
    /// What a command is about: the marked ones, or the one under the cursor.
    pub fn targets(&self) -> Vec<R::Id> {
        match self.marks.is_empty() {
            true => self.current().cloned().into_iter().collect(),
            false => self.marks.iter().cloned().collect(),
        }
    }
    /// Marks what is under the cursor and goes on, or ends a range.
    pub fn mark(&mut self) {
        if self.end_range() {
            return;
        }
        if let Some(id) = self.current().cloned()
            && !self.marks.remove(&id)
        {
            self.marks.insert(id);
        }
        self.motion(Motion::Down);
    }
    pub fn mark_all(&mut self) {
        self.marks.extend(self.order.iter().map(|(_, id)| id.clone()));
    }
    /// Begins a range at the cursor, or ends it there.
    pub fn range(&mut self) {
        if !self.end_range() {
            self.range = self.current().cloned();
        }
    }
    /// Marks everything from the cursor, or from where a range began, to this row.
    pub fn mark_to(&mut self, row: usize) {
        if self.in_range().is_none() {
            self.range = self.current().cloned();
        }
        self.set_cursor(row);
        self.end_range();
    }
    /// The rows of the range as it would be marked.
    pub fn in_range(&self) -> Option<RangeInclusive<usize>> {
        let from = self.row_of(self.range.as_ref()?)?;
        Some(from.min(self.cursor)..=from.max(self.cursor))
    }
    fn end_range(&mut self) -> bool {
        let rows = self.in_range();
        self.range = None;
        let Some(rows) = rows else { return false };
        self.marks.extend(self.order[rows].iter().map(|(_, id)| id.clone()));
        true
    }

    /// Holds the rows as they are, or lets them follow again.
    pub fn freeze(&mut self, fleet: &Replica, filter: &Filter) {
        self.frozen = !self.frozen;
        if !self.frozen {
            self.rebuild(fleet, filter);
        }
    }
    /// Frozen rows stay where they are and no new ones come, but what is gone goes.
    pub(super) fn drop_gone(&mut self, fleet: &Replica, changed: &Changed) {
        let ids = R::changed(changed);
        if !changed.all && ids.is_empty() {
            return;
        }
        let sort = self.sort;
        let gone =
            |id: &R::Id| (changed.all || ids.contains(id)) && R::key(fleet, id, sort).is_none();
        self.marks.retain(|id| !gone(id));
        let before = self.order.len();
        self.order.retain(|(_, id)| !gone(id));
        if self.order.len() < before {
            self.keys = self.order.iter().map(|(key, id)| (id.clone(), key.clone())).collect();
            self.find_cursor();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fleet::{self, Maker};
    use crate::ui::windows::HostRows;

    fn table(maker: &Maker) -> (Table<HostRows>, Replica) {
        let mut fleet = Replica::default();
        fleet.replace(&maker.snapshot());
        fleet.take_changed();
        let mut table = Table::new(0, false);
        table.rebuild(&fleet, &Filter::default());
        (table, fleet)
    }
    fn marked(table: &Table<HostRows>) -> Vec<String> {
        table.marks.iter().map(|id| id.as_str()[6..].to_string()).collect()
    }

    #[test]
    fn a_range_is_marked_up_or_down_and_by_ids() {
        let mut maker = Maker::new(9, 0);
        let (mut table, mut fleet) = table(&maker);
        table.set_cursor(5);
        table.range();
        table.set_cursor(3);
        assert_eq!((table.in_range(), marked(&table).len()), (Some(3..=5), 0));
        table.sort_by(0);
        table.rebuild(&fleet, &Filter::default());
        assert_eq!(table.in_range(), Some(3..=5), "the ends are hosts, not places");
        table.mark();
        assert_eq!(
            (marked(&table), table.in_range()),
            (vec!["04".into(), "05".into(), "06".into()], None)
        );
        table.mark_to(8);
        assert_eq!(marked(&table), ["01", "02", "03", "04", "05", "06"]);
        table.range();
        fleet.apply(&maker.drop_host("mac-0001")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &Filter::default(), &changed, false);
        assert_eq!((table.in_range(), marked(&table).len()), (None, 5), "it ends with its host");
        table.range();
        assert!(table.in_range().is_some(), "and another can be begun");
    }

    #[test]
    fn frozen_rows_stay_and_what_is_gone_goes() {
        let mut maker = Maker::new(6, 0);
        let (mut table, mut fleet) = table(&maker);
        let all = Filter::default();
        table.sort_by(1);
        table.rebuild(&fleet, &all);
        table.set_cursor(1);
        table.freeze(&fleet, &all);
        let names = |table: &Table<HostRows>| -> Vec<String> {
            table.order.iter().map(|(_, id)| id.as_str()[6..].to_string()).collect()
        };
        let before = names(&table);
        fleet.apply(&maker.cordon("mac-0004", "disk", "bob")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &all, &changed, false);
        assert_eq!(names(&table), before);
        fleet.apply(&maker.drop_host("mac-0002")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &all, &changed, false);
        assert_eq!(names(&table), ["01", "03", "04", "05", "06"]);
        assert_eq!(table.current(), Some(&fleet::host("mac-0003")));
        table.freeze(&fleet, &all);
        assert_eq!(names(&table), ["04", "01", "03", "05", "06"], "what changed meanwhile shows");
    }
}
