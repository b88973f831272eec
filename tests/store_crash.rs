//! The store against what really happens to it: its process is killed amid a write, a second
//! controller is started, the disk is full, the directory cannot be written. Children are this
//! very program, started again with one test's name.
#![expect(clippy::disallowed_methods, reason = "licence: children are killed, files are spoilt")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[cfg(target_os = "linux")]
#[path = "common/disk.rs"]
mod disk;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use hostler::model::*;
use hostler::store::{SlotRow, Store, StoreError, slot_rows};

const DIR: &str = "HOSTLER_TEST_STORE";
/// Entries in a group.
const GROUP: u64 = 5;

/// The directory to work on, when this process is such a child.
fn child_dir() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

fn child_args(test: &str) -> Vec<OsString> {
    let exe = std::env::current_exe().unwrap().into_os_string();
    vec![exe, test.into(), "--exact".into(), "--nocapture".into()]
}

fn spawn(command: &mut Command, dir: &Path) -> (Child, BufReader<ChildStdout>) {
    let command = command.env(DIR, dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn spawn_test(test: &str, dir: &Path) -> (Child, BufReader<ChildStdout>) {
    let args = child_args(test);
    spawn(Command::new(&args[0]).args(&args[1..]), dir)
}

/// What children tell their parents: a word, a space and the rest of the line.
fn tell(word: &str, what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    // The harness may have left a line unfinished.
    writeln!(out, "\n{word} {what}").unwrap();
    out.flush().unwrap();
}

fn told(out: &mut impl BufRead, word: &str) -> Option<String> {
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(what) = line.trim_end().strip_prefix(word).and_then(|l| l.strip_prefix(' ')) {
            return Some(what.to_string());
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Writes groups of entries to a store, each with a change of slots in it.
struct Writer {
    store: Store,
    world: World,
}

impl Writer {
    async fn open(dir: &Path) -> Result<Self, StoreError> {
        let (store, loaded) = Store::open(dir, "1").await?;
        assert!(!loaded.rebuilt_slots && !loaded.dropped_checkpoint);
        let mut writer = Self { store, world: loaded.world };
        if writer.world.seq == 0 {
            writer.write(declared()).await?;
        }
        Ok(writer)
    }

    /// One group: all of these and nothing else.
    async fn write(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        let before = slot_rows(&self.world);
        let mut world = self.world.clone();
        let mut group = Vec::new();
        for event in events {
            let starts = u64::from(matches!(event, Event::ControllerStarted { .. }));
            let (seq, epoch) = (world.seq + 1, world.epoch + starts);
            let (at, actor) = (Timestamp::from_millis(seq as i64), Actor::controller());
            let entry = Entry { seq, at, epoch, actor, event };
            world.apply(&entry).unwrap();
            group.push(entry);
        }
        let after = slot_rows(&world);
        let free = |row: &&SlotRow| !after.iter().any(|now| now.host == row.host);
        let freed = before.iter().filter(free);
        let freed = freed.map(|row| SlotRow { vm: None, is: "free", ..row.clone() });
        let rows: Vec<SlotRow> = freed.chain(after.iter().cloned()).collect();
        self.store.append(&group, &rows).await?;
        self.world = world;
        Ok(())
    }

    /// The next group of `GROUP` entries: a VM comes, or goes.
    async fn write_next(&mut self) -> Result<(), StoreError> {
        let last = self.world.vms.keys().next().copied();
        let mut events = match last {
            None => vec![placed(VmId::from_bits(self.world.seq))],
            Some(vm) => {
                let why = RetireWhy::Surplus;
                vec![Event::VmRetired { vm, why, job: None }, Event::VmGone { vm }]
            }
        };
        while events.len() < GROUP as usize {
            let to = if events.len().is_multiple_of(2) { Reach::Suspect } else { Reach::Lost };
            let (host, why) = ("mini-02".parse().unwrap(), "no answer ".repeat(200));
            events.push(Event::ReachChanged { host, to, why });
        }
        // The last group may have left the host in the state that this one begins with.
        let (host, why) = ("mini-02".parse().unwrap(), String::new());
        *events.last_mut().unwrap() = Event::ReachChanged { host, to: Reach::Up, why };
        self.write(events).await
    }
}

fn declared() -> Vec<Event> {
    let spec = HostSpec::new(Access::Local);
    let hosts = ["mini-01", "mini-02"].map(|name| (name.parse().unwrap(), Some(spec.clone())));
    let up = |name: &str| {
        let (host, to, why) = (name.parse().unwrap(), Reach::Up, String::new());
        Event::ReachChanged { host, to, why }
    };
    let change = FleetChange { hosts: hosts.into(), ..FleetChange::default() };
    vec![
        Event::ControllerStarted { version: "1".into() },
        Event::FleetChanged { change },
        up("mini-01"),
        up("mini-02"),
    ]
}

fn placed(vm: VmId) -> Event {
    let (host, slot) = ("mini-01".parse().unwrap(), SlotIx::Zero);
    let (pool, image) = ("ci".parse().unwrap(), "xcode".parse().unwrap());
    Event::SlotReserved { vm, host, slot, pool, image, replaces: None }
}

/// Writes until it fails or the process is killed, and tells after each group how far it has come.
async fn write_on(writer: &mut Writer) -> StoreError {
    loop {
        if let Err(error) = writer.write_next().await {
            return error;
        }
        tell("acknowledged", writer.world.seq);
        if writer.world.seq % (8 * GROUP) < GROUP
            && let Err(error) = writer.store.checkpoint(&writer.world).await
        {
            return error;
        }
    }
}

#[test]
fn a_kill_amid_writing_loses_nothing_acknowledged_and_leaves_no_half_group() {
    if let Some(dir) = child_dir() {
        block_on(async {
            let mut writer = Writer::open(&dir).await.unwrap();
            panic!("{}", write_on(&mut writer).await);
        });
    }
    let dir = tempfile::tempdir().unwrap();
    let mut least = 0;
    for groups in [1, 2, 3, 7, 8, 9, 16, 30] {
        let test = "a_kill_amid_writing_loses_nothing_acknowledged_and_leaves_no_half_group";
        let (mut child, mut out) = spawn_test(test, dir.path());
        for _ in 0..groups {
            told(&mut out, "acknowledged").unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(seq) = told(&mut out, "acknowledged") {
            least = seq.parse().unwrap();
        }
        block_on(async {
            let writer = Writer::open(dir.path()).await.unwrap();
            let seq = writer.world.seq;
            assert!(seq >= least, "{least} was acknowledged, {seq} is there");
            assert_eq!(seq % GROUP, 4, "a group is there by half");
            assert_eq!(writer.store.verify().await.unwrap().last, seq);
            least = seq;
            writer.store.close().await.unwrap();
        });
    }
    assert!(least > 70 * GROUP, "{least}");
}

#[test]
fn a_second_controller_is_refused_while_the_first_lives_however_that_ends() {
    if let Some(dir) = child_dir() {
        let _writer = block_on(Writer::open(&dir)).unwrap();
        tell("open", "now");
        // Until the parent ends it.
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let test = "a_second_controller_is_refused_while_the_first_lives_however_that_ends";
    let (mut child, mut out) = spawn_test(test, dir.path());
    told(&mut out, "open").unwrap();
    let error = block_on(Store::open(dir.path(), "1")).unwrap_err().to_string();
    let holder = format!("another controller (process {})", child.id());
    assert!(error.contains(&holder), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(block_on(Store::open(dir.path(), "1")).unwrap().1.world.seq, 4);
}

#[test]
fn a_limit_on_file_sizes_stops_the_writing_and_loses_nothing() {
    if let Some(dir) = child_dir() {
        block_on(async {
            let mut writer = Writer::open(&dir).await.unwrap();
            tell("failed", write_on(&mut writer).await);
        });
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let args = child_args("a_limit_on_file_sizes_stops_the_writing_and_loses_nothing");
    // In blocks of 512 or 1024 bytes, as the shell has it.
    let limited = "trap '' XFSZ; ulimit -f 600; exec \"$@\"";
    let (mut child, mut out) =
        spawn(Command::new("sh").args(["-c", limited, "sh"]).args(&args), dir.path());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut out, &mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    let failed = told(&mut text.as_bytes(), "failed").unwrap();
    assert!(failed.contains("hostler.db cannot be read or written"), "{failed}");
    assert!(failed.contains("the limit on file sizes"), "{failed}");
    let mut least = 0;
    let mut lines = text.as_bytes();
    while let Some(seq) = told(&mut lines, "acknowledged") {
        least = seq.parse().unwrap();
    }
    assert!(least > 5 * GROUP, "{text}");
    block_on(async {
        let mut writer = Writer::open(dir.path()).await.unwrap();
        assert!(writer.world.seq >= least && writer.world.seq % GROUP == 4);
        writer.write_next().await.unwrap();
        writer.store.verify().await.unwrap();
    });
}

#[test]
fn a_directory_that_may_not_be_written_is_named() {
    if let Some(dir) = child_dir() {
        tell("failed", block_on(Store::open(&dir, "1")).unwrap_err());
        return;
    }
    // Rights do not bind root: then the child is another user, who must reach its program.
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(dir.path(), 0o755);
    let mut args = child_args("a_directory_that_may_not_be_written_is_named");
    let program = dir.path().join("program");
    std::fs::copy(&args[0], &program).unwrap();
    args[0] = program.into_os_string();
    let state = dir.path().join("state");
    std::fs::create_dir(&state).unwrap();
    block_on(async { Writer::open(&state).await.unwrap().store.close().await.unwrap() });
    let root = std::fs::metadata(&state).unwrap().uid() == 0;
    let (lock, database) = (state.join("hostler.lock"), state.join("hostler.db"));
    if root {
        for path in [&state, &lock, &database] {
            chown(path, Some(65_534), Some(65_534)).unwrap();
        }
    }
    for (spoilt, mode, named) in [
        (state.clone(), 0o555, "hostler.db"),
        (lock, 0o444, "hostler.lock"),
        (database, 0o444, "hostler.db"),
    ] {
        let before = std::fs::metadata(&spoilt).unwrap().permissions().mode();
        open(&spoilt, mode);
        let mut command = Command::new(&args[0]);
        command.args(&args[1..]);
        if root {
            command.uid(65_534).gid(65_534);
        }
        let (mut child, mut out) = spawn(&mut command, &state);
        let failed = told(&mut out, "failed").unwrap();
        child.wait().unwrap();
        let why = format!("{named} or its directory cannot be written by this user");
        assert!(failed.contains(&why), "{failed}");
        open(&spoilt, before);
    }
    block_on(Writer::open(&state)).unwrap();
}

/// On a small disk of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_read_only_one_stop_the_writing_and_lose_nothing() {
    match disk::here() {
        Some(dir) => block_on(on_a_small_disk(&dir)),
        None => {
            disk::run_on("1m", "a_full_disk_and_a_read_only_one_stop_the_writing_and_lose_nothing")
        }
    }
}

#[cfg(target_os = "linux")]
async fn on_a_small_disk(dir: &Path) {
    let mut writer = Writer::open(dir).await.unwrap();
    let error = write_on(&mut writer).await;
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space, then start"), "{error}");
    let seq = writer.world.seq;
    assert!(seq > 5 * GROUP, "{seq}");
    let again = writer.write_next().await.unwrap_err();
    assert!(matches!(again, StoreError::Full { .. }), "{again:?}");
    // Once there is room the same store takes more, and so does the next controller.
    disk::remount(dir, "size=16m");
    writer.write_next().await.unwrap();
    writer.store.close().await.unwrap();
    let writer = Writer::open(dir).await.unwrap();
    assert_eq!(writer.world.seq, seq + GROUP);
    writer.store.verify().await.unwrap();
    writer.store.close().await.unwrap();
    disk::remount(dir, "ro");
    let error = Store::open(dir, "1").await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    disk::remount(dir, "rw");
    Writer::open(dir).await.unwrap();
}
