//! Bytes to a machine and back: over TCP, or through the entry point it stands behind; on a
//! stream that can be cut at any moment.
#![expect(clippy::disallowed_types, reason = "licence: sockets of the transport")]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use russh::ChannelOpenFailure;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use crate::model::SshAccess;

use super::fault::Fault;
use super::limit::Deadline;
use super::live::Live;
use super::settings::TransportSettings;

/// A stream both ways.
pub(super) trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Pipe for T {}

/// The way to one machine.
pub(super) struct Way<'a> {
    pub(super) settings: &'a TransportSettings,
    pub(super) access: &'a SshAccess,
    /// The connection to its entry point, if it has one.
    pub(super) via: Option<Arc<Live>>,
}

impl Way<'_> {
    /// `address:port`.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.access.address, self.access.port)
    }

    /// Opens it.
    pub(super) async fn open(&self, deadline: Deadline) -> Result<Box<dyn Pipe>, Fault> {
        let opened = match &self.via {
            None => deadline.before(self.direct()).await,
            Some(jump) => deadline.before(self.tunnel(jump)).await,
        };
        match (opened, &self.via) {
            (Some(opened), _) => opened,
            // The entry point may be waiting for the machine in vain, or may itself be dead.
            (None, Some(jump)) if !jump.answers(GRACE).await => {
                jump.close();
                Err(Fault::network(format!("its entry point {} does not answer", jump.name)))
            }
            (None, _) => Err(self.silent("connecting")),
        }
    }

    /// It did not answer in time.
    pub(super) fn silent(&self, doing: &str) -> Fault {
        let (name, limit) = (self.name(), self.settings.connect_timeout);
        Fault::network(format!("{name} did not answer within {limit:?} while {doing}"))
    }

    async fn direct(&self) -> Result<Box<dyn Pipe>, Fault> {
        let address = (self.access.address.as_str(), self.access.port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|why| Fault::network(format!("cannot connect to {}: {why}", self.name())))?;
        // Small packets go at once; where that cannot be set it is only slower.
        let _ = stream.set_nodelay(true);
        Ok(Box::new(stream))
    }

    async fn tunnel(&self, jump: &Arc<Live>) -> Result<Box<dyn Pipe>, Fault> {
        let (address, port) = (self.access.address.as_str(), self.access.port.into());
        let channel = jump.handle.channel_open_direct_tcpip(address, port, "127.0.0.1", 0).await;
        let channel = channel.map_err(|why| {
            let why = if let russh::Error::ChannelOpenFailure(why) = why {
                refusal(&why).to_owned()
            } else {
                jump.ending.why().unwrap_or_else(|| why.to_string())
            };
            Fault::network(format!("cannot reach {} through {}: {why}", self.name(), jump.name))
        })?;
        // All tunnels share the entry point's connection, which waits while one of them does not
        // take its bytes. The machine's own connection must therefore never wait to write while
        // it has bytes to read: a buffer larger than what it may have in flight sees to that.
        let (near, far) = tokio::io::duplex(TUNNEL);
        let keep = Arc::clone(jump);
        tokio::spawn(async move {
            let _keep = keep;
            let (mut from_us, mut to_us) = tokio::io::split(far);
            let (mut from_it, mut to_it) = tokio::io::split(channel.into_stream());
            // Whichever side ends first ends both: a machine that has fallen silent would not.
            tokio::select! {
                _ = tokio::io::copy(&mut from_us, &mut to_it) => {}
                _ = tokio::io::copy(&mut from_it, &mut to_us) => {}
            }
        });
        Ok(Box::new(near))
    }
}

fn refusal(why: &ChannelOpenFailure) -> &str {
    match why {
        ChannelOpenFailure::AdministrativelyProhibited => {
            "it does not allow forwarding (AllowTcpForwarding)"
        }
        ChannelOpenFailure::ConnectFailed => "it cannot connect there",
        ChannelOpenFailure::UnknownChannelType => "it knows no forwarding",
        ChannelOpenFailure::ResourceShortage => "it has no room for one more tunnel",
        ChannelOpenFailure::Other { reason, .. } => reason,
    }
}

/// For an entry point to say that it lives.
const GRACE: Duration = Duration::from_secs(2);
const TUNNEL: usize = 4 << 20;

/// A stream that ends in an error, at once and both ways, when it is cut.
pub(super) struct Severed {
    inner: Box<dyn Pipe>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Makes `stream` one that is cut when the guard is dropped. A peer that has fallen silent would
/// otherwise keep the stream, and whoever reads it, for ever.
pub(super) fn severed(stream: Box<dyn Pipe>) -> (Severed, CancellationToken, DropGuard) {
    let cut = CancellationToken::new();
    let severed = Severed { inner: stream, cut: Box::pin(cut.clone().cancelled_owned()) };
    (severed, cut.clone(), cut.drop_guard())
}

impl Severed {
    fn open(&mut self, cx: &mut Context<'_>) -> io::Result<&mut Box<dyn Pipe>> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(()) => {
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed by us"))
            }
            Poll::Pending => Ok(&mut self.inner),
        }
    }
}

impl AsyncRead for Severed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.open(cx) {
            Ok(inner) => Pin::new(inner).poll_read(cx, buf),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }
}

impl AsyncWrite for Severed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.open(cx) {
            Ok(inner) => Pin::new(inner).poll_write(cx, buf),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.open(cx) {
            Ok(inner) => Pin::new(inner).poll_flush(cx),
            Err(cut) => Poll::Ready(Err(cut)),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.open(cx) {
            Ok(inner) => Pin::new(inner).poll_shutdown(cx),
            // Dropping the stream is all that is left to do.
            Err(_) => Poll::Ready(Ok(())),
        }
    }
}
