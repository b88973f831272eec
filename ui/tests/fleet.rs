//! A fleet made of entries, by the model's own rules: for sessions, pictures and measuring.

use std::collections::BTreeMap;

use hostler::api::{Live, Snapshot};
use hostler::model::{
    Access, Act, Actor, Bytes, Cause, DrainStep, Each, Entry, Event, Facts, FleetChange, GuestOs,
    GuestScript, Hold, HoldId, HoldKind, HostName, HostSpec, ImageSpec, Job, JobId, JobKind,
    JobState, OnFailure, OpId, OpKind, Outcome, Playbook, PlaybookName, PoolName, PoolSize,
    PoolSpec, Reach, Refusal, RetireWhy, Sample, Selector, Share, Sighting, SlotIx, Span,
    SshAccess, Step, Task, TaskEnd, TaskState, Timestamp, Via, VmId, World,
};

fn playbook(name: PlaybookName) -> Playbook {
    Playbook {
        name,
        summary: "Cleans the host.".into(),
        each: Each::Host,
        steps: vec![Step::plain(Act::Drain(DrainStep::default())), Step::plain(Act::DeleteVms)],
        always: vec![Step::plain(Act::Undrain)],
        on_failure: OnFailure::Hold,
    }
}

pub fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

/// 2026-08-20T14:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_787_234_400_000);

/// Makes entries that follow one another, and folds them.
#[derive(Clone, Debug)]
pub struct Maker {
    pub(super) world: World,
    pub at: Timestamp,
    ids: u64,
    journal: Vec<Entry>,
}

impl Maker {
    /// So many hosts, all up, and so many VMs on them, two a host, all ready.
    pub fn new(hosts: usize, vms: usize) -> Self {
        let mut maker = Self { world: World::default(), at: START, ids: 1, journal: Vec::new() };
        maker.entry(Event::ControllerStarted { version: "0.1.0".into() });
        maker.declare(hosts);
        let names: Vec<HostName> = maker.world.hosts.keys().cloned().collect();
        for (n, name) in names.iter().enumerate() {
            let sighting = Box::new(sighting(n));
            maker.entry(Event::HostSeen { host: name.clone(), sighting });
            maker.reach(name.as_str(), Reach::Up, "");
        }
        for n in 0..vms {
            let name = names[n / 2 % names.len()].clone();
            let slot = SlotIx::ALL[n % 2];
            maker.vm(&name, slot, n);
        }
        maker
    }

    /// A fleet in which something of everything is going on.
    pub fn varied() -> Self {
        let mut maker = Self::new(44, 50);
        maker.cordon("mac-0030", "disk 91%", "bob");
        maker.cordon("mac-0031", "disk replacement r10", "alice");
        maker.hold("mac-0032", HoldKind::Quarantine, "3 failed starts", Actor::controller());
        maker.reach("mac-0033", Reach::Suspect, "one look missed");
        maker.reach("mac-0033", Reach::Unreachable, "no answer for 30s");
        maker.reach("mac-0034", Reach::Locked, "the login keychain is locked");
        maker.reach("mac-0035", Reach::IdentityMismatch, "its host key is not the pinned one");
        let taken = Event::SlotTaken {
            host: host("mac-0036"),
            slot: SlotIx::Zero,
            name: "tahoe-dev".into(),
        };
        maker.entry(taken);
        let vms: Vec<VmId> = maker.world.vms.keys().copied().collect();
        maker.entry(Event::VmMissed { vm: vms[1] });
        maker.entry(Event::VmRetired { vm: vms[2], why: RetireWhy::Drifted, job: None });
        let op = OpId::from_bits(7_001);
        maker.entry(Event::OpBegun { vm: vms[2], op, kind: OpKind::Stop });
        let outcome = Outcome::Unknown { why: "the connection was lost".into() };
        maker.entry(Event::OpEnded { vm: vms[2], op, outcome });
        maker.refused_vm("mac-0037");
        maker.entry(Event::VmDied { vm: vms[4], why: "its process is gone".into() });
        for (n, busy) in [(6, true), (8, false), (10, true), (12, true), (14, false)] {
            maker.entry(Event::VmBusy { vm: vms[n], busy: Some(busy) });
        }
        maker.jobs(&vms);
        maker
    }

    /// A fleet in data centres and racks, some of it in trouble.
    pub fn racked(hosts: usize) -> Self {
        let mut maker = Self::new(hosts, 0);
        let mut change = FleetChange::default();
        for n in 1..=hosts {
            let mut spec = spec(n);
            let (dc, rack) = (1 + 4 * (n - 1) / hosts, 1 + (n - 1) / 30 % 40);
            spec.labels.insert("dc".into(), format!("dc{dc}"));
            spec.labels.insert("rack".into(), format!("r{rack:02}"));
            change.hosts.insert(host(&format!("mac-{n:04}")), Some(spec));
        }
        maker.entry(Event::FleetChanged { change });
        let names: Vec<HostName> = maker.world.hosts.keys().cloned().collect();
        for (n, name) in names.iter().enumerate() {
            match n {
                n if n % 2 == 0 => maker.vm(name, SlotIx::Zero, n),
                n if n % 61 == 0 => drop(maker.cordon(name.as_str(), "disk", "bob")),
                n if n % 97 == 0 => drop(maker.reach(name.as_str(), Reach::Suspect, "late")),
                n if n % 143 == 0 => {
                    maker.reach(name.as_str(), Reach::Suspect, "late");
                    maker.reach(name.as_str(), Reach::Unreachable, "no answer for 30s");
                }
                _ => {}
            }
        }
        maker
    }

    /// A VM has work, or has none any more; none when no VM can have any.
    pub fn work(&mut self, n: usize) -> Option<Entry> {
        let ready = |vm: &&std::sync::Arc<hostler::model::Vm>| vm.is_ready();
        let vms: Vec<_> = self.world.vms.values().filter(ready).collect();
        let vm = vms.get(n * 5 % vms.len().max(1))?;
        let busy = [Some(true), Some(false), None];
        let next = busy.iter().position(|busy| *busy == vm.busy).map_or(0, |at| at + 1);
        let (vm, busy) = (vm.id, busy[next % 3]);
        Some(self.entry(Event::VmBusy { vm, busy }))
    }

    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids << 20 | 0x5_a5a5
    }

    pub fn now(&self) -> Timestamp {
        self.at
    }
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { seq: self.world.seq, world: self.world.clone() }
    }

    /// The next entry, folded.
    pub fn entry(&mut self, event: Event) -> Entry {
        self.entry_by(Actor::controller(), event)
    }
    pub fn entry_by(&mut self, actor: Actor, event: Event) -> Entry {
        self.at = self.at + Span::from_millis(100);
        let starts = matches!(event, Event::ControllerStarted { .. });
        let epoch = self.world.epoch + u64::from(starts);
        let entry = Entry { seq: self.world.seq + 1, at: self.at, epoch, actor, event };
        self.world.apply(&entry).unwrap();
        self.journal.push(entry.clone());
        entry
    }
    /// Every entry so far.
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    fn declare(&mut self, hosts: usize) {
        let mut change = FleetChange::default();
        for n in 1..=hosts {
            let name = host(&format!("mac-{n:04}"));
            change.hosts.insert(name, Some(spec(n)));
        }
        let image = ImageSpec { source: "ghcr.io/acme/tahoe:26.1".into(), os: GuestOs::Macos };
        change.images.insert("xcode-26".parse().unwrap(), Some(image));
        for pool in ["concourse", "azure"] {
            // One of them tells whether its VMs have work.
            let busy = (pool == "concourse").then(|| GuestScript {
                sh: "pgrep -qf ci-job".into(),
                within: Span::from_secs(10),
            });
            let spec = PoolSpec { busy, ..pool_spec() };
            change.pools.insert(pool.parse().unwrap(), Some(spec));
        }
        for name in ["nightly-wipe", "tidy"] {
            let name: PlaybookName = name.parse().unwrap();
            change.playbooks.insert(name.clone(), Some(playbook(name)));
        }
        self.entry(Event::FleetChanged { change });
    }

    pub fn drop_host(&mut self, name: &str) -> Entry {
        let hosts = BTreeMap::from([(host(name), None)]);
        let change = FleetChange { hosts, ..FleetChange::default() };
        self.entry(Event::FleetChanged { change })
    }

    pub fn reach(&mut self, name: &str, to: Reach, why: &str) -> Entry {
        self.entry(Event::ReachChanged { host: host(name), to, why: why.into() })
    }

    pub fn cordon(&mut self, name: &str, reason: &str, who: &str) -> Entry {
        let by = Actor { who: who.into(), via: Via::Cli };
        self.hold(name, HoldKind::Cordon, reason, by)
    }
    pub fn hold(&mut self, name: &str, kind: HoldKind, reason: &str, by: Actor) -> Entry {
        let id = HoldId::from_bits(self.id());
        let (reason, created) = (reason.into(), self.at);
        let hold = Hold {
            id,
            host: host(name),
            kind,
            reason,
            by: by.clone(),
            created,
            until: None,
            job: None,
            on_expiry: Default::default(),
        };
        self.entry_by(by, Event::HoldPlaced { hold })
    }
    pub fn uncordon(&mut self, name: &str) -> Option<Entry> {
        let holds = &self.world.hosts.get(&host(name))?.holds;
        let hold = *holds.keys().next()?;
        let event = Event::HoldReleased { host: host(name), hold, why: "uncordoned".into() };
        Some(self.entry(event))
    }

    fn vm(&mut self, name: &HostName, slot: SlotIx, n: usize) {
        let vm = self.placed(name, slot, n);
        self.op(vm, OpKind::Clone, Outcome::Done);
        self.op(vm, OpKind::Start, Outcome::Done);
        let ip = format!("192.168.64.{}", 2 + n % 250);
        self.entry(Event::VmReady { vm, ip });
    }
    fn placed(&mut self, name: &HostName, slot: SlotIx, n: usize) -> VmId {
        let vm = VmId::from_bits(self.id());
        let pool: PoolName = ["concourse", "azure"][n % 2].parse().unwrap();
        let image = "xcode-26".parse().unwrap();
        let host = name.clone();
        self.entry(Event::SlotReserved { vm, host, slot, pool, image, replaces: None });
        vm
    }
    fn op(&mut self, vm: VmId, kind: OpKind, outcome: Outcome) {
        let op = OpId::from_bits(self.id());
        self.entry(Event::OpBegun { vm, op, kind });
        self.entry(Event::OpEnded { vm, op, outcome });
    }
    fn refused_vm(&mut self, name: &str) {
        let vm = self.placed(&host(name), SlotIx::One, 1);
        let said = "No space left on device".into();
        self.op(vm, OpKind::Clone, Outcome::Refused { class: Refusal::DiskFull, said });
    }

    /// One job that is over, one that failed, one under way.
    fn jobs(&mut self, vms: &[VmId]) {
        for (n, ends) in [(0, 3), (1, 3), (2, 1)] {
            let id = JobId::from_bits(self.id());
            let targets = &vms[10 + 3 * n..13 + 3 * n];
            let job = self.job(id, targets, n);
            self.entry(Event::JobOpened { job: Box::new(job) });
            for (k, vm) in targets.iter().take(ends).enumerate() {
                let end = match (n, k) {
                    (1, 2) => TaskEnd::Failed { why: "not ready after 5m".into() },
                    _ => TaskEnd::Done,
                };
                self.entry(Event::TaskEnded { job: id, vm: *vm, end });
            }
            if ends == targets.len() {
                self.entry(Event::JobEnded { job: id });
            }
        }
    }
    fn job(&self, id: JobId, vms: &[VmId], n: usize) -> Job {
        let task = |vm: &VmId| {
            let (host, pool) = (self.world.vms[vm].host.clone(), self.world.vms[vm].pool.clone());
            (*vm, Task { host, pool, state: TaskState::Waiting, replacement: None })
        };
        let schedule = "nightly-respawn".parse().unwrap();
        let by = Actor { who: "alice".into(), via: Via::Cli };
        Job {
            id,
            kind: JobKind::Respawn { pool: "concourse".parse().unwrap() },
            cause: if n == 2 { Cause::Asked } else { Cause::RunNow { schedule } },
            by: if n == 2 { by } else { Actor::controller() },
            opened: self.at,
            begin_by: self.at + Span::from_hours(4),
            max_unavailable: Share::Percent(10),
            tasks: vms.iter().map(task).collect(),
            state: JobState::Running,
            hosts: BTreeMap::new(),
            play: None,
            paused: None,
            forgiven: 0,
        }
    }

    /// Some entry that is possible now; another for another `n`.
    pub fn something(&mut self, n: usize) -> Entry {
        let names: Vec<HostName> = self.world.hosts.keys().cloned().collect();
        let name = names[n * 7 % names.len()].as_str().to_string();
        let vms: Vec<VmId> = self.world.vms.keys().copied().collect();
        let vm = vms.get(n * 5 % vms.len().max(1)).copied();
        match (n % 4, vm) {
            (0, Some(vm)) if self.world.vms[&vm].missed.is_some() => {
                self.entry(Event::VmFound { vm })
            }
            (0, Some(vm)) if self.world.vms[&vm].is_ready() => self.entry(Event::VmMissed { vm }),
            (1, _) => match self.uncordon(&name) {
                Some(entry) => entry,
                None => self.cordon(&name, &format!("reason {n}"), "carol"),
            },
            (2, _) => {
                let up = self.world.hosts[&host(&name)].reach == Reach::Up;
                let to = if up { Reach::Suspect } else { Reach::Up };
                self.reach(&name, to, if up { "one look missed" } else { "" })
            }
            _ => self.cordon(&name, &format!("again {n}"), "dave"),
        }
    }

    /// Figures for every host.
    pub fn live(&self) -> Live {
        let sample = |(n, name): (usize, &HostName)| {
            let sample = Sample {
                at: self.at,
                load: (n * 37 % 120) as f32 / 10.0,
                memory_used: Bytes::gib(4 + n as u64 * 5 % 27),
                disk_free: Bytes::gib(40 + n as u64 * 31 % 700),
                took_ms: 180,
            };
            (name.clone(), sample)
        };
        Live { samples: self.world.hosts.keys().enumerate().map(sample).collect() }
    }
}

fn spec(n: usize) -> HostSpec {
    let site = ["lausanne", "zurich", "geneva"][n % 3];
    let mut labels = BTreeMap::from([("site".to_string(), site.to_string())]);
    if n.is_multiple_of(5) {
        labels.insert("gold".into(), String::new());
    }
    let ssh = SshAccess {
        address: format!("10.0.{}.{}", n / 250, n % 250),
        port: 22,
        user: "admin".into(),
        identity: None,
        known_hosts: None,
        host_key: None,
        jump: None,
    };
    HostSpec {
        labels,
        groups: vec![format!("r{:02}", 1 + n / 12).parse().unwrap()],
        ..HostSpec::new(Access::Ssh(ssh))
    }
}

fn pool_spec() -> PoolSpec {
    PoolSpec {
        cpu: Some(4),
        memory: Some(Bytes::gib(8)),
        ..PoolSpec::new("xcode-26".parse().unwrap(), PoolSize::Fill, Selector::default())
    }
}

fn sighting(n: usize) -> Sighting {
    let facts = Facts {
        macos: ["26.1", "26.1", "15.6"][n % 3].into(),
        build: "25B78".into(),
        chip: "Apple M2 Pro".into(),
        model: "Mac14,12".into(),
        cores: 12,
        memory: Bytes::gib(32),
        disk: Bytes::gib(994),
        disk_free: Bytes::gib(400),
        boot: format!("boot-{n}"),
        booted_at: START - Span::from_hours(24 * 12),
        tool: "2.35.0".into(),
        filevault: Some(false),
        all_users: Some(true),
        uuid: String::new(),
    };
    let vms = Some(BTreeMap::new());
    Sighting {
        at: START,
        facts,
        vms,
        images: Some(Vec::new()),
        guests: Some(0),
        ..Default::default()
    }
}
