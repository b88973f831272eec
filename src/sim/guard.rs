//! The guard on a simulated host: one operation at a time, no older epoch than the highest told,
//! and no operation twice. The same rules, in the same order, as the real scripts keep.

use super::ops::{Effect, Reply};
use crate::model::Timestamp;

/// Records of ended operations that a host keeps.
const DONE_KEPT: usize = 64;

pub(super) const BUSY: i32 = 75;
pub(super) const FENCED: i32 = 76;
pub(super) const FULL: i32 = 77;

/// What the host remembers of our operations. The epoch outlives a reboot, the rest does not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Guard {
    pub epoch: u64,
    /// Ended operations and how they were answered, oldest first.
    pub done: Vec<(String, Reply)>,
    pub lock: Option<Lock>,
    /// The last restart that was ordered, and the number of the boot session it was to end. It
    /// outlives the restart too.
    pub restart: Option<(String, u64)>,
}

/// The operation under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lock {
    pub op: String,
    pub ends: Timestamp,
    /// What it will have changed when it ends.
    pub effect: Effect,
    /// What it will have answered.
    pub reply: Reply,
}

impl Guard {
    /// Lets the operation in, or says why not.
    pub(super) fn admit(&mut self, op: &str, epoch: u64) -> Result<(), Reply> {
        if let Some(lock) = &self.lock {
            return Err(Reply::said(BUSY, format!("operation {} runs on this host", lock.op)));
        }
        if self.epoch > epoch {
            let told = self.epoch;
            let why = format!("this host obeys epoch {told}, and this order is of epoch {epoch}");
            return Err(Reply::said(FENCED, why));
        }
        if let Some((_, reply)) = self.done.iter().find(|(done, _)| done == op) {
            let mut again = reply.clone();
            again.stderr.push_str("replayed\n");
            return Err(again);
        }
        self.epoch = epoch;
        Ok(())
    }

    /// Writes down that the operation under way has ended, and lets the next one in.
    pub(super) fn release(&mut self) {
        let Some(lock) = self.lock.take() else { return };
        self.done.push((lock.op, lock.reply));
        let surplus = self.done.len().saturating_sub(DONE_KEPT);
        self.done.drain(..surplus);
    }

    /// The operation of the last restart, once it is over.
    pub(super) fn restart_over(&self, boot: u64) -> Option<&str> {
        let (op, before) = self.restart.as_ref()?;
        (*before != boot).then_some(op)
    }

    /// A new boot session: locks and records of the one before are dead.
    pub(super) fn rebooted(&mut self) {
        self.lock = None;
        self.done.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(op: &str, status: i32) -> Lock {
        let reply = Reply::said(status, "words".into());
        Lock { op: op.into(), ends: Timestamp::default(), effect: Effect::Nothing, reply }
    }

    fn run(guard: &mut Guard, op: &str, epoch: u64, status: i32) -> i32 {
        if let Err(reply) = guard.admit(op, epoch) {
            return reply.status;
        }
        guard.lock = Some(lock(op, status));
        guard.release();
        status
    }

    #[test]
    fn the_rules_hold_in_their_order() {
        let mut guard = Guard::default();
        assert_eq!(run(&mut guard, "a", 3, 1), 1);
        assert_eq!(run(&mut guard, "a", 3, 0), 1, "a replay answers as it did");
        assert_eq!(guard.admit("a", 3).unwrap_err().stderr, "words\nreplayed\n");
        assert_eq!(run(&mut guard, "b", 2, 0), FENCED);
        assert_eq!(run(&mut guard, "a", 2, 0), FENCED, "the epoch comes before the replay");
        guard.admit("c", 4).unwrap();
        guard.lock = Some(lock("c", 0));
        assert_eq!(run(&mut guard, "a", 1, 0), BUSY, "the lock comes before all");
        guard.rebooted();
        assert_eq!(run(&mut guard, "a", 4, 0), 0, "records die with their boot session");
        assert_eq!(run(&mut guard, "b", 3, 0), FENCED, "the epoch does not");
    }

    #[test]
    fn the_newest_records_are_kept() {
        let mut guard = Guard::default();
        for n in 0..70 {
            run(&mut guard, &format!("op-{n}"), 1, 0);
        }
        assert_eq!(guard.done.len(), DONE_KEPT);
        assert_eq!(guard.done[0].0, "op-6");
    }
}
