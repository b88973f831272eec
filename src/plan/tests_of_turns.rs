//! Whose turn it is and when, as an operator would tell it: VMs that are ignored, a run that was
//! resumed, times that are passed over.

use super::fixture::{Grown, at, name};
use super::tests_of_play::{DAY, MIDNIGHT, begun, fleet, newest, nightly, passes, rest};
use super::*;
use crate::model::*;

#[test]
fn a_playbook_that_ignores_busy_vms_is_not_held_up_by_them() {
    for (ignore, ends) in [("pool=ci", "done"), ("pool=other", "skipped")] {
        let mut grown = fleet(&["a"], 1);
        let vm = grown.vm_on("a");
        grown.busy(25, vm, true);
        nightly(&mut grown, |spec| spec.busy = BusyPolicy::Skip);
        let mut playbook = (*grown.world.playbooks[&name::<PlaybookName>("wipe")]).clone();
        let ignore = Some(ignore.parse().unwrap());
        playbook.steps = vec![
            Step::plain(Act::Drain(DrainStep { ignore, ..DrainStep::default() })),
            Step::plain(Act::Undrain),
        ];
        let mut change = FleetChange::default();
        change.playbooks.insert(playbook.name.clone(), Some(playbook));
        grown.put(26, Event::FleetChanged { change });
        passes(&mut grown, MIDNIGHT);
        rest(&mut grown, MIDNIGHT + 1);
        let job = newest(&grown);
        assert_eq!(job.hosts["a"].state.word(), ends, "{:?}", job.hosts["a"]);
        assert_eq!(grown.world.vms.contains_key(&vm), ends == "skipped");
    }
}

#[test]
fn a_resumed_run_goes_on_although_hosts_have_failed() {
    let mut grown = fleet(&["a", "b", "c", "d", "e", "f"], 0);
    nightly(&mut grown, |spec| spec.max_unavailable = Share::Count(2));
    let no = Outcome::Refused { class: Refusal::Other, said: "no".into() };
    passes(&mut grown, MIDNIGHT);
    grown.end_all(MIDNIGHT + 1, &no);
    passes(&mut grown, MIDNIGHT + 2);
    let job = newest(&grown);
    assert_eq!((job.word(), job.progress()), ("paused", (2, 6)));
    grown.put(MIDNIGHT + 3, Event::JobResumed { job: job.id });
    passes(&mut grown, MIDNIGHT + 4);
    assert_eq!((newest(&grown).word(), begun(&newest(&grown)).len()), ("running", 2));
    // As many more may fail as before.
    grown.end_all(MIDNIGHT + 5, &no);
    passes(&mut grown, MIDNIGHT + 6);
    assert_eq!((newest(&grown).word(), newest(&grown).progress()), ("paused", (4, 6)));
}

#[test]
fn the_next_runs_are_those_that_are_not_passed_over() {
    let mut grown = fleet(&["a"], 0);
    nightly(&mut grown, |_| {});
    let next = |grown: &Grown| next_runs(&grown.world, &name("nightly"), at(30), 3);
    let days = |from: u64| [0, 1, 2].map(|n| at(MIDNIGHT + (from + n) * DAY));
    assert_eq!(next(&grown), days(0));
    let upto = at(MIDNIGHT + DAY);
    grown.put(31, Event::RunsSkipped { schedule: name("nightly"), upto });
    assert_eq!(next(&grown), days(2));
    nightly(&mut grown, |spec| spec.blackout = vec!["2027-01-18".parse().unwrap()]);
    assert_eq!(next(&grown), days(3));
    let until = at(MIDNIGHT + 5 * DAY);
    let within = |most| runs_until(&grown.world, &name("nightly"), at(30), until, most);
    assert_eq!(within(9), (days(3).into(), false), "up to the very end, and not the blackout day");
    assert_eq!(within(3), (days(3)[..2].to_vec(), true), "the blackout day is one of the first");
    assert_eq!(runs_until(&grown.world, &name("other"), at(30), until, 9), (Vec::new(), false));
}

#[test]
fn every_name_that_a_playbook_may_speak_of_is_there_when_it_is_worked_out() {
    let mut grown = fleet(&["a"], 0);
    nightly(&mut grown, |_| {});
    let mut playbook = (*grown.world.playbooks[&name::<PlaybookName>("wipe")]).clone();
    let asserted =
        |root: &str| Act::Assert { that: format!("{root} is defined"), message: "".into() };
    playbook.steps = EXPRESSION_ROOTS.map(|root| Step::plain(asserted(root))).into();
    let mut change = FleetChange::default();
    change.playbooks.insert(playbook.name.clone(), Some(playbook));
    grown.put(26, Event::FleetChanged { change });
    passes(&mut grown, MIDNIGHT);
    let job = newest(&grown);
    assert_eq!(job.hosts["a"].state.word(), "done", "{:?}", job.hosts["a"]);
}
