//! The command line: arguments in, an exit code out. What asks a controller stands here; what
//! runs one, or anything else in this process, stands in `run`.

mod acts;
pub(crate) mod args;
mod books;
mod call;
mod choose;
mod doctor;
mod drains;
mod dry;
mod enrol;
mod events;
mod failure;
mod flags;
mod follower;
mod forecast;
mod holds;
mod jobs;
mod list;
mod listed;
pub(crate) mod out;
mod preview;
mod schedules;
mod service;
mod setup;
mod show;
mod slots;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod verbs;
mod wait;
mod when;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use args::{Args, Looks, SimVerb, Verb};
use call::Call;
use clap::{CommandFactory, Parser};
use failure::INTERRUPTED;
use flags::{JobVerb, PlaybookVerb, ScheduleVerb};
use hostler::config;
use hostler::model::Then;
use hostler::model::{Span, plural};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use verbs::{HostAsk, HostVerb, PoolVerb, VmVerb};

use crate::run::{self, DemoOptions, Dress, Env, ServeOptions, SimOptions};

/// Runs the command that the arguments name.
pub(crate) fn main(env: &Env) -> Result<ExitCode> {
    let args = Args::parse();
    if args.quiet {
        out::hush();
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    // Who only asks a controller has work for one thread, and each has memory of its own.
    if !matches!(args.verb, Some(Verb::Demo(_) | Verb::Serve | Verb::Sim { .. })) {
        builder.worker_threads(1);
    }
    let runtime = builder.enable_all().build().context("no threads to work with")?;
    let result = runtime.block_on(carry_out(args, env));
    // A terminal that nobody reads from must not hold up the end.
    runtime.shutdown_background();
    result
}

async fn carry_out(args: Args, env: &Env) -> Result<ExitCode> {
    match &args.verb {
        // These take signals in their own way.
        None => {
            let (connect, dress) = (call::connect(&args, env)?, dress(&args, None, ""));
            run::desktop(connect, &dress, env, None, Some(env.temp.clone())).await
        }
        Some(Verb::Demo(demo)) => {
            run::demo(&stage(demo, &args), &dress(&args, Some(&demo.looks), "demo"), env).await
        }
        Some(Verb::Serve) => run::serve(&serving(&args), env).await,
        Some(Verb::Sim { verb: SimVerb::Serve(sim) }) => run::simulate(&simulated(sim)).await,
        Some(_) => interruptible(args, env.clone()).await,
    }
}

/// A command that ends when it is interrupted, whatever it waits for: an answer of a controller,
/// or of a person who is asked.
async fn interruptible(args: Args, env: Env) -> Result<ExitCode> {
    // It listens from here on, before anything is said or done.
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A task of its own: while it reads from a terminal, ours must hear of the signal.
    let work = tokio::spawn(async move { go(&args, &env).await });
    tokio::select! {
        biased;
        _ = interrupt.recv() => {
            out::interrupted();
            Ok(ExitCode::from(INTERRUPTED))
        }
        done = work => done?,
    }
}

async fn go(args: &Args, env: &Env) -> Result<ExitCode> {
    let call = || Call::new(args, env);
    let Some(verb) = &args.verb else { return Ok(ExitCode::SUCCESS) };
    match verb {
        // They do not come here.
        Verb::Demo(_) | Verb::Serve | Verb::Sim { .. } => {}
        Verb::Host { verb: HostVerb::Enrol(ask) } => {
            let loaded = config::load(&args.fleet, env.home.as_deref())?;
            call()?.enrol(&loaded, ask, env).await?;
        }
        Verb::Host { verb: HostVerb::Ssh { host, command } } => {
            let item = call()?.client.host(host).await?;
            let ended = run::console(host, &item.host.spec.access, command)?;
            return Ok(ended.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(255).into());
        }
        Verb::Host { verb: HostVerb::Ask(verb) } => host(verb, &call()?).await?,
        Verb::Status => call()?.status().await?,
        Verb::Plan => call()?.plan().await?,
        Verb::Forecast { span } => call()?.forecast(*span).await?,
        Verb::Reload => call()?.reload().await?,
        Verb::Events(events) => call()?.events(events).await?,
        Verb::Vm { verb } => vm(verb, &call()?).await?,
        Verb::Pool { verb } => pool(verb, &call()?).await?,
        Verb::Schedule { verb } => schedule(verb, &call()?).await?,
        Verb::Job { verb } => job(verb, &call()?).await?,
        Verb::Playbook { verb: PlaybookVerb::Run(ask) } if ask.dry_run => {
            books::rehearse(&call()?, ask, args, env).await?;
        }
        Verb::Playbook { verb } => playbook(verb, &call()?).await?,
        Verb::Check { print } => check(args, *print, env)?,
        Verb::Schema { kind } => out::line(&serde_json::to_string_pretty(&config::schema(*kind))?)?,
        Verb::Service { verb } => service::service(verb, args, env).await?,
        Verb::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "hostler", &mut text);
            out::text(&String::from_utf8_lossy(&text))?;
        }
        Verb::Doctor => setup::setup(args, env).await?,
        Verb::Man { dir } => man(dir.as_deref())?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn host(verb: &HostAsk, call: &Call) -> Result<()> {
    match verb {
        HostAsk::List(which) => list::list_or_watch(call, which, call.client.hosts()).await,
        HostAsk::Show { host } => call.show_host(host).await,
        HostAsk::Why { host } => call.why_host(host).await,
        HostAsk::Slots(flags) => call.slots(flags).await,
        HostAsk::Cordon { which, reason, until } => call.cordon(which, reason, *until).await,
        HostAsk::Forget { host, reason } => call.forget(host, reason).await,
        HostAsk::Drain(flags) => call.drain(flags).await,
        HostAsk::Reboot(flags) => call.empty(flags, Then::Reboot, None).await,
        HostAsk::Retire(flags) => call.empty(flags, Then::Retire, None).await,
        HostAsk::Undrain { hosts, wait } => call.undrain(&hosts.which, *wait).await,
        HostAsk::Hold(flags) => call.hold(flags).await,
        HostAsk::Doctor { which } => call.doctor(&which.which).await,
        HostAsk::Uncordon { which, hold, all } => call.uncordon(which, *hold, *all).await,
    }
}

async fn vm(verb: &VmVerb, call: &Call) -> Result<()> {
    match verb {
        VmVerb::List(which) => list::list_or_watch(call, which, call.client.vms()).await,
        VmVerb::Show { vm } => call.show_vm(vm).await,
        VmVerb::Why { vm } => call.why_vm(vm).await,
        VmVerb::Log { vm } => call.vm_log(vm).await,
        VmVerb::Resume { vm } => call.resume_vm(vm).await,
        VmVerb::Discharge { vm, reason } => call.discharge_vm(vm, reason).await,
    }
}

async fn pool(verb: &PoolVerb, call: &Call) -> Result<()> {
    match verb {
        PoolVerb::List(which) => list::list(call, &which.which, call.client.pools().await?),
        PoolVerb::Show { pool } => call.show_pool(pool).await,
        PoolVerb::Release { pool } => call.release_pool(pool).await,
        PoolVerb::Respawn { pool, max_unavailable, wait } => {
            call.respawn(pool, *max_unavailable, *wait).await
        }
    }
}

async fn schedule(verb: &ScheduleVerb, call: &Call) -> Result<()> {
    match verb {
        ScheduleVerb::List(which) => list::list(call, &which.which, call.client.schedules().await?),
        ScheduleVerb::Show { schedule } => call.show_schedule(schedule).await,
        ScheduleVerb::RunNow { schedule, wait } => call.run_now(schedule, *wait).await,
        ScheduleVerb::Suspend { schedule, reason } => call.suspend(schedule, reason).await,
        ScheduleVerb::Resume { schedule } => call.resume_schedule(schedule).await,
        ScheduleVerb::SkipNext { schedule } => call.skip_next(schedule).await,
    }
}

async fn job(verb: &JobVerb, call: &Call) -> Result<()> {
    match verb {
        JobVerb::List(which) => list::list_or_watch(call, which, call.client.jobs()).await,
        JobVerb::Show { job, host: None } => call.show_job(*job).await,
        JobVerb::Show { job, host: Some(host) } => call.show_task(*job, host).await,
        JobVerb::Log { job, host, follow } => call.job_log(*job, host.as_ref(), *follow).await,
        JobVerb::Cancel { job, wait } => call.cancel_job(*job, *wait).await,
        JobVerb::Resume { job, wait } => call.resume_job(*job, *wait).await,
        JobVerb::Discharge { job, reason } => call.discharge_job(*job, reason).await,
        JobVerb::Retry { job, host, from, wait } => {
            call.retry_job(*job, host.clone(), *from, *wait).await
        }
        JobVerb::Skip { job, host } => call.skip_host(*job, host).await,
    }
}

async fn playbook(verb: &PlaybookVerb, call: &Call) -> Result<()> {
    match verb {
        PlaybookVerb::List(which) => list::list(call, &which.which, call.client.playbooks().await?),
        PlaybookVerb::Show { playbook } => call.show_playbook(playbook).await,
        PlaybookVerb::Run(ask) => call.play(ask).await,
    }
}

fn stage(demo: &args::Demo, args: &Args) -> DemoOptions {
    DemoOptions {
        hosts: demo.hosts,
        speed: demo.speed.unwrap_or(if demo.headless { 240.0 } else { 20.0 }),
        seed: demo.seed,
        faults: demo.faults.clone(),
        nightly: demo.nightly,
        headless: demo.headless,
        json: args.json,
        lasts: demo.lasts,
        nights: demo.nights,
        picture: demo.picture.clone(),
        size: demo.size,
    }
}

fn serving(args: &Args) -> ServeOptions {
    ServeOptions { fleet: args.fleet.clone(), state: args.state.clone() }
}

fn simulated(sim: &args::Simulated) -> SimOptions {
    SimOptions {
        hosts: sim.hosts,
        first_port: sim.port,
        seed: sim.seed,
        faults: sim.faults.clone(),
        speed: sim.speed,
        load: sim.load,
        dir: sim.dir.clone(),
    }
}
/// The desktop's dress; its flags may stand before the command and after it.
fn dress(args: &Args, own: Option<&Looks>, label: &str) -> Dress {
    let all = || own.into_iter().chain([&args.looks]);
    Dress {
        theme: all().find_map(|looks| looks.theme.clone()),
        ascii: all().any(|looks| looks.ascii),
        at: all().find_map(|looks| looks.at.clone()),
        read_only: all().any(|looks| looks.read_only),
        no_color: args.no_color,
        label: label.into(),
    }
}

/// Reads a fleet directory; everything that is wrong is the error.
fn check(args: &Args, print: bool, env: &Env) -> Result<()> {
    let json = |value: &serde_json::Value| out::line(&value.to_string());
    let loaded = match config::load(&args.fleet, env.home.as_deref()) {
        Ok(loaded) => loaded,
        Err(problems) => {
            if args.json {
                json(&json!({ "problems": problems.0 }))?;
            }
            return Err(problems.into());
        }
    };
    loaded.warnings.iter().for_each(|warning| out::note(&format!("warning: {warning}")));
    let fleet = &loaded.fleet;
    match (print, args.json) {
        (true, true) => return json(&serde_json::to_value(fleet)?),
        (true, false) => return out::text(&loaded.to_yaml()?),
        (false, _) => {}
    }
    let [hosts, images] = [fleet.hosts.len(), fleet.images.len()];
    let [pools, schedules] = [fleet.pools.len(), fleet.schedules.len()];
    if args.json {
        return json(&json!({
            "problems": [], "warnings": loaded.warnings,
            "hosts": hosts, "images": images, "pools": pools, "schedules": schedules,
        }));
    }
    let named = [(hosts, "host"), (images, "image"), (pools, "pool"), (schedules, "schedule")];
    let counts = named.map(|(n, noun)| plural(n, noun));
    out::line(&format!("{}: no mistakes", counts.join(", ")))
}

fn man(dir: Option<&Path>) -> Result<()> {
    if let Some(dir) = dir {
        let written = clap_mangen::generate_to(Args::command(), dir);
        return written.with_context(|| format!("{} cannot be written", dir.display()));
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut text)?;
    out::text(&String::from_utf8_lossy(&text))
}

/// Reads a length of time as the inventory writes it.
pub(crate) fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|bad: hostler::model::BadSpan| bad.to_string())
}

/// Says what went wrong, and the exit code for it. A reader of our output that has gone is
/// nothing wrong.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if out::is_unread(error) {
        return ExitCode::SUCCESS;
    }
    if let Some(problems) = error.downcast_ref::<config::Problems>() {
        out::wrong(&problems.to_string());
    } else {
        out::wrong(&format!("hostler: {}", table::clean(&format!("{error:#}"))));
    }
    failure::code(error)
}
