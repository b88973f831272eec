//! Flags of what is asked of hosts, jobs, schedules and playbooks, with their help.

use clap::{Args, Subcommand};
use hostler::model::{
    BadSelector, HoldKind, HostName, JobId, OnDeadline, OnExpiry, PlaybookName, ScheduleName,
    Selector, Share, Span, Surge, Then,
};

use super::verbs::{Wait, Watchable, Which};
use super::when::When;

/// Hosts that are meant.
#[derive(Debug, Args)]
pub(crate) struct Hosts {
    /// Names, selectors such as `site=lausanne`, or `-` for names on standard input.
    #[arg(required = true, value_name = "WHICH")]
    pub(crate) which: Vec<String>,
}

/// How hosts are emptied.
#[derive(Debug, Args)]
pub(crate) struct Emptying {
    #[command(flatten)]
    pub(crate) hosts: Hosts,
    /// Why, for those who find the hosts empty.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// How long VMs with work may go on.
    #[arg(long, value_name = "SPAN", value_parser = super::span, default_value = "60m")]
    pub(crate) deadline: Span,
    /// VMs with work may go on for as long as they like.
    #[arg(long, conflicts_with = "deadline")]
    pub(crate) no_deadline: bool,
    /// At the deadline: `stop` those VMs, or `abort`: they go on and the host stays cordoned.
    #[arg(long, value_name = "stop|abort", value_parser = on_deadline, default_value = "stop")]
    pub(crate) on_deadline: OnDeadline,
    /// How long a VM has to shut down before it is stopped.
    #[arg(long, value_name = "SPAN", value_parser = super::span, default_value = "30s")]
    pub(crate) grace: Span,
    /// Do not wait for VMs with work.
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not wait for these VMs: a selector over pool, image and host, such as pool=cache. They
    /// go as idle ones do.
    #[arg(long, value_name = "SELECTOR", value_parser = some_vms)]
    pub(crate) ignore: Option<Selector>,
    /// `auto`: where a slot is free elsewhere, a VM's successor comes first; `never`.
    #[arg(long, value_name = "auto|never", value_parser = surge, default_value = "auto")]
    pub(crate) surge: Surge,
    /// Begin then: after a time such as 2h, or at a moment in RFC 3339.
    #[arg(long, value_name = "WHEN")]
    pub(crate) at: Option<When>,
    /// How many hosts at once: a number or a share. All are held at once. 10% when absent.
    #[arg(long, value_name = "N|N%")]
    pub(crate) max_parallel: Option<Share>,
    /// Asking twice with the same key is asking once.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// A drain under way may be made more patient by this one.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Show the plan and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

/// Flags of `host drain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hostler host drain mini-01 --reason 'new disk'
  hostler host drain site=lausanne --reason 'power works' --at 2026-12-01T05:00:00Z --yes
  hostler host drain mini-01 --reason 'update' --then reboot --wait --json --yes
  hostler host drain mini-01 --reason 'update' --dry-run

Shows a plan and asks before anything happens. With --wait, a line per change:
TIME HOST STATE WHAT, with --json an object with the keys at, job, host, state, step, why.

Exit codes with --wait: 0 done, 1 failed, 4 blocked (host out of reach),
5 aborted at the deadline, 6 cancelled by someone else, 130 interrupted (the drain goes on)")]
pub(crate) struct Drain {
    #[command(flatten)]
    pub(crate) emptying: Emptying,
    /// Once empty: hold, resume, reboot, retire, or playbook:NAME.
    #[arg(long, value_name = "WHAT", value_parser = then, default_value = "hold")]
    pub(crate) then: Then,
    /// Take work again by itself then, once it is empty.
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<When>,
}

/// Flags of `host hold`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hostler host hold mini-01 --kind maintenance --reason 'new memory' --until 4h
  hostler host hold mini-01 --kind quarantine --reason noise --until 24h \\
    --on-expiry alert")]
pub(crate) struct HoldFlags {
    #[command(flatten)]
    pub(crate) hosts: Hosts,
    /// cordon, maintenance, quarantine or retire.
    #[arg(long, value_name = "KIND", value_parser = hold_kind)]
    pub(crate) kind: HoldKind,
    /// Why, for those who find it held.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Its end: after a time such as 2h, or at a moment in RFC 3339.
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<When>,
    /// At its end: `release` it, or `alert`: it stays, and people are told.
    #[arg(long, value_name = "release|alert", value_parser = on_expiry, requires = "until")]
    pub(crate) on_expiry: Option<OnExpiry>,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum JobVerb {
    /// The jobs of late.
    #[command(after_help = "Examples:
  hostler job list state=running
  hostler job list --watch")]
    List(Watchable),
    /// One job, host by host or VM by VM; with a host, the timeline of its steps.
    #[command(after_help = "Examples:
  hostler job show 0dk3v5m2q8rt
  hostler job show 0dk3v5m2q8rt mini-01")]
    Show { job: JobId, host: Option<HostName> },
    /// What the steps of a job said on its hosts.
    #[command(after_help = "Examples:
  hostler job log 0dk3v5m2q8rt
  hostler job log 0dk3v5m2q8rt mini-01 --follow")]
    Log {
        job: JobId,
        host: Option<HostName>,
        /// Go on with steps as they end, until the job is over.
        #[arg(long, short)]
        follow: bool,
    },
    /// Call a job off: what was begun is unwound, and the hosts take work again.
    #[command(after_help = "Examples:
  hostler job cancel 0dk3v5m2q8rt --wait")]
    Cancel {
        job: JobId,
        #[command(flatten)]
        wait: Wait,
    },
    /// Go on with a job that has paused, and try its parked VMs again.
    #[command(after_help = "Examples:
  hostler job resume 0dk3v5m2q8rt --wait")]
    Resume {
        job: JobId,
        #[command(flatten)]
        wait: Wait,
    },
    /// Let go of the parked VMs of a job: what is left of them is yours to remove.
    #[command(after_help = "Examples:
  hostler job discharge 0dk3v5m2q8rt --reason 'the host goes to repair'")]
    Discharge {
        job: JobId,
        /// Why, for those who find them on their hosts.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Try failed and skipped hosts of a job again, from the step that failed.
    #[command(after_help = "Examples:
  hostler job retry 0dk3v5m2q8rt
  hostler job retry 0dk3v5m2q8rt --host mini-01 --from 2 --wait")]
    Retry {
        job: JobId,
        /// This host only.
        #[arg(long, value_name = "HOST")]
        host: Option<HostName>,
        /// From this step on; the first is 1.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        from: Option<u16>,
        #[command(flatten)]
        wait: Wait,
    },
    /// Leave one host out of a job.
    #[command(after_help = "Examples:
  hostler job skip 0dk3v5m2q8rt mini-01")]
    Skip { job: JobId, host: HostName },
}

/// What to do with schedules.
#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleVerb {
    /// All schedules, with their next and last runs.
    #[command(after_help = "Examples:
  hostler schedule list")]
    List(Which),
    /// One schedule: its calendar, next times, last runs, and what keeps it from running.
    #[command(after_help = "Examples:
  hostler schedule show nightly-respawn")]
    Show { schedule: ScheduleName },
    /// Run it now, whatever its calendar says.
    #[command(after_help = "Examples:
  hostler schedule run-now nightly-respawn --wait --yes")]
    RunNow {
        schedule: ScheduleName,
        #[command(flatten)]
        wait: Wait,
    },
    /// Do not run it until it is resumed.
    #[command(after_help = "Examples:
  hostler schedule suspend nightly-respawn --reason 'release week'")]
    Suspend {
        schedule: ScheduleName,
        /// Why, for those who miss its runs.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Run a suspended schedule again, from its next time on.
    #[command(after_help = "Examples:
  hostler schedule resume nightly-respawn")]
    Resume { schedule: ScheduleName },
    /// Pass over its next run. Said again, the one after it too.
    #[command(after_help = "Examples:
  hostler schedule skip-next nightly-respawn")]
    SkipNext { schedule: ScheduleName },
}

/// What to do with playbooks.
#[derive(Debug, Subcommand)]
pub(crate) enum PlaybookVerb {
    /// All playbooks: those that Hostler ships, and the fleet's own.
    #[command(after_help = "Examples:
  hostler playbook list")]
    List(Which),
    /// One playbook, step by step.
    #[command(after_help = "Examples:
  hostler playbook show rolling-reboot")]
    Show { playbook: PlaybookName },
    /// Do the steps of a playbook on hosts.
    Run(Run),
}

/// Flags of `playbook run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hostler playbook run nightly-wipe site=lausanne --reason 'before the audit' --wait --yes
  hostler playbook run rolling-reboot mini-01 --reason 'stuck' --dry-run
  hostler playbook run nightly-wipe mini-01 --reason 'try it' --dry-run --fleet ./fleet

A dry run needs no controller: without one it reads the fleet directory, where VMs and
images on the hosts are not known.")]
pub(crate) struct Run {
    pub(crate) playbook: PlaybookName,
    #[command(flatten)]
    pub(crate) hosts: Hosts,
    /// Why, for those who find the hosts at it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// How many hosts at once: a number or a share. 10% when absent.
    #[arg(long, value_name = "N|N%")]
    pub(crate) max_unavailable: Option<Share>,
    /// Asking twice with the same key is asking once.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Show each step and every command it would send; touches no host.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

/// One of some words, each with what it stands for.
fn one_of<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        format!("expected {}", words.join(" or "))
    })
}

fn on_deadline(text: &str) -> Result<OnDeadline, String> {
    one_of(text, &[("stop", OnDeadline::Stop), ("abort", OnDeadline::Abort)])
}

/// A selector of no term would ignore every VM.
fn some_vms(text: &str) -> Result<Selector, String> {
    let selector: Selector = text.parse().map_err(|bad: BadSelector| bad.to_string())?;
    if selector.is_empty() {
        return Err("expected a selector such as pool=cache; --force waits for no VM".into());
    }
    Ok(selector)
}

fn surge(text: &str) -> Result<Surge, String> {
    one_of(text, &[("auto", Surge::Auto), ("never", Surge::Never)])
}

fn on_expiry(text: &str) -> Result<OnExpiry, String> {
    one_of(text, &[("release", OnExpiry::Release), ("alert", OnExpiry::Alert)])
}

fn hold_kind(text: &str) -> Result<HoldKind, String> {
    if text == "drain" {
        return Err("to empty hosts, say `hostler host drain`".into());
    }
    let kinds = [HoldKind::Cordon, HoldKind::Maintenance, HoldKind::Quarantine, HoldKind::Retire];
    let words = kinds.map(|kind| (kind.to_string(), kind));
    one_of(text, &words.each_ref().map(|(word, kind)| (word.as_str(), *kind)))
}

fn then(text: &str) -> Result<Then, String> {
    if let Some(name) = text.strip_prefix("playbook:") {
        return name.parse().map(Then::Playbook).map_err(|bad| format!("{bad}"));
    }
    let words = [
        ("hold", Then::Hold),
        ("resume", Then::Resume),
        ("reboot", Then::Reboot),
        ("retire", Then::Retire),
    ];
    one_of(text, &words).map_err(|said| format!("{said} or playbook:NAME"))
}
