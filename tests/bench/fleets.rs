//! Fleets of any size, grown by legal events only.

use hostler::config;
use hostler::engine::{Ids, events_of};
use hostler::model::*;
use hostler::plan;

pub(crate) fn at(s: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000) + Span::from_secs(s)
}

/// A World, its ids, and every entry that made it.
pub(crate) struct Grown {
    pub(crate) world: World,
    ids: Ids,
    /// Kept only when asked for.
    pub(crate) entries: Option<Vec<Entry>>,
}

impl Grown {
    /// Hosts that are up, and a pool of `vms` VMs of which none is placed.
    pub(crate) fn new(hosts: usize, vms: u32) -> Self {
        let world = World::default();
        let mut noise = 0_u16;
        let ids = Ids::above(
            &world,
            Box::new(move || {
                noise = noise.wrapping_add(7_919);
                noise
            }),
        );
        let mut grown = Self { world, ids, entries: None };
        grown.put(0, Event::ControllerStarted { version: "bench".into() });
        let change = grown.world.difference(&fleet(hosts, vms));
        grown.put(0, Event::FleetChanged { change });
        let names: Vec<HostName> = grown.world.hosts.keys().cloned().collect();
        for name in &names {
            grown.see(0, name);
        }
        grown
    }

    pub(crate) fn put(&mut self, s: u64, event: Event) {
        let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
        let (seq, epoch) = (self.world.seq + 1, self.world.epoch + starts);
        let entry = Entry { seq, at: at(s), epoch, actor: Actor::controller(), event };
        self.world.apply(&entry).unwrap();
        if let Some(entries) = &mut self.entries {
            entries.push(entry);
        }
    }

    /// Has the schedule do this every night instead.
    pub(crate) fn nightly(&mut self, playbook: &str) {
        let texts = [("inventory/none.yaml".into(), "groups: {}\n".into())].into();
        let files = config::Files { texts, ..config::Files::default() };
        let shipped = config::check(&files).unwrap().fleet.playbooks;
        let shipped = shipped.into_iter().map(|(name, book)| (name, Some(book)));
        let name: ScheduleName = "nightly".parse().unwrap();
        let mut spec = self.world.schedules[&name].spec.clone();
        spec.playbook = playbook.parse().unwrap();
        if playbook != "respawn" {
            spec.targets = Targets::Hosts("site".parse().unwrap());
        }
        let change = FleetChange {
            playbooks: shipped.collect(),
            schedules: [(name, Some(spec))].into(),
            ..FleetChange::default()
        };
        self.put(0, Event::FleetChanged { change });
    }

    /// Looks at a host on which all of ours run that should.
    pub(crate) fn see(&mut self, s: u64, name: &HostName) {
        let host = &self.world.hosts[name];
        let started = |vm: &&std::sync::Arc<Vm>| matches!(vm.phase, Phase::Booting | Phase::Ready);
        let running: Vec<String> =
            self.world.vms_on(host).filter(started).map(|vm| vm.host_name()).collect();
        let seen = SeenVm { ip: Some("192.168.64.2".into()), ..SeenVm::new(SeenState::Running) };
        let sighting = Sighting {
            at: at(s),
            facts: Facts { boot: "1".into(), tool: "2.35".into(), ..Facts::default() },
            guests: Some(running.len() as u32),
            vms: Some(running.into_iter().map(|vm| (vm, seen.clone())).collect()),
            images: Some(vec!["reg/xcode:1".into()]),
            locked: None,
            guard: GuardView::default(),
        };
        for event in plan::observe(&self.world, name, &sighting) {
            self.put(s, event);
        }
    }

    /// One pass, written down; the commands it began.
    pub(crate) fn pass(&mut self, s: u64) -> Vec<(VmId, OpId)> {
        let mut begun = Vec::new();
        for action in plan::plan(&self.world, at(s)).actions {
            for event in events_of(&self.world, action, &mut self.ids, at(s)) {
                if let Event::OpBegun { vm, op, .. } = &event {
                    begun.push((*vm, *op));
                }
                self.put(s, event);
            }
        }
        begun
    }

    /// Passes until every VM serves.
    pub(crate) fn settle(&mut self, s: u64) {
        for round in 0..10 {
            for (vm, op) in self.pass(s + round) {
                self.put(s + round, Event::OpEnded { vm, op, outcome: Outcome::Done });
            }
            let names: Vec<HostName> = self.world.hosts.keys().cloned().collect();
            for name in &names {
                self.see(s + round, name);
            }
        }
    }
}

fn fleet(hosts: usize, vms: u32) -> Fleet {
    let mut fleet = Fleet::default();
    for n in 0..hosts {
        let labels = [("site", format!("s{}", n % 7)), ("chip", format!("m{}", n % 4 + 1))];
        let spec = HostSpec {
            labels: labels.into_iter().map(|(k, v)| (k.to_string(), v)).collect(),
            ..HostSpec::new(Access::Local)
        };
        fleet.hosts.insert(format!("mini-{n:05}").parse().unwrap(), spec);
    }
    let image: ImageName = "xcode".parse().unwrap();
    fleet
        .images
        .insert(image.clone(), ImageSpec { source: "reg/xcode:1".into(), os: GuestOs::Macos });
    let pool = PoolSpec {
        cpu: Some(4),
        memory: Some(Bytes::gib(8)),
        ..PoolSpec::new(image, PoolSize::Count(vms), "chip in (m1,m2,m3,m4)".parse().unwrap())
    };
    fleet.pools.insert("ci".parse().unwrap(), pool);
    let schedule = ScheduleSpec {
        window: Span::from_hours(4),
        max_unavailable: Share::Percent(10),
        ..ScheduleSpec::new(
            Targets::Pool("ci".parse().unwrap()),
            "respawn".parse().unwrap(),
            "30 2 * * *",
            "Europe/Zurich",
        )
    };
    fleet.schedules.insert("nightly".parse().unwrap(), schedule);
    fleet
}
