//! The one loop. Everything that comes in becomes an `Input`; a batch of inputs is turned into
//! entries, a pass adds what the plan says, all of it is made durable, and only then acted on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::asks;
use super::doctor::Doctor;
use super::handle::{Ask, Command, Denied, Done, Ends, Handle, Status};
use super::ledger::Ledger;
use super::looks::{Ended, Looks};
use super::orders::{Errand, Ids, write_down};
use super::ticker::Ticker;
use super::vm_log;
use super::{Clock, EngineError, FleetFiles, Limits, Mark, Parts};
use crate::driver::{self, Blind, HostAnswer, HostOrder, HostWork, Look, Probe};
use crate::model::{
    Actor, Event, Fleet, HostName, HostSpec, OpId, OpKind, Outcome, Reach, Refusal, Span,
    Timestamp, VmId,
};
use crate::plan::{self, Blame};
use crate::transport::{Carry, LostCause};

/// Everything that can come in.
enum Input {
    /// The ticker's second.
    Tick,
    /// A look is due, or the last pass calls for another.
    Again,
    Ask(Ask),
    Looked {
        host: HostName,
        result: Box<Result<Look, Blind>>,
    },
    Carried {
        vm: VmId,
        host: HostName,
        op: OpId,
        outcome: Outcome,
    },
    /// A host's own command has ended.
    Worked {
        host: HostName,
        op: OpId,
        answer: Box<HostAnswer>,
    },
}

type Answer = Result<Done, Denied>;

/// So many inputs are taken in one batch at the most.
const BATCH: usize = 2_048;
/// A checkpoint after so many entries.
const CHECKPOINT_EVERY: u64 = 20_000;
/// How long commands under way may take to end once the engine is to stop.
const GRACE: Duration = Duration::from_secs(3);
/// A look may take this long; on a fast clock, still as long as a busy machine needs.
const LOOK_LIMIT: Span = Span::from_secs(10);
const LOOK_FLOOR: Duration = Duration::from_secs(2);
/// The World is checked against its rules this often.
const AUDIT_EVERY: Span = Span::from_mins(1);
/// A pass without news comes this often, for what waits for time alone.
const IDLE_PASS: Span = Span::from_secs(1);
/// The longest wait on the wall without a turn, whatever the clock says.
const NAP_MOST: Duration = Duration::from_secs(1);
/// A clock that jumps ahead so far makes everything known old: hosts are looked at before the
/// next pass, and waited for at most so long.
const JUMP: Span = Span::from_secs(20);
const LOOK_FIRST: Span = Span::from_secs(30);

/// Owns the World and the store.
pub struct Engine {
    ledger: Ledger,
    ids: Ids,
    looks: Looks,
    doctor: Doctor,
    carry: Arc<dyn Carry>,
    files: Arc<dyn FleetFiles>,
    clock: Clock,
    limits: Limits,
    inputs: mpsc::UnboundedSender<Input>,
    came: mpsc::UnboundedReceiver<Input>,
    ends: Ends,
    told: Status,
    errands: usize,
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
    last_pass: Timestamp,
    last_turn: Mark,
    /// No pass before this, unless all hosts have been looked at.
    look_first: Option<Timestamp>,
    audited: Timestamp,
    checkpointed: u64,
    dirty: bool,
}

impl Engine {
    /// An engine over these parts, and the handle by which it is reached.
    pub fn new(parts: Parts) -> (Self, Handle) {
        let Parts { store, world, carry, files, clock, limits, noise } = parts;
        let (inputs, came) = mpsc::unbounded_channel();
        let (handle, ends) = Handle::new(world.clone(), clock.clone());
        let engine = Self {
            ids: Ids::above(&world, noise),
            checkpointed: world.seq,
            ledger: Ledger::new(world, store),
            looks: Looks::new(limits.look_every, limits.looks_at_once),
            doctor: Doctor::new(carry.clone(), clock.clone(), limits.looks_at_once),
            carry,
            files,
            last_turn: clock.mark(),
            look_first: None,
            clock,
            limits,
            inputs,
            came,
            ends,
            told: Status::default(),
            errands: 0,
            answers: Vec::new(),
            last_pass: Timestamp::default(),
            audited: Timestamp::default(),
            dirty: true,
        };
        (engine, handle)
    }

    /// Runs until `stop`, or until the store fails or a newer controller is met.
    pub async fn run(
        mut self,
        fleet: Option<Fleet>,
        version: &str,
        stop: CancellationToken,
    ) -> Result<(), EngineError> {
        let now = self.clock.now();
        let me = Actor::controller();
        self.ledger.put(&me, Event::ControllerStarted { version: version.into() }, now)?;
        if let Some(fleet) = fleet {
            let change = self.ledger.world().difference(&fleet);
            if !change.is_empty() {
                asks::change_fleet(&mut self.ledger, &me, change, now)?;
            }
        }
        let (tick, mut ticks) = mpsc::channel(1);
        let ticker = Ticker::start(tick).await?;
        let result = self.turn_until(&mut ticks, &stop).await;
        ticker.stop().await;
        let result = match result {
            Ok(()) => self.wind_down().await,
            Err(error) => Err(error),
        };
        self.tell_all_stopping();
        result
    }

    async fn turn_until(
        &mut self,
        ticks: &mut mpsc::Receiver<()>,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        self.turn(Vec::new()).await?;
        loop {
            let due = self.looks.next_due().map(|at| at.since(self.clock.now()));
            let clock = self.clock.clone();
            let wait = async move { clock.nap(due.unwrap_or(LOOK_FIRST), NAP_MOST).await };
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(input) = self.came.recv() => input,
                Some(ask) = self.ends.asks.recv() => Input::Ask(ask),
                Some(()) = ticks.recv() => Input::Tick,
                () = wait => Input::Again,
            };
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(input) = self.came.try_recv()
            {
                batch.push(input);
            }
            self.turn(batch).await?;
        }
    }

    /// One turn: take in, plan, write, do.
    async fn turn(&mut self, batch: Vec<Input>) -> Result<(), EngineError> {
        let now = self.clock.now();
        self.note_jump(now);
        for input in batch {
            self.take_in(input, now)?;
        }
        let seq = self.ledger.world().seq;
        for event in plan::reach(self.ledger.world(), &self.looks.failing, now) {
            self.note(event, now);
        }
        self.dirty |= self.ledger.world().seq != seq;
        if let Some((host, said)) = plan::superseded(self.ledger.world()) {
            // The journal says who claimed it; nothing more is sent.
            self.write().await?;
            return Err(EngineError::Fenced { host, said });
        }
        let mut errands = Vec::new();
        let idle = now < self.last_pass || now.since(self.last_pass) >= IDLE_PASS;
        if (self.dirty || idle) && self.look_first.is_none() {
            errands = self.pass(now);
        }
        self.write().await?;
        self.looks.follow(self.ledger.world(), now);
        for errand in errands {
            self.send(errand);
        }
        for host in self.looks.take_due(now) {
            self.look(host, now);
        }
        Ok(())
    }

    /// After a sleep of this machine, or a jump of its clock, what is known of the hosts is old,
    /// and no VM is late and no host silent because of it: look first, then plan.
    fn note_jump(&mut self, now: Timestamp) {
        let jumped = self.clock.jumped_since(&self.last_turn);
        self.last_turn = self.clock.mark();
        if jumped >= JUMP && self.look_first.is_none() {
            tracing::warn!(%jumped, "the clock has jumped ahead: hosts are looked at first");
            self.looks.look_at_all(now);
            self.look_first = Some(now + LOOK_FIRST);
        }
        let waits = |until: &Timestamp| now < *until && *until <= now + LOOK_FIRST;
        let looked = self.looks.all_looked_at();
        self.look_first = self.look_first.filter(|until| waits(until) && !looked);
    }

    /// The plan's actions, written down. More may follow from them: then the next pass comes at
    /// once, with the next input.
    fn pass(&mut self, now: Timestamp) -> Vec<Errand> {
        let began = self.clock.stopwatch();
        let plan = plan::plan(self.ledger.world(), now);
        self.told.plan_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.told.passes += 1;
        (self.last_pass, self.dirty) = (now, false);
        let mut errands = Vec::new();
        for action in plan.actions {
            match write_down(&mut self.ledger, &mut self.ids, action, now) {
                Ok(errand) => errands.extend(errand),
                // The plan was made for this very World: this is a fault of ours, and harmless.
                Err(illegal) => tracing::error!(%illegal, "an action does not follow"),
            }
            self.dirty = true;
        }
        if self.dirty {
            let _ = self.inputs.send(Input::Again);
        }
        errands
    }

    fn note(&mut self, event: Event, now: Timestamp) {
        if let Err(illegal) = self.ledger.put(&Actor::controller(), event, now) {
            tracing::warn!(%illegal, "what was seen does not follow");
        }
    }

    fn take_in(&mut self, input: Input, now: Timestamp) -> Result<(), EngineError> {
        let before = self.ledger.world().seq;
        match input {
            Input::Again => {}
            Input::Tick => {
                self.publish_samples();
                self.audit(now);
            }
            Input::Ask(Ask::Plan { answer }) => {
                let _ = answer.send(plan::plan(self.ledger.world(), now));
            }
            Input::Ask(Ask::Examine { hosts, answer }) => {
                self.doctor.examine(self.ledger.world().clone(), hosts, answer);
            }
            Input::Ask(Ask::Log { vm, answer }) => {
                let way = (self.carry.clone(), self.clock.clone());
                vm_log::fetch(way, self.ledger.world().clone(), vm, answer);
            }
            Input::Ask(Ask::Do { actor, command, answer }) => {
                self.renew_connections(&command);
                let done = asks::carry_out(&mut self.ledger, &mut self.ids, &actor, command, now);
                self.answers.push((answer, done));
            }
            Input::Worked { host, op, answer } => {
                self.errands -= 1;
                self.looks.hurry(&host, now);
                let HostAnswer { outcome, said } = *answer;
                let claim = plan::claimed(self.ledger.world(), &host, &outcome);
                let known = self.ledger.world().hosts.get(&host).and_then(|h| h.op.as_ref());
                if known.is_some_and(|under| under.id == op) {
                    self.note(Event::HostOpEnded { host, op, outcome, said }, now);
                }
                claim.into_iter().for_each(|claim| self.note(claim, now));
            }
            Input::Looked { host, result } => self.looked(&host, *result, now),
            Input::Carried { vm, host, op, outcome } => {
                self.errands -= 1;
                self.looks.hurry(&host, now);
                let claim = plan::claimed(self.ledger.world(), &host, &outcome);
                if let Some(event) = plan::completed(self.ledger.world(), vm, op, outcome) {
                    self.note(event, now);
                }
                claim.into_iter().for_each(|claim| self.note(claim, now));
            }
        }
        self.dirty |= self.ledger.world().seq != before;
        Ok(())
    }

    /// Where a key was accepted or the way in has changed, the next look connects anew, at once.
    fn renew_connections(&mut self, command: &Command) {
        let now = self.clock.now();
        let hosts: Vec<HostName> = if let Command::Trust { host, .. } = command {
            // What runs on a connection is not worth losing for one more word on the host's key.
            let out = |reach| matches!(reach, Reach::Unknown | Reach::IdentityMismatch);
            let known = self.ledger.world().hosts.get(host);
            known.filter(|known| out(known.reach)).map(|_| host.clone()).into_iter().collect()
        } else if let Command::Load { .. } = command {
            self.looks.failing.keys().cloned().collect()
        } else {
            Vec::new()
        };
        for host in &hosts {
            self.carry.forget(host);
            self.looks.hurry(host, now);
        }
    }

    fn looked(&mut self, host: &HostName, result: Result<Look, Blind>, now: Timestamp) {
        self.told.looks += 1;
        let ended = match result {
            Ok(look) => {
                // No copy of the World is kept over the writing: each would cost a whole map.
                for event in plan::observe(self.ledger.world(), host, &look.sighting) {
                    self.note(event, now);
                }
                self.looks.samples.insert(host.clone(), look.sample);
                Ended::Answered
            }
            Err(Blind::Lost(lost)) if lost.cause == LostCause::Turn => {
                // What failed before is told still, and not in turns with this.
                let fails = self.looks.failing.contains_key(host);
                let waits = plan::waits(self.ledger.world(), host, &lost.why);
                if let Some(event) = waits.filter(|_| !fails) {
                    self.note(event, now);
                }
                Ended::Waited
            }
            Err(blind) => {
                self.told.looks_failed += 1;
                failed(blind)
            }
        };
        self.looks.ended(host, self.ledger.world(), ended, now);
    }

    /// Makes the batch durable, then tells everybody.
    async fn write(&mut self) -> Result<(), EngineError> {
        let entries = self.ledger.commit().await?;
        for (answer, done) in self.answers.drain(..) {
            let _ = answer.send(done);
        }
        if !entries.is_empty() {
            self.told.entries += entries.len() as u64;
            self.ends.world.send_replace(self.ledger.world().clone());
            self.ends.stream.push(entries);
        }
        if self.ledger.world().seq >= self.checkpointed + CHECKPOINT_EVERY {
            self.checkpointed = self.ledger.world().seq;
            self.ledger.store().checkpoint(self.ledger.world()).await?;
        }
        let declared = self.ledger.world().hosts.len();
        self.told.ready = self.looks.tried.len() >= declared;
        let told = self.told.clone();
        self.ends.status.send_if_modified(|old| {
            let changed = *old != told;
            *old = told;
            changed
        });
        Ok(())
    }

    /// Once a minute the World is checked against its own rules. A breach is our fault: it is
    /// told to everybody, and work goes on as carefully as before.
    fn audit(&mut self, now: Timestamp) {
        if now >= self.audited && now.since(self.audited) < AUDIT_EVERY {
            return;
        }
        self.audited = now;
        let wrong = plan::check::check_world(self.ledger.world());
        self.told.trouble = wrong.first().cloned();
        wrong.iter().for_each(|wrong| tracing::error!(%wrong, "a rule is broken"));
    }

    /// Samples are lossy: they go out once a second.
    fn publish_samples(&mut self) {
        self.ends.samples.send_if_modified(|old| {
            let changed = **old != self.looks.samples;
            if changed {
                *old = Arc::new(self.looks.samples.clone());
            }
            changed
        });
    }

    fn send(&mut self, errand: Errand) {
        self.told.commands += 1;
        self.errands += 1;
        match errand {
            Errand::Vm { vm, host, spec, order } => self.send_for_vm(vm, host, spec, order),
            Errand::Host { host, spec, order, limit } => {
                self.send_to_host(host, spec, order.op, limit, async move { Ok(order) });
            }
            Errand::File { host, spec, op, from, to, mode } => {
                let files = self.files.clone();
                let read = async move {
                    let content = files.read(&from).await?;
                    let job = format!("copy {}", from.display());
                    Ok(HostOrder { op, what: HostWork::Copy { content, to, mode }, job })
                };
                self.send_to_host(host, spec, op, Span::from_mins(2), read);
            }
        }
    }

    fn send_to_host(
        &mut self,
        host: HostName,
        spec: HostSpec,
        op: OpId,
        limit: Span,
        order: impl Future<Output = Result<HostOrder, String>> + Send + 'static,
    ) {
        let limit = self.clock.real(limit, self.limits.floor);
        let (carry, inputs) = (self.carry.clone(), self.inputs.clone());
        let epoch = self.ledger.world().epoch;
        tokio::spawn(async move {
            let span = tracing::info_span!("host command", %host, %op);
            let work = async {
                match order.await {
                    Ok(order) => {
                        driver::carry_out_on_host(&*carry, &host, &spec, &order, epoch, limit).await
                    }
                    Err(said) => HostAnswer {
                        outcome: Outcome::Refused { class: Refusal::Other, said },
                        said: String::new(),
                    },
                }
            };
            let answer = tracing::Instrument::instrument(work, span.clone()).await;
            span.in_scope(|| tracing::info!(outcome = ?answer.outcome, "carried out"));
            let _ = inputs.send(Input::Worked { host, op, answer: Box::new(answer) });
        });
    }

    fn send_for_vm(&mut self, vm: VmId, host: HostName, spec: HostSpec, order: driver::Order) {
        let limit = match order.kind {
            OpKind::Clone => self.limits.clone,
            OpKind::Start => self.limits.start,
            OpKind::Deregister | OpKind::Stop => self.limits.stop,
            OpKind::Delete => self.limits.delete,
        };
        let limit = self.clock.real(limit, self.limits.floor);
        let (carry, inputs) = (self.carry.clone(), self.inputs.clone());
        let epoch = self.ledger.world().epoch;
        tokio::spawn(async move {
            let op = order.op;
            let span = tracing::info_span!("command", %host, %vm, kind = %order.kind, %op);
            let carried = driver::carry_out(&*carry, &host, &spec, &order, epoch, limit);
            let outcome = tracing::Instrument::instrument(carried, span.clone()).await;
            span.in_scope(|| tracing::info!(?outcome, "carried out"));
            let _ = inputs.send(Input::Carried { vm, host, op, outcome });
        });
    }

    fn look(&mut self, host: HostName, now: Timestamp) {
        let Some(known) = self.ledger.world().hosts.get(&host) else { return };
        let (spec, epoch) = (known.spec.clone(), self.ledger.world().epoch);
        let probes = plan::probes(self.ledger.world(), &host);
        let probes: Vec<Probe> = probes.into_iter().map(|(vm, sh)| Probe { vm, sh }).collect();
        let (carry, inputs) = (self.carry.clone(), self.inputs.clone());
        let limit = self.clock.real(LOOK_LIMIT, LOOK_FLOOR);
        let clock = self.clock.clone();
        tokio::spawn(async move {
            let looked = driver::look(&*carry, &host, &spec, &probes, epoch, now, limit);
            let mut result = looked.await;
            if let Ok(look) = &mut result {
                let took = clock.now().since(now).as_millis();
                look.sample.took_ms = u32::try_from(took).unwrap_or(u32::MAX);
            }
            let _ = inputs.send(Input::Looked { host, result: Box::new(result) });
        });
    }

    /// Takes no more commands, lets those under way end for a while, writes a checkpoint.
    /// VMs outlive the controller.
    async fn wind_down(&mut self) -> Result<(), EngineError> {
        self.ends.asks.close();
        let wall = Clock::wall();
        let end = wall.now() + Span::from_millis(GRACE.as_millis() as u64);
        while self.errands > 0 {
            let left = end.since(wall.now());
            tokio::select! {
                () = wall.sleep(left) => break,
                Some(input) = self.came.recv() => {
                    let now = self.clock.now();
                    self.take_in(input, now)?;
                    self.write().await?;
                }
            }
        }
        self.write().await?;
        self.ledger.store().checkpoint(self.ledger.world()).await?;
        Ok(())
    }

    fn tell_all_stopping(&mut self) {
        self.ends.asks.close();
        for (answer, _) in self.answers.drain(..) {
            let _ = answer.send(Err(Denied::Stopping));
        }
        while let Ok(ask) = self.ends.asks.try_recv() {
            if let Ask::Do { answer, .. } = ask {
                let _ = answer.send(Err(Denied::Stopping));
            }
        }
    }
}

/// Why a look showed nothing. The host is named by whatever shows its reasons.
fn failed(blind: Blind) -> Ended {
    match blind {
        Blind::Lost(lost) => {
            let blame = match lost.cause {
                LostCause::Identity => Blame::Key,
                LostCause::JumpIdentity => Blame::JumpKey,
                LostCause::Network | LostCause::Auth | LostCause::Config | LostCause::Turn => {
                    Blame::Silence
                }
            };
            Ended::Failed(lost.why, blame)
        }
        Blind::Unreadable { why, .. } => Ended::Failed(why, Blame::Silence),
    }
}
