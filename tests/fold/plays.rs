//! The part of a walk that is about hosts' tasks: jobs with a playbook, their steps and commands,
//! drains that are changed, jobs that pause, and schedules that wait or pass over a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostler::model::*;

use crate::walk::{HOSTS, Walk, outcome};

impl Walk {
    /// An open job over hosts, mostly.
    fn play_job(&self, a: u16) -> Option<Arc<Job>> {
        let open = || self.world.jobs.values().filter(|job| job.play.is_some() && !job.is_over());
        open().nth(usize::from(a) % (open().count() + 1)).cloned()
    }

    /// A host's task of such a job.
    fn task(&self, a: u16, b: u16) -> Option<(Arc<Job>, HostName)> {
        let job = self.play_job(a)?;
        let host = job.hosts.keys().nth(usize::from(b) % job.hosts.len().max(1))?.clone();
        Some((job, host))
    }

    /// What naturally comes next for a host's task.
    pub(crate) fn play_onward(&mut self, a: u16, b: u16, c: u16) -> Event {
        let Some((known, host)) = self.task(a, b) else { return self.play_opened(b) };
        let (job, task) = (known.id, &known.hosts[&host]);
        let under_way = self.world.hosts.get(&host).and_then(|host| host.op.as_ref());
        match &task.state {
            TaskState::Waiting if c.is_multiple_of(7) => {
                let end = TaskEnd::Skipped { why: "busy".into(), busy: true };
                Event::HostTaskEnded { job, host, end }
            }
            TaskState::Waiting => Event::HostTaskBegun { job, host },
            TaskState::Begun { .. } => match (&task.step, under_way) {
                (Some(_), Some(op)) => {
                    let (op, said) = (op.id, "well".to_string());
                    Event::HostOpEnded { host, op, outcome: outcome(c), said }
                }
                (Some(run), None) if run.answer.is_none() && c.is_multiple_of(3) => {
                    let (op, at) = (OpId::from_bits(self.next_id()), task.at);
                    Event::HostOpBegun { host, op, job, at }
                }
                (Some(_), None) => Event::StepEnded { job, host, end: step_end(c) },
                (None, _) => match task.next(&known.play.as_ref().unwrap().playbook) {
                    Some(at) => self.step_begun(job, host, at, c),
                    None => Event::HostTaskEnded { job, host, end: task_end(c) },
                },
            },
            TaskState::Done { .. }
            | TaskState::Skipped { .. }
            | TaskState::Failed { .. }
            | TaskState::Cancelled { .. } => Event::JobEnded { job },
        }
    }

    fn step_begun(&self, job: JobId, host: HostName, at: StepAt, c: u16) -> Event {
        let deadline = c.is_multiple_of(2).then(|| self.now + Span::from_mins(60));
        Event::StepBegun { job, host, at, deadline, boot: format!("boot-{}", c % 3) }
    }

    /// Anything that can be said of a host's task, whether it follows or not.
    pub(crate) fn play_event(&mut self, a: u16, b: u16, c: u16) -> Event {
        let Some((known, host)) = self.task(a, b) else { return self.play_opened(b) };
        let (job, at) = (known.id, known.hosts[&host].at);
        let part = if c.is_multiple_of(2) { Part::Steps } else { Part::Always };
        let any = StepAt { part, ix: c % 4 };
        let op = OpId::from_bits(u64::from(c));
        match c % 13 {
            0 => Event::HostTaskStopped { job, host },
            1 | 2 => {
                Event::HostTaskRetried { job, host, at: StepAt { part: Part::Steps, ix: b % 2 } }
            }
            3 => {
                let deadline = Some(self.now + Span::from_mins(u64::from(b % 90)));
                let (on_deadline, force) = (OnDeadline::Abort, b.is_multiple_of(2));
                let patience = b.is_multiple_of(3).then(|| Span::from_mins(5));
                Event::DrainChanged { job, host, deadline, on_deadline, force, patience }
            }
            4 => Event::JobPaused { job, why: "two hosts have failed".into() },
            5 => Event::JobResumed { job },
            6 => Event::Notified { job, host, message: "it is done".into() },
            7 => self.step_begun(job, host, if b.is_multiple_of(2) { at } else { any }, c),
            8 => Event::StepEnded { job, host, end: step_end(b) },
            9 => Event::HostTaskEnded { job, host, end: task_end(b) },
            10 => Event::HostOpBegun { host, op, job, at: any },
            11 => Event::HostOpEnded { host, op, outcome: outcome(b), said: String::new() },
            _ => Event::HostTaskBegun { job, host },
        }
    }

    pub(crate) fn schedule_event(&self, a: u16, b: u16) -> Event {
        let schedule = "nightly".parse().unwrap();
        let pool = || "ci".parse().unwrap();
        match a % 6 {
            4 => Event::PoolHeld { pool: pool(), why: "five starts failed".into() },
            5 => Event::PoolReleased { pool: pool() },
            0 => Event::ScheduleSuspended { schedule, reason: "a move".into() },
            1 | 2 => Event::ScheduleResumed { schedule },
            _ => {
                let upto = self.now + Span::from_secs(u64::from(b % 90));
                Event::RunsSkipped { schedule, upto: upto - Span::from_secs(20) }
            }
        }
    }

    fn play_opened(&mut self, b: u16) -> Event {
        let from = self.now;
        let hosts = HOSTS.iter().filter(|host| self.world.hosts.contains_key(**host));
        let mut hosts: BTreeMap<HostName, HostTask> =
            hosts.map(|host| (host.parse().unwrap(), HostTask::waiting(from))).collect();
        // Now and then a job that claims to be further than it can be.
        if b.is_multiple_of(13) {
            hosts.values_mut().for_each(|task| task.state = TaskState::Begun { at: from });
        }
        let schedule = "nightly".parse().unwrap();
        let run = Cause::Run { schedule, nominal: from };
        let job = Job {
            id: JobId::from_bits(self.next_id()),
            kind: JobKind::Playbook { name: "care".parse().unwrap() },
            cause: if b.is_multiple_of(2) { run } else { Cause::Asked },
            by: Actor::controller(),
            opened: from,
            begin_by: from + Span::from_hours(4),
            max_unavailable: Share::Count(1),
            tasks: BTreeMap::new(),
            hosts,
            play: Some(Arc::new(play())),
            paused: None,
            forgiven: 0,
            state: JobState::Running,
        };
        Event::JobOpened { job: Box::new(job) }
    }
}

fn play() -> Play {
    let steps = vec![
        Step::plain(Act::Drain(DrainStep::default())),
        Step::plain(Act::Reboot { within: Span::from_mins(15) }),
    ];
    let playbook = Playbook {
        name: "care".parse().unwrap(),
        summary: "Takes care of a host.".into(),
        each: Each::Host,
        steps,
        always: vec![Step::plain(Act::Undrain)],
        on_failure: OnFailure::Hold,
    };
    Play {
        playbook,
        reason: "it is time".into(),
        max_fail: Share::Percent(5),
        min_healthy: Span::from_secs(30),
        min_available: None,
        busy: BusyPolicy::Wait,
        key: None,
        hold: None,
    }
}

fn step_end(c: u16) -> StepEnd {
    match c % 5 {
        0 => StepEnd::Failed { why: "no room".into() },
        1 => StepEnd::Skipped { why: "`false` does not hold".into() },
        _ => StepEnd::Done,
    }
}

fn task_end(c: u16) -> TaskEnd {
    match c % 5 {
        0 => TaskEnd::Failed { why: "no room".into() },
        1 => TaskEnd::Skipped { why: "busy".into(), busy: true },
        2 => TaskEnd::Cancelled,
        _ => TaskEnd::Done,
    }
}
