//! Fold of what hosts show and what holds them, and of slots that are not ours.

use std::sync::Arc;

use super::{Misfit, World, misfit};
use crate::model::{
    Actor, Brake, BuildTally, Claim, Entry, Event, Fingerprint, Hold, HoldId, HoldKind, HostName,
    JumpBar, Phase, Reach, Restless, Sighting, Slot, SlotIx, Task, TaskState, Timestamp, Via, Vm,
    VmId,
};

impl World {
    /// A new controller has seen nothing yet, and knows no end of what the last one began.
    pub(super) fn lose_sight(&mut self, at: Timestamp) -> Result<(), Misfit> {
        for host in self.hosts.values_mut() {
            // It is above the last one: whether it is above what a host claims is for a look to say.
            if host.claim.is_some() {
                Arc::make_mut(host).claim = None;
            }
            if host.reach != Reach::IdentityMismatch && host.reach != Reach::Unknown {
                let host = Arc::make_mut(host);
                (host.reach, host.reach_since) = (Reach::Unknown, at);
                host.reach_why = "the controller has just started".into();
            }
        }
        let busy: Vec<VmId> =
            self.vms.values().filter(|vm| vm.op.is_some()).map(|vm| vm.id).collect();
        for id in busy {
            self.op_lost_from_sight(id, at);
        }
        let at_work = self.hosts.values_mut().filter(|host| host.op.is_some());
        at_work.for_each(|host| Arc::make_mut(host).lose_op(at));
        Ok(())
    }

    /// Another boot session that no job asked for: the host must be found fit first.
    pub(super) fn host_seen(
        &mut self,
        name: &HostName,
        sighting: &Sighting,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        // All jobs are asked for it only when there was a reboot, and looks with news are many.
        let last = self.hosts.get(name).and_then(|host| host.seen.as_ref());
        let rebooted = last.is_some_and(|last| sighting.facts.rebooted_since(&last.facts));
        let unasked = rebooted && !self.reboot_asked(name);
        let idle = last.is_some_and(|last| !sighting.presses(last, self));
        let host = self.host_mut(name)?;
        let mut sighting = sighting.clone();
        if unasked {
            host.verifying = Some(at);
        }
        if let Some(last) = &host.seen {
            sighting.facts.keep_boot(&last.facts);
        }
        if idle {
            host.restless = Some(Restless::and(host.restless, at));
        }
        host.seen = Some(sighting);
        self.find_orphans(name, at);
        Ok(())
    }

    pub(super) fn host_verified(&mut self, name: &HostName) -> Result<(), Misfit> {
        match self.host_mut(name)?.verifying.take() {
            Some(_) => Ok(()),
            None => misfit(format!("host {name}"), "is not being verified"),
        }
    }

    pub(super) fn reach_changed(
        &mut self,
        name: &HostName,
        to: Reach,
        why: &str,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let host = self.host_mut(name)?;
        if host.reach == to && host.reach_why == why {
            return misfit(format!("host {name}"), format!("is {to} already"));
        }
        // Other words for the same state do not make it any younger.
        let since = if host.reach == to { host.reach_since } else { at };
        let was = host.reach;
        (host.reach, host.reach_since, host.reach_why) = (to, since, why.into());
        host.lost = match to {
            Reach::Unreachable if was != Reach::Lost => host.lost,
            Reach::Lost => host.lost.or(Some(at)),
            // A new controller has not heard it either; nor is another's key a word of it.
            Reach::Unknown | Reach::Suspect | Reach::IdentityMismatch => host.lost,
            Reach::Up | Reach::Locked | Reach::Unreachable => None,
        };
        Ok(())
    }

    fn brake_engaged(&mut self, brake: Brake) -> Result<(), Misfit> {
        if self.brake.is_some() {
            return misfit("the mass-failure brake", "holds already");
        }
        self.brake = Some(brake);
        Ok(())
    }

    fn brake_released(&mut self) -> Result<(), Misfit> {
        match self.brake.take() {
            Some(_) => Ok(()),
            None => misfit("the mass-failure brake", "does not hold"),
        }
    }

    /// The bars are lifted that another key or the claim of a newer controller has put up: of any
    /// other host it is on record who knows its key.
    pub(super) fn host_trusted(
        &mut self,
        name: &HostName,
        fingerprint: &Fingerprint,
        entry: &Entry,
    ) -> Result<(), Misfit> {
        let (by, at) = (&entry.actor, entry.at);
        let host = self.host_mut(name)?;
        // Whoever judges the key judges what the host says, too: the next look hears it anew.
        if host.claim.take().is_some() {
            host.judged = Some(at);
        }
        if host.reach == Reach::IdentityMismatch {
            (host.reach, host.reach_since) = (Reach::Unknown, at);
            host.reach_why = format!("{by} has accepted its key {fingerprint}");
        }
        Ok(())
    }

    /// The brake or a bar to commands goes up, or down.
    pub(super) fn bar_event(&mut self, event: &Event, at: Timestamp) -> Result<(), Misfit> {
        if let Event::HostClaimed { host, epoch, said } = event {
            self.host_claimed(host, *epoch, said, at)
        } else if let Event::HostClaimEnded { host } = event {
            self.host_claim_ended(host)
        } else if let Event::JumpBarred { jump, why } = event {
            self.jump_barred(jump, why, at)
        } else if let Event::JumpCleared { jump } = event {
            self.jump_cleared(jump)
        } else if let Event::BrakeEngaged { silent, of } = event {
            self.brake_engaged(Brake { since: at, silent: *silent, of: *of })
        } else if let Event::BrakeReleased { .. } = event {
            self.brake_released()
        } else {
            Ok(())
        }
    }

    /// The word of a host alone; a look that reads its epoch says more than a refusal did.
    fn host_claimed(
        &mut self,
        name: &HostName,
        epoch: Option<u64>,
        said: &str,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let claim = &mut self.host_mut(name)?.claim;
        if claim.as_ref().is_some_and(|claim| claim.epoch.is_some() || epoch.is_none()) {
            return misfit(format!("host {name}"), "claims a newer controller already");
        }
        let since = claim.as_ref().map_or(at, |claim| claim.since);
        *claim = Some(Claim { since, epoch, said: said.into() });
        Ok(())
    }

    fn host_claim_ended(&mut self, name: &HostName) -> Result<(), Misfit> {
        match self.host_mut(name)?.claim.take() {
            Some(_) => Ok(()),
            None => misfit(format!("host {name}"), "claims no newer controller"),
        }
    }

    fn jump_barred(&mut self, jump: &str, why: &str, at: Timestamp) -> Result<(), Misfit> {
        if self.jumps.contains_key(jump) {
            return misfit(format!("jump host {jump}"), "is barred already");
        }
        self.jumps.insert(jump.into(), JumpBar { since: at, why: why.into() });
        Ok(())
    }

    fn jump_cleared(&mut self, jump: &str) -> Result<(), Misfit> {
        match self.jumps.remove(jump) {
            Some(_) => Ok(()),
            None => misfit(format!("jump host {jump}"), "is not barred"),
        }
    }

    /// The host goes with its slots and its VMs. Tasks that wait for one of these have failed, and
    /// those that count on one as their new VM need another.
    pub(super) fn host_forgotten(&mut self, name: &HostName, at: Timestamp) -> Result<(), Misfit> {
        let host = self.host_mut(name)?;
        if let Some(why) = host.stays() {
            return misfit(format!("host {name}"), why);
        }
        let gone = std::mem::take(&mut host.vms);
        self.hosts.remove(name);
        for vm in &gone {
            self.vms.remove(vm);
        }
        for job in self.jobs.values_mut().filter(|job| !job.is_over()) {
            let touched = |(vm, task): (&VmId, &Task)| {
                gone.contains(vm) || task.replacement.is_some_and(|vm| gone.contains(&vm))
            };
            if !job.tasks.iter().any(touched) {
                continue;
            }
            for (vm, task) in &mut Arc::make_mut(job).tasks {
                if task.state.is_over() {
                    continue;
                }
                task.replacement = task.replacement.filter(|vm| !gone.contains(vm));
                if gone.contains(vm) {
                    task.state = TaskState::Failed { at, why: "host given up".into() };
                }
            }
        }
        Ok(())
    }

    pub(super) fn hold_placed(&mut self, hold: &Hold) -> Result<(), Misfit> {
        let host = self.host_mut(&hold.host)?;
        if host.holds.contains_key(&hold.id) {
            return misfit(format!("hold {}", hold.id), "is there already");
        }
        host.holds.insert(hold.id, hold.clone());
        Ok(())
    }

    pub(super) fn hold_released(
        &mut self,
        name: &HostName,
        id: HoldId,
        by: &Actor,
    ) -> Result<(), Misfit> {
        let host = self.host_mut(name)?;
        match host.holds.remove(&id) {
            Some(hold) => {
                if hold.kind == HoldKind::Quarantine && by.via != Via::Controller {
                    host.reboots_forgiven();
                }
                Ok(())
            }
            None => misfit(format!("hold {id}"), format!("is not on host {name}")),
        }
    }

    pub(super) fn slot_taken(
        &mut self,
        name: &HostName,
        slot: SlotIx,
        by: &str,
    ) -> Result<(), Misfit> {
        let place = &mut self.host_mut(name)?.slots[slot.index()];
        if *place != Slot::Free {
            return misfit(format!("host {name}"), format!("slot is {}, not free", place.word()));
        }
        *place = Slot::Foreign { name: by.into() };
        Ok(())
    }

    pub(super) fn slot_cleared(
        &mut self,
        name: &HostName,
        slot: SlotIx,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let host = self.host_mut(name)?;
        let place = &mut host.slots[slot.index()];
        match place {
            Slot::Foreign { .. } => *place = Slot::Free,
            Slot::Leaked { .. } => {
                *place = Slot::Free;
                host.slot_given_back(at);
            }
            Slot::Free
            | Slot::Reserved { .. }
            | Slot::Occupied { .. }
            | Slot::Stopping { .. }
            | Slot::Unknown { .. } => {
                return misfit(
                    format!("host {name}"),
                    format!("slot is {}, neither foreign nor leaked", place.word()),
                );
            }
        }
        Ok(())
    }

    /// The VM keeps its disk for deletion, and loses its place to the kernel's wrong count.
    pub(super) fn slot_leaked(
        &mut self,
        name: &HostName,
        slot: SlotIx,
        vm: VmId,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let known = self.vm_mut(vm)?;
        if known.phase != Phase::Cloned || known.op.is_some() {
            // Only a refused start shows a leak.
            let why = format!("is {} and was not refused a start", known.word());
            return misfit(format!("vm {vm}"), why);
        }
        let host = self.host_mut(name)?;
        let place = &mut host.slots[slot.index()];
        if *place != (Slot::Reserved { vm }) {
            let word = place.word();
            return misfit(
                format!("host {name}"),
                format!("slot is {word}, not reserved for {vm}"),
            );
        }
        *place = Slot::Leaked { since: at };
        host.leaks_again();
        self.of_build(name, |tally| tally.leaks = tally.leaks.saturating_add(1));
        Ok(())
    }

    /// Counts for the build of macOS that the host runs, if that could be read.
    pub(super) fn of_build(&mut self, name: &HostName, count: impl FnOnce(&mut BuildTally)) {
        let seen = self.hosts.get(name).and_then(|host| host.seen.as_ref());
        if let Some(facts) = seen.map(|seen| &seen.facts).filter(|facts| !facts.build.is_empty()) {
            count(self.builds.entry(facts.build.clone()).or_default());
        }
    }

    /// The VM's slot, if it still has one.
    pub(super) fn slot_of(&self, id: VmId) -> Option<&Slot> {
        let vm = self.vms.get(&id)?;
        let slot = &self.hosts.get(&vm.host)?.slots[vm.slot.index()];
        (slot.vm() == Some(id)).then_some(slot)
    }

    /// Changes the VM's slot, if it still has one.
    pub(super) fn set_slot(&mut self, vm: &Vm, to: Slot) -> Result<(), Misfit> {
        let place = &mut self.host_mut(&vm.host)?.slots[vm.slot.index()];
        if place.vm() == Some(vm.id) && *place != to {
            *place = to;
        }
        Ok(())
    }
}
