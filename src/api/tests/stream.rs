//! The stream of entries: in order, with heartbeats, resync after a gap, slow readers, the end.

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;

use futures::StreamExt;

use super::fixture::{at, name, serving};
use crate::api::StreamItem;
use crate::model::*;

fn entry(seq: u64, why: &str) -> Arc<Entry> {
    let event = Event::ReachChanged { host: name("mini-01"), to: Reach::Up, why: why.into() };
    let actor = Actor::controller();
    Arc::new(Entry { seq, at: at(seq), epoch: 1, actor, event })
}

#[tokio::test]
async fn a_reader_gets_entries_as_they_come_and_a_heartbeat() {
    let served = serving();
    let seq = served.journal.len() as u64;
    let mut events = served.client().events(seq);
    // The first beat comes at once: the reader is there.
    match events.next().await.unwrap().unwrap() {
        StreamItem::Heartbeat(beat) => assert!(beat.seq == seq && beat.at >= at(1_000)),
        other @ (StreamItem::Entry(_) | StreamItem::Resync) => panic!("{other:?}"),
    }
    let sent: Vec<_> = (seq + 1..=seq + 3).map(|n| entry(n, "é\r\ntwo lines")).collect();
    served.stream.push(sent.clone());
    let mut got = Vec::new();
    while got.len() < 3 {
        match events.next().await.unwrap().unwrap() {
            StreamItem::Entry(entry) => got.push(Arc::new(*entry)),
            StreamItem::Heartbeat(_) => {}
            StreamItem::Resync => panic!("no gap here"),
        }
    }
    assert_eq!(got, sent);
    // One who was away for a moment is given what it missed.
    let mut late = served.client().events(seq + 1);
    let first = late.next().await.unwrap().unwrap();
    assert_eq!(first, StreamItem::Entry(Box::new((*sent[1]).clone())));
}

#[tokio::test]
async fn a_gap_is_told_and_ends_the_stream() {
    let served = serving();
    for after in [0, 3, 1_000_000] {
        let mut events = served.client().events(after);
        assert_eq!(events.next().await.unwrap().unwrap(), StreamItem::Resync, "{after}");
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_to_start_again_and_holds_up_nobody() {
    let served = serving();
    let seq = served.journal.len() as u64;
    let mut slow = served.client().events(seq);
    slow.next().await.unwrap().unwrap();
    // More than socket and ring hold, while the slow one does not read; the other one does.
    let mut quick = served.client().events(seq);
    quick.next().await.unwrap().unwrap();
    let why = "x".repeat(1_000);
    let (parts, each) = (30_u64, 1_000_u64);
    for part in 0..parts {
        let first = seq + 1 + part * each;
        served.stream.push((first..first + each).map(|n| entry(n, &why)));
        let mut last = 0;
        while last < first + each - 1 {
            match quick.next().await.unwrap().unwrap() {
                StreamItem::Entry(entry) => last = entry.seq,
                StreamItem::Heartbeat(_) => {}
                StreamItem::Resync => panic!("the quick one keeps up"),
            }
        }
    }
    let mut last = seq;
    loop {
        match slow.next().await.expect("told before the end").unwrap() {
            StreamItem::Entry(entry) => {
                assert_eq!(entry.seq, last + 1, "never a hole before the resync");
                last = entry.seq;
            }
            StreamItem::Heartbeat(_) => {}
            StreamItem::Resync => break,
        }
    }
    assert!(last < seq + parts * each);
    assert!(slow.next().await.is_none());
}

#[tokio::test]
async fn a_stopping_controller_ends_the_stream() {
    let served = serving();
    let mut events = served.client().events(served.journal.len() as u64);
    events.next().await.unwrap().unwrap();
    served.shutdown.cancel();
    while let Some(item) = events.next().await {
        assert!(matches!(item, Ok(StreamItem::Heartbeat(_)) | Err(_)), "{item:?}");
    }
    served.server.await.unwrap();
    assert!(!served.dir.path().join("s.sock").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_of_the_stream_is_what_the_format_says() {
    let served = serving();
    let seq = served.journal.len() as u64;
    served.stream.push([entry(seq + 1, "")]);
    let path = served.path();
    let lines = tokio::task::spawn_blocking(move || {
        let mut socket = std::os::unix::net::UnixStream::connect(path).unwrap();
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: x\r\nlast-event-id: {seq}\r\n\r\n");
        socket.write_all(request.as_bytes()).unwrap();
        let lines = BufReader::new(socket).lines().map(Result::unwrap);
        lines.filter(|line| line.contains(": ")).take(12).collect::<Vec<_>>()
    })
    .await
    .unwrap();
    assert!(lines.iter().any(|line| line == "content-type: text/event-stream"), "{lines:#?}");
    let first = lines.iter().position(|line| line == "event: entry").unwrap();
    let id = format!("id: {}", seq + 1);
    let mut event = lines[first + 1..first + 3].to_vec();
    event.sort();
    assert!(event[0].starts_with("data: {\"seq\":") && event[1] == id, "{event:?}");
    assert!(lines.iter().any(|line| line == "event: heartbeat"), "{lines:#?}");
}
