//! How many VMs each pool has in each state, and since when its oldest is there: followed VM by
//! VM, so that a list of pools never counts the fleet.

use std::collections::{BTreeMap, BTreeSet};

use hostler::model::{PoolName, Timestamp, Vm, VmId, Wanted, World};

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
pub struct Crews(BTreeMap<PoolName, Crew>);

impl Crews {
    /// Counts everything.
    pub fn of(world: &World) -> Self {
        let mut crews = Self::default();
        for vm in world.vms.values() {
            crews.take(vm, true);
        }
        crews
    }
    pub fn get(&self, pool: &PoolName) -> Option<&Crew> {
        self.0.get(pool)
    }
    pub fn names(&self) -> impl Iterator<Item = &PoolName> {
        self.0.keys()
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
        match self.0.get_mut(&vm.pool) {
            Some(crew) => crew.take(vm, come),
            None => self.0.entry(vm.pool.clone()).or_default().take(vm, come),
        }
        if !come && self.0.get(&vm.pool).is_some_and(|crew| *crew == Crew::default()) {
            self.0.remove(&vm.pool);
        }
    }
}
