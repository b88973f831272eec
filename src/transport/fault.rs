//! Why something failed, before it is known whether any byte of a script had left: with the
//! host's name and that one bit it becomes a `Lost`.

use crate::model::HostName;

use super::{Lost, LostCause};

/// A cause and its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) cause: LostCause,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn network(why: impl Into<String>) -> Self {
        Self { cause: LostCause::Network, why: why.into() }
    }
    pub(super) fn identity(why: impl Into<String>) -> Self {
        Self { cause: LostCause::Identity, why: why.into() }
    }
    pub(super) fn auth(why: impl Into<String>) -> Self {
        Self { cause: LostCause::Auth, why: why.into() }
    }
    pub(super) fn config(why: impl Into<String>) -> Self {
        Self { cause: LostCause::Config, why: why.into() }
    }

    pub(super) fn turn(why: impl Into<String>) -> Self {
        Self { cause: LostCause::Turn, why: why.into() }
    }

    /// The same fault, met on the way through an entry point. Whose key the entry point shows says
    /// nothing of the host behind it: that one is not reached, and it has not changed.
    pub(super) fn by_way_of(self, jump: &str) -> Self {
        let cause = match self.cause {
            LostCause::Identity | LostCause::JumpIdentity => LostCause::JumpIdentity,
            LostCause::Network | LostCause::Auth | LostCause::Config | LostCause::Turn => {
                self.cause
            }
        };
        Self { cause, why: format!("by way of its entry point {jump}: {}", self.why) }
    }

    pub(super) fn lost(self, host: &HostName, sent: bool) -> Lost {
        Lost { host: host.clone(), sent, cause: self.cause, why: self.why }
    }
}
