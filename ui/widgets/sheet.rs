//! A cursor over lines of which some are only headings: it stops on the others, and headings above
//! the first of them come into sight with it.

use std::ops::Range;

use super::{Motion, Moved};

/// Which line is chosen, and which are in sight.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sheet {
    at: usize,
    top: usize,
    page: usize,
    len: usize,
    /// The lines it does not stop on, in order.
    bare: Vec<usize>,
}

impl Sheet {
    /// How many lines there are now, and which of them are headings.
    pub fn count(&mut self, len: usize, bare: Vec<usize>) {
        (self.len, self.bare) = (len, bare);
        self.go_to(self.at, false);
    }
    pub fn moved(&mut self, moved: Moved) {
        match moved {
            Moved::By(motion) => self.motion(motion),
            Moved::Wheel(down) => self.motion(Motion::wheel(down)),
            Moved::To(line) => self.seek(line),
        }
    }
    pub fn motion(&mut self, motion: Motion) {
        let up = match motion {
            Motion::Up | Motion::PageUp | Motion::HalfUp | Motion::Last => true,
            Motion::Down | Motion::PageDown | Motion::HalfDown | Motion::First => false,
        };
        self.go_to(motion.from(self.at, self.page, self.len), up);
    }
    /// Chooses a line, or the nearest that can be.
    pub fn seek(&mut self, line: usize) {
        self.go_to(line, false);
    }
    fn go_to(&mut self, line: usize, up: bool) {
        let line = line.min(self.len.saturating_sub(1));
        let free = |n: &usize| self.bare.binary_search(n).is_err();
        let above = || (0..=line).rev().find(free);
        let below = || (line..self.len).find(free);
        let found = if up { above().or_else(below) } else { below().or_else(above) };
        self.at = found.unwrap_or(0);
    }

    /// The chosen line; none when there are only headings.
    pub fn at(&self) -> Option<usize> {
        let free = self.at < self.len && self.bare.binary_search(&self.at).is_err();
        free.then_some(self.at)
    }
    /// The lines in sight where there is room for `page`: the chosen one is among them.
    pub fn in_sight(&mut self, page: usize) -> Range<usize> {
        self.page = page;
        let low = (self.at + 1).saturating_sub(page);
        let most = self.len.saturating_sub(page);
        self.top = self.top.clamp(low.min(self.at), self.at).min(most);
        let first = (0..self.at).all(|n| self.bare.binary_search(&n).is_ok());
        if first && self.at < page {
            self.top = 0;
        }
        self.seen()
    }
    /// The lines that were in sight when it was last drawn.
    pub fn seen(&self) -> Range<usize> {
        self.top..self.len.min(self.top + self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_on_lines_and_passes_headings() {
        let mut sheet = Sheet::default();
        assert_eq!((sheet.at(), sheet.in_sight(4)), (None, 0..0));
        sheet.count(9, vec![0, 1, 4, 8]);
        assert_eq!((sheet.at(), sheet.in_sight(4)), (Some(2), 0..4));
        sheet.motion(Motion::Down);
        sheet.motion(Motion::Down);
        assert_eq!((sheet.at(), sheet.in_sight(4)), (Some(5), 2..6));
        sheet.motion(Motion::Up);
        assert_eq!(sheet.at(), Some(3));
        sheet.motion(Motion::Last);
        assert_eq!((sheet.at(), sheet.in_sight(4)), (Some(7), 4..8));
        sheet.motion(Motion::Down);
        assert_eq!(sheet.at(), Some(7), "below it is only a heading");
        sheet.motion(Motion::First);
        assert_eq!((sheet.at(), sheet.in_sight(4)), (Some(2), 0..4), "with its headings");
        sheet.seek(4);
        assert_eq!(sheet.at(), Some(5));
        sheet.count(2, vec![0, 1]);
        assert_eq!(sheet.at(), None);
    }
}
