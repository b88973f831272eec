//! What somebody at the desktop can set while it runs, what it is set to, and how it is tried on.
//! What is kept holds for the next time too, unless flags or the person's own file say otherwise.

use hostler::model::Zone;
use serde_json::Value;

use super::app::App;
use super::desk::Notice;
use super::msg::{Effect, Setup};
use super::theme::{Theme, ThemeName};
use super::windows::{SettingsView, View, WinKind};

/// What is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    pub theme: ThemeName,
    pub ascii: bool,
    /// The pointer works the desktop; else it selects text.
    pub mouse: bool,
    pub zone: Zone,
    /// Rows stay where they are for a moment after each key.
    pub hold: bool,
}

/// One value of one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    Theme(ThemeName),
    Ascii(bool),
    Mouse(bool),
    Zone(Zone),
    Hold(bool),
}

impl Settings {
    /// What a desktop begins with.
    pub fn new(setup: &Setup) -> Self {
        let Setup { theme, ascii, mouse, hold, .. } = *setup;
        let zone = if setup.utc { Zone::default() } else { setup.zone };
        Self { theme, ascii, mouse, zone, hold }
    }
    /// The same with this choice made.
    pub fn with(mut self, choice: Choice) -> Self {
        match choice {
            Choice::Theme(theme) => self.theme = theme,
            Choice::Ascii(ascii) => self.ascii = ascii,
            Choice::Mouse(mouse) => self.mouse = mouse,
            Choice::Zone(zone) => self.zone = zone,
            Choice::Hold(hold) => self.hold = hold,
        }
        self
    }
}

impl Choice {
    /// All that can be chosen, one of a kind after another. `zone` is the one of the start.
    pub fn all(zone: Zone) -> Vec<Self> {
        let mut all: Vec<Self> = ThemeName::ALL.map(Self::Theme).into();
        all.extend([Self::Ascii(false), Self::Ascii(true), Self::Mouse(true), Self::Mouse(false)]);
        all.push(Self::Zone(zone));
        all.extend((zone != Zone::default()).then(|| Self::Zone(Zone::default())));
        all.extend([Self::Hold(true), Self::Hold(false)]);
        all
    }
    /// What it is a choice of.
    pub fn of(self) -> &'static str {
        match self {
            Self::Theme(_) => "Theme",
            Self::Ascii(_) => "Glyphs",
            Self::Mouse(_) => "Pointer",
            Self::Zone(_) => "Times",
            Self::Hold(_) => "Rows",
        }
    }
    /// What it is called in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Theme(_) => "theme",
            Self::Ascii(_) => "ascii",
            Self::Mouse(_) => "mouse",
            Self::Zone(_) => "times",
            Self::Hold(_) => "hold_rows",
        }
    }
    /// How it is written there. `here` is the zone of the start.
    pub fn value(self, here: Zone) -> Value {
        match self {
            Self::Theme(name) => name.word().into(),
            Self::Zone(zone) => if zone == here { "local" } else { "utc" }.into(),
            Self::Ascii(on) | Self::Mouse(on) | Self::Hold(on) => on.into(),
        }
    }
    pub fn word(self) -> String {
        match self {
            Self::Theme(name) => name.word().into(),
            Self::Ascii(ascii) => if ascii { "ascii" } else { "full" }.into(),
            Self::Mouse(on) => if on { "on" } else { "off" }.into(),
            Self::Zone(zone) => zone.to_string(),
            Self::Hold(hold) => if hold { "hold" } else { "move" }.into(),
        }
    }
    pub fn about(self) -> &'static str {
        match self {
            Self::Theme(name) => name.about(),
            Self::Ascii(false) => "lines and shapes",
            Self::Ascii(true) => "for terminals and fonts that cannot show them",
            Self::Mouse(true) => "it works the desktop",
            Self::Mouse(false) => "it selects text",
            Self::Zone(zone) if zone == Zone::default() => "as the journal has them",
            Self::Zone(_) => "as the clocks here show them",
            Self::Hold(true) => "they stay where they are for 2s after a key",
            Self::Hold(false) => "they move as soon as their figures do",
        }
    }
}

impl App {
    /// Whether the pointer works the desktop.
    pub fn points(&self) -> bool {
        self.settings.mouse
    }
    pub(super) fn show_settings(&mut self) {
        match self.desk.of_kind(WinKind::Settings) {
            Some(id) => self.desk.focus(id),
            None => {
                let view = SettingsView::new(&self.settings, self.setup.zone);
                self.open(View::Settings(view));
            }
        }
    }
    pub(super) fn keep(&mut self, out: &mut Vec<Effect>) {
        if let Some(View::Settings(view)) = self.desk.focused().map(|window| &window.view)
            && let Some(choice) = view.choice()
        {
            self.choose_kept(choice, out);
        }
    }
    /// Sets something for the next time too.
    pub(super) fn choose_kept(&mut self, choice: Choice, out: &mut Vec<Effect>) {
        self.choose(choice, out);
        let more = self.keep_choice(choice, out);
        if let Some(notice) = &mut self.notice {
            notice.text.push_str(more);
        }
    }
    /// Sets something, and says so.
    fn choose(&mut self, choice: Choice, out: &mut Vec<Effect>) {
        let before = self.settings;
        self.settings = before.with(choice);
        if before.mouse != self.settings.mouse {
            out.push(Effect::Mouse(self.settings.mouse));
        }
        for window in self.desk.windows_mut() {
            if let View::Settings(view) = &mut window.view {
                view.seek(choice);
            }
        }
        let said = format!("{}: {}, {}", choice.of(), choice.word(), choice.about());
        self.notice = Some(Notice::result(said, self.now));
    }
    /// Nobody has chosen a theme: one that goes with the terminal's ground.
    pub(super) fn dress_for(&mut self, light: bool) {
        if self.setup.unasked && light && self.settings.theme == self.setup.theme {
            self.settings.theme = ThemeName::Light;
        }
    }
    /// Shows what is set, or what is tried on in the settings.
    pub(super) fn dress(&mut self) {
        let shown = match self.desk.focused().map(|window| &window.view) {
            Some(View::Settings(view)) => view.preview(&self.settings),
            Some(_) | None => self.settings,
        };
        if self.theme.name != shown.theme {
            self.theme = Theme::new(shown.theme, self.setup.depth);
        }
        (self.glyphs.ascii, self.zone) = (shown.ascii, shown.zone);
    }

    pub(super) fn select_text(&mut self, out: &mut Vec<Effect>) {
        self.choose(Choice::Mouse(!self.settings.mouse), out);
        let said = match self.settings.mouse {
            true => "The pointer works the desktop again",
            false => "The pointer selects text now; the same command gives it back",
        };
        self.notice = Some(Notice::result(said, self.now));
    }
}
