//! What somebody at the desktop can set while it runs, and what it is set to. It holds until the
//! desktop is left: flags and the environment say what it begins with.

use hostler::model::Zone;

use super::msg::Setup;
use super::theme::ThemeName;

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
        let Setup { theme, ascii, zone, .. } = *setup;
        Self { theme, ascii, mouse: true, zone, hold: true }
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
