//! One simulated Mac with its SSH door, and the faults that a test or a file does to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use russh::keys::PublicKey;
use russh::server;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dice::Draw;
use super::faults::Fault;
use super::keys;
use super::line::Gate;
use super::mac::{FOREVER, KERNEL_LIMIT, Mac};
use super::server::config;
use super::time::SimTime;
use super::{SimError, report::SimReport};
use crate::model::{GuestOs, HostName, Labels, Span, Timestamp};

/// What all simulated Macs share.
#[derive(Debug)]
pub(super) struct Common {
    pub time: SimTime,
    pub seed: u64,
    pub user: PublicKey,
    /// Where the other Macs listen: what a jump host may reach.
    pub ports: OnceLock<BTreeSet<u16>>,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

/// A simulated Mac, for doing it harm by hand.
#[derive(Debug)]
pub struct SimMac {
    pub(super) name: HostName,
    pub(super) labels: Labels,
    pub(super) common: Arc<Common>,
    pub(super) gate: Arc<Gate>,
    nth: usize,
    mac: Mutex<Mac>,
    door: Mutex<Door>,
    silent_until: Mutex<Timestamp>,
    injected: Mutex<BTreeMap<Fault, u64>>,
    /// The number of its boot session: whoever is connected learns of the next one.
    pub(super) boots: watch::Sender<u64>,
}

/// The host key in use.
#[derive(Debug)]
struct Door {
    generation: u32,
    config: Arc<server::Config>,
    public: String,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn door(seed: u64, nth: usize, generation: u32) -> Result<Door, SimError> {
    let key = keys::host_key(seed, nth, generation)?;
    let public = keys::public_line(key.public_key())?;
    Ok(Door { generation, config: Arc::new(config(key)), public })
}

impl SimMac {
    pub(super) fn new(
        name: HostName,
        labels: Labels,
        nth: usize,
        mac: Mac,
        common: Arc<Common>,
    ) -> Result<Self, SimError> {
        Ok(Self {
            name,
            labels,
            gate: Arc::default(),
            nth,
            mac: Mutex::new(mac),
            door: Mutex::new(door(common.seed, nth, 0)?),
            silent_until: Mutex::default(),
            injected: Mutex::default(),
            boots: watch::Sender::new(0),
            common,
        })
    }

    pub(super) fn mac(&self) -> MutexGuard<'_, Mac> {
        locked(&self.mac)
    }

    /// The number of the boot session in which it answers now; `None` while it is down.
    pub(super) fn boot(&self) -> Option<u64> {
        let now = self.common.time.now();
        let mut mac = self.mac();
        mac.settle(now);
        mac.is_up(now).then_some(mac.boot.nth)
    }

    /// Waits for the moment at which it goes down as it was told to.
    pub(super) async fn fall(self: Arc<Self>, at: Timestamp) {
        tokio::select! {
            () = self.common.stop.cancelled() => return,
            () = self.common.time.until(at) => {}
        }
        let nth = {
            let mut mac = self.mac();
            mac.settle(self.common.time.now());
            mac.boot.nth
        };
        self.boots.send_replace(nth);
    }

    pub(super) fn config(&self) -> Arc<server::Config> {
        locked(&self.door).config.clone()
    }

    /// Its public host key now: `ssh-ed25519 AAAA...`.
    pub fn host_key(&self) -> String {
        locked(&self.door).public.clone()
    }

    /// Hears and says nothing for this long, and then goes on where it was.
    pub fn silence(self: &Arc<Self>, lasts: Span) {
        let until = self.common.time.now() + lasts;
        {
            let mut silent_until = locked(&self.silent_until);
            *silent_until = until.max(*silent_until);
        }
        self.gate.set_silent(true);
        let this = self.clone();
        self.common.tasks.spawn(async move {
            tokio::select! {
                () = this.common.stop.cancelled() => {}
                () = this.common.time.until(until) => {}
            }
            // Another silence may have begun meanwhile.
            let silent_until = locked(&this.silent_until);
            if *silent_until <= until || this.common.stop.is_cancelled() {
                this.gate.set_silent(false);
            }
        });
        self.note(Fault::Silence);
    }

    /// Reboots unasked; it answers again after a minute or three.
    pub fn reboot(&self) {
        let down = {
            let mut mac = self.mac();
            let nth = mac.nth(Draw::Boot);
            mac.dice.span(Draw::Other, nth, Span::from_secs(60), Span::from_secs(180))
        };
        self.reboot_for(down);
    }

    /// Reboots unasked and answers again after `down`.
    pub fn reboot_for(&self, down: Span) {
        self.mac().reboot(self.common.time.now(), down);
        self.gate.cut();
        self.note(Fault::Reboot);
    }

    /// Carries out the next operation that changes something, and resets its connection before
    /// the reply. Looks pass.
    pub fn reset_next_reply(&self) {
        self.mac().trouble.reset_next = true;
        self.note(Fault::Reset);
    }

    /// Has another host key from now on; all connections end.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn change_host_key(&self) -> Result<(), SimError> {
        {
            let mut current = locked(&self.door);
            *current = door(self.common.seed, self.nth, current.generation + 1)?;
        }
        self.gate.cut();
        self.note(Fault::HostKey);
        Ok(())
    }

    /// The kernel counts one guest too many, from now on if a slot is free, else from the next
    /// stop on, until a reboot.
    pub fn leak_slot(&self) {
        let mut mac = self.mac();
        mac.settle(self.common.time.now());
        if mac.kernel_count() < KERNEL_LIMIT {
            mac.leaked += 1;
        } else {
            mac.trouble.leak_next = true;
        }
        drop(mac);
        self.note(Fault::Leak);
    }

    /// Starts a macOS VM of this name that is not ours; false when no slot is free or the name
    /// is taken. It stays until `remove_vm` or a reboot stops it.
    pub fn add_foreign_vm(&self, name: &str) -> bool {
        self.add_foreign(name, FOREVER)
    }

    /// Takes a VM away, whoever made it; false when there is none.
    pub fn remove_vm(&self, name: &str) -> bool {
        let mut mac = self.mac();
        mac.settle(self.common.time.now());
        mac.vms.remove(name).is_some()
    }

    fn add_foreign(&self, name: &str, leaves: Timestamp) -> bool {
        let now = self.common.time.now();
        let mut mac = self.mac();
        mac.settle(now);
        if mac.vms.contains_key(name) || mac.kernel_count() >= KERNEL_LIMIT {
            return false;
        }
        // No tool allows a `/` in a name: it marks the VMs of another user, whom ours cannot see.
        mac.make(name, GuestOs::Macos, !name.contains('/'), now);
        let runs = mac.run(name, now);
        if let Some(vm) = mac.vms.get_mut(name) {
            vm.leaves = Some(leaves);
        }
        drop(mac);
        if runs {
            self.note(Fault::Foreign);
        }
        runs
    }

    /// Gives a VM a job that lasts so long; false when its agent does not answer.
    pub fn give_job(&self, vm: &str, lasts: Span) -> bool {
        let now = self.common.time.now();
        let mut mac = self.mac();
        mac.settle(now);
        let vm = mac.vms.get_mut(vm).filter(|vm| vm.busy(now).is_some());
        let Some(run) = vm.and_then(|vm| vm.run.as_mut()) else { return false };
        run.work.give(now + lasts);
        true
    }

    /// Locks its disk with FileVault, or unlocks it.
    pub fn set_filevault(&self, on: bool) {
        self.mac().filevault = on;
    }

    /// Has sudo ask for a password from now on, or no more.
    pub fn set_sudo_asks(&self, asks: bool) {
        self.mac().trouble.sudo_asks = asks;
    }

    /// Fills the disk for this long; `Span::ZERO` empties it again.
    pub fn fill_disk(&self, lasts: Span) {
        self.mac().trouble.disk_full = self.common.time.now() + lasts;
        self.note(Fault::DiskFull);
    }

    /// Locks the login keychain for this long; `Span::ZERO` unlocks it again.
    pub fn lock_keychain(&self, lasts: Span) {
        self.mac().trouble.keychain = self.common.time.now() + lasts;
        self.note(Fault::Keychain);
    }

    /// Takes `factor` times as long for everything it begins within this time.
    pub fn slow(&self, factor: f64, lasts: Span) {
        let mut mac = self.mac();
        mac.trouble.slow_by = if factor.is_finite() { factor.clamp(0.01, 1_000.0) } else { 1.0 };
        mac.trouble.slow = self.common.time.now() + lasts;
        drop(mac);
        self.note(Fault::Slow);
    }

    /// Cannot list its VMs in the next look.
    pub fn fail_next_list(&self) {
        self.mac().trouble.list_fails = true;
        self.note(Fault::ListFails);
    }

    /// Is from now on the same Mac as all others of which this is said.
    pub fn be_one_with_others(&self) {
        self.mac().uuid = "5A3E7C1D-0000-4000-8000-00005A3EAC00".into();
        self.note(Fault::SameMac);
    }

    /// Has one of the ills that the doctor finds, for this long; `Span::ZERO`: for ever.
    pub fn ail(&self, fault: Fault, lasts: Span) {
        let until = match lasts {
            Span::ZERO => FOREVER,
            lasts => self.common.time.now() + lasts,
        };
        self.mac().ails.insert(fault, until);
        self.note(fault);
    }

    /// Does what the fault plan says.
    pub(super) fn strike(self: &Arc<Self>, fault: Fault, lasts: Span, factor: f64) {
        match fault {
            Fault::Silence => self.silence(lasts),
            Fault::Reset => self.reset_next_reply(),
            Fault::Slow => self.slow(factor, lasts),
            Fault::Reboot => self.reboot_for(lasts),
            Fault::Leak => self.leak_slot(),
            Fault::Foreign => {
                // Sometimes another user's, which our tool does not list.
                let name = match lasts.as_millis() % 2 {
                    0 => "somebodys-vm",
                    _ => "/another-users-vm",
                };
                let _ = self.add_foreign(name, self.common.time.now() + lasts);
            }
            Fault::DiskFull => self.fill_disk(lasts),
            Fault::Keychain => self.lock_keychain(lasts),
            Fault::ListFails => self.fail_next_list(),
            Fault::HostKey => {
                if let Err(error) = self.change_host_key() {
                    tracing::warn!(host = %self.name, %error, "the host key stays as it is");
                }
            }
            Fault::Mixed => {}
            Fault::SameMac => self.be_one_with_others(),
            Fault::Filevault => self.set_filevault(true),
            Fault::NoSudo => self.set_sudo_asks(true),
            Fault::NoTool
            | Fault::NoPerl
            | Fault::NoLogin
            | Fault::LocalNetwork
            | Fault::LongLeases
            | Fault::Sleeps
            | Fault::NoRestart
            | Fault::AutoUpdates
            | Fault::ClockOff
            | Fault::Leftover
            | Fault::FewSessions
            | Fault::OnBattery => self.ail(fault, lasts),
        }
    }

    fn note(&self, fault: Fault) {
        *locked(&self.injected).entry(fault).or_default() += 1;
    }

    pub(super) fn report(&self, report: &mut SimReport) {
        let mut mac = self.mac();
        mac.settle(self.common.time.now());
        report.add(&self.name, &mac.tally, mac.macos_guests());
        report.add_killed(&self.name, &mac.killed);
        drop(mac);
        for (fault, times) in locked(&self.injected).iter() {
            *report.faults_injected.entry(*fault).or_default() += times;
        }
    }
}
