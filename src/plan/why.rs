//! Why: the planner's reasons, in lines for a person.

use super::bars;
use super::place::{backs_off, refusal};
use super::slots::slots_said;
use super::vm::{Step, next};
use crate::model::{HostName, Slot, Timestamp, VmId, Wanted, World, plural};

/// What is said of a host whose looks cannot all be kept.
const RESTLESS: &str = "its facts change on every look: one a minute is kept, unless a decision \
                        rests on what has changed; see what runs there";

/// Why a host takes no new VM, or that it would; `None`: no such host.
pub fn why_host(world: &World, name: &HostName, now: Timestamp) -> Option<Vec<String>> {
    let host = world.hosts.get(name)?;
    let mut lines = vec![format!("{name} is {}", host.word())];
    if !host.reach_why.is_empty() {
        lines.push(format!(
            "reachability: {} for {}: {}",
            host.reach,
            now.since(host.reach_since).rough(),
            host.reach_why
        ));
    }
    if let Some(claim) = &host.claim {
        let since = now.since(claim.since).rough();
        let said = &claim.said;
        lines.push(format!("barred for {since}: it claims a newer controller ({said})"));
    }
    if let Some(of) = bars::twins(world).get(name) {
        lines.push(format!("it gets no work: it {}", bars::twin_said(of)));
    }
    if host.is_restless(now) {
        lines.push(RESTLESS.into());
    }
    for hold in host.holds.values() {
        let age = now.since(hold.created).rough();
        let until = hold.until.map(|at| format!(", until {at}")).unwrap_or_default();
        lines.push(format!(
            "hold {}: {} by {} {age} ago{until}: {}",
            hold.id, hold.kind, hold.by, hold.reason
        ));
    }
    if let Some(left) = backs_off(host, now) {
        let n = plural(host.failures.len(), "start");
        let (left, why) = (left.rough(), &host.failed_why);
        lines.push(format!("it backs off: {n} failed, the last because: {why}; next in {left}"));
    }
    if let Some(seen) = host.seen.as_ref().filter(|seen| seen.vms.is_none()) {
        lines.push(match seen.facts.tool.as_str() {
            "" => "its tool is missing or does not answer: install it, or mend its PATH".into(),
            version => format!(
                "its tool answers ({version}), and its list of VMs cannot be read: run the list \
                 there by hand; until then its slots are taken for what they were"
            ),
        });
    }
    lines.extend(super::orphans::said(world, host, now));
    let slots = slots_said(world, name, now)?;
    let slots = host.usable_slots().zip(slots);
    lines.extend(slots.map(|((ix, _), said)| format!("slot {}: {said}", u8::from(ix))));
    lines.extend(host.unproven(now).map(|said| format!("slots: {said}")));
    for (pool_name, pool) in &world.pools {
        let said = match refusal(pool, host, now) {
            Some(reason) => format!("would refuse: {reason}"),
            None if host.usable_slots().any(|(_, slot)| *slot == Slot::Free) => {
                "would take a VM".into()
            }
            None => "would refuse: full".into(),
        };
        lines.push(format!("pool {pool_name}: {said}"));
    }
    Some(lines)
}

/// Why a VM is as it is; `None`: no such VM.
pub fn why_vm(world: &World, id: VmId, now: Timestamp) -> Option<Vec<String>> {
    let vm = world.vms.get(&id)?;
    let mut lines = vec![format!(
        "vm {id} of pool {} on {} is {} for {}",
        vm.pool,
        vm.host,
        vm.word(),
        now.since(vm.phase_since).rough()
    )];
    if let (Wanted::Gone, Some(retired)) = (vm.wanted, &vm.retired) {
        let job = retired.job.map(|job| format!(", job {job}")).unwrap_or_default();
        lines.push(format!("it is to go: {}{job}", retired.why));
    }
    if let Some(refused) = &vm.refused {
        lines.push(format!(
            "its last {} was refused ({} in a row): {}",
            refused.kind, refused.times, refused.said
        ));
    }
    if let Some(missed) = vm.missed {
        lines.push(format!(
            "{} did not show it running, the first {} ago",
            plural(missed.looks as usize, "look"),
            now.since(missed.since).rough()
        ));
    }
    let host = world.hosts.get(&vm.host)?;
    lines.push(match next(world, vm, host, now) {
        Step::Rest => "next: nothing, it is as it should be".into(),
        Step::Wait(why) => format!("next: waits: {why}"),
        Step::Do(kind) => format!("next: {kind}"),
        Step::Retire(why) => format!("next: it will go: {why}"),
        Step::Leak => "next: its slot is marked leaked, and it is placed elsewhere".into(),
        Step::Forget => "next: its slot is freed".into(),
        Step::Park(why) => format!("next: it is parked: {why}"),
    });
    Some(lines)
}
