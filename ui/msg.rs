//! What goes into the desktop and what comes out of it: messages in, effects out, and the orders
//! that it can have given to the controller.

use std::sync::Arc;

use hostler::api::{Heartbeat, Live, Snapshot};
use hostler::model::{Entry, HostName, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::input::Mouse;
use super::keys::Key;
use super::text;
use super::theme::{Depth, ThemeName};

/// What a desktop is told when it begins, and never again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Setup {
    pub theme: ThemeName,
    pub depth: Depth,
    pub ascii: bool,
    pub read_only: bool,
    /// The cluster's name, and whether it is one where mistakes cost.
    pub cluster: String,
    pub production: bool,
    pub user: String,
    /// In which times are shown.
    #[serde(default)]
    pub zone: Zone,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            theme: ThemeName::Dark,
            depth: Depth::Rgb,
            ascii: false,
            read_only: false,
            cluster: String::new(),
            production: false,
            user: String::new(),
            zone: Zone::default(),
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
    /// What became of something asked for.
    Answer {
        ask: u64,
        result: Result<String, String>,
    },
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
    /// Take a snapshot again.
    Resync,
    /// Connect now, without waiting.
    Retry,
    /// The hosts whose figures are in sight.
    Watch(Vec<HostName>),
    /// Report the pointer, or leave it to the terminal.
    Mouse(bool),
    Copy(String),
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
}

impl Order {
    pub fn hosts(&self) -> &[HostName] {
        match self {
            Self::Cordon { hosts, .. } | Self::Uncordon { hosts, .. } => hosts,
        }
    }
    /// `Cordon mac-1, mac-2`.
    pub fn title(&self) -> String {
        let verb = match self {
            Self::Cordon { .. } => "Cordon",
            Self::Uncordon { .. } => "Uncordon",
        };
        format!("{verb} {}", text::names(self.hosts(), 3))
    }
}
