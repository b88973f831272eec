//! A controller's life over toy Macs, in which every boundary is counted and one of them is where
//! it is killed.

use std::collections::BTreeMap;

use hostler::config::{self, Files};
use hostler::engine::{Ids, events_of};
use hostler::model::{self, *};
use hostler::plan::{self, Blame, Contact, check::check_world};

use crate::mac::{Loses, Mac, Order};

const INVENTORY: &str = "
defaults: {user: admin}
groups:
  bern:
    hosts:
      a: {address: 10.0.0.1}
      b: {address: 10.0.0.2}
      c: {address: 10.0.0.3}
images:
  tahoe: {source: reg/tahoe:1, os: macos}
  other: {source: reg/other:1, os: macos}
pools:
  ci:
    image: tahoe
    size: 4
    busy: {sh: test -e busy}
    retire: {sh: touch told}
";
/// Looks and passes come this often.
const PACE: Span = Span::from_secs(5);

/// So much later than its controller's death a command may still arrive.
const LATE: Span = Span::from_secs(10);

/// A command on its way.
struct Sent {
    host: HostName,
    op: OpId,
    vm: Option<VmId>,
    order: Order,
}

/// When, in the life of a command, something happens to its host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// Before it is written down.
    Before,
    /// When it has been sent.
    Sent,
    /// When it has been done, and before the answer is read.
    Done,
    /// When its end has been written down.
    After,
}

/// What goes wrong, once: at the first command of that name.
#[derive(Clone, Copy)]
pub(crate) struct Strike {
    pub(crate) deed: &'static str,
    pub(crate) when: When,
    pub(crate) begin: fn(&mut Mac, Timestamp),
    pub(crate) end: fn(&mut Mac),
    pub(crate) lasts: Span,
    /// The clock goes ahead by so much.
    pub(crate) ahead: Span,
}

/// The life.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) macs: BTreeMap<HostName, Mac>,
    ids: Ids,
    now: Timestamp,
    sent: Vec<Sent>,
    /// What was sent before the kill arrives a little later all the same.
    pub(crate) late: bool,
    arrives: Vec<(Timestamp, u64, Sent)>,
    failing: BTreeMap<HostName, Contact>,
    heard: BTreeMap<HostName, Timestamp>,
    /// Boundaries passed since the job was opened.
    pub(crate) boundaries: usize,
    pub(crate) kill_at: Option<usize>,
    pub(crate) killed: bool,
    /// What happened, in words.
    pub(crate) told: Vec<String>,
    counting: bool,
    pub(crate) strike: Option<Strike>,
    /// Whom it has struck, and until when.
    pub(crate) struck: Option<(HostName, Timestamp, Strike)>,
}

/// No job is open, no command is under way, and every VM serves.
pub(crate) fn at_rest(world: &World) -> bool {
    let serves = |vm: &std::sync::Arc<Vm>| vm.is_ready() && vm.op.is_none();
    world.jobs.values().all(|job| job.is_over())
        && world.vms.values().all(serves)
        && world.vms.len() == 4
        && world.hosts.values().all(|host| host.op.is_none() && host.reach == Reach::Up)
}

impl Story {
    /// A fleet whose pool is whole, with the playbook `all`.
    pub(crate) fn whole(playbook: &str) -> Self {
        let text = |path: &str, text: &str| (path.into(), text.to_string());
        let texts = [text("inventory/all.yaml", INVENTORY), text("playbooks/all.yaml", playbook)];
        let files = Files { texts: texts.into(), ..Files::default() };
        let loaded = config::check(&files).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        let world = World::default();
        let mut noise = 0_u16;
        let noise = move || {
            noise = noise.wrapping_add(7);
            noise
        };
        let macs = loaded.fleet.hosts.keys().map(|name| (name.clone(), Mac::default())).collect();
        let mut story = Self {
            ids: Ids::above(&world, Box::new(noise)),
            world,
            macs,
            now: "2026-11-21T00:00:00Z".parse().unwrap(),
            sent: Vec::new(),
            late: false,
            arrives: Vec::new(),
            failing: BTreeMap::new(),
            heard: BTreeMap::new(),
            boundaries: 0,
            kill_at: None,
            killed: false,
            told: Vec::new(),
            counting: false,
            strike: None,
            struck: None,
        };
        story.put(Event::ControllerStarted { version: "test".into() });
        let change = story.world.difference(&loaded.fleet);
        story.put(Event::FleetChanged { change });
        for _ in 0..100 {
            story.step();
            if at_rest(&story.world) {
                break;
            }
        }
        assert!(at_rest(&story.world), "{:#?}", plan::plan(&story.world, story.now).held);
        story.macs.values_mut().for_each(|mac| mac.deeds.clear());
        story
    }

    /// Opens a job; from here on boundaries count.
    pub(crate) fn open(&mut self, ask: fn(&World, Timestamp) -> Opening) {
        let opening = Box::new(ask(&self.world, self.now));
        let action = Action::OpenJob(opening);
        for event in events_of(&self.world.clone(), action, &mut self.ids, self.now) {
            self.put(event);
        }
        self.counting = true;
    }

    /// Something goes wrong on this host, if it is to here.
    fn strikes(&mut self, when: When, deed: &str, host: &HostName) {
        let here = |strike: &Strike| strike.when == when && strike.deed == deed;
        let Some(strike) = self.strike.filter(|strike| self.counting && here(strike)) else {
            return;
        };
        self.strike = None;
        self.now = self.now + strike.ahead;
        self.told.push(format!("--- {} {host} is struck {when:?} {deed}", self.now));
        (strike.begin)(self.macs.get_mut(host).unwrap(), self.now);
        self.struck = Some((host.clone(), self.now + strike.lasts, strike));
    }
    /// What has gone wrong is right again. A person looks at a key that has changed.
    fn heals(&mut self) {
        let due = self.struck.as_ref().is_some_and(|(_, until, _)| *until <= self.now);
        let Some((host, _, strike)) = self.struck.take_if(|_| due) else { return };
        self.told.push(format!("--- {} {host} is well again", self.now));
        (strike.end)(self.macs.get_mut(&host).unwrap());
        if self.world.hosts[&host].reach == Reach::IdentityMismatch {
            let fingerprint = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".parse().unwrap();
            self.put(Event::HostTrusted { host: host.clone(), fingerprint, reason: String::new() });
            self.failing.remove(&host);
        }
    }

    fn put(&mut self, event: Event) {
        if let Event::SlotReserved { host, .. } = &event {
            let host = &self.world.hosts[host];
            assert!(host.holds.is_empty() && host.reach == Reach::Up, "{}", self.told.join("\n"));
        }
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let entry = Entry {
            seq: self.world.seq + 1,
            at: self.now,
            epoch: self.world.epoch + starts,
            actor: Actor::controller(),
            event,
        };
        if !matches!(entry.event, Event::HostSeen { .. }) {
            self.told.push(format!("{} {:?}", self.now, entry.event));
        }
        self.world.apply(&entry).unwrap_or_else(|why| panic!("{why}\n{}", self.told.join("\n")));
        assert_eq!(check_world(&self.world), Vec::<String>::new());
        for job in self.world.jobs.values() {
            let begun = |task: &&HostTask| matches!(task.state, TaskState::Begun { .. });
            let begun = job.hosts.values().filter(begun).count();
            assert!(begun <= 1, "one at a time:\n{}", self.told.join("\n"));
        }
    }

    /// A boundary; whether the controller is killed here. What was sent and has not arrived
    /// never does, or does later; and replies have nobody to read them.
    fn killed_here(&mut self) -> bool {
        if !self.counting || self.killed {
            return false;
        }
        let here = self.kill_at == Some(self.boundaries);
        self.boundaries += 1;
        if here {
            self.killed = true;
            self.told.push("--- killed".into());
            let (due, epoch) = (self.now + LATE, self.world.epoch);
            let sent = std::mem::take(&mut self.sent);
            if self.late {
                self.arrives = sent.into_iter().map(|sent| (due, epoch, sent)).collect();
            }
            self.failing.clear();
            self.heard.clear();
            self.put(Event::ControllerStarted { version: "test".into() });
        }
        here
    }

    /// A group of entries that is made durable as one.
    fn group(&mut self, events: Vec<Event>) -> bool {
        if events.is_empty() {
            return false;
        }
        if self.killed_here() {
            return true;
        }
        events.into_iter().for_each(|event| self.put(event));
        self.killed_here()
    }

    /// Five seconds of it. A kill ends what is left of them.
    pub(crate) fn step(&mut self) {
        self.now = self.now + PACE;
        self.heals();
        // What is decided before anybody has looked again after a kill counts too.
        self.land_late();
        let _ = self.pass() || self.commands() || self.looks();
    }

    /// Commands of the controller that is no more. A Mac that has been told of the new one
    /// refuses them; nobody reads an answer.
    fn land_late(&mut self) {
        let now = self.now;
        let (due, rest): (Vec<_>, Vec<_>) = self.arrives.drain(..).partition(|at| at.0 <= now);
        self.arrives = rest;
        for (_, epoch, sent) in due {
            let mac = self.macs.get_mut(&sent.host).unwrap();
            if mac.epoch <= epoch && !mac.is_down(now) {
                let outcome = mac.obey(sent.op, &sent.order, now);
                self.told
                    .push(format!("{now} {} does late {:?}: {outcome:?}", sent.host, sent.order));
            }
        }
    }

    fn looks(&mut self) -> bool {
        for host in self.macs.keys().cloned().collect::<Vec<_>>() {
            let shown = self.macs[&host].look(self.now);
            let events = match shown.filter(|_| !self.macs[&host].ills.other_key) {
                Some(sighting) => {
                    self.failing.remove(&host);
                    self.heard.insert(host.clone(), self.now);
                    plan::observe(&self.world, &host, &sighting)
                }
                None => {
                    let (now, why) = (self.now, "no answer".to_string());
                    let last = *self.heard.entry(host.clone()).or_insert(now);
                    let key =
                        if self.macs[&host].ills.other_key { Blame::Key } else { Blame::Silence };
                    let failing = self.failing.entry(host.clone());
                    failing
                        .and_modify(|contact| contact.again(now, why.clone(), key))
                        .or_insert_with(|| Contact::first(last, now, why.clone(), key));
                    Vec::new()
                }
            };
            if self.group(events) {
                return true;
            }
        }
        let events = plan::reach(&self.world, &self.failing, self.now);
        self.group(events)
    }

    fn pass(&mut self) -> bool {
        for action in plan::plan(&self.world, self.now).actions {
            let what =
                if let Action::HostDo { what, .. } = &action { what.clone() } else { Vec::new() };
            let events = events_of(&self.world, action, &mut self.ids, self.now);
            let begun = events.clone();
            for event in &begun {
                if let Some((deed, host)) = self.deed(event) {
                    self.strikes(When::Before, &deed, &host);
                }
            }
            if self.group(events) {
                return true;
            }
            for event in begun {
                self.send(&event, &what);
            }
        }
        false
    }

    /// The command that an entry begins, and on which host.
    fn deed(&self, event: &Event) -> Option<(String, HostName)> {
        if let Event::OpBegun { vm, kind, .. } = event {
            return Some((kind.to_string(), self.world.vms.get(vm)?.host.clone()));
        }
        let Event::HostOpBegun { host, job, at, .. } = event else { return None };
        let play = self.world.jobs[job].play.as_ref().unwrap();
        Some((play.playbook.step(*at).unwrap().act.word().into(), host.clone()))
    }

    /// What an entry sends to a host.
    fn send(&mut self, event: &Event, what: &[String]) {
        if let Event::OpBegun { vm: id, op, kind } = event {
            let vm = &self.world.vms[id];
            let (kind, image) = (*kind, self.world.images[&vm.image].source.clone());
            let order = Order::Vm { kind, vm: vm.host_name(), image };
            self.sent.push(Sent { host: vm.host.clone(), op: *op, vm: Some(*id), order });
        } else if let Event::HostOpBegun { host, op, job, at } = event {
            let play = self.world.jobs[job].play.as_ref().unwrap();
            let order = match play.playbook.step(*at).unwrap().act.sent().unwrap() {
                model::Sent::Sh { run } => Order::Sh { run: run.to_owned() },
                model::Sent::Copy { to, .. } => Order::Copy { to: to.to_owned() },
                model::Sent::Prefetch => Order::Pull { image: what[0].clone() },
                model::Sent::PruneImages => Order::Prune { keep: what.to_vec() },
                model::Sent::Reboot => Order::Reboot,
            };
            self.sent.push(Sent { host: host.clone(), op: *op, vm: None, order });
        }
    }

    /// What was sent arrives, and is answered.
    fn commands(&mut self) -> bool {
        while let Some(sent) = self.sent.pop() {
            if self.killed_here() {
                return true;
            }
            let deed = sent.order.word();
            self.strikes(When::Sent, &deed, &sent.host);
            let (now, epoch) = (self.now, self.world.epoch);
            let mac = self.macs.get_mut(&sent.host).unwrap();
            let lost = || Outcome::Unknown { why: "no answer".into() };
            let loses = mac.ills.loses.take();
            let mut outcome = match loses {
                _ if mac.is_down(now) && self.struck.is_none() => continue,
                // The line is dead: what was sent may have arrived, as far as anybody knows.
                _ if mac.is_down(now) || mac.ills.other_key => lost(),
                Some(Loses::Command) => lost(),
                Some(Loses::Answer) | None => {
                    mac.epoch = epoch;
                    mac.obey(sent.op, &sent.order, now)
                }
            };
            self.told.push(format!("{now} {} does {:?}: {outcome:?}", sent.host, sent.order));
            if self.killed_here() {
                return true;
            }
            self.strikes(When::Done, &deed, &sent.host);
            let mac = self.macs.get_mut(&sent.host).unwrap();
            if loses == Some(Loses::Answer) || mac.ills.loses.take().is_some() || mac.ills.silent {
                outcome = lost();
            }
            let end = match sent.vm {
                Some(vm) => plan::completed(&self.world, vm, sent.op, outcome),
                None => Some(Event::HostOpEnded {
                    host: sent.host.clone(),
                    op: sent.op,
                    outcome,
                    said: String::new(),
                }),
            };
            if self.group(end.into_iter().collect()) {
                return true;
            }
            self.strikes(When::After, &deed, &sent.host);
        }
        false
    }
}
