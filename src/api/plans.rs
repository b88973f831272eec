//! Plans that were shown and not submitted yet: each under a token that nobody guesses and that
//! is good for one submit, the newest only.
#![expect(clippy::disallowed_methods, reason = "licence: tokens that nobody can guess")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Planned;
use crate::model::{DrainPlan, Fate, HostName, PlanAsk, PoolName, VmId};

/// So many plans are known; the oldest go first.
pub(super) const PLANS_MOST: usize = 256;

/// What was planned.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Shown {
    pub(super) ask: PlanAsk,
    pub(super) plan: DrainPlan,
}

/// The plans by their tokens, oldest first. Copies are the same plans.
#[derive(Clone, Debug, Default)]
pub(super) struct Plans(Arc<Mutex<VecDeque<(String, Shown)>>>);

impl Plans {
    /// Keeps a plan and says under which token.
    pub(super) fn keep(&self, ask: PlanAsk, plan: DrainPlan) -> Planned {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((token.clone(), Shown { ask, plan: plan.clone() }));
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

/// What a person has consented to: all of a plan but its words, its revision and its times.
#[derive(PartialEq, Eq)]
pub(super) struct Substance<'a> {
    hosts: Vec<OneHost<'a>>,
    pools: Vec<(&'a PoolName, usize)>,
}

/// A host, the fates of its VMs, and what blocks it.
type OneHost<'a> = (&'a HostName, Vec<(VmId, std::mem::Discriminant<Fate>)>, &'a [String]);

impl<'a> Substance<'a> {
    pub(super) fn of(plan: &'a DrainPlan) -> Self {
        let host = |of: &'a crate::model::HostPreview| {
            let fate = |vm: &crate::model::VmPreview| (vm.vm, std::mem::discriminant(&vm.fate));
            (&of.host, of.vms.iter().map(fate).collect(), of.blocks.as_slice())
        };
        Self {
            hosts: plan.hosts.iter().map(host).collect(),
            pools: plan.pools.iter().map(|pool| (&pool.pool, pool.leaving)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DrainAsk, HostPreview, PoolPreview, VmPreview};

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
        };
        let pool =
            PoolPreview { pool: "ci".parse().unwrap(), ready: 2, leaving: 1, coming: 0, room: 3 };
        DrainPlan { seq: 1, hosts: vec![host], pools: vec![pool], ..DrainPlan::default() }
    }

    #[test]
    fn a_token_is_good_once_and_old_ones_go() {
        let ask = PlanAsk::Drain(Box::new(DrainAsk::new(vec![], "x")));
        let plans = Plans::default();
        let first = plans.keep(ask.clone(), plan()).token;
        let second = plans.keep(ask.clone(), plan()).token;
        assert!(first != second && first.len() == 32);
        assert_eq!(plans.take(&second).unwrap().plan, plan());
        assert_eq!(plans.take(&second), None);
        for _ in 0..PLANS_MOST {
            plans.keep(ask.clone(), plan());
        }
        assert_eq!(plans.take(&first), None);
    }

    #[test]
    fn what_was_consented_to_is_fates_and_blocks_and_not_words_or_times() {
        let differs = |change: fn(&mut DrainPlan)| {
            let mut other = plan();
            change(&mut other);
            Substance::of(&plan()) != Substance::of(&other)
        };
        assert!(!differs(|plan| plan.seq = 9));
        assert!(!differs(|plan| plan.deadline = Some(crate::model::Timestamp::default())));
        assert!(!differs(|plan| plan.hosts[0].state = "draining".into()));
        // It is waited for all the same, whether its probe still tells why or not.
        assert!(!differs(|plan| {
            let why = "its probe has not told whether it has work".into();
            plan.hosts[0].vms[0].fate = Fate::Waits { why };
        }));
        assert!(differs(|plan| plan.hosts[0].vms[0].fate = Fate::Ignored));
        assert!(!differs(|plan| plan.pools[0].ready = 9));
        assert!(differs(|plan| plan.hosts[0].vms[0].fate = Fate::Goes));
        assert!(differs(|plan| plan.hosts[0].vms.clear()));
        assert!(differs(|plan| plan.hosts[0].blocks.push("lost".into())));
        assert!(differs(|plan| plan.hosts.clear()));
        assert!(differs(|plan| plan.pools[0].leaving = 2));
    }
}
