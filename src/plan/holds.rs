//! Holds that end by themselves, those that people are reminded of, and those that Hostler
//! places: a host that fails too often takes no work, unless so many fail that the fault must
//! lie elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::play::unfit;
use crate::model::{
    Action, Event, Held, Hold, HoldKind, Host, HostName, OnExpiry, Slot, Span, Timestamp, Via,
    Want, World,
};

/// A person's hold without an end is spoken of after this.
const NAG_AFTER: Span = Span::from_hours(24);
/// So many failed starts within so long put a host into quarantine.
const FAILURES: usize = 3;
const FAILURES_WITHIN: Span = Span::from_mins(10);
/// So many hosts are put there within so long, and such a share of a pool's hosts.
const QUARANTINES_MOST: usize = 5;
const QUARANTINES_WITHIN: Span = Span::from_mins(30);
const QUARANTINES_SHARE: usize = 20;

/// What becomes of the holds of all hosts now.
pub(super) fn tend(world: &World, now: Timestamp, actions: &mut Vec<Action>, held: &mut Vec<Held>) {
    let mut failing = Vec::new();
    let mut recent = 0;
    for (name, host) in &world.hosts {
        for hold in host.holds.values() {
            expire(world, name, hold, now, actions, held);
            let young = now.since(hold.created) <= QUARANTINES_WITHIN;
            recent += usize::from(young && is_ours(hold));
        }
        if let Some(since) = host.verifying
            && unfit(host, since, now).is_none()
        {
            let event = Box::new(Event::HostVerified { host: name.clone() });
            actions.push(Action::Note { event });
        }
        failing.extend(fails(host, now).map(|why| (name, why)));
    }
    quarantine(world, failing, recent, actions, held);
}

fn is_ours(hold: &Hold) -> bool {
    hold.kind == HoldKind::Quarantine && hold.by.via == Via::Controller
}

fn expire(
    world: &World,
    name: &HostName,
    hold: &Hold,
    now: Timestamp,
    actions: &mut Vec<Action>,
    held: &mut Vec<Held>,
) {
    // The hold of a job that goes on is the job's to lift: its host may not be empty yet.
    if hold.job.and_then(|job| world.jobs.get(&job)).is_some_and(|job| !job.is_over()) {
        return;
    }
    let age = now.since(hold.created).rough();
    let why = match hold.until {
        Some(until) if until <= now && hold.on_expiry == OnExpiry::Release => {
            let (host, why) = (name.clone(), "its time is over".into());
            return actions.push(Action::Release { host, hold: hold.id, why });
        }
        Some(until) if until <= now => format!("its time was over at {until}, and it stays"),
        Some(_) => return,
        None if hold.by.via != Via::Controller && now.since(hold.created) >= NAG_AFTER => {
            format!("{} by {} for {age} without an end: {}", hold.kind, hold.by, hold.reason)
        }
        None => return,
    };
    let want = Want::Hold { host: name.clone(), hold: hold.id };
    held.push(Held { want, why, refused: BTreeMap::new() });
}

/// Why the host should take no work, when it fails too often.
fn fails(host: &Host, now: Timestamp) -> Option<String> {
    if !host.holds.is_empty() || !host.declared {
        return None;
    }
    if host.slots.iter().all(|slot| matches!(slot, Slot::Leaked { .. })) {
        return Some("both of its slots have leaked: reboot it".into());
    }
    let recent = host.failures.iter().filter(|at| now.since(**at) <= FAILURES_WITHIN).count();
    (recent >= FAILURES).then(|| format!("{recent} starts failed there: {}", host.failed_why))
}

fn quarantine(
    world: &World,
    failing: Vec<(&HostName, String)>,
    recent: usize,
    actions: &mut Vec<Action>,
    held: &mut Vec<Held>,
) {
    let mut room = QUARANTINES_MOST.saturating_sub(recent);
    let mut going = BTreeSet::new();
    for (name, why) in failing {
        if room > 0 && pools_can_spare(world, name, &going) {
            room -= 1;
            going.insert(name);
            let (host, kind) = (name.clone(), HoldKind::Quarantine);
            actions.push(Action::Hold { host, kind, reason: why, until: None, job: None });
            continue;
        }
        let said = format!(
            "common cause: {name} fails as others do, so none is put into quarantine: {why}"
        );
        let want = Want::Quarantine { host: name.clone() };
        held.push(Held { want, why: said, refused: BTreeMap::new() });
    }
}

/// Whether every pool that may use the host has fewer of its hosts in quarantine than it may, those
/// that go there in this pass included.
fn pools_can_spare(world: &World, name: &HostName, going: &BTreeSet<&HostName>) -> bool {
    let Some(host) = world.hosts.get(name) else { return false };
    let uses = world.pools.values().filter(|pool| pool.spec.hosts.matches(&host.spec.labels));
    uses.into_iter().all(|pool| {
        let (mut all, mut out) = (0, 0);
        let uses = |host: &Host| pool.spec.hosts.matches(&host.spec.labels);
        for (name, host) in world.hosts.iter().filter(|(_, host)| uses(host)) {
            all += 1;
            out += usize::from(going.contains(name) || host.holds.values().any(is_ours));
        }
        out < (all / QUARANTINES_SHARE).max(1)
    })
}
