//! The answer to an examination of a host with Tart.

use super::look;
use crate::driver::macos::{self, found};
use crate::driver::sections::Sections;
use crate::driver::words::fact;
use crate::model::{Exam, Sighting, Timestamp};

/// Reads an answer.
///
/// # Errors
/// As of a look.
pub(super) fn read(answer: &str, at: Timestamp) -> Result<Exam, String> {
    let sighting = look::read(answer, at)?.sighting;
    let sections = Sections::of(answer)?;
    let runs = match sections.any("runs") {
        Some((0 | 1, text)) => leftovers(text, &sighting),
        Some(_) | None => None,
    };
    let exam = macos::examine(&sections, sighting, at);
    Ok(Exam {
        tool: found(sections.any("tool_path")),
        tool_elsewhere: sections.good("elsewhere").map(fact).filter(|at| !at.is_empty()),
        leftovers: runs,
        ..exam
    })
}

/// Of lines `812 /opt/homebrew/bin/tart run --no-graphics NAME`, those that name nothing listed.
/// Which of the words is the name cannot be told for sure.
fn leftovers(text: &str, seen: &Sighting) -> Option<Vec<(u32, String)>> {
    let (vms, images) = (seen.vms.as_ref()?, seen.images.as_ref()?);
    let mut left = Vec::new();
    for line in text.lines() {
        let Some((head, words)) = line.split_once("tart run ") else { continue };
        let Some(pid) = head.split_whitespace().next().and_then(|pid| pid.parse().ok()) else {
            continue;
        };
        let named = |word: &str| vms.contains_key(word) || images.iter().any(|image| image == word);
        let spaced = |name: &String| name.contains(' ') && words.contains(name.as_str());
        if words.split_whitespace().any(named) || vms.keys().any(spaced) {
            continue;
        }
        let name = words.split_whitespace().rfind(|word| !word.starts_with('-'));
        left.push((pid, fact(name.unwrap_or("?"))));
    }
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SeenState, SeenVm};

    #[test]
    fn a_run_is_left_over_when_none_of_its_words_is_listed() {
        let listed =
            ["ci-1", "my vm"].map(|name| (name.to_owned(), SeenVm::new(SeenState::Running)));
        let seen = Sighting {
            vms: Some(listed.into()),
            images: Some(vec!["ghcr.io/a/b:1".into()]),
            ..Sighting::default()
        };
        let text = "81 /opt/homebrew/bin/tart run --no-graphics ci-1\n\
            82 tart run --no-graphics gone-2\n\
            83 tart run --vnc my vm\n\
            84 tart run ghcr.io/a/b:1\n\
            85 tart run old --no-graphics\n\
            x tart run z\n86 vi tart\n";
        let want = vec![(82, "gone-2".to_owned()), (85, "old".to_owned())];
        assert_eq!(leftovers(text, &seen), Some(want));
        assert_eq!(leftovers("", &seen), Some(vec![]));
        assert_eq!(leftovers(text, &Sighting::default()), None);
    }
}
