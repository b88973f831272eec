//! What all windows that list have in common: a table, a filter and its field, following, and
//! the pages shown instead of rows: loading, empty, unreachable.

use hostler::model::{HostName, JobId, PoolName, Timestamp};
use ratatui::layout::Rect;

use super::{Ctx, Inside, View, WinKind};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::filter::Filter;
use crate::ui::link::Link;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Chosen, ColumnOp, Field, Motion, Moved, Offer, Rows, Table};

/// A list in a window.
#[derive(Clone, Debug)]
pub struct Listing<R: Rows> {
    pub table: Table<R>,
    pub filter: Filter,
    /// The filter being typed, and the one before it.
    typing: Option<(Field, Filter)>,
    trouble: Option<String>,
    follow: bool,
}

/// What every list can do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ListOp {
    Go(Motion),
    Wheel(bool),
    Mark,
    MarkAll,
    Unmark,
    /// Begins a range of marks at the cursor, or ends it there.
    Range,
    MarkTo(usize),
    Sort,
    Flip,
    SortBy(usize),
    /// By the next column that has groups.
    Group,
    Select(usize),
    Filter,
    Follow,
    /// Rows stay where they are, or follow again.
    Freeze,
    Columns(ColumnOp),
    /// The next part of the window, or the one before.
    Part(bool),
    /// On the map, or over the columns of a wide list.
    Left,
    Right,
    ZoomIn,
    ZoomOut,
    /// What the cells of the map tell.
    Tint,
    /// The field has another text.
    Typed,
    Accept,
    Back,
}

impl ListOp {
    /// What it moves; `None`: it is about something else, which few windows know.
    pub fn moved(self) -> Option<Moved> {
        match self {
            Self::Go(motion) => Some(Moved::By(motion)),
            Self::Wheel(down) => Some(Moved::Wheel(down)),
            Self::Select(row) => Some(Moved::To(row)),
            Self::Mark
            | Self::MarkAll
            | Self::Unmark
            | Self::Range
            | Self::MarkTo(_)
            | Self::Freeze
            | Self::Columns(_)
            | Self::Sort
            | Self::Flip
            | Self::SortBy(_)
            | Self::Group
            | Self::Filter
            | Self::Follow
            | Self::Part(_)
            | Self::Left
            | Self::Right
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::Tint
            | Self::Typed
            | Self::Accept
            | Self::Back => None,
        }
    }
}

impl<R: Rows> Listing<R> {
    pub fn new(sort: usize, flipped: bool) -> Self {
        let table = Table::new(sort, flipped);
        Self { table, filter: Filter::default(), typing: None, trouble: None, follow: R::GROWS }
    }
    /// Does something; false when it meant nothing.
    pub fn act(&mut self, fleet: &Replica, op: ListOp) -> bool {
        match op {
            ListOp::Go(motion) => {
                self.table.motion(motion);
                self.follow = R::GROWS && motion == Motion::Last;
            }
            ListOp::Wheel(down) => {
                self.table.wheel(down);
                self.follow = false;
            }
            ListOp::Mark => self.table.mark(),
            ListOp::MarkAll => self.table.mark_all(),
            ListOp::Unmark => self.table.marks.clear(),
            ListOp::Range => self.table.range(),
            ListOp::MarkTo(row) => self.table.mark_to(row),
            ListOp::Freeze => self.table.freeze(fleet, &self.filter),
            ListOp::Columns(op) => return self.table.columns.act(R::COLUMNS, op),
            ListOp::Left | ListOp::Right => {
                return self.table.columns.scroll(op == ListOp::Right);
            }
            ListOp::Sort => self.table.sort_by((self.table.sort + 1) % R::COLUMNS.len()),
            ListOp::Flip => self.table.sort_by(self.table.sort),
            ListOp::SortBy(column) => self.table.sort_by(column),
            ListOp::Group => self.table.group_by_next(),
            ListOp::Select(row) => {
                self.table.set_cursor(row);
                self.follow = false;
            }
            ListOp::Filter => {
                self.typing = Some((Field::new(self.filter.text()), self.filter.clone()));
            }
            ListOp::Follow => self.follow = !self.follow,
            ListOp::Part(_) | ListOp::ZoomIn | ListOp::ZoomOut | ListOp::Tint => return false,
            ListOp::Typed => self.typed(fleet),
            ListOp::Accept => return self.accept(),
            ListOp::Back => return self.back(fleet),
        }
        if matches!(op, ListOp::Sort | ListOp::Flip | ListOp::SortBy(_) | ListOp::Group) {
            self.table.rebuild(fleet, &self.filter);
        }
        true
    }

    fn typed(&mut self, fleet: &Replica) {
        let Some((field, _)) = &self.typing else { return };
        match Filter::read(&field.text()) {
            Ok(filter) => {
                self.trouble = None;
                self.set_filter(fleet, filter);
            }
            Err(bad) => self.trouble = Some(bad.to_string()),
        }
    }
    /// Puts the cursor on this id; a filter that hides it gives way.
    pub fn seek(&mut self, fleet: &Replica, id: &R::Id) {
        if !self.table.seek_id(id) {
            self.narrow(fleet, Filter::default());
            self.table.seek_id(id);
        }
    }
    fn set_filter(&mut self, fleet: &Replica, filter: Filter) {
        self.filter = filter;
        self.table.rebuild(fleet, &self.filter);
    }
    fn accept(&mut self) -> bool {
        self.trouble = None;
        self.typing.take().is_some()
    }
    fn back(&mut self, fleet: &Replica) -> bool {
        self.trouble = None;
        if let Some((_, before)) = self.typing.take() {
            self.set_filter(fleet, before);
        } else if self.table.range.take().is_some() {
            return true;
        } else if !self.filter.is_empty() {
            self.set_filter(fleet, Filter::default());
        } else if !self.table.marks.is_empty() {
            self.table.marks.clear();
        } else {
            return false;
        }
        true
    }

    fn nothing(&self) -> Vec<(String, Token)> {
        let noun = R::NOUN;
        if !self.filter.is_empty() {
            let said = format!("No {noun} matches `{}`.", self.filter.text());
            return vec![(said, Token::Strong), ("Esc clears the filter.".into(), Token::Text)];
        }
        vec![(R::NONE[0].into(), Token::Strong), (R::NONE[1].into(), Token::Text)]
    }
}

impl<R: Rows> Inside for Listing<R> {
    fn name(&self) -> String {
        R::TITLE.into()
    }
    fn filter(&self) -> &str {
        self.filter.text()
    }
    fn list(&mut self, fleet: &Replica, op: ListOp) -> bool {
        self.act(fleet, op)
    }
    fn job(&self) -> Option<JobId> {
        R::job(self.table.current()?)
    }
    fn opens(&self, fleet: &Replica) -> Option<View> {
        R::opens(fleet, self.table.current()?)
    }
    fn narrows(&self) -> Option<(WinKind, Filter)> {
        R::narrows(self.table.current()?)
    }
    fn narrow(&mut self, fleet: &Replica, filter: Filter) {
        (self.typing, self.trouble) = (None, None);
        self.set_filter(fleet, filter);
        self.table.set_cursor(0);
    }
    fn columns(&self) -> Vec<Offer> {
        self.table.columns.offers(R::COLUMNS)
    }
    fn column_choice(&mut self) -> Option<&mut Chosen> {
        Some(&mut self.table.columns.chosen)
    }
    fn watches(&self) -> Vec<HostName> {
        R::watches(&self.table)
    }
    fn field(&mut self) -> Option<&mut Field> {
        self.typing.as_mut().map(|(field, _)| field)
    }
    fn hosts(&self, fleet: &Replica) -> Vec<HostName> {
        let mut hosts: Vec<_> =
            self.table.targets().iter().filter_map(|id| R::host(fleet, id)).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
    fn host(&self, fleet: &Replica) -> Option<HostName> {
        R::host(fleet, self.table.current()?)
    }
    fn when(&self, fleet: &Replica) -> Option<Timestamp> {
        R::when(fleet, self.table.current()?)
    }
    fn pool(&self, fleet: &Replica) -> Option<PoolName> {
        R::pool(fleet, self.table.current()?)
    }
    fn copy(&self, fleet: &Replica) -> Option<String> {
        let names: Vec<_> = self.table.targets().iter().map(|id| R::name(fleet, id)).collect();
        (!names.is_empty()).then(|| names.join("\n"))
    }
    fn rows(&self) -> (bool, usize) {
        (self.table.current().is_some(), self.table.marks.len())
    }

    fn refresh(&mut self, fleet: &Replica, changed: &Changed, hold: bool) {
        let hold = hold || !self.table.marks.is_empty();
        self.table.refresh(fleet, &self.filter, changed, hold);
        if self.follow && R::GROWS {
            self.table.motion(Motion::Last);
        }
    }

    fn footer(&self) -> String {
        if let Some(trouble) = &self.trouble {
            return trouble.clone();
        }
        let (first, last) = self.table.in_sight();
        let len = self.table.len();
        let mut out = match first > 1 || last < len {
            true => format!("{}-{} of ", text::count(first), text::count(last)),
            false => String::new(),
        };
        out.push_str(&text::plural(len, R::NOUN));
        if !self.table.marks.is_empty() {
            out.push_str(&format!("   {} marked", text::count(self.table.marks.len())));
        }
        if let Some(rows) = self.table.in_range() {
            out.push_str(&format!("   range of {}", text::count(rows.count())));
        }
        if R::GROWS && self.follow {
            out.push_str("   following");
        }
        if let Some(column) = self.table.grouped() {
            out.push_str(&format!("   by {}", column.title.to_lowercase()));
        }
        if self.table.frozen {
            out.push_str("   frozen");
        }
        if let Some(said) = self.table.columns.said() {
            out.push_str(&format!("   {said}"));
        }
        out
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let area = R::head(ctx, canvas, area);
        canvas.faded = ctx.stale;
        if self.table.len() > 0 {
            let said = if area.height >= 8 { R::said(ctx.compact) } else { 0 };
            let rows = Rect { height: area.height - said, ..area };
            self.table.draw(ctx, canvas, rows, win, focused);
            if let Some(id) = self.table.current().filter(|_| said > 0) {
                let detail = R::detail(ctx, id);
                let below = Rect { x: area.x + 1, y: rows.bottom(), height: said, ..area };
                let edges = area.width.min(said.min(2));
                draw_said(canvas, Rect { width: area.width - edges, ..below }, &detail);
            }
        } else {
            let lines = match ctx.fleet.world() {
                None => waiting(ctx),
                Some(_) => self.nothing(),
            };
            page(canvas, area, &lines);
        }
        canvas.faded = false;
    }
}

/// Draws a text in so many lines; the last is cut.
fn draw_said(canvas: &mut Canvas, area: Rect, said: &str) {
    let last = usize::from(area.height).saturating_sub(1);
    let mut rest = match last {
        0 => vec![said.to_string()],
        _ => text::wrap(said, area.width),
    };
    if rest.len() > last {
        let tail = rest.split_off(last).join(" ");
        rest.push(tail);
    }
    for (y, line) in (area.top()..area.bottom()).zip(&rest) {
        canvas.cell(area.x, y, area.width, line, false, Token::Text);
    }
}

/// What is said before the first snapshot has come.
pub fn waiting(ctx: &Ctx) -> Vec<(String, Token)> {
    match ctx.link {
        Link::Connecting | Link::Live | Link::Resyncing => {
            vec![("Loading the fleet...".into(), Token::Strong)]
        }
        Link::Lost { since, why, next } => {
            let (since, wait) = (ctx.zone.clock(*since), ctx.zone.clock(*next));
            vec![
                ("The controller cannot be reached.".into(), Token::Bad),
                (why.clone(), Token::Text),
                (format!("Since {since}; next try at {wait}."), Token::Text),
                ("Press r to try now.".into(), Token::Text),
            ]
        }
    }
}

/// Sentences in the middle of a window, instead of rows.
pub fn page(canvas: &mut Canvas, area: Rect, said: &[(String, Token)]) {
    let room = area.width.saturating_sub(2);
    let wrapped = |(text, token): &(String, Token)| {
        let token = *token;
        text::wrap(text, room).into_iter().map(move |line| (line, token))
    };
    let lines: Vec<(String, Token)> = said.iter().flat_map(wrapped).collect();
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 3;
    for (y, (line, token)) in (top..area.bottom()).zip(&lines) {
        let shown = text::cut(line, room, canvas.glyphs.more());
        let x = area.x + area.width.saturating_sub(text::width(&shown)) / 2;
        canvas.text(x, y, &shown, *token);
    }
}
