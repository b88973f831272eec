//! The next move of a task that has begun: its next step begins, the one under way goes on or
//! ends, the task ends, or it is unwound because somebody called it off.

use super::express::holds;
use super::{Moves, Scene, apply};
use crate::model::{
    Act, Action, Event, HoldKind, Host, HostName, HostTask, JobKind, OnFailure, Part, Reach, Span,
    Step, StepAt, StepEnd, StepRun, TaskEnd, Vm, Wanted,
};

/// A host that cannot be reached for so long fails its task.
const GIVE_UP: Span = Span::from_mins(30);

/// What comes of looking at the step under way.
pub(super) enum Next {
    Wait(String),
    End(Result<(), String>),
}

/// The next move of a host's task.
pub(super) fn advance<'a>(
    scene: &Scene<'a>,
    name: &'a HostName,
    task: &'a HostTask,
    moves: &mut Moves<'a>,
) {
    let Some(host) = scene.world.hosts.get(name).map(AsRef::as_ref) else {
        let end = TaskEnd::Failed { why: format!("{name} has left the fleet") };
        return finish(scene, name, task, end, moves);
    };
    if task.stop.is_some() {
        return unwind(scene, (name, host), task, moves);
    }
    match &task.step {
        None => begin(scene, (name, host), task, moves),
        Some(run) => go_on(scene, (name, host), task, run, moves),
    }
}

/// The next step begins, or there is none and the task ends.
fn begin<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &'a HostTask,
    moves: &mut Moves<'a>,
) {
    let next = task.next(&scene.play.playbook);
    let Some((at, step)) = next.and_then(|at| Some((at, scene.play.playbook.step(at)?))) else {
        return close(scene, (name, host), task, moves);
    };
    let skip = match (&step.when, done_by_another(scene, name, step, at)) {
        (_, Some(other)) => Some(StepEnd::Skipped { why: format!("{other} does it for all") }),
        (Some(when), None) => match holds(scene, name, host, task, when) {
            Ok(true) => None,
            Ok(false) => Some(StepEnd::Skipped { why: format!("`{when}` does not hold") }),
            Err(why) => Some(StepEnd::Failed { why }),
        },
        (None, None) => None,
    };
    let patience = if let Act::Drain(drain) = &step.act {
        let said = task.patience.filter(|_| at == StepAt::default());
        said.map_or(drain.deadline, |said| said.deadline)
    } else {
        None
    };
    let deadline = patience.map(|patience| scene.now + patience);
    step_begins(scene, (name, host), at, deadline, moves);
    if let Some(end) = skip {
        let (job, host) = (scene.job.id, name.clone());
        moves.note(Event::StepEnded { job, host, end });
    }
}

fn step_begins(
    scene: &Scene<'_>,
    (name, host): (&HostName, &Host),
    at: StepAt,
    deadline: Option<crate::model::Timestamp>,
    moves: &mut Moves<'_>,
) {
    let boot = host.seen.as_ref().map(|seen| seen.facts.boot.clone()).unwrap_or_default();
    let (job, host) = (scene.job.id, name.clone());
    moves.note(Event::StepBegun { job, host, at, deadline, boot });
}

/// The host that has done, or is at, a step which is done once for all.
fn done_by_another<'a>(
    scene: &Scene<'a>,
    name: &HostName,
    step: &Step,
    at: StepAt,
) -> Option<&'a HostName> {
    let mut others = scene.job.hosts.iter().filter(|(other, _)| step.once && *other != name);
    let has = |task: &HostTask| {
        let done = task.log.iter().any(|done| done.at == at && done.end == StepEnd::Done);
        done || (task.step.is_some() && task.at == at)
    };
    others.find(|(_, task)| has(task)).map(|(other, _)| other)
}

/// The step under way waits, ends, or is tried again.
fn go_on<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &'a HostTask,
    run: &'a StepRun,
    moves: &mut Moves<'a>,
) {
    let Some(step) = scene.play.playbook.step(task.at) else { return };
    let next = match apply::apply(scene, (name, host), task, run, step, moves) {
        Next::Wait(why) => match give_up(scene, host, (step, run), &why) {
            Some(why) => Next::End(Err(why)),
            None => Next::Wait(why),
        },
        end => end,
    };
    let (job, host_name) = (scene.job.id, name.clone());
    match next {
        Next::Wait(why) => moves.wait(name, job, format!("{}: {why}", step.name)),
        Next::End(Ok(())) => {
            moves.note(Event::StepEnded { job, host: host_name, end: StepEnd::Done });
        }
        Next::End(Err(_)) if run.attempt <= step.retries && host.op.is_none() => {
            step_begins(scene, (name, host), task.at, run.deadline, moves);
        }
        Next::End(Err(why)) => {
            let why = format!("{}: {why}", step.name);
            moves.note(Event::StepEnded { job, host: host_name, end: StepEnd::Failed { why } });
        }
    }
}

/// Why a step is not waited for any longer, and what it waited for at the last.
fn give_up(
    scene: &Scene<'_>,
    host: &Host,
    (step, run): (&Step, &StepRun),
    waits: &str,
) -> Option<String> {
    let silent = matches!(host.reach, Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch);
    let since = scene.now.since(host.reach_since);
    // A drain that a person asked for is theirs to call off.
    if silent && since >= GIVE_UP && scene.job.kind != JobKind::Drain {
        return Some(format!("the host is {} for {}", host.reach, since.rough()));
    }
    let most = step.timeout.or_else(|| apply::usual_time(&step.act))?;
    (scene.now.since(run.began) > most).then(|| {
        let lost = host.op.as_ref().is_some_and(|op| op.lost.is_some());
        let unknown = if lost { "; whether its command ran is not known" } else { "" };
        format!("it took longer than {most}{unknown}: {waits}")
    })
}

/// No step is left: what failed is held or let go, and the task ends.
fn close<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &'a HostTask,
    moves: &mut Moves<'a>,
) {
    let Some(why) = task.failed.clone() else {
        return finish(scene, name, task, TaskEnd::Done, moves);
    };
    // A drain that ran into its deadline stays as it is: cordoned, with its VMs at work.
    let last = task.log.iter().rev().find(|done| done.at.part == Part::Steps);
    let step = last.and_then(|done| scene.play.playbook.step(done.at));
    let aborted = step.is_some_and(|step| matches!(step.act, Act::Drain(_)));
    if !aborted {
        if scene.play.playbook.on_failure == OnFailure::Hold {
            let reason = format!("{} failed: {why}", scene.job.title());
            let (host, kind) = (name.clone(), HoldKind::Quarantine);
            moves.actions.push(Action::Hold { host, kind, reason, until: None, job: None });
        }
        release(scene, (name, host), "its task has failed", moves);
    }
    finish(scene, name, task, TaskEnd::Failed { why }, moves);
}

fn finish(
    scene: &Scene<'_>,
    name: &HostName,
    task: &HostTask,
    end: TaskEnd,
    moves: &mut Moves<'_>,
) {
    let (job, host) = (scene.job.id, name.clone());
    if task.step.is_some() {
        let end = StepEnd::Failed { why: end.to_string() };
        moves.note(Event::StepEnded { job, host: host.clone(), end });
    }
    moves.note(Event::HostTaskEnded { job, host, end });
}

/// Lifts the job's own holds; whether there were any.
pub(super) fn release(
    scene: &Scene<'_>,
    (name, host): (&HostName, &Host),
    why: &str,
    moves: &mut Moves<'_>,
) -> bool {
    let ours = host.holds.values().filter(|hold| hold.job == Some(scene.job.id));
    let before = moves.actions.len();
    moves.actions.extend(ours.map(|hold| Action::Release {
        host: name.clone(),
        hold: hold.id,
        why: why.into(),
    }));
    moves.actions.len() > before
}

/// What cannot be got rid of is not waited for.
fn is_going(vm: &Vm) -> bool {
    vm.wanted == Wanted::Gone && vm.parked.is_none()
}

/// A task that was called off: what was issued ends first, then the holds go.
fn unwind<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &'a HostTask,
    moves: &mut Moves<'a>,
) {
    let step = task.step.as_ref().and(scene.play.playbook.step(task.at));
    if let (Some(step), Some(run)) = (step, &task.step)
        && matches!(step.act, Act::Reboot { .. })
        && (run.answer.is_some() || host.op.is_some())
    {
        // It is on its way down: no undoing that.
        return go_on(scene, (name, host), task, run, moves);
    }
    if host.op.is_some() {
        return moves.wait(name, scene.job.id, "its command ends first".into());
    }
    if let Some(vm) = scene.world.vms_on(host).find(|vm| is_going(vm)) {
        let why = format!("vm {} is on its way out and leaves first", vm.id);
        return moves.wait(name, scene.job.id, why);
    }
    release(scene, (name, host), "its task was called off", moves);
    finish(scene, name, task, TaskEnd::Cancelled, moves);
}
