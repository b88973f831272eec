//! When a command can be given, and if not, why: one small rule for each case, of what the desktop
//! looks at now.

use std::sync::Arc;

use hostler::model::HostName;

use super::app::App;
use super::keymap::Keymap;
use super::link::Link;
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
    /// It is not the present that is looked at.
    pub past: bool,
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
    /// A pool that is declared is under the cursor.
    pub pool: bool,
    pub windows: usize,
    /// One window fills the screen.
    pub compact: bool,
    /// The keys of all commands, for whoever shows them.
    pub keymap: Arc<Keymap>,
}

impl App {
    /// What the rules of commands look at.
    pub(super) fn situation(&self) -> Situation {
        let window = self.desk.focused();
        let (row, marks) = window.map_or((false, 0), |w| w.view.rows());
        let hosts = window.map_or(Vec::new(), |w| w.view.hosts(&self.fleet));
        let held = |host: &&HostName| {
            let world = self.fleet.world();
            world.and_then(|w| w.hosts.get(*host)).is_some_and(|h| super::act::is_cordoned(h))
        };
        let drained = |host: &&HostName| self.fleet.drains().on(host);
        let job = window.and_then(|w| w.view.job());
        let job = self.fleet.world().and_then(|world| world.jobs.get(&job?));
        Situation {
            theme: self.settings.theme,
            pool: window.and_then(|w| w.view.pool(&self.fleet)).is_some_and(|pool| {
                self.fleet.world().is_some_and(|world| world.pools.contains_key(&pool))
            }),
            schedule: window.is_some_and(|w| w.view.schedule().is_some()),
            job: job.map(|job| job.word()),
            drained: hosts.iter().filter(drained).count(),
            kind: window.map(|w| w.view.kind()),
            loaded: self.fleet.world().is_some(),
            connected: self.link.is_live() || self.link == Link::Resyncing,
            stale: self.stale(),
            read_only: self.setup.read_only,
            past: self.past.is_some(),
            row,
            marks,
            cordoned: hosts.iter().filter(held).count(),
            hosts: hosts.len(),
            windows: self.desk.windows().len(),
            compact: self.desk.compact(),
            keymap: self.keymap.clone(),
        }
    }
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
pub fn in_past(now: &Situation) -> Result<(), &'static str> {
    if now.past { Ok(()) } else { Err("this is the present: the time machine goes back") }
}
pub fn in_present(now: &Situation) -> Result<(), &'static str> {
    match now {
        Situation { past: true, .. } => Err("you are looking at the past already"),
        Situation { loaded: false, .. } => Err("the fleet is not loaded yet"),
        Situation { connected: false, .. } => Err("not connected to the controller"),
        _ => Ok(()),
    }
}
pub fn change_hosts(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    if now.hosts > 0 { Ok(()) } else { Err("no host is chosen") }
}
/// A shell is for one host; where nothing may be asked for, none is opened either.
pub fn one_host(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    match now.hosts {
        1 => Ok(()),
        0 => Err("no host is chosen"),
        _ => Err("a terminal is opened on one host: unmark the others"),
    }
}
/// Nothing is changed there, so one may who may only look.
pub fn examined_host(now: &Situation) -> Result<(), &'static str> {
    can_be_told(now)?;
    match now.hosts {
        1 => Ok(()),
        0 => Err("no host is chosen"),
        _ => Err("one host is examined: unmark the others, or `hostler host doctor`"),
    }
}
/// Whether anything can be asked of the controller; if not, why.
pub fn may_change(now: &Situation) -> Result<(), &'static str> {
    match now {
        Situation { past: true, .. } => Err("you are looking at the past"),
        Situation { read_only: true, .. } => Err("this desktop was started read-only"),
        Situation { loaded: false, .. } => Err("the fleet is not loaded yet"),
        Situation { connected: false, .. } => Err("not connected to the controller"),
        Situation { stale: true, .. } => Err("what you see may be out of date"),
        _ => Ok(()),
    }
}
/// Whether the controller can be asked to tell something: that changes nothing.
pub fn can_be_told(now: &Situation) -> Result<(), &'static str> {
    match now {
        Situation { past: true, .. } => Err("you are looking at the past"),
        Situation { loaded: false, .. } => Err("the fleet is not loaded yet"),
        Situation { connected: false, .. } => Err("not connected to the controller"),
        _ => Ok(()),
    }
}
pub fn preview_book(now: &Situation) -> Result<(), &'static str> {
    can_be_told(now)?;
    if now.kind == Some(WinKind::Playbooks) { a_row(now) } else { Ok(()) }
}
pub fn preview_run(now: &Situation) -> Result<(), &'static str> {
    can_be_told(now)?;
    a_schedule(now)
}
pub fn a_schedule(now: &Situation) -> Result<(), &'static str> {
    if now.schedule { Ok(()) } else { Err("no schedule is chosen") }
}
pub fn change_schedule(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    a_schedule(now)
}
pub fn change_pool(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    if now.pool { Ok(()) } else { Err("no declared pool is chosen") }
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
pub fn known_job(now: &Situation) -> Result<(), &'static str> {
    if now.job.is_some() { Ok(()) } else { Err("no job is chosen, or it is kept no longer") }
}
/// A row that has a window of its own: a job or a playbook; a schedule has its place in another.
pub fn shown(now: &Situation) -> Result<(), &'static str> {
    match now.kind {
        Some(WinKind::Playbooks) => a_row(now),
        Some(WinKind::Playbook) if now.schedule => Ok(()),
        Some(WinKind::Playbook) if now.job.is_none() => Err("choose a run or a schedule of it"),
        Some(_) | None => known_job(now),
    }
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
