//! Getting to know a host: which keys it shows, and the line that makes one of them known.
//! Nothing is sent to a host beyond the key exchange, and nothing is trusted here.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{AlgorithmKind, Preferred, client};

use crate::model::{Fingerprint, HostName, SshAccess};

use super::dial::{Way, severed};
use super::fault::Fault;
use super::known_hosts::lookup_name;
use super::limit::Deadline;
use super::live::config;
use super::trust::{ALGORITHMS, Trust};
use super::{Lost, disk};

/// A host key as a host showed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostKey {
    /// `ssh-ed25519`.
    pub algorithm: String,
    pub fingerprint: Fingerprint,
    /// `ssh-ed25519 AAAA...`, as it is pinned or written to known hosts.
    pub line: String,
}

/// The known_hosts line for a key, which is a public key line.
pub fn known_hosts_line(address: &str, port: u16, key: &str) -> String {
    format!("{} {}", lookup_name(address, port), key.trim())
}

/// What the keys that a host shows are to us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recognised {
    /// No key of this host is known.
    New,
    /// It is the host we know, by this key.
    Known(Fingerprint),
    /// It is known by other keys, which these words name with their places.
    Changed { known: String },
}

/// Compares what a host shows with what is known of it.
///
/// # Errors
/// It showed a revoked key, or what is known of it cannot be read.
pub fn recognise(
    host: &HostName,
    access: &SshAccess,
    shown: &[HostKey],
) -> Result<Recognised, Lost> {
    let recognised = || {
        let keys = shown.iter().map(|key| {
            let read = PublicKey::from_openssh(&key.line);
            read.map_err(|why| Fault::network(format!("its key cannot be read: {why}")))
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Trust::of(access, Some(host.as_str()), disk::read_if_there)?.recognise(&keys)
    };
    recognised().map_err(|fault| fault.lost(host, false))
}

/// Asks for one key of each algorithm, each on a connection of its own that ends there.
pub(super) async fn host_keys(way: &Way<'_>) -> Result<Vec<HostKey>, Fault> {
    let mut keys = Vec::new();
    for algorithm in ALGORITHMS {
        let preferred =
            Preferred { key: Cow::Owned(vec![algorithm.clone()]), ..Preferred::DEFAULT };
        let deadline = Deadline::after(way.settings.connect_timeout);
        let stream = way.open(deadline).await?;
        let (stream, _, _guard) = severed(stream);
        let seen = Arc::default();
        let glance = Glance { seen: Arc::clone(&seen) };
        let config = Arc::new(config(way.settings, preferred));
        let end = deadline.before(client::connect_stream(config, stream, glance)).await;
        let found = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (found, end.ok_or_else(|| way.silent("exchanging keys"))?) {
            (Some(key), _) => keys.push(key),
            (None, Err(russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, .. })) => {}
            (None, Err(why)) => {
                return Err(Fault::network(format!("{} showed no key: {why}", way.name())));
            }
            (None, Ok(_)) => return Err(Fault::network(format!("{} showed no key", way.name()))),
        }
    }
    Ok(keys)
}

/// A client that looks at the key and leaves.
struct Glance {
    seen: Arc<Mutex<Option<HostKey>>>,
}

impl client::Handler for Glance {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        if let PublicKeyOrCertificate::PublicKey { key, .. } = shown {
            let Ok(fingerprint) = key.fingerprint(HashAlg::Sha256).to_string().parse() else {
                return Ok(false);
            };
            let found = HostKey {
                algorithm: key.algorithm().as_str().to_owned(),
                fingerprint,
                line: key.to_openssh().map_err(russh::keys::Error::from)?,
            };
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_hosts_line_names_the_port_unless_it_is_22() {
        let key = "ssh-ed25519 AAAA\n";
        assert_eq!(known_hosts_line("Mac1.Lab", 22, key), "mac1.lab ssh-ed25519 AAAA");
        assert_eq!(known_hosts_line("10.0.0.1", 2222, key), "[10.0.0.1]:2222 ssh-ed25519 AAAA");
    }
}
