//! What each kind of step does, in one `match`.

use std::collections::{BTreeMap, BTreeSet};

use super::express::holds;
use super::step::{Next, release};
use super::{Moves, Scene, Send, empty, unfit};
use crate::model::{
    Act, Event, HoldAsk, HoldKind, Host, HostName, HostTask, ImageName, Outcome, Phase, Reach,
    Refusal, SlotIx, Span, Step, StepRun, Via, Vm, World, plural,
};
use crate::plan::ready::disk_short;
use crate::plan::vm::ends_with_host;

/// A command that the host could not take is sent again after this.
const SEND_AGAIN: Span = Span::from_secs(10);

/// How long one try of a step may usually take; `None`: it has limits of its own, or none.
pub(super) fn usual_time(act: &Act) -> Option<Span> {
    let minutes = match act {
        Act::Drain(_) | Act::Wait { .. } => return None,
        Act::Reboot { within } => return Some(*within),
        Act::Undrain | Act::Uncordon | Act::Cordon { .. } | Act::Assert { .. } => 5,
        Act::Notify { .. } | Act::Copy { .. } => 5,
        Act::Sh { .. } | Act::Verify => 10,
        Act::DeleteVms | Act::PruneImages => 30,
        Act::WaitIdle | Act::Deregister => 60,
        Act::Respawn | Act::Prefetch { .. } => 120,
    };
    Some(Span::from_mins(minutes))
}

/// What the step under way does now.
pub(super) fn apply<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &'a HostTask,
    run: &'a StepRun,
    step: &'a Step,
    moves: &mut Moves<'a>,
) -> Next {
    let here = (name, host);
    match &step.act {
        Act::Drain(drain) => empty::drain(scene, here, task, run, drain, moves),
        Act::DeleteVms => empty::delete_vms(scene, here, task, moves),
        Act::Respawn => empty::respawn(scene, host, run, moves),
        Act::Deregister => empty::deregister(scene, host, moves),
        Act::Undrain | Act::Uncordon => match release(scene, here, "its job is done", moves) {
            true => Next::Wait("its holds are lifted".into()),
            false => Next::End(Ok(())),
        },
        Act::Cordon { reason } => {
            if host.holds.values().any(|hold| hold.job == Some(scene.job.id)) {
                return Next::End(Ok(()));
            }
            let (kind, reason) = (HoldKind::Maintenance, reason.clone());
            let ask = HoldAsk { kind, reason, until: None };
            moves.actions.push(empty::hold(name, scene.job.id, ask));
            Next::Wait("its hold is placed".into())
        }
        Act::Prefetch { image } => match missing_image(scene, host, image.as_ref()) {
            None => Next::End(Ok(())),
            Some(image) => prefetch(scene, here, task, run, image, moves),
        },
        Act::PruneImages => {
            let kept = scene.world.images.values().map(|image| image.source.clone());
            command(scene, here, task, run, kept.collect(), moves)
        }
        Act::Sh { .. } | Act::Copy { .. } => command(scene, here, task, run, Vec::new(), moves),
        Act::Reboot { .. } => reboot(scene, here, task, run, moves),
        Act::Verify => match unfit(host, run.began, scene.now) {
            None => Next::End(Ok(())),
            Some(why) => Next::Wait(why),
        },
        Act::Wait { time } if scene.now.since(run.began) >= *time => Next::End(Ok(())),
        Act::Wait { time } => {
            Next::Wait(format!("{} are left", (run.began + *time).since(scene.now).rough()))
        }
        Act::WaitIdle => {
            let serves = |phase| phase == Phase::Ready;
            let mut there = scene.world.vms_on(host).filter(|vm| serves(vm.phase));
            let doubt = |vm: &crate::model::Vm| match empty::leave(scene.world, vm, scene.now) {
                empty::Leave::Wait(why) if vm.deregistered.is_none() => Some(why),
                empty::Leave::Wait(_) | empty::Leave::Now | empty::Leave::Tell => None,
            };
            match there.find_map(|vm| Some(format!("vm {}: {}", vm.id, doubt(vm)?))) {
                Some(why) => Next::Wait(why),
                None => Next::End(Ok(())),
            }
        }
        Act::Assert { that, message } => match holds(scene, name, host, task, that) {
            Ok(true) => Next::End(Ok(())),
            Ok(false) if message.is_empty() => Next::End(Err(format!("`{that}` does not hold"))),
            Ok(false) => Next::End(Err(message.clone())),
            Err(why) => Next::End(Err(why)),
        },
        Act::Notify { message } => {
            let (job, host) = (scene.job.id, name.clone());
            moves.note(Event::Notified { job, host, message: message.clone() });
            Next::End(Ok(()))
        }
    }
}

/// A command that is sent once, and whose answer is the step's end.
fn command<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    run: &StepRun,
    what: Vec<String>,
    moves: &mut Moves<'a>,
) -> Next {
    if let Some(op) = &host.op {
        return Next::Wait(match op.lost {
            None => "its command is under way".into(),
            Some(_) => format!("{name} fell silent over it and must be seen again"),
        });
    }
    match run.answer.as_ref().map(|answer| (&answer.outcome, answer.at)) {
        Some((Outcome::Done, _)) => return Next::End(Ok(())),
        Some((Outcome::Refused { class, said }, at)) => {
            let again = matches!(class, Refusal::Busy | Refusal::NotSent | Refusal::Fenced);
            if !again {
                return Next::End(Err(said.clone()));
            }
            if scene.now < at + SEND_AGAIN {
                return Next::Wait(format!("it is sent again: {said}"));
            }
        }
        Some((Outcome::Unknown { .. }, _)) | None => {}
    }
    send(scene, (name, host), task, what, moves)
}

fn send<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    what: Vec<String>,
    moves: &mut Moves<'a>,
) -> Next {
    if !matches!(host.reach, Reach::Up | Reach::Locked) {
        return Next::Wait(format!("blocked: {name} is {}", host.reach));
    }
    moves.send.push(Send { host: name, job: scene.job.id, at: task.at, what });
    Next::Wait("its command is sent".into())
}

/// One image after another. A tool that says it has fetched one is believed when a look shows it;
/// none is fetched onto a disk that is short already.
fn prefetch<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    run: &StepRun,
    image: String,
    moves: &mut Moves<'a>,
) -> Next {
    let facts = host.seen.as_ref().map(|seen| &seen.facts);
    if let Some(facts) = facts.filter(|facts| host.op.is_none() && disk_short(facts)) {
        return Next::Wait(format!("disk: only {} of it are free for {image}", facts.disk_free));
    }
    let answered = run.answer.as_ref().filter(|answer| answer.outcome == Outcome::Done);
    match (answered, &host.op, &host.seen) {
        (Some(answer), None, Some(seen)) if seen.at > answer.at => {
            send(scene, (name, host), task, vec![image], moves)
        }
        (Some(_), None, _) => Next::Wait(format!("a look must show {image}")),
        _ => command(scene, (name, host), task, run, vec![image], moves),
    }
}

/// A reboot is proven by another boot session and by nothing else. It ends whatever runs on the
/// host, so it waits for guests that are not ours; one that was sent is not called back.
fn reboot<'a>(
    scene: &Scene<'a>,
    (name, host): (&'a HostName, &'a Host),
    task: &HostTask,
    run: &StepRun,
    moves: &mut Moves<'a>,
) -> Next {
    let boot = host.seen.as_ref().map_or("", |seen| seen.facts.boot.as_str());
    if !run.boot.is_empty() && !boot.is_empty() && boot != run.boot {
        return Next::End(Ok(()));
    }
    if run.boot.is_empty() {
        return Next::End(Err(
            "its boot session cannot be read, so no reboot could be proven".into()
        ));
    }
    let answered = run.answer.as_ref();
    let sent = host.op.is_some() || answered.is_some_and(|answer| answer.outcome == Outcome::Done);
    let ours = |vm: &&std::sync::Arc<Vm>| !ends_with_host(vm, host, scene.now);
    if let Some(vm) = scene.world.vms_on(host).find(ours).filter(|_| !sent) {
        return Next::End(Err(format!(
            "vm {} is still there: drain the host first, and see `hostler vm why {}`",
            vm.id, vm.id
        )));
    }
    if let Some(why) = others_run(scene, host).filter(|_| !sent) {
        return Next::Wait(why);
    }
    match command(scene, (name, host), task, run, Vec::new(), moves) {
        Next::End(Ok(())) => Next::Wait("it goes down and comes up again".into()),
        // The connection ends with the host, before or after the answer.
        other @ (Next::Wait(_) | Next::End(_)) => other,
    }
}

/// Who runs on the host and is not ours, as far as its last look can tell; `None`: nobody. Guests
/// that could not be counted may be there. As many as there are VMs of ours whose process may have
/// outlived them are taken for these when a person has asked, who was told so; a schedule was not.
fn others_run(scene: &Scene<'_>, host: &Host) -> Option<String> {
    let world = scene.world;
    let Some(seen) = &host.seen else { return Some("blocked: it was never seen".into()) };
    let hidden = world
        .vms_on(host)
        .filter(|vm| ends_with_host(vm, host, scene.now) && host.lists(vm) != Some(true));
    let hidden = u32::try_from(hidden.count()).unwrap_or(u32::MAX);
    let taken_for_ours = if scene.job.by.via == Via::Controller { 0 } else { hidden };
    let taken = SlotIx::ALL.into_iter().zip(&host.slots).filter_map(|(ix, slot)| {
        let name = slot.guest()?;
        Some((name, format!("{name} in slot {}", u8::from(ix))))
    });
    let mut others: BTreeMap<&str, String> = taken.collect();
    let ours: BTreeSet<String> = world.vms_on(host).map(|vm| vm.host_name()).collect();
    // Those of Linux take no slot, and end with the host all the same.
    for (name, vm) in seen.vms.iter().flatten() {
        if vm.state.runs() && !ours.contains(name) {
            others.entry(name).or_insert_with(|| name.clone());
        }
    }
    let mut told: Vec<String> = others.into_values().collect();
    let unlisted = host.unaccounted(seen).or(seen.guests);
    match unlisted.map(|n| n.saturating_sub(taken_for_ours)) {
        None => return Some("blocked: the guests that run there cannot be counted".into()),
        Some(0) => {}
        Some(n) => {
            told.push(format!("{} that its tool does not list", plural(n as usize, "guest")))
        }
    }
    (!told.is_empty()).then(|| {
        format!("blocked: a reboot would end what is not ours: {}: stop it there", told.join(", "))
    })
}

/// The first image that should be on the host and is not.
pub(super) fn missing_image(
    scene: &Scene<'_>,
    host: &Host,
    only: Option<&ImageName>,
) -> Option<String> {
    let wanted: Vec<&ImageName> = match only {
        Some(image) => vec![image],
        None => {
            let uses = scene.world.pools.values();
            let uses = uses.filter(|pool| pool.spec.hosts.matches(&host.spec.labels));
            uses.map(|pool| &pool.spec.image).collect()
        }
    };
    wanted.into_iter().find_map(|image| lacks(scene.world, host, image))
}

/// The reference of an image that is not on the host; `None`: it is there, or on no other place.
pub(in crate::plan) fn lacks(world: &World, host: &Host, image: &ImageName) -> Option<String> {
    let source = &world.images.get(image)?.source;
    let images = host.seen.as_ref().and_then(|seen| seen.images.as_ref());
    // A name without a registry is a VM on the host itself: there is nothing to fetch.
    let there = !source.contains('/') || images.is_some_and(|images| images.contains(source));
    (!there).then(|| source.clone())
}
