//! What people ask, written down as the controller would, and what they are told.

use hostler::engine::events_of;
use hostler::model::*;
use hostler::plan::{self, DrainAnswer, NotPossible};

use super::file::{Ask, CordonAsk};
use super::stage::Stage;
use super::words;

fn ada() -> Actor {
    Actor { who: "ada".into(), via: Via::Cli }
}

/// Carries out what is asked; the lines that answer it.
pub(crate) fn answer(stage: &mut Stage, ask: &Ask) -> Vec<String> {
    let (world, now) = (&stage.world, stage.now);
    match ask {
        Ask::Preview(ask) => match plan::preview(world, ask, now) {
            Ok(plan) => words::preview(&plan),
            Err(why) => vec![format!("denied: {why}")],
        },
        Ask::Drain(ask) => match plan::drain(world, ask, now) {
            Ok(DrainAnswer::Open(opening)) => open(stage, Ok(*opening)),
            Ok(DrainAnswer::Known { job, events, kept }) => {
                let n = events.len();
                events.into_iter().for_each(|event| stage.put_by(&ada(), event));
                let over = stage.world.jobs[&job].is_over();
                let how = if over { "is over" } else { "drains them already" };
                let mut lines = vec![format!("asked: {job} {how}; {}", plural(n, "change"))];
                lines.extend(kept.iter().map(|what| format!("  as it began stays {what}")));
                lines
            }
            Err(why) => vec![format!("denied: {why}")],
        },
        Ask::Play(ask) => open(stage, plan::play(world, ask, now)),
        Ask::Respawn(pool) => open(stage, plan::respawn(world, pool, None, now)),
        Ask::RunNow(schedule) => open(stage, plan::run_now(world, schedule, now)),
        Ask::Undrain(hosts) => hosts.iter().flat_map(|host| undrain(stage, host)).collect(),
        Ask::Cordon(ask) => cordon(stage, ask),
        Ask::Uncordon(short) => uncordon(stage, short),
        Ask::SkipNext(schedule) => {
            let upto = plan::next_runs(world, schedule, now, 1)[0];
            let skipped = Event::RunsSkipped { schedule: schedule.clone(), upto };
            stage.put_by(&ada(), skipped);
            vec![format!("asked: {schedule} of {upto} is skipped")]
        }
        Ask::Suspend(schedule) => {
            let (schedule, reason) = (schedule.clone(), "a move".to_string());
            let line = format!("asked: {schedule} is suspended");
            stage.put_by(&ada(), Event::ScheduleSuspended { schedule, reason });
            vec![line]
        }
        Ask::Slots(host) => slots(stage, host),
        Ask::ReleasePool(pool) => {
            stage.put_by(&ada(), Event::PoolReleased { pool: pool.clone() });
            vec![format!("asked: pool {pool} is tried again")]
        }
        Ask::ResumeVm(short) => {
            let vm = stage.names.id(short);
            stage.put_by(&ada(), Event::VmResumed { vm });
            vec![format!("asked: {short} is tried again")]
        }
        Ask::DischargeVm(short) => {
            let (vm, reason) = (stage.names.id(short), "ada sees to it".to_string());
            stage.put_by(&ada(), Event::VmDischarged { vm, reason });
            vec![format!("asked: {short} is ours no more")]
        }
        Ask::Resume(schedule) => {
            stage.put_by(&ada(), Event::ScheduleResumed { schedule: schedule.clone() });
            vec![format!("asked: {schedule} runs again")]
        }
        Ask::ResumeJob(short) => {
            let job: JobId = stage.names.id(short);
            stage.put_by(&ada(), Event::JobResumed { job });
            vec![format!("asked: {job} goes on")]
        }
        Ask::SkipHost(ask) => {
            let (job, host) = (stage.names.id::<JobId>(&ask.job), ask.host.clone());
            stage.put_by(&ada(), Event::HostTaskStopped { job, host });
            vec![format!("asked: {job}: {} is called off", ask.host)]
        }
    }
}

/// What is said of a host's slots, and of the builds that leak.
fn slots(stage: &Stage, host: &HostName) -> Vec<String> {
    let lines = plan::why_host(&stage.world, host, stage.now).unwrap().into_iter();
    let slots = lines.filter(|line| line.starts_with("slot"));
    let builds = plan::leaking_builds(&stage.world).into_iter().map(|build| build.said());
    slots.chain(builds).map(|line| format!("{host}: {line}")).collect()
}

fn cordon(stage: &mut Stage, ask: &CordonAsk) -> Vec<String> {
    let hold = Hold {
        // No other id is as low.
        id: HoldId::from_bits(stage.world.seq),
        host: ask.host.clone(),
        kind: HoldKind::Cordon,
        reason: ask.reason.clone(),
        by: ada(),
        created: stage.now,
        until: ask.until,
        on_expiry: ask.on_expiry,
        job: None,
    };
    let (id, event) = (hold.id, Event::HoldPlaced { hold });
    stage.names.learn(std::slice::from_ref(&event));
    stage.put_by(&ada(), event);
    vec![format!("asked: {} is cordoned ({id})", ask.host)]
}

fn uncordon(stage: &mut Stage, short: &str) -> Vec<String> {
    let id: HoldId = stage.names.id(short);
    let held = stage.world.hosts.iter().find(|(_, host)| host.holds.contains_key(&id));
    let (host, why) = (held.unwrap().0.clone(), "asked for".to_string());
    stage.put_by(&ada(), Event::HoldReleased { host, hold: id, why });
    vec![format!("asked: {id} is lifted")]
}

/// A job that a person asked for.
fn open(stage: &mut Stage, opening: Result<Opening, NotPossible>) -> Vec<String> {
    let opening = match opening {
        Ok(opening) => opening,
        Err(why) => return vec![format!("denied: {why}")],
    };
    let action = Action::OpenJob(Box::new(opening.clone()));
    let mut events = events_of(&stage.world, action, &mut stage.ids, stage.now);
    for event in &mut events {
        if let Event::JobOpened { job } = event {
            job.by = ada();
        }
    }
    stage.names.learn(&events);
    let mut lines = words::opened(&opening, &events);
    lines[0] = format!("asked: {}", lines[0]);
    events.into_iter().for_each(|event| stage.put_by(&ada(), event));
    lines
}

/// Calls off what goes on there, and lifts what a drain that is over has left.
fn undrain(stage: &mut Stage, host: &HostName) -> Vec<String> {
    let mut lines = Vec::new();
    for job in plan::called_off(&stage.world, host) {
        stage.put_by(&ada(), Event::HostTaskStopped { job, host: host.clone() });
        lines.push(format!("asked: {job}: {host} is called off"));
    }
    let over = |job: JobId| stage.world.jobs.get(&job).is_none_or(|job| job.is_over());
    let holds = stage.world.hosts[host].holds.values();
    let left = holds.filter(|hold| hold.job.is_some_and(over)).map(|hold| hold.id);
    for hold in left.collect::<Vec<_>>() {
        let why = "undrained".to_string();
        stage.put_by(&ada(), Event::HoldReleased { host: host.clone(), hold, why });
        lines.push(format!("asked: {hold} on {host} is lifted"));
    }
    lines
}
