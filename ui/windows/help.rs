//! Help: the keys of the focused window first, then all others, from the one table of commands.

use ratatui::layout::Rect;

use super::inside::scrolled;
use super::{Ctx, Inside, ListOp, WinKind};
use crate::ui::canvas::Canvas;
use crate::ui::commands::{COMMANDS, Command};
use crate::ui::desk::WinId;
use crate::ui::replica::Replica;
use crate::ui::theme::Token;
use crate::ui::widgets::{Line, Scroll};

/// The window of keys.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct HelpView {
    pub scroll: Scroll,
    /// The window it was opened from.
    pub about: Option<WinKind>,
}

impl HelpView {
    fn lines(&self, ctx: &Ctx) -> Vec<Line> {
        let ours = |c: &&Command| self.about.is_some_and(|kind| c.on.contains(&kind));
        let mut lines = vec![head("In this window")];
        let line = |c: &Command| line(ctx, c, self.about);
        lines.extend(COMMANDS.iter().filter(ours).map(line));
        lines.extend([Vec::new(), head("Moving about")]);
        let motion = |c: &&Command| c.menu.is_none() && c.on.is_empty();
        lines.extend(COMMANDS.iter().filter(motion).map(line));
        lines.extend([Vec::new(), head("Everywhere")]);
        let rest = |c: &&Command| c.on.is_empty() && c.menu.is_some();
        lines.extend(COMMANDS.iter().filter(rest).map(line));
        lines.extend([Vec::new(), head("Filters")]);
        lines.extend(FILTERS.map(|(what, how)| row(what, how, Token::Text)));
        lines.extend([Vec::new(), head("Mouse")]);
        lines.extend(MOUSE.map(|(what, how)| row(what, how, Token::Text)));
        lines.extend([Vec::new(), head("Times")]);
        let zone = format!("all are of the zone {}, as the clock in the bar", ctx.zone);
        lines.push(row(&ctx.zone.offset(ctx.there), &zone, Token::Text));
        lines
    }
}

impl Inside for HelpView {
    fn name(&self) -> String {
        "Help".into()
    }
    fn list(&mut self, _: &Replica, op: ListOp) -> bool {
        scrolled(op, |motion| self.scroll.motion(motion))
    }
    fn draw(&mut self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, _: WinId, _: bool) {
        let lines = self.lines(ctx);
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        self.scroll.draw(canvas, inner, &lines);
    }
}

const FILTERS: [(&str, &str); 6] = [
    ("busy r10", "both words occur somewhere"),
    ("!r10", "it does not"),
    ("site=lausanne", "a label, or state= host= pool= image= os= group= work="),
    ("host=mac-1..mac-9", "hosts from one name to another"),
    ("label=gold", "any label of that name or value"),
    ("load>8 free<50", "load, mem and free in GiB, vms"),
];

const MOUSE: [(&str, &str); 5] = [
    ("click", "focus and choose; a header sorts; again turns the order"),
    ("double click", "open; on a title, zoom"),
    ("right click", "menu"),
    ("drag a title", "move; to an edge, half; to a corner, a quarter; to the top, zoom"),
    ("drag a border", "size; hold Shift, Option or fn to select text instead"),
];

fn head(text: &str) -> Line {
    vec![(text.to_string(), Token::Strong)]
}
fn row(left: &str, right: &str, token: Token) -> Line {
    vec![(format!("  {left:<16} "), Token::Link), (right.to_string(), token)]
}
fn line(ctx: &Ctx, command: &Command, about: Option<WinKind>) -> Line {
    let keys: Vec<&str> = command.keys_in(about).collect();
    let keys = if keys.is_empty() { "menu".to_string() } else { keys.join(" ") };
    let title = command.title(ctx.glyphs.more());
    match (command.on.is_empty(), command.can(ctx.now_can)) {
        (true, Err(why)) => row(&keys, &format!("{title}  ({why})"), Token::Dim),
        _ => row(&keys, &title, Token::Text),
    }
}
