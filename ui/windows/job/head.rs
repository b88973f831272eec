//! What stands above a job's parts: its state, what it is, why, by whom, since when and until when;
//! and how high those parts are.

use hostler::model::{Cause, Job, JobState, TaskState, Timestamp};
use ratatui::layout::Rect;

use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;
use crate::ui::windows::Ctx;

/// The pieces of the head, in as many lines as they need: none is broken.
pub fn lines(ctx: &Ctx, job: &Job, gone: bool, width: u16) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if gone {
        let said = "This job is no longer kept; these are its last known facts.";
        lines.push(vec![(said.into(), Token::Bad)]);
    }
    let mut used = 0;
    lines.push(Vec::new());
    for (said, token) in pieces(ctx, job) {
        let said = text::cut(&said, width, ctx.glyphs.more()).into_owned();
        let wide = text::width(&said);
        if used > 0 && used + 2 + wide > width {
            lines.push(Vec::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(("  ".into(), Token::Text));
                used += 2;
            }
            line.push((said, token));
            used += wide;
        }
    }
    lines
}

fn pieces(ctx: &Ctx, job: &Job) -> Vec<(String, Token)> {
    let look = Look::job(job.word());
    let (over, all) = job.progress();
    let mut out = vec![
        (format!("{} {}", ctx.glyphs.look(look), job.word()), look.token()),
        (format!("{over}/{all} over"), Token::Text),
        (job.title(), Token::Strong),
    ];
    let reason = job.play.as_ref().map_or("", |play| play.reason.as_str());
    match &job.state {
        JobState::Failed { why, .. } => out.push((why.clone(), Token::Bad)),
        JobState::Running | JobState::Done { .. } | JobState::Cancelled { .. } => {}
    }
    out.extend(job.paused.iter().map(|why| (format!("paused: {why}"), Token::Hold)));
    if !reason.is_empty() {
        out.push((format!("reason: {reason}"), Token::Text));
    }
    out.push((format!("{} by {}", cause(job), job.by.who), Token::Text));
    out.push((times(ctx, job), Token::Text));
    let waits = job.states().any(|state| *state == TaskState::Waiting);
    if waits {
        let by = clock(ctx, job.begin_by);
        out.push((format!("none begins after {by}"), Token::Text));
    }
    out
}

fn cause(job: &Job) -> String {
    match &job.cause {
        Cause::Run { schedule, .. } => format!("schedule {schedule}"),
        Cause::RunNow { schedule } => format!("schedule {schedule}, run at once"),
        Cause::Asked => "asked".into(),
        Cause::For { job } => format!("job {job} needs it"),
    }
}

fn times(ctx: &Ctx, job: &Job) -> String {
    let opened = clock(ctx, job.opened);
    match &job.state {
        JobState::Running => {
            format!("begun {opened}, {} ago", ctx.there.since(job.opened).rough())
        }
        JobState::Done { at } | JobState::Failed { at, .. } | JobState::Cancelled { at } => {
            let took = at.since(job.opened).rough();
            format!("begun {opened}, ended {} after {took}", clock(ctx, *at))
        }
    }
}

/// The time of day; with its date where it is of another one.
fn clock(ctx: &Ctx, at: Timestamp) -> String {
    let (date, today) = (ctx.zone.date(at), ctx.zone.date(ctx.there));
    match date.split(' ').next() == today.split(' ').next() {
        true => ctx.zone.clock(at),
        false => date,
    }
}

/// An area without its first line.
pub fn under(area: Rect) -> Rect {
    let first = area.height.min(1);
    Rect { y: area.y + first, height: area.height - first, ..area }
}

/// The heights of the upper two parts with their titles; the rest is for what was said.
pub fn heights(all: u16, targets: usize, steps: usize) -> (u16, u16) {
    let few = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let top = 1 + few(targets).min((all / 4).max(1));
    if steps == 0 {
        return (top.min(all), 0);
    }
    let least = (all / 4).clamp(2, 5);
    let room = all.saturating_sub(top + least);
    let middle = (1 + few(steps)).min(room.max(2));
    (top.min(all), middle.min(all.saturating_sub(top)))
}
