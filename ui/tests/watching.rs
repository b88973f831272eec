//! The windows in which work is watched: of one job, and of the drains in progress.

use std::sync::Arc;

use hostler::model::{Actor, Entry, HoldKind, JobKind, StepEnd, TaskEnd};

use super::fleet::{Maker, host};
use super::session::Run;
use crate::ui::msg::{Effect, Msg, Order};
use crate::ui::windows::WinKind;

fn at_work(w: u16, h: u16) -> Run {
    Run::new(w, h, Maker::at_work())
}
fn is_upkeep(kind: &JobKind) -> bool {
    matches!(kind, JobKind::Playbook { .. })
}

/// An entry that the maker gives is told to the desktop.
fn told(run: &mut Run, make: impl FnOnce(&mut Maker) -> Entry) {
    let entry = make(&mut run.maker);
    run.now = run.maker.now();
    run.send(Msg::Entry(Arc::new(entry))).heartbeat();
}

#[test]
fn a_job_is_followed_step_by_step_and_host_by_host() {
    let mut run = at_work(120, 36);
    let job = run.maker.job_under_way(is_upkeep);
    run.heartbeat().keys("4 / upkeep Enter Enter").sees(&format!("Job {job}"));
    run.sees("2/8 over").sees("reason: the tools of November").sees("asked by alice");
    run.sees("step 4 of 6: reboot").sees("blocked").sees("it is unreachable");
    run.sees("◆ 4 reboot").sees("○ 6 fetch the images").sees("○ +1 undrain");
    run.sees("4m ").sees("1m30s !").sees("following");
    told(&mut run, |maker| maker.step_ends(job, 14, StepEnd::Done));
    run.sees("✓ 4 reboot").sees("step 4 of 6: reboot");
    told(&mut run, |maker| maker.step_begins(job, 14, 4, None));
    run.sees("◆ 5 verify").sees(" step 5 of 6: verify ");
    told(&mut run, |maker| {
        maker.step_ends(job, 14, StepEnd::Failed { why: "verify: its tool is missing".into() })
    });
    run.sees("failed: verify: its tool is missing");
    told(&mut run, |maker| {
        maker.task_ends(job, 14, TaskEnd::Failed { why: "verify: its tool is missing".into() })
    });
    run.sees("3/8 over").sees("following");
}

#[test]
fn the_parts_of_a_job_are_gone_through_by_keys_and_by_the_pointer() {
    let mut run = at_work(80, 24);
    run.heartbeat().keys("4 / upkeep Enter Enter").sees("«hosts»");
    run.keys("Home Down").misses("following").sees("failed: update the tools");
    run.keys("Enter").sees("«steps»").keys("Home").sees("It is done and has said nothing.");
    run.keys("Down").sees("tap hostler/tools: not found").keys("Tab").sees("«step 2 of 6");
    run.keys("y");
    let said = "Error: tap hostler/tools: not found\nbrew said 1";
    assert!(run.effects.contains(&Effect::Copy(said.into())), "{:?}", run.effects);
    run.keys("Esc").sees("«steps»").keys("Esc").sees("«hosts»");
    run.keys("f").sees("following").sees(" step 4 of 6: reboot ");
    run.click("mac-0014").sees("◆ 4 reboot").click("3 clean caches").sees("«steps»");
    run.sees("macOS 26.1 is the newest").keys("BackTab BackTab").sees("«step 3 of 6");
    run.keys("o");
    assert_eq!(run.focus(), Some(WinKind::Hosts));
    run.keys("C").sees("Cordon mac-0014?");
}

#[test]
fn a_job_can_be_called_off_from_its_window_and_its_last_facts_stay() {
    let mut run = at_work(120, 36);
    let job = run.maker.job_under_way(is_upkeep);
    run.heartbeat().keys("4 / upkeep Enter Enter K").sees(&format!("Cancel job {job}?")).keys("y");
    assert_eq!(run.orders(), [&Order::Cancel { job }]);
    let mut without = run.maker.snapshot();
    without.world.jobs.remove(&job);
    run.send(Msg::Snapshot(Arc::new(without))).sees("is no longer kept").sees("◆ 4 reboot");
    run.keys("Esc").misses("is no longer kept");
}

#[test]
fn a_job_over_vms_shows_them_with_their_successors() {
    let mut run = Run::new(120, 36, Maker::varied());
    run.keys("4 Home Enter").sees("running").sees("«VMs»").sees("none is placed yet");
    run.keys("Tab").sees("«the chosen VM»").keys("Tab").sees("«VMs»");
}

#[test]
fn drains_say_what_they_wait_for_and_until_when() {
    let mut run = at_work(120, 36);
    run.heartbeat().keys(": drains Enter").sees("5 drains");
    run.sees("it is unreachable: no answer for 30s")
        .sees("2 VMs with work (concourse-")
        .sees("39m58s left");
    run.sees("its turn").sees("nothing: Undrain gives it back");
    run.keys("Home Enter").sees("Host mac-0005").keys("Esc");
    run.keys("E").sees("Undrain mac-0005?").keys("y");
    assert_eq!(run.orders(), [&Order::Undrain { hosts: vec![host("mac-0005")] }]);
    run.keys("o").sees("drain 3 hosts").sees("reason: disk replacement r10");
}

#[test]
fn a_drain_that_ends_stays_in_sight_until_the_window_is_closed() {
    let mut run = at_work(120, 36);
    let job = run.maker.job_under_way(|kind| *kind == JobKind::Drain);
    run.heartbeat().keys(": drains Enter / mac-0004 Enter").sees("waiting");
    told(&mut run, |maker| {
        maker.task_ends(job, 4, TaskEnd::Skipped { why: "its window is over".into(), busy: false })
    });
    run.sees("skipped").sees(": its window is over").sees("1 drain");
    run.keys("E").sees("no host chosen is drained");
    run.keys("Esc / mac-0021 Enter").sees("kept empty");
    told(&mut run, |maker| maker.uncordon("mac-0021").unwrap());
    run.sees("lifted").sees("ended ").keys("Esc Esc").sees("5 drains");
    run.keys("^W : drains Enter").sees("3 drains").misses("lifted");
    told(&mut run, |maker| maker.hold("mac-0021", HoldKind::Drain, "again", Actor::controller()));
    run.sees("4 drains").sees("again");
}
