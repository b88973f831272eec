//! The client's methods for drains, jobs, schedules that wait, and playbooks.

use super::client::{Answer, Client};
use super::{DoctorBody, JobBody, Listing, Planned, ReasonBody, RetryBody, SkipBody, UndrainBody};
use crate::engine::Done;
use crate::model::{
    Checkup, DrainAsk, HostName, JobId, PlanAsk, PlayAsk, Playbook, PlaybookName, PoolName,
    ScheduleName, VmId,
};

impl Client {
    /// All playbooks.
    pub async fn playbooks(&self) -> Answer<Listing<Playbook>> {
        self.get("/v1/playbooks").await
    }
    /// One playbook.
    pub async fn playbook(&self, name: &PlaybookName) -> Answer<Playbook> {
        self.get(&format!("/v1/playbooks/{name}")).await
    }
    /// What this would do, and the token that submits just that.
    pub async fn plan_of(&self, ask: &PlanAsk) -> Answer<Planned> {
        self.post("/v1/plans", ask).await
    }
    /// Does what was planned. A plan that is not true any more is an error with a fresh one.
    pub async fn submit(&self, token: &str) -> Answer<Done> {
        self.post("/v1/jobs", &JobBody::Plan(token.into())).await
    }
    /// Empties hosts, unseen.
    pub async fn drain(&self, ask: &DrainAsk) -> Answer<Done> {
        self.post("/v1/jobs", &JobBody::Drain(Box::new(ask.clone()))).await
    }
    /// Does the steps of a playbook on hosts.
    pub async fn play(&self, ask: &PlayAsk) -> Answer<Done> {
        self.post("/v1/jobs", &JobBody::Play(Box::new(ask.clone()))).await
    }
    /// What the doctor finds on these hosts; on all when none is named.
    pub async fn doctor(&self, hosts: Vec<HostName>) -> Answer<Listing<Checkup>> {
        self.post("/v1/hosts/doctor", &DoctorBody { hosts, which: None }).await
    }
    /// Calls off what goes on on these hosts, and lifts the holds that drains have left.
    pub async fn undrain(&self, hosts: Vec<HostName>) -> Answer<Done> {
        self.post("/v1/hosts/undrain", &UndrainBody { hosts }).await
    }
    /// Calls a job off.
    pub async fn cancel_job(&self, job: JobId) -> Answer<Done> {
        self.post(&format!("/v1/jobs/{job}/cancel"), &()).await
    }
    /// Goes on with a job that has paused.
    pub async fn resume_job(&self, job: JobId) -> Answer<Done> {
        self.post(&format!("/v1/jobs/{job}/resume"), &()).await
    }
    /// Lets go of the parked VMs that a job has sent away.
    pub async fn discharge_job(&self, job: JobId, reason: &str) -> Answer<Done> {
        let body = ReasonBody { reason: reason.into() };
        self.post(&format!("/v1/jobs/{job}/discharge"), &body).await
    }
    /// Tries again to be rid of a parked VM.
    pub async fn resume_vm(&self, vm: VmId) -> Answer<Done> {
        self.post(&format!("/v1/vms/{vm}/resume"), &()).await
    }
    /// Lets go of a parked VM.
    pub async fn discharge_vm(&self, vm: VmId, reason: &str) -> Answer<Done> {
        let body = ReasonBody { reason: reason.into() };
        self.post(&format!("/v1/vms/{vm}/discharge"), &body).await
    }
    /// Tries failed and skipped hosts of a job again.
    pub async fn retry_job(&self, job: JobId, what: &RetryBody) -> Answer<Done> {
        self.post(&format!("/v1/jobs/{job}/retry"), what).await
    }
    /// Leaves a host out of a job.
    pub async fn skip_host(&self, job: JobId, host: &HostName) -> Answer<Done> {
        self.post(&format!("/v1/jobs/{job}/skip"), &SkipBody { host: host.clone() }).await
    }
    /// A schedule does not run until it is resumed.
    pub async fn suspend(&self, schedule: &ScheduleName, reason: &str) -> Answer<Done> {
        let body = ReasonBody { reason: reason.into() };
        self.post(&format!("/v1/schedules/{schedule}/suspend"), &body).await
    }
    /// A suspended schedule runs again.
    pub async fn resume_schedule(&self, schedule: &ScheduleName) -> Answer<Done> {
        self.post(&format!("/v1/schedules/{schedule}/resume"), &()).await
    }
    /// A held pool is tried again.
    pub async fn release_pool(&self, pool: &PoolName) -> Answer<Done> {
        self.post(&format!("/v1/pools/{pool}/release"), &()).await
    }
    /// A schedule passes over its next run.
    pub async fn skip_next(&self, schedule: &ScheduleName) -> Answer<Done> {
        self.post(&format!("/v1/schedules/{schedule}/skip-next"), &()).await
    }
}
