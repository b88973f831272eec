//! The engine's heartbeat: one UTC tick each second from `tokio-cron-scheduler`. UTC has no
//! daylight saving, so its zones (an hour off across a change) cannot matter: *what* is due is
//! for the plan to say.

use tokio::sync::mpsc;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Ticks until it is stopped.
pub(super) struct Ticker {
    scheduler: JobScheduler,
}

impl Ticker {
    /// Starts to tick into `ticks`. A tick that finds the last one untaken is dropped.
    pub(super) async fn start(ticks: mpsc::Sender<()>) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let job = Job::new_async("* * * * * *", move |_, _| {
            let ticks = ticks.clone();
            Box::pin(async move {
                let _ = ticks.try_send(());
            })
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        Ok(Self { scheduler })
    }

    /// Stops ticking.
    pub(super) async fn stop(mut self) {
        let _ = self.scheduler.shutdown().await;
    }
}
