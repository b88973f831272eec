//! What is chosen from a box or by letters: what to take back, a window, a layout, a place.

use std::sync::Arc;

use hostler::model::{Actor, Event, HoldKind, Via};

use super::fleet::{Maker, host};
use super::session::{Run, setup, standard};
use crate::ui::desk::Layout;
use crate::ui::keep::Keep;
use crate::ui::msg::{Effect, Msg, Order, Setup};
use crate::ui::theme::ThemeName;
use crate::ui::windows::WinKind;

fn cordoned(run: &mut Run, name: &str, who: &str) {
    let entry = run.maker.cordon(name, "disk", who);
    run.send(Msg::Entry(Arc::new(entry)));
}

#[test]
fn what_somebody_did_is_taken_back_the_newest_first() {
    let mut run = Run::new(120, 36, Maker::new(9, 9));
    run.keys("Z").sees("Undo: nothing that alice did can be taken back");
    cordoned(&mut run, "mac-0001", "bob");
    cordoned(&mut run, "mac-0002", "alice");
    let alice = Actor { who: "alice".into(), via: Via::Cli };
    let entry = run.maker.hold("mac-0003", HoldKind::Drain, "new disk", alice);
    run.send(Msg::Entry(Arc::new(entry)));
    run.keys("Z").sees("Undrain mac-0003").sees("drained, new disk").sees("Uncordon mac-0002");
    run.misses("Uncordon mac-0001");
    run.keys("Enter").sees("Undrain mac-0003?");
    assert!(run.orders().is_empty(), "nothing is asked before y");
    run.keys("y");
    assert_eq!(run.orders(), [&Order::Undrain { hosts: vec![host("mac-0003")] }]);
    run.keys("Z cordon Enter y");
    let order = Order::Uncordon { hosts: vec![host("mac-0002")], all: false };
    assert_eq!(run.orders().last(), Some(&&order), "of others' cordons none");
    run.keys("Z").click("Undrain mac-0003").sees("Undrain mac-0003?").keys("Esc");
    assert_eq!(run.orders().len(), 2);
}

#[test]
fn a_schedule_that_somebody_suspended_is_resumed() {
    let mut run = super::calendar::calendar(120, 36, false);
    let schedule = run.maker.snapshot().world.schedules.keys().next().cloned().unwrap();
    let reason = "release".to_string();
    let alice = Actor { who: "alice".into(), via: Via::Desktop };
    let event = Event::ScheduleSuspended { schedule: schedule.clone(), reason };
    let entry = run.maker.entry_by(alice, event);
    run.send(Msg::Entry(Arc::new(entry)));
    run.keys("Z").sees("suspended, release").keys("Enter y");
    assert_eq!(run.orders(), [&Order::ResumeSchedule { schedule }]);
}

#[test]
fn who_has_done_it_is_told_how_to_take_it_back() {
    let mut run = standard();
    run.keys("C disk Enter y");
    run.send(Msg::Answer { ask: 1, result: Ok("mac-0001 is cordoned".into()) });
    run.sees("mac-0001 is cordoned   Z takes it back");
}

#[test]
fn windows_are_laid_out_by_a_name_and_keep_what_is_in_them() {
    let mut run = standard();
    run.keys("/ busy Enter : layouts Enter Drain Space day Enter");
    run.sees("7:Drains").sees("2:Hosts  / busy").misses("Fleet map");
    run.keys(": layouts Enter night Space shift Enter").sees("Layout night shift is kept");
    let Some(Effect::Keep(Keep { key, value: Some(value) })) = run.effects.last() else {
        panic!("it was not kept")
    };
    assert_eq!(key, "named-layout-night shift");
    let layout: Layout = serde_json::from_value(value.clone()).unwrap();
    run.keys(": layouts Enter wall Enter").sees("Metrics").sees("5:Schedule");
    run.keys(": layouts Enter night Enter").misses("5:Schedule").sees("7:Drains");
    run.keys(": layouts Enter forget Space night Enter").sees("Layout night shift is forgotten");
    let gone = Keep { key: "named-layout-night shift".into(), value: None };
    assert_eq!(run.effects.last(), Some(&Effect::Keep(gone)));
    run.keys(": layouts Enter night").sees("keeps the windows as they are by this name");
    let named = [("night shift".to_string(), layout)].into();
    let mut run = Run::bare(Setup { named, ..setup() }, 120, 36, Maker::varied());
    run.keys(": layouts Enter").sees("night shift").keys("night Enter").sees("Drains");
}

#[test]
fn letters_go_wherever_a_click_would() {
    let mut run = standard();
    let letters = |run: &Run, (x, y): (u16, u16)| -> String {
        [x, x + 1].map(|x| run.buf[(x, y)].symbol().to_string()).concat()
    };
    let jobs = run.find("4:Jobs").unwrap();
    let frame = (run.app.desk.get(run.app.desk.of_kind(WinKind::Jobs).unwrap()).unwrap()).rect;
    run.keys("^O").sees("Jump to: type the letters of a place");
    let title = letters(&run, (frame.x, frame.y));
    assert!(title.chars().all(|c| c.is_ascii_lowercase()), "{title}");
    run.keys(&title).misses("Jump to").sees("4:Jobs");
    assert_eq!((run.focus(), run.find("4:Jobs")), (Some(WinKind::Jobs), Some(jobs)));
    // A row, then the button of the same window.
    run.keys("2");
    let (_, y) = run.find("mac-0004 ").unwrap();
    run.keys("^O");
    let hosts = (run.app.desk.focused().unwrap()).rect;
    let row = letters(&run, (hosts.x + 1, y));
    run.keys(&row).keys("C").sees("Cordon mac-0004?").keys("Esc ^O Esc").misses("Jump to");
    run.keys("^O").keys("Enter").misses("Jump to");
    run.keys("^O 1").sees("Jump: there is no place 1");
    run.keys("^O").mouse(crate::ui::input::Does::Down, 60, 10).misses("Jump to");
    assert!(run.orders().is_empty());
}

#[test]
fn where_nobody_has_chosen_a_theme_it_goes_with_the_terminals_ground() {
    for (unasked, light, shown) in [
        (true, true, ThemeName::Light),
        (true, false, ThemeName::Dark),
        (false, true, ThemeName::Dark),
    ] {
        let set = Setup { theme: ThemeName::Dark, unasked, ..setup() };
        let mut run = Run::bare(set, 80, 24, Maker::varied());
        run.send(Msg::Ground { light });
        assert_eq!(run.app.theme.name, shown, "{unasked} {light}");
    }
}

#[test]
fn what_is_copied_twice_is_shown_for_terminals_without_a_clipboard() {
    let mut run = standard();
    run.keys("Space Space y").sees("Copied mac-0001   again: shows it").keys("y");
    run.sees("Select it with the pointer").misses("Fleet map");
    let lines = run.text();
    assert_eq!(
        lines.lines().skip(1).take(2).map(str::trim).collect::<Vec<_>>(),
        ["mac-0001", "mac-0002"]
    );
    assert_eq!(run.effects.last(), Some(&Effect::Mouse(false)));
    run.keys("C PgDn Esc").sees("Fleet map").misses("Cordon mac");
    assert_eq!(run.effects.last(), Some(&Effect::Mouse(true)));
    run.keys("y").pass(6_000).keys("y").misses("Select it");
}
