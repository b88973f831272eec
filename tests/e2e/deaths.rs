//! A controller that is killed in the middle of each step of a respawn, again and again, and one
//! that can write no more: nothing is lost, nothing is doubled.

use std::collections::BTreeSet;

use hostler::api::{ClientError, Done};
use hostler::model::{OpKind, PlayAsk, Share, World};

use crate::audit::account;
use crate::life::is_whole;
use crate::mac;
use crate::process::Process;
use crate::site::{Mac, Site, until};

/// Asks for a respawn, one VM after the other.
async fn respawn(life: &Process) -> Result<Done, ClientError> {
    life.client.respawn(&"ci".parse().unwrap(), Some(Share::Count(1))).await
}

fn all_over(world: &World) -> bool {
    world.jobs.values().all(|job| job.is_over())
}

/// Whether the tool on that Mac is in the midst of this.
fn is_at(mac: &Mac, step: OpKind) -> bool {
    let home = mac.home();
    let command = |word| {
        let mut commands = mac::living(&home, "command").into_iter();
        commands.any(|(_, _, text)| text.split(' ').nth(1) == Some(word))
    };
    let shuts_down = || {
        let commands = mac::living(&home, "command");
        commands.iter().any(|(_, _, text)| text.contains(" shutdown "))
    };
    match step {
        OpKind::Clone => command("clone"),
        OpKind::Deregister => command("exec") && !shuts_down(),
        // The guest is asked first, and mostly that is all.
        OpKind::Stop => command("stop") || shuts_down(),
        OpKind::Delete => command("delete"),
        OpKind::Start => {
            let running = mac.running();
            let runs = mac::living(&home, "run").into_iter();
            // Its guest has not begun.
            runs.filter_map(|(_, _, text)| text.split(' ').next_back().map(str::to_owned))
                .any(|vm| !running.contains(&vm) && mac.disks().contains(&vm))
        }
    }
}

/// Waits until some Mac is in the midst of this step of a respawn; asks for one whenever none
/// goes on.
async fn catch(life: &Process, site: &Site, step: OpKind) {
    let caught = || site.macs.iter().any(|mac| is_at(mac, step));
    while !caught() {
        if all_over(&life.world()) {
            respawn(life).await.unwrap();
            life.until("a respawn goes on", |world| !all_over(world)).await;
        }
        until(&format!("a {step} on some Mac"), || caught() || all_over(&life.world())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_each_step_of_a_respawn_loses_nothing_and_doubles_nothing() {
    use OpKind::{Clone, Delete, Start, Stop};
    let site = Site::new(&["a", "b"]);
    site.write(3, "5m");
    for slow in ["clone_seconds", "slow_start", "stop_seconds", "delete_seconds"] {
        site.fault(slow, "0.6");
    }
    let mut life = Process::begin(&site);
    life.until("the pool is whole", |world| is_whole(world, 3)).await;
    let steps = [Clone, Start, Stop, Delete, Start, Delete, Clone, Stop];
    let mut epoch = 1;
    for (nth, step) in steps.into_iter().enumerate() {
        catch(&life, &site, step).await;
        life.kill().await;
        epoch += 1;
        life = Process::begin(&site);
        life.until("it has taken over", |world| world.epoch == epoch).await;
        if nth % 2 == 1 {
            // And once more, before it has seen much.
            life.kill().await;
            epoch += 1;
            life = Process::begin(&site);
            life.until("it has taken over", |world| world.epoch == epoch).await;
        }
    }
    life.until("all is quiet", |world| all_over(world) && is_whole(world, 3)).await;
    life.quit().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    account.nothing_is_doubled();
    let deeds = account.deeds().into_iter().filter(|deed| deed.cut_off);
    let kinds: BTreeSet<OpKind> = deeds.map(|deed| deed.kind).collect();
    assert_eq!(kinds, BTreeSet::from([Clone, Start, Stop, Delete]), "each was cut off");
    // Each VM that was to be replaced was, by one VM, and no other was ever made.
    assert_eq!(account.placed().len(), 3 + account.replaced());
    assert_eq!(account.world.epoch, epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_can_write_no_more_says_where_and_goes_on_when_it_can() {
    let site = Site::new(&["a"]);
    site.write(2, "5m");
    let life = Process::begin(&site);
    life.until("the pool is whole", |world| is_whole(world, 2)).await;
    life.quit().await;
    let mut life = Process::begin_cramped(&site, 300);
    life.until("the pool is seen", |world| is_whole(world, 2)).await;
    // It may be told that the respawn is written down, or find nobody there any more.
    match respawn(&life).await {
        Ok(done) => assert!(done.job.is_some(), "{done:?}"),
        Err(error) => assert!(error.is_unreachable(), "{error}"),
    }
    let end = life.end().await;
    assert_eq!(end.status.code(), Some(1), "{end:?}");
    let database = site.state().join("hostler.db").display().to_string();
    let why = "the journal cannot be written, so the controller stops";
    assert!(end.said.contains(why) && end.said.contains(&database), "{end:?}");
    let life = Process::begin(&site);
    life.until("all is quiet", |world| {
        world.jobs.len() == 1 && all_over(world) && is_whole(world, 2)
    })
    .await;
    life.quit().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    account.nothing_is_doubled();
    assert_eq!((account.placed().len(), account.replaced()), (4, 2));
}

/// Each step leaves a trace on the Mac, so that one that ran twice is seen.
const WIPE: &str = "each: host
steps:
  - drain: {deadline: 10m, surge: never}
  - sh:
      name: clean
      run: 'echo began >> \"$HOME/trace\"; sleep 2; echo ended >> \"$HOME/trace\"'
  - reboot: {}
  - verify: {}
always:
  - undrain: {}
";

fn trace(mac: &Mac) -> Vec<String> {
    let text = std::fs::read_to_string(mac.home().join("trace")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A moment of a wipe at which its controller is killed, as a Mac sees it.
type Moment = (&'static str, fn(&Mac) -> bool);

const MOMENTS: [Moment; 5] = [
    // Its agent is told, or its guest shuts down.
    ("a guest is spoken to", |mac| is_at(mac, OpKind::Deregister)),
    ("a VM is being deleted", |mac| is_at(mac, OpKind::Delete)),
    ("the script is under way", |mac| trace(mac) == ["began"]),
    ("the script has ended", |mac| trace(mac).len() == 2),
    ("it restarts", |mac| mac::restarts(&mac.home()) == 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_each_step_of_a_wipe_wipes_every_mac_once() {
    let site = Site::new(&["a", "b"]);
    site.write_pool("size: {per_host: 1}, retire: {sh: 'touch \"$HOME/told\"'}", "5m");
    site.write_playbook("wipe", WIPE);
    for slow in ["exec_seconds", "delete_seconds"] {
        site.fault(slow, "0.6");
    }
    let mut life = Process::begin(&site);
    life.until("the pool is whole", |world| is_whole(world, 2)).await;
    let ask = PlayAsk {
        playbook: "wipe".parse().unwrap(),
        hosts: site.macs.iter().map(Mac::host).collect(),
        reason: "test".into(),
        max_unavailable: Some(Share::Percent(100)),
        key: None,
    };
    life.client.play(&ask).await.unwrap();
    for (what, moment) in MOMENTS {
        until(what, || site.macs.iter().any(moment)).await;
        life.kill().await;
        life = Process::begin(&site);
    }
    let done = |world: &World| !world.jobs.is_empty() && all_over(world) && is_whole(world, 2);
    let world = life.until("every Mac is wiped and whole again", done).await;
    let job = world.jobs.values().next().unwrap();
    assert_eq!((job.word(), job.progress()), ("done", (2, 2)), "{job:?}");
    assert!(world.hosts.values().all(|host| host.holds.is_empty()));
    for mac in &site.macs {
        assert_eq!(trace(mac), ["began", "ended"], "on {}", mac.name);
        assert_eq!(mac::restarts(&mac.home()), 1, "of {}", mac.name);
    }
    life.quit().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    account.nothing_is_doubled();
}
