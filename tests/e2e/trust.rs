//! A Mac that shows another host key than the one we know.

use hostler::engine::Command;
use hostler::model::{Reach, Slot, World};

use crate::audit::account;
use crate::life::{Life, is, name};
use crate::site::{Site, until};

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
    // What can be placed elsewhere is: one slot of the other is free.
    let elsewhere = |slots: &[Slot; 2]| slots.iter().all(|slot| slot.vm().is_some());
    life.until("its part is taken elsewhere", |w| elsewhere(&w.hosts[&name("b")].slots)).await;
    // Not "Connection closed", which may be logged long after.
    let tries = |site: &Site, mac| site.mac(mac).sshd.log().matches("Connection from ").count();
    let before = tries(&site, "a");
    life.looks(4).await;
    assert_eq!(tries(&site, "a"), before, "it is not even tried any more");
    assert_eq!(life.world().hosts[&a].slots, slots, "its slots stay occupied");
    // Trust without another key on our side: it is tried, and refused as before.
    life.ask(Command::Trust { host: a.clone() }).await.unwrap();
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
    life.ask(Command::Trust { host: b.clone() }).await.unwrap();
    life.until("b is up again", |world| is(world, &b, Reach::Up)).await;
    life.end().await;
}
