//! A Mac that shows another host key than the one we know.

use std::process::{Command as Program, Stdio};

use hostler::engine::Command;
use hostler::model::{Actor, Event, Reach, Slot, Via, World};

use crate::audit::account;
use crate::life::{Life, is, name};
use crate::site::{Site, until};

/// A person accepts the key that a Mac has now.
fn trust(site: &Site, mac: &str) -> Command {
    let fingerprint = site.mac(mac).sshd.fingerprint().parse().unwrap();
    Command::Trust { host: name(mac), fingerprint, reason: "set up anew".into() }
}

/// Ada runs `hostler host enrol` without a terminal: its exit code, and all it said.
async fn enrol(site: &Site, args: &[&str]) -> (Option<i32>, String) {
    let mut program = Program::new(env!("CARGO_BIN_EXE_hostler"));
    program.args(["host", "enrol"]).args(args).env_clear().stdin(Stdio::null());
    program.env("USER", "ada").env("HOME", site.state());
    program.env("HOSTLER_FLEET", site.fleet()).env("HOSTLER_STATE", site.state());
    let done = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_host_key_stops_all_work_there_until_a_person_trusts_it() {
    let mut site = Site::new(&["a", "b"]);
    site.write(3, "5m");
    let life = Life::begin(&site).await;
    let whole = life.until_whole(3).await;
    let a = name("a");
    let slots = whole.hosts[&a].slots.clone();
    assert!(slots.iter().all(|slot| matches!(slot, Slot::Occupied { .. })), "{slots:?}");
    site.mac_mut("a").sshd.restart_with_new_host_key();
    let world = life
        .until("the key is seen to have changed", |world| is(world, &a, Reach::IdentityMismatch))
        .await;
    let why = &world.hosts[&a].reach_why;
    assert!(why.contains("CHANGED") && why.contains("nothing was sent"), "{why}");
    // Not "Connection closed", which may be logged long after.
    let tries = |site: &Site, mac| site.mac(mac).sshd.log().matches("Connection from ").count();
    let before = tries(&site, "a");
    life.looks(4).await;
    assert_eq!(tries(&site, "a"), before, "it is not even tried any more");
    let world = life.world();
    assert_eq!(world.hosts[&a].slots, slots, "its slots stay occupied");
    // Who answers there is for a person to judge first: nothing takes its place meanwhile.
    assert_eq!(world.vms.len(), 3, "{:?}", world.vms.keys());
    // Trust without another key on our side: it is tried, and refused as before.
    life.ask(trust(&site, "a")).await.unwrap();
    until("it is tried again", || tries(&site, "a") > before).await;
    let refused = |world: &World| {
        let host = &world.hosts[&a];
        host.reach == Reach::IdentityMismatch && host.reach_why == *why
    };
    life.until("it is refused again", refused).await;
    let log = site.mac("a").sshd.log();
    assert!(!log.contains("Accepted") && !log.contains("Starting session"), "{log}");
    // Its new key in the inventory is a person's word.
    site.write(3, "5m");
    life.reload(&site).await;
    life.until("a is up again", |world| is(world, &a, Reach::Up)).await;
    life.until_whole(3).await;
    life.end().await;
    account(&site).await.agrees_with(&site, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_line_in_the_known_hosts_is_taken_up_when_a_person_says_so() {
    let mut site = Site::new(&["a", "b"]);
    site.write(0, "5m");
    let life = Life::begin(&site).await;
    let b = name("b");
    life.until("b is up", |world| is(world, &b, Reach::Up)).await;
    site.mac_mut("b").sshd.restart_with_new_host_key();
    let mismatch = |world: &World| is(world, &b, Reach::IdentityMismatch);
    life.until("the key is seen to have changed", mismatch).await;
    site.write(0, "5m");
    life.reload(&site).await;
    life.looks(3).await;
    assert!(mismatch(&life.world()), "only a person clears it");
    life.end().await;
    // Nor does a new controller.
    let life = Life::begin(&site).await;
    life.looks(3).await;
    assert!(mismatch(&life.world()) && life.handle.status().ready);
    assert_eq!(site.mac("b").sshd.logins(), 0);
    life.ask(trust(&site, "b")).await.unwrap();
    life.until("b is up again", |world| is(world, &b, Reach::Up)).await;
    life.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_enrolled_only_when_a_person_says_so_and_the_journal_says_who() {
    let mut site = Site::new(&["a", "b"]);
    site.write(0, "5m");
    let known_hosts = site.fleet().join("inventory/known_hosts");
    let known = || std::fs::read_to_string(&known_hosts).unwrap();
    let life = Life::begin(&site).await;
    life.serve(&site);
    let b = name("b");
    life.until("b is up", |world| is(world, &b, Reach::Up)).await;
    let (old, before) = (site.mac("b").sshd.fingerprint(), known());
    let (code, said) = enrol(&site, &["b"]).await;
    assert!(code == Some(0) && said.contains("knows this key already"), "{code:?} {said}");

    site.mac_mut("b").sshd.restart_with_new_host_key();
    let mismatch = |world: &World| is(world, &b, Reach::IdentityMismatch);
    let world = life.until("the key is seen to have changed", mismatch).await;
    assert!(world.hosts[&b].reach_why.contains("`hostler host enrol b --replace --reason WHY`"));
    let new = site.mac("b").sshd.fingerprint();
    let (code, said) = enrol(&site, &["b", "--yes"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("CHANGED") && said.contains(&old) && said.contains(&new), "{said}");
    let (code, said) =
        enrol(&site, &["b", "--replace", "--reason", "x", "--fingerprint", &old]).await;
    assert!(code == Some(1) && said.contains("shows no key"), "{code:?} {said}");
    let (code, said) = enrol(&site, &["b", "--replace", "--yes"]).await;
    assert!(code == Some(2) && said.contains("--reason"), "{code:?} {said}");
    let (code, said) = enrol(&site, &["b", "--replace", "--reason", "x"]).await;
    assert!(code == Some(2) && said.contains("say --yes"), "{code:?} {said}");
    assert!(mismatch(&life.world()) && known() == before, "nothing of this has changed anything");
    assert_eq!(site.mac("b").sshd.logins(), 0, "and nothing was sent");

    let (code, said) =
        enrol(&site, &["b", "--replace", "--reason", "set up anew", "--fingerprint", &new]).await;
    assert!(
        code == Some(0) && said.contains("ada has accepted") && said.contains("is tried now"),
        "{code:?} {said}"
    );
    life.until("b is up again", |world| is(world, &b, Reach::Up)).await;
    let line = format!("[{}]:{} ", site.mac("b").sshd.address(), site.mac("b").sshd.port());
    assert_eq!(known().matches(&line).count(), 1, "{}", known());
    assert!(known().contains(&format!("{line}{}", site.mac("b").sshd.host_key())));
    life.end().await;

    let (code, said) = enrol(&site, &["b"]).await;
    assert!(code == Some(0) && said.contains("no controller runs at"), "{code:?} {said}");
    let mut accepted = Vec::new();
    for entry in account(&site).await.entries {
        if let Event::HostTrusted { host, fingerprint, reason } = entry.event {
            assert_eq!(
                (entry.actor, host),
                (Actor { who: "ada".into(), via: Via::Cli }, b.clone())
            );
            accepted.push((fingerprint.to_string(), reason));
        }
    }
    assert_eq!(accepted, [(old, String::new()), (new, "set up anew".into())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_hosts_other_key_loses_nobody_and_is_enrolled_by_name() {
    let mut site = Site::new(&["a", "b"]).with_jump();
    site.write(0, "5m");
    let life = Life::begin(&site).await;
    life.serve(&site);
    let b = name("b");
    life.until("b is up", |world| is(world, &b, Reach::Up)).await;
    let jump = site.jump.as_mut().unwrap();
    jump.restart_with_new_host_key();
    let new = jump.fingerprint();
    let world = life.until("its jump host is barred", |world| !world.jumps.is_empty()).await;
    let (shown, bar) = world.jumps.first_key_value().unwrap();
    assert!(shown.ends_with(&format!("@{}:{}", jump.address(), jump.port())), "{shown}");
    assert!(bar.why.contains("CHANGED"), "{bar:?}");
    let (code, said) = enrol(&site, &["b", "--jump", "--yes"]).await;
    assert!(code == Some(1) && said.contains("CHANGED"), "{code:?} {said}");
    let args = ["b", "--jump", "--replace", "--reason", "set up anew", "--fingerprint", &new];
    let (code, said) = enrol(&site, &args).await;
    assert!(code == Some(0) && said.contains("the jump host of b"), "{code:?} {said}");
    life.until("b is up again", |world| is(world, &b, Reach::Up) && world.jumps.is_empty()).await;
    life.end().await;
    let reached = account(&site).await.entries.into_iter().filter_map(|entry| {
        if let Event::ReachChanged { host, to, .. } = entry.event { Some((host, to)) } else { None }
    });
    let reached: Vec<_> = reached.collect();
    let lost = |(_, to): &(_, Reach)| matches!(to, Reach::Lost | Reach::IdentityMismatch);
    assert!(!reached.iter().any(lost), "{reached:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_host_of_three_that_claims_a_newer_controller_is_left_alone_and_the_others_work_on() {
    let site = Site::new(&["a", "b", "c"]);
    site.write(3, "5m");
    let told = site.mac("a").home().join(".hostler/epoch");
    std::fs::create_dir_all(&told).unwrap();
    std::fs::write(told.join("9"), "").unwrap();
    let life = Life::begin(&site).await;
    let a = name("a");
    let world = life.until_whole(3).await;
    assert!(world.hosts[&a].claim.is_some() && world.hosts[&a].vms.is_empty());
    assert!(!site.mac("a").home().join(".hostler/done").exists(), "no operation was begun");
    // A person has looked at it, and says so.
    std::fs::remove_file(told.join("9")).unwrap();
    life.ask(trust(&site, "a")).await.unwrap();
    site.write(5, "5m");
    life.reload(&site).await;
    let world = life.until_whole(5).await;
    assert!(world.hosts[&a].claim.is_none() && !world.hosts[&a].vms.is_empty());
    life.end().await;
    account(&site).await.agrees_with(&site, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_obeys_a_newer_controller_ends_this_one_before_it_sends_anything() {
    let site = Site::new(&["a"]);
    site.write(1, "5m");
    let mac = site.mac("a");
    let told = mac.home().join(".hostler/epoch");
    std::fs::create_dir_all(&told).unwrap();
    std::fs::write(told.join("9"), "").unwrap();
    let ended = Life::begin(&site).await.finish().await;
    let said = ended.unwrap_err().to_string();
    assert!(
        said.contains("host a knows a newer controller (it obeys epoch 9, and ours is 1)"),
        "{said}"
    );
    assert!(mac.disks().iter().all(|vm| !vm.starts_with("hostler-")));
    let log = mac.home().join(".hostler/done");
    assert!(!log.exists(), "no operation was begun");
}
