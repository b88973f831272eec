//! `GET /metrics`: the World, the engine and the last samples in the OpenMetrics text format.
//! The registry is filled afresh for each scrape, so that what is gone is gone here too.

use std::collections::BTreeMap;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::items::{missing, tally, vms_drifted};
use crate::engine::Status;
use crate::model::{
    HoldKind, HostName, JobKind, Phase, Plan, Reach, RunResult, Sample, Slot, Timestamp, Wanted,
    World,
};

type Labels = Vec<(&'static str, String)>;

/// The text of one scrape.
pub(super) fn text(
    world: &World,
    plan: &Plan,
    status: &Status,
    samples: &BTreeMap<HostName, Sample>,
    now: Timestamp,
) -> String {
    let mut registry = Registry::with_prefix("hostler");
    let version = vec![("version", env!("CARGO_PKG_VERSION"))];
    registry.register("build", "The controller's version", Info::new(version));
    fleet(&mut registry, world, plan, now);
    engine(&mut registry, world, status);
    hosts(&mut registry, world, samples);
    let mut text = String::new();
    // Writing to a string fails only when a metric's own encoding does; a part is better than none.
    if encode(&mut text, &registry).is_err() {
        text.push_str("# EOF\n");
    }
    text
}

fn gauges(registry: &mut Registry, name: &str, help: &str, rows: Vec<(Labels, usize)>) {
    let family = Family::<Labels, Gauge>::default();
    for (labels, n) in rows {
        family.get_or_create(&labels).set(i64::try_from(n).unwrap_or(i64::MAX));
    }
    registry.register(name, help, family);
}

fn figure(registry: &mut Registry, name: &str, help: &str, n: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

/// One row per word; words that must always show start at zero.
fn words(
    key: &'static str,
    always: &[&str],
    found: BTreeMap<String, usize>,
) -> Vec<(Labels, usize)> {
    let mut all: BTreeMap<String, usize> = always.iter().map(|w| ((*w).into(), 0)).collect();
    all.extend(found);
    all.into_iter().map(|(word, n)| (vec![(key, word)], n)).collect()
}

const JOBS: [&str; 5] = ["running", "paused", "done", "failed", "cancelled"];
const JOB_KINDS: [&str; 3] = ["respawn", "drain", "playbook"];
const HOLDS: [HoldKind; 5] = [
    HoldKind::Cordon,
    HoldKind::Drain,
    HoldKind::Maintenance,
    HoldKind::Quarantine,
    HoldKind::Retire,
];

fn fleet(registry: &mut Registry, world: &World, plan: &Plan, now: Timestamp) {
    let slots = world.hosts.values().flat_map(|host| host.usable_slots());
    let slots = words("state", &Slot::WORDS, tally(slots.map(|(_, slot)| slot.word())));
    gauges(registry, "slots", "Slots of hosts by state", slots);

    let mut reach: BTreeMap<String, usize> =
        REACHES.iter().map(|reach| (reach.to_string(), 0)).collect();
    for host in world.hosts.values() {
        *reach.entry(host.reach.to_string()).or_default() += 1;
    }
    gauges(registry, "hosts", "Hosts by reachability", words("reach", &[], reach));
    let brake = u64::from(world.brake.is_some());
    figure(registry, "brake", "Whether the mass-failure brake holds", brake);
    let held = world.hosts.values().filter(|host| !host.holds.is_empty()).count();
    figure(registry, "hosts_held", "Hosts that somebody holds", held as u64);
    let drifted = world.hosts.values().filter(|host| !host.drift().is_empty()).count();
    figure(registry, "hosts_drifted", "Hosts not as their group expects", drifted as u64);
    let drifted = vms_drifted(world, now) as u64;
    figure(registry, "vms_drifted", "VMs that differ from what their pool would make", drifted);

    let mut vms: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for vm in world.vms.values() {
        let phase = match (vm.wanted, vm.phase) {
            (Wanted::Gone, _) => "going",
            (Wanted::Running, Phase::Placed) => "placed",
            (Wanted::Running, Phase::Cloned) => "cloned",
            (Wanted::Running, Phase::Booting) => "booting",
            (Wanted::Running, Phase::Ready) => "ready",
            (Wanted::Running, Phase::Stopped | Phase::Deleted) => "stopped",
        };
        *vms.entry((vm.pool.to_string(), phase)).or_default() += 1;
    }
    let vms = vms.into_iter();
    let vms = vms.map(|((pool, phase), n)| (vec![("pool", pool), ("phase", phase.into())], n));
    gauges(registry, "vms", "VMs by pool and phase", vms.collect());

    let missing = missing(plan);
    let queue = world.pools.keys().map(|pool| {
        let n = missing.get(pool).map_or(0, |(n, _)| *n as usize);
        (vec![("pool", pool.to_string())], n)
    });
    gauges(registry, "pool_missing", "VMs wanted that have no place yet", queue.collect());

    work(registry, world);
}

/// What people and the calendar have asked for: jobs, holds, runs.
fn work(registry: &mut Registry, world: &World) {
    let mut jobs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for kind in JOB_KINDS {
        jobs.extend(JOBS.map(|state| ((kind, state), 0)));
    }
    for job in world.jobs.values() {
        let kind = match job.kind {
            JobKind::Respawn { .. } | JobKind::RespawnOn { .. } => "respawn",
            JobKind::Drain => "drain",
            JobKind::Playbook { .. } => "playbook",
        };
        *jobs.entry((kind, job.word())).or_default() += 1;
    }
    let jobs = jobs.into_iter();
    let jobs = jobs.map(|((kind, state), n)| {
        (vec![("kind", kind.to_string()), ("state", state.to_string())], n)
    });
    gauges(registry, "jobs", "Jobs of late by kind and state", jobs.collect());

    let held = |kind: HoldKind| {
        let has = |host: &&std::sync::Arc<crate::model::Host>| {
            host.holds.values().any(|hold| hold.kind == kind)
        };
        (vec![("kind", kind.to_string())], world.hosts.values().filter(has).count())
    };
    let held = HOLDS.map(held).into();
    gauges(registry, "hosts_held_by_kind", "Hosts with a hold of this kind", held);

    let missed = world.schedules.iter().map(|(name, schedule)| {
        let runs = schedule.runs.iter().map(|run| match run.result {
            RunResult::Missed { count, .. } => count as usize,
            RunResult::Fired { .. } => 0,
        });
        (vec![("schedule", name.to_string())], runs.sum())
    });
    let help = "Runs missed among those a schedule remembers";
    gauges(registry, "schedule_runs_missed", help, missed.collect());
    let suspended = world.schedules.iter().map(|(name, schedule)| {
        let waits = schedule.suspended.is_some() || schedule.spec.suspend;
        (vec![("schedule", name.to_string())], usize::from(waits))
    });
    let help = "Whether a schedule waits to be resumed";
    gauges(registry, "schedule_suspended", help, suspended.collect());
}

const REACHES: [Reach; 7] = [
    Reach::Unknown,
    Reach::Up,
    Reach::Suspect,
    Reach::Unreachable,
    Reach::Lost,
    Reach::Locked,
    Reach::IdentityMismatch,
];

fn engine(registry: &mut Registry, world: &World, status: &Status) {
    let mut count = |name: &str, help: &str, n: u64| {
        let counter: Counter = Counter::default();
        counter.inc_by(n);
        registry.register(name, help, counter);
    };
    count("passes", "Passes of the engine", status.passes);
    count("looks", "Looks at hosts", status.looks);
    count("looks_failed", "Looks at hosts that failed", status.looks_failed);
    count("commands", "Commands sent to hosts", status.commands);
    count("entries", "Entries written to the journal", status.entries);
    let mut show = |name: &str, help: &str, n: u64| figure(registry, name, help, n);
    show("seq", "Revision of the World", world.seq);
    show("epoch", "Epoch of the controller", world.epoch);
    show("ready", "Whether every host has been looked at", u64::from(status.ready));
    show(
        "in_trouble",
        "Whether something keeps it from working",
        u64::from(status.trouble.is_some()),
    );
    let plan = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
    plan.set(status.plan_us as f64 / 1e6);
    registry.register_with_unit("last_plan", "Time the last plan took", Unit::Seconds, plan);
}

type PerHost = Family<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>;

fn hosts(registry: &mut Registry, world: &World, samples: &BTreeMap<HostName, Sample>) {
    let [load, used, free, took, memory, disk] = std::array::from_fn(|_| PerHost::default());
    let label = |host: &HostName| vec![("host", host.to_string())];
    for (host, sample) in samples.iter().filter(|(host, _)| world.hosts.contains_key(*host)) {
        let label = label(host);
        // It has two decimals; as a wider number it would show more than were ever there.
        load.get_or_create(&label).set((f64::from(sample.load) * 100.0).round() / 100.0);
        used.get_or_create(&label).set(sample.memory_used.0 as f64);
        free.get_or_create(&label).set(sample.disk_free.0 as f64);
        took.get_or_create(&label).set(f64::from(sample.took_ms) / 1e3);
    }
    for (host, seen) in world.hosts.iter().filter_map(|(n, h)| Some((n, h.seen.as_ref()?))) {
        memory.get_or_create(&label(host)).set(seen.facts.memory.0 as f64);
        disk.get_or_create(&label(host)).set(seen.facts.disk.0 as f64);
    }
    registry.register("host_load1", "Run queue over one minute", load);
    let mut bytes = |name: &str, help: &str, family: PerHost| {
        registry.register_with_unit(name, help, Unit::Bytes, family);
    };
    bytes("host_memory_used", "Memory in use", used);
    bytes("host_memory", "Memory in all", memory);
    bytes("host_disk_free", "Free on the data volume", free);
    bytes("host_disk", "Size of the data volume", disk);
    let help = "Time the last look took";
    registry.register_with_unit("host_look", help, Unit::Seconds, took);
}
