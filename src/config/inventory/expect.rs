//! What the facts of a host should be: requirements on versions, and its chip.

use crate::config::item::Item;
use crate::config::problem::{Report, clip};
use crate::model::Expect;

/// The longer ones first: `>` begins `>=` too.
const SIGNS: [&str; 6] = [">=", "<=", "!=", ">", "<", "="];
const VERSIONS: &str = "a version such as 26.1, or requirements such as `>=15.4, <27`";
const CHIP: &str = "a text such as m4 or Apple M4 Pro";

pub(super) fn read_expect(item: &Item<'_>, report: &mut Report) -> Option<Expect> {
    let [macos, tool, tart, chip] = item.fields(["macos", "tool", "tart", "chip"], report)?;
    if let (Some(_), Some(tart)) = (&tool, &tart) {
        let said = "`tart` and `tool` are the same";
        report.note(tart.key_place().problem(said, "one of the two"));
    }
    Some(Expect {
        macos: macos.and_then(|item| read_version(&item, report)),
        tool: tool.or(tart).and_then(|item| read_version(&item, report)),
        chip: chip.and_then(|item| read_chip(&item, report)),
    })
}

/// This level's expectations, and those of the level below where this one says nothing.
pub(super) fn expect_over(own: Expect, below: &Expect) -> Expect {
    Expect {
        macos: own.macos.or_else(|| below.macos.clone()),
        tool: own.tool.or_else(|| below.tool.clone()),
        chip: own.chip.or_else(|| below.chip.clone()),
    }
}

pub(super) fn read_version(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.raw(VERSIONS, report)?.trim();
    for part in text.split(',').map(str::trim) {
        let sign = SIGNS.iter().find_map(|sign| part.strip_prefix(sign));
        // A bare version stands alone: `26.1, 26.2` would be both at once.
        let alone = sign.is_some() || part == text;
        if !alone || !is_version(sign.unwrap_or(part).trim()) {
            let said = match part {
                "" => "an empty requirement".to_string(),
                _ => format!("`{}` is not a requirement", clip(part)),
            };
            return report.wrong(item.wrong(said, VERSIONS));
        }
    }
    Some(text.to_string())
}

/// One to four numbers with dots between them.
fn is_version(text: &str) -> bool {
    let number =
        |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').count() <= 4 && text.split('.').all(number)
}

pub(super) fn read_chip(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.raw(CHIP, report)?.trim();
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '(' | ')');
    if text.is_empty() {
        return report.wrong(item.wrong("is empty", CHIP));
    }
    if text.len() > 40 || !text.chars().all(letter) {
        return report.wrong(item.wrong(format!("`{}` is not a chip", clip(text)), CHIP));
    }
    Some(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_with_dots() {
        for good in ["15", "15.4", "2.28.1", "1.2.3.4"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", ".", "15.", "15.x", "1.2.3.4.5", "v15", "15 4", "1234567890"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
