//! A plan in stable words: ids by short names (`vm-1`, `job-1`, `hold-1`) in the order in which
//! they came about, one line for each decision.

use std::collections::BTreeMap;

use hostler::model::*;

/// Short names of ids.
#[derive(Default)]
pub(crate) struct Names {
    short: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Names {
    /// Gives an id of this kind the next number.
    pub(crate) fn next(&mut self, kind: &'static str, id: String) {
        if self.short.contains_key(&id) {
            return;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.short.insert(id, format!("{kind}-{count}"));
    }

    /// Gives the ids that events bring about their names.
    pub(crate) fn learn(&mut self, events: &[Event]) {
        for event in events {
            if let Event::SlotReserved { vm, .. } = event {
                self.next("vm", vm.to_string());
            } else if let Event::JobOpened { job } = event {
                self.next("job", job.id.to_string());
            } else if let Event::HoldPlaced { hold } = event {
                self.next("hold", hold.id.to_string());
            }
        }
    }

    /// The text with short names for ids, and without the noise of milliseconds.
    pub(crate) fn shorten(&self, text: &str) -> String {
        let mut text = text.replace(".000Z", "Z");
        for (id, name) in &self.short {
            text = text.replace(id, name);
        }
        text
    }

    /// The id of a short name.
    pub(crate) fn id<T: std::str::FromStr>(&self, name: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        let of_name = self.short.iter().find(|(_, short)| *short == name);
        of_name.unwrap_or_else(|| panic!("there is no {name} yet")).0.parse().unwrap()
    }
}

/// A decision in one line or more, with ids as they are.
pub(crate) fn action(world: &World, action: &Action, events: &[Event]) -> Vec<String> {
    let place = |vm: &VmId| world.vms.get(vm).map(|vm| format!(" on {}", vm.host));
    let place = |vm: &VmId| place(vm).unwrap_or_default();
    let of_job = |job: &Option<JobId>| job.map(|job| format!(" ({job})")).unwrap_or_default();
    let line = match action {
        Action::Place { pool, host, slot, replaces, .. } => {
            let made = |event: &Event| {
                if let Event::SlotReserved { vm, .. } = event { Some(*vm) } else { None }
            };
            let vm = events.iter().find_map(made).unwrap();
            let stead = replaces.map(|(job, vm)| format!(" in the stead of {vm} ({job})"));
            let stead = stead.unwrap_or_default();
            format!("place {vm} of {pool} on {host} slot {}{stead}", u8::from(*slot))
        }
        Action::Do { vm, kind } => format!("{kind} {vm}{}", place(vm)),
        Action::Retire { vm, why, job } => format!("retire {vm}: {why}{}", of_job(job)),
        Action::Forget { vm } => format!("forget {vm}{}", place(vm)),
        Action::Leak { vm, host, slot } => {
            format!("leaked: slot {} of {host} under {vm}", u8::from(*slot))
        }
        Action::Release { host, hold, why } => format!("release {hold} on {host}: {why}"),
        Action::OpenJob(opening) => return opened(opening, events),
        Action::Miss { schedule, nominal, count, cause } => {
            format!("missed {schedule}, {count} up to {nominal}: {cause}")
        }
        Action::EndTask { job, vm, end } => format!("{job}: {vm}: {end}"),
        Action::EndJob { job } => format!("{job}: over"),
        Action::HostDo { job, host, at, what } => {
            let known = world.jobs.get(job).and_then(|job| job.play.as_ref());
            let step = known.and_then(|play| play.playbook.step(*at)).unwrap();
            let what = if what.is_empty() { String::new() } else { format!(" {}", what.join(" ")) };
            format!("{job}: send {host}: {}{what}", step.act.word())
        }
        Action::Hold { host, kind, reason, job, until: _ } => {
            let placed = |event: &Event| {
                if let Event::HoldPlaced { hold } = event { Some(hold.id) } else { None }
            };
            let id = events.iter().find_map(placed).unwrap();
            format!("hold {host}: {kind}: {reason} ({id}){}", of_job(job))
        }
        Action::Note { event } => note(world, event),
    };
    vec![line]
}

fn note(world: &World, event: &Event) -> String {
    if let Event::HostTaskBegun { job, host } = event {
        format!("{job}: the turn of {host}")
    } else if let Event::StepBegun { job, host, at, deadline, .. } = event {
        let known = world.jobs.get(job).and_then(|job| job.play.as_ref());
        let step = known.and_then(|play| play.playbook.step(*at)).unwrap();
        let until = deadline.map(|at| format!(", until {at}")).unwrap_or_default();
        format!("{job}: {host} begins {}{until}", step.name)
    } else if let Event::StepEnded { job, host, end } = event {
        format!("{job}: {host} ends that: {end}")
    } else if let Event::HostTaskEnded { job, host, end } = event {
        format!("{job}: {host}: {end}")
    } else if let Event::JobPaused { job, why } = event {
        format!("{job}: paused: {why}")
    } else if let Event::Notified { job, host, message } = event {
        format!("{job}: {host} says: {message}")
    } else if let Event::HostVerified { host } = event {
        format!("{host} is fit again")
    } else if let Event::PoolHeld { pool, why } = event {
        format!("pool {pool} is held: {why}")
    } else if let Event::VmAdopted { vm, host, pool, .. } = event {
        format!("{vm} of {pool} on {host} was nobody's and is to go")
    } else if let Event::VmParked { vm, why } = event {
        format!("{vm} is parked: {why}")
    } else {
        panic!("a note without words: {event:?}")
    }
}

/// A job that opens: its targets, and the turn of each host.
pub(crate) fn opened(opening: &Opening, events: &[Event]) -> Vec<String> {
    let job =
        |event: &Event| if let Event::JobOpened { job } = event { Some(job.clone()) } else { None };
    let job = events.iter().find_map(job).unwrap();
    let of = match &opening.cause {
        Cause::Run { schedule, nominal } => format!(", {schedule} of {nominal}"),
        Cause::RunNow { schedule } => format!(", {schedule} now"),
        Cause::Asked => String::new(),
        Cause::For { job } => format!(", for {job}"),
    };
    let (id, most) = (job.id, opening.max_unavailable);
    let head = format!("{id}: {}{of}: {most} at once, to begin by {}", job.title(), job.begin_by);
    let mut lines = vec![head];
    lines.extend(opening.targets.iter().map(|(vm, host)| format!("  {vm} on {host}")));
    for (host, task) in &opening.hosts {
        // The rank of a schedule's host that was not busy is the last; others have none.
        let first = if matches!(task.rank, 0 | u32::MAX) { "" } else { ", first in line" };
        let overdue = if task.overdue { ", overdue" } else { "" };
        lines.push(format!(
            "  {host} from {}, wave {}{first}{overdue}",
            task.earliest,
            task.wave + 1
        ));
    }
    for event in events {
        if let Event::HoldPlaced { hold } = event {
            let until = hold.until.map(|at| format!(", until {at}")).unwrap_or_default();
            lines.push(format!(
                "  hold {}: {}: {} ({}){until}",
                hold.host, hold.kind, hold.reason, hold.id
            ));
        }
    }
    lines
}

/// A plan in lines.
pub(crate) fn preview(plan: &DrainPlan) -> Vec<String> {
    let until = plan.deadline.map(|at| format!(", until {at}")).unwrap_or_default();
    let mut lines = vec![format!("plan: {} at once{until}", plan.at_once)];
    lines.extend(plan.steps.iter().map(|step| format!("  step: {step}")));
    for host in &plan.hosts {
        lines.push(format!("  {} is {}", host.host, host.state));
        for vm in &host.vms {
            let fate = match &vm.fate {
                Fate::Goes => "goes".into(),
                Fate::Waits { why } => format!("waits: {why}"),
                Fate::Forced => "goes, whatever it does".into(),
                Fate::Going => "goes already".into(),
                Fate::Ignored => "goes, for such VMs are not waited for".into(),
                Fate::Stays => "stays".into(),
            };
            lines.push(format!("    {} of {}, {}: {fate}", vm.vm, vm.pool, vm.state));
        }
        lines.extend(host.blocks.iter().map(|block| format!("    blocks: {block}")));
    }
    for pool in &plan.pools {
        let (ready, leaving, room) = (pool.ready, pool.leaving, pool.room);
        lines
            .push(format!("  pool {}: {ready} ready, {leaving} leave, room for {room}", pool.pool));
    }
    lines.extend(
        plan.clashes.iter().map(|clash| format!("  clash: {}", clash.said(Zone::default()))),
    );
    lines
}

/// What is held, in lines.
pub(crate) fn held(plan: &Plan) -> impl Iterator<Item = String> {
    plan.held.iter().map(|held| format!("held: {}: {}", held.want, held.why))
}
