//! The licence report: the most macOS VMs that each host was ever seen with, read from the
//! journal entry by entry. It keeps its own count, beside the slots that cannot say more than two.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Entry, Event, Host, HostName, Sighting, Slot, Subject, Timestamp, World};

/// What the licence of macOS allows on one Mac.
pub const LICENSED: u32 = 2;

/// What the journal shows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Licence {
    /// The entries of the period, each of which was read: how many, the first and the last; 0 when
    /// there is none.
    pub entries: u64,
    pub first: u64,
    pub last: u64,
    /// When these two were written.
    pub since: Timestamp,
    pub until: Timestamp,
    pub hosts: BTreeMap<HostName, Most>,
}

/// The most of one host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Most {
    #[serde(flatten)]
    pub count: Count,
    /// When it was first so many, and the entry that shows it: one before the period where they
    /// still stood at its beginning.
    pub at: Timestamp,
    pub seq: u64,
    /// The most of ours at any one time, those that may run included.
    pub ours_most: u32,
}

/// The macOS VMs of a host at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Count {
    pub total: u32,
    pub ours: u32,
    /// Those of others, whoever lists them.
    pub foreign: u32,
    /// Ours that may run: their host fell silent over them.
    pub unknown: u32,
    /// That the kernel counts, and that are gone.
    pub leaked: u32,
}

impl Count {
    fn of(ours: u32, foreign: u32, unknown: u32, leaked: u32) -> Self {
        Self { total: ours + foreign + unknown + leaked, ours, foreign, unknown, leaked }
    }

    /// By its slots.
    fn of_slots(host: &Host) -> Self {
        let count = |is: fn(&Slot) -> bool| host.slots.iter().map(|slot| u32::from(is(slot))).sum();
        Self::of(
            count(|slot| matches!(slot, Slot::Occupied { .. } | Slot::Stopping { .. })),
            count(|slot| matches!(slot, Slot::Foreign { .. })),
            count(|slot| matches!(slot, Slot::Unknown { .. })),
            count(|slot| matches!(slot, Slot::Leaked { .. })),
        )
    }

    /// By a look: what is listed as running, and what runs and is not listed.
    fn of_look(world: &World, host: &Host, sighting: &Sighting) -> Self {
        let ours: BTreeSet<String> = world.vms_on(host).map(|vm| vm.host_name()).collect();
        let (mut mine, mut theirs, mut listed) = (0, 0, 0_u32);
        for (name, vm) in sighting.vms.iter().flatten().filter(|(_, vm)| vm.state.runs()) {
            listed += 1;
            let of = if ours.contains(name) { &mut mine } else { &mut theirs };
            *of += u32::from(vm.holds_slot());
        }
        // A process that no list names may be one of ours that is on its way up or down.
        let may_be_ours = host.slots.iter().filter(|slot| {
            let vm = slot.vm().and_then(|id| world.vms.get(&id));
            let seen = sighting.vms.as_ref();
            let runs =
                |name: &str| seen.and_then(|vms| vms.get(name)).is_some_and(|v| v.state.runs());
            vm.is_some_and(|vm| vm.was_started() && !runs(&vm.host_name()))
        });
        let may_be_ours = u32::try_from(may_be_ours.count()).unwrap_or(0);
        let extra = sighting.guests.unwrap_or(listed).saturating_sub(listed);
        let unknown = extra.min(may_be_ours);
        Self::of(mine, theirs + (extra - unknown), unknown, 0)
    }
}

impl Licence {
    /// Begins before the next entry, with what stands then.
    pub fn begin(world: &World) -> Self {
        let mut licence = Self { since: world.at, until: world.at, ..Self::default() };
        licence.stands(world);
        licence
    }

    /// Takes in the next entry; `world` is the World after it.
    pub fn read(&mut self, world: &World, entry: &Entry) {
        if self.first == 0 {
            (self.first, self.since) = (entry.seq, entry.at);
        }
        (self.entries, self.last, self.until) = (self.entries + 1, entry.seq, entry.at);
        match entry.event.subject() {
            Subject::All | Subject::Fleet(_) => self.stands(world),
            Subject::Host(name) => self.host(world, name),
            Subject::Vm(vm) => {
                if let Some(vm) = world.vms.get(&vm) {
                    self.host(world, &vm.host);
                }
            }
            Subject::Schedule(_) | Subject::Job(_) | Subject::Pool(_) => {}
        }
        if let Event::HostSeen { host: name, sighting } = &entry.event
            && let Some(host) = world.hosts.get(name)
        {
            self.count(name, Count::of_look(world, host, sighting), world);
        }
    }

    /// Hosts on which more were seen than are licensed.
    pub fn exceeded(&self) -> impl Iterator<Item = (&HostName, &Most)> {
        self.hosts.iter().filter(|(_, most)| most.count.total > LICENSED)
    }

    fn stands(&mut self, world: &World) {
        for name in world.hosts.keys() {
            self.host(world, name);
        }
    }

    fn host(&mut self, world: &World, name: &HostName) {
        if let Some(host) = world.hosts.get(name) {
            self.count(name, Count::of_slots(host), world);
        }
    }

    fn count(&mut self, name: &HostName, count: Count, world: &World) {
        let ours = count.ours + count.unknown;
        let (at, seq) = (world.at, world.seq);
        match self.hosts.get_mut(name) {
            None => drop(self.hosts.insert(name.clone(), Most { count, at, seq, ours_most: ours })),
            Some(most) => {
                most.ours_most = most.ours_most.max(ours);
                if count.total > most.count.total {
                    (most.count, most.at, most.seq) = (count, at, seq);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(1_000 * s)
    }

    fn name() -> HostName {
        "mini-01".parse().unwrap()
    }

    /// A World and the report of it, both grown entry by entry.
    struct Grown(World, Licence);

    impl Grown {
        fn new() -> Self {
            let mut grown = Self(World::default(), Licence::begin(&World::default()));
            grown.put(Event::ControllerStarted { version: "1".into() });
            let hosts = [(name(), Some(HostSpec::new(Access::Local)))].into();
            grown.put(Event::FleetChanged { change: FleetChange { hosts, ..Default::default() } });
            grown.put(Event::ReachChanged { host: name(), to: Reach::Up, why: String::new() });
            grown
        }

        fn put(&mut self, event: Event) {
            let Self(world, licence) = self;
            let (seq, starts) = (world.seq + 1, event.name() == "controller_started");
            let epoch = world.epoch + u64::from(starts);
            let at = at(i64::try_from(seq).unwrap());
            let entry = Entry { seq, at, epoch, actor: Actor::controller(), event };
            world.apply(&entry).unwrap();
            licence.read(world, &entry);
        }

        fn begins(&mut self, n: u64, slot: SlotIx, kind: OpKind) {
            let (vm, host, replaces) = (VmId::from_bits(n), name(), None);
            let (pool, image) = ("ci".parse().unwrap(), "x".parse().unwrap());
            self.put(Event::SlotReserved { vm, host, slot, pool, image, replaces });
            let kinds = [OpKind::Clone, kind];
            for (step, kind) in (0..).zip(kinds) {
                let op = OpId::from_bits(100 * n + step);
                self.put(Event::OpBegun { vm, op, kind });
                self.put(Event::OpEnded { vm, op, outcome: Outcome::Done });
            }
        }

        fn sees(&mut self, running: &[String], guests: Option<u32>) {
            let seen = running.iter().map(|vm| (vm.clone(), SeenVm::new(SeenState::Running)));
            let vms = Some(seen.collect());
            let sighting = Box::new(Sighting { vms, guests, ..Sighting::default() });
            self.put(Event::HostSeen { host: name(), sighting });
        }

        fn most(&self) -> &Most {
            &self.1.hosts[&name()]
        }

        fn ours(&self) -> Vec<String> {
            self.0.vms.values().map(|vm| vm.host_name()).collect()
        }
    }

    #[test]
    fn what_ran_is_the_most_and_the_entry_that_shows_it_is_named() {
        let mut grown = Grown::new();
        assert_eq!(grown.most().count, Count::default());
        grown.begins(1, SlotIx::Zero, OpKind::Start);
        let first = grown.0.seq;
        assert_eq!((grown.most().count.ours, grown.most().seq), (1, first - 1), "as it begins");
        grown.begins(2, SlotIx::One, OpKind::Start);
        grown.sees(&grown.ours(), Some(2));
        grown.put(Event::ControllerStarted { version: "1".into() });
        let most = grown.most().clone();
        assert_eq!((most.count.total, most.count.ours, most.ours_most), (2, 2, 2));
        assert_eq!(grown.1.exceeded().count(), 0);
        assert_eq!((grown.1.first, grown.1.last, grown.1.entries), (1, grown.0.seq, grown.0.seq));
    }

    #[test]
    fn a_third_that_others_started_is_told_and_is_not_ours() {
        let mut grown = Grown::new();
        grown.begins(1, SlotIx::Zero, OpKind::Start);
        grown.begins(2, SlotIx::One, OpKind::Start);
        let mut running = grown.ours();
        running.push("buildbot".into());
        grown.sees(&running, Some(3));
        let most = grown.most();
        assert_eq!((most.count.total, most.count.ours, most.count.foreign), (3, 2, 1));
        assert_eq!((most.ours_most, most.seq), (2, grown.0.seq));
        assert_eq!(grown.1.exceeded().count(), 1);
    }

    #[test]
    fn a_process_that_nobody_lists_is_ours_only_while_one_of_ours_may_be_it() {
        let mut grown = Grown::new();
        grown.begins(1, SlotIx::Zero, OpKind::Start);
        grown.sees(&[], Some(2));
        let count = Count::of_look(&grown.0, &grown.0.hosts[&name()], &{
            let vms = Some(BTreeMap::new());
            Sighting { vms, guests: Some(2), ..Sighting::default() }
        });
        assert_eq!((count.total, count.unknown, count.foreign), (2, 1, 1));
        // Linux guests are listed, run, and do not count.
        let linux = SeenVm { linux: true, ..SeenVm::new(SeenState::Running) };
        let vms = Some([("box".to_string(), linux)].into());
        let seen = Sighting { vms, guests: Some(1), ..Sighting::default() };
        assert_eq!(Count::of_look(&grown.0, &grown.0.hosts[&name()], &seen).total, 0);
    }
}
