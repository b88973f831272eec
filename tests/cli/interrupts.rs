//! Ctrl-C: heard from the first instant of whatever waits, and the work goes on.

use std::io::Read;
use std::os::unix::net::{UnixListener, UnixStream};

use crate::program::Running;
use crate::site::Site;

/// A controller that takes a request and never answers it.
async fn asked(listener: &UnixListener) -> UnixStream {
    let listener = listener.try_clone().unwrap();
    let accepted = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        stream
    });
    accepted.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_heard_before_the_first_answer() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("hostler.sock")).unwrap();
    for line in [
        "host drain mini-001 --reason x --wait --yes",
        "host reboot mini-001 --reason x --wait --yes",
        "host undrain mini-001 --wait",
        "host list --watch",
        "pool respawn ci --wait --yes",
        "schedule run-now nightly --wait --yes",
        "playbook run greet mini-001 --reason x --wait --yes",
        "job cancel 000000000007 --wait",
        "job resume 000000000007 --wait",
        "job retry 000000000007 --wait",
        "job log 000000000007 --follow",
        "events --follow",
        "status",
    ] {
        let mut running = Running::begin(dir.path(), line);
        let connection = asked(&listener).await;
        running.interrupt();
        let said = running.end().await;
        // 130 as an exit code: not killed by the signal.
        assert_eq!((said.code, said.out.as_str()), (Some(130), ""), "{line}: {said}");
        drop(connection);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_goes_on_and_how_to_find_it_is_said() {
    let site = Site::begin(1, 1).await;
    site.keep_busy("mini-001").await;
    let mut drain = site.start("host drain mini-001 --reason x --wait --yes");
    drain.until("it has work").await;
    drain.interrupt();
    let id = site.world().jobs.values().next().unwrap().id;
    let said = drain.end().await.with(130);
    said.err_has(&[&format!("job {id} goes on; it is shown by: hostler job show {id}")]);
    assert!(!site.world().jobs[&id].is_over());
    assert_eq!(site.host_word("mini-001"), "draining");
}
