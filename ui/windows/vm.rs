//! One VM: its facts, its work, what is under way for it, what stands in its way, why it is as it
//! is in the planner's words, and what was heard of it. When it is gone, its last facts stay.

use std::sync::Arc;

use hostler::model::{HostName, Job, Phase, PoolName, Vm, VmId, Wanted};
use ratatui::layout::Rect;

use super::facts::{events, plain, told, wrapped};
use super::inside::scrolled;
use super::listing::{page, waiting};
use super::{Ctx, HostView, Inside, ListOp, View, vms};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::msg::{Answer, Query};
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Line, Scroll};

/// The window of one VM.
#[derive(Clone, Debug)]
pub struct VmView {
    pub vm: VmId,
    pub scroll: Scroll,
    last: Option<Arc<Vm>>,
    gone: bool,
    why: Option<Result<Vec<String>, String>>,
    asks: Asks,
}

/// Whether the reasons are to be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asks {
    No,
    Yes,
    /// Something changed after it was asked: the answer may be of before.
    Again,
}

impl VmView {
    pub fn new(vm: VmId) -> Self {
        let scroll = Scroll::default();
        Self { vm, scroll, last: None, gone: false, why: None, asks: Asks::No }
    }

    fn lines(&self, ctx: &Ctx, vm: &Vm, width: u16) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.gone {
            let said = "This VM is gone; these are its last known facts.";
            lines.push(vec![(said.to_string(), Token::Bad)]);
        }
        lines.push(head(ctx, vm));
        lines.extend(facts(ctx, vm));
        lines.extend(troubles(ctx, vm, width));
        lines.push(Vec::new());
        lines.extend(under_way(ctx, vm));
        lines.extend(self.reasons(ctx, width));
        lines.extend(events(ctx, |note| note.vm == Some(self.vm)));
        lines
    }

    /// Why it is as it is. The first line of an answer says what stands above, with another age.
    fn reasons(&self, ctx: &Ctx, width: u16) -> Vec<Line> {
        let said = |said: &String| wrapped("", said, width, Token::Text);
        let mut lines = match &self.why {
            _ if ctx.past.is_some() => {
                vec![told("", "the controller tells of the present only".into(), Token::Dim)]
            }
            None => vec![told("", "asking the controller".into(), Token::Dim)],
            Some(Err(why)) => wrapped("", &format!("not told: {why}"), width, Token::Warn),
            Some(Ok(all)) => all.iter().skip(1).flat_map(said).collect(),
        };
        if let Some((label, _)) = lines.first_mut().and_then(|line| line.first_mut()) {
            *label = format!("{:<8}", "why");
        }
        lines
    }
}

impl Inside for VmView {
    fn name(&self) -> String {
        format!("VM {}", self.vm)
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        scrolled(op, |motion| self.scroll.motion(motion))
    }
    fn pool(&self, fleet: &Replica) -> Option<PoolName> {
        Some(fleet.world()?.vms.get(&self.vm)?.pool.clone())
    }
    fn host(&self, _: &Replica) -> Option<HostName> {
        self.last.as_ref().map(|vm| vm.host.clone())
    }
    fn opens(&self, fleet: &Replica) -> Option<View> {
        self.host(fleet).map(|host| View::Host(HostView::new(host)))
    }
    fn copy(&self, _: &Replica) -> Option<String> {
        Some(self.last.as_ref().map_or(self.vm.to_string(), |vm| vm.host_name()))
    }
    fn refresh(&mut self, fleet: &Replica, changed: &Changed, _: bool) {
        let Some(world) = fleet.world() else { return };
        match world.vms.get(&self.vm) {
            Some(vm) => (self.last, self.gone) = (Some(vm.clone()), false),
            None => self.gone = true,
        }
        let host = self.last.as_ref().is_some_and(|vm| changed.hosts.contains(&vm.host));
        if changed.all || host || changed.vms.contains(&self.vm) {
            self.asks = if self.asks == Asks::No { Asks::Yes } else { Asks::Again };
        }
    }
    fn wants(&self) -> Option<Query> {
        (self.asks != Asks::No && !self.gone).then_some(Query::WhyVm(self.vm))
    }
    fn told(&mut self, query: &Query, answer: Result<Answer, String>) {
        if *query != Query::WhyVm(self.vm) {
            return;
        }
        self.asks = if self.asks == Asks::Again { Asks::Yes } else { Asks::No };
        match answer {
            Ok(Answer::Why(lines)) => self.why = Some(Ok(lines)),
            // An answer to another question.
            Ok(_) => {}
            Err(why) => self.why = Some(Err(why)),
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, _: WinId, _: bool) {
        canvas.faded = ctx.stale || self.gone;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        match &self.last {
            Some(vm) => {
                let lines = self.lines(ctx, vm, inner.width);
                self.scroll.draw(canvas, inner, &lines);
            }
            None if self.gone => {
                let said = format!("No VM {} is known.", self.vm);
                let next = "Esc closes this window.".into();
                page(canvas, inner, &[(said, Token::Strong), (next, Token::Text)]);
            }
            None => page(canvas, inner, &waiting(ctx)),
        }
        canvas.faded = false;
    }
}

fn head(ctx: &Ctx, vm: &Vm) -> Line {
    let look = Look::vm(vm.word());
    let state = format!("{} {}", ctx.glyphs.look(look), vm.word());
    let age = ctx.there.since(vm.phase_since).rough();
    let (phase, since) = (phase(vm), ctx.zone.date(vm.phase_since));
    let since = format!("  phase {phase} for {age}, since {since}");
    vec![(state, look.token()), (since, Token::Text)]
}

/// How far it has come, whatever else its state says.
fn phase(vm: &Vm) -> &'static str {
    match vm.phase {
        Phase::Placed => "placed",
        Phase::Cloned => "cloned",
        Phase::Booting => "booting",
        Phase::Ready => "ready",
        Phase::Stopped => "stopped",
        Phase::Deleted => "deleted",
    }
}

fn facts(ctx: &Ctx, vm: &Vm) -> Vec<Line> {
    let world = ctx.fleet.world();
    let image = world.and_then(|world| world.images.get(&vm.image));
    let declared = image.map(|image| image.source.as_str());
    let source = vm.made.as_ref().map(|made| made.source.as_str()).or(declared);
    let mut machine = format!("{}   {}", vm.image, source.unwrap_or("not declared"));
    if let Some(made) = &vm.made {
        machine.extend(made.cpu.map(|cpu| format!("   {}", text::plural(cpu.into(), "core"))));
        machine.extend(made.memory.map(|memory| format!("   {}", text::gib(memory))));
    }
    let (work, token) = vms::work(ctx, vm);
    let host = world.and_then(|world| world.hosts.get(&vm.host)).map_or("gone", |h| h.word());
    let glyph = ctx.glyphs.look(Look::host(host));
    let mut place = plain("host", format!("{}, slot {}   ", vm.host, u8::from(vm.slot)));
    place.push((format!("{glyph} {host}"), Look::host(host).token()));
    let age = ctx.there.since(vm.created).rough();
    vec![
        told("work", work, token),
        plain("pool", vm.pool.to_string()),
        plain("image", machine),
        place,
        plain("address", vm.ip.clone().unwrap_or("none yet".into())),
        plain("name", vm.host_name()),
        plain("age", format!("{age}, placed {}", ctx.zone.date(vm.created))),
    ]
}

/// What stands in its way, why it goes, and how it differs from what its pool would make now.
fn troubles(ctx: &Ctx, vm: &Vm, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let ago = |at| ctx.there.since(at).rough();
    if let Some(refused) = &vm.refused {
        let (kind, times, at) = (refused.kind, refused.times, ago(refused.at));
        let said = format!("{kind}, {times} in a row, the last {at} ago: {}", refused.said);
        lines.extend(wrapped("refused", &said, width, Token::Bad));
    }
    if let Some(missed) = vm.missed {
        let looks = text::plural(missed.looks as usize, "look");
        let said = format!("{looks} did not show it, the first {} ago", ago(missed.since));
        lines.extend(wrapped("missed", &said, width, Token::Bad));
    }
    if let (Wanted::Gone, Some(retired)) = (vm.wanted, &vm.retired) {
        let job = retired.job.map_or(String::new(), |job| format!(", by job {job}"));
        let said = format!("{} {} ago{job}", retired.why, ago(retired.at));
        lines.extend(wrapped("to go", &said, width, Token::Wait));
    }
    let drift = ctx.fleet.world().and_then(|world| world.drift_of(vm, ctx.there));
    lines.extend(match drift {
        Some(how) => wrapped("drifted", &how, width, Token::Warn),
        None if vm.wanted == Wanted::Gone => Vec::new(),
        None => vec![plain("drifted", "no, it is as its pool has it".into())],
    });
    lines
}

/// The command that is open, and the jobs that have it or its host.
fn under_way(ctx: &Ctx, vm: &Vm) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(op) = &vm.op {
        let begun = ctx.there.since(op.begun).rough();
        lines.push(match op.lost {
            Some(lost) => {
                let lost = ctx.there.since(lost).rough();
                let said = format!("{} begun {begun} ago, lost from sight for {lost}", op.kind);
                told("now", said, Token::Warn)
            }
            None => told("now", format!("{} begun {begun} ago", op.kind), Token::Wait),
        });
    }
    let jobs = ctx.fleet.world().into_iter().flat_map(|world| world.jobs.values());
    for job in jobs.filter(|job| !job.is_over()) {
        let state = job.tasks.get(&vm.id).map(|task| ("", &task.state));
        let of_host = job.hosts.get(&vm.host).map(|task| (" of its host", &task.state));
        if let Some((whose, state)) = state.or(of_host) {
            lines.push(of_job(ctx, job, &format!("its task{whose} is {}", state.word())));
        }
    }
    if lines.is_empty() {
        lines.push(plain("now", "nothing is under way".into()));
    }
    lines
}

fn of_job(ctx: &Ctx, job: &Job, task: &str) -> Line {
    let look = Look::job(job.word());
    let state = format!("{} {}", ctx.glyphs.look(look), job.word());
    let mut line = told("job", state, look.token());
    line.push((format!("  {} {}: {task}", job.title(), job.id), Token::Text));
    line
}
