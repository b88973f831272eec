//! Carries a plan's actions over into events, one kind each, and collects the commands to send.
//! Ids are made here: the plan is pure and the fold makes nothing.

use super::ledger::Ledger;
use crate::driver::Order;
use crate::model::{
    Action, Actor, Cause, Event, HostName, HostSpec, IdMaker, Illegal, Job, JobId, JobState, OpId,
    OpKind, Opening, RetireWhy, Task, TaskState, Timestamp, VmId, World,
};

/// A command that is written down and waits to be sent.
pub(super) struct Errand {
    pub(super) vm: VmId,
    pub(super) host: HostName,
    pub(super) spec: HostSpec,
    pub(super) order: Order,
}

/// Makes ids from the engine's time and its seeded randomness.
pub struct Ids {
    maker: IdMaker,
    noise: Box<dyn FnMut() -> u16 + Send>,
}

impl Ids {
    /// Ids above every id that the World knows.
    pub fn above(world: &World, noise: Box<dyn FnMut() -> u16 + Send>) -> Self {
        let vms = world.vms.keys().map(|id| id.bits());
        let ops = world.vms.values().filter_map(|vm| vm.op.as_ref().map(|op| op.id.bits()));
        let jobs = world.jobs.keys().map(|id| id.bits());
        let holds = world.hosts.values().flat_map(|h| h.holds.keys().map(|id| id.bits()));
        let mut maker = IdMaker::above(vms.chain(ops).chain(jobs).chain(holds).max().unwrap_or(0));
        // Ids of things that are gone are below the time of the last entry.
        maker.next(world.at, 0x7fff);
        Self { maker, noise }
    }

    pub(super) fn next(&mut self, now: Timestamp) -> u64 {
        self.maker.next(now, (self.noise)())
    }
}

/// The events that carry out an action.
pub fn events_of(world: &World, action: Action, ids: &mut Ids, now: Timestamp) -> Vec<Event> {
    let event = match action {
        Action::Place { pool, image, host, slot, replaces } => {
            let vm = VmId::from_bits(ids.next(now));
            Event::SlotReserved { vm, host, slot, pool, image, replaces }
        }
        Action::Do { vm, kind } => Event::OpBegun { vm, op: OpId::from_bits(ids.next(now)), kind },
        Action::Retire { vm, why, job } => Event::VmRetired { vm, why, job },
        Action::Forget { vm } => Event::VmGone { vm },
        Action::Leak { vm, host, slot } => {
            let retired = Event::VmRetired { vm, why: RetireWhy::Failed, job: None };
            return vec![Event::SlotLeaked { host, slot, vm }, retired];
        }
        Action::Release { host, hold } => {
            Event::HoldReleased { host, hold, why: "its time is over".into() }
        }
        Action::OpenJob(opening) => {
            return opened(world, ids, &Actor::controller(), opening, now).1;
        }
        Action::Miss { schedule, nominal, count, cause } => {
            Event::RunMissed { schedule, nominal, count, cause }
        }
        Action::EndTask { job, vm, end } => Event::TaskEnded { job, vm, end },
        Action::EndJob { job } => Event::JobEnded { job },
    };
    vec![event]
}

/// A new job and the events that open it; a schedule's run and its job are one batch.
pub(super) fn opened(
    world: &World,
    ids: &mut Ids,
    by: &Actor,
    opening: Opening,
    now: Timestamp,
) -> (JobId, Vec<Event>) {
    let id = JobId::from_bits(ids.next(now));
    let mut events = Vec::new();
    if let Cause::Run { schedule, nominal } = &opening.cause {
        let (schedule, nominal) = (schedule.clone(), *nominal);
        events.push(Event::RunFired { schedule, nominal, job: id });
    }
    let task = |(vm, host)| {
        let pool = world.vms.get(&vm)?.pool.clone();
        Some((vm, Task { host, pool, state: TaskState::Waiting, replacement: None }))
    };
    let job = Job {
        id,
        kind: opening.kind,
        cause: opening.cause,
        by: by.clone(),
        opened: now,
        begin_by: opening.begin_by,
        max_unavailable: opening.max_unavailable,
        tasks: opening.targets.into_iter().filter_map(task).collect(),
        state: JobState::Running,
    };
    events.push(Event::JobOpened { job: Box::new(job) });
    (id, events)
}

/// Writes an action down. Returns the command to send once that is durable, if it is one.
pub(super) fn write_down(
    ledger: &mut Ledger,
    ids: &mut Ids,
    action: Action,
    now: Timestamp,
) -> Result<Option<Errand>, Illegal> {
    let mut errand = None;
    // The World must be ours alone again before it changes, else the change copies all of it.
    let events = events_of(ledger.world(), action, ids, now);
    for event in events {
        let begun = if let Event::OpBegun { vm, op, kind } = &event {
            Some((*vm, *op, *kind))
        } else {
            None
        };
        ledger.put(&Actor::controller(), event, now)?;
        errand = begun.and_then(|(vm, op, kind)| errand_for(ledger.world(), vm, op, kind));
    }
    Ok(errand)
}

fn errand_for(world: &World, id: VmId, op: OpId, kind: OpKind) -> Option<Errand> {
    let vm = world.vms.get(&id)?;
    let spec = world.hosts.get(&vm.host)?.spec.clone();
    let pool = world.pools.get(&vm.pool);
    let image = world.images.get(&vm.image).map_or_else(String::new, |i| i.source.clone());
    let order = Order {
        op,
        kind,
        vm: vm.host_name(),
        image,
        cpu: pool.and_then(|pool| pool.spec.cpu),
        memory: pool.and_then(|pool| pool.spec.memory),
    };
    Some(Errand { vm: id, host: vm.host.clone(), spec, order })
}
