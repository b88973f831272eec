//! The controller, headless: over a fleet directory, until somebody ends it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use hostler::config::{self, Loaded};
use hostler::engine::Clock;
use hostler::model::{Actor, Via, plural};

use super::controller::{Dirs, VERSION};
use super::signals::{Signals, Wish};
use super::{Controller, Env, files, limits, logs};

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) fleet: PathBuf,
    /// From the command line or the environment; the settings and the platform come after it.
    pub(crate) state: Option<PathBuf>,
}

/// Runs a controller until a signal ends it.
pub(crate) async fn serve(options: &ServeOptions, env: &Env) -> Result<ExitCode> {
    limits::open_many_files();
    let loaded = config::load(&options.fleet, env.home.as_deref())?;
    let state = state_dir(options, &loaded, env);
    files::private_dir(&state)?;
    let logs_dir = loaded.settings.log.dir.clone().unwrap_or_else(|| state.join("logs"));
    // It is looked through for old logs before the first is written.
    files::private_dir(&logs_dir)?;
    let _flush = logs::start(&logs_dir, loaded.settings.log.level, loaded.settings.log.keep)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let mut signals = Signals::new()?;
    let clock = Clock::wall();
    let seed = u64::try_from(clock.now().as_millis()).unwrap_or(1);
    let dirs = Dirs { state: &state, fleet: Some(&options.fleet) };
    let mut controller = Controller::start(&loaded, dirs, clock, env, seed).await?;
    crate::cli::out::note(&format!(
        "hostler {VERSION}: {}; socket {}; logs in {}",
        plural(loaded.fleet.hosts.len(), "host"),
        controller.socket.display(),
        logs_dir.display()
    ));
    tracing::info!(state = %state.display(), socket = %controller.socket.display(), "the controller is at work");
    loop {
        let wish = tokio::select! {
            wish = signals.next() => wish,
            error = controller.ended() => {
                tracing::error!("{error:#}");
                return Err(error);
            }
        };
        match wish {
            Wish::End => break,
            Wish::Reload => reload(&controller, env).await,
        }
    }
    controller.stop().await?;
    tracing::info!("the controller has ended; VMs go on");
    Ok(ExitCode::SUCCESS)
}

/// The state directory: the command line, the environment, the settings, the platform.
pub(crate) fn state_dir(options: &ServeOptions, loaded: &Loaded, env: &Env) -> PathBuf {
    let told = options.state.clone().or_else(|| loaded.settings.state.clone());
    told.unwrap_or_else(|| env.state.clone())
}

async fn reload(controller: &Controller, env: &Env) {
    let actor = Actor { who: env.user.clone(), via: Via::Controller };
    match controller.reload(actor).await {
        Ok(done) => tracing::info!("{}", done.said.join("; ")),
        Err(why) => tracing::error!("the old fleet stays: {why}"),
    }
}
