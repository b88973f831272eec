//! What becomes of an order and a look, by what comes back for it.

use std::sync::Mutex;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::*;
use crate::transport::{Header, LostCause};

/// Answers every script with the same, and keeps what was sent.
struct Canned(Result<Output, Lost>, Mutex<Vec<String>>);

impl Carry for Canned {
    fn run<'a>(
        &'a self,
        _: &'a HostName,
        _: &'a Access,
        script: &'a Script,
        _: Limit,
    ) -> BoxFuture<'a, Result<Output, Lost>> {
        self.1.lock().unwrap().push(script.render());
        let answer = self.0.clone();
        async move { answer }.boxed()
    }
}

fn host() -> HostName {
    "mini-01".parse().unwrap()
}

fn spec() -> HostSpec {
    HostSpec::new(Access::Local)
}

fn order(kind: OpKind) -> Order {
    Order {
        op: OpId::from_bits(5),
        kind,
        vm: "hostler-ci-00000000000a".into(),
        image: "ghcr.io/a/b:1".into(),
        cpu: Some(4),
        memory: None,
        guest: "pkill agent".into(),
        grace: Duration::ZERO,
        hurry: false,
    }
}

fn ended(status: Status, stdout: &str, stderr: &str) -> Result<Output, Lost> {
    Ok(Output { stdout: stdout.into(), stderr: stderr.into(), status, truncated: false })
}

fn lost(sent: bool) -> Result<Output, Lost> {
    Err(Lost { host: host(), sent, cause: LostCause::Network, why: "it fell silent".into() })
}

async fn outcome(answer: Result<Output, Lost>, order: &Order) -> (Outcome, Vec<String>) {
    let canned = Canned(answer, Mutex::default());
    let limit = Duration::from_secs(90);
    let outcome = carry_out(&canned, &host(), &spec(), order, 7, limit).await;
    (outcome, canned.1.into_inner().unwrap())
}

#[tokio::test]
async fn an_order_ends_done_refused_or_unknown() {
    let refused = |class, said: &str| Outcome::Refused { class, said: said.into() };
    for (answer, want) in [
        (ended(Status::Exit(0), "", "replayed\n"), Outcome::Done),
        (ended(Status::Exit(76), "", "newer\n"), refused(Refusal::Fenced, "newer")),
        (
            ended(Status::Exit(1), "", "\nVM \"x\" is running\n"),
            refused(Refusal::AlreadyRunning, "VM \"x\" is running"),
        ),
        (
            ended(Status::Exit(3), "", ""),
            refused(Refusal::Other, "it ended with status 3 and said nothing"),
        ),
        (lost(false), refused(Refusal::NotSent, "it fell silent")),
        (lost(true), Outcome::Unknown { why: "it fell silent".into() }),
    ] {
        assert_eq!(outcome(answer, &order(OpKind::Start)).await.0, want);
    }
    let (killed, _) =
        outcome(ended(Status::Signal("KILL".into()), "", ""), &order(OpKind::Stop)).await;
    assert!(matches!(killed, Outcome::Unknown { why } if why.contains("KILL")));
}

#[tokio::test]
async fn an_order_says_what_is_wanted_in_its_header() {
    for (kind, op, own) in [
        (
            OpKind::Clone,
            "tart.clone",
            vec![("image", "ghcr.io/a/b:1"), ("cpu", "4"), ("memory_mib", "")],
        ),
        (OpKind::Start, "tart.start", vec![]),
        (OpKind::Stop, "tart.stop", vec![("grace_s", "0"), ("timeout_s", "30")]),
        (
            OpKind::Deregister,
            "tart.deregister",
            vec![("guest", "pkill agent"), ("timeout_s", "60")],
        ),
        (OpKind::Delete, "tart.delete", vec![]),
    ] {
        let (_, sent) = outcome(ended(Status::Exit(0), "", ""), &order(kind)).await;
        let header = Header::of(&sent[0]).unwrap();
        assert_eq!(header.op, op);
        let mut want = own;
        want.extend([("epoch", "7"), ("op", "000000000005"), ("vm", "hostler-ci-00000000000a")]);
        let want = want.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        assert_eq!(header.args, want, "{op}");
    }
}

#[tokio::test]
async fn a_name_that_is_an_option_or_a_path_is_never_sent() {
    for vm in ["", "-f", "../x", "a/b", "a b", "a\nb", ".", "é"] {
        let order = Order { vm: vm.into(), ..order(OpKind::Delete) };
        let (outcome, sent) = outcome(ended(Status::Exit(0), "", ""), &order).await;
        assert!(matches!(outcome, Outcome::Refused { class: Refusal::Other, .. }), "{vm}");
        assert!(sent.is_empty(), "{vm}");
    }
    for image in ["", "--insecure", "a b"] {
        let order = Order { image: image.into(), ..order(OpKind::Clone) };
        let (outcome, sent) = outcome(ended(Status::Exit(0), "", ""), &order).await;
        assert!(matches!(outcome, Outcome::Refused { .. }) && sent.is_empty(), "{image}");
    }
}

#[tokio::test]
async fn a_look_that_shows_nothing_says_why() {
    for (answer, want) in [
        (lost(true), "host mini-01: it fell silent"),
        (
            ended(Status::Exit(127), "", "sh: not found"),
            "host mini-01: its answer to a look is none of ours: sh: not found",
        ),
        (
            ended(Status::Exit(0), "@@ guard 0\n", ""),
            "host mini-01: its answer to a look breaks off after `guard`",
        ),
    ] {
        let canned = Canned(answer, Mutex::default());
        let limit = Duration::from_secs(9);
        let at = Timestamp::default();
        let looked = look(&canned, &host(), &spec(), &[], 7, at, limit).await;
        assert_eq!(looked.unwrap_err().to_string(), want);
    }
}

#[tokio::test]
async fn a_guest_has_the_time_it_was_promised_as_far_as_there_is_any() {
    for (grace, want) in [(20, "20"), (3_600, "45")] {
        let order = Order { grace: Duration::from_secs(grace), ..order(OpKind::Stop) };
        let (_, sent) = outcome(ended(Status::Exit(0), "", ""), &order).await;
        let args = Header::of(&sent[0]).unwrap().args;
        assert_eq!((args["grace_s"].as_str(), args["timeout_s"].as_str()), (want, "30"));
        let order = Order { hurry: true, ..order };
        let (_, sent) = outcome(ended(Status::Exit(0), "", ""), &order).await;
        let args = Header::of(&sent[0]).unwrap().args;
        assert_eq!((args["grace_s"].as_str(), args["timeout_s"].as_str()), ("0", "0"));
    }
}

#[tokio::test]
async fn guests_are_asked_in_one_line_each() {
    let canned = Canned(lost(true), Mutex::default());
    let probe = |vm: &str, sh: &str| Probe { vm: vm.into(), sh: sh.into() };
    let probes = [probe("a", "test -e busy\n"), probe("b c", "true"), probe("d", "")];
    let _ = look(&canned, &host(), &spec(), &probes, 7, Timestamp::default(), Duration::ZERO).await;
    let sent = canned.1.into_inner().unwrap();
    assert_eq!(Header::of(&sent[0]).unwrap().args["probes"], "a dGVzdCAtZSBidXN5Cg==\nd ");
}

async fn on_host(answer: Result<Output, Lost>, what: HostWork) -> (HostAnswer, Vec<String>) {
    let canned = Canned(answer, Mutex::default());
    let order = HostOrder { op: OpId::from_bits(5), what, job: "nightly-wipe, step 3".into() };
    let limit = Duration::from_secs(90);
    let answer = carry_out_on_host(&canned, &host(), &spec(), &order, 7, limit).await;
    (answer, canned.1.into_inner().unwrap())
}

fn sh(run: &str) -> HostWork {
    HostWork::Sh { run: run.into(), timeout_s: 60 }
}

#[tokio::test]
async fn a_text_ends_by_its_own_words_and_the_guard_by_its_status() {
    let other = Refusal::Other;
    for (status, stderr, class, how, said) in [
        (0, "exit status 0\none\ntwo\n", None, "", "one\ntwo"),
        (0, "exit status 0\none\nreplayed\n", None, "", "one"),
        (1, "exit status 75\nbusy\n", Some(other), "exit status 75", "busy"),
        (1, "exit status 3\n", Some(other), "exit status 3", ""),
        (1, "killed by signal 9\nx\nreplayed\n", Some(other), "killed by signal 9", "x"),
        (75, "operation x runs on this host\n", Some(Refusal::Busy), "operation x runs", ""),
        (76, "this host obeys epoch 9\n", Some(Refusal::Fenced), "this host obeys", ""),
        (127, "perl: command not found\n", Some(Refusal::ToolAbsent), "perl", ""),
        (1, "", Some(other), "it ended with status 1 and said nothing", ""),
    ] {
        let (answer, _) = on_host(ended(Status::Exit(status), "", stderr), sh("make")).await;
        assert_eq!(answer.said, said, "{stderr}");
        match answer.outcome {
            Outcome::Done => assert_eq!(class, None, "{stderr}"),
            Outcome::Refused { class: refused, said } => {
                assert_eq!(Some(refused), class, "{stderr}");
                assert!(said.starts_with(how), "{said}");
            }
            Outcome::Unknown { why } => panic!("{why}"),
        }
    }
    let (answer, _) = on_host(lost(true), HostWork::Reboot { authrestart: false, guests: 0 }).await;
    assert_eq!(answer.outcome, Outcome::Unknown { why: "it fell silent".into() });
    let (answer, _) = on_host(lost(false), sh("make")).await;
    let refused = Outcome::Refused { class: Refusal::NotSent, said: "it fell silent".into() };
    assert_eq!(answer.outcome, refused);
}

#[tokio::test]
async fn work_on_a_host_says_what_is_wanted_in_its_header() {
    let copy = |content: &[u8]| HostWork::Copy {
        content: content.into(),
        to: "~/a b".into(),
        mode: "600".into(),
    };
    let images = ["ghcr.io/a/b", "ghcr.io/a/c@sha256:0", "h:5000/a/d:1"].map(String::from);
    for (what, op, own) in [
        (sh("make"), "mac.sh", vec![("run", "make"), ("timeout_s", "60")]),
        (copy(b"hi"), "mac.copy", vec![("content", "aGk="), ("to", "~/a b"), ("mode", "600")]),
        (
            HostWork::Reboot { authrestart: true, guests: 1 },
            "mac.reboot",
            vec![("authrestart", "yes"), ("guests", "1")],
        ),
        (
            HostWork::Pull { image: "h:5000/a/d".into() },
            "tart.pull",
            vec![("image", "h:5000/a/d:latest")],
        ),
        (
            HostWork::Prune { keep: images.into() },
            "tart.prune",
            vec![("keep", "ghcr.io/a/b:latest\nghcr.io/a/c@sha256:0\nh:5000/a/d:1")],
        ),
    ] {
        let (_, sent) = on_host(ended(Status::Exit(0), "", ""), what).await;
        let header = Header::of(&sent[0]).unwrap();
        assert_eq!(header.op, op);
        let mut want = own;
        want.extend([("epoch", "7"), ("op", "000000000005"), ("job", "nightly-wipe, step 3")]);
        let want = want.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        assert_eq!(header.args, want, "{op}");
    }
}

#[tokio::test]
async fn work_that_cannot_be_right_is_never_sent() {
    let copy = |len: usize, to: &str, mode: &str| HostWork::Copy {
        content: vec![0; len],
        to: to.into(),
        mode: mode.into(),
    };
    for (what, words) in [
        (copy(LONGEST_COPY + 1, "/a", "644"), "262145 bytes and may have 262144"),
        (copy(1, "a", "644"), "not a file's place"),
        (copy(1, "~root/a", "644"), "not a file's place"),
        (copy(1, "/a/", "644"), "not a file's place"),
        (copy(1, "~/", "644"), "not a file's place"),
        (copy(1, "/a\nb", "644"), "not a file's place"),
        (copy(1, "/a", "u+x"), "`u+x` is not a mode"),
        (copy(1, "/a", "00644"), "not a mode"),
        (sh(&"x".repeat(LONGEST_COPY)), "the script has"),
        (HostWork::Pull { image: "--insecure".into() }, "cannot be an image"),
        (HostWork::Prune { keep: vec!["a/b".into(), "a\nb".into()] }, "cannot be an image"),
    ] {
        let (answer, sent) = on_host(ended(Status::Exit(0), "", ""), what.clone()).await;
        let Outcome::Refused { class: Refusal::Other, said } = answer.outcome else {
            panic!("{what:?}")
        };
        assert!(said.contains(words) && sent.is_empty(), "{said}");
    }
    let (answer, sent) =
        on_host(ended(Status::Exit(0), "", ""), copy(LONGEST_COPY, "/a", "0644")).await;
    assert_eq!((answer.outcome, sent.len()), (Outcome::Done, 1));
    // What a simulated Mac takes, and a shell.
    assert!(sent[0].len() < 1 << 20, "{}", sent[0].len());
}
