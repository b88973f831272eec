//! A fleet at work for the windows of jobs and drains: playbooks host by host with what their
//! steps said, drains that wait, are stuck, are over.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostler::model::{
    Act, Actor, BusyPolicy, Cause, DrainStep, Each, Entry, Event, Hold, HoldId, HoldKind, HostTask,
    Job, JobId, JobKind, JobState, OnDeadline, OnFailure, OpId, Outcome, Part, Play, Playbook,
    Reach, Share, Span, Step, StepAt, StepEnd, TaskEnd, Timestamp, Via,
};

use super::fleet::{Maker, host};

/// What a step says in this fleet.
const SAID: &str = "Checking for updates\nmacOS 26.1 is the newest\n  disk1s5: 412 GB free\nwarning: \
                    /usr/local/bin/brew is owned by root, and every formula that was poured since \
                    will be poured again when it is next asked for\ndone";

fn alice() -> Actor {
    Actor { who: "alice".into(), via: Via::Cli }
}

pub(super) fn step(name: &str, act: Act) -> Step {
    Step { name: name.into(), ..Step::plain(act) }
}

/// Six steps and one that is always done.
pub(super) fn upkeep() -> Playbook {
    let sh = |run: &str| Act::Sh { run: run.into() };
    Playbook {
        name: "upkeep".parse().unwrap(),
        summary: "Takes care of a host.".into(),
        each: Each::Host,
        steps: vec![
            step("drain", Act::Drain(DrainStep::default())),
            step("update the tools", sh("brew upgrade")),
            step("clean caches", sh("rm -rf ~/Library/Caches/*")),
            step("reboot", Act::Reboot { within: Span::from_mins(15) }),
            step("verify", Act::Verify),
            step("fetch the images", Act::Prefetch { image: None }),
        ],
        always: vec![step("undrain", Act::Undrain)],
        on_failure: OnFailure::Hold,
    }
}

fn drain() -> Playbook {
    let step = DrainStep {
        deadline: Some(Span::from_mins(45)),
        on_deadline: OnDeadline::Stop,
        ..Default::default()
    };
    Playbook {
        name: "drain".parse().unwrap(),
        summary: "Empties a host.".into(),
        steps: vec![
            Step::plain(Act::Drain(step)),
            Step::plain(Act::Reboot { within: Span::from_mins(15) }),
        ],
        always: Vec::new(),
        ..upkeep()
    }
}

fn play(playbook: Playbook, reason: &str) -> Play {
    Play {
        playbook,
        reason: reason.into(),
        max_fail: Share::Count(2),
        min_healthy: Span::ZERO,
        min_available: None,
        busy: BusyPolicy::Wait,
        key: None,
        hold: None,
    }
}

impl Maker {
    /// A fleet with a playbook under way, one that is over, and drains in every state.
    pub fn at_work() -> Self {
        let mut maker = Self::new(24, 20);
        maker.upkeep_before();
        maker.upkeep_now();
        maker.drains_now();
        maker
    }

    pub fn later(&mut self, secs: u64) {
        self.at = self.at + Span::from_secs(secs);
    }

    fn opened(&mut self, kind: JobKind, hosts: &[u16], play: Play) -> JobId {
        let id = JobId::from_bits(self.id());
        let task = |n: &u16| (host(&format!("mac-{n:04}")), HostTask::waiting(self.at));
        let job = Job {
            id,
            kind,
            cause: Cause::Asked,
            by: alice(),
            opened: self.at,
            begin_by: self.at + Span::from_hours(4),
            max_unavailable: Share::Count(2),
            tasks: BTreeMap::new(),
            hosts: hosts.iter().map(task).collect(),
            play: Some(Arc::new(play)),
            paused: None,
            forgiven: 0,
            state: JobState::Running,
        };
        self.entry_by(alice(), Event::JobOpened { job: Box::new(job) });
        id
    }
    fn upkept(&mut self, hosts: &[u16]) -> JobId {
        let kind = JobKind::Playbook { name: "upkeep".parse().unwrap() };
        self.opened(kind, hosts, play(upkeep(), "the tools of November"))
    }

    pub fn task_begins(&mut self, job: JobId, n: u16) -> Entry {
        self.entry(Event::HostTaskBegun { job, host: host(&format!("mac-{n:04}")) })
    }
    pub fn step_begins(
        &mut self,
        job: JobId,
        n: u16,
        ix: u16,
        deadline: Option<Timestamp>,
    ) -> Entry {
        let part = Part::Steps;
        self.step_at(job, n, StepAt { part, ix }, deadline)
    }
    fn step_at(&mut self, job: JobId, n: u16, at: StepAt, deadline: Option<Timestamp>) -> Entry {
        let host = host(&format!("mac-{n:04}"));
        self.entry(Event::StepBegun { job, host, at, deadline, boot: "boot-1".into() })
    }
    /// The step's command goes to the host and comes back so much later.
    fn says(&mut self, job: JobId, n: u16, ix: u16, secs: u64, said: &str) {
        let (op, host) = (OpId::from_bits(self.id()), host(&format!("mac-{n:04}")));
        let at = StepAt { part: Part::Steps, ix };
        self.entry(Event::HostOpBegun { host: host.clone(), op, job, at });
        self.later(secs);
        let (outcome, said) = (Outcome::Done, said.to_string());
        self.entry(Event::HostOpEnded { host, op, outcome, said });
    }
    pub fn step_ends(&mut self, job: JobId, n: u16, end: StepEnd) -> Entry {
        self.entry(Event::StepEnded { job, host: host(&format!("mac-{n:04}")), end })
    }
    pub fn task_ends(&mut self, job: JobId, n: u16, end: TaskEnd) -> Entry {
        self.entry(Event::HostTaskEnded { job, host: host(&format!("mac-{n:04}")), end })
    }
    pub fn job_ends(&mut self, job: JobId) -> Entry {
        self.entry(Event::JobEnded { job })
    }

    /// So many steps of the playbook are done, each in its time.
    fn steps(&mut self, job: JobId, n: u16, took: &[u64]) {
        self.task_begins(job, n);
        for (ix, secs) in (0..).zip(took) {
            self.step_begins(job, n, ix, None);
            match upkeep().steps[usize::from(ix)].act.sent() {
                Some(_) => self.says(job, n, ix, *secs, SAID),
                None => self.later(*secs),
            }
            self.step_ends(job, n, StepEnd::Done);
        }
    }

    fn upkeep_before(&mut self) {
        let job = self.upkept(&[11, 12]);
        for n in [11, 12] {
            self.steps(job, n, &[20, 90, 15, 140, 10, 60]);
            self.step_at(job, n, StepAt { part: Part::Always, ix: 0 }, None);
            self.step_ends(job, n, StepEnd::Done);
            self.task_ends(job, n, TaskEnd::Done);
        }
        self.job_ends(job);
        self.later(3_600);
    }

    /// One host is done, one has failed, one is out of reach, one goes on, others wait.
    fn upkeep_now(&mut self) {
        let job = self.upkept(&[11, 12, 13, 14, 15, 16, 17, 18]);
        self.steps(job, 11, &[22, 95, 12, 150, 9, 55]);
        self.step_at(job, 11, StepAt { part: Part::Always, ix: 0 }, None);
        self.step_ends(job, 11, StepEnd::Done);
        self.task_ends(job, 11, TaskEnd::Done);
        self.steps(job, 12, &[18]);
        self.step_begins(job, 12, 1, None);
        self.says(job, 12, 1, 40, "Error: tap hostler/tools: not found\nbrew said 1");
        let why = "update the tools: it ended with 1".to_string();
        self.step_ends(job, 12, StepEnd::Failed { why: why.clone() });
        self.step_at(job, 12, StepAt { part: Part::Always, ix: 0 }, None);
        self.step_ends(job, 12, StepEnd::Done);
        self.task_ends(job, 12, TaskEnd::Failed { why });
        self.steps(job, 13, &[25]);
        self.step_begins(job, 13, 1, None);
        self.reach("mac-0013", Reach::Suspect, "one look missed");
        self.reach("mac-0013", Reach::Unreachable, "no answer for 30s");
        self.steps(job, 14, &[21, 240, 14]);
        self.step_begins(job, 14, 3, None);
        self.later(65);
    }

    /// One waits for work, one for its turn, one is out of reach, one is over and still held; and
    /// somebody's hold that no job knows.
    fn drains_now(&mut self) {
        let job = self.opened(JobKind::Drain, &[3, 4, 5], play(drain(), "disk replacement r10"));
        for n in [3, 5] {
            self.drain_hold(n, Some(job), "disk replacement r10");
            self.task_begins(job, n);
            let deadline = Some(self.at + Span::from_mins(45));
            self.step_begins(job, n, 0, deadline);
        }
        let vms: Vec<_> =
            self.world.vms.values().filter(|vm| vm.host == host("mac-0003")).cloned().collect();
        for vm in &vms {
            self.entry(Event::VmBusy { vm: vm.id, busy: Some(true) });
        }
        self.reach("mac-0005", Reach::Suspect, "one look missed");
        self.reach("mac-0005", Reach::Unreachable, "no answer for 30s");
        let over = self.opened(JobKind::Drain, &[20], play(drain(), "moves to Zurich"));
        self.drain_hold(20, Some(over), "moves to Zurich");
        self.task_begins(over, 20);
        for ix in [0, 1] {
            self.step_begins(over, 20, ix, None);
            self.step_ends(over, 20, StepEnd::Done);
        }
        self.task_ends(over, 20, TaskEnd::Done);
        self.job_ends(over);
        self.drain_hold(21, None, "kept empty for the auditors");
        self.later(300);
    }

    pub fn drain_hold(&mut self, n: u16, job: Option<JobId>, reason: &str) -> Entry {
        let hold = Hold {
            id: HoldId::from_bits(self.id()),
            host: host(&format!("mac-{n:04}")),
            kind: HoldKind::Drain,
            reason: reason.into(),
            by: alice(),
            created: self.at,
            until: None,
            job,
            on_expiry: Default::default(),
        };
        self.entry_by(alice(), Event::HoldPlaced { hold })
    }

    /// The job of that kind that goes on.
    pub fn job_under_way(&self, of: fn(&JobKind) -> bool) -> JobId {
        let mut jobs = self.world.jobs.values().filter(|job| !job.is_over());
        jobs.find(|job| of(&job.kind)).unwrap().id
    }

    /// What may come next for some host's part of some job; nothing when there is none.
    pub fn goes_on(&mut self, n: usize) -> Option<Entry> {
        let open: Vec<Arc<Job>> = self
            .world
            .jobs
            .values()
            .filter(|job| !job.is_over() && job.play.is_some())
            .cloned()
            .collect();
        let job = open.get(n % open.len().max(1))?;
        let left: Vec<_> = job.hosts.iter().filter(|(_, task)| !task.state.is_over()).collect();
        let id = job.id;
        let Some((name, task)) = left.get(n / 7 % left.len().max(1)) else {
            return Some(self.job_ends(id));
        };
        let host = (*name).clone();
        let next = task.next(&job.play.as_ref()?.playbook);
        let event = match (&task.state, &task.step, next) {
            (hostler::model::TaskState::Waiting, ..) => Event::HostTaskBegun { job: id, host },
            (_, Some(_), _) if self.world.hosts[&host].op.is_some() => return None,
            (_, Some(_), _) if n.is_multiple_of(5) => {
                let why = "it ended with 1".into();
                Event::StepEnded { job: id, host, end: StepEnd::Failed { why } }
            }
            (_, Some(_), _) => Event::StepEnded { job: id, host, end: StepEnd::Done },
            (_, None, Some(at)) => {
                Event::StepBegun { job: id, host, at, deadline: None, boot: String::new() }
            }
            (_, None, None) => Event::HostTaskEnded { job: id, host, end: TaskEnd::Done },
        };
        Some(self.entry(event))
    }
}
