//! Two texts line by line: as a difference to read, and as a scenario file with new expectations.

/// Lines that are only expected with a `-`, lines that only came with a `+`.
pub(crate) fn lines(expected: &str, got: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    // The longest common run of lines from each pair of places on.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < old.len() || j < new.len() {
        let same = i < old.len() && j < new.len() && old[i] == new[j];
        let drop = j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]);
        let (sign, line) = match (same, drop) {
            (true, _) => (' ', old[i]),
            (false, true) => ('-', old[i]),
            (false, false) => ('+', new[j]),
        };
        i += usize::from(same || drop);
        j += usize::from(same || !drop);
        out.push_str(&format!("  {sign} {line}\n"));
    }
    out
}

const OPEN: &str = "plan = '''";

/// The file's text with what came in the place of what each step expects.
pub(crate) fn blessed(text: &str, got: &[String]) -> String {
    let (mut out, mut rest) = (String::new(), text);
    for plan in got {
        let at = rest.find(OPEN).expect("each step has its `plan = '''`") + OPEN.len();
        let end = at + rest[at..].find("'''").expect("each `'''` has its end");
        out.push_str(&format!("{}\n{plan}", &rest[..at]));
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn a_difference_tells_what_is_missing_and_what_is_new() {
    assert_eq!(lines("a\nb\nc\n", "a\nc\nd\n"), "    a\n  - b\n    c\n  + d\n");
    assert_eq!(lines("", "x\n"), "  + x\n");
    let text = "[[then]]\nplan = '''\nold\n'''\n[[then]]\nplan = ''''''\n";
    let new = blessed(text, &["a\n".into(), "b\n".into()]);
    assert_eq!(new, "[[then]]\nplan = '''\na\n'''\n[[then]]\nplan = '''\nb\n'''\n");
}
