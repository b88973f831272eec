//! What people say of parked VMs, which nobody can be rid of: that they are tried again, or that
//! somebody has taken over what is left of them. By VM, or all those of a job.

use super::handle::{Denied, Done};
use super::jobs::Desk;
use crate::model::{Event, JobId, VmId};

impl Desk<'_> {
    /// A job goes on: it begins tasks again, and what it could not be rid of is tried again.
    pub(super) fn resume(&mut self, job: JobId) -> Result<Done, Denied> {
        let paused = self.job(job)?.paused.is_some();
        let vms = self.parked_of(job);
        if !paused && vms.is_empty() {
            let said = format!("job {job} is not paused, and none of its VMs is parked");
            return Err(Denied::Conflict(said));
        }
        let mut said = Vec::new();
        if paused {
            self.put(Event::JobResumed { job })?;
            said.push(format!("job {job} goes on"));
        }
        said.extend(self.try_again(vms)?);
        self.done(said, Some(job))
    }

    pub(super) fn resume_vm(&mut self, vm: VmId) -> Result<Done, Denied> {
        self.parked(vm)?;
        let said = self.try_again(vec![vm])?;
        self.done(said, None)
    }

    pub(super) fn discharge(&mut self, job: JobId, reason: &str) -> Result<Done, Denied> {
        self.job(job)?;
        let vms = self.parked_of(job);
        if vms.is_empty() {
            let said = format!("job {job} has no parked VM; `hostler vm list state=parked`");
            return Err(Denied::Conflict(said));
        }
        let said = self.let_go(vms, reason)?;
        self.done(said, Some(job))
    }

    pub(super) fn discharge_vm(&mut self, vm: VmId, reason: &str) -> Result<Done, Denied> {
        self.parked(vm)?;
        let said = self.let_go(vec![vm], reason)?;
        self.done(said, None)
    }

    fn try_again(&mut self, vms: Vec<VmId>) -> Result<Vec<String>, Denied> {
        let mut said = Vec::new();
        for vm in vms {
            self.put(Event::VmResumed { vm })?;
            said.push(format!("vm {vm} is tried again"));
        }
        Ok(said)
    }

    fn let_go(&mut self, vms: Vec<VmId>, reason: &str) -> Result<Vec<String>, Denied> {
        if reason.trim().is_empty() {
            return Err(Denied::Conflict("a discharge needs a reason: --reason".into()));
        }
        let mut said = Vec::new();
        for vm in vms {
            let known = self.world().vms.get(&vm);
            let left = known.map(|vm| format!("{} on {}", vm.host_name(), vm.host));
            self.put(Event::VmDischarged { vm, reason: reason.into() })?;
            let left = left.unwrap_or_default();
            said.push(format!(
                "vm {vm} is ours no more: {left} is yours to remove, and counts as a guest of \
                 others while it runs"
            ));
        }
        Ok(said)
    }

    /// The parked VMs that a job has sent away.
    fn parked_of(&self, job: JobId) -> Vec<VmId> {
        let parked = self.world().vms.values().filter(|vm| vm.parked.is_some());
        let of_job = parked.filter(|vm| vm.retired.as_ref().and_then(|r| r.job) == Some(job));
        of_job.map(|vm| vm.id).collect()
    }

    fn parked(&self, vm: VmId) -> Result<(), Denied> {
        match self.world().vms.get(&vm) {
            None => {
                let said = format!("vm {vm} is not known; `hostler vm list` shows those that are");
                Err(Denied::NotFound(said))
            }
            Some(known) if known.parked.is_none() => Err(Denied::Conflict(format!(
                "vm {vm} is {}, not parked: `hostler vm why {vm}` says what it waits for",
                known.word()
            ))),
            Some(_) => Ok(()),
        }
    }
}
