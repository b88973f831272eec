//! The next step of one VM: what we want of it against how far it has come, in one `match`.

use super::wait::over;
use crate::model::{
    Host, HostName, OpKind, Phase, Reach, Refusal, Refused, RetireWhy, Slot, Span, Timestamp, Vm,
    Wanted, World, plural,
};

/// How long a VM may take from its start to an address.
const BOOT_LIMIT: Span = Span::from_mins(10);
/// A refused command is tried again after this, then twice that, and so on.
const RETRY_FIRST: Span = Span::from_secs(10);
const RETRY_MOST: Span = Span::from_mins(10);
/// A start for which the guard found no room is tried so often, while looks show that there is.
const FULL_TRIES: u32 = 3;
/// One look must have passed since a refusal for the limit before the slot is blamed.
const LOOK_AGAIN: Span = Span::from_secs(15);
/// A deleted VM that is still listed is deleted again after this.
const DELETE_AGAIN: Span = Span::from_mins(1);
/// What is to go and is refused for so long, and so often, is a person's to see to. Short of that
/// another try is worth more than a person's time.
const PARK_AFTER: Span = Span::from_mins(30);
const PARK_TRIES: u32 = 5;
/// The process of a deleted VM is waited for so long.
const OUTLIVED_AFTER: Span = Span::from_mins(30);

/// What to do about a VM now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// It is as it should be.
    Rest,
    /// Something must happen first.
    Wait(String),
    Do(OpKind),
    Retire(RetireWhy),
    /// Its slot is the kernel's fault.
    Leak,
    Forget,
    /// Nothing more is tried to be rid of it: why.
    Park(String),
}

/// The next step of `vm`.
pub(super) fn next(world: &World, vm: &Vm, host: &Host, now: Timestamp) -> Step {
    if let Some(op) = &vm.op {
        return match op.lost {
            None => Step::Wait(format!("{} is under way", op.kind)),
            Some(_) => Step::Wait(format!(
                "{} fell silent over its {}: it must be seen again to know whether that ran",
                vm.host, op.kind
            )),
        };
    }
    if vm.wanted == Wanted::Running {
        if !world.pools.contains_key(&vm.pool) {
            return Step::Retire(RetireWhy::Surplus);
        }
        if !host.declared {
            return Step::Retire(RetireWhy::HostGone);
        }
    }
    if let Some(parked) = vm.parked.as_ref().filter(|_| !is_off(vm, host)) {
        return Step::Wait(parked_words(vm, &parked.why));
    }
    let age = now.since(vm.phase_since);
    match (vm.wanted, vm.phase) {
        (Wanted::Running, Phase::Placed) => command(vm, host, OpKind::Clone, now),
        (Wanted::Running, Phase::Cloned) => command(vm, host, OpKind::Start, now),
        // It may have come up while nobody looked: a look in time would have said so.
        (Wanted::Running, Phase::Booting) if age > BOOT_LIMIT && host.reach == Reach::Up => {
            Step::Retire(RetireWhy::Failed)
        }
        (Wanted::Running, Phase::Booting) => Step::Wait("it boots and has no address yet".into()),
        (Wanted::Running, Phase::Ready) => Step::Rest,
        (Wanted::Running, Phase::Stopped | Phase::Deleted) => Step::Retire(RetireWhy::Died),
        (Wanted::Gone, Phase::Placed) if vm.refused.is_none() => Step::Forget,
        (Wanted::Gone, Phase::Placed | Phase::Cloned | Phase::Stopped) => {
            command(vm, host, if runs_after_all(vm) { OpKind::Stop } else { OpKind::Delete }, now)
        }
        (Wanted::Gone, Phase::Booting | Phase::Ready) => command(vm, host, OpKind::Stop, now),
        (Wanted::Gone, Phase::Deleted) => deleted(vm, host, now),
    }
}

/// Its deletion was refused because it runs: a start of it that was lost from sight arrived late,
/// or somebody started it by hand. It is stopped until that is done.
fn runs_after_all(vm: &Vm) -> bool {
    vm.phase != Phase::Placed
        && vm.refused.as_ref().is_some_and(|refused| match refused.kind {
            OpKind::Stop => true,
            OpKind::Delete => refused.class == Refusal::AlreadyRunning,
            OpKind::Clone | OpKind::Start | OpKind::Deregister => false,
        })
}

/// Whether a look shows that its disk is not there any more: to delete it is a matter of form.
fn is_off(vm: &Vm, host: &Host) -> bool {
    let deletes = vm.refused.as_ref().is_some_and(|refused| refused.kind == OpKind::Delete);
    deletes && host.lists(vm) == Some(false)
}

/// What a parked VM waits for.
pub(super) fn parked_words(vm: &Vm, why: &str) -> String {
    let id = vm.id;
    format!(
        "parked: {why}; `hostler vm resume {id}` tries again, `hostler vm discharge {id} --reason \
         ...` leaves it to you"
    )
}

/// Whether its slot is lost until the next boot, as a leaked one is: its disk has long been
/// deleted, and the host still runs a guest that may be its process, or cannot say.
pub(super) fn outlived(vm: &Vm, host: &Host, now: Timestamp) -> bool {
    let late = over(vm.phase_since, OUTLIVED_AFTER, now) && host.reach == Reach::Up;
    if vm.phase != Phase::Deleted || vm.op.is_some() || !host.has_slot_of(vm) || !late {
        return false;
    }
    let unaccounted = host.seen.as_ref().and_then(|seen| host.unaccounted(seen));
    host.lists(vm) == Some(false) && unaccounted != Some(0)
}

/// Whether nothing stops it but the end of its host.
fn is_unstoppable(vm: &Vm, host: &Host) -> bool {
    let stops = vm.refused.as_ref().is_some_and(|refused| refused.kind == OpKind::Stop);
    vm.parked.is_some() && stops && host.has_slot_of(vm)
}

/// The command that gives lost slots back.
pub(super) fn reboot(host: &HostName) -> String {
    format!("`hostler host reboot {host} --reason ...`")
}

/// Whether a command is under way on the host, or lost from sight.
pub(super) fn is_busy_with_a_command(world: &World, host: &Host) -> bool {
    host.op.is_some() || world.vms_on(host).any(|vm| vm.op.is_some())
}

/// Whether it ends with its host, and by nothing else.
pub(super) fn ends_with_host(vm: &Vm, host: &Host, now: Timestamp) -> bool {
    outlived(vm, host, now) || is_unstoppable(vm, host)
}

/// How many slots of a host are lost until its next boot.
pub(super) fn slots_lost(world: &World, host: &Host, now: Timestamp) -> usize {
    host.leaked() + world.vms_on(host).filter(|vm| ends_with_host(vm, host, now)).count()
}

/// It is gone once a look shows neither it nor a guest that may be its process.
fn deleted(vm: &Vm, host: &Host, now: Timestamp) -> Step {
    let still = host.lists(vm) == Some(true);
    if still && over(vm.phase_since, DELETE_AGAIN, now) {
        return command(vm, host, OpKind::Delete, now);
    }
    let guests = host.seen.as_ref().and_then(|seen| host.unaccounted(seen));
    let whose = match guests {
        Some(n) => {
            format!("{} runs {} that it does not list", vm.host, plural(n as usize, "guest"))
        }
        None => format!("the guests on {} cannot be counted", vm.host),
    };
    if outlived(vm, host, now) {
        let (age, host) = (now.since(vm.phase_since).rough(), &vm.host);
        let reboot = reboot(host);
        return Step::Wait(format!(
            "deleted {age} ago, its slot has leaked: {whose}; {reboot} gives it back"
        ));
    }
    Step::Wait(match guests {
        _ if still => "a look must show that it is gone".into(),
        Some(0) => "a look must show that it is gone".into(),
        Some(_) | None => format!("{whose}: one may be its process"),
    })
}

/// The command, unless its host cannot take it now or has refused it a moment ago.
fn command(vm: &Vm, host: &Host, kind: OpKind, now: Timestamp) -> Step {
    let may = match kind {
        OpKind::Clone | OpKind::Start | OpKind::Deregister => host.reach == Reach::Up,
        // A locked host cannot start a VM, and can still stop one.
        OpKind::Stop | OpKind::Delete => matches!(host.reach, Reach::Up | Reach::Locked),
    };
    if !may {
        return Step::Wait(format!("{} is {}", vm.host, host.reach));
    }
    match &vm.refused {
        Some(refused) if refused.kind == kind => after_refusal(vm, host, refused, now),
        Some(_) | None => Step::Do(kind),
    }
}

fn after_refusal(vm: &Vm, host: &Host, refused: &Refused, now: Timestamp) -> Step {
    let retry = |kind: OpKind| {
        let wait = backoff(refused.times);
        if over(refused.at, wait, now) {
            return Step::Do(kind);
        }
        let left = (refused.at + wait).since(now).rough();
        Step::Wait(format!("{kind} was refused ({}); next try in {left}", refused.said))
    };
    match (refused.kind, refused.class) {
        (OpKind::Start, Refusal::Limit | Refusal::Full) if !over(refused.at, LOOK_AGAIN, now) => {
            Step::Wait("the host says that two VMs run: it is looked at again first".into())
        }
        (OpKind::Start, Refusal::Limit) => blame(vm, host),
        // Who was there has left since: its disk is here already.
        (OpKind::Start, Refusal::Full) if has_room(host) && refused.times < FULL_TRIES => {
            retry(OpKind::Start)
        }
        (OpKind::Stop | OpKind::Delete, _) if is_given_up(refused, now) && !is_off(vm, host) => {
            let (kind, said) = (refused.kind, &refused.said);
            let (age, times) = (now.since(refused.first()).rough(), refused.times);
            Step::Park(format!("{kind} was refused {times} times in {age}, the last time: {said}"))
        }
        (OpKind::Deregister | OpKind::Stop | OpKind::Delete, _) => retry(refused.kind),
        (kind, Refusal::Busy | Refusal::NotSent | Refusal::Fenced) => retry(kind),
        (
            OpKind::Clone | OpKind::Start,
            Refusal::Limit
            | Refusal::Full
            | Refusal::Missing
            | Refusal::AlreadyRunning
            | Refusal::NotRunning
            | Refusal::DiskFull
            | Refusal::Keychain
            | Refusal::Registry
            | Refusal::ToolAbsent
            | Refusal::Other,
        ) => Step::Retire(RetireWhy::Failed),
    }
}

/// Whether nobody will be rid of it by trying again. A lock that is busy, or an order that did not
/// arrive, says nothing of the VM.
fn is_given_up(refused: &Refused, now: Timestamp) -> bool {
    let of_vm = !matches!(refused.class, Refusal::Busy | Refusal::NotSent | Refusal::Fenced);
    of_vm && refused.times >= PARK_TRIES && over(refused.first(), PARK_AFTER, now)
}

/// The kernel says two guests run. If we know of two, they do, and the VM goes elsewhere; if we
/// know of fewer, it has lost count and this slot is gone until the next boot. What could not be
/// counted is no proof of that.
fn blame(vm: &Vm, host: &Host) -> Step {
    let has_slot = host.slots[vm.slot.index()] == (Slot::Reserved { vm: vm.id });
    if has_room(host) && has_slot { Step::Leak } else { Step::Retire(RetireWhy::Failed) }
}

/// Whether fewer than two guests are known there, those that only the kernel counts included.
fn has_room(host: &Host) -> bool {
    let seen = host.seen.as_ref().and_then(|sighting| sighting.slots_held());
    seen.is_some_and(|seen| (seen as usize) + host.leaked() < 2)
}

/// 10 s, doubled with each refusal, at most 10 min.
pub(super) fn backoff(times: u32) -> Span {
    let doublings = times.saturating_sub(1).min(10);
    RETRY_FIRST.times(1 << doublings).min(RETRY_MOST)
}
