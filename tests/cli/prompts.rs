//! What a person at a terminal is asked: yes, no, the name typed, and Ctrl-C instead of an answer.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::site::Site;
use crate::tmux::Terminal;

/// Types a command of the program at the terminal, and waits until the screen of the one before is
/// gone. What is typed does not show the mark; that it runs does.
fn types(t: &Terminal, site: &Site, line: &str) {
    static MARKS: AtomicU32 = AtomicU32::new(0);
    let mark = MARKS.fetch_add(1, Ordering::Relaxed);
    let connect = site.state().join("hostler.sock");
    t.line(&format!(
        "clear; echo mark''{mark}.; \"$H\" --connect unix:{} {line}; echo \"end=$?\"",
        connect.display()
    ));
    t.shows(&format!("mark{mark}."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_or_left_with_ctrl_c() {
    let site = Site::begin(1, 0).await;
    let t = Terminal::open(120, 30);
    let drain = "host drain mini-001 --reason x";
    let asks = "Drain 1 host? [y/N]";
    for (keys, ends) in [("C-c", "end=130"), ("Enter", "end=1"), ("n", "end=1"), ("y", "end=0")] {
        types(&t, &site, drain);
        t.shows(asks);
        assert_eq!(site.world().jobs.len(), 0, "before {keys}");
        t.keys(&[keys]);
        if keys.len() == 1 {
            t.keys(&["Enter"]);
        }
        let screen = t.shows(ends);
        assert_eq!(screen.has("not done"), ends == "end=1", "{}", screen.0);
    }
    assert_eq!(site.world().jobs.len(), 1);
    types(&t, &site, "host retire mini-001 --reason x --key other");
    t.shows("Take 1 host out of the fleet for good? Type 1 to go on:");
    t.text("yes");
    t.keys(&["Enter"]);
    let screen = t.shows("end=1");
    assert!(screen.has("not done: that is not what was to be typed"), "{}", screen.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_being_typed_are_left_with_ctrl_c() {
    let site = Site::begin(1, 0).await;
    let t = Terminal::open(120, 30);
    types(&t, &site, "-v host list --watch -");
    t.shows("asking unix:");
    t.keys(&["C-c"]);
    t.shows("end=130");
}
