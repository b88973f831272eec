//! What every command that asks a controller has: the client, and how to put answers.

use std::io::{IsTerminal, stdin, stdout};

use anyhow::Result;
use hostler::api::{Client, ClientError, Connect};
use hostler::config;
use hostler::model::{Actor, Via, Zone};
use serde::Serialize;

use super::args::Args;
use super::failure::Failure;
use super::out;
use super::table::{Column, Layout, Style};
use crate::run::Env;

/// One call of the program.
pub(crate) struct Call {
    pub(crate) client: Client,
    pub(crate) json: bool,
    pub(crate) style: Style,
    pub(crate) zone: Zone,
    yes: bool,
}

impl Call {
    pub(crate) fn new(args: &Args, env: &Env) -> Result<Self> {
        let connect = connect(args, env)?;
        if args.verbose > 0 {
            out::note(&format!("asking {connect}"));
        }
        let actor = Actor { who: env.user.clone(), via: Via::Cli };
        let client = Client::new(connect, &actor);
        Ok(Self { client, json: args.json, style: style(args, env), zone: env.zone, yes: args.yes })
    }

    /// JSON as the API gives it, one document.
    pub(crate) fn put_json(&self, value: &impl Serialize) -> Result<()> {
        out::line(&serde_json::to_string(value)?)
    }

    /// A table with its heads.
    pub(crate) fn put_table(
        &self,
        columns: &[Column],
        rows: &[Vec<super::table::Cell>],
    ) -> Result<Layout> {
        let layout = Layout::of(columns, rows);
        out::line(&layout.heads(columns, self.style))?;
        for row in rows {
            out::line(&layout.line(row, self.style))?;
        }
        Ok(layout)
    }

    /// Lines for a person; nothing in them steers the terminal.
    pub(crate) fn put_lines<S: AsRef<str>>(&self, lines: &[S]) -> Result<()> {
        lines.iter().try_for_each(|line| out::line(&super::table::clean(line.as_ref())))
    }

    /// Sends what changes something. Interrupted before the answer comes, nobody knows whether it
    /// was done.
    pub(crate) async fn ask<T>(
        &self,
        request: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        out::on_interrupt(
            "the controller has not answered yet and may do it: hostler job list shows its jobs",
        );
        let answer = request.await;
        out::on_interrupt("");
        answer
    }

    /// Whether whatever would be asked is answered with yes.
    pub(crate) fn says_yes(&self) -> bool {
        self.yes
    }

    /// Has a person consent to what disturbs. Without a terminal, only `--yes` does.
    pub(crate) fn consent(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            let said = format!("{question} There is no terminal to ask on: say --yes");
            return Err(Failure::usage(said).into());
        }
        if out::confirm(question)? {
            return Ok(());
        }
        Err(Failure::failed("not done").into())
    }

    /// The same for what cannot be taken back: the name of the thing is to be typed.
    pub(crate) fn consent_by_name(&self, question: &str, name: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            let said = format!("{question} There is no terminal to ask on: say --yes");
            return Err(Failure::usage(said).into());
        }
        if out::answer(&format!("{question} Type {name} to go on: "))? == name {
            return Ok(());
        }
        Err(Failure::failed("not done: that is not what was to be typed").into())
    }
}

/// What names on standard input are.
pub(crate) fn input() -> std::io::Result<String> {
    out::waiting(|| std::io::read_to_string(stdin().lock()))
}

/// `--connect`, else the socket in the state directory: of `--state`, of the fleet's settings, or
/// the platform's.
pub(crate) fn connect(args: &Args, env: &Env) -> Result<Connect> {
    if let Some(text) = &args.connect {
        return Ok(Connect::parse(text)?);
    }
    let told = || config::load(&args.fleet, env.home.as_deref()).ok()?.settings.state;
    let state = args.state.clone().or_else(told).unwrap_or_else(|| env.state.clone());
    Ok(Connect::Unix(state.join("hostler.sock")))
}

fn style(args: &Args, env: &Env) -> Style {
    if !stdout().is_terminal() {
        return Style::default();
    }
    let width = crossterm::terminal::size().ok().map(|(width, _)| usize::from(width));
    let plain = args.no_color || env.no_color || env.term == "dumb";
    Style { width: width.filter(|width| *width > 0), colour: !plain }
}
