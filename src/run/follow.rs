//! Follows the engine's stream in this process, entry by entry, and puts entries into words.

use std::sync::Arc;

use anyhow::{Result, bail};
use hostler::engine::{Feed, Handle, Stream};
use hostler::model::{
    Brake, Entry, Event, HostName, Sighting, SlotIx, World, Zone, plural, work_words,
};
use tokio::sync::watch;

/// A reader of the stream.
pub(crate) struct Follow {
    stream: Arc<Stream>,
    newest: watch::Receiver<u64>,
    world: Arc<World>,
    seq: u64,
}

impl Follow {
    pub(crate) fn of(handle: &Handle) -> Self {
        let (stream, world) = (handle.stream().clone(), handle.world());
        Self { newest: stream.newest(), seq: world.seq, world, stream }
    }

    /// The World that the first entries follow from.
    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The next entries, at least one.
    pub(crate) async fn next(&mut self) -> Result<Vec<Arc<Entry>>> {
        loop {
            match self.stream.after(self.seq) {
                Feed::Resync => bail!("the reader of the stream was too slow"),
                Feed::Entries(entries) => {
                    if let Some(last) = entries.last() {
                        self.seq = last.seq;
                        return Ok(entries);
                    }
                }
            }
            self.newest.changed().await?;
        }
    }
}

/// `02:31:07+01 vm_ready 0c3... 192.168.64.7`: time, fact, and what of it matters to a person.
pub(crate) fn line(entry: &Entry, zone: Zone) -> String {
    let at = format!("{}{}", zone.clock(entry.at), zone.offset(entry.at));
    format!("{at} {:<18} {}", entry.event.name(), details(&entry.event, zone))
}

/// What a look showed, in short.
fn shown(sighting: &Sighting) -> String {
    let vms = sighting.vms.as_ref().map(|vms| plural(vms.len(), "VM"));
    let vms = vms.unwrap_or_else(|| "an unread list of VMs".into());
    format!("macOS {} with {vms}", sighting.facts.macos)
}

fn slot_of(host: &HostName, slot: SlotIx) -> String {
    format!("{host} slot {}", u8::from(slot))
}

/// What of a fact matters to a person, besides its name.
pub(crate) fn details(event: &Event, zone: Zone) -> String {
    match event {
        Event::ControllerStarted { version } => format!("version {version}"),
        Event::FleetChanged { change } => change.counts(),
        Event::HostSeen { host, sighting } => format!("{host} {}", shown(sighting)),
        Event::ReachChanged { host, to, why } if why.is_empty() => format!("{host} {to}"),
        Event::ReachChanged { host, to, why } => format!("{host} {to}: {why}"),
        Event::HostTrusted { host, fingerprint, reason } => {
            format!("{host} {fingerprint} {reason}").trim_end().into()
        }
        Event::HostForgotten { host, why: said } | Event::HostClaimed { host, said, .. } => {
            format!("{host}: {said}")
        }
        Event::HoldPlaced { hold } => {
            format!("{} {} by {}: {}", hold.host, hold.kind, hold.by, hold.reason)
        }
        Event::HoldReleased { host, hold, why } => format!("{host} {hold}: {why}"),
        Event::SlotTaken { host, slot, name } => format!("{} by {name}", slot_of(host, *slot)),
        Event::SlotCleared { host, slot, why } => format!("{}: {why}", slot_of(host, *slot)),
        Event::SlotLeaked { host, slot, vm } => format!("{} (vm {vm})", slot_of(host, *slot)),
        Event::VmAdopted { vm, host, pool, .. } => format!("{vm} of {pool} on {host}"),
        Event::SlotReserved { vm, host, slot, pool, .. } => {
            format!("{vm} of {pool} on {}", slot_of(host, *slot))
        }
        Event::OpBegun { vm, kind, .. } => format!("{vm} {kind}"),
        Event::OpEnded { vm, outcome, .. } => format!("{vm} {}", outcome),
        Event::VmReady { vm, ip } | Event::VmMoved { vm, ip } => format!("{vm} {ip}"),
        Event::VmMissed { vm }
        | Event::VmFound { vm }
        | Event::VmGone { vm }
        | Event::VmResumed { vm } => vm.to_string(),
        Event::VmDied { vm, why }
        | Event::VmParked { vm, why }
        | Event::VmDischarged { vm, reason: why } => format!("{vm} {why}"),
        Event::VmRetired { vm, why, .. } => format!("{vm} {why}"),
        Event::RunFired { schedule, nominal, job } => {
            format!("{schedule} of {}: job {job}", zone.moment(*nominal))
        }
        Event::RunMissed { schedule, nominal, count, cause } => {
            format!("{schedule} up to {}: {count}, {cause}", zone.moment(*nominal))
        }
        Event::JobOpened { job } => {
            format!("{} {} with {}", job.id, job.title(), plural(job.progress().1, "task"))
        }
        Event::TaskEnded { job, vm, end } => format!("{job} {vm} {end}"),
        Event::VmBusy { vm, busy } => format!("{vm} {}", work_words(*busy)),
        Event::ScheduleSuspended { schedule, reason } => format!("{schedule}: {reason}"),
        Event::ScheduleResumed { schedule } => schedule.to_string(),
        Event::RunsSkipped { schedule, upto } => format!("{schedule} up to {upto}"),
        event @ (Event::HostTaskBegun { job, host }
        | Event::HostOpBegun { job, host, .. }
        | Event::StepBegun { job, host, .. }
        | Event::StepEnded { job, host, .. }
        | Event::HostTaskEnded { job, host, .. }
        | Event::HostTaskStopped { job, host }
        | Event::HostTaskRetried { job, host, .. }
        | Event::DrainChanged { job, host, .. }
        | Event::Notified { job, host, .. }) => {
            format!("{job} {host} {}", event.task_words())
        }
        Event::HostOpEnded { host, outcome, .. } => format!("{host} {outcome}"),
        Event::HostVerified { host } | Event::HostClaimEnded { host } => host.to_string(),
        Event::JobPaused { job, why } => format!("{job} {why}"),
        Event::JobResumed { job } | Event::JobEnded { job } => job.to_string(),
        Event::BrakeEngaged { silent, of } => Brake::words(*silent, *of),
        Event::BrakeReleased { silent, of } => format!("{silent} of {of} hosts are silent still"),
        Event::PoolHeld { pool, why } => format!("{pool}: {why}"),
        Event::PoolReleased { pool } => pool.to_string(),
        Event::JumpBarred { jump, why } => format!("{jump}: {why}"),
        Event::JumpCleared { jump } => jump.clone(),
    }
}
