//! Whether a host is fit for work, by its last look.

use crate::model::{Host, Reach, Span, Timestamp};
use crate::plan::ready::{doubtful, lacks};

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
    if let Some(lack) = lacks(host.seen.as_ref()).first() {
        return Some(lack.said());
    }
    doubtful(host).map(|slot| format!("a slot is {}", slot.word()))
}
