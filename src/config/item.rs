//! A value under its key, and the readers of plain values. A reader gives the value or notes what
//! is wrong with it and gives nothing; either way the reading goes on.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use super::near;
use super::problem::{Place, Problem, Report, clip};
use super::tree::{Entry, Node, Pos, Value, push_key};
use crate::model::Span;

pub(super) const LENGTH: &str = "a length of time such as 30s, 5m or 4h";

/// A value, its key and its place.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) file: &'a Path,
    /// Dotted path.
    pub(super) key: String,
    key_at: Pos,
    node: &'a Node,
}

impl<'a> Item<'a> {
    /// The whole file.
    pub(super) fn root(file: &'a Path, node: &'a Node) -> Self {
        Self { file, key: String::new(), key_at: Pos { line: 1, column: 1 }, node }
    }

    /// Where the value stands.
    pub(super) fn place(&self) -> Place {
        self.place_at(self.node.at)
    }
    /// Where the key stands.
    pub(super) fn key_place(&self) -> Place {
        self.place_at(self.key_at)
    }
    fn place_at(&self, at: Pos) -> Place {
        Place { file: self.file.into(), line: at.line, column: at.column, key: self.key.clone() }
    }
    /// Something wrong with the value.
    pub(super) fn wrong(&self, said: impl AsRef<str>, expected: impl AsRef<str>) -> Problem {
        self.place().problem(said, expected)
    }
    /// A key below this one that should be there.
    pub(super) fn missing(&self, key: &str, expected: &str) -> Problem {
        self.key_place().problem(format!("key `{key}` is missing"), expected)
    }

    fn child(&self, entry: &'a Entry) -> Self {
        let mut key = self.key.clone();
        push_key(&mut key, Some(&entry.key));
        Self { file: self.file, key, key_at: entry.key_at, node: &entry.node }
    }

    fn entries(&self, expected: &str, report: &mut Report) -> Option<&'a [Entry]> {
        match &self.node.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { text, plain: true } if is_null(text) => Some(&[]),
            Value::List(_) | Value::Scalar { .. } => {
                report.wrong(self.wrong(format!("is {}", self.what()), expected))
            }
        }
    }

    /// The values of a map whose keys are known beforehand. Any other key is a problem; one of
    /// `later` is named as not being in this version, with what comes of it.
    pub(super) fn fields_or_later<const N: usize>(
        &self,
        known: [&'static str; N],
        later: &[(&str, &str)],
        report: &mut Report,
    ) -> Option<[Option<Item<'a>>; N]> {
        let list = known.join(", ");
        let expected = if N == 0 { "an empty map".into() } else { format!("a map with {list}") };
        let entries = self.entries(&expected, report)?;
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let said = match later.iter().find(|(key, _)| *key == entry.key) {
                Some((key, why)) => format!("`{key}` is not in this version: {why}"),
                None => format!("unknown key{}", near::hint(&entry.key, known)),
            };
            report.note(self.child(entry).key_place().problem(said, &list));
        }
        Some(known.map(|key| {
            entries.iter().find(|entry| entry.key == key).map(|entry| self.child(entry))
        }))
    }

    /// The values of a map whose keys are known beforehand; any other key is a problem.
    pub(super) fn fields<const N: usize>(
        &self,
        known: [&'static str; N],
        report: &mut Report,
    ) -> Option<[Option<Item<'a>>; N]> {
        self.fields_or_later(known, &[], report)
    }

    /// The keys and values of a map whose keys the operator chooses.
    pub(super) fn named(&self, report: &mut Report) -> Vec<(&'a str, Item<'a>)> {
        let entries = self.entries("a map", report).unwrap_or_default();
        entries.iter().map(|entry| (entry.key.as_str(), self.child(entry))).collect()
    }

    /// The values of a list.
    pub(super) fn list(&self, report: &mut Report) -> Vec<Item<'a>> {
        let Value::List(nodes) = &self.node.value else {
            report.note(self.wrong(format!("is {}", self.what()), "a list"));
            return vec![];
        };
        let item = |(n, node): (usize, &'a Node)| Item {
            file: self.file,
            key: format!("{}[{n}]", self.key),
            key_at: node.at,
            node,
        };
        nodes.iter().enumerate().map(item).collect()
    }

    /// Whether the value is a map, for keys that take a map or something short.
    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// A single value as it was written: `12`, `true`, `10%` and `"12"` alike.
    pub(super) fn raw(&self, expected: &str, report: &mut Report) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar { text, plain } if !(*plain && is_null(text)) => Some(text),
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
                report.wrong(self.wrong(format!("is {}", self.what()), expected))
            }
        }
    }

    /// A text that is not empty, and not a number or a truth that happens to stand there.
    pub(super) fn text(&self, report: &mut Report) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar { text, plain: true } if is_bool(text).is_some() || is_number(text) => {
                let said = format!("{} is {}", clip(text), self.what());
                report.wrong(self.wrong(said, "a text (put it in quotes)"))
            }
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
                let text = self.raw("a text", report)?;
                if text.trim().is_empty() {
                    return report.wrong(self.wrong("is empty", "a text"));
                }
                Some(text)
            }
        }
    }

    /// A text that is read by its own type: names, selectors.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, report: &mut Report) -> Option<T> {
        let text = self.text(report)?;
        self.parse_from(text, report)
    }

    /// A value with a unit, or a share: a bare number is left to the type to refuse.
    pub(super) fn unit<T: FromStr<Err: Display>>(
        &self,
        expected: &str,
        report: &mut Report,
    ) -> Option<T> {
        let text = self.raw(expected, report)?;
        self.parse_from(text, report)
    }

    /// `text`, which stands here, read by its own type.
    pub(super) fn parse_from<T: FromStr<Err: Display>>(
        &self,
        text: &str,
        report: &mut Report,
    ) -> Option<T> {
        text.parse().map_err(|error: T::Err| report.problems.push(self.place().split(&error))).ok()
    }

    /// A whole number.
    pub(super) fn int(&self, range: RangeInclusive<i64>, report: &mut Report) -> Option<i64> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.int_or(range, &expected, report)
    }

    /// A whole number, where something else might stand too.
    pub(super) fn int_or(
        &self,
        range: RangeInclusive<i64>,
        expected: &str,
        report: &mut Report,
    ) -> Option<i64> {
        let text = self.raw(expected, report)?;
        let said = match text.parse::<i64>() {
            Ok(_) if !matches!(self.node.value, Value::Scalar { plain: true, .. }) => {
                format!("`{text}` in quotes is a text")
            }
            Ok(n) if n.to_string() != text => format!("`{}` has needless digits", clip(text)),
            Ok(n) if range.contains(&n) => return Some(n),
            Ok(n) => format!("{n} is out of range"),
            Err(_) => format!("`{}` is not a whole number", clip(text)),
        };
        report.wrong(self.wrong(said, expected))
    }

    /// A length of time within bounds.
    pub(super) fn span(&self, range: RangeInclusive<Span>, report: &mut Report) -> Option<Span> {
        let span: Span = self.unit(LENGTH, report)?;
        if range.contains(&span) {
            return Some(span);
        }
        let expected = format!("{} to {}", range.start(), range.end());
        report.wrong(self.wrong(format!("{span} does not fit"), expected))
    }

    /// `true` or `false`.
    pub(super) fn truth(&self, report: &mut Report) -> Option<bool> {
        match &self.node.value {
            Value::Scalar { text, plain: true } if is_bool(text).is_some() => is_bool(text),
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
                report.wrong(self.wrong(format!("is {}", self.what()), "true or false"))
            }
        }
    }

    /// The value that one word of a few stands for.
    pub(super) fn choice<T: Copy, const N: usize>(
        &self,
        words: [(&str, T); N],
        report: &mut Report,
    ) -> Option<T> {
        let text = self.one_of(&words.map(|(word, _)| word), report)?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    /// One word of a few.
    pub(super) fn one_of(&self, words: &[&str], report: &mut Report) -> Option<&'a str> {
        let expected = either(words);
        let text = self.raw(&expected, report)?;
        if words.contains(&text) {
            return Some(text);
        }
        let hint = near::hint(text, words.iter().copied());
        report.wrong(self.wrong(format!("`{}` is not known{hint}", clip(text)), expected))
    }

    /// Notes that this key is read and checked, and that nothing comes of it.
    pub(super) fn not_acted_on(&self, report: &mut Report) {
        report.warn(self.key_place().problem("accepted but not acted on by this version", ""));
    }

    fn what(&self) -> &'static str {
        match &self.node.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Scalar { text, plain: true } if is_null(text) => "empty",
            Value::Scalar { text, plain: true } if is_bool(text).is_some() => "true or false",
            Value::Scalar { text, plain: true } if is_number(text) => "a number",
            Value::Scalar { text, .. } if text.trim().is_empty() => "empty",
            Value::Scalar { .. } => "a text",
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
fn is_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text.parse::<f64>().is_ok()
}
