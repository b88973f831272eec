//! A connection to one machine: opened, checked, signed in, kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{self, Handle};
use russh::{AlgorithmKind, Error, Preferred, SshId};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::dial::{Way, severed};
use super::door::{Door, Ending};
use super::fault::Fault;
use super::keyring::{Credentials, sign_in};
use super::limit::{Deadline, within};
use super::settings::TransportSettings;
use super::trust::Trust;

/// A connection that is signed in. Dropping the last hold on it closes it.
pub(super) struct Live {
    /// `user@address:port`.
    pub(super) name: String,
    pub(super) handle: Handle<Door>,
    /// One permit for each script that may run on it at once.
    pub(super) sessions: Arc<Semaphore>,
    pub(super) ending: Ending,
    retired: AtomicBool,
    cut: CancellationToken,
    _guard: DropGuard,
}

impl Live {
    /// Whether a new script may go over it.
    pub(super) fn is_fit(&self) -> bool {
        !self.handle.is_closed() && !self.retired.load(Ordering::Acquire)
    }

    /// Whether the other side says anything at all.
    pub(super) async fn answers(&self, patience: Duration) -> bool {
        matches!(within(patience, self.handle.send_ping()).await, Some(Ok(())))
    }

    /// Takes no new script any more; it closes once those on it have ended.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// Closes it now, whatever is on it.
    pub(super) fn close(&self) {
        self.retire();
        self.cut.cancel();
    }
}

/// Opens the way, checks who answers and signs in: all within the limit for connecting.
pub(super) async fn connect(
    way: &Way<'_>,
    trust: Trust,
    credentials: &Credentials,
) -> Result<Live, Fault> {
    let preferred = trust.preferred()?;
    let trust = Arc::new(trust);
    let deadline = Deadline::after(way.settings.connect_timeout);
    let stream = way.open(deadline).await?;
    let (stream, cut, guard) = severed(stream);
    let (verdict, ending) = (Arc::new(Mutex::new(None)), Ending::default());
    let door = Door {
        trust: Arc::clone(&trust),
        now: way.settings.now,
        verdict: Arc::clone(&verdict),
        ending: ending.clone(),
    };
    let config = Arc::new(config(way.settings, preferred));
    let met = deadline.before(client::connect_stream(config, stream, door)).await;
    let met = met.ok_or_else(|| way.silent("exchanging keys"))?;
    if let Some(fault) = verdict.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(fault);
    }
    let mut handle = met.map_err(|why| unmet(why, &trust))?;
    let signed = deadline.before(sign_in(&mut handle, way.access, credentials, &ending)).await;
    signed.ok_or_else(|| way.silent("signing in"))??;
    let name = format!("{}@{}", way.access.user, way.name());
    tracing::debug!("connected to {name}");
    Ok(Live {
        name,
        handle,
        sessions: Arc::new(Semaphore::new(way.settings.sessions_per_host.max(1))),
        ending,
        retired: AtomicBool::new(false),
        cut,
        _guard: guard,
    })
}

fn unmet(why: Error, trust: &Trust) -> Fault {
    let name = trust.name();
    if let Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. } = why {
        trust.no_common_key(&theirs)
    } else if matches!(why, Error::WrongServerSig) {
        let why = "showed a host key it cannot sign with; nothing was sent";
        Fault::identity(format!("{name} {why}"))
    } else {
        Fault::network(format!("{name} broke off the key exchange: {why}"))
    }
}

/// The client's side of the protocol: small windows, no compression, a host runs other people's
/// work.
pub(super) fn config(settings: &TransportSettings, preferred: Preferred) -> client::Config {
    client::Config {
        client_id: SshId::Standard("SSH-2.0-hostler".into()),
        window_size: 512 << 10,
        keepalive_interval: Some(settings.keepalive_interval),
        keepalive_max: settings.keepalive_max,
        nodelay: true,
        preferred,
        ..client::Config::default()
    }
}
