//! What keeps commands from a host that answers: its claim of a newer controller, its jump host's
//! other key, and its being a Mac that we know by another name already.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::{Blame, Contact};
use super::wait::over;
use crate::model::{
    Access, Event, Held, Host, HostName, JumpBar, Outcome, Reach, Refusal, Sighting, Span,
    Timestamp, Want, World,
};

/// A host that has claimed a newer controller must show none for so long before it is believed.
const CLAIM_LAPSES: Span = Span::from_mins(10);
/// So many machines must agree that there is a newer controller. A fleet of no more hosts than
/// these has nobody to ask.
const CLAIMS_AGREE: usize = 2;

/// What a look says of a newer controller. Every host is told our epoch, so its number proves
/// nothing; it is barred all the same, for it may be right.
pub(super) fn of_look(
    world: &World,
    (name, host): (&HostName, &Host),
    sighting: &Sighting,
) -> Option<Event> {
    let (theirs, ours) = (sighting.guard.epoch, world.epoch);
    let read = host.claim.as_ref().is_some_and(|claim| claim.epoch.is_some());
    let heard = host.judged.is_none_or(|judged| sighting.at >= judged);
    if theirs > ours && !read && heard {
        let said = format!("it obeys epoch {theirs}, and ours is {ours}");
        return Some(Event::HostClaimed { host: name.clone(), epoch: Some(theirs), said });
    }
    // What only refuses us and shows no reason is for a person.
    let claim = host.claim.as_ref().filter(|claim| claim.epoch.is_some())?;
    let lapsed = theirs <= ours && over(claim.since, CLAIM_LAPSES, sighting.at);
    lapsed.then(|| Event::HostClaimEnded { host: name.clone() })
}

/// The claim that lies in the end of a command: the host refused it as an older controller's.
pub fn claimed(world: &World, name: &HostName, outcome: &Outcome) -> Option<Event> {
    let Outcome::Refused { class: Refusal::Fenced, said } = outcome else { return None };
    let host = world.hosts.get(name)?;
    let news = host.claim.is_none() && host.reach != Reach::IdentityMismatch;
    let said = format!("it refused a command: {said}");
    news.then(|| Event::HostClaimed { host: name.clone(), epoch: None, said })
}

/// Why this World's controller must step down before it sends anything more: two machines say that
/// there is a newer one, or one does where there are no more than two to ask. One host alone is
/// barred instead, so that none can end the controller of all others. A host that shows another
/// key is not believed in this either.
pub fn superseded(world: &World) -> Option<(HostName, String)> {
    let claims = world.hosts.iter().filter_map(|(name, host)| {
        let claim = host.claim.as_ref().filter(|_| host.reach != Reach::IdentityMismatch)?;
        Some((name, machine(host), claim))
    });
    let claims: Vec<_> = claims.collect();
    let (first, _, claim) = claims.first()?;
    let machines: BTreeSet<&str> = claims.iter().map(|(_, machine, _)| machine.as_str()).collect();
    let declared = world.hosts.values().filter(|host| host.declared).count();
    if machines.len() < CLAIMS_AGREE && declared > CLAIMS_AGREE {
        return None;
    }
    let others: Vec<&str> = claims.iter().skip(1).map(|(name, ..)| name.as_str()).collect();
    let agree = if others.is_empty() { "" } else { "; so do " };
    Some(((*first).clone(), format!("{}{agree}{}", claim.said, others.join(", "))))
}

/// By what two names of one machine are told to be one, as far as its own word is not needed.
fn machine(host: &Host) -> String {
    match &host.spec.access {
        Access::Local => "local".into(),
        Access::Ssh(ssh) => {
            let door = || format!("{}:{}", ssh.address, ssh.port);
            ssh.host_key.clone().unwrap_or_else(door)
        }
    }
}

/// The jump host that a host stands behind, as the World names it.
pub(super) fn jump_of(host: &Host) -> Option<String> {
    match &host.spec.access {
        Access::Local => None,
        Access::Ssh(ssh) => ssh.jump_name(),
    }
}

/// Jump hosts that show another key, and those that have been passed again since.
pub(super) fn jumps(world: &World, failing: &BTreeMap<HostName, Contact>) -> Vec<Event> {
    let mut blamed: BTreeMap<String, &str> = BTreeMap::new();
    for (name, contact) in failing.iter().filter(|(_, contact)| contact.blame == Blame::JumpKey) {
        if let Some(jump) = world.hosts.get(name).and_then(|host| jump_of(host)) {
            blamed.entry(jump).or_insert(&contact.why);
        }
    }
    // A host that was up before may be so by a connection of before.
    let passed = |jump: &String, since: Timestamp| {
        let behind = world.hosts.iter().filter(|(_, host)| jump_of(host).as_ref() == Some(jump));
        let mut behind = behind.peekable();
        let answers = |(name, host): (&HostName, &std::sync::Arc<Host>)| {
            let answers = matches!(host.reach, Reach::Up | Reach::Locked);
            answers && host.reach_since > since && !failing.contains_key(name)
        };
        behind.peek().is_none() || behind.any(answers)
    };
    let is_over =
        |(jump, bar): &(&String, &JumpBar)| !blamed.contains_key(*jump) && passed(jump, bar.since);
    let cleared = world.jumps.iter().filter(is_over);
    let cleared = cleared.map(|(jump, _)| Event::JumpCleared { jump: jump.clone() });
    let barred = blamed.iter().filter(|(jump, _)| !world.jumps.contains_key(*jump));
    let barred =
        barred.map(|(jump, why)| Event::JumpBarred { jump: jump.clone(), why: (*why).to_string() });
    cleared.chain(barred).collect()
}

/// Each host that is the same Mac as another, and which.
pub(super) type Twins<'a> = BTreeMap<&'a HostName, &'a HostName>;

/// Hosts that are the same Mac as one of an earlier name, by the hardware's own number: each would
/// be given two VMs, and the Mac may run no more than two in all.
pub(super) fn twins(world: &World) -> Twins<'_> {
    let (mut first, mut twins) = (BTreeMap::new(), BTreeMap::new());
    for (name, host) in world.hosts.iter().filter(|(_, host)| host.declared) {
        let uuid = host.seen.as_ref().map(|seen| seen.facts.uuid.as_str());
        let Some(uuid) = uuid.filter(|uuid| !uuid.is_empty()) else { continue };
        let one = *first.entry(uuid).or_insert(name);
        if one != name {
            twins.insert(name, one);
        }
    }
    twins
}

/// Why a twin gets no work, and what is to be done.
pub(super) fn twin_said(of: &HostName) -> String {
    format!("is the same Mac as {of}: remove one of the two from the inventory")
}

/// What of all this waits for a person: the alerts.
pub(super) fn held(world: &World, twins: &Twins<'_>) -> Vec<Held> {
    let judge = |host: &HostName, why: String| {
        let want = Want::Judge { host: host.clone() };
        Held { want, why, refused: BTreeMap::new() }
    };
    let claims = world.hosts.iter().filter_map(|(name, host)| {
        let said = &host.claim.as_ref()?.said;
        let why = format!(
            "it claims a newer controller ({said}): no command is sent to it. If no other \
             controller is at work, see what runs there, `rm -r ~/.hostler/epoch` there and say \
             `hostler host enrol {name}`, or start this controller again where its key is pinned; \
             else stop this one"
        );
        Some(judge(name, why))
    });
    let twins = twins.iter().map(|(name, of)| judge(name, twin_said(of)));
    let jumps = world.jumps.iter().map(|(jump, bar)| {
        let behind: Vec<_> = world
            .hosts
            .iter()
            .filter(|(_, host)| jump_of(host).as_ref() == Some(jump))
            .map(|(name, _)| name)
            .collect();
        let one = behind.first().map_or("HOST", |name| name.as_str());
        let why = format!(
            "its key is not the one we know ({}): {} behind it cannot be reached, and none of \
             their VMs is replaced. Once you have judged the key: `hostler host enrol --jump {one}`",
            bar.why,
            crate::model::plural(behind.len(), "host")
        );
        Held { want: Want::Jump { jump: jump.clone() }, why, refused: BTreeMap::new() }
    });
    claims.chain(twins).chain(jumps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, FleetChange, HostSpec, Jump, PoolSize, Refusal, SshAccess};
    use crate::plan::fixture::{Grown, at, look, name};
    use crate::plan::{completed, observe, probes, reach};

    fn spec(address: &str, jump: Option<Jump>) -> HostSpec {
        HostSpec::new(Access::Ssh(SshAccess {
            address: address.into(),
            port: 22,
            user: "admin".into(),
            identity: None,
            known_hosts: None,
            host_key: None,
            jump,
        }))
    }

    /// Hosts that are machines of their own, each up.
    fn fleet(hosts: &[&str], size: u32, jump: Option<&Jump>) -> Grown {
        let mut grown = Grown::new(hosts, PoolSize::Count(size));
        let mut change = FleetChange::default();
        for host in hosts {
            change.hosts.insert(name(host), Some(spec(host, jump.cloned())));
        }
        grown.put(0, Event::FleetChanged { change });
        hosts.iter().for_each(|host| drop(grown.see(0, host, look(0, &[]))));
        grown
    }

    fn claims(grown: &mut Grown, s: u64, host: &str, epoch: u64) -> Vec<Event> {
        let mut sighting = look(s, &grown.running_on(&name(host)));
        sighting.guard.epoch = epoch;
        grown.see(s, host, sighting)
    }

    fn commands_to(actions: &[Action], world: &World, host: &str) -> usize {
        let to = |action: &&Action| match action {
            Action::Do { vm, .. } => world.vms[vm].host.as_str() == host,
            Action::Place { host: to, .. } | Action::HostDo { host: to, .. } => to.as_str() == host,
            Action::Retire { .. }
            | Action::Forget { .. }
            | Action::Leak { .. }
            | Action::Release { .. }
            | Action::OpenJob(_)
            | Action::Miss { .. }
            | Action::EndTask { .. }
            | Action::EndJob { .. }
            | Action::Hold { .. }
            | Action::Note { .. } => false,
        };
        actions.iter().filter(to).count()
    }

    #[test]
    fn one_host_of_many_that_claims_a_newer_controller_is_barred_and_ends_nobody() {
        let mut grown = fleet(&["a", "b", "c"], 3, None);
        grown.settle(1);
        let ours = grown.world.epoch;
        claims(&mut grown, 20, "a", ours);
        assert_eq!(grown.world.hosts[&name::<HostName>("a")].claim, None);
        let said = "it obeys epoch 9, and ours is 1";
        let events = claims(&mut grown, 30, "a", 9);
        let claim = Event::HostClaimed { host: name("a"), epoch: Some(9), said: said.into() };
        assert!(events.contains(&claim), "{events:?}");
        assert_eq!(superseded(&grown.world), None);
        // It says so again and again: that is no news.
        assert_eq!(claims(&mut grown, 40, "a", 9), []);
        let host = &grown.world.hosts[&name::<HostName>("a")];
        assert_eq!((host.word(), host.takes_work()), ("barred", false));
        assert_eq!(probes(&grown.world, &name("a")), []);
        // All its VMs are to go, and none is told so; one more is wanted, and not there.
        let mut change = FleetChange::default();
        let size = PoolSize::Count(0);
        change.pools.insert(name("ci"), Some(crate::plan::fixture::pool_spec(size, "")));
        grown.put(41, Event::FleetChanged { change });
        for s in 42..60 {
            let actions = grown.pass(s);
            assert_eq!(commands_to(&actions, &grown.world, "a"), 0, "{actions:?}");
            grown.end_all(s, &Outcome::Done);
        }
        assert!(grown.world.hosts[&name::<HostName>("a")].vms.len() == 1);
        let held = grown.plan(60).held;
        let judge = held.iter().find(|held| held.want == Want::Judge { host: name("a") });
        assert!(judge.unwrap().why.contains("`hostler host enrol a`"), "{held:?}");
        assert!(held.iter().any(|held| held.why.contains("no command is sent to it")), "{held:?}");
    }

    #[test]
    fn two_machines_that_claim_it_or_one_of_two_make_this_controller_step_down() {
        let mut grown = fleet(&["a", "b", "c"], 0, None);
        claims(&mut grown, 1, "a", 9);
        assert_eq!(superseded(&grown.world), None);
        claims(&mut grown, 2, "c", 9);
        let said = "it obeys epoch 9, and ours is 1; so do c".to_string();
        assert_eq!(superseded(&grown.world), Some((name("a"), said)));
        let said = "it obeys epoch 2, and ours is 1".to_string();
        for hosts in [&["a"][..], &["a", "b"]] {
            let mut grown = fleet(hosts, 0, None);
            claims(&mut grown, 1, "a", 2);
            assert_eq!(superseded(&grown.world), Some((name("a"), said.clone())));
            let to = Reach::IdentityMismatch;
            grown.put(2, Event::ReachChanged { host: name("a"), to, why: "other key".into() });
            assert_eq!(superseded(&grown.world), None, "anybody could say so");
        }
        // Two names of one machine are one.
        let mut grown = fleet(&["a", "b", "c"], 0, None);
        let mut change = FleetChange::default();
        change.hosts.insert(name("b"), Some(spec("a", None)));
        grown.put(1, Event::FleetChanged { change });
        claims(&mut grown, 2, "a", 9);
        claims(&mut grown, 2, "b", 9);
        assert_eq!(superseded(&grown.world), None);
    }

    #[test]
    fn a_claim_lapses_slowly_and_ends_when_a_person_has_judged_the_host() {
        let mut grown = fleet(&["a", "b", "c"], 0, None);
        claims(&mut grown, 0, "a", 9);
        assert_eq!(claims(&mut grown, 599, "a", 1).len(), 1, "its epoch is news, and no more");
        assert!(grown.world.hosts[&name::<HostName>("a")].claim.is_some());
        assert_eq!(claims(&mut grown, 600, "a", 1), [Event::HostClaimEnded { host: name("a") }]);
        claims(&mut grown, 700, "a", 9);
        let fingerprint = format!("SHA256:{}", "A".repeat(43)).parse().unwrap();
        let trusted = Event::HostTrusted { host: name("a"), fingerprint, reason: String::new() };
        grown.put(701, trusted.clone());
        assert!(grown.world.hosts[&name::<HostName>("a")].takes_work());
        claims(&mut grown, 700, "a", 9);
        assert!(grown.world.hosts[&name::<HostName>("a")].takes_work(), "it was looked at before");
        claims(&mut grown, 702, "a", 9);
        assert!(!grown.world.hosts[&name::<HostName>("a")].takes_work(), "it says so still");
    }

    #[test]
    fn a_refusal_for_a_newer_controller_is_a_claim_and_is_not_answered_with_another_try() {
        let mut grown = fleet(&["a", "b", "c"], 1, None);
        grown.pass(1);
        grown.pass(2);
        let vm = grown.only_vm();
        let (id, op, host) = (vm.id, vm.op.as_ref().unwrap().id, vm.host.clone());
        let said = "this host obeys another controller".to_string();
        let outcome = Outcome::Refused { class: Refusal::Fenced, said };
        let claim = claimed(&grown.world, &host, &outcome).unwrap();
        let ended = completed(&grown.world, id, op, outcome.clone()).unwrap();
        grown.put(3, ended);
        grown.put(3, claim);
        assert_eq!(claimed(&grown.world, &host, &outcome), None, "it is known");
        // Its looks show no newer epoch: a liar, or the record is gone. No try is made for hours.
        for s in (10..7_200).step_by(10) {
            grown.see(s, host.as_str(), look(s, &[]));
            assert_eq!(commands_to(&grown.pass(s), &grown.world, host.as_str()), 0, "{s}");
        }
        // The same when it ended out of our sight.
        let mut grown = fleet(&["a", "b", "c"], 1, None);
        grown.pass(1);
        grown.pass(2);
        let (op, host) = (grown.only_vm().op.as_ref().unwrap().id, grown.only_vm().host.clone());
        grown.end_all(3, &Outcome::Unknown { why: "silence".into() });
        let mut sighting = look(8, &[]);
        sighting.guard.done.insert(op, 76);
        let events = observe(&grown.world, &host, &sighting);
        assert!(
            events.iter().any(|event| matches!(event, Event::HostClaimed { .. })),
            "{events:?}"
        );
    }

    #[test]
    fn hosts_behind_a_jump_host_with_another_key_are_out_of_reach_and_not_lost() {
        let jump = Jump { user: "ops".into(), address: "bastion".into(), port: 22 };
        let mut grown = fleet(&["a", "b", "c", "d", "e"], 2, Some(&jump));
        grown.settle(1);
        let why = "by way of its entry point: CHANGED".to_string();
        let hosts: Vec<HostName> = ["a", "b"].map(name).into();
        let mut failing: BTreeMap<HostName, Contact> = BTreeMap::new();
        let mut told = Vec::new();
        let look_at = |grown: &mut Grown, s: u64, failing: &mut BTreeMap<_, Contact>, blame| {
            for host in &hosts {
                let first = || Contact::first(at(s - 10), at(s), why.clone(), blame);
                let again = failing.entry(host.clone());
                again.and_modify(|c| c.again(at(s), why.clone(), blame)).or_insert_with(first);
            }
            let events = reach(&grown.world, failing, at(s));
            events.iter().for_each(|event| grown.put(s, event.clone()));
            events
        };
        for s in (100..600).step_by(10) {
            told.extend(look_at(&mut grown, s, &mut failing, Blame::JumpKey));
            assert_eq!(grown.pass(s), [], "nothing is replaced");
        }
        // Then the jump host is away altogether: its key has not been judged any more for that.
        for s in (600..900).step_by(10) {
            told.extend(look_at(&mut grown, s, &mut failing, Blame::Silence));
        }
        let barred = told.iter().filter(|event| matches!(event, Event::JumpBarred { .. }));
        assert_eq!(barred.count(), 1, "{told:?}");
        assert_eq!(grown.world.hosts[&name::<HostName>("a")].reach, Reach::Unreachable);
        let held = grown.plan(900).held;
        let jumps = held.iter().filter(|held| matches!(held.want, Want::Jump { .. }));
        let [alert] = jumps.collect::<Vec<_>>()[..] else { panic!("{held:?}") };
        assert!(alert.why.contains("`hostler host enrol --jump a`"), "{alert:?}");
        // Once one is reached through it, it is known again, and silence is silence.
        failing.remove(&name::<HostName>("a"));
        let running = grown.running_on(&name("a"));
        grown.see(910, "a", look(910, &running));
        let events = reach(&grown.world, &failing, at(910));
        assert_eq!(events[0], Event::JumpCleared { jump: "ops@bastion:22".into() });
    }

    #[test]
    fn of_two_names_of_one_mac_the_later_gets_no_work() {
        let mut grown = fleet(&["a", "b", "c"], 6, None);
        for (host, uuid) in [("a", "1111"), ("b", "1111"), ("c", "")] {
            let mut sighting = look(1, &[]);
            sighting.facts.uuid = uuid.into();
            grown.see(1, host, sighting);
        }
        let actions = grown.pass(2);
        let to = |host| commands_to(&actions, &grown.world, host);
        assert_eq!((to("a"), to("b"), to("c")), (2, 0, 2));
        let held = grown.plan(3).held;
        let judge = held.iter().find(|held| held.want == Want::Judge { host: name("b") });
        let why = "is the same Mac as a: remove one of the two from the inventory";
        assert_eq!(judge.unwrap().why, why);
        // Of no number, or once one of the two has left, none is another.
        let mut change = FleetChange::default();
        change.hosts.insert(name("a"), None);
        grown.put(4, Event::FleetChanged { change });
        assert!(twins(&grown.world).is_empty());
    }
}
