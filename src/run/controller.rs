//! A controller in this process: store, transport, engine and the API's socket, started in this
//! order and stopped in the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use futures::future::BoxFuture;
use hostler::api::{
    Api, ApiError, History, LogQuery, Moment, PAST_BESIDE, Past, Period, Reload, ReloadError,
    Socket,
};
use hostler::config::{self, Loaded, SshAgent};
use hostler::engine::{Clock, Command, Done, Engine, EngineError, Handle, Limits, Parts};
use hostler::model::{Actor, Entry, Licence, Span};
use hostler::store::{Ends, Filter, Store, StoreError};
use hostler::transport::{Transport, TransportSettings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Env;
use super::files::InFleet;

/// A running controller.
pub(crate) struct Controller {
    pub(crate) handle: Handle,
    pub(crate) socket: PathBuf,
    reload: Option<Arc<dyn Reload>>,
    stop: CancellationToken,
    engine: JoinHandle<Result<(), EngineError>>,
    api: JoinHandle<Result<(), ApiError>>,
}

/// Where a controller's things are.
#[derive(Clone, Copy)]
pub(crate) struct Dirs<'a> {
    pub(crate) state: &'a Path,
    /// The fleet directory to read again when somebody asks; none for a demo.
    pub(crate) fleet: Option<&'a Path>,
}

/// This version, as the journal records it.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the API may take to let its callers go.
const API_GRACE: Span = Span::from_millis(500);

impl Controller {
    /// Starts a controller over a checked fleet.
    pub(crate) async fn start(
        loaded: &Loaded,
        dirs: Dirs<'_>,
        clock: Clock,
        env: &Env,
        seed: u64,
    ) -> Result<Self> {
        let (store, kept) = Store::open(dirs.state, VERSION).await?;
        let store = Arc::new(store);
        let socket = dirs.state.join("hostler.sock");
        let bound = Socket::bind(&socket)?;
        let settings = TransportSettings { agent: agent(loaded, env), ..Default::default() };
        let carry = Arc::new(Transport::new(settings, seed));
        let mut noise = seed;
        let parts = Parts {
            store: store.clone(),
            world: kept.world,
            carry,
            files: Arc::new(InFleet(dirs.fleet.unwrap_or(Path::new(".")).to_path_buf())),
            clock,
            limits: limits(loaded),
            noise: Box::new(move || {
                // Ids need to differ, not to be secret: a Weyl sequence does.
                noise = noise.wrapping_add(0x9e37_79b9_7f4a_7c15);
                (noise >> 40) as u16
            }),
        };
        let (engine, handle) = Engine::new(parts);
        let reload = dirs.fleet.map(|dir| reloader(dir, &handle, env));
        let stop = CancellationToken::new();
        let fleet = loaded.fleet.clone();
        let engine = tokio::spawn({
            let stop = stop.clone();
            async move { engine.run(Some(fleet), VERSION, stop).await }
        });
        let api = Api {
            handle: handle.clone(),
            history: Arc::new(Journal(store)),
            reload: reload.clone(),
            user: Some(env.user.clone()),
            uid: None,
            shutdown: stop.clone(),
        };
        let api = tokio::spawn(hostler::api::serve(bound, api));
        Ok(Self { handle, socket, reload, stop, engine, api })
    }

    /// Reads the fleet directory again. One with mistakes is refused whole.
    pub(crate) async fn reload(&self, actor: Actor) -> Result<Done, ReloadError> {
        match &self.reload {
            Some(reload) => reload.reload(actor).await,
            None => Err(ReloadError::Invalid("this controller has no fleet directory".into())),
        }
    }

    /// Ends when the controller ends by itself; that is always a failure.
    pub(crate) async fn ended(&mut self) -> anyhow::Error {
        tokio::select! {
            ended = &mut self.engine => match ended {
                Ok(Ok(())) => anyhow::anyhow!("the engine ended although nobody asked it to"),
                Ok(Err(error)) => error.into(),
                Err(panic) => anyhow::Error::from(panic).context("the engine broke"),
            },
            ended = &mut self.api => match ended {
                Ok(Ok(())) => anyhow::anyhow!("the API ended although nobody asked it to"),
                Ok(Err(error)) => error.into(),
                Err(panic) => anyhow::Error::from(panic).context("the API broke"),
            },
        }
    }

    /// Lets begun commands end for a moment, writes a checkpoint, leaves. VMs go on.
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.cancel();
        let ended = self.engine.await.context("the engine broke while stopping")?;
        let wall = Clock::wall();
        tokio::select! {
            _ = self.api => {}
            () = wall.sleep(API_GRACE) => {}
        }
        Ok(ended?)
    }
}

fn agent(loaded: &Loaded, env: &Env) -> Option<PathBuf> {
    match &loaded.settings.ssh_agent {
        SshAgent::Environment => env.agent.clone(),
        SshAgent::None => None,
        SshAgent::Socket(path) => Some(path.clone()),
    }
}

fn limits(loaded: &Loaded) -> Limits {
    let settings = &loaded.settings;
    Limits {
        look_every: settings.poll_interval,
        looks_at_once: settings.concurrency as usize,
        clone: settings.limits.clone,
        start: settings.limits.start,
        stop: settings.limits.stop,
        delete: settings.limits.delete,
        ..Limits::default()
    }
}

/// The store as the API reads it.
struct Journal(Arc<Store>);

impl History for Journal {
    fn entries(&self, query: LogQuery, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>> {
        let filter = Filter {
            after: query.after.unwrap_or(0),
            since: query.since,
            host: query.host,
            ..Filter::default()
        };
        Box::pin(async move {
            self.0.entries_of(&filter, limit).await.map_err(|error| error.to_string())
        })
    }

    fn past(&self, moment: Moment) -> BoxFuture<'_, Result<Option<Past>, String>> {
        Box::pin(async move { past(&self.0, moment).await.map_err(|error| error.to_string()) })
    }

    fn licence(&self, period: Period) -> BoxFuture<'_, Result<Licence, String>> {
        Box::pin(async move {
            let licence = self.0.licence(period.since, period.until).await;
            licence.map_err(|error| error.to_string())
        })
    }
}

/// The World some entries before the moment, and the entries around it.
async fn past(store: &Store, moment: Moment) -> Result<Option<Past>, StoreError> {
    let Some(Ends { from, to, last }) = store.ends().await? else { return Ok(None) };
    let wanted = match moment.at {
        Some(at) => store.last_by(at).await?,
        None => moment.seq.unwrap_or(last),
    };
    let seq = wanted.clamp(1, last);
    let base = seq.saturating_sub(u64::from(PAST_BESIDE));
    let world = store.world_at(base).await?;
    let entries = store.entries(base, 2 * PAST_BESIDE).await?;
    Ok(Some(Past { world, entries, seq, from, to }))
}

/// The fleet directory as the API has it read again.
pub(crate) struct FleetDir {
    dir: PathBuf,
    home: Option<PathBuf>,
    handle: Handle,
}

fn reloader(dir: &Path, handle: &Handle, env: &Env) -> Arc<dyn Reload> {
    Arc::new(FleetDir { dir: dir.into(), home: env.home.clone(), handle: handle.clone() })
}

impl Reload for FleetDir {
    fn reload(&self, actor: Actor) -> BoxFuture<'_, Result<Done, ReloadError>> {
        Box::pin(async move {
            let loaded = config::load(&self.dir, self.home.as_deref())
                .map_err(|problems| ReloadError::Invalid(problems.to_string()))?;
            let fleet = Box::new(loaded.fleet);
            Ok(self.handle.ask(actor, Command::Load { fleet }).await?)
        })
    }
}
