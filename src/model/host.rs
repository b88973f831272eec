//! A host: how far it can be reached, what holds it, and its two slots.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Actor, Claim, HoldId, HostName, HostSpec, JobId, OpId, Probation, Sighting, Span, StepAt,
    Timestamp, Vm, VmId,
};

/// A host as the fold knows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Host {
    pub spec: HostSpec,
    /// Still in the inventory. A host that left it stays until its slots are free.
    pub declared: bool,
    pub reach: Reach,
    /// Since when `reach` is what it is.
    pub reach_since: Timestamp,
    /// Why, in the words of what failed; empty when up.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reach_why: String,
    pub holds: BTreeMap<HoldId, Hold>,
    /// Slot 0 and slot 1. There is nowhere to write down a third macOS VM.
    pub slots: [Slot; 2],
    /// Our VMs here, those without a slot included (their slot leaked).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub vms: BTreeSet<VmId>,
    /// The last look that showed something new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sighting>,
    /// VMs that a controller has made here, that do not run and nobody knows any more, and since
    /// when they are seen so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub orphans: BTreeMap<String, Timestamp>,
    /// VMs that a person has taken over: what is left of them is theirs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub discharged: BTreeSet<String>,
    /// Starts that failed here lately, oldest first, at most eight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Timestamp>,
    /// What the tool said of the last of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failed_why: String,
    /// A job's command on the host itself, under way or lost from sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<HostOp>,
    /// It was rebooted and nobody asked: it takes no work until a look finds it fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifying: Option<Timestamp>,
    /// Since when it is lost. A restart of the controller does not make that any younger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Timestamp>,
    /// A leaked slot was given back, and it has not been shown that the host can run two VMs again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probation: Option<Probation>,
    /// It says that it obeys a newer controller: no command is sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// When a person last judged such a claim: a look that began before says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Timestamp>,
    /// How often of late a look showed something new that no decision rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restless: Option<Restless>,
}

/// News that matter to nobody, one after another: what a host shows that is broken, or hostile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Restless {
    pub times: u32,
    pub last: Timestamp,
}

/// So many of them, none so long after the one before, make a host restless.
const RESTLESS_TIMES: u32 = 5;
const RESTLESS_WITHIN: Span = Span::from_mins(5);

impl Restless {
    /// One more at `at`.
    pub(super) fn and(earlier: Option<Self>, at: Timestamp) -> Self {
        let near = earlier.filter(|earlier| at.since(earlier.last) <= RESTLESS_WITHIN);
        let times = near.map_or(1, |near| near.times.saturating_add(1));
        Self { times, last: at }
    }
}

/// A command on a host for a step of a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HostOp {
    pub id: OpId,
    pub job: JobId,
    pub at: StepAt,
    pub epoch: u64,
    pub begun: Timestamp,
    /// When the host fell silent over it: it may or may not have run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Timestamp>,
}

/// How far a host can be reached. Observed; nobody sets it by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Not seen since the controller started.
    Unknown,
    Up,
    /// One missed poll.
    Suspect,
    /// 30 s without success.
    Unreachable,
    /// 60 s without success; its slots stay occupied.
    Lost,
    /// SSH answers, but FileVault or the keychain is locked: no VM can start.
    Locked,
    /// Its host key is not the pinned one. Only a person clears it.
    IdentityMismatch,
}

/// One of a host's two places.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Slot {
    #[default]
    Free,
    /// Promised to a VM that has not been started.
    Reserved { vm: VmId },
    /// A start was issued, or the VM was seen running.
    Occupied { vm: VmId },
    /// A stop was issued and its end not yet observed.
    Stopping { vm: VmId },
    /// A macOS VM that is not ours: counted, shown, never touched.
    Foreign { name: String },
    /// Our VM may or may not run: the host fell silent over it.
    Unknown { vm: VmId },
    /// The kernel still counts a guest that is gone; a reboot clears it.
    Leaked { since: Timestamp },
}

/// No tool lets a name end so.
const UNLISTED: &str = " of another user or tool";

impl Slot {
    /// The words of all its states, in the order in which they are shown.
    pub const WORDS: [&str; 7] =
        ["free", "reserved", "occupied", "stopping", "foreign", "unknown", "leaked"];

    /// The VM of ours that this slot is for.
    pub fn vm(&self) -> Option<VmId> {
        match self {
            Self::Reserved { vm }
            | Self::Occupied { vm }
            | Self::Stopping { vm }
            | Self::Unknown { vm } => Some(*vm),
            Self::Free | Self::Foreign { .. } | Self::Leaked { .. } => None,
        }
    }
    /// The guest of others that has it.
    pub fn guest(&self) -> Option<&str> {
        match self {
            Self::Foreign { name } => Some(name),
            Self::Free
            | Self::Reserved { .. }
            | Self::Occupied { .. }
            | Self::Stopping { .. }
            | Self::Unknown { .. }
            | Self::Leaked { .. } => None,
        }
    }
    /// How the nth guest of others goes that this user's tool does not list.
    pub fn unlisted_guest(n: u32) -> String {
        format!("guest {n}{UNLISTED}")
    }
    /// Whether it is taken by such a guest.
    fn is_unlisted_guests(&self) -> bool {
        self.guest().is_some_and(|name| name.ends_with(UNLISTED))
    }
    /// One word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Reserved { .. } => "reserved",
            Self::Occupied { .. } => "occupied",
            Self::Stopping { .. } => "stopping",
            Self::Foreign { .. } => "foreign",
            Self::Unknown { .. } => "unknown",
            Self::Leaked { .. } => "leaked",
        }
    }
}

/// Slot 0 or slot 1; a third cannot be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum SlotIx {
    Zero,
    One,
}

impl SlotIx {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Zero, Self::One];
    /// As an index into `Host::slots`.
    pub const fn index(self) -> usize {
        match self {
            Self::Zero => 0,
            Self::One => 1,
        }
    }
}
impl TryFrom<u8> for SlotIx {
    type Error = String;
    fn try_from(n: u8) -> Result<Self, String> {
        match n {
            0 => Ok(Self::Zero),
            1 => Ok(Self::One),
            _ => Err(format!("slot {n} does not exist: a host has slot 0 and slot 1")),
        }
    }
}
impl From<SlotIx> for u8 {
    fn from(slot: SlotIx) -> Self {
        match slot {
            SlotIx::Zero => 0,
            SlotIx::One => 1,
        }
    }
}

/// Why a host takes no work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    pub id: HoldId,
    pub host: HostName,
    pub kind: HoldKind,
    pub reason: String,
    pub by: Actor,
    pub created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What happens at `until`.
    #[serde(default, skip_serializing_if = "OnExpiry::is_release")]
    pub on_expiry: OnExpiry,
    /// The job that placed it and will lift it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// What sort of hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldKind {
    /// A person wants no new work here.
    Cordon,
    /// It is being emptied, or is empty.
    Drain,
    /// A person or tool works on it.
    Maintenance,
    /// It failed too often.
    Quarantine,
    /// It is on its way out of the fleet.
    Retire,
}

/// What happens when a hold's time is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExpiry {
    /// It is lifted.
    #[default]
    Release,
    /// It stays, and people are told.
    Alert,
}

impl OnExpiry {
    fn is_release(&self) -> bool {
        *self == Self::Release
    }
}

impl Host {
    /// A host fresh from the inventory.
    pub fn new(spec: HostSpec, now: Timestamp) -> Self {
        Self {
            spec,
            declared: true,
            reach: Reach::Unknown,
            reach_since: now,
            reach_why: String::new(),
            holds: BTreeMap::new(),
            slots: [Slot::Free, Slot::Free],
            vms: BTreeSet::new(),
            orphans: BTreeMap::new(),
            discharged: BTreeSet::new(),
            seen: None,
            failures: Vec::new(),
            failed_why: String::new(),
            op: None,
            verifying: None,
            lost: None,
            probation: None,
            claim: None,
            judged: None,
            restless: None,
        }
    }

    /// Whether what it shows changes with every look, so that not all of it is worth keeping.
    pub fn is_restless(&self, now: Timestamp) -> bool {
        let near = |restless: &Restless| now.since(restless.last) <= RESTLESS_WITHIN;
        self.restless.filter(near).is_some_and(|restless| restless.times >= RESTLESS_TIMES)
    }

    /// Whether it may be given new VMs, as far as reachability and holds go.
    pub fn takes_work(&self) -> bool {
        let open = self.holds.is_empty() && self.verifying.is_none() && self.claim.is_none();
        self.declared && self.reach == Reach::Up && open
    }

    /// Why it cannot be given up, if it cannot: what can still be reached is taken down instead.
    pub fn stays(&self) -> Option<&'static str> {
        if self.declared {
            return Some("is still in the inventory: remove it there first");
        }
        match self.reach {
            Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch => None,
            Reach::Up | Reach::Locked => {
                Some("answers: it is forgotten by itself once its VMs are gone")
            }
            Reach::Unknown | Reach::Suspect => {
                Some("has not been silent for long enough: ask again in a minute")
            }
        }
    }

    /// The slots its inventory entry allows, with their numbers.
    pub fn usable_slots(&self) -> impl Iterator<Item = (SlotIx, &Slot)> {
        SlotIx::ALL.into_iter().zip(&self.slots).take(usize::from(self.spec.slots.min(2)))
    }

    /// Its slots that the kernel has lost count of.
    pub fn leaked(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Leaked { .. })).count()
    }

    /// Whether one of its slots is this VM's.
    pub fn has_slot_of(&self, vm: &Vm) -> bool {
        self.slots[vm.slot.index()].vm() == Some(vm.id)
    }

    /// Whether its last look lists the VM; `None`: there was no list to be read.
    pub fn lists(&self, vm: &Vm) -> Option<bool> {
        let listed = self.seen.as_ref()?.vms.as_ref()?;
        Some(listed.contains_key(&vm.host_name()))
    }

    /// How many guests a look counts that are neither listed nor known as others': each may be
    /// the process of a VM of ours. `None` when they could not be counted.
    pub fn unaccounted(&self, sighting: &Sighting) -> Option<u32> {
        let others = self.slots.iter().filter(|slot| slot.is_unlisted_guests()).count();
        Some(sighting.unlisted()?.saturating_sub(u32::try_from(others).unwrap_or(u32::MAX)))
    }

    /// The worst of its states in one word: holds first, then reachability.
    pub fn word(&self) -> &'static str {
        let worst = self.holds.values().map(|hold| hold.kind).max();
        match (self.declared, self.reach, worst) {
            (_, Reach::IdentityMismatch, _) => "identity-mismatch",
            (_, Reach::Lost, _) => "lost",
            (_, Reach::Unreachable, _) => "unreachable",
            _ if self.claim.is_some() => "barred",
            (false, _, _) => "retiring",
            (_, _, Some(HoldKind::Retire)) if self.vms.is_empty() => "retired",
            (_, _, Some(HoldKind::Retire)) => "retiring",
            (_, _, Some(HoldKind::Quarantine)) => "quarantined",
            (_, _, Some(HoldKind::Maintenance)) => "maintenance",
            (_, _, Some(HoldKind::Drain)) if self.vms.is_empty() => "drained",
            (_, _, Some(HoldKind::Drain)) => "draining",
            (_, _, Some(HoldKind::Cordon)) => "cordoned",
            (_, Reach::Locked, None) => "locked",
            (_, Reach::Suspect, None) => "suspect",
            (_, Reach::Unknown, None) => "unknown",
            (_, Reach::Up, None) if self.verifying.is_some() => "verifying",
            (_, Reach::Up, None) if !self.vms.is_empty() => "busy",
            (_, Reach::Up, None) => "ready",
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Suspect => "suspect",
            Self::Unreachable => "unreachable",
            Self::Lost => "lost",
            Self::Locked => "locked",
            Self::IdentityMismatch => "identity-mismatch",
        })
    }
}
impl fmt::Display for HoldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cordon => "cordon",
            Self::Drain => "drain",
            Self::Maintenance => "maintenance",
            Self::Quarantine => "quarantine",
            Self::Retire => "retire",
        })
    }
}
