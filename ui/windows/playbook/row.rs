//! The rows of a playbook's window: steps in columns, schedules with their rule, runs with what
//! became of them; and all that is to say of one of them.

use hostler::model::{Act, Job, JobState, Part, Playbook, Schedule, Step, Timestamp};
use ratatui::layout::Rect;

use super::Row;
use crate::ui::books;
use crate::ui::canvas::Canvas;
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::windows::Ctx;
use crate::ui::windows::schedule::rule;

const NUMBER: u16 = 3;
const RETRIES: u16 = 7;
const TIMEOUT: u16 = 8;

/// How wide the columns of steps are.
pub struct Widths {
    name: u16,
    does: u16,
    when: u16,
}

impl Widths {
    /// From the names there are and the room; conditions have none where there are none.
    pub fn of(book: &Playbook, width: u16) -> Self {
        let steps = || book.steps.iter().chain(&book.always);
        let longest = |of: fn(&Step) -> u16| steps().map(of).max().unwrap_or(0);
        let name = longest(|step| text::width(&step.name)).clamp(4, 22);
        let when = longest(|step| step.when.as_ref().map_or(0, |when| text::width(when)));
        let rest = width.saturating_sub(NUMBER + name + RETRIES + TIMEOUT + 5);
        let when = if when == 0 { 4 } else { when.clamp(4, 40) }.min(rest * 2 / 5);
        Self { name, does: rest.saturating_sub(when), when }
    }
}

/// Draws one row.
pub fn draw(
    ctx: &Ctx,
    canvas: &mut Canvas,
    line: Rect,
    book: &Playbook,
    row: &Row,
    widths: &Widths,
) {
    let world = ctx.fleet.world();
    match row {
        Row::Head(said) => {
            canvas.fill(line, canvas.glyphs.rule(), Token::Frame);
            canvas.text(line.x + 1, line.y, &format!(" {said} "), Token::Title);
        }
        Row::Titles => {
            let titles = ["#", "NAME", "DOES", "WHEN", "RETRIES", "TIMEOUT"].map(String::from);
            draw_step(canvas, line, widths, &titles, Token::Dim);
        }
        Row::Step(at) => {
            let Some(step) = book.step(*at) else { return };
            let number = match at.part {
                Part::Steps => format!("{}", at.ix + 1),
                Part::Always => format!("+{}", at.ix + 1),
            };
            let cells = [
                number,
                step.name.clone(),
                books::does(&step.act).replace('\n', " "),
                step.when.clone().unwrap_or("-".into()),
                if step.retries == 0 { "-".into() } else { step.retries.to_string() },
                timeout(step),
            ];
            draw_step(canvas, line, widths, &cells, Token::Text);
        }
        Row::Schedule(name) => {
            let known = world.and_then(|world| world.schedules.get(name));
            let (look, word) = known.map_or((Look::Off, "gone"), |schedule| state(schedule));
            let said = known.map_or(String::new(), |schedule| rule(&schedule.spec));
            let cells = [(18, name.to_string(), Token::Text), (0, said, Token::Text)];
            draw_state(canvas, line, (look, word), &cells);
        }
        Row::Run(id) => match world.and_then(|world| world.jobs.get(id)) {
            Some(job) => draw_run(ctx, canvas, line, job),
            None => {
                let said = format!("job {id} is in the journal only");
                draw_state(canvas, line, (Look::Unknown, "ran"), &[(0, said, Token::Dim)]);
            }
        },
    }
}

/// How long one try may take; of some steps what they do says it.
fn timeout(step: &Step) -> String {
    match (&step.act, step.timeout) {
        (_, Some(span)) => span.to_string(),
        (Act::Drain(_) | Act::Wait { .. } | Act::Reboot { .. }, None) => "-".into(),
        (
            Act::Undrain
            | Act::Cordon { .. }
            | Act::Uncordon
            | Act::DeleteVms
            | Act::Respawn
            | Act::Prefetch { .. }
            | Act::PruneImages
            | Act::Sh { .. }
            | Act::Copy { .. }
            | Act::Verify
            | Act::WaitIdle
            | Act::Assert { .. }
            | Act::Deregister
            | Act::Notify { .. },
            None,
        ) => "usual".into(),
    }
}

fn draw_step(canvas: &mut Canvas, line: Rect, widths: &Widths, cells: &[String; 6], token: Token) {
    let Widths { name, does, when } = *widths;
    let mut x = line.x;
    for (width, said) in [NUMBER, name, does, when, RETRIES, TIMEOUT].into_iter().zip(cells) {
        let room = width.min(line.right().saturating_sub(x));
        canvas.cell(x, line.y, room, said, false, token);
        x += width + 1;
    }
}

/// A glyph and a word, and cells after them; the last has the room that is left.
fn draw_state(
    canvas: &mut Canvas,
    line: Rect,
    (look, word): (Look, &str),
    cells: &[(u16, String, Token)],
) {
    let state = format!("{} {word}", canvas.glyphs.look(look));
    canvas.cell(line.x, line.y, 11, &state, false, look.token());
    let mut x = line.x + 12;
    for (n, (width, said, token)) in cells.iter().enumerate() {
        let room = line.right().saturating_sub(x);
        let width = if n + 1 == cells.len() { room } else { *width };
        canvas.cell(x, line.y, width.min(room), said, false, *token);
        x += width + 1;
    }
}

fn draw_run(ctx: &Ctx, canvas: &mut Canvas, line: Rect, job: &Job) {
    let look = Look::job(job.word());
    let ended = ended(job).unwrap_or(ctx.there);
    let done = job.states().filter(|state| state.word() == "done").count();
    let things = if job.hosts.is_empty() { "VM" } else { "host" };
    let took = if job.is_over() { "took" } else { "for" };
    let cells = [
        (16, opened(ctx, job), Token::Text),
        (12, format!("{took} {}", ended.since(job.opened).rough()), Token::Text),
        (16, format!("{done}/{} done", text::plural(job.states().count(), things)), Token::Text),
        (0, why(job), if look == Look::Bad { Token::Bad } else { Token::Text }),
    ];
    draw_state(canvas, line, (look, job.word()), &cells);
}

/// `Thu 20 Aug 14:00`.
fn opened(ctx: &Ctx, job: &Job) -> String {
    let day = ctx.zone.day(job.opened).format("%a %-d %b");
    format!("{day} {}", &ctx.zone.clock(job.opened)[..5])
}

fn ended(job: &Job) -> Option<Timestamp> {
    match &job.state {
        JobState::Running => None,
        JobState::Done { at } | JobState::Failed { at, .. } | JobState::Cancelled { at } => {
            Some(*at)
        }
    }
}

/// What went wrong, or who asked.
fn why(job: &Job) -> String {
    match &job.state {
        JobState::Failed { why, .. } => why.clone(),
        JobState::Running | JobState::Done { .. } | JobState::Cancelled { .. } => {
            job.paused.clone().unwrap_or_else(|| format!("by {}", job.by.who))
        }
    }
}

/// Whether a schedule runs.
fn state(schedule: &Schedule) -> (Look, &'static str) {
    match schedule.suspended.is_some() || schedule.spec.suspend {
        true => (Look::Held, "suspended"),
        false => (Look::Ready, "runs"),
    }
}

/// Draws all that is to say of the chosen row under the rows.
pub fn draw_said(ctx: &Ctx, canvas: &mut Canvas, area: Rect, book: &Playbook, row: Option<&Row>) {
    if area.height < 2 {
        return;
    }
    canvas.fill(Rect { height: 1, ..area }, canvas.glyphs.rule(), Token::Frame);
    let world = ctx.fleet.world();
    let said = match row {
        Some(Row::Step(at)) => book.step(*at).map(books::said),
        Some(Row::Schedule(name)) => world
            .and_then(|world| world.schedules.get(name))
            .map(|schedule| format!("{name}: {}", rule(&schedule.spec))),
        Some(Row::Run(id)) => world.and_then(|world| world.jobs.get(id)).map(|job| {
            let reason = job.play.as_ref().map_or("", |play| play.reason.as_str());
            let colon = if reason.is_empty() { "" } else { ": " };
            format!("job {id}, asked for by {}{colon}{reason}; {}", job.by, why(job))
        }),
        Some(Row::Head(_) | Row::Titles) | None => None,
    };
    let lines = text::wrap(&said.unwrap_or_default(), area.width);
    let room = usize::from(area.height - 1);
    for (n, (y, line)) in (area.y + 1..area.bottom()).zip(&lines).enumerate() {
        let cut = n + 1 == room && lines.len() > room;
        let more = if cut { canvas.glyphs.more() } else { "" };
        canvas.cell(area.x, y, area.width, &format!("{line}{more}"), false, Token::Text);
    }
}
