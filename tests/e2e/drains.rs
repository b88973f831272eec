//! Many Macs emptied together, one of them silent and one that is never idle.

use std::collections::BTreeSet;

use hostler::engine::Command;
use hostler::model::{
    DrainAsk, Entry, Event, Held, HostName, JobId, OnDeadline, OpKind, Outcome, Reach, Share, Span,
    Surge, TaskEnd, TaskState, Want, World,
};

use crate::audit::{Account, account};
use crate::life::{Life, is, name};
use crate::mac;
use crate::site::Site;

const HOSTS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
/// Whose VM works on and on, and who falls silent.
const BUSY: &str = "b";
const SILENT: &str = "h";

/// How a host's task of the one job stands.
fn task<'w>(world: &'w World, job: JobId, host: &str) -> &'w TaskState {
    &world.jobs[&job].hosts[host].state
}

fn all_idle(world: &World) -> bool {
    let idle = |vm: &std::sync::Arc<hostler::model::Vm>| vm.is_ready() && vm.busy == Some(false);
    world.vms.len() == HOSTS.len() && world.vms.values().all(idle)
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_macs_are_emptied_two_at_a_time_beside_a_silent_one_and_one_never_idle() {
    let site = Site::new(&HOSTS);
    let busy = "busy: {sh: 'test -e \"$HOME/busy\"', within: 20s}";
    let retire = "retire: {sh: 'touch \"$HOME/told\"'}";
    site.write_pool(&format!("size: {{per_host: 1}}, {busy}, {retire}"), "5m");
    // A Mac is unreachable after half a minute of the controller's.
    let life = Life::begin_fast(&site, 4.0).await;
    let whole = life.until("every VM is ready and idle", all_idle).await;
    let worker = whole.vms.values().find(|vm| vm.host == name(BUSY)).unwrap().clone();
    let inside = mac::inside(&site.mac(BUSY).home(), &worker.host_name());
    std::fs::write(inside.join("busy"), "").unwrap();
    life.until("its work is seen", |world| world.vms[&worker.id].busy == Some(true)).await;
    site.mac(SILENT).sshd.pause();
    let silent = name(SILENT);
    life.until("it is silent", |world| is(world, &silent, Reach::Unreachable)).await;

    let ask = DrainAsk {
        deadline: Some(Span::from_mins(1)),
        on_deadline: OnDeadline::Abort,
        surge: Surge::Never,
        max_parallel: Some(Share::Count(2)),
        ..DrainAsk::new(HOSTS.iter().map(|host| name(host)).collect(), "power works")
    };
    let done = life.ask(Command::Drain { ask: Box::new(ask) }).await.unwrap();
    let job = done.job.unwrap();
    life.until("the job is shown", |world| world.jobs.contains_key(&job)).await;
    let world = life
        .until("all but two are empty, and one has given up", |world| {
            let over = |host: &str| task(world, job, host).is_over();
            HOSTS.iter().filter(|host| **host != SILENT).all(|host| over(host))
        })
        .await;
    assert!(!task(&world, job, SILENT).is_over(), "nobody knows what became of its VM");
    let held = life.handle.plan().await.unwrap().held;
    let of_job = |held: &&Held| held.want == Want::Job { job };
    let blocked = held.iter().find(of_job);
    assert!(blocked.is_some_and(|held| held.why.contains("h: blocked: it is")), "{held:?}");
    let TaskState::Failed { why, .. } = task(&world, job, BUSY) else { panic!("{world:?}") };
    assert!(why.contains("the deadline has passed"), "{why}");
    assert!(site.mac(BUSY).running().contains(&worker.host_name()), "its work was not touched");
    assert_eq!(world.hosts[&name(BUSY)].word(), "draining", "it stays cordoned");

    site.mac(SILENT).sshd.signal("CONT");
    life.until("the silent one is heard again and emptied", |world| world.jobs[&job].is_over())
        .await;
    life.end().await;
    let account = account(&site).await;
    account.agrees_with(&site, &[]);
    assert_eq!(account.world.vms.keys().collect::<Vec<_>>(), [&worker.id]);
    all_are_held_before_one_begins(&account.entries);
    two_at_once(&account.entries);
    every_agent_is_told_first(&account);
    let ends = account.entries.iter().filter_map(|entry| {
        let Event::HostTaskEnded { host, end, .. } = &entry.event else { return None };
        Some((host.as_str(), *end == TaskEnd::Done))
    });
    let well: BTreeSet<&str> = ends.filter(|(_, done)| *done).map(|(host, _)| host).collect();
    assert_eq!(well, HOSTS.into_iter().filter(|host| *host != BUSY).collect());
}

/// From the commit that opens the job on, no placement can choose any of its hosts.
fn all_are_held_before_one_begins(entries: &[Entry]) {
    let mut held = BTreeSet::new();
    for entry in entries {
        if let Event::HoldPlaced { hold } = &entry.event {
            held.insert(hold.host.clone());
        } else if let Event::HostTaskBegun { .. } = &entry.event {
            assert_eq!(held.len(), HOSTS.len());
        }
    }
}

/// Of the Macs that answer, never more than two have their turn.
fn two_at_once(entries: &[Entry]) {
    let mut under_way: BTreeSet<HostName> = BTreeSet::new();
    let mut most = 0;
    for entry in entries {
        if let Event::HostTaskBegun { host, .. } = &entry.event {
            under_way.insert(host.clone());
        } else if let Event::HostTaskEnded { host, .. } = &entry.event {
            under_way.remove(host);
        }
        most = most.max(under_way.iter().filter(|host| host.as_str() != SILENT).count());
    }
    assert_eq!(most, 2);
}

/// The word to the agent has arrived before the VM's stop is sent.
fn every_agent_is_told_first(account: &Account) {
    let deeds = account.deeds();
    for stop in deeds.iter().filter(|deed| deed.kind == OpKind::Stop) {
        let told = deeds.iter().position(|deed| {
            deed.vm == stop.vm
                && deed.kind == OpKind::Deregister
                && deed.ends.contains(&Outcome::Done)
        });
        let at = deeds.iter().position(|deed| deed.op == stop.op);
        assert!(told.is_some() && told < at, "{stop:?}");
    }
}
