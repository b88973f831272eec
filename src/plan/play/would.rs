//! What the steps of a job that is not open yet would do on a host, as things stand: which are
//! skipped, what they find there, and what only the steps before them can tell.

use std::collections::BTreeMap;

use super::Scene;
use super::apply::missing_image;
use super::express::holds;
use crate::model::{
    Act, Actor, Host, HostName, HostTask, Job, JobId, JobState, Opening, Part, Play, Slot, Step,
    StepAt, StepFate, StepPreview, Timestamp, World, plural,
};

/// All steps of the opening's playbook on one host, in order.
pub(in crate::plan) fn steps(
    world: &World,
    opening: &Opening,
    name: &HostName,
    now: Timestamp,
) -> Vec<StepPreview> {
    let (Some(play), Some(host)) = (opening.play.as_deref(), world.hosts.get(name)) else {
        return Vec::new();
    };
    let (job, crews) = (job(opening, now), BTreeMap::new());
    let scene = Scene { world, crews: &crews, job: &job, play, now };
    let task = HostTask::waiting(now);
    let parts = [(Part::Steps, &play.playbook.steps), (Part::Always, &play.playbook.always)];
    let mut out = Vec::new();
    // Whether a step before has taken all VMs away.
    let mut empty = false;
    for (part, steps) in parts {
        for (ix, step) in (0..).zip(steps) {
            let at = StepAt { part, ix };
            let mut does = fate(&scene, (name, host), &task, (at, step));
            let is_done = matches!(does, StepFate::Done { .. });
            if is_done && empty && is_over_vms(&step.act) {
                does = StepFate::Done { what: "no VM is left by then".into() };
            }
            empty |= is_done && matches!(step.act, Act::Drain(_) | Act::DeleteVms);
            out.push(StepPreview { at, name: step.name.clone(), does });
        }
    }
    out
}

/// The job that would be opened.
fn job(opening: &Opening, now: Timestamp) -> Job {
    Job {
        id: JobId::from_bits(0),
        kind: opening.kind.clone(),
        cause: opening.cause.clone(),
        by: Actor::controller(),
        opened: now,
        begin_by: opening.begin_by,
        max_unavailable: opening.max_unavailable,
        tasks: BTreeMap::new(),
        hosts: opening.hosts.clone(),
        play: opening.play.clone(),
        paused: None,
        forgiven: 0,
        state: JobState::Running,
    }
}

fn fate(
    scene: &Scene<'_>,
    (name, host): (&HostName, &Host),
    task: &HostTask,
    (at, step): (StepAt, &Step),
) -> StepFate {
    let told = |text: &str| told_before(scene.play, at, text);
    if let Some(when) = &step.when {
        if let Some(before) = told(when) {
            return StepFate::Depends { why: format!("`{when}`: {before} tells") };
        }
        match holds(scene, name, host, task, when) {
            Ok(true) => {}
            Ok(false) => return StepFate::Skipped { why: format!("`{when}` does not hold") },
            Err(why) => return StepFate::Fails { why },
        }
    }
    if step.once && scene.job.hosts.len() > 1 {
        return StepFate::Depends { why: "the first host that comes to it does it for all".into() };
    }
    let Act::Assert { that, .. } = &step.act else {
        return StepFate::Done { what: finds(scene, host, &step.act) };
    };
    if let Some(before) = told(that) {
        return StepFate::Depends { why: format!("`{that}`: {before} tells") };
    }
    match holds(scene, name, host, task, that) {
        Ok(true) => StepFate::Done { what: format!("`{that}` holds now") },
        Ok(false) => StepFate::Fails { why: format!("`{that}` does not hold now") },
        Err(why) => StepFate::Fails { why },
    }
}

/// The step before this one that gives a name in the expression its value.
fn told_before<'a>(play: &'a Play, at: StepAt, text: &str) -> Option<&'a str> {
    let book = &play.playbook;
    let places = (0..).map(|ix| StepAt { part: Part::Steps, ix }).zip(&book.steps);
    let always = (0..).map(|ix| StepAt { part: Part::Always, ix }).zip(&book.always);
    let mut before = places.chain(always).take_while(|(other, _)| *other < at);
    let words = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let names = |step: &Step| step.register.as_ref().is_some_and(|name| words(text, name));
    before.find(|(_, step)| names(step)).map(|(_, step)| step.name.as_str())
}

/// Whether it does something to each VM that is there.
fn is_over_vms(act: &Act) -> bool {
    matches!(act, Act::Drain(_) | Act::DeleteVms | Act::Respawn | Act::Deregister | Act::WaitIdle)
}

/// What a step finds on the host that its playbook leaves open.
fn finds(scene: &Scene<'_>, host: &Host, act: &Act) -> String {
    let vms = || match host.vms.len() {
        0 => "no VM is there".into(),
        n => plural(n, "VM"),
    };
    match act {
        Act::Drain(_) | Act::DeleteVms | Act::Respawn | Act::Deregister | Act::WaitIdle => vms(),
        Act::Prefetch { image } => match missing_image(scene, host, image.as_ref()) {
            Some(source) => format!("fetches {source}"),
            None => "its images are there".into(),
        },
        Act::PruneImages => {
            let kept =
                |source: &&String| scene.world.images.values().any(|of| of.source == **source);
            let seen = host.seen.as_ref().and_then(|seen| seen.images.as_ref());
            match seen.map(|all| all.iter().filter(|source| !kept(source)).count()) {
                Some(n) => format!("{} no pool needs", plural(n, "image")),
                None => "its images are not known".into(),
            }
        }
        Act::Verify => {
            let leaked = host.slots.iter().filter(|slot| matches!(slot, Slot::Leaked { .. }));
            match leaked.count() {
                0 => String::new(),
                n => format!("{} leaked now", plural(n, "slot")),
            }
        }
        Act::Undrain
        | Act::Uncordon
        | Act::Cordon { .. }
        | Act::Sh { .. }
        | Act::Copy { .. }
        | Act::Reboot { .. }
        | Act::Wait { .. }
        | Act::Assert { .. }
        | Act::Notify { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::*;
    use crate::plan::fixture::{Grown, at, name};
    use crate::plan::tests_of_play::{MIDNIGHT, fleet, newest, nightly, passes, rest};
    use crate::plan::{preview, runs_until};

    fn sh(step: &str, when: Option<&str>) -> Step {
        let step = Step { name: step.into(), ..Step::plain(Act::Sh { run: step.into() }) };
        Step { when: when.map(Into::into), ..step }
    }

    /// A nightly run of these steps over the fleet.
    fn run_of(grown: &mut Grown, steps: Vec<Step>, change: impl Fn(&mut ScheduleSpec)) {
        nightly(grown, change);
        let mut book = (*grown.world.playbooks[&name::<PlaybookName>("wipe")]).clone();
        book.steps = steps;
        book.always = vec![Step { when: Some("not failed".into()), ..Step::plain(Act::Undrain) }];
        let mut change = FleetChange::default();
        change.playbooks.insert(book.name.clone(), Some(book));
        grown.put(31, Event::FleetChanged { change });
    }

    fn words(steps: &[StepPreview]) -> Vec<String> {
        let word = |step: &StepPreview| match &step.does {
            StepFate::Done { what } => format!("{} done {what}", step.name),
            StepFate::Skipped { why } => format!("{} skipped {why}", step.name),
            StepFate::Depends { why } => format!("{} depends {why}", step.name),
            StepFate::Fails { why } => format!("{} fails {why}", step.name),
        };
        steps.iter().map(word).collect()
    }

    #[test]
    fn each_step_is_worked_out_as_far_as_it_can_be() {
        let mut grown = fleet(&["a", "b"], 1);
        let ask = Step { register: Some("found".into()), ..sh("ask", None) };
        let once = Step { once: true, ..sh("tell", None) };
        let that = |that: &str| Act::Assert { that: that.into(), message: String::new() };
        let steps = vec![
            Step::plain(Act::Drain(DrainStep::default())),
            ask,
            sh("mend", Some("host.slots_leaked > 0")),
            sh("look", Some("host.name == 'a'")),
            sh("act", Some("found.said != ''")),
            once,
            Step::plain(that("host.cores > 99")),
            Step::plain(Act::DeleteVms),
            sh("typo", Some("host.nothing.at_all")),
        ];
        run_of(&mut grown, steps, |_| {});
        let hosts = vec![name("a"), name("b")];
        let (playbook, reason) = (name("wipe"), "x".to_string());
        let ask = PlayAsk { playbook, hosts, reason, max_unavailable: None, key: None };
        let plan = preview(&grown.world, &PlanAsk::Play(Box::new(ask)), at(40)).unwrap();
        let told = words(&plan.hosts[0].steps);
        for (n, said) in [
            "drain done 1 VM",
            "ask done ",
            "mend skipped `host.slots_leaked > 0` does not hold",
            "look done ",
            "act depends `found.said != ''`: ask tells",
            "tell depends the first host that comes to it does it for all",
            "assert fails `host.cores > 99` does not hold now",
            "delete_vms done no VM is left by then",
            "typo fails ",
            "undrain done ",
        ]
        .into_iter()
        .enumerate()
        {
            assert!(told[n].starts_with(said), "{told:?}");
        }
        assert!(words(&plan.hosts[1].steps)[3].contains("skipped"));
    }

    #[test]
    fn the_next_run_is_shown_as_it_then_comes() {
        let mut grown = fleet(&["a", "b", "c", "d"], 0);
        let drain = Step::plain(Act::Drain(DrainStep::default()));
        let steps = vec![drain, sh("wipe", None), sh("mend", Some("host.slots_leaked > 0"))];
        run_of(&mut grown, steps, |spec| {
            spec.order = vec![Share::Count(1), Share::Percent(100)];
            (spec.splay, spec.max_unavailable) = (Splay::Hash, Share::Count(2));
        });
        let plan = preview(&grown.world, &PlanAsk::Run(name("nightly")), at(40)).unwrap();
        let first = runs_until(&grown.world, &name("nightly"), at(40), at(2 * MIDNIGHT), 1).0;
        assert_eq!((plan.run, plan.at_once), (first.first().copied(), 2));
        assert_eq!(plan.hosts.iter().map(|host| host.wave).collect::<Vec<_>>(), [0, 1, 1, 1]);
        assert!(plan.clashes.is_empty(), "{:?}", plan.clashes);
        assert_eq!(plan.deadline, first.first().map(|at| *at + Span::from_hours(1)));
        let before = grown.world.clone();
        passes(&mut grown, MIDNIGHT);
        let job = newest(&grown);
        for host in &plan.hosts {
            let task = &job.hosts[&host.host];
            assert_eq!((Some(task.earliest), task.wave), (host.earliest, host.wave));
        }
        for s in (0..3 * 60).map(|minutes| MIDNIGHT + minutes * 60) {
            rest(&mut grown, s);
        }
        let done = newest(&grown);
        for host in &plan.hosts {
            let log = &done.hosts[&host.host].log;
            let ends: Vec<bool> = log.iter().map(|step| step.end == StepEnd::Done).collect();
            let told = host.steps.iter().map(|step| matches!(step.does, StepFate::Done { .. }));
            assert_eq!(told.collect::<Vec<_>>(), ends, "{log:?}");
        }
        assert_eq!(preview(&before, &PlanAsk::Run(name("nightly")), at(40)).unwrap(), plan);
        let unknown = preview(&grown.world, &PlanAsk::Run(name("other")), at(40)).unwrap_err();
        assert!(unknown.to_string().contains("schedule other is not known"), "{unknown}");
    }
}
