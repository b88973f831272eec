//! Resources as the API lists them: the model's own fields, the thing's name, and the words that
//! tables show.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::engine::Handle;

use crate::model::{
    Action, BuildTally, Host, HostName, Job, JobId, Outlook, Plan, Pool, PoolName, Schedule,
    ScheduleName, Slot, Timestamp, Vm, VmId, Want, World,
};

/// `GET /v1/hosts/{name}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostItem {
    pub name: HostName,
    /// The worst of its states in one word.
    pub state: String,
    /// What is not as its group expects, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<String>,
    /// The next run there, when something has drifted and one host is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_right: Option<PutRight>,
    /// What is in each slot, since when and what shows it, when one host is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots_said: Vec<String>,
    /// What became of starts on its build of macOS in this fleet, when one host is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_tally: Option<BuildTally>,
    #[serde(flatten)]
    pub host: Arc<Host>,
}

/// `GET /v1/vms/{id}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VmItem {
    /// Its name in the host's tool.
    pub name: String,
    pub state: String,
    /// How it differs from what its pool would make now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<String>,
    /// The next run that replaces it, when it has drifted and one VM is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_right: Option<PutRight>,
    #[serde(flatten)]
    pub vm: Arc<Vm>,
}

/// `GET /v1/pools/{name}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PoolItem {
    pub name: PoolName,
    /// VMs that are to run, in whatever phase.
    pub have: usize,
    pub ready: usize,
    /// VMs that are wanted and have no place yet.
    pub missing: u32,
    /// Why they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How VMs differ from what the pool would make now, and how many in each way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drifted: BTreeMap<String, usize>,
    /// The next run that replaces them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_right: Option<PutRight>,
    #[serde(flatten)]
    pub pool: Arc<Pool>,
}

/// The run that puts right what has drifted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PutRight {
    pub schedule: ScheduleName,
    pub at: Timestamp,
}

impl PutRight {
    pub(super) fn new((schedule, at): (ScheduleName, Timestamp)) -> Self {
        Self { schedule, at }
    }
}

/// `GET /v1/schedules/{name}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScheduleItem {
    pub name: ScheduleName,
    /// The next times, soonest first.
    pub next: Vec<Timestamp>,
    /// All within a span were asked for, and it has more of them than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// All within a span were asked for: what they are over, and what they meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Outlook>,
    #[serde(flatten)]
    pub schedule: Arc<Schedule>,
}

/// `GET /v1/jobs/{id}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct JobItem {
    pub title: String,
    /// `running`, `done`, `failed`.
    pub word: String,
    /// Tasks over, and tasks in all.
    pub over: usize,
    pub total: usize,
    #[serde(flatten)]
    pub job: Arc<Job>,
}

impl HostItem {
    pub fn new(name: &HostName, host: &Arc<Host>) -> Self {
        let (name, state) = (name.clone(), host.word().into());
        let (drift, slots_said) = (host.drift(), Vec::new());
        let (put_right, build_tally) = (None, None);
        Self { name, state, drift, put_right, slots_said, build_tally, host: host.clone() }
    }
    pub fn all(world: &World) -> Vec<Self> {
        world.hosts.iter().map(|(name, host)| Self::new(name, host)).collect()
    }
    pub fn one(world: &World, name: &HostName) -> Option<Self> {
        let mut item = world.hosts.get(name).map(|host| Self::new(name, host))?;
        let build = item.host.seen.as_ref().map(|seen| &seen.facts.build);
        item.build_tally = build.and_then(|build| world.builds.get(build)).copied();
        Some(item)
    }
}

impl VmItem {
    pub fn new(world: &World, vm: &Arc<Vm>, now: Timestamp) -> Self {
        let (name, state) = (vm.host_name(), vm.word().into());
        Self { name, state, drift: world.drift_of(vm, now), put_right: None, vm: vm.clone() }
    }
    pub fn all(world: &World, now: Timestamp) -> Vec<Self> {
        world.vms.values().map(|vm| Self::new(world, vm, now)).collect()
    }
    pub fn one(world: &World, id: VmId, now: Timestamp) -> Option<Self> {
        world.vms.get(&id).map(|vm| Self::new(world, vm, now))
    }
}

impl JobItem {
    pub fn new(job: &Arc<Job>) -> Self {
        let (over, total) = job.progress();
        Self { title: job.title(), word: job.word().into(), over, total, job: job.clone() }
    }
    pub fn all(world: &World) -> Vec<Self> {
        world.jobs.values().map(Self::new).collect()
    }
    pub fn one(world: &World, id: JobId) -> Option<Self> {
        world.jobs.get(&id).map(Self::new)
    }
}

impl PoolItem {
    /// What the next pass would do says what is missing; the World says what is there.
    pub fn all(world: &World, plan: &Plan, now: Timestamp) -> Vec<Self> {
        let (missing, mut drifted) = (missing(plan), drifted(world, now));
        let mut item = |(name, pool): (&PoolName, &Arc<Pool>)| {
            let of = |vm: &&Arc<Vm>| vm.pool == *name;
            let kept = |vm: &&Arc<Vm>| vm.wanted == crate::model::Wanted::Running;
            let (missing, why) = missing.get(name).cloned().unwrap_or_default();
            Self {
                name: name.clone(),
                have: world.vms.values().filter(of).filter(kept).count(),
                ready: world.vms.values().filter(of).filter(|vm| vm.is_ready()).count(),
                missing,
                why,
                drifted: drifted.remove(name).unwrap_or_default(),
                put_right: None,
                pool: pool.clone(),
            }
        };
        world.pools.iter().map(&mut item).collect()
    }
}

/// Per pool, how its VMs have drifted, and how many in each way.
fn drifted(world: &World, now: Timestamp) -> BTreeMap<PoolName, BTreeMap<String, usize>> {
    let mut out: BTreeMap<PoolName, BTreeMap<String, usize>> = BTreeMap::new();
    for vm in world.vms.values() {
        if let Some(how) = world.drift_of(vm, now) {
            *out.entry(vm.pool.clone()).or_default().entry(how).or_default() += 1;
        }
    }
    out
}

/// Per pool, how many VMs have no place yet, and why those have none that get none.
pub(super) fn missing(plan: &Plan) -> BTreeMap<PoolName, (u32, Option<String>)> {
    let mut out: BTreeMap<PoolName, (u32, Option<String>)> = BTreeMap::new();
    for action in &plan.actions {
        if let Action::Place { pool, .. } = action {
            out.entry(pool.clone()).or_default().0 += 1;
        }
    }
    for held in &plan.held {
        if let Want::Pool { pool, missing } = &held.want {
            let of = out.entry(pool.clone()).or_default();
            of.0 += missing;
            of.1 = Some(held.why.clone());
        }
    }
    out
}

impl Report {
    pub(super) fn new(handle: &Handle) -> Self {
        let (world, engine, at) = (&*handle.world(), handle.status(), handle.now());
        let (slots, slots_free) = world.slot_count();
        let usable = world.hosts.values().flat_map(|host| host.usable_slots());
        let mut slots_by_state = tally(usable.map(|(_, slot)| slot.word()));
        for word in Slot::WORDS {
            slots_by_state.entry(word.into()).or_default();
        }
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            seq: world.seq,
            epoch: world.epoch,
            at,
            engine,
            slots,
            slots_free,
            slots_by_state,
            hosts: tally(world.hosts.values().map(|host| host.word())),
            vms: tally(world.vms.values().map(|vm| vm.word())),
            jobs: tally(world.jobs.values().map(|job| job.word())),
            suspended: world.schedules.iter().filter_map(suspended).collect(),
            paused: world.jobs.values().filter_map(paused).collect(),
            drift: world.hosts.iter().filter_map(drift).collect(),
            vms_drifted: vms_drifted(world, at),
            brake: world.brake,
            slots_lost: handle.leaks(),
            unproven: world.hosts.iter().filter_map(|named| unproven(named, at)).collect(),
            leaking_builds: handle.leaking_builds(),
        }
    }
}

fn drift((name, host): (&HostName, &Arc<Host>)) -> Option<(HostName, Vec<String>)> {
    let lines = host.drift();
    (!lines.is_empty()).then(|| (name.clone(), lines))
}

/// How many VMs differ from what their pool would make now.
pub(super) fn vms_drifted(world: &World, now: Timestamp) -> usize {
    world.vms.values().filter(|vm| world.drift_of(vm, now).is_some()).count()
}

fn unproven((name, host): (&HostName, &Arc<Host>), at: Timestamp) -> Option<(HostName, String)> {
    Some((name.clone(), host.unproven(at)?))
}

fn suspended((name, schedule): (&ScheduleName, &Arc<Schedule>)) -> Option<(ScheduleName, String)> {
    let by_hand = schedule.suspended.as_ref().map(|s| format!("by {}: {}", s.by, s.reason));
    let by_file = schedule.spec.suspend.then(|| "by the inventory".to_string());
    by_hand.or(by_file).map(|why| (name.clone(), why))
}

fn paused(job: &Arc<Job>) -> Option<(JobId, String)> {
    let why = job.paused.clone().filter(|_| !job.is_over())?;
    Some((job.id, why))
}

/// How often each word stands there.
pub(super) fn tally(words: impl Iterator<Item = &'static str>) -> BTreeMap<String, usize> {
    words.fold(BTreeMap::new(), |mut out, word| {
        *out.entry(word.to_string()).or_default() += 1;
        out
    })
}
