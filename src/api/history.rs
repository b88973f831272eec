//! The journal behind the stream. Main hands one in: the API knows no store.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::model::{Entry, HostName, Licence, Timestamp, World};

/// Where old entries are.
pub trait History: Send + Sync + 'static {
    /// Of the entries that are asked for the newest `limit`, oldest first. The error is one line
    /// that says what is wrong with the journal.
    fn entries(&self, query: LogQuery, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>>;
    /// The fleet as it was; `None`: the journal has no entry.
    fn past(&self, _: Moment) -> BoxFuture<'_, Result<Option<Past>, String>> {
        Box::pin(async { Err("this controller keeps no journal to look back into".into()) })
    }
    /// Reads the journal anew for the most macOS VMs of each host.
    fn licence(&self, _: Period) -> BoxFuture<'_, Result<Licence, String>> {
        Box::pin(async { Err("this controller keeps no journal to look back into".into()) })
    }
}

/// `GET /v1/slots/report?since=&until=`: which part of the journal is asked for; all of it when
/// neither is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `GET /v1/past?at=` or `?seq=`: which moment is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// The last entry that was written by then. An earlier time than the first entry's means that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// This entry; a later one than the last means that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// The fleet around a moment: who has this can go some way back and forth without asking.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Past {
    /// The World before the first of `entries`.
    pub world: World,
    /// Up to the moment and some way beyond it, oldest first, without a gap.
    pub entries: Vec<Entry>,
    /// The entry that the moment stands at.
    pub seq: u64,
    /// When the journal's first entry was written, and its last.
    pub from: Timestamp,
    pub to: Timestamp,
}

/// So many entries on either side of a moment come with it.
pub const PAST_BESIDE: u32 = 1_000;

/// The most entries one answer of the log holds.
pub const LOG_MOST: u32 = 10_000;
const LOG_DEFAULT: u32 = 100;

/// `GET /v1/events/log?after=&since=&host=&limit=`: which entries are asked for. What is `None`
/// does not narrow the choice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Only after this entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only written at this moment or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only about this host, or about a VM that was ever placed on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// 100 when absent, at most `LOG_MOST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl LogQuery {
    /// How many entries at the most.
    pub(super) fn most(&self) -> u32 {
        self.limit.unwrap_or(LOG_DEFAULT).min(LOG_MOST)
    }
}
