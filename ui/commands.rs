//! The one table of commands. Menus, keys, hints, help and the rules for when a command can be
//! given are read from it and stand nowhere else.

pub use super::desk::place::Side;
use super::kinds::{
    BOOKS, COPIED, DRAINED, DRAINS, GROUPED, GROWING, HOSTS, JOB, JOBS, LISTS, MAP, OF_HOSTS,
    OF_VMS, OTHERS, POOLS, ROWS, SCHEDULE, SETTINGS, SHOWN,
};
use super::past::Leap;
pub use super::situation::{Situation, When, can_be_told, may_change};
use super::situation::{
    a_host, a_row, a_schedule, a_window, always, change_hosts, change_pool, change_schedule,
    examined_host, failed_job, framed, in_past, in_present, known_job, lift_cordons, lift_drains,
    lost, marked, one_host, open_job, paused_job, preview_book, preview_run, shown, two_windows,
};
use super::theme::ThemeName;
use super::widgets::{ColumnOp, Motion};
use super::windows::{Leaf, ListOp, Scale, WinKind};

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cmd {
    Time(Leap),
    /// To when the event under the cursor happened.
    Then,
    /// The menu of themes.
    Themes,
    Theme(ThemeName),
    Settings,
    /// What is chosen in the settings holds.
    Keep,
    Retry,
    Redraw,
    Suspend,
    Quit,
    /// The window of that kind.
    Show(WinKind),
    /// A window without a number of its own, by the one it was given.
    Nth(u8),
    Find,
    /// What can be taken back.
    Undo,
    Open,
    ShowVm,
    /// The VMs of the pool under the cursor.
    PoolVms,
    Owner,
    Copy,
    Cordon,
    Uncordon,
    Undrain,
    /// The window of the job under the cursor, or of the playbook or schedule.
    ShowJob,
    /// The same, where what is under the cursor is no job itself.
    JobOf,
    CancelJob,
    ResumeJob,
    RetryJob,
    Drain,
    Reboot,
    Retire,
    Play,
    /// What a playbook would do, and what the next run of a schedule would.
    PreviewBook,
    PreviewRun,
    Respawn,
    Console,
    /// A move over the calendar.
    Leaf(Leaf),
    /// The job of the run under the cursor.
    RunJob,
    RunNow,
    HoldSchedule,
    SkipNext,
    /// Which columns a list has, and how wide.
    Columns,
    /// A letter on everything that can be clicked.
    Jump,
    SelectText,
    Next,
    Previous,
    Zoom,
    /// Above the others, or no more.
    Pin,
    Move,
    Tile,
    Snap(Side),
    /// The windows in another layout.
    Layouts,
    ResetLayout,
    /// All windows.
    Windows,
    Close,
    Help,
    /// A file with what led to now.
    Report,
    Menu,
    Back,
    /// What the list in the window does by itself.
    List(ListOp),
    /// What keeps VMs from running on the host, and how it is mended.
    Doctor,
}

/// The menus, from the left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Menu {
    System,
    /// Hangs beside the first, and has no title in the bar.
    Theme,
    Fleet,
    Host,
    Vm,
    Job,
    Schedule,
    View,
    Window,
    Help,
}

/// The menus with their titles. The letter that opens one with Alt is its first.
pub const MENUS: [(Menu, &str); 9] = [
    (Menu::System, ""),
    (Menu::Fleet, "Fleet"),
    (Menu::Host, "Host"),
    (Menu::Vm, "VM"),
    (Menu::Job, "Job"),
    (Menu::Schedule, "Schedule"),
    (Menu::View, "View"),
    (Menu::Window, "Window"),
    (Menu::Help, "Help"),
];

/// How much a command can do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tier {
    /// It only changes what is looked at.
    Look,
    /// It changes the fleet and can be taken back: a prompt asks first.
    Reversible,
    /// It disturbs: a dialog shows the controller's plan first.
    Disruptive,
}

/// A row of the table.
pub struct Command {
    pub id: Cmd,
    /// Where it stands; motions stand in no menu.
    pub menu: Option<Menu>,
    pub label: &'static str,
    pub keys: &'static [&'static str],
    pub tier: Tier,
    /// The windows it is about; none means all.
    pub on: &'static [WinKind],
    /// Its rank among the hints of the status line; 0 is not shown there.
    pub hint: u8,
    /// The windows in which it is shown there; none means all it is about.
    pub hinted: &'static [WinKind],
    when: When,
}

const fn look(id: Cmd, menu: Menu, label: &'static str, keys: &'static [&'static str]) -> Command {
    let when: When = always;
    Command {
        id,
        menu: Some(menu),
        label,
        keys,
        tier: Tier::Look,
        on: &[],
        hint: 0,
        hinted: &[],
        when,
    }
}
const fn go(motion: Motion, label: &'static str, keys: &'static [&'static str]) -> Command {
    Command { menu: None, ..look(Cmd::List(ListOp::Go(motion)), Menu::View, label, keys) }
}
const fn bare(id: Cmd, label: &'static str, keys: &'static [&'static str]) -> Command {
    Command { menu: None, ..look(id, Menu::View, label, keys) }
}
const fn theme(name: ThemeName, label: &'static str) -> Command {
    look(Cmd::Theme(name), Menu::Theme, label, &[])
}
const fn leaf(to: Leaf, label: &'static str, keys: &'static [&'static str]) -> Command {
    look(Cmd::Leaf(to), Menu::Schedule, label, keys).on(SCHEDULE)
}
const fn of_schedule(id: Cmd, label: &'static str, keys: &'static [&'static str]) -> Command {
    look(id, Menu::Schedule, label, keys).on(SCHEDULE).when(change_schedule).asks()
}
const fn snap(side: Side, label: &'static str) -> Command {
    look(Cmd::Snap(side), Menu::Window, label, &[]).when(framed)
}

impl Command {
    const fn on(self, on: &'static [WinKind]) -> Self {
        Self { on, ..self }
    }
    const fn hint(self, hint: u8) -> Self {
        Self { hint, ..self }
    }
    const fn hint_in(self, hinted: &'static [WinKind], hint: u8) -> Self {
        Self { hint, hinted, ..self }
    }
    const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }
    const fn asks(self) -> Self {
        Self { tier: Tier::Reversible, ..self }
    }
    const fn plans(self) -> Self {
        Self { tier: Tier::Disruptive, ..self }
    }

    /// Whether it can be given now; if not, why.
    pub fn can(&self, now: &Situation) -> Result<(), &'static str> {
        if !self.on.is_empty() && !self.is_of(now.kind) {
            return Err("not for this window");
        }
        if self.id == Cmd::Theme(now.theme) {
            return Err("it is the theme now");
        }
        (self.when)(now)
    }
    /// Its label in menus and hints: `…` says that it asks first.
    pub fn title(&self, more: &str) -> String {
        match self.tier {
            Tier::Look => self.label.to_string(),
            Tier::Reversible | Tier::Disruptive => format!("{}{more}", self.label),
        }
    }
    /// The command of that id.
    pub fn of(id: Cmd) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.id == id)
    }
    /// Whether it is about windows of this kind, and not about all.
    pub fn is_of(&self, kind: Option<WinKind>) -> bool {
        kind.is_some_and(|kind| self.on.contains(&kind))
    }
    /// The commands of a menu, from the top.
    pub fn of_menu(menu: Menu) -> impl Iterator<Item = &'static Self> {
        COMMANDS.iter().filter(move |command| command.menu == Some(menu))
    }
}

/// The table.
pub const COMMANDS: &[Command] = &[
    look(Cmd::Settings, Menu::System, "Settings", &[","]),
    look(Cmd::Themes, Menu::System, "Theme", &[]),
    theme(ThemeName::Dark, "Theme dark"),
    theme(ThemeName::Light, "Theme light"),
    theme(ThemeName::HighContrast, "Theme high-contrast"),
    theme(ThemeName::CvdDark, "Theme cvd-dark"),
    theme(ThemeName::CvdLight, "Theme cvd-light"),
    theme(ThemeName::Terminal, "Theme terminal"),
    theme(ThemeName::Mono, "Theme mono"),
    look(Cmd::Time(Leap::Enter), Menu::System, "Time machine", &[]).when(in_present),
    look(Cmd::Time(Leap::Back), Menu::System, "One event back", &["["]).when(in_past),
    look(Cmd::Time(Leap::On), Menu::System, "One event on", &["]"]).when(in_past),
    look(Cmd::Time(Leap::FarBack), Menu::System, "Ten minutes back", &["{"]).when(in_past),
    look(Cmd::Time(Leap::FarOn), Menu::System, "Ten minutes on", &["}"]).when(in_past),
    look(Cmd::Time(Leap::Leave), Menu::System, "Back to the present", &["Backspace"]).when(in_past),
    look(Cmd::Retry, Menu::System, "Connect now", &["r"]).when(lost),
    look(Cmd::Suspend, Menu::System, "Suspend", &["^Z"]),
    look(Cmd::Quit, Menu::System, "Quit", &["^Q"]).hint(9),
    look(Cmd::Show(WinKind::Map), Menu::Fleet, "Fleet map", &["1"]),
    look(Cmd::Show(WinKind::Hosts), Menu::Fleet, "Hosts", &["2"]),
    look(Cmd::Show(WinKind::Vms), Menu::Fleet, "VMs", &["3"]),
    look(Cmd::Show(WinKind::Jobs), Menu::Fleet, "Jobs", &["4"]),
    look(Cmd::Show(WinKind::Schedule), Menu::Fleet, "Schedule", &["5"]),
    look(Cmd::Show(WinKind::Events), Menu::Fleet, "Events", &["6"]),
    look(Cmd::Show(WinKind::Metrics), Menu::Fleet, "Metrics", &[]),
    look(Cmd::Show(WinKind::Pools), Menu::Fleet, "Pools", &[]),
    look(Cmd::Show(WinKind::Drains), Menu::Fleet, "Drains", &[]),
    look(Cmd::Show(WinKind::Playbooks), Menu::Fleet, "Playbooks", &[]),
    look(Cmd::Find, Menu::Fleet, "Find", &[":", "^P"]).hint(8),
    look(Cmd::Undo, Menu::Fleet, "Undo", &["Z"]).when(may_change).asks(),
    look(Cmd::Open, Menu::Host, "Open", &["Enter", "d"]).on(OF_HOSTS).when(a_host).hint(4),
    look(Cmd::Owner, Menu::Host, "Show in Hosts", &["o"]).on(OTHERS).when(a_host).hint(5),
    look(Cmd::List(ListOp::Mark), Menu::Host, "Mark", &["Space"]).on(ROWS).when(a_row).hint(3),
    look(Cmd::List(ListOp::Range), Menu::Host, "Mark a range", &["v"]).on(ROWS).when(a_row),
    look(Cmd::List(ListOp::MarkAll), Menu::Host, "Mark all shown", &["*"]).on(ROWS).when(a_row),
    look(Cmd::List(ListOp::Unmark), Menu::Host, "Unmark all", &["u"]).on(ROWS).when(marked),
    look(Cmd::Cordon, Menu::Host, "Cordon", &["C"]).on(HOSTS).when(change_hosts).asks().hint(6),
    look(Cmd::Uncordon, Menu::Host, "Uncordon", &["U"]).on(HOSTS).when(lift_cordons).asks(),
    look(Cmd::Drain, Menu::Host, "Drain", &["D"]).on(HOSTS).when(change_hosts).plans().hint(5),
    look(Cmd::Undrain, Menu::Host, "Undrain", &["E"])
        .on(DRAINED)
        .when(lift_drains)
        .asks()
        .hint_in(DRAINS, 6),
    look(Cmd::Reboot, Menu::Host, "Reboot", &["R"]).on(HOSTS).when(change_hosts).plans(),
    look(Cmd::Retire, Menu::Host, "Retire", &[]).on(HOSTS).when(change_hosts).plans(),
    look(Cmd::Console, Menu::Host, "Console", &["X"]).on(HOSTS).when(one_host).asks(),
    look(Cmd::Doctor, Menu::Host, "Doctor", &[]).on(HOSTS).when(examined_host),
    look(Cmd::Play, Menu::Host, "Run playbook", &["P"]).on(HOSTS).when(change_hosts).plans(),
    look(Cmd::Copy, Menu::Host, "Copy", &["y"]).on(COPIED).when(a_row),
    look(Cmd::ShowVm, Menu::Vm, "Show", &[]).on(&[WinKind::Vms]).when(a_row),
    look(Cmd::PoolVms, Menu::Vm, "Its VMs", &["Enter", "d"]).on(POOLS).when(a_row).hint(4),
    look(Cmd::Respawn, Menu::Vm, "Respawn pool", &[])
        .on(OF_VMS)
        .when(change_pool)
        .plans()
        .hint_in(POOLS, 5),
    look(Cmd::ShowJob, Menu::Job, "Show", &["Enter", "d"]).on(SHOWN).when(shown).hint(4),
    look(Cmd::JobOf, Menu::Job, "Its job", &["o"]).on(DRAINS).when(known_job).hint(5),
    look(Cmd::PreviewBook, Menu::Job, "Preview", &["p"]).on(BOOKS).when(preview_book).hint(5),
    look(Cmd::CancelJob, Menu::Job, "Cancel", &["K"]).on(JOBS).when(open_job).asks().hint(5),
    look(Cmd::RetryJob, Menu::Job, "Try again", &["A"]).on(JOBS).when(failed_job).asks(),
    look(Cmd::ResumeJob, Menu::Job, "Resume", &[]).on(JOBS).when(paused_job).asks(),
    leaf(Leaf::Scale(Scale::Day), "Day", &["d"]).hint(3),
    leaf(Leaf::Scale(Scale::Week), "Week", &["w"]).hint(3),
    leaf(Leaf::Scale(Scale::Month), "Month", &["m"]).hint(3),
    leaf(Leaf::Today, "Today", &["t"]),
    look(Cmd::RunJob, Menu::Schedule, "Show its job", &["Enter", "o"])
        .on(SCHEDULE)
        .when(a_schedule),
    look(Cmd::PreviewRun, Menu::Schedule, "Preview run", &["p"])
        .on(SCHEDULE)
        .when(preview_run)
        .hint(6),
    of_schedule(Cmd::RunNow, "Run now", &["N"]).hint(5),
    of_schedule(Cmd::HoldSchedule, "Suspend/resume", &["H"]).hint(10),
    of_schedule(Cmd::SkipNext, "Skip next run", &["S"]),
    look(Cmd::List(ListOp::Filter), Menu::View, "Filter", &["/"]).on(LISTS).hint(2),
    look(Cmd::List(ListOp::Sort), Menu::View, "Sort by next column", &["s"]).on(LISTS),
    look(Cmd::List(ListOp::Flip), Menu::View, "Sort the other way", &["i"]).on(LISTS),
    look(Cmd::List(ListOp::Group), Menu::View, "Group by next column", &["b"]).on(GROUPED),
    look(Cmd::Columns, Menu::View, "Columns", &["c"]).on(LISTS),
    look(Cmd::List(ListOp::Columns(ColumnOp::Wide)), Menu::View, "Wide", &["w"]).on(LISTS),
    look(Cmd::List(ListOp::Freeze), Menu::View, "Freeze rows", &["."]).on(LISTS),
    look(Cmd::List(ListOp::Follow), Menu::View, "Follow", &["f"]).on(GROWING).hint(5),
    look(Cmd::List(ListOp::Part(true)), Menu::View, "Next part", &["Tab", "Enter"]).on(JOB).hint(2),
    look(Cmd::List(ListOp::Part(false)), Menu::View, "Part before", &["BackTab"]).on(JOB),
    look(Cmd::Then, Menu::View, "The fleet then", &["t"]).on(&[WinKind::Events]).when(a_row),
    look(Cmd::List(ListOp::ZoomIn), Menu::View, "Zoom in", &["+", "="]).on(MAP).hint(5),
    look(Cmd::List(ListOp::ZoomOut), Menu::View, "Zoom out", &["-"]).on(MAP).hint(6),
    look(Cmd::List(ListOp::Tint), Menu::View, "State/load/macOS", &["c"]).on(MAP).hint(10),
    look(Cmd::Jump, Menu::View, "Jump to", &["^O"]),
    look(Cmd::SelectText, Menu::View, "Select text", &["F8"]),
    look(Cmd::Redraw, Menu::View, "Draw anew", &["^L"]),
    look(Cmd::Next, Menu::Window, "Next", &["F6", "Tab"]).when(two_windows),
    look(Cmd::Previous, Menu::Window, "Previous", &["Shift-F6", "BackTab"]).when(two_windows),
    look(Cmd::Zoom, Menu::Window, "Zoom", &["F5", "z"]).when(framed),
    look(Cmd::Pin, Menu::Window, "Pin on top/unpin", &[]).when(framed),
    look(Cmd::Move, Menu::Window, "Move and size", &["W"]).when(framed),
    look(Cmd::Tile, Menu::Window, "Tile", &["T"]).when(framed),
    snap(Side::Left, "Left half"),
    snap(Side::Right, "Right half"),
    snap(Side::TopLeft, "Top left"),
    snap(Side::TopRight, "Top right"),
    snap(Side::BottomLeft, "Bottom left"),
    snap(Side::BottomRight, "Bottom right"),
    look(Cmd::Windows, Menu::Window, "List", &["0"]).when(a_window),
    look(Cmd::Layouts, Menu::Window, "Layouts", &[]),
    look(Cmd::ResetLayout, Menu::Window, "Reset layout", &[]),
    look(Cmd::Close, Menu::Window, "Close", &["^W"]).when(a_window),
    look(Cmd::Help, Menu::Help, "Keys", &["?", "F1"]).hint(1),
    look(Cmd::Report, Menu::Help, "Write a report", &[]),
    bare(Cmd::Menu, "Menu", &["m", "F9", "F10", "Shift-F10"]).hint(1),
    bare(Cmd::Back, "Back, close, clear", &["Esc"]),
    bare(Cmd::Keep, "Keep what is chosen", &["Enter", "Space"]).on(SETTINGS).hint(2),
    Command { menu: None, ..leaf(Leaf::Earlier, "Day before", &["Left", "h"]) },
    Command { menu: None, ..leaf(Leaf::Later, "Day after", &["Right", "l"]) },
    bare(Cmd::Nth(7), "Window 7", &["7"]),
    bare(Cmd::Nth(8), "Window 8", &["8"]),
    bare(Cmd::Nth(9), "Window 9", &["9"]),
    go(Motion::Up, "Up", &["Up", "k"]),
    go(Motion::Down, "Down", &["Down", "j"]),
    bare(Cmd::List(ListOp::Left), "Left on the map, or by a column", &["Left", "h"]),
    bare(Cmd::List(ListOp::Right), "Right on the map, or by a column", &["Right", "l"]),
    go(Motion::PageUp, "Page up", &["PgUp"]),
    go(Motion::PageDown, "Page down", &["PgDn"]),
    go(Motion::HalfUp, "Half a page up", &["^U"]),
    go(Motion::HalfDown, "Half a page down", &["^D"]),
    go(Motion::First, "First", &["Home", "g"]),
    go(Motion::Last, "Last", &["End", "G"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::keymap::Keymap;
    use crate::ui::keys::Key;

    #[test]
    fn every_key_is_one_a_terminal_delivers_and_gives_one_command_in_a_window() {
        let mut seen = std::collections::BTreeMap::new();
        for command in COMMANDS {
            for text in command.keys {
                let key: Key = text.parse().unwrap();
                assert_eq!(key.to_string(), *text, "spelt as it prints");
                assert_eq!(key.never_sent(), None, "{text} does not arrive");
                let kinds = command.on.iter().map(|kind| Some(*kind));
                let kinds: Vec<_> =
                    if command.on.is_empty() { vec![None] } else { kinds.collect() };
                for kind in kinds {
                    assert_eq!(seen.insert((key, kind), command.id), None, "{text} twice");
                }
            }
        }
    }

    #[test]
    fn every_command_is_reachable_without_alt_function_keys_or_mouse() {
        let plain = |text: &&str| {
            let key: Key = text.parse().unwrap();
            !key.alt && !text.contains('F') || text.len() == 1
        };
        let menu = Command::of(Cmd::Menu).unwrap();
        assert!(menu.keys.iter().any(plain));
        for command in COMMANDS {
            let reachable = command.menu.is_some() || command.keys.iter().any(plain);
            assert!(reachable, "{}", command.label);
        }
    }

    /// A window may have a key for itself, but never the one that finds all the others.
    #[test]
    fn the_palette_is_reachable_from_every_window() {
        let find = Command::of(Cmd::Find).unwrap();
        for command in COMMANDS.iter().filter(|command| command.id != Cmd::Find) {
            assert!(command.keys.iter().all(|key| !find.keys.contains(key)), "{}", command.label);
        }
        let menu = Command::of(Cmd::Menu).unwrap();
        for kind in COMMANDS.iter().flat_map(|command| command.on) {
            let keys = Keymap::default();
            assert!(!keys.first(menu, Some(*kind)).is_empty(), "{kind:?} has no key for the menu");
        }
    }

    #[test]
    fn every_theme_has_its_command() {
        for name in ThemeName::ALL {
            let command = Command::of(Cmd::Theme(name)).unwrap();
            assert_eq!(command.label, format!("Theme {}", name.word()));
            let now = Situation { theme: name, ..Situation::default() };
            assert!(command.can(&now).is_err() && name != ThemeName::Tokens);
        }
    }

    #[test]
    fn lower_case_looks_and_upper_case_asks() {
        for command in COMMANDS.iter().filter(|command| command.tier > Tier::Look) {
            for key in command.keys {
                assert!(key.chars().all(|c| c.is_ascii_uppercase()), "{}: {key}", command.label);
            }
        }
    }

    #[test]
    fn a_command_that_changes_the_fleet_says_why_not() {
        let good = Situation {
            kind: Some(WinKind::Hosts),
            loaded: true,
            connected: true,
            row: true,
            hosts: 1,
            windows: 1,
            ..Situation::default()
        };
        let cordon = Command::of(Cmd::Cordon).unwrap();
        assert_eq!(cordon.can(&good), Ok(()));
        for (now, why) in [
            (Situation { read_only: true, ..good.clone() }, "read-only"),
            (Situation { loaded: false, ..good.clone() }, "not loaded"),
            (Situation { connected: false, ..good.clone() }, "not connected"),
            (Situation { stale: true, ..good.clone() }, "out of date"),
            (Situation { hosts: 0, ..good.clone() }, "no host"),
            (Situation { kind: Some(WinKind::Jobs), ..good.clone() }, "not for this window"),
        ] {
            let said = cordon.can(&now).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let uncordon = Command::of(Cmd::Uncordon).unwrap();
        assert!(uncordon.can(&good).is_err());
        assert!(uncordon.can(&Situation { cordoned: 1, ..good }).is_ok());
    }
}
