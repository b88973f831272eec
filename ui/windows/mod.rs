//! What windows show: an enum of structs, one file each. A window refreshes its order from the
//! fleet, moves, and draws itself into the part of the screen it is given.

mod events;
mod help;
mod host;
mod hosts;
mod jobs;
mod listing;
mod vms;

use std::collections::BTreeSet;

use hostler::model::{HostName, Timestamp, Zone};
use ratatui::layout::Rect;

pub use events::EventRows;
pub use help::HelpView;
pub use host::HostView;
pub use hosts::HostRows;
pub use jobs::JobRows;
pub use listing::{ListOp, Listing};
pub use vms::VmRows;

use super::canvas::Canvas;
use super::commands::Situation;
use super::desk::WinId;
use super::glyphs::Glyphs;
use super::link::Link;
use super::replica::{Changed, Replica};
use super::widgets::{Field, Motion};

/// Which window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WinKind {
    Hosts,
    Vms,
    Jobs,
    Events,
    Host,
    Help,
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
    pub now_can: &'a Situation,
}

/// A window's inside.
#[derive(Clone, Debug)]
pub enum View {
    Hosts(Listing<HostRows>),
    Vms(Listing<VmRows>),
    Jobs(Listing<JobRows>),
    Events(Listing<EventRows>),
    Host(HostView),
    Help(HelpView),
}

impl View {
    /// The window of a kind that needs no subject.
    pub fn new(kind: WinKind) -> Option<Self> {
        match kind {
            WinKind::Hosts => Some(Self::Hosts(Listing::new(0, false))),
            WinKind::Vms => Some(Self::Vms(Listing::new(4, false))),
            WinKind::Jobs => Some(Self::Jobs(Listing::new(0, true))),
            WinKind::Events => Some(Self::Events(Listing::new(0, false))),
            WinKind::Help => Some(Self::Help(HelpView::default())),
            WinKind::Host => None,
        }
    }
    pub fn kind(&self) -> WinKind {
        match self {
            Self::Hosts(_) => WinKind::Hosts,
            Self::Vms(_) => WinKind::Vms,
            Self::Jobs(_) => WinKind::Jobs,
            Self::Events(_) => WinKind::Events,
            Self::Host(_) => WinKind::Host,
            Self::Help(_) => WinKind::Help,
        }
    }
    /// Its name in title and taskbar.
    pub fn name(&self) -> String {
        match self {
            Self::Hosts(_) => "Hosts".into(),
            Self::Vms(_) => "VMs".into(),
            Self::Jobs(_) => "Jobs".into(),
            Self::Events(_) => "Events".into(),
            Self::Host(view) => format!("Host {}", view.host),
            Self::Help(_) => "Help".into(),
        }
    }
    /// The filter, as it stands in the title.
    pub fn filter(&self) -> &str {
        match self {
            Self::Hosts(list) => list.filter.text(),
            Self::Vms(list) => list.filter.text(),
            Self::Jobs(list) => list.filter.text(),
            Self::Events(list) => list.filter.text(),
            Self::Host(_) | Self::Help(_) => "",
        }
    }
    /// What stands in its bottom line.
    pub fn footer(&self, ctx: &Ctx) -> String {
        let foot = match self {
            Self::Hosts(list) => list.footer(),
            Self::Vms(list) => list.footer(),
            Self::Jobs(list) => list.footer(),
            Self::Events(list) => list.footer(),
            Self::Host(_) | Self::Help(_) => String::new(),
        };
        let old = ctx.stale && ctx.fleet.world().is_some() && self.kind() != WinKind::Help;
        let as_of = format!("as of {}", ctx.zone.clock(ctx.heard_there));
        match (old, foot.is_empty()) {
            (true, true) => as_of,
            (true, false) => format!("{foot}   {as_of}"),
            (false, _) => foot,
        }
    }
    /// The field that takes text now.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self {
            Self::Hosts(list) => list.field(),
            Self::Vms(list) => list.field(),
            Self::Jobs(list) => list.field(),
            Self::Events(list) => list.field(),
            Self::Host(_) | Self::Help(_) => None,
        }
    }
    /// Does something that every list can; false when it meant nothing here.
    pub fn list(&mut self, fleet: &Replica, op: ListOp) -> bool {
        match self {
            Self::Hosts(list) => list.act(fleet, op),
            Self::Vms(list) => list.act(fleet, op),
            Self::Jobs(list) => list.act(fleet, op),
            Self::Events(list) => list.act(fleet, op),
            Self::Host(view) => scrolled(op, |motion| view.scroll.motion(motion)),
            Self::Help(view) => scrolled(op, |motion| view.scroll.motion(motion)),
        }
    }
    /// Follows what has changed. `hold`: somebody is choosing, rows stay where they are.
    pub fn refresh(&mut self, fleet: &Replica, changed: &Changed, hold: bool) {
        match self {
            Self::Hosts(list) => list.refresh(fleet, changed, hold),
            Self::Vms(list) => list.refresh(fleet, changed, hold),
            Self::Jobs(list) => list.refresh(fleet, changed, hold),
            Self::Events(list) => list.refresh(fleet, changed, hold),
            Self::Host(view) => view.refresh(fleet),
            Self::Help(_) => {}
        }
    }
    /// The hosts a command would be about.
    pub fn hosts(&self, fleet: &Replica) -> Vec<HostName> {
        match self {
            Self::Hosts(list) => list.hosts(fleet),
            Self::Vms(list) => list.hosts(fleet),
            Self::Jobs(list) => list.hosts(fleet),
            Self::Events(list) => list.hosts(fleet),
            Self::Host(view) => vec![view.host.clone()],
            Self::Help(_) => Vec::new(),
        }
    }
    /// The host under the cursor.
    pub fn host(&self, fleet: &Replica) -> Option<HostName> {
        match self {
            Self::Hosts(list) => list.host(fleet),
            Self::Vms(list) => list.host(fleet),
            Self::Jobs(list) => list.host(fleet),
            Self::Events(list) => list.host(fleet),
            Self::Host(view) => Some(view.host.clone()),
            Self::Help(_) => None,
        }
    }
    /// What a copy of what is under the cursor says.
    pub fn copy(&self, fleet: &Replica) -> Option<String> {
        match self {
            Self::Hosts(list) => list.copy(fleet),
            Self::Vms(list) => list.copy(fleet),
            Self::Jobs(list) => list.copy(fleet),
            Self::Events(list) => list.copy(fleet),
            Self::Host(view) => Some(view.host.to_string()),
            Self::Help(_) => None,
        }
    }
    /// Whether there is a row under the cursor, and how many are marked.
    pub fn rows(&self) -> (bool, usize) {
        match self {
            Self::Hosts(list) => list.rows(),
            Self::Vms(list) => list.rows(),
            Self::Jobs(list) => list.rows(),
            Self::Events(list) => list.rows(),
            Self::Host(_) | Self::Help(_) => (false, 0),
        }
    }
    /// The hosts whose figures are in sight.
    pub fn watches(&self) -> Vec<HostName> {
        match self {
            Self::Hosts(list) => list.table.visible().cloned().collect(),
            Self::Host(view) => vec![view.host.clone()],
            Self::Vms(_) | Self::Jobs(_) | Self::Events(_) | Self::Help(_) => Vec::new(),
        }
    }
    /// Draws its inside.
    pub fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        let mut canvas = canvas.inside(area);
        match self {
            Self::Hosts(list) => {
                let area = hosts::draw_counts(ctx, &mut canvas, area);
                list.draw(ctx, &mut canvas, area, win, focused);
            }
            Self::Vms(list) => list.draw(ctx, &mut canvas, area, win, focused),
            Self::Jobs(list) => list.draw(ctx, &mut canvas, area, win, focused),
            Self::Events(list) => list.draw(ctx, &mut canvas, area, win, focused),
            Self::Host(view) => view.draw(ctx, &mut canvas, area),
            Self::Help(view) => view.draw(ctx, &mut canvas, area),
        }
    }
}

/// A window without rows only scrolls.
fn scrolled(op: ListOp, mut scroll: impl FnMut(Motion)) -> bool {
    match op {
        ListOp::Go(motion) => scroll(motion),
        ListOp::Wheel(true) => scroll(Motion::Down),
        ListOp::Wheel(false) => scroll(Motion::Up),
        ListOp::Mark
        | ListOp::MarkAll
        | ListOp::Unmark
        | ListOp::Sort
        | ListOp::Flip
        | ListOp::SortBy(_)
        | ListOp::Select(_)
        | ListOp::Filter
        | ListOp::Follow
        | ListOp::Accept
        | ListOp::Typed
        | ListOp::Back => return false,
    }
    true
}
