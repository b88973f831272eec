//! Schedules: which nominal times have come, which of them fire, and which are recorded missed
//! and why. Nothing is ever passed over in silence.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::calendar::Calendar;
use super::open;
use crate::model::{
    Action, Cause, Held, JobId, Opening, Overlap, Schedule, ScheduleName, Span, Timestamp, Want,
    World,
};

/// More nominal times than this are not counted one by one.
const COUNTED_MOST: usize = 10_000;
/// A run that begins later than this after its time is late.
const LATE: Span = Span::from_mins(2);

/// What the calendar asks for at `now`, over all schedules.
pub(super) fn due(world: &World, now: Timestamp, actions: &mut Vec<Action>, held: &mut Vec<Held>) {
    for (name, schedule) in &world.schedules {
        // A calendar that cannot be read was refused at the door; it has no times.
        let Ok(calendar) = Calendar::new(&schedule.spec.cron, &schedule.spec.zone) else {
            continue;
        };
        let times = calendar.between(schedule.upto, now, COUNTED_MOST);
        if times.is_empty() {
            continue;
        }
        match verdicts(world, name, schedule, &calendar, &times, now) {
            Ok(verdicts) => actions.extend(in_order(world, name, schedule, verdicts)),
            Err(why) => {
                let want = Want::Schedule { schedule: name.clone() };
                held.push(Held { want, why, refused: BTreeMap::new() });
            }
        }
    }
}

/// What becomes of a nominal time: it fires, or why not.
type Verdict = (Timestamp, Option<String>);

/// A verdict for each time; `Err`: the latest one waits, and so do all.
fn verdicts(
    world: &World,
    name: &ScheduleName,
    schedule: &Schedule,
    calendar: &Calendar,
    times: &[Timestamp],
    now: Timestamp,
) -> Result<Vec<Verdict>, String> {
    let mut verdicts: Vec<Verdict> =
        times.iter().map(|at| (*at, excuse(schedule, calendar, *at))).collect();
    let Some(latest) = verdicts.iter().rposition(|(_, excuse)| excuse.is_none()) else {
        return Ok(verdicts);
    };
    for (_, excuse) in verdicts[..latest].iter_mut().filter(|(_, excuse)| excuse.is_none()) {
        *excuse = Some("no controller was at work; the latest time stands for all".into());
    }
    let (at, excuse) = &mut verdicts[latest];
    let late = now.since(*at);
    *excuse = if late > schedule.spec.window {
        let ago = now.since(*at + schedule.spec.window).rough();
        Some(format!("no controller was at work, and its window ended {ago} ago"))
    } else if late > LATE && !schedule.spec.catch_up {
        Some(format!("it would begin {} late, and catch_up is none", late.rough()))
    } else {
        match (running(world, name), schedule.spec.overlap) {
            (Some(job), Overlap::Skip) => {
                Some(format!("job {job} of the run before still goes on"))
            }
            (Some(job), Overlap::Queue) => {
                return Err(format!("the run of {at} waits for job {job} of the run before"));
            }
            (None, _) => None,
        }
    };
    Ok(verdicts)
}

/// The next time at which the schedule fires, as things stand; `None`: none within a year or so.
pub(super) fn next_that_fires(schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
    let calendar = Calendar::new(&schedule.spec.cron, &schedule.spec.zone).ok()?;
    let times = calendar.next(now, AHEAD_MOST);
    times.into_iter().find(|at| excuse(schedule, &calendar, *at).is_none())
}

/// So many times ahead are tried before a schedule is taken never to fire.
const AHEAD_MOST: usize = 400;

/// Why a time is not to be run, whatever the controller did.
pub(super) fn excuse(schedule: &Schedule, calendar: &Calendar, at: Timestamp) -> Option<String> {
    if schedule.skip_upto.is_some_and(|upto| at <= upto) {
        return Some("somebody asked for it to be skipped".into());
    }
    if let Some(suspended) = &schedule.suspended {
        return Some(format!("suspended by {}: {}", suspended.by, suspended.reason));
    }
    if schedule.spec.suspend {
        return Some("suspended by the inventory".into());
    }
    let day: NaiveDate = calendar.day(at);
    schedule.spec.blackout.contains(&day).then(|| format!("{day} is a blackout day"))
}

/// The verdicts as actions, oldest first; times in a row that are missed for one reason are one.
fn in_order(
    world: &World,
    name: &ScheduleName,
    schedule: &Schedule,
    verdicts: Vec<Verdict>,
) -> Vec<Action> {
    let mut actions = Vec::new();
    for (nominal, excuse) in verdicts {
        let Some(cause) = excuse else {
            let cause = Cause::Run { schedule: name.clone(), nominal };
            let opening = opening(world, name, schedule, cause, nominal);
            actions.push(Action::OpenJob(Box::new(opening)));
            continue;
        };
        if let Some(Action::Miss { nominal: last, count, cause: before, .. }) = actions.last_mut()
            && *before == cause
        {
            (*last, *count) = (nominal, count.saturating_add(1));
            continue;
        }
        actions.push(Action::Miss { schedule: name.clone(), nominal, count: 1, cause });
    }
    actions
}

/// The open job of a schedule's earlier run.
pub(super) fn running(world: &World, name: &ScheduleName) -> Option<JobId> {
    let of = |cause: &Cause| match cause {
        Cause::Run { schedule, .. } | Cause::RunNow { schedule } => schedule == name,
        Cause::Asked | Cause::For { .. } => false,
    };
    world.jobs.values().find(|job| !job.is_over() && of(&job.cause)).map(|job| job.id)
}

/// The job that a schedule's run opens.
pub(super) fn opening(
    world: &World,
    name: &ScheduleName,
    schedule: &Schedule,
    cause: Cause,
    from: Timestamp,
) -> Opening {
    match open::on_hosts(world, name, schedule, &cause, from) {
        Some(opening) => opening,
        None => open::on_vms(world, schedule, cause, from),
    }
}
