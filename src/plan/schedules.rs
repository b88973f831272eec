//! Schedules: which nominal times have come, which of them fire, and which are recorded missed.

use std::collections::BTreeMap;

use super::calendar::Calendar;
use crate::model::{
    Action, Cause, HostName, JobKind, Opening, Schedule, ScheduleName, Targets, Timestamp, VmId,
    Wanted, World,
};

/// More nominal times than this are not counted one by one.
const COUNTED_MOST: usize = 10_000;

/// What the calendar asks for at `now`, over all schedules.
pub(super) fn due(world: &World, now: Timestamp, actions: &mut Vec<Action>) {
    for (name, schedule) in &world.schedules {
        // A calendar that cannot be read was refused at the door; it has no times.
        let Ok(calendar) = Calendar::new(&schedule.spec.cron, &schedule.spec.zone) else {
            continue;
        };
        let times = calendar.between(schedule.upto, now, COUNTED_MOST);
        let Some((latest, earlier)) = times.split_last() else { continue };
        let miss = |nominal: Timestamp, count: usize, cause: &str| Action::Miss {
            schedule: name.clone(),
            nominal,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            cause: cause.into(),
        };
        if let Some(last) = earlier.last() {
            let cause = "no controller was at work; the latest time stands for all";
            actions.push(miss(*last, earlier.len(), cause));
        }
        let late = now.since(*latest);
        if late > schedule.spec.window {
            let cause = format!(
                "no controller was at work, and its window ended {} ago",
                now.since(*latest + schedule.spec.window).rough()
            );
            actions.push(miss(*latest, 1, &cause));
        } else if let Some(job) = running(world, name) {
            actions.push(miss(*latest, 1, &format!("job {job} of the run before still goes on")));
        } else {
            let cause = Cause::Run { schedule: name.clone(), nominal: *latest };
            actions.push(Action::OpenJob(opening(world, schedule, cause, *latest)));
        }
    }
}

/// The open job of a schedule's earlier run.
fn running(world: &World, name: &ScheduleName) -> Option<crate::model::JobId> {
    let of = |cause: &Cause| match cause {
        Cause::Run { schedule, .. } | Cause::RunNow { schedule } => schedule == name,
        Cause::Asked => false,
    };
    world.jobs.values().find(|job| !job.is_over() && of(&job.cause)).map(|job| job.id)
}

/// The job that a schedule's run opens.
pub(super) fn opening(
    world: &World,
    schedule: &Schedule,
    cause: Cause,
    from: Timestamp,
) -> Opening {
    let spec = &schedule.spec;
    let kind = match &spec.targets {
        Targets::Pool(pool) => JobKind::Respawn { pool: pool.clone() },
        Targets::Hosts(hosts) => JobKind::RespawnOn { hosts: hosts.clone() },
    };
    let targets = targets(world, &kind);
    Opening::over_vms(kind, cause, from + spec.window, spec.max_unavailable, targets)
}

/// The VMs that a respawn replaces.
pub(super) fn targets(world: &World, kind: &JobKind) -> BTreeMap<VmId, HostName> {
    let chosen = |vm: &crate::model::Vm| match kind {
        JobKind::Respawn { pool } => vm.pool == *pool,
        JobKind::RespawnOn { hosts } => {
            world.hosts.get(&vm.host).is_some_and(|host| hosts.matches(&host.spec.labels))
        }
        JobKind::Drain | JobKind::Playbook { .. } => false,
    };
    let vms = world.vms.values().filter(|vm| vm.wanted == Wanted::Running && chosen(vm));
    vms.map(|vm| (vm.id, vm.host.clone())).collect()
}
