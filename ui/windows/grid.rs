//! Where hosts stand on the fleet map: in blocks by data centre and rack, else by group, else by
//! the beginning of the name; and how blocks become rows of cells in the room there is. Pure.

use std::ops::Range;

use hostler::model::{Host, HostName};

use crate::ui::text;

/// How many hosts a cell can stand for.
pub const ZOOMS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/// A label is cut to this.
const WIDEST: u16 = 20;

/// What a block of hosts has in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Site {
    Rack { dc: String, rack: String },
    Group(String),
    Prefix(String),
}

/// Hosts that stand together: which of the map's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub site: Site,
    pub hosts: Range<usize>,
}

/// A cell: which hosts, and of which block they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    pub block: usize,
    pub hosts: Range<usize>,
}

/// A row: what it is called, and its cells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub label: String,
    pub cells: Range<usize>,
}

/// The map as it lies in some room.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grid {
    /// Which of `ZOOMS`.
    pub zoom: usize,
    /// How wide the labels are.
    pub label: u16,
    pub cells: Vec<Cell>,
    pub rows: Vec<Row>,
}

impl Site {
    pub fn of(name: &HostName, host: &Host) -> Self {
        let labels = &host.spec.labels;
        let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
        let (dc, rack) = (label("dc"), label("rack"));
        if !dc.is_empty() || !rack.is_empty() {
            return Self::Rack { dc, rack };
        }
        match host.spec.groups.first() {
            Some(group) => Self::Group(group.to_string()),
            None => {
                let digits = |c: char| c.is_ascii_digit();
                Self::Prefix(name.as_str().trim_end_matches(digits).to_string())
            }
        }
    }
    pub fn label(&self) -> String {
        match self {
            Self::Rack { dc, rack } => format!("{dc} {rack}").trim().to_string(),
            Self::Group(name) | Self::Prefix(name) => name.clone(),
        }
    }
    /// Whether both may share a row where there is little room.
    fn beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rack { dc: a, .. }, Self::Rack { dc: b, .. }) => a == b,
            (Self::Group(_), Self::Group(_)) | (Self::Prefix(_), Self::Prefix(_)) => true,
            (Self::Rack { .. } | Self::Group(_) | Self::Prefix(_), _) => false,
        }
    }
    /// `dc1 r01..r20`: from this one to that.
    fn to(&self, last: &Self) -> String {
        match (self, last) {
            (a, b) if a == b => a.label(),
            (Self::Rack { .. }, Self::Rack { rack, .. }) => format!("{}..{rack}", self.label()),
            (a, b) => format!("{}..{}", a.label(), b.label()),
        }
    }
    /// The terms by which a filter finds it; what a filter cannot spell is left out.
    pub fn terms(&self) -> String {
        let term = |key: &str, value: &str| match value.is_empty()
            || value.contains(char::is_whitespace)
        {
            true => String::new(),
            false => format!("{key}={value} "),
        };
        match self {
            Self::Rack { dc, rack } => term("dc", dc) + &term("rack", rack),
            Self::Group(name) => term("group", name),
            Self::Prefix(_) => String::new(),
        }
    }
}

impl Grid {
    /// Lays blocks into `width` by `height`: by this zoom, else by the closest that fits. Each
    /// block begins a row of its own where there is room for that.
    pub fn lay(blocks: &[Block], width: u16, height: u16, zoom: Option<usize>) -> Self {
        let most = furthest(blocks);
        let room = usize::from(height.max(1));
        let narrow = label(blocks.iter().map(|block| block.site.label()), width);
        let pairs = blocks.windows(2).filter(|pair| pair[0].site.beside(&pair[1].site));
        let shared = pairs.map(|pair| pair[0].site.to(&pair[1].site));
        let wide = label(shared, width).max(narrow);
        let columns = |label: u16| usize::from(width.saturating_sub(label + 1)).max(1);
        let fits = |zoom: &usize| rows(blocks, ZOOMS[*zoom], columns(wide), true) <= room;
        let zoom = zoom.map(|zoom| zoom.min(most));
        let zoom = zoom.or_else(|| (0..most).find(fits)).unwrap_or(most);
        let shares = rows(blocks, ZOOMS[zoom], columns(narrow), false) > room;
        let label = if shares { wide } else { narrow };
        let cells = cells(blocks, ZOOMS[zoom]);
        let rows = broken(blocks, &cells, columns(label), shares);
        Self { zoom, label, cells, rows }
    }
    /// The row of a cell.
    pub fn row(&self, cell: usize) -> usize {
        let row = self.rows.partition_point(|row| row.cells.end <= cell);
        row.min(self.rows.len().saturating_sub(1))
    }
    /// The cell of a host.
    pub fn cell(&self, host: usize) -> usize {
        let cell = self.cells.partition_point(|cell| cell.hosts.end <= host);
        cell.min(self.cells.len().saturating_sub(1))
    }
}

/// The zoom at which each block is one cell: beyond it nothing changes.
pub fn furthest(blocks: &[Block]) -> usize {
    let largest = blocks.iter().map(|block| block.hosts.len()).max().unwrap_or(1);
    ZOOMS.iter().position(|k| *k >= largest).unwrap_or(ZOOMS.len() - 1)
}

fn label(all: impl Iterator<Item = String>, width: u16) -> u16 {
    all.map(|label| text::width(&label)).max().unwrap_or(0).min(WIDEST).min(width / 2)
}

/// How many rows it takes.
fn rows(blocks: &[Block], k: usize, columns: usize, shares: bool) -> usize {
    let (mut rows, mut used) = (0_usize, 0_usize);
    for (n, block) in blocks.iter().enumerate() {
        let beside = shares && n > 0 && blocks[n - 1].site.beside(&block.site);
        if !beside {
            rows += used.div_ceil(columns);
            used = 0;
        }
        used += block.hosts.len().div_ceil(k);
    }
    rows + used.div_ceil(columns)
}

fn cells(blocks: &[Block], k: usize) -> Vec<Cell> {
    let of = |(n, block): (usize, &Block)| {
        let end = block.hosts.end;
        let cell = move |from: usize| Cell { block: n, hosts: from..(from + k).min(end) };
        block.hosts.clone().step_by(k).map(cell)
    };
    blocks.iter().enumerate().flat_map(of).collect()
}

fn broken(blocks: &[Block], cells: &[Cell], columns: usize, shares: bool) -> Vec<Row> {
    let site = |cell: usize| &blocks[cells[cell].block].site;
    let mut rows = Vec::new();
    let mut from = 0;
    for next in 1..=cells.len() {
        let goes_on = next < cells.len() && next - from < columns && {
            let same = cells[next].block == cells[next - 1].block;
            same || (shares && site(next - 1).beside(site(next)))
        };
        if !goes_on {
            let label = site(from).to(site(next - 1));
            rows.push(Row { label, cells: from..next });
            from = next;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(racks: &[(&str, &str, usize)]) -> Vec<Block> {
        let mut from = 0;
        let block = |(dc, rack, n): &(&str, &str, usize)| {
            let site = Site::Rack { dc: dc.to_string(), rack: rack.to_string() };
            let hosts = from..from + n;
            from += n;
            Block { site, hosts }
        };
        racks.iter().map(block).collect()
    }
    fn labels(grid: &Grid) -> Vec<&str> {
        grid.rows.iter().map(|row| row.label.as_str()).collect()
    }

    #[test]
    fn racks_have_rows_of_their_own_while_there_is_room() {
        let all = blocks(&[("dc1", "r1", 12), ("dc1", "r2", 7), ("dc2", "r1", 1)]);
        let grid = Grid::lay(&all, 30, 9, None);
        assert_eq!((labels(&grid), grid.zoom), (vec!["dc1 r1", "dc1 r2", "dc2 r1"], 0));
        let grid = Grid::lay(&all, 40, 2, None);
        assert_eq!((labels(&grid), grid.zoom), (vec!["dc1 r1..r2", "dc2 r1"], 0));
        let grid = Grid::lay(&all, 18, 2, None);
        assert_eq!((labels(&grid), ZOOMS[grid.zoom]), (vec!["dc1 r1..r2", "dc2 r1"], 5));
        assert_eq!(
            grid.cells.iter().map(|cell| cell.hosts.len()).collect::<Vec<_>>(),
            [5, 5, 2, 5, 2, 1]
        );
        let grid = Grid::lay(&all, 18, 1, Some(9));
        assert_eq!((grid.cells.len(), ZOOMS[grid.zoom]), (3, 20), "no further than a cell each");
    }

    #[test]
    fn every_host_is_in_one_cell_and_every_cell_in_one_row() {
        let all =
            blocks(&[("a", "1", 31), ("a", "2", 30), ("", "2", 64), ("b", "", 1), ("b", "x y", 9)]);
        for (width, height) in [(0, 0), (1, 1), (7, 3), (30, 6), (200, 50)] {
            for zoom in [None, Some(0), Some(3), Some(99)] {
                let grid = Grid::lay(&all, width, height, zoom);
                let hosts: Vec<usize> = grid.cells.iter().flat_map(|c| c.hosts.clone()).collect();
                assert_eq!(hosts, (0..135).collect::<Vec<_>>());
                let cells: Vec<usize> = grid.rows.iter().flat_map(|r| r.cells.clone()).collect();
                assert_eq!(cells, (0..grid.cells.len()).collect::<Vec<_>>());
                for host in hosts {
                    let cell = grid.cell(host);
                    assert!(grid.cells[cell].hosts.contains(&host));
                    assert!(grid.rows[grid.row(cell)].cells.contains(&cell));
                }
            }
        }
        assert_eq!(Grid::lay(&[], 30, 9, None).rows, []);
        assert_eq!(all[4].site.terms(), "dc=b ", "what a filter cannot spell is left out");
    }
}
