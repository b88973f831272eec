//! Playbooks: lists of steps, one file each. The shipped ones are part of the binary; a fleet's own
//! of the same name goes first.

use schemars::JsonSchema;
use serde::Serialize;

use super::item::Item;
use super::near;
use super::problem::{Report, clip};
use crate::model::PlaybookName;

/// Name and text of those Hostler ships.
pub(super) const SHIPPED: [(&str, &str); 1] =
    [("respawn", include_str!("../../playbooks/respawn.yaml"))];

/// Steps with a name and no code yet.
const LATER_STEPS: [&str; 17] = [
    "drain",
    "undrain",
    "cordon",
    "uncordon",
    "delete_vms",
    "prefetch",
    "prune_images",
    "sh",
    "copy",
    "reboot",
    "verify",
    "wait",
    "wait_idle",
    "assert",
    "bake",
    "deregister",
    "notify",
];
/// What a step may carry in a later version. To pass over a `when` would do what was not to be
/// done, so these are refused and not merely warned of.
const LATER_STEP_KEYS: [&str; 4] = ["when", "timeout", "retries", "register"];
/// The steps of this version.
const STEPS: [&str; 1] = ["respawn"];

/// A list of steps, done for each target of a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Playbook {
    pub name: PlaybookName,
    /// One sentence for people.
    pub summary: String,
    pub each: Each,
    pub steps: Vec<Step>,
}

/// What the steps are done for, one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each host of the targets.
    #[default]
    Host,
    /// Each VM of the targets.
    Vm,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A new VM from the image, placed afresh; then the old one goes.
    Respawn,
}

/// Reads a playbook; its name is the stem of its file.
pub(super) fn read_playbook(
    name: &PlaybookName,
    file: &Item<'_>,
    report: &mut Report,
) -> Option<Playbook> {
    let later = ["on_failure", "always"];
    let [summary, each, steps] =
        file.fields_or_later(["summary", "each", "steps"], &later, report)?;
    let summary = summary.and_then(|item| item.text(report)).unwrap_or_default().trim().to_string();
    let words = [("host", Each::Host), ("vm", Each::Vm)];
    let each = each.map_or(Some(Each::default()), |item| item.choice(words, report));
    let Some(item) = steps else {
        return report.wrong(file.missing("steps", "a list of steps, such as `- respawn: {}`"));
    };
    let steps: Vec<Option<Step>> =
        item.list(report).iter().map(|item| read_step(item, report)).collect();
    if steps.is_empty() {
        report.note(item.wrong("no step", "at least one, such as `- respawn: {}`"));
    }
    let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Playbook { name: name.clone(), summary, each: each?, steps })
}

fn read_step(item: &Item<'_>, report: &mut Report) -> Option<Step> {
    let known = STEPS.join(", ");
    if !item.is_map() {
        return report.wrong(item.wrong("is not a step", format!("a map with one of {known}")));
    }
    let mut steps = Vec::new();
    for (key, value) in item.named(report) {
        let place = value.key_place();
        if key == "respawn" {
            // It takes no options: any key in it is unknown.
            value.fields([], report);
            steps.push(Step::Respawn);
        } else if LATER_STEPS.contains(&key) || LATER_STEP_KEYS.contains(&key) {
            let said = format!("`{key}` is not in this version");
            report.note(place.problem(said, &known));
        } else {
            let hint = near::hint(key, STEPS);
            let said = format!("`{}` is not a step{hint}", clip(key));
            report.note(place.problem(said, &known));
        }
    }
    match steps.len() {
        1 => steps.pop(),
        _ => None,
    }
}
