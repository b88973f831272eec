//! `show` and `why`: one thing at a time.

use anyhow::Result;
use hostler::api::{HostItem, JobItem, PoolItem, PutRight, ScheduleItem, VmItem, Why};
use hostler::model::{
    HostName, JobId, PoolName, RunResult, ScheduleName, TaskState, Timestamp, VmId, Want, Zone,
    id_of_tool_name, plural,
};

use serde_json::json;

use super::call::Call;
use super::failure::Failure;
use super::listed::{Listed, cause, gib, own_zone, size, slot, targets};
use super::out;
use super::table::{Cell, Column, clean, facts};

impl Call {
    pub(crate) fn put_facts(&self, rows: &[(&str, Cell)]) -> Result<()> {
        facts(rows, self.style).iter().try_for_each(|line| out::line(line))
    }

    fn put_why(&self, why: &Why) -> Result<()> {
        if self.json { self.put_json(why) } else { self.put_lines(&why.lines) }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.client.status().await?.at)
    }

    pub(crate) async fn why_host(&self, name: &HostName) -> Result<()> {
        let why = self.client.why_host(name).await?;
        let item = self.client.host(name).await?;
        if self.json {
            let holds: Vec<_> = item.host.holds.values().collect();
            let held = self.held(name).await?;
            return self.put_json(&json!({
                "name": why.name, "lines": why.lines, "holds": holds, "held": held,
            }));
        }
        self.put_lines(&why.lines)?;
        self.put_holds(name, &item.host, self.now().await?).await
    }

    pub(crate) async fn why_vm(&self, text: &str) -> Result<()> {
        self.put_why(&self.client.why_vm(vm_id(text)?).await?)
    }

    pub(crate) async fn vm_log(&self, text: &str) -> Result<()> {
        let log = self.client.vm_log(vm_id(text)?).await?;
        if self.json {
            return self.put_json(&log);
        }
        if log.text.is_empty() {
            out::note("its process has said nothing since its last start");
        }
        log.text.lines().try_for_each(|line| out::line(&clean(line)))
    }

    pub(crate) async fn resume_vm(&self, text: &str) -> Result<()> {
        self.put_done(&self.client.resume_vm(vm_id(text)?).await?)
    }

    pub(crate) async fn discharge_vm(&self, text: &str, reason: &str) -> Result<()> {
        self.put_done(&self.client.discharge_vm(vm_id(text)?, reason).await?)
    }

    pub(crate) async fn show_host(&self, name: &HostName) -> Result<()> {
        let item = self.client.host(name).await?;
        if self.json {
            let mut shown = serde_json::to_value(&item)?;
            shown["held"] = json!(self.held(name).await?);
            return self.put_json(&shown);
        }
        let now = self.now().await?;
        self.put_facts(&host_facts(&item, now, self.zone))?;
        let host = &item.host;
        self.put_holds(name, host, now).await?;
        if host.vms.is_empty() {
            return Ok(());
        }
        let vms = self.client.vms().await?.items;
        let here: Vec<_> = vms.iter().filter(|vm| vm.vm.host == *name).collect();
        let rows: Vec<_> = here.iter().map(|vm| vm.cells(now)).collect();
        out::line("")?;
        self.put_table(VmItem::COLUMNS, &rows).map(drop)
    }

    pub(crate) async fn show_vm(&self, text: &str) -> Result<()> {
        let item = self.client.vm(vm_id(text)?).await?;
        if self.json {
            return self.put_json(&item);
        }
        let now = self.now().await?;
        let vm = &item.vm;
        let op =
            vm.op.as_ref().map(|op| format!("{} since {}", op.kind, self.zone.moment(op.begun)));
        let retired = vm.retired.as_ref().map(|retired| retired.why.to_string());
        let refused = vm.refused.as_ref().map(|refused| refused.said.clone());
        let parked = vm
            .parked
            .as_ref()
            .map(|parked| format!("since {}: {}", self.zone.moment(parked.since), parked.why));
        let mut rows = vec![
            ("id", Cell::new(vm.id)),
            ("name", Cell::new(&item.name)),
            ("state", Cell::word(&item.state)),
            ("since", Cell::new(now.since(vm.phase_since).rough())),
            ("pool", Cell::new(&vm.pool)),
            ("image", Cell::new(&vm.image)),
            ("host", Cell::new(format!("{} slot {}", vm.host, u8::from(vm.slot)))),
            ("ip", Cell::new(vm.ip.as_deref().unwrap_or("-"))),
            ("placed", Cell::new(self.zone.moment(vm.created))),
        ];
        let right = item.drift.as_ref().map(|_| put_right(item.put_right.as_ref(), self.zone));
        let more = [
            ("under way", op),
            ("to go", retired),
            ("last refusal", refused),
            ("parked", parked),
            ("drift", item.drift.clone()),
            ("next run", right),
        ];
        rows.extend(more.into_iter().filter_map(|(name, text)| Some((name, Cell::new(text?)))));
        self.put_facts(&rows)
    }

    pub(crate) async fn show_pool(&self, name: &PoolName) -> Result<()> {
        let item = self.client.pool(name).await?;
        if self.json {
            return self.put_json(&item);
        }
        self.put_facts(&pool_facts(&item, self.zone))
    }

    pub(crate) async fn show_schedule(&self, name: &ScheduleName) -> Result<()> {
        let item = self.client.schedule(name).await?;
        if self.json {
            return self.put_json(&item);
        }
        self.put_facts(&schedule_facts(&item))
    }

    pub(crate) async fn show_job(&self, id: JobId) -> Result<()> {
        let item = self.client.job(id).await?;
        if self.json {
            return self.put_json(&item);
        }
        let mut rows = vec![
            ("id", Cell::new(item.job.id)),
            ("title", Cell::new(&item.title)),
            ("state", Cell::word(&item.word)),
            ("done", Cell::new(format!("{} of {}", item.over, item.total))),
            ("cause", Cell::new(cause(&item.job.cause))),
            ("by", Cell::new(&item.job.by)),
            ("opened", Cell::new(self.zone.moment(item.job.opened))),
            ("begin by", Cell::new(self.zone.moment(item.job.begin_by))),
        ];
        rows.extend(item.job.play.as_ref().map(|play| ("reason", Cell::new(&play.reason))));
        rows.extend(item.job.paused.as_ref().map(|why| ("paused", Cell::new(why))));
        self.put_facts(&rows)?;
        if !item.job.hosts.is_empty() {
            out::line("")?;
            self.put_hosts(&item, self.now().await?).await?;
        }
        if !item.job.tasks.is_empty() {
            out::line("")?;
            self.put_table(&TASKS, &tasks(&item))?;
        }
        if item.job.is_over() { Ok(()) } else { self.put_held(&item).await }
    }

    /// Why a job does not get on, where the plan says so.
    async fn put_held(&self, item: &JobItem) -> Result<()> {
        for held in self.client.plan().await?.held {
            let about = match &held.want {
                Want::Job { job } => *job == item.job.id,
                Want::Vm { vm } => item.job.tasks.contains_key(vm),
                // It stands in the host's row.
                Want::Host { .. }
                | Want::Hold { .. }
                | Want::Quarantine { .. }
                | Want::Schedule { .. }
                | Want::Judge { .. }
                | Want::Jump { .. } => false,
                Want::Pool { pool, .. } => item.job.tasks.values().any(|task| task.pool == *pool),
            };
            if about {
                self.put_lines(&[format!("held: {}: {}", held.want, held.why)])?;
            }
        }
        Ok(())
    }
}

const TASKS: [Column; 5] = [
    Column::text("VM"),
    Column::text("HOST"),
    Column::text("STATE"),
    Column::text("REPLACEMENT"),
    Column::text("WHY"),
];

fn tasks(item: &JobItem) -> Vec<Vec<Cell>> {
    let row = |(vm, task): (&VmId, &hostler::model::Task)| {
        let why = match &task.state {
            TaskState::Skipped { why, .. } | TaskState::Failed { why, .. } => why.as_str(),
            TaskState::Waiting
            | TaskState::Begun { .. }
            | TaskState::Cancelled { .. }
            | TaskState::Done { .. } => "",
        };
        vec![
            Cell::new(vm),
            Cell::new(&task.host),
            Cell::word(task.state.word()),
            Cell::new(task.replacement.map_or("-".into(), |vm| vm.to_string())),
            Cell::new(why),
        ]
    };
    item.job.tasks.iter().map(row).collect()
}

fn host_facts(item: &HostItem, now: Timestamp, zone: Zone) -> Vec<(&'static str, Cell)> {
    let host = &item.host;
    let since = now.since(host.reach_since).rough();
    let why = &host.reach_why;
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let labels: Vec<_> = host
        .spec
        .labels
        .iter()
        .map(|(key, value)| if value.is_empty() { key.clone() } else { format!("{key}={value}") })
        .collect();
    let mut rows = vec![
        ("name", Cell::new(&item.name)),
        ("state", Cell::word(&item.state)),
        ("reach", Cell::new(format!("{} for {since}{why}", host.reach))),
        ("labels", Cell::new(labels.join(","))),
    ];
    if let Some(seen) = &host.seen {
        let facts = &seen.facts;
        let (memory, free, disk) = (gib(facts.memory), gib(facts.disk_free), gib(facts.disk));
        let model = format!("{} {}, {} cores, {memory}", facts.model, facts.chip, facts.cores);
        rows.extend([
            ("macos", Cell::new(format!("{} ({})", facts.macos, facts.build))),
            ("model", Cell::new(model)),
            ("disk", Cell::new(format!("{free} of {disk} free"))),
            ("tool", Cell::new(format!("{:?} {}", host.spec.driver, facts.tool).to_lowercase())),
            ("booted", Cell::new(zone.moment(facts.booted_at))),
        ]);
        if host.is_restless(now) {
            let said = "change on every look: one a minute is kept; see what runs there";
            rows.push(("facts", Cell::new(said)));
        }
        if facts.all_users == Some(false) {
            let why = "those of other users may be hidden: let sudo run pgrep without a password";
            rows.push(("guests", Cell::new(why)));
        }
    }
    for (n, (ix, at)) in host.usable_slots().enumerate() {
        let name = if u8::from(ix) == 0 { "slot 0" } else { "slot 1" };
        let said = item.slots_said.get(n).cloned().unwrap_or_else(|| slot(at));
        rows.push((name, Cell::new(said)));
    }
    rows.extend(host.unproven(now).map(|said| ("slots", Cell::new(said))));
    if let (Some(seen), Some(tally)) = (&host.seen, &item.build_tally) {
        rows.push(("build", Cell::new(format!("{}: {}", seen.facts.build, tally.said()))));
    }
    rows.extend(item.drift.iter().map(|how| ("drift", Cell::new(how))));
    if !item.drift.is_empty() {
        rows.push(("next run", Cell::new(put_right(item.put_right.as_ref(), zone))));
    }
    rows
}

/// When what has drifted is put right.
fn put_right(run: Option<&PutRight>, zone: Zone) -> String {
    match run {
        Some(PutRight { schedule, at }) => format!("{schedule} at {}", zone.moment(*at)),
        None => "no schedule is due there: nothing puts it right".into(),
    }
}

fn pool_facts(item: &PoolItem, zone: Zone) -> Vec<(&'static str, Cell)> {
    let spec = &item.pool.spec;
    let hosts = spec.hosts.to_string();
    let mut rows = vec![
        ("name", Cell::new(&item.name)),
        ("image", Cell::new(&spec.image)),
        ("size", Cell::new(size(spec.size))),
        ("hosts", Cell::new(if hosts.is_empty() { "all".into() } else { hosts })),
        ("priority", Cell::new(spec.priority)),
        ("have", Cell::new(format!("{}, {} of them ready", item.have, item.ready))),
        ("missing", Cell::new(item.missing)),
    ];
    rows.extend(spec.cpu.map(|cpu| ("cpu", Cell::new(cpu))));
    rows.extend(spec.memory.map(|memory| ("memory", Cell::new(memory))));
    rows.extend(item.why.as_ref().map(|why| ("why", Cell::new(why))));
    for (how, many) in &item.drifted {
        rows.push(("drifted", Cell::new(format!("{}: {how}", plural(*many, "VM")))));
    }
    if !item.drifted.is_empty() {
        rows.push(("next run", Cell::new(put_right(item.put_right.as_ref(), zone))));
    }
    if let Some(held) = &item.pool.held {
        rows.push(("held", Cell::new(format!("since {}: {}", zone.moment(held.since), held.why))));
    }
    if item.pool.failures > 0 {
        rows.push((
            "failures",
            Cell::new(format!("{} in a row", plural(item.pool.failures as usize, "start"))),
        ));
    }
    rows
}

fn schedule_facts(item: &ScheduleItem) -> Vec<(&'static str, Cell)> {
    let spec = &item.schedule.spec;
    let zone = own_zone(spec);
    let mut rows = vec![
        ("name", Cell::new(&item.name)),
        ("targets", Cell::new(targets(&spec.targets))),
        ("playbook", Cell::new(&spec.playbook)),
        ("cron", Cell::new(format!("{} {}", spec.cron, spec.zone))),
        ("window", Cell::new(spec.window)),
        ("max unavailable", Cell::new(spec.max_unavailable)),
    ];
    rows.extend(super::schedules::waits(&item.schedule, zone));
    rows.extend(item.next.iter().map(|at| ("next", Cell::new(zone.moment(*at)))));
    for run in &item.schedule.runs {
        let what = match &run.result {
            RunResult::Fired { job } => format!("{} job {job}", zone.moment(run.nominal)),
            RunResult::Missed { count, cause } => {
                format!("{} missed {count}: {cause}", zone.moment(run.nominal))
            }
        };
        rows.push(("run", Cell::new(what)));
    }
    rows
}

/// A VM by its id, or by its name on the host.
fn vm_id(text: &str) -> Result<VmId, Failure> {
    let id = id_of_tool_name(text).map_or_else(|| text.parse(), Ok);
    id.map_err(|bad| Failure::usage(format!("{bad}, or the VM's name on its host")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hostler::model::{
        Access, Expect, Facts, Host, HostSpec, Pool, PoolSize, PoolSpec, Sighting,
    };

    use super::*;

    fn lines(rows: Vec<(&'static str, Cell)>) -> Vec<String> {
        rows.iter().map(|(key, cell)| format!("{key}: {}", cell.text())).collect()
    }

    fn run() -> Option<PutRight> {
        let at = Timestamp::from_millis(1_795_000_000_000);
        Some(PutRight { schedule: "nightly".parse().unwrap(), at })
    }

    #[test]
    fn a_pool_tells_how_its_vms_have_drifted_and_when_that_is_put_right() {
        let image = "xcode".parse().unwrap();
        let spec = PoolSpec::new(image, PoolSize::Count(3), "".parse().unwrap());
        let mut item = PoolItem {
            name: "ci".parse().unwrap(),
            have: 3,
            ready: 3,
            missing: 0,
            why: None,
            drifted: [("it is older than 1d".into(), 2)].into(),
            put_right: run(),
            pool: Arc::new(Pool::new(spec)),
        };
        let said = |item: &PoolItem| lines(pool_facts(item, Zone::default()));
        assert!(said(&item).contains(&"drifted: 2 VMs: it is older than 1d".into()));
        assert!(said(&item).contains(&"next run: nightly at 2026-11-18T11:06:40Z".into()));
        item.put_right = None;
        assert!(said(&item).iter().any(|line| line.contains("nothing puts it right")));
        item.drifted.clear();
        assert!(!said(&item).iter().any(|line| line.starts_with("next run")));
    }

    #[test]
    fn a_host_tells_what_is_not_as_its_group_expects() {
        let expect = Expect { macos: Some(">=26".into()), ..Expect::default() };
        let spec = HostSpec { expect, ..HostSpec::new(Access::Local) };
        let mut host = Host::new(spec, Timestamp::default());
        let facts = Facts { macos: "15.7".into(), ..Facts::default() };
        host.seen = Some(Sighting { facts, ..Sighting::default() });
        let mut item = HostItem::new(&"mini-01".parse().unwrap(), &Arc::new(host));
        item.put_right = run();
        let said = lines(host_facts(&item, Timestamp::default(), Zone::default()));
        assert!(said.contains(&"drift: macOS is 15.7, expected >=26".into()), "{said:?}");
        assert!(said.iter().any(|line| line.starts_with("next run: nightly")));
    }
}
