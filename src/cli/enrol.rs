//! `host enrol`: shows the keys that a host has now, asks, makes the accepted one known, and tells
//! the controller, whose journal says who accepted it. Until then nothing is ever sent to the host.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hostler::api::ClientError;
use hostler::config::Loaded;
use hostler::model::{Access, Fingerprint, HostName, SshAccess};
use hostler::transport::{
    HostKey, Recognised, Transport, TransportSettings, append_known_host, known_hosts_line,
    recognise, replace_known_host,
};
use serde_json::json;

use super::call::Call;
use super::failure::{Failure, UNREACHABLE};
use super::out;
use super::verbs::Enrol;
use crate::run::Env;

/// What is to be done about the keys a host shows.
#[derive(PartialEq, Eq, Debug)]
enum Next<'a> {
    /// This one is known already.
    Nothing(&'a HostKey),
    Add(&'a HostKey),
    Replace(&'a HostKey),
}

impl Call {
    /// Shows the keys that a host has now, and with consent makes one of them known.
    pub(crate) async fn enrol(&self, loaded: &Loaded, ask: &Enrol, env: &Env) -> Result<()> {
        let name = &ask.host;
        let (access, file) = way(loaded, name, ask.jump)?;
        let (access, file) = (&access, file.as_path());
        let settings = TransportSettings { agent: env.agent.clone(), ..Default::default() };
        let shown = Transport::new(settings, 1).fetch_host_keys(name, access).await?;
        let shows = if ask.jump { format!("the jump host of {name}") } else { name.to_string() };
        self.show_keys(&shows, access, &shown)?;
        let next = choose(name, &shown, recognise(name, access, &shown)?, ask)?;
        let key = match next {
            Next::Nothing(key) => {
                out::note(&format!("{} knows this key already", file.display()));
                key
            }
            Next::Add(key) => {
                self.accept(key, "Accept", ask)?;
                let line = known_hosts_line(&access.address, access.port, &key.line);
                append_known_host(file, &line)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
                key
            }
            Next::Replace(key) => {
                self.accept(key, "Replace what is known by", ask)?;
                replace_known_host(file, &access.address, access.port, &key.line)
                    .with_context(|| format!("{} was left as it is", file.display()))?;
                key
            }
        };
        let told = match ask.jump {
            true => tried_anew(name),
            false => self.tell(name, &key.fingerprint, ask.reason.as_deref()).await?,
        };
        if self.json {
            return self.put_json(&json!({
                "host": name, "algorithm": key.algorithm, "fingerprint": key.fingerprint,
                "known_hosts": file, "changed": !matches!(next, Next::Nothing(_)),
                "controller_told": told,
            }));
        }
        Ok(())
    }

    fn show_keys(&self, name: &str, access: &SshAccess, shown: &[HostKey]) -> Result<()> {
        let mut lines = vec![format!("{name} at {}:{} shows", access.address, access.port)];
        let line = |key: &HostKey| format!("  {:<22} {}", key.algorithm, key.fingerprint);
        lines.extend(shown.iter().map(line));
        if self.json {
            lines.iter().for_each(|line| out::note(line));
            return Ok(());
        }
        self.put_lines(&lines)
    }

    /// A fingerprint on the command line is consent to the key that has it.
    fn accept(&self, key: &HostKey, verb: &str, ask: &Enrol) -> Result<()> {
        if ask.fingerprint.is_some() {
            return Ok(());
        }
        self.consent(&format!(
            "Compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the Mac. \
             {verb} {}?",
            key.fingerprint
        ))
    }

    /// Tells the controller, if there is one; whether it was told.
    async fn tell(
        &self,
        name: &HostName,
        fingerprint: &Fingerprint,
        reason: Option<&str>,
    ) -> Result<bool> {
        let not_told = |why: ClientError| format!("the key is known now, but {why}");
        match self.client.trust(name, fingerprint, reason.unwrap_or_default()).await {
            Ok(done) if self.json => drop(done),
            Ok(done) => self.put_lines(&done.said)?,
            Err(ClientError::NoController { .. }) => {
                let connect = self.client.connect();
                out::note(&format!(
                    "no controller runs at {connect}: the key is written, and is used when one \
                     starts. If {name} had shown another key to it, say `hostler host enrol \
                     {name}` again then: only a person's word lets it be tried again."
                ));
                return Ok(false);
            }
            Err(why) if why.is_unreachable() => {
                return Err(Failure::with(UNREACHABLE, not_told(why)).into());
            }
            Err(why) => return Err(Failure::failed(not_told(why)).into()),
        }
        Ok(true)
    }
}

/// No host behind a jump host was barred for its key: they are only out of reach.
fn tried_anew(name: &HostName) -> bool {
    out::note(&format!(
        "the controller tries the jump host of {name} again by itself, within a few minutes"
    ));
    false
}

/// The way to the host, or to its jump host, and the file that its key is written to.
fn way(loaded: &Loaded, name: &HostName, jump: bool) -> Result<(SshAccess, PathBuf)> {
    let spec = loaded.fleet.hosts.get(name).with_context(|| {
        format!("host {name} is not in the inventory; `hostler check --print` lists what is")
    })?;
    let mut access = match &spec.access {
        Access::Ssh(access) => access.clone(),
        Access::Local => bail!("host {name} is this very machine: there is no key to accept"),
    };
    if jump {
        access = access
            .of_jump()
            .with_context(|| format!("host {name} stands behind no jump host: leave out --jump"))?;
    }
    if access.host_key.is_some() {
        bail!("host {name} has its key pinned in the inventory: change `host_key` there");
    }
    let file = access.known_hosts.clone().with_context(|| {
        format!(
            "host {name} has no `known_hosts` file in the inventory: name one, or pin `host_key`"
        )
    })?;
    Ok((access, file))
}

/// Which key is meant, and whether it may become known.
fn choose<'a>(
    name: &HostName,
    shown: &'a [HostKey],
    recognised: Recognised,
    ask: &Enrol,
) -> Result<Next<'a>, Failure> {
    let wanted = match &ask.fingerprint {
        Some(wanted) => shown.iter().find(|key| key.fingerprint == *wanted).ok_or_else(|| {
            format!("{name} shows no key {wanted}: nothing was written. Is it another machine?")
        }),
        None => {
            shown.first().ok_or_else(|| format!("{name} showed no key of a kind that is accepted"))
        }
    };
    let key = wanted.map_err(Failure::failed)?;
    match recognised {
        Recognised::New => Ok(Next::Add(key)),
        Recognised::Known(known) => {
            let known = shown.iter().find(|key| key.fingerprint == known);
            Ok(Next::Nothing(known.unwrap_or(key)))
        }
        Recognised::Changed { .. } if ask.replace => Ok(Next::Replace(key)),
        Recognised::Changed { known } => Err(Failure::failed(format!(
            "the host key of {name} CHANGED: known is {known}, shown is {} {}; nothing was \
             written. If the machine was set up anew, compare the key there, then say --replace \
             --reason WHY",
            key.algorithm, key.fingerprint
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> HostKey {
        let digits: String = std::iter::repeat_n(digit, 43).collect();
        HostKey {
            algorithm: "ssh-ed25519".into(),
            fingerprint: format!("SHA256:{digits}").parse().unwrap(),
            line: format!("ssh-ed25519 {digit}"),
        }
    }

    fn ask(fingerprint: Option<char>, replace: bool) -> Enrol {
        let fingerprint = fingerprint.map(|digit| key(digit).fingerprint);
        let reason = replace.then(|| "set up anew".into());
        Enrol { host: "mini-01".parse().unwrap(), fingerprint, replace, reason, jump: false }
    }

    #[test]
    fn a_changed_key_is_replaced_only_when_that_is_said() {
        let (shown, name) = ([key('b'), key('c')], "mini-01".parse().unwrap());
        let changed = || Recognised::Changed { known: "ssh-ed25519 SHA256:old".into() };
        let said = choose(&name, &shown, changed(), &ask(None, false)).unwrap_err().to_string();
        let new = shown[0].fingerprint.to_string();
        assert!(said.contains("SHA256:old") && said.contains(&new), "{said}");
        assert!(said.contains("nothing was written") && said.contains("--replace"), "{said}");
        let next = choose(&name, &shown, changed(), &ask(None, true));
        assert_eq!(next, Ok(Next::Replace(&shown[0])));
        // That a fingerprint was compared elsewhere does not say that the old key may go.
        assert!(choose(&name, &shown, changed(), &ask(Some('b'), false)).is_err());
    }

    #[test]
    fn a_fingerprint_chooses_its_key_and_no_other() {
        let (shown, name) = ([key('b'), key('c')], "mini-01".parse().unwrap());
        let of = |digit| choose(&name, &shown, Recognised::New, &ask(digit, false));
        assert_eq!(of(None), Ok(Next::Add(&shown[0])));
        assert_eq!(of(Some('c')), Ok(Next::Add(&shown[1])));
        let said = of(Some('x')).unwrap_err().to_string();
        assert!(said.contains("shows no key SHA256:xxx") && said.contains("nothing"), "{said}");
        let known = || Recognised::Known(shown[1].fingerprint.clone());
        let next = choose(&name, &shown, known(), &ask(None, true));
        assert_eq!(next, Ok(Next::Nothing(&shown[1])));
        assert!(choose(&name, &shown, known(), &ask(Some('x'), false)).is_err());
        assert!(choose(&name, &[], Recognised::New, &ask(None, false)).is_err());
    }
}
