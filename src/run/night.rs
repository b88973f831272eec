//! A demo's nights, watched: every entry is folded again and checked, and a summary says what
//! was placed, respawned and failed, and the least that was ready and free.

use std::sync::Arc;

use hostler::model::{
    Entry, Event, JobState, RetireWhy, Span, TaskEnd, Timestamp, Vm, Wanted, World,
};
use hostler::plan::check::check_world;
use hostler::sim::SimReport;
use serde::Serialize;

use super::wipe::{WipeWatch, Wipes};

/// What happened in all nights.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) nights: u32,
    pub(crate) hosts: usize,
    pub(crate) slots: usize,
    /// VMs that were given a slot.
    pub(crate) placed: u32,
    /// VMs that were replaced by the nightly schedule.
    pub(crate) respawned: u32,
    /// VMs given up because a command for them failed or they did not come up.
    pub(crate) failed: u32,
    /// VMs that stopped by themselves or with their host.
    pub(crate) died: u32,
    pub(crate) skipped: u32,
    pub(crate) entries: u64,
    /// The most macOS VMs that ran on one host at once, as the hosts counted themselves.
    pub(crate) most_vms_on_one_host: usize,
    /// Once the pools were whole for the first time: the fewest VMs ready, and the fewest slots
    /// free, at any moment.
    pub(crate) least_ready: usize,
    pub(crate) least_free_slots: usize,
    pub(crate) faults: u64,
    #[serde(flatten)]
    pub(crate) wipes: Wipes,
    /// Rules that were broken. None is the only good number.
    pub(crate) violations: Vec<String>,
}

/// Follows the stream of entries.
pub(crate) struct Watch {
    world: World,
    pub(crate) summary: Summary,
    whole: bool,
    wipes: WipeWatch,
}

impl Watch {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        Self {
            world: (**world).clone(),
            summary: Summary::default(),
            whole: false,
            wipes: WipeWatch::default(),
        }
    }

    /// Takes in an entry; what it breaks is kept for the end.
    pub(crate) fn see(&mut self, entry: &Entry) {
        if let Err(illegal) = self.world.apply(entry) {
            self.violate(illegal.to_string());
            return;
        }
        for wrong in check_world(&self.world) {
            self.violate(format!("after entry {}: {wrong}", entry.seq));
        }
        self.count(&entry.event);
        if let Some(wrong) = self.wipes.see(&self.world, &entry.event) {
            self.violate(format!("after entry {}: {wrong}", entry.seq));
        }
        let (ready, wanted) = self.crew();
        let (slots, free) = self.world.slot_count();
        let sum = &mut self.summary;
        (sum.hosts, sum.slots, sum.entries) = (self.world.hosts.len(), slots, sum.entries + 1);
        if !self.whole && wanted > 0 && ready == wanted {
            self.whole = true;
            (sum.least_ready, sum.least_free_slots) = (ready, free);
        }
        if self.whole {
            sum.least_ready = sum.least_ready.min(ready);
            sum.least_free_slots = sum.least_free_slots.min(free);
        }
    }

    fn violate(&mut self, what: String) {
        // One broken rule breaks many; the first ones tell.
        if self.summary.violations.len() < 20 {
            self.summary.violations.push(what);
        }
    }

    fn count(&mut self, event: &Event) {
        let sum = &mut self.summary;
        if let Event::SlotReserved { .. } = event {
            sum.placed += 1;
        } else if let Event::VmRetired { why: RetireWhy::Failed, .. } = event {
            sum.failed += 1;
        } else if let Event::VmDied { .. } = event {
            sum.died += 1;
        } else if let Event::TaskEnded { end, .. } = event {
            match end {
                TaskEnd::Done => sum.respawned += 1,
                TaskEnd::Skipped { .. } | TaskEnd::Failed { .. } | TaskEnd::Cancelled => {
                    sum.skipped += 1;
                }
            }
        }
    }

    fn crew(&self) -> (usize, usize) {
        let wanted = self.world.vms.values().filter(|vm| vm.wanted == Wanted::Running);
        wanted.fold((0, 0), |(ready, all), vm| (ready + usize::from(vm.is_ready()), all + 1))
    }

    /// Whether the pools were whole once and nothing moves now.
    pub(crate) fn is_quiet(&self) -> bool {
        self.whole && is_quiet(&self.world)
    }

    /// What must hold once the nights are over, besides the rules of every moment.
    pub(crate) fn finish(&mut self, nights: Option<u32>, report: &SimReport, due: Timestamp) {
        let mut wrong = self.wipes.finish(&report.busy_killed);
        let most_vms = report.most_vms_ever_on_one_host;
        let sum = &mut self.summary;
        sum.wipes = self.wipes.wipes.clone();
        (sum.most_vms_on_one_host, sum.faults) = (most_vms, report.faults_injected.values().sum());
        sum.nights = nights.unwrap_or(0);
        if most_vms > 2 {
            wrong.push(format!("a host ran {most_vms} macOS VMs at once"));
        }
        if !self.whole {
            wrong.push("the pools were never whole".to_string());
        }
        let ended = |state: &JobState| !matches!(state, JobState::Running);
        let late = Span::from_hours(6);
        for job in self.world.jobs.values().filter(|job| !ended(&job.state)) {
            if due.since(job.begin_by) > late {
                wrong.push(format!("job {} never ended", job.id));
            }
        }
        let runs: usize = self.world.schedules.values().map(|schedule| schedule.runs.len()).sum();
        if let Some(nights) = nights {
            let expected = nights as usize * self.world.schedules.len();
            if runs != expected {
                let said =
                    format!("the schedules had {runs} runs in {nights} nights, not {expected}");
                wrong.push(said);
            }
        }
        wrong.into_iter().for_each(|what| self.violate(what));
    }
}

/// Whether nothing moves: every VM serves, no command is under way, no job is open.
pub(crate) fn is_quiet(world: &World) -> bool {
    let rests = |vm: &Arc<Vm>| vm.is_ready() && vm.op.is_none();
    world.vms.values().all(rests) && world.jobs.values().all(|job| job.is_over())
}
