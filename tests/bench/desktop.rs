//! How long a frame takes: eight windows over 5,000 hosts and 10,000 VMs on the largest screen;
//! and how often a desktop with nothing to do wakes up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hostler::model::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::controller::Running;
use crate::idle::Work;
use crate::tmux::{Terminal, kill};
use crate::ui::tests::fleet::Maker;
use crate::ui::{App, Msg, Setup};
use crate::{ms, row, within};

const FRAMES: usize = 600;
const SIZE: (u16, u16) = (300, 90);
const FRAME: Duration = Duration::from_millis(3);
/// The desktop is watched for so long.
const SPAN: Duration = Duration::from_millis(2_500);

pub(crate) fn run() {
    frames();
    wakes();
}

fn frames() {
    let mut maker = Maker::new(5_000, 10_000);
    let start = maker.now();
    let mut app = App::new(Setup::default(), SIZE, start);
    app.update(start, Msg::Snapshot(Arc::new(maker.snapshot())));
    app.update(start, Msg::Samples(maker.live()));
    // Hosts, VMs, jobs and events are open; three hosts and help make eight.
    for key in ["3", "2", "Enter", "2", "Down", "Enter", "2", "Down", "Enter", "?", "2", "T"] {
        app.update(start, Msg::Key(key.parse().unwrap()));
    }
    let mut buf = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    app.view(&mut buf);
    let corners = buf.content().iter().filter(|cell| matches!(cell.symbol(), "┌" | "╔"));
    assert_eq!(corners.count(), 8, "windows whose corner is in sight");
    let mut took: Vec<Duration> = (0..FRAMES)
        .map(|n| {
            let news = Msg::Entry(Arc::new(maker.something(n)));
            let now = Timestamp::from_millis(start.as_millis() + 33 * (n as i64 + 1));
            let began = Instant::now();
            app.update(now, news);
            app.update(now, Msg::Key("Down".parse().unwrap()));
            app.view(&mut buf);
            began.elapsed()
        })
        .collect();
    took.sort();
    let (median, p99) = (took[FRAMES / 2], took[FRAMES * 99 / 100]);
    let what = "desktop: a frame at 300x90, 8 windows, 5,000 hosts";
    let goal = within(p99, FRAME).map(|(goal, met)| (format!("p99 {goal}"), met));
    row(what, &ms(median), &ms(p99), goal);
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
