//! A picture of the desktop as it would be drawn: as text, or as SVG in the colours of its theme.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::app::App;
use super::msg::Msg;
use super::theme;

/// How a picture is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Text,
    Svg,
}

/// The desktop at this size.
pub fn picture(app: &mut App, w: u16, h: u16, format: Format) -> String {
    let buf = drawn(app, w, h);
    match format {
        Format::Text => text(&buf),
        Format::Svg => svg(&buf),
    }
}

/// The desktop drawn at this size.
pub fn drawn(app: &mut App, w: u16, h: u16) -> Buffer {
    let now = app.now;
    app.update(now, Msg::Resize(w, h));
    let mut buf = Buffer::empty(Rect::new(0, 0, w, h));
    app.view(&mut buf);
    buf
}

/// The cells of each line, without those covered by a wide character before them.
fn lines(buf: &Buffer) -> impl Iterator<Item = Vec<(u16, &Cell)>> {
    let width = usize::from(buf.area.width.max(1));
    buf.content().chunks(width).map(|line| {
        let mut covered = 0;
        let mut out = Vec::new();
        for (x, cell) in line.iter().enumerate() {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = cell.symbol().width().saturating_sub(1);
            out.push((x as u16, cell));
        }
        out
    })
}

/// The text of a drawing, without blanks at the ends of lines.
pub fn text(buf: &Buffer) -> String {
    let line = |cells: Vec<(u16, &Cell)>| {
        let text: String = cells.iter().map(|(_, cell)| cell.symbol()).collect();
        format!("{}\n", text.trim_end())
    };
    lines(buf).map(line).collect()
}

/// The size of a cell in an SVG picture.
const CELL: (u32, u32) = (8, 17);

fn svg(buf: &Buffer) -> String {
    let (w, h) = (u32::from(buf.area.width) * CELL.0, u32::from(buf.area.height) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
         height=\"{h}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" \
         font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for (y, line) in lines(buf).enumerate() {
        let mut at = 0;
        while at < line.len() {
            let look = |cell: &Cell| (theme::hex(cell), theme::bold(cell));
            let this = look(line[at].1);
            let same = line[at..].iter().take_while(|(_, cell)| look(cell) == this).count();
            let end = line.get(at + same).map_or(buf.area.width, |(x, _)| *x);
            svg_run(&mut out, y as u32, &line[at..at + same], end, &this);
            at += same;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Cells of one look: their ground, and their text stretched over it.
fn svg_run(out: &mut String, y: u32, cells: &[(u16, &Cell)], end: u16, look: &([String; 2], bool)) {
    let ([fg, bg], bold) = look;
    let from = cells.first().map_or(0, |(x, _)| *x);
    let (x, width) = (u32::from(from) * CELL.0, u32::from(end - from) * CELL.0);
    let (top, base, high) = (y * CELL.1, y * CELL.1 + 13, CELL.1);
    out.push_str(&format!(
        "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{high}\" fill=\"{bg}\"/>"
    ));
    let text: String = cells.iter().map(|(_, cell)| cell.symbol()).collect();
    if !text.trim().is_empty() {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let weight = if *bold { " font-weight=\"bold\"" } else { "" };
        out.push_str(&format!(
            "<text x=\"{x}\" y=\"{base}\" fill=\"{fg}\"{weight} textLength=\"{width}\" \
             lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
        ));
    }
    out.push('\n');
}
