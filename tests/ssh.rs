//! The transport against real OpenSSH: scripts, keys, trust, entry points, and hosts that fail
//! in every way a host can.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "licence: tests read what scripts left behind, and feed a shell by hand"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::sshd::{Agent, Sshd, keygen, public, user};
use hostler::model::{Access, HostName, SshAccess};
use hostler::transport::{
    Carry, Limit, Lost, LostCause, Output, Recognised, Script, Status, Transport,
    TransportSettings, append_known_host, known_hosts_line, recognise, replace_known_host,
};

const LIMIT: Limit = Limit { time: Duration::from_secs(20), bytes: 1 << 20 };
/// Leaves a trace of having run.
const SENTINEL: &str = r#"echo ran > "$HOME/ran""#;

fn name(text: &str) -> HostName {
    text.parse().unwrap()
}
fn transport() -> Transport {
    Transport::new(TransportSettings::default(), 1)
}
/// One that gives up early.
fn hasty() -> TransportSettings {
    TransportSettings { connect_timeout: Duration::from_millis(1_500), ..Default::default() }
}
async fn run(by: &Transport, access: &SshAccess, body: &'static str) -> Result<Output, Lost> {
    run_limited(by, access, body, LIMIT).await
}
async fn run_limited(
    by: &Transport,
    access: &SshAccess,
    body: &'static str,
    limit: Limit,
) -> Result<Output, Lost> {
    let access = Access::Ssh(access.clone());
    by.run(&name("mini-1"), &access, &Script::new("test", body), limit).await
}
async fn local(body: &'static str, limit: Limit) -> Result<Output, Lost> {
    transport().run(&name("mini-1"), &Access::Local, &Script::new("test", body), limit).await
}
fn stdout(answer: Result<Output, Lost>) -> String {
    let output = answer.unwrap();
    assert_eq!(output.status, Status::Exit(0), "{output:?}");
    output.stdout
}
fn within_limit(ms: u64) -> Limit {
    Limit { time: Duration::from_millis(ms), ..LIMIT }
}
/// A script in the midst of its work: it opens this pipe to say that it has begun.
fn fifo(at: &Path) -> PathBuf {
    let path = at.join("begun");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}
async fn begun(fifo: PathBuf) {
    tokio::task::spawn_blocking(move || fs::read(fifo).unwrap()).await.unwrap();
}
/// Asserts that nothing came of it, for this cause, before anything was sent.
fn assert_unsent(sshd: &Sshd, answer: Result<Output, Lost>, cause: LostCause, words: &[&str]) {
    let lost = answer.unwrap_err();
    assert!(!lost.sent, "{lost}");
    assert_eq!(lost.cause, cause, "{lost}");
    for word in words {
        assert!(lost.to_string().contains(word), "{word:?} is not in: {lost}");
    }
    assert!(!sshd.home().join("ran").exists(), "the script ran all the same: {lost}");
    assert_eq!(sshd.logins(), 0, "somebody signed in: {lost}");
}

#[tokio::test]
async fn output_status_and_signal_come_back() {
    let sshd = Sshd::start();
    let by = transport();
    let said = run(&by, &sshd.access(), "echo out; echo err >&2; exit 7").await.unwrap();
    let (stdout, stderr) = (said.stdout.as_str(), said.stderr.as_str());
    assert_eq!((stdout, stderr, &said.status), ("out\n", "err\n", &Status::Exit(7)));
    assert!(!said.truncated);
    let killed = run(&by, &sshd.access(), "echo early; kill -TERM $$").await.unwrap();
    assert_eq!(killed.status, Status::Signal("TERM".into()));
    assert_eq!(killed.stdout, "early\n");
    let home = run(&by, &sshd.access(), r#"printf %s "$HOME""#).await;
    assert_eq!(self::stdout(home), sshd.home().display().to_string());
    assert_eq!(by.stats().connected, 1, "one connection for three scripts");
    assert_eq!((by.stats().hosts, by.stats().running), (1, 0));
}

#[tokio::test]
async fn arguments_arrive_as_they_are_and_stay_out_of_the_process_list() {
    let sshd = Sshd::start();
    let by = transport();
    let access = Access::Ssh(sshd.access());
    let odd = "a'b \"c\" $(id) `id` \\ \n\t* é";
    let long = "x'y\n".repeat(50_000);
    let body = r#"printf %s "$odd" >"$HOME/odd"; printf %s "$long" >"$HOME/long"; ps -A -o args="#;
    let script = Script::new("test", body).arg("odd", odd).arg("long", &long);
    let shown = stdout(by.run(&name("mini-1"), &access, &script, LIMIT).await);
    assert_eq!(fs::read_to_string(sshd.home().join("odd")).unwrap(), odd);
    assert_eq!(fs::read_to_string(sshd.home().join("long")).unwrap(), long);
    assert!(shown.contains("/bin/sh -s") && !shown.contains("x'y"), "{shown}");
}

#[tokio::test]
async fn big_output_is_cut_off_and_the_status_still_known() {
    let sshd = Sshd::start();
    let body = "head -c 5000000 /dev/zero; head -c 5000 /dev/zero >&2; exit 3";
    let limit = Limit { bytes: 10_000, ..LIMIT };
    let said = run_limited(&transport(), &sshd.access(), body, limit).await.unwrap();
    assert_eq!((said.stdout.len(), said.stderr.len()), (10_000, 5_000));
    assert_eq!((said.truncated, said.status), (true, Status::Exit(3)));
}

#[tokio::test]
async fn a_process_left_behind_does_not_hold_up_the_answer() {
    let sshd = Sshd::start();
    let body = "sleep 15 & echo done";
    let said = run_limited(&transport(), &sshd.access(), body, within_limit(10_000)).await;
    assert_eq!(stdout(said), "done\n");
}

#[tokio::test]
async fn twenty_scripts_at_once_share_one_connection() {
    let mut sshd = Sshd::prepare();
    sshd.line("MaxSessions 10");
    sshd.boot();
    let (by, access) = (transport(), sshd.access());
    // Each counts those running beside it while it holds its place.
    let body =
        r#"mkdir "$HOME/$$.run"; sleep 0.2; ls -d "$HOME"/*.run | wc -l; rmdir "$HOME/$$.run""#;
    let all = (0..20).map(|_| run(&by, &access, body));
    for said in futures::future::join_all(all).await {
        let beside: usize = stdout(said).trim().parse().unwrap();
        assert!((1..=6).contains(&beside), "{beside} at once");
    }
    assert_eq!((by.stats().connected, sshd.logins()), (1, 1));
}

#[tokio::test]
async fn a_host_that_takes_fewer_sessions_than_we_would_use_says_so() {
    let mut sshd = Sshd::prepare();
    sshd.line("MaxSessions 1");
    sshd.boot();
    let by = transport();
    let (pipe, access) = (fifo(&sshd.home()), sshd.access());
    let body = r#"echo >"$HOME/begun"; cat "$HOME/begun""#;
    let (first, ()) = tokio::join!(run(&by, &access, body), async {
        begun(pipe.clone()).await;
        let lost = run(&by, &access, SENTINEL).await.unwrap_err();
        assert!(!lost.sent && lost.why.contains("MaxSessions"), "{lost}");
        fs::write(pipe, "go on").unwrap();
    });
    assert_eq!(stdout(first), "go on");
    assert!(!sshd.home().join("ran").exists());
}

#[tokio::test]
async fn an_encrypted_identity_opens_with_its_passphrase_only() {
    let sshd = Sshd::start();
    let key = sshd.dir().join("locked");
    keygen(&key, "ed25519", "open sesame");
    sshd.authorize(&key);
    let access = SshAccess { identity: Some(key.clone()), ..sshd.access() };
    let with = |passphrase: Option<&str>| {
        let map: BTreeMap<PathBuf, String> =
            passphrase.map(|text| (key.clone(), text.to_owned())).into_iter().collect();
        Transport::new(TransportSettings { passphrases: map.into(), ..Default::default() }, 1)
    };
    let config = LostCause::Config;
    let none = run(&with(None), &access, SENTINEL).await;
    assert_unsent(&sshd, none, config, &["locked", "needs a passphrase"]);
    let wrong = run(&with(Some("mellon")), &access, SENTINEL).await;
    assert!(!format!("{wrong:?}").contains("mellon"), "{wrong:?}");
    assert_unsent(&sshd, wrong, config, &["locked", "does not open with its passphrase"]);
    stdout(run(&with(Some("open sesame")), &access, SENTINEL).await);
    assert!(sshd.home().join("ran").exists());
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_named() {
    let sshd = Sshd::start();
    let with = |identity: PathBuf| SshAccess { identity: Some(identity), ..sshd.access() };
    let [rsa, junk, stranger] = ["rsa", "junk", "stranger"].map(|name| sshd.dir().join(name));
    keygen(&rsa, "rsa", "");
    keygen(&stranger, "ed25519", "");
    fs::write(&junk, "no key").unwrap();
    let who = format!("{}@{}:{}", user(), sshd.address(), sshd.port());
    for (access, cause, words) in [
        (with(sshd.dir().join("gone")), LostCause::Config, ["gone is missing", "mini-1"]),
        (with(rsa), LostCause::Config, ["RSA", "ssh-keygen -t ed25519"]),
        (with(junk), LostCause::Config, ["junk", "not a private key"]),
        (with(stranger), LostCause::Auth, [&who, "authorized_keys"]),
        (
            SshAccess { identity: None, ..sshd.access() },
            LostCause::Config,
            ["no SSH agent", "ssh.identity"],
        ),
    ] {
        assert_unsent(&sshd, run(&transport(), &access, SENTINEL).await, cause, &words);
    }
    let ecdsa = sshd.dir().join("ecdsa");
    keygen(&ecdsa, "ecdsa", "");
    sshd.authorize(&ecdsa);
    stdout(run(&transport(), &with(ecdsa), SENTINEL).await);
}

#[tokio::test]
async fn the_agent_is_asked_when_there_is_no_identity() {
    let sshd = Sshd::start();
    let stranger = sshd.dir().join("stranger");
    keygen(&stranger, "ed25519", "");
    let access = SshAccess { identity: None, ..sshd.access() };
    let with = |socket: PathBuf| {
        Transport::new(TransportSettings { agent: Some(socket), ..Default::default() }, 1)
    };
    let wrong = Agent::holding(&stranger);
    let refused = run(&with(wrong.socket()), &access, SENTINEL).await;
    assert_unsent(&sshd, refused, LostCause::Auth, &["all 1 keys of the SSH agent"]);
    let gone = run(&with("/nonexistent/agent".into()), &access, SENTINEL).await;
    assert_unsent(&sshd, gone, LostCause::Config, &["/nonexistent/agent"]);
    let right = Agent::holding(&sshd.client_key());
    stdout(run(&with(right.socket()), &access, SENTINEL).await);
}

#[tokio::test]
async fn an_unknown_host_key_is_refused_and_nothing_sent() {
    let sshd = Sshd::start();
    let words = ["unknown host key", "hostler host enrol mini-1", "SHA256:"];
    let unknown = sshd.access_known_by("");
    assert_unsent(&sshd, run(&transport(), &unknown, SENTINEL).await, LostCause::Identity, &words);
    let nowhere = SshAccess { known_hosts: None, ..unknown };
    assert_unsent(&sshd, run(&transport(), &nowhere, SENTINEL).await, LostCause::Identity, &words);
}

#[tokio::test]
async fn a_changed_or_revoked_host_key_is_refused_and_nothing_sent() {
    let mut sshd = Sshd::start();
    let (pinned, old) = (sshd.access(), sshd.host_key());
    let line = |key: &str| known_hosts_line(sshd.address(), sshd.port(), key) + "\n";
    let ecdsa = sshd.dir().join("ecdsa");
    keygen(&ecdsa, "ecdsa", "");
    let files = [
        (line(&old), "CHANGED"),
        // Known by another algorithm: that is a change too, not a new host.
        (line(&public(&ecdsa)), "CHANGED"),
    ];
    sshd.restart_with_new_host_key();
    let identity = LostCause::Identity;
    for (text, word) in files {
        let access = sshd.access_known_by(&text);
        let answer = run(&transport(), &access, SENTINEL).await;
        assert_unsent(&sshd, answer, identity, &[word, "nothing was sent"]);
    }
    let answer = run(&transport(), &pinned, SENTINEL).await;
    assert_unsent(&sshd, answer, identity, &["CHANGED", "host_key", "nothing was sent"]);
    let line = known_hosts_line(sshd.address(), sshd.port(), &sshd.host_key());
    let revoked = sshd.access_known_by(&format!("{line}\n@revoked {line}\n"));
    assert_unsent(&sshd, run(&transport(), &revoked, SENTINEL).await, identity, &["REVOKED"]);
    stdout(run(&transport(), &sshd.access_known_by(&line), SENTINEL).await);
}

#[tokio::test]
async fn a_host_known_by_one_of_its_keys_is_asked_for_that_one() {
    let mut sshd = Sshd::prepare();
    let ecdsa = sshd.dir().join("host_ecdsa");
    keygen(&ecdsa, "ecdsa", "");
    sshd.line(format!("HostKey {}", ecdsa.display()));
    sshd.boot();
    let by = transport();
    let keys = by.fetch_host_keys(&name("mini-1"), &sshd.access()).await.unwrap();
    let lines: Vec<&str> = keys.iter().map(|key| key.line.as_str()).collect();
    assert_eq!(lines, [sshd.host_key(), public(&ecdsa)]);
    let known = known_hosts_line(sshd.address(), sshd.port(), &public(&ecdsa));
    stdout(run(&by, &sshd.access_known_by(&known), SENTINEL).await);
}

#[tokio::test]
async fn a_host_certificate_is_trusted_for_its_own_name_only() {
    let authority = tempfile::tempdir().unwrap();
    let authority = authority.path().join("ca");
    fs::create_dir_all(authority.parent().unwrap()).unwrap();
    keygen(&authority, "ed25519", "");
    for (principals, taken) in [("other.lab", false), ("", true)] {
        let mut sshd = Sshd::prepare();
        let own = sshd.address().to_owned();
        sshd.certify(&authority, if principals.is_empty() { &own } else { principals });
        sshd.boot();
        let access = sshd.access_known_by(&format!("@cert-authority * {}\n", public(&authority)));
        let answer = run(&transport(), &access, SENTINEL).await;
        if taken {
            stdout(answer);
        } else {
            let words = ["is for [other.lab]", "nothing was sent"];
            assert_unsent(&sshd, answer, LostCause::Identity, &words);
        }
    }
}

#[tokio::test]
async fn a_host_is_enrolled_and_then_known() {
    let (bastion, sshd) = (Sshd::start(), Sshd::start());
    let known = sshd.dir().join("known_hosts");
    append_known_host(
        &known,
        &known_hosts_line(bastion.address(), bastion.port(), &bastion.host_key()),
    )
    .unwrap();
    let access = SshAccess {
        host_key: None,
        known_hosts: Some(known.clone()),
        jump: Some(bastion.as_jump()),
        ..sshd.access()
    };
    bastion.authorize(&sshd.client_key());
    let by = transport();
    let keys = by.fetch_host_keys(&name("mini-1"), &access).await.unwrap();
    assert_eq!(sshd.logins(), 0, "looking at keys signs in nowhere");
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!((key.algorithm.as_str(), key.line.as_str()), ("ssh-ed25519", &*sshd.host_key()));
    assert_eq!(key.fingerprint.to_string(), sshd.fingerprint());
    let recognised = || recognise(&name("mini-1"), &access, &keys).unwrap();
    assert_eq!(recognised(), Recognised::New);
    let line = known_hosts_line(&access.address, access.port, &key.line);
    append_known_host(&known, &line).unwrap();
    assert_eq!(recognised(), Recognised::Known(key.fingerprint.clone()));
    let other = known_hosts_line(&access.address, access.port, &bastion.host_key());
    std::fs::write(&known, std::fs::read_to_string(&known).unwrap().replace(&line, &other))
        .unwrap();
    let Recognised::Changed { known: said } = recognised() else { panic!("{:?}", recognised()) };
    assert!(said.contains(&bastion.fingerprint()) && said.contains("known_hosts:2"), "{said}");
    replace_known_host(&known, &access.address, access.port, &key.line).unwrap();
    assert_eq!(recognised(), Recognised::Known(key.fingerprint.clone()));
    stdout(run(&by, &access, SENTINEL).await);
    assert!(sshd.home().join("ran").exists());
}

/// What `ssh-keygen -F` finds for a name in a file.
fn found(file: &Path, name: &str) -> Vec<String> {
    let said = Command::new("ssh-keygen").args(["-F", name, "-f"]).arg(file).output().unwrap();
    let lines = String::from_utf8(said.stdout).unwrap();
    let keys = lines.lines().filter(|line| !line.starts_with('#'));
    keys.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn where_names_are_hidden_a_key_is_added_and_replaced_under_a_hidden_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("known_hosts");
    let [old, new, other] = ["old", "new", "other"].map(|name| {
        let path = dir.path().join(name);
        keygen(&path, "ed25519", "");
        public(&path)
    });
    append_known_host(&file, &known_hosts_line("mac1", 22, &other)).unwrap();
    let hidden = Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&file).output().unwrap();
    assert!(hidden.status.success(), "{hidden:?}");
    let text = || fs::read_to_string(&file).unwrap();
    let all_hidden = || text().lines().all(|line| line.starts_with("|1|"));
    assert!(all_hidden(), "{}", text());
    let name = "[10.0.0.1]:2222";
    for _ in 0..2 {
        append_known_host(&file, &known_hosts_line("10.0.0.1", 2222, &old)).unwrap();
        assert_eq!((found(&file, name), text().lines().count()), (vec![old.clone()], 2));
    }
    replace_known_host(&file, "10.0.0.1", 2222, &new).unwrap();
    assert_eq!(found(&file, name), [new]);
    assert_eq!(found(&file, "mac1"), [other]);
    assert!(all_hidden() && !text().contains("10.0.0.1"), "{}", text());
}

#[tokio::test]
async fn hosts_behind_an_entry_point_share_its_connection() {
    let mut bastion = Sshd::start();
    let hosts: Vec<Sshd> = (0..10).map(|_| Sshd::start()).collect();
    let key = bastion.client_key();
    let mut known = known_hosts_line(bastion.address(), bastion.port(), &bastion.host_key());
    for host in &hosts {
        host.authorize(&key);
        let line = known_hosts_line(host.address(), host.port(), &host.host_key());
        known = format!("{known}\n{line}");
    }
    let file = bastion.access_known_by(&known).known_hosts;
    let ways: Vec<(HostName, Access)> = (1..)
        .zip(&hosts)
        .map(|(n, host)| {
            let access = SshAccess {
                identity: Some(key.clone()),
                known_hosts: file.clone(),
                host_key: None,
                jump: Some(bastion.as_jump()),
                ..host.access()
            };
            (name(&format!("mini-{n}")), Access::Ssh(access))
        })
        .collect();
    let by = transport();
    let script = Script::new("test", r#"printf %s "$HOME""#);
    let all = ways.iter().map(|(host, access)| by.run(host, access, &script, LIMIT));
    for (said, host) in futures::future::join_all(all).await.into_iter().zip(&hosts) {
        assert_eq!(stdout(said), host.home().display().to_string());
    }
    assert_eq!((by.stats().hosts, by.stats().jumps, bastion.logins()), (10, 1, 1));
    // With the entry point all behind it is lost, and comes back with it.
    bastion.restart();
    let (host, access) = &ways[0];
    assert_eq!(
        stdout(by.run(host, access, &script, LIMIT).await),
        hosts[0].home().display().to_string()
    );
    assert_eq!((by.stats().jumps, bastion.logins()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn much_output_through_one_entry_point_stalls_nobody() {
    let bastion = Sshd::start();
    let hosts = [Sshd::start(), Sshd::start()];
    let known = known_hosts_line(bastion.address(), bastion.port(), &bastion.host_key());
    let known = bastion.access_known_by(&known).known_hosts;
    let key = bastion.client_key();
    let ways = hosts.each_ref().map(|host| {
        host.authorize(&key);
        let (identity, known_hosts) = (Some(key.clone()), known.clone());
        let jump = Some(bastion.as_jump());
        Access::Ssh(SshAccess { identity, known_hosts, jump, ..host.access() })
    });
    let by = transport();
    // Many small packets one way, a large script the other.
    let body =
        "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; head -c 8000000 /dev/zero";
    let script = Script::new("test", body).arg("ballast", "x".repeat(300_000));
    let names = [name("mini-1"), name("mini-2")];
    let all = (0..8).map(|n| by.run(&names[n % 2], &ways[n % 2], &script, LIMIT));
    for said in futures::future::join_all(all).await {
        let said = said.unwrap();
        assert_eq!((said.status, said.truncated), (Status::Exit(0), true));
        assert!(said.stdout.contains("\n2999\n"));
    }
}

#[tokio::test]
async fn an_entry_point_is_checked_like_a_host() {
    let (bastion, sshd) = (Sshd::start(), Sshd::start());
    let through = SshAccess { jump: Some(bastion.as_jump()), ..sshd.access_known_by("") };
    let answer = run(&transport(), &through, SENTINEL).await;
    assert_eq!(bastion.logins(), 0);
    // It is not the host whose key is in doubt: that one is only out of reach.
    let words = ["by way of its entry point", "unknown host key", "host enrol --jump"];
    assert_unsent(&sshd, answer, LostCause::JumpIdentity, &words);
    let changed = known_hosts_line(bastion.address(), bastion.port(), &sshd.host_key());
    let through = SshAccess { jump: Some(bastion.as_jump()), ..sshd.access_known_by(&changed) };
    let answer = run(&transport(), &through, SENTINEL).await;
    let words = ["by way of its entry point", "CHANGED"];
    assert_unsent(&sshd, answer, LostCause::JumpIdentity, &words);
    let mut closed = Sshd::prepare();
    closed.line("AllowTcpForwarding no");
    closed.boot();
    let known = known_hosts_line(closed.address(), closed.port(), &closed.host_key());
    let through = SshAccess {
        jump: Some(closed.as_jump()),
        identity: Some(closed.client_key()),
        ..sshd.access_known_by(&known)
    };
    let answer = run(&transport(), &through, SENTINEL).await;
    assert_unsent(&sshd, answer, LostCause::Network, &["does not allow forwarding"]);
}

#[tokio::test]
async fn an_entry_point_that_falls_silent_is_given_up_with_all_behind_it() {
    let (bastion, sshd) = (Sshd::start(), Sshd::start());
    bastion.authorize(&sshd.client_key());
    let known = known_hosts_line(bastion.address(), bastion.port(), &bastion.host_key());
    let host_key = Some(sshd.host_key());
    let access =
        SshAccess { host_key, jump: Some(bastion.as_jump()), ..sshd.access_known_by(&known) };
    let by = Transport::new(hasty(), 1);
    stdout(run(&by, &access, "true").await);
    bastion.pause();
    for (hosts, jumps) in [(0, 1), (0, 0)] {
        let lost = run(&by, &access, SENTINEL).await.unwrap_err();
        assert!(!lost.sent && lost.cause == LostCause::Network, "{lost}");
        assert_eq!((by.stats().hosts, by.stats().jumps), (hosts, jumps), "{lost}");
    }
    assert!(!sshd.home().join("ran").exists());
}

#[tokio::test]
async fn a_host_that_falls_silent_in_the_midst_of_a_script_is_unknown() {
    let sshd = Sshd::start();
    let (by, access, pipe) = (transport(), sshd.access(), fifo(&sshd.home()));
    let body = r#"echo >"$HOME/begun"; sleep 30"#;
    let (answer, ()) = tokio::join!(run_limited(&by, &access, body, within_limit(1_500)), async {
        begun(pipe).await;
        sshd.pause();
    });
    let lost = answer.unwrap_err();
    assert!(lost.sent && lost.cause == LostCause::Network, "{lost}");
    assert!(lost.why.contains("may still be running"), "{lost}");
    assert_eq!(
        (by.stats().hosts, by.stats().lost_sent),
        (0, 1),
        "a suspect connection is not kept"
    );
}

#[tokio::test]
async fn keepalives_find_a_silent_host_long_before_the_limit() {
    let sshd = Sshd::start();
    let keepalive_interval = Duration::from_millis(200);
    let by = Transport::new(TransportSettings { keepalive_interval, ..hasty() }, 1);
    let (access, pipe) = (sshd.access(), fifo(&sshd.home()));
    let body = r#"echo >"$HOME/begun"; sleep 30"#;
    let (answer, ()) = tokio::join!(run(&by, &access, body), async {
        begun(pipe).await;
        sshd.pause();
    });
    let lost = answer.unwrap_err();
    assert!(lost.sent && lost.why.contains("keepalives"), "{lost}");
}

#[tokio::test]
async fn a_host_that_is_silent_before_the_script_got_none_of_it() {
    let sshd = Sshd::start();
    let by = Transport::new(hasty(), 1);
    stdout(run(&by, &sshd.access(), "true").await);
    sshd.pause();
    let lost = run(&by, &sshd.access(), SENTINEL).await.unwrap_err();
    assert!(!lost.sent && lost.cause == LostCause::Network, "{lost}");
    // And a new connection gets no further.
    let lost = run(&by, &sshd.access(), SENTINEL).await.unwrap_err();
    assert!(!lost.sent && lost.why.contains("did not answer within"), "{lost}");
}

#[tokio::test]
async fn a_killed_session_is_unknown() {
    let mut sshd = Sshd::start();
    let (by, access, pipe) = (transport(), sshd.access(), fifo(&sshd.home()));
    let body = r#"echo >"$HOME/begun"; sleep 30"#;
    let (answer, ()) = tokio::join!(run(&by, &access, body), async {
        begun(pipe).await;
        sshd.kill();
    });
    let lost = answer.unwrap_err();
    assert!(lost.sent && lost.why.contains("no status"), "{lost}");
}

#[tokio::test]
async fn a_refused_connection_is_answered_at_once_and_then_waited_out() {
    let mut sshd = Sshd::start();
    let (by, access) = (transport(), sshd.access());
    sshd.kill();
    let lost = run(&by, &access, SENTINEL).await.unwrap_err();
    assert!(!lost.sent && lost.cause == LostCause::Network, "{lost}");
    assert!(lost.why.contains("refused"), "{lost}");
    sshd.boot();
    let waiting = run(&by, &access, SENTINEL).await.unwrap_err();
    assert!(!waiting.sent && waiting.why == lost.why, "{waiting}");
    assert_eq!((by.stats().failed, by.stats().connected), (1, 0));
    // A person who has mended it need not wait.
    by.forget(&name("mini-1"));
    stdout(run(&by, &access, SENTINEL).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_speaks_is_given_up_and_left() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let sshd = Sshd::start();
    let (address, port) = ("127.0.0.1".into(), mute.local_addr().unwrap().port());
    let access = SshAccess { address, port, ..sshd.access() };
    let by = Transport::new(hasty(), 1);
    let listen = tokio::task::spawn_blocking(move || {
        let (mut left, _) = mute.accept().unwrap();
        // One line, so that the key exchange begins.
        left.write_all(b"SSH-2.0-mute\r\n").unwrap();
        left.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut said = Vec::new();
        left.read_to_end(&mut said).map(|_| said)
    });
    let answer = run(&by, &access, SENTINEL).await;
    assert_unsent(&sshd, answer, LostCause::Network, &["exchanging keys", "did not answer"]);
    let said = listen.await.unwrap().expect("the connection was left open");
    assert!(said.starts_with(b"SSH-2.0-hostler"));
}

#[tokio::test]
async fn few_sign_in_at_once_behind_one_entry_point() {
    let (bastion, sshd) = (Sshd::start(), Sshd::start());
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    bastion.authorize(&sshd.client_key());
    let known = known_hosts_line(bastion.address(), bastion.port(), &bastion.host_key());
    let (host_key, jump) = (Some(sshd.host_key()), Some(bastion.as_jump()));
    let access = SshAccess { host_key, jump, ..sshd.access_known_by(&known) };
    let (address, port) = ("127.0.0.1".into(), mute.local_addr().unwrap().port());
    let dumb = Access::Ssh(SshAccess { address, port, ..access.clone() });
    let of = |turn_patience| TransportSettings {
        unauthenticated_per_bastion: 1,
        turn_patience,
        ..hasty()
    };
    let by = Transport::new(of(Duration::from_secs(30)), 1);
    let (script, slow) = (Script::new("test", "true"), name("mini-2"));
    let holds_the_turn = by.run(&slow, &dumb, &script, LIMIT);
    let (silent, waited) = tokio::join!(holds_the_turn, async {
        // Once the entry point has let us in, the mute one has the only turn.
        while by.stats().jumps == 0 {
            tokio::task::yield_now().await;
        }
        // The limit of a script runs from its turn on, however short it is.
        run_limited(&by, &access, "true", within_limit(700)).await
    });
    assert!(silent.unwrap_err().why.contains("exchanging keys"));
    stdout(waited);
    // A turn that does not come is nobody's silence, and nothing was sent.
    let by = Transport::new(of(Duration::from_millis(100)), 1);
    let holds_the_turn = by.run(&slow, &dumb, &script, LIMIT);
    let (_, waited) = tokio::join!(holds_the_turn, async {
        while by.stats().jumps == 0 {
            tokio::task::yield_now().await;
        }
        run(&by, &access, SENTINEL).await
    });
    let lost = waited.unwrap_err();
    assert!(!lost.sent && lost.cause == LostCause::Turn, "{lost}");
    let turn = format!("waits for its turn at jump host {}:", bastion.address());
    assert!(lost.why.contains(&turn), "{lost}");
    assert!(!sshd.home().join("ran").exists());
}

#[tokio::test]
async fn a_connection_is_made_anew_after_the_server_was_restarted() {
    let mut sshd = Sshd::start();
    let (by, access) = (transport(), sshd.access());
    for times in 1..=3 {
        stdout(run(&by, &access, "true").await);
        assert_eq!((by.stats().connected, by.stats().failed), (times, 0));
        sshd.restart();
    }
    sshd.restart_with_new_host_key();
    let lost = run(&by, &access, SENTINEL).await;
    assert_unsent(&sshd, lost, LostCause::Identity, &["CHANGED"]);
}

#[tokio::test]
async fn another_way_in_is_not_answered_by_the_old_connection() {
    let (sshd, other) = (Sshd::start(), Sshd::start());
    let by = transport();
    stdout(run(&by, &sshd.access(), "true").await);
    let wrong = SshAccess { host_key: Some(other.host_key()), ..sshd.access() };
    let lost = run(&by, &wrong, SENTINEL).await.unwrap_err();
    assert!(!lost.sent && lost.cause == LostCause::Identity, "{lost}");
    assert!(!sshd.home().join("ran").exists());
    stdout(run(&by, &sshd.access(), SENTINEL).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_host_is_left() {
    let sshd = Sshd::start();
    let by = transport();
    stdout(run(&by, &sshd.access(), "true").await);
    by.forget(&name("mini-1"));
    sshd.wait_log("Connection closed by");
    assert_eq!(by.stats().hosts, 0);
    stdout(run(&by, &sshd.access(), SENTINEL).await);
    drop(by);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_take_a_session_with_it() {
    let sshd = Sshd::start();
    let settings = TransportSettings { sessions_per_host: 1, ..Default::default() };
    let (by, access) = (Transport::new(settings, 1), sshd.access());
    let pipe = fifo(&sshd.home());
    let body = r#"echo >"$HOME/begun"; cat "$HOME/begun" >"$HOME/got""#;
    tokio::select! {
        _ = run(&by, &access, body) => panic!("it had nothing to read"),
        () = begun(pipe.clone()) => {}
    }
    let busy = run_limited(&by, &access, "true", within_limit(200)).await.unwrap_err();
    assert!(!busy.sent && busy.why.contains("sessions were busy"), "{busy}");
    fs::write(pipe, "late").unwrap();
    let got = stdout(run(&by, &access, r#"cat "$HOME/got""#).await);
    assert_eq!(got, "late");
}

#[tokio::test]
async fn this_machine_is_a_host_like_any_other() {
    let said = local("echo out; echo err >&2; exit 7", LIMIT).await.unwrap();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("out\n", "err\n"));
    assert_eq!((said.status, said.truncated), (Status::Exit(7), false));
    let killed = local("kill -KILL $$", LIMIT).await.unwrap();
    assert_eq!(killed.status, Status::Signal("KILL".into()));
    let small = Limit { bytes: 1_000, ..LIMIT };
    let big = local("head -c 3000000 /dev/zero", small).await.unwrap();
    assert_eq!((big.stdout.len(), big.truncated), (1_000, true));
    let env = stdout(local("env", LIMIT).await);
    assert!(env.contains("PATH=/usr/bin:/bin:/usr/sbin:/sbin"), "{env}");
    assert!(env.contains("HOME=") && !env.contains("CARGO"), "the controller's own: {env}");
    let left = local("sleep 15 & echo done", within_limit(10_000)).await;
    assert_eq!(stdout(left), "done\n");
}

#[tokio::test]
async fn a_local_script_is_killed_at_its_limit_with_all_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let held = fifo(dir.path());
    // All it starts inherits the pipe's end: the reader sees it close when the last has died.
    let body = r#"exec 3>"$held"; sleep 300 & echo begun >&3; wait"#;
    let script = Script::new("test", body).arg("held", held.display());
    let reader = tokio::task::spawn_blocking(move || fs::read_to_string(held).unwrap());
    let limit = within_limit(1_000);
    let answer = transport().run(&name("mini-1"), &Access::Local, &script, limit).await;
    let lost = answer.unwrap_err();
    assert!(lost.sent && lost.why.contains("killed"), "{lost}");
    let died = tokio::time::timeout(Duration::from_secs(60), reader).await;
    assert_eq!(died.expect("what it started lives on").unwrap(), "begun\n");
}

#[test]
fn half_a_script_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ran = dir.path().join("ran");
    let body = "echo ran >\"$ran\"\nif true; then\n  echo more >>\"$ran\"\nfi";
    let text = Script::new("test", body).arg("ran", ran.display()).arg("odd", "it's\n}").render();
    let feed = |text: &str| {
        let mut shell = Command::new("/bin/sh");
        let shell = shell.arg("-s").stdin(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        // A shell that gives up early does not read it all.
        let _ = shell.stdin.take().unwrap().write_all(text.as_bytes());
        shell.wait().unwrap();
    };
    let end = text.rfind('}').unwrap();
    for cut in (0..=end).filter(|cut| text.is_char_boundary(*cut)) {
        feed(&text[..cut]);
        assert!(!ran.exists(), "ran after {cut} of {} bytes: {}", text.len(), &text[..cut]);
    }
    feed(&text);
    assert_eq!(fs::read_to_string(&ran).unwrap(), "ran\nmore\n");
}
