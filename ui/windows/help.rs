//! Help: the keys of the focused window first, then all others, from the one table of commands.

use ratatui::layout::Rect;

use super::inside::scrolled;
use super::{Ctx, Inside, ListOp, WinKind};
use crate::ui::canvas::Canvas;
use crate::ui::commands::{COMMANDS, Command};
use crate::ui::desk::WinId;
use crate::ui::replica::Replica;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::{Line, Scroll};

/// How wide the names of commands stand at the right.
const ACTIONS: u16 = 22;

/// The window of keys.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct HelpView {
    pub scroll: Scroll,
    /// The window it was opened from.
    pub about: Option<WinKind>,
}

impl HelpView {
    fn lines(&self, ctx: &Ctx, width: u16) -> Vec<Line> {
        let ours = |c: &&Command| self.about.is_some_and(|kind| c.on.contains(&kind));
        let mut lines = vec![heads(width)];
        let line = |c: &Command| line(ctx, c, self.about, width);
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
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let lines = self.lines(ctx, inner.width);
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
/// The first head, and over the names of commands what they are.
fn heads(width: u16) -> Line {
    let room = usize::from(width.saturating_sub(ACTIONS));
    let left = format!("{:<room$}", "In this window");
    vec![(left, Token::Strong), ("name in desktop.yaml".into(), Token::Dim)]
}
fn row(left: &str, right: &str, token: Token) -> Line {
    vec![(format!("  {left:<16} "), Token::Link), (right.to_string(), token)]
}
/// Its keys, what it does, and at the right what it is called in `desktop.yaml`.
fn line(ctx: &Ctx, command: &Command, about: Option<WinKind>, width: u16) -> Line {
    let keys = ctx.now_can.keymap.keys(command, about);
    let keys = if keys.is_empty() { "menu".to_string() } else { keys.join(" ") };
    let title = command.title(ctx.glyphs.more());
    let (said, token) = match (command.on.is_empty(), command.can(ctx.now_can)) {
        (true, Err(why)) => (format!("{title}  ({why})"), Token::Dim),
        _ => (title, Token::Text),
    };
    let left = row(&keys, "", token);
    let used: u16 = left.iter().map(|(text, _)| text::width(text)).sum();
    let room = width.saturating_sub(used + ACTIONS + 1);
    let said = text::cut(&said, room, ctx.glyphs.more());
    let gap = usize::from(room.saturating_sub(text::width(&said))) + 1;
    let mut line = row(&keys, &said, token);
    line.push((format!("{:gap$}{}", "", command.id.action()), Token::Dim));
    line
}
