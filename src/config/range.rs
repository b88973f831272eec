//! Ranges in names and addresses: `mini-[01:12]` stands for mini-01 to mini-12.

/// The most a single range may stand for.
pub(super) const MOST: u32 = 10_000;

/// A text with at most one range in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ranged<'a> {
    before: &'a str,
    /// First and last, and the width numbers are padded to with zeros.
    range: Option<(u32, u32, usize)>,
    after: &'a str,
}

/// What a range should look like.
pub(super) const EXPECTED: &str =
    "one range such as [01:12], rising, both ends of the same width when padded with zeros";

impl<'a> Ranged<'a> {
    /// Reads a text; the error says what is wrong with its range.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        // `[::1]` and `[fe80::1]` are addresses, not ranges.
        let Some(open) = text.find('[').filter(|_| !text.contains("::")) else {
            return Ok(Self { before: text, range: None, after: "" });
        };
        let (before, rest) = text.split_at(open);
        let (inside, after) = rest[1..].split_once(']').ok_or("`[` without `]`")?;
        if after.contains(['[', ']']) {
            return Err("more than one range".to_string());
        }
        let bad = || format!("[{inside}] is not a range");
        let (first, last) = inside.split_once(':').ok_or_else(bad)?;
        let number = |digits: &str| {
            let plain = digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse::<u32>().ok()).flatten().ok_or_else(bad)
        };
        let (low, high) = (number(first)?, number(last)?);
        let padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
        let width = if padded(first) || padded(last) { first.len() } else { 0 };
        if width > 0 && last.len() != width {
            return Err(format!("[{inside}] mixes widths"));
        }
        if high < low {
            return Err(format!("[{inside}] falls"));
        }
        if high - low >= MOST {
            return Err(format!("[{inside}] stands for more than {MOST}"));
        }
        Ok(Self { before, range: Some((low, high, width)), after })
    }

    /// How many texts it stands for; `None` when it has no range.
    pub(super) fn count(&self) -> Option<u32> {
        self.range.map(|(low, high, _)| high - low + 1)
    }

    /// The text number `step`, from 0.
    pub(super) fn nth(&self, step: u32) -> String {
        match self.range {
            None => self.before.to_string(),
            Some((low, _, width)) => {
                let number = low.saturating_add(step);
                format!("{}{number:0width$}{}", self.before, self.after)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let ranged = Ranged::parse(text).unwrap();
        (0..ranged.count().unwrap_or(1)).map(|step| ranged.nth(step)).collect()
    }

    #[test]
    fn a_range_steps_and_keeps_its_padding() {
        assert_eq!(all("mini-[08:11]"), ["mini-08", "mini-09", "mini-10", "mini-11"]);
        assert_eq!(all("10.0.8.[9:11]"), ["10.0.8.9", "10.0.8.10", "10.0.8.11"]);
        assert_eq!(all("mac[001:002]x"), ["mac001x", "mac002x"]);
        assert_eq!(all("plain"), ["plain"]);
        assert_eq!(all("fe80::1"), ["fe80::1"]);
        assert_eq!(all("[::1]"), ["[::1]"]);
    }

    #[test]
    fn what_is_not_a_range_says_so() {
        for (text, said) in [
            ("a[1:2", "`[` without `]`"),
            ("a[1:2][3:4]", "more than one range"),
            ("a[1]", "[1] is not a range"),
            ("a[x:2]", "[x:2] is not a range"),
            ("a[:]", "[:] is not a range"),
            ("a[01:2]", "[01:2] mixes widths"),
            ("a[08:100]", "[08:100] mixes widths"),
            ("a[5:4]", "[5:4] falls"),
            ("a[0:10000]", "[0:10000] stands for more than 10000"),
            ("a[1:99999999999]", "[1:99999999999] is not a range"),
        ] {
            assert_eq!(Ranged::parse(text).unwrap_err(), said, "{text}");
        }
    }
}
