//! Entries as rows: the text that is kept, what it is searched by, and the chain of hashes.

use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::model::{Entry, Event, Subject, Via};

/// A hash in the chain.
pub(super) type Hash = [u8; 32];

/// What the first entry follows.
pub(super) const GENESIS: Hash = [0; 32];

/// An entry as its row has it.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) epoch: i64,
    pub(super) who: String,
    pub(super) via: &'static str,
    pub(super) name: &'static str,
    pub(super) host: Option<String>,
    pub(super) vm: Option<String>,
    pub(super) body: String,
}

impl Line {
    /// The entry's row, or why it has none.
    pub(super) fn of(entry: &Entry) -> Result<Self, String> {
        let body = serde_json::to_string(entry).map_err(|error| error.to_string())?;
        let number = |n: u64| i64::try_from(n).map_err(|_| format!("{n} is too large a number"));
        let (host, vm) = about(&entry.event);
        Ok(Self {
            seq: number(entry.seq)?,
            at: entry.at.as_millis(),
            epoch: number(entry.epoch)?,
            who: entry.actor.who.clone(),
            via: door(entry.actor.via),
            name: entry.event.name(),
            host,
            vm,
            body,
        })
    }
}

/// The host and the VM that the event names. What names only a VM is found by its host through
/// the entry that placed it, which names both.
fn about(event: &Event) -> (Option<String>, Option<String>) {
    if let Event::SlotReserved { vm, host, .. }
    | Event::VmAdopted { vm, host, .. }
    | Event::SlotLeaked { vm, host, .. } = event
    {
        return (Some(host.to_string()), Some(vm.to_string()));
    }
    match event.subject() {
        Subject::Host(host) => (Some(host.to_string()), None),
        Subject::Vm(vm) => (None, Some(vm.to_string())),
        Subject::All
        | Subject::Fleet(_)
        | Subject::Schedule(_)
        | Subject::Job(_)
        | Subject::Pool(_) => (None, None),
    }
}

fn door(via: Via) -> &'static str {
    match via {
        Via::Controller => "controller",
        Via::Cli => "cli",
        Via::Desktop => "desktop",
        Via::Api => "api",
    }
}

/// The hash of an entry's text behind the entry before it.
pub(super) fn link(before: &Hash, body: &str) -> Hash {
    Sha256::new().chain_update(before).chain_update(body).finalize().into()
}

/// The sum of a checkpoint's text.
pub(super) fn sum(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// An entry as read back, not yet believed.
pub(super) struct Stored {
    pub(super) seq: u64,
    pub(super) body: String,
    pub(super) hash: Vec<u8>,
}

impl Stored {
    /// From a row with `seq`, `body` and `hash`.
    pub(super) fn of(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let seq: i64 = row.try_get("seq")?;
        let seq = u64::try_from(seq).unwrap_or(0);
        Ok(Self { seq, body: row.try_get("body")?, hash: row.try_get("hash")? })
    }

    /// The entry, if it is the one that follows `last`, whose hash is `before`. Both move on.
    pub(super) fn believe(&self, last: &mut u64, before: &mut Hash) -> Result<Entry, String> {
        let expected = last.saturating_add(1);
        if self.seq != expected {
            return Err(format!("entry {expected} is missing"));
        }
        let hash = link(before, &self.body);
        if self.hash != hash {
            return Err("its text is not the one that was written, or one before it is not".into());
        }
        let entry = parse(&self.body)?;
        if entry.seq != self.seq {
            return Err(format!("it calls itself entry {}", entry.seq));
        }
        (*last, *before) = (self.seq, hash);
        Ok(entry)
    }
}

/// The entry that a body says.
pub(super) fn parse(body: &str) -> Result<Entry, String> {
    serde_json::from_str(body).map_err(|error| {
        // JSON, and not what we know: an event or a value that came later.
        let newer = if error.is_data() { ": has a newer version written it?" } else { "" };
        format!("it cannot be read ({error}){newer}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Actor, Timestamp, VmId};

    #[test]
    fn an_entry_is_found_by_the_host_and_the_vm_it_names() {
        let host = || "mini-01".parse().unwrap();
        let vm = VmId::from_bits(5);
        let id = vm.to_string();
        let slot = crate::model::SlotIx::One;
        let cases = [
            (Event::ControllerStarted { version: "1".into() }, None, None),
            (Event::SlotTaken { host: host(), slot, name: "x".into() }, Some("mini-01"), None),
            (Event::SlotLeaked { host: host(), slot, vm }, Some("mini-01"), Some(id.as_str())),
            (Event::VmGone { vm }, None, Some(id.as_str())),
        ];
        for (event, host, vm) in cases {
            let at = Timestamp::default();
            let entry = Entry { seq: 1, at, epoch: 1, actor: Actor::controller(), event };
            let line = Line::of(&entry).unwrap();
            assert_eq!((line.host.as_deref(), line.vm.as_deref()), (host, vm), "{}", line.name);
        }
    }
}
