//! Where windows draw: a clipped part of the screen that keeps wide characters whole and fills
//! the hit map as it draws, so that what can be clicked is what can be seen.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::commands::Cmd;
use super::desk::{Edge, WinId};
use super::dialogs::Spot;
use super::glyphs::Glyphs;
use super::text;
use super::theme::{Theme, Token};

/// What lies under a cell, for the mouse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hit {
    Menu(usize),
    MenuItem(usize),
    /// Inside an open menu, but on nothing.
    MenuGround,
    Command(Cmd),
    Task(WinId),
    /// A place in the journal's time, in thousandths.
    Scrub(u16),
    Title(WinId),
    Zoom(WinId),
    Close(WinId),
    Edge(WinId, Edge),
    Body(WinId),
    /// A row of a table, by its place in the order.
    Row(WinId, usize),
    /// A place on the bar beside the rows, by the row that it stands for.
    Bar(WinId, usize),
    Header(WinId, usize),
    /// The right edge of a column's header.
    HeaderEdge(WinId, usize),
    /// A cell of a grid, by row and column.
    Cell(WinId, usize, usize),
    /// An answer in a prompt, as the key that gives it.
    Answer(char),
    /// What the palette or another box found, by its place.
    Found(usize),
    /// A field or a button of the plan dialog.
    Spot(Spot),
    /// Inside a dialog, but on nothing.
    DialogGround,
}

/// Everything that a drawing pass leaves behind beside the cells.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scene {
    hits: Vec<(Rect, Hit)>,
    /// Where text goes in, if anywhere.
    pub cursor: Option<(u16, u16)>,
}

impl Scene {
    /// What is under this cell: what was drawn last wins.
    pub fn at(&self, x: u16, y: u16) -> Option<Hit> {
        let on = |(area, _): &&(Rect, Hit)| area.contains((x, y).into());
        self.hits.iter().rev().find(on).map(|(_, hit)| *hit)
    }
    /// Everything that can be hit, undermost first.
    pub fn all(&self) -> &[(Rect, Hit)] {
        &self.hits
    }
}

/// A clipped part of the screen.
pub struct Canvas<'a> {
    buf: &'a mut Buffer,
    clip: Rect,
    scene: &'a mut Scene,
    pub theme: &'a Theme,
    pub glyphs: Glyphs,
    /// Old data: values are drawn dim.
    pub faded: bool,
}

impl<'a> Canvas<'a> {
    pub fn new(
        buf: &'a mut Buffer,
        scene: &'a mut Scene,
        theme: &'a Theme,
        glyphs: Glyphs,
    ) -> Self {
        let clip = buf.area;
        Self { buf, clip, scene, theme, glyphs, faded: false }
    }

    /// What may be drawn on.
    pub fn area(&self) -> Rect {
        self.clip
    }

    /// The part of this canvas inside `area`.
    pub fn inside(&mut self, area: Rect) -> Canvas<'_> {
        let clip = self.clip.intersection(area);
        Canvas {
            buf: self.buf,
            clip,
            scene: self.scene,
            theme: self.theme,
            glyphs: self.glyphs,
            faded: self.faded,
        }
    }

    fn worn(&self, token: Token) -> Token {
        let value = matches!(
            token,
            Token::Text
                | Token::Strong
                | Token::Link
                | Token::Ok
                | Token::Busy
                | Token::Wait
                | Token::Hold
                | Token::Warn
                | Token::Bad
                | Token::Off
                | Token::Unknown
        );
        if self.faded && value { Token::Dim } else { token }
    }

    /// A wide character whose first half lies left of `x` would eat the cell at `x`.
    fn unhalve(&mut self, x: u16, y: u16) {
        if x > self.buf.area.x
            && let Some(left) = self.buf.cell_mut((x - 1, y))
            && left.symbol().len() > 1
            && left.symbol().width() > 1
        {
            left.set_symbol(" ");
        }
    }

    fn put(&mut self, x: u16, y: u16, symbol: &str, token: Token) {
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_symbol(symbol);
            self.theme.paint(cell, token);
        }
    }

    /// Writes from the left; returns the column after the last cell written. Control characters
    /// and marks that take no cell are left out.
    pub fn text(&mut self, x: u16, y: u16, text: &str, token: Token) -> u16 {
        if y < self.clip.top() || y >= self.clip.bottom() {
            return x.saturating_add(text::width(text));
        }
        let token = self.worn(token);
        let mut at = x;
        let mut begun = false;
        let mut utf8 = [0; 4];
        for c in text.chars() {
            let wide = if matches!(c, ' '..='~') { 1 } else { c.width().unwrap_or(0) as u16 };
            if wide == 0 {
                continue;
            }
            let end = at.saturating_add(wide);
            if at >= self.clip.left() && end <= self.clip.right() {
                if !begun {
                    self.unhalve(at, y);
                    begun = true;
                }
                self.put(at, y, c.encode_utf8(&mut utf8), token);
                if wide == 2 {
                    self.put(at + 1, y, " ", token);
                }
            } else if at < self.clip.right() && end > self.clip.right() {
                self.put(at, y, " ", token);
            }
            at = end;
        }
        at
    }

    /// Writes into `cells` columns, cut with an ellipsis; what is blank there stays as it was.
    pub fn cell(&mut self, x: u16, y: u16, cells: u16, text: &str, right: bool, token: Token) {
        let shown = text::cut(text, cells, self.glyphs.more());
        let pad = cells.saturating_sub(text::width(&shown));
        let start = if right { x + pad } else { x };
        self.text(start, y, &shown, token);
    }

    /// Fills an area with one symbol of one cell.
    pub fn fill(&mut self, area: Rect, symbol: &str, token: Token) {
        let area = self.clip.intersection(area);
        if area.is_empty() {
            return;
        }
        let mut model = Cell::default();
        model.set_symbol(symbol);
        self.theme.paint(&mut model, token);
        for y in area.top()..area.bottom() {
            self.unhalve(area.left(), y);
            let from = self.buf.index_of(area.left(), y);
            self.buf.content[from..from + usize::from(area.width)].fill(model.clone());
        }
    }

    /// Changes the look of an area and keeps what is written there.
    pub fn tint(&mut self, area: Rect, token: Token) {
        let area = self.clip.intersection(area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    self.theme.paint(cell, token);
                }
            }
        }
    }

    /// Draws the lines around an area.
    pub fn frame(&mut self, area: Rect, focused: bool, token: Token) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let [top_left, across, top_right, down, bottom_left, bottom_right] =
            self.glyphs.frame(focused);
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        let inner = Rect { x: area.x + 1, width: area.width - 2, height: 1, ..area };
        self.fill(inner, across, token);
        self.fill(Rect { y: bottom, ..inner }, across, token);
        let side = Rect { y: area.y + 1, width: 1, height: area.height - 2, ..area };
        self.fill(side, down, token);
        self.fill(Rect { x: right, ..side }, down, token);
        self.text(area.x, area.y, top_left, token);
        self.text(right, area.y, top_right, token);
        self.text(area.x, bottom, bottom_left, token);
        self.text(right, bottom, bottom_right, token);
    }

    /// Says what an area is for the mouse.
    pub fn hit(&mut self, area: Rect, hit: Hit) {
        let area = self.clip.intersection(area);
        if !area.is_empty() {
            self.scene.hits.push((area, hit));
        }
    }
    /// Something is about to lie here: where text goes in cannot be seen under it.
    pub fn cover(&mut self, area: Rect) {
        self.scene.cursor = self.scene.cursor.filter(|at| !area.contains((*at).into()));
    }

    /// Something before it takes the text.
    pub fn no_cursor(&mut self) {
        self.scene.cursor = None;
    }

    /// Says where text goes in.
    pub fn cursor(&mut self, x: u16, y: u16) {
        if self.clip.contains((x, y).into()) {
            self.scene.cursor = Some((x, y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, ThemeName};

    fn drawn(w: u16, draw: impl FnOnce(&mut Canvas)) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, w, 1));
        let mut scene = Scene::default();
        let theme = Theme::new(ThemeName::Tokens, Depth::Rgb);
        draw(&mut Canvas::new(&mut buf, &mut scene, &theme, Glyphs { ascii: false }));
        let mut skip = 0;
        let mut out = String::new();
        for cell in buf.content() {
            if skip == 0 {
                out.push_str(cell.symbol());
                skip = cell.symbol().width();
            }
            skip -= 1;
        }
        out
    }

    #[test]
    fn text_stays_inside_its_part() {
        let part = Rect::new(2, 0, 4, 1);
        assert_eq!(
            drawn(8, |c| {
                c.inside(part).text(0, 0, "abcdefgh", Token::Text);
            }),
            "  cdef  "
        );
        assert_eq!(
            drawn(4, |c| {
                c.text(0, 0, "a\u{7}b\u{301}\nc", Token::Text);
            }),
            "abc "
        );
        assert_eq!(
            drawn(4, |c| {
                c.text(0, 5, "abc", Token::Text);
            }),
            "    "
        );
    }

    #[test]
    fn wide_characters_are_whole_or_absent() {
        assert_eq!(
            drawn(3, |c| {
                c.text(0, 0, "日本", Token::Text);
            }),
            "日 "
        );
        let over = |c: &mut Canvas| {
            c.text(0, 0, "日本", Token::Text);
            c.text(1, 0, "|", Token::Text);
        };
        assert_eq!(drawn(4, over), " |本");
    }

    #[test]
    fn the_topmost_is_hit() {
        let mut scene = Scene::default();
        let all = Rect::new(0, 0, 9, 9);
        scene.hits.push((all, Hit::Body(WinId(1))));
        scene.hits.push((Rect::new(2, 2, 3, 3), Hit::Body(WinId(2))));
        assert_eq!(scene.at(3, 3), Some(Hit::Body(WinId(2))));
        assert_eq!(scene.at(8, 8), Some(Hit::Body(WinId(1))));
        assert_eq!(scene.at(9, 9), None);
    }
}
