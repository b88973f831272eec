//! The entries of late, for those who follow: a ring of the last ones and a wake-up. A reader
//! that falls behind the ring is told to take a snapshot again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::model::Entry;

/// How many entries the ring holds.
const RING: usize = 8_192;

/// The ring. The engine pushes; any number of readers follow.
#[derive(Debug)]
pub struct Stream {
    ring: Mutex<VecDeque<Arc<Entry>>>,
    newest: watch::Sender<u64>,
}

/// What a reader gets next.
#[derive(Clone, PartialEq, Debug)]
pub enum Feed {
    /// The entries after its last one, oldest first; none when it is up to date.
    Entries(Vec<Arc<Entry>>),
    /// Its last one is not in the ring any more: take a snapshot and follow from there.
    Resync,
}

impl Stream {
    /// An empty ring whose newest entry was `seq`.
    pub fn new(seq: u64) -> Self {
        Self { ring: Mutex::default(), newest: watch::Sender::new(seq) }
    }

    /// Adds entries in order and wakes the readers.
    pub fn push(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let mut newest = *self.newest.borrow();
        for entry in entries {
            newest = entry.seq;
            ring.push_back(entry);
        }
        let excess = ring.len().saturating_sub(RING);
        ring.drain(..excess);
        drop(ring);
        self.newest.send_replace(newest);
    }

    /// The entries after `seq`.
    pub fn after(&self, seq: u64) -> Feed {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = *self.newest.borrow();
        match ring.front() {
            _ if seq == newest => Feed::Entries(Vec::new()),
            Some(oldest) if seq < newest && seq + 1 >= oldest.seq => {
                let skip = (seq + 1 - oldest.seq) as usize;
                Feed::Entries(ring.iter().skip(skip).cloned().collect())
            }
            // Older than the ring, or from another life of the journal.
            Some(_) | None => Feed::Resync,
        }
    }

    /// Tells when the newest `seq` changes.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Actor, Event, Timestamp};

    fn entry(seq: u64) -> Arc<Entry> {
        let event = Event::ControllerStarted { version: "0".into() };
        Arc::new(Entry {
            seq,
            at: Timestamp::default(),
            epoch: 1,
            actor: Actor::controller(),
            event,
        })
    }

    #[test]
    fn a_reader_gets_what_follows_or_is_told_to_start_again() {
        let stream = Stream::new(10);
        assert_eq!(stream.after(10), Feed::Entries(vec![]));
        assert_eq!(stream.after(3), Feed::Resync);
        stream.push((11..=13).map(entry));
        assert_eq!(stream.after(11), Feed::Entries(vec![entry(12), entry(13)]));
        assert_eq!(stream.after(10), Feed::Entries((11..=13).map(entry).collect()));
        assert_eq!(stream.after(9), Feed::Resync);
        assert_eq!(stream.after(14), Feed::Resync);
        stream.push((14..14 + RING as u64).map(entry));
        assert_eq!(stream.after(12), Feed::Resync);
        assert_eq!(*stream.newest().borrow(), 13 + RING as u64);
    }
}
