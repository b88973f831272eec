//! The signals that mean something to the desktop.

use anyhow::Context as _;
use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind};

use super::tty;

/// What somebody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Called {
    /// The terminal or the process is to end.
    End,
    Suspend,
    Continued,
}

/// All of them, from when it was made.
#[derive(Debug)]
pub struct Signals {
    terminate: unix::Signal,
    hangup: unix::Signal,
    interrupt: unix::Signal,
    stop: unix::Signal,
    proceed: unix::Signal,
}

impl Signals {
    pub fn listen() -> anyhow::Result<Self> {
        let raw = |signal: Signal| {
            let listening = unix::signal(SignalKind::from_raw(signal.as_raw()));
            listening.context("cannot listen for signals")
        };
        Ok(Self {
            terminate: raw(Signal::TERM)?,
            hangup: raw(Signal::HUP)?,
            interrupt: raw(Signal::INT)?,
            stop: raw(Signal::TSTP)?,
            proceed: raw(Signal::CONT)?,
        })
    }
    pub async fn next(&mut self) -> Called {
        tokio::select! {
            _ = self.terminate.recv() => Called::End,
            _ = self.hangup.recv() => Called::End,
            _ = self.interrupt.recv() => Called::End,
            _ = self.stop.recv() => Called::Suspend,
            _ = self.proceed.recv() => Called::Continued,
        }
    }
    /// The terminal or the process is to end, whoever has the keys.
    pub async fn ending(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
    /// Who waits for a terminal that takes nothing hears of no signal: this does.
    pub async fn hurry(mut self) {
        self.ending().await;
        tty::end();
    }
}
