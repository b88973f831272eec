//! What sound texts become.

use std::path::Path;

use super::{EXAMPLE, SETTINGS, load};
use crate::config::{Settings, SshAgent, read_fleet_dir};
use crate::model::{
    Access, BusyPolicy, Bytes, Each, Expect, GuestScript, Jump, Needs, Overlap, PoolSize, Role,
    ScheduleSpec, Selector, Share, Span, Splay, SshAccess, Targets,
};

fn ssh<'a>(loaded: &'a super::Loaded, host: &str) -> &'a SshAccess {
    match &loaded.fleet.hosts[host].access {
        Access::Ssh(ssh) => ssh,
        Access::Local => panic!("{host} is local"),
    }
}

#[test]
fn the_example_fleet_is_read_without_a_word() {
    let loaded = load(&[("inventory/example.yaml", EXAMPLE), ("hostler.yaml", SETTINGS)]);
    assert_eq!(loaded.warnings, []);
    let fleet = &loaded.fleet;
    assert_eq!(fleet.hosts.len(), 14);
    let seventh = ssh(&loaded, "mini-07");
    assert_eq!(seventh.address, "10.0.8.17");
    assert_eq!(seventh.port, 22);
    assert_eq!(seventh.user, "admin");
    assert_eq!(seventh.identity.as_deref(), Some(Path::new("/home/op/.ssh/fleet_ed25519")));
    assert_eq!(seventh.known_hosts.as_deref(), Some(Path::new("/fleet/inventory/known_hosts")));
    let bastion = Jump { user: "ops".into(), address: "bastion.example.com".into(), port: 22 };
    assert_eq!(seventh.jump, Some(bastion));
    let builder = &fleet.hosts["mini-00"];
    assert_eq!(builder.role, Role::Builder);
    assert!(ssh(&loaded, "mini-00").jump.is_none());
    assert!(
        ssh(&loaded, "mini-00").host_key.as_ref().is_some_and(|k| k.starts_with("ssh-ed25519"))
    );
    assert_eq!(fleet.hosts["mini-13"].slots, 1);
    assert_eq!(fleet.hosts["mini-13"].labels["chip"], "m4");
    assert_eq!(fleet.hosts["mini-12"].labels["chip"], "m2");
    let pool = &fleet.pools["ci"];
    assert_eq!(
        (pool.size, pool.cpu, pool.memory),
        (PoolSize::Count(12), Some(4), Some(Bytes::gib(8)))
    );
    let night = &fleet.schedules["nightly-respawn"];
    assert_eq!(night.targets, Targets::Pool("ci".parse().unwrap()));
    assert_eq!((night.window, night.max_unavailable), (Span::from_hours(4), Share::Percent(10)));
    assert_eq!(pool.busy.as_ref().map(|busy| busy.within), Some(Span::from_secs(10)));
    assert_eq!(pool.retire.as_ref().map(|retire| retire.within), Some(Span::from_hours(1)));
    let wipe = &fleet.schedules["sunday-wipe"];
    assert_eq!(fleet.playbooks[&wipe.playbook].each, Each::Host);
    assert_eq!((wipe.order.len(), wipe.max_fail), (3, Share::Count(2)));
}

#[test]
fn group_and_host_names_and_the_role_are_labels() {
    let loaded = load(&[("inventory/example.yaml", EXAMPLE)]);
    for (text, count) in [
        ("lausanne", 13),
        ("builders", 1),
        ("mini-07", 1),
        ("name in (mini-07,mini-08)", 2),
        ("role!=builder", 13),
        ("role=worker,chip=m4", 1),
        ("site=lausanne,role!=builder", 13),
        ("!lausanne", 1),
    ] {
        let selector: Selector = text.parse().unwrap();
        let hosts = loaded.fleet.hosts.values().filter(|host| selector.matches(&host.labels));
        assert_eq!(hosts.count(), count, "{text}");
    }
}

#[test]
fn what_is_not_said_has_its_default() {
    let loaded = load(&[(
        "inventory/a.yaml",
        "hosts: {a: {address: mac.local, user: admin}}\nimages: {i: {source: local-vm}}\n\
         pools: {p: {image: i, size: 1, busy: {sh: b}, retire: {sh: r}}}\n\
         schedules: {s: {targets: {hosts: a}, playbook: respawn, cron: '@daily', zone: UTC}}\n",
    )]);
    let host = &loaded.fleet.hosts["a"];
    assert_eq!((host.slots, host.role), (2, Role::Worker));
    assert_eq!(ssh(&loaded, "a").port, 22);
    assert_eq!(loaded.fleet.pools["p"].priority, 500);
    assert_eq!(loaded.fleet.pools["p"].hosts, Selector::default());
    let within = |script: &Option<GuestScript>| script.as_ref().unwrap().within;
    assert_eq!(within(&loaded.fleet.pools["p"].busy), Span::from_secs(10));
    assert_eq!(within(&loaded.fleet.pools["p"].retire), Span::from_hours(1));
    let night = &loaded.fleet.schedules["s"];
    assert_eq!((night.window, night.max_unavailable), (Span::from_hours(4), Share::Percent(10)));
    assert_eq!(loaded.settings, Settings::default());
    assert_eq!(loaded.warnings, []);
}

#[test]
fn the_nearer_level_wins_key_by_key() {
    let loaded = load(&[
        (
            "inventory/a.yaml",
            "defaults: {user: u0, slots: 1, labels: {a: 0, b: 0, c: 0}, ssh: {port: 1, identity: k0}}",
        ),
        (
            "inventory/b.yaml",
            "groups:\n  g:\n    user: u1\n    labels: {b: 1, c: 1}\n    ssh: {port: 2}\n    hosts:\n      \
             h: {address: x, labels: {c: 2}, ssh: {known_hosts: /etc/known}}\nhosts:\n  k: {address: y}\n",
        ),
    ]);
    let (h, k) = (ssh(&loaded, "h"), ssh(&loaded, "k"));
    assert_eq!((h.user.as_str(), h.port), ("u1", 2));
    assert_eq!((k.user.as_str(), k.port), ("u0", 1));
    assert_eq!(h.identity.as_deref(), Some(Path::new("/fleet/inventory/k0")));
    assert_eq!(h.known_hosts.as_deref(), Some(Path::new("/etc/known")));
    let labels = &loaded.fleet.hosts["h"].labels;
    assert_eq!([&labels["a"], &labels["b"], &labels["c"]], ["0", "1", "2"]);
    assert_eq!(loaded.fleet.hosts["h"].slots, 1);
}

#[test]
fn sizes_have_three_forms_and_aliases_are_followed() {
    let loaded = load(&[(
        "inventory/a.yaml",
        "hosts: {a: &mac {local: true, slots: 0}}\nimages: {i: {source: x, os: linux}}\n\
         pools:\n  one: &one {image: i, size: {per_host: 2}}\n  two: {image: i, size: {fill: true}}\n  three: *one\n",
    )]);
    let size = |pool: &str| loaded.fleet.pools[pool].size;
    assert_eq!(size("one"), PoolSize::PerHost(2));
    assert_eq!(size("two"), PoolSize::Fill);
    assert_eq!(size("three"), PoolSize::PerHost(2));
    assert_eq!(loaded.fleet.hosts["a"].access, Access::Local);
}

#[test]
fn what_is_not_acted_on_is_warned_of() {
    let loaded = load(&[(
        "inventory/a.yaml",
        r#"
hosts: {a: {address: x, user: u}}
images: {i: {source: x}}
pools:
  p:
    image: i
    size: 1
    hosts: "site=nowhere"
    startup: {template: c.sh.j2, timeout: 5m}
    secrets: {A: {command: [vault, kv]}, B: {env: T}, C: {file: /x}, D: {keychain: k}}
    ready: {sh: "pgrep x", within: 3m}
    busy: {agent: {kind: concourse, url: x}}
"#,
    )]);
    let said: Vec<_> = loaded.warnings.iter().map(|w| (w.key.as_str(), w.said.as_str())).collect();
    let unused = "accepted but not acted on by this version";
    assert_eq!(
        said,
        [
            ("pools.p.hosts", "`site=nowhere` matches no host"),
            ("pools.p.startup", unused),
            ("pools.p.secrets", unused),
            ("pools.p.ready", unused),
            ("pools.p.busy.agent", unused),
        ]
    );
}

#[test]
fn every_key_of_a_schedule_and_a_pool_is_taken_over() {
    let fleet = load(&[("inventory/a.yaml", include_str!("all_keys.yaml"))]).fleet;
    let script = |sh: &str, within| Some(GuestScript { sh: sh.into(), within });
    let pool = &fleet.pools["all"];
    assert_eq!(pool.busy, script("test -e /tmp/busy", Span::from_secs(5)));
    assert_eq!(pool.retire, script("pkill -USR2 concourse", Span::from_hours(1)));
    assert_eq!(pool.max_age, Some(Span::from_hours(24)));
    let needs = Needs {
        macos: Some(">=15.4, <27".into()),
        chip: Some("m4".into()),
        memory: Some(Bytes::gib(16)),
        disk: Some(Bytes::gib(400)),
    };
    assert_eq!(pool.needs, needs);
    assert_eq!(pool.anti_affinity, ["each", "all"].map(|name| name.parse().unwrap()));
    let night = &fleet.schedules["night"];
    let usual =
        ScheduleSpec::new(night.targets.clone(), night.playbook.clone(), &night.cron, &night.zone);
    let percent = [5, 25, 100].map(Share::Percent);
    let expected = ScheduleSpec {
        splay: Splay::Even,
        min_available: Some(Share::Count(3)),
        order: [&[Share::Count(1)][..], &percent].concat(),
        max_fail: Share::Count(2),
        min_healthy: Span::from_mins(1),
        overlap: Overlap::Queue,
        catch_up: false,
        busy: BusyPolicy::Deadline,
        suspend: true,
        blackout: ["2026-12-24", "2027-01-01"].map(|day| day.parse().unwrap()).to_vec(),
        history: 30,
        ..usual
    };
    assert_eq!(*night, expected);
}

#[test]
fn expectations_are_laid_over_one_another_key_by_key() {
    let hosts = load(&[("inventory/a.yaml", include_str!("all_keys.yaml"))]).fleet.hosts;
    let of = |host: &str| {
        let Expect { macos, tool, chip } = &hosts[host].expect;
        let words = [macos, tool, chip].map(|word| word.clone().unwrap_or_default());
        (words, hosts[host].authrestart)
    };
    let words = |macos: &str, tool: &str| [macos.into(), tool.into(), "Apple M2 Pro".into()];
    assert_eq!(of("mini-08"), (words(">=15.4, <27", ">=2.28"), false));
    assert_eq!(of("one"), (words("26.1", "2.28.1"), true));
    assert_eq!(of("two"), (words(">=15.4, <27", "2.28.1"), true));
}

#[test]
fn a_schedule_for_vms_that_no_pool_has_is_warned_of() {
    let inventory = |selector: &str, playbook: &str| {
        format!(
            "defaults: {{user: u}}\nhosts: {{a: {{address: x}}, b: {{address: y}}, c: {{address: z, role: builder}}}}\n\
             images: {{i: {{source: x}}}}\npools: {{p: {{image: i, size: 1, hosts: 'name in (a,c)'}}}}\n\
             schedules: {{s: {{targets: {{hosts: '{selector}'}}, playbook: {playbook}, cron: '@daily', zone: UTC}}}}\n"
        )
    };
    for (selector, playbook, warned) in [
        ("a", "respawn", false),
        ("name in (a,b)", "respawn", false),
        ("b", "respawn", true),
        ("c", "respawn", true),
        ("b", "rolling-reboot", false),
    ] {
        let loaded = load(&[("inventory/a.yaml", &inventory(selector, playbook))]);
        let said: Vec<_> = loaded.warnings.iter().map(|w| w.said.as_str()).collect();
        let warning = format!("no pool may have VMs on the hosts of `{selector}`");
        assert_eq!(said, if warned { vec![warning.as_str()] } else { vec![] }, "{playbook}");
    }
}

#[test]
fn one_mac_under_two_names_is_warned_of() {
    let loaded = load(&[(
        "inventory/a.yaml",
        "defaults: {user: u}\nhosts:\n  a: {address: x}\n  b: {address: x}\n  c: {address: x, ssh: {port: 23}}\n",
    )]);
    let said: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "inventory/a.yaml:4:3: hosts.b: host b has the address, port and user of host a: expected each Mac under one name"
        ]
    );
}

#[test]
fn the_commented_settings_are_the_defaults() {
    let keys = ["poll_interval", "concurrency", "limits", "ssh_agent", "log"];
    let mut uncommented = String::new();
    for line in SETTINGS.lines().filter_map(|line| line.strip_prefix("# ")) {
        if keys.iter().any(|key| line.starts_with(&format!("{key}:"))) {
            uncommented.push_str(line);
            uncommented.push('\n');
        }
    }
    assert_eq!(uncommented.lines().count(), keys.len());
    let loaded = load(&[("inventory/a.yaml", ""), ("hostler.yaml", &uncommented)]);
    assert_eq!(loaded.settings, Settings::default());
    let other = load(&[
        ("inventory/a.yaml", ""),
        (
            "hostler.yaml",
            "state: var\nconcurrency: 8\nssh_agent: ~/agent.sock\nlimits: {stop: 30s}\n",
        ),
    ]);
    assert_eq!(other.settings.state.as_deref(), Some(Path::new("/fleet/var")));
    assert_eq!(other.settings.concurrency, 8);
    assert_eq!(other.settings.ssh_agent, SshAgent::Socket("/home/op/agent.sock".into()));
    assert_eq!(other.settings.limits.stop, Span::from_secs(30));
    assert_eq!(other.settings.limits.start, Span::from_mins(5));
}

#[test]
fn a_thousand_hosts_and_their_yaml() {
    let mut text = String::from("defaults: {user: admin}\nhosts:\n");
    for n in 0..1000 {
        text.push_str(&format!("  mac-{n}: {{address: 10.0.{}.{}}}\n", n / 250, n % 250));
    }
    text.push_str("  rack-[0001:1000]: {address: \"rack-[0001:1000].example.com\"}\n");
    let loaded = load(&[("inventory/a.yaml", &text)]);
    assert_eq!(loaded.fleet.hosts.len(), 2000);
    assert_eq!(ssh(&loaded, "rack-0999").address, "rack-0999.example.com");
    let whole: serde_json::Value = serde_yaml::from_str(&loaded.to_yaml().unwrap()).unwrap();
    assert_eq!(whole["fleet"]["hosts"]["mac-999"]["access"]["address"], "10.0.3.249");
    assert_eq!(whole["settings"]["poll_interval"], "10s");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "licence: the test lays out a directory of its own")]
fn a_directory_is_read_with_what_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let none = crate::config::load(dir.path(), None).unwrap_err().to_string();
    assert!(
        none.starts_with("inventory: there is no file inventory/NAME.yaml: expected"),
        "{none}"
    );
    put("inventory/a.yaml", b"hosts: {}");
    put("inventory/b.yml", b"hosts: {}");
    put("inventory/.#a.yaml", b"a lock file of an editor");
    put("inventory/known_hosts", b"mac ssh-ed25519 AAAA");
    put("playbooks/mine.yaml", b"steps: [respawn: {}]");
    let files = read_fleet_dir(dir.path(), None).unwrap();
    let names: Vec<_> = files.texts.keys().map(|name| name.display().to_string()).collect();
    assert_eq!(names, ["inventory/a.yaml", "inventory/b.yml", "playbooks/mine.yaml"]);
    assert!(crate::config::load(dir.path(), None).is_ok());
    put("inventory/c.yaml", b"\xff\xfe");
    put("hostler.yaml/x", b"a directory of that name");
    let said = crate::config::load(dir.path(), None).unwrap_err().to_string();
    let said: Vec<_> = said.lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("hostler.yaml: cannot be read: "), "{said:?}");
    assert!(said[1].starts_with("inventory/c.yaml: cannot be read: "), "{said:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "licence: the test lays out a directory of its own")]
fn what_a_playbook_copies_is_a_file_of_the_fleet_directory() {
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("fleet");
    let put = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("inventory/a.yaml", "");
    put("files/motd", "");
    put("../outside", "");
    for (name, target) in [("inside", "files/motd"), ("out", "../outside")] {
        std::os::unix::fs::symlink(dir.join(target), dir.join(name)).unwrap();
    }
    let said = |from: &str| {
        put("playbooks/p.yaml", &format!("steps: [copy: {{from: {from}, to: ~/x}}]\n"));
        match crate::config::load(&dir, None) {
            Ok(_) => String::new(),
            Err(problems) => problems.to_string(),
        }
    };
    for (from, why) in [
        ("files/motd", ""),
        ("inside", ""),
        ("files/mtod", "`files/mtod` is not in the fleet directory"),
        ("files", "`files` is not a file"),
        ("out", "`out` leads out of the fleet directory"),
    ] {
        let said = said(from);
        let begin = format!("playbooks/p.yaml:1:22: steps[0].copy.from: {why}: expected the path");
        assert!(if why.is_empty() { said.is_empty() } else { said.starts_with(&begin) }, "{said}");
    }
}
