//! Keys as the desktop names them, and their text: `C`, `^W`, `F6`, `Shift-F6`, `Enter`. The
//! command table, help, hints, sessions in tests and crash files all use this one spelling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which key, without what is held down with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Code {
    Char(char),
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// A key as pressed. A character says by itself whether Shift was held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

/// Names of keys that are not characters.
const NAMES: [(&str, Code); 16] = [
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("BackTab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("Insert", Code::Insert),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Space", Code::Char(' ')),
];

impl Key {
    pub const ENTER: Self = Self::plain(Code::Enter);
    pub const ESC: Self = Self::plain(Code::Esc);
    pub const TAB: Self = Self::plain(Code::Tab);
    pub const BACK_TAB: Self = Self::plain(Code::BackTab);
    pub const UP: Self = Self::plain(Code::Up);
    pub const DOWN: Self = Self::plain(Code::Down);
    pub const LEFT: Self = Self::plain(Code::Left);
    pub const RIGHT: Self = Self::plain(Code::Right);

    /// A key with nothing held down.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }
    /// A character key with nothing else held down.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }
    /// The character it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match (self.code, self.ctrl || self.alt) {
            (Code::Char(c), false) => Some(c),
            _ => None,
        }
    }
    /// What was expected instead, where no terminal sends this key as such.
    pub fn never_sent(self) -> Option<&'static str> {
        let Self { code, ctrl, alt, shift } = self;
        let cursor = "F3 alone: with another key it is taken for a report of the cursor";
        let (wrong, expected) = match code {
            Code::F(3) => (ctrl || alt || shift, cursor),
            Code::F(n) => (!(1..=12).contains(&n), "F1 to F12"),
            Code::Char('i' | 'm' | '[') if ctrl => {
                (true, "another: it arrives as Tab, Enter or Esc")
            }
            Code::Char(c) if ctrl && !(c.is_ascii_lowercase() || " 4567".contains(c)) => {
                (true, "^ with a letter, Space or 4 to 7")
            }
            Code::Char('[' | 'O') if alt => (true, "another: other keys begin like this"),
            Code::Char(_) => (shift, "the character that Shift makes of it"),
            Code::Esc | Code::BackTab => (ctrl || alt || shift, "it with nothing held down"),
            Code::Enter | Code::Tab | Code::Backspace => {
                (ctrl || shift, "it alone or with Alt; Shift and Tab is BackTab")
            }
            Code::Delete
            | Code::Insert
            | Code::Up
            | Code::Down
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::PageUp
            | Code::PageDown => (false, ""),
        };
        wrong.then_some(expected)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if self.alt {
            out.push_str("Alt-");
        }
        if self.shift {
            out.push_str("Shift-");
        }
        if self.ctrl {
            out.push('^');
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => out.push_str(name),
            (None, Code::F(n)) => out.push_str(&format!("F{n}")),
            (None, Code::Char(c)) if self.ctrl => out.extend(c.to_uppercase()),
            (None, Code::Char(c)) => out.push(c),
            _ => {}
        }
        f.pad(&out)
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key: expected such as C, ^W, F6, Shift-F6, Alt-x, Enter, Space")]
pub struct BadKey(String);

impl FromStr for Key {
    type Err = BadKey;
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bad = || BadKey(text.chars().take(40).collect());
        let strip = |rest: &mut &str, prefix: &str| {
            let found = rest.strip_prefix(prefix).filter(|left| !left.is_empty());
            *rest = found.unwrap_or(rest);
            found.is_some()
        };
        let mut rest = text;
        let alt = strip(&mut rest, "Alt-");
        let shift = strip(&mut rest, "Shift-");
        let ctrl = strip(&mut rest, "^");
        let mut chars = rest.chars();
        let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let function = || rest.strip_prefix('F').and_then(|n| n.parse().ok()).map(Code::F);
        let code = match (named, chars.next(), chars.next()) {
            (Some(code), _, _) => code,
            (None, Some(c), None) if ctrl => Code::Char(c.to_ascii_lowercase()),
            (None, Some(c), None) => Code::Char(c),
            (None, _, _) => function().ok_or_else(bad)?,
        };
        Ok(Self { code, ctrl, alt, shift })
    }
}
impl Serialize for Key {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_as_they_print() {
        for text in ["C", "^W", "F6", "Shift-F6", "Alt-x", "Enter", "Space", "^", "-", "Shift-Up"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert_eq!("^w".parse::<Key>(), "^W".parse::<Key>());
        for bad in ["", "Enterr", "F0x", "Alt-Shift-", "Fx"] {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }
}
