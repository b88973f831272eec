//! The room's rules in doubt: what could not be read, what came late, what two parties claim,
//! and a clock that jumps. One test for each way in which a guess once stood for knowledge.

use super::fixture::{Grown, at, look, name, pool_spec};
use super::*;
use crate::model::*;

fn died(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::VmDied { .. }))
}

fn missed(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::VmMissed { .. }))
}

fn gone(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::VmGone { .. }))
}

fn booted(s: u64, boot: &str, running: &[String]) -> Sighting {
    let mut sighting = look(s, running);
    sighting.facts.boot = boot.into();
    sighting
}

fn reached(grown: &mut Grown, s: u64, host: &str, to: Reach) {
    grown.put(s, Event::ReachChanged { host: name(host), to, why: "seen".into() });
}

fn resized(grown: &mut Grown, s: u64, size: PoolSize) {
    let mut change = FleetChange::default();
    change.pools.insert(name("ci"), Some(pool_spec(size, "")));
    grown.put(s, Event::FleetChanged { change });
}

fn refused(class: Refusal) -> Outcome {
    Outcome::Refused { class, said: "no".into() }
}

/// Opens a respawn of the pool and gives its id.
fn respawned(grown: &mut Grown, s: u64, id: u64, share: Share) -> JobId {
    let kind = JobKind::Respawn { pool: name("ci") };
    let id = JobId::from_bits(id);
    let task = |vm: &std::sync::Arc<Vm>| Task {
        host: vm.host.clone(),
        pool: vm.pool.clone(),
        state: TaskState::Waiting,
        replacement: None,
    };
    let wanted = grown.world.vms.values().filter(|vm| vm.wanted == Wanted::Running);
    let job = Job {
        id,
        kind,
        cause: Cause::Asked,
        by: Actor::controller(),
        opened: at(s),
        begin_by: at(s + 4 * 3_600),
        max_unavailable: share,
        tasks: wanted.map(|vm| (vm.id, task(vm))).collect(),
        state: JobState::Running,
        hosts: BTreeMap::new(),
        play: None,
        paused: None,
        forgiven: 0,
    };
    grown.put(s, Event::JobOpened { job: Box::new(job) });
    id
}

fn retired(actions: &[Action], of: RetireWhy) -> Vec<VmId> {
    let mut vms = Vec::new();
    for action in actions {
        if let Action::Retire { vm, why, .. } = action
            && *why == of
        {
            vms.push(*vm);
        }
    }
    vms
}

fn placed(actions: &[Action]) -> usize {
    actions.iter().filter(|action| matches!(action, Action::Place { .. })).count()
}

fn on<'a>(grown: &'a Grown, host: &str) -> &'a Vm {
    grown.world.vms.values().find(|vm| vm.host.as_str() == host).unwrap()
}

/// A VM that was refused its start on `a` with these words.
fn refused_start(hosts: &[&str], class: Refusal) -> Grown {
    let mut grown = Grown::new(hosts, PoolSize::Count(1));
    grown.pass(1);
    grown.pass(2);
    grown.end_all(3, &Outcome::Done);
    grown.pass(4);
    grown.end_all(5, &refused(class));
    grown
}

#[test]
fn an_unread_boot_session_is_no_reboot() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    assert!(!died(&grown.see(100, "a", booted(100, "", &[]))), "unread now");
    assert!(!died(&grown.see(110, "a", booted(110, "boot-1", &[]))), "unread then");
}

#[test]
fn a_reboot_is_told_from_the_last_boot_session_that_was_read() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let unread = Sighting { vms: None, ..booted(100, "", &[]) };
    grown.see(100, "a", unread);
    assert!(died(&grown.see(110, "a", booted(110, "boot-2", &[]))));
}

#[test]
fn a_boot_session_that_stays_unread_is_news_once_at_most() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(0));
    grown.see(100, "a", booted(100, "", &[]));
    assert_eq!(grown.see(110, "a", booted(110, "", &[])), []);
}

#[test]
fn a_vm_that_died_says_what_its_process_said_last() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let vm = grown.only_vm().host_name();
    let said = "guest has stopped the virtual machine due to error: it crashed";
    let events = [100, 120, 140, 160].map(|s| {
        let mut sighting = look(s, &[]);
        let stopped = SeenVm { said: said.into(), ..SeenVm::new(SeenState::Stopped) };
        sighting.vms.as_mut().unwrap().insert(vm.clone(), stopped);
        grown.see(s, "a", sighting)
    });
    let whys = events.iter().flatten().filter_map(|event| {
        if let Event::VmDied { why, .. } = event { Some(why.clone()) } else { None }
    });
    let whys: Vec<String> = whys.collect();
    assert!(whys.len() == 1 && whys[0].ends_with(&format!("; it said: {said}")), "{whys:?}");
    // Its words are in that event, and not again in what the host showed.
    let seen = grown.world.hosts["a"].seen.as_ref().unwrap();
    assert!(seen.vms.as_ref().unwrap().values().all(|vm| vm.said.is_empty()));
}

/// A look that lists the VM as stopped.
fn stopped(s: u64, vm: &str) -> Sighting {
    let mut sighting = look(s, &[]);
    let seen = SeenVm::new(SeenState::Stopped);
    sighting.vms.as_mut().unwrap().insert(vm.into(), seen);
    sighting
}

#[test]
fn a_parked_deletion_goes_on_when_a_person_has_removed_the_disk() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let vm = grown.only_vm().host_name();
    resized(&mut grown, 20, PoolSize::Count(0));
    for s in 21..23 {
        grown.pass(s);
        grown.end_all(s, &Outcome::Done);
    }
    grown.see(23, "a", stopped(23, &vm));
    for s in [24, 100, 300, 900, 1_600, 2_400] {
        grown.pass(s);
        grown.end_all(s, &refused(Refusal::Other));
    }
    grown.pass(2_500);
    assert_eq!(grown.only_vm().word(), "parked");
    assert_eq!(grown.plan(9_000).actions, [], "nothing more is tried");
    grown.see(9_001, "a", look(9_001, &[]));
    let actions = grown.plan(9_002).actions;
    assert!(matches!(actions[..], [Action::Do { kind: OpKind::Delete, .. }]), "{actions:?}");
}

#[test]
fn a_reboot_makes_a_leaked_slot_whole_even_when_the_list_fails() {
    let mut grown = refused_start(&["a", "b"], Refusal::Limit);
    grown.pass(21);
    assert!(matches!(grown.world.hosts["a"].slots[0], Slot::Leaked { .. }));
    grown.see(30, "a", booted(30, "", &[]));
    assert!(matches!(grown.world.hosts["a"].slots[0], Slot::Leaked { .. }), "unread");
    grown.see(60, "a", Sighting { vms: None, guests: None, ..booted(60, "boot-2", &[]) });
    assert_eq!(grown.world.hosts["a"].slots[0], Slot::Free);
}

#[test]
fn uncounted_guests_are_not_none() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    for s in (100..300).step_by(10) {
        let events = grown.see(s, "a", Sighting { guests: None, ..look(s, &[]) });
        assert!(!missed(&events) && !died(&events), "{events:?}");
    }
    assert_eq!(Sighting { guests: None, ..look(1, &[]) }.slots_held(), None);
}

#[test]
fn a_limit_whose_guests_could_not_be_counted_is_no_leak() {
    let mut grown = refused_start(&["a", "b"], Refusal::Limit);
    grown.see(8, "a", Sighting { guests: None, ..look(8, &[]) });
    assert_eq!(retired(&grown.plan(21).actions, RetireWhy::Failed).len(), 1);
    assert!(grown.plan(21).actions.iter().all(|a| !matches!(a, Action::Leak { .. })));
}

#[test]
fn a_guest_of_others_keeps_its_slot_while_guests_cannot_be_told_apart() {
    let theirs = |s: u64, running: &[String], guests| Sighting { guests, ..look(s, running) };
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.see(1, "a", theirs(1, &[], Some(1)));
    let taken = |grown: &Grown| {
        let slots = &grown.world.hosts["a"].slots;
        slots.iter().filter(|slot| matches!(slot, Slot::Foreign { .. })).count()
    };
    assert_eq!(taken(&grown), 1);
    grown.see(10, "a", theirs(10, &[], None));
    assert_eq!(taken(&grown), 1, "they could not be counted");
    grown.settle_with(20, 1);
    let ours = grown.running_on(&name("a"));
    assert_eq!((ours.len(), taken(&grown)), (1, 1), "while ours starts, it is still theirs");
    grown.see(100, "a", theirs(100, &ours, Some(1)));
    assert_eq!(taken(&grown), 0);
}

#[test]
fn a_listed_vm_of_others_that_reads_as_stopped_keeps_its_slot_while_its_process_may_run() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    let theirs = ["base".to_string()];
    grown.see(1, "a", look(1, &theirs));
    for (s, guests) in [(10, Some(1)), (20, None)] {
        grown.see(s, "a", Sighting { guests, ..look(s, &[]) });
        let slots = &grown.world.hosts["a"].slots;
        assert!(slots.iter().any(|slot| matches!(slot, Slot::Foreign { .. })), "{slots:?}");
    }
    grown.see(30, "a", look(30, &[]));
    assert_eq!(grown.world.hosts["a"].slots, [Slot::Free, Slot::Free]);
}

/// A VM that ran, was stopped and deleted.
fn deleted() -> Grown {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    resized(&mut grown, 20, PoolSize::Count(0));
    for s in 21..24 {
        grown.pass(s);
        grown.end_all(s, &Outcome::Done);
    }
    assert_eq!(grown.only_vm().phase, Phase::Deleted);
    grown
}

#[test]
fn a_start_for_which_the_guard_has_no_room_is_no_leak_and_costs_nobody_a_try() {
    // Who was there has left: its disk is here already, and it is tried again.
    let mut grown = refused_start(&["a", "b"], Refusal::Full);
    assert_eq!(grown.plan(6).actions, [], "one more look first");
    let again = grown.plan(21).actions;
    assert!(matches!(again[..], [Action::Do { kind: OpKind::Start, .. }]), "{again:?}");
    // They are still there, or nobody knows.
    for seen in [look(8, &["x".into(), "y".into()]), Sighting { guests: None, ..look(8, &[]) }] {
        let mut grown = refused_start(&["a", "b"], Refusal::Full);
        grown.see(8, "a", seen);
        let went = grown.pass(21);
        assert_eq!(retired(&went, RetireWhy::Failed).len(), 1, "{went:?}");
        assert_eq!(
            (&grown.world.hosts["a"].failures, grown.world.pools["ci"].failures),
            (&vec![], 0)
        );
    }
    // The two counts disagree for good: it goes elsewhere.
    for s in [30, 60] {
        grown.pass(s);
        grown.end_all(s, &refused(Refusal::Full));
    }
    assert_eq!(retired(&grown.plan(90).actions, RetireWhy::Failed).len(), 1);
}

#[test]
fn a_start_that_was_lost_and_found_no_room_is_no_leak() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(1));
    grown.pass(1);
    grown.pass(2);
    grown.end_all(3, &Outcome::Done);
    grown.pass(4);
    grown.end_all(5, &Outcome::Unknown { why: "silence".into() });
    let mut sighting = look(8, &[]);
    sighting.guard.done.insert(grown.only_vm().op.as_ref().unwrap().id, 77);
    grown.see(8, "a", sighting);
    let plan = grown.plan(30);
    assert!(plan.actions.iter().all(|a| !matches!(a, Action::Leak { .. })), "{plan:?}");
}

#[test]
fn a_deleted_vm_is_gone_only_when_its_process_is_too() {
    let mut grown = deleted();
    for (s, guests) in [(30, None), (36, Some(1))] {
        assert!(!gone(&grown.see(s, "a", Sighting { guests, ..look(s, &[]) })), "{guests:?}");
    }
    let plan = grown.plan(200);
    assert_eq!(plan.actions, [], "there is nothing left to delete");
    assert!(plan.held.iter().any(|held| held.why.contains("may be its process")), "{plan:?}");
    assert!(gone(&grown.see(201, "a", look(201, &[]))));
}

#[test]
fn a_guest_that_outlives_its_vm_keeps_a_slot_taken() {
    let mut grown = deleted();
    // Nobody can say whose it is: the free slot is theirs now, and ours can go.
    for s in [30, 50, 60] {
        grown.see(s, "a", Sighting { guests: Some(1), ..look(s, &[]) });
        let taken = grown.world.hosts["a"].slots.iter().filter(|slot| **slot != Slot::Free).count();
        assert!(taken >= 1, "after {s} s");
    }
    assert!(grown.world.vms.is_empty());
}

#[test]
fn a_host_with_another_key_is_not_believed() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    reached(&mut grown, 100, "a", Reach::IdentityMismatch);
    assert_eq!(grown.see(101, "a", booted(101, "boot-2", &[])), []);
    reached(&mut grown, 110, "a", Reach::Unknown);
    assert!(!grown.see(111, "a", look(111, &[])).is_empty(), "a person has judged the key");
}

#[test]
fn what_a_host_with_another_key_says_of_a_command_is_not_believed() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.pass(1);
    grown.pass(2);
    let (vm, op) = (grown.only_vm().id, grown.only_vm().op.as_ref().unwrap().id);
    let said = |grown: &Grown, op, outcome: &Outcome| match completed(
        &grown.world,
        vm,
        op,
        outcome.clone(),
    ) {
        Some(Event::OpEnded { outcome, .. }) => Some(outcome),
        other => other.map(|event| panic!("{event:?}")),
    };
    assert_eq!(said(&grown, op, &Outcome::Done), Some(Outcome::Done));
    assert_eq!(said(&grown, OpId::from_bits(77), &Outcome::Done), None, "another's end");
    reached(&mut grown, 3, "a", Reach::IdentityMismatch);
    for outcome in [Outcome::Done, refused(Refusal::Fenced), refused(Refusal::Other)] {
        assert!(matches!(said(&grown, op, &outcome), Some(Outcome::Unknown { .. })), "{outcome:?}");
    }
    let never_sent = refused(Refusal::NotSent);
    assert_eq!(said(&grown, op, &never_sent), Some(never_sent.clone()), "that we know ourselves");
}

#[test]
fn a_host_that_shows_something_else_in_every_look_is_kept_once_a_minute_and_its_vms_always() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    grown.settle(1);
    let shown = |grown: &Grown, s: u64| {
        let mut sighting = look(s, &grown.running_on(&name("a")));
        sighting.facts.macos = format!("26.{s}");
        sighting.images = Some(vec!["reg/xcode:1".into(), format!("reg/{s}")]);
        sighting
    };
    let seen = |events: &[Event]| events.iter().any(|e| matches!(e, Event::HostSeen { .. }));
    let mut kept = 0;
    for s in (100..1_300).step_by(10) {
        let sighting = shown(&grown, s);
        kept += usize::from(seen(&grown.see(s, "a", sighting)));
    }
    assert!((20..=26).contains(&kept), "{kept} of 120 looks over 20 minutes");
    let said = |grown: &Grown, s| why_host(&grown.world, &name("a"), at(s)).unwrap().join("; ");
    assert!(said(&grown, 1_300).contains("its facts change on every look"));
    // A VM of ours that is not there any more is told at once, as is all that fills a slot.
    let mut sighting = shown(&grown, 1_301);
    let gone = grown.running_on(&name("a"))[0].clone();
    sighting.vms.as_mut().unwrap().remove(&gone);
    sighting.guests = Some(1);
    let events = grown.see(1_301, "a", sighting);
    assert!(seen(&events) && missed(&events), "{events:?}");
    // Once it shows the same for some minutes it is as any other.
    let calm = look(2_000, &grown.running_on(&name("a")));
    grown.see(2_000, "a", calm);
    assert!(!said(&grown, 2_000).contains("its facts change"));
}

#[test]
fn a_restart_does_not_count_a_lost_host_in_and_retire_a_vm_that_serves() {
    let mut grown = Grown::new(&["a", "b", "c"], PoolSize::Count(2));
    grown.settle(1);
    reached(&mut grown, 100, "a", Reach::Lost);
    grown.settle(101);
    assert_eq!(grown.world.vms.len(), 3);
    grown.put(200, Event::ControllerStarted { version: "test".into() });
    for host in ["b", "c"] {
        let running = grown.running_on(&name(host));
        grown.see(201, host, look(201, &running));
    }
    for reach in [Reach::Suspect, Reach::Unreachable] {
        let plan = grown.plan(202);
        assert_eq!(
            (retired(&plan.actions, RetireWhy::Surplus), placed(&plan.actions)),
            (vec![], 0)
        );
        reached(&mut grown, 202, "a", reach);
    }
    let running = grown.running_on(&name("a"));
    grown.see(210, "a", look(210, &running));
    assert_eq!(retired(&grown.plan(211).actions, RetireWhy::Surplus), [on(&grown, "a").id]);
}

#[test]
fn too_many_go_by_host_where_a_pool_wants_so_many_per_host() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::PerHost(2));
    // Both of one host's are older than those of the other.
    reached(&mut grown, 1, "b", Reach::Lost);
    grown.settle(2);
    grown.see(20, "b", look(20, &[]));
    grown.settle(21);
    resized(&mut grown, 100, PoolSize::PerHost(1));
    let going = retired(&grown.plan(101).actions, RetireWhy::Surplus);
    let hosts: Vec<_> = going.iter().map(|vm| grown.world.vms[vm].host.as_str()).collect();
    assert_eq!(hosts.len(), 2);
    assert_ne!(hosts[0], hosts[1]);
}

#[test]
fn surplus_spares_the_vm_that_a_respawn_has_just_placed() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(3));
    grown.settle(1);
    respawned(&mut grown, 100, 5_000, Share::Count(1));
    let new = (101..160).find_map(|s| {
        let put = placed(&grown.pass(s)) > 0;
        grown.end_all(s, &Outcome::Done);
        for host in ["a", "b"] {
            let running = grown.running_on(&name(host));
            grown.see(s, host, look(s, &running));
        }
        put.then(|| *grown.world.vms.last_key_value().unwrap().0)
    });
    let new = new.unwrap();
    resized(&mut grown, 160, PoolSize::Count(2));
    let going = retired(&grown.plan(161).actions, RetireWhy::Surplus);
    assert!(going.len() == 1 && going[0] != new, "{going:?}");
}

#[test]
fn a_task_whose_part_the_pool_no_longer_wants_is_done() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(2));
    grown.settle(1);
    let job = respawned(&mut grown, 100, 5_000, Share::Count(1));
    grown.pass(101);
    resized(&mut grown, 102, PoolSize::Count(1));
    (103..300).step_by(10).for_each(|s| grown.settle(s));
    assert_eq!(grown.world.jobs[&job].word(), "done");
}

#[test]
fn half_of_a_pool_is_half_of_it_in_one_pass_too() {
    let mut grown = Grown::new(&["a", "b", "c", "d", "e"], PoolSize::Count(10));
    (1..100).step_by(10).for_each(|s| grown.settle(s));
    respawned(&mut grown, 200, 5_000, Share::Percent(50));
    assert_eq!(retired(&grown.plan(201).actions, RetireWhy::Respawn).len(), 5);
}

#[test]
fn several_jobs_share_what_may_be_out_of_service_and_take_no_vm_twice() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(4));
    (1..40).step_by(10).for_each(|s| grown.settle(s));
    for (id, share) in [(5_000, 1), (6_000, 2)] {
        respawned(&mut grown, 100, id, Share::Count(share));
    }
    let going = retired(&grown.plan(101).actions, RetireWhy::Respawn);
    assert_eq!(going.len(), 2);
    assert_ne!(going[0], going[1]);
}

#[test]
fn a_vm_that_died_and_is_not_replaced_yet_is_out_of_service() {
    let mut grown = Grown::new(&["a", "b"], PoolSize::Count(4));
    (1..40).step_by(10).for_each(|s| grown.settle(s));
    respawned(&mut grown, 100, 5_000, Share::Count(1));
    let vm = on(&grown, "a").id;
    grown.put(100, Event::VmRetired { vm, why: RetireWhy::Failed, job: None });
    assert_eq!(retired(&grown.plan(101).actions, RetireWhy::Respawn), []);
}

#[test]
fn none_may_be_out_of_service_where_none_is_allowed() {
    for share in [Share::Percent(0), Share::Count(0)] {
        let mut grown = Grown::new(&["a"], PoolSize::Count(1));
        grown.settle(1);
        respawned(&mut grown, 100, 5_000, share);
        assert_eq!(retired(&grown.plan(101).actions, RetireWhy::Respawn), [], "{share}");
    }
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    respawned(&mut grown, 100, 5_000, Share::Percent(1));
    assert_eq!(retired(&grown.plan(101).actions, RetireWhy::Respawn).len(), 1);
}

#[test]
fn a_vm_that_booted_while_nobody_looked_is_not_late() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    for s in 1..4 {
        grown.pass(s);
        grown.end_all(s, &Outcome::Done);
    }
    assert_eq!(grown.only_vm().phase, Phase::Booting);
    grown.put(30_000, Event::ControllerStarted { version: "test".into() });
    assert_eq!(retired(&grown.plan(30_001).actions, RetireWhy::Failed), []);
    let running = grown.running_on(&name("a"));
    grown.see(30_002, "a", look(30_002, &running));
    assert!(grown.only_vm().is_ready());
}

#[test]
fn a_clock_that_jumps_ahead_makes_no_vm_dead_sooner() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    grown.see(100, "a", look(100, &[]));
    let jump = 100 + 3 * 3_600;
    let dead = (0..10).map(|n| jump + n * 10);
    let mut dead = dead.filter(|s| died(&grown.see(*s, "a", look(*s, &[]))));
    assert_eq!(dead.next(), Some(jump + 50), "as long as without the jump");
}

#[test]
fn a_clock_that_steps_back_neither_kills_nor_blinds() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    for s in 10_001..10_004 {
        grown.pass(s);
        grown.end_all(s, &Outcome::Done);
    }
    let running = grown.running_on(&name("a"));
    // An hour back: the VM came so far in what is the future now.
    grown.see(6_400, "a", look(6_400, &running));
    assert!(grown.only_vm().is_ready(), "it is believed what it shows");
    let dead: Vec<_> = (0..10)
        .map(|n| 6_500 + n * 10)
        .filter(|s| died(&grown.see(*s, "a", look(*s, &[]))))
        .collect();
    assert_eq!(dead.first(), Some(&6_550));
}

#[test]
fn a_refusal_from_a_clock_that_was_ahead_is_not_waited_for() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.pass(10_001);
    grown.pass(10_002);
    grown.end_all(10_003, &refused(Refusal::Busy));
    assert_eq!(grown.plan(10_004).actions, []);
    assert_eq!(grown.plan(6_400).actions.len(), 1, "the clock stepped back an hour");
}

#[test]
fn a_schedule_runs_once_whatever_the_clock_does() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.settle(1);
    let targets = Targets::Pool(name("ci"));
    let spec = ScheduleSpec {
        window: Span::from_hours(4),
        max_unavailable: Share::Count(1),
        ..ScheduleSpec::new(targets, name("respawn"), "0 0 * * *", "UTC")
    };
    let mut change = FleetChange::default();
    change.schedules.insert(name("nightly"), Some(spec));
    grown.put(60, Event::FleetChanged { change });
    let opens = |grown: &Grown, s: u64| {
        let actions = grown.plan(s).actions;
        actions.iter().filter(|action| matches!(action, Action::OpenJob(_))).count()
    };
    let midnight = 16 * 3_600;
    assert_eq!(opens(&grown, midnight + 60), 1);
    let (schedule, job) = (name("nightly"), JobId::from_bits(5_000));
    grown.put(midnight + 60, Event::RunFired { schedule, nominal: at(midnight), job });
    for s in [midnight - 3_600, midnight - 1, midnight, midnight + 1, midnight + 7_200] {
        assert_eq!(opens(&grown, s), 0, "{s}");
    }
}

#[test]
fn a_vm_that_runs_although_its_start_was_lost_is_stopped_before_it_is_deleted() {
    let mut grown = Grown::new(&["a"], PoolSize::Count(1));
    grown.pass(1);
    grown.pass(2);
    grown.end_all(3, &Outcome::Done);
    resized(&mut grown, 4, PoolSize::Count(0));
    let vm = grown.only_vm().id;
    grown.put(4, Event::VmRetired { vm, why: RetireWhy::Surplus, job: None });
    grown.pass(5);
    grown.end_all(6, &refused(Refusal::AlreadyRunning));
    let actions = grown.pass(7);
    assert!(matches!(actions[..], [Action::Do { kind: OpKind::Stop, .. }]), "{actions:?}");
    // Nor is it deleted while it does not stop; and there is time between the tries.
    grown.end_all(8, &refused(Refusal::Other));
    assert_eq!(grown.plan(9).actions, []);
    let actions = grown.plan(20).actions;
    assert!(matches!(actions[..], [Action::Do { kind: OpKind::Stop, .. }]), "{actions:?}");
}
