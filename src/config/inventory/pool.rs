//! Pools: how many VMs, of which image, on which hosts.

use std::ops::RangeInclusive;

use super::expect::{read_chip, read_version};
use crate::config::item::{Item, LENGTH};
use crate::config::problem::{Place, Report};
use crate::model::{
    Bytes, GuestScript, ImageName, Needs, PoolName, PoolSize, PoolSpec, Selector, Span,
};

const SIZE: &str = "a number of VMs, {per_host: 1}, {per_host: 2} or {fill: true}";
const PER_HOST: &str = "1 or 2 (Apple's licence allows two macOS VMs per Mac)";
const SIZE_OF_MEMORY: &str = "a size such as 8GiB";
/// A younger limit would have a pool do nothing but renew itself.
const OLDEST: RangeInclusive<Span> = Span::from_mins(1)..=Span::from_hours(24 * 365);

/// A pool, and where it names what stands elsewhere.
#[derive(Debug)]
pub(super) struct PoolEntry {
    /// Absent when any part of it is wrong; names are followed all the same.
    pub(super) spec: Option<PoolSpec>,
    pub(super) image: Option<(ImageName, Place)>,
    pub(super) hosts: Option<(Selector, Place)>,
    /// The pools that it is kept apart from.
    pub(super) apart: Vec<(PoolName, Place)>,
}

pub(super) fn read_pool(item: &Item<'_>, report: &mut Report) -> Option<PoolEntry> {
    let keys = [
        "image",
        "size",
        "hosts",
        "cpu",
        "memory",
        "priority",
        "startup",
        "secrets",
        "ready",
        "busy",
        "retire",
        "max_age",
        "needs",
        "anti_affinity",
    ];
    let [
        image,
        size,
        hosts,
        cpu,
        memory,
        priority,
        startup,
        secrets,
        ready,
        busy,
        retire,
        rest @ ..,
    ] = item.fields(keys, report)?;
    let [max_age, needs, anti_affinity] = rest;
    read_later([startup, secrets, ready], report);
    let busy = busy.and_then(|item| read_busy(&item, report));
    let retire = retire.and_then(|item| read_retire(&item, report));
    let max_age = max_age.and_then(|item| item.span(OLDEST, report));
    let needs = needs.and_then(|item| read_needs(&item, report)).unwrap_or_default();
    let apart = anti_affinity.map(|item| item.list(report)).unwrap_or_default();
    let apart: Vec<(PoolName, Place)> =
        apart.iter().filter_map(|item| Some((item.parse(report)?, item.place()))).collect();
    for (key, value, expected) in [("image", &image, "the name of an image"), ("size", &size, SIZE)]
    {
        if value.is_none() {
            report.note(item.missing(key, expected));
        }
    }
    let image = image.and_then(|item| Some((item.parse::<ImageName>(report)?, item.place())));
    let size = size.and_then(|item| read_size(&item, report));
    let hosts = match hosts {
        Some(item) => item.parse(report).map(|selector| (selector, item.place())),
        None => Some((Selector::default(), item.key_place())),
    };
    let cpu = cpu.and_then(|item| item.int(1..=256, report)).and_then(|n| u16::try_from(n).ok());
    let memory = memory.and_then(|item| read_memory(&item, report));
    let priority = priority.and_then(|item| item.int(0..=1000, report));
    let spec = match (&image, size, &hosts) {
        (Some((image, _)), Some(size), Some((hosts, _))) => Some(PoolSpec {
            cpu,
            memory,
            priority: priority.and_then(|n| i32::try_from(n).ok()).unwrap_or(500),
            busy,
            retire,
            max_age,
            needs,
            anti_affinity: apart.iter().map(|(name, _)| name.clone()).collect(),
            ..PoolSpec::new(image.clone(), size, hosts.clone())
        }),
        _ => None,
    };
    Some(PoolEntry { spec, image, hosts, apart })
}

fn read_needs(item: &Item<'_>, report: &mut Report) -> Option<Needs> {
    let [macos, chip, memory, disk] = item.fields(["macos", "chip", "memory", "disk"], report)?;
    Some(Needs {
        macos: macos.and_then(|item| read_version(&item, report)),
        chip: chip.and_then(|item| read_chip(&item, report)),
        memory: memory.and_then(|item| item.unit(SIZE_OF_MEMORY, report)),
        disk: disk.and_then(|item| item.unit(SIZE_OF_MEMORY, report)),
    })
}

fn read_memory(item: &Item<'_>, report: &mut Report) -> Option<Bytes> {
    let bytes: Bytes = item.unit(SIZE_OF_MEMORY, report)?;
    if bytes < Bytes::gib(1) {
        return report.wrong(item.wrong(format!("{bytes} is too little for a VM"), "1GiB or more"));
    }
    Some(bytes)
}

fn read_size(item: &Item<'_>, report: &mut Report) -> Option<PoolSize> {
    if !item.is_map() {
        let count = item.int_or(0..=100_000, SIZE, report)?;
        return u32::try_from(count).ok().map(PoolSize::Count);
    }
    let [per_host, fill] = item.fields(["per_host", "fill"], report)?;
    let per_host = per_host.map(|item| item.int_or(1..=2, PER_HOST, report));
    let fill = fill.map(|item| (item.truth(report), item));
    match (per_host, fill) {
        (Some(count), None) => u8::try_from(count?).ok().map(PoolSize::PerHost),
        (None, Some((Some(true), _))) => Some(PoolSize::Fill),
        (None, Some((Some(false), item))) => report.wrong(item.wrong("says nothing", SIZE)),
        (None, Some((None, _))) => None,
        (None, None) | (Some(_), Some(_)) => report.wrong(item.wrong("is not a size", SIZE)),
    }
}

/// Whether a VM has work: a script in the guest. An agent's own word comes in a later version.
fn read_busy(item: &Item<'_>, report: &mut Report) -> Option<GuestScript> {
    let [sh, agent, within] = item.fields(["sh", "agent", "within"], report)?;
    let span = |item: Item<'_>| item.span(Span::from_secs(1)..=Span::from_mins(5), report);
    let within = within.map_or(Some(Span::from_secs(10)), span);
    match (sh, agent) {
        (Some(sh), None) => Some(GuestScript { sh: sh.text(report)?.to_string(), within: within? }),
        (None, Some(agent)) => {
            agent.not_acted_on(report);
            read_agent(&agent, report);
            None
        }
        (None, None) | (Some(_), Some(_)) => {
            report.wrong(item.wrong("is not a busy check", "either `sh` or `agent`"))
        }
    }
}

/// What tells the agent in a guest to take no more work, and how long the work it has may take.
fn read_retire(item: &Item<'_>, report: &mut Report) -> Option<GuestScript> {
    let [sh, within] = item.fields(["sh", "within"], report)?;
    let span = |item: Item<'_>| item.span(Span::from_secs(1)..=Span::from_hours(24), report);
    let within = within.map_or(Some(Span::from_hours(1)), span);
    let Some(sh) = sh else { return report.wrong(item.missing("sh", "a text")) };
    Some(GuestScript { sh: sh.text(report)?.to_string(), within: within? })
}

/// What a later version acts on; its form is checked now so that it can be relied on then.
fn read_later(items: [Option<Item<'_>>; 3], report: &mut Report) {
    for item in items.iter().flatten() {
        item.not_acted_on(report);
    }
    let [startup, secrets, ready] = items;
    if let Some(item) = startup
        && let Some([template, timeout]) = item.fields(["template", "timeout"], report)
    {
        text_or_missing(&item, "template", template, report);
        timeout.and_then(|item| item.unit::<Span>(LENGTH, report));
    }
    if let Some(item) = secrets {
        for (_, item) in item.named(report) {
            read_secret(&item, report);
        }
    }
    if let Some(item) = ready
        && let Some([sh, within]) = item.fields(["sh", "within"], report)
    {
        text_or_missing(&item, "sh", sh, report);
        within.and_then(|item| item.unit::<Span>(LENGTH, report));
    }
}

fn text_or_missing(parent: &Item<'_>, key: &str, item: Option<Item<'_>>, report: &mut Report) {
    match item {
        Some(item) => drop(item.text(report)),
        None => report.note(parent.missing(key, "a text")),
    }
}

/// An agent's own keys depend on its kind.
fn read_agent(item: &Item<'_>, report: &mut Report) {
    let kind = item.named(report).into_iter().find(|(key, _)| *key == "kind");
    text_or_missing(item, "kind", kind.map(|(_, item)| item), report);
}

/// A secret is named, never written down; so nothing of what stands here is repeated.
fn read_secret(item: &Item<'_>, report: &mut Report) {
    let Some([env, file, command, keychain]) =
        item.fields(["env", "file", "command", "keychain"], report)
    else {
        return;
    };
    if [&env, &file, &command, &keychain].into_iter().flatten().count() != 1 {
        let expected = "exactly one of env, file, command and keychain";
        report.note(item.wrong("is not a reference to a secret", expected));
    }
    for item in [env, file, keychain].into_iter().flatten() {
        item.text(report);
    }
    if let Some(item) = command {
        let words = item.list(report);
        if words.is_empty() {
            report.note(item.wrong("is no command", "a list of words"));
        }
        for word in words {
            word.raw("a word", report);
        }
    }
}
