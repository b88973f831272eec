//! Sessions: keys and clicks in, words on the screen out, in virtual time; one for each command.

use std::sync::Arc;

use hostler::api::Heartbeat;
use hostler::model::{Reach, Span, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fleet::{Maker, host};
use crate::ui::app::App;
use crate::ui::commands::Side;
use crate::ui::crash::Recorder;
use crate::ui::desk::Place;
use crate::ui::input::{Does, Mouse};
use crate::ui::keys::Key;
use crate::ui::msg::{Effect, Msg, Order, Setup};
use crate::ui::picture;
use crate::ui::theme::{Depth, ThemeName};
use crate::ui::windows::WinKind;

/// A desktop under test, drawn after each message.
pub struct Run {
    pub app: App,
    pub buf: Buffer,
    pub maker: Maker,
    pub effects: Vec<Effect>,
    pub recorder: Recorder,
    pub now: Timestamp,
}

pub fn setup() -> Setup {
    Setup {
        theme: ThemeName::Tokens,
        depth: Depth::Rgb,
        cluster: "prod".into(),
        user: "alice".into(),
        ..Setup::default()
    }
}

impl Run {
    /// A desktop that has its fleet.
    pub fn new(w: u16, h: u16, maker: Maker) -> Self {
        let mut run = Self::bare(setup(), w, h, maker);
        let snapshot = Arc::new(run.maker.snapshot());
        let live = run.maker.live();
        run.send(Msg::Snapshot(snapshot)).send(Msg::Samples(live));
        run
    }
    /// A desktop that has not heard of any fleet yet.
    pub fn bare(setup: Setup, w: u16, h: u16, maker: Maker) -> Self {
        let now = maker.now();
        let app = App::new(setup, (w, h), now);
        let recorder = Recorder::new(&app, now);
        let buf = Buffer::empty(Rect::new(0, 0, w, h));
        let mut run = Self { app, buf, maker, effects: Vec::new(), recorder, now };
        run.draw();
        run
    }

    fn draw(&mut self) {
        let (w, h) = self.app.size();
        self.buf = Buffer::empty(Rect::new(0, 0, w, h));
        self.recorder.drawn();
        self.app.view(&mut self.buf);
    }
    pub fn send(&mut self, msg: Msg) -> &mut Self {
        self.recorder.message(&self.app, self.now, &msg);
        let effects = self.app.update(self.now, msg);
        self.effects.extend(effects);
        self.draw();
        self
    }
    /// Lets so many milliseconds pass, as the shell would.
    pub fn pass(&mut self, ms: u64) -> &mut Self {
        self.now = self.now + Span::from_millis(ms);
        self.send(Msg::Tick)
    }
    pub fn heartbeat(&mut self) -> &mut Self {
        let beat = Heartbeat { seq: self.maker.snapshot().seq, at: self.now };
        self.send(Msg::Heartbeat(beat))
    }
    /// Presses keys, one after another; a word that is no key is typed.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            match word.parse::<Key>() {
                Ok(key) => {
                    self.send(Msg::Key(key));
                }
                Err(_) => {
                    for c in word.chars() {
                        self.send(Msg::Key(Key::char(c)));
                    }
                }
            }
        }
        self
    }
    pub fn resize(&mut self, w: u16, h: u16) -> &mut Self {
        self.send(Msg::Resize(w, h))
    }
    /// So many entries come.
    pub fn entries(&mut self, n: usize) -> &mut Self {
        for n in 0..n {
            let entry = Arc::new(self.maker.something(n));
            self.send(Msg::Entry(entry));
        }
        self
    }

    pub fn text(&self) -> String {
        picture::text(&self.buf)
    }
    /// Where a text stands on the screen, the lowest first.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        let shown = self.text();
        let lines: Vec<&str> = shown.lines().collect();
        lines.iter().enumerate().rev().find_map(|(y, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count() as u16, y as u16))
        })
    }
    pub fn mouse(&mut self, does: Does, x: u16, y: u16) -> &mut Self {
        self.send(Msg::Mouse(Mouse { does, x, y, ctrl: false, shift: false }))
    }
    /// Clicks on a text that is on the screen.
    pub fn click(&mut self, text: &str) -> &mut Self {
        let found = self.find(text);
        let (x, y) = found.unwrap_or_else(|| panic!("no `{text}` to click on:\n{}", self.text()));
        self.mouse(Does::Down, x, y).mouse(Does::Up, x, y)
    }
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        assert!(self.find(text).is_some(), "no `{text}` in:\n{}", self.text());
        self
    }
    #[track_caller]
    pub fn misses(&mut self, text: &str) -> &mut Self {
        assert!(self.find(text).is_none(), "`{text}` is in:\n{}", self.text());
        self
    }
    /// What was asked of the controller so far.
    pub fn orders(&self) -> Vec<&Order> {
        self.effects
            .iter()
            .filter_map(|effect| {
                let Effect::Send { order, .. } = effect else { return None };
                Some(order)
            })
            .collect()
    }
    pub fn focus(&self) -> Option<WinKind> {
        self.app.desk.focused().map(|window| window.view.kind())
    }
}

pub fn standard() -> Run {
    Run::new(120, 36, Maker::varied())
}
fn compact() -> Run {
    Run::new(80, 24, Maker::varied())
}

#[test]
fn a_host_is_cordoned_with_a_reason_and_y() {
    let mut run = compact();
    run.keys("2 / ready Space site=lausanne Enter").sees("mac-0042").misses("mac-0026");
    run.keys("Home C").sees("Cordon mac-0027?").sees("reason");
    run.keys("C").sees("reason");
    assert!(run.orders().is_empty());
    run.keys("^U disk Enter").sees("y = yes");
    assert!(run.orders().is_empty(), "nothing is asked before y");
    run.keys("y");
    let order = Order::Cordon { hosts: vec![host("mac-0027")], reason: "disk".into() };
    assert_eq!(run.orders(), [&order]);
    run.sees("ready…").sees("Cordon mac-0027...");
    let entry = Arc::new(run.maker.cordon("mac-0027", "disk", "alice"));
    run.send(Msg::Entry(entry));
    run.send(Msg::Answer { ask: 1, result: Ok("mac-0027 is cordoned".into()) });
    run.sees("mac-0027 is cordoned").misses("mac-0027   ");
    run.keys("Esc").sees("44 hosts").sees("■ mac-0027   cordoned ");
    run.pass(5_001).misses("mac-0027 is cordoned");
}

#[test]
fn a_prompt_is_left_without_harm_and_works_with_the_pointer() {
    let mut run = compact();
    run.keys("C disk Esc").misses("reason");
    run.keys("C").click("Esc = no").misses("reason ");
    run.click("C Cordon").sees("Cordon mac-0001?");
    run.mouse(Does::Down, 5, 8).mouse(Does::Up, 5, 8).sees("reason");
    run.keys("disk Enter").click("y = yes");
    assert_eq!(run.orders().len(), 1);
}

#[test]
fn marked_hosts_are_asked_for_together_and_frozen() {
    let mut run = standard();
    run.keys("Space Space j Space").sees("3 marked");
    run.keys("C").sees("Cordon mac-0001, mac-0002, mac-0004?").keys("r 10 Enter");
    let entry = Arc::new(run.maker.reach("mac-0002", Reach::Suspect, "late"));
    run.send(Msg::Entry(entry)).keys("y");
    let hosts = ["mac-0001", "mac-0002", "mac-0004"].map(host).to_vec();
    assert_eq!(run.orders(), [&Order::Cordon { hosts, reason: "r10".into() }]);
    run.send(Msg::Answer { ask: 1, result: Err("host mac-0002 is not known".into()) });
    run.sees("host mac-0002 is not known").pass(60_000).sees("host mac-0002 is not known");
    run.keys("u").misses("host mac-0002 is not known").misses("marked");
    run.keys("6 z").sees("host mac-0002 is not known");
}

#[test]
fn uncordon_leaves_other_peoples_cordons_unless_told() {
    let mut run = standard();
    run.keys("/ mac-0031 Enter U").sees("Uncordon mac-0031?").misses("a = also").keys("y");
    run.keys("Esc / mac-0030 Enter U").sees("a = also bob").keys("a");
    let orders = [("mac-0031", false), ("mac-0030", true)]
        .map(|(name, all)| Order::Uncordon { hosts: vec![host(name)], all });
    assert_eq!(run.orders(), [&orders[0], &orders[1]]);
    run.keys("Esc Home U").sees("Uncordon: no host chosen is cordoned");
}

#[test]
fn what_cannot_be_asked_says_why() {
    let mut run = standard();
    run.pass(4_000).heartbeat().pass(5_100).sees("silent").sees("as of").keys("C");
    run.sees("Cordon: what you see may be out of date");
    let next = run.now + Span::from_secs(4);
    run.send(Msg::Lost { why: "connection refused".into(), next });
    run.sees("DISCONNECTED 0s, next try 4s").keys("C").sees("Cordon: not connected");
    run.keys("r");
    assert!(run.effects.contains(&Effect::Retry));
    run.heartbeat().sees("live 0.0s").keys("C disk Enter");
    run.send(Msg::Lost { why: "gone".into(), next }).keys("y").sees("the connection was lost");
    assert!(run.orders().is_empty());
    let mut run = Run::bare(Setup { read_only: true, ..setup() }, 120, 36, Maker::new(3, 0));
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).keys("C").sees("started read-only");
}

#[test]
fn every_window_says_how_it_stands() {
    let mut run = Run::bare(setup(), 120, 36, Maker::new(3, 0));
    run.sees("Loading the fleet").sees("connecting");
    let next = run.now + Span::from_secs(1);
    run.send(Msg::Lost { why: "no such socket".into(), next });
    run.sees("The controller cannot be reached.").sees("no such socket");
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).sees("3 hosts").sees("No job has been opened.");
    run.keys("3").sees("No VM is placed.");
    run.keys("2 / nowhere Enter").sees("No host matches `nowhere`.").sees("Esc clears");
    run.keys("Esc").sees("3 hosts");
    let mut nothing = Run::new(120, 36, Maker::new(0, 0));
    nothing.sees("No host is declared.").sees("then say");
}

#[test]
fn times_are_told_by_the_controllers_clock() {
    let mut run = Run::new(200, 60, Maker::new(3, 2));
    run.sees("14:00:");
    // A demo's clock: elsewhere, and faster than ours.
    let beat = |run: &mut Run, at: Timestamp| {
        let seq = run.maker.snapshot().seq;
        run.send(Msg::Heartbeat(Heartbeat { seq, at }));
    };
    let there = run.now + Span::from_hours(5);
    beat(&mut run, there);
    run.sees("19:00:").misses("14:00:").sees("live 0.0s").sees(" 5h ");
    run.pass(1_000);
    beat(&mut run, there + Span::from_mins(20));
    run.sees("19:20:").sees("live 0.0s").pass(5_500).sees("silent 5.5s").sees("as of 19:20:");
    let next = run.now + Span::from_secs(4);
    run.send(Msg::Lost { why: "gone".into(), next }).sees("DISCONNECTED 0s, next try 4s");
    run.keys("6").sees("19:20:").misses("14:00:");
}

#[test]
fn an_entry_that_does_not_follow_asks_for_everything_again() {
    let mut run = standard();
    run.maker.cordon("mac-0001", "x", "bob");
    let gap = Arc::new(run.maker.cordon("mac-0002", "y", "bob"));
    run.send(Msg::Entry(gap.clone())).sees("resyncing").sees("44 hosts");
    run.send(Msg::Entry(gap)).heartbeat();
    assert_eq!(run.effects.iter().filter(|effect| **effect == Effect::Resync).count(), 1);
    let snapshot = Arc::new(run.maker.snapshot());
    run.send(Msg::Snapshot(snapshot)).sees("live").keys("/ y Enter").sees("mac-0002");
    run.maker.cordon("mac-0003", "z", "bob");
    run.heartbeat().sees("live").heartbeat().sees("resyncing");
}

#[test]
fn a_host_that_leaves_keeps_its_last_facts() {
    let mut run = Run::new(120, 36, Maker::new(5, 0));
    run.keys("Down Enter").sees("Host mac-0002").sees("Apple M2 Pro");
    let entry = Arc::new(run.maker.drop_host("mac-0002"));
    run.send(Msg::Entry(entry)).sees("has left the fleet").sees("Apple M2 Pro");
    run.keys("Esc").misses("has left the fleet").sees("4 hosts");
}

#[test]
fn pasted_text_goes_into_a_field_or_nowhere() {
    let mut run = standard();
    run.send(Msg::Paste("Cy\n^Q".into()));
    assert!(run.effects.iter().all(|e| matches!(e, Effect::Watch(_) | Effect::Ask(_))));
    run.keys("/").send(Msg::Paste("mac-0007\nC".into())).sees("1 host");
    run.keys("Enter C").send(Msg::Paste("disk y".into())).keys("Enter y");
    let order = Order::Cordon { hosts: vec![host("mac-0007")], reason: "disk y".into() };
    assert_eq!(run.orders(), [&order]);
}

#[test]
fn windows_are_moved_sized_snapped_and_zoomed_with_the_pointer() {
    let mut run = standard();
    let rect = |run: &Run| run.app.desk.focused().unwrap().rect;
    let tile = rect(&run);
    run.mouse(Does::Down, 10, tile.y).mouse(Does::Drag, 30, 30).mouse(Does::Up, 30, 30);
    assert_eq!((rect(&run).x, rect(&run).y), (20, tile.y), "whole on the desktop");
    let here = rect(&run);
    let (x, y) = (here.right() - 1, here.bottom() - 1);
    run.mouse(Does::Down, x, y).mouse(Does::Drag, x - 9, y - 9).mouse(Does::Up, x - 9, y - 9);
    assert_eq!((rect(&run).width, rect(&run).height), (here.width - 9, here.height - 9));
    run.mouse(Does::Down, 30, here.y).mouse(Does::Drag, 119, 10).mouse(Does::Up, 119, 10);
    assert_eq!(run.app.desk.focused().unwrap().place, Place::Snapped(Side::Right));
    let title = (rect(&run).x + 5, rect(&run).y);
    for _ in 0..2 {
        run.mouse(Does::Down, title.0, title.1).mouse(Does::Up, title.0, title.1);
    }
    assert_eq!(run.app.desk.focused().unwrap().place, Place::Zoomed);
    run.click("[▼]");
    assert_eq!(run.app.desk.focused().unwrap().place, Place::Snapped(Side::Right));
    let here = rect(&run);
    run.mouse(Does::Down, here.right() - 4, here.y);
    assert_eq!(run.focus(), Some(WinKind::Jobs));
}

#[test]
fn the_pointer_chooses_sorts_opens_scrolls_and_asks_for_the_menu() {
    let mut run = standard();
    run.click("mac-0005").keys("C").sees("Cordon mac-0005?").keys("Esc");
    run.click("STATE").sees("STATE▲").click("STATE").sees("STATE▼");
    run.click("HOST").click("mac-0006").click("mac-0006");
    run.sees("Host mac-0006").keys("Esc");
    let (x, y) = run.find("mac-0010").unwrap();
    run.mouse(Does::WheelDown, x, y).misses("mac-0002 ");
    run.mouse(Does::RightDown, x, y).sees("Cordon…").sees("Open").keys("Esc");
    run.click("Window").sees("Zoom").click("Fleet  Host").sees("VMs").click("VMs");
    assert_eq!(run.focus(), Some(WinKind::Vms));
    let (x, y) = run.find("3 VMs").unwrap();
    run.mouse(Does::MiddleDown, x, y);
    assert_eq!(run.focus(), Some(WinKind::Hosts));
}

#[test]
fn a_smaller_terminal_loses_nothing() {
    let mut run = standard();
    run.keys("Enter 4").resize(80, 24).sees("«4 Jobs»").sees("7 Host mac-0001");
    run.resize(40, 10).sees("needs 60x16, is 40x10");
    run.resize(120, 36).sees("7:Host mac-0001").sees("4:Jobs").sees("2:Hosts");
    run.resize(40, 10).keys("q");
    assert!(run.effects.contains(&Effect::Quit));
}

#[test]
fn rows_hold_still_while_somebody_chooses() {
    let mut run = Run::new(120, 36, Maker::new(9, 0));
    run.keys("z s s s").sees("LOAD▲");
    let first = |run: &Run| run.text().lines().nth(5).unwrap().to_string();
    let before = first(&run);
    let mut live = run.maker.live();
    live.samples.get_mut(&host("mac-0001")).unwrap().load = 99.0;
    run.send(Msg::Samples(live.clone()));
    assert_eq!(first(&run), before, "a key was pressed a moment ago");
    run.pass(2_001).send(Msg::Samples(live));
    assert!(first(&run).contains("mac-0001"), "{}", first(&run));
}

#[test]
fn failures_that_nobody_looked_at_are_counted() {
    let mut run = standard();
    let entry = Arc::new(run.maker.reach("mac-0001", Reach::Lost, "no answer for 60s"));
    run.send(Msg::Entry(entry)).sees("! 1 failure").sees("6 Events!");
    run.keys("6").misses("! 1 failure").sees("is lost: no answer for 60s");
}
