//! What a look says of a host's own command, and of whether VMs have work; and which guests are
//! to be asked.

use crate::model::{
    Event, Host, HostName, Outcome, Phase, Refusal, Sighting, Span, Vm, Wanted, World,
};

/// A command that the host has no trace of so long after it was lost has not arrived.
const NOT_ARRIVED: Span = Span::from_secs(30);

/// The guests on a host that are to be asked whether they have work: the VM's name in the host's
/// tool, and the script.
pub fn probes(world: &World, host: &HostName) -> Vec<(String, String)> {
    let Some(host) = world.hosts.get(host).filter(|host| host.claim.is_none()) else {
        return Vec::new();
    };
    let serves = |vm: &&std::sync::Arc<Vm>| {
        vm.phase == Phase::Ready && vm.wanted == Wanted::Running && vm.missed.is_none()
    };
    let probe = |vm: &std::sync::Arc<Vm>| {
        let busy = world.pools.get(&vm.pool)?.spec.busy.as_ref()?;
        Some((vm.host_name(), busy.sh.clone()))
    };
    world.vms_on(host).filter(serves).filter_map(probe).collect()
}

/// How the host's own command ended that was lost from sight: by the record of the guard there,
/// by the host having gone down meanwhile, or by there being no trace of it.
pub(super) fn lost_host_op(
    name: &HostName,
    host: &Host,
    sighting: &Sighting,
    rebooted: bool,
) -> Option<Event> {
    let op = host.op.as_ref()?;
    let lost = op.lost?;
    let ended = |outcome| {
        let (host, op, said) = (name.clone(), op.id, String::new());
        Some(Event::HostOpEnded { host, op, outcome, said })
    };
    let refused = |class, said: String| ended(Outcome::Refused { class, said });
    match sighting.guard.done.get(&op.id) {
        Some(0) => ended(Outcome::Done),
        Some(75) => refused(Refusal::Busy, "another operation held the host's lock".into()),
        Some(76) => refused(Refusal::Fenced, "the host knows a newer controller".into()),
        Some(status) => {
            let said = format!("it ended with status {status} out of our sight");
            refused(Refusal::Other, said)
        }
        None if rebooted => {
            refused(Refusal::Other, "the host was rebooted while it was under way".into())
        }
        None if sighting.guard.running == Some(op.id) => None,
        None if sighting.at.since(lost) < NOT_ARRIVED => None,
        None => refused(Refusal::NotSent, "the host has no trace of it".into()),
    }
}

/// Whether the look says something else than is known of whether a VM has work. A look that
/// began before its agent was told to leave says nothing of the time after.
pub(super) fn busy(vm: &Vm, sighting: &Sighting) -> Option<Event> {
    let since = vm.deregistered.map_or(vm.phase_since, |told| told.max(vm.phase_since));
    if vm.phase != Phase::Ready || vm.op.is_some() || sighting.at < since {
        return None;
    }
    let seen = sighting.vms.as_ref()?.get(&vm.host_name())?;
    (seen.busy != vm.busy).then_some(Event::VmBusy { vm: vm.id, busy: seen.busy })
}
