//! `schedule`: what there is, what keeps one from running, running one now.

use serde_json::Value;

use crate::site::Site;

const NIGHTLY: &str = "nightly-respawn";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_is_listed_shown_suspended_skipped_and_run() {
    let site = Site::begin(1, 1).await;
    site.does("schedule list").await.out_has(&["NAME", NIGHTLY, "pool ci", "respawn"]);
    let show = |site: &Site| {
        let line = format!("schedule show {NIGHTLY} --json");
        let running = site.start(&line);
        async move {
            let mut running = running;
            running.end().await.with(0).json()
        }
    };
    let fresh = show(&site).await;
    // Half past two in Zurich.
    assert_eq!(fresh["next"][0], "2026-11-22T01:30:00.000Z", "{fresh}");
    let text = site.does(&format!("schedule show {NIGHTLY}")).await;
    text.out_has(&["2026-11-22T02:30:00+01:00", "Europe/Zurich", "max unavailable"]);

    let said = site.does(&format!("schedule skip-next {NIGHTLY}")).await;
    said.out_has(&["passes over its run of 2026-11-22T01:30:00"]);
    assert_eq!(show(&site).await["next"][0], "2026-11-23T01:30:00.000Z");
    site.does(&format!("schedule show {NIGHTLY}")).await.out_has(&["skips", "up to 2026-11-22"]);
    let said = site.does(&format!("schedule skip-next {NIGHTLY} --json")).await.json();
    assert!(said["said"][0].as_str().unwrap().contains("2026-11-23"), "{said}");

    let said = site.does(&format!("schedule suspend {NIGHTLY} --reason 'release week'")).await;
    said.out_has(&["is suspended until it is resumed"]);
    let text = site.does(&format!("schedule show {NIGHTLY}")).await;
    text.out_has(&["suspended", "by alice", "release week"]);
    site.does("status").await.out_has(&[NIGHTLY, "release week"]);
    assert_eq!(show(&site).await["suspended"]["reason"], "release week");
    site.does(&format!("schedule resume {NIGHTLY}")).await.out_has(&["runs again"]);
    assert_eq!(show(&site).await["suspended"], Value::Null);
    let again = site.run(&format!("schedule resume {NIGHTLY}")).await.with(1);
    assert!(again.err.contains(NIGHTLY), "{again}");

    let said = site.run(&format!("schedule run-now {NIGHTLY}")).await.with(2);
    said.err_has(&["Run schedule nightly-respawn (respawn) now?", "say --yes"]);
    let before = site.vm_on("mini-001").id;
    let said = site.does(&format!("schedule run-now {NIGHTLY} --wait --yes")).await;
    said.out_has(&["opened job", "over 1 VM"]);
    assert_ne!(site.vm_on("mini-001").id, before);
    site.does("job list").await.out_has(&[NIGHTLY]);
    for line in [
        "schedule show nope",
        "schedule run-now nope --yes",
        "schedule suspend nope --reason x",
        "schedule resume nope",
        "schedule skip-next nope",
        "schedule list nope",
    ] {
        let said = site.run(line).await.with(1);
        let said = said.err_has(&["nope", "`hostler schedule list`"]);
        assert_eq!(said.out, "", "{line}: {said}");
    }
    let said = site.run(&format!("schedule suspend {NIGHTLY} --reason ' '")).await.with(1);
    said.err_has(&["reason"]);
}
