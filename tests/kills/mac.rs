//! A toy Mac: what is on it, what its guard remembers, and what was really done on it.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::*;

/// A guest has its address and its agent so long after its start.
const BOOT: Span = Span::from_secs(20);

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
    pub(crate) ills: Ills,
    /// Guests of ours that were stopped, and whose processes stay.
    lingering: usize,
}

/// What is wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ills {
    /// It hears nothing and says nothing.
    pub(crate) silent: bool,
    pub(crate) other_key: bool,
    /// Its tool lists nothing.
    pub(crate) unlisted: bool,
    /// Its processes cannot be counted.
    pub(crate) uncounted: bool,
    /// Its tool says of every VM that it is stopped.
    pub(crate) misread: bool,
    /// Guests that are gone, and that its kernel still counts.
    pub(crate) ghosts: usize,
    /// The process of a guest that is stopped stays.
    pub(crate) lingers: bool,
    /// No VM can start.
    pub(crate) locked: bool,
    /// A guest of somebody else runs.
    pub(crate) foreign: bool,
    /// Whatever is asked, it refuses.
    pub(crate) refuses: Option<Refusal>,
    /// What gets lost on the line, once: the command, or what came of it.
    pub(crate) loses: Option<Loses>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loses {
    Command,
    Answer,
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

impl Order {
    /// What commands of its kind are called.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Vm { kind, .. } => kind.to_string(),
            Self::Sh { .. } => "sh".into(),
            Self::Copy { .. } => "copy".into(),
            Self::Pull { .. } => "prefetch".into(),
            Self::Prune { .. } => "prune_images".into(),
            Self::Reboot => "reboot".into(),
        }
    }
}

impl Mac {
    pub(crate) fn is_down(&self, now: Timestamp) -> bool {
        now < self.down || self.ills.silent
    }
    /// Everything that runs there.
    pub(crate) fn guests(&self) -> usize {
        self.running.len() + usize::from(self.ills.foreign) + self.lingering
    }
    /// The power goes and comes again.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.boot += 1;
        self.down = now + Span::from_secs(60);
        self.running.clear();
        self.done.clear();
        (self.ills.ghosts, self.ills.foreign, self.lingering) = (0, false, 0);
    }
    /// One of our guests ends by itself, or with all that it had.
    pub(crate) fn guest_ends(&mut self, with_disk: bool) {
        if let Some((vm, _)) = self.running.pop_first()
            && with_disk
        {
            self.disks.remove(&vm);
        }
    }
    pub(crate) fn processes_end(&mut self) {
        self.lingering = 0;
    }

    /// Does what the scripts do: an operation that was done before is answered from the record.
    pub(crate) fn obey(&mut self, op: OpId, order: &Order, now: Timestamp) -> Outcome {
        if self.done.get(&op) == Some(&0) {
            return Outcome::Done;
        }
        if let Some(class) = self.ills.refuses {
            return Outcome::Refused { class, said: "no".into() };
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
                self.restart(now);
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
            OpKind::Start if self.ills.locked => return Err(Refusal::Keychain),
            OpKind::Start if self.guests() >= 2 => return Err(Refusal::Full),
            OpKind::Start if self.guests() + self.ills.ghosts >= 2 => return Err(Refusal::Limit),
            OpKind::Start => {
                self.running.insert(vm.into(), (now, false));
                self.most = self.most.max(self.guests());
            }
            OpKind::Deregister => match self.running.get_mut(vm) {
                Some((_, told)) => *told = true,
                None => return Err(Refusal::Missing),
            },
            OpKind::Stop => {
                let was = self.running.remove(vm);
                self.lingering += usize::from(was.is_some() && self.ills.lingers);
                // An agent has come up with its guest, and not before.
                let up = |since: Timestamp| now.since(since) >= BOOT;
                let told = was.is_none_or(|(since, told)| told || !up(since));
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
            let runs = self.running.get(vm).filter(|_| !self.ills.misread);
            let Some((since, _)) = runs else {
                return (vm.clone(), SeenVm::new(SeenState::Stopped));
            };
            let up = now.since(*since) >= BOOT;
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
            vms: (!self.ills.unlisted).then(|| self.disks.iter().map(seen).collect()),
            images: (!self.ills.unlisted).then(|| self.images.iter().cloned().collect()),
            guests: (!self.ills.uncounted).then(|| self.guests() as u32),
            locked: self.ills.locked.then(|| "the login keychain is locked".into()),
            guard: GuardView { epoch: self.epoch, running: None, done: self.done.clone() },
        })
    }
}
