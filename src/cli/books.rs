//! Playbooks: what there is, what each does, doing one, and rehearsing it.

use anyhow::Result;
use hostler::api::HostItem;
use hostler::config;
use hostler::model::{
    Actor, Entry, Event, Fleet, Labels, PlanAsk, PlayAsk, Playbook, PlaybookName, Timestamp, World,
    plural,
};
use serde_json::json;

use super::args::Args;
use super::call::{Call, input};
use super::choose::choose;
use super::dry::{Rehearsed, rehearse as steps_of};
use super::failure::Failure;
use super::flags::Run;
use super::listed::Listed;
use super::out;
use super::table::{Cell, Column, clean};
use crate::run::Env;

const STEPS: [Column; 5] = [
    Column::text("STEP"),
    Column::text("NAME"),
    Column::text("DOES"),
    Column::text("WHEN"),
    Column::text("RETRIES"),
];

impl Listed for Playbook {
    const NOUN: &'static str = "playbook";
    const COLUMNS: &'static [Column] = &[
        Column::text("NAME"),
        Column::text("EACH"),
        Column::number("STEPS"),
        Column::text("SUMMARY"),
    ];

    fn key(&self) -> String {
        self.name.to_string()
    }
    fn labels(&self) -> Labels {
        [("name".to_string(), self.key()), ("each".to_string(), each(self).to_string())].into()
    }
    fn cells(&self, _: Timestamp) -> Vec<Cell> {
        vec![
            Cell::new(&self.name),
            Cell::new(each(self)),
            Cell::new(self.steps.len() + self.always.len()),
            Cell::new(&self.summary),
        ]
    }
}

fn each(playbook: &Playbook) -> &'static str {
    match playbook.each {
        hostler::model::Each::Host => "host",
        hostler::model::Each::Vm => "vm",
    }
}

impl Call {
    pub(crate) async fn show_playbook(&self, name: &PlaybookName) -> Result<()> {
        let playbook = self.client.playbook(name).await?;
        if self.json {
            return self.put_json(&playbook);
        }
        let on_failure = match playbook.on_failure {
            hostler::model::OnFailure::Hold => "the host is held until somebody has looked at it",
            hostler::model::OnFailure::Release => "the host takes work again",
        };
        self.put_facts(&[
            ("name", Cell::new(&playbook.name)),
            ("summary", Cell::new(&playbook.summary)),
            ("each", Cell::new(each(&playbook))),
            ("on failure", Cell::new(on_failure)),
        ])?;
        out::line("")?;
        let parts = [("", &playbook.steps), ("closing ", &playbook.always)];
        let rows = parts.into_iter().flat_map(|(part, steps)| {
            (1..).zip(steps).map(move |(n, step)| {
                vec![
                    Cell::new(format!("{part}{n}")),
                    Cell::new(&step.name),
                    Cell::new(step.act.word()),
                    Cell::new(step.when.as_deref().unwrap_or("-")),
                    Cell::new(step.retries),
                ]
            })
        });
        self.put_table(&STEPS, &rows.collect::<Vec<_>>()).map(drop)
    }

    pub(crate) async fn play(&self, flags: &Run) -> Result<()> {
        let playbook = self.client.playbook(&flags.playbook).await?;
        let ask = PlayAsk {
            playbook: flags.playbook.clone(),
            hosts: self.hosts_meant(&flags.hosts.which).await?,
            reason: flags.reason.clone(),
            max_unavailable: flags.max_unavailable,
            key: flags.key.clone(),
        };
        let steps = plural(playbook.steps.len() + playbook.always.len(), "step");
        let name = &playbook.name;
        // Who says yes beforehand looks at no plan.
        if self.says_yes() {
            let done = self.ask(self.client.play(&ask)).await?;
            return self.job_of(&done, flags.wait).await;
        }
        self.submit_shown(&PlanAsk::Play(Box::new(ask)), flags.wait, |call, plan| {
            let hosts = plural(plan.hosts.len(), "host");
            call.consent(&format!("Do the {steps} of playbook {name} on {hosts}?"))
        })
        .await
    }

    fn put_rehearsal(&self, playbook: &Playbook, seen: bool, steps: &[Rehearsed]) -> Result<()> {
        if self.json {
            let whole = json!({"playbook": playbook.name, "seen": seen, "steps": steps});
            return self.put_json(&whole);
        }
        let mut host = None;
        for step in steps {
            if host != Some(&step.host) {
                host = Some(&step.host);
                out::line(step.host.as_str())?;
            }
            let when = step.when.as_ref().map_or(String::new(), |when| format!(", when {when}"));
            let named = if step.name == step.act { "" } else { step.name.as_str() };
            let named = if named.is_empty() { String::new() } else { format!(" ({named})") };
            let note = if step.note.is_empty() { "" } else { ": " };
            let (at, act, text) = (&step.step, step.act, &step.note);
            out::line(&clean(&format!("  {at}: {act}{named}{when}{note}{text}")))?;
            step.commands.iter().try_for_each(|line| out::line(&clean(&format!("    {line}"))))?;
        }
        Ok(())
    }
}

/// A dry run: over the controller's World, or without a controller over the fleet directory.
pub(crate) async fn rehearse(call: &Call, flags: &Run, args: &Args, env: &Env) -> Result<()> {
    let (world, seen) = match call.client.world().await {
        Ok(snapshot) => (snapshot.world, true),
        Err(gone) if gone.is_unreachable() => {
            match config::load(&args.fleet, env.home.as_deref()) {
                Ok(loaded) => {
                    let dir = args.fleet.display();
                    out::note(&format!(
                        "no controller answers: this is from the fleet directory {dir}"
                    ));
                    (declared(&loaded.fleet)?, false)
                }
                // Nobody named a fleet directory: what is missing is the controller.
                Err(_) if args.fleet.as_os_str() == "." => return Err(gone.into()),
                Err(problems) => return Err(problems.into()),
            }
        }
        Err(other) => return Err(other.into()),
    };
    let playbook = world.playbooks.get(&flags.playbook).ok_or_else(|| {
        let name = &flags.playbook;
        Failure::failed(format!(
            "no playbook `{name}`: `hostler playbook list` shows those there are"
        ))
    })?;
    if each(playbook) == "vm" {
        let name = &playbook.name;
        let said = format!(
            "playbook {name} is for VMs: use `hostler pool respawn POOL` or a schedule over a pool"
        );
        return Err(Failure::failed(said).into());
    }
    let hosts = choose(&flags.hosts.which, HostItem::all(&world), input)?;
    let steps: Vec<_> = hosts
        .iter()
        .flat_map(|item| steps_of(&world, (&item.name, &item.host), playbook, seen))
        .collect();
    call.put_rehearsal(playbook, seen, &steps)
}

/// The World of a fleet that nobody has looked at.
fn declared(fleet: &Fleet) -> Result<World> {
    let mut world = World::default();
    let change = world.difference(fleet);
    let events =
        [Event::ControllerStarted { version: String::new() }, Event::FleetChanged { change }];
    for (seq, event) in (1..).zip(events) {
        let (at, actor) = (Timestamp::default(), Actor::controller());
        world.apply(&Entry { seq, at, epoch: 1, actor, event })?;
    }
    Ok(world)
}
