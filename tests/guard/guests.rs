//! What goes into a guest: the question whether it has work, the word to take no more, the word to
//! shut down.

use std::fs;
use std::time::Duration;

use hostler::driver::{self, Order, Probe};
use hostler::model::{OpKind, Outcome, Refusal, Sighting, Timestamp};

use crate::shell::SHELLS;
use crate::{LIMIT, Mac, class, mac, on_each, order, said};

fn retire(vm: &str, guest: &str) -> Order {
    Order { guest: guest.into(), ..order(OpKind::Deregister, vm) }
}

impl Mac {
    async fn with_running(&self, vms: &[&str]) {
        for vm in vms {
            self.done(OpKind::Clone, vm).await;
            self.done(OpKind::Start, vm).await;
        }
    }

    async fn ask(&self, probes: &[(&str, &str)]) -> Sighting {
        let probes: Vec<Probe> =
            probes.iter().map(|(vm, sh)| Probe { vm: (*vm).into(), sh: (*sh).into() }).collect();
        let at = Timestamp::default();
        let look =
            driver::look(&self.shell, &self.host, &self.spec, &probes, 0, at, LIMIT).await.unwrap();
        look.sighting
    }
}

fn busy(seen: &Sighting, vm: &str) -> Option<bool> {
    seen.vms.as_ref().unwrap()[vm].busy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_says_whether_it_has_work_or_nothing_is_known() {
    on_each(async |mac| {
        mac.with_running(&["a", "b"]).await;
        mac.done(OpKind::Clone, "stopped").await;
        let test = "# it's \"so\"\ntest -e \"$HOME/busy\"";
        let all = [("a", test), ("b", test), ("stopped", test), ("absent", test)];
        fs::write(mac::inside(mac.home(), "a").join("busy"), "").unwrap();
        let idle = mac.ask(&all).await;
        assert_eq!((busy(&idle, "a"), busy(&idle, "b")), (Some(true), Some(false)));
        assert_eq!((busy(&idle, "stopped"), idle.vms.as_ref().unwrap().len()), (None, 3));
        fs::write(mac::inside(mac.home(), "b").join("busy"), "").unwrap();
        let both = mac.ask(&all).await;
        assert_eq!(busy(&both, "b"), Some(true));
        // What it prints says nothing; only how it ends does.
        let odd = mac.ask(&[("a", "echo exit 0; exit 3"), ("b", "absent-command")]).await;
        assert_eq!((busy(&odd, "a"), busy(&odd, "b")), (Some(false), None));
        let killed = mac.ask(&[("a", "kill -9 $$")]).await;
        assert_eq!((busy(&killed, "a"), busy(&killed, "b")), (None, None));
        mac::fault(mac.home(), "agent", "connection refused");
        assert_eq!(busy(&mac.ask(&all).await, "a"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_that_do_not_answer_cost_a_look_no_more_than_one() {
    let mac = Mac::new(SHELLS[0]);
    mac.with_running(&["a", "b"]).await;
    mac::fault(mac.home(), "exec_seconds", "100");
    let began = std::time::Instant::now();
    let seen = mac.ask(&[("a", "true"), ("b", "true")]).await;
    assert_eq!((busy(&seen, "a"), busy(&seen, "b")), (None, None));
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_told_once_to_take_no_more_work() {
    on_each(async |mac| {
        mac.with_running(&["a"]).await;
        let told = retire("a", "echo told >>told\ncat /proc/$$/cmdline | tr '\\0' ' ' >args");
        for _ in 0..2 {
            assert_eq!(mac.send(&told, 1).await, Outcome::Done);
        }
        let inside = mac::inside(mac.home(), "a");
        assert_eq!(fs::read_to_string(inside.join("told")).unwrap(), "told\n");
        assert_eq!(fs::read_to_string(inside.join("args")).unwrap().trim(), "/bin/sh -s");
        assert_eq!(mac.see().await.guard.done[&told.op], 0);
        mac.look(5).await;
        assert_eq!(class(&mac.send(&retire("a", "touch old"), 4).await), Some(Refusal::Fenced));
        assert!(!inside.join("old").exists());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_cannot_be_told_says_why() {
    on_each(async |mac| {
        let absent = mac.send(&retire("a", "true"), 1).await;
        assert_eq!(class(&absent), Some(Refusal::NotRunning));
        mac.with_running(&["a"]).await;
        for status in [1, 75, 76, 77, 127] {
            let script = format!("echo it said so\nexit {status}");
            let ended = mac.send(&retire("a", &script), 1).await;
            assert_eq!(class(&ended), Some(Refusal::Other), "{status}");
            let want = format!("the script in the guest ended with status {status}; it said so");
            assert_eq!(said(ended), want);
        }
        mac::fault(mac.home(), "agent", "connection refused");
        let why = said(mac.send(&retire("a", "true"), 1).await);
        assert!(why.contains("is the Tart Guest Agent running?"), "{why}");
        mac::mend(mac.home(), "agent");
        mac::fault(mac.home(), "exec_seconds", "100");
        let late = retire("a", "true");
        let limit = Duration::from_secs(6);
        let late = driver::carry_out(&mac.shell, &mac.host, &mac.spec, &late, 1, limit).await;
        assert!(said(late).starts_with("the script in the guest did not end within 4 s"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_with_a_grace_shuts_down_by_itself_or_is_stopped_after_it() {
    on_each(async |mac| {
        mac.with_running(&["a", "b"]).await;
        let stop = |vm: &str, grace| Order {
            grace: Duration::from_secs(grace),
            ..order(OpKind::Stop, vm)
        };
        let log = |vm: &str| fs::read_to_string(mac.home().join(".hostler/log").join(vm)).unwrap();
        assert_eq!(mac.send(&stop("a", 30), 1).await, Outcome::Done);
        assert!(mac::inside(mac.home(), "a").join("shut_down").exists());
        assert!(log("a").contains("guest has stopped the virtual machine"), "{}", log("a"));
        mac::fault(mac.home(), "guest_stays", "");
        assert_eq!(mac.send(&stop("b", 1), 1).await, Outcome::Done);
        assert!(mac::inside(mac.home(), "b").join("shut_down").exists());
        assert!(log("b").contains("Stopping VM..."), "{}", log("b"));
        mac.done(OpKind::Start, "a").await;
        mac::fault(mac.home(), "agent", "connection refused");
        assert_eq!(mac.send(&stop("a", 30), 1).await, Outcome::Done);
        assert!(mac.running().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_shows_what_a_vm_of_ours_said_last_once_it_runs_no_more() {
    on_each(async |mac| {
        let ours = "hostler-ci-00000000000c";
        mac.with_running(&[ours]).await;
        let words = |seen: &Sighting| seen.vms.as_ref().unwrap()[ours].said.clone();
        assert_eq!(words(&mac.see().await), "", "it runs");
        // Not every VM of such a name is a controller's.
        let by_hand = mac.home().join(".tart/vms/hostler-ci-00000000000d");
        fs::create_dir(&by_hand).unwrap();
        for file in fs::read_dir(mac.vm_path(ours)).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), by_hand.join(file.file_name())).unwrap();
            }
        }
        let seen = mac.see().await;
        let made = |vm: &str| seen.vms.as_ref().unwrap()[vm].made;
        assert!(made(ours) && !made("hostler-ci-00000000000d"));
        let (pid, ..) = mac::living(mac.home(), "run")[0];
        mac::signal("USR2", &pid.to_string());
        let seen = mac.until(|seen| !words(seen).is_empty()).await;
        assert_eq!(words(&seen), "guest has stopped the virtual machine");
        let read = || driver::log(&mac.shell, &mac.host, &mac.spec, ours, LIMIT);
        let text = "guest has stopped the virtual machine".to_string();
        assert_eq!(read().await.unwrap(), Some(text.clone()));
        let none = driver::log(&mac.shell, &mac.host, &mac.spec, "absent", LIMIT).await.unwrap();
        assert_eq!(none, None);
        mac.done(OpKind::Delete, ours).await;
        assert_eq!(read().await.unwrap(), Some(text), "it is kept for whoever asks why it is gone");
        mac.done(OpKind::Clone, ours).await;
        let log = mac.home().join(".hostler/log").join(ours);
        fs::write(&log, format!("{}\n@@ end 0\n\x1b[31mlast\n", "x".repeat(4_000))).unwrap();
        let said = words(&mac.see().await);
        assert!(said.ends_with("; @ @ end 0; [31mlast") && said.len() < 420, "{said}");
    })
    .await;
}
