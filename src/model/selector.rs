//! Choosing hosts by their labels, in the grammar Kubernetes made known:
//! `site=lausanne,role!=builder,chip in (m2,m4),gold,!retired`. All terms must hold.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::text::{as_text, clip};

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// All terms must hold; no term at all holds for every host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selector {
    terms: Vec<Term>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Term {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

/// Why a text is not a selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{term}` is not a selector term: expected `key`, `!key`, `key=value`, `key!=value`, `key in (a,b)` or `key notin (a,b)`"
)]
pub struct BadSelector {
    term: String,
}

impl Selector {
    /// Whether all terms hold for these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.terms.iter().all(|term| match term {
            Term::In(key, values) => labels.get(key).is_some_and(|v| values.contains(v)),
            Term::NotIn(key, values) => labels.get(key).is_none_or(|v| !values.contains(v)),
            Term::Exists(key) => labels.contains_key(key),
            Term::Missing(key) => !labels.contains_key(key),
        })
    }

    /// Whether it has no term, and so holds for everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The first term that does not hold, as text, for people who ask why.
    pub fn first_unmet(&self, labels: &Labels) -> Option<String> {
        self.terms
            .iter()
            .find(|term| !Self { terms: vec![(*term).clone()] }.matches(labels))
            .map(Term::to_string)
    }
}

/// Splits at commas that are not inside parentheses.
fn split_terms(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let mut start = 0;
    let mut out = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

impl FromStr for Term {
    type Err = BadSelector;
    fn from_str(text: &str) -> Result<Self, BadSelector> {
        let term = text.trim();
        let bad = || BadSelector { term: clip(term) };
        let word = |w: &str| {
            let w = w.trim();
            is_word(w).then(|| w.to_string()).ok_or_else(bad)
        };
        let list = |w: &str| {
            let inner = w.trim().strip_prefix('(').and_then(|w| w.strip_suffix(')'));
            inner.ok_or_else(bad)?.split(',').map(word).collect::<Result<Vec<_>, _>>()
        };
        if let Some((key, value)) = term.split_once("!=") {
            Ok(Self::NotIn(word(key)?, vec![word(value)?]))
        } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            Ok(Self::In(word(key)?, vec![word(value)?]))
        } else if let Some((key, values)) = term.split_once(" notin ") {
            Ok(Self::NotIn(word(key)?, list(values)?))
        } else if let Some((key, values)) = term.split_once(" in ") {
            Ok(Self::In(word(key)?, list(values)?))
        } else if let Some(key) = term.strip_prefix('!') {
            Ok(Self::Missing(word(key)?))
        } else {
            Ok(Self::Exists(word(term)?))
        }
    }
}

impl FromStr for Selector {
    type Err = BadSelector;
    fn from_str(text: &str) -> Result<Self, BadSelector> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let terms = split_terms(text).into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(key, values) if values.len() == 1 => write!(f, "{key}={}", values[0]),
            Self::NotIn(key, values) if values.len() == 1 => write!(f, "{key}!={}", values[0]),
            Self::In(key, values) => write!(f, "{key} in ({})", values.join(",")),
            Self::NotIn(key, values) => write!(f, "{key} notin ({})", values.join(",")),
            Self::Exists(key) => f.write_str(key),
            Self::Missing(key) => write!(f, "!{key}"),
        }
    }
}
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<_> = self.terms.iter().map(Term::to_string).collect();
        f.pad(&terms.join(","))
    }
}
as_text!(Selector);

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    #[test]
    fn terms_hold_or_not() {
        let host = labels(&[("site", "lausanne"), ("chip", "m4"), ("gold", "")]);
        for (text, holds) in [
            ("", true),
            ("site=lausanne", true),
            ("site==lausanne,role!=builder", true),
            ("chip in (m2, m4)", true),
            ("chip notin (m2,m4)", false),
            ("gold,!retired", true),
            ("role=builder", false),
            ("!gold", false),
        ] {
            let selector: Selector = text.parse().unwrap();
            assert_eq!(selector.matches(&host), holds, "{text}");
            let again: Selector = selector.to_string().parse().unwrap();
            assert_eq!(again, selector, "{text}");
            assert_eq!(selector.first_unmet(&host).is_none(), holds, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_selector_says_which_term() {
        for bad in ["site=", "=x", "a b", "chip in m2", "a,,b", "!"] {
            let said = bad.parse::<Selector>().unwrap_err().to_string();
            assert!(said.contains("is not a selector term"), "{said}");
        }
    }
}
