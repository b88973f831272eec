//! A person's own files of the desktop: `desktop.yaml`, which only the person writes, and beside it
//! what the desktop itself keeps of choices and layouts. So nothing a person wrote is ever lost.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hostler::config::{self, DesktopFile, Problems};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::files;
use crate::ui;

/// What the kept file begins with.
const HEAD: &str = "# Written by the desktop. What you write into desktop.yaml goes before it.\n";

/// What the kept file holds, by its keys. What a newer version has kept stays in it.
type Kept = BTreeMap<String, Value>;

/// All that is known of how this person wants the desktop.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) said: DesktopFile,
    pub(super) keys: ui::OwnKeys,
    pub(super) kept_file: Option<PathBuf>,
    kept: Kept,
}

impl Own {
    /// Reads both files, where there are any. Every mistake in the person's own is told at once.
    pub(super) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text = files::read_if_any(file)?.unwrap_or_default();
        let (said, keys) = check(file, &text)?;
        let kept_file = beside(file);
        // What cannot be read is not used, and not written over either: `keep` says so.
        let kept = read_kept(&kept_file).unwrap_or_default();
        Ok(Self { said, keys, kept_file: Some(kept_file), kept })
    }

    fn kept_word(&self, key: &str) -> Option<&str> {
        self.kept.get(key).and_then(Value::as_str)
    }
    fn kept_truth(&self, key: &str) -> Option<bool> {
        self.kept.get(key).and_then(Value::as_bool)
    }
    pub(super) fn theme(&self) -> Option<ui::ThemeName> {
        let word = self.said.theme.as_deref().or(self.kept_word("theme"));
        word.and_then(ui::ThemeName::named)
    }
    pub(super) fn ascii(&self) -> bool {
        self.said.ascii.or(self.kept_truth("ascii")).unwrap_or(false)
    }
    pub(super) fn mouse(&self) -> bool {
        self.said.mouse.or(self.kept_truth("mouse")).unwrap_or(true)
    }
    pub(super) fn utc(&self) -> bool {
        self.said.utc.unwrap_or(self.kept_word("times") == Some("utc"))
    }
    pub(super) fn hold_rows(&self) -> bool {
        self.said.hold_rows.or(self.kept_truth("hold_rows")).unwrap_or(true)
    }
    /// By size class.
    pub(super) fn layouts(&self) -> BTreeMap<String, ui::Layout> {
        self.kept_under(ui::Keep::LAYOUT)
    }
    /// By the names that somebody has given them.
    pub(super) fn named_layouts(&self) -> BTreeMap<String, ui::Layout> {
        self.kept_under(ui::Keep::NAMED)
    }
    /// What is chosen of the columns of lists, by their kind.
    pub(super) fn columns(&self) -> BTreeMap<String, ui::Columns> {
        self.kept_under(ui::Keep::COLUMNS)
    }
    fn kept_under<T: DeserializeOwned>(&self, prefix: &str) -> BTreeMap<String, T> {
        let thing = |(key, value): (&String, &Value)| {
            let name = key.strip_prefix(prefix)?;
            Some((name.to_string(), serde_json::from_value(value.clone()).ok()?))
        };
        self.kept.iter().filter_map(thing).collect()
    }
    /// The settings that the person's own file says: what is kept of them does not count.
    pub(super) fn written(&self) -> Vec<String> {
        let said = &self.said;
        let all = [
            ("theme", said.theme.is_some()),
            ("ascii", said.ascii.is_some()),
            ("mouse", said.mouse.is_some()),
            ("times", said.utc.is_some()),
            ("hold_rows", said.hold_rows.is_some()),
        ];
        all.into_iter().filter(|(_, is)| *is).map(|(key, _)| key.into()).collect()
    }
}

/// `desktop-kept.yaml` beside `desktop.yaml`.
fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}-kept.yaml"))
}

fn check(file: &Path, text: &str) -> Result<(DesktopFile, ui::OwnKeys)> {
    let themes = ui::ThemeName::ALL.map(ui::ThemeName::word);
    let said = config::read_desktop(file, text, &themes, &ui::actions())?;
    let texts = |keys: &'_ [config::Written]| -> Vec<String> {
        keys.iter().map(|key| key.text.clone()).collect()
    };
    let written: Vec<(String, Vec<String>)> =
        said.keys.iter().map(|(name, keys)| (name.text.clone(), texts(keys))).collect();
    let troubles = match ui::read_keys(&written) {
        Ok(keys) => return Ok((said, keys)),
        Err(troubles) => troubles,
    };
    let problem = |trouble: ui::KeyTrouble| {
        let (name, keys) = &said.keys[trouble.action];
        let at = trouble.key.and_then(|n| keys.get(n)).unwrap_or(name);
        at.problem(&trouble.said, &trouble.expected)
    };
    Err(Problems(troubles.into_iter().map(problem).collect()).into())
}

fn read_kept(file: &Path) -> Result<Kept> {
    let text = files::read_if_any(file)?.unwrap_or_default();
    let kept: Option<Kept> = serde_yaml::from_str(&text).with_context(|| {
        format!("{} is not understood: remove it, the desktop writes it anew", file.display())
    })?;
    Ok(kept.unwrap_or_default())
}

/// Keeps something, or forgets it. What others have kept meanwhile stays.
pub(super) fn keep(file: &Path, keep: &ui::Keep) -> Result<()> {
    let mut kept = read_kept(file)?;
    match &keep.value {
        Some(value) => drop(kept.insert(keep.key.clone(), value.clone())),
        None => drop(kept.remove(&keep.key)),
    }
    files::replace(file, &format!("{HEAD}{}", serde_yaml::to_string(&kept)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let error = check(Path::new("desktop.yaml"), text).map(drop).expect_err("problems");
        error.to_string().lines().map(String::from).collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        assert_eq!(
            said("keys:\n  drain: [B, ^I]\n  reboot: [Dd]\n"),
            [
                "desktop.yaml:2:14: keys.drain[1]: no terminal sends `^I` as such: expected \
                 another: it arrives as Tab, Enter or Esc",
                "desktop.yaml:3:12: keys.reboot[0]: `Dd` is not a key: expected such as C, ^W, F6, \
                 Shift-F6, Alt-x, Enter, Space",
            ]
        );
        assert_eq!(
            said("keys:\n  drain: [z]\n  back: []\n"),
            [
                "desktop.yaml:2:11: keys.drain[0]: `z` gives `zoom` in the same windows: expected \
                 another key, or other keys for `zoom`",
                "desktop.yaml:3:3: keys.back: has no key, and stands in no menu: expected a key more",
            ]
        );
        assert!(said("theme: tokens")[0].contains("`tokens` is not known"));
        assert!(said("keys: {drian: [B]}")[0].contains("did you mean `drain`?"));
        let (file, keys) = check(Path::new("d"), "keys: {drain: [B], quit: [^X]}").unwrap();
        assert_eq!((file.keys.len(), keys.len()), (2, 2));
    }

    #[test]
    fn what_is_kept_goes_after_what_is_written_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/desktop.yaml");
        let own = Own::read(Some(&file)).unwrap();
        assert_eq!((own.theme(), own.mouse(), own.utc()), (None, true, false));
        let kept = own.kept_file.unwrap();
        assert_eq!(kept, dir.path().join("deep/desktop-kept.yaml"));
        let to = |key: &str, value: Value| ui::Keep { key: key.into(), value: Some(value) };
        keep(&kept, &to("theme", "light".into())).unwrap();
        keep(&kept, &to("mouse", false.into())).unwrap();
        keep(&kept, &to("of-a-newer-version", "stays".into())).unwrap();
        let columns = serde_json::json!({"hidden": ["LOAD"], "widths": {"HOST": 14}});
        keep(&kept, &to("columns-hosts", columns.clone())).unwrap();
        keep(&kept, &to("columns-vms", "of no use".into())).unwrap();
        keep(&kept, &to("times", "utc".into())).unwrap();
        keep(&kept, &ui::Keep { key: "times".into(), value: None }).unwrap();
        files::write(&file, "# mine\nmouse: true\n").unwrap();
        let own = Own::read(Some(&file)).unwrap();
        assert_eq!((own.theme(), own.mouse()), (Some(ui::ThemeName::Light), true));
        let lists = own.columns();
        assert_eq!(
            lists.keys().collect::<Vec<_>>(),
            ["hosts"],
            "what is not understood is not used"
        );
        assert_eq!(serde_json::to_value(&lists["hosts"]).unwrap(), columns);
        assert_eq!((own.utc(), own.written()), (false, vec!["mouse".to_string()]));
        assert_eq!(files::read(&file).unwrap(), "# mine\nmouse: true\n");
        let text = files::read(&kept).unwrap();
        assert!(text.starts_with(HEAD) && text.contains("of-a-newer-version: stays"), "{text}");
    }

    #[test]
    fn a_kept_file_that_is_not_understood_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("desktop.yaml");
        let kept = dir.path().join("desktop-kept.yaml");
        files::write(&kept, "theme: [").unwrap();
        assert_eq!(Own::read(Some(&file)).unwrap().theme(), None);
        let refused = keep(&kept, &ui::Keep { key: "theme".into(), value: None }).unwrap_err();
        assert!(refused.to_string().contains("is not understood: remove it"), "{refused}");
        assert_eq!(files::read(&kept).unwrap(), "theme: [");
    }
}
