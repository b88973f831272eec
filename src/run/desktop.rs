//! The desktop over the API's client: what it needs of a controller, and how it is dressed.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use futures::StreamExt;
use hostler::api::{
    Client, Connect, Listing, Live, Moment, Release, RetryBody, ScheduleItem, Snapshot, StreamItem,
};
use hostler::model::{Actor, Checkup, HostName, Via};
use tokio::sync::{mpsc, watch};

use super::Env;
use super::own::{self, Own};
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

/// A controller as the desktop knows it, and the file of what is kept for this person.
struct Remote {
    client: Client,
    kept: Option<PathBuf>,
}

impl ui::Source for Remote {
    async fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.client.world().await?)
    }

    async fn follow(&self, after: u64) -> Result<mpsc::Receiver<StreamItem>> {
        let (items, out) = mpsc::channel(WAITING);
        let mut stream = self.client.events(after);
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
        Ok(self.client.live(&hosts).await?)
    }

    async fn console(&self, host: HostName) -> Result<String, String> {
        let item = self.client.host(&host).await.map_err(|error| error.to_string())?;
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
        let client = &self.client;
        let answer = match query {
            ui::Query::Plan(ask) => client.plan_of(&ask).await.map(Box::new).map(Answer::Plan),
            ui::Query::Forecast(span) => {
                client.forecast_brief(span).await.map(Box::new).map(Answer::Forecast)
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
            ui::Query::Doctor(host) => {
                let found = client.doctor(vec![host.clone()]).await;
                let one = found.map(|found| found.items.into_iter().next());
                let gone = || Checkup::missed(host, "it is not in the fleet any more");
                one.map(|one| Answer::Doctor(Box::new(one.unwrap_or_else(gone))))
            }
            ui::Query::Held => client.whys().await.map(|plan| Answer::Held(plan.held)),
            ui::Query::Schedules(span) => client.schedules_within(span).await.map(calendar),
        };
        answer.map_err(|error| error.to_string())
    }

    async fn send(&self, order: ui::Order) -> Result<String, Refused> {
        let done = match order {
            ui::Order::Submit { token, .. } => self.client.submit(&token).await,
            ui::Order::Undrain { hosts } => self.client.undrain(hosts).await,
            ui::Order::Cancel { job } => self.client.cancel_job(job).await,
            ui::Order::ResumeJob { job } => self.client.resume_job(job).await,
            ui::Order::Retry { job } => self.client.retry_job(job, &RetryBody::default()).await,
            ui::Order::RunNow { schedule } => self.client.run_now(&schedule).await,
            ui::Order::SuspendSchedule { schedule, reason } => {
                self.client.suspend(&schedule, &reason).await
            }
            ui::Order::ResumeSchedule { schedule } => self.client.resume_schedule(&schedule).await,
            ui::Order::SkipNext { schedule } => self.client.skip_next(&schedule).await,
            ui::Order::Cordon { hosts, reason } => self.client.cordon(hosts, &reason, None).await,
            ui::Order::Uncordon { hosts, all } => {
                let which = if all { Release::All } else { Release::Mine };
                self.client.uncordon(hosts, which).await
            }
        };
        done.map(|done| done.said.join("; ")).map_err(|error| match error.fresh_plan() {
            Some(fresh) => Refused::Stale(Box::new(fresh.clone())),
            None => Refused::Said(error.to_string()),
        })
    }

    fn keep(&self, keep: &ui::Keep) -> Result<(), String> {
        match &self.kept {
            Some(file) => own::keep(file, keep).map_err(|error| format!("{error:#}")),
            None => Err("this user has no directory for such files".into()),
        }
    }
}

/// What the calendar needs of it.
fn calendar(told: Listing<ScheduleItem>) -> Answer {
    let Listing { seq, at, items } = told;
    let coming = |item: ScheduleItem| {
        let ScheduleItem { name, next, more, outlook, .. } = item;
        (name, Coming { next, more, outlook })
    };
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
    let own = Own::read(env.desktop_file.as_deref())?;
    let setup = setup(dress, env, &own)?;
    let options = ui::Options { setup, stop, crash_dir, breaks: env.desktop_breaks };
    let remote = Remote { client: Client::new(connect, &actor), kept: own.kept_file };
    if let Some(why) = ui::run(options, remote).await? {
        crate::cli::out::note(&format!("hostler: the layout is not kept: {why}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What it looks like: a flag goes before the person's file, that before what was kept at the
/// desktop, and that before what the environment says.
fn setup(dress: &Dress, env: &Env, own: &Own) -> Result<ui::Setup> {
    let named = |word: &str| match ui::ThemeName::named(word) {
        Some(theme) => Ok(theme),
        None => anyhow::bail!(
            "`{word}` is not a theme: expected one of {}",
            ui::ThemeName::ALL.map(ui::ThemeName::word).join(", ")
        ),
    };
    let theme = match (&dress.theme, own.theme()) {
        (Some(word), _) => Some(named(word)?),
        (None, _) if dress.no_color => Some(ui::ThemeName::Mono),
        (None, Some(theme)) => Some(theme),
        (None, None) if env.no_color => Some(ui::ThemeName::Mono),
        (None, None) => None,
    };
    // A console that cannot show more, or a locale that does not say that it can.
    let plain = !env.utf8 || matches!(env.term.as_str(), "linux" | "dumb" | "vt100");
    let depth = ui::Depth::of(&env.colorterm, &env.term);
    Ok(ui::Setup {
        theme: theme.unwrap_or(ui::ThemeName::Dark),
        // A terminal of sixteen colours shows its own ground anyhow.
        unasked: theme.is_none() && depth != ui::Depth::Sixteen,
        depth,
        ascii: dress.ascii || plain || own.ascii(),
        read_only: dress.read_only,
        cluster: dress.label.clone(),
        production: own.said.production.contains(&dress.label),
        user: env.user.clone(),
        zone: env.zone,
        utc: own.utc(),
        mouse: own.mouse(),
        hold: own.hold_rows(),
        begin_at: dress.at.clone(),
        keys: own.keys.clone(),
        layouts: own.layouts(),
        named: own.named_layouts(),
        columns: own.columns(),
        written: own.written(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str, kept: &str) -> Own {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("desktop.yaml");
        super::super::files::write(&file, text).unwrap();
        super::super::files::write(&dir.path().join("desktop-kept.yaml"), kept).unwrap();
        Own::read(Some(&file)).unwrap()
    }

    #[test]
    fn flags_go_before_the_file_and_that_before_what_was_kept() {
        let env = Env { utf8: true, no_color: true, ..Env::default() };
        let theme = |dress: &Dress, text: &str, kept: &str| {
            setup(dress, &env, &own(text, kept)).unwrap().theme
        };
        let bare = Dress::default();
        let flag = Dress { theme: Some("cvd-dark".into()), ..Dress::default() };
        let (file, kept) = ("theme: light", "theme: high-contrast");
        assert_eq!(theme(&flag, file, kept), ui::ThemeName::CvdDark);
        assert_eq!(theme(&bare, file, kept), ui::ThemeName::Light);
        assert_eq!(theme(&bare, "", kept), ui::ThemeName::HighContrast);
        assert_eq!(theme(&bare, "", ""), ui::ThemeName::Mono);
        let no_color = Dress { no_color: true, ..Dress::default() };
        assert_eq!(theme(&no_color, file, kept), ui::ThemeName::Mono);
    }

    #[test]
    fn a_cluster_the_file_names_is_one_where_mistakes_cost() {
        let own = own("production: [prod]", "");
        for (label, wanted) in [("prod", true), ("demo", false)] {
            let dress = Dress { label: label.into(), ..Dress::default() };
            assert_eq!(setup(&dress, &Env::default(), &own).unwrap().production, wanted);
        }
    }
}
