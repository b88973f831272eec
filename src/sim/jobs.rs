//! What guests do: jobs come, last and end, as they do for agents of a CI. When they do follows
//! from the seed and the VM alone, so that no look changes it.

use serde::Serialize;

use super::dice::{Dice, Draw};
use super::mac::FOREVER;
use crate::model::{HostName, Span, Timestamp};

/// How long a job lasts, and how long a guest waits between two chances of one.
const JOB: (Span, Span) = (Span::from_mins(2), Span::from_mins(40));
const IDLE: (Span, Span) = (Span::from_mins(1), Span::from_mins(15));

/// What a guest does now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Work {
    pub busy: bool,
    /// When the job ends, or the next may come.
    until: Timestamp,
    drawn: u64,
    /// Its agent takes no new job.
    retired: bool,
}

/// A VM that was ended while it had a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Killed {
    pub host: HostName,
    pub vm: String,
    pub at: Timestamp,
    pub by: KilledBy,
}

/// What ended it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KilledBy {
    /// An order to stop it.
    Stop,
    /// An order to restart its host.
    Reboot,
    /// A fault of its host: nobody ordered it.
    Fault,
}

impl Work {
    /// Of a guest whose agent is there from `booted` on.
    pub(super) fn begin(dice: Dice, booted: Timestamp) -> Self {
        let until = booted + dice.span(Draw::Idle, 0, IDLE.0, IDLE.1);
        Self { busy: false, until, drawn: 1, retired: false }
    }

    /// Brings it up to `now`. After each wait a job comes with the chance `load`.
    pub(super) fn settle(&mut self, dice: Dice, load: f64, now: Timestamp) {
        while self.until <= now {
            let nth = self.drawn;
            self.drawn += 1;
            if self.retired || load <= 0.0 {
                (self.busy, self.until) = (false, FOREVER);
                return;
            }
            self.busy = !self.busy && dice.unit(Draw::Chance, nth) < load;
            let (what, (low, high)) = if self.busy { (Draw::Job, JOB) } else { (Draw::Idle, IDLE) };
            self.until = self.until + dice.span(what, nth, low, high);
        }
    }

    /// The agent takes no new job; one that it has goes on.
    pub(super) fn retire(&mut self) {
        self.retired = true;
    }

    /// The guest is ended; whether it had a job.
    pub(super) fn end(&mut self) -> bool {
        self.retired = true;
        std::mem::take(&mut self.busy)
    }

    /// A job that somebody gave it by hand.
    pub(super) fn give(&mut self, ends: Timestamp) {
        (self.busy, self.until) = (true, ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_760_000_000_000 + minutes * 60_000)
    }

    /// Each change within some days, and to what.
    fn story(load: f64, step: i64) -> Vec<(i64, bool)> {
        let dice = Dice::new(4);
        let mut work = Work::begin(dice, at(0));
        let mut changes = vec![];
        for minute in (0..6_000).step_by(step as usize) {
            let before = work.busy;
            work.settle(dice, load, at(minute));
            if work.busy != before {
                changes.push((minute, work.busy));
            }
        }
        changes
    }

    #[test]
    fn jobs_last_as_long_as_jobs_do_and_come_as_often_as_is_set() {
        let full = story(1.0, 1);
        assert!(full.len() > 300, "{}", full.len());
        for pair in full.windows(2) {
            let took = pair[1].0 - pair[0].0;
            let (low, high) = if pair[0].1 { (1, 41) } else { (0, 16) };
            assert!((low..=high).contains(&took), "{pair:?}");
        }
        let share = |changes: &[(i64, bool)]| {
            changes.windows(2).filter(|p| p[0].1).map(|p| p[1].0 - p[0].0).sum::<i64>()
        };
        let (often, seldom) = (share(&full), share(&story(0.2, 1)));
        assert!((3_500..5_000).contains(&often) && seldom < often / 2, "{often} {seldom}");
        assert!(seldom > 0);
        assert_eq!(story(0.0, 1), []);
    }

    #[test]
    fn a_retired_agent_ends_its_job_and_takes_no_other() {
        let dice = Dice::new(4);
        let mut work = Work::begin(dice, at(0));
        work.give(at(30));
        work.retire();
        work.settle(dice, 1.0, at(29));
        assert!(work.busy);
        work.settle(dice, 1.0, at(100_000));
        assert!(!work.busy && !work.end());
    }

    #[test]
    fn how_often_it_is_looked_at_changes_nothing() {
        let ends = |step: i64| {
            let mut work = Work::begin(Dice::new(9), at(0));
            for minute in (0..=5_000).step_by(step as usize) {
                work.settle(Dice::new(9), 0.6, at(minute));
            }
            work
        };
        assert_eq!(ends(1), ends(1_000));
    }
}
