//! What changes something: one request each.

use anyhow::Result;
use hostler::api::{Done, Release};
use hostler::model::{
    Fate, HoldId, HostName, PlanAsk, PoolName, RespawnAsk, ScheduleName, Share, plural,
};

use super::call::{Call, input};
use super::choose::choose;
use super::verbs::Wait;
use super::when::When;

impl Call {
    pub(crate) fn put_done(&self, done: &Done) -> Result<()> {
        if self.json { self.put_json(done) } else { self.put_lines(&done.said) }
    }

    pub(crate) async fn hosts_meant(&self, which: &[String]) -> Result<Vec<HostName>> {
        let items = choose(which, self.client.hosts().await?.items, input)?;
        Ok(items.into_iter().map(|item| item.name).collect())
    }

    pub(crate) async fn cordon(
        &self,
        which: &[String],
        reason: &str,
        until: Option<When>,
    ) -> Result<()> {
        let hosts = self.hosts_meant(which).await?;
        let until = self.moment(until).await?;
        self.put_done(&self.client.cordon(hosts, reason, until).await?)
    }

    pub(crate) async fn forget(&self, host: &HostName, reason: &str) -> Result<()> {
        let state = self.client.host(host).await?.state;
        let vms = self.client.vms().await?.items;
        let vms = vms.into_iter().filter(|item| item.vm.host == *host);
        let vms: Vec<_> = vms.map(|item| format!("{} ({})", item.name, item.state)).collect();
        let what = match &vms[..] {
            [] => "no VM of ours is on it".into(),
            vms => format!("given up with it: VMs {}", vms.join(", ")),
        };
        self.consent_by_name(&format!("Give up host {host} ({state})? {what}."), host.as_str())?;
        self.put_done(&self.client.forget(host, reason).await?)
    }

    pub(crate) async fn uncordon(
        &self,
        which: &[String],
        hold: Option<HoldId>,
        all: bool,
    ) -> Result<()> {
        let hosts = self.hosts_meant(which).await?;
        let release = match (hold, all) {
            (Some(hold), _) => Release::Id(hold),
            (None, true) => {
                let on = plural(hosts.len(), "host");
                self.consent(&format!("Lift all holds on {on}, those of others too?"))?;
                Release::All
            }
            (None, false) => Release::Mine,
        };
        self.put_done(&self.client.uncordon(hosts, release).await?)
    }

    pub(crate) async fn respawn(
        &self,
        pool: &PoolName,
        max: Option<Share>,
        wait: Wait,
    ) -> Result<()> {
        let ask = RespawnAsk { pool: pool.clone(), max_unavailable: max };
        // Who says yes beforehand looks at no plan.
        if self.says_yes() {
            let done = self.ask(self.client.respawn(pool, max)).await?;
            return self.job_of(&done, wait).await;
        }
        self.submit_shown(&PlanAsk::Respawn(ask), wait, |call, plan| {
            let vms = plan.hosts.iter().flat_map(|host| &host.vms);
            let many = vms.filter(|vm| vm.fate != Fate::Stays).count();
            call.consent(&format!(
                "Replace {} of pool {pool}, a few at a time?",
                plural(many, "VM")
            ))
        })
        .await
    }

    pub(crate) async fn run_now(&self, schedule: &ScheduleName, wait: Wait) -> Result<()> {
        let item = self.client.schedule(schedule).await?;
        let playbook = &item.schedule.spec.playbook;
        self.consent(&format!("Run schedule {schedule} ({playbook}) now?"))?;
        let done = self.ask(self.client.run_now(schedule)).await?;
        self.job_of(&done, wait).await
    }

    pub(crate) async fn reload(&self) -> Result<()> {
        self.put_done(&self.client.reload().await?)
    }
}
