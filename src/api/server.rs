//! The router with everything it answers from, and the server that ends in good order.
#![expect(clippy::disallowed_methods, reason = "licence: a grace for the last answers")]

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::{get, post};
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::extract::BODY_MOST;
use super::peer::Peer;
use super::plans::Plans;
use super::problem::{Fault, What};
use super::{History, Socket, acts, events, jobs, reads};
use crate::engine::{Denied, Done, Handle};
use crate::model::Actor;

/// How long answers under way may take once the controller stops.
const GRACE: Duration = Duration::from_secs(5);

/// What the API answers from. Copies are cheap.
#[derive(Clone)]
pub struct Api {
    pub handle: Handle,
    pub history: Arc<dyn History>,
    /// Reads the fleet directory again; `None` when there is none.
    pub reload: Option<Arc<dyn Reload>>,
    /// The name of the user the controller runs as: who asks when its peer does not say.
    pub user: Option<String>,
    /// That user's number. `serve` sets it from the socket.
    pub uid: Option<u32>,
    /// Ends the server and its streams.
    pub shutdown: CancellationToken,
}

/// Reads the fleet directory again and hands it to the engine.
pub trait Reload: Send + Sync + 'static {
    /// On behalf of `actor`.
    fn reload(&self, actor: Actor) -> BoxFuture<'_, Result<Done, ReloadError>>;
}

/// Why the fleet directory was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// It is invalid: all its errors, one a line. The old one stays.
    #[error("{0}")]
    Invalid(String),
    /// The engine would not have it.
    #[error(transparent)]
    Denied(#[from] Denied),
}

/// Why there is no API.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Another controller answers there.
    #[error("a controller is serving on {path} already: stop it first, or use another --state")]
    Busy { path: PathBuf },
    /// Something else lies there.
    #[error("{path} exists and is not a socket: move it away, or use another --state")]
    NotASocket { path: PathBuf },
    /// The system's limit for socket paths.
    #[error("{path} is longer than {most} bytes, too long for a socket: use a shorter --state")]
    TooLong { path: PathBuf, most: usize },
    /// The system refuses.
    #[error("socket {path}: cannot {what}: check that its directory exists and is writable")]
    Io { path: PathBuf, what: &'static str, source: std::io::Error },
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Serves on the socket until `api.shutdown`, then lets answers under way end, for a while.
pub async fn serve(socket: Socket, mut api: Api) -> Result<(), ApiError> {
    api.uid = Some(socket.uid());
    let (shutdown, path) = (api.shutdown.clone(), socket.path().to_path_buf());
    let service = router(api).into_make_service_with_connect_info::<Peer>();
    let asked = shutdown.clone().cancelled_owned();
    let (listener, _removed_at_the_end) = socket.split();
    let served = axum::serve(listener, service).with_graceful_shutdown(asked);
    let too_late = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = served => ended.map_err(|source| ApiError::Io { path, what: "serve", source }),
        () = too_late => Ok(()),
    }
}

fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/world", get(reads::world))
        .route("/v1/events", get(events::events))
        .route("/v1/events/log", get(reads::log))
        .route("/v1/past", get(reads::past))
        .route("/v1/hosts", get(reads::hosts))
        .route("/v1/hosts/undrain", post(jobs::undrain))
        .route("/v1/hosts/doctor", post(reads::doctor))
        .route("/v1/hosts/{name}", get(reads::host))
        .route("/v1/hosts/{name}/why", get(reads::why_host))
        .route("/v1/hosts/{name}/trust", post(acts::trust))
        .route("/v1/hosts/{name}/forget", post(acts::forget))
        .route("/v1/vms", get(reads::vms))
        .route("/v1/vms/{id}", get(reads::vm))
        .route("/v1/vms/{id}/why", get(reads::why_vm))
        .route("/v1/vms/{id}/log", get(reads::vm_log))
        .route("/v1/pools", get(reads::pools))
        .route("/v1/pools/{name}", get(reads::pool))
        .route("/v1/pools/{name}/respawn", post(acts::respawn))
        .route("/v1/jobs/{name}/discharge", post(jobs::discharge))
        .route("/v1/vms/{id}/resume", post(jobs::resume_vm))
        .route("/v1/vms/{id}/discharge", post(jobs::discharge_vm))
        .route("/v1/pools/{name}/release", post(jobs::release_pool))
        .route("/v1/slots/report", get(reads::slots_report))
        .route("/v1/schedules", get(reads::schedules))
        .route("/v1/schedules/{name}", get(reads::schedule))
        .route("/v1/schedules/{name}/run-now", post(acts::run_now))
        .route("/v1/schedules/{name}/suspend", post(jobs::suspend))
        .route("/v1/schedules/{name}/resume", post(jobs::resume_schedule))
        .route("/v1/schedules/{name}/skip-next", post(jobs::skip_next))
        .route("/v1/playbooks", get(reads::playbooks))
        .route("/v1/playbooks/{name}", get(reads::playbook))
        .route("/v1/plans", post(jobs::plan))
        .route("/v1/jobs", get(reads::jobs).post(jobs::submit))
        .route("/v1/jobs/{id}", get(reads::job))
        .route("/v1/jobs/{id}/cancel", post(jobs::cancel))
        .route("/v1/jobs/{id}/resume", post(jobs::resume))
        .route("/v1/jobs/{id}/retry", post(jobs::retry))
        .route("/v1/jobs/{id}/skip", post(jobs::skip))
        .route("/v1/plan", get(reads::plan))
        .route("/v1/forecast", get(reads::forecast))
        .route("/v1/status", get(reads::status))
        .route("/v1/metrics/live", get(reads::live))
        .route("/v1/holds", post(acts::cordon))
        .route("/v1/holds/release", post(acts::uncordon))
        .route("/v1/reload", post(acts::reload))
        .route("/metrics", get(reads::metrics))
        .route("/livez", get(reads::livez))
        .route("/readyz", get(reads::readyz))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(Extension(Plans::default()))
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .with_state(api)
}

async fn no_route(uri: Uri) -> Fault {
    Fault::new(What::NoRoute, format!("{} is not a route; the API begins at /v1", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> Fault {
    Fault::new(What::NoMethod, format!("{} does not answer {method}", uri.path()))
}
