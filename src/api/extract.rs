//! What a handler takes from a request, each with its own problem document when it is not there.

use std::str::FromStr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Api;
use super::problem::{Fault, What};

/// The most bytes of a body.
pub(super) const BODY_MOST: usize = 64 * 1024;

/// A JSON body. Its media type is not asked for: this socket has no browsers on it.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// The query string.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

/// The one name in the path.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) T);

async fn bytes(request: Request, api: &Api) -> Result<Bytes, Fault> {
    Bytes::from_request(request, api).await.map_err(|refused| {
        if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("the body is larger than {} KiB", BODY_MOST / 1024);
            return Fault::new(What::TooLarge, detail);
        }
        Fault::new(What::BadBody, refused.body_text())
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    // A list would be taken for the values of an object without their keys.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Fault::new(What::BadBody, "expected an object with named keys, not a list"));
    }
    match Json::from_bytes(bytes) {
        Ok(Json(value)) => Ok(value),
        Err(refused) => Err(Fault::new(What::BadBody, place(&refused.body_text()))),
    }
}

/// The place and what was expected there, without the words `Failed to ...:` before them.
fn place(text: &str) -> String {
    let rest = text.starts_with("Failed").then(|| text.split_once(": ")).flatten();
    rest.map_or(text, |(_, rest)| rest).to_string()
}

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Fault> {
        parse(&bytes(request, api).await?).map(Self)
    }
}

impl<T: DeserializeOwned> OptionalFromRequest<Api> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, api: &Api) -> Result<Option<Self>, Fault> {
        let bytes = bytes(request, api).await?;
        if bytes.is_empty() { Ok(None) } else { parse(&bytes).map(Self).map(Some) }
    }
}

impl<T: DeserializeOwned> FromRequestParts<Api> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Fault> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(refused) => Err(Fault::new(What::BadQuery, place(&refused.body_text()))),
        }
    }
}

impl<T> FromRequestParts<Api> for Named<T>
where
    T: FromStr + Send,
    T::Err: std::fmt::Display,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Fault> {
        let bad = |why: String| Fault::new(What::BadPath, why);
        let Path(text) = Path::<String>::from_request_parts(parts, api)
            .await
            .map_err(|refused| bad(refused.body_text()))?;
        text.parse().map(Self).map_err(|why: T::Err| bad(why.to_string()))
    }
}
