//! What a step has said, or why there is nothing: the end of its output as the World keeps it.

use hostler::model::{HostName, HostTask, Job, Span, StepEnd, UsualSteps};

use super::gantt::{Row, remaining};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;
use crate::ui::windows::Ctx;
use crate::ui::work;

/// The step, as it stands over its output: `step 2 of 4: reboot, try 2`.
pub fn title(job: &Job, row: &Row) -> String {
    let tries = match row {
        Row::Over(done) => done.attempt,
        Row::Now(_, _, attempt) => *attempt,
        Row::ToCome(_) => 1,
    };
    let tries = if tries > 1 { format!(", try {tries}") } else { String::new() };
    format!("{}{tries}", work::step_words(job, row.at()))
}

/// The output of a step that is there, as it came.
pub fn said<'a>(task: &'a HostTask, row: &Row<'a>) -> &'a str {
    match row {
        Row::Over(done) => &done.said,
        Row::Now(..) => {
            let answer = task.step.as_ref().and_then(|step| step.answer.as_ref());
            answer.map_or("", |answer| answer.said.as_str())
        }
        Row::ToCome(_) => "",
    }
}

/// The lines under the title.
pub fn lines(
    ctx: &Ctx,
    (job, name, task): (&Job, &HostName, &HostTask),
    row: &Row,
    usual: &UsualSteps,
    width: u16,
) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut tell = |said: &str, token: Token| {
        lines.extend(text::wrap(said, width).into_iter().map(|line| vec![(line, token)]));
    };
    let output = said(task, row);
    match row {
        Row::Over(done) => match &done.end {
            StepEnd::Failed { why } => tell(&format!("failed: {why}"), Token::Bad),
            StepEnd::Skipped { why } => tell(&format!("skipped: {why}"), Token::Off),
            StepEnd::Done if output.is_empty() => {
                tell("It is done and has said nothing.", Token::Dim);
            }
            StepEnd::Done => {}
        },
        Row::Now(..) => {
            match remaining(job, task, usual, ctx.there) {
                Some(Span::ZERO) => tell("It takes longer than it usually does.", Token::Dim),
                Some(left) => {
                    let at = ctx.zone.clock(ctx.there + left);
                    tell(&format!("By what is usual all steps here are done at {at}."), Token::Dim);
                }
                None => {}
            }
            let sent = work::act(job, task).is_some_and(|act| act.sent().is_some());
            let waits = ctx.fleet.world().map_or(String::new(), |world| {
                work::waits((world, &ctx.fleet.whys), job, name, task, ctx.zone)
            });
            if !waits.is_empty() {
                tell(&format!("It waits: {waits}."), Token::Text);
            } else if output.is_empty() && !sent {
                tell("It goes on.", Token::Dim);
            }
            if output.is_empty() && sent {
                tell("What it says is shown when its command ends.", Token::Dim);
            }
        }
        Row::ToCome(_) => tell("It has not begun.", Token::Dim),
    }
    for line in output.lines() {
        let pieces = text::fold(line, width).into_iter();
        lines.extend(pieces.map(|piece| vec![(piece.to_string(), Token::Text)]));
    }
    lines
}
