//! A terminal on a host: the operator's own `ssh`, told what the inventory says of the host. It
//! trusts no key that Hostler would not, and reads no settings that could have it do so.
#![expect(clippy::disallowed_methods, reason = "licence: the terminal is handed to ssh")]

use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use hostler::model::{Access, HostName, Jump, SshAccess};

/// Runs a command there, or a shell, on this process's own terminal; gives how it ended.
pub(crate) fn console(host: &HostName, access: &Access, command: &[String]) -> Result<ExitStatus> {
    let mut program = match access {
        Access::Ssh(ssh) => {
            let mut program = Command::new("ssh");
            program.args(words(ssh, command));
            program
        }
        // The controller's own Mac.
        Access::Local if command.is_empty() => Command::new("/bin/sh"),
        Access::Local => {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(command.join(" "));
            shell
        }
    };
    program.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let ended = program.status();
    ended.with_context(|| format!("no terminal on {host}: `ssh` cannot be run here: install it"))
}

/// The arguments of `ssh`.
fn words(ssh: &SshAccess, command: &[String]) -> Vec<String> {
    // The first that says something of a setting is heard: a pinned key before all else.
    let mut words = Vec::new();
    if let Some(key) = &ssh.host_key {
        let place = match ssh.port {
            22 => ssh.address.clone(),
            port => format!("[{}]:{port}", ssh.address),
        };
        words.extend(option("UserKnownHostsFile=/dev/null"));
        words.extend(option(&format!("KnownHostsCommand=/bin/echo {place} {key}")));
    }
    words.extend(settings(ssh));
    if let Some(jump) = &ssh.jump {
        let way = shlex::try_join(entry(ssh, jump).iter().map(String::as_str));
        words.extend(option(&format!("ProxyCommand={}", way.unwrap_or_default())));
    }
    words.extend(["-p".into(), ssh.port.to_string(), "-l".into(), ssh.user.clone(), "--".into()]);
    words.push(ssh.address.clone());
    words.extend(command.iter().cloned());
    words
}

/// What holds for the host and for its entry point.
fn settings(ssh: &SshAccess) -> Vec<String> {
    let mut words = vec!["-F".to_string(), "none".into()];
    for setting in ["StrictHostKeyChecking=yes", "ForwardAgent=no", "PermitLocalCommand=no"] {
        words.extend(option(setting));
    }
    if let Some(identity) = &ssh.identity {
        words.extend(["-i".into(), identity.display().to_string()]);
        words.extend(option("IdentitiesOnly=yes"));
    }
    if let Some(file) = &ssh.known_hosts {
        words.extend(option(&format!("UserKnownHostsFile={}", file.display())));
    }
    words
}

/// The way through an entry point. Its key is checked as that of any host.
fn entry(ssh: &SshAccess, jump: &Jump) -> Vec<String> {
    let mut words = vec!["ssh".to_string()];
    words.extend(settings(ssh));
    let at = [("-p", jump.port.to_string()), ("-l", jump.user.clone()), ("-W", "[%h]:%p".into())];
    words.extend(at.into_iter().flat_map(|(flag, value)| [flag.to_string(), value]));
    words.extend(["--".into(), jump.address.clone()]);
    words
}

fn option(text: &str) -> [String; 2] {
    ["-o".into(), text.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_is_told_what_the_inventory_says_and_nothing_else() {
        let plain = SshAccess {
            address: "10.0.8.11".into(),
            port: 22,
            user: "admin".into(),
            identity: Some("/keys/fleet key".into()),
            known_hosts: Some("/fleet/known_hosts".into()),
            host_key: None,
            jump: None,
        };
        let shown = |ssh: &SshAccess, command: &[&str]| {
            let command: Vec<String> = command.iter().map(|word| (*word).to_string()).collect();
            words(ssh, &command).join(" ")
        };
        assert_eq!(
            shown(&plain, &["uptime"]),
            "-F none -o StrictHostKeyChecking=yes -o ForwardAgent=no -o PermitLocalCommand=no \
             -i /keys/fleet key -o IdentitiesOnly=yes -o UserKnownHostsFile=/fleet/known_hosts \
             -p 22 -l admin -- 10.0.8.11 uptime"
        );
        let key = "ssh-ed25519 AAAA";
        let pinned = SshAccess { host_key: Some(key.into()), port: 2222, ..plain.clone() };
        let said = shown(&pinned, &[]);
        assert!(said.contains("KnownHostsCommand=/bin/echo [10.0.8.11]:2222 ssh-ed25519 AAAA"));
        let jump = Jump { user: "ops".into(), address: "bastion".into(), port: 22 };
        let said = shown(&SshAccess { jump: Some(jump), ..plain }, &[]);
        let way = "-o 'UserKnownHostsFile=/fleet/known_hosts' -p 22 -l ops -W '[%h]:%p' -- bastion";
        assert!(said.contains(way), "{said}");
    }
}
