//! The commands that ask a controller, with their flags and help.

use clap::{Args, Subcommand};
use hostler::model::{Fingerprint, HoldId, HostName, PoolName, Share};

use super::flags::{Drain, Emptying, HoldFlags, Hosts};
use super::when::When;

/// What a list shows.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Names, selectors such as `site=lausanne,state!=ready`, or `-` for names on standard
    /// input; everything when absent.
    #[arg(value_name = "WHICH")]
    pub(crate) which: Vec<String>,
}

/// A list that can be followed.
#[derive(Debug, Args)]
pub(crate) struct Watchable {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Go on with a line per change until interrupted.
    #[arg(long, short)]
    pub(crate) watch: bool,
}

/// What to do with hosts.
#[derive(Debug, Subcommand)]
pub(crate) enum HostVerb {
    #[command(flatten)]
    Ask(HostAsk),
    /// Show a host's key fingerprints, ask, and make the accepted key known.
    ///
    /// The key is written to the host's known_hosts file, and the controller is told: its journal
    /// says who accepted which key, and a host that it had barred for its key is tried at once.
    Enrol(Enrol),
    /// A shell on a host, or one command, over this machine's own `ssh`.
    ///
    /// It is told what the inventory says: address, user, key, entry point, and which host keys to
    /// trust. No other settings of ssh are read. The exit code is that of ssh.
    #[command(after_help = "Examples:
  hostler host ssh mini-01
  hostler host ssh mini-01 -- df -h /")]
    Ssh {
        host: HostName,
        /// What to run there; a shell when absent.
        #[arg(last = true)]
        command: Vec<String>,
    },
}

/// Flags of `host enrol`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hostler host enrol mini-01 --fleet /etc/hostler
  hostler host enrol mini-01 --replace --reason 'new logic board'
  hostler host enrol mini-01 --replace --reason 'set up anew' \\
    --fingerprint SHA256:uNiVztksCsDhcc0u9e8BrqAGjRHQg3hQ0SVmHaAxXzA

--yes accepts the first key unseen: only when it was compared elsewhere.")]
pub(crate) struct Enrol {
    pub(crate) host: HostName,
    /// Accept the key that has this fingerprint, and no other, without asking.
    #[arg(long, value_name = "SHA256:...")]
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Where the host is known by another key: replace that. Without it this is refused.
    #[arg(long, requires = "reason")]
    pub(crate) replace: bool,
    /// Why it has another key: kept in the journal with who accepted it.
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: Option<String>,
    /// The jump host that this host stands behind is meant, and not the host itself.
    #[arg(long)]
    pub(crate) jump: bool,
}

/// What a controller is asked about hosts.
#[derive(Debug, Subcommand)]
pub(crate) enum HostAsk {
    /// All hosts, or those that are meant.
    #[command(after_help = "Examples:
  hostler host list
  hostler host list site=lausanne,state!=ready
  hostler host list --watch
  hostler host list --json | jq -r '.items[].name'")]
    List(Watchable),
    /// One host: facts, slots, holds, VMs.
    #[command(after_help = "Examples:
  hostler host show mini-01")]
    Show { host: HostName },
    /// Why a host takes no new VM, or that it would.
    #[command(after_help = "Examples:
  hostler host why mini-01")]
    Why { host: HostName },
    /// The slots of hosts and what is in each; with --report, what the journal proves of them.
    ///
    /// The report reads the journal anew, entry by entry, and says of each host the most macOS VMs
    /// it was ever seen with, whose they were, when, and which entry shows it. Ends with exit code
    /// 1 when that was more than two anywhere.
    #[command(after_help = "Examples:
  hostler host slots
  hostler host slots site=lausanne
  hostler host slots --report
  hostler host slots --report --since 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z --json")]
    Slots(SlotsFlags),
    /// No new VMs on these hosts; what runs there goes on.
    #[command(after_help = "Examples:
  hostler host cordon mini-01 --reason 'disk is replaced' --until 2h
  hostler host cordon site=lausanne --reason 'power works' --until 2026-12-01T06:00:00Z
  hostler host list --json state=suspect | jq -r '.items[].name' \\
    | hostler host cordon - --reason 'flapping'")]
    Cordon {
        /// Names, selectors such as `site=lausanne`, or `-` for names on standard input.
        #[arg(required = true, value_name = "WHICH")]
        which: Vec<String>,
        /// Why, for those who find it cordoned.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Lift it by itself: after a time such as 2h, or at a moment in RFC 3339.
        #[arg(long, value_name = "WHEN")]
        until: Option<When>,
    },
    /// Give up a host that is dead for good, with what was ours on it.
    ///
    /// It must have left the inventory and answer no more. VMs that run there after all are
    /// nobody's from then on. Asks for the host's name first.
    #[command(after_help = "Examples:
  hostler host forget mini-01 --reason 'burnt out, sent back'")]
    Forget {
        host: HostName,
        /// Why, for those who miss it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Empty hosts: no new VMs, and those that are there go when they have no work.
    Drain(Box<Drain>),
    /// Call off what empties hosts, and lift the holds that drains have left.
    #[command(after_help = "Examples:
  hostler host undrain mini-01
  hostler host undrain site=lausanne --wait")]
    Undrain {
        #[command(flatten)]
        hosts: Hosts,
        #[command(flatten)]
        wait: Wait,
    },
    /// Empty hosts, restart them, and take them back once they are fit: drain --then reboot.
    #[command(after_help = "Examples:
  hostler host reboot mini-01 --reason 'both slots leaked' --wait --yes
  hostler host reboot site=lausanne --reason 'macOS update' --max-parallel 2 --dry-run")]
    Reboot(Box<Emptying>),
    /// Empty hosts and take them out of the fleet: drain --then retire.
    ///
    /// Asks for the number of hosts first.
    #[command(after_help = "Examples:
  hostler host retire mini-01 --reason 'lease ends' --wait")]
    Retire(Box<Emptying>),
    /// No new VMs on these hosts, with a kind and an end; what runs there goes on.
    Hold(HoldFlags),
    /// Lift cordons: yours, one, or all.
    #[command(after_help = "Examples:
  hostler host uncordon mini-01
  hostler host uncordon mini-01 --hold 0dk3v5m2q8rt
  hostler host uncordon site=lausanne --all --yes")]
    Uncordon {
        /// Names, selectors such as `site=lausanne`, or `-` for names on standard input.
        #[arg(required = true, value_name = "WHICH")]
        which: Vec<String>,
        /// This hold, whoever placed it.
        #[arg(long, value_name = "ID", conflicts_with = "all")]
        hold: Option<HoldId>,
        /// All holds, those of others too. Asks first.
        #[arg(long)]
        all: bool,
    },
    /// Examine hosts: what keeps VMs from running there, or will, each with the command that mends
    /// it.
    ///
    /// One script is sent to each host, over SSH; it changes nothing. One host: every check. Many:
    /// a line each, the worst first, and what most of them have. Ends with 1 when a check fails.
    #[command(after_help = "Examples:
  hostler host doctor mini-01
  hostler host doctor site=lausanne
  hostler host doctor --json | jq '.items[].checks[] | select(.verdict == \"fail\")'")]
    Doctor {
        #[command(flatten)]
        which: Which,
    },
}

/// Flags of `host slots`.
#[derive(Debug, Args)]
pub(crate) struct SlotsFlags {
    /// Names, selectors such as `site=lausanne`, or `-` for names on standard input.
    #[arg(value_name = "WHICH", conflicts_with = "report")]
    pub(crate) which: Vec<String>,
    /// The most macOS VMs each host was ever seen with, proven from the journal.
    #[arg(long)]
    pub(crate) report: bool,
    /// Not before this: a time ago such as 30d, or a moment in RFC 3339.
    #[arg(long, value_name = "WHEN", requires = "report")]
    pub(crate) since: Option<When>,
    /// Not after this: likewise.
    #[arg(long, value_name = "WHEN", requires = "report")]
    pub(crate) until: Option<When>,
}

/// What to do with VMs.
#[derive(Debug, Subcommand)]
pub(crate) enum VmVerb {
    /// All VMs, or those that are meant.
    #[command(after_help = "Examples:
  hostler vm list
  hostler vm list pool=concourse,state!=ready
  hostler vm list host=mini-01 --json")]
    List(Watchable),
    /// One VM: where it is, since when, and what is under way.
    #[command(after_help = "Examples:
  hostler vm show 0dk3v5m2q8rt
  hostler vm show hostler-concourse-0dk3v5m2q8rt")]
    Show {
        /// Its id, or its name on the host.
        vm: String,
    },
    /// Why a VM is as it is, and what comes next.
    #[command(after_help = "Examples:
  hostler vm why 0dk3v5m2q8rt")]
    Why {
        /// Its id, or its name on the host.
        vm: String,
    },
    /// What a VM's process has said since its last start, as its host keeps it.
    #[command(after_help = "Examples:
  hostler vm log 0dk3v5m2q8rt")]
    Log {
        /// Its id, or its name on the host.
        vm: String,
    },
    /// Try again to be rid of a VM that is parked because its host refused it for too long.
    #[command(after_help = "Examples:
  hostler vm resume 0dk3v5m2q8rt")]
    Resume {
        /// Its id, or its name on the host.
        vm: String,
    },
    /// Let go of a parked VM: what is left of it on its host is yours to remove.
    ///
    /// Its slot stays taken, as by a guest of others, until a look shows that none runs there.
    #[command(after_help = "Examples:
  hostler vm discharge 0dk3v5m2q8rt --reason 'its process hangs, the host goes to repair'")]
    Discharge {
        /// Its id, or its name on the host.
        vm: String,
        /// Why, for those who find it on the host.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What to do with pools.
#[derive(Debug, Subcommand)]
pub(crate) enum PoolVerb {
    /// All pools: how many VMs each wants, has, and is missing, and why.
    #[command(after_help = "Examples:
  hostler pool list")]
    List(Which),
    /// One pool.
    #[command(after_help = "Examples:
  hostler pool show concourse")]
    Show { pool: PoolName },
    /// Try a pool again that is held because its VMs died as fast as they were started.
    #[command(after_help = "Examples:
  hostler pool release concourse")]
    Release { pool: PoolName },
    /// Replace every VM of the pool by a new one from its image, a few at a time.
    #[command(after_help = "Examples:
  hostler pool respawn concourse --max-unavailable 10% --wait --yes")]
    Respawn {
        pool: PoolName,
        /// How many may be out of service at once: a number or a share.
        #[arg(long, value_name = "N|N%")]
        max_unavailable: Option<Share>,
        #[command(flatten)]
        wait: Wait,
    },
}

/// Whether to stay until a job is over.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Wait {
    /// Stay until the job is over; its end is the exit code.
    #[arg(long)]
    pub(crate) wait: bool,
}

/// Flags of `events`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hostler events --since 2h --host mini-01
  hostler events --follow --json | jq -c .event
  hostler events --limit 5000 > night.txt")]
pub(crate) struct Events {
    /// Go on with what happens from now on, until interrupted.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Not before this: a time ago such as 2h, or a moment in RFC 3339.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
    /// Only what is about this host and the VMs on it.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    /// The newest so many, at most 10000; 100 when absent, with --since all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub(crate) limit: Option<u32>,
}
