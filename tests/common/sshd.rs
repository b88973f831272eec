//! A real OpenSSH server as a child process, on an address of its own on the loopback, with its
//! own host key and its own HOME: many "Macs" on one machine. Also an SSH agent, and keys.
//! Commands start in the user's true home; what belongs to one server is under `$HOME`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "licence: tests run OpenSSH's own programs in directories of their own"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hostler::model::{Jump, SshAccess};
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";
const PATIENCE: Duration = Duration::from_secs(20);

/// One server. Dropping it ends it and all that runs under it.
pub(crate) struct Sshd {
    dir: TempDir,
    address: String,
    port: u16,
    lines: Vec<String>,
    child: Option<Child>,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grew: Condvar,
}

impl Sshd {
    /// A server with its keys made, not started yet.
    pub(crate) fn prepare() -> Self {
        static COUNT: AtomicU8 = AtomicU8::new(1);
        assert!(
            Path::new(SSHD).exists(),
            "{SSHD} is missing: this suite runs a real SSH server, install the package openssh-server"
        );
        // As root, sshd insists on this directory, which packages make at boot only.
        let _ = fs::create_dir_all("/run/sshd");
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        keygen(&dir.path().join("host_key"), "ed25519", "");
        keygen(&dir.path().join("client_key"), "ed25519", "");
        fs::copy(dir.path().join("client_key.pub"), dir.path().join("authorized_keys")).unwrap();
        let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let address = match cfg!(target_os = "linux") {
            true => format!("127.{}.{}.{count}", 1 + pid % 250, pid / 250 % 250),
            false => "127.0.0.1".into(),
        };
        let log = Arc::default();
        Self { dir, address, port: 0, lines: Vec::new(), child: None, log }
    }

    /// A server with nothing special about it, started.
    pub(crate) fn start() -> Self {
        let mut sshd = Self::prepare();
        sshd.boot();
        sshd
    }

    /// Adds a line to its configuration, before it is started.
    pub(crate) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Starts it, and returns when it listens. Its port stays the same for ever after.
    pub(crate) fn boot(&mut self) {
        for _ in 0..10 {
            if self.port == 0 {
                let free = TcpListener::bind((self.address.as_str(), 0)).unwrap();
                self.port = free.local_addr().unwrap().port();
            }
            self.spawn();
            match self.wait_log_for(&["Server listening on", "Cannot bind any address"]) {
                0 => return,
                // Somebody was quicker to that port.
                _ => self.port = 0,
            }
        }
        panic!("sshd found no port on {}: {}", self.address, self.log());
    }

    fn spawn(&mut self) {
        let dir = self.dir.path().display();
        let mut config = format!(
            "ListenAddress {}:{}\nHostKey {dir}/host_key\nAuthorizedKeysFile {dir}/authorized_keys\n\
             PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin yes\nUseDNS no\nLogLevel VERBOSE\n\
             PrintMotd no\nMaxStartups 100:30:200\nSetEnv HOME={dir}/home\n",
            self.address, self.port
        );
        self.lines.iter().for_each(|line| config.push_str(&format!("{line}\n")));
        let path = self.dir.path().join("sshd_config");
        fs::write(&path, config).unwrap();
        self.log = Arc::default();
        let mut child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, log) = (child.stderr.take().unwrap(), Arc::clone(&self.log));
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                log.text.lock().unwrap().push_str(&format!("{line}\n"));
                log.grew.notify_all();
            }
        });
        self.child = Some(child);
    }

    /// All it has logged since it was started.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().unwrap().clone()
    }

    /// Waits, with this thread, until it has logged `text`.
    pub(crate) fn wait_log(&self, text: &str) {
        self.wait_log_for(&[text]);
    }

    fn wait_log_for(&self, texts: &[&str]) -> usize {
        let found = |log: &str| texts.iter().position(|text| log.contains(text));
        let log = self.log.text.lock().unwrap();
        let (log, _) =
            self.log.grew.wait_timeout_while(log, PATIENCE, |log| found(log).is_none()).unwrap();
        found(&log).unwrap_or_else(|| panic!("sshd logged none of {texts:?}:\n{log}"))
    }

    /// How many clients have signed in since it was started.
    pub(crate) fn logins(&self) -> usize {
        self.log().matches("Accepted publickey").count()
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
    /// Its host key as a public key line.
    pub(crate) fn host_key(&self) -> String {
        public(&self.dir.path().join("host_key"))
    }
    /// Its host key as people compare it: `SHA256:...`.
    pub(crate) fn fingerprint(&self) -> String {
        let said = run(Command::new("ssh-keygen").arg("-lf").arg(self.dir.path().join("host_key")));
        said.split_whitespace().nth(1).unwrap().to_owned()
    }
    /// What `$HOME` is to whoever signs in.
    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }
    /// A directory for files of this server.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
    /// A private key it lets in.
    pub(crate) fn client_key(&self) -> PathBuf {
        self.dir.path().join("client_key")
    }

    /// Lets in one more private key.
    pub(crate) fn authorize(&self, key: &Path) {
        let path = self.dir.path().join("authorized_keys");
        let known = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{known}{}\n", public(key))).unwrap();
    }

    /// The way in, with its host key pinned.
    pub(crate) fn access(&self) -> SshAccess {
        SshAccess {
            address: self.address.clone(),
            port: self.port,
            user: user(),
            identity: Some(self.client_key()),
            known_hosts: None,
            host_key: Some(self.host_key()),
            jump: None,
        }
    }

    /// The way in, with host keys looked up in a file of this text.
    pub(crate) fn access_known_by(&self, text: &str) -> SshAccess {
        let path = self.dir.path().join("known_hosts");
        fs::write(&path, text).unwrap();
        SshAccess { host_key: None, known_hosts: Some(path), ..self.access() }
    }

    /// This server as an entry point.
    pub(crate) fn as_jump(&self) -> Jump {
        Jump { user: user(), address: self.address.clone(), port: self.port }
    }

    /// Ends it and all that runs under it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal("KILL", &family(child.id()));
            let _ = child.wait();
        }
    }

    /// Stops it and all that runs under it where they are: a host that has fallen silent.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Sends a signal to it and to all that runs under it.
    pub(crate) fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            signal(name, &family(child.id()));
        }
    }

    /// Ends it and starts it again, the same machine.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.boot();
    }

    /// Ends it and starts it again, another machine at the same address.
    pub(crate) fn restart_with_new_host_key(&mut self) {
        self.kill();
        keygen(&self.dir.path().join("host_key"), "ed25519", "");
        self.boot();
    }

    /// Makes a certificate of its host key for `principals`, signed by the key `authority`, and
    /// has the server show it.
    pub(crate) fn certify(&mut self, authority: &Path, principals: &str) {
        let key = self.dir.path().join("host_key.pub");
        run(Command::new("ssh-keygen")
            .args(["-q", "-h", "-I", "host", "-n", principals, "-s"])
            .arg(authority)
            .arg(key));
        self.line(format!("HostCertificate {}/host_key-cert.pub", self.dir.path().display()));
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An SSH agent that holds one key.
pub(crate) struct Agent {
    dir: TempDir,
    pid: u32,
}

impl Agent {
    pub(crate) fn holding(key: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("agent");
        // It goes to the background once its socket is there.
        let said = run(Command::new("ssh-agent").args(["-s", "-a"]).arg(&socket));
        let pid = said.split("SSH_AGENT_PID=").nth(1).unwrap().split(';').next().unwrap();
        let agent = Self { pid: pid.parse().unwrap(), dir };
        run(Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket));
        agent
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("agent")
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        signal("KILL", &[self.pid]);
    }
}

/// Makes a key pair at `path`, replacing what is there.
pub(crate) fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let _ = fs::remove_file(path);
    run(Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-C", "", "-N", passphrase, "-f"])
        .arg(path));
}

/// The public half of the key pair at `path`, as a line.
pub(crate) fn public(path: &Path) -> String {
    fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

/// The user these tests run as.
pub(crate) fn user() -> String {
    run(Command::new("id").arg("-un")).trim().to_owned()
}

/// Runs a program to its end and gives what it said.
fn run(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|why| panic!("{command:?}: {why}: install openssh-client"));
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{command:?}: {out}{err}");
    out.into_owned()
}

/// A process and all its descendants.
fn family(of: u32) -> Vec<u32> {
    let table = run(Command::new("ps").args(["-A", "-o", "pid=,ppid="]));
    let pairs: Vec<(u32, u32)> = table
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace().map_while(|field| field.parse().ok());
            Some((fields.next()?, fields.next()?))
        })
        .collect();
    let mut family = vec![of];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    family
}

fn signal(name: &str, pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    // Some of them may have ended meanwhile.
    let _ = Command::new("/bin/sh")
        .args(["-c", &format!("kill -{name} {} 2>/dev/null", pids.join(" "))])
        .status();
}
