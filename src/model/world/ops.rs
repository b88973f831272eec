//! Fold of commands: begun, ended with one of three outcomes. The legal steps of a VM through
//! its phases stand in `before` and `after`, and nowhere else.

use super::{Misfit, World, misfit};
use crate::model::{
    Made, Op, OpId, OpKind, Outcome, Phase, Refused, Slot, Timestamp, Vm, VmId, Wanted,
};

/// The phases in which a command may begin.
const fn before(kind: OpKind) -> &'static [Phase] {
    match kind {
        OpKind::Clone => &[Phase::Placed],
        OpKind::Start => &[Phase::Cloned],
        OpKind::Deregister => &[Phase::Ready],
        // A start that was lost from sight may have been a start: stopping is always allowed.
        // So is stopping what somebody started again by hand.
        OpKind::Stop => &[Phase::Cloned, Phase::Booting, Phase::Ready, Phase::Stopped],
        OpKind::Delete => &[Phase::Placed, Phase::Cloned, Phase::Stopped, Phase::Deleted],
    }
}

/// What must be wanted of a VM for a command to begin: what is to go is never started, and what
/// is to stay is never stopped.
const fn wanted(kind: OpKind) -> Wanted {
    match kind {
        OpKind::Clone | OpKind::Start | OpKind::Deregister => Wanted::Running,
        OpKind::Stop | OpKind::Delete => Wanted::Gone,
    }
}

/// The phase a VM has reached when the command is done.
const fn after(kind: OpKind) -> Phase {
    match kind {
        OpKind::Clone => Phase::Cloned,
        OpKind::Start => Phase::Booting,
        OpKind::Deregister => Phase::Ready,
        OpKind::Stop => Phase::Stopped,
        OpKind::Delete => Phase::Deleted,
    }
}

/// The slot while a command runs.
fn slot_during(kind: OpKind, vm: VmId) -> Option<Slot> {
    match kind {
        OpKind::Clone | OpKind::Deregister | OpKind::Delete => None,
        OpKind::Start => Some(Slot::Occupied { vm }),
        OpKind::Stop => Some(Slot::Stopping { vm }),
    }
}

/// The slot once a command was refused: as it was before. A refused stop leaves a running VM.
fn slot_refused(kind: OpKind, vm: VmId) -> Option<Slot> {
    match kind {
        OpKind::Clone | OpKind::Deregister | OpKind::Delete => None,
        OpKind::Start => Some(Slot::Reserved { vm }),
        OpKind::Stop => Some(Slot::Occupied { vm }),
    }
}

impl World {
    pub(super) fn op_begun(
        &mut self,
        id: VmId,
        op: OpId,
        kind: OpKind,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let epoch = self.epoch;
        let slotless = self.slot_of(id).is_none();
        let made = self.vms.get(&id).and_then(|vm| self.makes(vm));
        let vm = self.vm_mut(id)?;
        if let Some(op) = &vm.op {
            return misfit(
                format!("vm {id}"),
                format!("already has {} {} under way", op.kind, op.id),
            );
        }
        if !before(kind).contains(&vm.phase) || vm.wanted != wanted(kind) {
            return misfit(format!("vm {id}"), format!("cannot {kind} while it is {}", vm.word()));
        }
        if kind == OpKind::Start && slotless {
            return misfit(format!("vm {id}"), "cannot start: its slot leaked");
        }
        vm.op = Some(Op { id: op, kind, epoch, begun: at, lost: None });
        vm.parked = None;
        if kind == OpKind::Clone {
            vm.made = made;
        }
        let vm = vm.clone();
        slot_during(kind, id).map_or(Ok(()), |slot| self.set_slot(&vm, slot))
    }

    pub(super) fn op_ended(
        &mut self,
        id: VmId,
        op: OpId,
        outcome: &Outcome,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        let kind = match &vm.op {
            Some(running) if running.id == op => running.kind,
            Some(_) | None => return misfit(format!("vm {id}"), format!("has no operation {op}")),
        };
        let slot = match outcome {
            Outcome::Unknown { .. } => {
                self.op_lost_from_sight(id, at);
                return Ok(());
            }
            Outcome::Done => {
                (vm.op, vm.refused) = (None, None);
                if kind == OpKind::Deregister {
                    // What the probe said before it was told says nothing of what comes now.
                    vm.deregistered = Some(at);
                    (vm.busy, vm.busy_since) = (None, None);
                } else {
                    vm.missed = None;
                    (vm.phase, vm.phase_since) = (after(kind), at);
                }
                slot_during(kind, id)
            }
            Outcome::Refused { class, said } => {
                let before = vm.refused.as_ref().filter(|refused| refused.kind == kind);
                let times = before.map_or(0, |before| before.times).saturating_add(1);
                let since = before.filter(|before| before.times > 0).map(Refused::first);
                let (class, said) = (*class, said.clone());
                vm.refused = Some(Refused { at, kind, class, said, times, since });
                vm.op = None;
                slot_refused(kind, id)
            }
        };
        let vm = vm.clone();
        if kind == OpKind::Start && *outcome == Outcome::Done {
            self.of_build(&vm.host, |tally| tally.starts = tally.starts.saturating_add(1));
        }
        slot.map_or(Ok(()), |slot| self.set_slot(&vm, slot))
    }

    /// What a VM cloned now is made of.
    fn makes(&self, vm: &Vm) -> Option<Made> {
        let spec = self.pools.get(&vm.pool).map(|pool| &pool.spec);
        let (cpu, memory) = spec.map_or((None, None), |spec| (spec.cpu, spec.memory));
        let source = self.images.get(&vm.image)?.source.clone();
        Some(Made { source, cpu, memory })
    }

    /// The host fell silent over a command: it may or may not have run, and keeps its slot.
    pub(super) fn op_lost_from_sight(&mut self, id: VmId, at: Timestamp) {
        let Ok(vm) = self.vm_mut(id) else { return };
        let Some(op) = &mut vm.op else { return };
        // A moment that lies in the future was told by a clock that was wrong.
        op.lost = Some(op.lost.map_or(at, |lost| lost.min(at)));
        let (vm, kind): (Vm, OpKind) =
            { (vm.clone(), vm.op.as_ref().map_or(OpKind::Clone, |o| o.kind)) };
        if slot_during(kind, id).is_some() {
            let _ = self.set_slot(&vm, Slot::Unknown { vm: id });
        }
    }
}
