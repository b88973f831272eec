//! How long things usually take: of steps the median over the same step of the same playbook in
//! tasks that are over, as far as the World still knows them; of VMs that over those there are.

use std::collections::BTreeMap;

use super::{Phase, Playbook, Span, StepAt, StepEnd, World};

/// How long a playbook's steps usually take.
pub type UsualSteps = BTreeMap<StepAt, Span>;

/// What the World remembers of a playbook's steps.
pub fn usual_steps(world: &World, playbook: &Playbook) -> UsualSteps {
    let mut took: BTreeMap<StepAt, Vec<Span>> = BTreeMap::new();
    for job in world.jobs.values() {
        let Some(other) = job.play.as_ref().filter(|p| p.playbook.name == playbook.name) else {
            continue;
        };
        for task in job.hosts.values().filter(|task| task.state.is_over()) {
            for done in task.log.iter().filter(|done| done.end == StepEnd::Done) {
                // The file may have changed between the jobs: another act is another step.
                if playbook.step(done.at) == other.playbook.step(done.at) {
                    took.entry(done.at).or_default().push(done.ended.since(done.began));
                }
            }
        }
    }
    took.into_iter().filter_map(|(at, spans)| Some((at, median(spans)?))).collect()
}

/// How long VMs took from their place to their readiness; `None`: none is ready.
pub fn usual_start(world: &World) -> Option<Span> {
    let ready = world.vms.values().filter(|vm| vm.phase == Phase::Ready);
    median(ready.map(|vm| vm.phase_since.since(vm.created)).collect())
}

/// The middle one; of two in the middle the longer.
fn median(mut spans: Vec<Span>) -> Option<Span> {
    spans.sort();
    spans.get(spans.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Act, Actor, BusyPolicy, Cause, Each, HostTask, Job, JobId, JobKind, JobState, OnFailure,
        Play, Share, Step, StepDone, TaskState, Timestamp,
    };

    fn step(run: &str) -> Step {
        Step::plain(Act::Sh { run: run.into() })
    }

    fn playbook(run: &str) -> Playbook {
        Playbook {
            name: "wipe".parse().unwrap(),
            summary: String::new(),
            each: Each::Host,
            steps: vec![step(run)],
            always: Vec::new(),
            on_failure: OnFailure::default(),
        }
    }

    /// A job that is over, whose one step took so long on its host.
    fn job(n: u64, playbook: Playbook, secs: u64) -> Job {
        let at = |s: u64| Timestamp::default() + Span::from_secs(s);
        let done = StepDone {
            at: StepAt::default(),
            began: at(100),
            ended: at(100 + secs),
            attempt: 1,
            end: StepEnd::Done,
            said: String::new(),
        };
        let task = HostTask {
            state: TaskState::Done { at: at(900) },
            log: vec![done],
            ..HostTask::waiting(at(0))
        };
        let play = Play {
            playbook,
            reason: String::new(),
            max_fail: Share::Count(1),
            min_healthy: Span::ZERO,
            min_available: None,
            busy: BusyPolicy::Wait,
            key: None,
            hold: None,
        };
        Job {
            id: JobId::from_bits(n),
            kind: JobKind::Playbook { name: play.playbook.name.clone() },
            cause: Cause::Asked,
            by: Actor::controller(),
            opened: at(0),
            begin_by: at(900),
            max_unavailable: Share::Count(1),
            tasks: BTreeMap::new(),
            hosts: [("mini-01".parse().unwrap(), task)].into(),
            play: Some(Arc::new(play)),
            paused: None,
            forgiven: 0,
            state: JobState::Done { at: at(900) },
        }
    }

    #[test]
    fn a_step_is_remembered_by_its_act_and_not_by_its_place() {
        let mut world = World::default();
        for (n, run, secs) in [(1, "clean", 17), (2, "clean", 20), (3, "clean", 400), (4, "old", 1)]
        {
            let job = job(n, playbook(run), secs);
            world.jobs.insert(job.id, Arc::new(job));
        }
        let known = |run| usual_steps(&world, &playbook(run)).get(&StepAt::default()).copied();
        assert_eq!(known("clean"), Some(Span::from_secs(20)));
        assert_eq!(known("old"), Some(Span::from_secs(1)));
        assert_eq!(known("new"), None);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        let of = |secs: &[u64]| median(secs.iter().map(|s| Span::from_secs(*s)).collect());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[9]), Some(Span::from_secs(9)));
        assert_eq!(of(&[900, 1, 5]), Some(Span::from_secs(5)));
        assert_eq!(of(&[4, 1]), Some(Span::from_secs(4)));
    }
}
