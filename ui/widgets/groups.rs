//! Rows in groups by what one of their columns says, each group under a line with its name and how
//! many it has. The line of the first row in sight is always there.

use ratatui::layout::Rect;

use super::columns::Column;
use super::table::{Rows, Table};
use crate::ui::canvas::Canvas;
use crate::ui::text;
use crate::ui::theme::Token;

/// What stands in a line below the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// The name of the group of this row.
    Head(usize),
    Row(usize),
}

/// Where there are fewer lines than this, groups have none to spare for their names.
const LINES_LEAST: usize = 4;

impl<R: Rows> Table<R> {
    /// Groups by the next column that has groups; after the last, not at all.
    pub fn group_by_next(&mut self) {
        let from = self.group.map_or(0, |n| n + 1);
        let rest = R::COLUMNS.iter().enumerate().skip(from);
        self.group = rest.filter(|(_, column)| column.groups).map(|(n, _)| n).next();
    }
    /// By which column rows are grouped.
    pub fn grouped(&self) -> Option<&'static Column> {
        R::COLUMNS.get(self.group?)
    }

    /// What stands in so many lines from the first row in sight on.
    fn lines(&self, height: usize) -> Vec<Line> {
        let mut lines = Vec::with_capacity(height);
        let headed = self.group.is_some() && height >= LINES_LEAST;
        for row in self.top..self.len() {
            let begins = row == self.top || self.order[row - 1].0.group != self.order[row].0.group;
            if headed && begins {
                lines.push(Line::Head(row));
            }
            lines.push(Line::Row(row));
            if lines.len() >= height {
                break;
            }
        }
        lines.truncate(height);
        lines
    }

    /// Brings the cursor into sight, with the groups' lines between; what stands in the lines then.
    pub(super) fn scroll_to_cursor(&mut self, height: usize) -> Vec<Line> {
        let most = self.len().saturating_sub(height);
        let low = (self.cursor + 1).saturating_sub(height).min(self.cursor);
        self.top = self.top.clamp(low, self.cursor);
        if self.group.is_none() {
            self.top = self.top.min(most);
        }
        let in_sight = |lines: &[Line], row| lines.contains(&Line::Row(row));
        let mut lines = self.lines(height);
        while !in_sight(&lines, self.cursor) && self.top < self.cursor {
            self.top += 1;
            lines = self.lines(height);
        }
        self.page = lines.iter().filter(|line| matches!(line, Line::Row(_))).count();
        lines
    }

    pub(super) fn draw_head(&self, canvas: &mut Canvas, line: Rect, row: usize) {
        let (Some((place, _)), Some(column)) = (self.order.get(row), self.grouped()) else {
            return;
        };
        let group = &place.group;
        // Groups are in order, whichever way the rows in them are.
        let first = self.order.partition_point(|(other, _)| other.group < *group);
        let after = self.order.partition_point(|(other, _)| other.group <= *group);
        let name = match group.as_str() {
            "" | "-" => format!("no {}", column.title.to_lowercase()),
            name => name.to_string(),
        };
        canvas.fill(line, canvas.glyphs.rule(), Token::Frame);
        let said = format!(" {name}  {} ", text::plural(after - first, R::NOUN));
        let room = line.width.saturating_sub(2);
        let shown = text::cut(&said, room, canvas.glyphs.more());
        canvas.text(line.x + 1, line.y, &shown, Token::Title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::filter::Filter;
    use crate::ui::replica::Replica;
    use crate::ui::tests::fleet::Maker;
    use crate::ui::windows::HostRows;

    fn grouped(times: usize) -> (Table<HostRows>, Replica, Maker) {
        let maker = Maker::varied();
        let mut fleet = Replica::default();
        fleet.replace(&maker.snapshot());
        fleet.take_changed();
        let mut table = Table::<HostRows>::new(0, false);
        for _ in 0..times {
            table.group_by_next();
        }
        table.rebuild(&fleet, &Filter::default());
        (table, fleet, maker)
    }

    #[test]
    fn every_row_is_under_the_line_of_its_group_however_it_is_scrolled() {
        for height in 1..12 {
            let (mut table, _, _) = grouped(1);
            for cursor in (0..table.len()).chain((0..table.len()).rev()) {
                table.set_cursor(cursor);
                let lines = table.scroll_to_cursor(height);
                assert!(lines.contains(&Line::Row(cursor)), "{cursor} in {height}: {lines:?}");
                let headed = matches!(lines[0], Line::Head(_));
                assert_eq!(headed, height >= LINES_LEAST);
                let mut group = None;
                for line in &lines {
                    match line {
                        Line::Head(row) => group = Some(&table.order[*row].0.group),
                        Line::Row(row) if headed => {
                            assert_eq!(group, Some(&table.order[*row].0.group));
                        }
                        Line::Row(_) => {}
                    }
                }
            }
        }
    }

    #[test]
    fn groups_stay_in_order_whichever_way_the_rows_are_and_follow_the_fleet() {
        let (mut table, mut fleet, mut maker) = grouped(1);
        table.sort_by(0);
        table.rebuild(&fleet, &Filter::default());
        let groups = |table: &Table<HostRows>| -> Vec<String> {
            let mut groups: Vec<_> =
                table.order.iter().map(|(place, _)| place.group.clone()).collect();
            groups.dedup();
            groups
        };
        assert!(groups(&table).is_sorted() && groups(&table).len() > 3, "{:?}", groups(&table));
        fleet.apply(&maker.cordon("mac-0004", "disk", "bob")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &Filter::default(), &changed, false);
        let moved = table.order.iter().find(|(_, id)| id.as_str() == "mac-0004").unwrap();
        assert_eq!(moved.0.group, "cordoned");
        assert!(groups(&table).is_sorted());
        for _ in 0..3 {
            table.group_by_next();
        }
        assert!(table.grouped().is_none(), "after the last there are none");
    }
}
