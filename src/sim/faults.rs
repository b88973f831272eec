//! What goes wrong on simulated Macs, as a file says it: a list of rules, each with a fault, the
//! hosts it strikes and when.
//!
//! `- {host: any, fault: silence, every: 10m, chance: 50%, for: 1m}`

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{HostName, Selector, Share, Span};

/// What can go wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The host neither hears nor says anything for a while, and then goes on.
    Silence,
    /// The next operation that changes something is carried out and its connection reset before
    /// the reply.
    Reset,
    /// Everything takes longer for a while.
    Slow,
    /// The host reboots unasked.
    Reboot,
    /// The kernel goes on counting a guest that is gone, until a reboot.
    Leak,
    /// A VM that is not ours appears, and leaves again.
    Foreign,
    /// The disk is full for a while.
    DiskFull,
    /// The login keychain is locked for a while: no VM starts.
    Keychain,
    /// The next look cannot list the VMs.
    ListFails,
    /// The host has another SSH key from now on; only a person can accept it.
    HostKey,
    /// One of the above but the last, a new one each time.
    Mixed,
    /// From now on the host is the same Mac as all others that this strikes.
    SameMac,
    /// The disk is locked with FileVault.
    Filevault,
    /// sudo asks for a password.
    NoSudo,
    /// The VM tool is not there.
    NoTool,
    /// There is no perl.
    NoPerl,
    /// Nobody is logged in at the screen, nor will be after a restart.
    NoLogin,
    /// Local Network privacy allows other networks than that of the guests.
    LocalNetwork,
    /// Addresses are leased for a day.
    LongLeases,
    /// It sleeps when nothing keeps it awake.
    Sleeps,
    /// It neither starts after a power cut nor wakes for network access.
    NoRestart,
    /// macOS installs its updates by itself.
    AutoUpdates,
    /// Its clock is an hour off.
    ClockOff,
    /// A run of the tool is left of a VM that is not listed.
    Leftover,
    /// Remote login allows few sessions and connections.
    FewSessions,
    /// It runs on its battery.
    OnBattery,
}

/// Which hosts a rule strikes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Struck {
    /// One of all hosts, drawn each time.
    Any,
    /// This one.
    One(HostName),
    /// All whose labels match.
    All(Selector),
}

/// When a rule strikes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Once, so long after the start.
    At(Span),
    /// Once in each such span, at a drawn moment within it.
    Every(Span),
}

/// One rule.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Rule {
    pub struck: Struck,
    pub fault: Fault,
    pub when: When,
    /// Whether it happens at all when its time has come, of a hundred.
    pub chance: u8,
    /// How long it lasts; drawn when absent.
    pub lasts: Option<Span>,
    /// How many times longer things take, for `slow`; drawn when absent.
    pub factor: Option<f64>,
}

/// All rules.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Faults {
    pub rules: Vec<Rule>,
}

/// Why a text is not a list of faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("faults, line {line}, column {column}: {why}")]
pub struct BadFaults {
    pub line: u64,
    pub column: u64,
    pub why: String,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    host: Option<String>,
    fault: Fault,
    #[serde(default)]
    at: Option<Span>,
    #[serde(default)]
    every: Option<Span>,
    #[serde(default)]
    chance: Option<Share>,
    #[serde(default, rename = "for")]
    lasts: Option<Span>,
    #[serde(default)]
    factor: Option<f64>,
}

/// Once in each of these, somewhere in the fleet, unless a file says otherwise.
const MIXED_EVERY: Span = Span::from_mins(3);
/// A rule may not strike more often than this.
const OFTENEST: Span = Span::from_secs(1);

/// What `Fault::Mixed` draws from: more of what happens more often.
pub(super) const MIX: [Fault; 12] = [
    Fault::Silence,
    Fault::Silence,
    Fault::Reset,
    Fault::Reset,
    Fault::Slow,
    Fault::Slow,
    Fault::Reboot,
    Fault::Leak,
    Fault::Foreign,
    Fault::DiskFull,
    Fault::Keychain,
    Fault::ListFails,
];

impl Faults {
    /// No faults at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The usual mix: a fault every few minutes somewhere in the fleet.
    pub fn mixed() -> Self {
        let rule = Rule {
            struck: Struck::Any,
            fault: Fault::Mixed,
            when: When::Every(MIXED_EVERY),
            chance: 100,
            lasts: None,
            factor: None,
        };
        Self { rules: vec![rule] }
    }

    /// Reads rules from YAML.
    ///
    /// # Errors
    /// Says the line and column of the first thing that is wrong, and what was expected.
    pub fn parse(yaml: &str) -> Result<Self, BadFaults> {
        if yaml.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::none());
        }
        let options = serde_saphyr::options! { with_snippet: false };
        let rules: Vec<Rule> =
            serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
                let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
                let mut why = error.without_snippet().to_string();
                // The place is said once, at the beginning.
                if let Some(end) = why.rfind(" at line ") {
                    why.truncate(end);
                }
                BadFaults { line, column, why }
            })?;
        Ok(Self { rules })
    }
}

impl TryFrom<Written> for Rule {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let Written { host, fault, at, every, chance, lasts, factor } = written;
        let struck = match host.as_deref() {
            None | Some("any") => Struck::Any,
            Some(text) => match text.parse() {
                Ok(name) => Struck::One(name),
                Err(_) => Struck::All(
                    text.parse()
                        .map_err(|error| format!("{error}; or `any`, or the name of a host"))?,
                ),
            },
        };
        let when = match (at, every) {
            (Some(at), None) => When::At(at),
            (None, Some(every)) if every >= OFTENEST => When::Every(every),
            (None, Some(every)) => {
                return Err(format!("`every: {every}` is too often: expected 1s or more"));
            }
            _ => return Err(format!("{fault} needs either `at` or `every`")),
        };
        let chance = match chance {
            None => 100,
            Some(Share::Percent(percent)) => percent,
            Some(Share::Count(_)) => return Err("`chance` is a share: expected 0% to 100%".into()),
        };
        if factor.is_some_and(|factor| !(0.01..=1_000.0).contains(&factor)) {
            return Err("`factor` is out of range: expected 0.01 to 1000".into());
        }
        if factor.is_some() && fault != Fault::Slow {
            return Err(format!("{fault} takes no `factor`: only slow does"));
        }
        Ok(Self { struck, fault, when, chance, lasts, factor })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Silence => "silence",
            Self::Reset => "reset",
            Self::Slow => "slow",
            Self::Reboot => "reboot",
            Self::Leak => "leak",
            Self::Foreign => "foreign",
            Self::DiskFull => "disk-full",
            Self::Keychain => "keychain",
            Self::ListFails => "list-fails",
            Self::HostKey => "host-key",
            Self::SameMac => "same-mac",
            Self::Mixed => "mixed",
            Self::Filevault => "filevault",
            Self::NoSudo => "no-sudo",
            Self::NoTool => "no-tool",
            Self::NoPerl => "no-perl",
            Self::NoLogin => "no-login",
            Self::LocalNetwork => "local-network",
            Self::LongLeases => "long-leases",
            Self::Sleeps => "sleeps",
            Self::NoRestart => "no-restart",
            Self::AutoUpdates => "auto-updates",
            Self::ClockOff => "clock-off",
            Self::Leftover => "leftover",
            Self::FewSessions => "few-sessions",
            Self::OnBattery => "on-battery",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_with_their_hosts_and_times() {
        let faults = Faults::parse(
            "# a bad night\n\
             - {fault: mixed, every: 3m}\n\
             - host: mini-004\n  fault: host-key\n  at: 1h\n\
             - {host: \"site=bern,chip!=m1\", fault: slow, every: 10m, chance: 25%, for: 1m, factor: 8}\n",
        )
        .unwrap();
        assert_eq!(faults.rules[0], Faults::mixed().rules[0]);
        assert_eq!(faults.rules[1].struck, Struck::One("mini-004".parse().unwrap()));
        assert_eq!(faults.rules[1].when, When::At(Span::from_hours(1)));
        let slow = &faults.rules[2];
        assert!(
            matches!(&slow.struck, Struck::All(all) if all.to_string() == "site=bern,chip!=m1")
        );
        assert_eq!((slow.chance, slow.lasts), (25, Some(Span::from_mins(1))));
        assert_eq!(slow.factor, Some(8.0));
        for empty in ["", "\n# nothing\n", "[]"] {
            assert_eq!(Faults::parse(empty), Ok(Faults::none()), "{empty:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let head = "- {fault: reset, at: 1m}\n";
        for (rule, words) in [
            ("- {fault: quake, at: 1m}", "quake"),
            ("- {fault: reset}", "reset needs either `at` or `every`"),
            ("- {fault: reset, at: 1m, every: 1m}", "needs either"),
            ("- {fault: reset, at: soon}", "`soon` is not a length of time"),
            ("- {fault: reset, every: 1ms}", "too often"),
            ("- {fault: reset, at: 1m, chance: 3}", "0% to 100%"),
            ("- {fault: reset, at: 1m, factor: 3}", "only slow"),
            ("- {fault: reset, at: 1m, hots: x}", "hots"),
            ("- {fault: reset, at: 1m, host: a b}", "selector"),
            ("nothing", ""),
        ] {
            let error = Faults::parse(&format!("{head}{rule}\n")).unwrap_err();
            assert_eq!(error.line, 2, "{rule}: {error}");
            assert!(error.why.contains(words), "{rule}: {error}");
            assert!(!error.why.contains('\n') && !error.why.contains("at line"), "{error}");
        }
    }
}
