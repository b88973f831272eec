//! Simulated Macs: real SSH servers on loopback, one for each Mac, all in this process. They
//! answer Hostler's scripts as a Mac with `tart` would, with its delays, limits and faults.

mod dice;
mod exam;
mod faults;
mod guard;
mod hardware;
mod host;
mod inventory;
mod jobs;
mod keys;
mod line;
mod look;
mod mac;
mod ops;
mod report;
mod server;
mod start;
mod strikes;
mod time;
mod work;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::model::{HostName, Labels, PoolSize};

pub use faults::{BadFaults, Fault, Faults, Rule, Struck, When};
pub use host::SimMac;
pub use inventory::Nightly;
pub use jobs::{Killed, KilledBy};
pub use report::SimReport;
pub use start::start;
pub use time::SimTime;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct SimSettings {
    /// How many Macs.
    pub hosts: usize,
    /// Everything drawn follows from it: keys, models, durations, faults.
    pub seed: u64,
    pub faults: Faults,
    /// The first Mac's port, the others' follow; free ports of the system's choice when absent.
    pub first_port: Option<u16>,
    /// Cached on every Mac; the first is the pool's.
    pub images: Vec<String>,
    /// How busy guests are, from 0 to 1: the chance that a job comes after each wait for one.
    pub load: f64,
}

/// One simulated Mac as a controller's inventory has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimHost {
    pub name: HostName,
    pub address: String,
    pub port: u16,
    /// `ssh-ed25519 AAAA...`.
    pub host_key: String,
    pub labels: Labels,
}

/// A running simulation. Dropped, it stops without waiting.
#[derive(Debug)]
pub struct Sim {
    hosts: Vec<SimHost>,
    macs: BTreeMap<HostName, Arc<SimMac>>,
    common: Arc<host::Common>,
    user_key: String,
    images: Vec<String>,
}

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A port cannot be had.
    #[error("simulated host {host} cannot listen on 127.0.0.1:{port}: choose another first port")]
    Listen {
        host: HostName,
        port: u16,
        #[source]
        source: std::io::Error,
    },
    /// The first port and the number of hosts do not go together.
    #[error("{hosts} simulated hosts from port {first} on need ports above 65535")]
    Ports { hosts: usize, first: u16 },
    /// Each host needs a listener, and two ends of a connection are in this process.
    #[error(
        "{hosts} simulated hosts need about {needed} open files: raise the limit with `ulimit -n {needed}`, or simulate fewer"
    )]
    Files { hosts: usize, needed: usize },
    /// The key library refused.
    #[error("a simulated key cannot be made: {0}")]
    Key(String),
    /// A name that the model does not take.
    #[error(transparent)]
    Name(#[from] crate::model::BadName),
}

impl SimError {
    fn key(error: impl std::fmt::Display) -> Self {
        Self::Key(error.to_string())
    }
}

impl Default for SimSettings {
    fn default() -> Self {
        Self {
            hosts: 12,
            seed: 1,
            faults: Faults::none(),
            first_port: None,
            images: vec!["ghcr.io/cirruslabs/macos-tahoe-xcode:26.1".into()],
            load: 0.6,
        }
    }
}

impl Sim {
    /// All simulated Macs, in the order of their names.
    pub fn hosts(&self) -> &[SimHost] {
        &self.hosts
    }

    /// The private key that they let in, in OpenSSH's format. It follows from the seed.
    pub fn user_key(&self) -> &str {
        &self.user_key
    }

    /// An inventory file of them, with a pool and what is done every night. `identity` is where
    /// `user_key` was written to.
    pub fn inventory(&self, identity: &Path, pool_size: PoolSize, nightly: Nightly) -> String {
        inventory::yaml(&self.hosts, &self.images, identity, pool_size, nightly)
    }

    /// One of them, to do it harm.
    pub fn host(&self, name: &str) -> Option<&Arc<SimMac>> {
        self.macs.get(name)
    }

    /// What has happened so far.
    pub fn report(&self) -> SimReport {
        let mut report = SimReport::default();
        self.macs.values().for_each(|mac| mac.report(&mut report));
        report
    }

    /// Ends all connections and waits until nothing runs any more.
    pub async fn stop(self) {
        self.common.stop.cancel();
        self.common.tasks.close();
        self.common.tasks.wait().await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.common.stop.cancel();
    }
}

#[cfg(test)]
mod tests;
