//! Resources as the API lists them: the model's own fields, the thing's name, and the words that
//! tables show.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::engine::Status;

use crate::model::{
    Action, Host, HostName, Job, JobId, Plan, Pool, PoolName, Schedule, ScheduleName, Timestamp,
    Vm, VmId, Want, World,
};

/// `GET /v1/hosts/{name}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostItem {
    pub name: HostName,
    /// The worst of its states in one word.
    pub state: String,
    #[serde(flatten)]
    pub host: Arc<Host>,
}

/// `GET /v1/vms/{id}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VmItem {
    /// Its name in the host's tool.
    pub name: String,
    pub state: String,
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
    #[serde(flatten)]
    pub pool: Arc<Pool>,
}

/// `GET /v1/schedules/{name}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScheduleItem {
    pub name: ScheduleName,
    /// The next times, soonest first.
    pub next: Vec<Timestamp>,
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
        Self { name: name.clone(), state: host.word().into(), host: host.clone() }
    }
    pub fn all(world: &World) -> Vec<Self> {
        world.hosts.iter().map(|(name, host)| Self::new(name, host)).collect()
    }
    pub fn one(world: &World, name: &HostName) -> Option<Self> {
        world.hosts.get(name).map(|host| Self::new(name, host))
    }
}

impl VmItem {
    pub fn new(vm: &Arc<Vm>) -> Self {
        Self { name: vm.host_name(), state: vm.word().into(), vm: vm.clone() }
    }
    pub fn all(world: &World) -> Vec<Self> {
        world.vms.values().map(Self::new).collect()
    }
    pub fn one(world: &World, id: VmId) -> Option<Self> {
        world.vms.get(&id).map(Self::new)
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
    pub fn all(world: &World, plan: &Plan) -> Vec<Self> {
        let missing = missing(plan);
        let item = |(name, pool): (&PoolName, &Arc<Pool>)| {
            let of = |vm: &&Arc<Vm>| vm.pool == *name;
            let kept = |vm: &&Arc<Vm>| vm.wanted == crate::model::Wanted::Running;
            let (missing, why) = missing.get(name).cloned().unwrap_or_default();
            Self {
                name: name.clone(),
                have: world.vms.values().filter(of).filter(kept).count(),
                ready: world.vms.values().filter(of).filter(|vm| vm.is_ready()).count(),
                missing,
                why,
                pool: pool.clone(),
            }
        };
        world.pools.iter().map(item).collect()
    }
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
    pub(super) fn new(world: &World, engine: Status, at: Timestamp) -> Self {
        let (slots, slots_free) = world.slot_count();
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            seq: world.seq,
            epoch: world.epoch,
            at,
            engine,
            slots,
            slots_free,
            hosts: tally(world.hosts.values().map(|host| host.word())),
            vms: tally(world.vms.values().map(|vm| vm.word())),
            jobs: tally(world.jobs.values().map(|job| job.word())),
            suspended: world.schedules.iter().filter_map(suspended).collect(),
            paused: world.jobs.values().filter_map(paused).collect(),
        }
    }
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
