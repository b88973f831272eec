//! `host drain` and its kin: the plan is shown first, and what is submitted is what was shown.

use anyhow::Result;
use hostler::api::CordonBody;
use hostler::model::{DrainAsk, DrainPlan, HostName, PlanAsk, Then, Timestamp, plural};

use super::call::Call;
use super::failure::Failure;
use super::flags::{Drain, Emptying, HoldFlags};
use super::table::Style;
use super::verbs::Wait;
use super::when::When;
use super::{out, preview};

/// A fleet that changes faster than plans are looked at is asked for in another way.
const STALE_MOST: usize = 5;
/// So many lines of a plan are shown from its beginning, and from its end.
const SHOWN_MOST: usize = 40;

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
        if flags.dry_run {
            let planned = self.client.plan_of(&PlanAsk::Drain(Box::new(ask.clone()))).await?;
            if self.json {
                return self.put_json(&planned.plan);
            }
            let ask = PlanAsk::Drain(Box::new(ask));
            let lines = preview::lines(&ask, &planned.plan, self.zone, self.style);
            return lines.iter().try_for_each(|line| out::line(line));
        }
        let then = ask.then.clone();
        self.submit_shown(&PlanAsk::Drain(Box::new(ask)), flags.wait, |call, plan| {
            let many = plan.hosts.len();
            let hosts = plural(many, "host");
            match then {
                Then::Retire => {
                    let question = format!("Take {hosts} out of the fleet for good?");
                    call.consent_by_name(&question, &many.to_string())
                }
                Then::Hold | Then::Resume | Then::Reboot | Then::Playbook(_) => {
                    call.consent(&format!("Drain {hosts}?"))
                }
            }
        })
        .await
    }

    /// Shows the plan, asks, and submits just what was shown.
    pub(crate) async fn submit_shown(
        &self,
        ask: &PlanAsk,
        wait: Wait,
        consent: impl Fn(&Self, &DrainPlan) -> Result<()>,
    ) -> Result<()> {
        let mut planned = self.client.plan_of(ask).await?;
        for _ in 0..STALE_MOST {
            self.show_plan(ask, &planned.plan);
            consent(self, &planned.plan)?;
            match self.ask(self.client.submit(&planned.token)).await {
                Ok(done) => return self.job_of(&done, wait).await,
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
    fn show_plan(&self, ask: &PlanAsk, plan: &DrainPlan) {
        let lines = preview::lines(ask, plan, self.zone, Style::default());
        // What counts stands in the end: a long list is cut in its middle.
        let (head, tail) = lines.split_at(lines.len().min(SHOWN_MOST));
        let cut = tail.len().saturating_sub(SHOWN_MOST);
        let all = match ask {
            PlanAsk::Drain(_) | PlanAsk::Play(_) => ": --dry-run shows all",
            PlanAsk::Respawn(_) | PlanAsk::Run(_) => "",
        };
        let left_out = (cut > 0).then(|| format!("({cut} lines more{all})"));
        for line in head.iter().chain(&left_out).chain(&tail[cut..]) {
            if self.says_yes() { out::note(line) } else { out::wrong(line) }
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
