//! Takes the terminal and gives it back, whatever happens: on the way out, on a panic of any
//! thread, on signals. Giving back may be done any number of times and writes mouse-off first.

use std::io::{self, IsTerminal};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::crossterm::{style, terminal};
use tokio::sync::Notify;

use super::tty::write_all;
use super::{background, stderr};

/// The terminal is ours. Nothing is written to it while it is not.
static OURS: AtomicBool = AtomicBool::new(false);
static PANICKED: AtomicBool = AtomicBool::new(false);
static PANIC: Notify = Notify::const_new();
static HOOK: Once = Once::new();

/// Alternate screen, title kept aside, no cursor, bracketed paste, focus reports.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[22;0t\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// Buttons, drags, wide coordinates; never 1003, which reports every movement.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// What `ENTER` did, undone; an unfinished drawing shown; the cursor seen.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[23;0t\x1b[?1049l";

/// The terminal, as long as it is ours.
#[derive(Debug)]
pub struct Guard {
    title: String,
}

impl Guard {
    /// Takes the terminal. The title is shown by terminals that have one.
    pub fn enter(title: &str) -> anyhow::Result<Self> {
        if !io::stdout().is_terminal() {
            anyhow::bail!(
                "the desktop needs a terminal; `hostler --help` lists commands that do not"
            );
        }
        let title = title.chars().filter(|c| !c.is_control()).collect();
        HOOK.call_once(set_hook);
        // Our themes decide about colour. With NO_COLOR set, crossterm would write empty colour
        // commands, which reset bold and reverse and so hide the selected row.
        style::force_color_output(true);
        let guard = Self { title };
        guard.take()?;
        Ok(guard)
    }

    /// Takes it again after `restore`, as when the process is continued.
    pub fn take(&self) -> anyhow::Result<()> {
        terminal::enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        stderr::keep();
        write_all(ENTER);
        write_all(format!("\x1b]0;{}\x07", self.title).as_bytes());
        write_all(MOUSE_ON);
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
        stderr::spill();
    }
}

/// Gives the terminal back. It allocates nothing and fails silently: there is nobody to tell.
pub fn restore() {
    if OURS.swap(false, Ordering::SeqCst) {
        write_all(MOUSE_OFF);
        write_all(LEAVE);
        let _ = terminal::disable_raw_mode();
        stderr::give_back();
    }
}

/// Reports of the pointer, or none: then the terminal selects text.
pub fn mouse(on: bool) {
    if ours() {
        write_all(if on { MOUSE_ON } else { MOUSE_OFF });
    }
}

/// Whether it is ours now.
pub fn ours() -> bool {
    OURS.load(Ordering::SeqCst)
}

/// Asks the terminal for the colour of its ground; the answer comes among the keys, if at all.
pub fn ask_background() -> bool {
    if ours() {
        write_all(background::QUESTION);
    }
    ours()
}

/// Waits until a thread has panicked: the terminal is no longer ours then.
pub async fn panicked() {
    while !PANICKED.load(Ordering::SeqCst) {
        PANIC.notified().await;
    }
}

fn set_hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if ours() {
            restore();
            PANICKED.store(true, Ordering::SeqCst);
            PANIC.notify_one();
        }
        before(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back_mouse_first() {
        let modes = |bytes: &[u8], end: char| -> Vec<String> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let parts = text.split("\x1b[?").filter_map(|part| part.split_once(end));
            let numbers = parts.map(|(n, _)| n.to_string());
            let mut out: Vec<_> =
                numbers.filter(|n| n.chars().all(|c| c.is_ascii_digit())).collect();
            out.sort();
            out
        };
        let taken = [modes(ENTER, 'h'), modes(MOUSE_ON, 'h')].concat();
        let given = [modes(LEAVE, 'l'), modes(MOUSE_OFF, 'l')].concat();
        assert!(taken.iter().all(|mode| given.contains(mode)), "{taken:?} {given:?}");
        assert!(!taken.contains(&"1003".to_string()), "no report of every movement");
        assert!(String::from_utf8_lossy(ENTER).contains("?25l"));
        assert!(String::from_utf8_lossy(LEAVE).contains("?25h"));
    }

    #[test]
    fn giving_back_what_was_never_taken_does_nothing() {
        restore();
        restore();
        assert!(!ours());
    }
}
