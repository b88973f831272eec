//! Plans that were shown and not submitted yet: each under a token that nobody guesses and that
//! is good for one submit, the newest only.
#![expect(clippy::disallowed_methods, reason = "licence: tokens that nobody can guess")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Planned;
use crate::model::{
    DrainPlan, Fate, HostName, HostPreview, PlanAsk, Playbook, PoolName, PoolPreview, Then, VmId,
    VmPreview, World,
};

/// So many plans are known; the oldest go first.
pub(super) const PLANS_MOST: usize = 256;

/// What was planned.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Shown {
    pub(super) ask: PlanAsk,
    pub(super) plan: DrainPlan,
    /// The playbook as it was, where one is run.
    pub(super) playbook: Option<Arc<Playbook>>,
}

/// The plans by their tokens, oldest first. Copies are the same plans.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans(Arc<Mutex<VecDeque<(String, Shown)>>>);

impl Plans {
    /// Keeps a plan and says under which token.
    pub(super) fn keep(&self, world: &World, ask: PlanAsk, plan: DrainPlan) -> Planned {
        let playbook = playbook(world, &ask);
        let token = format!("{:032x}", rand::random::<u128>());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((token.clone(), Shown { ask, plan: plan.clone(), playbook }));
        let excess = known.len().saturating_sub(PLANS_MOST);
        known.drain(..excess);
        Planned { token, plan }
    }

    /// The plan of this token, which is of no use afterwards.
    pub(super) fn take(&self, token: &str) -> Option<Shown> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(of, _)| of == token)?;
        known.remove(place).map(|(_, shown)| shown)
    }
}

/// The playbook that would be run now.
pub(super) fn playbook(world: &World, ask: &PlanAsk) -> Option<Arc<Playbook>> {
    let name = match ask {
        PlanAsk::Play(ask) => &ask.playbook,
        PlanAsk::Drain(ask) => match &ask.then {
            Then::Playbook(name) => name,
            Then::Hold | Then::Resume | Then::Reboot | Then::Retire => return None,
        },
        PlanAsk::Run(schedule) => &world.schedules.get(schedule)?.spec.playbook,
        PlanAsk::Respawn(_) => return None,
    };
    world.playbooks.get(name).cloned()
}

/// What a person has consented to: which hosts, whose work is not waited for there, what stands
/// against it, and which pools are left with nothing. VMs without work go and those with work are
/// waited for, whichever they are when their turn comes: a busy fleet changes in that by the
/// second, and no plan for many hosts would ever be the same when it is submitted.
#[derive(PartialEq, Eq)]
pub(super) struct Substance<'a> {
    hosts: Vec<OneHost<'a>>,
    pools: Vec<(&'a PoolName, bool)>,
}

/// A host, the VMs whose work is not waited for, and what blocks it.
type OneHost<'a> = (&'a HostName, Vec<VmId>, &'a [String]);

impl<'a> Substance<'a> {
    pub(super) fn of(plan: &'a DrainPlan) -> Self {
        let cut_off = |vm: &&VmPreview| match vm.fate {
            Fate::Forced | Fate::Ignored => true,
            Fate::Goes | Fate::Waits { .. } | Fate::Going | Fate::Stays => false,
        };
        let host = |of: &'a HostPreview| {
            let cut_off = of.vms.iter().filter(cut_off).map(|vm| vm.vm).collect();
            (&of.host, cut_off, of.blocks.as_slice())
        };
        let pool = |pool: &'a PoolPreview| {
            let here = pool.leaving.saturating_sub(pool.coming);
            (&pool.pool, here >= pool.ready)
        };
        Self {
            hosts: plan.hosts.iter().map(host).collect(),
            pools: plan.pools.iter().map(pool).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DrainAsk;

    fn plan() -> DrainPlan {
        let fate = Fate::Waits { why: "it has work".into() };
        let vm = VmPreview {
            vm: VmId::from_bits(1),
            pool: "ci".parse().unwrap(),
            state: "ready".into(),
            fate,
        };
        let host = HostPreview {
            host: "mini-01".parse().unwrap(),
            state: "busy".into(),
            vms: vec![vm],
            blocks: vec![],
            steps: vec![],
            wave: 0,
            earliest: None,
        };
        let pool =
            PoolPreview { pool: "ci".parse().unwrap(), ready: 2, leaving: 1, coming: 0, room: 3 };
        DrainPlan { seq: 1, hosts: vec![host], pools: vec![pool], ..DrainPlan::default() }
    }

    #[test]
    fn a_token_is_good_once_and_old_ones_go() {
        let ask = PlanAsk::Drain(Box::new(DrainAsk::new(vec![], "x")));
        let plans = Plans::default();
        let first = plans.keep(&World::default(), ask.clone(), plan()).token;
        let second = plans.keep(&World::default(), ask.clone(), plan()).token;
        assert!(first != second && first.len() == 32);
        assert_eq!(plans.take(&second).unwrap().plan, plan());
        assert_eq!(plans.take(&second), None);
        for _ in 0..PLANS_MOST {
            plans.keep(&World::default(), ask.clone(), plan());
        }
        assert_eq!(plans.take(&first), None);
    }

    #[test]
    fn what_was_consented_to_is_hosts_blocks_and_whose_work_is_cut_off() {
        let differs = |change: fn(&mut DrainPlan)| {
            let mut other = plan();
            change(&mut other);
            Substance::of(&plan()) != Substance::of(&other)
        };
        assert!(!differs(|plan| plan.seq = 9));
        assert!(!differs(|plan| plan.deadline = Some(crate::model::Timestamp::default())));
        assert!(!differs(|plan| plan.hosts[0].state = "draining".into()));
        assert!(!differs(|plan| plan.pools[0].ready = 9));
        // Its work has ended, or it is gone already: it is not waited for any longer.
        assert!(!differs(|plan| plan.hosts[0].vms[0].fate = Fate::Goes));
        assert!(!differs(|plan| plan.hosts[0].vms.clear()));
        assert!(differs(|plan| plan.hosts[0].vms[0].fate = Fate::Ignored));
        assert!(differs(|plan| plan.hosts[0].vms[0].fate = Fate::Forced));
        assert!(differs(|plan| plan.hosts[0].blocks.push("lost".into())));
        assert!(differs(|plan| plan.hosts.clear()));
        assert!(differs(|plan| plan.pools[0].leaving = 2), "nothing of the pool would be left");
        assert!(differs(|plan| plan.pools.clear()));
    }
}
