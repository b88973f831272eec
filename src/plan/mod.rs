//! Decides. Pure functions of the World and the time: no clock, no disk, no network, no log.
//! `plan` makes every choice; `observe` and `reach` turn what was seen into facts; `ask` turns
//! a person's wish into actions; the `why` functions say what stands against a thing.

pub mod check;

mod ask;
mod calendar;
#[cfg(test)]
mod doubts;
#[cfg(test)]
mod fixture;
mod jobs;
mod observe;
mod place;
mod pools;
mod reach;
mod schedules;
#[cfg(test)]
mod tests;
mod vm;
mod wait;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Held, HostName, OpKind, Plan, ScheduleName, Timestamp, Vm, Want, World,
};

pub use ask::{NotPossible, respawn, run_now};
pub use calendar::{BadCalendar, Calendar};
pub use observe::{completed, observe, superseded};
pub use reach::{Contact, reach};
pub use why::{why_host, why_vm};

/// Everything that should happen now, and why the rest does not.
pub fn plan(world: &World, now: Timestamp) -> Plan {
    let mut actions = Vec::new();
    expire_holds(world, now, &mut actions);
    let crews = pools::crews(world);
    let work = jobs::work(world, &crews, now);
    let mut held = work.held;
    step_vms(world, now, &mut actions, &mut held);
    let going = pools::retired(&actions);
    let again = |action: &Action| matches!(action, Action::Retire { vm, .. } if going.contains(vm));
    actions.extend(work.actions.into_iter().filter(|action| !again(action)));
    schedules::due(world, now, &mut actions);
    held.extend(pools::keep(world, &crews, work.vacant, now, &mut actions));
    Plan { actions, held }
}

/// The next times of a schedule, at most `n`.
pub fn next_runs(world: &World, name: &ScheduleName, now: Timestamp, n: usize) -> Vec<Timestamp> {
    let Some(schedule) = world.schedules.get(name) else { return Vec::new() };
    let calendar = Calendar::new(&schedule.spec.cron, &schedule.spec.zone);
    calendar.map(|calendar| calendar.next(now, n)).unwrap_or_default()
}

fn expire_holds(world: &World, now: Timestamp, actions: &mut Vec<Action>) {
    for (name, host) in &world.hosts {
        let over = host.holds.values().filter(|hold| hold.until.is_some_and(|until| until <= now));
        actions.extend(over.map(|hold| Action::Release { host: name.clone(), hold: hold.id }));
    }
}

/// The next step of every VM; on each host one command at a time, what frees a slot first.
fn step_vms(world: &World, now: Timestamp, actions: &mut Vec<Action>, held: &mut Vec<Held>) {
    let mut busy: BTreeSet<&HostName> = BTreeSet::new();
    let mut commands: Vec<(OpKind, &Vm)> = Vec::new();
    for vm in world.vms.values() {
        let Some(host) = world.hosts.get(&vm.host) else { continue };
        if vm.op.is_some() {
            busy.insert(&vm.host);
        }
        match vm::next(world, vm, host, now) {
            vm::Step::Rest => {}
            vm::Step::Wait(why) => {
                held.push(Held { want: Want::Vm { vm: vm.id }, why, refused: BTreeMap::new() })
            }
            vm::Step::Do(kind) => commands.push((kind, vm)),
            vm::Step::Retire(why) => actions.push(Action::Retire { vm: vm.id, why, job: None }),
            vm::Step::Leak => {
                let (host, slot) = (vm.host.clone(), vm.slot);
                actions.push(Action::Leak { vm: vm.id, host, slot });
            }
            vm::Step::Forget => actions.push(Action::Forget { vm: vm.id }),
        }
    }
    commands.sort_by_key(|(kind, vm)| {
        let rank = match kind {
            OpKind::Stop => 0,
            OpKind::Delete => 1,
            OpKind::Start => 2,
            OpKind::Clone => 3,
        };
        (rank, vm.created, vm.id)
    });
    for (kind, vm) in commands {
        if busy.insert(&vm.host) {
            actions.push(Action::Do { vm: vm.id, kind });
        } else {
            let why = format!("{} waits: {} has another command under way", kind, vm.host);
            held.push(Held { want: Want::Vm { vm: vm.id }, why, refused: BTreeMap::new() });
        }
    }
}
