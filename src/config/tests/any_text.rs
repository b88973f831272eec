//! No text at all brings the reading down.

use proptest::prelude::*;

use super::{EXAMPLE, files};
use crate::config::check;

/// Words and marks out of which broken inventories are made.
const PIECES: [&str; 48] = [
    "hosts:",
    "groups:",
    "pools:",
    "images:",
    "schedules:",
    "defaults:",
    "ssh:",
    "labels:",
    "size:",
    "address:",
    "jump:",
    "cron:",
    "zone:",
    "slots:",
    "steps:",
    "respawn:",
    "drain:",
    "sh:",
    "copy:",
    "when:",
    "register: a",
    "expect:",
    "order:",
    "blackout:",
    "mini-[01:12]:",
    "[1:99999]",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    " ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "!!str ",
    "'",
    "\"",
    "|",
    "%",
    "@",
    "~",
    "é\u{1b}",
    "<<: ",
];

/// The example with a stretch of it replaced.
fn mutated(at: usize, cut: usize, put: &str) -> String {
    let mut from = at % EXAMPLE.len();
    let mut to = (from + cut).min(EXAMPLE.len());
    while !EXAMPLE.is_char_boundary(from) {
        from -= 1;
    }
    while !EXAMPLE.is_char_boundary(to) {
        to += 1;
    }
    format!("{}{put}{}", &EXAMPLE[..from], &EXAMPLE[to..])
}

/// Reads `text` as each kind of file. Whatever is wrong is in the order of places, has a reason,
/// and holds nothing that a terminal would obey.
fn read_as_all(text: &str) {
    let texts =
        files(&[("inventory/a.yaml", text), ("playbooks/p.yaml", text), ("hostler.yaml", text)]);
    let problems = match check(&texts) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => {
            assert!(!problems.is_empty());
            problems
        }
    };
    assert!(problems.is_sorted());
    for problem in problems {
        assert!(!problem.said.is_empty() && !problem.to_string().contains(char::is_control));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_text_is_read(text in any::<String>()) {
        read_as_all(&text);
    }

    #[test]
    fn random_pieces_are_read(picks in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        read_as_all(&text);
    }

    #[test]
    fn a_damaged_example_is_read(
        at in any::<usize>(),
        cut in 0..40_usize,
        pick in 0..PIECES.len(),
    ) {
        read_as_all(&mutated(at, cut, PIECES[pick]));
    }
}

#[test]
fn growth_without_end_is_stopped() {
    let mut bomb = String::from("hosts: {a: {address: x}}\nx0: &x0 [aaaaaaaaaaaaaaaa]\n");
    for n in 1..20 {
        let aliases = vec![format!("*x{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("x{n}: &x{n} [{aliases}]\n"));
    }
    let deep = format!("hosts: {}", "[".repeat(5_000));
    let deep_block: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let mut climbing = String::from("x0: &x0 [a]\n");
    for n in 1..200 {
        climbing.push_str(&format!("x{n}: &x{n} [*x{}]\n", n - 1));
    }
    let ranges: String = (0..400)
        .map(|n| format!("  m{n}-[0:9999]: {{address: 'm{n}-[0:9999]', user: u}}\n"))
        .collect();
    for (text, said) in [
        (bomb, "too many values, aliases counted each time"),
        (climbing, "nested too deeply"),
        (deep, "not YAML: "),
        (deep_block, "not YAML: "),
        ("a: &a [*a]\n".to_string(), "an alias that contains itself"),
        (format!("hosts:\n{ranges}"), "more than 20000 hosts in all"),
    ] {
        let problems = check(&files(&[("inventory/a.yaml", &text)])).unwrap_err();
        assert!(
            problems.iter().any(|p| p.said.starts_with(said)),
            "{said}: {:?}",
            problems.first()
        );
        read_as_all(&text);
    }
}
