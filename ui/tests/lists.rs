//! What every list does with its columns, its rows and its marks, and what of it is kept.

use std::sync::Arc;

use super::fleet::Maker;
use super::session::{Run, setup, standard};
use crate::ui::app::App;
use crate::ui::desk::WinId;
use crate::ui::input::{Does, Mouse};
use crate::ui::keep::Keep;
use crate::ui::msg::{Effect, Msg, Setup};
use crate::ui::windows::WinKind;

/// What was last asked to be kept.
fn kept(run: &Run) -> Option<Keep> {
    let keep = |effect: &Effect| {
        let Effect::Keep(keep) = effect else { return None };
        Some(keep.clone())
    };
    run.effects.iter().rev().find_map(keep)
}

fn columns(app: &App) -> Vec<(&'static str, bool, u16)> {
    app.desk.focused().unwrap().view.columns()
}

#[test]
fn columns_are_chosen_in_a_box_and_kept_for_the_next_time() {
    let mut run = standard();
    run.keys("z c").sees("═ Columns").sees(" *  HOST").sees("[x] LOAD");
    run.keys("Space Enter").sees(" *  HOST");
    assert_eq!(kept(&run), None, "a row has a name");
    run.keys("Down Space").sees("[ ] STATE").keys("Esc").misses("═ Columns").misses("STATE ");
    let keep = kept(&run).unwrap();
    assert_eq!(keep.key, "columns-hosts");
    assert_eq!(keep.value.as_ref().unwrap().to_string(), r#"{"hidden":["STATE"]}"#);
    run.keys("c Home Right l l Left c").sees("HOST▲  ");
    let host = columns(&run.app)[0].2;
    let Keep { value: Some(value), .. } = kept(&run).unwrap() else { panic!("it is kept") };
    let kept_columns = [("hosts".to_string(), serde_json::from_value(value).unwrap())].into();
    let again = Setup { columns: kept_columns, ..setup() };
    let mut next = Run::bare(again, 120, 36, Maker::varied());
    let snapshot = Arc::new(next.maker.snapshot());
    next.send(Msg::Snapshot(snapshot)).keys("z").misses("STATE ");
    assert_eq!((columns(&next.app)[0].2, columns(&next.app)[1].1), (host, false));
    next.keys("^W 2 z").misses("STATE ");
    assert!(!columns(&next.app)[1].1, "a window that is opened anew has them too");
    next.keys(": reset Enter 2 z").misses("STATE ");
    next.keys("c Backspace Esc").sees("STATE ");
    assert_eq!(kept(&next), Some(Keep { key: "columns-hosts".into(), value: None }));
    assert!(columns(&next.app).iter().all(|(_, shown, _)| *shown));
}

#[test]
fn the_box_works_with_the_pointer_and_nothing_behind_it_is_meant() {
    let mut run = standard();
    run.keys("c").click("] LOAD").sees("[ ] LOAD").mouse(Does::Down, 3, 30).sees("═ Columns");
    run.keys("Esc : drains Enter c").misses("LOAD").sees("WAITS FOR").keys("q");
    run.keys("1 c").misses("═ Columns").keys("? : columns Enter").sees("not for this window");
}

#[test]
fn the_edge_of_a_header_sizes_its_column() {
    let mut run = standard();
    run.keys("z");
    let (x, y) = run.find("STATE ").unwrap();
    let before = run.find("VM ").unwrap().0;
    // One gap of two cells is before the next column.
    let edge = before - 2;
    run.mouse(Does::Down, edge, y).mouse(Does::Up, edge, y);
    assert_eq!((run.find("VM ").unwrap().0, kept(&run)), (before, None), "a click sizes nothing");
    run.mouse(Does::Down, edge, y).mouse(Does::Drag, edge + 7, y);
    assert_eq!(run.find("VM ").unwrap().0, before + 7);
    assert_eq!(kept(&run), None, "not before it is let go");
    run.mouse(Does::Drag, x, y).mouse(Does::Drag, edge + 3, y).mouse(Does::Up, edge + 3, y);
    assert_eq!(run.find("VM ").unwrap().0, before + 3);
    assert_eq!(kept(&run).unwrap().key, "columns-hosts");
    run.mouse(Does::Drag, edge + 9, y);
    assert_eq!(run.find("VM ").unwrap().0, before + 3, "it was let go");
    run.sees("HOST▲");
}

#[test]
fn a_wide_list_is_scrolled_by_columns_with_the_first_one_fixed() {
    let mut run = Run::new(80, 24, Maker::varied());
    run.keys("3").misses("ADDRESS").keys("Right").misses("wide");
    run.keys("w").sees("wide, columns 2-").sees("WORK").sees("   VM ");
    run.keys("l Right l").sees("wide, columns 5-").misses("WORK").sees("ADDRESS").sees("   VM ");
    run.keys("l l l l l l l l l").sees("WHY").sees("   VM ").sees("of 9");
    run.keys("h h h h h h h h h h").sees("WORK").keys("w").misses("wide").misses("ADDRESS");
}

#[test]
fn frozen_rows_do_not_follow_until_they_may() {
    let mut run = standard();
    run.keys("/ cordoned Enter .").sees("2 hosts   frozen");
    let entry = run.maker.cordon("mac-0001", "disk", "carol");
    run.send(Msg::Entry(Arc::new(entry))).pass(5_000).sees("2 hosts   frozen");
    run.keys(".").sees("3 hosts").misses("frozen");
}

#[test]
fn the_bar_beside_the_rows_is_clicked_and_dragged() {
    let mut run = standard();
    run.keys("z");
    let (x, y) = (run.find("░").unwrap().0, run.find("HOST▲").unwrap().1 + 2);
    let last = y + run.text().matches('░').count() as u16 - 1;
    run.mouse(Does::Down, x, y).mouse(Does::Drag, x - 9, last).keys("C").sees("Cordon mac-0044?");
    run.keys("Esc").mouse(Does::Drag, x - 30, y - 1).keys("C").sees("Cordon mac-0001?");
    run.keys("Esc").mouse(Does::Drag, x, last + 4).keys("C").sees("Cordon mac-0001?");
    run.keys("Esc").mouse(Does::Up, x, y).mouse(Does::Drag, x, last).keys("C");
    run.sees("Cordon mac-0001?");
    run.keys("Esc").mouse(Does::Down, x, last).mouse(Does::Up, x, last).keys("C");
    run.sees("Cordon mac-0044?");
}

fn shift_click(run: &mut Run, text: &str) {
    let (x, y) = run.find(text).unwrap();
    run.send(Msg::Mouse(Mouse { does: Does::Down, x, y, ctrl: false, shift: true }));
    run.mouse(Does::Up, x, y);
}

#[test]
fn a_range_is_marked_by_keys_and_by_the_pointer() {
    let mut run = standard();
    run.keys("v Down Down").sees("range of 3").misses("marked").sees("*◆ mac-0002");
    run.keys("Space").sees("3 marked").misses("range").keys("u Home v j v").sees("2 marked");
    run.keys("v Down Esc").sees("2 marked").misses("range of");
    run.keys("u Home");
    shift_click(&mut run, "mac-0005 ");
    run.sees("5 marked");
    run.keys("C").sees("Cordon 5 hosts").keys("Esc u 4");
    shift_click(&mut run, "respawn concourse");
    assert_eq!(run.focus(), Some(WinKind::Jobs));
    run.misses("marked").misses("range of");
}

/// The field of a window that lies under a pinned one takes text, but shows no cursor.
#[test]
fn a_cursor_under_a_pinned_window_is_not_shown() {
    let mut run = standard();
    run.keys("4 /");
    assert!(run.app.cursor().is_some());
    run.keys("Esc : drains Enter : pin Enter");
    let drains: WinId = run.app.desk.of_kind(WinKind::Drains).unwrap();
    run.keys("4 /");
    let (jobs, over) =
        (run.app.desk.focused().unwrap().rect, run.app.desk.get(drains).unwrap().rect);
    assert!(over.contains((jobs.x + 5, jobs.bottom() - 1).into()), "{over:?} {jobs:?}");
    assert_eq!(run.app.cursor(), None);
}
