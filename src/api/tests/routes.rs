//! Every route through the client.

use super::fixture::{at, job, name, serving, vm};
use crate::api::{ClientError, Command, LogQuery, Moment, Release, Status};
use crate::model::*;

#[tokio::test]
async fn what_is_read_is_the_world() {
    let served = serving();
    let client = served.client();
    let snapshot = client.world().await.unwrap();
    assert_eq!(snapshot.seq, served.journal.len() as u64);
    let mut world = World::default();
    for entry in &served.journal {
        world.apply(entry).unwrap();
    }
    assert_eq!(snapshot.world, world);

    let hosts = client.hosts().await.unwrap();
    assert_eq!((hosts.seq, hosts.items.len()), (world.seq, 2));
    assert!(hosts.at >= at(1_000));
    assert_eq!(hosts.items[0].state, "busy");
    let host = client.host(&name("mini-01")).await.unwrap();
    assert_eq!(host.host, world.hosts["mini-01"]);
    assert_eq!(client.vms().await.unwrap().items.len(), 1);
    let one = client.vm(vm(1)).await.unwrap();
    assert_eq!((one.state.as_str(), one.vm.clone()), ("ready", world.vms[&vm(1)].clone()));
    assert_eq!(one.name, one.vm.host_name());

    let pools = client.pools().await.unwrap();
    let pool = client.pool(&name("ci")).await.unwrap();
    assert_eq!(pools.items, vec![pool.clone()]);
    assert_eq!((pool.have, pool.ready, pool.missing), (1, 1, 3));
    assert_eq!(pool.why.as_deref(), Some("0 of 2 hosts: 2 full"));
    let schedule = client.schedule(&name("nightly")).await.unwrap();
    assert_eq!(client.schedules().await.unwrap().items, vec![schedule.clone()]);
    assert_eq!(schedule.schedule, world.schedules["nightly"]);
    let within = client.schedules_within(Span::from_hours(24 * 7)).await.unwrap().items;
    assert_eq!((within.len(), within[0].next.len(), within[0].more), (1, 7, false));
    assert_eq!(within[0].next[..5], schedule.next);
    let outlook = within[0].outlook.clone().unwrap();
    assert_eq!((outlook.each, outlook.targets, outlook.at_once), (Each::Vm, 1, 1));
    assert_eq!(schedule.outlook, None, "only where all within a span are asked for");
    let one = client.job(job(7)).await.unwrap();
    assert_eq!(client.jobs().await.unwrap().items, vec![one.clone()]);
    assert_eq!((one.title.as_str(), one.over, one.total), ("respawn ci", 0, 1));
    assert_eq!(one.job, world.jobs[&job(7)]);
    assert_eq!(client.plan().await.unwrap().actions.len(), 1);
    let night = client.forecast(Span::from_hours(3)).await.unwrap();
    assert_eq!(night.until, night.from + Span::from_hours(3));
    assert!(night.pools.contains_key("ci"));
    assert_eq!(night.turns.first().map(|turn| turn.job), Some(job(7)));
    let brief = client.forecast_brief(Span::from_hours(3)).await.unwrap();
    assert_eq!((brief.turns.len(), brief.runs.len(), brief.seq), (0, night.runs.len(), world.seq));
    assert!(!client.why_host(&name("mini-01")).await.unwrap().lines.is_empty());
    assert!(!client.why_vm(vm(1)).await.unwrap().lines.is_empty());

    let report = client.status().await.unwrap();
    assert_eq!((report.seq, report.epoch, report.slots, report.slots_free), (world.seq, 1, 4, 3));
    assert_eq!(report.vms.get("ready"), Some(&1));
    let slots = Slot::WORDS.map(|word| report.slots_by_state[word]);
    assert_eq!(slots, [3, 0, 1, 0, 0, 0, 0], "{:?}", report.slots_by_state);
    let live = client.live(&[]).await.unwrap();
    assert_eq!(client.live(&[name("mini-01"), name("gone")]).await.unwrap(), live);
    assert_eq!(live.samples[&name::<HostName>("mini-01")].load, 1.5);
    assert!(client.live(&[name("mini-02")]).await.unwrap().samples.is_empty());
}

#[tokio::test]
async fn what_is_asked_reaches_the_engine_with_its_actor() {
    let served = serving();
    let client = served.client();
    let hosts = vec![name("mini-01")];
    let done = client.cordon(hosts.clone(), " disk ", Some(at(5_000))).await.unwrap();
    assert_eq!(done.seq, 99);
    let (actor, command) = served.last_asked();
    assert_eq!(actor, Actor { who: "alice".into(), via: Via::Cli });
    let until = Some(at(5_000));
    let reason = "disk".into();
    assert_eq!(command, Command::Cordon { hosts: hosts.clone(), reason, until });

    for which in [Release::Mine, Release::All, Release::Id(HoldId::from_bits(3))] {
        client.uncordon(hosts.clone(), which.clone()).await.unwrap();
        assert_eq!(served.last_asked().1, Command::Uncordon { hosts: hosts.clone(), which });
    }
    let max = Some(Share::Percent(20));
    let error = client.respawn(&name("ci"), max).await.unwrap_err();
    assert_eq!(error.code(), Some("conflict"));
    assert_eq!(error.to_string(), "a respawn of pool ci is running");
    let respawn = Command::Respawn { pool: name("ci"), max_unavailable: max };
    assert_eq!(served.last_asked().1, respawn);
    assert_eq!(client.run_now(&name("nightly")).await.unwrap().job, Some(job(8)));
    assert_eq!(served.last_asked().1, Command::RunNow { schedule: name("nightly") });
    let fingerprint: Fingerprint = format!("SHA256:{}", "k".repeat(43)).parse().unwrap();
    client.trust(&name("mini-02"), &fingerprint, "set up anew").await.unwrap();
    let trust = Command::Trust { host: name("mini-02"), fingerprint, reason: "set up anew".into() };
    assert_eq!(served.last_asked().1, trust);
    client.forget(&name("mini-02"), " burnt ").await.unwrap();
    let forget = Command::Forget { host: name("mini-02"), reason: "burnt".into() };
    assert_eq!(served.last_asked().1, forget);
    let error = client.forget(&name("mini-02"), " ").await.unwrap_err();
    assert!(error.to_string().contains("reason: say why"), "{error}");
    assert_eq!(client.reload().await.unwrap().said, ["nothing differs"]);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let served = serving();
    let client = served.client();
    let codes = [
        client.host(&name("nope")).await.unwrap_err(),
        client.why_host(&name("nope")).await.unwrap_err(),
        client.vm(vm(999)).await.unwrap_err(),
        client.why_vm(vm(999)).await.unwrap_err(),
        client.pool(&name("nope")).await.unwrap_err(),
        client.schedule(&name("nope")).await.unwrap_err(),
        client.job(job(999)).await.unwrap_err(),
        client.cordon(vec![name("nope")], "x", None).await.unwrap_err(),
    ];
    for error in codes {
        assert_eq!(error.code(), Some("not_found"), "{error}");
        assert!(!error.is_unreachable());
    }
    let past = client.cordon(vec![name("mini-01")], "x", Some(at(3))).await.unwrap_err();
    assert!(past.to_string().starts_with("until: lies in the past"), "{past}");
}

#[tokio::test]
async fn the_past_is_a_world_and_what_happened_around_the_moment() {
    let served = serving();
    let client = served.client();
    let third = &served.journal[2];
    let past = client.past(&Moment { at: Some(third.at), seq: None }).await.unwrap();
    let newest_by_then = served.journal.iter().rfind(|entry| entry.at <= third.at).unwrap().seq;
    assert_eq!(past.seq, newest_by_then);
    assert_eq!((past.from, past.to), (served.journal[0].at, served.journal.last().unwrap().at));
    let mut world = past.world;
    for entry in past.entries {
        world.apply(&entry).unwrap();
    }
    assert_eq!(world, *served.world.borrow().as_ref());
}

#[tokio::test]
async fn the_log_gives_the_newest_of_what_is_asked() {
    let served = serving();
    let client = served.client();
    let all = client.log(&LogQuery::default()).await.unwrap().entries;
    assert_eq!(all, served.journal);
    let last = all.len();
    let asks = |query: LogQuery| {
        let client = client.clone();
        async move {
            let entries = client.log(&query).await.unwrap().entries;
            entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()
        }
    };
    let n = last as u64;
    assert_eq!(asks(LogQuery { limit: Some(2), ..LogQuery::default() }).await, [n - 1, n]);
    assert_eq!(asks(LogQuery { limit: Some(0), ..LogQuery::default() }).await, [0_u64; 0]);
    assert_eq!(asks(LogQuery { after: Some(n - 1), ..LogQuery::default() }).await, [n]);
    assert_eq!(asks(LogQuery { since: Some(at(n)), ..LogQuery::default() }).await, [n]);
    let most = LogQuery { limit: Some(u32::MAX), ..LogQuery::default() };
    assert_eq!(asks(most).await.len(), last);
    let broken = LogQuery { host: Some(name("broken")), ..LogQuery::default() };
    let error = client.log(&broken).await.unwrap_err();
    assert_eq!(error.code(), Some("journal"));
    assert_eq!(error.to_string(), "entry 3 of the journal is damaged");
}

#[tokio::test]
async fn metrics_are_text_that_parses_and_readiness_follows_the_engine() {
    let served = serving();
    let client = served.client();
    let text = client.metrics().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(series.starts_with("hostler_"), "{line}");
    }
    for expected in [
        "hostler_slots{state=\"free\"} 3",
        "hostler_slots{state=\"occupied\"} 1",
        "hostler_slots{state=\"leaked\"} 0",
        "hostler_vms{pool=\"ci\",phase=\"ready\"} 1",
        "hostler_hosts{reach=\"up\"} 2",
        "hostler_pool_missing{pool=\"ci\"} 3",
        "hostler_jobs{kind=\"respawn\",state=\"running\"} 1",
        "hostler_jobs{kind=\"drain\",state=\"cancelled\"} 0",
        "hostler_hosts_held_by_kind{kind=\"quarantine\"} 0",
        "hostler_schedule_runs_missed{schedule=\"nightly\"} 0",
        "hostler_schedule_suspended{schedule=\"nightly\"} 0",
        "hostler_passes_total 0",
        "hostler_hosts_held 0",
        "hostler_hosts_drifted 0",
        "hostler_vms_drifted 0",
        "hostler_epoch 1",
        "hostler_host_load1{host=\"mini-01\"} 1.5",
        "hostler_host_memory_bytes{host=\"mini-02\"} 17179869184.0",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected} not in\n{text}");
    }

    assert_eq!(client.ready().await.unwrap_err().code(), Some("not_ready"));
    served.status.send_replace(Status { ready: true, ..Status::default() });
    client.ready().await.unwrap();
    let trouble = Some("the journal's disk is full".to_string());
    served.status.send_replace(Status { ready: true, trouble, ..Status::default() });
    let error = client.ready().await.unwrap_err();
    assert_eq!(error.to_string(), "the journal's disk is full");
}

#[tokio::test]
async fn without_a_controller_the_client_says_how_to_start_one() {
    let served = serving();
    let client = served.client();
    served.shutdown.cancel();
    served.server.await.unwrap();
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, ClientError::NoController { .. }), "{error:?}");
    assert!(error.is_unreachable() && error.to_string().contains("`hostler serve`"), "{error}");
}
