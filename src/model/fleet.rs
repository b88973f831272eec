//! The fleet as its operator declared it: hosts, images, pools, schedules.
//! These are checked values; text becomes them in `config` only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Bytes, GroupName, HostName, ImageName, Labels, PlaybookName, PoolName, ScheduleName, Selector,
    Share, Span,
};

/// Everything declared, by name.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Fleet {
    pub hosts: BTreeMap<HostName, HostSpec>,
    pub images: BTreeMap<ImageName, ImageSpec>,
    pub pools: BTreeMap<PoolName, PoolSpec>,
    pub schedules: BTreeMap<ScheduleName, ScheduleSpec>,
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
}
