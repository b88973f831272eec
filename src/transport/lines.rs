//! The connections that are kept: one per host, one per entry point shared by all hosts behind
//! it. Opens what is missing, replaces what has died, and waits after failures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Semaphore;

use crate::model::{HostName, Jump, SshAccess};

use super::backoff::Backoff;
use super::dial::Way;
use super::disk::read_if_there;
use super::enrol::{HostKey, host_keys};
use super::fault::Fault;
use super::keyring::Keyring;
use super::limit::{now, within};
use super::live::{Live, connect};
use super::settings::TransportSettings;
use super::trust::Trust;

/// What a connection to an entry point depends on.
type JumpKey = (Jump, Option<PathBuf>, Option<PathBuf>);

pub(super) struct Lines {
    pub(super) settings: TransportSettings,
    keyring: Arc<Keyring>,
    hosts: Mutex<BTreeMap<HostName, Arc<Line>>>,
    jumps: Mutex<BTreeMap<JumpKey, Arc<Line>>>,
    /// By entry point: how many connections behind it may be signing in at once.
    turns: Mutex<BTreeMap<(String, u16), Arc<Semaphore>>>,
    chance: Mutex<StdRng>,
    counts: Mutex<Counts>,
}

/// Connections made and missed since the start.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) connected: u64,
    pub(super) failed: u64,
}

/// The place of one connection.
#[derive(Default)]
struct Line {
    /// Held by whoever opens it; the others wait and then find it, or find that it failed.
    opening: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What it was opened with, or last tried with.
    access: Option<SshAccess>,
    live: Option<Arc<Live>>,
    backoff: Backoff,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// The connection as it stands; `None` when one must be opened; an error while waiting.
    fn find(&self, access: &SshAccess) -> Result<Option<Arc<Live>>, Fault> {
        let mut state = lock(&self.state);
        if state.access.as_ref() != Some(access) {
            // Another way in: what runs on the old connection may end there.
            *state = State { access: Some(access.clone()), ..State::default() };
        }
        state.live = state.live.take().filter(|live| live.is_fit());
        match (&state.live, state.backoff.refuses(now())) {
            (Some(live), _) => Ok(Some(Arc::clone(live))),
            (None, Some(fault)) => Err(fault),
            (None, None) => Ok(None),
        }
    }
}

/// Who is reached: a host, or an entry point.
#[derive(Clone, Copy)]
enum Whom<'a> {
    Host(&'a HostName),
    Jump,
}

impl Lines {
    pub(super) fn new(settings: TransportSettings, seed: u64) -> Self {
        Self {
            settings,
            keyring: Arc::default(),
            hosts: Mutex::default(),
            jumps: Mutex::default(),
            turns: Mutex::default(),
            chance: Mutex::new(StdRng::seed_from_u64(seed)),
            counts: Mutex::default(),
        }
    }

    /// The connection to a host, opened when there is none.
    pub(super) async fn reach(
        &self,
        host: &HostName,
        access: &SshAccess,
    ) -> Result<Arc<Live>, Fault> {
        let line = Arc::clone(lock(&self.hosts).entry(host.clone()).or_default());
        self.open(&line, Whom::Host(host), access).await
    }

    fn open<'a>(
        &'a self,
        line: &'a Line,
        whom: Whom<'a>,
        access: &'a SshAccess,
    ) -> BoxFuture<'a, Result<Arc<Live>, Fault>> {
        Box::pin(async move {
            if let Some(live) = line.find(access)? {
                return Ok(live);
            }
            let _opening = line.opening.lock().await;
            if let Some(live) = line.find(access)? {
                return Ok(live);
            }
            // What fails before the machine itself is asked is not charged to it.
            let via = self.jump(access).await?;
            let _turn = self.turn(access).await?;
            let opened = self.connect(whom, access, via).await;
            let mut state = lock(&line.state);
            let mut counts = lock(&self.counts);
            match opened {
                Ok(live) => {
                    let live = Arc::new(live);
                    counts.connected += 1;
                    state.backoff = Backoff::default();
                    state.live = Some(Arc::clone(&live));
                    Ok(live)
                }
                Err(fault) => {
                    counts.failed += 1;
                    let bounds = (self.settings.backoff_min, self.settings.backoff_max);
                    let chance = lock(&self.chance).random::<f64>();
                    state.backoff.failed(&fault, now(), bounds, chance);
                    Err(fault)
                }
            }
        })
    }

    async fn connect(
        &self,
        whom: Whom<'_>,
        access: &SshAccess,
        via: Option<Arc<Live>>,
    ) -> Result<Live, Fault> {
        let host = match whom {
            Whom::Host(host) => Some(host.as_str()),
            Whom::Jump => None,
        };
        let trust = Trust::of(access, host, read_if_there)?;
        let (passphrases, agent) = (&self.settings.passphrases, self.settings.agent.as_deref());
        let credentials = self.keyring.credentials(access, passphrases, agent).await?;
        connect(&Way { settings: &self.settings, access, via }, trust, &credentials).await
    }

    /// The connection to the entry point of `access`, if it has one.
    async fn jump(&self, access: &SshAccess) -> Result<Option<Arc<Live>>, Fault> {
        let Some(jump) = &access.jump else { return Ok(None) };
        let Some(entry) = access.of_jump() else { return Ok(None) };
        let key = (jump.clone(), access.identity.clone(), access.known_hosts.clone());
        let line = Arc::clone(lock(&self.jumps).entry(key).or_default());
        let live = self.open(&line, Whom::Jump, &entry).await;
        live.map(Some).map_err(|fault| {
            fault.by_way_of(&format!("{}@{}:{}", jump.user, jump.address, jump.port))
        })
    }

    /// One of the few places for those behind an entry point that have not signed in yet. They are
    /// given out in the order in which they were asked for.
    async fn turn(
        &self,
        access: &SshAccess,
    ) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, Fault> {
        let Some(jump) = &access.jump else { return Ok(None) };
        let most = self.settings.unauthenticated_per_bastion.max(1);
        let turns = Arc::clone(
            lock(&self.turns)
                .entry((jump.address.clone(), jump.port))
                .or_insert_with(|| Arc::new(Semaphore::new(most))),
        );
        match within(self.settings.turn_patience, turns.acquire_owned()).await {
            Some(Ok(turn)) => Ok(Some(turn)),
            // In the same words whoever is ahead of it: they are compared, and say nothing new.
            Some(Err(_)) | None => Err(Fault::turn(format!(
                "waits for its turn at jump host {}:{}: {most} may sign in behind it at once, and \
                 others are ahead",
                jump.address, jump.port
            ))),
        }
    }

    /// What keys a host shows; through its entry point, which must be known.
    pub(super) async fn host_keys(&self, access: &SshAccess) -> Result<Vec<HostKey>, Fault> {
        let via = self.jump(access).await?;
        let _turn = self.turn(access).await?;
        host_keys(&Way { settings: &self.settings, access, via }).await
    }

    /// Closes a host's connection, whatever is on it, and forgets its failures.
    pub(super) fn forget(&self, host: &HostName) {
        let line = lock(&self.hosts).remove(host);
        if let Some(live) = line.and_then(|line| lock(&line.state).live.take()) {
            live.close();
        }
    }

    /// Connections to hosts and to entry points now, and the counts.
    pub(super) fn tally(&self) -> (usize, usize, Counts) {
        let up = |line: &Arc<Line>| lock(&line.state).live.as_ref().is_some_and(|l| l.is_fit());
        let hosts = lock(&self.hosts).values().filter(|line| up(line)).count();
        let jumps = lock(&self.jumps).values().filter(|line| up(line)).count();
        (hosts, jumps, *lock(&self.counts))
    }
}
