//! Playbooks: the list of them, one with its steps, schedules and runs, and the ways to them.

use std::sync::Arc;

use hostler::api::Planned;
use hostler::model::{
    Act, Actor, DrainPlan, Event, FleetChange, HostPreview, Part, PlanAsk, Playbook, ScheduleSpec,
    Span, Step, StepAt, StepFate, StepPreview, Targets, Via,
};

use super::calendar::schedule;
use super::fleet::{Maker, host};
use super::session::Run;
use super::works::{step, upkeep};
use crate::ui::msg::{Answer, Effect, Msg, Query, Setup};
use crate::ui::windows::WinKind;

/// The playbook that the fleet at work runs, with all that a file can say of steps.
fn full() -> Playbook {
    let mut book = upkeep();
    book.summary = "Takes care of a host: tools, caches, a restart when it needs one.".into();
    book.steps[1] = Step {
        retries: 2,
        timeout: Some(Span::from_mins(20)),
        register: Some("brew".into()),
        ..book.steps[1].clone()
    };
    let when = "host.slots_leaked > 0 or host.uptime_hours > 168";
    book.steps[3] = Step { when: Some(when.into()), ..book.steps[3].clone() };
    let when = Some("not failed".into());
    book.always[0] = Step { when, ..book.always[0].clone() };
    let message = "somebody has to look at this host".into();
    book.always.push(Step { once: true, ..step("tell", Act::Notify { message }) });
    book
}

impl Maker {
    /// The fleet at work, with its playbook declared and two schedules that use it.
    pub fn with_books() -> Self {
        let mut maker = Self::at_work();
        let mut change = FleetChange::default();
        let book = full();
        for (name, cron) in [("monthly-upkeep", "0 3 1 * *"), ("weekend-upkeep", "0 4 * * SAT")] {
            let targets = Targets::Hosts("site=lausanne".parse().unwrap());
            let spec = ScheduleSpec::new(targets, book.name.clone(), cron, "Europe/Zurich");
            change.schedules.insert(schedule(name), Some(spec));
        }
        change.playbooks.insert(book.name.clone(), Some(book));
        maker.entry(Event::FleetChanged { change });
        let by = Actor { who: "bob".into(), via: Via::Cli };
        let (schedule, reason) = (schedule("weekend-upkeep"), "release week".into());
        maker.entry_by(by, Event::ScheduleSuspended { schedule, reason });
        maker
    }
}

fn books(w: u16, h: u16) -> Run {
    let mut run = Run::new(w, h, Maker::with_books());
    run.now = run.maker.now();
    run.heartbeat();
    run
}

#[test]
fn playbooks_are_listed_with_their_last_run_and_opened() {
    let mut run = books(120, 36);
    run.keys(": playbooks Enter").sees("3 playbooks").sees("◆ upkeep").sees("running ");
    run.sees("○ tidy").sees("none is known").sees("monthly-upkeep, +1");
    run.keys("/ each=host Space upk Enter").sees("1 playbook ").keys("y").sees("Copied upkeep");
    run.keys("Enter").sees("Playbook upkeep");
    assert_eq!(run.focus(), Some(WinKind::Playbook));
    run.keys("Esc").misses("Playbook upkeep");
}

#[test]
fn a_playbook_shows_its_steps_its_schedules_and_its_runs() {
    let mut run = books(120, 36);
    run.keys(": upkeep Enter").sees("7:Playbook upkeep");
    run.sees("when a step fails, the host takes no work until somebody has looked at it");
    run.sees("6 steps").sees("sh: brew upgrade").sees("20m");
    run.sees("2 closing steps, done whether the others failed or not").sees("+2  tell");
    run.keys("Down").sees("tried again up to 2 times; each try within 20m; its result is `brew`");
    run.keys("Enter").sees("Show: choose a run or a schedule of it");
    run.sees("■ suspended").sees("every Sat at 04:00 (Europe/Zurich)");
    run.sees("2 runs, the latest first").sees("◆ running").sees("1/8 hosts done");
    run.sees("✓ done").sees("2/2 hosts done");
    run.keys("End").sees("asked for by alice").sees("the tools of November").keys("Enter");
    assert_eq!(run.focus(), Some(WinKind::Job));
    run.sees("2/2 over");
}

#[test]
fn of_a_schedule_in_it_the_calendar_is_opened() {
    let mut run = books(120, 36);
    run.keys(": upkeep Enter").click("weekend-upkeep").keys("d");
    assert_eq!(run.focus(), Some(WinKind::Schedule));
    run.sees("held    ■ suspended by bob");
}

#[test]
fn a_playbook_follows_its_runs_and_stays_when_it_leaves_the_fleet() {
    let mut run = books(120, 36);
    run.keys(": upkeep Enter").sees("1/8 hosts done");
    let job =
        run.maker.job_under_way(|kind| matches!(kind, hostler::model::JobKind::Playbook { .. }));
    for n in [15, 16] {
        let entry = run.maker.task_begins(job, n);
        run.send(Msg::Entry(Arc::new(entry)));
        let entry = run.maker.task_ends(job, n, hostler::model::TaskEnd::Done);
        run.send(Msg::Entry(Arc::new(entry)));
    }
    run.pass(1).sees("3/8 hosts done");
    let name = "upkeep".parse().unwrap();
    let change = FleetChange { playbooks: [(name, None)].into(), ..FleetChange::default() };
    let entry = run.maker.entry(Event::FleetChanged { change });
    run.send(Msg::Entry(Arc::new(entry))).pass(1).sees("has left the fleet").sees("brew upgrade");
    run.keys("Esc : playbooks Enter").sees("2 playbooks");
}

/// Answers the last plan that was asked for: two hosts, on one of which a step is skipped.
pub fn answer(run: &mut Run) -> PlanAsk {
    let asked = run.effects.iter().rev().find_map(|effect| {
        let Effect::Ask(Query::Plan(ask)) = effect else { return None };
        Some(PlanAsk::clone(ask))
    });
    let ask = asked.expect("a plan was asked for");
    let step = |ix, name: &str, does| StepPreview {
        at: StepAt { part: Part::Steps, ix },
        name: name.into(),
        does,
    };
    let done = |what: &str| StepFate::Done { what: what.into() };
    let why = "`host.slots_leaked > 0` does not hold".to_string();
    let steps = |last| {
        let told = "`brew.said != ''`: brew tells".to_string();
        vec![
            step(0, "drain", done("2 VMs")),
            step(1, "brew", done("")),
            step(2, "caches", StepFate::Depends { why: told }),
            step(3, "reboot", last),
        ]
    };
    let host = |name: &str, wave, steps| HostPreview {
        host: host(name),
        state: "ready".into(),
        vms: Vec::new(),
        blocks: if wave == 1 { vec!["cordon by bob already: disk".into()] } else { Vec::new() },
        steps,
        wave,
        earliest: None,
    };
    let hosts = vec![
        host("mac-0001", 0, steps(done(""))),
        host("mac-0002", 1, steps(StepFate::Skipped { why })),
        host("mac-0003", 1, steps(done(""))),
    ];
    let plan = DrainPlan { hosts, at_once: 1, ..DrainPlan::default() };
    let planned = Planned { token: "t".into(), plan };
    let query = Query::Plan(Box::new(ask.clone()));
    run.send(Msg::Told { query, answer: Ok(Answer::Plan(Box::new(planned))) });
    ask
}

fn read_only(w: u16, h: u16) -> Run {
    let setup = Setup { read_only: true, ..super::session::setup() };
    let mut run = Run::bare(setup, w, h, Maker::with_books());
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot));
    run.now = run.maker.now();
    run.heartbeat();
    run
}

#[test]
fn a_preview_shows_what_each_step_would_do_on_which_hosts_and_changes_nothing() {
    let mut run = read_only(120, 36);
    run.keys("2 Home Space Space : upkeep Enter p").sees("Preview of upkeep on 2 hosts chosen");
    run.sees("is asked what this would do");
    let PlanAsk::Play(ask) = answer(&mut run) else { panic!("another plan was asked for") };
    assert_eq!((ask.playbook.as_str(), ask.hosts.len()), ("upkeep", 2));
    run.sees("3 hosts, 1 at once; in waves of 1, 2");
    run.sees("steps on mac-0001, mac-0003:").sees("steps on mac-0002:");
    run.sees(" 1 drain  2 VMs  1h, then stop its VMs").sees(" 4 reboot  within 15m");
    run.sees("open: `brew.said != ''`: brew tells").sees("skipped: `host.slots_leaked > 0`");
    run.sees("Nothing is asked for").misses("Reason").misses("hostler playbook run");
    run.keys("End PgDn").sees("Close");
    run.keys("x R D Enter").misses("Preview of");
    assert!(run.orders().is_empty());
}

#[test]
fn a_preview_goes_on_to_pools_the_whole_fleet_and_the_runs_of_schedules() {
    let mut run = books(120, 36);
    run.keys(": upkeep Enter p");
    let mut seen = Vec::new();
    for _ in 0..9 {
        let ask = answer(&mut run);
        let text = run.text();
        let title = text.lines().find_map(|line| line.split("Preview of ").nth(1));
        let title = title.unwrap().split(" ═").next().unwrap().to_string();
        let hosts = match &ask {
            PlanAsk::Play(ask) => ask.hosts.len(),
            PlanAsk::Run(_) => 0,
            PlanAsk::Drain(_) | PlanAsk::Respawn(_) => panic!("{ask:?}"),
        };
        if seen.contains(&(title.clone(), hosts)) {
            break;
        }
        seen.push((title, hosts));
        run.keys("Tab");
        while !matches!(run.app.dialog.as_ref().unwrap().on, crate::ui::dialogs::Spot::Subject) {
            run.keys("Tab");
        }
        run.keys("Space");
    }
    let titles: Vec<&str> = seen.iter().map(|(title, _)| title.as_str()).collect();
    assert!(titles.iter().any(|title| title.ends_with("chosen in Hosts")), "{titles:?}");
    assert!(titles.iter().any(|title| title.ends_with("of pool concourse")), "{titles:?}");
    assert!(titles.contains(&"upkeep on 24 hosts of the fleet"), "{titles:?}");
    assert!(titles.contains(&"the next run of weekend-upkeep"), "{titles:?}");
    assert!(run.orders().is_empty());
    run.keys("Esc").click("weekend-upkeep").keys("p").sees("Preview of the next run of weekend");
    assert_eq!(answer(&mut run), PlanAsk::Run(schedule("weekend-upkeep")));
    run.keys("Esc : preview Space upkeep Space mac-0007 Enter").sees("Preview of upkeep on 1 host");
    let PlanAsk::Play(ask) = answer(&mut run) else { panic!("another plan was asked for") };
    assert_eq!(ask.hosts, [host("mac-0007")]);
    let next = run.now + Span::from_secs(4);
    run.keys("Esc").send(Msg::Lost { why: "gone".into(), next });
    run.keys("p").sees("Preview: not connected");
}
