//! The one table of commands. Menus, keys, hints, help and the rules for when a command can be
//! given are read from it and stand nowhere else.

use super::keys::Key;
use super::widgets::Motion;
use super::windows::{ListOp, WinKind};

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cmd {
    Theme,
    Retry,
    Redraw,
    Suspend,
    Quit,
    Map,
    Hosts,
    Vms,
    Jobs,
    Events,
    /// A window without a number of its own, by the one it was given.
    Nth(u8),
    Find,
    Open,
    ShowVm,
    Owner,
    Copy,
    Cordon,
    Uncordon,
    Undrain,
    CancelJob,
    ResumeJob,
    RetryJob,
    Drain,
    Reboot,
    Retire,
    SelectText,
    Next,
    Previous,
    Zoom,
    Move,
    Tile,
    Snap(Side),
    Close,
    Help,
    Menu,
    Back,
    /// What the list in the window does by itself.
    List(ListOp),
}

/// Where a window snaps to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    Left,
    Right,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// The menus, from the left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Menu {
    System,
    Fleet,
    Host,
    Vm,
    Job,
    View,
    Window,
    Help,
}

/// The menus with their titles. The letter that opens one with Alt is its first.
pub const MENUS: [(Menu, &str); 8] = [
    (Menu::System, ""),
    (Menu::Fleet, "Fleet"),
    (Menu::Host, "Host"),
    (Menu::Vm, "VM"),
    (Menu::Job, "Job"),
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

/// What a command's rule may look at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Situation {
    pub kind: Option<WinKind>,
    /// The first snapshot has come.
    pub loaded: bool,
    pub connected: bool,
    pub stale: bool,
    pub read_only: bool,
    /// The cursor is on a row.
    pub row: bool,
    pub marks: usize,
    /// How many hosts a command for hosts would be about, and how many of them are cordoned.
    pub hosts: usize,
    pub cordoned: usize,
    /// How many of them a drain holds.
    pub drained: usize,
    /// The word of the job under the cursor.
    pub job: Option<&'static str>,
    pub windows: usize,
    /// One window fills the screen.
    pub compact: bool,
}

/// Whether a command can be given now; if not, why.
pub type When = fn(&Situation) -> Result<(), &'static str>;

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
    when: When,
}

const LISTS: &[WinKind] = &[WinKind::Hosts, WinKind::Vms, WinKind::Jobs, WinKind::Events];
const HOSTS: &[WinKind] = &[WinKind::Hosts, WinKind::Host];
const OF_HOSTS: &[WinKind] =
    &[WinKind::Map, WinKind::Hosts, WinKind::Vms, WinKind::Events, WinKind::Vm];
const MAP: &[WinKind] = &[WinKind::Map];
const OTHERS: &[WinKind] = &[WinKind::Vms, WinKind::Events, WinKind::Host, WinKind::Vm];
const JOBS: &[WinKind] = &[WinKind::Jobs];
const ROWS: &[WinKind] = &[WinKind::Hosts, WinKind::Vms];

const fn look(id: Cmd, menu: Menu, label: &'static str, keys: &'static [&'static str]) -> Command {
    let when: When = always;
    Command { id, menu: Some(menu), label, keys, tier: Tier::Look, on: &[], hint: 0, when }
}
const fn go(motion: Motion, label: &'static str, keys: &'static [&'static str]) -> Command {
    Command { menu: None, ..look(Cmd::List(ListOp::Go(motion)), Menu::View, label, keys) }
}
const fn bare(id: Cmd, label: &'static str, keys: &'static [&'static str]) -> Command {
    Command { menu: None, ..look(id, Menu::View, label, keys) }
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
        if !self.on.is_empty() && !now.kind.is_some_and(|kind| self.on.contains(&kind)) {
            return Err("not for this window");
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
    /// The command this key gives.
    pub fn on_key(key: Key) -> Option<&'static Self> {
        let text = key.to_string();
        COMMANDS.iter().find(|command| command.keys.contains(&text.as_str()))
    }
    /// The commands of a menu, from the top.
    pub fn of_menu(menu: Menu) -> impl Iterator<Item = &'static Self> {
        COMMANDS.iter().filter(move |command| command.menu == Some(menu))
    }
}

fn always(_: &Situation) -> Result<(), &'static str> {
    Ok(())
}
fn a_row(now: &Situation) -> Result<(), &'static str> {
    if now.row { Ok(()) } else { Err("no row is chosen") }
}
fn a_host(now: &Situation) -> Result<(), &'static str> {
    if now.hosts > 0 { Ok(()) } else { Err("no host is chosen") }
}
fn marked(now: &Situation) -> Result<(), &'static str> {
    if now.marks > 0 { Ok(()) } else { Err("nothing is marked") }
}
fn a_window(now: &Situation) -> Result<(), &'static str> {
    if now.windows > 0 { Ok(()) } else { Err("no window is open") }
}
fn two_windows(now: &Situation) -> Result<(), &'static str> {
    if now.windows > 1 { Ok(()) } else { Err("no other window is open") }
}
fn framed(now: &Situation) -> Result<(), &'static str> {
    match now.compact {
        true => Err("at this size one window fills the screen"),
        false => a_window(now),
    }
}
fn lost(now: &Situation) -> Result<(), &'static str> {
    if now.connected { Err("connected already") } else { Ok(()) }
}
fn change_hosts(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    if now.hosts > 0 { Ok(()) } else { Err("no host is chosen") }
}
/// Whether anything can be asked of the controller; if not, why.
pub fn may_change(now: &Situation) -> Result<(), &'static str> {
    match now {
        Situation { read_only: true, .. } => Err("this desktop was started read-only"),
        Situation { loaded: false, .. } => Err("the fleet is not loaded yet"),
        Situation { connected: false, .. } => Err("not connected to the controller"),
        Situation { stale: true, .. } => Err("what you see may be out of date"),
        _ => Ok(()),
    }
}
fn lift_drains(now: &Situation) -> Result<(), &'static str> {
    change_hosts(now)?;
    if now.drained > 0 { Ok(()) } else { Err("no host chosen is drained") }
}
fn open_job(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    match now.job {
        Some("running" | "paused") => Ok(()),
        Some(_) => Err("the job is over"),
        None => Err("no job is chosen"),
    }
}
fn paused_job(now: &Situation) -> Result<(), &'static str> {
    open_job(now)?;
    if now.job == Some("paused") { Ok(()) } else { Err("the job is not paused") }
}
fn failed_job(now: &Situation) -> Result<(), &'static str> {
    may_change(now)?;
    match now.job {
        Some("failed" | "paused") => Ok(()),
        Some(_) => Err("nothing of the job has failed"),
        None => Err("no job is chosen"),
    }
}
fn lift_cordons(now: &Situation) -> Result<(), &'static str> {
    change_hosts(now)?;
    if now.cordoned > 0 { Ok(()) } else { Err("no host chosen is cordoned") }
}

/// The table.
pub const COMMANDS: &[Command] = &[
    look(Cmd::Theme, Menu::System, "Next theme", &[]),
    look(Cmd::Retry, Menu::System, "Connect now", &["r"]).when(lost),
    look(Cmd::Suspend, Menu::System, "Suspend", &["^Z"]),
    look(Cmd::Quit, Menu::System, "Quit", &["^Q"]).hint(9),
    look(Cmd::Map, Menu::Fleet, "Fleet map", &["1"]),
    look(Cmd::Hosts, Menu::Fleet, "Hosts", &["2"]),
    look(Cmd::Vms, Menu::Fleet, "VMs", &["3"]),
    look(Cmd::Jobs, Menu::Fleet, "Jobs", &["4"]),
    look(Cmd::Events, Menu::Fleet, "Events", &["6"]),
    look(Cmd::Find, Menu::Fleet, "Find", &[":", "^P"]).hint(8),
    look(Cmd::Open, Menu::Host, "Open", &["Enter", "d"]).on(OF_HOSTS).when(a_host).hint(4),
    look(Cmd::Owner, Menu::Host, "Show in Hosts", &["o"]).on(OTHERS).when(a_host).hint(5),
    look(Cmd::List(ListOp::Mark), Menu::Host, "Mark", &["Space"]).on(ROWS).when(a_row).hint(3),
    look(Cmd::List(ListOp::MarkAll), Menu::Host, "Mark all shown", &["*"]).on(ROWS).when(a_row),
    look(Cmd::List(ListOp::Unmark), Menu::Host, "Unmark all", &["u"]).on(ROWS).when(marked),
    look(Cmd::Cordon, Menu::Host, "Cordon", &["C"]).on(HOSTS).when(change_hosts).asks().hint(6),
    look(Cmd::Uncordon, Menu::Host, "Uncordon", &["U"]).on(HOSTS).when(lift_cordons).asks(),
    look(Cmd::Drain, Menu::Host, "Drain", &["D"]).on(HOSTS).when(change_hosts).plans().hint(5),
    look(Cmd::Undrain, Menu::Host, "Undrain", &["Z"]).on(HOSTS).when(lift_drains).asks(),
    look(Cmd::Reboot, Menu::Host, "Reboot", &["R"]).on(HOSTS).when(change_hosts).plans(),
    look(Cmd::Retire, Menu::Host, "Retire", &[]).on(HOSTS).when(change_hosts).plans(),
    look(Cmd::Copy, Menu::Host, "Copy", &["y"]).on(LISTS).when(a_row),
    look(Cmd::ShowVm, Menu::Vm, "Show", &[]).on(&[WinKind::Vms]).when(a_row),
    look(Cmd::CancelJob, Menu::Job, "Cancel", &["K"]).on(JOBS).when(open_job).asks().hint(5),
    look(Cmd::RetryJob, Menu::Job, "Try again", &["A"]).on(JOBS).when(failed_job).asks(),
    look(Cmd::ResumeJob, Menu::Job, "Resume", &[]).on(JOBS).when(paused_job).asks(),
    look(Cmd::List(ListOp::Filter), Menu::View, "Filter", &["/"]).on(LISTS).hint(2),
    look(Cmd::List(ListOp::Sort), Menu::View, "Sort by next column", &["s"]).on(LISTS),
    look(Cmd::List(ListOp::Flip), Menu::View, "Sort the other way", &["i"]).on(LISTS),
    look(Cmd::List(ListOp::Follow), Menu::View, "Follow", &["f"]).on(&[WinKind::Events]).hint(5),
    look(Cmd::List(ListOp::ZoomIn), Menu::View, "Zoom in", &["+", "="]).on(MAP).hint(5),
    look(Cmd::List(ListOp::ZoomOut), Menu::View, "Zoom out", &["-"]).on(MAP).hint(6),
    look(Cmd::SelectText, Menu::View, "Select text", &["F8"]),
    look(Cmd::Redraw, Menu::View, "Draw anew", &["^L"]),
    look(Cmd::Next, Menu::Window, "Next", &["F6", "Tab"]).when(two_windows),
    look(Cmd::Previous, Menu::Window, "Previous", &["Shift-F6", "BackTab"]).when(two_windows),
    look(Cmd::Zoom, Menu::Window, "Zoom", &["F5", "z"]).when(framed),
    look(Cmd::Move, Menu::Window, "Move and size", &["W"]).when(framed),
    look(Cmd::Tile, Menu::Window, "Tile", &["T"]).when(framed),
    snap(Side::Left, "Left half"),
    snap(Side::Right, "Right half"),
    snap(Side::TopLeft, "Top left"),
    snap(Side::TopRight, "Top right"),
    snap(Side::BottomLeft, "Bottom left"),
    snap(Side::BottomRight, "Bottom right"),
    look(Cmd::Close, Menu::Window, "Close", &["^W"]).when(a_window),
    look(Cmd::Help, Menu::Help, "Keys", &["?", "F1"]).hint(1),
    bare(Cmd::Menu, "Menu", &["m", "F9", "F10", "Shift-F10"]).hint(1),
    bare(Cmd::Back, "Back, close, clear", &["Esc"]),
    bare(Cmd::Nth(7), "Window 7", &["7"]),
    bare(Cmd::Nth(8), "Window 8", &["8"]),
    bare(Cmd::Nth(9), "Window 9", &["9"]),
    go(Motion::Up, "Up", &["Up", "k"]),
    go(Motion::Down, "Down", &["Down", "j"]),
    bare(Cmd::List(ListOp::Left), "Left on the map", &["Left"]),
    bare(Cmd::List(ListOp::Right), "Right on the map", &["Right"]),
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

    #[test]
    fn every_key_is_one_a_terminal_delivers_and_gives_one_command() {
        let mut seen = std::collections::BTreeMap::new();
        for command in COMMANDS {
            for text in command.keys {
                let key: Key = text.parse().unwrap();
                assert_eq!(key.to_string(), *text, "spelt as it prints");
                let never = ["^I", "^M", "^[", "^\\", "^_", "^/", "^Tab"].contains(text);
                let f3 = text.ends_with("F3") && *text != "F3";
                assert!(!never && !f3, "{text} does not arrive");
                assert_eq!(seen.insert(key, command.id), None, "{text} twice");
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
