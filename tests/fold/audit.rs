//! The auditor finds what is wrong: each row spoils a sound World in one place.

use std::sync::Arc;

use hostler::model::*;
use hostler::plan::check::check_world;

use crate::refused::{HOST, VM, job, leaked, vm_at};
use crate::walk::Walk;

type Spoil = fn(&mut World);

fn vm(world: &mut World) -> &mut Vm {
    Arc::make_mut(world.vms.get_mut(&VM).unwrap())
}

fn host(world: &mut World) -> &mut Host {
    Arc::make_mut(world.hosts.get_mut(HOST).unwrap())
}

fn only_job(world: &mut World) -> &mut Job {
    Arc::make_mut(world.jobs.values_mut().next().unwrap())
}

fn rows() -> Vec<(Vec<Event>, Spoil, &'static str)> {
    use Phase::{Booting, Cloned, Placed, Ready, Stopped};
    vec![
        (vec![], |w| w.seq = 0, "content and no entry"),
        (vec![], |w| host(w).spec.slots = 3, "declares 3 slots"),
        (vec![], |w| host(w).declared = false, "is not declared"),
        (vec![], |w| host(w).failures = vec![w_at(); 9], "remembers 9 failed starts"),
        (vm_at(Placed), |w| drop(w.vms.remove(&VM)), "which is not known"),
        (vm_at(Placed), |w| vm(w).slot = SlotIx::One, "whose place is another"),
        (vm_at(Placed), |w| host(w).slots[1] = Slot::Reserved { vm: VM }, "is in both slots"),
        (vm_at(Placed), |w| host(w).vms.clear(), "is not among the VMs of mini-01"),
        (vm_at(Placed), |w| vm(w).host = "mini-02".parse().unwrap(), "lists vm"),
        (vm_at(Placed), |w| drop(w.hosts.remove(HOST)), "which is not known"),
        (vm_at(Placed), |w| host(w).slots[0] = Slot::Occupied { vm: VM }, "in a occupied slot"),
        (vm_at(Booting), |w| host(w).slots[0] = Slot::Reserved { vm: VM }, "in a reserved slot"),
        (vm_at(Ready), |w| host(w).slots[0] = Slot::Free, "has no slot"),
        (vm_at(Stopped), |w| host(w).slots[0] = Slot::Unknown { vm: VM }, "in a unknown slot"),
        (vm_at(Ready), |w| vm(w).ip = None, "has no address"),
        (vm_at(Placed), |w| vm(w).ip = Some("10.0.0.1".into()), "has an address"),
        (vm_at(Ready), |w| vm(w).wanted = Wanted::Gone, "without a reason"),
        (vm_at(Placed), |w| vm(w).missed = Some(missed()), "is missed while"),
        (vm_at(Cloned), |w| vm(w).op = Some(op(OpKind::Clone, 1)), "has clone under way"),
        (vm_at(Cloned), |w| vm(w).op = Some(op(OpKind::Start, 9)), "which is to come"),
        (vm_at(Ready), |w| vm(w).op = Some(op(OpKind::Stop, 1)), "and is wanted"),
        (vm_at(Ready), |w| vm(w).op = Some(op(OpKind::Stop, 0)), "is not marked lost"),
        (leaked(), |w| vm(w).op = Some(op(OpKind::Start, 1)), "has no slot"),
        (vec![job(TaskState::Waiting)], |w| only_job(w).forgiven = 1, "fewer have failed"),
    ]
}

fn w_at() -> Timestamp {
    Timestamp::default()
}

fn missed() -> Missed {
    Missed { since: w_at(), last: w_at(), looks: 1 }
}

fn op(kind: OpKind, epoch: u64) -> Op {
    Op { id: OpId::from_bits(9), kind, epoch, begun: w_at(), lost: None }
}

#[test]
fn each_spoilt_world_is_found_out() {
    for (events, spoil, said) in rows() {
        let mut walk = Walk::begun();
        for event in events {
            assert!(walk.put(event));
        }
        assert_eq!(check_world(&walk.world), Vec::<String>::new());
        spoil(&mut walk.world);
        let wrong = check_world(&walk.world);
        assert!(wrong.iter().any(|line| line.contains(said)), "{wrong:#?}, and not: {said}");
    }
}
