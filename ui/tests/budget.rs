//! How long a frame takes: eight windows over 5,000 hosts and 10,000 VMs on the largest screen.
//! Printed, not asserted: `cargo test --release --bin hostler frame -- --nocapture`.
#![expect(clippy::disallowed_methods, reason = "licence: measures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use hostler::api::{Live, Snapshot};
use hostler::model::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fleet::Maker;
use crate::ui::keys::Key;
use crate::ui::{App, Msg, Setup};

#[test]
fn a_frame_of_the_largest_desktop_prints_what_it_takes() {
    let mut maker = Maker::new(5_000, 10_000);
    let (snapshot, live) = (maker.snapshot(), maker.live());
    let mut bench = Bench::new(snapshot, live, 300, 90, maker.now());
    assert_eq!(bench.windows(), 8);
    let mut took: Vec<Duration> = (0..120)
        .map(|n| {
            let news = Msg::Entry(Arc::new(maker.something(n)));
            let begun = Instant::now();
            bench.frame(news);
            begun.elapsed()
        })
        .collect();
    took.sort();
    let (median, p99) = (took[60], took[118]);
    println!("desktop: update and view at 300x90, median {median:?}, p99 {p99:?} (<= 3 ms)");
}

/// A desktop of eight windows over a fleet, for measuring: whoever measures has the clock.
struct Bench {
    app: App,
    buf: Buffer,
    now: Timestamp,
    frames: i64,
}

impl Bench {
    fn new(snapshot: Snapshot, live: Live, w: u16, h: u16, now: Timestamp) -> Self {
        let mut app = App::new(Setup::default(), (w, h), now);
        app.update(now, Msg::Snapshot(Arc::new(snapshot)));
        app.update(now, Msg::Samples(live));
        // Hosts, VMs, jobs and events are open; three hosts and help make eight.
        let steps = ["3", "2", "Enter", "2", "Down", "Enter", "2", "Down", "Enter", "?", "2"];
        for key in steps.iter().filter_map(|key| key.parse::<Key>().ok()) {
            app.update(now, Msg::Key(key));
        }
        Self { app, buf: Buffer::empty(Rect::new(0, 0, w, h)), now, frames: 0 }
    }
    /// How many windows are open.
    fn windows(&self) -> usize {
        self.app.desk.windows().len()
    }
    /// One message in, and the desktop drawn: a key and then the fleet's own news in turn.
    fn frame(&mut self, news: Msg) {
        self.frames += 1;
        let now = Timestamp::from_millis(self.now.as_millis() + 33 * self.frames);
        self.app.update(now, news);
        self.app.update(now, Msg::Key(Key::DOWN));
        self.app.view(&mut self.buf);
    }
}
