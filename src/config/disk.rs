//! Reads the files of a fleet directory, and nothing of what stands in them.
#![expect(clippy::disallowed_methods, reason = "licence: the one place that reads a fleet's files")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::problem::{Place, Problem, Problems};

/// A fleet of 20,000 hosts written one by one is smaller.
const MOST_BYTES: u64 = 4 << 20;

/// Says of a path relative to the fleet directory why it is not a file there.
pub(super) type Look<'a> = &'a dyn Fn(&Path) -> Result<(), String>;

/// The texts of a fleet directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Files {
    /// The directory itself; relative paths in the texts start from a file's own directory.
    pub root: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// By path relative to `root`: `hostler.yaml`, `inventory/*.yaml`, `playbooks/*.yaml`.
    pub texts: BTreeMap<PathBuf, String>,
}

/// Reads `hostler.yaml`, `inventory/*.yaml` and `playbooks/*.yaml` below `root`; `.yml` is read
/// too, and names that begin with a dot are not. What is absent is absent; what is there and
/// cannot be read is a problem.
pub fn read_fleet_dir(root: &Path, home: Option<&Path>) -> Result<Files, Problems> {
    let mut problems = Vec::new();
    let mut names = vec![PathBuf::from("hostler.yaml")];
    for dir in ["inventory", "playbooks"] {
        match list(&root.join(dir)) {
            Ok(found) => names.extend(found.into_iter().map(|name| Path::new(dir).join(name))),
            Err(error) => problems.extend(unreadable(Path::new(dir), &error)),
        }
    }
    let mut texts = BTreeMap::new();
    for name in names {
        match read(&root.join(&name)) {
            Ok(text) => drop(texts.insert(name, text)),
            Err(error) => problems.extend(unreadable(&name, &error)),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(Files { root: root.to_path_buf(), home: home.map(Path::to_path_buf), texts })
}

fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = PathBuf::from(entry?.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        if !hidden && name.extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
            names.push(name);
        }
    }
    Ok(names)
}

fn read(path: &Path) -> io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > MOST_BYTES {
        return Err(io::Error::other(format!("{size} bytes are more than {MOST_BYTES}")));
    }
    fs::read_to_string(path)
}

fn unreadable(name: &Path, error: &io::Error) -> Option<Problem> {
    if error.kind() == io::ErrorKind::NotFound {
        return None;
    }
    Some(Place::of_file(name).problem(format!("cannot be read: {error}"), "a text file in UTF-8"))
}

/// Why `path`, relative to `root`, is not a file inside it. A link may lead about inside, not out.
pub(super) fn look_inside(root: &Path, path: &Path) -> Result<(), String> {
    let cannot = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            "is not in the fleet directory".to_string()
        } else {
            format!("cannot be read: {error}")
        }
    };
    let root = fs::canonicalize(root).map_err(cannot)?;
    let found = fs::canonicalize(root.join(path)).map_err(cannot)?;
    if !found.starts_with(&root) {
        return Err("leads out of the fleet directory".to_string());
    }
    if !fs::metadata(&found).map_err(cannot)?.is_file() {
        return Err("is not a file".to_string());
    }
    Ok(())
}
