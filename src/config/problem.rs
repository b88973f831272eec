//! What is wrong in a text, where, and what was expected there.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// One thing wrong in one place. Ordered by place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Problem {
    /// Relative to the fleet directory.
    pub file: PathBuf,
    /// From 1; 0 when the file as a whole is meant.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Dotted path: `hosts.mini-13.slots`; empty at the top of a file.
    pub key: String,
    /// What is wrong.
    pub said: String,
    /// What would have been right; may be empty.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.said)?;
        if !self.expected.is_empty() {
            write!(f, ": expected {}", self.expected)?;
        }
        Ok(())
    }
}
impl std::error::Error for Problem {}

/// All problems of all files, one to a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            let newline = if n == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        Ok(())
    }
}
impl std::error::Error for Problems {}

/// A place in a text, for what can only be checked once every file is read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) key: String,
}

impl Place {
    /// The file as a whole.
    pub(super) fn of_file(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), line: 0, column: 0, key: String::new() }
    }
    /// Something wrong here.
    pub(super) fn problem(&self, said: impl AsRef<str>, expected: impl AsRef<str>) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            key: printable(&self.key),
            said: printable(said.as_ref()),
            expected: printable(expected.as_ref()),
        }
    }
    /// A problem from an error that says both: `x is not a y: expected z`.
    pub(super) fn split(&self, error: &dyn fmt::Display) -> Problem {
        let whole = error.to_string();
        let (said, expected) = whole.split_once(": expected ").unwrap_or((&whole, ""));
        self.problem(said, expected)
    }
}
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Everything found wrong, and everything odd, so far.
#[derive(Default, Debug)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

impl Report {
    /// Notes a problem; the answer fits where a value would have stood.
    pub(super) fn wrong<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }
    /// Notes a problem.
    pub(super) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
    /// Notes what is odd.
    pub(super) fn warn(&mut self, problem: Problem) {
        self.warnings.push(problem);
    }
}

/// At most 80 characters of a value, for a message.
pub(super) fn clip(text: &str) -> String {
    let mut out: String = text.chars().take(80).collect();
    if out.len() < text.len() {
        out.push_str("...");
    }
    out
}

/// A text may hold escape sequences for the terminal it is shown on: they are spelt out.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
