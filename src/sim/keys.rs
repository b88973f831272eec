//! Keys of simulated Macs and of the one who may log in. They follow from the seed and guard
//! nothing: whoever knows the seed has them.

use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{PrivateKey, PublicKey};
use sha2::{Digest, Sha256};

use super::SimError;

/// The `generation`th key of the `nth` host.
pub(super) fn host_key(seed: u64, nth: usize, generation: u32) -> Result<PrivateKey, SimError> {
    derived(&format!("simulated host {nth} key {generation} of seed {seed}"))
}

/// The key that opens all hosts.
pub(super) fn user_key(seed: u64) -> Result<PrivateKey, SimError> {
    derived(&format!("simulated fleet user of seed {seed}"))
}

fn derived(what: &str) -> Result<PrivateKey, SimError> {
    let bytes: [u8; 32] = Sha256::digest(what.as_bytes()).into();
    let pair = Ed25519Keypair::from_seed(&bytes);
    PrivateKey::new(KeypairData::from(pair), "simulated").map_err(SimError::key)
}

/// `ssh-ed25519 AAAA...`, without a comment.
pub(super) fn public_line(key: &PublicKey) -> Result<String, SimError> {
    let line = key.to_openssh().map_err(SimError::key)?;
    Ok(line.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

/// The private key as a file for `ssh -i` holds it.
pub(super) fn private_text(key: &PrivateKey) -> Result<String, SimError> {
    let text = key.to_openssh(LineEnding::LF).map_err(SimError::key)?;
    Ok(text.to_string())
}
