//! Simulated Macs against the scripts' own text: the same steps, through the simulator over SSH
//! and through a real shell on a home that is a Mac, must show the same and be answered the same.
//! And the inventory they come with must be one that a controller takes.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: a test's own home directories and shells"
)]
#![expect(dead_code, reason = "shared helpers; other suites use the rest")]

#[path = "common/mac.rs"]
mod mac;
#[path = "common/shell.rs"]
mod shell;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hostler::config::{self, Files};
use hostler::driver::{self, HostAnswer, HostOrder, HostWork, Order, Probe};
use hostler::model::{
    Access, Bytes, HostName, HostSpec, OpId, OpKind, Outcome, PoolSize, Refusal, Sighting, Span,
    SshAccess, Timestamp,
};
use hostler::sim::{self, Nightly, Sim, SimSettings, SimTime};
use hostler::transport::{Carry, Limit, Script, Transport, TransportSettings};
use shell::{SHELLS, Shell};
use tokio::io::AsyncWriteExt;

const LIMIT: Duration = Duration::from_secs(120);
const IMAGE: &str = "ghcr.io/acme/macos:1";
const LINUX: &str = "ghcr.io/acme/linux:1";

/// One step of a case. Orders are of epoch 1 and new unless they say otherwise.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Clones the usual image.
    Make(&'static str),
    /// Clones this image or VM.
    MakeOf(&'static str, &'static str),
    /// With so many MiB of memory.
    MakeWith(&'static str, u64),
    Start(&'static str),
    Stop(&'static str),
    Delete(&'static str),
    /// Sends the last order again, with this epoch.
    Again(u64),
    /// Tells the host this epoch by a look.
    Tell(u64),
    /// Tells the agent in the guest by this script to take no more work.
    Retire(&'static str, &'static str),
    /// Stops it when its guest has had some seconds to shut down.
    Ease(&'static str),
    /// Gives the guest work.
    Busy(&'static str),
    /// A shell script on the host, and how many seconds it has.
    Sh(&'static str, u64),
    /// A file of this content and mode.
    Put(&'static str, &'static str, &'static str),
    Restart,
    Pull(&'static str),
    /// Keeps this image only.
    Prune(&'static str),
    FileVault(bool),
    SudoAsks(bool),
    Keychain(bool),
    DiskFull(bool),
    /// The kernel counts one guest too many from now on.
    Leak,
    /// The next stop leaves the kernel's count raised.
    LeakNext,
    /// For the look after this step only.
    ListFails,
    Reboot,
}

use Step::{
    Again, Busy, Delete, DiskFull, Ease, FileVault, Keychain, Leak, LeakNext, ListFails, Make,
    MakeOf, MakeWith, Prune, Pull, Put, Reboot, Restart, Retire, Sh, Start, Stop, SudoAsks, Tell,
};

const CASES: &[(&str, &[Step])] = &[
    (
        "life",
        &[
            Make("a"),
            Start("a"),
            Make("a"),
            Start("a"),
            Delete("a"),
            Stop("a"),
            Stop("a"),
            Delete("a"),
            Delete("a"),
            Stop("a"),
        ],
    ),
    (
        "never a third",
        &[
            Make("a"),
            Make("b"),
            MakeOf("c", "a"),
            Start("a"),
            Start("b"),
            Start("c"),
            Start("absent"),
            Stop("a"),
            Start("c"),
        ],
    ),
    (
        "Linux does not count",
        &[MakeOf("l", LINUX), Make("a"), Make("b"), Start("a"), Start("l"), Start("b")],
    ),
    ("a leak", &[Make("a"), Make("b"), Leak, Start("a"), Start("b"), Reboot, Start("b")]),
    ("all leaked", &[Make("a"), Leak, Leak, Start("a")]),
    (
        "a stop that leaks",
        &[Make("a"), Make("b"), Start("a"), Start("b"), LeakNext, Stop("a"), Start("a")],
    ),
    (
        "the guard",
        &[
            Make("a"),
            Again(1),
            Again(0),
            Start("absent"),
            Again(1),
            Tell(3),
            Again(1),
            Make("b"),
            Again(4),
            Tell(2),
            Reboot,
            Again(3),
            Again(4),
        ],
    ),
    (
        "what is refused",
        &[
            MakeOf("a", "golden"),
            MakeWith("a", 1_024),
            MakeWith("b", 8_192),
            DiskFull(true),
            Make("c"),
            DiskFull(false),
            Make("c"),
            Keychain(true),
            Start("c"),
            Keychain(false),
            ListFails,
            Start("c"),
        ],
    ),
    (
        "work of guests",
        &[
            Make("a"),
            Make("b"),
            Start("a"),
            Retire("b", "true"),
            Start("b"),
            Busy("a"),
            Retire("a", "pkill nobody || true"),
            Again(1),
            Retire("b", "echo not now; exit 75"),
            Retire("absent", "true"),
            Ease("b"),
            Retire("b", "true"),
            Tell(3),
            Retire("a", "true"),
        ],
    ),
    (
        "scripts",
        &[
            Sh("true", 100),
            Again(1),
            Sh("echo one\necho two three; exit 3", 100),
            Again(1),
            Sh("exit 75", 100),
            Sh("exit 77", 100),
            Sh("exit 127", 100),
            Sh("sleep 100", 1),
            Again(1),
            Again(0),
            Tell(3),
            Sh("true", 100),
        ],
    ),
    (
        "files",
        &[
            Put("hello", "~/a", "644"),
            Put("hello", "~/a", "0644"),
            Put("hello", "~/a", "600"),
            Put("other", "~/a", "600"),
            Again(1),
            Put("hello", "~/b c", "755"),
            Tell(2),
            Put("hello", "~/a", "600"),
        ],
    ),
    (
        "restarts",
        &[
            Make("a"),
            Start("a"),
            FileVault(true),
            Restart,
            FileVault(false),
            SudoAsks(true),
            Restart,
            Again(1),
            SudoAsks(false),
            Restart,
            Again(1),
            Start("a"),
            Restart,
            Reboot,
            Again(1),
            Tell(2),
            Restart,
        ],
    ),
    (
        "images",
        &[
            Pull(IMAGE),
            Again(1),
            Pull(IMAGE),
            Pull(LINUX),
            Pull("ghcr.io/acme/old"),
            Pull("golden"),
            Make("golden"),
            Pull("golden"),
            Prune(IMAGE),
            Again(1),
            Prune(IMAGE),
            Prune("ghcr.io/acme/absent:1"),
            Tell(2),
            Prune(IMAGE),
            Pull(IMAGE),
        ],
    ),
    ("a reboot", &[Make("a"), Make("b"), Start("a"), Reboot, Start("a"), Stop("a"), Delete("a")]),
];

/// A host of either kind, and what befalls it beside orders.
struct Subject<'a> {
    carry: &'a dyn Carry,
    host: HostName,
    access: Access,
    harm: &'a dyn Fn(Step),
    /// Guests boot, a reboot ends.
    pass_time: &'a dyn Fn(),
    looked: &'a dyn Fn(),
}

/// What a step led to, without what may differ: times, disk, addresses, digests.
#[derive(Clone, PartialEq, Debug)]
struct Seen {
    step: String,
    outcome: Option<Outcome>,
    said: String,
    sighting: Sighting,
}

/// What was sent last, and may be sent again.
#[derive(Clone)]
enum Sent {
    Vm(Order),
    Host(HostOrder),
}

impl Subject<'_> {
    async fn send(&self, spec: &HostSpec, sent: &Sent, epoch: u64) -> HostAnswer {
        let (carry, host) = (self.carry, &self.host);
        match sent {
            Sent::Vm(order) => {
                let outcome = driver::carry_out(carry, host, spec, order, epoch, LIMIT).await;
                HostAnswer { outcome, said: String::new() }
            }
            Sent::Host(order) => {
                driver::carry_out_on_host(carry, host, spec, order, epoch, LIMIT).await
            }
        }
    }

    async fn tell(&self, steps: &[Step]) -> Vec<Seen> {
        let spec = HostSpec::new(self.access.clone());
        let mut seen: Vec<Seen> = Vec::new();
        let mut boots = BTreeMap::new();
        let mut last = None;
        let mut told = 0;
        let probes = ["a", "b"].map(|vm| Probe { vm: vm.into(), sh: "test -e busy".into() });
        for (nth, step) in steps.iter().enumerate() {
            let (mut outcome, mut said) = (None, String::new());
            if let Some(sent) = sent(*step, nth) {
                let answer = self.send(&spec, &sent, 1).await;
                (outcome, said) = (Some(answer.outcome), answer.said);
                last = Some(sent);
            } else if let (Again(epoch), Some(sent)) = (*step, &last) {
                let answer = self.send(&spec, sent, epoch).await;
                (outcome, said) = (Some(answer.outcome), answer.said);
            } else if let Tell(epoch) = *step {
                told = epoch;
            } else {
                (self.harm)(*step);
            }
            (self.pass_time)();
            let at = Timestamp::default();
            let mut look =
                driver::look(self.carry, &self.host, &spec, &probes, told, at, LIMIT).await;
            for _ in 0..3 {
                // A reset connection shows with the next use of it.
                if look.is_err() {
                    look =
                        driver::look(self.carry, &self.host, &spec, &probes, told, at, LIMIT).await;
                }
            }
            (self.looked)();
            let mut sighting = look.unwrap().sighting;
            normalise(&mut sighting, &mut boots);
            let step = format!("{nth} {step:?}");
            seen.push(Seen { step, outcome, said, sighting });
        }
        seen
    }
}

fn sent(step: Step, nth: usize) -> Option<Sent> {
    let op = OpId::from_bits(nth as u64 + 1);
    if let Some(what) = work(step) {
        return Some(Sent::Host(HostOrder { op, what, job: "a case".into() }));
    }
    let (kind, vm, image, memory) = match step {
        Make(vm) => (OpKind::Clone, vm, IMAGE, None),
        MakeOf(vm, image) => (OpKind::Clone, vm, image, None),
        MakeWith(vm, mib) => (OpKind::Clone, vm, IMAGE, Some(Bytes(mib << 20))),
        Start(vm) => (OpKind::Start, vm, "", None),
        Stop(vm) => (OpKind::Stop, vm, "", None),
        Delete(vm) => (OpKind::Delete, vm, "", None),
        Retire(vm, _) => (OpKind::Deregister, vm, "", None),
        Ease(vm) => (OpKind::Stop, vm, "", None),
        Sh(..) | Put(..) | Restart | Pull(_) | Prune(_) => return None,
        Again(_) | Tell(_) | Busy(_) | FileVault(_) | SudoAsks(_) | Keychain(_) | DiskFull(_)
        | Leak | LeakNext | ListFails | Reboot => return None,
    };
    let guest = if let Retire(_, guest) = step { guest.into() } else { String::new() };
    let grace = if matches!(step, Ease(_)) { Duration::from_secs(20) } else { Duration::ZERO };
    Some(Sent::Vm(Order {
        op,
        kind,
        vm: vm.into(),
        image: image.into(),
        cpu: Some(4),
        memory,
        guest,
        grace,
        hurry: false,
    }))
}

fn work(step: Step) -> Option<HostWork> {
    Some(match step {
        Sh(run, timeout_s) => HostWork::Sh { run: run.into(), timeout_s },
        Put(content, to, mode) => {
            HostWork::Copy { content: content.into(), to: to.into(), mode: mode.into() }
        }
        Restart => HostWork::Reboot { authrestart: false, guests: 2 },
        Pull(image) => HostWork::Pull { image: image.into() },
        Prune(keep) => HostWork::Prune { keep: vec![keep.into()] },
        Make(_) | MakeOf(..) | MakeWith(..) | Start(_) | Retire(..) | Ease(_) | Stop(_)
        | Delete(_) | Again(_) | Tell(_) | Busy(_) | FileVault(_) | SudoAsks(_) | Keychain(_)
        | DiskFull(_) | Leak | LeakNext | ListFails | Reboot => return None,
    })
}

fn normalise(sighting: &mut Sighting, boots: &mut BTreeMap<String, usize>) {
    let facts = std::mem::take(&mut sighting.facts);
    let next = boots.len();
    sighting.facts.boot = boots.entry(facts.boot).or_insert(next).to_string();
    sighting.facts.macos = facts.macos;
    sighting.facts.build = facts.build;
    sighting.facts.tool = facts.tool;
    sighting.facts.filevault = facts.filevault;
    assert!(facts.cores > 0 && facts.memory > Bytes(0) && facts.disk > facts.disk_free);
    for vm in sighting.vms.iter_mut().flat_map(BTreeMap::values_mut) {
        vm.ip = vm.ip.take().map(|ip| {
            assert!(ip.starts_with("192.168.64."), "{ip}");
            "an address".into()
        });
    }
    for image in sighting.images.iter_mut().flatten() {
        if let Some((name, digest)) = image.split_once("@sha256:") {
            assert_eq!(digest.len(), 64, "{image}");
            *image = format!("{name}@sha256");
        }
    }
}

/// Through a real shell.
async fn on_a_shell(steps: &[Step]) -> Vec<Seen> {
    let home = tempfile::tempdir().unwrap();
    mac::install_tools(home.path());
    let path = home.path().to_owned();
    let carry = Shell { home: path.clone(), argv: SHELLS[0] };
    let subject = Subject {
        carry: &carry,
        host: "mini-001".parse().unwrap(),
        access: Access::Local,
        harm: &|step| harm_home(&path, step),
        pass_time: &|| {},
        looked: &|| mac::mend(&path, "list_fails"),
    };
    let seen = subject.tell(steps).await;
    assert!(mac::most_ever(&path) <= 2);
    mac::reboot(&path);
    seen
}

fn harm_home(home: &Path, step: Step) {
    let set = |name: &str, on: bool| match on {
        true => mac::fault(home, name, "1"),
        false => mac::mend(home, name),
    };
    match step {
        Keychain(on) => set("keychain", on),
        DiskFull(on) => set("disk_full", on),
        Leak => {
            let leaked = std::fs::read_to_string(home.join("faults/leak")).unwrap_or_default();
            let leaked: u32 = leaked.trim().parse().unwrap_or(0);
            mac::fault(home, "leak", &(leaked + 1).to_string());
        }
        LeakNext => set("leak_next", true),
        ListFails => set("list_fails", true),
        Reboot => mac::reboot(home),
        FileVault(on) => set("filevault", on),
        SudoAsks(on) => set("sudo", on),
        Busy(vm) => std::fs::write(mac::inside(home, vm).join("busy"), "").unwrap(),
        Make(_) | MakeOf(..) | MakeWith(..) | Start(_) | Retire(..) | Ease(_) | Stop(_)
        | Delete(_) | Again(_) | Tell(_) | Sh(..) | Put(..) | Restart | Pull(_) | Prune(_) => {}
    }
}

fn hasty() -> TransportSettings {
    let shortest = Duration::from_millis(1);
    TransportSettings { backoff_min: shortest, backoff_max: shortest, ..Default::default() }
}

/// One simulated Mac, whose clock runs as fast as it is looked at.
async fn one_mac(seed: u64) -> (Sim, Arc<AtomicI64>) {
    let ms = Arc::new(AtomicI64::new(1_760_000_000_000));
    let clock = ms.clone();
    let now = move || Timestamp::from_millis(clock.fetch_add(1_000, Ordering::SeqCst));
    let settings = SimSettings { hosts: 1, seed, images: vec![], load: 0.0, ..Default::default() };
    (sim::start(settings, SimTime::new(Arc::new(now), 1e9)).await.unwrap(), ms)
}

/// The way to it. The directory holds its key.
fn way_to(sim: &Sim) -> (Access, tempfile::TempDir) {
    let keys = tempfile::tempdir().unwrap();
    let identity = keys.path().join("key");
    std::fs::write(&identity, sim.user_key()).unwrap();
    std::fs::set_permissions(&identity, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let described = &sim.hosts()[0];
    let access = Access::Ssh(SshAccess {
        address: described.address.clone(),
        port: described.port,
        user: "admin".into(),
        identity: Some(identity),
        known_hosts: None,
        host_key: Some(described.host_key.clone()),
        jump: None,
    });
    (access, keys)
}

/// Through the simulator.
async fn on_the_simulator(steps: &[Step], nth: usize) -> Vec<Seen> {
    let (sim, ms) = one_mac(nth as u64).await;
    let (access, _keys) = way_to(&sim);
    let transport = Transport::new(hasty(), 1);
    let subject = Subject {
        carry: &transport,
        host: sim.hosts()[0].name.clone(),
        access,
        harm: &|step| harm_simulated(&sim, step),
        pass_time: &|| {
            ms.fetch_add(300_000, Ordering::SeqCst);
        },
        looked: &|| {},
    };
    let seen = subject.tell(steps).await;
    assert!(sim.report().most_vms_ever_on_one_host <= 2);
    sim.stop().await;
    seen
}

fn harm_simulated(sim: &Sim, step: Step) {
    let mac = sim.host("mini-001").unwrap();
    let lasts = |on| if on { Span::from_hours(100_000) } else { Span::ZERO };
    match step {
        Keychain(on) => mac.lock_keychain(lasts(on)),
        DiskFull(on) => mac.fill_disk(lasts(on)),
        Leak | LeakNext => mac.leak_slot(),
        ListFails => mac.fail_next_list(),
        Reboot => mac.reboot(),
        FileVault(on) => mac.set_filevault(on),
        SudoAsks(on) => mac.set_sudo_asks(on),
        Busy(vm) => assert!(mac.give_job(vm, Span::from_hours(100_000))),
        Make(_) | MakeOf(..) | MakeWith(..) | Start(_) | Retire(..) | Ease(_) | Stop(_)
        | Delete(_) | Again(_) | Tell(_) | Sh(..) | Put(..) | Restart | Pull(_) | Prune(_) => {}
    }
}

#[tokio::test]
async fn simulated_macs_answer_as_the_scripts_do() {
    let both = CASES.iter().enumerate().map(|(nth, (name, steps))| async move {
        let (real, simulated) = futures::join!(on_a_shell(steps), on_the_simulator(steps, nth));
        (name, real, simulated)
    });
    let mut differences = Vec::new();
    let mut classes = Vec::new();
    for (name, real, simulated) in futures::future::join_all(both).await {
        assert_eq!(real.len(), simulated.len());
        for (real, simulated) in real.iter().zip(&simulated) {
            if real != simulated {
                let pair = format!("\n  real      {real:?}\n  simulated {simulated:?}");
                differences.push(format!("{name}:{pair}"));
            }
            if let Some(Outcome::Refused { class, .. }) = real.outcome {
                classes.push(class);
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    classes.sort_unstable();
    classes.dedup();
    let all = [
        Refusal::Limit,
        Refusal::Full,
        Refusal::Missing,
        Refusal::AlreadyRunning,
        Refusal::NotRunning,
        Refusal::DiskFull,
        Refusal::Keychain,
        Refusal::Fenced,
        Refusal::Other,
    ];
    assert_eq!(classes, all, "the cases no longer lead to every refusal they are there for");
}

#[tokio::test]
async fn no_script_is_lost_where_a_connection_ends() {
    let (sim, _) = one_mac(1).await;
    let (access, _keys) = way_to(&sim);
    let transport = Transport::new(TransportSettings::default(), 1);
    let script = Script::new("tart.look", "").arg("epoch", 1);
    let limit = Limit { time: LIMIT, bytes: 1 << 20 };
    for _ in 0..200 {
        let output = transport.run(&sim.hosts()[0].name, &access, &script, limit).await.unwrap();
        assert!(output.stdout.ends_with("@@ end 0\n"), "{output:?}");
    }
    assert!(transport.stats().connected > 1, "no connection ended");
    assert_eq!((transport.stats().failed, transport.stats().lost_sent), (0, 0));
}

#[tokio::test]
async fn the_inventory_is_one_that_a_controller_takes() {
    let settings = SimSettings { hosts: 7, ..Default::default() };
    let time = SimTime::new(Arc::new(Timestamp::default), 1.0);
    let sim = sim::start(settings, time).await.unwrap();
    for (size, nightly) in [
        (PoolSize::Count(5), Nightly::Respawn),
        (PoolSize::PerHost(2), Nightly::Wipe),
        (PoolSize::Fill, Nightly::Respawn),
    ] {
        let text = sim.inventory(Path::new("/keys/fleet"), size, nightly);
        let texts = BTreeMap::from([("inventory/simulated.yaml".into(), text)]);
        let files = Files { root: "/fleet".into(), home: None, texts };
        let loaded = config::check(&files).unwrap();
        assert_eq!(loaded.warnings, []);
        let fleet = loaded.fleet;
        assert_eq!((fleet.hosts.len(), fleet.images.len(), fleet.schedules.len()), (7, 1, 1));
        let (_, pool) = fleet.pools.first_key_value().unwrap();
        assert_eq!(pool.size, size);
        for host in sim.hosts() {
            let spec = &fleet.hosts[&host.name];
            assert!(pool.hosts.matches(&spec.labels));
            assert!(host.labels.iter().all(|(key, value)| spec.labels.get(key) == Some(value)));
            let Access::Ssh(access) = &spec.access else { panic!("{:?}", spec.access) };
            assert_eq!((access.address.as_str(), access.port), ("127.0.0.1", host.port));
            assert_eq!(access.host_key.as_ref(), Some(&host.host_key));
            assert_eq!(access.identity.as_deref(), Some(Path::new("/keys/fleet")));
        }
    }
}

#[tokio::test]
async fn the_client_that_everybody_has_is_answered() {
    let (sim, _) = one_mac(1).await;
    let (_, keys) = way_to(&sim);
    let host = &sim.hosts()[0];
    let known = keys.path().join("known_hosts");
    let line = format!("[{}]:{} {}\n", host.address, host.port, host.host_key);
    std::fs::write(&known, line).unwrap();
    let mut child = tokio::process::Command::new("ssh")
        .args(["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-i"])
        .arg(keys.path().join("key"))
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", known.display()))
        .args(["-p", &host.port.to_string(), "admin@127.0.0.1", "/bin/sh", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let script = Script::new("tart.look", "").arg("epoch", 7).render();
    child.stdin.take().unwrap().write_all(script.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("@@ guard 0\nepoch 7\n") && said.ends_with("@@ end 0\n"), "{said}");
}
