//! The desktop: windows over one another, which one has the focus, and where each lies. What is
//! pinned lies above the others whether it has the focus or not.

mod bars;
mod drag;
mod frame;
mod layout;
mod menu;
pub mod place;
mod status;
mod toast;

use ratatui::layout::Rect;

pub use bars::{Names, draw_menu_bar, draw_taskbar};
pub use drag::Drag;
pub use frame::{draw_window, title as frame_title};
pub use layout::Layout;
pub use menu::{MenuMove, MenuState, draw_menu};
pub use place::{Class, Place};
pub use status::{Notice, draw_status};
pub use toast::Toasts;

use super::windows::{View, WinKind};

/// A window, as long as it is open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WinId(pub u32);

/// Which edge or corner of a window is dragged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    Right,
    Bottom,
    RightCorner,
    LeftCorner,
}

/// A window.
#[derive(Clone, Debug)]
pub struct Window {
    pub id: WinId,
    /// The key that focuses it.
    pub number: Option<u8>,
    pub view: View,
    pub place: Place,
    /// It stays above those that are not.
    pub pinned: bool,
    /// Its place before it was zoomed.
    before: Place,
    /// Where it lies, from its place and the size of the desktop.
    pub rect: Rect,
}

impl Window {
    /// Whether it lies above the others; one that fills the desktop would only hide them.
    pub fn is_above(&self) -> bool {
        self.pinned && self.place != Place::Zoomed
    }
}

/// The windows in the order in which they had the focus; the last has it.
#[derive(Clone, Debug)]
pub struct Desk {
    windows: Vec<Window>,
    next: u32,
    pub class: Class,
    pub area: Rect,
}

/// The numbers of windows that have one of their own.
const NUMBERS: [(WinKind, u8); 6] = [
    (WinKind::Map, 1),
    (WinKind::Hosts, 2),
    (WinKind::Vms, 3),
    (WinKind::Jobs, 4),
    (WinKind::Schedule, 5),
    (WinKind::Events, 6),
];
/// The numbers given to others.
const FREE: std::ops::RangeInclusive<u8> = 7..=9;

impl Desk {
    /// The windows a desktop of this size begins with.
    pub fn new(w: u16, h: u16) -> Self {
        let class = Class::of(w, h);
        let mut desk = Self { windows: Vec::new(), next: 1, class, area: class.desktop(w, h) };
        let first = match class {
            Class::TooSmall | Class::Compact => {
                &[WinKind::Events, WinKind::Jobs, WinKind::Hosts][..]
            }
            // Tiles in two columns by their numbers: the map over hosts, jobs over events.
            Class::Standard => &[WinKind::Map, WinKind::Events, WinKind::Jobs, WinKind::Hosts],
            Class::Wide | Class::Wall => {
                &[WinKind::Events, WinKind::Jobs, WinKind::Vms, WinKind::Hosts]
            }
        };
        for kind in first {
            if let Some(view) = View::new(*kind) {
                desk.open(view);
            }
        }
        desk
    }

    pub fn resize(&mut self, w: u16, h: u16) {
        self.class = Class::of(w, h);
        self.area = self.class.desktop(w, h);
        self.arrange();
    }
    /// Whether one window fills the screen.
    pub fn compact(&self) -> bool {
        self.class <= Class::Compact
    }

    /// The windows by their last focus; the last has it.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }
    pub fn windows_mut(&mut self) -> &mut [Window] {
        &mut self.windows
    }
    /// The places in `windows` of the windows as they lie, the undermost first.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.windows.len()).collect();
        order.sort_by_key(|n| self.windows[*n].is_above());
        order
    }
    pub fn get(&self, id: WinId) -> Option<&Window> {
        self.windows.iter().find(|window| window.id == id)
    }
    pub fn get_mut(&mut self, id: WinId) -> Option<&mut Window> {
        self.windows.iter_mut().find(|window| window.id == id)
    }
    pub fn focused(&self) -> Option<&Window> {
        self.windows.last()
    }
    pub fn focused_mut(&mut self) -> Option<&mut Window> {
        self.windows.last_mut()
    }
    /// The windows by their numbers, as the taskbar shows them.
    pub fn by_number(&self) -> Vec<&Window> {
        let mut all: Vec<_> = self.windows.iter().collect();
        all.sort_by_key(|window| (window.number.unwrap_or(u8::MAX), window.id));
        all
    }
    pub fn with_number(&self, number: u8) -> Option<WinId> {
        self.windows.iter().find(|window| window.number == Some(number)).map(|window| window.id)
    }
    pub fn of_kind(&self, kind: WinKind) -> Option<WinId> {
        self.windows.iter().rfind(|window| window.view.kind() == kind).map(|window| window.id)
    }

    /// Opens a window and gives it the focus.
    pub fn open(&mut self, view: View) -> WinId {
        let id = WinId(self.next);
        self.next += 1;
        let own = NUMBERS.iter().find(|(kind, _)| *kind == view.kind()).map(|(_, n)| *n);
        let number = own.or_else(|| FREE.into_iter().find(|n| self.with_number(*n).is_none()));
        let floats = self.windows.iter().filter(|w| matches!(w.place, Place::Float(_))).count();
        let before = match own {
            Some(_) => Place::Tiled,
            None => Place::Float(match view.kind() {
                WinKind::Job
                | WinKind::Drains
                | WinKind::Playbooks
                | WinKind::Pools
                | WinKind::Playbook
                | WinKind::Metrics => place::large(self.area, floats),
                WinKind::Hosts
                | WinKind::Vms
                | WinKind::Jobs
                | WinKind::Events
                | WinKind::Host
                | WinKind::Vm
                | WinKind::Settings
                | WinKind::Map
                | WinKind::Schedule
                | WinKind::Help => place::middle(self.area, floats),
            }),
        };
        // A week wants the whole desktop, unless there is a wall of it.
        let whole = view.kind() == WinKind::Schedule && self.class < Class::Wall;
        let place = if whole { Place::Zoomed } else { before };
        self.windows.push(Window {
            id,
            number,
            view,
            place,
            pinned: false,
            before,
            rect: self.area,
        });
        self.arrange();
        id
    }
    pub fn focus(&mut self, id: WinId) {
        if let Some(at) = self.windows.iter().position(|window| window.id == id) {
            let window = self.windows.remove(at);
            self.windows.push(window);
        }
    }
    pub fn close(&mut self, id: WinId) {
        self.windows.retain(|window| window.id != id);
        self.arrange();
    }
    /// Focuses the next window by number, or the one before.
    pub fn step(&mut self, back: bool) {
        let order: Vec<WinId> = self.by_number().iter().map(|window| window.id).collect();
        let at = self.focused().and_then(|on| order.iter().position(|id| *id == on.id));
        if let Some(at) = at {
            let len = order.len();
            self.focus(order[(at + if back { len - 1 } else { 1 }) % len]);
        }
    }

    /// Puts the focused window somewhere.
    pub fn put(&mut self, id: WinId, place: Place) {
        if let Some(window) = self.get_mut(id) {
            if window.place != Place::Zoomed {
                window.before = window.place;
            }
            window.place = place;
        }
        self.arrange();
    }
    /// Pins a window above the others, or lets it go.
    pub fn pin(&mut self, id: WinId) {
        if let Some(window) = self.get_mut(id) {
            window.pinned = !window.pinned;
        }
    }
    /// Zooms a window, or puts it back.
    pub fn zoom(&mut self, id: WinId) {
        self.focus(id);
        let Some(window) = self.get(id) else { return };
        let place = if window.place == Place::Zoomed { window.before } else { Place::Zoomed };
        self.put(id, place);
    }
    /// Makes tiles of all windows that have a number of their own.
    pub fn tile(&mut self) {
        for window in &mut self.windows {
            if NUMBERS.iter().any(|(kind, _)| *kind == window.view.kind()) {
                window.place = Place::Tiled;
            }
        }
        self.arrange();
    }

    /// Gives every window its rectangle.
    fn arrange(&mut self) {
        let (area, class) = (self.area, self.class);
        let tiled = |window: &&mut Window| window.place == Place::Tiled;
        let mut order: Vec<&mut Window> = self.windows.iter_mut().filter(tiled).collect();
        order.sort_by_key(|window| window.number);
        let tiles = place::tiles(area, class, order.len());
        for (window, tile) in order.into_iter().zip(tiles) {
            window.rect = tile;
        }
        for window in &mut self.windows {
            window.rect = match window.place {
                _ if class <= Class::Compact => area,
                Place::Tiled => window.rect,
                Place::Float(rect) => place::inside(area, rect),
                Place::Snapped(side) => place::snapped(area, side),
                Place::Zoomed => area,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(desk: &Desk) -> Vec<WinKind> {
        desk.windows().iter().map(|window| window.view.kind()).collect()
    }

    #[test]
    fn the_window_used_last_has_the_focus() {
        let mut desk = Desk::new(120, 36);
        assert_eq!(kinds(&desk), [WinKind::Map, WinKind::Events, WinKind::Jobs, WinKind::Hosts]);
        desk.step(false);
        assert_eq!(desk.focused().unwrap().view.kind(), WinKind::Jobs);
        desk.step(true);
        desk.step(true);
        desk.step(true);
        assert_eq!(desk.focused().unwrap().view.kind(), WinKind::Events);
        let id = desk.of_kind(WinKind::Hosts).unwrap();
        desk.close(id);
        desk.focus(id);
        assert_eq!(kinds(&desk), [WinKind::Jobs, WinKind::Map, WinKind::Events]);
    }

    #[test]
    fn what_is_pinned_lies_above_and_need_not_have_the_focus() {
        let mut desk = Desk::new(120, 36);
        let lie = |desk: &Desk| -> Vec<WinKind> {
            desk.order().into_iter().map(|n| desk.windows()[n].view.kind()).collect()
        };
        let jobs = desk.of_kind(WinKind::Jobs).unwrap();
        desk.pin(jobs);
        assert_eq!(lie(&desk), [WinKind::Map, WinKind::Events, WinKind::Hosts, WinKind::Jobs]);
        assert_eq!(desk.focused().unwrap().view.kind(), WinKind::Hosts);
        desk.step(false);
        desk.step(false);
        let all = [WinKind::Map, WinKind::Hosts, WinKind::Events, WinKind::Jobs];
        assert_eq!((lie(&desk), desk.focused().unwrap().view.kind()), (all.into(), all[2]));
        desk.zoom(jobs);
        desk.step(false);
        assert_eq!(lie(&desk).last(), Some(&WinKind::Events), "what is zoomed hides no other");
        desk.zoom(jobs);
        desk.close(jobs);
        assert_eq!(desk.focused().unwrap().view.kind(), WinKind::Events, "the one before it");
    }

    #[test]
    fn zoom_goes_back_to_where_the_window_was() {
        let mut desk = Desk::new(120, 36);
        let id = desk.focused().unwrap().id;
        let tile = desk.get(id).unwrap().rect;
        desk.zoom(id);
        assert_eq!(desk.get(id).unwrap().rect, desk.area);
        desk.zoom(id);
        assert_eq!(desk.get(id).unwrap().rect, tile);
        desk.put(id, Place::Float(Rect::new(3, 3, 50, 12)));
        desk.resize(80, 24);
        assert_eq!(desk.get(id).unwrap().rect, desk.area, "compact: it fills the desktop");
        desk.resize(120, 36);
        assert_eq!(desk.get(id).unwrap().rect, Rect::new(3, 3, 50, 12), "nothing was lost");
    }

    #[test]
    fn numbers_are_given_while_there_are_any() {
        let mut desk = Desk::new(120, 36);
        let numbers: Vec<_> = (0..4)
            .map(|_| {
                let id = desk.open(View::new(WinKind::Help).unwrap());
                desk.get(id).unwrap().number
            })
            .collect();
        assert_eq!(numbers, [Some(7), Some(8), Some(9), None]);
    }
}
