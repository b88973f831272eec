//! Sizes and shares with their unit in the text: `8GiB`, `10%`, `3`; and counts for people.

use std::fmt;
use std::str::FromStr;

use super::text::{as_text, clip};

/// An amount of memory or disk in bytes. As text: `512MiB`, `8GiB`, `50GB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Bytes(pub u64);

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a size.
    #[error("`{0}` is not a size: expected a number and KiB, MiB, GiB, TiB, kB, MB, GB or TB")]
    Size(String),
    /// Not a share.
    #[error("`{0}` is not a number or a share: expected a whole number or 0% to 100%")]
    Share(String),
}

const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Bytes {
    /// Whole gibibytes.
    pub const fn gib(n: u64) -> Self {
        Self(n << 30)
    }
    /// In mebibytes, rounded down.
    pub const fn as_mib(self) -> u64 {
        self.0 >> 20
    }
    /// In gibibytes, rounded down.
    pub const fn as_gib(self) -> u64 {
        self.0 >> 30
    }
}
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = SIZES.iter().find(|(_, n)| self.0 >= *n && self.0.is_multiple_of(*n));
        match exact {
            Some((unit, n)) => f.pad(&format!("{}{unit}", self.0 / n)),
            None => f.pad("0B"),
        }
    }
}
impl FromStr for Bytes {
    type Err = BadAmount;
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let bad = || BadAmount::Size(clip(text));
        let text = text.trim();
        let (unit, n) = SIZES.iter().find(|(u, _)| text.ends_with(u)).ok_or_else(bad)?;
        let number: u64 = text[..text.len() - unit.len()].trim().parse().map_err(|_| bad())?;
        number.checked_mul(*n).map(Self).ok_or_else(bad)
    }
}
as_text!(Bytes);

/// A number of things, or a share of them: `3` or `10%`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// So many.
    Count(u32),
    /// So many of a hundred.
    Percent(u8),
}

impl Share {
    /// How many of `total` this allows: at least one unless it says zero.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Count(n) => n as usize,
            Self::Percent(0) => 0,
            Self::Percent(p) => (total * usize::from(p) / 100).max(1),
        }
    }
}
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => f.pad(&n.to_string()),
            Self::Percent(p) => f.pad(&format!("{p}%")),
        }
    }
}
impl FromStr for Share {
    type Err = BadAmount;
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let bad = || BadAmount::Share(clip(text));
        match text.trim().strip_suffix('%') {
            Some(number) => match number.parse() {
                Ok(p @ 0..=100) => Ok(Self::Percent(p)),
                _ => Err(bad()),
            },
            None => text.trim().parse().map(Self::Count).map_err(|_| bad()),
        }
    }
}
as_text!(Share);

/// `12,396`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 host`, `12 hosts`.
pub fn plural(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_the_rest_are_many() {
        let counts = (count(0), count(999), count(12_396));
        assert_eq!(counts, ("0".into(), "999".into(), "12,396".into()));
        assert_eq!((plural(1, "host"), plural(0, "VM")), ("1 host".into(), "0 VMs".into()));
    }

    #[test]
    fn sizes_and_shares_read_and_print() {
        assert_eq!("8GiB".parse(), Ok(Bytes::gib(8)));
        assert_eq!(Bytes::gib(8).to_string(), "8GiB");
        assert_eq!("50GB".parse::<Bytes>().unwrap().to_string(), "50GB");
        assert!("8".parse::<Bytes>().is_err() && "GiB".parse::<Bytes>().is_err());
        assert_eq!("10%".parse::<Share>().unwrap().of(12), 1);
        assert_eq!("50%".parse::<Share>().unwrap().of(12), 6);
        assert_eq!("3".parse::<Share>().unwrap().of(2), 3);
        assert_eq!("0%".parse::<Share>().unwrap().of(100), 0);
        assert!("101%".parse::<Share>().is_err() && "ten".parse::<Share>().is_err());
    }
}
