//! A simulated Mac: its VMs, its kernel's count of them, its images, disk and address leases.
//! Pure: the state follows from what was asked and from `now`; nothing here waits or runs.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::{Dice, Draw};
use super::faults::Fault;
use super::guard::Guard;
use super::hardware::Hardware;
use super::jobs::{KilledBy, Work};
use super::ops::Effect;
use super::report::Tally;
use crate::model::{Bytes, GuestOs, Span, Timestamp};

/// macOS guests that a Mac's kernel runs at once, by Apple's licence.
pub(super) const KERNEL_LIMIT: usize = 2;
/// How long an address is promised to a guest.
const LEASE: Span = Span::from_hours(24);
/// Allocated bytes of a new VM's own changes.
const VM_SIZE: u64 = 1_500_000_000;
/// What an hour of a guest's work leaves on the disk, and how far that goes.
const VM_GROWTH: u64 = 2_000_000_000;
const VM_GROWTH_MOST: u64 = 22_000_000_000;
/// macOS itself and its logs.
const SYSTEM_SIZE: u64 = 60_000_000_000;
/// What is left of a full disk.
const DREGS: u64 = 210_000_000;
/// The end of what has no end.
pub(super) const FOREVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// A simulated Mac.
#[derive(Clone, Debug)]
pub(super) struct Mac {
    pub dice: Dice,
    pub hardware: Hardware,
    /// How busy its guests are, from 0 to 1.
    pub busy: f64,
    /// References of cached images.
    pub images: Vec<String>,
    pub vms: BTreeMap<String, Vm>,
    /// Those that a controller has had made, as the host notes it.
    pub noted: BTreeSet<String>,
    pub leases: Vec<Lease>,
    pub boot: Boot,
    /// Guests that are gone and still counted by the kernel.
    pub leaked: usize,
    pub guard: Guard,
    pub trouble: Trouble,
    pub tally: Tally,
    /// Files that were copied here: content as it came, and mode.
    pub files: BTreeMap<String, (String, u16)>,
    /// Whether its disk is locked with FileVault.
    pub filevault: bool,
    /// The hardware's own number.
    pub uuid: String,
    /// When it goes down because it was told to, and for how long.
    pub restart: Option<(Timestamp, Span)>,
    /// Guests that were ended while they had a job.
    pub killed: Vec<(Timestamp, String, KilledBy)>,
    /// What the doctor finds, each until when.
    pub ails: BTreeMap<Fault, Timestamp>,
    drawn: BTreeMap<Draw, u64>,
}

/// A VM of whatever tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Vm {
    pub os: GuestOs,
    pub mac: [u8; 6],
    /// Whether it is in the list of our user's tool; else another user or tool made it.
    pub listed: bool,
    pub memory: Bytes,
    pub made: Timestamp,
    pub run: Option<Run>,
    /// When a person takes it away again.
    pub leaves: Option<Timestamp>,
}

/// A guest under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub since: Timestamp,
    /// When the guest has booted and asks for its address.
    pub address_at: Timestamp,
    pub work: Work,
}

/// A promise of `192.168.64.<ip>` to a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lease {
    pub mac: [u8; 6],
    pub ip: u8,
    pub ends: Timestamp,
}

/// A boot session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Boot {
    pub nth: u64,
    pub at: Timestamp,
    /// From when on it answers.
    pub up: Timestamp,
}

/// What ails it, each until when.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Trouble {
    pub disk_full: Timestamp,
    pub keychain: Timestamp,
    pub slow: Timestamp,
    pub slow_by: f64,
    /// The next look cannot list the VMs.
    pub list_fails: bool,
    /// The next stop leaves the kernel's count raised.
    pub leak_next: bool,
    /// The next operation that changes something loses its reply.
    pub reset_next: bool,
    /// Nothing is done as root without a password.
    pub sudo_asks: bool,
}

/// A number as the hardware has one, of these dice alone.
fn uuid(dice: Dice) -> String {
    let [high, low] = [1, 2].map(|n| dice.roll(Draw::Hardware, n));
    let (head, mid, next) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    format!("{head:08X}-{mid:04X}-{next:04X}-{:04X}-{:012X}", low >> 48, low & 0xffff_ffff_ffff)
}

impl Mac {
    /// A Mac that has been up for some days at `now`, with these images cached.
    pub(super) fn new(dice: Dice, images: Vec<String>, busy: f64, now: Timestamp) -> Self {
        let uptime = dice.span(Draw::Uptime, 0, Span::from_hours(2), Span::from_hours(240));
        let past = Timestamp::default();
        let trouble = Trouble {
            disk_full: past,
            keychain: past,
            slow: past,
            slow_by: 1.0,
            list_fails: false,
            leak_next: false,
            reset_next: false,
            sudo_asks: false,
        };
        Self {
            dice,
            hardware: Hardware::drawn(dice),
            busy,
            images,
            vms: BTreeMap::new(),
            noted: BTreeSet::new(),
            leases: Vec::new(),
            boot: Boot { nth: 0, at: now - uptime, up: now - uptime },
            leaked: 0,
            guard: Guard::default(),
            trouble,
            tally: Tally::default(),
            files: BTreeMap::new(),
            filevault: false,
            uuid: uuid(dice),
            restart: None,
            killed: Vec::new(),
            ails: BTreeMap::new(),
            drawn: BTreeMap::new(),
        }
    }

    /// Whether it has this of the ills that the doctor finds.
    pub(super) fn ails(&self, fault: Fault, now: Timestamp) -> bool {
        self.ails.get(&fault).is_some_and(|until| now < *until)
    }

    /// The next number of the row for `what`.
    pub(super) fn nth(&mut self, what: Draw) -> u64 {
        let next = self.drawn.entry(what).or_default();
        *next += 1;
        *next - 1
    }

    /// How long the next `what` takes, on a host as slow as this one is now.
    pub(super) fn takes(&mut self, what: Draw, low_ms: u64, high_ms: u64, now: Timestamp) -> Span {
        let nth = self.nth(what);
        let drawn =
            self.dice.span(what, nth, Span::from_millis(low_ms), Span::from_millis(high_ms));
        let factor = if now < self.trouble.slow { self.trouble.slow_by } else { 1.0 };
        Span::from_millis((drawn.as_millis() as f64 * factor) as u64)
    }

    /// Whether it answers at all.
    pub(super) fn is_up(&self, now: Timestamp) -> bool {
        now >= self.boot.up
    }

    /// Running macOS guests, whoever made them.
    pub(super) fn macos_guests(&self) -> usize {
        self.vms.values().filter(|vm| vm.run.is_some() && vm.os == GuestOs::Macos).count()
    }

    /// What the kernel believes: the running guests and those it lost count of.
    pub(super) fn kernel_count(&self) -> usize {
        self.macos_guests() + self.leaked
    }

    /// Starts a guest, unless it is a macOS guest and the kernel counts two already. The one
    /// place where a guest begins to run.
    pub(super) fn run(&mut self, name: &str, now: Timestamp) -> bool {
        let full = self.kernel_count() >= KERNEL_LIMIT;
        let boot = self.takes(Draw::GuestBoot, 15_000, 60_000, now);
        let dice = self.dice;
        let Some(vm) = self.vms.get_mut(name) else { return false };
        if full && vm.os == GuestOs::Macos {
            self.tally.third_vm_refusals += 1;
            return false;
        }
        let address_at = now + boot;
        let work = Work::begin(dice.part(vm.number()), address_at);
        vm.run = Some(Run { since: now, address_at, work });
        self.tally.most_vms = self.tally.most_vms.max(self.macos_guests());
        true
    }

    /// Adds a VM with a MAC address of its own.
    pub(super) fn make(&mut self, name: &str, os: GuestOs, listed: bool, now: Timestamp) {
        let nth = self.nth(Draw::Mac);
        let bytes = self.dice.roll(Draw::Mac, nth).to_be_bytes();
        // Locally administered, unicast.
        let mac = [bytes[0] & 0xfc | 2, bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]];
        let memory = Bytes::gib(8);
        let vm = Vm { os, mac, listed, memory, made: now, run: None, leaves: None };
        self.vms.insert(name.into(), vm);
    }

    /// Brings the state up to `now`: what was under way and has ended has its effect.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.settle_restart(now);
        self.settle_lock(now);
        // What has ended just now may have been a restart.
        self.settle_restart(now);
        self.vms.retain(|_, vm| vm.leaves.is_none_or(|at| at > now));
        self.settle_jobs(now);
        self.give_addresses(now);
    }

    fn settle_lock(&mut self, now: Timestamp) {
        if let Some(lock) = self.guard.lock.take_if(|lock| lock.ends <= now) {
            self.take_effect(&lock.effect, lock.ends);
            self.work_is_done(&lock);
            self.guard.lock = Some(lock);
            self.guard.release();
        }
    }

    fn settle_restart(&mut self, now: Timestamp) {
        if let Some((at, down)) = self.restart.take_if(|(at, _)| *at <= now) {
            self.tally.reboots += 1;
            self.settle_lock(at);
            self.go_down(at, down, KilledBy::Reboot);
        }
    }

    fn settle_jobs(&mut self, now: Timestamp) {
        for vm in self.vms.values_mut() {
            let dice = self.dice.part(vm.number());
            if let Some(run) = &mut vm.run {
                run.work.settle(dice, self.busy, now);
            }
        }
    }

    /// Writes down that a guest is ended, if it had a job.
    pub(super) fn ends_work(&mut self, name: &str, by: KilledBy, now: Timestamp) {
        let run = self.vms.get_mut(name).and_then(|vm| vm.run.as_mut());
        if run.is_some_and(|run| run.work.end()) {
            self.killed.push((now, name.to_owned(), by));
        }
    }

    fn take_effect(&mut self, effect: &Effect, at: Timestamp) {
        match effect {
            Effect::Nothing => {}
            Effect::Cloned { vm, image, os, memory } => {
                if image.contains('/') && !self.images.contains(image) {
                    self.images.push(image.clone());
                }
                // One that was there gets its settings anew.
                self.make(vm, *os, true, at);
                if let (Some(memory), Some(made)) = (memory, self.vms.get_mut(vm)) {
                    made.memory = *memory;
                }
                self.tally.clones += 1;
            }
            Effect::Stopped { vm } => {
                let Some(vm) = self.vms.get_mut(vm) else { return };
                let ended = vm.run.take().is_some();
                self.tally.stops += u64::from(ended);
                if ended && vm.os == GuestOs::Macos && self.trouble.leak_next {
                    self.trouble.leak_next = false;
                    self.leaked += 1;
                }
            }
            Effect::Deleted { vm } => {
                self.tally.deletes += u64::from(self.vms.remove(vm).is_some());
                self.noted.remove(vm);
            }
            Effect::Copied { .. }
            | Effect::Restarts { .. }
            | Effect::Pulled { .. }
            | Effect::Pruned { .. }
            | Effect::Retired { .. } => {}
        }
    }

    /// Gives each guest that has asked for one its address, in the order of asking.
    fn give_addresses(&mut self, now: Timestamp) {
        self.leases.retain(|lease| lease.ends > now);
        let mut asking: Vec<_> = self
            .vms
            .values()
            .filter_map(|vm| Some((vm.run?.address_at, vm.mac)))
            .filter(|(at, _)| *at <= now)
            .collect();
        asking.sort_unstable();
        for (at, mac) in asking {
            if let Some(lease) = self.leases.iter_mut().find(|lease| lease.mac == mac) {
                // A guest asks again at half time, and when it boots anew.
                if lease.ends.since(now) < Span::from_millis(LEASE.as_millis() / 2) {
                    lease.ends = now + LEASE;
                }
            } else if let Some(ip) =
                (2..=254).find(|ip| self.leases.iter().all(|lease| lease.ip != *ip))
            {
                // An address asked for long ago and unseen since was renewed meanwhile.
                let ends = if at + LEASE > now { at + LEASE } else { now + LEASE };
                self.leases.push(Lease { mac, ip, ends });
            }
        }
    }

    /// Goes down at `now` unasked and answers again after `down`.
    pub(super) fn reboot(&mut self, now: Timestamp, down: Span) {
        self.settle(now);
        self.go_down(now, down, KilledBy::Fault);
    }

    /// Guests and the kernel's errors are gone.
    fn go_down(&mut self, now: Timestamp, down: Span, by: KilledBy) {
        self.restart = None;
        self.settle_jobs(now);
        for name in self.vms.keys().cloned().collect::<Vec<_>>() {
            self.ends_work(&name, by, now);
        }
        let up = now + down;
        // The kernel runs a while before anything answers.
        let at = up - Span::from_millis(down.as_millis() / 4);
        self.boot = Boot { nth: self.boot.nth + 1, at, up };
        self.vms.retain(|_, vm| vm.listed);
        for vm in self.vms.values_mut() {
            vm.run = None;
        }
        self.leaked = 0;
        self.trouble.leak_next = false;
        self.guard.rebooted();
        self.tally.boots += 1;
    }

    /// Bytes a VM has written of its own.
    pub(super) fn vm_size(vm: &Vm, now: Timestamp) -> u64 {
        let hours = vm.run.map_or(0, |run| now.since(run.since).as_secs() / 3_600);
        VM_SIZE + (hours * VM_GROWTH).min(VM_GROWTH_MOST)
    }

    /// Free bytes of the data volume.
    pub(super) fn disk_free(&self, now: Timestamp) -> u64 {
        if now < self.trouble.disk_full {
            return DREGS;
        }
        let images = self.images_size().0;
        let vms: u64 = self.vms.values().map(|vm| Self::vm_size(vm, now)).sum();
        self.hardware.disk.0.saturating_sub(SYSTEM_SIZE + images + vms).max(DREGS)
    }
}

impl Vm {
    /// Its own number, for what is drawn for it.
    pub(super) fn number(&self) -> u64 {
        self.mac.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet))
    }

    /// Whether it has work, if its agent answers at all.
    pub(super) fn busy(&self, now: Timestamp) -> Option<bool> {
        let run = self.run.filter(|run| now >= run.address_at)?;
        Some(run.work.busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_760_000_000_000 + seconds * 1_000)
    }

    fn mac() -> Mac {
        Mac::new(Dice::new(1), vec!["ghcr.io/acme/tahoe:1".into()], 0.5, at(0))
    }

    #[test]
    fn the_kernel_runs_two_macos_guests_and_no_third() {
        let mut mac = mac();
        for name in ["a", "b", "c"] {
            mac.make(name, GuestOs::Macos, true, at(0));
        }
        mac.make("penguin", GuestOs::Linux, true, at(0));
        assert!(mac.run("a", at(1)) && mac.run("b", at(1)));
        assert!(!mac.run("c", at(2)), "a third");
        assert!(mac.run("penguin", at(2)), "a Linux guest does not count");
        mac.trouble.leak_next = true;
        mac.take_effect(&Effect::Stopped { vm: "a".into() }, at(3));
        assert_eq!((mac.macos_guests(), mac.leaked), (1, 1));
        assert!(!mac.run("c", at(4)), "a leaked slot is counted");
        mac.reboot(at(5), Span::from_secs(60));
        assert_eq!((mac.kernel_count(), mac.tally.most_vms), (0, 2));
        assert!(mac.run("c", at(70)), "a reboot clears it");
        assert_eq!(mac.tally.third_vm_refusals, 2);
    }

    #[test]
    fn a_guest_gets_its_address_when_it_has_booted() {
        let mut mac = mac();
        mac.make("a", GuestOs::Macos, true, at(0));
        mac.run("a", at(0));
        let due = mac.vms["a"].run.unwrap().address_at;
        assert!((15..=60).contains(&due.since(at(0)).as_secs()));
        mac.settle(due - Span::from_millis(1));
        assert!(mac.leases.is_empty());
        mac.settle(due);
        assert_eq!((mac.leases[0].mac, mac.leases[0].ip), (mac.vms["a"].mac, 2));
        mac.settle(at(200_000));
        assert!(mac.leases[0].ends > at(200_000), "a running guest keeps its address");
    }

    #[test]
    fn addresses_run_out_as_they_do_on_a_real_mac() {
        let mut mac = mac();
        for n in 0..254 {
            let name = format!("vm-{n}");
            mac.make(&name, GuestOs::Macos, true, at(n));
            mac.run(&name, at(n * 100));
            mac.settle(at(n * 100 + 90));
            mac.vms.remove(&name);
        }
        assert_eq!(mac.leases.len(), 253);
    }

    #[test]
    fn the_disk_is_what_it_holds() {
        let mut mac = mac();
        let before = mac.disk_free(at(0));
        mac.make("a", GuestOs::Macos, true, at(0));
        mac.run("a", at(0));
        assert_eq!(before - mac.disk_free(at(0)), VM_SIZE);
        assert_eq!(before - mac.disk_free(at(7_200)), VM_SIZE + 2 * VM_GROWTH);
        mac.trouble.disk_full = at(60);
        assert_eq!(mac.disk_free(at(59)), DREGS);
        assert!(mac.disk_free(at(60)) > DREGS);
    }
}
