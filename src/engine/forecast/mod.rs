//! The forecast: the very planner, on a clock that runs ahead and on hosts that always do what
//! they are told, each in its usual time. It touches no host and writes nothing.

mod ahead;
#[cfg(test)]
mod tests;
mod usual;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Cause, Event, Forecast, ForecastRun, ForecastStep, ForecastTurn, HostName, JobId, Lowest, Span,
    TaskEnd, TaskState, Timestamp, VmId, World,
};
use crate::plan;
use ahead::Ahead;

/// Passes at one moment: what follows at once from what was just decided.
const PASSES: usize = 6;
/// VMs with work are taken to be done with it after this long.
const ASSUMED_BUSY: Span = Span::from_mins(20);

/// What will happen within `span` of `now`.
pub fn forecast(world: &Arc<World>, now: Timestamp, span: Span) -> Forecast {
    let until = now + span;
    let mut ahead = Ahead::new(world, now);
    let mut book = Book::new(world, now);
    while ahead.now < until {
        for _ in 0..PASSES {
            if !ahead.pass(&mut book) {
                break;
            }
        }
        book.count(ahead.world(), ahead.now);
        ahead.stride(until, &mut book);
    }
    book.close(ahead.world(), now, until)
}

/// What is written down on the way.
struct Book {
    seq: u64,
    turns: BTreeMap<(JobId, HostName), ForecastTurn>,
    pools: BTreeMap<crate::model::PoolName, Lowest>,
    free_slots: Lowest,
    free: Vec<Lowest>,
    /// How many slots were free when they were counted last.
    free_now: Lowest,
    misfits: Vec<String>,
}

/// Free slots are told for each stretch of this length.
const STRETCH: Span = Span::from_mins(15);

impl Book {
    fn new(world: &World, now: Timestamp) -> Self {
        let mut book = Self {
            seq: world.seq,
            turns: BTreeMap::new(),
            pools: BTreeMap::new(),
            free_slots: Lowest { count: usize::MAX, at: now },
            free: Vec::new(),
            free_now: Lowest { count: 0, at: now },
            misfits: Vec::new(),
        };
        for name in world.pools.keys() {
            book.pools.insert(name.clone(), Lowest { count: usize::MAX, at: now });
        }
        book.count(world, now);
        book
    }

    fn count(&mut self, world: &World, now: Timestamp) {
        let mut ready: BTreeMap<_, usize> = BTreeMap::new();
        for vm in world.vms.values().filter(|vm| vm.is_ready()) {
            *ready.entry(&vm.pool).or_default() += 1;
        }
        for (name, lowest) in &mut self.pools {
            lowest.see(ready.get(name).copied().unwrap_or(0), now);
        }
        let free = world.slot_count().1;
        self.free_slots.see(free, now);
        self.count_free(free, now);
    }

    /// The fewest free slots of each stretch of time, where they are others than in the one before.
    fn count_free(&mut self, count: usize, now: Timestamp) {
        let before = std::mem::replace(&mut self.free_now, Lowest { count, at: now });
        let Some(mut last) = self.free.last().copied() else {
            return self.free.push(Lowest { count, at: now });
        };
        let begins = stretch(now);
        // What it had come to is what the stretch after that moment began with.
        if stretch(before.at) < begins && last.count != before.count {
            last = Lowest { count: before.count, at: stretch(before.at) + STRETCH };
            self.free.push(last);
        }
        if count < last.count {
            if last.at >= begins {
                self.free.pop();
            }
            if self.free.last().is_none_or(|before| before.count != count) {
                self.free.push(Lowest { count, at: last.at.max(begins) });
            }
        }
    }

    /// Takes in an event, after the World has.
    fn see(&mut self, world: &World, event: &Event, now: Timestamp) {
        if let Event::HostTaskBegun { job, host } = event {
            self.turn(world, *job, host).begins = Some(now);
        } else if let Event::StepBegun { job, host, at, .. } = event {
            let play = world.jobs.get(job).and_then(|job| job.play.clone());
            let name = play.and_then(|play| Some(play.playbook.step(*at)?.name.clone()));
            let (name, end) = (name.unwrap_or_default(), String::new());
            let step = ForecastStep { name, begins: now, took: Span::ZERO, end };
            self.turn(world, *job, host).steps.push(step);
        } else if let Event::StepEnded { job, host, end } = event {
            if let Some(step) = self.turn(world, *job, host).steps.last_mut() {
                step.took = now.since(step.begins);
                step.end = end.to_string();
            }
        } else if let Event::HostTaskEnded { job, host, end } = event {
            let turn = self.turn(world, *job, host);
            (turn.ends, turn.end) = (Some(now), end.to_string());
        } else if let Event::VmRetired { vm, job: Some(job), .. } = event {
            self.vm_leaves(world, *job, *vm, now);
        } else if let Event::TaskEnded { job, vm, end } = event {
            self.vm_is_replaced(world, *job, *vm, end, now);
        } else if let Event::RunMissed { schedule, nominal, cause, .. } = event {
            self.misfits.push(format!("schedule {schedule} does not run at {nominal}: {cause}"));
        } else if let Event::JobPaused { job, why } = event {
            self.misfits.push(format!("job {job} pauses: {why}"));
        }
    }

    /// A job over VMs takes one away; to its host that is a step.
    fn vm_leaves(&mut self, world: &World, id: JobId, vm: VmId, now: Timestamp) {
        let job = world.jobs.get(&id).filter(|job| job.play.is_none());
        let Some(task) = job.and_then(|job| job.tasks.get(&vm)) else { return };
        let (name, end) = (step_of(vm), String::new());
        let turn = self.turn(world, id, &task.host);
        turn.begins.get_or_insert(now);
        turn.steps.push(ForecastStep { name, begins: now, took: Span::ZERO, end });
    }

    fn vm_is_replaced(
        &mut self,
        world: &World,
        id: JobId,
        vm: VmId,
        end: &TaskEnd,
        now: Timestamp,
    ) {
        let Some(task) = world.jobs.get(&id).and_then(|job| job.tasks.get(&vm)) else { return };
        let (turn, name) = (self.turn(world, id, &task.host), step_of(vm));
        if let Some(step) = turn.steps.iter_mut().find(|step| step.name == name) {
            (step.took, step.end) = (now.since(step.begins), end.to_string());
        }
        // A turn that did not end well as a whole did not end well.
        let worse = turn.end.is_empty() || *end != TaskEnd::Done;
        (turn.ends, turn.end) = (Some(now), if worse { end.to_string() } else { turn.end.clone() });
    }

    fn turn(&mut self, world: &World, id: JobId, host: &HostName) -> &mut ForecastTurn {
        let fresh = || {
            let job = world.jobs.get(&id);
            let (schedule, nominal) = match job.map(|job| &job.cause) {
                Some(Cause::Run { schedule, nominal }) => (Some(schedule.clone()), Some(*nominal)),
                Some(Cause::RunNow { schedule }) => (Some(schedule.clone()), None),
                Some(Cause::Asked | Cause::For { .. }) | None => (None, None),
            };
            ForecastTurn {
                host: host.clone(),
                job: id,
                title: job.map(|job| job.title()).unwrap_or_default(),
                schedule,
                nominal,
                begins: None,
                steps: Vec::new(),
                ends: None,
                end: String::new(),
            }
        };
        self.turns.entry((id, host.clone())).or_insert_with(fresh)
    }

    /// What has not had its turn by the end does not fit, with the planner's reason.
    fn close(mut self, world: &World, from: Timestamp, until: Timestamp) -> Forecast {
        self.count_free(self.free_now.count, until);
        let held = plan::plan(world, until).held;
        for held in held.iter().take(MISFITS_MOST) {
            self.misfits.push(format!("{}: {}", held.want, held.why));
        }
        for job in world.jobs.values().filter(|job| !job.is_over()) {
            let waiting = job.hosts.values().filter(|task| task.state == TaskState::Waiting);
            let many = waiting.count();
            if many > 0 {
                self.misfits.push(format!("{many} hosts of {} have no turn", job.title()));
            }
        }
        let mut turns: Vec<ForecastTurn> = self.turns.into_values().collect();
        turns.sort_by(|a, b| {
            (a.begins.is_none(), a.begins, &a.host).cmp(&(b.begins.is_none(), b.begins, &b.host))
        });
        for turn in turns.iter().filter(|turn| turn.end.starts_with("skipped")) {
            self.misfits.push(format!("{} in {}: {}", turn.host, turn.title, turn.end));
        }
        Forecast {
            seq: self.seq,
            from,
            until,
            runs: runs(&turns),
            turns,
            pools: self.pools,
            free_slots: self.free_slots,
            free: self.free,
            misfits: self.misfits,
            assumed_busy: ASSUMED_BUSY,
        }
    }
}

/// The turns by their jobs.
fn runs(turns: &[ForecastTurn]) -> Vec<ForecastRun> {
    let mut runs: Vec<ForecastRun> = Vec::new();
    let mut places: BTreeMap<JobId, usize> = BTreeMap::new();
    for turn in turns {
        let place = *places.entry(turn.job).or_insert(runs.len());
        if place == runs.len() {
            let (schedule, title) = (turn.schedule.clone(), turn.title.clone());
            let nominal = turn.nominal;
            runs.push(ForecastRun { schedule, nominal, title, ..ForecastRun::default() });
        }
        runs[place].take(turn);
    }
    runs
}

/// When the stretch that a moment lies in begins.
fn stretch(at: Timestamp) -> Timestamp {
    let length = STRETCH.as_millis() as i64;
    Timestamp::from_millis(at.as_millis().div_euclid(length) * length)
}

/// So many of the things that wait at the end are told.
const MISFITS_MOST: usize = 50;

fn step_of(vm: VmId) -> String {
    format!("vm {vm}")
}
