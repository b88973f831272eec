//! Our side of an SSH connection: it lets in the one machine we know, refuses whatever that
//! machine would open towards us, and remembers what the connection ended of.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, Error};

use crate::model::Timestamp;

use super::fault::Fault;
use super::trust::Trust;

/// What a connection ended of, once it has.
#[derive(Clone, Default)]
pub(super) struct Ending(Arc<Mutex<Option<String>>>);

impl Ending {
    pub(super) fn why(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, why: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

/// Watches one connection.
pub(super) struct Door {
    pub(super) trust: Arc<Trust>,
    pub(super) now: fn() -> Timestamp,
    /// Why the machine was not let in.
    pub(super) verdict: Arc<Mutex<Option<Fault>>>,
    pub(super) ending: Ending,
}

impl Handler for Door {
    type Error = Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let verdict = self.trust.judge(shown, (self.now)()).err();
        let known = verdict.is_none();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = verdict;
        Ok(known)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.ending.note(format!("the host closed the connection: {}", info.message));
                Ok(())
            }
            DisconnectReason::Error(why) => {
                self.ending.note(if matches!(why, Error::Disconnect | Error::HUP) {
                    "the host closed the connection".into()
                } else if matches!(why, Error::KeepaliveTimeout) {
                    "the host stopped answering keepalives".into()
                } else {
                    why.to_string()
                });
                Err(why)
            }
        }
    }

    // A host runs other people's work: whatever it would open towards us is refused, by dropping
    // the reply.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }
}
