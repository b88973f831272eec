//! Tables for people: aligned columns without lines between them, cut to the terminal's width
//! when there is one, never otherwise.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column: its head, on which side its cells stand, and whether it drifts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) head: &'static str,
    pub(crate) right: bool,
    /// It changes all the time, as ages do: a change of it is no news.
    pub(crate) drifts: bool,
}

impl Column {
    pub(crate) const fn text(head: &'static str) -> Self {
        Self { head, right: false, drifts: false }
    }
    pub(crate) const fn number(head: &'static str) -> Self {
        Self { head, right: true, drifts: false }
    }
    pub(crate) const fn drifting(head: &'static str) -> Self {
        Self { head, right: true, drifts: true }
    }
}

/// How a cell is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Good,
    Busy,
    Warn,
    Bad,
}

impl Tone {
    /// How a state's word is meant.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "ready" | "up" | "done" | "ok" => Self::Good,
            "busy" | "booting" | "cloned" | "placed" | "running" | "stopping" | "deleting"
            | "waiting" => Self::Busy,
            "cordoned" | "maintenance" | "suspect" | "retiring" | "skipped" | "unknown"
            | "missing" | "warn" => Self::Warn,
            "lost" | "unreachable" | "locked" | "quarantined" | "identity-mismatch" | "barred"
            | "failed" | "fail" => Self::Bad,
            _ => Self::Plain,
        }
    }
    fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Plain => return text.into(),
            Self::Good => 32,
            Self::Busy => 36,
            Self::Warn => 33,
            Self::Bad => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A cell. Its text is safe for a terminal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Plain text.
    pub(crate) fn new(text: impl ToString) -> Self {
        Self { text: clean(&text.to_string()), tone: Tone::Plain }
    }
    /// A state's word, in its colour.
    pub(crate) fn word(word: &str) -> Self {
        Self { text: clean(word), tone: Tone::of(word) }
    }
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// What hosts and guests say goes to a terminal: nothing in it may steer that.
pub(crate) fn clean(text: &str) -> String {
    let steers =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// How wide and how colourful output may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Style {
    /// Columns of the terminal; `None` when it is none.
    pub(crate) width: Option<usize>,
    pub(crate) colour: bool,
}

/// The widths of a table's columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    columns: Vec<(usize, bool)>,
}

const GAP: &str = "  ";

impl Layout {
    /// Wide enough for the heads and for all these rows.
    pub(crate) fn of(columns: &[Column], rows: &[Vec<Cell>]) -> Self {
        let widest = |(n, column): (usize, &Column)| {
            let cells = rows.iter().filter_map(|row| Some(row.get(n)?.text.width()));
            (cells.max().unwrap_or(0).max(column.head.width()), column.right)
        };
        Self { columns: columns.iter().enumerate().map(widest).collect() }
    }

    /// Wide enough for this row too.
    pub(crate) fn grow(&mut self, cells: &[Cell]) {
        for ((width, _), cell) in self.columns.iter_mut().zip(cells) {
            *width = (*width).max(cell.text.width());
        }
    }

    /// One line. The last column is not filled up, and what does not fit is cut with `…`.
    pub(crate) fn line(&self, cells: &[Cell], style: Style) -> String {
        let mut out = String::new();
        let mut left = style.width.unwrap_or(usize::MAX);
        for (n, ((width, right), cell)) in self.columns.iter().zip(cells).enumerate() {
            let last = n + 1 == cells.len();
            let text = cut(&cell.text, left);
            let room = (*width).min(left);
            let pad = " ".repeat(room.saturating_sub(text.width()));
            let painted = if style.colour { cell.tone.paint(&text) } else { text.clone() };
            if *right {
                out.push_str(&pad);
            }
            out.push_str(&painted);
            if !*right && !last {
                out.push_str(&pad);
            }
            left = left.saturating_sub(text.width().max(*width) + GAP.len());
            if left == 0 {
                break;
            }
            if !last {
                out.push_str(GAP);
            }
        }
        out.trim_end().to_string()
    }

    /// The line of heads.
    pub(crate) fn heads(&self, columns: &[Column], style: Style) -> String {
        let cells: Vec<Cell> = columns.iter().map(|column| Cell::new(column.head)).collect();
        self.line(&cells, style)
    }
}

/// At most `width` columns of `text`.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    let mut out: String = text.chars().take_while(fits).collect();
    if width > 0 {
        out.push('…');
    }
    out
}

/// Names and values, one a line, for one thing.
pub(crate) fn facts(rows: &[(&str, Cell)], style: Style) -> Vec<String> {
    let columns = [Column::text(""), Column::text("")];
    let rows: Vec<Vec<Cell>> =
        rows.iter().map(|(name, cell)| vec![Cell::new(name), cell.clone()]).collect();
    let layout = Layout::of(&columns, &rows);
    rows.iter().map(|row| layout.line(row, style)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::text("NAME"), Column::number("N"), Column::text("WHY")];

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec![Cell::new("mini-01"), Cell::new(3), Cell::word("ready")],
            vec![Cell::new("日本"), Cell::new(1_200), Cell::new("no disk\x1b[2J left")],
        ]
    }

    fn lines(style: Style) -> Vec<String> {
        let rows = rows();
        let layout = Layout::of(&COLUMNS, &rows);
        let mut out = vec![layout.heads(&COLUMNS, style)];
        out.extend(rows.iter().map(|row| layout.line(row, style)));
        out
    }

    #[test]
    fn columns_stand_under_each_other_and_nothing_steers_the_terminal() {
        assert_eq!(
            lines(Style::default()),
            ["NAME        N  WHY", "mini-01     3  ready", "日本     1200  no disk [2J left"]
        );
    }

    #[test]
    fn only_a_terminal_cuts_and_only_at_its_width() {
        for width in 0..40 {
            for line in lines(Style { width: Some(width), colour: false }) {
                assert!(line.width() <= width, "{width}: {line:?}");
            }
        }
        let narrow = lines(Style { width: Some(20), colour: false });
        assert_eq!(narrow[2], "日本     1200  no d…");
        assert_eq!(lines(Style { width: Some(80), colour: false }), lines(Style::default()));
    }

    #[test]
    fn colours_change_no_width() {
        let coloured = lines(Style { width: Some(80), colour: true });
        assert_eq!(coloured[1], "mini-01     3  \x1b[32mready\x1b[0m");
    }

    #[test]
    fn facts_are_two_columns() {
        let rows = [("state", Cell::word("ready")), ("reach", Cell::new("up"))];
        assert_eq!(facts(&rows, Style::default()), ["state  ready", "reach  up"]);
    }
}
