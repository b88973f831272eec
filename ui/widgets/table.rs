//! The virtual table: rows are ids in order, cells are asked for only where they are seen. The
//! order follows the fleet row by row; the cursor and the marks are ids and vanish with them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use hostler::model::{HostName, JobId, PoolName, Timestamp};
use ratatui::layout::Rect;

use super::Motion;
use super::columns::{Column, Columns, Drawn};
use super::groups::Line;
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::filter::Filter;
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::theme::Token;
use crate::ui::windows::{Ctx, HostView, View, WinKind};

/// By what rows are ordered: a figure first, then a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct SortKey(pub i64, pub String);

/// Where a row is: its group, when there are any, and its place in there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) group: String,
    pub(super) key: SortKey,
}

/// What a table shows: the ids, their order, whether they pass a filter, and their cells.
pub trait Rows: Clone + Debug {
    type Id: Clone + Ord + Debug;
    const COLUMNS: &'static [Column];
    /// What the window of these is called.
    const TITLE: &'static str;
    /// What one row is: `host`.
    const NOUN: &'static str;
    /// What is said when there is none at all, and what to do next.
    const NONE: [&'static str; 2];
    /// Grows at the end, and is mostly read there.
    const GROWS: bool = false;
    fn ids(fleet: &Replica) -> Vec<Self::Id>;
    fn changed(changed: &Changed) -> &BTreeSet<Self::Id>;
    /// Its place by this column; none when it is gone.
    fn key(fleet: &Replica, id: &Self::Id, column: usize) -> Option<SortKey>;
    /// What it has in common with others by this column.
    fn group(fleet: &Replica, id: &Self::Id, column: usize) -> String {
        Self::key(fleet, id, column).map_or(String::new(), |key| key.1)
    }
    fn passes(fleet: &Replica, id: &Self::Id, filter: &Filter) -> bool;
    /// The host it is, or is on.
    fn host(fleet: &Replica, id: &Self::Id) -> Option<HostName>;
    /// The job it is.
    fn job(_: &Self::Id) -> Option<JobId> {
        None
    }
    /// When it happened.
    fn when(_: &Replica, _: &Self::Id) -> Option<Timestamp> {
        None
    }
    /// The pool it is of.
    fn pool(_: &Replica, _: &Self::Id) -> Option<PoolName> {
        None
    }
    /// The list of which it is a part of the rows, and the filter that leaves those.
    fn narrows(_: &Self::Id) -> Option<(WinKind, Filter)> {
        None
    }
    /// The window of it; that of its host when it has none of its own.
    fn opens(fleet: &Replica, id: &Self::Id) -> Option<View> {
        Self::host(fleet, id).map(|host| View::Host(HostView::new(host)))
    }
    /// The hosts whose figures are in sight.
    fn watches(_: &Table<Self>) -> Vec<HostName> {
        Vec::new()
    }
    /// Draws what stands above the rows; what is left for them.
    fn head(_: &Ctx, _: &mut Canvas, area: Rect) -> Rect {
        area
    }
    /// What a copy of it says.
    fn name(fleet: &Replica, id: &Self::Id) -> String;
    /// In how many lines something is said of the row under the cursor.
    fn said(compact: bool) -> u16 {
        u16::from(compact)
    }
    /// What is said of the row under the cursor.
    fn detail(ctx: &Ctx, id: &Self::Id) -> String;
    fn look(ctx: &Ctx, id: &Self::Id) -> Look;
    fn cell(ctx: &Ctx, id: &Self::Id, column: usize) -> (String, Token);
}

/// The state of a table.
#[derive(Clone, Debug)]
pub struct Table<R: Rows> {
    pub(super) order: Vec<(Place, R::Id)>,
    pub(super) keys: BTreeMap<R::Id, Place>,
    at: Option<R::Id>,
    pub(super) cursor: usize,
    pub(super) top: usize,
    pub(super) page: usize,
    pub marks: BTreeSet<R::Id>,
    /// Where a range of marks began.
    pub range: Option<R::Id>,
    /// Rows stay where they are.
    pub frozen: bool,
    pub columns: Columns,
    /// The column by which rows are grouped.
    pub(super) group: Option<usize>,
    pub sort: usize,
    pub flipped: bool,
    built: bool,
}

/// More changes than this at once, and the order is made anew.
const MANY: usize = 64;

impl<R: Rows> Table<R> {
    pub fn new(sort: usize, flipped: bool) -> Self {
        Self {
            order: Vec::new(),
            keys: BTreeMap::new(),
            at: None,
            cursor: 0,
            top: 0,
            page: 0,
            marks: BTreeSet::new(),
            range: None,
            frozen: false,
            columns: Columns::default(),
            group: None,
            sort,
            flipped,
            built: false,
        }
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }
    /// The id under the cursor.
    pub fn current(&self) -> Option<&R::Id> {
        self.order.get(self.cursor).map(|(_, id)| id)
    }
    /// The first and last row in sight, counted from one.
    pub fn in_sight(&self) -> (usize, usize) {
        let last = (self.top + self.page).min(self.len());
        ((self.top + 1).min(last), last)
    }
    /// The ids in sight.
    pub fn visible(&self) -> impl Iterator<Item = &R::Id> {
        self.order.iter().skip(self.top).take(self.page).map(|(_, id)| id)
    }
    /// Whether the order follows figures that change with every sample.
    pub fn by_metric(&self) -> bool {
        R::COLUMNS.get(self.sort).is_some_and(|column| column.metric)
    }

    fn compare(&self, (a, one): &(Place, R::Id), (b, two): &(Place, R::Id)) -> Ordering {
        let (one, two) = ((&a.key, one), (&b.key, two));
        let rows = if self.flipped { two.cmp(&one) } else { one.cmp(&two) };
        a.group.cmp(&b.group).then(rows)
    }
    fn placed(&self, fleet: &Replica, id: &R::Id) -> Option<Place> {
        let key = R::key(fleet, id, self.sort)?;
        let group = self.group.map_or(String::new(), |column| R::group(fleet, id, column));
        Some(Place { group, key })
    }

    /// Makes the order anew: after another filter, another sort or a snapshot.
    pub fn rebuild(&mut self, fleet: &Replica, filter: &Filter) {
        let pass = |id: &R::Id| filter.is_empty() || R::passes(fleet, id, filter);
        let keyed = |id: R::Id| Some((self.placed(fleet, &id)?, id));
        let mut order: Vec<_> = R::ids(fleet).into_iter().filter(pass).filter_map(keyed).collect();
        order.sort_unstable_by(|a, b| self.compare(a, b));
        self.keys = order.iter().map(|(key, id)| (id.clone(), key.clone())).collect();
        self.order = order;
        self.marks.retain(|id| R::key(fleet, id, self.sort).is_some());
        self.built = true;
        self.find_cursor();
    }

    /// Follows what has changed. `hold`: rows that are there stay where they are.
    pub fn refresh(&mut self, fleet: &Replica, filter: &Filter, changed: &Changed, hold: bool) {
        if self.frozen && self.built {
            return self.drop_gone(fleet, changed);
        }
        let ids = R::changed(changed);
        let resort = changed.samples && self.by_metric() && !hold;
        if !self.built || changed.all || resort || ids.len() > MANY {
            self.rebuild(fleet, filter);
        } else if !ids.is_empty() {
            for id in ids {
                self.place(fleet, filter, id, hold && self.by_metric());
            }
            self.find_cursor();
        }
    }

    fn place(&mut self, fleet: &Replica, filter: &Filter, id: &R::Id, hold: bool) {
        let key = self.placed(fleet, id);
        if key.is_none() {
            self.marks.remove(id);
        }
        let key = key.filter(|_| filter.is_empty() || R::passes(fleet, id, filter));
        let old = self.keys.get(id);
        if old == key.as_ref() || (hold && old.is_some() && key.is_some()) {
            return;
        }
        if let Some(old) = self.keys.remove(id)
            && let Ok(at) = self.seek(&(old, id.clone()))
        {
            self.order.remove(at);
        }
        if let Some(key) = key {
            self.keys.insert(id.clone(), key.clone());
            let row = (key, id.clone());
            let (Ok(at) | Err(at)) = self.seek(&row);
            self.order.insert(at, row);
        }
    }

    fn seek(&self, row: &(Place, R::Id)) -> Result<usize, usize> {
        self.order.binary_search_by(|other| self.compare(other, row))
    }

    /// The row of an id, if it is shown.
    pub(super) fn row_of(&self, id: &R::Id) -> Option<usize> {
        let key = self.keys.get(id)?.clone();
        self.seek(&(key, id.clone())).ok()
    }

    /// The cursor stays on its id; when that is gone, on its place.
    pub(super) fn find_cursor(&mut self) {
        let found = self.at.as_ref().and_then(|id| self.row_of(id));
        self.set_cursor(found.unwrap_or(self.cursor));
    }

    /// Puts the cursor on a row.
    pub fn set_cursor(&mut self, row: usize) {
        self.cursor = row.min(self.len().saturating_sub(1));
        self.at = self.current().cloned();
    }
    /// Puts the cursor on this id, if it is shown.
    pub fn seek_id(&mut self, id: &R::Id) -> bool {
        let shown = self.keys.contains_key(id);
        if shown {
            self.at = Some(id.clone());
            self.find_cursor();
        }
        shown
    }
    pub fn motion(&mut self, motion: Motion) {
        self.set_cursor(motion.from(self.cursor, self.page, self.len()));
    }
    /// Scrolls without the cursor, which stays in sight.
    pub fn wheel(&mut self, down: bool) {
        let most = self.len().saturating_sub(self.page);
        self.top = if down { self.top + 3 } else { self.top.saturating_sub(3) }.min(most);
        let last = (self.top + self.page).saturating_sub(1);
        self.set_cursor(self.cursor.clamp(self.top, last.max(self.top)));
    }
    /// Sorts by a column; by the same one again, the other way.
    pub fn sort_by(&mut self, column: usize) {
        if self.sort == column {
            self.flipped = !self.flipped;
        } else {
            (self.sort, self.flipped) = (column, false);
        }
        self.built = false;
    }

    /// Draws the header and the rows in sight.
    pub fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let columns = self.columns.lay(R::COLUMNS, area.width.saturating_sub(4));
        let header = Rect { height: 1, ..area };
        canvas.fill(header, " ", Token::Title);
        for (n, x, w) in &columns {
            let column = &R::COLUMNS[*n];
            let sorted = self.sort == *n;
            let arrow = if sorted { canvas.glyphs.sorted(self.flipped) } else { "" };
            let title = format!("{}{arrow}", column.title);
            let token = if sorted { Token::Strong } else { Token::Title };
            canvas.cell(area.x + 3 + x, area.y, *w, &title, column.right, token);
            let place = Rect { x: area.x + 3 + x, width: *w, ..header };
            canvas.hit(place, Hit::Header(win, *n));
            let edge = Rect { x: place.right(), width: 1, ..header };
            canvas.hit(edge, Hit::HeaderEdge(win, *n));
        }
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let lines = self.scroll_to_cursor(usize::from(body.height));
        let range = self.in_range();
        for (what, y) in lines.into_iter().zip(body.top()..) {
            let line = Rect { y, height: 1, ..body };
            let row = match what {
                Line::Head(row) => {
                    self.draw_head(canvas, line, row);
                    continue;
                }
                Line::Row(row) => row,
            };
            let marked = range.as_ref().is_some_and(|range| range.contains(&row));
            self.draw_row((ctx, canvas), line, row, &columns, (focused, marked));
            canvas.hit(line, Hit::Row(win, row));
        }
        self.draw_bar(canvas, body, win);
    }

    fn draw_row(
        &self,
        (ctx, canvas): (&Ctx, &mut Canvas),
        line: Rect,
        row: usize,
        columns: &[Drawn],
        (focused, marked): (bool, bool),
    ) {
        let Some((_, id)) = self.order.get(row) else { return };
        let chosen = match (row == self.cursor, focused) {
            (true, true) => Some(Token::Sel),
            (true, false) => Some(Token::SelOff),
            (false, _) => None,
        };
        canvas.fill(line, " ", chosen.unwrap_or(Token::Text));
        if marked || self.marks.contains(id) {
            canvas.text(line.x, line.y, "*", chosen.unwrap_or(Token::Mark));
        }
        let look = R::look(ctx, id);
        let glyph = canvas.glyphs.look(look);
        canvas.text(line.x + 1, line.y, glyph, chosen.unwrap_or(look.token()));
        for (n, x, w) in columns {
            let (cell, token) = R::cell(ctx, id, *n);
            let right = R::COLUMNS[*n].right;
            canvas.cell(line.x + 3 + x, line.y, *w, &cell, right, chosen.unwrap_or(token));
        }
    }

    /// Where there are more rows than lines: which of them are in sight. It can be dragged.
    fn draw_bar(&self, canvas: &mut Canvas, body: Rect, win: WinId) {
        let (len, lines) = (self.len(), usize::from(body.height));
        if len <= self.page || lines < 2 || body.width < 2 {
            return;
        }
        let at = (self.top * (lines - 1) / (len - self.page)).min(lines - 1);
        for (n, y) in (body.top()..body.bottom()).enumerate() {
            let (glyph, token) = match n == at {
                true => (canvas.glyphs.thumb(), Token::Text),
                false => (canvas.glyphs.track(), Token::Frame),
            };
            let place = Rect { x: body.right() - 1, y, width: 1, height: 1 };
            canvas.text(place.x, y, glyph, token);
            canvas.hit(place, Hit::Bar(win, n * (len - 1) / (lines - 1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fleet::{self, Maker};
    use crate::ui::windows::HostRows;

    fn shown(table: &Table<HostRows>) -> String {
        let name = |(_, id): &(Place, HostName)| id.as_str()[4..].to_string();
        table.order.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_order_followed_row_by_row_is_the_order_made_anew() {
        let mut maker = Maker::new(30, 9);
        let mut fleet = Replica::default();
        fleet.replace(&maker.snapshot());
        fleet.take_changed();
        let filter = Filter::read("!0007").unwrap();
        for (sort, flipped) in [(0, false), (1, true), (3, false)] {
            let mut table = Table::<HostRows>::new(sort, flipped);
            table.rebuild(&fleet, &filter);
            for n in 0..40 {
                let entry = maker.something(n);
                fleet.apply(&entry).unwrap();
                let changed = fleet.take_changed();
                table.refresh(&fleet, &filter, &changed, false);
                let mut fresh = Table::<HostRows>::new(sort, flipped);
                fresh.rebuild(&fleet, &filter);
                assert_eq!(shown(&table), shown(&fresh), "after entry {n} by column {sort}");
            }
        }
    }

    #[test]
    fn cursor_and_marks_are_ids() {
        let mut maker = Maker::new(5, 0);
        let mut fleet = Replica::default();
        fleet.replace(&maker.snapshot());
        let mut table = Table::<HostRows>::new(0, false);
        let all = Filter::default();
        table.rebuild(&fleet, &all);
        table.set_cursor(2);
        table.mark();
        table.set_cursor(2);
        assert_eq!(table.current(), Some(&fleet::host("mac-0003")));
        fleet.take_changed();
        fleet.apply(&maker.drop_host("mac-0001")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &all, &changed, false);
        assert_eq!(table.current(), Some(&fleet::host("mac-0003")), "the cursor stays on its id");
        fleet.apply(&maker.drop_host("mac-0003")).unwrap();
        let changed = fleet.take_changed();
        table.refresh(&fleet, &all, &changed, false);
        assert!(table.marks.is_empty(), "a mark vanishes with its host");
        assert_eq!(table.current(), Some(&fleet::host("mac-0004")), "and the cursor stays near");
    }
}
