//! Keeps the order: observe, plan, write, do, write. One task owns the World and the store;
//! all others hold a `Handle`. It makes no choice of its own.

mod asks;
mod clock;
mod doctor;
mod forecast;
mod handle;
mod jobs;
mod ledger;
mod looks;
mod orders;
mod parked;
mod run;
mod stream;
mod ticker;
mod vm_log;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::{HostName, Illegal, Span, World};
use crate::store::{Store, StoreError};
use crate::transport::Carry;

pub use clock::{Clock, Mark};
pub use forecast::forecast;
pub use handle::{Ask, Command, Denied, Done, Ends, Handle, Release, Status};
pub use orders::{Ids, events_of};
pub use run::Engine;
pub use stream::{Feed, Stream};

/// What an engine is made of.
pub struct Parts {
    pub store: Arc<Store>,
    /// The World that the store holds.
    pub world: World,
    pub carry: Arc<dyn Carry>,
    /// Where playbooks' files are read.
    pub files: Arc<dyn FleetFiles>,
    pub clock: Clock,
    pub limits: Limits,
    /// Randomness for ids; seeded in tests.
    pub noise: Box<dyn FnMut() -> u16 + Send>,
}

/// Reads files of the fleet directory, for steps that copy them to hosts.
pub trait FleetFiles: Send + Sync + 'static {
    /// Its whole content, or why not, in words that name it.
    fn read(&self, path: &Path) -> BoxFuture<'static, Result<Vec<u8>, String>>;
}

/// How often hosts are looked at, and how long commands may take, on the engine's clock.
#[derive(Clone, Debug)]
pub struct Limits {
    pub look_every: Span,
    /// Looks under way at once.
    pub looks_at_once: usize,
    pub clone: Span,
    pub start: Span,
    pub stop: Span,
    pub delete: Span,
    /// However fast the clock runs, a command has this long on the wall.
    pub floor: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            look_every: Span::from_secs(10),
            looks_at_once: 256,
            clone: Span::from_hours(2),
            start: Span::from_mins(5),
            stop: Span::from_mins(2),
            delete: Span::from_mins(2),
            floor: Duration::from_secs(10),
        }
    }
}

/// Why an engine ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing can be made durable, so nothing is done.
    #[error("the journal cannot be written, so the controller stops")]
    Store(#[from] StoreError),
    /// Somebody else is the controller now.
    #[error("host {host} knows a newer controller ({said}), so this one steps down")]
    Fenced { host: HostName, said: String },
    /// Its first entries do not follow from the stored World.
    #[error("the stored state does not take a new controller")]
    State(#[from] Illegal),
    /// No ticks.
    #[error("the ticker cannot start")]
    Ticker(#[from] tokio_cron_scheduler::JobSchedulerError),
}
