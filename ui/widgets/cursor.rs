//! A cursor over rows that are drawn by whoever has them, and only where they are seen.

use std::ops::Range;

use super::Motion;

/// The row that is chosen, and which rows are in sight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    pub at: usize,
    top: usize,
    page: usize,
    len: usize,
}

impl Cursor {
    pub fn motion(&mut self, motion: Motion) {
        self.at = motion.from(self.at, self.page, self.len);
    }
    /// How many rows there are now.
    pub fn count(&mut self, len: usize) {
        self.len = len;
        self.at = self.at.min(len.saturating_sub(1));
    }
    /// The rows in sight where there is room for `page`: the cursor is among them.
    pub fn in_sight(&mut self, page: usize) -> Range<usize> {
        self.page = page;
        let low = (self.at + 1).saturating_sub(page);
        let most = self.len.saturating_sub(page);
        self.top = self.top.clamp(low.min(self.at), self.at).min(most);
        self.top..self.len.min(self.top + page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_in_sight_and_on_a_row() {
        let mut cursor = Cursor::default();
        cursor.count(9);
        assert_eq!(cursor.in_sight(4), 0..4);
        cursor.motion(Motion::Last);
        assert_eq!((cursor.at, cursor.in_sight(4)), (8, 5..9));
        cursor.motion(Motion::Up);
        assert_eq!((cursor.at, cursor.in_sight(4)), (7, 5..9));
        assert_eq!(cursor.in_sight(1), 7..8);
        cursor.count(3);
        assert_eq!((cursor.at, cursor.in_sight(4)), (2, 0..3));
        cursor.count(0);
        assert_eq!((cursor.at, cursor.in_sight(4), cursor.in_sight(0)), (0, 0..0, 0..0));
    }
}
