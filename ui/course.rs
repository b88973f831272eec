//! How the fleet's figures went: what they were at each of the last times that lie one step apart,
//! by the fleet's own clock. Between two entries nothing changes, so no timer is needed to know it.

use std::collections::{BTreeMap, VecDeque};

use hostler::api::Live;
use hostler::model::{HostName, Job, PoolName, Slot, Span, Timestamp, Vm, Wanted, World};

/// So many figures are kept, each so long after the one before.
pub const KEPT: usize = 60;
pub const STEP: Span = Span::from_secs(10);
/// A load is that of so much time before it was read.
const LOAD: Span = Span::from_mins(1);

/// The states of slots, in the order in which they are counted.
pub const SLOTS: [&str; Slot::WORDS.len()] = Slot::WORDS;
/// What a pool's VMs are counted by.
pub const VMS: [&str; 4] = ["ready", "busy", "pending", "going"];
/// What jobs are counted by.
pub const JOBS: [&str; 3] = ["running", "paused", "failed"];

/// The highest of eight levels.
pub const HOTTEST: usize = 7;

/// How high a load stands among eight levels; at the top there is more to do than cores.
pub fn heat(load: f32, cores: u16) -> usize {
    let part = load / f32::from(cores.max(1));
    ((part * HOTTEST as f32) as usize).min(HOTTEST)
}

/// The number of a step.
fn step(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(STEP.as_millis() as i64)
}

/// What was counted at one time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    pub slots: [usize; SLOTS.len()],
    pub pools: BTreeMap<PoolName, [usize; VMS.len()]>,
    pub jobs: [usize; JOBS.len()],
    /// Failures that were heard of up to then.
    pub failures: usize,
}

impl Figures {
    /// Counts everything.
    pub fn of(world: &World, failures: usize) -> Self {
        let mut out = Self { failures, ..Self::default() };
        out.pools = world.pools.keys().map(|name| (name.clone(), [0; VMS.len()])).collect();
        for host in world.hosts.values() {
            for (_, slot) in host.usable_slots() {
                let at = SLOTS.iter().position(|word| *word == slot.word());
                out.slots[at.unwrap_or(0)] += 1;
            }
        }
        for vm in world.vms.values() {
            // A name is copied only for a pool that is declared no more.
            match out.pools.get_mut(&vm.pool) {
                Some(counts) => counts[place(vm)] += 1,
                None => out.pools.entry(vm.pool.clone()).or_default()[place(vm)] += 1,
            }
        }
        let words = world.jobs.values().map(|job: &std::sync::Arc<Job>| job.word());
        for at in words.filter_map(|word| JOBS.iter().position(|other| *other == word)) {
            out.jobs[at] += 1;
        }
        out
    }
}

/// Where a VM is counted.
pub fn place(vm: &Vm) -> usize {
    match (vm.wanted, vm.is_ready(), vm.busy) {
        (Wanted::Gone, _, _) => 3,
        (Wanted::Running, false, _) => 2,
        (Wanted::Running, true, Some(true)) => 1,
        (Wanted::Running, true, Some(false) | None) => 0,
    }
}

/// The last values, one for each step; some are not known.
#[derive(Clone, Debug)]
struct Ring<T> {
    kept: VecDeque<Option<T>>,
    /// The step that comes after the last one kept.
    next: i64,
}

impl<T: Clone> Ring<T> {
    /// Empty before this step.
    fn new(next: i64) -> Self {
        Self { kept: VecDeque::new(), next }
    }
    /// The same value for all steps up to and with this one.
    fn fill(&mut self, upto: i64, value: Option<T>) {
        let first = self.next.max(upto - KEPT as i64 + 1);
        if first > self.next {
            self.kept.clear();
        }
        for _ in first..=upto {
            self.kept.push_back(value.clone());
        }
        self.next = self.next.max(upto + 1);
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }
    fn get(&self, step: i64) -> Option<&T> {
        let first = self.next - self.kept.len() as i64;
        self.kept.get(usize::try_from(step - first).ok()?)?.as_ref()
    }
}

/// How the figures went, and the load of each host whose samples came.
#[derive(Clone, Debug, Default)]
pub struct Course {
    figures: Option<Ring<Figures>>,
    loads: BTreeMap<HostName, Ring<f32>>,
}

impl Course {
    /// Whether a step has begun since the last one that was counted.
    pub fn is_due(&self, at: Timestamp) -> bool {
        self.figures.as_ref().is_some_and(|ring| step(at) >= ring.next)
    }
    /// These figures held until this time.
    pub fn held(&mut self, at: Timestamp, figures: Figures) {
        if let Some(ring) = &mut self.figures {
            ring.fill(step(at), Some(figures));
        }
    }
    /// From this time on figures are known; what was between is not.
    pub fn known_from(&mut self, at: Timestamp) {
        let now = step(at);
        match &mut self.figures {
            // It is not the same clock when time goes back.
            Some(ring) if now + 1 >= ring.next => ring.fill(now, None),
            Some(_) | None => *self = Self { figures: Some(Ring::new(now + 1)), ..Self::default() },
        }
    }
    /// Takes the load of hosts.
    pub fn take(&mut self, live: &Live) {
        for (host, sample) in &live.samples {
            let now = step(sample.at);
            let before = now - LOAD.as_millis().div_euclid(STEP.as_millis()) as i64;
            let fresh = || Ring::new(before + 1);
            let ring = self.loads.entry(host.clone()).or_insert_with(fresh);
            if now >= ring.next {
                ring.fill(before, None);
                ring.fill(now, Some(sample.load));
            } else if now + 1 == ring.next
                && let Some(last) = ring.kept.back_mut()
            {
                *last = Some(sample.load);
            }
        }
    }
    /// Forgets hosts that are gone.
    pub fn keep_hosts(&mut self, world: &World) {
        self.loads.retain(|host, _| world.hosts.contains_key(host));
    }

    /// The step that goes on at this time; what came may be ahead of it.
    pub fn end(&self, at: Timestamp) -> i64 {
        step(at).max(self.figures.as_ref().map_or(i64::MIN, |ring| ring.next - 1))
    }
    /// The figures at a step; `now` holds from the last that was counted.
    pub fn figures<'a>(&'a self, step: i64, now: &'a Figures) -> Option<&'a Figures> {
        let ring = self.figures.as_ref()?;
        if step >= ring.next { Some(now) } else { ring.get(step) }
    }
    /// Whether something holds now, or did at any of the last steps.
    pub fn ever(&self, now: &Figures, held: impl Fn(&Figures) -> bool) -> bool {
        let kept = self.figures.iter().flat_map(|ring| ring.kept.iter().flatten());
        held(now) || kept.into_iter().any(held)
    }
    /// The load of a host at a step.
    pub fn load(&self, host: &HostName, step: i64) -> Option<f32> {
        self.loads.get(host)?.get(step).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000)
    }
    fn running(n: usize) -> Figures {
        Figures { jobs: [n, 0, 0], ..Figures::default() }
    }
    fn seen(course: &Course, steps: std::ops::Range<i64>) -> Vec<Option<usize>> {
        let now = running(99);
        steps.map(|step| course.figures(step, &now).map(|figures| figures.jobs[0])).collect()
    }

    #[test]
    fn a_load_of_all_cores_is_the_hottest() {
        for (load, cores, level) in
            [(0.0, 8, 0), (1.2, 8, 1), (4.0, 8, 3), (7.9, 8, 6), (8.0, 8, 7), (99.0, 8, 7)]
        {
            assert_eq!(heat(load, cores), level, "{load} of {cores}");
        }
    }

    #[test]
    fn figures_hold_until_something_changes() {
        let mut course = Course::default();
        assert!(!course.is_due(at(1_000)), "nothing is known yet");
        course.known_from(at(1_003));
        assert!(!course.is_due(at(1_009)) && course.is_due(at(1_010)));
        course.held(at(1_031), running(1));
        course.held(at(1_039), running(2));
        course.held(at(1_041), running(3));
        let all = [None, Some(1), Some(1), Some(1), Some(3), Some(99), Some(99)];
        assert_eq!(seen(&course, 100..107), all);
        course.known_from(at(1_062));
        course.held(at(1_070), running(4));
        assert_eq!(seen(&course, 104..109), [Some(3), None, None, Some(4), Some(99)]);
        course.held(at(9_000), running(5));
        assert_eq!(seen(&course, 840..842), [None, Some(5)]);
        assert_eq!(course.figures.as_ref().unwrap().kept.len(), KEPT);
        course.known_from(at(500));
        assert_eq!(seen(&course, 49..52), [None, None, Some(99)]);
    }

    #[test]
    fn a_load_is_the_last_of_its_step_and_that_of_the_minute_before() {
        let mut course = Course::default();
        let host: HostName = "mac-1".parse().unwrap();
        for (secs, load) in [(100, 1.0), (105, 2.0), (131, 3.0), (122, 9.0), (251, 4.0)] {
            let sample = hostler::model::Sample { at: at(secs), load, ..Default::default() };
            course.take(&Live { samples: [(host.clone(), sample)].into() });
        }
        let seen: Vec<_> = (4..20).map(|step| course.load(&host, step)).collect();
        let known: Vec<_> = seen.iter().map(|load| load.map_or(0, |load| load as u8)).collect();
        assert_eq!(known, [0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 0, 0, 0, 0, 0, 0]);
        assert_eq!(course.load(&host, 20), Some(4.0));
    }
}
