//! The stream of entries as Server-Sent Events. A reader is served at its own pace: entries wait
//! in the engine's ring, and one that falls out of the ring is told to start again.
#![expect(clippy::disallowed_methods, reason = "licence: the stream's heartbeat, each second")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::Event;
use futures::Stream;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::extract::Asked;
use super::problem::{Fault, What};
use super::{Api, Heartbeat};
use crate::engine::{Feed, Handle};
use crate::model::Entry;

/// On the wall's pace, whatever the controller's clock does.
const BEAT: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    after: Option<u64>,
}

/// `GET /v1/events?after=SEQ`; without `after`, from `Last-Event-ID`, or else from now.
pub(super) async fn events(
    State(api): State<Api>,
    headers: HeaderMap,
    Asked(Query { after }): Asked<Query>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let after = match (after, headers.get("last-event-id")) {
        (Some(after), _) => after,
        (None, None) => api.handle.world().seq,
        (None, Some(id)) => {
            id.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(|| {
                Fault::new(What::BadQuery, "last-event-id: not the seq of an entry")
            })?
        }
    };
    let reader = Reader::new(api.handle.clone(), after, api.shutdown.clone());
    Ok(Sse::new(futures::stream::unfold(reader, |mut reader| async move {
        reader.next().await.map(|event| (Ok(event), reader))
    })))
}

/// One reader of the stream.
struct Reader {
    handle: Handle,
    newest: watch::Receiver<u64>,
    /// The last entry that was taken from the ring.
    after: u64,
    taken: VecDeque<Arc<Entry>>,
    beat: Interval,
    shutdown: CancellationToken,
    over: bool,
}

impl Reader {
    fn new(handle: Handle, after: u64, shutdown: CancellationToken) -> Self {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let newest = handle.stream().newest();
        Self { handle, newest, after, taken: VecDeque::new(), beat, shutdown, over: false }
    }

    /// The next event for the reader; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        while !self.over {
            if let Some(entry) = self.taken.pop_front() {
                return Some(entry_event(&entry));
            }
            // Seen before the ring is read, so that a push in between wakes us again.
            self.newest.mark_unchanged();
            match self.handle.stream().after(self.after) {
                Feed::Resync => {
                    self.over = true;
                    return Some(Event::default().event("resync").data("{}"));
                }
                Feed::Entries(entries) if !entries.is_empty() => {
                    self.after = entries.last().map_or(self.after, |entry| entry.seq);
                    self.taken = entries.into();
                    continue;
                }
                Feed::Entries(_) => {}
            }
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => self.over = true,
                changed = self.newest.changed() => self.over = changed.is_err(),
                _ = self.beat.tick() => return Some(self.heartbeat()),
            }
        }
        None
    }

    fn heartbeat(&self) -> Event {
        let beat = Heartbeat { seq: self.after, at: self.handle.now() };
        data("heartbeat", &beat)
    }
}

fn entry_event(entry: &Entry) -> Event {
    data("entry", entry).id(entry.seq.to_string())
}

fn data<T: serde::Serialize>(name: &'static str, value: &T) -> Event {
    let event = Event::default().event(name);
    // A value that is no JSON would be a fault of ours: the reader is told to start again.
    event.json_data(value).unwrap_or_else(|_| Event::default().event("resync").data("{}"))
}
