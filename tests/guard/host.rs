//! Commands for the host itself: a shell script, a file, a restart, its cached images.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use hostler::driver::{self, HostAnswer, HostOrder, HostWork, LONGEST_COPY};
use hostler::model::{OpId, OpKind, Outcome, Refusal};

use crate::shell::{self, Capture, SHELLS};
use crate::{IMAGE, LIMIT, LINUX, Mac, class, mac, on_each, order, said};

fn work(what: HostWork) -> HostOrder {
    HostOrder { op: order(OpKind::Stop, "a").op, what, job: "nightly-wipe, step 3".into() }
}

fn sh(run: &str) -> HostWork {
    HostWork::Sh { run: run.into(), timeout_s: 60 }
}

fn copy(content: &[u8], to: &str, mode: &str) -> HostWork {
    HostWork::Copy { content: content.into(), to: to.into(), mode: mode.into() }
}

fn reboot(authrestart: bool) -> HostWork {
    HostWork::Reboot { authrestart, guests: 1 }
}

fn pull(image: &str) -> HostWork {
    HostWork::Pull { image: image.into() }
}

fn prune(keep: &[&str]) -> HostWork {
    HostWork::Prune { keep: keep.iter().map(|image| (*image).to_owned()).collect() }
}

impl Mac {
    async fn carry(&self, order: &HostOrder, epoch: u64) -> HostAnswer {
        driver::carry_out_on_host(&self.shell, &self.host, &self.spec, order, epoch, LIMIT).await
    }

    /// A new operation of epoch 1 that succeeds; what it said.
    async fn works(&self, what: HostWork) -> String {
        let answer = self.carry(&work(what), 1).await;
        assert_eq!(answer.outcome, Outcome::Done, "{}", answer.said);
        answer.said
    }

    /// A new operation of epoch 1 that is refused: its class and why, and what it said.
    async fn fails(&self, what: HostWork) -> (Refusal, String, String) {
        let HostAnswer { outcome, said: output } = self.carry(&work(what), 1).await;
        (class(&outcome).unwrap(), said(outcome), output)
    }

    /// A shell with the script for an order, and its end not waited for.
    async fn begin(&self, order: &HostOrder) -> tokio::process::Child {
        let capture = Capture::default();
        driver::carry_out_on_host(&capture, &self.host, &self.spec, order, 1, LIMIT).await;
        shell::begin(self.home(), self.shell.argv, &capture.text()).await
    }

    async fn images(&self) -> Vec<String> {
        let mut images = self.see().await.images.unwrap();
        images.retain(|image| !image.contains('@'));
        images
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_runs_once_and_its_status_is_never_the_guards() {
    on_each(async |mac| {
        let order = work(sh("echo one\necho two >&2\necho x >>ran\n"));
        for _ in 0..2 {
            let answer = mac.carry(&order, 1).await;
            assert_eq!((answer.outcome, answer.said.as_str()), (Outcome::Done, "one\ntwo"));
        }
        assert_eq!(fs::read_to_string(mac.home().join("ran")).unwrap(), "x\n");
        let log = fs::read_to_string(mac.home().join(format!(".hostler/log/{}", order.op)));
        assert_eq!(log.unwrap(), "nightly-wipe, step 3\none\ntwo\n");
        assert_eq!(mac.see().await.guard.done[&order.op], 0);
        for status in [1, 3, 75, 76, 77, 127, 142, 255] {
            let order = work(sh(&format!("echo so\nexit {status}")));
            for _ in 0..2 {
                let answer = mac.carry(&order, 1).await;
                assert_eq!(class(&answer.outcome), Some(Refusal::Other));
                assert_eq!(said(answer.outcome), format!("exit status {status}"));
                assert_eq!(answer.said, "so");
            }
            assert_eq!(mac.see().await.guard.done[&order.op], 1);
        }
        let (class, why, _) = mac.fails(sh("kill -9 $$")).await;
        assert_eq!((class, why.as_str()), (Refusal::Other, "killed by signal 9"));
        assert_eq!(mac.works(sh("")).await, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_seen_by_nobody_and_may_say_anything() {
    on_each(async |mac| {
        // Its own command line, and those of all who brought it here.
        let secret = "# hunter2\nps -A -o args= | grep hunter2 | grep -v grep || echo unseen";
        assert_eq!(mac.works(sh(secret)).await, "unseen");
        let odd = "printf '%s\\n' \"a'b\" '$HOME `x` \\\\'; printf 'no end'";
        assert_eq!(mac.works(sh(odd)).await, "a'b\n$HOME `x` \\\\\nno end");
        // What a reader leaves unread ends its writer silently, as in any shell.
        let broken = mac.works(sh("yes | head -n 1; printf 'exit status 9\\n\\0'")).await;
        assert_eq!(broken, "y\nexit status 9");
        let path = mac.works(sh("command -v tart")).await;
        assert_eq!(path, mac.home().join("bin/tart").display().to_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_output_is_kept_short_and_its_end_is_told() {
    let mac = Mac::new(SHELLS[0]);
    let order = work(sh("seq 1 400000; exit 4"));
    let answer = mac.carry(&order, 1).await;
    assert_eq!(said(answer.outcome), "exit status 4");
    assert!(answer.said.ends_with("\n399999\n400000"), "{}", answer.said);
    assert!((3_900..=4_000).contains(&answer.said.len()), "{}", answer.said.len());
    let log = mac.home().join(format!(".hostler/log/{}", order.op));
    assert!((1_000_000..1_000_100).contains(&fs::metadata(log).unwrap().len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_takes_too_long_is_killed_with_all_it_started() {
    on_each(async |mac| {
        let run = "echo begun\n(sleep 3; echo late >>late) &\nsleep 100";
        let order = work(HostWork::Sh { run: run.into(), timeout_s: 1 });
        let answer = mac.carry(&order, 1).await;
        assert_eq!(class(&answer.outcome), Some(Refusal::Other));
        let why = said(answer.outcome);
        assert!(why.starts_with("no end within 1 s: it was killed"), "{why}");
        assert_eq!(answer.said, "begun");
        assert_eq!(mac.see().await.guard.done[&order.op], 1);
        // What it left behind would have written by now.
        mac.works(sh("sleep 4")).await;
        assert!(!mac.home().join("late").exists());
        // What somebody means to leave behind stays, and is not waited for.
        mac.works(sh("(sleep 1; echo stays >stays) >/dev/null 2>&1 &")).await;
        mac.works(sh("echo began; sleep 20 &")).await;
        mac.works(sh("while [ ! -e stays ]; do sleep 0.1; done")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_goes_when_its_holder_is_killed_and_may_come_again() {
    on_each(async |mac| {
        let run = "echo $$ >new; mv new pid\nuntil [ -e go ]; do sleep 0.1; done";
        let order = work(sh(run));
        let mut holder = mac.begin(&order).await;
        let pid = mac.home().join("pid");
        mac.until(|seen| seen.guard.running == Some(order.op) && pid.exists()).await;
        let first = fs::read_to_string(&pid).unwrap();
        let busy = mac.carry(&work(sh("true")), 1).await;
        assert_eq!(class(&busy.outcome), Some(Refusal::Busy));
        assert!(said(busy.outcome).contains(&order.op.to_string()));
        holder.kill().await.unwrap();
        let seen = mac.until(|seen| seen.guard.running.is_none()).await;
        assert!(!seen.guard.done.contains_key(&order.op), "nobody can know how it ended");
        // It does not go on without a lock.
        let alive = || {
            let mut kill = std::process::Command::new("kill");
            kill.args(["-0", first.trim()]).stderr(std::process::Stdio::null());
            kill.status().unwrap().success()
        };
        mac.until(|_| !alive()).await;
        fs::write(mac.home().join("go"), "").unwrap();
        assert_eq!(mac.carry(&order, 1).await.outcome, Outcome::Done);
        assert_ne!(fs::read_to_string(&pid).unwrap(), first);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_work_is_fenced() {
    let mac = Mac::new(SHELLS[0]);
    mac.look(9).await;
    for what in [sh("touch a"), copy(b"a", "~/a", "644"), reboot(false), pull(IMAGE), prune(&[])] {
        let order = work(what);
        let answer = mac.carry(&order, 8).await;
        assert_eq!(class(&answer.outcome), Some(Refusal::Fenced), "{answer:?}");
        assert_eq!(mac.see().await.guard.done, [].into());
    }
    assert!(!mac.home().join("a").exists());
    assert_eq!((mac::restarts(mac.home()), mac.images().await.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_work_waits_for_the_lock() {
    let mac = Mac::new(SHELLS[0]);
    let (mut holder, _) = mac.occupy("a").await;
    for what in [sh("true"), copy(b"a", "~/a", "644"), reboot(false), pull(IMAGE), prune(&[])] {
        let (class, _, said) = mac.fails(what).await;
        assert_eq!(class, Refusal::Busy, "{said}");
    }
    holder.kill().await.unwrap();
    assert_eq!(mac::restarts(mac.home()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_perl_a_text_is_not_run() {
    let mac = Mac::new(SHELLS[0]);
    // The guard's own programs, and no perl.
    let capture = Capture::default();
    let order = work(sh("touch ran"));
    driver::carry_out_on_host(&capture, &mac.host, &mac.spec, &order, 1, LIMIT).await;
    let text = capture.text().replace("command -v perl", "command -v no-perl");
    let child = shell::begin(mac.home(), mac.shell.argv, &text).await;
    let ended = child.wait_with_output().await.unwrap();
    assert_eq!(ended.status.code(), Some(127));
    let words = String::from_utf8(ended.stderr).unwrap();
    assert!(words.starts_with("perl: command not found"), "{words}");
    assert!(!mac.home().join("ran").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_with_its_mode_and_only_when_it_differs() {
    on_each(async |mac| {
        let file = mac.home().join("a file");
        let bytes: Vec<u8> = (0..LONGEST_COPY).map(|n| (n * 7 + n / 256) as u8).collect();
        let order = work(copy(&bytes, "~/a file", "640"));
        assert_eq!(mac.carry(&order, 1).await.said, "~/a file is written");
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o640);
        let again = mac.works(copy(&bytes, "~/a file", "640")).await;
        assert_eq!(again, "~/a file was so already");
        // A mode that differs, and a content.
        assert_eq!(mac.works(copy(&bytes, "~/a file", "0755")).await, "~/a file is written");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o755);
        fs::write(&file, "mine").unwrap();
        assert_eq!(mac.carry(&order, 1).await.said, "~/a file is written", "a replay");
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        let absolute = mac.home().join("b").display().to_string();
        mac.works(copy(b"", &absolute, "600")).await;
        assert_eq!(fs::read(absolute).unwrap(), b"");
        let names: Vec<_> = fs::read_dir(mac.home())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("hostler-new"))
            .collect();
        assert!(names.is_empty(), "{names:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_no_place_is_refused() {
    on_each(async |mac| {
        fs::create_dir(mac.home().join("folder")).unwrap();
        let (_, why, _) = mac.fails(copy(b"a", "~/folder", "644")).await;
        assert_eq!(why, "~/folder is a directory: name the file in it");
        let (class, why, _) = mac.fails(copy(b"a", "~/absent/a", "644")).await;
        assert_eq!(why, "there is no directory for ~/absent/a: make it first");
        assert_eq!(class, Refusal::Other);
        assert_eq!(fs::read_dir(mac.home().join("folder")).unwrap().count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_issued_once_even_when_it_is_sent_again_after_it() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        mac.done(OpKind::Start, "a").await;
        let before = mac.see().await.facts.boot;
        let order = work(reboot(false));
        let answer = mac.carry(&order, 1).await;
        assert_eq!((answer.outcome, answer.said.as_str()), (Outcome::Done, "it restarts"));
        let seen = mac.see().await;
        assert_ne!(seen.facts.boot, before);
        assert_eq!((seen.guard.running, seen.guests), (None, Some(0)));
        // Its record is the one that outlives a restart.
        assert_eq!(seen.guard.done, [(order.op, 0)].into());
        let again = mac.carry(&order, 1).await;
        assert_eq!((again.outcome, again.said.as_str()), (Outcome::Done, "it has restarted"));
        assert_eq!(mac::restarts(mac.home()), 1);
        mac.works(reboot(false)).await;
        assert_eq!(mac::restarts(mac.home()), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_does_not_end_a_guest_that_was_started_since_they_were_counted() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        mac.done(OpKind::Start, "a").await;
        let none_known = HostWork::Reboot { authrestart: false, guests: 0 };
        let (_, why, _) = mac.fails(none_known.clone()).await;
        assert!(why.starts_with("1 guests run here, and 0 were known"), "{why}");
        assert_eq!((mac::restarts(mac.home()), mac.running()), (0, vec!["a".to_string()]));
        mac.done(OpKind::Stop, "a").await;
        mac.works(none_known).await;
        assert_eq!(mac::restarts(mac.home()), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_on_record_before_it_is_issued() {
    let mac = Mac::new(SHELLS[0]);
    // The host is slow to go down, and the holder is killed while it does.
    let slow = "#!/bin/sh\necho restart >>\"$HOME/kernel/restarts\"\nexec sleep 20\n";
    fs::write(mac.home().join("bin/shutdown"), slow).unwrap();
    let order = work(reboot(false));
    let mut holder = mac.begin(&order).await;
    mac.until(|_| mac::restarts(mac.home()) == 1).await;
    holder.kill().await.unwrap();
    assert_eq!(mac.see().await.guard.done[&order.op], 0);
    let again = mac.carry(&order, 1).await;
    assert_eq!((again.outcome, again.said.as_str()), (Outcome::Done, "it restarts"));
    assert_eq!(mac::restarts(mac.home()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_cannot_be_says_what_to_do() {
    on_each(async |mac| {
        mac::fault(mac.home(), "sudo", "");
        let refused = work(reboot(false));
        for _ in 0..2 {
            let (class, why) = {
                let outcome = mac.carry(&refused, 1).await.outcome;
                (class(&outcome), said(outcome))
            };
            assert_eq!(class, Some(Refusal::Other));
            assert!(why.contains("sudo: a password is required"), "{why}");
            assert!(why.contains("ALL=(root) NOPASSWD: /sbin/shutdown -r now`"), "{why}");
        }
        mac::mend(mac.home(), "sudo");
        assert_eq!(mac.see().await.guard.done[&refused.op], 1);
        // A restart of another's is not this one.
        mac::reboot(mac.home());
        assert!(mac.see().await.guard.done.is_empty());

        mac::fault(mac.home(), "filevault", "");
        assert_eq!(mac.see().await.facts.filevault, Some(true));
        let (_, why, _) = mac.fails(reboot(false)).await;
        assert!(why.starts_with("FileVault is on") && why.contains("authrestart: true"), "{why}");
        let (_, why, _) = mac.fails(reboot(true)).await;
        assert!(why.contains("~/.hostler/authrestart.plist"), "{why}");
        assert_eq!(mac::restarts(mac.home()), 0);
        let credentials = "<dict><key>Password</key><string>x</string></dict>";
        fs::write(mac.home().join(".hostler/authrestart.plist"), credentials).unwrap();
        mac::fault(mac.home(), "sudo", "");
        let (_, why, _) = mac.fails(reboot(true)).await;
        assert!(why.contains("NOPASSWD: /usr/bin/fdesetup authrestart -inputplist`"), "{why}");
        mac::mend(mac.home(), "sudo");
        mac.works(reboot(true)).await;
        assert_eq!(mac::restarts(mac.home()), 1);

        fs::remove_file(mac.home().join("bin/fdesetup")).unwrap();
        let (_, why, _) = mac.fails(reboot(true)).await;
        assert!(why.starts_with("it cannot be told whether FileVault is on"), "{why}");
        assert_eq!(mac.see().await.facts.filevault, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pulled_unless_it_is_there() {
    on_each(async |mac| {
        let order = work(pull(IMAGE));
        let answer = mac.carry(&order, 1).await;
        assert_eq!(answer.said, format!("{IMAGE} is pulled"));
        assert_eq!(mac.images().await, [IMAGE]);
        mac::fault(mac.home(), "registry", "Error: AuthFailed(why: \"HTTP 403\", details: \"\")");
        assert_eq!(mac.works(pull(IMAGE)).await, format!("{IMAGE} is there already"));
        let (class, why, _) = mac.fails(pull(LINUX)).await;
        assert_eq!(class, Refusal::Registry);
        assert!(why.contains("AuthFailed") && why.contains("pulling manifest"), "{why}");
        mac::mend(mac.home(), "registry");
        // A tag is there even when nobody wrote it.
        mac.works(pull("ghcr.io/acme/other")).await;
        let said = mac.works(pull("ghcr.io/acme/other:latest")).await;
        assert_eq!(said, "ghcr.io/acme/other:latest is there already");
        let (class, _, _) = mac.fails(pull("golden")).await;
        assert_eq!(class, Refusal::Missing);
        mac.done(OpKind::Clone, "golden").await;
        assert!(mac.works(pull("golden")).await.contains("nothing to pull"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_go_but_those_that_are_kept_and_never_a_vm() {
    on_each(async |mac| {
        mac.done(OpKind::Clone, "a").await;
        let others = ["ghcr.io/acme/macos:2", "ghcr.io/acme/old:1"];
        for image in [LINUX, others[0], others[1]] {
            mac.works(pull(image)).await;
        }
        mac::fault(mac.home(), "delete_image", "Error: it is in use");
        let (_, why, said) = mac.fails(prune(&[IMAGE, LINUX])).await;
        assert!(why.contains("ghcr.io/acme/old:1 stays: Error: it is in use"), "{why}");
        assert!(said.starts_with("there is no image to remove\n"), "{said}");
        mac::mend(mac.home(), "delete_image");

        let order = work(prune(&[IMAGE, LINUX, "ghcr.io/not/here:1"]));
        let done = mac.carry(&order, 1).await;
        assert_eq!(done.outcome, Outcome::Done);
        let want = format!("removed {}, {}: 82 GB freed", others[0], others[1]);
        assert_eq!(done.said, want);
        assert_eq!(mac.images().await, [LINUX, IMAGE]);
        assert_eq!(mac.see().await.images.unwrap().len(), 4, "with the digests of what stays");
        mac.works(pull(others[0])).await;
        assert_eq!(mac.carry(&order, 1).await.said, want, "a replay");
        assert_eq!(mac.images().await.len(), 3);

        // Where the tool does not tell what a tag stands for, all of that name stay.
        mac::fault(mac.home(), "fqn", "");
        let digests = |images: Vec<String>| images.iter().filter(|i| i.contains('@')).count();
        mac.works(prune(&[IMAGE])).await;
        assert_eq!(mac.images().await, [IMAGE]);
        mac::mend(mac.home(), "fqn");
        mac.works(prune(&[IMAGE])).await;
        assert_eq!(digests(mac.see().await.images.unwrap()), 1);
        let by_digest = mac.see().await.images.unwrap().remove(1);
        mac.works(prune(&[&by_digest])).await;
        assert_eq!(mac.works(prune(&[])).await, "there is no image to remove");
        assert!(mac.vm_path("a").exists());
        mac::fault(mac.home(), "list_fails", "");
        let (_, why, _) = mac.fails(prune(&[])).await;
        assert!(why.contains("config.json"), "{why}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_logs_of_operations_go_and_those_of_vms_stay() {
    let mac = Mac::new(SHELLS[0]);
    mac.done(OpKind::Clone, "a").await;
    let log = mac.home().join(".hostler/log");
    for n in 0..100 {
        let old = fs::File::create(log.join(OpId::from_bits(5_000 + n).to_string())).unwrap();
        old.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(n)).unwrap();
    }
    let order = work(sh("echo kept"));
    mac.carry(&order, 1).await;
    let names: Vec<_> = fs::read_dir(&log)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 65, "64 of operations and the VM's");
    assert!(names.contains(&"a".into()) && names.contains(&order.op.to_string()));
}
