//! The fold holds its promises whatever happens: random walks over a small fleet, and a table of
//! what does not follow.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod audit;
mod forgotten;
mod plays;
mod refused;
mod walk;

use std::collections::BTreeSet;

use hostler::model::{Entry, LICENSED, Licence, Slot, World};
use hostler::plan::check::check_world;
use hostler::store::{SlotRow, Store, slot_rows};
use proptest::prelude::*;
use walk::{Dice, Walk, fleet};

fn dice(most: usize) -> impl Strategy<Value = Vec<Dice>> {
    proptest::collection::vec(any::<Dice>(), 1..most)
}

fn walked(steps: &[Dice]) -> Walk {
    let mut walk = Walk::begun();
    for step in steps {
        walk.step(*step);
    }
    walk
}

fn folded(entries: &[Entry]) -> World {
    let mut world = World::default();
    for entry in entries {
        world.apply(entry).unwrap();
    }
    world
}

fn reread<T: serde::Serialize + serde::de::DeserializeOwned>(thing: &T) -> T {
    serde_json::from_str(&serde_json::to_string(thing).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn every_world_on_the_way_is_sound_and_reads_back_as_itself(steps in dice(120)) {
        let mut walk = Walk::begun();
        for step in steps {
            let before = walk.world.clone();
            if walk.step(step) {
                let entry = walk.entries.last().unwrap();
                let wrong = check_world(&walk.world);
                prop_assert!(wrong.is_empty(), "{:#?} after {:?}", wrong, entry);
                prop_assert_eq!(&reread(entry), entry);
                prop_assert_eq!(&reread(&walk.world), &walk.world);
            } else {
                prop_assert_eq!(&before, &walk.world);
            }
        }
    }

    #[test]
    fn the_journal_proves_that_ours_were_never_more_than_two(steps in dice(120)) {
        let walk = walked(&steps);
        let mut world = World::default();
        let mut licence = Licence::begin(&world);
        for entry in &walk.entries {
            world.apply(entry).unwrap();
            licence.read(&world, entry);
        }
        for (name, most) in &licence.hosts {
            prop_assert!(most.ours_most <= LICENSED, "{} had {:?}", name, most);
            let foreign = most.count.foreign;
            prop_assert!(most.count.total <= LICENSED || foreign > 0, "{} had {:?}", name, most);
        }
        prop_assert_eq!(licence.entries, world.seq);
    }

    #[test]
    fn the_same_entries_give_the_same_world_with_or_without_a_checkpoint(
        steps in dice(120),
        at in any::<prop::sample::Index>(),
    ) {
        let walk = walked(&steps);
        prop_assert_eq!(&folded(&walk.entries), &walk.world);
        let cut = at.index(walk.entries.len() + 1);
        let mut world = reread(&folded(&walk.entries[..cut]));
        for entry in &walk.entries[cut..] {
            world.apply(&reread(entry)).unwrap();
        }
        prop_assert_eq!(&world, &walk.world);
    }

    #[test]
    fn no_world_is_a_dead_end(steps in dice(120), way in any::<u16>()) {
        let mut walk = walked(&steps);
        prop_assert!(walk.lead_out(way), "{:?}", walk.world.vms);
        let slots = walk.world.hosts.values().flat_map(|host| &host.slots);
        prop_assert!(slots.into_iter().all(|slot| *slot == Slot::Free));
        prop_assert_eq!(check_world(&walk.world), Vec::<String>::new());
    }

    #[test]
    fn the_difference_to_a_fleet_leads_to_that_fleet(
        steps in dice(60),
        bits in any::<u16>(),
        slots in 0..=2_u8,
    ) {
        let mut walk = walked(&steps);
        let wanted = fleet(bits, slots);
        let change = walk.world.difference(&wanted);
        if !change.is_empty() {
            let event = hostler::model::Event::FleetChanged { change };
            prop_assert!(walk.put(event));
        }
        prop_assert!(walk.world.difference(&wanted).is_empty());
        prop_assert_eq!(check_world(&walk.world), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_store_takes_every_legal_group_with_the_slots_it_changed(
        steps in dice(120),
        sizes in proptest::collection::vec(1..9_usize, 1..20),
    ) {
        let walk = walked(&steps);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::in_memory().await.unwrap();
            let mut world = World::default();
            let mut sizes = sizes.iter().cycle();
            let mut rest = &walk.entries[..];
            while !rest.is_empty() {
                let (group, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                rest = later;
                let before = slot_rows(&world);
                for entry in group {
                    world.apply(entry).unwrap();
                }
                store.append(group, &changed(&before, &slot_rows(&world))).await.unwrap();
            }
            let verified = store.verify().await.unwrap();
            assert_eq!(verified.last, walk.world.seq);
        });
    }
}

/// What a group changed: new rows, and free ones in the stead of those that are no more.
fn changed(before: &[SlotRow], after: &[SlotRow]) -> Vec<SlotRow> {
    let place = |row: &SlotRow| (row.host.clone(), row.slot);
    let taken: BTreeSet<_> = after.iter().map(place).collect();
    let freed = before.iter().filter(|row| !taken.contains(&place(row)));
    let freed = freed.map(|row| SlotRow { vm: None, is: "free", ..row.clone() });
    freed.chain(after.iter().filter(|row| !before.contains(row)).cloned()).collect()
}

/// The names of all events, from the one place where each has to be given its name.
fn every_event() -> impl Iterator<Item = &'static str> {
    let source = include_str!("../../src/model/event.rs");
    let names = source.split_once("pub fn name(&self)").unwrap().1;
    names.lines().filter_map(|line| line.split_once("{ .. } => \"")?.1.strip_suffix("\","))
}

/// How many sorts of events are declared: each begins a line of its own.
fn declared_events() -> usize {
    let source = include_str!("../../src/model/event.rs");
    let variants = source.split_once("pub enum Event {").unwrap().1.split_once("\n}\n").unwrap().0;
    let is_variant = |line: &&str| {
        line.strip_prefix("    ").is_some_and(|line| line.starts_with(char::is_uppercase))
    };
    variants.lines().filter(is_variant).count()
}

/// The walks above prove little if they do not go everywhere.
#[test]
fn the_walks_meet_every_event_and_every_sort_of_slot() {
    let mut state = 1_u64;
    let mut draw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let (mut events, mut slots) = (BTreeSet::new(), BTreeSet::new());
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..100 {
        let mut walk = Walk::begun();
        for _ in 0..200 {
            let roll = (draw() as u8, draw() as u16, draw() as u16, draw() as u16);
            *(if walk.step(roll) { &mut taken } else { &mut refused }) += 1;
            let seen = walk.world.hosts.values().flat_map(|host| &host.slots);
            slots.extend(seen.map(Slot::word));
        }
        events.extend(walk.entries.iter().map(|entry| entry.event.name()));
    }
    let every: BTreeSet<&str> = every_event().collect();
    assert_eq!(every.len(), declared_events(), "{every:?}");
    let missed: Vec<_> = every.difference(&events).collect();
    assert!(missed.is_empty(), "no walk meets {missed:?}");
    assert_eq!(slots.len(), 7, "{slots:?}");
    assert!(taken > 4_000 && refused > 1_000, "{taken} taken, {refused} refused");
}
