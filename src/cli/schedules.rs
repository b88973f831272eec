//! Schedules that are to wait, and what keeps one from running; pools that are tried again.

use anyhow::Result;
use hostler::model::{PoolName, Schedule, ScheduleName, Zone, plural};

use super::call::Call;
use super::table::Cell;

impl Call {
    pub(crate) async fn suspend(&self, schedule: &ScheduleName, reason: &str) -> Result<()> {
        self.put_done(&self.client.suspend(schedule, reason).await?)
    }

    pub(crate) async fn resume_schedule(&self, schedule: &ScheduleName) -> Result<()> {
        self.put_done(&self.client.resume_schedule(schedule).await?)
    }

    pub(crate) async fn release_pool(&self, pool: &PoolName) -> Result<()> {
        self.put_done(&self.client.release_pool(pool).await?)
    }

    pub(crate) async fn skip_next(&self, schedule: &ScheduleName) -> Result<()> {
        self.put_done(&self.client.skip_next(schedule).await?)
    }
}

/// What keeps a schedule, or some of its hosts, from running.
pub(crate) fn waits(schedule: &Schedule, zone: Zone) -> Vec<(&'static str, Cell)> {
    let mut rows = Vec::new();
    if let Some(suspended) = &schedule.suspended {
        let (by, at, why) = (&suspended.by, zone.moment(suspended.at), &suspended.reason);
        rows.push(("suspended", Cell::new(format!("by {by} at {at}: {why}"))));
    }
    if schedule.spec.suspend {
        rows.push(("suspended", Cell::new("by the inventory")));
    }
    if let Some(upto) = schedule.skip_upto.filter(|upto| *upto > schedule.upto) {
        rows.push(("skips", Cell::new(format!("its runs up to {}", zone.moment(upto)))));
    }
    if !schedule.spec.blackout.is_empty() {
        let days: Vec<_> = schedule.spec.blackout.iter().map(ToString::to_string).collect();
        rows.push(("blackout", Cell::new(days.join(", "))));
    }
    let busy = schedule.busy.iter().map(|(host, nights)| {
        let nights = plural(*nights as usize, "night");
        ("busy", Cell::new(format!("{host} was skipped {nights} in a row: it is first next time")))
    });
    rows.extend(busy);
    rows
}

#[cfg(test)]
mod tests {
    use hostler::model::{Actor, ScheduleSpec, Suspended, Targets, Timestamp};

    use super::*;

    #[test]
    fn everything_that_keeps_a_schedule_from_running_is_told() {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let targets = Targets::Hosts("site=a".parse().unwrap());
        let mut spec = ScheduleSpec::new(targets, "respawn".parse().unwrap(), "@daily", "UTC");
        spec.blackout = vec!["2026-12-24".parse().unwrap(), "2026-12-25".parse().unwrap()];
        let mut schedule = Schedule::new(spec, at(10));
        let said = |schedule: &Schedule| {
            let rows = waits(schedule, Zone::default());
            rows.iter().map(|(key, cell)| format!("{key} {}", cell.text())).collect::<Vec<_>>()
        };
        assert_eq!(said(&schedule), ["blackout 2026-12-24, 2026-12-25"]);
        let (by, reason) = (Actor::controller(), "release week".into());
        schedule.suspended = Some(Suspended { by, at: at(0), reason });
        // One that has been passed over already is history.
        schedule.skip_upto = Some(at(10));
        schedule.busy = [("mini-01".parse().unwrap(), 2)].into();
        assert_eq!(
            said(&schedule),
            [
                "suspended by hostler at 1970-01-01T00:00:00Z: release week",
                "blackout 2026-12-24, 2026-12-25",
                "busy mini-01 was skipped 2 nights in a row: it is first next time",
            ]
        );
        schedule.skip_upto = Some(at(20));
        assert!(said(&schedule).contains(&"skips its runs up to 1970-01-01T00:00:20Z".into()));
    }
}
