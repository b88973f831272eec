//! Carries scripts to shells on this machine, each home a host.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;

use futures::FutureExt;
use futures::future::BoxFuture;
use hostler::model::{Access, HostName};
use hostler::transport::{Carry, Limit, Lost, LostCause, Output, Script, Status};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// A way to the Mac that is `home`, by one kind of shell.
pub(crate) struct Shell {
    pub(crate) home: PathBuf,
    /// The shell and its options, to which `-s` is added.
    pub(crate) argv: &'static [&'static str],
}

/// The shells that a Mac may have as `/bin/sh`, and the one it has when it is called by its name.
pub(crate) const SHELLS: [&[&str]; 4] =
    [&["dash"], &["bash", "--posix"], &["bash"], &["zsh", "--emulate", "sh"]];

/// A shell that has been given a script and is not waited for.
pub(crate) async fn begin(home: &Path, argv: &[&str], text: &str) -> Child {
    let mut child = Command::new(argv[0])
        .args(&argv[1..])
        .arg("-s")
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .current_dir(home)
        // As over SSH: a group of its own.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("{why}: install the package `{}`", argv[0]));
    child.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    child
}

impl Carry for Shell {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        _: &'a Access,
        script: &'a Script,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>> {
        async move {
            let child = begin(&self.home, self.argv, &script.render()).await;
            let Ok(ended) = tokio::time::timeout(limit.time, child.wait_with_output()).await else {
                let why = format!("no answer within {:?}", limit.time);
                return Err(Lost {
                    host: host.clone(),
                    sent: true,
                    cause: LostCause::Network,
                    why,
                });
            };
            let ended = ended.unwrap();
            Ok(Output {
                stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
                status: ended
                    .status
                    .code()
                    .map_or_else(|| Status::Signal("unknown".into()), Status::Exit),
                truncated: false,
            })
        }
        .boxed()
    }
}

/// Sends nothing, and keeps the script it was given.
#[derive(Default)]
pub(crate) struct Capture(Mutex<Option<String>>);

impl Capture {
    /// The text of the last script.
    pub(crate) fn text(self) -> String {
        self.0.into_inner().unwrap().unwrap()
    }
}

impl Carry for Capture {
    fn run<'a>(
        &'a self,
        host: &'a HostName,
        _: &'a Access,
        script: &'a Script,
        _: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>> {
        *self.0.lock().unwrap() = Some(script.render());
        let why = "kept, not sent".to_owned();
        let lost = Lost { host: host.clone(), sent: false, cause: LostCause::Config, why };
        async move { Err(lost) }.boxed()
    }
}
