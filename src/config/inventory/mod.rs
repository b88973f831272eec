//! Inventory files: defaults, groups, hosts, images, pools and schedules of all files, merged into
//! one fleet. First every file is read into a draft, then names that point elsewhere are followed.

mod access;
mod expect;
mod host;
mod image;
mod layer;
mod pool;
mod resolve;
mod rollout;
mod schedule;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::item::Item;
use super::problem::{Place, Report};
use crate::model::{GroupName, ImageName, ImageSpec, PoolName, ScheduleName};

use host::{HostEntry, read_group, read_hosts};
use image::read_image;
use layer::{Layer, read_defaults};
use pool::{PoolEntry, read_pool};
use schedule::{ScheduleEntry, read_schedule};

pub(super) use access::Paths;
pub(super) use resolve::resolve;

/// Things by name, with the place of the name; the value is absent when something is wrong with it.
type Named<K, V> = BTreeMap<K, (Place, Option<V>)>;

/// All inventory files as read, before names are followed.
#[derive(Default, Debug)]
pub(super) struct Draft<'a> {
    defaults: Option<(Place, Layer)>,
    groups: Named<GroupName, Layer>,
    hosts: Vec<HostEntry<'a>>,
    images: Named<ImageName, ImageSpec>,
    pools: Named<PoolName, PoolEntry>,
    schedules: Named<ScheduleName, ScheduleEntry>,
}

impl<'a> Draft<'a> {
    /// Adds one file.
    pub(super) fn add(&mut self, file: &Item<'a>, paths: Paths<'_>, report: &mut Report) {
        let sections = ["defaults", "groups", "hosts", "images", "pools", "schedules"];
        let Some([defaults, groups, hosts, images, pools, schedules]) =
            file.fields(sections, report)
        else {
            return;
        };
        if let Some(item) = defaults {
            let layer = read_defaults(&item, paths, report);
            match &self.defaults {
                Some((first, _)) => {
                    let said = format!("given twice, first in {first}");
                    let problem = item.key_place().problem(said, "`defaults` in one file only");
                    report.note(problem);
                }
                None => self.defaults = Some((item.key_place(), layer)),
            }
        }
        for (key, item) in groups.map(|item| item.named(report)).unwrap_or_default() {
            let name = name(key, &item, report);
            let (layer, hosts) = read_group(name.as_ref(), &item, paths, report);
            self.hosts.extend(hosts);
            put(&mut self.groups, name, &item, Some(layer), report);
        }
        if let Some(item) = hosts {
            self.hosts.extend(read_hosts(None, &item, paths, report));
        }
        for (key, item) in images.map(|item| item.named(report)).unwrap_or_default() {
            let (name, value) = (name(key, &item, report), read_image(&item, report));
            put(&mut self.images, name, &item, value, report);
        }
        for (key, item) in pools.map(|item| item.named(report)).unwrap_or_default() {
            let (name, value) = (name(key, &item, report), read_pool(&item, report));
            put(&mut self.pools, name, &item, value, report);
        }
        for (key, item) in schedules.map(|item| item.named(report)).unwrap_or_default() {
            let (name, value) = (name(key, &item, report), read_schedule(&item, report));
            put(&mut self.schedules, name, &item, value, report);
        }
    }
}

fn name<T: FromStr<Err: Display>>(key: &str, item: &Item<'_>, report: &mut Report) -> Option<T> {
    key.parse().map_err(|e: T::Err| report.problems.push(item.key_place().split(&e))).ok()
}

/// Keeps what a name stands for, and refuses the same name from a second file.
fn put<K: Ord, V>(
    all: &mut Named<K, V>,
    name: Option<K>,
    item: &Item<'_>,
    value: Option<V>,
    report: &mut Report,
) {
    let Some(name) = name else { return };
    if let Some((first, _)) = all.get(&name) {
        let said = format!("given twice, first in {first}");
        report.note(item.key_place().problem(said, "each name once"));
    } else {
        all.insert(name, (item.key_place(), value));
    }
}
