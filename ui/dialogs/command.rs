//! What a plan dialog asks for, as a command line.

use hostler::model::{OnDeadline, Then};

use super::{Act, PlanDialog};

impl PlanDialog {
    /// The same on the command line.
    pub fn command(&self) -> String {
        let mut words = vec!["hostler".to_string(), "host".into(), self.act.word().into()];
        words.extend(self.hosts.iter().map(ToString::to_string));
        words.extend(["--reason".into(), self.reason.text().trim().to_string()]);
        match self.deadline.text().trim() {
            "" | "none" => words.push("--no-deadline".into()),
            text => words.extend(["--deadline".into(), text.to_string()]),
        }
        if self.on_deadline == OnDeadline::Abort {
            words.extend(["--on-deadline".into(), "abort".into()]);
        }
        if self.force {
            words.push("--force".into());
        }
        let then = match &self.then {
            Then::Resume => Some("resume".to_string()),
            Then::Reboot if self.act == Act::Drain => Some("reboot".into()),
            Then::Playbook(name) => Some(format!("playbook:{name}")),
            Then::Hold | Then::Reboot | Then::Retire => None,
        };
        words.extend(then.into_iter().flat_map(|then| ["--then".to_string(), then]));
        let at_once = self.at_once.text();
        if !at_once.trim().is_empty() {
            words.extend(["--max-parallel".into(), at_once.trim().to_string()]);
        }
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
    }
}
