//! The desktop as one value: messages in, effects out, and a drawing of it on demand. Nothing in
//! it waits, reads a clock or talks to anybody, so the same messages give the same desktop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hostler::api::Heartbeat;
use hostler::model::{Entry, HostName, Span, Timestamp, Zone};

use super::canvas::{Hit, Scene};
use super::columns::Sizing;
use super::desk::{Class, Desk, Drag, Layout, MenuState, Notice, Toasts, WinId};
use super::dialogs::{ColumnBox, Palette, Pick, PlanDialog, Prompt, Shown};
use super::glyphs::Glyphs;
use super::jump::Jump;
use super::keymap::Keymap;
use super::link::{self, FleetTime, Link};
use super::msg::{Effect, Msg, Order, Query, Setup};
use super::notes::Level;
use super::past::Lookback;
use super::replica::Replica;
use super::settings::Settings;
use super::theme::Theme;
use super::widgets::Chosen;
use super::windows::WinKind;

/// Rows are held still for so long after a key.
const CHOOSING: Span = Span::from_secs(2);

/// The desktop.
#[derive(Clone, Debug)]
pub struct App {
    pub(super) setup: Setup,
    pub(super) theme: Theme,
    pub(super) glyphs: Glyphs,
    pub(super) zone: Zone,
    pub(super) keymap: Arc<Keymap>,
    /// What is set and kept; what is shown may be tried on only.
    pub(super) settings: Settings,
    pub(super) size: (u16, u16),
    pub(super) now: Timestamp,
    /// The fleet that is looked at.
    pub(super) fleet: Replica,
    /// It is not the present that is looked at.
    pub(super) past: Option<Box<Lookback>>,
    pub(super) link: Link,
    pub(super) heard: Timestamp,
    pub(super) time: FleetTime,
    pub(super) desk: Desk,
    /// The layouts that are kept, by size class.
    pub(super) layouts: BTreeMap<String, Layout>,
    /// Those that somebody has given a name.
    pub(super) named: BTreeMap<String, Layout>,
    /// What is chosen of the columns of lists, by their kind.
    pub(super) columns: BTreeMap<String, Chosen>,
    pub(super) menu: Option<MenuState>,
    pub(super) prompt: Option<Prompt>,
    pub(super) dialog: Option<PlanDialog>,
    pub(super) palette: Option<Palette>,
    pub(super) pick: Option<Pick>,
    pub(super) shown: Option<Shown>,
    pub(super) columns_box: Option<ColumnBox>,
    pub(super) notice: Option<Notice>,
    pub(super) toasts: Toasts,
    pub(super) drag: Option<Drag>,
    pub(super) sizing: Option<Sizing>,
    /// The bar of a list that is dragged, and its column on the screen.
    pub(super) bar: Option<(WinId, u16)>,
    /// Letters stand on what can be clicked.
    pub(super) jump: Option<Jump>,
    /// Arrows move and size the focused window.
    pub(super) moving: bool,
    pub(super) scene: Scene,
    pub(super) last_click: Option<(Timestamp, Hit)>,
    last_key: Timestamp,
    pub(super) asked: BTreeMap<u64, Order>,
    pub(super) next_ask: u64,
    pub(super) pending: BTreeSet<HostName>,
    watched: Vec<HostName>,
    /// What the controller was asked to tell and has not told yet.
    pub(super) asking: Vec<Query>,
    /// At which entry, and when, it was last asked why things wait.
    pub(super) why_asked: (u64, Timestamp),
    alarms_seen: usize,
    looked_at: bool,
    /// Where it stood when a heartbeat counted more entries than had come.
    behind: Option<u64>,
}

impl App {
    /// A desktop of this size that has not heard of any fleet yet.
    pub fn new(setup: Setup, size: (u16, u16), now: Timestamp) -> Self {
        let settings = Settings::new(&setup);
        let kept = setup.layouts.get(Class::of(size.0, size.1).word());
        let mut app = Self {
            theme: Theme::new(setup.theme, setup.depth),
            glyphs: Glyphs { ascii: setup.ascii },
            zone: settings.zone,
            keymap: Arc::new(Keymap::new(&setup.keys)),
            settings,
            desk: match kept {
                Some(layout) => Desk::laid(size.0, size.1, layout),
                None => Desk::new(size.0, size.1),
            },
            layouts: setup.layouts.clone(),
            named: setup.named.clone(),
            columns: setup.columns.clone(),
            setup,
            size,
            now,
            fleet: Replica::default(),
            past: None,
            link: Link::Connecting,
            heard: now,
            time: FleetTime::default(),
            menu: None,
            prompt: None,
            dialog: None,
            palette: None,
            pick: None,
            shown: None,
            columns_box: None,
            notice: None,
            toasts: Toasts::default(),
            drag: None,
            sizing: None,
            bar: None,
            jump: None,
            moving: false,
            scene: Scene::default(),
            last_click: None,
            last_key: Timestamp::default(),
            asked: BTreeMap::new(),
            next_ask: 1,
            pending: BTreeSet::new(),
            watched: Vec::new(),
            asking: Vec::new(),
            why_asked: (0, Timestamp::default()),
            alarms_seen: 0,
            looked_at: true,
            behind: None,
        };
        app.use_columns();
        app
    }

    /// Takes a message in; gives what is to be done outside.
    pub fn update(&mut self, now: Timestamp, msg: Msg) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut out = Vec::new();
        let burst = matches!(msg, Msg::Entry(_));
        match msg {
            Msg::Key(key) => {
                self.settle();
                self.last_key = self.now;
                self.on_key(key, &mut out);
            }
            Msg::Mouse(mouse) => {
                self.settle();
                self.last_key = self.now;
                self.on_mouse(mouse, &mut out);
            }
            Msg::Paste(pasted) => self.on_paste(&pasted),
            Msg::Resize(w, h) => self.resize(w, h),
            Msg::Focus(on) => self.looked_at = on,
            Msg::Ground { light } => self.dress_for(light),
            Msg::Snapshot(snapshot) => {
                if self.live().world().is_none() {
                    self.ask_once(Query::Before(snapshot.seq), &mut out);
                }
                self.live().replace(&snapshot);
                self.pending.clear();
                self.hear();
                self.begin_in_past(&mut out);
            }
            Msg::Entry(entry) => self.on_entry(&entry, &mut out),
            Msg::Heartbeat(beat) => self.on_heartbeat(beat, &mut out),
            Msg::Resync => {
                self.dialog.iter_mut().for_each(PlanDialog::cut_off);
                self.link = Link::Resyncing;
            }
            Msg::Samples(live) => self.live().take_samples(&live),
            Msg::Trying => self.on_trying(),
            Msg::Lost { why, next } => self.on_lost(why, next),
            Msg::Answer { ask, result } => self.on_answer(ask, result),
            Msg::Stale { ask, planned } => self.on_stale(ask, *planned),
            Msg::Told { query, answer } => self.on_told(&query, answer, &mut out),
            Msg::Outside(ended) => self.outside(ended),
            Msg::NotKept(why) => self.not_kept(&why),
            Msg::Tick => {}
        }
        if !burst {
            self.settle();
            self.watch(&mut out);
            self.ask_for_more(&mut out);
        }
        out
    }

    /// The next time at which the desktop looks different although nothing happens.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().and_then(|notice| notice.until);
        let ages = match (&self.link, self.fleet.world()) {
            (Link::Lost { .. }, _) => Some(self.now + Span::from_secs(1)),
            (Link::Live, Some(_)) => Some(link::next_change(self.now, self.heard)),
            (Link::Live | Link::Connecting | Link::Resyncing, _) => None,
        };
        notice.into_iter().chain(self.toasts.next()).chain(ages).min()
    }

    fn resize(&mut self, w: u16, h: u16) {
        self.size = (w, h);
        self.desk.resize(w, h);
        (self.menu, self.drag, self.jump, self.moving) = (None, None, None, false);
        (self.sizing, self.bar) = (None, None);
    }

    fn hear(&mut self) {
        self.link = Link::Live;
        self.heard = self.now;
    }

    fn on_entry(&mut self, entry: &Entry, out: &mut Vec<Effect>) {
        if self.link == Link::Resyncing {
            return;
        }
        match self.live().apply(entry) {
            Ok(()) => self.hear(),
            Err(illegal) => {
                let said = format!("{illegal}: taking the whole fleet again");
                let at = self.time.at(self.now);
                self.live().say(at, Level::Warn, said);
                self.link = Link::Resyncing;
                out.push(Effect::Resync);
            }
        }
    }

    /// A heartbeat may overtake the entries that it counts, but not twice at the same entry.
    fn on_heartbeat(&mut self, beat: Heartbeat, out: &mut Vec<Effect>) {
        if self.link == Link::Resyncing || self.live().world().is_none() {
            return;
        }
        self.time.told(self.now, beat.at);
        let here = self.live().seq();
        let behind = self.behind.replace(here) == Some(here);
        if beat.seq == here {
            self.behind = None;
        } else if behind {
            self.link = Link::Resyncing;
            out.push(Effect::Resync);
            return;
        }
        self.hear();
    }

    fn on_trying(&mut self) {
        if !self.link.is_lost() && self.fleet.world().is_none() {
            self.link = Link::Connecting;
        }
    }

    fn on_lost(&mut self, why: String, next: Timestamp) {
        self.dialog.iter_mut().for_each(PlanDialog::cut_off);
        let since = match &self.link {
            Link::Lost { since, .. } => *since,
            Link::Connecting | Link::Live | Link::Resyncing => {
                let at = self.time.at(self.now);
                self.live().say(at, Level::Bad, format!("connection lost: {why}"));
                self.now
            }
        };
        self.link = Link::Lost { since, why, next };
    }

    fn on_paste(&mut self, pasted: &str) {
        self.settle();
        if let Some(prompt) = &mut self.prompt {
            if let Some(field) = prompt.field() {
                field.paste(pasted);
            }
        } else if let Some(palette) = &mut self.palette {
            palette.finder.field.paste(pasted);
        } else if let Some(pick) = &mut self.pick {
            pick.finder.field.paste(pasted);
        } else if let Some(dialog) = &mut self.dialog {
            if let Some(field) = dialog.field() {
                field.paste(pasted);
            }
        } else if let Some(field) = self.desk.focused_mut().and_then(|w| w.view.field()) {
            field.paste(pasted);
            self.typed();
        }
    }

    /// Lets the windows follow what has changed.
    pub(super) fn settle(&mut self) {
        if self.desk.of_kind(WinKind::Drains).is_none() {
            self.fleet.forget_drains();
        }
        let changed = self.fleet.take_changed();
        let choosing = self.settings.hold && self.now.since(self.last_key) < CHOOSING;
        let asking = self.asks();
        let hold = choosing || self.menu.is_some() || asking;
        for host in &changed.hosts {
            self.pending.remove(host);
        }
        for window in self.desk.windows_mut() {
            window.view.refresh(&self.fleet, &changed, hold);
        }
        if self.notice.as_ref().is_some_and(|n| n.until.is_some_and(|until| until <= self.now)) {
            self.notice = None;
        }
        let (told, none) = (self.desk.shows(WinKind::Events), BTreeSet::new());
        // What was long ago alarms nobody.
        let notes = if self.past.is_some() { &none } else { &changed.notes };
        self.toasts.hear(&self.fleet, notes, told, self.now);
        self.dress();
        let on_events = self.desk.focused().is_some_and(|w| w.view.kind() == WinKind::Events);
        if self.looked_at && on_events && self.past.is_none() {
            self.alarms_seen = self.fleet.alarms();
        }
    }

    fn watch(&mut self, out: &mut Vec<Effect>) {
        let seen = |window: &super::desk::Window| window.view.watches();
        let hosts: BTreeSet<HostName> = match self.desk.compact() {
            true => self.desk.focused().map(seen).into_iter().flatten().collect(),
            false => self.desk.windows().iter().flat_map(seen).collect(),
        };
        let hosts: Vec<_> = hosts.into_iter().collect();
        if hosts != self.watched {
            self.watched = hosts.clone();
            out.push(Effect::Watch(hosts));
        }
    }

    /// A question stands before the windows.
    pub(super) fn asks(&self) -> bool {
        let boxes = [self.pick.is_some(), self.columns_box.is_some(), self.shown.is_some()];
        let chooses = self.palette.is_some() || boxes.contains(&true);
        chooses || self.prompt.is_some() || self.dialog.is_some()
    }
    /// Whether what is shown is older than it says.
    pub(super) fn stale(&self) -> bool {
        self.past.is_none() && self.fleet.world().is_some() && link::stale(self.now, self.heard)
    }
    /// Failures that nobody has looked at.
    pub(super) fn unseen(&self) -> usize {
        self.past.as_ref().map_or(&self.fleet, |past| &past.present).alarms() - self.alarms_seen
    }

    /// The fleet as far as this desktop has heard: what a crash file begins with.
    pub fn world(&self) -> Option<&hostler::model::World> {
        self.past.as_ref().map_or(&self.fleet, |past| &past.present).world()
    }

    pub fn size(&self) -> (u16, u16) {
        self.size
    }
}
