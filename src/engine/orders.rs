//! Carries a plan's actions over into events, one kind each, and collects the commands to send.
//! Ids are made here: the plan is pure and the fold makes nothing.

use std::path::PathBuf;
use std::time::Duration;

use super::ledger::Ledger;
use crate::driver::{HostOrder, HostWork, Order};
use crate::model::{
    Act, Action, Actor, Cause, DrainStep, Event, Hold, HoldAsk, HoldId, HoldKind, HostName,
    HostSpec, IdMaker, Illegal, Job, JobId, JobState, OnExpiry, OpId, OpKind, Opening, Phase,
    RetireWhy, Sent, Span, StepAt, Task, TaskState, Timestamp, Vm, VmId, World,
};

/// A command that is written down and waits to be sent.
pub(super) enum Errand {
    Vm {
        vm: VmId,
        host: HostName,
        spec: HostSpec,
        order: Order,
    },
    Host {
        host: HostName,
        spec: HostSpec,
        order: HostOrder,
        limit: Span,
    },
    /// As `Host`, with a file that is read first.
    File {
        host: HostName,
        spec: HostSpec,
        op: OpId,
        from: PathBuf,
        to: String,
        mode: String,
    },
}

/// A shell step that says nothing else may take this long, and its answer a little longer.
const SH_LIMIT: Span = Span::from_mins(10);
const ANSWER: Span = Span::from_mins(1);

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
        let host_ops = world.hosts.values().filter_map(|h| h.op.as_ref().map(|op| op.id.bits()));
        let all = vms.chain(ops).chain(jobs).chain(holds).chain(host_ops);
        let mut maker = IdMaker::above(all.max().unwrap_or(0));
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
        Action::Release { host, hold, why } => Event::HoldReleased { host, hold, why },
        Action::HostDo { job, host, at, .. } => {
            Event::HostOpBegun { host, op: OpId::from_bits(ids.next(now)), job, at }
        }
        Action::Hold { host, kind, reason, until, job } => {
            let hold = hold(ids, &Actor::controller(), host, kind, reason, job, now);
            Event::HoldPlaced { hold: Hold { until, ..hold } }
        }
        Action::Note { event } => *event,
        Action::OpenJob(opening) => {
            return opened(world, ids, &Actor::controller(), *opening, now).1;
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
    let hosts: Vec<HostName> = opening.hosts.keys().cloned().collect();
    let job = Job {
        id,
        kind: opening.kind,
        cause: opening.cause,
        by: by.clone(),
        opened: now,
        begin_by: opening.begin_by,
        max_unavailable: opening.max_unavailable,
        tasks: opening.targets.into_iter().filter_map(task).collect(),
        hosts: opening.hosts,
        play: opening.play,
        paused: None,
        forgiven: 0,
        state: JobState::Running,
    };
    events.push(Event::JobOpened { job: Box::new(job) });
    if let Some(HoldAsk { kind, reason, until }) = opening.hold {
        events.extend(hosts.into_iter().map(|host| {
            let hold = hold(ids, by, host, kind, reason.clone(), Some(id), now);
            Event::HoldPlaced { hold: Hold { until, ..hold } }
        }));
    }
    (id, events)
}

fn hold(
    ids: &mut Ids,
    by: &Actor,
    host: HostName,
    kind: HoldKind,
    reason: String,
    job: Option<JobId>,
    now: Timestamp,
) -> Hold {
    Hold {
        id: HoldId::from_bits(ids.next(now)),
        host,
        kind,
        reason,
        by: by.clone(),
        created: now,
        until: None,
        on_expiry: OnExpiry::default(),
        job,
    }
}

/// Writes an action down. Returns the command to send once that is durable, if it is one.
pub(super) fn write_down(
    ledger: &mut Ledger,
    ids: &mut Ids,
    action: Action,
    now: Timestamp,
) -> Result<Option<Errand>, Illegal> {
    let mut errand = None;
    let what = if let Action::HostDo { what, .. } = &action { what.clone() } else { Vec::new() };
    // The World must be ours alone again before it changes, else the change copies all of it.
    let events = events_of(ledger.world(), action, ids, now);
    for event in events {
        ledger.put(&Actor::controller(), event.clone(), now)?;
        let world = ledger.world();
        if let Event::OpBegun { vm, op, kind } = event {
            errand = errand_for(world, vm, op, kind);
        } else if let Event::HostOpBegun { host, op, job, at } = event {
            errand = host_errand(world, host, op, (job, at), what.clone());
        }
    }
    Ok(errand)
}

fn errand_for(world: &World, id: VmId, op: OpId, kind: OpKind) -> Option<Errand> {
    let vm = world.vms.get(&id)?;
    let spec = world.hosts.get(&vm.host)?.spec.clone();
    let pool = world.pools.get(&vm.pool);
    let image = world.images.get(&vm.image).map_or_else(String::new, |i| i.source.clone());
    let retire = pool.and_then(|pool| pool.spec.retire.as_ref());
    let order = Order {
        op,
        kind,
        vm: vm.host_name(),
        image,
        cpu: pool.and_then(|pool| pool.spec.cpu),
        memory: pool.and_then(|pool| pool.spec.memory),
        guest: retire.map_or_else(String::new, |script| script.sh.clone()),
        grace: grace(world, vm),
        hurry: was_refused_its_stop(vm),
    };
    Some(Errand::Vm { vm: id, host: vm.host.clone(), spec, order })
}

/// How long a VM that is sent away has to shut down: what the drain that does so says, else what
/// drains give by default. One that has failed has nothing to say.
fn grace(world: &World, vm: &Vm) -> Duration {
    let why = vm.retired.as_ref().map(|retired| retired.why);
    if vm.phase != Phase::Ready || matches!(why, None | Some(RetireWhy::Failed)) {
        return Duration::ZERO;
    }
    let promised = drain_of(world, vm).map_or(DrainStep::default().grace, |drain| drain.grace);
    promised.to_std()
}

/// The step that empties its host.
fn drain_of<'a>(world: &'a World, vm: &Vm) -> Option<&'a DrainStep> {
    let job = world.jobs.get(&vm.retired.as_ref()?.job?)?;
    let task = job.hosts.get(&vm.host)?;
    let step = job.play.as_ref()?.playbook.step(task.at)?;
    if let Act::Drain(drain) = &step.act { Some(drain) } else { None }
}

/// Its guest had its time, and the tool its own.
fn was_refused_its_stop(vm: &Vm) -> bool {
    vm.refused.as_ref().is_some_and(|refused| refused.kind == OpKind::Stop)
}

/// The guests that the last look has counted; none where it could not.
fn counted_guests(world: &World, host: &HostName) -> u32 {
    let seen = world.hosts.get(host).and_then(|host| host.seen.as_ref());
    seen.and_then(|seen| seen.guests).unwrap_or(0)
}

fn host_errand(
    world: &World,
    host: HostName,
    op: OpId,
    (id, at): (JobId, StepAt),
    mut what: Vec<String>,
) -> Option<Errand> {
    let job = world.jobs.get(&id)?;
    let step = job.play.as_ref()?.playbook.step(at)?;
    let spec = world.hosts.get(&host)?.spec.clone();
    let limit = step.timeout.unwrap_or(SH_LIMIT);
    let order = |what| HostOrder { op, what, job: format!("{id} {}", step.name) };
    let (what, limit) = match step.act.sent()? {
        Sent::Sh { run } => {
            let timeout_s = limit.as_millis().div_ceil(1_000);
            (
                HostWork::Sh { run: run.to_string(), timeout_s },
                Span::from_millis(limit.as_millis() + ANSWER.as_millis()),
            )
        }
        Sent::Copy { from, to, mode } => {
            let (from, to, mode) = (from.to_path_buf(), to.to_string(), mode.to_string());
            return Some(Errand::File { host, spec, op, from, to, mode });
        }
        Sent::Reboot => {
            let guests = counted_guests(world, &host);
            (HostWork::Reboot { authrestart: spec.authrestart, guests }, Span::from_mins(1))
        }
        Sent::Prefetch => (HostWork::Pull { image: what.pop()? }, Span::from_hours(2)),
        Sent::PruneImages => (HostWork::Prune { keep: what }, Span::from_mins(30)),
    };
    Some(Errand::Host { host, spec, order: order(what), limit })
}
