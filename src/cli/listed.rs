//! What can be listed: the columns of each kind, its cells, and the labels it is chosen by.

use hostler::api::{HostItem, JobItem, PoolItem, ScheduleItem, VmItem};
use hostler::model::{
    Bytes, Cause, Labels, PoolSize, RunResult, ScheduleSpec, Slot, Targets, Timestamp, World, Zone,
};
use serde::Serialize;

use super::table::{Cell, Column};

/// A kind of thing that lists show.
pub(crate) trait Listed: Serialize + Clone {
    /// `host`, as the command is named.
    const NOUN: &'static str;
    const COLUMNS: &'static [Column];

    fn key(&self) -> String;
    /// Other words that mean this very thing.
    fn aliases(&self) -> Vec<String> {
        Vec::new()
    }
    /// What selectors look at.
    fn labels(&self) -> Labels;
    /// One for each column; `now` is the controller's time.
    fn cells(&self, now: Timestamp) -> Vec<Cell>;
}

/// What can be followed: it stands in the World as it is.
pub(crate) trait Watched: Listed {
    fn all(world: &World, now: Timestamp) -> Vec<Self>;
}

fn label(pairs: &[(&str, String)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect()
}

fn age(now: Timestamp, then: Timestamp) -> Cell {
    Cell::new(now.since(then).rough())
}

impl Listed for HostItem {
    const NOUN: &'static str = "host";
    const COLUMNS: &'static [Column] = &[
        Column::text("NAME"),
        Column::text("STATE"),
        Column::text("SLOTS"),
        Column::text("MACOS"),
        Column::text("CHIP"),
        Column::number("MEMORY"),
        Column::drifting("DISK FREE"),
        Column::drifting("SINCE"),
        Column::text("WHY"),
    ];

    fn key(&self) -> String {
        self.name.to_string()
    }
    fn labels(&self) -> Labels {
        let host = &self.host;
        let mut labels = label(&[
            ("state", self.state.clone()),
            ("reach", host.reach.to_string()),
            ("name", self.key()),
        ]);
        labels.extend(host.spec.labels.clone());
        labels
    }
    fn cells(&self, now: Timestamp) -> Vec<Cell> {
        let host = &self.host;
        let facts = host.seen.as_ref().map(|seen| &seen.facts);
        let text = |f: fn(&hostler::model::Facts) -> String| Cell::new(facts.map_or("-".into(), f));
        let slots: Vec<_> = host.usable_slots().map(|(_, slot)| slot.word()).collect();
        let holds = host.holds.values().map(|hold| hold.reason.as_str());
        // A hold does not hide that the host is out of reach.
        let out = (!host.reach_why.is_empty()).then_some(host.reach_why.as_str());
        let why = holds.chain(out).collect::<Vec<_>>().join("; ");
        vec![
            Cell::new(&self.name),
            Cell::word(&self.state),
            Cell::new(if slots.is_empty() { "-".into() } else { slots.join(",") }),
            text(|facts| facts.macos.clone()),
            text(|facts| facts.chip.replace("Apple ", "")),
            text(|facts| gib(facts.memory)),
            text(|facts| gib(facts.disk_free)),
            age(now, host.reach_since),
            Cell::new(why),
        ]
    }
}

impl Watched for HostItem {
    fn all(world: &World, _: Timestamp) -> Vec<Self> {
        Self::all(world)
    }
}

pub(crate) fn gib(bytes: Bytes) -> String {
    format!("{}GiB", bytes.as_gib())
}

impl Listed for VmItem {
    const NOUN: &'static str = "vm";
    const COLUMNS: &'static [Column] = &[
        Column::text("ID"),
        Column::text("POOL"),
        Column::text("HOST"),
        Column::number("SLOT"),
        Column::text("STATE"),
        Column::text("IP"),
        Column::text("IMAGE"),
        Column::drifting("AGE"),
        Column::text("WHY"),
    ];

    fn key(&self) -> String {
        self.vm.id.to_string()
    }
    fn aliases(&self) -> Vec<String> {
        vec![self.name.clone()]
    }
    fn labels(&self) -> Labels {
        let mut labels = self.vm.labels();
        labels.extend(label(&[("state", self.state.clone())]));
        labels
    }
    fn cells(&self, now: Timestamp) -> Vec<Cell> {
        let vm = &self.vm;
        let retired = vm.retired.as_ref().map(|retired| retired.why.to_string());
        let why = vm.refused.as_ref().map(|refused| refused.said.clone()).or(retired);
        vec![
            Cell::new(vm.id),
            Cell::new(&vm.pool),
            Cell::new(&vm.host),
            Cell::new(u8::from(vm.slot)),
            Cell::word(&self.state),
            Cell::new(vm.ip.as_deref().unwrap_or("-")),
            Cell::new(&vm.image),
            age(now, vm.created),
            Cell::new(why.unwrap_or_default()),
        ]
    }
}

impl Watched for VmItem {
    fn all(world: &World, now: Timestamp) -> Vec<Self> {
        Self::all(world, now)
    }
}

impl Listed for JobItem {
    const NOUN: &'static str = "job";
    const COLUMNS: &'static [Column] = &[
        Column::text("ID"),
        Column::text("TITLE"),
        Column::text("STATE"),
        Column::number("DONE"),
        Column::text("CAUSE"),
        Column::text("BY"),
        Column::drifting("AGE"),
    ];

    fn key(&self) -> String {
        self.job.id.to_string()
    }
    fn labels(&self) -> Labels {
        label(&[("state", self.word.clone()), ("cause", cause(&self.job.cause))])
    }
    fn cells(&self, now: Timestamp) -> Vec<Cell> {
        vec![
            Cell::new(self.job.id),
            Cell::new(&self.title),
            Cell::word(&self.word),
            Cell::new(format!("{}/{}", self.over, self.total)),
            Cell::new(cause(&self.job.cause)),
            Cell::new(&self.job.by),
            age(now, self.job.opened),
        ]
    }
}

impl Watched for JobItem {
    fn all(world: &World, _: Timestamp) -> Vec<Self> {
        Self::all(world)
    }
}

pub(crate) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Run { schedule, .. } | Cause::RunNow { schedule } => schedule.to_string(),
        Cause::Asked => "asked".into(),
        Cause::For { job } => format!("job {job}"),
    }
}

impl Listed for PoolItem {
    const NOUN: &'static str = "pool";
    const COLUMNS: &'static [Column] = &[
        Column::text("NAME"),
        Column::text("IMAGE"),
        Column::text("SIZE"),
        Column::number("HAVE"),
        Column::number("READY"),
        Column::number("MISSING"),
        Column::text("HOSTS"),
        Column::text("WHY"),
    ];

    fn key(&self) -> String {
        self.name.to_string()
    }
    fn labels(&self) -> Labels {
        label(&[("name", self.key()), ("image", self.pool.spec.image.to_string())])
    }
    fn cells(&self, _: Timestamp) -> Vec<Cell> {
        let spec = &self.pool.spec;
        let hosts = spec.hosts.to_string();
        vec![
            Cell::new(&self.name),
            Cell::new(&spec.image),
            Cell::new(size(spec.size)),
            Cell::new(self.have),
            Cell::new(self.ready),
            Cell::new(self.missing),
            Cell::new(if hosts.is_empty() { "all".into() } else { hosts }),
            Cell::new(self.why.as_deref().unwrap_or("")),
        ]
    }
}

pub(crate) fn size(size: PoolSize) -> String {
    match size {
        PoolSize::Count(n) => n.to_string(),
        PoolSize::PerHost(n) => format!("{n} per host"),
        PoolSize::Fill => "fill".into(),
    }
}

impl Listed for ScheduleItem {
    const NOUN: &'static str = "schedule";
    const COLUMNS: &'static [Column] = &[
        Column::text("NAME"),
        Column::text("TARGETS"),
        Column::text("PLAYBOOK"),
        Column::text("CRON"),
        Column::text("ZONE"),
        Column::drifting("NEXT IN"),
        Column::text("NEXT"),
        Column::text("LAST"),
    ];

    fn key(&self) -> String {
        self.name.to_string()
    }
    fn labels(&self) -> Labels {
        let spec = &self.schedule.spec;
        label(&[("name", self.key()), ("playbook", spec.playbook.to_string())])
    }
    fn cells(&self, now: Timestamp) -> Vec<Cell> {
        let spec = &self.schedule.spec;
        let next = self.next.first();
        let last = match self.schedule.runs.last().map(|run| &run.result) {
            None => "-".to_string(),
            Some(RunResult::Fired { job }) => format!("job {job}"),
            Some(RunResult::Missed { count, cause }) => format!("missed {count}: {cause}"),
        };
        vec![
            Cell::new(&self.name),
            Cell::new(targets(&spec.targets)),
            Cell::new(&spec.playbook),
            Cell::new(&spec.cron),
            Cell::new(&spec.zone),
            Cell::new(next.map_or("never".into(), |next| next.since(now).rough())),
            Cell::new(next.map_or("-".into(), |next| own_zone(spec).moment(*next))),
            Cell::new(last),
        ]
    }
}

pub(crate) fn targets(targets: &Targets) -> String {
    match targets {
        Targets::Pool(pool) => format!("pool {pool}"),
        Targets::Hosts(hosts) => format!("hosts {hosts}"),
    }
}

/// The zone by which a schedule goes.
pub(crate) fn own_zone(spec: &ScheduleSpec) -> Zone {
    spec.zone.parse().unwrap_or_default()
}

/// What is in a slot, for one host's page.
pub(crate) fn slot(slot: &Slot) -> String {
    match slot {
        Slot::Free | Slot::Leaked { .. } => slot.word().into(),
        Slot::Foreign { name } => format!("foreign: {name}"),
        Slot::Reserved { vm }
        | Slot::Occupied { vm }
        | Slot::Stopping { vm }
        | Slot::Unknown { vm } => format!("{} by vm {vm}", slot.word()),
    }
}
