//! Playbooks: what each is for, how many steps it has, which schedules use it, how it went last.

use std::collections::BTreeSet;

use hostler::model::{HostName, Job, Playbook, PlaybookName, World};

use super::PlaybookView;
use crate::ui::books;
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};
use crate::ui::windows::{Ctx, View};

/// The rows of the window of playbooks.
#[derive(Clone, Copy, Debug)]
pub struct PlaybookRows;

const NAME: usize = 0;
const EACH: usize = 1;
const STEPS: usize = 2;
const SCHEDULES: usize = 3;
const LAST: usize = 4;

fn get<'a>(fleet: &'a Replica, name: &PlaybookName) -> Option<(&'a World, &'a Playbook)> {
    let world = fleet.world()?;
    Some((world, &**world.playbooks.get(name)?))
}

fn last<'a>(fleet: &'a Replica, name: &'a PlaybookName) -> Option<&'a Job> {
    books::runs(fleet.world()?, name).next().map(|job| &**job)
}

fn schedules(world: &World, name: &PlaybookName) -> String {
    let all: Vec<_> = books::schedules(world, name).collect();
    if all.is_empty() { "-".into() } else { text::names(&all, 1) }
}

impl Rows for PlaybookRows {
    type Id = PlaybookName;
    const TITLE: &'static str = "Playbooks";
    const NOUN: &'static str = "playbook";
    const NONE: [&'static str; 2] =
        ["No playbook is known.", "Those of the fleet directory come with its inventory."];
    const COLUMNS: &'static [Column] = &[
        Column::new("NAME", 16, 0),
        Column::new("EACH", 4, 5),
        Column::new("STEPS", 5, 4),
        Column::new("SCHEDULES", 18, 3),
        Column::new("LAST RUN", 22, 1),
        Column::new("SUMMARY", 16, 2).grows(),
    ];

    fn ids(fleet: &Replica) -> Vec<PlaybookName> {
        fleet.world().map(|world| world.playbooks.keys().cloned().collect()).unwrap_or_default()
    }
    fn changed(changed: &Changed) -> &BTreeSet<PlaybookName> {
        &changed.playbooks
    }
    fn key(fleet: &Replica, name: &PlaybookName, column: usize) -> Option<SortKey> {
        let (world, book) = get(fleet, name)?;
        let opened = last(fleet, name).map_or(0, |job| job.opened.as_millis());
        Some(match column {
            NAME => SortKey(0, name.to_string()),
            EACH => SortKey(0, books::each(book).into()),
            STEPS => SortKey(steps(book) as i64, name.to_string()),
            SCHEDULES => SortKey(0, schedules(world, name)),
            LAST => SortKey(opened, name.to_string()),
            _ => SortKey(0, book.summary.clone()),
        })
    }
    fn passes(fleet: &Replica, name: &PlaybookName, filter: &Filter) -> bool {
        get(fleet, name).is_some_and(|(world, book)| filter.holds(&Asked { world, book }))
    }
    fn host(_: &Replica, _: &PlaybookName) -> Option<HostName> {
        None
    }
    fn opens(_: &Replica, name: &PlaybookName) -> Option<View> {
        Some(View::Playbook(PlaybookView::new(name.clone())))
    }
    fn name(_: &Replica, name: &PlaybookName) -> String {
        name.to_string()
    }
    fn detail(ctx: &Ctx, name: &PlaybookName) -> String {
        get(ctx.fleet, name).map_or(String::new(), |(_, book)| format!("{name}: {}", book.summary))
    }
    fn look(ctx: &Ctx, name: &PlaybookName) -> Look {
        last(ctx.fleet, name).map_or(Look::Queued, |job| Look::job(job.word()))
    }

    fn cell(ctx: &Ctx, name: &PlaybookName, column: usize) -> (String, Token) {
        let Some((world, book)) = get(ctx.fleet, name) else { return ("gone".into(), Token::Dim) };
        let text = match column {
            NAME => name.to_string(),
            EACH => books::each(book).into(),
            STEPS => steps(book).to_string(),
            SCHEDULES => schedules(world, name),
            LAST => {
                let Some(job) = last(ctx.fleet, name) else {
                    return ("none is known".into(), Token::Dim);
                };
                let span = ctx.there.since(job.opened).rough();
                let said = match job.is_over() {
                    true => format!("{} {span} ago", job.word()),
                    false => format!("{} for {span}", job.word()),
                };
                return (said, Look::job(job.word()).token());
            }
            _ => book.summary.clone(),
        };
        (text, Token::Text)
    }
}

fn steps(book: &Playbook) -> usize {
    book.steps.len() + book.always.len()
}

struct Asked<'a> {
    world: &'a World,
    book: &'a Playbook,
}

impl Asked<'_> {
    fn last(&self) -> Option<&'static str> {
        books::runs(self.world, &self.book.name).next().map(|job| job.word())
    }
}

impl Subject for Asked<'_> {
    fn contains(&self, needle: &str) -> bool {
        let book = self.book;
        let mut steps = book.steps.iter().chain(&book.always);
        let mut schedules = books::schedules(self.world, &book.name);
        book.name.as_str().contains(needle)
            || book.summary.to_lowercase().contains(needle)
            || steps.any(|step| step.name.to_lowercase().contains(needle))
            || schedules.any(|name| name.as_str().contains(needle))
            || self.last().is_some_and(|word| word.contains(needle))
    }
    fn is(&self, key: &str, value: &str) -> bool {
        match key {
            "state" | "last" => self.last() == Some(value),
            "each" => books::each(self.book).to_lowercase() == value,
            "schedule" => {
                books::schedules(self.world, &self.book.name).any(|name| name.as_str() == value)
            }
            _ => false,
        }
    }
    fn number(&self, key: &str) -> Option<f64> {
        (key == "steps").then_some(steps(self.book) as f64)
    }
}
