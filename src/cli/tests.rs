//! The command line as it is documented: what parses to what, what is refused, what help says.

use clap::{CommandFactory, Parser};
use hostler::model::Span;

use super::args::{Args, Verb};
use super::verbs::{HostAsk, HostVerb, PoolVerb};
use super::when::When;

fn parse(line: &str) -> Result<Args, clap::Error> {
    let words = shlex::split(line).unwrap();
    Args::try_parse_from(words)
}

#[test]
fn the_arguments_are_sound() {
    Args::command().debug_assert();
}

#[test]
fn commands_read_as_documented() {
    for line in [
        "hostler",
        "hostler --theme mono --ascii",
        "hostler demo",
        "hostler demo --headless --speed 240 --nights 1 --json",
        "hostler demo --faults --seed 41",
        "hostler demo --faults night.yaml --hosts 100",
        "hostler serve --fleet /etc/hostler --state /var/lib/hostler",
        "hostler check --fleet inventory",
        "hostler schema inventory",
        "hostler sim serve --hosts 50 --port 2200",
        "hostler plan --json",
        "hostler status -v",
        "hostler reload -q",
        "hostler host list",
        "hostler host list -w site=lausanne mini-01 -",
        "hostler host why mini-01",
        "hostler host slots a site=b",
        "hostler host slots --report --since 30d --until 2026-11-01T00:00:00Z --json",
        "hostler host uncordon a b --all --yes",
        "hostler host uncordon a --hold 000000000007",
        "hostler host enrol mini-01 --yes",
        "hostler host forget mini-01 --reason 'burnt' --yes",
        "hostler vm list pool=ci --json",
        "hostler vm show hostler-ci-000000000007",
        "hostler pool respawn ci --max-unavailable 2 --wait",
        "hostler schedule run-now nightly --wait --yes",
        "hostler job show 000000000007",
        "hostler job show 000000000007 mini-01 --json",
        "hostler job log 000000000007 mini-01 --follow",
        "hostler job cancel 000000000007 --wait",
        "hostler job resume 000000000007",
        "hostler job discharge 000000000007 --reason x",
        "hostler vm log 000000000007 --json",
        "hostler vm resume 000000000007",
        "hostler vm discharge hostler-ci-000000000007 --reason x",
        "hostler job retry 000000000007 --host mini-01 --from 2",
        "hostler job skip 000000000007 mini-01",
        "hostler host drain a site=b --reason x --no-deadline --force --then playbook:tidy",
        "hostler host drain a --reason x --deadline 5m --on-deadline abort --surge never --until 2h",
        "hostler host drain - --reason x --at 2h --max-parallel 10% --key k --replace --yes --wait",
        "hostler host drain a --reason x --ignore 'pool in (cache,probe)'",
        "hostler host reboot a --reason x --dry-run --json",
        "hostler host retire a --reason x --yes",
        "hostler host undrain a b --wait",
        "hostler host hold a --kind quarantine --reason x --until 2h --on-expiry alert",
        "hostler schedule suspend nightly --reason x",
        "hostler schedule resume nightly",
        "hostler pool release ci",
        "hostler schedule skip-next nightly",
        "hostler playbook list",
        "hostler playbook show tidy --json",
        "hostler playbook run tidy a --reason x --max-unavailable 2 --dry-run",
        "hostler events --follow --since 2h --host mini-01 --limit 10000",
        "hostler service print --kind launchd --run-as ci",
        "hostler completions zsh",
        "hostler man",
        "hostler --connect unix:/tmp/x status",
    ] {
        if let Err(error) = parse(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn what_is_wrong_is_refused_as_usage() {
    for line in [
        "hostler nope",
        "hostler demo --hosts 0",
        "hostler demo --nights 1",
        "hostler demo --speed fast",
        "hostler demo --picture a.svg --size 3x3",
        "hostler demo --picture a.png",
        "hostler host enrol mini-01 --fingerprint MD5:00",
        "hostler schema fleet",
        "hostler host cordon --reason x",
        "hostler host cordon mini-01",
        "hostler host forget mini-01",
        "hostler host cordon mini-01 --reason x --until tomorrow",
        "hostler host uncordon a --all --hold 000000000007",
        "hostler host drain --reason x",
        "hostler host drain a",
        "hostler host drain a --reason x --deadline 5m --no-deadline",
        "hostler host drain a --reason x --deadline soon",
        "hostler host drain a --reason x --on-deadline kill",
        "hostler host drain a --reason x --then sleep",
        "hostler host drain a --reason x --ignore ''",
        "hostler host drain a --reason x --ignore pool=",
        "hostler host drain a --reason x --then playbook:A",
        "hostler host hold a --reason x",
        "hostler host hold a --kind drain --reason x",
        "hostler host hold a --kind cordon --reason x --on-expiry alert",
        "hostler job retry 000000000007 --from 0",
        "hostler schedule suspend nightly",
        "hostler playbook run tidy --reason x",
        "hostler host why MINI",
        "hostler job show seven",
        "hostler pool respawn ci --max-unavailable 200%",
        "hostler events --limit 10001",
        "hostler events --since yesterday",
        "hostler service print --kind initd",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), i32::from(super::failure::USAGE), "{line}");
    }
}

#[test]
fn values_arrive_where_they_belong() {
    let args = parse("hostler host cordon a site=x --reason 'no disk' --until 2h --json").unwrap();
    assert!(args.json);
    let Some(Verb::Host { verb: HostVerb::Ask(ask) }) = args.verb else { panic!("another") };
    let HostAsk::Cordon { which, reason, until } = ask else { panic!("another") };
    assert_eq!((which.join(" ").as_str(), reason.as_str()), ("a site=x", "no disk"));
    assert_eq!(until, Some(When::In(Span::from_hours(2))));
    let args = parse("hostler pool respawn ci --max-unavailable 10%").unwrap();
    let Some(Verb::Pool { verb: PoolVerb::Respawn { max_unavailable, wait, .. } }) = args.verb
    else {
        panic!("another verb")
    };
    assert_eq!(max_unavailable.unwrap().to_string(), "10%");
    assert!(!wait.wait);
}

/// Every command that has none below it, by its whole name.
fn leaves(command: &clap::Command, name: &str, out: &mut Vec<(String, clap::Command)>) {
    let below: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
    if below.is_empty() {
        out.push((name.to_string(), command.clone()));
    }
    for command in below {
        leaves(command, &format!("{name} {}", command.get_name()), out);
    }
}

#[test]
fn the_help_of_every_command_fits_and_shows_examples_that_parse() {
    let mut root = Args::command().term_width(90);
    root.build();
    let mut all = Vec::new();
    leaves(&root, "hostler", &mut all);
    assert!(all.len() > 25, "{}", all.len());
    for (name, command) in all {
        let help = command.clone().render_long_help().to_string();
        for line in help.lines() {
            assert!(line.chars().count() <= 90, "{name}: {line}");
        }
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{name}"));
        let joined = examples.replace("\\\n", "");
        let commands = joined.lines().flat_map(|line| line.split(['|', '>'])).flat_map(|part| {
            part.split("&&").map(|part| part.trim().trim_start_matches("sudo ").to_string())
        });
        let ours: Vec<_> = commands.filter(|part| part.starts_with("hostler")).collect();
        assert!(ours.iter().any(|line| line.starts_with(&name)), "{name}: {ours:?}");
        for line in ours {
            if let Err(error) = parse(&line) {
                panic!("{name}: {line}: {error}");
            }
        }
    }
}
