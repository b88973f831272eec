//! The transport itself: takes a script to a host, over SSH or on this very Mac, and says
//! exactly whether any of it was sent when no answer comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures::future::BoxFuture;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::{Access, HostName, SshAccess};

use super::enrol::HostKey;
use super::fault::Fault;
use super::limit::within;
use super::lines::Lines;
use super::live::Live;
use super::session::{Shell, Silence, Unopened};
use super::settings::TransportSettings;
use super::{Carry, Limit, Lost, Output, Script, local};

/// Carries scripts to real hosts. Dropping it closes every connection.
pub struct Transport {
    inner: Arc<Inner>,
}

struct Inner {
    lines: Lines,
    running: AtomicUsize,
    lost_sent: AtomicU64,
}

/// Figures for the metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TransportStats {
    /// Hosts with an open connection.
    pub hosts: usize,
    /// Entry points with an open connection.
    pub jumps: usize,
    /// Scripts under way.
    pub running: usize,
    /// Connections made since the start, to hosts and entry points.
    pub connected: u64,
    /// Connections that failed since the start.
    pub failed: u64,
    /// Scripts whose outcome is unknown: sent, and no answer.
    pub lost_sent: u64,
}

impl Transport {
    /// A transport without any connection yet. `seed` spreads the waits after failures.
    pub fn new(settings: TransportSettings, seed: u64) -> Self {
        let lines = Lines::new(settings, seed);
        let (running, lost_sent) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { lines, running, lost_sent }) }
    }

    /// The keys a host shows now, for a person to compare. Trusts none of them and sends nothing
    /// to the host; an entry point on the way must be known already.
    ///
    /// # Errors
    /// The host or its entry point was not reached.
    pub async fn fetch_host_keys(
        &self,
        host: &HostName,
        access: &SshAccess,
    ) -> Result<Vec<HostKey>, Lost> {
        self.inner.lines.host_keys(access).await.map_err(|fault| fault.lost(host, false))
    }

    /// Closes a host's connection and forgets its failures: the next script connects anew.
    /// What runs on the connection is lost.
    pub fn forget(&self, host: &HostName) {
        self.inner.lines.forget(host);
    }

    /// Figures for the metrics.
    pub fn stats(&self) -> TransportStats {
        let (hosts, jumps, counts) = self.inner.lines.tally();
        TransportStats {
            hosts,
            jumps,
            running: self.inner.running.load(Ordering::Relaxed),
            connected: counts.connected,
            failed: counts.failed,
            lost_sent: self.inner.lost_sent.load(Ordering::Relaxed),
        }
    }
}

impl Carry for Transport {
    fn forget(&self, host: &HostName) {
        Self::forget(self, host);
    }

    fn run<'a>(
        &'a self,
        host: &'a HostName,
        access: &'a Access,
        script: &'a Script,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>> {
        let inner = Arc::clone(&self.inner);
        let (access, text) = (access.clone(), script.render());
        Box::pin(async move {
            // A task of its own: the remote process goes on when nobody waits for it any more,
            // and so must whoever counts its session and takes what it says.
            let carried = tokio::spawn(inner.carry(host.clone(), access, text, limit)).await;
            let (sent, fault) = match carried {
                Ok(Ok(output)) => return Ok(output),
                Ok(Err(miss)) => miss,
                Err(why) => (true, Fault::network(format!("the wait for its answer ended: {why}"))),
            };
            if sent {
                self.inner.lost_sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(fault.lost(host, sent))
        })
    }
}

/// Counts a script as running as long as it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}
impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether any of the script was sent, and what went wrong.
type Miss = (bool, Fault);

impl Inner {
    async fn carry(
        self: Arc<Self>,
        host: HostName,
        access: Access,
        text: String,
        limit: Limit,
    ) -> Result<Output, Miss> {
        let _running = Running::on(&self.running);
        match &access {
            Access::Local => local::run(text, limit).await,
            Access::Ssh(access) => self.over_ssh(&host, access, text, limit).await,
        }
    }

    async fn over_ssh(
        &self,
        host: &HostName,
        access: &SshAccess,
        text: String,
        limit: Limit,
    ) -> Result<Output, Miss> {
        let unsent = |fault: Fault| (false, fault);
        let mut live = self.lines.reach(host, access).await.map_err(unsent)?;
        let mut opened = self.shell(&live, limit).await;
        if let Err(Unopened::Stale(_)) = opened {
            // A kept connection that died unnoticed; nothing was sent, so another may be tried.
            live.close();
            live = self.lines.reach(host, access).await.map_err(unsent)?;
            opened = self.shell(&live, limit).await;
        }
        let (shell, _session) = opened.map_err(|why| match why {
            Unopened::Stale(fault) | Unopened::Refused(fault) => unsent(fault),
        })?;
        shell.run(text, limit).await.map_err(|silence| match silence {
            Silence::TimeIsUp => {
                // Suspect: no new script goes over it, those on it may end.
                live.retire();
                let why = format!("no end within {:?}; it may still be running", limit.time);
                (true, Fault::network(why))
            }
            Silence::Ended => {
                let why = live.ending.why().unwrap_or_else(|| "the host ended the session".into());
                let why = format!("{why}, with no status; the script may still be running");
                (true, Fault::network(why))
            }
        })
    }

    /// A shell and its place among the host's sessions.
    async fn shell(
        &self,
        live: &Live,
        limit: Limit,
    ) -> Result<(Shell, OwnedSemaphorePermit), Unopened> {
        let place = within(limit.time, Arc::clone(&live.sessions).acquire_owned()).await;
        let Some(Ok(place)) = place else {
            let (most, time) = (self.lines.settings.sessions_per_host, limit.time);
            let why = format!("all its {most} sessions were busy for {time:?}");
            return Err(Unopened::Refused(Fault::network(why)));
        };
        let patience = self.lines.settings.connect_timeout;
        match within(patience, Shell::open(live, limit.bytes)).await {
            Some(opened) => opened.map(|shell| (shell, place)),
            None => {
                // It takes what we send and gives nothing back: as good as dead.
                live.close();
                let why = format!("{} opened no session within {patience:?}", live.name);
                Err(Unopened::Refused(Fault::network(why)))
            }
        }
    }
}
