//! Three Macs, one of them behind an entry point: a pool comes up, is respawned, keeps off a
//! cordoned Mac.

use std::collections::BTreeSet;

use hostler::engine::{Command, Release};
use hostler::model::{JobState, Reason, Share, VmId, Want};

use crate::audit::account;
use crate::life::{Life, name};
use crate::mac;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_comes_up_is_respawned_whole_and_keeps_off_a_cordoned_mac() {
    let site = Site::new(&["a", "b", "c"]).with_jump();
    site.write(5, "5m");
    let life = Life::begin(&site).await;
    let before: BTreeSet<VmId> = life.until_whole(5).await.vms.keys().copied().collect();
    assert!(life.handle.status().ready);
    assert!(site.jump.as_ref().unwrap().log().contains("Accepted publickey"));
    for mac in &site.macs {
        assert!((1..=2).contains(&mac::most_ever(&mac.home())), "{}", mac.name);
    }
    // A Mac with a place that is free: nothing else would keep new VMs away from it.
    let cordoned = life.world();
    let (cordoned, host) = cordoned.hosts.iter().find(|(_, host)| host.vms.len() == 1).unwrap();
    let spared = *host.vms.first().unwrap();
    let (hosts, pool) = (vec![cordoned.clone()], name("ci").as_str().parse().unwrap());
    let reason = "a new fan".to_string();
    life.ask(Command::Cordon { hosts: hosts.clone(), reason, until: None }).await.unwrap();
    let respawn = Command::Respawn { pool, max_unavailable: Some(Share::Count(2)) };
    let job = life.ask(respawn.clone()).await.unwrap().job.unwrap();
    let two = life.ask(respawn).await.unwrap_err().to_string();
    assert!(two.contains("is still running"), "{two}");
    // The others have no place for the fifth.
    let world = life
        .until("four are new, and the fifth has no place", |world| {
            world.vms.len() == 4 && world.vms.values().all(|vm| vm.is_ready())
        })
        .await;
    assert!(world.vms.keys().all(|vm| !before.contains(vm)));
    assert!(!world.vms.contains_key(&spared) && world.hosts[cordoned].vms.is_empty());
    assert_eq!(world.jobs[&job].state, JobState::Running);
    let plan = life.handle.plan().await.unwrap();
    let held = plan.held.iter().find(|held| matches!(held.want, Want::Pool { .. })).unwrap();
    assert_eq!(held.refused[&Reason::Held], 1, "{}", held.why);
    life.ask(Command::Uncordon { hosts, which: Release::Mine }).await.unwrap();
    let world = life.until("the job is over", |world| world.jobs[&job].is_over()).await;
    assert_eq!(world.hosts[cordoned].vms.len(), 1);
    life.until_whole(5).await;
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    assert_eq!(account.replaced(), 5);
    assert_eq!(account.placed().len(), 10);
}
