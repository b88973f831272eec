//! What outlives a desktop: choices that were kept, and where the windows lay.

use std::collections::BTreeMap;

use super::fleet::Maker;
use super::session::{Run, setup, standard};
use crate::ui::app::App;
use crate::ui::keep::Keep;
use crate::ui::msg::{Effect, Msg, Setup};
use crate::ui::windows::WinKind;

/// What was asked to be kept, in the order it was.
fn kept(run: &Run) -> Vec<String> {
    let told = |effect: &Effect| {
        let Effect::Keep(Keep { key, value }) = effect else { return None };
        Some(value.as_ref().map_or(format!("no {key}"), |value| format!("{key}: {value}")))
    };
    run.effects.iter().filter_map(told).collect()
}

/// The desktop that follows one that was left.
fn next(run: &Run, w: u16, h: u16) -> Run {
    let Keep { key, value } = run.app.leave().expect("a layout");
    let class = key.strip_prefix(Keep::LAYOUT).unwrap().to_string();
    let layouts = BTreeMap::from([(class, serde_json::from_value(value.unwrap()).unwrap())]);
    Run::bare(Setup { layouts, ..setup() }, w, h, Maker::varied())
}

#[test]
fn enter_in_the_settings_and_a_theme_of_the_menu_are_kept_and_select_text_is_not() {
    let zone = "Asia/Kolkata".parse().unwrap();
    let mut run = Run::bare(Setup { zone, ..setup() }, 120, 36, Maker::varied());
    run.keys(", Down").keys("Esc F8 F8");
    assert!(kept(&run).is_empty(), "{:?}", kept(&run));
    run.keys(": theme Space cvd-light Enter , Down Enter");
    run.click("for terminals and fonts").keys("Enter").click("it selects text").keys("Enter");
    run.click("as the journal has them").keys("Enter").click("as the clocks here").keys("Enter");
    run.click("they move as soon").keys("Enter");
    let wanted = [
        "theme: \"cvd-light\"",
        "theme: \"terminal\"",
        "ascii: true",
        "mouse: false",
        "times: \"utc\"",
        "times: \"local\"",
        "hold_rows: false",
    ];
    assert_eq!(kept(&run), wanted);
}

#[test]
fn a_choice_that_the_file_goes_before_and_one_that_cannot_be_kept_are_told() {
    let written = vec!["theme".to_string()];
    let mut run = Run::bare(Setup { written, ..setup() }, 120, 36, Maker::varied());
    run.keys(": theme Space light Enter").sees("next time as desktop.yaml says");
    run.keys(", End Enter").sees("Rows: move").misses("desktop.yaml says");
    run.send(Msg::NotKept("the disk is full".into())).sees("until you leave: the disk is full");
    run.keys("Esc 6 z").sees("the disk is full");
}

#[test]
fn a_desktop_begins_with_what_was_kept() {
    let zone = "Asia/Kolkata".parse().unwrap();
    let kept = Setup { zone, utc: true, mouse: false, hold: false, ascii: true, ..setup() };
    let mut run = Run::bare(kept, 120, 36, Maker::varied());
    run.misses("+05:30").keys(", z");
    run.sees("(*) ascii").sees("(*) off").sees("(*) UTC").sees("(*) move").sees("Asia/Kolkata");
}

#[test]
fn windows_lie_as_they_were_left_for_each_size_class() {
    let mut run = standard();
    assert_eq!(run.app.leave(), None, "nothing was changed");
    run.keys("3 W Right Down Enter 1 z Enter ?");
    let place =
        |run: &Run| run.app.desk.get(run.app.desk.of_kind(WinKind::Vms).unwrap()).unwrap().rect;
    let mut again = next(&run, 120, 36);
    assert_eq!((place(&again), again.focus()), (place(&run), Some(WinKind::Map)));
    again.misses("7:Host").misses("7:Help").sees("[▼]");
    assert_eq!(again.app.leave(), None, "nothing was changed");
    let compact = next(&run, 80, 24);
    assert_eq!(compact.focus(), Some(WinKind::Hosts), "that class has no layout yet");
    again.keys(": reset Enter");
    assert_eq!(kept(&again), ["no layout-standard"]);
    assert_eq!((again.focus(), again.app.leave()), (Some(WinKind::Hosts), None));
}

#[test]
fn a_terminal_that_is_too_small_keeps_no_layout() {
    let mut run = standard();
    run.keys("3").resize(40, 10);
    assert_eq!(run.app.leave(), None);
    let app = App::new(setup(), (40, 10), run.now);
    assert_eq!(app.leave(), None);
}
