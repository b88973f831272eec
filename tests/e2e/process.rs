//! A controller as a process of its own, which can be killed: this very test program, run again.
//! It takes commands on its standard input and shows every World on its standard output.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command as Program, Stdio};
use std::sync::Arc;

use hostler::engine::Command;
use hostler::model::World;
use hostler::plan::check::check_world;
use tokio::sync::{mpsc, oneshot, watch};

use crate::life::{Life, PATIENCE, describe, operator};
use crate::site::Site;

const ITSELF: &str = "process::a_controller_as_a_process";
const FLEET: &str = "HOSTLER_E2E_FLEET";
const STATE: &str = "HOSTLER_E2E_STATE";
/// What it says of itself, one thing on a line.
const WORLD: &str = "@world ";
const ENDED: &str = "@ended ";

/// A running one. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    orders: Option<ChildStdin>,
    world: watch::Receiver<Arc<World>>,
    ended: Option<oneshot::Receiver<String>>,
}

impl Process {
    pub(crate) fn begin(site: &Site) -> Self {
        Self::spawn(site, Program::new(std::env::current_exe().unwrap()))
    }

    /// One that cannot write files of more than so many KiB.
    pub(crate) fn begin_cramped(site: &Site, kib: u32) -> Self {
        let mut shell = Program::new("/bin/sh");
        let text = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", 2 * kib);
        shell.args(["-c", &text]).arg(std::env::current_exe().unwrap());
        Self::spawn(site, shell)
    }

    fn spawn(site: &Site, mut program: Program) -> Self {
        program.args(["--exact", ITSELF, "--ignored", "--nocapture"]);
        program.env(FLEET, site.fleet()).env(STATE, site.state());
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (show, world) = watch::channel(Arc::new(World::default()));
        let (end, ended) = oneshot::channel();
        std::thread::spawn(move || {
            let mut last = String::new();
            for line in lines.map_while(Result::ok) {
                if let Some((_, world)) = line.split_once(WORLD) {
                    show.send_replace(Arc::new(serde_json::from_str(world).unwrap()));
                } else if let Some((_, why)) = line.split_once(ENDED) {
                    last = why.to_owned();
                }
            }
            let _ = end.send(last);
        });
        let orders = child.stdin.take();
        Self { child, orders, world, ended: Some(ended) }
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.world.borrow().clone()
    }

    pub(crate) fn order(&mut self, command: &Command) {
        let line = serde_json::to_string(command).unwrap();
        writeln!(self.orders.as_ref().unwrap(), "{line}").unwrap();
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
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn quit(mut self) {
        drop(self.orders.take());
        assert_eq!(self.why_it_ended().await, "well");
    }

    /// Waits until it has ended by itself, and gives its last words.
    pub(crate) async fn why_it_ended(&mut self) -> String {
        let ended = self.ended.take().unwrap();
        tokio::time::timeout(PATIENCE, ended).await.expect("it does not end").unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the other side of the tests that kill a controller, which run it themselves"]
fn a_controller_as_a_process() {
    let (fleet, state) = (std::env::var_os(FLEET), std::env::var_os(STATE));
    let (Some(fleet), Some(state)) = (fleet, state) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = match runtime.block_on(live(&fleet, &state)) {
        Ok(()) => "well".to_owned(),
        Err(why) => chain(&*why),
    };
    println!("\n{ENDED}{ended}");
}

async fn live(fleet: &OsStr, state: &OsStr) -> Result<(), Box<dyn std::error::Error>> {
    let life = Life::over(Path::new(fleet), Path::new(state), 1.0).await?;
    let (handle, stop) = (life.handle.clone(), life.stopper());
    let (order, mut orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let _ = order.send(line);
        }
    });
    let mut newest = handle.stream().newest();
    let talk = async {
        loop {
            println!("\n{WORLD}{}", serde_json::to_string(&*handle.world()).unwrap());
            tokio::select! {
                changed = newest.changed() => changed.unwrap(),
                line = orders.recv() => match line {
                    Some(line) => {
                        let command = serde_json::from_str(&line).unwrap();
                        handle.ask(operator(), command).await.unwrap();
                    }
                    None => {
                        stop.cancel();
                        std::future::pending().await
                    }
                }
            }
        }
    };
    tokio::select! {
        ended = life.finish() => Ok(ended?),
        () = talk => Ok(()),
    }
}

/// An error and what is behind it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(cause) = behind {
        text += &format!(": {cause}");
        behind = cause.source();
    }
    text
}
