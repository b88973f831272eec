//! `forecast`: the night ahead, host by host, the least that will serve, and what will not fit.

use anyhow::Result;
use hostler::model::{Forecast, ForecastTurn, Span, Timestamp, Zone, plural};

use super::call::Call;
use super::out;
use super::table::{Cell, Column};

const TURNS: [Column; 7] = [
    Column::text("BEGINS"),
    Column::text("ENDS"),
    Column::number("TOOK"),
    Column::text("HOST"),
    Column::text("JOB"),
    Column::text("END"),
    Column::text("STEPS"),
];
const POOLS: [Column; 3] =
    [Column::text("POOL"), Column::number("LEAST READY"), Column::text("FROM")];

impl Call {
    pub(crate) async fn forecast(&self, span: Span) -> Result<()> {
        let forecast = self.client.forecast(span).await?;
        if self.json {
            return self.put_json(&forecast);
        }
        let (from, until) = (self.zone.date(forecast.from), self.zone.date(forecast.until));
        out::line(&format!("{from} to {until}, {}", assumption(&forecast)))?;
        out::line("")?;
        if forecast.turns.is_empty() {
            out::line("no host has a turn: no job is open, and no schedule is due")?;
        } else {
            let rows: Vec<_> = forecast.turns.iter().map(|turn| cells(turn, self.zone)).collect();
            self.put_table(&TURNS, &rows)?;
        }
        out::line("")?;
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for (pool, least) in &forecast.pools {
            let at = Cell::new(self.zone.date(least.at));
            rows.push(vec![Cell::new(pool), Cell::new(least.count), at]);
        }
        let (free, at) = (forecast.free_slots.count, self.zone.date(forecast.free_slots.at));
        rows.push(vec![Cell::new("(free slots)"), Cell::new(free), Cell::new(at)]);
        self.put_table(&POOLS, &rows)?;
        out::line("")?;
        if forecast.misfits.is_empty() {
            return out::line("everything fits");
        }
        let misfits: Vec<_> =
            forecast.misfits.iter().map(|why| format!("does not fit: {why}")).collect();
        self.put_lines(&misfits)
    }
}

/// What the forecast takes for granted.
fn assumption(forecast: &Forecast) -> String {
    format!("if work that VMs have ends within {} and no host fails", forecast.assumed_busy)
}

fn cells(turn: &ForecastTurn, zone: Zone) -> Vec<Cell> {
    let moment = |at: Option<Timestamp>| at.map_or("-".into(), |at| zone.date(at));
    let took = turn.begins.zip(turn.ends).map(|(begins, ends)| ends.since(begins).rough());
    let end = if turn.end.is_empty() { "not in time" } else { &turn.end };
    vec![
        Cell::new(moment(turn.begins)),
        Cell::new(moment(turn.ends)),
        Cell::new(took.unwrap_or_else(|| "-".into())),
        Cell::new(&turn.host),
        Cell::new(&turn.title),
        Cell::word(end),
        Cell::new(steps(turn)),
    ]
}

/// The steps that take time, each with how long; those that take none in a number.
fn steps(turn: &ForecastTurn) -> String {
    let long = |span: Span| span >= Span::from_secs(1);
    let mut words: Vec<String> = turn
        .steps
        .iter()
        .filter(|step| long(step.took) || step.end.is_empty())
        .map(|step| format!("{} {}", step.name, step.took.rough()))
        .collect();
    let short = turn.steps.len() - words.len();
    if short > 0 {
        words.push(format!("and {} at once", plural(short, "step")));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use hostler::model::{ForecastStep, JobId};

    use super::*;

    fn turn() -> ForecastTurn {
        let at = |s: i64| Timestamp::from_millis(1_795_000_000_000 + s * 1_000);
        let step = |name: &str, begins, took, end: &str| ForecastStep {
            name: name.into(),
            begins: at(begins),
            took: Span::from_secs(took),
            end: end.into(),
        };
        ForecastTurn {
            host: "mini-01".parse().unwrap(),
            job: JobId::from_bits(7),
            title: "playbook nightly-wipe".into(),
            schedule: None,
            nominal: None,
            begins: Some(at(0)),
            steps: vec![
                step("drain", 0, 240, "done"),
                step("reboot", 240, 0, "skipped: not needed"),
                step("verify", 240, 60, "done"),
            ],
            ends: Some(at(300)),
            end: "done".into(),
        }
    }

    #[test]
    fn a_turn_tells_the_steps_that_take_time() {
        let zone = Zone::default();
        let said = |turn: &ForecastTurn| {
            cells(turn, zone).iter().map(|cell| cell.text().to_string()).collect::<Vec<_>>()
        };
        let whole = said(&turn());
        assert_eq!(whole[2..6], ["5m", "mini-01", "playbook nightly-wipe", "done"]);
        assert_eq!(whole[6], "drain 4m, verify 1m, and 1 step at once");
    }

    #[test]
    fn a_turn_that_does_not_end_says_so() {
        let mut open = turn();
        (open.ends, open.end) = (None, String::new());
        open.steps.truncate(1);
        (open.steps[0].took, open.steps[0].end) = (Span::ZERO, String::new());
        let said = cells(&open, Zone::default());
        assert_eq!((said[1].text(), said[2].text(), said[5].text()), ("-", "-", "not in time"));
        assert_eq!(said[6].text(), "drain 0s");
    }
}
