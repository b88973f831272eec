//! The looks of the tokens in each theme. The two for people who see colours otherwise use the
//! palette of Okabe and Ito: its hues are told apart by all, and are shifted in lightness only.

use ratatui::style::{Color, Modifier};

use super::Token;

/// Text, ground, and what is added to the text.
type Look = (Color, Color, Modifier);

const NONE: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const UNDER: Modifier = Modifier::UNDERLINED;

const fn rgb(fg: u32, bg: u32, add: Modifier) -> Look {
    (Color::from_u32(fg), Color::from_u32(bg), add)
}

/// The ground of windows.
const DARK: u32 = 0x1b1f27;
const LIGHT: u32 = 0xf7f8fa;

/// A theme that is another one but for some tokens.
fn over(own: &[(Token, Look)], base: fn(Token) -> Look, token: Token) -> Look {
    let own = own.iter().find(|(other, _)| *other == token);
    own.map_or_else(|| base(token), |(_, look)| *look)
}

pub(super) fn dark(token: Token) -> Look {
    const PANEL: u32 = DARK;
    const BAR: u32 = 0xc8ced8;
    match token {
        Token::Desk => rgb(0x8a93a3, 0x10131a, NONE),
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
        Token::Heat0 => rgb(0x8a9bb5, PANEL, NONE),
        Token::Heat1 => rgb(0x6fa8e8, PANEL, NONE),
        Token::Heat2 => rgb(0x56c5d8, PANEL, NONE),
        Token::Heat3 => rgb(0x6fd69a, PANEL, NONE),
        Token::Heat4 => rgb(0xb8d65c, PANEL, NONE),
        Token::Heat5 => rgb(0xf0d050, PANEL, NONE),
        Token::Heat6 => rgb(0xffac4f, PANEL, NONE),
        Token::Heat7 => rgb(0xff8a80, PANEL, NONE),
    }
}

pub(super) fn light(token: Token) -> Look {
    const PANEL: u32 = LIGHT;
    const BAR: u32 = 0x2b3a55;
    match token {
        Token::Desk => rgb(0x525a68, 0xdfe3ea, NONE),
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
        Token::Warn => rgb(0xa04000, PANEL, NONE),
        Token::Bad => rgb(0xb3181c, PANEL, BOLD),
        Token::Off => rgb(0x5b6370, PANEL, NONE),
        Token::Unknown => rgb(0x6a5a3c, PANEL, NONE),
        Token::Button => rgb(0xffffff, 0x1a6b2d, NONE),
        Token::Danger => rgb(0xffffff, 0xb3181c, BOLD),
        Token::FieldOn => rgb(0x1d222b, 0xfff3bf, NONE),
        Token::Heat0 => rgb(0x5b6b85, PANEL, NONE),
        Token::Heat1 => rgb(0x1f5fb0, PANEL, NONE),
        Token::Heat2 => rgb(0x00697a, PANEL, NONE),
        Token::Heat3 => rgb(0x1a6b2d, PANEL, NONE),
        Token::Heat4 => rgb(0x566300, PANEL, NONE),
        Token::Heat5 => rgb(0x7a5600, PANEL, NONE),
        Token::Heat6 => rgb(0xa04000, PANEL, NONE),
        Token::Heat7 => rgb(0xb3181c, PANEL, NONE),
    }
}

pub(super) fn high_contrast(token: Token) -> Look {
    const PANEL: u32 = 0x000000;
    const BAR: u32 = 0xffffff;
    match token {
        Token::Desk => rgb(0xd0d0d0, PANEL, NONE),
        Token::Shadow => rgb(0x767676, PANEL, NONE),
        Token::Text | Token::Title => rgb(0xffffff, PANEL, NONE),
        Token::Dim | Token::Off => rgb(0xc6c6c6, PANEL, NONE),
        Token::Strong | Token::TitleOn => rgb(0xffffff, PANEL, BOLD),
        Token::Frame => rgb(0xc6c6c6, PANEL, NONE),
        Token::FrameOn => rgb(0xffff00, PANEL, NONE),
        Token::Bar => rgb(0x000000, BAR, NONE),
        Token::BarOn => rgb(0x000000, 0xffff00, BOLD),
        Token::BarHot => rgb(0x870000, BAR, UNDER.union(BOLD)),
        Token::BarOff => rgb(0x444444, BAR, NONE),
        Token::Sel => rgb(0x000000, 0xffff00, NONE),
        Token::SelOff => rgb(0x000000, 0xc6c6c6, NONE),
        Token::Mark => rgb(0xffff00, PANEL, BOLD),
        Token::Link => rgb(0x5fffff, PANEL, UNDER),
        Token::Ok => rgb(0x5fff5f, PANEL, NONE),
        Token::Busy => rgb(0x5fd7ff, PANEL, NONE),
        Token::Wait => rgb(0xffff5f, PANEL, NONE),
        Token::Hold => rgb(0xffafff, PANEL, NONE),
        Token::Warn => rgb(0xffaf00, PANEL, BOLD),
        Token::Bad => rgb(0xff8787, PANEL, BOLD),
        Token::Unknown => rgb(0xd7d7af, PANEL, NONE),
        Token::Button => rgb(0x000000, 0x5fff5f, BOLD),
        Token::Danger => rgb(0xffffff, 0xaf0000, BOLD),
        Token::FieldOn => rgb(0xffffff, 0x0000af, NONE),
        Token::Heat0 => rgb(0xc6c6c6, PANEL, NONE),
        Token::Heat1 => rgb(0x8fc0ff, PANEL, NONE),
        Token::Heat2 => rgb(0x5fffff, PANEL, NONE),
        Token::Heat3 => rgb(0x5fff5f, PANEL, NONE),
        Token::Heat4 => rgb(0xd7ff5f, PANEL, NONE),
        Token::Heat5 => rgb(0xffff00, PANEL, NONE),
        Token::Heat6 => rgb(0xffaf00, PANEL, NONE),
        Token::Heat7 => rgb(0xff8787, PANEL, NONE),
    }
}

/// Where it differs from `dark`.
const CVD_DARK: [(Token, Look); 20] = [
    (Token::Ok, rgb(0x1fc396, DARK, NONE)),
    (Token::Busy, rgb(0x56b4e9, DARK, NONE)),
    (Token::Wait, rgb(0xf0e442, DARK, NONE)),
    (Token::Hold, rgb(0xdd9cc0, DARK, NONE)),
    (Token::Warn, rgb(0xe69f00, DARK, NONE)),
    (Token::Bad, rgb(0xf0743a, DARK, BOLD)),
    (Token::Mark, rgb(0xf0e442, DARK, BOLD)),
    (Token::Link, rgb(0x56b4e9, DARK, UNDER)),
    (Token::Unknown, rgb(0xb4b4b4, DARK, NONE)),
    (Token::BarHot, rgb(0x00487a, 0xc8ced8, UNDER)),
    (Token::Button, rgb(0x10131a, 0x56b4e9, NONE)),
    (Token::Danger, rgb(0x000000, 0xe0701f, BOLD)),
    (Token::Heat0, rgb(0x8b97b3, DARK, NONE)),
    (Token::Heat1, rgb(0x56b4e9, DARK, NONE)),
    (Token::Heat2, rgb(0x79c3ec, DARK, NONE)),
    (Token::Heat3, rgb(0xa7cfd8, DARK, NONE)),
    (Token::Heat4, rgb(0xd0d59a, DARK, NONE)),
    (Token::Heat5, rgb(0xf0e442, DARK, NONE)),
    (Token::Heat6, rgb(0xe69f00, DARK, NONE)),
    (Token::Heat7, rgb(0xf0743a, DARK, NONE)),
];

pub(super) fn cvd_dark(token: Token) -> Look {
    over(&CVD_DARK, dark, token)
}

/// Where it differs from `light`.
const CVD_LIGHT: [(Token, Look); 18] = [
    (Token::Ok, rgb(0x00694c, LIGHT, NONE)),
    (Token::Busy, rgb(0x0065a0, LIGHT, NONE)),
    (Token::Wait, rgb(0x655b00, LIGHT, NONE)),
    (Token::Hold, rgb(0x93356b, LIGHT, NONE)),
    (Token::Warn, rgb(0x7d5300, LIGHT, NONE)),
    (Token::Bad, rgb(0xa84300, LIGHT, BOLD)),
    (Token::Mark, rgb(0x7d5300, LIGHT, BOLD)),
    (Token::Unknown, rgb(0x5a5a5a, LIGHT, NONE)),
    (Token::Button, rgb(0xffffff, 0x0065a0, NONE)),
    (Token::Danger, rgb(0xffffff, 0xa84300, BOLD)),
    (Token::Heat0, rgb(0x5a6478, LIGHT, NONE)),
    (Token::Heat1, rgb(0x0065a0, LIGHT, NONE)),
    (Token::Heat2, rgb(0x2a6a8c, LIGHT, NONE)),
    (Token::Heat3, rgb(0x4d6670, LIGHT, NONE)),
    (Token::Heat4, rgb(0x655b00, LIGHT, NONE)),
    (Token::Heat5, rgb(0x7d5300, LIGHT, NONE)),
    (Token::Heat6, rgb(0x934a00, LIGHT, NONE)),
    (Token::Heat7, rgb(0xa84300, LIGHT, NONE)),
];

pub(super) fn cvd_light(token: Token) -> Look {
    over(&CVD_LIGHT, light, token)
}

pub(super) fn terminal(token: Token) -> Look {
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
        Token::Heat0 | Token::Heat1 => (Color::Blue, BACK, NONE),
        Token::Heat2 | Token::Heat3 => (Color::Cyan, BACK, NONE),
        Token::Heat4 | Token::Heat5 => (Color::Green, BACK, NONE),
        Token::Heat6 => (Color::Yellow, BACK, NONE),
        Token::Heat7 => (Color::Red, BACK, BOLD),
    }
}

pub(super) fn mono(token: Token) -> Look {
    let add = match token {
        Token::Desk | Token::Shadow | Token::Dim | Token::Off => Modifier::DIM,
        Token::Text | Token::Frame | Token::Title | Token::Ok | Token::Busy => NONE,
        Token::Wait | Token::Hold | Token::Unknown => NONE,
        Token::Heat0 | Token::Heat1 | Token::Heat2 | Token::Heat3 => NONE,
        Token::Heat4 | Token::Heat5 | Token::Heat6 => NONE,
        Token::Heat7 => BOLD,
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
