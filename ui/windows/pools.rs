//! Pools: what each wants and has, in which states, how old its oldest VM is, which schedule
//! replaces them, and why it has not all it wants.

use std::collections::BTreeSet;

use hostler::model::{HostName, Pool, PoolName, PoolSize, ScheduleName, World};

use super::{Ctx, WinKind};
use crate::ui::crews::Crew;
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};

/// The rows of the window of pools.
#[derive(Clone, Copy, Debug)]
pub struct PoolRows;

const POOL: usize = 0;
const IMAGE: usize = 1;
const WANTED: usize = 2;
const READY: usize = 3;
const GOING: usize = 6;
const OLDEST: usize = 7;
const RESPAWN: usize = 8;

/// A pool that is declared, or was and still has VMs.
#[derive(Clone, Copy)]
struct Known<'a> {
    fleet: &'a Replica,
    world: &'a World,
    name: &'a PoolName,
    pool: Option<&'a Pool>,
    crew: Option<&'a Crew>,
}

impl<'a> Known<'a> {
    fn get(fleet: &'a Replica, name: &'a PoolName) -> Option<Self> {
        let world = fleet.world()?;
        let pool = world.pools.get(name).map(|pool| &**pool);
        let crew = fleet.crews().get(name);
        (pool.is_some() || crew.is_some()).then_some(Self { fleet, world, name, pool, crew })
    }
    fn count(self, state: usize) -> usize {
        self.crew.map_or(0, |crew| crew.counts[state])
    }
    fn image(self) -> &'a str {
        self.pool.map_or("-", |pool| pool.spec.image.as_str())
    }
    /// By how many first, then in words.
    fn wanted(self) -> SortKey {
        match self.pool.map(|pool| pool.spec.size) {
            Some(PoolSize::Count(n)) => SortKey(i64::from(n), n.to_string()),
            Some(PoolSize::PerHost(n)) => SortKey(i64::from(n), format!("{n} per host")),
            Some(PoolSize::Fill) => SortKey(i64::MAX, "fill".into()),
            None => SortKey(-1, "no more".into()),
        }
    }
    fn failures(self) -> usize {
        self.pool.map_or(0, |pool| pool.failures as usize)
    }
    fn missing(self) -> usize {
        self.fleet.whys.pool(self.name).map_or(0, |(missing, _)| missing as usize)
    }
    /// Why it has not all it wants.
    fn why(self) -> String {
        let held = self.pool.is_some_and(|pool| pool.held.is_some());
        let fails = match self.failures() {
            0 => None,
            // The hold says so itself.
            _ if held => None,
            n => Some(format!("{} failed in a row", text::plural(n, "start"))),
        };
        let waits = self.fleet.whys.pool(self.name);
        let waits = waits.map(|(missing, why)| format!("{missing} more: {why}"));
        let gone = self.pool.is_none().then(|| "declared no more".to_string());
        gone.into_iter().chain(fails).chain(waits).collect::<Vec<_>>().join("; ")
    }
    /// The schedules over it whose runs replace its VMs.
    fn schedules(self) -> Vec<String> {
        let suspended = |name: &ScheduleName| {
            self.world.schedules.get(name).is_some_and(|of| of.suspended.is_some())
        };
        let named = self.fleet.crews().renewers(self.name).map(|name| match suspended(name) {
            false => name.to_string(),
            true => format!("{name} (suspended)"),
        });
        named.collect()
    }
    fn respawn(self) -> String {
        let names = self.schedules();
        if names.is_empty() { "-".into() } else { text::names(&names, 1) }
    }
    fn look(self) -> Look {
        match self.pool {
            None => Look::Leaving,
            Some(pool) if pool.held.is_some() || self.failures() > 0 => Look::Bad,
            Some(_) if self.missing() > 0 => Look::Queued,
            Some(_) if self.count(2) > 0 => Look::Coming,
            Some(_) => Look::Ready,
        }
    }
}

impl Rows for PoolRows {
    type Id = PoolName;
    const TITLE: &'static str = "Pools";
    const NOUN: &'static str = "pool";
    const NONE: [&'static str; 2] =
        ["No pool is declared.", "Pools of the fleet directory come with its inventory."];
    const COLUMNS: &'static [Column] = &[
        Column::new("POOL", 12, 0),
        Column::new("IMAGE", 12, 6),
        Column::new("WANTED", 10, 1),
        Column::new("READY", 5, 2).metric(),
        Column::new("BUSY", 4, 2).metric(),
        Column::new("PENDING", 7, 2).metric(),
        Column::new("GOING", 5, 4).metric(),
        Column::new("OLDEST", 6, 5).metric(),
        Column::new("RESPAWNED BY", 15, 7),
        Column::new("WHY NOT ALL", 14, 3).grows(),
    ];

    fn ids(fleet: &Replica) -> Vec<PoolName> {
        let declared = fleet.world().into_iter().flat_map(|world| world.pools.keys());
        let all: BTreeSet<&PoolName> = declared.chain(fleet.crews().names()).collect();
        all.into_iter().cloned().collect()
    }
    fn changed(changed: &Changed) -> &BTreeSet<PoolName> {
        &changed.pools
    }
    fn key(fleet: &Replica, name: &PoolName, column: usize) -> Option<SortKey> {
        let known = Known::get(fleet, name)?;
        Some(match column {
            POOL => SortKey(0, name.to_string()),
            IMAGE => SortKey(0, known.image().into()),
            WANTED => known.wanted(),
            READY..=GOING => SortKey(known.count(column - READY) as i64, name.to_string()),
            OLDEST => {
                let at = known.crew.and_then(Crew::oldest);
                SortKey(at.map_or(1, |at| -at.as_millis()), name.to_string())
            }
            RESPAWN => SortKey(0, known.respawn()),
            _ => SortKey(-(known.missing() as i64), known.why()),
        })
    }
    fn passes(fleet: &Replica, name: &PoolName, filter: &Filter) -> bool {
        Known::get(fleet, name).is_some_and(|known| filter.holds(&known))
    }
    fn host(_: &Replica, _: &PoolName) -> Option<HostName> {
        None
    }
    fn pool(_: &Replica, name: &PoolName) -> Option<PoolName> {
        Some(name.clone())
    }
    fn narrows(name: &PoolName) -> Option<(WinKind, Filter)> {
        Some((WinKind::Vms, Filter::read(&format!("pool={name}")).ok()?))
    }
    fn name(_: &Replica, name: &PoolName) -> String {
        name.to_string()
    }
    fn said(_: bool) -> u16 {
        2
    }
    fn detail(ctx: &Ctx, name: &PoolName) -> String {
        let Some(known) = Known::get(ctx.fleet, name) else { return String::new() };
        let why = known.why();
        let Some(pool) = known.pool else { return format!("{name}: {why}, its VMs go") };
        let respawn = match known.schedules() {
            names if names.is_empty() => "no schedule over it respawns them".into(),
            names => format!("respawned by {}", names.join(", ")),
        };
        let hosts = pool.spec.hosts.to_string();
        let hosts = if hosts.is_empty() { "all hosts".into() } else { hosts };
        let gap = if why.is_empty() { "" } else { "; " };
        format!("{name}: {why}{gap}{} of {} on {hosts}; {respawn}", known.wanted().1, known.image())
    }
    fn look(ctx: &Ctx, name: &PoolName) -> Look {
        Known::get(ctx.fleet, name).map_or(Look::Unknown, Known::look)
    }

    fn cell(ctx: &Ctx, name: &PoolName, column: usize) -> (String, Token) {
        let Some(known) = Known::get(ctx.fleet, name) else { return ("gone".into(), Token::Dim) };
        let text = match column {
            POOL => name.to_string(),
            IMAGE => known.image().into(),
            WANTED => known.wanted().1,
            READY..=GOING => match known.count(column - READY) {
                0 => return ("0".into(), Token::Dim),
                n => n.to_string(),
            },
            OLDEST => match known.crew.and_then(Crew::oldest) {
                Some(at) => ctx.there.since(at).rough(),
                None => "-".into(),
            },
            RESPAWN => known.respawn(),
            _ => return (known.why(), known.look().token()),
        };
        (text, Token::Text)
    }
}

impl Subject for Known<'_> {
    fn contains(&self, needle: &str) -> bool {
        self.name.as_str().contains(needle)
            || self.image().contains(needle)
            || self.why().to_lowercase().contains(needle)
            || self.schedules().iter().any(|name| name.contains(needle))
    }
    fn is(&self, key: &str, value: &str) -> bool {
        match key {
            "pool" | "name" => self.name.as_str() == value,
            "image" => self.image() == value,
            "wanted" => self.wanted().1 == value,
            "schedule" => self.schedules().iter().any(|name| name == value),
            _ => false,
        }
    }
    fn number(&self, key: &str) -> Option<f64> {
        let state = crate::ui::course::VMS.iter().position(|word| *word == key);
        let n = match (state, key) {
            (Some(state), _) => self.count(state),
            (None, "missing") => self.missing(),
            (None, "failures") => self.failures(),
            (None, _) => return None,
        };
        Some(n as f64)
    }
}
