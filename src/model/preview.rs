//! What a drain, a playbook, a respawn or a run would do, before it is asked for.

use serde::{Deserialize, Serialize};

use super::{HostName, JobId, PoolName, ScheduleName, StepAt, Timestamp, VmId, Zone};

/// What would be done, as the World was at `seq`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DrainPlan {
    pub seq: u64,
    pub hosts: Vec<HostPreview>,
    pub pools: Vec<PoolPreview>,
    /// Schedules whose next run falls into the drain, and other jobs on these hosts.
    pub clashes: Vec<Clash>,
    /// When the patience of the hosts that begin at once ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// How many of the hosts at once; of the VMs in a respawn.
    pub at_once: usize,
    /// What is done on each host, in order; a drain and a respawn say it by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The time of the run, where it is one of a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Timestamp>,
}

/// What a plan meets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "with", rename_all = "snake_case")]
pub enum Clash {
    /// A job that goes on over so many of its hosts.
    Job { job: JobId, title: String, hosts: usize },
    /// A schedule whose next run is over so many of them.
    Run { schedule: ScheduleName, at: Timestamp, hosts: usize },
    /// The run that is shown will not take place.
    Excused { why: String },
}

impl Clash {
    /// In a line, times in this zone.
    pub fn said(&self, zone: Zone) -> String {
        match self {
            Self::Job { job, title, hosts } => {
                format!("job {job} ({title}) goes on over {hosts} of them")
            }
            Self::Run { schedule, at, hosts } => {
                let at = zone.date(*at);
                format!("schedule {schedule} runs at {at} over {hosts} of them")
            }
            Self::Excused { why } => format!("the run does not take place: {why}"),
        }
    }
}

/// One host of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HostPreview {
    pub host: HostName,
    /// Its state in one word.
    pub state: String,
    pub vms: Vec<VmPreview>,
    /// What stands against it now.
    pub blocks: Vec<String>,
    /// What each step would do here. Told of the first hosts only: each costs as much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepPreview>,
    /// Its wave, the first one being 0, and when its turn is at the earliest.
    #[serde(default, skip_serializing_if = "is_first")]
    pub wave: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Timestamp>,
}

/// One step on such a host, as things stand now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StepPreview {
    pub at: StepAt,
    pub name: String,
    #[serde(flatten)]
    pub does: StepFate,
}

/// What becomes of a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepFate {
    /// It is done; what that means here, where the playbook leaves it open.
    Done {
        what: String,
    },
    Skipped {
        why: String,
    },
    /// Only what comes before it tells.
    Depends {
        why: String,
    },
    Fails {
        why: String,
    },
}

/// One VM on such a host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VmPreview {
    pub vm: VmId,
    pub pool: PoolName,
    pub state: String,
    pub fate: Fate,
}

/// What happens to a VM.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Fate {
    /// It has no work: its agent is told, and it is stopped.
    Goes,
    /// It is waited for.
    Waits { why: String },
    /// It is stopped although it may have work.
    Forced,
    /// It goes as if it had no work: the drain was told not to wait for such VMs.
    Ignored,
    /// It is on its way out already.
    Going,
    /// No step touches it.
    Stays,
}

fn is_first(wave: &u16) -> bool {
    *wave == 0
}
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// What a pool loses for the time being.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PoolPreview {
    pub pool: PoolName,
    /// VMs that serve now, on these hosts and on others.
    pub ready: usize,
    /// VMs on these hosts, whether they serve yet or not.
    pub leaving: usize,
    /// How many of the leaving do not serve yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub coming: usize,
    /// Free slots on other hosts that would take its VMs.
    pub room: usize,
}

impl DrainPlan {
    /// Whether who consented to this plan has consented to the other too.
    pub fn is_much_like(&self, other: &Self) -> bool {
        Substance::of(self) == Substance::of(other)
    }
}

/// What a person has consented to: which hosts, whose work is not waited for there, what stands
/// against it, and which pools are left with nothing. VMs without work go and those with work are
/// waited for, whichever they are when their turn comes: a busy fleet changes in that by the
/// second, and no plan for many hosts would ever be the same when it is submitted.
#[derive(PartialEq, Eq)]
struct Substance<'a> {
    hosts: Vec<OneHost<'a>>,
    pools: Vec<(&'a PoolName, bool)>,
}

/// A host, the VMs whose work is not waited for, and what blocks it.
type OneHost<'a> = (&'a HostName, Vec<VmId>, &'a [String]);

impl<'a> Substance<'a> {
    fn of(plan: &'a DrainPlan) -> Self {
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
    fn what_was_consented_to_is_hosts_blocks_and_whose_work_is_cut_off() {
        let differs = |change: fn(&mut DrainPlan)| {
            let mut other = plan();
            change(&mut other);
            !plan().is_much_like(&other)
        };
        assert!(!differs(|plan| plan.seq = 9));
        assert!(!differs(|plan| plan.deadline = Some(Timestamp::default())));
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
