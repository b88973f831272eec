//! A few simulated Macs behind SSH servers and a controller over them, all in this process, on a
//! clock that runs faster than the wall.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::BoxFuture;
use hostler::api::{Api, History, LogQuery, Period, Socket};
use hostler::config;
use hostler::engine::{Clock, Command, Done, Engine, FleetFiles, Handle, Limits, Parts};
use hostler::model::{Actor, Entry, Licence, PoolSize, Reach, Span, Timestamp, Via, Vm, World};
use hostler::plan::check::check_world;
use hostler::sim::{self, Nightly, Sim, SimMac, SimSettings, SimTime};
use hostler::store::{Filter, Store};
use hostler::transport::{Transport, TransportSettings};
use tokio_util::sync::CancellationToken;

use crate::program::{PATIENCE, Running, Said};

/// How many times as fast as the wall: a drain takes a second or two.
const SPEED: f64 = 120.0;
/// Midday in Zurich: no schedule is near.
const NOON: &str = "2026-11-21T11:00:00Z";

/// Playbooks of the site's own.
const BOOKS: [(&str, &str); 2] = [
    (
        "greet",
        "summary: Say two words.\neach: host\non_failure: release\nsteps:\n  - sh: {name: first, \
         run: \"echo one\"}\n  - sh: {name: second, run: \"echo two\"}\n",
    ),
    (
        "fails",
        "summary: Fail at the second step.\neach: host\non_failure: release\nsteps:\n  - sh: \
         {name: first, run: \"echo one\"}\n  - sh: {name: second, run: \"echo no; exit 3\"}\n",
    ),
];

/// The Macs and their controller. Dropped, they stop.
pub(crate) struct Site {
    pub(crate) sim: Sim,
    pub(crate) handle: Handle,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl Site {
    /// So many Macs, and a pool of so many idle VMs that are ready.
    pub(crate) async fn begin(hosts: usize, vms: u32) -> Self {
        // The VMs come when all Macs are there: the first of them would have them all.
        let site = Self::unsettled(hosts, 0).await;
        let up = |world: &World| {
            world.hosts.values().filter(|host| host.reach == Reach::Up).count() == hosts
        };
        site.until("all Macs answer", up).await;
        site.wants(vms).await;
        let size = vms as usize;
        site.until("the pool is whole", |world| {
            let ready = world.vms.values().filter(|vm| vm.is_ready() && vm.busy == Some(false));
            let up = world.hosts.values().filter(|host| host.reach == Reach::Up).count();
            ready.count() == size && up == hosts
        })
        .await;
        site
    }

    /// The same, at once: nobody has looked at a Mac yet.
    pub(crate) async fn unsettled(hosts: usize, vms: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::fast(NOON.parse::<Timestamp>().unwrap(), SPEED);
        let settings = SimSettings { hosts, seed: 7, load: 0.0, ..SimSettings::default() };
        let told = clock.clone();
        let time = SimTime::new(Arc::new(move || told.now()), SPEED);
        let sim = sim::start(settings, time).await.unwrap();
        write_fleet(dir.path(), &sim, vms);
        let loaded = config::load(dir.path(), None).unwrap_or_else(|why| panic!("{why}"));
        let (store, kept) = Store::open(&dir.path().join("state"), "cli").await.unwrap();
        let store = Arc::new(store);
        let mut noise = 0_u16;
        let parts = Parts {
            store: store.clone(),
            world: kept.world,
            carry: Arc::new(Transport::new(TransportSettings::default(), 7)),
            files: Arc::new(InFleet(dir.path().into())),
            clock,
            limits: Limits { look_every: Span::from_secs(10), ..Limits::default() },
            noise: Box::new(move || {
                noise = noise.wrapping_add(0x9e37);
                noise
            }),
        };
        let (engine, handle) = Engine::new(parts);
        let stop = CancellationToken::new();
        let until = stop.clone();
        tokio::spawn(async move { engine.run(Some(loaded.fleet), "cli", until).await.unwrap() });
        let site = Self { sim, handle, stop, dir };
        site.serve(Journal(store));
        site
    }

    fn serve(&self, journal: Journal) {
        let api = Api {
            handle: self.handle.clone(),
            history: Arc::new(journal),
            reload: None,
            user: None,
            uid: None,
            shutdown: self.stop.clone(),
        };
        let socket = Socket::bind(&self.state().join("hostler.sock")).unwrap();
        tokio::spawn(async move { hostler::api::serve(socket, api).await.unwrap() });
    }

    /// The pool wants so many VMs from now on.
    pub(crate) async fn wants(&self, vms: u32) {
        write_fleet(self.dir.path(), &self.sim, vms);
        let loaded = config::load(self.dir.path(), None).unwrap_or_else(|why| panic!("{why}"));
        self.ask(Command::Load { fleet: Box::new(loaded.fleet) }).await;
    }

    /// The controller ends; its directory stays.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Where the controller's socket is.
    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.handle.world()
    }

    pub(crate) fn mac(&self, name: &str) -> &Arc<SimMac> {
        self.sim.host(name).unwrap()
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, line: &str) -> Said {
        self.start(line).end().await
    }

    /// Runs a command that is to end well.
    pub(crate) async fn does(&self, line: &str) -> Said {
        self.run(line).await.with(0)
    }

    /// Begins a command.
    pub(crate) fn start(&self, line: &str) -> Running {
        Running::begin(&self.state(), line)
    }

    /// Somebody else asks.
    pub(crate) async fn ask(&self, command: Command) -> Done {
        let bob = Actor { who: "bob".into(), via: Via::Cli };
        self.handle.ask(bob, command).await.unwrap()
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

    /// A ready VM on a Mac.
    pub(crate) fn vm_on(&self, host: &str) -> Arc<Vm> {
        let world = self.world();
        let vm = world.vms.values().find(|vm| vm.host.as_str() == host && vm.is_ready());
        vm.unwrap_or_else(|| panic!("no VM on {host}:\n{}", describe(&world))).clone()
    }

    /// Gives each VM on a Mac a job for the rest of the day, and waits until that is known.
    pub(crate) async fn keep_busy(&self, host: &str) {
        let vms: Vec<String> = {
            let world = self.world();
            let there = world.vms.values().filter(|vm| vm.host.as_str() == host);
            there.map(|vm| vm.host_name()).collect()
        };
        for vm in &vms {
            assert!(self.mac(host).give_job(vm, Span::from_hours(12)), "{vm} takes no job");
        }
        let busy = |world: &World| {
            let mut there = world.vms.values().filter(|vm| vm.host.as_str() == host);
            there.all(|vm| vm.busy == Some(true))
        };
        self.until(&format!("VMs on {host} are known to be busy"), busy).await;
    }

    /// The word for a host's state.
    pub(crate) fn host_word(&self, host: &str) -> String {
        let name = host.parse::<hostler::model::HostName>().unwrap();
        self.world().hosts[&name].word().to_string()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn write_fleet(dir: &Path, sim: &Sim, vms: u32) {
    let key = dir.join("id_ed25519");
    put(&key, sim.user_key());
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, private).unwrap();
    put(&dir.join("hostler.yaml"), "ssh_agent: none\n");
    put(
        &dir.join("inventory/site.yaml"),
        &sim.inventory(&key, PoolSize::Count(vms), Nightly::Respawn),
    );
    for (name, text) in BOOKS {
        put(&dir.join(format!("playbooks/{name}.yaml")), text);
    }
}

fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The World in a few lines, for who must find out what went wrong.
fn describe(world: &World) -> String {
    let mut text = String::new();
    for (name, host) in &world.hosts {
        let slots: Vec<_> = host.slots.iter().map(|slot| slot.word()).collect();
        text += &format!("{name}: {} {:?} {slots:?}\n", host.word(), host.reach_why);
    }
    for (id, vm) in &world.vms {
        let (word, host, busy) = (vm.word(), &vm.host, vm.busy);
        text += &format!("{id}: {word} on {host}, busy {busy:?}, {:?} {:?}\n", vm.op, vm.refused);
    }
    for (id, job) in &world.jobs {
        text += &format!("job {id}: {} {:?} {:?}\n", job.word(), job.progress(), job.hosts);
    }
    text
}

struct InFleet(PathBuf);

impl FleetFiles for InFleet {
    fn read(&self, path: &Path) -> BoxFuture<'static, Result<Vec<u8>, String>> {
        let path = self.0.join(path);
        Box::pin(async move { std::fs::read(&path).map_err(|error| error.to_string()) })
    }
}

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

    fn licence(&self, period: Period) -> BoxFuture<'_, Result<Licence, String>> {
        Box::pin(async move {
            let licence = self.0.licence(period.since, period.until).await;
            licence.map_err(|error| error.to_string())
        })
    }
}
