//! Keys of one's own: they work, the table's do not any more, and everybody shows them.

use super::fleet::Maker;
use super::session::{Run, setup};
use crate::ui::keymap::{read_keys, tests::written_down};
use crate::ui::msg::{Effect, Msg, Setup};
use crate::ui::windows::WinKind;

fn with_keys(written: &[(&str, Vec<&str>)]) -> Run {
    let keys = read_keys(&written_down(written)).unwrap();
    let mut run = Run::bare(Setup { keys, ..setup() }, 120, 36, Maker::varied());
    let snapshot = std::sync::Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot));
    run
}

#[test]
fn they_work_and_hints_menus_help_and_the_palette_show_them() {
    let mut run = with_keys(&[("cordon", vec!["B"]), ("quit", vec!["^X"]), ("find", vec!["F7"])]);
    run.sees("B Cordon…").sees("^X Quit").sees("F7 Find").misses("^Q").misses("C Cordon");
    run.keys("C").misses("Cordon mac-0001?").keys("B").sees("Cordon mac-0001?").keys("Esc");
    run.keys("m").sees("Cordon…          B ").keys("Esc");
    run.keys("F7 cordon").sees("Cordon…  B").keys("Esc");
    run.keys("?").sees("B                Cordon…").sees(" cordon").keys("Esc");
    run.keys("^Q");
    assert!(!run.effects.contains(&Effect::Quit));
    run.keys("^X");
    assert!(run.effects.contains(&Effect::Quit));
}

#[test]
fn a_double_click_opens_whatever_enter_is() {
    let mut run = with_keys(&[("open", vec!["e"])]);
    run.keys("Enter");
    assert_eq!(run.focus(), Some(WinKind::Hosts));
    run.click("mac-0006").click("mac-0006").sees("Host mac-0006");
}

#[test]
fn a_desktop_without_windows_says_the_keys_that_open_some() {
    let mut run = with_keys(&[("menu", vec!["F2"]), ("hosts", vec!["!"])]);
    run.keys("^W ^W ^W ^W").sees("F2 is the menu, ! opens Hosts");
}

#[test]
fn help_names_every_command_for_the_file() {
    let mut run = with_keys(&[]);
    run.keys("? z").sees(" cordon").sees("name in desktop.yaml").keys("PgDn").sees(" theme-dark");
}
