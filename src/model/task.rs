//! A host's part of a job: which step it is at, what the steps before said, and how it ended.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Actor, HoldAsk, OnDeadline, Outcome, Playbook, Share, Span, TaskState, Timestamp};

/// What a job does on its hosts, and in which order it takes them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Play {
    pub playbook: Playbook,
    /// Why it is done, in the words of who asked.
    pub reason: String,
    /// So many failed hosts stop the job from beginning more.
    pub max_fail: Share,
    /// A wave begins so long after the last host of the wave before was done.
    pub min_healthy: Span,
    /// So many VMs of each pool stay ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_available: Option<Share>,
    pub busy: BusyPolicy,
    /// Asking twice with the same key is asking once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The hold of a drain, where it is placed when a host's turn comes and not at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldAsk>,
}

/// What a job does about a host whose VMs have work when its turn comes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BusyPolicy {
    /// It waits without a hold, and is skipped at the window's end.
    #[default]
    Wait,
    /// It is skipped at once.
    Skip,
    /// It is drained, and the drain's deadline holds.
    Deadline,
}

/// A host's part of a job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostTask {
    /// It does not begin before this.
    pub earliest: Timestamp,
    /// Tasks of one wave begin once all of the waves before are over.
    #[serde(default)]
    pub wave: u16,
    /// Among hosts of a wave, the smaller goes first.
    #[serde(default)]
    pub rank: u32,
    /// Too many nights were skipped because it was busy: its drain has a deadline this time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    pub state: TaskState,
    /// The step under way, or the next one.
    pub at: StepAt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepRun>,
    /// Steps that are over, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<StepDone>,
    /// Why the steps failed; those that are done always may still go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Somebody called it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopAsked>,
    /// How patient its drain will be, when somebody has changed that before its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Patience>,
}

/// How patient a drain is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Patience {
    /// How long VMs with work may go on; `None`: as long as they like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Span>,
    pub on_deadline: OnDeadline,
    /// They are not waited for at all.
    pub force: bool,
}

/// A place in a playbook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct StepAt {
    pub part: Part,
    pub ix: u16,
}

/// Which of a playbook's two lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    #[default]
    Steps,
    Always,
}

/// A step under way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepRun {
    pub began: Timestamp,
    /// The first try is 1.
    pub attempt: u8,
    /// When a drain's patience ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// What happens then, when somebody has changed it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_deadline: Option<OnDeadline>,
    /// VMs with work are not waited for any more: somebody said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// The host's boot session when it began: a reboot is proven by another one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub boot: String,
    /// How its last command on the host ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// How a command of a step ended, and what it said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Answer {
    pub at: Timestamp,
    pub outcome: Outcome,
    /// The end of its output, capped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// A step that is over.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepDone {
    pub at: StepAt,
    pub began: Timestamp,
    pub ended: Timestamp,
    pub attempt: u8,
    pub end: StepEnd,
    /// The end of its output, capped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// How a step ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepEnd {
    Done,
    /// Its condition did not hold, or another host has done it.
    Skipped {
        why: String,
    },
    Failed {
        why: String,
    },
}

/// That a task is to be unwound.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StopAsked {
    pub by: Actor,
    pub at: Timestamp,
}

impl HostTask {
    /// A task that has not begun.
    pub fn waiting(earliest: Timestamp) -> Self {
        Self {
            earliest,
            wave: 0,
            rank: 0,
            overdue: false,
            state: TaskState::Waiting,
            at: StepAt::default(),
            step: None,
            log: Vec::new(),
            failed: None,
            stop: None,
            patience: None,
        }
    }

    /// The place of the step to come when none is under way; `None` when all are over.
    pub fn next(&self, playbook: &Playbook) -> Option<StepAt> {
        self.next_from(self.at, playbook)
    }

    /// The same were the task at another place.
    fn next_from(&self, at: StepAt, playbook: &Playbook) -> Option<StepAt> {
        let here = usize::from(at.ix);
        match at.part {
            Part::Steps if self.failed.is_none() && here < playbook.steps.len() => Some(at),
            Part::Steps => {
                (!playbook.always.is_empty()).then_some(StepAt { part: Part::Always, ix: 0 })
            }
            Part::Always => (here < playbook.always.len()).then_some(at),
        }
    }

    /// The places of the steps after the one under way, if nothing fails and nobody calls it off.
    pub fn to_come(&self, playbook: &Playbook) -> Vec<StepAt> {
        if self.state.is_over() || self.stop.is_some() {
            return Vec::new();
        }
        let after = |at: StepAt| StepAt { ix: at.ix.saturating_add(1), ..at };
        let mut here = if self.step.is_some() { after(self.at) } else { self.at };
        let mut out = Vec::new();
        while let Some(at) = self.next_from(here, playbook) {
            out.push(at);
            here = after(at);
        }
        out
    }
}

impl Playbook {
    /// The step at this place.
    pub fn step(&self, at: StepAt) -> Option<&super::Step> {
        let list = match at.part {
            Part::Steps => &self.steps,
            Part::Always => &self.always,
        };
        list.get(usize::from(at.ix))
    }
}

impl fmt::Display for StepAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Steps => write!(f, "step {}", self.ix + 1),
            Part::Always => write!(f, "closing step {}", self.ix + 1),
        }
    }
}
impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.pad("done"),
            Self::Skipped { why } => write!(f, "skipped: {why}"),
            Self::Failed { why } => write!(f, "failed: {why}"),
        }
    }
}
