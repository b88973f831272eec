//! Playbooks: lists of steps, one file each. The shipped ones are part of the binary; a fleet's own
//! of the same name goes first.

mod act;
mod expr;
mod step;

use std::collections::BTreeMap;

use super::disk::Look;
use super::item::Item;
use super::problem::{Place, Report};
use crate::model::{Each, ImageName, OnFailure, Playbook, PlaybookName};
use step::Reader;

/// Name and text of those Hostler ships.
pub(super) const SHIPPED: [(&str, &str); 6] = [
    ("image-refresh", include_str!("../../../playbooks/image-refresh.yaml")),
    ("nightly-wipe", include_str!("../../../playbooks/nightly-wipe.yaml")),
    ("os-update", include_str!("../../../playbooks/os-update.yaml")),
    ("respawn", include_str!("../../../playbooks/respawn.yaml")),
    ("retire", include_str!("../../../playbooks/retire.yaml")),
    ("rolling-reboot", include_str!("../../../playbooks/rolling-reboot.yaml")),
];

/// All playbooks as read, before names are followed.
#[derive(Default, Debug)]
pub(super) struct Books {
    pub(super) playbooks: BTreeMap<PlaybookName, Playbook>,
    /// The images they name, and where.
    pub(super) images: Vec<(ImageName, Place)>,
}

impl Books {
    /// Adds one file; the playbook's name is its stem.
    pub(super) fn add(
        &mut self,
        name: &PlaybookName,
        file: &Item<'_>,
        look: Look<'_>,
        report: &mut Report,
    ) {
        let mut reader = Reader::new(look);
        let book = read_playbook(name, file, &mut reader, report);
        self.playbooks.extend(book.map(|book| (name.clone(), book)));
        self.images.append(&mut reader.images);
    }
}

fn read_playbook(
    name: &PlaybookName,
    file: &Item<'_>,
    reader: &mut Reader<'_>,
    report: &mut Report,
) -> Option<Playbook> {
    let keys = ["summary", "each", "steps", "always", "on_failure"];
    let [summary, each, steps, always, on_failure] = file.fields(keys, report)?;
    let summary = summary.and_then(|item| item.text(report)).unwrap_or_default().trim().to_string();
    let words = [("host", Each::Host), ("vm", Each::Vm)];
    let each = each.map_or(Some(Each::default()), |item| item.choice(words, report));
    if each == Some(Each::Vm) {
        for item in [&always, &on_failure].into_iter().flatten() {
            let said = "of no use with `each: vm`";
            report.note(item.key_place().problem(said, "it in a playbook with `each: host`"));
        }
    }
    let words = [("hold", OnFailure::Hold), ("release", OnFailure::Release)];
    let on_failure =
        on_failure.map_or(Some(OnFailure::default()), |item| item.choice(words, report));
    if steps.is_none() {
        report.note(file.missing("steps", "a list of steps, such as `- respawn: {}`"));
    }
    let steps = steps.and_then(|item| reader.steps(&item, each, report));
    let always = always.map_or(Some(vec![]), |item| reader.steps(&item, each, report));
    Some(Playbook {
        name: name.clone(),
        summary,
        each: each?,
        steps: steps?,
        always: always?,
        on_failure: on_failure?,
    })
}
