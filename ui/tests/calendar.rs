//! A fleet with a week of schedules behind it, and what its controller would tell of those to come.

use hostler::model::{
    Actor, Cause, Event, FleetChange, Job, JobId, JobKind, JobState, Overlap, PlaybookName,
    ScheduleName, ScheduleSpec, Share, Span, Targets, Task, TaskEnd, TaskState, Timestamp, Via,
    VmId,
};

use super::fleet::{Maker, START};
use super::session::{Run, setup};
use crate::ui::msg::{Answer, Calendar, Coming, Effect, Msg, Query, Setup};

/// Each schedule, and at which hours of which days of the week it runs.
const PLANS: [(&str, &str, &[u64], &[u64]); 5] = [
    ("image-refresh", "0 */6 * * *", &[0, 6, 12, 18], &[0, 1, 2, 3, 4, 5, 6]),
    ("nightly-respawn", "0 2 * * *", &[2], &[0, 1, 2, 3, 4, 5, 6]),
    ("os-update", "0 22 * * MON-FRI", &[22], &[0, 1, 2, 3, 4]),
    ("payday", "30 5 1 12 *", &[], &[]),
    ("weekly-reboot", "0 4 * * SAT", &[4], &[5]),
];
const DAY: Span = Span::from_hours(24);
/// Thursday 27 August 2026, 14:00Z: a week after the fleet of the other tests began.
pub const NOW: Timestamp = Timestamp::from_millis(START.as_millis() + 7 * 86_400_000);

pub fn schedule(text: &str) -> ScheduleName {
    text.parse().unwrap()
}

fn spec(name: &str, cron: &str) -> ScheduleSpec {
    let targets = match name {
        "nightly-respawn" => Targets::Pool("concourse".parse().unwrap()),
        "image-refresh" => Targets::Hosts("".parse().unwrap()),
        _ => Targets::Hosts("site=lausanne".parse().unwrap()),
    };
    let playbook: PlaybookName =
        if name == "nightly-respawn" { "respawn" } else { name }.parse().unwrap();
    let mut spec = ScheduleSpec::new(targets, playbook, cron, "UTC");
    if name == "nightly-respawn" {
        spec.blackout = vec!["2026-08-29".parse().unwrap()];
        spec.overlap = Overlap::Skip;
    }
    spec
}

/// The times of a schedule after one moment and up to another.
fn times(name: &str, after: Timestamp, upto: Timestamp) -> Vec<Timestamp> {
    let (_, _, hours, days) = PLANS.iter().find(|plan| plan.0 == name).unwrap();
    let first = after.as_millis() / 86_400_000;
    let all = (first..=upto.as_millis() / 86_400_000).flat_map(|day| {
        // The first day of all was a Thursday.
        let weekday = (day as u64 + 3) % 7;
        let hours = if days.contains(&weekday) { *hours } else { &[] };
        hours
            .iter()
            .map(move |hour| Timestamp::from_millis(day * 86_400_000) + Span::from_hours(*hour))
    });
    all.filter(|at| *at > after && *at <= upto).collect()
}

impl Maker {
    /// The fleet of all the other tests, a week later: some runs went well and some did not.
    pub fn scheduled() -> Self {
        let mut maker = Self::varied();
        let specs = PLANS.map(|(name, cron, _, _)| (schedule(name), Some(spec(name, cron))));
        let change = FleetChange { schedules: specs.into(), ..FleetChange::default() };
        maker.entry(Event::FleetChanged { change });
        let vms: Vec<VmId> = maker.snapshot().world.vms.keys().copied().collect();
        let from = maker.now();
        for (name, ..) in PLANS {
            for (n, nominal) in times(name, from, NOW).into_iter().enumerate() {
                maker.run_of(name, nominal, n, &vms[20..24]);
            }
        }
        let by = Actor { who: "bob".into(), via: Via::Cli };
        let reason = "release week".into();
        let schedule = schedule("weekly-reboot");
        maker.at = NOW;
        maker.entry_by(by, Event::ScheduleSuspended { schedule, reason });
        maker
    }

    /// One run: most are done; every fifth fails, and one was missed.
    fn run_of(&mut self, name: &str, nominal: Timestamp, n: usize, vms: &[VmId]) {
        self.at = nominal;
        let schedule = schedule(name);
        if name == "os-update" && n == 1 {
            let cause = "no controller was at work, and its window ended 2h ago".into();
            self.entry(Event::RunMissed { schedule, nominal, count: 1, cause });
            return;
        }
        let job = JobId::from_bits(self.id());
        self.entry(Event::RunFired { schedule: schedule.clone(), nominal, job });
        let opened = self.job_of(job, Cause::Run { schedule, nominal }, vms);
        self.entry(Event::JobOpened { job: Box::new(opened) });
        self.at = nominal + Span::from_mins(41);
        let last = name == "image-refresh" && NOW.since(nominal) < Span::from_hours(6);
        for (k, vm) in vms.iter().enumerate().take(if last { 1 } else { vms.len() }) {
            let end = match (n % 5, k) {
                (4, 2) => TaskEnd::Failed { why: "not ready after 5m".into() },
                _ => TaskEnd::Done,
            };
            self.entry(Event::TaskEnded { job, vm: *vm, end });
        }
        if !last {
            self.entry(Event::JobEnded { job });
        }
    }

    fn job_of(&self, id: JobId, cause: Cause, vms: &[VmId]) -> Job {
        let world = self.snapshot().world;
        let task = |vm: &VmId| {
            let (host, pool) = (world.vms[vm].host.clone(), world.vms[vm].pool.clone());
            (*vm, Task { host, pool, state: TaskState::Waiting, replacement: None })
        };
        Job {
            id,
            kind: JobKind::Respawn { pool: "concourse".parse().unwrap() },
            cause,
            by: Actor::controller(),
            opened: self.now(),
            begin_by: self.now() + Span::from_hours(4),
            max_unavailable: Share::Percent(10),
            tasks: vms.iter().map(task).collect(),
            state: JobState::Running,
            hosts: Default::default(),
            play: None,
            paused: None,
            forgiven: 0,
        }
    }

    /// What the controller tells of runs within this time.
    pub fn coming(&self, span: Span) -> Calendar {
        let blackout = "2026-08-29".parse().unwrap();
        let open = |name: &str, at: &Timestamp| {
            name != "nightly-respawn" || at.to_utc().date_naive() != blackout
        };
        let world = self.snapshot().world;
        let next = |name: &str| {
            let skipped = world.schedules.get(name).and_then(|s| s.skip_upto);
            let from = skipped.map_or(self.now(), |upto| upto.max(self.now()));
            let mut next = times(name, from, self.now() + span);
            next.retain(|at| open(name, at));
            let more = next.len() > 100;
            next.truncate(100);
            (schedule(name), Coming { next, more })
        };
        let runs = PLANS.map(|(name, ..)| next(name)).into();
        Calendar { seq: world.seq, at: self.now(), runs }
    }
}

/// A desktop of that fleet with the calendar open, told what is to come.
pub fn calendar(w: u16, h: u16, ascii: bool) -> Run {
    let maker = Maker::scheduled();
    let mut run = Run::bare(Setup { ascii, ..setup() }, w, h, maker);
    let snapshot = std::sync::Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys("5");
    tell(&mut run);
    run
}

/// Answers what was asked last of runs to come, if it has not been answered.
pub fn tell(run: &mut Run) -> usize {
    let asked = run.effects.iter().filter_map(|effect| {
        let Effect::Ask(Query::Schedules(span)) = effect else { return None };
        Some(*span)
    });
    let asked: Vec<Span> = asked.collect();
    run.effects.retain(|effect| !matches!(effect, Effect::Ask(Query::Schedules(_))));
    for span in &asked {
        let calendar = Box::new(run.maker.coming(*span));
        let query = Query::Schedules(*span);
        run.send(Msg::Told { query, answer: Ok(Answer::Schedules(calendar)) });
    }
    asked.len()
}

#[test]
fn the_times_of_the_test_fleet_are_those_its_patterns_say() {
    let within = |name| times(name, NOW, NOW + DAY.times(7));
    assert_eq!(within("image-refresh").len(), 28);
    assert_eq!(within("os-update").len(), 5);
    assert_eq!(within("weekly-reboot")[0].to_string(), "2026-08-29T04:00:00.000Z");
}
