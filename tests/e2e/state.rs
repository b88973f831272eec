//! The program over a state directory on a disk that is full, and on one that is read-only. Each
//! test is run again on a small disk of its own.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use hostler::model::World;
use hostler::store::Store;
use tempfile::TempDir;

use crate::disk;
use crate::life::{VERSION, name};
use crate::process::{End, Process};

/// What is left of the disk while it is full, in bytes: a few entries.
const LEFT: u64 = 256 << 10;

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}

/// A fleet of one host, at which nobody answers.
fn fleet() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    fs::create_dir(&inventory).unwrap();
    let text = "hosts: {a: {address: 127.0.0.1, user: ops, ssh: {port: 1}}}\n";
    fs::write(inventory.join("one.yaml"), text).unwrap();
    dir
}

/// Fills the disk until only `LEFT` is left. The file that does it.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = fs::File::create(&path).unwrap();
    let error = loop {
        if let Err(error) = file.write_all(&[0; 4_096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    file.set_len(file.metadata().unwrap().len() - LEFT).unwrap();
    path
}

fn at_work(epoch: u64) -> impl Fn(&World) -> bool {
    move |world| world.epoch == epoch && world.hosts.len() == 1
}

/// It failed, and named what it could not write.
fn names(end: &End, path: &Path, next: &str) {
    assert_eq!(end.status.code(), Some(1), "{end:?}");
    assert!(end.said.contains(&path.display().to_string()), "{end:?}");
    assert!(end.said.contains(next), "{end:?}");
}

#[test]
fn a_full_disk_stops_the_controller_and_costs_nothing_acknowledged() {
    match disk::here() {
        Some(dir) => block_on(on_a_full_disk(&dir)),
        None => disk::run_on(
            "6m",
            "state::a_full_disk_stops_the_controller_and_costs_nothing_acknowledged",
        ),
    }
}

async fn on_a_full_disk(disk: &Path) {
    let (fleet, state) = (fleet(), disk.join("state"));
    let database = state.join("hostler.db");
    let mut life = Process::over(fleet.path(), &state);
    life.until("it is at work", at_work(1)).await;
    let filler = fill(disk);
    let (mut acknowledged, mut last) = (0, 0);
    let error = loop {
        match life.client.cordon(vec![name("a")], &"why ".repeat(100), None).await {
            Ok(done) => (acknowledged, last) = (acknowledged + 1, done.seq),
            Err(error) => break error,
        }
    };
    assert!(error.is_unreachable(), "{error}");
    assert!(acknowledged > 2, "{acknowledged}");
    let end = life.end().await;
    names(&end, &database, "is full: free some space, then start the controller again");
    // Not even a start fits now, and it says so again.
    let mut life = Process::over(fleet.path(), &state);
    names(&life.end().await, &database, "is full: free some space");
    fs::remove_file(filler).unwrap();
    let life = Process::over(fleet.path(), &state);
    let world = life.until("it is at work again", at_work(2)).await;
    assert!(world.seq > last, "{last} was acknowledged, {} is there", world.seq);
    assert!(world.hosts[&name("a")].holds.len() >= acknowledged);
    let done = life.client.cordon(vec![name("a")], "one more", None).await.unwrap();
    assert!(done.seq > world.seq);
    life.quit().await;
    let (store, kept) = Store::open(&state, VERSION).await.unwrap();
    assert_eq!(store.verify().await.unwrap().last, kept.world.seq);
}

#[test]
fn a_read_only_disk_is_named_and_left_as_it_is() {
    match disk::here() {
        Some(dir) => block_on(on_a_read_only_disk(&dir)),
        None => disk::run_on("6m", "state::a_read_only_disk_is_named_and_left_as_it_is"),
    }
}

async fn on_a_read_only_disk(disk: &Path) {
    let (fleet, state) = (fleet(), disk.join("state"));
    let life = Process::over(fleet.path(), &state);
    life.until("it is at work", at_work(1)).await;
    let done = life.client.cordon(vec![name("a")], "disk", None).await.unwrap();
    life.quit().await;
    disk::remount(disk, "ro");
    let mut life = Process::over(fleet.path(), &state);
    names(&life.end().await, &state, "make it writable");
    disk::remount(disk, "rw");
    let life = Process::over(fleet.path(), &state);
    let world = life.until("it is at work again", at_work(2)).await;
    assert!(world.seq > done.seq && world.hosts[&name("a")].holds.len() == 1);
    life.quit().await;
}
