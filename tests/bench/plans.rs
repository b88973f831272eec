//! How fast a pass decides.

use hostler::plan;

use crate::fleets::{Grown, at};
use crate::{median, ms, per_second, row, timed};

pub(crate) fn run() {
    let empty = Grown::new(5_000, 10_000);
    let place = median(5, || {
        let (time, plan) = timed(|| plan::plan(&empty.world, at(1)));
        assert_eq!(plan.actions.len(), 10_000);
        time
    });
    row("plan: place 10,000 VMs on 5,000 hosts", &ms(place), "");
    row("plan: placements", &per_second(10_000, place), ">= 50,000/s");
    let mut full = Grown::new(5_000, 10_000);
    full.settle(2);
    assert!(full.world.vms.values().all(|vm| vm.is_ready()));
    let still = median(51, || {
        let (time, plan) = timed(|| plan::plan(&full.world, at(100)));
        assert!(plan.actions.is_empty());
        time
    });
    row("plan: a pass without change, 5,000 hosts, 10,000 VMs", &ms(still), "<= 5 ms");
    let mut short = Grown::new(5_000, 10_200);
    short.settle(2);
    let held = median(51, || timed(|| plan::plan(&short.world, at(100))).0);
    row("plan: the same with 200 VMs that fit nowhere", &ms(held), "");
    let copy = median(51, || timed(|| full.world.clone()).0);
    row("model: a copy of that World", &ms(copy), "");
}
