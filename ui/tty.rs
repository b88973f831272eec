//! Bytes to the terminal. It may take none for as long as it likes, as when a laptop sleeps: whoever
//! writes waits for it, but not once the program is to end, and never for ever to give it back.

use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::stdio::stdout;
use rustix::termios::{QueueSelector, tcflush, ttyname};

/// The terminal once more, in a way that never blocks. What is set on standard output itself would
/// hold for the shell too, which shares it.
static AGAIN: OnceLock<Option<OwnedFd>> = OnceLock::new();
/// The program is to end.
static ENDS: AtomicBool = AtomicBool::new(false);

/// How long one wait for the terminal is, and after how many it has had its time.
const WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
const WAITS: usize = 20;

fn fd() -> BorrowedFd<'static> {
    let again = AGAIN.get_or_init(|| {
        let name = ttyname(stdout(), Vec::new()).ok()?;
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        open(name, flags, Mode::empty()).ok()
    });
    again.as_ref().map_or(stdout(), AsFd::as_fd)
}

/// From now on nobody waits for a terminal that takes nothing.
pub fn end() {
    ENDS.store(true, Ordering::SeqCst);
}
/// Whether the program is to end.
pub fn ends() -> bool {
    ENDS.load(Ordering::SeqCst)
}

/// Writes some of it, once the terminal takes any; an error when `gives_up` says so after a wait.
fn write(bytes: &[u8], mut gives_up: impl FnMut() -> bool) -> io::Result<usize> {
    let fd = fd();
    loop {
        match rustix::io::write(fd, bytes) {
            Ok(n) => return Ok(n),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let takes = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], Some(&WAIT));
                if !matches!(takes, Ok(1..)) && gives_up() {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Writes all of it. A terminal that takes nothing for a second loses what waits for it: what was
/// drawn matters less than what gives the terminal back.
pub fn write_all(mut bytes: &[u8]) {
    let (mut waits, mut flushed) = (0, false);
    while !bytes.is_empty() {
        let gives_up = || {
            waits += 1;
            waits >= WAITS
        };
        match write(bytes, gives_up) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == ErrorKind::TimedOut && !flushed => {
                flushed = true;
                let _ = tcflush(fd(), QueueSelector::OFlush);
            }
            Err(_) => return,
        }
    }
}

/// The terminal to draw on, without a buffer of its own; what comes while it is not `ours` goes
/// nowhere, so that the rest of a drawing cannot fall onto the shell.
#[derive(Debug)]
pub struct Tty {
    pub ours: fn() -> bool,
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.ours)() { write(bytes, ends) } else { Ok(bytes.len()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_on_a_terminal_that_is_not_ours_goes_nowhere() {
        assert_eq!(Tty { ours: || false }.write(b"x").unwrap(), 1);
    }
}
