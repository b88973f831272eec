//! A night's wipe of a thousand Macs with two VMs each, a tenth of them at a time. The Macs are a
//! process of their own; the controller is this one. Both clocks run faster than the wall.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use hostler::config::{self, Loaded};
use hostler::engine::{Clock, Command, Engine, FleetFiles, Handle, Limits, Parts};
use hostler::model::{Actor, HostName, JobState, PlayAsk, Share, Span, World};
use hostler::store::Store;
use hostler::transport::{Transport, TransportSettings};
use tokio_util::sync::CancellationToken;

use crate::controller::{Running, memory, wait};
use crate::idle::Work;
use crate::row;

const HOSTS: usize = 1_000;
/// As fast as leaves both processes some air on two cores.
const SPEED: f64 = 6.0;
const NIGHT: Span = Span::from_mins(30);
const MOST_MIB: u64 = 320;

pub(crate) async fn run() {
    if let Err(why) = measure().await {
        row("wipe: 1,000 hosts", "not run", &why, None);
    }
}

async fn measure() -> Result<(), String> {
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in("/tmp").unwrap();
    let (hosts, speed) = (HOSTS.to_string(), SPEED.to_string());
    let args = ["sim", "serve", "--hosts", &hosts, "--dir", "fleet", "--load", "0"];
    let _macs = Running::start(dir.path(), &[&args[..], &["--speed", &speed]].concat());
    let fleet = dir.path().join("fleet");
    let inventory = fleet.join("inventory/simulated.yaml");
    wait("an inventory", async || inventory.exists()).await?;
    let text = std::fs::read_to_string(&inventory).unwrap();
    std::fs::write(&inventory, text.replace(&format!("size: {HOSTS}"), "size: {fill: true}"))
        .unwrap();
    let loaded = config::load(&fleet, None).map_err(|problems| problems.to_string())?;
    let clock = Clock::fast(Clock::wall().now(), SPEED);
    let (handle, stop) = begin(loaded, &dir.path().join("state"), clock.clone()).await?;
    let whole =
        |world: &World| world.vms.len() == 2 * HOSTS && world.vms.values().all(|vm| vm.is_ready());
    wait("2,000 VMs ready", async || whole(&handle.world())).await?;

    let before = Work::of(std::process::id());
    let began = clock.now();
    let names: Vec<HostName> = handle.world().hosts.keys().cloned().collect();
    let ask = PlayAsk {
        playbook: "nightly-wipe".parse().unwrap(),
        hosts: names,
        reason: "benchmark".into(),
        max_unavailable: Some(Share::Percent(10)),
        key: None,
    };
    let asked = handle.ask(Actor::controller(), Command::Play { ask: Box::new(ask) }).await;
    let job = asked.map_err(|why| why.to_string())?.job.unwrap();
    let over = || handle.world().jobs.get(&job).is_some_and(|job| job.is_over());
    wait("end of the wipe", async || over()).await?;
    let took = clock.now().since(began);
    let work = Work::of(std::process::id()) - before;
    let ended = handle.world().jobs.get(&job).map(|job| job.state.clone());
    stop.cancel();
    if !matches!(ended, Some(JobState::Done { .. })) {
        return Err(format!("the job ended otherwise than well: {ended:?}"));
    }
    told(took, &work);
    Ok(())
}

fn told(took: Span, work: &Work) {
    let goal = Some((format!("<= {NIGHT}"), took <= NIGHT));
    row("wipe: 1,000 hosts, 2,000 VMs, 10% at a time, simulated", &took.rough(), "", goal);
    let share = work.ticks as f64 / 100.0 / (took.as_millis() as f64 / 1_000.0);
    let goal = Some(("<= one core".into(), share <= 1.0));
    row("wipe: the controller's share of a core", &format!("{share:.2}"), "", goal);
    let peak = memory(std::process::id(), "VmHWM:") >> 10;
    let goal = Some((format!("<= {MOST_MIB} MiB"), peak <= MOST_MIB));
    row("wipe: the controller's memory at its peak", &format!("{peak} MiB"), "", goal);
}

/// A controller in this process, put together as the binary does it.
async fn begin(
    loaded: Loaded,
    state: &Path,
    clock: Clock,
) -> Result<(Handle, CancellationToken), String> {
    std::fs::create_dir_all(state).unwrap();
    let (store, kept) = Store::open(state, "bench").await.map_err(|why| why.to_string())?;
    let mut noise = 0_u16;
    let limits = &loaded.settings.limits;
    let parts = Parts {
        store: Arc::new(store),
        world: kept.world,
        carry: Arc::new(Transport::new(TransportSettings::default(), 1)),
        files: Arc::new(NoFiles),
        clock,
        limits: Limits {
            look_every: loaded.settings.poll_interval,
            looks_at_once: loaded.settings.concurrency as usize,
            clone: limits.clone,
            start: limits.start,
            stop: limits.stop,
            delete: limits.delete,
            ..Limits::default()
        },
        noise: Box::new(move || {
            noise = noise.wrapping_add(7_919);
            noise
        }),
    };
    let (engine, handle) = Engine::new(parts);
    let stop = CancellationToken::new();
    let until = stop.clone();
    tokio::spawn(async move { engine.run(Some(loaded.fleet), "bench", until).await });
    Ok((handle, stop))
}

/// The shipped wipe copies no file.
struct NoFiles;

impl FleetFiles for NoFiles {
    fn read(&self, path: &Path) -> BoxFuture<'static, Result<Vec<u8>, String>> {
        let said = format!("{} is not here", path.display());
        Box::pin(async move { Err(said) })
    }
}
