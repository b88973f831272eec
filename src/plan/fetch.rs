//! Images that a respawn needs and its hosts lack: a job of its own brings them there first, a
//! few hosts at a time, and nothing that serves is disturbed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ask::{AT_ONCE, asked, over_hosts};
use crate::model::{
    Act, Action, Cause, Each, HostName, Job, JobKind, OnFailure, Opening, Playbook, Step,
    TaskState, Timestamp, World,
};

/// A pull that broke off goes on where it was.
const RETRIES: u8 = 2;

/// What a respawn does about hosts that lack an image, by the image's reference: the job to open
/// for it, if that is the next thing, and why its tasks there wait.
pub(super) fn fetch(
    world: &World,
    job: &Job,
    lacking: &BTreeMap<&HostName, String>,
    now: Timestamp,
) -> (Option<Action>, Option<String>) {
    let ours = Cause::For { job: job.id };
    let fetches: Vec<&Arc<Job>> = world.jobs.values().filter(|job| job.cause == ours).collect();
    let Some((host, source)) = lacking.first_key_value() else { return (None, None) };
    let lacks = format!("{source} is not on {host} yet");
    if let Some(under_way) = fetches.iter().find(|job| !job.is_over()) {
        return (None, Some(format!("{lacks}: job {} fetches it", under_way.id)));
    }
    let untried: BTreeSet<HostName> = lacking
        .keys()
        .filter(|host| fetches.iter().all(|job| failed(job, host).is_none()))
        .map(|host| (*host).clone())
        .collect();
    if let Some(opening) = opening(job, untried, now) {
        return (Some(Action::OpenJob(Box::new(opening))), Some(lacks));
    }
    let last = fetches.iter().rev().find_map(|job| Some((job.id, failed(job, host)?)));
    let why = last.map_or(String::new(), |(id, why)| format!(": job {id} could not: {why}"));
    (None, Some(format!("{lacks}{why}")))
}

/// Why this fetch did not bring the image there. A host where it did, and that lacks it again,
/// is another matter.
fn failed<'a>(fetch: &'a Job, host: &HostName) -> Option<&'a str> {
    match &fetch.hosts.get(host)?.state {
        TaskState::Failed { why, .. } | TaskState::Skipped { why, .. } => Some(why),
        TaskState::Cancelled { .. } => Some("somebody called it off"),
        TaskState::Waiting | TaskState::Begun { .. } | TaskState::Done { .. } => None,
    }
}

fn opening(job: &Job, hosts: BTreeSet<HostName>, now: Timestamp) -> Option<Opening> {
    if hosts.is_empty() {
        return None;
    }
    let name: crate::model::PlaybookName = "prefetch".parse().ok()?;
    let playbook = Playbook {
        name: name.clone(),
        summary: "Brings the pools' images to the host.".into(),
        each: Each::Host,
        steps: vec![Step { retries: RETRIES, ..Step::plain(Act::Prefetch { image: None }) }],
        always: Vec::new(),
        on_failure: OnFailure::Release,
    };
    let play = asked(playbook, &format!("job {} needs it", job.id), None);
    let turns = (AT_ONCE, now, job.begin_by);
    let opening = over_hosts(JobKind::Playbook { name }, hosts, play, turns);
    Some(Opening { cause: Cause::For { job: job.id }, ..opening })
}
