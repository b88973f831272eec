//! The one-line prompt before a change that can be taken back: whom it is about, a reason where
//! one is needed, and then `y`, which is never the key that asked.

use hostler::model::{HostName, ScheduleName};
use ratatui::layout::Rect;

use crate::ui::canvas::{Canvas, Hit};
use crate::ui::keys::Key;
use crate::ui::msg::Order;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Field;

/// A prompt. The hosts are those of the moment when it was opened.
#[derive(Clone, PartialEq, Debug)]
pub struct Prompt {
    verb: &'static str,
    hosts: Vec<HostName>,
    /// What is given, where nothing else is to be said.
    order: Option<Order>,
    /// The reason, where one is needed.
    field: Option<Field>,
    /// The field has the focus; else the question has.
    typing: bool,
    /// Who else has cordoned them: `a` lifts those too.
    others: Vec<String>,
    trouble: Option<&'static str>,
    /// It is about a shell on the host.
    leaves: bool,
}

/// What an answer leads to.
#[derive(Clone, PartialEq, Debug)]
pub enum PromptMove {
    Stay,
    Cancel,
    Give(Order),
    Leave(HostName),
}

impl Prompt {
    pub fn cordon(hosts: Vec<HostName>) -> Self {
        Self {
            verb: "Cordon",
            hosts,
            order: None,
            field: Some(Field::default()),
            typing: true,
            others: Vec::new(),
            trouble: None,
            leaves: false,
        }
    }
    pub fn uncordon(hosts: Vec<HostName>, others: Vec<String>) -> Self {
        let order = None;
        let (field, trouble) = (None, None);
        let verb = "Uncordon";
        Self { verb, hosts, order, field, typing: false, others, trouble, leaves: false }
    }
    /// Asks whether to give this order.
    pub fn simple(order: Order) -> Self {
        Self {
            verb: "",
            hosts: order.hosts().to_vec(),
            order: Some(order),
            field: None,
            typing: false,
            others: Vec::new(),
            trouble: None,
            leaves: false,
        }
    }
    /// Asks whether to suspend it, and why.
    pub fn suspend(schedule: ScheduleName) -> Self {
        let (reason, field) = (String::new(), Some(Field::default()));
        let order = Order::SuspendSchedule { schedule, reason };
        Self { field, typing: true, ..Self::simple(order) }
    }
    /// Asks whether to leave for a shell on this host.
    pub fn console(host: HostName) -> Self {
        Self {
            verb: "Leave for a shell on",
            hosts: vec![host],
            leaves: true,
            ..Self::uncordon(vec![], vec![])
        }
    }
    /// The field that takes text now.
    pub fn field(&mut self) -> Option<&mut Field> {
        self.field.as_mut().filter(|_| self.typing)
    }

    /// Takes a key. `Esc` leaves the fleet as it is.
    pub fn key(&mut self, key: Key) -> PromptMove {
        self.trouble = None;
        match (self.typing, key, key.typed()) {
            (_, Key::ESC, _) => return PromptMove::Cancel,
            (true, Key::ENTER | Key::TAB, _) => self.leave_field(),
            (true, _, _) => {
                if let Some(field) = &mut self.field {
                    field.key(key);
                }
            }
            (false, Key::TAB | Key::BACK_TAB, _) => self.typing = self.field.is_some(),
            (false, _, Some(c)) => return self.answer(c),
            (false, _, None) => {}
        }
        PromptMove::Stay
    }

    /// Takes an answer, typed or clicked.
    pub fn answer(&mut self, c: char) -> PromptMove {
        let reason = self.reason();
        match (c, &self.field) {
            ('n', _) => PromptMove::Cancel,
            ('y', _) if self.leaves => {
                self.hosts.first().cloned().map_or(PromptMove::Cancel, PromptMove::Leave)
            }
            ('y', Some(_)) if reason.is_empty() => {
                self.typing = true;
                self.trouble = Some("a reason is needed");
                PromptMove::Stay
            }
            ('y', Some(_)) => PromptMove::Give(match self.order.clone() {
                Some(order) => order.because(reason),
                None => Order::Cordon { hosts: self.hosts.clone(), reason },
            }),
            ('y', None) if self.order.is_some() => {
                self.order.clone().map_or(PromptMove::Stay, PromptMove::Give)
            }
            ('y', None) => {
                PromptMove::Give(Order::Uncordon { hosts: self.hosts.clone(), all: false })
            }
            ('a', None) if !self.others.is_empty() => {
                PromptMove::Give(Order::Uncordon { hosts: self.hosts.clone(), all: true })
            }
            _ => PromptMove::Stay,
        }
    }

    fn reason(&self) -> String {
        self.field.as_ref().map_or(String::new(), |field| field.text().trim().to_string())
    }
    fn leave_field(&mut self) {
        match self.reason().is_empty() {
            true => self.trouble = Some("a reason is needed"),
            false => self.typing = false,
        }
    }

    /// Draws it over the status line.
    pub fn draw(&self, canvas: &mut Canvas) {
        let area = canvas.area();
        let line = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        let mut canvas = canvas.inside(line);
        canvas.fill(line, " ", Token::Strong);
        canvas.hit(line, Hit::DialogGround);
        let answers = self.answers();
        let shut = text::width(&answers.iter().map(|(s, _)| s.as_str()).collect::<String>());
        let field = if self.field.is_some() { 8 + (line.width / 3).min(40) } else { 0 };
        let room = line.width.saturating_sub(shut + field + 2);
        let shown = usize::from(room / 12).clamp(1, 4);
        let whom = match self.hosts.len() {
            n if n <= shown => text::names(&self.hosts, shown),
            n if shown == 1 => text::plural(n, "host"),
            n => format!("{} ({})", text::plural(n, "host"), text::names(&self.hosts, shown - 1)),
        };
        let asked = match &self.order {
            Some(order) => format!("{}?", order.title()),
            None => format!("{} {whom}?", self.verb),
        };
        let asked = text::cut(&asked, room, canvas.glyphs.more());
        let mut x = canvas.text(line.x + 1, line.y, &asked, Token::Strong) + 1;
        if let Some(text) = &self.field {
            x = canvas.text(x, line.y, "reason ", Token::Text);
            text.draw(&mut canvas, x, line.y, field.saturating_sub(8), self.typing);
            x += field.saturating_sub(7);
        }
        for (text, answer) in answers {
            let start = x;
            x = canvas.text(
                x,
                line.y,
                &text,
                if answer.is_some() { Token::Button } else { Token::Warn },
            );
            if let Some(answer) = answer {
                canvas.hit(
                    Rect { x: start, y: line.y, width: x - start, height: 1 },
                    Hit::Answer(answer),
                );
            }
            x += 1;
        }
    }

    /// What can be answered now; none: only said.
    fn answers(&self) -> Vec<(String, Option<char>)> {
        if let Some(trouble) = self.trouble {
            return vec![(format!(" {trouble} "), None), (" Esc = no ".into(), Some('n'))];
        }
        let mut out = match self.typing {
            true => vec![(" Enter = on ".to_string(), None)],
            false => vec![(" y = yes ".to_string(), Some('y'))],
        };
        if !self.others.is_empty() {
            out.push((format!(" a = also {} ", text::names(&self.others, 1)), Some('a')));
        }
        out.push((" Esc = no ".into(), Some('n')));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Vec<HostName> {
        vec!["mac-1".parse().unwrap()]
    }
    fn keys(prompt: &mut Prompt, keys: &str) -> PromptMove {
        let mut last = PromptMove::Stay;
        for key in keys.split(' ') {
            last = prompt.key(key.parse().unwrap());
        }
        last
    }

    #[test]
    fn a_cordon_needs_a_reason_and_then_y() {
        let mut prompt = Prompt::cordon(hosts());
        assert_eq!(keys(&mut prompt, "Enter y"), PromptMove::Stay, "y is text while typing");
        assert_eq!(keys(&mut prompt, "^U Space Enter"), PromptMove::Stay);
        assert_eq!(prompt.trouble, Some("a reason is needed"));
        let given = keys(&mut prompt, "d i s k Enter y");
        let order = Order::Cordon { hosts: hosts(), reason: "disk".into() };
        assert_eq!(given, PromptMove::Give(order));
        assert_eq!(keys(&mut prompt, "C"), PromptMove::Stay, "the key that asked does nothing");
        assert_eq!(keys(&mut prompt, "Esc"), PromptMove::Cancel);
        assert_eq!(Prompt::cordon(hosts()).answer('y'), PromptMove::Stay);
    }

    #[test]
    fn other_peoples_cordons_go_only_when_asked_for() {
        let mut mine = Prompt::uncordon(hosts(), vec![]);
        assert_eq!(keys(&mut mine, "a"), PromptMove::Stay);
        let order = Order::Uncordon { hosts: hosts(), all: false };
        assert_eq!(keys(&mut mine, "y"), PromptMove::Give(order));
        let mut theirs = Prompt::uncordon(hosts(), vec!["bob".into()]);
        let order = Order::Uncordon { hosts: hosts(), all: true };
        assert_eq!(keys(&mut theirs, "a"), PromptMove::Give(order));
    }
}
