//! What defaults, groups and hosts have in common: three levels of the same keys, the nearer wins.

use super::access::{Paths, SshLayer, read_ssh, read_user};
use super::expect::{expect_over, read_expect};
use crate::config::item::Item;
use crate::config::near;
use crate::config::problem::{Report, clip};
use crate::model::{DriverKind, Expect, Labels, Role};

/// Labels that Hostler sets itself.
const OWN_LABELS: [&str; 2] = ["name", "role"];
/// Drivers with a name and no code yet.
const LATER_DRIVERS: [&str; 4] = ["anka", "vagrant", "orka-engine", "lume"];
const SLOTS: &str = "0, 1 or 2 (Apple's licence allows two macOS VMs per Mac)";

/// What one level says of its hosts.
#[derive(Clone, Default, Debug)]
pub(super) struct Layer {
    pub(super) user: Option<String>,
    pub(super) driver: Option<DriverKind>,
    pub(super) role: Option<Role>,
    pub(super) slots: Option<u8>,
    pub(super) labels: Labels,
    pub(super) ssh: SshLayer,
    pub(super) expect: Expect,
    pub(super) authrestart: Option<bool>,
}

impl Layer {
    /// This level's values, and those of the level below where this one says nothing.
    pub(super) fn over(self, below: &Self) -> Self {
        let mut labels = below.labels.clone();
        labels.extend(self.labels);
        Self {
            user: self.user.or_else(|| below.user.clone()),
            driver: self.driver.or(below.driver),
            role: self.role.or(below.role),
            slots: self.slots.or(below.slots),
            labels,
            ssh: self.ssh.over(&below.ssh),
            expect: expect_over(self.expect, &below.expect),
            authrestart: self.authrestart.or(below.authrestart),
        }
    }
}

/// The keys of every level.
pub(super) const LAYER_KEYS: [&str; 8] =
    ["user", "driver", "role", "slots", "labels", "ssh", "expect", "authrestart"];
/// Their items, in this order.
pub(super) type LayerItems<'a> = [Option<Item<'a>>; LAYER_KEYS.len()];

pub(super) fn read_layer(items: LayerItems<'_>, paths: Paths<'_>, report: &mut Report) -> Layer {
    let [user, driver, role, slots, labels, ssh, expect, authrestart] = items;
    let roles = [("worker", Role::Worker), ("builder", Role::Builder)];
    Layer {
        // A wrong name is there all the same: it should not be called missing as well.
        user: user.map(|item| read_user(&item, report).unwrap_or_default()),
        driver: driver.and_then(|item| read_driver(&item, report)),
        role: role.and_then(|item| item.choice(roles, report)),
        slots: slots.and_then(|item| read_slots(&item, report)),
        labels: labels.map(|item| read_labels(&item, report)).unwrap_or_default(),
        ssh: ssh.and_then(|item| read_ssh(&item, paths, report)).unwrap_or_default(),
        expect: expect.and_then(|item| read_expect(&item, report)).unwrap_or_default(),
        authrestart: authrestart.and_then(|item| item.truth(report)),
    }
}

pub(super) fn read_defaults(item: &Item<'_>, paths: Paths<'_>, report: &mut Report) -> Layer {
    item.fields(LAYER_KEYS, report).map(|it| read_layer(it, paths, report)).unwrap_or_default()
}

fn read_driver(item: &Item<'_>, report: &mut Report) -> Option<DriverKind> {
    let text = item.text(report)?;
    if text == "tart" {
        return Some(DriverKind::Tart);
    }
    let said = if LATER_DRIVERS.contains(&text) {
        format!("driver `{text}` is not supported by this version")
    } else {
        format!("`{}` is not a driver{}", clip(text), near::hint(text, ["tart"]))
    };
    report.wrong(item.wrong(said, "tart"))
}

fn read_slots(item: &Item<'_>, report: &mut Report) -> Option<u8> {
    let text = item.raw(SLOTS, report)?;
    match text {
        "0" => Some(0),
        "1" => Some(1),
        "2" => Some(2),
        _ => {
            let more = text.parse::<u64>().is_ok_and(|n| n > 2);
            let said = if more { "is more than two" } else { "is not a number of slots" };
            report.wrong(item.wrong(format!("{} {said}", clip(text)), SLOTS))
        }
    }
}

fn read_labels(item: &Item<'_>, report: &mut Report) -> Labels {
    let mut labels = Labels::new();
    for (key, item) in item.named(report) {
        let place = item.key_place();
        let word = "letters, digits, `-`, `_`, `.` and `/`";
        if OWN_LABELS.contains(&key) {
            let said = format!("label `{key}` is set by Hostler itself");
            report.note(place.problem(said, "another name"));
        } else if key.is_empty() || !is_label_word(key) {
            let said = format!("`{}` is not a label name", clip(key));
            report.note(place.problem(said, word));
        }
        // A number or a truth is a fine label; an empty text makes a label that only exists.
        let Some(value) = item.raw("a text", report) else { continue };
        if is_label_word(value) {
            labels.insert(key.to_string(), value.to_string());
        } else {
            let said = format!("`{}` is not a label value", clip(value));
            report.note(item.wrong(said, word));
        }
    }
    labels
}

/// What a selector can name.
fn is_label_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}
