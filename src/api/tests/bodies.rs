//! Whatever the body: an answer of 200 for what is right, and a 4xx problem for all else.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

use super::fixture::serving;
use super::raw::{http, problem};

fn right() -> Value {
    json!({"hosts": ["mini-01"], "reason": "disk", "until": "2100-01-01T00:00:00Z"})
}

#[tokio::test]
async fn each_single_fault_of_a_body_is_told() {
    let served = serving();
    let http = http(&served.path());
    let good = http.post("http://x/v1/holds").body(right().to_string()).send().await.unwrap();
    assert!(good.status().is_success());
    let set = |key: &str, value: Value| {
        let mut body = right();
        body[key] = value;
        body.to_string()
    };
    for (body, says) in [
        (String::new(), "EOF"),
        ("{".into(), "EOF"),
        ("null".into(), "null"),
        ("[]".into(), "not a list"),
        (r#"[["mini-01"], "disk"]"#.into(), "not a list"),
        ("{} {}".into(), "hosts"),
        (format!("{} x", right()), "trailing"),
        ("\u{feff}{}".into(), "expected value"),
        (set("hosts", json!([])), "at least one host"),
        (set("hosts", json!("mini-01")), "hosts: "),
        (set("hosts", json!(["ok", 3])), "hosts[1]: "),
        (set("hosts", json!(["a b"])), "hosts[0]: `a b` is not a host name"),
        (set("reason", json!("  ")), "reason: "),
        (set("reason", json!("x".repeat(501))), "reason: "),
        (set("reason", json!(null)), "reason: "),
        (set("until", json!("tomorrow")), "until: "),
        (set("until", json!("2001-01-01T00:00:00Z")), "until: "),
        (set("untill", json!(null)), "untill"),
        (set("kind", json!("nap")), "kind: "),
        (set("kind", json!("drain")), "kind: "),
        (set("on_expiry", json!("never")), "on_expiry: "),
        (format!("{}{}", "[".repeat(60_000), "]".repeat(4)), ""),
    ] {
        let request = http.post("http://x/v1/holds").body(body.clone());
        let problem = problem(request.send().await.unwrap()).await;
        assert_eq!((problem.status, problem.code.as_str()), (400, "bad_body"), "{body:.80}");
        assert!(problem.detail.contains(says), "{body:.80}: {problem:?}");
    }
    assert_eq!(served.asked.lock().unwrap().len(), 1);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9 -]{0,8}|\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![
            Just("hosts".to_string()),
            Just("which".to_string()),
            Just("max_unavailable".to_string()),
            "\\PC{0,6}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn no_body_at_all_breaks_the_server() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let served = serving();
        let http = http(&served.path());
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
        let bytes = proptest::collection::vec(any::<u8>(), 0..64);
        let bodies = prop_oneof![any_json().prop_map(|v| v.to_string().into_bytes()), bytes];
        for _ in 0..200 {
            let body = bodies.new_tree(&mut runner).unwrap().current();
            for path in [
                "/v1/holds",
                "/v1/holds/release",
                "/v1/pools/ci/respawn",
                "/v1/plans",
                "/v1/jobs",
                "/v1/jobs/000000000007/retry",
                "/v1/jobs/000000000007/skip",
                "/v1/schedules/nightly/suspend",
                "/v1/hosts/undrain",
            ] {
                let request = http.post(format!("http://x{path}")).body(body.clone());
                let response = request.send().await.unwrap();
                if !response.status().is_success() {
                    let problem = problem(response).await;
                    assert!((400..500).contains(&problem.status), "{problem:?}");
                }
            }
        }
        // What any JSON may be by luck is an empty respawn, an empty retry, or hosts to undrain.
        let asked = served.asked.lock().unwrap();
        use crate::api::Command::{Respawn, RetryJob, Undrain};
        let by_luck = |(_, command): &(_, crate::api::Command)| {
            matches!(command, Respawn { .. } | RetryJob { .. } | Undrain { .. })
        };
        assert!(asked.iter().all(by_luck), "{asked:?}");
    });
}
