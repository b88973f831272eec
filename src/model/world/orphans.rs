//! Fold of orphans: disks of VMs that a controller has made and no entry knows any more. A backup
//! that was restored, or a command that came late, leaves them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::vms::reserved;
use super::{Misfit, World, misfit};
use crate::model::{
    Event, Host, HostName, Phase, RetireWhy, Retired, SeenState, SeenVm, SlotIx, Timestamp, VmId,
    Wanted, id_of_tool_name,
};

impl World {
    /// Which there are on a host, by what it has just shown. Those that were seen before are as old
    /// as they were.
    pub(super) fn find_orphans(&mut self, name: &HostName, at: Timestamp) {
        let Some(host) = self.hosts.get(name) else { return };
        // A list that failed says nothing of them.
        let Some(listed) = host.seen.as_ref().and_then(|seen| seen.vms.as_ref()) else { return };
        let orphans = listed.iter().filter(|(vm, seen)| {
            seen.state == SeenState::Stopped && self.is_nobodys(host, vm, seen)
        });
        let since = |vm: &String| host.orphans.get(vm).copied().unwrap_or(at);
        let orphans: BTreeMap<String, Timestamp> =
            orphans.map(|(vm, _)| (vm.clone(), since(vm))).collect();
        if orphans != host.orphans
            && let Ok(host) = self.host_mut(name)
        {
            host.orphans = orphans;
        }
    }

    /// Whether a controller has made the VM that a host lists, and neither the journal nor a person
    /// knows it.
    pub fn is_nobodys(&self, host: &Host, vm: &str, seen: &SeenVm) -> bool {
        let known = || id_of_tool_name(vm).is_none_or(|id| self.vms.contains_key(&id));
        seen.made && !known() && !host.discharged.contains(vm)
    }

    pub(super) fn vm_adopted(
        &mut self,
        id: VmId,
        event: &Event,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let Event::VmAdopted { host, pool, image, .. } = event else {
            return misfit(format!("vm {id}"), "is not adopted by another event");
        };
        if self.vms.contains_key(&id) {
            return misfit(format!("vm {id}"), "is known already");
        }
        let mut vm = reserved(id, host, SlotIx::Zero, pool, image, at);
        let known = self.host_mut(host)?;
        if known.orphans.remove(&vm.host_name()).is_none() {
            return misfit(format!("vm {id}"), format!("is no orphan on {host}"));
        }
        // It has no slot, for it does not run.
        (vm.phase, vm.wanted) = (Phase::Cloned, Wanted::Gone);
        vm.retired = Some(Retired { at, why: RetireWhy::Surplus, job: None });
        known.vms.insert(id);
        self.vms.insert(id, Arc::new(vm));
        Ok(())
    }
}
