//! Inventory, playbooks and settings: text in, checked values out, or everything that is wrong
//! with file, line, column and key. Only `disk.rs` reads files.

mod cron;
mod desktop;
mod disk;
mod inventory;
mod item;
mod near;
mod playbook;
mod problem;
mod range;
mod schema;
mod settings;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use cron::{BadCron, BadZone, parse_cron, parse_zone};
pub use desktop::{DesktopFile, Written, read_desktop};
pub use disk::{Files, read_fleet_dir};
pub use problem::{Problem, Problems};
pub use schema::{Kind, schema};
pub use settings::{Limits, Log, LogLevel, Settings, SshAgent};

use crate::model::{Fleet, PlaybookName};
use disk::Look;
use inventory::{Draft, Paths, resolve};
use item::Item;
use playbook::Books;
use problem::{Place, Report};
use tree::Node;

/// A fleet directory, checked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Loaded {
    pub fleet: Fleet,
    pub settings: Settings,
    /// What is odd and does not stop anything.
    pub warnings: Vec<Problem>,
}

impl Loaded {
    /// Everything as it is understood, in YAML: ranges spelt out, levels laid over one another,
    /// defaults filled in.
    pub fn to_yaml(&self) -> Result<String, serde_yaml::Error> {
        // By way of JSON, where a variant is a key and not a YAML tag.
        let whole = serde_json::json!({"settings": self.settings, "fleet": self.fleet});
        serde_yaml::to_string(&whole)
    }
}

/// Reads and checks a fleet directory; `home` is what `~` stands for in it.
pub fn load(dir: &Path, home: Option<&Path>) -> Result<Loaded, Problems> {
    let files = read_fleet_dir(dir, home)?;
    check_beside(&files, &|path| disk::look_inside(dir, path)).map_err(Problems)
}

/// Checks the texts of a fleet directory. Either all is well or all problems come back, in the
/// order of files and lines. Whether the files that playbooks copy are there is not looked at.
pub fn check(files: &Files) -> Result<Loaded, Vec<Problem>> {
    check_beside(files, &|_| Ok(()))
}

/// The same, with a look at what lies beside the texts.
fn check_beside(files: &Files, look: Look<'_>) -> Result<Loaded, Vec<Problem>> {
    let mut report = Report::default();
    let trees = Trees::grow(files, &mut report);
    let paths = Paths { root: &files.root, home: files.home.as_deref() };
    let mut settings = Settings::default();
    let mut draft = Draft::default();
    for (file, node) in &trees.settings {
        settings = settings::read_settings(&Item::root(file, node), paths, &mut report);
    }
    for (file, node) in &trees.inventory {
        draft.add(&Item::root(file, node), paths, &mut report);
    }
    let mut books = Books::default();
    for (name, (file, node)) in &trees.playbooks {
        books.add(name, &Item::root(file, node), look, &mut report);
    }
    let fleet = resolve(draft, books, &trees.playbook_names, trees.complete, &mut report);
    let Report { mut problems, mut warnings } = report;
    problems.sort();
    warnings.sort();
    if problems.is_empty() { Ok(Loaded { fleet, settings, warnings }) } else { Err(problems) }
}

/// The trees of all texts, by kind.
struct Trees {
    settings: Vec<(PathBuf, Node)>,
    inventory: Vec<(PathBuf, Node)>,
    playbooks: BTreeMap<PlaybookName, (PathBuf, Node)>,
    /// Of files with broken syntax too.
    playbook_names: BTreeSet<PlaybookName>,
    /// Whether the syntax of every inventory file was sound.
    complete: bool,
}

impl Trees {
    fn grow(files: &Files, report: &mut Report) -> Self {
        let mut trees = Self {
            settings: vec![],
            inventory: vec![],
            playbooks: BTreeMap::new(),
            playbook_names: BTreeSet::new(),
            complete: true,
        };
        let mut inventories = 0;
        for (file, text) in &files.texts {
            let dir = file.parent().and_then(Path::to_str).unwrap_or("");
            match dir {
                "" if file.as_path() == Path::new("hostler.yaml") => {
                    let tree = tree::parse(file, text, report);
                    trees.settings.extend(tree.map(|node| (file.clone(), node)));
                }
                "inventory" => {
                    inventories += 1;
                    let tree = tree::parse(file, text, report);
                    trees.complete &= tree.is_some();
                    trees.inventory.extend(tree.map(|node| (file.clone(), node)));
                }
                "playbooks" => trees.add_playbook(file, text, report),
                _ => {}
            }
        }
        if inventories == 0 {
            let expected = "at least one, in the directory given by --fleet or HOSTLER_FLEET";
            let place = Place::of_file("inventory");
            report.note(place.problem("there is no file inventory/NAME.yaml", expected));
        }
        for (name, text) in playbook::SHIPPED {
            let file = PathBuf::from(format!("playbooks/{name}.yaml"));
            if !name.parse().is_ok_and(|name| trees.playbook_names.contains::<PlaybookName>(&name))
            {
                trees.add_playbook(&file, text, report);
            }
        }
        trees
    }

    fn add_playbook(&mut self, file: &Path, text: &str, report: &mut Report) {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let name = match stem.parse::<PlaybookName>() {
            Ok(name) => name,
            Err(error) => return report.note(Place::of_file(file).split(&error)),
        };
        if !self.playbook_names.insert(name.clone()) {
            let said = format!("a second playbook `{name}`");
            report.note(Place::of_file(file).problem(said, "each name once"));
            return;
        }
        let tree = tree::parse(file, text, report);
        self.playbooks.extend(tree.map(|node| (name, (file.to_path_buf(), node))));
    }
}

#[cfg(test)]
mod tests;
