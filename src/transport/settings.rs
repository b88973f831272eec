//! What the transport is told once: limits, the agent's socket, passphrases, the wall clock.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Timestamp;

use super::limit;

/// How the transport behaves. Every field has a default.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// For reaching, checking and signing in to one machine; and for one session to open.
    pub connect_timeout: Duration,
    /// A connection that says nothing for this long is asked whether it lives.
    pub keepalive_interval: Duration,
    /// How many such questions may stay unanswered.
    pub keepalive_max: usize,
    /// Scripts at once on one host; an SSH server allows 10 unless told otherwise.
    pub sessions_per_host: usize,
    /// The first wait after a failed connection; it doubles with every further one.
    pub backoff_min: Duration,
    /// The longest such wait.
    pub backoff_max: Duration,
    /// Connections behind one entry point that have not signed in yet, at once.
    pub unauthenticated_per_bastion: usize,
    /// How long a script may wait for its host's turn among them. No limit of the script's own
    /// runs meanwhile, and the wait is not the host's fault.
    pub turn_patience: Duration,
    /// The socket of the SSH agent, asked when a host has no identity file.
    pub agent: Option<PathBuf>,
    /// For identity files that are encrypted.
    pub passphrases: Passphrases,
    /// The wall clock, for the dates in host certificates.
    pub now: fn() -> Timestamp,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(15),
            keepalive_max: 3,
            sessions_per_host: 6,
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_secs(60),
            unauthenticated_per_bastion: 8,
            turn_patience: Duration::from_secs(30),
            agent: None,
            passphrases: Passphrases::default(),
            now: limit::wall_clock,
        }
    }
}

/// Passphrases by identity file. Never shown.
#[derive(Clone, Default)]
pub struct Passphrases(BTreeMap<PathBuf, String>);

impl Passphrases {
    pub(super) fn of(&self, identity: &Path) -> Option<&str> {
        self.0.get(identity).map(String::as_str)
    }
}
impl From<BTreeMap<PathBuf, String>> for Passphrases {
    fn from(map: BTreeMap<PathBuf, String>) -> Self {
        Self(map)
    }
}
impl fmt::Debug for Passphrases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|path| (path, "***"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_never_show_a_passphrase() {
        let map = BTreeMap::from([(PathBuf::from("/keys/fleet"), String::from("hunter2"))]);
        let settings = TransportSettings { passphrases: map.into(), ..Default::default() };
        let shown = format!("{settings:?} {settings:#?}");
        assert!(shown.contains("/keys/fleet"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
