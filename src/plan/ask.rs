//! What a person asked for, as a job to open or to change, or why that is not possible.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::open;
use super::schedules::opening;
use crate::model::{
    Act, BusyPolicy, Cause, DrainAsk, DrainStep, Each, Event, HoldAsk, HoldKind, HostName,
    HostTask, Job, JobId, JobKind, OnDeadline, OnFailure, Opening, Patience, Play, PlayAsk,
    Playbook, PoolName, ScheduleName, Share, Span, Step, StepAt, TaskState, Then, Timestamp, World,
    Zone,
};

/// How long a respawn that somebody asked for may begin tasks, and how many VMs at once.
const WINDOW: Span = Span::from_hours(4);
pub(super) const AT_ONCE: Share = Share::Percent(10);
/// A drain that somebody asked for is not forgotten: its hosts wait their turn this long.
const DRAIN_WINDOW: Span = Span::from_hours(24 * 30);
const REBOOT_WITHIN: Span = Span::from_mins(15);

/// Why an asked-for job cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// A name nobody knows.
    #[error("{kind} {name} is not known; `hostler {kind} list` shows those that are")]
    Unknown { kind: &'static str, name: String },
    /// Another one goes on.
    #[error("job {job} ({title}) is still running; `hostler job show {job}` shows how far it is")]
    Running { job: String, title: String },
    /// It makes no sense as it was asked.
    #[error("{0}")]
    Senseless(String),
}

/// What comes of asking for a drain.
#[derive(Clone, PartialEq, Debug)]
pub enum DrainAnswer {
    Open(Box<Opening>),
    /// It goes on already; these events make it as it was asked now, but for what is kept.
    Known {
        job: JobId,
        events: Vec<Event>,
        kept: Vec<&'static str>,
    },
}

/// A respawn of the whole pool.
pub fn respawn(
    world: &World,
    pool: &PoolName,
    at_once: Option<Share>,
    now: Timestamp,
) -> Result<Opening, NotPossible> {
    if !world.pools.contains_key(pool) {
        return Err(NotPossible::Unknown { kind: "pool", name: pool.to_string() });
    }
    let kind = JobKind::Respawn { pool: pool.clone() };
    free(world, |job| job.kind == kind)?;
    let targets = open::vms(world, &kind);
    let at_once = at_once.unwrap_or(AT_ONCE);
    Ok(Opening::over_vms(kind, Cause::Asked, now + WINDOW, at_once, targets))
}

/// A schedule's job, now.
pub fn run_now(world: &World, name: &ScheduleName, now: Timestamp) -> Result<Opening, NotPossible> {
    let unknown = || NotPossible::Unknown { kind: "schedule", name: name.to_string() };
    let schedule = world.schedules.get(name).ok_or_else(unknown)?;
    let cause = Cause::RunNow { schedule: name.clone() };
    let mut opening = opening(world, name, schedule, cause, now);
    // Who asks for it now does not want it spread over the night.
    opening.hosts.values_mut().for_each(|task| task.earliest = now);
    let (kind, hosts) = (opening.kind.clone(), &opening.hosts);
    free(world, |job| job.kind == kind && (hosts.is_empty() || meets(job, hosts.keys())))?;
    Ok(opening)
}

/// A playbook on hosts, now.
pub fn play(world: &World, ask: &PlayAsk, now: Timestamp) -> Result<Opening, NotPossible> {
    let unknown = || NotPossible::Unknown { kind: "playbook", name: ask.playbook.to_string() };
    let playbook = world.playbooks.get(&ask.playbook).ok_or_else(unknown)?;
    let hosts = known(world, &ask.hosts)?;
    if playbook.each != Each::Host {
        let said = format!(
            "playbook {} is for VMs: use `hostler pool respawn POOL` or a schedule over a pool",
            playbook.name
        );
        return Err(NotPossible::Senseless(said));
    }
    free(world, |job| occupies(job) && meets(job, hosts.iter()))?;
    let kind = JobKind::Playbook { name: ask.playbook.clone() };
    let steps = Playbook::clone(playbook);
    let at_once = ask.max_unavailable.unwrap_or(AT_ONCE);
    let play = asked(steps, &ask.reason, ask.key.clone());
    Ok(over_hosts(kind, hosts, play, (at_once, now, now + WINDOW)))
}

/// A drain of hosts, or the one that goes on already, changed as asked.
pub fn drain(world: &World, ask: &DrainAsk, now: Timestamp) -> Result<DrainAnswer, NotPossible> {
    let hosts = known(world, &ask.hosts)?;
    let same = |job: &&Arc<Job>| {
        let key = job.play.as_ref().and_then(|play| play.key.as_ref());
        let by_key = key.is_some() && key == ask.key.as_ref();
        by_key || (ask.key.is_none() && job.hosts.keys().eq(hosts.iter()))
    };
    // By its key a drain is known even when it is over: asking twice is asking once.
    let met = |job: &&Arc<Job>| !job.is_over() || ask.key.is_some();
    let mut drains = world.jobs.values().filter(|job| job.kind == JobKind::Drain);
    if let Some(job) = drains.find(|job| met(job) && same(job)) {
        let (events, kept) = change(world, job, ask, now)?;
        return Ok(DrainAnswer::Known { job: job.id, events, kept });
    }
    free(world, |job| occupies(job) && meets(job, hosts.iter()))?;
    let step = DrainStep {
        deadline: ask.deadline,
        on_deadline: ask.on_deadline,
        grace: ask.grace,
        force: ask.force,
        surge: ask.surge,
        ignore: ask.ignore.clone(),
    };
    let (then, always) = after(world, &ask.then)?;
    let mut steps = vec![Step::plain(Act::Drain(step))];
    steps.extend(then);
    let Ok(name) = "drain".parse() else {
        return Err(NotPossible::Senseless("`drain` is no name for a playbook".into()));
    };
    let summary = "Empties a host.".to_string();
    let on_failure = OnFailure::Hold;
    let playbook = Playbook { name, summary, each: Each::Host, steps, always, on_failure };
    let at_once = ask.max_parallel.unwrap_or(AT_ONCE);
    let from = ask.at.unwrap_or(now);
    let mut play = asked(playbook, &ask.reason, ask.key.clone());
    let kind = if ask.then == Then::Retire { HoldKind::Retire } else { HoldKind::Drain };
    let hold = HoldAsk { kind, reason: ask.reason.clone(), until: ask.until };
    play.hold = Some(hold.clone());
    let mut opening = over_hosts(JobKind::Drain, hosts, play, (at_once, from, from + DRAIN_WINDOW));
    // From this entry on nothing is placed there; a later drain places its holds when it begins.
    opening.hold = ask.at.is_none().then_some(hold);
    Ok(DrainAnswer::Open(Box::new(opening)))
}

/// The events that make a drain under way as it is asked now, and what of the ask it cannot take
/// up any more. Less patience is always granted; more of it only to who says so.
fn change(
    world: &World,
    job: &Job,
    ask: &DrainAsk,
    now: Timestamp,
) -> Result<(Vec<Event>, Vec<&'static str>), NotPossible> {
    let Some((play, drain)) = job.play.as_ref().zip(first(job)) else {
        return Ok((Vec::new(), Vec::new()));
    };
    if drain.ignore != ask.ignore {
        let said = format!(
            "job {} drains them already, and what it ignores stays as it began: call it off with \
             `hostler job cancel {}` and drain again",
            job.id, job.id
        );
        return Err(NotPossible::Senseless(said));
    }
    if let Some(said) = not_the_same(job, ask, now) {
        return Err(NotPossible::Senseless(said));
    }
    let wanted = Terms {
        deadline: ask.deadline.map(|deadline| now + deadline),
        on_deadline: ask.on_deadline,
        force: ask.force,
    };
    let mut events = Vec::new();
    for (host, task) in &job.hosts {
        let Some(terms) = terms(drain, task, now).filter(|terms| !terms.same_as(&wanted)) else {
            continue;
        };
        if !ask.replace && wanted.looser_than(&terms) {
            let said = format!(
                "job {} drains {host} with less patience already; say --replace to loosen it",
                job.id
            );
            return Err(NotPossible::Senseless(said));
        }
        let Terms { deadline, on_deadline, force } = wanted;
        let patience = ask.deadline.filter(|_| task.step.is_none());
        let (job, host) = (job.id, host.clone());
        events.push(Event::DrainChanged { job, host, deadline, on_deadline, force, patience });
    }
    let (steps, always) = after(world, &ask.then)?;
    let same_end =
        play.playbook.steps.get(1..) == Some(&steps[..]) && play.playbook.always == always;
    let until = play.hold.as_ref().and_then(|hold| hold.until);
    let kept = [
        ("what happens then", !same_end),
        ("until when", until != ask.until),
        ("the grace", drain.grace != ask.grace),
        ("the surge", drain.surge != ask.surge),
        ("how many at once", job.max_unavailable != ask.max_parallel.unwrap_or(AT_ONCE)),
    ];
    let kept = kept.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect();
    Ok((events, kept))
}

/// Why what is asked is not what this drain does, although it is about the same hosts.
fn not_the_same(job: &Job, ask: &DrainAsk, now: Timestamp) -> Option<String> {
    let id = job.id;
    if job.is_over() {
        return None;
    }
    let later = |task: &HostTask| task.state == TaskState::Waiting && task.earliest > now;
    if let Some(task) = job.hosts.values().find(|task| later(task)).filter(|_| ask.at.is_none()) {
        let from = Zone::default().moment(task.earliest);
        return Some(format!(
            "job {id} drains them from {from} on: `hostler job cancel {id}`, then drain them now"
        ));
    }
    let called_off =
        |task: &HostTask| task.stop.is_some() || matches!(task.state, TaskState::Cancelled { .. });
    let (host, _) = job.hosts.iter().find(|(_, task)| called_off(task))?;
    Some(format!(
        "job {id} was called off on {host}: `hostler job cancel {id}` ends the rest of it, then \
         drain again"
    ))
}

/// How patient a drain of one host is.
#[derive(Clone, Copy)]
struct Terms {
    deadline: Option<Timestamp>,
    on_deadline: OnDeadline,
    force: bool,
}

/// Those of a host that is being drained, or of one whose turn is to come, as if it came now.
fn terms(drain: &DrainStep, task: &HostTask, now: Timestamp) -> Option<Terms> {
    if task.state.is_over() || task.at != StepAt::default() {
        return None;
    }
    if let Some(step) = &task.step {
        let on_deadline = step.on_deadline.unwrap_or(drain.on_deadline);
        let force = step.force || drain.force;
        return Some(Terms { deadline: step.deadline, on_deadline, force });
    }
    let Patience { deadline, on_deadline, force } = task.patience.unwrap_or(Patience {
        deadline: drain.deadline,
        on_deadline: drain.on_deadline,
        force: drain.force,
    });
    Some(Terms { deadline: deadline.map(|deadline| now + deadline), on_deadline, force })
}

impl Terms {
    fn same_as(&self, other: &Self) -> bool {
        same_moment(self.deadline, other.deadline)
            && (self.force, self.on_deadline) == (other.force, other.on_deadline)
    }

    fn looser_than(&self, was: &Self) -> bool {
        let later = match (was.deadline, self.deadline) {
            (Some(old), Some(new)) => new > old && !same_moment(Some(old), Some(new)),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let milder = (was.on_deadline, self.on_deadline) == (OnDeadline::Stop, OnDeadline::Abort);
        later || milder || (was.force && !self.force)
    }
}

/// What the drain was opened with.
fn first(job: &Job) -> Option<&DrainStep> {
    let step = job.play.as_ref()?.playbook.steps.first()?;
    if let Act::Drain(drain) = &step.act { Some(drain) } else { None }
}

/// The same deadline asked for again a moment later is the same.
fn same_moment(old: Option<Timestamp>, new: Option<Timestamp>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old <= new && new.since(old) < Span::from_mins(1),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The steps that come after a drain, and those that are done always.
fn after(world: &World, then: &Then) -> Result<(Vec<Step>, Vec<Step>), NotPossible> {
    let mut steps = Vec::new();
    match then {
        Then::Hold => {}
        Then::Resume => steps.push(Step::plain(Act::Undrain)),
        Then::Reboot => {
            steps.push(Step::plain(Act::Reboot { within: REBOOT_WITHIN }));
            steps.push(Step { retries: 1, ..Step::plain(Act::Verify) });
            steps.push(Step::plain(Act::Undrain));
        }
        Then::Playbook(name) => {
            let unknown = || NotPossible::Unknown { kind: "playbook", name: name.to_string() };
            let playbook = world.playbooks.get(name).ok_or_else(unknown)?;
            return Ok((playbook.steps.clone(), playbook.always.clone()));
        }
        Then::Retire => steps.push(Step::plain(Act::DeleteVms)),
    }
    Ok((steps, Vec::new()))
}

pub(super) fn asked(playbook: Playbook, reason: &str, key: Option<String>) -> Play {
    Play {
        playbook,
        reason: reason.into(),
        max_fail: Share::Percent(5),
        min_healthy: Span::ZERO,
        min_available: None,
        // Who asks by hand has seen the plan: the drain's own deadline decides.
        busy: BusyPolicy::Deadline,
        key,
        hold: None,
    }
}

pub(super) fn over_hosts(
    kind: JobKind,
    hosts: BTreeSet<HostName>,
    play: Play,
    (max_unavailable, from, begin_by): (Share, Timestamp, Timestamp),
) -> Opening {
    let task = |host| (host, HostTask::waiting(from));
    Opening {
        kind,
        cause: Cause::Asked,
        begin_by,
        max_unavailable,
        targets: BTreeMap::new(),
        hosts: hosts.into_iter().map(task).collect(),
        play: Some(Arc::new(play)),
        hold: None,
    }
}

/// All of the hosts, each once, or the first that nobody knows.
pub(super) fn known(world: &World, hosts: &[HostName]) -> Result<BTreeSet<HostName>, NotPossible> {
    if hosts.is_empty() {
        return Err(NotPossible::Senseless("no host was named".into()));
    }
    match hosts.iter().find(|name| !world.hosts.contains_key(*name)) {
        Some(name) => Err(NotPossible::Unknown { kind: "host", name: name.to_string() }),
        None => Ok(hosts.iter().cloned().collect()),
    }
}

fn meets<'a>(job: &Job, mut hosts: impl Iterator<Item = &'a HostName>) -> bool {
    hosts.any(|host| job.hosts.get(host).is_some_and(|task| !task.state.is_over()))
}

/// Whether the job wants its hosts for itself. One that only brings images disturbs nothing.
fn occupies(job: &Job) -> bool {
    job.play.is_some() && !matches!(job.cause, Cause::For { .. })
}

/// The jobs that an undrain of this host calls off there: those that want it for themselves.
pub fn called_off(world: &World, host: &HostName) -> Vec<JobId> {
    let goes_on = |job: &Job| {
        let task = job.hosts.get(host);
        occupies(job) && task.is_some_and(|task| !task.state.is_over() && task.stop.is_none())
    };
    world.jobs.values().filter(|job| goes_on(job)).map(|job| job.id).collect()
}

/// One job over the same targets at a time.
fn free(world: &World, clashes: impl Fn(&Job) -> bool) -> Result<(), NotPossible> {
    match world.jobs.values().find(|job| !job.is_over() && clashes(job)) {
        Some(job) => Err(NotPossible::Running { job: job.id.to_string(), title: job.title() }),
        None => Ok(()),
    }
}
