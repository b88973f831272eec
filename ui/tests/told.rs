//! What is said in full, and in whose time.

use std::sync::Arc;

use hostler::model::{Event, Reach, VmId, Zone};

use super::fleet::Maker;
use super::session::{Run, setup};
use crate::ui::msg::{Msg, Setup};

#[test]
fn what_is_out_of_reach_says_all_of_why_even_where_it_is_held() {
    let mut run = Run::new(80, 24, Maker::new(3, 0));
    let why = "cannot connect to 10.0.8.11:22: Connection refused; the machine that answers there \
               is not the one that was declared, or its sshd has ended";
    let entries = [
        run.maker.reach("mac-0001", Reach::Unknown, why),
        run.maker.cordon("mac-0001", "a new disk", "bob"),
        run.maker.reach("mac-0001", Reach::Unknown, &format!("{why} early")),
    ];
    for entry in entries {
        run.send(Msg::Entry(Arc::new(entry)));
    }
    run.sees("a new disk  bob; cannot");
    run.keys("Enter")
        .sees("why     cannot connect")
        .sees("the one that was declared, or its sshd has ended")
        .sees("         early")
        .sees("a new disk");
}

#[test]
fn times_are_those_of_the_operators_zone_and_the_bar_says_which() {
    let zone = "Asia/Kolkata".parse().unwrap();
    let maker = Maker::new(3, 0);
    let shown = Zone::clock(zone, maker.now());
    let mut run = Run::bare(Setup { zone, ..setup() }, 120, 36, maker);
    run.sees(&format!("{shown}+05:30"));
    run.resize(80, 24).sees(&format!("{}+05:30", &shown[..5]));
    run.resize(120, 36).keys("? End").sees("all are of the zone Asia/Kolkata");
}

#[test]
fn who_has_work_is_said_and_for_how_long() {
    let mut run = Run::new(120, 36, Maker::new(4, 6));
    run.keys("3 z").sees("? unknown").sees("? no probe").misses("busy");
    let vms: Vec<VmId> = run.maker.snapshot().world.vms.keys().copied().collect();
    for (n, busy) in [(0, true), (2, true), (4, false)] {
        let entry = run.maker.entry(Event::VmBusy { vm: vms[n], busy: Some(busy) });
        run.send(Msg::Entry(Arc::new(entry)));
    }
    run.heartbeat().pass(245_000).heartbeat().sees("◆ busy 4m").sees("● idle").misses("? unknown");
    run.keys("/ work=busy Enter").sees("2 VMs").keys("Esc / work=idle Enter").sees("1 VM ");
    run.keys("2 z").sees("◆ 1 has work  concourse ready, azure");
    run.keys("/ work=busy Enter").sees("2 hosts");
    // What is not in sight is not said to work.
    let entry = run.maker.reach("mac-0002", Reach::Suspect, "late");
    run.send(Msg::Entry(Arc::new(entry))).sees("○ mac-0002");
    run.keys("Esc / mac-0002 Enter").misses("has work");
    run.keys("Esc 3 Esc").click("WORK").sees("WORK▲");
    let words: Vec<String> = run.text().lines().skip(3).take(6).map(str::to_string).collect();
    assert!(words[0].contains("busy") && words[2].contains("idle"), "{words:?}");
    run.keys("2 Home Enter").sees("◆ busy 4m");
}
