//! A scenario as it goes: the World, grown by legal events only, against toy hosts on a clock
//! that the scenario moves. The invariants are checked after every event.

use std::collections::{BTreeMap, BTreeSet};

use hostler::engine::{Ids, events_of};
use hostler::model::*;
use hostler::plan::{self, Blame, Contact, check::check_world};

use super::asks;
use super::file::{Scenario, Then};
use super::happens;
use super::toy::{Swallows, Toy};
use super::words::{self, Names};

/// A command takes so long, and passes come so often; in a wait of hours they come more seldom.
const TICK: Span = Span::from_secs(5);
const LONG: Span = Span::from_hours(1);
const LONG_TICK: Span = Span::from_secs(60);
/// The initial state came about so long before.
const BEFORE: Span = Span::from_mins(1);

/// A command on its way.
struct Flying {
    due: Timestamp,
    host: HostName,
    op: OpId,
    what: Errand,
}

enum Errand {
    Vm { vm: VmId, kind: OpKind, name: String },
    Step { act: Act, what: Vec<String> },
}

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
    pub(crate) toys: BTreeMap<HostName, Toy>,
    pub(crate) names: Names,
    pub(crate) ids: Ids,
    flying: Vec<Flying>,
    failing: BTreeMap<HostName, Contact>,
    last_ok: BTreeMap<HostName, Timestamp>,
    log: Vec<String>,
    /// The day of the last line.
    day: String,
}

impl Stage {
    pub(crate) fn set(scenario: &Scenario) -> Self {
        let fleet = scenario.fleet();
        let now = scenario.now() - BEFORE;
        let world = World::default();
        let mut noise = 0_u16;
        let next = move || {
            noise = noise.wrapping_add(1);
            noise
        };
        let ids = Ids::above(&world, Box::new(next));
        let images = || fleet.images.values().map(|image| image.source.clone());
        let toys = fleet.hosts.keys().map(|name| (name.clone(), Toy::new(images()))).collect();
        let mut stage = Self {
            world,
            now,
            toys,
            names: Names::default(),
            ids,
            flying: Vec::new(),
            failing: BTreeMap::new(),
            last_ok: BTreeMap::new(),
            log: Vec::new(),
            day: scenario.now().to_string()[..10].to_string(),
        };
        stage.put(Event::ControllerStarted { version: "test".into() });
        stage.declare(&fleet);
        happens::begin(&mut stage, scenario);
        stage.now = scenario.now();
        stage.look_around();
        stage
    }

    /// What is answered and decided in this step, and what is held at its end.
    pub(crate) fn play(&mut self, scenario: &Scenario, then: &Then) -> String {
        for what in &then.happens {
            happens::happen(self, what);
        }
        if let Some(fleet) = &then.fleet {
            let fleet = scenario.fleet_of(fleet);
            self.declare(&fleet);
        }
        for ask in &then.asks {
            for line in asks::answer(self, ask) {
                self.say(&line);
            }
        }
        let wait = then.wait.unwrap_or(Span::ZERO);
        let (end, tick) = (self.now + wait, if wait > LONG { LONG_TICK } else { TICK });
        self.turn();
        while self.now < end {
            self.now = self.now + tick.min(end.since(self.now));
            self.turn();
        }
        let mut held: Vec<String> = words::held(&plan::plan(&self.world, self.now)).collect();
        held.iter_mut().for_each(|line| *line = self.names.shorten(line));
        let lines = std::mem::take(&mut self.log).into_iter().chain(held);
        lines.map(|line| line + "\n").collect()
    }

    pub(crate) fn declare(&mut self, fleet: &Fleet) {
        let change = self.world.difference(fleet);
        if !change.is_empty() {
            self.put(Event::FleetChanged { change });
        }
    }

    pub(crate) fn put(&mut self, event: Event) {
        self.put_by(&Actor::controller(), event);
    }

    pub(crate) fn put_by(&mut self, actor: &Actor, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world.seq + 1, self.world.epoch + starts);
        let entry = Entry { seq, at: self.now, epoch, actor: actor.clone(), event };
        self.world.apply(&entry).unwrap_or_else(|why| panic!("at {}: {why}", self.now));
        let wrong = check_world(&self.world);
        assert!(wrong.is_empty(), "at {} after {entry:?}: {wrong:?}", self.now);
    }

    fn say(&mut self, line: &str) {
        let at = self.now.to_string();
        if at[..10] != self.day {
            self.day = at[..10].into();
            self.log.push(format!("-- {}", self.day));
        }
        self.log.push(format!("{} {}", &at[11..19], self.names.shorten(line)));
    }

    /// What is on its way arrives, hosts are looked at, and a pass decides.
    fn turn(&mut self) {
        self.land();
        self.look_around();
        self.pass();
        for (name, toy) in &self.toys {
            assert!(toy.guests() <= 2, "{name} runs {} guests", toy.guests());
        }
    }

    fn pass(&mut self) {
        let plan = plan::plan(&self.world, self.now);
        assert_eq!(plan, plan::plan(&self.world.clone(), self.now), "same world, same plan");
        for action in plan.actions {
            let events = events_of(&self.world, action.clone(), &mut self.ids, self.now);
            self.names.learn(&events);
            for line in words::action(&self.world, &action, &events) {
                self.say(&line);
            }
            for event in events {
                self.put(event.clone());
                self.send(&action, event);
            }
        }
    }

    fn send(&mut self, action: &Action, event: Event) {
        let due = self.now + TICK;
        if let Event::OpBegun { vm, op, kind } = event {
            let (host, name) = (self.world.vms[&vm].host.clone(), self.world.vms[&vm].host_name());
            self.flying.push(Flying { due, host, op, what: Errand::Vm { vm, kind, name } });
        } else if let (Event::HostOpBegun { host, op, job, at }, Action::HostDo { what, .. }) =
            (event, action)
        {
            let play = self.world.jobs[&job].play.as_ref().unwrap();
            let (act, what) = (play.playbook.step(at).unwrap().act.clone(), what.clone());
            self.flying.push(Flying { due, host, op, what: Errand::Step { act, what } });
        }
    }

    fn land(&mut self) {
        let now = self.now;
        let (due, rest): (Vec<_>, Vec<_>) = self.flying.drain(..).partition(|f| f.due <= now);
        self.flying = rest;
        for Flying { host, op, what, .. } in due {
            let toy = self.toys.get_mut(&host).unwrap();
            let swallows = toy.swallows.take();
            let unknown = || Outcome::Unknown { why: "the line went dead".into() };
            let arrives = toy.answers(now) && !toy.other_key && !toy.other_jump;
            let fence = (self.world.epoch, op);
            let mut outcome = match &what {
                // What is lost of these is the answer, even when the host falls silent by then.
                _ if swallows == Some(Swallows::Command) => unknown(),
                _ if !arrives && swallows.is_none() => unknown(),
                Errand::Vm { kind, name, .. } => toy.obey(fence, *kind, name, now),
                Errand::Step { act, what } => toy.obey_step(fence, act, what, now),
            };
            if swallows == Some(Swallows::Answer) {
                outcome = unknown();
            }
            let claim = plan::claimed(&self.world, &host, &outcome);
            if let Errand::Vm { vm, .. } = what {
                if let Some(event) = plan::completed(&self.world, vm, op, outcome) {
                    self.put(event);
                }
            } else if self.world.hosts[&host].op.as_ref().is_some_and(|known| known.id == op) {
                self.put(Event::HostOpEnded { host, op, outcome, said: String::new() });
            }
            claim.into_iter().for_each(|claim| self.put(claim));
        }
    }

    /// Commands under way when a controller dies have nobody to answer to.
    pub(crate) fn restart(&mut self) {
        self.flying.clear();
        self.failing.clear();
        self.put(Event::ControllerStarted { version: "test".into() });
    }

    pub(crate) fn look_around(&mut self) {
        let known = |host: &&HostName| self.world.hosts.contains_key(*host);
        let hosts: Vec<HostName> = self.toys.keys().filter(known).cloned().collect();
        self.toys.values_mut().for_each(|toy| toy.age(self.now));
        for host in &hosts {
            self.look(host);
        }
        for event in plan::reach(&self.world, &self.failing, self.now) {
            self.put(event);
        }
    }

    fn look(&mut self, host: &HostName) {
        let (now, toy) = (self.now, &self.toys[host]);
        let last_ok = *self.last_ok.entry(host.clone()).or_insert(now);
        if !toy.answers(now) || toy.other_key || toy.other_jump {
            let (why, key) = match (toy.other_key, toy.other_jump) {
                (_, true) => ("by way of ops@bastion:22: its host key has CHANGED", Blame::JumpKey),
                (true, false) => ("it shows another host key", Blame::Key),
                (false, false) => ("no answer", Blame::Silence),
            };
            let first = || Contact::first(last_ok, now, why.into(), key);
            let failing = self.failing.entry(host.clone());
            failing.and_modify(|c| c.again(now, why.into(), key)).or_insert_with(first);
            return;
        }
        self.failing.remove(host);
        self.last_ok.insert(host.clone(), now);
        let probed: BTreeSet<String> =
            plan::probes(&self.world, host).into_iter().map(|(vm, _)| vm).collect();
        let sighting = self.toys[host].look(now, &probed);
        for event in plan::observe(&self.world, host, &sighting) {
            self.put(event);
        }
    }

    /// The host of this name, and the name in its tool of a VM by its short name.
    pub(crate) fn vm(&self, short: &str) -> (HostName, String) {
        let vm = &self.world.vms[&self.names.id::<VmId>(short)];
        (vm.host.clone(), vm.host_name())
    }
}
