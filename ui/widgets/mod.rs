//! Parts of windows: the virtual table, cursors over rows and over lines with headings, a scrolled
//! list of lines, a field for text.

mod columns;
mod cursor;
mod field;
mod groups;
mod list;
mod marks;
mod sheet;
mod table;

pub use columns::{Chosen, Column, ColumnOp, Offer};
pub use cursor::Cursor;
pub use field::Field;
pub use list::{Line, Scroll};
pub use sheet::Sheet;
pub use table::{Rows, SortKey, Table};

/// How a cursor or a view moves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
}

impl Motion {
    /// One notch of the wheel.
    pub fn wheel(down: bool) -> Self {
        if down { Self::Down } else { Self::Up }
    }
    /// The place after this motion, of `len` places with `page` in sight.
    pub fn from(self, at: usize, page: usize, len: usize) -> usize {
        let last = len.saturating_sub(1);
        let page = page.max(2);
        let to = match self {
            Self::Up => at.saturating_sub(1),
            Self::Down => at + 1,
            Self::PageUp => at.saturating_sub(page - 1),
            Self::PageDown => at + page - 1,
            Self::HalfUp => at.saturating_sub(page / 2),
            Self::HalfDown => at + page / 2,
            Self::First => 0,
            Self::Last => last,
        };
        to.min(last)
    }
}

/// A move over rows or lines, however it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    By(Motion),
    Wheel(bool),
    To(usize),
}

impl Moved {
    /// As a motion: the wheel goes one row. `None`: it is to a certain row.
    pub fn motion(self) -> Option<Motion> {
        match self {
            Self::By(motion) => Some(motion),
            Self::Wheel(down) => Some(Motion::wheel(down)),
            Self::To(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motions_stay_inside() {
        for (motion, at, to) in [
            (Motion::Up, 0, 0),
            (Motion::Up, 5, 4),
            (Motion::Down, 9, 9),
            (Motion::PageDown, 0, 3),
            (Motion::PageUp, 9, 6),
            (Motion::HalfDown, 1, 3),
            (Motion::HalfUp, 1, 0),
            (Motion::First, 7, 0),
            (Motion::Last, 0, 9),
        ] {
            assert_eq!(motion.from(at, 4, 10), to, "{motion:?} {at}");
            assert_eq!(motion.from(0, 0, 0), 0, "{motion:?}");
        }
    }
}
