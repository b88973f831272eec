//! What the terminal sends, in our words. A torn escape sequence arrives as Esc and letters: the
//! filter holds a lone Esc back for a moment and swallows the rest of such a sequence.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use serde::{Deserialize, Serialize};

use super::keys::{Code, Key};

/// A pointer event at a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mouse {
    pub does: Does,
    pub x: u16,
    pub y: u16,
    pub ctrl: bool,
    pub shift: bool,
}

/// What the pointer does. Movement without a button is never reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Does {
    Down,
    RightDown,
    MiddleDown,
    Drag,
    Up,
    WheelUp,
    WheelDown,
}

/// What the terminal sends.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    Key(Key),
    Mouse(Mouse),
    Paste(String),
    Resize(u16, u16),
    Focus(bool),
}

impl Input {
    /// From crossterm's event; what means nothing to us is none.
    pub fn of(event: Event) -> Option<Self> {
        match event {
            Event::Key(key) => key_of(key).map(Self::Key),
            Event::Mouse(mouse) => mouse_of(mouse).map(Self::Mouse),
            Event::Paste(text) => Some(Self::Paste(text)),
            Event::Resize(w, h) => Some(Self::Resize(w, h)),
            Event::FocusGained => Some(Self::Focus(true)),
            Event::FocusLost => Some(Self::Focus(false)),
        }
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Null
        | KeyCode::CapsLock
        | KeyCode::ScrollLock
        | KeyCode::NumLock
        | KeyCode::PrintScreen
        | KeyCode::Pause
        | KeyCode::Menu
        | KeyCode::KeypadBegin
        | KeyCode::Media(_)
        | KeyCode::Modifier(_) => return None,
    };
    let held = |modifier| key.modifiers.contains(modifier);
    let says_itself = matches!(code, Code::Char(_) | Code::BackTab);
    Some(Key {
        code,
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT),
        shift: held(KeyModifiers::SHIFT) && !says_itself,
    })
}

fn mouse_of(mouse: MouseEvent) -> Option<Mouse> {
    let does = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Does::Down,
        MouseEventKind::Down(MouseButton::Right) => Does::RightDown,
        MouseEventKind::Down(MouseButton::Middle) => Does::MiddleDown,
        MouseEventKind::Drag(MouseButton::Left) => Does::Drag,
        MouseEventKind::Up(MouseButton::Left) => Does::Up,
        MouseEventKind::ScrollUp => Does::WheelUp,
        MouseEventKind::ScrollDown => Does::WheelDown,
        MouseEventKind::Drag(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Up(MouseButton::Right | MouseButton::Middle)
        | MouseEventKind::Moved
        | MouseEventKind::ScrollLeft
        | MouseEventKind::ScrollRight => return None,
    };
    Some(Mouse {
        does,
        x: mouse.column,
        y: mouse.row,
        ctrl: mouse.modifiers.contains(KeyModifiers::CONTROL),
        shift: mouse.modifiers.contains(KeyModifiers::SHIFT),
    })
}

/// How long a lone Esc waits for what may follow it, in milliseconds.
const HOLD_MS: u64 = 10;
/// How long after an Esc a `[` or `O` still belongs to it.
const TORN_MS: u64 = 50;

/// Tells a pressed Esc from the head of a torn escape sequence. Times are milliseconds of any
/// clock that does not step back.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum EscFilter {
    #[default]
    Idle,
    /// An Esc came; `held` while it has not been passed on.
    Esc { at: u64, held: bool },
    /// Inside a torn sequence that began then.
    Torn { at: u64 },
}

impl EscFilter {
    /// Takes a key; gives those to be acted on now.
    pub fn key(&mut self, now: u64, key: Key) -> Vec<Key> {
        let mut out = self.due(now);
        let typed = key.typed();
        match (*self, key == Key::ESC) {
            (_, true) => {
                out.extend(self.release());
                *self = Self::Esc { at: now, held: true };
            }
            (Self::Esc { at, .. }, false)
                if matches!(typed, Some('[' | 'O')) && now.saturating_sub(at) <= TORN_MS =>
            {
                *self = Self::Torn { at };
            }
            (Self::Torn { at }, false) if now.saturating_sub(at) <= TORN_MS => match typed {
                Some('0'..='9' | ';' | '<' | '?' | '[') => {}
                // The last character of a sequence, whatever it is, ends it.
                Some(_) => *self = Self::Idle,
                None => {
                    *self = Self::Idle;
                    out.push(key);
                }
            },
            (Self::Idle | Self::Esc { .. } | Self::Torn { .. }, false) => {
                out.extend(self.release());
                out.push(key);
            }
        }
        out
    }

    /// Passes a held Esc on once nothing has followed it in time.
    pub fn due(&mut self, now: u64) -> Vec<Key> {
        match self {
            Self::Esc { at, held } if *held && now.saturating_sub(*at) >= HOLD_MS => {
                *held = false;
                vec![Key::ESC]
            }
            Self::Idle | Self::Esc { .. } | Self::Torn { .. } => Vec::new(),
        }
    }

    /// When `due` has to be asked again.
    pub fn wake_at(&self) -> Option<u64> {
        match self {
            Self::Esc { at, held: true } => Some(at + HOLD_MS),
            Self::Idle | Self::Esc { .. } | Self::Torn { .. } => None,
        }
    }

    fn release(&mut self) -> Option<Key> {
        let held = matches!(self, Self::Esc { held: true, .. });
        *self = Self::Idle;
        held.then_some(Key::ESC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys with the milliseconds at which they come; a `.` only lets time pass.
    fn filtered(script: &[(u64, &str)]) -> String {
        let mut filter = EscFilter::default();
        let mut out = Vec::new();
        for (now, key) in script {
            if *key == "." {
                out.extend(filter.due(*now));
            } else {
                out.extend(filter.key(*now, key.parse().unwrap()));
            }
        }
        out.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_pressed_esc_comes_through_and_a_torn_sequence_does_not() {
        for (script, expected) in [
            (&[(0, "Esc"), (10, ".")][..], "Esc"),
            (&[(0, "Esc"), (5, ".")], ""),
            (&[(0, "Esc"), (3, "C")], "Esc C"),
            (&[(0, "Esc"), (1, "["), (2, "D"), (3, "x")], "x"),
            (&[(0, "Esc"), (1, "O"), (2, "A"), (60, "U")], "U"),
            (&[(0, "Esc"), (10, "."), (40, "["), (41, "D"), (42, "j")], "Esc j"),
            (&[(0, "Esc"), (10, "."), (90, "["), (91, "C")], "Esc [ C"),
            (&[(0, "Esc"), (1, "Esc"), (2, "["), (3, "A"), (9, "k")], "Esc k"),
            (&[(0, "Esc"), (1, "["), (2, "1"), (3, ";"), (4, "3"), (5, "R"), (6, "R")], "R"),
            (&[(0, "Esc"), (1, "["), (2, "Enter"), (3, "D")], "Enter D"),
            (&[(0, "Esc"), (1, "["), (90, "D")], "D"),
            (&[(0, "["), (1, "O")], "[ O"),
        ] {
            assert_eq!(filtered(script), expected, "{script:?}");
        }
    }

    #[test]
    fn it_wakes_only_while_an_esc_is_held() {
        let mut filter = EscFilter::default();
        assert_eq!(filter.wake_at(), None);
        filter.key(100, Key::ESC);
        assert_eq!(filter.wake_at(), Some(110));
        assert_eq!(filter.due(110), vec![Key::ESC]);
        assert_eq!((filter.wake_at(), filter.due(200)), (None, vec![]));
    }

    #[test]
    fn keys_and_pointer_come_in_our_words() {
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let read = |event| match Input::of(event) {
            Some(Input::Key(key)) => key.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(read(key(KeyCode::Char('C'), KeyModifiers::SHIFT)), "C");
        assert_eq!(read(key(KeyCode::Char('w'), KeyModifiers::CONTROL)), "^W");
        assert_eq!(read(key(KeyCode::F(6), KeyModifiers::SHIFT)), "Shift-F6");
        assert_eq!(read(key(KeyCode::BackTab, KeyModifiers::SHIFT)), "BackTab");
        assert_eq!(read(key(KeyCode::CapsLock, KeyModifiers::NONE)), "None");
        let moved = MouseEvent {
            kind: MouseEventKind::Moved,
            column: 1,
            row: 2,
            modifiers: KeyModifiers::NONE,
        };
        assert_eq!(Input::of(Event::Mouse(moved)), None);
        let down = MouseEvent { kind: MouseEventKind::Down(MouseButton::Left), ..moved };
        let Some(Input::Mouse(mouse)) = Input::of(Event::Mouse(down)) else { panic!() };
        assert_eq!((mouse.does, mouse.x, mouse.y), (Does::Down, 1, 2));
    }
}
