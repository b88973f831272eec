//! What a cell means, and how it looks. Code names tokens only; colours stand in this file and
//! nowhere else. The token theme of the tests gives each token its own number.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use serde::{Deserialize, Serialize};

/// What a cell means. The letter stands for it in pictures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    Desk,
    Shadow,
    Text,
    Dim,
    Strong,
    Frame,
    FrameOn,
    Title,
    TitleOn,
    Bar,
    BarOn,
    BarHot,
    BarOff,
    Sel,
    SelOff,
    Mark,
    Link,
    Ok,
    Busy,
    Wait,
    Hold,
    Warn,
    Bad,
    Off,
    Unknown,
    Button,
    Danger,
    FieldOn,
}

/// Every token, in order, and its letter.
pub const TOKENS: [(Token, char); 28] = [
    (Token::Desk, 'd'),
    (Token::Shadow, 'z'),
    (Token::Text, '.'),
    (Token::Dim, '-'),
    (Token::Strong, 'S'),
    (Token::Frame, 'f'),
    (Token::FrameOn, 'F'),
    (Token::Title, 't'),
    (Token::TitleOn, 'T'),
    (Token::Bar, 'b'),
    (Token::BarOn, 'B'),
    (Token::BarHot, 'h'),
    (Token::BarOff, 'o'),
    (Token::Sel, 's'),
    (Token::SelOff, 'e'),
    (Token::Mark, 'm'),
    (Token::Link, 'l'),
    (Token::Ok, 'k'),
    (Token::Busy, 'y'),
    (Token::Wait, 'w'),
    (Token::Hold, 'H'),
    (Token::Warn, 'W'),
    (Token::Bad, 'x'),
    (Token::Off, 'O'),
    (Token::Unknown, 'u'),
    (Token::Button, 'n'),
    (Token::Danger, 'g'),
    (Token::FieldOn, 'i'),
];

/// Which theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ThemeName {
    #[default]
    Dark,
    Light,
    /// The sixteen colours of the user's terminal.
    Terminal,
    /// No colour at all: bold, dim, reverse, underline.
    Mono,
    /// Each token its own number: for pictures in tests.
    Tokens,
}

impl ThemeName {
    /// Those a person can choose.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Terminal, Self::Mono];

    pub fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Terminal => "terminal",
            Self::Mono => "mono",
            Self::Tokens => "tokens",
        }
    }
    /// The theme of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Depth {
    Rgb,
    Indexed,
    Sixteen,
}

impl Depth {
    /// From `$COLORTERM` and `$TERM`: RGB only when it is announced.
    pub fn of(colorterm: &str, term: &str) -> Self {
        match (colorterm, term) {
            ("truecolor" | "24bit", _) => Self::Rgb,
            (_, term) if term.contains("direct") => Self::Rgb,
            (_, "linux" | "dumb" | "vt100" | "vt220" | "ansi" | "") => Self::Sixteen,
            _ => Self::Indexed,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Style {
    fg: Color,
    bg: Color,
    add: Modifier,
}

/// A theme at a depth: a style for each token.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    pub name: ThemeName,
    styles: [Style; TOKENS.len()],
}

impl Theme {
    /// A theme of RGB colours in sixteen colours is the terminal's own.
    pub fn new(name: ThemeName, depth: Depth) -> Self {
        let rgb = matches!(name, ThemeName::Dark | ThemeName::Light);
        let shown = if rgb && depth == Depth::Sixteen { ThemeName::Terminal } else { name };
        let styles = TOKENS.map(|(token, _)| {
            let (fg, bg, add) = match shown {
                ThemeName::Dark => dark(token),
                ThemeName::Light => light(token),
                ThemeName::Terminal => terminal(token),
                ThemeName::Mono => mono(token),
                ThemeName::Tokens => {
                    (Color::Indexed(token as u8), Color::Indexed(0), Modifier::empty())
                }
            };
            match depth {
                Depth::Indexed => Style { fg: indexed(fg), bg: indexed(bg), add },
                Depth::Rgb | Depth::Sixteen => Style { fg, bg, add },
            }
        });
        Self { name, styles }
    }

    /// Gives a cell this token's look, whole: nothing of what was there shines through.
    pub fn paint(&self, cell: &mut Cell, token: Token) {
        let style = self.styles[token as usize];
        (cell.fg, cell.bg, cell.modifier) = (style.fg, style.bg, style.add);
    }
}

#[cfg(test)]
/// The letter of the token a cell was painted with by the token theme.
pub fn letter(cell: &Cell) -> char {
    let Color::Indexed(n) = cell.fg else { return '?' };
    TOKENS.get(usize::from(n)).map_or('?', |(_, letter)| *letter)
}

/// A cell's colours as `#rrggbb`, foreground and background, for pictures.
pub fn hex(cell: &Cell) -> [String; 2] {
    [cell.fg, cell.bg].map(|color| {
        let Color::Rgb(r, g, b) = color else { return "#808080".into() };
        format!("#{r:02x}{g:02x}{b:02x}")
    })
}

/// Whether a cell is bold.
pub fn bold(cell: &Cell) -> bool {
    cell.modifier.contains(Modifier::BOLD)
}

const NONE: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const UNDER: Modifier = Modifier::UNDERLINED;

const fn rgb(fg: u32, bg: u32, add: Modifier) -> (Color, Color, Modifier) {
    (Color::from_u32(fg), Color::from_u32(bg), add)
}

fn dark(token: Token) -> (Color, Color, Modifier) {
    const PANEL: u32 = 0x1b1f27;
    const BAR: u32 = 0xc8ced8;
    match token {
        Token::Desk => rgb(0x3a4250, 0x10131a, NONE),
        Token::Shadow => rgb(0x4a505c, 0x0a0c10, NONE),
        Token::Text => rgb(0xd7dce4, PANEL, NONE),
        Token::Dim => rgb(0x949cab, PANEL, NONE),
        Token::Strong => rgb(0xffffff, PANEL, BOLD),
        Token::Frame => rgb(0x6b7484, PANEL, NONE),
        Token::FrameOn => rgb(0x7fb4ff, PANEL, NONE),
        Token::Title => rgb(0xb8c0cc, PANEL, NONE),
        Token::TitleOn => rgb(0xffffff, PANEL, BOLD),
        Token::Bar => rgb(0x1b1f27, BAR, NONE),
        Token::BarOn => rgb(0xffffff, 0x1f4f9a, NONE),
        Token::BarHot => rgb(0x8f1d14, BAR, UNDER),
        Token::BarOff => rgb(0x4b5260, BAR, NONE),
        Token::Sel => rgb(0x0f1218, 0x7fb4ff, NONE),
        Token::SelOff => rgb(0xd7dce4, 0x353d4b, NONE),
        Token::Mark => rgb(0xffd75f, PANEL, BOLD),
        Token::Link => rgb(0x7fd1ff, PANEL, UNDER),
        Token::Ok => rgb(0x7ddc8b, PANEL, NONE),
        Token::Busy => rgb(0x6fb7ff, PANEL, NONE),
        Token::Wait => rgb(0xe8c46a, PANEL, NONE),
        Token::Hold => rgb(0xd9a0f0, PANEL, NONE),
        Token::Warn => rgb(0xffb454, PANEL, NONE),
        Token::Bad => rgb(0xff8a80, PANEL, BOLD),
        Token::Off => rgb(0x9aa3b2, PANEL, NONE),
        Token::Unknown => rgb(0xb8a890, PANEL, NONE),
        Token::Button => rgb(0x10131a, 0x9fd0a8, NONE),
        Token::Danger => rgb(0xffffff, 0xb3261e, BOLD),
        Token::FieldOn => rgb(0xffffff, 0x2f5d9e, NONE),
    }
}

fn light(token: Token) -> (Color, Color, Modifier) {
    const PANEL: u32 = 0xf7f8fa;
    const BAR: u32 = 0x2b3a55;
    match token {
        Token::Desk => rgb(0x9aa3b2, 0xdfe3ea, NONE),
        Token::Shadow => rgb(0x8a919e, 0xc3c9d3, NONE),
        Token::Text => rgb(0x1d222b, PANEL, NONE),
        Token::Dim => rgb(0x5d6572, PANEL, NONE),
        Token::Strong => rgb(0x000000, PANEL, BOLD),
        Token::Frame => rgb(0x7d8593, PANEL, NONE),
        Token::FrameOn => rgb(0x1a56b0, PANEL, NONE),
        Token::Title => rgb(0x3b4350, PANEL, NONE),
        Token::TitleOn => rgb(0x000000, PANEL, BOLD),
        Token::Bar => rgb(0xffffff, BAR, NONE),
        Token::BarOn => rgb(0x1d222b, 0xffd75f, NONE),
        Token::BarHot => rgb(0xffd75f, BAR, UNDER),
        Token::BarOff => rgb(0xb4bccb, BAR, NONE),
        Token::Sel => rgb(0xffffff, 0x1a56b0, NONE),
        Token::SelOff => rgb(0x1d222b, 0xd3daea, NONE),
        Token::Mark => rgb(0x8f4a00, PANEL, BOLD),
        Token::Link => rgb(0x0b5fae, PANEL, UNDER),
        Token::Ok => rgb(0x1a6b2d, PANEL, NONE),
        Token::Busy => rgb(0x1a56b0, PANEL, NONE),
        Token::Wait => rgb(0x7a5600, PANEL, NONE),
        Token::Hold => rgb(0x7a2fa0, PANEL, NONE),
        Token::Warn => rgb(0x8f4a00, PANEL, NONE),
        Token::Bad => rgb(0xb3181c, PANEL, BOLD),
        Token::Off => rgb(0x5b6370, PANEL, NONE),
        Token::Unknown => rgb(0x6a5a3c, PANEL, NONE),
        Token::Button => rgb(0xffffff, 0x1a6b2d, NONE),
        Token::Danger => rgb(0xffffff, 0xb3181c, BOLD),
        Token::FieldOn => rgb(0x1d222b, 0xfff3bf, NONE),
    }
}

fn terminal(token: Token) -> (Color, Color, Modifier) {
    const BACK: Color = Color::Reset;
    let on_bar = |fg, add| (fg, Color::Gray, add);
    match token {
        Token::Desk | Token::Shadow => (Color::DarkGray, BACK, Modifier::DIM),
        Token::Text => (Color::Reset, BACK, NONE),
        Token::Dim | Token::Off | Token::Frame => (Color::DarkGray, BACK, NONE),
        Token::Strong | Token::TitleOn => (Color::Reset, BACK, BOLD),
        Token::FrameOn => (Color::Cyan, BACK, NONE),
        Token::Title => (Color::Gray, BACK, NONE),
        Token::Bar => on_bar(Color::Black, NONE),
        Token::BarOn => (Color::White, Color::Blue, BOLD),
        Token::BarHot => on_bar(Color::Red, UNDER),
        Token::BarOff => on_bar(Color::DarkGray, NONE),
        Token::Sel => (Color::Black, Color::Cyan, NONE),
        Token::SelOff => (Color::Reset, BACK, Modifier::REVERSED),
        Token::Mark => (Color::Yellow, BACK, BOLD),
        Token::Link => (Color::Cyan, BACK, UNDER),
        Token::Ok => (Color::Green, BACK, NONE),
        Token::Busy => (Color::Blue, BACK, BOLD),
        Token::Wait | Token::Warn => (Color::Yellow, BACK, NONE),
        Token::Hold | Token::Unknown => (Color::Magenta, BACK, NONE),
        Token::Bad => (Color::Red, BACK, BOLD),
        Token::Button => (Color::Black, Color::Green, NONE),
        Token::Danger => (Color::White, Color::Red, BOLD),
        Token::FieldOn => (Color::White, Color::Blue, NONE),
    }
}

fn mono(token: Token) -> (Color, Color, Modifier) {
    let add = match token {
        Token::Desk | Token::Shadow | Token::Dim | Token::Off => Modifier::DIM,
        Token::Text | Token::Frame | Token::Title | Token::Ok | Token::Busy => NONE,
        Token::Wait | Token::Hold | Token::Unknown => NONE,
        Token::Strong | Token::FrameOn | Token::TitleOn | Token::Mark => BOLD,
        Token::Warn | Token::Bad => BOLD,
        Token::Link => UNDER,
        Token::Bar | Token::BarHot | Token::Sel => Modifier::REVERSED,
        Token::BarOff => Modifier::REVERSED.union(Modifier::DIM),
        Token::BarOn => BOLD.union(UNDER),
        Token::SelOff | Token::FieldOn => UNDER,
        Token::Button | Token::Danger => BOLD.union(Modifier::REVERSED),
    };
    (Color::Reset, Color::Reset, add)
}

/// The nearest of the 240 fixed colours of a 256-colour terminal.
fn indexed(color: Color) -> Color {
    let Color::Rgb(r, g, b) = color else { return color };
    const STEPS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let rgb = [r, g, b].map(i32::from);
    let far = |other: [i32; 3]| -> i32 { (0..3).map(|i| (rgb[i] - other[i]).pow(2)).sum() };
    let nearest = rgb.map(|v| (0..6).min_by_key(|i| (STEPS[*i] - v).abs()).unwrap_or(0));
    let cube = nearest.map(|i| STEPS[i]);
    let grey = ((rgb.iter().sum::<i32>() / 3 - 3) / 10).clamp(0, 23);
    let level = 8 + 10 * grey;
    if far([level; 3]) < far(cube) {
        Color::Indexed(232 + grey as u8)
    } else {
        Color::Indexed((16 + 36 * nearest[0] + 6 * nearest[1] + nearest[2]) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as WCAG 2 has it.
    fn luminance(color: Color) -> f64 {
        let Color::Rgb(r, g, b) = color else { panic!("{color:?} is not RGB") };
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    #[test]
    fn every_text_is_readable_on_its_ground() {
        for name in [ThemeName::Dark, ThemeName::Light] {
            let theme = Theme::new(name, Depth::Rgb);
            for (token, _) in TOKENS {
                // What lies behind is not read; a line only has to be seen.
                if matches!(token, Token::Desk | Token::Shadow) {
                    continue;
                }
                let line = matches!(token, Token::Frame | Token::FrameOn);
                let least = if line { 3.0 } else { 4.5 };
                let style = theme.styles[token as usize];
                let (a, b) = (luminance(style.fg), luminance(style.bg));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= least, "{name:?} {token:?}: {contrast:.2} < {least}");
            }
        }
    }

    #[test]
    fn tokens_stand_in_order_with_a_letter_each() {
        for (at, (token, letter)) in TOKENS.iter().enumerate() {
            assert_eq!(*token as usize, at);
            assert_eq!(TOKENS.iter().filter(|(_, other)| other == letter).count(), 1, "{letter}");
        }
    }

    #[test]
    fn without_colour_the_selection_still_differs() {
        let theme = Theme::new(ThemeName::Mono, Depth::Rgb);
        let look = |token: Token| theme.styles[token as usize];
        assert!(theme.styles.iter().all(|s| s.fg == Color::Reset && s.bg == Color::Reset));
        for token in [Token::Sel, Token::SelOff, Token::FieldOn, Token::Danger] {
            assert_ne!(look(token), look(Token::Text), "{token:?}");
        }
    }

    #[test]
    fn depth_is_what_the_terminal_announces() {
        for (colorterm, term, depth) in [
            ("truecolor", "xterm-256color", Depth::Rgb),
            ("", "xterm-256color", Depth::Indexed),
            ("", "linux", Depth::Sixteen),
            ("", "", Depth::Sixteen),
            ("", "xterm-direct", Depth::Rgb),
        ] {
            assert_eq!(Depth::of(colorterm, term), depth, "{colorterm} {term}");
        }
        assert_eq!(indexed(Color::Rgb(255, 255, 255)), Color::Indexed(231));
        assert_eq!(indexed(Color::Rgb(8, 8, 8)), Color::Indexed(232));
        let plain = Theme::new(ThemeName::Dark, Depth::Sixteen);
        assert_eq!(plain.styles, Theme::new(ThemeName::Terminal, Depth::Sixteen).styles);
    }
}
