//! What a job is about, one line each: hosts with their step, or VMs with their successors.

use hostler::model::{HostName, HostTask, Job, Task, TaskState, Timestamp, VmId, usual_start};
use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Cursor, Line};
use crate::ui::windows::Ctx;
use crate::ui::work;

/// A part of a job.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    Host(&'a HostName, &'a HostTask),
    Vm(VmId, &'a Task),
}

/// How many there are.
pub fn count(job: &Job) -> usize {
    job.hosts.len() + job.tasks.len()
}

/// All of them, hosts before VMs.
pub fn all(job: &Job) -> impl Iterator<Item = Target<'_>> {
    let hosts = job.hosts.iter().map(|(name, task)| Target::Host(name, task));
    hosts.chain(job.tasks.iter().map(|(id, task)| Target::Vm(*id, task)))
}

/// The `n`th of them.
pub fn nth(job: &Job, n: usize) -> Option<Target<'_>> {
    all(job).nth(n)
}

impl<'a> Target<'a> {
    pub fn state(&self) -> &'a TaskState {
        match self {
            Self::Host(_, task) => &task.state,
            Self::Vm(_, task) => &task.state,
        }
    }
    pub fn host(&self) -> &'a HostName {
        match self {
            Self::Host(name, _) => name,
            Self::Vm(_, task) => &task.host,
        }
    }
    /// What it is called in a copy.
    pub fn name(&self) -> String {
        match self {
            Self::Host(name, _) => name.to_string(),
            Self::Vm(id, task) => format!("{}-{id}", task.pool),
        }
    }
    /// It goes on.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state(), TaskState::Begun { .. })
    }

    fn word(&self, ctx: &Ctx, job: &Job) -> &'static str {
        match (self, ctx.fleet.world()) {
            (Self::Host(name, task), Some(world)) => work::task_word(world, job, name, task),
            (Self::Host(..) | Self::Vm(..), _) => self.state().word(),
        }
    }
    /// The step, or where the VM and its successor are.
    fn step(&self, job: &Job) -> String {
        match self {
            Self::Host(_, task) => {
                task.step.as_ref().map_or(String::new(), |_| work::step_words(job, task.at))
            }
            Self::Vm(_, task) => format!("on {}", task.host),
        }
    }
    /// Since when it is at what it is at; none before its turn.
    pub fn since(&self) -> Option<Timestamp> {
        let step = match self {
            Self::Host(_, task) => task.step.as_ref().map(|step| step.began),
            Self::Vm(..) => None,
        };
        step.or(match self.state() {
            TaskState::Waiting => None,
            TaskState::Begun { at }
            | TaskState::Done { at }
            | TaskState::Skipped { at, .. }
            | TaskState::Failed { at, .. }
            | TaskState::Cancelled { at } => Some(*at),
        })
    }
    fn why(&self, ctx: &Ctx, job: &Job) -> String {
        match (self, ctx.fleet.world()) {
            (Self::Host(name, task), Some(world)) => {
                let waits = work::waits((world, &ctx.fleet.whys), job, name, task, ctx.zone);
                match task.step.as_ref().and_then(|step| step.deadline) {
                    Some(at) => format!("{}  {waits}", left(ctx, at)),
                    None => waits,
                }
            }
            (Self::Vm(_, task), _) => match (&task.state, task.replacement) {
                (TaskState::Skipped { why, .. } | TaskState::Failed { why, .. }, _) => why.clone(),
                (_, Some(successor)) => format!("as {}-{successor}", task.pool),
                (_, None) => String::new(),
            },
            (Self::Host(..), None) => String::new(),
        }
    }
}

/// How long until a deadline.
fn left(ctx: &Ctx, at: Timestamp) -> String {
    match at > ctx.there {
        true => format!("{} left", at.since(ctx.there).rough()),
        false => format!("deadline {} over", ctx.there.since(at).rough()),
    }
}

/// Draws those in sight.
pub fn draw(
    ctx: &Ctx,
    canvas: &mut Canvas,
    area: Rect,
    job: &Job,
    (at, win, chosen): (&mut Cursor, WinId, Token),
) {
    let rows = at.in_sight(usize::from(area.height));
    let seen: Vec<(usize, Target)> =
        all(job).enumerate().skip(rows.start).take(rows.len()).collect();
    let width = |of: fn(&Target, &Job) -> String, most: u16| {
        let widths = seen.iter().map(|(_, target)| text::width(&of(target, job)));
        widths.max().unwrap_or(0).min(most)
    };
    let name = width(|target, _| target.name(), 24);
    let step = width(|target, job| target.step(job), if area.width >= 100 { 34 } else { 22 });
    for ((n, target), y) in seen.iter().zip(area.top()..area.bottom()) {
        let word = target.word(ctx, job);
        let look = Look::job(word);
        let since = target.since().map_or(String::new(), |at| ctx.there.since(at).rough());
        let cells = [
            (1, canvas.glyphs.look(look).to_string(), look.token()),
            (name + 1, target.name(), Token::Text),
            (10, word.to_string(), look.token()),
            (step + 1, target.step(job), Token::Text),
            (7, since, Token::Dim),
        ];
        let mut x = area.x;
        for (width, said, token) in &cells {
            canvas.cell(x, y, *width, said, false, *token);
            x += width + 1;
        }
        let why = target.why(ctx, job);
        let failed = matches!(target.state(), TaskState::Failed { .. }) || word == "blocked";
        let token = if failed { Token::Bad } else { Token::Text };
        canvas.cell(x, y, area.right().saturating_sub(x), &why, false, token);
        let line = Rect { y, height: 1, ..area };
        if *n == at.at {
            canvas.tint(line, chosen);
        }
        canvas.hit(line, Hit::Row(win, *n));
    }
}

/// What is known of a VM that is replaced, and of its successor.
pub fn vm_lines(ctx: &Ctx, id: VmId, task: &Task) -> Vec<Line> {
    let Some(world) = ctx.fleet.world() else { return Vec::new() };
    let told = |label: &str, id: VmId, gone: &str| {
        let label = (format!("{label:<10}"), Token::Dim);
        let Some(vm) = world.vms.get(&id) else {
            return vec![label, (format!("{}-{id} {gone}", task.pool), Token::Text)];
        };
        let look = Look::vm(vm.word());
        let glyph = ctx.glyphs.look(look);
        let age = ctx.there.since(vm.phase_since).rough();
        let said = format!("{glyph} {}-{id} on {}  {} for {age}", vm.pool, vm.host, vm.word());
        vec![label, (said, look.token())]
    };
    let mut lines = vec![told("VM", id, "is gone")];
    lines.push(match task.replacement {
        Some(successor) => told("successor", successor, "is no more"),
        None => vec![
            (format!("{:<10}", "successor"), Token::Dim),
            ("none is placed yet".into(), Token::Text),
        ],
    });
    if let Some(usual) = usual_start(world) {
        let said = format!("a VM is ready {} after it was placed", usual.rough());
        lines.push(vec![(format!("{:<10}", "usually"), Token::Dim), (said, Token::Text)]);
    }
    lines
}
