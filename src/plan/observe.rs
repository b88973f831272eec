//! Turns a look at a host into the facts that follow from it: what is new, which commands ended
//! out of our sight, which VMs are ready, missed, dead or gone, and which slots are not ours.

use std::collections::BTreeSet;

use super::wait::over;
use super::{bars, seen};
use crate::model::{
    Event, Host, HostName, OpId, OpKind, Outcome, Phase, Reach, Refusal, SeenState, Sighting, Slot,
    SlotIx, Span, Timestamp, Vm, VmId, Wanted, World,
};

/// A command that the host has no trace of so long after it was lost has not arrived.
const NOT_ARRIVED: Span = Span::from_secs(30);
/// A VM is dead when so many looks, so far apart and over so long, did not show it running.
const DEAD_LOOKS: u32 = 3;
const LOOKS_APART: Span = Span::from_secs(15);
const DEAD_AFTER: Span = Span::from_secs(45);
/// List and processes may disagree for so long after a VM of ours has started or stopped.
const SETTLED: Span = Span::from_secs(15);
/// What a restless host shows is written down so seldom.
const RESTLESS_EVERY: Span = Span::from_mins(1);
/// No look takes longer: what is further ahead of it was told by a clock that stepped back since.
const LOOK_MOST: Span = Span::from_mins(1);

/// The facts that follow from looking at `name`.
pub fn observe(world: &World, name: &HostName, sighting: &Sighting) -> Vec<Event> {
    let Some(host) = world.hosts.get(name) else { return Vec::new() };
    // Whoever answers there may be another: nothing is believed before a person has judged it.
    if host.reach == Reach::IdentityMismatch {
        return Vec::new();
    }
    let mut events = Vec::new();
    if is_news(world, host, sighting) {
        let sighting = Box::new(sighting.without_work());
        events.push(Event::HostSeen { host: name.clone(), sighting });
    }
    let (to, why) = match &sighting.locked {
        Some(why) => (Reach::Locked, why.clone()),
        None => (Reach::Up, String::new()),
    };
    // What was said of a turn that a look waited for is over with the look.
    if host.reach != to || (to == Reach::Up && host.reach_why != why) {
        events.push(Event::ReachChanged { host: name.clone(), to, why });
    }
    events.extend(bars::of_look(world, (name, host), sighting));
    let rebooted =
        host.seen.as_ref().is_some_and(|last| sighting.facts.rebooted_since(&last.facts));
    events.extend(seen::lost_host_op(name, host, sighting, rebooted));
    for vm in world.vms_on(host) {
        let of_vm = vm_events(host, vm, sighting, rebooted);
        let stays = of_vm.is_none();
        events.extend(of_vm);
        events.extend(seen::busy(vm, sighting).filter(|_| stays));
    }
    slot_events(world, name, host, sighting, rebooted, &mut events);
    let claims = |event: &Event| matches!(event, Event::HostClaimed { .. });
    if !events.iter().any(claims) {
        let refused = events.iter().find_map(|event| bars::claimed(world, name, outcome(event)?));
        events.extend(refused);
    }
    events
}

/// Whether a look is written down. Of a host that shows something else each time only so much is
/// kept, while no decision rests on it: it may be hostile, and the journal is everybody's.
fn is_news(world: &World, host: &Host, sighting: &Sighting) -> bool {
    let Some(last) = &host.seen else { return true };
    if sighting.same_as(last) {
        return false;
    }
    let capped = host.is_restless(sighting.at) && !over(last.at, RESTLESS_EVERY, sighting.at);
    !capped || sighting.presses(last, world)
}

/// How a command ended, if that is what happened.
fn outcome(event: &Event) -> Option<&Outcome> {
    if let Event::OpEnded { outcome, .. } | Event::HostOpEnded { outcome, .. } = event {
        return Some(outcome);
    }
    None
}

/// How a command ended, as it is written down; `None` when its VM has moved on since, and it is
/// another command's turn. A host that shows another key is not believed: what became of the
/// command is for its own record to say, once a person has judged the key.
pub fn completed(world: &World, vm: VmId, op: OpId, outcome: Outcome) -> Option<Event> {
    let known = world.vms.get(&vm)?;
    known.op.as_ref().filter(|under_way| under_way.id == op)?;
    let host = world.hosts.get(&known.host)?;
    let never_sent = matches!(&outcome, Outcome::Refused { class: Refusal::NotSent, .. });
    let outcome = if host.reach == Reach::IdentityMismatch && !never_sent {
        Outcome::Unknown { why: format!("{} shows another key than the one we know", known.host) }
    } else {
        outcome
    };
    Some(Event::OpEnded { vm, op, outcome })
}

/// What a look says of one VM of ours.
fn vm_events(host: &Host, vm: &Vm, sighting: &Sighting, rebooted: bool) -> Option<Event> {
    if let Some(op) = &vm.op {
        let lost = op.lost?;
        return lost_op(vm, op.id, op.kind, lost, sighting);
    }
    let runs = matches!(vm.phase, Phase::Booting | Phase::Ready);
    if rebooted && vm.parked.is_some() && !runs {
        return Some(Event::VmResumed { vm: vm.id });
    }
    // What was seen before the VM came so far says nothing of it now.
    if sighting.at < vm.phase_since && vm.phase_since <= sighting.at + LOOK_MOST {
        return None;
    }
    let seen = sighting.vms.as_ref()?.get(&vm.host_name());
    match vm.phase {
        Phase::Placed | Phase::Cloned | Phase::Stopped => None,
        Phase::Deleted => {
            let ended = !ran(host, vm) || rebooted || host.unaccounted(sighting) == Some(0);
            let gone = seen.is_none() && vm.wanted == Wanted::Gone && ended;
            gone.then_some(Event::VmGone { vm: vm.id })
        }
        Phase::Booting | Phase::Ready => match seen.map(|seen| (&seen.state, &seen.ip)) {
            Some((SeenState::Running | SeenState::Other(_), ip)) => running(vm, ip.as_deref()),
            Some((SeenState::Stopped | SeenState::Suspended, _)) | None => {
                not_running(vm, sighting, rebooted)
            }
        },
    }
}

/// Whether it ever ran: a guest's process may outlive its disk, and holds the slot.
fn ran(host: &Host, vm: &Vm) -> bool {
    let slot = &host.slots[vm.slot.index()];
    *slot == (Slot::Stopping { vm: vm.id }) || *slot == (Slot::Occupied { vm: vm.id })
}

fn running(vm: &Vm, ip: Option<&str>) -> Option<Event> {
    match (vm.phase, ip) {
        (Phase::Booting, Some(ip)) => Some(Event::VmReady { vm: vm.id, ip: ip.into() }),
        _ if vm.missed.is_some() => Some(Event::VmFound { vm: vm.id }),
        (Phase::Ready, Some(ip)) if vm.ip.as_deref() != Some(ip) => {
            Some(Event::VmMoved { vm: vm.id, ip: ip.into() })
        }
        _ => None,
    }
}

/// `tart list` says "stopped" whenever it cannot open or lock a VM's config, so one look is not
/// believed; nor is any while guests run that are not listed or could not be counted, for ours
/// may be one of them. The fold begins to count anew where our clock has jumped.
fn not_running(vm: &Vm, sighting: &Sighting, rebooted: bool) -> Option<Event> {
    if rebooted {
        return Some(Event::VmDied { vm: vm.id, why: "its host was rebooted".into() });
    }
    if sighting.unlisted() != Some(0) {
        return None;
    }
    let Some(missed) = vm.missed else { return Some(Event::VmMissed { vm: vm.id }) };
    if missed.is_stale(sighting.at) {
        return Some(Event::VmMissed { vm: vm.id });
    }
    let over = sighting.at.since(missed.since);
    if missed.looks >= DEAD_LOOKS && over >= DEAD_AFTER {
        let mut why =
            format!("{} looks over {} did not show it running", missed.looks, over.rough());
        let seen = sighting.vms.as_ref().and_then(|vms| vms.get(&vm.host_name()));
        if let Some(seen) = seen.filter(|seen| !seen.said.is_empty()) {
            why = format!("{why}; it said: {}", seen.said);
        }
        return Some(Event::VmDied { vm: vm.id, why });
    }
    let again = sighting.at.since(missed.last) >= LOOKS_APART && missed.looks < DEAD_LOOKS;
    again.then_some(Event::VmMissed { vm: vm.id })
}

/// How a command ended that was lost from sight: by the host's own record, by its having died
/// with the host, or by there being no trace of it.
fn lost_op(vm: &Vm, op: OpId, kind: OpKind, lost: Timestamp, sighting: &Sighting) -> Option<Event> {
    let ended = |outcome| Some(Event::OpEnded { vm: vm.id, op, outcome });
    let refused = |class, said: &str| ended(Outcome::Refused { class, said: said.into() });
    match sighting.guard.done.get(&op) {
        Some(0) => ended(Outcome::Done),
        Some(75) => refused(Refusal::Busy, "another operation held the host's lock"),
        Some(76) => refused(Refusal::Fenced, "the host knows a newer controller"),
        Some(77) => refused(Refusal::Full, "two VMs were running"),
        Some(127) => refused(Refusal::ToolAbsent, "the tool was not found"),
        Some(status) => {
            refused(Refusal::Other, &format!("{kind} ended with status {status} out of our sight"))
        }
        None if sighting.guard.running == Some(op) => None,
        None if sighting.at.since(lost) < NOT_ARRIVED => None,
        None => refused(Refusal::NotSent, "the host has no trace of it"),
    }
}

/// Slots that are not ours: macOS guests of others, and what a reboot has cleared.
fn slot_events(
    world: &World,
    name: &HostName,
    host: &Host,
    sighting: &Sighting,
    rebooted: bool,
    events: &mut Vec<Event>,
) {
    let extra = sighting.unlisted();
    let settled = is_settled(world, host, sighting);
    let mut foreign = foreign_guests(world, host, sighting, settled);
    // What reads as stopped may run all the same while there are guests that we cannot tell.
    let ended = extra == Some(0) || (extra.is_some() && settled);
    // A VM of ours that this very look shows to be gone leaves its slot to who kept it out.
    let leaves = |slot: &Slot| {
        let gone = |event: &Event| matches!(event, Event::VmGone { vm } if slot.vm() == Some(*vm));
        events.iter().any(gone)
    };
    let left: [bool; 2] = [leaves(&host.slots[0]), leaves(&host.slots[1])];
    let mut free: Vec<SlotIx> = Vec::new();
    for (ix, slot) in SlotIx::ALL.into_iter().zip(&host.slots) {
        let cleared =
            |why: &str| Event::SlotCleared { host: name.clone(), slot: ix, why: why.into() };
        match slot {
            Slot::Free => free.push(ix),
            _ if left[ix.index()] => free.push(ix),
            Slot::Foreign { name: taker } => match foreign.iter().position(|n| n == taker) {
                Some(at) => {
                    foreign.remove(at);
                }
                None if ended => {
                    events.push(cleared("the foreign VM no longer runs"));
                    free.push(ix);
                }
                None => {}
            },
            Slot::Leaked { .. } if rebooted => {
                events.push(cleared("the host was rebooted"));
                free.push(ix);
            }
            Slot::Leaked { .. }
            | Slot::Reserved { .. }
            | Slot::Occupied { .. }
            | Slot::Stopping { .. }
            | Slot::Unknown { .. } => {}
        }
    }
    for (slot, taker) in free.into_iter().zip(foreign) {
        events.push(Event::SlotTaken { host: name.clone(), slot, name: taker });
    }
}

/// The macOS guests that are not ours. Those that the kernel runs and this user's tool does not
/// list are another user's, or another tool's; who they are can be told only when `settled`.
fn foreign_guests(world: &World, host: &Host, sighting: &Sighting, settled: bool) -> Vec<String> {
    // A list that failed is unknown, never "no VMs".
    let Some(listed) = &sighting.vms else { return Vec::new() };
    let ours: BTreeSet<String> = world.vms_on(host).map(|vm| vm.host_name()).collect();
    let mut foreign: Vec<String> = listed
        .iter()
        .filter(|(vm, seen)| seen.holds_slot() && !ours.contains(*vm))
        .map(|(vm, _)| vm.clone())
        .collect();
    let extra = sighting.unlisted().filter(|_| settled).unwrap_or(0).min(2);
    foreign.extend((1..=extra).map(Slot::unlisted_guest));
    foreign
}

/// While VMs of ours come or go, list and processes may differ for a moment; a VM that only has
/// its slot reserved has no guest.
fn is_settled(world: &World, host: &Host, sighting: &Sighting) -> bool {
    world.vms_on(host).all(|vm| {
        let still = vm.op.is_none() && over(vm.phase_since, SETTLED, sighting.at);
        still || host.slots[vm.slot.index()] == (Slot::Reserved { vm: vm.id })
    })
}
