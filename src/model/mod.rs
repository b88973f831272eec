//! The nouns of a fleet, their states, the events that change them, and the World, which is the
//! fold of all events. No clock, no disk, no network, no chance: the same entries give the same
//! World, always.

mod action;
mod event;
mod fingerprint;
mod fleet;
mod host;
mod id;
mod job;
mod name;
mod pool;
mod selector;
mod sighting;
mod subject;
mod time;
mod units;
mod vm;
mod world;
mod zone;

pub use action::{Action, Held, Opening, Plan, Reason, Want};
pub use event::{Actor, Entry, Event, FleetChange, Via};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use fleet::{
    Access, DriverKind, Fleet, GuestOs, HostSpec, ImageSpec, Jump, PoolSize, PoolSpec, Role,
    ScheduleSpec, SshAccess, Targets,
};
pub use host::{Hold, HoldKind, Host, Reach, Slot, SlotIx};
pub use id::{BadId, HoldId, IdMaker, JobId, OpId, VmId};
pub use job::{
    Cause, Job, JobKind, JobState, RUNS_KEPT, Run, RunResult, Schedule, Task, TaskEnd, TaskState,
};
pub use name::{BadName, GroupName, HostName, ImageName, PlaybookName, PoolName, ScheduleName};
pub use pool::Pool;
pub use selector::{BadSelector, Labels, Selector};
pub use sighting::{Facts, GuardView, Sample, SeenState, SeenVm, Sighting};
pub use subject::Subject;
pub use time::{BadSpan, Span, Timestamp};
pub use units::{BadAmount, Bytes, Share, count, plural};
pub use vm::{
    Missed, Op, OpKind, Outcome, Phase, Refusal, Refused, RetireWhy, Retired, Vm, Wanted,
    id_of_tool_name, tool_name,
};
pub use world::{Illegal, World};
pub use zone::{BadZone, Zone};
