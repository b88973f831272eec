//! Simulated Macs as a client sees them: over SSH.

use std::sync::atomic::{AtomicI64, Ordering};

use russh::client;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use tokio::io::{AsyncRead, AsyncWrite};

use super::*;
use crate::model::{Span, Timestamp};
use crate::transport::Script;

const IMAGE: &str = "ghcr.io/acme/tahoe:1";

/// A clock that moves by `tick` with each look at it, and by hand.
struct Clock {
    now: AtomicI64,
    tick: i64,
}

impl Clock {
    fn new(tick_ms: i64) -> Arc<Self> {
        Arc::new(Self { now: AtomicI64::new(1_760_000_000_000), tick: tick_ms })
    }
    fn time(self: &Arc<Self>) -> SimTime {
        let clock = self.clone();
        let now = move || {
            Timestamp::from_millis(clock.now.fetch_add(clock.tick, Ordering::SeqCst) + clock.tick)
        };
        SimTime::new(Arc::new(now), 1e9)
    }
    fn forward(&self, span: Span) {
        self.now.fetch_add(span.as_millis() as i64, Ordering::SeqCst);
    }
}

async fn sim(hosts: usize, clock: &Arc<Clock>) -> Sim {
    let images = vec![IMAGE.to_owned()];
    let settings = SimSettings { hosts, seed: 5, images, ..SimSettings::default() };
    start(settings, clock.time()).await.unwrap()
}

/// A client that expects this host key.
struct Expect(String);

impl client::Handler for Expect {
    type Error = russh::Error;
    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        Ok(keys::public_line(key).is_ok_and(|line| line == self.0))
    }
}

type Client = client::Handle<Expect>;

/// Standard output, standard error, status; `None` when the connection ended first.
type Said = Option<(String, String, u32)>;

async fn over<S>(stream: S, host: &SimHost, key: &str) -> Option<Client>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = Arc::new(client::Config { nodelay: true, ..client::Config::default() });
    let mut client =
        client::connect_stream(config, stream, Expect(host.host_key.clone())).await.ok()?;
    let key = Arc::new(PrivateKey::from_openssh(key).unwrap());
    let key = PrivateKeyWithHashAlg::new(key, None);
    client.authenticate_publickey("admin", key).await.ok()?.success().then_some(client)
}

/// A plain connection to a host's port.
async fn dial(host: &SimHost) -> impl AsyncRead + AsyncWrite + Unpin + Send + use<> {
    let address = format!("{}:{}", host.address, host.port).parse().unwrap();
    tokio::net::TcpSocket::new_v4().unwrap().connect(address).await.unwrap()
}

async fn connect(sim: &Sim, nth: usize) -> Option<Client> {
    let host = &sim.hosts()[nth];
    over(dial(host).await, host, sim.user_key()).await
}

async fn exec(client: &Client, command: &str, stdin: &str) -> Said {
    let mut channel = client.channel_open_session().await.ok()?;
    channel.exec(true, command).await.ok()?;
    channel.data(stdin.as_bytes()).await.ok()?;
    channel.eof().await.ok()?;
    let (mut out, mut err, mut status) = (Vec::new(), Vec::new(), None);
    while let Some(message) = channel.wait().await {
        if let russh::ChannelMsg::Data { data } = message {
            out.extend_from_slice(&data);
        } else if let russh::ChannelMsg::ExtendedData { data, ext: 1 } = message {
            err.extend_from_slice(&data);
        } else if let russh::ChannelMsg::ExitStatus { exit_status } = message {
            status = Some(exit_status);
        }
    }
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((text(out), text(err), status?))
}

async fn run(client: &Client, script: &Script) -> Said {
    exec(client, "/bin/sh -s", &script.render()).await
}

async fn look(client: &Client) -> Option<String> {
    let (out, err, status) = run(client, &Script::new("tart.look", "").arg("epoch", 1)).await?;
    assert_eq!((err.as_str(), status), ("", 0));
    Some(out)
}

/// An operation of epoch 1 on VM `vm`; its id is its name and the VM's.
async fn order(client: &Client, op: &str, vm: &str) -> Option<(String, u32)> {
    let script = Script::new(op, "")
        .arg("epoch", 1)
        .arg("op", format!("{op}-{vm}"))
        .arg("vm", vm)
        .arg("image", IMAGE)
        .arg("cpu", "")
        .arg("memory_mib", "")
        .arg("timeout_s", 30);
    run(client, &script).await.map(|(_, err, status)| (err, status))
}

async fn done(client: &Client, op: &str, vm: &str) {
    assert_eq!(order(client, op, vm).await, Some((String::new(), 0)), "{op} {vm}");
}

#[tokio::test]
async fn a_vm_lives_and_goes_over_ssh() {
    let clock = Clock::new(200);
    let sim = sim(2, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    let seen = look(&client).await.unwrap();
    assert!(
        seen.starts_with("@@ guard 0\nepoch 1\n@@ made 0\n@@ sw_vers 0\nProductName:\t\tmacOS\n")
    );
    assert!(seen.ends_with("@@ end 0\n") && seen.contains("@@ guests 1\n"), "{seen}");
    done(&client, "tart.clone", "a").await;
    done(&client, "tart.start", "a").await;
    clock.forward(Span::from_mins(2));
    let seen = look(&client).await.unwrap();
    for part in ["@@ vm a 0\n\"os\" : \"darwin\"\n", "ip_address=192.168.64.2\n", "@@ guests 0\n"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(seen.contains("done tart.start-a 0\n"), "{seen}");
    done(&client, "tart.stop", "a").await;
    done(&client, "tart.delete", "a").await;
    assert!(!look(&client).await.unwrap().contains("\"Name\" : \"a\""));
    let report = sim.report();
    assert_eq!((report.clones, report.starts, report.stops, report.deletes), (1, 1, 1, 1));
    assert_eq!((report.running_now, report.most_vms_ever_on_one_host), (0, 1));
    sim.stop().await;
    assert!(look(&client).await.is_none(), "nothing answers when it has stopped");
}

#[tokio::test]
async fn only_the_one_key_and_only_our_scripts() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let host = &sim.hosts()[0];
    let stranger = keys::private_text(&keys::user_key(6).unwrap()).unwrap();
    assert!(over(dial(host).await, host, &stranger).await.is_none());
    let client = connect(&sim, 0).await.unwrap();
    for (command, stdin) in [("uname -a", ""), ("/bin/sh -s", "echo hello\n")] {
        let (out, err, status) = exec(&client, command, stdin).await.unwrap();
        assert_eq!((out.as_str(), status), ("", 127), "{command}");
        assert!(err.contains("only Hostler's operations"), "{err}");
    }
    let whole = Script::new("tart.clone", "").arg("epoch", 1).arg("op", "x").arg("vm", "a");
    let whole = whole.arg("image", IMAGE).render();
    let half = &whole[..whole.len() - 4];
    assert_eq!(exec(&client, "/bin/sh -s", half).await.unwrap().2, 2);
    assert!(!look(&client).await.unwrap().contains("done"), "half a script does nothing");
    assert_eq!(order(&client, "tart.fly", "a").await.unwrap().1, 127);
}

#[tokio::test]
async fn a_reset_comes_after_the_deed() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    sim.host("mini-001").unwrap().reset_next_reply();
    assert!(look(&client).await.is_some(), "a look passes");
    assert!(order(&client, "tart.clone", "a").await.is_none());
    let client = connect(&sim, 0).await.unwrap();
    assert!(look(&client).await.unwrap().contains("\"Name\" : \"a\""));
    let replayed = order(&client, "tart.clone", "a").await.unwrap();
    assert_eq!(replayed, ("replayed\n".into(), 0));
    assert_eq!((sim.report().clones, sim.report().replayed), (1, 1));
}

#[tokio::test]
async fn a_silent_host_answers_when_it_speaks_again() {
    let clock = Clock::new(10);
    let sim = sim(2, &clock).await;
    let clients = [connect(&sim, 0).await.unwrap(), connect(&sim, 1).await.unwrap()];
    sim.host("mini-001").unwrap().silence(Span::from_hours(1));
    let [silent, other] = clients;
    let looking = tokio::spawn(async move { look(&silent).await });
    let connecting = sim.hosts()[0].clone();
    let key = sim.user_key().to_owned();
    let stream = dial(&connecting).await;
    let connecting = tokio::spawn(async move { over(stream, &connecting, &key).await.is_some() });
    // Meanwhile the other host answers many times over.
    for _ in 0..5 {
        assert!(look(&other).await.is_some());
    }
    assert!(!looking.is_finished() && !connecting.is_finished());
    clock.forward(Span::from_hours(1));
    assert!(looking.await.unwrap().is_some() && connecting.await.unwrap());
}

#[tokio::test]
async fn a_reboot_ends_connections_and_vms_and_clears_a_leak() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let mac = sim.host("mini-001").unwrap();
    let client = connect(&sim, 0).await.unwrap();
    for vm in ["a", "b"] {
        done(&client, "tart.clone", vm).await;
    }
    mac.leak_slot();
    done(&client, "tart.start", "a").await;
    let (said, status) = order(&client, "tart.start", "b").await.unwrap();
    assert_eq!(status, 1);
    assert!(said.starts_with("The number of VMs exceeds the system limit"), "{said}");
    assert!(said.contains("(other running VMs: a)"), "{said}");
    let section = |seen: &str| seen.split("@@ boot").nth(1).unwrap()[..40].to_owned();
    let before = section(&look(&client).await.unwrap());
    mac.reboot_for(Span::from_hours(1));
    assert!(look(&client).await.is_none(), "the connection is gone");
    assert!(connect(&sim, 0).await.is_none(), "nobody answers yet");
    clock.forward(Span::from_hours(1));
    let client = connect(&sim, 0).await.unwrap();
    let seen = look(&client).await.unwrap();
    assert_ne!(section(&seen), before);
    assert!(seen.contains("@@ guests 1\n") && seen.contains("\"Name\" : \"a\""), "{seen}");
    assert!(!seen.contains("done "), "{seen}");
    done(&client, "tart.start", "a").await;
    done(&client, "tart.start", "b").await;
    let report = sim.report();
    assert_eq!((report.boots, report.third_vm_refusals), (1, 1));
    assert_eq!(report.most_vms_ever_on_one_host, 2);
    assert_eq!(report.faults_injected, [(Fault::Reboot, 1), (Fault::Leak, 1)].into());
}

#[tokio::test]
async fn a_changed_host_key_is_seen() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    let mac = sim.host("mini-001").unwrap();
    mac.change_host_key().unwrap();
    assert!(look(&client).await.is_none());
    assert!(connect(&sim, 0).await.is_none(), "not the key we expect");
    assert_ne!(mac.host_key(), sim.hosts()[0].host_key);
}

#[tokio::test]
async fn faults_that_pass_by_show_and_pass() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let mac = sim.host("mini-001").unwrap();
    let client = connect(&sim, 0).await.unwrap();
    mac.fill_disk(Span::from_hours(1));
    let (said, status) = order(&client, "tart.clone", "a").await.unwrap();
    assert!(status == 1 && said.contains("enough space"), "{said}");
    mac.fill_disk(Span::ZERO);
    done(&client, "tart.clone", "b").await;
    mac.lock_keychain(Span::from_hours(1));
    assert!(look(&client).await.unwrap().contains("@@ keychain 36\n"));
    let (said, status) = order(&client, "tart.start", "b").await.unwrap();
    assert!(status == 1 && said.contains("Failed to generate keypair"), "{said}");
    mac.lock_keychain(Span::ZERO);
    assert!(look(&client).await.unwrap().contains("@@ keychain 0\n"));
    mac.fail_next_list();
    assert!(look(&client).await.unwrap().contains("@@ list 1\n@@ leases"));
    assert!(look(&client).await.unwrap().contains("@@ list 0\n["));
}

#[tokio::test]
async fn foreign_vms_take_slots() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let mac = sim.host("mini-001").unwrap();
    let client = connect(&sim, 0).await.unwrap();
    done(&client, "tart.clone", "a").await;
    assert!(mac.add_foreign_vm("somebodys") && mac.add_foreign_vm("other/unlisted"));
    assert!(!mac.add_foreign_vm("a-third"));
    let seen = look(&client).await.unwrap();
    assert!(seen.contains("@@ vm somebodys 0\n") && !seen.contains("unlisted"), "{seen}");
    assert_eq!(seen.matches("VirtualMachine.xpc").count(), 2);
    let (said, status) = order(&client, "tart.start", "a").await.unwrap();
    assert_eq!(status, 77);
    assert!(
        said.contains("1 of this user's tart, 0 more that it runs unlisted, 2 guest processes"),
        "{said}"
    );
    assert!(mac.remove_vm("other/unlisted"));
    let again = Script::new("tart.start", "").arg("epoch", 1).arg("op", "2").arg("vm", "a");
    assert_eq!(run(&client, &again).await.unwrap().2, 0);
    assert_eq!(sim.report().full_refusals, 1);
}

#[tokio::test]
async fn a_slow_host_takes_its_time() {
    let clock = Clock::new(500);
    let sim = sim(1, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    let mac = sim.host("mini-001").unwrap();
    let mut took = Vec::new();
    for vm in ["a", "b"] {
        let before = clock.now.load(Ordering::SeqCst);
        done(&client, "tart.clone", vm).await;
        took.push(clock.now.load(Ordering::SeqCst) - before);
        mac.slow(20.0, Span::from_hours(10));
    }
    assert!((2_000..10_000).contains(&took[0]) && took[1] > 40_000, "{took:?}");
}

#[tokio::test]
async fn one_operation_at_a_time() {
    let clock = Clock::new(0);
    let sim = sim(1, &clock).await;
    let client = Arc::new(connect(&sim, 0).await.unwrap());
    let first = client.clone();
    let cloning = tokio::spawn(async move { order(&first, "tart.clone", "a").await });
    while sim.host("mini-001").unwrap().mac().guard.lock.is_none() {
        tokio::task::yield_now().await;
    }
    let second = client.clone();
    let refused = tokio::spawn(async move { order(&second, "tart.clone", "b").await });
    while sim.report().busy == 0 {
        tokio::task::yield_now().await;
    }
    clock.forward(Span::from_mins(1));
    assert_eq!(cloning.await.unwrap(), Some((String::new(), 0)));
    let (said, status) = refused.await.unwrap().unwrap();
    assert_eq!((said.as_str(), status), ("operation tart.clone-a runs on this host\n", 75));
}

#[tokio::test]
async fn a_connection_has_ten_sessions_and_takes_them_back() {
    let clock = Clock::new(200);
    let sim = sim(1, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    for _ in 0..20 {
        assert!(look(&client).await.is_some());
    }
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(client.channel_open_session().await.unwrap());
    }
    assert!(client.channel_open_session().await.is_err());
    open[0].close().await.unwrap();
    assert!(look(&client).await.is_some());
}

#[tokio::test]
async fn a_mac_is_a_jump_host_to_the_others() {
    let clock = Clock::new(200);
    let sim = sim(2, &clock).await;
    let jump = connect(&sim, 0).await.unwrap();
    let target = &sim.hosts()[1];
    let port = u32::from(target.port);
    let channel = jump.channel_open_direct_tcpip("127.0.0.1", port, "127.0.0.1", 0).await.unwrap();
    let client = over(channel.into_stream(), target, sim.user_key()).await.unwrap();
    done(&client, "tart.clone", "a").await;
    assert_eq!(sim.host("mini-002").unwrap().mac().tally.clones, 1);
    for (host, port) in [("127.0.0.1", 1), ("192.0.2.1", port)] {
        assert!(jump.channel_open_direct_tcpip(host, port, "127.0.0.1", 0).await.is_err());
    }
    sim.host("mini-001").unwrap().reboot();
    assert!(look(&client).await.is_none(), "what went through it ends with it");
}

#[tokio::test]
async fn hundreds_of_hosts_answer() {
    let clock = Clock::new(1);
    let sim = sim(300, &clock).await;
    assert_eq!(sim.hosts()[299].name.as_str(), "mini-300");
    let clients = futures::future::join_all((0..300).map(|nth| connect(&sim, nth))).await;
    let clients: Vec<_> = clients.into_iter().map(Option::unwrap).collect();
    let seen = futures::future::join_all(clients.iter().map(look)).await;
    assert!(seen.iter().all(|seen| seen.as_ref().is_some_and(|seen| seen.ends_with("end 0\n"))));
    let sites = |site: &str| sim.hosts().iter().filter(|host| host.labels["site"] == site).count();
    assert_eq!((sites("bern"), sites("lausanne"), sites("zurich")), (100, 100, 100));
    sim.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let clock = Clock::new(200);
    let first = sim(1, &clock).await;
    let port = first.hosts()[0].port;
    let settings = SimSettings { hosts: 1, first_port: Some(port), ..SimSettings::default() };
    let said = start(settings, clock.time()).await.unwrap_err().to_string();
    assert!(said.contains(&format!("mini-001 cannot listen on 127.0.0.1:{port}")), "{said}");
    let settings = SimSettings { hosts: 9, first_port: Some(65_530), ..SimSettings::default() };
    let said = start(settings, clock.time()).await.unwrap_err().to_string();
    assert!(said.contains("9 simulated hosts from port 65530"), "{said}");
}

#[tokio::test]
async fn the_fault_plan_strikes_while_it_runs() {
    let clock = Clock::new(1_000);
    let faults = Faults::parse("- {host: mini-002, fault: leak, at: 5m}").unwrap();
    let settings = SimSettings { hosts: 2, faults, ..SimSettings::default() };
    let sim = start(settings, clock.time()).await.unwrap();
    while sim.report().faults_injected.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(sim.host("mini-002").unwrap().mac().leaked, 1);
    assert_eq!(sim.host("mini-001").unwrap().mac().leaked, 0);
}

#[test]
fn the_inventory_names_every_host() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clock = Clock::new(200);
    let sim = runtime.block_on(sim(3, &clock));
    let text = sim.inventory(Path::new("/tmp/key"), PoolSize::Count(4), Nightly::Respawn);
    for host in sim.hosts() {
        assert!(text.contains(&format!("{}: {{address: 127.0.0.1", host.name)), "{text}");
        assert!(text.contains(&host.host_key) && text.contains(&host.port.to_string()), "{text}");
    }
    assert!(text.contains("size: 4\n"), "{text}");
}

/// A script of epoch 1 with these arguments; its id is its name.
async fn work(client: &Client, op: &str, args: &[(&'static str, &str)]) -> Option<(String, u32)> {
    let script = Script::new(op, "").arg("epoch", 1).arg("op", op);
    let script = args.iter().fold(script, |script, (key, value)| script.arg(key, value));
    run(client, &script).await.map(|(_, err, status)| (err, status))
}

async fn busy(client: &Client) -> String {
    let script = Script::new("tart.look", "").arg("epoch", 1).arg("probes", "a eA==\nb eA==\nc ");
    let (out, _, _) = run(client, &script).await.unwrap();
    out.split("@@ busy 0\n").nth(1).unwrap().split("@@").next().unwrap().to_owned()
}

async fn with_two_guests(load: f64, clock: &Arc<Clock>) -> (Sim, Client) {
    let images = vec![IMAGE.to_owned()];
    let settings = SimSettings { hosts: 1, seed: 5, images, load, ..SimSettings::default() };
    let sim = start(settings, clock.time()).await.unwrap();
    let client = connect(&sim, 0).await.unwrap();
    for vm in ["a", "b"] {
        done(&client, "tart.clone", vm).await;
        done(&client, "tart.start", vm).await;
    }
    (sim, client)
}

#[tokio::test]
async fn guests_say_whether_they_have_work_and_a_stop_that_ends_it_is_counted() {
    let clock = Clock::new(200);
    let (sim, client) = with_two_guests(0.0, &clock).await;
    let mac = sim.host("mini-001").unwrap();
    assert_eq!(busy(&client).await, "", "they boot");
    assert!(!mac.give_job("a", Span::from_mins(9)));
    clock.forward(Span::from_mins(2));
    assert!(mac.give_job("a", Span::from_mins(9)) && !mac.give_job("absent", Span::ZERO));
    assert_eq!(busy(&client).await, "a yes\nb no\n");
    clock.forward(Span::from_mins(9));
    assert_eq!(busy(&client).await, "a no\nb no\n");
    mac.give_job("b", Span::from_hours(1));
    done(&client, "tart.stop", "a").await;
    done(&client, "tart.stop", "b").await;
    let killed = sim.report().busy_killed;
    assert_eq!((killed.len(), killed[0].vm.as_str(), killed[0].by), (1, "b", KilledBy::Stop));
    assert_eq!(killed[0].host.as_str(), "mini-001");
}

#[tokio::test]
async fn a_retired_agent_takes_no_job_and_others_do() {
    let clock = Clock::new(10);
    let (sim, client) = with_two_guests(1.0, &clock).await;
    clock.forward(Span::from_mins(1));
    let told = work(&client, "tart.deregister", &[("vm", "a"), ("guest", "pkill x")]).await;
    assert_eq!(told, Some((String::new(), 0)));
    // The job that it may have is over by then.
    clock.forward(Span::from_mins(41));
    let mut seen = Vec::new();
    for _ in 0..40 {
        clock.forward(Span::from_mins(7));
        seen.push(busy(&client).await);
    }
    assert!(seen.iter().all(|seen| seen.starts_with("a no\n")), "{seen:?}");
    assert!(seen.iter().any(|seen| seen.ends_with("b yes\n")));
    assert!(seen.iter().any(|seen| seen.ends_with("b no\n")));
    sim.host("mini-001").unwrap().give_job("b", Span::from_hours(1));
    sim.host("mini-001").unwrap().reboot();
    let killed = sim.report().busy_killed;
    assert_eq!((killed.len(), killed[0].by), (1, KilledBy::Fault));
    assert_eq!((sim.report().boots, sim.report().reboots), (1, 0));
}

#[tokio::test]
async fn a_restart_answers_and_then_goes_down_once() {
    let clock = Clock::new(100);
    let (sim, client) = with_two_guests(0.0, &clock).await;
    clock.forward(Span::from_mins(2));
    let mac = sim.host("mini-001").unwrap();
    mac.give_job("a", Span::from_hours(1));
    let told = work(&client, "mac.reboot", &[("authrestart", "no")]).await;
    assert_eq!(told, Some(("it restarts\n".into(), 0)));
    clock.forward(Span::from_secs(6));
    assert!(look(&client).await.is_none(), "its connections end");
    assert!(connect(&sim, 0).await.is_none(), "it is down");
    clock.forward(Span::from_mins(4));
    let client = connect(&sim, 0).await.unwrap();
    let seen = look(&client).await.unwrap();
    assert!(seen.contains("\ndone mac.reboot 0\n") && seen.contains("@@ guests 1\n"), "{seen}");
    let again = work(&client, "mac.reboot", &[("authrestart", "no")]).await;
    assert_eq!(again, Some(("it has restarted\n".into(), 0)));
    clock.forward(Span::from_mins(1));
    assert!(look(&client).await.is_some());
    let report = sim.report();
    assert_eq!((report.boots, report.reboots), (1, 1));
    let killed = &report.busy_killed;
    assert_eq!((killed.len(), killed[0].vm.as_str(), killed[0].by), (1, "a", KilledBy::Reboot));
}

#[tokio::test]
async fn a_shell_script_takes_its_time_or_all_that_it_has() {
    let clock = Clock::new(100);
    let sim = sim(1, &clock).await;
    let client = connect(&sim, 0).await.unwrap();
    for (text, timeout, status, words) in [
        ("brew cleanup -s", "600", 0, "exit status 0\n"),
        ("echo no; exit 75", "600", 1, "exit status 75\nno\n"),
        ("true", "2", 1, "no end within 2 s: it was killed, and all that it had started\n"),
    ] {
        let before = clock.now.load(Ordering::SeqCst);
        let script = Script::new("mac.sh", "").arg("epoch", 1).arg("op", text);
        let script = script.arg("run", text).arg("timeout_s", timeout);
        let (_, said, ended) = run(&client, &script).await.unwrap();
        assert_eq!((said.as_str(), ended), (words, status), "{text}");
        let took = clock.now.load(Ordering::SeqCst) - before;
        let (low, high) = if timeout == "2" { (2_000, 4_000) } else { (5_000, 62_000) };
        assert!((low..high).contains(&took), "{text}: {took}");
    }
}
