//! Images that a respawn needs and its hosts lack: a job of its own brings each there first, a few
//! hosts at a time, and no VM goes before. Each host is tried once for each image and respawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask::{AT_ONCE, asked, over_hosts};
use super::ready::disk_short;
use crate::model::{
    Act, Action, Cause, Each, Host, HostName, ImageName, Job, JobKind, OnFailure, Opening,
    Playbook, Step, TaskState, Timestamp, World,
};

/// A pull that broke off goes on where it was.
const RETRIES: u8 = 2;

/// An image that a host lacks, and its reference.
pub(super) type Lacked<'a> = (&'a ImageName, String);

/// What a respawn does about hosts that lack an image: the job to open for one of the images, if
/// that is the next thing, and why its tasks there wait.
pub(super) fn fetch(
    world: &World,
    job: &Job,
    lacking: &BTreeMap<&HostName, Lacked<'_>>,
    now: Timestamp,
) -> (Option<Action>, Option<String>) {
    let mut why = None;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (host, (image, source)) in lacking {
        if !seen.insert(source) {
            continue;
        }
        let lacks = format!("{source} is not on {host} yet");
        let fetches = fetches(world, job, source);
        if let Some(under_way) = fetches.iter().find(|fetch| !fetch.is_over()) {
            let paused = if under_way.paused.is_some() { ", and is paused" } else { "" };
            why = why.or(Some(format!("{lacks}: job {} fetches it{paused}", under_way.id)));
            continue;
        }
        let hosts = lacking.iter().filter(|(_, (_, other))| other == source);
        let untried = hosts.map(|(host, _)| *host).filter(|host| {
            let known = world.hosts.get(*host);
            known.is_some_and(can_fetch) && !fetches.iter().any(|f| f.hosts.contains_key(*host))
        });
        let untried: BTreeSet<HostName> = untried.cloned().collect();
        if let Some(opening) = opening(job, (*image).clone(), source, untried, now) {
            return (Some(Action::OpenJob(Box::new(opening))), Some(lacks));
        }
        let last = fetches.iter().rev().find_map(|job| Some((job.id, tried(job, host)?)));
        let said = last.map(|(id, why)| format!("{lacks}: job {id} could not: {why}"));
        why = why.or(Some(said.unwrap_or_else(|| format!("{lacks}: {}", hindrance(world, host)))));
    }
    (None, why)
}

/// A host that is held or short of disk would keep the others waiting.
fn can_fetch(host: &Arc<Host>) -> bool {
    host.holds.is_empty() && !host.seen.as_ref().is_some_and(|seen| disk_short(&seen.facts))
}

fn hindrance(world: &World, host: &HostName) -> String {
    match world.hosts.get(host).and_then(|host| host.holds.values().next()) {
        Some(hold) => format!("{} holds the host: {}", hold.by, hold.reason),
        None => "its disk has no room for it".into(),
    }
}

/// What a fetch is for, which tells it from those for other images and other respawns.
fn reason(job: &Job, source: &str) -> String {
    format!("job {} needs {source}", job.id)
}

fn fetches<'a>(world: &'a World, job: &Job, source: &str) -> Vec<&'a Arc<Job>> {
    let (ours, reason) = (Cause::For { job: job.id }, reason(job, source));
    let of = |fetch: &&Arc<Job>| {
        fetch.cause == ours && fetch.play.as_ref().is_some_and(|play| play.reason == reason)
    };
    world.jobs.values().filter(of).collect()
}

/// Why a fetch that is over did not bring the image there.
fn tried<'a>(fetch: &'a Job, host: &HostName) -> Option<&'a str> {
    match &fetch.hosts.get(host)?.state {
        TaskState::Failed { why, .. } | TaskState::Skipped { why, .. } => Some(why),
        TaskState::Cancelled { .. } => Some("somebody called it off"),
        TaskState::Done { .. } => Some("it was fetched, and is not there"),
        TaskState::Waiting | TaskState::Begun { .. } => None,
    }
}

fn opening(
    job: &Job,
    image: ImageName,
    source: &str,
    hosts: BTreeSet<HostName>,
    now: Timestamp,
) -> Option<Opening> {
    if hosts.is_empty() {
        return None;
    }
    let name: crate::model::PlaybookName = "prefetch".parse().ok()?;
    let step = Step { retries: RETRIES, ..Step::plain(Act::Prefetch { image: Some(image) }) };
    let playbook = Playbook {
        name: name.clone(),
        summary: "Brings an image to the host.".into(),
        each: Each::Host,
        steps: vec![step],
        always: Vec::new(),
        on_failure: OnFailure::Release,
    };
    let play = asked(playbook, &reason(job, source), None);
    let turns = (AT_ONCE, now, job.begin_by);
    let opening = over_hosts(JobKind::Playbook { name }, hosts, play, turns);
    Some(Opening { cause: Cause::For { job: job.id }, ..opening })
}
