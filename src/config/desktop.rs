//! A person's own file of the desktop: `desktop.yaml`. What themes, commands and keys there are is
//! told by whoever reads it; here stands what the file may say, and where it said it.

use std::path::Path;

use super::item::Item;
use super::near;
use super::problem::{Place, Problem, Problems, Report, clip};
use super::tree;

/// What such a file says. What it does not say is none or empty.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DesktopFile {
    pub theme: Option<String>,
    pub ascii: Option<bool>,
    /// The pointer works the desktop; else it selects text.
    pub mouse: Option<bool>,
    /// Times are shown in UTC, and not as the clocks here show them.
    pub utc: Option<bool>,
    pub hold_rows: Option<bool>,
    /// The keys of commands, in the order they were written.
    pub keys: Vec<(Written, Vec<Written>)>,
    /// The labels of clusters where mistakes cost.
    pub production: Vec<String>,
}

/// A text and where it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Written {
    pub text: String,
    place: Place,
}

impl Written {
    fn of(item: &Item<'_>, text: &str) -> Self {
        Self { text: text.into(), place: item.place() }
    }
    /// Something wrong with it.
    pub fn problem(&self, said: &str, expected: &str) -> Problem {
        self.place.problem(said, expected)
    }
}

/// The keys of the file.
const KEYS: [&str; 7] = ["theme", "ascii", "mouse", "times", "hold_rows", "keys", "production"];

/// Reads the text of such a file: all it says, or everything that is wrong with it.
pub fn read_desktop(
    file: &Path,
    text: &str,
    themes: &[&str],
    actions: &[&str],
) -> Result<DesktopFile, Problems> {
    let mut report = Report::default();
    let tree = tree::parse(file, text, &mut report);
    let said = tree.map(|node| read(&Item::root(file, &node), themes, actions, &mut report));
    report.problems.sort();
    match said {
        Some(said) if report.problems.is_empty() => Ok(said),
        Some(_) | None => Err(Problems(report.problems)),
    }
}

fn read(root: &Item<'_>, themes: &[&str], actions: &[&str], report: &mut Report) -> DesktopFile {
    let mut said = DesktopFile::default();
    let Some([theme, ascii, mouse, times, hold_rows, keys, production]) = root.fields(KEYS, report)
    else {
        return said;
    };
    said.theme = theme.and_then(|item| item.one_of(themes, report)).map(Into::into);
    said.ascii = ascii.and_then(|item| item.truth(report));
    said.mouse = mouse.and_then(|item| item.truth(report));
    said.utc = times.and_then(|item| item.choice([("local", false), ("utc", true)], report));
    said.hold_rows = hold_rows.and_then(|item| item.truth(report));
    if let Some(item) = keys {
        said.keys = read_keys(&item, actions, report);
    }
    let names = production.map(|item| item.list(report)).unwrap_or_default();
    let names = names.iter().filter_map(|item| item.raw("the label of a cluster", report));
    said.production = names.map(Into::into).collect();
    said
}

/// Names of commands, each with a list of keys.
fn read_keys(
    item: &Item<'_>,
    actions: &[&str],
    report: &mut Report,
) -> Vec<(Written, Vec<Written>)> {
    let mut keys = Vec::new();
    for (action, item) in item.named(report) {
        if !actions.contains(&action) {
            let hint = near::hint(action, actions.iter().copied());
            let said = format!("there is no command `{}`{hint}", clip(action));
            let expected = "a name that Help shows at the right of each command";
            report.note(item.key_place().problem(said, expected));
            continue;
        }
        let expected = "a key such as C, ^W, F6 or Enter";
        let texts = item.list(report);
        let texts =
            texts.iter().filter_map(|key| Some(Written::of(key, key.raw(expected, report)?)));
        let written = Written { text: action.into(), place: item.key_place() };
        keys.push((written, texts.collect()));
    }
    keys
}
