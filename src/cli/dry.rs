//! A dry run of a playbook: each step, and the words that it would send to the host. It looks at a
//! World and asks no host.

use std::collections::BTreeSet;

use hostler::model::{
    Act, DrainStep, Host, HostName, ImageName, Part, Playbook, PoolName, Step, StepAt, World,
};
use serde::Serialize;

/// In the place of how long the tool's own stop may take: a third of the controller's limit.
const TIMEOUT: &str = "SECONDS";

/// A step on one host.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Rehearsed {
    pub(crate) host: HostName,
    pub(crate) step: String,
    pub(crate) name: String,
    #[serde(rename = "do")]
    pub(crate) act: &'static str,
    /// It is done only if this holds by then.
    pub(crate) when: Option<String>,
    /// What it does besides sending, or what is not known yet.
    pub(crate) note: String,
    pub(crate) commands: Vec<String>,
}

/// Where the steps are rehearsed.
struct Scene<'a> {
    world: &'a World,
    host: &'a Host,
    /// The VMs there by name and pool; `None`: nobody has looked.
    vms: Option<Vec<(String, &'a PoolName)>>,
}

/// What a step does, and what it sends.
type Sent = (String, Vec<String>);

/// All steps of a playbook on one host, in order. Without `seen` its VMs and images are not
/// known.
pub(crate) fn rehearse(
    world: &World,
    (name, host): (&HostName, &Host),
    playbook: &Playbook,
    seen: bool,
) -> Vec<Rehearsed> {
    let vms = || world.vms_on(host).map(|vm| (vm.host_name(), &vm.pool)).collect();
    let mut scene = Scene { world, host, vms: seen.then(vms) };
    let mut out = Vec::new();
    for (part, steps) in [(Part::Steps, &playbook.steps), (Part::Always, &playbook.always)] {
        for (ix, step) in (0..).zip(steps) {
            let (note, commands) = scene.sent(&step.act);
            let empties = matches!(step.act, Act::Drain(_) | Act::DeleteVms);
            if empties && step.when.is_none() {
                scene.vms = Some(Vec::new());
            }
            out.push(Rehearsed {
                host: name.clone(),
                step: StepAt { part, ix }.to_string(),
                name: step.name.clone(),
                act: step.act.word(),
                when: step.when.clone(),
                note: with_once(step, note),
                commands,
            });
        }
    }
    out
}

fn with_once(step: &Step, note: String) -> String {
    match (step.once, note.is_empty()) {
        (false, _) => note,
        (true, true) => "by the first host only".into(),
        (true, false) => format!("by the first host only; {note}"),
    }
}

impl Scene<'_> {
    fn sent(&self, act: &Act) -> Sent {
        let none = |note: &str| (note.to_string(), Vec::new());
        match act {
            Act::Drain(drain) => self.drained(drain),
            Act::DeleteVms => self.each_vm("", |vm, _| gone(vm)),
            Act::Respawn => {
                self.each_vm("each VM gets a successor; NEW is its name", |vm, pool| {
                    let mut words = self.told(vm, pool);
                    words.extend(gone(vm));
                    words.extend(self.made(pool));
                    words
                })
            }
            Act::Deregister => self.each_vm("", |vm, pool| self.told(vm, pool)),
            Act::Undrain | Act::Uncordon => none("lifts the job's holds"),
            Act::Cordon { reason } => none(&format!("places a hold: {reason}")),
            Act::Prefetch { image } => self.prefetched(image.as_ref()),
            Act::PruneImages => self.pruned(),
            Act::Sh { run } => (String::new(), run.lines().map(String::from).collect()),
            Act::Copy { from, to, mode } => {
                let note = format!("writes {} of the fleet directory to {to}", from.display());
                let new = format!("{to}.hostler-new");
                let words = [
                    format!("base64 --decode >{new}"),
                    format!("chmod {mode} {new}"),
                    format!("mv -f {new} {to}"),
                ];
                (note, words.into())
            }
            Act::Reboot { within } => {
                let (plain, past) =
                    ("sudo -n shutdown -r now", "sudo -n fdesetup authrestart -inputplist");
                let note = format!("a new boot session must be seen within {within}");
                match self.host.spec.authrestart {
                    false => (note, vec![plain.into()]),
                    true => (
                        format!("{note}; the second instead of the first with FileVault on"),
                        vec![plain.into(), past.into()],
                    ),
                }
            }
            Act::Verify => none("waits for a look that finds the host fit"),
            Act::Wait { time } => none(&format!("waits for {time}")),
            Act::WaitIdle => none("waits until no VM has work"),
            Act::Assert { that, .. } => none(&format!("fails unless {that}")),
            Act::Notify { message } => none(&format!("tells people: {message}")),
        }
    }

    fn drained(&self, drain: &DrainStep) -> Sent {
        let patience = match drain.deadline {
            Some(deadline) => format!("for at most {deadline}"),
            None => "for as long as they like".into(),
        };
        let waits = if drain.force {
            "VMs with work are not waited for".to_string()
        } else {
            format!("VMs with work are waited for {patience}")
        };
        let waits = match &drain.ignore {
            Some(ignore) if !drain.force => format!("{waits}, but not those with {ignore}"),
            Some(_) | None => waits,
        };
        self.each_vm(&waits, |vm, pool| {
            let mut words = self.told(vm, pool);
            words.extend(gone(vm));
            words
        })
    }

    /// The same words for each VM; where they are not known, for one named VM.
    fn each_vm(&self, note: &str, words: impl Fn(&str, Option<&PoolName>) -> Vec<String>) -> Sent {
        let join = |more: &str| match (note, more) {
            ("", more) => more.to_string(),
            (note, "") => note.to_string(),
            (note, more) => format!("{note}; {more}"),
        };
        match self.vms.as_deref() {
            None => (join("for each VM of ours"), words("VM", None)),
            Some([]) => (join("no VM is on it then"), Vec::new()),
            Some(vms) => {
                (join(""), vms.iter().flat_map(|(vm, pool)| words(vm, Some(pool))).collect())
            }
        }
    }

    /// The VM's agent is told that it gets no more work.
    fn told(&self, vm: &str, pool: Option<&PoolName>) -> Vec<String> {
        let pool = pool.and_then(|pool| self.world.pools.get(pool));
        let Some(retire) = pool.and_then(|pool| pool.spec.retire.as_ref()) else {
            return Vec::new();
        };
        let head = format!("tart exec -i {vm} /bin/sh -s, with on its standard input:");
        let script = retire.sh.lines().map(|line| format!("  {line}"));
        std::iter::once(head).chain(script).collect()
    }

    fn made(&self, pool: Option<&PoolName>) -> Vec<String> {
        let pool = pool.and_then(|pool| self.world.pools.get(pool));
        let image = pool.and_then(|pool| self.world.images.get(&pool.spec.image));
        let source = image.map_or("IMAGE", |image| image.source.as_str());
        let mut set = "tart set NEW --random-mac".to_string();
        if let Some(spec) = pool.map(|pool| &pool.spec) {
            set.extend(spec.cpu.map(|cpu| format!(" --cpu {cpu}")));
            set.extend(spec.memory.map(|memory| format!(" --memory {}", memory.as_mib())));
        }
        vec![format!("tart clone {source} NEW"), set, "tart run --no-graphics NEW".into()]
    }

    /// Images that are to be on the host: of this name, or of all pools that may use it.
    fn prefetched(&self, only: Option<&ImageName>) -> Sent {
        let uses = self.world.pools.values();
        let uses = uses.filter(|pool| pool.spec.hosts.matches(&self.host.spec.labels));
        let wanted: BTreeSet<&ImageName> = match only {
            Some(image) => [image].into(),
            None => uses.map(|pool| &pool.spec.image).collect(),
        };
        let there = self.host.seen.as_ref().and_then(|seen| seen.images.as_ref());
        let sources = wanted.into_iter().filter_map(|image| self.world.images.get(image));
        // A name without a registry is a VM on the host itself: there is nothing to fetch.
        let sources = sources.map(|image| &image.source).filter(|source| source.contains('/'));
        let missing = sources.filter(|source| !there.is_some_and(|there| there.contains(source)));
        let words: Vec<_> = missing.map(|source| format!("tart pull {source}")).collect();
        match (words.is_empty(), there.is_some()) {
            (true, _) => ("every image is there already".into(), words),
            (false, true) => (String::new(), words),
            (false, false) => ("as far as the image is not there yet".into(), words),
        }
    }

    fn pruned(&self) -> Sent {
        let kept = self.world.images.values().map(|image| image.source.clone());
        let kept: BTreeSet<String> = kept.collect();
        let Some(there) = self.host.seen.as_ref().and_then(|seen| seen.images.as_ref()) else {
            let kept: Vec<_> = kept.into_iter().collect();
            let note = format!("for each image there besides {}", kept.join(", "));
            return (note, vec!["tart delete IMAGE".into()]);
        };
        let gone = there.iter().filter(|image| !kept.contains(*image));
        // An image is listed by its digest too; those of kept tags stay.
        let tagged = gone.filter(|image| image.contains('/') && !image.contains('@'));
        let words: Vec<_> = tagged.map(|image| format!("tart delete {image}")).collect();
        let note = if words.is_empty() { "no image is in excess" } else { "" };
        (note.into(), words)
    }
}

/// How a VM goes.
fn gone(vm: &str) -> Vec<String> {
    vec![
        format!("tart exec {vm} sudo -n shutdown -h now"),
        format!("tart stop --timeout {TIMEOUT} {vm}"),
        format!("tart delete {vm}"),
    ]
}

#[cfg(test)]
mod tests {
    use hostler::model::{
        Access, Actor, Bytes, Each, Entry, Event, Fleet, GuestScript, HostSpec, ImageSpec,
        OnFailure, PoolSize, PoolSpec, Reach, Selector, SlotIx, Span, Timestamp, VmId,
    };

    use super::*;

    const SOURCE: &str = "registry.example.com/xcode:26";

    fn world() -> World {
        let mut fleet = Fleet::default();
        let image: ImageName = "xcode".parse().unwrap();
        let spec = ImageSpec { source: SOURCE.into(), os: Default::default() };
        fleet.images.insert(image.clone(), spec);
        let mut pool = PoolSpec::new(image, PoolSize::Count(1), Selector::default());
        pool.retire = Some(GuestScript { sh: "agent stop".into(), within: Span::from_mins(1) });
        pool.cpu = Some(4);
        pool.memory = Some(Bytes(8 << 30));
        fleet.pools.insert("ci".parse().unwrap(), pool);
        let host = HostSpec { authrestart: true, ..HostSpec::new(Access::Local) };
        fleet.hosts.insert("mini-01".parse().unwrap(), host);
        let mut world = World::default();
        let change = world.difference(&fleet);
        let placed = Event::SlotReserved {
            vm: VmId::from_bits(1),
            host: "mini-01".parse().unwrap(),
            slot: SlotIx::Zero,
            pool: "ci".parse().unwrap(),
            image: "xcode".parse().unwrap(),
            replaces: None,
        };
        let started = Event::ControllerStarted { version: "0".into() };
        let (to, why) = (Reach::Up, String::new());
        let up = Event::ReachChanged { host: "mini-01".parse().unwrap(), to, why };
        let events = [started, Event::FleetChanged { change }, up, placed];
        for (seq, event) in (1..).zip(events) {
            let (at, actor) = (Timestamp::default(), Actor::controller());
            world.apply(&Entry { seq, at, epoch: 1, actor, event }).unwrap();
        }
        world
    }

    fn said(acts: Vec<Act>, seen: bool) -> Vec<(String, Vec<String>)> {
        let world = world();
        let playbook = Playbook {
            name: "tidy".parse().unwrap(),
            summary: String::new(),
            each: Each::Host,
            steps: acts.into_iter().map(Step::plain).collect(),
            always: vec![Step { when: Some("not failed".into()), ..Step::plain(Act::Undrain) }],
            on_failure: OnFailure::Hold,
        };
        let (name, host) = world.hosts.first_key_value().unwrap();
        let mut steps = rehearse(&world, (name, host), &playbook, seen);
        let last = steps.pop().unwrap();
        assert_eq!(last.step, "closing step 1");
        assert_eq!(last.when.as_deref(), Some("not failed"));
        steps.into_iter().map(|step| (step.note, step.commands)).collect()
    }

    #[test]
    fn every_command_is_told_in_its_own_words() {
        let acts = vec![
            Act::Prefetch { image: None },
            Act::Sh { run: "brew cleanup -s\ntrue".into() },
            Act::Drain(DrainStep::default()),
            Act::DeleteVms,
            Act::PruneImages,
            Act::Reboot { within: Span::from_mins(15) },
        ];
        let vm = "hostler-ci-000000000001";
        let commands: Vec<_> = said(acts, true).into_iter().map(|(_, words)| words).collect();
        assert_eq!(
            commands,
            [
                vec![format!("tart pull {SOURCE}")],
                vec!["brew cleanup -s".into(), "true".into()],
                vec![
                    format!("tart exec -i {vm} /bin/sh -s, with on its standard input:"),
                    "  agent stop".into(),
                    format!("tart exec {vm} sudo -n shutdown -h now"),
                    format!("tart stop --timeout SECONDS {vm}"),
                    format!("tart delete {vm}"),
                ],
                // The drain has left nothing.
                vec![],
                vec!["tart delete IMAGE".into()],
                vec![
                    "sudo -n shutdown -r now".into(),
                    "sudo -n fdesetup authrestart -inputplist".into(),
                ],
            ]
        );
    }

    /// What is told is what the scripts do that are sent: each pair of words must stand in the
    /// rehearsal and in its script.
    #[test]
    fn the_words_are_those_of_the_scripts_that_are_sent() {
        macro_rules! script {
            ($name:literal) => {
                include_str!(concat!("../driver/", $name))
            };
        }
        let (from, to, mode) = ("a".into(), "/etc/b".into(), "0644".into());
        let acts = vec![
            Act::Respawn,
            Act::Prefetch { image: None },
            Act::PruneImages,
            Act::Copy { from, to, mode },
            Act::Reboot { within: Span::from_mins(15) },
        ];
        let told: Vec<String> = said(acts, true).into_iter().flat_map(|(_, words)| words).collect();
        let gone_before = script!("tart/scripts/stop.sh");
        for (script, sent, words) in [
            (
                script!("tart/scripts/deregister.sh"),
                "tart exec -i \"$vm\"",
                "tart exec -i hostler-ci-",
            ),
            (script!("tart/scripts/deregister.sh"), "/bin/sh -s", "/bin/sh -s, with on its"),
            (gone_before, "tart exec \"$vm\" sudo -n shutdown -h now", " sudo -n shutdown -h now"),
            (gone_before, "tart stop --timeout \"$timeout_s\" \"$vm\"", "tart stop --timeout "),
            (script!("tart/scripts/delete.sh"), "tart delete \"$vm\"", "tart delete hostler-ci-"),
            (script!("tart/scripts/clone.sh"), "tart clone \"$image\" \"$vm\"", "tart clone regi"),
            (script!("tart/scripts/clone.sh"), "set -- --random-mac", "tart set NEW --random-mac"),
            (script!("tart/scripts/clone.sh"), "\"$@\" --cpu \"$cpu\"", " --cpu 4"),
            (script!("tart/scripts/clone.sh"), "--memory \"$memory_mib\"", " --memory 8192"),
            (
                script!("tart/scripts/start.sh"),
                "tart run --no-graphics \"$vm\"",
                "tart run --no-gr",
            ),
            (script!("tart/scripts/pull.sh"), "tart pull \"$image\"", "tart pull registry"),
            (script!("tart/scripts/prune.sh"), "tart delete \"$name\"", "tart delete IMAGE"),
            (
                script!("macos/scripts/copy.sh"),
                "base64 --decode >\"$new\"",
                "base64 --decode >/etc/b.",
            ),
            (script!("macos/scripts/copy.sh"), "chmod \"$mode\" \"$new\"", "chmod 0644 /etc/b."),
            (script!("macos/scripts/copy.sh"), "mv -f \"$new\"", "mv -f /etc/b."),
            (
                script!("macos/scripts/reboot.sh"),
                "sudo -n shutdown -r now",
                "sudo -n shutdown -r now",
            ),
            (
                script!("macos/scripts/reboot.sh"),
                "sudo -n fdesetup authrestart -inputplist",
                "sudo -n fdesetup authrestart -inputplist",
            ),
        ] {
            assert!(script.contains(sent), "no script says `{sent}` any more: mend the rehearsal");
            assert!(told.iter().any(|line| line.contains(words)), "no `{words}` in {told:#?}");
        }
        let new = script!("macos/scripts/copy.sh").lines().find(|line| line.contains("new=\""));
        let new = new.unwrap_or_default().trim();
        let suffix = new.trim_end_matches('"').rsplit('.').next().unwrap_or_default();
        let named = format!("mv -f /etc/b.{suffix} /etc/b");
        assert!(told.contains(&named), "{new}: {told:#?}");
    }

    #[test]
    fn what_nobody_has_looked_at_is_said_to_be_unknown() {
        let told = said(vec![Act::DeleteVms, Act::Respawn], false);
        assert_eq!(told[0].0, "for each VM of ours");
        assert!(told[0].1.contains(&"tart delete VM".to_string()));
        let told = said(vec![Act::Respawn], true);
        assert!(told[0].1.contains(&format!("tart clone {SOURCE} NEW")), "{told:?}");
    }
}
