//! Jobs: what goes on, how far it is, since when, by whom, and what became of it.

use std::collections::BTreeSet;

use hostler::model::{Cause, HostName, Job, JobId, JobState};

use super::{Ctx, JobView, View};
use crate::ui::filter::{Filter, Subject};
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::theme::Token;
use crate::ui::widgets::{Column, Rows, SortKey};

/// The rows of the window of jobs.
#[derive(Clone, Copy, Debug)]
pub struct JobRows;

const ID: usize = 0;
const TITLE: usize = 1;
const STATE: usize = 2;
const PROGRESS: usize = 3;
const CAUSE: usize = 4;
const OPENED: usize = 5;
const BY: usize = 6;

fn get<'a>(fleet: &'a Replica, id: &JobId) -> Option<&'a Job> {
    Some(fleet.world()?.jobs.get(id)?)
}

impl Rows for JobRows {
    type Id = JobId;
    const TITLE: &'static str = "Jobs";
    const NOUN: &'static str = "job";
    const NONE: [&'static str; 2] =
        ["No job has been opened.", "Schedules in the fleet directory open jobs at their times."];
    const COLUMNS: &'static [Column] = &[
        Column::new("ID", 12, 5),
        Column::new("JOB", 18, 0).groups(),
        Column::new("STATE", 8, 1).groups(),
        Column::new("PROGRESS", 13, 2),
        Column::new("CAUSE", 14, 6),
        Column::new("OPENED", 8, 4),
        Column::new("BY", 8, 7).groups(),
        Column::new("WHY", 10, 3).grows(),
    ];

    fn ids(fleet: &Replica) -> Vec<JobId> {
        fleet.world().map(|world| world.jobs.keys().copied().collect()).unwrap_or_default()
    }
    fn changed(changed: &Changed) -> &BTreeSet<JobId> {
        &changed.jobs
    }
    fn key(fleet: &Replica, id: &JobId, column: usize) -> Option<SortKey> {
        let job = get(fleet, id)?;
        let (done, all) = job.progress();
        Some(match column {
            // By time of making, which is the id's order.
            ID => SortKey(0, id.to_string()),
            TITLE => SortKey(0, job.title()),
            STATE => SortKey(0, job.word().into()),
            PROGRESS => SortKey((done * 1_000).checked_div(all).unwrap_or(0) as i64, String::new()),
            CAUSE => SortKey(0, cause(job)),
            OPENED => SortKey(job.opened.as_millis(), String::new()),
            BY => SortKey(0, job.by.who.clone()),
            _ => SortKey(0, why(fleet, job)),
        })
    }
    fn passes(fleet: &Replica, id: &JobId, filter: &Filter) -> bool {
        get(fleet, id).is_some_and(|job| filter.holds(&Asked(fleet, job)))
    }
    fn job(id: &JobId) -> Option<JobId> {
        Some(*id)
    }
    fn host(_: &Replica, _: &JobId) -> Option<HostName> {
        None
    }
    fn opens(_: &Replica, id: &JobId) -> Option<View> {
        Some(View::Job(JobView::new(*id)))
    }
    fn name(_: &Replica, id: &JobId) -> String {
        id.to_string()
    }
    fn detail(ctx: &Ctx, id: &JobId) -> String {
        let said = |job: &Job| {
            format!(
                "{id}  {}  {}  by {}: {}",
                job.title(),
                cause(job),
                job.by.who,
                why(ctx.fleet, job)
            )
        };
        get(ctx.fleet, id).map_or(String::new(), said)
    }
    fn look(ctx: &Ctx, id: &JobId) -> Look {
        get(ctx.fleet, id).map_or(Look::Unknown, |job| Look::job(job.word()))
    }

    fn cell(ctx: &Ctx, id: &JobId, column: usize) -> (String, Token) {
        let Some(job) = get(ctx.fleet, id) else { return ("gone".into(), Token::Dim) };
        let text = match column {
            ID => id.to_string(),
            TITLE => job.title(),
            STATE => return (job.word().into(), Look::job(job.word()).token()),
            PROGRESS => progress(ctx, job),
            CAUSE => cause(job),
            OPENED => ctx.zone.clock(job.opened),
            BY => job.by.who.clone(),
            _ => why(ctx.fleet, job),
        };
        (text, Token::Text)
    }
}

fn progress(ctx: &Ctx, job: &Job) -> String {
    let (done, all) = job.progress();
    format!("{} {done}/{all}", ctx.glyphs.gauge(done, all, 6))
}

fn cause(job: &Job) -> String {
    match &job.cause {
        Cause::Run { schedule, .. } | Cause::RunNow { schedule } => schedule.to_string(),
        Cause::Asked => "asked".into(),
        Cause::For { job } => format!("job {job}"),
    }
}

fn why(fleet: &Replica, job: &Job) -> String {
    match &job.state {
        JobState::Running => {
            let begun = job.states().filter(|state| state.word() == "running").count();
            match (&job.paused, fleet.whys.job(job.id)) {
                (Some(paused), _) => paused.clone(),
                (None, Some(why)) if begun == 0 => why.into(),
                (None, Some(why)) => format!("{begun} under way; {why}"),
                (None, None) => format!("{begun} under way"),
            }
        }
        JobState::Cancelled { at } => format!("called off after {}", at.since(job.opened).rough()),
        JobState::Done { at } => format!("took {}", at.since(job.opened).rough()),
        JobState::Failed { why, .. } => why.clone(),
    }
}

struct Asked<'a>(&'a Replica, &'a Job);

impl Subject for Asked<'_> {
    fn contains(&self, needle: &str) -> bool {
        let job = self.1;
        job.title().contains(needle)
            || job.word().contains(needle)
            || cause(job).contains(needle)
            || job.by.who.to_lowercase().contains(needle)
            || job.id.to_string().contains(needle)
            || why(self.0, job).to_lowercase().contains(needle)
            || job.tasks.values().any(|task| task.host.as_str().contains(needle))
            || job.hosts.keys().any(|host| host.as_str().contains(needle))
    }
    fn is(&self, key: &str, value: &str) -> bool {
        let job = self.1;
        match key {
            "state" => job.word() == value,
            "by" | "who" => job.by.who.to_lowercase() == value,
            "schedule" | "cause" => cause(job) == value,
            "host" => {
                job.hosts.contains_key(value)
                    || job.tasks.values().any(|task| task.host.as_str() == value)
            }
            _ => false,
        }
    }
    fn number(&self, key: &str) -> Option<f64> {
        (key == "tasks").then_some(self.1.progress().1 as f64)
    }
}
