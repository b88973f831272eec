//! The night ahead, host by host, as the planner would have it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HostName, JobId, PoolName, ScheduleName, Span, Timestamp};

/// What will happen from `from` to `until` if nothing unforeseen does.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Forecast {
    /// The revision of the World that it begins with.
    #[serde(default)]
    pub seq: u64,
    pub from: Timestamp,
    pub until: Timestamp,
    /// In the order in which they begin.
    pub turns: Vec<ForecastTurn>,
    /// The jobs of these turns, in the order in which they begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<ForecastRun>,
    /// The fewest ready VMs of each pool, and when.
    pub pools: BTreeMap<PoolName, Lowest>,
    /// The fewest free slots, and when.
    pub free_slots: Lowest,
    /// How many slots are free, the fewest in each quarter of an hour: each count holds until the
    /// next one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub free: Vec<Lowest>,
    /// What does not fit, in lines for a person.
    pub misfits: Vec<String>,
    /// VMs with work are taken to be done with it after this long.
    pub assumed_busy: Span,
}

impl Forecast {
    /// The same without each host's turn, and with so many of the misfits at most.
    pub fn brief(mut self, misfits: usize) -> Self {
        self.turns.clear();
        let more = self.misfits.len().saturating_sub(misfits);
        self.misfits.truncate(misfits);
        if more > 0 {
            self.misfits.push(format!("and {more} more"));
        }
        self
    }
    /// The fewest free slots between two moments, as far as it tells them.
    pub fn free_within(&self, from: Timestamp, to: Timestamp) -> Option<usize> {
        if to <= self.from || from >= self.until {
            return None;
        }
        // What holds at the first moment, and what comes after it.
        let first = self.free.partition_point(|free| free.at <= from).saturating_sub(1);
        let held = self.free.iter().skip(first).take_while(|free| free.at < to);
        held.map(|free| free.count).min()
    }
}

/// One job, over all of its hosts that have a turn.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ForecastRun {
    /// The schedule and the time of its run, where one asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal: Option<Timestamp>,
    pub title: String,
    /// The first turn begins then, and the last ends; none: not in time.
    pub begins: Option<Timestamp>,
    pub ends: Option<Timestamp>,
    pub hosts: usize,
    /// How many of them have no turn after all, and why the first of them has not.
    pub skipped: usize,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl ForecastRun {
    /// Takes in one host's turn.
    pub fn take(&mut self, turn: &ForecastTurn) {
        let first = self.hosts == 0;
        self.hosts += 1;
        if turn.end.starts_with("skipped") {
            self.skipped += 1;
            if self.skipped == 1 {
                self.why = format!("{}: {}", turn.host, turn.end);
            }
        }
        self.begins = [self.begins, turn.begins].into_iter().flatten().min();
        // One that does not end in time leaves the whole without an end.
        self.ends = match (first, self.ends, turn.ends) {
            (true, _, ends) => ends,
            (false, Some(last), Some(ends)) => Some(last.max(ends)),
            (false, _, _) => None,
        };
    }
}

/// One host's part of one job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForecastTurn {
    pub host: HostName,
    /// Jobs that have not been opened yet have ids that will be others.
    pub job: JobId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleName>,
    /// The time of the schedule's run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Timestamp>,
    pub steps: Vec<ForecastStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// `done`, `skipped: ...`, or nothing when it does not end in time.
    pub end: String,
}

/// One step of such a turn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ForecastStep {
    pub name: String,
    pub begins: Timestamp,
    pub took: Span,
    pub end: String,
}

/// The least of something, and when it is reached first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lowest {
    pub count: usize,
    pub at: Timestamp,
}

impl Lowest {
    /// Takes in a count.
    pub fn see(&mut self, count: usize, at: Timestamp) {
        if count < self.count {
            *self = Self { count, at };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_tells_no_free_slots_and_no_revision_is_read_too() {
        let before = r#"{"from": "2026-11-21T02:00:00Z", "until": "2026-11-21T14:00:00Z",
            "turns": [{"host": "mini-01", "job": "000000000007", "title": "playbook wipe",
                "steps": [], "end": ""}],
            "pools": {}, "free_slots": {"count": 3, "at": "2026-11-21T03:00:00Z"},
            "misfits": [], "assumed_busy": "20m"}"#;
        let read: Forecast = serde_json::from_str(before).unwrap();
        assert_eq!((read.seq, read.turns[0].nominal), (0, None));
        assert_eq!(read.free_within(read.from, read.until), None);
    }

    #[test]
    fn a_run_ends_with_the_last_of_its_turns_or_not_in_time() {
        let at = |secs: i64| Some(Timestamp::from_millis(secs * 1_000));
        let turn = |host: &str, begins, ends, end: &str| ForecastTurn {
            host: host.parse().unwrap(),
            job: JobId::from_bits(7),
            title: String::new(),
            schedule: None,
            nominal: None,
            begins,
            steps: Vec::new(),
            ends,
            end: end.into(),
        };
        let mut run = ForecastRun::default();
        run.take(&turn("a", at(20), at(50), "done"));
        run.take(&turn("b", at(10), at(40), "done"));
        assert_eq!((run.begins, run.ends, run.hosts), (at(10), at(50), 2));
        run.take(&turn("c", None, at(60), "skipped: busy"));
        run.take(&turn("d", None, at(60), "skipped: too late"));
        assert_eq!((run.skipped, run.why.as_str()), (2, "c: skipped: busy"));
        run.take(&turn("e", at(30), None, ""));
        run.take(&turn("f", at(30), at(70), "done"));
        assert_eq!((run.ends, run.hosts), (None, 6));
    }
}
