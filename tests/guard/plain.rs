//! The scripts as texts: nothing in them that a Mac's own `/bin/sh`, a bash of 2007, or a Mac's own
//! tools do not have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::SHELLS;

/// Commands that a Mac does not have, and words that only some shells have.
const COMMANDS: [&str; 16] = [
    "setsid",
    "flock",
    "timeout",
    "gtimeout",
    "nproc",
    "sha256sum",
    "md5sum",
    "tac",
    "shuf",
    "pidof",
    "mapfile",
    "readarray",
    "declare",
    "typeset",
    "coproc",
    "shopt",
];

/// Options that only the tools of other systems have, and forms that only some shells have.
const FORMS: [&str; 31] = [
    "stat -c",
    "date -d",
    "date --",
    "readlink -f",
    "realpath",
    "sed -i",
    "sed -r",
    "grep -P",
    "xargs -r",
    "base64 -w",
    "sort -V",
    "ls --",
    "ps --",
    "head -n -",
    "pgrep -a",
    "echo -e",
    "echo -n",
    "printf -v",
    "local -",
    "read -a",
    "[[ ",
    "=(",
    "<(",
    "<<<",
    "&>",
    "|&",
    "^^}",
    ",,}",
    "${!",
    "@Q}",
    "$EPOCH",
];

fn scripts() -> Vec<PathBuf> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/driver");
    let mut found = Vec::new();
    let mut folders = vec![driver];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "sh") {
                found.push(path);
            }
        }
    }
    found
}

/// What is wrong with a line.
fn strange(line: &str) -> Option<&'static str> {
    // A line for sudoers(5) is no list of a shell's.
    let line = line.trim().replace("ALL=(root)", "");
    if line.starts_with('#') {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || ";|&()`\"".contains(c);
    let mut words = line.split(ends);
    let command = words.find_map(|word| COMMANDS.into_iter().find(|command| *command == word));
    command.or_else(|| FORMS.into_iter().find(|form| line.contains(form)))
}

#[test]
fn the_scripts_have_nothing_that_a_mac_lacks() {
    let scripts = scripts();
    assert!(scripts.len() > 12, "{scripts:?}");
    for path in scripts {
        for (nth, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let at = format!("{}:{}", path.display(), nth + 1);
            assert_eq!(strange(line), None, "{at}: {line}");
        }
        for argv in SHELLS {
            let read =
                Command::new(argv[0]).args(&argv[1..]).arg("-n").arg(&path).output().unwrap();
            assert!(read.status.success(), "{argv:?}: {read:?}");
        }
    }
}

#[test]
fn what_a_mac_lacks_is_found() {
    for line in [
        "setsid tart run",
        "x=$(timeout 5 tart list)",
        "if stat -c %s file; then",
        "names=(a b)",
        "if [[ $a == b ]]; then",
        "while read -r x; do :; done < <(ls)",
        "echo ${x^^}",
        "  local -",
    ] {
        assert!(strange(line).is_some(), "{line}");
    }
    for line in ["# no timeout(1)", "limited 5 tart stop --timeout 3", "POSIX::setsid();", "a=$(b)"]
    {
        assert_eq!(strange(line), None, "{line}");
    }
}
