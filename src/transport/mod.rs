//! Carries a script to a host and brings back what it said: over SSH, or on this very Mac.
//! It knows hosts, keys and bytes, and nothing of VMs.

mod backoff;
mod carrier;
mod dial;
mod disk;
mod door;
mod enrol;
mod fault;
mod gather;
mod keyring;
mod known_hosts;
mod limit;
mod lines;
mod live;
mod local;
mod script;
mod session;
mod settings;
mod trust;

use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::{Access, HostName};

pub use carrier::{Transport, TransportStats};
pub use disk::{append_known_host, replace_known_host};
pub use enrol::{HostKey, Recognised, known_hosts_line, recognise};
pub use script::{Header, Script};
pub use settings::{Passphrases, TransportSettings};

/// What a script said, and how it ended. A non-zero status is an answer too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, kept apart.
    pub stderr: String,
    pub status: Status,
    /// Whether the host said more than `Limit::bytes` and was cut off.
    pub truncated: bool,
}

/// How a remote process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// It exited with this status.
    Exit(i32),
    /// It died of this signal: `KILL`, `TERM`, ...
    Signal(String),
}

/// How long, and how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// From the moment the script is sent until its status is known.
    pub time: Duration,
    /// Of standard output and of standard error, each.
    pub bytes: usize,
}

/// Why there is no answer. `sent` decides everything: what was never sent did not run; what was
/// sent may or may not have run, and the host must be looked at again.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("host {host}: {why}")]
pub struct Lost {
    pub host: HostName,
    /// Whether any byte of the script may have reached the host.
    pub sent: bool,
    pub cause: LostCause,
    /// The reason in words, with what to do about it where somebody can.
    pub why: String,
}

/// What sort of loss.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LostCause {
    /// Not reached, or fell silent.
    Network,
    /// Its key is not the one we know: nothing was sent, nothing will be.
    Identity,
    /// It refused all our keys.
    Auth,
    /// Our own side is at fault: a key file that cannot be read, no agent.
    Config,
    /// It never had its turn behind its entry point: it was not asked, and nothing is known of it.
    Turn,
    /// Its entry point's key is not the one we know: nothing was sent to either.
    JumpIdentity,
}

/// The one way to a host. Implemented by `Transport` for real hosts and by tests for none.
pub trait Carry: Send + Sync + 'static {
    /// Runs `script` on `host` by `/bin/sh -s`, the script on its standard input.
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        access: &'a Access,
        script: &'a Script,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>>;

    /// Closes what is open to a host and forgets its failures: the next script connects anew.
    fn forget(&self, _host: &HostName) {}
}
