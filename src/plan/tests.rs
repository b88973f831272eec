//! The room's rules as an operator would tell them, one test each.

use super::fixture::{Grown, at, look, name, pool_spec};
use super::*;
use crate::model::*;

pub(super) fn words(actions: &[Action]) -> Vec<String> {
    actions
        .iter()
        .map(|action| match action {
            Action::Place { host, slot, .. } => format!("place {host}/{}", u8::from(*slot)),
            Action::Do { kind, .. } => format!("do {kind}"),
            Action::Retire { why, .. } => format!("retire {why}"),
            Action::Forget { .. } => "forget".into(),
            Action::Leak { host, .. } => format!("leak {host}"),
            Action::Release { .. } => "release".into(),
            Action::OpenJob(opening) => format!("open {}", opening.targets.len()),
            Action::Miss { count, .. } => format!("miss {count}"),
            Action::EndTask { end, .. } => format!("end task {end:?}"),
            Action::EndJob { .. } => "end job".into(),
            Action::HostDo { host, at, .. } => format!("send {at} to {host}"),
            Action::Hold { host, kind, .. } => format!("{kind} {host}"),
            Action::Note { event } => format!("{}: {}", event.name(), event.task_words()),
        })
        .collect()
}

fn refused(class: Refusal) -> Outcome {
    Outcome::Refused { class, said: "no".into() }
}

fn cordon(host: &str) -> Event {
    let hold = Hold {
        id: HoldId::from_bits(900),
        host: name(host),
        kind: HoldKind::Cordon,
        reason: "disk".into(),
        by: Actor::controller(),
        created: at(0),
        until: None,
        job: None,
        on_expiry: OnExpiry::default(),
    };
    Event::HoldPlaced { hold }
}

#[test]
fn vms_spread_over_hosts_before_they_share_one() {
    let grown = Grown::new(&["a", "b", "c"], PoolSize::Count(5));
    let placed = words(&grown.plan(1).actions);
    assert_eq!(placed, ["place a/0", "place b/0", "place c/0", "place a/1", "place b/1"]);
}

#[test]
fn what_cannot_be_placed_says_how_many_hosts_each_filter_refused() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(6));
    grown.put(1, cordon("b"));
    let plan = grown.plan(1);
    assert_eq!(words(&plan.actions), ["place a/0", "place a/1"]);
    let held = &plan.held[0];
    assert_eq!(held.want, Want::Pool { pool: name("ci"), missing: 4 });
    assert_eq!(held.why, "no host of 2 can take it: 1 held, 1 full");
}

#[test]
fn a_pool_per_host_and_a_pool_that_fills_take_what_they_say() {
    let per_host = Grown::new(&["a", "b"], PoolSize::PerHost(1));
    assert_eq!(words(&per_host.plan(1).actions), ["place a/0", "place b/0"]);
    let fill = Grown::new(&["a", "b"], PoolSize::Fill);
    let plan = fill.plan(1);
    assert_eq!(words(&plan.actions), ["place a/0", "place b/0", "place a/1", "place b/1"]);
    assert_eq!(plan.held, []);
}

#[test]
fn the_pool_of_higher_priority_is_served_first() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    let mut change = FleetChange::default();
    let urgent = PoolSpec { priority: 900, ..pool_spec(PoolSize::Count(1), "") };
    change.pools.insert(name("urgent"), Some(urgent));
    grown.put(1, Event::FleetChanged { change });
    let plan = grown.plan(1);
    let pools: Vec<_> = plan
        .actions
        .iter()
        .filter_map(|a| if let Action::Place { pool, .. } = a { Some(pool.as_str()) } else { None })
        .collect();
    assert_eq!(pools, ["urgent", "ci"]);
    assert_eq!(plan.held[0].want, Want::Pool { pool: name("ci"), missing: 1 });
}

#[test]
fn a_vm_goes_from_its_slot_to_an_address_one_command_at_a_time() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    assert_eq!(words(&grown.pass(1)), ["place a/0", "place a/1"]);
    // One writer per host: the second clone waits for the first.
    assert_eq!(words(&grown.pass(2)), ["do clone"]);
    assert_eq!(words(&grown.pass(3)), Vec::<String>::new());
    grown.end_all(4, &Outcome::Done);
    // A start comes before a clone: it brings a VM sooner.
    assert_eq!(words(&grown.pass(5)), ["do start"]);
    grown.settle(6);
    assert!(grown.world.vms.values().all(|vm| vm.is_ready()));
    assert_eq!(grown.plan(20), Plan::default());
}

#[test]
fn a_lost_start_keeps_its_slot_until_the_host_says_what_became_of_it() {
    for (status, word) in [(Some(0), "booting"), (Some(1), "cloned"), (None, "cloned")] {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        grown.pass(1);
        grown.pass(1);
        grown.end_all(1, &Outcome::Done);
        grown.pass(2);
        grown.end_all(3, &Outcome::Unknown { why: "silence".into() });
        let vm = grown.only_vm().clone();
        assert_eq!(grown.world.hosts["a"].slots[0], Slot::Unknown { vm: vm.id });
        assert_eq!(words(&grown.plan(4).actions), Vec::<String>::new());
        let mut sighting = look(10, &[]);
        if let Some(status) = status {
            sighting.guard.done.insert(vm.op.as_ref().unwrap().id, status);
        }
        let events = grown.see(10, "a", sighting.clone());
        if status.is_none() {
            // No trace so soon says nothing: it may still be on its way.
            assert_eq!(events, []);
            sighting.at = at(40);
            grown.see(40, "a", sighting);
        }
        assert_eq!(grown.only_vm().word(), word, "{status:?}");
    }
}

#[test]
fn a_limit_with_fewer_than_two_known_is_a_leaked_slot_and_charges_nobody() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(1));
    for s in 1..3 {
        grown.pass(s);
    }
    grown.end_all(3, &Outcome::Done);
    grown.pass(4);
    grown.end_all(5, &refused(Refusal::Limit));
    assert_eq!(words(&grown.plan(6).actions), Vec::<String>::new(), "one more look first");
    assert_eq!(words(&grown.pass(21)), ["leak a"]);
    let host = &grown.world.hosts["a"];
    assert!(matches!(host.slots[0], Slot::Leaked { .. }) && host.failures.is_empty());
    assert_eq!(grown.world.pools["ci"].failures, 0);
    assert_eq!(words(&grown.plan(22).actions), ["do delete", "place b/0"]);
    // A reboot makes the slot whole.
    let mut rebooted = look(60, &[]);
    rebooted.facts.boot = "boot-2".into();
    grown.see(60, "a", rebooted);
    assert_eq!(grown.world.hosts["a"].slots[0], Slot::Free);
}

#[test]
fn a_limit_with_two_known_sends_the_vm_elsewhere() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(1));
    for s in 1..3 {
        grown.pass(s);
    }
    grown.end_all(3, &Outcome::Done);
    grown.pass(4);
    grown.end_all(5, &refused(Refusal::Limit));
    grown.see(8, "a", look(8, &["theirs-1".into(), "theirs-2".into()]));
    assert_eq!(words(&grown.pass(21)), ["retire failed"]);
    assert_eq!(grown.world.hosts["a"].failures, []);
}

#[test]
fn a_slot_that_a_refused_vm_leaves_goes_to_who_kept_it_out() {
    let (listed, one) = (["tahoe-base".to_string(), "theirs".into()], ["tahoe-base".to_string()]);
    let by_list = |s| look(s, &listed);
    // Another user's VM is seen by its process only.
    let by_process = |s| Sighting { guests: Some(2), ..look(s, &one) };
    for quicker in [&by_list as &dyn Fn(u64) -> Sighting, &by_process] {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        grown.see(1, "a", look(1, &one));
        grown.pass(2);
        grown.pass(2);
        grown.end_all(3, &Outcome::Done);
        grown.pass(4);
        grown.end_all(5, &refused(Refusal::Limit));
        grown.see(6, "a", quicker(6));
        assert_eq!(words(&grown.pass(21)), ["retire failed"]);
        assert_eq!(words(&grown.pass(21)), ["do delete"]);
        grown.end_all(22, &Outcome::Done);
        grown.see(23, "a", quicker(23));
        let slots = &grown.world.hosts["a"].slots;
        assert!(slots.iter().all(|slot| matches!(slot, Slot::Foreign { .. })), "{slots:?}");
        assert!(grown.world.vms.is_empty());
    }
}

#[test]
fn failed_starts_make_host_and_pool_back_off() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.pass(1);
    grown.pass(2);
    grown.end_all(3, &refused(Refusal::DiskFull));
    assert_eq!(words(&grown.pass(4)), ["retire failed"]);
    let why = why_host(&grown.world, &name("a"), at(5)).unwrap().join("\n");
    assert!(why.contains("1 start failed, the last because: no"), "{why}");
    let plan = grown.plan(5);
    assert!(plan.held.iter().any(|h| h.why.contains("its last 1 start failed")), "{plan:?}");
    assert!(plan.actions.iter().all(|a| !matches!(a, Action::Place { .. })));
    assert!(grown.plan(15).actions.iter().any(|a| matches!(a, Action::Place { .. })));
}

#[test]
fn one_look_that_does_not_show_a_vm_is_not_believed() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let vm = grown.only_vm().host_name();
    let id = grown.only_vm().id;
    assert_eq!(grown.see(100, "a", look(100, &[])).last(), Some(&Event::VmMissed { vm: id }));
    // Seen again: all is well.
    assert_eq!(grown.see(110, "a", look(110, &[vm])).last(), Some(&Event::VmFound { vm: id }));
    let died = |grown: &mut Grown, s| {
        let events = grown.see(s, "a", look(s, &[]));
        events.iter().any(|event| matches!(event, Event::VmDied { .. }))
    };
    let when: Vec<_> = (0..8).map(|n| 200 + n * 10).filter(|s| died(&mut grown, *s)).collect();
    assert_eq!(when, [250], "three looks, fifteen seconds apart, over 45 s");
}

#[test]
fn a_vm_is_not_missed_while_more_guests_run_than_are_listed() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let sighting = Sighting { guests: Some(1), ..look(100, &[]) };
    let events = grown.see(100, "a", sighting);
    assert!(!events.iter().any(|e| matches!(e, Event::VmMissed { .. })), "{events:?}");
}

#[test]
fn a_failed_list_says_nothing_of_vms() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let events = grown.see(100, "a", Sighting { vms: None, ..look(100, &[]) });
    assert_eq!(events.len(), 1, "only that it was seen: {events:?}");
    assert!(matches!(events[0], Event::HostSeen { .. }));
}

#[test]
fn a_reboot_takes_its_vms_at_once() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let mut sighting = look(100, &[]);
    sighting.facts.boot = "boot-2".into();
    let events = grown.see(100, "a", sighting);
    assert!(matches!(events.last(), Some(Event::VmDied { .. })), "{events:?}");
}

#[test]
fn foreign_vms_take_slots_and_give_them_back() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    grown.see(1, "a", look(1, &["tahoe-base".into()]));
    assert_eq!(grown.world.hosts["a"].slots[0], Slot::Foreign { name: "tahoe-base".into() });
    assert_eq!(words(&grown.plan(2).actions), ["place a/1"]);
    // Another user's VM is seen by its process only.
    let unlisted = Sighting { guests: Some(2), ..look(20, &["tahoe-base".into()]) };
    grown.see(20, "a", unlisted);
    assert!(
        matches!(&grown.world.hosts["a"].slots[1], Slot::Foreign { name } if name.contains("another"))
    );
    grown.see(30, "a", look(30, &[]));
    assert_eq!(grown.world.hosts["a"].slots, [Slot::Free, Slot::Free]);
}

#[test]
fn a_poll_without_news_says_nothing() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let vms = grown.running_on(&name("a"));
    let mut sighting = look(100, &vms);
    sighting.facts.disk_free = Bytes::gib(3);
    assert_eq!(grown.see(100, "a", sighting), []);
}

/// A host that failed looks at these times, after one that succeeded.
fn contact(last_ok: u64, failed: impl IntoIterator<Item = u64>) -> Contact {
    let (why, mut failed) = ("no answer".to_string(), failed.into_iter());
    let first = failed.next().unwrap();
    let mut contact = Contact::first(at(last_ok), at(first), why.clone(), Blame::Silence);
    failed.for_each(|s| contact.again(at(s), why.clone(), Blame::Silence));
    contact
}

#[test]
fn silence_makes_a_host_suspect_unreachable_and_lost() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(0));
    let mut seen = Vec::new();
    for s in [10, 20, 30, 40, 50, 60, 70] {
        let failing = [(name("a"), contact(0, (10..=s).step_by(10)))].into();
        for event in reach(&grown.world, &failing, at(s)) {
            if let Event::ReachChanged { to, .. } = &event {
                seen.push((s, *to));
            }
            grown.put(s, event);
        }
    }
    let expected = [(10, Reach::Suspect), (30, Reach::Unreachable), (60, Reach::Lost)];
    assert_eq!(seen, expected);
}

#[test]
fn a_host_never_reached_tells_the_last_failure_once_however_often_it_is_tried() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(0));
    grown.put(1, Event::ControllerStarted { version: "2".into() });
    let mut told = Vec::new();
    for (s, why) in [(2, "refused"), (3, "refused"), (4, "no route"), (5, "no route")] {
        let mut contact = contact(1, [2]);
        contact.again(at(s), why.into(), Blame::Silence);
        for event in reach(&grown.world, &[(name("a"), contact)].into(), at(s)) {
            grown.put(s, event);
            let host = &grown.world.hosts[&name::<HostName>("a")];
            assert_eq!((host.reach, host.reach_since), (Reach::Unknown, at(1)));
            told.push((s, host.reach_why.clone()));
        }
    }
    assert_eq!(told, [(2, "refused".to_string()), (4, "no route".to_string())]);
}

#[test]
fn a_look_that_waits_for_its_turn_changes_no_reach_and_is_told_once() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(0));
    let why = "waits for its turn at jump host b:22";
    for (reach, told) in [(Reach::Up, true), (Reach::Suspect, false), (Reach::Unreachable, false)] {
        if grown.world.hosts[&name::<HostName>("a")].reach != reach {
            let why = "no answer".into();
            grown.put(1, Event::ReachChanged { host: name("a"), to: reach, why });
        }
        let event = waits(&grown.world, &name("a"), why);
        let says = Event::ReachChanged { host: name("a"), to: reach, why: why.into() };
        assert_eq!(event, told.then_some(says), "{reach}");
        if let Some(event) = event {
            grown.put(2, event);
            assert_eq!(waits(&grown.world, &name("a"), why), None);
            let host = &grown.world.hosts[&name::<HostName>("a")];
            assert_eq!((host.reach_since, host.takes_work()), (at(0), true));
            // With the next look that is over.
            grown.see(3, "a", look(3, &[]));
            assert_eq!(grown.world.hosts[&name::<HostName>("a")].reach_why, "");
        }
    }
}

#[test]
fn after_our_own_sleep_one_failure_does_not_make_a_host_lost() {
    let grown = Grown::new(&["a"], PoolSize::Count(0));
    // Before it, after it, and on both sides of it; and where the clock stepped back.
    for failed in [vec![80_000], vec![10, 80_000], vec![80_000, 10], vec![80_000, 10, 15]] {
        let failing = [(name("a"), contact(0, failed.clone()))].into();
        let events = reach(&grown.world, &failing, at(*failed.last().unwrap()));
        let lost = |event: &Event| matches!(event, Event::ReachChanged { to: Reach::Lost, .. });
        assert!(events.len() == 1 && !lost(&events[0]), "{failed:?}: {events:?}");
    }
}

#[test]
fn when_many_fall_silent_at_once_nothing_is_declared_lost() {
    let hosts: Vec<String> = (0..20).map(|n| format!("mini-{n:02}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let grown = Grown::new(&names, PoolSize::Count(0));
    let lost = |many: usize| {
        let failing =
            hosts[..many].iter().map(|h| (name(h), contact(0, (10..=70).step_by(10)))).collect();
        let events = reach(&grown.world, &failing, at(70));
        events.iter().filter(|e| matches!(e, Event::ReachChanged { to: Reach::Lost, .. })).count()
    };
    assert_eq!((lost(1), lost(4), lost(5), lost(20)), (1, 4, 0, 0));
}

#[test]
fn hosts_that_were_lost_long_ago_engage_no_brake_after_a_restart() {
    let hosts: Vec<String> = (0..10).map(|n| format!("mini-{n:02}")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut grown = Grown::new(&names, PoolSize::Count(0));
    for host in &hosts[..5] {
        let why = "silence".to_string();
        grown.put(100, Event::ReachChanged { host: name(host), to: Reach::Lost, why });
    }
    grown.put(900, Event::ControllerStarted { version: "2".into() });
    let failed = (910..=970).step_by(10);
    let failing = hosts[..5].iter().map(|h| (name(h), contact(900, failed.clone()))).collect();
    let lost = |e: &Event| matches!(e, Event::ReachChanged { to: Reach::Lost, .. });
    let events = reach(&grown.world, &failing, at(970));
    assert!(events.len() == 5 && events.iter().all(lost), "{events:?}");
}

#[test]
fn a_lost_host_keeps_its_slots_and_others_take_its_part() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(1));
    grown.settle(1);
    let lost = Event::ReachChanged { host: name("a"), to: Reach::Lost, why: "silence".into() };
    grown.put(100, lost);
    assert_eq!(words(&grown.pass(101)), ["place b/0"]);
    assert!(matches!(grown.world.hosts["a"].slots[0], Slot::Occupied { .. }));
    grown.settle(102);
    // It comes back: one of the two goes, and it is the older one.
    let old = grown.world.vms.values().find(|vm| vm.host.as_str() == "a").unwrap().clone();
    grown.see(200, "a", look(200, &[old.host_name()]));
    let actions = grown.plan(201).actions;
    let expected = Action::Retire { vm: old.id, why: RetireWhy::Surplus, job: None };
    assert_eq!(actions, [expected]);
}

fn nightly(zone: &str, window: Span) -> Event {
    let spec = ScheduleSpec {
        window,
        max_unavailable: Share::Count(1),
        ..ScheduleSpec::new(Targets::Pool(name("ci")), name("respawn"), "0 0 * * *", zone)
    };
    let mut change = FleetChange::default();
    change.schedules.insert(name("nightly"), Some(spec));
    Event::FleetChanged { change }
}

/// `at(0)` is 08:00 UTC: the first midnight comes 16 hours later.
const MIDNIGHT: u64 = 16 * 3_600;
const DAY: u64 = 24 * 3_600;

#[test]
fn a_schedule_fires_once_in_its_window_and_missed_times_are_recorded() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    grown.settle(1);
    grown.put(60, nightly("UTC", Span::from_hours(4)));
    assert_eq!(words(&grown.plan(MIDNIGHT - 1).actions), Vec::<String>::new());
    assert_eq!(words(&grown.plan(MIDNIGHT).actions), ["open 2"]);
    // Three nights later, within the window: two are missed, one stands for all.
    assert_eq!(words(&grown.plan(MIDNIGHT + 2 * DAY + 3_600).actions), ["miss 2", "open 2"]);
    // And outside of it.
    assert_eq!(words(&grown.plan(MIDNIGHT + 2 * DAY + 5 * 3_600).actions), ["miss 2", "miss 1"]);
}

#[test]
fn a_respawn_goes_one_at_a_time_and_ends_with_every_vm_new() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(3));
    grown.settle(1);
    let before: Vec<VmId> = grown.world.vms.keys().copied().collect();
    let opening = respawn(&grown.world, &name("ci"), Some(Share::Count(1)), at(100)).unwrap();
    let id = JobId::from_bits(5_000);
    let task = |(vm, host): (VmId, HostName)| {
        (vm, Task { host, pool: name("ci"), state: TaskState::Waiting, replacement: None })
    };
    let job = Job {
        id,
        kind: opening.kind,
        cause: opening.cause,
        by: Actor::controller(),
        opened: at(100),
        begin_by: opening.begin_by,
        max_unavailable: opening.max_unavailable,
        tasks: opening.targets.into_iter().map(task).collect(),
        state: JobState::Running,
        hosts: BTreeMap::new(),
        play: None,
        paused: None,
        forgiven: 0,
    };
    grown.put(100, Event::JobOpened { job: Box::new(job) });
    assert!(respawn(&grown.world, &name("ci"), None, at(100)).is_err(), "one at a time");
    grown.least_ready = 3;
    (101..900).step_by(10).for_each(|s| grown.settle(s));
    assert!(grown.world.vms.keys().all(|vm| !before.contains(vm)));
    assert_eq!(grown.least_ready, 2);
    assert_eq!(grown.world.jobs[&id].word(), "done");
}

#[test]
fn a_task_whose_turn_does_not_come_is_skipped_with_the_reason() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    grown.put(50, nightly("UTC", Span::from_hours(1)));
    let lost = Event::ReachChanged { host: name("a"), to: Reach::Unreachable, why: "x".into() };
    grown.put(MIDNIGHT - 60, lost);
    let vm = grown.only_vm().id;
    let tasks = [(
        vm,
        Task { host: name("a"), pool: name("ci"), state: TaskState::Waiting, replacement: None },
    )];
    let job = Job {
        id: JobId::from_bits(5_000),
        kind: JobKind::Respawn { pool: name("ci") },
        cause: Cause::Asked,
        by: Actor::controller(),
        opened: at(MIDNIGHT),
        begin_by: at(MIDNIGHT + 3_600),
        max_unavailable: Share::Count(1),
        tasks: tasks.into(),
        state: JobState::Running,
        hosts: BTreeMap::new(),
        play: None,
        paused: None,
        forgiven: 0,
    };
    grown.put(MIDNIGHT, Event::JobOpened { job: Box::new(job) });
    let held = &grown.plan(MIDNIGHT + 1).held;
    assert!(held.iter().any(|h| h.why == "a is unreachable"), "{held:?}");
    let ends = words(&grown.plan(MIDNIGHT + 3_601).actions);
    assert!(ends.iter().any(|w| w.contains("a was unreachable at the window's end")), "{ends:?}");
    assert!(ends.contains(&"end job".to_string()));
}

#[test]
fn why_says_what_stands_against_a_host_and_what_a_vm_waits_for() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    grown.put(10, cordon("a"));
    let host = why_host(&grown.world, &name("a"), at(20)).unwrap().join("\n");
    for part in [
        "a is cordoned",
        "cordon by hostler 20s ago: disk",
        "slot 1: free",
        "pool ci: would refuse: held",
    ] {
        assert!(host.contains(part), "{part} in {host}");
    }
    let vm = why_vm(&grown.world, grown.only_vm().id, at(20)).unwrap().join("\n");
    assert!(vm.contains("next: nothing, it is as it should be"), "{vm}");
    assert_eq!(why_host(&grown.world, &name("z"), at(20)), None);
}

#[test]
fn a_list_of_vms_that_cannot_be_read_is_told_from_a_tool_that_is_missing() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    for (tool, says) in [("2.35.0", "answers (2.35.0), and its list"), ("", "is missing")] {
        let mut sighting = Sighting { vms: None, ..look(5, &[]) };
        sighting.facts.tool = tool.into();
        grown.see(5, "a", sighting);
        let why = why_host(&grown.world, &name("a"), at(5)).unwrap().join("\n");
        assert!(why.contains(&format!("its tool {says}")), "{why}");
    }
}
