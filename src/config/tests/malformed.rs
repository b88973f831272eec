//! Texts with mistakes, and exactly what is said of them.

use super::lines;

/// Enough for the names in the other sections.
const NAMES: &str = "hosts: {a: {address: x, user: u}}\nimages: {i: {source: x}}\n";

#[test]
fn each_mistake_is_named_with_its_place() {
    let mut cases = 0;
    for case in include_str!("malformed.txt").split("\n====").skip(1) {
        let (names, case) = case.split_once('\n').unwrap();
        let (text, expected) = case.split_once("\n----\n").unwrap();
        let (inventory, book) = match names {
            " with names" => (format!("{NAMES}{text}"), "steps: [verify: {}]"),
            " playbook" => (NAMES.to_string(), text),
            _ => (text.to_string(), "steps: [verify: {}]"),
        };
        let found = lines(&[("inventory/a.yaml", &inventory), ("playbooks/p.yaml", book)]);
        let prefixes = ["inventory/a.yaml:", "playbooks/p.yaml:"];
        let found: Vec<_> = found
            .iter()
            .map(|line| prefixes.iter().find_map(|file| line.strip_prefix(file)).unwrap_or(line))
            .collect();
        assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{text}");
        cases += 1;
    }
    assert_eq!(cases, 69);
}

#[test]
fn of_several_files_all_at_once_and_in_order() {
    let found = lines(&[
        (
            "hostler.yaml",
            "poll_interval: 10\nconcurency: 4\nlimits: {start: 25h}\nlog: {level: loud, keep: 0}\nssh_agent: maybe\n",
        ),
        (
            "inventory/a.yaml",
            "defaults: {user: u}\nhosts: {a: {address: x}}\nimages: {i: {source: x}}\n",
        ),
        (
            "inventory/b.yaml",
            "defaults: {user: v}\nhosts: {a: {address: y}}\nimages: {i: {source: y}}\n",
        ),
        ("playbooks/No.yaml", "steps: []\n"),
        (
            "playbooks/p.yaml",
            "each: pool\nsteps:\n  - drain: {deadline: 60}\n  - respwan: {}\n  - respawn: {}\n    when: later\n  - respawn\nalways: []\n",
        ),
    ]);
    assert_eq!(
        found,
        [
            "hostler.yaml:1:16: poll_interval: `10` is not a length of time: expected a number and a unit, such as 30s, 5m, 4h, 1h30m",
            "hostler.yaml:2:1: concurency: unknown key (did you mean `concurrency`?): expected state, poll_interval, concurrency, limits, ssh_agent, log",
            "hostler.yaml:3:17: limits.start: 1d1h does not fit: expected 1s to 1d",
            "hostler.yaml:4:14: log.level: `loud` is not known: expected error, warn, info, debug or trace",
            "hostler.yaml:4:26: log.keep: 0 is out of range: expected a whole number from 1 to 365",
            "hostler.yaml:5:12: ssh_agent: names no agent: expected environment, none or the path of a socket",
            "inventory/b.yaml:1:1: defaults: given twice, first in inventory/a.yaml:1:1: expected `defaults` in one file only",
            "inventory/b.yaml:2:9: hosts.a: host a given twice, first in inventory/a.yaml:2:9: expected each host once",
            "inventory/b.yaml:3:10: images.i: given twice, first in inventory/a.yaml:3:10: expected each name once",
            "playbooks/No.yaml: `No` is not a playbook name: expected 1 to 63 of a-z, 0-9, `-`, `_`, `.`, with a letter or digit first and last",
            "playbooks/p.yaml:1:7: each: `pool` is not known: expected host or vm",
            "playbooks/p.yaml:3:23: steps[0].drain.deadline: `60` is not a length of time: expected a number and a unit, such as 30s, 5m, 4h, 1h30m",
            "playbooks/p.yaml:4:5: steps[1].respwan: unknown key (did you mean `respawn`?): expected drain, undrain, cordon, uncordon, delete_vms, respawn, prefetch, prune_images, sh, copy, reboot, verify, wait, wait_idle, assert, deregister, notify, name, when, timeout, retries, register, once",
            "playbooks/p.yaml:6:11: steps[2].when: `later` is not known here: expected host, job, failed, failure, or what an earlier step registers",
            "playbooks/p.yaml:7:5: steps[3]: is not a step: expected a map such as {drain: {}}",
            "playbooks/p.yaml:8:9: always: no step: expected at least one, such as `- respawn: {}`",
        ]
    );
}

#[test]
fn a_file_with_broken_syntax_does_not_hide_the_others_or_blame_them() {
    let pool = "pools: {p: {image: elsewhere, size: 1, cpu: 0}}\n";
    let found = lines(&[("inventory/a.yaml", "images: {"), ("inventory/b.yaml", pool)]);
    assert_eq!(
        found,
        [
            "inventory/a.yaml:1:9: images: not YAML: unclosed bracket '{'",
            "inventory/b.yaml:1:45: pools.p.cpu: 0 is out of range: expected a whole number from 1 to 256",
        ]
    );
}
