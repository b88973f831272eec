//! Hosts: state, slots, load, memory, what they do and why they do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use hostler::model::{Hold, Host, HostName, Reach, Sample, Vm, World};
use ratatui::layout::Rect;

use super::Ctx;
use super::vms::work_word;
use crate::ui::canvas::Canvas;
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey, Table};

/// The rows of the window of hosts.
#[derive(Clone, Copy, Debug)]
pub struct HostRows;

const NAME: usize = 0;
const STATE: usize = 1;
const SLOTS: usize = 2;
const LOAD: usize = 3;
const MEMORY: usize = 4;
const FREE: usize = 5;
const MACOS: usize = 6;
const SITE: usize = 7;

fn get<'a>(fleet: &'a Replica, id: &HostName) -> Option<&'a Host> {
    Some(fleet.world()?.hosts.get(id)?)
}

impl Rows for HostRows {
    type Id = HostName;
    const TITLE: &'static str = "Hosts";
    const NOUN: &'static str = "host";
    const NONE: [&'static str; 2] =
        ["No host is declared.", "Declare them in the fleet directory, then say `hostler reload`."];
    const COLUMNS: &'static [Column] = &[
        Column::new("HOST", 10, 0),
        Column::new("STATE", 11, 1).groups(),
        Column::new("VM", 4, 2),
        Column::new("LOAD", 5, 4).metric(),
        Column::new("MEM", 7, 7).metric(),
        Column::new("FREE", 7, 8).metric(),
        Column::new("MACOS", 7, 6).groups(),
        Column::new("SITE", 9, 5).groups(),
        Column::new("DOING", 14, 3).grows_to(28, 5),
    ];

    fn watches(table: &Table<Self>) -> Vec<HostName> {
        table.visible().cloned().collect()
    }
    fn head(ctx: &Ctx, canvas: &mut Canvas, area: Rect) -> Rect {
        draw_counts(ctx, canvas, area)
    }
    fn ids(fleet: &Replica) -> Vec<HostName> {
        fleet.world().map(|world| world.hosts.keys().cloned().collect()).unwrap_or_default()
    }
    fn changed(changed: &Changed) -> &BTreeSet<HostName> {
        &changed.hosts
    }
    fn key(fleet: &Replica, id: &HostName, column: usize) -> Option<SortKey> {
        let host = get(fleet, id)?;
        let figure = |of: fn(&Sample) -> i64| fleet.sample(id).map_or(-1, of);
        let word = |text: &str| SortKey(0, text.to_string());
        Some(match column {
            NAME => SortKey::default(),
            STATE => word(host.word()),
            SLOTS => SortKey(-taken(host), String::new()),
            LOAD => SortKey(-figure(|s| (s.load * 100.0) as i64), String::new()),
            MEMORY => SortKey(-figure(|s| s.memory_used.as_mib() as i64), String::new()),
            FREE => SortKey(figure(|s| s.disk_free.as_mib() as i64), String::new()),
            MACOS => word(host.seen.as_ref().map_or("", |seen| &seen.facts.macos)),
            SITE => word(host.spec.labels.get("site").map_or("", String::as_str)),
            _ => SortKey(0, doing(fleet, host, "")),
        })
    }
    fn passes(fleet: &Replica, id: &HostName, filter: &Filter) -> bool {
        get(fleet, id).is_some_and(|host| filter.holds(&Asked { fleet, id, host }))
    }
    fn host(fleet: &Replica, id: &HostName) -> Option<HostName> {
        get(fleet, id).map(|_| id.clone())
    }
    fn name(_: &Replica, id: &HostName) -> String {
        id.to_string()
    }
    fn detail(ctx: &Ctx, id: &HostName) -> String {
        let said = |host| {
            let glyph = ctx.glyphs.look(Look::Busy);
            format!("{id}  {}  {}", Host::word(host), doing(ctx.fleet, host, glyph))
        };
        get(ctx.fleet, id).map_or(String::new(), said)
    }
    fn look(ctx: &Ctx, id: &HostName) -> Look {
        get(ctx.fleet, id).map_or(Look::Unknown, |host| Look::host(host.word()))
    }

    fn cell(ctx: &Ctx, id: &HostName, column: usize) -> (String, Token) {
        let Some(host) = get(ctx.fleet, id) else { return ("gone".into(), Token::Dim) };
        let sample = ctx.fleet.sample(id).filter(|_| host.reach == Reach::Up);
        let figure = |of: &dyn Fn(&Sample) -> String| match sample {
            Some(sample) => (of(sample), Token::Text),
            None => ("?".to_string(), Token::Dim),
        };
        let seen = host.seen.as_ref();
        match column {
            NAME => (id.to_string(), Token::Text),
            STATE => state(ctx, id, host),
            SLOTS => (format!("{}/{}", taken(host), host.spec.slots), Token::Text),
            LOAD => figure(&|s| format!("{:.1}", s.load)),
            MEMORY => figure(&|s| text::gib(s.memory_used)),
            FREE => figure(&|s| text::gib(s.disk_free)),
            MACOS => (seen.map_or("-".into(), |s| s.facts.macos.clone()), Token::Text),
            SITE => (host.spec.labels.get("site").map_or("-".into(), Clone::clone), Token::Text),
            _ => (doing(ctx.fleet, host, ctx.glyphs.look(Look::Busy)), Token::Text),
        }
    }
}

/// The state in a word; with an ellipsis while something asked for it has not been seen yet.
fn state(ctx: &Ctx, id: &HostName, host: &Host) -> (String, Token) {
    let token = Look::host(host.word()).token();
    match ctx.pending.contains(id) {
        true => (format!("{}{}", host.word(), ctx.glyphs.more()), Token::Wait),
        false => (host.word().to_string(), token),
    }
}

fn taken(host: &Host) -> i64 {
    host.slots.iter().filter(|slot| slot.word() != "free").count() as i64
}

/// What a host does: how many of its VMs have work, which with this glyph, and which it has.
fn doing(fleet: &Replica, host: &Host, busy: &str) -> String {
    let says = says(fleet, host);
    // What was last known of the work of a host out of sight is not what it does.
    let world = fleet.world().filter(|_| host.reach == Reach::Up);
    let vms = world.into_iter().flat_map(|world| world.vms_on(host));
    match vms.filter(|vm| vm.busy == Some(true)).count() {
        0 => says,
        n => {
            let (gap, has) =
                (if busy.is_empty() { "" } else { " " }, if n == 1 { "has" } else { "have" });
            format!("{busy}{gap}{n} {has} work  {says}")
        }
    }
}

/// Why a host does nothing more, or its VMs.
fn says(fleet: &Replica, host: &Host) -> String {
    let held = host.holds.values().next_back().map(|hold| format!("{}  {}", hold.reason, hold.by));
    // A hold does not hide that the host is out of reach.
    let out = (host.reach != Reach::Up && !host.reach_why.is_empty()).then_some(&host.reach_why);
    match (held, out) {
        (Some(held), Some(out)) => return format!("{held}; {out}"),
        (Some(held), None) => return held,
        (None, Some(out)) => return out.clone(),
        (None, None) => {}
    }
    match fleet.world().map(|world| vms_of(world, host)) {
        Some(told) if !told.is_empty() => told,
        Some(_) | None => "-".into(),
    }
}

/// Its VMs in few words: `2 ci ready`, `ci ready, booting`, `ci ready, lab booting`.
fn vms_of(world: &World, host: &Host) -> String {
    let vms: Vec<&Arc<Vm>> = world.vms_on(host).collect();
    match vms.as_slice() {
        [a, b] if a.pool == b.pool && a.word() == b.word() => format!("2 {} {}", a.pool, a.word()),
        [a, b] if a.pool == b.pool => format!("{} {}, {}", a.pool, a.word(), b.word()),
        vms => {
            let each = vms.iter().map(|vm| format!("{} {}", vm.pool, vm.word()));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

struct Asked<'a> {
    fleet: &'a Replica,
    id: &'a HostName,
    host: &'a Host,
}

impl<'a> Asked<'a> {
    fn vms(&self) -> impl Iterator<Item = &'a Arc<Vm>> {
        let (world, host) = (self.fleet.world(), self.host);
        world.into_iter().flat_map(|world| world.vms_on(host))
    }
}

fn held(hold: &Hold, needle: &str) -> bool {
    let said = hold.reason.to_lowercase().contains(needle);
    said || hold.by.who.to_lowercase().contains(needle)
}

impl Subject for Asked<'_> {
    fn contains(&self, needle: &str) -> bool {
        let labels = &self.host.spec.labels;
        self.id.as_str().contains(needle)
            || self.host.word().contains(needle)
            || labels.iter().any(|(key, value)| key.contains(needle) || value.contains(needle))
            || self.host.spec.groups.iter().any(|group| group.as_str().contains(needle))
            || self.host.reach_why.to_lowercase().contains(needle)
            || self.host.holds.values().any(|hold| held(hold, needle))
            || self.vms().any(|vm| vm.pool.as_str().contains(needle))
    }
    fn is(&self, key: &str, value: &str) -> bool {
        let labels = &self.host.spec.labels;
        match key {
            "host" => match value.split_once("..") {
                Some((first, last)) => (first..=last).contains(&self.id.as_str()),
                None => self.id.as_str() == value,
            },
            "state" => self.host.word() == value,
            "macos" | "os" => {
                self.host.seen.as_ref().is_some_and(|seen| seen.facts.macos.starts_with(value))
            }
            "work" => self.vms().any(|vm| work_word(vm.busy) == value),
            "pool" => self.vms().any(|vm| vm.pool.as_str() == value),
            "by" => self.host.holds.values().any(|hold| hold.by.who.to_lowercase() == value),
            "group" => self.host.spec.groups.iter().any(|group| group.as_str() == value),
            "label" => labels.iter().any(|(key, held)| key == value || held == value),
            _ => labels.get(key).is_some_and(|held| held.to_lowercase() == value),
        }
    }
    fn number(&self, key: &str) -> Option<f64> {
        let sample = self.fleet.sample(self.id);
        match key {
            "load" => sample.map(|s| f64::from(s.load)),
            "mem" => sample.map(|s| s.memory_used.as_mib() as f64 / 1_024.0),
            "free" => sample.map(|s| s.disk_free.as_mib() as f64 / 1_024.0),
            "vm" | "vms" => Some(taken(self.host) as f64),
            _ => None,
        }
    }
}

/// Draws how many hosts are in each state, if there is room; gives the area that is left.
fn draw_counts(ctx: &Ctx, canvas: &mut Canvas, area: Rect) -> Rect {
    if area.height < 8 || ctx.fleet.counts().is_empty() {
        return area;
    }
    canvas.faded = ctx.stale;
    let mut x = area.x + 1;
    for (word, n) in ctx.fleet.counts() {
        let look = Look::host(word);
        let said = format!("{} {} {word}", canvas.glyphs.look(look), text::count(*n));
        // Half a word, or a count without its word, would say something else.
        if x + text::width(&said) > area.right() {
            canvas.text(x, area.y, canvas.glyphs.more(), Token::Dim);
            break;
        }
        x = canvas.text(x, area.y, &said, look.token()) + 2;
    }
    canvas.faded = false;
    let rule = Rect { y: area.y + 1, height: 1, ..area };
    canvas.fill(rule, canvas.glyphs.rule(), Token::Frame);
    Rect { y: area.y + 2, height: area.height - 2, ..area }
}
