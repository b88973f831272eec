//! Crash loops: VMs of a pool that die as fast as they are started. The pool backs off, and is
//! held for a person when it does not get better.

use super::pools::Crew;
use super::vm::backoff;
use super::wait::over;
use crate::model::{
    CRASHES_WITHIN, Crash, PROVEN_AFTER, Pool, PoolName, Timestamp, Vm, World, plural,
};

/// After so many crashes the pool is held.
const CRASHES: usize = 5;

/// What keeps a pool from placing VMs.
pub(super) enum Halt {
    /// It is to be held, or is.
    Hold(String),
    Held(String),
    Wait(String),
}

/// The crashes that speak against a pool now: recent ones, since the last of its VMs that lived,
/// on hosts that are still in use. Those on a host that is held were the host's.
pub(super) fn counted<'a>(
    world: &World,
    pool: &'a Pool,
    live: &[&Vm],
    now: Timestamp,
) -> Vec<&'a Crash> {
    if pool.crashes.is_empty() {
        return Vec::new();
    }
    let proven = live.iter().filter(|vm| vm.is_ready() && lives(vm.phase_since, now));
    let proven = proven.map(|vm| vm.phase_since).max();
    let open = |crash: &Crash| {
        world.hosts.get(&crash.host).is_some_and(|host| host.declared && host.holds.is_empty())
    };
    let recent = |at: Timestamp| now.since(at) <= CRASHES_WITHIN;
    let crashes = pool.crashes.iter().filter(|crash| {
        recent(crash.at) && proven.is_none_or(|proven| proven < crash.at) && open(crash)
    });
    crashes.collect()
}

fn lives(since: Timestamp, now: Timestamp) -> bool {
    now.since(since) >= PROVEN_AFTER
}

/// Whether the pool waits before it places VMs again, and why.
pub(super) fn halt(
    (name, pool): (&PoolName, &Pool),
    crew: &Crew<'_>,
    now: Timestamp,
) -> Option<Halt> {
    if let Some(held) = &pool.held {
        let (age, why) = (now.since(held.since).rough(), &held.why);
        let next = format!("`hostler pool release {name}` tries again");
        return Some(Halt::Held(format!("it is held for {age}: {why}; {next}")));
    }
    let crashes = &crew.crashes;
    // Where many start at once a few may die: it is a loop when more die than live.
    let young = crew.live.iter().filter(|vm| vm.is_ready() && !lives(vm.phase_since, now));
    let loops = crashes.len() >= CRASHES && crashes.len() > young.count();
    if let Some(last) = crashes.last().filter(|_| loops) {
        let n = crashes.len();
        let why =
            format!("{n} starts within an hour failed or died, the last because: {}", last.why);
        return Some(Halt::Hold(why));
    }
    let in_a_row = pool.failed_at.map(|at| (pool.failures as usize, at));
    let died = crashes.last().map(|last| (crashes.len(), last.at));
    let (n, at) = in_a_row.into_iter().chain(died).max()?;
    let wait = backoff(u32::try_from(n).unwrap_or(u32::MAX));
    let left = (at + wait).since(now);
    (!over(at, wait, now)).then(|| {
        let how = if died > in_a_row { "failed or died" } else { "failed" };
        let n = plural(n, "start");
        Halt::Wait(format!("its last {n} {how}; next try in {}", left.rough()))
    })
}
