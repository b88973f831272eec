//! Every command and flag, with its help.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use hostler::config::Kind;
use hostler::model::Span;
use hostler::sim::Nightly;

use super::flags::{JobVerb, PlaybookVerb, ScheduleVerb};
use super::service::ServiceVerb;
use super::verbs::{Events, HostVerb, PoolVerb, VmVerb};

/// Keeps a fleet of Mac hosts: places macOS VMs, two to a host, and respawns them by the calendar.
///
/// Without a command: the desktop, attached to the controller it finds.
#[derive(Debug, Parser)]
#[command(
    name = "hostler",
    version,
    max_term_width = 100,
    after_help = "Examples:
  hostler demo                     try it out: no Mac needed
  hostler check && hostler serve   keep the fleet of this directory
  hostler host list --watch        what changes, line by line

Exit codes: 0 done, 1 refused or failed, 2 usage or configuration, 3 no controller,
4 blocked (host out of reach), 5 deadline, 6 cancelled by someone else,
130 interrupted (the work goes on)"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
    /// The fleet directory: inventory/*.yaml, playbooks/*.yaml, hostler.yaml.
    #[arg(long, global = true, env = "HOSTLER_FLEET", default_value = ".", value_name = "DIR")]
    pub(crate) fleet: PathBuf,
    /// The controller: `unix:PATH`. Without it, the state directory's socket.
    #[arg(long, global = true, env = "HOSTLER_CONNECT", value_name = "URL")]
    pub(crate) connect: Option<String>,
    /// JSON on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The state directory: journal, socket, logs.
    #[arg(long, global = true, env = "HOSTLER_STATE", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Yes to whatever would be asked.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Say only what is wrong.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say more of what is done.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No colours; the variable NO_COLOR does the same.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    #[command(flatten)]
    pub(crate) looks: Looks,
}

/// Flags of the desktop, with a command or without.
#[derive(Debug, clap::Args)]
pub(crate) struct Looks {
    /// The desktop's theme: dark, light, high-contrast, cvd-dark, cvd-light, terminal, mono.
    #[arg(long, value_name = "NAME")]
    pub(crate) theme: Option<String>,
    /// The desktop in ASCII characters only.
    #[arg(long)]
    pub(crate) ascii: bool,
    /// The desktop shows the fleet as it was then: 03:00, 2h ago, or 2026-11-21T03:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// The desktop only shows; nothing can be asked for.
    #[arg(long)]
    pub(crate) read_only: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// A simulated fleet over real SSH, a controller and the desktop, in a temporary directory.
    #[command(after_help = "Examples:
  hostler demo
  hostler demo --hosts 50 --faults --nightly wipe
  hostler demo --headless --nights 1 --json")]
    Demo(Demo),
    /// The controller, headless.
    #[command(after_help = "Examples:
  hostler serve --fleet /etc/hostler --state /var/lib/hostler")]
    Serve,
    /// What the next pass would do, and why the rest is not done.
    #[command(after_help = "Examples:
  hostler plan
  hostler plan --json | jq .held")]
    Plan,
    /// The night ahead, host by host: the same planner on a clock that runs ahead. Touches no host.
    #[command(after_help = "Examples:
  hostler forecast
  hostler forecast --for 3d --json | jq .misfits")]
    Forecast {
        /// How far ahead.
        #[arg(
            long = "for",
            value_name = "SPAN",
            default_value = "24h",
            value_parser = super::span,
        )]
        span: Span,
    },
    /// How the controller and the fleet are, in figures.
    #[command(after_help = "Examples:
  hostler status
  hostler status --connect unix:/var/lib/hostler/hostler.sock --json")]
    Status,
    /// Have the controller read its fleet directory again.
    #[command(after_help = "Examples:
  hostler check && hostler reload")]
    Reload,
    /// Read the fleet directory and say everything that is wrong with it; touches no host.
    #[command(after_help = "Examples:
  hostler check --fleet /etc/hostler
  hostler check --print")]
    Check {
        /// Print the fleet as it is understood.
        #[arg(long)]
        print: bool,
    },
    /// The JSON Schema of a file kind, for editors that complete and check.
    #[command(after_help = "Examples:
  hostler schema inventory > inventory.schema.json")]
    Schema {
        /// inventory, playbook or settings.
        #[arg(value_parser = kind)]
        kind: Kind,
    },
    /// The simulated Macs alone, for trying things out.
    Sim {
        #[command(subcommand)]
        verb: SimVerb,
    },
    /// Hosts of the inventory.
    Host {
        #[command(subcommand)]
        verb: HostVerb,
    },
    /// VMs.
    Vm {
        #[command(subcommand)]
        verb: VmVerb,
    },
    /// Pools: VMs kept alive with one purpose.
    Pool {
        #[command(subcommand)]
        verb: PoolVerb,
    },
    /// Schedules: what is done by the calendar.
    Schedule {
        #[command(subcommand)]
        verb: ScheduleVerb,
    },
    /// Playbooks: lists of steps done host by host.
    Playbook {
        #[command(subcommand)]
        verb: PlaybookVerb,
    },
    /// Jobs: goings of work with a task per host or VM.
    Job {
        #[command(subcommand)]
        verb: JobVerb,
    },
    /// What happened: the newest entries of the journal, and what follows.
    Events(Events),
    /// The controller as a service of this machine.
    Service {
        #[command(subcommand)]
        verb: ServiceVerb,
    },
    /// Whether this machine has what Hostler needs: fleet directory, state, socket, keys, controller.
    ///
    /// Hosts are examined by `hostler host doctor`.
    #[command(after_help = "Examples:
  hostler doctor
  hostler doctor --fleet /etc/hostler --state /var/lib/hostler")]
    Doctor,
    /// Completions for a shell.
    #[command(after_help = "Examples:
  hostler completions zsh > ~/.zfunc/_hostler
  hostler completions bash > /etc/bash_completion.d/hostler")]
    Completions { shell: clap_complete::Shell },
    /// The manual page, or with --dir one page per command.
    #[command(after_help = "Examples:
  hostler man | man -l -
  hostler man --dir /usr/local/share/man/man1")]
    Man {
        /// Write all pages into this directory.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Flags of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// How many simulated Macs.
    #[arg(long, default_value_t = 12, value_parser = hosts)]
    pub(crate) hosts: usize,
    /// How many times as fast as the wall the demo's clock runs. 20; headless 240.
    #[arg(long, value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Everything drawn by chance follows from it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Let things go wrong: the usual mix, or what FILE says.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(crate) faults: Option<Option<PathBuf>>,
    /// What is done every night: the pool's VMs respawned, or every host drained and wiped.
    #[arg(long, value_name = "WHAT", default_value = "respawn", value_parser = nightly)]
    pub(crate) nightly: Nightly,
    /// No desktop: a line per event, and a summary at the end.
    #[arg(long)]
    pub(crate) headless: bool,
    /// Headless: end after this long, such as 60s.
    #[arg(long = "for", value_name = "SPAN", value_parser = super::span, requires = "headless")]
    pub(crate) lasts: Option<Span>,
    /// Headless: end after so many nights of two hours. The days between are skipped.
    #[arg(long, requires = "headless", conflicts_with = "lasts")]
    pub(crate) nights: Option<u32>,
    /// Write a picture of the desktop to FILE (.svg or .txt) once the fleet is whole, and end.
    #[arg(long, value_name = "FILE", conflicts_with = "headless", value_parser = picture)]
    pub(crate) picture: Option<PathBuf>,
    /// The size of the picture in cells.
    #[arg(long, value_name = "WxH", default_value = "120x36", value_parser = size)]
    pub(crate) size: (u16, u16),
    #[command(flatten)]
    pub(crate) looks: Looks,
}

/// What to do with simulated Macs.
#[derive(Debug, Subcommand)]
pub(crate) enum SimVerb {
    /// Serve them until interrupted; writes a fleet directory that reaches them.
    #[command(after_help = "Examples:
  hostler sim serve --hosts 12 --dir simulated-fleet
  hostler serve --fleet simulated-fleet --state state")]
    Serve(Simulated),
}

/// Flags of `sim serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Simulated {
    /// How many.
    #[arg(long, default_value_t = 12, value_parser = hosts)]
    pub(crate) hosts: usize,
    /// The first one's port, the others' follow; free ports when absent.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Everything drawn by chance follows from it.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// What goes wrong, and when.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// How many times as fast as the wall their clocks run, for a controller that does so too.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// How busy their guests are, in percent: the chance that a job comes after each wait for one.
    #[arg(long, value_name = "PERCENT", default_value_t = 60, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) load: u8,
    /// Where the fleet directory is written: inventory and key.
    #[arg(long, value_name = "DIR", default_value = "simulated-fleet")]
    pub(crate) dir: PathBuf,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.word() == text)
        .ok_or_else(|| format!("expected one of {}", Kind::ALL.map(Kind::word).join(", ")))
}

fn hosts(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(hosts) if (1..=5_000).contains(&hosts) => Ok(hosts),
        Ok(_) | Err(_) => Err("expected a number from 1 to 5000".into()),
    }
}

fn nightly(text: &str) -> Result<Nightly, String> {
    match text {
        "respawn" => Ok(Nightly::Respawn),
        "wipe" => Ok(Nightly::Wipe),
        _ => Err("expected respawn or wipe".into()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=10_000.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err("expected a number from 0.1 to 10000".into()),
    }
}

fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg" | "txt") => Ok(path),
        Some(_) | None => Err("expected a file that ends in .svg or .txt".into()),
    }
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parts {
        Some((w, h)) if (20..=500).contains(&w) && (5..=200).contains(&h) => Ok((w, h)),
        Some(_) | None => Err("expected WIDTHxHEIGHT in cells, such as 120x36".into()),
    }
}
