//! The answer to a look: sections `@@ NAME STATUS`, each followed by what a command printed.

/// An answer in its sections.
pub(super) struct Sections<'a>(Vec<Section<'a>>);

struct Section<'a> {
    /// `list`, or `vm NAME`.
    name: &'a str,
    status: Option<i32>,
    text: &'a str,
}

const MARK: &str = "@@ ";
/// A section longer than this is not read.
const LONGEST: usize = 512 << 10;

impl<'a> Sections<'a> {
    /// Cuts an answer up.
    ///
    /// # Errors
    /// When the last section is not `end`: the answer is torn.
    pub(super) fn of(answer: &'a str) -> Result<Self, String> {
        let mut sections: Vec<Section<'a>> = Vec::new();
        let mut rest = answer;
        while let Some(start) = next_mark(rest) {
            let after = &rest[start + MARK.len()..];
            let (head, body) = after.split_once('\n').unwrap_or((after, ""));
            let end = next_mark(body).unwrap_or(body.len());
            let (name, status) = match head.trim_end().rsplit_once(' ') {
                Some((name, status)) if status.parse::<i32>().is_ok() => {
                    (name, status.parse().ok())
                }
                Some(_) | None => (head.trim_end(), None),
            };
            sections.push(Section { name, status, text: &body[..end] });
            rest = &body[end..];
        }
        match sections.last() {
            Some(last) if last.name == "end" => Ok(Self(sections)),
            Some(last) => Err(format!("its answer to a look breaks off after `{}`", last.name)),
            None => Err("its answer to a look is none of ours".into()),
        }
    }

    /// The status and text of the first section of this name, unless it is too long to be read.
    pub(super) fn any(&self, name: &str) -> Option<(i32, &'a str)> {
        let section = self.0.iter().find(|section| section.name == name)?;
        (section.text.len() <= LONGEST).then_some((section.status.unwrap_or(0), section.text))
    }

    /// The text of a section whose command succeeded.
    pub(super) fn good(&self, name: &str) -> Option<&'a str> {
        self.any(name).filter(|(status, _)| *status == 0).map(|(_, text)| text)
    }

    /// The sections `PREFIX REST`, as rest and text.
    pub(super) fn under(&self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |section| {
            let rest = section.name.strip_prefix(prefix)?.strip_prefix(' ')?;
            Some((rest.trim(), section.text))
        })
    }
}

/// Where the next mark at the beginning of a line is.
fn next_mark(text: &str) -> Option<usize> {
    if text.starts_with(MARK) {
        return Some(0);
    }
    text.find("\n@@ ").map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        "motd\n@@ guard 0\nepoch 3\n@@ list 1\n@@ vm a%20b\n\"os\"\n@@ vm c 0\nx\n@@ end 0\n";

    #[test]
    fn an_answer_falls_into_its_sections() {
        let sections = Sections::of(ANSWER).unwrap();
        assert_eq!(sections.good("guard"), Some("epoch 3\n"));
        assert_eq!(sections.any("list"), Some((1, "")));
        assert_eq!(sections.good("list"), None);
        assert_eq!(sections.any("absent"), None);
        let vms: Vec<_> = sections.under("vm").collect();
        assert_eq!(vms, [("a%20b", "\"os\"\n"), ("c", "x\n")]);
    }

    #[test]
    fn a_torn_answer_is_no_answer() {
        let torn = ANSWER.strip_suffix("@@ end 0\n").unwrap();
        assert!(Sections::of(torn).err().unwrap().contains("breaks off after `vm c`"));
        for none in ["", "zsh: command not found: sh\n", "@@", "x @@ end 0"] {
            assert!(Sections::of(none).is_err(), "{none:?}");
        }
        for cut in 0..ANSWER.len() - "d 0\n".len() {
            assert!(Sections::of(&ANSWER[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn an_endless_section_is_not_read() {
        let answer = format!("@@ leases 0\n{}\n@@ end 0\n", "x".repeat(LONGEST));
        assert_eq!(Sections::of(&answer).unwrap().any("leases"), None);
    }
}
