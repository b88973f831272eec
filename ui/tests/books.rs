//! Playbooks: the list of them, one with its steps, schedules and runs, and the ways to them.

use std::sync::Arc;

use hostler::model::{
    Act, Actor, Event, FleetChange, Playbook, ScheduleSpec, Span, Step, Targets, Via,
};

use super::calendar::schedule;
use super::fleet::Maker;
use super::session::Run;
use super::works::{step, upkeep};
use crate::ui::msg::Msg;
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
