//! Pools: how many VMs each has, wants and is short of, and which go when there are too many.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Order, Taken, place};
use super::vm::backoff;
use crate::model::{
    Action, Held, HostName, JobId, Pool, PoolName, PoolSize, Reach, RetireWhy, Timestamp, Vm, VmId,
    Want, Wanted, World, plural,
};

/// A pool's VMs that are wanted, and where. VMs on lost hosts are not here: others take their
/// part, although their slots stay occupied.
#[derive(Default)]
pub(super) struct Crew<'a> {
    pub(super) live: Vec<&'a Vm>,
    pub(super) ready: usize,
}

/// Every pool's crew, in one walk over all VMs.
pub(super) fn crews(world: &World) -> BTreeMap<&PoolName, Crew<'_>> {
    let mut crews: BTreeMap<&PoolName, Crew<'_>> =
        world.pools.keys().map(|name| (name, Crew::default())).collect();
    for vm in world.vms.values().filter(|vm| vm.wanted == Wanted::Running) {
        let reach = world.hosts.get(&vm.host).map(|host| host.reach);
        if matches!(reach, None | Some(Reach::Lost | Reach::IdentityMismatch)) {
            continue;
        }
        if let Some(crew) = crews.get_mut(&vm.pool) {
            crew.ready += usize::from(vm.is_ready());
            crew.live.push(vm);
        }
    }
    crews
}

/// How many VMs the pool wants in all.
pub(super) fn size(world: &World, pool: &Pool, crew: &Crew<'_>) -> usize {
    let declared =
        || world.hosts.values().filter(|h| h.declared && pool.spec.hosts.matches(&h.spec.labels));
    match pool.spec.size {
        PoolSize::Count(n) => n as usize,
        PoolSize::PerHost(n) => declared().map(|h| usize::from(n.min(h.spec.slots))).sum(),
        // What is there, and whatever is free besides.
        PoolSize::Fill => crew.live.len() + declared().flat_map(|h| h.usable_slots()).count(),
    }
}

/// Retires what is too much and places what is missing, pools of higher priority first.
pub(super) fn keep<'a>(
    world: &'a World,
    crews: &BTreeMap<&'a PoolName, Crew<'a>>,
    mut vacant: BTreeMap<&PoolName, Vec<(JobId, VmId)>>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Vec<Held> {
    let mut taken = Taken::default();
    let mut held = Vec::new();
    let mut pools: Vec<_> = world.pools.iter().collect();
    pools.sort_by_key(|(name, pool)| (std::cmp::Reverse(pool.spec.priority), *name));
    for (name, pool) in pools {
        let Some(crew) = crews.get(name) else { continue };
        let wanted = size(world, pool, crew);
        if crew.live.len() > wanted {
            let more = surplus(world, crew, crew.live.len() - wanted, actions);
            actions.extend(more);
        }
        let missing = u32::try_from(wanted.saturating_sub(crew.live.len())).unwrap_or(u32::MAX);
        if missing == 0 {
            continue;
        }
        if let Some(why) = pool_backs_off(pool, now) {
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

/// The first to go: those that do not serve yet, then those on hosts that take no work, then
/// the oldest. VMs that this pass has retired already count as gone.
fn surplus(world: &World, crew: &Crew<'_>, many: usize, actions: &[Action]) -> Vec<Action> {
    let going = retired(actions);
    let mut vms: Vec<_> = crew.live.iter().filter(|vm| !going.contains(&vm.id)).collect();
    let many = many.saturating_sub(crew.live.len() - vms.len());
    vms.sort_by_key(|vm| {
        let held = world.hosts.get(&vm.host).is_some_and(|h| !h.holds.is_empty());
        (vm.is_ready(), !held, vm.created, vm.id)
    });
    let go = vms.into_iter().take(many);
    go.map(|vm| Action::Retire { vm: vm.id, why: RetireWhy::Surplus, job: None }).collect()
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

/// Starts that fail everywhere are not tried at full speed.
fn pool_backs_off(pool: &Pool, now: Timestamp) -> Option<String> {
    let until = pool.failed_at? + backoff(pool.failures);
    let left = until.since(now);
    (now < until).then(|| {
        let n = plural(pool.failures as usize, "start");
        format!("its last {n} failed; next try in {}", left.rough())
    })
}
