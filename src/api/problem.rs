//! Errors as problem documents. A handler fails with a `Fault`, and no other way.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Planned, Problem};
use crate::engine::Denied;

/// What went wrong with a request. Status, code and title stand together in `kind`.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: What,
    pub(super) detail: String,
    /// The plan that takes the place of a stale one.
    pub(super) fresh: Option<Box<Planned>>,
}

/// The sorts of fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    NoRoute,
    NoMethod,
    BadPath,
    BadQuery,
    BadBody,
    BadActor,
    TooLarge,
    NotFound,
    Conflict,
    StalePlan,
    BadFleet,
    NotReady,
    Stopping,
    Journal,
}

impl What {
    const fn kind(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, "no_route", "No such route"),
            Self::NoMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "no_method", "The route has no such method")
            }
            Self::BadPath => (StatusCode::BAD_REQUEST, "bad_path", "The path is not understood"),
            Self::BadQuery => (StatusCode::BAD_REQUEST, "bad_query", "The query is not understood"),
            Self::BadBody => (StatusCode::BAD_REQUEST, "bad_body", "The body is not understood"),
            Self::BadActor => (StatusCode::BAD_REQUEST, "bad_actor", "The actor is not understood"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "No such thing"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not in this state"),
            Self::StalePlan => {
                (StatusCode::CONFLICT, "stale_plan", "The plan is not true any more")
            }
            Self::BadFleet => {
                (StatusCode::UNPROCESSABLE_ENTITY, "bad_fleet", "The fleet directory is invalid")
            }
            Self::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "not_ready", "Not ready yet"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping", "Stopping"),
            Self::Journal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "journal", "The journal cannot be read")
            }
        }
    }
}

impl Fault {
    pub(super) fn new(what: What, detail: impl Into<String>) -> Self {
        Self { what, detail: detail.into(), fresh: None }
    }
    pub(super) fn not_found(kind: &str, name: impl std::fmt::Display) -> Self {
        Self::new(
            What::NotFound,
            format!(
                "no {kind} `{name}`; `hostler {kind} list` (GET /v1/{kind}s) shows those there are"
            ),
        )
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        let what = match &denied {
            Denied::NotFound(_) => What::NotFound,
            Denied::Conflict(_) => What::Conflict,
            Denied::Stopping => What::Stopping,
        };
        Self::new(what, denied.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, code, title) = self.what.kind();
        let problem = Problem {
            kind: format!("urn:hostler:problem:{code}"),
            title: title.into(),
            status: status.as_u16(),
            detail: self.detail,
            code: code.into(),
            fresh: self.fresh,
        };
        let mut response = (status, axum::Json(problem)).into_response();
        let media = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media);
        response
    }
}
