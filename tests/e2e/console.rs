//! `host ssh`: the operator's own `ssh`, told what the inventory says, trusting no other key.

use std::process::{Command, Output};

use hostler::model::Reach;

use crate::life::is;
use crate::process::Process;
use crate::site::Site;

async fn ssh(site: &Site, host: &str, command: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hostler"));
    program.args(["host", "ssh", host, "--state"]).arg(site.state());
    program.arg("--").args(command).stdin(std::process::Stdio::null());
    tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_runs_there_as_the_inventory_says_and_on_no_host_with_another_key() {
    let mut site = Site::new(&["a", "b", "c"]).with_jump();
    site.write(0, "5m");
    let life = Process::begin(&site);
    for host in ["a", "b", "c"] {
        let name = site.mac(host).host();
        life.until("it is up", |world| is(world, &name, Reach::Up)).await;
        // Keys are pinned or known by a file, and each is reached by its own way.
        let said = ssh(&site, host, &["echo out; echo err >&2; exit 7"]).await;
        let text = String::from_utf8_lossy(&said.stdout);
        assert_eq!((said.status.code(), text.as_ref()), (Some(7), "out\n"), "{host}: {said:?}");
        assert!(String::from_utf8_lossy(&said.stderr).contains("err\n"), "{host}: {said:?}");
    }
    for host in ["a", "b"] {
        site.mac_mut(host).sshd.restart_with_new_host_key();
        let ran = site.mac(host).home().join("ran");
        let said = ssh(&site, host, &[&format!("touch '{}'", ran.display())]).await;
        assert_eq!(said.status.code(), Some(255), "{host}: {said:?}");
        assert!(!ran.exists(), "{host}: it ran all the same");
    }
    let unknown = ssh(&site, "none", &["true"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("`none`"), "{unknown:?}");
    life.quit().await;
}
