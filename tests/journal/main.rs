//! A journal that was ever written folds for ever. `vN.jsonl` is one of format N and `vN.world.json`
//! what it folded to then; neither is ever edited. When a test here asks for a new fixture, extend
//! `sample.rs`, run the tests, and copy the two files that the last one names as the next N.
#![expect(clippy::disallowed_methods, reason = "licence: fixtures are files")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod sample;

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hostler::model::*;
use hostler::plan::check::check_world;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn fixtures() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journal");
    let number = |n: u32| dir.join(format!("v{n}.jsonl"));
    let found: Vec<PathBuf> = (1..).map(number).take_while(|path| path.exists()).collect();
    assert!(!found.is_empty(), "no fixture in {}", dir.display());
    found
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(Into::into).collect()
}

fn entries(path: &Path) -> Vec<Entry> {
    lines(path).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The Worlds on the way, the empty one first.
fn worlds(entries: &[Entry]) -> Vec<World> {
    let mut worlds = vec![World::default()];
    for entry in entries {
        let mut world = worlds[worlds.len() - 1].clone();
        world.apply(entry).unwrap();
        assert_eq!(check_world(&world), Vec::<String>::new(), "after entry {}", entry.seq);
        worlds.push(world);
    }
    worlds
}

/// What `new` lacks of `old`. It may know more: fields are added over time.
fn missing(old: &Value, new: &Value, at: &str, out: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                missing(value, new.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"), out);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (n, (old, new)) in old.iter().zip(new).enumerate() {
                missing(old, new, &format!("{at}/{n}"), out);
            }
        }
        (old, new) if old == new => {}
        (old, new) => out.push(format!("{at}: was {old}, is {new}")),
    }
}

fn keys(world: &Value, of: &str) -> BTreeSet<String> {
    world[of].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_journal_folds_to_the_world_that_it_once_folded_to() {
    for path in fixtures() {
        let entries = entries(&path);
        for (line, entry) in lines(&path).iter().zip(&entries) {
            let mut lost = Vec::new();
            let said: Value = serde_json::from_str(line).unwrap();
            missing(&said, &serde_json::to_value(entry).unwrap(), "", &mut lost);
            assert_eq!(lost, Vec::<String>::new(), "{}", path.display());
        }
        let world = serde_json::to_value(worlds(&entries).last().unwrap()).unwrap();
        let once = std::fs::read_to_string(path.with_extension("world.json")).unwrap();
        let once: Value = serde_json::from_str(&once).unwrap();
        let mut lost = Vec::new();
        missing(&once, &world, "", &mut lost);
        assert_eq!(lost, Vec::<String>::new(), "{}", path.display());
        for things in ["hosts", "images", "pools", "schedules", "vms", "jobs"] {
            assert_eq!(keys(&world, things), keys(&once, things), "{things}");
        }
    }
}

/// The variants that occur, by type.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, BTreeSet<String>>);

impl Seen {
    fn saw<T: Serialize>(&mut self, thing: &T) {
        let value = serde_json::to_value(thing).unwrap();
        let tag = value.get("is").or(value.get("by")).unwrap_or(&value);
        let name = match (tag.as_str(), value.as_object()) {
            (Some(name), _) => name.to_string(),
            (None, Some(map)) => map.keys().next().unwrap().clone(),
            (None, None) => panic!("{value} is no variant"),
        };
        self.0.entry(type_name::<T>()).or_default().insert(name);
    }

    fn saw_all<'a, T: Serialize + 'a>(&mut self, things: impl IntoIterator<Item = &'a T>) {
        things.into_iter().for_each(|thing| self.saw(thing));
    }

    /// The variants of `T` that do not occur. All there are is told by serde's own complaint
    /// about one that does not exist, so none can be forgotten here.
    fn lacks<T: DeserializeOwned>(&self, out: &mut Vec<String>) {
        let complaints = [json!("?"), json!({"is": "?"}), json!({"by": "?"})]
            .map(|odd| serde_json::from_value::<T>(odd).err().unwrap().to_string());
        let complaint = complaints.iter().find(|said| said.contains("unknown variant"));
        let (_, all) = complaint.unwrap().split_once("expected").unwrap();
        let all: Vec<&str> = all.split('`').skip(1).step_by(2).collect();
        assert!(!all.is_empty(), "{complaints:?}");
        let seen = self.0.get(type_name::<T>());
        let lacking = all.into_iter().filter(|name| seen.is_none_or(|seen| !seen.contains(*name)));
        out.extend(lacking.map(|name| format!("{}: {name}", type_name::<T>())));
    }
}

fn see_entry(seen: &mut Seen, entry: &Entry) {
    seen.saw(&entry.actor.via);
    seen.saw(&entry.event);
    if let Event::ReachChanged { to, .. } = &entry.event {
        seen.saw(to);
    } else if let Event::HoldPlaced { hold } = &entry.event {
        seen.saw(&hold.kind);
    } else if let Event::OpBegun { kind, .. } = &entry.event {
        seen.saw(kind);
    } else if let Event::OpEnded { outcome, .. } = &entry.event {
        seen.saw(outcome);
        if let Outcome::Refused { class, .. } = outcome {
            seen.saw(class);
        }
    } else if let Event::VmRetired { why, .. } = &entry.event {
        seen.saw(why);
    } else if let Event::JobOpened { job } = &entry.event {
        seen.saw(&job.kind);
        seen.saw(&job.cause);
    } else if let Event::TaskEnded { end, .. } | Event::HostTaskEnded { end, .. } = &entry.event {
        seen.saw(end);
    } else if let Event::HostSeen { sighting, .. } = &entry.event {
        seen.saw_all(sighting.vms.iter().flatten().map(|(_, vm)| &vm.state));
    } else if let Event::FleetChanged { change } = &entry.event {
        let hosts = change.hosts.values().flatten();
        hosts.for_each(|host| {
            seen.saw(&host.access);
            seen.saw(&host.driver);
            seen.saw(&host.role);
        });
        seen.saw_all(change.images.values().flatten().map(|image| &image.os));
        seen.saw_all(change.pools.values().flatten().map(|pool| &pool.size));
        seen.saw_all(change.schedules.values().flatten().map(|schedule| &schedule.targets));
    }
}

fn see_world(seen: &mut Seen, world: &World) {
    seen.saw_all(world.hosts.values().flat_map(|host| &host.slots));
    seen.saw_all(world.vms.values().map(|vm| &vm.phase));
    seen.saw_all(world.vms.values().map(|vm| &vm.wanted));
    seen.saw_all(world.jobs.values().map(|job| &job.state));
    seen.saw_all(world.jobs.values().flat_map(|job| job.states()));
    let runs = world.schedules.values().flat_map(|schedule| &schedule.runs);
    seen.saw_all(runs.map(|run| &run.result));
}

/// The variants of the model that these entries never use.
fn unused(entries: &[Entry]) -> Vec<String> {
    let mut seen = Seen::default();
    entries.iter().for_each(|entry| see_entry(&mut seen, entry));
    worlds(entries).iter().for_each(|world| see_world(&mut seen, world));
    let mut out = Vec::new();
    seen.lacks::<Event>(&mut out);
    seen.lacks::<Via>(&mut out);
    seen.lacks::<Reach>(&mut out);
    seen.lacks::<HoldKind>(&mut out);
    seen.lacks::<OpKind>(&mut out);
    seen.lacks::<Outcome>(&mut out);
    seen.lacks::<Refusal>(&mut out);
    seen.lacks::<RetireWhy>(&mut out);
    seen.lacks::<JobKind>(&mut out);
    seen.lacks::<Cause>(&mut out);
    seen.lacks::<TaskEnd>(&mut out);
    seen.lacks::<SeenState>(&mut out);
    seen.lacks::<Access>(&mut out);
    seen.lacks::<DriverKind>(&mut out);
    seen.lacks::<Role>(&mut out);
    seen.lacks::<GuestOs>(&mut out);
    seen.lacks::<PoolSize>(&mut out);
    seen.lacks::<Targets>(&mut out);
    seen.lacks::<Slot>(&mut out);
    seen.lacks::<Phase>(&mut out);
    seen.lacks::<Wanted>(&mut out);
    seen.lacks::<JobState>(&mut out);
    seen.lacks::<TaskState>(&mut out);
    seen.lacks::<RunResult>(&mut out);
    out
}

#[test]
fn the_newest_journal_has_every_event_and_every_variant() {
    let newest = fixtures().pop().unwrap();
    let unused = unused(&entries(&newest));
    assert!(unused.is_empty(), "{} lacks {unused:#?}: make the next fixture", newest.display());
}

#[test]
fn a_variant_that_no_entry_has_is_noticed() {
    let newest = fixtures().pop().unwrap();
    let mut entries = entries(&newest);
    // A controller has started and the fleet was declared; nothing else has happened.
    entries.truncate(2);
    let unused = unused(&entries);
    for lacking in ["Event: vm_gone", "Slot: leaked", "Refusal: limit", "Targets"] {
        let found = unused.iter().any(|line| line.contains(lacking));
        assert_eq!(found, lacking != "Targets", "{lacking} in {unused:#?}");
    }
}

/// The material of the next fixture, where it can be copied from.
#[test]
fn the_sample_journal_is_whole_and_written_out() {
    let story = sample::story();
    assert_eq!(unused(&story.entries), Vec::<String>::new(), "extend sample.rs");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("journal");
    std::fs::create_dir_all(&dir).unwrap();
    let text = |entry: &Entry| serde_json::to_string(entry).unwrap() + "\n";
    let journal: String = story.entries.iter().map(text).collect();
    std::fs::write(dir.join("next.jsonl"), journal).unwrap();
    let world = serde_json::to_string_pretty(story.worlds.last().unwrap()).unwrap() + "\n";
    std::fs::write(dir.join("next.world.json"), world).unwrap();
    println!("the next fixture: {}/next.jsonl and next.world.json", dir.display());
    assert_eq!(entries(&dir.join("next.jsonl")), story.entries);
}
