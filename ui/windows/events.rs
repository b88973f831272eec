//! Events: what has happened, one line each, the newest last; some of it before this desktop was
//! opened.

use std::collections::BTreeSet;

use hostler::model::{HostName, Timestamp, Zone};

use super::Ctx;
use crate::ui::filter::Filter;
use crate::ui::glyphs::Look;
use crate::ui::notes::Level;
use crate::ui::replica::{Changed, Replica};
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};

/// The rows of the window of events.
#[derive(Clone, Copy, Debug)]
pub struct EventRows;

const TIME: usize = 0;
const LEVEL: usize = 1;
const ABOUT: usize = 2;
const WHO: usize = 3;

impl Rows for EventRows {
    type Id = u64;
    const TITLE: &'static str = "Events";
    const NOUN: &'static str = "event";
    const NONE: [&'static str; 2] = [
        "Nothing has happened yet.",
        "Events appear here as they come; the controller's journal keeps all of them.",
    ];
    const GROWS: bool = true;
    const COLUMNS: &'static [Column] = &[
        Column::new("TIME", 8, 2),
        Column::new("LVL", 4, 3),
        Column::new("ABOUT", 10, 1),
        Column::new("WHO", 8, 4),
        Column::new("WHAT", 20, 0).grows_to(30, 3),
    ];

    fn ids(fleet: &Replica) -> Vec<u64> {
        fleet.notes().map(|note| note.n).collect()
    }
    fn changed(changed: &Changed) -> &BTreeSet<u64> {
        &changed.notes
    }
    fn key(fleet: &Replica, id: &u64, column: usize) -> Option<SortKey> {
        let note = fleet.note(*id)?;
        Some(match column {
            TIME => SortKey(*id as i64, String::new()),
            LEVEL => SortKey(-(note.level as i64), String::new()),
            ABOUT => SortKey(0, note.about.clone()),
            WHO => SortKey(0, note.who.clone()),
            _ => SortKey(0, note.what.clone()),
        })
    }
    fn passes(fleet: &Replica, id: &u64, filter: &Filter) -> bool {
        fleet.note(*id).is_some_and(|note| filter.holds(note))
    }
    fn host(fleet: &Replica, id: &u64) -> Option<HostName> {
        let about = fleet.note(*id)?.about.as_str();
        fleet.world()?.hosts.get_key_value(about).map(|(name, _)| name.clone())
    }
    fn when(fleet: &Replica, id: &u64) -> Option<Timestamp> {
        fleet.note(*id).map(|note| note.at)
    }
    fn name(fleet: &Replica, id: &u64) -> String {
        fleet.note(*id).map_or(String::new(), |note| {
            // What is copied leaves this desktop, and its zone.
            format!("{} {} {}", Zone::default().date(note.at), note.about, note.what)
        })
    }
    fn detail(ctx: &Ctx, id: &u64) -> String {
        ctx.fleet.note(*id).map_or(String::new(), |note| format!("{}  {}", note.about, note.what))
    }
    fn look(ctx: &Ctx, id: &u64) -> Look {
        match ctx.fleet.note(*id).map(|note| note.level) {
            Some(Level::Bad) => Look::Bad,
            Some(Level::Warn) => Look::Queued,
            Some(Level::Info) => Look::Ready,
            None => Look::Unknown,
        }
    }
    fn cell(ctx: &Ctx, id: &u64, column: usize) -> (String, Token) {
        let Some(note) = ctx.fleet.note(*id) else { return ("gone".into(), Token::Dim) };
        let graveness = match note.level {
            Level::Info => Token::Dim,
            Level::Warn => Token::Warn,
            Level::Bad => Token::Bad,
        };
        match column {
            TIME => (ctx.zone.clock(note.at), Token::Dim),
            LEVEL => (note.level.word().into(), graveness),
            ABOUT => (note.about.clone(), Token::Text),
            WHO => (note.who.clone(), Token::Text),
            _ => (note.what.clone(), Token::Text),
        }
    }
}
