//! The simulated Macs alone, with the fleet directory that reaches them: for trying things out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use hostler::engine::Clock;
use hostler::model::{PoolSize, plural};
use hostler::sim::{self, Faults, Nightly, SimSettings, SimTime};

use super::signals::Signals;
use super::{files, limits};

/// What to simulate, and where the fleet directory goes.
#[derive(Clone, Debug)]
pub(crate) struct SimOptions {
    pub(crate) hosts: usize,
    pub(crate) first_port: Option<u16>,
    pub(crate) seed: u64,
    pub(crate) faults: Option<PathBuf>,
    /// How many times as fast as the wall everything there goes.
    pub(crate) speed: f64,
    /// How busy guests are, in percent.
    pub(crate) load: u8,
    pub(crate) dir: PathBuf,
}

/// Serves until a signal ends it.
pub(crate) async fn simulate(options: &SimOptions) -> Result<ExitCode> {
    limits::open_many_files();
    let faults = match &options.faults {
        Some(path) => {
            let text = files::read(path)?;
            Faults::parse(&text).with_context(|| path.display().to_string())?
        }
        None => Faults::none(),
    };
    let settings = SimSettings {
        hosts: options.hosts,
        seed: options.seed,
        first_port: options.first_port,
        faults,
        load: f64::from(options.load) / 100.0,
        ..SimSettings::default()
    };
    let clock = Clock::fast(Clock::wall().now(), options.speed);
    let time = SimTime::new(Arc::new(move || clock.now()), options.speed);
    let sim = sim::start(settings, time).await?;
    let inventory = options.dir.join("inventory/simulated.yaml");
    let identity = options.dir.join("id_ed25519");
    files::private_dir(&options.dir)?;
    // A key beside a simulated inventory is an earlier one of ours; any other is left alone.
    if inventory.exists() {
        files::remove(&identity)?;
    }
    files::write_private(&identity, sim.user_key())?;
    // Paths in an inventory are relative to its file.
    let identity = Path::new("../id_ed25519");
    let size = PoolSize::Count(u32::try_from(options.hosts).unwrap_or(u32::MAX));
    files::write(&inventory, &sim.inventory(identity, size, Nightly::Respawn))?;
    let mut signals = Signals::new()?;
    crate::cli::out::note(&format!(
        "{} answer. Keep them with: hostler serve --fleet {}",
        plural(options.hosts, "simulated Mac"),
        options.dir.display()
    ));
    signals.end().await;
    sim.stop().await;
    Ok(ExitCode::SUCCESS)
}
