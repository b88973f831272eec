//! Speaks the tools that run VMs, and reads a host's facts. Every operation is idempotent and
//! decides nothing; reading output is pure and apart.

use crate::model::{Outcome, Sample, Sighting};
use crate::transport::Lost;

/// A look at a host: what is journalled when it is news, and the figures that never are.
#[derive(Clone, PartialEq, Debug)]
pub struct Look {
    pub sighting: Sighting,
    pub sample: Sample,
}

/// What came of a look.
pub type Looked = Result<Look, Blind>;

/// Why a look showed nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Blind {
    /// The host did not answer.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// It answered with what cannot be read.
    #[error("host {host}: {why}")]
    Unreadable { host: crate::model::HostName, why: String },
}

/// What came of a command, with the tool's own log where it helps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried {
    pub outcome: Outcome,
}
