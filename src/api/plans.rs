//! Plans that were shown and not submitted yet: each under a token that nobody guesses and that
//! is good for one submit, the newest only.
#![expect(clippy::disallowed_methods, reason = "licence: tokens that nobody can guess")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Planned;
use crate::model::{DrainPlan, PlanAsk, Playbook, Then, World};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DrainAsk;

    fn plan() -> DrainPlan {
        DrainPlan { seq: 1, ..DrainPlan::default() }
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
}
