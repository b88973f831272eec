//! What keeps commands from being sent although a host may answer: it claims a newer controller,
//! or the jump host before it shows another key. A person judges either.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A host's word that it obeys a newer controller than this one. One host's word is no proof, for
/// hosts run other people's work; and no command is sent to one that may be right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub since: Timestamp,
    /// The epoch that it says it obeys; `None` when all it did was to refuse a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// In its words, or ours of it.
    pub said: String,
}

/// A jump host that shows another key than the one we know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JumpBar {
    pub since: Timestamp,
    pub why: String,
}
