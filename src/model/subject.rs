//! What an event is about: by it entries are indexed, filtered and followed.

use super::{Event, FleetChange, HostName, JobId, ScheduleName, VmId};

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
            | Self::SlotLeaked { host, .. } => Subject::Host(host),
            Self::HoldPlaced { hold } => Subject::Host(&hold.host),
            Self::SlotReserved { vm, .. }
            | Self::OpBegun { vm, .. }
            | Self::OpEnded { vm, .. }
            | Self::VmReady { vm, .. }
            | Self::VmMoved { vm, .. }
            | Self::VmMissed { vm }
            | Self::VmFound { vm }
            | Self::VmDied { vm, .. }
            | Self::VmRetired { vm, .. }
            | Self::VmGone { vm } => Subject::Vm(*vm),
            Self::RunFired { schedule, .. } | Self::RunMissed { schedule, .. } => {
                Subject::Schedule(schedule)
            }
            Self::JobOpened { job } => Subject::Job(job.id),
            Self::TaskEnded { job, .. } | Self::JobEnded { job } => Subject::Job(*job),
        }
    }
}
