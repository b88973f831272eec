//! What an event is about: by it entries are indexed, filtered and followed.

use super::{Event, FleetChange, HostName, JobId, PoolName, ScheduleName, StepAt, VmId};

/// The one thing an event is about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Subject<'a> {
    /// The controller, and with it every host.
    All,
    Fleet(&'a FleetChange),
    Host(&'a HostName),
    Vm(VmId),
    Schedule(&'a ScheduleName),
    Job(JobId),
    Pool(&'a PoolName),
}

impl Event {
    /// What the event is about.
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::ControllerStarted { .. } => Subject::All,
            Self::FleetChanged { change } => Subject::Fleet(change),
            Self::HostSeen { host, .. }
            | Self::ReachChanged { host, .. }
            | Self::HostTrusted { host, .. }
            | Self::HostForgotten { host, .. }
            | Self::HoldReleased { host, .. }
            | Self::SlotTaken { host, .. }
            | Self::SlotCleared { host, .. }
            | Self::SlotLeaked { host, .. }
            | Self::HostOpBegun { host, .. }
            | Self::HostOpEnded { host, .. }
            | Self::HostVerified { host } => Subject::Host(host),
            Self::HoldPlaced { hold } => Subject::Host(&hold.host),
            Self::SlotReserved { vm, .. }
            | Self::OpBegun { vm, .. }
            | Self::OpEnded { vm, .. }
            | Self::VmBusy { vm, .. }
            | Self::VmReady { vm, .. }
            | Self::VmMoved { vm, .. }
            | Self::VmMissed { vm }
            | Self::VmFound { vm }
            | Self::VmDied { vm, .. }
            | Self::VmRetired { vm, .. }
            | Self::VmGone { vm }
            | Self::VmAdopted { vm, .. }
            | Self::VmParked { vm, .. }
            | Self::VmResumed { vm }
            | Self::VmDischarged { vm, .. } => Subject::Vm(*vm),
            Self::RunFired { schedule, .. }
            | Self::RunMissed { schedule, .. }
            | Self::ScheduleSuspended { schedule, .. }
            | Self::ScheduleResumed { schedule }
            | Self::RunsSkipped { schedule, .. } => Subject::Schedule(schedule),
            Self::JobOpened { job } => Subject::Job(job.id),
            Self::TaskEnded { job, .. }
            | Self::HostTaskBegun { job, .. }
            | Self::StepBegun { job, .. }
            | Self::StepEnded { job, .. }
            | Self::HostTaskEnded { job, .. }
            | Self::HostTaskStopped { job, .. }
            | Self::HostTaskRetried { job, .. }
            | Self::DrainChanged { job, .. }
            | Self::JobPaused { job, .. }
            | Self::JobResumed { job }
            | Self::Notified { job, .. }
            | Self::JobEnded { job } => Subject::Job(*job),
            Self::BrakeEngaged { .. } | Self::BrakeReleased { .. } => Subject::All,
            Self::PoolHeld { pool, .. } | Self::PoolReleased { pool } => Subject::Pool(pool),
            Self::HostClaimed { host, .. } | Self::HostClaimEnded { host } => Subject::Host(host),
            Self::JumpBarred { .. } | Self::JumpCleared { .. } => Subject::All,
        }
    }
}

impl Event {
    /// The host's part in a job that the event is a step of.
    pub fn task(&self) -> Option<(JobId, &HostName)> {
        if let Self::HostTaskBegun { job, host }
        | Self::HostOpBegun { job, host, .. }
        | Self::StepBegun { job, host, .. }
        | Self::StepEnded { job, host, .. }
        | Self::HostTaskEnded { job, host, .. }
        | Self::HostTaskStopped { job, host }
        | Self::HostTaskRetried { job, host, .. }
        | Self::DrainChanged { job, host, .. }
        | Self::Notified { job, host, .. } = self
        {
            return Some((*job, host));
        }
        None
    }

    /// What happened in words that go after the host and the job, for what concerns one host's
    /// task or a pool; empty for all else.
    pub fn task_words(&self) -> String {
        let step = |at: &StepAt| at.to_string();
        if let Self::HostTaskBegun { .. } = self {
            "begins".into()
        } else if let Self::StepBegun { at, .. } = self {
            format!("{} begins", step(at))
        } else if let Self::HostOpBegun { at, .. } = self {
            format!("{} is sent to the host", step(at))
        } else if let Self::StepEnded { end, .. } = self {
            format!("step {end}")
        } else if let Self::HostTaskEnded { end, .. } = self {
            end.to_string()
        } else if let Self::HostTaskStopped { .. } = self {
            "is called off".into()
        } else if let Self::HostTaskRetried { at, .. } = self {
            format!("is tried again from {}", step(at))
        } else if let Self::DrainChanged { deadline, force, .. } = self {
            let until = deadline.map_or("no deadline".into(), |at| format!("deadline {at}"));
            if *force { format!("{until}, forced") } else { until }
        } else if let Self::Notified { message, .. } = self {
            message.clone()
        } else if let Self::PoolHeld { pool, why } = self {
            format!("{pool}: {why}")
        } else {
            String::new()
        }
    }
}
