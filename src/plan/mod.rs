//! Decides. Pure functions of the World and the time: no clock, no disk, no network, no log.
//! `plan` makes every choice; `observe` and `reach` turn what was seen into facts; `ask` turns
//! a person's wish into actions; the `why` functions say what stands against a thing.

pub mod check;

mod ask;
mod bars;
mod calendar;
mod crash;
mod doctor;
#[cfg(test)]
mod doubts;
mod drift;
mod fetch;
#[cfg(test)]
mod fixture;
mod holds;
mod jobs;
mod leaks;
mod observe;
mod open;
mod orphans;
mod outlook;
mod place;
mod play;
mod pools;
mod preview;
mod reach;
mod ready;
mod schedules;
mod seen;
mod slots;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_play;
#[cfg(test)]
mod tests_of_turns;
mod vm;
mod wait;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Event, Held, HostName, OpKind, Plan, ScheduleName, Timestamp, Vm, Want, World,
};

pub use ask::{DrainAnswer, NotPossible, called_off, drain, play, respawn, run_now};
pub use bars::{claimed, superseded};
pub use calendar::{BadCalendar, Calendar};
pub use doctor::{Patient, diagnose};
pub use drift::{next_run_for, next_run_on};
pub use leaks::{leaking_builds, leaks};
pub use observe::{completed, observe};
pub use outlook::outlook;
pub use preview::preview;
pub use reach::{Blame, Contact, reach, waits};
pub use seen::probes;
pub use slots::slots_said;
pub use why::{why_host, why_vm};

/// Everything that should happen now, and why the rest does not.
pub fn plan(world: &World, now: Timestamp) -> Plan {
    let (mut actions, mut held) = (Vec::new(), Vec::new());
    holds::tend(world, now, &mut actions, &mut held);
    let twins = bars::twins(world);
    orphans::adopt(world, &twins, now, &mut actions);
    held.extend(bars::held(world, &twins));
    let leaving = play::leaving(world);
    let crews = pools::crews(world, &leaving, now);
    let work = jobs::work(world, &crews, now);
    held.extend(work.held);
    let moves = play::moves(world, &crews, now);
    let agents = work.tell.into_iter().map(|vm| (OpKind::Deregister, vm));
    let agents = agents.chain(moves.commands());
    let mut commands: Vec<_> = agents.map(|(kind, vm)| Command::Vm(kind, vm)).collect();
    commands.extend(moves.send.into_iter().map(Command::Host));
    step_vms(world, now, &mut commands, &mut actions, &mut held);
    // A VM is retired once, whoever wants it gone.
    let mut going = pools::retired(&actions);
    let mut tasks: Vec<Action> = work.actions.into_iter().chain(moves.actions).collect();
    tasks.retain(
        |action| {
            if let Action::Retire { vm, .. } = action { going.insert(*vm) } else { true }
        },
    );
    let surplus = pools::surplus(world, &crews, &going, now);
    commands.extend(surplus.tell.into_iter().map(|vm| Command::Vm(OpKind::Deregister, vm)));
    issue(world, commands, &mut actions, &mut held);
    held.extend(moves.held);
    actions.extend(tasks);
    schedules::due(world, now, &mut actions, &mut held);
    actions.extend(surplus.actions);
    held.extend(surplus.held);
    let vacant = work.vacant;
    held.extend(pools::keep(world, &crews, vacant, &twins, now, &mut actions));
    Plan { actions, held }
}

/// The next times at which a schedule runs, at most `n`: those that it passes over are none. A
/// suspended one has the times that it would have if it were resumed.
pub fn next_runs(world: &World, name: &ScheduleName, now: Timestamp, n: usize) -> Vec<Timestamp> {
    let Some(schedule) = world.schedules.get(name) else { return Vec::new() };
    let Ok(calendar) = Calendar::new(&schedule.spec.cron, &schedule.spec.zone) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut from = schedule.skip_upto.map_or(now, |upto| upto.max(now));
    while out.len() < n {
        let times = calendar.next(from, n);
        let Some(last) = times.last() else { break };
        from = *last;
        let blackout = |at: Timestamp| schedule.spec.blackout.contains(&calendar.day(at));
        out.extend(times.into_iter().filter(|at| !blackout(*at)));
    }
    out.truncate(n);
    out
}

/// The times at which a schedule runs after `now` and up to `until`, of the first `most` that its
/// calendar has there; and whether it has more of them than these.
pub fn runs_until(
    world: &World,
    name: &ScheduleName,
    now: Timestamp,
    until: Timestamp,
    most: usize,
) -> (Vec<Timestamp>, bool) {
    let Some(schedule) = world.schedules.get(name) else { return (Vec::new(), false) };
    let Ok(calendar) = Calendar::new(&schedule.spec.cron, &schedule.spec.zone) else {
        return (Vec::new(), false);
    };
    let from = schedule.skip_upto.map_or(now, |upto| upto.max(now));
    let mut times = calendar.between(from, until, most.saturating_add(1));
    let more = times.len() > most;
    times.truncate(most);
    times.retain(|at| !schedule.spec.blackout.contains(&calendar.day(*at)));
    (times, more)
}

/// A command that waits for its host to be free.
enum Command<'a> {
    Vm(OpKind, &'a Vm),
    Host(play::Send<'a>),
}

impl Command<'_> {
    fn host(&self) -> &HostName {
        match self {
            Self::Vm(_, vm) => &vm.host,
            Self::Host(send) => send.host,
        }
    }

    /// What frees a slot goes first; then what was begun earlier.
    fn rank(&self) -> (u8, Timestamp, u64) {
        match self {
            Self::Vm(kind, vm) => {
                let rank = match kind {
                    OpKind::Stop => 0,
                    OpKind::Delete => 1,
                    OpKind::Deregister => 2,
                    OpKind::Start => 4,
                    OpKind::Clone => 5,
                };
                (rank, vm.created, vm.id.bits())
            }
            Self::Host(send) => (3, Timestamp::default(), send.job.bits()),
        }
    }
}

/// The next step of every VM.
fn step_vms<'a>(
    world: &'a World,
    now: Timestamp,
    commands: &mut Vec<Command<'a>>,
    actions: &mut Vec<Action>,
    held: &mut Vec<Held>,
) {
    for vm in world.vms.values() {
        let Some(host) = world.hosts.get(&vm.host) else { continue };
        match vm::next(world, vm, host, now) {
            vm::Step::Rest => {}
            vm::Step::Wait(why) => {
                held.push(Held { want: Want::Vm { vm: vm.id }, why, refused: BTreeMap::new() })
            }
            vm::Step::Do(kind) => commands.push(Command::Vm(kind, vm)),
            vm::Step::Retire(why) => actions.push(Action::Retire { vm: vm.id, why, job: None }),
            vm::Step::Leak => {
                let (host, slot) = (vm.host.clone(), vm.slot);
                actions.push(Action::Leak { vm: vm.id, host, slot });
            }
            vm::Step::Forget => actions.push(Action::Forget { vm: vm.id }),
            vm::Step::Park(why) => {
                let event = Box::new(Event::VmParked { vm: vm.id, why });
                actions.push(Action::Note { event });
            }
        }
    }
}

/// Whether no command is under way on the host.
fn is_free(world: &World, name: &HostName) -> bool {
    world.hosts.get(name).is_none_or(|host| !vm::is_busy_with_a_command(world, host))
}

const BARRED: &str = "claims a newer controller, and no command is sent to it";

/// The commands that VMs, jobs and pools want carried out; on each host one at a time.
fn issue<'a>(
    world: &'a World,
    mut commands: Vec<Command<'a>>,
    actions: &mut Vec<Action>,
    held: &mut Vec<Held>,
) {
    let mut busy: BTreeSet<&HostName> = BTreeSet::new();
    commands.sort_by_key(Command::rank);
    for command in commands {
        // Nothing is ever sent to a host that may obey another controller.
        let barred = world.hosts.get(command.host()).is_some_and(|host| host.claim.is_some());
        let free = !barred && !busy.contains(command.host()) && is_free(world, command.host());
        match command {
            Command::Vm(kind, vm) if free => {
                busy.insert(&vm.host);
                actions.push(Action::Do { vm: vm.id, kind });
            }
            Command::Host(play::Send { host, job, at, what }) if free => {
                busy.insert(host);
                actions.push(Action::HostDo { job, host: host.clone(), at, what });
            }
            Command::Vm(kind, vm) => {
                let why = if barred { BARRED } else { "has another command under way" };
                let why = format!("{kind} waits: {} {why}", vm.host);
                held.push(Held { want: Want::Vm { vm: vm.id }, why, refused: BTreeMap::new() });
            }
            Command::Host(send) => {
                let (host, job) = (send.host.clone(), send.job);
                let why = if barred { BARRED } else { "has another one under way" };
                let why = format!("its command waits: {host} {why}");
                held.push(Held { want: Want::Host { host, job }, why, refused: BTreeMap::new() });
            }
        }
    }
}
