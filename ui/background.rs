//! Whether the terminal's ground is light or dark, where nobody has chosen a theme. The terminal is
//! asked at the start and answers when it likes, in the midst of the keys: its answer is picked out
//! of them, and the desktop waits for nothing.

use super::keys::{Code, Key};

/// The question. Terminals that do not know it say nothing.
pub const QUESTION: &[u8] = b"\x1b]11;?\x07";

/// An answer is waited for so long, in milliseconds, and its keys follow one another so closely.
const WAITED_MS: u64 = 5_000;
const CLOSE_MS: u64 = 200;
/// What follows an Esc so closely belongs to it.
const TORN_MS: u64 = 50;
/// What every answer begins with, after its `]`.
const HEAD: &str = "11;rgb";
/// No answer is longer.
const LONGEST: usize = 40;

/// Picks the answer out of the keys. Times are milliseconds of any clock that does not step back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ear {
    /// Until when it listens; not at all when absent.
    until: Option<u64>,
    /// What of an answer came so far, and when the last of it did.
    said: Option<(u64, String)>,
    /// When an Esc came: a torn answer begins with one.
    esc: Option<u64>,
}

/// What a key turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A key as any other.
    Key(Key),
    /// A piece of the answer.
    Piece,
    /// The end of the answer: the ground is light, or dark.
    Ground { light: bool },
}

impl Ear {
    /// The question was put now.
    pub fn asked(now: u64) -> Self {
        Self { until: Some(now + WAITED_MS), ..Self::default() }
    }

    pub fn key(&mut self, now: u64, key: Key) -> Heard {
        let Some(until) = self.until else { return Heard::Key(key) };
        let torn = self.esc.take().is_some_and(|esc| now.saturating_sub(esc) <= TORN_MS);
        let begins =
            key == (Key { alt: true, ..Key::char(']') }) || (torn && key == Key::char(']'));
        self.esc = (key == Key::ESC).then_some(now);
        match self.said.take() {
            Some((last, said)) if now.saturating_sub(last) <= CLOSE_MS => {
                self.go_on(now, said, key)
            }
            Some(_) | None if now > until => {
                self.until = None;
                Heard::Key(key)
            }
            // `ESC ]` begins the answer and arrives as this.
            Some(_) | None if begins => {
                self.said = Some((now, String::new()));
                Heard::Piece
            }
            Some(_) | None => Heard::Key(key),
        }
    }

    fn go_on(&mut self, now: u64, mut said: String, key: Key) -> Heard {
        // `BEL` or `ESC \` ends it.
        let bell = Key { ctrl: true, ..Key::char('g') };
        let end = Key { alt: true, ..Key::char('\\') };
        if key == bell || key == end {
            self.until = None;
            return is_light(&said).map_or(Heard::Piece, |light| Heard::Ground { light });
        }
        if let Code::Char(c) = key.code
            && said.len() < LONGEST
        {
            said.push(c);
            // Somebody types, and it is no answer.
            if !said.starts_with(HEAD) && !HEAD.starts_with(&said) {
                return Heard::Key(key);
            }
            self.said = Some((now, said));
        }
        Heard::Piece
    }
}

/// `11;rgb:ffff/ffff/ffff`, with one to four digits each: X11's way to write colours.
fn is_light(said: &str) -> Option<bool> {
    let colours = said.strip_prefix("11;rgb:").or(said.strip_prefix("11;rgba:"))?;
    let part = |text: &str| {
        let most = 16_u32.checked_pow(u32::try_from(text.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(text, 16).ok()?;
        (most > 0).then(|| f64::from(value) / f64::from(most))
    };
    let parts: Vec<f64> = colours.split('/').map(part).collect::<Option<_>>()?;
    let [r, g, b, ..] = parts.as_slice() else { return None };
    Some(0.299 * r + 0.587 * g + 0.114 * b > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_terminals_write_them() {
        for (said, light) in [
            ("11;rgb:ffff/ffff/ffff", Some(true)),
            ("11;rgb:0/0/0", Some(false)),
            ("11;rgb:fd/f6/e3", Some(true)),
            ("11;rgba:1e1e/1e1e/2e2e/ffff", Some(false)),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:/ffff/ffff", None),
            ("11;rgb:xx/00/00", None),
            ("11;rgb:fffffffff/0/0", None),
            ("10;rgb:ffff/ffff/ffff", None),
            ("", None),
        ] {
            assert_eq!(is_light(said), light, "{said}");
        }
    }

    fn heard(ear: &mut Ear, now: u64, keys: &[&str]) -> Vec<Heard> {
        keys.iter().map(|key| ear.key(now, key.parse().unwrap())).collect()
    }

    #[test]
    fn the_answer_is_picked_out_and_keys_go_through() {
        let mut ear = Ear::asked(0);
        let key = |key: &str| Heard::Key(key.parse().unwrap());
        assert_eq!(heard(&mut ear, 1, &["j"]), [key("j")]);
        let answer = "Alt-] 1 1 ; r g b : f f / f f / f F Alt-\\";
        let pieces: Vec<&str> = answer.split(' ').collect();
        let got = heard(&mut ear, 2, &pieces);
        assert_eq!(got.last(), Some(&Heard::Ground { light: true }));
        assert!(got[..pieces.len() - 1].iter().all(|heard| *heard == Heard::Piece));
        assert_eq!(heard(&mut ear, 3, &["Alt-]", "D"]), [key("Alt-]"), key("D")], "once");
        // One that breaks off takes nothing that is typed later.
        let mut ear = Ear::asked(0);
        heard(&mut ear, 1, &["Alt-]", "1", "1"]);
        assert_eq!(heard(&mut ear, 500, &["q"]), [key("q")]);
        // Torn, and something that is no answer.
        let mut ear = Ear::asked(0);
        let torn = heard(&mut ear, 1, &["Esc", "]", "1", "1", ";", "r"]);
        assert_eq!((torn[0], torn[1], torn[5]), (key("Esc"), Heard::Piece, Heard::Piece));
        let mut ear = Ear::asked(0);
        assert_eq!(heard(&mut ear, 1, &["Alt-]", "x", "y"]), [Heard::Piece, key("x"), key("y")]);
        assert_eq!(heard(&mut ear, 9_000, &["Alt-]"]), [key("Alt-]")]);
        assert_eq!(heard(&mut Ear::default(), 0, &["Alt-]"]), [key("Alt-]")], "nothing was asked");
    }
}
