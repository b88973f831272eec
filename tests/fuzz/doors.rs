//! The doors through which text of others comes in: tools' output, known hosts, the fleet
//! directory, cron patterns, bodies of the API, lines of a journal. Each takes any bytes and never
//! panics; what it lets in holds together. Fuzzed by `cargo fuzz`, replayed by `tests/corpus.rs`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use hostler::api;
use hostler::config::{self, Files};
use hostler::driver::{self, Order};
use hostler::model::{
    Access, Entry, HostName, HostSpec, OpId, OpKind, Outcome, PlanAsk, SshAccess, Timestamp, World,
};
use hostler::plan::{self, Calendar};
use hostler::transport::{self, Carry, HostKey, Limit, Lost, Output, Recognised, Script, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Takes any bytes, and says whether it let them in.
pub type Door = fn(&[u8]) -> bool;

/// All of them, by the names of their corpora.
pub const DOORS: [(&str, Door); 7] = [
    ("look", look),
    ("order", order),
    ("known_hosts", known_hosts),
    ("fleet", fleet),
    ("cron", cron),
    ("bodies", bodies),
    ("journal", journal),
];

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// A host that says this to whatever it is told.
struct Says(Output);

impl Carry for Says {
    fn run<'a>(
        &'a self,
        _: &'a HostName,
        _: &'a Access,
        _: &'a Script,
        _: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>> {
        Box::pin(ready(Ok(self.0.clone())))
    }
}

fn says(stdout: &[u8], stderr: &[u8], status: Status) -> Says {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Says(Output { stdout: text(stdout), stderr: text(stderr), status, truncated: false })
}

fn host() -> &'static (HostName, HostSpec) {
    static HOST: OnceLock<(HostName, HostSpec)> = OnceLock::new();
    HOST.get_or_init(|| {
        let text = "hosts: {mini: {address: 127.0.0.1, user: admin}}";
        let loaded = config::check(&files(&[("inventory/a.yaml", text)])).unwrap();
        loaded.fleet.hosts.into_iter().next().unwrap()
    })
}

fn files(texts: &[(&str, &str)]) -> Files {
    let text = |(path, text): &(&str, &str)| (PathBuf::from(path), text.to_string());
    let texts: BTreeMap<PathBuf, String> = texts.iter().map(text).collect();
    Files { root: "/fleet".into(), home: None, texts }
}

/// What a host says of itself and its VMs.
pub fn look(data: &[u8]) -> bool {
    let (name, spec) = host();
    let carry = says(data, b"", Status::Exit(0));
    let looked = driver::look(&carry, name, spec, &[], 1, NOW, Duration::from_secs(10));
    let Some(Ok(look)) = looked.now_or_never() else { return false };
    again(&look.sighting);
    true
}

/// What a tool says of an order: a status, then words on both of its outputs.
pub fn order(data: &[u8]) -> bool {
    let [status, kind, said @ ..] = data else { return false };
    let cut = said.iter().position(|byte| *byte == 0).unwrap_or(said.len());
    let (out, err) = said.split_at(cut);
    let status = if *status == 255 {
        Status::Signal("KILL".into())
    } else {
        Status::Exit(i32::from(*status))
    };
    let kinds = [OpKind::Clone, OpKind::Start, OpKind::Stop, OpKind::Delete];
    let order = Order {
        op: OpId::from_bits(7),
        kind: kinds[usize::from(*kind) % kinds.len()],
        vm: "hostler-ci-00000000000c".into(),
        image: "xcode".into(),
        cpu: None,
        memory: None,
        guest: String::new(),
        grace: std::time::Duration::ZERO,
        hurry: false,
    };
    let (name, spec) = host();
    let carry = says(out, err, status);
    let limit = Duration::from_secs(10);
    let outcome = driver::carry_out(&carry, name, spec, &order, 1, limit).now_or_never().unwrap();
    let said = outcome.to_string();
    assert!(!said.contains('\u{1b}'), "an escape reaches the operator: {said:?}");
    outcome == Outcome::Done
}

/// A file of known hosts, and what it says of a key.
pub fn known_hosts(data: &[u8]) -> bool {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    let file = FILE.get_or_init(|| tempfile::NamedTempFile::new().unwrap());
    std::fs::write(file.path(), data).unwrap();
    let (name, spec) = host();
    let Access::Ssh(access) = &spec.access else { return false };
    let access = SshAccess { known_hosts: Some(file.path().into()), ..access.clone() };
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDgjPRLlwXiobZ8jm3GfwEv+z2ajRwfvBh5fORw1i5ot";
    let key = HostKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".parse().unwrap(),
        line: line.into(),
    };
    transport::recognise(name, &access, &[key]).is_ok_and(|known| known != Recognised::New)
}

/// Inventory, playbook and settings, parted by zero bytes.
pub fn fleet(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let paths = ["inventory/a.yaml", "playbooks/b.yaml", "hostler.yaml"];
    let texts: Vec<(&str, &str)> = paths.into_iter().zip(text.split('\0')).collect();
    match config::check(&files(&texts)) {
        Ok(loaded) => !loaded.to_yaml().unwrap().is_empty(),
        Err(problems) => {
            assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
            false
        }
    }
}

/// A pattern and a zone, on a line each: its times are in order and within what was asked.
pub fn cron(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let (cron, zone) = text.split_once('\n').unwrap_or((&text, "Europe/Zurich"));
    let Ok(calendar) = Calendar::new(cron, zone.trim_end()) else { return false };
    let until = NOW + hostler::model::Span::from_hours(24 * 400);
    let times = calendar.between(NOW, until, 50);
    assert!(times.len() <= 50 && times.iter().all(|at| *at > NOW && *at <= until));
    assert!(times.windows(2).all(|two| two[0] < two[1]), "{times:?}");
    true
}

/// Whatever a body was read as, it is once it has been written and read again.
pub fn bodies(data: &[u8]) -> bool {
    let read: [fn(&[u8]) -> bool; 12] = [
        body::<PlanAsk>,
        body::<api::JobBody>,
        body::<api::Command>,
        body::<api::CordonBody>,
        body::<api::UncordonBody>,
        body::<api::UndrainBody>,
        body::<api::RetryBody>,
        body::<api::SkipBody>,
        body::<api::ReasonBody>,
        body::<api::TrustBody>,
        body::<api::ForgetBody>,
        body::<api::RespawnBody>,
    ];
    read.into_iter().filter(|read| read(data)).count() > 0
}

fn body<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(data) else { return false };
    again(&value);
    true
}

fn again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

/// Lines of a journal: each follows or is refused, and a World of those that follow can be planned.
pub fn journal(data: &[u8]) -> bool {
    let mut world = World::default();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(entry) = serde_json::from_slice::<Entry>(line) else { continue };
        again(&entry);
        let before = world.clone();
        // What is refused may have changed part of it: whoever applies it goes on with the copy.
        if world.apply(&entry).is_err() {
            world = before;
        }
    }
    plan::plan(&world, world.at);
    world.seq > 0
}
