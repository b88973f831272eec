//! Events as lines for people: when, how grave, about what, who, and what happened.

use std::fmt::Display;

use hostler::model::{
    Brake, Entry, Event, Fingerprint, Hold, HostName, Job, JobId, Outcome, PoolName, Reach,
    Sighting, SlotIx, StepEnd, Subject as About, TaskEnd, Timestamp, Via, VmId, World, work_words,
};

use super::filter::Subject;
use super::text;

/// How grave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Info,
    Warn,
    Bad,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Bad => "fail",
        }
    }
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct Note {
    /// Its number in this desktop.
    pub n: u64,
    pub at: Timestamp,
    pub level: Level,
    /// The host, pool or schedule it is about.
    pub about: String,
    /// The VM it is about, on the host it is about.
    pub vm: Option<VmId>,
    /// Who did it; empty for the controller itself.
    pub who: String,
    pub what: String,
}

impl Subject for Note {
    fn contains(&self, needle: &str) -> bool {
        [&self.about, &self.who, &self.what].iter().any(|t| t.to_lowercase().contains(needle))
            || self.level.word().contains(needle)
    }
    fn is(&self, key: &str, value: &str) -> bool {
        match key {
            "level" => self.level.word() == value,
            "host" | "about" => self.about == value,
            "who" | "by" => self.who.to_lowercase() == value,
            _ => false,
        }
    }
    fn number(&self, _key: &str) -> Option<f64> {
        None
    }
}

/// The line of an entry, told from the World before it.
pub fn of_entry(world: &World, entry: &Entry) -> Note {
    let (level, about, what) = told(world, &entry.event);
    let who = match entry.actor.via {
        Via::Controller => String::new(),
        Via::Cli | Via::Desktop | Via::Api => entry.actor.who.clone(),
    };
    Note { n: 0, at: entry.at, level, about, vm: vm_of(&entry.event), who, what }
}

fn vm_of(event: &Event) -> Option<VmId> {
    if let Event::TaskEnded { vm, .. } | Event::SlotLeaked { vm, .. } = event {
        return Some(*vm);
    }
    if let About::Vm(vm) = event.subject() { Some(vm) } else { None }
}

type Told = (Level, String, String);

fn info(about: impl Display, what: String) -> Told {
    (Level::Info, about.to_string(), what)
}
fn warn(about: impl Display, what: String) -> Told {
    (Level::Warn, about.to_string(), what)
}

fn missed(count: u32, cause: &str) -> String {
    format!("missed {}: {cause}", text::plural(count as usize, "run"))
}

fn pool_told(pool: impl Display, level: Level, what: String) -> Told {
    (level, format!("pool {pool}"), what)
}

fn told(world: &World, event: &Event) -> Told {
    let vm_told = |vm: &VmId, level, what: String| told_of_vm(world, *vm, level, &what);
    match event {
        Event::ControllerStarted { version } => info("controller", started(version)),
        Event::FleetChanged { change } => info("fleet", format!("changed: {}", change.counts())),
        Event::HostSeen { host, sighting } => info(host, shown(sighting)),
        Event::ReachChanged { host, to, why } => reached(host, *to, why),
        Event::HostTrusted { host, fingerprint, reason } => trusted(host, fingerprint, reason),
        Event::HostForgotten { host, why } => warn(host, format!("is given up: {why}")),
        Event::HoldPlaced { hold } => info(&hold.host, placed(hold)),
        Event::HoldReleased { host, why, .. } => info(host, format!("hold released: {why}")),
        Event::SlotTaken { host, slot, name } => warn(host, taken(*slot, name)),
        Event::SlotCleared { host, slot, why } => info(host, cleared(*slot, why)),
        Event::SlotLeaked { host, slot, .. } => warn(host, leaked(*slot)),
        Event::SlotReserved { vm, host, slot, pool, .. } => info(host, given(*vm, pool, *slot)),
        Event::OpBegun { vm, kind, .. } => vm_told(vm, Level::Info, format!("{kind} begins")),
        Event::OpEnded { vm, outcome, .. } => ended(world, *vm, outcome),
        Event::VmReady { vm, ip } => vm_told(vm, Level::Info, format!("is ready at {ip}")),
        Event::VmMoved { vm, ip } => vm_told(vm, Level::Info, format!("has moved to {ip}")),
        Event::VmMissed { vm } => vm_told(vm, Level::Warn, "is not seen running".into()),
        Event::VmFound { vm } => vm_told(vm, Level::Info, "runs after all".into()),
        Event::VmDied { vm, why } => vm_told(vm, Level::Bad, format!("died: {why}")),
        Event::VmRetired { vm, why, .. } => vm_told(vm, Level::Info, format!("is to go: {why}")),
        Event::VmGone { vm } => vm_told(vm, Level::Info, "is gone".into()),
        Event::RunFired { schedule, job, .. } => info(schedule, format!("has fired: job {job}")),
        Event::RunMissed { schedule, count, cause, .. } => warn(schedule, missed(*count, cause)),
        Event::JobOpened { job } => info(job.title(), opened(job)),
        Event::VmBusy { vm, busy } => vm_told(vm, Level::Info, work_words(*busy).into()),
        Event::ScheduleSuspended { schedule, reason } => warn(schedule, suspended(reason)),
        Event::ScheduleResumed { schedule } => info(schedule, "is resumed".into()),
        Event::RunsSkipped { schedule, upto } => info(schedule, skipped(*upto)),
        event @ (Event::HostTaskBegun { job, host }
        | Event::HostOpBegun { job, host, .. }
        | Event::StepBegun { job, host, .. }
        | Event::StepEnded { job, host, .. }
        | Event::HostTaskEnded { job, host, .. }
        | Event::HostTaskStopped { job, host }
        | Event::HostTaskRetried { job, host, .. }
        | Event::DrainChanged { job, host, .. }
        | Event::Notified { job, host, .. }) => of_task(world, *job, host, event),
        Event::HostOpEnded { host, outcome, .. } => host_op_ended(host, outcome),
        Event::HostVerified { host } => info(host, "is fit for work again".into()),
        Event::JobPaused { job, why } => warn(job_title(world, *job), format!("is paused: {why}")),
        Event::JobResumed { job } => info(job_title(world, *job), "is resumed".into()),
        Event::TaskEnded { job, vm, end } => task_ended(world, *job, *vm, end),
        Event::JobEnded { job } => info(job_title(world, *job), "has ended".into()),
        Event::BrakeEngaged { silent, of } => brake_holds(*silent, *of),
        Event::BrakeReleased { silent, of } => info("brake", released(*silent, *of)),
        Event::PoolHeld { pool, why } => pool_told(pool, Level::Bad, format!("is held: {why}")),
        Event::VmParked { vm, why } => vm_told(vm, Level::Bad, format!("is parked: {why}")),
        Event::VmAdopted { host, vm, pool, .. } => warn(host, adopted(*vm, pool)),
        Event::VmResumed { vm } => vm_told(vm, Level::Info, "is tried again".into()),
        Event::VmDischarged { vm, reason } => vm_told(vm, Level::Warn, discharged(reason)),
        Event::PoolReleased { pool } => pool_told(pool, Level::Info, "is tried again".into()),
        event @ (Event::HostClaimed { .. }
        | Event::HostClaimEnded { .. }
        | Event::JumpBarred { .. }
        | Event::JumpCleared { .. }) => barred(event),
    }
}

/// What puts up or lifts a bar to commands.
fn barred(event: &Event) -> Told {
    if let Event::HostClaimed { host, said, .. } = event {
        let what = format!("claims a newer controller ({said}): no command is sent to it");
        (Level::Bad, host.to_string(), what)
    } else if let Event::JumpBarred { jump, why } = event {
        (Level::Bad, format!("jump host {jump}"), format!("shows another key: {why}"))
    } else if let Event::JumpCleared { jump } = event {
        info(format!("jump host {jump}"), "is passed again".into())
    } else {
        let about = event.subject();
        let host = if let About::Host(host) = about { host.to_string() } else { String::new() };
        info(host, "claims no newer controller any more".into())
    }
}

fn brake_holds(silent: u32, of: u32) -> Told {
    (Level::Bad, "brake".into(), Brake::words(silent, of))
}

fn released(silent: u32, of: u32) -> String {
    format!("is released: {silent} of {of} hosts are silent still")
}

fn trusted(host: &HostName, fingerprint: &Fingerprint, reason: &str) -> Told {
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    info(host, format!("key accepted: {fingerprint}{why}"))
}

fn opened(job: &Job) -> String {
    format!("is opened with {}", text::plural(job.progress().1, "task"))
}

fn skipped(upto: Timestamp) -> String {
    format!("passes over its runs up to {upto}")
}

fn given(vm: VmId, pool: &PoolName, slot: SlotIx) -> String {
    format!("VM {pool}-{vm} is placed in slot {}", u8::from(slot))
}

fn adopted(vm: VmId, pool: &PoolName) -> String {
    format!("VM {pool}-{vm}, which nobody knew, is taken in again")
}

fn discharged(reason: &str) -> String {
    format!("is left to others: {reason}")
}

fn suspended(reason: &str) -> String {
    format!("is suspended: {reason}")
}

fn started(version: &str) -> String {
    format!("version {version} has started")
}

fn placed(hold: &Hold) -> String {
    format!("{} placed: {}", hold.kind, hold.reason)
}

fn taken(slot: SlotIx, by: &str) -> String {
    format!("slot {} is taken by {by}, which is not ours", u8::from(slot))
}

fn cleared(slot: SlotIx, why: &str) -> String {
    format!("slot {} is free again: {why}", u8::from(slot))
}

fn leaked(slot: SlotIx) -> String {
    format!("slot {} has leaked: a reboot clears it", u8::from(slot))
}

fn shown(sighting: &Sighting) -> String {
    let vms = sighting.vms.as_ref().map(|vms| text::plural(vms.len(), "VM"));
    let vms = vms.unwrap_or_else(|| "an unread list of VMs".into());
    format!("shows macOS {}, {vms}", sighting.facts.macos)
}

fn reached(host: &HostName, to: Reach, why: &str) -> Told {
    let level = match to {
        Reach::Up | Reach::Unknown => Level::Info,
        Reach::Suspect | Reach::Locked => Level::Warn,
        Reach::Unreachable | Reach::Lost | Reach::IdentityMismatch => Level::Bad,
    };
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    (level, host.to_string(), format!("is {to}{why}"))
}

fn told_of_vm(world: &World, id: VmId, level: Level, what: &str) -> Told {
    match world.vms.get(&id) {
        Some(vm) => (level, vm.host.to_string(), format!("VM {}-{id} {what}", vm.pool)),
        None => (level, String::new(), format!("VM {id} {what}")),
    }
}

fn ended(world: &World, id: VmId, outcome: &Outcome) -> Told {
    let op = world.vms.get(&id).and_then(|vm| vm.op.as_ref());
    let kind = op.map_or("command".into(), |op| op.kind.to_string());
    told_of_vm(world, id, level_of_outcome(outcome), &format!("{kind} {outcome}"))
}

fn level_of_outcome(outcome: &Outcome) -> Level {
    match outcome {
        Outcome::Done => Level::Info,
        Outcome::Refused { .. } | Outcome::Unknown { .. } => Level::Warn,
    }
}

fn job_title(world: &World, id: JobId) -> String {
    world.jobs.get(&id).map_or(format!("job {id}"), |job| job.title())
}

fn task_ended(world: &World, job: JobId, vm: VmId, end: &TaskEnd) -> Told {
    (level_of(end), job_title(world, job), format!("task {vm} {end}"))
}

fn level_of(end: &TaskEnd) -> Level {
    match end {
        TaskEnd::Done | TaskEnd::Cancelled => Level::Info,
        TaskEnd::Skipped { .. } => Level::Warn,
        TaskEnd::Failed { .. } => Level::Bad,
    }
}

fn of_task(world: &World, job: JobId, host: &HostName, event: &Event) -> Told {
    let level = if let Event::HostTaskEnded { end, .. } = event {
        level_of(end)
    } else if let Event::StepEnded { end: StepEnd::Failed { .. }, .. } = event {
        Level::Bad
    } else {
        Level::Info
    };
    (level, host.to_string(), format!("{}: {}", job_title(world, job), event.task_words()))
}

fn host_op_ended(host: &HostName, outcome: &Outcome) -> Told {
    (level_of_outcome(outcome), host.to_string(), format!("command {outcome}"))
}
