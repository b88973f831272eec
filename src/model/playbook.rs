//! Playbooks: lists of steps done host by host. Text becomes one in `config` only; a job keeps
//! the one it was opened with, whatever the file says later.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ImageName, PlaybookName, Selector, Span};

/// A list of steps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Playbook {
    pub name: PlaybookName,
    /// One sentence for people.
    pub summary: String,
    pub each: Each,
    pub steps: Vec<Step>,
    /// Done after the steps, whether they failed or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub always: Vec<Step>,
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// What the steps are done for, one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each host of the targets.
    #[default]
    Host,
    /// Each VM of the targets.
    Vm,
}

/// What becomes of a host on which a step has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It takes no work until somebody has looked at it.
    #[default]
    Hold,
    /// The job's holds are lifted as if it had gone well.
    Release,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// What people call it; the kind of step when the playbook gives no name.
    pub name: String,
    pub act: Act,
    /// An expression; when it is false the step is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// How long one try may take; else as long as its kind usually may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// How often it is tried again after it failed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u8,
    /// The name under which later expressions find its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// Done by the first host that comes to it, and by no other of the job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// No new VMs, and those that are there go when they are idle.
    Drain(DrainStep),
    /// The job's holds are lifted.
    Undrain,
    /// No new VMs; those that are there stay.
    Cordon { reason: String },
    /// The job's cordon is lifted.
    Uncordon,
    /// Every VM of ours goes, idle or not.
    DeleteVms,
    /// Every VM that was there when the step began has a successor.
    Respawn,
    /// The image, or those of all pools that may use the host, are on the host.
    Prefetch {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image: Option<ImageName>,
    },
    /// Images that no pool needs go.
    PruneImages,
    /// A shell script on the host, on the standard input of `/bin/sh`.
    Sh { run: String },
    /// A file of the fleet directory is on the host.
    Copy { from: PathBuf, to: String, mode: String },
    /// A new boot session within this time.
    Reboot { within: Span },
    /// The host is fit for work.
    Verify,
    /// So much time passes.
    Wait { time: Span },
    /// No VM there has work.
    WaitIdle,
    /// The expression holds.
    Assert {
        that: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// Agents in the VMs are told to take no more work.
    Deregister,
    /// A line for people in the journal.
    Notify { message: String },
}

/// How a host is emptied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DrainStep {
    /// How long VMs with work may go on; `None`: as long as they like.
    pub deadline: Option<Span>,
    pub on_deadline: OnDeadline,
    /// How long a VM has to shut down before it is stopped.
    pub grace: Span,
    /// VMs with work are not waited for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    pub surge: Surge,
    /// VMs that are not waited for: they go as if they had no work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Selector>,
}

impl Default for DrainStep {
    fn default() -> Self {
        Self {
            deadline: Some(Span::from_mins(60)),
            on_deadline: OnDeadline::Stop,
            grace: Span::from_secs(30),
            force: false,
            surge: Surge::Auto,
            ignore: None,
        }
    }
}

/// What happens to VMs that still work at the deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDeadline {
    /// They are stopped.
    #[default]
    Stop,
    /// They go on; the drain ends and the host stays cordoned.
    Abort,
}

/// Whether a VM's successor comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Surge {
    /// Where a slot is free elsewhere, a VM goes once another serves in its stead.
    #[default]
    Auto,
    /// VMs go at once.
    Never,
}

/// What a step sends to its host itself; other steps are decisions, or commands for VMs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent<'a> {
    Sh { run: &'a str },
    Copy { from: &'a Path, to: &'a str, mode: &'a str },
    Reboot,
    Prefetch,
    PruneImages,
}

impl Playbook {
    /// The steps, and those that are done always after them.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.always)
    }
}

impl Act {
    /// The command for the host that carries it out, if one does.
    pub fn sent(&self) -> Option<Sent<'_>> {
        match self {
            Self::Sh { run } => Some(Sent::Sh { run }),
            Self::Copy { from, to, mode } => Some(Sent::Copy { from, to, mode }),
            Self::Reboot { .. } => Some(Sent::Reboot),
            Self::Prefetch { .. } => Some(Sent::Prefetch),
            Self::PruneImages => Some(Sent::PruneImages),
            Self::Drain(_)
            | Self::Undrain
            | Self::Cordon { .. }
            | Self::Uncordon
            | Self::DeleteVms
            | Self::Respawn
            | Self::Verify
            | Self::Wait { .. }
            | Self::WaitIdle
            | Self::Assert { .. }
            | Self::Deregister
            | Self::Notify { .. } => None,
        }
    }

    /// Its word in a playbook.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Drain(_) => "drain",
            Self::Undrain => "undrain",
            Self::Cordon { .. } => "cordon",
            Self::Uncordon => "uncordon",
            Self::DeleteVms => "delete_vms",
            Self::Respawn => "respawn",
            Self::Prefetch { .. } => "prefetch",
            Self::PruneImages => "prune_images",
            Self::Sh { .. } => "sh",
            Self::Copy { .. } => "copy",
            Self::Reboot { .. } => "reboot",
            Self::Verify => "verify",
            Self::Wait { .. } => "wait",
            Self::WaitIdle => "wait_idle",
            Self::Assert { .. } => "assert",
            Self::Deregister => "deregister",
            Self::Notify { .. } => "notify",
        }
    }
}

impl Step {
    /// A step of this kind and nothing more.
    pub fn plain(act: Act) -> Self {
        Self {
            name: act.word().into(),
            act,
            when: None,
            timeout: None,
            retries: 0,
            register: None,
            once: false,
        }
    }
}
