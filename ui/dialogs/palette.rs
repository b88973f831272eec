//! The palette: one box in which commands, hosts, VMs and jobs are found by any part of their
//! names, and in which `drain mac-0412` opens the dialog for that host.

use hostler::model::{HostName, JobId, PlaybookName, ScheduleName, VmId};
use ratatui::layout::Rect;

use super::Act;
use crate::ui::canvas::{Canvas, Hit};
use crate::ui::commands::{COMMANDS, Cmd, Command, Situation};
use crate::ui::glyphs::Look;
use crate::ui::keys::{Code, Key};
use crate::ui::replica::Replica;
use crate::ui::text;
use crate::ui::theme::Token;
use crate::ui::widgets::Field;

/// So many things are found at most: who looks for more types more.
const MOST: usize = 100;
/// As wide and as high as it gets.
const WIDEST: u16 = 76;
const HIGHEST: u16 = 18;

/// What can be found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Found {
    /// A verb over hosts, or about a playbook or pool.
    Act(Act, Vec<HostName>, Vec<String>),
    Cordon(Vec<HostName>),
    /// What a playbook would do on these hosts.
    Preview(PlaybookName, Vec<HostName>),
    /// The fleet as it was.
    Then(String),
    Command(Cmd),
    Host(HostName),
    Vm(VmId),
    Job(JobId),
    Schedule(ScheduleName),
    Playbook(PlaybookName),
}

/// What a key leads to.
#[derive(Clone, PartialEq, Debug)]
pub enum PaletteMove {
    Stay,
    Cancel,
    Go(Found),
}

/// The box, and which of what it found is chosen.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    pub field: Field,
    at: usize,
}

impl Palette {
    /// Takes a key.
    pub fn key(&mut self, key: Key, fleet: &Replica) -> PaletteMove {
        match key.code {
            Code::Esc => return PaletteMove::Cancel,
            Code::Enter => {
                let found = self.found(fleet);
                let at = self.at.min(found.len().saturating_sub(1));
                return found.into_iter().nth(at).map_or(PaletteMove::Stay, PaletteMove::Go);
            }
            Code::Up | Code::BackTab => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Tab => {
                self.at = (self.at + 1).min(self.found(fleet).len().saturating_sub(1));
            }
            _ if self.field.key(key) => self.at = 0,
            Code::Char(_)
            | Code::F(_)
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Left
            | Code::Right
            | Code::Home
            | Code::End
            | Code::PageUp
            | Code::PageDown => {}
        }
        PaletteMove::Stay
    }

    /// What the text means, the likeliest first.
    pub fn found(&self, fleet: &Replica) -> Vec<Found> {
        let text = self.field.text().trim().to_lowercase();
        let mut found: Vec<(u8, Found)> = Vec::new();
        found.extend(verb(&text, fleet).map(|act| (0, act)));
        let commands = COMMANDS.iter().filter(|command| command.menu.is_some());
        found.extend(
            commands.filter_map(|command| {
                Some((rank(command.label, &text)?, Found::Command(command.id)))
            }),
        );
        if let Some(world) = fleet.world().filter(|_| !text.is_empty()) {
            let hosts = world.hosts.keys();
            found.extend(
                hosts.filter_map(|host| {
                    Some((rank(host.as_str(), &text)?, Found::Host(host.clone())))
                }),
            );
            found.extend(world.vms.values().filter_map(|vm| {
                let name = format!("{}-{}", vm.pool, vm.id);
                Some((rank(&name, &text)? + 1, Found::Vm(vm.id)))
            }));
            found.extend(world.schedules.keys().filter_map(|name| {
                Some((rank(name.as_str(), &text)?, Found::Schedule(name.clone())))
            }));
            found.extend(world.playbooks.keys().filter_map(|name| {
                Some((rank(name.as_str(), &text)?, Found::Playbook(name.clone())))
            }));
            found.extend(world.jobs.values().filter_map(|job| {
                let name = format!("{} {}", job.title(), job.id);
                Some((rank(&name, &text)? + 1, Found::Job(job.id)))
            }));
        }
        found.sort();
        found.truncate(MOST);
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// Chooses what was clicked.
    pub fn pick(&self, fleet: &Replica, at: usize) -> PaletteMove {
        self.found(fleet).into_iter().nth(at).map_or(PaletteMove::Stay, PaletteMove::Go)
    }

    /// Draws it under the menu bar.
    pub fn draw(&self, canvas: &mut Canvas, fleet: &Replica, now: &Situation) {
        let all = canvas.area();
        canvas.hit(all, Hit::DialogGround);
        let width = WIDEST.min(all.width.saturating_sub(4));
        let height = HIGHEST.min(all.height.saturating_sub(4));
        let area = Rect { x: all.x + (all.width - width) / 2, y: all.y + 2, width, height };
        canvas.fill(area, " ", Token::Text);
        canvas.frame(area, true, Token::FrameOn);
        canvas.text(area.x + 2, area.y, " Find ", Token::TitleOn);
        let inner = Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: width.saturating_sub(2),
            height: height.saturating_sub(2),
        };
        let mut canvas = canvas.inside(inner);
        canvas.text(inner.x + 1, inner.y, ":", Token::Strong);
        let cells = inner.width.saturating_sub(4);
        self.field.draw(&mut canvas, inner.x + 3, inner.y, cells, true);
        let found = self.found(fleet);
        let rows = usize::from(inner.height.saturating_sub(1));
        let top = (self.at + 1).saturating_sub(rows);
        for (n, thing) in found.iter().enumerate().skip(top).take(rows) {
            let line = Rect { y: inner.y + 1 + (n - top) as u16, height: 1, ..inner };
            draw_row(&mut canvas, line, thing, fleet, now);
            if n == self.at {
                canvas.tint(line, Token::Sel);
            }
            canvas.hit(line, Hit::Found(n));
        }
        if found.is_empty() {
            let said = "Nothing is called that.";
            canvas.text(inner.x + 3, inner.y + 1, said, Token::Dim);
        }
    }
}

fn draw_row(canvas: &mut Canvas, line: Rect, thing: &Found, fleet: &Replica, now: &Situation) {
    let (kind, name, more, token) = words(thing, fleet, now, canvas);
    canvas.text(line.x + 1, line.y, kind, Token::Dim);
    let x = line.x + 10;
    let room = line.right().saturating_sub(x + 1);
    let end = canvas.text(x, line.y, &text::cut(&name, room, canvas.glyphs.more()), token);
    let room = line.right().saturating_sub(end + 3);
    canvas.text(end + 2, line.y, &text::cut(&more, room, canvas.glyphs.more()), Token::Dim);
}

/// The kind of thing, its name, and what stands beside it.
fn words(
    thing: &Found,
    fleet: &Replica,
    now: &Situation,
    canvas: &Canvas,
) -> (&'static str, String, String, Token) {
    let world = fleet.world();
    match thing {
        Found::Act(act, hosts, about) => {
            let name = [act.title(), &about.join(" "), &text::names(hosts, 3)].join(" ");
            verbal(name, "shows the plan first")
        }
        Found::Cordon(hosts) => verbal(format!("Cordon {}", text::names(hosts, 3)), "asks why"),
        Found::Preview(book, hosts) => {
            verbal(format!("Preview {book} on {}", text::names(hosts, 3)), "changes nothing")
        }
        Found::Then(time) => verbal(format!("The fleet at {time}"), "looks back"),
        Found::Command(id) => {
            let Some(command) = Command::of(*id) else {
                return ("do", String::new(), String::new(), Token::Dim);
            };
            let title = command.title(canvas.glyphs.more());
            match command.can(now) {
                Ok(()) => {
                    let keys = now.keymap.keys(command, now.kind);
                    ("do", title, keys.join(" "), Token::Text)
                }
                Err(why) => ("do", title, why.into(), Token::Dim),
            }
        }
        Found::Host(name) => {
            let host = world.and_then(|world| world.hosts.get(name));
            let word = host.map_or("gone", |host| host.word());
            ("host", name.to_string(), word.into(), Look::host(word).token())
        }
        Found::Vm(id) => match world.and_then(|world| world.vms.get(id)) {
            Some(vm) => {
                let more = format!("{} on {}", vm.word(), vm.host);
                ("vm", format!("{}-{id}", vm.pool), more, Look::vm(vm.word()).token())
            }
            None => ("vm", id.to_string(), "gone".into(), Token::Dim),
        },
        Found::Schedule(name) => {
            let known = world.and_then(|world| world.schedules.get(name));
            declared("schedule", name, known.map(|schedule| &schedule.spec.cron))
        }
        Found::Playbook(name) => {
            let known = world.and_then(|world| world.playbooks.get(name));
            declared("playbook", name, known.map(|book| &book.summary))
        }
        Found::Job(id) => match world.and_then(|world| world.jobs.get(id)) {
            Some(job) => {
                let more = format!("{} {id}", job.word());
                ("job", job.title(), more, Look::job(job.word()).token())
            }
            None => ("job", id.to_string(), "gone".into(), Token::Dim),
        },
    }
}

fn verbal(name: String, more: &str) -> (&'static str, String, String, Token) {
    ("do", name, more.into(), Token::Strong)
}

fn declared(
    kind: &'static str,
    name: impl std::fmt::Display,
    more: Option<&String>,
) -> (&'static str, String, String, Token) {
    (kind, name.to_string(), more.cloned().unwrap_or("gone".into()), Token::Text)
}

/// `drain mac-1 mac-2`, `run nightly-wipe mac-1`, `preview nightly-wipe mac-1`, `respawn ci`,
/// `at 03:00`: a verb and things that are all known.
fn verb(text: &str, fleet: &Replica) -> Option<Found> {
    let mut words = text.split_whitespace();
    let verb = words.next()?;
    let world = fleet.world()?;
    if verb == "at" {
        // Times are written with capitals: `2026-11-21T03:00:00Z`.
        return words.next().map(|time| Found::Then(time.to_uppercase()));
    }
    let acts = [Act::Drain, Act::Reboot, Act::Retire, Act::Play, Act::Respawn];
    let act = acts.into_iter().find(|act| act.word() == verb);
    let about = match act {
        Some(Act::Play) => vec![world.playbooks.get_key_value(words.next()?)?.0.to_string()],
        Some(Act::Respawn) => vec![world.pools.get_key_value(words.next()?)?.0.to_string()],
        Some(Act::Drain | Act::Reboot | Act::Retire | Act::Preview) | None => Vec::new(),
    };
    let book = if verb == "preview" {
        Some(world.playbooks.get_key_value(words.next()?)?.0.clone())
    } else {
        None
    };
    let known = |word: &str| world.hosts.get_key_value(word).map(|(name, _)| name.clone());
    let hosts: Vec<HostName> = words.map(known).collect::<Option<_>>()?;
    match (verb, act) {
        (_, Some(act)) if hosts.is_empty() == (act == Act::Respawn) => {
            Some(Found::Act(act, hosts, about))
        }
        ("cordon", None) if !hosts.is_empty() => Some(Found::Cordon(hosts)),
        (_, None) if !hosts.is_empty() => book.map(|book| Found::Preview(book, hosts)),
        _ => None,
    }
}

/// How well a name fits: it begins so, a word of it does, it has it somewhere; or all the words
/// that were typed.
fn rank(name: &str, text: &str) -> Option<u8> {
    let name = name.to_lowercase();
    let at = name.find(text);
    match at {
        Some(0) => Some(1),
        Some(at) if !name.as_bytes()[at - 1].is_ascii_alphanumeric() => Some(2),
        Some(_) => Some(3),
        None => text.split_whitespace().all(|word| name.contains(word)).then_some(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_so_comes_first() {
        assert_eq!(rank("Cordon", "cor"), Some(1));
        assert_eq!(rank("mac-0042", "0042"), Some(2));
        assert_eq!(rank("mac-0042", "42"), Some(3));
        assert_eq!(rank("Show in Hosts", "hosts show"), Some(4));
        assert_eq!(rank("Drain", "x"), None);
        assert_eq!(rank("é-Drain", "drain"), Some(2));
    }
}
