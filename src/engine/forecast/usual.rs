//! How long things usually take: steps and boots as they took in what the World remembers, else
//! as they take on any Mac.

use std::collections::BTreeMap;

use crate::model::{
    Act, OpKind, Playbook, PlaybookName, Sent, Span, StepAt, UsualSteps, World, usual_start,
    usual_steps,
};

/// Where nothing is remembered.
const SH: Span = Span::from_secs(60);
const PULL: Span = Span::from_mins(10);
const COPY: Span = Span::from_secs(5);
const REBOOT: Span = Span::from_mins(3);
const BOOT: Span = Span::from_secs(40);

/// What is remembered.
pub(super) struct Usual {
    steps: BTreeMap<PlaybookName, UsualSteps>,
    /// From the answer to a start until the VM serves.
    pub(super) boot: Span,
}

impl Usual {
    pub(super) fn of(world: &World) -> Self {
        let name = |playbook: &Playbook| (playbook.name.clone(), usual_steps(world, playbook));
        let open = world.jobs.values().filter(|job| !job.is_over());
        let open = open.filter_map(|job| Some(name(&job.play.as_ref()?.playbook)));
        let steps = world.playbooks.values().map(|playbook| name(playbook)).chain(open).collect();
        let commands = [OpKind::Clone, OpKind::Start].map(|kind| vm_command(kind).as_millis());
        let rest = |whole: Span| whole.as_millis().checked_sub(commands.iter().sum());
        let boot = usual_start(world).and_then(rest).map(Span::from_millis);
        Self { steps, boot: boot.unwrap_or(BOOT) }
    }

    /// How long a step's command takes; a reboot until the host is back.
    pub(super) fn command(&self, playbook: &PlaybookName, at: StepAt, act: &Act) -> Span {
        let remembered = self.steps.get(playbook).and_then(|steps| steps.get(&at));
        if let Some(span) = remembered.copied() {
            return span;
        }
        match act.sent() {
            Some(Sent::Prefetch | Sent::PruneImages) => PULL,
            Some(Sent::Copy { .. }) => COPY,
            Some(Sent::Reboot) => REBOOT,
            Some(Sent::Sh { .. }) | None => SH,
        }
    }
}

/// How long a command for a VM takes until its answer.
pub(super) fn vm_command(kind: OpKind) -> Span {
    Span::from_secs(match kind {
        OpKind::Clone | OpKind::Stop => 5,
        OpKind::Start => 4,
        OpKind::Deregister | OpKind::Delete => 2,
    })
}
