//! The known_hosts file: markers, patterns, negation, hashed names, `[host]:port`, any case.
//! A line that cannot be read is skipped and said so, except that an unreadable revocation which
//! may concern a host stops work there: a revoked key is never accepted by oversight.

use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use sha1::Sha1;

/// A key and the line it stands on.
pub(super) type Known = (usize, PublicKey);

/// What a file says.
pub(super) struct KnownHosts {
    file: PathBuf,
    entries: Vec<(usize, Entry)>,
    /// Lines that cannot be read.
    skipped: Vec<usize>,
    /// Revocations whose key cannot be read: line and hosts.
    broken: Vec<(usize, Option<HostPatterns>)>,
}

/// What a file says of one host.
#[derive(Default)]
pub(super) struct HostKeys {
    pub(super) plain: Vec<Known>,
    pub(super) authorities: Vec<Known>,
    pub(super) revoked: Vec<Known>,
    /// Lines that cannot be read: any of them may have been this host's.
    pub(super) skipped: Vec<usize>,
    /// A line that revokes some key of this host, nobody can say which.
    pub(super) broken: Option<usize>,
}

impl KnownHosts {
    /// Reads `text`, the content of `file`.
    pub(super) fn parse(text: &str, file: &Path) -> Self {
        let (entries, skipped, broken) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Self { file: file.to_owned(), entries, skipped, broken };
        for (line, text) in (1..).zip(text.lines()) {
            // Fields are parted by spaces or tabs; what follows the key is a comment.
            let mut fields: Vec<&str> = text.split_whitespace().collect();
            match fields.first() {
                None => continue,
                Some(first) if first.starts_with('#') => continue,
                Some(first) => fields.truncate(if first.starts_with('@') { 4 } else { 3 }),
            }
            match fields.join(" ").parse::<Entry>() {
                Ok(entry) => all.entries.push((line, entry)),
                Err(why) => {
                    let file = all.file.display();
                    tracing::warn!("{file}:{line}: skipped, not a known host: {why}");
                    all.skipped.push(line);
                    if fields.first() == Some(&Marker::Revoked.as_str()) {
                        let hosts = fields.get(1).and_then(|hosts| hosts.parse().ok());
                        all.broken.push((line, hosts));
                    }
                }
            }
        }
        all
    }

    /// What it says of `address` and `port`.
    pub(super) fn of(&self, address: &str, port: u16) -> HostKeys {
        let name = lookup_name(address, port);
        let bare = address.to_lowercase();
        let mut keys = HostKeys { skipped: self.skipped.clone(), ..HostKeys::default() };
        for (line, entry) in &self.entries {
            let known = || (*line, entry.public_key().clone());
            let hosts = entry.host_patterns();
            match entry.marker() {
                // A revocation without a port revokes the key on every port.
                Some(Marker::Revoked) if matches(hosts, &name) || matches(hosts, &bare) => {
                    keys.revoked.push(known());
                }
                Some(Marker::CertAuthority) if matches(hosts, &name) => {
                    keys.authorities.push(known());
                }
                None if matches(hosts, &name) => keys.plain.push(known()),
                Some(Marker::Revoked | Marker::CertAuthority) | None => {}
            }
        }
        let concerns = |hosts: &Option<HostPatterns>| {
            hosts.as_ref().is_none_or(|h| matches(h, &name) || matches(h, &bare))
        };
        keys.broken = self.broken.iter().find(|(_, h)| concerns(h)).map(|(line, _)| *line);
        keys
    }
}

/// The name a host stands under: in lower case, with its port unless that is 22.
pub(super) fn lookup_name(address: &str, port: u16) -> String {
    let address = address.to_lowercase();
    if port == 22 { address } else { format!("[{address}]:{port}") }
}

/// The lines of `text` without the plain keys of the host that stands under `name`; a line that
/// it shares with others stays theirs. The error is the number of a line that names it by a
/// pattern, which nobody can take apart.
pub(super) fn without(text: &str, name: &str) -> Result<String, usize> {
    let mut out = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let field = line.split_whitespace().next().unwrap_or_default();
        let plain = !field.starts_with(['#', '@']);
        let hosts = field.parse().ok().filter(|hosts| plain && matches(hosts, name));
        let Some(hosts) = hosts else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let HostPatterns::Patterns(mut others) = hosts else { continue };
        others.retain(|pattern| pattern.to_lowercase() != name);
        if others.is_empty() {
            continue;
        }
        let rest = others.join(",");
        if matches(&HostPatterns::Patterns(others), name) {
            return Err(number);
        }
        out.push_str(&line.replacen(field, &rest, 1));
        out.push('\n');
    }
    Ok(out)
}

/// Whether the names in `text` are hidden: some plain key stands under a hashed one.
pub(super) fn is_hashed(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("|1|"))
}

/// Whether a line of `text` is for `name`, hashed or not, and says no more than `key`.
pub(super) fn has(text: &str, name: &str, key: &str) -> bool {
    text.lines().any(|line| {
        let (hosts, rest) = line.trim().split_once(char::is_whitespace).unwrap_or_default();
        rest.trim() == key.trim() && hosts.parse().is_ok_and(|hosts| matches(&hosts, name))
    })
}

/// `name` as `ssh-keygen -H` hides it.
pub(super) fn hashed(name: &str, salt: &[u8; 20]) -> String {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(salt) else { return name.to_owned() };
    let hash = mac.chain_update(name).finalize().into_bytes().into();
    HostPatterns::HashedName { salt: salt.to_vec(), hash }.to_string()
}

fn matches(hosts: &HostPatterns, name: &str) -> bool {
    match hosts {
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name).verify_slice(hash).is_ok()),
        HostPatterns::Patterns(patterns) => {
            let hit = |pattern: &str| glob(&pattern.to_lowercase(), name);
            let mut any = false;
            for pattern in patterns {
                match pattern.strip_prefix('!') {
                    // One negated pattern that matches takes the host out of the whole line.
                    Some(negated) if hit(negated) => return false,
                    Some(_) => {}
                    None => any |= hit(pattern),
                }
            }
            any
        }
    }
}

/// Whether `pattern`, in which `*` is any text and `?` any one character, is all of `text`.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            Some(_) | None => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_the_whole_text_in_linear_time() {
        for (pattern, text, hit) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abcabc", true),
            ("a*c", "abcab", false),
            ("*.lab", "a.b.lab", true),
            ("*.lab", "lab", false),
            ("mac?", "mac10", false),
            ("**1", "mac1", true),
            ("[mac*]:22", "[mac1]:22", true),
        ] {
            assert_eq!(glob(pattern, text), hit, "{pattern} {text}");
        }
        // Twenty stars would take a careless matcher longer than anybody waits.
        assert!(!glob(&format!("{}b", "*a".repeat(20)), &"a".repeat(2_000)));
    }

    #[test]
    fn a_host_is_taken_out_and_nothing_else() {
        let name = "[10.0.0.1]:2222";
        let text = "# [10.0.0.1]:2222 is mini-01\n\
                    [10.0.0.1]:2222 ssh-ed25519 AAAA\n\
                    10.0.0.1 ssh-ed25519 AAAA\n\
                    mini-01,[10.0.0.1]:2222,m1 ssh-ed25519 AAAA old\n\
                    @revoked [10.0.0.1]:2222 ssh-ed25519 AAAA\n\
                    @cert-authority * ssh-ed25519 AAAA\n";
        let left = "# [10.0.0.1]:2222 is mini-01\n\
                    10.0.0.1 ssh-ed25519 AAAA\n\
                    mini-01,m1 ssh-ed25519 AAAA old\n\
                    @revoked [10.0.0.1]:2222 ssh-ed25519 AAAA\n\
                    @cert-authority * ssh-ed25519 AAAA\n";
        assert_eq!(without(text, name).as_deref(), Ok(left));
        assert_eq!(without(left, name).as_deref(), Ok(left), "nothing is left to take out");
        let hashed =
            "|1|RIlgUqfEA+nFtd2KOzNzVUyHkUo=|M6XoPdFTMOqCTGOSJdzPt5PkxDg= ssh-ed25519 AAAA";
        let other = without(hashed, name).unwrap();
        assert_eq!(other.trim_end(), hashed, "another host's hash");
        assert_eq!(without("x k\n*.0.0.1]:2222,[10.0.0.1]:2222 k\n", name), Err(2));
    }

    #[test]
    fn a_hidden_name_is_found_again_and_by_no_other() {
        let name = hashed("[10.0.0.1]:2222", &[7; 20]);
        assert!(name.starts_with("|1|BwcHBwcHBwcHBwcHBwcHBwcHBwc=|"), "{name}");
        let text = format!("# [10.0.0.2]:2222\n{name} ssh-ed25519 AAAA\n");
        assert!(is_hashed(&text) && !is_hashed("mac1 ssh-ed25519 AAAA\n"));
        assert!(has(&text, "[10.0.0.1]:2222", "ssh-ed25519 AAAA"));
        assert!(!has(&text, "[10.0.0.1]:2222", "ssh-ed25519 BBBB"));
        assert!(!has(&text, "[10.0.0.2]:2222", "ssh-ed25519 AAAA"));
        assert_eq!(without(&text, "[10.0.0.1]:2222").as_deref(), Ok("# [10.0.0.2]:2222\n"));
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in ["@", "@revoked", "@revoked x", "|1|", "|1|x|y ssh-ed25519 A", "!, ,", "\r"] {
            let keys = KnownHosts::parse(text, Path::new("known_hosts")).of("mac1", 22);
            assert!(keys.plain.is_empty() && keys.revoked.is_empty(), "{text}");
        }
    }
}
