//! The fleet as its operator declared it: hosts, images, pools, schedules.
//! These are checked values; text becomes them in `config` only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BusyPolicy, Bytes, GroupName, HostName, ImageName, Labels, Needs, Playbook, PlaybookName,
    PoolName, ScheduleName, Selector, Share, Span,
};

/// Everything declared, by name.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Fleet {
    pub hosts: BTreeMap<HostName, HostSpec>,
    pub images: BTreeMap<ImageName, ImageSpec>,
    pub pools: BTreeMap<PoolName, PoolSpec>,
    pub schedules: BTreeMap<ScheduleName, ScheduleSpec>,
    /// The shipped ones and the fleet's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub playbooks: BTreeMap<PlaybookName, Playbook>,
}

/// Which tool runs VMs on a host.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DriverKind {
    /// `tart`.
    #[default]
    Tart,
}

/// Whether a host takes pool VMs or bakes images.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes pool VMs.
    #[default]
    Worker,
    /// Never takes pool VMs; bakes images.
    Builder,
}

/// A host as declared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostSpec {
    /// How it is reached.
    pub access: Access,
    pub driver: DriverKind,
    pub role: Role,
    /// Places for macOS VMs: 0, 1 or 2, by Apple's licence never more.
    pub slots: u8,
    /// Own labels and those of its groups; group names and the host's name are labels too.
    pub labels: Labels,
    pub groups: Vec<GroupName>,
    /// What its facts should be; what differs is drift, shown and never mended by itself.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
    /// A restart is possible with FileVault on: the account may use `fdesetup authrestart`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authrestart: bool,
}

impl HostSpec {
    /// A worker with both slots and nothing else said of it.
    pub fn new(access: Access) -> Self {
        Self {
            access,
            driver: DriverKind::default(),
            role: Role::default(),
            slots: 2,
            labels: Labels::new(),
            groups: Vec::new(),
            expect: Expect::default(),
            authrestart: false,
        }
    }
}

/// What the facts of a host should be, each as requirements such as `>=15.4, <27`, or a text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Expect {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macos: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip: Option<String>,
}

impl Expect {
    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a host is reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Access {
    /// Over SSH.
    Ssh(SshAccess),
    /// The controller runs on this very Mac.
    Local,
}

/// The way in over SSH.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SshAccess {
    /// Name or address.
    pub address: String,
    pub port: u16,
    pub user: String,
    /// Private key file; without it the SSH agent is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<PathBuf>,
    /// Where host keys are looked up when none is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_hosts: Option<PathBuf>,
    /// The pinned host key, as a public key line: `ssh-ed25519 AAAA...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
    /// The one entry point it is reached through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Jump>,
}

/// An entry point: `user@address:port`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Jump {
    pub user: String,
    pub address: String,
    pub port: u16,
}

impl SshAccess {
    /// The jump host it stands behind, as `user@address:port`.
    pub fn jump_name(&self) -> Option<String> {
        let Jump { user, address, port } = self.jump.as_ref()?;
        Some(format!("{user}@{address}:{port}"))
    }

    /// The way to the jump host it stands behind, if there is one. A pin is the host's own: the
    /// jump host is looked up in the known hosts.
    pub fn of_jump(&self) -> Option<Self> {
        let jump = self.jump.clone()?;
        let (identity, known_hosts) = (self.identity.clone(), self.known_hosts.clone());
        let Jump { user, address, port } = jump;
        Some(Self { address, port, user, identity, known_hosts, host_key: None, jump: None })
    }
}

/// What runs inside a VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuestOs {
    /// Counts against the two slots.
    #[default]
    Macos,
    /// Does not count.
    Linux,
}

/// An image as declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageSpec {
    /// Registry reference or the name of a local VM on the host.
    pub source: String,
    pub os: GuestOs,
}

/// How many VMs a pool keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolSize {
    /// So many in all.
    Count(u32),
    /// So many on each host that matches.
    PerHost(u8),
    /// Every free slot of every host that matches.
    Fill,
}

/// A pool as declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolSpec {
    pub image: ImageName,
    pub size: PoolSize,
    pub hosts: Selector,
    /// Cores of each VM; the image's own number when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u16>,
    /// Memory of each VM; the image's own amount when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// Higher goes first.
    pub priority: i32,
    /// Exit 0 in the guest: it has work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<GuestScript>,
    /// Tells the agent in the guest to take no more work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retire: Option<GuestScript>,
    /// A VM older than this has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Span>,
    /// What a Mac must have for them.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// Pools whose VMs never share a Mac with these; its own name keeps its VMs from each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anti_affinity: Vec<PoolName>,
}

impl PoolSpec {
    /// A pool of usual priority with nothing else said of it.
    pub fn new(image: ImageName, size: PoolSize, hosts: Selector) -> Self {
        Self {
            image,
            size,
            hosts,
            cpu: None,
            memory: None,
            priority: 500,
            busy: None,
            retire: None,
            max_age: None,
            needs: Needs::default(),
            anti_affinity: Vec::new(),
        }
    }
}

/// A shell script for the guest, and how long what it sets going may take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuestScript {
    pub sh: String,
    pub within: Span,
}

/// What a schedule works on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// The VMs of a pool, and the hosts they are on.
    Pool(PoolName),
    /// Hosts by their labels.
    Hosts(Selector),
}

/// A calendar entry as declared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ScheduleSpec {
    pub targets: Targets,
    pub playbook: PlaybookName,
    /// Five fields or `@daily` and its kind, in civil time of `zone`.
    pub cron: String,
    /// IANA name.
    pub zone: String,
    /// How long after its time a run may still start work.
    pub window: Span,
    /// How many targets may be out of service at once.
    pub max_unavailable: Share,
    #[serde(default, skip_serializing_if = "is_default")]
    pub splay: Splay,
    /// So many VMs of each pool stay ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_available: Option<Share>,
    /// The waves, each as how many hosts of all have had their turn at its end; empty: one wave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<Share>,
    #[serde(default = "max_fail", skip_serializing_if = "is_max_fail")]
    pub max_fail: Share,
    #[serde(default = "min_healthy", skip_serializing_if = "is_min_healthy")]
    pub min_healthy: Span,
    #[serde(default, skip_serializing_if = "is_default")]
    pub overlap: Overlap,
    /// Whether a run whose time was missed may still begin inside its window.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub catch_up: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub busy: BusyPolicy,
    /// It does not run while the file says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Days of its zone on which it does not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blackout: Vec<chrono::NaiveDate>,
    /// How many runs are remembered; nought: as many as usual.
    #[serde(default, skip_serializing_if = "is_default")]
    pub history: u16,
}

impl ScheduleSpec {
    /// One with the usual window and share, and nothing else said of it.
    pub fn new(targets: Targets, playbook: PlaybookName, cron: &str, zone: &str) -> Self {
        Self {
            targets,
            playbook,
            cron: cron.into(),
            zone: zone.into(),
            window: Span::from_hours(4),
            max_unavailable: Share::Percent(10),
            splay: Splay::default(),
            min_available: None,
            order: Vec::new(),
            max_fail: max_fail(),
            min_healthy: min_healthy(),
            overlap: Overlap::default(),
            catch_up: true,
            busy: BusyPolicy::default(),
            suspend: false,
            blackout: Vec::new(),
            history: 0,
        }
    }
}

/// How the hosts of a run are spread over its window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Splay {
    /// Each host at a time that follows from its name: different for each, the same every night.
    #[default]
    Hash,
    /// Evenly, in the order of names.
    Even,
    /// All at once, as far as `max_unavailable` allows.
    None,
}

/// What happens when a time comes while the run before goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// It is recorded as missed.
    #[default]
    Skip,
    /// It begins once the run before is over, inside its window.
    Queue,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
fn max_fail() -> Share {
    Share::Percent(5)
}
fn is_max_fail(share: &Share) -> bool {
    *share == max_fail()
}
fn min_healthy() -> Span {
    Span::from_secs(30)
}
fn is_min_healthy(span: &Span) -> bool {
    *span == min_healthy()
}
fn yes() -> bool {
    true
}
fn is_yes(yes: &bool) -> bool {
    *yes
}
