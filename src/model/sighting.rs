//! What a host showed when it was looked at: its facts, the VMs its tool lists, the guests its
//! kernel runs, and what the guard there remembers of our operations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bytes, OpId, Timestamp, World, id_of_tool_name};

/// One look at a host. Fields that could not be read are `None`: unread is not empty.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sighting {
    /// When the look began, on the controller's clock.
    pub at: Timestamp,
    pub facts: Facts,
    /// Local VMs of the tool by name; `None` when its list failed.
    pub vms: Option<BTreeMap<String, SeenVm>>,
    /// Cached images by reference; `None` when the list failed.
    pub images: Option<Vec<String>>,
    /// Virtualization processes of all users; `None` when they could not be counted.
    pub guests: Option<u32>,
    /// Why no VM can start now (a locked keychain, FileVault), as the host says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    pub guard: GuardView,
}

/// Facts of a host that change seldom, and its free disk.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// `26.3.1`.
    pub macos: String,
    /// `25D2128`.
    pub build: String,
    /// `Apple M2 Pro`.
    pub chip: String,
    /// `Mac14,12`.
    pub model: String,
    pub cores: u16,
    pub memory: Bytes,
    /// Size of the data volume.
    pub disk: Bytes,
    /// Free on the data volume.
    pub disk_free: Bytes,
    /// Changes with each boot, and only then; empty when it could not be read. In the World, the
    /// last one that was read.
    pub boot: String,
    pub booted_at: Timestamp,
    /// The VM tool's version: `2.35.0`.
    pub tool: String,
    /// Whether the disk is locked with FileVault; `None` when that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filevault: Option<bool>,
    /// Whether guests of all users were counted; else sudo does not let us, and those of others
    /// may be hidden. `None` when nothing said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_users: Option<bool>,
    /// The hardware's own number, `IOPlatformUUID`; empty when it could not be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uuid: String,
}

/// A VM as its tool lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenVm {
    pub state: SeenState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// A guest that does not count against the two slots.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub linux: bool,
    /// Whether it has work, by its pool's own check; `None` when nothing said so either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<bool>,
    /// Its host knows that a controller has had it made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
    /// What its process said last before it ended, as far as the host kept it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// The tool's word for a VM. `Other` is a word we do not know: treated as running.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenState {
    Running,
    Stopped,
    Suspended,
    Other(String),
}

impl Facts {
    /// Whether these prove a reboot since `earlier`: two boot sessions were read, and differ.
    pub fn rebooted_since(&self, earlier: &Self) -> bool {
        !self.boot.is_empty() && !earlier.boot.is_empty() && self.boot != earlier.boot
    }

    /// Keeps what `earlier` knew of the boot session where these could not read it.
    pub(super) fn keep_boot(&mut self, earlier: &Self) {
        if self.boot.is_empty() {
            self.boot.clone_from(&earlier.boot);
            self.booted_at = earlier.booted_at;
        }
    }
}

impl SeenState {
    /// Whether a process runs it.
    pub fn runs(&self) -> bool {
        match self {
            Self::Running | Self::Other(_) => true,
            Self::Stopped | Self::Suspended => false,
        }
    }
}

impl SeenVm {
    /// A VM in this state of which nothing more is known.
    pub fn new(state: SeenState) -> Self {
        Self { state, ip: None, linux: false, busy: None, made: false, said: String::new() }
    }

    /// Whether it may hold one of the two slots.
    pub fn holds_slot(&self) -> bool {
        self.state.runs() && !self.linux
    }
}

/// What the guard on the host remembers of our operations since it booted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct GuardView {
    /// The highest epoch the host has been told.
    pub epoch: u64,
    /// The operation whose script runs there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<OpId>,
    /// The last operations that ended, with their exit status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub done: BTreeMap<OpId, i32>,
}

/// Free disk may wander this far before it is news.
const DISK_NEWS: Bytes = Bytes::gib(5);

impl Sighting {
    /// Whether this look shows nothing that the `last` one did not. A poll without news is not
    /// written: only time, wandering disk space and finished operations' records differ. Whether
    /// VMs have work is not asked here: that has an event of its own.
    pub fn same_as(&self, last: &Self) -> bool {
        let mut facts = self.facts.clone();
        facts.keep_boot(&last.facts);
        if facts.disk_free.0.abs_diff(last.facts.disk_free.0) < DISK_NEWS.0 {
            facts.disk_free = last.facts.disk_free;
        }
        // Two reads of a boot time may differ by the clock's correction; `boot` decides.
        facts.booted_at = last.facts.booted_at;
        facts == last.facts
            && self.same_vms(last)
            && self.images == last.images
            && self.guests == last.guests
            && self.locked == last.locked
            && self.guard.running == last.guard.running
            && self.guard.epoch == last.guard.epoch
    }

    /// Whether something differs from the `last` look that a decision may rest on: the boot session,
    /// our VMs, what fills slots and disk, the tool, the guard, and the images of the fleet.
    pub fn presses(&self, last: &Self, world: &World) -> bool {
        let is_ours =
            |name: &str| id_of_tool_name(name).is_some_and(|vm| world.vms.contains_key(&vm));
        let ours = |of: &Self| {
            let ours = of.vms.iter().flatten().filter(|(name, _)| is_ours(name));
            ours.map(|(name, vm)| (name.clone(), vm.state.clone(), vm.ip.clone()))
                .collect::<Vec<_>>()
        };
        let wants = |source: &str| world.images.values().any(|image| image.source == source);
        let held = |of: &Self| of.vms.iter().flatten().filter(|(_, vm)| vm.holds_slot()).count();
        let wanted = |of: &Self| {
            let images = of.images.iter().flatten().filter(|image| wants(image));
            images.cloned().collect::<Vec<_>>()
        };
        let disk = self.facts.disk_free.0.abs_diff(last.facts.disk_free.0);
        self.facts.rebooted_since(&last.facts)
            || disk >= DISK_NEWS.0
            || self.facts.tool.is_empty() != last.facts.tool.is_empty()
            || (self.vms.is_some(), self.images.is_some())
                != (last.vms.is_some(), last.images.is_some())
            || (self.guests, &self.locked) != (last.guests, &last.locked)
            || (self.guard.epoch, self.guard.running) != (last.guard.epoch, last.guard.running)
            || ours(self) != ours(last)
            || held(self) != held(last)
            || wanted(self) != wanted(last)
    }

    fn same_vms(&self, last: &Self) -> bool {
        let (Some(now), Some(then)) = (&self.vms, &last.vms) else {
            return self.vms.is_none() && last.vms.is_none();
        };
        let same = |(a, b): (&SeenVm, &SeenVm)| {
            (&a.state, &a.ip, a.linux, a.made) == (&b.state, &b.ip, b.linux, b.made)
        };
        now.keys().eq(then.keys()) && now.values().zip(then.values()).all(same)
    }

    /// The look without what has events of its own: whether guests have work, and last words.
    pub fn without_work(&self) -> Self {
        let mut rest = self.clone();
        for vm in rest.vms.iter_mut().flat_map(|vms| vms.values_mut()) {
            (vm.busy, vm.said) = (None, String::new());
        }
        rest
    }

    /// Macs kernels count guests of every tool; so do we: the larger of list and processes.
    /// `None` when either could not be read.
    pub fn slots_held(&self) -> Option<u32> {
        let count = |which: fn(&SeenVm) -> bool| {
            let listed = self.vms.as_ref()?.values().filter(|vm| which(vm)).count();
            Some(u32::try_from(listed).unwrap_or(u32::MAX))
        };
        let (listed, linux) =
            (count(SeenVm::holds_slot)?, count(|vm| vm.linux && vm.state.runs())?);
        Some(listed.max(self.guests?.saturating_sub(linux)))
    }

    /// How many more guests run than are listed as running; `None` when either could not be read.
    pub fn unlisted(&self) -> Option<u32> {
        let listed = self.vms.as_ref()?.values().filter(|vm| vm.state.runs()).count();
        Some(self.guests?.saturating_sub(u32::try_from(listed).unwrap_or(u32::MAX)))
    }
}

/// Figures that change with every look. They are shown and scored, never journalled.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sample {
    pub at: Timestamp,
    /// Run queue over one minute.
    pub load: f32,
    pub memory_used: Bytes,
    pub disk_free: Bytes,
    /// How long the look took, in milliseconds.
    pub took_ms: u32,
}
