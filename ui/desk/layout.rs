//! A layout to be kept: which windows there are by their kind, where each lies, what is pinned, and
//! their order, the last with the focus. Windows about one thing, Help and Settings are not part of it.

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use super::{Desk, Place};
use crate::ui::commands::Side;
use crate::ui::windows::{View, WinKind};

/// The windows, the one with the focus last.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Layout(Vec<Laid>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Laid {
    /// The kind; one that this version does not know is skipped.
    window: String,
    at: Spot,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    zoomed: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
}

/// Where a window lies that is not zoomed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Spot {
    Tiled,
    Snapped(Side),
    /// Column, row, width, height.
    Floats([u16; 4]),
}

impl Layout {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Tiles of these windows; the last has the focus.
    pub fn tiles(windows: &[WinKind]) -> Self {
        let laid = |kind: &WinKind| {
            let window = kind.word().into();
            Laid { window, at: Spot::Tiled, zoomed: false, pinned: false }
        };
        Self(windows.iter().map(laid).collect())
    }
}

/// Whether windows of this kind are part of a layout.
fn lasts(kind: WinKind) -> bool {
    match kind {
        WinKind::Map
        | WinKind::Hosts
        | WinKind::Vms
        | WinKind::Jobs
        | WinKind::Events
        | WinKind::Drains
        | WinKind::Playbooks
        | WinKind::Pools
        | WinKind::Metrics
        | WinKind::Schedule => true,
        WinKind::Host
        | WinKind::Vm
        | WinKind::Job
        | WinKind::Playbook
        | WinKind::Help
        | WinKind::Settings => false,
    }
}

impl Desk {
    pub fn layout(&self) -> Layout {
        let lasting = self.windows.iter().filter(|window| lasts(window.view.kind()));
        let laid = lasting.map(|window| {
            let zoomed = window.place == Place::Zoomed;
            let place = if zoomed { window.before } else { window.place };
            let at = match place {
                Place::Float(Rect { x, y, width, height }) => Spot::Floats([x, y, width, height]),
                Place::Snapped(side) => Spot::Snapped(side),
                Place::Tiled | Place::Zoomed => Spot::Tiled,
            };
            let (kind, pinned) = (window.view.kind().word().into(), window.pinned);
            Laid { window: kind, at, zoomed, pinned }
        });
        Layout(laid.collect())
    }

    /// A desktop of this size in a layout that was kept.
    pub fn laid(w: u16, h: u16, layout: &Layout) -> Self {
        Self::laid_with(w, h, layout, View::new)
    }
    /// The same with the insides of the windows that are open already.
    pub fn laid_anew(&self, w: u16, h: u16, layout: &Layout) -> Self {
        let mut desk = Self::laid_with(w, h, layout, |kind| {
            let open = self.of_kind(kind).and_then(|id| self.get(id));
            open.map(|window| window.view.clone()).or_else(|| View::new(kind))
        });
        let last = desk.focused().map(|window| window.id);
        // Windows that are no part of layouts stay open, under the others.
        for window in self.windows.iter().filter(|window| !lasts(window.view.kind())) {
            let id = desk.open(window.view.clone());
            desk.put(id, window.place);
        }
        last.into_iter().for_each(|id| desk.focus(id));
        desk
    }
    fn laid_with(w: u16, h: u16, layout: &Layout, view: impl Fn(WinKind) -> Option<View>) -> Self {
        let first = Self::new(w, h);
        let mut desk = Self { windows: Vec::new(), next: 1, ..first.clone() };
        for laid in &layout.0 {
            let kind = WinKind::ALL.into_iter().find(|kind| kind.word() == laid.window);
            let kind = kind.filter(|kind| lasts(*kind) && desk.of_kind(*kind).is_none());
            let Some(view) = kind.and_then(&view) else { continue };
            let id = desk.open(view);
            if let Some(window) = desk.get_mut(id) {
                window.before = match laid.at {
                    Spot::Tiled => Place::Tiled,
                    Spot::Snapped(side) => Place::Snapped(side),
                    Spot::Floats([x, y, w, h]) => Place::Float(Rect::new(x, y, w, h)),
                };
                window.pinned = laid.pinned;
                window.place = if laid.zoomed { Place::Zoomed } else { window.before };
            }
        }
        desk.arrange();
        if desk.windows.is_empty() { first } else { desk }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rects(desk: &Desk) -> Vec<(WinKind, Rect)> {
        desk.windows().iter().map(|window| (window.view.kind(), window.rect)).collect()
    }

    #[test]
    fn a_desktop_begins_as_it_was_left() {
        let mut desk = Desk::new(120, 36);
        desk.open(View::new(WinKind::Drains).unwrap());
        desk.open(View::new(WinKind::Help).unwrap());
        let jobs = desk.of_kind(WinKind::Jobs).unwrap();
        desk.put(jobs, Place::Snapped(Side::TopRight));
        let map = desk.of_kind(WinKind::Map).unwrap();
        desk.put(map, Place::Float(Rect::new(4, 5, 60, 12)));
        desk.zoom(map);
        let drains = desk.of_kind(WinKind::Drains).unwrap();
        desk.pin(drains);
        let json = serde_json::to_string(&desk.layout()).unwrap();
        let layout: Layout = serde_json::from_str(&json).unwrap();
        let mut again = Desk::laid(120, 36, &layout);
        let help = desk.of_kind(WinKind::Help).unwrap();
        desk.close(help);
        assert_eq!(rects(&again), rects(&desk));
        assert_eq!((again.layout(), again.order()), (layout, desk.order()));
        assert_eq!(again.windows().iter().filter(|window| window.pinned).count(), 1);
        let map = again.of_kind(WinKind::Map).unwrap();
        again.zoom(map);
        assert_eq!(again.get(map).unwrap().rect, Rect::new(4, 5, 60, 12));
    }

    #[test]
    fn what_is_not_known_or_does_not_fit_does_no_harm() {
        let layout: Layout = serde_json::from_str(
            r#"[{"window": "weather", "at": "tiled"}, {"window": "host", "at": "tiled"},
                {"window": "jobs", "at": {"floats": [900, 900, 900, 2]}},
                {"window": "jobs", "at": "tiled"}]"#,
        )
        .unwrap();
        let desk = Desk::laid(120, 36, &layout);
        assert_eq!(rects(&desk), [(WinKind::Jobs, Rect::new(0, 28, 120, 6))]);
        let empty = Desk::laid(120, 36, &Layout::default());
        assert_eq!(rects(&empty), rects(&Desk::new(120, 36)));
    }
}
