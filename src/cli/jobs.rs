//! Jobs over hosts: host by host, step by step, what the steps said, and what is asked of a job
//! that goes on.

use std::collections::BTreeMap;

use anyhow::Result;
use hostler::api::{JobItem, RetryBody};
use hostler::model::{
    HostName, HostTask, Job, JobId, Part, Span, StepAt, StepDone, TaskState, Timestamp, UsualSteps,
    Zone, usual_steps,
};
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::follower::Follower;
use super::out;
use super::table::{Cell, Column, clean};
use super::verbs::Wait;
use super::wait::{Whys, step_words};

const HOSTS: [Column; 5] = [
    Column::text("HOST"),
    Column::text("STATE"),
    Column::text("STEP"),
    Column::drifting("FOR"),
    Column::text("WHY"),
];
const STEPS: [Column; 6] = [
    Column::text("STEP"),
    Column::text("NAME"),
    Column::text("BEGAN"),
    Column::number("TOOK"),
    Column::number("USUAL"),
    Column::text("END"),
];

impl Call {
    /// The hosts of a job with their steps.
    pub(crate) async fn put_hosts(&self, item: &JobItem, now: Timestamp) -> Result<()> {
        let whys = self.whys(&item.job).await?;
        self.put_table(&HOSTS, &hosts(&item.job, &whys, now)).map(drop)
    }

    /// One host's part of a job: the timeline of its steps.
    pub(crate) async fn show_task(&self, id: JobId, host: &HostName) -> Result<()> {
        let item = self.client.job(id).await?;
        let task = task_of(&item.job, host)?;
        let world = self.client.world().await?.world;
        let play = item.job.play.as_ref();
        let usual = play.map(|play| usual_steps(&world, &play.playbook)).unwrap_or_default();
        if self.json {
            return self.put_json(&task_json(&item.job, host, task, &usual));
        }
        let now = self.client.status().await?.at;
        let whys = self.whys(&item.job).await?;
        let job = Job { hosts: [(host.clone(), task.clone())].into(), ..(*item.job).clone() };
        self.put_table(&HOSTS, &hosts(&job, &whys, now))?;
        out::line("")?;
        self.put_table(&STEPS, &timeline(&item.job, task, &usual, now, self.zone)).map(drop)
    }

    /// What the steps that are over have said.
    pub(crate) async fn job_log(
        &self,
        id: JobId,
        host: Option<&HostName>,
        follow: bool,
    ) -> Result<()> {
        let item = self.client.job(id).await?;
        if let Some(host) = host {
            task_of(&item.job, host)?;
        }
        let mut told = BTreeMap::new();
        self.put_log(&item.job, host, &mut told)?;
        if !follow {
            return Ok(());
        }
        let mut follower = Follower::begin(&self.client).await?;
        loop {
            let Some(job) = follower.world.jobs.get(&id).cloned() else { return Ok(()) };
            self.put_log(&job, host, &mut told)?;
            if job.is_over() {
                return Ok(());
            }
            follower.next().await?;
        }
    }

    /// The steps that have ended since; `told` counts those of each host that were shown.
    fn put_log(
        &self,
        job: &Job,
        only: Option<&HostName>,
        told: &mut BTreeMap<HostName, usize>,
    ) -> Result<()> {
        let tasks = job.hosts.iter().filter(|(host, _)| only.is_none_or(|only| only == *host));
        let fresh = tasks.flat_map(|(host, task)| {
            let before = told.insert(host.clone(), task.log.len()).unwrap_or(0);
            task.log.iter().skip(before).map(move |done| (host, done))
        });
        let mut fresh: Vec<(&HostName, &StepDone)> = fresh.collect();
        fresh.sort_by_key(|(host, done)| (done.ended, *host));
        for (host, done) in fresh {
            if self.json {
                self.put_json(&step_json(job, host, done))?;
                continue;
            }
            let (at, took) = (self.zone.moment(done.ended), done.ended.since(done.began).rough());
            let step = step_words(job, done.at).unwrap_or_else(|| done.at.to_string());
            out::line(&clean(&format!("{at} {host} {step}, {took}: {}", done.end)))?;
            let said = done.said.lines().map(|line| clean(&format!("  {line}")));
            said.into_iter().try_for_each(|line| out::line(line.trim_end()))?;
        }
        Ok(())
    }

    pub(crate) async fn cancel_job(&self, id: JobId, wait: Wait) -> Result<()> {
        let done = self.ask(self.client.cancel_job(id)).await?;
        match wait.wait {
            true => self.wait_for(id, Some(&done), true).await,
            false => self.put_done(&done),
        }
    }

    pub(crate) async fn resume_job(&self, id: JobId, wait: Wait) -> Result<()> {
        let done = self.ask(self.client.resume_job(id)).await?;
        self.job_of(&done, wait).await
    }

    pub(crate) async fn discharge_job(&self, id: JobId, reason: &str) -> Result<()> {
        self.put_done(&self.client.discharge_job(id, reason).await?)
    }

    pub(crate) async fn retry_job(
        &self,
        id: JobId,
        host: Option<HostName>,
        from: Option<u16>,
        wait: Wait,
    ) -> Result<()> {
        let from = from.map(|n| StepAt { part: Part::Steps, ix: n.saturating_sub(1) });
        let what = RetryBody { host, from };
        let done = self.ask(self.client.retry_job(id, &what)).await?;
        self.job_of(&done, wait).await
    }

    pub(crate) async fn skip_host(&self, id: JobId, host: &HostName) -> Result<()> {
        self.put_done(&self.client.skip_host(id, host).await?)
    }
}

fn task_of<'a>(job: &'a Job, host: &HostName) -> Result<&'a HostTask, Failure> {
    job.hosts.get(host).ok_or_else(|| {
        let id = job.id;
        let said = format!("job {id} is not over host {host}: `hostler job show {id}` lists them");
        Failure::failed(said)
    })
}

/// Since when a host's task is at what it is at.
fn since(task: &HostTask) -> Timestamp {
    match (&task.step, &task.state) {
        (Some(step), _) => step.began,
        (None, TaskState::Waiting) => task.earliest,
        (
            None,
            TaskState::Begun { at }
            | TaskState::Done { at }
            | TaskState::Skipped { at, .. }
            | TaskState::Failed { at, .. }
            | TaskState::Cancelled { at },
        ) => *at,
    }
}

fn hosts(job: &Job, whys: &Whys, now: Timestamp) -> Vec<Vec<Cell>> {
    let row = |(host, task): (&HostName, &HostTask)| {
        let step = task.step.as_ref().and_then(|_| step_words(job, task.at));
        let why = match &task.state {
            TaskState::Skipped { why, .. } | TaskState::Failed { why, .. } => why.as_str(),
            TaskState::Done { .. } | TaskState::Cancelled { .. } => "",
            TaskState::Waiting | TaskState::Begun { .. } => {
                whys.get(host).or(task.failed.as_ref()).map_or("", String::as_str)
            }
        };
        vec![
            Cell::new(host),
            Cell::word(task.state.word()),
            Cell::new(step.as_deref().unwrap_or("-")),
            Cell::new(now.since(since(task)).rough()),
            Cell::new(why),
        ]
    };
    job.hosts.iter().map(row).collect()
}

/// The steps that are over, the one under way, and those to come.
fn timeline(
    job: &Job,
    task: &HostTask,
    usual: &UsualSteps,
    now: Timestamp,
    zone: Zone,
) -> Vec<Vec<Cell>> {
    let row = |at: StepAt, began: Option<Timestamp>, took: Option<Span>, end: String| {
        let step = job.play.as_ref().and_then(|play| play.playbook.step(at));
        let span = |span: Option<Span>| Cell::new(span.map_or("-".into(), Span::rough));
        vec![
            Cell::new(at),
            Cell::new(step.map_or("-", |step| step.name.as_str())),
            Cell::new(began.map_or("-".into(), |began| zone.moment(began))),
            span(took),
            span(usual.get(&at).copied()),
            Cell::new(end),
        ]
    };
    let tries = |n: u8| if n > 1 { format!(" (try {n})") } else { String::new() };
    let done = |done: &StepDone| {
        let took = Some(done.ended.since(done.began));
        row(done.at, Some(done.began), took, format!("{}{}", done.end, tries(done.attempt)))
    };
    let mut rows: Vec<_> = task.log.iter().map(done).collect();
    if let Some(step) = &task.step {
        let took = Some(now.since(step.began));
        rows.push(row(task.at, Some(step.began), took, format!("goes on{}", tries(step.attempt))));
    }
    let play = job.play.as_ref();
    let to_come = play.map(|play| task.to_come(&play.playbook)).unwrap_or_default();
    rows.extend(to_come.into_iter().map(|at| row(at, None, None, String::new())));
    rows
}

fn step_json(job: &Job, host: &HostName, done: &StepDone) -> Value {
    let name = job.play.as_ref().and_then(|play| play.playbook.step(done.at));
    json!({
        "job": job.id, "host": host, "step": done.at, "name": name.map(|step| &step.name),
        "began": done.began, "ended": done.ended, "attempt": done.attempt, "end": done.end,
        "said": done.said,
    })
}

fn task_json(job: &Job, host: &HostName, task: &HostTask, usual: &UsualSteps) -> Value {
    let step = |done: &StepDone| {
        let mut value = step_json(job, host, done);
        value["took"] = json!(done.ended.since(done.began));
        value["usual"] = json!(usual.get(&done.at));
        value
    };

    json!({
        "job": job.id, "host": host, "task": task,
        "steps": task.log.iter().map(step).collect::<Vec<_>>(),
    })
}
