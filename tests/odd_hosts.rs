//! The transport against hosts that no OpenSSH server would be: SSH servers in this process that
//! refuse, cut off, keep silent or reach out at the worst moment.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: tests listen on the loopback and keep a key in a file"
)]

use std::sync::Arc;
use std::time::Duration;

use hostler::model::{Access, HostName, SshAccess};
use hostler::transport::{
    Carry, Limit, Lost, LostCause, Output, Script, Status, Transport, TransportSettings,
};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream,
};
use russh::{Channel, ChannelId, Error};
use tempfile::TempDir;
use tokio::net::TcpListener;

const LIMIT: Limit = Limit { time: Duration::from_secs(10), bytes: 1_000 };

/// What is odd about a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Odd {
    HangsUpAtTheKey,
    OpensNoSession,
    RefusesTheShell,
    NeverStartsTheShell,
    ClosesAtTheScript,
    HangsUpAtTheScript,
    ReachesOut,
    SpeaksForEver,
    Trickles,
}

struct Server {
    odd: Odd,
    /// Replies that are never given.
    kept: Vec<ChannelOpenHandle>,
}

impl Handler for Server {
    type Error = Error;

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        if self.odd == Odd::HangsUpAtTheKey { Err(Error::Disconnect) } else { Ok(Auth::Accept) }
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        if self.odd == Odd::OpensNoSession {
            self.kept.push(reply);
        } else {
            reply.accept().await;
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Error> {
        assert_eq!(command, b"/bin/sh -s");
        match self.odd {
            Odd::RefusesTheShell => session.channel_failure(id),
            Odd::NeverStartsTheShell => Ok(()),
            Odd::HangsUpAtTheKey
            | Odd::OpensNoSession
            | Odd::ClosesAtTheScript
            | Odd::HangsUpAtTheScript
            | Odd::ReachesOut
            | Odd::SpeaksForEver
            | Odd::Trickles => session.channel_success(id),
        }
    }

    async fn data(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), Error> {
        match self.odd {
            Odd::ClosesAtTheScript => session.close(id),
            Odd::HangsUpAtTheScript => Err(Error::Disconnect),
            Odd::ReachesOut => {
                let handle = session.handle();
                tokio::spawn(async move {
                    let taken = [
                        handle.channel_open_forwarded_tcpip("a", 1, "b", 2).await.is_ok(),
                        handle.channel_open_session().await.is_ok(),
                        handle.channel_open_agent().await.is_ok(),
                        handle.channel_open_direct_tcpip("a", 1, "b", 2).await.is_ok(),
                    ];
                    handle.data(id, format!("{taken:?}")).await.unwrap();
                    handle.exit_status_request(id, 0).await.unwrap();
                    handle.close(id).await.unwrap();
                });
                Ok(())
            }
            Odd::SpeaksForEver | Odd::Trickles => {
                let (handle, trickles) = (session.handle(), self.odd == Odd::Trickles);
                tokio::spawn(async move {
                    let said = vec![0x1b; if trickles { 1 } else { 32 << 10 }];
                    // Until nobody listens any more.
                    while handle.data(id, said.clone()).await.is_ok() {
                        if trickles {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                });
                Ok(())
            }
            Odd::HangsUpAtTheKey
            | Odd::OpensNoSession
            | Odd::RefusesTheShell
            | Odd::NeverStartsTheShell => Ok(()),
        }
    }
}

struct Host {
    dir: TempDir,
    access: Access,
}

/// Starts a host. It ends with the test.
async fn host(odd: Odd) -> Host {
    let key = |seed| PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
    let dir = tempfile::tempdir().unwrap();
    let identity = dir.path().join("key");
    std::fs::write(&identity, key(1).to_openssh(LineEnding::LF).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let config = Arc::new(Config { keys: vec![key(2)], ..Config::default() });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = Server { odd, kept: Vec::new() };
            let session = run_stream(Arc::clone(&config), stream, server).await;
            tokio::spawn(async move { session.unwrap().await });
        }
    });
    let access = Access::Ssh(SshAccess {
        address: at.ip().to_string(),
        port: at.port(),
        user: "admin".into(),
        identity: Some(identity),
        known_hosts: None,
        host_key: Some(key(2).public_key().to_openssh().unwrap()),
        jump: None,
    });
    Host { dir, access }
}

async fn run(by: &Transport, host: &Host) -> Result<Output, Lost> {
    assert!(host.dir.path().exists());
    let name: HostName = "mini-1".parse().unwrap();
    by.run(&name, &host.access, &Script::new("test", "true"), LIMIT).await
}

#[tokio::test]
async fn it_is_known_exactly_whether_the_script_was_sent() {
    use Odd::*;
    for (odd, sent, connected, words) in [
        (HangsUpAtTheKey, false, 0, "lost while signing in"),
        (OpensNoSession, false, 1, "opened no session within"),
        (RefusesTheShell, false, 1, "refused to start /bin/sh"),
        (NeverStartsTheShell, false, 1, "opened no session within"),
        (ClosesAtTheScript, true, 1, "no status"),
        (HangsUpAtTheScript, true, 1, "no status"),
    ] {
        let host = host(odd).await;
        let connect_timeout = Duration::from_millis(700);
        let settings = TransportSettings { connect_timeout, ..Default::default() };
        let by = Transport::new(settings, 1);
        let lost = run(&by, &host).await.unwrap_err();
        assert_eq!((lost.sent, lost.cause), (sent, LostCause::Network), "{lost}");
        assert!(lost.why.contains(words), "{words}: {lost}");
        assert_eq!(by.stats().connected, connected, "{lost}");
        assert_eq!(by.stats().lost_sent, u64::from(sent), "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_never_stops_speaking_is_cut_off_at_its_limit_and_delays_nobody() {
    let by = Arc::new(Transport::new(TransportSettings::default(), 1));
    let limit = Limit { time: Duration::from_millis(1_500), bytes: 1_000 };
    let script = Arc::new(Script::new("test", "true"));
    let mut lost = Vec::new();
    let mut hosts = Vec::new();
    for (n, odd) in [Odd::SpeaksForEver, Odd::Trickles].into_iter().cycle().take(4).enumerate() {
        let host = host(odd).await;
        let (by, script, access) = (by.clone(), script.clone(), host.access.clone());
        let name: HostName = format!("odd-{n}").parse().unwrap();
        hosts.push(host);
        lost.push(tokio::spawn(async move { by.run(&name, &access, &script, limit).await }));
    }
    // An honest one has its answer long before their time is up.
    let honest = host(Odd::ReachesOut).await;
    let said = run(&by, &honest).await.unwrap();
    assert_eq!(said.status, Status::Exit(0));
    assert_eq!(by.stats().running, 4, "they speak still");
    for lost in lost {
        let lost = lost.await.unwrap().unwrap_err();
        assert!(lost.sent && lost.why.contains("no end within 1.5s"), "{lost}");
    }
    // The connection over which one spoke is not used again.
    assert_eq!((by.stats().hosts, by.stats().running), (1, 0));
}

#[tokio::test]
async fn what_a_host_would_open_towards_us_is_refused() {
    let host = host(Odd::ReachesOut).await;
    let said = run(&Transport::new(TransportSettings::default(), 1), &host).await.unwrap();
    assert_eq!(said.status, Status::Exit(0));
    assert_eq!(said.stdout, "[false, false, false, false]");
}
