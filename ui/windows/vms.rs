//! VMs: state, work, pool, image, host and slot, address, age, and what stands in their way.

use std::collections::BTreeSet;

use hostler::model::{HostName, Phase, PoolName, Vm, VmId};

use super::{Ctx, View, VmView};
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};

/// The rows of the window of VMs.
#[derive(Clone, Copy, Debug)]
pub struct VmRows;

const ID: usize = 0;
const STATE: usize = 1;
const WORK: usize = 2;
const POOL: usize = 3;
const IMAGE: usize = 4;
const HOST: usize = 5;
const ADDRESS: usize = 6;
const AGE: usize = 7;

impl VmRows {
    /// By what VMs are sorted at first.
    pub const FIRST: usize = HOST;
}

fn get<'a>(fleet: &'a Replica, id: &VmId) -> Option<&'a Vm> {
    Some(fleet.world()?.vms.get(id)?)
}

impl Rows for VmRows {
    type Id = VmId;
    const TITLE: &'static str = "VMs";
    const NOUN: &'static str = "VM";
    const NONE: [&'static str; 2] =
        ["No VM is placed.", "Pools in the fleet directory place VMs on hosts that are ready."];
    const COLUMNS: &'static [Column] = &[
        Column::new("VM", 12, 1),
        Column::new("STATE", 9, 0).groups(),
        Column::new("WORK", 13, 5),
        Column::new("POOL", 12, 2).groups(),
        Column::new("IMAGE", 12, 7).groups(),
        Column::new("HOST", 11, 3).groups(),
        Column::new("ADDRESS", 15, 6),
        Column::new("AGE", 6, 4).metric(),
        Column::new("WHY", 12, 8).grows(),
    ];

    fn ids(fleet: &Replica) -> Vec<VmId> {
        fleet.world().map(|world| world.vms.keys().copied().collect()).unwrap_or_default()
    }
    fn changed(changed: &Changed) -> &BTreeSet<VmId> {
        &changed.vms
    }
    fn key(fleet: &Replica, id: &VmId, column: usize) -> Option<SortKey> {
        let vm = get(fleet, id)?;
        let word = |text: &str| SortKey(0, text.to_string());
        Some(match column {
            ID => SortKey::default(),
            STATE => word(vm.word()),
            WORK => by_work(vm),
            POOL => word(vm.pool.as_str()),
            IMAGE => word(vm.image.as_str()),
            HOST => SortKey(0, format!("{} {}", vm.host, u8::from(vm.slot))),
            ADDRESS => word(vm.ip.as_deref().unwrap_or("")),
            AGE => SortKey(-vm.created.as_millis(), String::new()),
            _ => SortKey(0, why(vm)),
        })
    }
    fn group(fleet: &Replica, id: &VmId, column: usize) -> String {
        let of = |vm: &Vm| match column {
            STATE => vm.word().into(),
            POOL => vm.pool.to_string(),
            IMAGE => vm.image.to_string(),
            _ => vm.host.to_string(),
        };
        get(fleet, id).map_or(String::new(), of)
    }
    fn passes(fleet: &Replica, id: &VmId, filter: &Filter) -> bool {
        get(fleet, id).is_some_and(|vm| filter.holds(&Asked(vm)))
    }
    fn host(fleet: &Replica, id: &VmId) -> Option<HostName> {
        get(fleet, id).map(|vm| vm.host.clone())
    }
    fn pool(fleet: &Replica, id: &VmId) -> Option<PoolName> {
        get(fleet, id).map(|vm| vm.pool.clone())
    }
    fn opens(_: &Replica, id: &VmId) -> Option<View> {
        Some(View::Vm(VmView::new(*id)))
    }
    fn name(fleet: &Replica, id: &VmId) -> String {
        get(fleet, id).map_or(id.to_string(), Vm::host_name)
    }
    fn detail(ctx: &Ctx, id: &VmId) -> String {
        let said = |vm: &Vm| {
            let (work, _) = work(ctx, vm);
            let address = vm.ip.as_deref().unwrap_or("no address");
            let (name, word, image) = (vm.host_name(), vm.word(), &vm.image);
            format!("{name}  {word}  {work}  {address}  {image}  {}", why(vm))
        };
        get(ctx.fleet, id).map_or(String::new(), said)
    }
    fn look(ctx: &Ctx, id: &VmId) -> Look {
        get(ctx.fleet, id).map_or(Look::Unknown, |vm| Look::vm(vm.word()))
    }

    fn cell(ctx: &Ctx, id: &VmId, column: usize) -> (String, Token) {
        let Some(vm) = get(ctx.fleet, id) else { return ("gone".into(), Token::Dim) };
        let text = match column {
            ID => id.to_string(),
            STATE => return (vm.word().into(), Look::vm(vm.word()).token()),
            WORK => return work(ctx, vm),
            POOL => vm.pool.to_string(),
            IMAGE => vm.image.to_string(),
            HOST => format!("{}/{}", vm.host, u8::from(vm.slot)),
            ADDRESS => vm.ip.clone().unwrap_or("-".into()),
            AGE => ctx.there.since(vm.created).rough(),
            _ => why(vm),
        };
        (text, Token::Text)
    }
}

/// Whether it has work and for how long, as its pool's probe says.
pub fn work(ctx: &Ctx, vm: &Vm) -> (String, Token) {
    if vm.phase != Phase::Ready {
        return ("-".into(), Token::Dim);
    }
    let look = Look::work(vm.busy);
    let glyph = ctx.glyphs.look(look);
    match (vm.busy, vm.busy_since) {
        (Some(true), Some(at)) => {
            (format!("{glyph} busy {}", ctx.there.since(at).rough()), look.token())
        }
        (Some(_), _) => (format!("{glyph} {}", work_word(vm.busy)), look.token()),
        (None, _) if has_probe(ctx.fleet, vm) => {
            (format!("{glyph} {}", work_word(None)), look.token())
        }
        (None, _) => (format!("{glyph} no probe"), Token::Dim),
    }
}

/// The word of it, as filters ask for it too.
pub fn work_word(busy: Option<bool>) -> &'static str {
    match busy {
        Some(true) => "busy",
        Some(false) => "idle",
        None => "unknown",
    }
}

/// Whether its pool says how to find out.
fn has_probe(fleet: &Replica, vm: &Vm) -> bool {
    let pool = fleet.world().and_then(|world| world.pools.get(&vm.pool));
    pool.is_some_and(|pool| pool.spec.busy.is_some())
}

/// The longest at work first, then the idle, then those that do not tell.
fn by_work(vm: &Vm) -> SortKey {
    let since = vm.busy_since.map_or(0, |at| at.as_millis());
    let rank = match vm.busy.filter(|_| vm.phase == Phase::Ready) {
        Some(true) => "0",
        Some(false) => "1",
        None => "2",
    };
    // Figures go first in a key, and these must not mix the three.
    SortKey(0, format!("{rank}{since:020}"))
}

/// What stands in its way, or why it goes.
fn why(vm: &Vm) -> String {
    if let Some(op) = vm.op.as_ref().filter(|op| op.lost.is_some()) {
        return format!("{} lost from sight", op.kind);
    }
    match (&vm.retired, &vm.refused) {
        (Some(retired), _) => retired.why.to_string(),
        (None, Some(refused)) => format!("{} refused: {}", refused.kind, refused.said),
        (None, None) => String::new(),
    }
}

struct Asked<'a>(&'a Vm);

impl Subject for Asked<'_> {
    fn contains(&self, needle: &str) -> bool {
        let vm = self.0;
        vm.word().contains(needle)
            || vm.pool.as_str().contains(needle)
            || vm.image.as_str().contains(needle)
            || (vm.busy == Some(true) && work_word(vm.busy).contains(needle))
            || vm.host.as_str().contains(needle)
            || vm.ip.as_ref().is_some_and(|ip| ip.contains(needle))
            || vm.id.to_string().contains(needle)
            || why(vm).to_lowercase().contains(needle)
    }
    fn is(&self, key: &str, value: &str) -> bool {
        let vm = self.0;
        match key {
            "state" => vm.word() == value,
            "pool" => vm.pool.as_str() == value,
            "work" => vm.phase == Phase::Ready && work_word(vm.busy) == value,
            "image" => vm.image.as_str() == value,
            "host" => vm.host.as_str() == value,
            _ => false,
        }
    }
    fn number(&self, key: &str) -> Option<f64> {
        (key == "slot").then(|| f64::from(u8::from(self.0.slot)))
    }
}
