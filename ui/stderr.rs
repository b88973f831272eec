//! Standard error while the screen is ours: it goes into a pipe whose last 64 KiB are kept and
//! printed afterwards, so that a line of some library cannot tear the screen.

use std::collections::VecDeque;
use std::io::{IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

/// How much is kept.
const KEPT: usize = 64 * 1024;

/// Where standard error led before.
static BEFORE: Mutex<Option<OwnedFd>> = Mutex::new(None);
static RING: Mutex<VecDeque<u8>> = Mutex::new(VecDeque::new());

/// Keeps standard error off the screen from now on. One that leads elsewhere is left alone.
pub fn keep() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if before.is_some() || !std::io::stderr().is_terminal() {
        return;
    }
    let Ok((mut from, to)) = std::io::pipe() else { return };
    let Ok(saved) = std::io::stderr().as_fd().try_clone_to_owned() else { return };
    if rustix::stdio::dup2_stderr(&to).is_err() {
        return;
    }
    *before = Some(saved);
    std::thread::spawn(move || {
        let mut chunk = [0; 1_024];
        while let Ok(n @ 1..) = from.read(&mut chunk) {
            let mut ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
            ring.extend(&chunk[..n]);
            let excess = ring.len().saturating_sub(KEPT);
            ring.drain(..excess);
        }
    });
}

/// Lets standard error lead where it did before. Waits for nobody: it runs in the panic hook.
pub fn give_back() {
    if let Ok(mut before) = BEFORE.try_lock()
        && let Some(saved) = before.take()
    {
        let _ = rustix::stdio::dup2_stderr(&saved);
    }
}

/// Prints what was kept.
pub fn spill() {
    let mut ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
    let kept: Vec<u8> = ring.drain(..).collect();
    drop(ring);
    if !kept.is_empty() {
        // It was a terminal, and one that takes nothing holds nobody up.
        super::tty::write_all(&kept);
    }
}
