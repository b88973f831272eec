//! The two glyph sets. Never colour alone: a state is a glyph, a word and a colour; and with
//! `--ascii` nothing is drawn that a terminal could take for a wide character.

use super::theme::Token;

/// Which set is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    pub ascii: bool,
}

/// A state of a host, VM or job, as far as its glyph and colour go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Ready,
    Busy,
    Leaving,
    Held,
    Off,
    Bad,
    /// It meets something else.
    Clash,
    Coming,
    Unknown,
    Queued,
    Passed,
}

impl Look {
    /// Of a host's word.
    pub fn host(word: &str) -> Self {
        match word {
            "ready" => Self::Ready,
            "busy" => Self::Busy,
            "retiring" | "draining" => Self::Leaving,
            "cordoned" | "maintenance" | "drained" => Self::Held,
            "unreachable" | "lost" | "retired" => Self::Off,
            "verifying" => Self::Coming,
            "suspect" => Self::Queued,
            "quarantined" | "identity-mismatch" | "barred" | "locked" => Self::Bad,
            _ => Self::Unknown,
        }
    }
    /// Of a VM's word.
    pub fn vm(word: &str) -> Self {
        match word {
            "ready" => Self::Ready,
            "placed" => Self::Queued,
            "cloned" | "booting" => Self::Coming,
            "stopping" | "deleting" | "stopped" => Self::Leaving,
            "missing" => Self::Bad,
            _ => Self::Unknown,
        }
    }
    /// Of what is known of a VM's work.
    pub fn work(busy: Option<bool>) -> Self {
        match busy {
            Some(true) => Self::Busy,
            Some(false) => Self::Ready,
            None => Self::Unknown,
        }
    }
    /// Of a job's, a task's or a drain's word.
    pub fn job(word: &str) -> Self {
        match word {
            "running" => Self::Busy,
            "done" => Self::Passed,
            "failed" => Self::Bad,
            "skipped" | "cancelled" | "lifted" => Self::Off,
            "paused" | "drained" => Self::Held,
            "blocked" => Self::Bad,
            "draining" | "unwinding" => Self::Leaving,
            _ => Self::Queued,
        }
    }
    /// Its colour.
    pub fn token(self) -> Token {
        match self {
            Self::Ready | Self::Passed => Token::Ok,
            Self::Busy => Token::Busy,
            Self::Leaving | Self::Queued | Self::Coming => Token::Wait,
            Self::Held => Token::Hold,
            Self::Off => Token::Off,
            Self::Bad => Token::Bad,
            Self::Clash => Token::Warn,
            Self::Unknown => Token::Unknown,
        }
    }
}

/// The lines around a window: top left, horizontal, top right, vertical, bottom left, bottom right.
pub type Frame = [&'static str; 6];

impl Glyphs {
    const fn pick(self, full: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { full }
    }
    pub fn look(self, look: Look) -> &'static str {
        match look {
            Look::Ready => self.pick("●", "o"),
            Look::Busy => self.pick("◆", "#"),
            Look::Leaving => self.pick("▼", "v"),
            Look::Held => self.pick("■", "="),
            Look::Off => self.pick("×", "x"),
            Look::Bad | Look::Clash => "!",
            Look::Coming => self.pick("↑", "^"),
            Look::Unknown => "?",
            Look::Queued => self.pick("○", "."),
            Look::Passed => self.pick("✓", "+"),
        }
    }
    /// The focused window's lines are double.
    pub fn frame(self, focused: bool) -> Frame {
        match (self.ascii, focused) {
            (false, true) => ["╔", "═", "╗", "║", "╚", "╝"],
            (false, false) => ["┌", "─", "┐", "│", "└", "┘"],
            (true, true) => ["#", "=", "#", "|", "#", "#"],
            (true, false) => ["+", "-", "+", "|", "+", "+"],
        }
    }
    pub fn more(self) -> &'static str {
        self.pick("…", "~")
    }
    pub fn back(self) -> &'static str {
        self.pick("◀", "<")
    }
    pub fn system(self) -> &'static str {
        self.pick("≡", "=")
    }
    pub fn zoom(self, zoomed: bool) -> &'static str {
        match (self.ascii, zoomed) {
            (false, false) => "[▲]",
            (false, true) => "[▼]",
            (true, false) => "[^]",
            (true, true) => "[v]",
        }
    }
    pub fn close(self) -> &'static str {
        self.pick("[×]", "[x]")
    }
    pub fn sorted(self, flipped: bool) -> &'static str {
        if flipped { self.pick("▼", "v") } else { self.pick("▲", "^") }
    }
    pub fn active(self) -> (&'static str, &'static str) {
        if self.ascii { ("<", ">") } else { ("«", "»") }
    }
    /// Behind an item that opens another menu.
    pub fn further(self) -> &'static str {
        self.pick("▸", ">")
    }
    /// Before one of several choices.
    pub fn choice(self, on: bool) -> &'static str {
        if on { self.pick("(•)", "(*)") } else { "( )" }
    }
    /// Beside the day that it is.
    pub fn today(self) -> &'static str {
        self.pick("◂", "<")
    }
    /// Over the hour that it is.
    pub fn now(self) -> &'static str {
        self.pick("▼", "v")
    }
    /// A stretch of time, past or to come.
    pub fn length(self, coming: bool) -> &'static str {
        if coming { self.pick("░", "-") } else { self.pick("▓", "=") }
    }
    pub fn rule(self) -> &'static str {
        self.pick("─", "-")
    }
    pub fn bar(self) -> &'static str {
        self.pick("│", "|")
    }
    /// What a thumb moves along.
    pub fn track(self) -> &'static str {
        self.pick("░", ":")
    }
    pub fn thumb(self) -> &'static str {
        self.pick("█", "#")
    }
    /// On a line of time: what is over, what goes on, what would follow, and the way there.
    pub fn gantt(self) -> (&'static str, &'static str, &'static str, &'static str) {
        if self.ascii { ("#", "=", "-", ".") } else { ("█", "▓", "░", "·") }
    }
    /// How high something is, from 0 to 7.
    pub fn level(self, n: usize) -> &'static str {
        const FULL: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        const ASCII: [&str; 8] = [".", ":", "-", "=", "+", "*", "#", "%"];
        if self.ascii { ASCII[n.min(7)] } else { FULL[n.min(7)] }
    }
    /// The first `n` of a bar of `of` cells are full.
    pub fn gauge(self, done: usize, all: usize, cells: usize) -> String {
        let full = (done * cells).checked_div(all).unwrap_or(0).min(cells);
        self.pick("▓", "#").repeat(full) + &self.pick("░", ".").repeat(cells - full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_always_as_wide_as_asked() {
        let glyphs = Glyphs { ascii: true };
        for (done, all, shown) in [(0, 0, "...."), (1, 2, "##.."), (2, 2, "####"), (9, 2, "####")] {
            assert_eq!(glyphs.gauge(done, all, 4), shown);
        }
    }
}
