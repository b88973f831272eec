//! What a simulated Mac is made of: one of the models that fleets are built from.

use super::dice::{Dice, Draw};
use crate::model::Bytes;

/// A model of Mac, as its own tools describe it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hardware {
    /// `machdep.cpu.brand_string`.
    pub chip: &'static str,
    /// The same as a label: `m2-pro`.
    pub label: &'static str,
    /// `hw.model`.
    pub model: &'static str,
    pub cores: u16,
    pub memory: Bytes,
    /// Size of the data volume.
    pub disk: Bytes,
}

const SMALL: Bytes = Bytes(494_384_795_648);
const LARGE: Bytes = Bytes(994_662_584_320);

const MODELS: [Hardware; 4] = [
    Hardware {
        chip: "Apple M1",
        label: "m1",
        model: "Macmini9,1",
        cores: 8,
        memory: Bytes::gib(16),
        disk: SMALL,
    },
    Hardware {
        chip: "Apple M2 Pro",
        label: "m2-pro",
        model: "Mac14,12",
        cores: 12,
        memory: Bytes::gib(32),
        disk: LARGE,
    },
    Hardware {
        chip: "Apple M4",
        label: "m4",
        model: "Mac16,10",
        cores: 10,
        memory: Bytes::gib(24),
        disk: SMALL,
    },
    Hardware {
        chip: "Apple M4 Pro",
        label: "m4-pro",
        model: "Mac16,11",
        cores: 14,
        memory: Bytes::gib(48),
        disk: LARGE,
    },
];

impl Hardware {
    /// The model these dice fall on.
    pub(super) fn drawn(dice: Dice) -> Self {
        MODELS[dice.below(Draw::Hardware, 0, MODELS.len() as u64) as usize]
    }
}
