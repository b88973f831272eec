//! What a person asked for, as a job to open, or why that is not possible.

use super::schedules::{opening, targets};
use crate::model::{
    Cause, JobKind, Opening, PoolName, ScheduleName, Share, Span, Timestamp, World,
};

/// How long a respawn that somebody asked for may begin tasks, and how many VMs at once.
const WINDOW: Span = Span::from_hours(4);
const AT_ONCE: Share = Share::Percent(10);

/// Why an asked-for job cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// A name nobody knows.
    #[error("{kind} {name} is not known; `hostler {kind} list` shows those that are")]
    Unknown { kind: &'static str, name: String },
    /// Another one goes on.
    #[error("job {job} ({title}) is still running; `hostler job show {job}` shows how far it is")]
    Running { job: String, title: String },
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
    free(world, &kind)?;
    let targets = targets(world, &kind);
    let at_once = at_once.unwrap_or(AT_ONCE);
    Ok(Opening::over_vms(kind, Cause::Asked, now + WINDOW, at_once, targets))
}

/// A schedule's job, now.
pub fn run_now(world: &World, name: &ScheduleName, now: Timestamp) -> Result<Opening, NotPossible> {
    let unknown = || NotPossible::Unknown { kind: "schedule", name: name.to_string() };
    let schedule = world.schedules.get(name).ok_or_else(unknown)?;
    let opening = opening(world, schedule, Cause::RunNow { schedule: name.clone() }, now);
    free(world, &opening.kind)?;
    Ok(opening)
}

/// One respawn of the same targets at a time.
fn free(world: &World, kind: &JobKind) -> Result<(), NotPossible> {
    match world.jobs.values().find(|job| !job.is_over() && job.kind == *kind) {
        Some(job) => Err(NotPossible::Running { job: job.id.to_string(), title: job.title() }),
        None => Ok(()),
    }
}
