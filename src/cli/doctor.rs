//! `host doctor`: every check of one host with the commands that mend it, or of many in a table.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::stream::{self, StreamExt, TryStreamExt};
use hostler::api::Listing;
use hostler::model::{Check, CheckName, Checkup, HostName, Verdict, plural};

use super::call::{Call, input};
use super::choose::choose;
use super::failure::Failure;
use super::table::{Cell, Column};

/// Hosts of one question, and questions at once: each is answered before the controller's silence
/// would be taken for its end.
const HOSTS: usize = 64;
const QUESTIONS: usize = 4;

const CHECKS: [Column; 3] =
    [Column::text("CHECK"), Column::text("VERDICT"), Column::text("WHAT WAS FOUND")];
const FLEET: [Column; 7] = [
    Column::text("HOST"),
    Column::text("WORST"),
    Column::number("FAIL"),
    Column::number("WARN"),
    Column::number("UNKNOWN"),
    Column::number("OK"),
    Column::text("WHAT"),
];

impl Call {
    pub(crate) async fn doctor(&self, which: &[String]) -> Result<()> {
        let Listing { seq, at, items } = self.client.hosts().await?;
        let hosts = choose(which, items, input)?;
        let hosts: Vec<HostName> = hosts.into_iter().map(|item| item.name).collect();
        let parts: Vec<Vec<HostName>> = hosts.chunks(HOSTS).map(<[_]>::to_vec).collect();
        let ask = |part| {
            let client = self.client.clone();
            async move { client.doctor(part).await }
        };
        let found = stream::iter(parts).map(ask).buffered(QUESTIONS);
        let found: Vec<Listing<Checkup>> = found.try_collect().await?;
        let items: Vec<Checkup> = found.into_iter().flat_map(|listing| listing.items).collect();
        let failed = items.iter().filter(|one| one.worst() == Verdict::Fail).count();
        let many = items.len();
        if self.json {
            self.put_json(&Listing { seq, at, items })?;
        } else if let [one] = &items[..] {
            self.put_checkup(one)?;
        } else {
            self.put_checkups(items)?;
        }
        match failed {
            0 => Ok(()),
            _ if many == 1 => Err(Failure::failed("a check has failed").into()),
            n => {
                let said = format!("{} of {} fail a check", n, plural(many, "host"));
                Err(Failure::failed(said).into())
            }
        }
    }

    fn put_checkup(&self, one: &Checkup) -> Result<()> {
        if let Some(why) = &one.missed {
            return self.put_lines(&[format!("{} was not reached: {why}", one.host)]);
        }
        let row = |check: &Check| {
            vec![Cell::new(check.name), verdict(check.verdict), Cell::new(&check.why)]
        };
        let rows: Vec<_> = one.checks.iter().map(row).collect();
        self.put_table(&CHECKS, &rows)?;
        self.put_lines(&[format!("{}: {}", one.host, counts(|v| one.count(v)))])?;
        self.put_lines(&fixes(&one.checks, &format!("hostler host ssh {}", one.host)))
    }

    fn put_checkups(&self, mut all: Vec<Checkup>) -> Result<()> {
        all.sort_by_key(|one| (std::cmp::Reverse(rank(one)), one.host.clone()));
        let rows: Vec<_> = all.iter().map(row).collect();
        self.put_table(&FLEET, &rows)?;
        let of = |verdict| all.iter().filter(|one| one.worst() == verdict).count();
        self.put_lines(&[format!("{}: {}", plural(all.len(), "host"), counts(of))])?;
        self.put_lines(&most_frequent(&all))
    }
}

/// Who was not reached comes first, then who has the worst checks and the most of them.
fn rank(one: &Checkup) -> (bool, usize, usize, usize) {
    let [fail, warn, unknown] = [Verdict::Fail, Verdict::Warn, Verdict::Unknown];
    (one.missed.is_some(), one.count(fail), one.count(warn), one.count(unknown))
}

fn verdict(verdict: Verdict) -> Cell {
    Cell::word(&verdict.to_string())
}

fn row(one: &Checkup) -> Vec<Cell> {
    let names = |verdict| {
        one.checks.iter().filter(move |check| check.verdict == verdict).map(|check| check.name)
    };
    let ill = names(Verdict::Fail).chain(names(Verdict::Warn)).map(|name| name.to_string());
    let what = match &one.missed {
        Some(why) => format!("not reached: {why}"),
        None => ill.collect::<Vec<_>>().join(" "),
    };
    let number = |verdict| Cell::new(one.count(verdict));
    vec![
        Cell::new(&one.host),
        verdict(one.worst()),
        number(Verdict::Fail),
        number(Verdict::Warn),
        number(Verdict::Unknown),
        number(Verdict::Ok),
        Cell::new(what),
    ]
}

/// `3 ok, 1 warn, 2 fail`; who is unknown is told only where there is one.
fn counts(of: impl Fn(Verdict) -> usize) -> String {
    let shown = [Verdict::Ok, Verdict::Unknown, Verdict::Warn, Verdict::Fail].map(|verdict| {
        let n = of(verdict);
        (n > 0 || verdict != Verdict::Unknown).then(|| format!("{n} {verdict}"))
    });
    shown.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The commands that mend what is not ok, worst first, each under the name of its check: those for
/// the host, then those for here.
fn fixes(checks: &[Check], way: &str) -> Vec<String> {
    let mut ill: Vec<_> = checks.iter().filter(|check| check.verdict != Verdict::Ok).collect();
    ill.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let commands = ill.iter().filter_map(|check| Some((check, check.fix.as_ref()?)));
    let (here, there): (Vec<_>, Vec<_>) =
        commands.partition(|(_, fix)| fix.starts_with("hostler "));
    let mut lines = Vec::new();
    for (head, some) in [(format!("\non the host ({way}):"), there), ("\nhere:".into(), here)] {
        if !some.is_empty() {
            lines.extend(head.lines().map(String::from));
            lines.extend(some.iter().flat_map(|(check, fix)| {
                [format!("  # {}: {}", check.name, check.verdict), format!("  {fix}")]
            }));
        }
    }
    lines
}

/// The checks that most hosts do not pass, each once with what the worst of them shows.
fn most_frequent(all: &[Checkup]) -> Vec<String> {
    let mut ill: BTreeMap<CheckName, Vec<&Check>> = BTreeMap::new();
    for check in all.iter().flat_map(|one| &one.checks) {
        if check.verdict >= Verdict::Warn {
            ill.entry(check.name).or_default().push(check);
        }
    }
    let mut ill: Vec<_> = ill.into_values().collect();
    let failing = |some: &[&Check]| some.iter().filter(|c| c.verdict == Verdict::Fail).count();
    ill.sort_by_key(|some| std::cmp::Reverse((failing(some), some.len())));
    let mut lines = Vec::new();
    for some in &ill {
        let Some(worst) = some.iter().max_by_key(|check| check.verdict) else { continue };
        let fail = failing(some);
        let (hosts, name) = (plural(some.len(), "host"), worst.name);
        lines.push(String::new());
        lines.push(format!("{name}: {hosts} ({fail} fail), such as: {}", worst.why));
        lines.extend(worst.fix.iter().map(|fix| format!("  {fix}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        text.parse().unwrap()
    }

    fn all() -> Vec<Checkup> {
        let sleep = || Check::fail(CheckName::Sleep, "it sleeps").fix("sudo pmset -a sleep 0");
        let slots = Check::fail(CheckName::Slots, "leaked").fix("hostler host reboot b");
        let power = Check::warn(CheckName::Power, "on a UPS").fix("pmset -g batt");
        let disk = Check::ok(CheckName::Disk, "9 GiB");
        let of = |host, checks| Checkup { host: name(host), checks, missed: None };
        vec![
            of("a", vec![disk.clone(), Check::unknown(CheckName::Clock, "unread")]),
            of("b", vec![sleep(), slots, power.clone()]),
            of("c", vec![disk, sleep(), power]),
            Checkup::missed(name("d"), "no route"),
        ]
    }

    #[test]
    fn commands_for_the_host_and_for_here_are_told_apart_the_worst_first() {
        let lines = fixes(&all()[1].checks, "hostler host ssh b").join("\n");
        assert_eq!(
            lines,
            "\non the host (hostler host ssh b):\n  # sleep: fail\n  sudo pmset -a sleep 0\n  \
             # power: warn\n  pmset -g batt\n\nhere:\n  # slots: fail\n  hostler host reboot b"
        );
        assert!(fixes(&all()[0].checks, "").is_empty());
    }

    #[test]
    fn the_fleet_stands_worst_first_and_what_ails_most_of_it_is_told_once() {
        let mut all = all();
        all.sort_by_key(|one| (std::cmp::Reverse(rank(one)), one.host.clone()));
        let rows: Vec<Vec<_>> = all
            .iter()
            .map(|one| row(one).iter().map(|cell| cell.text().to_owned()).collect())
            .collect();
        assert_eq!(rows[0], ["d", "fail", "0", "0", "0", "0", "not reached: no route"]);
        assert_eq!(rows[1], ["b", "fail", "2", "1", "0", "0", "sleep slots power"]);
        assert_eq!(rows[2], ["c", "fail", "1", "1", "0", "1", "sleep power"]);
        assert_eq!(rows[3], ["a", "unknown", "0", "0", "1", "1", ""]);
        let of = |verdict| all.iter().filter(|one| one.worst() == verdict).count();
        assert_eq!(counts(of), "0 ok, 1 unknown, 0 warn, 3 fail");
        let told = most_frequent(&all);
        assert_eq!(told[1], "sleep: 2 hosts (2 fail), such as: it sleeps");
        assert_eq!(told[2], "  sudo pmset -a sleep 0");
        assert_eq!(told.iter().filter(|line| line.contains("pmset -a sleep")).count(), 1);
    }
}
