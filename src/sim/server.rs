//! The SSH door of a simulated Mac: lets its one user in, takes scripts by `/bin/sh -s`, answers
//! what the Mac says of them, and serves as a jump host to the other Macs. No shell is started.
#![expect(clippy::disallowed_types, reason = "licence: simulated Macs listen on loopback")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::server::{Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Session};
use russh::server::{Config, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet, Preferred, kex};
use tokio::net::{TcpListener, TcpStream};

use super::host::SimMac;
use super::line::Line;
use super::ops::Reply;
use crate::transport::Header;

/// As a real sshd allows.
const MAX_SESSIONS: usize = 10;
/// The SSH library keeps some kilobytes for every session that the server was the first to close,
/// as long as the connection lives. So a connection ends after this many, instead of opening one
/// more while none is open: nothing was sent on it, and its other side connects anew.
const SESSIONS_PER_CONNECTION: usize = 64;
/// Longer scripts are none of ours.
const LONGEST_SCRIPT: usize = 1 << 20;
const SHELL: &[u8] = b"/bin/sh -s";
/// How every whole script ends.
const SCRIPT_END: &str = "\nexit\n}\n";
/// What a shell says of a command it does not know.
const ABSENT: i32 = 127;

/// A server with this key and cheap algorithms.
pub(super) fn config(key: PrivateKey) -> Config {
    const KEX: &[kex::Name] = &[
        kex::CURVE25519,
        kex::EXTENSION_SUPPORT_AS_SERVER,
        kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
    ];
    Config {
        keys: vec![key],
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        inactivity_timeout: None,
        nodelay: true,
        channel_buffer_size: 8,
        preferred: Preferred { kex: Cow::Borrowed(KEX), ..Preferred::DEFAULT },
        ..Config::default()
    }
}

/// Takes connections until the simulation stops.
pub(super) async fn listen(mac: Arc<SimMac>, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            () = mac.common.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            // While it is down a connection ends before a word was said.
            Ok((stream, _)) => {
                if let Some(boot) = mac.boot() {
                    let mac = mac.clone();
                    mac.common.tasks.clone().spawn(serve(mac, stream, boot));
                }
            }
            Err(error) => {
                tracing::warn!(host = %mac.name, %error, "a connection could not be taken");
                mac.common.time.breathe().await;
            }
        }
    }
}

/// One connection, to its end, which is that of the boot session at the latest.
async fn serve(mac: Arc<SimMac>, stream: TcpStream, boot: u64) {
    let _ = stream.set_nodelay(true);
    let config = mac.config();
    let stop = mac.common.stop.clone();
    let (wire, line) = mac.gate.wire(stream);
    let seats = Arc::default();
    let mut boots = mac.boots.subscribe();
    let visit = Visit { mac, line: line.clone(), boot, asked: BTreeMap::new(), seats };
    let session = async {
        // How a connection ends is for its other side to judge.
        if let Ok(session) = russh::server::run_stream(config, wire, visit).await {
            let _ = session.await;
        }
    };
    tokio::select! {
        () = session => {}
        () = stop.cancelled() => line.cut(),
        _ = boots.wait_for(|now| *now > boot) => line.cut(),
    }
}

/// A connection's state.
struct Visit {
    mac: Arc<SimMac>,
    line: Arc<Line>,
    /// The boot session in which it was made.
    boot: u64,
    asked: BTreeMap<ChannelId, Asked>,
    seats: Arc<Seats>,
}

/// Sessions and forwardings of a connection.
#[derive(Default)]
struct Seats {
    open: AtomicUsize,
    ended: AtomicUsize,
}

/// One of them, for as long as it is open.
struct Seat(Arc<Seats>);

impl Seat {
    fn take(seats: &Arc<Seats>) -> Self {
        seats.open.fetch_add(1, Ordering::SeqCst);
        Self(seats.clone())
    }
}
impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// What was asked on a channel.
struct Asked {
    seat: Seat,
    /// Whether a shell waits for its script.
    shell: bool,
    stdin: Vec<u8>,
}

impl Visit {
    fn verdict(&self, offered: &russh::keys::PublicKey) -> Auth {
        if offered.key_data() == self.mac.common.user.key_data() {
            Auth::Accept
        } else {
            Auth::reject()
        }
    }
}

impl Handler for Visit {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        _: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.verdict(offer.public_key))
    }

    async fn auth_publickey(
        &mut self,
        _: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.verdict(key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let open = self.seats.open.load(Ordering::SeqCst);
        if open == 0 && self.seats.ended.load(Ordering::SeqCst) >= SESSIONS_PER_CONNECTION {
            return Err(russh::Error::Disconnect);
        }
        if open >= MAX_SESSIONS {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        } else {
            let seat = Seat::take(&self.seats);
            self.asked.insert(channel.id(), Asked { seat, shell: false, stdin: Vec::new() });
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let ports = self.mac.common.ports.get();
        let port = u16::try_from(port).ok().filter(|port| ports.is_some_and(|p| p.contains(port)));
        match port {
            Some(port) if matches!(host, "127.0.0.1" | "localhost") => {
                let seat = Seat::take(&self.seats);
                self.mac.common.tasks.spawn(forward(channel, port, reply, seat));
            }
            Some(_) | None => reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await,
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(id)?;
        if command.trim_ascii() == SHELL {
            if let Some(asked) = self.asked.get_mut(&id) {
                asked.shell = true;
            }
        } else if let Some(asked) = self.asked.remove(&id) {
            let words = "simulated: only Hostler's operations run here".to_owned();
            let to = Caller { handle: session.handle(), id, seat: asked.seat };
            self.mac.common.tasks.spawn(to.tell(Reply::said(ABSENT, words)));
        }
        Ok(())
    }

    /// A person who wants a shell is told that there is none.
    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(id)?;
        if let Some(asked) = self.asked.remove(&id) {
            let words = "This Mac is simulated and has no shell for people.\r\n".to_owned();
            let to = Caller { handle: session.handle(), id, seat: asked.seat };
            self.mac.common.tasks.spawn(to.tell(Reply::said(0, words)));
        }
        Ok(())
    }

    async fn data(
        &mut self,
        id: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(asked) = self.asked.get_mut(&id).filter(|asked| asked.shell) {
            let room = LONGEST_SCRIPT - asked.stdin.len();
            asked.stdin.extend_from_slice(&data[..data.len().min(room)]);
        }
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.asked.get(&id).is_some_and(|asked| asked.shell)
            && let Some(asked) = self.asked.remove(&id)
        {
            let to = Caller { handle: session.handle(), id, seat: asked.seat };
            let (mac, line) = (self.mac.clone(), self.line.clone());
            self.mac.common.tasks.spawn(run(mac, line, self.boot, to, asked.stdin));
        }
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.asked.remove(&id);
        Ok(())
    }
}

/// Carries out a script and answers. The Mac goes on with it even when the caller has gone.
async fn run(mac: Arc<SimMac>, line: Arc<Line>, boot: u64, to: Caller, script: Vec<u8>) {
    let script = String::from_utf8_lossy(&script);
    let Some(header) = Header::of(&script) else {
        let words = "simulated: only Hostler's operations run here".to_owned();
        return to.tell(Reply::said(ABSENT, words)).await;
    };
    if !script.ends_with(SCRIPT_END) {
        let words = "sh: syntax error: unexpected end of file".to_owned();
        return to.tell(Reply::said(2, words)).await;
    }
    if mac.boot() != Some(boot) {
        // It went down, and its connections with it.
        return line.cut();
    }
    let time = &mac.common.time;
    let ticket = mac.mac().begin(&header, time.now());
    tokio::select! {
        () = mac.common.stop.cancelled() => return,
        () = time.until(ticket.ends) => {}
    }
    let reply = {
        let this = &mac;
        let mut mac = mac.mac();
        let reply = mac.end(&ticket, time.now());
        if let Some((at, _)) = mac.restart {
            this.common.tasks.spawn(this.clone().fall(at));
        }
        if ticket.changes && std::mem::take(&mut mac.trouble.reset_next) {
            line.cut();
            return;
        }
        reply
    };
    // Without a reply the Mac went down meanwhile, and its connections with it.
    if let Some(reply) = reply {
        to.tell(reply).await;
    }
}

/// Whoever waits for an answer.
struct Caller {
    handle: Handle,
    id: ChannelId,
    seat: Seat,
}

impl Caller {
    /// Sends a reply and ends the channel. Whether it arrives is for the other side to know.
    async fn tell(self, reply: Reply) {
        let Self { handle, id, seat } = self;
        if !reply.stdout.is_empty() {
            let _ = handle.data(id, reply.stdout).await;
        }
        if !reply.stderr.is_empty() {
            let _ = handle.extended_data(id, 1, reply.stderr).await;
        }
        let _ = handle.exit_status_request(id, u32::try_from(reply.status).unwrap_or(255)).await;
        let _ = handle.eof(id).await;
        // Whoever hears of the end may open the next one.
        drop(seat);
        let _ = handle.close(id).await;
    }
}

/// Carries bytes to another Mac of this simulation and back.
async fn forward(channel: Channel<Msg>, port: u16, reply: ChannelOpenHandle, _seat: Seat) {
    match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(mut there) => {
            reply.accept().await;
            let mut here = channel.into_stream();
            let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
        }
        Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
    }
}
