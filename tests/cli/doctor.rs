//! `host doctor` over simulated Macs: each fault is found by its own check, hosts that do not
//! answer say why, and the table of a fleet has the worst first.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use hostler::model::Span;
use hostler::sim::Fault;

use crate::program::Said;
use crate::site::Site;

/// The checks that are not ok, by their verdict; that of the build is left out: simulated Macs
/// have one of which it is reported that it loses slots.
fn ills(said: Said) -> BTreeMap<String, String> {
    let found = said.json();
    let checks = found["items"][0]["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 21, "{found}");
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let pairs = checks.iter().map(|check| (text(&check["name"]), text(&check["verdict"])));
    pairs.filter(|(name, verdict)| verdict != "ok" && name != "build").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_is_found_by_its_own_check_and_nothing_is_written_down() {
    let site = Site::begin(1, 0).await;
    let mac = site.mac("mini-001");
    assert_eq!(ills(site.does("host doctor mini-001 --json").await), BTreeMap::new());
    for (fault, code, found) in [
        (Fault::NoPerl, 1, &[("perl", "fail")][..]),
        (Fault::NoLogin, 0, &[("gui-session", "warn"), ("auto-login", "warn")]),
        (Fault::LocalNetwork, 0, &[("local-network", "warn")]),
        (Fault::LongLeases, 0, &[("dhcp-leases", "warn")]),
        (Fault::Sleeps, 1, &[("sleep", "fail")]),
        (Fault::NoRestart, 0, &[("autorestart", "warn")]),
        (Fault::AutoUpdates, 0, &[("updates", "warn")]),
        (Fault::ClockOff, 1, &[("clock", "fail")]),
        (Fault::Leftover, 0, &[("leftovers", "warn")]),
        (Fault::FewSessions, 0, &[("sshd", "warn")]),
        (Fault::OnBattery, 1, &[("power", "fail")]),
        (Fault::NoTool, 1, &[("tool", "fail"), ("slots", "unknown"), ("leftovers", "unknown")]),
    ] {
        mac.ail(fault, Span::from_hours(1_000));
        let said = site.run("host doctor mini-001 --json").await.with(code);
        let want = found.iter().map(|(name, v)| ((*name).to_owned(), (*v).to_owned())).collect();
        assert_eq!(ills(said), want, "{fault}");
        mac.ail(fault, Span::from_millis(1));
    }
    mac.set_filevault(true);
    mac.set_sudo_asks(true);
    mac.lock_keychain(Span::from_hours(1_000));
    mac.fill_disk(Span::from_hours(1_000));
    let said = site.run("host doctor mini-001 --json").await.with(1);
    let ill: Vec<_> = ills(said).into_iter().map(|(name, v)| format!("{name} {v}")).collect();
    assert_eq!(
        ill,
        [
            "auto-login warn",
            "disk fail",
            "filevault warn",
            "keychain fail",
            "sudo-count warn",
            "sudo-reboot warn"
        ]
    );
    let text = site.run("host doctor mini-001").await.with(1);
    text.out_has(&["keychain", "is locked", "on the host (hostler host ssh mini-001):"])
        .out_has(&["  # keychain: fail\n  security unlock-keychain login.keychain"])
        .err_has(&["a check has failed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_stands_worst_first_with_what_ails_most_of_it_told_once() {
    let site = Site::begin(3, 0).await;
    site.mac("mini-002").ail(Fault::Sleeps, Span::ZERO);
    site.mac("mini-003").ail(Fault::Sleeps, Span::ZERO);
    site.mac("mini-003").ail(Fault::LongLeases, Span::ZERO);
    let before = site.world().seq;
    let said = site.run("host doctor").await.with(1).err_has(&["2 of 3 hosts fail a check"]);
    let lines: Vec<&str> = said.out.lines().collect();
    let hosts: Vec<_> = lines[1..4].iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(hosts, ["mini-003", "mini-002", "mini-001"], "{said}");
    assert!(lines[1].ends_with("sleep dhcp-leases build"), "{said}");
    assert_eq!(lines[4], "3 hosts: 0 ok, 1 warn, 2 fail", "{said}");
    assert!(said.out.contains("sleep: 2 hosts (2 fail)"), "{said}");
    assert_eq!(said.out.matches("sudo pmset -a sleep 0").count(), 1, "{said}");
    assert_eq!(site.world().seq, before, "an examination is not written down");
    // One that does not answer says so, and holds nobody up.
    site.mac("mini-001").silence(Span::from_hours(1_000));
    let said = site.run("host doctor mini-001 mini-002 --json").await.with(1).json();
    assert!(said["items"][0]["missed"].as_str().is_some_and(|why| !why.is_empty()), "{said}");
    assert_eq!(said["items"][1]["checks"].as_array().map(Vec::len), Some(21), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_machine_has_what_it_needs_or_says_what_not() {
    let site = Site::begin(1, 0).await;
    let fleet = site.state().parent().unwrap().to_owned();
    let line = format!("doctor --fleet {}", fleet.display());
    let mode = |path: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(fleet.join(path), mode).unwrap();
    };
    mode("state", 0o700);
    site.does(&line).await.out_has(&["fleet        ok", ": 1 host", "controller   ok", "mode 600"]);
    mode("id_ed25519", 0o644);
    mode("state/hostler.sock", 0o666);
    let said = site.run(&line).await.with(1).err_has(&["a check has failed"]);
    said.out_has(&["socket       fail", "others may get at", "  chmod 600 "])
        .out_has(&["ssh-key      warn"]);
    std::fs::write(fleet.join("inventory/site.yaml"), "hosts: {").unwrap();
    let said = site.run(&format!("{line} --json")).await.with(1).json();
    assert_eq!((&said[0]["name"], &said[0]["verdict"]), (&"fleet".into(), &"fail".into()));
    site.stop();
    let nowhere = format!("{line} --state {}", fleet.join("elsewhere").display());
    let said = site.run(&nowhere).await.with(1);
    said.out_has(&["state       warn", "a controller makes it", "controller  fail"]);
}
