//! The fleet map: how far it is zoomed, what a cell opens, and that it follows the fleet.

use std::sync::Arc;

use hostler::model::Reach;

use super::fleet::Maker;
use super::session::{Run, standard};
use crate::ui::input::Does;
use crate::ui::msg::Msg;
use crate::ui::windows::WinKind;

#[test]
fn a_cell_of_one_host_opens_it_and_of_several_the_list_of_them() {
    let mut run = standard();
    run.keys("1 z").sees("1 cell = 1 host").sees("r01 ").sees("r04 ");
    run.keys("Down Right").sees("r02  ◆ mac-0013").keys("Enter").sees("7:Host mac-0013");
    run.keys("Esc 1 - -").sees("1 cell = 5 hosts, the worst state wins").sees("mac-0012..mac-0016");
    run.keys("Enter").sees("2:Hosts  / group=r02 host=mac-0012..mac-0016").sees("5 hosts");
    assert_eq!(run.focus(), Some(WinKind::Hosts));
    run.keys("1 Esc").sees("1 cell = 1 host").keys("End Enter").sees("7:Host mac-0044");
    run.keys("1 C").sees("Cordon: not for this window");
}

#[test]
fn the_worst_state_of_a_cell_is_shown_and_followed() {
    let mut run = Run::new(120, 36, Maker::racked(240));
    run.keys("1 z").sees("◆ 120 busy").keys("- - -").sees("1 cell = 10 hosts");
    run.sees("dc1 r01  mac-0001..mac-0010  ◆ 5 busy  ● 5 ready");
    let entry = run.maker.reach("mac-0002", Reach::Lost, "no answer for 60s");
    run.send(Msg::Entry(Arc::new(entry))).sees("× 1 lost").sees("dc1 r01 ×◆◆");
    let entry = run.maker.drop_host("mac-0002");
    run.send(Msg::Entry(Arc::new(entry))).sees("239 hosts").sees("dc1 r01 ◆◆◆");
    run.keys("-").sees("1 cell = 20 hosts").keys("- - -").sees("1 cell = 50 hosts").keys("Enter");
    run.sees("2:Hosts  / dc=dc1 rack=r01").sees("29 hosts");
}

#[test]
fn the_pointer_chooses_and_opens_cells() {
    let mut run = standard();
    run.keys("1 z");
    let (x, y) = run.find("r03 ").unwrap();
    run.mouse(Does::Down, x + 6, y).mouse(Does::Up, x + 6, y).sees("r03  ● mac-0026");
    run.mouse(Does::Down, x + 6, y).mouse(Does::Up, x + 6, y).sees("7:Host mac-0026");
    run.keys("Esc 1").mouse(Does::WheelUp, x + 6, y).sees("r02  ◆ mac-0014");
}
