//! The matrix: every fault at every moment of every kind of command, in a life that goes through
//! them all. Plan, fold and observation are the real ones, over toy Macs. Whatever goes wrong: no
//! Mac ever runs a third VM, none that is held or out of reach is given one, none is stopped
//! before its agent was told; and once the Mac is well again, everything comes to rest by itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "kills/mac.rs"]
mod mac;
#[path = "kills/story.rs"]
mod story;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hostler::model::*;
use mac::{Loses, Mac};
use story::{Story, Strike, When, at_rest};

/// Each of its commands is in it.
const PLAYBOOK: &str = "
each: host
steps:
  - prefetch: {image: other}
  - respawn: {}
  - drain: {deadline: 10m}
  - delete_vms: {}
  - sh: {name: clean, run: clean}
  - copy: {from: motd, to: /etc/motd}
  - prune_images: {}
  - reboot: {}
  - verify: {}
always:
  - undrain: {}
";

const DEEDS: [&str; 10] = [
    "clone",
    "start",
    "deregister",
    "stop",
    "delete",
    "prefetch",
    "sh",
    "copy",
    "prune_images",
    "reboot",
];
const MOMENTS: [When; 4] = [When::Before, When::Sent, When::Done, When::After];

/// Its name, how it begins and ends, how long it lasts in seconds, how far the clock jumps.
type Fault = (&'static str, fn(&mut Mac, Timestamp), fn(&mut Mac), u64, u64);

const FAULTS: [Fault; 22] = [
    ("silence of 20 s", |mac, _| mac.ills.silent = true, |mac| mac.ills.silent = false, 20, 0),
    ("silence of 10 min", |mac, _| mac.ills.silent = true, |mac| mac.ills.silent = false, 600, 0),
    ("command lost", |mac, _| mac.ills.loses = Some(Loses::Command), |_| {}, 60, 0),
    ("answer lost", |mac, _| mac.ills.loses = Some(Loses::Answer), |_| {}, 60, 0),
    (
        "another host key",
        |mac, _| mac.ills.other_key = true,
        |mac| mac.ills.other_key = false,
        300,
        0,
    ),
    ("power loss", Mac::restart, |_| {}, 60, 0),
    ("guest dies", |mac, _| mac.guest_ends(false), |_| {}, 60, 0),
    ("VM vanishes", |mac, _| mac.guest_ends(true), |_| {}, 60, 0),
    ("leaked slot", |mac, _| mac.ills.ghosts = 1, |mac| mac.ills.ghosts = 0, 1_800, 0),
    ("both slots leaked", |mac, _| mac.ills.ghosts = 2, |mac| mac.ills.ghosts = 0, 1_800, 0),
    ("process stays", |mac, _| mac.ills.lingers = true, lingers_no_more, 900, 0),
    (
        "misread as stopped",
        |mac, _| mac.ills.misread = true,
        |mac| mac.ills.misread = false,
        300,
        0,
    ),
    ("list fails", |mac, _| mac.ills.unlisted = true, |mac| mac.ills.unlisted = false, 300, 0),
    (
        "processes uncounted",
        |mac, _| mac.ills.uncounted = true,
        |mac| mac.ills.uncounted = false,
        300,
        0,
    ),
    ("guest of others", foreign, |mac| mac.ills.foreign = false, 900, 0),
    ("keychain locked", |mac, _| mac.ills.locked = true, |mac| mac.ills.locked = false, 300, 0),
    ("disk full", |mac, _| mac.ills.refuses = Some(Refusal::DiskFull), obeys, 300, 0),
    ("lock held", |mac, _| mac.ills.refuses = Some(Refusal::Busy), obeys, 60, 0),
    ("tool absent", |mac, _| mac.ills.refuses = Some(Refusal::ToolAbsent), obeys, 300, 0),
    ("never arrives", |mac, _| mac.ills.refuses = Some(Refusal::NotSent), obeys, 60, 0),
    ("tool says no", |mac, _| mac.ills.refuses = Some(Refusal::Other), obeys, 300, 0),
    ("clock ahead by 1 h", |_, _| {}, |_| {}, 60, 3_600),
];

fn obeys(mac: &mut Mac) {
    mac.ills.refuses = None;
}
fn lingers_no_more(mac: &mut Mac) {
    mac.ills.lingers = false;
    mac.processes_end();
}
/// Somebody starts one by hand, if the kernel lets them.
fn foreign(mac: &mut Mac, _: Timestamp) {
    mac.ills.foreign = mac.guests() < 2;
}

/// So many steps of five seconds a life may take: five hours and a half.
const STEPS: usize = 4_000;

/// Lives through one case; how its job ended, and after how many steps it came to rest.
fn live(deed: &'static str, when: When, fault: Fault) -> Result<(&'static str, usize), String> {
    let (_, begin, end, lasts, ahead) = fault;
    let (lasts, ahead) = (Span::from_secs(lasts), Span::from_secs(ahead));
    let mut story = Story::whole(PLAYBOOK);
    story.strike = Some(Strike { deed, when, begin, end, lasts, ahead });
    let lived = catch_unwind(AssertUnwindSafe(|| {
        story.open(|world, now| {
            let hosts = ["a", "b"].map(|host| host.parse().unwrap()).to_vec();
            let (playbook, reason) = ("all".parse().unwrap(), "test".into());
            let ask = PlayAsk {
                playbook,
                hosts,
                reason,
                max_unavailable: Some(Share::Count(1)),
                key: None,
            };
            hostler::plan::play(world, &ask, now).unwrap()
        });
        let mut steps = 0;
        while steps < STEPS
            && !(story.strike.is_none() && story.struck.is_none() && at_rest(&story.world))
        {
            story.step();
            steps += 1;
            for (name, mac) in &story.macs {
                assert!(mac.guests() <= 2 && mac.most <= 2, "{name} runs {}", mac.guests());
            }
        }
        assert!(steps < STEPS, "it does not come to rest: {}", state(&story.world));
        steps
    }));
    let tail = || {
        let tail: Vec<_> = story.told.iter().rev().take(40).rev().cloned().collect();
        tail.join("\n")
    };
    match lived {
        Ok(steps) => Ok((story.world.jobs.values().next_back().unwrap().word(), steps)),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().cloned();
            Err(format!("{}\n{}", said.unwrap_or_default(), tail()))
        }
    }
}

fn state(world: &World) -> String {
    let hosts =
        world.hosts.iter().map(|(name, host)| format!("{name} {} {:?}", host.word(), host.slots));
    let vms = world.vms.values().map(|vm| format!("{} on {} {}", vm.id, vm.host, vm.word()));
    let jobs = world.jobs.values().filter(|job| !job.is_over());
    let jobs = jobs.map(|job| format!("{} {} {:?}", job.id, job.title(), job.paused));
    let held = hostler::plan::plan(world, world.at).held;
    let held = held.into_iter().map(|held| format!("{:?}: {}", held.want, held.why));
    hosts.chain(vms).chain(jobs).chain(held).collect::<Vec<_>>().join("\n")
}

/// Says a line of the table, which is to be seen whether the test passes or not.
#[expect(clippy::explicit_write, reason = "what is printed is kept back where a test passes")]
fn tell(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

#[test]
fn every_fault_at_every_moment_of_every_command_is_lived_through() {
    tell(&format!(
        "{:<22} {:>6} {:>6} {:>7} {:>6} {:>12} {:>11}",
        "fault", "cases", "done", "failed", "other", "rest, at most", "violations"
    ));
    let (mut all, mut wrong) = (0, Vec::new());
    for fault in FAULTS {
        let (mut cases, mut done, mut failed, mut other, mut longest) = (0, 0, 0, 0, 0);
        let before = wrong.len();
        for (deed, when) in DEEDS.iter().flat_map(|deed| MOMENTS.map(|when| (*deed, when))) {
            cases += 1;
            match live(deed, when, fault) {
                Ok((word, steps)) => {
                    match word {
                        "done" => done += 1,
                        "failed" => failed += 1,
                        _ => other += 1,
                    }
                    longest = longest.max(steps);
                }
                Err(why) => wrong.push(format!("{} {when:?} {deed}:\n{why}", fault.0)),
            }
        }
        all += cases;
        let rest = Span::from_secs(longest as u64 * 5).to_string();
        tell(&format!(
            "{:<22} {cases:>6} {done:>6} {failed:>7} {other:>6} {rest:>12} {:>11}",
            fault.0,
            wrong.len() - before
        ));
    }
    tell(&format!("{all} cases, {} violations", wrong.len()));
    let first: Vec<_> = wrong.iter().take(3).cloned().collect();
    assert!(wrong.is_empty(), "{} of {all}; the first:\n{}", wrong.len(), first.join("\n\n"));
}
