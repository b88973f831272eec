//! Which key gives which command: the table's keys, and in their stead those a person has chosen.
//! Whoever shows or looks up a key asks here, so that everybody sees the keys that work.

use std::collections::BTreeMap;

use super::commands::{COMMANDS, Cmd, Command};
use super::keys::Key;
use super::windows::WinKind;

/// The keys a person has chosen, by the name of the command.
pub type OwnKeys = BTreeMap<String, Vec<Key>>;

/// The keys of each command, in the order of the table.
#[derive(Clone, PartialEq, Debug)]
pub struct Keymap {
    keys: Vec<Vec<String>>,
}

/// Why a person's keys cannot be taken: which command, and which of its keys when it is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyTrouble {
    pub action: usize,
    pub key: Option<usize>,
    pub said: String,
    pub expected: String,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&OwnKeys::new())
    }
}

impl Keymap {
    pub fn new(own: &OwnKeys) -> Self {
        let keys = |command: &Command| match own.get(command.id.action()) {
            Some(keys) => keys.iter().map(Key::to_string).collect(),
            None => command.keys.iter().map(ToString::to_string).collect(),
        };
        Self { keys: COMMANDS.iter().map(keys).collect() }
    }

    fn rows(&self) -> impl Iterator<Item = (&'static Command, &[String])> {
        COMMANDS.iter().zip(self.keys.iter().map(Vec::as_slice))
    }
    fn of(&self, id: Cmd) -> &[String] {
        self.rows().find(|(command, _)| command.id == id).map_or(&[], |(_, keys)| keys)
    }

    /// The command this key gives in a window of this kind: one that is about such windows goes
    /// before one for all, and one for others only says so.
    pub fn on_key(&self, key: Key, kind: Option<WinKind>) -> Option<&'static Command> {
        self.on_text(&key.to_string(), kind)
    }
    fn on_text(&self, text: &str, kind: Option<WinKind>) -> Option<&'static Command> {
        let given = |keys: &[String]| keys.iter().any(|key| key == text);
        let all = || self.rows().filter(|(_, keys)| given(keys)).map(|(command, _)| command);
        let ours = all().find(|command| command.is_of(kind));
        ours.or_else(|| all().find(|command| command.on.is_empty())).or_else(|| all().next())
    }
    /// A command's keys in a window of this kind: those that give another there are left out.
    pub fn keys(&self, command: &Command, kind: Option<WinKind>) -> Vec<&str> {
        let ours = command.on.is_empty() || command.is_of(kind);
        let gives = |text: &&str| self.on_text(text, kind).is_some_and(|c| c.id == command.id);
        let keys = self.of(command.id).iter().map(String::as_str);
        keys.filter(|text| !ours || gives(text)).collect()
    }
    /// The first of them, or nothing.
    pub fn first(&self, command: &Command, kind: Option<WinKind>) -> &str {
        self.keys(command, kind).first().copied().unwrap_or("")
    }
    /// The first key of a command that is given in all windows.
    pub fn key_of(&self, id: Cmd) -> &str {
        self.of(id).first().map_or("no key", String::as_str)
    }
}

/// The keys a person has written, by the names of commands; or all that is wrong with them.
pub fn read_keys(written: &[(String, Vec<String>)]) -> Result<OwnKeys, Vec<KeyTrouble>> {
    let mut troubles = Vec::new();
    let mut own = OwnKeys::new();
    for (action, (name, texts)) in written.iter().enumerate() {
        let keys: &mut Vec<Key> = own.entry(name.clone()).or_default();
        for (n, text) in texts.iter().enumerate() {
            match read_key(text) {
                Ok(key) if !keys.contains(&key) => keys.push(key),
                Ok(_) => troubles.push(trouble(action, n, format!("`{text}` is given twice"), "")),
                Err((said, expected)) => troubles.push(trouble(action, n, said, &expected)),
            }
        }
    }
    if troubles.is_empty() {
        troubles = clashes(written, &own);
    }
    if troubles.is_empty() { Ok(own) } else { Err(troubles) }
}

fn trouble(action: usize, key: usize, said: String, expected: &str) -> KeyTrouble {
    KeyTrouble { action, key: Some(key), said, expected: expected.into() }
}

/// A key that terminals send, or what is wrong and what was expected.
fn read_key(text: &str) -> Result<Key, (String, String)> {
    let key: Key = text.parse().map_err(|error: super::keys::BadKey| {
        let whole = error.to_string();
        let (said, expected) = whole.split_once(": expected ").unwrap_or((&whole, ""));
        (said.to_string(), expected.to_string())
    })?;
    match key.never_sent() {
        Some(expected) => Err((format!("no terminal sends `{key}` as such"), expected.into())),
        None => Ok(key),
    }
}

/// Keys that give two commands in one kind of window, and commands left without any way to them.
/// Where the table itself gives a window's own command before one for all, a person may too.
fn clashes(written: &[(String, Vec<String>)], own: &OwnKeys) -> Vec<KeyTrouble> {
    let (map, table) = (Keymap::new(own), Keymap::default());
    let mut troubles = Vec::new();
    let chosen = |cmd: Cmd| written.iter().position(|(name, _)| *name == cmd.action());
    for (action, (name, texts)) in written.iter().enumerate() {
        let Some(command) = Cmd::of_action(name).and_then(Command::of) else { continue };
        for (n, key) in own.get(name).into_iter().flatten().enumerate() {
            let text = key.to_string();
            let other = map.rows().find(|(other, keys)| {
                let listed = |command: &Command| command.keys.contains(&text.as_str());
                let told = chosen(other.id).is_some_and(|at| at > action);
                other.id != command.id
                    && keys.contains(&text)
                    && meet(command, other)
                    && !(listed(command) && listed(other))
                    && !told
            });
            if let Some((other, _)) = other {
                let gives = other.id.action();
                let said = format!("`{text}` gives `{gives}` in the same windows");
                troubles.push(trouble(
                    action,
                    n,
                    said,
                    &format!("another key, or other keys for `{gives}`"),
                ));
            }
        }
        let kinds = COMMANDS.iter().flat_map(|command| command.on).copied();
        let mut kinds = kinds.filter(|kind| command.on.is_empty() || command.on.contains(kind));
        let none = |map: &Keymap, kind| map.keys(command, Some(kind)).is_empty();
        let lost = kinds.find(|kind| none(&map, *kind) && !none(&table, *kind));
        if let (None, Some(kind)) = (command.menu, lost) {
            let said = match texts.is_empty() {
                true => "has no key, and stands in no menu".to_string(),
                false => format!("all its keys give other commands in windows of {}", kind.word()),
            };
            let expected = "a key more".to_string();
            troubles.push(KeyTrouble { action, key: None, said, expected });
        }
    }
    troubles
}

/// Whether there is a kind of window in which both can be given.
fn meet(one: &Command, other: &Command) -> bool {
    let all = one.on.is_empty() || other.on.is_empty();
    all || one.on.iter().any(|kind| other.on.contains(kind))
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::ui::windows::ListOp;

    /// Keys as a file would say them.
    pub fn written_down(written: &[(&str, Vec<&str>)]) -> Vec<(String, Vec<String>)> {
        let texts = |keys: &Vec<&str>| keys.iter().map(ToString::to_string).collect();
        written.iter().map(|(name, keys)| (name.to_string(), texts(keys))).collect()
    }
    fn read(written: &[(&str, Vec<&str>)]) -> Result<OwnKeys, Vec<KeyTrouble>> {
        read_keys(&written_down(written))
    }

    fn said(written: &[(&str, Vec<&str>)]) -> Vec<String> {
        let troubles = read(written).expect_err("troubles");
        let line = |t: KeyTrouble| format!("{} {:?}: {}: {}", t.action, t.key, t.said, t.expected);
        troubles.into_iter().map(line).collect()
    }

    #[test]
    fn a_key_gives_the_command_of_the_window_before_that_of_all() {
        let map = Keymap::default();
        let given = |key: &str, kind| map.on_key(key.parse().unwrap(), kind).map(|c| c.id);
        for (key, kind, cmd) in [
            ("Tab", WinKind::Hosts, Cmd::Next),
            ("Tab", WinKind::Job, Cmd::List(ListOp::Part(true))),
            ("Enter", WinKind::Jobs, Cmd::ShowJob),
            ("Enter", WinKind::Drains, Cmd::Open),
            ("o", WinKind::Drains, Cmd::JobOf),
            ("o", WinKind::Job, Cmd::Owner),
            ("o", WinKind::Jobs, Cmd::Owner),
        ] {
            assert_eq!(given(key, Some(kind)), Some(cmd), "{key} in {kind:?}");
        }
        assert_eq!(given("Tab", None), Some(Cmd::Next));
    }

    #[test]
    fn a_persons_keys_stand_in_the_stead_of_the_tables() {
        let own = read(&[("drain", vec!["B", "^x"]), ("retire", vec!["O"])]).unwrap();
        let map = Keymap::new(&own);
        let kind = Some(WinKind::Hosts);
        let given = |key: &str| map.on_key(key.parse().unwrap(), kind).map(|c| c.id);
        assert_eq!(given("B"), Some(Cmd::Drain));
        assert_eq!((given("^X"), given("O")), (Some(Cmd::Drain), Some(Cmd::Retire)));
        assert_eq!(given("D"), None);
        assert_eq!(map.keys(Command::of(Cmd::Drain).unwrap(), kind), ["B", "^X"]);
        let quiet = read(&[("drain", vec![])]).unwrap();
        assert_eq!(Keymap::new(&quiet).first(Command::of(Cmd::Drain).unwrap(), kind), "");
    }

    #[test]
    fn the_tables_own_keys_may_be_written_down() {
        let written: Vec<_> =
            COMMANDS.iter().map(|command| (command.id.action(), command.keys.to_vec())).collect();
        assert_eq!(Keymap::new(&read(&written).unwrap()), Keymap::default());
    }

    #[test]
    fn keys_no_terminal_sends_and_keys_for_two_commands_are_told() {
        for bad in ["^I", "^M", "^[", "^\\", "^_", "^/", "^Tab", "Alt-F3", "Shift-F3", "F13"] {
            assert!(said(&[("drain", vec![bad])])[0].contains("no terminal sends"), "{bad}");
        }
        for bad in ["Shift-d", "^Enter", "Shift-Tab", "Alt-[", "^,", "Alt-Esc", "F0"] {
            assert!(said(&[("drain", vec![bad])])[0].contains("no terminal sends"), "{bad}");
        }
        assert_eq!(
            said(&[("zoom", vec!["F5"]), ("drain", vec!["Dd"])]),
            ["1 Some(0): `Dd` is not a key: such as C, ^W, F6, Shift-F6, Alt-x, Enter, Space"]
        );
        assert_eq!(
            said(&[("drain", vec!["B", "C"]), ("reboot", vec!["B"])]),
            [
                "0 Some(1): `C` gives `cordon` in the same windows: another key, or other keys for `cordon`",
                "1 Some(0): `B` gives `drain` in the same windows: another key, or other keys for `drain`",
            ]
        );
        assert!(said(&[("drain", vec!["z"])])[0].contains("`z` gives `zoom`"));
        assert!(said(&[("drain", vec!["B", "B"])])[0].contains("twice"));
        assert!(read(&[("drain", vec!["z"]), ("zoom", vec!["F5"])]).is_ok());
        assert!(read(&[("day", vec!["D"])]).is_ok(), "hosts are not drained in the calendar");
    }

    #[test]
    fn nothing_is_left_without_a_way_to_it() {
        assert!(said(&[("back", vec![])])[0].contains("stands in no menu"));
        let only_m = said(&[("menu", vec!["m"])]);
        assert!(only_m[0].contains("windows of schedule"), "{only_m:?}");
        assert!(read(&[("menu", vec!["m"]), ("month", vec!["M"])]).is_ok());
        assert!(read(&[("quit", vec![])]).is_ok(), "it stands in a menu");
    }
}
