//! Whom we take a machine for: the keys it may show, from the pin or the known hosts, and the
//! verdict on the one it does show. Pure; the time is an argument.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use russh::Preferred;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, Certificate, EcdsaCurve, HashAlg, PublicKey, PublicKeyOrCertificate};

use crate::model::{SshAccess, Timestamp};

use super::enrol::{Recognised, known_hosts_line};
use super::fault::Fault;
use super::known_hosts::{HostKeys, Known, KnownHosts, glob, lookup_name};

/// The host key algorithms we can check, most wanted first.
pub(super) const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
];

/// What is known of one machine before it is asked.
pub(super) struct Trust {
    address: String,
    port: u16,
    file: Option<PathBuf>,
    keys: HostKeys,
    pinned: bool,
    /// The host to enrol; `None` for an entry point, which is no host.
    host: Option<String>,
}

impl Trust {
    /// Gathers what is known. `read` reads a file, `None` when there is none.
    pub(super) fn of(
        access: &SshAccess,
        host: Option<&str>,
        read: impl FnOnce(&Path) -> std::io::Result<Option<String>>,
    ) -> Result<Self, Fault> {
        let (address, port) = (access.address.clone(), access.port);
        let mut keys = HostKeys::default();
        if let Some(file) = &access.known_hosts {
            let text = read(file).map_err(|why| {
                Fault::config(format!("cannot read the known hosts in {}: {why}", file.display()))
            })?;
            keys = KnownHosts::parse(&text.unwrap_or_default(), file).of(&address, port);
            if let Some(line) = keys.broken {
                return Err(Fault::config(format!(
                    "{}:{line} revokes a key of {} that cannot be read: repair or remove the line",
                    file.display(),
                    lookup_name(&address, port),
                )));
            }
        }
        if let Some(pin) = &access.host_key {
            let key = PublicKey::from_openssh(pin.trim()).map_err(|why| {
                Fault::config(format!(
                    "its pinned host_key cannot be read ({why}): \
                     expected a public key line such as `ssh-ed25519 AAAA...`"
                ))
            })?;
            // A pin is the whole truth; only a revocation still counts beside it.
            keys = HostKeys { plain: vec![(0, key)], revoked: keys.revoked, ..HostKeys::default() };
        }
        let pinned = access.host_key.is_some();
        let file = access.known_hosts.clone();
        Ok(Self { address, port, file, keys, pinned, host: host.map(str::to_owned) })
    }

    /// The algorithms to ask for. Those of the known keys only: a machine known by one algorithm
    /// that shows a key of another has changed, it is not new.
    pub(super) fn preferred(&self) -> Result<Preferred, Fault> {
        let known = |a: &Algorithm| self.keys.plain.iter().any(|(_, key)| key.algorithm() == *a);
        let mut key: Vec<Algorithm> = ALGORITHMS.into_iter().filter(known).collect();
        if self.keys.plain.is_empty() {
            key = ALGORITHMS.to_vec();
        }
        let certified = !self.keys.authorities.is_empty();
        if key.is_empty() && !certified {
            return Err(Fault::identity(format!(
                "{} is known by {} only, an algorithm that is not accepted; nothing was sent; {}",
                self.name(),
                self.known_keys(),
                self.remedy(None),
            )));
        }
        let certificates: &[Algorithm] = if certified { &ALGORITHMS } else { &[] };
        Ok(Preferred {
            key: Cow::Owned(key),
            host_key_certificates: Cow::Owned(certificates.to_vec()),
            ..Preferred::DEFAULT
        })
    }

    /// Whether the machine is the one we know.
    pub(super) fn judge(
        &self,
        shown: &PublicKeyOrCertificate,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.judge_key(key),
            PublicKeyOrCertificate::Certificate(cert) => self.judge_certificate(cert, now),
        }
    }

    /// What these keys, most wanted first, are to us.
    pub(super) fn recognise(&self, shown: &[PublicKey]) -> Result<Recognised, Fault> {
        shown.iter().try_for_each(|key| self.not_revoked(key.key_data()))?;
        let known = &self.keys.plain;
        if known.is_empty() {
            return Ok(Recognised::New);
        }
        // Only keys of known algorithms are asked for, so the first of these decides.
        let of_known_kind =
            |key: &&PublicKey| known.iter().any(|(_, k)| k.algorithm() == key.algorithm());
        let decides = shown.iter().find(of_known_kind);
        let same = decides.filter(|key| known.iter().any(|(_, k)| k.key_data() == key.key_data()));
        let fingerprint = same.map(|key| key.fingerprint(HashAlg::Sha256).to_string());
        match fingerprint.and_then(|text| text.parse().ok()) {
            Some(fingerprint) => Ok(Recognised::Known(fingerprint)),
            None => Ok(Recognised::Changed { known: self.known_keys() }),
        }
    }

    /// The machine has no key of an algorithm we know it by.
    pub(super) fn no_common_key(&self, offered: &[String]) -> Fault {
        let offered = offered.join(", ");
        if self.keys.plain.is_empty() {
            return Fault::identity(format!(
                "{} has only host keys of algorithms that are not accepted ({offered}): \
                 give it an ed25519 key; nothing was sent",
                self.name(),
            ));
        }
        Fault::identity(format!(
            "the host key of {} CHANGED: known is {}, it has only {offered}; nothing was sent; {}",
            self.name(),
            self.known_keys(),
            self.remedy(None),
        ))
    }

    fn judge_key(&self, key: &PublicKey) -> Result<(), Fault> {
        self.not_revoked(key.key_data())?;
        if self.keys.plain.iter().any(|(_, known)| known.key_data() == key.key_data()) {
            return Ok(());
        }
        let (name, shown, remedy) = (self.name(), describe(key), self.remedy(Some(key)));
        if !self.keys.plain.is_empty() {
            let known = self.known_keys();
            return Err(Fault::identity(format!(
                "the host key of {name} CHANGED: known is {known}, shown was {shown}; \
                 nothing was sent; {remedy}"
            )));
        }
        let signed = match self.keys.authorities.first() {
            Some((line, _)) => format!(", not signed by the authority of {}", self.place(*line)),
            None => String::new(),
        };
        let skipped: Vec<_> = self.keys.skipped.iter().map(|line| self.place(*line)).collect();
        let unread = match skipped.as_slice() {
            [] => String::new(),
            lines => format!("; {} cannot be read and was skipped", lines.join(", ")),
        };
        Err(Fault::identity(format!(
            "unknown host key of {name}: {shown}{signed}; nothing was sent{unread}; {remedy}"
        )))
    }

    fn judge_certificate(&self, cert: &Certificate, now: Timestamp) -> Result<(), Fault> {
        self.not_revoked(cert.public_key())?;
        self.not_revoked(cert.signature_key())?;
        let refuse = |why: String| {
            let name = self.name();
            Err(Fault::identity(format!(
                "the host certificate {:?} of {name} {why}; nothing was sent",
                cert.key_id()
            )))
        };
        let authorities = &self.keys.authorities;
        let Some((_, authority)) =
            authorities.iter().find(|(_, key)| key.key_data() == cert.signature_key())
        else {
            return refuse(format!("is signed by an unknown authority; {}", self.remedy(None)));
        };
        if cert.cert_type() != CertType::Host {
            return refuse("is not a certificate for hosts".into());
        }
        let seconds = u64::try_from(now.as_millis() / 1_000).unwrap_or(0);
        if !(cert.valid_after()..cert.valid_before()).contains(&seconds) {
            return refuse(format!("is not valid at {now}: have it signed anew"));
        }
        let fingerprint = authority.fingerprint(HashAlg::Sha256);
        if cert.validate_at(seconds, [&fingerprint]).is_err() {
            return refuse("does not bear a valid signature of its authority".into());
        }
        if let Some((option, _)) = cert.critical_options().iter().next() {
            return refuse(format!("demands {option:?}, which is not understood"));
        }
        let host = self.address.to_lowercase();
        if !cert.valid_principals().iter().any(|p| glob(&p.to_lowercase(), &host)) {
            let named = cert.valid_principals().join(", ");
            return refuse(format!("is for [{named}], not for {host}"));
        }
        Ok(())
    }

    fn not_revoked(&self, key: &KeyData) -> Result<(), Fault> {
        match self.keys.revoked.iter().find(|(_, revoked)| revoked.key_data() == key) {
            None => Ok(()),
            Some((line, revoked)) => Err(Fault::identity(format!(
                "{} showed a REVOKED key, {} ({}); nothing was sent",
                self.name(),
                describe(revoked),
                self.place(*line),
            ))),
        }
    }

    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }

    fn place(&self, line: usize) -> String {
        match &self.file {
            Some(file) if line > 0 => format!("{}:{line}", file.display()),
            Some(_) | None => "pinned in the inventory".into(),
        }
    }

    fn known_keys(&self) -> String {
        let one = |(line, key): &Known| format!("{} ({})", describe(key), self.place(*line));
        self.keys.plain.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// What a person can do about a key that is not the known one.
    fn remedy(&self, shown: Option<&PublicKey>) -> String {
        let line = shown
            .and_then(|key| key.to_openssh().ok())
            .map(|key| known_hosts_line(&self.address, self.port, &key));
        match (&self.host, &self.file) {
            (Some(host), _) if self.pinned => {
                format!("if it is right, change host_key of {host} in the inventory")
            }
            (Some(host), _) if self.keys.plain.is_empty() => {
                format!(
                    "compare it with the key on the machine, then run `hostler host enrol {host}`"
                )
            }
            (Some(host), _) => format!(
                "if the machine was set up anew, compare the key there \
                 and run `hostler host enrol {host} --replace --reason WHY`"
            ),
            (None, Some(file)) => format!(
                "compare it with the key on the jump host; if it is right, run \
                 `hostler host enrol --jump HOST` for one of the hosts behind it, with --replace \
                 --reason WHY where another key is known: {} must say `{}`",
                file.display(),
                line.unwrap_or_else(|| lookup_name(&self.address, self.port)),
            ),
            (None, None) => "name a known_hosts file in the inventory that has its key".into(),
        }
    }
}

fn describe(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm().as_str(), key.fingerprint(HashAlg::Sha256))
}

#[cfg(test)]
mod tests {
    use russh::keys::PrivateKey;
    use russh::keys::ssh_key::certificate::Builder;
    use russh::keys::ssh_key::private::Ed25519Keypair;

    use super::*;

    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKsOd0N97hpUJj4uVgGXImM2HkE+Iq7EJi5m3yMvC97B4JbAlSVukbQS9x1lZsFSDAaePfjEtTFsKX4OlCp3Ts0=";
    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDNS4wqkDclCtL1trgfpdHgQlj2H6abi5bjeaVCLylPokwuvYug3xchkYZcp9eWygC7KlBzPEB0W+HtF4lw7kc8ijVd1sVXxTprXRf/ofEVW0kVlUERcNBiUsHljl+Q2WF+k6KQ73hM/zIEfK7G6jZEdjQqOGWDrYheLX5DNpbr2w==";

    fn secret(seed: u8) -> PrivateKey {
        PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
    }
    fn key(seed: u8) -> PublicKey {
        secret(seed).public_key().clone()
    }
    fn line(seed: u8) -> String {
        key(seed).to_openssh().unwrap()
    }
    fn access(port: u16) -> SshAccess {
        SshAccess {
            address: "mac1".into(),
            port,
            user: "admin".into(),
            identity: None,
            known_hosts: Some("known_hosts".into()),
            host_key: None,
            jump: None,
        }
    }
    fn trust(access: &SshAccess, text: &str) -> Result<Trust, Fault> {
        Trust::of(access, Some("mini-1"), |_| Ok(Some(text.to_owned())))
    }
    /// `ok`, `unknown`, `changed`, `revoked` or the words of another refusal.
    fn word(verdict: Result<(), Fault>) -> String {
        let Err(fault) = verdict else { return "ok".into() };
        for word in ["CHANGED", "REVOKED", "unknown host key"] {
            if fault.why.contains(word) {
                assert_eq!(fault.cause, crate::transport::LostCause::Identity);
                assert!(fault.why.contains("nothing was sent"), "{}", fault.why);
                return word.to_lowercase();
            }
        }
        fault.why
    }
    fn verdict(text: &str, port: u16, shown: &PublicKey) -> String {
        let trust = trust(&access(port), text);
        word(trust.and_then(|t| t.judge(&shown.clone().into(), Timestamp::default())))
    }

    /// The key under test is `$A`, another is `$B`; `$E` is an ecdsa key.
    #[test]
    fn known_hosts_are_read_as_openssh_reads_them() {
        for (file, port, said) in [
            ("mac1 $A", 22, "ok"),
            ("[mac1]:2222 $A", 2222, "ok"),
            ("[mac1]:2222 $A", 22, "unknown host key"),
            ("mac1 $A", 2222, "unknown host key"),
            ("mac1,10.0.0.1 $A", 22, "ok"),
            ("mac2,10.0.0.1 $A", 22, "unknown host key"),
            ("MAC1 $A", 22, "ok"),
            ("mac1\t$A", 22, "ok"),
            ("  mac1   $A   a comment # with a mark", 22, "ok"),
            ("mac? $A", 22, "ok"),
            ("ma*1 $A", 22, "ok"),
            ("* $A", 2222, "ok"),
            ("[mac*]:2222 $A", 2222, "ok"),
            ("mac $A\nmac11 $A", 22, "unknown host key"),
            ("!mac2,* $A", 22, "ok"),
            ("!mac1,* $A", 22, "unknown host key"),
            ("*,!mac1 $A", 22, "unknown host key"),
            ("mac1 $B", 22, "changed"),
            ("mac1 $B\nmac1 $A", 22, "ok"),
            ("mac1 $E", 22, "changed"),
            ("@revoked mac1 $A\nmac1 $A", 22, "revoked"),
            ("mac1 $A\n@revoked * $A", 22, "revoked"),
            ("@revoked\tmac1\t$A\r\nmac1 $A\r\n", 22, "revoked"),
            ("@revoked mac1 $A\n[mac1]:2222 $A", 2222, "revoked"),
            ("@revoked mac1 $B\nmac1 $A", 22, "ok"),
            ("@revoked mac2 $A\nmac1 $A", 22, "ok"),
            ("@cert-authority * $A", 22, "unknown host key"),
            ("@cert-authority * $B\nmac1 $A", 22, "ok"),
            ("# mac1 $B\n\nmac1 $A\r\n", 22, "ok"),
            ("mac1 ssh-ed25519 !!!\nnonsense\n@wrong mac1 $A\nmac1 $A", 22, "ok"),
            ("mac1 ssh-ed25519 !!!", 22, "unknown host key"),
            ("", 22, "unknown host key"),
            // Hashed by ssh-keygen -H from `mac1` and `[mac1]:2222`.
            ("|1|X/qWd8Zvm8dH4VMlJQ8cqOBrwpc=|qwEIVNwbiX1osNVQhC7xLTfIhCA= $A", 22, "ok"),
            ("|1|X/qWd8Zvm8dH4VMlJQ8cqOBrwpc=|qwEIVNwbiX1osNVQhC7xLTfIhCA= $B", 22, "changed"),
            ("|1|xMHnTLlqmNKsT6YjbdH1Job48i4=|3PdQLrLXftRceUic8AIEP1fSUv8= $A", 2222, "ok"),
            (
                "|1|X/qWd8Zvm8dH4VMlJQ8cqOBrwpc=|qwEIVNwbiX1osNVQhC7xLTfIhCA= $A",
                2222,
                "unknown host key",
            ),
            (
                "@revoked |1|X/qWd8Zvm8dH4VMlJQ8cqOBrwpc=|qwEIVNwbiX1osNVQhC7xLTfIhCA= $A",
                22,
                "revoked",
            ),
        ] {
            let text = file.replace("$A", &line(1)).replace("$B", &line(2)).replace("$E", ECDSA);
            assert_eq!(verdict(&text, port, &key(1)), said, "{file:?}");
        }
    }

    #[test]
    fn the_words_say_what_to_do() {
        let unknown = trust(&access(22), "").unwrap().judge_key(&key(1)).unwrap_err().why;
        assert!(unknown.contains("run `hostler host enrol mini-1`"), "{unknown}");
        assert!(unknown.contains(&key(1).fingerprint(HashAlg::Sha256).to_string()), "{unknown}");
        let text = format!("\nmac1 {}", line(2));
        let changed = trust(&access(22), &text).unwrap().judge_key(&key(1)).unwrap_err().why;
        assert!(changed.contains("known_hosts:2") && changed.contains("enrol mini-1"), "{changed}");
        let text = format!("# Ours\nmac1 ssh-ed25519 !!!\nmac2 {}\nnonsense", line(1));
        let unread = trust(&access(22), &text).unwrap().judge_key(&key(1)).unwrap_err().why;
        let place = "known_hosts:2, known_hosts:4 cannot be read and was skipped";
        assert!(unread.contains("unknown host key") && unread.contains(place), "{unread}");
        let jump = Trust::of(&access(22), None, |_| Ok(None)).unwrap();
        let jump = jump.judge_key(&key(1)).unwrap_err().why;
        assert!(jump.contains(&format!("`mac1 {}`", line(1))), "{jump}");
    }

    #[test]
    fn an_unreadable_revocation_of_this_host_stops_it_and_no_other() {
        for (hosts, stops) in [("mac1", true), ("*", true), ("mac2", false)] {
            let text = format!("@revoked {hosts} ssh-ed25519 AAAAbroken\nmac1 {}", line(1));
            let stopped = trust(&access(22), &text).err().map(|fault| fault.why);
            assert_eq!(stopped.is_some(), stops, "{hosts}");
            let named = |why: &String| why.contains("known_hosts:1 revokes a key of mac1");
            assert!(stopped.iter().all(named), "{stopped:?}");
        }
    }

    #[test]
    fn only_algorithms_of_known_keys_are_asked_for() {
        let asked = |text: &str| {
            let preferred = trust(&access(22), text).unwrap().preferred()?;
            let name = |a: &Algorithm| a.as_str().to_owned();
            Ok(preferred.key.iter().map(name).collect::<Vec<_>>())
        };
        let all = 4;
        assert_eq!(asked(&format!("mac1 {}", line(1))), Ok(vec!["ssh-ed25519".into()]));
        assert_eq!(asked(&format!("mac1 {ECDSA}")), Ok(vec!["ecdsa-sha2-nistp256".into()]));
        assert_eq!(asked("").unwrap().len(), all);
        assert_eq!(asked(&format!("mac1 {RSA}\nmac1 {ECDSA}")).unwrap().len(), 1);
        let only_rsa: Result<Vec<String>, Fault> = asked(&format!("mac1 {RSA}"));
        assert!(only_rsa.unwrap_err().why.contains("known by ssh-rsa"));
    }

    #[test]
    fn a_pin_is_the_whole_truth_but_for_a_revocation() {
        let pin = |text: &str| SshAccess { host_key: Some(text.into()), ..access(22) };
        let judged = |pinned: &SshAccess, text: &str| {
            word(trust(pinned, text).and_then(|t| t.judge_key(&key(1))))
        };
        let (right, wrong) = (pin(&format!("{} comment", line(1))), pin(&line(2)));
        assert_eq!(judged(&right, &format!("mac1 {}", line(2))), "ok");
        assert_eq!(judged(&wrong, &format!("mac1 {}", line(1))), "changed");
        assert_eq!(judged(&right, &format!("@revoked mac1 {}", line(1))), "revoked");
        assert!(judged(&pin("ssh-ed25519"), "").contains("pinned host_key cannot be read"));
    }

    /// Valid from 1,000 s to 2,000 s; for any host when `principal` is empty.
    fn certificate(kind: CertType, principal: &str, option: &str, signer: u8) -> Certificate {
        let subject = key(1).key_data().clone();
        let mut builder = Builder::new(vec![7; 16], subject, 1_000, 2_000).unwrap();
        builder.cert_type(kind).unwrap().key_id("mac1").unwrap();
        match principal {
            "" => builder.all_principals_valid().unwrap(),
            name => builder.valid_principal(name).unwrap(),
        };
        if !option.is_empty() {
            builder.critical_option(option, "").unwrap();
        }
        builder.sign(&secret(signer)).unwrap()
    }

    #[test]
    fn a_host_certificate_is_held_to_all_it_says() {
        let ca = format!("@cert-authority mac* {}", line(9));
        let judge = |text: &str, cert: Certificate, at: i64| {
            let trust = trust(&access(22), text).unwrap();
            word(trust.judge(&cert.into(), Timestamp::from_millis(at * 1_000)))
        };
        for (kind, principal, option, signer, at, said) in [
            (CertType::Host, "mac1", "", 9, 1_000, "ok"),
            (CertType::Host, "MAC?", "", 9, 1_999, "ok"),
            (CertType::Host, "mac1", "", 9, 999, "is not valid at"),
            (CertType::Host, "mac1", "", 9, 2_000, "is not valid at"),
            (CertType::Host, "mac1", "", 8, 1_500, "is signed by an unknown authority"),
            (CertType::Host, "mac2", "", 9, 1_500, "is for [mac2], not for mac1"),
            (CertType::Host, "", "", 9, 1_500, "is for [], not for mac1"),
            (CertType::User, "mac1", "", 9, 1_500, "is not a certificate for hosts"),
            (CertType::Host, "mac1", "force", 9, 1_500, "demands \"force\""),
        ] {
            let words = judge(&ca, certificate(kind, principal, option, signer), at);
            assert!(words.contains(said), "{said}: {words}");
        }
        let good = || certificate(CertType::Host, "mac1", "", 9);
        for revoked in [1, 9] {
            let text = format!("{ca}\n@revoked * {}", line(revoked));
            assert_eq!(judge(&text, good(), 1_500), "revoked");
        }
        let elsewhere = format!("@cert-authority linux* {}", line(9));
        assert!(judge(&elsewhere, good(), 1_500).contains("unknown authority"));
    }

    #[test]
    fn a_certificate_with_a_forged_signature_is_refused() {
        let mut bytes = certificate(CertType::Host, "mac2", "", 9).to_bytes().unwrap();
        let at = bytes.windows(4).rposition(|w| w == b"mac2").unwrap();
        bytes[at + 3] = b'1';
        let forged = Certificate::from_bytes(&bytes).unwrap();
        let ca = format!("@cert-authority mac* {}", line(9));
        let at = Timestamp::from_millis(1_500_000);
        let why = trust(&access(22), &ca).unwrap().judge(&forged.into(), at).unwrap_err().why;
        assert!(why.contains("does not bear a valid signature"), "{why}");
    }
}
