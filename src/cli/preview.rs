//! A plan for a person: what happens to each VM, what blocks, what the pools lose.

use hostler::model::{
    DrainAsk, DrainPlan, Fate, HostPreview, OnDeadline, PlanAsk, PoolPreview, Zone, plural,
};

use super::table::{Cell, Column, Layout, Style, clean};

const COLUMNS: [Column; 5] = [
    Column::text("HOST"),
    Column::text("STATE"),
    Column::text("VM"),
    Column::text("POOL"),
    Column::text("WHAT HAPPENS"),
];

/// The plan in lines.
pub(crate) fn lines(ask: &PlanAsk, plan: &DrainPlan, zone: Zone, style: Style) -> Vec<String> {
    let rows: Vec<_> = plan.hosts.iter().flat_map(rows).collect();
    let layout = Layout::of(&COLUMNS, &rows);
    let mut out = vec![layout.heads(&COLUMNS, style)];
    out.extend(rows.iter().map(|row| layout.line(row, style)));
    for host in &plan.hosts {
        out.extend(host.blocks.iter().map(|block| clean(&format!("{}: {block}", host.host))));
    }
    for pool in &plan.pools {
        let (loses, room) = (loses(pool), plural(pool.room, "free slot"));
        out.push(format!("pool {} loses {loses}; {room} elsewhere", pool.pool));
    }
    out.extend(plan.clashes.iter().map(|clash| clean(&format!("clash: {}", clash.said(zone)))));
    if !plan.steps.is_empty() {
        out.push(clean(&format!("steps: {}", plan.steps.join(", "))));
    }
    out.push(match ask {
        PlanAsk::Drain(ask) => deadline(ask, plan, zone),
        PlanAsk::Respawn(_) => format!("{} at once", plural(plan.at_once, "VM")),
        PlanAsk::Play(_) | PlanAsk::Run(_) => {
            let until =
                plan.deadline.map(|at| format!("; VMs that work have until {}", zone.moment(at)));
            format!("{} at once{}", plural(plan.at_once, "host"), until.unwrap_or_default())
        }
    });
    out
}

/// VMs that do not serve yet are no part of those that do.
fn loses(pool: &PoolPreview) -> String {
    let ready = pool.leaving.saturating_sub(pool.coming);
    let serve = format!("{ready} of its {}", plural(pool.ready, "ready VM"));
    match (ready, pool.coming) {
        (_, 0) => serve,
        (0, coming) => format!("{} not ready yet", plural(coming, "VM")),
        (_, coming) => format!("{serve} and {} not ready yet", plural(coming, "VM")),
    }
}

fn rows(host: &HostPreview) -> Vec<Vec<Cell>> {
    let row = |vm: String, pool: String, what: String| {
        let (host, state) = (Cell::new(&host.host), Cell::word(&host.state));
        vec![host, state, Cell::new(vm), Cell::new(pool), Cell::new(what)]
    };
    if host.vms.is_empty() {
        return vec![row("-".into(), "-".into(), "no VM is on it".into())];
    }
    let of = |vm: &hostler::model::VmPreview| {
        row(vm.vm.to_string(), vm.pool.to_string(), fate(&vm.fate))
    };
    host.vms.iter().map(of).collect()
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Goes => "goes: it has no work".into(),
        Fate::Waits { why } => format!("is waited for: {why}"),
        Fate::Forced => "is stopped although it may have work".into(),
        Fate::Ignored => "goes although it may have work: the drain ignores it".into(),
        Fate::Going => "is on its way out already".into(),
        Fate::Stays => "stays: no step touches it".into(),
    }
}

fn deadline(ask: &DrainAsk, plan: &DrainPlan, zone: Zone) -> String {
    let at_once = format!("{} at once", plural(plan.at_once, "host"));
    let begins = ask.at.map_or(String::new(), |at| format!(", from {} on", zone.moment(at)));
    let Some(at) = plan.deadline else {
        return format!("{at_once}{begins}; no deadline: VMs with work are waited for");
    };
    let then = match ask.on_deadline {
        OnDeadline::Stop => "VMs that still work then are stopped",
        OnDeadline::Abort => "with VMs that still work then it ends, and the host stays cordoned",
    };
    format!("{at_once}{begins}; deadline {}: {then}", zone.moment(at))
}

#[cfg(test)]
mod tests {
    use hostler::model::{Clash, Timestamp, VmId, VmPreview};

    use super::*;

    #[test]
    fn a_plan_names_every_vm_block_loss_and_clash() {
        let vm = |n, fate| VmPreview {
            vm: VmId::from_bits(n),
            pool: "ci".parse().unwrap(),
            state: "ready".into(),
            fate,
        };
        let host = |name: &str, vms, blocks| HostPreview {
            host: name.parse().unwrap(),
            state: "busy".into(),
            vms,
            blocks,
            steps: vec![],
            wave: 0,
            earliest: None,
        };
        let waits = Fate::Waits { why: "it has work".into() };
        let pool = |ready, leaving, coming| PoolPreview {
            pool: "ci".parse().unwrap(),
            ready,
            leaving,
            coming,
            room: 1,
        };
        let mut plan = DrainPlan {
            seq: 1,
            hosts: vec![
                host(
                    "mini-01",
                    vec![vm(1, waits), vm(2, Fate::Goes)],
                    vec!["it is \x1b[2J".into()],
                ),
                host("mini-02", vec![], vec![]),
            ],
            pools: vec![pool(5, 2, 0)],
            clashes: vec![Clash::Excused { why: "suspended".into() }],
            deadline: Some(Timestamp::from_millis(0)),
            at_once: 1,
            steps: vec![],
            run: None,
        };
        let mut ask = DrainAsk::new(vec![], "x");
        let said = |ask: &DrainAsk, plan: &DrainPlan| {
            let ask = PlanAsk::Drain(Box::new(ask.clone()));
            lines(&ask, plan, Zone::default(), Style::default())
        };
        assert_eq!(
            said(&ask, &plan),
            [
                "HOST     STATE  VM            POOL  WHAT HAPPENS",
                "mini-01  busy   000000000001  ci    is waited for: it has work",
                "mini-01  busy   000000000002  ci    goes: it has no work",
                "mini-02  busy   -             -     no VM is on it",
                "mini-01: it is  [2J",
                "pool ci loses 2 of its 5 ready VMs; 1 free slot elsewhere",
                "clash: the run does not take place: suspended",
                "1 host at once; deadline 1970-01-01T00:00:00Z: VMs that still work then are stopped",
            ]
        );
        ask.on_deadline = OnDeadline::Abort;
        assert!(said(&ask, &plan).pop().unwrap().ends_with("stays cordoned"));
        for (ready, leaving, coming, says) in [
            (0, 2, 2, "pool ci loses 2 VMs not ready yet; 1 free slot elsewhere"),
            (3, 3, 1, "pool ci loses 2 of its 3 ready VMs and 1 VM not ready yet; 1 free"),
        ] {
            plan.pools = vec![pool(ready, leaving, coming)];
            assert!(said(&ask, &plan).iter().any(|line| line.starts_with(says)), "{says}");
        }
        plan.deadline = None;
        assert!(said(&ask, &plan).pop().unwrap().contains("no deadline"));
    }
}
