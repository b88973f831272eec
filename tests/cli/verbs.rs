//! Every verb that changes something answers in JSON when asked to, and what it says is the same.

use hostler::engine::Command;
use serde_json::Value;

use crate::site::Site;

/// Runs it and gives what it said, each line of which is a text.
async fn says(site: &Site, line: &str) -> Value {
    let said = site.does(&format!("{line} --json")).await.json();
    let lines = said["said"].as_array().unwrap_or_else(|| panic!("{line}: {said}"));
    assert!(!lines.is_empty() && lines.iter().all(Value::is_string), "{line}: {said}");
    assert!(said["seq"].is_u64(), "{line}: {said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verb_answers_in_json() {
    let site = Site::begin(2, 2).await;
    let hosts = ["mini-001", "mini-002"];
    for host in hosts {
        site.keep_busy(host).await;
    }
    for (line, word) in [
        ("host cordon mini-001 --reason x", "cordoned mini-001"),
        ("host uncordon mini-001", "uncordoned mini-001"),
        ("host uncordon mini-001 --all --yes", "nothing to lift"),
        ("host hold mini-001 --kind quarantine --reason x", "(quarantine) is placed"),
        ("host uncordon mini-001 --all --yes", "uncordoned mini-001"),
        ("host drain mini-001 --reason x --no-deadline --yes", "opened job"),
        ("host undrain mini-001", "is called off"),
        ("host reboot mini-002 --reason x --no-deadline --yes", "opened job"),
        ("host undrain mini-002", "is called off"),
        ("host retire mini-002 --reason x --no-deadline --at 1h --yes", "opened job"),
        ("host undrain mini-002", "is called off"),
        ("playbook run greet mini-001 --reason x --key k --yes", "opened job"),
        ("playbook run greet mini-001 --reason x --key k --yes", "of that key"),
        ("schedule suspend nightly-respawn --reason x", "is suspended"),
        ("schedule resume nightly-respawn", "runs again"),
        ("schedule skip-next nightly-respawn", "passes over"),
        ("schedule run-now nightly-respawn --yes", "opened job"),
    ] {
        let said = says(&site, line).await;
        let has =
            said["said"].as_array().unwrap().iter().any(|s| s.as_str().unwrap().contains(word));
        assert!(has, "{line}: no `{word}` in {said}");
        assert_eq!(said["job"].is_string(), word.contains("job") || word.contains("key"), "{said}");
        // What is called off is over before the next one begins.
        site.until("nothing unwinds", |world| {
            let mut tasks = world.jobs.values().flat_map(|job| job.hosts.values());
            tasks.all(|task| task.state.is_over() || task.stop.is_none())
        })
        .await;
    }
    for line in ["host list", "vm list", "pool list", "schedule list", "job list", "playbook list"]
    {
        let said = site.does(&format!("{line} --json")).await.json();
        assert!(said["items"].as_array().is_some_and(|items| !items.is_empty()), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_a_job_answers_in_json() {
    let site = Site::begin(4, 0).await;
    let hosts = (1..=4).map(|n| format!("mini-00{n}").parse().unwrap()).collect();
    let ask = hostler::model::PlayAsk {
        playbook: "fails".parse().unwrap(),
        hosts,
        reason: "x".into(),
        max_unavailable: None,
        key: None,
    };
    let id = site.ask(Command::Play { ask: Box::new(ask) }).await.job.unwrap();
    site.until("it pauses", |world| world.jobs.get(&id).is_some_and(|job| job.paused.is_some()))
        .await;
    for line in [
        format!("job skip {id} mini-004"),
        format!("job retry {id} --host mini-001"),
        format!("job resume {id}"),
    ] {
        assert_eq!(says(&site, &line).await["job"], id.to_string().as_str(), "{line}");
    }
    let over = |world: &hostler::model::World| world.jobs[&id].is_over();
    site.until("it is over", over).await;
    let job = site.does(&format!("job show {id} --json")).await.json();
    assert_eq!((&job["total"], &job["word"]), (&4.into(), &"failed".into()), "{job}");
    // One that does not begin today.
    let later = "host drain mini-001 --reason x --at 20h --yes";
    let id = says(&site, later).await["job"].as_str().unwrap().to_string();
    assert_eq!(says(&site, &format!("job cancel {id}")).await["job"], id.as_str());
}
