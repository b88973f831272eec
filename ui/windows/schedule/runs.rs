//! The runs of a schedule: those that were, with what became of them, and those to come.

use std::collections::BTreeMap;

use hostler::model::{
    Cause, Job, JobId, JobState, RunResult, Schedule, ScheduleName, TaskState, Timestamp, World,
};

use crate::ui::glyphs::Look;
use crate::ui::msg::Coming;

/// A run, or a time at which there was or will be none.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    pub at: Timestamp,
    /// When it ended, or must have begun everything.
    pub until: Timestamp,
    pub look: Look,
    pub word: &'static str,
    /// How much of it is done: `12`, `3/12`.
    pub short: String,
    /// The same for people who ask.
    pub said: String,
    pub job: Option<JobId>,
}

impl Run {
    fn bare(at: Timestamp, look: Look, word: &'static str, said: String) -> Self {
        Self { at, until: at, look, word, short: String::new(), said, job: None }
    }
    /// Whether it is still to come.
    pub fn is_due(&self) -> bool {
        self.word == DUE
    }
}

const DUE: &str = "due";

/// The jobs of each schedule that are still known.
pub fn jobs(world: &World) -> BTreeMap<&ScheduleName, Vec<&Job>> {
    let mut jobs: BTreeMap<&ScheduleName, Vec<&Job>> = BTreeMap::new();
    for job in world.jobs.values() {
        match &job.cause {
            Cause::Run { schedule, .. } | Cause::RunNow { schedule } => {
                jobs.entry(schedule).or_default().push(job);
            }
            Cause::Asked | Cause::For { .. } => {}
        }
    }
    jobs
}

/// All that is known of a schedule's runs, in the order of time.
pub fn of(
    world: &World,
    schedule: &Schedule,
    jobs: &[&Job],
    coming: Option<&Coming>,
    now: Timestamp,
) -> Vec<Run> {
    let mut runs = BTreeMap::new();
    for at in coming.iter().flat_map(|coming| &coming.next).filter(|at| **at > schedule.upto) {
        let meets = coming.and_then(|coming| coming.outlook.as_ref());
        let meets = meets.is_some_and(|o| o.conflicts_of(*at).iter().any(|c| c.with.is_some()));
        runs.insert(*at, to_come(schedule, *at, meets));
    }
    if let Some(at) = schedule.skip_upto.filter(|at| *at > schedule.upto) {
        let said = "somebody asked for it to be skipped".into();
        runs.insert(at, Run::bare(at, Look::Off, "skipped", said));
    }
    for run in &schedule.runs {
        let shown = match &run.result {
            RunResult::Fired { job } => {
                let known = world.jobs.get(job).map(|job| of_job(job, run.nominal, now));
                known.unwrap_or_else(|| forgotten(run.nominal, *job))
            }
            RunResult::Missed { count, cause } => missed(run.nominal, *count, cause),
        };
        runs.insert(run.nominal, shown);
    }
    for job in jobs {
        let at = match &job.cause {
            Cause::Run { nominal, .. } => *nominal,
            Cause::RunNow { .. } | Cause::Asked | Cause::For { .. } => job.opened,
        };
        runs.entry(at).or_insert_with(|| of_job(job, at, now));
    }
    runs.into_values().collect()
}

fn to_come(schedule: &Schedule, at: Timestamp, meets: bool) -> Run {
    let until = at + schedule.spec.window;
    let held = schedule.suspended.is_some() || schedule.spec.suspend;
    let (look, word) = match (held, meets) {
        (true, _) => (Look::Held, "suspended"),
        (false, true) => (Look::Clash, DUE),
        (false, false) => (Look::Queued, DUE),
    };
    Run { until, ..Run::bare(at, look, word, String::new()) }
}

fn of_job(job: &Job, at: Timestamp, now: Timestamp) -> Run {
    let (over, all) = job.progress();
    let whole = format!("{over} of {all} tasks");
    let part = if over == all { all.to_string() } else { format!("{over}/{all}") };
    let short =
        |state: &&TaskState| matches!(state, TaskState::Skipped { .. } | TaskState::Failed { .. });
    let (until, short, how_far) = match &job.state {
        JobState::Running => (now, part, whole),
        JobState::Done { at } | JobState::Cancelled { at } => (*at, part, whole),
        JobState::Failed { at, why } => {
            (*at, format!("{}/{all}", job.states().filter(short).count()), why.clone())
        }
    };
    let by = match &job.cause {
        Cause::RunNow { .. } => format!(", by hand of {}", job.by),
        Cause::Run { .. } | Cause::Asked | Cause::For { .. } => String::new(),
    };
    let paused = job.paused.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let said = format!("{how_far}, {}{by}{paused}", until.since(job.opened).rough());
    let (look, job) = (Look::job(job.word()), (job.word(), job.id));
    Run { until, short, job: Some(job.1), ..Run::bare(at, look, job.0, said) }
}

/// Its job is so old that only the journal has it.
fn forgotten(at: Timestamp, job: JobId) -> Run {
    Run::bare(at, Look::Unknown, "ran", format!("job {job} is in the journal only"))
}

fn missed(at: Timestamp, count: u32, cause: &str) -> Run {
    let times = match count {
        1 => String::new(),
        n => format!("{n} times up to then: "),
    };
    let short = if count == 1 { String::new() } else { count.to_string() };
    Run { short, ..Run::bare(at, Look::Off, "missed", format!("{times}{cause}")) }
}
