//! The doctor over real OpenSSH: the whole way from a command to the script and back.

use std::process::{Command as Program, Stdio};

use hostler::model::{Reach, World};

use crate::life::{Life, is, name};
use crate::site::Site;

/// `hostler host doctor`: its exit code, what it printed, and what it said beside that.
async fn doctor(site: &Site, args: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Program::new(env!("CARGO_BIN_EXE_hostler"));
    program.args(["host", "doctor"]).args(args).env_clear().stdin(Stdio::null());
    program.env("USER", "ada").env("HOME", site.state());
    program.env("HOSTLER_FLEET", site.fleet()).env("HOSTLER_STATE", site.state());
    let done = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_ails_a_mac_and_says_how_to_mend_it() {
    let site = Site::new(&["a", "b"]);
    site.write(0, "5m");
    let life = Life::begin(&site).await;
    life.serve(&site);
    let up = |world: &World| ["a", "b"].iter().all(|host| is(world, &name(host), Reach::Up));
    life.until("both are up", up).await;
    let (code, out, err) = doctor(&site, &["a"]).await;
    assert_eq!(code, Some(0), "{out}{err}");
    // The tests' Macs have a version of which it is reported that it loses slots.
    assert!(out.contains("a: 20 ok, 1 warn, 0 fail"), "{out}");
    let mac = site.mac("a");
    for (fault, text) in [
        ("pmset_sleep", "10"),
        ("pmset_source", "Battery Power"),
        ("keychain", ""),
        ("console", "root"),
        ("defaults_bootpd", "absent"),
        ("defaults_autoLoginUser", "absent"),
        ("disk_free", "9000000"),
        ("clock", "-3600"),
        ("no_sudo_restart", ""),
    ] {
        mac.fault(fault, text);
    }
    let (code, out, err) = doctor(&site, &["a"]).await;
    assert_eq!(code, Some(1), "{out}{err}");
    for said in [
        "a: 11 ok, 4 warn, 6 fail",
        "it sleeps after 10 min",
        "on battery: plug it in",
        "the login keychain is locked",
        "nobody is logged in at the screen and the login keychain is locked",
        "253 addresses last for no more than 253 VM starts a day",
        "# sleep: fail\n  sudo pmset -a sleep 0 disksleep 0 displaysleep 0\n",
        "# keychain: fail\n  security unlock-keychain login.keychain && ",
        "# auto-login: warn\n  sudo sysadminctl -autologin set -userName \"$(id -un)\" -password -\n",
        "# dhcp-leases: warn\n  sudo defaults write /Library/Preferences/SystemConfiguration/",
        "# clock: fail\n  sudo sntp -sS time.apple.com",
        "# sudo-reboot: warn\n  echo \"$(id -un) ALL=(root) NOPASSWD: /sbin/shutdown -r now\"",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let (code, out, err) = doctor(&site, &[]).await;
    assert!(code == Some(1) && err.contains("1 of 2 hosts fail a check"), "{out}{err}");
    assert!(out.contains("2 hosts: 0 ok, 1 warn, 1 fail"), "{out}");
    life.end().await;
}
