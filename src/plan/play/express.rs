//! Expressions of playbooks, such as `host.uptime_hours > 168`: what they may name, and what
//! they say of a host now. A name that is not known is an error, never nothing.

use minijinja::Error;
use minijinja::value::Serde;
use serde_json::{Map, Value, json};

use super::Scene;
use crate::model::{Host, HostName, HostTask, Slot, StepEnd, expressions};
use crate::plan::vm::slots_lost;

/// Whether the expression holds on this host now.
///
/// # Errors
/// When it names what is not there, or cannot be worked out.
pub(super) fn holds(
    scene: &Scene<'_>,
    name: &HostName,
    host: &Host,
    task: &HostTask,
    text: &str,
) -> Result<bool, String> {
    let env = expressions();
    let said = |error: Error| format!("`{text}`: {}", told(&error));
    let expression = env.compile_expression(text).map_err(said)?;
    let value = expression.eval(Serde(context(scene, name, host, task))).map_err(said)?;
    if value.is_undefined() {
        return Err(format!("`{text}` has no value"));
    }
    Ok(value.is_true())
}

/// What of a host changes from one hour to the next.
pub(super) const CHANGING: [&str; 9] = [
    "up",
    "reach",
    "state",
    "disk_free_gib",
    "uptime_hours",
    "vms",
    "vms_busy",
    "slots_free",
    "slots_leaked",
];

fn told(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_string)
}

/// What expressions may name.
fn context(scene: &Scene<'_>, name: &HostName, host: &Host, task: &HostTask) -> Value {
    let mut names = Map::new();
    names.insert("host".into(), of_host(scene, name, host));
    names.insert(
        "job".into(),
        json!({
            "id": scene.job.id.to_string(),
            "title": scene.job.title(),
            "reason": scene.play.reason,
            "hosts": scene.job.hosts.len(),
        }),
    );
    names.insert("failed".into(), Value::Bool(task.failed.is_some()));
    names.insert("failure".into(), task.failed.clone().unwrap_or_default().into());
    for done in &task.log {
        let step = scene.play.playbook.step(done.at);
        let Some(name) = step.and_then(|step| step.register.clone()) else { continue };
        let (ok, why) = match &done.end {
            StepEnd::Done => (true, ""),
            StepEnd::Skipped { why } => (false, why.as_str()),
            StepEnd::Failed { why } => (false, why.as_str()),
        };
        let skipped = matches!(done.end, StepEnd::Skipped { .. });
        let said = done.said.trim_end();
        names.insert(name, json!({"ok": ok, "skipped": skipped, "why": why, "said": said}));
    }
    Value::Object(names)
}

fn of_host(scene: &Scene<'_>, name: &HostName, host: &Host) -> Value {
    let count = |is: fn(&Slot) -> bool| host.slots.iter().filter(|slot| is(slot)).count();
    let facts = host.seen.as_ref().map(|seen| seen.facts.clone()).unwrap_or_default();
    let hours = scene.now.since(facts.booted_at).as_millis() as f64 / 3_600_000.0;
    let busy = scene.world.vms_on(host).filter(|vm| vm.busy == Some(true)).count();
    json!({
        "name": name,
        "labels": host.spec.labels,
        "groups": host.spec.groups,
        "up": host.takes_work(),
        "reach": host.reach.to_string(),
        "state": host.word(),
        "macos": facts.macos,
        "build": facts.build,
        "chip": facts.chip,
        "model": facts.model,
        "tool": facts.tool,
        "cores": facts.cores,
        "memory_gib": facts.memory.as_gib(),
        "disk_gib": facts.disk.as_gib(),
        "disk_free_gib": facts.disk_free.as_gib(),
        "uptime_hours": hours,
        "vms": host.vms.len(),
        "vms_busy": busy,
        "slots_free": count(|slot| *slot == Slot::Free),
        "slots_leaked": slots_lost(scene.world, host, scene.now),
        "slots_foreign": count(|slot| matches!(slot, Slot::Foreign { .. })),
    })
}
