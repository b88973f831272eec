//! A drain, a playbook, a respawn or a run before it is asked for: what happens to each VM, what
//! each step does, what blocks, what the pools lose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask::{AT_ONCE, known};
use super::calendar::Calendar;
use super::leaks::barred;
use super::place::{Apart, refusal};
use super::play::{Leave, Would, lacks, leave, leave_as};
use super::schedules::excuse;
use super::{NotPossible, next_runs, schedules};
use crate::model::{
    Act, Cause, Clash, DrainAsk, DrainPlan, Fate, Host, HostName, HostPreview, Job, Opening,
    PlanAsk, PoolName, PoolPreview, Reach, ScheduleName, Selector, Slot, Span, Step, Targets, Then,
    Timestamp, Vm, VmPreview, Wanted, World,
};

/// What this would do now, or why it cannot be done.
pub fn preview(world: &World, ask: &PlanAsk, now: Timestamp) -> Result<DrainPlan, NotPossible> {
    match ask {
        PlanAsk::Drain(ask) => of_drain(world, ask, now),
        PlanAsk::Play(ask) => {
            let opening = super::play(world, ask, now)?;
            let plan = over_hosts(world, &opening, When::now(now));
            Ok(with_steps(plan, world, &opening, (now, now)))
        }
        PlanAsk::Respawn(ask) => {
            let opening = super::respawn(world, &ask.pool, ask.max_unavailable, now)?;
            Ok(over_vms(world, &opening, When::now(now)))
        }
        PlanAsk::Run(schedule) => of_run(world, schedule, now),
    }
}

/// The next run of a schedule, over what it would be over now. One that never runs is shown as
/// if it ran now.
fn of_run(world: &World, name: &ScheduleName, now: Timestamp) -> Result<DrainPlan, NotPossible> {
    let unknown = || NotPossible::Unknown { kind: "schedule", name: name.to_string() };
    let schedule = world.schedules.get(name).ok_or_else(unknown)?;
    let run = next_runs(world, name, now, 1).pop();
    let nominal = run.unwrap_or(now);
    let cause = Cause::Run { schedule: name.clone(), nominal };
    let opening = schedules::opening(world, name, schedule, cause, nominal);
    let when = When { now, from: nominal, own: Some(name) };
    let mut plan = match opening.play {
        Some(_) => over_hosts(world, &opening, when),
        None => over_vms(world, &opening, when),
    };
    let calendar = Calendar::new(&schedule.spec.cron, &schedule.spec.zone).ok();
    let excused = calendar.and_then(|calendar| excuse(schedule, &calendar, nominal));
    plan.clashes.splice(..0, excused.map(|why| Clash::Excused { why }));
    for host in &mut plan.hosts {
        let turn = opening.hosts.get(&host.host);
        host.earliest = turn.map(|task| task.earliest);
        host.wave = turn.map_or(0, |task| task.wave);
    }
    plan.hosts.sort_by_key(|host| (host.wave, host.earliest));
    Ok(with_steps(DrainPlan { run, ..plan }, world, &opening, (nominal, now)))
}

/// When something takes place, and what it is no clash with: itself.
#[derive(Clone, Copy)]
struct When<'a> {
    now: Timestamp,
    from: Timestamp,
    own: Option<&'a ScheduleName>,
}

impl When<'_> {
    fn now(now: Timestamp) -> Self {
        Self { now, from: now, own: None }
    }
}

fn of_drain(world: &World, ask: &DrainAsk, now: Timestamp) -> Result<DrainPlan, NotPossible> {
    let names = known(world, &ask.hosts)?;
    let way = Way { force: ask.force, ignore: ask.ignore.as_ref() };
    let from = ask.at.unwrap_or(now);
    let at_once = ask.max_parallel.unwrap_or(AT_ONCE).of(names.len()).max(1);
    let hosts = hosts(world, &names, |vm| way.fate(world, vm, now));
    Ok(DrainPlan {
        seq: world.seq,
        hosts: no_restart(world, hosts, ask.then == Then::Reboot),
        pools: pools(world, &names, |vm| names.contains(&vm.host), now),
        clashes: clashes(world, &names, When { now, from, own: None }, ask.deadline),
        deadline: ask.deadline.map(|deadline| from + deadline),
        at_once,
        steps: Vec::new(),
        run: None,
    })
}

/// A playbook's first step that takes VMs away says how they go.
fn over_hosts(world: &World, opening: &Opening, when: When<'_>) -> DrainPlan {
    let now = when.now;
    let names: BTreeSet<HostName> = opening.hosts.keys().cloned().collect();
    let steps = || opening.play.iter().flat_map(|play| play.playbook.all_steps());
    let (mut way, mut deadline) = (None, None);
    for step in steps() {
        way = way.or(match &step.act {
            Act::Drain(drain) => {
                deadline = deadline.or(drain.deadline);
                Some(Way { force: drain.force, ignore: drain.ignore.as_ref() })
            }
            // Nobody is waited for where no drain went before.
            Act::DeleteVms => Some(Way { force: true, ignore: None }),
            Act::Respawn | Act::Reboot { .. } => Some(Way::default()),
            Act::Undrain
            | Act::Uncordon
            | Act::Cordon { .. }
            | Act::Prefetch { .. }
            | Act::PruneImages
            | Act::Sh { .. }
            | Act::Copy { .. }
            | Act::Verify
            | Act::Wait { .. }
            | Act::WaitIdle
            | Act::Assert { .. }
            | Act::Deregister
            | Act::Notify { .. } => None,
        });
    }
    let fate = |vm: &Vm| way.as_ref().map_or(Fate::Stays, |way| way.fate(world, vm, now));
    let leaves = |vm: &Vm| way.is_some() && names.contains(&vm.host);
    let word = |step: &Step| {
        step.when.as_ref().map_or(step.name.clone(), |when| format!("{} when {when}", step.name))
    };
    let restarts = steps().any(|step| matches!(step.act, Act::Reboot { .. }));
    DrainPlan {
        seq: world.seq,
        hosts: no_restart(world, hosts(world, &names, fate), restarts),
        pools: pools(world, &names, leaves, now),
        clashes: clashes(world, &names, when, deadline),
        deadline: deadline.map(|deadline| when.from + deadline),
        at_once: opening.max_unavailable.of(names.len()).max(1),
        steps: steps().map(word).collect(),
        run: None,
    }
}

/// The hosts with what stands against their restart, where the steps have one: a Mac that would
/// wait for a password is emptied for nothing.
fn no_restart(world: &World, mut hosts: Vec<HostPreview>, restarts: bool) -> Vec<HostPreview> {
    for of in hosts.iter_mut().filter(|_| restarts) {
        let why = world.hosts.get(&of.host).and_then(|host| barred(host));
        of.blocks.extend(why.map(String::from));
    }
    hosts
}

/// Conditions are worked out host by host: of so many at most.
const STEPS_MOST: usize = 100;

/// The plan with what each step does on the first of its hosts.
fn with_steps(
    mut plan: DrainPlan,
    world: &World,
    opening: &Opening,
    when: (Timestamp, Timestamp),
) -> DrainPlan {
    if let Some(would) = Would::new(world, opening, when) {
        for host in plan.hosts.iter_mut().take(STEPS_MOST) {
            host.steps = would.steps(&host.host);
        }
    }
    plan
}

/// A successor may come to any host that has room, those of the plan included.
fn over_vms(world: &World, opening: &Opening, when: When<'_>) -> DrainPlan {
    let now = when.now;
    let names: BTreeSet<HostName> = opening.targets.values().cloned().collect();
    let chosen = |vm: &Vm| opening.targets.contains_key(&vm.id);
    let way = Way::default();
    let fate = |vm: &Vm| if chosen(vm) { way.fate(world, vm, now) } else { Fate::Stays };
    let mut hosts = hosts(world, &names, fate);
    for of in &mut hosts {
        let Some(host) = world.hosts.get(&of.host) else { continue };
        let pools: BTreeSet<&PoolName> =
            world.vms_on(host).filter(|vm| chosen(vm)).map(|vm| &vm.pool).collect();
        let images = pools.into_iter().filter_map(|pool| Some(&world.pools.get(pool)?.spec.image));
        let lacking = images.filter_map(|image| lacks(world, host, image));
        of.blocks.extend(lacking.map(|source| format!("{source} is not there yet and is fetched")));
    }
    DrainPlan {
        seq: world.seq,
        hosts,
        pools: pools(world, &BTreeSet::new(), chosen, now),
        clashes: clashes(world, &names, when, None),
        deadline: None,
        at_once: opening.max_unavailable.of(opening.targets.len()).max(1),
        steps: Vec::new(),
        run: None,
    }
}

/// How VMs are taken away.
#[derive(Default)]
struct Way<'a> {
    force: bool,
    ignore: Option<&'a Selector>,
}

impl Way<'_> {
    fn fate(&self, world: &World, vm: &Vm, now: Timestamp) -> Fate {
        let ignored = || !matches!(leave_as(world, vm, now, self.ignore), Leave::Wait(_));
        match leave(world, vm, now) {
            _ if vm.wanted == Wanted::Gone => Fate::Going,
            Leave::Wait(_) if self.force => Fate::Forced,
            Leave::Wait(_) if ignored() => Fate::Ignored,
            Leave::Wait(why) => Fate::Waits { why },
            Leave::Now | Leave::Tell => Fate::Goes,
        }
    }
}

fn hosts(
    world: &World,
    names: &BTreeSet<HostName>,
    fate: impl Fn(&Vm) -> Fate,
) -> Vec<HostPreview> {
    let hosts = names.iter().filter_map(|name| Some((name, world.hosts.get(name)?)));
    hosts.map(|(name, host)| of_host(world, name, host, &fate)).collect()
}

fn of_host(
    world: &World,
    name: &HostName,
    host: &Host,
    fate: &impl Fn(&Vm) -> Fate,
) -> HostPreview {
    let preview = |vm: &Arc<Vm>| VmPreview {
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
    let (host, state, steps) = (name.clone(), host.word().into(), Vec::new());
    HostPreview { host, state, vms, blocks, steps, wave: 0, earliest: None }
}

/// What pools lose whose VMs leave, and the room that other hosts than these have.
fn pools(
    world: &World,
    names: &BTreeSet<HostName>,
    leaves: impl Fn(&Vm) -> bool,
    now: Timestamp,
) -> Vec<PoolPreview> {
    let mut counts: BTreeMap<&PoolName, [usize; 3]> = BTreeMap::new();
    for vm in world.vms.values().filter(|vm| vm.wanted == Wanted::Running) {
        let [ready, leaving, coming] = counts.entry(&vm.pool).or_default();
        let (is_ready, leaves) = (vm.is_ready(), leaves(vm));
        *ready += usize::from(is_ready);
        *leaving += usize::from(leaves);
        *coming += usize::from(leaves && !is_ready);
    }
    let touched = counts.into_iter().filter(|(_, [_, leaving, _])| *leaving > 0);
    let preview = |(name, [ready, leaving, coming]): (&PoolName, [usize; 3])| {
        let pool = world.pools.get(name)?;
        let others = world.hosts.iter().filter(|(host, _)| !names.contains(*host));
        let apart = Apart::of(world, (name, pool));
        let open = others.filter(|(_, host)| {
            refusal(pool, host, now).is_none() && !apart.is_kept_from(world, host)
        });
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
    When { now, from, own }: When<'_>,
    deadline: Option<Span>,
) -> Vec<Clash> {
    let mut out = Vec::new();
    // What begins no more work by then is taken to be over.
    let goes_on = |job: &&Arc<Job>| !job.is_over() && (from <= now || job.begin_by > from);
    for job in world.jobs.values().filter(goes_on) {
        let met = job.hosts.iter().filter(|(host, t)| !t.state.is_over() && names.contains(*host));
        let many = met.count();
        if many > 0 {
            out.push(Clash::Job { job: job.id, title: job.title(), hosts: many });
        }
    }
    let until = from + deadline.unwrap_or(Span::from_hours(24));
    // A run at the very moment is met too, unless that moment is this one.
    let after = now.max(from - Span::from_millis(1));
    for (name, schedule) in &world.schedules {
        if own == Some(name) || schedule.suspended.is_some() || schedule.spec.suspend {
            continue;
        }
        let Some(at) = next_runs(world, name, after, 1).pop().filter(|at| *at <= until) else {
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
            out.push(Clash::Run { schedule: name.clone(), at, hosts: many });
        }
    }
    out
}
