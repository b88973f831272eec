//! Fold of what is declared: hosts, images, pools, schedules come, change and go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Misfit, World, misfit};
use crate::model::{
    Fleet, FleetChange, Host, HostName, HostSpec, Pool, PoolName, PoolSpec, Schedule, Slot,
    Timestamp,
};

impl World {
    /// What this reading of the fleet directory changes.
    pub fn difference(&self, fleet: &Fleet) -> FleetChange {
        let hosts = declared(self.hosts.iter().filter(|(_, host)| host.declared), |h| &h.spec);
        FleetChange {
            hosts: differing(&hosts, &fleet.hosts),
            images: differing(&declared(self.images.iter(), |i| i), &fleet.images),
            pools: differing(&declared(self.pools.iter(), |p| &p.spec), &fleet.pools),
            schedules: differing(&declared(self.schedules.iter(), |s| &s.spec), &fleet.schedules),
            playbooks: differing(&declared(self.playbooks.iter(), |p| p), &fleet.playbooks),
        }
    }

    pub(super) fn change_fleet(
        &mut self,
        change: &FleetChange,
        at: Timestamp,
    ) -> Result<(), Misfit> {
        for (name, spec) in &change.hosts {
            match spec {
                Some(spec) if spec.slots > 2 => {
                    let why = format!("declares {} slots: a Mac has two", spec.slots);
                    return misfit(format!("host {name}"), why);
                }
                Some(spec) => self.declare_host(name, spec, at),
                None => self.drop_host(name)?,
            }
        }
        for (name, spec) in &change.images {
            match spec {
                Some(spec) => self.images.insert(name.clone(), Arc::new(spec.clone())),
                None => self.images.remove(name),
            };
        }
        for (name, spec) in &change.pools {
            match spec {
                Some(spec) => self.declare_pool(name, spec),
                None => {
                    self.pools.remove(name);
                }
            }
        }
        for (name, spec) in &change.schedules {
            let Some(spec) = spec else {
                self.schedules.remove(name);
                continue;
            };
            let fresh = || Schedule::new(spec.clone(), at);
            let schedule = self.schedules.entry(name.clone()).or_insert_with(|| Arc::new(fresh()));
            let schedule = Arc::make_mut(schedule);
            if schedule.spec.cron != spec.cron || schedule.spec.zone != spec.zone {
                // Another calendar: what the old one still owed is not owed by the new one.
                // What has been dealt with stays so, even if the clock stepped back since.
                schedule.upto = schedule.upto.max(at);
            }
            schedule.spec = spec.clone();
        }
        for (name, playbook) in &change.playbooks {
            match playbook {
                Some(playbook) => self.playbooks.insert(name.clone(), Arc::new(playbook.clone())),
                None => self.playbooks.remove(name),
            };
        }
        Ok(())
    }

    fn declare_host(&mut self, name: &HostName, spec: &HostSpec, at: Timestamp) {
        let fresh = || Arc::new(Host::new(spec.clone(), at));
        let host = Arc::make_mut(self.hosts.entry(name.clone()).or_insert_with(fresh));
        host.spec = spec.clone();
        host.declared = true;
    }

    fn drop_host(&mut self, name: &HostName) -> Result<(), Misfit> {
        self.host_mut(name)?.declared = false;
        self.forget_host_if_empty(name);
        Ok(())
    }

    /// A host that left the inventory is forgotten once nothing of ours is on it.
    pub(super) fn forget_host_if_empty(&mut self, name: &HostName) {
        if self.hosts.get(name).is_some_and(|host| !host.declared && host.vms.is_empty()) {
            self.hosts.remove(name);
        }
    }

    fn declare_pool(&mut self, name: &PoolName, spec: &PoolSpec) {
        let fresh = || Arc::new(Pool::new(spec.clone()));
        let pool = Arc::make_mut(self.pools.entry(name.clone()).or_insert_with(fresh));
        if pool.spec != *spec {
            // A changed pool deserves a fresh try at once.
            pool.forgive();
        }
        pool.spec = spec.clone();
    }

    /// How many slots the fleet declares, and how many of them are free.
    pub fn slot_count(&self) -> (usize, usize) {
        let usable = self.hosts.values().flat_map(|host| host.usable_slots());
        usable.fold((0, 0), |(all, free), (_, slot)| {
            (all + 1, free + usize::from(*slot == Slot::Free))
        })
    }
}

/// Borrowed specs by name.
fn declared<'a, K: Ord, V: 'a, S: 'a>(
    things: impl Iterator<Item = (&'a K, &'a Arc<V>)>,
    spec: impl Fn(&'a V) -> &'a S,
) -> BTreeMap<&'a K, &'a S> {
    things.map(|(name, thing)| (name, spec(thing))).collect()
}

fn differing<K: Ord + Clone, S: PartialEq + Clone>(
    old: &BTreeMap<&K, &S>,
    new: &BTreeMap<K, S>,
) -> BTreeMap<K, Option<S>> {
    let gone = old.keys().filter(|name| !new.contains_key(**name));
    let mut out: BTreeMap<K, Option<S>> = gone.map(|name| ((*name).clone(), None)).collect();
    for (name, spec) in new {
        if old.get(name).is_none_or(|known| *known != spec) {
            out.insert(name.clone(), Some(spec.clone()));
        }
    }
    out
}
