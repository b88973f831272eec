//! How long a frame takes: eight windows over 5,000 hosts and 10,000 VMs on the largest screen;
//! how often a desktop with nothing to do wakes up; and what one over as large a fleet takes to
//! start, to answer a key, and to write.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hostler::api::{Client, Connect, Release};
use hostler::model::{Actor, HostName, Timestamp, Via};
use hostler::store::Store;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::runtime::Runtime;

use crate::controller::Running;
use crate::idle::{Work, memory};
use crate::session::Session;
use crate::tmux::{Terminal, kill};
use crate::ui::tests::fleet::Maker;
use crate::ui::{App, Msg, Setup};
use crate::{ms, row, within};

const FRAMES: usize = 600;
const SIZE: (u16, u16) = (300, 90);
const FRAME: Duration = Duration::from_millis(3);
/// The desktop is watched for so long.
const SPAN: Duration = Duration::from_millis(2_500);
const HOSTS: usize = 5_000;
const VMS: usize = 10_000;

pub(crate) fn run(runtime: &Runtime) {
    frames();
    wakes();
    sessions(runtime);
}

fn frames() {
    let mut maker = Maker::new(HOSTS, VMS);
    let start = maker.now();
    let mut app = App::new(Setup::default(), SIZE, start);
    app.update(start, Msg::Snapshot(Arc::new(maker.snapshot())));
    app.update(start, Msg::Samples(maker.live()));
    // Hosts, VMs, jobs and events are open; the map, the calendar and two hosts make eight.
    for key in ["1", "5", "T", "2", "Enter", "2", "Down", "Enter", "2"] {
        app.update(start, Msg::Key(key.parse().unwrap()));
    }
    let mut buf = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    app.view(&mut buf);
    let corners = buf.content().iter().filter(|cell| matches!(cell.symbol(), "┌" | "╔"));
    assert_eq!(corners.count(), 8, "windows whose corner is in sight");
    let mut took: Vec<(Duration, Duration)> = (0..FRAMES)
        .map(|n| {
            let news = Msg::Entry(Arc::new(maker.something(n)));
            let now = Timestamp::from_millis(start.as_millis() + 33 * (n as i64 + 1));
            let began = Instant::now();
            app.update(now, news);
            app.update(now, Msg::Key("Down".parse().unwrap()));
            let updated = began.elapsed();
            app.view(&mut buf);
            (began.elapsed(), updated)
        })
        .collect();
    let mut updates: Vec<Duration> = took.iter().map(|(_, update)| *update).collect();
    took.sort();
    updates.sort();
    let (median, p99) = (took[FRAMES / 2].0, took[FRAMES * 99 / 100].0);
    let what = "desktop: a frame at 300x90, 8 windows with the map";
    let goal = within(p99, FRAME).map(|(goal, met)| (format!("p99 {goal}"), met));
    row(what, &ms(median), &ms(p99), goal);
    let (median, p99) = (updates[FRAMES / 2], updates[FRAMES * 99 / 100]);
    row("desktop: of that, an entry and a key", &ms(median), &ms(p99), None);
}

/// A real desktop in a terminal, over a controller that says nothing and then one that does.
fn wakes() {
    let t = Terminal::open(120, 36);
    std::fs::create_dir_all(t.home().join("fleet/inventory")).unwrap();
    let text = "hosts: {a: {address: 127.0.0.1, user: ops, ssh: {port: 1}}}\n";
    std::fs::write(t.home().join("fleet/inventory/one.yaml"), text).unwrap();
    let serve = ["serve", "--fleet", "fleet", "--state", "state"];
    let controller = Running::start(t.home(), &serve);
    let socket = t.home().join("state/hostler.sock");
    crate::tmux::within(Duration::from_secs(30), "a socket", || socket.exists());
    t.hostler("", "--connect unix:state/hostler.sock");
    t.until("a desktop", |screen| screen.has("● live"));
    let mut own: Vec<u64> = (0..5).map(|_| undisturbed(t.pid(), controller.pid())).collect();
    own.sort();
    let goal = Some(("0".to_string(), own[2] == 0));
    row("desktop: wake-ups of its own in 2.5 s, idle", &own[2].to_string(), "", goal);
    let live = Work::over(t.pid(), Duration::from_secs(10));
    let each = format!("{:.1}/s", live.wakes as f64 / 10.0);
    row("desktop: wake-ups to hear the controller, idle", &each, "", None);
    let share = format!("{:.2} %", live.ticks as f64 / 10.0);
    row("desktop: of one processor to hear the controller, idle", &share, "", None);
    t.keys(&["C-q"]);
    t.ended(0);
}

/// How often it wakes while its controller stands still: shorter than what it takes for silence.
fn undisturbed(desktop: u32, controller: u32) -> u64 {
    kill(controller, "STOP");
    std::thread::sleep(Duration::from_millis(500));
    let work = Work::over(desktop, SPAN);
    kill(controller, "CONT");
    // It has been heard again by the next time.
    std::thread::sleep(Duration::from_millis(1_500));
    work.wakes
}

/// A controller with as large a fleet, none of whose hosts answers.
fn large(runtime: &Runtime, dir: &Path) -> Running {
    let mut text = String::from("hosts:\n");
    for n in 1..=HOSTS {
        let address = format!("127.0.{}.{}", n / 250, 1 + n % 250);
        text += &format!("  mac-{n:04}: {{address: {address}, user: ops, ssh: {{port: 1}}}}\n");
    }
    std::fs::create_dir_all(dir.join("fleet/inventory")).unwrap();
    std::fs::write(dir.join("fleet/inventory/large.yaml"), text).unwrap();
    let maker = Maker::new(HOSTS, VMS);
    runtime.block_on(async {
        let (store, _) = Store::open(&dir.join("state"), "bench").await.unwrap();
        for entries in maker.journal().chunks(1_000) {
            store.append(entries, &[]).await.unwrap();
        }
        store.close().await.unwrap();
    });
    let serve = Running::start(dir, &["serve", "--fleet", "fleet", "--state", "state"]);
    let socket = dir.join("state/hostler.sock");
    crate::tmux::within(Duration::from_secs(60), "a socket", || socket.exists());
    serve
}

fn sessions(runtime: &Runtime) {
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in("/tmp").unwrap();
    let dir = dir.path();
    let serve = large(runtime, dir);
    let status = runtime.block_on(asker(dir).status()).unwrap();
    assert_eq!(status.vms.values().sum::<usize>(), VMS, "{:?}", status.vms);
    starts(dir);
    for (link, pause) in [(None, BUSY), (Some(100_000), BUSY), (None, None)] {
        live(runtime, dir, link, pause);
    }
    // Last: a controller that was stopped has much to catch up with.
    let session = Session::open(dir, (120, 36), None);
    session.wrote(WHOLE);
    keys(session, serve.pid());
}

/// Only a desktop that has the whole fleet says so.
const WHOLE: &str = "5,000 hosts";
const STARTS: usize = 9;

fn starts(dir: &Path) {
    let mut first = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..STARTS {
        let session = Session::open(dir, (120, 36), None);
        first.push(session.wrote("\x1b[?2026l"));
        whole.push(session.wrote(WHOLE));
    }
    first.sort();
    whole.sort();
    let (first, whole) = (first[STARTS / 2], whole[STARTS / 2]);
    let goal = within(first, Duration::from_millis(50));
    row("desktop: start to the first frame", &ms(first), "", goal);
    let goal = within(whole, Duration::from_millis(500));
    row("desktop: start to 5,000 hosts and 10,000 VMs", &ms(whole), "", goal);
}

/// While the controller stands still: nothing else is drawn then.
fn keys(mut session: Session, controller: u32) {
    let mut took = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..6 {
        kill(controller, "STOP");
        std::thread::sleep(Duration::from_millis(500));
        idle.push(session.bytes(Duration::from_secs(1)));
        for _ in 0..20 {
            took.extend([b"6", b"2"].map(|key| session.key(key)));
            session.bytes(Duration::from_millis(20));
        }
        kill(controller, "CONT");
        session.bytes(Duration::from_millis(1_500));
    }
    took.sort();
    idle.sort();
    let (median, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    let goal =
        within(p99, Duration::from_millis(16)).map(|(goal, met)| (format!("p99 {goal}"), met));
    row("desktop: a key to the last byte of its frame, 120x36", &ms(median), &ms(p99), goal);
    let idle = idle[idle.len() / 2];
    row("desktop: bytes in 1 s, idle", &idle.to_string(), "", Some(("0".into(), idle == 0)));
}

fn asker(dir: &Path) -> Client {
    let actor = Actor { who: "bench".into(), via: Via::Cli };
    Client::new(Connect::Unix(dir.join("state/hostler.sock")), &actor)
}

/// Fifty entries a second: more than a fleet of this size has in a night in which it replaces all
/// its VMs.
const BUSY: Option<Duration> = Some(Duration::from_millis(40));

/// Hosts are cordoned and let go again, with such pauses or as fast as one who asks has an answer.
async fn change(client: Client, pause: Option<Duration>) {
    let mut turn = tokio::time::interval(pause.unwrap_or(Duration::from_millis(1)));
    for n in 0.. {
        if pause.is_some() {
            turn.tick().await;
        }
        let host: HostName = format!("mac-{:04}", 1 + n * 7 % HOSTS).parse().unwrap();
        let _ = client.cordon(vec![host.clone()], &format!("reason {n}"), None).await;
        let _ = client.uncordon(vec![host], Release::Mine).await;
    }
}

fn live(runtime: &Runtime, dir: &Path, rate: Option<usize>, pause: Option<Duration>) {
    let session = Session::open(dir, (120, 36), rate);
    session.wrote(WHOLE);
    let client = asker(dir);
    let seq = |client: &Client| runtime.block_on(client.status()).map_or(0, |report| report.seq);
    let changes = runtime.spawn(change(client.clone(), pause));
    // What waits in pipes is out, and the pace is found.
    session.bytes(Duration::from_secs(4));
    let (before, work) = (seq(&client), Work::of(session.pid()));
    let began = Instant::now();
    let bytes = session.bytes(Duration::from_secs(10));
    let (took, work) = (began.elapsed().as_secs_f64(), Work::of(session.pid()) - work);
    let entries = (seq(&client) - before) as f64 / took;
    changes.abort();
    let link = rate.map_or("any link".into(), |rate| format!("{} KB/s", rate / 1_000));
    let kb = bytes as f64 / took / 1e3;
    let what = format!("desktop: live 120x36 over {link}, {entries:.0} entries/s");
    row(&what, &format!("{kb:.1} KB/s"), "", Some(("<= 50 KB/s".into(), kb <= 50.0)));
    let share = work.ticks as f64 / took;
    let what = "desktop: of one processor for that";
    let goal = pause.map(|_| ("<= 2 %".into(), share <= 2.0));
    row(what, &format!("{share:.1} %"), "", goal);
    let kib = memory(session.pid());
    let goal = Some(("<= 60 MiB".into(), kib <= 60 << 10));
    row("desktop: memory then", &format!("{} MiB", kib >> 10), "", goal);
}
