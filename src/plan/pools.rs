//! Pools: how many VMs each has, wants and is short of, and which go when there are too many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bars::Twins;
use super::crash::{Halt, counted, halt};
use super::place::{Order, Taken, place};
use super::play::{Leave, leave};
use super::wait::over;
use crate::model::{
    Action, Crash, Event, Held, Host, HostName, JobId, Pool, PoolName, PoolSize, Reach, RetireWhy,
    Span, Timestamp, Vm, VmId, Want, World,
};

/// So long the first word of a probe is waited for before one VM is chosen over another: a look
/// comes every ten seconds, and one may fail.
const PROBE_WAIT: Span = Span::from_secs(30);

/// A pool's VMs that are wanted, and where. VMs on lost hosts and on hosts being emptied are not
/// here: others take their part, although their slots stay occupied.
#[derive(Default)]
pub(super) struct Crew<'a> {
    pub(super) live: Vec<&'a Vm>,
    pub(super) ready: usize,
    /// VMs that go without a job's doing, and not because they were too many.
    pub(super) going: usize,
    /// How many are to be placed.
    pub(super) missing: usize,
    /// What speaks against placing them, oldest first.
    pub(super) crashes: Vec<&'a Crash>,
}

/// Every pool's crew, in one walk over all VMs.
pub(super) fn crews<'a>(
    world: &'a World,
    leaving: &BTreeSet<&HostName>,
    now: Timestamp,
) -> BTreeMap<&'a PoolName, Crew<'a>> {
    let mut crews: BTreeMap<&PoolName, Crew<'_>> =
        world.pools.keys().map(|name| (name, Crew::default())).collect();
    for vm in world.vms.values() {
        let Some(crew) = crews.get_mut(&vm.pool) else { continue };
        if let Some(retired) = &vm.retired {
            let counts = retired.job.is_none() && retired.why != RetireWhy::Surplus;
            crew.going += usize::from(counts);
            continue;
        }
        let reach = world.hosts.get(&vm.host).map(|host| host.reach);
        // One that shows another key is for a person to judge: its VMs may well serve, and many
        // changed keys at once must not rebuild a fleet. A drain with a reason replaces them.
        let gone = matches!(reach, None | Some(Reach::Lost));
        if gone || leaving.contains(&vm.host) {
            continue;
        }
        crew.ready += usize::from(vm.is_ready());
        crew.live.push(vm);
    }
    for (name, pool) in &world.pools {
        if let Some(crew) = crews.get_mut(name) {
            crew.missing = missing(world, pool, crew);
            crew.crashes = counted(world, pool, &crew.live, now);
        }
    }
    crews
}

/// How many VMs the pool wants beside those it has.
fn missing(world: &World, pool: &Pool, crew: &Crew<'_>) -> usize {
    // What was never looked at may be fit: it is counted, and the filters say what it lacks.
    let fit = |host: &Host| {
        let facts = host.seen.as_ref().map(|seen| &seen.facts);
        facts.is_none_or(|facts| pool.spec.needs.unmet(facts).is_none())
    };
    let meant = |host: &Host| takes(pool, host) && fit(host);
    let declared = || world.hosts.iter().filter(|(_, host)| meant(host));
    match pool.spec.size {
        PoolSize::Count(n) => (n as usize).saturating_sub(crew.live.len()),
        PoolSize::PerHost(n) => {
            let have = per_host(crew);
            let lacks = |(name, host): (&HostName, &Arc<Host>)| {
                u32::from(n.min(host.spec.slots))
                    .saturating_sub(have.get(name).copied().unwrap_or(0))
            };
            declared().map(lacks).sum::<u32>() as usize
        }
        // Whatever is free.
        PoolSize::Fill => declared().flat_map(|(_, host)| host.usable_slots()).count(),
    }
}

/// Whether the pool means this host, as it is declared.
fn takes(pool: &Pool, host: &Host) -> bool {
    host.declared && pool.spec.hosts.matches(&host.spec.labels)
}

/// Places what is missing, pools of higher priority first.
pub(super) fn keep<'a>(
    world: &'a World,
    crews: &BTreeMap<&'a PoolName, Crew<'a>>,
    mut vacant: BTreeMap<&PoolName, Vec<(JobId, VmId)>>,
    twins: &Twins<'a>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Vec<Held> {
    let mut taken = Taken::beside(world, twins, actions);
    let mut held = Vec::new();
    let mut pools: Vec<_> = world.pools.iter().collect();
    pools.sort_by_key(|(name, pool)| (std::cmp::Reverse(pool.spec.priority), *name));
    for (name, pool) in pools {
        let Some(crew) = crews.get(name) else { continue };
        let missing = u32::try_from(crew.missing).unwrap_or(u32::MAX);
        if missing == 0 {
            continue;
        }
        if let Some(halt) = halt((name, pool), crew, now) {
            let why = match halt {
                Halt::Held(why) | Halt::Wait(why) => why,
                Halt::Hold(why) => {
                    let event = Event::PoolHeld { pool: name.clone(), why: why.clone() };
                    actions.push(Action::Note { event: Box::new(event) });
                    why
                }
            };
            held.push(Held {
                want: Want::Pool { pool: name.clone(), missing },
                why,
                refused: BTreeMap::new(),
            });
            continue;
        }
        let replaces = vacant.remove(name).unwrap_or_default();
        let order = Order { name, pool, missing, have: per_host(crew), replaces };
        held.extend(place(world, order, &mut taken, now, actions));
    }
    held
}

fn per_host<'a>(crew: &Crew<'a>) -> BTreeMap<&'a HostName, u32> {
    let mut have: BTreeMap<&HostName, u32> = BTreeMap::new();
    for vm in &crew.live {
        *have.entry(&vm.host).or_default() += 1;
    }
    have
}

/// What is to become of VMs that are too many.
#[derive(Default)]
pub(super) struct Surplus<'a> {
    pub(super) actions: Vec<Action>,
    /// Those whose agents are to be told first.
    pub(super) tell: Vec<&'a Vm>,
    pub(super) held: Vec<Held>,
}

/// What is too much goes, as VMs leave everywhere: one with work is waited for, and the agent of
/// an idle one is told before it is stopped. Only VMs on hosts that answer are counted, and only
/// they can go: what is out of reach serves nobody for sure, and its part is another's already.
/// `going`: VMs that this pass has retired already.
pub(super) fn surplus<'a>(
    world: &World,
    crews: &BTreeMap<&'a PoolName, Crew<'a>>,
    going: &BTreeSet<VmId>,
    now: Timestamp,
) -> Surplus<'a> {
    let mut surplus = Surplus::default();
    for (name, crew) in crews {
        if let Some(pool) = world.pools.get(*name) {
            shed_of(world, pool, crew, (going, now), &mut surplus);
        }
    }
    surplus
}

fn shed_of<'a>(
    world: &World,
    pool: &Pool,
    crew: &Crew<'a>,
    (going, now): (&BTreeSet<VmId>, Timestamp),
    surplus: &mut Surplus<'a>,
) {
    let mut there: BTreeMap<Option<&HostName>, Vec<&'a Vm>> = BTreeMap::new();
    for vm in crew.live.iter().filter(|vm| !going.contains(&vm.id)) {
        let reach = world.hosts.get(&vm.host).map(|host| host.reach);
        if matches!(reach, Some(Reach::Up | Reach::Locked)) {
            let per_host = matches!(pool.spec.size, PoolSize::PerHost(_));
            there.entry(per_host.then_some(&vm.host)).or_default().push(vm);
        }
    }
    for (host, mut vms) in there {
        let most = match pool.spec.size {
            PoolSize::Count(n) => n as usize,
            PoolSize::PerHost(n) => {
                let host = host.and_then(|name| world.hosts.get(name));
                let meant = host.filter(|host| takes(pool, host));
                meant.map_or(0, |host| usize::from(n.min(host.spec.slots)))
            }
            PoolSize::Fill => vms.len(),
        };
        if vms.len() > most {
            let many = vms.len() - most;
            let steads = steads(world);
            // Which of them has work may be about to be told.
            let waits = vms.iter().any(|vm| awaits_probe(world, pool, vm, now));
            vms.sort_by_key(|vm| worth(world, pool, &steads, vm));
            for vm in vms.into_iter().take(many) {
                shed(world, vm, waits, now, surplus);
            }
        }
    }
}

/// One that is too much: it goes, or its agent is told, or it is waited for.
fn shed<'a>(world: &World, vm: &'a Vm, waits: bool, now: Timestamp, surplus: &mut Surplus<'a>) {
    let up = world.hosts.get(&vm.host).is_some_and(|host| host.reach == Reach::Up);
    let why = match leave(world, vm, now) {
        _ if waits => "a probe must tell first which of them has work".to_string(),
        Leave::Now => {
            let (vm, why) = (vm.id, RetireWhy::Surplus);
            return surplus.actions.push(Action::Retire { vm, why, job: None });
        }
        Leave::Tell if up => return surplus.tell.push(vm),
        Leave::Tell => format!("{} takes no command now", vm.host),
        Leave::Wait(why) => why,
    };
    let why = format!("{} has more VMs than it wants, and this one is to go: {why}", vm.pool);
    surplus.held.push(Held { want: Want::Vm { vm: vm.id }, why, refused: BTreeMap::new() });
}

/// Whether one of the next looks will tell for the first time if the VM has work: it serves since
/// lately, or its host has just come back. A probe that stays mute is not waited for.
fn awaits_probe(world: &World, pool: &Pool, vm: &Vm, now: Timestamp) -> bool {
    let since = world.hosts.get(&vm.host).map_or(vm.phase_since, |host| host.reach_since);
    let unknown = pool.spec.busy.is_some() && vm.is_ready() && vm.busy.is_none();
    unknown && !over(since.max(vm.phase_since), PROBE_WAIT, now)
}

/// The first to go: those that have no work, then those whose agents know it already, those that
/// do not serve yet, those on hosts that take no work, the oldest; and what an open job has just
/// placed after its like. What may have work counts as having it.
fn worth(
    world: &World,
    pool: &Pool,
    steads: &BTreeSet<VmId>,
    vm: &Vm,
) -> (bool, bool, bool, bool, bool, Timestamp, VmId) {
    let held = world.hosts.get(&vm.host).is_some_and(|host| !host.holds.is_empty());
    let ready = vm.is_ready();
    let works = ready && vm.busy.unwrap_or(pool.spec.busy.is_some());
    let told = vm.deregistered.is_some();
    (works, steads.contains(&vm.id), !told, ready, !held, vm.created, vm.id)
}

/// The VMs that open jobs have placed in the stead of others.
fn steads(world: &World) -> BTreeSet<VmId> {
    let open = world.jobs.values().filter(|job| !job.is_over());
    let tasks = open.flat_map(|job| job.tasks.values().filter(|task| !task.state.is_over()));
    tasks.filter_map(|task| task.replacement).collect()
}

/// The VMs that these actions retire.
pub(super) fn retired(actions: &[Action]) -> BTreeSet<VmId> {
    let mut vms = BTreeSet::new();
    for action in actions {
        if let Action::Retire { vm, .. } | Action::Leak { vm, .. } = action {
            vms.insert(*vm);
        }
    }
    vms
}
