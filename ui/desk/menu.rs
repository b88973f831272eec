//! The open menu: its items from the command table, greyed where a command cannot be given. The
//! themes have a menu of their own that hangs beside the first one.

use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::commands::{Cmd, Command, MENUS, Menu, Situation};
use crate::ui::keys::{Code, Key};
use crate::ui::text;
use crate::ui::theme::Token;

/// An open menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MenuState {
    pub menu: usize,
    pub item: usize,
    /// Where it hangs; none: under its title.
    pub at: Option<(u16, u16)>,
    /// The item beside which the menu of themes hangs, when that one is open.
    under: Option<usize>,
}

/// What a key or click in a menu leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MenuMove {
    Stay,
    Close,
    Give(Cmd),
}

impl MenuState {
    pub fn new(menu: usize, at: Option<(u16, u16)>) -> Self {
        Self { menu: menu % MENUS.len(), item: 0, at, under: None }
    }
    /// The menu of themes.
    pub fn themes() -> Self {
        let first = Self::new(0, None);
        let under = first.items().iter().position(|item| item.id == Cmd::Themes);
        Self { under, ..first }
    }
    /// Its items, from the top.
    pub fn items(&self) -> Vec<&'static Command> {
        match self.under {
            Some(_) => Command::of_menu(Menu::Theme).collect(),
            None => self.outer(),
        }
    }
    fn outer(&self) -> Vec<&'static Command> {
        Command::of_menu(MENUS[self.menu].0).collect()
    }
    fn on_themes(&self) -> bool {
        self.chosen().is_some_and(|item| item.id == Cmd::Themes)
    }
    /// The item the cursor is on.
    pub fn chosen(&self) -> Option<&'static Command> {
        self.items().get(self.item).copied()
    }

    /// Takes a key: arrows move, Enter gives, a letter goes to the next item that begins with it.
    pub fn key(&mut self, key: Key) -> MenuMove {
        match (key, self.under) {
            (Key::ESC | Key::LEFT, Some(item)) => *self = Self { item, under: None, ..*self },
            (Key::ENTER | Key::RIGHT, None) if self.on_themes() => {
                *self = Self { item: 0, under: Some(self.item), ..*self };
            }
            _ => return self.walk(key),
        }
        MenuMove::Stay
    }

    fn walk(&mut self, key: Key) -> MenuMove {
        let items = self.items();
        let len = items.len().max(1);
        match key {
            Key::ESC => return MenuMove::Close,
            Key::UP => self.item = (self.item + len - 1) % len,
            Key::DOWN => self.item = (self.item + 1) % len,
            Key::LEFT | Key::BACK_TAB => *self = Self::new(self.menu + MENUS.len() - 1, None),
            Key::RIGHT | Key::TAB => *self = Self::new(self.menu + 1, None),
            Key::ENTER => {
                return self.chosen().map_or(MenuMove::Close, |c| MenuMove::Give(c.id));
            }
            // Two titles may begin with one letter: again, and it is the other's turn.
            Key { code: Code::Char(c), alt: true, .. } => {
                let begins = |at: &usize| MENUS[*at].1.to_lowercase().starts_with(c);
                let mut after = (1..=MENUS.len()).map(|n| (self.menu + n) % MENUS.len());
                *self = after.find(begins).map_or(*self, |menu| Self::new(menu, None));
            }
            Key { code: Code::Char(c), ctrl: false, .. } => {
                let begins = |item: &&Command| item.label.to_lowercase().starts_with(c);
                let after = (1..=len).map(|n| (self.item + n) % len);
                let found = after.into_iter().find(|at| items.get(*at).is_some_and(begins));
                self.item = found.unwrap_or(self.item);
            }
            _ => {}
        }
        MenuMove::Stay
    }
}

/// Draws the open menu, under its title or where it hangs.
pub fn draw_menu(canvas: &mut Canvas, menu: &MenuState, titles: &[u16], now: &Situation) {
    let (x, y) = menu.at.unwrap_or((titles.get(menu.menu).copied().unwrap_or(0), 1));
    let Some(under) = menu.under else {
        draw_items(canvas, (x, y), &menu.items(), (menu.item, true), now);
        return;
    };
    let outer = draw_items(canvas, (x, y), &menu.outer(), (under, false), now);
    let beside = (outer.right().saturating_sub(1), outer.y + under as u16);
    draw_items(canvas, beside, &menu.items(), (menu.item, true), now);
}

/// Draws a list of items in its frame, and which of them is chosen; only the innermost list takes
/// clicks.
fn draw_items(
    canvas: &mut Canvas,
    (x, y): (u16, u16),
    items: &[&'static Command],
    (chosen, inner): (usize, bool),
    now: &Situation,
) -> Rect {
    let more = canvas.glyphs.more();
    let further = canvas.glyphs.further();
    let key = |item: &Command| match item.id == Cmd::Themes {
        true => further,
        false => now.keymap.first(item, now.kind),
    };
    let wide = |item: &&Command| text::width(&item.title(more)) + text::width(key(item)) + 3;
    let width = items.iter().map(wide).max().unwrap_or(10) + 4;
    let height = items.len() as u16 + 2;
    let screen = canvas.area();
    let area = Rect {
        x: x.min(screen.right().saturating_sub(width)),
        y: y.min(screen.bottom().saturating_sub(height)),
        width: width.min(screen.width),
        height: height.min(screen.height),
    };
    canvas.fill(area, " ", Token::Bar);
    canvas.frame(area, false, Token::Bar);
    canvas.hit(area, Hit::MenuGround);
    for (n, item) in items.iter().enumerate() {
        let y = area.y + 1 + n as u16;
        let line = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
        let token = match (n == chosen, item.can(now).is_ok()) {
            (true, _) => Token::BarOn,
            (false, true) => Token::Bar,
            (false, false) => Token::BarOff,
        };
        canvas.fill(line, " ", token);
        canvas.text(line.x + 1, y, &item.title(more), token);
        let key = key(item);
        canvas.text(line.right().saturating_sub(text::width(key) + 1), y, key, token);
        if inner {
            canvas.hit(line, Hit::MenuItem(n));
        }
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::ThemeName;

    #[test]
    fn keys_walk_a_menu_round() {
        let mut menu = MenuState::new(7, None);
        let last = menu.items().len() - 1;
        menu.key(Key::UP);
        assert_eq!(menu.item, last);
        menu.key(Key::DOWN);
        assert_eq!(menu.item, 0);
        menu.key(Key::char('z'));
        assert_eq!(menu.chosen().unwrap().label, "Zoom");
        assert_eq!(menu.key(Key::ENTER), MenuMove::Give(Cmd::Zoom));
        menu.key(Key::RIGHT);
        assert_eq!((menu.menu, menu.item), (8, 0));
        menu.key(Key::RIGHT);
        assert_eq!(menu.menu, 0);
        menu.key(Key::LEFT);
        assert_eq!(menu.menu, 8);
        for title in ["VM", "View", "VM"] {
            menu.key(Key { alt: true, ..Key::char('v') });
            assert_eq!(MENUS[menu.menu].1, title);
        }
        menu.key(Key { alt: true, ..Key::char('x') });
        assert_eq!(MENUS[menu.menu].1, "VM");
        assert_eq!(menu.key(Key::ESC), MenuMove::Close);
    }

    #[test]
    fn the_themes_hang_beside_the_first_menu() {
        let mut menu = MenuState::new(0, None);
        while menu.chosen().unwrap().id != Cmd::Themes {
            menu.key(Key::DOWN);
        }
        let at = menu;
        assert_eq!(menu.key(Key::ENTER), MenuMove::Stay);
        assert_eq!(menu.key(Key::DOWN), MenuMove::Stay);
        assert_eq!(menu.key(Key::ENTER), MenuMove::Give(Cmd::Theme(ThemeName::Light)));
        for back in [Key::ESC, Key::LEFT] {
            let mut inner = menu;
            assert_eq!(inner.key(back), MenuMove::Stay);
            assert_eq!(inner, at);
        }
        assert_eq!(menu.key(Key::RIGHT), MenuMove::Stay);
        assert_eq!(menu, MenuState::new(1, None));
        menu = MenuState::themes();
        assert_eq!(menu.chosen().unwrap().id, Cmd::Theme(ThemeName::Dark));
    }

    #[test]
    fn no_menu_is_empty() {
        for (n, menu) in MENUS.iter().enumerate() {
            assert!(!MenuState::new(n, None).items().is_empty(), "{menu:?}");
        }
    }
}
