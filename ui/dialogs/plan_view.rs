//! The drawing of the plan dialog: what happens to each VM, what the pools lose, the fields, the
//! same on the command line, and the buttons.

use hostler::model::{DrainPlan, Fate, HostPreview, OnDeadline, PoolPreview, Then};
use ratatui::layout::Rect;

use super::plan::{PlanDialog, Spot};
use super::{Act, preview};
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Field, Line};
use crate::ui::windows::Ctx;

/// As wide as it gets.
const WIDEST: u16 = 100;
/// So many hosts have lines of their own: nobody reads more, and each drawing makes them anew.
const HOSTS_SHOWN: usize = 500;

impl PlanDialog {
    /// Draws it over everything else.
    pub fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, cluster: &str, production: bool) {
        let all = canvas.area();
        canvas.hit(all, Hit::DialogGround);
        let lines = self.lines(ctx);
        let bottom = self.bottom_rows();
        let area = place(all, ctx.compact, lines.len() as u16 + bottom + 3);
        canvas.fill(area, " ", Token::Text);
        canvas.frame(area, true, if production { Token::Bad } else { Token::FrameOn });
        let on = if production { format!(" on PRODUCTION {cluster}") } else { String::new() };
        let title = format!(" {}{on} ", self.headline());
        canvas.cell(
            area.x + 2,
            area.y,
            area.width.saturating_sub(4),
            &title,
            false,
            Token::TitleOn,
        );
        let inner = Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        };
        let mut canvas = canvas.inside(inner);
        let shown = Rect { height: inner.height.saturating_sub(bottom), ..inner };
        self.scroll.draw(&mut canvas, shown, &lines);
        let rest = Rect { y: shown.bottom(), height: bottom.min(inner.height), ..inner };
        self.draw_fields(&mut canvas, rest);
    }

    /// Rule, fields, command, what is wrong, buttons.
    fn bottom_rows(&self) -> u16 {
        let options = self.has(Spot::Then) || self.has(Spot::AtOnce) || self.has(Spot::Subject);
        let rows = [options, self.has(Spot::Typed), self.has(Spot::Reason), self.act.empties()];
        let rows = rows.into_iter().chain([self.has(Spot::Copy)]);
        3 + rows.map(u16::from).sum::<u16>()
    }

    /// What would happen, as the controller told it.
    fn lines(&self, ctx: &Ctx) -> Vec<Line> {
        if let Some(why) = self.failure() {
            return vec![
                vec![("The controller has no plan for this:".into(), Token::Strong)],
                vec![(why.to_string(), Token::Bad)],
                vec![("^R asks again.".into(), Token::Dim)],
            ];
        }
        let Some(planned) = self.last_plan() else {
            return vec![vec![(
                "The controller is asked what this would do...".into(),
                Token::Dim,
            )]];
        };
        let mut lines: Vec<Line> = Vec::new();
        if let Some(on) = self.target() {
            lines.extend(preview::lines(ctx, on, &planned.plan));
        }
        for host in planned.plan.hosts.iter().take(HOSTS_SHOWN) {
            lines.extend(host_lines(ctx, host, self.changed.contains(&host.host)));
        }
        if planned.plan.hosts.len() > HOSTS_SHOWN {
            let more = planned.plan.hosts.len() - HOSTS_SHOWN;
            let said = format!("  and {} more", text::plural(more, "host"));
            lines.push(vec![(said, Token::Dim)]);
        }
        lines.push(Vec::new());
        let steps = planned.plan.steps.join(", ");
        if !steps.is_empty() && self.target().is_none() {
            lines.push(vec![(format!("steps: {steps}"), Token::Text)]);
        }
        lines.push(vec![(totals(&planned.plan), Token::Strong)]);
        lines.extend(planned.plan.pools.iter().map(pool_line));
        let clashes = planned.plan.clashes.iter();
        lines.extend(
            clashes.map(|clash| vec![(format!("clash: {}", clash.said(ctx.zone)), Token::Warn)]),
        );
        if let Some(deadline) = planned.plan.deadline {
            let said = format!("VMs with work have until {}", ctx.zone.date(deadline));
            lines.push(vec![(said, Token::Text)]);
        }
        lines
    }

    fn draw_fields(&self, canvas: &mut Canvas, area: Rect) {
        canvas.fill(Rect { height: 1, ..area }, canvas.glyphs.rule(), Token::Frame);
        let mut rows = (1..).map(|n| area.y + n);
        let mut next = || Rect { y: rows.next().unwrap_or(area.y), height: 1, ..area };
        let width = area.width.saturating_sub(10);
        if self.has(Spot::Reason) {
            let row = Row::new(canvas, next(), self.on).said("Reason    ");
            row.field(Spot::Reason, &self.reason, width);
        }
        if self.act.empties() {
            self.draw_work(canvas, next());
        }
        if self.has(Spot::Then) || self.has(Spot::AtOnce) || self.has(Spot::Subject) {
            self.draw_then(canvas, next());
        }
        if self.has(Spot::Typed) {
            let asked = format!("Type      {} ", self.phrase());
            let row = Row::new(canvas, next(), self.on).said(&asked);
            row.field(Spot::Typed, &self.typed, 16);
        }
        if self.has(Spot::Copy) {
            let command = self.command();
            let room = area.width.saturating_sub(8);
            let shown = text::cut(&command, room, canvas.glyphs.more()).into_owned();
            let row = Row::new(canvas, next(), self.on).put(&shown, Token::Dim);
            row.said(" ").button(Spot::Copy, "copy");
        }
        let (said, token) = match &self.trouble {
            Some(trouble) => (trouble.as_str(), Token::Warn),
            None => (self.act.way_back(), Token::Dim),
        };
        Row::new(canvas, next(), self.on).put(said, token);
        self.draw_buttons(canvas, next());
    }

    fn draw_work(&self, canvas: &mut Canvas, at: Rect) {
        let then = match self.on_deadline {
            OnDeadline::Stop => "stop it",
            OnDeadline::Abort => "leave it, give up",
        };
        let force = if self.force { "[x] do not wait" } else { "[ ] do not wait" };
        Row::new(canvas, at, self.on)
            .said("Work      may go on ")
            .field(Spot::Deadline, &self.deadline, 7)
            .said(" then ")
            .button(Spot::OnDeadline, then)
            .said(" ")
            .button(Spot::Force, force);
    }

    fn draw_then(&self, canvas: &mut Canvas, at: Rect) {
        let mut row = Row::new(canvas, at, self.on);
        if self.has(Spot::Subject) {
            let what = match self.act {
                Act::Play => "Playbook  ",
                Act::Preview => "Of        ",
                Act::Drain | Act::Reboot | Act::Retire | Act::Respawn => "Pool      ",
            };
            row = row.said(what).button(Spot::Subject, self.subject()).said("  ");
        }
        if self.has(Spot::Then) {
            row = row.said("Then      ").button(Spot::Then, then_words(&self.then)).said("  ");
        }
        if self.has(Spot::AtOnce) {
            let usual = self.last_plan().map(|planned| planned.plan.at_once);
            let usual = usual.map_or(String::new(), |n| format!(" (planned: {n})"));
            row.said("At once ").field(Spot::AtOnce, &self.at_once, 5).said(&usual);
        }
    }

    fn draw_buttons(&self, canvas: &mut Canvas, at: Rect) {
        let go = self.headline();
        let waits = self.submitted.is_some() || self.plan().is_none();
        let go = if waits { format!("{go}...") } else { go };
        let mut row = Row::new(canvas, at, self.on);
        if !self.has(Spot::Submit) {
            row.x += at.width.saturating_sub(7) / 2;
            row.button(Spot::Cancel, "Close");
            return;
        }
        row.x += at.width.saturating_sub(text::width(&go) + 14) / 2;
        row.button(Spot::Cancel, "Cancel").said("   ").button(Spot::Submit, &go);
    }
}

/// In the middle; where one window fills the screen, all of it between the bars.
fn place(all: Rect, compact: bool, wanted: u16) -> Rect {
    let between = Rect { y: all.y + 1, height: all.height.saturating_sub(2), ..all };
    if compact {
        return between;
    }
    let width = WIDEST.min(all.width.saturating_sub(8));
    let height = wanted.clamp(12, between.height.saturating_sub(2).max(12));
    Rect {
        x: all.x + (all.width - width) / 2,
        y: between.y + between.height.saturating_sub(height) / 2,
        width,
        height: height.min(between.height),
    }
}

fn host_lines(ctx: &Ctx, host: &HostPreview, changed: bool) -> Vec<Line> {
    let look = Look::host(&host.state);
    let mut head: Line = vec![
        (format!("{} {} ", ctx.glyphs.look(look), host.host), look.token()),
        (host.state.clone(), Token::Text),
    ];
    if changed {
        head.push(("  changed".into(), Token::Mark));
    }
    if let Some(earliest) = host.earliest {
        let said = format!("  wave {}, not before {}", host.wave + 1, ctx.zone.date(earliest));
        head.push((said, Token::Dim));
    }
    if host.vms.is_empty() {
        head.push(("  no VM is there".into(), Token::Dim));
    }
    let mut lines = vec![head];
    for vm in &host.vms {
        let (said, token) = fate(&vm.fate);
        let name = format!("    {}-{} {}  ", vm.pool, vm.vm, vm.state);
        lines.push(vec![(name, Token::Text), (said, token)]);
    }
    let blocks = host.blocks.iter();
    lines.extend(blocks.map(|why| vec![(format!("    blocks: {why}"), Token::Warn)]));
    lines
}

fn fate(fate: &Fate) -> (String, Token) {
    match fate {
        Fate::Goes => ("goes: its agent is told first".into(), Token::Text),
        Fate::Waits { why } => (format!("waits: {why}"), Token::Wait),
        Fate::Ignored => ("is not waited for, whatever its work".into(), Token::Warn),
        Fate::Forced => ("is stopped although it may have work".into(), Token::Bad),
        Fate::Going => ("is on its way out".into(), Token::Dim),
        Fate::Stays => ("stays".into(), Token::Dim),
    }
}

fn totals(plan: &DrainPlan) -> String {
    let vms = || plan.hosts.iter().flat_map(|host| &host.vms);
    let count = |is: fn(&Fate) -> bool| vms().filter(|vm| is(&vm.fate)).count();
    let waits = count(|fate| matches!(fate, Fate::Waits { .. }));
    let goes = count(|fate| matches!(fate, Fate::Goes | Fate::Going));
    let forced = count(|fate| *fate == Fate::Forced);
    let blocks: usize = plan.hosts.iter().map(|host| host.blocks.len()).sum();
    let blocks = if blocks == 0 { "none".into() } else { blocks.to_string() };
    let goes = text::plural(goes, "VM");
    format!("{goes} to go   {waits} to wait for   {forced} to stop by force   blocks: {blocks}")
}

fn pool_line(pool: &PoolPreview) -> Line {
    let here = pool.leaving.saturating_sub(pool.coming);
    let left = pool.ready.saturating_sub(here);
    let coming = match pool.coming {
        0 => String::new(),
        n => format!(" and {n} not ready yet"),
    };
    let said = format!(
        "pool {}: {} ready, {here} of them here{coming}, {left} left; room for {} elsewhere",
        pool.pool, pool.ready, pool.room
    );
    let token = if pool.room < pool.leaving { Token::Warn } else { Token::Text };
    vec![(said, token)]
}

fn then_words(then: &Then) -> &'static str {
    match then {
        Then::Hold => "stays empty, held",
        Then::Resume => "takes work again",
        Then::Reboot => "reboots, then takes work",
        Then::Playbook(_) => "runs a playbook",
        Then::Retire => "leaves the fleet",
    }
}

/// Writes a row from the left.
struct Row<'c, 'b> {
    x: u16,
    at: Rect,
    on: Spot,
    canvas: &'c mut Canvas<'b>,
}

impl<'c, 'b> Row<'c, 'b> {
    fn new(canvas: &'c mut Canvas<'b>, at: Rect, on: Spot) -> Self {
        Self { x: at.x, at, on, canvas }
    }
    fn put(mut self, said: &str, token: Token) -> Self {
        let room = self.at.right().saturating_sub(self.x);
        let shown = text::cut(said, room, self.canvas.glyphs.more()).into_owned();
        self.x = self.canvas.text(self.x, self.at.y, &shown, token);
        self
    }
    fn said(self, said: &str) -> Self {
        self.put(said, Token::Text)
    }
    fn button(self, spot: Spot, label: &str) -> Self {
        let (x, y) = (self.x, self.at.y);
        let token = if self.on == spot { Token::Sel } else { Token::Button };
        let row = self.put(&format!(" {label} "), token);
        let width = row.x.saturating_sub(x);
        row.canvas.hit(Rect { x, y, width, height: 1 }, Hit::Spot(spot));
        row
    }
    fn field(mut self, spot: Spot, field: &Field, cells: u16) -> Self {
        let cells = cells.min(self.at.right().saturating_sub(self.x));
        field.draw(self.canvas, self.x, self.at.y, cells, self.on == spot);
        let area = Rect { x: self.x, y: self.at.y, width: cells, height: 1 };
        self.canvas.hit(area, Hit::Spot(spot));
        self.x += cells;
        self
    }
}
