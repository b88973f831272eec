//! A host that is given up goes with its slots and its VMs; jobs that count on them go on.

use hostler::model::*;
use hostler::plan::check::check_world;

use crate::refused::{HOST, VM, forgotten, job, placed, reached, undeclared, vm_at};
use crate::walk::Walk;

const JOB: JobId = JobId::from_bits(1);

fn walked(events: impl IntoIterator<Item = Event>) -> Walk {
    let mut walk = Walk::begun();
    for event in events {
        assert!(walk.put(event.clone()), "{event:?} must follow");
    }
    assert_eq!(check_world(&walk.world), Vec::<String>::new());
    walk
}

#[test]
fn it_goes_with_its_vms_and_the_tasks_that_wait_for_them_have_failed() {
    let mut events = vm_at(Phase::Ready);
    events.extend([job(TaskState::Waiting), undeclared(), reached(Reach::Lost), forgotten()]);
    let mut walk = walked(events);
    assert!(!walk.world.hosts.contains_key(HOST) && walk.world.vms.is_empty());
    let state = walk.world.jobs[&JOB].tasks[&VM].state.clone();
    assert!(matches!(&state, TaskState::Failed { why, .. } if why == "host given up"), "{state:?}");
    assert!(walk.put(Event::JobEnded { job: JOB }));
    assert_eq!(walk.world.jobs[&JOB].word(), "failed");
    // Declared again it is a host like any other.
    let change = walk.world.difference(&crate::walk::fleet(0xffff, 2));
    assert!(walk.put(Event::FleetChanged { change }));
    assert_eq!(walk.world.hosts[HOST].slots, [Slot::Free, Slot::Free]);
}

#[test]
fn a_task_whose_new_vm_was_there_needs_another() {
    let stead = VmId::from_bits(2);
    let elsewhere = |mut event| {
        let there = "mini-02";
        if let Event::SlotReserved { host, .. } = &mut event {
            *host = there.parse().unwrap();
        } else if let Event::JobOpened { job } = &mut event {
            job.tasks.get_mut(&VM).unwrap().host = there.parse().unwrap();
        }
        event
    };
    let mut events: Vec<Event> = vm_at(Phase::Ready).into_iter().map(elsewhere).collect();
    let why = RetireWhy::Respawn;
    events.extend([
        elsewhere(job(TaskState::Waiting)),
        Event::VmRetired { vm: VM, why, job: Some(JOB) },
        placed(stead, SlotIx::One, Some((JOB, VM))),
        undeclared(),
        reached(Reach::IdentityMismatch),
        forgotten(),
    ]);
    let walk = walked(events);
    let task = &walk.world.jobs[&JOB].tasks[&VM];
    assert!(matches!(task.state, TaskState::Begun { .. }) && task.replacement.is_none());
    assert!(walk.world.vms.contains_key(&VM) && !walk.world.vms.contains_key(&stead));
}
