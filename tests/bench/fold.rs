//! How fast the World folds.

use hostler::model::{Event, Outcome, World};

use crate::fleets::Grown;
use crate::{median, ms, rate, row, timed};

/// A life of 500 hosts and 1,000 VMs: respawned again and again until it has so many entries.
const ENTRIES: usize = 1_000_000;

pub(crate) fn run() {
    let mut grown = Grown::new(500, 1_000);
    let start = grown.world.clone();
    grown.entries = Some(Vec::with_capacity(ENTRIES + 50_000));
    let mut s = 10;
    while grown.entries.as_ref().is_some_and(|entries| entries.len() < ENTRIES) {
        for (vm, op) in grown.pass(s) {
            grown.put(s, Event::OpEnded { vm, op, outcome: Outcome::Done });
        }
        if s % 10 == 0 {
            let names: Vec<_> = grown.world.hosts.keys().cloned().collect();
            names.iter().for_each(|name| grown.see(s, name));
            let ready: Vec<_> =
                grown.world.vms.values().filter(|vm| vm.is_ready()).map(|vm| vm.id).collect();
            for vm in ready {
                let why = hostler::model::RetireWhy::Respawn;
                grown.put(s, Event::VmRetired { vm, why, job: None });
            }
        }
        s += 1;
    }
    let entries = grown.entries.take().unwrap();
    let fold = |start: &World| {
        let mut world = start.clone();
        entries.iter().for_each(|entry| world.apply(entry).unwrap());
        world
    };
    let time = median(3, || {
        let (time, world) = timed(|| fold(&start));
        assert_eq!(world.seq, grown.world.seq);
        time
    });
    let what = format!("fold: {} entries", crate::thousands(entries.len() as u64));
    row(&what, &ms(time), "", None);
    row("fold: entries", &rate(entries.len(), time), "", None);
}
