//! The dialog before hosts are emptied or VMs replaced: what was asked for, what it would do by the controller's
//! own plan, and a button that submits just that. Its hosts are those of the moment it was opened.

use std::collections::{BTreeMap, BTreeSet};

use hostler::api::Planned;
use hostler::model::{DrainAsk, HostName, HostPreview, OnDeadline, PlanAsk, Then};

use super::act::unreasoned;
use super::{Act, On};
use crate::ui::keys::{Code, Key};
use crate::ui::msg::{Answer, Order, Query};
use crate::ui::widgets::{Field, Motion, Scroll};

/// A place in the dialog that keys and clicks go to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Spot {
    /// Which playbook, or which pool.
    Subject,
    Reason,
    Deadline,
    OnDeadline,
    Force,
    Then,
    AtOnce,
    Typed,
    Copy,
    Cancel,
    Submit,
}

/// In the order of Tab.
const SPOTS: [Spot; 11] = [
    Spot::Subject,
    Spot::Reason,
    Spot::Deadline,
    Spot::OnDeadline,
    Spot::Force,
    Spot::Then,
    Spot::AtOnce,
    Spot::Typed,
    Spot::Copy,
    Spot::Cancel,
    Spot::Submit,
];

/// What a key leads to.
#[derive(Clone, PartialEq, Debug)]
pub enum PlanMove {
    Stay,
    Cancel,
    Give(Order),
    Copy(String),
}

/// The dialog.
#[derive(Clone, Debug)]
pub struct PlanDialog {
    pub act: Act,
    pub hosts: Vec<HostName>,
    /// The playbooks or pools that it may be about, and which of them it is.
    subjects: Vec<String>,
    /// What each of them stands for, where it is only looked at.
    targets: Vec<On>,
    chosen: usize,
    pub reason: Field,
    pub deadline: Field,
    pub on_deadline: OnDeadline,
    pub force: bool,
    pub then: Then,
    pub at_once: Field,
    pub typed: Field,
    pub on: Spot,
    /// What the controller planned, and for what.
    planned: Option<(PlanAsk, Planned)>,
    /// Why it planned nothing, and for what.
    failed: Option<(PlanAsk, String)>,
    /// Hosts whose plan is another than the one shown before.
    pub changed: BTreeSet<HostName>,
    pub trouble: Option<String>,
    /// The number of the order under way.
    pub submitted: Option<u64>,
    /// It was submitted before its plan had come: it goes if that is much like the one shown.
    eager: bool,
    pub scroll: Scroll,
}

/// From so many hosts on, or for so large a part of a pool, what is done is to be typed.
const MANY: usize = 20;
const SOME: usize = 5;
const PART: usize = 20;

impl PlanDialog {
    pub fn new(act: Act, hosts: Vec<HostName>) -> Self {
        Self::about(act, hosts, Vec::new())
    }
    /// One about the first of these playbooks or pools, at first.
    pub fn about(act: Act, hosts: Vec<HostName>, subjects: Vec<String>) -> Self {
        let usual = DrainAsk::new(Vec::new(), "");
        Self {
            act,
            hosts,
            subjects,
            targets: Vec::new(),
            chosen: 0,
            reason: Field::default(),
            deadline: Field::new(&usual.deadline.map_or("none".into(), |span| span.to_string())),
            on_deadline: usual.on_deadline,
            force: false,
            then: match act {
                Act::Drain | Act::Play | Act::Respawn | Act::Preview => Then::Hold,
                Act::Reboot => Then::Reboot,
                Act::Retire => Then::Retire,
            },
            at_once: Field::default(),
            typed: Field::default(),
            on: Spot::Cancel,
            planned: None,
            failed: None,
            changed: BTreeSet::new(),
            trouble: None,
            submitted: None,
            eager: false,
            scroll: Scroll::default(),
        }
    }

    /// One that only shows what would be done, on the first of these at first.
    pub fn preview(targets: Vec<(String, On)>) -> Self {
        let (subjects, targets) = targets.into_iter().unzip();
        Self { targets, ..Self::about(Act::Preview, Vec::new(), subjects) }
    }
    /// What is looked at.
    pub fn target(&self) -> Option<&On> {
        self.targets.get(self.chosen)
    }

    /// The playbook or the pool that it is about.
    pub fn subject(&self) -> &str {
        self.subjects.get(self.chosen).map_or("", String::as_str)
    }
    fn next_subject(&mut self) {
        self.chosen = (self.chosen + 1) % self.subjects.len().max(1);
    }

    /// The plan for what the fields say now.
    pub fn plan(&self) -> Option<&Planned> {
        let (ask, planned) = self.planned.as_ref()?;
        (self.ask().as_ref() == Ok(ask)).then_some(planned)
    }
    /// The last plan, for whatever it was: shown while the next one is made.
    pub fn last_plan(&self) -> Option<&Planned> {
        self.planned.as_ref().map(|(_, planned)| planned)
    }
    /// Why there is no plan for what the fields say now.
    pub fn failure(&self) -> Option<&str> {
        let (ask, why) = self.failed.as_ref()?;
        (self.ask().as_ref() == Ok(ask)).then_some(why)
    }

    /// A plan is wanted for what the fields say, once nobody types in them.
    pub fn wants(&self) -> Option<Query> {
        if self.field_of(self.on) || self.submitted.is_some() || self.failure().is_some() {
            return None;
        }
        let ask = self.ask().ok().filter(|_| self.plan().is_none())?;
        Some(Query::Plan(Box::new(ask)))
    }
    pub fn told(&mut self, query: &Query, answer: Result<Answer, String>) {
        let Query::Plan(asked) = query else { return };
        match answer {
            Ok(Answer::Plan(planned)) => {
                let shown = self.last_plan();
                let as_shown = shown.is_some_and(|shown| shown.plan.is_much_like(&planned.plan));
                if self.eager && !as_shown {
                    self.mark_changes(&planned);
                    self.eager = false;
                }
                self.planned = Some((PlanAsk::clone(asked), *planned));
            }
            // An answer to another question.
            Ok(_) => {}
            Err(why) => (self.eager, self.failed) = (false, Some((PlanAsk::clone(asked), why))),
        }
    }
    /// Submits what was submitted before its plan had come.
    pub fn go_on(&mut self) -> PlanMove {
        match self.eager && self.plan().is_some() {
            true => self.submit(),
            false => PlanMove::Stay,
        }
    }
    /// The world changed since the plan was made: nothing was done, and this would be.
    pub fn stale(&mut self, fresh: Planned) {
        self.submitted = None;
        let Ok(ask) = self.ask() else { return };
        self.mark_changes(&fresh);
        self.planned = Some((ask, fresh));
    }
    /// Another plan than the one shown: its hosts that differ are marked.
    fn mark_changes(&mut self, fresh: &Planned) {
        let old: BTreeMap<&HostName, &HostPreview> = self
            .last_plan()
            .map(|old| old.plan.hosts.iter().map(|host| (&host.host, host)).collect())
            .unwrap_or_default();
        let differs = |host: &&HostPreview| old.get(&host.host) != Some(host);
        self.changed =
            fresh.plan.hosts.iter().filter(differs).map(|host| host.host.clone()).collect();
        self.trouble =
            Some("the fleet has changed: look at what is marked, then submit again".into());
        self.on = Spot::Cancel;
    }
    /// There is nobody to submit to: what was pressed before is to be pressed again.
    pub fn cut_off(&mut self) {
        if std::mem::take(&mut self.eager) {
            self.trouble = Some("not connected: press it again when the fleet is back".into());
        }
    }
    /// The controller did not do it.
    pub fn refused(&mut self, why: String) {
        (self.submitted, self.trouble) = (None, Some(why));
    }

    /// Whether so much is disturbed that it has to be typed.
    pub fn is_large(&self) -> bool {
        if matches!(self.act, Act::Respawn | Act::Preview) {
            return false;
        }
        let part = self.last_plan().is_some_and(|planned| {
            planned.plan.pools.iter().any(|pool| pool.leaving * PART > pool.ready.max(1))
        });
        let many = self.hosts.len() > MANY || (self.hosts.len() >= SOME && part);
        many || self.force || self.act == Act::Retire
    }
    fn field_of(&self, spot: Spot) -> bool {
        match spot {
            Spot::Reason | Spot::Deadline | Spot::AtOnce | Spot::Typed => true,
            Spot::Subject
            | Spot::OnDeadline
            | Spot::Force
            | Spot::Then
            | Spot::Copy
            | Spot::Cancel
            | Spot::Submit => false,
        }
    }
    /// The field that takes text now.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self.on {
            Spot::Reason => Some(&mut self.reason),
            Spot::Deadline => Some(&mut self.deadline),
            Spot::AtOnce => Some(&mut self.at_once),
            Spot::Typed => Some(&mut self.typed),
            Spot::Subject
            | Spot::OnDeadline
            | Spot::Force
            | Spot::Then
            | Spot::Copy
            | Spot::Cancel
            | Spot::Submit => None,
        }
    }
    /// Whether there is such a place now.
    pub fn has(&self, spot: Spot) -> bool {
        match spot {
            Spot::Typed => self.is_large(),
            Spot::Then => self.act == Act::Drain,
            Spot::Subject => self.subjects.len() > 1,
            Spot::AtOnce => match self.target() {
                Some(On::Run(_)) => false,
                Some(On::Hosts(_, hosts)) => hosts.len() > 1,
                Some(On::Pool(..)) => true,
                None => self.hosts.len() > 1 || self.act == Act::Respawn,
            },
            Spot::Reason => !matches!(self.act, Act::Respawn | Act::Preview),
            Spot::Deadline | Spot::OnDeadline | Spot::Force => self.act.empties(),
            Spot::Cancel => true,
            Spot::Copy | Spot::Submit => self.act != Act::Preview,
        }
    }

    /// Takes a key. `Esc` leaves the fleet as it is.
    pub fn key(&mut self, key: Key) -> PlanMove {
        let replans = key.ctrl && key.code == Code::Char('r');
        self.eager = false;
        match key.code {
            Code::Esc => return PlanMove::Cancel,
            Code::Tab | Code::Down => self.step(true),
            Code::BackTab | Code::Up => self.step(false),
            Code::PageUp => self.scroll.motion(Motion::PageUp),
            Code::PageDown => self.scroll.motion(Motion::PageDown),
            _ if replans => (self.planned, self.failed) = (None, None),
            // Never onto the button that does it.
            Code::Enter if self.field_of(self.on) => self.on = Spot::Cancel,
            Code::Enter => return self.press(self.on),
            _ if self.field_of(self.on) => self.types(key),
            Code::Char(' ') | Code::Left | Code::Right => return self.toggled(),
            // What is typed or taken back beside the fields is the reason.
            _ if self.has(Spot::Reason)
                && (key.typed().is_some() || key.code == Code::Backspace) =>
            {
                self.on = Spot::Reason;
                self.types(key);
            }
            Code::Char(_)
            | Code::F(_)
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Home
            | Code::End => {}
        }
        PlanMove::Stay
    }

    fn types(&mut self, key: Key) {
        self.trouble = None;
        if let Some(field) = self.field() {
            field.key(key);
        }
    }

    /// Space never submits: it is too easily pressed once too often.
    fn toggled(&mut self) -> PlanMove {
        match self.on {
            Spot::Subject | Spot::OnDeadline | Spot::Force | Spot::Then => self.press(self.on),
            Spot::Reason
            | Spot::Deadline
            | Spot::AtOnce
            | Spot::Typed
            | Spot::Copy
            | Spot::Cancel
            | Spot::Submit => PlanMove::Stay,
        }
    }

    fn step(&mut self, on: bool) {
        let there: Vec<Spot> = SPOTS.into_iter().filter(|spot| self.has(*spot)).collect();
        let at = there.iter().position(|spot| *spot == self.on).unwrap_or(0);
        let by = if on { 1 } else { there.len() - 1 };
        self.on = there[(at + by) % there.len()];
        self.trouble = None;
    }

    /// Presses what is there, by Enter or by the pointer.
    pub fn press(&mut self, spot: Spot) -> PlanMove {
        self.on = spot;
        self.trouble = None;
        self.eager = false;
        match spot {
            Spot::Reason | Spot::Deadline | Spot::AtOnce | Spot::Typed => {}
            Spot::Subject => self.next_subject(),
            Spot::OnDeadline => {
                self.on_deadline = match self.on_deadline {
                    OnDeadline::Stop => OnDeadline::Abort,
                    OnDeadline::Abort => OnDeadline::Stop,
                };
            }
            Spot::Force => self.force = !self.force,
            Spot::Then => {
                self.then = match self.then {
                    Then::Hold => Then::Resume,
                    Then::Resume => Then::Reboot,
                    Then::Reboot | Then::Retire | Then::Playbook(_) => Then::Hold,
                };
            }
            Spot::Copy => return PlanMove::Copy(self.command()),
            Spot::Cancel => return PlanMove::Cancel,
            Spot::Submit => return self.submit(),
        }
        PlanMove::Stay
    }

    fn submit(&mut self) -> PlanMove {
        if self.submitted.is_some() || !self.has(Spot::Submit) {
            return PlanMove::Stay;
        }
        if let Err(bad) = self.ask() {
            self.trouble = Some(bad);
        } else if self.has(Spot::Reason) && self.reason.text().trim().is_empty() {
            (self.on, self.trouble) = (Spot::Reason, Some("a reason is needed".into()));
        } else if self.is_large() && self.typed.text().trim() != self.phrase() {
            let said = format!("type `{}` to go on", self.phrase());
            (self.on, self.trouble) = (Spot::Typed, Some(said));
        } else if let Some(planned) = self.plan() {
            let (token, title) = (planned.token.clone(), self.headline());
            (self.eager, self.trouble) = (false, None);
            return PlanMove::Give(Order::Submit { token, title, hosts: self.hosts.clone() });
        } else if let Some(why) = self.failure() {
            self.trouble = Some(why.to_string());
        } else {
            // Only of what was shown can be said that it is consented to: a reason more is no more.
            let shown = self.planned.as_ref().map(|(ask, _)| unreasoned(ask));
            self.eager = shown.is_some() && shown == self.ask().ok().as_ref().map(unreasoned);
            self.trouble = Some("the plan is still being made".into());
        }
        PlanMove::Stay
    }
}
