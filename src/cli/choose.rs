//! Choosing things by name, by selector, or from standard input.

use std::collections::BTreeSet;

use hostler::model::Selector;

use super::failure::Failure;
use super::listed::Listed;

/// The things that these words mean, in the order of `items`. No word means all; `-` is the words
/// that `input` gives. A word that means nothing is refused: a slip must not pass for success.
pub(crate) fn choose<T: Listed>(
    words: &[String],
    items: Vec<T>,
    input: impl FnOnce() -> std::io::Result<String>,
) -> Result<Vec<T>, Failure> {
    if words.is_empty() {
        return Ok(items);
    }
    let mut words = words.to_vec();
    if words.iter().any(|word| word == "-") {
        let text = input().map_err(|why| Failure::usage(format!("standard input: {why}")))?;
        words.retain(|word| word != "-");
        words.extend(text.split_whitespace().map(String::from));
        if words.is_empty() {
            return Err(Failure::usage("standard input names nothing"));
        }
    }
    let mut chosen = BTreeSet::new();
    for word in &words {
        let found = meant(word, &items)?;
        if found.is_empty() {
            let noun = T::NOUN;
            let said = format!("no {noun} `{word}`: `hostler {noun} list` shows those there are");
            return Err(Failure::failed(said));
        }
        chosen.extend(found);
    }
    let mut nth = 0..;
    Ok(items.into_iter().filter(|_| nth.next().is_some_and(|n| chosen.contains(&n))).collect())
}

/// The places of what one word means: a name before a selector.
fn meant<T: Listed>(word: &str, items: &[T]) -> Result<Vec<usize>, Failure> {
    let named = items
        .iter()
        .position(|item| item.key() == word || item.aliases().iter().any(|a| a == word));
    if let Some(n) = named {
        return Ok(vec![n]);
    }
    let selector: Selector = word.parse().map_err(|why| Failure::usage(format!("{why}")))?;
    let labels = items.iter().map(|item| item.labels());
    let holds = labels.enumerate().filter(|(_, labels)| selector.matches(labels));
    Ok(holds.map(|(n, _)| n).collect())
}

#[cfg(test)]
mod tests {
    use hostler::model::{Labels, Timestamp};
    use serde::Serialize;

    use super::super::table::{Cell, Column};
    use super::*;

    #[derive(Clone, Serialize)]
    struct Thing(&'static str, &'static str);

    impl Listed for Thing {
        const NOUN: &'static str = "thing";
        const COLUMNS: &'static [Column] = &[];
        fn key(&self) -> String {
            self.0.into()
        }
        fn aliases(&self) -> Vec<String> {
            vec![format!("the-{}", self.0)]
        }
        fn labels(&self) -> Labels {
            [("site".to_string(), self.1.to_string()), (self.1.to_string(), String::new())].into()
        }
        fn cells(&self, _: Timestamp) -> Vec<Cell> {
            vec![]
        }
    }

    fn chosen(words: &[&str], input: &str) -> Result<Vec<&'static str>, Failure> {
        let items = vec![Thing("a", "x"), Thing("b", "x"), Thing("c", "y"), Thing("x", "z")];
        let words: Vec<_> = words.iter().map(|word| (*word).to_string()).collect();
        let found = choose(&words, items, || Ok(input.to_string()))?;
        Ok(found.iter().map(|thing| thing.0).collect())
    }

    #[test]
    fn words_mean_names_then_selectors() {
        for (words, input, found) in [
            (&[][..], "", &["a", "b", "c", "x"][..]),
            (&["c", "a", "a"], "", &["a", "c"]),
            (&["the-b"], "", &["b"]),
            (&["site=x"], "", &["a", "b"]),
            (&["site!=x,!z"], "", &["c"]),
            (&["y"], "", &["c"]),
            // A name goes before the label of the same spelling.
            (&["x"], "", &["x"]),
            (&["-"], "a\n c\n", &["a", "c"]),
            (&["b", "-"], "a", &["a", "b"]),
        ] {
            assert_eq!(chosen(words, input).unwrap(), found, "{words:?}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (words, input, code, says) in [
            (&["q"][..], "", 1, "no thing `q`: `hostler thing list`"),
            (&["site=q"], "", 1, "no thing `site=q`"),
            (&["a", "site="], "", 2, "is not a selector term"),
            (&["-"], " \n", 2, "names nothing"),
        ] {
            let failure = chosen(words, input).unwrap_err();
            assert_eq!(failure.exit(), code, "{words:?}");
            assert!(failure.to_string().contains(says), "{failure}");
        }
    }
}
