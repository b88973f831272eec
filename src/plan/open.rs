//! Jobs as they are opened: which VMs or hosts they are over, and when each host's turn is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Cause, Each, HostName, HostTask, JobKind, Opening, Play, Playbook, Schedule, ScheduleName,
    ScheduleSpec, Share, Span, Splay, Targets, Timestamp, VmId, Wanted, World,
};

/// After so many nights on which it was busy, a host is drained with a deadline.
const BUSY_NIGHTS: u32 = 3;

/// The job over hosts that a schedule's run opens; `None` when its playbook is one for VMs.
pub(super) fn on_hosts(
    world: &World,
    name: &ScheduleName,
    schedule: &Schedule,
    cause: &Cause,
    from: Timestamp,
) -> Option<Opening> {
    let spec = &schedule.spec;
    let playbook = world.playbooks.get(&spec.playbook)?;
    if playbook.each != Each::Host {
        return None;
    }
    let play = Play {
        playbook: Playbook::clone(playbook),
        reason: format!("schedule {name}"),
        max_fail: spec.max_fail,
        min_healthy: spec.min_healthy,
        min_available: spec.min_available,
        busy: spec.busy,
        key: None,
        hold: None,
    };
    Some(Opening {
        kind: JobKind::Playbook { name: spec.playbook.clone() },
        cause: cause.clone(),
        begin_by: from + spec.window,
        max_unavailable: spec.max_unavailable,
        targets: BTreeMap::new(),
        hosts: turns(name, schedule, &hosts(world, &spec.targets), from),
        play: Some(Arc::new(play)),
        hold: None,
    })
}

/// The job over VMs that a schedule's run opens.
pub(super) fn on_vms(world: &World, schedule: &Schedule, cause: Cause, from: Timestamp) -> Opening {
    let spec = &schedule.spec;
    let kind = respawn(&spec.targets);
    let targets = vms(world, &kind);
    Opening::over_vms(kind, cause, from + spec.window, spec.max_unavailable, targets)
}

/// The job over VMs of these targets.
pub(super) fn respawn(targets: &Targets) -> JobKind {
    match targets {
        Targets::Pool(pool) => JobKind::Respawn { pool: pool.clone() },
        Targets::Hosts(hosts) => JobKind::RespawnOn { hosts: hosts.clone() },
    }
}

/// The VMs that a respawn replaces.
pub(super) fn vms(world: &World, kind: &JobKind) -> BTreeMap<VmId, HostName> {
    let chosen = |vm: &crate::model::Vm| match kind {
        JobKind::Respawn { pool } => vm.pool == *pool,
        JobKind::RespawnOn { hosts } => {
            world.hosts.get(&vm.host).is_some_and(|host| hosts.matches(&host.spec.labels))
        }
        JobKind::Drain | JobKind::Playbook { .. } => false,
    };
    let vms = world.vms.values().filter(|vm| vm.wanted == Wanted::Running && chosen(vm));
    vms.map(|vm| (vm.id, vm.host.clone())).collect()
}

/// The hosts that these targets stand for.
pub(super) fn hosts(world: &World, targets: &Targets) -> Vec<HostName> {
    let chosen = |labels| match targets {
        Targets::Hosts(hosts) => hosts.matches(labels),
        Targets::Pool(pool) => {
            world.pools.get(pool).is_some_and(|pool| pool.spec.hosts.matches(labels))
        }
    };
    let declared = world.hosts.iter().filter(|(_, host)| host.declared);
    declared.filter(|(_, host)| chosen(&host.spec.labels)).map(|(name, _)| name.clone()).collect()
}

/// When each host's turn is, at the earliest. Hosts that were busy the nights before come first.
fn turns(
    name: &ScheduleName,
    schedule: &Schedule,
    hosts: &[HostName],
    from: Timestamp,
) -> BTreeMap<HostName, HostTask> {
    let busy = |host: &HostName| schedule.busy.get(host).copied().unwrap_or(0);
    let mut order: Vec<&HostName> = hosts.iter().collect();
    order.sort_by_key(|host| (Reverse(busy(host)), hash(name, host), *host));
    let spread = Span::from_millis(schedule.spec.window.as_millis() / 2);
    let turn = |(nth, host): (usize, &HostName)| {
        let share = match schedule.spec.splay {
            Splay::None => 0,
            // The order is that of the hash: even steps in it are the same every night.
            Splay::Even => nth as u64 * spread.as_millis() / hosts.len().max(1) as u64,
            Splay::Hash => hash(name, host) % spread.as_millis().max(1),
        };
        let nights = busy(host);
        let delay = if nights > 0 { Span::ZERO } else { Span::from_millis(share) };
        let task = HostTask {
            wave: wave(&schedule.spec, nth, hosts.len()),
            rank: u32::MAX - nights,
            overdue: nights >= BUSY_NIGHTS,
            ..HostTask::waiting(from + delay)
        };
        (host.clone(), task)
    };
    order.into_iter().enumerate().map(turn).collect()
}

/// The wave of the `nth` of `all` hosts.
fn wave(spec: &ScheduleSpec, nth: usize, all: usize) -> u16 {
    let within = |share: &Share| nth < share.of(all);
    let wave = spec.order.iter().position(within).unwrap_or(spec.order.len());
    u16::try_from(wave).unwrap_or(u16::MAX)
}

/// FNV-1a over both names: the same on every machine and in every version.
fn hash(name: &ScheduleName, host: &HostName) -> u64 {
    let bytes = name.as_str().bytes().chain([0]).chain(host.as_str().bytes());
    let mixed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of similar names are similar: fold the high ones in.
    mixed ^ (mixed >> 29)
}
