//! The figures: they follow what happens, by the fleet's clock and without one of their own.

use std::sync::Arc;

use hostler::api::Live;
use hostler::model::{Reach, Sample, Span};

use super::fleet::{Maker, host};
use super::session::{Run, setup};
use crate::ui::msg::{Effect, Msg};
use crate::ui::windows::WinKind;

/// A desktop that shows the figures, and what is asked and told goes by the fleet's time.
pub(super) fn figures(w: u16, h: u16, ascii: bool) -> Run {
    let setup = crate::ui::msg::Setup { ascii, ..setup() };
    let mut run = Run::bare(setup, w, h, Maker::varied());
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys(": metrics Enter");
    // Ten minutes in which hosts have more and less to do, and something happens now and then.
    for n in 0..60_usize {
        run.maker.at = run.maker.at + Span::from_secs(10);
        run.now = run.maker.now();
        if n.is_multiple_of(4) {
            let entry = match n % 8 {
                0 => run.maker.work(n),
                _ => Some(run.maker.something(n)),
            };
            let entry = entry.unwrap();
            run.send(Msg::Entry(Arc::new(entry)));
        }
        let sample = |(k, name): (usize, &hostler::model::HostName)| {
            let load = ((n * (k % 5 + 1) + 7 * k) % 90) as f32 / 10.0;
            (name.clone(), Sample { at: run.now, load, ..Default::default() })
        };
        let world = run.maker.snapshot().world;
        let samples = world.hosts.keys().enumerate().filter(|(k, _)| k % 7 != 3).map(sample);
        let live = Live { samples: samples.collect() };
        run.send(Msg::Samples(live));
    }
    run.heartbeat();
    run
}

fn line(run: &Run, name: &str) -> String {
    let text = run.text();
    text.lines().find(|line| line.contains(name)).unwrap_or_default().to_string()
}

#[test]
fn figures_are_kept_every_ten_seconds_of_the_fleet() {
    let mut run = Run::new(120, 36, Maker::varied());
    run.heartbeat().keys(": metrics Enter").sees("88 slots by state").sees("of pool azure");
    run.sees("● free").sees("◆ occupied").sees("▼ stopping").misses("leaked");
    let before = line(&run, "! failures");
    for n in 31..34 {
        run.maker.at = run.maker.at + Span::from_secs(20);
        let name = format!("mac-00{n}");
        for (to, why) in [(Reach::Suspect, "late"), (Reach::Unreachable, "no answer for 30s")] {
            let entry = run.maker.reach(&name, to, why);
            run.send(Msg::Entry(Arc::new(entry)));
        }
    }
    run.now = run.maker.now();
    run.heartbeat();
    let after = line(&run, "! failures");
    assert_ne!(before, after);
    assert!(after.contains("█▁█"), "one in each second step: {after}");
    let wakes = run.app.wake_at();
    run.keys("^W").heartbeat();
    assert_eq!(run.app.wake_at().is_some(), wakes.is_some());
}

#[test]
fn between_entries_figures_hold_and_after_a_gap_they_are_not_known() {
    let mut run = Run::new(120, 36, Maker::new(4, 4));
    run.heartbeat().keys(": metrics Enter").sees("8 slots").sees("of 12");
    let free = |run: &Run| line(run, "● free").chars().filter(|c| *c == '█').count();
    let at_first = free(&run);
    run.maker.at = run.maker.at + Span::from_mins(3);
    let entry = run.maker.cordon("mac-0001", "disk", "bob");
    run.now = run.maker.now();
    run.send(Msg::Entry(Arc::new(entry))).heartbeat();
    assert_eq!(free(&run), at_first + 18, "{}", run.text());
    run.maker.at = run.maker.at + Span::from_mins(2);
    run.maker.cordon("mac-0002", "disk", "bob");
    run.now = run.maker.now();
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).heartbeat();
    assert_eq!(free(&run), at_first + 18, "what was missed is not made up: {}", run.text());
}

#[test]
fn loads_are_of_the_hosts_in_sight_and_lead_to_them() {
    let mut run = figures(120, 36, false);
    run.sees("load of 44 hosts, by its cores").keys("End").sees("mac-0044");
    run.heartbeat();
    let watched = run.effects.iter().rev().find_map(|effect| {
        let Effect::Watch(hosts) = effect else { return None };
        Some(hosts.clone())
    });
    assert!(watched.unwrap().contains(&host("mac-0044")));
    run.keys("Up Enter").sees("Host mac-0043").keys("Esc");
    run.keys("o");
    assert_eq!(run.focus(), Some(WinKind::Hosts));
    run.keys("C").sees("Cordon mac-0043?").keys("Esc");
    run.keys(": metrics Enter Home Enter").sees("Open: no host is chosen");
    run.keys("y").sees("Copied ").sees(" free");
}

#[test]
fn figures_have_their_pictures() {
    for (w, h) in [(80, 24), (100, 30), (120, 36), (200, 60), (300, 90)] {
        for ascii in [false, true] {
            let mut run = figures(w, h, ascii);
            let set = if ascii { "ascii" } else { "full" };
            super::pictures::keep(&format!("metrics-ran-{w}x{h}-{set}"), &run.buf);
            run.keys("End Up");
            super::pictures::keep(&format!("metrics-loads-{w}x{h}-{set}"), &run.buf);
        }
    }
}

#[test]
fn in_the_past_figures_are_those_of_then() {
    let mut run = Run::new(120, 36, Maker::new(3, 2));
    run.heartbeat().keys(": metrics Enter").sees("● free                  4");
    run.keys(": time Space machine Enter");
    super::past::answer(&mut run);
    run.sees("THE PAST").sees("● free                  4").sees("↑ pending");
    run.keys("[ [ [ [ [ [").sees("● free                  5").sees("1 VM of pool concourse");
    run.keys("Backspace").sees("● free                  4").sees("1 VM of pool azure");
}
