//! The operations a simulated Mac knows, by the header of their script: when each takes effect,
//! and what the real tool would have said. A command happens at its moment whether or not
//! anybody still waits for the answer.

use super::dice::Draw;
use super::exam;
use super::guard::{FULL, Lock};
use super::jobs::KilledBy;
use super::look;
use super::mac::{KERNEL_LIMIT, Mac};
use crate::model::{Bytes, GuestOs, Span, Timestamp};
use crate::transport::Header;

/// What a script said and how it ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Reply {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// What an operation changes at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    Nothing,
    Cloned {
        vm: String,
        image: String,
        os: GuestOs,
        memory: Option<Bytes>,
    },
    Stopped {
        vm: String,
    },
    Deleted {
        vm: String,
    },
    Copied {
        to: String,
        content: String,
        mode: u16,
    },
    /// It goes down, for so long.
    Restarts {
        op: String,
        down: Span,
    },
    Pulled {
        image: String,
    },
    Pruned {
        images: Vec<String>,
    },
    /// Its agent takes no new job.
    Retired {
        vm: String,
    },
}

/// A script that was begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    /// When its answer is due.
    pub ends: Timestamp,
    /// Whether it may change something: a look does not.
    pub changes: bool,
    boot: u64,
    answer: Answer,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Answer {
    Said(Reply),
    /// What a look will show is not known before it ends. With the VMs that are asked for their
    /// work.
    Look(Vec<String>),
    /// Nor what an examination will.
    Exam,
}

/// What an operation is going to do, how long it takes and what it will answer.
pub(super) struct Course {
    pub takes: (Draw, u64, u64),
    pub effect: Effect,
    pub reply: Reply,
}

/// The operations that change something.
const KNOWN: [&str; 10] = [
    "tart.clone",
    "tart.start",
    "tart.deregister",
    "tart.stop",
    "tart.delete",
    "tart.pull",
    "tart.prune",
    "mac.sh",
    "mac.copy",
    "mac.reboot",
];
/// What a shell says of a command it does not know.
const ABSENT: i32 = 127;
/// Below this `tart set` refuses.
const LEAST_MEMORY: Bytes = Bytes::gib(4);
/// With less free disk than this a clone fails.
const SCARCE: u64 = 2_000_000_000;

impl Reply {
    /// Words on standard error, and the status.
    pub(super) fn said(status: i32, mut words: String) -> Self {
        words.push('\n');
        Self { stdout: String::new(), stderr: words, status }
    }
}

impl Course {
    pub(super) fn quick(reply: Reply) -> Self {
        Self { takes: (Draw::Quick, 150, 400), effect: Effect::Nothing, reply }
    }
    pub(super) fn failing(words: String, status: i32) -> Self {
        let takes = (Draw::Refusal, 900, 1_400);
        Self { takes, effect: Effect::Nothing, reply: Reply::said(status, words) }
    }
}

/// Images of Linux are known by their reference.
fn os_of(image: &str) -> GuestOs {
    let linux = ["linux", "ubuntu", "debian", "fedora"].iter().any(|word| image.contains(word));
    if linux { GuestOs::Linux } else { GuestOs::Macos }
}

impl Mac {
    /// Begins the operation of this header.
    pub(super) fn begin(&mut self, header: &Header, now: Timestamp) -> Ticket {
        self.settle(now);
        let arg = |key: &str| header.args.get(key).map_or("", String::as_str);
        let epoch = arg("epoch").parse::<u64>();
        if header.op == "tart.look" {
            self.guard.epoch = self.guard.epoch.max(epoch.unwrap_or(0));
            let ends = now + self.takes(Draw::Look, 50, 300, now);
            let probes = arg("probes").lines().filter_map(|line| line.split_once(' '));
            let answer = Answer::Look(probes.map(|(vm, _)| vm.to_owned()).collect());
            return Ticket { ends, changes: false, boot: self.boot.nth, answer };
        }
        if header.op == "tart.doctor" {
            self.guard.epoch = self.guard.epoch.max(epoch.unwrap_or(0));
            let ends = now + self.takes(Draw::Look, 80, 500, now);
            return Ticket { ends, changes: false, boot: self.boot.nth, answer: Answer::Exam };
        }
        if header.op == "tart.log" {
            let ends = now + self.takes(Draw::Quick, 50, 150, now);
            let answer = Answer::Said(self.log_of(arg("vm")));
            return Ticket { ends, changes: false, boot: self.boot.nth, answer };
        }
        let known = KNOWN.contains(&header.op.as_str());
        let admitted = match epoch {
            _ if !known => {
                let words = format!("simulated: the operation {} is not known here", header.op);
                Err(Reply::said(ABSENT, words))
            }
            Err(_) => Err(Reply::said(1, "simulated: the epoch is not a number".into())),
            Ok(epoch) => self.guard.admit(arg("op"), epoch),
        };
        if let Err(refused) = admitted {
            self.tally.note_guard(&refused);
            let ends = now + self.takes(Draw::Quick, 150, 400, now);
            let answer = Answer::Said(refused);
            return Ticket { ends, changes: true, boot: self.boot.nth, answer };
        }
        let course = match header.op.as_str() {
            "tart.clone" => self.clone_vm(arg("vm"), arg("image"), arg("memory_mib"), now),
            "tart.start" => self.start_vm(arg("vm"), now),
            "tart.stop" => self.stop_vm(arg("vm"), arg("grace_s"), arg("timeout_s"), now),
            "tart.deregister" => self.deregister(arg("vm"), arg("guest"), now),
            "tart.pull" => self.pull(arg("image"), now),
            "tart.prune" => self.prune(arg("keep")),
            "mac.copy" => self.copy(arg("to"), arg("content"), arg("mode"), now),
            "mac.reboot" => self.restart(arg("op"), arg("authrestart") == "yes"),
            "mac.sh" => {
                let (takes, reply) = self.sh(arg("run"), arg("timeout_s"), now);
                return self.set_out(arg("op"), now + takes, Effect::Nothing, reply);
            }
            _ => self.delete_vm(arg("vm")),
        };
        let (what, low, high) = course.takes;
        let ends = now + self.takes(what, low, high, now);
        self.set_out(arg("op"), ends, course.effect, course.reply)
    }

    /// Takes the lock for what was let in.
    fn set_out(&mut self, op: &str, ends: Timestamp, effect: Effect, reply: Reply) -> Ticket {
        let answer = Answer::Said(reply.clone());
        self.guard.lock = Some(Lock { op: op.into(), ends, effect, reply });
        Ticket { ends, changes: true, boot: self.boot.nth, answer }
    }

    /// Ends what was begun; `None` when the host went down meanwhile.
    pub(super) fn end(&mut self, ticket: &Ticket, now: Timestamp) -> Option<Reply> {
        self.settle(now);
        if ticket.boot != self.boot.nth {
            return None;
        }
        Some(match &ticket.answer {
            Answer::Said(reply) => reply.clone(),
            Answer::Exam => Reply { stdout: exam::exam(self, now), ..Reply::default() },
            Answer::Look(probes) => {
                let stdout = look::look(self, probes, now);
                self.trouble.list_fails = false;
                Reply { stdout, ..Reply::default() }
            }
        })
    }

    fn clone_vm(&mut self, name: &str, image: &str, memory: &str, now: Timestamp) -> Course {
        let there = self.vms.get(name).filter(|vm| vm.listed);
        if there.is_some_and(|vm| vm.run.is_some()) {
            return Course::quick(Reply::default());
        }
        if name.is_empty() || name.contains('/') {
            return Course::failing("Error: <new-name> should be a local name".into(), 64);
        }
        let memory = memory.parse().ok().map(|mib: u64| Bytes(mib.saturating_mul(1 << 20)));
        let local = self.vms.get(image).filter(|vm| vm.listed).map(|vm| vm.os);
        let os = there.map(|vm| vm.os).or(local).unwrap_or_else(|| os_of(image));
        let effect = Effect::Cloned { vm: name.into(), image: image.into(), os, memory };
        if there.is_none() {
            self.noted.insert(name.into());
        }
        let (takes, effect) = if there.is_some() {
            ((Draw::Quick, 150, 400), effect)
        } else if local.is_none() && !image.contains('/') {
            let words = format!("the specified VM \"{image}\" does not exist");
            return Course::failing(words, 2);
        } else if now < self.trouble.disk_full || self.disk_free(now) < SCARCE {
            let words = "Error: \u{201c}disk.img\u{201d} couldn\u{2019}t be copied to \
                \u{201c}tmp\u{201d} because there isn\u{2019}t enough space.";
            return Course::failing(words.into(), 1);
        } else if local.is_some() || self.images.iter().any(|cached| cached == image) {
            ((Draw::Clone, 2_000, 5_000), effect)
        } else {
            ((Draw::Pull, 180_000, 480_000), effect)
        };
        let reply = match memory {
            Some(Bytes(asked)) if asked < LEAST_MEMORY.0 => Reply::said(
                1,
                format!(
                    "Error: LessThanMinimalResourcesError: VM should have {} bytes of memory at \
                     minimum (requested {asked})",
                    LEAST_MEMORY.0
                ),
            ),
            Some(_) | None => Reply::default(),
        };
        Course { takes, effect, reply }
    }

    fn start_vm(&mut self, name: &str, now: Timestamp) -> Course {
        let there = self.vms.get(name).filter(|vm| vm.listed);
        if there.is_some_and(|vm| vm.run.is_some()) {
            return Course::quick(Reply::default());
        }
        let counts = there.is_none_or(|vm| vm.os == GuestOs::Macos);
        if counts && self.macos_guests() >= KERNEL_LIMIT {
            self.tally.full_refusals += 1;
            let listed = self.listed_running().count();
            let all = self.vms.values().filter(|vm| vm.run.is_some()).count();
            let words = format!(
                "two macOS VMs run here already: {listed} of this user's tart, 0 more that it \
                 runs unlisted, {all} guest processes of any tool"
            );
            return Course::quick(Reply::said(FULL, words));
        }
        if there.is_none() {
            let words = format!("Error: the specified VM \"{name}\" does not exist");
            return Course::failing(words, 1);
        }
        if now < self.trouble.keychain {
            let words = "SecKeyCreateRandomKey_ios failed\nFailed to generate keypair";
            return Course::failing(words.into(), 1);
        }
        if !self.run(name, now) {
            let others: Vec<_> = self.listed_running().collect();
            let hint = match others.is_empty() {
                true => String::new(),
                false => format!(" (other running VMs: {})", others.join(", ")),
            };
            return Course::failing(format!("The number of VMs exceeds the system limit{hint}"), 1);
        }
        self.tally.starts += 1;
        // The script waits three seconds for a refusal before it believes in the start.
        let takes = (Draw::Quick, 3_050, 3_300);
        Course { takes, effect: Effect::Nothing, reply: Reply::default() }
    }

    fn stop_vm(&mut self, name: &str, grace_s: &str, timeout_s: &str, now: Timestamp) -> Course {
        let there = self.vms.get(name).filter(|vm| vm.listed);
        if there.is_none_or(|vm| vm.run.is_none()) {
            return Course::quick(Reply::default());
        }
        // What it does is lost from now on, whether it shuts down or is killed.
        self.ends_work(name, KilledBy::Stop, now);
        // At the end of its grace and of the tool's patience the guest is killed.
        let grace = grace_s.parse::<u64>().unwrap_or(0);
        let patience = timeout_s.parse::<u64>().unwrap_or(30).saturating_add(grace);
        let patience = patience.saturating_mul(1_000).max(500);
        let takes = (Draw::Stop, patience.min(2_000), patience.min(8_000));
        Course { takes, effect: Effect::Stopped { vm: name.into() }, reply: Reply::default() }
    }

    /// What the process of a VM has said: nothing while it runs, as the tool's.
    fn log_of(&self, name: &str) -> Reply {
        match self.vms.get(name) {
            None => Reply { status: 3, ..Reply::default() },
            Some(vm) if vm.run.is_some() => Reply::default(),
            Some(_) => {
                let stdout = "guest has stopped the virtual machine\n".into();
                Reply { stdout, ..Reply::default() }
            }
        }
    }

    fn delete_vm(&mut self, name: &str) -> Course {
        match self.vms.get(name).filter(|vm| vm.listed) {
            None => Course::quick(Reply::default()),
            Some(vm) if vm.run.is_some() => {
                Course::quick(Reply::said(1, format!("VM \"{name}\" is running")))
            }
            Some(_) => Course {
                takes: (Draw::Delete, 1_000, 2_000),
                effect: Effect::Deleted { vm: name.into() },
                reply: Reply::default(),
            },
        }
    }

    /// Names of running VMs in the list of our user's tool.
    pub(super) fn listed_running(&self) -> impl Iterator<Item = &str> {
        let running = self.vms.iter().filter(|(_, vm)| vm.listed && vm.run.is_some());
        running.map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Dice;
    use super::*;
    use crate::model::Span;

    const IMAGE: &str = "ghcr.io/acme/tahoe:1";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_760_000_000_000 + seconds * 1_000)
    }

    fn mac(seed: u64) -> Mac {
        Mac::new(Dice::new(seed), vec![IMAGE.into()], 0.5, at(0))
    }

    fn header(op: &str, id: &str, vm: &str, more: &[(&str, &str)]) -> Header {
        let mut args = vec![("epoch", "1"), ("op", id), ("vm", vm), ("image", IMAGE)];
        args.extend(more);
        let args = args.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Header { op: op.into(), args }
    }

    /// Carries out an operation; its reply and the moment of its end.
    fn run(mac: &mut Mac, header: &Header, now: Timestamp) -> (Reply, Timestamp) {
        let ticket = mac.begin(header, now);
        (mac.end(&ticket, ticket.ends).unwrap(), ticket.ends)
    }

    #[test]
    fn what_each_operation_answers() {
        let mut mac = mac(1);
        let mut now = at(0);
        let absent = [("image", "golden")];
        let small = [("memory_mib", "1024")];
        for (nth, (op, vm, more, status, words)) in [
            ("clone", "x", &absent[..], 2, "the specified VM \"golden\" does not exist"),
            ("clone", "a", &[], 0, ""),
            ("clone", "a", &[], 0, ""),
            ("clone", "b", &small, 1, "LessThanMinimalResources"),
            ("clone", "c", &[("image", "a")], 0, ""),
            ("start", "x", &[], 1, "Error: the specified VM \"x\" does not exist"),
            ("start", "a", &[], 0, ""),
            ("start", "a", &[], 0, ""),
            ("delete", "a", &[], 1, "VM \"a\" is running"),
            ("start", "b", &[], 0, ""),
            ("start", "c", &[], 77, "two macOS VMs run here already"),
            ("stop", "c", &[], 0, ""),
            ("stop", "x", &[], 0, ""),
            ("stop", "a", &[], 0, ""),
            ("start", "c", &[], 0, ""),
            ("delete", "a", &[], 0, ""),
            ("delete", "a", &[], 0, ""),
            ("clone", "a/b", &[], 64, "should be a local name"),
        ]
        .into_iter()
        .enumerate()
        {
            let header = header(&format!("tart.{op}"), &nth.to_string(), vm, more);
            let (reply, ends) = run(&mut mac, &header, now);
            assert_eq!(reply.status, status, "{nth} {op} {vm}: {}", reply.stderr);
            assert!(reply.stderr.contains(words), "{nth} {op} {vm}: {}", reply.stderr);
            now = ends;
        }
        let tally = mac.tally;
        assert_eq!((tally.clones, tally.starts, tally.stops, tally.deletes), (4, 3, 1, 1));
        assert_eq!((tally.most_vms, tally.third_vm_refusals), (2, 0));
        assert_eq!(mac.guard.done.len(), 18);
    }

    #[test]
    fn an_image_that_is_not_cached_is_pulled_first_and_stays() {
        let mut mac = mac(1);
        let other = [("image", "ghcr.io/acme/ubuntu:24")];
        let ticket = mac.begin(&header("tart.clone", "1", "a", &other), at(0));
        assert!(ticket.ends.since(at(0)) >= Span::from_mins(3));
        assert!(mac.end(&ticket, ticket.ends).is_some());
        assert_eq!((mac.images.len(), mac.vms["a"].os), (2, GuestOs::Linux));
        let again = mac.begin(&header("tart.clone", "2", "b", &other), ticket.ends);
        assert!(again.ends.since(ticket.ends) <= Span::from_secs(5));
    }

    #[test]
    fn durations_repeat_whatever_else_was_asked_in_between() {
        let life = |looks: usize, seed: u64| {
            let mut mac = mac(seed);
            let mut now = at(0);
            let mut took = Vec::new();
            for (nth, op) in
                ["clone", "start", "stop", "delete"].iter().cycle().take(16).enumerate()
            {
                for _ in 0..looks {
                    run(&mut mac, &header("tart.look", "", "", &[]), now);
                }
                let header = header(&format!("tart.{op}"), &nth.to_string(), "a", &[]);
                let (reply, ends) = run(&mut mac, &header, now);
                assert_eq!(reply.status, 0);
                took.push(ends.since(now));
                now = ends;
            }
            took
        };
        assert_eq!(life(0, 3), life(7, 3));
        assert_ne!(life(0, 3), life(0, 4));
        for (took, (low, high)) in life(0, 3).iter().zip([(2, 5), (3, 4), (2, 8), (1, 2)]) {
            assert!((Span::from_secs(low)..=Span::from_secs(high)).contains(took), "{took}");
        }
    }

    #[test]
    fn a_look_raises_the_epoch_and_an_older_order_is_refused() {
        let mut mac = mac(1);
        run(&mut mac, &header("tart.look", "", "", &[("epoch", "5")]), at(0));
        let (reply, _) = run(&mut mac, &header("tart.clone", "1", "a", &[]), at(1));
        assert_eq!(reply.status, 76);
        assert_eq!(reply.stderr, "this host obeys epoch 5, and this order is of epoch 1\n");
        let (reply, _) = run(&mut mac, &header("tart.clone", "1", "a", &[("epoch", "x")]), at(2));
        assert_eq!((reply.status, mac.vms.len(), mac.tally.fenced), (1, 0, 1));
    }

    #[test]
    fn a_reboot_in_the_midst_leaves_nothing_done() {
        let mut mac = mac(1);
        let ticket = mac.begin(&header("tart.clone", "1", "a", &[]), at(0));
        mac.reboot(at(1), Span::from_secs(90));
        assert!(!mac.is_up(at(90)) && mac.is_up(at(91)));
        assert_eq!(mac.end(&ticket, at(92)), None);
        assert!(mac.vms.is_empty() && mac.guard.done.is_empty());
        assert_eq!(run(&mut mac, &header("tart.clone", "1", "a", &[]), at(93)).0.status, 0);
    }

    #[test]
    fn a_leak_without_other_vms_gives_no_hint() {
        let mut mac = mac(1);
        let (_, now) = run(&mut mac, &header("tart.clone", "1", "a", &[]), at(0));
        mac.leaked = 2;
        let (reply, ends) = run(&mut mac, &header("tart.start", "2", "a", &[]), now);
        assert_eq!(reply, Reply::said(1, "The number of VMs exceeds the system limit".into()));
        assert!(ends.since(now) < Span::from_secs(2) && mac.tally.third_vm_refusals == 1);
    }
}
