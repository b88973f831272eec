//! What people and programs ask for, written down as events.

use super::handle::{Command, Denied, Done, Release};
use super::jobs::Desk;
use super::ledger::Ledger;
use super::orders::Ids;
use crate::model::{
    Actor, Event, Fleet, FleetChange, Hold, HoldId, HoldKind, HostName, HostSpec, Illegal,
    OnExpiry, Reach, Timestamp, World,
};
use crate::plan::{self, NotPossible};

/// Carries out a command as far as it is a matter of writing down. The answer is given once
/// that is durable.
pub(super) fn carry_out(
    ledger: &mut Ledger,
    ids: &mut Ids,
    actor: &Actor,
    command: Command,
    now: Timestamp,
) -> Result<Done, Denied> {
    let mut desk = Desk { ledger, ids, actor, now };
    match command {
        Command::Cordon { hosts, reason, until } => {
            let (kind, on_expiry) = (HoldKind::Cordon, OnExpiry::default());
            hold(&mut desk, &hosts, (kind, &reason), (until, on_expiry))
        }
        Command::Hold { hosts, kind, reason, until, on_expiry } => {
            hold(&mut desk, &hosts, (kind, &reason), (until, on_expiry))
        }
        Command::Uncordon { hosts, which } => uncordon(ledger, actor, &hosts, &which, now),
        Command::Respawn { pool, max_unavailable } => {
            desk.open(plan::respawn(desk.ledger.world(), &pool, max_unavailable, now)?)
        }
        Command::RunNow { schedule } => {
            desk.open(plan::run_now(desk.ledger.world(), &schedule, now)?)
        }
        Command::Load { fleet } => load(ledger, actor, &fleet, now),
        Command::Trust { host } => trust(ledger, actor, &host, now),
        command @ (Command::Drain { .. }
        | Command::Undrain { .. }
        | Command::Play { .. }
        | Command::CancelJob { .. }
        | Command::SkipHost { .. }
        | Command::ResumeJob { .. }
        | Command::RetryJob { .. }
        | Command::Suspend { .. }
        | Command::ResumeSchedule { .. }
        | Command::SkipNext { .. }) => desk.carry_out(command),
    }
}

impl From<NotPossible> for Denied {
    fn from(why: NotPossible) -> Self {
        match &why {
            NotPossible::Unknown { .. } => Self::NotFound(why.to_string()),
            NotPossible::Running { .. } | NotPossible::Senseless(_) => {
                Self::Conflict(why.to_string())
            }
        }
    }
}

/// All hosts must be known before anything is done to one of them.
fn all_known(world: &World, hosts: &[HostName]) -> Result<(), Denied> {
    match hosts.iter().find(|name| !world.hosts.contains_key(*name)) {
        Some(name) => Err(Denied::NotFound(format!(
            "host {name} is not in the inventory; `hostler host list` shows those that are"
        ))),
        None => Ok(()),
    }
}

pub(super) fn put(
    ledger: &mut Ledger,
    actor: &Actor,
    event: Event,
    now: Timestamp,
) -> Result<(), Denied> {
    ledger.put(actor, event, now).map_err(|illegal| Denied::Conflict(illegal.to_string()))
}

fn hold(
    desk: &mut Desk<'_>,
    hosts: &[HostName],
    (kind, reason): (HoldKind, &str),
    (until, on_expiry): (Option<Timestamp>, OnExpiry),
) -> Result<Done, Denied> {
    let now = desk.now;
    all_known(desk.ledger.world(), hosts)?;
    if reason.trim().is_empty() {
        return Err(Denied::Conflict(format!("a {kind} needs a reason: say why with --reason")));
    }
    if until.is_some_and(|until| until <= now) {
        return Err(Denied::Conflict(format!("the end of the {kind} is not in the future")));
    }
    let mut said = Vec::new();
    for name in hosts {
        let id = HoldId::from_bits(desk.ids.next(now));
        let (reason, by) = (reason.trim().to_string(), desk.actor.clone());
        let host = name.clone();
        let hold = Hold { id, host, kind, reason, by, created: now, until, on_expiry, job: None };
        put(desk.ledger, desk.actor, Event::HoldPlaced { hold }, now)?;
        said.push(match kind {
            HoldKind::Cordon => format!("cordoned {name} (hold {id})"),
            HoldKind::Drain | HoldKind::Maintenance | HoldKind::Quarantine | HoldKind::Retire => {
                format!("{name}: hold {id} ({kind}) is placed")
            }
        });
    }
    Ok(Done { seq: desk.ledger.world().seq, said, job: None })
}

fn uncordon(
    ledger: &mut Ledger,
    actor: &Actor,
    hosts: &[HostName],
    which: &Release,
    now: Timestamp,
) -> Result<Done, Denied> {
    all_known(ledger.world(), hosts)?;
    let mut lift = Vec::new();
    for name in hosts {
        let Some(host) = ledger.world().hosts.get(name) else { continue };
        let chosen = |hold: &&Hold| match which {
            Release::Mine => hold.by.who == actor.who && hold.kind == HoldKind::Cordon,
            Release::Id(id) => hold.id == *id,
            Release::All => true,
        };
        let before = lift.len();
        lift.extend(host.holds.values().filter(chosen).map(|hold| (name.clone(), hold.id)));
        if lift.len() == before && !host.holds.is_empty() {
            let others: Vec<_> =
                host.holds.values().map(|h| format!("{} by {}", h.id, h.by)).collect();
            return Err(Denied::Conflict(format!(
                "none of the holds on {name} is meant ({}); lift one with --hold ID, or all with --all",
                others.join(", ")
            )));
        }
    }
    let mut said = Vec::new();
    for (host, hold) in lift {
        said.push(format!("uncordoned {host} (hold {hold})"));
        put(ledger, actor, Event::HoldReleased { host, hold, why: "asked for".into() }, now)?;
    }
    if said.is_empty() {
        said.push("nothing to lift: no hold was there".into());
    }
    Ok(Done { seq: ledger.world().seq, said, job: None })
}

fn load(ledger: &mut Ledger, actor: &Actor, fleet: &Fleet, now: Timestamp) -> Result<Done, Denied> {
    let change = ledger.world().difference(fleet);
    let said = if change.is_empty() {
        "the fleet directory says nothing new".to_string()
    } else {
        let (h, p) = (change.hosts.len(), change.pools.len());
        let said = format!("the fleet has changed: {h} hosts and {p} pools differ");
        change_fleet(ledger, actor, change, now)
            .map_err(|why| Denied::Conflict(why.to_string()))?;
        said
    };
    Ok(Done { seq: ledger.world().seq, said: vec![said], job: None })
}

/// Notes what the fleet directory says now. Who gives a host another way in, or another key,
/// has judged the key it showed.
pub(super) fn change_fleet(
    ledger: &mut Ledger,
    actor: &Actor,
    change: FleetChange,
    now: Timestamp,
) -> Result<(), Illegal> {
    let judged = |(name, spec): (&HostName, &Option<HostSpec>)| {
        let host = ledger.world().hosts.get(name)?;
        let access = &spec.as_ref()?.access;
        let barred = host.reach == Reach::IdentityMismatch;
        (barred && host.spec.access != *access).then(|| name.clone())
    };
    let judged: Vec<HostName> = change.hosts.iter().filter_map(judged).collect();
    ledger.put(actor, Event::FleetChanged { change }, now)?;
    for host in judged {
        let why = "the inventory has another way in for it".to_string();
        ledger.put(actor, Event::ReachChanged { host, to: Reach::Unknown, why }, now)?;
    }
    Ok(())
}

fn trust(
    ledger: &mut Ledger,
    actor: &Actor,
    name: &HostName,
    now: Timestamp,
) -> Result<Done, Denied> {
    all_known(ledger.world(), std::slice::from_ref(name))?;
    let mismatch = Reach::IdentityMismatch;
    if ledger.world().hosts.get(name).is_some_and(|host| host.reach == mismatch) {
        let why = format!("{} has accepted its key", actor.who);
        let event = Event::ReachChanged { host: name.clone(), to: Reach::Unknown, why };
        put(ledger, actor, event, now)?;
    }
    let said = vec![format!("{name} is tried again")];
    Ok(Done { seq: ledger.world().seq, said, job: None })
}
