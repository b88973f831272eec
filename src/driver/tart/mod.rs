//! Tart: which scripts to send, and what its answers mean.

mod list;
mod look;
mod refusal;

use std::time::Duration;

use super::{Look, Order};
use crate::model::{OpKind, Timestamp};
use crate::transport::Script;

pub(super) use refusal::classify as refusal;

macro_rules! body {
    ($($part:literal),+) => {
        concat!($(include_str!($part), "\n"),+)
    };
}

const LOOK: &str = body!(
    "../macos/scripts/env.sh",
    "../macos/scripts/guard.sh",
    "../macos/scripts/facts.sh",
    "scripts/vms.sh",
    "scripts/look.sh"
);

macro_rules! guarded {
    ($own:literal) => {
        body!("../macos/scripts/env.sh", "../macos/scripts/guard.sh", "scripts/vms.sh", $own)
    };
}

/// The script of a look.
pub(super) fn look(epoch: u64) -> Script {
    Script::new("tart.look", LOOK).arg("epoch", epoch)
}

/// What the answer to a look says.
///
/// # Errors
/// When it is torn or none of ours.
pub(super) fn read(answer: &str, at: Timestamp) -> Result<Look, String> {
    look::read(answer, at)
}

/// The script that carries out an order.
pub(super) fn order(order: &Order, epoch: u64, limit: Duration) -> Script {
    let script = match order.kind {
        OpKind::Clone => Script::new("tart.clone", guarded!("scripts/clone.sh"))
            .arg("image", &order.image)
            .arg("cpu", order.cpu.map(|n| n.to_string()).unwrap_or_default())
            .arg("memory_mib", order.memory.map(|n| n.as_mib().to_string()).unwrap_or_default()),
        OpKind::Start => Script::new("tart.start", guarded!("scripts/start.sh")),
        OpKind::Deregister => Script::new("tart.deregister", guarded!("scripts/deregister.sh"))
            .arg("guest", &order.guest)
            .arg("timeout_s", limit.as_secs().clamp(1, 600)),
        OpKind::Stop => Script::new("tart.stop", guarded!("scripts/stop.sh"))
            .arg("timeout_s", stop_timeout(order, limit)),
        OpKind::Delete => Script::new("tart.delete", guarded!("scripts/delete.sh")),
    };
    script.arg("epoch", epoch).arg("op", order.op).arg("vm", &order.vm)
}

/// A third of the limit, unless the guest was promised another time; in seconds.
fn stop_timeout(order: &Order, limit: Duration) -> u64 {
    let usual = limit.as_secs() / 3;
    order.grace.map_or(usual, |grace| grace.as_secs()).clamp(1, limit.as_secs().max(2) / 2)
}

#[cfg(test)]
mod tests;
