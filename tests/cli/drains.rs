//! `host drain` and its kin: consent, the plan, the monitor's lines, what becomes of the host.

use hostler::model::{HostName, Span};
use serde_json::Value;

use crate::program::Said;
use crate::site::Site;

/// The monitor's lines without their times.
fn changes(said: &Said) -> Vec<String> {
    let untimed = |line: &str| line.split_once(' ').unwrap().1.to_string();
    said.out.lines().map(untimed).collect()
}

/// The steps in the order in which they are spoken of, each as often as it is come back to.
fn steps(said: &Said) -> Vec<String> {
    let step = |line: String| {
        let at = line.find("step ")?;
        Some(line[at..].split(": ").take(2).collect::<Vec<_>>().join(": "))
    };
    let mut steps: Vec<String> = changes(said).into_iter().filter_map(step).collect();
    steps.dedup();
    steps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_happens_before_somebody_consents() {
    let site = Site::begin(2, 3).await;
    let seq = |site: &Site| site.world().jobs.len() + site.host_word("mini-001").len();
    let before = seq(&site);
    let vm = site.vm_on("mini-001").id.to_string();
    let dry = site.does("host drain mini-001 --reason disk --dry-run").await;
    let goes = format!("{vm}  ci    goes: it has no work");
    dry.out_has(&["HOST", &goes, "pool ci loses", "elsewhere", "1 host at once; deadline "]);
    let dry = site.does("host drain mini-001 --reason disk --dry-run --json").await.json();
    assert_eq!(dry["hosts"][0]["host"], "mini-001", "{dry}");
    let goes = |vm: &Value| vm["fate"]["is"] == "goes";
    assert!(dry["hosts"][0]["vms"].as_array().unwrap().iter().all(goes), "{dry}");
    assert_eq!(dry["pools"][0]["pool"], "ci", "{dry}");
    for (line, asks) in [
        ("host drain mini-001 --reason disk", "Drain 1 host?"),
        ("host drain mini-001 mini-002 --reason disk --json", "Drain 2 hosts?"),
        ("host reboot mini-001 --reason disk", "Drain 1 host?"),
        ("host retire mini-001 --reason disk", "Take 1 host out of the fleet for good?"),
    ] {
        let said = site.run(line).await.with(2);
        let said =
            said.err_has(&["goes: it has no work", asks, "no terminal to ask on: say --yes"]);
        assert_eq!(said.out, "", "{said}");
    }
    for (line, code, err) in [
        ("host drain mini-009 --reason x --yes", 1, "no host `mini-009`: `hostler host list`"),
        ("host drain mini-001 --reason ' ' --yes", 1, "reason"),
        ("host drain mini-001 --reason x --at 2020-01-01T00:00:00Z --yes", 1, "drain.at"),
        ("host drain mini-001 --reason x --max-parallel 0 --yes", 1, "at least 1 host"),
        ("host drain mini-001 --reason x --then playbook:nope --yes", 1, "playbook nope"),
        ("host undrain mini-009", 1, "no host `mini-009`"),
        ("host drain site=nowhere --reason x --yes", 1, "no host `site=nowhere`"),
    ] {
        let said = site.run(line).await.with(code).err_has(&[err]);
        assert_eq!(said.out, "", "{line}: {said}");
    }
    assert_eq!(before, seq(&site), "nothing has been done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_is_followed_to_its_end_and_undone() {
    let site = Site::begin(2, 2).await;
    let drain = "host drain mini-001 --reason 'new disk' --key d1 --wait --yes";
    let said = site.does(drain).await.err_has(&["opened job"]);
    let lines = changes(&said);
    assert!(lines.iter().all(|line| line.starts_with("mini-001 ")), "{said}");
    assert_eq!(steps(&said), ["step 1 of 1: drain"], "{said}");
    assert_eq!(lines.last().unwrap(), "mini-001 done", "{said}");
    let twice = lines.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "{said}");
    assert_eq!(site.host_word("mini-001"), "drained");
    site.does("host list mini-001").await.out_has(&["mini-001  drained", "new disk"]);
    let why = site.does("host why mini-001").await;
    why.out_has(&["drain by alice", ", for job ", ": new disk"]);
    // Less patience would be granted to a drain under way; there is none.
    let undrained = site.does("host undrain mini-001 --wait").await;
    undrained.out_has(&["mini-001: hold ", " is lifted"]);
    assert!(site.world().hosts[&name("mini-001")].holds.is_empty());
    site.does("host undrain mini-001").await.out_has(&["nothing to undrain"]);
    let json = site.does("host drain mini-001 --reason disk --then resume --wait --yes --json");
    let lines = json.await.json_lines();
    for line in &lines {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["at", "host", "job", "state", "step", "why"], "{line}");
    }
    let ended = lines.last().unwrap();
    assert_eq!((&ended["state"], &ended["step"]), (&"done".into(), &Value::Null), "{ended}");
    assert!(site.world().hosts[&name("mini-001")].holds.is_empty());
}

fn name(text: &str) -> HostName {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_names_each_step_once_and_brings_the_host_back() {
    let site = Site::begin(1, 1).await;
    let boot = |site: &Site| {
        site.world().hosts[&name("mini-001")].seen.as_ref().unwrap().facts.boot.clone()
    };
    let before = boot(&site);
    let said = site.does("host reboot mini-001 --reason update --wait --yes").await;
    assert_eq!(
        steps(&said),
        [
            "step 1 of 4: drain",
            "step 2 of 4: reboot",
            "step 3 of 4: verify",
            "step 4 of 4: undrain",
        ],
        "{said}"
    );
    assert_ne!(boot(&site), before);
    assert!(site.world().hosts[&name("mini-001")].holds.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_under_way_is_tightened_and_loosened_only_on_demand() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let drain = |more: &str| format!("host drain mini-001 --reason x --yes {more}");
    site.does(&drain("--deadline 8h --json")).await.json();
    site.until("it drains", |world| {
        world.jobs.values().any(|job| job.hosts.values().any(|task| task.step.is_some()))
    })
    .await;
    site.does(&drain("--deadline 8h")).await.out_has(&["drains them already"]);
    site.does(&drain("--deadline 4h")).await.out_has(&["is changed as asked"]);
    let loose = site.run(&drain("--deadline 12h")).await.with(1);
    loose.err_has(&["drains mini-001 with less patience already; say --replace"]);
    site.does(&drain("--deadline 12h --replace")).await.out_has(&["is changed as asked"]);
    assert_eq!(site.world().jobs.len(), 1, "it is one job all along");
    let said = site.does(&drain("--force --wait")).await;
    assert_eq!(changes(&said).last().unwrap(), "mini-001 done", "{said}");
    let killed = site.sim.report();
    assert_eq!(site.host_word("mini-001"), "drained", "{killed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_retired_and_held_until_somebody_lifts_it() {
    let site = Site::begin(1, 1).await;
    site.does("host retire mini-001 --reason old --wait --yes").await;
    assert_eq!(site.host_word("mini-001"), "retired");
    site.does("host why mini-001").await.out_has(&["retire by alice", "old"]);
    // Still in the inventory: not to be forgotten.
    let said = site.run("host forget mini-001 --reason old --yes").await.with(1);
    said.err_has(&["still in the inventory"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_drain_waits_for_its_time_and_ends_by_itself() {
    let site = Site::begin(1, 1).await;
    let drain = "host drain mini-001 --reason power --at 10m --until 25m --wait --yes --json";
    let mut drain = site.start(drain);
    let first: Value = serde_json::from_str(&drain.line().await.unwrap()).unwrap();
    assert_eq!(first["state"], "waiting", "{first}");
    assert!(site.world().hosts[&name("mini-001")].holds.is_empty(), "not before its time");
    drain.end().await.with(0);
    assert_eq!(site.host_word("mini-001"), "drained");
    let hold = site.world().hosts[&name("mini-001")].holds.values().next().cloned().unwrap();
    let world =
        site.until("its hold ends", |world| world.hosts[&name("mini-001")].holds.is_empty());
    let ended = world.await.jobs.values().next().unwrap().opened + Span::from_mins(24);
    assert!(hold.until.is_some_and(|until| until >= ended), "{hold:?}");
    assert!(site.handle.now() >= ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vms_that_a_drain_ignores_go_although_they_have_work() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let drain = "host drain mini-001 --reason x --no-deadline";
    let other = site.does(&format!("{drain} --ignore pool=cache --dry-run")).await;
    other.out_has(&["is waited for: it has work"]);
    let dry = site.does(&format!("{drain} --ignore 'pool in (ci,cache)' --dry-run --json")).await;
    assert_eq!(dry.json()["hosts"][0]["vms"][0]["fate"]["is"], "ignored", "{dry}");
    let said = site.does(&format!("{drain} --ignore pool=ci --wait --yes")).await;
    let said = said.err_has(&["goes although it may have work: the drain ignores it"]);
    assert_eq!(changes(&said).last().unwrap(), "mini-001 done", "{said}");
    assert!(!said.out.contains("it has work"), "{said}");
    assert_eq!(site.world().vms.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_drain_under_way_ignores_stays() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    site.does("host drain mini-001 --reason x --yes").await;
    let said = site.run("host drain mini-001 --reason x --ignore pool=ci --yes").await.with(1);
    let id = site.world().jobs.keys().next().copied().unwrap();
    said.err_has(&["what it ignores stays", &format!("`hostler job cancel {id}`")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vms_that_boot_are_not_counted_among_those_that_are_ready() {
    let site = Site::unsettled(1, 1).await;
    site.until("its VM is on its way", |world| world.vms.len() == 1).await;
    // The Mac hears nothing more: the VM stays as it is.
    site.mac("mini-001").silence(Span::from_hours(9));
    let dry = site.does("host drain mini-001 --reason x --dry-run").await;
    dry.out_has(&["pool ci loses 1 VM not ready yet; 0 free slots elsewhere"]);
    let dry = site.does("host drain mini-001 --reason x --dry-run --json").await.json();
    let pool = &dry["pools"][0];
    assert_eq!(
        (&pool["ready"], &pool["leaving"], &pool["coming"]),
        (&0.into(), &1.into(), &1.into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_retirement_holds_the_host_for_good() {
    let site = Site::begin(1, 0).await;
    site.does("host retire mini-001 --reason old --at 10m --wait --yes").await;
    assert_eq!(site.host_word("mini-001"), "retired");
}
