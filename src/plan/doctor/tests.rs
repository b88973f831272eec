//! What each check makes of what it finds: well, ill, unreadable, and not there at all.

use std::collections::BTreeMap;

use super::super::fixture::{at, host_spec, name};
use super::*;
use crate::model::*;

/// A Mac with nothing wrong.
fn well() -> Exam {
    let facts = Facts {
        macos: "26.4".into(),
        build: "25E100".into(),
        tool: "2.35.0".into(),
        disk: Bytes::gib(900),
        disk_free: Bytes::gib(400),
        filevault: Some(false),
        all_users: Some(true),
        ..Facts::default()
    };
    let is = |text: &str| Setting::Is(text.into());
    Exam {
        sighting: Sighting {
            facts,
            vms: Some(BTreeMap::new()),
            images: Some(Vec::new()),
            guests: Some(0),
            ..Sighting::default()
        },
        user: "admin".into(),
        tool: is("/opt/homebrew/bin/tart"),
        tool_elsewhere: None,
        ssh_path: "/usr/bin:/bin:/usr/sbin:/sbin".into(),
        perl: is("/usr/bin/perl"),
        keychain: is("Keychain \"<NULL>\" no-timeout"),
        console: is("admin"),
        auto_login: is("admin"),
        login_file: Some(LoginFile::Kept),
        local_network: is("192.168.0.0/16"),
        lease_s: is("600"),
        leased: Some(2),
        sleep: is("0"),
        sleep_prevented: false,
        autorestart: is("1"),
        wake: is("1"),
        updates: is("0"),
        power: is("AC Power"),
        clock: Some(at(100)),
        asked: (at(100), at(101)),
        leftovers: Some(Vec::new()),
        max_sessions: Setting::Absent,
        max_startups: Setting::Absent,
        may_restart: Some(true),
    }
}

fn found(which: CheckName, exam: &Exam, host: &Host) -> Check {
    let (mini, leaking) = (name("mini-01"), ["25A1".to_owned()].into());
    let patient = Patient { name: &mini, host, exam, leaking: &leaking };
    let checks = diagnose(&patient);
    assert!(checks.iter().map(|check| check.name).eq(CheckName::ALL));
    checks.into_iter().find(|check| check.name == which).unwrap()
}

/// One row: what is otherwise than well, and what the check makes of it, by words of its reason
/// and of its fix.
type Row = (CheckName, fn(&mut Exam, &mut Host), Verdict, &'static str, &'static str);

fn holds(rows: &[Row]) {
    for (nth, (which, ail, verdict, why, fix)) in rows.iter().enumerate() {
        let (mut exam, mut host) = (well(), Host::new(host_spec(&[]), at(0)));
        ail(&mut exam, &mut host);
        let check = found(*which, &exam, &host);
        assert_eq!(check.verdict, *verdict, "row {nth}: {check:?}");
        assert!(check.why.contains(why), "row {nth}: {check:?}");
        match (&check.fix, *fix) {
            (None, "") => {}
            (Some(said), fix) if !fix.is_empty() && said.contains(fix) => {}
            _ => panic!("row {nth}: {check:?}"),
        }
    }
}

fn is(text: &str) -> Setting {
    Setting::Is(text.into())
}

use CheckName as C;
use Verdict::{Fail, Ok, Unknown, Warn};

#[test]
fn a_well_mac_passes_every_check() {
    let host = Host::new(host_spec(&[]), at(0));
    for which in CheckName::ALL {
        let check = found(which, &well(), &host);
        assert_eq!((check.verdict, check.fix), (Ok, None), "{which}: {}", check.why);
    }
}

#[test]
fn nothing_that_is_unread_is_a_failure_or_well() {
    let host = Host::new(host_spec(&[]), at(0));
    for which in CheckName::ALL {
        let check = found(which, &Exam::default(), &host);
        // That a look has no list is what readiness itself refuses.
        let want = if which == C::Tool { Fail } else { Unknown };
        assert_eq!(check.verdict, want, "{which}: {}", check.why);
    }
}

#[test]
fn the_tool_and_what_it_needs() {
    holds(&[
        (C::Tool, |_, _| {}, Ok, "2.35.0 at /opt/homebrew/bin/tart, which is not on the path", ""),
        (C::Tool, |e, _| e.ssh_path.push_str(":/opt/homebrew/bin"), Ok, "/bin/tart", ""),
        (C::Tool, |e, _| e.tool = Setting::Absent, Fail, "not installed", "brew install"),
        (
            C::Tool,
            |e, _| {
                e.tool = Setting::Absent;
                e.tool_elsewhere = Some("/Applications/tart.app/Contents/MacOS/tart".into());
            },
            Fail,
            "neither a command over SSH",
            "ln -sf /Applications/tart.app/Contents/MacOS/tart /usr/local/bin/tart",
        ),
        (
            C::Tool,
            |e, _| {
                e.tool = Setting::Absent;
                e.tool_elsewhere = Some("/x; rm -rf ~".into());
            },
            Fail,
            "/x; rm",
            "",
        ),
        (C::Tool, |e, _| e.sighting.vms = None, Fail, "cannot list", "/opt/homebrew/bin/tart list"),
        (C::Tool, |e, _| e.sighting.facts.tool.clear(), Fail, "its version", "tart list"),
        (C::Perl, |e, _| e.perl = Setting::Absent, Fail, "there is none", "brew install perl"),
        (C::Keychain, |e, _| e.sighting.locked = Some("locked".into()), Fail, "locked", "unlock"),
        (C::Keychain, |e, _| e.keychain = Setting::Absent, Fail, "no login", "create-keychain"),
        (
            C::Keychain,
            |e, _| e.keychain = is("Keychain \"<NULL>\" lock-on-sleep timeout=300s"),
            Warn,
            "locks itself again",
            "set-keychain-settings",
        ),
        (
            C::Keychain,
            |e, _| {
                e.sighting.facts.macos = "14.7".into();
                e.keychain = Setting::Unread;
            },
            Ok,
            "before macOS 15",
            "",
        ),
        (
            C::Disk,
            |e, _| e.sighting.facts.disk_free = Bytes::gib(9),
            Fail,
            "only 9GiB",
            "--entries caches",
        ),
        (C::Disk, |e, _| e.sighting.facts.disk_free = Bytes::gib(50), Warn, "50 GiB", "tart prune"),
    ]);
}

#[test]
fn addresses_and_their_network() {
    holds(&[
        (C::DhcpLeases, |_, _| {}, Ok, "36432 VM starts a day", ""),
        (C::DhcpLeases, |e, _| e.lease_s = is("86400"), Warn, "253 VM starts a day", "-int 600"),
        (C::DhcpLeases, |e, _| e.lease_s = Setting::Absent, Warn, "macOS's own", "-dict-add"),
        (C::DhcpLeases, |e, _| e.lease_s = is("soon"), Unknown, "could not", "-int 600"),
        (C::DhcpLeases, |e, _| e.lease_s = is("0"), Unknown, "could not", "-int 600"),
        (C::DhcpLeases, |e, _| e.leased = Some(251), Fail, "251 of 253", "-int 600"),
        (C::LocalNetwork, |e, _| e.sighting.facts.macos = "14.7".into(), Ok, "before macOS 15", ""),
        (C::LocalNetwork, |e, _| e.local_network = is("10.0.0.0/8"), Warn, "only 10", "defaults"),
        (C::LocalNetwork, |e, _| e.local_network = is("x 0.0.0.0/0"), Ok, "allowed", ""),
        (C::LocalNetwork, |e, _| e.local_network = is("192.168.64.0/24"), Ok, "allowed", ""),
        (C::LocalNetwork, |e, _| e.local_network = Setting::Absent, Unknown, "exempt", "defaults"),
    ]);
}

#[test]
fn who_is_logged_in_now() {
    holds(&[
        (C::GuiSession, |e, _| e.console = is("root"), Warn, "nobody", "host reboot mini-01"),
        (
            C::GuiSession,
            |e, _| {
                e.console = is("loginwindow");
                e.auto_login = Setting::Absent;
            },
            Warn,
            "nobody",
            "sysadminctl -autologin set",
        ),
        (
            C::GuiSession,
            |e, _| {
                e.console = is("root");
                e.sighting.locked = Some("locked".into());
            },
            Fail,
            "no macOS VM starts",
            "host reboot",
        ),
        (
            C::GuiSession,
            |e, _| {
                e.console = is("root");
                e.user = "root".into();
            },
            Warn,
            "nobody",
            "sysadminctl",
        ),
        (C::GuiSession, |e, _| e.console = is("eve"), Warn, "eve is logged in", "host reboot"),
        (
            C::GuiSession,
            |e, _| {
                e.console = is("root");
                e.sighting.facts.macos = "14.7".into();
            },
            Ok,
            "before macOS 15",
            "",
        ),
    ]);
}

#[test]
fn who_will_be_logged_in_after_a_restart() {
    holds(&[
        (C::AutoLogin, |e, _| e.auto_login = Setting::Absent, Warn, "nobody", "sysadminctl"),
        (C::AutoLogin, |e, _| e.auto_login = is("eve"), Warn, "eve", "sysadminctl"),
        (
            C::AutoLogin,
            |e, _| e.sighting.facts.filevault = Some(true),
            Warn,
            "FileVault does not",
            "fdesetup disable",
        ),
        (C::AutoLogin, |e, _| e.login_file = Some(LoginFile::Sealed), Ok, "sealed", ""),
        (C::AutoLogin, |e, _| e.login_file = Some(LoginFile::Absent), Warn, "not there", "sysad"),
        (C::AutoLogin, |e, _| e.login_file = None, Unknown, "could not", "kcpassword"),
        (C::AutoLogin, |e, _| e.sighting.facts.macos = "13.1".into(), Ok, "before macOS 15", ""),
        (
            C::Filevault,
            |e, _| e.sighting.facts.filevault = Some(true),
            Warn,
            "waits for somebody",
            "fdesetup disable",
        ),
        (
            C::Filevault,
            |e, h| {
                e.sighting.facts.filevault = Some(true);
                h.spec.authrestart = true;
            },
            Ok,
            "authrestart",
            "",
        ),
    ]);
}

#[test]
fn whether_it_stays_up() {
    holds(&[
        (C::Sleep, |e, _| e.sleep = is("10"), Fail, "after 10 min", "pmset -a sleep 0"),
        (
            C::Sleep,
            |e, _| {
                e.sleep = is("1");
                e.sleep_prevented = true;
            },
            Warn,
            "awake for now",
            "pmset",
        ),
        (C::Sleep, |e, _| e.sleep = Setting::Absent, Unknown, "does not say", "pmset"),
        (C::Autorestart, |e, _| e.autorestart = is("0"), Warn, "stays off", "autorestart 1"),
        (C::Autorestart, |e, _| e.autorestart = Setting::Absent, Unknown, "laptops", ""),
        (C::Wake, |e, _| e.wake = is("0"), Ok, "never sleeps", ""),
        (
            C::Wake,
            |e, _| {
                e.sleep = is("10");
                e.wake = is("0");
            },
            Warn,
            "does not wake",
            "womp 1",
        ),
        (
            C::Wake,
            |e, _| {
                e.sleep = is("10");
                e.wake = Setting::Absent;
            },
            Unknown,
            "does not say",
            "womp 1",
        ),
        (C::Updates, |e, _| e.updates = is("1"), Warn, "restarts", "-bool false"),
        (C::Updates, |e, _| e.updates = Setting::Absent, Unknown, "its own default", "-bool false"),
        (C::Power, |e, _| e.power = is("Battery Power"), Fail, "plug it in", "pmset -g batt"),
        (C::Power, |e, _| e.power = is("UPS Power"), Warn, "mains", "pmset -g batt"),
        (C::Power, |e, _| e.power = is("Off Line"), Unknown, "Off Line", "pmset -g batt"),
    ]);
}

#[test]
fn a_clock_is_off_only_by_what_the_way_cannot_have_taken() {
    holds(&[
        // The answer took a minute, and its clock was read at any time within.
        (C::Clock, |e, _| e.asked = (at(80), at(140)), Ok, "as ours", ""),
        (C::Clock, |e, _| e.clock = Some(at(102)), Ok, "as ours", ""),
        (C::Clock, |e, _| e.clock = Some(at(103)), Fail, "2s ahead", "sntp"),
        (C::Clock, |e, _| e.clock = Some(at(98)), Ok, "as ours", ""),
        (C::Clock, |e, _| e.clock = Some(at(39)), Fail, "1m behind", "sntp"),
    ]);
}

#[test]
fn slots_against_what_runs() {
    const COUNT: &str = "pgrep -lf com.apple.Virtualization";
    holds(&[
        (C::Slots, |e, _| e.sighting.guests = None, Unknown, "could not be counted", COUNT),
        (C::Slots, |e, _| e.sighting.guests = Some(1), Warn, "1 process of a guest", COUNT),
        (C::Slots, |e, _| e.sighting.guests = Some(3), Fail, "3 macOS guests", COUNT),
        (
            C::Slots,
            |_, h| h.slots[1] = Slot::Leaked { since: at(1) },
            Fail,
            "leaked",
            "hostler host reboot mini-01 --reason 'a slot has leaked'",
        ),
        (
            C::Slots,
            |_, h| h.slots[0] = Slot::Unknown { vm: VmId::from_bits(7) },
            Warn,
            "may or may not run",
            "hostler vm why 000000000007",
        ),
        (
            C::Slots,
            |_, h| h.slots[0] = Slot::Foreign { name: "buildbot".into() },
            Warn,
            "buildbot, which is not ours",
            "tart stop buildbot",
        ),
        (
            C::Slots,
            |e, h| {
                e.sighting.guests = Some(1);
                h.slots[0] = Slot::Foreign { name: Slot::unlisted_guest(1) };
            },
            Warn,
            "of another user or tool",
            COUNT,
        ),
        (C::Leftovers, |e, _| e.leftovers = Some(vec![(71, "ci".into())]), Warn, "(ci)", "kill 71"),
        (
            C::Build,
            |e, _| e.sighting.facts.build = "25A1".into(),
            Warn,
            "in this fleet",
            "software",
        ),
        (C::Build, |e, _| e.sighting.facts.macos = "26.3.1".into(), Warn, "tart#1217", "software"),
    ]);
}

#[test]
fn what_we_may_and_how_often() {
    holds(&[
        (C::Sshd, |e, _| e.max_sessions = is("4"), Warn, "up to 6 sessions", "sshd_config.d"),
        (C::Sshd, |e, _| e.max_startups = is("3:50:10"), Warn, "up to 8 at once", "sshd_config.d"),
        (C::Sshd, |e, _| e.max_startups = is("30:30:100"), Ok, "30 connections", ""),
        (C::Sshd, |e, _| e.max_sessions = is("many"), Unknown, "could not", "sshd -T"),
        (
            C::SudoCount,
            |e, _| e.sighting.facts.all_users = Some(false),
            Warn,
            "may be hidden",
            "NOPASSWD: /usr/bin/pgrep\" | sudo tee -a /etc/sudoers.d/hostler",
        ),
        (C::SudoReboot, |e, _| e.may_restart = Some(false), Warn, "leaked slots", "/sbin/shutdown"),
    ]);
}
