//! Jump mode: letters on everything that can be clicked. Who types them clicks there, so that the
//! keyboard reaches all that the pointer does.

use super::app::App;
use super::canvas::{Canvas, Hit, Scene};
use super::desk::Notice;
use super::input::{Does, Mouse};
use super::keys::Key;
use super::msg::Effect;
use super::theme::Token;

/// In the order in which fingers reach them.
const LETTERS: &[u8; 26] = b"fjdkslaghrueiwotyqpvbncmxz";

/// A place to jump to, as it was drawn last, and what is typed for it.
type Place = (String, (u16, u16));

/// What was typed so far, and the places it can still mean.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Jump {
    typed: String,
    places: Vec<Place>,
}

impl Jump {
    /// Gives letters to what was drawn. They stay where they first were: what moves meanwhile does
    /// not move what is being typed.
    pub fn place(&mut self, scene: &Scene, (w, h): (u16, u16)) {
        if self.places.is_empty() {
            let places = places(scene, w, h);
            self.places = labels(places.len()).zip(places).collect();
        }
    }
    /// Writes the letters over a drawing.
    pub fn draw(&self, canvas: &mut Canvas) {
        for (label, (x, y)) in &self.places {
            if label.starts_with(&self.typed) {
                canvas.text(*x, *y, label, Token::Mark);
            }
        }
    }
}

/// The first cell of everything in sight that a click means something to, line by line.
fn places(scene: &Scene, w: u16, h: u16) -> Vec<(u16, u16)> {
    let wide = usize::from(w);
    // What was drawn last lies on top.
    let mut top: Vec<Option<usize>> = vec![None; wide * usize::from(h)];
    for (n, (area, _)) in scene.all().iter().enumerate() {
        for y in area.top()..area.bottom().min(h) {
            let from = usize::from(y) * wide;
            let cells = from + usize::from(area.left())..from + usize::from(area.right().min(w));
            top[cells].fill(Some(n));
        }
    }
    let mut seen = vec![false; scene.all().len()];
    let first = |(cell, hit): (usize, &Option<usize>)| {
        let n = (*hit)?;
        let new = !std::mem::replace(&mut seen[n], true) && means_something(scene.all()[n].1);
        new.then_some(((cell % wide) as u16, (cell / wide) as u16))
    };
    let mut out: Vec<(u16, u16)> = Vec::new();
    for (x, y) in top.iter().enumerate().filter_map(first) {
        // On a map one cell lies beside another, and letters need two.
        let room = out.last().is_none_or(|(before, line)| *line != y || x >= before + 2);
        out.extend(room.then_some((x, y)));
    }
    out
}

fn means_something(hit: Hit) -> bool {
    match hit {
        Hit::Menu(_)
        | Hit::MenuItem(_)
        | Hit::Command(_)
        | Hit::Task(_)
        | Hit::Title(_)
        | Hit::Zoom(_)
        | Hit::Close(_)
        | Hit::Row(..)
        | Hit::Header(..)
        | Hit::Cell(..)
        | Hit::Answer(_)
        | Hit::Found(_)
        | Hit::Spot(_) => true,
        Hit::MenuGround
        | Hit::Scrub(_)
        | Hit::Edge(..)
        | Hit::HeaderEdge(..)
        | Hit::Bar(..)
        | Hit::Body(_)
        | Hit::DialogGround => false,
    }
}

/// Labels for so many places: one letter each where that is enough, else two.
fn labels(places: usize) -> Box<dyn Iterator<Item = String>> {
    let letter = |n: usize| char::from(LETTERS[n]);
    match places <= LETTERS.len() {
        true => Box::new((0..LETTERS.len()).map(move |n| letter(n).to_string())),
        false => {
            let all = LETTERS.len() * LETTERS.len();
            let pair = move |n: usize| [letter(n / LETTERS.len()), letter(n % LETTERS.len())];
            Box::new((0..all).map(move |n| pair(n).iter().collect()))
        }
    }
}

impl App {
    /// Takes a key in jump mode: a letter goes on, anything else ends it.
    pub(super) fn jump_key(&mut self, key: Key, out: &mut Vec<Effect>) {
        let Some(mut jump) = self.jump.take() else { return };
        let Some(c) = key.typed() else { return };
        jump.typed.push(c);
        let (typed, places) = (&jump.typed, &jump.places);
        if let Some((_, (x, y))) = places.iter().find(|(label, _)| label == typed) {
            self.click(*x, *y, out);
        } else if places.iter().any(|(label, _)| label.starts_with(typed)) {
            self.jump = Some(jump);
        } else {
            self.notice = Some(Notice::failure(format!("Jump: there is no place {typed}")));
        }
    }

    fn click(&mut self, x: u16, y: u16, out: &mut Vec<Effect>) {
        // Two jumps to one place are no double click.
        self.last_click = None;
        for does in [Does::Down, Does::Up] {
            self.on_mouse(Mouse { does, x, y, ctrl: false, shift: false }, out);
        }
        self.last_click = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_of_one_length_and_no_two_are_the_same() {
        for (places, length) in [(1, 1), (26, 1), (27, 2), (676, 2), (5_000, 2)] {
            let mut all: Vec<String> = labels(places).take(places).collect();
            assert!(all.iter().all(|label| label.len() == length), "{places}");
            let there = all.len();
            all.sort();
            all.dedup();
            assert_eq!((all.len(), there), (there, places.min(676)));
        }
    }
}
