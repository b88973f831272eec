//! A script on this very Mac: the same shell, the same environment as over SSH, the same limits.
#![expect(clippy::disallowed_methods, reason = "licence: a script on the controller's own Mac")]

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::fault::Fault;
use super::gather::{AFTERMATH, Gather};
use super::limit::within;
use super::{Limit, Output, Status};

/// The environment a login over SSH gives, and nothing of the controller's own, which may hold
/// secrets.
const SHELL: &str = r#"exec /usr/bin/env -i ${HOME:+"HOME=$HOME"} ${USER:+"USER=$USER"} \
${LOGNAME:+"LOGNAME=$LOGNAME"} PATH=/usr/bin:/bin:/usr/sbin:/sbin /bin/sh -s"#;

/// Runs a script. The error says whether any of it was handed over.
pub(super) async fn run(text: String, limit: Limit) -> Result<Output, (bool, Fault)> {
    let unsent = |why: std::io::Error| {
        (false, Fault::config(format!("cannot start /bin/sh on this machine: {why}")))
    };
    let mut child = Command::new("/bin/sh")
        .args(["-c", SHELL])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unsent)?;
    let group = child.id();
    let (mut stdout, mut stderr) = (Gather::new(limit.bytes), Gather::new(limit.bytes));
    let ended = within(limit.time, converse(&mut child, text, &mut stdout, &mut stderr)).await;
    let status = match ended {
        Some(Ok(status)) => status,
        Some(Err(why)) => {
            return Err((true, Fault::network(format!("the script's end was missed: {why}"))));
        }
        None => {
            kill(group).await;
            let _ = within(AFTERMATH, child.wait()).await;
            let limit = limit.time;
            return Err((true, Fault::network(format!("no end within {limit:?}: killed"))));
        }
    };
    let ((stdout, more), (stderr, more_still)) = (stdout.into_text(), stderr.into_text());
    Ok(Output { stdout, stderr, status: how(status), truncated: more || more_still })
}

async fn converse(
    child: &mut Child,
    text: String,
    stdout: &mut Gather,
    stderr: &mut Gather,
) -> std::io::Result<ExitStatus> {
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A script that ends before it has been read ends the pipe; its status tells.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
    };
    let talk = futures::future::join3(feed, drain(out, stdout), drain(err, stderr));
    tokio::pin!(talk);
    let early = tokio::select! {
        status = child.wait() => Some(status?),
        _ = &mut talk => None,
    };
    match early {
        None => child.wait().await,
        Some(status) => {
            let _ = within(AFTERMATH, talk).await;
            Ok(status)
        }
    }
}

async fn drain<R: AsyncRead + Unpin>(from: Option<R>, into: &mut Gather) {
    let Some(mut from) = from else { return };
    let mut chunk = vec![0; 32 << 10];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        into.take(&chunk[..n]);
    }
}

/// Kills a process group. The shell's own `kill` is the one that is everywhere.
async fn kill(group: Option<u32>) {
    let Some(group) = group else { return };
    let kill = Command::new("/bin/sh").args(["-c", &format!("kill -KILL -{group}")]).output();
    if let Some(Err(why)) = within(AFTERMATH, kill).await {
        tracing::warn!("cannot kill the process group {group}: {why}");
    }
}

fn how(status: ExitStatus) -> Status {
    let name = |signal: i32| match signal {
        1 => "HUP".into(),
        2 => "INT".into(),
        3 => "QUIT".into(),
        4 => "ILL".into(),
        6 => "ABRT".into(),
        8 => "FPE".into(),
        9 => "KILL".into(),
        11 => "SEGV".into(),
        13 => "PIPE".into(),
        14 => "ALRM".into(),
        15 => "TERM".into(),
        other => other.to_string(),
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => Status::Exit(code),
        (None, Some(signal)) => Status::Signal(name(signal)),
        (None, None) => Status::Signal("unknown".into()),
    }
}
