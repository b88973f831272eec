//! What the store promises, tried on real files.
#![expect(clippy::disallowed_methods, reason = "licence: tests look at the store's own files")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::*;
use crate::model::{
    Access, Actor, Entry, Event, FleetChange, HostName, HostSpec, ImageName, OpId, OpKind, Outcome,
    PoolName, Reach, RetireWhy, SlotIx, Timestamp, VmId, World,
};

/// A World and the entries that made it.
#[derive(Default)]
struct Book {
    world: World,
    entries: Vec<Entry>,
}

impl Book {
    /// Three hosts that are up.
    fn begun() -> Self {
        let mut book = Self::default();
        book.put(Event::ControllerStarted { version: "1".into() });
        let spec = HostSpec::new(Access::Local);
        let hosts = (1..=3).map(|n| (host(n), Some(spec.clone()))).collect();
        book.put(Event::FleetChanged { change: FleetChange { hosts, ..Default::default() } });
        for n in 1..=3 {
            book.put(Event::ReachChanged { host: host(n), to: Reach::Up, why: String::new() });
        }
        book
    }

    fn put(&mut self, event: Event) {
        let epoch = self.world.epoch + u64::from(matches!(event, Event::ControllerStarted { .. }));
        let seq = self.world.seq + 1;
        let at = Timestamp::from_millis(1_800_000_000_000 + 1_000 * seq as i64);
        let entry = Entry { seq, at, epoch, actor: Actor::controller(), event };
        self.world.apply(&entry).unwrap();
        self.entries.push(entry);
    }

    fn place(&mut self, id: u64, on: u8, slot: SlotIx) {
        let (pool, image): (PoolName, ImageName) = ("ci".parse().unwrap(), "x".parse().unwrap());
        let (vm, host) = (vm(id), host(on));
        self.put(Event::SlotReserved { vm, host, slot, pool, image, replaces: None });
    }

    /// The VM is placed, retired before anything of it was there, and gone.
    fn unplace(&mut self, id: u64) {
        self.put(Event::VmRetired { vm: vm(id), why: RetireWhy::Surplus, job: None });
        self.put(Event::VmGone { vm: vm(id) });
    }

    fn refused_start(&mut self, id: u64) {
        for (n, kind) in [(1, OpKind::Clone), (2, OpKind::Start)] {
            let (vm, op) = (vm(id), OpId::from_bits(100 * id + n));
            self.put(Event::OpBegun { vm, op, kind });
            let outcome = match kind {
                OpKind::Clone => Outcome::Done,
                OpKind::Start | OpKind::Deregister | OpKind::Stop | OpKind::Delete => {
                    let class = crate::model::Refusal::Limit;
                    Outcome::Refused { class, said: "no".into() }
                }
            };
            self.put(Event::OpEnded { vm, op, outcome });
        }
    }
}

fn host(n: u8) -> HostName {
    format!("mini-{n:02}").parse().unwrap()
}

fn vm(n: u64) -> VmId {
    VmId::from_bits(n)
}

fn row(on: u8, slot: SlotIx, id: Option<u64>, is: &'static str) -> SlotRow {
    SlotRow { host: host(on), slot, vm: id.map(vm), is }
}

/// A store with the book in it, closed again.
async fn written(dir: &Path, book: &Book) {
    let (store, _) = Store::open(dir, "1").await.unwrap();
    store.append(&book.entries, &slot_rows(&book.world)).await.unwrap();
    store.close().await.unwrap();
}

/// Works on the file behind the store's back.
async fn tamper(dir: &Path, text: &str) {
    let options = SqliteConnectOptions::new().filename(dir.join("hostler.db"));
    let mut conn = options.connect().await.unwrap();
    let text = format!(
        "DROP TRIGGER IF EXISTS entries_are_kept; DROP TRIGGER IF EXISTS entries_stay_as_written;
         {text}"
    );
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn what_was_appended_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    written(dir.path(), &book).await;
    let (store, loaded) = Store::open(dir.path(), "1").await.unwrap();
    assert_eq!(loaded.world, book.world);
    assert_eq!((loaded.entries, loaded.dropped_checkpoint), (6, false));
    assert!(!loaded.rebuilt_slots, "the rows are those of the World");
    assert_eq!(store.entries(0, 100).await.unwrap(), book.entries);
    assert_eq!(store.entries(2, 2).await.unwrap(), book.entries[2..4]);
    assert_eq!(store.entries_before(5, 3).await.unwrap(), book.entries[1..4]);
    let verified = store.verify().await.unwrap();
    assert_eq!((verified.entries, verified.first, verified.last), (6, 1, 6));
    assert_eq!(verified.head.len(), 64);
}

#[tokio::test]
async fn the_world_as_it_was_at_every_entry() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::begun();
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    assert_eq!(store.ends().await.unwrap(), None);
    assert_eq!(store.world_at(3).await.unwrap(), World::default());
    let mut worlds = vec![World::default()];
    for id in 1..=4 {
        book.place(id, 1, SlotIx::Zero);
        book.unplace(id);
    }
    for entry in &book.entries {
        let mut world = worlds.last().unwrap().clone();
        world.apply(entry).unwrap();
        worlds.push(world);
    }
    let half = book.entries.len() / 2;
    store.append(&book.entries[..half], &slot_rows(&worlds[half])).await.unwrap();
    store.checkpoint(&worlds[half]).await.unwrap();
    store.append(&book.entries[half..], &slot_rows(&book.world)).await.unwrap();
    for (seq, world) in worlds.iter().enumerate() {
        assert_eq!(store.world_at(seq as u64).await.unwrap(), *world, "entry {seq}");
    }
    assert_eq!(store.world_at(1_000).await.unwrap(), book.world, "the last there is");
    let (first, last) = (&book.entries[0], book.entries.last().unwrap());
    let ends = Ends { from: first.at, to: last.at, last: last.seq };
    assert_eq!(store.ends().await.unwrap(), Some(ends));
    let moment = |seq: usize, ms: i64| Timestamp::from_millis(worlds[seq].at.as_millis() + ms);
    for (at, seq) in [(moment(1, -1), 0), (moment(1, 0), 1), (moment(4, 999), 4)] {
        assert_eq!(store.last_by(at).await.unwrap(), seq);
    }
}

#[tokio::test]
async fn only_this_user_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("a/state");
    let (_store, _) = Store::open(&state, "1").await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for file in ["hostler.db", "hostler.db-wal", "hostler.lock"] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_newest_two_checkpoints_are_kept_and_the_entries_after_one_are_folded() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::begun();
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    store.append(&book.entries, &[]).await.unwrap();
    store.checkpoint(&book.world).await.unwrap();
    for n in 1..=3 {
        book.place(u64::from(n), n, SlotIx::Zero);
        let last = book.entries.last().unwrap();
        store.append(&[last], &[row(n, SlotIx::Zero, Some(n.into()), "reserved")]).await.unwrap();
        if n < 3 {
            store.checkpoint(&book.world).await.unwrap();
        }
    }
    let early = World { seq: book.world.seq + 1, ..book.world.clone() };
    let early = store.checkpoint(&early).await;
    assert!(matches!(early, Err(StoreError::Unwritable { seq: 9, .. })));
    store.close().await.unwrap();
    // (what is done to the file, entries folded, whether a checkpoint was passed over)
    for (text, folded, dropped) in [
        ("", 1, false),
        (
            "UPDATE checkpoints SET world = replace(world, 'mini-01', 'mini-09') WHERE seq = 7",
            2,
            true,
        ),
        ("UPDATE checkpoints SET version = '0.9'", 8, true),
    ] {
        tamper(dir.path(), text).await;
        let (store, loaded) = Store::open(dir.path(), "1").await.unwrap();
        assert_eq!(loaded.world, book.world, "{text}");
        assert_eq!((loaded.entries, loaded.dropped_checkpoint), (folded, dropped), "{text}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_was_tampered_with_stops_the_controller_and_says_where() {
    let other = "'{\"seq\":4,\"at\":\"2026-11-21T02:30:00.000Z\",\"epoch\":1,\"actor\":{\"who\":\"x\",\"via\":\"cli\"},\"event\":{\"is\":\"vm_gone\",\"vm\":\"000000000001\"}}'";
    let later = other.trim_matches('\'').replace("vm_gone", "vm_teleported");
    let linked = |seq: u64, body: &str, before: rows::Hash| {
        let hash: String =
            rows::link(&before, body).iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "DELETE FROM entries WHERE seq > {seq};
            UPDATE entries SET body = '{body}', hash = x'{hash}' WHERE seq = {seq}"
        )
    };
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    let mut before = rows::GENESIS;
    for entry in &book.entries[..3] {
        before = rows::link(&before, &rows::Line::of(entry).unwrap().body);
    }
    for (text, seq, said) in [
        (
            format!("UPDATE entries SET body = {other} WHERE seq = 4"),
            4,
            "not the one that was written",
        ),
        (
            "UPDATE entries SET body = replace(body, 'mini', 'maxi') WHERE seq = 2".into(),
            2,
            "not the one",
        ),
        ("DELETE FROM entries WHERE seq = 3".into(), 4, "entry 3 is missing"),
        ("DELETE FROM entries WHERE seq = 1".into(), 2, "entry 1 is missing"),
        ("UPDATE entries SET hash = zeroblob(32) WHERE seq = 6".into(), 6, "not the one"),
        (linked(4, "{\"seq\":4,", before), 4, "cannot be read"),
        (linked(4, &later, before), 4, "has a newer version written it?"),
        (linked(4, other.trim_matches('\''), before), 4, "does not follow"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path(), &book).await;
        tamper(dir.path(), &text).await;
        let error = Store::open(dir.path(), "1").await.unwrap_err();
        let (StoreError::Damaged { seq: at, .. } | StoreError::Unfoldable { seq: at, .. }) = &error
        else {
            panic!("{text}: {error}");
        };
        assert_eq!(*at, seq, "{text}: {error}");
        let told = error.to_string();
        assert!(told.contains(said) && told.contains("hostler.db"), "{text}: {told}");
        assert!(told.contains("restore the file from a backup"), "{told}");
    }
}

#[tokio::test]
async fn the_licence_report_reads_the_entries_themselves() {
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    book.refused_start(1);
    let begun = book.entries.iter().rposition(|entry| entry.event.name() == "op_begun").unwrap();
    let (began, seq) = (book.entries[begun].at, book.entries[begun].seq);
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), &book).await;
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    store.checkpoint(&book.world).await.unwrap();
    let whole = store.licence(None, None).await.unwrap();
    let last = book.world.seq;
    assert_eq!((whole.entries, whole.first, whole.last), (last, 1, last));
    assert_eq!((whole.hosts[&host(1)].count.total, whole.hosts[&host(1)].seq), (1, seq));
    assert_eq!(whole.hosts[&host(2)].count.total, 0);
    // What ended before the period is not in it; what still stands at its beginning is.
    let after = crate::model::Span::from_millis(1);
    let later = store.licence(Some(book.world.at + after), None).await.unwrap();
    assert_eq!((later.entries, later.hosts[&host(1)].count.total), (0, 0));
    let meanwhile = store.licence(Some(began + after), None).await.unwrap();
    let of = &meanwhile.hosts[&host(1)];
    assert_eq!((of.count.total, of.seq, meanwhile.first), (1, seq, seq + 1));
    let before = store.licence(None, Some(began - after)).await.unwrap();
    assert_eq!((before.last, before.hosts[&host(1)].count.total), (seq - 1, 0));
    store.close().await.unwrap();
    // A checkpoint does not help an entry that was written over.
    tamper(dir.path(), "UPDATE entries SET body = replace(body, 'mini', 'maxi') WHERE seq = 2")
        .await;
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    let error = store.licence(None, None).await.unwrap_err().to_string();
    assert!(error.contains("not the one that was written"), "{error}");
    store.close().await.unwrap();
}

#[tokio::test]
async fn verify_finds_what_a_start_from_a_checkpoint_does_not_read() {
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    for (text, seq, at_start) in [
        ("UPDATE entries SET body = replace(body, 'mini', 'maxi') WHERE seq = 2", 2, false),
        ("UPDATE entries SET who = 'somebody' WHERE seq = 3", 3, false),
        ("UPDATE entries SET host = 'mini-02' WHERE seq = 6", 6, false),
        ("DELETE FROM entries WHERE seq = 6", 6, true),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), "1").await.unwrap();
        store.append(&book.entries, &slot_rows(&book.world)).await.unwrap();
        store.checkpoint(&book.world).await.unwrap();
        store.close().await.unwrap();
        tamper(dir.path(), text).await;
        let error = match Store::open(dir.path(), "1").await {
            Ok((store, _)) => {
                assert!(!at_start, "{text}");
                store.verify().await.unwrap_err()
            }
            Err(error) => error,
        };
        assert!(matches!(error, StoreError::Damaged { seq: s, .. } if s == seq), "{text}: {error}");
    }
}

#[tokio::test]
async fn entries_cannot_be_changed_or_deleted_even_by_hand() {
    let store = Store::in_memory().await.unwrap();
    store.append(&Book::begun().entries, &[]).await.unwrap();
    let mut conn = store.writer.lock().await;
    for text in [
        "DELETE FROM entries WHERE seq = 5",
        "UPDATE entries SET who = 'x'",
        "INSERT INTO slots VALUES ('mini-01', 2, NULL, 'foreign')",
    ] {
        assert!(sqlx::query(text).execute(&mut *conn).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn an_entry_out_of_turn_or_of_an_ended_epoch_is_refused_with_its_whole_group() {
    let store = Store::in_memory().await.unwrap();
    let mut book = Book::begun();
    store.append(&book.entries, &[]).await.unwrap();
    book.put(Event::ControllerStarted { version: "2".into() });
    store.append(&book.entries[5..], &[]).await.unwrap();
    let next = |seq, epoch| Entry { seq, epoch, ..book.entries[4].clone() };
    for (group, refused) in [
        (vec![next(7, 2), next(9, 2)], "entry 9 does not follow entry 7"),
        (vec![next(6, 2)], "entry 6 does not follow entry 6"),
        (vec![next(8, 2)], "entry 8 does not follow entry 6"),
        (vec![next(7, 1)], "epoch 1 has ended: epoch 2"),
        (vec![next(7, 3), next(8, 2)], "epoch 2 has ended: epoch 3"),
    ] {
        let error = store.append(&group, &[]).await.unwrap_err().to_string();
        assert!(error.starts_with(refused), "{error}");
        assert_eq!(store.entries(0, 100).await.unwrap(), book.entries);
    }
    store.append(&[next(7, 2)], &[]).await.unwrap();
    // An id is a VM's for ever: not even after it is gone may another have it.
    let mut book = Book::begun();
    for _ in 0..2 {
        book.place(1, 1, SlotIx::Zero);
        book.unplace(1);
    }
    let store = Store::in_memory().await.unwrap();
    let error = store.append(&book.entries, &[]).await.unwrap_err();
    assert!(error.to_string().contains("was placed before"), "{error}");
}

#[tokio::test]
async fn a_slot_changes_hands_only_through_an_entry_that_frees_it() {
    use SlotIx::{One, Zero};
    let store = Store::in_memory().await.unwrap();
    let mut book = Book::begun();
    book.place(1, 1, Zero);
    book.refused_start(1);
    book.place(2, 1, One);
    book.put(Event::SlotTaken { host: host(2), slot: Zero, name: "other".into() });
    store.append(&book.entries, &slot_rows(&book.world)).await.unwrap();
    let before = book.entries.len();
    let sighted = |n: usize| Entry { seq: before as u64 + 1, ..book.entries[n].clone() };
    for (rows, said) in [
        (vec![row(1, Zero, Some(3), "reserved")], "slot 0 of host mini-01"),
        (vec![row(3, Zero, Some(1), "reserved")], "its VM has slot 0 of mini-01"),
        (vec![row(3, Zero, Some(3), "reserved"), row(3, One, Some(3), "reserved")], "two slots"),
        (vec![row(1, Zero, None, "free")], "vm 000000000001 has it"),
        (vec![row(1, Zero, None, "leaked")], "vm 000000000001 has it"),
        (vec![row(2, Zero, Some(3), "reserved")], "a foreign guest has it"),
    ] {
        let error = store.append(&[sighted(4)], &rows).await.unwrap_err();
        assert!(matches!(error, StoreError::Slot { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(store.entries(0, 100).await.unwrap().len(), before, "{error}");
    }
    // In one group: 2 goes and 4 comes to its slot, 1's slot leaks, the foreign guest goes.
    book.unplace(2);
    book.place(4, 1, One);
    book.put(Event::SlotLeaked { host: host(1), slot: Zero, vm: vm(1) });
    book.put(Event::SlotCleared { host: host(2), slot: Zero, why: "gone".into() });
    book.place(5, 2, Zero);
    let rows = slot_rows(&book.world);
    assert_eq!(rows.len(), 3);
    store.append(&book.entries[before..], &rows).await.unwrap();
    let after = book.entries.len();
    book.put(Event::SlotCleared { host: host(1), slot: Zero, why: "rebooted".into() });
    store.append(&book.entries[after..], &[row(1, Zero, None, "free")]).await.unwrap();
    assert!(!store.load().await.unwrap().rebuilt_slots);
}

#[tokio::test]
async fn slots_that_contradict_the_journal_are_made_to_follow_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    written(dir.path(), &book).await;
    tamper(dir.path(), "UPDATE slots SET host = 'mini-02'").await;
    for rebuilt in [true, false] {
        let (store, loaded) = Store::open(dir.path(), "1").await.unwrap();
        assert_eq!(loaded.rebuilt_slots, rebuilt);
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn entries_are_found_by_host_vm_and_time() {
    let store = Store::in_memory().await.unwrap();
    let mut book = Book::begun();
    book.place(1, 1, SlotIx::Zero);
    book.place(2, 2, SlotIx::Zero);
    book.unplace(1);
    book.unplace(2);
    store.append(&book.entries, &slot_rows(&book.world)).await.unwrap();
    let all = Filter::default;
    let since = book.entries[8].at;
    for (filter, limit, found) in [
        (all(), 100, vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (all(), 2, vec![10, 11]),
        (Filter { host: Some(host(1)), ..all() }, 100, vec![3, 6, 8, 9]),
        (Filter { host: Some(host(3)), ..all() }, 100, vec![5]),
        (Filter { host: Some(host(1)), before: Some(9), ..all() }, 2, vec![6, 8]),
        (Filter { vm: Some(vm(2)), after: 7, ..all() }, 100, vec![10, 11]),
        (Filter { since: Some(since), ..all() }, 100, vec![9, 10, 11]),
    ] {
        let entries = store.entries_of(&filter, limit).await.unwrap();
        let seqs: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, found, "{filter:?}");
    }
}

#[tokio::test]
async fn a_second_controller_is_told_who_holds_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    let error = Store::open(dir.path(), "1").await.unwrap_err().to_string();
    let pid = format!("process {}", std::process::id());
    assert!(error.contains("another controller") && error.contains(&pid), "{error}");
    store.close().await.unwrap();
    Store::open(dir.path(), "1").await.unwrap();
}

#[tokio::test]
async fn a_newer_store_and_a_strangers_file_are_refused_and_left_as_they_are() {
    let newer = "PRAGMA user_version = 2; UPDATE meta SET value = '3.1'";
    let stranger = "PRAGMA application_id = 7";
    for (text, said) in [
        (newer, "has format 2, written by version 3.1, and this version knows formats up to 1"),
        (stranger, "is not a store of Hostler"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path(), &Book::begun()).await;
        tamper(dir.path(), text).await;
        let path = dir.path().join("hostler.db");
        let before = std::fs::read(&path).unwrap();
        let error = Store::open(dir.path(), "1").await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(std::fs::read(&path).unwrap() == before, "{said}: the file was changed");
        let wal = std::fs::metadata(dir.path().join("hostler.db-wal"));
        assert!(wal.is_err() || wal.unwrap().len() == 0, "{said}: something was written");
    }
}

#[tokio::test]
async fn what_is_no_database_and_what_is_no_directory_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hostler.db"), "my shopping list\n".repeat(99)).unwrap();
    let error = Store::open(dir.path(), "1").await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let file = dir.path().join("hostler.db");
    let error = Store::open(&file, "1").await.unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("hostler.db"), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_named_keeps_what_was_acknowledged_and_takes_more_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::begun();
    let (store, _) = Store::open(dir.path(), "1").await.unwrap();
    store.append(&book.entries, &[]).await.unwrap();
    let limit = |pages: u32| {
        let store = &store;
        async move {
            let text = format!("PRAGMA max_page_count = {pages}");
            let mut conn = store.writer.lock().await;
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *conn).await.unwrap();
        }
    };
    limit(1).await; // SQLite raises it to the present size.
    let why = "x".repeat(100_000);
    book.put(Event::ReachChanged { host: host(1), to: Reach::Suspect, why });
    let error = store.append(&book.entries[5..], &[]).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("hostler.db") && told.contains("free some space"), "{told}");
    assert_eq!(store.entries(0, 100).await.unwrap(), book.entries[..5]);
    limit(1_000_000).await;
    store.append(&book.entries[5..], &[]).await.unwrap();
    assert_eq!(store.entries(0, 100).await.unwrap(), book.entries);
}

#[tokio::test]
async fn a_write_that_was_given_up_half_way_does_not_stand_in_the_next_ones_way() {
    let book = Book::begun();
    for polls in 0..12 {
        let store = Store::in_memory().await.unwrap();
        {
            let mut append = std::pin::pin!(store.append(&book.entries[..2], &[]));
            for _ in 0..polls {
                if futures::poll!(append.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let mut conn = store.begin().await.unwrap();
        store.end(&mut conn, Ok(())).await.unwrap();
        drop(conn);
        let there = store.entries(0, 100).await.unwrap().len();
        assert!(there == 0 || there == 2, "{there} of 2 after {polls} polls");
        store.append(&book.entries[there..], &[]).await.unwrap();
        assert_eq!(store.verify().await.unwrap().last, 5);
    }
}
