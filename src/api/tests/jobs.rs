//! Plans and their tokens, jobs, and what is asked of those that go on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fixture::{Served, at, job, name, serving};
use super::raw::{http, problem};
use crate::api::{Command, CordonBody, RetryBody};
use crate::model::*;

fn ask() -> DrainAsk {
    DrainAsk::new(vec![name("mini-01")], "disk is replaced")
}

/// The World goes on by this event.
fn happens(served: &Served, event: Event) {
    let mut world = (**served.world.borrow()).clone();
    let seq = world.seq + 1;
    let entry = Entry { seq, at: at(900), epoch: 1, actor: Actor::controller(), event };
    world.apply(&entry).unwrap();
    served.world.send_replace(Arc::new(world));
}

fn busy(served: &Served, busy: bool) {
    happens(served, Event::VmBusy { vm: VmId::from_bits(1), busy: Some(busy) });
}

#[tokio::test]
async fn a_plan_shows_what_a_drain_does_and_its_token_submits_it_once() {
    let served = serving();
    let client = served.client();
    let planned = client.plan_of(&PlanAsk::Drain(Box::new(ask()))).await.unwrap();
    assert_eq!(planned.plan.hosts.len(), 1);
    assert_eq!(planned.plan.hosts[0].vms[0].fate, Fate::Goes);
    assert!(served.asked.lock().unwrap().is_empty(), "a plan does nothing");
    // It has work now and is waited for: nothing else than anybody consented to.
    busy(&served, true);
    let done = client.submit(&planned.token).await.unwrap();
    assert_eq!(done.job, Some(job(8)));
    let (actor, command) = served.last_asked();
    assert_eq!((actor.who.as_str(), actor.via), ("alice", Via::Cli));
    assert_eq!(command, Command::Drain { ask: Box::new(ask()) });
    for token in [planned.token.as_str(), "", "nonsense"] {
        let error = client.submit(token).await.unwrap_err();
        assert_eq!(error.code(), Some("not_found"), "{error}");
    }
    assert_eq!(served.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_next_run_of_a_schedule_is_shown_and_cannot_be_submitted() {
    let served = serving();
    let client = served.client();
    let next = client.schedule(&name("nightly")).await.unwrap().next[0];
    let planned = client.plan_of(&PlanAsk::Run(name("nightly"))).await.unwrap();
    assert_eq!((planned.plan.run, planned.plan.hosts.len()), (Some(next), 1));
    let before = served.asked.lock().unwrap().len();
    assert_eq!(before, 0, "a plan asks nothing of the engine");
    let error = client.submit(&planned.token).await.unwrap_err();
    assert_eq!(error.code(), Some("bad_body"), "{error}");
    assert!(error.to_string().contains("/v1/schedules/nightly/run-now"), "{error}");
    assert_eq!(served.asked.lock().unwrap().len(), 0, "a run at its time is not a run now");
    let unknown = client.plan_of(&PlanAsk::Run(name("none"))).await.unwrap_err();
    assert_eq!(unknown.code(), Some("not_found"));
}

#[tokio::test]
async fn a_respawn_is_planned_and_submitted_like_a_drain() {
    let served = serving();
    let client = served.client();
    // The one that goes on is over first.
    happens(&served, Event::TaskEnded { job: job(7), vm: VmId::from_bits(1), end: TaskEnd::Done });
    happens(&served, Event::JobEnded { job: job(7) });
    let respawn = RespawnAsk { pool: name("ci"), max_unavailable: Some(Share::Count(1)) };
    let planned = client.plan_of(&PlanAsk::Respawn(respawn)).await.unwrap();
    assert_eq!(planned.plan.hosts[0].vms[0].fate, Fate::Goes);
    busy(&served, true);
    // The fixture's controller refuses respawns: it was asked for one.
    let refused = client.submit(&planned.token).await.unwrap_err();
    assert_eq!(refused.code(), Some("conflict"));
    let (pool, max_unavailable) = (name("ci"), Some(Share::Count(1)));
    assert_eq!(served.last_asked().1, Command::Respawn { pool, max_unavailable });
    for (body, says) in [
        (json!({"respawn": {"pool": "ci", "max_unavailable": "0"}}), "respawn.max_unavailable"),
        (json!({"respawn": {"pool": "none"}}), "pool none is not known"),
        (json!({"play": {"playbook": "none", "hosts": ["mini-01"], "reason": "x"}}), "playbook"),
        (json!({"play": {"playbook": "none", "hosts": [], "reason": "x"}}), "play.hosts"),
    ] {
        let http = http(&served.path());
        let raw = http.post("http://x/v1/plans").body(body.to_string()).send().await.unwrap();
        let problem = problem(raw).await;
        assert!(problem.detail.contains(says), "{body}: {problem:?}");
    }
}

#[tokio::test]
async fn a_plan_that_is_not_true_any_more_comes_back_with_a_fresh_one() {
    let served = serving();
    let client = served.client();
    // Whoever works is not waited for: that must be seen before it is done.
    let force = DrainAsk { force: true, ..ask() };
    let planned = client.plan_of(&PlanAsk::Drain(Box::new(force.clone()))).await.unwrap();
    busy(&served, true);
    let body = json!({"plan": planned.token}).to_string();
    let http = http(&served.path());
    let raw = problem(http.post("http://x/v1/jobs").body(body).send().await.unwrap()).await;
    assert_eq!((raw.status, raw.code.as_str()), (409, "stale_plan"));
    let fresh = raw.fresh.unwrap();
    assert_eq!(fresh.plan.hosts[0].vms[0].fate, Fate::Forced);
    assert!(served.asked.lock().unwrap().is_empty());
    // The fresh one is as good as any, and may become stale too.
    busy(&served, false);
    let error = client.submit(&fresh.token).await.unwrap_err();
    assert_eq!(error.code(), Some("stale_plan"));
    let again = error.fresh_plan().unwrap();
    assert_eq!(again.plan.hosts[0].vms[0].fate, Fate::Goes);
    client.submit(&again.token).await.unwrap();
    assert_eq!(served.last_asked().1, Command::Drain { ask: Box::new(force) });
}

#[tokio::test]
async fn each_ask_reaches_the_engine_as_it_is_meant() {
    let served = serving();
    let client = served.client();
    let host: HostName = name("mini-01");
    let hosts = vec![host.clone()];
    client.drain(&ask()).await.unwrap();
    assert_eq!(served.last_asked().1, Command::Drain { ask: Box::new(ask()) });
    let play = PlayAsk {
        playbook: name("tidy"),
        hosts: hosts.clone(),
        reason: "weekly".into(),
        max_unavailable: Some(Share::Count(1)),
        key: Some("k".into()),
    };
    client.play(&play).await.unwrap();
    assert_eq!(served.last_asked().1, Command::Play { ask: Box::new(play) });
    client.undrain(hosts.clone()).await.unwrap();
    assert_eq!(served.last_asked().1, Command::Undrain { hosts: hosts.clone() });
    client.cancel_job(job(7)).await.unwrap();
    assert_eq!(served.last_asked().1, Command::CancelJob { job: job(7) });
    client.resume_job(job(7)).await.unwrap();
    assert_eq!(served.last_asked().1, Command::ResumeJob { job: job(7) });
    client.skip_host(job(7), &host).await.unwrap();
    assert_eq!(served.last_asked().1, Command::SkipHost { job: job(7), host: host.clone() });
    for (host, from) in
        [(None, None), (Some(host.clone()), Some(StepAt { part: Part::Steps, ix: 2 }))]
    {
        client.retry_job(job(7), &RetryBody { host: host.clone(), from }).await.unwrap();
        assert_eq!(served.last_asked().1, Command::RetryJob { job: job(7), host, from });
    }
    let schedule: ScheduleName = name("nightly");
    client.suspend(&schedule, " holidays ").await.unwrap();
    let reason = "holidays".into();
    assert_eq!(served.last_asked().1, Command::Suspend { schedule: schedule.clone(), reason });
    let pool: PoolName = "ci".parse().unwrap();
    client.release_pool(&pool).await.unwrap();
    assert_eq!(served.last_asked().1, Command::ReleasePool { pool });
    let (vm, reason) = (VmId::from_bits(9), "a person kills it".to_string());
    assert_eq!(client.vm_log(vm).await.unwrap().text, "guest has stopped");
    client.resume_vm(vm).await.unwrap();
    assert_eq!(served.last_asked().1, Command::ResumeVm { vm });
    client.discharge_vm(vm, &reason).await.unwrap();
    assert_eq!(served.last_asked().1, Command::DischargeVm { vm, reason: reason.clone() });
    client.discharge_job(job(7), &reason).await.unwrap();
    assert_eq!(served.last_asked().1, Command::DischargeJob { job: job(7), reason });
    assert!(client.discharge_vm(vm, " ").await.is_err(), "why is asked for");
    client.resume_schedule(&schedule).await.unwrap();
    assert_eq!(served.last_asked().1, Command::ResumeSchedule { schedule: schedule.clone() });
    client.skip_next(&schedule).await.unwrap();
    assert_eq!(served.last_asked().1, Command::SkipNext { schedule });
    let (until, reason) = (Some(at(9_000)), "memory".to_string());
    let (kind, on_expiry) = (HoldKind::Maintenance, OnExpiry::Alert);
    let hold = CordonBody {
        hosts: hosts.clone(),
        reason: reason.clone(),
        until,
        kind: Some(kind),
        on_expiry: Some(on_expiry),
    };
    client.hold(&hold).await.unwrap();
    assert_eq!(served.last_asked().1, Command::Hold { hosts, kind, reason, until, on_expiry });
}

#[tokio::test]
async fn playbooks_and_what_waits_for_people_are_shown() {
    let served = serving();
    let client = served.client();
    let book = client.playbook(&name("tidy")).await.unwrap();
    assert_eq!(client.playbooks().await.unwrap().items, vec![book.clone()]);
    assert_eq!(book, *served.world.borrow().playbooks["tidy"]);
    let error = client.playbook(&name("nope")).await.unwrap_err();
    assert_eq!(error.code(), Some("not_found"));
    assert!(client.status().await.unwrap().suspended.is_empty());
    let schedule: ScheduleName = name("nightly");
    let reason = "holidays".into();
    happens(&served, Event::ScheduleSuspended { schedule: schedule.clone(), reason });
    happens(&served, Event::JobPaused { job: job(7), why: "2 hosts failed".into() });
    let report = client.status().await.unwrap();
    assert_eq!(report.suspended, [(schedule, "by hostler: holidays".to_string())].into());
    assert_eq!(report.paused, [(job(7), "2 hosts failed".to_string())].into());
}

#[tokio::test]
async fn each_fault_is_told_by_its_key() {
    let served = serving();
    let http = http(&served.path());
    let drain = |key: &str, value: Value| {
        let mut ask = json!({"hosts": ["mini-01"], "reason": "x"});
        ask[key] = value;
        json!({"drain": ask})
    };
    let play = |key: &str, value: Value| {
        let mut ask = json!({"hosts": ["mini-01"], "reason": "x", "playbook": "tidy"});
        ask[key] = value;
        json!({"play": ask})
    };
    let job = "jobs/000000000007";
    for (path, body, status, says) in [
        ("plans", json!({"drian": {}}), 400, "drian"),
        ("plans", json!({"drain": {}}), 400, "hosts"),
        ("plans", drain("hosts", json!([])), 400, "drain.hosts: "),
        ("plans", drain("hosts", json!(["a b"])), 400, "drain.hosts[0]: "),
        ("plans", drain("reason", json!(" ")), 400, "drain.reason: "),
        ("plans", drain("deadline", json!("soon")), 400, "drain.deadline: "),
        ("plans", drain("on_deadline", json!("kill")), 400, "drain.on_deadline: "),
        ("plans", drain("surge", json!("maybe")), 400, "drain.surge: "),
        ("plans", drain("then", json!("sleep")), 400, "drain.then: "),
        ("plans", drain("at", json!("2001-01-01T00:00:00Z")), 400, "drain.at: "),
        ("plans", drain("until", json!("2001-01-01T00:00:00Z")), 400, "drain.until: "),
        ("plans", drain("max_parallel", json!("0")), 400, "drain.max_parallel: "),
        ("plans", drain("key", json!("")), 400, "drain.key: "),
        ("plans", drain("ignore", json!("")), 400, "drain.ignore: expected a selector"),
        ("plans", drain("ignore", json!("pool=")), 400, "drain.ignore: "),
        ("plans", drain("froce", json!(true)), 400, "froce"),
        ("plans", drain("hosts", json!(["nope"])), 404, "host nope is not known"),
        ("jobs", json!({"plan": 3}), 400, "plan: "),
        ("jobs", json!({}), 400, ""),
        ("jobs", drain("hosts", json!([])), 400, "drain.hosts: "),
        ("jobs", play("hosts", json!([])), 400, "play.hosts: "),
        ("jobs", play("reason", json!("")), 400, "play.reason: "),
        ("jobs", play("playbook", json!("A B")), 400, "play.playbook: "),
        ("jobs", play("max_unavailable", json!("0%")), 400, "play.max_unavailable: "),
        ("jobs", play("until", json!(1)), 400, "until"),
        (&format!("{job}/skip"), json!({}), 400, "host"),
        (&format!("{job}/retry"), json!({"from": 3}), 400, "from: "),
        (&format!("{job}/retry"), json!({"hosts": []}), 400, "hosts"),
        ("schedules/nightly/suspend", json!({"reason": ""}), 400, "reason: "),
        ("hosts/undrain", json!({"hosts": []}), 400, "hosts: "),
    ] {
        let request = http.post(format!("http://x/v1/{path}")).body(body.to_string());
        let problem = problem(request.send().await.unwrap()).await;
        assert_eq!(problem.status, status, "{path} {body}: {problem:?}");
        assert!(problem.detail.contains(says), "{path} {body}: {problem:?}");
        assert_eq!(problem.fresh, None);
    }
    assert!(served.asked.lock().unwrap().is_empty());
}
