//! How a host is reached: the `ssh` section, jumps, host keys, paths.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use russh::keys::PublicKey;

use crate::config::item::Item;
use crate::config::problem::{Report, clip};
use crate::model::Jump;

/// The `ssh` section of one level: defaults, group or host.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct SshLayer {
    pub(super) identity: Option<PathBuf>,
    pub(super) known_hosts: Option<PathBuf>,
    pub(super) port: Option<u16>,
    pub(super) jump: Option<Jump>,
    pub(super) host_key: Option<String>,
}

impl SshLayer {
    /// This level's values, and those of the level below where this one says nothing.
    pub(super) fn over(self, below: &Self) -> Self {
        Self {
            identity: self.identity.or_else(|| below.identity.clone()),
            known_hosts: self.known_hosts.or_else(|| below.known_hosts.clone()),
            port: self.port.or(below.port),
            jump: self.jump.or_else(|| below.jump.clone()),
            host_key: self.host_key.or_else(|| below.host_key.clone()),
        }
    }
}

/// Turns the paths of a file into whole ones.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Paths<'a> {
    /// The fleet directory.
    pub(in crate::config) root: &'a Path,
    pub(in crate::config) home: Option<&'a Path>,
}

impl Paths<'_> {
    /// `~` is the home directory; what is relative is relative to the file it stands in.
    pub(in crate::config) fn read(&self, item: &Item<'_>, report: &mut Report) -> Option<PathBuf> {
        let text = item.text(report)?;
        let path = match (text.strip_prefix('~'), self.home) {
            (None, _) => self.root.join(item.file.parent().unwrap_or(Path::new(""))).join(text),
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            (Some(_), Some(_)) => {
                let said = format!("`{}` names another user's home", clip(text));
                return report.wrong(item.wrong(said, "~/PATH or the whole path"));
            }
            (Some(_), None) => {
                let said = "the home directory is not known here";
                return report.wrong(item.wrong(said, "the whole path"));
            }
        };
        Some(path.components().filter(|part| *part != Component::CurDir).collect())
    }
}

pub(super) fn read_ssh(item: &Item<'_>, paths: Paths<'_>, report: &mut Report) -> Option<SshLayer> {
    let keys = ["identity", "known_hosts", "port", "jump", "host_key"];
    let [identity, known_hosts, port, jump, host_key] = item.fields(keys, report)?;
    Some(SshLayer {
        identity: identity.and_then(|item| paths.read(&item, report)),
        known_hosts: known_hosts.and_then(|item| paths.read(&item, report)),
        port: port.and_then(|item| read_port(&item, report)),
        jump: jump.and_then(|item| read_jump(&item, report)),
        host_key: host_key.and_then(|item| read_host_key(&item, report)),
    })
}

fn read_port(item: &Item<'_>, report: &mut Report) -> Option<u16> {
    item.int(1..=65_535, report).and_then(|n| u16::try_from(n).ok())
}

/// A public key line, kept as written.
pub(super) fn read_host_key(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?.trim();
    match PublicKey::from_openssh(text) {
        Ok(_) => Some(text.to_string()),
        Err(error) => {
            let said = format!("not a public key: {error}");
            let expected =
                "a line such as `ssh-ed25519 AAAA...`, as `ssh-keyscan HOST` prints after the name";
            report.wrong(item.wrong(said, expected))
        }
    }
}

/// `user@address` or `user@address:port`.
fn read_jump(item: &Item<'_>, report: &mut Report) -> Option<Jump> {
    let text = item.text(report)?;
    let jump = parse_jump(text);
    if jump.is_none() {
        let said = format!("`{}` is not an entry point", clip(text));
        report.note(item.wrong(said, "user@host or user@host:port, with a port from 1 to 65535"));
    }
    jump
}

fn parse_jump(text: &str) -> Option<Jump> {
    let (user, rest) = text.split_once('@')?;
    let (address, port) = match rest.strip_prefix('[') {
        Some(bracketed) => {
            let (address, after) = bracketed.split_once(']')?;
            (address, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => rest.split_once(':').map_or((rest, None), |(address, port)| (address, Some(port))),
    };
    let port = port.map_or(Some(22), |port| u16::from_str(port).ok()).filter(|port| *port > 0)?;
    if !is_user(user) || !is_address(address) {
        return None;
    }
    Some(Jump { user: user.into(), address: address.into(), port })
}

/// A login name.
pub(super) fn read_user(item: &Item<'_>, report: &mut Report) -> Option<String> {
    let text = item.text(report)?;
    if is_user(text) {
        return Some(text.to_string());
    }
    let said = format!("`{}` is not a login name", clip(text));
    report.wrong(item.wrong(said, "letters, digits, `.`, `_` and `-`, the last not first"))
}

fn is_user(text: &str) -> bool {
    is_made_of(text, &['.', '_', '-'])
}

/// A host name, an IPv4 or an IPv6 address.
pub(super) fn is_address(text: &str) -> bool {
    if text.contains(':') {
        let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
        return address.parse::<Ipv6Addr>().is_ok() && is_made_of(zone, &[]);
    }
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return text.parse::<Ipv4Addr>().is_ok();
    }
    is_made_of(text, &['.', '_', '-']) && text.len() <= 253
}

fn is_made_of(text: &str, others: &[char]) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_are_user_host_and_port() {
        let jump = |user: &str, address: &str, port| {
            Some(Jump { user: user.into(), address: address.into(), port })
        };
        for (text, read) in [
            ("ops@bastion.example.com:2222", jump("ops", "bastion.example.com", 2222)),
            ("ops@bastion", jump("ops", "bastion", 22)),
            ("ops@[fe80::1%en0]:22", jump("ops", "fe80::1%en0", 22)),
            ("ops@[::1]", jump("ops", "::1", 22)),
            ("bastion:22", None),
            ("ops@bastion:0", None),
            ("ops@bastion:65536", None),
            ("ops@bastion:ssh", None),
            ("@bastion", None),
            ("ops@", None),
            ("ops@-oProxyCommand=x", None),
            ("ops@[::1", None),
            ("a b@c", None),
        ] {
            assert_eq!(parse_jump(text), read, "{text}");
        }
    }
}
