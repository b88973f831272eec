//! The scripts a driver sends, run by real shells on a home that is a Mac: idempotent, one at a
//! time, fenced, replayed, and never a third macOS VM.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: a test's own home directories and shells"
)]

#[path = "guard/doctor.rs"]
mod doctor;
#[path = "guard/guests.rs"]
mod guests;
#[path = "guard/host.rs"]
mod host;
#[path = "common/mac.rs"]
mod mac;
#[path = "guard/plain.rs"]
mod plain;
#[path = "common/shell.rs"]
mod shell;
#[path = "guard/starts.rs"]
mod starts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use hostler::driver::{self, Look, Order};
use hostler::model::{
    Access, Bytes, HostName, HostSpec, OpId, OpKind, Outcome, Refusal, SeenState, Sighting,
    Timestamp,
};
use shell::{Capture, SHELLS, Shell};

const LIMIT: Duration = Duration::from_secs(120);
const IMAGE: &str = "ghcr.io/acme/macos:1";
const LINUX: &str = "ghcr.io/acme/linux:1";

/// A Mac and a way to it.
struct Mac {
    shell: Shell,
    host: HostName,
    spec: HostSpec,
    _home: Arc<tempfile::TempDir>,
}

impl Mac {
    fn new(argv: &'static [&'static str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        mac::install_tools(home.path());
        let spec = HostSpec::new(Access::Local);
        let shell = Shell { home: home.path().into(), argv };
        Self { shell, host: "mini-01".parse().unwrap(), spec, _home: Arc::new(home) }
    }

    fn home(&self) -> &Path {
        &self.shell.home
    }

    fn running(&self) -> Vec<String> {
        mac::vms_running(self.home())
    }

    async fn send(&self, order: &Order, epoch: u64) -> Outcome {
        driver::carry_out(&self.shell, &self.host, &self.spec, order, epoch, LIMIT).await
    }

    /// A new operation of epoch 1.
    async fn act(&self, kind: OpKind, vm: &str) -> Outcome {
        self.send(&order(kind, vm), 1).await
    }

    async fn done(&self, kind: OpKind, vm: &str) {
        assert_eq!(self.act(kind, vm).await, Outcome::Done, "{kind} {vm}");
    }

    async fn clone_linux(&self, vm: &str) {
        let order = Order { image: LINUX.into(), ..order(OpKind::Clone, vm) };
        assert_eq!(self.send(&order, 1).await, Outcome::Done);
    }

    async fn look(&self, epoch: u64) -> Look {
        let at = Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        driver::look(&self.shell, &self.host, &self.spec, &[], epoch, at, LIMIT).await.unwrap()
    }

    async fn see(&self) -> Sighting {
        self.look(0).await.sighting
    }

    /// The text of the script for an order.
    async fn script(&self, order: &Order) -> String {
        let capture = Capture::default();
        driver::carry_out(&capture, &self.host, &self.spec, order, 1, LIMIT).await;
        capture.text()
    }

    /// Begins a clone that lasts, and returns its shell and operation once it holds the lock.
    async fn occupy(&self, vm: &str) -> (tokio::process::Child, OpId) {
        mac::fault(self.home(), "clone_seconds", "100");
        let order = order(OpKind::Clone, vm);
        let child = shell::begin(self.home(), self.shell.argv, &self.script(&order).await).await;
        self.until(|seen| seen.guard.running == Some(order.op)).await;
        (child, order.op)
    }

    /// Looks until the host shows what is awaited.
    async fn until(&self, awaited: impl Fn(&Sighting) -> bool) -> Sighting {
        for _ in 0..300 {
            let seen = self.see().await;
            if awaited(&seen) {
                return seen;
            }
        }
        panic!("300 looks did not show it: {:?}", self.see().await);
    }

    fn vm_path(&self, vm: &str) -> PathBuf {
        self.home().join(".tart/vms").join(vm)
    }
}

impl Drop for Mac {
    fn drop(&mut self) {
        mac::reboot(self.home());
    }
}

/// The same with each kind of shell, side by side.
async fn on_each(tell: impl AsyncFn(Mac)) {
    join_all(SHELLS.map(|argv| tell(Mac::new(argv)))).await;
}

fn order(kind: OpKind, vm: &str) -> Order {
    static OPS: AtomicU64 = AtomicU64::new(1);
    let op = OpId::from_bits(OPS.fetch_add(1, Ordering::Relaxed));
    Order {
        op,
        kind,
        vm: vm.into(),
        image: IMAGE.into(),
        cpu: None,
        memory: None,
        guest: String::new(),
        grace: Duration::ZERO,
        hurry: false,
    }
}

fn class(outcome: &Outcome) -> Option<Refusal> {
    match outcome {
        Outcome::Refused { class, .. } => Some(*class),
        Outcome::Done | Outcome::Unknown { .. } => None,
    }
}

fn said(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { said, .. } => said,
        Outcome::Done | Outcome::Unknown { .. } => panic!("not refused: {outcome:?}"),
    }
}

fn config(mac: &Mac, vm: &str) -> serde_json::Value {
    let text = fs::read_to_string(mac.vm_path(vm).join("config.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_may_come_again() {
    on_each(async |mac| {
        let order =
            Order { cpu: Some(6), memory: Some(Bytes::gib(12)), ..order(OpKind::Clone, "a") };
        assert_eq!(mac.send(&order, 1).await, Outcome::Done);
        assert_eq!(config(&mac, "a")["cpuCount"], 6);
        assert_eq!(config(&mac, "a")["memorySize"], 12_u64 << 30);
        // The tool's own clone would replace it.
        fs::write(mac.vm_path("a").join("mark"), "").unwrap();
        mac.done(OpKind::Clone, "a").await;
        assert!(mac.vm_path("a").join("mark").exists());

        mac.done(OpKind::Start, "a").await;
        mac.done(OpKind::Start, "a").await;
        assert_eq!(mac.running(), ["a"]);
        mac.done(OpKind::Clone, "a").await;
        assert_eq!(class(&mac.act(OpKind::Delete, "a").await), Some(Refusal::AlreadyRunning));

        mac.done(OpKind::Stop, "a").await;
        mac.done(OpKind::Stop, "a").await;
        assert!(mac.running().is_empty());
        mac.done(OpKind::Delete, "a").await;
        mac.done(OpKind::Delete, "a").await;
        mac.done(OpKind::Stop, "a").await;
        assert!(!mac.vm_path("a").exists());
        let missing = mac.act(OpKind::Start, "a").await;
        assert_eq!(class(&missing), Some(Refusal::Missing), "{missing:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_have_addresses_of_their_own() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    mac.done(OpKind::Clone, "b").await;
    let address = |vm| config(&mac, vm)["macAddress"].as_str().unwrap().to_owned();
    assert_ne!(address("a"), address("b"));
    // The image's own: whoever kept it would share a lease.
    assert_ne!(address("a"), "7e:f2:1a:0b:33:9c");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_start_is_refused_and_linux_does_not_count() {
    on_each(async |mac| {
        for vm in ["a", "b", "c"] {
            mac.done(OpKind::Clone, vm).await;
        }
        mac.clone_linux("x").await;
        for vm in ["x", "a", "b"] {
            mac.done(OpKind::Start, vm).await;
        }
        let third = mac.act(OpKind::Start, "c").await;
        assert_eq!(class(&third), Some(Refusal::Full));
        assert!(said(third).contains("two macOS VMs run here already"));
        mac.done(OpKind::Stop, "x").await;
        mac.done(OpKind::Start, "x").await;
        mac.done(OpKind::Stop, "a").await;
        mac.done(OpKind::Start, "c").await;
        assert_eq!(mac.running(), ["b", "c", "x"]);
        assert_eq!(mac::most_ever(mac.home()), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_slot_is_the_tools_word_and_counts_as_the_limit() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    mac.done(OpKind::Clone, "b").await;
    mac::fault(mac.home(), "leak_next", "");
    mac.done(OpKind::Start, "a").await;
    mac.done(OpKind::Stop, "a").await;
    mac.done(OpKind::Start, "a").await;
    let second = mac.act(OpKind::Start, "b").await;
    assert_eq!(class(&second), Some(Refusal::Limit));
    assert!(said(second).contains("exceeds the system limit (other running VMs: a)"));
    mac::reboot(mac.home());
    mac.done(OpKind::Start, "a").await;
    mac.done(OpKind::Start, "b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_says_why_and_is_told_from_a_start() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    mac::fault(mac.home(), "keychain", "");
    let locked = mac.act(OpKind::Start, "a").await;
    assert_eq!(class(&locked), Some(Refusal::Keychain));
    assert!(said(locked).contains("Failed to generate keypair"));
    assert!(mac.see().await.locked.is_some());
    mac::mend(mac.home(), "keychain");
    mac::fault(mac.home(), "guest_dies", "1");
    let died = said(mac.act(OpKind::Start, "a").await);
    assert!(died.contains("it crashed") && died.contains("of its start"), "{died}");
    mac::mend(mac.home(), "guest_dies");
    mac::fault(mac.home(), "slow_start", "5");
    mac.done(OpKind::Start, "a").await;
    assert_eq!(mac.running(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_fails_says_why_and_leaves_nothing() {
    let mac = Mac::new(SHELLS[0]);
    for (fault, words, want) in [
        ("registry", "Error: AuthFailed(why: \"HTTP 403\", details: \"\")", Refusal::Registry),
        ("registry", "Error: UnexpectedHTTPStatusCode(when: \"m\", code: 404)", Refusal::Missing),
        ("disk_full", "", Refusal::DiskFull),
    ] {
        mac::fault(mac.home(), fault, words);
        let refused = mac.act(OpKind::Clone, "a").await;
        assert_eq!(class(&refused), Some(want));
        assert!(said(refused).starts_with("Error: "));
        mac::mend(mac.home(), fault);
    }
    assert!(!mac.vm_path("a").exists());
    mac.done(OpKind::Clone, "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_answers_as_before_and_does_nothing() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        let start = order(OpKind::Start, "a");
        assert_eq!(mac.send(&start, 1).await, Outcome::Done);
        mac.done(OpKind::Stop, "a").await;
        assert_eq!(mac.send(&start, 1).await, Outcome::Done);
        assert!(mac.running().is_empty());

        let missing = order(OpKind::Start, "b");
        let first = mac.send(&missing, 1).await;
        mac.done(OpKind::Clone, "b").await;
        let again = mac.send(&missing, 1).await;
        assert_eq!(class(&first), Some(Refusal::Missing));
        assert_eq!(said(again), said(first) + "; replayed");
        assert!(mac.running().is_empty());
        let done = mac.see().await.guard.done;
        assert_eq!((done[&start.op], done[&missing.op]), (0, 1));

        // What was done before a reboot was done by another life of the host.
        mac::reboot(mac.home());
        assert!(mac.see().await.guard.done.is_empty());
        assert_eq!(mac.send(&start, 1).await, Outcome::Done);
        assert_eq!(mac.running(), ["a"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_epoch_is_fenced_and_no_look_lowers_it() {
    on_each(async |mac| {
        let clone = order(OpKind::Clone, "a");
        assert_eq!(mac.look(9).await.sighting.guard.epoch, 9);
        assert_eq!(class(&mac.send(&clone, 8).await), Some(Refusal::Fenced));
        assert_eq!(mac.look(7).await.sighting.guard.epoch, 9);
        assert!(!mac.vm_path("a").exists());
        // The refused order is not remembered: a later epoch may still send it.
        assert_eq!(mac.send(&clone, 10).await, Outcome::Done);
        assert_eq!(mac.see().await.guard.epoch, 10);
        mac::reboot(mac.home());
        assert_eq!(class(&mac.send(&clone, 9).await), Some(Refusal::Fenced));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_that_race_never_lower_the_epoch() {
    let mac = Mac::new(SHELLS[0]);
    join_all([3, 9, 1, 8, 2, 7].map(|epoch| mac.look(epoch))).await;
    assert_eq!(mac.see().await.guard.epoch, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_host_is_busy_until_its_holder_ends_or_dies() {
    on_each(async |mac| {
        let (mut holder, op) = mac.occupy("a").await;
        let busy = mac.act(OpKind::Stop, "b").await;
        assert_eq!(class(&busy), Some(Refusal::Busy));
        assert!(said(busy).contains(&op.to_string()));

        // It cannot release anything, and nobody else does.
        holder.kill().await.unwrap();
        mac::mend(mac.home(), "clone_seconds");
        assert_eq!(mac.see().await.guard.running, None);
        mac.done(OpKind::Stop, "b").await;
        assert!(!mac.see().await.guard.done.contains_key(&op));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_an_earlier_boot_is_dead() {
    let mac = Mac::new(SHELLS[0]);
    let (holder, op) = mac.occupy("a").await;
    assert_eq!(class(&mac.act(OpKind::Stop, "b").await), Some(Refusal::Busy));
    // The holder's number lives on, as another process's might.
    mac::reboot(mac.home());
    assert_eq!(mac.see().await.guard.running, None);
    mac.done(OpKind::Stop, "b").await;
    assert_ne!(mac.see().await.guard.running, Some(op));
    drop(holder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_went_to_another_program_holds_nothing() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Stop, "a").await;
    let boot = fs::read_to_string(mac.home().join("boot")).unwrap();
    let lock = mac.home().join(".hostler/lock");
    // This test itself lives, and is no script of ours.
    let name = format!("{}.{}.{}", OpId::from_bits(99), std::process::id(), boot.trim());
    fs::rename(lock.join("free"), lock.join(name)).unwrap();
    mac.done(OpKind::Stop, "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_lock_is_taken_over_by_one_alone() {
    on_each(async |mac| {
        mac.done(OpKind::Stop, "a").await;
        let boot = fs::read_to_string(mac.home().join("boot")).unwrap();
        let lock = mac.home().join(".hostler/lock");
        // Long enough for a second winner to be seen beside the first.
        mac::fault(mac.home(), "list_seconds", "0.5");
        for round in 0..4 {
            let mut dead = shell::begin(mac.home(), mac.shell.argv, "exit").await;
            let pid = dead.id().unwrap();
            dead.wait().await.unwrap();
            let name = format!("{}.{pid}.{}", OpId::from_bits(900 + round), boot.trim());
            fs::rename(lock.join("free"), lock.join(name)).unwrap();
            let ended = join_all((0..8).map(|_| mac.act(OpKind::Stop, "a"))).await;
            assert!(ended.contains(&Outcome::Done), "{ended:?}");
            for outcome in ended.iter().filter(|outcome| **outcome != Outcome::Done) {
                assert_eq!(class(outcome), Some(Refusal::Busy), "{outcome:?}");
            }
        }
        assert_eq!(mac::most_commands(mac.home()), 1);
        let left: Vec<_> =
            fs::read_dir(&lock).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["free"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_starts_at_once_give_two_vms() {
    let mac = Mac::new(SHELLS[0]);
    let vms: Vec<String> = (0..20).map(|n| format!("vm-{n:02}")).collect();
    for vm in &vms {
        mac.done(OpKind::Clone, vm).await;
    }
    let mut waiting: Vec<&str> = vms.iter().map(String::as_str).collect();
    let (mut done, mut full) = (0, 0);
    while !waiting.is_empty() {
        let ended = join_all(waiting.iter().map(|vm| mac.act(OpKind::Start, vm))).await;
        let mut busy = Vec::new();
        for (vm, outcome) in waiting.into_iter().zip(ended) {
            match class(&outcome) {
                None => done += 1,
                Some(Refusal::Busy) => busy.push(vm),
                Some(other) => {
                    assert_eq!(other, Refusal::Full, "{outcome:?}");
                    full += 1;
                }
            }
        }
        waiting = busy;
    }
    assert_eq!((done, full), (2, 18));
    assert_eq!(mac.running().len(), 2);
    assert_eq!(mac::most_ever(mac.home()), 2);
    assert_eq!(mac::most_commands(mac.home()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_order_makes_the_lock_however_many_come() {
    on_each(async |mac| {
        mac::fault(mac.home(), "list_seconds", "0.5");
        let ended = join_all((0..12).map(|_| mac.act(OpKind::Stop, "a"))).await;
        assert!(ended.contains(&Outcome::Done), "{ended:?}");
        assert_eq!(mac::most_commands(mac.home()), 1);
        mac.done(OpKind::Stop, "a").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_survives_the_shell_that_started_it() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        let start = order(OpKind::Start, "a");
        let mut child = shell::begin(mac.home(), mac.shell.argv, &mac.script(&start).await).await;
        let group = format!("-{}", child.id().unwrap());
        mac.until(|seen| seen.guard.running == Some(start.op)).await;
        // The connection is gone: nobody listens any more.
        drop((child.stdout.take(), child.stderr.take()));
        mac::signal("HUP", &group);
        assert!(child.wait().await.unwrap().success());
        for name in ["HUP", "INT", "TERM", "KILL"] {
            mac::signal(name, &group);
        }
        let seen = mac.see().await;
        assert_eq!(seen.guard.done[&start.op], 0);
        assert_eq!(seen.vms.unwrap()["a"].state, SeenState::Running);
        assert_eq!(mac.running(), ["a"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_runs_on_unlisted_is_ended_before_its_disk_goes() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    mac.done(OpKind::Start, "a").await;
    // What the tool says when it cannot read the lock of a VM.
    mac::fault(mac.home(), "unlisted", "");
    assert_eq!(class(&mac.act(OpKind::Delete, "a").await), Some(Refusal::AlreadyRunning));
    assert_eq!(mac.running(), ["a"]);
    mac.done(OpKind::Stop, "a").await;
    assert!(mac.running().is_empty());
    mac.done(OpKind::Delete, "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fails_once_is_asked_again_and_one_that_fails_is_no_empty_list() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    mac::fault(mac.home(), "list_fails_once", "");
    mac.done(OpKind::Start, "a").await;
    mac::fault(mac.home(), "list_fails_once", "");
    assert!(mac.see().await.vms.is_some());
    mac::fault(mac.home(), "list_fails", "");
    for kind in [OpKind::Clone, OpKind::Start, OpKind::Stop, OpKind::Delete] {
        let outcome = mac.act(kind, "a").await;
        assert!(said(outcome).contains("config.json"), "{kind}");
    }
    let seen = mac.see().await;
    assert_eq!((seen.vms, seen.images, seen.guests), (None, None, Some(1)));
    assert_eq!(mac.running(), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_the_tool_says_so() {
    on_each(async |mac| {
        fs::remove_file(mac.home().join("bin/tart")).unwrap();
        for kind in [OpKind::Clone, OpKind::Start, OpKind::Stop, OpKind::Delete] {
            assert_eq!(class(&mac.act(kind, "a").await), Some(Refusal::ToolAbsent), "{kind}");
        }
        let seen = mac.see().await;
        assert_eq!((seen.facts.tool.as_str(), seen.vms), ("", None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_vm_is_deleted_too() {
    let mac = Mac::new(SHELLS[0]);
    fs::create_dir_all(mac.vm_path("a")).unwrap();
    fs::write(mac.vm_path("a").join("disk.img"), "").unwrap();
    mac.done(OpKind::Delete, "a").await;
    assert!(!mac.vm_path("a").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_64_operations_are_remembered() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Stop, "a").await;
    let done = mac.home().join(".hostler/done");
    for n in 0..100 {
        let old = fs::File::create(done.join(OpId::from_bits(5_000 + n).to_string())).unwrap();
        old.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(n)).unwrap();
    }
    let last = order(OpKind::Stop, "a");
    assert_eq!(mac.send(&last, 1).await, Outcome::Done);
    let names: Vec<String> = fs::read_dir(done)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 64);
    assert!(names.contains(&last.op.to_string()));
    assert!(names.contains(&OpId::from_bits(5_099).to_string()));
    assert!(!names.contains(&OpId::from_bits(5_000).to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_shows_the_host_as_it_is() {
    on_each(async |mac| {
        let empty = mac.see().await;
        assert_eq!((empty.vms.unwrap().len(), empty.images.unwrap().len()), (0, 0));
        assert_eq!(empty.guests, Some(0));

        mac.done(OpKind::Clone, "a").await;
        mac.done(OpKind::Clone, "b").await;
        mac.clone_linux("x").await;
        mac.done(OpKind::Start, "a").await;
        mac.done(OpKind::Start, "x").await;
        fs::rename(mac.vm_path("b"), mac.vm_path("b é\"1")).unwrap();
        let Look { sighting, sample } = mac.look(3).await;
        let vms = sighting.vms.clone().unwrap();
        assert_eq!(vms.keys().collect::<Vec<_>>(), ["a", "b é\"1", "x"]);
        assert_eq!(vms["a"].state, SeenState::Running);
        assert!(vms["a"].ip.as_ref().unwrap().starts_with("192.168.64."));
        assert_ne!(vms["a"].ip, vms["x"].ip);
        assert_eq!(vms["b é\"1"].state, SeenState::Stopped);
        assert!(vms["x"].linux && !vms["a"].linux);
        assert_eq!((sighting.guests, sighting.slots_held()), (Some(2), Some(1)));
        let images = sighting.images.clone().unwrap();
        assert!(images.contains(&IMAGE.to_owned()) && images.contains(&LINUX.to_owned()));

        let facts = &sighting.facts;
        assert_eq!((facts.macos.as_str(), facts.build.as_str()), ("26.3.1", "25D2128"));
        assert_eq!((facts.chip.as_str(), facts.model.as_str()), ("Apple M2 Pro", "Mac14,12"));
        assert_eq!((facts.cores, facts.memory), (12, Bytes::gib(24)));
        assert_eq!(facts.tool, "2.35.0");
        let boot = fs::read_to_string(mac.home().join("boot")).unwrap();
        assert_eq!(facts.boot, boot.trim());
        assert!(facts.disk > facts.disk_free && facts.disk_free > Bytes(0));
        assert!(sample.disk_free > Bytes(0) && sample.memory_used > Bytes(0));
        assert!(sighting.same_as(&mac.look(3).await.sighting));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_with_an_odd_name_is_seen_whole() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        let odd = "my vm's @@ 100%, \\n \"é\"";
        fs::rename(mac.vm_path("a"), mac.vm_path(odd)).unwrap();
        // A person started it.
        let line = "exec tart run --no-graphics \"$(ls .tart/vms)\" >/dev/null 2>&1 &";
        let path = "PATH=\"$HOME/bin:$PATH\"\n";
        let mut person = shell::begin(mac.home(), mac.shell.argv, &format!("{path}{line}\n")).await;
        person.wait().await.unwrap();
        let vm = |seen: &Sighting| seen.vms.as_ref().unwrap()[odd].clone();
        let seen = mac.until(|seen| vm(seen).ip.is_some()).await;
        assert_eq!(vm(&seen).state, SeenState::Running);
    })
    .await;
}
