//! Slots that a host's kernel has lost: what gives them back and when, and which builds of macOS
//! lose them.

use std::collections::BTreeMap;

use super::play::{reboots, reboots_now};
use super::schedules::{next_that_fires, opening};
use super::vm::{reboot, slots_lost};
use crate::model::{
    Cause, Cure, Hold, Host, HostName, Job, LeakingBuild, OnExpiry, ScheduleName, SlotsLost,
    Targets, Timestamp, Via, World,
};

/// The hosts that have lost slots, how many, and what gives them back.
pub fn leaks(world: &World, now: Timestamp) -> BTreeMap<HostName, SlotsLost> {
    let mut runs = Runs::default();
    let mut out = BTreeMap::new();
    for (name, host) in &world.hosts {
        let lost = lost(world, name, host, &mut runs, now);
        out.extend(lost.map(|lost| (name.clone(), lost)));
    }
    out
}

/// The same of one host; `None`: it has lost none, or is not known.
pub(super) fn leaks_of(world: &World, name: &HostName, now: Timestamp) -> Option<SlotsLost> {
    lost(world, name, world.hosts.get(name)?, &mut Runs::default(), now)
}

/// The builds of macOS on which slots have leaked, those first that leak most often.
pub fn leaking_builds(world: &World) -> Vec<LeakingBuild> {
    let on = |build: &str| {
        let seen = world.hosts.values().filter_map(|host| host.seen.as_ref());
        seen.filter(|seen| seen.facts.build == build).count()
    };
    let leaking = world.builds.iter().filter(|(_, tally)| tally.leaks > 0);
    let said = leaking.map(|(build, tally)| LeakingBuild {
        build: build.clone(),
        tally: *tally,
        hosts: on(build),
    });
    let mut builds: Vec<_> = said.collect();
    // Cross-multiplied, so that no build without a start divides by nothing.
    builds.sort_by(|a, b| {
        let (of_a, of_b) = (u128::from(a.tally.leaks), u128::from(b.tally.leaks));
        let (by_a, by_b) = (u128::from(a.tally.starts), u128::from(b.tally.starts));
        (of_b * by_a.max(1)).cmp(&(of_a * by_b.max(1))).then_with(|| a.build.cmp(&b.build))
    });
    builds
}

/// Why a host cannot be restarted without a person at it.
pub(super) fn barred(host: &Host) -> Option<&'static str> {
    let filevault = host.seen.as_ref().and_then(|seen| seen.facts.filevault);
    (filevault == Some(true) && !host.spec.authrestart).then_some(
        "FileVault is on, so it is not restarted unattended: restart it and unlock its disk by \
         hand, turn FileVault off, or set `authrestart: true` for this host",
    )
}

/// The schedules by their next time, worked out once and only when a host has lost a slot.
#[derive(Default)]
struct Runs<'a>(Option<Vec<(Timestamp, &'a ScheduleName)>>);

impl<'a> Runs<'a> {
    fn coming(&mut self, world: &'a World, now: Timestamp) -> &[(Timestamp, &'a ScheduleName)] {
        self.0.get_or_insert_with(|| {
            let due = world.schedules.iter();
            let mut runs: Vec<_> = due
                .filter_map(|(name, schedule)| Some((next_that_fires(schedule, now)?, name)))
                .collect();
            runs.sort();
            runs
        })
    }
}

fn lost<'a>(
    world: &'a World,
    name: &HostName,
    host: &Host,
    runs: &mut Runs<'a>,
    now: Timestamp,
) -> Option<SlotsLost> {
    let slots = Some(slots_lost(world, host, now)).filter(|slots| *slots > 0)?;
    Some(SlotsLost { slots, cure: cure(world, (name, host), runs, now) })
}

fn cure<'a>(
    world: &'a World,
    (name, host): (&HostName, &Host),
    runs: &mut Runs<'a>,
    now: Timestamp,
) -> Cure {
    // What its guests have outlived a person may have ended; a schedule's reboot waits for it.
    let leaked = host.leaked() > 0;
    let asked = |job: &Job| job.by.via != Via::Controller;
    let may = |job: &Job| asked(job) || (leaked && in_the_way(world, host, now).is_none());
    let mut open = world.jobs.values().filter(|job| may(job));
    let open = open.find(|job| reboots_now(world, job, (name, host), now));
    if let Some(job) = open {
        return Cure::Job { job: job.id };
    }
    if let Some(why) = barred(host) {
        return Cure::Barred { why: why.into() };
    }
    if !leaked {
        let why = "no schedule ends a guest that may be another's";
        return Cure::Barred { why: format!("{why}: {} does", reboot(name)) };
    }
    for (at, schedule) in runs.coming(world, now) {
        if restarts(world, schedule, (name, host), (*at, now)) {
            if let Some(hold) = in_the_way(world, host, *at) {
                let why = format!("{} holds it, so schedules pass it over", hold.by);
                return Cure::Barred { why: format!("{why}: {} gives it back", reboot(name)) };
            }
            return Cure::Run { schedule: (*schedule).clone(), at: *at };
        }
    }
    Cure::Nobody { next: format!("{} does", reboot(name)) }
}

/// A hold for which a schedule's run passes the host over; a job's own comes and goes with it.
fn in_the_way<'a>(world: &World, host: &'a Host, at: Timestamp) -> Option<&'a Hold> {
    let stays = |hold: &Hold| match hold.on_expiry {
        OnExpiry::Release => hold.until.is_none_or(|until| until > at),
        OnExpiry::Alert => true,
    };
    host.holds.values().find(|hold| stays(hold) && world.job_of_hold(hold).is_none())
}

/// Whether the schedule's run restarts this host, as it is now.
fn restarts(
    world: &World,
    name: &ScheduleName,
    (host_name, host): (&HostName, &Host),
    (at, now): (Timestamp, Timestamp),
) -> bool {
    let Some(schedule) = world.schedules.get(name) else { return false };
    let covers = match &schedule.spec.targets {
        Targets::Hosts(hosts) => hosts.matches(&host.spec.labels),
        Targets::Pool(pool) => {
            let pool = world.pools.get(pool);
            pool.is_some_and(|pool| pool.spec.hosts.matches(&host.spec.labels))
        }
    };
    let cause = Cause::Run { schedule: name.clone(), nominal: at };
    covers && reboots(world, &opening(world, name, schedule, cause, at), (host_name, host), now)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Grown, at, look, name};
    use super::*;
    use crate::model::*;

    /// One host of each of these builds, and what became of the starts on it.
    fn grown(builds: &[(&str, u64, u64)]) -> Grown {
        let hosts: Vec<String> = (0..builds.len()).map(|n| format!("h{n}")).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let mut grown = Grown::new(&hosts, PoolSize::Count(0));
        for (host, (build, starts, leaks)) in hosts.iter().zip(builds) {
            let mut seen = look(1, &[]);
            seen.facts.build = (*build).into();
            grown.see(1, host, seen);
            let tally = BuildTally { starts: *starts, leaks: *leaks };
            grown.world.builds.insert((*build).into(), tally);
        }
        grown
    }

    #[test]
    fn builds_that_leak_are_told_those_first_that_leak_most_often() {
        let grown = grown(&[("25A", 400, 3), ("25B", 10, 0), ("25C", 10, 1), ("25D", 0, 1)]);
        let said: Vec<_> = leaking_builds(&grown.world).iter().map(LeakingBuild::said).collect();
        assert_eq!(
            said,
            [
                "build 25D: 1 leak in 0 starts",
                "build 25C: 1 leak in 10 starts",
                "build 25A: 3 leaks in 400 starts",
            ]
        );
        assert!(leaking_builds(&grown.world).iter().all(|build| build.hosts == 1));
    }

    #[test]
    fn starts_and_leaks_are_counted_for_the_build_that_the_host_ran() {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        let sees = |grown: &mut Grown, s, build: &str| {
            let mut seen = look(s, &grown.running_on(&name("a")));
            let boot = if build == "25A" { "boot-1" } else { "boot-2" };
            (seen.facts.build, seen.facts.boot) = (build.into(), boot.into());
            seen.facts.tool = "2.35.0".into();
            grown.see(s, "a", seen);
        };
        sees(&mut grown, 1, "25A");
        grown.pass(1);
        grown.pass(2);
        grown.end_all(3, &Outcome::Done);
        grown.pass(4);
        grown.end_all(5, &Outcome::Refused { class: Refusal::Limit, said: "limit".into() });
        grown.pass(21);
        assert_eq!(grown.world.builds["25A"], BuildTally { starts: 0, leaks: 1 });
        // macOS is updated: what was counted stays with the build that did it.
        sees(&mut grown, 30, "25B");
        for s in (31..120).step_by(5) {
            grown.pass(s);
            grown.end_all(s, &Outcome::Done);
            sees(&mut grown, s, "25B");
        }
        assert_eq!(grown.world.builds["25A"], BuildTally { starts: 0, leaks: 1 });
        assert_eq!(grown.world.builds["25B"], BuildTally { starts: 1, leaks: 0 });
        assert_eq!(leaking_builds(&grown.world).len(), 1);
    }

    #[test]
    fn a_host_that_has_lost_nothing_is_not_told() {
        let grown = grown(&[("25A", 1, 0)]);
        assert_eq!(leaks(&grown.world, at(2)), BTreeMap::new());
    }
}
