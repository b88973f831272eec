//! The program as a process: run to its end, or followed line by line while it waits.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// Long enough for a busy machine: a wait that takes so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

/// How a command ended, and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// It has ended so.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// All of these stand in what it put out.
    #[track_caller]
    pub(crate) fn out_has(self, parts: &[&str]) -> Self {
        parts.iter().for_each(|part| assert!(self.out.contains(part), "no `{part}`:\n{self}"));
        self
    }

    /// All of these stand in what it said beside its output.
    #[track_caller]
    pub(crate) fn err_has(self, parts: &[&str]) -> Self {
        parts.iter().for_each(|part| assert!(self.err.contains(part), "no `{part}`:\n{self}"));
        self
    }

    /// Its output, which is one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}:\n{self}"))
    }

    /// Its output, each line of which is a JSON document.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}:\n{self}"));
        self.out.lines().map(read).collect()
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "code {:?}\n--- out\n{}\n--- err\n{}", self.code, self.out, self.err)
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A command of the program, about the controller whose socket is in this directory.
pub(crate) fn command(state: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostler"));
    command.args(shlex::split(line).unwrap()).env_clear().stdin(Stdio::null());
    command
        .env("TZ", ":Europe/Zurich")
        .env("HOSTLER_STATE", state)
        .env("USER", "alice")
        .env("HOME", state)
        .current_dir(state);
    command
}

/// Runs it to its end.
pub(crate) async fn output(state: &Path, line: &str) -> Output {
    let mut command = command(state, line);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// A command that waits. Dropped, it is killed.
pub(crate) struct Running {
    pid: u32,
    lines: mpsc::UnboundedReceiver<String>,
    heard: String,
    ended: Option<oneshot::Receiver<Said>>,
}

impl Running {
    pub(crate) fn begin(state: &Path, line: &str) -> Self {
        let mut command = command(state, line);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        let (tell, lines) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        std::thread::spawn(move || drop(end.send(outlive(child, &tell))));
        Self { pid, lines, heard: String::new(), ended: Some(ended) }
    }

    /// The next line that it puts out; `None` once it has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        let line = line.unwrap_or_else(|_| panic!("no more comes after:\n{}", self.heard))?;
        self.heard += &line;
        self.heard.push('\n');
        Some(line)
    }

    /// Reads on up to the line that has this.
    pub(crate) async fn until(&mut self, part: &str) -> String {
        while let Some(line) = self.line().await {
            if line.contains(part) {
                return line;
            }
        }
        panic!("it ended without `{part}`: {}", self.end().await)
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid.cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) async fn end(&mut self) -> Said {
        let ended = self.ended.take().unwrap();
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.unwrap_or_else(|_| panic!("it does not end; so far:\n{}", self.heard)).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is gone, and its number may be another's.
        let ended = |ended: &mut oneshot::Receiver<Said>| ended.try_recv().is_ok();
        if self.ended.as_mut().is_some_and(|receiver| !ended(receiver)) {
            self.signal(rustix::process::Signal::KILL);
        }
    }
}

/// Reads all that it says until it has ended.
fn outlive(mut child: Child, tell: &mpsc::UnboundedSender<String>) -> Said {
    let mut stderr = child.stderr.take().unwrap();
    let err = std::thread::spawn(move || {
        let mut err = Vec::new();
        stderr.read_to_end(&mut err).unwrap();
        text(&err)
    });
    let mut out = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        out += &line;
        out.push('\n');
        let _ = tell.send(line);
    }
    let err = err.join().unwrap();
    Said { code: child.wait().unwrap().code(), out, err }
}
