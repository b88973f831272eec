//! The signals that end a controller, and the one that has it read its fleet again.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// TERM, INT and HUP, from now on.
pub(crate) struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    /// What somebody wants next.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.term.recv() => Wish::End,
            _ = self.int.recv() => Wish::End,
            _ = self.hup.recv() => Wish::Reload,
        }
    }

    /// Somebody wants an end. Where there is nothing to reload, HUP says that the terminal is gone.
    pub(crate) async fn end(&mut self) {
        self.next().await;
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    End,
    /// The fleet directory is to be read again.
    Reload,
}
