//! What a process does: how often its threads wake up, how long they run, what memory it has.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "licence: Linux tells it in /proc, and a span is measured by letting it pass"
)]

use std::fs;
use std::ops::Sub;
use std::thread::sleep;
use std::time::Duration;

/// A sum over all threads there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Work {
    /// How often one that waited was woken.
    pub(crate) wakes: u64,
    /// Time on a processor, in hundredths of a second.
    pub(crate) ticks: u64,
}

impl Sub for Work {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        Self { wakes: self.wakes - before.wakes, ticks: self.ticks - before.ticks }
    }
}

impl Work {
    /// Since the process began.
    pub(crate) fn of(pid: u32) -> Self {
        let mut wakes = 0;
        for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let text = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            let line = text.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
            wakes += line.unwrap().trim().parse::<u64>().unwrap();
        }
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The name in brackets may have spaces; user and system time are fields 14 and 15.
        let fields = text.rsplit_once(')').unwrap().1.split_whitespace();
        let ticks = fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
        Self { wakes, ticks }
    }

    /// Over a span from now on.
    pub(crate) fn over(pid: u32, span: Duration) -> Self {
        let before = Self::of(pid);
        sleep(span);
        Self::of(pid) - before
    }
}

/// What a process has in memory, in KiB.
pub(crate) fn memory(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
