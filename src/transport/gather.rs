//! What a script says, up to so many bytes; the rest is read and let go.

use std::time::Duration;

/// How long output may still come in after the status: a process left behind that kept the
/// script's output open must not hold up its answer.
pub(super) const AFTERMATH: Duration = Duration::from_secs(2);

/// One stream of output.
pub(super) struct Gather {
    bytes: Vec<u8>,
    most: usize,
    truncated: bool,
}

impl Gather {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, truncated: false }
    }

    pub(super) fn take(&mut self, said: &[u8]) {
        let room = self.most.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&said[..said.len().min(room)]);
        self.truncated |= said.len() > room;
    }

    /// The text, and whether there was more.
    pub(super) fn into_text(self) -> (String, bool) {
        (String::from_utf8_lossy(&self.bytes).into_owned(), self.truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_limit_is_not_truncated() {
        for (said, text, truncated) in [
            (vec!["abc", "de"], "abcde", false),
            (vec!["abc", "def"], "abcde", true),
            (vec!["abcdefgh", "i"], "abcde", true),
            (vec![], "", false),
        ] {
            let mut gather = Gather::new(5);
            said.iter().for_each(|s| gather.take(s.as_bytes()));
            assert_eq!(gather.into_text(), (text.to_owned(), truncated));
        }
    }
}
