//! The palette: one box in which commands, hosts, VMs and jobs are found by any part of their
//! names, and in which `drain mac-0412` opens the dialog for that host.

use hostler::model::{HostName, JobId, PlaybookName, PoolName, ScheduleName, VmId};
use ratatui::layout::Rect;

use super::Act;
use super::finder::{Find, Finder};
use crate::ui::canvas::Canvas;
use crate::ui::commands::{COMMANDS, Cmd, Command, Situation};
use crate::ui::glyphs::Look;
use crate::ui::keys::Key;
use crate::ui::replica::Replica;
use crate::ui::text;
use crate::ui::theme::Token;

/// So many things are found at most: who looks for more types more.
const MOST: usize = 100;

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
    Pool(PoolName),
}

/// What a key leads to.
#[derive(Clone, PartialEq, Debug)]
pub enum PaletteMove {
    Stay,
    Cancel,
    Go(Found),
}

/// The box.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    pub finder: Finder,
}

impl Palette {
    /// Takes a key.
    pub fn key(&mut self, key: Key, fleet: &Replica) -> PaletteMove {
        match self.finder.key(key, |text| found(text, fleet).len()) {
            Find::Stay => PaletteMove::Stay,
            Find::Cancel => PaletteMove::Cancel,
            Find::Take(at) => self.pick(fleet, at),
        }
    }

    /// Chooses what was found at this place.
    pub fn pick(&self, fleet: &Replica, at: usize) -> PaletteMove {
        let found = found(&self.finder.text(), fleet).into_iter().nth(at);
        found.map_or(PaletteMove::Stay, PaletteMove::Go)
    }

    /// Draws it under the menu bar.
    pub fn draw(&self, canvas: &mut Canvas, fleet: &Replica, now: &Situation) {
        let found = found(&self.finder.text(), fleet);
        let none = (found.len(), "Nothing is called that.");
        self.finder.draw(canvas, ("Find", ":"), none, |canvas, line, n| {
            if let Some(thing) = found.get(n) {
                draw_row(canvas, line, thing, fleet, now);
            }
        });
    }
}

/// What the text means, the likeliest first.
fn found(text: &str, fleet: &Replica) -> Vec<Found> {
    let text = &text.to_lowercase();
    let mut found: Vec<(u8, Found)> = Vec::new();
    found.extend(verb(text, fleet).map(|act| (0, act)));
    let commands = COMMANDS.iter().filter(|command| command.menu.is_some());
    found.extend(
        commands
            .filter_map(|command| Some((rank(command.label, text)?, Found::Command(command.id)))),
    );
    if let Some(world) = fleet.world().filter(|_| !text.is_empty()) {
        let hosts = world.hosts.keys();
        found.extend(
            hosts.filter_map(|host| Some((rank(host.as_str(), text)?, Found::Host(host.clone())))),
        );
        found.extend(world.vms.values().filter_map(|vm| {
            let name = format!("{}-{}", vm.pool, vm.id);
            Some((rank(&name, text)? + 1, Found::Vm(vm.id)))
        }));
        found.extend(
            world.schedules.keys().filter_map(|name| {
                Some((rank(name.as_str(), text)?, Found::Schedule(name.clone())))
            }),
        );
        found.extend(
            world.playbooks.keys().filter_map(|name| {
                Some((rank(name.as_str(), text)?, Found::Playbook(name.clone())))
            }),
        );
        let pools = world.pools.keys();
        found.extend(
            pools.filter_map(|name| Some((rank(name.as_str(), text)?, Found::Pool(name.clone())))),
        );
        found.extend(world.jobs.values().filter_map(|job| {
            let name = format!("{} {}", job.title(), job.id);
            Some((rank(&name, text)? + 1, Found::Job(job.id)))
        }));
    }
    found.sort();
    found.truncate(MOST);
    found.into_iter().map(|(_, found)| found).collect()
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
        Found::Command(id) => commanded(*id, now, canvas.glyphs.more()),
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
        Found::Pool(name) => {
            let known = world.and_then(|world| world.pools.get(name));
            let image = known.map(|pool| pool.spec.image.to_string());
            declared("pool", name, image.as_ref())
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

fn commanded(id: Cmd, now: &Situation, more: &str) -> (&'static str, String, String, Token) {
    let Some(command) = Command::of(id) else {
        return ("do", String::new(), String::new(), Token::Dim);
    };
    let title = command.title(more);
    match command.can(now) {
        Ok(()) => ("do", title, now.keymap.keys(command, now.kind).join(" "), Token::Text),
        Err(why) => ("do", title, why.into(), Token::Dim),
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
