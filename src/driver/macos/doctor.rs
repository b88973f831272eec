//! What the doctor reads of a Mac, out of the sections of an examination. A setting that is not
//! there is told from one that cannot be read, as far as the Mac's tools tell them apart.

use super::Leases;
use crate::driver::sections::Sections;
use crate::driver::words::fact;
use crate::model::{Exam, LoginFile, Setting, Sighting, Timestamp};

/// A file that says `<sealed>`, with and without an end of line. No other is so short.
const SEALED: [&str; 2] = ["size 8", "size 9"];

/// Reads what every Mac has; the tool's part is the driver's to add.
pub(in crate::driver) fn examine(
    sections: &Sections<'_>,
    sighting: Sighting,
    at: Timestamp,
) -> Exam {
    let pmset = sections.good("pmset");
    let power = |key| pmset.map_or(Setting::Unread, |text| power_setting(text, key));
    let sleep = match pmset.map(|text| power_setting(text, "SleepDisabled")) {
        Some(Setting::Is(disabled)) if disabled == "1" => Setting::Is("0".into()),
        Some(_) | None => power("sleep"),
    };
    let managed = preference(sections.any("managed_updates"));
    let updates = match managed {
        Setting::Is(_) => managed,
        Setting::Absent | Setting::Unread => preference(sections.any("updates")),
    };
    let sshd = |key| sections.good("sshd").map_or(Setting::Unread, |text| sshd_limit(text, key));
    let line = |name| sections.good(name).map(fact).filter(|text| !text.is_empty());
    let seconds = line("clock").and_then(|text| text.parse::<i64>().ok());
    Exam {
        sighting,
        user: line("user").unwrap_or_default(),
        ssh_path: line("ssh_path").unwrap_or_default(),
        perl: found(sections.any("perl")),
        keychain: keychain(sections.any("keychain")),
        console: line("console").map_or(Setting::Unread, Setting::Is),
        auto_login: preference(sections.any("auto_login")),
        login_file: sections.good("login_file").and_then(login_file),
        local_network: networks(sections.any("local_network")),
        lease_s: lease(sections.any("lease")),
        leased: sections.good("leases").map(|text| Leases::read(text, at).count()),
        sleep,
        sleep_prevented: pmset.is_some_and(|text| text.contains("sleep prevented by")),
        autorestart: power("autorestart"),
        wake: power("womp"),
        updates,
        power: sections.good("power").map_or(Setting::Unread, source),
        clock: seconds.map(|s| Timestamp::from_millis(s.saturating_mul(1_000))),
        asked: (at, at),
        max_sessions: sshd("maxsessions"),
        max_startups: sshd("maxstartups"),
        may_restart: may_restart(sections.any("sudo")),
        ..Exam::default()
    }
}

/// Where a program is, from `command -v`.
pub(in crate::driver) fn found(section: Option<(i32, &str)>) -> Setting {
    match section {
        None => Setting::Unread,
        Some((0, text)) if !text.trim().is_empty() => Setting::Is(fact(text)),
        Some(_) => Setting::Absent,
    }
}

/// From defaults(1), which says in words that there is no such key.
fn preference(section: Option<(i32, &str)>) -> Setting {
    match section {
        Some((0, text)) if !text.trim().is_empty() => Setting::Is(fact(text)),
        Some((status, text)) if status != 0 && text.contains("does not exist") => Setting::Absent,
        Some(_) | None => Setting::Unread,
    }
}

/// From `security show-keychain-info`. Status 44 is that of an item that is not found.
fn keychain(section: Option<(i32, &str)>) -> Setting {
    match section {
        Some((0, text)) => Setting::Is(fact(text)),
        Some((44, _)) => Setting::Absent,
        Some((_, text)) if text.contains("could not be found") => Setting::Absent,
        Some(_) | None => Setting::Unread,
    }
}

fn login_file(text: &str) -> Option<LoginFile> {
    match text.trim() {
        "absent" => Some(LoginFile::Absent),
        "sealed" => Some(LoginFile::Sealed),
        size if SEALED.contains(&size) => Some(LoginFile::Sealed),
        size if size.strip_prefix("size ").is_some_and(|n| n.parse::<u64>().is_ok()) => {
            Some(LoginFile::Kept)
        }
        _ => None,
    }
}

/// The networks in what defaults(1) prints: `"10.0.0.0/8",` on lines of their own, for wires and
/// for radio.
fn networks(section: Option<(i32, &str)>) -> Setting {
    let Some((status, text)) = section else { return Setting::Unread };
    let odd = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | '/'));
    let mut found: Vec<&str> = Vec::new();
    for word in text.split(odd).filter(|word| is_network(word)) {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    match found.is_empty() {
        false => Setting::Is(fact(&found.join(" "))),
        true if status == 0 || text.contains("does not exist") => Setting::Absent,
        true => Setting::Unread,
    }
}

fn is_network(word: &str) -> bool {
    let (address, bits) = word.split_once('/').unwrap_or((word, "32"));
    address.parse::<std::net::Ipv4Addr>().is_ok() && bits.parse::<u32>().is_ok_and(|n| n <= 32)
}

/// `DHCPLeaseTimeSecs = 600;` in a dictionary, with the number in quotes or not.
fn lease(section: Option<(i32, &str)>) -> Setting {
    match section {
        Some((0, text)) => {
            let Some((_, after)) = text.split_once("DHCPLeaseTimeSecs") else {
                return Setting::Absent;
            };
            let value = after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != ';');
            let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            if digits.is_empty() { Setting::Unread } else { Setting::Is(digits.into()) }
        }
        Some(_) | None => preference(section),
    }
}

/// Of ` sleep                1 (sleep prevented by caffeinate)`, the number.
fn power_setting(text: &str, key: &str) -> Setting {
    let value = text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(key)).then(|| words.next().unwrap_or_default())
    });
    match value {
        Some(value) if value.parse::<u32>().is_ok() => Setting::Is(value.into()),
        Some(_) => Setting::Unread,
        None => Setting::Absent,
    }
}

/// Of `Now drawing from 'AC Power'`.
fn source(text: &str) -> Setting {
    let quoted = text.lines().next().and_then(|line| line.split('\'').nth(1));
    quoted.map_or(Setting::Unread, |source| Setting::Is(fact(source)))
}

/// The first line counts, as for sshd(8) itself.
fn sshd_limit(text: &str, key: &str) -> Setting {
    for line in text.lines() {
        match line.split_once(' ') {
            Some((name, value)) if name == key => return Setting::Is(fact(value)),
            Some(_) => {}
            None if line == "unreadable" => return Setting::Unread,
            None => {}
        }
    }
    Setting::Absent
}

/// From `sudo -n -l`: whether some rule lets us restart without a password. A rule is printed as
/// `(root) NOPASSWD: /usr/bin/pgrep, /sbin/shutdown -r now`, and may go over several lines.
fn may_restart(section: Option<(i32, &str)>) -> Option<bool> {
    let (status, text) = section?;
    if status != 0 {
        let refused = ["password is required", "may not run sudo", "not allowed", "not in the sud"];
        return refused.iter().any(|words| text.contains(words)).then_some(false);
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let allows = |rule: &str| {
        let Some((_, commands)) = rule.split_once("NOPASSWD:") else { return false };
        let commands = commands.split("PASSWD:").next().unwrap_or_default();
        commands.split(',').map(str::trim).any(|command| {
            matches!(command, "ALL" | "/sbin/shutdown" | "/sbin/shutdown -r now")
                || command.starts_with("/sbin/shutdown *")
                || command.starts_with("/sbin/shutdown -r *")
        })
    };
    Some(words.split('(').any(allows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> Setting {
        Setting::Is(text.into())
    }

    #[test]
    fn a_key_that_is_not_there_is_told_from_one_that_cannot_be_read() {
        let none = "2026-11-26 10:00:00.123 defaults[812:9123] \nThe domain/default pair of \
            (/Library/Preferences/com.apple.loginwindow, autoLoginUser) does not exist\n";
        for (section, want) in [
            (Some((0, "admin\n")), is("admin")),
            (Some((1, none)), Setting::Absent),
            (Some((1, "")), Setting::Unread),
            (Some((0, "\n")), Setting::Unread),
            (Some((13, "it may not be read")), Setting::Unread),
            (Some((142, "")), Setting::Unread),
            (Some((127, "sh: defaults: command not found")), Setting::Unread),
            (None, Setting::Unread),
        ] {
            assert_eq!(preference(section), want, "{section:?}");
        }
    }

    #[test]
    fn a_lease_time_reads_in_every_writing() {
        let none = "The domain/default pair of (x, bootpd) does not exist\n";
        for (section, want) in [
            (Some((0, "{\n    DHCPLeaseTimeSecs = 600;\n}\n")), is("600")),
            (Some((0, "{\n    DHCPLeaseTimeSecs = \"86400\";\n}\n")), is("86400")),
            (Some((0, "{\n    \"DHCPLeaseTimeSecs\" = 3600;\n    other = 5;\n}")), is("3600")),
            (Some((0, "{\n    DHCPLeaseTimeSecs = x;\n    other = 5;\n}")), Setting::Unread),
            (Some((0, "{\n    other = 5;\n}\n")), Setting::Absent),
            (Some((1, none)), Setting::Absent),
            (Some((13, "")), Setting::Unread),
        ] {
            assert_eq!(lease(section), want, "{section:?}");
        }
    }

    #[test]
    fn power_settings_read_whatever_follows_them() {
        let text = "System-wide power settings:\nCurrently in use:\n \
            sleep                1 (sleep prevented by caffeinate, sharingd)\n disksleep 10\n \
            womp 1\n autorestart          0\n SleepDisabled x\n";
        for (key, want) in [
            ("sleep", is("1")),
            ("womp", is("1")),
            ("autorestart", is("0")),
            ("SleepDisabled", Setting::Unread),
            ("powernap", Setting::Absent),
        ] {
            assert_eq!(power_setting(text, key), want, "{key}");
        }
        for (text, want) in [
            ("Now drawing from 'AC Power'\n", is("AC Power")),
            ("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\n", is("Battery Power")),
            ("", Setting::Unread),
        ] {
            assert_eq!(source(text), want, "{text}");
        }
    }

    #[test]
    fn a_mac_that_was_told_never_to_sleep_does_not() {
        for (pmset, sleep) in [
            (" SleepDisabled 1\n sleep 10\n", is("0")),
            (" SleepDisabled 0\n sleep 10\n", is("10")),
            (" sleep 10\n", is("10")),
        ] {
            let answer = format!("@@ pmset 0\n{pmset}@@ end 0\n");
            let sections = Sections::of(&answer).unwrap();
            let exam = examine(&sections, Sighting::default(), Timestamp::default());
            assert_eq!(exam.sleep, sleep, "{pmset}");
        }
    }

    #[test]
    fn a_managed_preference_goes_before_ones_own() {
        let no = "(x, y) does not exist";
        for (managed, own, want) in [
            ("0\n0\n", "0\n1\n", is("0")),
            (&format!("1\n{no}\n"), "0\n1\n", is("1")),
            (&format!("1\n{no}\n"), &format!("1\n{no}\n"), Setting::Absent),
        ] {
            let answer = format!("@@ managed_updates {managed}@@ updates {own}@@ end 0\n");
            let sections = Sections::of(&answer).unwrap();
            let exam = examine(&sections, Sighting::default(), Timestamp::default());
            assert_eq!(exam.updates, want, "{answer}");
        }
    }

    #[test]
    fn a_sealed_login_file_is_known_by_its_text_or_its_size() {
        for (text, want) in [
            ("absent\n", Some(LoginFile::Absent)),
            ("sealed\n", Some(LoginFile::Sealed)),
            ("size 8\n", Some(LoginFile::Sealed)),
            ("size 9\n", Some(LoginFile::Sealed)),
            ("size 12\n", Some(LoginFile::Kept)),
            ("size 35\n", Some(LoginFile::Kept)),
            ("size \n", None),
            ("", None),
        ] {
            assert_eq!(login_file(text), want, "{text}");
        }
    }

    #[test]
    fn networks_read_from_lists_of_one_line_and_of_many() {
        let none = "Domain com.apple.network.local-network does not exist\n";
        for (section, want) in [
            (
                Some((0, "{\n X = (\n \"10.0.0.0/8\",\n \"192.168.0.0/16\"\n );\n}")),
                is("10.0.0.0/8 192.168.0.0/16"),
            ),
            (Some((1, "(\n    \"10.0.0.0/8\"\n)\nDomain x does not exist")), is("10.0.0.0/8")),
            (Some((1, none)), Setting::Absent),
            (Some((0, "{\n}\n")), Setting::Absent),
            (Some((142, "")), Setting::Unread),
            (None, Setting::Unread),
        ] {
            assert_eq!(networks(section), want, "{section:?}");
        }
    }

    #[test]
    fn limits_of_remote_login_are_the_first_ones_that_can_be_read() {
        for (text, want) in [
            ("", Setting::Absent),
            ("maxsessions 4\nmaxsessions 20\n", is("4")),
            ("maxstartups 10:30:60\n", Setting::Absent),
            ("unreadable\nmaxsessions 4\n", Setting::Unread),
            ("maxsessions 4\nunreadable\n", is("4")),
        ] {
            assert_eq!(sshd_limit(text, "maxsessions"), want, "{text}");
        }
    }

    #[test]
    fn only_a_rule_without_a_password_lets_us_restart() {
        let head = "Matching Defaults entries for admin on mini:\n    env_reset\n\nUser admin may \
            run the following commands on mini:\n";
        for (rules, want) in [
            ("    (ALL) ALL\n", Some(false)),
            ("    (root) NOPASSWD: /usr/bin/pgrep\n    (ALL) ALL\n", Some(false)),
            ("    (root) NOPASSWD: /usr/bin/pgrep,\n        /sbin/shutdown -r now\n", Some(true)),
            ("    (ALL) NOPASSWD: ALL\n", Some(true)),
            ("    (root) NOPASSWD: /usr/bin/pgrep, PASSWD: /sbin/shutdown -r now\n", Some(false)),
            ("    (root) SETENV: NOPASSWD: /sbin/shutdown\n", Some(true)),
            ("    (root) NOPASSWD: /sbin/shutdown -h now\n", Some(false)),
        ] {
            assert_eq!(may_restart(Some((0, &format!("{head}{rules}")))), want, "{rules}");
        }
        assert_eq!(may_restart(Some((1, "sudo: a password is required\n"))), Some(false));
        assert_eq!(may_restart(Some((1, "Sorry, user x may not run sudo on y.\n"))), Some(false));
        assert_eq!(may_restart(Some((127, "sh: sudo: not found"))), None);
        assert_eq!(may_restart(None), None);
    }

    #[test]
    fn a_keychain_is_there_or_not_or_nobody_knows() {
        for (section, want) in [
            (Some((0, "Keychain \"<NULL>\" no-timeout\n")), is("Keychain \"<NULL>\" no-timeout")),
            (Some((44, "x")), Setting::Absent),
            (Some((50, "A default keychain could not be found.")), Setting::Absent),
            (Some((36, "User interaction is not allowed.")), Setting::Unread),
            (None, Setting::Unread),
        ] {
            assert_eq!(keychain(section), want, "{section:?}");
        }
    }
}
