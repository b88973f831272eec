//! First use of a host: shows the fingerprints of its keys, asks, and writes the accepted one to
//! the known_hosts file. Until then nothing is ever sent to it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use hostler::config::Loaded;
use hostler::model::{Access, HostName, SshAccess};
use hostler::transport::{
    HostKey, Transport, TransportSettings, append_known_host, known_hosts_line,
};

use super::Env;
use crate::cli::out;

/// Shows the keys that `host` has now, and with consent makes the first of them known.
pub(crate) async fn enrol(
    loaded: &Loaded,
    name: &HostName,
    yes: bool,
    env: &Env,
) -> Result<ExitCode> {
    let spec = loaded.fleet.hosts.get(name).with_context(|| {
        format!("host {name} is not in the inventory; `hostler check` lists what is")
    })?;
    let access = match &spec.access {
        Access::Ssh(access) => access,
        Access::Local => bail!("host {name} is this very machine: there is no key to accept"),
    };
    if access.host_key.is_some() {
        bail!("host {name} has its key pinned in the inventory: change `host_key` there");
    }
    let Some(known_hosts) = &access.known_hosts else {
        bail!(
            "host {name} has no `known_hosts` file in the inventory: name one, or pin `host_key`"
        );
    };
    let keys = fetch(name, access, env).await?;
    let Some(key) = keys.first() else { bail!("host {name} showed no key that can be used") };
    out::line(&format!("{name} at {}:{} shows", access.address, access.port))?;
    for key in &keys {
        out::line(&format!("  {:<22} {}", key.algorithm, key.fingerprint))?;
    }
    let question = format!(
        "Compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the Mac. Accept {}?",
        key.fingerprint
    );
    if !yes && !out::confirm(&question)? {
        bail!("not accepted: nothing was written");
    }
    let line = known_hosts_line(&access.address, access.port, &key.line);
    append_known_host(known_hosts, &line)?;
    out::line(&format!("accepted by {}: written to {}", env.user, known_hosts.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn fetch(name: &HostName, access: &SshAccess, env: &Env) -> Result<Vec<HostKey>> {
    let settings = TransportSettings { agent: env.agent.clone(), ..Default::default() };
    Ok(Transport::new(settings, 1).fetch_host_keys(name, access).await?)
}
