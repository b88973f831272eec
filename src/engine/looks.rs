//! When each host is looked at next, and what the failed looks of late amount to. Kept beside
//! the World: a look that shows nothing new leaves no trace in the journal.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{HostName, Phase, Reach, Sample, Span, Timestamp, World};
use crate::plan::{Blame, Contact};

/// Where something is about to change, looks come so many times as often.
const SOONER: u64 = 4;
/// Looks of a fresh controller are spread over this.
const SPREAD: Span = Span::from_secs(2);

/// The calendar of looks.
pub(super) struct Looks {
    every: Span,
    most: usize,
    due: BTreeSet<(Timestamp, HostName)>,
    hosts: BTreeMap<HostName, Next>,
    under_way: usize,
    /// The revision of the World that is followed: without a new one there is nothing to take up.
    followed: Option<u64>,
    pub(super) failing: BTreeMap<HostName, Contact>,
    pub(super) samples: BTreeMap<HostName, Sample>,
    /// Hosts that have answered or failed at least once.
    pub(super) tried: BTreeSet<HostName>,
    /// Hosts that are still to be looked at since our clock has jumped.
    stale: BTreeSet<HostName>,
}

#[derive(Clone, Copy)]
struct Next {
    at: Timestamp,
    under_way: bool,
    /// Somebody wants to know sooner than the look under way can tell.
    again: bool,
    /// It showed another key than the one we know: nothing is sent until a person has judged it.
    barred: bool,
    /// When it was last heard, or last not asked: no silence counts from before.
    last_ok: Timestamp,
}

/// What came of a look.
pub(super) enum Ended {
    Answered,
    Failed(String, Blame),
    /// It never had its turn: the host was not asked.
    Waited,
}

impl Looks {
    pub(super) fn new(every: Span, most: usize) -> Self {
        let (due, hosts) = (BTreeSet::new(), BTreeMap::new());
        let (failing, samples) = (BTreeMap::new(), BTreeMap::new());
        let (tried, stale) = (BTreeSet::new(), BTreeSet::new());
        let (under_way, followed) = (0, None);
        Self { every, most, due, hosts, under_way, followed, failing, samples, tried, stale }
    }

    /// Takes up hosts that are new, drops those that are gone, leaves alone those that are barred.
    pub(super) fn follow(&mut self, world: &World, now: Timestamp) {
        self.pull_in(now);
        if self.followed.replace(world.seq) == Some(world.seq) {
            return;
        }
        let gone: Vec<_> =
            self.hosts.keys().filter(|name| !world.hosts.contains_key(*name)).cloned().collect();
        for name in gone {
            if let Some(next) = self.hosts.remove(&name) {
                self.due.remove(&(next.at, name.clone()));
                self.under_way -= usize::from(next.under_way);
            }
            self.failing.remove(&name);
            self.samples.remove(&name);
            self.tried.remove(&name);
            self.stale.remove(&name);
        }
        let step = SPREAD.as_millis() / (world.hosts.len() as u64).max(1);
        let mut fresh = 0;
        for (name, host) in &world.hosts {
            if !self.hosts.contains_key(name) {
                let at = now + Span::from_millis(fresh * step);
                fresh += 1;
                let next = Next { at, under_way: false, again: false, barred: false, last_ok: now };
                self.hosts.insert(name.clone(), next);
                self.due.insert((at, name.clone()));
            }
            self.bar(name, host.reach == Reach::IdentityMismatch, now);
        }
    }

    /// What is due later than looks are apart was told by a clock that has stepped back since.
    fn pull_in(&mut self, now: Timestamp) {
        let latest = now + self.every + SPREAD;
        let mut late = 0;
        while let Some((at, name)) = self.due.pop_last() {
            if at <= latest {
                self.due.insert((at, name));
                break;
            }
            let at = now + Span::from_millis(late % SPREAD.as_millis());
            late += 1;
            if let Some(next) = self.hosts.get_mut(&name) {
                next.at = at;
            }
            self.due.insert((at, name));
        }
    }

    /// What is known is old: every host is to be looked at, as soon as may be.
    pub(super) fn look_at_all(&mut self, now: Timestamp) {
        let open = self.hosts.iter().filter(|(_, next)| !next.barred);
        self.stale = open.map(|(name, _)| name.clone()).collect();
        for name in self.stale.clone() {
            self.hurry(&name, now);
        }
    }

    /// Whether every host has been looked at since.
    pub(super) fn all_looked_at(&self) -> bool {
        self.stale.is_empty()
    }

    /// A barred host is not looked at, and what its looks amounted to is forgotten: once a person
    /// lifts the bar it is judged anew.
    fn bar(&mut self, name: &HostName, barred: bool, now: Timestamp) {
        let Some(next) = self.hosts.get_mut(name) else { return };
        if next.barred == barred || next.under_way {
            return;
        }
        next.barred = barred;
        self.due.remove(&(next.at, name.clone()));
        if barred {
            self.failing.remove(name);
            self.stale.remove(name);
            self.tried.insert(name.clone());
        } else {
            (next.at, next.last_ok) = (now, now);
            self.due.insert((now, name.clone()));
        }
    }

    /// The hosts to look at now, as many as may be under way at once.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<HostName> {
        let mut taken = Vec::new();
        while self.under_way < self.most
            && let Some((at, _)) = self.due.first()
            && *at <= now
            && let Some((_, name)) = self.due.pop_first()
        {
            if let Some(next) = self.hosts.get_mut(&name) {
                (next.under_way, next.again) = (true, false);
                self.under_way += 1;
                taken.push(name);
            }
        }
        taken
    }

    /// When the next look is due, if one may begin then.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let free = self.under_way < self.most;
        self.due.first().filter(|_| free).map(|(at, _)| *at)
    }

    /// The host is to be looked at as soon as may be.
    pub(super) fn hurry(&mut self, name: &HostName, now: Timestamp) {
        let Some(next) = self.hosts.get_mut(name).filter(|next| !next.barred) else { return };
        if next.under_way {
            next.again = true;
        } else if next.at > now {
            self.due.remove(&(next.at, name.clone()));
            next.at = now;
            self.due.insert((now, name.clone()));
        }
    }

    /// A look has ended.
    pub(super) fn ended(&mut self, name: &HostName, world: &World, ended: Ended, now: Timestamp) {
        let host = world.hosts.get(name);
        let Some(next) = self.hosts.get_mut(name) else { return };
        self.under_way -= usize::from(next.under_way);
        next.under_way = false;
        if !matches!(ended, Ended::Waited) {
            self.tried.insert(name.clone());
            if !next.again {
                self.stale.remove(name);
            }
        }
        match ended {
            Ended::Answered => {
                next.last_ok = now;
                self.failing.remove(name);
            }
            Ended::Failed(why, blame) => {
                if let Some(contact) = self.failing.get_mut(name) {
                    contact.again(now, why, blame);
                } else {
                    let first = Contact::first(next.last_ok, now, why, blame);
                    self.failing.insert(name.clone(), first);
                }
            }
            Ended::Waited => {
                next.last_ok = now;
                if let Some(contact) = self.failing.get_mut(name) {
                    contact.waited(now);
                }
            }
        }
        let moving = host.is_some_and(|host| world.vms_on(host).any(|vm| is_moving(vm)));
        let wait = match (next.again, moving) {
            (true, _) => Span::ZERO,
            (false, true) => Span::from_millis(self.every.as_millis() / SOONER),
            (false, false) => self.every,
        };
        next.at = now + wait;
        self.due.insert((next.at, name.clone()));
        // What it has come to be while it was under way was not taken up.
        self.bar(name, host.is_some_and(|host| host.reach == Reach::IdentityMismatch), now);
    }
}

/// Whether the next look may tell something about this VM that is waited for.
fn is_moving(vm: &crate::model::Vm) -> bool {
    let waited_for = matches!(vm.phase, Phase::Booting | Phase::Deleted);
    waited_for || vm.missed.is_some() || vm.op.as_ref().is_some_and(|op| op.lost.is_some())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Access, Host, HostSpec};

    fn at(s: u64) -> Timestamp {
        Timestamp::default() + Span::from_secs(s)
    }

    fn world(seq: u64, reach: Reach) -> World {
        let spec = HostSpec::new(Access::Local);
        let mut world = World { seq, ..World::default() };
        let host = Host { reach, ..Host::new(spec, at(0)) };
        world.hosts.insert("a".parse().unwrap(), Arc::new(host));
        world
    }

    #[test]
    fn a_host_with_another_key_is_left_alone_until_it_is_trusted_and_then_judged_anew() {
        let a: HostName = "a".parse().unwrap();
        let mut looks = Looks::new(Span::from_secs(10), 8);
        looks.follow(&world(1, Reach::Up), at(0));
        assert_eq!(looks.take_due(at(0)), std::slice::from_ref(&a));
        let wrong_key = Ended::Failed("another key".to_string(), Blame::Key);
        looks.ended(&a, &world(1, Reach::Up), wrong_key, at(1));
        assert!(looks.failing.contains_key(&a));
        looks.follow(&world(2, Reach::IdentityMismatch), at(1));
        looks.hurry(&a, at(2));
        looks.follow(&world(2, Reach::IdentityMismatch), at(99));
        assert_eq!((looks.take_due(at(99)), looks.next_due()), (vec![], None));
        assert!(looks.failing.is_empty() && looks.tried.contains(&a));
        looks.follow(&world(3, Reach::Unknown), at(100));
        assert_eq!(looks.take_due(at(100)), [a]);
    }

    #[test]
    fn what_became_of_a_host_during_a_look_is_taken_up_at_its_end() {
        let a: HostName = "a".parse().unwrap();
        let mut looks = Looks::new(Span::from_secs(10), 8);
        looks.follow(&world(1, Reach::Up), at(0));
        assert_eq!(looks.take_due(at(0)), std::slice::from_ref(&a));
        let barred = world(2, Reach::IdentityMismatch);
        looks.follow(&barred, at(1));
        looks.ended(&a, &barred, Ended::Answered, at(2));
        looks.follow(&barred, at(2));
        assert_eq!((looks.take_due(at(99)), looks.next_due()), (vec![], None));
    }

    #[test]
    fn a_look_that_waited_for_its_turn_is_neither_a_success_nor_a_failure() {
        let a: HostName = "a".parse().unwrap();
        let up = world(1, Reach::Up);
        let mut looks = Looks::new(Span::from_secs(10), 8);
        looks.follow(&up, at(0));
        let mut look = |s: u64, ended: Ended| {
            assert_eq!(looks.take_due(at(s)), std::slice::from_ref(&a));
            looks.ended(&a, &up, ended, at(s));
            looks.failing.get(&a).cloned()
        };
        let failed = || Ended::Failed("no answer".into(), Blame::Silence);
        assert_eq!(look(0, Ended::Waited), None);
        assert_eq!(look(40, Ended::Waited), None);
        let known = look(80, failed()).unwrap();
        assert_eq!(known, Contact::first(at(40), at(80), "no answer".into(), Blame::Silence));
        // What it was not asked in is no more silence of its own.
        for s in [110, 140, 170] {
            look(s, Ended::Waited);
        }
        let mut alone = known;
        alone.waited(at(170));
        alone.again(at(180), "no answer".into(), Blame::Silence);
        assert_eq!(look(180, failed()), Some(alone));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_blind_us() {
        let a: HostName = "a".parse().unwrap();
        let mut looks = Looks::new(Span::from_secs(10), 8);
        looks.follow(&world(1, Reach::Up), at(10_000));
        assert_eq!(looks.take_due(at(10_000)), std::slice::from_ref(&a));
        looks.ended(&a, &world(1, Reach::Up), Ended::Answered, at(10_001));
        looks.follow(&world(1, Reach::Up), at(6_400));
        assert_eq!(looks.take_due(at(6_400)), [a]);
    }

    #[test]
    fn after_a_jump_only_a_look_that_began_since_counts() {
        let a: HostName = "a".parse().unwrap();
        let mut looks = Looks::new(Span::from_secs(10), 8);
        looks.follow(&world(1, Reach::Up), at(0));
        assert_eq!(looks.take_due(at(0)), std::slice::from_ref(&a));
        looks.look_at_all(at(9_000));
        looks.ended(&a, &world(1, Reach::Up), Ended::Answered, at(9_000));
        assert!(!looks.all_looked_at(), "it began before");
        assert_eq!(looks.take_due(at(9_000)), std::slice::from_ref(&a), "at once");
        looks.ended(&a, &world(1, Reach::Up), Ended::Answered, at(9_001));
        assert!(looks.all_looked_at());
    }
}
