//! What the steps of a job that is not open yet would do on a host, as things stand: which are
//! skipped or not reached, what they find there, and what only the steps before them, or the
//! time until then, can tell.

use std::collections::BTreeMap;

use super::Scene;
use super::apply::missing_image;
use super::express::{CHANGING, holds};
use crate::model::{
    Act, Actor, Host, HostName, HostTask, Job, JobId, JobState, Opening, Part, Play, Step, StepAt,
    StepDone, StepEnd, StepFate, StepPreview, Timestamp, World, plural,
};

/// A job before it is opened.
pub(in crate::plan) struct Would<'a> {
    world: &'a World,
    play: &'a Play,
    job: Job,
    /// When it would be opened.
    from: Timestamp,
    now: Timestamp,
}

impl<'a> Would<'a> {
    /// Nothing where the opening has no playbook.
    pub(in crate::plan) fn new(
        world: &'a World,
        opening: &'a Opening,
        (from, now): (Timestamp, Timestamp),
    ) -> Option<Self> {
        let play = opening.play.as_deref()?;
        Some(Self { world, play, job: job(opening, now), from, now })
    }

    /// All steps of its playbook on one host, in order.
    pub(in crate::plan) fn steps(&self, name: &HostName) -> Vec<StepPreview> {
        let Some(host) = self.world.hosts.get(name) else { return Vec::new() };
        let Self { world, play, ref job, from, now } = *self;
        let crews = BTreeMap::new();
        let scene = Scene { world, crews: &crews, job, play, now };
        let (task, done, out) = (HostTask::waiting(now), Vec::new(), Vec::new());
        let mut walk = Walk { scene, name, host, from, task, done, out };
        let book = &play.playbook;
        for (part, steps) in [(Part::Steps, &book.steps), (Part::Always, &book.always)] {
            for (ix, step) in (0..).zip(steps) {
                walk.step(StepAt { part, ix }, step);
            }
        }
        walk.out
    }
}

/// The job that would be opened.
pub(super) fn job(opening: &Opening, now: Timestamp) -> Job {
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

/// One host's steps, gone through in order.
struct Walk<'a> {
    scene: Scene<'a>,
    name: &'a HostName,
    host: &'a Host,
    /// When it would begin.
    from: Timestamp,
    /// What is known to have come of the steps before.
    task: HostTask,
    /// The steps before that are done, as far as that is known.
    done: Vec<&'a Step>,
    out: Vec<StepPreview>,
}

impl<'a> Walk<'a> {
    fn step(&mut self, at: StepAt, step: &'a Step) {
        let does = self.reached(at, step);
        match &does {
            StepFate::Skipped { why } => {
                let end = StepEnd::Skipped { why: why.clone() };
                let (now, said) = (self.scene.now, String::new());
                self.task.log.push(StepDone { at, began: now, ended: now, attempt: 1, end, said });
            }
            StepFate::Fails { why } => {
                let why = format!("{}: {why}", step.name);
                self.task.failed.get_or_insert(why);
            }
            StepFate::Done { .. } | StepFate::Depends { .. } => self.done.push(step),
        }
        self.out.push(StepPreview { at, name: step.name.clone(), does });
    }

    /// What fails ends the steps, but not those that are done always.
    fn reached(&self, at: StepAt, step: &Step) -> StepFate {
        match &self.task.failed {
            Some(why) if at.part == Part::Steps => {
                StepFate::Skipped { why: format!("not reached after {why}") }
            }
            _ => self.fate(step),
        }
    }

    fn fate(&self, step: &Step) -> StepFate {
        if let Some(when) = &step.when {
            match self.holds(when) {
                Holds::Open(why) => return StepFate::Depends { why },
                Holds::Known(Ok(true)) => {}
                Holds::Known(Ok(false)) => {
                    return StepFate::Skipped { why: format!("`{when}` does not hold") };
                }
                Holds::Known(Err(why)) => return StepFate::Fails { why },
            }
        }
        if step.once && self.scene.job.hosts.len() > 1 {
            let why = "the first host that comes to it does it for all".into();
            return StepFate::Depends { why };
        }
        let Act::Assert { that, .. } = &step.act else { return self.does(&step.act) };
        match self.holds(that) {
            Holds::Open(why) => StepFate::Depends { why },
            Holds::Known(Ok(true)) => StepFate::Done { what: format!("`{that}` holds now") },
            Holds::Known(Ok(false)) => StepFate::Fails { why: format!("`{that}` does not hold") },
            Holds::Known(Err(why)) => StepFate::Fails { why },
        }
    }

    fn does(&self, act: &Act) -> StepFate {
        let empties = |step: &&Step| matches!(step.act, Act::Drain(_) | Act::DeleteVms);
        if is_over_vms(act) && self.done.iter().any(empties) {
            return StepFate::Done { what: "no VM is left by then".into() };
        }
        StepFate::Done { what: finds(&self.scene, self.host, act) }
    }

    /// Whether an expression holds, if that does not hang on what comes before.
    fn holds(&self, text: &str) -> Holds {
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let registers =
            |step: &&&Step| step.register.as_deref().is_some_and(|name| words.contains(&name));
        if let Some(step) = self.done.iter().find(registers) {
            return Holds::Open(format!("`{text}`: {} tells", step.name));
        }
        let holds = holds(&self.scene, self.name, self.host, &self.task, text);
        let Ok(now) = &holds else { return Holds::Known(holds) };
        let fact = |fact: &&str| words.contains(fact);
        let Some(fact) = CHANGING.into_iter().find(fact) else { return Holds::Known(holds) };
        let says = if *now { "it holds now" } else { "it does not hold now" };
        match self.done.iter().find(|step| changes(&step.act, fact)) {
            Some(step) => Holds::Open(format!("`{text}` after {}: {says}", step.name)),
            None if self.from > self.scene.now => Holds::Open(format!("`{text}` then: {says}")),
            None => Holds::Known(holds),
        }
    }
}

/// What is known of an expression beforehand.
enum Holds {
    Known(Result<bool, String>),
    /// What it hangs on.
    Open(String),
}

/// Whether a step may change what is known of a host.
fn changes(act: &Act, fact: &str) -> bool {
    match act {
        Act::Reboot { .. } => true,
        Act::Drain(_) | Act::DeleteVms | Act::Respawn => {
            !matches!(fact, "uptime_hours" | "reach" | "disk_free_gib")
        }
        Act::Cordon { .. } | Act::Undrain | Act::Uncordon => matches!(fact, "up" | "state"),
        Act::Prefetch { .. } | Act::PruneImages | Act::Sh { .. } | Act::Copy { .. } => {
            fact == "disk_free_gib"
        }
        Act::Verify => matches!(fact, "slots_free" | "slots_leaked"),
        Act::Deregister | Act::WaitIdle => fact == "vms_busy",
        Act::Wait { .. } => fact == "uptime_hours",
        Act::Assert { .. } | Act::Notify { .. } => false,
    }
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
        Act::Verify => match host.leaked() {
            0 => String::new(),
            n => format!("{} leaked now", plural(n, "slot")),
        },
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
            Step::plain(Act::DeleteVms),
            sh("late", Some("host.uptime_hours < 0")),
            Step::plain(that("host.cores > 99")),
            sh("end", None),
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
            "mend depends `host.slots_leaked > 0` after drain: it does not hold now",
            "look done ",
            "act depends `found.said != ''`: ask tells",
            "tell depends the first host that comes to it does it for all",
            "delete_vms done no VM is left by then",
            "late skipped `host.uptime_hours < 0` does not hold",
            "assert fails `host.cores > 99` does not hold",
            "end skipped not reached after assert: `host.cores > 99`",
            "undrain skipped `not failed` does not hold",
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
