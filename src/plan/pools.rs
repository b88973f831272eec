//! Pools: how many VMs each has, wants and is short of, and which go when there are too many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::crash::{Halt, halt};
use super::place::{Order, Taken, place};
use crate::model::{
    Action, Event, Held, Host, HostName, JobId, Pool, PoolName, PoolSize, Reach, RetireWhy,
    Timestamp, Vm, VmId, Want, World,
};

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
}

/// Every pool's crew, in one walk over all VMs.
pub(super) fn crews<'a>(
    world: &'a World,
    leaving: &BTreeSet<&HostName>,
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
        let gone = matches!(reach, None | Some(Reach::Lost | Reach::IdentityMismatch));
        if gone || leaving.contains(&vm.host) {
            continue;
        }
        crew.ready += usize::from(vm.is_ready());
        crew.live.push(vm);
    }
    for (name, pool) in &world.pools {
        if let Some(crew) = crews.get_mut(name) {
            crew.missing = missing(world, pool, crew);
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

/// Retires what is too much and places what is missing, pools of higher priority first.
pub(super) fn keep<'a>(
    world: &'a World,
    crews: &BTreeMap<&'a PoolName, Crew<'a>>,
    mut vacant: BTreeMap<&PoolName, Vec<(JobId, VmId)>>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Vec<Held> {
    let mut taken = Taken::beside(world, actions);
    let mut held = Vec::new();
    let mut pools: Vec<_> = world.pools.iter().collect();
    pools.sort_by_key(|(name, pool)| (std::cmp::Reverse(pool.spec.priority), *name));
    for (name, pool) in pools {
        let Some(crew) = crews.get(name) else { continue };
        let more = surplus(world, pool, crew, actions);
        actions.extend(more);
        let missing = u32::try_from(crew.missing).unwrap_or(u32::MAX);
        if missing == 0 {
            continue;
        }
        if let Some(halt) = halt(world, (name, pool), crew, now) {
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

/// What is too much goes. Only VMs on hosts that answer are counted, and only they can go: what
/// is out of reach serves nobody for sure, and its part is another's already. VMs that this pass
/// has retired already count as gone.
fn surplus(world: &World, pool: &Pool, crew: &Crew<'_>, actions: &[Action]) -> Vec<Action> {
    let going = retired(actions);
    let mut there: BTreeMap<Option<&HostName>, Vec<&Vm>> = BTreeMap::new();
    for vm in crew.live.iter().filter(|vm| !going.contains(&vm.id)) {
        let reach = world.hosts.get(&vm.host).map(|host| host.reach);
        if matches!(reach, Some(Reach::Up | Reach::Locked)) {
            let per_host = matches!(pool.spec.size, PoolSize::PerHost(_));
            there.entry(per_host.then_some(&vm.host)).or_default().push(vm);
        }
    }
    let mut go = Vec::new();
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
            vms.sort_by_key(|vm| worth(world, &steads, vm));
            go.extend(vms.into_iter().take(many));
        }
    }
    go.iter().map(|vm| Action::Retire { vm: vm.id, why: RetireWhy::Surplus, job: None }).collect()
}

/// The first to go: those that do not serve yet, then those on hosts that take no work, then the
/// oldest; and last what an open job has just placed.
fn worth(world: &World, steads: &BTreeSet<VmId>, vm: &Vm) -> (bool, bool, bool, Timestamp, VmId) {
    let held = world.hosts.get(&vm.host).is_some_and(|host| !host.holds.is_empty());
    (steads.contains(&vm.id), vm.is_ready(), !held, vm.created, vm.id)
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
