//! What happened on the simulated Macs, counted where it happened: the truth that a controller's
//! own account is measured against.

use std::collections::BTreeMap;

use serde::Serialize;

use super::faults::Fault;
use super::guard::{BUSY, FENCED};
use super::jobs::{Killed, KilledBy};
use super::ops::Reply;
use crate::model::{HostName, Timestamp};

/// What happened on one Mac.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub clones: u64,
    pub starts: u64,
    pub stops: u64,
    pub deletes: u64,
    pub boots: u64,
    pub reboots: u64,
    pub third_vm_refusals: u64,
    pub full_refusals: u64,
    pub busy: u64,
    pub fenced: u64,
    pub replayed: u64,
    pub most_vms: usize,
}

/// What happened on all of them since the start.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SimReport {
    pub hosts: usize,
    /// macOS guests that run now, whoever made them.
    pub running_now: usize,
    /// The most macOS guests that any one host ever ran at once.
    pub most_vms_ever_on_one_host: usize,
    /// The same by host, for those that ever ran any.
    pub most_vms_by_host: BTreeMap<HostName, usize>,
    pub clones: u64,
    pub starts: u64,
    pub stops: u64,
    pub deletes: u64,
    /// Restarts of hosts, ordered or not.
    pub boots: u64,
    /// Those that were ordered.
    pub reboots: u64,
    /// VMs that were stopped, or went down with their host, while they had a job.
    pub busy_killed: Vec<Killed>,
    /// Starts that only the kernel's limit kept from being a third macOS VM.
    pub third_vm_refusals: u64,
    /// Starts that the guard refused because two ran already.
    pub full_refusals: u64,
    /// Operations refused because another was under way.
    pub busy: u64,
    /// Operations refused because a newer epoch had been told.
    pub fenced: u64,
    /// Operations answered from the record of the first time.
    pub replayed: u64,
    pub faults_injected: BTreeMap<Fault, u64>,
}

impl Tally {
    /// Counts an answer of the guard itself.
    pub(super) fn note_guard(&mut self, reply: &Reply) {
        match reply.status {
            _ if reply.stderr.ends_with("replayed\n") => self.replayed += 1,
            BUSY => self.busy += 1,
            FENCED => self.fenced += 1,
            _ => {}
        }
    }
}

impl SimReport {
    /// Adds the guests that one Mac ended while they had a job.
    pub(super) fn add_killed(&mut self, host: &HostName, killed: &[(Timestamp, String, KilledBy)]) {
        self.busy_killed.extend(killed.iter().map(|(at, vm, by)| Killed {
            host: host.clone(),
            vm: vm.clone(),
            at: *at,
            by: *by,
        }));
    }

    /// Adds one Mac's account.
    pub(super) fn add(&mut self, host: &HostName, tally: &Tally, running: usize) {
        self.hosts += 1;
        self.running_now += running;
        self.most_vms_ever_on_one_host = self.most_vms_ever_on_one_host.max(tally.most_vms);
        if tally.most_vms > 0 {
            self.most_vms_by_host.insert(host.clone(), tally.most_vms);
        }
        self.clones += tally.clones;
        self.starts += tally.starts;
        self.stops += tally.stops;
        self.deletes += tally.deletes;
        self.boots += tally.boots;
        self.reboots += tally.reboots;
        self.third_vm_refusals += tally.third_vm_refusals;
        self.full_refusals += tally.full_refusals;
        self.busy += tally.busy;
        self.fenced += tally.fenced;
        self.replayed += tally.replayed;
    }
}
