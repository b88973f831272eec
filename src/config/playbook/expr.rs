//! The expressions of playbooks, `when` and `assert.that`. They are compiled when the file is read,
//! and every name in them is looked up: what is wrong shows by day and not in the middle of a night.

use std::collections::BTreeSet;

use crate::config::item::either;
use crate::config::near;
use crate::config::problem::clip;
use crate::model::{EXPRESSION_ROOTS, expressions};

/// What may stand behind `is` and `is not`.
const TESTS: [&str; 3] = ["defined", "undefined", "none"];
/// Words of the grammar, which name nothing.
const WORDS: [&str; 13] = [
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None",
];
/// Whatever is nested, is nested less deeply than it is long: the compiler goes down step by step.
const MOST_LETTERS: usize = 500;

/// Whether a step's result may have this name.
pub(super) fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.len() <= 63
        && text.starts_with(letter)
        && text.chars().all(|c| letter(c) || c.is_ascii_digit())
        && !WORDS.contains(&text)
}

/// What is wrong with an expression, and what was expected. `registered` are the results of the
/// steps before.
pub(super) fn faults(text: &str, registered: &BTreeSet<String>) -> Vec<(String, String)> {
    if text.is_empty() {
        return vec![("is empty".into(), "an expression".into())];
    }
    if text.chars().count() > MOST_LETTERS {
        let said = "is too long for an expression".to_string();
        return vec![(said, format!("at most {MOST_LETTERS} letters"))];
    }
    let rules = expressions();
    let compiled = match rules.compile_expression(text) {
        Ok(compiled) => compiled,
        Err(error) => {
            let why = error.detail().map_or_else(|| error.kind().to_string(), ToString::to_string);
            let said = format!("`{}` is not an expression, {why}", clip(text));
            return vec![(said, "one such as `host.uptime_hours > 168 or failed`".into())];
        }
    };
    let mut found = Found::default();
    for token in Tokens(text) {
        found.take(token);
    }
    found.names.extend(compiled.undeclared_variables(false));
    found.judge(registered)
}

/// What an expression makes use of.
#[derive(Default)]
struct Found {
    names: BTreeSet<String>,
    filters: BTreeSet<String>,
    tests: BTreeSet<String>,
    calls: bool,
    last: Last,
}

/// What the token before was.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    #[default]
    Other,
    Value,
    Dot,
    Pipe,
    Is,
}

impl Found {
    /// The compiler does not ask for names behind `|`, `is` and in front of a slice, and a call
    /// fails whenever it is made, so these are gathered from the tokens.
    fn take(&mut self, token: Token<'_>) {
        self.last = match token {
            Token::Word("is") if self.last == Last::Value => Last::Is,
            Token::Word("not") if self.last == Last::Is => Last::Is,
            Token::Word(word) => {
                match self.last {
                    Last::Dot => {}
                    Last::Pipe => drop(self.filters.insert(word.to_string())),
                    Last::Is => drop(self.tests.insert(word.to_string())),
                    Last::Other | Last::Value if WORDS.contains(&word) => {
                        self.last = Last::Other;
                        return;
                    }
                    Last::Other | Last::Value => drop(self.names.insert(word.to_string())),
                }
                Last::Value
            }
            Token::Literal => Last::Value,
            Token::Mark('.') => Last::Dot,
            Token::Mark('|') => Last::Pipe,
            Token::Mark(')' | ']' | '}') => Last::Value,
            Token::Mark(mark) => {
                self.calls |= mark == '(' && self.last == Last::Value;
                Last::Other
            }
        };
    }

    fn judge(self, registered: &BTreeSet<String>) -> Vec<(String, String)> {
        let mut faults = vec![];
        let known = || EXPRESSION_ROOTS.into_iter().chain(registered.iter().map(String::as_str));
        for name in self.names.iter().filter(|name| !known().any(|word| word == *name)) {
            let said = format!("`{}` is not known here{}", clip(name), near::hint(name, known()));
            let known: Vec<_> = known().collect();
            faults.push((said, format!("{}, or what an earlier step registers", known.join(", "))));
        }
        for name in &self.filters {
            let said = format!("`| {}` is a filter", clip(name));
            faults.push((said, "an expression without filters".into()));
        }
        for name in self.tests.iter().filter(|name| !TESTS.contains(&name.as_str())) {
            let said = format!("`is {}` is not known{}", clip(name), near::hint(name, TESTS));
            faults.push((said, format!("`is` with {}", either(&TESTS))));
        }
        if self.calls {
            let said = "something is called like a function".to_string();
            faults.push((said, "an expression without calls".into()));
        }
        faults
    }
}

/// A word, a text or number, or any other single letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    Word(&'a str),
    Literal,
    Mark(char),
}

/// The tokens of an expression that compiles.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.0 = self.0.trim_start();
        let first = self.0.chars().next()?;
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (token, length) = if first == '"' || first == '\'' {
            (Token::Literal, quoted(self.0, first))
        } else if in_word(first) {
            let end = self.0.find(|c| !in_word(c)).unwrap_or(self.0.len());
            let word = Token::Word(&self.0[..end]);
            (if first.is_ascii_digit() { Token::Literal } else { word }, end)
        } else {
            (Token::Mark(first), first.len_utf8())
        };
        self.0 = &self.0[length..];
        Some(token)
    }
}

/// The length of the text in quotes at the beginning.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        let registered = BTreeSet::from(["disk".to_string()]);
        faults(text, &registered).into_iter().map(|(said, _)| said).collect()
    }

    #[test]
    fn sound_expressions_have_no_faults() {
        for text in [
            "host.slots_leaked > 0 or host.uptime_hours > 168",
            "not failed",
            "failed and failure.step == 'is nope | x(y)'",
            "disk.said in ['a', \"b\\\"nope\"]",
            "disk is defined and disk.code is not none",
            "(disk.code + 1) * 2 >= 4 and (not failed)",
            "disk.said[1:3] == job['title']",
            "host.name if job.is else none",
            "true",
            "1e5 > 0.5",
        ] {
            assert_eq!(said(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn faults_are_named_all_at_once() {
        for (text, expected) in [
            ("", &["is empty"][..]),
            (
                "hots.name == x",
                &["`hots` is not known here (did you mean `host`?)", "`x` is not known here"],
            ),
            ("dsk.code == 0", &["`dsk` is not known here (did you mean `disk`?)"]),
            ("and", &["`and` is not known here"]),
            ("nope[1:2] == '' or none", &["`nope` is not known here"]),
            ("{nope: 1}", &["`nope` is not known here"]),
            ("disk.said | uper | int", &["`| int` is a filter", "`| uper` is a filter"]),
            (
                "disk is definde or disk is not odd",
                &["`is definde` is not known (did you mean `defined`?)", "`is odd` is not known"],
            ),
            ("host.name('a')", &["something is called like a function"]),
            ("range(3)", &["`range` is not known here", "something is called like a function"]),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
        for text in ["host.", "a b", "host ==", "'", "{{ host }}", "1 +", "(host", "host = 1", "é"]
        {
            let said = said(text);
            let begin = format!("`{text}` is not an expression, ");
            assert!(said.len() == 1 && said[0].starts_with(&begin), "{said:?}");
        }
    }

    #[test]
    fn the_deepest_nesting_there_may_be_is_borne() {
        for piece in
            ["-", "not ", "(", "[", "1+", "1 if 1 else ", "1|a", "a.", "{1:", "1**", "a is "]
        {
            let text: String = piece.chars().cycle().take(MOST_LETTERS - 1).chain(['1']).collect();
            said(&text);
            assert_eq!(said(&format!("{text} 1")), ["is too long for an expression"]);
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_a_fault_when_it_is_evaluated() {
        let rules = expressions();
        let expression = rules.compile_expression("host.nope > 1").unwrap();
        let host = minijinja::value::Value::from_iter([("slots", 2)]);
        let scope = minijinja::value::Value::from_iter([("host", host)]);
        assert_eq!(
            expression.eval(scope).unwrap_err().kind(),
            minijinja::ErrorKind::UndefinedError
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn every_name_the_compiler_asks_for_is_found(
            text in "([ab]|host|x|'a'|1|\\.| is | not | and |\\[|\\]|\\(|\\)|:|,|\\||==| ){1,12}"
        ) {
            let rules = expressions();
            if let Ok(compiled) = rules.compile_expression(&text) {
                let mut found = Found::default();
                Tokens(&text).for_each(|token| found.take(token));
                for name in compiled.undeclared_variables(false) {
                    // The compiler takes `and` by itself for a name.
                    let known = found.names.contains(&name) || WORDS.contains(&name.as_str());
                    prop_assert!(known, "{text}: {name}");
                }
            }
        }
    }
}
