//! Fetches what a VM's process has said, beside the looks, for who asks. Nothing is written down.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Clock;
use super::handle::Denied;
use crate::driver;
use crate::model::{HostName, Reach, Span, VmId, World};
use crate::transport::Carry;

/// It may take this long; on a fast clock, still as long as a busy machine needs.
const LIMIT: Span = Span::from_secs(10);
const FLOOR: Duration = Duration::from_secs(4);

/// Fetches it, and answers with it.
pub(super) fn fetch(
    (carry, clock): (Arc<dyn Carry>, Clock),
    world: Arc<World>,
    vm: VmId,
    answer: oneshot::Sender<Result<String, Denied>>,
) {
    tokio::spawn(async move {
        let _ = answer.send(of(&*carry, &clock, &world, vm).await);
    });
}

async fn of(carry: &dyn Carry, clock: &Clock, world: &World, id: VmId) -> Result<String, Denied> {
    let Some((vm, host)) = world.vms.get(&id).and_then(|vm| Some((vm, world.hosts.get(&vm.host)?)))
    else {
        return Err(Denied::NotFound(format!(
            "vm {id} is not known, or gone: `hostler events` says why, and its host keeps what it \
             said for a while, in ~/.hostler/log"
        )));
    };
    if host.reach == Reach::IdentityMismatch {
        // Nothing is sent to it before a person has judged its key.
        return Err(unread(&vm.host, &host.reach_why));
    }
    let limit = clock.real(LIMIT, FLOOR);
    let name = vm.host_name();
    let read = driver::log(carry, &vm.host, &host.spec, &name, limit);
    match Clock::within(limit, read).await.map_err(|late| unread(&vm.host, &late))? {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(Denied::NotFound(format!("{} has no log of vm {id} yet", vm.host))),
        Err(blind) => Err(unread(&vm.host, &blind.to_string())),
    }
}

fn unread(host: &HostName, why: &str) -> Denied {
    Denied::Conflict(format!("{why}: `hostler host why {host}` says how it is reached"))
}
