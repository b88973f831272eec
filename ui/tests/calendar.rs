//! A fleet with a week of schedules behind it, and what its controller would tell of those to come.

use hostler::model::{
    Actor, Cause, Conflict, Each, Event, FleetChange, Forecast, ForecastRun, Job, JobId, JobKind,
    JobState, Lowest, Meeting, Outlook, Overlap, PlaybookName, ScheduleName, ScheduleSpec, Share,
    Span, Targets, Task, TaskEnd, TaskState, Timestamp, Via, VmId,
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
            let outlook = Some(self.outlook(name, &next));
            (schedule(name), Coming { next, more, outlook })
        };
        let runs = PLANS.map(|(name, ..)| next(name)).into();
        Calendar { seq: world.seq, at: self.now(), runs }
    }

    /// Updates of the system, at 22:00, meet the refreshes of images at midnight; the blackout day
    /// is passed over.
    fn outlook(&self, name: &str, next: &[Timestamp]) -> Outlook {
        let met = |at: &Timestamp, other: &str, hours: i64| {
            let with = Timestamp::from_millis(at.as_millis() + hours * 3_600_000);
            let (schedule, from) = (schedule(other), with.max(*at));
            let until = from + Span::from_hours(2);
            let with = Some(Meeting { schedule, at: with, from, until, hosts: 15 });
            let then = "image-refresh begins no host while os-update holds it".into();
            Conflict { at: *at, with, then }
        };
        let midnight = |at: &&Timestamp| {
            // The days after those on which the system is updated.
            let weekday = (at.as_millis() / 86_400_000 + 3) % 7;
            at.to_string()[11..].starts_with("00:00") && (1..6).contains(&weekday)
        };
        let conflicts = match name {
            "os-update" => next.iter().map(|at| met(at, "image-refresh", 2)).collect(),
            "image-refresh" => {
                next.iter().filter(midnight).map(|at| met(at, "os-update", -2)).collect()
            }
            "nightly-respawn" => vec![Conflict {
                at: "2026-08-29T02:00:00Z".parse().unwrap(),
                with: None,
                then: "2026-08-29 is a blackout day".into(),
            }],
            _ => Vec::new(),
        };
        let (each, targets, at_once) = match name {
            "nightly-respawn" => (Each::Vm, 29, 2),
            "image-refresh" => (Each::Host, 44, 4),
            _ => (Each::Host, 15, 1),
        };
        Outlook { each, targets, at_once, conflicts, more: false }
    }

    /// What it foresees within this time: a night with little room, and one host that stays busy.
    pub fn foresees(&self, span: Span) -> Forecast {
        let now = self.now();
        let day = Timestamp::from_millis(now.as_millis() / 86_400_000 * 86_400_000);
        let hours = |n: u64| day + Span::from_hours(n);
        let counts = [(14, 12), (18, 9), (20, 7), (22, 3), (24, 4), (26, 0), (28, 6), (30, 12)];
        let free: Vec<Lowest> =
            counts.map(|(at, count)| Lowest { count, at: hours(at) }).into_iter().collect();
        let run = |name: &str, at: u64, skipped: usize| ForecastRun {
            schedule: Some(schedule(name)),
            nominal: Some(hours(at)),
            title: format!("playbook {name}"),
            begins: Some(hours(at)),
            ends: (skipped == 0).then(|| hours(at + 2)),
            hosts: 15,
            skipped,
            why: if skipped == 0 { String::new() } else { "mac-0003: skipped: busy".into() },
        };
        Forecast {
            seq: self.snapshot().seq,
            from: now,
            until: now + span,
            runs: vec![
                run("image-refresh", 18, 0),
                run("os-update", 22, 1),
                run("os-update", 46, 0),
            ],
            free_slots: Lowest { count: 0, at: hours(26) },
            free,
            misfits: vec!["job 00007: mac-0003 is unreachable".into()],
            assumed_busy: Span::from_mins(20),
            ..Forecast::default()
        }
    }
}

/// A desktop of that fleet with the calendar open, told what is to come.
pub fn calendar(w: u16, h: u16, ascii: bool) -> Run {
    let maker = Maker::scheduled();
    let mut run = Run::bare(Setup { ascii, ..setup() }, w, h, maker);
    let snapshot = std::sync::Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys("5");
    tell(&mut run);
    run.pass(1);
    foresee(&mut run);
    run
}

/// The spans for which forecasts were asked and not answered yet.
pub fn asked_ahead(run: &Run) -> Vec<Span> {
    let asked = run.effects.iter().filter_map(|effect| {
        let Effect::Ask(Query::Forecast(span)) = effect else { return None };
        Some(*span)
    });
    asked.collect()
}

/// Answers all of them.
pub fn foresee(run: &mut Run) -> usize {
    let asked = asked_ahead(run);
    run.effects.retain(|effect| !matches!(effect, Effect::Ask(Query::Forecast(_))));
    for span in &asked {
        let forecast = Box::new(run.maker.foresees(*span));
        let query = Query::Forecast(*span);
        run.send(Msg::Told { query, answer: Ok(Answer::Forecast(forecast)) });
    }
    asked.len()
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
