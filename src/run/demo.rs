//! The demo: simulated Macs over real SSH, a controller, and the desktop or a headless run, all
//! in a temporary directory. The demo's night is two hours long; its clock skips the day.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hostler::api::Connect;
use hostler::config::{self, Loaded};
use hostler::engine::{Clock, Handle};
use hostler::model::{PoolSize, Span, Timestamp, Zone, plural};
use hostler::sim::{self, Faults, Nightly, Sim, SimSettings, SimTime};

use super::controller::Dirs;
use super::desktop::{Dress, desktop};
use super::follow::Follow;
use super::night::{Summary, Watch, is_quiet};
use super::{Controller, Env, limits, signals};

/// What to demonstrate.
#[derive(Clone, Debug)]
pub(crate) struct DemoOptions {
    pub(crate) hosts: usize,
    pub(crate) speed: f64,
    pub(crate) seed: u64,
    /// `Some(None)`: the usual mix.
    pub(crate) faults: Option<Option<PathBuf>>,
    pub(crate) nightly: Nightly,
    pub(crate) headless: bool,
    pub(crate) json: bool,
    /// Headless: stop after this long on the wall.
    pub(crate) lasts: Option<Span>,
    /// Headless: stop after so many nights.
    pub(crate) nights: Option<u32>,
    /// Write a picture of the desktop here, and end.
    pub(crate) picture: Option<PathBuf>,
    pub(crate) size: (u16, u16),
}

/// The night begins at 02:00 in Zurich, half an hour before the nightly respawn.
const NIGHT: &str = "2026-11-21T01:00:00Z";
const NIGHT_LASTS: Span = Span::from_hours(2);
const DAY_LASTS: Span = Span::from_hours(22);
/// Work that began at night may run on until so long after its begin; then the day is skipped.
const MORNING_ENDS: Span = Span::from_hours(7);
/// Slots that the demo's pool leaves free, as a share: room for a host that fails.
const SPARE: usize = 6;

/// A demo's parts, and the directory that goes with it.
pub(crate) struct Stage {
    pub(crate) controller: Controller,
    pub(crate) clock: Clock,
    sim: Sim,
    /// Removed when it is dropped, after the controller has stopped.
    dir: tempfile::TempDir,
}

impl Stage {
    /// Starts the simulated Macs and a controller over them.
    pub(crate) async fn set(options: &DemoOptions, env: &Env) -> Result<Self> {
        limits::open_many_files();
        let dir = tempfile::Builder::new().prefix("hostler-demo-").tempdir_in(&env.temp)?;
        let night: Timestamp = NIGHT.parse().context("the demo's night")?;
        let clock = Clock::fast(night, options.speed);
        let sim = start_sim(options, &clock).await?;
        let loaded = write_fleet(&sim, dir.path(), options)?;
        let state = dir.path().join("state");
        let dirs = Dirs { state: &state, fleet: Some(dir.path()) };
        let controller = Controller::start(&loaded, dirs, clock.clone(), env, options.seed).await?;
        Ok(Self { controller, clock, sim, dir })
    }

    pub(crate) async fn strike(self) -> Result<()> {
        self.controller.stop().await?;
        self.sim.stop().await;
        self.dir.close().context("the demo's directory cannot be removed")
    }
}

async fn start_sim(options: &DemoOptions, clock: &Clock) -> Result<Sim> {
    let faults = match &options.faults {
        None => Faults::none(),
        Some(None) => Faults::mixed(),
        Some(Some(path)) => read_faults(path)?,
    };
    let settings =
        SimSettings { hosts: options.hosts, seed: options.seed, faults, ..SimSettings::default() };
    let told = clock.clone();
    let time = SimTime::new(Arc::new(move || told.now()), options.speed);
    Ok(sim::start(settings, time).await?)
}

fn read_faults(path: &Path) -> Result<Faults> {
    let text = super::files::read(path)?;
    Faults::parse(&text).with_context(|| path.display().to_string())
}

/// The fleet directory of the simulated Macs: the same files an operator would write.
fn write_fleet(sim: &Sim, dir: &Path, options: &DemoOptions) -> Result<Loaded> {
    let identity = dir.join("id_ed25519");
    super::files::write_private(&identity, sim.user_key())?;
    let slots = u32::try_from(options.hosts * 2).unwrap_or(u32::MAX);
    let size = PoolSize::Count(slots - slots / SPARE as u32);
    let inventory = dir.join("inventory");
    super::files::write(
        &inventory.join("demo.yaml"),
        &sim.inventory(&identity, size, options.nightly),
    )?;
    Ok(config::load(dir, None)?)
}

/// Runs the demo: with the desktop, without a screen, or for a picture.
pub(crate) async fn demo(options: &DemoOptions, dress: &Dress, env: &Env) -> Result<ExitCode> {
    let stage = Stage::set(options, env).await?;
    if options.headless {
        return headless(options, env.zone, stage).await;
    }
    if let Some(path) = &options.picture {
        super::picture::write(&stage, path, options.size, env).await?;
        stage.strike().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let connect = Connect::Unix(stage.controller.socket.clone());
    let day = tokio::spawn(skip_days(stage.clock.clone(), stage.controller.handle.clone()));
    let ended = desktop(connect, dress, env, None, Some(env.temp.clone())).await;
    day.abort();
    stage.strike().await?;
    ended
}

/// Skips the day while somebody watches: once the night is over and nothing moves.
async fn skip_days(clock: Clock, handle: Handle) {
    loop {
        clock.sleep(NIGHT_LASTS).await;
        while !is_quiet(&handle.world()) {
            clock.sleep(Span::from_secs(30)).await;
        }
        clock.jump(DAY_LASTS);
    }
}

/// A line per event, and a summary at the end. Done only if every rule held.
async fn headless(options: &DemoOptions, zone: Zone, mut stage: Stage) -> Result<ExitCode> {
    let mut follow = Follow::of(&stage.controller.handle);
    let mut watch = Watch::new(follow.world());
    let mut signals = signals::Signals::new()?;
    let began = Clock::wall();
    let first = began.now();
    let mut nights = 0;
    let mut night_began = stage.clock.now();
    loop {
        let entries = tokio::select! {
            entries = follow.next() => entries?,
            error = stage.controller.ended() => return Err(error),
            _ = signals.end() => break,
            () = began.sleep(Span::from_millis(20)) => Vec::new(),
        };
        let mut out = std::io::stdout().lock();
        for entry in entries {
            if options.json {
                serde_json::to_writer(&mut out, &*entry)?;
                writeln!(out)?;
            } else {
                writeln!(out, "{}", super::follow::line(&entry, zone))?;
            }
            watch.see(&entry);
        }
        let night = stage.clock.now().since(night_began);
        if night >= NIGHT_LASTS && (watch.is_quiet() || night >= MORNING_ENDS) {
            nights += 1;
            if options.nights.is_some_and(|most| nights >= most) {
                break;
            }
            // As much day is skipped as is left of it.
            let late = Span::from_millis(night.as_millis() - NIGHT_LASTS.as_millis());
            stage.clock.jump(Span::from_millis(DAY_LASTS.as_millis() - late.as_millis()));
            night_began = stage.clock.now();
        }
        if options.lasts.is_some_and(|most| began.now().since(first) >= most) {
            break;
        }
    }
    let report = stage.sim.report();
    let counted = if options.nights.is_some() { Some(nights) } else { None };
    watch.finish(counted, &report, stage.clock.now());
    stage.strike().await?;
    print_summary(&watch.summary, options.json)?;
    Ok(if watch.summary.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_summary(sum: &Summary, json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &serde_json::json!({ "summary": sum }))?;
        writeln!(out)?;
        return Ok(());
    }
    let (hosts, slots) = (plural(sum.hosts, "host"), plural(sum.slots, "slot"));
    writeln!(out, "\n{hosts} with {slots}, {}", plural(sum.nights as usize, "night"))?;
    for (what, many) in [
        ("placed", sum.placed as usize),
        ("respawned", sum.respawned as usize),
        ("wiped", sum.wipes.wiped as usize),
        ("skipped", (sum.skipped + sum.wipes.skipped) as usize),
        ("failed", sum.failed as usize),
        ("died", sum.died as usize),
        ("faults injected", sum.faults as usize),
        ("most VMs ever on one host", sum.most_vms_on_one_host),
        ("least VMs ready at once", sum.least_ready),
        ("least free slots", sum.least_free_slots),
    ] {
        writeln!(out, "{what:<28}{many:>6}")?;
    }
    for violation in &sum.violations {
        writeln!(out, "VIOLATION: {violation}")?;
    }
    if sum.violations.is_empty() {
        writeln!(out, "every invariant held")?;
    } else if sum.violations.len() >= 20 {
        bail!("too many violations to list");
    }
    Ok(())
}
