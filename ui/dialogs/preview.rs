//! What only a preview shows: how many at once and in which waves, and what each step would do on
//! which hosts, told once for all hosts on which it is the same.

use std::collections::BTreeMap;

use hostler::model::{DrainPlan, HostName, Part, PlaybookName, StepFate, StepPreview};

use super::On;
use crate::ui::books;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;
use crate::ui::windows::Ctx;

/// So many hosts are named of those on which the steps are the same.
const NAMED: usize = 4;

pub(super) fn lines(ctx: &Ctx, on: &On, plan: &DrainPlan) -> Vec<Line> {
    let mut lines = vec![vec![(pace(ctx, on, plan), Token::Strong)]];
    let book = book(ctx, on).and_then(|name| ctx.fleet.world()?.playbooks.get(name));
    for (steps, hosts) in alike(plan) {
        let named = text::names(&hosts, NAMED);
        lines.push(vec![(format!("steps on {named}:"), Token::Strong)]);
        for step in steps {
            let does = book.and_then(|book| book.step(step.at));
            let does = does.map_or(String::new(), |step| books::does(&step.act));
            lines.push(step_line(step, &does));
        }
        lines.push(Vec::new());
    }
    let told = plan.hosts.iter().filter(|host| !host.steps.is_empty()).count();
    if (1..plan.hosts.len()).contains(&told) {
        let said = format!("the steps of the first {} only are worked out", text::count(told));
        lines.push(vec![(said, Token::Dim)]);
    }
    lines
}

fn book<'a>(ctx: &'a Ctx, on: &'a On) -> Option<&'a PlaybookName> {
    match on {
        On::Hosts(book, _) | On::Pool(book, _) => Some(book),
        On::Run(schedule) => Some(&ctx.fleet.world()?.schedules.get(schedule)?.spec.playbook),
    }
}

/// `run of 2026-08-28 02:00; 15 hosts, 2 at once; in waves of 1, 4, 10`.
fn pace(ctx: &Ctx, on: &On, plan: &DrainPlan) -> String {
    let hosts = text::plural(plan.hosts.len(), "host");
    let run = plan.run.map_or(String::new(), |at| format!("run of {}; ", ctx.zone.date(at)));
    let vms = plan.hosts.iter().all(|host| host.steps.is_empty()) && !matches!(on, On::Hosts(..));
    let at_once = match vms {
        true => text::plural(plan.at_once, "VM"),
        false => text::count(plan.at_once),
    };
    let mut waves: BTreeMap<u16, usize> = BTreeMap::new();
    for host in &plan.hosts {
        *waves.entry(host.wave).or_default() += 1;
    }
    let waves = match waves.len() {
        0 | 1 => String::new(),
        _ => {
            let sizes: Vec<String> = waves.values().map(ToString::to_string).collect();
            format!("; in waves of {}", sizes.join(", "))
        }
    };
    format!("{run}{hosts}, {at_once} at once{waves}")
}

/// The hosts by what the steps do on them, in the order of the first of each.
fn alike(plan: &DrainPlan) -> Vec<(&[StepPreview], Vec<&HostName>)> {
    let mut groups: Vec<(&[StepPreview], Vec<&HostName>)> = Vec::new();
    for host in plan.hosts.iter().filter(|host| !host.steps.is_empty()) {
        match groups.iter_mut().find(|(steps, _)| *steps == &host.steps[..]) {
            Some((_, hosts)) => hosts.push(&host.host),
            None => groups.push((&host.steps, vec![&host.host])),
        }
    }
    groups
}

/// What becomes of it comes first: that is what is asked here.
fn step_line(step: &StepPreview, does: &str) -> Line {
    let (said, token) = match &step.does {
        StepFate::Done { what } => (what.clone(), Token::Strong),
        StepFate::Skipped { why } => (format!("skipped: {why}"), Token::Off),
        StepFate::Depends { why } => (format!("open: {why}"), Token::Wait),
        StepFate::Fails { why } => (format!("fails: {why}"), Token::Bad),
    };
    let number = match step.at.part {
        Part::Steps => (step.at.ix + 1).to_string(),
        Part::Always => format!("+{}", step.at.ix + 1),
    };
    // A script is told by its first line, and no word twice.
    let does = does.lines().next().unwrap_or("");
    let does = does.strip_prefix(step.name.as_str()).unwrap_or(does).trim_start_matches(": ");
    let does = if matches!(step.does, StepFate::Skipped { .. }) { "" } else { does };
    let gap = if said.is_empty() { "" } else { "  " };
    vec![
        (format!("  {number:>2} {}{gap}", step.name), Token::Text),
        (said, token),
        (format!("  {does}"), Token::Dim),
    ]
}
