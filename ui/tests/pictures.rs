//! Pictures of every window, as two grids: the text, and one letter for each cell's token. A
//! changed style is one changed letter; no change of a theme touches a picture.

use std::sync::Arc;

use hostler::model::Span;
use ratatui::buffer::Buffer;

use super::calendar::calendar;
use super::fleet::Maker;
use super::session::{Run, setup};
use crate::ui::msg::{Msg, Setup};
use crate::ui::picture::{self, Format};
use crate::ui::theme::{self, Depth, ThemeName};

const SIZES: [(u16, u16); 5] = [(80, 24), (100, 30), (120, 36), (200, 60), (300, 90)];
type Fleet = fn() -> Maker;
/// Each window, the fleet it shows, and the keys that open it and leave it alone in sight where it
/// can be.
const WINDOWS: [(&str, Fleet, &str); 16] = [
    ("map", Maker::varied, "1 Down Right"),
    ("hosts", Maker::varied, "2 Down Space Down"),
    ("vms", Maker::varied, "3"),
    ("jobs", Maker::varied, "4"),
    ("events", Maker::varied, "6"),
    ("drains", Maker::at_work, ": drains Enter"),
    ("host", Maker::varied, "2 Enter"),
    ("vm", Maker::varied, "3 Down Down Enter"),
    ("job", Maker::at_work, "4 / upkeep Enter Enter"),
    ("metrics", Maker::varied, ": metrics Enter Down"),
    ("pools", Maker::with_pools, ": pools Enter"),
    ("playbooks", Maker::with_books, ": playbooks Enter"),
    ("playbook", Maker::with_books, ": playbooks Enter / upkeep Enter Enter Down"),
    ("help", Maker::varied, "2 ?"),
    ("settings", Maker::varied, ","),
    ("schedule", Maker::scheduled, "5 Down"),
];

fn grids(buf: &Buffer) -> String {
    let width = usize::from(buf.area.width);
    let packed = width >= 200;
    let row = |cells: &[ratatui::buffer::Cell]| {
        let letters: Vec<char> = cells.iter().map(theme::letter).collect();
        if packed { runs(&letters) } else { letters.into_iter().collect() }
    };
    let mut tokens: Vec<(String, usize)> = Vec::new();
    for line in buf.content().chunks(width).map(row) {
        match tokens.last_mut() {
            Some((last, times)) if packed && *last == line => *times += 1,
            _ => tokens.push((line, 1)),
        }
    }
    let told = |(line, times): &(String, usize)| match times {
        1 => format!("{line}\n"),
        n => format!("{line}  x{n}\n"),
    };
    let tokens: String = tokens.iter().map(told).collect();
    format!("{}\n{tokens}", picture::text(buf))
}

/// `d80 F3`: so many of a letter after one another.
fn runs(letters: &[char]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let same = letters[at..].iter().take_while(|letter| **letter == letters[at]).count();
        out.push(format!("{}{same}", letters[at]));
        at += same;
    }
    out.join(" ")
}

pub(super) fn keep(name: &str, buf: &Buffer) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("pictures");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, grids(buf)));
}

fn ascii(ascii: bool) -> Setup {
    Setup { ascii, ..setup() }
}
fn set(ascii: bool) -> &'static str {
    if ascii { "ascii" } else { "full" }
}

#[test]
fn every_window_in_every_size_and_both_glyph_sets() {
    for (name, maker, keys) in WINDOWS {
        for (w, h) in SIZES {
            for plain in [false, true] {
                // Its pictures are of more views, below.
                if name == "schedule" {
                    continue;
                }
                let mut run = Run::bare(ascii(plain), w, h, maker());
                let (snapshot, live) = (Arc::new(run.maker.snapshot()), run.maker.live());
                run.send(Msg::Snapshot(snapshot)).send(Msg::Samples(live)).entries(12).keys(keys);
                super::told::answer(&mut run);
                if name == "pools" {
                    super::pools::told(&mut run);
                }
                keep(&format!("{name}-{w}x{h}-{}", set(plain)), &run.buf);
            }
        }
    }
}

#[test]
fn every_window_loading_empty_failed_and_stale() {
    for (name, maker, keys) in WINDOWS {
        for (w, h, plain) in [(80, 24, false), (120, 36, false), (80, 24, true)] {
            let picture = |state: &str, run: &mut Run| {
                run.keys(keys);
                keep(&format!("{name}-{state}-{w}x{h}-{}", set(plain)), &run.buf);
            };
            let mut run = Run::bare(ascii(plain), w, h, Maker::new(1, 0));
            picture("loading", &mut run);
            let why = "no controller answers at /var/run/hostler.sock".to_string();
            let next = run.now + Span::from_secs(4);
            run.send(Msg::Lost { why, next });
            picture("failed", &mut run);
            let mut run = Run::bare(ascii(plain), w, h, Maker::new(0, 0));
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot));
            picture("empty", &mut run);
            let mut run = Run::bare(ascii(plain), w, h, maker());
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot)).entries(12).pass(7_000);
            picture("stale", &mut run);
        }
    }
}

#[test]
fn what_a_step_said_and_drains_that_ended_have_their_pictures() {
    for (w, h) in [(80, 24), (120, 36), (200, 60)] {
        for plain in [false, true] {
            let mut run = Run::bare(ascii(plain), w, h, Maker::at_work());
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot)).heartbeat();
            run.keys("4 / upkeep Enter Enter Home Down Tab Tab");
            keep(&format!("job-log-{w}x{h}-{}", set(plain)), &run.buf);
            run.keys("BackTab BackTab Home Tab Home Down");
            keep(&format!("job-said-{w}x{h}-{}", set(plain)), &run.buf);
            run.keys("^W : drains Enter");
            for name in ["mac-0020", "mac-0021"] {
                let entry = run.maker.uncordon(name).unwrap();
                run.send(Msg::Entry(Arc::new(entry)));
            }
            run.keys("End");
            keep(&format!("drains-ended-{w}x{h}-{}", set(plain)), &run.buf);
        }
    }
}

#[test]
fn the_map_of_a_large_fleet_in_racks() {
    for (w, h) in [(80, 24), (120, 36), (200, 60)] {
        for plain in [false, true] {
            let mut run = Run::bare(ascii(plain), w, h, Maker::racked(2_400));
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot)).keys("1 z Down Right Right");
            keep(&format!("racks-{w}x{h}-{}", set(plain)), &run.buf);
            let live = run.maker.live();
            run.keys("c").send(Msg::Samples(live));
            keep(&format!("racks-load-{w}x{h}-{}", set(plain)), &run.buf);
            run.keys("c");
            keep(&format!("racks-macos-{w}x{h}-{}", set(plain)), &run.buf);
        }
    }
}

#[test]
fn menu_prompt_and_filter_have_their_pictures() {
    for (name, keys) in [
        ("menu", "2 m Down Down"),
        ("themes", "2 m Left Left Down Right Down"),
        ("prompt", "2 Space Space C disk"),
        ("palette", "2 : 0 0 1"),
        ("filter", "2 / site=lausanne"),
        ("moving", "2 Enter W Right Down"),
        ("columns", "2 z c Down Space Down Right Right"),
        ("wide", "3 z w Right Right . v Down Down"),
        ("jump", "2 ^O"),
        ("grouped", "2 z b b b Down Down"),
    ] {
        for (w, h) in [(80, 24), (120, 36)] {
            let mut run = Run::new(w, h, Maker::varied());
            run.keys(keys);
            keep(&format!("{name}-{w}x{h}"), &run.buf);
        }
    }
    for (w, h) in SIZES {
        for plain in [false, true] {
            let mut run = Run::bare(ascii(plain), w, h, Maker::varied());
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot)).keys("2 Space Space Space D new-disk Enter");
            super::plans::answer(&mut run, "token");
            keep(&format!("drain-{w}x{h}-{}", set(plain)), &run.buf);
            let mut run = Run::bare(ascii(plain), w, h, Maker::with_books());
            let snapshot = Arc::new(run.maker.snapshot());
            run.send(Msg::Snapshot(snapshot)).keys(": upkeep Enter p");
            super::books::answer(&mut run);
            keep(&format!("preview-{w}x{h}-{}", set(plain)), &run.buf);
        }
    }
    let views =
        [("day", "d Down"), ("week", "Down Left Left"), ("month", "m End"), ("clash", "Down Down")];
    for (name, keys) in views {
        for (w, h) in SIZES {
            for plain in [false, true] {
                let mut run = calendar(w, h, plain);
                run.keys(keys);
                keep(&format!("schedule-{name}-{w}x{h}-{}", set(plain)), &run.buf);
            }
        }
    }
    let mut run = Run::new(120, 36, Maker::varied());
    run.keys("2 Enter : pin Enter 2 Down");
    keep("pinned-120x36", &run.buf);
    let mut run = Run::new(40, 10, Maker::varied());
    run.keys("2");
    keep("too-small", &run.buf);
}

#[test]
fn an_svg_picture_has_the_text_and_the_colours_of_the_theme() {
    let dark = Setup { theme: ThemeName::Dark, depth: Depth::Rgb, ..setup() };
    let mut run = Run::bare(dark, 80, 24, Maker::varied());
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys("/ a<b");
    let svg = picture::picture(&mut run.app, 100, 30, Format::Svg);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("width=\"800\" height=\"510\""));
    assert!(svg.contains("a&lt;b") && !svg.contains("a<b"));
    assert!(svg.contains("#1b1f27") && !svg.contains("#808080"), "colours of the dark theme only");
    let text = picture::picture(&mut run.app, 100, 30, Format::Text);
    assert_eq!(text.lines().count(), 30);
    assert!(text.contains("2:Hosts"));
}
