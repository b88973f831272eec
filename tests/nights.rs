//! Many small nights: plan, fold and observation against toy hosts that lose commands, reboot,
//! fall silent and grow foreign VMs, on seeded virtual time. After every entry the invariants
//! hold; when the faults stop, everything comes to rest.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};

use hostler::engine::{Ids, events_of};
use hostler::model::*;
use hostler::plan::{self, Blame, Contact, check::check_world};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What really is on a host.
#[derive(Default)]
struct Toy {
    disks: BTreeSet<String>,
    /// Running, and since when.
    running: BTreeMap<String, Timestamp>,
    foreign: BTreeSet<String>,
    boot: u32,
    silent_until: Timestamp,
    done: BTreeMap<OpId, i32>,
    epoch: u64,
}

impl Toy {
    fn guests(&self) -> usize {
        self.running.len() + self.foreign.len()
    }

    /// Does what a script would do, and gives its exit status and words.
    fn obey(&mut self, kind: OpKind, vm: &str, op: OpId, now: Timestamp) -> Result<(), Refusal> {
        if self.done.get(&op) == Some(&0) {
            return Ok(());
        }
        match kind {
            OpKind::Clone => {
                self.disks.insert(vm.into());
            }
            OpKind::Start if self.running.contains_key(vm) => {}
            OpKind::Start if self.guests() >= 2 => {
                self.done.insert(op, 77);
                return Err(Refusal::Full);
            }
            OpKind::Start if !self.disks.contains(vm) => return Err(Refusal::Missing),
            OpKind::Start => {
                self.running.insert(vm.into(), now);
            }
            OpKind::Deregister => return Err(Refusal::Other),
            OpKind::Stop => {
                self.running.remove(vm);
            }
            OpKind::Delete if self.running.contains_key(vm) => return Err(Refusal::AlreadyRunning),
            OpKind::Delete => {
                self.disks.remove(vm);
            }
        }
        self.done.insert(op, 0);
        Ok(())
    }

    fn look(&self, at: Timestamp) -> Sighting {
        let running = |vm: &String| self.running.get(vm);
        let seen = |vm: &String| {
            let state = if running(vm).is_some() { SeenState::Running } else { SeenState::Stopped };
            let up = running(vm).is_some_and(|since| at.since(*since) >= Span::from_secs(20));
            (vm.clone(), SeenVm { ip: up.then(|| "192.168.64.2".into()), ..SeenVm::new(state) })
        };
        let foreign = |vm: &String| (vm.clone(), SeenVm::new(SeenState::Running));
        Sighting {
            at,
            facts: Facts {
                boot: format!("boot-{}", self.boot),
                tool: "2.35.0".into(),
                ..Facts::default()
            },
            vms: Some(
                self.disks.iter().map(seen).chain(self.foreign.iter().map(foreign)).collect(),
            ),
            images: Some(vec!["image".into()]),
            guests: Some(self.guests() as u32),
            locked: None,
            guard: GuardView { epoch: self.epoch, running: None, done: self.done.clone() },
        }
    }
}

struct Night {
    seed: u64,
    rng: StdRng,
    now: Timestamp,
    world: World,
    ids: Ids,
    toys: BTreeMap<HostName, Toy>,
    /// Commands on their way: when they arrive, and whether the answer comes back.
    flying: Vec<(Timestamp, VmId, HostName, OpId, OpKind, String, bool)>,
    failing: BTreeMap<HostName, Contact>,
    last_ok: BTreeMap<HostName, Timestamp>,
    faults: bool,
    most: usize,
}

const START: &str = "2026-11-21T00:00:00Z";

fn fleet(hosts: usize, size: u32) -> Fleet {
    let mut fleet = Fleet::default();
    for n in 0..hosts {
        let spec = HostSpec::new(Access::Local);
        fleet.hosts.insert(format!("mini-{n:02}").parse().unwrap(), spec);
    }
    let image: ImageName = "xcode".parse().unwrap();
    fleet.images.insert(image.clone(), ImageSpec { source: "image".into(), os: GuestOs::Macos });
    let pool = PoolSpec::new(image, PoolSize::Count(size), Selector::default());
    let name: PoolName = "ci".parse().unwrap();
    fleet.pools.insert(name.clone(), pool);
    let schedule = ScheduleSpec {
        window: Span::from_hours(2),
        max_unavailable: Share::Percent(25),
        ..ScheduleSpec::new(Targets::Pool(name), "respawn".parse().unwrap(), "30 2 * * *", "UTC")
    };
    fleet.schedules.insert("nightly".parse().unwrap(), schedule);
    fleet
}

impl Night {
    fn new(seed: u64, fleet: &Fleet) -> Self {
        let now: Timestamp = START.parse().unwrap();
        let mut noise = StdRng::seed_from_u64(seed ^ 0x5eed);
        let world = World::default();
        let ids = Ids::above(&world, Box::new(move || noise.random()));
        let toys = fleet.hosts.keys().map(|name| (name.clone(), Toy::default())).collect();
        let mut night = Self {
            seed,
            rng: StdRng::seed_from_u64(seed),
            now,
            world,
            ids,
            toys,
            flying: Vec::new(),
            failing: BTreeMap::new(),
            last_ok: BTreeMap::new(),
            faults: true,
            most: 0,
        };
        night.put(Event::ControllerStarted { version: "test".into() });
        let change = night.world.difference(fleet);
        night.put(Event::FleetChanged { change });
        night
    }

    fn put(&mut self, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let entry = Entry {
            seq: self.world.seq + 1,
            at: self.now,
            epoch: self.world.epoch + starts,
            actor: Actor::controller(),
            event,
        };
        let seed = self.seed;
        self.world.apply(&entry).unwrap_or_else(|e| panic!("seed {seed} at {}: {e}", self.now));
        let wrong = check_world(&self.world);
        assert!(wrong.is_empty(), "seed {seed} after {entry:?}: {wrong:?}");
    }

    fn second(&mut self) {
        self.now = self.now + Span::from_secs(1);
        if self.faults {
            self.fault();
        }
        self.land();
        let hosts: Vec<_> = self.toys.keys().cloned().collect();
        for (n, host) in hosts.iter().enumerate() {
            if (self.now.as_millis() / 1_000 + n as i64) % 10 == 0 {
                self.look(host);
            }
        }
        for event in plan::reach(&self.world, &self.failing, self.now) {
            self.put(event);
        }
        self.pass();
        self.most = self.toys.values().map(Toy::guests).fold(self.most, usize::max);
        assert!(self.most <= 2, "seed {}: a host ran {} guests", self.seed, self.most);
    }

    fn pass(&mut self) {
        let plan = plan::plan(&self.world, self.now);
        assert_eq!(plan, plan::plan(&self.world.clone(), self.now), "same world, same plan");
        for action in plan.actions {
            for event in events_of(&self.world.clone(), action, &mut self.ids, self.now) {
                let begun = if let Event::OpBegun { vm, op, kind } = &event {
                    Some((*vm, *op, *kind))
                } else {
                    None
                };
                self.put(event);
                if let Some((id, op, kind)) = begun {
                    let vm = &self.world.vms[&id];
                    let after = Span::from_millis(self.rng.random_range(500..8_000));
                    let answered = !self.faults || !self.rng.random_ratio(1, 12);
                    let (host, name) = (vm.host.clone(), vm.host_name());
                    self.flying.push((self.now + after, id, host, op, kind, name, answered));
                }
            }
        }
    }

    fn land(&mut self) {
        let now = self.now;
        let (due, rest): (Vec<_>, Vec<_>) = self.flying.drain(..).partition(|f| f.0 <= now);
        self.flying = rest;
        for (_, vm, host, op, kind, name, answered) in due {
            let toy = self.toys.get_mut(&host).unwrap();
            let silent = toy.silent_until > now;
            // A lost command has run, or it has not.
            let ran = !silent && (answered || self.rng.random());
            let result = if ran { Some(toy.obey(kind, &name, op, now)) } else { None };
            let outcome = match result {
                Some(Ok(())) if answered => Outcome::Done,
                Some(Err(class)) if answered => Outcome::Refused { class, said: "no".into() },
                Some(_) | None => Outcome::Unknown { why: "silence".into() },
            };
            if let Some(event) = plan::completed(&self.world, vm, op, outcome) {
                self.put(event);
            }
        }
    }

    fn look(&mut self, host: &HostName) {
        let now = self.now;
        let toy = &self.toys[host];
        let last_ok = *self.last_ok.entry(host.clone()).or_insert(now);
        if toy.silent_until > now {
            let why = "no answer".to_string();
            let first = || Contact::first(last_ok, now, why.clone(), Blame::Silence);
            let failing = self.failing.entry(host.clone());
            failing.and_modify(|c| c.again(now, why.clone(), Blame::Silence)).or_insert_with(first);
            return;
        }
        self.failing.remove(host);
        self.last_ok.insert(host.clone(), now);
        let sighting = toy.look(now);
        for event in plan::observe(&self.world, host, &sighting) {
            self.put(event);
        }
    }

    fn fault(&mut self) {
        if !self.rng.random_ratio(1, 40) {
            return;
        }
        let names: Vec<_> = self.toys.keys().cloned().collect();
        let name = &names[self.rng.random_range(0..names.len())];
        let roll = self.rng.random_range(0..6);
        let toy = self.toys.get_mut(name).unwrap();
        match roll {
            0 => {
                toy.boot += 1;
                toy.running.clear();
                toy.foreign.clear();
                toy.done.clear();
                toy.silent_until = self.now + Span::from_secs(90);
            }
            1 | 2 => {
                let long = Span::from_secs(self.rng.random_range(5..150));
                toy.silent_until = self.now + long;
            }
            3 if toy.guests() < 2 => {
                toy.foreign.insert("somebody-elses".into());
            }
            4 => {
                toy.running.pop_first();
            }
            _ => toy.foreign.clear(),
        }
        if self.rng.random_ratio(1, 10) {
            // The controller is killed and started again: what flies is lost from sight.
            self.flying.iter_mut().for_each(|f| f.6 = false);
            self.put(Event::ControllerStarted { version: "test".into() });
            self.failing.clear();
        }
    }
}

#[test]
fn whatever_fails_no_third_vm_runs_and_the_fleet_comes_to_rest() {
    for seed in 0..12 {
        let mut night = Night::new(seed, &fleet(6, 9));
        for _ in 0..4 * 3_600 {
            night.second();
        }
        night.faults = false;
        night.toys.values_mut().for_each(|toy| toy.foreign.clear());
        // A person comes in the morning.
        let held = night.world.pools.iter().filter(|(_, pool)| pool.held.is_some());
        for pool in held.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            night.put(Event::PoolReleased { pool });
        }
        for _ in 0..2 * 3_600 {
            night.second();
        }
        let ready = night.world.vms.values().filter(|vm| vm.is_ready()).count();
        let states: Vec<_> =
            night.world.vms.values().map(|vm| (vm.id, vm.word(), &vm.op)).collect();
        assert_eq!(
            ready,
            9,
            "seed {seed}: {states:?} {:?}",
            plan::plan(&night.world, night.now).held
        );
        assert_eq!(night.world.vms.len(), 9, "seed {seed}: {states:?}");
        let open: Vec<_> = night.world.jobs.values().filter(|job| !job.is_over()).collect();
        assert!(open.is_empty(), "seed {seed}: {open:?}");
        let schedule = night.world.schedules.values().next().unwrap();
        assert_eq!(schedule.runs.len(), 1, "seed {seed}: {:?}", schedule.runs);
        let disks: usize = night.toys.values().map(|toy| toy.disks.len()).sum();
        assert_eq!(disks, 9, "seed {seed}: no disk is left behind");
    }
}

#[test]
fn a_quiet_night_replaces_every_vm_and_never_too_many_at_once() {
    let mut night = Night::new(7, &fleet(6, 12));
    night.faults = false;
    for _ in 0..3_600 {
        night.second();
    }
    let before: BTreeSet<_> = night.world.vms.keys().copied().collect();
    assert_eq!(before.len(), 12);
    let mut least = usize::MAX;
    for _ in 0..3 * 3_600 {
        night.second();
        least = least.min(night.world.vms.values().filter(|vm| vm.is_ready()).count());
    }
    let after: BTreeSet<_> = night.world.vms.keys().copied().collect();
    assert!(before.is_disjoint(&after), "every VM is a new one");
    assert_eq!(least, 9, "a quarter of 12 may be out of service, and no more");
    let job = night.world.jobs.values().next().unwrap();
    assert!(matches!(job.state, JobState::Done { .. }), "{job:?}");
}
