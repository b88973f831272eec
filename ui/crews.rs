//! How many VMs each pool has in each state, since when its oldest is there, and which schedules
//! replace them: followed VM by VM, so that a list of pools never counts the fleet.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::{
    Act, Each, Pool, PoolName, Schedule, ScheduleName, Selector, Targets, Timestamp, Vm, VmId,
    Wanted, World,
};

use super::course::{VMS, place};

/// The VMs of one pool.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Crew {
    /// By the words of `VMS`.
    pub counts: [usize; VMS.len()],
    /// Those that are to stay, the oldest first.
    ages: BTreeSet<(Timestamp, VmId)>,
}

impl Crew {
    /// When the oldest of those that are to stay was placed.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.ages.first().map(|(created, _)| *created)
    }
    fn take(&mut self, vm: &Vm, come: bool) {
        let n = &mut self.counts[place(vm)];
        *n = if come { *n + 1 } else { n.saturating_sub(1) };
        let age = (vm.created, vm.id);
        match (come, vm.wanted) {
            (true, Wanted::Running) => drop(self.ages.insert(age)),
            (true, Wanted::Gone) | (false, _) => drop(self.ages.remove(&age)),
        }
    }
}

/// The VMs of all pools that have any, declared or not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Crews {
    pools: BTreeMap<PoolName, Crew>,
    /// The schedules that replace the VMs of each.
    renewers: BTreeMap<PoolName, BTreeSet<ScheduleName>>,
}

impl Crews {
    /// Counts everything.
    pub fn of(world: &World) -> Self {
        let mut crews = Self::default();
        for vm in world.vms.values() {
            crews.take(vm, true);
        }
        crews.look(world);
        crews
    }
    pub fn get(&self, pool: &PoolName) -> Option<&Crew> {
        self.pools.get(pool)
    }
    pub fn names(&self) -> impl Iterator<Item = &PoolName> {
        self.pools.keys()
    }
    /// The schedules whose runs replace the VMs of this pool.
    pub fn renewers(&self, pool: &PoolName) -> impl Iterator<Item = &ScheduleName> {
        self.renewers.get(pool).into_iter().flatten()
    }
    /// Takes in what is declared now.
    pub fn look(&mut self, world: &World) {
        self.renewers = renewers(world);
    }
    /// Counts these VMs in as they are, or out; whose they are.
    pub fn count(&mut self, world: &World, vms: &BTreeSet<VmId>, come: bool) -> BTreeSet<PoolName> {
        let known = vms.iter().filter_map(|id| world.vms.get(id));
        let pools = known.map(|vm| {
            self.take(vm, come);
            vm.pool.clone()
        });
        pools.collect()
    }
    fn take(&mut self, vm: &Vm, come: bool) {
        // A name is copied only for the first of a pool.
        match self.pools.get_mut(&vm.pool) {
            Some(crew) => crew.take(vm, come),
            None => self.pools.entry(vm.pool.clone()).or_default().take(vm, come),
        }
        if !come && self.pools.get(&vm.pool).is_some_and(|crew| *crew == Crew::default()) {
            self.pools.remove(&vm.pool);
        }
    }
}

/// Of every pool, the schedules whose runs replace its VMs, wherever those may be.
fn renewers(world: &World) -> BTreeMap<PoolName, BTreeSet<ScheduleName>> {
    let mut out: BTreeMap<PoolName, BTreeSet<ScheduleName>> = BTreeMap::new();
    for (name, schedule) in world.schedules.iter().filter(|(_, schedule)| renews(world, schedule)) {
        for (pool, of) in &world.pools {
            let over = match &schedule.spec.targets {
                Targets::Pool(chosen) => chosen == pool,
                Targets::Hosts(hosts) => shares_host(world, of, hosts),
            };
            if over {
                out.entry(pool.clone()).or_default().insert(name.clone());
            }
        }
    }
    out
}

fn renews(world: &World, schedule: &Schedule) -> bool {
    // What is no playbook over hosts is done for each VM.
    world.playbooks.get(&schedule.spec.playbook).is_none_or(|book| {
        let anew = |act: &Act| matches!(act, Act::Respawn | Act::DeleteVms);
        book.each == Each::Vm || book.all_steps().any(|step| anew(&step.act))
    })
}

fn shares_host(world: &World, pool: &Pool, hosts: &Selector) -> bool {
    let labels = world.hosts.values().filter(|host| host.declared).map(|host| &host.spec.labels);
    labels.into_iter().any(|labels| hosts.matches(labels) && pool.spec.hosts.matches(labels))
}
