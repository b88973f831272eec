//! Playbooks in words: what a step does, what becomes of a host on which one has failed, and which
//! jobs were runs of which playbook.

use std::collections::BTreeSet;
use std::sync::Arc;

use hostler::model::{
    Act, Cause, Each, Job, JobId, JobKind, OnDeadline, OnFailure, Playbook, PlaybookName,
    ScheduleName, Step, Surge, World,
};

/// The playbook of which a job is a run. Respawns are runs where a schedule asked for them so.
fn book_of<'a>(world: &'a World, job: &'a Job) -> Option<&'a PlaybookName> {
    match (&job.kind, &job.cause) {
        (JobKind::Playbook { name }, _) => Some(name),
        (
            JobKind::Respawn { .. } | JobKind::RespawnOn { .. },
            Cause::Run { schedule, .. } | Cause::RunNow { schedule },
        ) => {
            let name = &world.schedules.get(schedule)?.spec.playbook;
            // The schedule may have had another playbook when it opened the job.
            let of_vms = world.playbooks.get(name).is_some_and(|book| book.each == Each::Vm);
            of_vms.then_some(name)
        }
        (
            JobKind::Respawn { .. } | JobKind::RespawnOn { .. } | JobKind::Drain,
            Cause::Run { .. } | Cause::RunNow { .. } | Cause::Asked | Cause::For { .. },
        ) => None,
    }
}

/// The playbooks of which these jobs are runs.
pub fn of_jobs(world: &World, jobs: &BTreeSet<JobId>) -> BTreeSet<PlaybookName> {
    let known = jobs.iter().filter_map(|id| world.jobs.get(id));
    known.filter_map(|job| book_of(world, job)).cloned().collect()
}

/// The runs of a playbook that are still known, the latest first.
pub fn runs<'a>(
    world: &'a World,
    name: &'a PlaybookName,
) -> impl Iterator<Item = &'a Arc<Job>> + use<'a> {
    let of = move |job: &&Arc<Job>| book_of(world, job) == Some(name);
    // Ids follow the time of their making.
    world.jobs.values().rev().filter(of)
}

/// The schedules that use a playbook.
pub fn schedules<'a>(
    world: &'a World,
    name: &'a PlaybookName,
) -> impl Iterator<Item = &'a ScheduleName> + use<'a> {
    let uses = move |at: &&ScheduleName| world.schedules[*at].spec.playbook == *name;
    world.schedules.keys().filter(uses)
}

/// What it is done for.
pub fn each(book: &Playbook) -> &'static str {
    match book.each {
        Each::Host => "host",
        Each::Vm => "VM",
    }
}

/// What becomes of a host on which a step has failed.
pub fn on_failure(book: &Playbook) -> &'static str {
    match book.on_failure {
        OnFailure::Hold => "the host takes no work until somebody has looked at it",
        OnFailure::Release => "the host takes work again",
    }
}

/// What a step does, with all that its playbook says of it.
pub fn does(act: &Act) -> String {
    let word = act.word();
    let more = match act {
        Act::Drain(drain) => {
            let patience = match (drain.force, drain.deadline, drain.on_deadline) {
                (true, _, _) => "at once".into(),
                (false, None, _) => "as long as it takes".into(),
                (false, Some(span), OnDeadline::Stop) => format!("{span}, then stop its VMs"),
                (false, Some(span), OnDeadline::Abort) => format!("{span}, then give up"),
            };
            let surge = match drain.surge {
                Surge::Auto => "",
                Surge::Never => ", VMs go before their successors come",
            };
            let ignored = drain.ignore.as_ref();
            let ignored = ignored.map_or(String::new(), |who| format!(", not waiting for {who}"));
            format!("{patience}{surge}{ignored}")
        }
        Act::Cordon { reason } => reason.clone(),
        Act::Prefetch { image: Some(image) } => image.to_string(),
        Act::Prefetch { image: None } => "the images of its pools".into(),
        Act::Sh { run } => run.trim().into(),
        Act::Copy { from, to, mode } => format!("{} to {to}, mode {mode}", from.display()),
        Act::Reboot { within } => format!("within {within}"),
        Act::Wait { time } => time.to_string(),
        Act::Assert { that, message } if message.is_empty() => that.clone(),
        Act::Assert { that, message } => format!("{that}, else: {message}"),
        Act::Notify { message } => message.clone(),
        Act::Undrain
        | Act::Uncordon
        | Act::DeleteVms
        | Act::Respawn
        | Act::PruneImages
        | Act::Verify
        | Act::WaitIdle
        | Act::Deregister => String::new(),
    };
    if more.is_empty() { word.into() } else { format!("{word}: {more}") }
}

/// All there is to say of a step.
pub fn said(step: &Step) -> String {
    let does = does(&step.act);
    let named = step.name != step.act.word();
    let mut said = vec![if named { format!("{}: {does}", step.name) } else { does }];
    said.extend(step.when.as_ref().map(|when| format!("only when {when}")));
    let tries = match step.retries {
        0 => None,
        1 => Some("tried again once".to_string()),
        n => Some(format!("tried again up to {n} times")),
    };
    said.extend(tries);
    said.extend(step.timeout.map(|span| format!("each try within {span}")));
    said.extend(step.register.as_ref().map(|name| format!("its result is `{name}`")));
    said.extend(step.once.then(|| "once for all hosts of a job".to_string()));
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostler::model::{DrainStep, Span};

    #[test]
    fn a_step_says_what_it_does() {
        let sh = Act::Sh { run: "brew upgrade\n".into() };
        for (act, said) in [
            (Act::Drain(DrainStep::default()), "drain: 1h, then stop its VMs"),
            (Act::Verify, "verify"),
            (Act::Reboot { within: Span::from_mins(15) }, "reboot: within 15m"),
            (sh.clone(), "sh: brew upgrade"),
        ] {
            assert_eq!(does(&act), said);
        }
        let step = Step {
            when: Some("host.uptime_hours > 168".into()),
            timeout: Some(Span::from_mins(10)),
            retries: 2,
            ..Step::plain(sh)
        };
        let all = "sh: brew upgrade; only when host.uptime_hours > 168; tried again up to 2 \
                   times; each try within 10m";
        assert_eq!(said(&step), all);
    }
}
