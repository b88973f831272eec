//! How far hosts can be reached, from the contacts of late. A host is judged by failed looks
//! and not by silence of our own: when we did not look, it cannot have failed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bars;
use crate::model::{Event, Host, HostName, Reach, Span, Timestamp, World};

/// Without success for so long, a host is unreachable; for so long, it is lost.
const UNREACHABLE: Span = Span::from_secs(30);
const LOST: Span = Span::from_secs(60);
/// Looks come more often than this: what is longer nobody has watched.
const GAP_MOST: Span = Span::from_secs(20);
/// When so many hosts fail within two minutes, our own network is the likelier cause.
const BRAKE_SHARE: u32 = 5;
const BRAKE_LEAST: u32 = 5;
const BRAKE_SPAN: Span = Span::from_mins(2);

/// The last looks at a host that failed. A success removes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The first failure after a success.
    failing_since: Timestamp,
    /// The last failure.
    last_failed: Timestamp,
    /// How long we know it to be silent: no gap in which we did not look counts, for we slept or
    /// our clock has jumped.
    silent: Span,
    /// What failed, in words.
    pub(super) why: String,
    pub(super) blame: Blame,
}

/// What a failed look is to be laid to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// The host was not reached, or fell silent.
    Silence,
    /// It showed another key than the one we know.
    Key,
    /// Its jump host showed another key than the one we know: of the host nothing is known.
    JumpKey,
}

impl Contact {
    /// The first look that failed since the last success, or since the controller began to look.
    pub fn first(last_ok: Timestamp, now: Timestamp, why: String, blame: Blame) -> Self {
        let silent = now.since(last_ok).min(GAP_MOST);
        Self { failing_since: now, last_failed: now, silent, why, blame }
    }

    /// One more that failed.
    pub fn again(&mut self, now: Timestamp, why: String, blame: Blame) {
        let gap = now.since(self.last_failed).min(GAP_MOST);
        self.silent = Span::from_millis(self.silent.as_millis() + gap.as_millis());
        if (self.blame == Blame::JumpKey) != (blame == Blame::JumpKey) {
            // Nobody asked it while its jump host was not let in.
            self.silent = Span::ZERO;
        }
        (self.last_failed, self.why, self.blame) = (now, why, blame);
    }

    /// A look that never had its turn: the host was not asked, so it has not been silent.
    pub fn waited(&mut self, now: Timestamp) {
        self.last_failed = now;
    }
}

/// The changes in reachability that failed looks amount to, and whether the brake holds.
///
/// The brake latches: once it holds it does so until fewer hosts are silent than it takes to
/// engage it, however long that is. A host that was lost within the two minutes before belongs to
/// the same outage: it is unreachable again for as long, so that its VMs are not replaced either.
/// One that was lost before that was lost for a reason of its own, and stays lost.
pub fn reach(world: &World, failing: &BTreeMap<HostName, Contact>, now: Timestamp) -> Vec<Event> {
    let mut events = bars::jumps(world, failing);
    let of = u32::try_from(world.hosts.len()).unwrap_or(u32::MAX);
    let silent = silent(world, failing, now);
    let many = silent >= BRAKE_LEAST && silent.saturating_mul(BRAKE_SHARE) >= of;
    match world.brake {
        None if many => events.push(Event::BrakeEngaged { silent, of }),
        Some(_) if !many => events.push(Event::BrakeReleased { silent, of }),
        None | Some(_) => {}
    }
    let braked = many.then(|| world.brake.map_or(now, |brake| brake.since));
    for (name, contact) in failing {
        let Some(host) = world.hosts.get(name) else { continue };
        let jump = || bars::jump_of(host).is_some_and(|jump| world.jumps.contains_key(&jump));
        let barred = contact.blame == Blame::JumpKey || (!world.jumps.is_empty() && jump());
        let to = judge(host, contact, braked, barred);
        // What fails before a host was ever reached is all that is known of it: the last words
        // are told, and they are told once.
        let news = to == Reach::Unknown && host.reach_why != contact.why;
        if to == host.reach && !news {
            continue;
        }
        let mut why = contact.why.clone();
        if braked.is_some() && to == Reach::Unreachable && contact.silent >= LOST {
            why = format!(
                "{silent} hosts fell silent at once, our own network is the likelier cause: {why}"
            );
        }
        events.push(Event::ReachChanged { host: name.clone(), to, why });
    }
    events
}

/// What a look amounts to that never had its turn: how far the host can be reached stays what it
/// was, and why nothing newer is known of it is said once. What failed before is told still.
pub fn waits(world: &World, name: &HostName, why: &str) -> Option<Event> {
    let host = world.hosts.get(name)?;
    let says = matches!(host.reach, Reach::Unknown | Reach::Up) && host.reach_why != why;
    says.then(|| Event::ReachChanged { host: name.clone(), to: host.reach, why: why.into() })
}

/// How many hosts are silent that count for the brake: those that fell silent within two minutes,
/// and while it holds, all that did so in this outage. After a restart amid one, what has not
/// been heard yet is silent still.
fn silent(world: &World, failing: &BTreeMap<HostName, Contact>, now: Timestamp) -> u32 {
    let since = world.brake.map_or(now, |brake| brake.since);
    let counts = |(name, host): &(&HostName, &Arc<Host>)| {
        // What was lost before tells nothing of our network now.
        if host.lost.is_some_and(|lost| since.since(lost) > BRAKE_SPAN) {
            return false;
        }
        match failing.get(*name) {
            Some(contact) => {
                contact.blame == Blame::Silence && since.since(contact.failing_since) <= BRAKE_SPAN
            }
            None => world.brake.is_some() && host.reach == Reach::Unknown,
        }
    };
    u32::try_from(world.hosts.iter().filter(counts).count()).unwrap_or(u32::MAX)
}

/// `braked`: since when the brake holds. `barred`: its jump host's key is for a person to judge, and
/// until then its VMs run on, for all we know.
fn judge(host: &Host, contact: &Contact, braked: Option<Timestamp>, barred: bool) -> Reach {
    if contact.blame == Blame::Key {
        return Reach::IdentityMismatch;
    }
    let silent = contact.silent;
    match host.reach {
        // Only a person clears it.
        Reach::IdentityMismatch => host.reach,
        Reach::Lost if of_outage(host, braked) => Reach::Unreachable,
        // It comes back by being seen.
        Reach::Lost => Reach::Lost,
        _ if silent >= LOST && !barred && (braked.is_none() || lost_before(host, braked)) => {
            Reach::Lost
        }
        _ if silent >= UNREACHABLE => Reach::Unreachable,
        Reach::Unknown => Reach::Unknown,
        Reach::Up | Reach::Locked | Reach::Suspect => Reach::Suspect,
        Reach::Unreachable => Reach::Unreachable,
    }
}

/// Whether it was lost long before the brake, and a controller that has started since has not
/// heard it either.
fn lost_before(host: &Host, braked: Option<Timestamp>) -> bool {
    host.lost.is_some() && !of_outage(host, braked)
}

/// Whether it was lost so shortly before the brake that both have one cause.
fn of_outage(host: &Host, braked: Option<Timestamp>) -> bool {
    braked.zip(host.lost).is_some_and(|(since, lost)| since.since(lost) <= BRAKE_SPAN)
}
