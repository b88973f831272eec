//! Text for people: widths in cells, cutting with an ellipsis, counts and ages.

use std::borrow::Cow;

use hostler::model::{Bytes, Timestamp};
pub use hostler::model::{count, plural};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many cells a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The longest beginning of `text` that takes at most `cells`, and how many it takes.
pub fn prefix(text: &str, cells: u16) -> (&str, u16) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        let w = c.width().unwrap_or(0) as u16;
        if used + w > cells {
            return (&text[..at], used);
        }
        used += w;
    }
    (text, used)
}

/// `text` if it fits into `cells`, else as much of it as leaves room for `more` behind it.
pub fn cut<'a>(text: &'a str, cells: u16, more: &str) -> Cow<'a, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let room = cells.saturating_sub(width(more));
    let (head, _) = prefix(text, room);
    if cells == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("{head}{more}")) }
}

/// The words of a text in lines of at most `cells`; a longer word stands alone.
pub fn wrap(text: &str, cells: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= cells => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_string()),
        }
    }
    lines
}

/// A line in pieces of at most `cells`, cut anywhere: output of tools has no words to keep whole.
pub fn fold(line: &str, cells: u16) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = line;
    loop {
        let (mut head, _) = prefix(rest, cells.max(2));
        if head.is_empty() {
            head = rest;
        }
        out.push(head);
        rest = &rest[head.len()..];
        if rest.is_empty() {
            return out;
        }
    }
}

/// The age of the data: `0.2s` below ten seconds, else `12s`, `3m5s`.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let span = now.since(then);
    match span.as_millis() {
        ms @ 0..10_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => span.rough(),
    }
}

/// `27.1G`, `412G`: gibibytes.
pub fn gib(amount: Bytes) -> String {
    let tenths = amount.as_mib() * 10 / 1_024;
    if tenths < 1_000 {
        format!("{}.{}G", tenths / 10, tenths % 10)
    } else {
        format!("{}G", tenths / 10)
    }
}

/// The first names and how many more there are: `mac-1, mac-2, +3`.
pub fn names<T: std::fmt::Display>(all: &[T], shown: usize) -> String {
    let mut out: Vec<String> = all.iter().take(shown).map(T::to_string).collect();
    if all.len() > shown {
        out.push(format!("+{}", all.len() - shown));
    }
    out.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_cells_not_by_characters() {
        assert_eq!(cut("mac-0412", 8, "…"), "mac-0412");
        assert_eq!(cut("mac-0412", 5, "…"), "mac-…");
        assert_eq!(cut("日本語", 4, "…"), "日…");
        assert_eq!(cut("日本語", 0, "…"), "");
        assert_eq!(prefix("日本", 3), ("日", 2));
        assert_eq!(width("日本"), 4);
    }

    #[test]
    fn words_are_wrapped() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("longer x", 3), ["longer", "x"]);
        assert!(wrap("", 3).is_empty());
    }

    #[test]
    fn lines_are_folded_anywhere() {
        assert_eq!(fold("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(fold("日本語", 5), ["日本", "語"]);
        assert_eq!(fold("日本", 0), ["日", "本"]);
        assert_eq!(fold("", 3), [""]);
    }

    #[test]
    fn counts_and_ages_are_for_people() {
        let at = Timestamp::from_millis(1_000_000);
        assert_eq!(age(Timestamp::from_millis(1_000_250), at), "0.2s");
        assert_eq!(age(Timestamp::from_millis(1_012_000), at), "12s");
        assert_eq!(age(at, Timestamp::from_millis(1_012_000)), "0.0s");
        assert_eq!(names(&["a", "b", "c"], 2), "a, b, +1");
        assert_eq!(gib(Bytes::gib(27)), "27.0G");
    }
}
