//! What people ask of hosts that needs more than a name and a reason: a drain, a playbook.

use serde::{Deserialize, Serialize};

use super::{
    HostName, OnDeadline, PlaybookName, PoolName, ScheduleName, Selector, Share, Span, Surge,
    Timestamp,
};

/// Empty these hosts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrainAsk {
    pub hosts: Vec<HostName>,
    pub reason: String,
    /// How long VMs with work may go on; `None`: as long as they like.
    #[serde(default = "deadline")]
    pub deadline: Option<Span>,
    #[serde(default)]
    pub on_deadline: OnDeadline,
    #[serde(default = "grace")]
    pub grace: Span,
    #[serde(default)]
    pub force: bool,
    #[serde(default)]
    pub surge: Surge,
    /// VMs that are not waited for: they go as if they had no work. Over `pool`, `host`, `image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Selector>,
    #[serde(default)]
    pub then: Then,
    /// The hold ends by itself then, once the host is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// It begins then, and not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How many of the hosts at once; else one, or 10 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Share>,
    /// Asking twice with the same key is asking once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A drain under way may be made more patient by this one.
    #[serde(default)]
    pub replace: bool,
}

/// What happens to a host once it is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It stays empty until somebody lifts the hold.
    #[default]
    Hold,
    /// It takes work again.
    Resume,
    /// It is rebooted, verified, and takes work again.
    Reboot,
    /// The steps of this playbook.
    Playbook(PlaybookName),
    /// It leaves the fleet.
    Retire,
}

/// Do the steps of a playbook on these hosts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayAsk {
    pub playbook: PlaybookName,
    pub hosts: Vec<HostName>,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<Share>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Give every VM of a pool a successor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RespawnAsk {
    pub pool: PoolName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<Share>,
}

/// What can be looked at before it is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAsk {
    Drain(Box<DrainAsk>),
    Play(Box<PlayAsk>),
    Respawn(RespawnAsk),
    /// What the next run of this schedule does. Submitted, it runs at once.
    Run(ScheduleName),
}

fn deadline() -> Option<Span> {
    Some(Span::from_mins(60))
}
fn grace() -> Span {
    Span::from_secs(30)
}

impl DrainAsk {
    /// A drain with the usual options.
    pub fn new(hosts: Vec<HostName>, reason: &str) -> Self {
        Self {
            hosts,
            reason: reason.into(),
            deadline: deadline(),
            on_deadline: OnDeadline::default(),
            grace: grace(),
            force: false,
            surge: Surge::default(),
            ignore: None,
            then: Then::default(),
            until: None,
            at: None,
            max_parallel: None,
            key: None,
            replace: false,
        }
    }
}
