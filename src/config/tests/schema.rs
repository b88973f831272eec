//! The schemas and the readers know the same keys, and what the readers take the schemas take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::books::INVENTORY;
use super::{EXAMPLE, SETTINGS, files};
use crate::config::playbook::SHIPPED;
use crate::config::{Kind, check, schema};

const UNKNOWN: &str = "zzzzzzzz";

fn file_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Inventory => "inventory/a.yaml",
        Kind::Playbook => "playbooks/a.yaml",
        Kind::Settings => "hostler.yaml",
    }
}

/// What `$ref` points to.
fn follow<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    match node.get("$ref").and_then(Value::as_str) {
        Some(path) => {
            let target = root.pointer(path.trim_start_matches('#')).expect("a target");
            follow(root, target)
        }
        None => node,
    }
}

/// All places where a map may stand that names its keys: the way there, and the keys.
fn places(
    root: &Value,
    node: &Value,
    way: &[&str],
    out: &mut BTreeMap<Vec<String>, BTreeSet<String>>,
) {
    let node = follow(root, node);
    for word in ["anyOf", "oneOf"] {
        for branch in node.get(word).and_then(Value::as_array).into_iter().flatten() {
            places(root, branch, way, out);
        }
    }
    if let Some(items) = node.get("items") {
        places(root, items, &[way, &["[]"]].concat(), out);
    }
    let named = node.get("properties").and_then(Value::as_object);
    let closed = node.get("additionalProperties") == Some(&Value::Bool(false));
    if closed {
        let keys = named.into_iter().flat_map(Map::keys).cloned();
        let way = way.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(out.insert(way, keys.collect()).is_none(), "two maps in one place");
    } else if let Some(values) = node.get("additionalProperties") {
        places(root, values, &[way, &["any"]].concat(), out);
    }
    for (key, below) in named.into_iter().flatten() {
        places(root, below, &[way, &[key.as_str()]].concat(), out);
    }
}

/// A document with one unknown key at the end of `way`.
fn document(way: &[String]) -> Value {
    way.iter().rev().fold(json!({UNKNOWN: 1}), |value, step| match step.as_str() {
        "[]" => json!([value]),
        key => json!({key: value}),
    })
}

#[test]
fn every_map_has_the_same_keys_in_schema_and_reader() {
    let mut visited = 0;
    for kind in Kind::ALL {
        let root = schema(kind);
        let mut found = BTreeMap::new();
        places(&root, &root, &[], &mut found);
        for (way, keys) in found {
            let text = serde_yaml::to_string(&document(&way)).unwrap();
            let mut texts = vec![(file_of(kind), text.as_str())];
            if kind != Kind::Inventory {
                texts.push(("inventory/a.yaml", ""));
            }
            let problems = check(&files(&texts)).expect_err("an unknown key is a problem");
            let problem = problems
                .iter()
                .find(|problem| problem.key.ends_with(UNKNOWN))
                .unwrap_or_else(|| panic!("{kind:?} {way:?}: {problems:?}"));
            let known: BTreeSet<String> = problem
                .expected
                .split(", ")
                .filter(|key| !key.is_empty())
                .map(Into::into)
                .collect();
            assert_eq!(known, keys, "{kind:?} {way:?}");
            visited += 1;
        }
    }
    // Inventory 24, playbook 37, settings 3: a map that the walk passes over would be missed here.
    assert_eq!(visited, 64);
}

/// Why `value` does not fit `node`; every word of the schema is either checked or known to be
/// mere description.
fn misfit(root: &Value, node: &Value, value: &Value) -> Option<String> {
    match node.as_bool() {
        Some(true) => return None,
        Some(false) => return Some(format!("{value} is not allowed")),
        None => {}
    }
    for (word, rule) in node.as_object().expect("a schema") {
        let branches = || rule.as_array().into_iter().flatten();
        let fits = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" | "default" | "pattern" => {
                true
            }
            "$ref" => misfit(root, follow(root, node), value).is_none(),
            "anyOf" => branches().any(|b| misfit(root, b, value).is_none()),
            "oneOf" => branches().filter(|b| misfit(root, b, value).is_none()).count() == 1,
            "enum" => branches().any(|b| b == value),
            "const" => rule == value,
            "type" if rule.is_array() => branches().any(|b| has_type(b, value)),
            "type" => has_type(rule, value),
            "minimum" => value.as_f64().is_none_or(|n| n >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|n| n <= rule.as_f64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|a| a.len() as u64 <= rule.as_u64().unwrap()),
            "minLength" => value.as_str().is_none_or(|t| t.len() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|t| t.len() as u64 <= rule.as_u64().unwrap()),
            "minItems" => value.as_array().is_none_or(|a| a.len() as u64 >= rule.as_u64().unwrap()),
            "minProperties" => {
                value.as_object().is_none_or(|o| o.len() as u64 >= rule.as_u64().unwrap())
            }
            "maxProperties" => {
                value.as_object().is_none_or(|o| o.len() as u64 <= rule.as_u64().unwrap())
            }
            "required" => branches().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "items" => {
                value.as_array().into_iter().flatten().all(|v| misfit(root, rule, v).is_none())
            }
            "properties" => match rule.as_object().unwrap().iter().find_map(|(key, below)| {
                misfit(root, below, value.get(key)?).map(|why| format!("{key}: {why}"))
            }) {
                Some(why) => return Some(why),
                None => true,
            },
            "additionalProperties" => {
                let named = node.get("properties");
                let others = value.as_object().into_iter().flatten();
                match others
                    .filter(|(key, _)| named.is_none_or(|named| named.get(key).is_none()))
                    .find_map(|(key, v)| misfit(root, rule, v).map(|why| format!("{key}: {why}")))
                {
                    Some(why) => return Some(why),
                    None => true,
                }
            }
            other => panic!("the schema word `{other}` is not checked"),
        };
        if !fits {
            return Some(format!("{value} breaks {word} {rule}"));
        }
    }
    None
}

fn has_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("type {other}"),
    }
}

#[test]
fn what_the_readers_take_the_schemas_take() {
    let all = include_str!("all_keys.yaml");
    let shipped = SHIPPED.map(|(_, text)| (Kind::Playbook, text));
    for (kind, text) in shipped.into_iter().chain([
        (Kind::Inventory, EXAMPLE),
        (Kind::Inventory, all),
        (Kind::Inventory, "{}"),
        (Kind::Playbook, include_str!("all_steps.yaml")),
        (Kind::Playbook, "{each: host, steps: [{respawn: {}}]}"),
        (Kind::Settings, "{}"),
        (
            Kind::Settings,
            "{state: /s, poll_interval: 1m, concurrency: 8, ssh_agent: none, \
             limits: {clone: 1h, start: 1m, stop: 1m, delete: 1m}, log: {level: debug, dir: l, keep: 3}}",
        ),
    ]) {
        let mut texts = vec![(file_of(kind), text)];
        if kind != Kind::Inventory {
            texts.push(("inventory/a.yaml", INVENTORY));
        }
        assert!(check(&files(&texts)).is_ok(), "{:?}", check(&files(&texts)));
        let value: Value = serde_yaml::from_str(text).unwrap();
        let root = schema(kind);
        assert_eq!(misfit(&root, &root, &value), None, "{text}");
    }
    assert!(check(&files(&[("inventory/a.yaml", ""), ("hostler.yaml", SETTINGS)])).is_ok());
}

#[test]
fn what_the_schemas_refuse_the_readers_refuse() {
    for (kind, text) in [
        (Kind::Inventory, "hosts: {a: {address: x, user: u, slots: 3}}"),
        (Kind::Inventory, "hosts: {a: {address: x, user: u, ssh: {port: 0}}}"),
        (Kind::Inventory, "hosts: {a: {address: 12, user: u}}"),
        (Kind::Inventory, "hosts: {a: {address: x, user: u, driver: anka}}"),
        (Kind::Inventory, "hosts: {a: {address: x, user: u, local: maybe}}"),
        (Kind::Inventory, "hosts: [a]"),
        (Kind::Inventory, "images: {i: {os: macos}}"),
        (Kind::Inventory, "images: {i: {source: x}}\npools: {p: {image: i, size: {}}}"),
        (Kind::Inventory, "images: {i: {source: x}}\npools: {p: {image: i, size: -1}}"),
        (Kind::Inventory, "images: {i: {source: x}}\npools: {p: {image: i, size: 1, cpu: '4'}}"),
        (Kind::Inventory, "hosts: {a: {address: x, user: u, expect: {ram: 8}}}"),
        (Kind::Inventory, "hosts: {a: {address: x, user: u, authrestart: 1}}"),
        (
            Kind::Inventory,
            "images: {i: {source: x}}\npools: {p: {image: i, size: 1, busy: {within: 1s}}}",
        ),
        (
            Kind::Inventory,
            "schedules: {s: {targets: {hosts: a}, playbook: respawn, cron: '@daily', zone: UTC, splay: all}}",
        ),
        (
            Kind::Inventory,
            "schedules: {s: {targets: {hosts: a}, playbook: respawn, cron: '@daily', zone: UTC, order: []}}",
        ),
        (Kind::Playbook, "steps: []"),
        (Kind::Playbook, "steps: [{respawn: {now: true}}]"),
        (Kind::Playbook, "each: pool\nsteps: [{respawn: {}}]"),
        (Kind::Playbook, "steps: [{verify: {}, respawn: {}}]"),
        (Kind::Playbook, "steps: [{when: 'true'}]"),
        (Kind::Playbook, "steps: [{verify: {}, retries: 21}]"),
        (Kind::Playbook, "steps: [{notify: {}}]"),
        (Kind::Playbook, "steps: [{copy: {from: x}}]"),
        (Kind::Playbook, "steps: [{drain: {surge: always}}]"),
        (Kind::Playbook, "steps: [{verify: {}}]\nalways: []"),
        (Kind::Playbook, "steps: [{verify: {}}]\non_failure: retry"),
        (Kind::Settings, "concurrency: 0"),
        (Kind::Settings, "log: {level: loud}"),
        (Kind::Settings, "limits: 5m"),
    ] {
        let value: Value = serde_yaml::from_str(text).unwrap();
        let root = schema(kind);
        assert!(misfit(&root, &root, &value).is_some(), "{text}");
        let texts = [("inventory/0.yaml", ""), (file_of(kind), text)];
        assert!(check(&files(&texts)).is_err(), "{text}");
    }
}
