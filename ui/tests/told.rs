//! What is said in full, and in whose time.

use std::sync::Arc;

use hostler::model::{Event, OpId, OpKind, Outcome, Reach, VmId, Zone};

use super::fleet::Maker;
use super::session::{Run, setup, standard};
use crate::ui::msg::{Answer, Effect, Msg, Query, Setup};
use crate::ui::windows::WinKind;

/// Tells why a VM is as it is, as a controller would, if that was asked.
pub fn answer(run: &mut Run) {
    let asked = run.effects.iter().rev().find_map(|effect| {
        let Effect::Ask(query @ Query::WhyVm(vm)) = effect else { return None };
        Some((query.clone(), *vm))
    });
    let Some((query, vm)) = asked else { return };
    let lines = [
        format!("vm {vm} of pool concourse on mac-0002 is unknown for 1s"),
        "it is to go: drifted".into(),
        "next: waits: the host fell silent over its stop, and has not been seen since".into(),
    ];
    run.send(Msg::Told { query, answer: Ok(Answer::Why(lines.to_vec())) });
}

#[test]
fn a_failure_that_no_window_tells_is_shown_in_a_corner_until_it_is_seen_or_old() {
    let mut run = standard();
    let fails = |run: &mut Run, n: usize| {
        let entry = run.maker.reach(&format!("mac-000{n}"), Reach::Lost, "no route");
        run.send(Msg::Entry(Arc::new(entry)));
    };
    fails(&mut run, 1);
    run.misses("! mac-0001");
    run.keys("2 z").misses("! mac-0001");
    fails(&mut run, 2);
    run.pass(1_000).sees("! mac-0002  is lost: no route").keys("D");
    fails(&mut run, 3);
    run.sees("Drain 1 host").keys("Esc").sees("! mac-0003");
    run.pass(7_500).misses("! mac-0002").sees("! mac-0003");
    for n in 4..8 {
        fails(&mut run, n);
    }
    run.misses("! mac-0003").misses("! mac-0004").sees("! mac-0005").sees("! mac-0007");
    run.click("! mac-0006").misses("! mac-0007");
    assert_eq!(run.focus(), Some(WinKind::Events));
    run.keys("2").misses("! mac-0007");
}

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

#[test]
fn the_window_of_a_vm_tells_what_it_is_what_goes_on_and_why() {
    let mut run = Run::new(200, 60, Maker::varied());
    run.keys("3 Home Down Down Enter").sees("VM 00000008b9d5").sees("? unknown  phase ready for");
    run.sees("to go   drifted")
        .sees("stop begun")
        .sees("lost from sight")
        .sees("asking the controller");
    let whys = |run: &Run| {
        let why = |effect: &&Effect| matches!(effect, Effect::Ask(Query::WhyVm(_)));
        run.effects.iter().filter(why).count()
    };
    assert_eq!(whys(&run), 1);
    run.keys("Down Up");
    assert_eq!(whys(&run), 1, "once, until it is answered");
    answer(&mut run);
    run.misses("asking").sees("why     it is to go").sees("next: waits: the host fell silent");
    run.heartbeat();
    assert_eq!(whys(&run), 1, "and not again while nothing changes");
    let entry = run.maker.cordon("mac-0002", "disk", "bob");
    run.send(Msg::Entry(Arc::new(entry))).heartbeat().sees("■ cordoned");
    assert_eq!(whys(&run), 2);
    let vm = run.maker.snapshot().world.vms.keys().copied().nth(2).unwrap();
    let entry = run.maker.reach("mac-0002", Reach::Suspect, "late");
    run.send(Msg::Entry(Arc::new(entry))).heartbeat();
    let (query, answer) = (Query::WhyVm(vm), Err("the controller does not answer".into()));
    run.send(Msg::Told { query, answer });
    assert_eq!(whys(&run), 3, "what changed while it was asked for is asked for again");
    run.sees("not told: the controller does not answer");
    run.keys("Enter").sees("7:VM").sees("8:Host mac-0002").keys("Esc o");
    assert_eq!(run.focus(), Some(WinKind::Hosts));
}

#[test]
fn a_vm_shows_its_events_its_job_its_refusal_and_its_last_facts() {
    let mut run = Run::new(120, 36, Maker::varied());
    run.keys(": m a c - 0 0 3 7 Esc 3 / placed Enter Enter").sees("○ placed  phase placed for");
    run.sees("refused clone, 1 in a row").sees("No space left on device");
    run.keys("Esc 3 Esc / mac-0009 Enter Home Enter")
        .sees("respawn concourse")
        .sees("its task is done");
    let vm = run.maker.snapshot().world.vms.keys().copied().nth(16).unwrap();
    for event in [Event::VmBusy { vm, busy: Some(true) }, Event::VmMissed { vm }] {
        let entry = run.maker.entry(event);
        run.send(Msg::Entry(Arc::new(entry)));
    }
    run.sees("events, the newest first").sees("is not seen running").sees("◆ busy").sees("missed");
    let died = run.maker.entry(Event::VmDied { vm, why: "its process is gone".into() });
    run.send(Msg::Entry(Arc::new(died))).sees("died: its process is gone").sees("to go   died");
    let op = OpId::from_bits(9_009);
    for event in [
        Event::OpBegun { vm, op, kind: OpKind::Delete },
        Event::OpEnded { vm, op, outcome: Outcome::Done },
        Event::VmGone { vm },
    ] {
        let entry = run.maker.entry(event);
        run.send(Msg::Entry(Arc::new(entry)));
    }
    run.sees("This VM is gone").sees("is gone").keys("Esc").misses("This VM is gone");
}
