//! A journal with every event and every variant of the model in it, told as one story. When the
//! model grows, the story grows; a fixture made of it never changes.

use std::collections::BTreeMap;

use hostler::model::*;

/// The entries of the story and the World after each.
pub(crate) struct Story {
    pub(crate) entries: Vec<Entry>,
    pub(crate) worlds: Vec<World>,
    ops: u64,
}

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

const fn vm(n: u64) -> VmId {
    VmId::from_bits(n)
}

const fn job(n: u64) -> JobId {
    JobId::from_bits(n)
}

pub(crate) fn story() -> Story {
    let mut story = Story { entries: Vec::new(), worlds: vec![World::default()], ops: 0 };
    story.fleet_is_declared();
    story.hosts_come_into_reach();
    story.hosts_are_held();
    story.slots_are_not_ours();
    story.vm_lives_and_dies();
    story.vm_is_refused_everything_and_its_slot_leaks();
    story.vms_go_for_every_reason();
    story.vms_are_parked();
    story.orphans_are_taken_in();
    story.a_host_is_given_up();
    story.hosts_are_emptied();
    story.schedules_wait();
    story.jobs_run();
    story.controller_changes_amid_commands();
    story.the_brake_holds();
    story.bars_go_up_and_down();
    story.a_pool_is_held();
    story.fleet_shrinks();
    story
}

impl Story {
    fn world(&self) -> &World {
        &self.worlds[self.worlds.len() - 1]
    }

    fn put(&mut self, event: Event) {
        self.put_by(Actor::controller(), event);
    }

    fn put_by(&mut self, actor: Actor, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world().seq + 1, self.world().epoch + starts);
        let at = Timestamp::from_millis(1_795_228_200_000 + 1_500 * seq as i64);
        let entry = Entry { seq, at, epoch, actor, event };
        let mut world = self.world().clone();
        world.apply(&entry).unwrap();
        self.worlds.push(world);
        self.entries.push(entry);
    }

    fn by(&mut self, who: &str, via: Via, event: Event) {
        self.put_by(Actor { who: who.into(), via }, event);
    }

    fn begin(&mut self, vm: VmId, kind: OpKind) -> OpId {
        self.ops += 1;
        let op = OpId::from_bits(1_000 + self.ops);
        self.put(Event::OpBegun { vm, op, kind });
        op
    }

    fn end(&mut self, vm: VmId, op: OpId, outcome: Outcome) {
        self.put(Event::OpEnded { vm, op, outcome });
    }

    fn done(&mut self, vm: VmId, kind: OpKind) {
        let op = self.begin(vm, kind);
        self.end(vm, op, Outcome::Done);
    }

    fn place(&mut self, id: u64, slot: SlotIx, replaces: Option<(JobId, VmId)>) -> VmId {
        let (host, pool, image) = (name("mini-01"), name("ci"), name("xcode-26"));
        self.put(Event::SlotReserved { vm: vm(id), host, slot, pool, image, replaces });
        vm(id)
    }

    fn ready(&mut self, id: u64, slot: SlotIx, replaces: Option<(JobId, VmId)>) -> VmId {
        let vm = self.place(id, slot, replaces);
        self.done(vm, OpKind::Clone);
        self.done(vm, OpKind::Start);
        self.put(Event::VmReady { vm, ip: format!("192.168.64.{id}") });
        vm
    }

    fn retire(&mut self, vm: VmId, why: RetireWhy, job: Option<JobId>) {
        self.put(Event::VmRetired { vm, why, job });
    }

    /// Stops a VM that is to go, and lets it go.
    fn take_down(&mut self, vm: VmId) {
        self.done(vm, OpKind::Stop);
        self.done(vm, OpKind::Delete);
        self.put(Event::VmGone { vm });
    }

    fn reach(&mut self, host: &str, to: Reach, why: &str) {
        self.put(Event::ReachChanged { host: name(host), to, why: why.into() });
    }

    fn fleet_is_declared(&mut self) {
        self.put(Event::ControllerStarted { version: "0.1.0".into() });
        let change = FleetChange {
            hosts: hosts(),
            images: BTreeMap::from([
                (name("xcode-26"), Some(image("ghcr.io/acme/xcode:26.1", GuestOs::Macos))),
                (name("debian"), Some(image("debian-13", GuestOs::Linux))),
            ]),
            pools: pools(),
            schedules: schedules(),
            playbooks: BTreeMap::new(),
        };
        self.by("ada", Via::Cli, Event::FleetChanged { change });
    }

    fn hosts_come_into_reach(&mut self) {
        let sighting = Box::new(sighting());
        self.put(Event::HostSeen { host: name("mini-01"), sighting });
        let sighting = Box::new(Sighting {
            locked: Some("the keychain is locked".into()),
            ..Sighting::default()
        });
        self.put(Event::HostSeen { host: name("builder-01"), sighting });
        self.reach("mini-01", Reach::Up, "");
        self.reach("builder-01", Reach::Locked, "the keychain is locked");
        self.reach("builder-01", Reach::Unknown, "not looked at");
        self.reach("builder-01", Reach::IdentityMismatch, "its host key is another");
        let fingerprint = format!("SHA256:{}", "k".repeat(43)).parse().unwrap();
        self.by(
            "ada",
            Via::Cli,
            Event::HostTrusted {
                host: name("builder-01"),
                fingerprint,
                reason: "set up anew".into(),
            },
        );
        self.reach("builder-01", Reach::IdentityMismatch, "its host key is another again");
        for (to, why) in [
            (Reach::Up, ""),
            (Reach::Suspect, "one look failed"),
            (Reach::Unreachable, "no answer for 30s"),
            (Reach::Lost, "no answer for 60s"),
        ] {
            self.reach("mini-02", to, why);
        }
    }

    fn hosts_are_held(&mut self) {
        let kinds = [
            (HoldKind::Cordon, Via::Cli, None, None),
            (
                HoldKind::Maintenance,
                Via::Desktop,
                Some(Timestamp::from_millis(1_795_300_000_000)),
                None,
            ),
            (HoldKind::Quarantine, Via::Api, None, Some(job(1))),
        ];
        for (n, (kind, via, until, job)) in kinds.into_iter().enumerate() {
            let by = Actor { who: "ada".into(), via };
            let hold = Hold {
                id: HoldId::from_bits(n as u64 + 1),
                host: name("mini-02"),
                kind,
                reason: "its fan is loud".into(),
                by,
                created: Timestamp::from_millis(1_795_228_200_000),
                until,
                job,
                on_expiry: OnExpiry::default(),
            };
            self.by("ada", via, Event::HoldPlaced { hold });
        }
        let (host, hold) = (name("mini-02"), HoldId::from_bits(1));
        self.by("bob", Via::Api, Event::HoldReleased { host, hold, why: "by hand".into() });
    }

    fn slots_are_not_ours(&mut self) {
        for (slot, guest) in [(SlotIx::Zero, "bobs-vm"), (SlotIx::One, "win \"11\" é")] {
            self.put(Event::SlotTaken { host: name("builder-01"), slot, name: guest.into() });
        }
        let (host, slot) = (name("builder-01"), SlotIx::Zero);
        self.put(Event::SlotCleared { host, slot, why: "it no longer runs".into() });
    }

    fn vm_lives_and_dies(&mut self) {
        let vm = self.place(1, SlotIx::Zero, None);
        let op = self.begin(vm, OpKind::Clone);
        self.end(vm, op, Outcome::Unknown { why: "the connection broke".into() });
        self.end(vm, op, Outcome::Done);
        let op = self.begin(vm, OpKind::Start);
        self.end(vm, op, Outcome::Unknown { why: "the connection broke".into() });
        self.end(vm, op, Outcome::Done);
        self.put(Event::VmReady { vm, ip: "192.168.64.2".into() });
        self.put(Event::VmMoved { vm, ip: "192.168.64.3".into() });
        self.put(Event::VmMissed { vm });
        self.put(Event::VmFound { vm });
        self.put(Event::VmMissed { vm });
        self.put(Event::VmDied { vm, why: "three looks did not show it".into() });
        self.done(vm, OpKind::Delete);
        self.put(Event::VmGone { vm });
    }

    fn vm_is_refused_everything_and_its_slot_leaks(&mut self) {
        let vm = self.place(2, SlotIx::One, None);
        for class in [
            Refusal::Full,
            Refusal::Missing,
            Refusal::AlreadyRunning,
            Refusal::NotRunning,
            Refusal::DiskFull,
            Refusal::Keychain,
            Refusal::Registry,
            Refusal::ToolAbsent,
            Refusal::Busy,
            Refusal::Fenced,
            Refusal::NotSent,
            Refusal::Other,
        ] {
            let op = self.begin(vm, OpKind::Clone);
            self.end(vm, op, Outcome::Refused { class, said: "it said no".into() });
        }
        self.done(vm, OpKind::Clone);
        let op = self.begin(vm, OpKind::Start);
        let (class, said) = (Refusal::Limit, "The number of VMs exceeds the system limit".into());
        self.end(vm, op, Outcome::Refused { class, said });
        self.put(Event::SlotLeaked { host: name("mini-01"), slot: SlotIx::One, vm });
        self.retire(vm, RetireWhy::Failed, None);
        self.done(vm, OpKind::Delete);
        self.put(Event::VmGone { vm });
        let (host, slot) = (name("mini-01"), SlotIx::One);
        self.put(Event::SlotCleared { host, slot, why: "the host was rebooted".into() });
    }

    fn vms_go_for_every_reason(&mut self) {
        for (n, why) in [
            RetireWhy::Surplus,
            RetireWhy::HostGone,
            RetireWhy::Failed,
            RetireWhy::Died,
            RetireWhy::Drifted,
        ]
        .into_iter()
        .enumerate()
        {
            let vm = self.place(10 + n as u64, SlotIx::Zero, None);
            self.retire(vm, why, None);
            self.put(Event::VmGone { vm });
        }
    }

    fn a_pool_is_held(&mut self) {
        let (pool, why) = (name::<PoolName>("ci"), "5 starts failed or died".to_string());
        self.put(Event::PoolHeld { pool: pool.clone(), why });
        self.by("ada", Via::Cli, Event::PoolReleased { pool });
    }

    fn vms_are_parked(&mut self) {
        for (id, slot) in [(16, SlotIx::Zero), (17, SlotIx::One)] {
            let vm = self.ready(id, slot, None);
            self.retire(vm, RetireWhy::Surplus, None);
            for _ in 0..2 {
                let op = self.begin(vm, OpKind::Stop);
                let (class, said) = (Refusal::Other, "its process does not end".to_string());
                self.end(vm, op, Outcome::Refused { class, said });
            }
            self.put(Event::VmParked { vm, why: "stop was refused 2 times in 31m".into() });
        }
        self.by("ada", Via::Cli, Event::VmResumed { vm: vm(16) });
        self.take_down(vm(16));
        let reason = "its process hangs: the host goes to repair".into();
        self.by("ada", Via::Cli, Event::VmDischarged { vm: vm(17), reason });
        let (host, slot) = (name("mini-01"), SlotIx::One);
        self.put(Event::SlotCleared { host, slot, why: "it no longer runs".into() });
    }

    fn orphans_are_taken_in(&mut self) {
        let (host, pool) = (name::<HostName>("mini-01"), name("ci"));
        let mut sighting = sighting();
        let made = SeenVm { made: true, ..SeenVm::new(SeenState::Stopped) };
        sighting.vms.as_mut().unwrap().insert(tool_name(&pool, vm(41)), made);
        self.put(Event::HostSeen { host: host.clone(), sighting: Box::new(sighting) });
        self.put(Event::VmAdopted { vm: vm(41), host, pool, image: name("xcode-26") });
        self.done(vm(41), OpKind::Delete);
        self.put(Event::VmGone { vm: vm(41) });
    }

    fn a_host_is_given_up(&mut self) {
        let host: HostName = name("mini-03");
        let (_, spec) = hosts().pop_last().unwrap();
        let spec = spec.map(|spec| HostSpec { slots: 2, ..spec });
        let change = |spec| {
            let hosts = BTreeMap::from([(host.clone(), spec)]);
            Event::FleetChanged { change: FleetChange { hosts, ..FleetChange::default() } }
        };
        self.by("ada", Via::Cli, change(spec));
        self.reach("mini-03", Reach::Up, "");
        let (pool, image, slot) = (name("ci"), name("xcode-26"), SlotIx::One);
        let replaces = None;
        let placed =
            Event::SlotReserved { vm: vm(15), host: host.clone(), slot, pool, image, replaces };
        self.put(placed);
        self.done(vm(15), OpKind::Clone);
        self.by("ada", Via::Cli, change(None));
        self.reach("mini-03", Reach::Lost, "no answer for 60s");
        self.by("ada", Via::Cli, Event::HostForgotten { host, why: "burnt out".into() });
    }

    fn hosts_are_emptied(&mut self) {
        let (host, id): (HostName, JobId) = (name("mini-01"), job(30));
        let vm = self.ready(30, SlotIx::Zero, None);
        self.put(Event::VmBusy { vm, busy: Some(true) });
        self.put(Event::VmBusy { vm, busy: None });
        let ignore = Some(name("pool=cache"));
        let drain = DrainStep { ignore, ..DrainStep::default() };
        let steps = [Act::Drain(drain), Act::Sh { run: "brew cleanup".into() }];
        self.open_on_host(30, JobKind::Drain, &steps);
        for (n, kind) in [HoldKind::Drain, HoldKind::Retire].into_iter().enumerate() {
            self.hold(700 + n as u64, kind, Some(id));
        }
        let begins = |ix| Event::StepBegun {
            job: id,
            host: name("mini-01"),
            at: StepAt { part: Part::Steps, ix },
            deadline: Some(Timestamp::from_millis(1_795_240_000_000)),
            boot: "5F3C6F2B".into(),
        };
        let ended = |end| Event::StepEnded { job: id, host: name("mini-01"), end };
        let task_ended = |end| Event::HostTaskEnded { job: id, host: name("mini-01"), end };
        self.put(Event::HostTaskBegun { job: id, host: host.clone() });
        self.put(begins(0));
        let (deadline, force) = (None, true);
        let on_deadline = OnDeadline::Abort;
        let host_ = host.clone();
        let patience = None;
        let change =
            Event::DrainChanged { job: id, host: host_, deadline, on_deadline, force, patience };
        self.by("ada", Via::Cli, change);
        self.done(vm, OpKind::Deregister);
        self.retire(vm, RetireWhy::Drained, Some(id));
        self.take_down(vm);
        self.put(ended(StepEnd::Done));
        self.put(begins(1));
        let (op, at) = (OpId::from_bits(7_001), StepAt { part: Part::Steps, ix: 1 });
        self.put(Event::HostOpBegun { host: host.clone(), op, job: id, at });
        let outcome = Outcome::Refused { class: Refusal::Other, said: "exit status 3".into() };
        self.put(Event::HostOpEnded { host: host.clone(), op, outcome, said: "no room".into() });
        self.put(ended(StepEnd::Failed { why: "exit status 3".into() }));
        self.put(task_ended(TaskEnd::Failed { why: "exit status 3".into() }));
        self.put(Event::JobPaused { job: id, why: "1 host has failed".into() });
        self.by("ada", Via::Cli, Event::JobResumed { job: id });
        self.by("ada", Via::Cli, Event::HostTaskRetried { job: id, host: host.clone(), at });
        self.put(Event::HostTaskBegun { job: id, host: host.clone() });
        let message = "the disk is full".to_string();
        self.put(Event::Notified { job: id, host: host.clone(), message });
        self.by("ada", Via::Cli, Event::HostTaskStopped { job: id, host: host.clone() });
        for n in 700..702 {
            let (hold, why) = (HoldId::from_bits(n), "called off".to_string());
            self.put(Event::HoldReleased { host: host.clone(), hold, why });
        }
        self.put(task_ended(TaskEnd::Cancelled));
        self.put(Event::JobEnded { job: id });
        let mut rebooted = Box::new(sighting());
        rebooted.facts.boot = "60A1".into();
        self.put(Event::HostSeen { host: host.clone(), sighting: rebooted });
        self.put(Event::HostVerified { host });
    }

    fn schedules_wait(&mut self) {
        let schedule: ScheduleName = name("nightly");
        let reason = "freeze".to_string();
        let suspended = Event::ScheduleSuspended { schedule: schedule.clone(), reason };
        self.by("ada", Via::Cli, suspended);
        self.by("ada", Via::Cli, Event::ScheduleResumed { schedule: schedule.clone() });
        let upto = Timestamp::from_millis(1_795_229_900_000);
        self.by("ada", Via::Cli, Event::RunsSkipped { schedule, upto });
        let kind = JobKind::Playbook { name: name("nightly-wipe") };
        self.open_on_host(31, kind, &[Act::Verify]);
        let end = TaskEnd::Skipped { why: "busy".into(), busy: true };
        self.put(Event::HostTaskEnded { job: job(31), host: name("mini-01"), end });
        self.put(Event::JobEnded { job: job(31) });
    }

    fn hold(&mut self, id: u64, kind: HoldKind, job: Option<JobId>) {
        let hold = Hold {
            id: HoldId::from_bits(id),
            host: name("mini-01"),
            kind,
            reason: "new disks".into(),
            by: Actor::controller(),
            created: Timestamp::from_millis(1_795_228_200_000),
            until: None,
            on_expiry: OnExpiry::Alert,
            job,
        };
        self.put(Event::HoldPlaced { hold });
    }

    fn open_on_host(&mut self, id: u64, kind: JobKind, acts: &[Act]) {
        let playbook = Playbook {
            name: name("nightly-wipe"),
            summary: "Wipes a host.".into(),
            each: Each::Host,
            steps: acts.iter().cloned().map(Step::plain).collect(),
            always: Vec::new(),
            on_failure: OnFailure::Hold,
        };
        let play = Play {
            playbook,
            reason: "new disks".into(),
            max_fail: Share::Percent(5),
            min_healthy: Span::from_secs(30),
            min_available: None,
            busy: BusyPolicy::Wait,
            key: None,
            hold: Some(HoldAsk {
                kind: HoldKind::Drain,
                reason: "new disks".into(),
                until: Some(Timestamp::from_millis(1_795_250_000_000)),
            }),
        };
        let from = Timestamp::from_millis(1_795_228_200_000);
        let job = Job {
            id: job(id),
            kind,
            cause: Cause::Asked,
            by: Actor { who: "ada".into(), via: Via::Desktop },
            opened: from,
            begin_by: Timestamp::from_millis(1_795_242_600_000),
            max_unavailable: Share::Percent(10),
            tasks: BTreeMap::new(),
            hosts: BTreeMap::from([(name("mini-01"), HostTask::waiting(from))]),
            play: Some(std::sync::Arc::new(play)),
            paused: None,
            forgiven: 0,
            state: JobState::Running,
        };
        self.put(Event::JobOpened { job: Box::new(job) });
    }

    fn open(&mut self, id: u64, kind: JobKind, cause: Cause, share: Share, vms: &[VmId]) {
        let (host, pool): (HostName, PoolName) = (name("mini-01"), name("ci"));
        let task = || Task {
            host: host.clone(),
            pool: pool.clone(),
            state: TaskState::Waiting,
            replacement: None,
        };
        let job = Job {
            id: job(id),
            kind,
            cause,
            by: Actor { who: "ada".into(), via: Via::Desktop },
            opened: Timestamp::from_millis(1_795_228_200_000),
            begin_by: Timestamp::from_millis(1_795_242_600_000),
            max_unavailable: share,
            tasks: vms.iter().map(|vm| (*vm, task())).collect(),
            state: JobState::Running,
            hosts: BTreeMap::new(),
            play: None,
            paused: None,
            forgiven: 0,
        };
        self.put(Event::JobOpened { job: Box::new(job) });
    }

    fn jobs_run(&mut self) {
        let schedule: ScheduleName = name("nightly");
        let nominal = Timestamp::from_millis(1_795_230_000_000);
        let (missed, cause) = (schedule.clone(), "the controller was down".to_string());
        self.put(Event::RunMissed { schedule: missed, nominal, count: 2, cause });
        let nominal = nominal + Span::from_hours(24);
        let (zero, one) = (self.ready(20, SlotIx::Zero, None), self.ready(21, SlotIx::One, None));
        self.put(Event::RunFired { schedule: schedule.clone(), nominal, job: job(1) });
        let respawn = || JobKind::Respawn { pool: name("ci") };
        let cause = Cause::Run { schedule: schedule.clone(), nominal };
        let gone = vm(19);
        self.open(1, respawn(), cause, Share::Percent(10), &[zero, one, gone]);
        let ended = |job, vm, end| Event::TaskEnded { job, vm, end };
        self.retire(zero, RetireWhy::Respawn, Some(job(1)));
        self.take_down(zero);
        self.ready(22, SlotIx::Zero, Some((job(1), zero)));
        self.put(ended(job(1), zero, TaskEnd::Done));
        self.put(ended(
            job(1),
            one,
            TaskEnd::Skipped { why: "its turn did not come".into(), busy: false },
        ));
        self.put(ended(job(1), gone, TaskEnd::Failed { why: "no room".into() }));
        self.put(Event::JobEnded { job: job(1) });
        let on = JobKind::RespawnOn { hosts: name("site=lausanne,role!=builder") };
        self.open(2, on, Cause::RunNow { schedule }, Share::Count(1), &[gone]);
        self.put(ended(job(2), gone, TaskEnd::Done));
        self.put(Event::JobEnded { job: job(2) });
        self.open(3, respawn(), Cause::Asked, Share::Count(2), &[one, vm(22)]);
        self.retire(one, RetireWhy::Respawn, Some(job(3)));
        self.open(4, respawn(), Cause::For { job: job(3) }, Share::Count(1), &[vm(22)]);
    }

    fn controller_changes_amid_commands(&mut self) {
        self.begin(vm(21), OpKind::Stop);
        self.put(Event::ControllerStarted { version: "0.1.1".into() });
        self.reach("mini-01", Reach::Up, "");
    }

    fn the_brake_holds(&mut self) {
        self.put(Event::BrakeEngaged { silent: 5, of: 12 });
        self.put(Event::BrakeReleased { silent: 2, of: 12 });
        self.put(Event::BrakeEngaged { silent: 6, of: 12 });
    }

    fn bars_go_up_and_down(&mut self) {
        let (host, jump): (HostName, _) =
            (name("mini-01"), "ops@bastion.example.com:22".to_string());
        let claimed = |epoch| Event::HostClaimed {
            host: host.clone(),
            epoch,
            said: "it obeys epoch 9, and ours is 2".into(),
        };
        self.put(claimed(None));
        self.put(Event::HostClaimEnded { host: host.clone() });
        self.put(claimed(Some(9)));
        self.put(Event::JumpBarred { jump: jump.clone(), why: "its host key has CHANGED".into() });
        self.put(Event::JumpCleared { jump: jump.clone() });
        self.put(Event::JumpBarred { jump, why: "its host key has CHANGED".into() });
    }

    fn fleet_shrinks(&mut self) {
        let change = FleetChange {
            hosts: BTreeMap::from([(name("mini-01"), None), (name("mini-02"), None)]),
            images: BTreeMap::from([(name("debian"), None)]),
            pools: BTreeMap::from([(name("linux"), None)]),
            schedules: BTreeMap::from([(name("weekly"), None)]),
            playbooks: BTreeMap::new(),
        };
        self.by("ada", Via::Cli, Event::FleetChanged { change });
    }
}

fn hosts() -> BTreeMap<HostName, Option<HostSpec>> {
    let jump = Jump { user: "ops".into(), address: "bastion.example.com".into(), port: 22 };
    let full = SshAccess {
        address: "10.0.8.11".into(),
        port: 2222,
        user: "admin".into(),
        identity: Some("/keys/fleet".into()),
        known_hosts: Some("/keys/known_hosts".into()),
        host_key: Some("ssh-ed25519 AAAA".into()),
        jump: Some(jump),
    };
    let bare =
        SshAccess { identity: None, known_hosts: None, host_key: None, jump: None, ..full.clone() };
    let spec = |access, role, slots| HostSpec {
        role,
        slots,
        labels: Labels::from([("site".into(), "lausanne".into())]),
        groups: vec![name("lausanne")],
        ..HostSpec::new(access)
    };
    BTreeMap::from([
        (name("mini-01"), Some(spec(Access::Ssh(full), Role::Worker, 2))),
        (name("mini-02"), Some(spec(Access::Ssh(bare), Role::Worker, 1))),
        (name("builder-01"), Some(spec(Access::Local, Role::Builder, 0))),
    ])
}

fn image(source: &str, os: GuestOs) -> ImageSpec {
    ImageSpec { source: source.into(), os }
}

fn pools() -> BTreeMap<PoolName, Option<PoolSpec>> {
    let spec = |image, size, hosts, cpu, memory| {
        let (image, hosts) = (name(image), name(hosts));
        Some(PoolSpec { cpu, memory, ..PoolSpec::new(image, size, hosts) })
    };
    let sites = "site in (lausanne,zurich),!retired";
    BTreeMap::from([
        (name("ci"), spec("xcode-26", PoolSize::Count(2), sites, Some(4), Some(Bytes::gib(8)))),
        (name("linux"), spec("debian", PoolSize::PerHost(1), "role notin (builder)", None, None)),
        (name("spare"), Some(particular())),
    ])
}

/// A pool of which everything is said.
fn particular() -> PoolSpec {
    let script = |sh: &str| Some(GuestScript { sh: sh.into(), within: Span::from_secs(10) });
    PoolSpec {
        busy: script("test -e busy"),
        retire: script("touch no-more"),
        max_age: Some(Span::from_hours(24)),
        needs: Needs {
            macos: Some(">=26".into()),
            chip: Some("m4".into()),
            memory: Some(Bytes::gib(16)),
            disk: Some(Bytes::gib(500)),
        },
        anti_affinity: vec![name("ci")],
        ..PoolSpec::new(name("xcode-26"), PoolSize::Fill, name(""))
    }
}

fn schedules() -> BTreeMap<ScheduleName, Option<ScheduleSpec>> {
    let spec = |targets, cron: &str, max_unavailable| {
        Some(ScheduleSpec {
            window: Span::from_hours(4),
            max_unavailable,
            ..ScheduleSpec::new(targets, name("respawn"), cron, "Europe/Zurich")
        })
    };
    let nightly = spec(Targets::Pool(name("ci")), "30 2 * * *", Share::Percent(10));
    let weekly = spec(Targets::Hosts(name("site=lausanne")), "@weekly", Share::Count(1));
    BTreeMap::from([(name("nightly"), nightly), (name("weekly"), weekly)])
}

fn sighting() -> Sighting {
    let seen = |state, ip: Option<&str>, linux| SeenVm {
        ip: ip.map(Into::into),
        linux,
        ..SeenVm::new(state)
    };
    let vms = BTreeMap::from([
        ("runs".into(), seen(SeenState::Running, Some("192.168.64.9"), false)),
        ("stands".into(), seen(SeenState::Stopped, None, false)),
        ("sleeps".into(), seen(SeenState::Suspended, None, true)),
        ("odd".into(), seen(SeenState::Other("migrating".into()), None, false)),
    ]);
    Sighting {
        at: Timestamp::from_millis(1_795_228_200_000),
        facts: Facts {
            macos: "26.3.1".into(),
            build: "25D2128".into(),
            chip: "Apple M2 Pro".into(),
            model: "Mac14,12".into(),
            cores: 10,
            memory: Bytes::gib(16),
            disk: Bytes(494_384_795_648),
            disk_free: Bytes(201_000_000_001),
            boot: "5F3C6F2B".into(),
            booted_at: Timestamp::from_millis(1_795_000_000_123),
            tool: "2.35.0".into(),
            ..Facts::default()
        },
        vms: Some(vms),
        images: Some(vec!["ghcr.io/acme/xcode:26.1".into()]),
        guests: Some(2),
        locked: None,
        guard: GuardView {
            epoch: 1,
            running: Some(OpId::from_bits(7)),
            done: BTreeMap::from([(OpId::from_bits(5), 0), (OpId::from_bits(6), 77)]),
        },
    }
}
