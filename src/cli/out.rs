//! Words for people and programs: data to standard output, all else to standard error.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

/// Whether only what is wrong is said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// What is said when the command is interrupted; empty: nothing.
static PARTING: Mutex<String> = Mutex::new(String::new());

/// From now on this is said when the command is interrupted; nothing when it is empty.
pub(crate) fn on_interrupt(text: &str) {
    text.clone_into(&mut PARTING.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Says what is to be said when the command is interrupted.
pub(crate) fn interrupted() {
    let text = std::mem::take(&mut *PARTING.lock().unwrap_or_else(PoisonError::into_inner));
    if !text.is_empty() {
        wrong(&text);
    }
}

/// From now on only what is wrong is said.
pub(crate) fn hush() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Nobody reads our standard output any more: there is nothing left to do.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub(crate) struct Unread;

/// A line of data.
pub(crate) fn line(text: &str) -> Result<()> {
    self::text(&format!("{text}\n"))
}

/// Data as it is.
pub(crate) fn text(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Unread.into()),
        done => Ok(done?),
    }
}

/// Whether an error only says that the reader has gone: that is no failure of ours.
pub(crate) fn is_unread(error: &anyhow::Error) -> bool {
    let pipe = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        cause.is::<Unread>() || io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
    };
    error.chain().any(pipe)
}

/// A word beside the data.
pub(crate) fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        wrong(text);
    }
}

/// What is wrong.
pub(crate) fn wrong(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Asks a person; without a terminal the answer is no.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        wrong(&format!("{question} There is no terminal to ask on: say --yes."));
        return Ok(false);
    }
    Ok(matches!(answer(&format!("{question} [y/N] "))?.as_str(), "y" | "Y" | "yes"))
}

/// What a person at the terminal answers.
pub(crate) fn answer(question: &str) -> Result<String> {
    write!(stderr().lock(), "{}", super::table::clean(question))?;
    let mut answer = String::new();
    waiting(|| stdin().read_line(&mut answer))?;
    Ok(answer.trim().to_string())
}

/// Does what holds up its thread until a person has typed. Others take over what the thread was
/// to do, signals among it: nothing else would wake them.
pub(crate) fn waiting<T>(read: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(read)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_told_from_other_errors() {
        let io = |kind| anyhow::Error::from(std::io::Error::from(kind));
        assert!(is_unread(&Unread.into()) && is_unread(&io(ErrorKind::BrokenPipe)));
        let wrapped = Err::<(), _>(Unread).context("while listing").unwrap_err();
        assert!(is_unread(&wrapped));
        assert!(!is_unread(&io(ErrorKind::StorageFull)) && !is_unread(&anyhow::anyhow!("x")));
    }
}
