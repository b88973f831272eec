//! What a Mac must have for the VMs of a pool, judged by what it showed of itself.

use serde::{Deserialize, Serialize};

use super::drift::meets;
use super::{Bytes, Facts};

/// What a pool needs of a Mac beside the labels that it chooses by.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Needs {
    /// Requirements such as `>=15.4, <27`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macos: Option<String>,
    /// Part of the chip's name, such as `m4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip: Option<String>,
    /// So much memory or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// A disk of this size or larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Bytes>,
}

/// Which of them a Mac does not meet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmet {
    Chip,
    Memory,
    Disk,
    Macos,
}

impl Needs {
    /// Whether any Mac will do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The first that this Mac does not meet. What could not be read is not met: a VM is better
    /// late than on the wrong Mac.
    pub fn unmet(&self, facts: &Facts) -> Option<Unmet> {
        let has_chip = |wanted: &String| facts.chip.to_lowercase().contains(&wanted.to_lowercase());
        let checks = [
            (Unmet::Chip, self.chip.as_ref().is_none_or(has_chip)),
            (Unmet::Memory, self.memory.is_none_or(|least| facts.memory >= least)),
            (Unmet::Disk, self.disk.is_none_or(|least| facts.disk >= least)),
            (Unmet::Macos, self.macos.as_ref().is_none_or(|wanted| meets(&facts.macos, wanted))),
        ];
        checks.into_iter().find(|(_, met)| !met).map(|(unmet, _)| unmet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_not_met_and_nothing_needed_is_always_met() {
        let facts = Facts {
            macos: "26.1".into(),
            chip: "Apple M4 Pro".into(),
            memory: Bytes::gib(24),
            disk: Bytes::gib(500),
            ..Facts::default()
        };
        let needs = Needs {
            macos: Some(">=26".into()),
            chip: Some("m4".into()),
            memory: Some(Bytes::gib(24)),
            disk: Some(Bytes::gib(500)),
        };
        assert_eq!(needs.unmet(&facts), None);
        assert_eq!(Needs::default().unmet(&Facts::default()), None);
        let unread = [
            (Unmet::Chip, Facts { chip: String::new(), ..facts.clone() }),
            (Unmet::Memory, Facts { memory: Bytes::gib(16), ..facts.clone() }),
            (Unmet::Disk, Facts { disk: Bytes(0), ..facts.clone() }),
            (Unmet::Macos, Facts { macos: String::new(), ..facts.clone() }),
        ];
        for (unmet, facts) in unread {
            assert_eq!(needs.unmet(&facts), Some(unmet));
        }
    }
}
