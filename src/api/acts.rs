//! The routes that change something: each becomes one command to the engine.

use axum::Json;
use axum::extract::State;

use super::extract::{Body, Named};
use super::peer::Caller;
use super::problem::{Fault, What};
use super::server::ReloadError;
use super::{Api, CordonBody, ForgetBody, RespawnBody, TrustBody, UncordonBody};
use crate::engine::{Command, Done};
use crate::model::{HostName, PoolName, ScheduleName};

type Answer = Result<Json<Done>, Fault>;

/// The longest reason, in characters.
const REASON_MOST: usize = 500;

async fn ask(api: &Api, Caller(actor): Caller, command: Command) -> Answer {
    Ok(Json(api.handle.ask(actor, command).await?))
}

fn some(hosts: &[HostName]) -> Result<(), Fault> {
    if hosts.is_empty() {
        return Err(Fault::new(What::BadBody, "hosts: name at least one host"));
    }
    Ok(())
}

/// The reason, when one was given.
fn told(reason: &str) -> Result<String, Fault> {
    let reason = reason.trim().to_string();
    if reason.is_empty() || reason.chars().count() > REASON_MOST {
        let detail = format!("reason: say why, in 1 to {REASON_MOST} characters");
        return Err(Fault::new(What::BadBody, detail));
    }
    Ok(reason)
}

pub(super) async fn cordon(
    State(api): State<Api>,
    caller: Caller,
    Body(CordonBody { hosts, reason, until }): Body<CordonBody>,
) -> Answer {
    some(&hosts)?;
    let reason = told(&reason)?;
    if until.is_some_and(|until| until <= api.handle.now()) {
        let now = api.handle.now();
        let detail = format!("until: lies in the past; the controller's time is {now}");
        return Err(Fault::new(What::BadBody, detail));
    }
    ask(&api, caller, Command::Cordon { hosts, reason, until }).await
}

pub(super) async fn uncordon(
    State(api): State<Api>,
    caller: Caller,
    Body(UncordonBody { hosts, which }): Body<UncordonBody>,
) -> Answer {
    some(&hosts)?;
    ask(&api, caller, Command::Uncordon { hosts, which }).await
}

pub(super) async fn respawn(
    State(api): State<Api>,
    caller: Caller,
    Named(pool): Named<PoolName>,
    body: Option<Body<RespawnBody>>,
) -> Answer {
    let max_unavailable = body.and_then(|Body(body)| body.max_unavailable);
    ask(&api, caller, Command::Respawn { pool, max_unavailable }).await
}

pub(super) async fn run_now(
    State(api): State<Api>,
    caller: Caller,
    Named(schedule): Named<ScheduleName>,
) -> Answer {
    ask(&api, caller, Command::RunNow { schedule }).await
}

pub(super) async fn trust(
    State(api): State<Api>,
    caller: Caller,
    Named(host): Named<HostName>,
    Body(TrustBody { fingerprint }): Body<TrustBody>,
) -> Answer {
    ask(&api, caller, Command::Trust { host, fingerprint }).await
}

pub(super) async fn forget(
    State(api): State<Api>,
    caller: Caller,
    Named(host): Named<HostName>,
    Body(ForgetBody { reason }): Body<ForgetBody>,
) -> Answer {
    let reason = told(&reason)?;
    ask(&api, caller, Command::Forget { host, reason }).await
}

pub(super) async fn reload(State(api): State<Api>, Caller(actor): Caller) -> Answer {
    let Some(reload) = &api.reload else {
        let detail = "this controller has no fleet directory to read again";
        return Err(Fault::new(What::Conflict, detail));
    };
    match reload.reload(actor).await {
        Ok(done) => Ok(Json(done)),
        Err(ReloadError::Invalid(said)) => Err(Fault::new(What::BadFleet, said)),
        Err(ReloadError::Denied(denied)) => Err(denied.into()),
    }
}
