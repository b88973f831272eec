//! What may be written in each kind of file, as structures that are described and never built.
//! Their comments are the help an editor shows.
#![expect(dead_code, reason = "described for editors only; the readers work on the text itself")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::config::settings::LogLevel;
use crate::model::{BusyPolicy, DriverKind, GuestOs, Overlap, Role, Splay};

/// A length of time: a number and a unit, `30s`, `5m`, `4h`, `1h30m`, `2d`.
#[derive(JsonSchema)]
pub(super) struct Length(#[schemars(regex(pattern = r"^([0-9]+(ms|s|m|h|d))+$"))] String);

/// An amount of memory: `512MiB`, `8GiB`.
#[derive(JsonSchema)]
struct Amount(#[schemars(regex(pattern = r"^[0-9]+ *([KMGT]iB|[kMGT]?B)$"))] String);

/// So many, or a share: `3`, `10%`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Share {
    Count(u32),
    Percent(#[schemars(regex(pattern = r"^[0-9]+%?$"))] String),
}

/// A label's value; numbers and truths are kept as written.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Label {
    Text(#[schemars(regex(pattern = r"^[A-Za-z0-9_./-]*$"))] String),
    Number(f64),
    Truth(bool),
}

/// An inventory file: any of these sections. All files together make the fleet.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Inventory {
    /// What every host has unless its group or the host itself says otherwise. In one file only.
    defaults: Option<Defaults>,
    /// Hosts that have something in common. A group's name is a label of its hosts.
    groups: Option<BTreeMap<String, Group>>,
    /// Hosts that stand on their own.
    hosts: Option<BTreeMap<String, Host>>,
    /// What VMs are cloned from.
    images: Option<BTreeMap<String, Image>>,
    /// VMs kept alive with one purpose.
    pools: Option<BTreeMap<String, Pool>>,
    /// What is done when.
    schedules: Option<BTreeMap<String, Schedule>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Defaults {
    #[schemars(flatten)]
    layer: Layer,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Group {
    #[schemars(flatten)]
    layer: Layer,
    /// By name. `mini-[01:12]` stands for twelve hosts.
    hosts: Option<BTreeMap<String, Host>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Host {
    #[schemars(flatten)]
    layer: Layer,
    /// Host name or IP address. With a range in the name, a range of as many: `10.0.8.[11:22]`.
    address: Option<String>,
    /// The pinned host key, as a public key line: `ssh-ed25519 AAAA...`.
    host_key: Option<String>,
    /// The Mac the controller runs on: nothing goes over SSH.
    local: Option<bool>,
}

/// What defaults, groups and hosts have in common; the nearer one wins.
#[derive(JsonSchema)]
struct Layer {
    /// Login name on the host.
    user: Option<String>,
    /// Which tool runs the VMs.
    driver: Option<DriverKind>,
    /// `worker` takes pool VMs (the default), `builder` bakes images.
    role: Option<Role>,
    /// Places for macOS VMs, 2 by default. Apple's licence allows two per Mac.
    #[schemars(range(min = 0, max = 2))]
    slots: Option<u8>,
    /// For selectors. `role`, `name` and the names of group and host are labels by themselves.
    labels: Option<BTreeMap<String, Label>>,
    ssh: Option<Ssh>,
    /// What the host should be; what differs is shown and never mended by itself.
    expect: Option<Expect>,
    /// A restart is possible with FileVault on: the account may use `fdesetup authrestart`.
    authrestart: Option<bool>,
}

/// What the facts of a host should be.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Expect {
    macos: Option<Version>,
    /// The tool that runs the VMs.
    tool: Option<Version>,
    /// The same as `tool`.
    tart: Option<Version>,
    /// A text such as `m4`.
    chip: Option<String>,
}

/// A version such as `26.1`, or requirements such as `>=15.4, <27`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Version {
    Text(#[schemars(regex(pattern = r"^[0-9<>=!., ]+$"))] String),
    Number(f64),
}

/// How a host is reached.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Ssh {
    /// Private key file; without it the SSH agent is asked. `~` is the home directory.
    identity: Option<String>,
    /// Where host keys are looked up when none is pinned.
    known_hosts: Option<String>,
    /// 22 by default.
    #[schemars(range(min = 1, max = 65_535))]
    port: Option<u16>,
    /// The one entry point: `user@host:port`.
    jump: Option<String>,
    /// The pinned host key, as a public key line.
    host_key: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Image {
    /// Registry reference, or the name of a VM on the host.
    source: String,
    /// `macos` by default. Linux VMs take no slot.
    os: Option<GuestOs>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Pool {
    /// Name of an image.
    image: String,
    size: Size,
    /// Selector: `site=lausanne,role!=builder,chip in (m2,m4)`. All hosts when absent.
    hosts: Option<String>,
    /// Cores of each VM; the image's own number when absent.
    #[schemars(range(min = 1, max = 256))]
    cpu: Option<u16>,
    /// Memory of each VM; the image's own amount when absent.
    memory: Option<Amount>,
    /// 500 by default; higher goes first.
    #[schemars(range(min = 0, max = 1000))]
    priority: Option<i32>,
    /// What runs in a new VM. Checked, not acted on by this version.
    startup: Option<Startup>,
    /// Secrets by reference. Checked, not acted on by this version.
    secrets: Option<BTreeMap<String, Secret>>,
    /// When a VM is ready. Checked, not acted on by this version.
    ready: Option<Check>,
    /// Whether a VM has work.
    busy: Option<Busy>,
    /// How the agent in a VM is told to take no more work, and how long the work it has may take;
    /// 1h by default.
    retire: Option<Check>,
    /// A VM older than this has drifted: the next run over the pool replaces it first. 1m or more.
    max_age: Option<Length>,
    /// What a Mac must have for them, beside the labels.
    needs: Option<Needs>,
    /// Pools whose VMs never share a Mac with these; its own name keeps its VMs from each other.
    anti_affinity: Option<Vec<String>>,
}

/// What a Mac must have.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Needs {
    macos: Option<Version>,
    /// Part of its name, such as `m4`.
    chip: Option<String>,
    /// So much or more.
    memory: Option<Amount>,
    /// Of this size or larger.
    disk: Option<Amount>,
}

/// How many VMs.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Size {
    /// So many in all.
    Count(#[schemars(range(min = 0, max = 100_000))] u32),
    Of(SizeOf),
}

/// One of the two.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
struct SizeOf {
    /// So many on each host that matches.
    #[schemars(range(min = 1, max = 2))]
    per_host: Option<u8>,
    /// `true`: every free slot of every host that matches.
    fill: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Startup {
    template: String,
    timeout: Option<Length>,
}

/// Exactly one way to the secret; never the secret itself.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
struct Secret {
    env: Option<String>,
    file: Option<String>,
    command: Option<Vec<String>>,
    keychain: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Check {
    sh: String,
    within: Option<Length>,
}

/// Either `sh` or `agent`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{"required": ["sh"]}, {"required": ["agent"]}]))]
struct Busy {
    /// A script in the VM; exit status 0 means that it has work.
    sh: Option<String>,
    /// Checked, not acted on by this version.
    agent: Option<Agent>,
    /// How long the answer may take; 10s by default.
    within: Option<Length>,
}

/// A CI agent; its further keys depend on its kind.
#[derive(JsonSchema)]
struct Agent {
    kind: String,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Schedule {
    targets: Targets,
    /// Name of a playbook.
    playbook: String,
    /// Five fields or `@daily` and its kind, in the civil time of `zone`.
    cron: String,
    /// IANA name, such as `Europe/Zurich`.
    zone: String,
    /// How long after its time a run may still start work; 4h by default.
    window: Option<Length>,
    /// How many targets may be out of service at once; 10% by default.
    max_unavailable: Option<Share>,
    /// How hosts are spread over the window: `hash` (the default) each at its own time, the same
    /// every night; `even` in the order of names; `none` as soon as `max_unavailable` allows.
    splay: Option<Splay>,
    /// So many VMs of each pool stay ready.
    min_available: Option<Share>,
    /// Waves, each as how many hosts have had their turn at its end: `[1, 5%, 25%, 100%]`.
    #[schemars(length(min = 1))]
    order: Option<Vec<Share>>,
    /// When so many have failed, the run pauses; 5% by default, and at least 1.
    max_fail: Option<Share>,
    /// How long a host must have been well before it counts as done; 30s by default.
    min_healthy: Option<Length>,
    /// What happens when the run before still goes on: `skip` (the default) or `queue`.
    overlap: Option<Overlap>,
    /// Whether a run whose time was missed may begin later in its window; `window` by default.
    catch_up: Option<CatchUp>,
    /// What is done about a host with work: `wait` (the default), `skip` or `deadline`.
    busy: Option<BusyPolicy>,
    /// It does not run while this is `true`.
    suspend: Option<bool>,
    /// Dates of its zone on which it does not run: `2026-12-24`.
    blackout: Option<Vec<String>>,
    /// How many runs are remembered; 14 by default.
    #[schemars(range(min = 1, max = 10_000))]
    history: Option<u16>,
}

/// A pool, or hosts by a selector.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
struct Targets {
    pool: Option<String>,
    hosts: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum CatchUp {
    Window,
    None,
}

/// Settings of the controller. Every key has a default.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Settings {
    /// Where the journal, the socket and the logs are kept; the platform's own place when absent.
    state: Option<String>,
    /// How long after one look at a host the next one comes; 10s by default.
    poll_interval: Option<Length>,
    /// Hosts looked at or worked on at the same time; 256 by default.
    #[schemars(range(min = 1, max = 4096))]
    concurrency: Option<u32>,
    limits: Option<Limits>,
    /// `environment` (the default), `none`, or the path of an agent's socket.
    ssh_agent: Option<String>,
    log: Option<Log>,
}

/// How long an action on a host may take before its outcome is called unknown.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Limits {
    /// With the pull of the image; 2h by default.
    clone: Option<Length>,
    /// 5m by default.
    start: Option<Length>,
    /// 2m by default.
    stop: Option<Length>,
    /// 2m by default.
    delete: Option<Length>,
}

/// What is logged, and where.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Log {
    /// `info` by default.
    level: Option<LogLevel>,
    /// `logs` in the state directory by default.
    dir: Option<String>,
    /// Files kept, one a day; 14 by default.
    #[schemars(range(min = 1, max = 365))]
    keep: Option<u32>,
}
