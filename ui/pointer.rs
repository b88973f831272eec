//! What the pointer does. It acts on what was drawn where it is; every function of it has a key.

use hostler::model::{Span, Timestamp};

use super::app::App;
use super::canvas::Hit;
use super::commands::{Cmd, Command};
use super::desk::{Drag, Edge, MenuMove, MenuState, Place, WinId, place};
use super::dialogs::Find;
use super::input::{Does, Mouse};
use super::keymap::Keymap;
use super::keys::Key;
use super::msg::Effect;
use super::widgets::Motion;
use super::windows::ListOp;

/// Two clicks on the same thing within this time are a double click.
const DOUBLE: Span = Span::from_millis(400);

impl App {
    pub(super) fn on_mouse(&mut self, mouse: Mouse, out: &mut Vec<Effect>) {
        let hit = self.scene.at(mouse.x, mouse.y);
        self.jump = None;
        match mouse.does {
            Does::Down => self.press(hit, mouse, out),
            Does::RightDown => self.right_press(hit, mouse),
            Does::MiddleDown => {
                if let Some(Hit::Task(id)) = hit.filter(|_| self.free()) {
                    self.desk.close(id);
                }
            }
            Does::Drag => self.drag_to(mouse.x, mouse.y),
            Does::Up => {
                self.bar = None;
                self.end_sizing(out);
                self.drop_at(mouse.x, mouse.y);
            }
            Does::WheelUp | Does::WheelDown => self.wheel(hit, mouse.does == Does::WheelDown),
        }
    }

    /// Nothing stands before the windows.
    fn free(&self) -> bool {
        !self.asks() && self.menu.is_none()
    }

    fn press(&mut self, hit: Option<Hit>, mouse: Mouse, out: &mut Vec<Effect>) {
        if self.menu.is_some() && !self.asks() {
            return self.press_in_menu(hit, out);
        }
        if !self.free() {
            return self.press_in_question(hit, out);
        }
        self.moving = false;
        let double = self.is_double(hit);
        let Some(hit) = hit else { return };
        match hit {
            Hit::Menu(n) => self.menu = Some(MenuState::new(n, None)),
            Hit::Command(cmd) => self.give_by_id(cmd, out),
            Hit::Scrub(part) => self.scrub(part, out),
            Hit::Task(id) | Hit::Body(id) => self.desk.focus(id),
            Hit::Title(id) => {
                self.desk.focus(id);
                if double {
                    self.desk.zoom(id);
                } else {
                    self.begin_drag(id, None, mouse);
                }
            }
            Hit::Zoom(id) => self.desk.zoom(id),
            Hit::Close(id) => self.desk.close(id),
            Hit::Edge(id, edge) => {
                self.desk.focus(id);
                self.begin_drag(id, Some(edge), mouse);
            }
            Hit::Row(id, row) => {
                self.desk.focus(id);
                self.press_row(row, mouse, double, out);
            }
            Hit::Bar(id, row) => self.press_bar(id, row, mouse.x),
            Hit::Cell(id, row, column) => self.press_cell(id, (row, column), double, out),
            Hit::Header(id, column) => {
                self.desk.focus(id);
                self.list(ListOp::SortBy(column));
            }
            Hit::HeaderEdge(id, column) => {
                self.desk.focus(id);
                self.begin_sizing(id, column, mouse.x);
            }
            Hit::MenuItem(_)
            | Hit::MenuGround
            | Hit::Answer(_)
            | Hit::Spot(_)
            | Hit::Found(_)
            | Hit::DialogGround => {}
        }
    }

    fn press_bar(&mut self, id: WinId, row: usize, column: u16) {
        self.desk.focus(id);
        self.list(ListOp::Select(row));
        self.bar = Some((id, column));
    }
    fn press_cell(
        &mut self,
        id: WinId,
        (row, column): (usize, usize),
        double: bool,
        out: &mut Vec<Effect>,
    ) {
        self.desk.focus(id);
        self.list(ListOp::Select(row));
        self.list(ListOp::SortBy(column));
        if double {
            self.open_row(out);
        }
    }

    /// A click beside a question does nothing: nothing behind it is meant.
    fn press_in_question(&mut self, hit: Option<Hit>, out: &mut Vec<Effect>) {
        if let (Some(prompt), Some(Hit::Answer(c))) = (&mut self.prompt, hit) {
            let to = prompt.answer(c);
            self.prompted(to, out);
        } else if let (Some(palette), Some(Hit::Found(n))) = (&self.palette, hit) {
            let to = palette.pick(&self.fleet, n);
            self.palette_gave(to, out);
        } else if let (Some(_), Some(Hit::Found(n))) = (&self.pick, hit) {
            self.pick_gave(Find::Take(n), out);
        } else if let (Some(columns), Some(Hit::Found(n))) = (&mut self.columns_box, hit) {
            let to = columns.press(n);
            self.columns_gave(to, out);
        } else if let (None, Some(dialog), Some(Hit::Spot(spot))) =
            (&self.prompt, &mut self.dialog, hit)
        {
            let to = dialog.press(spot);
            self.dialog_gave(to, out);
        }
    }

    fn press_row(&mut self, row: usize, mouse: Mouse, double: bool, out: &mut Vec<Effect>) {
        if mouse.shift {
            return self.mark_to(row);
        }
        self.list(ListOp::Select(row));
        match (mouse.ctrl, double) {
            (true, _) => self.give_by_id(Cmd::List(ListOp::Mark), out),
            (false, true) => self.open_row(out),
            (false, false) => {}
        }
    }
    /// From the row under the cursor to this one, where rows can be marked.
    fn mark_to(&mut self, row: usize) {
        let range = Command::of(Cmd::List(ListOp::Range));
        let can = range.is_some_and(|range| range.can(&self.situation()).is_ok());
        self.list(if can { ListOp::MarkTo(row) } else { ListOp::Select(row) });
    }

    /// A double click is what Enter is in that window, whatever keys somebody has chosen.
    fn open_row(&mut self, out: &mut Vec<Effect>) {
        if let Some(command) = Keymap::default().on_key(Key::ENTER, self.kind()) {
            self.give(command, out);
        }
    }
    fn give_by_id(&mut self, cmd: Cmd, out: &mut Vec<Effect>) {
        if let Some(command) = Command::of(cmd) {
            self.give(command, out);
        }
    }

    fn press_in_menu(&mut self, hit: Option<Hit>, out: &mut Vec<Effect>) {
        let Some(menu) = &mut self.menu else { return };
        if let Some(Hit::MenuItem(n)) = hit {
            menu.item = n;
            let to = menu.key(Key::ENTER);
            self.menu_gave(to, out);
        } else if let Some(Hit::Menu(n)) = hit.filter(|hit| *hit != Hit::Menu(menu.menu)) {
            *menu = MenuState::new(n, None);
        } else if hit != Some(Hit::MenuGround) {
            self.menu_gave(MenuMove::Close, out);
        }
    }

    fn right_press(&mut self, hit: Option<Hit>, mouse: Mouse) {
        if !self.free() {
            return;
        }
        if let Some(Hit::Row(id, row) | Hit::Cell(id, row, _)) = hit {
            self.desk.focus(id);
            self.list(ListOp::Select(row));
        } else if let Some(Hit::Body(id)) = hit {
            self.desk.focus(id);
        } else {
            return;
        }
        self.open_menu(Some((mouse.x, mouse.y)));
    }

    fn is_double(&mut self, hit: Option<Hit>) -> bool {
        let last: Option<(Timestamp, Hit)> = self.last_click.take();
        let Some(hit) = hit else { return false };
        let double = last.is_some_and(|(at, on)| on == hit && self.now.since(at) <= DOUBLE);
        if !double {
            self.last_click = Some((self.now, hit));
        }
        double
    }

    fn begin_drag(&mut self, id: WinId, edge: Option<Edge>, mouse: Mouse) {
        let rect = self.desk.get(id).map(|window| window.rect).filter(|_| !self.desk.compact());
        self.drag = rect.map(|rect| Drag::new(id, edge, (mouse.x, mouse.y), rect));
    }

    fn drag_to(&mut self, x: u16, y: u16) {
        if self.size_to(x) {
            return;
        }
        if let Some((win, column)) = self.bar {
            // The pointer need not stay on the bar.
            if let Some(Hit::Bar(id, row)) = self.scene.at(column, y).filter(|_| self.free())
                && id == win
            {
                self.list(ListOp::Select(row));
            }
            return;
        }
        if let Some(drag) = &mut self.drag {
            let (id, rect) = (drag.win, drag.to(x, y));
            if drag.begun {
                let rect = place::inside(self.desk.area, rect);
                self.desk.put(id, Place::Float(rect));
            }
        }
    }

    fn drop_at(&mut self, x: u16, y: u16) {
        if let Some(drag) = self.drag.take()
            && let Some(place) = drag.drop(self.desk.area, x, y)
        {
            self.desk.put(drag.win, place);
        }
    }

    /// Scrolls what is under the pointer, without focusing it.
    fn wheel(&mut self, hit: Option<Hit>, down: bool) {
        if let Some(dialog) = &mut self.dialog {
            return dialog.scroll.motion(Motion::wheel(down));
        }
        let Some(
            Hit::Body(id)
            | Hit::Row(id, _)
            | Hit::Bar(id, _)
            | Hit::Header(id, _)
            | Hit::HeaderEdge(id, _)
            | Hit::Cell(id, ..),
        ) = hit
        else {
            return;
        };
        let (fleet, asks) = (&self.fleet, self.asks());
        if let Some(window) = self.desk.get_mut(id)
            && !asks
        {
            window.view.list(fleet, ListOp::Wheel(down));
        }
    }
}
