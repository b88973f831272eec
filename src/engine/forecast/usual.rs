//! How long things usually take: steps as they took in the jobs that the World remembers,
//! commands for VMs as they take on any Mac.

use std::collections::BTreeMap;

use crate::model::{Act, OpKind, PlaybookName, Sent, Span, StepAt, StepEnd, World};

/// Where nothing is remembered.
const SH: Span = Span::from_secs(60);
const PULL: Span = Span::from_mins(10);
const COPY: Span = Span::from_secs(5);
pub(super) const REBOOT: Span = Span::from_mins(3);
pub(super) const BOOT: Span = Span::from_secs(40);

/// The usual durations of steps by playbook and place.
pub(super) struct Usual {
    steps: BTreeMap<(PlaybookName, StepAt), Span>,
}

impl Usual {
    /// The medians of what the World remembers.
    pub(super) fn of(world: &World) -> Self {
        let mut seen: BTreeMap<(PlaybookName, StepAt), Vec<Span>> = BTreeMap::new();
        for job in world.jobs.values() {
            let Some(play) = &job.play else { continue };
            let done = job.hosts.values().flat_map(|task| &task.log);
            for done in done.filter(|done| done.end == StepEnd::Done) {
                let key = (play.playbook.name.clone(), done.at);
                seen.entry(key).or_default().push(done.ended.since(done.began));
            }
        }
        let median = |mut spans: Vec<Span>| {
            spans.sort_unstable();
            spans[spans.len() / 2]
        };
        Self { steps: seen.into_iter().map(|(key, spans)| (key, median(spans))).collect() }
    }

    /// How long a step's command takes.
    pub(super) fn command(&self, playbook: &PlaybookName, at: StepAt, act: &Act) -> Span {
        if let Some(span) = self.steps.get(&(playbook.clone(), at)) {
            return *span;
        }
        match act.sent() {
            Some(Sent::Prefetch | Sent::PruneImages) => PULL,
            Some(Sent::Copy { .. }) => COPY,
            Some(Sent::Reboot) => Span::from_secs(5),
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
