//! Drains: every host that is being emptied or kept empty, what it waits for and until when. Those
//! that end stay in sight as ended until the window is closed.

use std::collections::BTreeSet;

use hostler::model::{HostName, JobId, Timestamp, World, Zone};

use super::Ctx;
use crate::ui::drains::{self, DrainId, Origin};
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};

/// The rows of the window of drains.
#[derive(Clone, Copy, Debug)]
pub struct DrainRows;

const HOST: usize = 0;
const STATE: usize = 1;
const WAITS: usize = 2;
const UNTIL: usize = 3;
const SINCE: usize = 4;
const BY: usize = 6;
const JOB: usize = 7;

/// What needs a person first, and what is over last.
const GRAVEST: [&str; 5] = ["blocked", "draining", "unwinding", "waiting", "drained"];

fn origin<'a>(fleet: &'a Replica, id: &DrainId) -> Option<(&'a World, &'a Origin)> {
    Some((fleet.world()?, fleet.drains().origin(id)?))
}

fn word(fleet: &Replica, id: &DrainId) -> &'static str {
    match (fleet.drains().ended(id), fleet.world()) {
        (Some(ended), _) => ended.word,
        (None, Some(world)) => drains::word(world, id),
        (None, None) => "gone",
    }
}

fn waits(fleet: &Replica, id: &DrainId, zone: Zone) -> String {
    match (fleet.drains().ended(id), fleet.world()) {
        (Some(ended), _) if ended.why.is_empty() => format!("ended {}", zone.clock(ended.at)),
        (Some(ended), _) => format!("ended {}: {}", zone.clock(ended.at), ended.why),
        (None, Some(world)) => drains::waits((world, &fleet.whys), id, zone),
        (None, None) => String::new(),
    }
}

fn until(fleet: &Replica, id: &DrainId) -> Option<Timestamp> {
    let on = fleet.drains().ended(id).is_none();
    drains::until(fleet.world().filter(|_| on)?, id)
}

fn job(id: &DrainId) -> String {
    id.job.map_or("-".into(), |job| job.to_string())
}

impl Rows for DrainRows {
    type Id = DrainId;
    const TITLE: &'static str = "Drains";
    const NOUN: &'static str = "drain";
    const NONE: [&'static str; 2] =
        ["No host is being drained.", "D in Hosts shows what a drain would do, before it is done."];
    const COLUMNS: &'static [Column] = &[
        Column::new("HOST", 11, 0),
        Column::new("STATE", 9, 1),
        Column::new("WAITS FOR", 20, 2).grows_to(38, 4),
        Column::new("UNTIL", 12, 3),
        Column::new("FOR", 6, 4),
        Column::new("REASON", 12, 5).grows_to(20, 6),
        Column::new("BY", 8, 6),
        Column::new("JOB", 13, 7),
    ];

    fn ids(fleet: &Replica) -> Vec<DrainId> {
        fleet.drains().ids().cloned().collect()
    }
    fn changed(changed: &Changed) -> &BTreeSet<DrainId> {
        &changed.drains
    }
    fn key(fleet: &Replica, id: &DrainId, column: usize) -> Option<SortKey> {
        let (_, from) = origin(fleet, id)?;
        Some(match column {
            HOST => SortKey(0, id.host.to_string()),
            STATE => {
                let word = word(fleet, id);
                let rank = GRAVEST.iter().position(|other| *other == word);
                SortKey(rank.unwrap_or(GRAVEST.len()) as i64, id.host.to_string())
            }
            WAITS => SortKey(0, waits(fleet, id, Zone::default())),
            UNTIL => SortKey(
                until(fleet, id).map_or(i64::MAX, Timestamp::as_millis),
                id.host.to_string(),
            ),
            SINCE => SortKey(from.since.as_millis(), String::new()),
            BY => SortKey(0, from.by.clone()),
            JOB => SortKey(0, job(id)),
            _ => SortKey(0, from.reason.clone()),
        })
    }
    fn passes(fleet: &Replica, id: &DrainId, filter: &Filter) -> bool {
        origin(fleet, id).is_some_and(|(_, from)| filter.holds(&Asked { fleet, id, from }))
    }
    fn host(_: &Replica, id: &DrainId) -> Option<HostName> {
        Some(id.host.clone())
    }
    fn job(id: &DrainId) -> Option<JobId> {
        id.job
    }
    fn name(_: &Replica, id: &DrainId) -> String {
        id.host.to_string()
    }
    fn detail(ctx: &Ctx, id: &DrainId) -> String {
        let Some((world, from)) = origin(ctx.fleet, id) else { return String::new() };
        let patience = until(ctx.fleet, id).map(|at| format!("until {}", ctx.zone.clock(at)));
        let then = drains::then(world, id).to_string();
        let job = id.job.map(|job| format!(", job {job}")).unwrap_or_default();
        let said = [
            format!("{}: {}", id.host, waits(ctx.fleet, id, ctx.zone)),
            patience.unwrap_or_default(),
            then,
            format!("{}, by {}{job}", from.reason, from.by),
        ];
        said.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join("; ")
    }
    fn said(_: bool) -> u16 {
        3
    }
    fn look(ctx: &Ctx, id: &DrainId) -> Look {
        Look::job(word(ctx.fleet, id))
    }

    fn cell(ctx: &Ctx, id: &DrainId, column: usize) -> (String, Token) {
        let Some((_, from)) = origin(ctx.fleet, id) else { return ("gone".into(), Token::Dim) };
        let ended = ctx.fleet.drains().ended(id);
        let text = match column {
            HOST => id.host.to_string(),
            STATE => {
                let word = word(ctx.fleet, id);
                return (word.into(), Look::job(word).token());
            }
            WAITS => waits(ctx.fleet, id, ctx.zone),
            UNTIL => return left(ctx, until(ctx.fleet, id)),
            SINCE => ended.map_or(ctx.there, |ended| ended.at).since(from.since).rough(),
            BY => from.by.clone(),
            JOB => job(id),
            _ => from.reason.clone(),
        };
        (text, if ended.is_some() { Token::Dim } else { Token::Text })
    }
}

/// How long until then; what is over is said to be.
fn left(ctx: &Ctx, until: Option<Timestamp>) -> (String, Token) {
    match until {
        None => ("-".into(), Token::Dim),
        Some(at) if at > ctx.there => {
            (format!("{} left", at.since(ctx.there).rough()), Token::Text)
        }
        Some(at) => (format!("{} over", ctx.there.since(at).rough()), Token::Warn),
    }
}

struct Asked<'a> {
    fleet: &'a Replica,
    id: &'a DrainId,
    from: &'a Origin,
}

impl Subject for Asked<'_> {
    fn contains(&self, needle: &str) -> bool {
        let waits = waits(self.fleet, self.id, Zone::default());
        self.id.host.as_str().contains(needle)
            || word(self.fleet, self.id).contains(needle)
            || self.from.by.to_lowercase().contains(needle)
            || self.from.reason.to_lowercase().contains(needle)
            || job(self.id).contains(needle)
            || waits.to_lowercase().contains(needle)
    }
    fn is(&self, key: &str, value: &str) -> bool {
        match key {
            "state" => word(self.fleet, self.id) == value,
            "host" => self.id.host.as_str() == value,
            "by" | "who" => self.from.by.to_lowercase() == value,
            "job" => job(self.id) == value,
            _ => false,
        }
    }
    fn number(&self, _: &str) -> Option<f64> {
        None
    }
}
