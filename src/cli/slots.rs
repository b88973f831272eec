//! `host slots`: what is in each slot now, and what the journal proves of them.

use anyhow::Result;
use hostler::api::{HostItem, Period, SlotsReport};
use hostler::model::{HostName, Most, Zone, plural};

use super::call::{Call, input};
use super::choose::choose;
use super::failure::Failure;
use super::listed::slot;
use super::table::{Cell, Column};
use super::verbs::SlotsFlags;

const SLOTS: [Column; 4] =
    [Column::text("HOST"), Column::number("SLOT"), Column::text("STATE"), Column::text("WHAT")];

const MOST: [Column; 8] = [
    Column::text("HOST"),
    Column::number("MOST"),
    Column::number("OURS"),
    Column::number("FOREIGN"),
    Column::number("UNKNOWN"),
    Column::number("LEAKED"),
    Column::text("FIRST"),
    Column::number("ENTRY"),
];

impl Call {
    pub(crate) async fn slots(&self, flags: &SlotsFlags) -> Result<()> {
        if flags.report { self.slots_report(flags).await } else { self.slots_now(flags).await }
    }

    async fn slots_now(&self, flags: &SlotsFlags) -> Result<()> {
        let mut hosts = self.client.hosts().await?;
        hosts.items = choose(&flags.which, hosts.items, input)?;
        if self.json {
            return self.put_json(&hosts);
        }
        let rows: Vec<_> = hosts.items.iter().flat_map(now).collect();
        self.put_table(&SLOTS, &rows).map(drop)
    }

    async fn slots_report(&self, flags: &SlotsFlags) -> Result<()> {
        let now = match (flags.since, flags.until) {
            (None, None) => None,
            (_, _) => Some(self.client.status().await?.at),
        };
        let before = |when: super::when::When| now.map(|now| when.before(now));
        let period =
            Period { since: flags.since.and_then(before), until: flags.until.and_then(before) };
        let report = self.client.slots_report(&period).await?;
        if self.json {
            self.put_json(&report)?;
        } else {
            let rows: Vec<_> = report.licence.hosts.iter().map(|of| most(of, self.zone)).collect();
            self.put_table(&MOST, &rows)?;
            self.put_lines(&summary(&report, self.zone))?;
        }
        match exceeded(&report) {
            Some(said) => Err(Failure::failed(said).into()),
            None => Ok(()),
        }
    }
}

fn now(item: &HostItem) -> Vec<Vec<Cell>> {
    let cells = |(ix, at): (hostler::model::SlotIx, &hostler::model::Slot)| {
        vec![
            Cell::new(&item.name),
            Cell::new(u8::from(ix)),
            Cell::word(at.word()),
            Cell::new(slot(at)),
        ]
    };
    item.host.usable_slots().map(cells).collect()
}

fn most((name, most): (&HostName, &Most), zone: Zone) -> Vec<Cell> {
    let of = &most.count;
    vec![
        Cell::new(name),
        Cell::new(of.total),
        Cell::new(of.ours),
        Cell::new(of.foreign),
        Cell::new(of.unknown),
        Cell::new(of.leaked),
        Cell::new(zone.moment(most.at)),
        Cell::new(most.seq),
    ]
}

/// What was read, what it shows, and who made it more than it may be.
fn summary(report: &SlotsReport, zone: Zone) -> Vec<String> {
    let licence = &report.licence;
    let mut lines = vec![String::new()];
    lines.push(match licence.entries {
        0 => "no entry of the journal is of this period: what stood before it is shown".into(),
        _ => format!(
            "entries {} to {} of the journal read ({} in all), written from {} to {}",
            licence.first,
            licence.last,
            licence.entries,
            zone.moment(licence.since),
            zone.moment(licence.until)
        ),
    });
    let most = licence.hosts.values().map(|most| most.count.total).max().unwrap_or(0);
    let ours = licence.hosts.values().map(|most| most.ours_most).max().unwrap_or(0);
    let hosts = plural(licence.hosts.len(), "host");
    lines.push(if most <= report.licensed {
        format!("{hosts}, never more than {} macOS VMs on one", report.licensed)
    } else {
        format!("{hosts}, up to {most} macOS VMs on one; of ours never more than {ours}")
    });
    for (name, most) in licence.exceeded() {
        let of = &most.count;
        let (total, at, seq) = (of.total, zone.moment(most.at), most.seq);
        let whose = match of.foreign {
            0 => "all of them ours".into(),
            foreign => format!("{foreign} not ours"),
        };
        lines.push(format!("{name}: {total} at {at}, {whose}: entry {seq} shows it"));
    }
    lines.extend(report.leaking_builds.iter().map(|build| format!("macOS {}", build.said())));
    lines
}

fn exceeded(report: &SlotsReport) -> Option<String> {
    let hosts: Vec<_> = report.licence.exceeded().map(|(name, _)| name.to_string()).collect();
    (!hosts.is_empty()).then(|| {
        format!(
            "{} seen with more than {} macOS VMs: {}; `hostler host why HOST` says what runs there \
             now",
            match hosts.len() {
                1 => "1 host was".into(),
                n => format!("{n} hosts were"),
            },
            report.licensed,
            hosts.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use hostler::model::{Count, LICENSED, Licence, Timestamp};

    use super::*;

    fn report(total: u32, foreign: u32) -> SlotsReport {
        let count = Count { total, ours: total - foreign, foreign, ..Count::default() };
        let most = Most { count, at: Timestamp::default(), seq: 12, ours_most: 2 };
        let hosts = [("mini-01".parse().unwrap(), most)].into();
        let licence = Licence { entries: 40, first: 1, last: 40, hosts, ..Licence::default() };
        SlotsReport { licence, licensed: LICENSED, leaking_builds: Vec::new() }
    }

    #[test]
    fn two_are_said_to_be_two_and_three_are_said_whose_they_are() {
        let two = report(2, 0);
        let said = summary(&two, Zone::default()).join("\n");
        assert!(said.contains("entries 1 to 40 of the journal read (40 in all)"), "{said}");
        assert!(said.contains("1 host, never more than 2 macOS VMs on one"), "{said}");
        assert_eq!(exceeded(&two), None);
        let three = report(3, 2);
        let said = summary(&three, Zone::default()).join("\n");
        assert!(said.contains("of ours never more than 2"), "{said}");
        assert!(said.contains("mini-01: 3 at 1970"), "{said}");
        assert!(said.contains("2 not ours: entry 12 shows it"), "{said}");
        assert!(exceeded(&three).unwrap().starts_with("1 host was seen with more than 2"));
    }
}
