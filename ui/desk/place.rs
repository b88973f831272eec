//! Where windows lie: size classes, tiles, halves and quarters, and the rule that a window is
//! always whole on the desktop, so that its title bar can be reached. Pure geometry.

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

/// What the size of the terminal allows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    TooSmall,
    /// One window at a time, no frames.
    Compact,
    Standard,
    Wide,
    Wall,
}

/// The least size at which anything but a line is drawn.
pub const LEAST: (u16, u16) = (60, 16);
/// The least size of a window.
const SMALLEST: (u16, u16) = (30, 6);

impl Class {
    pub fn of(w: u16, h: u16) -> Self {
        match (w, h) {
            _ if w < LEAST.0 || h < LEAST.1 => Self::TooSmall,
            _ if w < 100 || h < 28 => Self::Compact,
            (240.., 60..) => Self::Wall,
            (160.., _) => Self::Wide,
            _ => Self::Standard,
        }
    }
    /// What it is called in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooSmall => "too-small",
            Self::Compact => "compact",
            Self::Standard => "standard",
            Self::Wide => "wide",
            Self::Wall => "wall",
        }
    }
    /// How many columns tiles stand in.
    fn columns(self) -> usize {
        match self {
            Self::TooSmall | Self::Compact => 1,
            Self::Standard => 2,
            Self::Wide | Self::Wall => 3,
        }
    }
    /// Where windows lie: all but the bars.
    pub fn desktop(self, w: u16, h: u16) -> Rect {
        match self {
            Self::TooSmall | Self::Compact => Rect::new(0, 2, w, h.saturating_sub(3)),
            Self::Standard | Self::Wide | Self::Wall => Rect::new(0, 1, w, h.saturating_sub(3)),
        }
    }
}

/// Where a window snaps to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Left,
    Right,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// How a window lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// One of the tiles.
    Tiled,
    /// Where somebody put it.
    Float(Rect),
    Snapped(Side),
    Zoomed,
}

/// Tiles for `n` windows: the first columns get the fewer and so the larger ones.
pub fn tiles(area: Rect, class: Class, n: usize) -> Vec<Rect> {
    let columns = class.columns().min(n.max(1));
    let mut out = Vec::new();
    for column in 0..columns {
        let rows = n / columns + usize::from(columns - column <= n % columns);
        let (x, w) = part(area.x, area.width, column, columns);
        for row in 0..rows {
            let (y, h) = part(area.y, area.height, row, rows);
            out.push(Rect::new(x, y, w, h));
        }
    }
    out
}

/// The `n`th of `of` parts of a length.
fn part(from: u16, len: u16, n: usize, of: usize) -> (u16, u16) {
    let edge = |n: usize| (usize::from(len) * n / of) as u16;
    (from + edge(n), edge(n + 1) - edge(n))
}

/// A half or a quarter.
pub fn snapped(area: Rect, side: Side) -> Rect {
    let (left, w_left) = part(area.x, area.width, 0, 2);
    let (right, w_right) = part(area.x, area.width, 1, 2);
    let (top, h_top) = part(area.y, area.height, 0, 2);
    let (bottom, h_bottom) = part(area.y, area.height, 1, 2);
    match side {
        Side::Left => Rect::new(left, area.y, w_left, area.height),
        Side::Right => Rect::new(right, area.y, w_right, area.height),
        Side::TopLeft => Rect::new(left, top, w_left, h_top),
        Side::TopRight => Rect::new(right, top, w_right, h_top),
        Side::BottomLeft => Rect::new(left, bottom, w_left, h_bottom),
        Side::BottomRight => Rect::new(right, bottom, w_right, h_bottom),
    }
}

/// The same window, whole inside the area and at least of the smallest size.
pub fn inside(area: Rect, rect: Rect) -> Rect {
    let width = rect.width.clamp(SMALLEST.0.min(area.width), area.width);
    let height = rect.height.clamp(SMALLEST.1.min(area.height), area.height);
    let x = rect.x.clamp(area.x, area.right() - width);
    let y = rect.y.clamp(area.y, area.bottom() - height);
    Rect { x, y, width, height }
}

/// Where a window opens that is not a tile: in the middle, the `n`th a little lower.
pub fn middle(area: Rect, n: usize) -> Rect {
    let (width, height) = (area.width.min(76), (area.height * 2 / 3).max(12));
    let shift = (n % 6) as u16;
    let x = area.x + area.width.saturating_sub(width) / 2 + 2 * shift;
    let y = area.y + area.height.saturating_sub(height) / 3 + shift;
    inside(area, Rect { x, y, width, height })
}

/// The same for a window that shows much.
pub fn large(area: Rect, n: usize) -> Rect {
    let (width, height) = (area.width.min(118), (area.height * 9 / 10).clamp(12, 44));
    let shift = (n % 6) as u16;
    let x = area.x + area.width.saturating_sub(width) / 2 + shift;
    let y = area.y + area.height.saturating_sub(height) / 3 + shift;
    inside(area, Rect { x, y, width, height })
}

/// Moves by so many cells.
pub fn moved(rect: Rect, dx: i32, dy: i32) -> Rect {
    let add = |at: u16, by: i32| (i32::from(at) + by).clamp(0, i32::from(u16::MAX)) as u16;
    Rect { x: add(rect.x, dx), y: add(rect.y, dy), ..rect }
}

/// Sizes by so many cells, the top left corner staying.
pub fn sized(rect: Rect, dw: i32, dh: i32) -> Rect {
    let add = |len: u16, by: i32, least: u16| {
        (i32::from(len) + by).clamp(i32::from(least), i32::from(u16::MAX)) as u16
    };
    Rect {
        width: add(rect.width, dw, SMALLEST.0),
        height: add(rect.height, dh, SMALLEST.1),
        ..rect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fall_into_classes() {
        for (w, h, class) in [
            (59, 40, Class::TooSmall),
            (60, 15, Class::TooSmall),
            (60, 16, Class::Compact),
            (80, 24, Class::Compact),
            (120, 27, Class::Compact),
            (100, 28, Class::Standard),
            (120, 36, Class::Standard),
            (160, 28, Class::Wide),
            (239, 90, Class::Wide),
            (300, 59, Class::Wide),
            (240, 60, Class::Wall),
        ] {
            assert_eq!(Class::of(w, h), class, "{w}x{h}");
        }
    }

    #[test]
    fn tiles_cover_the_desktop_without_overlap() {
        for class in [Class::Standard, Class::Wide, Class::Wall] {
            for n in 1..9 {
                let area = Rect::new(0, 1, 161, 47);
                let tiles = tiles(area, class, n);
                assert_eq!(tiles.len(), n);
                assert_eq!(tiles.iter().map(|t| t.area()).sum::<u32>(), area.area());
                for (at, tile) in tiles.iter().enumerate() {
                    assert_eq!(tile.intersection(area), *tile);
                    assert!(tiles[at + 1..].iter().all(|other| !other.intersects(*tile)));
                }
            }
        }
        let three = tiles(Rect::new(0, 0, 100, 30), Class::Standard, 3);
        assert_eq!(three[0], Rect::new(0, 0, 50, 30), "the first is the largest");
    }

    #[test]
    fn quarters_make_up_halves() {
        let area = Rect::new(0, 1, 101, 33);
        let left = snapped(area, Side::Left);
        let union = snapped(area, Side::TopLeft).union(snapped(area, Side::BottomLeft));
        assert_eq!(left, union);
        assert_eq!(left.union(snapped(area, Side::Right)), area);
    }

    #[test]
    fn a_window_is_always_whole_on_the_desktop() {
        let area = Rect::new(0, 1, 80, 20);
        for rect in [
            Rect::new(70, 18, 40, 10),
            Rect::new(0, 0, 1, 1),
            Rect::new(9_999, 9_999, 9_999, 9_999),
            moved(Rect::new(5, 5, 40, 10), -99, -99),
            sized(Rect::new(5, 5, 40, 10), -99, 99),
        ] {
            let put = inside(area, rect);
            assert_eq!(put.intersection(area), put, "{rect:?}");
            assert!(put.width >= 30 && put.height >= 6, "{put:?}");
        }
        let tiny = Rect::new(0, 1, 10, 3);
        assert_eq!(inside(tiny, Rect::new(4, 4, 40, 10)), tiny);
    }
}
