//! What everybody else holds of the engine: questions with answers, the World as it is now, the
//! stream of entries, and the samples that are never journalled.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::{Clock, Stream};
use crate::model::{
    Actor, Checkup, DrainAsk, DrainPlan, Fingerprint, Fleet, Forecast, HoldId, HoldKind, HostName,
    JobId, LeakingBuild, OnExpiry, Outlook, Plan, PlanAsk, PlayAsk, PoolName, Sample, ScheduleName,
    Share, SlotsLost, Span, StepAt, Timestamp, VmId, World,
};

/// Held by the API and by main. Copies are cheap.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) asks: mpsc::Sender<Ask>,
    pub(super) world: watch::Receiver<Arc<World>>,
    pub(super) status: watch::Receiver<Status>,
    pub(super) samples: watch::Receiver<Arc<BTreeMap<HostName, Sample>>>,
    pub(super) stream: Arc<Stream>,
    pub(super) clock: Clock,
    /// A forecast takes a whole core: one is worked out at a time.
    forecasts: Arc<Semaphore>,
}

/// The engine's ends of what a `Handle` holds.
#[derive(Debug)]
pub struct Ends {
    pub asks: mpsc::Receiver<Ask>,
    pub world: watch::Sender<Arc<World>>,
    pub status: watch::Sender<Status>,
    pub samples: watch::Sender<Arc<BTreeMap<HostName, Sample>>>,
    pub stream: Arc<Stream>,
}

/// How many questions may wait before those who ask more must wait themselves.
const ASKS: usize = 256;

/// A question to the engine, and where its answer goes.
#[derive(Debug)]
pub enum Ask {
    /// Do something.
    Do { actor: Actor, command: Command, answer: oneshot::Sender<Result<Done, Denied>> },
    /// What would the next pass do?
    Plan { answer: oneshot::Sender<Plan> },
    /// What does the doctor find on these hosts?
    Examine { hosts: Vec<HostName>, answer: oneshot::Sender<Vec<Checkup>> },
    /// What has the process of this VM said?
    Log { vm: VmId, answer: oneshot::Sender<Result<String, Denied>> },
}

/// What can be asked of the engine.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// No new work on these hosts.
    Cordon {
        hosts: Vec<HostName>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// No new work on these hosts, with all that can be said of a hold.
    Hold {
        hosts: Vec<HostName>,
        kind: HoldKind,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        #[serde(default)]
        on_expiry: OnExpiry,
    },
    /// Empty hosts.
    Drain {
        ask: Box<DrainAsk>,
    },
    /// Call off what goes on on these hosts, and lift the holds that drains have left.
    Undrain {
        hosts: Vec<HostName>,
    },
    /// Do the steps of a playbook on hosts.
    Play {
        ask: Box<PlayAsk>,
    },
    /// Call a job off; what was begun is unwound.
    CancelJob {
        job: JobId,
    },
    /// Leave one host out of a job.
    SkipHost {
        job: JobId,
        host: HostName,
    },
    /// Go on with a job that has paused.
    ResumeJob {
        job: JobId,
    },
    /// Try failed and skipped hosts of a job again, from the step that failed or from this one.
    RetryJob {
        job: JobId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<HostName>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<StepAt>,
    },
    /// A schedule does not run until it is resumed.
    Suspend {
        schedule: ScheduleName,
        reason: String,
    },
    ResumeSchedule {
        schedule: ScheduleName,
    },
    /// A schedule passes over its next run.
    SkipNext {
        schedule: ScheduleName,
    },
    /// Lift cordons.
    Uncordon {
        hosts: Vec<HostName>,
        which: Release,
    },
    /// Try a pool again whose VMs died as fast as they were started.
    ReleasePool {
        pool: PoolName,
    },
    /// Try to be rid of a parked VM again.
    ResumeVm {
        vm: VmId,
    },
    /// Let go of a parked VM: somebody removes what is left of it.
    DischargeVm {
        vm: VmId,
        reason: String,
    },
    /// The same for all that the job has sent away.
    DischargeJob {
        job: JobId,
        reason: String,
    },
    /// Replace every VM of the pool, a few at a time.
    Respawn {
        pool: PoolName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_unavailable: Option<Share>,
    },
    /// Open the schedule's job now.
    RunNow {
        schedule: ScheduleName,
    },
    /// The fleet directory was read again.
    Load {
        fleet: Box<Fleet>,
    },
    /// A person has accepted this key of the host: write it down, and try it again.
    Trust {
        host: HostName,
        fingerprint: Fingerprint,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A person gives up a host that is dead for good, and what was ours on it.
    Forget {
        host: HostName,
        reason: String,
    },
}

/// Which cordons to lift.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Those the asker placed.
    Mine,
    /// This one.
    Id(HoldId),
    /// All of them.
    All,
}

/// It is done, and durable.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// The World's revision that shows it.
    pub seq: u64,
    /// What was done, one line per thing.
    pub said: Vec<String>,
    /// The job that was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// Why it is not done. Each says the thing, the cause and the next step.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denied {
    /// A name nobody knows.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done in this state.
    #[error("{0}")]
    Conflict(String),
    /// The controller is on its way out.
    #[error("the controller is stopping; ask again when it is back")]
    Stopping,
}

/// How the engine itself is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Status {
    /// Every declared host has been looked at at least once since the start.
    pub ready: bool,
    pub passes: u64,
    /// How long the last pass took to plan, in microseconds.
    pub plan_us: u64,
    pub looks: u64,
    pub looks_failed: u64,
    pub commands: u64,
    pub entries: u64,
    /// What keeps it from working, when something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Handle {
    /// A handle on this World, and the ends that keep it current.
    pub fn new(world: World, clock: Clock) -> (Self, Ends) {
        let stream = Arc::new(Stream::new(world.seq));
        let (asks, asked) = mpsc::channel(ASKS);
        let (world_to, world) = watch::channel(Arc::new(world));
        let (status_to, status) = watch::channel(Status::default());
        let (samples_to, samples) = watch::channel(Arc::default());
        let ends = Ends {
            asks: asked,
            world: world_to,
            status: status_to,
            samples: samples_to,
            stream: stream.clone(),
        };
        let forecasts = Arc::new(Semaphore::new(1));
        (Self { asks, world, status, samples, stream, clock, forecasts }, ends)
    }

    /// Asks for something to be done; returns once it is durable.
    pub async fn ask(&self, actor: Actor, command: Command) -> Result<Done, Denied> {
        let (answer, back) = oneshot::channel();
        let ask = Ask::Do { actor, command, answer };
        self.asks.send(ask).await.map_err(|_| Denied::Stopping)?;
        back.await.unwrap_or(Err(Denied::Stopping))
    }

    /// What the next pass would do.
    pub async fn plan(&self) -> Result<Plan, Denied> {
        let (answer, back) = oneshot::channel();
        self.asks.send(Ask::Plan { answer }).await.map_err(|_| Denied::Stopping)?;
        back.await.map_err(|_| Denied::Stopping)
    }

    /// What the process of a VM has said since its last start, as its host keeps it.
    pub async fn vm_log(&self, vm: VmId) -> Result<String, Denied> {
        let (answer, back) = oneshot::channel();
        self.asks.send(Ask::Log { vm, answer }).await.map_err(|_| Denied::Stopping)?;
        back.await.unwrap_or(Err(Denied::Stopping))
    }

    /// What the doctor finds on these hosts, in their order. Nothing of it is written down.
    pub async fn examine(&self, hosts: Vec<HostName>) -> Result<Vec<Checkup>, Denied> {
        let (answer, back) = oneshot::channel();
        let ask = Ask::Examine { hosts, answer };
        self.asks.send(ask).await.map_err(|_| Denied::Stopping)?;
        back.await.map_err(|_| Denied::Stopping)
    }

    /// The World as it is now.
    pub fn world(&self) -> Arc<World> {
        self.world.borrow().clone()
    }

    /// The entries of late.
    pub fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// The last sample of each host.
    pub fn samples(&self) -> Arc<BTreeMap<HostName, Sample>> {
        self.samples.borrow().clone()
    }

    /// How the engine is.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// What time the engine has.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is in each slot of a host, in lines for a person.
    pub fn slots_said(&self, host: &HostName) -> Vec<String> {
        crate::plan::slots_said(&self.world(), host, self.now()).unwrap_or_default()
    }

    /// The hosts that have lost slots, how many, and what gives them back.
    pub fn leaks(&self) -> BTreeMap<HostName, SlotsLost> {
        crate::plan::leaks(&self.world(), self.now())
    }

    /// The builds of macOS on which slots have leaked, those first that leak most often.
    pub fn leaking_builds(&self) -> Vec<LeakingBuild> {
        crate::plan::leaking_builds(&self.world())
    }

    /// Why a host takes no new VM, or that it would, in lines for a person; `None`: no such host.
    pub fn why_host(&self, host: &HostName) -> Option<Vec<String>> {
        crate::plan::why_host(&self.world(), host, self.now())
    }

    /// Why a VM is as it is, in lines for a person; `None`: no such VM.
    pub fn why_vm(&self, vm: VmId) -> Option<Vec<String>> {
        crate::plan::why_vm(&self.world(), vm, self.now())
    }

    /// What this would do.
    pub fn preview(&self, ask: &PlanAsk) -> Result<DrainPlan, Denied> {
        crate::plan::preview(&self.world(), ask, self.now()).map_err(Denied::from)
    }

    /// What will happen within `span`, worked out beside the engine on a World of its own.
    pub async fn forecast(&self, span: Span) -> Result<Forecast, Denied> {
        let turn = self.forecasts.clone().acquire_owned().await.map_err(|_| Denied::Stopping)?;
        let (world, now) = (self.world(), self.now());
        let work = move || {
            let _turn = turn;
            super::forecast(&world, now, span)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Denied::Stopping)
    }

    /// The first run to come that has this host among its targets, and when.
    pub fn next_run_on(&self, host: &HostName) -> Option<(ScheduleName, Timestamp)> {
        crate::plan::next_run_on(&self.world(), host, self.now())
    }

    /// The first run to come that replaces VMs of this pool, and when.
    pub fn next_run_for(&self, pool: &PoolName) -> Option<(ScheduleName, Timestamp)> {
        crate::plan::next_run_for(&self.world(), pool, self.now())
    }

    /// The next times of a schedule, at most `n`.
    pub fn next_runs(&self, schedule: &ScheduleName, n: usize) -> Vec<Timestamp> {
        crate::plan::next_runs(&self.world(), schedule, self.now(), n)
    }

    /// Of every schedule, what its runs are over and what those within `span` meet.
    pub async fn outlook(&self, span: Span) -> Result<BTreeMap<ScheduleName, Outlook>, Denied> {
        let (world, now) = (self.world(), self.now());
        let work = move || crate::plan::outlook(&world, now, now + span);
        tokio::task::spawn_blocking(work).await.map_err(|_| Denied::Stopping)
    }

    /// The times of a schedule within `span`, of the first `most`; and whether there are more.
    pub fn runs_within(
        &self,
        schedule: &ScheduleName,
        span: Span,
        most: usize,
    ) -> (Vec<Timestamp>, bool) {
        let now = self.now();
        crate::plan::runs_until(&self.world(), schedule, now, now + span, most)
    }
}
