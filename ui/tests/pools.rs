//! Pools: what each has is counted VM by VM, what it waits for is the planner's word, and from a
//! pool one goes to its VMs or to its respawn.

use std::sync::Arc;

use hostler::api::Snapshot;
use hostler::model::{
    Event, FleetChange, Held, PoolName, PoolSize, PoolSpec, ScheduleSpec, Selector, Targets, Want,
    World,
};

use super::calendar::schedule;
use super::fleet::Maker;
use super::session::Run;
use crate::ui::crews::Crews;
use crate::ui::msg::{Answer, Msg, Query};
use crate::ui::replica::Replica;
use crate::ui::windows::WinKind;

fn pool(name: &str) -> PoolName {
    name.parse().unwrap()
}

impl Maker {
    /// A fleet with pools of every size, one of them with a schedule, one that is declared no more.
    pub fn with_pools() -> Self {
        let mut maker = Self::varied();
        let mut change = FleetChange::default();
        let image = || "xcode-26".parse().unwrap();
        let spec = |size| PoolSpec::new(image(), size, Selector::default());
        change.pools.insert(pool("azure"), None);
        change.pools.insert(pool("release"), Some(spec(PoolSize::PerHost(1))));
        let lausanne = "site=lausanne".parse().unwrap();
        let gold = PoolSpec { hosts: lausanne, ..spec(PoolSize::Count(3)) };
        change.pools.insert(pool("gold"), Some(gold));
        let targets = Targets::Pool(pool("concourse"));
        let nightly = ScheduleSpec::new(targets, "renew".parse().unwrap(), "0 3 * * *", "UTC");
        change.schedules.insert(schedule("nightly-respawn"), Some(nightly));
        maker.entry(Event::FleetChanged { change });
        maker
    }
}

fn pools(w: u16, h: u16) -> Run {
    let mut run = Run::new(w, h, Maker::with_pools());
    run.now = run.maker.now();
    run.heartbeat().keys(": pools Enter");
    run
}

/// The planner's word on what pools wait for.
pub fn told(run: &mut Run) {
    let held = |name: &str, missing, why: &str| Held {
        want: Want::Pool { pool: pool(name), missing },
        why: why.into(),
        refused: Default::default(),
    };
    let held = vec![
        held("gold", 3, "no host of 15 can take it: 12 full, 3 held"),
        held("release", 40, "no slot is free on 40 hosts"),
    ];
    run.send(Msg::Told { query: Query::Held, answer: Ok(Answer::Held(held)) });
}

#[test]
fn pools_tell_what_they_have_and_why_they_have_not_all() {
    let mut run = pools(200, 60);
    run.sees("4 pools").sees("nightly-respawn").sees("1 per host").sees("fill");
    run.sees("declared no more").misses("no host of 15");
    told(&mut run);
    run.sees("azure: declared no more, its VMs go").keys("Down Down");
    run.sees("gold: 3 more: no host of 15 can take it: 12 full, 3 held; 3 of xcode-26 on site=");
    run.keys("/ missing>5 Enter").sees("1 pool ").sees("release");
    run.keys("Esc / schedule=nightly-respawn Enter y").sees("Copied concourse");
}

#[test]
fn a_pool_narrows_its_vms_and_is_respawned_by_its_plan() {
    let mut run = pools(120, 36);
    run.keys("Down Enter").sees("3:VMs  / pool=concourse");
    assert_eq!(run.focus(), Some(WinKind::Vms));
    run.misses("azure-").keys("0 pools Enter m Up Enter").sees("Respawn pool concourse");
    run.keys("Esc : gold Enter y").sees("Copied gold");
    assert_eq!(run.focus(), Some(WinKind::Pools));
    run.pass(6_000);
    run.keys("/ azure Enter : gold Enter y").sees("Copied gold").misses("/ azure");
    assert!(run.orders().is_empty());
}

/// One that is declared over hosts replaces whatever is there.
#[test]
fn a_schedule_over_hosts_renews_the_pools_that_may_be_there() {
    let mut run = pools(200, 60);
    let mut spec = run.maker.snapshot().world.schedules.values().next().unwrap().spec.clone();
    spec.targets = Targets::Hosts("site=lausanne".parse().unwrap());
    spec.playbook = "respawn".parse().unwrap();
    let schedules = [("everything".parse().unwrap(), Some(spec))].into();
    let change = FleetChange { schedules, ..FleetChange::default() };
    let entry = run.maker.entry(Event::FleetChanged { change });
    run.keys("z").misses("everything").send(Msg::Entry(Arc::new(entry))).sees("everything");
    run.keys("/ schedule=everything Enter").misses("azure").sees("concourse");
}

/// What is declared no more has no plan, and the plan of another pool is not shown instead.
#[test]
fn only_a_pool_that_is_declared_is_respawned() {
    let mut run = pools(120, 36);
    let why = "Respawn pool: no declared pool is chosen";
    run.keys("Home m Up Enter").sees(why).keys("Esc");
    run.keys("Enter m Up Enter").sees(why).misses("Respawn pool concourse");
}

#[test]
fn vms_counted_one_by_one_are_those_counted_anew() {
    for mut maker in [Maker::with_pools(), Maker::at_work()] {
        let mut fleet = Replica::default();
        fleet.replace(&maker.snapshot());
        fleet.take_changed();
        let mut seen = 0;
        for n in 0..120 {
            let work = if n % 3 == 0 { maker.work(n) } else { maker.goes_on(n) };
            let entry = work.unwrap_or_else(|| maker.something(n));
            fleet.apply(&entry).unwrap();
            assert_eq!(*fleet.crews(), Crews::of(fleet.world().unwrap()), "after entry {n}");
            let changed = fleet.take_changed();
            let mine = |vm| fleet.world().unwrap().vms.contains_key(vm);
            let vms = changed.vms.iter().filter(|vm| mine(vm)).count();
            assert!(vms == 0 || !changed.pools.is_empty(), "whose they are, after entry {n}");
            seen += vms;
        }
        assert!(seen > 0);
    }
}

#[test]
fn where_no_pool_is_declared_it_is_said_how_one_comes() {
    let mut run = Run::bare(super::session::setup(), 80, 24, Maker::new(1, 0));
    let nothing = Snapshot { seq: 0, world: World::default() };
    run.send(Msg::Snapshot(Arc::new(nothing))).keys(": pools Enter");
    run.sees("No pool is declared.").sees("come with its inventory").keys("m Up Enter");
    run.sees("Respawn pool: no declared pool is chosen");
}

#[test]
fn a_list_of_pools_follows_its_vms() {
    let mut run = pools(120, 36);
    let before = run.text();
    let entry = run.maker.work(3).unwrap();
    run.send(Msg::Entry(Arc::new(entry)));
    assert_ne!(run.text(), before);
}
