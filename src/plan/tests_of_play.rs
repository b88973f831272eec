//! Drains and playbooks as an operator would tell them, one test each.

use std::sync::Arc;

use super::fixture::{Grown, at, look, name, pool_spec};
use super::*;
use crate::model::*;

const MIN: u64 = 60;

/// A fleet whose pool tells whether its VMs have work, and whose agents can be told to leave.
pub(super) fn fleet(hosts: &[&str], size: u32) -> Grown {
    let mut grown = Grown::new(hosts, PoolSize::Count(size));
    let script = |sh: &str| Some(GuestScript { sh: sh.into(), within: Span::from_hours(1) });
    let spec = PoolSpec {
        busy: script("pgrep job"),
        retire: script("pkill agent"),
        ..pool_spec(PoolSize::Count(size), "")
    };
    let mut change = FleetChange::default();
    change.pools.insert(name("ci"), Some(spec));
    grown.put(0, Event::FleetChanged { change });
    grown.settle(1);
    for vm in grown.world.vms.keys().copied().collect::<Vec<_>>() {
        grown.busy(20, vm, false);
    }
    grown
}

fn ask(hosts: &[&str]) -> DrainAsk {
    DrainAsk::new(hosts.iter().map(|host| name(host)).collect(), "new disks")
}

fn drain(grown: &mut Grown, s: u64, ask: &DrainAsk) -> JobId {
    match super::drain(&grown.world, ask, at(s)).unwrap() {
        DrainAnswer::Open(opening) => grown.open(s, *opening),
        DrainAnswer::Known { job, events, .. } => {
            events.into_iter().for_each(|event| grown.put(s, event));
            job
        }
    }
}

/// Passes at `s` until nothing is decided any more; in words.
pub(super) fn passes(grown: &mut Grown, s: u64) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..20 {
        let actions = grown.pass(s);
        if actions.is_empty() {
            return all;
        }
        all.extend(super::tests::words(&actions));
    }
    panic!("no end of it: {all:?}");
}

/// What was sent out of sight ends, and every host is looked at, until nothing moves.
pub(super) fn rest(grown: &mut Grown, s: u64) {
    for round in 0..30 {
        let before = grown.world.seq;
        grown.settle(s + round);
        let unknown = grown.world.vms.values().filter(|vm| vm.is_ready() && vm.busy.is_none());
        for vm in unknown.map(|vm| vm.id).collect::<Vec<_>>() {
            grown.busy(s + round, vm, false);
        }
        if grown.world.seq == before {
            return;
        }
    }
}

fn state(grown: &Grown, job: JobId, host: &str) -> TaskState {
    grown.world.jobs[&job].hosts[host].state.clone()
}

fn why(grown: &Grown, s: u64, host: &str) -> String {
    let held = grown.plan(s).held;
    let of = |held: &&Held| matches!(&held.want, Want::Host { host: h, .. } if h.as_str() == host);
    held.iter().find(of).map(|held| held.why.clone()).unwrap_or_default()
}

#[test]
fn an_idle_agent_is_told_before_its_vm_is_stopped_and_a_busy_one_is_waited_for() {
    let mut grown = fleet(&["a"], 2);
    let mut vms = grown.world.vms.keys().copied();
    let (busy, idle) = (vms.next().unwrap(), vms.next().unwrap());
    drop(vms);
    grown.busy(30, busy, true);
    let job = drain(&mut grown, 40, &ask(&["a"]));
    // From the very entry on nothing is placed there.
    assert_eq!(grown.world.hosts["a"].word(), "draining");
    let said = passes(&mut grown, 41);
    assert!(said.contains(&"do deregister".to_string()), "{said:?}");
    assert!(!said.contains(&"do stop".to_string()), "{said:?}");
    grown.end_all(42, &Outcome::Done);
    // It may have become busy just before it was told.
    assert_eq!(passes(&mut grown, 43), Vec::<String>::new());
    grown.busy(44, idle, false);
    let said = passes(&mut grown, 45);
    assert_eq!(said, ["retire drained", "do stop"]);
    assert!(why(&grown, 46, "a").contains("has work"), "{}", why(&grown, 46, "a"));
    rest(&mut grown, 50);
    assert_eq!(grown.world.vms.len(), 1);
    grown.busy(90, busy, false);
    rest(&mut grown, 100);
    assert_eq!(grown.world.vms.len(), 0);
    assert!(matches!(state(&grown, job, "a"), TaskState::Done { .. }));
    assert_eq!(grown.world.hosts["a"].word(), "drained");
}

#[test]
fn a_vm_that_gets_work_is_one_entry_and_not_two() {
    let mut grown = fleet(&["a"], 1);
    let mut sighting = look(30, &grown.running_on(&name("a")));
    grown.see(30, "a", sighting.clone());
    for (s, busy) in [(40, true), (50, false)] {
        sighting.at = at(s);
        let seen = sighting.vms.as_mut().unwrap().values_mut().next().unwrap();
        seen.busy = Some(busy);
        let vm = grown.vm_on("a");
        let told = Event::VmBusy { vm, busy: Some(busy) };
        assert_eq!(grown.see(s, "a", sighting.clone()), [told]);
    }
}

#[test]
fn at_the_deadline_a_busy_vm_is_stopped_or_left_as_was_asked() {
    for (on_deadline, ends) in [(OnDeadline::Stop, "done"), (OnDeadline::Abort, "failed")] {
        let mut grown = fleet(&["a"], 1);
        let vm = grown.vm_on("a");
        grown.busy(30, vm, true);
        let deadline = Some(Span::from_mins(10));
        let job = drain(&mut grown, 40, &DrainAsk { deadline, on_deadline, ..ask(&["a"]) });
        rest(&mut grown, 41);
        assert!(grown.world.vms[&vm].wanted == Wanted::Running);
        rest(&mut grown, 40 + 11 * MIN);
        assert_eq!(state(&grown, job, "a").word(), ends);
        assert_eq!(grown.world.vms.contains_key(&vm), ends == "failed");
        // Either way it takes no work.
        assert!(grown.world.hosts["a"].holds.values().any(|hold| hold.kind == HoldKind::Drain));
    }
}

#[test]
fn no_deadline_is_kept_on_a_view_of_before_the_controller_started() {
    let mut grown = fleet(&["a"], 1);
    let vm = grown.vm_on("a");
    grown.busy(30, vm, true);
    let deadline = Some(Span::from_mins(10));
    drain(&mut grown, 40, &DrainAsk { deadline, ..ask(&["a"]) });
    rest(&mut grown, 41);
    grown.put(50, Event::ControllerStarted { version: "2".into() });
    assert_eq!(passes(&mut grown, 40 + 30 * MIN), Vec::<String>::new());
    assert!(why(&grown, 40 + 30 * MIN, "a").starts_with("drain: blocked"));
    let running = grown.running_on(&name("a"));
    grown.see(40 + 31 * MIN, "a", look(40 + 31 * MIN, &running));
    assert_eq!(passes(&mut grown, 40 + 31 * MIN), ["retire drained", "do stop"]);
}

#[test]
fn an_undrain_lets_what_was_stopped_go_and_then_lifts_the_hold() {
    let mut grown = fleet(&["a"], 2);
    let vms: Vec<VmId> = grown.world.vms.keys().copied().collect();
    grown.busy(30, vms[0], true);
    let job = drain(&mut grown, 40, &ask(&["a"]));
    passes(&mut grown, 41);
    grown.end_all(42, &Outcome::Done);
    grown.busy(43, vms[1], false);
    passes(&mut grown, 44);
    grown.put(45, Event::HostTaskStopped { job, host: name("a") });
    passes(&mut grown, 46);
    assert_eq!(grown.world.hosts["a"].word(), "draining", "a stop was issued");
    // The VM whose stop was issued is never counted as running again.
    rest(&mut grown, 50);
    assert!(matches!(state(&grown, job, "a"), TaskState::Cancelled { .. }));
    assert!(!grown.world.vms.contains_key(&vms[1]) && grown.world.vms.contains_key(&vms[0]));
    assert!(grown.world.hosts["a"].holds.is_empty());
    assert_eq!(grown.world.jobs[&job].word(), "cancelled");
}

#[test]
fn where_there_is_room_a_successor_comes_first() {
    let mut grown = fleet(&["a", "b"], 1);
    let old = grown.vm_on("a");
    drain(&mut grown, 40, &ask(&["a"]));
    passes(&mut grown, 41);
    let placed = grown.world.vms.values().filter(|vm| vm.host.as_str() == "b").count();
    assert_eq!((placed, grown.world.vms[&old].wanted), (1, Wanted::Running));
    grown.least_ready = usize::MAX;
    rest(&mut grown, 42);
    assert!(!grown.world.vms.contains_key(&old));
    assert_eq!(grown.least_ready, 1, "the pool was whole at every moment");
}

#[test]
fn asking_again_is_the_same_drain_and_only_less_patience_is_granted() {
    let mut grown = fleet(&["a"], 1);
    let vm = grown.vm_on("a");
    grown.busy(30, vm, true);
    let job = drain(&mut grown, 40, &ask(&["a"]));
    passes(&mut grown, 41);
    assert_eq!(drain(&mut grown, 50, &ask(&["a"])), job);
    let sooner = DrainAsk { deadline: Some(Span::from_mins(5)), ..ask(&["a"]) };
    assert_eq!(drain(&mut grown, 60, &sooner), job);
    let step = grown.world.jobs[&job].hosts["a"].step.clone().unwrap();
    assert_eq!(step.deadline, Some(at(60 + 5 * MIN)));
    let later = DrainAsk { deadline: None, ..ask(&["a"]) };
    let refused = super::drain(&grown.world, &later, at(70)).unwrap_err();
    assert!(refused.to_string().contains("--replace"), "{refused}");
    assert_eq!(drain(&mut grown, 70, &DrainAsk { replace: true, ..later }), job);
    assert_eq!(grown.world.jobs[&job].hosts["a"].step.as_ref().unwrap().deadline, None);
}

#[test]
fn a_reboot_is_proven_by_another_boot_session() {
    let mut grown = fleet(&["a"], 1);
    let job = drain(&mut grown, 40, &DrainAsk { then: Then::Reboot, ..ask(&["a"]) });
    rest(&mut grown, 41);
    let task = |grown: &Grown| grown.world.jobs[&job].hosts["a"].clone();
    assert_eq!(task(&grown).at.ix, 1, "{:?}", task(&grown));
    assert!(why(&grown, 80, "a").contains("comes up again"), "{}", why(&grown, 80, "a"));
    let mut up = look(200, &[]);
    up.facts.boot = "boot-2".into();
    up.facts.tool = "2.35.0".into();
    grown.see(200, "a", up.clone());
    assert_eq!(grown.world.hosts["a"].verifying, None, "a job asked for it");
    passes(&mut grown, 201);
    assert!(why(&grown, 202, "a").contains("looked at once more"));
    passes(&mut grown, 230);
    assert!(matches!(state(&grown, job, "a"), TaskState::Done { .. }), "{:?}", task(&grown));
    assert!(grown.world.hosts["a"].holds.is_empty());
}

#[test]
fn a_reboot_that_is_not_seen_in_time_puts_the_host_into_quarantine() {
    let mut grown = fleet(&["a"], 1);
    let job = drain(&mut grown, 40, &DrainAsk { then: Then::Reboot, ..ask(&["a"]) });
    rest(&mut grown, 41);
    rest(&mut grown, 100 + 16 * MIN);
    assert!(matches!(state(&grown, job, "a"), TaskState::Failed { .. }));
    let kinds: Vec<_> = grown.world.hosts["a"].holds.values().map(|hold| hold.kind).collect();
    assert_eq!(kinds, [HoldKind::Quarantine]);
}

#[test]
fn a_reboot_nobody_asked_for_keeps_a_host_out_until_it_is_found_fit() {
    let mut grown = fleet(&["a"], 1);
    let mut up = look(100, &[]);
    up.facts.boot = "boot-2".into();
    up.facts.tool = "2.35.0".into();
    grown.see(100, "a", up);
    assert_eq!(grown.world.hosts["a"].verifying, Some(at(100)));
    assert!(!passes(&mut grown, 101).iter().any(|what| what.starts_with("place")));
    assert!(passes(&mut grown, 140).contains(&"host_verified: ".to_string()));
    assert_eq!(grown.world.hosts["a"].verifying, None);
}

fn playbook(steps: Vec<Step>, always: Vec<Step>) -> Playbook {
    Playbook {
        name: name("wipe"),
        summary: String::new(),
        each: Each::Host,
        steps,
        always,
        on_failure: OnFailure::Hold,
    }
}

fn sh(run: &str) -> Step {
    Step::plain(Act::Sh { run: run.into() })
}

fn play(grown: &mut Grown, s: u64, playbook: Playbook, hosts: &[&str]) -> JobId {
    let mut change = FleetChange::default();
    change.playbooks.insert(playbook.name.clone(), Some(playbook));
    grown.put(s, Event::FleetChanged { change });
    let ask = PlayAsk {
        playbook: name("wipe"),
        hosts: hosts.iter().map(|host| name(host)).collect(),
        reason: "test".into(),
        max_unavailable: Some(Share::Percent(100)),
        key: None,
    };
    let opening = super::play(&grown.world, &ask, at(s)).unwrap();
    grown.open(s, opening)
}

fn ends(grown: &Grown, job: JobId, host: &str) -> Vec<String> {
    grown.world.jobs[&job].hosts[host].log.iter().map(|done| done.end.to_string()).collect()
}

#[test]
fn a_step_is_skipped_tried_again_or_ends_the_others_and_what_is_always_done_is_done() {
    let mut grown = fleet(&["a"], 0);
    let skipped = Step { when: Some("host.vms > 5".into()), ..sh("a") };
    let again = Step { retries: 1, ..sh("b") };
    let always = Step { when: Some("failed".into()), ..sh("tidy up") };
    let steps = vec![skipped, again, sh("never")];
    let job = play(&mut grown, 40, playbook(steps, vec![always]), &["a"]);
    assert_eq!(passes(&mut grown, 41).last().unwrap(), "send step 2 to a");
    for s in [42, 44] {
        grown.end_all(s, &Outcome::Refused { class: Refusal::Other, said: "exit status 3".into() });
        passes(&mut grown, s + 1);
    }
    grown.end_all(50, &Outcome::Done);
    passes(&mut grown, 51);
    let said = ends(&grown, job, "a");
    assert_eq!(
        said,
        ["skipped: `host.vms > 5` does not hold", "failed: sh: exit status 3", "done"]
    );
    assert!(matches!(state(&grown, job, "a"), TaskState::Failed { .. }));
    assert_eq!(grown.world.hosts["a"].word(), "quarantined");
}

#[test]
fn a_name_that_is_not_known_fails_the_step_and_does_not_count_as_false() {
    let mut grown = fleet(&["a"], 0);
    let step = Step { when: Some("host.uptime_days > 3".into()), ..sh("a") };
    let job = play(&mut grown, 40, playbook(vec![step], vec![]), &["a"]);
    passes(&mut grown, 41);
    assert!(ends(&grown, job, "a")[0].starts_with("failed: `host.uptime_days > 3`"));
}

#[test]
fn what_a_step_said_can_be_asked_for_by_a_later_one() {
    let mut grown = fleet(&["a"], 0);
    let first = Step { register: Some("check".into()), ..sh("sw_vers") };
    let second = Step { when: Some("check.ok and check.said == 'said'".into()), ..sh("more") };
    let job = play(&mut grown, 40, playbook(vec![first, second], vec![]), &["a"]);
    for s in [41, 42] {
        passes(&mut grown, s);
        grown.end_all(s, &Outcome::Done);
    }
    passes(&mut grown, 50);
    assert_eq!(ends(&grown, job, "a"), ["done", "done"]);
}

#[test]
fn a_command_lost_from_sight_is_observed_and_never_blindly_sent_again() {
    let mut grown = fleet(&["a"], 0);
    let job = play(&mut grown, 40, playbook(vec![sh("once")], vec![]), &["a"]);
    passes(&mut grown, 41);
    let op = grown.world.hosts["a"].op.clone().unwrap().id;
    grown.end_all(42, &Outcome::Unknown { why: "silence".into() });
    assert_eq!(passes(&mut grown, 43), Vec::<String>::new());
    let mut sighting = look(50, &[]);
    sighting.guard.running = Some(op);
    grown.see(50, "a", sighting.clone());
    assert_eq!(passes(&mut grown, 100), Vec::<String>::new(), "it runs there still");
    (sighting.at, sighting.guard.running) = (at(110), None);
    sighting.guard.done.insert(op, 0);
    grown.see(110, "a", sighting);
    passes(&mut grown, 111);
    assert_eq!(ends(&grown, job, "a"), ["done"]);
}

pub(super) fn nightly(grown: &mut Grown, change: impl Fn(&mut ScheduleSpec)) {
    let mut fleet = FleetChange::default();
    fleet.playbooks.insert(name("wipe"), Some(playbook(vec![sh("wipe")], vec![])));
    let targets = Targets::Hosts(name(""));
    let mut spec = ScheduleSpec::new(targets, name("wipe"), "0 0 * * *", "UTC");
    (spec.max_unavailable, spec.splay) = (Share::Count(1), Splay::None);
    change(&mut spec);
    fleet.schedules.insert(name("nightly"), Some(spec));
    grown.put(30, Event::FleetChanged { change: fleet });
}

/// `at(0)` is 08:00 UTC: the first midnight comes 16 hours later.
pub(super) const MIDNIGHT: u64 = 16 * 3_600;
pub(super) const DAY: u64 = 24 * 3_600;

pub(super) fn newest(grown: &Grown) -> Arc<Job> {
    grown.world.jobs.values().next_back().unwrap().clone()
}

pub(super) fn begun(job: &Job) -> Vec<&str> {
    let begun = job.hosts.iter().filter(|(_, t)| matches!(t.state, TaskState::Begun { .. }));
    begun.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_nightly_run_takes_one_host_after_another_each_at_its_own_time() {
    let mut grown = fleet(&["a", "b", "c"], 0);
    nightly(&mut grown, |spec| spec.splay = Splay::Hash);
    passes(&mut grown, MIDNIGHT);
    let first = newest(&grown);
    let mut times: Vec<Timestamp> = first.hosts.values().map(|task| task.earliest).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 3);
    assert!(times[0] >= at(MIDNIGHT) && times[2] <= at(MIDNIGHT + 2 * 3_600));
    for s in (MIDNIGHT..MIDNIGHT + 3 * 3_600).step_by(60) {
        passes(&mut grown, s);
        assert!(begun(&newest(&grown)).len() <= 1);
        grown.end_all(s, &Outcome::Done);
    }
    passes(&mut grown, MIDNIGHT + DAY);
    let second = newest(&grown);
    assert_ne!(first.id, second.id);
    for (host, task) in &second.hosts {
        assert_eq!(task.earliest.since(at(DAY)), first.hosts[host].earliest.since(at(0)));
    }
}

#[test]
fn a_broken_host_does_not_stop_the_night_but_a_common_cause_does() {
    let all = ["a", "b", "c", "d", "e", "f"];
    let mut grown = fleet(&all, 0);
    nightly(&mut grown, |_| {});
    let lost = |host: &str| Event::ReachChanged {
        host: name(host),
        to: Reach::Lost,
        why: "no answer".into(),
    };
    grown.put(MIDNIGHT - 1, lost("a"));
    for s in 0..5 {
        passes(&mut grown, MIDNIGHT + s);
        assert_eq!(begun(&newest(&grown)).len(), 1, "one at a time, beside the one that is lost");
        grown.end_all(MIDNIGHT + s, &Outcome::Done);
    }
    passes(&mut grown, MIDNIGHT + 5);
    assert_eq!(newest(&grown).progress(), (5, 6));
    passes(&mut grown, MIDNIGHT + 5 * 3_600);
    for host in &all[1..5] {
        grown.put(MIDNIGHT + DAY - 1, lost(host));
    }
    passes(&mut grown, MIDNIGHT + DAY);
    assert_eq!(begun(&newest(&grown)), [""; 0]);
    passes(&mut grown, MIDNIGHT + DAY + 5 * 3_600);
    let job = newest(&grown);
    let TaskState::Skipped { why: said, .. } = &job.hosts["f"].state else { panic!("{job:?}") };
    let why = "its turn did not come before the window's end: 5 hosts are out of service, 1 may be";
    assert_eq!(said, why);
}

#[test]
fn a_canary_that_fails_pauses_the_run_and_nothing_goes_on_by_itself() {
    let mut grown = fleet(&["a", "b", "c", "d"], 0);
    nightly(&mut grown, |spec| {
        spec.order = vec![Share::Count(2), Share::Percent(100)];
        spec.max_unavailable = Share::Count(4);
        spec.min_healthy = Span::from_mins(5);
    });
    passes(&mut grown, MIDNIGHT);
    assert_eq!(begun(&newest(&grown)).len(), 2, "the second wave waits");
    grown.end_all(MIDNIGHT + 1, &Outcome::Refused { class: Refusal::Other, said: "no".into() });
    passes(&mut grown, MIDNIGHT + 2);
    let job = newest(&grown);
    assert_eq!(job.word(), "paused");
    passes(&mut grown, MIDNIGHT + 10 * MIN);
    assert_eq!(begun(&newest(&grown)).len(), 0);
    // Those that had no turn are recorded at the window's end.
    passes(&mut grown, MIDNIGHT + 5 * 3_600);
    assert_eq!(newest(&grown).progress(), (4, 4));
}

#[test]
fn a_wave_begins_once_the_one_before_has_stayed_healthy() {
    let mut grown = fleet(&["a", "b"], 0);
    nightly(&mut grown, |spec| {
        spec.order = vec![Share::Count(1), Share::Percent(100)];
        spec.max_unavailable = Share::Count(2);
        spec.min_healthy = Span::from_mins(5);
    });
    passes(&mut grown, MIDNIGHT);
    grown.end_all(MIDNIGHT + 1, &Outcome::Done);
    passes(&mut grown, MIDNIGHT + 2);
    assert_eq!(begun(&newest(&grown)).len(), 0);
    passes(&mut grown, MIDNIGHT + 6 * MIN);
    assert_eq!(begun(&newest(&grown)).len(), 1);
}

#[test]
fn a_pool_keeps_as_many_ready_vms_as_it_was_promised() {
    let mut grown = fleet(&["a", "b"], 4);
    nightly(&mut grown, |spec| {
        spec.max_unavailable = Share::Count(2);
        spec.min_available = Some(Share::Count(2));
    });
    passes(&mut grown, MIDNIGHT);
    assert_eq!(begun(&newest(&grown)).len(), 1);
    let held = grown.plan(MIDNIGHT).held;
    assert!(held.iter().any(|held| held.why.contains("keeps 2")), "{held:?}");
}

#[test]
fn a_busy_host_is_skipped_then_first_in_line_and_on_the_fourth_night_drained() {
    let mut grown = fleet(&["a", "b"], 2);
    let vm = grown.vm_on("b");
    grown.busy(25, vm, true);
    nightly(&mut grown, |_| {});
    for night in 0..3 {
        let midnight = MIDNIGHT + night * DAY;
        passes(&mut grown, midnight);
        let job = newest(&grown);
        if night > 0 {
            assert!(job.hosts["b"].rank < job.hosts["a"].rank);
        }
        for minutes in 1..=5 {
            grown.end_all(midnight + minutes, &Outcome::Done);
            passes(&mut grown, midnight + minutes);
        }
        passes(&mut grown, midnight + 4 * 3_600 + MIN);
        let job = newest(&grown);
        assert!(job.hosts["b"].state.word() == "skipped", "{:?}", job.hosts["b"]);
        assert_eq!(job.hosts["a"].state.word(), "done");
    }
    assert_eq!(grown.world.schedules["nightly"].busy[&name::<HostName>("b")], 3);
    passes(&mut grown, MIDNIGHT + 3 * DAY);
    let job = newest(&grown);
    assert!(job.hosts["b"].overdue);
    assert_eq!(begun(&job), ["b"]);
}

#[test]
fn what_is_not_run_is_recorded_with_its_cause() {
    let mut grown = fleet(&["a"], 0);
    let day = |text: &str| text.parse().unwrap();
    nightly(&mut grown, |spec| spec.blackout = vec![day("2027-01-16")]);
    let causes = |grown: &Grown| {
        let runs = &grown.world.schedules["nightly"].runs;
        let cause = |run: &Run| match &run.result {
            RunResult::Fired { .. } => "fired".to_string(),
            RunResult::Missed { cause, .. } => cause.clone(),
        };
        runs.iter().map(cause).collect::<Vec<_>>()
    };
    passes(&mut grown, MIDNIGHT);
    assert_eq!(causes(&grown), ["2027-01-16 is a blackout day"]);
    let (schedule, reason) = (name("nightly"), "freeze".to_string());
    grown.put(MIDNIGHT + 9, Event::ScheduleSuspended { schedule, reason });
    passes(&mut grown, MIDNIGHT + DAY);
    assert_eq!(causes(&grown)[1], "suspended by hostler: freeze");
    grown.put(MIDNIGHT + DAY + 9, Event::ScheduleResumed { schedule: name("nightly") });
    let upto = at(MIDNIGHT + 2 * DAY);
    grown.put(MIDNIGHT + DAY + 9, Event::RunsSkipped { schedule: name("nightly"), upto });
    passes(&mut grown, MIDNIGHT + 2 * DAY);
    assert_eq!(causes(&grown)[2], "somebody asked for it to be skipped");
    passes(&mut grown, MIDNIGHT + 3 * DAY);
    assert_eq!(causes(&grown)[3], "fired");
}

#[test]
fn a_host_that_fails_too_often_is_taken_out_unless_so_many_do_that_the_cause_is_common() {
    let mut grown = fleet(&["a", "b"], 0);
    for s in [100, 101, 102] {
        let id = VmId::from_bits(5_000 + s);
        let (host, slot) = (name("a"), SlotIx::Zero);
        let (pool, image) = (name("ci"), name("xcode"));
        let replaces = None;
        grown.put(s, Event::SlotReserved { vm: id, host, slot, pool, image, replaces });
        let (why, job) = (RetireWhy::Failed, None);
        grown.put(s, Event::VmRetired { vm: id, why, job });
        grown.put(s, Event::VmGone { vm: id });
    }
    assert!(passes(&mut grown, 103).contains(&"quarantine a".to_string()));
    assert_eq!(grown.world.hosts["a"].word(), "quarantined");
}

#[test]
fn a_persons_hold_without_an_end_is_spoken_of_after_a_day_and_never_lifted() {
    let mut grown = fleet(&["a"], 0);
    let hold = Hold {
        id: HoldId::from_bits(900),
        host: name("a"),
        kind: HoldKind::Maintenance,
        reason: "disk".into(),
        by: Actor { who: "anna".into(), via: Via::Cli },
        created: at(0),
        until: None,
        on_expiry: OnExpiry::default(),
        job: None,
    };
    grown.put(30, Event::HoldPlaced { hold });
    assert!(grown.plan(3_600).held.is_empty());
    let held = grown.plan(DAY + 60).held;
    assert!(held[0].why.contains("maintenance by anna"), "{held:?}");
    assert!(grown.plan(400 * DAY).actions.is_empty());
}
