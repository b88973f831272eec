//! The steps of a host's part of a job on a line of time: when each went on and how long, how
//! long it usually takes, and when those to come would begin.

use hostler::model::{HostTask, Job, Part, Span, StepAt, StepDone, StepEnd, Timestamp, UsualSteps};
use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::desk::WinId;
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Cursor;
use crate::ui::windows::Ctx;

/// A step that took so many times as long as usual is marked, if that is so much at least.
const SLOW: (u64, Span) = (2, Span::from_secs(5));
/// How wide the figures are.
const TOOK: u16 = 8;
const USUAL: u16 = 9;
/// The lengths between two marks on the line of time, in seconds.
const MARKS: [u64; 14] =
    [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];

/// A step of the timeline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Row<'a> {
    Over(&'a StepDone),
    /// Under way since then.
    Now(StepAt, Timestamp, u8),
    ToCome(StepAt),
}

impl Row<'_> {
    pub fn at(&self) -> StepAt {
        match self {
            Self::Over(done) => done.at,
            Self::Now(at, ..) | Self::ToCome(at) => *at,
        }
    }
    fn began(&self) -> Option<Timestamp> {
        match self {
            Self::Over(done) => Some(done.began),
            Self::Now(_, began, _) => Some(*began),
            Self::ToCome(_) => None,
        }
    }
    pub fn look(&self) -> Look {
        match self {
            Self::Over(done) => match done.end {
                StepEnd::Done => Look::Passed,
                StepEnd::Skipped { .. } => Look::Off,
                StepEnd::Failed { .. } => Look::Bad,
            },
            Self::Now(..) => Look::Busy,
            Self::ToCome(_) => Look::Queued,
        }
    }
}

/// The steps that are over, the one under way, and those to come.
pub fn rows<'a>(job: &Job, task: &'a HostTask) -> Vec<Row<'a>> {
    let over = task.log.iter().map(Row::Over);
    let now = task.step.iter().map(|run| Row::Now(task.at, run.began, run.attempt));
    let to_come = job.play.as_ref().map(|play| task.to_come(&play.playbook)).unwrap_or_default();
    over.chain(now).chain(to_come.into_iter().map(Row::ToCome)).collect()
}

/// How long a host's part still goes on by what is usual; none when nobody can tell.
pub fn remaining(job: &Job, task: &HostTask, usual: &UsualSteps, now: Timestamp) -> Option<Span> {
    let play = job.play.as_ref()?;
    let run = task.step.as_ref()?;
    let here = usual.get(&task.at)?.as_millis();
    let mut left = here.saturating_sub(now.since(run.began).as_millis());
    for at in task.to_come(&play.playbook) {
        left += usual.get(&at)?.as_millis();
    }
    Some(Span::from_millis(left))
}

/// Where each row lies in time: none for those of a try before, and for what nobody can tell.
type Spans = Vec<Option<(Timestamp, Timestamp)>>;

/// The line of time, and where the rows lie on it.
struct Scale {
    from: Timestamp,
    to: Timestamp,
    spans: Spans,
    /// The first row of the last try.
    fresh: usize,
}

fn scale(rows: &[Row], usual: &UsualSteps, now: Timestamp) -> Scale {
    // A task that was tried again went back to a step it had been at.
    let back = |pair: &[Row]| pair[1].at() <= pair[0].at();
    let fresh = rows.windows(2).rposition(back).map_or(0, |at| at + 1);
    let mut expected = Some(now);
    let mut spans: Spans = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let usual = usual.get(&row.at()).copied();
        let span = match row {
            Row::Over(done) => Some((done.began, done.ended)),
            Row::Now(_, began, _) => {
                expected = usual.map(|usual| now.max(*began + usual));
                Some((*began, expected.unwrap_or(now)))
            }
            Row::ToCome(_) => {
                let begins = expected;
                expected = begins.zip(usual).map(|(begins, usual)| begins + usual);
                begins.zip(expected)
            }
        };
        spans.push(span.filter(|_| n >= fresh));
    }
    let begun = rows.iter().skip(fresh).find_map(Row::began).unwrap_or(now);
    let last = spans.iter().flatten().map(|(_, to)| *to).max().unwrap_or(now);
    Scale { from: begun, to: last.max(begun + Span::from_secs(1)), spans, fresh }
}

impl Scale {
    /// The column of a moment, of so many.
    fn column(&self, at: Timestamp, cells: u16) -> u16 {
        let all = self.to.since(self.from).as_millis().max(1);
        let here = at.since(self.from).as_millis().min(all);
        (here * u64::from(cells) / all) as u16
    }
}

/// The columns of the timeline.
struct Columns {
    name: u16,
    bars: u16,
}

fn columns(job: &Job, rows: &[Row], width: u16) -> Columns {
    let names = rows.iter().map(|row| text::width(&name(job, row.at())));
    let most = if width >= 100 { 30 } else { 20 };
    let name = names.max().unwrap_or(0).clamp(8, most) + 2;
    Columns { name, bars: width.saturating_sub(name + 1 + TOOK + 1 + USUAL) }
}

/// `2 reboot`; of those that are always done `+1 undrain`.
fn name(job: &Job, at: StepAt) -> String {
    let step = job.play.as_ref().and_then(|play| play.playbook.step(at));
    let name = step.map_or("?", |step| step.name.as_str());
    match at.part {
        Part::Steps => format!("{} {name}", at.ix + 1),
        Part::Always => format!("+{} {name}", at.ix + 1),
    }
}

/// What is drawn of a task.
pub struct Timeline<'a> {
    pub job: &'a Job,
    pub rows: &'a [Row<'a>],
    pub usual: &'a UsualSteps,
    pub win: WinId,
    /// The place of its first row among all rows of the window.
    pub first: usize,
    /// How the chosen row is drawn.
    pub chosen: Token,
}

impl Timeline<'_> {
    /// Draws the line of time over `area`, and the steps in sight under it.
    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas, area: Rect, title: &str, at: &mut Cursor) {
        let columns = columns(self.job, self.rows, area.width);
        let scale = scale(self.rows, self.usual, ctx.there);
        self.draw_head(ctx, canvas, Rect { height: 1, ..area }, title, &columns, &scale);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        for (n, y) in at.in_sight(usize::from(body.height)).zip(body.top()..body.bottom()) {
            let line = Rect { y, height: 1, ..body };
            self.draw_row(ctx, canvas, line, n, &columns, &scale);
            if n == at.at {
                canvas.tint(line, self.chosen);
            }
            canvas.hit(line, Hit::Row(self.win, self.first + n));
        }
    }

    fn draw_head(
        &self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        line: Rect,
        title: &str,
        columns: &Columns,
        scale: &Scale,
    ) {
        canvas.cell(line.x, line.y, columns.name, title, false, Token::Title);
        let x = line.x + columns.name + 1;
        let mut bars = canvas.inside(Rect { x, width: columns.bars, ..line });
        let long = scale.to.since(scale.from).as_secs().max(1);
        let fits = |unit: &u64| unit * u64::from(columns.bars) / long >= 8;
        let unit = MARKS.into_iter().find(fits).unwrap_or(long.max(1));
        let now = self.rows.iter().any(|row| matches!(row, Row::Now(..)));
        let now = now.then(|| scale.column(ctx.there, columns.bars).min(columns.bars.max(3) - 3));
        for n in 0..=(long / unit).min(u64::from(columns.bars)) {
            let past = Span::from_secs(n * unit);
            let (label, at) = (past.rough(), scale.column(scale.from + past, columns.bars));
            let end = at + text::width(&label);
            let free = now.is_none_or(|now| end < now || at > now + 3);
            if free && end <= columns.bars {
                bars.text(x + at, line.y, &label, Token::Title);
            }
        }
        if let Some(now) = now {
            bars.text(x + now, line.y, "now", Token::Strong);
        }
        let x = x + columns.bars;
        canvas.cell(x, line.y, TOOK, "TOOK", true, Token::Title);
        canvas.text(x + TOOK + 1, line.y, "USUAL", Token::Title);
    }

    fn draw_row(
        &self,
        ctx: &Ctx,
        canvas: &mut Canvas,
        line: Rect,
        n: usize,
        columns: &Columns,
        scale: &Scale,
    ) {
        let Some(row) = self.rows.get(n) else { return };
        let look = row.look();
        canvas.text(line.x, line.y, canvas.glyphs.look(look), look.token());
        let name = name(self.job, row.at());
        canvas.cell(line.x + 2, line.y, columns.name - 2, &name, false, Token::Text);
        let bars = Rect { x: line.x + columns.name + 1, width: columns.bars, ..line };
        match row {
            Row::Over(done) if n < scale.fresh => {
                let said = format!("a try before, {}", ctx.zone.clock(done.began));
                canvas.cell(bars.x, bars.y, bars.width, &said, false, Token::Dim);
            }
            Row::Over(_) | Row::Now(..) | Row::ToCome(_) => {
                draw_bar(ctx, canvas, bars, row, scale.spans[n], scale);
            }
        }
        let usual = self.usual.get(&row.at()).copied();
        let took = match row {
            Row::Over(done) => Some(done.ended.since(done.began)),
            Row::Now(_, began, _) => Some(ctx.there.since(*began)),
            Row::ToCome(_) => None,
        };
        let more = if matches!(row, Row::Now(..)) { canvas.glyphs.more() } else { "" };
        let said = took.map_or(String::new(), |took| format!("{}{more}", took.rough()));
        canvas.cell(bars.right(), line.y, TOOK, &said, true, Token::Text);
        let slow = took.zip(usual).is_some_and(|(took, usual)| {
            let most =
                usual.times(SLOW.0).as_millis().max((usual.as_millis()) + SLOW.1.as_millis());
            took.as_millis() > most
        });
        let said = usual.map_or("-".into(), Span::rough);
        let said = if slow { format!("{said} !") } else { said };
        let token = if slow { Token::Warn } else { Token::Dim };
        canvas.cell(bars.right() + TOOK + 1, line.y, USUAL - 1, &said, false, token);
    }
}

/// Dots up to where it began; then how long it went on, and how long it would.
fn draw_bar(
    ctx: &Ctx,
    canvas: &mut Canvas,
    area: Rect,
    row: &Row,
    span: Option<(Timestamp, Timestamp)>,
    scale: &Scale,
) {
    let column = |at| scale.column(at, area.width);
    let Some((from, to)) = span else { return };
    let last = area.width.saturating_sub(1);
    let begin = column(from).min(last);
    let end = column(to).clamp(begin + 1, area.width.max(begin + 1));
    let (done, going, rest, dots) = canvas.glyphs.gantt();
    let now = column(ctx.there).clamp(begin + 1, end);
    let look = row.look().token();
    let (full, token) = match row {
        Row::Over(_) => ((done, end), look),
        Row::Now(..) => ((going, now), look),
        Row::ToCome(_) => ((rest, begin), Token::Dim),
    };
    let cells = |from: u16, to: u16| Rect { x: area.x + from, width: to - from, ..area };
    canvas.fill(cells(0, begin), dots, Token::Dim);
    canvas.fill(cells(begin, end), rest, Token::Dim);
    canvas.fill(cells(begin, full.1), full.0, token);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Timestamp {
        Timestamp::default() + Span::from_secs(s)
    }
    fn place(ix: u16) -> StepAt {
        StepAt { part: Part::Steps, ix }
    }
    fn done(ix: u16, from: u64, to: u64) -> StepDone {
        let (began, ended) = (at(from), at(to));
        let (attempt, end, said) = (1, StepEnd::Done, String::new());
        StepDone { at: place(ix), began, ended, attempt, end, said }
    }

    #[test]
    fn what_is_to_come_is_placed_after_what_goes_on_usually_takes() {
        let first = done(0, 100, 110);
        let rows = [
            Row::Over(&first),
            Row::Now(place(1), at(110), 1),
            Row::ToCome(place(2)),
            Row::ToCome(place(3)),
        ];
        let usual = [(place(1), Span::from_secs(20)), (place(2), Span::from_secs(30))].into();
        let scale = scale(&rows, &usual, at(115));
        assert_eq!((scale.from, scale.to, scale.fresh), (at(100), at(160), 0));
        let expected =
            [Some((at(100), at(110))), Some((at(110), at(130))), Some((at(130), at(160))), None];
        assert_eq!(scale.spans, expected, "how long the last takes nobody knows");
        assert_eq!(
            [at(90), at(100), at(130), at(999)].map(|at| scale.column(at, 60)),
            [0, 0, 30, 60]
        );
    }

    #[test]
    fn a_try_before_is_not_on_the_line_of_time() {
        let (before, failed, again) = (done(0, 1, 2), done(1, 2, 3), done(1, 900, 910));
        let rows = [Row::Over(&before), Row::Over(&failed), Row::Over(&again)];
        let scale = scale(&rows, &UsualSteps::new(), at(2_000));
        assert_eq!((scale.from, scale.to, scale.fresh), (at(900), at(910), 2));
        assert_eq!(scale.spans, [None, None, Some((at(900), at(910)))]);
    }
}
