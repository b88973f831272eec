//! A plan that is not true any more when it is submitted: the new one is shown, and taken only
//! for what it is.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use hostler::engine::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::program::Running;
use crate::site::Site;

/// What happens right before a plan is submitted.
type Meanwhile = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Stands between the program and the controller whose socket is `to`, and has something happen
/// right before each submit.
fn between(dir: &Path, to: &Path, meanwhile: Meanwhile) {
    let (listener, to) = (UnixListener::bind(dir.join("hostler.sock")).unwrap(), to.to_path_buf());
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = UnixStream::connect(&to).await.unwrap();
            tokio::spawn(carry(near, far, meanwhile.clone()));
        }
    });
}

async fn carry(near: UnixStream, far: UnixStream, meanwhile: Meanwhile) {
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
    let mut bytes = vec![0; 65_536];
    // A request's head comes in one piece.
    while let Ok(n @ 1..) = from_near.read(&mut bytes).await {
        if bytes[..n].starts_with(b"POST /v1/jobs ") {
            meanwhile().await;
        }
        if to_far.write_all(&bytes[..n]).await.is_err() {
            break;
        }
    }
    drop(to_far);
    let _ = back.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_plan_is_refused_and_the_new_one_shown() {
    let site = Arc::new(Site::begin(2, 2).await);
    let dir = tempfile::tempdir().unwrap();
    let works = site.clone();
    let meanwhile: Meanwhile = Arc::new(move || {
        let site = works.clone();
        Box::pin(async move { site.keep_busy("mini-001").await })
    });
    between(dir.path(), &site.state().join("hostler.sock"), meanwhile);
    let drain = "host drain mini-001 --reason x --force --yes --json";
    let said = Running::begin(dir.path(), drain).end().await.with(0);
    let (first, second) = said.err.split_once("the fleet has changed meanwhile").unwrap();
    assert!(first.contains("goes: it has no work"), "{said}");
    assert!(second.contains("is stopped although it may have work"), "{said}");
    assert!(!second.contains("meanwhile"), "the second plan was true: {said}");
    assert!(said.json()["job"].is_string(), "{said}");
    assert_eq!(site.world().jobs.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_never_rests_is_not_drained_by_guess() {
    let site = Arc::new(Site::begin(1, 0).await);
    let dir = tempfile::tempdir().unwrap();
    let works = site.clone();
    let meanwhile: Meanwhile = Arc::new(move || {
        let site = works.clone();
        Box::pin(async move {
            let hosts = vec!["mini-001".parse().unwrap()];
            site.ask(Command::Cordon { hosts, reason: "again".into(), until: None }).await;
        })
    });
    between(dir.path(), &site.state().join("hostler.sock"), meanwhile);
    let said = Running::begin(dir.path(), "host drain mini-001 --reason x --yes").end().await;
    let said = said.with(1).err_has(&["changes faster than a plan can be submitted", "try again"]);
    assert_eq!((said.out.as_str(), site.world().jobs.len()), ("", 0), "{said}");
}
