//! What holds a host, and what people are reminded of.

use anyhow::Result;
use hostler::model::{Held, Hold, Host, HostName, OnExpiry, Plan, Timestamp, Want, Zone};

use super::call::Call;

impl Call {
    /// A line for each hold of a host, and for what the plan says of it.
    pub(crate) async fn put_holds(
        &self,
        name: &HostName,
        host: &Host,
        now: Timestamp,
    ) -> Result<()> {
        let lines: Vec<_> = host.holds.values().map(|hold| line(hold, now, self.zone)).collect();
        self.put_lines(&lines)?;
        let held = self.held(name).await?;
        let said = held.iter().map(|held| format!("held: {}: {}", held.want, held.why));
        self.put_lines(&said.collect::<Vec<_>>())
    }

    /// What the plan says of a host: why it waits, and holds that people are reminded of.
    pub(crate) async fn held(&self, name: &HostName) -> Result<Vec<Held>> {
        let plan = self.client.plan().await?;
        Ok(plan.held.into_iter().filter(|held| is_about(&held.want, name)).collect())
    }
}

fn line(hold: &Hold, now: Timestamp, zone: Zone) -> String {
    let (id, kind, by) = (hold.id, hold.kind, &hold.by);
    let age = now.since(hold.created).rough();
    let until = match (hold.until, hold.on_expiry) {
        (None, _) => String::new(),
        (Some(at), OnExpiry::Release) => format!(", until {}", zone.moment(at)),
        (Some(at), OnExpiry::Alert) => format!(", until {}, and then it stays", zone.moment(at)),
    };
    let job = hold.job.map(|job| format!(", for job {job}")).unwrap_or_default();
    format!("hold {id}: {kind} by {by} {age} ago{until}{job}: {}", hold.reason)
}

fn is_about(want: &Want, name: &HostName) -> bool {
    match want {
        Want::Host { host, .. }
        | Want::Hold { host, .. }
        | Want::Quarantine { host }
        | Want::Judge { host } => host == name,
        Want::Pool { .. }
        | Want::Vm { .. }
        | Want::Job { .. }
        | Want::Schedule { .. }
        | Want::Jump { .. } => false,
    }
}

/// Holds that nobody has ended, hosts that fail and are not taken out of service, and what a person
/// must judge.
pub(crate) fn nagged(plan: Plan) -> Vec<Held> {
    let nags = |held: &Held| match held.want {
        Want::Hold { .. } | Want::Quarantine { .. } | Want::Judge { .. } | Want::Jump { .. } => {
            true
        }
        Want::Host { .. }
        | Want::Pool { .. }
        | Want::Vm { .. }
        | Want::Job { .. }
        | Want::Schedule { .. } => false,
    };
    plan.held.into_iter().filter(nags).collect()
}

#[cfg(test)]
mod tests {
    use hostler::model::{Actor, HoldId, HoldKind, JobId};

    use super::*;

    #[test]
    fn a_hold_says_whose_it_is_and_when_it_ends() {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let mut hold = Hold {
            id: HoldId::from_bits(3),
            host: "mini-01".parse().unwrap(),
            kind: HoldKind::Maintenance,
            reason: "new memory".into(),
            by: Actor::controller(),
            created: at(0),
            until: None,
            on_expiry: OnExpiry::Release,
            job: None,
        };
        let said = |hold: &Hold| line(hold, at(3_600), Zone::default());
        let head = "hold 000000000003: maintenance by hostler 1h ago";
        assert_eq!(said(&hold), format!("{head}: new memory"));
        hold.until = Some(at(7_200));
        assert_eq!(said(&hold), format!("{head}, until 1970-01-01T02:00:00Z: new memory"));
        (hold.on_expiry, hold.job) = (OnExpiry::Alert, Some(JobId::from_bits(7)));
        assert!(said(&hold).contains(", and then it stays, for job 000000000007: "));
    }
}
