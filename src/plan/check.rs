//! The auditor: what must hold of any World, however it came about. It runs in tests, in the
//! simulator after every event, and beside a working controller. It says each rule a second
//! time, in other words than the fold, so that a slip in one is caught by the other.

use crate::model::{
    Host, HostName, Job, JobState, OpKind, Phase, RUNS_KEPT, Schedule, Slot, SlotIx, TaskState, Vm,
    VmId, Wanted, World,
};

/// Failed starts that a host remembers.
const FAILURES_MOST: usize = 8;
/// Crashes that a pool remembers.
const CRASHES_MOST: usize = 16;

/// What is wrong with this World, one line each. Empty when all is well.
pub fn check_world(world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    if world.seq == 0 && *world != World::default() {
        wrong.push("the world has content and no entry".to_string());
    }
    for (name, host) in &world.hosts {
        let said = |what: String| format!("host {name}: {what}");
        wrong.extend(host_faults(world, name, host).into_iter().map(said));
    }
    for (id, vm) in &world.vms {
        let said = |what: String| format!("vm {id}: {what}");
        wrong.extend(vm_faults(world, *id, vm).into_iter().map(said));
    }
    for (id, job) in &world.jobs {
        let mut faults = job_faults(world, job);
        if job.id != *id {
            faults.push(format!("is filed under {id}"));
        }
        wrong.extend(faults.into_iter().map(|what| format!("job {id}: {what}")));
    }
    for (name, schedule) in &world.schedules {
        let said = |what: String| format!("schedule {name}: {what}");
        wrong.extend(schedule_faults(schedule).into_iter().map(said));
    }
    for (name, pool) in &world.pools {
        if (pool.failures == 0) != pool.failed_at.is_none() {
            wrong.push(format!("pool {name}: {} failures and no time, or none", pool.failures));
        }
        if pool.crashes.len() > CRASHES_MOST {
            wrong.push(format!("pool {name}: remembers {} crashes", pool.crashes.len()));
        }
    }
    wrong
}

fn host_faults(world: &World, name: &HostName, host: &Host) -> Vec<String> {
    let mut wrong = Vec::new();
    if host.spec.slots > 2 {
        wrong.push(format!("declares {} slots", host.spec.slots));
    }
    for (ix, slot) in SlotIx::ALL.into_iter().zip(&host.slots) {
        let Some(id) = slot.vm() else { continue };
        match world.vms.get(&id) {
            None => wrong.push(format!("slot {} names vm {id}, which is not known", ix.index())),
            Some(vm) if vm.host != *name || vm.slot != ix => {
                wrong.push(format!("slot {} names vm {id}, whose place is another", ix.index()));
            }
            Some(_) => {}
        }
    }
    if let [Some(zero), Some(one)] = [host.slots[0].vm(), host.slots[1].vm()]
        && zero == one
    {
        wrong.push(format!("vm {zero} is in both slots"));
    }
    for id in &host.vms {
        if world.vms.get(id).is_none_or(|vm| vm.host != *name) {
            wrong.push(format!("lists vm {id}, which is not here"));
        }
    }
    for (id, hold) in &host.holds {
        if hold.id != *id || hold.host != *name {
            wrong.push(format!("hold {id} is filed wrongly"));
        }
    }
    if host.failures.len() > FAILURES_MOST {
        wrong.push(format!("remembers {} failed starts", host.failures.len()));
    }
    if !host.declared && host.vms.is_empty() {
        wrong.push("is not declared, has no VM, and is still known".into());
    }
    wrong
}

fn vm_faults(world: &World, id: VmId, vm: &Vm) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(host) = world.hosts.get(&vm.host) else {
        return vec![format!("is on {}, which is not known", vm.host)];
    };
    if vm.id != id {
        wrong.push(format!("calls itself {}", vm.id));
    }
    if !host.vms.contains(&id) {
        wrong.push(format!("is not among the VMs of {}", vm.host));
    }
    let slot = &host.slots[vm.slot.index()];
    if slot.vm() == Some(id) {
        if !slot_fits(slot, vm) {
            wrong.push(format!("is {:?} with {} in a {} slot", vm.phase, doing(vm), slot.word()));
        }
    } else if may_run(vm) {
        wrong.push(format!("is {:?} with {} and has no slot", vm.phase, doing(vm)));
    }
    op_faults(world, vm, &mut wrong);
    if vm.retired.is_some() != (vm.wanted == Wanted::Gone) {
        wrong.push("is to go without a reason, or has a reason and stays".into());
    }
    let runs = vm.phase == Phase::Booting || vm.phase == Phase::Ready;
    if vm.missed.is_some() && !runs {
        wrong.push(format!("is missed while it is {:?}", vm.phase));
    }
    if vm.phase == Phase::Ready && vm.ip.is_none() {
        wrong.push("is ready and has no address".into());
    }
    if vm.phase < Phase::Ready && vm.ip.is_some() {
        wrong.push(format!("has an address while it is {:?}", vm.phase));
    }
    if vm.refused.as_ref().is_some_and(|refused| refused.times == 0) {
        wrong.push("was refused no times".into());
    }
    if vm.parked.is_some() && (vm.refused.is_none() || vm.op.is_some()) {
        wrong.push("is parked and was not refused, or has a command under way".into());
    }
    if let Some(job) = vm.retired.as_ref().and_then(|retired| retired.job)
        && let Some(job) = world.jobs.get(&job)
        && !job.hosts.contains_key(&vm.host)
        && job.tasks.get(&id).is_none_or(|task| task.state == TaskState::Waiting)
    {
        wrong.push(format!("goes for job {}, which has no task for it that began", job.id));
    }
    wrong
}

fn op_faults(world: &World, vm: &Vm, wrong: &mut Vec<String>) {
    let Some(op) = &vm.op else { return };
    if op.epoch > world.epoch {
        wrong.push(format!("its {} is of epoch {}, which is to come", op.kind, op.epoch));
    }
    if op.epoch < world.epoch && op.lost.is_none() {
        wrong.push(format!("its {} of epoch {} is not marked lost", op.kind, op.epoch));
    }
    let may = match op.kind {
        OpKind::Clone => vm.phase == Phase::Placed,
        OpKind::Start => vm.phase == Phase::Cloned,
        OpKind::Deregister => vm.phase == Phase::Ready,
        OpKind::Stop => vm.phase != Phase::Placed && vm.phase != Phase::Deleted,
        OpKind::Delete => {
            matches!(vm.phase, Phase::Placed | Phase::Cloned | Phase::Stopped | Phase::Deleted)
        }
    };
    if !may {
        wrong.push(format!("has {} under way while it is {:?}", op.kind, vm.phase));
    }
    if matches!(op.kind, OpKind::Stop | OpKind::Delete) && vm.wanted == Wanted::Running {
        wrong.push(format!("has {} under way and is wanted", op.kind));
    }
}

fn doing(vm: &Vm) -> String {
    match &vm.op {
        None => "no command".into(),
        Some(op) if op.lost.is_some() => format!("a lost {}", op.kind),
        Some(op) => format!("a {}", op.kind),
    }
}

/// Whether the kernel may count it: its start was issued and its stop has not been observed.
fn may_run(vm: &Vm) -> bool {
    let starts = vm.op.as_ref().is_some_and(|op| op.kind == OpKind::Start);
    starts || vm.phase == Phase::Booting || vm.phase == Phase::Ready
}

/// Whether a VM so far along, with this command under way, has such a slot.
fn slot_fits(slot: &Slot, vm: &Vm) -> bool {
    let command = vm.op.as_ref().map(|op| (op.kind, op.lost.is_some()));
    match (command, slot) {
        (Some((OpKind::Start, false)), slot) => matches!(slot, Slot::Occupied { .. }),
        (Some((OpKind::Stop, false)), slot) => matches!(slot, Slot::Stopping { .. }),
        (Some((OpKind::Start | OpKind::Stop, true)), slot) => matches!(slot, Slot::Unknown { .. }),
        (Some((OpKind::Clone | OpKind::Deregister | OpKind::Delete, _)) | None, slot) => {
            match vm.phase {
                Phase::Placed => matches!(slot, Slot::Reserved { .. }),
                // A stop that was refused says that it may run.
                Phase::Cloned => matches!(slot, Slot::Reserved { .. } | Slot::Occupied { .. }),
                Phase::Booting | Phase::Ready => matches!(slot, Slot::Occupied { .. }),
                Phase::Stopped => matches!(slot, Slot::Stopping { .. } | Slot::Occupied { .. }),
                // It came there from any phase in which nothing ran.
                Phase::Deleted => !matches!(slot, Slot::Unknown { .. }),
            }
        }
    }
}

fn job_faults(world: &World, job: &Job) -> Vec<String> {
    let mut wrong = Vec::new();
    if job.is_over() && job.states().any(|state| !state.is_over()) {
        wrong.push("is over and has tasks that are not".into());
    }
    let all_done = job.states().all(|state| matches!(state, TaskState::Done { .. }));
    if matches!(job.state, JobState::Done { .. }) && !all_done {
        wrong.push("is done and not all of its tasks are".into());
    }
    if matches!(job.state, JobState::Failed { .. }) && all_done {
        wrong.push("has failed and all of its tasks are done".into());
    }
    if job.forgiven > job.failed_hosts() {
        wrong.push(format!("forgives {} hosts, and fewer have failed", job.forgiven));
    }
    for (id, task) in &job.tasks {
        let old = world.vms.get(id);
        let begun = matches!(task.state, TaskState::Begun { .. });
        if begun && old.is_some_and(|vm| vm.wanted == Wanted::Running) {
            wrong.push(format!("task {id} has begun and its VM stays"));
        }
        if old.is_some_and(|vm| vm.host != task.host) {
            wrong.push(format!("task {id} looks for its VM on {}", task.host));
        }
        if task.replacement == Some(*id) {
            wrong.push(format!("task {id} replaces its VM by itself"));
        }
    }
    wrong
}

fn schedule_faults(schedule: &Schedule) -> Vec<String> {
    let mut wrong = Vec::new();
    if schedule.runs.len() > RUNS_KEPT {
        wrong.push(format!("remembers {} runs", schedule.runs.len()));
    }
    if schedule.runs.windows(2).any(|pair| pair[0].nominal >= pair[1].nominal) {
        wrong.push("has runs that do not follow each other".into());
    }
    if schedule.runs.last().is_some_and(|run| run.nominal > schedule.upto) {
        wrong.push(format!("has a run after {}, up to which it has come", schedule.upto));
    }
    wrong
}
