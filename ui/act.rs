//! What keys and commands do. A key goes to the innermost thing that takes keys: prompt, menu,
//! moving, field; what is left is looked up in the table of commands.

use hostler::api::Moment;
use hostler::model::{HoldKind, Host};

use ratatui::layout::Rect;

use super::app::App;
use super::commands::{Cmd, Command, MENUS, Menu};
use super::desk::{Class, MenuMove, MenuState, Notice, Place, WinId, place};
use super::dialogs::{Act, Palette, Shown};
use super::jump::Jump;
use super::keys::{Code, Key};
use super::msg::{Effect, Order};
use super::settings::Choice;
use super::windows::{HelpView, JobView, Leaf, ListOp, View, WinKind};

/// How arrows move and size a window.
const ARROWS: [(Code, (i32, i32)); 4] =
    [(Code::Left, (-2, 0)), (Code::Right, (2, 0)), (Code::Up, (0, -1)), (Code::Down, (0, 1))];

/// Whether somebody has cordoned a host.
pub fn is_cordoned(host: &Host) -> bool {
    host.holds.values().any(|hold| hold.kind == HoldKind::Cordon)
}

impl App {
    pub(super) fn on_key(&mut self, key: Key, out: &mut Vec<Effect>) {
        if self.notice.as_ref().is_some_and(|notice| notice.until.is_none()) {
            self.notice = None;
        }
        let quits = key == Key::char('q') && self.desk.class == Class::TooSmall;
        if quits {
            out.push(Effect::Quit);
        } else if self.shown.is_some() {
            self.shown_key(key, out);
        } else if let Some(prompt) = &mut self.prompt {
            let to = prompt.key(key);
            self.prompted(to, out);
        } else if let Some(palette) = &mut self.palette {
            let to = palette.key(key, &self.fleet);
            self.palette_gave(to, out);
        } else if let Some(pick) = &mut self.pick {
            let find = pick.key(key);
            self.pick_gave(find, out);
        } else if let Some(columns) = &mut self.columns_box {
            let offers = self.desk.focused().map(|window| window.view.columns());
            let to = columns.key(key, &offers.unwrap_or_default());
            self.columns_gave(to, out);
        } else if let Some(dialog) = &mut self.dialog {
            let to = dialog.key(key);
            self.dialog_gave(to, out);
        } else if let Some(menu) = &mut self.menu {
            let to = menu.key(key);
            self.menu_gave(to, out);
        } else if self.jump.is_some() {
            self.jump_key(key, out);
        } else if self.moving {
            self.move_key(key);
        } else if !self.field_key(key) {
            self.command_key(key, out);
        }
    }

    pub(super) fn command_key(&mut self, key: Key, out: &mut Vec<Effect>) {
        if let Some(command) = self.keymap.on_key(key, self.kind()) {
            self.give(command, out);
        } else if let Key { code: Code::Char(c), alt: true, .. } = key {
            let begins = |(_, title): &(Menu, &str)| title.to_lowercase().starts_with(c);
            let found = MENUS.iter().position(begins);
            self.menu = found.map(|menu| MenuState::new(menu, None)).or(self.menu);
        }
    }

    /// The kind of the focused window.
    pub(super) fn kind(&self) -> Option<WinKind> {
        self.desk.focused().map(|window| window.view.kind())
    }

    /// Keys for the filter that is being typed.
    fn field_key(&mut self, key: Key) -> bool {
        let Some(window) = self.desk.focused_mut() else { return false };
        let Some(field) = window.view.field() else { return false };
        match key {
            Key::ENTER => self.list(ListOp::Accept),
            Key::ESC => self.list(ListOp::Back),
            _ if field.key(key) => self.typed(),
            _ => false,
        }
    }
    pub(super) fn typed(&mut self) -> bool {
        self.list(ListOp::Typed)
    }
    pub(super) fn list(&mut self, op: ListOp) -> bool {
        let fleet = &self.fleet;
        self.desk.focused_mut().is_some_and(|window| window.view.list(fleet, op))
    }

    pub(super) fn menu_gave(&mut self, to: MenuMove, out: &mut Vec<Effect>) {
        match to {
            MenuMove::Stay => {}
            MenuMove::Close => self.menu = None,
            MenuMove::Give(cmd) => {
                self.menu = None;
                if let Some(command) = Command::of(cmd) {
                    self.give(command, out);
                }
            }
        }
    }

    /// Gives a command, or says why it cannot be given.
    pub(super) fn give(&mut self, command: &Command, out: &mut Vec<Effect>) {
        match command.can(&self.situation()) {
            Ok(()) => self.act(command.id, out),
            Err(why) => self.notice = Some(Notice::failure(format!("{}: {why}", command.label))),
        }
    }

    fn act(&mut self, cmd: Cmd, out: &mut Vec<Effect>) {
        match cmd {
            Cmd::Time(leap) => self.leap(leap, out),
            Cmd::Then => self.fleet_then(out),
            Cmd::Themes => self.menu = Some(MenuState::themes()),
            Cmd::Theme(name) => self.choose_kept(Choice::Theme(name), out),
            Cmd::Settings => self.show_settings(),
            Cmd::Keep => self.keep(out),
            Cmd::Retry => out.push(Effect::Retry),
            Cmd::Redraw => out.push(Effect::Redraw),
            Cmd::Suspend => out.push(Effect::Suspend),
            Cmd::Quit => out.push(Effect::Quit),
            Cmd::Show(kind) => self.show(kind),
            Cmd::Nth(number) => self.show_number(number),
            Cmd::Open | Cmd::ShowVm | Cmd::PoolVms => self.open_thing(),
            Cmd::ShowJob => self.show_chosen(),
            Cmd::JobOf => self.open_job(),
            Cmd::Owner => self.show_owner(),
            Cmd::Copy => self.copy(out),
            Cmd::Find => self.palette = Some(Palette::default()),
            Cmd::Undo => self.ask_undo(),
            Cmd::Undrain => self.ask_undrain(),
            Cmd::CancelJob => self.ask_of_job(|job| Order::Cancel { job }),
            Cmd::ResumeJob => self.ask_of_job(|job| Order::ResumeJob { job }),
            Cmd::RetryJob => self.ask_of_job(|job| Order::Retry { job }),
            Cmd::Leaf(to) => self.leaf(to),
            Cmd::RunJob => self.show_job_of(),
            Cmd::RunNow => self.ask_of_schedule(|schedule| Order::RunNow { schedule }),
            Cmd::SkipNext => self.ask_of_schedule(|schedule| Order::SkipNext { schedule }),
            Cmd::HoldSchedule => self.ask_hold(),
            Cmd::Drain => self.ask_plan(Act::Drain),
            Cmd::Reboot => self.ask_plan(Act::Reboot),
            Cmd::Retire => self.ask_plan(Act::Retire),
            Cmd::Console => self.ask_console(),
            Cmd::Doctor => self.ask_doctor(out),
            Cmd::Play => self.ask_play(),
            Cmd::PreviewBook | Cmd::PreviewRun => self.preview(),
            Cmd::Respawn => self.ask_respawn(),
            Cmd::Cordon => self.ask_cordon(),
            Cmd::Uncordon => self.ask_uncordon(),
            Cmd::Columns => self.choose_columns(),
            Cmd::Jump => self.jump = Some(Jump::default()),
            Cmd::SelectText => self.select_text(out),
            Cmd::Next | Cmd::Previous => self.desk.step(cmd == Cmd::Previous),
            Cmd::Move => self.moving = true,
            Cmd::Tile => self.desk.tile(),
            Cmd::Snap(side) => self.on_focused(|app, id| app.desk.put(id, Place::Snapped(side))),
            Cmd::Pin => self.on_focused(|app, id| app.desk.pin(id)),
            Cmd::Zoom => self.on_focused(|app, id| app.desk.zoom(id)),
            Cmd::Windows => self.list_windows(),
            Cmd::Layouts => self.list_layouts(),
            Cmd::ResetLayout => self.reset_layout(out),
            Cmd::Close => self.on_focused(|app, id| app.desk.close(id)),
            Cmd::Help => self.help(),
            Cmd::Report => out.push(Effect::Report),
            Cmd::Menu => self.open_menu(None),
            Cmd::Back => self.back(),
            Cmd::List(op) => _ = self.list(op),
        }
    }

    fn on_focused(&mut self, act: impl FnOnce(&mut Self, WinId)) {
        if let Some(id) = self.desk.focused().map(|window| window.id) {
            act(self, id);
        }
    }

    /// Focuses the window of a kind, or opens it.
    pub(super) fn show(&mut self, kind: WinKind) {
        match (self.desk.of_kind(kind), View::new(kind)) {
            (Some(id), _) => self.desk.focus(id),
            (None, Some(view)) => self.open(view),
            (None, None) => {}
        }
    }
    fn show_number(&mut self, number: u8) {
        match self.desk.with_number(number) {
            Some(id) => self.desk.focus(id),
            None => self.notice = Some(Notice::failure(format!("no window has number {number}"))),
        }
    }
    pub(super) fn open(&mut self, mut view: View) {
        let everything = super::replica::Changed { all: true, ..Default::default() };
        view.refresh(&self.fleet, &everything, false);
        self.desk.open(view);
        self.use_columns();
    }

    pub(super) fn open_thing(&mut self) {
        let narrows = self.desk.focused().and_then(|window| window.view.narrows());
        if let Some((kind, filter)) = narrows {
            return self.seek(kind, |view, fleet| view.narrow(fleet, filter));
        }
        let fleet = &self.fleet;
        let Some(view) = self.desk.focused().and_then(|window| window.view.opens(fleet)) else {
            return;
        };
        self.open_or_focus(view);
    }
    fn open_job(&mut self) {
        if let Some(job) = self.desk.focused().and_then(|window| window.view.job()) {
            self.open_or_focus(View::Job(JobView::new(job)));
        }
    }
    pub(super) fn open_or_focus(&mut self, view: View) {
        let open = self.desk.windows().iter().find(|window| window.view.same(&view));
        match open.map(|window| window.id) {
            Some(id) => self.desk.focus(id),
            None => self.open(view),
        }
    }

    fn show_owner(&mut self) {
        let fleet = &self.fleet;
        let host = self.desk.focused().and_then(|window| window.view.host(fleet));
        self.show(WinKind::Hosts);
        if let (Some(host), Some(window)) = (host, self.desk.focused_mut())
            && let View::Hosts(list) = &mut window.view
        {
            list.table.seek_id(&host);
        }
    }

    fn fleet_then(&mut self, out: &mut Vec<Effect>) {
        let fleet = &self.fleet;
        let when = self.desk.focused().and_then(|window| window.view.when(fleet));
        if let Some(at) = when {
            self.travel(Moment { at: Some(at), seq: None }, out);
        }
    }

    fn leaf(&mut self, to: Leaf) {
        if let Some(View::Schedule(view)) = self.desk.focused_mut().map(|window| &mut window.view) {
            view.leaf(to);
        }
    }
    fn show_job_of(&mut self) {
        let Some(View::Schedule(view)) = self.desk.focused().map(|window| &window.view) else {
            return;
        };
        match view.job_of(&self.fleet, self.zone, self.time.at(self.now)) {
            Some(job) => self.open_or_focus(View::Job(JobView::new(job))),
            None => {
                let said = "Show its job: no run of that day has a job that is known";
                self.notice = Some(Notice::failure(said));
            }
        }
    }

    fn copy(&mut self, out: &mut Vec<Effect>) {
        let fleet = &self.fleet;
        if let Some(text) = self.desk.focused().and_then(|window| window.view.copy(fleet)) {
            let first = text.lines().next().unwrap_or("").to_string();
            self.put_on_clipboard(&first, text, out);
        }
    }
    /// Nobody tells whether the terminal took it: asked again, it is shown.
    pub(super) fn put_on_clipboard(&mut self, what: &str, text: String, out: &mut Vec<Effect>) {
        let said = format!("Copied {what}   again: shows it to be selected");
        if self.notice.as_ref().is_some_and(|notice| notice.text == said) {
            self.notice = None;
            self.shown = Some(Shown::new(text));
            out.extend(self.settings.mouse.then_some(Effect::Mouse(false)));
        } else {
            self.notice = Some(Notice::result(said, self.now));
            out.push(Effect::Copy(text));
        }
    }
    fn shown_key(&mut self, key: Key, out: &mut Vec<Effect>) {
        if self.shown.as_mut().is_some_and(|shown| shown.key(key)) {
            self.shown = None;
            out.extend(self.settings.mouse.then_some(Effect::Mouse(true)));
        }
    }

    fn help(&mut self) {
        let about = self.desk.focused().map(|window| window.view.kind());
        if about == Some(WinKind::Help) {
            return;
        }
        if let Some(id) = self.desk.of_kind(WinKind::Help) {
            self.desk.close(id);
        }
        self.open(View::Help(HelpView { about, ..HelpView::default() }));
    }

    /// Opens the menu of what the focused window shows, at the pointer or under its title.
    pub(super) fn open_menu(&mut self, at: Option<(u16, u16)>) {
        let menu = match self.kind() {
            Some(WinKind::Hosts | WinKind::Host | WinKind::Drains | WinKind::Metrics) => Menu::Host,
            Some(WinKind::Vms | WinKind::Vm | WinKind::Pools) => Menu::Vm,
            Some(WinKind::Jobs | WinKind::Job | WinKind::Playbooks | WinKind::Playbook) => {
                Menu::Job
            }
            Some(WinKind::Events | WinKind::Map) => Menu::View,
            Some(WinKind::Help) => Menu::Help,
            Some(WinKind::Settings) => Menu::System,
            Some(WinKind::Schedule) => Menu::Schedule,
            None => Menu::Fleet,
        };
        let at_menu = MENUS.iter().position(|(other, _)| *other == menu).unwrap_or(0);
        self.menu = Some(MenuState::new(at_menu, at));
    }

    /// Esc: one step back, and never any harm.
    fn back(&mut self) {
        if self.list(ListOp::Back) {
            return;
        }
        let extra = |window: &&super::desk::Window| {
            matches!(
                window.view.kind(),
                WinKind::Host
                    | WinKind::Vm
                    | WinKind::Job
                    | WinKind::Playbook
                    | WinKind::Help
                    | WinKind::Settings
            )
        };
        if let Some(id) = self.desk.focused().filter(extra).map(|window| window.id) {
            self.desk.close(id);
        }
    }

    /// Arrows move, with Shift they size, `c` centres; anything else ends it.
    fn move_key(&mut self, key: Key) {
        let area = self.desk.area;
        let Some((id, rect)) = self.desk.focused().map(|window| (window.id, window.rect)) else {
            self.moving = false;
            return;
        };
        let Some((_, by)) = ARROWS.iter().find(|(code, _)| *code == key.code) else {
            self.moving = key == Key::char('c');
            if self.moving {
                let x = area.x + (area.width - rect.width) / 2;
                let y = area.y + (area.height - rect.height) / 2;
                self.desk.put(id, Place::Float(Rect { x, y, ..rect }));
            }
            return;
        };
        let to = match key.shift {
            true => place::sized(rect, by.0, by.1),
            false => place::moved(rect, by.0, by.1),
        };
        self.desk.put(id, Place::Float(place::inside(area, to)));
    }
}
