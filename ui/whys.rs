//! Why things wait, as the controller's plan has it: what only the planner can tell, by pool, by
//! job, and by host within a job. It is asked for anew when the fleet has changed since.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::{Held, HostName, JobId, PoolName, Span, Want};

use super::app::App;
use super::msg::{Answer, Effect, Query};

/// A plan is asked for this often while the fleet changes; and where something waits, this often
/// even so, for reasons count down.
const CHANGED: Span = Span::from_secs(2);
const WAITING: Span = Span::from_secs(10);

/// The reasons of the last plan that was told.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Whys {
    pools: BTreeMap<PoolName, (u32, String)>,
    jobs: BTreeMap<JobId, String>,
    hosts: BTreeMap<(JobId, HostName), String>,
}

impl Whys {
    pub fn of(held: Vec<Held>) -> Self {
        let mut whys = Self::default();
        for Held { want, why, .. } in held {
            match want {
                Want::Pool { pool, missing } => drop(whys.pools.insert(pool, (missing, why))),
                Want::Job { job } => drop(whys.jobs.insert(job, why)),
                Want::Host { host, job } => drop(whys.hosts.insert((job, host), why)),
                // They are told in the windows of the thing itself.
                Want::Vm { .. }
                | Want::Hold { .. }
                | Want::Quarantine { .. }
                | Want::Schedule { .. }
                | Want::Judge { .. }
                | Want::Jump { .. } => {}
            }
        }
        whys
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// Why the next part of a job does not begin.
    pub fn job(&self, job: JobId) -> Option<&str> {
        self.jobs.get(&job).map(String::as_str)
    }
    /// Why a host's part of a job does not go on.
    pub fn host(&self, job: JobId, host: &HostName) -> Option<&str> {
        self.hosts.get(&(job, host.clone())).map(String::as_str)
    }
    /// How many VMs of a pool are wanted and not placed, and why.
    pub fn pool(&self, pool: &PoolName) -> Option<(u32, &str)> {
        self.pools.get(pool).map(|(missing, why)| (*missing, why.as_str()))
    }
    /// The pools of which the other tells something else.
    pub fn unlike(&self, other: &Self) -> BTreeSet<PoolName> {
        let names = self.pools.keys().chain(other.pools.keys());
        names.filter(|name| self.pool(name) != other.pool(name)).cloned().collect()
    }
    /// VMs that are wanted and not placed, and why: `ci wants 2 more: no host of 12 can take it`.
    pub fn pending(&self) -> String {
        let told = |(pool, (missing, why)): (&PoolName, &(u32, String))| {
            format!("{pool} wants {missing} more: {why}")
        };
        self.pools.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

impl App {
    /// Has the controller tell why things wait, if that may be another reason by now.
    pub(super) fn ask_why(&mut self, out: &mut Vec<Effect>) {
        if self.fleet.world().is_none() {
            return;
        }
        let (seq, since) = (self.fleet.seq(), self.now.since(self.why_asked.1));
        let changed = seq != self.why_asked.0 && since >= CHANGED;
        if changed || (!self.fleet.whys.is_empty() && since >= WAITING) {
            self.why_asked = (seq, self.now);
            self.ask_once(Query::Held, out);
        }
    }

    /// A plan that cannot be had now is had later.
    pub(super) fn whys_told(&mut self, answer: Result<Answer, String>) {
        if let Ok(Answer::Held(held)) = answer {
            self.live().take_whys(Whys::of(held));
        }
    }
}
