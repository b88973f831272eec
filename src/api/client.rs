//! The client that the command line and the desktop use: one method per route, one error that
//! tells "no controller there" from "the controller said no".

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use reqwest::{Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::peer::actor_value;
use super::sse::{Parser, SseEvent};
use super::{
    ACTOR_HEADER, CordonBody, ForgetBody, HostItem, JobItem, Listing, Live, Log, LogQuery, Moment,
    Past, Period, Planned, PoolItem, Problem, Report, RespawnBody, ScheduleItem, SlotsReport,
    Snapshot, StreamItem, TrustBody, UncordonBody, VmItem, VmLog, Why,
};
use crate::engine::Done;
use crate::model::{
    Actor, Fingerprint, Forecast, HostName, JobId, Plan, PoolName, ScheduleName, Share, Span,
    Timestamp, VmId,
};

/// Where a controller is: `unix:PATH`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Connect {
    /// Its socket on this machine.
    Unix(PathBuf),
}

/// Why a text is not the address of a controller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a controller: expected unix:PATH")]
pub struct NotAnAddress(String);

impl Connect {
    /// Reads `unix:PATH`.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let path = text.strip_prefix("unix:").filter(|path| !path.is_empty());
        let path = path.map(|path| path.strip_prefix("//").unwrap_or(path));
        path.map(|path| Self::Unix(path.into())).ok_or_else(|| NotAnAddress(text.into()))
    }
    fn path(&self) -> &Path {
        match self {
            Self::Unix(path) => path,
        }
    }
}
impl FromStr for Connect {
    type Err = NotAnAddress;
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        Self::parse(text)
    }
}
impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.path().display())
    }
}

/// Why there is no answer, or not the one asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no controller at {path}: start one with `hostler serve`")]
    NoController { path: PathBuf },
    /// Somebody listens there, and not for us.
    #[error("the controller at {path} belongs to another user: run as that user")]
    Forbidden { path: PathBuf },
    /// It stopped answering: `why`.
    #[error("the controller at {path} does not answer: {why}")]
    Silent { path: PathBuf, why: String },
    /// It said no.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// It said something that is not understood.
    #[error("the answer to {what} is not understood ({why}): is the controller of this version?")]
    Garbled { what: String, why: String },
}

impl ClientError {
    /// Whether no controller was reached at all, or it was lost on the way: one that is stopping
    /// may say so with its last breath.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::NoController { .. } | Self::Forbidden { .. } | Self::Silent { .. } => true,
            Self::Problem(problem) => problem.code == "stopping",
            Self::Garbled { .. } => false,
        }
    }
    /// The stable code of the problem, when the controller said no.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            Self::NoController { .. }
            | Self::Forbidden { .. }
            | Self::Silent { .. }
            | Self::Garbled { .. } => None,
        }
    }
    /// The plan in the place of the stale one that was submitted.
    pub fn fresh_plan(&self) -> Option<&Planned> {
        match self {
            Self::Problem(problem) => problem.fresh.as_deref(),
            Self::NoController { .. }
            | Self::Forbidden { .. }
            | Self::Silent { .. }
            | Self::Garbled { .. } => None,
        }
    }
}

/// A client of one controller. Copies share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    connect: Connect,
    actor: String,
}

/// The longest silence; the stream has a heartbeat each second.
const SILENCE: Duration = Duration::from_secs(15);

pub(super) type Answer<T> = Result<T, ClientError>;

impl Client {
    /// A client of the controller at `connect`, acting for `actor`. It connects when asked.
    pub fn new(connect: Connect, actor: &Actor) -> Self {
        let http = reqwest::Client::builder()
            .unix_socket(connect.path())
            .read_timeout(SILENCE)
            .user_agent(concat!("hostler/", env!("CARGO_PKG_VERSION")))
            .build()
            // Nothing that was set can fail: no TLS, no proxy, a fixed agent.
            .unwrap_or_default();
        Self { http, connect, actor: actor_value(actor) }
    }

    /// Where it connects to.
    pub fn connect(&self) -> &Connect {
        &self.connect
    }

    /// The World as it is now.
    pub async fn world(&self) -> Answer<Snapshot> {
        self.get("/v1/world").await
    }
    /// Entries of the journal.
    pub async fn log(&self, query: &LogQuery) -> Answer<Log> {
        let request = self.request(Method::GET, "/v1/events/log").query(query);
        self.json("/v1/events/log", request).await
    }
    /// The fleet as it was.
    pub async fn past(&self, moment: &Moment) -> Answer<Past> {
        let request = self.request(Method::GET, "/v1/past").query(moment);
        self.json("/v1/past", request).await
    }
    /// What the journal shows of the macOS VMs of each host.
    pub async fn slots_report(&self, period: &Period) -> Answer<SlotsReport> {
        let request = self.request(Method::GET, "/v1/slots/report").query(period);
        self.json("/v1/slots/report", request).await
    }
    /// All hosts.
    pub async fn hosts(&self) -> Answer<Listing<HostItem>> {
        self.get("/v1/hosts").await
    }
    /// One host.
    pub async fn host(&self, name: &HostName) -> Answer<HostItem> {
        self.get(&format!("/v1/hosts/{name}")).await
    }
    /// Why a host takes no new VM, or that it would.
    pub async fn why_host(&self, name: &HostName) -> Answer<Why> {
        self.get(&format!("/v1/hosts/{name}/why")).await
    }
    /// All VMs.
    pub async fn vms(&self) -> Answer<Listing<VmItem>> {
        self.get("/v1/vms").await
    }
    /// One VM.
    pub async fn vm(&self, id: VmId) -> Answer<VmItem> {
        self.get(&format!("/v1/vms/{id}")).await
    }
    /// Why a VM is as it is.
    pub async fn why_vm(&self, id: VmId) -> Answer<Why> {
        self.get(&format!("/v1/vms/{id}/why")).await
    }
    /// What a VM's process has said, as its host keeps it.
    pub async fn vm_log(&self, id: VmId) -> Answer<VmLog> {
        self.get(&format!("/v1/vms/{id}/log")).await
    }
    /// All pools.
    pub async fn pools(&self) -> Answer<Listing<PoolItem>> {
        self.get("/v1/pools").await
    }
    /// One pool.
    pub async fn pool(&self, name: &PoolName) -> Answer<PoolItem> {
        self.get(&format!("/v1/pools/{name}")).await
    }
    /// All schedules with their next times.
    pub async fn schedules(&self) -> Answer<Listing<ScheduleItem>> {
        self.get("/v1/schedules").await
    }
    /// All schedules with all their times within `span`.
    pub async fn schedules_within(&self, span: Span) -> Answer<Listing<ScheduleItem>> {
        self.get(&format!("/v1/schedules?within={span}")).await
    }
    /// One schedule.
    pub async fn schedule(&self, name: &ScheduleName) -> Answer<ScheduleItem> {
        self.get(&format!("/v1/schedules/{name}")).await
    }
    /// The jobs of late.
    pub async fn jobs(&self) -> Answer<Listing<JobItem>> {
        self.get("/v1/jobs").await
    }
    /// One job.
    pub async fn job(&self, id: JobId) -> Answer<JobItem> {
        self.get(&format!("/v1/jobs/{id}")).await
    }
    /// What the next pass would do.
    pub async fn plan(&self) -> Answer<Plan> {
        self.get("/v1/plan").await
    }
    /// Of the plan only why pools, jobs and hosts in jobs wait.
    pub async fn whys(&self) -> Answer<Plan> {
        self.get("/v1/plan?brief=true").await
    }
    /// What will happen within `span`.
    pub async fn forecast(&self, span: Span) -> Answer<Forecast> {
        self.get(&format!("/v1/forecast?for={span}")).await
    }
    /// The same without the turns of single hosts.
    pub async fn forecast_brief(&self, span: Span) -> Answer<Forecast> {
        self.get(&format!("/v1/forecast?for={span}&brief=true")).await
    }
    /// How controller and fleet are, in figures.
    pub async fn status(&self) -> Answer<Report> {
        self.get("/v1/status").await
    }
    /// The last samples of these hosts; of all when none is named.
    pub async fn live(&self, hosts: &[HostName]) -> Answer<Live> {
        let path = "/v1/metrics/live";
        let mut request = self.request(Method::GET, path);
        if !hosts.is_empty() {
            let names: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
            request = request.query(&[("hosts", names.join(","))]);
        }
        self.json(path, request).await
    }
    /// The metrics as Prometheus reads them.
    pub async fn metrics(&self) -> Answer<String> {
        self.text("/metrics").await
    }
    /// Whether the controller is ready to work.
    pub async fn ready(&self) -> Answer<()> {
        self.text("/readyz").await.map(drop)
    }

    /// No new work on these hosts, until it is lifted or `until`.
    pub async fn cordon(
        &self,
        hosts: Vec<HostName>,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Answer<Done> {
        let (reason, kind, on_expiry) = (reason.into(), None, None);
        self.hold(&CordonBody { hosts, reason, until, kind, on_expiry }).await
    }
    /// No new work on these hosts, with all that can be said of a hold.
    pub async fn hold(&self, hold: &CordonBody) -> Answer<Done> {
        self.post("/v1/holds", hold).await
    }
    /// Lifts cordons.
    pub async fn uncordon(
        &self,
        hosts: Vec<HostName>,
        which: crate::engine::Release,
    ) -> Answer<Done> {
        self.post("/v1/holds/release", &UncordonBody { hosts, which }).await
    }
    /// Replaces every VM of the pool.
    pub async fn respawn(&self, pool: &PoolName, max: Option<Share>) -> Answer<Done> {
        let body = RespawnBody { max_unavailable: max };
        self.post(&format!("/v1/pools/{pool}/respawn"), &body).await
    }
    /// Opens the schedule's job now.
    pub async fn run_now(&self, schedule: &ScheduleName) -> Answer<Done> {
        self.post(&format!("/v1/schedules/{schedule}/run-now"), &()).await
    }
    /// A person has accepted this key of the host: it is written down, and the host tried again.
    pub async fn trust(
        &self,
        host: &HostName,
        fingerprint: &Fingerprint,
        reason: &str,
    ) -> Answer<Done> {
        let body = TrustBody { fingerprint: fingerprint.clone(), reason: reason.into() };
        self.post(&format!("/v1/hosts/{host}/trust"), &body).await
    }
    /// Gives up a host that is dead for good, with what was ours on it.
    pub async fn forget(&self, host: &HostName, reason: &str) -> Answer<Done> {
        let body = ForgetBody { reason: reason.into() };
        self.post(&format!("/v1/hosts/{host}/forget"), &body).await
    }
    /// Reads the fleet directory again.
    pub async fn reload(&self) -> Answer<Done> {
        self.post("/v1/reload", &()).await
    }

    /// The entries after `after`, with heartbeats. It connects when first polled. After
    /// `Resync` or an error it ends; a controller that goes ends it too.
    pub fn events(&self, after: u64) -> BoxStream<'static, Result<StreamItem, ClientError>> {
        let client = self.clone();
        let connected = async move {
            let path = format!("/v1/events?after={after}");
            let response = client.send(client.request(Method::GET, &path)).await?;
            Ok(client.follow(response))
        };
        futures::stream::once(connected).try_flatten().boxed()
    }

    fn follow(
        self,
        response: Response,
    ) -> impl futures::Stream<Item = Result<StreamItem, ClientError>> + Send + 'static {
        struct Follow {
            client: Client,
            bytes: BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
            parser: Parser,
            ready: VecDeque<SseEvent>,
            over: bool,
        }
        impl Follow {
            async fn next(&mut self) -> Option<Result<StreamItem, ClientError>> {
                while !self.over {
                    if let Some(event) = self.ready.pop_front() {
                        match item(&event).transpose() {
                            None => continue,
                            Some(item) => {
                                self.over = !matches!(
                                    item,
                                    Ok(StreamItem::Entry(_) | StreamItem::Heartbeat(_))
                                );
                                return Some(item);
                            }
                        }
                    }
                    match self.bytes.next().await? {
                        Ok(bytes) => match self.parser.feed(&bytes) {
                            Ok(events) => self.ready.extend(events),
                            Err(_) => {
                                self.over = true;
                                return Some(Err(garbled("/v1/events", "a line without an end")));
                            }
                        },
                        Err(error) => {
                            self.over = true;
                            return Some(Err(self.client.lost(&error)));
                        }
                    }
                }
                None
            }
        }
        let bytes = response.bytes_stream().boxed();
        let (parser, ready) = (Parser::default(), VecDeque::new());
        let follow = Follow { client: self, bytes, parser, ready, over: false };
        futures::stream::unfold(follow, |mut follow| async move {
            follow.next().await.map(|item| (item, follow))
        })
    }
}

/// What an event of the stream says; `None` for one of a newer controller.
fn item(event: &SseEvent) -> Result<Option<StreamItem>, ClientError> {
    let bad = |why: serde_json::Error| garbled("/v1/events", &why.to_string());
    match event.name.as_str() {
        "entry" => {
            serde_json::from_str(&event.data).map(|e| Some(StreamItem::Entry(e))).map_err(bad)
        }
        "heartbeat" => {
            serde_json::from_str(&event.data).map(|b| Some(StreamItem::Heartbeat(b))).map_err(bad)
        }
        "resync" => Ok(Some(StreamItem::Resync)),
        _ => Ok(None),
    }
}

fn garbled(what: &str, why: &str) -> ClientError {
    ClientError::Garbled { what: what.into(), why: why.into() }
}

impl Client {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        // The host part is a name for the header only: every connection goes to the socket.
        let request = self.http.request(method, format!("http://hostler{path}"));
        request.header(ACTOR_HEADER, self.actor.as_bytes())
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        self.json(path, self.request(Method::GET, path)).await
    }

    pub(super) async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Answer<T> {
        self.json(path, self.request(Method::POST, path).json(body)).await
    }

    async fn text(&self, path: &str) -> Answer<String> {
        let response = self.send(self.request(Method::GET, path)).await?;
        response.text().await.map_err(|error| self.lost(&error))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        request: reqwest::RequestBuilder,
    ) -> Answer<T> {
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| self.lost(&error))?;
        serde_json::from_slice(&bytes).map_err(|why| garbled(path, &why.to_string()))
    }

    /// Sends, and turns an answer that is not a success into its problem.
    async fn send(&self, request: reqwest::RequestBuilder) -> Answer<Response> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let path = response.url().path().to_string();
        let bytes = response.bytes().await.map_err(|error| self.lost(&error))?;
        let problem: Problem = serde_json::from_slice(&bytes)
            .map_err(|_| garbled(&path, &format!("status {status} without a problem document")))?;
        Err(ClientError::Problem(Box::new(problem)))
    }

    fn lost(&self, error: &reqwest::Error) -> ClientError {
        let path = self.connect.path().to_path_buf();
        let mut cause: &dyn std::error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        match io {
            Some(std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
                ClientError::NoController { path }
            }
            Some(std::io::ErrorKind::PermissionDenied) => ClientError::Forbidden { path },
            Some(_) | None => ClientError::Silent { path, why: cause.to_string() },
        }
    }
}
