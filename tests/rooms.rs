//! Each line stays in its room: checks the `use` edges, the sizes, the sign on each door, and
//! who may break a ban. The tables below are the architecture; to change it, change them.
#![expect(clippy::disallowed_methods, reason = "licence: this test reads the source tree")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Room, and the rooms it may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("plan", &["model"]),
    ("store", &["model"]),
    ("transport", &["model"]),
    ("driver", &["model", "transport"]),
    ("sim", &["model", "transport"]),
    ("engine", &["model", "config", "plan", "store", "transport", "driver"]),
    ("api", &["model", "engine"]),
];
/// What the binary's rooms may use of the library. `cli` and `run` may use all of it.
const UI_USES: &[&str] = &["api", "model"];
/// Files that may break a ban of clippy.toml. Each says why in its first lines.
const LICENSED: &[&str] = &[
    "src/api/events.rs",
    "src/api/plans.rs",
    "src/api/server.rs",
    "src/api/socket.rs",
    "src/cli/service/system.rs",
    "src/cli/setup.rs",
    "src/config/disk.rs",
    "src/config/tests/good.rs",
    "src/engine/clock.rs",
    "src/main.rs",
    "src/run/console.rs",
    "src/run/files.rs",
    "src/sim/server.rs",
    "src/sim/start.rs",
    "src/sim/time.rs",
    "src/store/disk.rs",
    "src/store/tests.rs",
    "src/transport/dial.rs",
    "src/transport/disk.rs",
    "src/transport/limit.rs",
    "src/transport/local.rs",
    "ui/clock.rs",
    "ui/crash.rs",
    "ui/tests/rules.rs",
];
/// Words that a room must not know: `(room, word, where it belongs)`.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("plan", "tracing::", "plan has no log: say it in `held`"),
    ("plan", "async ", "plan is not async: hand it what it needs"),
    ("model", "async ", "model is not async"),
    ("engine", "StatusCode", "engine knows no HTTP: that is api's"),
    ("driver", "crate::model::World", "driver decides nothing: hand it the order"),
];
const LINES_MOST: usize = 600;
const SIGN_MOST: usize = 4;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            source_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The files of src and ui by their path from the root, with their text.
fn sources() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    for dir in ["src", "ui"] {
        source_files(&root().join(dir), &mut files);
    }
    let shown = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (shown(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The first path segment after every `name::`, grouped imports included.
fn names_after(name: &str, text: &str) -> BTreeSet<String> {
    let key = format!("{name}::");
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(&key) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &text[at + key.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads_of_group(group)),
            None => {
                found.insert(
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
                );
            }
        }
    }
    found.remove("");
    found
}

/// `a::B, c::{D, E}, f` up to the closing brace: `a`, `c`, `f`.
fn heads_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut word, mut head) = (0_usize, Vec::new(), String::new(), true);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(std::mem::take(&mut word));
                head = true;
            }
            ':' => head = false,
            c if head && depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
            _ => {}
        }
    }
    heads.push(word);
    heads
}

/// Without comment lines, and without the tests at the end.
fn product(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room_of(path: &str) -> &str {
    let mut parts = path.split('/');
    match (parts.next(), parts.next()) {
        (Some("ui"), _) => "ui",
        (_, Some(room)) => room,
        _ => "",
    }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_use_is_an_edge_of_the_table() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let (room, code) = (room_of(&path), product(&text));
        if room == "ui" {
            let used = names_after("hostler", &code);
            let bad = used.iter().filter(|used| !UI_USES.contains(&used.as_str()));
            wrong.extend(bad.map(|used| format!("{path}: ui may not use {used}")));
            let siblings = names_after("crate", &code);
            let bad = siblings.iter().filter(|s| ["cli", "run"].contains(&s.as_str()));
            wrong.extend(bad.map(|used| format!("{path}: ui may not use {used}")));
        } else if let Some(may) = allowed.get(room) {
            for used in names_after("crate", &code) {
                let other = used != room && allowed.contains_key(used.as_str());
                if other && !may.contains(&used.as_str()) {
                    wrong.push(format!("{path}: {room} may not use {used}"));
                }
            }
        }
        for (_, word, why) in FOREIGN.iter().filter(|(r, ..)| *r == room) {
            if code.contains(word) {
                wrong.push(format!("{path}: `{}` here: {why}", word.trim()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_room_of_the_library_is_in_the_table() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: BTreeSet<_> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let listed: BTreeSet<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(declared, listed);
}

#[test]
fn every_door_has_a_sign_and_no_file_is_too_long() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let sign = text.lines().take_while(|line| line.starts_with("//!")).count();
        if sign == 0 {
            wrong.push(format!("{path}:1: no sign on the door: begin with `//!`"));
        }
        // A room's own page may be longer: it is where the room is explained.
        if sign > SIGN_MOST && !path.ends_with("mod.rs") {
            wrong.push(format!("{path}:1: a sign of {sign} lines, at most {SIGN_MOST}"));
        }
        let lines = text.split("#[cfg(test)]").next().unwrap_or("").lines().count();
        if lines > LINES_MOST {
            wrong.push(format!("{path}: {lines} lines, at most {LINES_MOST}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn only_the_listed_files_break_a_ban() {
    let breaks =
        |text: &str| text.contains("clippy::disallowed_") || text.contains("clippy::print_std");
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in sources() {
        if !breaks(&product(&text)) {
            continue;
        }
        if !LICENSED.contains(&path.as_str()) {
            wrong.push(format!("{path}: breaks a ban and is not in LICENSED"));
        }
        if !text.contains("licence: ") {
            wrong.push(format!("{path}: its licence does not say what for (`licence: ...`)"));
        }
        seen.insert(path);
    }
    let idle = LICENSED.iter().filter(|path| !seen.contains(**path));
    wrong.extend(idle.map(|path| format!("{path}: is licensed and breaks nothing")));
    assert_none(&wrong);
}

#[test]
fn grouped_imports_are_seen() {
    let text = "use crate::{model::{A, B}, store::Journal, engine};\nuse crate::plan::x;";
    let got: Vec<_> = names_after("crate", text).into_iter().collect();
    assert_eq!(got, ["engine", "model", "plan", "store"]);
}
