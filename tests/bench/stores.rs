//! How many entries become durable.

use std::sync::Arc;
use std::time::Instant;

use hostler::model::{Actor, Entry, Event, HostName, Reach, Timestamp};
use hostler::store::Store;

use crate::{rate, row};

pub(crate) async fn run() {
    for group in [1_usize, 10, 100, 1_000] {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), "bench").await.unwrap();
        let groups = (20_000 / group).clamp(20, 1_000);
        let mut seq = 0;
        let mut next = || {
            seq += 1;
            let event = match seq {
                1 => Event::ControllerStarted { version: "bench".into() },
                _ => {
                    let host: HostName = format!("mini-{:05}", seq % 5_000).parse().unwrap();
                    let why = "no answer within 10 s".to_string();
                    Event::ReachChanged { host, to: Reach::Suspect, why }
                }
            };
            let at = Timestamp::from_millis(1_800_000_000_000 + seq as i64);
            Arc::new(Entry { seq, at, epoch: 1, actor: Actor::controller(), event })
        };
        store.append(&[next()], &[]).await.unwrap();
        let batches: Vec<Vec<_>> =
            (0..groups).map(|_| (0..group).map(|_| next()).collect()).collect();
        let began = Instant::now();
        for batch in &batches {
            store.append(batch, &[]).await.unwrap();
        }
        let what = format!("store: durable entries, {group} to a commit");
        row(&what, &rate(groups * group, began.elapsed()), "", None);
    }
}
