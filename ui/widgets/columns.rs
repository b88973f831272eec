//! The columns of a table: which are shown, how wide, and to which a wide list has scrolled. What
//! does not fit gives way by rank, unless the list is wide.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A column. Columns of a higher rank give way first when there is no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    pub title: &'static str,
    pub width: u16,
    pub rank: u8,
    /// Takes the room that is left over.
    pub grows: bool,
    /// So wide it is before a column of this rank or a higher one is shown at all.
    wish: (u16, u8),
    pub right: bool,
    /// Changes with every sample: sorted by it, rows are held still while somebody is choosing.
    pub metric: bool,
    /// Rows can be grouped by it.
    pub groups: bool,
}

impl Column {
    pub const fn new(title: &'static str, width: u16, rank: u8) -> Self {
        let (grows, right, metric, groups) = (false, false, false, false);
        Self { title, width, rank, grows, wish: (width, 0), right, metric, groups }
    }
    pub const fn groups(self) -> Self {
        Self { groups: true, ..self }
    }
    pub const fn grows(self) -> Self {
        Self { grows: true, ..self }
    }
    /// Grows, and has this width before columns from this rank on are shown beside it.
    pub const fn grows_to(self, width: u16, rank: u8) -> Self {
        Self { grows: true, wish: (width, rank), ..self }
    }
    pub const fn metric(self) -> Self {
        Self { right: true, metric: true, ..self }
    }
    /// The same with a width that somebody has chosen.
    fn sized(self, width: u16) -> Self {
        Self { width, grows: false, wish: (width, 0), ..self }
    }
    /// So wide it is where there is room for everything.
    fn ample(self) -> u16 {
        let least = if self.grows { AMPLE } else { 0 };
        self.width.max(self.wish.0).max(least)
    }
}

/// So wide is a column of sentences in a wide list.
const AMPLE: u16 = 40;
/// What somebody can make of a column.
const WIDTHS: (u16, u16) = (2, 200);

/// What somebody has chosen of the columns of a list, by their titles. What a version does not
/// know, it leaves alone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    hidden: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    widths: BTreeMap<String, u16>,
}

/// What can be done with the columns of a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ColumnOp {
    /// Shows one or hides it.
    Toggle(usize),
    Size(usize, u16),
    /// As at first.
    Plain,
    /// All columns, whatever the room; or as many as fit.
    Wide,
}

/// Which column, where it begins and how wide it is.
pub type Drawn = (usize, u16, u16);

/// A column as somebody chooses of it: its title, whether it is to be shown, and how wide it is.
pub type Offer = (&'static str, bool, u16);

/// The columns of one table.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub chosen: Chosen,
    /// All columns are shown, and so many behind the first have been scrolled out.
    wide: Option<usize>,
    /// As they were drawn last, and how many there were to draw.
    drawn: (Vec<Drawn>, usize),
    /// The last was not whole.
    more: bool,
}

impl Columns {
    /// Does something; the first column is always shown, so that a row has a name.
    pub fn act(&mut self, all: &[Column], op: ColumnOp) -> bool {
        match op {
            ColumnOp::Toggle(n) => {
                let Some(column) = all.get(n).filter(|_| n > 0) else { return false };
                if !self.chosen.hidden.remove(column.title) {
                    self.chosen.hidden.insert(column.title.into());
                }
            }
            ColumnOp::Size(n, width) => {
                let Some(column) = all.get(n) else { return false };
                let width = width.clamp(WIDTHS.0, WIDTHS.1);
                self.chosen.widths.insert(column.title.into(), width);
            }
            ColumnOp::Plain => self.chosen = Chosen::default(),
            ColumnOp::Wide => self.wide = if self.wide.is_some() { None } else { Some(0) },
        }
        true
    }
    /// Scrolls a wide list by a column.
    pub fn scroll(&mut self, right: bool) -> bool {
        let Some(out) = &mut self.wide else { return false };
        *out = match right {
            true => *out + usize::from(self.more),
            false => out.saturating_sub(1),
        };
        true
    }
    /// What can be chosen of them.
    pub fn offers(&self, all: &[Column]) -> Vec<Offer> {
        let offer = |(n, column): (usize, &Column)| {
            let drawn = self.drawn.0.iter().find(|(other, ..)| *other == n).map(|(_, _, w)| *w);
            let width = self.chosen.widths.get(column.title).copied().or(drawn);
            let shown = n == 0 || !self.chosen.hidden.contains(column.title);
            (column.title, shown, width.unwrap_or(column.width))
        };
        all.iter().enumerate().map(offer).collect()
    }
    /// What a wide list says of itself.
    pub fn said(&self) -> Option<String> {
        let out = self.wide?;
        let (drawn, all) = (self.drawn.0.len(), self.drawn.1);
        Some(match out == 0 && !self.more {
            true => "wide".into(),
            false => format!("wide, columns {}-{} of {all}", out + 2, out + drawn),
        })
    }

    /// Where they are in so many cells.
    pub fn lay(&mut self, all: &[Column], width: u16) -> Vec<Drawn> {
        let shown =
            |n: usize, column: &Column| n == 0 || !self.chosen.hidden.contains(column.title);
        let chosen = |(n, column): (usize, &Column)| {
            let sized = self.chosen.widths.get(column.title).map(|width| column.sized(*width));
            shown(n, column).then_some((n, sized.unwrap_or(*column)))
        };
        let columns: Vec<(usize, Column)> = all.iter().enumerate().filter_map(chosen).collect();
        let drawn = match &mut self.wide {
            None => fit(&columns, width),
            Some(out) => {
                *out = (*out).min(columns.len().saturating_sub(2));
                let (drawn, more) = scrolled(&columns, width, *out);
                self.more = more;
                drawn
            }
        };
        self.drawn = (drawn.clone(), columns.len());
        drawn
    }
}

fn gap(width: u16) -> u16 {
    if width >= 84 { 2 } else { 1 }
}

/// The first column and those behind the ones scrolled out, and whether one more was not whole.
fn scrolled(columns: &[(usize, Column)], width: u16, out: usize) -> (Vec<Drawn>, bool) {
    let gap = gap(width);
    let (mut x, mut more, mut drawn) = (0, false, Vec::new());
    let first = columns.iter().take(1);
    for (n, column) in first.chain(columns.iter().skip(1 + out)) {
        if x >= width && !drawn.is_empty() {
            more = true;
            break;
        }
        let wanted = column.ample();
        let w = wanted.min(width - x);
        more |= w < wanted;
        drawn.push((*n, x, w));
        x += w + gap;
    }
    // What grows takes what is left, if it is the last.
    if let Some((n, at, w)) = drawn.last_mut()
        && columns.iter().any(|(other, column)| other == n && column.grows)
    {
        *w = width.saturating_sub(*at).max(*w);
    }
    (drawn, more)
}

/// Which columns fit into `width`, where they begin and how wide they are.
fn fit(columns: &[(usize, Column)], width: u16) -> Vec<Drawn> {
    let gap = gap(width);
    let mut ranked: Vec<usize> = (0..columns.len()).collect();
    ranked.sort_by_key(|at| columns[*at].1.rank);
    let mut taken = BTreeSet::new();
    let mut used = 0;
    for at in ranked {
        let column = columns[at].1;
        let more = column.width + if taken.is_empty() { 0 } else { gap };
        let wishes = taken.iter().map(|at: &usize| columns[*at].1);
        let wishes = wishes.filter(|other| other.wish.1 <= column.rank);
        let wished: u16 = wishes.map(|other| other.wish.0.saturating_sub(other.width)).sum();
        if !taken.is_empty() && used + wished + more > width {
            break;
        }
        used += more;
        taken.insert(at);
    }
    let grows = taken.iter().filter(|at| columns[**at].1.grows).count() as u16;
    let spare = width.saturating_sub(used);
    let mut out = Vec::new();
    let (mut x, mut given) = (0, 0);
    for (n, column) in taken.into_iter().map(|at| columns[at]) {
        let mut w = column.width;
        if column.grows {
            given += 1;
            w += spare * given / grows - spare * (given - 1) / grows;
        }
        out.push((n, x, w.min(width.saturating_sub(x))));
        x += w + gap;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: [Column; 3] =
        [Column::new("A", 5, 0), Column::new("B", 5, 2), Column::new("C", 5, 1).grows()];

    fn laid(all: &[Column], width: u16) -> Vec<Drawn> {
        Columns::default().lay(all, width)
    }

    #[test]
    fn columns_give_way_by_rank_and_the_rest_grows() {
        assert_eq!(laid(&C, 20), [(0, 0, 5), (1, 6, 5), (2, 12, 8)]);
        assert_eq!(laid(&C, 16), [(0, 0, 5), (2, 6, 10)]);
        assert_eq!(laid(&C, 5), [(0, 0, 5)]);
        assert_eq!(laid(&C, 2), [(0, 0, 2)]);
        assert_eq!(laid(&C, 0), [(0, 0, 0)]);
        let wishes = [C[0], C[1], C[2].grows_to(10, 2)];
        assert_eq!(laid(&wishes, 20), [(0, 0, 5), (2, 6, 14)]);
        assert_eq!(laid(&wishes, 22), [(0, 0, 5), (1, 6, 5), (2, 12, 10)]);
        assert_eq!(laid(&wishes, 12), [(0, 0, 5), (2, 6, 6)]);
        let later = [C[0], C[1], C[2].grows_to(10, 3)];
        assert_eq!(laid(&later, 20), laid(&C, 20), "only from that rank on");
    }

    #[test]
    fn what_somebody_has_chosen_holds_and_the_first_is_always_shown() {
        let mut columns = Columns::default();
        assert!(!columns.act(&C, ColumnOp::Toggle(0)) && !columns.act(&C, ColumnOp::Toggle(9)));
        columns.act(&C, ColumnOp::Toggle(2));
        columns.act(&C, ColumnOp::Size(1, 9));
        assert_eq!(columns.lay(&C, 30), [(0, 0, 5), (1, 6, 9)]);
        assert_eq!(columns.offers(&C), [("A", true, 5), ("B", true, 9), ("C", false, 5)]);
        columns.act(&C, ColumnOp::Toggle(2));
        assert_eq!(columns.lay(&C, 30), [(0, 0, 5), (1, 6, 9), (2, 16, 14)]);
        let text = serde_json::to_string(&columns.chosen).unwrap();
        assert_eq!(text, r#"{"widths":{"B":9}}"#);
        columns.act(&C, ColumnOp::Size(1, u16::MAX));
        assert_eq!(columns.offers(&C)[1].2, WIDTHS.1);
        columns.act(&C, ColumnOp::Plain);
        assert_eq!(columns.chosen, Chosen::default());
    }

    #[test]
    fn a_wide_list_has_all_columns_and_scrolls_behind_the_first() {
        let mut columns = Columns::default();
        assert!(!columns.scroll(true), "as many as fit: nothing to scroll");
        columns.act(&C, ColumnOp::Wide);
        assert_eq!(columns.lay(&C, 20), [(0, 0, 5), (1, 6, 5), (2, 12, 8)]);
        assert_eq!(columns.said().as_deref(), Some("wide, columns 2-3 of 3"));
        columns.scroll(true);
        assert_eq!(columns.lay(&C, 20), [(0, 0, 5), (2, 6, 14)]);
        assert_eq!(columns.said().as_deref(), Some("wide, columns 3-3 of 3"));
        columns.scroll(true);
        assert_eq!(columns.lay(&C, 20), [(0, 0, 5), (2, 6, 14)], "not further than the last");
        columns.scroll(false);
        columns.lay(&C, 90);
        assert_eq!(columns.said().as_deref(), Some("wide"), "everything is whole");
        for width in 0..60 {
            let drawn = columns.lay(&C, width);
            assert!(drawn.iter().all(|(_, x, w)| x + w <= width), "{drawn:?} in {width}");
        }
        columns.act(&C, ColumnOp::Wide);
        assert_eq!((columns.lay(&C, 16), columns.said()), (laid(&C, 16), None));
    }
}
