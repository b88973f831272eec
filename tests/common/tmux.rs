//! A terminal of one's own: a shell in a tmux server that nobody else uses. Keys and the pointer
//! go in, what is on the screen and the terminal's modes come out.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take to come onto the screen: a busy machine is slow, not broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the screen is looked at.
const GLANCE: Duration = Duration::from_millis(40);
/// Nothing that was told to end may take longer.
pub(crate) const END: Duration = Duration::from_secs(5);

/// A shell on a terminal. Its home is also where its temporary files go.
pub(crate) struct Terminal {
    home: TempDir,
}

/// A picture of the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Screen(pub(crate) String);

impl Screen {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.contains(text)
    }
    /// Where a text stands: column and line, from 0.
    pub(crate) fn find(&self, text: &str) -> Option<(usize, usize)> {
        self.0.lines().enumerate().find_map(|(y, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count(), y))
        })
    }
    /// The line that has a text.
    pub(crate) fn line(&self, text: &str) -> &str {
        self.0.lines().find(|line| line.contains(text)).unwrap_or("")
    }
}

impl Terminal {
    pub(crate) fn open(w: u16, h: u16) -> Self {
        // Below /tmp because paths of sockets are short.
        let home = tempfile::Builder::new().prefix("term-").tempdir_in("/tmp").unwrap();
        let terminal = Self { home };
        let size = [w.to_string(), h.to_string()];
        let args = ["-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1]];
        terminal.tmux(&[&args[..], &["sh", "-i"]].concat());
        terminal.until("a prompt", |screen| screen.has("$"));
        terminal
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new("tmux");
        command
            .arg("-S")
            .arg(self.home().join("tmux"))
            .args(args)
            .env_clear()
            .envs([("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8"), ("USER", "alice")])
            .envs([("PS1", "$ "), ("ENV", ""), ("SHELL", "/bin/sh"), ("H", HOSTLER)])
            .envs([("HOME", self.home()), ("TMPDIR", self.home()), ("PWD", self.home())])
            .env("PATH", path)
            .current_dir(self.home());
        command
    }
    fn ask(&self, args: &[&str]) -> Output {
        match self.command(args).output() {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("tmux is missing: install the package `tmux`")
            }
            Err(error) => panic!("tmux cannot be run: {error}"),
        }
    }
    /// Has tmux do something, and gives what it says.
    pub(crate) fn tmux(&self, args: &[&str]) -> String {
        let output = self.ask(args);
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {args:?}: {wrong}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types a line for the shell.
    pub(crate) fn line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", "--", line]);
        self.keys(&["Enter"]);
    }
    /// Starts a hostler of the shell's; how it ended and the modes it left are printed after it.
    pub(crate) fn hostler(&self, env: &str, args: &str) {
        let exec = format!("echo $$ >pid; {env} exec \"$H\" {args}");
        self.line(&format!("clear; sh -c '{exec}'; echo \"end=$?\"; stty -a; echo \"left\"\"so\""));
    }
    /// Presses keys, by tmux's names.
    pub(crate) fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }
    /// Types text.
    pub(crate) fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }
    /// The arguments that have tmux send these bytes as they are.
    fn hex(bytes: &str) -> Vec<String> {
        let hex = bytes.bytes().map(|byte| format!("{byte:02x}"));
        ["send-keys", "-H"].map(String::from).into_iter().chain(hex).collect()
    }
    /// Sends pieces of bytes, one right after the other.
    pub(crate) fn bytes(&self, pieces: &[&str]) {
        let sent: Vec<Vec<String>> = pieces.iter().map(|piece| Self::hex(piece)).collect();
        let all: Vec<String> = sent.join(&";".to_string());
        self.tmux(&all.iter().map(String::as_str).collect::<Vec<_>>());
    }
    /// What a pointer sends: button with flags, cell from 0, whether it is released.
    pub(crate) fn pointer(button: u8, (x, y): (usize, usize), up: bool) -> String {
        format!("\x1b[<{button};{};{}{}", x + 1, y + 1, if up { 'm' } else { 'M' })
    }
    /// Presses and releases the first button at a cell, so many times at once.
    pub(crate) fn click(&self, at: (usize, usize), times: usize) {
        let both = [Self::pointer(0, at, false), Self::pointer(0, at, true)].concat();
        self.bytes(&[&both.repeat(times)]);
    }
    /// Pastes text as a terminal does that was asked to say what is pasted.
    pub(crate) fn paste(&self, text: &str) {
        self.tmux(&["set-buffer", "--", text]);
        self.tmux(&["paste-buffer", "-p"]);
    }
    pub(crate) fn resize(&self, w: u16, h: u16) {
        self.tmux(&["resize-window", "-x", &w.to_string(), "-y", &h.to_string()]);
    }

    pub(crate) fn screen(&self) -> Screen {
        Screen(self.tmux(&["capture-pane", "-p"]))
    }
    /// The screen with the sequences that colour it.
    pub(crate) fn coloured(&self) -> Screen {
        Screen(self.tmux(&["capture-pane", "-p", "-e"]))
    }
    /// Waits until the screen is as it should be.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Screen) -> bool) -> Screen {
        self.until_in(PATIENCE, what, holds)
    }
    #[track_caller]
    pub(crate) fn until_in(
        &self,
        most: Duration,
        what: &str,
        holds: impl Fn(&Screen) -> bool,
    ) -> Screen {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            let late = began.elapsed() > most;
            assert!(!late, "no {what} after {most:?}:\n{}", screen.0);
            sleep(GLANCE);
        }
    }
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> Screen {
        self.until(&format!("`{text}`"), |screen| screen.has(text))
    }

    /// A way to have tmux do something without a process for each time.
    pub(crate) fn control(&self) -> Control {
        let mut command = self.command(&["-C", "attach-session", "-f", "no-output"]);
        let mut tmux = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(tmux.stdout.take().unwrap());
        let mut control = Control { tmux, said };
        control.done();
        control
    }
    /// Stops the terminal itself, so that nobody takes what the program writes.
    pub(crate) fn stop(&self) -> Stopped {
        let pid = self.tmux(&["display-message", "-p", "#{pid}"]).trim().parse().unwrap();
        kill(pid, "STOP");
        Stopped(pid)
    }

    /// Alternate screen, buttons, wide coordinates, any report of the pointer, cursor.
    pub(crate) fn modes(&self) -> String {
        let flags = "#{alternate_on} #{mouse_button_flag} #{mouse_sgr_flag} #{mouse_any_flag} \
                     #{cursor_flag}";
        self.tmux(&["display-message", "-p", flags]).trim().to_string()
    }
    /// The process that `hostler` started last.
    pub(crate) fn pid(&self) -> u32 {
        let text = fs::read_to_string(self.home().join("pid")).unwrap();
        text.trim().parse().unwrap()
    }
    /// Sends that process a signal.
    pub(crate) fn signal(&self, signal: &str) {
        kill(self.pid(), signal);
    }

    /// Waits until `hostler` has ended with this status, and looks at what it left: the terminal
    /// must be as it was before. Gives the screen.
    #[track_caller]
    pub(crate) fn ended(&self, status: i32) -> Screen {
        let screen = self.shows("leftso");
        assert!(screen.has(&format!("end={status}\n")), "not end={status}:\n{}", screen.0);
        self.is_whole(&screen);
        screen
    }
    /// The modes that `stty -a` printed onto this screen are those of a shell, and so are the
    /// terminal's own.
    #[track_caller]
    pub(crate) fn is_whole(&self, screen: &Screen) {
        let words: Vec<&str> = screen.0.split([' ', ';', '\n']).collect();
        for mode in ["icanon", "echo", "isig", "icrnl", "opost", "ixon"] {
            assert!(words.contains(&mode), "the terminal is left with -{mode}:\n{}", screen.0);
        }
        assert_eq!(self.modes(), "0 0 0 0 1", "alternate screen, three of the pointer, cursor");
    }
    /// The names of what lies where temporary files go, that begin so.
    pub(crate) fn left(&self, begins: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home()).unwrap().map(|entry| entry.unwrap());
        let ours = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(begins);
        entries.filter(|entry| ours(&entry.file_name())).map(|entry| entry.path()).collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

/// A client of the terminal's that is told what to do line by line.
pub(crate) struct Control {
    tmux: Child,
    said: BufReader<ChildStdout>,
}

impl Control {
    /// Sends bytes, and waits until they have been written to the program.
    pub(crate) fn bytes(&mut self, bytes: &str) {
        let line = Terminal::hex(bytes).join(" ");
        writeln!(self.tmux.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.done();
    }
    fn done(&mut self) {
        let mut line = String::new();
        while !line.starts_with("%end") {
            line.clear();
            let read = self.said.read_line(&mut line).unwrap();
            assert!(read > 0 && !line.starts_with("%error"), "tmux goes no further: {line}");
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.tmux.kill();
        let _ = self.tmux.wait();
    }
}

/// A terminal that stands still for as long as this is there.
pub(crate) struct Stopped(u32);

impl Drop for Stopped {
    fn drop(&mut self) {
        kill(self.0, "CONT");
    }
}

/// The program under test.
pub(crate) const HOSTLER: &str = env!("CARGO_BIN_EXE_hostler");

pub(crate) fn kill(pid: u32, signal: &str) {
    let status = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status();
    assert!(status.unwrap().success(), "no process {pid} takes {signal}");
}

/// Waits until something holds, at most so long.
#[track_caller]
pub(crate) fn within(most: Duration, what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() <= most, "{what}: not within {most:?}");
        sleep(GLANCE);
    }
}
