//! Benchmarks: medians of several runs, printed as one table. Nothing here is asserted by time.
//! `cargo bench --bench bench [-- PART...]`; parts: plan, forecast, fold, store, ssh, controller,
//! wipe, desktop.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "licence: benchmarks read the clock, start the program, and print the table"
)]

mod controller;
mod desktop;
mod fleets;
mod fold;
mod forecasts;
#[path = "../common/idle.rs"]
mod idle;
mod plans;
mod session;
mod ssh;
mod stores;
#[path = "../common/tmux.rs"]
#[expect(dead_code, reason = "shared with the tests in a terminal")]
mod tmux;
#[path = "../../ui/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the desktop is a module of the binary")]
mod ui;
mod wipes;

use std::time::{Duration, Instant};

/// What a figure is to be, and whether it is.
pub(crate) type Goal = Option<(String, bool)>;

/// One line of the table. The 99th percentile stands where one is named.
pub(crate) fn row(what: &str, median: &str, p99: &str, goal: Goal) {
    let goal = goal.map_or(String::new(), |(goal, met)| {
        format!("{goal}: {}", if met { "met" } else { "missed" })
    });
    println!("| {what:<58} | {median:>18} | {p99:>9} | {goal:<22} |");
}

/// A goal for a time.
pub(crate) fn within(time: Duration, most: Duration) -> Goal {
    Some((format!("<= {}", ms(most)), time <= most))
}

/// The median of `n` runs.
pub(crate) fn median(n: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..n).map(|_| run()).collect();
    times.sort();
    times[n / 2]
}

pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let out = work();
    (began.elapsed(), out)
}

pub(crate) fn ms(time: Duration) -> String {
    let text = format!("{:.2}", time.as_secs_f64() * 1e3);
    format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
}

pub(crate) fn per_second(many: usize, time: Duration) -> u64 {
    (many as f64 / time.as_secs_f64()) as u64
}

pub(crate) fn rate(many: usize, time: Duration) -> String {
    format!("{}/s", thousands(per_second(many, time)))
}

pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The machine that the figures are of, and what else it does: beside a compiler all is slower.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split(' ').nth_back(1));
    let gib = kib.and_then(|kib| kib.parse::<u64>().ok()).map(|kib| kib.div_ceil(1 << 20));
    let gib = gib.map_or(String::new(), |gib| format!(", {gib} GiB"));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().map_or(String::new(), |load| format!(", load {load} before"));
    format!("hostler {}, {cores} cores{gib}{load}", env!("CARGO_PKG_VERSION"))
}

/// Both ends of many connections are files of this process and of those it starts.
fn open_as_many_files_as_allowed() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// The parts, in the order of the table.
const PARTS: [&str; 8] =
    ["plan", "forecast", "fold", "store", "ssh", "controller", "wipe", "desktop"];
/// Before the name of the one part that this process measures.
const ONLY: &str = "only=";

/// Each part has a process of its own, so that none is measured with what others left in memory.
fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if let [arg] = &args[..]
        && let Some(part) = arg.strip_prefix(ONLY)
    {
        return measure(part);
    }
    println!("{}\n", machine());
    println!("| {:<58} | {:>18} | {:>9} | {:<22} |", "what", "median", "p99", "goal");
    println!("|{:-<60}|{:-<19}:|{:-<10}:|{:-<24}|", "", "", "", "");
    let wanted = |part: &&str| args.is_empty() || args.iter().any(|arg| arg == part);
    for part in PARTS.into_iter().filter(wanted) {
        let mut process = std::process::Command::new(std::env::current_exe().unwrap());
        let status = process.arg(format!("{ONLY}{part}")).status().unwrap();
        assert!(status.success(), "{part}: {status}");
    }
}

fn measure(part: &str) {
    open_as_many_files_as_allowed();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match part {
        "plan" => plans::run(),
        "forecast" => forecasts::run(),
        "fold" => fold::run(),
        "store" => runtime.block_on(stores::run()),
        "ssh" => runtime.block_on(ssh::run()),
        "controller" => runtime.block_on(controller::run()),
        "wipe" => runtime.block_on(wipes::run()),
        "desktop" => desktop::run(&runtime),
        part => panic!("no part is called {part}"),
    }
}
