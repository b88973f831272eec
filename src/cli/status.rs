//! `status` and `plan`: how things stand, and what comes next.

use anyhow::Result;
use hostler::api::Report;
use hostler::model::{Action, Brake, Held, Plan, Slot, Zone, plural};
use serde_json::json;

use super::call::Call;
use super::holds::nagged;
use super::out;
use super::table::{Cell, Column, facts};

const ACTIONS: [Column; 3] = [Column::text("ACTION"), Column::text("WHAT"), Column::text("WHERE")];

impl Call {
    pub(crate) async fn status(&self) -> Result<()> {
        let report = self.client.status().await?;
        let nagged = nagged(self.client.plan().await?);
        if self.json {
            let mut whole = serde_json::to_value(&report)?;
            whole["held"] = json!(nagged);
            return self.put_json(&whole);
        }
        let connect = self.client.connect().to_string();
        let mut rows = figures(&report, &connect, self.zone);
        rows.extend(attention(&report, &nagged, self.zone));
        facts(&rows, self.style).iter().try_for_each(|line| out::line(line))
    }

    pub(crate) async fn plan(&self) -> Result<()> {
        let plan = self.client.plan().await?;
        if self.json {
            return self.put_json(&plan);
        }
        let Plan { actions, held } = plan;
        if actions.is_empty() {
            out::line("nothing to do now")?;
        } else {
            let rows: Vec<_> = actions.iter().map(|a| action(a, self.zone)).collect();
            self.put_table(&ACTIONS, &rows)?;
        }
        for held in held {
            let refused: Vec<_> =
                held.refused.iter().map(|(why, n)| format!("{n} {why}")).collect();
            let refused = if refused.is_empty() {
                String::new()
            } else {
                format!(" ({})", refused.join(", "))
            };
            self.put_lines(&[format!("held: {}: {}{refused}", held.want, held.why)])?;
        }
        Ok(())
    }
}

fn figures(report: &Report, connect: &str, zone: Zone) -> Vec<(&'static str, Cell)> {
    let words = |counts: &std::collections::BTreeMap<String, usize>| {
        let all: usize = counts.values().sum();
        let parts: Vec<_> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
        Cell::new(if all == 0 { "none".into() } else { format!("{all}: {}", parts.join(", ")) })
    };
    let engine = &report.engine;
    let state = match (&engine.trouble, engine.ready) {
        (Some(trouble), _) => format!("in trouble: {trouble}"),
        (None, true) => "ready".into(),
        (None, false) => "not every host has been looked at yet".into(),
    };
    vec![
        ("controller", Cell::new(format!("{} at {connect}", report.version))),
        ("state", Cell::word(&state)),
        ("time", Cell::new(zone.moment(report.at))),
        ("revision", Cell::new(format!("{}, epoch {}", report.seq, report.epoch))),
        ("hosts", words(&report.hosts)),
        ("slots", Cell::new(slots(report))),
        ("vms", words(&report.vms)),
        ("jobs", words(&report.jobs)),
        ("looks", Cell::new(format!("{}, {} failed", engine.looks, engine.looks_failed))),
        ("commands", Cell::new(engine.commands)),
        ("passes", Cell::new(format!("{}, the last took {}us", engine.passes, engine.plan_us))),
    ]
}

/// The fleet's slots by state; a controller of an older version tells only which are free.
fn slots(report: &Report) -> String {
    let of = |word: &'static str| Some((report.slots_by_state.get(word)?, word));
    let parts = Slot::WORDS.into_iter().filter_map(of).filter(|(n, _)| **n > 0);
    let parts: Vec<_> = parts.map(|(n, word)| format!("{n} {word}")).collect();
    match parts.is_empty() {
        true => format!("{}, {} free", report.slots, report.slots_free),
        false => format!("{}: {}", report.slots, parts.join(", ")),
    }
}

/// What waits for a person.
fn attention(report: &Report, nagged: &[Held], zone: Zone) -> Vec<(&'static str, Cell)> {
    let brake = report.brake.map(|brake| {
        let words = Brake::words(brake.silent, brake.of);
        ("brake", format!("{words}; since {}", zone.moment(brake.since)))
    });
    let suspended = report.suspended.iter();
    let suspended = suspended.map(|(name, why)| ("suspended", format!("schedule {name} {why}")));
    let paused = report.paused.iter();
    let paused = paused.map(|(job, why)| {
        ("paused", format!("job {job}: {why}; go on with `hostler job resume {job}`"))
    });
    let drift = report.drift.iter().flat_map(|(host, lines)| {
        lines.iter().map(move |line| ("drift", format!("{host}: {line}")))
    });
    let vms = (report.vms_drifted > 0).then(|| {
        let vms = plural(report.vms_drifted, "VM");
        ("drift", format!("{vms} not as their pool would make them now: see `hostler pool show`"))
    });
    let lost = report.slots_lost.iter().map(|(host, lost)| {
        let (slots, cure) = (plural(lost.slots, "slot"), lost.cure.said(zone));
        ("leaked", format!("{host}: {slots}; {cure}"))
    });
    let unproven = report.unproven.iter();
    let unproven = unproven.map(|(host, said)| ("unproven", format!("{host}: {said}")));
    let builds = report.leaking_builds.iter().map(|build| {
        let hosts = plural(build.hosts, "host");
        ("leaks", format!("macOS {}; {hosts} there", build.said()))
    });
    let held = nagged.iter().map(|held| ("held", format!("{}: {}", held.want, held.why)));
    brake
        .into_iter()
        .chain(suspended)
        .chain(paused)
        .chain(drift)
        .chain(vms)
        .chain(lost)
        .chain(unproven)
        .chain(builds)
        .chain(held)
        .map(|(key, text)| (key, Cell::new(text)))
        .collect()
}

/// What is done, to what, and where.
fn action(action: &Action, zone: Zone) -> Vec<Cell> {
    let (what, to, place) = match action {
        Action::Place { pool, host, slot, replaces, .. } => {
            let replaces = replaces.map(|(_, vm)| format!(" for vm {vm}")).unwrap_or_default();
            let place = format!("{host} slot {}", u8::from(*slot));
            ("place".to_string(), format!("a vm of pool {pool}{replaces}"), place)
        }
        Action::Do { vm, kind } => (kind.to_string(), format!("vm {vm}"), String::new()),
        Action::Retire { vm, why, .. } => {
            ("retire".into(), format!("vm {vm} ({why})"), String::new())
        }
        Action::Forget { vm } => ("forget".into(), format!("vm {vm}"), String::new()),
        Action::Leak { vm, host, slot } => {
            let place = format!("{host} slot {}", u8::from(*slot));
            ("mark leaked".into(), format!("the slot of vm {vm}"), place)
        }
        Action::Release { host, hold, why } => {
            ("release".into(), format!("hold {hold}: {why}"), host.to_string())
        }
        Action::HostDo { job, host, at, .. } => {
            ("send".into(), format!("{at} of job {job}"), host.to_string())
        }
        Action::Hold { host, kind, reason, .. } => {
            (format!("hold ({kind})"), reason.clone(), host.to_string())
        }
        Action::Note { event } => {
            (event.name().replace('_', " "), event.task_words(), String::new())
        }
        Action::OpenJob(opening) => (
            "open job".into(),
            format!("over {}", plural(opening.targets.len() + opening.hosts.len(), "target")),
            String::new(),
        ),
        Action::Miss { schedule, nominal, count, cause } => {
            let what =
                format!("schedule {schedule}, {count} up to {}: {cause}", zone.moment(*nominal));
            ("miss".into(), what, String::new())
        }
        Action::EndTask { job, vm, .. } => {
            ("end task".into(), format!("vm {vm} of job {job}"), String::new())
        }
        Action::EndJob { job } => ("end job".into(), format!("job {job}"), String::new()),
    };
    vec![Cell::new(what), Cell::new(to), Cell::new(place)]
}
