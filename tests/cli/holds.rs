//! Holds: placing them, whose they are, lifting them, and what `host why` and `host show` tell.

use hostler::engine::Command;

use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_may_hold_a_host_and_each_lifts_their_own() {
    let site = Site::begin(1, 0).await;
    let hosts = vec!["mini-001".parse().unwrap()];
    let reason = "a new fan".to_string();
    let bobs = Command::Cordon { hosts, reason, until: None };
    site.ask(bobs).await;
    let placed = site.does("host cordon mini-001 --reason 'noise' --until 4h").await;
    placed.out_has(&["cordoned mini-001 (hold "]);
    assert_eq!(site.host_word("mini-001"), "cordoned");
    let hold = "host hold mini-001 --kind maintenance --reason 'new memory' --until 8h";
    let placed = site.does(&format!("{hold} --on-expiry alert --json")).await.json();
    let said = placed["said"][0].as_str().unwrap();
    assert!(said.contains("(maintenance) is placed"), "{placed}");
    assert_eq!(site.host_word("mini-001"), "maintenance");
    let text = site.does("host why mini-001").await;
    text.out_has(&["cordon by bob", "a new fan", "cordon by alice", "noise", "until"])
        .out_has(&["maintenance by alice", ", and then it stays: new memory"]);
    site.does("host show mini-001").await.out_has(&["hold ", "cordon by bob", "slot 0"]);

    site.does("host uncordon mini-001").await.out_has(&["uncordoned mini-001 (hold "]);
    // What is left is none that `alice` placed with a cordon.
    let said = site.run("host uncordon mini-001").await.with(1);
    said.err_has(&["none of the holds on mini-001 is meant", "--hold ID", "--all"]);
    let id = {
        let world = site.world();
        let host = world.hosts.values().next().unwrap();
        host.holds.values().find(|hold| hold.by.who == "bob").unwrap().id
    };
    site.does(&format!("host uncordon mini-001 --hold {id}")).await.out_has(&["uncordoned"]);
    let said = site.run("host uncordon mini-001 --all").await.with(2);
    said.err_has(&["Lift all holds on 1 host, those of others too?", "say --yes"]);
    site.does("host uncordon mini-001 --all --yes").await.out_has(&["uncordoned"]);
    assert_eq!(site.host_word("mini-001"), "ready");
    site.does("host uncordon mini-001").await.out_has(&["nothing to lift"]);
    for (line, code, err) in [
        ("host hold mini-009 --kind cordon --reason x", 1, "no host `mini-009`"),
        ("host hold mini-001 --kind cordon --reason ' '", 1, "reason"),
        ("host cordon mini-001 --reason x --until 2020-01-01T00:00:00Z", 1, "until"),
        ("host hold mini-001 --kind drain --reason x", 2, "--kind"),
    ] {
        let said = site.run(line).await.with(code).err_has(&[err]);
        assert_eq!(said.out, "", "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hold_of_a_drain_under_way_is_the_drains_to_lift() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    site.does("host drain mini-001 --reason disk --yes").await;
    let (hosts, reason) = (vec!["mini-001".parse().unwrap()], "a new fan".to_string());
    site.ask(Command::Cordon { hosts, reason, until: None }).await;
    let (job, hold) = {
        let world = site.world();
        let job = world.jobs.keys().next().copied().unwrap();
        let holds = &world.hosts.values().next().unwrap().holds;
        (job, holds.values().find(|hold| hold.job == Some(job)).unwrap().id)
    };
    let stays = format!("hold {hold} on mini-001 stays: job {job} goes on there");
    let ways = ["`hostler host undrain mini-001`", &format!("`hostler job cancel {job}`")];
    let said = site.does("host uncordon mini-001 --all --yes").await;
    said.out_has(&["uncordoned mini-001 (hold ", &stays]).out_has(&ways);
    for line in
        ["host uncordon mini-001 --all --yes", &format!("host uncordon mini-001 --hold {hold}")]
    {
        let said = site.run(line).await.with(1).err_has(&[&stays]).err_has(&ways);
        assert_eq!(said.out, "", "{line}: {said}");
    }
    let placed = site.world().hosts.values().next().unwrap().holds.clone();
    assert_eq!(placed.keys().collect::<Vec<_>>(), [&hold], "the drain's own, from the first on");
    // What the drain leaves when it is over is anybody's to lift.
    site.does("host drain mini-001 --reason disk --force --wait --yes").await;
    let said = site.does(&format!("host uncordon mini-001 --hold {hold}")).await;
    said.out_has(&[&format!("uncordoned mini-001 (hold {hold})")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_drained_is_undrained_while_the_drain_goes_on_over_others() {
    let site = Site::begin(2, 4).await;
    let hosts = "mini-001 mini-002 --max-parallel 2";
    site.keep_busy("mini-002").await;
    site.does(&format!("host drain {hosts} --reason disk --no-deadline --yes")).await;
    let job = site.world().jobs.keys().next().copied().unwrap();
    let name = |n: u8| format!("mini-00{n}").parse::<hostler::model::HostName>().unwrap();
    site.until("one is drained", |world| world.jobs[&job].hosts[&name(1)].state.is_over()).await;
    let said = site.does("host undrain mini-001").await;
    said.out_has(&["mini-001: hold ", " is lifted"]);
    let world = site.world();
    assert!(world.hosts[&name(1)].holds.is_empty() && !world.hosts[&name(2)].holds.is_empty());
    assert!(!world.jobs[&job].is_over());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_text_says_of_holds_the_json_says_too() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    site.does("host drain mini-001 --reason disk --yes").await;
    site.does("host why mini-001").await.out_has(&["held: ", "it has work"]);
    for line in ["host why mini-001 --json", "host show mini-001 --json"] {
        let said = site.does(line).await.json();
        let why = said["held"][0]["why"].as_str().unwrap_or_default();
        assert!(why.contains("it has work"), "{line}: {said}");
    }
    let said = site.does("host why mini-001 --json").await.json();
    let hold = &said["holds"][0];
    assert_eq!((&hold["kind"], &hold["reason"]), (&"drain".into(), &"disk".into()), "{said}");
    assert!(said["lines"].is_array() && said["name"] == "mini-001", "{said}");
}
