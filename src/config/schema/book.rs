//! What may be written in a playbook, as structures that are described and never built. Their
//! comments are the help an editor shows.
#![expect(dead_code, reason = "described for editors only; the readers work on the text itself")]

use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::text::Length;
use crate::model::{Each, OnDeadline, OnFailure, Surge};

/// A playbook: the file's name without its ending is the playbook's name.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Playbook {
    /// One sentence for people.
    summary: Option<String>,
    /// What the steps are done for, one at a time: each `host` (the default) or each `vm`, for
    /// which there is the one step `respawn`.
    each: Option<Each>,
    #[schemars(length(min = 1, max = 100))]
    steps: Vec<Step>,
    /// Done after the steps, whether they failed or not.
    #[schemars(length(min = 1, max = 100))]
    always: Option<Vec<Step>>,
    /// What becomes of a host on which a step has failed: `hold` (the default) or `release`.
    on_failure: Option<OnFailure>,
}

/// One step: exactly one kind, and what may stand beside it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = one_kind)]
struct Step {
    /// No new VMs, and those that are there go when they are idle.
    drain: Option<Drain>,
    /// The job's holds are lifted.
    undrain: Option<Nothing>,
    /// No new VMs; those that are there stay.
    cordon: Option<Cordon>,
    /// The job's cordon is lifted.
    uncordon: Option<Nothing>,
    /// Every VM of ours on the host goes, idle or not.
    delete_vms: Option<Nothing>,
    /// A new VM from the image, placed afresh; then the old one goes.
    respawn: Option<Nothing>,
    /// The image, or those of all pools that may use the host, are on the host.
    prefetch: Option<Prefetch>,
    /// Images that no pool needs go.
    prune_images: Option<Nothing>,
    /// A shell script on the host.
    sh: Option<Sh>,
    /// A file of the fleet directory is on the host.
    copy: Option<Copy>,
    /// The host restarts and comes back.
    reboot: Option<Reboot>,
    /// The host is fit for work.
    verify: Option<Nothing>,
    /// So much time passes.
    wait: Option<Wait>,
    /// No VM on the host has work.
    wait_idle: Option<Nothing>,
    /// The step fails unless an expression holds.
    assert: Option<Assert>,
    /// Agents in the VMs are told to take no more work.
    deregister: Option<Nothing>,
    /// A line for people in the journal.
    notify: Option<Notify>,
    /// What people call the step; its kind by default.
    name: Option<String>,
    /// An expression; when it is false the step is skipped. It may speak of `host`, `job`,
    /// `failed`, `failure`, `fleet` and of what earlier steps register.
    when: Option<Expression>,
    /// How long one try may take.
    timeout: Option<Length>,
    /// How often the step is tried again after it failed.
    #[schemars(range(min = 0, max = 20))]
    retries: Option<u8>,
    /// The name under which later expressions find the step's result.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"))]
    register: Option<String>,
    /// Done by the first host that comes to it, and by no other of the job.
    once: Option<bool>,
}

/// The keys of a step that are no kind of step.
const BESIDE: [&str; 6] = ["name", "when", "timeout", "retries", "register", "once"];

/// Exactly one of the kinds is there.
fn one_kind(schema: &mut Schema) {
    let keys = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let kinds = keys.map(|(key, _)| key).filter(|key| !BESIDE.contains(&key.as_str()));
    let branches: Vec<_> = kinds.map(|key| json!({"required": [key]})).collect();
    schema.insert("oneOf".into(), branches.into());
}

/// An expression such as `host.uptime_hours > 168`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Expression {
    Text(#[schemars(length(min = 1, max = 500))] String),
    Truth(bool),
}

/// No options.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Nothing {}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Drain {
    /// How long VMs with work may go on, or `none`; 60m by default.
    deadline: Option<Deadline>,
    /// What happens then to VMs that still work: `stop` (the default) stops them, `abort` ends the
    /// drain and leaves the host cordoned.
    on_deadline: Option<OnDeadline>,
    /// How long a VM has to shut down before it is stopped, at most 10m; 30s by default.
    grace: Option<Length>,
    /// VMs with work are not waited for.
    force: Option<bool>,
    /// `auto` (the default): a VM's successor comes first where a slot is free. `never`: VMs go at
    /// once.
    surge: Option<Surge>,
    /// VMs that are not waited for, by their labels `pool`, `image` and `host`, such as
    /// `pool=cache`: they go as if they had no work.
    #[schemars(length(min = 1))]
    ignore: Option<String>,
}

/// A length of time, or `none`.
#[derive(JsonSchema)]
struct Deadline(#[schemars(regex(pattern = r"^(none|([0-9]+(ms|s|m|h|d))+)$"))] String);

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Cordon {
    reason: String,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Prefetch {
    /// Name of an image.
    image: Option<String>,
}

/// A script, or a map with a script.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Sh {
    Text(String),
    Of(ShOf),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ShOf {
    name: Option<String>,
    run: String,
    timeout: Option<Length>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Copy {
    /// A file of the fleet directory, by its path from there.
    from: String,
    /// `/PATH` or `~/PATH` on the host.
    to: String,
    /// Octal, 0644 by default.
    mode: Option<Mode>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Mode {
    Text(#[schemars(regex(pattern = "^[0-7]{3,4}$"))] String),
    Number(u16),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Reboot {
    /// How long it may take until the host is back: 1m to 90m; 15m by default.
    within: Option<Length>,
}

/// A length of time, or a map with one.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Wait {
    Time(Length),
    Of(WaitOf),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WaitOf {
    /// 1s to 1d.
    time: Length,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Assert {
    /// An expression, as in `when`.
    that: Expression,
    /// What is said when it does not hold.
    message: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Notify {
    message: String,
}
