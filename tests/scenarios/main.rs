//! Scenarios: the world and the time in, the text of the plan out. Each file beside this one is
//! for one numbered rule. `HOSTLER_BLESS=1` writes what comes out into the files: read the
//! difference before you keep it.
#![expect(clippy::disallowed_methods, reason = "licence: this test reads its own scenarios")]
#![expect(clippy::print_stdout, reason = "a test that stops says at which scenario")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod asks;
mod differ;
mod file;
mod happens;
mod stage;
mod toy;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use file::Scenario;
use stage::Stage;

/// Section, and how many numbered rules it has; sections 1 and 6 have none, so their parts are
/// named.
const RULES: &[(&str, usize)] = &[("2", 7), ("3", 9), ("4", 8)];
const NAMED: &[&str] = &[
    "3.plan",
    "6.drift",
    "6.filters",
    "6.score",
    "6.spread",
    "6.queue",
    "6.pulls",
    "1.brake",
    "1.identity",
    "1.return",
    "1.leaked",
];

fn files() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn read(path: &Path) -> (String, Scenario) {
    let text = std::fs::read_to_string(path).unwrap();
    let scenario = toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", name(path)));
    (text, scenario)
}

/// Plays a scenario; what differs from what it expects, or nothing.
fn play(path: &Path) -> Option<String> {
    let (text, scenario) = read(path);
    // Shown when something on the stage stops the test.
    println!("{}", name(path));
    let mut stage = Stage::set(&scenario);
    let got: Vec<String> = scenario.then.iter().map(|then| stage.play(&scenario, then)).collect();
    if std::env::var("HOSTLER_BLESS").is_ok_and(|bless| bless == "1") {
        // Other tests read it meanwhile.
        let whole = path.with_extension("blessed");
        std::fs::write(&whole, differ::blessed(&text, &got)).unwrap();
        std::fs::rename(&whole, path).unwrap();
        return None;
    }
    let steps = scenario.then.iter().zip(&got).enumerate();
    let wrong = steps.filter(|(_, (then, got))| then.plan != **got);
    let told = wrong.map(|(n, (then, got))| {
        format!("{}, step {}:\n{}", name(path), n + 1, differ::lines(&then.plan, got))
    });
    Some(told.collect::<Vec<_>>().join("\n")).filter(|told| !told.is_empty())
}

fn play_section(section: &str) {
    let files = files().into_iter().filter(|path| name(path).starts_with(section));
    let wrong: Vec<String> = files.filter_map(|path| play(&path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn starting_and_stopping() {
    play_section("2-");
}

#[test]
fn draining() {
    play_section("3-");
}

#[test]
fn schedules() {
    play_section("4-");
}

#[test]
fn reachability() {
    play_section("1-");
}

#[test]
fn placement() {
    play_section("6-");
}

#[test]
fn every_rule_has_a_scenario_and_every_scenario_says_which_and_why() {
    let numbered = |(section, n): &(&str, usize)| {
        let section = section.to_string();
        (1..=*n).map(move |rule| format!("{section}.{rule}")).collect::<Vec<_>>()
    };
    let mut all: BTreeSet<String> = RULES.iter().flat_map(numbered).collect();
    all.extend(NAMED.iter().map(|name| name.to_string()));
    let mut met = BTreeSet::new();
    for path in files() {
        let (_, scenario) = read(&path);
        let (section, rule) = scenario.rule.split_once('.').unwrap();
        let stem = match rule.parse::<u8>() {
            Ok(rule) => format!("{section}-{rule:02}-"),
            Err(_) => format!("{section}-{rule}-"),
        };
        assert!(name(&path).starts_with(&stem), "{}: its rule is {}", name(&path), scenario.rule);
        assert!(scenario.why.len() > 20, "{}: why?", name(&path));
        met.insert(scenario.rule);
    }
    assert_eq!(met, all);
}

#[test]
fn what_a_scenario_file_must_not_say_is_an_error() {
    let good =
        "rule = '2.1'\nwhy = ''\nnow = 2026-11-21T02:00:00Z\nfleet = ''\n[[then]]\nplan = ''\n";
    assert!(toml::from_str::<Scenario>(good).is_ok());
    for bad in ["wait = '5'", "sees = 1", "asks = [{drain = {hots = ['a'], reason = 'x'}}]"] {
        assert!(toml::from_str::<Scenario>(&format!("{good}{bad}\n")).is_err(), "{bad}");
    }
    assert!(toml::from_str::<Scenario>(&good.replace("why", "whom")).is_err());
}
