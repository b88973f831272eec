//! Macs that fall silent in the middle of a command, and Macs that reboot unasked.

use hostler::engine::{Command, Release};
use hostler::model::{Outcome, Phase, Reach, Slot};

use crate::audit::account;
use crate::life::{Life, is, name};
use crate::mac;
use crate::site::{Site, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_silent_in_the_middle_of_a_start_keeps_its_slots_and_tells_what_became_of_it() {
    let site = Site::new(&["a", "b"]);
    // Two minutes of the controller's are half a minute of ours; a start then has 10 s at least.
    site.write(1, "30s");
    let life = Life::begin_fast(&site, 4.0).await;
    let first = life.until_whole(1).await;
    let a = site.mac("a");
    assert_eq!(first.hosts[&a.host()].vms.len(), 1);
    // The second goes where a is: b takes no work yet.
    let (hosts, reason) = (vec![name("b")], "later".to_string());
    let cordon = Command::Cordon { hosts: hosts.clone(), reason, until: None };
    life.ask(cordon).await.unwrap();
    a.fault("slow_start", "3");
    site.write(2, "30s");
    life.reload(&site).await;
    until("its start is under way", || mac::living(&a.home(), "run").len() == 2).await;
    a.sshd.pause();
    mac::living(&a.home(), "run")
        .iter()
        .for_each(|(pid, ..)| mac::signal("STOP", &pid.to_string()));
    assert_eq!(a.running().len(), 1);
    let unknown = |slot: &Slot| matches!(slot, Slot::Unknown { .. });
    let world = life
        .until("the start's end is unknown", |world| {
            world.hosts[&a.host()].slots.iter().any(unknown)
        })
        .await;
    let started = world.vms.values().find(|vm| vm.op.is_some()).unwrap();
    let lost = (started.id, started.op.as_ref().unwrap().id);
    // More is wanted: with both of its slots kept there is no room for it there.
    site.write(3, "30s");
    life.reload(&site).await;
    let which = Release::Mine;
    life.ask(Command::Uncordon { hosts, which }).await.unwrap();
    let world = life.until("a is lost", |world| is(world, &a.host(), Reach::Lost)).await;
    assert!(world.hosts[&a.host()].slots.iter().all(|slot| slot.vm().is_some()));
    assert_eq!(world.vms[&lost.0].op.as_ref().unwrap().id, lost.1);
    let b = name("b");
    life.until("b has taken what it can", |world| {
        world.vms.values().filter(|vm| vm.host == b && vm.is_ready()).count() == 2
    })
    .await;
    mac::living(&a.home(), "run")
        .iter()
        .for_each(|(pid, ..)| mac::signal("CONT", &pid.to_string()));
    a.sshd.signal("CONT");
    life.until("a is up again", |world| is(world, &a.host(), Reach::Up)).await;
    life.until_whole(3).await;
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    let ends = account.deeds().into_iter().find(|deed| deed.op == lost.1).unwrap().ends;
    assert!(matches!(ends[..], [Outcome::Unknown { .. }, Outcome::Done]), "{ends:?}");
    assert_eq!(mac::most_ever(&site.mac("a").home()), 2);
    assert_eq!(account.placed().len(), 4, "two on a, two on b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_that_reboots_unasked_gets_new_vms_and_has_its_slots_right() {
    let site = Site::new(&["a", "b"]);
    site.write(3, "5m");
    let life = Life::begin(&site).await;
    let whole = life.until_whole(3).await;
    let a = site.mac("a");
    let died = whole.hosts[&a.host()].vms.clone();
    assert_eq!(died.len(), 2);
    mac::reboot(&a.home());
    assert!(a.running().is_empty());
    life.until("its VMs are known to be dead", |world| {
        died.iter().all(|id| world.vms.get(id).is_none_or(|vm| vm.phase >= Phase::Stopped))
    })
    .await;
    let world = life.until_whole(3).await;
    assert!(died.iter().all(|id| !world.vms.contains_key(id)));
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    let why = "its host was rebooted";
    assert!(account.deaths().into_iter().eq(died.iter().map(|vm| (*vm, why))));
    assert_eq!(account.placed().len(), 5);
}
