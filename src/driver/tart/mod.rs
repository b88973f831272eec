//! Tart: which scripts to send, and what its answers mean.

mod doctor;
mod list;
mod look;
mod refusal;

use std::time::Duration;

use super::{Look, Order, Probe, words};
use crate::model::{Exam, OpKind, Timestamp};
use crate::transport::Script;

pub(super) use refusal::classify as refusal;

macro_rules! body {
    ($($part:literal),+) => {
        concat!($(include_str!($part), "\n"),+)
    };
}

macro_rules! look_and {
    ($($more:literal),*) => {
        body!(
            "../macos/scripts/env.sh",
            "../macos/scripts/guard.sh",
            "../macos/scripts/guests.sh",
            "../macos/scripts/facts.sh",
            "scripts/vms.sh",
            "scripts/look.sh",
            $($more,)*
            "../macos/scripts/end.sh"
        )
    };
}

const LOOK: &str = look_and!();
/// A look, and after it what only the doctor asks.
const DOCTOR: &str = look_and!("scripts/doctor.sh", "../macos/scripts/doctor.sh");

macro_rules! guarded {
    ($($own:literal),+) => {
        body!("../macos/scripts/env.sh", "../macos/scripts/guard.sh", "scripts/vms.sh", $($own),+)
    };
}

/// The script of a look. Probes go in lines of a VM's name and its script in base 64; a name that
/// cannot be one of ours is not asked.
pub(super) fn look(probes: &[Probe], epoch: u64) -> Script {
    let probes: Vec<String> = probes
        .iter()
        .filter(|probe| super::check_vm(&probe.vm).is_ok())
        .map(|probe| format!("{} {}", probe.vm, words::base64(probe.sh.as_bytes())))
        .collect();
    Script::new("tart.look", LOOK).arg("epoch", epoch).arg("probes", probes.join("\n"))
}

/// What the answer to a look says.
///
/// # Errors
/// When it is torn or none of ours.
pub(super) fn read(answer: &str, at: Timestamp) -> Result<Look, String> {
    look::read(answer, at)
}

/// The script of an examination. It asks no guest.
pub(super) fn doctor(epoch: u64) -> Script {
    Script::new("tart.doctor", DOCTOR).arg("epoch", epoch).arg("probes", "")
}

/// What the answer to an examination says.
///
/// # Errors
/// As of a look.
pub(super) fn examined(answer: &str, at: Timestamp) -> Result<Exam, String> {
    doctor::read(answer, at)
}

/// The script that carries out an order.
pub(super) fn order(order: &Order, epoch: u64, limit: Duration) -> Script {
    let script = match order.kind {
        OpKind::Clone => Script::new("tart.clone", guarded!("scripts/clone.sh"))
            .arg("image", &order.image)
            .arg("cpu", order.cpu.map(|n| n.to_string()).unwrap_or_default())
            .arg("memory_mib", order.memory.map(|n| n.as_mib().to_string()).unwrap_or_default()),
        OpKind::Start => {
            Script::new("tart.start", guarded!("../macos/scripts/guests.sh", "scripts/start.sh"))
        }
        OpKind::Deregister => Script::new("tart.deregister", guarded!("scripts/deregister.sh"))
            .arg("guest", &order.guest)
            // The host is to tell us of it before we stop listening.
            .arg("timeout_s", (limit.as_secs() * 2 / 3).max(1)),
        OpKind::Stop => Script::new("tart.stop", guarded!("scripts/stop.sh"))
            .arg("grace_s", if order.hurry { 0 } else { grace(order, limit) })
            .arg("timeout_s", if order.hurry { 0 } else { (limit.as_secs() / 3).max(1) }),
        OpKind::Delete => Script::new("tart.delete", guarded!("scripts/delete.sh")),
    };
    script.arg("epoch", epoch).arg("op", order.op).arg("vm", &order.vm)
}

/// How long the guest has to shut down, in seconds: what it was promised, as far as the tool's
/// own stop has its third of the limit after it.
fn grace(order: &Order, limit: Duration) -> u64 {
    order.grace.as_secs().min(limit.as_secs() / 2)
}

/// The script that prints what a VM's process has said; 3: nothing of it is kept.
pub(super) fn log(vm: &str) -> Script {
    Script::new("tart.log", body!("../macos/scripts/env.sh", "scripts/log.sh")).arg("vm", vm)
}

/// The script that has an image cached.
pub(super) fn pull(image: &str) -> Script {
    Script::new("tart.pull", guarded!("scripts/pull.sh")).arg("image", tagged(image))
}

/// The script that removes all cached images but these.
pub(super) fn prune(keep: &[String]) -> Script {
    let keep: Vec<String> = keep.iter().map(|image| tagged(image)).collect();
    Script::new("tart.prune", guarded!("scripts/prune.sh")).arg("keep", keep.join("\n"))
}

/// As the tool lists it: what has neither tag nor digest is the latest.
fn tagged(image: &str) -> String {
    match image.rsplit_once('/') {
        Some((_, last)) if !last.contains([':', '@']) => format!("{image}:latest"),
        Some(_) | None => image.into(),
    }
}

#[cfg(test)]
mod tests;
