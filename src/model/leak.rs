//! Leaked slots: what a host must show after the reboot that gave them back, how often each build
//! of macOS leaks, and who gives back what is lost now.

use serde::{Deserialize, Serialize};

use super::{Host, JobId, ScheduleName, Slot, SlotIx, Timestamp, Zone, plural};

/// A reboot has given a leaked slot back, and no starts have shown yet that this helped. It keeps
/// no work away: it is said, and it makes another leak count as a reboot in vain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Probation {
    /// When the last such reboot was seen.
    pub since: Timestamp,
    /// The slots in which a VM has come up since.
    pub proven: [bool; 2],
    /// A slot has leaked again since, before both were proven.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Reboots in a row after which one did.
    #[serde(default, skip_serializing_if = "is_none")]
    pub vain: u8,
}

fn is_none(n: &u8) -> bool {
    *n == 0
}

/// What became of the starts on hosts of one build of macOS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BuildTally {
    /// Starts that the tool said were done.
    pub starts: u64,
    /// Slots that leaked.
    pub leaks: u64,
}

/// A build of macOS that has leaked slots.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeakingBuild {
    /// `25D2128`.
    pub build: String,
    #[serde(flatten)]
    pub tally: BuildTally,
    /// Hosts that run it now.
    pub hosts: usize,
}

/// What a host has lost until its next boot, and what gives it back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SlotsLost {
    pub slots: usize,
    pub cure: Cure,
}

/// What gives lost slots back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Cure {
    /// The reboot of a job that goes on.
    Job { job: JobId },
    /// The reboot of the next run that restarts the host.
    Run { schedule: ScheduleName, at: Timestamp },
    /// It cannot be restarted without a person.
    Barred { why: String },
    /// Nothing that is planned; what a person can do.
    Nobody { next: String },
}

impl Cure {
    /// In words that go after `leaked: `.
    pub fn said(&self, zone: Zone) -> String {
        match self {
            Self::Job { job } => format!("given back by the reboot of job {job}, which goes on"),
            Self::Run { schedule, at } => {
                format!("given back by the reboot of schedule {schedule} at {}", zone.moment(*at))
            }
            Self::Barred { why } => why.clone(),
            Self::Nobody { next } => format!("no schedule reboots it: {next}"),
        }
    }
}

impl LeakingBuild {
    /// `build 25D2128: 3 leaks in 410 starts`.
    pub fn said(&self) -> String {
        format!("build {}: {}", self.build, self.tally.said())
    }
}

impl BuildTally {
    /// `3 leaks in 410 starts`.
    pub fn said(&self) -> String {
        let said = |n: u64, word| plural(usize::try_from(n).unwrap_or(usize::MAX), word);
        format!("{} in {}", said(self.leaks, "leak"), said(self.starts, "start"))
    }
}

impl Probation {
    fn new(since: Timestamp) -> Self {
        Self { since, proven: [false; 2], again: false, vain: 0 }
    }
}

impl Host {
    /// A reboot has given a leaked slot back. When both had leaked that is said of each.
    pub(super) fn slot_given_back(&mut self, at: Timestamp) {
        match &mut self.probation {
            Some(known) if known.again => {
                *known = Probation { vain: known.vain, ..Probation::new(at) };
            }
            Some(_) => {}
            None => self.probation = Some(Probation::new(at)),
        }
    }

    /// A slot has leaked. Before the last reboot has proven its worth, that was in vain.
    pub(super) fn leaks_again(&mut self) {
        if let Some(known) = &mut self.probation
            && !known.again
        {
            (known.again, known.vain) = (true, known.vain.saturating_add(1));
        }
    }

    /// A VM came up in this slot. Beside a guest of others it shows that two can run at once.
    pub(super) fn slot_proven(&mut self, slot: SlotIx) {
        let other = &self.slots[1 - slot.index()];
        let two = matches!(other, Slot::Foreign { .. });
        let Some(known) = self.probation.as_mut().filter(|known| !known.again) else { return };
        known.proven[slot.index()] = true;
        let proven = known.proven;
        if two || self.usable_slots().all(|(ix, _)| proven[ix.index()]) {
            self.probation = None;
        }
    }

    /// A person has lifted the quarantine: reboots in vain are counted anew.
    pub(super) fn reboots_forgiven(&mut self) {
        if let Some(known) = &mut self.probation {
            known.vain = 0;
        }
    }

    /// What its last reboot has not shown yet, for a person; `None`: nothing is in doubt.
    pub fn unproven(&self, now: Timestamp) -> Option<String> {
        let known = self.probation.as_ref()?;
        let age = now.since(known.since).rough();
        if known.again {
            let vain = known.vain;
            let many = if vain > 1 { format!("; {vain} in a row") } else { String::new() };
            return Some(format!("its reboot {age} ago did not help: a slot leaked again{many}"));
        }
        let open = self.usable_slots().filter(|(ix, _)| !known.proven[ix.index()]);
        let open: Vec<_> = open.map(|(ix, _)| format!("slot {}", u8::from(ix))).collect();
        let open = open.join(" and ");
        Some(format!("unproven since its reboot {age} ago: no VM has come up in {open} yet"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, HostSpec};

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(1_000 * s)
    }

    fn given_back() -> Host {
        let mut host = Host::new(HostSpec::new(Access::Local), at(0));
        host.slot_given_back(at(10));
        host
    }

    #[test]
    fn two_starts_prove_a_reboot_and_one_does_not() {
        let mut host = given_back();
        host.slot_proven(SlotIx::Zero);
        host.slot_proven(SlotIx::Zero);
        let said = host.unproven(at(70)).unwrap();
        assert_eq!(said, "unproven since its reboot 1m ago: no VM has come up in slot 1 yet");
        host.slot_proven(SlotIx::One);
        assert_eq!(host.unproven(at(80)), None);
    }

    #[test]
    fn one_beside_a_guest_of_others_is_two_at_once() {
        let mut host = given_back();
        host.slots[1] = Slot::Foreign { name: "buildbot".into() };
        host.slot_proven(SlotIx::Zero);
        assert_eq!(host.probation, None);
    }

    #[test]
    fn a_host_that_may_use_one_slot_has_one_to_prove() {
        let mut host = given_back();
        host.spec.slots = 1;
        host.slot_proven(SlotIx::Zero);
        assert_eq!(host.probation, None);
    }

    #[test]
    fn a_reboot_is_in_vain_once_however_many_slots_leak() {
        let mut host = given_back();
        host.leaks_again();
        host.leaks_again();
        host.slot_proven(SlotIx::One);
        assert_eq!(host.probation.as_ref().unwrap().vain, 1);
        assert!(host.unproven(at(20)).unwrap().contains("did not help"));
        host.slot_given_back(at(30));
        host.slot_given_back(at(30));
        assert_eq!(host.probation.as_ref().unwrap().vain, 1, "it has yet to show what it is worth");
        host.leaks_again();
        assert_eq!(host.probation.as_ref().unwrap().vain, 2);
        host.reboots_forgiven();
        assert_eq!(host.probation.as_ref().unwrap().vain, 0);
    }

    #[test]
    fn what_leaks_after_it_was_proven_is_no_reboot_in_vain() {
        let mut host = given_back();
        SlotIx::ALL.into_iter().for_each(|slot| host.slot_proven(slot));
        host.leaks_again();
        assert_eq!(host.probation, None);
    }
}
