//! The rules of a night on which every host is wiped: no job killed before its deadline, no more
//! hosts out than may be, each host at its own time and at the same every night, none forgotten.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::{
    Cause, Event, HostName, Job, JobId, Span, TaskEnd, TaskState, Timestamp, World, plural,
};
use hostler::sim::{Killed, KilledBy};
use serde::Serialize;

/// What was counted.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(crate) struct Wipes {
    pub(crate) wiped: u32,
    /// Hosts that had no turn, each with its reason in the journal.
    pub(crate) skipped: u32,
    pub(crate) failed: u32,
    /// The most hosts whose turn it was at once, and how many may be.
    pub(crate) most_out: usize,
    pub(crate) allowed: usize,
    /// VMs that were ended over a job because their drain's deadline had passed.
    pub(crate) killed_after_deadline: u32,
}

/// Follows the jobs over hosts.
#[derive(Default)]
pub(crate) struct WipeWatch {
    pub(crate) wipes: Wipes,
    /// How long after the nominal time each host's turn is at the earliest, of the first night.
    turns: BTreeMap<HostName, Span>,
    /// The deadlines that drains had, by host.
    deadlines: BTreeMap<HostName, Vec<Timestamp>>,
    /// Hosts of each job that have not ended.
    open: BTreeMap<JobId, BTreeSet<HostName>>,
}

impl WipeWatch {
    /// Takes in an event after the World has; what it breaks.
    pub(crate) fn see(&mut self, world: &World, event: &Event) -> Option<String> {
        if let Event::JobOpened { job } = event {
            self.open.insert(job.id, job.hosts.keys().cloned().collect());
            return self.same_turns(job);
        } else if let Event::StepBegun { host, deadline: Some(deadline), .. } = event {
            self.deadlines.entry(host.clone()).or_default().push(*deadline);
        } else if let Event::HostTaskBegun { job, .. } = event {
            let job = world.jobs.get(job)?;
            let begun = |state: &TaskState| matches!(state, TaskState::Begun { .. });
            let out = job.hosts.values().filter(|task| begun(&task.state)).count();
            let allowed = job.max_unavailable.of(job.hosts.len());
            self.wipes.most_out = self.wipes.most_out.max(out);
            self.wipes.allowed = allowed;
            return (out > allowed).then(|| format!("{out} hosts are out, {allowed} may be"));
        } else if let Event::HostTaskEnded { job, host, end } = event {
            match end {
                TaskEnd::Done => self.wipes.wiped += 1,
                TaskEnd::Skipped { .. } | TaskEnd::Cancelled => self.wipes.skipped += 1,
                TaskEnd::Failed { .. } => self.wipes.failed += 1,
            }
            let known = self.open.get_mut(job).is_some_and(|hosts| hosts.remove(host));
            return (!known).then(|| format!("the turn of {host} in job {job} ended twice"));
        }
        None
    }

    /// Each host has its own time. The night after it is the same, but for hosts that were busy.
    fn same_turns(&mut self, job: &Job) -> Option<String> {
        let Cause::Run { nominal, .. } = &job.cause else { return None };
        let mut times = BTreeSet::new();
        for (host, task) in job.hosts.iter().filter(|(_, task)| task.rank == u32::MAX) {
            let turn = task.earliest.since(*nominal);
            if !times.insert(task.earliest) {
                return Some(format!("{host} has its turn at the very time of another host"));
            }
            let first = *self.turns.entry(host.clone()).or_insert(turn);
            if first != turn {
                return Some(format!("{host} had its turn {first} after the begin, now {turn}"));
            }
        }
        None
    }

    /// What must hold in the end, by what the simulated Macs say of themselves.
    pub(crate) fn finish(&mut self, killed: &[Killed]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (job, hosts) in self.open.iter().filter(|(_, hosts)| !hosts.is_empty()) {
            wrong.push(format!("job {job} has forgotten {}", plural(hosts.len(), "host")));
        }
        for killed in killed.iter().filter(|killed| killed.by != KilledBy::Fault) {
            let deadlines = self.deadlines.get(&killed.host);
            if deadlines.is_some_and(|all| all.iter().any(|at| within(*at, killed.at))) {
                self.wipes.killed_after_deadline += 1;
                continue;
            }
            let Killed { host, vm, at, by } = killed;
            wrong.push(format!("{vm} on {host} was ended over a job at {at}, by {by:?}"));
        }
        wrong
    }
}

/// Whether something that happened then may have been because of this deadline.
fn within(deadline: Timestamp, at: Timestamp) -> bool {
    at >= deadline && at.since(deadline) < Span::from_hours(1)
}
