//! `playbook`: what there is, what each does, a dry run with and without a controller, a run.

use serde_json::Value;

use crate::program::Running;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn playbooks_are_listed_shown_rehearsed_and_run() {
    let site = Site::begin(2, 2).await;
    let list = site.does("playbook list").await;
    list.out_has(&["NAME", "greet", "Say two words.", "nightly-wipe", "rolling-reboot"]);
    let shown = site.does("playbook show greet").await;
    shown.out_has(&["each        host", "the host takes work again", "1     first", "sh"]);
    let shown = site.does("playbook show rolling-reboot --json").await.json();
    assert_eq!(shown["name"], "rolling-reboot", "{shown}");

    let jobs = |site: &Site| site.world().jobs.len();
    let vm = site.vm_on("mini-001").host_name();
    let dry = site.does("playbook run rolling-reboot mini-001 --reason x --dry-run").await;
    dry.out_has(&[
        "mini-001\n",
        "step 1: drain",
        &format!("tart stop --timeout SECONDS {vm}"),
        "step 3: verify",
    ])
    .out_has(&["closing step 1: undrain, when not failed: lifts the job's holds"]);
    let dry = site.does("playbook run greet site --reason x --dry-run --json").await.json();
    let steps = dry["steps"].as_array().unwrap();
    let hosts: Vec<&Value> = steps.iter().map(|step| &step["host"]).collect();
    assert_eq!(hosts, ["mini-001", "mini-001", "mini-002", "mini-002"], "{dry}");
    assert_eq!((&dry["seen"], &steps[0]["commands"][0]), (&true.into(), &"echo one".into()));
    assert_eq!(jobs(&site), 0, "a rehearsal does nothing");

    let said = site.run("playbook run greet site --reason x").await.with(2);
    said.err_has(&["Do the 2 steps of playbook greet on 2 hosts?", "say --yes"]);
    let run = "playbook run greet site --reason x --key k1 --yes";
    let said = site.does(&format!("{run} --max-unavailable 2 --wait")).await;
    for host in ["mini-001", "mini-002"] {
        for step in ["step 1 of 2: first", "step 2 of 2: second"] {
            let named =
                said.out.lines().filter(|line| line.contains(&format!("{host} running {step}")));
            assert!(named.count() >= 1, "{host} {step}:\n{said}");
        }
    }
    site.does(run).await.out_has(&["is the one of that key"]);
    assert_eq!(jobs(&site), 1);
    for (line, err) in [
        ("playbook show nope", "no playbook `nope`"),
        ("playbook run nope site --reason x --yes", "no playbook `nope`"),
        ("playbook run nope site --reason x --dry-run", "no playbook `nope`"),
        ("playbook run respawn site --reason x --yes", "is for VMs"),
        ("playbook run respawn site --reason x --dry-run", "`hostler pool respawn POOL`"),
        ("playbook run greet mini-009 --reason x --dry-run", "no host `mini-009`"),
        ("playbook run greet mini-009 --reason x --yes", "no host `mini-009`"),
        ("playbook run greet site --reason ' ' --yes", "reason"),
    ] {
        let said = site.run(line).await.with(1).err_has(&[err]);
        assert_eq!(said.out, "", "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_controller_a_rehearsal_is_of_the_fleet_directory() {
    let dir = tempfile::tempdir().unwrap();
    let run = async |line: &str| Running::begin(dir.path(), line).end().await;
    let line = "playbook run rolling-reboot mini-01 --reason x --dry-run";
    run(line).await.with(3).err_has(&["no controller at"]);
    std::fs::create_dir(dir.path().join("inventory")).unwrap();
    let text = "hosts: {mini-01: {address: 10.0.0.1, user: admin}}\n";
    std::fs::write(dir.path().join("inventory/a.yaml"), text).unwrap();
    let said = run(&format!("{line} --fleet {}", dir.path().display())).await.with(0);
    said.err_has(&["no controller answers: this is from the fleet directory"]).out_has(&[
        "mini-01\n",
        "for each VM of ours",
        "tart stop --timeout SECONDS VM",
        "sudo -n shutdown -r now",
    ]);
    let said = run(&format!("{line} --json --fleet {}", dir.path().display())).await.with(0);
    assert_eq!(said.json()["seen"], false, "{said}");
    // A real run needs one.
    run("playbook run rolling-reboot mini-01 --reason x --yes").await.with(3);
}
