//! Plans and jobs: what would be done, doing it, and what is asked of a job or a schedule that
//! goes on.

use axum::extract::State;
use axum::{Extension, Json};

use super::acts::{Answer, ahead, ask, reason, some};
use super::extract::{Body, Named};
use super::peer::Caller;
use super::plans::{Plans, playbook};
use super::problem::{Fault, What};
use super::{Api, JobBody, Planned, ReasonBody, RetryBody, SkipBody, UndrainBody};
use crate::engine::Command;
use crate::model::{
    DrainAsk, JobId, PlanAsk, PlayAsk, PoolName, RespawnAsk, ScheduleName, Selector, Share, VmId,
};

/// The longest key of a job, in characters.
const KEY_MOST: usize = 100;

fn bad(detail: impl Into<String>) -> Fault {
    Fault::new(What::BadBody, detail)
}

fn key(at: &str, key: Option<&String>) -> Result<(), Fault> {
    let fits = |key: &String| !key.trim().is_empty() && key.chars().count() <= KEY_MOST;
    if key.is_none_or(fits) {
        return Ok(());
    }
    Err(bad(format!("{at}: expected 1 to {KEY_MOST} characters")))
}

fn at_once(at: &str, share: Option<Share>) -> Result<(), Fault> {
    if share.is_some_and(|share| share.of(100) == 0) {
        return Err(bad(format!("{at}: expected at least 1 host")));
    }
    Ok(())
}

/// The drain of a body, each of whose faults is told by its key.
fn checked(api: &Api, mut drain: Box<DrainAsk>) -> Result<Box<DrainAsk>, Fault> {
    some("drain.hosts", &drain.hosts)?;
    drain.reason = reason("drain.reason", &drain.reason)?;
    ahead(api, "drain.at", drain.at)?;
    ahead(api, "drain.until", drain.until)?;
    at_once("drain.max_parallel", drain.max_parallel)?;
    key("drain.key", drain.key.as_ref())?;
    if drain.ignore.as_ref().is_some_and(Selector::is_empty) {
        let detail = "drain.ignore: expected a selector such as pool=cache; to wait for no VM at \
                      all, say drain.force";
        return Err(bad(detail));
    }
    Ok(drain)
}

fn checked_play(mut play: Box<PlayAsk>) -> Result<Box<PlayAsk>, Fault> {
    some("play.hosts", &play.hosts)?;
    play.reason = reason("play.reason", &play.reason)?;
    at_once("play.max_unavailable", play.max_unavailable)?;
    key("play.key", play.key.as_ref())?;
    Ok(play)
}

pub(super) async fn plan(
    State(api): State<Api>,
    Extension(plans): Extension<Plans>,
    Body(ask): Body<PlanAsk>,
) -> Result<Json<Planned>, Fault> {
    let ask = match ask {
        PlanAsk::Drain(drain) => PlanAsk::Drain(checked(&api, drain)?),
        PlanAsk::Play(play) => PlanAsk::Play(checked_play(play)?),
        PlanAsk::Respawn(respawn) => {
            at_once("respawn.max_unavailable", respawn.max_unavailable)?;
            PlanAsk::Respawn(respawn)
        }
        PlanAsk::Run(schedule) => PlanAsk::Run(schedule),
    };
    let plan = api.handle.preview(&ask)?;
    Ok(Json(plans.keep(&api.handle.world(), ask, plan)))
}

pub(super) async fn submit(
    State(api): State<Api>,
    Extension(plans): Extension<Plans>,
    caller: Caller,
    Body(body): Body<JobBody>,
) -> Answer {
    let command = match body {
        JobBody::Plan(token) => match still_true(&api, &plans, &token)? {
            PlanAsk::Drain(ask) => Command::Drain { ask },
            PlanAsk::Play(ask) => Command::Play { ask },
            PlanAsk::Respawn(RespawnAsk { pool, max_unavailable }) => {
                Command::Respawn { pool, max_unavailable }
            }
            PlanAsk::Run(schedule) => {
                let detail = format!(
                    "plan: it shows a run that schedule {schedule} opens at its time: POST \
                     /v1/schedules/{schedule}/run-now opens one now"
                );
                return Err(bad(detail));
            }
        },
        JobBody::Drain(drain) => Command::Drain { ask: checked(&api, drain)? },
        JobBody::Play(play) => Command::Play { ask: checked_play(play)? },
    };
    ask(&api, caller, command).await
}

/// What was planned under the token, if the plan made again now is the same in substance.
fn still_true(api: &Api, plans: &Plans, token: &str) -> Result<PlanAsk, Fault> {
    let Some(shown) = plans.take(token) else {
        let detail = "plan: no plan has this token, or it was submitted already: POST /v1/plans \
                      makes one";
        return Err(Fault::new(What::NotFound, detail));
    };
    let now = api.handle.preview(&shown.ask)?;
    let world = api.handle.world();
    let same_book = playbook(&world, &shown.ask) == shown.playbook;
    if same_book && now.is_much_like(&shown.plan) {
        return Ok(shown.ask);
    }
    let detail = "the fleet has changed since this plan was made: look at the new one, and submit \
                  its token";
    let fresh = Some(Box::new(plans.keep(&world, shown.ask, now)));
    Err(Fault { fresh, ..Fault::new(What::StalePlan, detail) })
}

pub(super) async fn undrain(
    State(api): State<Api>,
    caller: Caller,
    Body(UndrainBody { hosts }): Body<UndrainBody>,
) -> Answer {
    some("hosts", &hosts)?;
    ask(&api, caller, Command::Undrain { hosts }).await
}

pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Named(job): Named<JobId>,
) -> Answer {
    ask(&api, caller, Command::CancelJob { job }).await
}

pub(super) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    Named(job): Named<JobId>,
) -> Answer {
    ask(&api, caller, Command::ResumeJob { job }).await
}

pub(super) async fn discharge(
    State(api): State<Api>,
    caller: Caller,
    Named(job): Named<JobId>,
    Body(ReasonBody { reason: why }): Body<ReasonBody>,
) -> Answer {
    let reason = reason("reason", &why)?;
    ask(&api, caller, Command::DischargeJob { job, reason }).await
}

pub(super) async fn resume_vm(
    State(api): State<Api>,
    caller: Caller,
    Named(vm): Named<VmId>,
) -> Answer {
    ask(&api, caller, Command::ResumeVm { vm }).await
}

pub(super) async fn discharge_vm(
    State(api): State<Api>,
    caller: Caller,
    Named(vm): Named<VmId>,
    Body(ReasonBody { reason: why }): Body<ReasonBody>,
) -> Answer {
    let reason = reason("reason", &why)?;
    ask(&api, caller, Command::DischargeVm { vm, reason }).await
}

pub(super) async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Named(job): Named<JobId>,
    body: Option<Body<RetryBody>>,
) -> Answer {
    let RetryBody { host, from } = body.map(|Body(body)| body).unwrap_or_default();
    ask(&api, caller, Command::RetryJob { job, host, from }).await
}

pub(super) async fn skip(
    State(api): State<Api>,
    caller: Caller,
    Named(job): Named<JobId>,
    Body(SkipBody { host }): Body<SkipBody>,
) -> Answer {
    ask(&api, caller, Command::SkipHost { job, host }).await
}

pub(super) async fn suspend(
    State(api): State<Api>,
    caller: Caller,
    Named(schedule): Named<ScheduleName>,
    Body(ReasonBody { reason: why }): Body<ReasonBody>,
) -> Answer {
    let reason = reason("reason", &why)?;
    ask(&api, caller, Command::Suspend { schedule, reason }).await
}

pub(super) async fn resume_schedule(
    State(api): State<Api>,
    caller: Caller,
    Named(schedule): Named<ScheduleName>,
) -> Answer {
    ask(&api, caller, Command::ResumeSchedule { schedule }).await
}

pub(super) async fn release_pool(
    State(api): State<Api>,
    caller: Caller,
    Named(pool): Named<PoolName>,
) -> Answer {
    ask(&api, caller, Command::ReleasePool { pool }).await
}

pub(super) async fn skip_next(
    State(api): State<Api>,
    caller: Caller,
    Named(schedule): Named<ScheduleName>,
) -> Answer {
    ask(&api, caller, Command::SkipNext { schedule }).await
}
