//! `job`: lists, one job, one host's part of it, what its steps said, and what is asked of it.

use hostler::model::{HostName, JobState, World};
use serde_json::Value;

use crate::site::Site;

/// Opens a playbook's job over all Macs and gives its id.
async fn run(site: &Site, playbook: &str, more: &str) -> String {
    let line = format!("playbook run {playbook} site --reason x --yes --json {more}");
    site.does(&line).await.json()["job"].as_str().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_listed_shown_and_its_steps_are_told() {
    let site = Site::begin(2, 0).await;
    let none = site.run("job show 000000000009").await.with(1);
    none.err_has(&["no job `000000000009`", "`hostler job list`"]);
    let id = run(&site, "greet", "--max-unavailable 2").await;
    let mut log = site.start(&format!("job log {id} --follow"));
    let over = |world: &World| world.jobs.values().all(|job| job.is_over());
    site.until("it is over", over).await;
    let log = log.end().await.with(0);
    for host in ["mini-001", "mini-002"] {
        for (n, step, word) in [(1, "first", "one"), (2, "second", "two")] {
            let head = format!(" {host} step {n} of 2: {step}, ");
            let at = log.out.find(&head).unwrap_or_else(|| panic!("no {head}:\n{log}"));
            let mut said = log.out[at..].lines();
            assert!(said.next().unwrap().ends_with(": done"), "{log}");
            assert!(said.take(2).any(|line| line == format!("  {word}")), "{log}");
        }
    }
    assert_eq!(site.does(&format!("job log {id}")).await.out, log.out, "followed or not");
    let one = site.does(&format!("job log {id} mini-002 --json")).await.json_lines();
    let brief =
        |line: &Value| (line["host"].clone(), line["name"].clone(), line["attempt"].clone());
    let briefs: Vec<_> = one.iter().map(brief).collect();
    let line = |name: &str| (Value::from("mini-002"), Value::from(name), Value::from(1));
    assert_eq!(briefs, [line("first"), line("second")]);
    assert!(one[1]["said"].as_str().unwrap().contains("two"), "{one:?}");

    site.does("job list").await.out_has(&["ID", "TITLE", &id, "done", "2/2", "asked", "alice"]);
    let list = site.does("job list state=done --json").await.json();
    assert_eq!(list["items"][0]["id"], id.as_str(), "{list}");
    let nothing = site.run("job list state=running").await.with(1);
    nothing.err_has(&["no job `state=running`"]);
    let shown = site.does(&format!("job show {id}")).await;
    shown.out_has(&["title", "2 of 2", "reason", "mini-002"]);
    assert_eq!(site.does(&format!("job show {id} --json")).await.json()["total"], 2);
    let shown = site.does(&format!("job show {id} mini-001")).await;
    shown.out_has(&["STEP", "USUAL", "first", "second", "done"]);
    let shown = site.does(&format!("job show {id} mini-001 --json")).await.json();
    assert_eq!(shown["steps"].as_array().unwrap().len(), 2, "{shown}");
    assert!(shown["steps"][0]["took"].is_string(), "{shown}");
    for line in [format!("job show {id} mini-009"), format!("job log {id} mini-009")] {
        let said = site.run(&line).await.with(1);
        said.err_has(&[&format!("job {id} is not over host mini-009"), "lists them"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_has_paused_is_resumed_tried_again_and_left_out_of() {
    let site = Site::begin(4, 0).await;
    let id = run(&site, "fails", "--max-unavailable 1").await;
    let paused = |world: &World| world.jobs.values().any(|job| job.paused.is_some());
    site.until("it pauses", paused).await;
    let shown = site.does(&format!("job show {id}")).await;
    shown.out_has(&["paused", "2 hosts have failed", "exit status 3", "held: job"]);
    site.does("status").await.out_has(&[&id, "2 hosts have failed"]);
    // What is left out is over; what is tried again begins where it failed.
    site.does(&format!("job skip {id} mini-004")).await.out_has(&["mini-004 is called off"]);
    let said = site.run(&format!("job skip {id} mini-009")).await.with(1);
    said.err_has(&["nothing that could be called off"]);
    let again = site.does(&format!("job retry {id} --host mini-001")).await;
    again.out_has(&["mini-001 is tried again from step 2"]).err_has(&["follow it with"]);
    let again = site.does(&format!("job retry {id} --host mini-002 --from 1")).await;
    again.out_has(&["mini-002 is tried again from step 1"]);
    let said = site.run(&format!("job retry {id} --host mini-004")).await.with(1);
    said.err_has(&["no failed or skipped host there"]);
    // Somebody has looked at the two that failed: it goes on, and pauses when two have failed again.
    site.does(&format!("job resume {id}")).await.out_has(&["goes on"]);
    site.until("it pauses again", |world| {
        let job = world.jobs.values().next().unwrap();
        let tries = job.hosts.values().map(|task| task.log.len()).sum::<usize>();
        tries == 7 && job.paused.is_some()
    })
    .await;
    let said = site.run(&format!("job resume {id} --wait --json")).await.with(1);
    let failed = |line: &Value| line["host"] == "mini-003" && line["state"] == "failed";
    assert!(said.json_lines().iter().any(failed), "{said}");
    let world = site.world();
    let job = world.jobs.values().next().unwrap();
    assert!(matches!(job.state, JobState::Failed { .. }), "{:?}", job.state);
    let tries = |host: &str| job.hosts[&host.parse::<HostName>().unwrap()].log.len();
    assert_eq!(["mini-001", "mini-002", "mini-003", "mini-004"].map(tries), [3, 4, 2, 0]);
    for line in ["resume", "retry"] {
        site.run(&format!("job {line} {id}")).await.with(1).err_has(&[&id]);
    }
    let said = site.run("job resume 000000000009").await.with(1);
    said.err_has(&["job 000000000009 is not known", "`hostler job list`"]);
}
