//! A drain before it is asked for: what happens to each VM, what blocks, what the pools lose.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{AT_ONCE, known};
use super::place::refusal;
use super::play::{Leave, leave, leave_as};
use super::{NotPossible, next_runs};
use crate::model::{
    DrainAsk, DrainPlan, Fate, Host, HostName, HostPreview, PoolName, PoolPreview, Reach, Slot,
    Span, Targets, Timestamp, Vm, VmPreview, Wanted, World,
};

/// What draining these hosts would do now.
pub fn preview(world: &World, ask: &DrainAsk, now: Timestamp) -> Result<DrainPlan, NotPossible> {
    let names = known(world, &ask.hosts)?;
    let hosts = names.iter().filter_map(|name| Some((name, world.hosts.get(name)?)));
    let hosts = hosts.map(|(name, host)| of_host(world, name, host, ask, now)).collect();
    let from = ask.at.unwrap_or(now);
    let at_once = ask.max_parallel.unwrap_or(AT_ONCE).of(names.len()).max(1);
    Ok(DrainPlan {
        seq: world.seq,
        hosts,
        pools: pools(world, &names, now),
        clashes: clashes(world, &names, (from, ask.deadline), now),
        deadline: ask.deadline.map(|deadline| from + deadline),
        at_once,
    })
}

fn of_host(
    world: &World,
    name: &HostName,
    host: &Host,
    ask: &DrainAsk,
    now: Timestamp,
) -> HostPreview {
    let ignored = |vm: &Vm| {
        let as_idle = leave_as(world, vm, now, ask.ignore.as_ref());
        !matches!(as_idle, Leave::Wait(_))
    };
    let fate = |vm: &Vm| match leave(world, vm, now) {
        _ if vm.wanted == Wanted::Gone => Fate::Going,
        Leave::Wait(_) if ask.force => Fate::Forced,
        Leave::Wait(_) if ignored(vm) => Fate::Ignored,
        Leave::Wait(why) => Fate::Waits { why },
        Leave::Now | Leave::Tell => Fate::Goes,
    };
    let preview = |vm: &std::sync::Arc<Vm>| VmPreview {
        vm: vm.id,
        pool: vm.pool.clone(),
        state: vm.word().into(),
        fate: fate(vm),
    };
    let mut blocks = Vec::new();
    if !matches!(host.reach, Reach::Up | Reach::Locked) {
        blocks.push(format!("it is {}: nothing can be stopped until it is seen", host.reach));
    }
    for slot in &host.slots {
        if let Slot::Foreign { name } = slot {
            blocks.push(format!("{name} is not ours and stays"));
        }
    }
    for hold in host.holds.values() {
        blocks.push(format!("{} by {} already: {}", hold.kind, hold.by, hold.reason));
    }
    let vms = world.vms_on(host).map(preview).collect();
    HostPreview { host: name.clone(), state: host.word().into(), vms, blocks }
}

fn pools(world: &World, names: &BTreeSet<HostName>, now: Timestamp) -> Vec<PoolPreview> {
    let mut counts: BTreeMap<&PoolName, [usize; 3]> = BTreeMap::new();
    for vm in world.vms.values().filter(|vm| vm.wanted == Wanted::Running) {
        let [ready, leaving, coming] = counts.entry(&vm.pool).or_default();
        let (is_ready, leaves) = (vm.is_ready(), names.contains(&vm.host));
        *ready += usize::from(is_ready);
        *leaving += usize::from(leaves);
        *coming += usize::from(leaves && !is_ready);
    }
    let touched = counts.into_iter().filter(|(_, [_, leaving, _])| *leaving > 0);
    let preview = |(name, [ready, leaving, coming]): (&PoolName, [usize; 3])| {
        let pool = world.pools.get(name)?;
        let others = world.hosts.iter().filter(|(host, _)| !names.contains(*host));
        let open = others.filter(|(_, host)| refusal(pool, host, now).is_none());
        let free = |host: &Host| host.usable_slots().filter(|(_, s)| **s == Slot::Free).count();
        let room = open.map(|(_, host)| free(host)).sum();
        Some(PoolPreview { pool: name.clone(), ready, leaving, coming, room })
    };
    touched.filter_map(preview).collect()
}

/// Schedules and jobs that meet the drain.
fn clashes(
    world: &World,
    names: &BTreeSet<HostName>,
    (from, deadline): (Timestamp, Option<Span>),
    now: Timestamp,
) -> Vec<String> {
    let mut out = Vec::new();
    for job in world.jobs.values().filter(|job| !job.is_over()) {
        let met = job.hosts.iter().filter(|(host, t)| !t.state.is_over() && names.contains(*host));
        let many = met.count();
        if many > 0 {
            out.push(format!("job {} ({}) goes on over {many} of them", job.id, job.title()));
        }
    }
    let until = from + deadline.unwrap_or(Span::from_hours(24));
    for (name, schedule) in &world.schedules {
        let Some(at) = next_runs(world, name, now, 1).pop().filter(|at| *at <= until) else {
            continue;
        };
        let chosen = |host: &Host| match &schedule.spec.targets {
            Targets::Hosts(hosts) => hosts.matches(&host.spec.labels),
            Targets::Pool(pool) => {
                world.pools.get(pool).is_some_and(|p| p.spec.hosts.matches(&host.spec.labels))
            }
        };
        let hosts = names.iter().filter_map(|name| world.hosts.get(name));
        let many = hosts.filter(|host| chosen(host)).count();
        if many > 0 {
            out.push(format!("schedule {name} runs at {at} over {many} of them"));
        }
    }
    out
}
