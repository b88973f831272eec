//! The desktop over the API's client: what it needs of a controller, and how it is dressed.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use futures::StreamExt;
use hostler::api::{
    Client, Connect, Listing, Live, Moment, Release, RetryBody, ScheduleItem, Snapshot, StreamItem,
};
use hostler::model::{Actor, HostName, Via};
use tokio::sync::{mpsc, watch};

use super::Env;
use crate::ui::{self, Answer, Calendar, Coming, Refused};

/// What the person at the terminal wants it to look like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dress {
    pub(crate) theme: Option<String>,
    pub(crate) ascii: bool,
    pub(crate) read_only: bool,
    /// The moment it begins at, where that is not the present.
    pub(crate) at: Option<String>,
    pub(crate) no_color: bool,
    /// The cluster's name in the bar.
    pub(crate) label: String,
}

/// How many stream items wait for the desktop before the controller's side has to.
const WAITING: usize = 1_024;

/// A controller as the desktop knows it.
struct Remote(Client);

impl ui::Source for Remote {
    async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.0.world().await?)
    }

    async fn follow(&self, after: u64) -> Result<mpsc::Receiver<StreamItem>> {
        let (items, out) = mpsc::channel(WAITING);
        let mut stream = self.0.events(after);
        // The first item tells whether there is a connection; errors after it end the channel.
        let first = stream.next().await.transpose()?;
        tokio::spawn(async move {
            let rest = stream.filter_map(|item| std::future::ready(item.ok()));
            let mut all = futures::stream::iter(first).chain(rest);
            while let Some(item) = all.next().await {
                if items.send(item).await.is_err() {
                    break;
                }
            }
        });
        Ok(out)
    }

    async fn samples(&self, hosts: Vec<HostName>) -> Result<Live> {
        Ok(self.0.live(&hosts).await?)
    }

    async fn console(&self, host: HostName) -> Result<String, String> {
        let item = self.0.host(&host).await.map_err(|error| error.to_string())?;
        let access = item.host.spec.access.clone();
        let name = host.clone();
        let ended = tokio::task::spawn_blocking(move || super::console(&name, &access, &[])).await;
        let status =
            ended.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))?;
        match status.code() {
            Some(0) => Ok(format!("Back from {host}")),
            Some(255) => Err(format!("{host}: ssh could not connect, or lost the connection")),
            _ => Ok(format!("Back from {host}: {status}")),
        }
    }

    async fn ask(&self, query: ui::Query) -> Result<ui::Answer, String> {
        let client = &self.0;
        let answer = match query {
            ui::Query::Plan(ask) => client.plan_of(&ask).await.map(Box::new).map(Answer::Plan),
            ui::Query::Forecast(span) => {
                client.forecast(span).await.map(Box::new).map(Answer::Forecast)
            }
            ui::Query::WhyHost(host) => {
                client.why_host(&host).await.map(|why| Answer::Why(why.lines))
            }
            ui::Query::Before(seq) => {
                let moment = Moment { at: None, seq: Some(seq) };
                client.past(&moment).await.map(Box::new).map(Answer::Past)
            }
            ui::Query::Past(moment) => client.past(&moment).await.map(Box::new).map(Answer::Past),
            ui::Query::WhyVm(vm) => client.why_vm(vm).await.map(|why| Answer::Why(why.lines)),
            ui::Query::Held => client.plan().await.map(|plan| Answer::Held(plan.held)),
            ui::Query::Schedules(span) => client.schedules_within(span).await.map(calendar),
        };
        answer.map_err(|error| error.to_string())
    }

    async fn send(&self, order: ui::Order) -> Result<String, Refused> {
        let done = match order {
            ui::Order::Submit { token, .. } => self.0.submit(&token).await,
            ui::Order::Undrain { hosts } => self.0.undrain(hosts).await,
            ui::Order::Cancel { job } => self.0.cancel_job(job).await,
            ui::Order::ResumeJob { job } => self.0.resume_job(job).await,
            ui::Order::Retry { job } => self.0.retry_job(job, &RetryBody::default()).await,
            ui::Order::RunNow { schedule } => self.0.run_now(&schedule).await,
            ui::Order::SuspendSchedule { schedule, reason } => {
                self.0.suspend(&schedule, &reason).await
            }
            ui::Order::ResumeSchedule { schedule } => self.0.resume_schedule(&schedule).await,
            ui::Order::SkipNext { schedule } => self.0.skip_next(&schedule).await,
            ui::Order::Cordon { hosts, reason } => self.0.cordon(hosts, &reason, None).await,
            ui::Order::Uncordon { hosts, all } => {
                let which = if all { Release::All } else { Release::Mine };
                self.0.uncordon(hosts, which).await
            }
        };
        done.map(|done| done.said.join("; ")).map_err(|error| match error.fresh_plan() {
            Some(fresh) => Refused::Stale(Box::new(fresh.clone())),
            None => Refused::Said(error.to_string()),
        })
    }
}

/// What the calendar needs of it.
fn calendar(told: Listing<ScheduleItem>) -> Answer {
    let Listing { seq, at, items } = told;
    let coming = |item: ScheduleItem| (item.name, Coming { next: item.next, more: item.more });
    let runs = items.into_iter().map(coming).collect();
    Answer::Schedules(Box::new(Calendar { seq, at, runs }))
}

/// Runs the desktop until it is left, or `stop` becomes true.
pub(crate) async fn desktop(
    connect: Connect,
    dress: &Dress,
    env: &Env,
    stop: Option<watch::Receiver<bool>>,
    crash_dir: Option<PathBuf>,
) -> Result<ExitCode> {
    let actor = Actor { who: env.user.clone(), via: Via::Desktop };
    let setup = setup(dress, env)?;
    let options = ui::Options { setup, stop, crash_dir, breaks: env.desktop_breaks };
    ui::run(options, Remote(Client::new(connect, &actor))).await?;
    Ok(ExitCode::SUCCESS)
}

fn setup(dress: &Dress, env: &Env) -> Result<ui::Setup> {
    let mono = dress.no_color || env.no_color;
    let theme = match &dress.theme {
        Some(word) => match ui::ThemeName::named(word) {
            Some(theme) => theme,
            None => anyhow::bail!(
                "`{word}` is not a theme: expected one of {}",
                ui::ThemeName::ALL.map(ui::ThemeName::word).join(", ")
            ),
        },
        None if mono => ui::ThemeName::Mono,
        None => ui::ThemeName::Dark,
    };
    Ok(ui::Setup {
        theme,
        depth: ui::Depth::of(&env.colorterm, &env.term),
        // A console that cannot show more, or a locale that does not say that it can.
        ascii: dress.ascii || !env.utf8 || matches!(env.term.as_str(), "linux" | "dumb" | "vt100"),
        read_only: dress.read_only,
        cluster: dress.label.clone(),
        production: false,
        user: env.user.clone(),
        zone: env.zone,
        begin_at: dress.at.clone(),
    })
}
