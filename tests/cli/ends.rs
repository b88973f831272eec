//! How a job ends, as the exit code of who waits for it tells it: done, failed, blocked, aborted
//! at the deadline, called off.

use hostler::engine::Command;
use hostler::model::{Job, Span, World};

use crate::site::Site;

/// The one job.
fn job(world: &World) -> &Job {
    world.jobs.values().next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_at_its_deadline_is_5_and_leaves_the_host_cordoned() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let drain = "host drain mini-001 --reason x --deadline 5m --on-deadline abort --wait --yes";
    let said = site.run(drain).await.with(5);
    said.out_has(&["it has work", "mini-001 failed", "the deadline has passed"])
        .err_has(&["is waited for: it has work", "it ends, and the host stays cordoned"]);
    assert_eq!(site.world().vms.len(), 1, "the VM works on");
    site.does("host why mini-001").await.out_has(&["drain by alice", "for job"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_at_its_deadline_is_0() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let drain = "host drain mini-001 --reason x --deadline 5m --wait --yes";
    site.does(drain).await.out_has(&["it has work", "mini-001 done"]);
    assert_eq!(site.world().vms.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn called_off_by_another_is_6_and_by_oneself_0() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let mut drain = site.start("host drain mini-001 --reason x --wait --yes");
    drain.until("it has work").await;
    let id = job(&site.world()).id;
    let cancelled = site.does(&format!("job cancel {id} --wait")).await;
    cancelled.out_has(&["mini-001 cancelled"]);
    drain.end().await.with(6).err_has(&[&format!("job {id} was called off")]);
    assert!(site.world().hosts.values().all(|host| host.holds.is_empty()));
    let again = site.run(&format!("job cancel {id}")).await.with(1);
    again.err_has(&["nothing that could be called off"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undrained_it_goes_on_as_if_nothing_had_been() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let vm = site.vm_on("mini-001").id;
    let mut drain = site.start("host drain mini-001 --reason x --wait --yes --json");
    drain.until("it has work").await;
    site.does("host undrain mini-001 --wait").await.out_has(&["is called off"]);
    drain.end().await.with(6);
    assert!(site.world().hosts.values().all(|host| host.holds.is_empty()));
    assert_eq!(site.vm_on("mini-001").id, vm, "its VM was left alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_out_of_reach_is_4_and_the_drain_goes_on_when_it_answers() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let mut drain = site.start("host drain mini-001 --reason x --wait --yes");
    drain.until("it has work").await;
    site.mac("mini-001").reboot_for(Span::from_hours(2));
    drain.until("mini-001 blocked").await;
    let said = drain.end().await.with(4);
    let id = job(&site.world()).id;
    said.err_has(&[
        &format!("job {id} is blocked: mini-001 out of reach"),
        &format!("`hostler job show {id}`"),
    ]);
    assert!(!job(&site.world()).is_over());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_is_1_and_a_controller_that_goes_3() {
    let site = Site::begin(1, 0).await;
    let said = site.run("playbook run fails mini-001 --reason x --wait --yes").await.with(1);
    said.out_has(&["step 2 of 2: second", "mini-001 failed", "exit status 3"])
        .err_has(&["`hostler job show"]);
    site.until("it is over", |world| job(world).is_over()).await;
    let mut waits = site.start("host drain mini-001 --reason x --at 20h --wait --yes");
    waits.line().await.unwrap();
    site.stop();
    waits.end().await.with(3);
    site.run("job list").await.with(3).err_has(&["no controller at", "`hostler serve`"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_respawn_says_what_it_opened_and_how_far_it_is() {
    let site = Site::begin(2, 2).await;
    let before: Vec<_> = site.world().vms.keys().copied().collect();
    let said = site.run("pool respawn ci").await.with(2);
    for part in ["goes: it has no work", "pool ci loses", "at once"] {
        assert!(said.err.contains(part), "no `{part}`: {said}");
    }
    said.err_has(&["Replace 2 VMs of pool ci, a few at a time?", "say --yes"]);
    let said = site.does("pool respawn ci --max-unavailable 2 --wait --yes").await;
    said.out_has(&["opened job", "over 2 VMs"]).err_has(&[": 0 of 2", ": 2 of 2"]);
    assert!(site.world().vms.keys().all(|vm| !before.contains(vm)));
    let respawn = Command::Respawn { pool: "ci".parse().unwrap(), max_unavailable: None };
    let other = site.ask(respawn).await.job.unwrap();
    let said = site.run("pool respawn ci --yes").await.with(1);
    said.err_has(&[&format!("job {other}"), "is still running", "`hostler job show"]);
}
