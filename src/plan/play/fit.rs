//! Whether a host is fit for work, by its last look.

use crate::model::{Host, Reach, Slot, Span, Timestamp};
use crate::plan::place::disk_short;

/// A host that is up was looked at within this time.
const LOOKED: Span = Span::from_secs(15);

/// Why the host is not fit for work, judged by a look after `since`; `None`: it is.
pub(in crate::plan) fn unfit(host: &Host, since: Timestamp, now: Timestamp) -> Option<String> {
    if host.reach != Reach::Up {
        let why = if host.reach_why.is_empty() { "" } else { ": " };
        return Some(format!("it is {}{why}{}", host.reach, host.reach_why));
    }
    if now.since(since.max(host.reach_since)) < LOOKED {
        return Some("it must be looked at once more".into());
    }
    if host.claim.is_some() {
        return Some("it claims a newer controller".into());
    }
    let Some(seen) = &host.seen else { return Some("it was never seen".into()) };
    if let Some(why) = &seen.locked {
        return Some(format!("it is locked: {why}"));
    }
    if seen.facts.tool.is_empty() {
        return Some("its VM tool does not tell its version".into());
    }
    if seen.vms.is_none() || seen.images.is_none() {
        return Some("its VM tool cannot list VMs and images".into());
    }
    if disk_short(&seen.facts) {
        return Some(format!("only {} of its disk are free", seen.facts.disk_free));
    }
    let doubtful = |slot: &&Slot| matches!(slot, Slot::Unknown { .. } | Slot::Leaked { .. });
    let slot = host.slots.iter().find(doubtful)?;
    Some(format!("a slot is {}", slot.word()))
}
