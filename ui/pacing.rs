//! When to draw: only when something changed; soon after a key; less often for data; and less
//! often still when the terminal is slow to take what we write.

/// Frames after input are at least this far apart, in milliseconds.
const INPUT_MS: u64 = 8;
/// Frames after data are: nobody reads faster, and each costs.
const DATA_MS: u64 = 100;
/// A flush that takes longer than this means that the link is slow.
const SLOW_MS: u64 = 15;
/// Frames after data are never further apart than this.
const SLOWEST_MS: u64 = 500;

/// Says when to draw. Times are milliseconds of any clock that does not step back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pacer {
    last: Option<u64>,
    due: Option<u64>,
    gap: u64,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { last: None, due: None, gap: DATA_MS }
    }
}

impl Pacer {
    /// A key, the pointer or a new size: draw at once.
    pub fn input(&mut self, now: u64) {
        self.want(now, INPUT_MS);
    }
    /// Something else changed: draw with the next frame.
    pub fn data(&mut self, now: u64) {
        self.want(now, self.gap);
    }
    fn want(&mut self, now: u64, gap: u64) {
        let at = self.last.map_or(now, |last| now.max(last + gap));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
    /// From when on data are to be taken in: those that come before would not be drawn before, and
    /// are taken in together.
    pub fn hears_from(&self) -> u64 {
        self.last.map_or(0, |last| last + self.gap)
    }
    /// When to draw, if there is anything to draw.
    pub fn due(&self) -> Option<u64> {
        self.due
    }
    /// A frame was drawn, and its flush took so long.
    pub fn drawn(&mut self, now: u64, flush_ms: u64) {
        self.last = Some(now);
        self.due = None;
        self.gap = if flush_ms > SLOW_MS {
            (self.gap * 2).min(SLOWEST_MS)
        } else {
            (self.gap / 2).max(DATA_MS)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_when_nothing_changed() {
        let mut pacer = Pacer::default();
        assert_eq!(pacer.due(), None);
        pacer.data(100);
        assert_eq!(pacer.due(), Some(100), "the first frame at once");
        pacer.drawn(100, 1);
        assert_eq!(pacer.due(), None);
    }

    #[test]
    fn input_overtakes_data() {
        let mut pacer = Pacer::default();
        pacer.drawn(100, 1);
        assert_eq!(pacer.hears_from(), 200);
        pacer.data(101);
        assert_eq!(pacer.due(), Some(200));
        pacer.input(103);
        assert_eq!(pacer.due(), Some(108));
        pacer.data(104);
        assert_eq!(pacer.due(), Some(108));
    }

    #[test]
    fn a_slow_link_gets_fewer_frames_until_it_is_fast_again() {
        let mut pacer = Pacer::default();
        for _ in 0..9 {
            pacer.drawn(1_000, 40);
        }
        pacer.data(1_000);
        assert_eq!(pacer.due(), Some(1_500));
        for _ in 0..9 {
            pacer.drawn(2_000, 1);
        }
        pacer.data(2_000);
        assert_eq!(pacer.due(), Some(2_100));
    }
}
