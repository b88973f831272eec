//! The phrases of scenarios: how hosts stand in the beginning, and what befalls them. A phrase
//! that is not known stops the test.

use hostler::model::*;

use super::file::Scenario;
use super::stage::Stage;
use super::toy::{Swallows, Toy};

/// Brings hosts into the state that the scenario begins with.
pub(crate) fn begin(stage: &mut Stage, scenario: &Scenario) {
    for (name, text) in &scenario.hosts {
        for phrase in text.split(',').map(str::trim) {
            before(stage.toys.get_mut(name).unwrap_or_else(|| panic!("no host {name}")), phrase);
        }
    }
    stage.look_around();
    for (name, text) in &scenario.hosts {
        let slots = text.split(',').map(str::trim);
        let slots = slots.filter(|phrase| *phrase == "free" || phrase.starts_with("vm-"));
        for (slot, phrase) in slots.enumerate().filter(|(_, phrase)| *phrase != "free") {
            let slot = SlotIx::try_from(u8::try_from(slot).unwrap()).unwrap();
            place(stage, name, slot, phrase);
        }
    }
    // Guests of others take what slots are left, at the first look of the scenario.
    for (name, text) in &scenario.hosts {
        for guest in text.split(',').filter_map(|phrase| phrase.trim().strip_prefix("foreign ")) {
            stage.toys.get_mut(name).unwrap().foreign.insert(guest.into());
        }
    }
}

/// A phrase that is about the host and not about a VM of ours.
fn before(toy: &mut Toy, phrase: &str) {
    let words: Vec<&str> = phrase.split(' ').collect();
    match words[..] {
        ["up" | "free"] => {}
        ["silent"] => toy.silent = true,
        ["locked"] => toy.locked = true,
        ["no", "tool"] => toy.tool = false,
        ["no", "list"] => toy.lists = false,
        ["no", "images"] => toy.images.clear(),
        ["has", image] => drop(toy.images.insert(image.into())),
        ["disk", free] => toy.disk_free = free.parse().unwrap(),
        ["uuid", uuid] => toy.uuid = uuid.into(),
        ["chip", chip] => toy.chip = format!("Apple {chip}"),
        ["memory", memory] => toy.memory = memory.parse().unwrap(),
        ["macos", version] => toy.macos = version.into(),
        ["filevault"] => toy.filevault = true,
        ["foreign", _] => {}
        [vm, "of", _, _, ..] if vm.starts_with("vm-") => {}
        _ => panic!("what is `{phrase}` in the beginning?"),
    }
}

/// `vm-1 of ci ready busy`: a VM of ours, as it came about.
fn place(stage: &mut Stage, host: &HostName, slot: SlotIx, phrase: &str) {
    let words: Vec<&str> = phrase.split(' ').collect();
    let (short, pool, state) = (words[0], words[2].parse::<PoolName>().unwrap(), words[3]);
    let number: u64 = short.trim_start_matches("vm-").parse().unwrap();
    let vm = VmId::from_bits(number);
    let image = stage.world.pools[&pool].spec.image.clone();
    let (host, replaces) = (host.clone(), None);
    stage.names.next("vm", vm.to_string());
    assert_eq!(stage.names.shorten(&vm.to_string()), short, "VMs are numbered as they come");
    stage.put(Event::SlotReserved { vm, host: host.clone(), slot, pool, image, replaces });
    let name = stage.world.vms[&vm].host_name();
    let since = stage.now - Span::from_mins(1);
    let (clone, run, ready) = match state {
        "placed" => (false, false, false),
        "cloned" => (true, false, false),
        "booting" => (true, true, false),
        "ready" => (true, true, true),
        _ => panic!("what is a VM that is `{state}`?"),
    };
    let kinds = [(OpKind::Clone, clone), (OpKind::Start, run)];
    for (n, (kind, _)) in kinds.into_iter().enumerate().filter(|(_, (_, done))| *done) {
        let op = OpId::from_bits(number * 10 + n as u64);
        stage.put(Event::OpBegun { vm, op, kind });
        stage.put(Event::OpEnded { vm, op, outcome: Outcome::Done });
    }
    let toy = stage.toys.get_mut(&host).unwrap();
    if clone {
        let booted = if ready { since } else { stage.now };
        toy.has(&name, run.then_some(booted));
    }
    match words[4..] {
        [] | ["idle"] => {}
        ["busy"] => drop(toy.work.insert(name, Some(true))),
        ["mute"] => drop(toy.work.insert(name, None)),
        _ => panic!("what is `{phrase}`?"),
    }
    if ready {
        stage.put(Event::VmReady { vm, ip: "192.168.64.2".into() });
    }
}

/// Something befalls a host, a VM or the controller.
pub(crate) fn happen(stage: &mut Stage, phrase: &str) {
    let words: Vec<&str> = phrase.split(' ').collect();
    match words[..] {
        ["the", "controller", "restarts"] => return stage.restart(),
        ["the", "controller", "is", "down", "for", time] => {
            stage.now = stage.now + time.parse::<Span>().unwrap();
            return stage.restart();
        }
        [vm, ref rest @ ..] if vm.starts_with("vm-") => {
            let (host, name) = stage.vm(vm);
            return happen_to_vm(stage.toys.get_mut(&host).unwrap(), &name, rest);
        }
        _ => {}
    }
    let (name, rest) = words.split_first().unwrap();
    let now = stage.now;
    let toy = stage.toys.get_mut(*name).unwrap_or_else(|| panic!("`{phrase}`: no host {name}"));
    match rest {
        ["falls", "silent"] => toy.silent = true,
        ["answers", "again"] => toy.silent = false,
        ["stays", "up", "whatever", "it", "says"] => toy.stays_up = true,
        ["lets", "guests", "die", "after", time] => toy.short_lived = Some(time.parse().unwrap()),
        ["lets", "guests", "live"] => toy.short_lived = None,
        ["keeps", "the", "processes", "of", "VMs"] => toy.keeps = true,
        ["runs", "the", "orphan", vm] => toy.has(vm, Some(now)),
        ["keeps", "the", "disk", "of", vm] => toy.has(vm, None),
        ["reboots"] => toy.reboot(now),
        ["shows", "another", "key"] => toy.other_key = true,
        ["has", "another", "key", "at", "its", "jump", "host"] => toy.other_jump = true,
        ["is", "behind", "the", "old", "jump", "host"] => toy.other_jump = false,
        ["claims", "epoch", epoch] => toy.epoch = epoch.parse().unwrap(),
        ["is", "locked"] => toy.locked = true,
        ["is", "unlocked"] => toy.locked = false,
        ["loses", "its", "tool"] => toy.tool = false,
        ["has", "its", "tool"] => toy.tool = true,
        ["cannot", "list"] => toy.lists = false,
        ["lists", "again"] => toy.lists = true,
        ["has", free, "free"] => toy.disk_free = free.parse().unwrap(),
        ["starts", guest] => drop(toy.foreign.insert((*guest).into())),
        ["stops", guest] => assert!(toy.foreign.remove(*guest), "no {guest} runs"),
        ["counts", "a", "ghost"] => toy.ghosts += 1,
        ["counts", "a", "ghost", "after", "each", "restart"] => toy.haunted = true,
        ["swallows", "a", "command"] => toy.swallows = Some(Swallows::Command),
        ["swallows", "an", "answer"] => toy.swallows = Some(Swallows::Answer),
        ["obeys"] => toy.refuses.clear(),
        ["refuses", kind, class] => {
            let class: Refusal = serde_json::from_value((*class).into()).unwrap();
            toy.refuses.insert((*kind).into(), class);
        }
        _ => panic!("what is `{phrase}`?"),
    }
}

fn happen_to_vm(toy: &mut Toy, name: &str, what: &[&str]) {
    match what {
        ["is", "busy"] => drop(toy.work.insert(name.into(), Some(true))),
        ["is", "idle"] => drop(toy.work.insert(name.into(), Some(false))),
        ["is", "mute"] => drop(toy.work.insert(name.into(), None)),
        ["dies"] => toy.kill(name),
        ["reads", "as", "stopped"] => drop(toy.misread.insert(name.into())),
        ["reads", "well"] => drop(toy.misread.remove(name)),
        _ => panic!("a VM {}?", what.join(" ")),
    }
}
