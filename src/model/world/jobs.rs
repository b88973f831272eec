//! Fold of schedules' runs and of jobs with their tasks.

use std::sync::Arc;

use super::{Misfit, World, misfit};
use crate::model::{
    Job, JobId, JobState, RUNS_KEPT, Run, RunResult, Schedule, ScheduleName, Task, TaskEnd,
    TaskState, Timestamp, VmId,
};

/// How many jobs that are over stay in the World; older ones are in the journal only.
const JOBS_KEPT: usize = 100;

impl World {
    fn schedule_mut(&mut self, name: &ScheduleName) -> Result<&mut Schedule, Misfit> {
        match self.schedules.get_mut(name) {
            Some(schedule) => Ok(Arc::make_mut(schedule)),
            None => misfit(format!("schedule {name}"), "is not known"),
        }
    }

    pub(super) fn task_mut(&mut self, job: JobId, vm: VmId) -> Result<&mut Task, Misfit> {
        match self.job_mut(job)?.tasks.get_mut(&vm) {
            Some(task) => Ok(task),
            None => misfit(format!("job {job}"), format!("has no task for vm {vm}")),
        }
    }

    /// One record per nominal time: a second one for the same time does not follow.
    fn run_recorded(&mut self, name: &ScheduleName, run: Run) -> Result<(), Misfit> {
        let schedule = self.schedule_mut(name)?;
        if run.nominal <= schedule.upto {
            let why = format!("has dealt with {} already", run.nominal);
            return misfit(format!("schedule {name}"), why);
        }
        schedule.upto = run.nominal;
        schedule.runs.push(run);
        let excess = schedule.runs.len().saturating_sub(RUNS_KEPT);
        schedule.runs.drain(..excess);
        Ok(())
    }

    pub(super) fn run_fired(
        &mut self,
        name: &ScheduleName,
        nominal: Timestamp,
        job: JobId,
    ) -> Result<(), Misfit> {
        self.run_recorded(name, Run { nominal, result: RunResult::Fired { job } })
    }

    pub(super) fn run_missed(
        &mut self,
        name: &ScheduleName,
        nominal: Timestamp,
        count: u32,
        cause: &str,
    ) -> Result<(), Misfit> {
        let result = RunResult::Missed { count, cause: cause.into() };
        self.run_recorded(name, Run { nominal, result })
    }

    pub(super) fn job_opened(&mut self, job: &Job) -> Result<(), Misfit> {
        if self.jobs.contains_key(&job.id) {
            return misfit(format!("job {}", job.id), "is known already");
        }
        let begun = |task: &Task| task.state != TaskState::Waiting || task.replacement.is_some();
        if job.is_over() || job.tasks.values().any(begun) {
            return misfit(format!("job {}", job.id), "has begun before it was opened");
        }
        self.jobs.insert(job.id, Arc::new(job.clone()));
        let over: Vec<JobId> =
            self.jobs.values().filter(|job| job.is_over()).map(|job| job.id).collect();
        for id in over.iter().take(over.len().saturating_sub(JOBS_KEPT)) {
            self.jobs.remove(id);
        }
        Ok(())
    }

    pub(super) fn task_ended(
        &mut self,
        job: JobId,
        vm: VmId,
        end: &TaskEnd,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let task = self.task_mut(job, vm)?;
        if task.state.is_over() {
            let word = task.state.word();
            return misfit(format!("job {job}"), format!("task {vm} is {word} already"));
        }
        task.state = match end {
            TaskEnd::Done => TaskState::Done { at },
            TaskEnd::Skipped { why } => TaskState::Skipped { at, why: why.clone() },
            TaskEnd::Failed { why } => TaskState::Failed { at, why: why.clone() },
        };
        Ok(())
    }

    pub(super) fn job_ended(&mut self, id: JobId, at: Timestamp) -> Result<(), Misfit> {
        let job = self.job_mut(id)?;
        if job.is_over() || job.tasks.values().any(|task| !task.state.is_over()) {
            return misfit(format!("job {id}"), "is over already, or has tasks that are not");
        }
        let short =
            job.tasks.values().filter(|t| !matches!(t.state, TaskState::Done { .. })).count();
        job.state = if short == 0 {
            JobState::Done { at }
        } else {
            let all = job.tasks.len();
            JobState::Failed { at, why: format!("{short} of {all} tasks were skipped or failed") }
        };
        Ok(())
    }
}
