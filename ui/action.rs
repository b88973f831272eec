//! The names of commands in a person's file of keys. A name stays what it is for ever, however
//! the command comes to be called on the screen.

use super::commands::{Cmd, Side};
use super::past::Leap;
use super::theme::ThemeName;
use super::widgets::{ColumnOp, Motion};
use super::windows::{Leaf, ListOp, Scale, WinKind};

impl Cmd {
    /// What it is called in `desktop.yaml`.
    pub fn action(self) -> &'static str {
        ACTIONS.iter().find(|(cmd, _)| *cmd == self).map_or("", |(_, action)| action)
    }
    /// The command of that name.
    pub fn of_action(action: &str) -> Option<Self> {
        ACTIONS.iter().find(|(_, name)| *name == action).map(|(cmd, _)| *cmd)
    }
}

/// All of them, in the order of the table of commands.
pub fn actions() -> Vec<&'static str> {
    ACTIONS.iter().map(|(_, action)| *action).collect()
}

const ACTIONS: &[(Cmd, &str)] = &[
    (Cmd::Settings, "settings"),
    (Cmd::Themes, "themes"),
    (Cmd::Theme(ThemeName::Dark), "theme-dark"),
    (Cmd::Theme(ThemeName::Light), "theme-light"),
    (Cmd::Theme(ThemeName::HighContrast), "theme-high-contrast"),
    (Cmd::Theme(ThemeName::CvdDark), "theme-cvd-dark"),
    (Cmd::Theme(ThemeName::CvdLight), "theme-cvd-light"),
    (Cmd::Theme(ThemeName::Terminal), "theme-terminal"),
    (Cmd::Theme(ThemeName::Mono), "theme-mono"),
    (Cmd::Time(Leap::Enter), "time-machine"),
    (Cmd::Time(Leap::Back), "event-back"),
    (Cmd::Time(Leap::On), "event-on"),
    (Cmd::Time(Leap::FarBack), "minutes-back"),
    (Cmd::Time(Leap::FarOn), "minutes-on"),
    (Cmd::Time(Leap::Leave), "present"),
    (Cmd::Retry, "connect"),
    (Cmd::Suspend, "suspend"),
    (Cmd::Quit, "quit"),
    (Cmd::Show(WinKind::Map), "map"),
    (Cmd::Show(WinKind::Hosts), "hosts"),
    (Cmd::Show(WinKind::Vms), "vms"),
    (Cmd::Show(WinKind::Jobs), "jobs"),
    (Cmd::Show(WinKind::Schedule), "schedule"),
    (Cmd::Show(WinKind::Events), "events"),
    (Cmd::Show(WinKind::Drains), "drains"),
    (Cmd::Show(WinKind::Metrics), "metrics"),
    (Cmd::Show(WinKind::Playbooks), "playbooks"),
    (Cmd::Show(WinKind::Pools), "pools"),
    (Cmd::Find, "find"),
    (Cmd::Undo, "undo"),
    (Cmd::Open, "open"),
    (Cmd::Owner, "show-host"),
    (Cmd::List(ListOp::Mark), "mark"),
    (Cmd::List(ListOp::Range), "mark-range"),
    (Cmd::List(ListOp::MarkAll), "mark-all"),
    (Cmd::List(ListOp::Unmark), "unmark"),
    (Cmd::Cordon, "cordon"),
    (Cmd::Uncordon, "uncordon"),
    (Cmd::Drain, "drain"),
    (Cmd::Undrain, "undrain"),
    (Cmd::Reboot, "reboot"),
    (Cmd::Retire, "retire"),
    (Cmd::Console, "console"),
    (Cmd::Doctor, "doctor"),
    (Cmd::Play, "run-playbook"),
    (Cmd::Copy, "copy"),
    (Cmd::ShowVm, "show-vm"),
    (Cmd::PoolVms, "vms-of-pool"),
    (Cmd::Respawn, "respawn"),
    (Cmd::ShowJob, "show-job"),
    (Cmd::JobOf, "job-of-drain"),
    (Cmd::CancelJob, "cancel-job"),
    (Cmd::RetryJob, "retry-job"),
    (Cmd::ResumeJob, "resume-job"),
    (Cmd::PreviewBook, "preview-playbook"),
    (Cmd::Leaf(Leaf::Scale(Scale::Day)), "day"),
    (Cmd::Leaf(Leaf::Scale(Scale::Week)), "week"),
    (Cmd::Leaf(Leaf::Scale(Scale::Month)), "month"),
    (Cmd::Leaf(Leaf::Today), "today"),
    (Cmd::RunJob, "job-of-run"),
    (Cmd::PreviewRun, "preview-run"),
    (Cmd::RunNow, "run-now"),
    (Cmd::HoldSchedule, "suspend-schedule"),
    (Cmd::SkipNext, "skip-run"),
    (Cmd::List(ListOp::Filter), "filter"),
    (Cmd::List(ListOp::Sort), "sort"),
    (Cmd::List(ListOp::Flip), "sort-other-way"),
    (Cmd::List(ListOp::Group), "group"),
    (Cmd::Columns, "columns"),
    (Cmd::List(ListOp::Columns(ColumnOp::Wide)), "wide"),
    (Cmd::List(ListOp::Freeze), "freeze"),
    (Cmd::List(ListOp::Follow), "follow"),
    (Cmd::List(ListOp::Part(true)), "next-part"),
    (Cmd::List(ListOp::Part(false)), "previous-part"),
    (Cmd::Then, "fleet-then"),
    (Cmd::List(ListOp::ZoomIn), "zoom-in"),
    (Cmd::List(ListOp::ZoomOut), "zoom-out"),
    (Cmd::List(ListOp::Tint), "map-tells"),
    (Cmd::Jump, "jump"),
    (Cmd::SelectText, "select-text"),
    (Cmd::Redraw, "redraw"),
    (Cmd::Next, "next-window"),
    (Cmd::Previous, "previous-window"),
    (Cmd::Zoom, "zoom"),
    (Cmd::Pin, "pin"),
    (Cmd::Move, "move"),
    (Cmd::Tile, "tile"),
    (Cmd::Snap(Side::Left), "snap-left"),
    (Cmd::Snap(Side::Right), "snap-right"),
    (Cmd::Snap(Side::TopLeft), "snap-top-left"),
    (Cmd::Snap(Side::TopRight), "snap-top-right"),
    (Cmd::Snap(Side::BottomLeft), "snap-bottom-left"),
    (Cmd::Snap(Side::BottomRight), "snap-bottom-right"),
    (Cmd::Windows, "windows"),
    (Cmd::Layouts, "layouts"),
    (Cmd::ResetLayout, "reset-layout"),
    (Cmd::Close, "close"),
    (Cmd::Help, "help"),
    (Cmd::Report, "report"),
    (Cmd::Menu, "menu"),
    (Cmd::Back, "back"),
    (Cmd::Keep, "keep"),
    (Cmd::Leaf(Leaf::Earlier), "day-before"),
    (Cmd::Leaf(Leaf::Later), "day-after"),
    (Cmd::Nth(7), "window-7"),
    (Cmd::Nth(8), "window-8"),
    (Cmd::Nth(9), "window-9"),
    (Cmd::List(ListOp::Go(Motion::Up)), "up"),
    (Cmd::List(ListOp::Go(Motion::Down)), "down"),
    (Cmd::List(ListOp::Left), "left"),
    (Cmd::List(ListOp::Right), "right"),
    (Cmd::List(ListOp::Go(Motion::PageUp)), "page-up"),
    (Cmd::List(ListOp::Go(Motion::PageDown)), "page-down"),
    (Cmd::List(ListOp::Go(Motion::HalfUp)), "half-page-up"),
    (Cmd::List(ListOp::Go(Motion::HalfDown)), "half-page-down"),
    (Cmd::List(ListOp::Go(Motion::First)), "first"),
    (Cmd::List(ListOp::Go(Motion::Last)), "last"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ui::commands::COMMANDS;

    #[test]
    fn every_command_has_one_name_of_its_own() {
        for command in COMMANDS {
            let names = ACTIONS.iter().filter(|(cmd, _)| *cmd == command.id).count();
            assert_eq!(names, 1, "{}", command.label);
            assert_eq!(Cmd::of_action(command.id.action()), Some(command.id));
        }
        let names: BTreeSet<_> = actions().into_iter().collect();
        assert_eq!((names.len(), ACTIONS.len()), (COMMANDS.len(), COMMANDS.len()));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(names.iter().all(|name| name.len() <= 20 && name.chars().all(plain)));
    }
}
