//! A marked secret goes from the fleet directory to a Mac, and is seen nowhere on its way: in no
//! argument or environment of any process, in no file of the controller, in nothing that it tells.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hostler::api::{LOG_MOST, LogQuery};
use hostler::model::{PlayAsk, World};

use crate::life::is_whole;
use crate::process::Process;
use crate::site::{Mac, Site, until};

/// It is brought, used by a script that reads it, and taken away again.
const BRING: &str = "each: host
steps:
  - copy: {from: files/token, to: ~/token, mode: 0600}
  - sh: {name: use, run: 'wc -c <\"$HOME/token\"; sleep 2; mv \"$HOME/token\" \"$HOME/kept\"'}
";

/// Looks at every process of this machine, again and again, until it is told to stop.
struct Watch {
    stop: Arc<AtomicBool>,
    watching: std::thread::JoinHandle<(u64, Vec<String>)>,
}

impl Watch {
    fn begin(marks: &[String]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (ends, marks) = (Arc::clone(&stop), marks.to_vec());
        let watching = std::thread::spawn(move || {
            let (mut rounds, mut seen) = (0, Vec::new());
            while !ends.load(Ordering::Relaxed) {
                rounds += 1;
                for process in std::fs::read_dir("/proc").unwrap().flatten() {
                    for file in ["cmdline", "environ"] {
                        let path = process.path().join(file);
                        // It may be gone by now, or another's.
                        let Ok(bytes) = std::fs::read(&path) else { continue };
                        let found = marks.iter().filter(|mark| has(&bytes, mark));
                        seen.extend(found.map(|mark| format!("{mark} in {file}")));
                    }
                }
            }
            (rounds, seen)
        });
        Self { stop, watching }
    }
    fn end(self) -> (u64, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        self.watching.join().unwrap()
    }
}

fn has(bytes: &[u8], mark: &str) -> bool {
    bytes.windows(mark.len()).any(|part| part == mark.as_bytes())
}

/// The files below `dir` in which it stands.
fn files_with(dir: &Path, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, mark));
        } else if std::fs::read(&path).is_ok_and(|bytes| has(&bytes, mark)) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_brought_to_a_mac_is_seen_nowhere_else() {
    let site = Site::new(&["a"]);
    site.write(1, "5m");
    site.write_playbook("bring", BRING);
    let id = std::process::id();
    let (secret, decoy) = (format!("canary-{id}-7f3a9c51"), format!("decoy-{id}-11d0"));
    std::fs::create_dir_all(site.fleet().join("files")).unwrap();
    std::fs::write(site.fleet().join("files/token"), format!("{secret}\n")).unwrap();
    let life = Process::begin(&site);
    life.until("the pool is whole", |world| is_whole(world, 1)).await;
    let watch = Watch::begin(&[secret.clone(), decoy.clone()]);
    // What is to be seen is seen: else a watch that sees nothing would prove nothing.
    let mut plain = Command::new("/bin/sleep");
    let mut plain = plain.arg("30").env("DECOY", &decoy).spawn().unwrap();
    let ask = PlayAsk {
        playbook: "bring".parse().unwrap(),
        hosts: site.macs.iter().map(Mac::host).collect(),
        reason: "test".into(),
        max_unavailable: None,
        key: None,
    };
    life.client.play(&ask).await.unwrap();
    let kept = site.mac("a").home().join("kept");
    until("it has been brought", || kept.exists()).await;
    let over = |world: &World| world.jobs.values().all(|job| job.is_over());
    let world = life.until("its job is over", |world| !world.jobs.is_empty() && over(world)).await;
    assert_eq!(world.jobs.values().next().unwrap().word(), "done");
    let (rounds, seen) = watch.end();
    plain.kill().unwrap();
    plain.wait().unwrap();
    assert!(rounds > 10, "only {rounds} rounds");
    assert!(seen.contains(&format!("{decoy} in environ")), "the watch is blind");
    assert!(!seen.iter().any(|seen| seen.contains(&secret)), "{seen:?}");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), format!("{secret}\n"));
    let query = LogQuery { after: None, since: None, host: None, limit: Some(LOG_MOST) };
    let log = serde_json::to_string(&life.client.log(&query).await.unwrap()).unwrap();
    let told = serde_json::to_string(&life.client.world().await.unwrap()).unwrap();
    assert!(log.contains("bring") && told.contains("files/token"), "the step itself is told");
    assert!(!log.contains(&secret) && !told.contains(&secret));
    life.quit().await;
    assert_eq!(files_with(&site.state(), &secret), Vec::<String>::new());
    assert_eq!(files_with(&site.mac("a").home(), &secret), ["kept"], "on the Mac");
}
