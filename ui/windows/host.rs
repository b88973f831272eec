//! One host: its facts, figures, slots, holds, and what was heard of it. When it leaves the
//! fleet, its last known facts stay.

use std::sync::Arc;

use hostler::model::{Access, Bytes, Host, HostName, Phase, Reach, Slot};
use ratatui::layout::Rect;

use super::facts::{events, plain, wrapped};
use super::inside::scrolled;
use super::listing::{page, waiting};
use super::{Ctx, Inside, ListOp};
use crate::ui::canvas::Canvas;
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::replica::{Changed, Replica};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Line, Scroll};

/// The window of one host.
#[derive(Clone, Debug)]
pub struct HostView {
    pub host: HostName,
    pub scroll: Scroll,
    last: Option<Arc<Host>>,
    gone: bool,
}

impl HostView {
    pub fn new(host: HostName) -> Self {
        Self { host, scroll: Scroll::default(), last: None, gone: false }
    }

    fn lines(&self, ctx: &Ctx, host: &Host, width: u16) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.gone {
            let said = "This host has left the fleet; these are its last known facts.";
            lines.push(vec![(said.to_string(), Token::Bad)]);
        }
        lines.extend(head(ctx, host, width));
        lines.extend(facts(ctx, &self.host, host));
        lines.push(Vec::new());
        lines.extend(slots(ctx, host));
        lines.extend(reboot_in_doubt(ctx, host, width));
        lines.extend(holds(ctx, host, width));
        lines.extend(events(ctx, |note| note.about == self.host.as_str()));
        lines
    }
}

impl Inside for HostView {
    fn name(&self) -> String {
        format!("Host {}", self.host)
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        scrolled(op, |motion| self.scroll.motion(motion))
    }
    fn host(&self, _: &Replica) -> Option<HostName> {
        Some(self.host.clone())
    }
    fn copy(&self, _: &Replica) -> Option<String> {
        Some(self.host.to_string())
    }
    fn watches(&self) -> Vec<HostName> {
        vec![self.host.clone()]
    }
    fn refresh(&mut self, fleet: &Replica, _: &Changed, _: bool) {
        let Some(world) = fleet.world() else { return };
        match world.hosts.get(&self.host) {
            Some(host) => (self.last, self.gone) = (Some(host.clone()), false),
            None => self.gone = true,
        }
    }

    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, _: WinId, _: bool) {
        canvas.faded = ctx.stale || self.gone;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        match &self.last {
            Some(host) => {
                let lines = self.lines(ctx, host, inner.width);
                self.scroll.draw(canvas, inner, &lines);
            }
            None if self.gone => {
                let said = format!("No host {} is known.", self.host);
                let next = "Esc closes this window.".into();
                page(canvas, inner, &[(said, Token::Strong), (next, Token::Text)]);
            }
            None => page(canvas, inner, &waiting(ctx)),
        }
        canvas.faded = false;
    }
}

fn head(ctx: &Ctx, host: &Host, width: u16) -> Vec<Line> {
    let look = Look::host(host.word());
    let state = format!("{} {}", ctx.glyphs.look(look), host.word());
    let since = format!("  {} for {}", host.reach, ctx.there.since(host.reach_since).rough());
    let mut lines = vec![vec![(state, look.token()), (since, Token::Text)]];
    if !host.reach_why.is_empty() && host.reach != Reach::Up {
        lines.extend(wrapped("why", &host.reach_why, width, Token::Text));
    }
    lines
}

fn facts(ctx: &Ctx, name: &HostName, host: &Host) -> Vec<Line> {
    let way = match &host.spec.access {
        Access::Local => "this machine".to_string(),
        Access::Ssh(ssh) => {
            let by =
                ssh.jump.as_ref().map_or(String::new(), |jump| format!(" by {}", jump.address));
            format!("{}@{}:{}{by}", ssh.user, ssh.address, ssh.port)
        }
    };
    let mut lines = vec![plain("reached", way)];
    if let Some(seen) = &host.seen {
        let f = &seen.facts;
        lines.push(plain("macOS", format!("{} ({})   VM tool {}", f.macos, f.build, f.tool)));
        let chip = format!("{}   {} cores   {}", f.chip, f.cores, text::gib(f.memory));
        lines.push(plain("chip", chip));
        lines.push(plain("up", ctx.there.since(f.booted_at).rough()));
    }
    let of = |total: fn(&hostler::model::Facts) -> Bytes| {
        host.seen.as_ref().map_or("?".into(), |seen| text::gib(total(&seen.facts)))
    };
    if let Some(sample) = ctx.fleet.sample(name) {
        lines.push(plain("load", format!("{:.1}", sample.load)));
        let memory = format!("{} of {}", text::gib(sample.memory_used), of(|f| f.memory));
        lines.push(plain("memory", memory));
        lines.push(plain("free", format!("{} of {}", text::gib(sample.disk_free), of(|f| f.disk))));
    }
    let labels = host.spec.labels.iter().map(|(key, value)| match value.is_empty() {
        true => key.clone(),
        false => format!("{key}={value}"),
    });
    lines.push(plain("labels", labels.collect::<Vec<_>>().join(" ")));
    lines
}

fn slots(ctx: &Ctx, host: &Host) -> Vec<Line> {
    let world = ctx.fleet.world();
    let told = |(n, slot): (usize, &Slot)| {
        let label = format!("{:<8}", format!("slot {n}"));
        let vm = slot.vm().and_then(|id| world?.vms.get(&id));
        let mut work = None;
        let (text, token) = match (slot, vm) {
            (Slot::Foreign { name }, _) => (format!("foreign: {name}"), Token::Warn),
            (Slot::Leaked { since }, _) => {
                (format!("leaked since {}: a reboot clears it", ctx.zone.date(*since)), Token::Bad)
            }
            (_, Some(vm)) => {
                let look = Look::vm(vm.word());
                let ip = vm.ip.as_deref().unwrap_or("");
                let glyph = ctx.glyphs.look(look);
                work = (vm.phase == Phase::Ready).then(|| super::vms::work(ctx, vm));
                let age = ctx.there.since(vm.phase_since).rough();
                let said = format!("{glyph} {}-{}  {} {age}  {ip}", vm.pool, vm.id, vm.word());
                (said, look.token())
            }
            (_, None) => (slot.word().to_string(), Token::Text),
        };
        let work = work.map(|(said, token)| (format!("  {said}"), token));
        [(label, Token::Dim), (text, token)].into_iter().chain(work).collect()
    };
    host.slots.iter().enumerate().take(usize::from(host.spec.slots)).map(told).collect()
}

/// What its last reboot has not shown yet, and how often its build of macOS leaks.
fn reboot_in_doubt(ctx: &Ctx, host: &Host, width: u16) -> Vec<Line> {
    let unproven = host.unproven(ctx.there).into_iter();
    let mut lines: Vec<Line> =
        unproven.flat_map(|said| wrapped("slots", &said, width, Token::Warn)).collect();
    let build = host.seen.as_ref().map(|seen| &seen.facts.build);
    let tally = build.and_then(|build| ctx.fleet.world()?.builds.get(build));
    if let Some(tally) = tally.filter(|tally| tally.leaks > 0) {
        lines.push(plain("build", tally.said()));
    }
    lines
}

fn holds(ctx: &Ctx, host: &Host, width: u16) -> Vec<Line> {
    let told = |hold: &hostler::model::Hold| {
        let until = hold.until.map_or(String::new(), |at| format!(", until {}", ctx.zone.date(at)));
        let age = ctx.there.since(hold.created).rough();
        let said = format!("{}: {}  by {} {age} ago{until}", hold.kind, hold.reason, hold.by);
        wrapped("held", &said, width, Token::Hold)
    };
    host.holds.values().flat_map(told).collect()
}
