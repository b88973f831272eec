//! Lines of the windows about one thing: a label and a fact, a sentence, what was heard of it.

use super::Ctx;
use crate::ui::notes::{Level, Note};
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Line;

/// How many events are shown.
const EVENTS: usize = 20;
/// How wide the labels are.
const LABEL: u16 = 8;

/// A label and a fact.
pub fn plain(label: &str, text: String) -> Line {
    told(label, text, Token::Text)
}

/// A label and a fact in the colour of what it means.
pub fn told(label: &str, text: String, token: Token) -> Line {
    vec![(format!("{label:<8}"), Token::Dim), (text, token)]
}

/// A sentence, on as many lines as it needs: what people and tools say is not cut.
pub fn wrapped(label: &str, said: &str, width: u16, token: Token) -> Vec<Line> {
    let parts = text::wrap(said, width.saturating_sub(LABEL).max(1));
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(parts).map(|(label, part)| told(label, part, token)).collect()
}

/// The last events that are about it.
pub fn events(ctx: &Ctx, about: impl Fn(&Note) -> bool) -> Vec<Line> {
    let heard = ctx.fleet.notes().rev().filter(|note| about(note)).take(EVENTS);
    let mut lines: Vec<Line> = heard
        .map(|note| {
            let token = match note.level {
                Level::Info => Token::Text,
                Level::Warn => Token::Warn,
                Level::Bad => Token::Bad,
            };
            vec![(format!("{} ", ctx.zone.clock(note.at)), Token::Dim), (note.what.clone(), token)]
        })
        .collect();
    if !lines.is_empty() {
        lines.insert(0, vec![("events, the newest first".into(), Token::Strong)]);
        lines.insert(0, Vec::new());
    }
    lines
}
