//! Checks of the Mac itself: who is logged in, whether it stays up, its clock, what we may.

use super::{Patient, needs_keychain, number};
use crate::model::{Check, CheckName, Exam, LoginFile, Setting, Span};
use crate::plan::ready::{Lack, lacks};

const LOG_IN: &str = "sudo sysadminctl -autologin set -userName \"$(id -un)\" -password -";
/// Owners of the screen when nobody is logged in.
const NOBODY: [&str; 3] = ["root", "loginwindow", "_mbsetupuser"];
/// We open so many sessions on a connection at most.
const SESSIONS: u64 = 6;
/// We make so many connections at once through an entry point at most.
const CONNECTIONS: u64 = 8;
/// A clock that is further off makes leases and timestamps lie.
const SKEW: Span = Span::from_secs(2);

fn is_nobody(user: &str) -> bool {
    NOBODY.contains(&user) || user.is_empty()
}

pub(super) fn gui_session(patient: &Patient<'_>) -> Check {
    let (name, exam) = (CheckName::GuiSession, patient.exam);
    let Setting::Is(user) = &exam.console else {
        return Check::unknown(name, "who is logged in at the screen could not be read")
            .fix("stat -f %Su /dev/console");
    };
    if *user == exam.user && !is_nobody(user) {
        return Check::ok(name, format!("{user} is logged in at the screen"));
    }
    let who = if is_nobody(user) {
        "nobody is logged in at the screen".to_owned()
    } else {
        format!("{user} is logged in at the screen, and we are {}", exam.user)
    };
    if !needs_keychain(exam) {
        return Check::ok(name, format!("{who}: no VM needs it before macOS 15"));
    }
    let fix = match &exam.auto_login {
        Setting::Is(login) if *login == exam.user => {
            format!("hostler host reboot {} --reason 'nobody is logged in'", patient.name)
        }
        Setting::Is(_) | Setting::Absent | Setting::Unread => LOG_IN.into(),
    };
    let locked = |lack: &Lack| matches!(lack, Lack::Unlocked(_));
    if lacks(Some(&exam.sighting)).iter().any(locked) {
        let why = format!("{who} and the login keychain is locked: no macOS VM starts");
        return Check::fail(name, why).fix(fix);
    }
    let why = format!(
        "{who}: a guest of macOS 15.2 or later starts only while the keychain stays unlocked \
         (tart#1075)"
    );
    Check::warn(name, why).fix(fix)
}

pub(super) fn auto_login(exam: &Exam) -> Check {
    let name = CheckName::AutoLogin;
    if !needs_keychain(exam) {
        return Check::ok(name, "no VM needs it before macOS 15");
    }
    let user = match &exam.auto_login {
        Setting::Is(user) => user,
        Setting::Absent => {
            let why = "nobody is logged in at the start: after a restart the keychain stays locked";
            return Check::warn(name, why).fix(LOG_IN);
        }
        Setting::Unread => {
            return Check::unknown(name, "who is logged in at the start could not be read")
                .fix("defaults read /Library/Preferences/com.apple.loginwindow autoLoginUser");
        }
    };
    if *user != exam.user {
        let why = format!("{user} is logged in at the start, and we are {}", exam.user);
        return Check::warn(name, why).fix(LOG_IN);
    }
    if exam.sighting.facts.filevault == Some(true) {
        let why = format!("set for {user}, and FileVault does not let it happen");
        return Check::warn(name, why).fix("sudo fdesetup disable");
    }
    match exam.login_file {
        Some(LoginFile::Kept) => Check::ok(name, format!("{user} is logged in at the start")),
        Some(LoginFile::Sealed) => Check::ok(
            name,
            format!("{user} is logged in at the start; macOS keeps the password sealed"),
        ),
        Some(LoginFile::Absent) => {
            let why =
                format!("set for {user}, and /etc/kcpassword is not there: it does not happen");
            Check::warn(name, why).fix(LOG_IN)
        }
        None => Check::unknown(
            name,
            format!("set for {user}; whether its password is kept could not be read"),
        )
        .fix("ls -l /etc/kcpassword"),
    }
}

pub(super) fn filevault(patient: &Patient<'_>) -> Check {
    let name = CheckName::Filevault;
    match (patient.exam.sighting.facts.filevault, patient.host.spec.authrestart) {
        (Some(false), _) => Check::ok(name, "off"),
        (Some(true), true) => Check::ok(name, "on, and a restart past it is set up (authrestart)"),
        (Some(true), false) => Check::warn(
            name,
            "on: after a restart or a power cut this Mac waits for somebody to unlock its disk, \
             and Hostler does not restart it",
        )
        .fix("sudo fdesetup disable"),
        (None, _) => {
            Check::unknown(name, "whether it is on could not be read").fix("fdesetup status")
        }
    }
}

fn unread(name: CheckName, fix: &str) -> Check {
    Check::unknown(name, "the power settings could not be read").fix(fix)
}

pub(super) fn sleep(exam: &Exam) -> Check {
    let name = CheckName::Sleep;
    let fix = "sudo pmset -a sleep 0 disksleep 0 displaysleep 0";
    match number(&exam.sleep) {
        Some(0) => Check::ok(name, "it never sleeps"),
        Some(minutes) if exam.sleep_prevented => Check::warn(
            name,
            format!("set to sleep after {minutes} min; something keeps it awake for now"),
        )
        .fix(fix),
        Some(minutes) => {
            Check::fail(name, format!("it sleeps after {minutes} min, with its VMs")).fix(fix)
        }
        None if exam.sleep == Setting::Absent => {
            Check::unknown(name, "`pmset` does not say when it sleeps").fix(fix)
        }
        None => unread(name, fix),
    }
}

pub(super) fn autorestart(exam: &Exam) -> Check {
    let name = CheckName::Autorestart;
    let fix = "sudo pmset -a autorestart 1";
    match number(&exam.autorestart) {
        Some(0) => {
            Check::warn(name, "after a power cut it stays off until its button is pressed").fix(fix)
        }
        Some(_) => Check::ok(name, "it starts by itself after a power cut"),
        None if exam.autorestart == Setting::Absent => {
            Check::unknown(name, "`pmset` has no such setting here, as on laptops")
        }
        None => unread(name, fix),
    }
}

pub(super) fn wake(exam: &Exam) -> Check {
    let name = CheckName::Wake;
    let fix = "sudo pmset -a womp 1";
    if number(&exam.sleep) == Some(0) {
        return Check::ok(name, "it never sleeps");
    }
    match number(&exam.wake) {
        Some(0) => Check::warn(name, "it sleeps, and does not wake for network access").fix(fix),
        Some(_) => Check::ok(name, "it wakes for network access"),
        None if exam.wake == Setting::Absent => {
            Check::unknown(name, "`pmset` does not say whether it wakes for network access")
                .fix(fix)
        }
        None => unread(name, fix),
    }
}

pub(super) fn updates(exam: &Exam) -> Check {
    let name = CheckName::Updates;
    let fix = "sudo defaults write /Library/Preferences/com.apple.SoftwareUpdate \
        AutomaticallyInstallMacOSUpdates -bool false";
    match (number(&exam.updates), &exam.updates) {
        (Some(0), _) => Check::ok(name, "macOS does not install its updates by itself"),
        (Some(_), _) => Check::warn(
            name,
            "macOS installs its updates by itself, and restarts for it when it likes",
        )
        .fix(fix),
        (None, Setting::Absent) => Check::unknown(
            name,
            "not set: macOS does as was said when it was set up, and its own default is to \
             install updates by itself",
        )
        .fix(fix),
        (None, Setting::Is(_) | Setting::Unread) => {
            Check::unknown(name, "whether macOS installs updates by itself could not be read")
                .fix(fix)
        }
    }
}

/// Its clock was read at some moment between the question and the answer, and shows whole seconds:
/// what is certainly off is what lies outside of both.
pub(super) fn clock(exam: &Exam) -> Check {
    let name = CheckName::Clock;
    let fix = "sudo sntp -sS time.apple.com && sudo systemsetup -setusingnetworktime on";
    let Some(there) = exam.clock else {
        return Check::unknown(name, "its clock could not be read").fix("date -u");
    };
    let (asked, answered) = exam.asked;
    let ahead = there.since(answered);
    let behind = asked.since(there + Span::from_secs(1));
    let (off, way) = if ahead > behind { (ahead, "ahead") } else { (behind, "behind") };
    if off < SKEW {
        return Check::ok(name, "as ours");
    }
    let why = format!("it is {} {way} of the controller's", off.rough());
    Check::fail(name, why).fix(fix)
}

pub(super) fn sshd(exam: &Exam) -> Check {
    let name = CheckName::Sshd;
    let fix = "printf 'MaxSessions 10\\nMaxStartups 10:30:100\\n' | \
        sudo tee /etc/ssh/sshd_config.d/000-hostler.conf";
    let look = "sudo sshd -T | grep -i '^max'";
    let limit = |setting: &Setting, default: u64| match setting {
        Setting::Absent => Some(default),
        // Of `10:30:100`, from how many on it refuses some.
        Setting::Is(text) => text.split(':').next()?.trim().parse().ok(),
        Setting::Unread => None,
    };
    let (sessions, startups) = (limit(&exam.max_sessions, 10), limit(&exam.max_startups, 10));
    let (Some(sessions), Some(startups)) = (sessions, startups) else {
        return Check::unknown(name, "the limits of remote login could not be read").fix(look);
    };
    let why = format!("{sessions} sessions on a connection, {startups} connections that log in");
    if sessions < SESSIONS {
        let why = format!("{why}: Hostler opens up to {SESSIONS} sessions");
        return Check::warn(name, why).fix(fix);
    }
    if startups < CONNECTIONS {
        let why =
            format!("{why}: through an entry point Hostler makes up to {CONNECTIONS} at once");
        return Check::warn(name, why).fix(fix);
    }
    Check::ok(name, why)
}

pub(super) fn power(exam: &Exam) -> Check {
    let name = CheckName::Power;
    let look = "pmset -g batt";
    match &exam.power {
        Setting::Is(source) if source.contains("AC") => Check::ok(name, "on mains"),
        Setting::Is(source) if source.contains("Battery") => {
            Check::fail(name, "on battery: plug it in, or it is gone in hours").fix(look)
        }
        Setting::Is(source) if source.contains("UPS") => {
            Check::warn(name, "on the battery of a UPS: the mains are out").fix(look)
        }
        Setting::Is(source) => Check::unknown(name, format!("on `{source}`")).fix(look),
        Setting::Absent | Setting::Unread => {
            Check::unknown(name, "its source of power could not be read").fix(look)
        }
    }
}

fn sudoers(command: &str) -> String {
    format!(
        "echo \"$(id -un) ALL=(root) NOPASSWD: {command}\" | sudo tee -a /etc/sudoers.d/hostler \
         && sudo visudo -c"
    )
}

pub(super) fn sudo_count(exam: &Exam) -> Check {
    let name = CheckName::SudoCount;
    match exam.sighting.facts.all_users {
        Some(true) => Check::ok(name, "VMs of all users are counted"),
        Some(false) => Check::warn(
            name,
            "VMs that other users run may be hidden: sudo wants a password for pgrep",
        )
        .fix(sudoers("/usr/bin/pgrep")),
        None => Check::unknown(name, "whose VMs are counted could not be read")
            .fix("sudo -n pgrep -lf Virtualization"),
    }
}

pub(super) fn sudo_reboot(exam: &Exam) -> Check {
    let name = CheckName::SudoReboot;
    match exam.may_restart {
        Some(true) => Check::ok(name, "sudo restarts it without a password"),
        Some(false) => Check::warn(
            name,
            "Hostler cannot restart it, which leaked slots need: sudo wants a password for shutdown",
        )
        .fix(sudoers("/sbin/shutdown -r now")),
        None => Check::unknown(name, "what sudo allows could not be read").fix("sudo -n -l"),
    }
}
