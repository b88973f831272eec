//! Never a third VM, whoever started the others; and the tool's own words when it refuses.

use hostler::model::{HostName, OpKind, Refusal, Slot, World};
use hostler::plan;

use crate::audit::account;
use crate::life::{Life, name};
use crate::site::Site;

/// A part of what the tool says of a full disk.
const NO_SPACE: &str = "there isn’t enough space";

fn words(world: &World, host: &HostName) -> Vec<&'static str> {
    let host = world.hosts.get(host);
    host.map(|host| host.slots.iter().map(|slot| slot.word()).collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_vms_of_others_leave_no_place_until_they_are_gone() {
    let site = Site::new(&["a"]);
    site.write(0, "5m");
    let mac = site.mac("a");
    mac.start_by_hand("mine-1").await;
    mac.start_by_hand("mine-2").await;
    let life = Life::begin(&site).await;
    let a = mac.host();
    life.until("both are seen", |world| words(world, &a) == ["foreign", "foreign"]).await;
    site.write(1, "5m");
    life.reload(&site).await;
    life.looks(3).await;
    let plan = life.handle.plan().await.unwrap();
    let why = plan.held.iter().map(|held| held.why.as_str()).collect::<Vec<_>>();
    assert_eq!(why, ["no host of 1 can take it: 1 full"]);
    let told = life.handle.why_host(&a).unwrap().join("\n");
    assert!(told.contains("foreign: mine-2 (not ours: counted, never touched)"), "{told}");
    assert!(life.world().vms.is_empty());
    mac.stop_by_hand("mine-1");
    life.until_whole(1).await;
    life.end().await;
    let account = account(&site).await;
    assert!(mac.running().contains("mine-2") && mac.disks().contains("mine-1"), "never touched");
    account.agrees_with(&site, &["mine-1", "mine-2"]);
    assert_eq!(account.refusals(OpKind::Start), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_quicker_than_us_makes_the_guard_refuse_and_the_vm_goes_elsewhere() {
    let site = Site::new(&["a", "b"]);
    site.write(0, "5m");
    let mac = site.mac("a");
    let (a, b) = (mac.host(), name("b"));
    mac.start_by_hand("mine-1").await;
    let life = Life::begin_fast(&site, 3.0).await;
    life.until("one is seen", |world| words(world, &a) == ["foreign", "free"]).await;
    // Theirs is made already, and ours is not before theirs runs.
    mac.clone_by_hand("mine-2");
    mac.fault("clone_waits", "");
    site.write(3, "5m");
    life.reload(&site).await;
    life.until("the other slot is promised", |w| words(w, &a) == ["foreign", "reserved"]).await;
    mac.run_by_hand("mine-2").await;
    mac.mend("clone_waits");
    let held = life.until("both are theirs", |world| words(world, &a) == ["foreign", "foreign"]);
    let world = held.await;
    assert!(world.hosts[&a].failures.is_empty() && world.pools.values().all(|p| p.failures == 0));
    life.until("b serves two", |world| {
        world.vms.len() == 2 && world.vms.values().all(|vm| vm.host == b && vm.is_ready())
    })
    .await;
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &["mine-1", "mine-2"]);
    let refused = account.refusals(OpKind::Start);
    assert!(!refused.is_empty());
    for (class, said) in refused {
        assert_eq!(class, Refusal::Full);
        assert!(
            said.starts_with("two macOS VMs run here already: 2 of this user's tart"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_slot_costs_nobody_a_try_and_comes_back_with_a_reboot() {
    let site = Site::new(&["a", "b"]);
    site.write(3, "5m");
    let (mac, a) = (site.mac("a"), name("a"));
    mac.fault("leak", "1");
    let life = Life::begin_fast(&site, 3.0).await;
    let leaked = |world: &World| words(world, &a).contains(&"leaked");
    let world = life.until("the slot is seen to be lost", leaked).await;
    let (host, pool) = (&world.hosts[&a], world.pools.values().next().unwrap());
    assert_eq!((host.failures.len(), pool.failures), (0, 0), "it is the slot's fault");
    let world = life.until_whole(3).await;
    let on_b = world.vms.values().filter(|vm| vm.host == name("b")).count();
    assert_eq!((on_b, leaked(&world)), (2, true));
    let told = life.handle.why_host(&a).unwrap().join("\n");
    assert!(told.contains("no schedule reboots it: `hostler host reboot a "), "{told}");
    crate::mac::reboot(&mac.home());
    let world = life.until("it is whole again", |world| !leaked(world)).await;
    assert!(world.hosts[&a].slots.iter().all(|slot| !matches!(slot, Slot::Leaked { .. })));
    life.until_whole(3).await;
    // The third VM is in one of its slots; nobody wants one in the other.
    let told = life.handle.why_host(&a).unwrap().join("\n");
    assert!(told.contains("slots: unproven since its reboot"), "{told}");
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    let refused = account.refusals(OpKind::Start);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].0, Refusal::Limit);
    assert!(refused[0].1.contains("The number of VMs exceeds the system limit"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_own_words_reach_whoever_asks_why() {
    let site = Site::new(&["a", "b"]);
    site.write(2, "5m");
    site.mac("a").fault("disk_full", "");
    site.mac("b").fault("keychain", "");
    let life = Life::begin_fast(&site, 3.0).await;
    // A locked keychain is seen before anything is tried.
    let b = name("b");
    life.until("b is locked", |world| crate::life::is(world, &b, hostler::model::Reach::Locked))
        .await;
    let told = life.handle.why_host(&b).unwrap().join("\n");
    assert!(told.contains("keychain") && told.contains("would refuse: locked"), "{told}");
    // A full disk is not: the tool says so.
    let refused =
        |world: &World| world.vms.values().find(|vm| vm.refused.is_some()).map(|vm| vm.id);
    let world = life.until("a clone is refused", |world| refused(world).is_some()).await;
    let now = life.handle.now();
    let told = plan::why_vm(&world, refused(&world).unwrap(), now).unwrap().join("\n");
    assert!(told.contains("its last clone was refused") && told.contains(NO_SPACE), "{told}");
    let at_a = |world: &World| world.hosts[&name("a")].failures.len();
    life.until("the host is charged with it", |world| at_a(world) > 0).await;
    let told = life.handle.why_host(&name("a")).unwrap().join("\n");
    assert!(told.contains("it backs off") && told.contains(NO_SPACE), "{told}");
    site.mac("a").mend("disk_full");
    site.mac("b").mend("keychain");
    life.until_whole(2).await;
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    let classes: Vec<_> =
        account.refusals(OpKind::Clone).into_iter().map(|(class, _)| class).collect();
    assert!(classes.iter().all(|class| *class == Refusal::DiskFull), "{classes:?}");
    assert_eq!(account.refusals(OpKind::Start), [], "a locked host is not asked to start any");
    account.nothing_is_doubled();
}
