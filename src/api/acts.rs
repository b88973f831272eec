//! The routes that change something: each becomes one command to the engine.

use axum::Json;
use axum::extract::State;

use super::extract::{Body, Named};
use super::peer::Caller;
use super::problem::{Fault, What};
use super::server::ReloadError;
use super::{Api, CordonBody, ForgetBody, RespawnBody, TrustBody, UncordonBody};
use crate::engine::{Command, Done};
use crate::model::{HoldKind, HostName, PoolName, ScheduleName, Timestamp};

pub(super) type Answer = Result<Json<Done>, Fault>;

/// The longest reason, in characters.
const REASON_MOST: usize = 500;

pub(super) async fn ask(api: &Api, Caller(actor): Caller, command: Command) -> Answer {
    Ok(Json(api.handle.ask(actor, command).await?))
}

/// The hosts of the body, of which there must be some; `key` is where they stand.
pub(super) fn some(key: &str, hosts: &[HostName]) -> Result<(), Fault> {
    if hosts.is_empty() {
        return Err(Fault::new(What::BadBody, format!("{key}: name at least one host")));
    }
    Ok(())
}

/// The reason of the body without spaces around it.
pub(super) fn reason(key: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim().to_string();
    if text.is_empty() || text.chars().count() > REASON_MOST {
        let detail = format!("{key}: say why, in 1 to {REASON_MOST} characters");
        return Err(Fault::new(What::BadBody, detail));
    }
    Ok(text)
}

/// A moment of the body, which must be still to come.
pub(super) fn ahead(api: &Api, key: &str, at: Option<Timestamp>) -> Result<(), Fault> {
    let now = api.handle.now();
    if at.is_some_and(|at| at <= now) {
        let detail = format!("{key}: lies in the past; the controller's time is {now}");
        return Err(Fault::new(What::BadBody, detail));
    }
    Ok(())
}

pub(super) async fn cordon(
    State(api): State<Api>,
    caller: Caller,
    Body(CordonBody { hosts, reason: why, until, kind, on_expiry }): Body<CordonBody>,
) -> Answer {
    some("hosts", &hosts)?;
    let reason = reason("reason", &why)?;
    ahead(&api, "until", until)?;
    if on_expiry.is_some() && until.is_none() {
        return Err(Fault::new(What::BadBody, "on_expiry: means nothing without `until`"));
    }
    let command = match (kind, on_expiry) {
        (None | Some(HoldKind::Cordon), None) => Command::Cordon { hosts, reason, until },
        (Some(HoldKind::Drain), _) => {
            let detail = "kind: a drain empties hosts too: POST /v1/jobs {\"drain\": ...}";
            return Err(Fault::new(What::BadBody, detail));
        }
        (kind, on_expiry) => {
            let (kind, on_expiry) =
                (kind.unwrap_or(HoldKind::Cordon), on_expiry.unwrap_or_default());
            Command::Hold { hosts, kind, reason, until, on_expiry }
        }
    };
    ask(&api, caller, command).await
}

pub(super) async fn uncordon(
    State(api): State<Api>,
    caller: Caller,
    Body(UncordonBody { hosts, which }): Body<UncordonBody>,
) -> Answer {
    some("hosts", &hosts)?;
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
    Body(TrustBody { fingerprint, reason }): Body<TrustBody>,
) -> Answer {
    ask(&api, caller, Command::Trust { host, fingerprint, reason: reason.trim().into() }).await
}

pub(super) async fn forget(
    State(api): State<Api>,
    caller: Caller,
    Named(host): Named<HostName>,
    Body(ForgetBody { reason }): Body<ForgetBody>,
) -> Answer {
    let reason = self::reason("reason", &reason)?;
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
