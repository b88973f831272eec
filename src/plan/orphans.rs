//! Orphans: VMs that a controller has made and no entry knows any more. One that runs may be at work,
//! for a controller whose journal was lost: it is counted as a guest of others, told, and left to a
//! person. The disk of one that does not run is told, left alone for a while in which whoever
//! restored the wrong backup can say so, and deleted.

use std::collections::BTreeSet;

use super::bars::Twins;
use super::vm::is_busy_with_a_command;
use super::wait::over;
use crate::model::{
    Action, Event, Host, HostName, Reach, Span, Timestamp, VmId, World, id_of_tool_name,
    is_made_by, pool_of_tool_name,
};

/// So long they are left alone.
const GRACE: Span = Span::from_mins(15);

/// Takes in those whose time has come, to be deleted.
pub(super) fn adopt(world: &World, twins: &Twins<'_>, now: Timestamp, actions: &mut Vec<Action>) {
    let mut taken = BTreeSet::new();
    for (name, host) in world.hosts.iter().filter(|(_, host)| !host.orphans.is_empty()) {
        let open = host.reach == Reach::Up && host.claim.is_none() && !twins.contains_key(name);
        if !open || is_busy_with_a_command(world, host) {
            continue;
        }
        let due = host.orphans.iter().filter(|(_, since)| over(**since, GRACE, now));
        for (vm, event) in due.filter_map(|(orphan, _)| adopted(world, name, orphan, now)) {
            if taken.insert(vm) {
                actions.push(Action::Note { event: Box::new(event) });
            }
        }
    }
}

/// A host says what it likes: an id that no controller can have made yet is none.
fn adopted(world: &World, host: &HostName, orphan: &str, now: Timestamp) -> Option<(VmId, Event)> {
    let (vm, pool) = (id_of_tool_name(orphan)?, pool_of_tool_name(orphan)?);
    if !is_made_by(vm.bits(), now) || world.vms.contains_key(&vm) {
        return None;
    }
    let image = world.pools.get(&pool).map(|pool| pool.spec.image.clone());
    // Of a pool that is gone the image is not asked for.
    let image = image.or_else(|| "unknown".parse().ok())?;
    Some((vm, Event::VmAdopted { vm, host: host.clone(), pool, image }))
}

/// What is said of a host's orphans, a line each.
pub(super) fn said(world: &World, host: &Host, now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = host
        .orphans
        .iter()
        .map(|(vm, since)| {
            let (age, left) = (now.since(*since).rough(), (*since + GRACE).since(now).rough());
            format!(
                "{vm} was made by a controller and is not in this journal, seen for {age}: if this \
                 is a restored backup, stop this controller; else its disk is deleted in {left}"
            )
        })
        .collect();
    let listed = host.seen.iter().flat_map(|seen| seen.vms.iter().flatten());
    let running = listed.filter(|(vm, seen)| seen.state.runs() && world.is_nobodys(host, vm, seen));
    lines.extend(running.map(|(vm, _)| {
        format!(
            "{vm} was made by a controller, is not in this journal, and runs: it may be at work, and \
             is left alone; `tart stop {vm}` there ends it, and its disk is deleted 15m later"
        )
    }));
    lines
}
