//! A site of Macs, each behind an SSH server of its own, and the fleet directory that says so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hostler::model::HostName;
use tempfile::TempDir;

use crate::mac;
use crate::sshd::{Sshd, keygen, public, user};

/// What the pool's VMs are made of.
pub(crate) const IMAGE: &str = "ghcr.io/acme/macos:1";

/// A Mac: an SSH server whose `$HOME` has the tool, the kernel and the faults.
pub(crate) struct Mac {
    pub(crate) name: &'static str,
    pub(crate) sshd: Sshd,
}

impl Mac {
    pub(crate) fn host(&self) -> HostName {
        self.name.parse().unwrap()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.sshd.home()
    }

    pub(crate) fn fault(&self, name: &str, text: &str) {
        mac::fault(&self.home(), name, text);
    }

    pub(crate) fn mend(&self, name: &str) {
        mac::mend(&self.home(), name);
    }

    /// The VMs on its disk.
    pub(crate) fn disks(&self) -> BTreeSet<String> {
        let Ok(vms) = fs::read_dir(self.home().join(".tart/vms")) else { return BTreeSet::new() };
        vms.map(|vm| vm.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn running(&self) -> BTreeSet<String> {
        mac::vms_running(&self.home()).into_iter().collect()
    }

    /// The tool, as a person on that Mac uses it.
    fn by_hand(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.home().join("bin/tart"));
        let path = format!("{}:/usr/bin:/bin", self.home().join("bin").display());
        command.args(args).env("HOME", self.home()).env("PATH", path).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// A person makes a VM there, which is none of ours.
    pub(crate) fn clone_by_hand(&self, vm: &str) {
        assert!(self.by_hand(&["clone", IMAGE, vm]).status().unwrap().success());
    }

    /// A person makes a VM there and starts it.
    pub(crate) async fn start_by_hand(&self, vm: &str) {
        self.clone_by_hand(vm);
        self.run_by_hand(vm).await;
    }

    /// A person starts a VM that they have made.
    pub(crate) async fn run_by_hand(&self, vm: &str) {
        // It ends with its Mac.
        drop(self.by_hand(&["run", vm]).spawn().unwrap());
        until(&format!("{vm} runs on {}", self.name), || self.running().contains(vm)).await;
    }

    /// The person stops it again.
    pub(crate) fn stop_by_hand(&self, vm: &str) {
        assert!(self.by_hand(&["stop", vm]).status().unwrap().success());
    }
}

impl Drop for Mac {
    fn drop(&mut self) {
        self.sshd.kill();
        mac::reboot(&self.home());
    }
}

/// Waits for something that only the Macs know.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let done = tokio::time::timeout(crate::life::PATIENCE, wait).await;
    assert!(done.is_ok(), "waited in vain: {what}");
}

/// Macs, perhaps an entry point before the last of them, and the fleet directory. The first is
/// known by its pinned key, the second by a line of the known hosts, the third by an authority.
pub(crate) struct Site {
    pub(crate) macs: Vec<Mac>,
    pub(crate) jump: Option<Sshd>,
    dir: TempDir,
}

impl Site {
    pub(crate) fn new(names: &[&'static str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (key, authority) = (dir.path().join("fleet_key"), dir.path().join("authority"));
        keygen(&key, "ed25519", "");
        keygen(&authority, "ed25519", "");
        let mac = |(nth, name): (usize, &&'static str)| {
            let mut sshd = Sshd::prepare();
            mac::install_tools(&sshd.home());
            sshd.authorize(&key);
            if nth == 2 {
                let principal = sshd.address().to_owned();
                sshd.certify(&authority, &principal);
            }
            sshd.boot();
            Mac { name, sshd }
        };
        let macs = names.iter().enumerate().map(mac).collect();
        Self { macs, jump: None, dir }
    }

    /// Only through an entry point is the last Mac reached.
    pub(crate) fn with_jump(mut self) -> Self {
        let jump = Sshd::start();
        jump.authorize(&self.dir.path().join("fleet_key"));
        self.jump = Some(jump);
        self
    }

    pub(crate) fn mac(&self, name: &str) -> &Mac {
        self.macs.iter().find(|mac| mac.name == name).unwrap()
    }

    pub(crate) fn mac_mut(&mut self, name: &str) -> &mut Mac {
        self.macs.iter_mut().find(|mac| mac.name == name).unwrap()
    }

    pub(crate) fn fault(&self, name: &str, text: &str) {
        self.macs.iter().for_each(|mac| mac.fault(name, text));
    }

    /// The fleet directory.
    pub(crate) fn fleet(&self) -> PathBuf {
        self.dir.path().join("fleet")
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Writes the fleet directory of a controller that is on its only Mac, with one pool.
    pub(crate) fn write_local(&self, mac: &str, size: u32) {
        let fleet = self.fleet();
        put(&fleet.join("hostler.yaml"), "poll_interval: 1s\nssh_agent: none\n");
        put(
            &fleet.join("inventory/site.yaml"),
            &format!(
                "hosts: {{{mac}: {{local: true}}}}\n\
                 images: {{tahoe: {{source: \"{IMAGE}\", os: macos}}}}\n\
                 pools: {{ci: {{image: tahoe, size: {size}, cpu: 4, memory: 8GiB}}}}\n"
            ),
        );
    }

    /// Adds a playbook of the fleet's own.
    pub(crate) fn write_playbook(&self, name: &str, text: &str) {
        put(&self.fleet().join(format!("playbooks/{name}.yaml")), text);
    }

    /// Writes the fleet directory: one pool of `size` VMs on all Macs; a start may take `start`.
    pub(crate) fn write(&self, size: u32, start: &str) {
        self.write_pool(&format!("size: {size}"), start);
    }

    /// The same with what else the pool says of itself.
    pub(crate) fn write_pool(&self, pool: &str, start: &str) {
        let fleet = self.fleet();
        put(
            &fleet.join("hostler.yaml"),
            &format!("poll_interval: 1s\nssh_agent: none\nlimits: {{start: {start}}}\n"),
        );
        let mut known = String::new();
        let mut hosts = String::new();
        for (nth, mac) in self.macs.iter().enumerate() {
            let (address, port) = (mac.sshd.address(), mac.sshd.port());
            let mut ssh = format!("port: {port}");
            if let Some(jump) = self.jump.as_ref().filter(|_| nth + 1 == self.macs.len()) {
                let jump = jump.as_jump();
                ssh += &format!(", jump: {}@{}:{}", jump.user, jump.address, jump.port);
            }
            let host_key = mac.sshd.host_key();
            let pin = match nth {
                0 => format!(", host_key: {host_key}"),
                2 => {
                    let authority = public(&self.dir.path().join("authority"));
                    known += &format!("@cert-authority [{address}]:{port} {authority}\n");
                    String::new()
                }
                _ => {
                    known += &format!("[{address}]:{port} {host_key}\n");
                    String::new()
                }
            };
            hosts += &format!("  {}: {{address: {address}, ssh: {{{ssh}}}{pin}}}\n", mac.name);
        }
        if let Some(jump) = &self.jump {
            known += &format!("[{}]:{} {}\n", jump.address(), jump.port(), jump.host_key());
        }
        put(&fleet.join("inventory/known_hosts"), &known);
        let user = user();
        put(
            &fleet.join("inventory/site.yaml"),
            &format!(
                "defaults:\n  user: {user}\n  ssh: {{identity: ../../fleet_key, known_hosts: known_hosts}}\n\
                 hosts:\n{hosts}\
                 images: {{tahoe: {{source: \"{IMAGE}\", os: macos}}}}\n\
                 pools: {{ci: {{image: tahoe, {pool}, cpu: 4, memory: 8GiB}}}}\n"
            ),
        );
    }
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
