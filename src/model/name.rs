//! Names of things, parsed once at the door. A name that exists is a name that is valid:
//! lower-case letters, digits, `-`, `_` and `.`, 1 to 63 characters, letter or digit at both ends.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::text::{as_text, clip};

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a {kind} name: expected 1 to 63 of a-z, 0-9, `-`, `_`, `.`, with a letter or digit first and last"
)]
pub struct BadName {
    kind: &'static str,
    text: String,
}

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $type {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                if is_name(text) {
                    Ok(Self(text.into()))
                } else {
                    let text = clip(text);
                    Err(BadName { kind: $kind, text })
                }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        as_text!($type);
    };
}

name!(
    /// A Mac we reach.
    HostName,
    "host"
);
name!(
    /// A set of VMs kept alive with one purpose.
    PoolName,
    "pool"
);
name!(
    /// What VMs are cloned from.
    ImageName,
    "image"
);
name!(
    /// A calendar entry.
    ScheduleName,
    "schedule"
);
name!(
    /// A list of steps.
    PlaybookName,
    "playbook"
);
name!(
    /// A named set of hosts in the inventory.
    GroupName,
    "group"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_the_door() {
        for good in ["mini-01", "a", "0", "xcode_26.1", &"a".repeat(63)] {
            assert!(good.parse::<HostName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "é", &"a".repeat(64)] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_error_names_the_thing_and_what_was_expected() {
        let said = "Mini 1".parse::<HostName>().unwrap_err().to_string();
        assert!(said.starts_with("`Mini 1` is not a host name: expected"), "{said}");
    }
}
