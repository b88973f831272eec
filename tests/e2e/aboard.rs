//! A controller on one of its Macs: no SSH, and the same guard.

use std::process::{Command as Program, Stdio};

use hostler::model::{Reach, Slot, World};

use crate::audit::account;
use crate::life::{is, is_whole, name};
use crate::mac;
use crate::process::Process;
use crate::site::{Site, until};

/// Runs `hostler` against the controller, without a terminal: its exit code, and all it said.
async fn hostler(site: &Site, args: &[&str]) -> (Option<i32>, String) {
    let mut program = Program::new(env!("CARGO_BIN_EXE_hostler"));
    program.args(args).env_clear().stdin(Stdio::null());
    program.env("USER", "ada").env("HOME", site.mac("a").home());
    program.env("HOSTLER_FLEET", site.fleet()).env("HOSTLER_STATE", site.state());
    let done = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_that_has_its_controller_on_board_is_a_host_like_any_other_and_outlives_it() {
    let site = Site::new(&["a"]);
    let (a, mac) = (name("a"), site.mac("a"));
    site.write_local("a", 1);
    let life = Process::begin_on(&site, &mac.home());
    let world = life.until("its VM is ready", |world| is_whole(world, 1)).await;
    let vm = world.vms.values().next().unwrap().id;
    let runs = mac.running();
    assert_eq!(runs.len(), 1);
    let home = mac.home();
    let processes = || mac::living(&home, "run").into_iter().map(|(pid, ..)| pid).collect();
    let before: Vec<u32> = processes();
    // launchd ends a job with all of its process group: the VM was never in it.
    life.kill_group().await;
    assert_eq!((mac.running(), processes()), (runs.clone(), before.clone()));
    let life = Process::begin_on(&site, &mac.home());
    life.until("it is seen again", |world| is(world, &a, Reach::Up) && is_whole(world, 1)).await;
    assert_eq!(life.world().vms.keys().collect::<Vec<_>>(), [&vm], "taken over, not made anew");
    // A person's VM has the other slot: the guard lets no third one start.
    mac.start_by_hand("theirs").await;
    let foreign = |slot: &Slot| matches!(slot, Slot::Foreign { .. });
    let full = |world: &World| world.hosts[&a].slots.iter().any(foreign);
    life.until("it is counted", full).await;
    let (code, said) = hostler(&site, &["host", "drain", "a", "--reason", "disk", "--yes"]).await;
    assert_eq!(code, Some(0), "{said}");
    life.until("it is drained", |world| world.vms.is_empty()).await;
    until("its VM is gone", || mac.running().iter().eq(["theirs"])).await;
    assert!(mac.disks().iter().all(|vm| !vm.starts_with("hostler-")), "{:?}", mac.disks());
    life.quit().await;
    assert_eq!(mac::most_ever(&home), 2);
    assert_eq!(account(&site).await.placed().len(), 1);
    assert_eq!(mac.sshd.logins(), 0);
}
