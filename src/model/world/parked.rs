//! Fold of VMs that nobody can be rid of: parked, tried again, left to a person.

use super::{Misfit, World, misfit};
use crate::model::{Event, Parked, Slot, Timestamp, VmId, Wanted};

impl World {
    /// One of the three events of this file.
    pub(super) fn parking(&mut self, vm: VmId, event: &Event, at: Timestamp) -> Result<(), Misfit> {
        if let Event::VmParked { why, .. } = event {
            self.vm_parked(vm, why, at)
        } else if let Event::VmResumed { .. } = event {
            self.vm_resumed(vm, at)
        } else {
            self.vm_discharged(vm)
        }
    }

    fn vm_parked(&mut self, id: VmId, why: &str, since: Timestamp) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        let idle = vm.op.is_none() && vm.refused.is_some() && vm.parked.is_none();
        if vm.wanted != Wanted::Gone || !idle {
            return misfit(format!("vm {id}"), format!("is {} and cannot be parked", vm.word()));
        }
        vm.parked = Some(Parked { since, why: why.into() });
        Ok(())
    }

    /// It is tried anew, and the time in which it may be refused begins anew.
    fn vm_resumed(&mut self, id: VmId, at: Timestamp) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.parked.take().is_none() {
            return misfit(format!("vm {id}"), "is not parked");
        }
        if let Some(refused) = &mut vm.refused {
            (refused.times, refused.since) = (1, Some(at));
        }
        Ok(())
    }

    /// We let go of it: whatever of it is left on its host is nobody's. A slot that it may hold
    /// stays taken until a look shows that no guest does.
    fn vm_discharged(&mut self, id: VmId) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?.clone();
        if vm.parked.is_none() || vm.op.is_some() {
            return misfit(format!("vm {id}"), format!("is {}, not parked", vm.word()));
        }
        if self.slot_of(id).is_some() {
            self.set_slot(&vm, Slot::Foreign { name: vm.host_name() })?;
        }
        self.vms.remove(&id);
        let host = self.host_mut(&vm.host)?;
        host.vms.remove(&id);
        host.discharged.insert(vm.host_name());
        self.forget_host_if_empty(&vm.host);
        Ok(())
    }
}
