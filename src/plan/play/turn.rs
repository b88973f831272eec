//! Whose turn it is: waves, windows, how many hosts at once, what each pool must keep, and what
//! is done about hosts whose VMs have work.

use std::collections::BTreeMap;

use super::empty::{Leave, leave_as};
use super::{Moves, Scene};
use crate::model::{
    Act, BusyPolicy, Cause, Event, Held, Host, HostName, HostTask, JobKind, PoolName, Reach,
    Selector, Share, TaskEnd, TaskState, Timestamp, Vm, Want,
};

/// Fewer failed hosts than this never pause a job.
const FAIL_LEAST: usize = 2;

/// So many hosts, and one in so many, that are out for no doing of the job's: a common cause.
const COMMON_LEAST: usize = 5;
const COMMON_SHARE: usize = 5;

/// How the job's hosts stand now.
struct Tally {
    /// Hosts whose task has begun, and those of the others that take no work.
    begun: usize,
    out: usize,
    failed: usize,
    /// The first wave that is not over.
    wave: u16,
    /// When the last task of an earlier wave ended.
    before: Option<Timestamp>,
    /// Ready VMs of each pool on hosts whose turn has come, in this pass or before.
    taken: BTreeMap<PoolName, usize>,
}

/// Begins the tasks whose turn has come, and skips those whose turn can come no more.
pub(super) fn begin<'a>(scene: &Scene<'a>, moves: &mut Moves<'a>) {
    let mut tally = tally(scene);
    let mut waiting: Vec<(&'a HostName, &'a HostTask)> =
        scene.job.hosts.iter().filter(|(_, task)| task.state == TaskState::Waiting).collect();
    if waiting.is_empty() {
        return;
    }
    waiting.sort_by_key(|(name, task)| (task.wave, task.rank, task.earliest, *name));
    let most = most_failed(scene);
    let failed = tally.failed.saturating_sub(scene.job.forgiven as usize);
    if scene.job.paused.is_none() && failed >= most {
        let more = if failed < tally.failed { "more " } else { "" };
        let why =
            format!("{failed} {more}hosts have failed, {most} may: look at them, then resume");
        moves.note(Event::JobPaused { job: scene.job.id, why });
        return;
    }
    let mut why = scene.job.paused.as_ref().map(|why| format!("it is paused: {why}"));
    for (name, task) in waiting {
        if task.stop.is_some() {
            end(scene, name, TaskEnd::Cancelled, moves);
            continue;
        }
        match turn(scene, name, task, &mut tally) {
            Turn::Begin if scene.job.paused.is_none() => {
                moves.note(Event::HostTaskBegun { job: scene.job.id, host: name.clone() });
                tally.begun += 1;
            }
            Turn::Begin => {}
            Turn::End(ended) => end(scene, name, ended, moves),
            Turn::Wait(reason) => why = why.or_else(|| Some(format!("{name}: {reason}"))),
        }
    }
    if let Some(why) = why {
        let want = Want::Job { job: scene.job.id };
        moves.held.push(Held { want, why, refused: BTreeMap::new() });
    }
}

fn end(scene: &Scene<'_>, host: &HostName, end: TaskEnd, moves: &mut Moves<'_>) {
    if let (TaskEnd::Cancelled, Some(known)) = (&end, scene.world.hosts.get(host)) {
        super::step::release(scene, (host, known), "its task was called off", moves);
    }
    moves.note(Event::HostTaskEnded { job: scene.job.id, host: host.clone(), end });
}

enum Turn {
    Begin,
    Wait(String),
    End(TaskEnd),
}

/// So many failed hosts pause the job.
fn most_failed(scene: &Scene<'_>) -> usize {
    scene.play.max_fail.of(scene.job.hosts.len()).max(FAIL_LEAST.min(scene.job.hosts.len()).max(1))
}

fn tally(scene: &Scene<'_>) -> Tally {
    let (mut begun, mut out, mut failed) = (0, 0, 0);
    let (mut wave, mut before) = (u16::MAX, None);
    for (name, task) in &scene.job.hosts {
        match &task.state {
            TaskState::Waiting => {
                let known = scene.world.hosts.get(name);
                out += usize::from(known.is_none_or(|host| !serves(scene, host)));
            }
            TaskState::Begun { .. } => {
                let known = scene.world.hosts.get(name);
                let stuck = known.is_none_or(|host| is_stuck(scene, host, task));
                begun += usize::from(!stuck);
            }
            TaskState::Failed { .. } => failed += 1,
            TaskState::Done { .. } | TaskState::Skipped { .. } | TaskState::Cancelled { .. } => {}
        }
        if !task.state.is_over() {
            wave = wave.min(task.wave);
        }
    }
    for task in scene.job.hosts.values().filter(|task| task.wave < wave) {
        before = before.max(ended_at(&task.state));
    }
    // What hosts whose turn has come still have ready will go.
    let mut taken: BTreeMap<PoolName, usize> = BTreeMap::new();
    for (name, task) in &scene.job.hosts {
        if let (TaskState::Begun { .. }, Some(host)) = (&task.state, scene.world.hosts.get(name)) {
            for vm in scene.world.vms_on(host).filter(|vm| vm.is_ready()) {
                *taken.entry(vm.pool.clone()).or_default() += 1;
            }
        }
    }
    Tally { begun, out, failed, wave, before, taken }
}

/// A host that fell silent while it was drained holds up no other host: nobody knows for how
/// long. One that goes down because it is rebooted does, and so does one not looked at yet.
fn is_stuck(scene: &Scene<'_>, host: &Host, task: &HostTask) -> bool {
    let silent = matches!(host.reach, Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch);
    let act = scene.play.playbook.step(task.at).map(|step| &step.act);
    let drains = act.is_some_and(|act| matches!(act, Act::Drain(_)));
    silent && drains && scene.job.kind == JobKind::Drain
}

fn is_seen(host: &Host) -> bool {
    matches!(host.reach, Reach::Up | Reach::Suspect | Reach::Locked)
}

/// Whether a host whose turn has not come is in service. The holds of a drain over many hosts
/// do not count: all of its hosts have one from the first moment.
fn serves(scene: &Scene<'_>, host: &Host) -> bool {
    let held = host.holds.values().any(|hold| hold.job != Some(scene.job.id));
    scene.job.kind == JobKind::Drain || (is_seen(host) && !held)
}

fn ended_at(state: &TaskState) -> Option<Timestamp> {
    match state {
        TaskState::Done { at }
        | TaskState::Skipped { at, .. }
        | TaskState::Failed { at, .. }
        | TaskState::Cancelled { at } => Some(*at),
        TaskState::Waiting | TaskState::Begun { .. } => None,
    }
}

fn turn(scene: &Scene<'_>, name: &HostName, task: &HostTask, tally: &mut Tally) -> Turn {
    let Some(host) = scene.world.hosts.get(name).filter(|host| host.declared) else {
        let why = format!("{name} has left the inventory");
        return Turn::End(TaskEnd::Skipped { why, busy: false });
    };
    let ignore = ignored(scene);
    let doubt = |vm: &Vm| match leave_as(scene.world, vm, scene.now, ignore) {
        Leave::Wait(why) => Some(format!("vm {}: {why}", vm.id)),
        Leave::Now | Leave::Tell => None,
    };
    let busy = scene.world.vms_on(host).find_map(|vm| doubt(vm));
    let patient = scene.job.kind != JobKind::Drain && !task.overdue;
    let busy = busy.filter(|_| patient && scene.play.busy != BusyPolicy::Deadline);
    if scene.now > scene.job.begin_by {
        let (why, busy) = match busy {
            Some(why) => (format!("busy: {why}"), true),
            None if !is_seen(host) => (format!("it was {} at the window's end", host.reach), false),
            None => (never_came(scene, host, task, tally), false),
        };
        return Turn::End(TaskEnd::Skipped { why, busy });
    }
    if scene.now < task.earliest {
        return Turn::Wait(format!("its time is {}", task.earliest));
    }
    // One that somebody holds would keep the respawn's other hosts waiting.
    let hold = host.holds.values().next();
    if let (Cause::For { .. }, Some(hold)) = (&scene.job.cause, hold) {
        let why = format!("{} holds it: {}", hold.by, hold.reason);
        return Turn::End(TaskEnd::Skipped { why, busy: false });
    }
    if let Some(why) = in_the_way(scene, host, task, tally) {
        return Turn::Wait(why);
    }
    match (busy, scene.play.busy) {
        (Some(why), BusyPolicy::Skip) => {
            return Turn::End(TaskEnd::Skipped { why: format!("busy: {why}"), busy: true });
        }
        (Some(why), BusyPolicy::Wait | BusyPolicy::Deadline) => return Turn::Wait(why),
        (None, _) => {}
    }
    if let Some(why) = too_many(scene, tally) {
        return Turn::Wait(why);
    }
    match short_pool(scene, host, tally) {
        Some(why) => Turn::Wait(why),
        None => Turn::Begin,
    }
}

/// What keeps a host from having its turn, whoever has work.
fn in_the_way(scene: &Scene<'_>, host: &Host, task: &HostTask, tally: &Tally) -> Option<String> {
    if task.wave > tally.wave {
        return Some(format!("wave {} is not over", tally.wave + 1));
    }
    if let Some(before) = tally.before.filter(|at| scene.now < *at + scene.play.min_healthy) {
        let left = (before + scene.play.min_healthy).since(scene.now);
        return Some(format!("the wave before must stay healthy for {}", left.rough()));
    }
    out_of_turn(scene, host)
}

/// Why no further host may go out of service now. Hosts that are out for other reasons count,
/// but a few broken ones do not stop the night: then one host goes at a time.
fn too_many(scene: &Scene<'_>, tally: &Tally) -> Option<String> {
    let all = scene.job.hosts.len();
    let most = scene.job.max_unavailable.of(all);
    let out = tally.begun + tally.out;
    let common = tally.out >= COMMON_LEAST && tally.out * COMMON_SHARE >= all;
    if out < most || (tally.begun == 0 && most > 0 && !common) {
        return None;
    }
    let out = if out == 1 { "1 host is".into() } else { format!("{out} hosts are") };
    Some(format!("{out} out of service, {most} may be"))
}

/// Why a host that was there and idle at the window's end had no turn.
fn never_came(scene: &Scene<'_>, host: &Host, task: &HostTask, tally: &Tally) -> String {
    let why = in_the_way(scene, host, task, tally).or_else(|| too_many(scene, tally));
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    format!("its turn did not come before the window's end{why}")
}

/// VMs that the first drain of the job's steps does not wait for.
fn ignored<'a>(scene: &Scene<'a>) -> Option<&'a Selector> {
    scene.play.playbook.steps.iter().find_map(|step| {
        if let Act::Drain(drain) = &step.act { drain.ignore.as_ref() } else { None }
    })
}

/// What keeps a host from having its turn although it is there.
fn out_of_turn(scene: &Scene<'_>, host: &Host) -> Option<String> {
    if !is_seen(host) {
        let blocked = if scene.job.kind == JobKind::Drain { "blocked: " } else { "" };
        return Some(format!("{blocked}it is {}", host.reach));
    }
    let other = host.holds.values().find(|hold| hold.job != Some(scene.job.id))?;
    // A drain goes beside whatever else holds the host; so does a run of a person's own.
    let asked = matches!(scene.job.cause, Cause::Asked | Cause::RunNow { .. });
    (!asked).then(|| format!("{} holds it: {}", other.by, other.reason))
}

/// The pool that would have too few ready VMs left if this host had its turn now. Counts what it
/// takes when there is none.
fn short_pool(scene: &Scene<'_>, host: &Host, tally: &mut Tally) -> Option<String> {
    let least = scene.play.min_available?;
    let mut here: BTreeMap<&PoolName, usize> = BTreeMap::new();
    for vm in scene.world.vms_on(host).filter(|vm| vm.is_ready()) {
        *here.entry(&vm.pool).or_default() += 1;
    }
    for (pool, n) in &here {
        let Some(crew) = scene.crews.get(pool) else { continue };
        let least = keep(least, crew.live.len());
        let taken = tally.taken.get(*pool).copied().unwrap_or(0);
        let left = crew.ready.saturating_sub(taken + n);
        if left < least {
            return Some(format!("{pool} would have {left} ready VMs, and keeps {least}"));
        }
    }
    for (pool, n) in here {
        *tally.taken.entry(pool.clone()).or_default() += n;
    }
    None
}

/// How many of so many a share keeps: rounded up, for it is a promise.
fn keep(share: Share, of: usize) -> usize {
    match share {
        Share::Count(n) => n as usize,
        Share::Percent(p) => (of * usize::from(p)).div_ceil(100),
    }
}
