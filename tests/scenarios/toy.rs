//! What really is on a host of a scenario: disks, running guests, a kernel that counts, a tool
//! that may refuse, and a line that may be dead.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::*;

/// A guest has an address so long after its start.
const BOOT: Span = Span::from_secs(20);
/// A Mac is down for so long when it restarts.
const RESTART: Span = Span::from_secs(60);

pub(crate) struct Toy {
    disks: BTreeSet<String>,
    /// Running, and since when.
    running: BTreeMap<String, Timestamp>,
    /// Guests of others, by what the tool calls them.
    pub(crate) foreign: BTreeSet<String>,
    /// The tool says of these that they are stopped, whatever they are.
    pub(crate) misread: BTreeSet<String>,
    /// Guests that the kernel counts and that are gone.
    pub(crate) ghosts: usize,
    /// It counts one again after each restart.
    pub(crate) haunted: bool,
    pub(crate) filevault: bool,
    /// The processes of VMs outlive them here.
    pub(crate) keeps: bool,
    outlived: usize,
    boot: u32,
    booted: Timestamp,
    pub(crate) silent: bool,
    /// Its guests die so long after their start.
    pub(crate) short_lived: Option<Span>,
    /// It says that it restarts, and does not.
    pub(crate) stays_up: bool,
    down_until: Timestamp,
    pub(crate) other_key: bool,
    /// The jump host before it shows another key.
    pub(crate) other_jump: bool,
    /// The hardware's own number.
    pub(crate) uuid: String,
    pub(crate) locked: bool,
    pub(crate) lists: bool,
    pub(crate) tool: bool,
    pub(crate) disk_free: Bytes,
    pub(crate) chip: String,
    pub(crate) memory: Bytes,
    pub(crate) macos: String,
    pub(crate) images: BTreeSet<String>,
    /// Whether a guest has work; idle when it is not here.
    pub(crate) work: BTreeMap<String, Option<bool>>,
    /// What the tool refuses, and how.
    pub(crate) refuses: BTreeMap<String, Refusal>,
    pub(crate) swallows: Option<Swallows>,
    done: BTreeMap<OpId, i32>,
    pub(crate) epoch: u64,
}

/// What gets lost on the line, once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swallows {
    Command,
    Answer,
}

impl Toy {
    pub(crate) fn new(images: impl Iterator<Item = String>) -> Self {
        Self {
            disks: BTreeSet::new(),
            running: BTreeMap::new(),
            foreign: BTreeSet::new(),
            misread: BTreeSet::new(),
            ghosts: 0,
            haunted: false,
            filevault: false,
            keeps: false,
            outlived: 0,
            boot: 1,
            booted: Timestamp::default(),
            silent: false,
            short_lived: None,
            stays_up: false,
            down_until: Timestamp::default(),
            other_key: false,
            other_jump: false,
            uuid: String::new(),
            locked: false,
            lists: true,
            tool: true,
            disk_free: Bytes::gib(300),
            chip: "Apple M2".into(),
            memory: Bytes::gib(16),
            macos: "26.1".into(),
            images: images.collect(),
            work: BTreeMap::new(),
            refuses: BTreeMap::new(),
            swallows: None,
            done: BTreeMap::new(),
            epoch: 0,
        }
    }

    pub(crate) fn answers(&self, now: Timestamp) -> bool {
        !self.silent && now >= self.down_until
    }

    /// Guests that run, those of others included.
    pub(crate) fn guests(&self) -> usize {
        self.running.len() + self.foreign.len() + self.outlived
    }

    pub(crate) fn reboot(&mut self, now: Timestamp) {
        self.boot += 1;
        self.booted = now;
        self.ghosts = usize::from(self.haunted);
        (self.keeps, self.outlived) = (false, 0);
        self.running.clear();
        self.foreign.clear();
        self.done.clear();
        self.down_until = now + RESTART;
    }

    /// A guest that was there before the scenario.
    pub(crate) fn has(&mut self, vm: &str, running_since: Option<Timestamp>) {
        self.disks.insert(vm.into());
        self.running.extend(running_since.map(|since| (vm.to_string(), since)));
    }

    /// Guests that live short lives end.
    pub(crate) fn age(&mut self, now: Timestamp) {
        if let Some(most) = self.short_lived {
            self.running.retain(|_, since| now.since(*since) < most);
        }
    }

    pub(crate) fn kill(&mut self, vm: &str) {
        self.running.remove(vm);
    }

    /// Carries out a command for a VM, under the guard.
    pub(crate) fn obey(
        &mut self,
        (epoch, op): (u64, OpId),
        kind: OpKind,
        vm: &str,
        now: Timestamp,
    ) -> Outcome {
        self.epoch = self.epoch.max(epoch);
        if let Some(class) = self.refuses.get(&kind.to_string()) {
            return self.refuse(op, *class);
        }
        match kind {
            OpKind::Clone => drop(self.disks.insert(vm.into())),
            OpKind::Start if self.running.contains_key(vm) => {}
            OpKind::Start if self.guests() >= 2 => return self.refuse(op, Refusal::Full),
            OpKind::Start if self.guests() + self.ghosts >= 2 => {
                return self.refuse(op, Refusal::Limit);
            }
            OpKind::Start => drop(self.running.insert(vm.into(), now)),
            OpKind::Deregister => {}
            OpKind::Stop => drop(self.running.remove(vm)),
            OpKind::Delete if self.running.contains_key(vm) => {
                return self.refuse(op, Refusal::AlreadyRunning);
            }
            OpKind::Delete => {
                let removed = self.disks.remove(vm);
                self.outlived += usize::from(removed && self.keeps);
            }
        }
        self.done.insert(op, 0);
        Outcome::Done
    }

    /// Carries out a step's command on the host itself.
    pub(crate) fn obey_step(
        &mut self,
        (epoch, op): (u64, OpId),
        act: &Act,
        what: &[String],
        now: Timestamp,
    ) -> Outcome {
        self.epoch = self.epoch.max(epoch);
        if let Some(class) = self.refuses.get(act.word()) {
            return self.refuse(op, *class);
        }
        if let Act::Reboot { .. } = act {
            if !self.stays_up {
                self.reboot(now);
            }
        } else if let Act::Prefetch { .. } = act {
            self.images.extend(what.iter().cloned());
        } else if *act == Act::PruneImages {
            self.images.retain(|image| what.contains(image));
        }
        self.done.insert(op, 0);
        Outcome::Done
    }

    fn refuse(&mut self, op: OpId, class: Refusal) -> Outcome {
        let (status, said) = match class {
            Refusal::Busy => (75, "another operation holds the host's lock"),
            Refusal::Fenced => (76, "the host knows a newer controller"),
            Refusal::Full => (77, "two VMs are running"),
            Refusal::Limit => (1, "the number of VMs exceeds the system limit"),
            Refusal::DiskFull => (1, "no space left on device"),
            Refusal::Missing
            | Refusal::AlreadyRunning
            | Refusal::NotRunning
            | Refusal::Keychain
            | Refusal::Registry
            | Refusal::ToolAbsent
            | Refusal::NotSent
            | Refusal::Other => (1, "the tool says no"),
        };
        self.done.insert(op, status);
        Outcome::Refused { class, said: said.into() }
    }

    /// What a look shows, with the answers of these guests' probes.
    pub(crate) fn look(&self, at: Timestamp, probed: &BTreeSet<String>) -> Sighting {
        let seen = |vm: &String| {
            let since = self.running.get(vm).filter(|_| !self.misread.contains(vm));
            let state = if since.is_some() { SeenState::Running } else { SeenState::Stopped };
            let up = since.is_some_and(|since| at.since(*since) >= BOOT);
            let ip = up.then(|| "192.168.64.2".into());
            let work = self.work.get(vm).copied().unwrap_or(Some(false));
            let busy = work.filter(|_| probed.contains(vm));
            (vm.clone(), SeenVm { ip, busy, made: true, ..SeenVm::new(state) })
        };
        let foreign = |vm: &String| (vm.clone(), SeenVm::new(SeenState::Running));
        let vms = self.disks.iter().map(seen).chain(self.foreign.iter().map(foreign)).collect();
        let facts = Facts {
            boot: format!("boot-{}", self.boot),
            booted_at: self.booted,
            tool: if self.tool { "2.35.0".into() } else { String::new() },
            disk: Bytes::gib(500),
            disk_free: self.disk_free,
            chip: self.chip.clone(),
            memory: self.memory,
            macos: self.macos.clone(),
            build: "25B78".into(),
            filevault: Some(self.filevault),
            uuid: self.uuid.clone(),
            ..Facts::default()
        };
        let listed = self.lists && self.tool;
        Sighting {
            at,
            facts,
            vms: listed.then_some(vms),
            images: listed.then(|| self.images.iter().cloned().collect()),
            guests: Some(u32::try_from(self.guests()).unwrap()),
            locked: self.locked.then(|| "the login keychain is locked".into()),
            guard: GuardView { epoch: self.epoch, running: None, done: self.done.clone() },
        }
    }
}
