//! `host drain` and its kin: the plan is shown first, and what is submitted is what was shown.

use anyhow::Result;
use hostler::api::{CordonBody, Planned};
use hostler::model::{DrainAsk, HostName, Then, Timestamp, plural};

use super::call::Call;
use super::failure::Failure;
use super::flags::{Drain, Emptying, HoldFlags};
use super::table::Style;
use super::verbs::Wait;
use super::when::When;
use super::{out, preview};

/// A fleet that changes faster than plans are looked at is asked for in another way.
const STALE_MOST: usize = 5;

impl Call {
    pub(crate) async fn drain(&self, flags: &Drain) -> Result<()> {
        self.empty(&flags.emptying, flags.then.clone(), flags.until).await
    }

    /// Plans, shows, asks, submits, and with `--wait` stays until it is over.
    pub(crate) async fn empty(
        &self,
        flags: &Emptying,
        then: Then,
        until: Option<When>,
    ) -> Result<()> {
        let ask = self.drain_asked(flags, then, until).await?;
        let mut planned = self.client.plan_drain(&ask).await?;
        if flags.dry_run {
            if self.json {
                return self.put_json(&planned.plan);
            }
            let lines = preview::lines(&ask, &planned.plan, self.zone, self.style);
            return lines.iter().try_for_each(|line| out::line(line));
        }
        for _ in 0..STALE_MOST {
            self.consent_to(&ask, &planned)?;
            match self.ask(self.client.submit(&planned.token)).await {
                Ok(done) => return self.job_of(&done, flags.wait).await,
                Err(why) => match why.fresh_plan() {
                    Some(fresh) => planned = fresh.clone(),
                    None => return Err(why.into()),
                },
            }
            out::note("the fleet has changed meanwhile; the plan is another now:");
        }
        let said = "the fleet changes faster than a plan can be submitted: try again in a minute";
        Err(Failure::failed(said).into())
    }

    async fn drain_asked(
        &self,
        flags: &Emptying,
        then: Then,
        until: Option<When>,
    ) -> Result<DrainAsk> {
        let hosts = self.hosts_meant(&flags.hosts.which).await?;
        Ok(DrainAsk {
            deadline: (!flags.no_deadline).then_some(flags.deadline),
            on_deadline: flags.on_deadline,
            grace: flags.grace,
            force: flags.force,
            surge: flags.surge,
            ignore: flags.ignore.clone(),
            then,
            until: self.moment(until).await?,
            at: self.moment(flags.at).await?,
            max_parallel: flags.max_parallel,
            key: flags.key.clone(),
            replace: flags.replace,
            ..DrainAsk::new(hosts, &flags.reason)
        })
    }

    /// Counted from the controller's time, which is the one that will keep it.
    pub(crate) async fn moment(&self, when: Option<When>) -> Result<Option<Timestamp>> {
        match when {
            Some(when) => Ok(Some(when.after(self.client.status().await?.at))),
            None => Ok(None),
        }
    }

    /// The plan goes where the question goes: it is no data, and nothing is done yet.
    fn consent_to(&self, ask: &DrainAsk, planned: &Planned) -> Result<()> {
        for line in preview::lines(ask, &planned.plan, self.zone, Style::default()) {
            if self.says_yes() { out::note(&line) } else { out::wrong(&line) }
        }
        let many = planned.plan.hosts.len();
        let hosts = plural(many, "host");
        match ask.then {
            Then::Retire => {
                let question = format!("Take {hosts} out of the fleet for good?");
                self.consent_by_name(&question, &many.to_string())
            }
            Then::Hold | Then::Resume | Then::Reboot | Then::Playbook(_) => {
                self.consent(&format!("Drain {hosts}?"))
            }
        }
    }

    pub(crate) async fn undrain(&self, which: &[String], wait: Wait) -> Result<()> {
        let hosts = self.hosts_meant(which).await?;
        let done = self.ask(self.client.undrain(hosts.clone())).await?;
        self.put_done(&done)?;
        if !wait.wait {
            return Ok(());
        }
        out::on_interrupt("what was begun is unwound all the same: hostler job list shows it");
        let ended = self.wait_until_free(&hosts).await;
        out::on_interrupt("");
        ended
    }

    /// Until no job has anything left to unwind on these hosts.
    async fn wait_until_free(&self, hosts: &[HostName]) -> Result<()> {
        let mut follower = super::follower::Follower::begin(&self.client).await?;
        loop {
            let busy = follower.world.jobs.values().any(|job| {
                let mut tasks = job.hosts.iter().filter(|(host, _)| hosts.contains(host));
                tasks.any(|(_, task)| !task.state.is_over() && task.stop.is_some())
            });
            if !busy {
                return Ok(());
            }
            follower.next().await?;
        }
    }

    pub(crate) async fn hold(&self, flags: &HoldFlags) -> Result<()> {
        let hosts = self.hosts_meant(&flags.hosts.which).await?;
        let hold = CordonBody {
            hosts,
            reason: flags.reason.clone(),
            until: self.moment(flags.until).await?,
            kind: Some(flags.kind),
            on_expiry: flags.on_expiry,
        };
        self.put_done(&self.client.hold(&hold).await?)
    }
}
