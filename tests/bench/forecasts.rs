//! How long a day ahead takes to work out.

use std::sync::Arc;
use std::time::Duration;

use hostler::engine::forecast;
use hostler::model::Span;

use crate::fleets::{Grown, at};
use crate::{median, ms, row, timed, within};

const GOAL: Duration = Duration::from_secs(10);

pub(crate) fn run() {
    for (what, playbook) in [("respawn", "respawn"), ("wipe", "nightly-wipe")] {
        for hosts in [1_000, 5_000] {
            let mut fleet = Grown::new(hosts, hosts as u32 * 2 - hosts as u32 / 5);
            fleet.nightly(playbook);
            fleet.settle(2);
            let world = Arc::new(fleet.world);
            let mut turns = 0;
            let time = median(3, || {
                let (time, night) = timed(|| forecast(&world, at(100), Span::from_hours(24)));
                turns = night.turns.iter().filter(|turn| turn.end == "done").count();
                time
            });
            let goal = (hosts == 5_000).then(|| within(time, GOAL)).flatten();
            let what = format!("forecast: 24 h of {hosts} hosts, {what}, {turns} turns");
            row(&what, &ms(time), "", goal);
        }
    }
}
