//! What the doctor finds on the host that is chosen: asked for, and shown over the whole screen,
//! where the commands that mend it can be selected.

use hostler::model::{Check, Checkup, Verdict};

use super::app::App;
use super::desk::Notice;
use super::dialogs::Shown;
use super::msg::{Answer, Effect, Query};

impl App {
    pub(super) fn ask_doctor(&mut self, out: &mut Vec<Effect>) {
        let Some(host) = self.chosen_hosts().pop() else { return };
        self.notice = Some(Notice::result(format!("The doctor examines {host}"), self.now));
        self.ask_once(Query::Doctor(host), out);
    }

    /// Nothing is laid over a question that somebody answers meanwhile.
    pub(super) fn doctor_told(&mut self, answer: Result<Answer, String>, out: &mut Vec<Effect>) {
        let found = match answer {
            Ok(Answer::Doctor(found)) => found,
            Ok(_) => return,
            Err(why) => {
                self.notice = Some(Notice::failure(format!("Doctor: {why}")));
                return;
            }
        };
        if self.asks() {
            let said = format!("Doctor: {}; ask again to see it", head(&found));
            self.notice = Some(Notice::result(said, self.now));
            return;
        }
        self.notice = None;
        self.shown = Some(Shown::new(text(&found)));
        out.extend(self.settings.mouse.then_some(Effect::Mouse(false)));
    }
}

/// `mac-0001: 19 ok, 1 warn, 1 fail`.
fn head(found: &Checkup) -> String {
    if let Some(why) = &found.missed {
        return format!("{} was not reached: {why}", found.host);
    }
    let counts = [Verdict::Ok, Verdict::Unknown, Verdict::Warn, Verdict::Fail]
        .map(|verdict| (found.count(verdict), verdict));
    let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, verdict)| format!("{n} {verdict}"));
    format!("{}: {}", found.host, counts.collect::<Vec<_>>().join(", "))
}

/// All checks, the worst first, each with the command that mends it in a line of its own.
fn text(found: &Checkup) -> String {
    let mut checks: Vec<&Check> = found.checks.iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    let mut out = head(found);
    for Check { name, verdict, why, fix } in checks {
        out.push_str(&format!("\n{verdict:<8} {name:<14} {why}"));
        out.extend(fix.iter().map(|fix| format!("\n    {fix}")));
    }
    out
}

#[cfg(test)]
mod tests {
    use hostler::model::CheckName;

    use super::*;

    #[test]
    fn the_worst_comes_first_and_commands_stand_alone() {
        let host = "mac-0001".parse().unwrap();
        let sleep = Check::fail(CheckName::Sleep, "it sleeps").fix("sudo pmset -a sleep 0");
        let checks = vec![Check::ok(CheckName::Disk, "9 GiB"), sleep];
        let found = Checkup { host, checks, missed: None };
        assert_eq!(
            text(&found),
            "mac-0001: 1 ok, 1 fail\nfail     sleep          it sleeps\n    sudo pmset -a sleep \
             0\nok       disk           9 GiB"
        );
        let missed = Checkup::missed("mac-0001".parse().unwrap(), "no route");
        assert_eq!(text(&missed), "mac-0001 was not reached: no route");
    }
}
