//! One script on one connection: a session is opened, `/bin/sh -s` started in it, the script fed
//! and what it says gathered until its status is known.

use russh::client::Msg;
use russh::{
    Channel, ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf, Error, Sig,
};

use super::fault::Fault;
use super::gather::{AFTERMATH, Gather};
use super::limit::{Deadline, within};
use super::live::Live;
use super::{Limit, Output, Status};

/// A shell that waits for its script: nothing of the script has been sent.
pub(super) struct Shell {
    channel: Channel<Msg>,
    stdout: Gather,
    stderr: Gather,
}

/// Why no shell was opened.
pub(super) enum Unopened {
    /// The connection had ended before: another may do.
    Stale(Fault),
    /// The host would not.
    Refused(Fault),
}

impl Shell {
    /// Opens a session and starts the shell.
    pub(super) async fn open(live: &Live, bytes: usize) -> Result<Self, Unopened> {
        let ended = |why: Error| {
            let why = live.ending.why().unwrap_or_else(|| why.to_string());
            Unopened::Stale(Fault::network(format!("{}: connection lost: {why}", live.name)))
        };
        let refused =
            |what: &str| Unopened::Refused(Fault::network(format!("{} refused {what}", live.name)));
        let channel = live.handle.channel_open_session().await.map_err(|why| {
            use ChannelOpenFailure::{ConnectFailed, ResourceShortage};
            if let Error::ChannelOpenFailure(ConnectFailed | ResourceShortage) = why {
                refused("one more session: is MaxSessions of its SSH server below ours?")
            } else if let Error::ChannelOpenFailure(_) = why {
                refused("a session")
            } else {
                ended(why)
            }
        })?;
        let mut shell = Self { channel, stdout: Gather::new(bytes), stderr: Gather::new(bytes) };
        shell.channel.exec(true, "/bin/sh -s").await.map_err(ended)?;
        loop {
            match shell.channel.wait().await {
                Some(ChannelMsg::Success) => return Ok(shell),
                Some(ChannelMsg::Failure) => return Err(refused("to start /bin/sh")),
                Some(ChannelMsg::Data { data }) => shell.stdout.take(&data),
                Some(ChannelMsg::ExtendedData { data, .. }) => shell.stderr.take(&data),
                Some(ChannelMsg::Close) => return Err(refused("to start /bin/sh")),
                None => return Err(ended(Error::Disconnect)),
                Some(_) => {}
            }
        }
    }

    /// Feeds it the script and gathers its answer. From the first poll on, the script counts as
    /// sent.
    pub(super) async fn run(mut self, text: String, limit: Limit) -> Result<Output, Silence> {
        let deadline = Deadline::after(limit.time);
        let (mut reader, writer) = self.channel.split();
        let hear = listen(&mut reader, &mut self.stdout, &mut self.stderr);
        let ended = deadline.before(async {
            tokio::select! {
                ended = hear => ended,
                () = feed(&writer, text) => None,
            }
        });
        let (status, open) = match ended.await {
            None => return Err(Silence::TimeIsUp),
            Some(None) => return Err(Silence::Ended),
            Some(Some(ended)) => ended,
        };
        if open {
            // Ours to close, since the host keeps it open; it is a courtesy and may fail.
            let _ = within(AFTERMATH, writer.close()).await;
        }
        let ((stdout, more), (stderr, more_still)) =
            (self.stdout.into_text(), self.stderr.into_text());
        Ok(Output { stdout, stderr, status, truncated: more || more_still })
    }
}

/// Why there is no status.
pub(super) enum Silence {
    TimeIsUp,
    /// The session or its connection ended without one.
    Ended,
}

/// Writes the script and its end, and then leaves the word to the listener: a session that ends
/// early says so to the listener too.
async fn feed(writer: &ChannelWriteHalf<Msg>, text: String) {
    if writer.data_bytes(text).await.is_ok() {
        let _ = writer.eof().await;
    }
    futures::future::pending::<()>().await;
}

/// Reads until the session closes. The status, and whether the session is still open.
async fn listen(
    reader: &mut ChannelReadHalf,
    stdout: &mut Gather,
    stderr: &mut Gather,
) -> Option<(Status, bool)> {
    let mut status = None;
    let mut aftermath = None;
    loop {
        let heard = match aftermath {
            None => reader.wait().await,
            Some(deadline) => match Deadline::before(deadline, reader.wait()).await {
                Some(heard) => heard,
                None => return status.map(|status| (status, true)),
            },
        };
        match heard {
            Some(ChannelMsg::Data { data }) => stdout.take(&data),
            Some(ChannelMsg::ExtendedData { data, ext: 1 }) => stderr.take(&data),
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                status = Some(Status::Exit(i32::try_from(exit_status).unwrap_or(i32::MAX)));
                aftermath = Some(Deadline::after(AFTERMATH));
            }
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                status = Some(Status::Signal(signal(&signal_name).to_owned()));
                aftermath = Some(Deadline::after(AFTERMATH));
            }
            Some(ChannelMsg::Close) | None => return status.map(|status| (status, false)),
            Some(_) => {}
        }
    }
}

fn signal(signal: &Sig) -> &str {
    match signal {
        Sig::ABRT => "ABRT",
        Sig::ALRM => "ALRM",
        Sig::FPE => "FPE",
        Sig::HUP => "HUP",
        Sig::ILL => "ILL",
        Sig::INT => "INT",
        Sig::KILL => "KILL",
        Sig::PIPE => "PIPE",
        Sig::QUIT => "QUIT",
        Sig::SEGV => "SEGV",
        Sig::TERM => "TERM",
        Sig::USR1 => "USR1",
        Sig::Custom(name) => name,
    }
}
