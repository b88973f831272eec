//! How far hosts can be reached, from the contacts of late. A host is judged by failed looks
//! and not by silence of our own: when we did not look, it cannot have failed.

use std::collections::BTreeMap;

use crate::model::{Event, Host, HostName, Reach, Span, Timestamp, World};

/// Without success for so long, a host is unreachable; for so long, it is lost.
const UNREACHABLE: Span = Span::from_secs(30);
const LOST: Span = Span::from_secs(60);
/// Looks come more often than this: what is longer nobody has watched.
const GAP_MOST: Span = Span::from_secs(20);
/// When so many hosts fail within two minutes, our own network is the likelier cause.
const BRAKE_SHARE: usize = 5;
const BRAKE_LEAST: usize = 5;
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
    why: String,
    /// The host showed another key than the one we know.
    identity: bool,
}

impl Contact {
    /// The first look that failed since the last success, or since the controller began to look.
    pub fn first(last_ok: Timestamp, now: Timestamp, why: String, identity: bool) -> Self {
        let silent = now.since(last_ok).min(GAP_MOST);
        Self { failing_since: now, last_failed: now, silent, why, identity }
    }

    /// One more that failed.
    pub fn again(&mut self, now: Timestamp, why: String, identity: bool) {
        let gap = now.since(self.last_failed).min(GAP_MOST);
        self.silent = Span::from_millis(self.silent.as_millis() + gap.as_millis());
        (self.last_failed, self.why, self.identity) = (now, why, identity);
    }
}

/// The changes in reachability that failed looks amount to.
pub fn reach(world: &World, failing: &BTreeMap<HostName, Contact>, now: Timestamp) -> Vec<Event> {
    let recent = |c: &&Contact| now.since(c.failing_since) <= BRAKE_SPAN && !c.identity;
    let gone = failing.values().filter(recent).count();
    let braked = gone >= BRAKE_LEAST && gone * BRAKE_SHARE >= world.hosts.len();
    let mut events = Vec::new();
    for (name, contact) in failing {
        let Some(host) = world.hosts.get(name) else { continue };
        let to = judge(host, contact, braked);
        // What fails before a host was ever reached is all that is known of it: the last words
        // are told, and they are told once.
        let news = to == Reach::Unknown && host.reach_why != contact.why;
        if to == host.reach && !news {
            continue;
        }
        let mut why = contact.why.clone();
        if braked && to == Reach::Unreachable && contact.silent >= LOST {
            why = format!(
                "{gone} hosts fell silent at once, our own network is the likelier cause: {why}"
            );
        }
        events.push(Event::ReachChanged { host: name.clone(), to, why });
    }
    events
}

fn judge(host: &Host, contact: &Contact, braked: bool) -> Reach {
    if contact.identity {
        return Reach::IdentityMismatch;
    }
    let silent = contact.silent;
    match host.reach {
        // Only a person clears it; and a lost host comes back by being seen.
        Reach::IdentityMismatch | Reach::Lost => host.reach,
        _ if silent >= LOST && !braked => Reach::Lost,
        _ if silent >= UNREACHABLE => Reach::Unreachable,
        Reach::Unknown => Reach::Unknown,
        Reach::Up | Reach::Locked | Reach::Suspect => Reach::Suspect,
        Reach::Unreachable => Reach::Unreachable,
    }
}
