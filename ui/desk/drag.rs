//! Dragging: a title moves its window, an edge sizes it; dropped at an edge of the desktop, a
//! window snaps to a half, at a corner to a quarter, at the top it is zoomed.

use ratatui::layout::Rect;

use super::place::{self, Place};
use super::{Edge, WinId};
use crate::ui::commands::Side;

/// A drag under way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drag {
    pub win: WinId,
    /// None: the whole window moves.
    edge: Option<Edge>,
    from: (u16, u16),
    start: Rect,
    /// The pointer has left the cell where it began.
    pub begun: bool,
}

impl Drag {
    pub fn new(win: WinId, edge: Option<Edge>, from: (u16, u16), start: Rect) -> Self {
        Self { win, edge, from, start, begun: false }
    }

    /// Where the window lies with the pointer here.
    pub fn to(&mut self, x: u16, y: u16) -> Rect {
        self.begun |= (x, y) != self.from;
        let dx = i32::from(x) - i32::from(self.from.0);
        let dy = i32::from(y) - i32::from(self.from.1);
        match self.edge {
            None => place::moved(self.start, dx, dy),
            Some(Edge::Right) => place::sized(self.start, dx, 0),
            Some(Edge::Bottom) => place::sized(self.start, 0, dy),
            Some(Edge::RightCorner) => place::sized(self.start, dx, dy),
            Some(Edge::LeftCorner) => {
                let sized = place::sized(self.start, -dx, dy);
                let right = i32::from(self.start.right());
                place::moved(sized, right - i32::from(sized.right()), 0)
            }
        }
    }

    /// Where a window that was moved ends when it is dropped here.
    pub fn drop(&self, area: Rect, x: u16, y: u16) -> Option<Place> {
        if !self.begun || self.edge.is_some() {
            return None;
        }
        let left = x <= area.left();
        let right = x + 1 >= area.right();
        let top = y <= area.top();
        let bottom = y + 1 >= area.bottom();
        match (left, right, top, bottom) {
            (true, _, true, _) => Some(Place::Snapped(Side::TopLeft)),
            (true, _, _, true) => Some(Place::Snapped(Side::BottomLeft)),
            (true, _, _, _) => Some(Place::Snapped(Side::Left)),
            (_, true, true, _) => Some(Place::Snapped(Side::TopRight)),
            (_, true, _, true) => Some(Place::Snapped(Side::BottomRight)),
            (_, true, _, _) => Some(Place::Snapped(Side::Right)),
            (_, _, true, _) => Some(Place::Zoomed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect { x: 0, y: 1, width: 120, height: 33 };
    const START: Rect = Rect { x: 10, y: 5, width: 40, height: 10 };

    #[test]
    fn edges_size_and_titles_move() {
        for (edge, rect) in [
            (None, Rect::new(13, 7, 40, 10)),
            (Some(Edge::Right), Rect::new(10, 5, 43, 10)),
            (Some(Edge::Bottom), Rect::new(10, 5, 40, 12)),
            (Some(Edge::RightCorner), Rect::new(10, 5, 43, 12)),
            (Some(Edge::LeftCorner), Rect::new(13, 5, 37, 12)),
        ] {
            assert_eq!(Drag::new(WinId(1), edge, (20, 5), START).to(23, 7), rect, "{edge:?}");
        }
        let narrow = Drag::new(WinId(1), Some(Edge::LeftCorner), (10, 14), START).to(45, 14);
        assert_eq!((narrow.right(), narrow.width), (START.right(), 30));
    }

    #[test]
    fn a_drop_at_an_edge_snaps() {
        let mut drag = Drag::new(WinId(1), None, (20, 5), START);
        assert_eq!(drag.drop(AREA, 0, 9), None, "a click is no drag");
        drag.to(0, 9);
        for (x, y, place) in [
            (0, 9, Some(Place::Snapped(Side::Left))),
            (119, 9, Some(Place::Snapped(Side::Right))),
            (0, 1, Some(Place::Snapped(Side::TopLeft))),
            (119, 33, Some(Place::Snapped(Side::BottomRight))),
            (60, 0, Some(Place::Zoomed)),
            (60, 20, None),
        ] {
            assert_eq!(drag.drop(AREA, x, y), place, "{x},{y}");
        }
    }
}
