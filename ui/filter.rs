//! The filter language of every list: `busy site=lausanne !r10 label=gold load>8`. All terms
//! must hold. A word is looked for anywhere; `key=value` or `key:value` asks one thing.

/// What a filter is asked about.
pub trait Subject {
    /// Whether any text of it contains this, in lower case.
    fn contains(&self, needle: &str) -> bool;
    /// Whether the thing of this name is this, in lower case.
    fn is(&self, key: &str, value: &str) -> bool;
    /// The figure of this name.
    fn number(&self, key: &str) -> Option<f64>;
}

/// A filter as read, with its text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<(bool, Test)>,
}

#[derive(Clone, PartialEq, Debug)]
enum Test {
    Word(String),
    Is(String, String),
    Above(String, f64),
    Below(String, f64),
}

/// Why a text is not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a filter term: expected a word, !word, key=value, key!=value, key>8, key<8")]
pub struct BadFilter(String);

impl Filter {
    /// Reads a filter; upper and lower case are the same.
    pub fn read(text: &str) -> Result<Self, BadFilter> {
        let terms = text.split_whitespace().map(term).collect::<Result<_, _>>()?;
        Ok(Self { text: text.split_whitespace().collect::<Vec<_>>().join(" "), terms })
    }
    pub fn text(&self) -> &str {
        &self.text
    }
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
    /// Whether all terms hold.
    pub fn holds(&self, subject: &impl Subject) -> bool {
        self.terms.iter().all(|(wanted, test)| {
            let holds = match test {
                Test::Word(word) => subject.contains(word),
                Test::Is(key, value) => subject.is(key, value),
                Test::Above(key, n) => subject.number(key).is_some_and(|is| is > *n),
                Test::Below(key, n) => subject.number(key).is_some_and(|is| is < *n),
            };
            holds == *wanted
        })
    }
}

fn term(text: &str) -> Result<(bool, Test), BadFilter> {
    let bad = || BadFilter(text.chars().take(40).collect());
    let lower = text.to_lowercase();
    let (wanted, body) = match lower.strip_prefix('!') {
        Some(rest) => (false, rest),
        None => (true, lower.as_str()),
    };
    let Some(at) = body.find(['=', ':', '>', '<', '!']) else {
        return if body.is_empty() { Err(bad()) } else { Ok((wanted, Test::Word(body.into()))) };
    };
    let (key, rest) = body.split_at(at);
    let (wanted, op, value) = match rest.strip_prefix("!=") {
        Some(value) => (!wanted, '=', value),
        None => (wanted, rest.chars().next().unwrap_or(' '), &rest[1..]),
    };
    if key.is_empty() || value.is_empty() {
        return Err(bad());
    }
    let number = || value.trim_end_matches('%').parse::<f64>().map_err(|_| bad());
    let test = match op {
        '=' | ':' => Test::Is(key.into(), value.into()),
        '>' => Test::Above(key.into(), number()?),
        '<' => Test::Below(key.into(), number()?),
        _ => return Err(bad()),
    };
    Ok((wanted, test))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Host;
    impl Subject for Host {
        fn contains(&self, needle: &str) -> bool {
            ["mac-0412", "busy", "gold"].iter().any(|text| text.contains(needle))
        }
        fn is(&self, key: &str, value: &str) -> bool {
            [("state", "busy"), ("site", "lausanne"), ("label", "gold")].contains(&(key, value))
        }
        fn number(&self, key: &str) -> Option<f64> {
            (key == "load").then_some(9.5)
        }
    }

    #[test]
    fn terms_hold_or_not() {
        for (text, holds) in [
            ("", true),
            ("  ", true),
            ("busy", true),
            ("BUSY 04", true),
            ("!busy", false),
            ("!r10 busy site=lausanne label=gold", true),
            ("site:Lausanne", true),
            ("site!=lausanne", false),
            ("!site!=lausanne", true),
            ("site=zurich", false),
            ("load>8", true),
            ("load<8", false),
            ("load>9%", true),
            ("cpu>0", false),
            ("!cpu>0", true),
        ] {
            assert_eq!(Filter::read(text).unwrap().holds(&Host), holds, "{text}");
        }
        assert_eq!(Filter::read("  a   b ").unwrap().text(), "a b");
    }

    #[test]
    fn what_is_not_a_filter_says_which_term() {
        for bad in ["!", "=x", "a=", "load>many", "a !", "x!y", "!!", "é>x"] {
            let said = Filter::read(bad).unwrap_err().to_string();
            assert!(said.contains("is not a filter term"), "{said}");
        }
    }
}
