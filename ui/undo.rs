//! What somebody has done to the fleet and can still take back, newest first. It is read from the
//! fleet itself, so it holds for what was done at another desktop or the command line too.

use std::collections::BTreeMap;

use hostler::model::{Cause, HoldKind, HostName, JobKind, Timestamp, World};

use super::dialogs::{Choice, Gives};
use super::msg::Order;
use super::replica::Replica;

/// Something that was done: when, and in which words.
type Deed = (Timestamp, String);

/// All that this person can take back now.
pub fn choices(fleet: &Replica, who: &str, now: Timestamp) -> Vec<Choice> {
    let Some(world) = fleet.world() else { return Vec::new() };
    let mut deeds: Vec<(Deed, Order)> = Vec::new();
    let all = |hosts, all| Order::Uncordon { hosts, all };
    deeds.extend(cordons(world, who).into_iter().map(|(deed, hosts)| (deed, all(hosts, false))));
    let drains = drains(fleet, who).into_iter();
    deeds.extend(drains.map(|(deed, hosts)| (deed, Order::Undrain { hosts })));
    deeds.extend(jobs(world, who));
    deeds.extend(suspended(world, who));
    deeds.sort_by(|(a, _), (b, _)| b.cmp(a));
    let choice = |((at, said), order): (Deed, Order)| Choice {
        name: order.title(),
        more: format!("{} ago: {said}", now.since(at).rough()),
        gives: Gives::Order(order),
    };
    deeds.into_iter().map(choice).collect()
}

/// The hosts that one command cordoned are let go together.
fn cordons(world: &World, who: &str) -> BTreeMap<Deed, Vec<HostName>> {
    let mut out: BTreeMap<Deed, Vec<HostName>> = BTreeMap::new();
    for (name, host) in &world.hosts {
        let holds = host.holds.values();
        for hold in holds.filter(|hold| hold.kind == HoldKind::Cordon && hold.by.who == who) {
            let deed = (hold.created, format!("cordoned, {}", hold.reason));
            out.entry(deed).or_default().push(name.clone());
        }
    }
    out
}

fn drains(fleet: &Replica, who: &str) -> BTreeMap<Deed, Vec<HostName>> {
    let mut out: BTreeMap<Deed, Vec<HostName>> = BTreeMap::new();
    let all = fleet.drains();
    for id in all.ids().filter(|id| all.ended(id).is_none()) {
        if let Some(origin) = all.origin(id).filter(|origin| origin.by == who) {
            let deed = (origin.since, format!("drained, {}", origin.reason));
            out.entry(deed).or_default().push(id.host.clone());
        }
    }
    out
}

/// Work that somebody began, drains apart. What it has done already stays done.
fn jobs(world: &World, who: &str) -> impl Iterator<Item = (Deed, Order)> {
    let open = world.jobs.values().filter(move |job| {
        let asked = matches!(job.cause, Cause::Asked | Cause::RunNow { .. });
        // VMs are replaced one by one: such a job cannot be called off.
        let stops = job.play.is_some() && job.kind != JobKind::Drain;
        asked && stops && job.by.who == who && !job.is_over()
    });
    open.map(|job| ((job.opened, format!("begun, {}", job.title())), Order::Cancel { job: job.id }))
}

fn suspended(world: &World, who: &str) -> impl Iterator<Item = (Deed, Order)> {
    world.schedules.iter().filter_map(move |(name, schedule)| {
        let suspended = schedule.suspended.as_ref().filter(|by| by.by.who == who)?;
        let deed = (suspended.at, format!("suspended, {}", suspended.reason));
        Some((deed, Order::ResumeSchedule { schedule: name.clone() }))
    })
}
