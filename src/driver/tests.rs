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
        grace: None,
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
        (OpKind::Stop, "tart.stop", vec![("timeout_s", "30")]),
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
        let looked = look(&canned, &host(), &spec(), 7, at, limit).await;
        assert_eq!(looked.unwrap_err().to_string(), want);
    }
}
