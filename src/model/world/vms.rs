//! Fold of VMs: placed, ready, missed, retired, gone.

use std::sync::Arc;

use super::{Misfit, World, misfit};
use crate::model::{
    CRASHES_WITHIN, Crash, HostName, ImageName, Job, JobId, Missed, OpKind, PROVEN_AFTER, Phase,
    PoolHeld, PoolName, RetireWhy, Retired, Slot, SlotIx, TaskState, Timestamp, Vm, VmId, Wanted,
};

/// How many failed starts a host remembers.
const FAILURES_KEPT: usize = 8;

/// A VM at the moment its slot is reserved.
pub(super) fn reserved(
    id: VmId,
    host: &HostName,
    slot: SlotIx,
    pool: &PoolName,
    image: &ImageName,
    at: Timestamp,
) -> Vm {
    Vm {
        id,
        pool: pool.clone(),
        image: image.clone(),
        host: host.clone(),
        slot,
        wanted: Wanted::Running,
        phase: Phase::Placed,
        phase_since: at,
        created: at,
        op: None,
        ip: None,
        missed: None,
        refused: None,
        parked: None,
        retired: None,
        busy: None,
        busy_since: None,
        deregistered: None,
        made: None,
    }
}

impl World {
    pub(super) fn slot_reserved(
        &mut self,
        vm: Vm,
        replaces: Option<&(JobId, VmId)>,
    ) -> Result<(), Misfit> {
        if self.vms.contains_key(&vm.id) {
            return misfit(format!("vm {}", vm.id), "is known already");
        }
        let host = self.host_mut(&vm.host)?;
        if !host.takes_work() {
            return misfit(
                format!("host {}", vm.host),
                format!("is {} and takes no work", host.word()),
            );
        }
        if vm.slot.index() >= usize::from(host.spec.slots) {
            let slots = host.spec.slots;
            return misfit(format!("host {}", vm.host), format!("has only {slots} slots"));
        }
        let place = &mut host.slots[vm.slot.index()];
        if *place != Slot::Free {
            return misfit(
                format!("host {}", vm.host),
                format!("slot is {}, not free", place.word()),
            );
        }
        *place = Slot::Reserved { vm: vm.id };
        host.vms.insert(vm.id);
        if let Some((job, old)) = replaces {
            let task = self.task_mut(*job, *old)?;
            if task.state.is_over() || *old == vm.id {
                return misfit(format!("job {job}"), format!("needs no VM in the stead of {old}"));
            }
            task.replacement = Some(vm.id);
        }
        self.vms.insert(vm.id, Arc::new(vm));
        Ok(())
    }

    pub(super) fn vm_ready(&mut self, id: VmId, ip: &str, at: Timestamp) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.phase != Phase::Booting {
            return misfit(format!("vm {id}"), format!("is {}, not booting", vm.word()));
        }
        (vm.phase, vm.phase_since) = (Phase::Ready, at);
        (vm.ip, vm.missed) = (Some(ip.into()), None);
        let (host, pool, slot) = (vm.host.clone(), vm.pool.clone(), vm.slot);
        // Those that died had been ready too: only time shows that this one is better.
        let crashes = self.pools.get(&pool).map(|pool| pool.crashes.as_slice());
        let recent = crashes.unwrap_or_default().iter().filter(|crash| {
            crash.host == host && crash.served && at.since(crash.at) <= CRASHES_WITHIN
        });
        let recent: Vec<Timestamp> = recent.map(|crash| crash.at).collect();
        let known = self.host_mut(&host)?;
        if known.slots[slot.index()].vm() == Some(id) {
            known.slot_proven(slot);
        }
        known.failures.retain(|at| recent.contains(at));
        if known.failures.is_empty() {
            known.failed_why.clear();
        }
        if let Some(pool) = self.pools.get_mut(&pool)
            && pool.failures > 0
        {
            let pool = Arc::make_mut(pool);
            (pool.failures, pool.failed_at) = (0, None);
        }
        Ok(())
    }

    pub(super) fn vm_busy(
        &mut self,
        id: VmId,
        busy: Option<bool>,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.phase != Phase::Ready || vm.busy == busy {
            return misfit(format!("vm {id}"), format!("is {}, or known so already", vm.word()));
        }
        (vm.busy, vm.busy_since) = (busy, busy.map(|_| at));
        Ok(())
    }

    pub(super) fn vm_moved(&mut self, id: VmId, ip: &str) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.phase != Phase::Ready {
            return misfit(format!("vm {id}"), format!("is {}, not ready", vm.word()));
        }
        vm.ip = Some(ip.into());
        Ok(())
    }

    pub(super) fn vm_missed(&mut self, id: VmId, at: Timestamp) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.phase != Phase::Booting && vm.phase != Phase::Ready {
            return misfit(
                format!("vm {id}"),
                format!("is {}: nobody expects it to run", vm.word()),
            );
        }
        vm.missed = vm.missed.filter(|missed| !missed.is_stale(at));
        let missed = vm.missed.get_or_insert(Missed { since: at, last: at, looks: 0 });
        (missed.last, missed.looks) = (at, missed.looks.saturating_add(1));
        Ok(())
    }

    pub(super) fn vm_found(&mut self, id: VmId) -> Result<(), Misfit> {
        match self.vm_mut(id)?.missed.take() {
            Some(_) => Ok(()),
            None => misfit(format!("vm {id}"), "was not missed"),
        }
    }

    pub(super) fn vm_died(&mut self, id: VmId, at: Timestamp) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if let Some(op) = &vm.op {
            let why = format!("cannot be known dead while its {} is open", op.kind);
            return misfit(format!("vm {id}"), why);
        }
        if vm.phase != Phase::Booting && vm.phase != Phase::Ready {
            return misfit(format!("vm {id}"), format!("is {} and cannot die", vm.word()));
        }
        let served = (vm.phase == Phase::Ready).then(|| at.since(vm.phase_since));
        let since = vm.phase_since;
        (vm.phase, vm.phase_since) = (Phase::Stopped, at);
        (vm.missed, vm.ip, vm.parked) = (None, None, None);
        // That it could not be stopped says nothing any more.
        vm.refused = vm.refused.take().filter(|refused| refused.kind != OpKind::Stop);
        // One that died over its work, or that somebody wants gone, is not a start gone wrong.
        let young = served.is_none_or(|time| time < PROVEN_AFTER) && vm.busy != Some(true);
        let charged = young && vm.wanted == Wanted::Running;
        (vm.busy, vm.busy_since) = (None, None);
        if vm.wanted == Wanted::Running {
            vm.wanted = Wanted::Gone;
            vm.retired = Some(Retired { at, why: RetireWhy::Died, job: None });
        }
        let vm = vm.clone();
        let seen = self.hosts.get(&vm.host).and_then(|host| host.seen.as_ref());
        // Nor is it its own fault when its host was rebooted under it.
        if charged && seen.is_none_or(|seen| seen.facts.booted_at <= since) {
            let why = match served {
                Some(time) => format!("it died {} after it was ready", time.rough()),
                None => "it died before it was ready".into(),
            };
            let crash = Crash { at, host: vm.host.clone(), why, served: served.is_some() };
            self.crashed(&vm.pool, crash)?;
        }
        self.set_slot(&vm, Slot::Stopping { vm: id })
    }

    pub(super) fn vm_retired(
        &mut self,
        id: VmId,
        why: RetireWhy,
        job: Option<JobId>,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?;
        if vm.wanted == Wanted::Gone {
            return misfit(format!("vm {id}"), "is to go already");
        }
        vm.wanted = Wanted::Gone;
        vm.retired = Some(Retired { at, why, job });
        let (host, pool) = (vm.host.clone(), vm.pool.clone());
        let charged = !vm.was_crowded_out();
        let said = vm.refused.as_ref().map(|refused| refused.said.clone());
        if why == RetireWhy::Failed && charged {
            let why = said.unwrap_or_else(|| "it did not come up in time".into());
            let crash = Crash { at, host: host.clone(), why, served: false };
            self.crashed(&pool, crash)?;
            if let Some(pool) = self.pools.get_mut(&pool) {
                let pool = Arc::make_mut(pool);
                (pool.failures, pool.failed_at) = (pool.failures.saturating_add(1), Some(at));
            }
        }
        let on_host = |job: &Job| job.hosts.contains_key(&host) && !job.tasks.contains_key(&id);
        if let Some(job) = job.filter(|job| !self.jobs.get(job).is_some_and(|job| on_host(job))) {
            let task = self.task_mut(job, id)?;
            if task.state != TaskState::Waiting {
                return misfit(format!("job {job}"), format!("task {id} is {}", task.state.word()));
            }
            task.state = TaskState::Begun { at };
        }
        Ok(())
    }

    /// A start that came to nothing is charged to the host and to the pool.
    fn crashed(&mut self, pool: &PoolName, crash: Crash) -> Result<(), Misfit> {
        let known = self.host_mut(&crash.host)?;
        known.failed_why = crash.why.clone();
        known.failures.push(crash.at);
        let excess = known.failures.len().saturating_sub(FAILURES_KEPT);
        known.failures.drain(..excess);
        if let Some(pool) = self.pools.get_mut(pool) {
            Arc::make_mut(pool).crashed(crash);
        }
        Ok(())
    }

    pub(super) fn pool_held(
        &mut self,
        name: &PoolName,
        why: &str,
        since: Timestamp,
    ) -> Result<(), Misfit> {
        match self.pools.get_mut(name) {
            Some(pool) if pool.held.is_none() => {
                Arc::make_mut(pool).held = Some(PoolHeld { since, why: why.into() });
                Ok(())
            }
            Some(_) => misfit(format!("pool {name}"), "is held already"),
            None => misfit(format!("pool {name}"), "is not known"),
        }
    }

    pub(super) fn pool_released(&mut self, name: &PoolName) -> Result<(), Misfit> {
        match self.pools.get_mut(name) {
            Some(pool) if pool.held.is_some() => {
                Arc::make_mut(pool).forgive();
                Ok(())
            }
            Some(_) => misfit(format!("pool {name}"), "is not held"),
            None => misfit(format!("pool {name}"), "is not known"),
        }
    }

    pub(super) fn vm_gone(&mut self, id: VmId) -> Result<(), Misfit> {
        let vm = self.vm_mut(id)?.clone();
        let there = match vm.phase {
            Phase::Placed => vm.refused.is_some(),
            Phase::Cloned | Phase::Booting | Phase::Ready | Phase::Stopped => true,
            Phase::Deleted => false,
        };
        if vm.wanted != Wanted::Gone || there || vm.op.is_some() {
            return misfit(format!("vm {id}"), format!("is {} and cannot be gone", vm.word()));
        }
        self.set_slot(&vm, Slot::Free)?;
        self.vms.remove(&id);
        self.host_mut(&vm.host)?.vms.remove(&id);
        self.forget_host_if_empty(&vm.host);
        Ok(())
    }
}
