//! The record of the last messages, and the file that is written when the desktop fails: from it
//! the failure can be gone through again in a test.
#![expect(clippy::disallowed_methods, reason = "licence: the crash file")]

use std::path::{Path, PathBuf};

use hostler::model::{Timestamp, World};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::msg::{Answer, Msg, Setup};

/// At least so many messages are kept, once there were as many; fewer where they are long: those
/// of a large fleet would take more memory than the fleet itself.
const KEPT: usize = 2_000;
const KEPT_WEIGHT: usize = 8_000;

/// Of how many things a message tells.
fn weight(msg: &Msg) -> usize {
    if let Msg::Samples(live) = msg {
        live.samples.len()
    } else if let Msg::Told { answer: Ok(Answer::Held(held)), .. } = msg {
        held.len()
    } else {
        1
    }
}

/// A line of the file after its first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Msg {
        at: Timestamp,
        msg: Msg,
    },
    /// The desktop was drawn.
    Drawn,
}

/// The first line: what the desktop was when the steps began.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Start {
    version: String,
    at: Timestamp,
    size: (u16, u16),
    setup: Setup,
    world: Option<World>,
}

#[derive(Clone, Debug)]
struct Part {
    start: Start,
    steps: Vec<Step>,
    weight: usize,
}

impl Part {
    fn is_full(&self) -> bool {
        self.steps.len() >= KEPT || self.weight >= KEPT_WEIGHT
    }
}

/// Keeps the last messages: two parts, of which the older goes when the newer is full.
#[derive(Clone, Debug)]
pub struct Recorder {
    parts: Vec<Part>,
}

impl Recorder {
    pub fn new(app: &App, at: Timestamp) -> Self {
        Self { parts: vec![part(app, at)] }
    }

    /// Keeps a message that is about to be taken in.
    pub fn message(&mut self, app: &App, at: Timestamp, msg: &Msg) {
        if self.parts.last().is_none_or(Part::is_full) {
            self.parts.push(part(app, at));
            let excess = self.parts.len().saturating_sub(2);
            self.parts.drain(..excess);
        }
        self.push(Step::Msg { at, msg: msg.clone() }, weight(msg));
    }
    /// Keeps that the desktop is about to be drawn.
    pub fn drawn(&mut self) {
        self.push(Step::Drawn, 1);
    }
    fn push(&mut self, step: Step, weight: usize) {
        if let Some(part) = self.parts.last_mut() {
            part.weight += weight;
            part.steps.push(step);
        }
    }

    /// The file's text: one JSON value a line.
    fn text(&self) -> anyhow::Result<String> {
        let mut out = String::new();
        if let Some(first) = self.parts.first() {
            out.push_str(&serde_json::to_string(&first.start)?);
            out.push('\n');
        }
        for step in self.parts.iter().flat_map(|part| &part.steps) {
            out.push_str(&serde_json::to_string(step)?);
            out.push('\n');
        }
        Ok(out)
    }

    /// Writes the file into `dir` and says where.
    pub fn write(&self, dir: &Path) -> anyhow::Result<PathBuf> {
        let at = self.parts.last().map_or(0, |part| part.start.at.as_millis());
        let path = dir.join(format!("desktop-crash-{at}.jsonl"));
        std::fs::write(&path, self.text()?)?;
        Ok(path)
    }
}

fn part(app: &App, at: Timestamp) -> Part {
    let start = Start {
        version: env!("CARGO_PKG_VERSION").into(),
        at,
        size: app.size(),
        setup: app.setup.clone(),
        world: app.world().cloned(),
    };
    Part { start, steps: Vec::new(), weight: 0 }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use hostler::api::Snapshot;
    use hostler::model::{Held, Want};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::msg::Query;
    use crate::ui::tests::fleet::Maker;
    use crate::ui::tests::session::Run;

    /// Goes through a crash file again, drawing where it was drawn.
    pub fn replay(text: &str) -> anyhow::Result<(App, Buffer)> {
        let mut lines = text.lines();
        let start: Start = serde_json::from_str(lines.next().unwrap_or(""))?;
        let mut app = App::new(start.setup, start.size, start.at);
        if let Some(world) = start.world {
            let snapshot = Arc::new(Snapshot { seq: world.seq, world });
            app.update(start.at, Msg::Snapshot(snapshot));
        }
        let mut buf = Buffer::default();
        for line in lines {
            match serde_json::from_str(line)? {
                Step::Msg { at, msg } => drop(app.update(at, msg)),
                Step::Drawn => {
                    let (w, h) = app.size();
                    buf = Buffer::empty(Rect::new(0, 0, w, h));
                    app.view(&mut buf);
                }
            }
        }
        Ok((app, buf))
    }

    #[test]
    fn a_crash_file_gives_the_same_desktop_again() {
        let mut run = Run::new(100, 30, Maker::new(9, 6));
        run.keys("/ busy Enter Down C disk Enter y").resize(80, 24).keys("Tab F1 PgDn");
        run.click("Help").entries(20).keys("2");
        let dir = tempfile::tempdir().unwrap();
        let path = run.recorder.write(dir.path()).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let (again, buf) = replay(&text).unwrap();
        assert_eq!(buf, run.buf);
        assert_eq!(again.world(), run.app.world());
    }

    #[test]
    fn the_record_does_not_grow_for_ever() {
        let app = App::new(Setup::default(), (80, 24), Timestamp::default());
        let mut recorder = Recorder::new(&app, Timestamp::default());
        for n in 0..5 * KEPT {
            recorder.message(&app, Timestamp::from_millis(n as i64), &Msg::Tick);
        }
        let kept = recorder.text().unwrap().lines().count();
        assert!((KEPT..=2 * KEPT + 1).contains(&kept), "{kept}");
        let want = Want::Job { job: "00000000000g".parse().unwrap() };
        let held = vec![Held { want, why: "x".into(), refused: Default::default() }; 1_000];
        let told = Msg::Told { query: Query::Held, answer: Ok(Answer::Held(held)) };
        for n in 0..50 {
            recorder.message(&app, Timestamp::from_millis(n), &told);
        }
        let kept = recorder.text().unwrap().matches("\"why\"").count();
        assert!((KEPT_WEIGHT..=2 * KEPT_WEIGHT).contains(&kept), "{kept}");
    }
}
