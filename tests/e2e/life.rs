//! A controller in this process, put together as the binary does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use hostler::api::{Api, History, LogQuery, Socket};
use hostler::config;
use hostler::engine::{
    Clock, Command, Denied, Done, Engine, EngineError, FleetFiles, Handle, Limits, Parts,
};
use hostler::model::{Actor, Entry, HostName, Reach, Timestamp, Via, World};
use hostler::plan::check::check_world;
use hostler::store::Store;
use hostler::transport::{Transport, TransportSettings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::site::Site;

/// Long enough for a busy machine: a wait that takes so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);
pub(crate) const VERSION: &str = "e2e";

/// A controller at work.
pub(crate) struct Life {
    pub(crate) handle: Handle,
    stop: CancellationToken,
    engine: JoinHandle<Result<(), EngineError>>,
}

pub(crate) fn name(text: &str) -> HostName {
    text.parse().unwrap()
}

/// A person at the command line.
pub(crate) fn operator() -> Actor {
    Actor { who: "ops".into(), via: Via::Cli }
}

impl Life {
    /// One over the site's fleet directory, by the wall's clock.
    pub(crate) async fn begin(site: &Site) -> Self {
        Self::begin_fast(site, 1.0).await
    }

    /// One whose clock runs so many times as fast: what is judged by the minute takes less.
    pub(crate) async fn begin_fast(site: &Site, speed: f64) -> Self {
        let loaded = config::load(&site.fleet(), None);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(loaded.warnings, []);
        let (store, kept) = Store::open(&site.state(), VERSION).await.unwrap();
        let now = Timestamp::from(chrono::Utc::now());
        let seed = now.as_millis().unsigned_abs() ^ u64::from(std::process::id());
        let mut noise = seed;
        let parts = Parts {
            store: Arc::new(store),
            world: kept.world,
            carry: Arc::new(Transport::new(TransportSettings::default(), seed)),
            files: Arc::new(InFleet(site.fleet())),
            clock: if speed > 1.0 { Clock::fast(now, speed) } else { Clock::wall() },
            limits: Limits {
                look_every: loaded.settings.poll_interval,
                looks_at_once: loaded.settings.concurrency as usize,
                clone: loaded.settings.limits.clone,
                start: loaded.settings.limits.start,
                stop: loaded.settings.limits.stop,
                delete: loaded.settings.limits.delete,
                ..Limits::default()
            },
            noise: Box::new(move || {
                noise = noise.wrapping_add(0x9e37_79b9_7f4a_7c15);
                (noise >> 40) as u16
            }),
        };
        let (engine, handle) = Engine::new(parts);
        let stop = CancellationToken::new();
        let until = stop.clone();
        let run = async move { engine.run(Some(loaded.fleet), VERSION, until).await };
        Self { handle, stop, engine: tokio::spawn(run) }
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.handle.world()
    }

    pub(crate) async fn ask(&self, command: Command) -> Result<Done, Denied> {
        self.handle.ask(operator(), command).await
    }

    /// Reads the fleet directory again.
    pub(crate) async fn reload(&self, site: &Site) {
        let loaded = config::load(&site.fleet(), None).unwrap_or_else(|said| panic!("{said}"));
        self.ask(Command::Load { fleet: Box::new(loaded.fleet) }).await.unwrap();
    }

    /// Waits for a World of which this holds. Every World on the way must be sound.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) -> Arc<World> {
        let mut newest = self.handle.stream().newest();
        let wait = async {
            loop {
                newest.borrow_and_update();
                let world = self.world();
                assert_eq!(check_world(&world), Vec::<String>::new());
                if holds(&world) {
                    return world;
                }
                newest.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(world) => world,
            Err(_) => panic!("waited in vain: {what}\n{}", describe(&self.world())),
        }
    }

    /// Waits until all VMs there are, so many, serve.
    pub(crate) async fn until_whole(&self, size: usize) -> Arc<World> {
        self.until(&format!("{size} VMs are ready"), |world| is_whole(world, size)).await
    }

    /// Waits until the controller has looked at a host once more, whatever it saw.
    pub(crate) async fn looks(&self, more: u64) {
        let from = self.handle.status().looks;
        crate::site::until("more looks", || self.handle.status().looks >= from + more).await;
    }

    /// Lets others ask it over its socket, as the binary does.
    pub(crate) fn serve(&self, site: &Site) {
        let socket = Socket::bind(&site.state().join("hostler.sock")).unwrap();
        let api = Api {
            handle: self.handle.clone(),
            history: Arc::new(NoHistory),
            reload: None,
            user: None,
            uid: None,
            shutdown: self.stop.child_token(),
        };
        tokio::spawn(hostler::api::serve(socket, api));
    }

    /// Lets it work until it gives up by itself.
    pub(crate) async fn finish(self) -> Result<(), EngineError> {
        self.engine.await.unwrap()
    }

    /// Ends it in good order.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.engine.await.unwrap().unwrap();
    }
}

/// The files of the site's fleet directory.
struct InFleet(PathBuf);

impl FleetFiles for InFleet {
    fn read(&self, path: &Path) -> BoxFuture<'static, Result<Vec<u8>, String>> {
        let path = self.0.join(path);
        Box::pin(async move { std::fs::read(&path).map_err(|error| error.to_string()) })
    }
}

/// Nobody here asks for what is past: the store is opened afterwards.
struct NoHistory;

impl History for NoHistory {
    fn entries(&self, _: LogQuery, _: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>> {
        Box::pin(async { Err("not kept here".into()) })
    }
}

/// Whether a host is so reachable.
pub(crate) fn is(world: &World, host: &HostName, reach: Reach) -> bool {
    world.hosts.get(host).is_some_and(|host| host.reach == reach)
}

/// All VMs there are, so many, serve, and nothing is under way.
pub(crate) fn is_whole(world: &World, size: usize) -> bool {
    world.vms.len() == size && world.vms.values().all(|vm| vm.is_ready() && vm.op.is_none())
}

/// The World in a few lines, for who must find out what went wrong.
pub(crate) fn describe(world: &World) -> String {
    let mut text = String::new();
    for (name, host) in &world.hosts {
        let slots: Vec<_> = host.slots.iter().map(|slot| slot.word()).collect();
        text += &format!("{name}: {} {:?} {slots:?}\n", host.word(), host.reach_why);
    }
    for (id, vm) in &world.vms {
        text += &format!("{id}: {} on {}, {:?} {:?}\n", vm.word(), vm.host, vm.op, vm.refused);
    }
    for (id, job) in &world.jobs {
        text += &format!("job {id}: {} {:?}\n", job.word(), job.progress());
    }
    text
}
