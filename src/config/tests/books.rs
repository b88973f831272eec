//! Playbooks: what sound ones become, what is shipped, and files that are copied.

use std::collections::BTreeMap;

use super::load;
use crate::config::playbook::SHIPPED;
use crate::model::{Act, DrainStep, Each, OnDeadline, OnFailure, Playbook, Span, Step, Surge};

/// With an image `i`, which a playbook may name.
pub(super) const INVENTORY: &str = "hosts: {a: {address: x, user: u}}\nimages: {i: {source: x}}\n";

fn book(text: &str) -> Playbook {
    let loaded = load(&[("inventory/a.yaml", INVENTORY), ("playbooks/p.yaml", text)]);
    assert_eq!(loaded.warnings, []);
    loaded.fleet.playbooks["p"].clone()
}

fn named(name: &str, act: Act) -> Step {
    Step { name: name.into(), ..Step::plain(act) }
}

#[test]
fn every_kind_of_step_is_read_with_its_options() {
    let book = book(include_str!("all_steps.yaml"));
    let sh = |run: &str| Act::Sh { run: run.into() };
    let copy = |from: &str, to: &str, mode: &str| {
        Step::plain(Act::Copy { from: from.into(), to: to.into(), mode: mode.into() })
    };
    let assert = |that: &str, message: &str| {
        Step::plain(Act::Assert { that: that.into(), message: message.into() })
    };
    let leave = DrainStep {
        deadline: None,
        on_deadline: OnDeadline::Abort,
        grace: Span::ZERO,
        force: true,
        surge: Surge::Never,
        ignore: Some("pool=ci".parse().unwrap()),
    };
    let expected = [
        Step::plain(Act::Prefetch { image: None }),
        Step::plain(Act::Prefetch { image: Some("i".parse().unwrap()) }),
        Step::plain(Act::Drain(DrainStep::default())),
        Step {
            when: Some("host.slots_leaked > 0 or host.uptime_hours > 168".into()),
            timeout: Some(Span::from_hours(2)),
            retries: 20,
            once: true,
            ..named("Leave", Act::Drain(leave))
        },
        Step::plain(Act::Cordon { reason: "a new disk".into() }),
        Step::plain(Act::Uncordon),
        Step::plain(Act::DeleteVms),
        Step::plain(Act::Respawn),
        Step { register: Some("disk".into()), ..Step::plain(sh("df -k /")) },
        Step {
            when: Some("disk.said != \"\" and disk is defined".into()),
            timeout: Some(Span::from_mins(10)),
            retries: 1,
            ..named("free space", sh("brew cleanup -s\n"))
        },
        copy("files/motd", "~/motd", "0644"),
        copy("files/limits.plist", "/Library/LaunchDaemons/limits.plist", "0600"),
        Step {
            when: Some("true".into()),
            ..Step::plain(Act::Reboot { within: Span::from_mins(15) })
        },
        Step::plain(Act::Reboot { within: Span::from_mins(90) }),
        Step::plain(Act::Verify),
        Step::plain(Act::Wait { time: Span::from_secs(30) }),
        Step::plain(Act::Wait { time: Span::from_mins(5) }),
        Step::plain(Act::WaitIdle),
        assert("not failed", "It went well."),
        assert("disk.code == 0", ""),
        Step::plain(Act::Deregister),
        Step::plain(Act::Notify { message: "Done.".into() }),
    ];
    for (n, (read, expected)) in book.steps.iter().zip(&expected).enumerate() {
        assert_eq!(read, expected, "step {n}");
    }
    assert_eq!(book.steps.len(), expected.len());
    let undrain = Step { when: Some("not failed".into()), ..Step::plain(Act::Undrain) };
    assert_eq!(book.always, [undrain, Step::plain(Act::PruneImages)]);
    assert_eq!((book.each, book.on_failure), (Each::Host, OnFailure::Release));
    assert_eq!(book.summary, "Everything once.");
}

#[test]
fn what_is_not_said_in_a_playbook_has_its_default() {
    let book = book("steps: [verify: {}]\n");
    assert_eq!(
        (book.each, book.on_failure, book.summary.as_str()),
        (Each::Host, OnFailure::Hold, "")
    );
    assert_eq!((book.steps.len(), book.always.len()), (1, 0));
}

#[test]
fn the_shipped_playbooks_are_the_files_of_the_directory() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let files: BTreeMap<_, _> = crate::config::read_fleet_dir(dir.parent().unwrap(), None)
        .unwrap()
        .texts
        .into_iter()
        .filter(|(path, _)| path.starts_with("playbooks"))
        .map(|(path, text)| (path.file_stem().unwrap().to_str().unwrap().to_string(), text))
        .collect();
    let shipped = SHIPPED.map(|(name, text)| (name.to_string(), text.to_string()));
    assert_eq!(files, BTreeMap::from(shipped));
    let loaded = load(&[("inventory/a.yaml", "")]);
    assert_eq!(loaded.fleet.playbooks.len(), SHIPPED.len());
    for (name, book) in &loaded.fleet.playbooks {
        assert!(book.summary.ends_with('.'), "{name} has no summary");
    }
}

#[test]
fn a_fleet_playbook_goes_before_the_shipped_one() {
    let shipped = load(&[("inventory/a.yaml", "")]);
    let book = &shipped.fleet.playbooks["respawn"];
    assert_eq!((book.each, &book.steps), (Each::Vm, &vec![Step::plain(Act::Respawn)]));
    let own = load(&[
        ("inventory/a.yaml", ""),
        ("playbooks/respawn.yaml", "summary: ours\nsteps: [{respawn: }]\n"),
        ("playbooks/other.yaml", "each: host\nsteps:\n  - respawn: {}\n  - respawn: {}\n"),
    ]);
    let books = &own.fleet.playbooks;
    assert_eq!((books["respawn"].summary.as_str(), books["respawn"].each), ("ours", Each::Host));
    assert_eq!(books["other"].steps.len(), 2);
}
