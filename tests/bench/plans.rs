//! How fast a pass decides.

use std::time::Duration;

use hostler::plan;

use crate::fleets::{Grown, at};
use crate::{median, ms, per_second, rate, row, timed, within};

const PLACED: usize = 10_000;
const STILL: Duration = Duration::from_millis(5);
const PER_SECOND: u64 = 50_000;

pub(crate) fn run() {
    let empty = Grown::new(5_000, PLACED as u32);
    let place = median(5, || {
        let (time, plan) = timed(|| plan::plan(&empty.world, at(1)));
        assert_eq!(plan.actions.len(), PLACED);
        time
    });
    row("plan: place 10,000 VMs on 5,000 hosts", &ms(place), "", None);
    let goal = ">= 50,000/s".to_string();
    let met = per_second(PLACED, place) >= PER_SECOND;
    row("plan: placements", &rate(PLACED, place), "", Some((goal, met)));
    let mut full = Grown::new(5_000, PLACED as u32);
    full.settle(2);
    assert!(full.world.vms.values().all(|vm| vm.is_ready()));
    let still = median(51, || {
        let (time, plan) = timed(|| plan::plan(&full.world, at(100)));
        assert!(plan.actions.is_empty());
        time
    });
    let what = "plan: a pass without change, 5,000 hosts, 10,000 VMs";
    row(what, &ms(still), "", within(still, STILL));
    let mut short = Grown::new(5_000, 10_200);
    short.settle(2);
    let held = median(51, || timed(|| plan::plan(&short.world, at(100))).0);
    row("plan: the same with 200 VMs that fit nowhere", &ms(held), "", None);
    let copy = median(51, || timed(|| full.world.clone()).0);
    row("model: a copy of that World", &ms(copy), "", None);
}
