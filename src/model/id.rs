//! Ids of what Hostler makes: 12 base-32 characters that sort by time of making.
//! They are made by the engine's `IdMaker`, never in the fold: replaying makes nothing new.

use std::fmt;
use std::str::FromStr;

use super::Timestamp;
use super::text::{as_text, clip};

/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LEN: usize = 12;
/// 2020-01-01T00:00:00Z in milliseconds: 45 bits from there last until the year 3134.
const ORIGIN_MS: i64 = 1_577_836_800_000;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id: expected 12 of 0-9 and a-z without i, l, o, u")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

fn encode(mut bits: u64) -> [u8; LEN] {
    let mut out = [b'0'; LEN];
    for place in out.iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    out
}

fn decode(text: &str) -> Option<u64> {
    if text.len() != LEN {
        return None;
    }
    text.bytes().try_fold(0_u64, |bits, byte| {
        let digit = ALPHABET.iter().position(|a| *a == byte)?;
        Some(bits << 5 | digit as u64)
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $type:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(u64);

        impl $type {
            /// The id with these 60 bits.
            pub const fn from_bits(bits: u64) -> Self {
                Self(bits & ((1 << 60) - 1))
            }
            /// Its 60 bits.
            pub const fn bits(self) -> u64 {
                self.0
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = encode(self.0);
                f.pad(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $type {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                decode(text).map(Self).ok_or_else(|| BadId {
                    kind: $kind,
                    text: clip(text),
                })
            }
        }
        as_text!($type);
    };
}

id!(
    /// A VM of ours.
    VmId,
    "vm"
);
id!(
    /// One command on a host, as the guard there remembers it.
    OpId,
    "operation"
);
id!(
    /// A named going of work.
    JobId,
    "job"
);
id!(
    /// One reason why a host takes no work.
    HoldId,
    "hold"
);

/// Makes ids that are unique and rise: the time, and 15 random bits, or one more than the last.
#[derive(Debug, Clone)]
pub struct IdMaker {
    last: u64,
}

impl IdMaker {
    /// A maker whose first id is above `last`, the highest 60 bits ever used.
    pub fn above(last: u64) -> Self {
        Self { last }
    }

    /// The next 60 bits; `noise` gives the 15 low ones when the clock has moved.
    pub fn next(&mut self, now: Timestamp, noise: u16) -> u64 {
        let ms = (now.as_millis() - ORIGIN_MS).max(0) as u64;
        let fresh = (ms & ((1 << 45) - 1)) << 15 | u64::from(noise & 0x7fff);
        self.last = fresh.max(self.last + 1);
        self.last
    }
}

/// Whether an id may have been made by then: a later one was made up.
pub fn is_made_by(id: u64, now: Timestamp) -> bool {
    let ms = (now.as_millis() - ORIGIN_MS).max(0) as u64;
    id >> 15 <= ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_itself() {
        let id = VmId::from_bits(0x0123_4567_89ab_cdef);
        assert_eq!(id.to_string().parse::<VmId>(), Ok(id));
        assert_eq!(id.to_string().len(), LEN);
        for bad in ["", "short", "iiiiiiiiiiii", "AAAAAAAAAAAA", "0123456789abc"] {
            assert!(bad.parse::<VmId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_rise_even_when_the_clock_stands_or_steps_back() {
        let mut maker = IdMaker::above(0);
        let later = Timestamp::from_millis(1_800_000_000_000);
        let first = maker.next(later, 7);
        let second = maker.next(later, 3);
        let third = maker.next(Timestamp::from_millis(0), 9);
        assert!(first < second && second < third);
        assert!(is_made_by(first, later) && !is_made_by(first, Timestamp::from_millis(0)));
        assert!(!is_made_by((1 << 60) - 1, later));
    }
}
