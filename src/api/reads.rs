//! The routes that only look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::extract::{Asked, Body, Named};
use super::history::{LogQuery, Moment, Past, Period};
use super::problem::{Fault, What};
use super::{
    Api, DoctorBody, HostItem, JobItem, Listing, Live, Log, PoolItem, PutRight, Report,
    ScheduleItem, SlotsReport, Snapshot, VmItem, VmLog, Why, metrics,
};
use crate::model::{
    Checkup, Forecast, Host, HostName, JobId, LICENSED, Plan, Playbook, PlaybookName, PoolName,
    Schedule, ScheduleName, Span, VmId, Want, World,
};

type Answer<T> = Result<Json<T>, Fault>;

/// How many next times a schedule shows.
const NEXT_SHOWN: usize = 5;
/// As many at most when all within a span are asked for.
const WITHIN_SHOWN: usize = 500;
/// So far ahead they can be asked for: a year, and the rest of a calendar's page.
const WITHIN_MOST: Span = Span::from_hours(400 * 24);

pub(super) async fn world(State(api): State<Api>) -> Json<Snapshot> {
    let world = (*api.handle.world()).clone();
    Json(Snapshot { seq: world.seq, world })
}

pub(super) async fn log(State(api): State<Api>, Asked(query): Asked<LogQuery>) -> Answer<Log> {
    let most = query.most();
    let entries = api.history.entries(query, most).await;
    let entries = entries.map_err(|why| Fault::new(What::Journal, why))?;
    Ok(Json(Log { entries }))
}

pub(super) async fn past(State(api): State<Api>, Asked(moment): Asked<Moment>) -> Answer<Past> {
    if moment.at.is_some() && moment.seq.is_some() {
        return Err(Fault::new(What::BadQuery, "`at` and `seq` name two moments: say one of them"));
    }
    let past = api.history.past(moment).await.map_err(|why| Fault::new(What::Journal, why))?;
    past.map(Json).ok_or_else(|| Fault::not_found("entry", "of the journal"))
}

pub(super) async fn slots_report(
    State(api): State<Api>,
    Asked(period): Asked<Period>,
) -> Answer<SlotsReport> {
    if let (Some(since), Some(until)) = (period.since, period.until)
        && since > until
    {
        return Err(Fault::new(What::BadQuery, "`since` is later than `until`"));
    }
    let licence = api.history.licence(period).await;
    let licence = licence.map_err(|why| Fault::new(What::Journal, why))?;
    let leaking_builds = api.handle.leaking_builds();
    Ok(Json(SlotsReport { licence, licensed: LICENSED, leaking_builds }))
}

fn listing<T>(api: &Api, world: &World, items: Vec<T>) -> Json<Listing<T>> {
    Json(Listing { seq: world.seq, at: api.handle.now(), items })
}

pub(super) async fn hosts(State(api): State<Api>) -> Json<Listing<HostItem>> {
    let world = api.handle.world();
    listing(&api, &world, HostItem::all(&world))
}

pub(super) async fn host(State(api): State<Api>, Named(name): Named<HostName>) -> Answer<HostItem> {
    let item = HostItem::one(&api.handle.world(), &name);
    let mut item = item.ok_or_else(|| Fault::not_found("host", &name))?;
    item.slots_said = api.handle.slots_said(&name);
    if !item.drift.is_empty() {
        item.put_right = api.handle.next_run_on(&name).map(PutRight::new);
    }
    Ok(Json(item))
}

pub(super) async fn why_host(State(api): State<Api>, Named(name): Named<HostName>) -> Answer<Why> {
    let lines = api.handle.why_host(&name).ok_or_else(|| Fault::not_found("host", &name))?;
    Ok(Json(Why { name: name.to_string(), lines }))
}

/// It sends a script to each host, and changes nothing.
pub(super) async fn doctor(
    State(api): State<Api>,
    body: Option<Body<DoctorBody>>,
) -> Answer<Listing<Checkup>> {
    let Body(DoctorBody { hosts, which }) = body.unwrap_or(Body(DoctorBody::default()));
    let world = api.handle.world();
    if let Some(unknown) = hosts.iter().find(|name| !world.hosts.contains_key(*name)) {
        return Err(Fault::not_found("host", unknown));
    }
    let all = hosts.is_empty() && which.is_none();
    let meant = |(name, host): &(&HostName, &Arc<Host>)| {
        all || hosts.contains(name) || which.as_ref().is_some_and(|w| w.matches(&host.spec.labels))
    };
    let meant = world.hosts.iter().filter(meant).map(|(name, _)| name.clone()).collect();
    let items = api.handle.examine(meant).await?;
    Ok(listing(&api, &world, items))
}

pub(super) async fn vms(State(api): State<Api>) -> Json<Listing<VmItem>> {
    let world = api.handle.world();
    listing(&api, &world, VmItem::all(&world, api.handle.now()))
}

pub(super) async fn vm(State(api): State<Api>, Named(id): Named<VmId>) -> Answer<VmItem> {
    let mut item = VmItem::one(&api.handle.world(), id, api.handle.now());
    if let Some(item) = item.as_mut().filter(|item| item.drift.is_some()) {
        item.put_right = api.handle.next_run_for(&item.vm.pool).map(PutRight::new);
    }
    item.map(Json).ok_or_else(|| Fault::not_found("vm", id))
}

pub(super) async fn why_vm(State(api): State<Api>, Named(id): Named<VmId>) -> Answer<Why> {
    let lines = api.handle.why_vm(id).ok_or_else(|| Fault::not_found("vm", id))?;
    Ok(Json(Why { name: id.to_string(), lines }))
}

/// Its host is asked.
pub(super) async fn vm_log(State(api): State<Api>, Named(id): Named<VmId>) -> Answer<VmLog> {
    let text = api.handle.vm_log(id).await?;
    Ok(Json(VmLog { vm: id, text }))
}

pub(super) async fn pools(State(api): State<Api>) -> Answer<Listing<PoolItem>> {
    let plan = api.handle.plan().await?;
    let world = api.handle.world();
    Ok(listing(&api, &world, pool_items(&api, &world, &plan)))
}

pub(super) async fn pool(State(api): State<Api>, Named(name): Named<PoolName>) -> Answer<PoolItem> {
    let plan = api.handle.plan().await?;
    let mut items = pool_items(&api, &api.handle.world(), &plan).into_iter();
    let item = items.find(|item| item.name == name);
    item.map(Json).ok_or_else(|| Fault::not_found("pool", name))
}

fn pool_items(api: &Api, world: &World, plan: &Plan) -> Vec<PoolItem> {
    let mut items = PoolItem::all(world, plan, api.handle.now());
    for item in items.iter_mut().filter(|item| !item.drifted.is_empty()) {
        item.put_right = api.handle.next_run_for(&item.name).map(PutRight::new);
    }
    items
}

fn schedule_item(api: &Api, name: &ScheduleName, schedule: &Arc<Schedule>) -> ScheduleItem {
    let next = api.handle.next_runs(name, NEXT_SHOWN);
    let schedule = schedule.clone();
    ScheduleItem { name: name.clone(), next, more: false, outlook: None, schedule }
}

/// `?within=35d`: all times until then; without it, the next few.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchedulesQuery {
    within: Option<Span>,
}

pub(super) async fn schedules(
    State(api): State<Api>,
    Asked(query): Asked<SchedulesQuery>,
) -> Answer<Listing<ScheduleItem>> {
    if let Some(span) = query.within.filter(|span| *span > WITHIN_MOST) {
        let detail = format!("runs are told within at most {WITHIN_MOST}, not {span}");
        return Err(Fault::new(What::BadQuery, detail));
    }
    let mut outlooks = match query.within {
        Some(span) => api.handle.outlook(span).await?,
        None => BTreeMap::new(),
    };
    let world = api.handle.world();
    let item = |(name, schedule): (&ScheduleName, &Arc<Schedule>)| match query.within {
        None => schedule_item(&api, name, schedule),
        Some(span) => {
            let (next, more) = api.handle.runs_within(name, span, WITHIN_SHOWN);
            let outlook = outlooks.remove(name);
            ScheduleItem { name: name.clone(), next, more, outlook, schedule: schedule.clone() }
        }
    };
    let items = world.schedules.iter().map(item).collect();
    Ok(listing(&api, &world, items))
}

pub(super) async fn schedule(
    State(api): State<Api>,
    Named(name): Named<ScheduleName>,
) -> Answer<ScheduleItem> {
    let world = api.handle.world();
    let item = world.schedules.get(&name).map(|schedule| schedule_item(&api, &name, schedule));
    item.map(Json).ok_or_else(|| Fault::not_found("schedule", name))
}

pub(super) async fn jobs(State(api): State<Api>) -> Json<Listing<JobItem>> {
    let world = api.handle.world();
    listing(&api, &world, JobItem::all(&world))
}

pub(super) async fn job(State(api): State<Api>, Named(id): Named<JobId>) -> Answer<JobItem> {
    let item = JobItem::one(&api.handle.world(), id);
    item.map(Json).ok_or_else(|| Fault::not_found("job", id))
}

pub(super) async fn playbooks(State(api): State<Api>) -> Json<Listing<Arc<Playbook>>> {
    let world = api.handle.world();
    listing(&api, &world, world.playbooks.values().cloned().collect())
}

pub(super) async fn playbook(
    State(api): State<Api>,
    Named(name): Named<PlaybookName>,
) -> Answer<Arc<Playbook>> {
    let item = api.handle.world().playbooks.get(&name).cloned();
    item.map(Json).ok_or_else(|| Fault::not_found("playbook", name))
}

/// `?brief=true`: only why pools, jobs and hosts in jobs wait. A fleet has a reason for each of
/// its VMs that waits, and whoever looks at all of it every few seconds has no use for those.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanQuery {
    #[serde(default)]
    brief: bool,
}

pub(super) async fn plan(
    State(api): State<Api>,
    Asked(PlanQuery { brief }): Asked<PlanQuery>,
) -> Answer<Plan> {
    let mut plan = api.handle.plan().await?;
    if brief {
        plan.actions.clear();
        plan.held.retain(|held| match held.want {
            Want::Pool { .. } | Want::Job { .. } | Want::Host { .. } => true,
            Want::Vm { .. }
            | Want::Hold { .. }
            | Want::Quarantine { .. }
            | Want::Schedule { .. }
            | Want::Judge { .. }
            | Want::Jump { .. } => false,
        });
    }
    Ok(Json(plan))
}

/// `?for=24h`; without it, a day. `&brief=true`: without the turns of single hosts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForecastQuery {
    #[serde(rename = "for")]
    span: Option<Span>,
    #[serde(default)]
    brief: bool,
}

/// So many misfits a brief forecast tells.
const MISFITS_SHOWN: usize = 20;
/// Nobody plans further ahead, and each day costs as much as the first.
pub const FORECAST_MOST: Span = Span::from_hours(7 * 24);

pub(super) async fn forecast(
    State(api): State<Api>,
    Asked(query): Asked<ForecastQuery>,
) -> Answer<Forecast> {
    let span = query.span.unwrap_or(Span::from_hours(24));
    if span > FORECAST_MOST || span == Span::ZERO {
        let detail = format!("a forecast is for 1s to {FORECAST_MOST}, not for {span}");
        return Err(Fault::new(What::BadQuery, detail));
    }
    let forecast = api.handle.forecast(span).await?;
    Ok(Json(if query.brief { forecast.brief(MISFITS_SHOWN) } else { forecast }))
}

pub(super) async fn status(State(api): State<Api>) -> Json<Report> {
    Json(Report::new(&api.handle))
}

/// `?hosts=a,b`; without it, all hosts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveQuery {
    hosts: Option<String>,
}

pub(super) async fn live(State(api): State<Api>, Asked(query): Asked<LiveQuery>) -> Answer<Live> {
    let samples = api.handle.samples();
    let Some(text) = query.hosts else {
        return Ok(Json(Live { samples: (*samples).clone() }));
    };
    let names = text.split(',').filter(|name| !name.is_empty()).map(str::parse);
    let names: BTreeSet<HostName> = names
        .collect::<Result<_, _>>()
        .map_err(|why| Fault::new(What::BadQuery, format!("hosts: {why}")))?;
    // A host that has left, or was never sampled, is simply not in the answer.
    let of = |name: HostName| samples.get(&name).map(|sample| (name, *sample));
    Ok(Json(Live { samples: names.into_iter().filter_map(of).collect() }))
}

pub(super) async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, Fault> {
    let plan = api.handle.plan().await?;
    let handle = &api.handle;
    let text =
        metrics::text(&handle.world(), &plan, &handle.status(), &handle.samples(), handle.now());
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media)], text))
}

pub(super) async fn livez() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(State(api): State<Api>) -> Result<&'static str, Fault> {
    let status = api.handle.status();
    if let Some(trouble) = status.trouble {
        return Err(Fault::new(What::NotReady, trouble));
    }
    if !status.ready {
        let detail = "some hosts have not been looked at since the controller started";
        return Err(Fault::new(What::NotReady, detail));
    }
    Ok("ready\n")
}
