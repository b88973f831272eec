//! The draft of all files -> the fleet: levels are laid over one another, ranges are spelt out,
//! and every name that points elsewhere is followed.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::host::HostEntry;
use crate::config::near;
use crate::config::playbook::Books;
use crate::config::problem::{Place, Report};
use crate::model::{
    Access, Each, Fleet, HostName, HostSpec, PlaybookName, PoolName, PoolSize, PoolSpec, Role,
    Selector, Targets,
};

/// The most hosts a fleet may have: a range mistyped should not fill the memory.
const MOST_HOSTS: usize = 20_000;

/// The fleet. `playbook_names` are those that exist, of broken ones too. With `complete` false a
/// file could not be read at all, and a name that is not found may well stand there: then none is
/// reported.
pub(in crate::config) fn resolve(
    draft: Draft<'_>,
    books: Books,
    playbook_names: &BTreeSet<PlaybookName>,
    complete: bool,
    report: &mut Report,
) -> Fleet {
    let Draft { defaults, groups, hosts, images, pools, schedules } = draft;
    let defaults = defaults.map(|(_, layer)| layer).unwrap_or_default();
    let mut found = Hosts::default();
    for mut entry in hosts {
        let group = entry.group.as_ref().and_then(|name| groups.get(name));
        let below = match group {
            Some((_, Some(layer))) => layer.clone().over(&defaults),
            Some((_, None)) | None => defaults.clone(),
        };
        let own = std::mem::take(&mut entry.layer);
        entry.layer = own.over(&below);
        found.add(&entry, report);
    }
    let mut look = Look { hosts: &found.specs, complete, report };
    let pool_names: Vec<_> = pools.keys().cloned().collect();
    let pool_names: Vec<_> = pool_names.iter().map(PoolName::as_str).collect();
    let image_names: Vec<_> = images.keys().map(|name| name.as_str()).collect();
    let mut fleet = Fleet::default();
    for (name, (_, entry)) in pools {
        let Some(entry) = entry else { continue };
        if let Some((image, at)) = &entry.image {
            look.exists("image", image.as_str(), &image_names, at);
        }
        if let Some((selector, at)) = &entry.hosts {
            look.matches_some(selector, at);
        }
        for (other, at) in &entry.apart {
            look.exists("pool", other.as_str(), &pool_names, at);
            let size = entry.spec.as_ref().map(|spec| spec.size);
            if *other == name && matches!(size, Some(PoolSize::PerHost(2..) | PoolSize::Fill)) {
                let said = "the pool is to have several VMs on a host, and none beside another";
                let expected = "other pools here, or another size";
                look.report.note(at.problem(said, expected));
            }
        }
        fleet.pools.extend(entry.spec.map(|spec| (name, spec)));
    }
    for (image, at) in &books.images {
        look.exists("image", image.as_str(), &image_names, at);
    }
    fleet.playbooks = books.playbooks;
    let playbook_names: Vec<_> = playbook_names.iter().map(PlaybookName::as_str).collect();
    for (name, (_, entry)) in schedules {
        let Some(entry) = entry else { continue };
        match &entry.targets {
            Some((Targets::Pool(pool), at)) => look.exists("pool", pool.as_str(), &pool_names, at),
            Some((Targets::Hosts(selector), at)) => {
                let book = entry.playbook.as_ref().and_then(|(name, _)| fleet.playbooks.get(name));
                if look.matches_some(selector, at) && book.is_some_and(|b| b.each == Each::Vm) {
                    look.may_have_vms(selector, &fleet.pools, at);
                }
            }
            None => {}
        }
        if let Some((playbook, at)) = &entry.playbook {
            look.exists("playbook", playbook.as_str(), &playbook_names, at);
        }
        fleet.schedules.extend(entry.spec.map(|spec| (name, spec)));
    }
    fleet.images = images.into_iter().filter_map(|(name, (_, spec))| Some((name, spec?))).collect();
    fleet.hosts = found.specs;
    fleet
}

/// The hosts so far, and what tells two of them apart.
#[derive(Default)]
struct Hosts {
    specs: BTreeMap<HostName, HostSpec>,
    places: BTreeMap<HostName, Place>,
    ways: BTreeMap<String, HostName>,
    local: Option<Place>,
    full: bool,
}

impl Hosts {
    fn add(&mut self, entry: &HostEntry<'_>, report: &mut Report) {
        if self.full {
            return;
        }
        if self.specs.len() + entry.count() as usize > MOST_HOSTS {
            self.full = true;
            let said = format!("more than {MOST_HOSTS} hosts in all");
            report.note(entry.place.problem(said, "narrower ranges"));
            return;
        }
        if entry.is_local() {
            if let Some(first) = self.local.replace(entry.place.clone()) {
                let said = format!("a second local host, the first is in {first}");
                let expected = "one: the controller runs on one Mac";
                report.note(entry.place.problem(said, expected));
            }
        } else if entry.layer.user.is_none() {
            let expected = "the login name here, in the group or in `defaults`";
            report.note(entry.place.problem("key `user` is missing", expected));
            return;
        }
        let mut twice = vec![];
        for (name, spec) in (0..entry.count()).filter_map(|step| entry.host(step)) {
            if let Some(first) = self.places.get(&name) {
                twice.push((name, first.clone()));
                continue;
            }
            self.note_way(&name, &spec, entry, report);
            self.places.insert(name.clone(), entry.place.clone());
            self.specs.insert(name, spec);
        }
        if let Some((name, first)) = twice.first() {
            let more = twice.len() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let said = format!("host {name}{more} given twice, first in {first}");
            report.note(entry.place.problem(said, "each host once"));
        }
    }

    /// One Mac under two names would be thought to have four slots.
    fn note_way(
        &mut self,
        name: &HostName,
        spec: &HostSpec,
        entry: &HostEntry<'_>,
        report: &mut Report,
    ) {
        let Access::Ssh(ssh) = &spec.access else { return };
        let jump = ssh.jump.as_ref().map(|jump| format!("{}:{}", jump.address, jump.port));
        let way = format!("{}@{}:{} by {jump:?}", ssh.user, ssh.address, ssh.port);
        if let Some(other) = self.ways.insert(way, name.clone()) {
            let said = format!("host {name} has the address, port and user of host {other}");
            report.warn(entry.place.problem(said, "each Mac under one name"));
        }
    }
}

/// Follows names.
struct Look<'a> {
    hosts: &'a BTreeMap<HostName, HostSpec>,
    complete: bool,
    report: &'a mut Report,
}

impl Look<'_> {
    fn exists(&mut self, kind: &str, name: &str, known: &[&str], at: &Place) {
        if known.contains(&name) || !self.complete {
            return;
        }
        let hint = near::hint(name, known.iter().copied());
        let expected = match known {
            [] => format!("one that is declared, and no {kind} is"),
            few if few.len() <= 12 => format!("one of {}", few.join(", ")),
            many => format!("one of the {} that are declared", many.len()),
        };
        self.report.note(at.problem(format!("there is no {kind} `{name}`{hint}"), expected));
    }

    fn matches_some(&mut self, selector: &Selector, at: &Place) -> bool {
        let some = self.hosts.values().any(|host| selector.matches(&host.labels));
        if !some {
            let said = format!("`{selector}` matches no host");
            self.report.warn(at.problem(said, "labels that a host has"));
        }
        some
    }

    /// A playbook for VMs has something to do only where a pool may put some.
    fn may_have_vms(
        &mut self,
        selector: &Selector,
        pools: &BTreeMap<PoolName, PoolSpec>,
        at: &Place,
    ) {
        let takes = |host: &HostSpec| {
            host.role == Role::Worker && pools.values().any(|pool| pool.hosts.matches(&host.labels))
        };
        let hosts = || self.hosts.values().filter(|host| selector.matches(&host.labels));
        if self.complete && !hosts().any(takes) {
            let said = format!("no pool may have VMs on the hosts of `{selector}`");
            let expected = "hosts that a pool may use, or a playbook with `each: host`";
            self.report.warn(at.problem(said, expected));
        }
    }
}
