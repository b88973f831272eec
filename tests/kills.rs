//! A controller killed at every boundary of a drain and of a playbook: before and after each group
//! of entries, before and after each command, before its reply. Plan, fold and observation are
//! the real ones, over toy Macs that keep what they did; whatever the moment, the job ends as it
//! does without the kill, and nothing is done twice.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "kills/mac.rs"]
#[expect(dead_code, reason = "its faults are the matrix's")]
mod mac;
#[path = "kills/story.rs"]
mod story;

use std::collections::BTreeMap;

use hostler::model::*;
use story::{Story, at_rest};

/// Every kind of step, in an order in which each has something to do.
const PLAYBOOK: &str = "
each: host
steps:
  - prefetch: {image: other}
  - respawn: {}
  - cordon: {reason: first}
  - wait_idle: {}
  - deregister: {}
  - drain: {deadline: 10m}
  - delete_vms: {}
  - sh: {name: clean, run: clean}
    register: cleaned
  - copy: {from: motd, to: /etc/motd}
  - prune_images: {}
  - assert: {that: cleaned.ok}
  - reboot: {}
  - verify: {}
  - wait: {time: 30s}
  - notify: {message: taken back}
always:
  - undrain: {}
";

/// What the job came to, without the ids and the times that differ from life to life.
#[derive(PartialEq, Debug)]
struct End {
    state: &'static str,
    steps: BTreeMap<HostName, Vec<(StepAt, StepEnd)>>,
    holds: Vec<(HostName, HoldKind)>,
    vms: BTreeMap<HostName, usize>,
    /// How often each thing was really done on each Mac.
    deeds: BTreeMap<HostName, Vec<String>>,
}

fn end(story: &Story) -> End {
    let job = story.world.jobs.values().next_back().unwrap();
    let log = |task: &HostTask| task.log.iter().map(|done| (done.at, done.end.clone())).collect();
    let hosts = || story.world.hosts.iter();
    let hold = |(name, host): (&HostName, &std::sync::Arc<Host>)| {
        host.holds.values().map(|hold| (name.clone(), hold.kind)).collect::<Vec<_>>()
    };
    End {
        state: job.word(),
        steps: job.hosts.iter().map(|(host, task)| (host.clone(), log(task))).collect(),
        holds: hosts().flat_map(hold).collect(),
        vms: hosts().map(|(name, host)| (name.clone(), host.vms.len())).collect(),
        deeds: story.macs.iter().map(|(name, mac)| (name.clone(), mac.deeds.clone())).collect(),
    }
}

/// Lives through it with a kill at the `at`th boundary; none when there are not so many.
fn live(ask: fn(&World, Timestamp) -> Opening, at: Option<usize>, late: bool) -> (Story, End) {
    let mut story = Story::whole(PLAYBOOK);
    (story.kill_at, story.late) = (at, late);
    story.open(ask);
    for _ in 0..2_000 {
        story.step();
        if at_rest(&story.world) {
            break;
        }
    }
    let end = end(&story);
    (story, end)
}

fn every_boundary(ask: fn(&World, Timestamp) -> Opening, least: usize) {
    let (quiet, wanted) = live(ask, None, false);
    assert!(at_rest(&quiet.world), "without a kill it does not end: {wanted:#?}");
    assert_eq!(wanted.state, "done", "{wanted:#?}");
    assert!(quiet.boundaries >= least, "only {} boundaries", quiet.boundaries);
    for (at, late) in (0..quiet.boundaries).flat_map(|at| [(at, false), (at, true)]) {
        let (story, got) = live(ask, Some(at), late);
        let told = || {
            let tail = story.told.iter().rev().take(60).rev();
            let how = if late { ", and what was sent arrived later" } else { "" };
            format!(
                "killed at boundary {at}{how}:\n{}",
                tail.cloned().collect::<Vec<_>>().join("\n")
            )
        };
        assert!(story.killed, "{}", told());
        assert_eq!(got, wanted, "{}", told());
        for (name, mac) in &story.macs {
            assert!(mac.most <= 2, "{name} ran {} VMs: {}", mac.most, told());
            let host = &story.world.hosts[name];
            let ours = story.world.vms_on(host).map(|vm| vm.host_name());
            assert!(ours.eq(mac.disks.iter().cloned()), "the disks of {name}: {}", told());
        }
    }
}

fn hosts() -> Vec<HostName> {
    vec!["a".parse().unwrap(), "b".parse().unwrap()]
}

#[test]
fn a_playbook_ends_the_same_wherever_its_controller_is_killed() {
    every_boundary(
        |world, now| {
            let ask = PlayAsk {
                playbook: "all".parse().unwrap(),
                hosts: hosts(),
                reason: "test".into(),
                max_unavailable: Some(Share::Count(1)),
                key: None,
            };
            hostler::plan::play(world, &ask, now).unwrap()
        },
        150,
    );
}

#[test]
fn a_drain_with_a_reboot_ends_the_same_wherever_its_controller_is_killed() {
    every_boundary(
        |world, now| {
            let ask = DrainAsk { then: Then::Reboot, ..DrainAsk::new(hosts(), "test") };
            match hostler::plan::drain(world, &ask, now).unwrap() {
                hostler::plan::DrainAnswer::Open(opening) => *opening,
                hostler::plan::DrainAnswer::Known { .. } => panic!("no drain goes on yet"),
            }
        },
        80,
    );
}
