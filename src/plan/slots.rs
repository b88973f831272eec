//! What is in each slot of a host, in a line for a person: since when, what shows it, and what is
//! to be done where something is.

use super::leaks::leaks_of;
use super::vm::outlived;
use crate::model::{Host, HostName, SeenState, Slot, Timestamp, Vm, VmId, World, Zone};

/// The slots that it may use, in order; `None`: no such host.
pub fn slots_said(world: &World, name: &HostName, now: Timestamp) -> Option<Vec<String>> {
    let host = world.hosts.get(name)?;
    let cure = leaks_of(world, name, now).map(|lost| lost.cure.said(Zone::default()));
    let cure = cure.unwrap_or_default();
    Some(host.usable_slots().map(|(_, slot)| said(world, host, slot, &cure, now)).collect())
}

fn said(world: &World, host: &Host, slot: &Slot, cure: &str, now: Timestamp) -> String {
    match slot {
        Slot::Free => "free".into(),
        Slot::Foreign { name: guest } => format!(
            "foreign: {guest} (not ours: counted, never touched): stop it there to have its slot"
        ),
        Slot::Leaked { since } => {
            let age = now.since(*since).rough();
            format!("leaked {age} ago: the kernel counts a guest that is gone; {cure}")
        }
        Slot::Reserved { vm }
        | Slot::Occupied { vm }
        | Slot::Stopping { vm }
        | Slot::Unknown { vm } => {
            let word = slot.word();
            match world.vms.get(vm) {
                Some(known) => of_vm(word, host, known, cure, now),
                None => format!("{word} by vm {vm} (gone)"),
            }
        }
    }
}

fn of_vm(word: &str, host: &Host, vm: &Vm, cure: &str, now: Timestamp) -> String {
    let (id, pool, state) = (vm.id, &vm.pool, vm.word());
    let age = now.since(vm.phase_since).rough();
    if outlived(vm, host, now) {
        return format!("{word} by vm {id} (leaked: its guest may outlive it): {cure}");
    }
    let shown = shown(host, vm);
    let next = if word == "unknown" { unknown(id) } else { String::new() };
    format!("{word} by vm {id} ({state}) of pool {pool}, for {age}; {shown}{next}")
}

fn unknown(id: VmId) -> String {
    format!(": whether it runs is not known, and its slot is kept; `hostler vm why {id}`")
}

/// What the last look shows of the VM.
fn shown(host: &Host, vm: &Vm) -> String {
    let Some(seen) = &host.seen else { return "not looked at yet".into() };
    let Some(vms) = &seen.vms else { return "its tool's list cannot be read".into() };
    let listed = match vms.get(&vm.host_name()).map(|seen| &seen.state) {
        Some(SeenState::Running) => "listed as running",
        Some(SeenState::Stopped) => "listed as stopped",
        Some(SeenState::Suspended) => "listed as suspended",
        Some(SeenState::Other(state)) => return format!("listed as {state}"),
        None => "not listed",
    };
    match seen.guests {
        Some(1) => format!("{listed}, 1 guest process there"),
        Some(n) => format!("{listed}, {n} guest processes there"),
        None => format!("{listed}, its processes cannot be counted"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Grown, at, name};
    use super::*;
    use crate::model::*;

    fn said_of(grown: &Grown, host: &str, s: u64) -> Vec<String> {
        slots_said(&grown.world, &name(host), at(s)).unwrap()
    }

    #[test]
    fn each_slot_says_what_shows_it_and_what_to_do() {
        let mut grown = Grown::new(&["a", "b"], PoolSize::Count(2));
        grown.settle(1);
        let [one, _] = &said_of(&grown, "a", 61)[..] else { panic!("a host has two slots") };
        assert!(one.starts_with("occupied by vm "), "{one}");
        assert!(one.contains(" (ready) of pool ci, for ") && one.contains("running"), "{one}");
        let world = &mut grown.world;
        let host = std::sync::Arc::make_mut(world.hosts.get_mut("a").unwrap());
        let guest = Slot::Foreign { name: "buildbot".into() };
        let before = std::mem::replace(&mut host.slots, [guest, Slot::Leaked { since: at(1) }]);
        let said = said_of(&grown, "a", 61);
        assert!(said[0].contains("buildbot (not ours") && said[0].contains("stop it there"));
        assert!(
            said[1].contains("leaked 1m ago") && said[1].contains("host reboot a --reason"),
            "{said:?}"
        );
        let vm = before[0].vm().unwrap();
        let host = std::sync::Arc::make_mut(grown.world.hosts.get_mut("a").unwrap());
        host.slots = [Slot::Unknown { vm }, Slot::Reserved { vm: VmId::from_bits(77) }];
        host.seen.as_mut().unwrap().guests = None;
        let said = said_of(&grown, "a", 61);
        assert!(said[0].contains("cannot be counted: whether it runs is not known"), "{said:?}");
        assert!(said[1].ends_with("(gone)"), "{said:?}");
        assert_eq!(slots_said(&grown.world, &name("z"), at(1)), None);
    }
}
