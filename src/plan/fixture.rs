//! Worlds for the tests of this room: built by legal events only, on a clock that is told.

use crate::model::*;

pub(super) fn at(s: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000) + Span::from_secs(s)
}

pub(super) fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub(super) fn host_spec(labels: &[(&str, &str)]) -> HostSpec {
    HostSpec {
        labels: labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        ..HostSpec::new(Access::Local)
    }
}

pub(super) fn pool_spec(size: PoolSize, hosts: &str) -> PoolSpec {
    PoolSpec::new(name("xcode"), size, name(hosts))
}

/// A World that grows by events, and the number of the next id.
pub(super) struct Grown {
    pub(super) world: World,
    ids: u64,
    /// The fewest VMs that served at once, since somebody set it.
    pub(super) least_ready: usize,
}

impl Grown {
    /// Hosts `a`, `b`, ... each seen and up, and pool `ci` of image `xcode`.
    pub(super) fn new(hosts: &[&str], size: PoolSize) -> Self {
        let mut grown = Self { world: World::default(), ids: 0, least_ready: 0 };
        grown.put(0, Event::ControllerStarted { version: "test".into() });
        let mut change = FleetChange::default();
        for host in hosts {
            change.hosts.insert(name(host), Some(host_spec(&[])));
        }
        let image = ImageSpec { source: "reg/xcode:1".into(), os: GuestOs::Macos };
        change.images.insert(name("xcode"), Some(image));
        change.pools.insert(name("ci"), Some(pool_spec(size, "")));
        grown.put(0, Event::FleetChanged { change });
        for host in hosts {
            grown.see(0, host, look(0, &[]));
        }
        grown
    }

    pub(super) fn put(&mut self, s: u64, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world.seq + 1, self.world.epoch + starts);
        let entry = Entry { seq, at: at(s), epoch, actor: Actor::controller(), event };
        self.world.apply(&entry).unwrap();
    }

    /// Looks at a host, and takes in what follows.
    pub(super) fn see(&mut self, s: u64, host: &str, sighting: Sighting) -> Vec<Event> {
        let mut sighting = sighting;
        // A guest's work is what a test says it is; a look repeats it.
        for vm in self.world.vms.values() {
            let seen = sighting.vms.as_mut().and_then(|vms| vms.get_mut(&vm.host_name()));
            if let Some(seen) = seen {
                seen.busy = seen.busy.or(vm.busy);
            }
        }
        let events = super::observe(&self.world, &name(host), &sighting);
        events.iter().for_each(|event| self.put(s, event.clone()));
        events
    }

    /// The next pass, as it would be.
    pub(super) fn plan(&self, s: u64) -> Plan {
        super::plan(&self.world, at(s))
    }

    /// A pass whose actions are all written down; commands stay under way.
    pub(super) fn pass(&mut self, s: u64) -> Vec<Action> {
        let actions = self.plan(s).actions;
        for action in actions.clone() {
            match action {
                Action::Place { pool, image, host, slot, replaces } => {
                    let vm = VmId::from_bits(self.id());
                    self.put(s, Event::SlotReserved { vm, host, slot, pool, image, replaces });
                }
                Action::Do { vm, kind } => {
                    let op = OpId::from_bits(self.id());
                    self.put(s, Event::OpBegun { vm, op, kind });
                }
                Action::Retire { vm, why, job } => {
                    self.put(s, Event::VmRetired { vm, why, job });
                }
                Action::Forget { vm } => self.put(s, Event::VmGone { vm }),
                Action::Leak { vm, host, slot } => {
                    self.put(s, Event::SlotLeaked { host, slot, vm });
                    let why = RetireWhy::Failed;
                    self.put(s, Event::VmRetired { vm, why, job: None });
                }
                Action::EndTask { job, vm, end } => self.put(s, Event::TaskEnded { job, vm, end }),
                Action::EndJob { job } => self.put(s, Event::JobEnded { job }),
                Action::HostDo { job, host, at: step, .. } => {
                    let op = OpId::from_bits(self.id());
                    self.put(s, Event::HostOpBegun { host, op, job, at: step });
                }
                Action::Hold { host, kind, reason, until, job } => {
                    let id = HoldId::from_bits(self.id());
                    let hold = Hold {
                        id,
                        host,
                        kind,
                        reason,
                        by: Actor::controller(),
                        created: at(s),
                        until,
                        on_expiry: OnExpiry::default(),
                        job,
                    };
                    self.put(s, Event::HoldPlaced { hold });
                }
                Action::Note { event } => self.put(s, *event),
                Action::Release { host, hold, why } => {
                    self.put(s, Event::HoldReleased { host, hold, why });
                }
                Action::Miss { schedule, nominal, count, cause } => {
                    self.put(s, Event::RunMissed { schedule, nominal, count, cause });
                }
                Action::OpenJob(opening) => {
                    self.open(s, *opening);
                }
            }
        }
        actions
    }

    /// Opens a job with the holds it places.
    pub(super) fn open(&mut self, s: u64, opening: Opening) -> JobId {
        let id = JobId::from_bits(self.id());
        if let Cause::Run { schedule, nominal } = &opening.cause {
            let (schedule, nominal) = (schedule.clone(), *nominal);
            self.put(s, Event::RunFired { schedule, nominal, job: id });
        }
        let task = |(vm, host)| {
            let pool = self.world.vms.get(&vm)?.pool.clone();
            Some((vm, Task { host, pool, state: TaskState::Waiting, replacement: None }))
        };
        let job = Job {
            id,
            kind: opening.kind,
            cause: opening.cause,
            by: Actor::controller(),
            opened: at(s),
            begin_by: opening.begin_by,
            max_unavailable: opening.max_unavailable,
            tasks: opening.targets.into_iter().filter_map(task).collect(),
            hosts: opening.hosts.clone(),
            play: opening.play,
            paused: None,
            forgiven: 0,
            state: JobState::Running,
        };
        self.put(s, Event::JobOpened { job: Box::new(job) });
        if let Some(HoldAsk { kind, reason, until }) = opening.hold {
            for host in opening.hosts.into_keys() {
                let hold = Hold {
                    id: HoldId::from_bits(self.id()),
                    host,
                    kind,
                    reason: reason.clone(),
                    by: Actor::controller(),
                    created: at(s),
                    until,
                    on_expiry: OnExpiry::default(),
                    job: Some(id),
                };
                self.put(s, Event::HoldPlaced { hold });
            }
        }
        id
    }

    /// Says whether a VM has work, as its probe would.
    pub(super) fn busy(&mut self, s: u64, vm: VmId, busy: bool) {
        self.put(s, Event::VmBusy { vm, busy: Some(busy) });
    }

    /// The oldest VM on a host.
    pub(super) fn vm_on(&self, host: &str) -> VmId {
        *self.world.hosts[host].vms.first().unwrap()
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Ends every command under way.
    pub(super) fn end_all(&mut self, s: u64, outcome: &Outcome) {
        let under_way = self.world.vms.values().filter_map(|vm| Some((vm.id, vm.op.as_ref()?.id)));
        for (vm, op) in under_way.collect::<Vec<_>>() {
            self.put(s, Event::OpEnded { vm, op, outcome: outcome.clone() });
        }
        let hosts = self.world.hosts.iter();
        let under_way = hosts.filter_map(|(name, h)| Some((name.clone(), h.op.as_ref()?.id)));
        for (host, op) in under_way.collect::<Vec<_>>() {
            let (outcome, said) = (outcome.clone(), "said".to_string());
            self.put(s, Event::HostOpEnded { host, op, outcome, said });
        }
    }

    /// Brings every wanted VM to where it serves, over the next seconds after `s`.
    pub(super) fn settle(&mut self, s: u64) {
        self.settle_with(s, 0);
    }

    /// The same, while so many guests of others run on each host that its tool does not list.
    pub(super) fn settle_with(&mut self, s: u64, others: u32) {
        for round in 0..8 {
            self.pass(s + round);
            self.end_all(s + round, &Outcome::Done);
            let ready = self.world.vms.values().filter(|vm| vm.is_ready()).count();
            self.least_ready = self.least_ready.min(ready);
            let there = self.world.hosts.iter().filter(|(_, host)| host.reach != Reach::Lost);
            let hosts: Vec<HostName> = there.map(|(name, _)| name.clone()).collect();
            for host in hosts {
                let mut sighting = look(s + round, &self.running_on(&host));
                sighting.guests = sighting.guests.map(|guests| guests + others);
                self.see(s + round, host.as_str(), sighting);
            }
        }
    }

    /// The tool names of our VMs on a host that have been started.
    pub(super) fn running_on(&self, host: &HostName) -> Vec<String> {
        let started = |vm: &&std::sync::Arc<Vm>| matches!(vm.phase, Phase::Booting | Phase::Ready);
        let vms = self.world.vms_on(&self.world.hosts[host]).filter(started);
        vms.map(|vm| vm.host_name()).collect()
    }

    pub(super) fn only_vm(&self) -> &Vm {
        assert_eq!(self.world.vms.len(), 1);
        self.world.vms.values().next().unwrap()
    }
}

/// A look at a host on which these VMs run.
pub(super) fn look(s: u64, running: &[String]) -> Sighting {
    let seen = SeenVm { ip: Some("192.168.64.2".into()), ..SeenVm::new(SeenState::Running) };
    Sighting {
        at: at(s),
        facts: Facts { boot: "boot-1".into(), tool: "2.35.0".into(), ..Facts::default() },
        vms: Some(running.iter().map(|vm| (vm.clone(), seen.clone())).collect()),
        images: Some(vec!["reg/xcode:1".into()]),
        guests: Some(running.len() as u32),
        locked: None,
        guard: GuardView::default(),
    }
}
