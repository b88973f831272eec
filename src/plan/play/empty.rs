//! How VMs leave a host: one with work is waited for, an idle one's agent is told first that it
//! gets no more, its successor comes first where there is room, and only then is it stopped.

use super::apply::lacks;
use super::reboots::comes_to_it;
use super::step::Next;
use super::{Moves, Scene};
use crate::model::{
    Action, DrainStep, HoldAsk, HoldKind, Host, HostName, HostTask, JobId, OnDeadline, OpKind,
    Part, Phase, Pool, PoolName, PoolSize, Reach, RetireWhy, Selector, Slot, Span, StepRun, Surge,
    Timestamp, Vm, Wanted, World,
};
use crate::plan::place::{Apart, refusal};
use crate::plan::vm::{backoff, ends_with_host, parked_words, reboot};

/// A VM that is older and boots has perhaps come up without our having seen it.
const BOOTS: Span = Span::from_secs(60);

/// What a VM that is to leave does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::plan) enum Leave {
    /// It may be stopped.
    Now,
    /// Its agent is to be told that it gets no more work.
    Tell,
    Wait(String),
}

/// How a VM leaves that is to go when it has no work.
pub(in crate::plan) fn leave(world: &World, vm: &Vm, now: Timestamp) -> Leave {
    let Some(pool) = world.pools.get(&vm.pool) else { return Leave::Now };
    // It may be at work all the same. Soon it is seen again, or known to be dead or to have failed.
    let has_agent = pool.spec.busy.is_some() || pool.spec.retire.is_some();
    if has_agent && vm.missed.is_some() {
        return Leave::Wait("it is not seen running: whether it has work is not known".into());
    }
    // When its start was answered says little: the answer may have been lost for an hour.
    if has_agent && vm.phase == Phase::Booting && now.since(vm.created) > BOOTS {
        return Leave::Wait("it boots: whether it has work is not known".into());
    }
    if vm.phase != Phase::Ready {
        return Leave::Now;
    }
    match vm.busy {
        Some(true) => return Leave::Wait("it has work".into()),
        None if pool.spec.busy.is_some() => {
            return Leave::Wait("its probe has not told whether it has work".into());
        }
        Some(false) | None => {}
    }
    if pool.spec.retire.is_none() || vm.deregistered.is_some() {
        return Leave::Now;
    }
    // Never stopped before it was told: it may have just become busy.
    match vm.refused.as_ref().filter(|refused| refused.kind == OpKind::Deregister) {
        Some(refused) if now < refused.at + backoff(refused.times) => {
            Leave::Wait(format!("its agent could not be told to leave: {}", refused.said))
        }
        Some(_) | None => Leave::Tell,
    }
}

/// The same for a drain that does not wait for VMs such as `ignore`: they leave as idle ones do.
pub(in crate::plan) fn leave_as(
    world: &World,
    vm: &Vm,
    now: Timestamp,
    ignore: Option<&Selector>,
) -> Leave {
    if vm.busy == Some(false) || !ignore.is_some_and(|ignore| ignore.matches(&vm.labels())) {
        return leave(world, vm, now);
    }
    leave(world, &Vm { busy: Some(false), ..vm.clone() }, now)
}

/// A drain: the job's hold, then the VMs as they become free, then none.
pub(super) fn drain<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    run: &StepRun,
    drain: &DrainStep,
    moves: &mut Moves<'a>,
) -> Next {
    if !host.holds.values().any(|hold| hold.job == Some(scene.job.id)) {
        let (job, reason) = (scene.job.id, scene.play.reason.as_str());
        let usual = || HoldAsk { kind: HoldKind::Drain, reason: reason.into(), until: None };
        moves.actions.push(hold(name, job, scene.play.hold.clone().unwrap_or_else(usual)));
        return Next::Wait("its hold is placed".into());
    }
    let Some(waits) = still_there(scene.world, host) else { return Next::End(Ok(())) };
    if let Some(next) = stuck(scene, (name, host), task) {
        return next;
    }
    if !matches!(host.reach, Reach::Up | Reach::Locked) {
        // No deadline is kept on a view that may be old.
        return Next::Wait(format!("blocked: {name} is {}", host.reach));
    }
    let past = run.deadline.is_some_and(|deadline| scene.now >= deadline);
    let stop = run.on_deadline.unwrap_or(drain.on_deadline) == OnDeadline::Stop;
    let stays = |vm: &&std::sync::Arc<Vm>| vm.wanted == Wanted::Running;
    if past && !stop && scene.world.vms_on(host).any(|vm| stays(&vm)) {
        return Next::End(Err(format!("the deadline has passed: {waits}")));
    }
    let force = drain.force || run.force || past;
    let surge = drain.surge == Surge::Auto && !force;
    match send_away(scene, host, (force, surge, drain.ignore.as_ref()), task, moves) {
        Some(why) => Next::Wait(why),
        None => Next::Wait(waits),
    }
}

/// Every VM goes, whatever it does.
pub(super) fn delete_vms<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    moves: &mut Moves<'a>,
) -> Next {
    let Some(waits) = still_there(scene.world, host) else { return Next::End(Ok(())) };
    if let Some(next) = stuck(scene, (name, host), task) {
        return next;
    }
    for vm in scene.world.vms_on(host).filter(|vm| vm.wanted == Wanted::Running) {
        retire(vm, RetireWhy::Drained, scene.job.id, moves);
    }
    Next::Wait(waits)
}

/// Every VM that was there when the step began goes, and the pools are whole again.
pub(super) fn respawn<'a>(
    scene: &Scene<'a>,
    host: &'a Host,
    run: &StepRun,
    moves: &mut Moves<'a>,
) -> Next {
    let mut waits = None;
    let olds = || scene.world.vms_on(host).filter(|vm| vm.created <= run.began);
    if let Some(why) = parked(olds()) {
        return Next::End(Err(why));
    }
    for vm in olds() {
        if vm.wanted == Wanted::Gone || vm.op.is_some() {
            waits = Some(format!("vm {} is {}", vm.id, vm.word()));
            continue;
        }
        // Nothing is disturbed before its successor's image is there.
        let image = scene.world.pools.get(&vm.pool).map(|pool| &pool.spec.image);
        if let Some(source) = image.and_then(|image| lacks(scene.world, host, image)) {
            waits = Some(format!("{source} is not on the host yet: fetch it first, by prefetch"));
            continue;
        }
        match leave(scene.world, vm, scene.now) {
            Leave::Now => retire(vm, RetireWhy::Respawn, scene.job.id, moves),
            Leave::Tell => moves.tell.push(vm),
            Leave::Wait(_) => {}
        }
        waits = Some(format!("vm {} is {}", vm.id, vm.word()));
    }
    let coming = scene.world.vms_on(host).find(|vm| !vm.is_ready());
    let waits = waits.or_else(|| coming.map(|vm| format!("vm {} is {}", vm.id, vm.word())));
    waits.map_or(Next::End(Ok(())), Next::Wait)
}

/// The agents of all VMs are told.
pub(super) fn deregister<'a>(scene: &Scene<'a>, host: &'a Host, moves: &mut Moves<'a>) -> Next {
    let mut waits = None;
    let told = |vm: &Vm| match scene.world.pools.get(&vm.pool) {
        Some(pool) => pool.spec.retire.is_none() || vm.deregistered.is_some(),
        None => true,
    };
    let there = scene.world.vms_on(host).filter(|vm| vm.phase == Phase::Ready && !told(vm));
    for vm in there.filter(|vm| vm.wanted == Wanted::Running) {
        let idle = Vm { busy: Some(false), ..(**vm).clone() };
        if let (None, Leave::Tell) = (&vm.op, leave(scene.world, &idle, scene.now)) {
            moves.tell.push(vm);
        }
        waits = Some(format!("the agent of vm {} is not told yet", vm.id));
    }
    waits.map_or(Next::End(Ok(())), Next::Wait)
}

/// The hold that the job puts on the host.
pub(super) fn hold(host: &HostName, job: JobId, ask: HoldAsk) -> Action {
    let HoldAsk { kind, reason, until } = ask;
    Action::Hold { host: host.clone(), kind, reason, until, job: Some(job) }
}

/// What is still on the host; `None`: nothing, as far as has been observed.
fn still_there(world: &World, host: &Host) -> Option<String> {
    let vms: Vec<String> = world
        .vms_on(host)
        .map(|vm| format!("vm {} is {}{}", vm.id, vm.word(), busy_word(vm)))
        .collect();
    if !vms.is_empty() {
        return Some(vms.join(", "));
    }
    let ours = host.slots.iter().find(|slot| slot.vm().is_some())?;
    Some(format!("a slot is {}", ours.word()))
}

/// What becomes of a step when nothing is left on the host but VMs that only its end ends, or that
/// nobody can be rid of: to wait for them would keep a job's other hosts waiting too. Where a
/// restart follows and ends them all, it goes on to that; else it has failed, and why is told.
fn stuck(scene: &Scene<'_>, here: (&HostName, &Host), task: &HostTask) -> Option<Next> {
    let host = here.1;
    let ends = |vm: &Vm| ends_with_host(vm, host, scene.now);
    let vms = || scene.world.vms_on(host);
    if vms().next().is_none() || !vms().all(|vm| vm.parked.is_some() || ends(vm)) {
        return None;
    }
    let next = usize::from(task.at.ix) + 1;
    let restarts = task.at.part == Part::Steps && comes_to_it(scene, here, task, next);
    if restarts && vms().all(|vm| ends(vm)) {
        return Some(Next::End(Ok(())));
    }
    let said = vms().map(|vm| match &vm.parked {
        Some(parked) => parked_words(vm, &parked.why),
        None => format!("vm {} is deleted, and its process may run: {}", vm.id, reboot(here.0)),
    });
    Some(Next::End(Err(said.collect::<Vec<_>>().join("; "))))
}

fn parked<'a>(vms: impl Iterator<Item = &'a std::sync::Arc<Vm>>) -> Option<String> {
    let mut parked = Vec::new();
    for vm in vms {
        parked.push(parked_words(vm, &vm.parked.as_ref()?.why));
    }
    (!parked.is_empty()).then(|| parked.join("; "))
}

fn busy_word(vm: &Vm) -> &'static str {
    if vm.wanted == Wanted::Running && vm.busy == Some(true) { " and has work" } else { "" }
}

/// Sends away what may go; says what the first of the others waits for.
fn send_away<'a>(
    scene: &Scene<'a>,
    host: &'a Host,
    (force, surge, ignore): (bool, bool, Option<&Selector>),
    task: &HostTask,
    moves: &mut Moves<'a>,
) -> Option<String> {
    let mut waits = None;
    let there = scene.world.vms_on(host).filter(|vm| vm.wanted == Wanted::Running);
    for vm in there.filter(|vm| vm.op.is_none()) {
        let leave = match leave_as(scene.world, vm, scene.now, ignore) {
            // Nothing is waited for then; but an idle agent is told first, once: it may have just
            // become busy.
            Leave::Now | Leave::Wait(_) if force => Leave::Now,
            leave @ (Leave::Now | Leave::Tell | Leave::Wait(_)) => leave,
        };
        let leave = match leave {
            Leave::Now | Leave::Tell if surge && succeeds(scene, vm, task) => {
                Leave::Wait("its successor is on its way".into())
            }
            leave @ (Leave::Now | Leave::Tell | Leave::Wait(_)) => leave,
        };
        match leave {
            Leave::Now => retire(vm, RetireWhy::Drained, scene.job.id, moves),
            Leave::Tell => moves.tell.push(vm),
            Leave::Wait(why) => {
                waits.get_or_insert_with(|| format!("vm {}: {why}", vm.id));
            }
        }
    }
    waits
}

/// Whether a successor was placed and is not ready yet, or will be in this very pass. VMs of hosts
/// being emptied are not counted in the crew, so what its pool is short of is on its way, has room
/// somewhere, or has none.
fn succeeds(scene: &Scene<'_>, vm: &Vm, task: &HostTask) -> bool {
    let (Some(pool), Some(crew)) = (scene.world.pools.get(&vm.pool), scene.crews.get(&vm.pool))
    else {
        return false;
    };
    let counted = |pool: &Pool| match pool.spec.size {
        PoolSize::Count(n) => n as usize,
        PoolSize::PerHost(_) | PoolSize::Fill => 0,
    };
    let comes = || crew.live.len() > crew.ready || has_room(scene, (&vm.pool, pool));
    task.stop.is_none() && crew.ready < counted(pool) && comes()
}

/// Whether some host would take a VM of the pool now.
fn has_room(scene: &Scene<'_>, (name, pool): (&PoolName, &Pool)) -> bool {
    let apart = Apart::of(scene.world, (name, pool));
    scene.world.hosts.values().any(|host| {
        let free = host.usable_slots().any(|(_, slot)| *slot == Slot::Free);
        free && refusal(pool, host, scene.now).is_none() && !apart.is_kept_from(scene.world, host)
    })
}

fn retire(vm: &Vm, why: RetireWhy, job: JobId, moves: &mut Moves<'_>) {
    if vm.op.is_none() {
        moves.actions.push(Action::Retire { vm: vm.id, why, job: Some(job) });
    }
}
