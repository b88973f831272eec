//! What is asked before the fleet is changed: prompts, dialogs and the palette, what becomes of
//! their answers, and the orders that come of them.

use hostler::api::Moment;
use hostler::model::{Each, HoldKind, Host, HostName, JobId, PlaybookName, PoolName, ScheduleName};

use super::app::App;
use super::books;
use super::commands::{Cmd, Command};
use super::desk::Notice;
use super::dialogs::{
    Act, Find, Found, Gives, On, PaletteMove, Pick, PlanDialog, PlanMove, Prompt, PromptMove,
};
use super::msg::{Effect, Order};
use super::past::no_time;
use super::replica::Replica;
use super::text;
use super::windows::{HostView, JobView, PlaybookView, View, VmView, WinKind};

fn next_run(schedule: ScheduleName) -> (String, On) {
    (format!("the next run of {schedule}"), On::Run(schedule))
}

impl App {
    /// The hosts chosen now; a prompt is about these, however rows move behind it.
    pub(super) fn chosen_hosts(&self) -> Vec<HostName> {
        self.desk.focused().map_or(Vec::new(), |window| window.view.hosts(&self.fleet))
    }
    pub(super) fn ask_of_job(&mut self, order: fn(JobId) -> Order) {
        let job = self.desk.focused().and_then(|window| window.view.job());
        self.prompt = job.map(|job| Prompt::simple(order(job)));
    }
    pub(super) fn ask_undrain(&mut self) {
        self.prompt = Some(Prompt::simple(Order::Undrain { hosts: self.chosen_hosts() }));
    }
    fn chosen_schedule(&self) -> Option<ScheduleName> {
        self.desk.focused().and_then(|window| window.view.schedule().cloned())
    }
    pub(super) fn ask_of_schedule(&mut self, order: fn(ScheduleName) -> Order) {
        self.prompt = self.chosen_schedule().map(|schedule| Prompt::simple(order(schedule)));
    }
    /// Asks to suspend it, or to resume one that somebody has suspended.
    pub(super) fn ask_hold(&mut self) {
        let Some(schedule) = self.chosen_schedule() else { return };
        let known = self.fleet.world().and_then(|world| world.schedules.get(&schedule));
        let suspended = known.is_some_and(|known| known.suspended.is_some());
        self.prompt = Some(match suspended {
            true => Prompt::simple(Order::ResumeSchedule { schedule }),
            false => Prompt::suspend(schedule),
        });
    }
    pub(super) fn ask_plan(&mut self, act: Act) {
        self.dialog = Some(PlanDialog::new(act, self.chosen_hosts()));
    }

    /// How the shell on a host ended, or where a report is.
    pub(super) fn outside(&mut self, ended: Result<String, String>) {
        self.notice = Some(match ended {
            Ok(said) => Notice::result(said, self.now),
            Err(why) => Notice::failure(why),
        });
    }
    pub(super) fn ask_console(&mut self) {
        self.prompt = self.chosen_hosts().pop().map(Prompt::console);
    }
    pub(super) fn ask_play(&mut self) {
        let books = self.fleet.world().into_iter().flat_map(|world| world.playbooks.values());
        let names = books.filter(|book| book.each == Each::Host).map(|book| book.name.to_string());
        let dialog = PlanDialog::about(Act::Play, self.chosen_hosts(), names.collect());
        self.dialog = Some(dialog);
    }
    /// The pool of the VM under the cursor comes first.
    pub(super) fn ask_respawn(&mut self) {
        let here = self.desk.focused().and_then(|window| window.view.pool(&self.fleet));
        let pools = self.fleet.world().into_iter().flat_map(|world| world.pools.keys());
        let mut pools: Vec<String> = pools.map(ToString::to_string).collect();
        pools.sort_by_key(|pool| here.as_ref().is_none_or(|here| here.as_str() != pool));
        self.dialog = Some(PlanDialog::about(Act::Respawn, Vec::new(), pools));
    }

    /// What the playbook in the window or under its cursor would do, or the next run of a schedule.
    /// On which hosts is chosen in the dialog.
    pub(super) fn preview(&mut self) {
        let Some(view) = self.desk.focused().map(|window| &window.view) else { return };
        let opens = view.opens(&self.fleet);
        let targets = if let View::Playbook(view) = view {
            self.targets(&view.playbook)
        } else if let Some(View::Playbook(view)) = opens {
            self.targets(&view.playbook)
        } else {
            self.chosen_schedule().map(next_run).into_iter().collect()
        };
        if !targets.is_empty() {
            self.dialog = Some(PlanDialog::preview(targets));
        }
    }
    /// On what a playbook can be looked at: what is chosen in Hosts, the runs of its schedules,
    /// the hosts of each pool, and all.
    fn targets(&self, name: &PlaybookName) -> Vec<(String, On)> {
        let Some(world) = self.fleet.world() else { return Vec::new() };
        let Some(book) = world.playbooks.get(name) else { return Vec::new() };
        let mut out = Vec::new();
        let mut put = |hosts: Vec<HostName>, of: &str| {
            if !hosts.is_empty() {
                let many = text::plural(hosts.len(), "host");
                out.push((format!("{name} on {many} {of}"), On::Hosts(name.clone(), hosts)));
            }
        };
        let chosen = self.desk.windows().iter().find(|w| w.view.kind() == WinKind::Hosts);
        if book.each == Each::Host {
            put(chosen.map_or(Vec::new(), |w| w.view.hosts(&self.fleet)), "chosen in Hosts");
            let of = |fits: &dyn Fn(&Host) -> bool| {
                let hosts = world.hosts.iter().filter(|(_, host)| host.declared && fits(host));
                hosts.map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            for (pool, known) in &world.pools {
                let hosts = of(&|host| known.spec.hosts.matches(&host.spec.labels));
                put(hosts, &format!("of pool {pool}"));
            }
            put(of(&|_| true), "of the fleet");
        } else {
            let pools = world.pools.keys();
            let pool = |pool: &PoolName| {
                (format!("{name} of pool {pool}"), On::Pool(name.clone(), pool.clone()))
            };
            out.extend(pools.map(pool));
        }
        out.extend(books::schedules(world, name).cloned().map(next_run));
        // The schedule under the cursor comes first.
        if let Some(chosen) = self.chosen_schedule().map(On::Run) {
            out.sort_by_key(|(_, on)| *on != chosen);
        }
        out
    }

    pub(super) fn palette_gave(&mut self, to: PaletteMove, out: &mut Vec<Effect>) {
        let found = match to {
            PaletteMove::Stay => return,
            PaletteMove::Cancel => None,
            PaletteMove::Go(found) => Some(found),
        };
        self.palette = None;
        let Some(found) = found else { return };
        match found {
            Found::Command(id) => {
                if let Some(command) = Command::of(id) {
                    self.give(command, out);
                }
            }
            Found::Then(time) => match self.moment(&time) {
                Some(at) => self.travel(Moment { at: Some(at), seq: None }, out),
                None => self.notice = Some(Notice::failure(no_time(&time))),
            },
            Found::Host(host) => self.open_or_focus(View::Host(HostView::new(host))),
            Found::Vm(id) => self.open_or_focus(View::Vm(VmView::new(id))),
            Found::Job(id) => self.open_or_focus(View::Job(JobView::new(id))),
            Found::Playbook(name) => self.open_or_focus(View::Playbook(PlaybookView::new(name))),
            Found::Schedule(name) => {
                self.seek(WinKind::Schedule, |view, _| view.seek_schedule(&name))
            }
            Found::Pool(name) => {
                self.seek(WinKind::Pools, |view, fleet| view.seek_pool(fleet, &name));
            }
            Found::Preview(book, hosts) => match super::commands::can_be_told(&self.situation()) {
                Ok(()) => {
                    let many = text::plural(hosts.len(), "host");
                    let target = (format!("{book} on {many}"), On::Hosts(book, hosts));
                    self.dialog = Some(PlanDialog::preview(vec![target]));
                }
                Err(why) => self.notice = Some(Notice::failure(format!("Preview: {why}"))),
            },
            // As if chosen by hand: the same rules say when it cannot be asked for.
            Found::Act(act, hosts, about) => match self.may_change() {
                Ok(()) => self.dialog = Some(PlanDialog::about(act, hosts, about)),
                Err(why) => self.notice = Some(Notice::failure(format!("{}: {why}", act.title()))),
            },
            Found::Cordon(hosts) => match self.may_change() {
                Ok(()) => self.prompt = Some(Prompt::cordon(hosts)),
                Err(why) => self.notice = Some(Notice::failure(format!("Cordon: {why}"))),
            },
        }
    }

    /// What can be taken back is shown; a prompt asks before any of it is.
    pub(super) fn ask_undo(&mut self) {
        let now = self.time.at(self.now);
        let choices = super::undo::choices(&self.fleet, &self.setup.user, now);
        if choices.is_empty() {
            let said = format!("Undo: nothing that {} did can be taken back", self.setup.user);
            self.notice = Some(Notice::failure(said));
        } else {
            self.pick = Some(Pick::new("Undo", choices));
        }
    }
    /// What is said of an order that was carried out and can be taken back.
    pub(super) fn way_back(&self, order: &Order) -> String {
        match order {
            // A respawn has no hosts, and cannot be called off.
            Order::Submit { hosts, .. } if hosts.is_empty() => String::new(),
            Order::Cordon { .. } | Order::Submit { .. } | Order::SuspendSchedule { .. } => {
                format!("   {} takes it back", self.keymap.key_of(Cmd::Undo))
            }
            Order::Uncordon { .. }
            | Order::Undrain { .. }
            | Order::Cancel { .. }
            | Order::ResumeJob { .. }
            | Order::Retry { .. }
            | Order::RunNow { .. }
            | Order::ResumeSchedule { .. }
            | Order::SkipNext { .. } => String::new(),
        }
    }
    pub(super) fn pick_gave(&mut self, find: Find, out: &mut Vec<Effect>) {
        let taken = match find {
            Find::Stay => return,
            Find::Cancel => None,
            Find::Take(at) => self.pick.as_ref().and_then(|pick| pick.taken(at)),
        };
        self.pick = None;
        match taken {
            None => {}
            Some(Gives::Order(order)) => self.prompt = Some(Prompt::simple(order)),
            Some(Gives::Window(id)) => self.desk.focus(id),
            Some(Gives::Layout(name)) => self.lay(&name),
            Some(Gives::KeepLayout(name)) => self.keep_layout(name, out),
            Some(Gives::ForgetLayout(name)) => self.forget_layout(&name, out),
        }
    }

    fn may_change(&self) -> Result<(), &'static str> {
        super::commands::may_change(&self.situation())
    }
    /// The window of the job or playbook under the cursor; of a schedule, its row in the calendar.
    pub(super) fn show_chosen(&mut self) {
        let view = self.desk.focused().map(|window| &window.view);
        match view.and_then(View::schedule).cloned() {
            Some(name) => self.seek(WinKind::Schedule, |view, _| view.seek_schedule(&name)),
            None => self.open_thing(),
        }
    }
    pub(super) fn seek(&mut self, kind: WinKind, to: impl FnOnce(&mut View, &Replica)) {
        self.show(kind);
        if let Some(window) = self.desk.focused_mut() {
            to(&mut window.view, &self.fleet);
        }
    }

    pub(super) fn dialog_gave(&mut self, to: PlanMove, out: &mut Vec<Effect>) {
        match to {
            PlanMove::Stay => {
                let away = !self.link.is_live() || self.stale();
                self.dialog.as_mut().filter(|_| away).into_iter().for_each(PlanDialog::cut_off);
            }
            PlanMove::Cancel => self.dialog = None,
            PlanMove::Copy(text) => {
                self.put_on_clipboard("the command", text, out);
            }
            PlanMove::Give(order) => {
                let ask = self.submit(order, out);
                if let Some(dialog) = &mut self.dialog {
                    dialog.submitted = ask;
                    if ask.is_none() {
                        dialog.refused("not asked: the connection was lost".into());
                    }
                }
            }
        }
    }
    pub(super) fn ask_cordon(&mut self) {
        self.prompt = Some(Prompt::cordon(self.chosen_hosts()));
    }
    pub(super) fn ask_uncordon(&mut self) {
        let hosts = self.chosen_hosts();
        let others = self.other_holders(&hosts);
        self.prompt = Some(Prompt::uncordon(hosts, others));
    }

    /// Who else has cordoned these hosts.
    fn other_holders(&self, hosts: &[HostName]) -> Vec<String> {
        let world = self.fleet.world();
        let all = hosts.iter().filter_map(|name| world?.hosts.get(name));
        let holds = all.flat_map(|host| host.holds.values());
        let others = holds.filter(|h| h.kind == HoldKind::Cordon && h.by.who != self.setup.user);
        let mut names: Vec<String> = others.map(|hold| hold.by.who.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn prompted(&mut self, to: PromptMove, out: &mut Vec<Effect>) {
        match to {
            PromptMove::Stay => {}
            PromptMove::Cancel => self.prompt = None,
            PromptMove::Leave(host) => {
                self.prompt = None;
                out.push(Effect::Console(host));
            }
            PromptMove::Give(order) => {
                self.prompt = None;
                self.submit(order, out);
            }
        }
    }

    /// What could be asked when the prompt was opened may not be asked now.
    fn submit(&mut self, order: Order, out: &mut Vec<Effect>) -> Option<u64> {
        let now = self.situation();
        if !now.connected || now.stale || now.read_only || now.past {
            let said = format!("{}: not asked, the connection was lost", order.title());
            self.notice = Some(Notice::failure(said));
            return None;
        }
        let ask = self.next_ask;
        self.next_ask += 1;
        self.pending.extend(order.hosts().iter().cloned());
        self.notice = Some(Notice::result(format!("{}...", order.title()), self.now));
        self.asked.insert(ask, order.clone());
        out.push(Effect::Send { ask, order });
        Some(ask)
    }
}
