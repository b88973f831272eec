//! The run that puts right what has drifted.

use super::schedules;
use crate::model::{HostName, PoolName, ScheduleName, Selector, Targets, Timestamp, World};

/// The first run to come that has this host among its targets, and when.
pub fn next_run_on(
    world: &World,
    host: &HostName,
    now: Timestamp,
) -> Option<(ScheduleName, Timestamp)> {
    let labels = &world.hosts.get(host)?.spec.labels;
    next_run(world, now, |targets| match targets {
        Targets::Hosts(hosts) => hosts.matches(labels),
        Targets::Pool(pool) => {
            world.pools.get(pool).is_some_and(|pool| pool.spec.hosts.matches(labels))
        }
    })
}

/// The first run to come that replaces VMs of this pool, and when.
pub fn next_run_for(
    world: &World,
    pool: &PoolName,
    now: Timestamp,
) -> Option<(ScheduleName, Timestamp)> {
    let spec = &world.pools.get(pool)?.spec;
    let uses = |hosts: &Selector| {
        let mut all = world.hosts.values().map(|host| &host.spec.labels);
        all.any(|labels| hosts.matches(labels) && spec.hosts.matches(labels))
    };
    next_run(world, now, |targets| match targets {
        Targets::Pool(of) => of == pool,
        Targets::Hosts(hosts) => uses(hosts),
    })
}

fn next_run(
    world: &World,
    now: Timestamp,
    covers: impl Fn(&Targets) -> bool,
) -> Option<(ScheduleName, Timestamp)> {
    let due = world.schedules.iter().filter(|(_, schedule)| covers(&schedule.spec.targets));
    let next = due.filter_map(|(name, schedule)| {
        Some((name.clone(), schedules::next_that_fires(schedule, now)?))
    });
    next.min_by_key(|(_, at)| *at)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Grown, at, look, name, pool_spec};
    use super::*;
    use crate::model::*;

    #[test]
    fn a_mac_that_is_not_as_its_group_expects_says_so() {
        let mut grown = Grown::new(&["a"], PoolSize::Count(0));
        let mut spec = grown.world.hosts["a"].spec.clone();
        spec.expect = Expect {
            macos: Some(">=26".into()),
            tool: Some(">=2.28".into()),
            chip: Some("m4".into()),
        };
        let hosts = [(name("a"), Some(spec))].into();
        grown.put(1, Event::FleetChanged { change: FleetChange { hosts, ..Default::default() } });
        assert!(grown.world.hosts["a"].drift().is_empty(), "nothing was read yet");
        let mut seen = look(2, &[]);
        (seen.facts.macos, seen.facts.tool) = ("15.7.1".into(), "2.30.0".into());
        seen.facts.chip = "Apple M2".into();
        grown.see(2, "a", seen);
        assert_eq!(
            grown.world.hosts["a"].drift(),
            ["macOS is 15.7.1, expected >=26", "its chip is Apple M2, expected m4"]
        );
    }

    #[test]
    fn a_vm_drifts_by_age_by_its_image_and_by_its_size() {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        grown.settle(1);
        let drift = |grown: &Grown, s| grown.world.drift_of(grown.only_vm(), at(s));
        assert_eq!(drift(&grown, 100), None);
        let mut spec = pool_spec(PoolSize::Count(1), "");
        let change = |grown: &mut Grown, change| grown.put(10, Event::FleetChanged { change });
        let pool = |spec: &PoolSpec| FleetChange {
            pools: [(name("ci"), Some(spec.clone()))].into(),
            ..Default::default()
        };
        spec.max_age = Some(Span::from_hours(24));
        change(&mut grown, pool(&spec));
        let born = grown.only_vm().created.since(at(0)).as_secs();
        assert_eq!(drift(&grown, born + 24 * 3_600), None);
        assert_eq!(drift(&grown, born + 24 * 3_600 + 1).unwrap(), "it is older than 1d");
        spec.cpu = Some(6);
        change(&mut grown, pool(&spec));
        assert!(drift(&grown, 20).unwrap().contains("cores"));
        let image = ImageSpec { source: "reg/xcode:2".into(), os: GuestOs::Macos };
        let images = [(name("xcode"), Some(image))].into();
        change(&mut grown, FleetChange { images, ..Default::default() });
        assert_eq!(
            drift(&grown, 20).unwrap(),
            "it was made from reg/xcode:1, its image is reg/xcode:2 now"
        );
    }

    #[test]
    fn the_run_that_puts_it_right_is_the_next_that_fires() {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        assert_eq!(next_run_for(&grown.world, &name("ci"), at(0)), None);
        let day = |targets, cron: &str| {
            let mut spec = ScheduleSpec::new(targets, name("respawn"), cron, "UTC");
            spec.blackout = vec!["2027-01-15".parse().unwrap()];
            Some(spec)
        };
        let schedules = [
            (name("late"), day(Targets::Pool(name("ci")), "0 20 * * *")),
            (name("early"), day(Targets::Hosts(name("")), "0 19 * * *")),
        ];
        let change = FleetChange { schedules: schedules.into(), ..Default::default() };
        grown.put(1, Event::FleetChanged { change });
        // The clock stands at 08:00 on 15 January, which is blacked out.
        let next = next_run_for(&grown.world, &name("ci"), at(2)).unwrap();
        assert_eq!(
            (next.0.as_str(), next.1.to_string()),
            ("early", "2027-01-16T19:00:00.000Z".into())
        );
        let reason = "no".into();
        grown.put(3, Event::ScheduleSuspended { schedule: name("early"), reason });
        assert_eq!(next_run_for(&grown.world, &name("ci"), at(4)).unwrap().0, name("late"));
        assert_eq!(next_run_on(&grown.world, &name("a"), at(4)).unwrap().0, name("late"));
    }

    #[test]
    fn what_has_drifted_is_respawned_first() {
        let mut grown = Grown::new(&["a", "b"], PoolSize::Count(1));
        grown.settle(1);
        let old = grown.only_vm().id;
        let change = |grown: &mut Grown, s, size, cpu| {
            let spec = PoolSpec { cpu, ..pool_spec(PoolSize::Count(size), "") };
            let pools = [(name("ci"), Some(spec))].into();
            grown.put(
                s,
                Event::FleetChanged { change: FleetChange { pools, ..Default::default() } },
            );
        };
        // The second VM is made with six cores; then the pool has none of its own again.
        change(&mut grown, 20, 2, Some(6));
        grown.settle(21);
        change(&mut grown, 40, 2, None);
        let new = *grown.world.vms.keys().find(|id| **id != old).unwrap();
        let opening = super::super::respawn(&grown.world, &name("ci"), None, at(41)).unwrap();
        grown.open(41, opening);
        let retired: Vec<VmId> =
            super::super::pools::retired(&grown.pass(42)).into_iter().collect();
        assert_eq!(retired, [new]);
    }
}
