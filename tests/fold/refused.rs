//! What does not follow is refused: each row is a state and an event that once was, or easily
//! could be, taken although it leads to a third VM, a lost command or a VM that cannot go.

use std::collections::BTreeMap;

use hostler::model::*;

use crate::walk::{Walk, fleet};

pub(crate) const VM: VmId = VmId::from_bits(1);
pub(crate) const HOST: &str = "mini-01";

fn host() -> HostName {
    HOST.parse().unwrap()
}

pub(crate) fn placed(id: VmId, slot: SlotIx, replaces: Option<(JobId, VmId)>) -> Event {
    let (pool, image) = ("ci".parse().unwrap(), "xcode".parse().unwrap());
    Event::SlotReserved { vm: id, host: host(), slot, pool, image, replaces }
}

fn begun(kind: OpKind) -> Event {
    Event::OpBegun { vm: VM, op: OpId::from_bits(1), kind }
}

fn ended(outcome: Outcome) -> Event {
    Event::OpEnded { vm: VM, op: OpId::from_bits(1), outcome }
}

fn done(kind: OpKind) -> Vec<Event> {
    vec![begun(kind), ended(Outcome::Done)]
}

fn retired() -> Event {
    Event::VmRetired { vm: VM, why: RetireWhy::Surplus, job: None }
}

fn died() -> Event {
    Event::VmDied { vm: VM, why: "seen".into() }
}

/// The VM placed, and taken so far.
pub(crate) fn vm_at(phase: Phase) -> Vec<Event> {
    let mut events = vec![placed(VM, SlotIx::Zero, None)];
    let commands: &[OpKind] = match phase {
        Phase::Placed => &[],
        Phase::Cloned => &[OpKind::Clone],
        Phase::Booting | Phase::Ready | Phase::Stopped | Phase::Deleted => {
            &[OpKind::Clone, OpKind::Start]
        }
    };
    events.extend(commands.iter().flat_map(|kind| done(*kind)));
    if phase == Phase::Ready {
        events.push(Event::VmReady { vm: VM, ip: "10.0.0.1".into() });
    }
    if phase >= Phase::Stopped {
        events.push(retired());
        events.extend(done(OpKind::Stop));
    }
    if phase == Phase::Deleted {
        events.extend(done(OpKind::Delete));
    }
    events
}

/// The VM was refused its start, and its slot is the kernel's.
pub(crate) fn leaked() -> Vec<Event> {
    let mut events = vm_at(Phase::Cloned);
    events.push(begun(OpKind::Start));
    events.push(ended(Outcome::Refused { class: Refusal::Limit, said: "limit".into() }));
    events.push(Event::SlotLeaked { host: host(), slot: SlotIx::Zero, vm: VM });
    events
}

fn and(mut events: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    events.extend(more);
    events
}

pub(crate) fn job(state: TaskState) -> Event {
    let (host, pool) = (host(), "ci".parse().unwrap());
    let task = Task { host, pool, state, replacement: None };
    Event::JobOpened {
        job: Box::new(Job {
            id: JobId::from_bits(1),
            kind: JobKind::Respawn { pool: "ci".parse().unwrap() },
            cause: Cause::Asked,
            by: Actor::controller(),
            opened: Timestamp::default(),
            begin_by: Timestamp::default(),
            max_unavailable: Share::Count(1),
            tasks: [(VM, task)].into(),
            state: JobState::Running,
            hosts: BTreeMap::new(),
            play: None,
            paused: None,
            forgiven: 0,
        }),
    }
}

pub(crate) fn forgotten() -> Event {
    Event::HostForgotten { host: host(), why: "burnt".into() }
}

pub(crate) fn reached(to: Reach) -> Event {
    Event::ReachChanged { host: host(), to, why: "so it was seen".into() }
}

pub(crate) fn undeclared() -> Event {
    let hosts = [(host(), None)].into();
    Event::FleetChanged { change: FleetChange { hosts, ..FleetChange::default() } }
}

fn three_slots() -> Event {
    let mut fleet = fleet(0xffff, 2);
    fleet.hosts.get_mut(&host()).unwrap().slots = 3;
    Event::FleetChanged { change: Walk::begun().world.difference(&fleet) }
}

/// After these events, this one is refused, for this reason.
fn rows() -> Vec<(Vec<Event>, Event, &'static str)> {
    use Phase::{Booting, Cloned, Deleted, Placed, Ready, Stopped};
    let over = Event::TaskEnded { job: JobId::from_bits(1), vm: VM, end: TaskEnd::Done };
    let stead = Some((JobId::from_bits(1), VM));
    let moved = Event::VmMoved { vm: VM, ip: "10.0.0.2".into() };
    let gone = Event::VmGone { vm: VM };
    let leak = Event::SlotLeaked { host: host(), slot: SlotIx::Zero, vm: VM };
    vec![
        (vec![], three_slots(), "declares 3 slots"),
        // A VM without a slot must not start: its slot may be another's by now.
        (leaked(), begun(OpKind::Start), "its slot leaked"),
        // What is to go is not built up, and what is to stay is not taken down.
        (and(vm_at(Placed), [retired()]), begun(OpKind::Clone), "cannot clone"),
        (and(vm_at(Cloned), [retired()]), begun(OpKind::Start), "cannot start"),
        (vm_at(Ready), begun(OpKind::Stop), "cannot stop"),
        (vm_at(Cloned), begun(OpKind::Delete), "cannot delete"),
        // Only what runs can die, and not while a command for it is open.
        (vm_at(Placed), died(), "cannot die"),
        (vm_at(Cloned), died(), "cannot die"),
        (vm_at(Stopped), died(), "cannot die"),
        (vm_at(Deleted), died(), "cannot die"),
        (and(vm_at(Ready), [retired(), begun(OpKind::Stop)]), died(), "while its stop is open"),
        // Nothing is gone while something may still be done to it.
        (and(vm_at(Deleted), [begun(OpKind::Delete)]), gone.clone(), "cannot be gone"),
        (and(vm_at(Placed), [begun(OpKind::Clone), retired()]), gone, "cannot be gone"),
        // Only what is ready has an address to change.
        (vm_at(Placed), moved.clone(), "not ready"),
        (vm_at(Stopped), moved, "not ready"),
        // Only a refused start shows a leak.
        (vm_at(Placed), leak.clone(), "was not refused a start"),
        (vm_at(Booting), leak, "was not refused a start"),
        // What is declared, or can be reached, is not given up.
        (vec![], forgotten(), "is still in the inventory"),
        (and(vm_at(Ready), [undeclared()]), forgotten(), "answers"),
        (and(vm_at(Ready), [undeclared(), reached(Reach::Locked)]), forgotten(), "answers"),
        (and(vm_at(Ready), [undeclared(), reached(Reach::Suspect)]), forgotten(), "long enough"),
        (
            and(vm_at(Ready), [undeclared(), reached(Reach::Lost), forgotten()]),
            retired(),
            "is not known",
        ),
        // A job begins at its beginning, and its tasks need nothing once they are over.
        (vm_at(Ready), job(TaskState::Begun { at: Timestamp::default() }), "before it was opened"),
        (
            and(vm_at(Ready), [job(TaskState::Waiting), over]),
            placed(VmId::from_bits(2), SlotIx::One, stead),
            "needs no VM in the stead",
        ),
    ]
}

#[test]
fn what_does_not_follow_is_refused_and_says_why() {
    for (before, event, why) in rows() {
        let mut walk = Walk::begun();
        for event in before {
            assert!(walk.put(event.clone()), "{event:?} must follow");
        }
        let entry = Entry {
            seq: walk.world.seq + 1,
            at: Timestamp::default(),
            epoch: walk.world.epoch,
            actor: Actor::controller(),
            event,
        };
        match walk.world.apply(&entry) {
            Ok(()) => panic!("taken: {:?}", entry.event),
            Err(refused) => assert!(refused.to_string().contains(why), "{refused}, not: {why}"),
        }
    }
}

#[test]
fn a_calendar_that_changes_while_the_clock_is_behind_owes_nothing_again() {
    let mut walk = Walk::begun();
    let name: ScheduleName = "nightly".parse().unwrap();
    let nominal: Timestamp = "2100-01-01T00:00:00.000Z".parse().unwrap();
    let (schedule, job) = (name.clone(), JobId::from_bits(1));
    assert!(walk.put(Event::RunFired { schedule, nominal, job }));
    let other = fleet(!64, 2);
    let change = walk.world.difference(&other);
    assert!(change.schedules.contains_key(&name));
    assert!(walk.put(Event::FleetChanged { change }));
    assert_eq!(walk.world.schedules[&name].upto, nominal);
}

#[test]
fn an_entry_out_of_turn_or_of_an_ended_epoch_is_refused() {
    let mut world = Walk::begun().world;
    let next = world.seq + 1;
    let (event, actor) = (Event::VmGone { vm: VM }, Actor::controller());
    let entry = |seq, epoch| {
        let (event, actor) = (event.clone(), actor.clone());
        Entry { seq, at: Timestamp::default(), epoch, actor, event }
    };
    for (seq, epoch) in [(next + 1, 1), (next - 1, 1), (0, 1), (u64::MAX, 1), (next, 0), (next, 2)]
    {
        assert!(world.clone().apply(&entry(seq, epoch)).is_err(), "{seq} of epoch {epoch}");
    }
    world.seq = u64::MAX;
    assert!(world.apply(&entry(0, 1)).is_err());
}
