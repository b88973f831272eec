//! A script: a named operation, its arguments, and a fixed body of POSIX shell. Its first line
//! names operation and arguments as JSON in a comment; then come the arguments as quoted shell
//! variables, then the body inside `{ ...; exit; }`: a shell reads such a group to its end before
//! it runs any of it, so half a script does nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A named operation to run on a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    header: Header,
    body: &'static str,
}

/// The first line of a script: what a simulated host answers by, and what a log shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// `tart.start`.
    pub op: String,
    /// The arguments by name; each becomes a shell variable of that name.
    pub args: BTreeMap<String, String>,
}

const MARK: &str = "# hostler 1 ";

impl Script {
    /// The operation `op` with this body. The body must not rely on anything but `/bin/sh` and
    /// the arguments.
    pub fn new(op: &str, body: &'static str) -> Self {
        Self { header: Header { op: op.into(), args: BTreeMap::new() }, body }
    }

    /// Adds an argument. `key` must be a shell variable name of a-z, 0-9 and `_`.
    #[must_use]
    pub fn arg(mut self, key: &'static str, value: impl ToString) -> Self {
        debug_assert!(
            key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        );
        self.header.args.insert(key.into(), value.to_string());
        self
    }

    /// The operation's name.
    pub fn op(&self) -> &str {
        &self.header.op
    }

    /// The text for the shell's standard input.
    pub fn render(&self) -> String {
        // A NUL cannot be passed to a shell; it has no business in any argument of ours.
        let header = serde_json::to_string(&self.header).unwrap_or_default().replace("\\u0000", "");
        let mut text = format!("{MARK}{header}\n{{\n");
        for (key, value) in &self.header.args {
            let value = value.replace('\0', "");
            let quoted = shlex::try_quote(&value).unwrap_or_default();
            text.push_str(&format!("{key}={quoted}\n"));
        }
        text.push_str(self.body);
        text.push_str("\nexit\n}\n");
        text
    }
}

impl Header {
    /// Reads the header back from a script's text; `None` when it is not one of ours.
    pub fn of(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix(MARK)?;
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_reads_back_and_stays_one_line() {
        let script = Script::new("tart.start", "echo \"$vm\"").arg("vm", "a'b\nc\"$x");
        let text = script.render();
        let header = Header::of(&text).unwrap();
        assert_eq!(header.op, "tart.start");
        assert_eq!(header.args["vm"], "a'b\nc\"$x");
        let quoted = text.split_once("vm=").unwrap().1.split_once("\necho").unwrap().0;
        assert_eq!(shlex::split(quoted).unwrap(), ["a'b\nc\"$x"]);
        assert!(text.ends_with("\nexit\n}\n"));
        assert_eq!(Header::of("echo hi"), None);
    }
}
