//! What of the desktop outlives it: choices made in the settings, and the layout of the windows for
//! each size class. Whoever runs the desktop writes them down; nothing here touches a file.

use serde::Serialize;
use serde_json::Value;

use super::app::App;
use super::desk::{Class, Desk, Layout, Notice};
use super::msg::Effect;
use super::notes::Level;
use super::replica::Changed;
use super::settings::Choice;
use super::widgets::Chosen;

/// A thing to be kept for the next time under its key, or to be forgotten.
#[derive(Clone, PartialEq, Debug)]
pub struct Keep {
    pub key: String,
    pub value: Option<Value>,
}

impl Keep {
    /// What the keys of layouts begin with; the size class follows.
    pub const LAYOUT: &str = "layout-";
    /// What those of layouts with a name begin with; the name follows.
    pub const NAMED: &str = "named-layout-";

    /// What those of the columns of lists begin with; the list's kind follows.
    pub const COLUMNS: &str = "columns-";

    fn layout(class: Class, layout: Option<&Layout>) -> Self {
        Self::of(Self::LAYOUT, class.word(), layout)
    }
    pub(super) fn named(name: &str, layout: Option<&Layout>) -> Self {
        Self::of(Self::NAMED, name, layout)
    }
    pub(super) fn columns(list: &str, chosen: &Chosen) -> Self {
        Self::of(Self::COLUMNS, list, Some(chosen).filter(|chosen| **chosen != Chosen::default()))
    }
    fn of<T: Serialize>(prefix: &str, name: &str, thing: Option<&T>) -> Self {
        let value = thing.and_then(|thing| serde_json::to_value(thing).ok());
        Self { key: format!("{prefix}{name}"), value }
    }
}

impl App {
    /// Has a choice kept; what is said of it beside.
    pub(super) fn keep_choice(&self, choice: Choice, out: &mut Vec<Effect>) -> &'static str {
        let key = choice.key();
        let value = Some(choice.value(self.setup.zone));
        out.push(Effect::Keep(Keep { key: key.into(), value }));
        match self.setup.written.iter().any(|written| written == key) {
            true => "; next time as desktop.yaml says",
            false => "",
        }
    }

    /// It could not be kept.
    pub(super) fn not_kept(&mut self, why: &str) {
        let said = format!("It holds until you leave: {why}");
        let at = self.time.at(self.now);
        self.live().say(at, Level::Warn, said.clone());
        self.notice = Some(Notice::failure(said));
    }

    /// What is to be kept of the layout now that the desktop is left: nothing when it is as it was
    /// found. One that is as at first is forgotten, so that a later version may begin with another.
    pub fn leave(&self) -> Option<Keep> {
        let (class, layout) = (self.desk.class, self.desk.layout());
        let (w, h) = self.size;
        let first = Desk::new(w, h).layout();
        let wanted = Some(layout).filter(|l| *l != first && !l.is_empty());
        let known = self.layouts.get(class.word());
        let same = class == Class::TooSmall || wanted.as_ref() == known;
        (!same).then(|| Keep::layout(class, wanted.as_ref()))
    }

    /// The windows as at first, now and the next time.
    pub(super) fn reset_layout(&mut self, out: &mut Vec<Effect>) {
        let (w, h) = self.size;
        self.use_desk(Desk::new(w, h));
        let class = self.desk.class;
        self.layouts.remove(class.word());
        out.push(Effect::Keep(Keep::layout(class, None)));
        self.notice = Some(Notice::result("The windows are as at first", self.now));
    }
    pub(super) fn use_desk(&mut self, desk: Desk) {
        self.desk = desk;
        self.use_columns();
        let everything = Changed { all: true, ..Changed::default() };
        for window in self.desk.windows_mut() {
            window.view.refresh(&self.fleet, &everything, false);
        }
    }
}
