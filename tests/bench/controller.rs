//! A real controller over a fleet of simulated Macs, each a process of its own: the memory and
//! the time that a host costs, and what an unchanged poll leaves in the journal.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hostler::api::{Client, Connect, Report};
use hostler::model::Actor;

use crate::idle::Work;
use crate::tmux::{HOSTLER, kill};
use crate::{Goal, row, thousands};

/// Nothing takes longer: clones and boots of simulated Macs take their time.
const PATIENCE: Duration = Duration::from_secs(600);
/// Looks at every host after the last VM is ready.
const ROUNDS: u64 = 3;
const BASE_KIB: u64 = 64 << 10;
const HOST_KIB: u64 = 256;

pub(crate) async fn run() {
    for hosts in [1_000, 5_000] {
        let what = format!("{} hosts", thousands(hosts));
        if let Err(why) = measure(hosts, &what).await {
            row(&format!("controller: {what}"), "not run", &why, None);
        }
    }
}

async fn measure(hosts: u64, what: &str) -> Result<(), String> {
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in("/tmp").unwrap();
    let count = hosts.to_string();
    let _sim = Running::start(
        dir.path(),
        &["sim", "serve", "--hosts", &count, "--load", "0", "--dir", "fleet"],
    );
    let inventory = dir.path().join("fleet/inventory/simulated.yaml");
    wait("an inventory", async || inventory.exists()).await?;
    let serve = Running::start(dir.path(), &["serve", "--fleet", "fleet", "--state", "state"]);
    let socket = dir.path().join("state/hostler.sock");
    let client = Client::new(Connect::Unix(socket), &Actor::controller());
    let began = Instant::now();
    let whole = |report: &Report| report.vms.get("ready").is_some_and(|n| *n as u64 == hosts);
    wait("every VM ready", async || client.status().await.is_ok_and(|r| whole(&r))).await?;
    let time = began.elapsed().as_secs_f64();
    row(
        &format!("controller: nothing to all VMs ready, {what}"),
        &format!("{time:.1} s"),
        "",
        None,
    );
    // What the last VMs left to be seen is seen by then.
    looks(&client, hosts).await?;
    let (before, work) = (report(&client).await?, Work::of(serve.pid()));
    looks(&client, ROUNDS * hosts).await?;
    let (after, work) = (report(&client).await?, Work::of(serve.pid()) - work);
    let n = after.engine.looks - before.engine.looks;
    let each = work.ticks as f64 * 10_000.0 / n as f64;
    row(&format!("controller: processor for a look, {what}"), &format!("{each:.0} us"), "", None);
    let written = after.seq - before.seq;
    let what_written = format!("controller: entries from {} unchanged looks", thousands(n));
    row(&what_written, &written.to_string(), "", Some(("0".into(), written == 0)));
    let (rss, peak) = (serve.memory("VmRSS:"), serve.memory("VmHWM:"));
    let most = BASE_KIB + HOST_KIB * hosts;
    let goal: Goal = Some((format!("<= {} MiB", thousands(most >> 10)), rss <= most));
    let mib = |kib: u64| format!("{} MiB", thousands(kib >> 10));
    row(&format!("controller: memory, {what}"), &mib(rss), "", goal);
    row(&format!("controller: memory at its peak, {what}"), &mib(peak), "", None);
    let per_host = rss.saturating_sub(BASE_KIB) / hosts;
    let goal: Goal = Some((format!("<= {HOST_KIB} KiB"), per_host <= HOST_KIB));
    let text = format!("{per_host} KiB");
    row(&format!("controller: memory per host beyond 64 MiB, {what}"), &text, "", goal);
    Ok(())
}

async fn report(client: &Client) -> Result<Report, String> {
    client.status().await.map_err(|error| error.to_string())
}

async fn looks(client: &Client, more: u64) -> Result<(), String> {
    let upto = report(client).await?.engine.looks + more;
    let done = async || client.status().await.is_ok_and(|report| report.engine.looks >= upto);
    wait("more looks", done).await
}

pub(crate) async fn wait(what: &str, done: impl AsyncFn() -> bool) -> Result<(), String> {
    let began = Instant::now();
    while !done().await {
        if began.elapsed() > PATIENCE {
            return Err(format!("no {what} within {PATIENCE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// The program at work on something. Dropping it ends it.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(dir: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(HOSTLER);
        command.args(args).current_dir(dir).env("HOME", dir).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// A figure of its memory, in KiB.
    fn memory(&self, key: &str) -> u64 {
        memory(self.pid(), key)
    }
}

/// A figure of a process's memory, in KiB.
pub(crate) fn memory(pid: u32, key: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(self.pid(), "TERM");
        let _ = self.0.wait();
    }
}
