//! `doctor`: whether this machine has what a controller and its clients need: the fleet directory,
//! the state directory, the socket, the keys. It asks no host: `host doctor` does.
#![expect(clippy::disallowed_types, reason = "licence: how files are kept is looked at")]

use std::collections::BTreeSet;
use std::fs::{File, metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hostler::api::{Client, Connect};
use hostler::config::{self, Loaded};
use hostler::model::{Access, Actor, Fleet, Verdict, Via, plural};
use serde::Serialize;

use super::args::Args;
use super::call::{self, Call};
use super::failure::Failure;
use super::table::{Cell, Column};
use crate::run::Env;

const COLUMNS: [Column; 3] =
    [Column::text("CHECK"), Column::text("VERDICT"), Column::text("WHAT WAS FOUND")];

/// One thing of this machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Finding {
    name: &'static str,
    verdict: Verdict,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

fn ok(name: &'static str, why: impl Into<String>) -> Finding {
    Finding { name, verdict: Verdict::Ok, why: why.into(), fix: None }
}

fn bad(name: &'static str, verdict: Verdict, why: impl Into<String>, fix: String) -> Finding {
    Finding { name, verdict, why: why.into(), fix: Some(fix) }
}

/// Looks at everything, tells it, and fails when something of it does.
pub(super) async fn setup(args: &Args, env: &Env) -> Result<()> {
    let call = Call::new(args, env)?;
    let Connect::Unix(socket) = call::connect(args, env)?;
    let loaded = config::load(&args.fleet, env.home.as_deref());
    let mut found = vec![fleet(&args.fleet, loaded.as_ref().map_err(ToString::to_string))];
    if let Some(state) = socket.parent() {
        found.push(private("state", state, 0o700));
    }
    if socket.exists() {
        found.push(private("socket", &socket, 0o600));
    }
    found.push(controller(&socket, env).await);
    if let Ok(Loaded { fleet, .. }) = &loaded {
        found.extend(keys(fleet));
        found.push(known_hosts(fleet));
    }
    if call.json {
        call.put_json(&found)?;
    } else {
        let row = |one: &Finding| {
            let verdict = Cell::word(&one.verdict.to_string());
            vec![Cell::new(one.name), verdict, Cell::new(&one.why)]
        };
        call.put_table(&COLUMNS, &found.iter().map(row).collect::<Vec<_>>())?;
        let fixes = found.iter().filter_map(|one| Some((one.name, one.fix.as_ref()?)));
        let lines = fixes.flat_map(|(name, fix)| [format!("  # {name}"), format!("  {fix}")]);
        call.put_lines(&lines.collect::<Vec<_>>())?;
    }
    match found.iter().any(|one| one.verdict == Verdict::Fail) {
        true => Err(Failure::failed("a check has failed").into()),
        false => Ok(()),
    }
}

fn fleet(dir: &Path, loaded: Result<&Loaded, String>) -> Finding {
    let dir = dir.display();
    match loaded {
        Ok(loaded) => ok("fleet", format!("{dir}: {}", plural(loaded.fleet.hosts.len(), "host"))),
        Err(why) => {
            let first = why.lines().next().unwrap_or_default();
            bad("fleet", Verdict::Fail, first, format!("hostler check --fleet {dir}"))
        }
    }
}

/// Whether others may get at what is the controller's alone.
fn private(name: &'static str, path: &Path, mode: u32) -> Finding {
    let shown = path.display();
    match metadata(path) {
        Err(_) => bad(
            name,
            Verdict::Warn,
            format!("{shown} is not there: a controller makes it"),
            "hostler serve".into(),
        ),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => bad(
            name,
            if name == "socket" { Verdict::Fail } else { Verdict::Warn },
            format!("others may get at {shown} (mode {:o})", found.permissions().mode() & 0o777),
            format!("chmod {mode:o} {shown}"),
        ),
        Ok(found) => ok(name, format!("{shown}, mode {:o}", found.permissions().mode() & 0o777)),
    }
}

async fn controller(socket: &Path, env: &Env) -> Finding {
    let actor = Actor { who: env.user.clone(), via: Via::Cli };
    match Client::new(Connect::Unix(socket.into()), &actor).status().await {
        Ok(report) if report.version == env!("CARGO_PKG_VERSION") => {
            ok("controller", format!("{} answers", report.version))
        }
        Ok(report) => bad(
            "controller",
            Verdict::Warn,
            format!("it is version {}, and this is {}", report.version, env!("CARGO_PKG_VERSION")),
            "hostler service status".into(),
        ),
        Err(why) => bad("controller", Verdict::Fail, why.to_string(), "hostler serve".into()),
    }
}

fn identities(fleet: &Fleet) -> BTreeSet<PathBuf> {
    let ssh = fleet.hosts.values().filter_map(|host| match &host.access {
        Access::Ssh(access) => access.identity.clone(),
        Access::Local => None,
    });
    ssh.collect()
}

/// Each key that the inventory names.
fn keys(fleet: &Fleet) -> Vec<Finding> {
    let one = |path: PathBuf| match File::open(&path) {
        Ok(_) => private("ssh-key", &path, 0o600),
        Err(why) => {
            let fix = format!("ls -l {}", path.display());
            bad("ssh-key", Verdict::Fail, format!("{}: {why}", path.display()), fix)
        }
    };
    identities(fleet).into_iter().map(one).collect()
}

/// Hosts whose keys neither the inventory nor a file tells.
fn known_hosts(fleet: &Fleet) -> Finding {
    let unknown = fleet.hosts.iter().filter(|(_, host)| match &host.access {
        Access::Ssh(access) => {
            let file = access.known_hosts.as_ref().is_some_and(|file| File::open(file).is_ok());
            access.host_key.is_none() && !file
        }
        Access::Local => false,
    });
    let names: Vec<_> = unknown.map(|(name, _)| name).collect();
    let Some(first) = names.first() else {
        return ok("known-hosts", "host keys are in the inventory or in files that are there");
    };
    let why = format!(
        "the key of {} is nowhere yet, such as that of {first}: nothing is sent there",
        plural(names.len(), "host")
    );
    bad("known-hosts", Verdict::Fail, why, format!("hostler host enrol {first}"))
}
