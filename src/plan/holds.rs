//! Holds that end by themselves, those that people are reminded of, and those that Hostler
//! places: a host that fails too often takes no work, unless so many fail that the fault must
//! lie elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::DrainAnswer;
use super::leaks::barred;
use super::play::unfit;
use super::vm::slots_lost;
use crate::model::{
    Action, Brake, DrainAsk, Event, Held, Hold, HoldAsk, HoldKind, Host, HostName, OnExpiry, Play,
    SeenVm, Span, Then, Timestamp, Via, Want, World,
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
        failing.extend(fails(world, host, now).map(|why| (name, why)));
    }
    quarantine(world, failing, recent, now, (actions, held));
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

/// What is wrong with a host that should take no work.
enum Failing {
    /// Neither slot can be used before the next boot.
    Leaked(String),
    /// It takes no work until a person has looked at it.
    Broken(String),
}

impl Failing {
    fn why(&self) -> &str {
        match self {
            Self::Leaked(why) | Self::Broken(why) => why,
        }
    }
}

fn fails(world: &World, host: &Host, now: Timestamp) -> Option<Failing> {
    if !host.holds.is_empty() || !host.declared {
        return None;
    }
    let vain = host.probation.as_ref().filter(|known| known.again).map_or(0, |known| known.vain);
    if vain >= REBOOTS_IN_VAIN {
        let why = format!("a slot leaked again after each of {vain} reboots: they do not help");
        return Some(Failing::Broken(why));
    }
    if slots_lost(world, host, now) == host.slots.len() {
        let both = "both of its slots have leaked";
        return Some(match barred(host) {
            Some(why) => Failing::Broken(format!("{both}: {why}")),
            None if vain > 0 => Failing::Leaked(format!("{both}, its last reboot did not help")),
            None => Failing::Leaked(format!("{both}: a reboot makes them whole")),
        });
    }
    let recent = host.failures.iter().filter(|at| now.since(**at) <= FAILURES_WITHIN).count();
    let starts = || format!("{recent} starts failed there: {}", host.failed_why);
    (recent >= FAILURES).then(|| Failing::Broken(starts()))
}

/// A host that has leaked both slots again so soon after its last boot is for a person to look at.
const REBOOT_AGAIN: Span = Span::from_hours(6);
/// After so many reboots in a row that did not give its slots back, so is any host.
const REBOOTS_IN_VAIN: u8 = 2;

/// Whether a reboot helps, and disturbs nobody: what runs there beside our VMs is not ours to end.
fn may_reboot(host: &Host, now: Timestamp) -> bool {
    host.seen.as_ref().is_some_and(|seen| {
        let none_runs = |vms: &BTreeMap<String, SeenVm>| vms.values().all(|vm| !vm.state.runs());
        let idle = seen.vms.as_ref().is_some_and(none_runs) && seen.guests == Some(0);
        idle && now.since(seen.facts.booted_at) >= REBOOT_AGAIN
    })
}

/// The job that reboots a host whose slots have leaked: nothing else makes them whole. It is held
/// as one in quarantine is, so that it counts as such, until it is found fit again.
fn reboot(world: &World, host: &HostName, why: &str, now: Timestamp) -> Option<Action> {
    world.hosts.get(host).filter(|known| may_reboot(known, now))?;
    let ask = DrainAsk { then: Then::Reboot, ..DrainAsk::new(vec![host.clone()], why) };
    let Ok(DrainAnswer::Open(mut opening)) = super::drain(world, &ask, now) else { return None };
    let hold = HoldAsk { kind: HoldKind::Quarantine, reason: why.into(), until: None };
    let play = opening.play.take()?;
    opening.play = Some(Arc::new(Play { hold: Some(hold.clone()), ..Play::clone(&play) }));
    opening.hold = Some(hold);
    Some(Action::OpenJob(opening))
}

fn quarantine(
    world: &World,
    failing: Vec<(&HostName, Failing)>,
    recent: usize,
    now: Timestamp,
    (actions, held): (&mut Vec<Action>, &mut Vec<Held>),
) {
    let mut room = QUARANTINES_MOST.saturating_sub(recent);
    let mut going = BTreeSet::new();
    for (name, failing) in failing {
        let why = failing.why().to_string();
        // So much is out of reach already that nothing more is taken out of service unasked.
        if let (Failing::Leaked(_), Some(brake)) = (&failing, &world.brake) {
            let Brake { silent, of, .. } = brake;
            let want = Want::Quarantine { host: name.clone() };
            let why = format!(
                "{why}; it waits while the mass-failure brake holds: {silent} of {of} hosts fell \
                 silent at once"
            );
            held.push(Held { want, why, refused: BTreeMap::new() });
            continue;
        }
        if room > 0 && pools_can_spare(world, name, &going) {
            room -= 1;
            going.insert(name);
            let reboots = match failing {
                Failing::Leaked(_) => reboot(world, name, &why, now),
                Failing::Broken(_) => None,
            };
            let (host, kind) = (name.clone(), HoldKind::Quarantine);
            let hold = || Action::Hold { host, kind, reason: why, until: None, job: None };
            actions.push(reboots.unwrap_or_else(hold));
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
