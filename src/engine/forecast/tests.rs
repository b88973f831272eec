//! Nights ahead: who has a turn and when, what the pools keep, what does not fit.

use std::collections::BTreeMap;

use super::*;
use crate::config::{self, Files};
use crate::engine::orders::{Ids, events_of};
use crate::model::{
    Actor, Entry, Facts, GuardView, Outcome, Phase, PoolName, SeenState, SeenVm, Sighting, VmId,
};

/// Half an hour before the schedules' time.
const EVENING: &str = "2026-11-21T02:00:00Z";

/// Eight hosts, a pool that leaves four slots free, and what `nightly` says.
fn inventory(nightly: &str) -> String {
    format!(
        "defaults: {{user: admin}}\ngroups:\n  bern:\n    hosts:\n      mini-[1:8]: {{address: \"10.0.0.[1:8]\"}}\n\
         images:\n  xcode: {{source: \"reg/xcode:1\", os: macos}}\n\
         pools:\n  ci: {{image: xcode, size: 12}}\n\
         schedules:\n  nightly:\n    cron: \"30 2 * * *\"\n    zone: UTC\n{nightly}"
    )
}

fn evening() -> Timestamp {
    EVENING.parse().unwrap()
}

/// A fleet whose pool is whole in the evening.
struct Fleet {
    world: World,
}

impl Fleet {
    fn whole(inventory: &str) -> Self {
        let text = inventory.to_owned();
        let texts = [("inventory/all.yaml".into(), text)].into();
        let files = Files { texts, ..Files::default() };
        let loaded = config::check(&files).unwrap();
        let mut fleet = Self { world: World::default() };
        fleet.put(Event::ControllerStarted { version: "test".into() });
        let change = fleet.world.difference(&loaded.fleet);
        fleet.put(Event::FleetChanged { change });
        let mut ids = Ids::above(&fleet.world, Box::new(|| 0));
        for _ in 0..8 {
            fleet.see_all();
            for action in plan::plan(&fleet.world, fleet.now()).actions {
                for event in events_of(&fleet.world, action, &mut ids, fleet.now()) {
                    fleet.put(event);
                }
            }
            let ops = fleet.world.vms.values().filter_map(|vm| Some((vm.id, vm.op.as_ref()?.id)));
            for (vm, op) in ops.collect::<Vec<_>>() {
                fleet.put(Event::OpEnded { vm, op, outcome: Outcome::Done });
            }
        }
        assert_eq!(fleet.world.vms.values().filter(|vm| vm.is_ready()).count(), 12);
        fleet
    }

    fn now(&self) -> Timestamp {
        evening() - Span::from_mins(10)
    }

    fn put(&mut self, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world.seq + 1, self.world.epoch + starts);
        let (at, actor) = (self.now(), Actor::controller());
        self.world.apply(&Entry { seq, at, epoch, actor, event }).unwrap();
    }

    fn see_all(&mut self) {
        for name in self.world.hosts.keys().cloned().collect::<Vec<_>>() {
            let host = &self.world.hosts[&name];
            let started =
                |vm: &&Arc<crate::model::Vm>| matches!(vm.phase, Phase::Booting | Phase::Ready);
            let seen =
                SeenVm { ip: Some("192.168.64.2".into()), ..SeenVm::new(SeenState::Running) };
            let vms: BTreeMap<_, _> = self
                .world
                .vms_on(host)
                .filter(started)
                .map(|vm| (vm.host_name(), seen.clone()))
                .collect();
            let sighting = Sighting {
                at: self.now(),
                facts: Facts { boot: "1".into(), tool: "2.30".into(), ..Facts::default() },
                guests: Some(vms.len() as u32),
                vms: Some(vms),
                images: Some(vec!["reg/xcode:1".into()]),
                locked: None,
                guard: GuardView::default(),
            };
            for event in plan::observe(&self.world, &name, &sighting) {
                self.put(event);
            }
        }
    }

    fn ahead(self, hours: u64) -> Forecast {
        forecast(&Arc::new(self.world), evening(), Span::from_hours(hours))
    }
}

fn wipe(more: &str) -> String {
    let wipe = "    targets: {hosts: bern}\n    playbook: nightly-wipe\n    window: 4h\n";
    inventory(&format!("{wipe}{more}"))
}

/// The most turns at once.
fn at_once(turns: &[ForecastTurn]) -> usize {
    let goes_on = |turn: &ForecastTurn, at: Timestamp| {
        turn.begins.is_some_and(|begins| begins <= at) && turn.ends.is_none_or(|ends| ends > at)
    };
    let moments = turns.iter().filter_map(|turn| turn.begins);
    let counts = moments.map(|at| turns.iter().filter(|turn| goes_on(turn, at)).count());
    counts.max().unwrap_or(0)
}

#[test]
fn every_host_of_a_wipe_has_a_turn_within_the_window_and_no_more_at_once_than_may() {
    let night = Fleet::whole(&wipe("    max_unavailable: 2\n")).ahead(24);
    assert_eq!(night.turns.len(), 8, "{night:#?}");
    let hosts: std::collections::BTreeSet<_> = night.turns.iter().map(|t| &t.host).collect();
    assert_eq!(hosts.len(), 8);
    for turn in &night.turns {
        assert_eq!((turn.end.as_str(), &turn.schedule), ("done", &"nightly".parse().ok()));
        let (begins, ends) = (turn.begins.unwrap(), turn.ends.unwrap());
        let fires = evening() + Span::from_mins(30);
        assert!(begins >= fires && begins <= fires + Span::from_hours(4) && ends > begins);
        let names: Vec<&str> = turn.steps.iter().map(|step| step.name.as_str()).collect();
        assert!(names.contains(&"drain") && names.contains(&"verify"), "{names:?}");
    }
    assert!((1..=2).contains(&at_once(&night.turns)));
    // Four slots are free, and successors come first.
    let ci: PoolName = "ci".parse().unwrap();
    assert_eq!(night.pools[&ci].count, 12);
    assert!(night.free_slots.count < 4 && night.free_slots.at > evening(), "{night:#?}");
    assert!(night.misfits.is_empty(), "{:?}", night.misfits);
}

#[test]
fn a_night_tells_how_many_slots_are_free_and_what_becomes_of_each_run() {
    let night = Fleet::whole(&wipe("    max_unavailable: 2\n")).ahead(24);
    let [run] = &night.runs[..] else { panic!("{:?}", night.runs) };
    let fires = evening() + Span::from_mins(30);
    assert_eq!((&run.schedule, run.nominal), (&"nightly".parse().ok(), Some(fires)));
    assert_eq!((run.hosts, run.skipped, run.why.as_str()), (8, 0, ""));
    let ends = night.turns.iter().filter_map(|turn| turn.ends).max();
    assert!(run.begins >= Some(fires) && run.ends == ends && ends.is_some(), "{run:?}");
    let (first, last) = (night.free.first().unwrap(), night.free.last().unwrap());
    assert_eq!((first.count, first.at, last.count), (4, evening(), 4), "{:?}", night.free);
    let least = night.free.iter().map(|free| free.count).min();
    assert_eq!(least, Some(night.free_slots.count));
    let within = |from, to| night.free_within(evening() + from, evening() + to);
    assert_eq!(within(Span::ZERO, Span::from_hours(24)), least);
    assert_eq!(within(Span::from_hours(23), Span::from_hours(30)), Some(4));
    assert_eq!(within(Span::from_hours(24), Span::from_hours(30)), None);
    assert!(night.free.windows(2).all(|two| two[0].at < two[1].at && two[0].count != two[1].count));
    let brief = night.clone().brief(0);
    assert!(brief.turns.is_empty() && brief.runs == night.runs && brief.seq == night.seq);
}

#[test]
fn free_slots_are_told_for_each_quarter_of_an_hour() {
    let at = |mins: i64| Timestamp::from_millis(mins * 60_000);
    let mut book = Book::new(&World::default(), at(5));
    book.free.clear();
    for (mins, count) in
        [(5, 9), (10, 7), (12, 9), (20, 9), (31, 3), (40, 8), (150, 8), (181, 2), (182, 5)]
    {
        book.count_free(count, at(mins));
    }
    book.count_free(5, at(300));
    let told: Vec<_> = book.free.iter().map(|free| (free.at, free.count)).collect();
    let wanted = [(5, 7), (15, 9), (30, 3), (45, 8), (180, 2), (195, 5)];
    assert_eq!(told, wanted.map(|(mins, count)| (at(mins), count)));
}

/// What the calendar says of two runs that meet is what the planner does.
#[test]
fn of_two_runs_over_one_host_only_one_has_it() {
    let second = "  second:\n    cron: \"45 2 * * *\"\n    zone: UTC\n    targets: {hosts: bern}\n    \
                  playbook: rolling-reboot\n    splay: none\n    max_unavailable: 3\n";
    let fleet = Fleet::whole(&wipe(&format!("    max_unavailable: 2\n    splay: none\n{second}")));
    let told = plan::outlook(&fleet.world, evening(), evening() + Span::from_hours(6));
    let [met] = &told["nightly"].conflicts[..] else { panic!("{told:?}") };
    assert_eq!(met.with.as_ref().map(|with| with.hosts), Some(8));
    assert!(met.then.contains("the other waits for it"));
    let night = fleet.ahead(12);
    assert_eq!(night.runs.iter().map(|run| run.hosts).collect::<Vec<_>>(), [8, 8]);
    for (n, one) in night.turns.iter().enumerate() {
        for two in night.turns[n + 1..].iter().filter(|two| two.host == one.host) {
            assert!(one.ends <= two.begins || two.ends <= one.begins, "{one:#?} {two:#?}");
        }
    }
}

#[test]
fn what_is_said_of_runs_that_take_and_runs_that_replace_is_what_comes() {
    let other = |targets: &str, playbook: &str| {
        format!(
            "    max_unavailable: 2\n    splay: none\n  second:\n    cron: \"31 2 * * *\"\n    zone: UTC\n    \
             targets: {targets}\n    playbook: {playbook}\n    splay: none\n    max_unavailable: 8\n"
        )
    };
    let told = |fleet: &Fleet| {
        let told = plan::outlook(&fleet.world, evening(), evening() + Span::from_hours(6));
        told["nightly"].conflicts[0].then.clone()
    };
    let fleet = Fleet::whole(&wipe(&other("{hosts: bern}", "image-refresh")));
    assert!(told(&fleet).starts_with("second begins no host while nightly holds it"));
    let night = fleet.ahead(12);
    let of = |schedule: &str| {
        let of = schedule.parse().ok();
        night.turns.iter().filter(move |turn| turn.schedule == of)
    };
    for wipe in of("nightly") {
        let drain = wipe.steps.iter().find(|step| step.name == "drain").unwrap();
        let held = |turn: &&ForecastTurn| {
            turn.host == wipe.host && turn.begins > Some(drain.begins) && turn.begins < wipe.ends
        };
        assert_eq!(of("second").find(held), None, "{wipe:#?}");
    }
    assert_eq!((of("nightly").count(), of("second").count()), (8, 8));
    let fleet = Fleet::whole(&wipe(&other("{pool: ci}", "respawn")));
    assert!(told(&fleet).starts_with("a VM that nightly takes away is done for second"));
    let night = fleet.ahead(12);
    assert!(night.turns.iter().all(|turn| turn.end == "done"), "{night:#?}");
}

#[test]
fn a_respawn_shows_each_vm_as_a_step_of_its_host() {
    let respawn = "    targets: {pool: ci}\n    playbook: respawn\n    max_unavailable: 25%\n";
    let fleet = Fleet::whole(&inventory(respawn));
    let vms: Vec<VmId> = fleet.world.vms.keys().copied().collect();
    let night = fleet.ahead(12);
    let mut steps: Vec<&str> = night
        .turns
        .iter()
        .flat_map(|turn| &turn.steps)
        .filter(|step| step.took > Span::ZERO && step.end == "done")
        .map(|step| step.name.as_str())
        .collect();
    steps.sort_unstable();
    let mut wanted: Vec<String> = vms.iter().map(|vm| format!("vm {vm}")).collect();
    wanted.sort_unstable();
    assert_eq!(steps, wanted, "{night:#?}");
    assert!(night.turns.iter().all(|turn| turn.end == "done" && turn.ends > turn.begins));
}

#[test]
fn what_has_no_turn_in_its_window_is_said_not_to_fit() {
    let tight = wipe("    max_unavailable: 1\n").replace("window: 4h", "window: 10m");
    let night = Fleet::whole(&tight).ahead(6);
    let late: Vec<_> = night.turns.iter().filter(|t| t.end.starts_with("skipped")).collect();
    assert!(!late.is_empty(), "{night:#?}");
    let said = |turn: &ForecastTurn| {
        night.misfits.iter().any(|why| why.contains(turn.host.as_str()) && why.contains("skipped"))
    };
    assert!(late.iter().all(|turn| said(turn)), "{:?}", night.misfits);
    assert_eq!(night.runs[0].skipped, late.len());
    assert!(night.runs[0].why.contains("skipped"), "{:?}", night.runs);
    let brief = night.clone().brief(1);
    assert_eq!(brief.misfits.len(), if night.misfits.len() > 1 { 2 } else { 1 });
}

#[test]
fn it_changes_nothing_and_is_the_same_twice() {
    let fleet = Fleet::whole(&wipe("    max_unavailable: 2\n"));
    let world = Arc::new(fleet.world);
    let before = World::clone(&world);
    let [one, two] = [(); 2].map(|()| forecast(&world, evening(), Span::from_hours(24)));
    assert_eq!(one, two);
    assert_eq!(*world, before);
}
