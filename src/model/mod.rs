//! The nouns of a fleet, their states, the events that change them, and the World, which is the
//! fold of all events. No clock, no disk, no network, no chance: the same entries give the same
//! World, always.

mod action;
mod ask;
mod bar;
mod brake;
mod check;
mod drift;
mod event;
mod exam;
mod expression;
mod fingerprint;
mod fleet;
mod forecast;
mod host;
mod id;
mod job;
mod leak;
mod licence;
mod name;
mod needs;
mod outlook;
mod playbook;
mod pool;
mod preview;
mod schedule;
mod selector;
mod sighting;
mod subject;
mod task;
mod text;
mod time;
mod units;
mod usual;
mod vm;
mod world;
mod zone;

pub use action::{Action, Held, HoldAsk, Opening, Plan, Reason, Want};
pub use ask::{DrainAsk, PlanAsk, PlayAsk, RespawnAsk, Then};
pub use bar::{Claim, JumpBar};
pub use brake::Brake;
pub use check::{Check, CheckName, Checkup, Verdict};
pub use event::{Actor, Entry, Event, FleetChange, Via};
pub use exam::{Exam, LoginFile, Setting};
pub use expression::{EXPRESSION_ROOTS, expressions};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use fleet::{
    Access, DriverKind, Expect, Fleet, GuestOs, GuestScript, HostSpec, ImageSpec, Jump, Overlap,
    PoolSize, PoolSpec, Role, ScheduleSpec, Splay, SshAccess, Targets,
};
pub use forecast::{Forecast, ForecastRun, ForecastStep, ForecastTurn, Lowest};
pub use host::{Hold, HoldKind, Host, HostOp, OnExpiry, Reach, Restless, Slot, SlotIx};
pub use id::{BadId, HoldId, IdMaker, JobId, OpId, VmId, is_made_by};
pub use job::{Cause, Job, JobKind, JobState, Task, TaskEnd, TaskState};
pub use leak::{BuildTally, Cure, LeakingBuild, Probation, SlotsLost};
pub use licence::{Count, LICENSED, Licence, Most};
pub use name::{BadName, GroupName, HostName, ImageName, PlaybookName, PoolName, ScheduleName};
pub use needs::{Needs, Unmet};
pub use outlook::{Conflict, Meeting, Outlook};
pub use playbook::{Act, DrainStep, Each, OnDeadline, OnFailure, Playbook, Sent, Step, Surge};
pub use pool::{CRASHES_WITHIN, Crash, PROVEN_AFTER, Pool, PoolHeld};
pub use preview::{
    Clash, DrainPlan, Fate, HostPreview, PoolPreview, StepFate, StepPreview, VmPreview,
};
pub use schedule::{RUNS_KEPT, Run, RunResult, Schedule, Suspended};
pub use selector::{BadSelector, Labels, Selector};
pub use sighting::{Facts, GuardView, Sample, SeenState, SeenVm, Sighting};
pub use subject::Subject;
pub use task::{
    Answer, BusyPolicy, HostTask, Part, Patience, Play, StepAt, StepDone, StepEnd, StepRun,
    StopAsked,
};
pub use time::{BadSpan, Span, Timestamp};
pub use units::{BadAmount, Bytes, Share, count, plural};
pub use usual::{UsualSteps, usual_start, usual_steps};
pub use vm::{
    Made, Missed, Op, OpKind, Outcome, Parked, Phase, Refusal, Refused, RetireWhy, Retired, Vm,
    Wanted, id_of_tool_name, pool_of_tool_name, tool_name, work_words,
};
pub use world::{Illegal, World};
pub use zone::{BadZone, Zone};
