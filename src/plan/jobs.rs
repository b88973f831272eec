//! Jobs: which tasks begin now, which are over, and what each still waits for.

use std::collections::{BTreeMap, BTreeSet};

use super::fetch::{Lacked, fetch};
use super::play::{Leave, lacks, leave};
use super::pools::Crew;
use crate::model::{
    Action, Held, HostName, Job, JobId, PoolName, Reach, RetireWhy, Span, Task, TaskEnd, TaskState,
    Timestamp, Vm, VmId, Want, Wanted, World,
};

/// After the last moment to begin, a task that began may still take this long.
const TAIL: Span = Span::from_hours(1);

/// What the open jobs make of this pass.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) actions: Vec<Action>,
    pub(super) held: Vec<Held>,
    /// Tasks that wait for a VM in the old one's stead, by pool.
    pub(super) vacant: BTreeMap<&'a PoolName, Vec<(JobId, VmId)>>,
    /// VMs whose agents are to be told that they get no more work.
    pub(super) tell: Vec<&'a Vm>,
    /// How many tasks of each job end in this pass.
    ended: BTreeMap<JobId, usize>,
}

/// How many VMs of each pool are out of service, those of this pass included, whichever job or
/// mishap it was that took them out.
struct Budget<'a> {
    world: &'a World,
    crews: &'a BTreeMap<&'a PoolName, Crew<'a>>,
    /// VMs taken away by jobs in whose stead nothing is placed yet.
    vacant: BTreeMap<&'a PoolName, usize>,
    /// VMs taken in this pass.
    taken: BTreeMap<&'a PoolName, usize>,
    going: BTreeSet<VmId>,
}

/// A pool whose starts fail this often in a row is not respawned further.
const FAILURES_MOST: u32 = 3;

impl<'a> Budget<'a> {
    /// Takes this VM, or says what stands against it.
    fn take(&mut self, job: &Job, vm: VmId, name: &'a PoolName) -> Result<(), String> {
        if self.going.contains(&vm) {
            return Err(format!("another job takes {vm}"));
        }
        let (Some(pool), Some(crew)) = (self.world.pools.get(name), self.crews.get(name)) else {
            return Ok(());
        };
        if pool.failures >= FAILURES_MOST {
            return Err(format!("the last {} starts of {name} failed", pool.failures));
        }
        if pool.held.is_some() || crew.crashes.len() >= FAILURES_MOST as usize {
            return Err(format!(
                "VMs of {name} die soon after their start: see `hostler pool show`"
            ));
        }
        let vacant = self.vacant.get(name).copied().unwrap_or(0);
        // What went by itself is out of service until something is placed for it.
        let unreplaced = crew.going.min(crew.missing.saturating_sub(vacant));
        let all = crew.live.len() + vacant + unreplaced;
        let allowed = job.max_unavailable.of(all);
        let taken = self.taken.entry(name).or_default();
        let out = crew.live.len() - crew.ready + vacant + unreplaced + *taken;
        if out >= allowed {
            return Err(format!(
                "{out} of {all} VMs of {name} are out of service, {allowed} may be"
            ));
        }
        *taken += 1;
        self.going.insert(vm);
        Ok(())
    }
}

/// Walks the open jobs: first what has begun, then what may begin beside it.
pub(super) fn work<'a>(
    world: &'a World,
    crews: &'a BTreeMap<&'a PoolName, Crew<'a>>,
    now: Timestamp,
) -> Work<'a> {
    let mut work = Work::default();
    let open = || world.jobs.values().filter(|job| !job.is_over() && job.play.is_none());
    for job in open() {
        for (vm, task) in
            job.tasks.iter().filter(|(_, t)| matches!(t.state, TaskState::Begun { .. }))
        {
            let short = crews.get(&task.pool).is_some_and(|crew| crew.missing > 0);
            match begun(world, job, *vm, task, short, now) {
                Begun::Going => {}
                Begun::Vacant => work.vacant.entry(&task.pool).or_default().push((job.id, *vm)),
                Begun::Over(end) => work.end_task(job, *vm, end),
            }
        }
    }
    let vacant = work.vacant.iter().map(|(pool, tasks)| (*pool, tasks.len())).collect();
    let (taken, going) = (BTreeMap::new(), BTreeSet::new());
    let mut budget = Budget { world, crews, vacant, taken, going };
    for job in open() {
        let mut why = None;
        let mut lacking = BTreeMap::new();
        for (vm, task) in waiting_tasks(world, job, now) {
            match waiting(world, job, *vm, task, &mut budget, now) {
                Ok(Turn::End(end)) => work.end_task(job, *vm, end),
                Ok(Turn::Tell(vm)) => work.tell.push(vm),
                Ok(Turn::Fetch(host, lacked)) => drop(lacking.insert(host, lacked)),
                Ok(Turn::Begin) => {
                    let (vm, why) = (*vm, RetireWhy::Respawn);
                    work.actions.push(Action::Retire { vm, why, job: Some(job.id) });
                }
                Err(reason) => why = why.or(Some(reason)),
            }
        }
        let (open, waits) = fetch(world, job, &lacking, now);
        work.actions.extend(open);
        let why = why.or(waits);
        let ended = work.ended.get(&job.id).copied().unwrap_or(0);
        if job.tasks.values().filter(|task| !task.state.is_over()).count() == ended {
            work.actions.push(Action::EndJob { job: job.id });
        } else if let Some(why) = why {
            let want = Want::Job { job: job.id };
            work.held.push(Held { want, why, refused: BTreeMap::new() });
        }
    }
    work
}

/// The waiting tasks, those of VMs that have drifted first.
fn waiting_tasks<'a>(
    world: &World,
    job: &'a Job,
    now: Timestamp,
) -> impl Iterator<Item = (&'a VmId, &'a Task)> {
    let waiting = job.tasks.iter().filter(|(_, task)| task.state == TaskState::Waiting);
    let drifted = |vm: &VmId| world.vms.get(vm).is_some_and(|vm| world.drift_of(vm, now).is_some());
    let (first, rest): (Vec<_>, Vec<_>) = waiting.partition(|(vm, _)| drifted(vm));
    first.into_iter().chain(rest)
}

impl Work<'_> {
    fn end_task(&mut self, job: &Job, vm: VmId, end: TaskEnd) {
        *self.ended.entry(job.id).or_default() += 1;
        self.actions.push(Action::EndTask { job: job.id, vm, end });
    }
}

/// What a waiting task does.
enum Turn<'a> {
    Begin,
    /// Its VM's agent must be told first.
    Tell(&'a Vm),
    End(TaskEnd),
    /// This image must be on its host first.
    Fetch(&'a HostName, Lacked<'a>),
}

/// What a waiting task does, or what it waits for.
fn waiting<'a>(
    world: &'a World,
    job: &Job,
    vm: VmId,
    task: &'a Task,
    budget: &mut Budget<'a>,
    now: Timestamp,
) -> Result<Turn<'a>, String> {
    let Some(old) = world.vms.get(&vm).filter(|vm| vm.wanted == Wanted::Running) else {
        // Something else has replaced it since: it is not the VM of the time before.
        return Ok(Turn::End(TaskEnd::Done));
    };
    let reach = world.hosts.get(&old.host).map_or(Reach::Unknown, |host| host.reach);
    let reached = matches!(reach, Reach::Up | Reach::Locked);
    if now > job.begin_by {
        let why = if reached {
            "its turn did not come before the window's end".to_string()
        } else {
            format!("{} was {reach} at the window's end", old.host)
        };
        return Ok(Turn::End(TaskEnd::Skipped { why, busy: old.busy == Some(true) }));
    }
    if !reached {
        return Err(format!("{} is {reach}", old.host));
    }
    if let Some(op) = &old.op {
        return Err(format!("{} of {vm} on {} is under way", op.kind, old.host));
    }
    let host = world.hosts.get(&old.host);
    let image = world.pools.get(&task.pool).map(|pool| &pool.spec.image);
    let lacked =
        host.zip(image).and_then(|(host, image)| Some((image, lacks(world, host, image)?)));
    // While it works its image can come.
    if let Some(lacked) = lacked {
        return Ok(Turn::Fetch(&old.host, lacked));
    }
    if let Leave::Wait(why) = leave(world, old, now) {
        return Err(format!("vm {vm}: {why}"));
    }
    budget.take(job, vm, &task.pool)?;
    Ok(if leave(world, old, now) == Leave::Tell { Turn::Tell(old) } else { Turn::Begin })
}

enum Begun {
    Going,
    /// The old VM goes or is gone, and nothing is placed in its stead yet.
    Vacant,
    Over(TaskEnd),
}

/// `short`: whether its pool wants more VMs than it has.
fn begun(world: &World, job: &Job, vm: VmId, task: &Task, short: bool, now: Timestamp) -> Begun {
    let old = world.vms.get(&vm);
    let stead = task.replacement.and_then(|id| world.vms.get(&id));
    let stead = stead.filter(|vm| vm.wanted == Wanted::Running);
    let wanted = world.pools.contains_key(&task.pool);
    let no_part = stead.is_none() && !short;
    if old.is_none() && (stead.is_some_and(|vm| vm.is_ready()) || no_part) {
        return Begun::Over(TaskEnd::Done);
    }
    if let Some(parked) = old.and_then(|old| old.parked.as_ref()) {
        return Begun::Over(TaskEnd::Failed { why: format!("vm {vm} is parked: {}", parked.why) });
    }
    if now > job.begin_by + TAIL {
        let why = match old {
            Some(old) => format!("the old VM is still {} on {}", old.word(), old.host),
            None => "no VM in its stead became ready in time".into(),
        };
        return Begun::Over(TaskEnd::Failed { why });
    }
    if stead.is_none() && wanted { Begun::Vacant } else { Begun::Going }
}
