//! A terminal that takes nothing for a while: a laptop that sleeps, a link that hangs.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hostler::api::{Client, Connect, Release};
use hostler::model::{Actor, HostName, Via};

use crate::idle::memory;
use crate::over_a_lone_host;
use crate::tmux::{END, Terminal};

/// How often a process is looked at.
const LOOKED: Duration = Duration::from_millis(20);
/// So many times something changes meanwhile: more than waits anywhere on its way.
const CHANGES: usize = 1_500;
/// What the desktop may have more in memory afterwards, in KiB. All that may wait for it is less.
const MORE: u64 = 24 << 10;

/// A host is cordoned and let go again, so many times; it stays cordoned.
async fn change(client: &Client) {
    let host: HostName = "a".parse().unwrap();
    for n in 1..CHANGES / 2 {
        client.cordon(vec![host.clone()], &format!("cordon {n}"), None).await.unwrap();
        client.uncordon(vec![host.clone()], Release::Mine).await.unwrap();
    }
    client.cordon(vec![host], "the last one", None).await.unwrap();
}

#[test]
fn a_terminal_that_stands_still_stops_nothing_else() {
    let t = Terminal::open(300, 90);
    let controller = over_a_lone_host(&t);
    let socket = t.home().join("state/hostler.sock");
    let actor = Actor { who: "bob".into(), via: Via::Cli };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = memory(t.pid());
    let stopped = t.stop();
    // All of a screen of this size is more than waits between the two.
    t.signal("CONT");
    runtime.block_on(async {
        let client = Client::new(Connect::Unix(socket), &actor);
        let all = tokio::time::timeout(Duration::from_secs(60), change(&client));
        all.await.expect("the controller goes on");
    });
    let more = memory(t.pid()).saturating_sub(before);
    drop(stopped);
    assert!(more < MORE, "it grew by {more} KiB over {CHANGES} changes");
    t.until("what was last", |s| s.has("the last one") && s.has("● live"));
    t.keys(&["?"]);
    t.shows("In this window");
    t.keys(&["C-q"]);
    t.ended(0);
    controller.end();
}

#[test]
fn a_program_that_is_to_end_waits_for_no_terminal() {
    let t = Terminal::open(300, 90);
    let controller = over_a_lone_host(&t);
    let pid = t.pid();
    let stopped = t.stop();
    // A whole drawing is more than waits between the two.
    t.signal("CONT");
    let waits = || {
        let asleep_in = fs::read_to_string(format!("/proc/{pid}/task/{pid}/wchan")).unwrap();
        asleep_in.contains("poll_schedule") || asleep_in == "0"
    };
    let began = Instant::now();
    while !waits() || began.elapsed() < LOOKED {
        assert!(began.elapsed() < END, "it does not wait for the terminal");
        sleep(LOOKED);
    }
    t.signal("TERM");
    let began = Instant::now();
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(began.elapsed() < END, "it waits for the terminal");
        sleep(LOOKED);
    }
    drop(stopped);
    t.ended(0);
    controller.end();
}
