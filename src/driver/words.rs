//! A tool's own words, made fit to be shown: no control characters, the first lines, bounded.

use crate::transport::Output;

/// In characters.
const SAID: usize = 500;

/// The first lines of what was said on standard error, else on standard output, else the status.
pub(super) fn said(status: i32, output: &Output) -> String {
    let text = [&output.stderr, &output.stdout]
        .into_iter()
        .map(|text| first_lines(text))
        .find(|text| !text.is_empty());
    text.unwrap_or_else(|| format!("it ended with status {status} and said nothing"))
}

fn first_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = clean(line);
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(line);
        if out.len() > 4 * SAID {
            break;
        }
    }
    match out.char_indices().nth(SAID) {
        Some((end, _)) => format!("{}...", &out[..end]),
        None => out,
    }
}

/// Without escape sequences and other control characters, which have no business on a screen, those
/// included that turn the direction of what follows them.
pub(super) fn clean(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// The end of an output of several lines, fit to be shown: no control characters but ends of lines.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(clean).collect();
    // A cut may have left the end of a character at the beginning.
    lines.join("\n").trim_start_matches('\u{fffd}').trim_end().to_owned()
}

/// The last lines of an output, on one.
pub(super) fn last_words(text: &str) -> String {
    let lines: Vec<String> = tail(text).lines().map(|line| line.trim().to_owned()).collect();
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(3);
    first_lines(&lines[from..].join("\n"))
}

/// Base 64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |nth: usize| u32::from(three.get(nth).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for nth in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * nth) & 63) as usize];
            out.push(if nth <= three.len() { digit.into() } else { '=' });
        }
    }
    out
}

/// A short fact of one line: cleaned, trimmed, at most 120 characters.
pub(super) fn fact(text: &str) -> String {
    clean(text.trim()).chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Status;

    fn output(stdout: &str, stderr: &str) -> Output {
        Output {
            stdout: stdout.into(),
            stderr: stderr.into(),
            status: Status::Exit(1),
            truncated: false,
        }
    }

    #[test]
    fn standard_error_speaks_first_and_silence_has_words_too() {
        assert_eq!(said(1, &output("progress", "\n  one\n\ntwo\n")), "one; two");
        assert_eq!(said(1, &output("only this\n", " \n")), "only this");
        assert_eq!(said(9, &output("", "")), "it ended with status 9 and said nothing");
    }

    #[test]
    fn base_64_is_that_of_everybody() {
        for (bytes, want) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), want);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn an_output_keeps_its_lines_and_nothing_that_paints() {
        assert_eq!(tail("\u{fffd}\u{fffd}one\n\u{1b}[2Jtwo\r\n\n"), "one\n [2Jtwo");
    }

    #[test]
    fn what_a_host_says_is_bounded_and_cannot_paint() {
        let long = said(1, &output("", &"\u{1b}[2Jé".repeat(100_000)));
        assert!(long.chars().count() <= SAID + 3 && long.ends_with("..."));
        assert!(!long.contains('\u{1b}'));
    }
}
