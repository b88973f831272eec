//! What the cells of the map tell of their hosts: the state, the load, or the macOS. A glyph says
//! the same as the colour, and a line above the map says what the glyphs mean.

use std::collections::BTreeSet;

use hostler::model::{Host, HostName, Reach};
use ratatui::layout::Rect;

use super::Ctx;
use crate::ui::canvas::Canvas;
use crate::ui::course::{HOTTEST, heat};
use crate::ui::glyphs::Look;
use crate::ui::replica::Replica;
use crate::ui::text;
use crate::ui::theme::Token;

/// What is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tint {
    #[default]
    State,
    Load,
    MacOs,
}

impl Tint {
    pub fn next(self) -> Self {
        match self {
            Self::State => Self::Load,
            Self::Load => Self::MacOs,
            Self::MacOs => Self::State,
        }
    }
    /// What is shown of several hosts.
    pub fn winner(self) -> &'static str {
        match self {
            Self::State => "the worst state",
            Self::Load => "the highest load",
            Self::MacOs => "the oldest",
        }
    }
    pub fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Load => "load",
            Self::MacOs => "macOS",
        }
    }
}

fn get<'a>(ctx: &'a Ctx, name: &HostName) -> Option<&'a Host> {
    Some(ctx.fleet.world()?.hosts.get(name)?)
}

/// The load of the busiest of these hosts, among eight levels.
pub fn load<'a>(ctx: &Ctx, hosts: impl Iterator<Item = &'a HostName>) -> Option<usize> {
    let level = |name: &HostName| {
        let host = get(ctx, name).filter(|host| host.reach == Reach::Up)?;
        let cores = host.seen.as_ref().map_or(0, |seen| seen.facts.cores);
        Some(heat(ctx.fleet.sample(name)?.load, cores))
    };
    hosts.filter_map(level).max()
}

/// The versions of macOS in the fleet, the newest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Versions(Vec<String>);

impl Versions {
    pub fn of(fleet: &Replica) -> Self {
        let hosts = fleet.world().into_iter().flat_map(|world| world.hosts.values());
        let seen = hosts.filter_map(|host| host.seen.as_ref().map(|seen| &seen.facts.macos));
        let mut all: Vec<String> = seen.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let parts = |text: &str| -> Vec<u32> {
            text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
        };
        all.sort_by_key(|text| std::cmp::Reverse(parts(text)));
        Self(all)
    }

    /// A letter for each version, from `a` on; the oldest of these hosts counts.
    pub fn look<'a>(
        &self,
        ctx: &Ctx,
        hosts: impl Iterator<Item = &'a HostName>,
    ) -> Option<(char, Token)> {
        let place = |name: &HostName| {
            let macos = &get(ctx, name)?.seen.as_ref()?.facts.macos;
            self.0.iter().position(|other| other == macos)
        };
        hosts.filter_map(place).max().map(|place| (letter(place), token(place)))
    }
}

fn letter(place: usize) -> char {
    ('a'..='z').nth(place).unwrap_or('z')
}
/// The newest is as it should be; the further behind, the hotter.
fn token(place: usize) -> Token {
    if place == 0 { Token::Ok } else { Token::heat(3 + place) }
}

/// Draws in one line what the glyphs mean, and under it a rule; gives what is left.
pub fn draw_legend(
    canvas: &mut Canvas,
    area: Rect,
    pieces: impl Iterator<Item = (String, Token)>,
) -> Rect {
    if area.height < 6 {
        return area;
    }
    let mut x = area.x + 1;
    for (said, token) in pieces {
        if x + text::width(&said) > area.right() {
            canvas.text(x, area.y, canvas.glyphs.more(), Token::Dim);
            break;
        }
        x = canvas.text(x, area.y, &said, token) + 2;
    }
    canvas.fill(Rect { y: area.y + 1, height: 1, ..area }, canvas.glyphs.rule(), Token::Frame);
    Rect { y: area.y + 2, height: area.height - 2, ..area }
}

/// The legend of loads.
pub fn loads(ctx: &Ctx) -> impl Iterator<Item = (String, Token)> {
    let glyphs = ctx.glyphs;
    let said = move |(level, said): (usize, &str)| {
        (format!("{} {said}", glyphs.level(level)), Token::heat(level))
    };
    let none = (format!("{} not known", glyphs.look(Look::Unknown)), Look::Unknown.token());
    let levels = [(0, "idle"), (3, "half of the cores"), (HOTTEST, "all of them")];
    levels.into_iter().map(said).chain(std::iter::once(none))
}

/// The legend of versions.
pub fn versions(of: &Versions) -> impl Iterator<Item = (String, Token)> {
    let said = |(n, version): (usize, &String)| (format!("{} {version}", letter(n)), token(n));
    of.0.iter().enumerate().map(said)
}
