//! The plan dialog: nothing is asked of the fleet but what was shown, by keys or by the pointer.

use hostler::api::Planned;
use hostler::model::{
    Actor, Clash, DrainAsk, DrainPlan, Fate, HoldKind, HostPreview, OnDeadline, PlanAsk,
    PoolPreview, Share, Span, Then, VmId, VmPreview,
};

use super::fleet::{Maker, host};
use super::session::{Run, standard};
use crate::ui::input::Does;
use crate::ui::msg::{Answer, Effect, Msg, Order, Query, Setup};

/// A plan such as the controller makes: a VM of each host waits or goes.
pub fn planned(token: &str, ask: &DrainAsk) -> Planned {
    let vm = |n: u64, fate| VmPreview {
        vm: VmId::from_bits(n),
        pool: "ci".parse().unwrap(),
        state: "ready".into(),
        fate,
    };
    let host = |(n, host): (usize, &hostler::model::HostName)| HostPreview {
        host: host.clone(),
        state: "busy".into(),
        vms: vec![
            vm(n as u64 * 2 + 1, Fate::Waits { why: "it has work".into() }),
            vm(n as u64 * 2 + 2, Fate::Goes),
        ],
        blocks: Vec::new(),
        steps: Vec::new(),
        wave: 0,
        earliest: None,
    };
    let pool = PoolPreview {
        pool: "ci".parse().unwrap(),
        ready: 60,
        coming: 0,
        leaving: ask.hosts.len() * 2,
        room: 3,
    };
    let plan = DrainPlan {
        seq: 7,
        hosts: ask.hosts.iter().enumerate().map(host).collect(),
        pools: vec![pool],
        clashes: vec![Clash::Run {
            schedule: "nightly-respawn".parse().unwrap(),
            at: "2026-08-27T02:30:00Z".parse().unwrap(),
            hosts: 1,
        }],
        deadline: None,
        at_once: 1,
        steps: Vec::new(),
        run: None,
    };
    Planned { token: token.into(), plan }
}

/// The last plan that was asked for.
fn asked(run: &Run) -> PlanAsk {
    let asked = run.effects.iter().rev().find_map(|effect| {
        let Effect::Ask(Query::Plan(ask)) = effect else { return None };
        Some(PlanAsk::clone(ask))
    });
    asked.expect("a plan was asked for")
}

/// Answers whatever drain was planned last.
pub fn answer(run: &mut Run, token: &str) -> DrainAsk {
    let PlanAsk::Drain(ask) = asked(run) else { panic!("no drain was planned last") };
    let query = Query::Plan(Box::new(PlanAsk::Drain(ask.clone())));
    let planned = Box::new(planned(token, &ask));
    run.send(Msg::Told { query, answer: Ok(Answer::Plan(planned)) });
    *ask
}

fn submits(token: &str, hosts: &[&str]) -> Order {
    let hosts: Vec<_> = hosts.iter().map(|name| host(name)).collect();
    let title = format!("Drain {}", crate::ui::text::plural(hosts.len(), "host"));
    Order::Submit { token: token.into(), title, hosts }
}

#[test]
fn two_hosts_are_drained_by_keys_as_the_plan_says() {
    let mut run = standard();
    run.keys("Space Space D").sees("Drain 2 hosts").sees("is asked what this would do");
    answer(&mut run, "one");
    run.sees("waits: it has work")
        .sees("2 VMs to go   2 to wait for")
        .sees("clash: schedule nightly-respawn runs at 2026-08-27 02:30:00Z over 1");
    run.sees("60 ready, 4 of them here, 56 left; room for 3 elsewhere");
    run.keys("Enter").misses("Drain 2 hosts");
    assert!(run.orders().is_empty(), "the focus is on Cancel");
    run.keys("D");
    answer(&mut run, "two");
    run.keys("Tab Enter").sees("a reason is needed");
    run.keys("newdisk").sees("newdisk");
    let before = run.effects.len();
    run.keys("x Backspace");
    assert_eq!(run.effects.len(), before, "no plan is asked for at each key");
    run.keys("Enter");
    let ask = answer(&mut run, "three");
    assert_eq!((ask.reason.as_str(), ask.hosts.len()), ("newdisk", 2));
    run.keys("Tab Enter");
    assert_eq!(run.orders(), [&submits("three", &["mac-0001", "mac-0002"])]);
    run.sees("Drain 2 hosts").keys("Tab Enter");
    assert_eq!(run.orders().len(), 1, "once");
    run.send(Msg::Answer { ask: 1, result: Ok("job 0abc drains 2 hosts".into()) });
    run.misses("Drain 2 hosts").sees("job 0abc drains 2 hosts");
}

#[test]
fn a_press_before_the_plan_has_come_submits_it_if_it_is_much_like_the_one_shown() {
    let press = |run: &mut Run| {
        let (x, y) = run.find("Drain 2 hosts").unwrap();
        run.mouse(Does::Down, x, y).mouse(Does::Up, x, y);
    };
    let mut run = standard();
    run.keys("Space Space D disk");
    press(&mut run);
    run.sees("still being made");
    answer(&mut run, "never seen");
    assert!(run.orders().is_empty(), "nothing had been shown");
    let mut run = standard();
    run.keys("Space Space D");
    answer(&mut run, "shown");
    run.keys("disk");
    press(&mut run);
    assert!(run.orders().is_empty());
    answer(&mut run, "with the reason");
    assert_eq!(run.orders(), [&submits("with the reason", &["mac-0001", "mac-0002"])]);
    // Nothing goes by itself when a connection comes back.
    let mut run = standard();
    run.keys("Space Space D");
    answer(&mut run, "shown");
    run.keys("disk");
    let next = run.now;
    run.send(Msg::Lost { why: "gone".into(), next });
    press(&mut run);
    run.sees("not connected: press it again");
    let snapshot = std::sync::Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot));
    answer(&mut run, "back");
    assert!(run.orders().is_empty(), "a press on nothing is none");
    // The same again, and meanwhile the fleet has changed.
    let mut run = standard();
    run.keys("Space Space D");
    answer(&mut run, "shown");
    run.keys("disk");
    press(&mut run);
    let PlanAsk::Drain(ask) = asked(&run) else { panic!() };
    let mut other = planned("another", &ask);
    other.plan.hosts[1].vms[0].fate = Fate::Forced;
    let query = Query::Plan(Box::new(PlanAsk::Drain(ask)));
    run.send(Msg::Told { query, answer: Ok(Answer::Plan(Box::new(other))) });
    assert!(run.orders().is_empty(), "what was not seen is not consented to");
    run.sees("the fleet has changed").sees("changed");
}

#[test]
fn a_changed_fleet_is_planned_anew_and_the_difference_is_marked() {
    let mut run = standard();
    run.keys("Space Space D disk Enter");
    let ask = answer(&mut run, "old");
    run.keys("Tab Enter");
    let mut fresh = planned("new", &ask);
    fresh.plan.hosts[1].vms[0].fate = Fate::Goes;
    run.send(Msg::Stale { ask: 1, planned: Box::new(fresh) });
    run.sees("the fleet has changed")
        .sees("mac-0002 busy  changed")
        .misses("mac-0001 busy  changed");
    run.keys("Tab Enter");
    assert_eq!(run.orders().last(), Some(&&submits("new", &["mac-0001", "mac-0002"])));
    run.send(Msg::Answer { ask: 2, result: Err("job 7 drains mac-0001 already".into()) });
    run.sees("Drain 2 hosts").sees("drains mac-0001 already");
}

#[test]
fn the_options_are_those_of_the_command_line() {
    let mut run = standard();
    run.keys("D disk Enter");
    answer(&mut run, "1");
    run.click("stop it").sees("leave it, give up");
    run.click("stays empty").sees("takes work again");
    run.click("[ ] do not wait").sees("Type      drain 1");
    let ask = answer(&mut run, "2");
    assert_eq!((ask.on_deadline, ask.force, &ask.then), (OnDeadline::Abort, true, &Then::Resume));
    let command = "hostler host drain mac-0001 --reason disk --deadline 1h --on-deadline abort";
    run.click("copy");
    let copied = run.effects.iter().any(|effect| {
        matches!(effect, Effect::Copy(text)
            if *text == format!("{command} --force --then resume"))
    });
    assert!(copied, "{:?}", run.effects);
    run.click("Drain 1 host").sees("type `drain 1` to go on");
    run.keys("d r a i n Space 1 Enter");
    answer(&mut run, "3");
    run.click("Drain 1 host");
    assert_eq!(run.orders(), [&submits("3", &["mac-0001"])]);
}

#[test]
fn fields_that_say_nonsense_are_named_and_nothing_is_planned_for_them() {
    let mut run = standard();
    run.keys("D disk Tab ^U 5 x Enter").sees("Drain 1 host");
    let asked = run.effects.iter().filter(|e| matches!(e, Effect::Ask(_))).count();
    run.keys("Tab Enter").sees("deadline: `5x` is not a length of time");
    assert_eq!(run.effects.iter().filter(|e| matches!(e, Effect::Ask(_))).count(), asked);
    run.keys("Esc D disk Tab ^U none Enter");
    let ask = answer(&mut run, "1");
    assert_eq!(ask.deadline, None::<Span>);
}

#[test]
fn things_and_verbs_are_found_by_parts_of_their_names() {
    let mut run = standard();
    run.keys(": 0 0 4 2").sees("host     mac-0042").keys("Enter").sees("Host mac-0042");
    run.keys("Esc ^P drain Space mac-0001 Space mac-0003 Enter").sees("Drain 2 hosts");
    run.keys("Esc : cordon Space mac-0002 Enter").sees("Cordon mac-0002?");
    run.keys("Esc : zzz").sees("Nothing is called that.").keys("Enter").sees("Nothing is");
    run.keys("Esc : zoom").click("do       Zoom").misses("═ Find");
    run.keys(": jobs Enter");
    assert_eq!(run.focus(), Some(crate::ui::windows::WinKind::Jobs));
    assert!(run.orders().is_empty());
}

#[test]
fn a_dialog_takes_the_pointer_alone_and_fits_where_there_is_little_room() {
    let mut run = Run::new(80, 24, Maker::varied());
    run.keys("D");
    answer(&mut run, "1");
    run.mouse(crate::ui::input::Does::Down, 5, 5).sees("Cancel").sees("Reason");
    run.resize(60, 16).sees("Cancel").sees("Drain 1 host").sees("waits: it has work");
    run.click("Cancel").misses("Reason");
    let production = Setup { production: true, ..super::session::setup() };
    let mut run = Run::bare(production, 120, 36, Maker::varied());
    let snapshot = std::sync::Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys("D").sees("Drain 1 host on PRODUCTION prod");
}

/// Answers a plan of another kind as if it were one for these hosts.
fn answer_other(run: &mut Run, token: &str, steps: &[&str]) -> PlanAsk {
    let ask = asked(run);
    let mut planned = planned(token, &DrainAsk::new(vec![host("mac-0001")], "x"));
    planned.plan.steps = steps.iter().map(|step| (*step).to_string()).collect();
    let query = Query::Plan(Box::new(ask.clone()));
    run.send(Msg::Told { query, answer: Ok(Answer::Plan(Box::new(planned))) });
    ask
}

#[test]
fn a_playbook_is_chosen_shown_and_run() {
    let mut run = standard();
    run.keys("P").sees("Run nightly-wipe on 1 host").misses("may go on");
    run.keys("Tab Tab Space").sees("Run tidy on 1 host");
    let PlanAsk::Play(ask) = answer_other(&mut run, "p", &["free space", "undrain"]) else {
        panic!("another plan was asked for")
    };
    assert_eq!((ask.playbook.as_str(), ask.hosts.len()), ("tidy", 1));
    run.sees("steps: free space, undrain").keys("tidiness Enter");
    answer_other(&mut run, "q", &[]);
    run.sees("hostler playbook run tidy mac-0001 --reason tidiness");
    run.keys("Tab Enter");
    let (token, title) = ("q".to_string(), "Run tidy on 1 host".to_string());
    assert_eq!(run.orders(), [&Order::Submit { token, title, hosts: vec![host("mac-0001")] }]);
}

#[test]
fn a_pool_is_respawned_by_its_plan_without_a_reason() {
    let mut run = standard();
    run.keys(": respawn Space azure Enter").sees("Respawn pool azure").misses("Reason");
    let PlanAsk::Respawn(ask) = answer_other(&mut run, "r", &[]) else {
        panic!("another plan was asked for")
    };
    assert_eq!((ask.pool.as_str(), ask.max_unavailable), ("azure", None));
    run.keys("Tab Tab").sees("hostler pool respawn azure");
    run.keys("2 Enter");
    let PlanAsk::Respawn(ask) = answer_other(&mut run, "s", &[]) else {
        panic!("another plan was asked for")
    };
    assert_eq!(ask.max_unavailable, Some(Share::Count(2)));
    run.sees("hostler pool respawn azure --max-unavailable 2").keys("Tab Enter");
    let (token, title) = ("s".to_string(), "Respawn pool azure".to_string());
    assert_eq!(run.orders(), [&Order::Submit { token, title, hosts: vec![] }]);
    run.keys("Esc : run Space tidy Space mac-0002 Enter").sees("Run tidy on 1 host");
}

#[test]
fn a_drained_host_is_given_back_and_a_job_called_off_after_y() {
    let mut run = standard();
    let entry = std::sync::Arc::new(run.maker.hold(
        "mac-0001",
        HoldKind::Drain,
        "disk",
        Actor::controller(),
    ));
    run.send(Msg::Entry(entry)).keys("Home E").sees("Undrain mac-0001?");
    assert!(run.orders().is_empty());
    run.keys("y");
    assert_eq!(run.orders(), [&Order::Undrain { hosts: vec![host("mac-0001")] }]);
    run.keys("4 Home K").sees("Cancel job").keys("Esc K y");
    assert!(matches!(run.orders().last(), Some(Order::Cancel { .. })), "{:?}", run.orders());
}

/// What is typed beside the fields goes into the reason, and so does what takes it back.
#[test]
fn backspace_takes_back_what_was_typed_wherever_the_focus_is() {
    let mut run = standard();
    run.keys("D disks Enter").sees("disks");
    run.keys("Backspace Backspace").sees("dis ").misses("disk").keys("Enter k").sees("disk ");
    assert!(run.orders().is_empty());
}
