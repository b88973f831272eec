//! The doctor: from what a host showed when it was examined to a verdict on each check, with the
//! reason and the command that mends it. What cannot be read is unknown, and never a failure.

mod mac;
mod vms;

use std::collections::BTreeSet;

use crate::model::{Check, CheckName, Exam, Host, HostName, Setting};

/// A host that was examined.
#[derive(Clone, Copy, Debug)]
pub struct Patient<'a> {
    pub name: &'a HostName,
    /// As the World knows it.
    pub host: &'a Host,
    pub exam: &'a Exam,
    /// Builds of macOS on which slots were lost.
    pub leaking: &'a BTreeSet<String>,
}

/// Every check, in its order.
pub fn diagnose(patient: &Patient<'_>) -> Vec<Check> {
    CheckName::ALL.into_iter().map(|name| check(name, patient)).collect()
}

fn check(name: CheckName, patient: &Patient<'_>) -> Check {
    let exam = patient.exam;
    match name {
        CheckName::Tool => vms::tool(patient),
        CheckName::Perl => vms::perl(exam),
        CheckName::Keychain => vms::keychain(exam),
        CheckName::GuiSession => mac::gui_session(patient),
        CheckName::AutoLogin => mac::auto_login(exam),
        CheckName::Filevault => mac::filevault(patient),
        CheckName::LocalNetwork => vms::local_network(exam),
        CheckName::DhcpLeases => vms::dhcp_leases(exam),
        CheckName::Disk => vms::disk(exam),
        CheckName::Sleep => mac::sleep(exam),
        CheckName::Autorestart => mac::autorestart(exam),
        CheckName::Wake => mac::wake(exam),
        CheckName::Updates => mac::updates(exam),
        CheckName::Clock => mac::clock(exam),
        CheckName::Slots => vms::slots(patient),
        CheckName::Leftovers => vms::leftovers(exam),
        CheckName::Sshd => mac::sshd(exam),
        CheckName::Power => mac::power(exam),
        CheckName::Build => vms::build(patient),
        CheckName::SudoCount => mac::sudo_count(exam),
        CheckName::SudoReboot => mac::sudo_reboot(exam),
    }
}

/// The number before the first dot.
fn major(exam: &Exam) -> Option<u32> {
    exam.sighting.facts.macos.split('.').next()?.trim().parse().ok()
}

/// From macOS 15 on a guest has keys in the login keychain.
fn needs_keychain(exam: &Exam) -> bool {
    major(exam).is_none_or(|major| major >= 15)
}

/// What a host says of itself goes into a command only when a shell reads nothing else in it: it
/// is there to be pasted.
fn pasted(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    (begins && text.chars().all(plain)).then_some(text)
}

/// A number that a setting has.
fn number(setting: &Setting) -> Option<u64> {
    match setting {
        Setting::Is(text) => text.trim().parse().ok(),
        Setting::Unread | Setting::Absent => None,
    }
}

#[cfg(test)]
mod tests;
