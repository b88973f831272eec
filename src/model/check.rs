//! Checks of a host: what the doctor finds, each with its reason and the command that mends it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::HostName;

/// What is checked, in the order in which it is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckName {
    /// The VM tool is found, answers, and can list its VMs.
    Tool,
    /// Commands can be given their time.
    Perl,
    /// The login keychain is unlocked.
    Keychain,
    /// Our user is logged in at the screen.
    GuiSession,
    /// Our user will be again after a restart.
    AutoLogin,
    Filevault,
    /// Local Network privacy lets guests be reached.
    LocalNetwork,
    /// The lease time of guests' addresses, and how many are leased.
    DhcpLeases,
    /// Room for another VM on the data volume.
    Disk,
    Sleep,
    /// It starts by itself after a power cut.
    Autorestart,
    /// It wakes for network access.
    Wake,
    /// macOS does not update itself when it likes.
    Updates,
    Clock,
    /// The two slots against what runs there.
    Slots,
    /// Processes of the tool for VMs that it does not list.
    Leftovers,
    /// Limits of remote login.
    Sshd,
    Power,
    /// Whether this macOS is known to lose slots.
    Build,
    /// Guests of other users can be counted.
    SudoCount,
    /// We may restart it.
    SudoReboot,
}

/// What a check has come to, the better ones first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Ok,
    /// It could not be read.
    Unknown,
    /// VMs run, and this will hurt in time or at the next restart.
    Warn,
    /// No VM can start, or be counted right, or the host goes away by itself.
    Fail,
}

/// One check of one host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    pub name: CheckName,
    pub verdict: Verdict,
    /// What was found, in words.
    pub why: String,
    /// The command that mends it, or shows more. One that begins with `hostler` is for the
    /// operator's own machine, any other for the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// All checks of one host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checkup {
    pub host: HostName,
    /// In their order; empty when the host was not reached.
    pub checks: Vec<Check>,
    /// Why it was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
}

impl CheckName {
    /// All of them, in their order.
    pub const ALL: [Self; 21] = [
        Self::Tool,
        Self::Perl,
        Self::Keychain,
        Self::GuiSession,
        Self::AutoLogin,
        Self::Filevault,
        Self::LocalNetwork,
        Self::DhcpLeases,
        Self::Disk,
        Self::Sleep,
        Self::Autorestart,
        Self::Wake,
        Self::Updates,
        Self::Clock,
        Self::Slots,
        Self::Leftovers,
        Self::Sshd,
        Self::Power,
        Self::Build,
        Self::SudoCount,
        Self::SudoReboot,
    ];
}

impl Check {
    /// Nothing is wrong.
    pub fn ok(name: CheckName, why: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, why: why.into(), fix: None }
    }
    /// It could not be read.
    pub fn unknown(name: CheckName, why: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Unknown, why: why.into(), fix: None }
    }
    /// It will hurt.
    pub fn warn(name: CheckName, why: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, why: why.into(), fix: None }
    }
    /// It hurts.
    pub fn fail(name: CheckName, why: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fail, why: why.into(), fix: None }
    }
    /// With the command that mends it.
    pub fn fix(self, command: impl Into<String>) -> Self {
        Self { fix: Some(command.into()), ..self }
    }
}

impl Checkup {
    /// A host that was not reached, and why.
    pub fn missed(host: HostName, why: impl Into<String>) -> Self {
        Self { host, checks: Vec::new(), missed: Some(why.into()) }
    }

    /// The worst of its checks. One that was not reached has failed.
    pub fn worst(&self) -> Verdict {
        if self.missed.is_some() {
            return Verdict::Fail;
        }
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// How many of its checks came to this.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tool => "tool",
            Self::Perl => "perl",
            Self::Keychain => "keychain",
            Self::GuiSession => "gui-session",
            Self::AutoLogin => "auto-login",
            Self::Filevault => "filevault",
            Self::LocalNetwork => "local-network",
            Self::DhcpLeases => "dhcp-leases",
            Self::Disk => "disk",
            Self::Sleep => "sleep",
            Self::Autorestart => "autorestart",
            Self::Wake => "wake",
            Self::Updates => "updates",
            Self::Clock => "clock",
            Self::Slots => "slots",
            Self::Leftovers => "leftovers",
            Self::Sshd => "sshd",
            Self::Power => "power",
            Self::Build => "build",
            Self::SudoCount => "sudo-count",
            Self::SudoReboot => "sudo-reboot",
        })
    }
}
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_written_as_it_is_shown() {
        for name in CheckName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.to_string());
        }
        assert!(CheckName::ALL.is_sorted());
        for verdict in [Verdict::Ok, Verdict::Unknown, Verdict::Warn, Verdict::Fail] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.to_string());
        }
    }

    #[test]
    fn the_worst_check_is_that_of_the_host_and_silence_is_worst() {
        let host: HostName = "a".parse().unwrap();
        let of = |checks| Checkup { host: host.clone(), checks, missed: None };
        let (ok, warn) = (Check::ok(CheckName::Disk, ""), Check::warn(CheckName::Wake, ""));
        let unknown = Check::unknown(CheckName::Clock, "");
        assert_eq!(of(vec![ok.clone(), unknown.clone()]).worst(), Verdict::Unknown);
        assert_eq!(of(vec![unknown, warn, ok]).worst(), Verdict::Warn);
        assert_eq!(Checkup::missed(host, "no route").worst(), Verdict::Fail);
    }
}
