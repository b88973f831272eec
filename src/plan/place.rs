//! Placement: filter -> score -> take. Filters count what they refuse; the score is the expected
//! number of seconds until the VM is ready; the best host is taken, ties broken by name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::bars::Twins;
use super::ready::{Lack, lacks};
use super::vm::backoff;
use super::wait::over;
use crate::model::{
    Action, Held, Host, HostName, ImageSpec, JobId, Pool, PoolName, PoolSize, Reach, Reason, Role,
    Slot, SlotIx, Span, Timestamp, Unmet, VmId, Want, World,
};

/// Expected seconds: a clone on the host, a pull from the registry, a boot, and what a failed
/// start or a neighbour adds.
const CLONE_S: u32 = 5;
const PULL_S: u32 = 900;
const BOOT_S: u32 = 45;
const FAILURE_S: u32 = 120;
const NEIGHBOUR_S: u32 = 10;
const PACK_FROM_PERCENT: usize = 70;

/// Slots that this pass has promised, on top of what the World says.
#[derive(Default)]
pub(super) struct Taken<'a> {
    promised: BTreeMap<&'a HostName, [bool; 2]>,
    /// Whose VMs it has placed where.
    placed: BTreeMap<&'a HostName, Vec<&'a PoolName>>,
    /// So many slots are used that what is left is kept in whole hosts.
    packs: bool,
    /// Hosts that are the same Mac as another.
    twins: Twins<'a>,
}

impl<'a> Taken<'a> {
    /// Hosts that are held by these actions have no room any more when it comes to placing.
    pub(super) fn beside(world: &'a World, twins: &Twins<'a>, actions: &[Action]) -> Self {
        let twins = twins.clone();
        let mut taken = Self { packs: is_well_used(world), twins, ..Self::default() };
        for action in actions {
            if let Action::Hold { host, .. } = action
                && let Some((host, _)) = world.hosts.get_key_value(host)
            {
                taken.promised.insert(host, [true; 2]);
            }
        }
        taken
    }

    fn free_slots<'h>(
        &self,
        name: &HostName,
        host: &'h Host,
    ) -> impl Iterator<Item = SlotIx> + use<'h> {
        let promised = self.promised.get(name).copied().unwrap_or_default();
        let free = host
            .usable_slots()
            .filter(move |(ix, slot)| **slot == Slot::Free && !promised[ix.index()]);
        free.map(|(ix, _)| ix)
    }
    fn promise(&mut self, name: &'a HostName, slot: SlotIx, pool: &'a PoolName) {
        self.promised.entry(name).or_default()[slot.index()] = true;
        self.placed.entry(name).or_default().push(pool);
    }

    /// Whether a VM is there, or will be, beside which one of this pool may not be.
    fn is_kept_apart(&self, world: &World, host: (&HostName, &Host), apart: &Apart<'_>) -> bool {
        let placed = self.placed.get(host.0).into_iter().flatten();
        apart.is_kept_from(world, host.1) || placed.into_iter().any(|pool| apart.0.contains(pool))
    }

    /// What each neighbour adds to the seconds: VMs are spread over the hosts while there is
    /// room, so that two of them seldom share a disk; later whole hosts are kept free, so that a
    /// drain finds some.
    fn neighbours(&self, seconds: u32, many: u32) -> u32 {
        let cost = NEIGHBOUR_S * many;
        if self.packs { seconds.saturating_sub(cost) } else { seconds + cost }
    }
}

/// The pools beside whose VMs those of one pool may not be: either of the two says so.
pub(super) struct Apart<'a>(BTreeSet<&'a PoolName>);

impl<'a> Apart<'a> {
    pub(super) fn of(world: &'a World, (name, pool): (&PoolName, &'a Pool)) -> Self {
        let theirs = world.pools.iter().filter(|(_, pool)| pool.spec.anti_affinity.contains(name));
        Self(pool.spec.anti_affinity.iter().chain(theirs.map(|(other, _)| other)).collect())
    }
    /// Whether such a VM is on the host.
    pub(super) fn is_kept_from(&self, world: &World, host: &Host) -> bool {
        !self.0.is_empty() && world.vms_on(host).any(|vm| self.0.contains(&vm.pool))
    }
}

/// Whether 70 % of the slots of the hosts that take work are used.
fn is_well_used(world: &World) -> bool {
    let (mut used, mut all) = (0_usize, 0);
    for host in world.hosts.values().filter(|host| host.takes_work()) {
        for (_, slot) in host.usable_slots() {
            all += 1;
            used += usize::from(*slot != Slot::Free);
        }
    }
    used * 100 >= all * PACK_FROM_PERCENT
}

/// What a pool wants placed in this pass.
pub(super) struct Order<'a> {
    pub(super) name: &'a PoolName,
    pub(super) pool: &'a Pool,
    /// How many VMs; for `PerHost` and `Fill`, at most what the hosts allow.
    pub(super) missing: u32,
    /// How many of this pool's VMs each host has, for `PerHost`.
    pub(super) have: BTreeMap<&'a HostName, u32>,
    /// Whose part the first of them take.
    pub(super) replaces: Vec<(JobId, VmId)>,
}

/// The first filter that refuses the host, if one does.
pub(super) fn refusal(pool: &Pool, host: &Host, now: Timestamp) -> Option<Reason> {
    if !pool.spec.hosts.matches(&host.spec.labels) {
        return Some(Reason::Labels);
    }
    let lacks = lacks(host.seen.as_ref());
    let lacks = |which: fn(&Lack) -> bool| lacks.iter().any(which);
    let locked = lacks(|lack| matches!(lack, Lack::Unlocked(_)));
    let checks = [
        (Reason::Leaving, !host.declared),
        (Reason::Builder, host.spec.role == Role::Builder),
        (Reason::Locked, host.reach == Reach::Locked || (host.reach == Reach::Up && locked)),
        (Reason::NotUp, !matches!(host.reach, Reach::Up | Reach::Locked)),
        (Reason::Barred, host.claim.is_some()),
        (Reason::Held, !host.holds.is_empty()),
        (Reason::Verifying, host.verifying.is_some()),
        (Reason::Tool, lacks(|lack| matches!(lack, Lack::Look | Lack::Tool(_)))),
        (Reason::BackOff, backs_off(host, now).is_some()),
        (Reason::Disk, lacks(|lack| matches!(lack, Lack::Disk(_)))),
    ];
    let refuses = checks.into_iter().find(|(_, refuses)| *refuses).map(|(reason, _)| reason);
    refuses.or_else(|| {
        let facts = host.seen.as_ref().map(|seen| &seen.facts);
        Some(match pool.spec.needs.unmet(facts?)? {
            Unmet::Chip => Reason::Chip,
            Unmet::Memory => Reason::Memory,
            Unmet::Disk => Reason::DiskSize,
            Unmet::Macos => Reason::Macos,
        })
    })
}

/// How long a host still backs off after failed starts.
pub(super) fn backs_off(host: &Host, now: Timestamp) -> Option<Span> {
    let last = host.failures.last()?;
    let wait = backoff(u32::try_from(host.failures.len()).unwrap_or(u32::MAX));
    (!over(*last, wait, now)).then(|| (*last + wait).since(now))
}

/// Expected seconds until a VM is ready here, neighbours left out.
fn score(host: &Host, image: Option<&ImageSpec>) -> u32 {
    let cached = |source: &str| {
        let seen = host.seen.as_ref()?;
        Some(
            seen.images.as_ref()?.iter().any(|i| i == source)
                || seen.vms.as_ref()?.contains_key(source),
        )
    };
    let pull = match image.and_then(|image| cached(&image.source)) {
        Some(true) => 0,
        Some(false) | None => PULL_S,
    };
    let failures = u32::try_from(host.failures.len()).unwrap_or(u32::MAX);
    CLONE_S + BOOT_S + pull + FAILURE_S * failures.min(8)
}

/// Places what the order wants, as far as the hosts allow; says why for the rest.
pub(super) fn place<'a>(
    world: &'a World,
    order: Order<'a>,
    taken: &mut Taken<'a>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Option<Held> {
    let Order { name, pool, missing, have, replaces } = order;
    let image = world.images.get(&pool.spec.image).map(AsRef::as_ref);
    let apart = Apart::of(world, (name, pool));
    let mut refused: BTreeMap<Reason, u32> = BTreeMap::new();
    let mut open: BinaryHeap<Reverse<(u32, &HostName)>> = BinaryHeap::new();
    let mut placed_here: BTreeMap<&HostName, u32> = BTreeMap::new();
    for (host_name, host) in &world.hosts {
        let reason = refusal(pool, host, now).or_else(|| {
            let enough = is_enough(pool, have.get(host_name).copied().unwrap_or(0));
            if taken.twins.contains_key(host_name) {
                Some(Reason::Twin)
            } else if enough {
                Some(Reason::Enough)
            } else if taken.is_kept_apart(world, (host_name, host), &apart) {
                Some(Reason::Apart)
            } else {
                taken.free_slots(host_name, host).next().is_none().then_some(Reason::Full)
            }
        });
        match reason {
            Some(reason) => *refused.entry(reason).or_default() += 1,
            None => {
                let neighbours = u32::try_from(host.vms.len()).unwrap_or(u32::MAX).min(2);
                let seconds = taken.neighbours(score(host, image), neighbours);
                open.push(Reverse((seconds, host_name)));
            }
        }
    }
    let mut replaces = replaces.into_iter();
    let mut left = missing;
    while left > 0
        && let Some(Reverse((seconds, host_name))) = open.pop()
        && let Some(host) = world.hosts.get(host_name)
    {
        let mut free = taken.free_slots(host_name, host);
        let Some(slot) = free.next() else { continue };
        taken.promise(host_name, slot, name);
        actions.push(Action::Place {
            pool: name.clone(),
            image: pool.spec.image.clone(),
            host: host_name.clone(),
            slot,
            replaces: replaces.next(),
        });
        left -= 1;
        let here = placed_here.entry(host_name).or_default();
        *here += 1;
        let have = have.get(host_name).copied().unwrap_or(0) + *here;
        let more = free.next().is_some() && !is_enough(pool, have);
        if more && !taken.is_kept_apart(world, (host_name, host), &apart) {
            open.push(Reverse((taken.neighbours(seconds, 1), host_name)));
        }
    }
    // A pool that fills whatever is free has what it wants when nothing is.
    if left == 0 || pool.spec.size == PoolSize::Fill {
        return None;
    }
    let taken_whole = u32::try_from(placed_here.len()).unwrap_or(u32::MAX);
    if taken_whole > 0 {
        *refused.entry(Reason::Full).or_default() += taken_whole;
    }
    Some(Held {
        want: Want::Pool { pool: name.clone(), missing: left },
        why: summary(world.hosts.len(), &refused),
        refused,
    })
}

fn is_enough(pool: &Pool, have: u32) -> bool {
    match pool.spec.size {
        PoolSize::PerHost(n) => have >= u32::from(n),
        PoolSize::Count(_) | PoolSize::Fill => false,
    }
}

/// `no host of 12 can take it: 10 full, 2 held`.
fn summary(hosts: usize, refused: &BTreeMap<Reason, u32>) -> String {
    let mut counts: Vec<_> = refused.iter().collect();
    counts.sort_by_key(|(reason, n)| (Reverse(**n), **reason));
    let counts: Vec<_> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    if counts.is_empty() {
        return "the inventory has no host".into();
    }
    format!("no host of {hosts} can take it: {}", counts.join(", "))
}
