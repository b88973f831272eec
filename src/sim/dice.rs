//! Chance that is the same twice. A draw is a pure function of the seed, what it is for and how
//! many of its kind came before, so that neither the order of hosts nor the number of looks in
//! between changes what a host does next.

use crate::model::Span;

/// A source of draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dice(u64);

/// What a draw is for: each has its own row of numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u64)]
pub(super) enum Draw {
    Hardware = 1,
    Uptime,
    Boot,
    Look,
    Quick,
    Refusal,
    Clone,
    Pull,
    GuestBoot,
    Stop,
    Delete,
    Mac,
    Busy,
    KeyOrder,
    FaultAt,
    FaultHost,
    FaultKind,
    FaultSpan,
    FaultChance,
    Other,
    Sh,
    Job,
    Idle,
    Chance,
}

/// One round of SplitMix64: every bit of `x` reaches every bit of the result.
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Dice {
    /// The draws of this seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The draws of the `n`th part of what this is the whole of.
    #[must_use]
    pub(super) const fn part(self, n: u64) -> Self {
        Self(mix(self.0 ^ mix(n.wrapping_add(0x5151))))
    }

    /// The `n`th draw for `what`: 64 even bits.
    pub(super) const fn roll(self, what: Draw, n: u64) -> u64 {
        mix(mix(self.0 ^ mix(what as u64)) ^ n)
    }

    /// The `n`th draw below `bound`; zero when nothing is.
    pub(super) const fn below(self, what: Draw, n: u64, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.roll(what, n) % bound }
    }

    /// The `n`th draw from 0 up to 1.
    pub(super) fn unit(self, what: Draw, n: u64) -> f64 {
        // The 53 high bits are what a double holds exactly.
        (self.roll(what, n) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The `n`th length of time from `low` to `high`.
    pub(super) fn span(self, what: Draw, n: u64, low: Span, high: Span) -> Span {
        let room = high.as_millis().saturating_sub(low.as_millis()) + 1;
        Span::from_millis(low.as_millis() + self.below(what, n, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_do_not_lean_on_each_other() {
        let dice = Dice::new(7).part(3);
        assert_eq!(dice.roll(Draw::Clone, 4), Dice::new(7).part(3).roll(Draw::Clone, 4));
        let others = [
            Dice::new(8).part(3).roll(Draw::Clone, 4),
            Dice::new(7).part(4).roll(Draw::Clone, 4),
            dice.roll(Draw::Stop, 4),
            dice.roll(Draw::Clone, 5),
        ];
        assert!(others.iter().all(|other| *other != dice.roll(Draw::Clone, 4)));
    }

    #[test]
    fn a_span_covers_its_range_and_no_more() {
        let (low, high) = (Span::from_secs(2), Span::from_secs(5));
        let drawn: Vec<_> =
            (0..2_000).map(|n| Dice::new(1).span(Draw::Clone, n, low, high)).collect();
        assert!(drawn.iter().all(|span| (low..=high).contains(span)));
        assert!(drawn.iter().any(|span| span.as_millis() < 2_100));
        assert!(drawn.iter().any(|span| span.as_millis() > 4_900));
    }
}
