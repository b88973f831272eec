//! A toy Mac: what is on it, what its guard remembers, and what was really done on it.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::*;

/// The Mac.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mac {
    pub(crate) disks: BTreeSet<String>,
    /// Running, since when, and whether its agent was told to leave.
    running: BTreeMap<String, (Timestamp, bool)>,
    images: BTreeSet<String>,
    files: BTreeSet<String>,
    boot: u32,
    /// It is down until then.
    down: Timestamp,
    done: BTreeMap<OpId, i32>,
    pub(crate) epoch: u64,
    /// What changed something there, in order; what found it so already is not here.
    pub(crate) deeds: Vec<String>,
    /// The most VMs that ever ran at once.
    pub(crate) most: usize,
}

/// What is asked of it.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    Vm { kind: OpKind, vm: String, image: String },
    Sh { run: String },
    Copy { to: String },
    Pull { image: String },
    Prune { keep: Vec<String> },
    Reboot,
}

impl Mac {
    pub(crate) fn is_down(&self, now: Timestamp) -> bool {
        now < self.down
    }

    /// Does what the scripts do: an operation that was done before is answered from the record.
    pub(crate) fn obey(&mut self, op: OpId, order: &Order, now: Timestamp) -> Outcome {
        if self.done.get(&op) == Some(&0) {
            return Outcome::Done;
        }
        let done = match order {
            Order::Vm { kind, vm, image } => self.obey_vm(*kind, vm, image, now),
            Order::Sh { run } => self.does(format!("sh {run}")),
            Order::Copy { to } if !self.files.insert(to.clone()) => Ok(()),
            Order::Copy { to } => self.does(format!("copy {to}")),
            Order::Pull { image } if !self.images.insert(image.clone()) => Ok(()),
            Order::Pull { image } => self.does(format!("pull {image}")),
            Order::Prune { keep } => {
                self.images.retain(|image| keep.contains(image));
                Ok(())
            }
            Order::Reboot => {
                self.boot += 1;
                self.down = now + Span::from_secs(60);
                self.running.clear();
                self.done.clear();
                self.deeds.push("reboot".into());
                // The record goes with the boot session.
                return Outcome::Done;
            }
        };
        self.done.insert(op, i32::from(done.is_err()));
        match done {
            Ok(()) => Outcome::Done,
            Err(class) => Outcome::Refused { class, said: "no".into() },
        }
    }

    fn does(&mut self, what: String) -> Result<(), Refusal> {
        self.deeds.push(what);
        Ok(())
    }

    fn obey_vm(
        &mut self,
        kind: OpKind,
        vm: &str,
        image: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match kind {
            OpKind::Clone => {
                self.images.insert(image.into());
                self.disks.insert(vm.into());
            }
            OpKind::Start if !self.disks.contains(vm) => return Err(Refusal::Missing),
            OpKind::Start if self.running.contains_key(vm) => {}
            OpKind::Start if self.running.len() >= 2 => return Err(Refusal::Full),
            OpKind::Start => {
                self.running.insert(vm.into(), (now, false));
                self.most = self.most.max(self.running.len());
            }
            OpKind::Deregister => match self.running.get_mut(vm) {
                Some((_, told)) => *told = true,
                None => return Err(Refusal::Missing),
            },
            OpKind::Stop => {
                let told = self.running.remove(vm).is_none_or(|(_, told)| told);
                assert!(told, "{vm} was stopped before its agent was told");
            }
            OpKind::Delete => {
                assert!(!self.running.contains_key(vm), "{vm} was deleted while it ran");
                self.disks.remove(vm);
            }
        }
        Ok(())
    }

    /// What a look shows; `None` while it is down.
    pub(crate) fn look(&self, now: Timestamp) -> Option<Sighting> {
        if self.is_down(now) {
            return None;
        }
        let seen = |vm: &String| {
            let Some((since, _)) = self.running.get(vm) else {
                return (vm.clone(), SeenVm::new(SeenState::Stopped));
            };
            let up = now.since(*since) >= Span::from_secs(20);
            let ip = up.then(|| "192.168.64.2".to_string());
            let busy = up.then_some(false);
            (vm.clone(), SeenVm { ip, busy, ..SeenVm::new(SeenState::Running) })
        };
        Some(Sighting {
            at: now,
            facts: Facts {
                boot: format!("boot-{}", self.boot),
                tool: "2.35.0".into(),
                ..Facts::default()
            },
            vms: Some(self.disks.iter().map(seen).collect()),
            images: Some(self.images.iter().cloned().collect()),
            guests: Some(self.running.len() as u32),
            locked: None,
            guard: GuardView { epoch: self.epoch, running: None, done: self.done.clone() },
        })
    }
}
