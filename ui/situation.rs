//! What a command's rule may look at, and the rules: whether a command can be given now; if not,
//! why, in words for the person who tried.

use super::theme::ThemeName;
use super::windows::WinKind;

/// What a command's rule may look at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Situation {
    pub kind: Option<WinKind>,
    /// The first snapshot has come.
    pub loaded: bool,
    pub connected: bool,
    pub stale: bool,
    pub read_only: bool,
    /// The cursor is on a row.
    pub row: bool,
    pub marks: usize,
    /// How many hosts a command for hosts would be about, and how many of them are cordoned.
    pub hosts: usize,
    pub cordoned: usize,
    /// How many of them a drain holds.
    pub drained: usize,
    /// The theme that is kept.
    pub theme: ThemeName,
    /// The word of the job under the cursor.
    pub job: Option<&'static str>,
    /// A schedule is under the cursor.
    pub schedule: bool,
    pub windows: usize,
    /// One window fills the screen.
    pub compact: bool,
}

/// Whether a command can be given now; if not, why.
pub type When = fn(&Situation) -> Result<(), &'static str>;

pub fn always(_: &Situation) -> Result<(), &'static str> {
    Ok(())
}
pub fn a_row(now: &Situation) -> Result<(), &'static str> {
    if now.row { Ok(()) } else { Err("no row is chosen") }
}
pub fn a_host(now: &Situation) -> Result<(), &'static str> {
    if now.hosts > 0 { Ok(()) } else { Err("no host is chosen") }
}
pub fn marked(now: &Situation) -> Result<(), &'static str> {
    if now.marks > 0 { Ok(()) } else { Err("nothing is marked") }
}
pub fn a_window(now: &Situation) -> Result<(), &'static str> {
    if now.windows > 0 { Ok(()) } else { Err("no window is open") }
}
pub fn two_windows(now: &Situation) -> Result<(), &'static str> {
    if now.windows > 1 { Ok(()) } else { Err("no other window is open") }
}
pub fn framed(now: &Situation) -> Result<(), &'static str> {
    match now.compact {
        true => Err("at this size one window fills the screen"),
        false => a_window(now),
    }
}
pub fn lost(now: &Situation) -> Result<(), &'static str> {
    if now.connected { Err("connected already") } else { Ok(()) }
}
pub fn change_hosts(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    if now.hosts > 0 { Ok(()) } else { Err("no host is chosen") }
}
/// Whether anything can be asked of the controller; if not, why.
pub fn may_change(now: &Situation) -> Result<(), &'static str> {
    match now {
        Situation { read_only: true, .. } => Err("this desktop was started read-only"),
        Situation { loaded: false, .. } => Err("the fleet is not loaded yet"),
        Situation { connected: false, .. } => Err("not connected to the controller"),
        Situation { stale: true, .. } => Err("what you see may be out of date"),
        _ => Ok(()),
    }
}
pub fn a_schedule(now: &Situation) -> Result<(), &'static str> {
    if now.schedule { Ok(()) } else { Err("no schedule is chosen") }
}
pub fn change_schedule(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    a_schedule(now)
}
pub fn lift_drains(now: &Situation) -> Result<(), &'static str> {
    change_hosts(now)?;
    if now.drained > 0 { Ok(()) } else { Err("no host chosen is drained") }
}
pub fn open_job(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    match now.job {
        Some("running" | "paused") => Ok(()),
        Some(_) => Err("the job is over"),
        None => Err("no job is chosen"),
    }
}
pub fn paused_job(now: &Situation) -> Result<(), &'static str> {
    open_job(now)?;
    if now.job == Some("paused") { Ok(()) } else { Err("the job is not paused") }
}
pub fn failed_job(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    match now.job {
        Some("failed" | "paused") => Ok(()),
        Some(_) => Err("nothing of the job has failed"),
        None => Err("no job is chosen"),
    }
}
pub fn lift_cordons(now: &Situation) -> Result<(), &'static str> {
    change_hosts(now)?;
    if now.cordoned > 0 { Ok(()) } else { Err("no host chosen is cordoned") }
}
