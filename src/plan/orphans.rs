//! Orphans: VMs that a controller has made and no entry knows any more. They are told at once and
//! left alone for a while, in which whoever restored the wrong backup can say so. Then one that
//! runs is taken in again, to serve its pool or to leave as VMs leave, its work waited for; of one
//! that does not, the disk is deleted.

use super::vm::is_busy_with_a_command;
use super::wait::over;
use crate::model::{
    Action, Event, Host, HostName, Reach, SeenState, Slot, SlotIx, Span, Timestamp, World,
    id_of_tool_name, pool_of_tool_name,
};

/// So long they are left alone.
const GRACE: Span = Span::from_mins(15);

/// Takes in those whose time has come.
pub(super) fn adopt(world: &World, now: Timestamp, actions: &mut Vec<Action>) {
    for (name, host) in world.hosts.iter().filter(|(_, host)| !host.orphans.is_empty()) {
        if host.reach != Reach::Up || is_busy_with_a_command(world, host) {
            continue;
        }
        let due = host.orphans.iter().filter(|(_, since)| over(**since, GRACE, now));
        let events = due.filter_map(|(vm, _)| adopted(world, (name, host), vm));
        actions.extend(events.map(|event| Action::Note { event: Box::new(event) }));
    }
}

fn adopted(world: &World, (name, host): (&HostName, &Host), orphan: &str) -> Option<Event> {
    let (vm, pool) = (id_of_tool_name(orphan)?, pool_of_tool_name(orphan)?);
    let state = &host.seen.as_ref()?.vms.as_ref()?.get(orphan)?.state;
    let slot = match state {
        SeenState::Stopped | SeenState::Suspended => None,
        // One that has no slot yet is not ours to count twice.
        SeenState::Running | SeenState::Other(_) => Some(slot_of(host, orphan)?),
    };
    let image = world.pools.get(&pool).map(|pool| pool.spec.image.clone());
    // A pool that is gone has no use for it, and its image is not asked for.
    let image = image.or_else(|| "unknown".parse().ok())?;
    Some(Event::VmAdopted { vm, host: name.clone(), pool, image, slot })
}

fn slot_of(host: &Host, orphan: &str) -> Option<SlotIx> {
    let taken = |slot: &Slot| matches!(slot, Slot::Foreign { name } if name == orphan);
    SlotIx::ALL.into_iter().find(|ix| taken(&host.slots[ix.index()]))
}

/// What is said of a host's orphans, a line each.
pub(super) fn said(host: &Host, now: Timestamp) -> impl Iterator<Item = String> {
    host.orphans.iter().map(move |(vm, since)| {
        let (age, left) = (now.since(*since).rough(), (*since + GRACE).since(now).rough());
        format!(
            "{vm} was made by a controller and is not in this journal, seen for {age}: if this is \
             a restored backup, stop this controller; else it is taken in again in {left}"
        )
    })
}
