//! What the controller says to what was asked of it: how an order went, what a window wanted to be
//! told, that a plan is not true any more.

use hostler::api::Planned;

use super::app::App;
use super::desk::Notice;
use super::dialogs::PlanDialog;
use super::msg::{Answer, Effect, Query};
use super::notes::Level;

impl App {
    pub(super) fn on_answer(&mut self, ask: u64, result: Result<String, String>) {
        let Some(order) = self.asked.remove(&ask) else { return };
        let of_dialog = self.dialog.as_ref().is_some_and(|dialog| dialog.submitted == Some(ask));
        for host in order.hosts() {
            self.pending.remove(host);
        }
        match result {
            Ok(done) => {
                let back = self.way_back(&order);
                self.notice = Some(Notice::result(format!("{done}{back}"), self.now));
                if of_dialog {
                    self.dialog = None;
                }
            }
            Err(why) => {
                if let Some(dialog) = self.dialog.as_mut().filter(|_| of_dialog) {
                    dialog.refused(why.clone());
                }
                let said = format!("{}: {why}", order.title());
                let at = self.time.at(self.now);
                self.live().say(at, Level::Bad, said.clone());
                self.notice = Some(Notice::failure(said));
            }
        }
    }

    /// Windows that need to be told something have it asked, each thing once at a time.
    pub(super) fn ask_for_more(&mut self, out: &mut Vec<Effect>) {
        // What the controller tells is of the present.
        if !self.link.is_live() || self.past.is_some() {
            return;
        }
        self.ask_why(out);
        let wanted = self.desk.windows().iter().filter_map(|window| window.view.wants());
        let wanted = wanted.chain(self.dialog.as_ref().and_then(PlanDialog::wants));
        for query in wanted.collect::<Vec<_>>() {
            // A forecast costs seconds: the next one waits until this one is there.
            let dear = |query: &Query| matches!(query, Query::Forecast(_));
            if !(dear(&query) && self.asking.iter().any(dear)) {
                self.ask_once(query, out);
            }
        }
    }

    pub(super) fn on_told(
        &mut self,
        query: &Query,
        answer: Result<Answer, String>,
        out: &mut Vec<Effect>,
    ) {
        self.asking.retain(|asked| asked != query);
        match query {
            Query::Past(_) => return self.past_told(answer),
            Query::Before(seq) => return self.before_told(*seq, answer),
            Query::Held => return self.whys_told(answer),
            Query::Doctor(_) => return self.doctor_told(answer, out),
            Query::Plan(_)
            | Query::Forecast(_)
            | Query::WhyHost(_)
            | Query::WhyVm(_)
            | Query::Schedules(_) => {}
        }
        for window in self.desk.windows_mut() {
            window.view.told(query, answer.clone());
        }
        if let Some(dialog) = &mut self.dialog {
            dialog.told(query, answer);
            let to = dialog.go_on();
            self.dialog_gave(to, out);
        }
    }

    pub(super) fn on_stale(&mut self, ask: u64, fresh: Planned) {
        let Some(order) = self.asked.remove(&ask) else { return };
        for host in order.hosts() {
            self.pending.remove(host);
        }
        match &mut self.dialog {
            Some(dialog) if dialog.submitted == Some(ask) => dialog.stale(fresh),
            Some(_) | None => {
                let said = format!("{}: not done, the fleet has changed since", order.title());
                self.notice = Some(Notice::failure(said));
            }
        }
    }
}
