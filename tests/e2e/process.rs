//! A controller as a process of its own, which can be killed: the program itself. It is reached
//! as anybody reaches it, by its socket, and ended as an operator or a power cut ends it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command as Program, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use hostler::api::{Client, Connect, StreamItem};
use hostler::model::World;
use hostler::plan::check::check_world;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::life::{PATIENCE, describe, operator};
use crate::site::Site;

const HOSTLER: &str = env!("CARGO_BIN_EXE_hostler");

/// A running one. Dropping it kills it.
pub(crate) struct Process {
    child: u32,
    pub(crate) client: Client,
    world: watch::Receiver<Arc<World>>,
    follower: JoinHandle<()>,
    ended: Option<oneshot::Receiver<End>>,
}

/// How it ended, and what it said.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
}

impl Process {
    pub(crate) fn begin(site: &Site) -> Self {
        Self::over(&site.fleet(), &site.state())
    }

    /// One on this very Mac, at the head of a process group of its own, as launchd starts it.
    pub(crate) fn begin_on(site: &Site, home: &Path) -> Self {
        let mut program = Program::new(HOSTLER);
        std::os::unix::process::CommandExt::process_group(&mut program, 0);
        program.env("HOME", home);
        Self::spawn(&site.fleet(), &site.state(), program)
    }

    pub(crate) fn over(fleet: &Path, state: &Path) -> Self {
        Self::spawn(fleet, state, Program::new(HOSTLER))
    }

    /// One that cannot write files of more than so many KiB.
    pub(crate) fn begin_cramped(site: &Site, kib: u32) -> Self {
        let mut shell = Program::new("/bin/sh");
        let text = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", 2 * kib);
        shell.args(["-c", &text]).arg(HOSTLER);
        Self::spawn(&site.fleet(), &site.state(), shell)
    }

    fn spawn(fleet: &Path, state: &Path, mut program: Program) -> Self {
        let args = [OsStr::new("serve"), "--fleet".as_ref(), fleet.as_ref()];
        program.args(args).arg("--state").arg(state).stdin(Stdio::null()).stdout(Stdio::null());
        let child = program.stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        let (end, ended) = oneshot::channel();
        std::thread::spawn(move || drop(end.send(outlive(child))));
        let client = Client::new(Connect::Unix(state.join("hostler.sock")), &operator());
        let (show, world) = watch::channel(Arc::new(World::default()));
        let follower = tokio::spawn(follow(client.clone(), show));
        Self { child: pid, client, world, follower, ended: Some(ended) }
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.world.borrow().clone()
    }

    /// Waits for a World of which this holds. Every World on the way must be sound.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&World) -> bool) -> Arc<World> {
        let mut world = self.world.clone();
        let sound = |world: &Arc<World>| {
            assert_eq!(check_world(world), Vec::<String>::new());
            holds(world)
        };
        match tokio::time::timeout(PATIENCE, world.wait_for(sound)).await {
            Ok(Ok(world)) => world.clone(),
            Ok(Err(_)) | Err(_) => panic!("waited in vain: {what}\n{}", describe(&self.world())),
        }
    }

    /// Ends it as a power cut does.
    pub(crate) async fn kill(mut self) {
        self.signal(rustix::process::Signal::KILL);
        self.end().await;
    }

    /// Ends it with all of its process group, as launchd does to a job.
    pub(crate) async fn kill_group(mut self) {
        let pid = rustix::process::Pid::from_raw(self.child.cast_signed()).unwrap();
        rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).unwrap();
        self.end().await;
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn quit(mut self) {
        self.signal(rustix::process::Signal::TERM);
        let end = self.end().await;
        assert!(end.status.success(), "{end:?}");
    }

    /// Waits until it has ended, and gives its last words.
    pub(crate) async fn end(&mut self) -> End {
        let ended = self.ended.take().unwrap();
        tokio::time::timeout(PATIENCE, ended).await.expect("it does not end").unwrap()
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.follower.abort();
        // One that was waited for is gone, and its number may be another's.
        if self.ended.is_some() {
            self.signal(rustix::process::Signal::KILL);
        }
    }
}

/// Stays until it has ended.
fn outlive(mut child: Child) -> End {
    let mut said = String::new();
    let heard = child.stderr.take().unwrap().read_to_string(&mut said);
    heard.unwrap();
    End { status: child.wait().unwrap(), said }
}

/// Shows every World, from the first answer on.
async fn follow(client: Client, show: watch::Sender<Arc<World>>) {
    loop {
        let Ok(snapshot) = client.world().await else {
            // It has not begun to listen, or has ended.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let mut world = snapshot.world;
        show.send_replace(Arc::new(world.clone()));
        let mut items = client.events(world.seq);
        while let Some(Ok(item)) = items.next().await {
            match item {
                StreamItem::Entry(entry) => {
                    world.apply(&entry).unwrap();
                    show.send_replace(Arc::new(world.clone()));
                }
                StreamItem::Heartbeat(_) => {}
                StreamItem::Resync => break,
            }
        }
    }
}
