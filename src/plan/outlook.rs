//! What runs to come meet: other runs over the same hosts or VMs while their windows overlap, days
//! and orders on which they do not take place; and what this room then does about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calendar::Calendar;
use super::open;
use super::schedules::{excuse, running};
use crate::model::{
    Act, Cause, Conflict, Each, HostName, Meeting, Outlook, Schedule, ScheduleName, Timestamp,
    VmId, World,
};

/// So many times of a schedule are looked at.
const TIMES_MOST: usize = 500;
/// So many of its conflicts are told, the first ones.
const CONFLICTS_MOST: usize = 500;

/// Of every schedule, what its runs are over now and what those up to `until` meet.
pub fn outlook(world: &World, now: Timestamp, until: Timestamp) -> BTreeMap<ScheduleName, Outlook> {
    let names: Vec<&HostName> = world.hosts.keys().collect();
    let side = |(name, of)| Side::new(world, &names, (name, of));
    let sides: Vec<Side<'_>> = world.schedules.iter().map(side).collect();
    let mut found: Vec<Vec<Conflict>> = vec![Vec::new(); sides.len()];
    let mut more = vec![false; sides.len()];
    let mut runs: Vec<Run> = Vec::new();
    for (nth, side) in sides.iter().enumerate() {
        runs.extend(side.under_way(world, nth));
        let Some(calendar) = side.calendar() else { continue };
        let mut times = calendar.between(now, until, TIMES_MOST + 1);
        more[nth] = times.len() > TIMES_MOST;
        times.truncate(TIMES_MOST);
        for at in times {
            match excuse(side.schedule, &calendar, at) {
                Some(why) => found[nth].push(Conflict { at, with: None, then: why }),
                None => runs.push(Run { at, until: at + side.schedule.spec.window, nth }),
            }
        }
    }
    runs.sort_unstable_by_key(|run| (run.at, run.nth));
    // Of two schedules on how many hosts they meet, and what becomes of that.
    let mut pairs: BTreeMap<(usize, usize), Option<(usize, String)>> = BTreeMap::new();
    let mut met = vec![0_usize; sides.len()];
    let mut open: Vec<Run> = Vec::new();
    for run in runs {
        open.retain(|other| other.until > run.at);
        for other in open.iter().filter(|other| other.nth != run.nth) {
            let pair = (run.nth.min(other.nth), run.nth.max(other.nth));
            let known = pairs.entry(pair).or_insert_with(|| sides[pair.0].meets(&sides[pair.1]));
            let Some((hosts, then)) = known else { continue };
            for (mine, its) in [(&run, other), (other, &run)] {
                met[mine.nth] += 1;
                if met[mine.nth] > CONFLICTS_MOST {
                    continue;
                }
                let with = Some(Meeting {
                    schedule: sides[its.nth].name.clone(),
                    at: its.at,
                    from: run.at,
                    until: run.until.min(other.until),
                    hosts: *hosts,
                });
                found[mine.nth].push(Conflict { at: mine.at, with, then: then.clone() });
            }
        }
        open.push(run);
    }
    let more = more.into_iter().zip(met).map(|(more, met)| more || met > CONFLICTS_MOST);
    let outlook = |((side, mut conflicts), more): ((Side<'_>, Vec<Conflict>), bool)| {
        conflicts.sort_by_key(|conflict| conflict.at);
        (side.name.clone(), Outlook { conflicts, more, ..side.bare })
    };
    sides.into_iter().zip(found).zip(more).map(outlook).collect()
}

/// A run from its time until the last moment at which it may begin work.
struct Run {
    at: Timestamp,
    until: Timestamp,
    /// Which schedule's.
    nth: usize,
}

/// How the runs of a schedule come in the way of others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Nothing of theirs goes out of service.
    Nothing,
    /// Hosts lose their VMs, but no hold says so.
    Takes,
    /// Hosts are held while they are worked on.
    Holds,
    /// VMs have successors, wherever they are.
    Replaces,
}

/// A schedule, and what a run of it would be over now.
struct Side<'a> {
    name: &'a ScheduleName,
    schedule: &'a Schedule,
    way: Way,
    /// Of each host of the fleet, whether it is one of them.
    hosts: Vec<bool>,
    /// Where it replaces VMs.
    vms: BTreeMap<VmId, HostName>,
    bare: Outlook,
}

impl<'a> Side<'a> {
    fn new(
        world: &World,
        names: &[&HostName],
        (name, schedule): (&'a ScheduleName, &'a Arc<Schedule>),
    ) -> Self {
        let spec = &schedule.spec;
        let book = world.playbooks.get(&spec.playbook).filter(|book| book.each == Each::Host);
        let (vms, over) = match book {
            Some(_) => (BTreeMap::new(), open::hosts(world, &spec.targets)),
            None => (open::vms(world, &open::respawn(&spec.targets)), Vec::new()),
        };
        let mut hosts = vec![false; names.len()];
        for host in over.iter().chain(vms.values()) {
            if let Ok(at) = names.binary_search(&host) {
                hosts[at] = true;
            }
        }
        let (way, each, targets) = match book {
            Some(book) => (way(book.all_steps().map(|step| &step.act)), Each::Host, over.len()),
            None => (Way::Replaces, Each::Vm, vms.len()),
        };
        let at_once = spec.max_unavailable.of(targets).min(targets);
        let bare = Outlook { each, targets, at_once, ..Outlook::default() };
        Self { name, schedule, way, hosts, vms, bare }
    }

    fn calendar(&self) -> Option<Calendar> {
        Calendar::new(&self.schedule.spec.cron, &self.schedule.spec.zone).ok()
    }

    /// Its run that goes on now.
    fn under_way(&self, world: &World, nth: usize) -> Option<Run> {
        let job = world.jobs.get(&running(world, self.name)?)?;
        let at = match &job.cause {
            Cause::Run { nominal, .. } => *nominal,
            Cause::RunNow { .. } | Cause::Asked | Cause::For { .. } => job.opened,
        };
        Some(Run { at, until: job.begin_by, nth })
    }

    /// On how many hosts both have something to do, and what becomes of that where one minds.
    fn meets(&self, other: &Self) -> Option<(usize, String)> {
        let hosts = if (self.way, other.way) == (Way::Replaces, Way::Replaces) {
            let both = self.vms.iter().filter(|(vm, _)| other.vms.contains_key(vm));
            both.map(|(_, host)| host).collect::<BTreeSet<_>>().len()
        } else {
            self.hosts.iter().zip(&other.hosts).filter(|(one, two)| **one && **two).count()
        };
        then(self, other).filter(|_| hosts > 0).map(|then| (hosts, then))
    }
}

/// How a playbook over hosts comes in the way of others.
fn way<'a>(acts: impl Iterator<Item = &'a Act>) -> Way {
    let mut way = Way::Nothing;
    for act in acts {
        match act {
            Act::Drain(_) | Act::Cordon { .. } => return Way::Holds,
            Act::DeleteVms | Act::Respawn | Act::Reboot { .. } | Act::Deregister => {
                way = Way::Takes;
            }
            Act::Undrain
            | Act::Uncordon
            | Act::Prefetch { .. }
            | Act::PruneImages
            | Act::Sh { .. }
            | Act::Copy { .. }
            | Act::Verify
            | Act::Wait { .. }
            | Act::WaitIdle
            | Act::Assert { .. }
            | Act::Notify { .. } => {}
        }
    }
    way
}

/// What becomes of two runs over the same; `None`: neither minds the other.
fn then(one: &Side<'_>, two: &Side<'_>) -> Option<String> {
    let (a, b) = if one.name <= two.name { (one, two) } else { (two, one) };
    Some(match (a.way, b.way) {
        // Whatever its steps are, a run waits for a host that another job holds.
        (Way::Holds, Way::Nothing | Way::Takes) => waits(a, b),
        (Way::Nothing | Way::Takes, Way::Holds) => waits(b, a),
        (Way::Nothing, _) | (_, Way::Nothing) => return None,
        (Way::Holds, Way::Holds) => {
            "a host goes to whichever holds it first; the other waits for it, \
             counts it as out of service, and skips it if it is not free when its window ends"
                .into()
        }
        (Way::Takes, Way::Takes) => {
            "neither holds its hosts: both work on one at once, command by command".into()
        }
        (Way::Replaces, Way::Replaces) => "a VM is replaced once: what one has replaced is done \
             for the other, and both count the same VMs as out of service"
            .into(),
        (Way::Replaces, Way::Holds | Way::Takes) => again(a, b),
        (Way::Holds | Way::Takes, Way::Replaces) => again(b, a),
    })
}

fn waits(holder: &Side<'_>, other: &Side<'_>) -> String {
    let (holder, other) = (holder.name, other.name);
    format!(
        "{other} begins no host while {holder} holds it, and skips it if it is not free when its \
         window ends; {holder} does not wait for {other}"
    )
}

fn again(vms: &Side<'_>, hosts: &Side<'_>) -> String {
    let (vms, hosts) = (vms.name, hosts.name);
    format!(
        "a VM that {hosts} takes away is done for {vms}; what {vms} has put on a host before \
         {hosts} comes there is replaced twice"
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Grown, at, name};
    use super::*;
    use crate::model::*;

    const HOUR: u64 = 3_600;

    /// Four hosts with a pool of four; the clock stands at 08:00 on a Friday.
    fn grown(schedules: &[(&str, &str, &str, &str)]) -> Grown {
        let mut grown = Grown::new(&["a", "b", "c", "d"], PoolSize::Count(4));
        grown.settle(1);
        let mut change = FleetChange::default();
        let step = |act| vec![Step::plain(act)];
        for (book, steps) in [
            ("wipe", step(Act::Drain(DrainStep::default()))),
            ("refresh", step(Act::Respawn)),
            ("look", step(Act::Verify)),
        ] {
            let playbook = Playbook {
                name: name(book),
                summary: String::new(),
                each: Each::Host,
                steps,
                always: Vec::new(),
                on_failure: OnFailure::Hold,
            };
            change.playbooks.insert(name(book), Some(playbook));
        }
        for host in ["a", "b"] {
            let mut spec = grown.world.hosts[host].spec.clone();
            spec.labels.insert("site".into(), "left".into());
            change.hosts.insert(name(host), Some(spec));
        }
        for (schedule, targets, playbook, cron) in schedules {
            let targets = match targets.strip_prefix("pool ") {
                Some(pool) => Targets::Pool(name(pool)),
                None => Targets::Hosts(name(targets)),
            };
            let spec = ScheduleSpec::new(targets, name(playbook), cron, "UTC");
            change.schedules.insert(name(schedule), Some(spec));
        }
        grown.put(30, Event::FleetChanged { change });
        grown
    }

    fn of(grown: &Grown, hours: u64) -> BTreeMap<ScheduleName, Outlook> {
        outlook(&grown.world, at(31), at(31 + hours * HOUR))
    }

    #[test]
    fn two_runs_over_the_same_hosts_meet_and_each_says_so() {
        let grown = grown(&[
            ("all", "", "wipe", "0 20 * * *"),
            ("left", "site=left", "wipe", "0 22 * * *"),
            ("far", "site=left", "wipe", "30 2 * * *"),
            ("right", "site=right", "wipe", "0 20 * * *"),
        ]);
        let told = of(&grown, 24);
        let all = &told["all"];
        assert_eq!((all.each, all.targets, all.at_once), (Each::Host, 4, 1));
        let [one] = &all.conflicts[..] else { panic!("{:?}", all.conflicts) };
        let with = one.with.as_ref().unwrap();
        assert_eq!((with.schedule.as_str(), with.hosts), ("left", 2));
        assert_eq!((one.at.to_string(), with.at), ("2027-01-15T20:00:00.000Z".into(), with.from));
        assert_eq!(with.until, one.at + Span::from_hours(4));
        assert!(one.then.contains("waits for it"), "{}", one.then);
        let [other] = &told["left"].conflicts[..] else { panic!("{:?}", told["left"]) };
        assert_eq!((other.at, other.with.as_ref().unwrap().at), (with.at, one.at));
        // Its window opens half an hour after the other's has closed, and no host of it is shared.
        assert!(told["far"].conflicts.is_empty() && told["right"].conflicts.is_empty());
        assert_eq!(told["all"].conflicts_of(one.at).len(), 1);
        assert_eq!(told["all"].conflicts_of(with.at), []);
    }

    #[test]
    fn what_becomes_of_two_runs_follows_from_what_they_take() {
        for (one, two, says) in [
            (("", "wipe"), ("site=left", "refresh"), Some("y begins no host while x holds it")),
            (("", "refresh"), ("", "refresh"), Some("neither holds its hosts")),
            (("pool ci", "respawn"), ("", "respawn"), Some("a VM is replaced once")),
            (("pool ci", "respawn"), ("", "wipe"), Some("takes away is done for x")),
            (("", "wipe"), ("", "look"), Some("y begins no host while x holds it")),
            (("", "look"), ("", "refresh"), None),
        ] {
            let grown =
                grown(&[("x", one.0, one.1, "0 20 * * *"), ("y", two.0, two.1, "0 21 * * *")]);
            let told = of(&grown, 24);
            let then = told["x"].conflicts.first().map(|conflict| conflict.then.clone());
            match (then, says) {
                (Some(then), Some(says)) => assert!(then.contains(says), "{then}"),
                (then, says) => assert_eq!(then.as_deref(), says),
            }
            assert_eq!(told["x"].conflicts.len(), told["y"].conflicts.len());
        }
    }

    #[test]
    fn a_run_that_does_not_take_place_says_why_and_meets_nothing() {
        let mut grown = grown(&[
            ("all", "", "wipe", "0 20 * * *"),
            ("left", "site=left", "wipe", "0 20 * * *"),
        ]);
        let mut spec = grown.world.schedules["left"].spec.clone();
        spec.blackout = vec!["2027-01-15".parse().unwrap()];
        let schedules = [(name("left"), Some(spec))].into();
        grown.put(
            32,
            Event::FleetChanged { change: FleetChange { schedules, ..Default::default() } },
        );
        let told = of(&grown, 48);
        let said = |name: &str| {
            let told: Vec<_> = told[name].conflicts.iter().collect();
            told.iter().map(|c| (c.with.is_some(), c.then.clone())).collect::<Vec<_>>()
        };
        assert_eq!(said("left")[0], (false, "2027-01-15 is a blackout day".into()));
        assert_eq!((said("left").len(), said("all").len()), (2, 1), "on the day after they meet");
        let reason = "freeze".into();
        grown.put(33, Event::ScheduleSuspended { schedule: name("left"), reason });
        let told = of(&grown, 48);
        assert!(told["all"].conflicts.is_empty());
        assert!(told["left"].conflicts[1].then.ends_with(": freeze"), "{told:?}");
    }

    #[test]
    fn of_very_many_conflicts_the_first_are_told() {
        let often = "*/15 * * * *";
        let told = of(&grown(&[("x", "", "wipe", often), ("y", "", "wipe", often)]), 24);
        for outlook in told.values() {
            assert_eq!((outlook.conflicts.len(), outlook.more), (CONFLICTS_MOST, true));
            assert!(outlook.conflicts.windows(2).all(|two| two[0].at <= two[1].at));
        }
        let one = grown(&[("x", "", "wipe", often)]);
        assert!(!of(&one, 24)["x"].more);
        // Of a week of them only the first are looked at.
        assert!(of(&one, 7 * 24)["x"].more);
    }

    #[test]
    fn a_run_that_goes_on_is_met_too() {
        let mut grown =
            grown(&[("all", "", "wipe", "0 3 1 1 *"), ("left", "site=left", "wipe", "0 9 * * *")]);
        let opening = super::super::run_now(&grown.world, &name("all"), at(40)).unwrap();
        grown.open(40, opening);
        let told = outlook(&grown.world, at(41), at(41 + 2 * HOUR));
        let [one] = &told["left"].conflicts[..] else { panic!("{told:?}") };
        assert_eq!(one.with.as_ref().map(|with| with.at), Some(at(40)));
    }
}
