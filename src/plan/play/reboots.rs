//! Whether a job restarts a host, as things stand: it is on its way to a step that does.

use std::collections::BTreeMap;

use super::Scene;
use super::express::holds;
use super::would::job;
use crate::model::{Act, Host, HostName, HostTask, Job, Opening, Part, Step, Timestamp, World};

/// Whether the job that would be opened does.
pub(in crate::plan) fn reboots(
    world: &World,
    opening: &Opening,
    (name, host): (&HostName, &Host),
    now: Timestamp,
) -> bool {
    let Some(play) = opening.play.as_deref() else { return false };
    // Most schedules restart nothing, and then nothing needs to be worked out.
    if !play.playbook.steps.iter().any(is_reboot) {
        return false;
    }
    let (job, crews) = (job(opening, now), BTreeMap::new());
    let scene = Scene { world, crews: &crews, job: &job, play, now };
    comes_to_it(&scene, (name, host), &HostTask::waiting(now), 0)
}

/// Whether a job that is open does.
pub(in crate::plan) fn reboots_now(
    world: &World,
    job: &Job,
    (name, host): (&HostName, &Host),
    now: Timestamp,
) -> bool {
    let task = job.hosts.get(name).filter(|task| !job.is_over() && !task.state.is_over());
    let (Some(play), Some(task)) = (job.play.as_deref(), task) else { return false };
    if task.failed.is_some() || task.stop.is_some() || task.at.part == Part::Always {
        return false;
    }
    // Once it is at it, it is the step and not its condition that counts.
    let at = play.playbook.step(task.at);
    if task.step.is_some() && at.is_some_and(is_reboot) {
        return true;
    }
    let crews = BTreeMap::new();
    let scene = Scene { world, crews: &crews, job, play, now };
    comes_to_it(&scene, (name, host), task, usize::from(task.at.ix))
}

fn is_reboot(step: &Step) -> bool {
    matches!(step.act, Act::Reboot { .. })
}

/// Whether a step from this one on does, as its condition is now.
pub(super) fn comes_to_it(
    scene: &Scene<'_>,
    (name, host): (&HostName, &Host),
    task: &HostTask,
    from: usize,
) -> bool {
    let mut steps = scene.play.playbook.steps.iter().skip(from).filter(|step| is_reboot(step));
    let does = |when: &String| holds(scene, name, host, task, when) == Ok(true);
    steps.any(|step| step.when.as_ref().is_none_or(does))
}
