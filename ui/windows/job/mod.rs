//! One job: what it is about, line by line; of the chosen host the steps on a line of time; and
//! under them what the chosen step has said. When the job is kept no longer, its last facts stay.

mod gantt;
mod head;
mod log;
mod targets;

use std::sync::Arc;

use hostler::model::{HostName, HostTask, Job, JobId, Task, UsualSteps, VmId, usual_steps};
use ratatui::layout::Rect;

use super::listing::{page, waiting};
use super::{Ctx, Inside, ListOp};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Cursor, Motion, Moved, Scroll};

use gantt::{Row, Timeline};
use head::{heights, under};
use targets::Target;

/// A part of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Part {
    #[default]
    Targets,
    Steps,
    Log,
}

/// The window of one job.
#[derive(Clone, Debug)]
pub struct JobView {
    pub id: JobId,
    last: Option<Arc<Job>>,
    gone: bool,
    usual: UsualSteps,
    part: Part,
    target: Cursor,
    step: Cursor,
    log: Scroll,
    /// The chosen host and step are those that go on, and of what they say the end is seen.
    follow: bool,
}

/// What the lower parts are about.
enum Below<'a> {
    Steps(&'a HostName, &'a HostTask, Vec<Row<'a>>),
    Vm(VmId, &'a Task),
    Nothing,
}

fn below(job: &Job, target: usize) -> Below<'_> {
    match targets::nth(job, target) {
        Some(Target::Host(name, task)) => Below::Steps(name, task, gantt::rows(job, task)),
        Some(Target::Vm(id, task)) => Below::Vm(id, task),
        None => Below::Nothing,
    }
}

impl JobView {
    pub fn new(id: JobId) -> Self {
        Self {
            id,
            last: None,
            gone: false,
            usual: UsualSteps::new(),
            part: Part::default(),
            target: Cursor::default(),
            step: Cursor::default(),
            log: Scroll::default(),
            follow: true,
        }
    }

    /// The parts there are, from the top.
    fn parts(&self) -> &'static [Part] {
        match self.last.as_ref().is_some_and(|job| job.play.is_some()) {
            true => &[Part::Targets, Part::Steps, Part::Log],
            false => &[Part::Targets, Part::Log],
        }
    }
    fn turn_to(&mut self, forward: bool) {
        let parts = self.parts();
        let at = parts.iter().position(|part| *part == self.part).unwrap_or(0);
        let by = if forward { 1 } else { parts.len() - 1 };
        self.part = parts[(at + by) % parts.len()];
    }

    /// How many rows the first two parts have now; cursors stay on them.
    fn count(&mut self) -> (usize, usize) {
        let Some(job) = self.last.clone() else { return (0, 0) };
        let all = targets::count(&job);
        self.target.count(all);
        let steps = match below(&job, self.target.at) {
            Below::Steps(_, _, rows) => rows.len(),
            Below::Vm(..) | Below::Nothing => 0,
        };
        self.step.count(steps);
        (all, steps)
    }

    /// Chooses the host and the step that go on, if any do.
    fn catch_up(&mut self) {
        let Some(job) = self.last.clone() else { return };
        let all = || targets::all(&job).enumerate();
        let goes_on = targets::nth(&job, self.target.at).is_some_and(|t| t.is_under_way());
        if !goes_on {
            // One that is stuck began before the others.
            let going = all().filter(|(_, target)| target.is_under_way());
            let latest = going.max_by_key(|(_, target)| target.since()).map(|(n, _)| n);
            let failed = || all().find(|(_, t)| t.state().word() == "failed").map(|(n, _)| n);
            let fresh = self.target == Cursor::default();
            let other = latest.or_else(|| if fresh { failed() } else { None });
            self.target.at = other.unwrap_or(self.target.at);
        }
        if let Below::Steps(_, task, rows) = below(&job, self.target.at) {
            self.step.at = telling(task, &rows);
        }
        self.count();
    }

    fn go(&mut self, motion: Motion) {
        match self.part {
            Part::Targets => {
                self.follow = false;
                self.target.motion(motion);
                self.show_target();
            }
            Part::Steps => {
                self.follow = false;
                self.step.motion(motion);
                self.log = Scroll::default();
            }
            Part::Log => {
                self.follow &= motion == Motion::Last;
                self.log.motion(motion);
            }
        }
    }
    /// Of a host that was just chosen, the step that tells how it stands.
    fn show_target(&mut self) {
        let Some(job) = self.last.clone() else { return };
        self.log = Scroll::default();
        if let Below::Steps(_, task, rows) = below(&job, self.target.at) {
            self.step.at = telling(task, &rows);
        }
        self.count();
    }
    /// Chooses a row that was clicked: targets come first, steps after them.
    fn select(&mut self, row: usize) {
        let (targets, steps) = self.count();
        self.follow = false;
        if row < targets {
            (self.part, self.target.at) = (Part::Targets, row);
            self.show_target();
        } else if row - targets < steps {
            (self.part, self.step.at) = (Part::Steps, row - targets);
            self.log = Scroll::default();
        }
    }

    /// How the chosen row of a part is drawn.
    fn chosen(&self, part: Part, focused: bool) -> Token {
        if focused && self.part == part { Token::Sel } else { Token::SelOff }
    }
    /// A part's title; the one that takes the keys stands in angles, as a window in the taskbar.
    fn title(&self, canvas: &Canvas, part: Part, title: &str) -> (String, Token) {
        let (open, close) = canvas.glyphs.active();
        match self.part == part {
            true => (format!("{open}{title}{close}"), Token::TitleOn),
            false => (format!(" {title} "), Token::Title),
        }
    }
    fn rule(&self, canvas: &mut Canvas, line: Rect, part: Part, title: &str, right: &str) {
        canvas.fill(line, canvas.glyphs.rule(), Token::Frame);
        let (title, token) = self.title(canvas, part, title);
        let room = line.width.saturating_sub(text::width(right) + 6);
        let title = text::cut(&title, room, canvas.glyphs.more());
        canvas.text(line.x + 1, line.y, &title, token);
        if !right.is_empty() {
            let x = line.right().saturating_sub(text::width(right) + 3);
            canvas.text(x, line.y, &format!(" {right} "), Token::Title);
        }
    }

    fn draw_parts(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, look: (WinId, bool)) {
        let Some(job) = self.last.clone() else { return };
        let (targets, steps) = self.count();
        let heights = heights(area.height, targets, steps);
        let top = Rect { height: heights.0, ..area };
        let middle = Rect { y: top.bottom(), height: heights.1, ..area };
        let bottom = Rect { y: middle.bottom(), height: area.bottom() - middle.bottom(), ..area };
        self.draw_targets(ctx, canvas, top, &job, look);
        match below(&job, self.target.at) {
            Below::Steps(name, task, rows) => {
                let title = self.title(canvas, Part::Steps, "steps").0;
                let chosen = self.chosen(Part::Steps, look.1);
                let (job, usual) = (&*job, &self.usual);
                let line =
                    Timeline { job, rows: &rows, usual, win: look.0, first: targets, chosen };
                line.draw(ctx, canvas, middle, &title, &mut self.step);
                self.draw_log(ctx, canvas, bottom, (job, name, task), rows.get(self.step.at));
            }
            Below::Vm(id, task) => {
                let lines = targets::vm_lines(ctx, id, task);
                let rule = Rect { height: bottom.height.min(1), ..bottom };
                self.rule(canvas, rule, Part::Log, "the chosen VM", "");
                self.log.draw(canvas, under(bottom), &lines);
            }
            Below::Nothing => {
                page(canvas, bottom, &[("It had nothing to do.".into(), Token::Strong)]);
            }
        }
    }

    fn draw_targets(
        &mut self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        area: Rect,
        job: &Job,
        (win, focused): (WinId, bool),
    ) {
        let rows = under(area);
        let all = targets::count(job);
        let seen = self.target.in_sight(usize::from(rows.height));
        let which = if job.hosts.is_empty() { "VMs" } else { "hosts" };
        let right = match seen.len() < all {
            true => format!("{}-{} of {}", seen.start + 1, seen.end, text::count(all)),
            false => text::count(all),
        };
        self.rule(
            canvas,
            Rect { height: area.height.min(1), ..area },
            Part::Targets,
            which,
            &right,
        );
        let chosen = self.chosen(Part::Targets, focused);
        targets::draw(ctx, canvas, rows, job, (&mut self.target, win, chosen));
    }

    fn draw_log(
        &mut self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        area: Rect,
        (job, name, task): (&Job, &HostName, &HostTask),
        row: Option<&Row>,
    ) {
        let Some(row) = row else { return };
        let body = under(area);
        let lines = log::lines(ctx, (job, name, task), row, &self.usual, body.width.max(1));
        let title = log::title(job, row);
        if self.follow {
            self.log.show_end(lines.len(), usize::from(body.height));
        }
        self.log.draw_lines(canvas, body, &lines);
        let (first, last) = self.log.in_sight();
        let right = match last - first.min(last) + 1 < lines.len() {
            true => format!("{first}-{last} of {}", text::plural(lines.len(), "line")),
            false => text::plural(lines.len(), "line"),
        };
        self.rule(canvas, Rect { height: area.height.min(1), ..area }, Part::Log, &title, &right);
    }
}

/// The step that tells how a host stands: the one that goes on, the one that failed, the last.
fn telling(task: &HostTask, rows: &[Row]) -> usize {
    let now = rows.iter().position(|row| matches!(row, Row::Now(..)));
    let failed = || rows.iter().rposition(|row| row.look() == Look::Bad);
    let over = || rows.iter().rposition(|row| matches!(row, Row::Over(_)));
    now.or_else(|| task.failed.as_ref().and_then(|_| failed())).or_else(over).unwrap_or(0)
}

impl Inside for JobView {
    fn name(&self) -> String {
        format!("Job {}", self.id)
    }
    fn footer(&self) -> String {
        let Some(job) = &self.last else { return String::new() };
        let (over, all) = job.progress();
        let follow = if self.follow { "   following" } else { "" };
        format!("{over} of {all} over{follow}")
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        match (op, op.moved()) {
            (ListOp::Follow, _) => {
                self.follow = !self.follow;
                if self.follow {
                    self.catch_up();
                }
            }
            (ListOp::Part(forward), _) => self.turn_to(forward),
            (ListOp::Back, _) if self.part != Part::Targets => self.turn_to(false),
            (_, Some(Moved::By(motion))) => self.go(motion),
            (_, Some(Moved::Wheel(down))) => (0..3).for_each(|_| self.go(Motion::wheel(down))),
            (_, Some(Moved::To(row))) => self.select(row),
            (_, None) => return false,
        }
        true
    }
    fn host(&self, _: &Replica) -> Option<HostName> {
        Some(targets::nth(self.last.as_ref()?, self.target.at)?.host().clone())
    }
    fn job(&self) -> Option<JobId> {
        Some(self.id)
    }
    fn copy(&self, _: &Replica) -> Option<String> {
        let job = self.last.as_ref()?;
        let target = targets::nth(job, self.target.at);
        let said = match (self.part, below(job, self.target.at)) {
            (Part::Log | Part::Steps, Below::Steps(_, task, rows)) => {
                rows.get(self.step.at).map(|row| log::said(task, row).to_string())
            }
            (Part::Targets | Part::Steps | Part::Log, _) => target.map(|target| target.name()),
        };
        Some(said.filter(|said| !said.is_empty()).unwrap_or(self.id.to_string()))
    }
    fn rows(&self) -> (bool, usize) {
        (self.last.is_some(), 0)
    }
    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        let Some(world) = fleet.world() else { return };
        match world.jobs.get(&self.id) {
            Some(job) => (self.last, self.gone) = (Some(job.clone()), false),
            None => self.gone = true,
        }
        let over = |id: &JobId| world.jobs.get(id).is_some_and(|job| job.is_over());
        if (changed.all || changed.jobs.iter().any(over))
            && let Some(play) = self.last.as_ref().and_then(|job| job.play.as_ref())
        {
            self.usual = usual_steps(world, &play.playbook);
        }
        match self.follow && (changed.all || changed.jobs.contains(&self.id)) {
            true => self.catch_up(),
            false => drop(self.count()),
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, win: WinId, focused: bool) {
        canvas.faded = ctx.stale || self.gone;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        match self.last.clone() {
            Some(job) => {
                let head = head::lines(ctx, &job, self.gone, inner.width);
                let most = if ctx.compact { 3 } else { 5 };
                let height = (head.len() as u16).min(most).min(inner.height);
                Scroll::default().draw(canvas, Rect { height, ..inner }, &head);
                let rest = Rect { y: inner.y + height, height: inner.height - height, ..inner };
                self.draw_parts(ctx, canvas, rest, (win, focused));
            }
            None if self.gone => {
                let said = format!("No job {} is kept.", self.id);
                let next =
                    "Jobs that are long over are in the journal only. Esc closes this window.";
                page(canvas, inner, &[(said, Token::Strong), (next.into(), Token::Text)]);
            }
            None => page(canvas, inner, &waiting(ctx)),
        }
        canvas.faded = false;
    }
}
