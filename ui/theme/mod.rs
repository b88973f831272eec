//! What a cell means, and how it looks. Code names tokens only; colours stand here and in the
//! palettes below, and nowhere else. The token theme of the tests gives each token its own number.

mod palettes;

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
    /// How high a figure is among eight levels; a glyph says the same.
    Heat0,
    Heat1,
    Heat2,
    Heat3,
    Heat4,
    Heat5,
    Heat6,
    Heat7,
}

/// Every token, in order, and its letter.
pub const TOKENS: [(Token, char); 36] = [
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
    (Token::Heat0, '0'),
    (Token::Heat1, '1'),
    (Token::Heat2, '2'),
    (Token::Heat3, '3'),
    (Token::Heat4, '4'),
    (Token::Heat5, '5'),
    (Token::Heat6, '6'),
    (Token::Heat7, '7'),
];

/// Which theme.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub enum ThemeName {
    #[default]
    Dark,
    Light,
    /// White on black, and nothing faint.
    HighContrast,
    /// Hues that people who see colours otherwise can tell apart.
    CvdDark,
    CvdLight,
    /// The sixteen colours of the user's terminal.
    Terminal,
    /// No colour at all: bold, dim, reverse, underline.
    Mono,
    /// Each token its own number: for pictures in tests.
    Tokens,
}

impl Token {
    /// The token of one of eight levels.
    pub fn heat(level: usize) -> Self {
        const LEVELS: [Token; 8] = [
            Token::Heat0,
            Token::Heat1,
            Token::Heat2,
            Token::Heat3,
            Token::Heat4,
            Token::Heat5,
            Token::Heat6,
            Token::Heat7,
        ];
        LEVELS[level.min(LEVELS.len() - 1)]
    }
}

impl ThemeName {
    /// Those a person can choose.
    pub const ALL: [Self; 7] = [
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::CvdDark,
        Self::CvdLight,
        Self::Terminal,
        Self::Mono,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::CvdDark => "cvd-dark",
            Self::CvdLight => "cvd-light",
            Self::Terminal => "terminal",
            Self::Mono => "mono",
            Self::Tokens => "tokens",
        }
    }
    /// What it is, for people who choose.
    pub fn about(self) -> &'static str {
        match self {
            Self::Dark => "light on dark",
            Self::Light => "dark on light",
            Self::HighContrast => "white on black, nothing faint",
            Self::CvdDark => "dark, for colour-blind eyes",
            Self::CvdLight => "light, for colour-blind eyes",
            Self::Terminal => "the sixteen colours of this terminal",
            Self::Mono => "no colour: bold, dim, reverse, underlined",
            Self::Tokens => "a number for each token",
        }
    }
    /// Whether its colours are given as RGB.
    fn is_rgb(self) -> bool {
        match self {
            Self::Dark | Self::Light | Self::HighContrast | Self::CvdDark | Self::CvdLight => true,
            Self::Terminal | Self::Mono | Self::Tokens => false,
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
        let sixteen = name.is_rgb() && depth == Depth::Sixteen;
        let shown = if sixteen { ThemeName::Terminal } else { name };
        let styles = TOKENS.map(|(token, _)| {
            let (fg, bg, add) = match shown {
                ThemeName::Dark => palettes::dark(token),
                ThemeName::Light => palettes::light(token),
                ThemeName::HighContrast => palettes::high_contrast(token),
                ThemeName::CvdDark => palettes::cvd_dark(token),
                ThemeName::CvdLight => palettes::cvd_light(token),
                ThemeName::Terminal => palettes::terminal(token),
                ThemeName::Mono => palettes::mono(token),
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

    /// What a terminal shows: RGB as given, an index by the palette of xterm.
    fn shown(color: Color) -> [u8; 3] {
        if let Color::Rgb(r, g, b) = color {
            return [r, g, b];
        }
        let part = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
        let Color::Indexed(n @ 16..) = color else { panic!("{color:?} is not always the same") };
        match n.checked_sub(232) {
            Some(grey) => [8 + 10 * grey; 3],
            None => [(n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6].map(part),
        }
    }

    /// Relative luminance, as WCAG 2 has it.
    fn luminance(color: Color) -> f64 {
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let [r, g, b] = shown(color).map(part);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(style: Style) -> f64 {
        let (a, b) = (luminance(style.fg), luminance(style.bg));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// A token paints text and ground together, so this is each text on every ground it has.
    #[test]
    fn every_text_is_readable_on_its_ground() {
        let mut faint = Vec::new();
        for name in ThemeName::ALL.into_iter().filter(|name| name.is_rgb()) {
            for depth in [Depth::Rgb, Depth::Indexed] {
                let theme = Theme::new(name, depth);
                for (token, _) in TOKENS {
                    let line = matches!(token, Token::Frame | Token::FrameOn);
                    let least = match (name, token) {
                        // What lies in the shadow is not read.
                        (_, Token::Shadow) => continue,
                        // A line only has to be seen.
                        _ if line => 3.0,
                        (ThemeName::HighContrast, _) => 7.0,
                        _ => 4.5,
                    };
                    let got = contrast(theme.styles[token as usize]);
                    if got < least {
                        faint.push(format!("{name:?} {depth:?} {token:?}: {got:.2} < {least}"));
                    }
                }
            }
        }
        assert!(faint.is_empty(), "{}", faint.join("\n"));
    }

    #[test]
    fn states_differ_from_one_another_in_every_theme() {
        const STATES: [Token; 6] =
            [Token::Ok, Token::Busy, Token::Wait, Token::Hold, Token::Warn, Token::Bad];
        for name in ThemeName::ALL.into_iter().filter(|name| name.is_rgb()) {
            for depth in [Depth::Rgb, Depth::Indexed] {
                let theme = Theme::new(name, depth);
                for (n, one) in STATES.iter().enumerate() {
                    for other in &STATES[n + 1..] {
                        let looks = [one, other].map(|token| theme.styles[*token as usize]);
                        assert_ne!(looks[0], looks[1], "{name:?} {depth:?}: {one:?}, {other:?}");
                    }
                }
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
