//! What a plan dialog is for: its words, what it asks the controller, and the same as a command.

use hostler::model::{
    DrainAsk, HostName, OnDeadline, PlanAsk, PlayAsk, PlaybookName, PoolName, RespawnAsk,
    ScheduleName, Share, Span, Then,
};

use super::PlanDialog;
use crate::ui::text;

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Act {
    Drain,
    Reboot,
    Retire,
    /// A playbook, on hosts.
    Play,
    /// All VMs of a pool.
    Respawn,
    /// Nothing: it is only looked at what would be done.
    Preview,
}

/// What is looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum On {
    Hosts(PlaybookName, Vec<HostName>),
    /// A playbook for VMs, over those of a pool.
    Pool(PlaybookName, PoolName),
    /// The next run of a schedule.
    Run(ScheduleName),
}

/// Stands for a reason while a plan is only looked at.
const UNSAID: &str = "not said yet";

impl Act {
    /// As the command line names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Reboot => "reboot",
            Self::Retire => "retire",
            Self::Play => "run",
            Self::Respawn => "respawn",
            Self::Preview => "preview",
        }
    }
    pub fn title(self) -> &'static str {
        match self {
            Self::Drain => "Drain",
            Self::Reboot => "Reboot",
            Self::Retire => "Retire",
            Self::Play => "Run",
            Self::Respawn => "Respawn",
            Self::Preview => "Preview",
        }
    }
    /// Whether hosts are emptied, with all that can be said of how.
    pub fn empties(self) -> bool {
        match self {
            Self::Drain | Self::Reboot | Self::Retire => true,
            Self::Play | Self::Respawn | Self::Preview => false,
        }
    }
    /// How it is taken back, as far as it can be.
    pub fn way_back(self) -> &'static str {
        match self {
            Self::Drain | Self::Reboot | Self::Retire => {
                "Undo takes it back. VMs that are gone do not come back."
            }
            Self::Play => "Cancelling its job unwinds it. VMs that are gone do not come back.",
            Self::Respawn => "Cancelling its job ends it. VMs that were replaced stay replaced.",
            Self::Preview => "Nothing is asked for: this is what would be done as things stand.",
        }
    }
}

impl PlanDialog {
    /// `Drain 2 hosts`, `Run nightly-wipe on 2 hosts`, `Respawn pool ci`.
    pub fn headline(&self) -> String {
        let hosts = text::plural(self.hosts.len(), "host");
        match self.act {
            Act::Drain | Act::Reboot | Act::Retire => format!("{} {hosts}", self.act.title()),
            Act::Play => format!("Run {} on {hosts}", self.subject()),
            Act::Respawn => format!("Respawn pool {}", self.subject()),
            Act::Preview => format!("Preview of {}", self.subject()),
        }
    }

    /// What is to be typed before much is disturbed.
    pub fn phrase(&self) -> String {
        let word = if self.act == Act::Play { self.subject() } else { self.act.word() };
        format!("{word} {}", self.hosts.len())
    }

    /// What is asked for, as the fields say; or which of them says nonsense.
    pub fn ask(&self) -> Result<PlanAsk, String> {
        let at_once = self.at_once()?;
        // A plan can be seen before its reason is written; it cannot be submitted before that.
        let reason = self.reason.text();
        let reason = if reason.trim().is_empty() { UNSAID } else { reason.trim() };
        Ok(match self.act {
            Act::Drain | Act::Reboot | Act::Retire => PlanAsk::Drain(Box::new(DrainAsk {
                deadline: self.patience()?,
                on_deadline: self.on_deadline,
                force: self.force,
                then: self.then.clone(),
                max_parallel: at_once,
                ..DrainAsk::new(self.hosts.clone(), reason)
            })),
            Act::Play => {
                let playbook: PlaybookName =
                    self.subject().parse().map_err(|_| "there is no playbook to run")?;
                let (hosts, reason) = (self.hosts.clone(), reason.to_string());
                let max_unavailable = at_once;
                let ask = PlayAsk { playbook, hosts, reason, max_unavailable, key: None };
                PlanAsk::Play(Box::new(ask))
            }
            Act::Respawn => {
                let pool: PoolName = self.subject().parse().map_err(|_| "there is no pool")?;
                PlanAsk::Respawn(RespawnAsk { pool, max_unavailable: at_once })
            }
            Act::Preview => match self.target().ok_or("there is nothing to look at")?.clone() {
                On::Hosts(playbook, hosts) => {
                    let reason = reason.to_string();
                    let max_unavailable = at_once;
                    let ask = PlayAsk { playbook, hosts, reason, max_unavailable, key: None };
                    PlanAsk::Play(Box::new(ask))
                }
                On::Pool(_, pool) => {
                    PlanAsk::Respawn(RespawnAsk { pool, max_unavailable: at_once })
                }
                On::Run(schedule) => PlanAsk::Run(schedule),
            },
        })
    }

    fn at_once(&self) -> Result<Option<Share>, String> {
        match self.at_once.text().trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|bad| format!("at once: {bad}")),
        }
    }

    fn patience(&self) -> Result<Option<Span>, String> {
        match self.deadline.text().trim() {
            "" | "none" => Ok(None),
            text => text.parse().map(Some).map_err(|bad| format!("deadline: {bad}")),
        }
    }

    /// The same on the command line.
    pub fn command(&self) -> String {
        let of_hosts = |verb: &[&str]| {
            let mut words: Vec<String> = verb.iter().map(|word| (*word).to_string()).collect();
            words.extend(self.hosts.iter().map(ToString::to_string));
            words.extend(["--reason".into(), self.reason.text().trim().to_string()]);
            words
        };
        let mut words = match self.act {
            Act::Drain | Act::Reboot | Act::Retire => of_hosts(&["host", self.act.word()]),
            Act::Play => of_hosts(&["playbook", "run", self.subject()]),
            Act::Respawn => vec!["pool".into(), "respawn".into(), self.subject().into()],
            // There is nothing to be given.
            Act::Preview => return String::new(),
        };
        if self.act.empties() {
            words.extend(self.drain_words());
        }
        let at_once = self.at_once.text();
        if !at_once.trim().is_empty() {
            let flag = if self.act.empties() { "--max-parallel" } else { "--max-unavailable" };
            words.extend([flag.to_string(), at_once.trim().to_string()]);
        }
        let words = std::iter::once("hostler").chain(words.iter().map(String::as_str));
        shlex::try_join(words).unwrap_or_default()
    }

    fn drain_words(&self) -> Vec<String> {
        let mut words = match self.deadline.text().trim() {
            "" | "none" => vec!["--no-deadline".to_string()],
            text => vec!["--deadline".into(), text.to_string()],
        };
        if self.on_deadline == OnDeadline::Abort {
            words.extend(["--on-deadline".into(), "abort".into()]);
        }
        if self.force {
            words.push("--force".into());
        }
        let then = match &self.then {
            Then::Resume => Some("resume".to_string()),
            Then::Reboot if self.act == Act::Drain => Some("reboot".into()),
            Then::Playbook(name) => Some(format!("playbook:{name}")),
            Then::Hold | Then::Reboot | Then::Retire => None,
        };
        words.extend(then.into_iter().flat_map(|then| ["--then".to_string(), then]));
        words
    }
}

/// What is asked for but the reason.
pub(super) fn unreasoned(ask: &PlanAsk) -> PlanAsk {
    let mut ask = ask.clone();
    match &mut ask {
        PlanAsk::Drain(ask) => ask.reason.clear(),
        PlanAsk::Play(ask) => ask.reason.clear(),
        PlanAsk::Respawn(_) | PlanAsk::Run(_) => {}
    }
    ask
}
