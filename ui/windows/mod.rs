//! What windows show: an enum of structs, one file each. A window refreshes its order from the
//! fleet, moves, and draws itself into the part of the screen it is given.

mod drains;
mod events;
mod facts;
mod grid;
mod help;
mod host;
mod hosts;
mod inside;
mod job;
mod jobs;
mod listing;
mod map;
mod metrics;
mod playbook;
mod pools;
mod schedule;
mod settings;
mod tint;
mod vm;
mod vms;

use std::collections::BTreeSet;

use crate::ui::past::Stand;
use hostler::model::{HostName, JobId, PoolName, ScheduleName, Timestamp, Zone};
use ratatui::layout::Rect;

pub use drains::DrainRows;
pub use events::EventRows;
pub use help::HelpView;
pub use host::HostView;
pub use hosts::HostRows;
pub use inside::Inside;
pub use job::JobView;
pub use jobs::JobRows;
pub use listing::{ListOp, Listing};
pub use map::MapView;
pub use metrics::MetricsView;
pub use playbook::{PlaybookRows, PlaybookView};
pub use pools::PoolRows;
pub use schedule::{Leaf, Scale, ScheduleView};
pub use settings::SettingsView;
pub use vm::VmView;
pub use vms::VmRows;

use super::canvas::Canvas;
use super::commands::Situation;
use super::desk::WinId;
use super::filter::Filter;
use super::glyphs::Glyphs;
use super::link::Link;
use super::msg::{Answer, Query};
use super::replica::{Changed, Replica};
use super::settings::Settings;
use super::widgets::{Chosen, Field, Offer};

/// Which window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WinKind {
    Map,
    Hosts,
    Vms,
    Jobs,
    Events,
    Drains,
    Playbooks,
    Playbook,
    Metrics,
    Host,
    Vm,
    Job,
    Help,
    Settings,
    Schedule,
    Pools,
}

impl WinKind {
    pub const ALL: [Self; 16] = [
        Self::Map,
        Self::Hosts,
        Self::Vms,
        Self::Jobs,
        Self::Events,
        Self::Drains,
        Self::Host,
        Self::Vm,
        Self::Job,
        Self::Help,
        Self::Settings,
        Self::Schedule,
        Self::Playbooks,
        Self::Playbook,
        Self::Metrics,
        Self::Pools,
    ];
    /// What it is called in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Hosts => "hosts",
            Self::Vms => "vms",
            Self::Jobs => "jobs",
            Self::Events => "events",
            Self::Drains => "drains",
            Self::Host => "host",
            Self::Vm => "vm",
            Self::Job => "job",
            Self::Help => "help",
            Self::Settings => "settings",
            Self::Schedule => "schedule",
            Self::Playbooks => "playbooks",
            Self::Playbook => "playbook",
            Self::Metrics => "metrics",
            Self::Pools => "pools",
        }
    }
}

/// What a window may look at while it draws.
pub struct Ctx<'a> {
    pub fleet: &'a Replica,
    pub now: Timestamp,
    /// The controller's time: what the fleet's own times are told against.
    pub there: Timestamp,
    pub link: &'a Link,
    /// When the controller was last heard of: by the clock here, and by the one there.
    pub heard: Timestamp,
    pub heard_there: Timestamp,
    /// What is known is old.
    pub stale: bool,
    /// Hosts for which something was asked and not yet seen.
    pub pending: &'a BTreeSet<HostName>,
    /// One window fills the screen.
    pub compact: bool,
    pub glyphs: Glyphs,
    /// In which times are shown.
    pub zone: Zone,
    /// What is set and kept.
    pub settings: &'a Settings,
    pub now_can: &'a Situation,
    /// It is not the present that is shown.
    pub past: Option<Stand>,
}

/// A window's inside.
#[derive(Clone, Debug)]
pub enum View {
    Map(MapView),
    Hosts(Listing<HostRows>),
    Vms(Listing<VmRows>),
    Jobs(Listing<JobRows>),
    Events(Listing<EventRows>),
    Drains(Listing<DrainRows>),
    Playbooks(Listing<PlaybookRows>),
    Playbook(PlaybookView),
    Metrics(MetricsView),
    Host(HostView),
    Vm(VmView),
    Job(JobView),
    Help(HelpView),
    Settings(SettingsView),
    Schedule(ScheduleView),
    Pools(Listing<PoolRows>),
}

/// Does the same with whatever window it is.
macro_rules! each {
    ($view:expr, $inside:ident => $does:expr) => {
        match $view {
            View::Map($inside) => $does,
            View::Hosts($inside) => $does,
            View::Vms($inside) => $does,
            View::Jobs($inside) => $does,
            View::Events($inside) => $does,
            View::Drains($inside) => $does,
            View::Playbooks($inside) => $does,
            View::Playbook($inside) => $does,
            View::Metrics($inside) => $does,
            View::Host($inside) => $does,
            View::Vm($inside) => $does,
            View::Job($inside) => $does,
            View::Help($inside) => $does,
            View::Settings($inside) => $does,
            View::Schedule($inside) => $does,
            View::Pools($inside) => $does,
        }
    };
}

impl View {
    /// The window of a kind that needs no subject.
    pub fn new(kind: WinKind) -> Option<Self> {
        match kind {
            WinKind::Map => Some(Self::Map(MapView::default())),
            WinKind::Hosts => Some(Self::Hosts(Listing::new(0, false))),
            WinKind::Vms => Some(Self::Vms(Listing::new(VmRows::FIRST, false))),
            WinKind::Jobs => Some(Self::Jobs(Listing::new(0, true))),
            WinKind::Events => Some(Self::Events(Listing::new(0, false))),
            WinKind::Help => Some(Self::Help(HelpView::default())),
            WinKind::Schedule => Some(Self::Schedule(ScheduleView::default())),
            WinKind::Drains => Some(Self::Drains(Listing::new(1, false))),
            WinKind::Metrics => Some(Self::Metrics(MetricsView::default())),
            WinKind::Playbooks => Some(Self::Playbooks(Listing::new(0, false))),
            WinKind::Pools => Some(Self::Pools(Listing::new(0, false))),
            WinKind::Host | WinKind::Vm | WinKind::Job | WinKind::Playbook | WinKind::Settings => {
                None
            }
        }
    }
    pub fn kind(&self) -> WinKind {
        match self {
            Self::Map(_) => WinKind::Map,
            Self::Hosts(_) => WinKind::Hosts,
            Self::Vms(_) => WinKind::Vms,
            Self::Jobs(_) => WinKind::Jobs,
            Self::Events(_) => WinKind::Events,
            Self::Drains(_) => WinKind::Drains,
            Self::Playbooks(_) => WinKind::Playbooks,
            Self::Playbook(_) => WinKind::Playbook,
            Self::Metrics(_) => WinKind::Metrics,
            Self::Host(_) => WinKind::Host,
            Self::Vm(_) => WinKind::Vm,
            Self::Job(_) => WinKind::Job,
            Self::Help(_) => WinKind::Help,
            Self::Settings(_) => WinKind::Settings,
            Self::Schedule(_) => WinKind::Schedule,
            Self::Pools(_) => WinKind::Pools,
        }
    }
    /// Whether it shows the same thing.
    pub fn same(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.name() == other.name()
    }
    /// Puts the cursor on a schedule.
    pub fn seek_schedule(&mut self, name: &ScheduleName) {
        if let Self::Schedule(view) = self {
            view.seek(name);
        }
    }
    /// Puts the cursor on a pool.
    pub fn seek_pool(&mut self, fleet: &Replica, name: &PoolName) {
        if let Self::Pools(list) = self {
            list.seek(fleet, name);
        }
    }
    pub fn name(&self) -> String {
        each!(self, inside => inside.name())
    }
    pub fn filter(&self) -> &str {
        each!(self, inside => inside.filter())
    }
    /// What stands in its bottom line.
    pub fn footer(&self, ctx: &Ctx) -> String {
        let mut foot = each!(self, inside => inside.footer());
        if self.kind() == WinKind::Vms {
            let pending = ctx.fleet.whys.pending();
            if !pending.is_empty() {
                foot = format!("{foot}   {pending}");
            }
        }
        let old = ctx.stale
            && ctx.fleet.world().is_some()
            && !matches!(self.kind(), WinKind::Help | WinKind::Settings);
        let as_of = format!("as of {}", ctx.zone.clock(ctx.heard_there));
        match (old, foot.is_empty()) {
            (true, true) => as_of,
            (true, false) => format!("{foot}   {as_of}"),
            (false, _) => foot,
        }
    }
    pub fn field(&mut self) -> Option<&mut Field> {
        each!(self, inside => inside.field())
    }
    pub fn list(&mut self, fleet: &Replica, op: ListOp) -> bool {
        each!(self, inside => inside.list(fleet, op))
    }
    pub fn refresh(&mut self, fleet: &Replica, changed: &Changed, hold: bool) {
        each!(self, inside => inside.refresh(fleet, changed, hold))
    }
    pub fn hosts(&self, fleet: &Replica) -> Vec<HostName> {
        each!(self, inside => inside.hosts(fleet))
    }
    pub fn host(&self, fleet: &Replica) -> Option<HostName> {
        each!(self, inside => inside.host(fleet))
    }
    pub fn job(&self) -> Option<JobId> {
        each!(self, inside => inside.job())
    }
    pub fn when(&self, fleet: &Replica) -> Option<Timestamp> {
        each!(self, inside => inside.when(fleet))
    }
    pub fn pool(&self, fleet: &Replica) -> Option<PoolName> {
        each!(self, inside => inside.pool(fleet))
    }
    pub fn schedule(&self) -> Option<&ScheduleName> {
        each!(self, inside => inside.schedule())
    }
    pub fn opens(&self, fleet: &Replica) -> Option<Self> {
        each!(self, inside => inside.opens(fleet))
    }
    pub fn narrows(&self) -> Option<(WinKind, Filter)> {
        each!(self, inside => inside.narrows())
    }
    pub fn narrow(&mut self, fleet: &Replica, filter: Filter) {
        each!(self, inside => inside.narrow(fleet, filter));
    }
    pub fn columns(&self) -> Vec<Offer> {
        each!(self, inside => inside.columns())
    }
    pub fn column_choice(&mut self) -> Option<&mut Chosen> {
        each!(self, inside => inside.column_choice())
    }
    pub fn copy(&self, fleet: &Replica) -> Option<String> {
        each!(self, inside => inside.copy(fleet))
    }
    pub fn rows(&self) -> (bool, usize) {
        each!(self, inside => inside.rows())
    }
    pub fn watches(&self) -> Vec<HostName> {
        each!(self, inside => inside.watches())
    }
    pub fn wants(&self) -> Option<Query> {
        each!(self, inside => inside.wants())
    }
    pub fn told(&mut self, query: &Query, answer: Result<Answer, String>) {
        each!(self, inside => inside.told(query, answer))
    }
    /// Draws its inside.
    pub fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let mut canvas = canvas.inside(area);
        each!(self, inside => inside.draw(ctx, &mut canvas, area, win, focused))
    }
}
