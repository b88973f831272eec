//! What a stranger may send: each is answered with a problem document, and the peer's word about
//! itself counts only as far as it may.

use std::path::Path;

use reqwest::Method;

use super::fixture::serving;
use crate::api::{ACTOR_HEADER, Problem};
use crate::model::Via;

pub(super) fn http(path: &Path) -> reqwest::Client {
    reqwest::Client::builder().unix_socket(path).build().unwrap()
}

pub(super) async fn problem(response: reqwest::Response) -> Problem {
    let media = response.headers()["content-type"].to_str().unwrap().to_string();
    assert_eq!(media, "application/problem+json");
    let status = response.status().as_u16();
    let problem: Problem = response.json().await.unwrap();
    assert_eq!(problem.status, status);
    assert_eq!(problem.kind, format!("urn:hostler:problem:{}", problem.code));
    assert!(!problem.detail.is_empty() && !problem.title.is_empty());
    problem
}

#[tokio::test]
async fn every_fault_is_a_problem_document_with_its_code() {
    let served = serving();
    let http = http(&served.path());
    let large = format!("{{\"reason\": \"{}\"}}", "x".repeat(100_000));
    for (method, path, body, status, code, says) in [
        ("GET", "/v2/world", "", 404, "no_route", "/v2/world"),
        ("GET", "/", "", 404, "no_route", "/v1"),
        ("DELETE", "/v1/world", "", 405, "no_method", "DELETE"),
        ("POST", "/v1/world", "", 405, "no_method", "POST"),
        ("GET", "/v1/hosts/UPPER", "", 400, "bad_path", "`UPPER` is not a host name"),
        ("GET", "/v1/hosts/%ff", "", 400, "bad_path", ""),
        ("GET", "/v1/vms/mini-01", "", 400, "bad_path", "12 of 0-9"),
        ("GET", "/v1/events?after=x", "", 400, "bad_query", "after"),
        ("GET", "/v1/events?before=1", "", 400, "bad_query", "before"),
        ("GET", "/v1/events/log?limit=-1", "", 400, "bad_query", "limit"),
        ("GET", "/v1/events/log?since=yesterday", "", 400, "bad_query", "since"),
        ("GET", "/v1/slots/report?since=yesterday", "", 400, "bad_query", "since"),
        (
            "GET",
            "/v1/slots/report?since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z",
            "",
            400,
            "bad_query",
            "later",
        ),
        ("GET", "/v1/past?at=yesterday", "", 400, "bad_query", "at"),
        ("GET", "/v1/past?at=2026-01-01T00:00:00Z&seq=1", "", 400, "bad_query", "two moments"),
        ("GET", "/v1/metrics/live?hosts=a,B", "", 400, "bad_query", "`B` is not a host name"),
        ("GET", "/v1/forecast?for=8d", "", 400, "bad_query", "1s to 7d, not for 8d"),
        ("GET", "/v1/forecast?for=0s", "", 400, "bad_query", "0s"),
        ("GET", "/v1/forecast?for=soon", "", 400, "bad_query", "for"),
        ("GET", "/v1/schedules?within=401d", "", 400, "bad_query", "at most 400d, not 401d"),
        ("GET", "/v1/schedules?until=1d", "", 400, "bad_query", "until"),
        ("GET", "/v1/hosts/nope", "", 404, "not_found", "`nope`"),
        ("POST", "/v1/holds", "", 400, "bad_body", "line 1"),
        ("POST", "/v1/holds", "{\"hosts\": [\"A\"]}", 400, "bad_body", "hosts[0]: `A` is not"),
        ("POST", "/v1/holds", &large, 413, "too_large", "64 KiB"),
        ("POST", "/v1/pools/ci/respawn", "{\"max\": 1}", 400, "bad_body", "max"),
        ("POST", "/v1/reload", "", 422, "bad_fleet", "inventory/a.yaml:3:5"),
        ("GET", "/readyz", "", 503, "not_ready", "looked at"),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = http.request(method, format!("http://x{path}")).body(body.to_string());
        let problem = problem(request.send().await.unwrap()).await;
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{path}: {problem:?}");
        assert!(problem.detail.contains(says), "{path}: {problem:?}");
    }
    assert!(served.asked.lock().unwrap().is_empty(), "nothing of this reached the engine");
    let alive = http.get("http://x/livez").send().await.unwrap();
    assert_eq!(alive.text().await.unwrap(), "ok\n");
}

#[tokio::test]
async fn the_actor_is_the_peer_unless_our_own_user_names_one() {
    let served = serving();
    let http = http(&served.path());
    let ask = |actor: Option<&'static str>| {
        let request = http.post("http://x/v1/schedules/nightly/run-now");
        let request = match actor {
            Some(actor) => request.header(ACTOR_HEADER, actor),
            None => request,
        };
        async move { request.send().await.unwrap() }
    };
    assert!(ask(None).await.status().is_success());
    let (actor, _) = served.last_asked();
    assert_eq!((actor.who.as_str(), actor.via), ("operator", Via::Api));
    assert!(ask(Some("bob/desktop")).await.status().is_success());
    let (actor, _) = served.last_asked();
    assert_eq!((actor.who.as_str(), actor.via), ("bob", Via::Desktop));
    for bad in ["bob", "/cli", "bob/controller"] {
        assert_eq!(problem(ask(Some(bad)).await).await.code, "bad_actor", "{bad}");
    }
    assert_eq!(served.asked.lock().unwrap().len(), 2);
}
