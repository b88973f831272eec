//! What goes into the desktop and what comes out of it: messages in, effects out, and the orders
//! that it can have given to the controller.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostler::api::{Heartbeat, Live, Moment, Past, Planned, Snapshot};
use hostler::model::{
    Checkup, Entry, Forecast, Held, HostName, JobId, Outlook, PlanAsk, ScheduleName, Span,
    Timestamp, VmId, Zone,
};
use serde::{Deserialize, Serialize};

use super::desk::Layout;
use super::input::Mouse;
use super::keep::Keep;
use super::keymap::OwnKeys;
use super::keys::Key;
use super::text;
use super::theme::{Depth, ThemeName};
use super::widgets::Chosen;

/// What a desktop is told when it begins, and never again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    pub theme: ThemeName,
    /// Nobody has chosen that theme: the terminal's own ground says whether it is to be light.
    pub unasked: bool,
    pub depth: Depth,
    pub ascii: bool,
    pub read_only: bool,
    /// The cluster's name, and whether it is one where mistakes cost.
    pub cluster: String,
    pub production: bool,
    pub user: String,
    /// In which times are shown.
    pub zone: Zone,
    /// In UTC instead, until somebody chooses otherwise.
    pub utc: bool,
    /// The pointer works the desktop.
    pub mouse: bool,
    /// Rows stay where they are for a moment after each key.
    pub hold: bool,
    /// The moment it begins at, where that is not the present.
    pub begin_at: Option<String>,
    /// The keys that somebody wants, by the names of commands.
    pub keys: OwnKeys,
    /// The layouts that were kept, by size class.
    pub layouts: BTreeMap<String, Layout>,
    /// The layouts that somebody has given a name.
    pub named: BTreeMap<String, Layout>,
    /// What somebody has chosen of the columns of lists, by their kind.
    pub columns: BTreeMap<String, Chosen>,
    /// The settings that a person's own file says, by their keys in it.
    pub written: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            theme: ThemeName::Dark,
            unasked: false,
            depth: Depth::Rgb,
            ascii: false,
            read_only: false,
            cluster: String::new(),
            production: false,
            user: String::new(),
            zone: Zone::default(),
            utc: false,
            mouse: true,
            hold: true,
            begin_at: None,
            keys: OwnKeys::new(),
            layouts: BTreeMap::new(),
            named: BTreeMap::new(),
            columns: BTreeMap::new(),
            written: Vec::new(),
        }
    }
}

/// Something that happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Msg {
    Key(Key),
    Mouse(Mouse),
    Paste(String),
    Resize(u16, u16),
    /// The terminal has the focus, or has lost it.
    Focus(bool),
    /// The terminal's own ground.
    Ground {
        light: bool,
    },
    Snapshot(Arc<Snapshot>),
    Entry(Arc<Entry>),
    Heartbeat(Heartbeat),
    /// Something was missed; a snapshot is on its way.
    Resync,
    Samples(Live),
    /// Another try to connect begins.
    Trying,
    Lost {
        why: String,
        next: Timestamp,
    },
    /// What became of an order.
    Answer {
        ask: u64,
        result: Result<String, String>,
    },
    /// What was planned is not true any more: nothing was done, and this would be.
    Stale {
        ask: u64,
        planned: Box<Planned>,
    },
    /// What the controller was asked to tell.
    Told {
        query: Query,
        answer: Result<Answer, String>,
    },
    /// Something was done outside the desktop, as a shell on a host: what is said of it.
    Outside(Result<String, String>),
    /// What was to be kept for the next time is not, and why.
    NotKept(String),
    /// A time came that was waited for.
    Tick,
}

/// Something to be done outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Ask the controller; the answer comes as a message with the same number.
    Send {
        ask: u64,
        order: Order,
    },
    /// Have the controller tell something; it comes as a message with the same question.
    Ask(Query),
    /// Take a snapshot again.
    Resync,
    /// Connect now, without waiting.
    Retry,
    /// The hosts whose figures are in sight.
    Watch(Vec<HostName>),
    /// Report the pointer, or leave it to the terminal.
    Mouse(bool),
    Copy(String),
    /// Write down what led to now, for whoever is to find a fault.
    Report,
    /// Hand the terminal to a shell on this host.
    Console(HostName),
    /// Keep something for the next time.
    Keep(Keep),
    /// Draw every cell anew.
    Redraw,
    Suspend,
    Quit,
}

/// What the controller can be asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    Cordon {
        hosts: Vec<HostName>,
        reason: String,
    },
    /// Lift the asker's own cordons, or everybody's.
    Uncordon {
        hosts: Vec<HostName>,
        all: bool,
    },
    /// What was planned under this token.
    Submit {
        token: String,
        title: String,
        hosts: Vec<HostName>,
    },
    /// Call off what goes on on these hosts.
    Undrain {
        hosts: Vec<HostName>,
    },
    Cancel {
        job: JobId,
    },
    ResumeJob {
        job: JobId,
    },
    Retry {
        job: JobId,
    },
    RunNow {
        schedule: ScheduleName,
    },
    SuspendSchedule {
        schedule: ScheduleName,
        reason: String,
    },
    ResumeSchedule {
        schedule: ScheduleName,
    },
    SkipNext {
        schedule: ScheduleName,
    },
}

/// What only the controller can tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// What this would do.
    Plan(Box<PlanAsk>),
    /// What will happen within this time.
    Forecast(Span),
    WhyHost(HostName),
    WhyVm(VmId),
    /// The fleet as it was.
    Past(Moment),
    /// What led to this entry, for those who were not there.
    Before(u64),
    /// Why things wait.
    Held,
    /// All runs to come within this time.
    Schedules(Span),
    /// What the doctor finds on this host.
    Doctor(HostName),
}

/// What it told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Plan(Box<Planned>),
    Forecast(Box<Forecast>),
    Why(Vec<String>),
    Past(Box<Past>),
    Held(Vec<Held>),
    Schedules(Box<Calendar>),
    Doctor(Box<Checkup>),
}

/// The runs to come of all schedules, as they stood at a revision and a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calendar {
    pub seq: u64,
    pub at: Timestamp,
    pub runs: BTreeMap<ScheduleName, Coming>,
}

/// The runs to come of a schedule, soonest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Coming {
    pub next: Vec<Timestamp>,
    /// It has more of them within the time asked for.
    pub more: bool,
    /// What they are over, and what they meet.
    pub outlook: Option<Outlook>,
}

/// Why an order was not carried out.
#[derive(Clone, PartialEq, Debug)]
pub enum Refused {
    Said(String),
    /// The plan is not true any more; this one is.
    Stale(Box<Planned>),
}

impl Order {
    pub fn hosts(&self) -> &[HostName] {
        match self {
            Self::Cordon { hosts, .. }
            | Self::Uncordon { hosts, .. }
            | Self::Submit { hosts, .. }
            | Self::Undrain { hosts } => hosts,
            Self::Cancel { .. }
            | Self::ResumeJob { .. }
            | Self::Retry { .. }
            | Self::RunNow { .. }
            | Self::SuspendSchedule { .. }
            | Self::ResumeSchedule { .. }
            | Self::SkipNext { .. } => &[],
        }
    }
    /// The same for this reason, where it needs one.
    pub fn because(mut self, why: String) -> Self {
        if let Self::Cordon { reason, .. } | Self::SuspendSchedule { reason, .. } = &mut self {
            *reason = why;
        }
        self
    }
    /// `Cordon mac-1, mac-2`: in the words of the command line.
    pub fn title(&self) -> String {
        let hosts = || text::names(self.hosts(), 3);
        match self {
            Self::Cordon { .. } => format!("Cordon {}", hosts()),
            Self::Uncordon { .. } => format!("Uncordon {}", hosts()),
            Self::Submit { title, .. } => title.clone(),
            Self::Undrain { .. } => format!("Undrain {}", hosts()),
            Self::Cancel { job } => format!("Cancel job {job}"),
            Self::ResumeJob { job } => format!("Resume job {job}"),
            Self::Retry { job } => format!("Retry job {job}"),
            Self::RunNow { schedule } => format!("Run schedule {schedule} now"),
            Self::SuspendSchedule { schedule, .. } => format!("Suspend schedule {schedule}"),
            Self::ResumeSchedule { schedule } => format!("Resume schedule {schedule}"),
            Self::SkipNext { schedule } => format!("Skip the next run of schedule {schedule}"),
        }
    }
}
