//! A terminal on a host: the operator's own `ssh`, told what the inventory says of the host. It
//! trusts no key that Hostler would not, and reads no settings that could have it do so.
#![expect(clippy::disallowed_methods, reason = "licence: the terminal is handed to ssh")]

use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use hostler::model::{Access, HostName, Jump, SshAccess};
use hostler::transport::known_hosts_line;

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
        // What comes after the key itself is a remark.
        let key = key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        words.extend(option("UserKnownHostsFile=/dev/null"));
        let told = escaped(&known_hosts_line(&ssh.address, ssh.port, &key));
        words.extend(option(&format!("KnownHostsCommand=/bin/echo {told}")));
    }
    words.extend(settings(ssh));
    if let Some(jump) = &ssh.jump {
        let way = entry(ssh, jump).into_iter();
        let way = way.map(|word| if word == THERE { word } else { escaped(&word) });
        let way: Vec<String> = way.collect();
        let way = shlex::try_join(way.iter().map(String::as_str));
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
    for setting in [
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "ForwardAgent=no",
        "PermitLocalCommand=no",
    ] {
        words.extend(option(setting));
    }
    if let Some(identity) = &ssh.identity {
        words.extend(["-i".into(), escaped(&identity.display().to_string())]);
        words.extend(option("IdentitiesOnly=yes"));
    }
    if let Some(file) = &ssh.known_hosts {
        let file = escaped(&file.display().to_string());
        words.extend(option(&format!("UserKnownHostsFile=\"{file}\"")));
    }
    words
}

/// The way through an entry point. Its key is checked as that of any host.
fn entry(ssh: &SshAccess, jump: &Jump) -> Vec<String> {
    let mut words = vec!["ssh".to_string()];
    words.extend(settings(ssh));
    let at = [("-p", jump.port.to_string()), ("-l", jump.user.clone()), ("-W", THERE.into())];
    words.extend(at.into_iter().flat_map(|(flag, value)| [flag.to_string(), value]));
    words.extend(["--".into(), jump.address.clone()]);
    words
}

/// The host and its port, which ssh fills in.
const THERE: &str = "[%h]:%p";

/// A percent sign stands for itself.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

fn option(text: &str) -> [String; 2] {
    ["-o".into(), text.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ssh: &SshAccess, command: &[&str]) -> String {
        let command: Vec<String> = command.iter().map(|word| (*word).to_string()).collect();
        words(ssh, &command).join(" ")
    }

    #[test]
    fn ssh_is_told_what_the_inventory_says_and_nothing_else() {
        let plain = SshAccess {
            address: "10.0.8.11".into(),
            port: 22,
            user: "admin".into(),
            identity: Some("/keys/fleet key".into()),
            known_hosts: Some("/a fleet/100%/known_hosts".into()),
            host_key: None,
            jump: None,
        };
        assert_eq!(
            shown(&plain, &["uptime"]),
            "-F none -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null \
             -o ForwardAgent=no -o PermitLocalCommand=no -i /keys/fleet key -o IdentitiesOnly=yes \
             -o UserKnownHostsFile=\"/a fleet/100%%/known_hosts\" -p 22 -l admin -- 10.0.8.11 uptime"
        );
        let key = "ssh-ed25519 AAAA ada's 100% own";
        let pinned = SshAccess { host_key: Some(key.into()), port: 2222, ..plain.clone() };
        let begins = "-o UserKnownHostsFile=/dev/null \
                      -o KnownHostsCommand=/bin/echo [10.0.8.11]:2222 ssh-ed25519 AAAA -F none";
        assert!(shown(&pinned, &[]).starts_with(begins), "{}", shown(&pinned, &[]));
        let jump = Jump { user: "ops".into(), address: "bastion".into(), port: 22 };
        let said = shown(&SshAccess { jump: Some(jump), ..plain }, &[]);
        let way = "-o 'UserKnownHostsFile=\"/a fleet/100%%%%/known_hosts\"' -p 22 -l ops \
                   -W '[%h]:%p' -- bastion";
        assert!(said.contains(way), "{said}");
    }
}
