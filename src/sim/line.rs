//! The way between a caller and a simulated Mac, so that it can be cut or fall silent at any
//! moment, as a real network does.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// All connections of one host.
#[derive(Debug, Default)]
pub(super) struct Gate {
    silent: AtomicBool,
    lines: Mutex<Vec<Weak<Line>>>,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

/// A stream that obeys its gate and its line.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    gate: Arc<Gate>,
    line: Arc<Line>,
}

impl Gate {
    /// Puts a stream under this gate.
    pub(super) fn wire<S>(self: &Arc<Self>, stream: S) -> (Wire<S>, Arc<Line>) {
        let line = Arc::new(Line::default());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| line.strong_count() > 0);
        lines.push(Arc::downgrade(&line));
        (Wire { stream, gate: self.clone(), line: line.clone() }, line)
    }

    /// Lets nothing through, or everything again. What was on its way arrives later.
    pub(super) fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
        self.each(|line| line.wake());
    }

    /// Resets all connections.
    pub(super) fn cut(&self) {
        self.each(Line::cut);
    }

    fn each(&self, act: impl Fn(&Line)) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter_map(Weak::upgrade).for_each(|line| act(&line));
    }
}

impl Line {
    /// Resets this connection.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        self.reader.wake();
        self.writer.wake();
    }
}

impl<S> Wire<S> {
    /// Whether bytes may pass; registers for the moment when that changes.
    fn open(&self, waker: &AtomicWaker, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        waker.register(cx.waker());
        if self.line.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.gate.silent.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        std::task::ready!(self.open(&self.line.reader, cx))?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.open(&self.line.writer, cx))?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.open(&self.line.writer, cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.open(&self.line.writer, cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn silence_delays_and_a_cut_ends() {
        let gate = Arc::new(Gate::default());
        let (mut ours, theirs) = tokio::io::duplex(64);
        let (mut wire, line) = gate.wire(theirs);
        let mut byte = [0];
        gate.set_silent(true);
        ours.write_all(b"a").await.unwrap();
        assert!(wire.read(&mut byte).now_or_never().is_none(), "nothing arrives");
        let reading = tokio::spawn(async move {
            let mut byte = [0];
            wire.read_exact(&mut byte).await.unwrap();
            (wire, byte)
        });
        gate.set_silent(false);
        let (mut wire, byte) = reading.await.unwrap();
        assert_eq!(byte, *b"a", "what was on its way arrives after all");
        let reading = tokio::spawn(async move { wire.read(&mut [0]).await });
        line.cut();
        let error = reading.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
