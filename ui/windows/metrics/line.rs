//! The lines of the window of figures, all over one axis of time: what it is, how much now, how it
//! went, and the most there was.

use hostler::model::{HostName, Reach};
use ratatui::layout::Rect;

use super::Series;
use crate::ui::canvas::Canvas;
use crate::ui::course::{HOTTEST, KEPT, STEP, heat};
use crate::ui::glyphs::Look;
use crate::ui::theme::Token;
use crate::ui::windows::Ctx;

/// How wide the name, the figure, the most and a host's state are.
const NAME: u16 = 18;
const NOW: u16 = 7;
const MOST: u16 = 8;
const STATE: u16 = 17;

/// Where the parts of a line stand, and up to which step of time they go.
pub struct Axis {
    area: Rect,
    /// The first column of the course, and how many it has.
    x: u16,
    cells: u16,
    pub end: i64,
}

impl Axis {
    pub fn new(area: Rect, end: i64) -> Self {
        let x = area.x + NAME + NOW + 2;
        let room = area.right().saturating_sub(x + 1 + MOST);
        Self { area, x, cells: room.min(KEPT as u16), end }
    }
    /// The part of a line that shows that it is chosen: courses keep their colours.
    pub fn name(&self, line: Rect) -> Rect {
        Rect { width: line.width.min(NAME + NOW), ..line }
    }
    fn after(&self) -> u16 {
        self.x + self.cells + 1
    }

    /// What stands in which column, and how long ago the first was.
    pub fn draw_head(&self, canvas: &mut Canvas) {
        let y = self.area.y;
        canvas.cell(self.area.x + NAME, y, NOW, "NOW", true, Token::Dim);
        let ago = format!("-{}", STEP.times(u64::from(self.cells)).rough());
        if self.cells > 12 {
            canvas.text(self.x, y, &ago, Token::Dim);
            canvas.cell(self.x, y, self.cells, "now", true, Token::Dim);
        }
        canvas.cell(self.after(), y, MOST, "MOST", false, Token::Dim);
    }

    /// A figure: the highest there was is as high as the line.
    pub fn draw_figure(
        &self,
        canvas: &mut Canvas,
        y: u16,
        series: &Series,
        now: usize,
        values: &[Option<usize>],
    ) {
        let look = look(series);
        // What there is none of alarms nobody.
        let token = if now == 0 { Token::Dim } else { look.token() };
        canvas.text(self.area.x, y, canvas.glyphs.look(look), token);
        canvas.cell(self.area.x + 2, y, NAME - 2, series.word(), false, token);
        let said = now.to_string();
        canvas.cell(self.area.x + NAME, y, NOW, &said, true, Token::Strong);
        let seen = &values[values.len().saturating_sub(usize::from(self.cells))..];
        let most = seen.iter().flatten().copied().max().unwrap_or(0);
        for (x, value) in (self.x..).zip(seen) {
            let Some(value) = value else { continue };
            let level = (value * HOTTEST).div_ceil(most.max(1));
            canvas.text(x, y, canvas.glyphs.level(level), look.token());
        }
        canvas.cell(self.after(), y, MOST, &most.to_string(), false, Token::Dim);
    }

    /// The load of a host: as much as it has cores is as high as the line.
    pub fn draw_load(&self, ctx: &Ctx, canvas: &mut Canvas, y: u16, name: &HostName) {
        canvas.cell(self.area.x, y, NAME, name.as_str(), false, Token::Text);
        let host = ctx.fleet.world().and_then(|world| world.hosts.get(name));
        let cores = host.and_then(|host| host.seen.as_ref()).map_or(0, |seen| seen.facts.cores);
        // The last figure of a host that does not answer is of before.
        let answers = host.is_some_and(|host| host.reach == Reach::Up);
        let now = ctx.fleet.sample(name).filter(|_| answers);
        let now = now.map_or("?".into(), |now| format!("{:.1}", now.load));
        canvas.cell(self.area.x + NAME, y, NOW, &now, true, Token::Strong);
        let first = self.end - i64::from(self.cells) + 1;
        for (x, step) in (self.x..).zip(first..=self.end) {
            let Some(load) = ctx.fleet.course().load(name, step) else { continue };
            let level = heat(load, cores);
            canvas.text(x, y, canvas.glyphs.level(level), Token::heat(level));
        }
        let of = if cores == 0 { "of ?".into() } else { format!("of {cores}") };
        canvas.cell(self.after(), y, MOST, &of, false, Token::Dim);
        let x = self.after() + MOST + 1;
        if let Some(host) = host.filter(|_| x + STATE <= self.area.right()) {
            let look = Look::host(host.word());
            let state = format!("{} {}", canvas.glyphs.look(look), host.word());
            canvas.cell(x, y, STATE, &state, false, look.token());
        }
    }
}

fn look(series: &Series) -> Look {
    match (series, series.word()) {
        (Series::Slots(_), "free") => Look::Ready,
        (Series::Slots(_), "reserved") => Look::Queued,
        (Series::Slots(_), "occupied") => Look::Busy,
        (Series::Slots(_), "stopping") => Look::Leaving,
        (Series::Slots(_), "foreign") => Look::Off,
        (Series::Slots(_), "leaked") | (Series::Failures, _) => Look::Bad,
        (Series::Vms(..), "ready") => Look::Ready,
        (Series::Vms(..), "busy") => Look::Busy,
        (Series::Vms(..), "pending") => Look::Coming,
        (Series::Vms(..), "going") => Look::Leaving,
        (Series::Jobs(_), word) => Look::job(word),
        (Series::Slots(_) | Series::Vms(..), _) => Look::Unknown,
    }
}
