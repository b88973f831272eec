//! The entries under `hosts`, with their ranges, and what becomes of them once all levels are known.

use super::access::{Paths, is_address, read_host_key};
use super::layer::{Layer, read_layer};
use crate::config::item::Item;
use crate::config::problem::{Place, Report, clip};
use crate::config::range::{self, Ranged};
use crate::model::{Access, GroupName, HostName, HostSpec, Role, SshAccess};

/// One entry under `hosts`: a host, or as many as its range stands for.
#[derive(Debug)]
pub(super) struct HostEntry<'a> {
    pub(super) place: Place,
    pub(super) group: Option<GroupName>,
    names: Ranged<'a>,
    /// As many as names; `None` for the Mac the controller runs on.
    addresses: Option<Ranged<'a>>,
    pub(super) layer: Layer,
}

impl HostEntry<'_> {
    /// How many hosts it stands for.
    pub(super) fn count(&self) -> u32 {
        self.names.count().unwrap_or(1)
    }
    /// Whether it is the Mac the controller runs on.
    pub(super) fn is_local(&self) -> bool {
        self.addresses.is_none()
    }

    /// Host number `step` as the model has it; `layer` holds all levels by now.
    pub(super) fn host(&self, step: u32) -> Option<(HostName, HostSpec)> {
        let name: HostName = self.names.nth(step).parse().ok()?;
        let layer = &self.layer;
        let access = match &self.addresses {
            None => Access::Local,
            Some(addresses) => Access::Ssh(SshAccess {
                address: addresses.nth(step),
                port: layer.ssh.port.unwrap_or(22),
                user: layer.user.clone()?,
                identity: layer.ssh.identity.clone(),
                known_hosts: layer.ssh.known_hosts.clone(),
                host_key: layer.ssh.host_key.clone(),
                jump: layer.ssh.jump.clone(),
            }),
        };
        let role = layer.role.unwrap_or_default();
        let mut labels = layer.labels.clone();
        let role_word = match role {
            Role::Worker => "worker",
            Role::Builder => "builder",
        };
        labels.insert("role".to_string(), role_word.to_string());
        labels.insert("name".to_string(), name.to_string());
        labels.entry(name.to_string()).or_default();
        if let Some(group) = &self.group {
            labels.entry(group.to_string()).or_default();
        }
        let spec = HostSpec {
            driver: layer.driver.unwrap_or_default(),
            role,
            slots: layer.slots.unwrap_or(2),
            labels,
            groups: self.group.iter().cloned().collect(),
            expect: layer.expect.clone(),
            authrestart: layer.authrestart.unwrap_or(false),
            ..HostSpec::new(access)
        };
        Some((name, spec))
    }
}

/// A group's own level, and the entries under its `hosts`.
pub(super) fn read_group<'a>(
    name: Option<&GroupName>,
    item: &Item<'a>,
    paths: Paths<'_>,
    report: &mut Report,
) -> (Layer, Vec<HostEntry<'a>>) {
    let keys =
        ["user", "driver", "role", "slots", "labels", "ssh", "expect", "authrestart", "hosts"];
    let Some([layer @ .., hosts]) = item.fields(keys, report) else {
        return (Layer::default(), vec![]);
    };
    let layer = read_layer(layer, paths, report);
    let hosts = hosts.map(|item| read_hosts(name, &item, paths, report)).unwrap_or_default();
    (layer, hosts)
}

/// The entries under a `hosts` key.
pub(super) fn read_hosts<'a>(
    group: Option<&GroupName>,
    item: &Item<'a>,
    paths: Paths<'_>,
    report: &mut Report,
) -> Vec<HostEntry<'a>> {
    let mut entries = Vec::new();
    for (key, item) in item.named(report) {
        entries.extend(read_host(key, group, &item, paths, report));
    }
    entries
}

fn read_host<'a>(
    key: &'a str,
    group: Option<&GroupName>,
    item: &Item<'a>,
    paths: Paths<'_>,
    report: &mut Report,
) -> Option<HostEntry<'a>> {
    let names = read_names(key, item, report);
    let keys = [
        "user",
        "driver",
        "role",
        "slots",
        "labels",
        "ssh",
        "expect",
        "authrestart",
        "address",
        "host_key",
        "local",
    ];
    let [layer @ .., address, host_key, local] = item.fields(keys, report)?;
    let remote = [layer[0].clone(), layer[5].clone(), address.clone(), host_key.clone()];
    let mut layer = read_layer(layer, paths, report);
    if let Some(item) = host_key {
        if layer.ssh.host_key.is_some() {
            report.note(item.key_place().problem("given twice", "it here or in `ssh`"));
        }
        layer.ssh.host_key = read_host_key(&item, report);
    }
    let is_local = local.map_or(Some(false), |item| item.truth(report))?;
    let addresses = if is_local {
        refuse_remote(item, remote, names.as_ref(), report);
        None
    } else if let Some(item) = address {
        // The name stands in for an address that is wrong, so that the rest is checked as well.
        read_address(&item, names.as_ref(), report).or_else(|| names.clone())
    } else {
        let expected =
            "a host name or IP address, or `local: true` for the Mac the controller is on";
        report.note(item.missing("address", expected));
        names.clone()
    };
    let (place, group) = (item.key_place(), group.cloned());
    Some(HostEntry { place, group, names: names?, addresses, layer })
}

/// What has no sense on the Mac the controller runs on.
fn refuse_remote(
    host: &Item<'_>,
    remote: [Option<Item<'_>>; 4],
    names: Option<&Ranged<'_>>,
    report: &mut Report,
) {
    for item in remote.into_iter().flatten() {
        let said = "of no use with `local: true`, where nothing goes over SSH";
        report.note(item.key_place().problem(said, "one of the two"));
    }
    if names.is_some_and(|names| names.count().is_some()) {
        let said = "a range with `local: true`";
        report.note(host.key_place().problem(said, "one name: there is one such Mac"));
    }
}

/// The names an entry stands for. Between the two ends a name differs in digits alone.
fn read_names<'a>(key: &'a str, item: &Item<'_>, report: &mut Report) -> Option<Ranged<'a>> {
    let place = item.key_place();
    let names = match Ranged::parse(key) {
        Ok(names) => names,
        Err(said) => return report.wrong(place.problem(said, range::EXPECTED)),
    };
    for step in [0, names.count().map_or(0, |n| n - 1)] {
        if let Err(error) = names.nth(step).parse::<HostName>() {
            return report.wrong(place.split(&error));
        }
    }
    Some(names)
}

/// The addresses of an entry: as many as it has names.
fn read_address<'a>(
    item: &Item<'a>,
    names: Option<&Ranged<'_>>,
    report: &mut Report,
) -> Option<Ranged<'a>> {
    let text = item.text(report)?;
    let addresses = match Ranged::parse(text) {
        Ok(addresses) => addresses,
        Err(said) => return report.wrong(item.wrong(said, range::EXPECTED)),
    };
    let last = addresses.count().map_or(0, |n| n - 1);
    if ![0, last].into_iter().all(|step| is_address(&addresses.nth(step))) {
        let said = format!("`{}` is not an address", clip(text));
        let expected = "a host name or an IP address; a port goes to `ssh: {port: ...}`";
        return report.wrong(item.wrong(said, expected));
    }
    let expected = match (names?.count(), addresses.count()) {
        (many, these) if many == these => return Some(addresses),
        (Some(n), None) => format!("a range of {n}: the name stands for {n} hosts"),
        (Some(n), Some(_)) => format!("{n}, as many as the name stands for"),
        (None, None | Some(_)) => "one address: the name stands for one host".to_string(),
    };
    let said = match addresses.count() {
        Some(n) => format!("a range of {n} addresses"),
        None => "one address".to_string(),
    };
    report.wrong(item.wrong(said, expected))
}
