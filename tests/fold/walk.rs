//! A random walk through the fold: at each step dice propose an event, often one that follows and
//! sometimes one that does not, and the World takes it or refuses it.

use std::collections::BTreeMap;

use hostler::model::*;

/// What the dice showed for one step.
pub(crate) type Dice = (u8, u16, u16, u16);

/// A World and the entries that it took.
pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: Timestamp,
    made: u64,
}

pub(crate) const HOSTS: [&str; 3] = ["mini-01", "mini-02", "studio-01"];
const POOLS: [&str; 2] = ["ci", "release"];

impl Walk {
    /// Three hosts that are up, two pools, an image and a schedule.
    pub(crate) fn begun() -> Self {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let mut walk = Self { world: World::default(), entries: Vec::new(), now, made: 0 };
        assert!(walk.put(Event::ControllerStarted { version: "1".into() }));
        let change = walk.world.difference(&fleet(0xffff, 2));
        assert!(walk.put(Event::FleetChanged { change }));
        for host in HOSTS {
            let (host, to) = (host.parse().unwrap(), Reach::Up);
            assert!(walk.put(Event::ReachChanged { host, to, why: String::new() }));
        }
        walk
    }

    /// Whether the World took the event. If not it is as it was.
    pub(crate) fn put(&mut self, event: Event) -> bool {
        let epoch = self.world.epoch + u64::from(matches!(event, Event::ControllerStarted { .. }));
        let actor = Actor { who: "ada".into(), via: Via::Cli };
        let entry = Entry { seq: self.world.seq + 1, at: self.now, epoch, actor, event };
        let mut world = self.world.clone();
        let taken = world.apply(&entry).is_ok();
        if taken {
            self.world = world;
            self.entries.push(entry);
        }
        taken
    }

    pub(crate) fn step(&mut self, dice: Dice) -> bool {
        // Now and then the clock steps back.
        let ms = i64::from(dice.3 % 2_000) * if dice.3.is_multiple_of(97) { -1 } else { 1 };
        self.now = Timestamp::from_millis(self.now.as_millis() + ms);
        let event = self.propose(dice);
        self.put(event)
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn propose(&mut self, (kind, a, b, c): Dice) -> Event {
        match kind % 24 {
            0..=3 => self.vm_onward(a, b),
            4..=6 => self.vm_event(a, b, c),
            7 | 8 => self.reserve(a, b, c),
            9 | 10 => self.host_event(a, b, c),
            11 | 12 => self.job_event(a, b, c),
            13 => self.retire_for_job(a),
            14 => self.reach(a, b),
            15..=19 => self.play_onward(a, b, c),
            20 | 21 => self.play_event(a, b, c),
            22 => self.schedule_event(a, b),
            _ => self.rare(a, b),
        }
    }

    fn host(&self, a: u16) -> HostName {
        HOSTS[usize::from(a) % HOSTS.len()].parse().unwrap()
    }

    /// Mostly a VM that is there.
    fn vm(&self, a: u16) -> VmId {
        let n = usize::from(a) % (self.world.vms.len() + 1);
        self.world.vms.keys().nth(n).copied().unwrap_or(VmId::from_bits(999_999))
    }

    fn job(&self, a: u16) -> JobId {
        let open: Vec<JobId> =
            self.world.jobs.values().filter(|job| !job.is_over()).map(|job| job.id).collect();
        open.get(usize::from(a) % (open.len() + 1)).copied().unwrap_or(JobId::from_bits(7))
    }

    /// What naturally comes next for a VM.
    fn vm_onward(&mut self, a: u16, b: u16) -> Event {
        let vm = self.vm(a);
        let Some(known) = self.world.vms.get(&vm) else { return self.reserve(a, b, 0) };
        if let Some(op) = &known.op {
            return Event::OpEnded { vm, op: op.id, outcome: outcome(b) };
        }
        if known.missed.is_some() && b.is_multiple_of(2) {
            return Event::VmFound { vm };
        }
        if known.parked.is_some() {
            let reason = "ada sees to it".to_string();
            let resumed = b.is_multiple_of(3);
            return if resumed {
                Event::VmResumed { vm }
            } else {
                Event::VmDischarged { vm, reason }
            };
        }
        if known.wanted == Wanted::Gone && known.refused.is_some() && b.is_multiple_of(5) {
            return Event::VmParked { vm, why: "stop was refused".into() };
        }
        let kind = match (known.wanted, known.phase) {
            (Wanted::Running, Phase::Placed) => OpKind::Clone,
            (Wanted::Running, Phase::Cloned) => OpKind::Start,
            (_, Phase::Booting) if b.is_multiple_of(2) => {
                return Event::VmReady { vm, ip: "192.168.64.2".into() };
            }
            (Wanted::Running, Phase::Ready) if b.is_multiple_of(3) => OpKind::Deregister,
            (Wanted::Running, _) => {
                return Event::VmRetired { vm, why: RetireWhy::Drifted, job: None };
            }
            (Wanted::Gone, Phase::Booting | Phase::Ready) => OpKind::Stop,
            (Wanted::Gone, Phase::Deleted) => return Event::VmGone { vm },
            (Wanted::Gone, Phase::Placed) if b.is_multiple_of(2) => return Event::VmGone { vm },
            (Wanted::Gone, Phase::Placed | Phase::Cloned | Phase::Stopped) => OpKind::Delete,
        };
        Event::OpBegun { vm, op: OpId::from_bits(self.next_id()), kind }
    }

    /// Anything that can be said of a VM, whether it follows or not.
    fn vm_event(&mut self, a: u16, b: u16, c: u16) -> Event {
        let vm = self.vm(a);
        let open = self.world.vms.get(&vm).and_then(|vm| vm.op.as_ref()).map(|op| op.id);
        let kinds =
            [OpKind::Clone, OpKind::Start, OpKind::Deregister, OpKind::Stop, OpKind::Delete];
        let kind = kinds[usize::from(b) % kinds.len()];
        let why = RETIRE_WHYS[usize::from(b) % RETIRE_WHYS.len()];
        match c % 16 {
            15 => self.adopt(vm, a, b),
            12 => Event::VmParked { vm, why: "stop was refused".into() },
            13 => Event::VmResumed { vm },
            14 => Event::VmDischarged { vm, reason: "ada sees to it".into() },
            10 | 11 => {
                Event::VmBusy { vm, busy: [None, Some(true), Some(false)][usize::from(b % 3)] }
            }
            0 => Event::OpBegun { vm, op: OpId::from_bits(self.next_id()), kind },
            1 => Event::OpEnded {
                vm,
                op: open.unwrap_or(OpId::from_bits(u64::from(b))),
                outcome: outcome(b),
            },
            2 => Event::VmReady { vm, ip: format!("10.0.0.{}", b % 250) },
            3 => Event::VmMoved { vm, ip: format!("10.0.0.{}", b % 250) },
            4 => Event::VmMissed { vm },
            5 => Event::VmFound { vm },
            6 => Event::VmDied { vm, why: "seen to have stopped".into() },
            7 => Event::VmRetired { vm, why, job: None },
            8 => Event::VmRetired { vm, why, job: Some(self.job(b)) },
            _ => Event::VmGone { vm },
        }
    }

    /// An orphan, if there is one; else one that is none.
    fn adopt(&self, vm: VmId, a: u16, b: u16) -> Event {
        let pool: PoolName = POOLS[usize::from(b) % 2].parse().unwrap();
        let orphans = self
            .world
            .hosts
            .iter()
            .flat_map(|(name, host)| host.orphans.keys().map(move |orphan| (name, orphan)));
        let (host, vm, pool) = match orphans.into_iter().next() {
            Some((name, orphan)) => {
                let pool = pool_of_tool_name(orphan).unwrap_or(pool);
                (name.clone(), id_of_tool_name(orphan).unwrap_or(vm), pool)
            }
            None => (self.host(a), vm, pool),
        };
        Event::VmAdopted { vm, host, pool, image: "xcode".parse().unwrap() }
    }

    fn reserve(&mut self, a: u16, b: u16, c: u16) -> Event {
        let task = self.world.jobs.values().find_map(|job| {
            let begun = |task: &&Task| matches!(task.state, TaskState::Begun { .. });
            let vm = job.tasks.iter().find(|(_, task)| begun(task)).map(|(vm, _)| *vm)?;
            Some((job.id, vm))
        });
        // Now and then an id that is taken.
        let taken = self.world.vms.keys().next().filter(|_| c.is_multiple_of(11)).copied();
        let vm = taken.unwrap_or(VmId::from_bits(self.next_id()));
        Event::SlotReserved {
            vm,
            host: self.host(a),
            slot: SlotIx::ALL[usize::from(b % 2)],
            pool: POOLS[usize::from(c) % 2].parse().unwrap(),
            image: "xcode".parse().unwrap(),
            replaces: task.filter(|_| c.is_multiple_of(3)),
        }
    }

    fn host_event(&mut self, a: u16, b: u16, c: u16) -> Event {
        let host = self.host(a);
        let slot = SlotIx::ALL[usize::from(b % 2)];
        let here = self.world.hosts.get(&host);
        let hold = here.and_then(|host| host.holds.keys().nth(usize::from(b % 2))).copied();
        let cloned =
            here.and_then(|host| host.slots[slot.index()].vm()).unwrap_or(VmId::from_bits(999_999));
        match c % 12 {
            9 => {
                let found = self.world.hosts.iter().find(|(_, host)| host.verifying.is_some());
                Event::HostVerified { host: found.map_or(host, |(name, _)| name.clone()) }
            }
            7 => {
                let fingerprint = format!("SHA256:{}", "k".repeat(43)).parse().unwrap();
                Event::HostTrusted { host, fingerprint, reason: "set up anew".into() }
            }
            0 | 10 | 11 => Event::HostSeen { host, sighting: Box::new(sighting(b)) },
            1 if b.is_multiple_of(3) => {
                let (id, by) = (HoldId::from_bits(self.next_id()), Actor::controller());
                let (reason, created) = ("a new disk".into(), self.now);
                let kind = HoldKind::Maintenance;
                let (until, job) = (None, None);
                Event::HoldPlaced {
                    hold: Hold {
                        id,
                        host,
                        kind,
                        reason,
                        by,
                        created,
                        until,
                        on_expiry: OnExpiry::default(),
                        job,
                    },
                }
            }
            1 | 2 => {
                let hold = hold.unwrap_or(HoldId::from_bits(5));
                Event::HoldReleased { host, hold, why: "done".into() }
            }
            3 => Event::SlotTaken { host, slot, name: "win11".into() },
            4 | 5 => Event::SlotCleared { host, slot, why: "gone".into() },
            6 => {
                let left = self.world.hosts.iter().find(|(_, host)| host.stays().is_none());
                let host = left.map_or(host, |(name, _)| name.clone());
                Event::HostForgotten { host, why: "burnt".into() }
            }
            _ => Event::SlotLeaked { host, slot, vm: cloned },
        }
    }

    fn job_event(&mut self, a: u16, b: u16, c: u16) -> Event {
        let job = self.job(a);
        let known = self.world.jobs.get(&job);
        let vm = known
            .and_then(|job| job.tasks.keys().nth(usize::from(b) % job.tasks.len().max(1)))
            .copied()
            .unwrap_or(self.vm(b));
        let ends = [
            TaskEnd::Done,
            TaskEnd::Skipped { why: "busy".into(), busy: true },
            TaskEnd::Failed { why: "no room".into() },
        ];
        let schedule = "nightly".parse().unwrap();
        let nominal = self.now + Span::from_secs(u64::from(b % 40));
        match c % 7 {
            0 | 1 => Event::JobOpened { job: Box::new(self.opening(a, b)) },
            2 | 3 => Event::TaskEnded { job, vm, end: ends[usize::from(b) % 3].clone() },
            4 => Event::JobEnded { job },
            5 => Event::RunFired { schedule, nominal, job },
            _ => Event::RunMissed { schedule, nominal, count: 2, cause: "was down".into() },
        }
    }

    fn opening(&mut self, a: u16, b: u16) -> Job {
        let waiting = TaskState::Waiting;
        // Now and then a job that claims to be further than it can be.
        let state = if b.is_multiple_of(13) { TaskState::Done { at: self.now } } else { waiting };
        let wanted = self.world.vms.values().filter(|vm| vm.wanted == Wanted::Running);
        let task = |vm: &Vm| Task {
            host: vm.host.clone(),
            pool: vm.pool.clone(),
            state: state.clone(),
            replacement: None,
        };
        let tasks = wanted.map(|vm| (vm.id, task(vm))).collect();
        Job {
            id: JobId::from_bits(self.next_id()),
            kind: JobKind::Respawn { pool: POOLS[usize::from(a) % 2].parse().unwrap() },
            cause: Cause::Asked,
            by: Actor::controller(),
            opened: self.now,
            begin_by: self.now + Span::from_hours(4),
            max_unavailable: Share::Percent(10),
            tasks,
            state: JobState::Running,
            hosts: BTreeMap::new(),
            play: None,
            paused: None,
            forgiven: 0,
        }
    }

    fn retire_for_job(&self, a: u16) -> Event {
        let job = self.job(a);
        let waiting = self.world.jobs.get(&job).and_then(|job| {
            let mut tasks = job.tasks.iter();
            tasks.find(|(_, task)| task.state == TaskState::Waiting).map(|(vm, _)| *vm)
        });
        let (vm, job) = (waiting.unwrap_or(self.vm(a)), Some(job));
        Event::VmRetired { vm, why: RetireWhy::Respawn, job }
    }

    fn reach(&self, a: u16, b: u16) -> Event {
        let all = [
            Reach::Suspect,
            Reach::Unreachable,
            Reach::Lost,
            Reach::Locked,
            Reach::IdentityMismatch,
            Reach::Unknown,
        ];
        let to = if b.is_multiple_of(4) { all[usize::from(a) % all.len()] } else { Reach::Up };
        Event::ReachChanged { host: self.host(a), to, why: "so it was seen".into() }
    }

    /// A host claims a newer controller, a jump host shows another key, or either is over.
    fn bar(&self, b: u16) -> Event {
        let (host, jump) = (self.host(b), "ops@bastion:22".to_string());
        match b % 5 {
            0 => Event::HostClaimed { host, epoch: Some(99), said: "it obeys 99".into() },
            1 => Event::HostClaimed { host, epoch: None, said: "a newer one".into() },
            2 => {
                let claims = self.world.hosts.iter().find(|(_, host)| host.claim.is_some());
                Event::HostClaimEnded { host: claims.map_or(host, |(name, _)| name.clone()) }
            }
            3 => Event::JumpBarred { jump, why: "CHANGED".into() },
            _ => Event::JumpCleared { jump },
        }
    }

    fn rare(&self, a: u16, b: u16) -> Event {
        let (silent, of) = (u32::from(b % 4), 3);
        match a % 8 {
            5 => return Event::BrakeEngaged { silent, of },
            7 => return Event::BrakeReleased { silent, of },
            1 | 2 => return self.bar(b),
            _ => {}
        }
        if a.is_multiple_of(3) {
            return Event::ControllerStarted { version: "2".into() };
        }
        let change = self.world.difference(&fleet(b, (a % 4) as u8));
        Event::FleetChanged { change }
    }

    /// One event on the way out for each VM, until none is left. Whether that was reached.
    pub(crate) fn lead_out(&mut self, dice: u16) -> bool {
        for round in 0..40 {
            let Some(vm) =
                self.world.vms.keys().nth(usize::from(dice) % self.world.vms.len().max(1))
            else {
                break;
            };
            let id = *vm;
            for step in 0..20_u16 {
                let Some(vm) = self.world.vms.get(&id) else { break };
                let event = match &vm.op {
                    // The first few answers are no answers.
                    Some(op) => {
                        let answer = if step < 4 { dice.wrapping_add(step) } else { 0 };
                        Event::OpEnded { vm: id, op: op.id, outcome: outcome(answer) }
                    }
                    None if vm.wanted == Wanted::Running => {
                        Event::VmRetired { vm: id, why: RetireWhy::Surplus, job: None }
                    }
                    None => self.vm_out(id, round),
                };
                assert!(
                    self.put(event.clone()),
                    "{event:?} is refused for {:?}",
                    self.world.vms[&id]
                );
            }
        }
        self.clear_slots();
        self.world.vms.is_empty()
    }

    fn vm_out(&self, id: VmId, round: u64) -> Event {
        let vm = &self.world.vms[&id];
        let op = OpId::from_bits(10_000_000 + self.world.seq + round);
        match vm.phase {
            Phase::Placed if vm.refused.is_none() => Event::VmGone { vm: id },
            Phase::Placed | Phase::Cloned | Phase::Stopped => {
                Event::OpBegun { vm: id, op, kind: OpKind::Delete }
            }
            Phase::Booting | Phase::Ready => Event::OpBegun { vm: id, op, kind: OpKind::Stop },
            Phase::Deleted => Event::VmGone { vm: id },
        }
    }

    fn clear_slots(&mut self) {
        let hosts: Vec<HostName> = self.world.hosts.keys().cloned().collect();
        for host in hosts {
            for slot in SlotIx::ALL {
                let (host, why) = (host.clone(), "cleared".into());
                self.put(Event::SlotCleared { host, slot, why });
            }
        }
    }
}

const RETIRE_WHYS: [RetireWhy; 6] = [
    RetireWhy::Respawn,
    RetireWhy::Surplus,
    RetireWhy::HostGone,
    RetireWhy::Failed,
    RetireWhy::Died,
    RetireWhy::Drifted,
];

pub(crate) fn outcome(b: u16) -> Outcome {
    let said = "no such file".to_string();
    match b % 8 {
        0..=3 => Outcome::Done,
        4 => {
            let class = if b.is_multiple_of(3) { Refusal::Full } else { Refusal::Limit };
            Outcome::Refused { class, said }
        }
        5 => Outcome::Refused { class: Refusal::Other, said },
        _ => Outcome::Unknown { why: "the connection broke".into() },
    }
}

fn sighting(b: u16) -> Sighting {
    let seen = SeenVm { linux: b.is_multiple_of(2), ..SeenVm::new(SeenState::Running) };
    let mut vms = BTreeMap::from([("win11".to_string(), seen)]);
    if b.is_multiple_of(7) {
        let state = if b.is_multiple_of(2) { SeenState::Running } else { SeenState::Stopped };
        let orphan = tool_name(&POOLS[0].parse().unwrap(), VmId::from_bits(424_242));
        vms.insert(orphan, SeenVm { made: true, ..SeenVm::new(state) });
    }
    let vms = (!b.is_multiple_of(5)).then_some(vms);
    // Now and then it was rebooted, and now and then that could not be read.
    let boot = ["", "boot-1", "boot-1", "boot-2"][usize::from(b % 4)].to_string();
    let facts = Facts { boot, ..Facts::default() };
    Sighting { facts, vms, guests: Some(u32::from(b % 3)), ..Sighting::default() }
}

/// Some of the hosts, pools and schedules, by the bits.
pub(crate) fn fleet(bits: u16, slots: u8) -> Fleet {
    let spec = HostSpec { slots, ..HostSpec::new(Access::Local) };
    let pool = PoolSpec::new(
        "xcode".parse().unwrap(),
        PoolSize::Count(u32::from(bits % 5)),
        Selector::default(),
    );
    let schedule = ScheduleSpec {
        window: Span::from_hours(4),
        max_unavailable: Share::Count(1),
        ..ScheduleSpec::new(
            Targets::Pool("ci".parse().unwrap()),
            "respawn".parse().unwrap(),
            if bits & 64 == 0 { "30 2 * * *" } else { "0 3 * * *" },
            "Europe/Zurich",
        )
    };
    let image = ImageSpec { source: "ghcr.io/x/y:1".into(), os: GuestOs::Macos };
    let has = |bit: usize| bits & (1 << bit) != 0;
    let some = |bit: usize, name: &str| has(bit).then(|| name.to_string());
    let hosts = HOSTS.iter().enumerate().filter_map(|(n, name)| some(n, name));
    let pools = POOLS.iter().enumerate().filter_map(|(n, name)| some(n + 3, name));
    let schedules = some(5, "nightly").into_iter();
    Fleet {
        hosts: hosts.map(|name| (name.parse().unwrap(), spec.clone())).collect(),
        images: BTreeMap::from([("xcode".parse().unwrap(), image)]),
        pools: pools.map(|name| (name.parse().unwrap(), pool.clone())).collect(),
        schedules: schedules.map(|name| (name.parse().unwrap(), schedule.clone())).collect(),
        playbooks: BTreeMap::new(),
    }
}
