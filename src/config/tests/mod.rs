//! Whole fleet directories through the one door, as texts.

mod any_text;
mod books;
mod desktop;
mod good;
mod malformed;
mod schema;

use std::path::PathBuf;

use super::{Files, Loaded, check};

/// The example that is in the repository.
const EXAMPLE: &str = include_str!("../../../inventory/example.yaml");
/// The commented settings that are in the repository.
const SETTINGS: &str = include_str!("../../../hostler.yaml");

fn files(texts: &[(&str, &str)]) -> Files {
    Files {
        root: PathBuf::from("/fleet"),
        home: Some(PathBuf::from("/home/op")),
        texts: texts.iter().map(|(name, text)| (name.into(), (*text).to_string())).collect(),
    }
}

fn load(texts: &[(&str, &str)]) -> Loaded {
    check(&files(texts)).unwrap_or_else(|problems| panic!("{}", super::Problems(problems)))
}

/// The problems, one line each.
fn lines(texts: &[(&str, &str)]) -> Vec<String> {
    let problems = check(&files(texts)).map(|_| ()).expect_err("problems");
    problems.iter().map(ToString::to_string).collect()
}
