//! The fault plan: from the rules, the hosts and the seed follows what strikes whom and when,
//! batch after batch.

use super::dice::{Dice, Draw};
use super::faults::{Fault, Faults, MIX, Rule, Struck, When};
use crate::model::{HostName, Labels, Span};

/// One fault on one host.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Strike {
    /// Which host, by its place in the fleet.
    pub host: usize,
    pub fault: Fault,
    pub lasts: Span,
    pub factor: f64,
}

/// What is to come.
#[derive(Debug)]
pub(super) struct Strikes {
    rules: Vec<(Rule, u64)>,
    hosts: Vec<(HostName, Labels)>,
    dice: Dice,
}

impl Strikes {
    pub(super) fn new(faults: Faults, hosts: Vec<(HostName, Labels)>, dice: Dice) -> Self {
        Self { rules: faults.rules.into_iter().map(|rule| (rule, 0)).collect(), hosts, dice }
    }

    /// The next moment after the start at which a rule's time comes, and what it does then;
    /// `None` when no rule has any more to come.
    pub(super) fn next_batch(&mut self) -> Option<(Span, Vec<Strike>)> {
        let due = |nth: usize, (rule, done): &(Rule, u64), dice: Dice| match rule.when {
            When::At(at) => (*done == 0).then_some(at),
            When::Every(every) => {
                let within = dice.part(nth as u64).below(Draw::FaultAt, *done, every.as_millis());
                let before = every.as_millis().saturating_mul(*done);
                Some(Span::from_millis(before.saturating_add(within)))
            }
        };
        let all = self.rules.iter().enumerate();
        let (at, nth) =
            all.filter_map(|(nth, rule)| Some((due(nth, rule, self.dice)?, nth))).min()?;
        let (rule, done) = &mut self.rules[nth];
        let turn = *done;
        *done += 1;
        let rule = rule.clone();
        Some((at, self.strikes_of(&rule, self.dice.part(nth as u64), turn)))
    }

    fn strikes_of(&self, rule: &Rule, dice: Dice, turn: u64) -> Vec<Strike> {
        let drawn = dice.below(Draw::FaultHost, turn, self.hosts.len() as u64) as usize;
        let struck = |nth: usize, name: &HostName, labels: &Labels| match &rule.struck {
            Struck::Any => nth == drawn,
            Struck::One(one) => one == name,
            Struck::All(selector) => selector.matches(labels),
        };
        let mut out = Vec::new();
        for (host, (name, labels)) in self.hosts.iter().enumerate() {
            if !struck(host, name, labels) {
                continue;
            }
            let dice = dice.part(host as u64);
            if dice.below(Draw::FaultChance, turn, 100) >= u64::from(rule.chance) {
                continue;
            }
            let fault = if rule.fault == Fault::Mixed {
                MIX[dice.below(Draw::FaultKind, turn, MIX.len() as u64) as usize]
            } else {
                rule.fault
            };
            let (low, high) = usual(fault);
            let lasts = rule.lasts.unwrap_or_else(|| dice.span(Draw::FaultSpan, turn, low, high));
            let factor = rule.factor.unwrap_or(4.0 + 8.0 * dice.unit(Draw::Other, turn));
            out.push(Strike { host, fault, lasts, factor });
        }
        out
    }
}

/// How long a fault lasts, from and to.
fn usual(fault: Fault) -> (Span, Span) {
    match fault {
        Fault::Silence => (Span::from_secs(20), Span::from_secs(120)),
        Fault::Reboot => (Span::from_secs(60), Span::from_secs(180)),
        Fault::Slow => (Span::from_mins(1), Span::from_mins(5)),
        Fault::DiskFull | Fault::Keychain => (Span::from_mins(5), Span::from_mins(20)),
        Fault::Foreign => (Span::from_mins(5), Span::from_mins(30)),
        Fault::Reset | Fault::Leak | Fault::ListFails | Fault::HostKey | Fault::Mixed => {
            (Span::ZERO, Span::ZERO)
        }
        // What the doctor finds stays until somebody mends it.
        Fault::SameMac
        | Fault::Filevault
        | Fault::NoSudo
        | Fault::NoTool
        | Fault::NoPerl
        | Fault::NoLogin
        | Fault::LocalNetwork
        | Fault::LongLeases
        | Fault::Sleeps
        | Fault::NoRestart
        | Fault::AutoUpdates
        | Fault::ClockOff
        | Fault::Leftover
        | Fault::FewSessions
        | Fault::OnBattery => (Span::ZERO, Span::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(yaml: &str, seed: u64, batches: usize) -> Vec<(Span, Vec<Strike>)> {
        let hosts = (0..20).map(|n| {
            let labels = [("site".to_owned(), if n < 5 { "bern" } else { "basel" }.to_owned())];
            (format!("mini-{n:03}").parse().unwrap(), Labels::from(labels))
        });
        let mut strikes =
            Strikes::new(Faults::parse(yaml).unwrap(), hosts.collect(), Dice::new(seed));
        std::iter::from_fn(|| strikes.next_batch()).take(batches).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_night() {
        let mixed = "- {fault: mixed, every: 3m}";
        let night = plan(mixed, 7, 160);
        assert_eq!(night, plan(mixed, 7, 160));
        assert_ne!(night, plan(mixed, 8, 160));
        assert!(night.is_sorted_by_key(|(at, _)| *at));
        let last = night.last().unwrap().0;
        assert!(last > Span::from_mins(3 * 159) && last < Span::from_mins(3 * 160));
        let struck: Vec<_> = night.iter().flat_map(|(_, strikes)| strikes).collect();
        assert_eq!(struck.len(), 160);
        for fault in MIX {
            assert!(struck.iter().any(|strike| strike.fault == fault), "{fault} never");
        }
        assert!(struck.iter().all(|strike| strike.fault != Fault::HostKey));
    }

    #[test]
    fn rules_strike_whom_and_when_they_say() {
        let night = plan(
            "- {host: mini-003, fault: host-key, at: 10m}\n\
             - {host: site=bern, fault: slow, at: 5m, for: 1m, factor: 9}\n\
             - {host: site=bern, fault: silence, at: 20m, chance: 0%}\n",
            1,
            9,
        );
        let hosts = |nth: usize| night[nth].1.iter().map(|s: &Strike| s.host).collect::<Vec<_>>();
        assert_eq!(night.len(), 3);
        assert_eq!((night[0].0, hosts(0)), (Span::from_mins(5), vec![0, 1, 2, 3, 4]));
        assert_eq!((night[0].1[0].lasts, night[0].1[0].factor), (Span::from_mins(1), 9.0));
        assert_eq!((night[1].0, hosts(1)), (Span::from_mins(10), vec![3]));
        assert!(hosts(2).is_empty());
    }
}
