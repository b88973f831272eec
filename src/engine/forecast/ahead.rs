//! A World that runs ahead: what the plan says is written down at once, and what was sent ends
//! after its usual time, well.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::usual::{self, Usual};
use super::{ASSUMED_BUSY, Book};
use crate::engine::orders::{Ids, events_of};
use crate::model::{
    Act, Actor, Entry, Event, HostName, JobId, OpKind, Outcome, Sighting, Span, StepAt, Timestamp,
    VmId, World,
};
use crate::plan;

/// The clock runs ahead by so much at most while anything moves: some things wait for time only.
const STRIDE: Span = Span::from_secs(20);
/// And by so much at least for each hundred hosts: what ends within that ends at once. The more
/// hosts, the more moments, and the more each of them costs.
const STRIDE_PER_HUNDRED: Span = Span::from_secs(1);

/// A host says at once that it will restart.
const ANSWER: Span = Span::from_secs(5);

/// What ends, and when.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Vm(VmId),
    Ready(VmId),
    Idle(VmId),
    Host(HostName),
    Rebooted(HostName),
}

/// The World as it will be.
pub(super) struct Ahead {
    world: World,
    /// The World as it was a moment ago, and what has happened since.
    kept: World,
    since: Vec<Entry>,
    pub(super) now: Timestamp,
    ids: Ids,
    usual: Usual,
    due: BinaryHeap<Reverse<(Timestamp, Due)>>,
    least_stride: Span,
}

impl Ahead {
    pub(super) fn new(world: &Arc<World>, now: Timestamp) -> Self {
        let mut noise = 0_u16;
        let noise = move || {
            noise = noise.wrapping_add(1);
            noise
        };
        let mut ahead = Self {
            world: World::clone(world),
            kept: World::clone(world),
            since: Vec::new(),
            now,
            ids: Ids::above(world, Box::new(noise)),
            usual: Usual::of(world),
            due: BinaryHeap::new(),
            least_stride: Span::from_millis(
                STRIDE_PER_HUNDRED.as_millis() * (world.hosts.len() as u64).div_ceil(100),
            ),
        };
        for vm in world.vms.values() {
            if let Some(op) = &vm.op {
                ahead.later(now + usual::vm_command(op.kind), Due::Vm(vm.id));
            } else if vm.busy != Some(false) {
                ahead.later(now + ASSUMED_BUSY, Due::Idle(vm.id));
            }
            if vm.phase == crate::model::Phase::Booting {
                ahead.later(now + ahead.usual.boot, Due::Ready(vm.id));
            }
        }
        for (name, host) in world.hosts.iter().filter(|(_, host)| host.op.is_some()) {
            let at_step = host.op.as_ref().map(|op| (op.job, op.at));
            ahead.host_command(name, at_step);
        }
        ahead
    }

    pub(super) fn world(&self) -> &World {
        &self.world
    }

    fn later(&mut self, at: Timestamp, due: Due) {
        self.due.push(Reverse((at, due)));
    }

    fn put(&mut self, event: Event, book: &mut Book) {
        let (seq, epoch, at) = (self.world.seq + 1, self.world.epoch, self.now);
        let entry = Entry { seq, at, epoch, actor: Actor::controller(), event };
        if self.world.apply(&entry).is_err() {
            // What does not follow would not happen either; it may have changed half a thing.
            self.world = self.kept.clone();
            for entry in &self.since {
                let _ = self.world.apply(entry);
            }
            return;
        }
        book.see(&self.world, &entry.event, self.now);
        self.since.push(entry);
    }

    /// From here on is told again when an event does not follow. A copy for each event would
    /// cost as much as the fleet is large.
    fn keep(&mut self) {
        self.kept = self.world.clone();
        self.since.clear();
    }

    /// One pass of the planner; whether it decided anything.
    pub(super) fn pass(&mut self, book: &mut Book) -> bool {
        self.keep();
        let actions = plan::plan(&self.world, self.now).actions;
        let any = !actions.is_empty();
        for action in actions {
            for event in events_of(&self.world, action, &mut self.ids, self.now) {
                let sent = event.clone();
                self.put(event, book);
                self.sent(&sent);
            }
        }
        any
    }

    /// What was sent ends later.
    fn sent(&mut self, event: &Event) {
        if let Event::OpBegun { vm, kind, .. } = event {
            self.later(self.now + usual::vm_command(*kind), Due::Vm(*vm));
        } else if let Event::HostOpBegun { host, job, at, .. } = event {
            self.host_command(host, Some((*job, *at)));
        }
    }

    fn host_command(&mut self, host: &HostName, step: Option<(JobId, StepAt)>) {
        let play = step.and_then(|(job, at)| Some((self.world.jobs.get(&job)?.play.clone()?, at)));
        let Some((play, at)) = play else { return };
        let Some(step) = play.playbook.step(at) else { return };
        let takes = self.usual.command(&play.playbook.name, at, &step.act);
        let answer = if let Act::Reboot { .. } = &step.act {
            self.later(self.now + takes, Due::Rebooted(host.clone()));
            ANSWER.min(takes)
        } else {
            takes
        };
        self.later(self.now + answer, Due::Host(host.clone()));
    }

    /// Runs ahead to the next moment at which something happens.
    pub(super) fn stride(&mut self, until: Timestamp, book: &mut Book) {
        let moves = !self.due.is_empty() || self.world.jobs.values().any(|job| !job.is_over());
        self.keep();
        let (least, most) =
            (self.now + self.least_stride, self.now + STRIDE.max(self.least_stride));
        self.now = match self.due.peek() {
            Some(Reverse((at, _))) if moves => (*at).clamp(least, most),
            None if moves => most,
            Some(_) | None => self.next_run().min(until),
        };
        while let Some(Reverse((at, _))) = self.due.peek() {
            if *at > self.now {
                break;
            }
            if let Some(Reverse((_, due))) = self.due.pop() {
                self.ends(due, book);
            }
        }
    }

    fn next_run(&self) -> Timestamp {
        let next = |name| plan::next_runs(&self.world, name, self.now, 1).pop();
        let next = self.world.schedules.keys().filter_map(next).min();
        next.map_or(Timestamp::from_millis(i64::MAX), |at| at.max(self.now + self.least_stride))
    }

    fn ends(&mut self, due: Due, book: &mut Book) {
        match due {
            Due::Vm(id) => self.vm_command_ends(id, book),
            Due::Ready(vm) => {
                self.put(Event::VmReady { vm, ip: "192.168.64.2".into() }, book);
                self.tells_idle(vm, book);
            }
            Due::Idle(vm) => self.tells_idle(vm, book),
            Due::Host(name) => {
                let op = self.world.hosts.get(&name).and_then(|host| host.op.clone());
                let Some(op) = op else { return };
                let (host, outcome, said) = (name.clone(), Outcome::Done, String::new());
                self.put(Event::HostOpEnded { host, op: op.id, outcome, said }, book);
                self.shows_images(&name, book);
            }
            Due::Rebooted(name) => {
                let now = self.now;
                let boot = format!("forecast {now}");
                self.shows(&name, book, |seen| {
                    (seen.facts.boot, seen.facts.booted_at) = (boot, now);
                });
            }
        }
    }

    fn vm_command_ends(&mut self, id: VmId, book: &mut Book) {
        let Some(op) = self.world.vms.get(&id).and_then(|vm| vm.op.clone()) else { return };
        self.put(Event::OpEnded { vm: id, op: op.id, outcome: Outcome::Done }, book);
        match op.kind {
            OpKind::Start => self.later(self.now + self.usual.boot, Due::Ready(id)),
            OpKind::Delete => {
                let was = self.world.vms.get(&id).map(|vm| (vm.host.clone(), vm.host_name()));
                self.put(Event::VmGone { vm: id }, book);
                if let Some((host, name)) = was {
                    self.shows_gone(&host, &name, book);
                }
            }
            OpKind::Deregister => self.tells_idle(id, book),
            OpKind::Clone | OpKind::Stop => {}
        }
    }

    /// Where a pool has a probe, it is taken to say that the VM has no work.
    fn tells_idle(&mut self, id: VmId, book: &mut Book) {
        let Some(vm) = self.world.vms.get(&id) else { return };
        let probed = self.world.pools.get(&vm.pool).is_some_and(|pool| pool.spec.busy.is_some());
        if probed && vm.busy != Some(false) {
            self.put(Event::VmBusy { vm: id, busy: Some(false) }, book);
        }
    }

    /// An image that was fetched is there.
    fn shows_images(&mut self, name: &HostName, book: &mut Book) {
        let sources: Vec<String> =
            self.world.images.values().map(|image| image.source.clone()).collect();
        self.shows(name, book, |seen| seen.images = Some(sources));
    }

    /// A look that still listed a VM of ours which is gone would take it for somebody else's.
    fn shows_gone(&mut self, host: &HostName, vm: &str, book: &mut Book) {
        let seen = self.world.hosts.get(host).and_then(|host| host.seen.as_ref());
        if !seen.is_some_and(|seen| seen.vms.as_ref().is_some_and(|vms| vms.contains_key(vm))) {
            return;
        }
        self.shows(host, book, |seen| {
            let gone = seen.vms.as_mut().and_then(|vms| vms.remove(vm));
            if gone.is_some_and(|vm| vm.state.runs()) {
                seen.guests = seen.guests.map(|guests| guests.saturating_sub(1));
            }
        });
    }

    fn shows(&mut self, name: &HostName, book: &mut Book, change: impl FnOnce(&mut Sighting)) {
        let Some(mut seen) = self.world.hosts.get(name).and_then(|host| host.seen.clone()) else {
            return;
        };
        seen.at = self.now;
        change(&mut seen);
        let (host, sighting) = (name.clone(), Box::new(seen));
        self.put(Event::HostSeen { host, sighting }, book);
    }
}
