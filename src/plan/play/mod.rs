//! Hosts' tasks: whose turn it is, the next move of each that has begun, and what stands against
//! it. A move is small: one step begins, ends, or sends a command; the next pass makes the next.

mod apply;
mod empty;
mod express;
mod fit;
mod reboots;
mod step;
mod turn;
mod would;

use std::collections::{BTreeMap, BTreeSet};

use super::pools::Crew;
use crate::model::{
    Act, Action, Event, Held, HostName, Job, JobId, OpKind, Play, PoolName, StepAt, Surge,
    TaskState, Timestamp, Vm, Want, World,
};

pub(super) use apply::lacks;
pub(super) use empty::{Leave, leave, leave_as};
pub(super) use fit::unfit;
pub(super) use reboots::{reboots, reboots_now};
pub(super) use would::Would;

/// What the hosts' tasks make of this pass.
#[derive(Default)]
pub(super) struct Moves<'a> {
    pub(super) actions: Vec<Action>,
    pub(super) held: Vec<Held>,
    /// VMs whose agents are to be told that they get no more work.
    pub(super) tell: Vec<&'a Vm>,
    /// Steps to be sent to their hosts.
    pub(super) send: Vec<Send<'a>>,
}

/// A step to be sent to its host.
pub(super) struct Send<'a> {
    pub(super) host: &'a HostName,
    pub(super) job: JobId,
    pub(super) at: StepAt,
    /// What it is about, where the step leaves that open.
    pub(super) what: Vec<String>,
}

/// One job with its play, as it stands.
struct Scene<'a> {
    world: &'a World,
    crews: &'a BTreeMap<&'a PoolName, Crew<'a>>,
    job: &'a Job,
    play: &'a Play,
    now: Timestamp,
}

/// Walks the open jobs that have a play.
pub(super) fn moves<'a>(
    world: &'a World,
    crews: &'a BTreeMap<&'a PoolName, Crew<'a>>,
    now: Timestamp,
) -> Moves<'a> {
    let mut moves = Moves::default();
    for job in world.jobs.values().filter(|job| !job.is_over()) {
        let Some(play) = job.play.as_deref() else { continue };
        let scene = Scene { world, crews, job, play, now };
        let begun = |state: &TaskState| matches!(state, TaskState::Begun { .. });
        for (name, task) in job.hosts.iter().filter(|(_, task)| begun(&task.state)) {
            step::advance(&scene, name, task, &mut moves);
        }
        turn::begin(&scene, &mut moves);
        if job.hosts.values().all(|task| task.state.is_over()) {
            moves.actions.push(Action::EndJob { job: job.id });
        }
    }
    moves
}

/// Hosts that are being emptied with their VMs' successors first: their VMs do not count as
/// kept any more.
pub(super) fn leaving(world: &World) -> BTreeSet<&HostName> {
    let mut leaving = BTreeSet::new();
    for job in world.jobs.values().filter(|job| !job.is_over()) {
        let Some(play) = job.play.as_deref() else { continue };
        for (name, task) in job.hosts.iter().filter(|(_, task)| task.stop.is_none()) {
            let act = task.step.as_ref().and(play.playbook.step(task.at)).map(|step| &step.act);
            if let Some(Act::Drain(drain)) = act
                && drain.surge == Surge::Auto
            {
                leaving.insert(name);
            }
        }
    }
    leaving
}

impl<'a> Moves<'a> {
    fn note(&mut self, event: Event) {
        self.actions.push(Action::Note { event: Box::new(event) });
    }

    fn wait(&mut self, host: &HostName, job: JobId, why: String) {
        let want = Want::Host { host: host.clone(), job };
        self.held.push(Held { want, why, refused: BTreeMap::new() });
    }

    /// The commands for VMs among these moves.
    pub(super) fn commands(&self) -> impl Iterator<Item = (OpKind, &'a Vm)> {
        self.tell.iter().map(|vm| (OpKind::Deregister, *vm))
    }
}
