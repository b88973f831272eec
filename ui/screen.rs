//! The drawing of the whole desktop, back to front, into a buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::canvas::{Canvas, Scene};
use super::commands::{Cmd, Situation};
use super::desk::{self, Class, Names, Notice, place};
use super::past::Leap;
use super::theme::Token;
use super::windows::{Ctx, WinKind};

impl App {
    /// Draws the desktop. The buffer's size must be the one the desktop was told last.
    pub fn view(&mut self, buf: &mut Buffer) {
        self.settle();
        let now_can = self.situation();
        let (stale, unseen) = (self.stale(), self.unseen());
        let mut scene = Scene::default();
        let mut canvas = Canvas::new(buf, &mut scene, &self.theme, self.glyphs);
        if self.desk.class == Class::TooSmall {
            draw_too_small(&mut canvas);
            self.scene = scene;
            return;
        }
        let ctx = Ctx {
            fleet: &self.fleet,
            now: self.now,
            there: self.stand().map_or(self.time.at(self.now), |stand| stand.at),
            link: &self.link,
            heard: self.heard,
            heard_there: self.time.at(self.heard),
            stale,
            pending: &self.pending,
            compact: self.desk.compact(),
            glyphs: self.glyphs,
            zone: self.zone,
            settings: &self.settings,
            now_can: &now_can,
            past: self.stand(),
        };
        draw_windows(&mut self.desk, &ctx, &mut canvas);
        let names = Names {
            cluster: &self.setup.cluster,
            production: self.setup.production,
            user: &self.setup.user,
        };
        let open = self.menu.map(|menu| menu.menu);
        let titles = desk::draw_menu_bar(&ctx, &mut canvas, &names, open);
        desk::draw_taskbar(&ctx, &mut canvas, &self.desk, unseen);
        let hint = self.hint(&now_can);
        desk::draw_status(&mut canvas, hint.as_ref().or(self.notice.as_ref()), &now_can);
        self.toasts.draw(&mut canvas, self.desk.area);
        if let Some(menu) = &self.menu {
            desk::draw_menu(&mut canvas, menu, &titles, &now_can);
        }
        self.draw_boxes(&mut canvas, &now_can);
        if let Some(dialog) = &mut self.dialog {
            canvas.no_cursor();
            dialog.draw(&ctx, &mut canvas, names.cluster, names.production);
        }
        if let Some(prompt) = &self.prompt {
            canvas.no_cursor();
            prompt.draw(&mut canvas);
        }
        self.draw_last(buf, &mut scene);
        self.scene = scene;
    }

    /// The boxes in which something is found or chosen.
    fn draw_boxes(&self, canvas: &mut Canvas, now_can: &Situation) {
        if let Some(palette) = &self.palette {
            canvas.no_cursor();
            palette.draw(canvas, &self.fleet, now_can);
        }
        if let Some(pick) = &self.pick {
            canvas.no_cursor();
            pick.draw(canvas);
        }
        if let Some(columns) = &self.columns_box {
            canvas.no_cursor();
            let offers = self.desk.focused().map(|window| window.view.columns());
            columns.draw(canvas, &offers.unwrap_or_default());
        }
    }

    /// Over all else: text to be selected, or letters on what can be clicked.
    fn draw_last(&mut self, buf: &mut Buffer, scene: &mut Scene) {
        if let Some(shown) = &mut self.shown {
            let mut canvas = Canvas::new(buf, scene, &self.theme, self.glyphs);
            canvas.no_cursor();
            shown.draw(&mut canvas);
        }
        if let Some(jump) = &mut self.jump {
            jump.place(scene, self.size);
            jump.draw(&mut Canvas::new(buf, scene, &self.theme, self.glyphs));
        }
    }

    /// What the status line says instead of hints: about the menu's item, or about moving.
    fn hint(&self, now: &Situation) -> Option<Notice> {
        if self.jump.is_some() {
            let said = "Jump to: type the letters of a place   Esc ends";
            return Some(Notice::result(said, self.now));
        }
        if self.moving {
            let said = "Arrows move   Shift-arrows size   c centres   Enter ends";
            return Some(Notice::result(said, self.now));
        }
        if self.columns_box.is_some() {
            let said = "Space shows/hides   Left/Right size   Backspace as at first   Esc ends";
            return Some(Notice::result(said, self.now));
        }
        if self.dialog.is_some() {
            let said =
                "Tab next   Space choose   Enter press   PgDn more   ^R plan anew   Esc Cancel";
            return Some(Notice::result(said, self.now));
        }
        let past = self.past.as_ref().filter(|_| self.menu.is_none() && self.notice.is_none());
        if past.is_some() {
            let key = |cmd| now.keymap.key_of(cmd);
            let leap = |leap| key(Cmd::Time(leap));
            let said = format!(
                "The past:   {} {} one event   {} {} ten minutes   {} at 03:00   {} now",
                leap(Leap::Back),
                leap(Leap::On),
                leap(Leap::FarBack),
                leap(Leap::FarOn),
                key(Cmd::Find),
                leap(Leap::Leave)
            );
            return Some(Notice::result(said, self.now));
        }
        let item = self.menu.as_ref()?.chosen()?;
        let why = item.can(now).err()?;
        Some(Notice::result(format!("{}: {why}", item.label), self.now))
    }

    /// Where text goes in, after a drawing.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.scene.cursor
    }
}

/// The windows, the undermost first; where there is room for one, the one with the focus alone.
fn draw_windows(desk: &mut desk::Desk, ctx: &Ctx, canvas: &mut Canvas) {
    canvas.fill(canvas.area(), " ", Token::Desk);
    let area = desk.area;
    let last = desk.windows().len().saturating_sub(1);
    for n in desk.order() {
        if n == last || !ctx.compact {
            let window = &mut desk.windows_mut()[n];
            canvas.cover(window.rect);
            desk::draw_window(ctx, &mut canvas.inside(area), window, n == last);
        }
    }
    if desk.windows().is_empty() {
        let key = |cmd| ctx.now_can.keymap.key_of(cmd);
        let (menu, hosts) = (key(Cmd::Menu), key(Cmd::Show(WinKind::Hosts)));
        let said = format!("No window is open: {menu} is the menu, {hosts} opens Hosts");
        canvas.text(2, area.y + 1, &said, Token::Desk);
    }
}

fn draw_too_small(canvas: &mut Canvas) {
    let Rect { width, height, .. } = canvas.area();
    canvas.fill(canvas.area(), " ", Token::Text);
    let (w, h) = place::LEAST;
    // What is needed first: the rest may not fit.
    let said = format!("needs {w}x{h}, is {width}x{height}");
    canvas.text(0, 0, &said, Token::Text);
    canvas.text(0, 1, "q quits", Token::Text);
}
