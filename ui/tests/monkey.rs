//! A monkey at the desk: random keys, clicks, drags, sizes and news, from a seed. It knows what
//! must hold whatever is done.

use std::collections::VecDeque;
use std::sync::Arc;

use hostler::api::Heartbeat;
use hostler::api::Moment;
use hostler::model::{PlanAsk, Span, VmId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fleet::Maker;
use super::session::setup;
use crate::ui::app::App;
use crate::ui::commands::{COMMANDS, Cmd, Command};
use crate::ui::desk::{Class, Window};
use crate::ui::input::{Does, Mouse};
use crate::ui::keys::Key;
use crate::ui::msg::{Answer, Effect, Msg, Query, Setup};
use crate::ui::windows::{JobView, PlaybookView, View, WinKind};

const DOES: [Does; 7] = [
    Does::Down,
    Does::RightDown,
    Does::MiddleDown,
    Does::Drag,
    Does::Up,
    Does::WheelUp,
    Does::WheelDown,
];
const SIZES: [(u16, u16); 8] =
    [(1, 1), (2, 40), (60, 16), (80, 24), (100, 28), (120, 36), (200, 60), (300, 90)];
/// Keys that mean something inside menus, fields and prompts.
const INNER: &str = "Enter Esc Tab BackTab Up Down Left Right Backspace Delete Home End ^U ^A y n a \
                     c b u s y Space = > < ! : 日 q Shift-Left Shift-Down Alt-f Alt-h";

/// So many monkeys share the steps, and so much is told of what one did last.
const SEEDS: u64 = 20;
const LAST: usize = 12;

struct Monkey {
    rng: StdRng,
    app: App,
    maker: Maker,
    now: hostler::model::Timestamp,
    /// What was to be planned last.
    planned: Option<Box<PlanAsk>>,
    /// What it did last, for whoever has to find out.
    did: VecDeque<String>,
}

impl Monkey {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let maker = match rng.random_range(0..4) {
            0 if rng.random_bool(0.5) => Maker::with_pools(),
            0 => Maker::varied(),
            1 => Maker::at_work(),
            2 => Maker::with_books(),
            _ => Maker::scheduled(),
        };
        let ascii = rng.random_bool(0.5);
        let app = App::new(Setup { ascii, ..setup() }, (80, 24), maker.now());
        Self { rng, app, now: maker.now(), maker, planned: None, did: VecDeque::new() }
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.rng.random_range(0..all.len())].clone()
    }

    fn message(&mut self) -> Msg {
        match self.rng.random_range(0..100) {
            0..30 => {
                let keys: Vec<&str> = COMMANDS.iter().flat_map(|c| c.keys).copied().collect();
                Msg::Key(self.one_of(&keys).parse::<Key>().unwrap())
            }
            30..50 => {
                let keys: Vec<&str> = INNER.split_whitespace().collect();
                Msg::Key(self.one_of(&keys).parse::<Key>().unwrap())
            }
            50..74 => self.pointer(),
            74..76 => self.window(),
            76..78 => {
                let (w, h) = self.one_of(&SIZES);
                let (dw, dh) = (self.rng.random_range(0..9), self.rng.random_range(0..9));
                Msg::Resize((w + dw).min(300), (h + dh).min(90))
            }
            78..80 => Msg::Paste(self.one_of(&["disk 91%\nC", "\u{1b}[A", "日本 x", ""]).into()),
            80..92 => self.news(),
            _ => self.time(),
        }
    }

    /// Mostly onto something that can be hit.
    fn pointer(&mut self) -> Msg {
        let hits = self.app.scene.all().to_vec();
        let (w, h) = self.app.size();
        let at = match self.rng.random_bool(0.8) && !hits.is_empty() {
            true => self.one_of(&hits).0,
            false => Rect::new(0, 0, w.max(1), h.max(1)),
        };
        let x = self.rng.random_range(at.left()..at.right());
        let y = self.rng.random_range(at.top()..at.bottom());
        let (ctrl, does) = (self.rng.random_bool(0.1), self.one_of(&DOES));
        let shift = self.rng.random_bool(0.1);
        Msg::Mouse(Mouse { does, x, y, ctrl, shift })
    }

    /// Windows that no key opens by itself are opened as by the menu.
    fn window(&mut self) -> Msg {
        let job = self.app.world().and_then(|world| world.jobs.keys().next_back().copied());
        let book = self.app.world().and_then(|world| world.playbooks.keys().next_back().cloned());
        if self.rng.random_bool(0.2) {
            let pin = Command::of(Cmd::Pin).unwrap();
            self.app.give(pin, &mut Vec::new());
            return Msg::Tick;
        }
        let view = match (self.rng.random_range(0..6), job, book) {
            (0, Some(job), _) => View::Job(JobView::new(job)),
            (1, _, Some(book)) => View::Playbook(PlaybookView::new(book)),
            (4, _, _) => View::new(WinKind::Pools).unwrap(),
            (3, _, _) => View::new(WinKind::Metrics).unwrap(),
            (2, _, _) => View::new(WinKind::Playbooks).unwrap(),
            _ => View::new(WinKind::Drains).unwrap(),
        };
        self.app.open_or_focus(view);
        Msg::Tick
    }

    fn news(&mut self) -> Msg {
        let n = self.rng.random_range(0..1_000);
        match self.rng.random_range(0..16) {
            0 => Msg::Samples(self.maker.live()),
            9 => self.runs_told(n as u64),
            1 => Msg::Snapshot(Arc::new(self.maker.snapshot())),
            3 => match self.maker.work(n) {
                Some(entry) => Msg::Entry(Arc::new(entry)),
                None => Msg::Tick,
            },
            4 => self.told(n),
            2 => Msg::Resync,
            5 => self.past(n),
            10 => self.plan(),
            6..9 => match self.maker.goes_on(n) {
                Some(entry) => Msg::Entry(Arc::new(entry)),
                None => Msg::Tick,
            },
            _ => Msg::Entry(Arc::new(self.maker.something(n))),
        }
    }

    /// Some moment of the past, whether that was asked for or not.
    fn past(&mut self, n: usize) -> Msg {
        let moment = Moment { at: None, seq: Some(n as u64) };
        let past = super::past::past(&self.maker, moment);
        Msg::Told { query: Query::Past(moment), answer: Ok(Answer::Past(Box::new(past))) }
    }

    /// Why some VM is as it is, whether that was asked or not.
    fn told(&mut self, n: usize) -> Msg {
        let world = self.maker.snapshot().world;
        let vm = world.vms.keys().nth(n % world.vms.len().max(1));
        let query = Query::WhyVm(vm.copied().unwrap_or(VmId::from_bits(1)));
        let lines = vec!["it is ready".into(), "next: nothing".into()];
        let answer = if n.is_multiple_of(5) { Err("gone".into()) } else { Ok(Answer::Why(lines)) };
        Msg::Told { query, answer }
    }

    /// A plan for what was to be planned last, or why there is none.
    fn plan(&mut self) -> Msg {
        let Some(ask) = self.planned.clone() else { return Msg::Ground { light: true } };
        let answer = match &*ask {
            PlanAsk::Drain(ask) => Ok(super::plans::planned("token", ask)),
            PlanAsk::Play(_) | PlanAsk::Respawn(_) | PlanAsk::Run(_) => Err("not now".into()),
        };
        let answer = answer.map(|planned| Answer::Plan(Box::new(planned)));
        Msg::Told { query: Query::Plan(ask), answer }
    }

    /// Runs to come, or why they are not told; asked for or not.
    fn runs_told(&mut self, n: u64) -> Msg {
        let span = Span::from_hours(35 * 24).times(1 + n % 3);
        let answer = match n % 4 {
            0 => Err("the controller is stopping".into()),
            _ => Ok(Answer::Schedules(Box::new(self.maker.coming(span)))),
        };
        Msg::Told { query: Query::Schedules(span), answer }
    }

    fn time(&mut self) -> Msg {
        let ms = self.one_of(&[0, 10, 400, 1_000, 2_500, 6_000]);
        self.now = self.now + Span::from_millis(ms);
        let next = self.now + Span::from_secs(3);
        let ask = self.rng.random_range(0..4);
        match self.rng.random_range(0..8) {
            0 => Msg::Lost { why: "connection refused".into(), next },
            1 => Msg::Trying,
            2 => Msg::Answer { ask, result: Ok("done".into()) },
            3 => Msg::Answer { ask, result: Err("host mac-0001 is not known".into()) },
            4 | 5 => Msg::Heartbeat(Heartbeat { seq: self.maker.snapshot().seq, at: self.now }),
            6 => Msg::Focus(ask == 0),
            _ => Msg::Tick,
        }
    }

    fn step(&mut self) {
        let msg = self.message();
        self.did.push_back(format!("{msg:?}").chars().take(120).collect());
        if self.did.len() > LAST {
            self.did.pop_front();
        }
        let asked = self.app.prompt.is_some() || self.app.dialog.is_some();
        let effects = self.app.update(self.now, msg);
        let sent = effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
        assert!(asked || !sent, "asked of the controller without a prompt");
        for effect in effects {
            if let Effect::Ask(Query::Plan(ask)) = effect {
                self.planned = Some(ask);
            }
        }
        let (w, h) = self.app.size();
        let mut buf = Buffer::empty(Rect::new(0, 0, w, h));
        self.app.view(&mut buf);
        self.check(&buf);
    }

    fn check(&self, buf: &Buffer) {
        let (app, desk) = (&self.app, &self.app.desk);
        if let Some((x, y)) = app.cursor() {
            assert!(buf.area.contains((x, y).into()), "the cursor is off the screen");
        }
        if desk.class == Class::TooSmall {
            return;
        }
        let mut ids = Vec::new();
        for window in desk.windows() {
            let rect = window.rect;
            assert_eq!(
                rect.intersection(desk.area),
                rect,
                "{} is not reachable",
                window.view.name()
            );
            ids.push(window.id);
            let rows = window.view.rows();
            let current = window.view.copy(&app.fleet).is_some();
            assert!(!rows.0 || current, "the cursor of {} is on nothing", window.view.name());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), desk.windows().len(), "two windows with one id");
        assert_eq!(desk.focused().is_some(), !ids.is_empty());
        let lie = desk.order().into_iter().map(|n| &desk.windows()[n]);
        let (above, below): (Vec<_>, Vec<_>) = lie.partition(|window| window.is_above());
        let top = |all: &[&Window]| all.last().map(|window| window.id);
        let focused = desk.focused().map(|window| window.id);
        assert!(focused == top(&below) || focused == top(&above), "the focus lies under another");
        for (area, hit) in app.scene.all() {
            assert_eq!(area.intersection(buf.area), *area, "{hit:?} is off the screen");
        }
    }
}

/// Runs one monkey for so many steps.
fn run(seed: u64, steps: usize) {
    let mut monkey = Monkey::new(seed);
    for n in 0..steps {
        let did = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| monkey.step()));
        if let Err(panic) = did {
            let did: Vec<&str> = monkey.did.iter().map(String::as_str).collect();
            eprintln!("seed {seed}, step {n}, after:\n{}", did.join("\n"));
            std::panic::resume_unwind(panic);
        }
    }
}

/// `HOSTLER_MONKEY=1000000 cargo test --bin hostler monkey` lets it go on for so many steps.
#[test]
fn nothing_a_monkey_does_breaks_the_desktop() {
    let steps = option_env!("HOSTLER_MONKEY").map_or(10_000, |text| text.parse().unwrap());
    for seed in 0..SEEDS {
        run(seed, steps / SEEDS as usize);
    }
}
