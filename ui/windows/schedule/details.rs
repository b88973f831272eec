//! What stands under the grid: the chosen schedule's rule, next runs, last run and the chosen day;
//! what its runs meet, and what is foreseen of them.

use hostler::model::{Conflict, ScheduleName, Timestamp, World};

use super::line::promise;
use super::runs::Run;
use super::{ScheduleView, rule};
use crate::ui::glyphs::Look;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;
use crate::ui::windows::Ctx;

/// So many of the things that a day's runs meet are told.
const MET: usize = 3;

/// The lines, each in its colour.
pub(super) fn details(
    view: &ScheduleView,
    ctx: &Ctx,
    world: &World,
    runs: &[Vec<Run>],
    cells: u16,
) -> Line {
    let Some((name, schedule)) = view.chosen(world) else { return Vec::new() };
    let runs = &runs[view.at];
    let mut lines = Vec::new();
    let mut put = |label: &str, said: String, token: Token| {
        let parts = text::wrap(&said, cells.saturating_sub(8).max(1));
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        lines.extend(labels.zip(parts).map(|(label, part)| (format!("{label:<8}{part}"), token)));
    };
    let told = |run: &Run| {
        let glyph = ctx.glyphs.look(run.look);
        let said = if run.said.is_empty() { String::new() } else { format!(": {}", run.said) };
        format!("{} {glyph} {}{said}", moment(ctx, run.at), run.word)
    };
    if let Some(suspended) = &schedule.suspended {
        let age = ctx.there.since(suspended.at).rough();
        let glyph = ctx.glyphs.look(Look::Held);
        let said = format!("{glyph} suspended by {} {age} ago: {}", suspended.by, suspended.reason);
        put("held", said, Token::Hold);
    } else if schedule.spec.suspend {
        put("held", "suspended by the inventory".into(), Token::Hold);
    }
    let of_day: Vec<&Run> =
        runs.iter().filter(|run| ctx.zone.day(run.at) == view.chosen_day()).collect();
    for (n, run) in of_day.iter().take(3).enumerate() {
        put(if n == 0 { "day" } else { "" }, told(run), run.look.token());
    }
    if of_day.len() > 3 {
        put("", format!("and {} more on that day", text::count(of_day.len() - 3)), Token::Dim);
    }
    for (label, said, token) in met(view, ctx, name) {
        put(label, said, token);
    }
    // Where there is room it stands behind the line of the day.
    let takes = promise(view, name).filter(|_| ctx.compact);
    let takes = takes.map_or(String::new(), |said| format!("; it {said} at once"));
    put("rule", format!("{}{takes}", rule(&schedule.spec)), Token::Text);
    put("next", next(view, ctx, runs), Token::Text);
    if let Some(last) = runs.iter().rev().find(|run| run.at <= ctx.there && !run.is_due()) {
        put("last", told(last), last.look.token());
    }
    let times: Vec<Timestamp> = of_day.iter().map(|run| run.at).collect();
    for (label, said, token) in view.ahead.lines(ctx, name, &times) {
        put(label, said, token);
    }
    lines
}

/// What the chosen schedule's runs of the chosen day meet, and what comes of it.
fn met(view: &ScheduleView, ctx: &Ctx, name: &ScheduleName) -> Vec<(&'static str, String, Token)> {
    let day = view.chosen_day();
    let told = view.outlook(name).map_or(&[][..], |outlook| &outlook.conflicts);
    let all: Vec<&Conflict> =
        told.iter().filter(|conflict| ctx.zone.day(conflict.at) == day).collect();
    let clock = |at: Timestamp| ctx.zone.clock(at)[..5].to_string();
    let mut lines: Vec<_> = all
        .iter()
        .take(MET)
        .map(|conflict| match &conflict.with {
            Some(with) => {
                let hosts = text::plural(with.hosts, "host");
                let (from, until) = (clock(with.from), clock(with.until));
                let (first, at) = match with.at < conflict.at {
                    true => (&with.schedule, with.at),
                    false => (name, conflict.at),
                };
                let ends = view.ahead.ends(first, at).filter(|ends| *ends <= with.from);
                let over = ends.map_or(String::new(), |ends| {
                    format!("; {first} is foreseen to be over by {}", clock(ends))
                });
                let said = format!(
                    "{} meets {} of {} on {hosts} from {from} to {until}: {}{over}",
                    clock(conflict.at),
                    with.schedule,
                    moment(ctx, with.at),
                    conflict.then
                );
                ("clash", said, Token::Warn)
            }
            None => {
                let said = format!("{} does not run: {}", clock(conflict.at), conflict.then);
                ("day", said, Token::Off)
            }
        })
        .collect();
    if all.len() > MET {
        lines.push(("", format!("and {} more", all.len() - MET), Token::Warn));
    }
    lines
}

/// `Thu 20 03:00`.
fn moment(ctx: &Ctx, at: Timestamp) -> String {
    format!("{} {}", ctx.zone.day(at).format("%a %-d %b"), &ctx.zone.clock(at)[..5])
}

fn next(view: &ScheduleView, ctx: &Ctx, runs: &[Run]) -> String {
    let coming = runs.iter().filter(|run| run.at > ctx.there).take(3);
    let coming: Vec<String> = coming
        .map(|run| match run.is_due() {
            true => moment(ctx, run.at),
            false => format!("{} {}", moment(ctx, run.at), run.word),
        })
        .collect();
    match (&view.told, &view.refused) {
        (None, Some((_, why))) => format!("not known: {why}"),
        (None, None) => "asking the controller...".into(),
        (Some(told), _) if coming.is_empty() => format!("none within {}", told.span.rough()),
        (Some(_), _) => coming.join(", "),
    }
}
