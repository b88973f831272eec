//! Benchmarks: medians of several runs, printed as a table. Nothing here is asserted by time.
//! `cargo bench --bench bench [-- PART...]`; parts: plan, fold, store, ssh, controller, desktop.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "licence: benchmarks read the clock")]
#![expect(clippy::print_stdout, reason = "licence: the table")]

mod fleets;
mod fold;
mod plans;
mod ssh;
mod stores;

use std::time::{Duration, Instant};

/// One line of the table.
pub(crate) fn row(what: &str, figure: &str, goal: &str) {
    println!("{what:<58} {figure:>22}   {goal}");
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
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

pub(crate) fn per_second(many: usize, time: Duration) -> String {
    let rate = many as f64 / time.as_secs_f64();
    format!("{}/s", thousands(rate as u64))
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

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |part: &str| args.is_empty() || args.iter().any(|arg| arg == part);
    println!("{:<58} {:>22}   goal", "what", "figure");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if wanted("plan") {
        plans::run();
    }
    if wanted("fold") {
        fold::run();
    }
    if wanted("store") {
        runtime.block_on(stores::run());
    }
    if wanted("ssh") {
        runtime.block_on(ssh::run());
    }
}
