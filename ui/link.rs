//! How this desktop stands with the controller: connecting, live, catching up, or cut off; how old
//! what it shows is; and what time it is there.

use hostler::model::{Span, Timestamp};

/// Data older than this is shown as old, and nothing is changed on its ground.
const STALE: Span = Span::from_secs(5);

/// The state of the connection.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Link {
    /// No word yet.
    #[default]
    Connecting,
    Live,
    /// Something was missed: a snapshot is on its way, the old data stays in sight.
    Resyncing,
    Lost {
        since: Timestamp,
        why: String,
        next: Timestamp,
    },
}

impl Link {
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
    pub fn is_live(&self) -> bool {
        *self == Self::Live
    }
}

/// The controller's time, as far as this desktop knows it: its own, and by how much the other
/// differs. A demo's clock runs fast, so each heartbeat sets it anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FleetTime {
    ahead_ms: i64,
}

impl FleetTime {
    /// The controller's time when it is `now` here.
    pub fn at(self, now: Timestamp) -> Timestamp {
        Timestamp::from_millis(now.as_millis().saturating_add(self.ahead_ms))
    }
    /// The controller says what time it is.
    pub fn told(&mut self, now: Timestamp, theirs: Timestamp) {
        self.ahead_ms = theirs.as_millis().saturating_sub(now.as_millis());
    }
}

/// Whether data last heard of then is old by now.
pub fn stale(now: Timestamp, heard: Timestamp) -> bool {
    now.since(heard) > STALE
}

/// When data last heard of then will be old; after that, each second its age changes.
pub fn next_change(now: Timestamp, heard: Timestamp) -> Timestamp {
    let old = heard + STALE + Span::from_millis(1);
    if now < old { old } else { now + Span::from_secs(1) }
}
