//! A desktop on a terminal of its own whose every byte is read here, as fast as a link would take
//! it. `script` of util-linux gives the terminal.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::tmux::{HOSTLER, kill};

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a slow link takes at once.
const PACKET: usize = 1_024;

pub(crate) struct Session {
    began: Instant,
    script: Child,
    keys: ChildStdin,
    bytes: Receiver<(Instant, Vec<u8>)>,
    pid: u32,
}

impl Session {
    /// Over the controller's socket below `dir`; the link takes `rate` bytes a second.
    pub(crate) fn open(dir: &Path, (w, h): (u16, u16), rate: Option<usize>) -> Self {
        let _ = std::fs::remove_file(dir.join("pid"));
        let run = format!(
            "stty cols {w} rows {h}; echo $$ >pid; exec {HOSTLER} --connect unix:state/hostler.sock"
        );
        let began = Instant::now();
        let mut script = Command::new("script")
            .args(["-qfec", &run, "/dev/null"])
            .current_dir(dir)
            .envs([("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8"), ("SHELL", "/bin/sh")])
            .env("HOME", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = script.stdout.take().unwrap();
        let (to, bytes) = mpsc::channel();
        spawn(move || {
            let mut chunk = vec![0; rate.map_or(1 << 16, |_| PACKET)];
            while let Ok(n @ 1..) = out.read(&mut chunk) {
                if to.send((Instant::now(), chunk[..n].to_vec())).is_err() {
                    return;
                }
                if let Some(rate) = rate {
                    sleep(Duration::from_secs_f64(n as f64 / rate as f64));
                }
            }
        });
        let keys = script.stdin.take().unwrap();
        let mut session = Self { began, script, keys, bytes, pid: 0 };
        session.pid = session.find_pid(dir);
        session
    }

    fn find_pid(&self, dir: &Path) -> u32 {
        loop {
            let text = std::fs::read_to_string(dir.join("pid")).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                return pid;
            }
            assert!(self.began.elapsed() < PATIENCE, "`script` starts nothing");
            sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How long after its start it had written this.
    pub(crate) fn wrote(&self, what: &str) -> Duration {
        let mut all = Vec::new();
        loop {
            let (at, chunk) = self.bytes.recv_timeout(PATIENCE).expect("the desktop draws");
            all.extend(chunk);
            if all.windows(what.len()).any(|part| part == what.as_bytes()) {
                return at - self.began;
            }
        }
    }

    /// How much it writes within a span from now on.
    pub(crate) fn bytes(&self, span: Duration) -> usize {
        let began = Instant::now();
        let mut sum = 0;
        loop {
            match self.bytes.recv_timeout(span.saturating_sub(began.elapsed())) {
                Ok((_, chunk)) => sum += chunk.len(),
                Err(RecvTimeoutError::Timeout) => return sum,
                Err(RecvTimeoutError::Disconnected) => panic!("the desktop has ended"),
            }
        }
    }

    /// How long a key takes until all that it changes has been written.
    pub(crate) fn key(&mut self, key: &[u8]) -> Duration {
        let began = Instant::now();
        self.keys.write_all(key).unwrap();
        self.keys.flush().unwrap();
        let mut all = Vec::new();
        // Each drawing ends so.
        let end = b"\x1b[?2026l";
        loop {
            let (at, chunk) = self.bytes.recv_timeout(PATIENCE).expect("a key changes something");
            all.extend(chunk);
            if all.ends_with(end) {
                return at - began;
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        kill(self.pid, "TERM");
        let _ = self.script.wait();
    }
}
