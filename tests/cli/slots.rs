//! Slots of the fleet, what gives lost ones back, and the licence report: what it proves, and how
//! it ends when there were more than two.

use std::sync::Arc;

use futures::future::BoxFuture;
use hostler::api::{Api, History, LogQuery, Period, Socket, serve};
use hostler::engine::{Clock, Handle};
use hostler::model::{Count, Entry, Licence, Most, Slot, Timestamp, World};
use tokio_util::sync::CancellationToken;

use crate::program::Running;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_proves_from_the_journal_that_there_were_two() {
    let site = Site::begin(2, 3).await;
    site.does("host slots").await.out_has(&["mini-001", "mini-002", "occupied", "free"]);
    site.does("host slots mini-002").await.out_has(&["mini-002"]);
    let said = site.does("host slots --report").await;
    said.out_has(&["HOST", "mini-001", "2 hosts, never more than 2 macOS VMs on one"])
        .out_has(&["entries 1 to "]);
    let report = site.does("host slots --report --json").await.json();
    assert_eq!((&report["first"], &report["licensed"]), (&1.into(), &2.into()), "{report}");
    let total = |name: &str| report["hosts"][name]["total"].as_u64().unwrap();
    assert_eq!(total("mini-001") + total("mini-002"), 3, "{report}");
    let old = "host slots --report --until 2020-01-01T00:00:00Z";
    site.does(old).await.out_has(&["no entry of the journal is of this period"]);
    let odd = "host slots --report --since 2026-12-01T00:00:00Z --until 2026-11-01T00:00:00Z";
    site.run(odd).await.with(1).err_has(&["`since` is later than `until`"]);
}

/// A journal that shows three on one Mac, two of them not ours.
struct Three;

impl History for Three {
    fn entries(&self, _: LogQuery, _: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn licence(&self, _: Period) -> BoxFuture<'_, Result<Licence, String>> {
        let count = Count { total: 3, ours: 1, foreign: 2, ..Count::default() };
        let most = Most { count, at: Timestamp::default(), seq: 12, ours_most: 1 };
        let hosts = [("mini-01".parse().unwrap(), most)].into();
        Box::pin(async {
            Ok(Licence { entries: 20, first: 1, last: 20, hosts, ..Licence::default() })
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_that_others_started_fails_the_report_and_is_told_as_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let (handle, _ends) = Handle::new(World::default(), Clock::fast(Timestamp::default(), 1.0));
    let (shutdown, history) = (CancellationToken::new(), Arc::new(Three));
    let (reload, user, uid) = (None, None, None);
    let api = Api { handle, history, reload, user, uid, shutdown: shutdown.clone() };
    let socket = Socket::bind(&dir.path().join("hostler.sock")).unwrap();
    tokio::spawn(async move { serve(socket, api).await.unwrap() });
    let said = Running::begin(dir.path(), "host slots --report").end().await.with(1);
    said.out_has(&["mini-01: 3 at 1970-01-01T", ", 2 not ours: entry 12 shows it"])
        .out_has(&["of ours never more than 1"])
        .err_has(&["1 host was seen with more than 2 macOS VMs: mini-01"]);
    let said = Running::begin(dir.path(), "host slots --report --json").end().await.with(1);
    assert_eq!(said.json()["hosts"]["mini-01"]["foreign"], 2);
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_slot_says_what_gives_it_back_and_which_build_leaks() {
    let site = Site::begin(1, 1).await;
    site.mac("mini-001").leak_slot();
    site.wants(2).await;
    site.until("a slot has leaked", |world| {
        let mut slots = world.hosts.values().flat_map(|host| &host.slots);
        slots.any(|slot| matches!(slot, Slot::Leaked { .. }))
    })
    .await;
    let next = "no schedule reboots it: `hostler host reboot mini-001 --reason ...` does";
    for line in ["status", "host show mini-001", "host why mini-001"] {
        site.does(line).await.out_has(&[next]);
    }
    site.does("status").await.out_has(&["mini-001: 1 slot; no", "1 leak in "]);
    site.does("host show mini-001").await.out_has(&["build ", ": 1 leak in "]);
    let status = site.does("status --json").await.json();
    assert_eq!(status["slots_lost"]["mini-001"]["cure"]["by"], "nobody", "{status}");
    assert_eq!(status["leaking_builds"][0]["leaks"], 1, "{status}");
    let reboot = "host reboot mini-001 --reason leak --wait --yes";
    site.does(reboot).await;
    site.does("status").await.out_has(&["unproven ", "no VM has come up in slot"]);
}
