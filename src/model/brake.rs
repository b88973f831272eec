//! The mass-failure brake: when many hosts fall silent at once our own network is the likelier
//! cause, and until they are heard again none of them is declared lost and nothing is replaced.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The brake while it holds. It is part of the World, so that a restart in the middle of an
/// outage does not let it go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Brake {
    pub since: Timestamp,
    /// How many hosts had fallen silent, and how many there were.
    pub silent: u32,
    pub of: u32,
}

impl Brake {
    /// The cause, and what follows from it.
    pub fn words(silent: u32, of: u32) -> String {
        format!(
            "{silent} of {of} hosts fell silent at once: the controller's own network, or a jump \
             host, is the likelier cause; none is declared lost and no VM is replaced until they \
             are heard again"
        )
    }
}
