//! What an operator is told of a Mac on which the simulator has worked some evil: the thing, the
//! cause, and where there is one the next step.

use hostler::model::Span;

use crate::site::Site;

/// Asks until the answer says this.
async fn tells(site: &Site, line: &str, words: &[&str]) {
    let ask = async {
        loop {
            let seq = site.world().seq;
            let said = site.does(line).await;
            if words.iter().all(|words| said.out.contains(words)) {
                return;
            }
            site.until("news", |world| world.seq > seq).await;
        }
    };
    if tokio::time::timeout(crate::program::PATIENCE, ask).await.is_err() {
        panic!("{line} does not tell {words:?}: {}", site.does(line).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_befalls_a_mac_is_told_with_its_cause_and_the_next_step() {
    let site = Site::begin(7, 0).await;
    let long = Span::from_hours(1_000);
    site.mac("mini-001").silence(long);
    site.mac("mini-002").lock_keychain(long);
    site.mac("mini-003").change_host_key().unwrap();
    assert!(site.mac("mini-004").add_foreign_vm("somebodys-vm"));
    site.mac("mini-005").be_one_with_others();
    site.mac("mini-006").be_one_with_others();
    for (host, words) in [
        ("mini-001", &["mini-001 is lost", "reachability: lost for"][..]),
        ("mini-002", &["mini-002 is locked", "keychain"]),
        (
            "mini-003",
            &["mini-003 is identity-mismatch", "change host_key of mini-003 in the inventory"],
        ),
        ("mini-004", &["foreign: somebodys-vm", "stop it there to have its slot"]),
        ("mini-006", &["is the same Mac as mini-005", "remove one of the two from the inventory"]),
    ] {
        tells(&site, &format!("host why {host}"), words).await;
    }
    let first = site.does("host why mini-005").await;
    assert!(!first.out.contains("the same Mac"), "one of the two takes VMs: {first}");
    assert_eq!(site.world().hosts["mini-007"].word(), "ready", "the others go on");
}
