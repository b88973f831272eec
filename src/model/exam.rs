//! What a host showed when it was examined: a look, and its settings that only the doctor reads.
//! A setting that was not there is told from one that could not be read.

use super::{Sighting, Timestamp};

/// A setting of a host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Setting {
    /// It could not be read.
    #[default]
    Unread,
    /// There is none: what the system does then is its own default.
    Absent,
    Is(String),
}

/// The file that lets a user be logged in at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginFile {
    Absent,
    Kept,
    /// It says `<sealed>`: the password is kept elsewhere.
    Sealed,
}

/// An examination of a host. Everything that could not be read is `Unread` or `None`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Exam {
    /// The look that was made with it.
    pub sighting: Sighting,
    /// The user that we are there.
    pub user: String,
    /// Where the tool is on the path that we set.
    pub tool: Setting,
    /// Where it is although it is not there.
    pub tool_elsewhere: Option<String>,
    /// The path that a command over SSH has before we set ours.
    pub ssh_path: String,
    pub perl: Setting,
    /// `Absent`: there is no login keychain; else what was said of it.
    pub keychain: Setting,
    /// Who is logged in at the screen; `root` is nobody.
    pub console: Setting,
    /// Who is logged in at the start.
    pub auto_login: Setting,
    pub login_file: Option<LoginFile>,
    /// Networks that Local Network privacy leaves alone.
    pub local_network: Setting,
    /// The lease time of guests' addresses in seconds.
    pub lease_s: Setting,
    /// Addresses that are leased now.
    pub leased: Option<u32>,
    /// `pmset`: minutes until it sleeps.
    pub sleep: Setting,
    /// Whether something keeps it from sleeping for now.
    pub sleep_prevented: bool,
    pub autorestart: Setting,
    pub wake: Setting,
    /// Whether macOS installs its updates by itself: `1` or `0`.
    pub updates: Setting,
    /// What it draws its power from.
    pub power: Setting,
    /// Its clock, in whole seconds.
    pub clock: Option<Timestamp>,
    /// When its clock was asked for, and when the answer had come, on ours.
    pub asked: (Timestamp, Timestamp),
    /// Process and name of each run of the tool for a VM that is not listed; `None` when they
    /// could not be read.
    pub leftovers: Option<Vec<(u32, String)>>,
    pub max_sessions: Setting,
    pub max_startups: Setting,
    /// Whether sudo lets us restart it without a password.
    pub may_restart: Option<bool>,
}
