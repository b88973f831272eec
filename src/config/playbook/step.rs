//! One step: exactly one kind with its options, and the keys that any step may carry beside it.

use std::collections::BTreeSet;

use super::act::{Aside, read_act};
use super::expr;
use crate::config::disk::Look;
use crate::config::item::Item;
use crate::config::problem::{Place, Report, clip};
use crate::model::{EXPRESSION_ROOTS, Each, ImageName, Span, Step};

/// The kinds of step, and then what may stand beside one.
const KINDS: usize = 17;
const KEYS: [&str; 23] = [
    "drain",
    "undrain",
    "cordon",
    "uncordon",
    "delete_vms",
    "respawn",
    "prefetch",
    "prune_images",
    "sh",
    "copy",
    "reboot",
    "verify",
    "wait",
    "wait_idle",
    "assert",
    "deregister",
    "notify",
    "name",
    "when",
    "timeout",
    "retries",
    "register",
    "once",
];
/// Kinds with a name and no code yet.
const LATER: [(&str, &str); 1] = [("bake", "images are made in a later one")];
const MOST_STEPS: usize = 100;
const MOST_TIMEOUT: Span = Span::from_hours(24);

/// Reads the steps of one playbook.
pub(super) struct Reader<'a> {
    pub(super) look: Look<'a>,
    /// What steps have registered so far.
    registered: BTreeSet<String>,
    /// The images that were named, and where.
    pub(super) images: Vec<(ImageName, Place)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(look: Look<'a>) -> Self {
        Self { look, registered: BTreeSet::new(), images: vec![] }
    }

    /// A list of steps.
    pub(super) fn steps(
        &mut self,
        list: &Item<'_>,
        each: Option<Each>,
        report: &mut Report,
    ) -> Option<Vec<Step>> {
        let noted = report.problems.len();
        let items = list.list(report);
        if items.is_empty() && report.problems.len() == noted {
            report.note(list.wrong("no step", "at least one, such as `- respawn: {}`"));
        }
        if items.len() > MOST_STEPS {
            let said = format!("{} steps", items.len());
            return report.wrong(list.wrong(said, format!("at most {MOST_STEPS}")));
        }
        if let (Some(Each::Vm), Some(second)) = (each, items.get(1)) {
            let said = "a second step with `each: vm`";
            report.note(second.place().problem(said, "the one step `respawn`"));
        }
        let steps: Vec<_> = items.iter().map(|item| self.step(item, each, report)).collect();
        steps.into_iter().collect()
    }

    fn step(&mut self, item: &Item<'_>, each: Option<Each>, report: &mut Report) -> Option<Step> {
        if !item.is_map() {
            return report.wrong(item.wrong("is not a step", "a map such as {drain: {}}"));
        }
        let noted = report.problems.len();
        let [kinds @ .., name, when, timeout, retries, register, once] =
            item.fields_or_later(KEYS, &LATER, report)?;
        let sound = report.problems.len() == noted;
        if each == Some(Each::Vm) {
            let beside = [&when, &timeout, &retries, &register, &once];
            refuse_for_vm(&kinds, beside, report);
        }
        let mut given: Vec<_> = std::iter::zip(KEYS, kinds)
            .filter_map(|(word, options)| Some((word, options?)))
            .collect();
        if given.len() != 1 && sound {
            let words: Vec<_> = given.iter().map(|(word, _)| *word).collect();
            let said = match words.as_slice() {
                [] => "no kind of step".to_string(),
                several => format!("{} in one step", several.join(" and ")),
            };
            report.note(item.wrong(said, "exactly one kind; a further step has its own `- `"));
        }
        let mut aside = Aside::default();
        let mut acts: Vec<_> = given
            .drain(..)
            .map(|(word, options)| read_act(word, &options, self, &mut aside, report))
            .collect();
        let name = one(name, aside.name, report).map(|item| read_name(&item, report));
        let timeout = one(timeout, aside.timeout, report)
            .map(|item| item.span(Span::from_secs(1)..=MOST_TIMEOUT, report));
        let when = when.map(|item| self.expression(&item, report));
        let retries = retries.map(|item| item.int(0..=20, report));
        let once = once.map(|item| item.truth(report));
        // Last, so that nothing in the step finds its own result.
        let register = register.map(|item| self.register(&item, report));
        let act = if acts.len() == 1 { acts.pop()?? } else { return None };
        Some(Step {
            name: name.unwrap_or_else(|| Some(act.word().to_string()))?,
            when: turned(when)?,
            timeout: turned(timeout)?,
            retries: u8::try_from(retries.unwrap_or(Some(0))?).ok()?,
            register: turned(register)?,
            once: once.unwrap_or(Some(false))?,
            act,
        })
    }

    /// An expression that compiles and knows all its names.
    pub(super) fn expression(&self, item: &Item<'_>, report: &mut Report) -> Option<String> {
        let text = item.raw("an expression such as `host.uptime_hours > 168`", report)?.trim();
        let noted = report.problems.len();
        for (said, expected) in expr::faults(text, &self.registered) {
            report.note(item.wrong(said, expected));
        }
        (report.problems.len() == noted).then(|| text.to_string())
    }

    /// The name under which later expressions find the step's result.
    fn register(&mut self, item: &Item<'_>, report: &mut Report) -> Option<String> {
        let text = item.text(report)?;
        let said = if !expr::is_name(text) {
            format!("`{}` is not a name for a result", clip(text))
        } else if EXPRESSION_ROOTS.contains(&text) {
            format!("`{text}` already means something in expressions")
        } else if !self.registered.insert(text.to_string()) {
            format!("`{text}` is registered by an earlier step")
        } else {
            return Some(text.to_string());
        };
        let expected =
            "a name of its own: letters, digits and `_`, no digit first, no word such as `and`";
        report.wrong(item.wrong(said, expected))
    }
}

/// A VM is only ever given a successor, and as part of a job of its own kind.
fn refuse_for_vm(
    kinds: &[Option<Item<'_>>; KINDS],
    beside: [&Option<Item<'_>>; 5],
    report: &mut Report,
) {
    for (word, item) in std::iter::zip(KEYS, kinds) {
        if let Some(item) = item
            && word != "respawn"
        {
            let said = format!("`{word}` is nothing to do to a VM");
            let expected = "respawn, or a playbook with `each: host`";
            report.note(item.key_place().problem(said, expected));
        }
    }
    for item in beside.into_iter().flatten() {
        let said = "of no use with `each: vm`";
        report.note(item.key_place().problem(said, "it in a playbook with `each: host`"));
    }
}

/// A key that may stand beside the kind or among its options.
fn one<'a>(
    beside: Option<Item<'a>>,
    inside: Option<Item<'a>>,
    report: &mut Report,
) -> Option<Item<'a>> {
    if let (Some(_), Some(inside)) = (&beside, &inside) {
        report.note(inside.key_place().problem("given twice", "it here or beside the kind"));
    }
    beside.or(inside)
}

fn read_name(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?.trim();
    if text.chars().count() > 80 || text.contains(char::is_control) {
        return report.wrong(item.wrong("is no name for a step", "one line of at most 80 letters"));
    }
    Some(text.to_string())
}

/// A key that was not given is no mistake; one that was given wrong is.
fn turned<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}
