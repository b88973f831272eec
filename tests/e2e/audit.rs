//! The account at the end: the journal against itself, and against what the Macs remember.

use std::collections::BTreeSet;

use hostler::model::{
    Entry, Event, JobState, OpId, OpKind, Outcome, Refusal, TaskState, VmId, World,
};
use hostler::plan::check::check_world;
use hostler::store::Store;

use crate::life::VERSION;
use crate::mac;
use crate::site::{Mac, Site};

/// What the journal holds, whole and checked, once its controller has ended.
pub(crate) struct Account {
    pub(crate) world: World,
    pub(crate) entries: Vec<Entry>,
}

/// A command, and what became of it.
#[derive(Debug)]
pub(crate) struct Deed {
    pub(crate) op: OpId,
    pub(crate) vm: VmId,
    pub(crate) kind: OpKind,
    pub(crate) ends: Vec<Outcome>,
    /// Its controller died before it knew of any end.
    pub(crate) cut_off: bool,
}

/// Opens the books of a controller that is no more. Whatever became of it, these hold.
pub(crate) async fn account(site: &Site) -> Account {
    let (store, kept) = Store::open(&site.state(), VERSION).await.unwrap();
    let verified = store.verify().await.unwrap();
    let entries = store.entries(0, 100_000).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(verified.entries, entries.len() as u64);
    assert_eq!(verified.last, kept.world.seq);
    assert_eq!(check_world(&kept.world), Vec::<String>::new());
    let account = Account { world: kept.world, entries };
    account.no_id_twice();
    for mac in &site.macs {
        assert!(mac::most_ever(&mac.home()) <= 2, "a third VM ran on {}", mac.name);
    }
    account
}

impl Account {
    /// Every VM that was ever given a place.
    pub(crate) fn placed(&self) -> Vec<VmId> {
        let mut placed = Vec::new();
        for entry in &self.entries {
            if let Event::SlotReserved { vm, .. } = &entry.event {
                placed.push(*vm);
            }
        }
        placed
    }

    /// Every VM that died, and why.
    pub(crate) fn deaths(&self) -> Vec<(VmId, &str)> {
        let mut deaths = Vec::new();
        for entry in &self.entries {
            if let Event::VmDied { vm, why } = &entry.event {
                deaths.push((*vm, why.as_str()));
            }
        }
        deaths
    }

    /// Every command, in order.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        let mut deeds: Vec<Deed> = Vec::new();
        for entry in &self.entries {
            if let Event::OpBegun { op, vm, kind } = &entry.event {
                let (op, vm, kind) = (*op, *vm, *kind);
                deeds.push(Deed { op, vm, kind, ends: Vec::new(), cut_off: false });
            } else if let Event::OpEnded { op, outcome, .. } = &entry.event {
                let mut done = deeds.iter_mut();
                done.find(|deed| deed.op == *op).unwrap().ends.push(outcome.clone());
            } else if let Event::ControllerStarted { .. } = &entry.event {
                for deed in deeds.iter_mut().filter(|deed| deed.ends.is_empty()) {
                    deed.cut_off = true;
                }
            }
        }
        deeds
    }

    /// The refusals of the commands of a kind, in order, in the host's words.
    pub(crate) fn refusals(&self, of: OpKind) -> Vec<(Refusal, String)> {
        let deeds = self.deeds().into_iter().filter(|deed| deed.kind == of);
        let mut refusals = Vec::new();
        for end in deeds.flat_map(|deed| deed.ends) {
            if let Outcome::Refused { class, said } = end {
                refusals.push((class, said));
            }
        }
        refusals
    }

    /// No VM was cloned twice, nor started, stopped or deleted twice.
    pub(crate) fn nothing_is_doubled(&self) {
        let mut done = BTreeSet::new();
        for deed in self.deeds() {
            if deed.ends.contains(&Outcome::Done) {
                assert!(done.insert((deed.vm, deed.kind)), "{deed:?} was done before");
            }
        }
    }

    fn no_id_twice(&self) {
        let mut vms = BTreeSet::new();
        assert!(self.placed().into_iter().all(|vm| vms.insert(vm)), "a VM's id was used twice");
        let mut ops = BTreeSet::new();
        assert!(
            self.deeds().iter().all(|deed| ops.insert(deed.op)),
            "a command's id was used twice"
        );
    }

    /// Each Mac has the VMs that the World says, beside these of others, and all of them run.
    pub(crate) fn agrees_with(&self, site: &Site, others: &[&str]) {
        for mac in &site.macs {
            let ours = self.names_on(mac);
            assert_eq!(without(mac.disks(), others), ours, "the disks of {}", mac.name);
            assert_eq!(without(mac.running(), others), ours, "what runs on {}", mac.name);
        }
    }

    fn names_on(&self, mac: &Mac) -> BTreeSet<String> {
        let host = mac.host();
        self.world.vms.values().filter(|vm| vm.host == host).map(|vm| vm.host_name()).collect()
    }

    /// Every job has ended with all of its tasks done, each by one VM in the old one's stead.
    /// Returns how many VMs that makes.
    pub(crate) fn replaced(&self) -> usize {
        let mut stead = BTreeSet::new();
        for job in self.world.jobs.values() {
            assert!(matches!(job.state, JobState::Done { .. }), "{job:?}");
            for (old, task) in &job.tasks {
                assert!(matches!(task.state, TaskState::Done { .. }), "{old}: {task:?}");
                assert!(!self.world.vms.contains_key(old), "{old} was to be replaced and is there");
                assert!(stead.insert(task.replacement.unwrap()), "one VM in two steads");
            }
        }
        stead.len()
    }
}

fn without(mut names: BTreeSet<String>, others: &[&str]) -> BTreeSet<String> {
    names.retain(|name| !others.contains(&name.as_str()));
    names
}
