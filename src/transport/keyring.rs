//! Our own keys: an identity file, encrypted or not, else those of the SSH agent; and signing in
//! with them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use sha2::{Digest, Sha256};

use crate::model::SshAccess;

use super::disk::read_text;
use super::door::{Door, Ending};
use super::fault::Fault;
use super::settings::Passphrases;

/// Holds keys once read: opening an encrypted one costs a tenth of a second, and a fleet is
/// reached with one key.
#[derive(Default)]
pub(super) struct Keyring {
    read: Mutex<BTreeMap<PathBuf, Read>>,
}

/// A key, and the digest of the file it was read from.
type Read = ([u8; 32], Arc<PrivateKey>);

/// What to sign in with.
pub(super) enum Credentials {
    Key { key: Arc<PrivateKey>, file: PathBuf },
    Agent(PathBuf),
}

impl Keyring {
    /// Finds the key for `access`, before any network.
    pub(super) async fn credentials(
        self: &Arc<Self>,
        access: &SshAccess,
        passphrases: &Passphrases,
        agent: Option<&Path>,
    ) -> Result<Credentials, Fault> {
        let Some(file) = access.identity.clone() else {
            let agent = agent.ok_or_else(|| {
                Fault::config(
                    "it has no identity file and there is no SSH agent: \
                     set ssh.identity in the inventory, or SSH_AUTH_SOCK",
                )
            })?;
            return Ok(Credentials::Agent(agent.to_owned()));
        };
        let passphrase = passphrases.of(&file).map(str::to_owned);
        let (keyring, path) = (Arc::clone(self), file.clone());
        let load = move || keyring.load(&path, passphrase.as_deref());
        let key = tokio::task::spawn_blocking(load)
            .await
            .map_err(|why| Fault::config(format!("cannot read {}: {why}", file.display())))??;
        Ok(Credentials::Key { key, file })
    }

    fn load(&self, file: &Path, passphrase: Option<&str>) -> Result<Arc<PrivateKey>, Fault> {
        let name = file.display();
        let text = read_text(file).map_err(|why| {
            Fault::config(if why.kind() == ErrorKind::NotFound {
                format!("identity file {name} is missing")
            } else {
                format!("cannot read identity file {name}: {why}")
            })
        })?;
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, key)) = read.get(file)
            && *known == digest
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(
            open(&text, passphrase)
                .map_err(|why| Fault::config(format!("identity file {name} {why}")))?,
        );
        read.insert(file.to_owned(), (digest, Arc::clone(&key)));
        Ok(key)
    }
}

/// Reads a private key; the error says what is wrong with it and what to do.
fn open(text: &str, passphrase: Option<&str>) -> Result<PrivateKey, String> {
    const RSA: &str =
        "is an RSA key, which is not supported: make one with `ssh-keygen -t ed25519`";
    use russh::keys::Error::{KeyIsEncrypted, UnsupportedKeyType};
    let key = decode_secret_key(text, passphrase).map_err(|why| {
        if matches!(why, KeyIsEncrypted) {
            "needs a passphrase".into()
        } else if matches!(&why, UnsupportedKeyType { key_type_string, .. } if key_type_string == "RSA") {
            RSA.into()
        } else if passphrase.is_some() && is_encrypted(text) {
            "does not open with its passphrase".into()
        } else {
            format!("is not a private key that can be read: {why}")
        }
    })?;
    if key.algorithm().is_rsa() {
        return Err(RSA.into());
    }
    if !key.algorithm().is_ed25519() && !key.algorithm().is_ecdsa() {
        let found = key.algorithm();
        return Err(format!("is of an algorithm that is not supported, {found}: use ed25519"));
    }
    Ok(key)
}

fn is_encrypted(text: &str) -> bool {
    PrivateKey::from_openssh(text).map_or(text.contains("ENCRYPTED"), |key| key.is_encrypted())
}

/// Signs in as the user of `access`, or says why not.
pub(super) async fn sign_in(
    handle: &mut Handle<Door>,
    access: &SshAccess,
    credentials: &Credentials,
    ending: &Ending,
) -> Result<(), Fault> {
    let who = format!("{}@{}:{}", access.user, access.address, access.port);
    let tried = match credentials {
        Credentials::Key { key, file } => {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), None);
            match handle.authenticate_publickey(&access.user, key).await {
                Ok(AuthResult::Success) => return Ok(()),
                Ok(AuthResult::Failure { .. }) => format!("the key {}", file.display()),
                Err(why) => return Err(Fault::network(format!("{who}: {why}"))),
            }
        }
        Credentials::Agent(socket) => match with_agent(handle, access, socket).await? {
            None => return Ok(()),
            Some(tried) => format!("all {tried} keys of the SSH agent"),
        },
    };
    // A connection that ended in the midst of it looks like a refusal; only what it ended of
    // tells the two apart.
    match ending.why() {
        Some(why) if handle.is_closed() && !why.contains("uthentication") => {
            Err(Fault::network(format!("{who}: lost while signing in: {why}")))
        }
        _ => Err(Fault::auth(format!(
            "{who} refused {tried}: add the public key to that user's authorized_keys"
        ))),
    }
}

/// Tries the agent's keys in turn. `None` when one was taken, else how many were refused.
async fn with_agent(
    handle: &mut Handle<Door>,
    access: &SshAccess,
    socket: &Path,
) -> Result<Option<usize>, Fault> {
    let agent_fault = |why: russh::keys::Error| {
        let socket = socket.display();
        Fault::config(format!("the SSH agent at {socket} does not answer: {why}"))
    };
    let mut agent = AgentClient::connect_uds(socket).await.map_err(agent_fault)?;
    let identities = agent.request_identities().await.map_err(agent_fault)?;
    let held = identities.len();
    let mut tried = 0_usize;
    for identity in identities {
        let user = &access.user;
        let answer = match identity {
            AgentIdentity::PublicKey { key, .. } if key.algorithm().is_rsa() => continue,
            AgentIdentity::PublicKey { key, .. } => {
                handle.authenticate_publickey_with(user, key, None, &mut agent).await
            }
            AgentIdentity::Certificate { certificate, .. } if certificate.algorithm().is_rsa() => {
                continue;
            }
            AgentIdentity::Certificate { certificate, .. } => {
                handle.authenticate_certificate_with(user, certificate, None, &mut agent).await
            }
        };
        tried += 1;
        match answer {
            Ok(AuthResult::Success) => return Ok(None),
            // A key the agent will not use is one key less, not the end.
            Ok(AuthResult::Failure { .. }) | Err(_) if handle.is_closed() => break,
            Ok(AuthResult::Failure { .. }) | Err(_) => {}
        }
    }
    let socket = socket.display();
    match (held, tried) {
        (0, _) => Err(Fault::config(format!(
            "the SSH agent at {socket} holds no key: add one with `ssh-add`"
        ))),
        (_, 0) => Err(Fault::config(format!(
            "the SSH agent at {socket} holds RSA keys only, which are not supported: \
             make one with `ssh-keygen -t ed25519`"
        ))),
        (_, tried) => Ok(Some(tried)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n";

    #[test]
    fn what_is_wrong_with_a_key_file_is_said() {
        assert!(open(RSA, None).unwrap_err().starts_with("is an RSA key"), "{:?}", open(RSA, None));
        let junk = open("not a key", None).unwrap_err();
        assert!(junk.starts_with("is not a private key that can be read"), "{junk}");
    }
}
