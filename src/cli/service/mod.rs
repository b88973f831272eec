//! The controller as a service of the machine: launchd on a Mac, systemd elsewhere. What is
//! written and which commands are run is made here as data; `system.rs` carries it out.

mod launchd;
mod system;
mod systemd;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};

use super::call::Call;
use super::failure::Failure;
use super::{args, out};
use crate::run::Env;

/// What to do with the service.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceVerb {
    /// Print the service file; changes nothing.
    #[command(after_help = "Examples:
  hostler service print --fleet /etc/hostler
  hostler service print --kind systemd > hostler.service")]
    Print(Flags),
    /// Write the service file and start the service, now and at each boot.
    #[command(after_help = "Examples:
  sudo hostler service install --fleet /etc/hostler --run-as ci --yes")]
    Install(Flags),
    /// Stop the service and remove its file. VMs and the state directory stay.
    #[command(after_help = "Examples:
  sudo hostler service uninstall --yes")]
    Uninstall(Flags),
    /// What the machine says of the service.
    #[command(after_help = "Examples:
  hostler service status")]
    Status(Flags),
}

/// Flags of all of them.
#[derive(Clone, Debug, Args)]
pub(crate) struct Flags {
    /// Who keeps services here; this machine's own when absent.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// The user the controller runs as; you when absent. Its SSH keys are used.
    #[arg(long, value_name = "USER")]
    pub(crate) run_as: Option<String>,
}

/// Who keeps services.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    Launchd,
    Systemd,
}

/// Everything a service file says.
#[derive(Clone, Debug)]
struct Service {
    exe: PathBuf,
    fleet: PathBuf,
    state: PathBuf,
    user: String,
    home: PathBuf,
}

/// A command to run, and which of its exit codes are as good as done or call for another try.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Step {
    argv: Vec<String>,
    /// Besides 0.
    fine: &'static [i32],
    /// Try again in a moment: something is still under way.
    again: &'static [i32],
}

impl Step {
    fn new(argv: &[&str]) -> Self {
        Self { argv: argv.iter().map(ToString::to_string).collect(), fine: &[], again: &[] }
    }
    fn fine(mut self, codes: &'static [i32]) -> Self {
        self.fine = codes;
        self
    }
    fn again(mut self, codes: &'static [i32]) -> Self {
        self.again = codes;
        self
    }
}

impl Kind {
    fn here() -> Self {
        if cfg!(target_os = "macos") { Self::Launchd } else { Self::Systemd }
    }
    fn path(self) -> &'static Path {
        Path::new(match self {
            Self::Launchd => launchd::PATH,
            Self::Systemd => systemd::PATH,
        })
    }
    fn text(self, service: &Service) -> Result<String> {
        match self {
            Self::Launchd => launchd::text(service),
            Self::Systemd => Ok(systemd::text(service)),
        }
    }
    fn start(self) -> Vec<Step> {
        match self {
            Self::Launchd => launchd::start(),
            Self::Systemd => systemd::start(),
        }
    }
    fn stop(self) -> Vec<Step> {
        match self {
            Self::Launchd => launchd::stop(),
            Self::Systemd => systemd::stop(),
        }
    }
    /// Once the file is gone.
    fn forget(self) -> Vec<Step> {
        match self {
            Self::Launchd => Vec::new(),
            Self::Systemd => systemd::forget(),
        }
    }
    fn status(self) -> Step {
        match self {
            Self::Launchd => launchd::status(),
            Self::Systemd => systemd::status(),
        }
    }
}

/// Does what is asked of the service.
pub(crate) async fn service(verb: &ServiceVerb, args: &args::Args, env: &Env) -> Result<()> {
    let (ServiceVerb::Print(flags)
    | ServiceVerb::Install(flags)
    | ServiceVerb::Uninstall(flags)
    | ServiceVerb::Status(flags)) = verb;
    let kind = flags.kind.unwrap_or_else(Kind::here);
    let here = Kind::here();
    if kind != here && !matches!(verb, ServiceVerb::Print(_)) {
        return Err(Failure::usage(format!("this machine keeps its services by {here:?}")).into());
    }
    let path = kind.path();
    match verb {
        ServiceVerb::Print(_) => out::text(&kind.text(&of(flags, args, env)?)?),
        ServiceVerb::Install(_) => {
            let service = of(flags, args, env)?;
            // A fleet with mistakes would make a service that dies at once, again and again.
            hostler::config::load(&service.fleet, env.home.as_deref())?;
            let user = &service.user;
            let question = format!("Write {} and run as {user}?", path.display());
            Call::new(args, env)?.consent(&question)?;
            system::write(path, &kind.text(&service)?)?;
            system::carry_out(&kind.start()).await?;
            out::note(&format!("installed; its state is in {}", service.state.display()));
            Ok(())
        }
        ServiceVerb::Uninstall(_) => {
            let question = format!("Stop the controller and remove {}?", path.display());
            Call::new(args, env)?.consent(&question)?;
            system::carry_out(&kind.stop()).await?;
            system::remove(path)?;
            system::carry_out(&kind.forget()).await?;
            out::note("uninstalled; VMs and the state directory stay");
            Ok(())
        }
        ServiceVerb::Status(_) => system::show(&kind.status()),
    }
}

fn of(flags: &Flags, args: &args::Args, env: &Env) -> Result<Service> {
    let whole = |path: &Path| {
        std::path::absolute(path).with_context(|| format!("{} has no place", path.display()))
    };
    let user = flags.run_as.clone().unwrap_or_else(|| env.user.clone());
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if user.is_empty() || user.contains(odd) || user.starts_with('-') {
        return Err(Failure::usage(format!("`{user}` is not the name of a user")).into());
    }
    let home = env.home.clone().unwrap_or_default();
    let home = match (&flags.run_as, home.parent()) {
        // The other user's home stands beside ours.
        (Some(user), Some(homes)) if *user != env.user => homes.join(user),
        (Some(_) | None, _) => home,
    };
    let state = match (&args.state, env.home.as_ref().and_then(|h| env.state.strip_prefix(h).ok()))
    {
        (Some(state), _) => whole(state)?,
        (None, Some(below)) => home.join(below),
        (None, None) => whole(&env.state)?,
    };
    Ok(Service { exe: env.exe.clone(), fleet: whole(&args.fleet)?, state, user, home })
}
