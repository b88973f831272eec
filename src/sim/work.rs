//! What a simulated Mac does on itself and in its guests: shell scripts, files, restarts, cached
//! images, words to agents. With the words that the real scripts answer with.

use super::dice::Draw;
use super::guard::Lock;
use super::look;
use super::mac::Mac;
use super::ops::{Course, Effect, Reply};
use crate::model::{Bytes, Span, Timestamp};

/// An image as the list has it.
pub(super) const IMAGE_GB: u64 = 41;
/// Words that need no more than this to be taken for plain ones.
const PLAIN: &str = " .,:_/=+-";

/// A shell script, as far as it can be told without a shell: it ends as `exit N` at its end says,
/// and says what `echo` with plain words has it say.
fn read_script(text: &str) -> (u8, String) {
    let mut words = text.trim_end().rsplit([' ', '\n', ';', '\t']);
    let last = words.next().and_then(|word| word.parse().ok());
    let status = last.filter(|_| words.next() == Some("exit")).unwrap_or(0);
    let plain = |words: &&str| words.chars().all(|c| c.is_alphanumeric() || PLAIN.contains(c));
    let echoes = text.split(['\n', ';']).filter_map(|part| part.trim().strip_prefix("echo "));
    (status, echoes.filter(plain).map(|words| format!("\n{words}")).collect())
}

impl Mac {
    /// A script takes as long as scripts do, or as long as it may.
    pub(super) fn sh(&mut self, run: &str, timeout_s: &str, now: Timestamp) -> (Span, Reply) {
        let most = Span::from_secs(timeout_s.parse().unwrap_or(60));
        let takes = self.takes(Draw::Sh, 5_000, 60_000, now);
        let (status, said) = read_script(run);
        if takes >= most {
            let s = most.as_secs();
            let why = "it was killed, and all that it had started";
            return (most, Reply::said(1, format!("no end within {s} s: {why}{said}")));
        }
        (takes, Reply::said(i32::from(status != 0), format!("exit status {status}{said}")))
    }

    pub(super) fn copy(&self, to: &str, content: &str, mode: &str, now: Timestamp) -> Course {
        if now < self.trouble.disk_full {
            return Course::failing("base64: stdout: No space left on device".into(), 1);
        }
        let mode = u16::from_str_radix(mode, 8).unwrap_or_default();
        let same = self.files.get(to).is_some_and(|file| *file == (content.to_owned(), mode));
        if same {
            return Course::quick(Reply::said(0, format!("{to} was so already")));
        }
        let effect = Effect::Copied { to: to.into(), content: content.into(), mode };
        let reply = Reply::said(0, format!("{to} is written"));
        Course { takes: (Draw::Quick, 150, 400), effect, reply }
    }

    pub(super) fn restart(&mut self, op: &str, authrestart: bool) -> Course {
        if self.guard.restart_over(self.boot.nth) == Some(op) {
            return Course::quick(Reply::said(0, "it has restarted".into()));
        }
        if self.filevault && !authrestart {
            return Course::quick(Reply::said(
                1,
                "FileVault is on: after a restart this Mac would wait for somebody to unlock its \
                 disk. Turn FileVault off, or set `authrestart: true` for this host"
                    .into(),
            ));
        }
        if self.filevault {
            return Course::quick(Reply::said(
                1,
                "FileVault is on, and a restart past it needs the credentials of one who may \
                 unlock the disk: put a property list with Username and Password (see man \
                 fdesetup) into ~/.hostler/authrestart.plist on this host, readable by admin alone"
                    .into(),
            ));
        }
        if self.trouble.sudo_asks {
            return Course::quick(Reply::said(
                1,
                "sudo: a password is required\nlet sudo restart this Mac without a password: put \
                 `admin ALL=(root) NOPASSWD: /sbin/shutdown -r now` into \
                 /etc/sudoers.d/hostler with visudo"
                    .into(),
            ));
        }
        let nth = self.nth(Draw::Boot);
        let down = self.dice.span(Draw::Other, nth, Span::from_secs(60), Span::from_secs(180));
        let effect = Effect::Restarts { op: op.into(), down };
        let reply = Reply::said(0, "it restarts".into());
        Course { takes: (Draw::Quick, 150, 400), effect, reply }
    }

    pub(super) fn pull(&self, image: &str, now: Timestamp) -> Course {
        if !image.contains('/') {
            return if self.vms.get(image).is_some_and(|vm| vm.listed) {
                let words = format!("{image} is a VM on this host: there is nothing to pull");
                Course::quick(Reply::said(0, words))
            } else {
                Course::quick(Reply::said(
                    2,
                    format!("the specified VM \"{image}\" does not exist"),
                ))
            };
        }
        if self.images.iter().any(|cached| cached == image) {
            return Course::quick(Reply::said(0, format!("{image} is there already")));
        }
        if now < self.trouble.disk_full || self.disk_free(now) < IMAGE_GB * 1_000_000_000 {
            let words = "*** Terminating app due to uncaught exception \
                'NSFileHandleOperationException', reason: '*** -[NSConcreteFileHandle writeData:]: \
                No space left on device'";
            return Course::failing(words.into(), 134);
        }
        let reply = Reply::said(0, format!("{image} is pulled"));
        let effect = Effect::Pulled { image: image.into() };
        Course { takes: (Draw::Pull, 180_000, 480_000), effect, reply }
    }

    pub(super) fn prune(&self, keep: &str) -> Course {
        let kept =
            |image: &str| keep.lines().any(|keep| keep == image || keep == look::by_digest(image));
        let mut gone: Vec<_> = self.images.iter().filter(|image| !kept(image)).cloned().collect();
        gone.sort_unstable();
        if gone.is_empty() {
            return Course::quick(Reply::said(0, "there is no image to remove".into()));
        }
        let freed = gone.len() as u64 * IMAGE_GB;
        let words = format!("removed {}: {freed} GB freed", gone.join(", "));
        let effect = Effect::Pruned { images: gone };
        Course { takes: (Draw::Delete, 1_000, 2_000), effect, reply: Reply::said(0, words) }
    }

    pub(super) fn deregister(&self, name: &str, guest: &str, now: Timestamp) -> Course {
        let run = self.vms.get(name).filter(|vm| vm.listed).and_then(|vm| vm.run);
        let Some(run) = run else {
            return Course::quick(Reply::said(1, format!("VM \"{name}\" is not running")));
        };
        if now < run.address_at {
            let words = "Failed to connect to the VM using its control socket: connection refused, \
                is the Tart Guest Agent running?";
            return Course::failing(words.into(), 1);
        }
        let (status, said) = read_script(guest);
        let reply = match status {
            0 => Reply::default(),
            status => {
                Reply::said(1, format!("the script in the guest ended with status {status}{said}"))
            }
        };
        let effect = match status {
            0 => Effect::Retired { vm: name.into() },
            _ => Effect::Nothing,
        };
        Course { takes: (Draw::Quick, 400, 1_500), effect, reply }
    }

    /// What has become of the host's own things once such an operation has ended.
    pub(super) fn work_is_done(&mut self, lock: &Lock) {
        match &lock.effect {
            Effect::Copied { to, content, mode } => {
                self.files.insert(to.clone(), (content.clone(), *mode));
            }
            Effect::Restarts { op, down } => {
                self.guard.restart = Some((op.clone(), self.boot.nth));
                self.restart = Some((lock.ends + GOES_DOWN, *down));
            }
            Effect::Pulled { image } => self.images.push(image.clone()),
            Effect::Pruned { images } => self.images.retain(|image| !images.contains(image)),
            Effect::Retired { vm } => {
                if let Some(run) = self.vms.get_mut(vm).and_then(|vm| vm.run.as_mut()) {
                    run.work.retire();
                }
            }
            Effect::Nothing
            | Effect::Cloned { .. }
            | Effect::Stopped { .. }
            | Effect::Deleted { .. } => {}
        }
    }

    /// Bytes of all cached images.
    pub(super) fn images_size(&self) -> Bytes {
        Bytes(self.images.len() as u64 * IMAGE_GB * 1_000_000_000)
    }
}

/// So long after it was told to, a Mac goes down.
const GOES_DOWN: Span = Span::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_as_far_as_it_is_plain() {
        for (text, status, said) in [
            ("", 0, ""),
            ("exit 3\n", 3, ""),
            ("echo hello there; exit 75", 75, "\nhello there"),
            ("echo one\necho \"$two\"\necho three", 0, "\none\nthree"),
            ("exit 3\ntrue", 0, ""),
            ("noexit 4", 0, ""),
            ("exit 300", 0, ""),
        ] {
            assert_eq!(read_script(text), (status, said.to_owned()), "{text}");
        }
    }
}
