//! Choosing one of the windows, or a layout of all of them: those that everybody has, and those that
//! somebody has given a name.

use super::app::App;
use super::desk::{Layout, Notice, Window, frame_title};
use super::dialogs::{Choice, Gives, Pick};
use super::keep::Keep;
use super::msg::Effect;
use super::windows::WinKind;

/// The layouts that everybody has: what each is good for, and its windows.
const GIVEN: [(&str, &str, &[WinKind]); 3] = [
    (
        "Overview",
        "map and hosts over jobs and events",
        &[WinKind::Map, WinKind::Events, WinKind::Jobs, WinKind::Hosts],
    ),
    (
        "Drain day",
        "hosts, and how far their drains are",
        &[WinKind::Events, WinKind::Jobs, WinKind::Hosts, WinKind::Drains],
    ),
    (
        "Wall",
        "everything at once, for a large screen",
        &[
            WinKind::Metrics,
            WinKind::Schedule,
            WinKind::Events,
            WinKind::Jobs,
            WinKind::Map,
            WinKind::Hosts,
        ],
    ),
];

impl App {
    /// The windows, to choose one.
    pub(super) fn list_windows(&mut self) {
        let choice = |window: &&Window| Choice {
            name: frame_title(window).trim().to_string(),
            more: String::new(),
            gives: Gives::Window(window.id),
        };
        let choices = self.desk.by_number().iter().map(choice).collect();
        self.pick = Some(Pick::new("Windows", choices));
    }

    /// The layouts, to choose one or to name another.
    pub(super) fn list_layouts(&mut self) {
        let choice = |name: &str, more: &str, gives: fn(String) -> Gives| Choice {
            name: name.into(),
            more: more.into(),
            gives: gives(name.into()),
        };
        let own = self.named.keys().map(|name| choice(name, "yours", Gives::Layout));
        let given = GIVEN.iter().map(|(name, more, _)| choice(name, more, Gives::Layout));
        let forget = self.named.keys().map(|name| {
            let gives = Gives::ForgetLayout(name.clone());
            Choice { name: format!("Forget {name}"), more: String::new(), gives }
        });
        let choices = own.chain(given).chain(forget).collect();
        let new = |name: String| {
            let more = "keeps the windows as they are by this name".into();
            Choice { gives: Gives::KeepLayout(name.clone()), more, name }
        };
        self.pick = Some(Pick::new("Layouts: choose one, or type a new name", choices).naming(new));
    }

    /// Lays the windows out so; what is in those that stay open stays as it is.
    pub(super) fn lay(&mut self, name: &str) {
        let given = GIVEN.iter().find(|(other, _, _)| *other == name);
        let given = given.map(|(_, _, windows)| Layout::tiles(windows));
        let Some(layout) = self.named.get(name).cloned().or(given) else { return };
        let (w, h) = self.size;
        self.use_desk(self.desk.laid_anew(w, h, &layout));
        self.notice = Some(Notice::result(format!("Layout {name}"), self.now));
    }
    pub(super) fn keep_layout(&mut self, name: String, out: &mut Vec<Effect>) {
        let layout = self.desk.layout();
        out.push(Effect::Keep(Keep::named(&name, Some(&layout))));
        self.notice = Some(Notice::result(format!("Layout {name} is kept"), self.now));
        self.named.insert(name, layout);
    }
    pub(super) fn forget_layout(&mut self, name: &str, out: &mut Vec<Effect>) {
        self.named.remove(name);
        out.push(Effect::Keep(Keep::named(name, None)));
        self.notice = Some(Notice::result(format!("Layout {name} is forgotten"), self.now));
    }
}
