//! What people and programs ask for, written down as events.

use super::handle::{Command, Denied, Done, Release};
use super::jobs::Desk;
use super::ledger::Ledger;
use super::orders::Ids;
use crate::model::{
    Actor, Event, Fingerprint, Fleet, FleetChange, Hold, HoldId, HoldKind, HostName, HostSpec,
    Illegal, JobId, OnExpiry, Reach, Timestamp, World,
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
        Command::Trust { host, fingerprint, reason } => {
            trust(ledger, actor, &host, (fingerprint, reason), now)
        }
        Command::Forget { host, reason } => forget(ledger, actor, &host, &reason, now),
        command @ (Command::Drain { .. }
        | Command::Undrain { .. }
        | Command::Play { .. }
        | Command::CancelJob { .. }
        | Command::SkipHost { .. }
        | Command::ResumeJob { .. }
        | Command::RetryJob { .. }
        | Command::Suspend { .. }
        | Command::ResumeSchedule { .. }
        | Command::SkipNext { .. }
        | Command::ReleasePool { .. }
        | Command::DischargeJob { .. }
        | Command::ResumeVm { .. }
        | Command::DischargeVm { .. }) => desk.carry_out(command),
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
    let (mut lift, mut stays) = (Vec::new(), Vec::new());
    for name in hosts {
        let Some(host) = ledger.world().hosts.get(name) else { continue };
        let chosen = |hold: &&Hold| match which {
            Release::Mine => hold.by.who == actor.who && hold.kind == HoldKind::Cordon,
            Release::Id(id) => hold.id == *id,
            Release::All => true,
        };
        let before = lift.len() + stays.len();
        for hold in host.holds.values().filter(chosen) {
            match ledger.world().job_of_hold(hold) {
                None => lift.push((name.clone(), hold.id)),
                Some(job) => stays.push(in_use(hold, job)),
            }
        }
        if lift.len() + stays.len() == before && !host.holds.is_empty() {
            let others: Vec<_> =
                host.holds.values().map(|h| format!("{} by {}", h.id, h.by)).collect();
            return Err(Denied::Conflict(format!(
                "none of the holds on {name} is meant ({}); lift one with --hold ID, or all with --all",
                others.join(", ")
            )));
        }
    }
    if lift.is_empty() && !stays.is_empty() {
        return Err(Denied::Conflict(stays.join("; ")));
    }
    let mut said = Vec::new();
    for (host, hold) in lift {
        said.push(format!("uncordoned {host} (hold {hold})"));
        put(ledger, actor, Event::HoldReleased { host, hold, why: "asked for".into() }, now)?;
    }
    said.extend(stays);
    if said.is_empty() {
        said.push("nothing to lift: no hold was there".into());
    }
    Ok(Done { seq: ledger.world().seq, said, job: None })
}

/// Why a hold is not lifted while its job goes on.
fn in_use(hold: &Hold, job: JobId) -> String {
    let (id, host) = (hold.id, &hold.host);
    format!(
        "hold {id} on {host} stays: job {job} goes on there; end that with `hostler host undrain \
         {host}` or `hostler job cancel {job}`"
    )
}

fn load(ledger: &mut Ledger, actor: &Actor, fleet: &Fleet, now: Timestamp) -> Result<Done, Denied> {
    let change = ledger.world().difference(fleet);
    let said = if change.is_empty() {
        "the fleet directory says nothing new".to_string()
    } else {
        let said = format!("the fleet has changed: {} differ", change.counts());
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
    (fingerprint, reason): (Fingerprint, String),
    now: Timestamp,
) -> Result<Done, Denied> {
    all_known(ledger.world(), std::slice::from_ref(name))?;
    let mut said = vec![format!("{} has accepted {fingerprint} for {name}", actor.who)];
    let reach = ledger.world().hosts.get(name).map(|host| host.reach);
    if reach == Some(Reach::IdentityMismatch) {
        said.push(format!("{name} was barred for another key, and is tried now"));
    }
    if ledger.world().hosts.get(name).is_some_and(|host| host.claim.is_some()) {
        said.push(format!(
            "{name} was barred for its claim of a newer controller, and is looked at"
        ));
    }
    put(ledger, actor, Event::HostTrusted { host: name.clone(), fingerprint, reason }, now)?;
    Ok(Done { seq: ledger.world().seq, said, job: None })
}

fn forget(
    ledger: &mut Ledger,
    actor: &Actor,
    name: &HostName,
    reason: &str,
    now: Timestamp,
) -> Result<Done, Denied> {
    let unknown = || Denied::NotFound(format!("host {name} is not known: it is forgotten already"));
    let host = ledger.world().hosts.get(name).ok_or_else(unknown)?;
    if let Some(why) = host.stays() {
        return Err(Denied::Conflict(format!("host {name} {why}")));
    }
    if reason.trim().is_empty() {
        return Err(Denied::Conflict(
            "to forget a host needs a reason: say why with --reason".into(),
        ));
    }
    let mut said = vec![format!("gave up host {name} ({})", host.word())];
    let vms = ledger.world().vms_on(host);
    said.extend(vms.map(|vm| format!("gave up vm {} of pool {} ({})", vm.id, vm.pool, vm.word())));
    let (host, why) = (name.clone(), reason.trim().to_string());
    put(ledger, actor, Event::HostForgotten { host, why }, now)?;
    Ok(Done { seq: ledger.world().seq, said, job: None })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Access;
    use crate::store::Store;

    #[tokio::test]
    async fn only_a_host_that_is_gone_for_good_is_forgotten() {
        let store = Arc::new(Store::in_memory().await.unwrap());
        let (mut ledger, now) = (Ledger::new(World::default(), store), Timestamp::default());
        let mut ids = Ids::above(ledger.world(), Box::new(|| 0));
        let (me, host) = (Actor::controller(), "a".parse::<HostName>().unwrap());
        let spec = HostSpec::new(Access::Local);
        let declared = |spec| {
            let hosts = [(host.clone(), spec)].into();
            Event::FleetChanged { change: FleetChange { hosts, ..FleetChange::default() } }
        };
        let reached = |to| Event::ReachChanged { host: host.clone(), to, why: String::new() };
        let placed = Event::SlotReserved {
            vm: crate::model::VmId::from_bits(7),
            host: host.clone(),
            slot: crate::model::SlotIx::Zero,
            pool: "ci".parse().unwrap(),
            image: "xcode".parse().unwrap(),
            replaces: None,
        };
        let mut forget = |ledger: &mut Ledger, reason: &str| {
            let command = Command::Forget { host: host.clone(), reason: reason.into() };
            carry_out(ledger, &mut ids, &me, command, now)
        };
        let start = Event::ControllerStarted { version: "test".into() };
        for (event, denied) in [
            (start, "is not known"),
            (declared(Some(spec)), "is still in the inventory"),
            (reached(Reach::Up), "is still in the inventory"),
            (placed, "is still in the inventory"),
            (declared(None), "answers"),
            (reached(Reach::Suspect), "ask again in a minute"),
        ] {
            put(&mut ledger, &me, event, now).unwrap();
            let said = forget(&mut ledger, "burnt").unwrap_err().to_string();
            assert!(said.contains(denied), "{said}");
        }
        put(&mut ledger, &me, reached(Reach::Lost), now).unwrap();
        assert!(forget(&mut ledger, " ").unwrap_err().to_string().contains("--reason"));
        let done = forget(&mut ledger, "burnt").unwrap();
        assert_eq!(
            done.said,
            ["gave up host a (lost)", "gave up vm 000000000007 of pool ci (placed)"]
        );
        assert!(ledger.world().hosts.is_empty() && ledger.world().vms.is_empty());
        ledger.commit().await.unwrap();
    }
}
