//! The calendar: what it shows, how it is leafed through, and what can be asked of a schedule.

use std::sync::Arc;

use hostler::model::{Actor, Event, Span, Timestamp, Via};

use super::calendar::{NOW, asked_ahead, calendar, foresee, schedule, tell};
use super::session::Run;
use crate::ui::input::Does;
use crate::ui::msg::{Answer, Effect, Msg, Order, Query};
use crate::ui::windows::WinKind;

fn wide() -> Run {
    calendar(120, 36, false)
}
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_week_shows_what_ran_what_came_of_it_and_what_is_to_come() {
    let mut run = wide();
    run.sees("week 35, 24 Aug to 30 Aug 2026").sees("Thu 27 ◂");
    run.sees("│02:00 ✓ 4    │02 ! failed  │").sees("│02:00 ○ due  │× blackout   │02:00 ○ due");
    run.sees("│1◆ 2✓ 1○     │1! 3○        │1! 3○        │4○");
    run.sees("│22 ! failed  │22:00 ! due  │22:00 ! due  │ ");
    run.keys("Down").sees("rule    every day at 02:00 (UTC)").sees("respawn over pool concourse");
    run.sees("next    Fri 28 Aug 02:00, Sun 30 Aug 02:00, Mon 31 Aug 02:00");
    run.sees("last    Thu 27 Aug 02:00 ✓ done: 4 of 4 tasks, 41m");
    run.keys("Left Left")
        .sees("day     Tue 25 Aug 02:00 ! failed: 1 of 4 tasks were skipped or failed, 41m");
    run.keys("End").sees("held    ■ suspended by bob").sees("release week").sees("04:00 ■");
    run.sees("Sat 29 Aug 04:00 suspended").keys("Up").sees("by the pattern `30 5 1 12 *`");
    run.sees("none within 35d");
}

#[test]
fn the_calendar_is_leafed_through_by_days_weeks_and_months() {
    let mut run = wide();
    run.keys("Down Down").sees("os-update ───");
    run.keys("Left Left Left Left").sees("week 34, 17 Aug to 23 Aug 2026").sees("22 × missed");
    run.keys("Right").sees("week 35").keys("h Left Left").sees("week 34");
    run.sees("day     Fri 21 Aug 22:00 × missed: no controller was at work, and its window ended");
    run.keys("t").sees("week 35").sees("day     Thu 27 Aug 22:00 ! due");
    run.keys("d")
        .sees("Thu 27 Aug 2026")
        .sees("○░░░")
        .sees("◆▓▓▓")
        .keys("Right")
        .sees("Fri 28 Aug");
    run.keys("m").sees("August 2026").keys("w").sees("week 35").misses("August 2026");
    run.keys("5 Esc").sees("week 35");
    let (x, y) = run.find("Mon 24").unwrap();
    run.mouse(Does::Down, x, y + 2).mouse(Does::Up, x, y + 2).sees("nightly-respawn ───");
    run.sees("day     Mon 24 Aug 02:00").click("Wed 26").sees("day     Wed 26 Aug 02:00");
}

#[test]
fn the_job_of_a_run_is_found_and_only_where_there_is_one() {
    let mut run = wide();
    run.keys("Down Left Left Enter");
    assert_eq!(run.focus(), Some(WinKind::Job));
    let failed = run.app.desk.focused().unwrap().view.job().unwrap();
    let world = run.maker.snapshot().world;
    assert_eq!(world.jobs[&failed].word(), "failed");
    assert_eq!(world.jobs[&failed].opened.to_string()[..13], *"2026-08-25T02");
    run.keys("5 t Right o").sees("Show its job: no run of that day has a job");
    assert_eq!(run.focus(), Some(WinKind::Schedule));
}

#[test]
fn what_is_asked_of_a_schedule_needs_y_and_a_suspension_its_reason() {
    let mut run = wide();
    let name = || schedule("nightly-respawn");
    run.keys("Down N").sees("Run schedule nightly-respawn now?").keys("N n");
    assert!(run.orders().is_empty());
    run.keys("N y");
    assert_eq!(run.orders(), [&Order::RunNow { schedule: name() }]);
    run.effects.clear();
    run.keys("S").sees("Skip the next run of schedule nightly-respawn?").keys("y");
    assert_eq!(run.orders(), [&Order::SkipNext { schedule: name() }]);
    run.effects.clear();
    run.keys("H")
        .sees("Suspend schedule nightly-respawn?")
        .keys("Enter")
        .sees("a reason is needed");
    run.keys("freeze Enter y");
    let reason = "freeze".to_string();
    assert_eq!(run.orders(), [&Order::SuspendSchedule { schedule: name(), reason }]);
    run.effects.clear();
    run.keys("End H").sees("Resume schedule weekly-reboot?").keys("y");
    assert_eq!(run.orders(), [&Order::ResumeSchedule { schedule: schedule("weekly-reboot") }]);
    run.keys("2 N").sees("Run now: not for this window");
}

#[test]
fn what_is_to_come_is_asked_for_once_and_again_when_it_may_be_otherwise() {
    let mut run = calendar(120, 36, false);
    assert_eq!(tell(&mut run), 0, "it was told");
    run.keys("Down").pass(1_000);
    assert_eq!(tell(&mut run), 0);
    let (upto, nightly) = (at("2026-08-28T02:00:00Z"), schedule("nightly-respawn"));
    let entry = Event::RunsSkipped { schedule: nightly, upto };
    let entry = Arc::new(run.maker.entry(entry));
    run.send(Msg::Entry(entry)).pass(1).sees("02 × skipped");
    assert_eq!(tell(&mut run), 1);
    run.sees("next    Fri 28 Aug 02:00 skipped, Sun 30 Aug 02:00");
    let by = Actor { who: "alice".into(), via: Via::Desktop };
    let entry = Event::ScheduleSuspended { schedule: schedule("os-update"), reason: "no".into() };
    let entry = Arc::new(run.maker.entry_by(by, entry));
    run.send(Msg::Entry(entry)).pass(1);
    assert_eq!(tell(&mut run), 1);
    run.sees("22:00 ■").keys("m Right Right Right Right Right").sees("September 2026").pass(1);
    assert_eq!(tell(&mut run), 0, "the month after is near enough");
    let far = "Right ".repeat(30);
    run.keys(&far).sees("October 2026").sees("…").pass(1);
    assert_eq!(run.effects.last(), Some(&Effect::Ask(Query::Schedules(Span::from_hours(70 * 24)))));
    assert_eq!(tell(&mut run), 1);
    run.sees("nightly-respawn ○  ○").sees("image-refresh   …  …");
}

#[test]
fn what_is_not_told_is_said_and_not_asked_for_without_end() {
    let mut run = calendar(120, 36, false);
    let entry = Event::ScheduleResumed { schedule: schedule("weekly-reboot") };
    let entry = Arc::new(run.maker.entry(entry));
    run.send(Msg::Entry(entry)).pass(1);
    let query = Query::Schedules(Span::from_hours(35 * 24));
    let asked =
        |run: &Run| run.effects.iter().filter(|e| **e == Effect::Ask(query.clone())).count();
    assert_eq!(asked(&run), 1);
    let answer: Result<Answer, String> = Err("the controller is stopping".into());
    run.send(Msg::Told { query: query.clone(), answer }).pass(1).pass(1_000);
    assert_eq!(asked(&run), 1);
    run.sees("runs to come are not known: the controller is stopping");
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).pass(1);
    assert_eq!(asked(&run), 2, "another controller may know");
    assert_eq!(tell(&mut run), 2);
    run.misses("not known");
    assert!(run.now >= NOW);
}

#[test]
fn runs_that_meet_are_marked_counted_and_told() {
    let mut run = wide();
    run.sees("5 schedules   2 conflicts   1 suspended   1 run passed over");
    run.keys("Down Down").sees("clash   22:00 meets image-refresh of Fri 28 Aug 00:00 on 15 hosts");
    run.sees("from 00:00 to 02:00: image-refresh begins no host").sees("while os-update holds it");
    run.keys("Home Right").sees("clash   00:00 meets os-update of Thu 27 Aug 22:00");
    run.misses("is foreseen to be over").keys("Down Down").pass(1);
    foresee(&mut run);
    run.sees("os-update is foreseen to be over by 00:00").keys("Home");
    run.keys("Down Right").sees("day     02:00 does not run: 2026-08-29 is a blackout day");
    run.keys("d").sees("Sat 29 Aug 2026").sees("1 conflict ");
    run.sees("1 run passed over").keys("Right").misses("conflict").misses("passed over");
}

#[test]
fn the_chosen_day_shows_what_runs_promise_and_what_is_free() {
    let mut run = wide();
    run.sees("─ Thu 27 Aug ─").sees("takes 4 of 44 hosts").sees("takes 2 of 29 VMs");
    run.sees("████▇▇▇▇▇▇▆▆▆▆▆▆▃▃▃▃▃▃  least 3 at 22:00");
    run.sees("ahead   15 hosts from 18:00 to 20:00").sees("misfit  job 00007: mac-0003");
    run.sees("foreseen as of 14:00, if work of VMs ends within 20m");
    run.keys("Down Down")
        .sees("15 hosts from 22:00, not over by 02:00, 1 without a turn: mac-0003");
    run.keys("Left").sees("free slots      not known of what is past").misses("foreseen as of");
    let mut run = calendar(80, 24, false);
    run.sees("free Thu 27     ").sees("▃▃  least 3 at 22:00").keys("d").sees("▃▃▃▃  3 at 22:00");
    run.keys("Down Down").sees("it takes 1 of 15 hosts at once");
    run.resize(60, 16).sees("free slots").sees("os-update");
}

#[test]
fn a_forecast_is_asked_for_once_as_far_as_the_day_needs_and_anew_when_it_may_come_otherwise() {
    let mut run = Run::bare(super::session::setup(), 120, 36, super::fleet::Maker::scheduled());
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).pass(1);
    assert_eq!(asked_ahead(&run), [], "nobody looks");
    run.keys("5");
    tell(&mut run);
    run.pass(1).sees("free slots      asking the controller...");
    assert_eq!(asked_ahead(&run), [Span::from_hours(12)], "until the last window of the day");
    run.keys("Right").pass(1_000);
    assert_eq!(asked_ahead(&run).len(), 1, "one at a time");
    assert_eq!(foresee(&mut run), 1);
    run.pass(1);
    assert_eq!(asked_ahead(&run), [Span::from_hours(36)], "as far as the next day needs");
    foresee(&mut run);
    run.pass(1).sees("▄▄▄▄▄▄▁▁▁▁▁▁▅▅").keys("Left Down t").pass(1);
    assert_eq!(asked_ahead(&run), [], "what is near is known too");
    // What the hosts show is no reason, and neither is a run that fires as it was to.
    let late = run.maker.reach("mac-0031", hostler::model::Reach::Suspect, "late");
    let entry = Arc::new(late);
    run.send(Msg::Entry(entry)).keys("Down").pass(1);
    assert_eq!(asked_ahead(&run), []);
    let entry = Arc::new(run.maker.cordon("mac-0031", "disk", "bob"));
    run.send(Msg::Entry(entry)).pass(1).heartbeat();
    assert_eq!(asked_ahead(&run), [], "nobody has looked since");
    run.sees("changed since: a step to another day asks again").keys("Right").pass(1);
    assert_eq!(foresee(&mut run), 1);
    run.misses("changed since");
    run.keys("Left").pass(1);
    assert_eq!(asked_ahead(&run), []);
}

#[test]
fn what_is_not_foreseen_is_said() {
    let mut run = wide();
    let far = "Right ".repeat(8);
    run.keys(&far).pass(1);
    foresee(&mut run);
    run.pass(1).sees("not foreseen: forecasts reach 7d ahead");
    assert_eq!(asked_ahead(&run), []);
    run.keys("Left").pass(1);
    let span = hostler::api::FORECAST_MOST;
    assert_eq!(asked_ahead(&run), [span]);
    let query = Query::Forecast(span);
    let answer: Result<Answer, String> = Err("the controller is stopping".into());
    run.effects.clear();
    run.send(Msg::Told { query, answer }).pass(1).pass(1_000);
    run.sees("not known: the controller is stopping");
    assert_eq!(asked_ahead(&run), [], "not without end");
    run.keys("t").pass(1).sees("least 3 at 22:00");
    run.keys("Right Right").pass(1);
    assert_eq!(asked_ahead(&run), [Span::from_hours(58)], "somebody looks further");
}
