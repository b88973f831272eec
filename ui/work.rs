//! What goes on on a host for a job, in words: the state, the step, and what is waited for, as
//! far as the World tells it.

use hostler::model::{
    Act, Host, HostName, HostTask, Job, OpKind, Part, Reach, StepAt, TaskState, Vm, Wanted, World,
    Zone,
};

use super::text;
use super::whys::Whys;

/// `step 2 of 4: drain`.
pub fn step_words(job: &Job, at: StepAt) -> String {
    let playbook = job.play.as_ref().map(|play| &play.playbook);
    let Some((playbook, step)) = playbook.and_then(|book| Some((book, book.step(at)?))) else {
        return at.to_string();
    };
    let n = at.ix + 1;
    match at.part {
        Part::Steps => format!("step {n} of {}: {}", playbook.steps.len(), step.name),
        Part::Always => format!("closing step {n} of {}: {}", playbook.always.len(), step.name),
    }
}

/// What the step under way does.
pub fn act<'a>(job: &'a Job, task: &HostTask) -> Option<&'a Act> {
    task.step.as_ref()?;
    Some(&job.play.as_ref()?.playbook.step(task.at)?.act)
}

/// Why nothing can be asked of the host, if so. One that restarts was asked to be away.
pub fn away(world: &World, host: &HostName, job: &Job, task: &HostTask) -> Option<String> {
    let restarts = matches!(act(job, task), Some(Act::Reboot { .. }));
    silent(world.hosts.get(host)?).filter(|_| !restarts)
}

/// How a host is out of reach, if it is.
pub fn silent(host: &Host) -> Option<String> {
    match host.reach {
        Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch => {
            let why = if host.reach_why.is_empty() { "" } else { ": " };
            Some(format!("it is {}{why}{}", host.reach, host.reach_why))
        }
        Reach::Unknown | Reach::Up | Reach::Suspect | Reach::Locked => None,
    }
}

/// The state of a host's part of a job, in one word.
pub fn task_word(world: &World, job: &Job, host: &HostName, task: &HostTask) -> &'static str {
    match &task.state {
        TaskState::Begun { .. } if away(world, host, job, task).is_some() => "blocked",
        TaskState::Begun { .. } if task.stop.is_some() => "unwinding",
        state @ (TaskState::Waiting
        | TaskState::Begun { .. }
        | TaskState::Done { .. }
        | TaskState::Skipped { .. }
        | TaskState::Failed { .. }
        | TaskState::Cancelled { .. }) => state.word(),
    }
}

/// What a host's part of a job waits for, or why it ended as it did.
pub fn waits(
    (world, whys): (&World, &Whys),
    job: &Job,
    host: &HostName,
    task: &HostTask,
    zone: Zone,
) -> String {
    match &task.state {
        TaskState::Skipped { why, .. } | TaskState::Failed { why, .. } => why.clone(),
        TaskState::Done { .. } | TaskState::Cancelled { .. } => String::new(),
        TaskState::Waiting => match &job.paused {
            Some(why) => format!("the job is paused: {why}"),
            None if task.earliest > world.at => {
                format!("its turn, not before {}", zone.clock(task.earliest))
            }
            None => match whys.job(job.id) {
                Some(why) => format!("its turn: {why}"),
                None => "its turn".into(),
            },
        },
        TaskState::Begun { .. } => match (away(world, host, job, task), act(job, task)) {
            (Some(why), _) => why,
            (None, None) => String::new(),
            (None, Some(act)) => {
                let seen = step_waits(world, host, act);
                let told = || whys.host(job.id, host).unwrap_or_default().to_string();
                if seen.is_empty() { told() } else { seen }
            }
        },
    }
}

/// What a step waits for: of those that empty a host the VMs, of others their command.
fn step_waits(world: &World, host: &HostName, act: &Act) -> String {
    let Some(host) = world.hosts.get(host) else { return "the host has left the fleet".into() };
    let lost = host.op.as_ref().is_some_and(|op| op.lost.is_some());
    let empties = matches!(act, Act::Drain(_) | Act::DeleteVms | Act::Respawn | Act::WaitIdle);
    match (lost, act.sent().is_some()) {
        (true, _) => "whether its command ran is not known: the host fell silent".into(),
        (false, true) if host.op.is_some() => "its command goes on".into(),
        (false, _) if empties => vms_left(world, host).unwrap_or_default(),
        (false, _) => String::new(),
    }
}

/// Which VMs are still on a host and why; `None`: none, as far as was seen. Why comes first: the
/// names may not fit.
pub fn vms_left(world: &World, host: &Host) -> Option<String> {
    let mut left: Vec<(String, Vec<String>)> = Vec::new();
    for vm in host.vms.iter().filter_map(|id| world.vms.get(id)) {
        let (why, name) = (stays(world, vm), format!("{}-{}", vm.pool, vm.id));
        match left.iter_mut().find(|(other, _)| *other == why) {
            Some((_, names)) => names.push(name),
            None => left.push((why, vec![name])),
        }
    }
    if !left.is_empty() {
        let told = |(why, names): &(String, Vec<String>)| {
            format!("{} {why} ({})", text::plural(names.len(), "VM"), names.join(", "))
        };
        return Some(left.iter().map(told).collect::<Vec<_>>().join("; "));
    }
    let slot = host.slots.iter().find(|slot| slot.vm().is_some())?;
    Some(format!("a slot is {}", slot.word()))
}

/// Why a VM is still there.
fn stays(world: &World, vm: &Vm) -> String {
    let probed = world.pools.get(&vm.pool).is_some_and(|pool| pool.spec.busy.is_some());
    let refused = vm.refused.as_ref().filter(|refused| match refused.kind {
        OpKind::Stop | OpKind::Delete | OpKind::Deregister => true,
        OpKind::Clone | OpKind::Start => false,
    });
    if let Some(op) = vm.op.as_ref().filter(|op| op.lost.is_some()) {
        return format!("with its {} lost from sight", op.kind);
    }
    match (refused, vm.wanted, vm.busy) {
        (Some(refused), _, _) => format!("with {} refused: {}", refused.kind, refused.said),
        (None, Wanted::Running, Some(true)) => "with work".into(),
        (None, Wanted::Running, None) if probed => "that may have work".into(),
        (None, Wanted::Running | Wanted::Gone, _) => vm.word().into(),
    }
}
