//! How a job's end becomes an exit code, and what of its way is a line.

use std::sync::Arc;

use hostler::model::{
    Access, Actor, Cause, DrainStep, Each, Host, HostSpec, JobKind, OnFailure, Play, Playbook,
    PoolName, Share, Span, Step, StepDone, StepRun, Task, VmId,
};

use super::*;

fn at(s: i64) -> Timestamp {
    Timestamp::from_millis(s * 1_000)
}

fn name(text: &str) -> HostName {
    text.parse().unwrap()
}

fn world() -> World {
    let mut world = World::default();
    for (host, reach) in [("near", Reach::Up), ("far", Reach::Lost)] {
        let spec = HostSpec::new(Access::Local);
        let known = Host { reach, ..Host::new(spec, at(0)) };
        world.hosts.insert(name(host), Arc::new(known));
    }
    world
}

fn job(state: JobState) -> Job {
    Job {
        id: JobId::from_bits(7),
        kind: JobKind::Drain,
        cause: Cause::Asked,
        by: Actor::controller(),
        opened: at(0),
        begin_by: at(50),
        max_unavailable: Share::Count(1),
        tasks: Default::default(),
        state,
        hosts: Default::default(),
        play: None,
        paused: None,
        forgiven: 0,
    }
}

/// A drain, then a reboot.
fn drain(state: JobState, host: &str, task: HostTask) -> Job {
    let reboot = Act::Reboot { within: Span::from_mins(15) };
    let playbook = Playbook {
        name: "drain".parse().unwrap(),
        summary: String::new(),
        each: Each::Host,
        steps: vec![Step::plain(Act::Drain(DrainStep::default())), Step::plain(reboot)],
        always: vec![],
        on_failure: OnFailure::Hold,
    };
    let play = Play {
        playbook,
        reason: "disk".into(),
        max_fail: Share::Count(1),
        min_healthy: Span::ZERO,
        min_available: None,
        busy: Default::default(),
        key: None,
        hold: None,
    };
    let hosts = [(name(host), task)].into();
    Job { hosts, play: Some(Arc::new(play)), ..job(state) }
}

fn task(state: TaskState) -> HostTask {
    HostTask { state, ..HostTask::waiting(at(0)) }
}

fn at_step(ix: u16) -> HostTask {
    let step = StepRun {
        began: at(1),
        attempt: 1,
        deadline: None,
        on_deadline: None,
        force: false,
        boot: String::new(),
        answer: None,
    };
    let at = StepAt { part: Part::Steps, ix };
    HostTask { at, step: Some(step), ..task(TaskState::Begun { at: self::at(1) }) }
}

fn exit(world: &World, job: &Job) -> Option<u8> {
    ended(world, job).map(|end| end.map_or_else(|failure| failure.exit(), |()| 0))
}

#[test]
fn the_exit_code_tells_how_a_job_over_vms_ended() {
    let world = world();
    let skipped = |s: i64| TaskState::Skipped { at: at(s), why: "busy".into() };
    let failed = JobState::Failed { at: at(9), why: "1 of 1 tasks".into() };
    let done = JobState::Done { at: at(9) };
    for (state, host, task, code) in [
        (JobState::Running, "near", TaskState::Waiting, None),
        (done, "near", TaskState::Done { at: at(1) }, Some(0)),
        (failed.clone(), "near", TaskState::Failed { at: at(1), why: "no".into() }, Some(1)),
        (failed.clone(), "near", skipped(1), Some(1)),
        (failed.clone(), "near", skipped(100), Some(5)),
        (failed, "far", skipped(100), Some(4)),
    ] {
        let pool: PoolName = "ci".parse().unwrap();
        let replacement = None;
        let task = Task { host: name(host), pool: pool.clone(), state: task, replacement };
        let tasks = [(VmId::from_bits(1), task)].into();
        let job = Job { kind: JobKind::Respawn { pool }, tasks, ..job(state) };
        assert_eq!(exit(&world, &job), code, "{job:?}");
    }
}

#[test]
fn the_exit_code_tells_how_a_drain_ended() {
    let world = world();
    let failed = JobState::Failed { at: at(9), why: "1 of 1 tasks".into() };
    let failed_at = |ix| {
        let why = "no".to_string();
        let done = StepDone {
            at: StepAt { part: Part::Steps, ix },
            began: at(1),
            ended: at(2),
            attempt: 1,
            end: StepEnd::Failed { why: why.clone() },
            said: String::new(),
        };
        HostTask { log: vec![done], ..task(TaskState::Failed { at: at(2), why }) }
    };
    for (state, host, task, code) in [
        (JobState::Running, "near", at_step(0), None),
        (JobState::Done { at: at(9) }, "near", task(TaskState::Done { at: at(9) }), Some(0)),
        (failed.clone(), "near", failed_at(1), Some(1)),
        (failed.clone(), "near", failed_at(0), Some(5)),
        (failed, "far", failed_at(0), Some(4)),
        (
            JobState::Cancelled { at: at(9) },
            "near",
            task(TaskState::Cancelled { at: at(9) }),
            Some(6),
        ),
    ] {
        let job = drain(state, host, task);
        assert_eq!(exit(&world, &job), code, "{job:?}");
    }
}

#[test]
fn what_is_left_out_of_reach_blocks_and_a_restart_does_not() {
    let world = world();
    let code = |host, task| {
        let job = drain(JobState::Running, host, task);
        blocked(&world, &job).map(|failure| failure.exit())
    };
    assert_eq!(code("far", at_step(0)), Some(4));
    assert_eq!(code("far", task(TaskState::Waiting)), Some(4));
    assert_eq!(code("far", at_step(1)), None);
    assert_eq!(code("near", at_step(0)), None);
    assert_eq!(code("far", task(TaskState::Done { at: at(1) })), None);
    let mut both = drain(JobState::Running, "far", at_step(0));
    both.hosts.insert(name("near"), at_step(0));
    assert_eq!(blocked(&world, &both), None);
    // What has begun ends by itself; what waits does not while the job is paused.
    let paused = |state| {
        let job = drain(JobState::Running, "near", task(state));
        Job { paused: Some("two hosts have failed".into()), ..job }
    };
    assert_eq!(blocked(&world, &paused(TaskState::Begun { at: at(1) })), None);
    let failure = blocked(&world, &paused(TaskState::Waiting)).unwrap();
    assert_eq!(failure.exit(), BLOCKED);
    assert!(failure.to_string().contains("`hostler job resume"), "{failure}");
}

#[test]
fn a_line_comes_for_each_change_and_not_for_figures_that_count() {
    let world = world();
    let mut monitor = Monitor::default();
    let mut said = |task: HostTask, why: &str| {
        let job = drain(JobState::Running, "near", task);
        let whys = [(name("near"), why.to_string())].into();
        let news = monitor.news(&world, &job, &whys, at(5));
        news.iter().map(|change| serde_json::to_string(change).unwrap()).collect::<Vec<_>>()
    };
    let head = r#"{"at":"1970-01-01T00:00:05.000Z","job":"000000000007","host":"near","#;
    assert_eq!(
        said(at_step(0), "30s are left"),
        [format!(r#"{head}"state":"running","step":"step 1 of 2: drain","why":"30s are left"}}"#)]
    );
    assert_eq!(said(at_step(0), "29s are left"), [""; 0]);
    assert_eq!(said(at_step(0), "it has work").len(), 1);
    assert_eq!(said(at_step(1), "it has work").len(), 1);
    let over = said(task(TaskState::Done { at: at(6) }), "");
    assert_eq!(over, [format!(r#"{head}"state":"done","step":null,"why":null}}"#)]);
}
