//! Rules of this room, held by reading its files: colours stand in one file, files and functions
//! stay short.
#![expect(clippy::disallowed_methods, reason = "licence: reads the room's own source")]

use std::path::{Path, PathBuf};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            out.push(path);
        }
    }
    out
}

fn room() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files(&root).into_iter().map(read).collect()
}

/// A file without its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

#[test]
fn colours_stand_in_the_themes_and_nowhere_else() {
    let colour = concat!("Col", "or::");
    for (name, text) in room() {
        let theme = ["theme/mod.rs", "theme/palettes.rs"].contains(&name.as_str());
        assert!(theme || !text.contains(colour), "{name} names a colour");
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (name, text) in room() {
        let lines = code(&text).lines().count();
        assert!(lines <= 400, "{name} has {lines} lines");
        assert!(text.starts_with("//! "), "{name} says nothing of itself");
    }
}

#[test]
fn functions_are_short() {
    for (name, text) in room() {
        let mut begun: Option<(usize, usize, &str)> = None;
        for (n, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let bare = line.trim_start();
            let head =
                ["fn ", "pub fn ", "pub(super) fn ", "async fn ", "pub async fn ", "const fn "];
            if head.iter().any(|head| bare.starts_with(head)) && !line.ends_with([';', '}']) {
                begun = Some((n, indent, bare));
            }
            if let Some((from, depth, head)) = begun
                && bare == "}"
                && indent == depth
            {
                assert!(n - from < 60, "{name}: {head} has {} lines", n - from + 1);
                begun = None;
            }
        }
    }
}

#[test]
fn the_room_uses_only_the_api_and_the_model() {
    for (name, text) in room() {
        for line in text.lines().filter(|line| line.contains("hostler::")) {
            let after = line.split("hostler::").skip(1);
            for rest in after {
                let good = rest.starts_with("api") || rest.starts_with("model");
                assert!(good || name == "tests/rules.rs", "{name}: {line}");
            }
        }
    }
}
