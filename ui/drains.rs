//! Which drains are in progress: hosts that a job empties, and hosts that a drain's hold keeps
//! empty. Those that end are remembered until nobody looks at them any more.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::{
    Act, Hold, HoldKind, Host, HostName, HostTask, Job, JobId, JobKind, TaskState, Timestamp,
    World, Zone,
};

use super::whys::Whys;
use super::work;

/// A drain: a host, and the job that empties it or has placed its hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DrainId {
    pub host: HostName,
    pub job: Option<JobId>,
}

/// Where a drain comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    pub since: Timestamp,
    pub by: String,
    pub reason: String,
}

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    pub at: Timestamp,
    pub word: &'static str,
    pub why: String,
}

/// What is known of the drains in progress and of those that have ended since.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Drains {
    known: BTreeMap<DrainId, (Origin, Option<Ended>)>,
}

impl Drains {
    pub fn ids(&self) -> impl Iterator<Item = &DrainId> {
        self.known.keys()
    }
    pub fn origin(&self, id: &DrainId) -> Option<&Origin> {
        self.known.get(id).map(|(origin, _)| origin)
    }
    /// How it ended; `None` while it is in progress.
    pub fn ended(&self, id: &DrainId) -> Option<&Ended> {
        self.known.get(id)?.1.as_ref()
    }
    fn of_host<'a>(
        &'a self,
        host: &'a HostName,
    ) -> impl Iterator<Item = (&'a DrainId, &'a (Origin, Option<Ended>))> {
        let first = DrainId { host: host.clone(), job: None };
        self.known.range(first..).take_while(move |(id, _)| id.host == *host)
    }
    /// Whether one is in progress on this host.
    pub fn on(&self, host: &HostName) -> bool {
        self.of_host(host).any(|(_, (_, ended))| ended.is_none())
    }

    /// How many are in progress.
    pub fn going(&self) -> usize {
        self.known.values().filter(|(_, ended)| ended.is_none()).count()
    }

    /// Forgets those that have ended.
    pub fn forget(&mut self) {
        self.known.retain(|_, (_, ended)| ended.is_none());
    }

    /// Looks at all hosts.
    pub fn look(&mut self, world: &World) {
        let mut hosts: BTreeSet<HostName> = self.known.keys().map(|id| id.host.clone()).collect();
        let held = world.hosts.iter().filter(|(_, host)| drain_holds(host).next().is_some());
        hosts.extend(held.map(|(name, _)| name.clone()));
        let jobs = world.jobs.values().filter(|job| job.kind == JobKind::Drain && !job.is_over());
        hosts.extend(jobs.flat_map(|job| job.hosts.keys().cloned()));
        self.look_at(world, &hosts);
    }

    /// Looks at these hosts again; gives the drains there, old and new.
    pub fn look_at(&mut self, world: &World, hosts: &BTreeSet<HostName>) -> BTreeSet<DrainId> {
        let mut touched = BTreeSet::new();
        for host in hosts {
            let now = in_progress(world, host);
            let before: Vec<DrainId> = self.of_host(host).map(|(id, _)| id.clone()).collect();
            for id in before {
                if let Some((_, ended)) = self.known.get_mut(&id)
                    && !now.contains_key(&id)
                {
                    ended.get_or_insert_with(|| end(world, &id));
                }
                touched.insert(id);
            }
            for (id, origin) in now {
                touched.insert(id.clone());
                let known = self.known.entry(id).or_insert((origin, None));
                known.1 = None;
            }
        }
        touched
    }
}

fn drain_holds(host: &Host) -> impl Iterator<Item = &Hold> {
    host.holds.values().filter(|hold| hold.kind == HoldKind::Drain)
}

/// The drains in progress on a host.
fn in_progress(world: &World, name: &HostName) -> BTreeMap<DrainId, Origin> {
    let mut out = BTreeMap::new();
    for hold in world.hosts.get(name).into_iter().flat_map(|host| drain_holds(host)) {
        let (since, by, reason) = (hold.created, hold.by.who.clone(), hold.reason.clone());
        let id = DrainId { host: name.clone(), job: hold.job };
        out.insert(id, Origin { since, by, reason });
    }
    for job in world.jobs.values().filter(|job| job.kind == JobKind::Drain && !job.is_over()) {
        if job.hosts.get(name).is_some_and(|task| !task.state.is_over()) {
            let reason = job.play.as_ref().map_or(String::new(), |play| play.reason.clone());
            let (since, by) = (job.opened, job.by.who.clone());
            let id = DrainId { host: name.clone(), job: Some(job.id) };
            out.insert(id, Origin { since, by, reason });
        }
    }
    out
}

fn task<'a>(world: &'a World, id: &DrainId) -> Option<(&'a Job, &'a HostTask)> {
    let job = world.jobs.get(&id.job?)?;
    Some((job, job.hosts.get(&id.host)?))
}

fn end(world: &World, id: &DrainId) -> Ended {
    let over = task(world, id).map(|(_, task)| &task.state).filter(|state| state.is_over());
    let (word, why) = match over {
        Some(state @ (TaskState::Failed { why, .. } | TaskState::Skipped { why, .. })) => {
            (state.word(), why.clone())
        }
        Some(state) => (state.word(), String::new()),
        None => ("lifted", String::new()),
    };
    Ended { at: world.at, word, why }
}

/// The task of a drain that goes on.
fn open_task<'a>(world: &'a World, id: &DrainId) -> Option<(&'a Job, &'a HostTask)> {
    task(world, id).filter(|(_, task)| !task.state.is_over())
}

/// The state of a drain in progress, in one word.
pub fn word(world: &World, id: &DrainId) -> &'static str {
    let Some(host) = world.hosts.get(&id.host) else { return "blocked" };
    let empty = host.vms.is_empty();
    match open_task(world, id) {
        Some((job, task)) => match work::task_word(world, job, &id.host, task) {
            "running" if matches!(work::act(job, task), None | Some(Act::Drain(_))) => "draining",
            "running" => "drained",
            word => word,
        },
        None if !empty && work::silent(host).is_some() => "blocked",
        None if empty => "drained",
        None => "draining",
    }
}

/// What a drain in progress waits for.
pub fn waits((world, whys): (&World, &Whys), id: &DrainId, zone: Zone) -> String {
    let Some(host) = world.hosts.get(&id.host) else {
        return "the host has left the fleet".into();
    };
    if let Some((job, task)) = open_task(world, id) {
        let waits = work::waits((world, whys), job, &id.host, task, zone);
        let drains = matches!(work::act(job, task), None | Some(Act::Drain(_)));
        return match (drains, waits.is_empty()) {
            (true, false) => waits,
            (true, true) => "its next step".into(),
            (false, true) => work::step_words(job, task.at),
            (false, false) => format!("{}: {waits}", work::step_words(job, task.at)),
        };
    }
    match work::vms_left(world, host) {
        Some(left) => work::silent(host).map_or(left.clone(), |why| format!("{why}; {left}")),
        None => "nothing: Undrain gives it back".into(),
    }
}

/// When its patience ends, or its hold.
pub fn until(world: &World, id: &DrainId) -> Option<Timestamp> {
    let step = open_task(world, id).and_then(|(_, task)| task.step.as_ref()?.deadline);
    let host = world.hosts.get(&id.host);
    let hold = || drain_holds(host?).find(|hold| hold.job == id.job)?.until;
    step.or_else(hold)
}

/// What happens at the deadline of the drain.
pub fn then(world: &World, id: &DrainId) -> &'static str {
    use hostler::model::OnDeadline;
    let Some((job, task)) = open_task(world, id) else { return "" };
    let (Some(Act::Drain(drain)), Some(run)) = (work::act(job, task), &task.step) else {
        return "";
    };
    match (run.deadline, run.on_deadline.unwrap_or(drain.on_deadline)) {
        (None, _) => "no deadline",
        (Some(_), OnDeadline::Stop) => "then its VMs are stopped",
        (Some(_), OnDeadline::Abort) => "then it gives up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::replica::Replica;
    use crate::ui::tests::fleet::Maker;

    fn live(drains: &Drains) -> Vec<DrainId> {
        drains.ids().filter(|id| drains.ended(id).is_none()).cloned().collect()
    }

    #[test]
    fn followed_entry_by_entry_they_are_those_of_the_world() {
        let mut maker = Maker::at_work();
        let mut replica = Replica::default();
        replica.replace(&maker.snapshot());
        assert_eq!(live(replica.drains()).len(), 5);
        let mut most = 0;
        for n in 0..300 {
            let entry = match maker.goes_on(n) {
                Some(entry) => entry,
                None => maker.something(n),
            };
            replica.apply(&entry).unwrap();
            let mut anew = Drains::default();
            anew.look(&maker.snapshot().world);
            assert_eq!(live(replica.drains()), live(&anew), "after entry {n}");
            most = most.max(replica.drains().ids().count() - live(replica.drains()).len());
        }
        assert!(most > 0, "some have ended");
        replica.forget_drains();
        assert_eq!(replica.drains().ids().count(), live(replica.drains()).len());
    }
}
