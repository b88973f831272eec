//! The program against a controller that answers from a fixed World: what it prints where, and
//! its exit codes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use futures::future::BoxFuture;
use hostler::api::{Api, History, LogQuery, Socket, serve};
use hostler::engine::{Ask, Clock, Command as Order, Denied, Done, Ends, Handle};
use hostler::model::*;
use tokio_util::sync::CancellationToken;

use crate::program::{command, output as run, text};

fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

fn at(s: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000) + Span::from_secs(s)
}

fn entry(seq: u64, event: Event) -> Entry {
    Entry { seq, at: at(seq), epoch: 1, actor: Actor::controller(), event }
}

/// Two hosts, one of them up with the escape of a terminal in what it says.
fn journal() -> Vec<Entry> {
    let host = |site: &str| HostSpec {
        labels: [("site".to_string(), site.to_string())].into(),
        ..HostSpec::new(Access::Local)
    };
    let mut change = FleetChange::default();
    change.hosts.insert(name("mini-01"), Some(host("bern")));
    change.hosts.insert(name("mini-02"), Some(host("lausanne")));
    let why = "ssh: \x1b[2Jgone".to_string();
    vec![
        entry(1, Event::ControllerStarted { version: "0".into() }),
        entry(2, Event::FleetChanged { change }),
        entry(3, Event::ReachChanged { host: name("mini-01"), to: Reach::Up, why: String::new() }),
        entry(4, Event::ReachChanged { host: name("mini-02"), to: Reach::Lost, why }),
    ]
}

struct Memory(Vec<Entry>);

impl History for Memory {
    fn entries(&self, query: LogQuery, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, String>> {
        let skip = self.0.len().saturating_sub(limit as usize);
        let after = query.after.unwrap_or(0);
        let found = self.0.iter().skip(skip).filter(|entry| entry.seq > after).cloned().collect();
        Box::pin(async move { Ok(found) })
    }
}

/// A controller that does what it is asked, and says so.
struct Stand {
    dir: tempfile::TempDir,
    ends: Arc<tokio::sync::Mutex<Ends>>,
    shutdown: CancellationToken,
}

fn stand() -> Stand {
    let mut world = World::default();
    let journal = journal();
    journal.iter().for_each(|entry| world.apply(entry).unwrap());
    let (handle, mut ends) = Handle::new(world, Clock::fast(at(100), 2.0));
    let (dir, shutdown) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let api = Api {
        handle,
        history: Arc::new(Memory(journal)),
        reload: None,
        user: None,
        uid: None,
        shutdown: shutdown.clone(),
    };
    let socket = Socket::bind(&dir.path().join("hostler.sock")).unwrap();
    tokio::spawn(async move { serve(socket, api).await.unwrap() });
    let mut asks = std::mem::replace(&mut ends.asks, tokio::sync::mpsc::channel(1).1);
    tokio::spawn(async move {
        while let Some(ask) = asks.recv().await {
            match ask {
                Ask::Plan { answer } => drop(answer.send(Plan::default())),
                Ask::Log { answer, .. } => drop(answer.send(Ok("it\nstopped".into()))),
                Ask::Examine { hosts, answer } => drop(answer.send(examined(hosts))),
                Ask::Do { actor, command, answer } => {
                    let who = format!("{} by {:?}", actor.who, actor.via);
                    drop(answer.send(done(&who, &command)));
                }
            }
        }
    });
    Stand { dir, ends: Arc::new(tokio::sync::Mutex::new(ends)), shutdown }
}

/// The first host sleeps, and others do not answer.
fn examined(hosts: Vec<HostName>) -> Vec<Checkup> {
    let of = |host: HostName| match host.as_str() {
        "mini-01" => {
            let sleep = Check::fail(CheckName::Sleep, "it sleeps").fix("sudo pmset -a sleep 0");
            let disk = Check::ok(CheckName::Disk, "9 GiB are free");
            Checkup { host, checks: vec![disk, sleep], missed: None }
        }
        _ => Checkup::missed(host, "no route"),
    };
    hosts.into_iter().map(of).collect()
}

fn done(who: &str, command: &Order) -> Result<Done, Denied> {
    match command {
        Order::Cordon { hosts, reason, until } => {
            let until = until.map(|until| until.since(at(100)).as_secs() / 3_600);
            let said = vec![format!("{who}: {hosts:?} {reason} {until:?}")];
            Ok(Done { seq: 5, said, job: None })
        }
        Order::Uncordon { hosts, which } => {
            Ok(Done { seq: 5, said: vec![format!("{hosts:?} {which:?}")], job: None })
        }
        Order::Forget { host, reason } => {
            Ok(Done { seq: 5, said: vec![format!("{host:?} {reason}")], job: None })
        }
        Order::Respawn { .. }
        | Order::RunNow { .. }
        | Order::Load { .. }
        | Order::Trust { .. }
        | Order::Hold { .. }
        | Order::Drain { .. }
        | Order::Undrain { .. }
        | Order::Play { .. }
        | Order::CancelJob { .. }
        | Order::SkipHost { .. }
        | Order::ResumeJob { .. }
        | Order::RetryJob { .. }
        | Order::Suspend { .. }
        | Order::ResumeSchedule { .. }
        | Order::SkipNext { .. }
        | Order::ResumeVm { .. }
        | Order::DischargeVm { .. }
        | Order::DischargeJob { .. }
        | Order::ReleasePool { .. } => Err(Denied::Conflict("not here".into())),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_command_says_its_part_where_it_belongs_and_ends_with_its_code() {
    let stand = stand();
    for (line, code, out, err) in [
        ("status", 0, "hosts       2: 1 lost, 1 ready", ""),
        ("status --json", 0, "\"seq\":4", ""),
        ("status", 0, "time        2027-01-15T09:0", ""),
        ("host list", 0, "mini-02  lost   free,free", ""),
        ("host list site=bern", 0, "mini-01  ready", ""),
        ("host list mini-02 --json", 0, "\"name\":\"mini-02\",\"state\":\"lost\"", ""),
        ("host list site=nowhere", 1, "", "no host `site=nowhere`: `hostler host list`"),
        ("host list site=", 2, "", "is not a selector term"),
        ("host list -", 2, "", "standard input names nothing"),
        ("host show mini-01", 0, "labels  site=bern", ""),
        ("host show mini-09", 1, "", "no host `mini-09`"),
        ("host why mini-02", 0, "mini-02 is lost", ""),
        ("vm list", 0, "ID  POOL  HOST", ""),
        ("vm why 000000000009", 1, "", "no vm `000000000009`"),
        ("vm log 000000000009", 0, "it\nstopped\n", ""),
        ("vm log 000000000009 --json", 0, "\"text\":\"it\\nstopped\"", ""),
        ("vm resume 000000000009", 1, "", "not here"),
        ("vm discharge 000000000009", 2, "", "--reason"),
        ("vm show nonsense", 2, "", "is not a vm id"),
        ("plan", 0, "nothing to do now", ""),
        (
            "host cordon mini-01 --reason 'no disk' --until 2h",
            0,
            "alice by Cli: [\"mini-01\"] no disk Some(2)",
            "",
        ),
        ("host cordon site!=bern --reason x", 0, "[\"mini-02\"] x None", ""),
        ("host cordon mini-01 --reason ' '", 1, "", "reason: say why"),
        ("host cordon mini-01", 2, "", "--reason"),
        ("host uncordon mini-01", 0, "[\"mini-01\"] Mine", ""),
        ("host uncordon mini-01 --all", 2, "", "no terminal to ask on: say --yes"),
        ("host uncordon mini-01 --all --yes", 0, "[\"mini-01\"] All", ""),
        ("host forget mini-02 --reason burnt", 2, "", "Give up host mini-02 (lost)? no VM of ours"),
        ("host forget mini-02 --reason burnt --yes", 0, "\"mini-02\" burnt", ""),
        ("host forget mini-09 --reason burnt --yes", 1, "", "no host `mini-09`"),
        ("pool respawn nope", 1, "", "pool nope is not known"),
        ("pool release ci", 1, "", "not here"),
        ("reload", 1, "", "no fleet directory"),
        ("events", 0, "reach_changed      mini-02 lost: ssh:  [2Jgone", ""),
        ("events --limit 1", 0, "2027-01-15T09:00:04+01:00       4 hostler", ""),
        ("events --limit 1 --json", 0, "{\"seq\":4,\"at\":\"2027-01-15T08:00:04.000Z\"", ""),
        (
            "status --connect unix:/nowhere/x",
            3,
            "",
            "no controller at /nowhere/x: start one with `hostler serve`",
        ),
        ("status --connect ftp:x", 2, "", "expected unix:PATH"),
        ("check", 2, "", "inventory"),
        ("frobnicate", 2, "", "unrecognized subcommand"),
        ("service print --kind systemd --run-as ci", 0, "User=ci", ""),
        ("service print --kind launchd --run-as 'a b'", 2, "", "not the name of a user"),
        ("completions bash", 0, "_hostler", ""),
        ("man", 0, ".TH hostler", ""),
    ] {
        let said = run(stand.dir.path(), line).await;
        let (stdout, stderr) = (text(&said.stdout), text(&said.stderr));
        let all = format!("{line}\n--- out\n{stdout}\n--- err\n{stderr}");
        assert_eq!(said.status.code(), Some(code), "{all}");
        assert!(stdout.contains(out) && stderr.contains(err), "{all}");
        assert!(!stdout.contains('\x1b') && !stderr.contains('\x1b'), "{all}");
        assert_eq!(stdout.is_empty(), code != 0, "data is there exactly when it is done: {all}");
        if line.contains("--json") {
            assert!(serde_json::from_str::<serde_json::Value>(&stdout).is_ok(), "{all}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tells_all_and_ends_with_1_when_a_check_fails() {
    let stand = stand();
    for (line, out, err) in [
        ("host doctor mini-01", "sleep  fail     it sleeps", "hostler: a check has failed"),
        (
            "host doctor mini-01",
            "on the host (hostler host ssh mini-01):\n  # sleep: fail\n  sudo pmset",
            "",
        ),
        ("host doctor mini-02", "mini-02 was not reached: no route", "a check has failed"),
        ("host doctor", "mini-02  fail      0     0        0   0  not reached: no route", ""),
        ("host doctor", "2 hosts: 0 ok, 0 warn, 2 fail", "2 of 2 hosts fail a check"),
        ("host doctor site=bern --json", "\"name\":\"sleep\",\"verdict\":\"fail\"", ""),
        ("host doctor site=nowhere", "", "no host `site=nowhere`"),
    ] {
        let said = run(stand.dir.path(), line).await;
        let (stdout, stderr) = (text(&said.stdout), text(&said.stderr));
        let all = format!("{line}\n--- out\n{stdout}\n--- err\n{stderr}");
        assert_eq!(said.status.code(), Some(1), "{all}");
        assert!(stdout.contains(out) && stderr.contains(err), "{all}");
    }
}

#[tokio::test]
async fn check_counts_what_is_right_and_lists_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("inventory")).unwrap();
    let write = |text: &str| std::fs::write(dir.path().join("inventory/a.yaml"), text).unwrap();
    let read = |said: &Output| serde_json::from_slice::<serde_json::Value>(&said.stdout).unwrap();
    write(
        "hosts: {m: {address: 10.0.0.1, user: admin}}\nimages: {a: {source: x}, b: {source: y}}\n",
    );
    let said = run(dir.path(), "check").await;
    let counts = "1 host, 2 images, 0 pools, 0 schedules: no mistakes\n";
    assert_eq!((said.status.code(), text(&said.stdout).as_str()), (Some(0), counts));
    let said = read(&run(dir.path(), "check --json").await);
    assert_eq!((&said["hosts"], &said["images"]), (&1.into(), &2.into()), "{said}");
    assert_eq!(said["problems"].as_array().map(Vec::len), Some(0), "{said}");
    let fleet = read(&run(dir.path(), "check --print --json").await);
    assert_eq!(fleet["hosts"]["m"]["access"]["address"], "10.0.0.1", "{fleet}");
    write("hosts: {m: {address: 10.0.0.1, user: admin, slots: 3}}\n");
    let wrong = run(dir.path(), "check --json").await;
    let (code, said) = (wrong.status.code(), &read(&wrong)["problems"][0]);
    assert_eq!((code, &said["line"], &said["key"]), (Some(2), &1.into(), &"hosts.m.slots".into()));
    assert!(text(&wrong.stderr).contains("inventory/a.yaml:1:"), "{}", text(&wrong.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_tells_each_change_and_ends_with_the_controller() {
    let stand = stand();
    let mut command = command(stand.dir.path(), "host list --watch");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (lines, mut read) = tokio::sync::mpsc::unbounded_channel();
    let waited = tokio::task::spawn_blocking(move || {
        let mut child = child;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let _ = lines.send(line.unwrap());
        }
        child.wait_with_output().unwrap()
    });
    for start in ["NAME", "mini-01  ready", "mini-02  lost"] {
        let line = read.recv().await.unwrap();
        assert!(line.starts_with(start), "{line}");
    }
    let change = Event::ReachChanged { host: name("mini-02"), to: Reach::Up, why: String::new() };
    {
        let ends = stand.ends.lock().await;
        let mut world = (**ends.world.borrow()).clone();
        let entry = entry(5, change);
        world.apply(&entry).unwrap();
        ends.stream.push([Arc::new(entry)]);
        ends.world.send_replace(Arc::new(world));
    }
    let line = read.recv().await.unwrap();
    assert!(line.starts_with("mini-02  ready"), "{line}");
    stand.shutdown.cancel();
    let said = waited.await.unwrap();
    assert_eq!(said.status.code(), Some(3));
    assert!(read.recv().await.is_none());
    assert!(text(&said.stderr).contains("hostler: the controller"), "{}", text(&said.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_away_is_no_failure() {
    let stand = stand();
    let mut command = command(stand.dir.path(), "completions bash");
    let status = tokio::task::spawn_blocking(move || {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = child.wait_with_output().unwrap();
        assert_eq!(text(&said.stderr), "");
        said.status.code()
    });
    assert_eq!(status.await.unwrap(), Some(0));
}

/// Shells give a program few open files; the system itself allows more.
#[test]
fn a_low_limit_on_open_files_is_raised_as_far_as_the_system_lets_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = "ulimit -Sn 64 && exec \"$0\" sim serve --hosts 40 --dir fleet";
    let child = Command::new("sh")
        .args(["-c", text, env!("CARGO_BIN_EXE_hostler")])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.contains("40 simulated Macs answer"), "{said}");
}
