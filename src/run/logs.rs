//! Logs of a headless controller: JSON lines, one file a day, old ones removed; what is wrong
//! goes to standard error too, where launchd and systemd pick it up.

use std::path::Path;

use anyhow::{Context, Result};
use hostler::config::LogLevel;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs to `dir` until the guard is dropped.
pub(crate) fn start(dir: &Path, level: LogLevel, keep: u32) -> Result<WorkerGuard> {
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("hostler")
        .filename_suffix("jsonl")
        .max_log_files(keep as usize)
        .build(dir)
        .with_context(|| {
            let dir = dir.display();
            format!("logs cannot be written to {dir}: make it writable, or set another `log.dir`")
        })?;
    let (files, guard) = tracing_appender::non_blocking(files);
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries speak up only when something is wrong.
    let ours = tracing_subscriber::filter::Targets::new()
        .with_target("hostler", level)
        .with_default(LevelFilter::WARN.min(level));
    let json = tracing_subscriber::fmt::layer().json().with_writer(files).with_filter(ours);
    let wrong = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .with_filter(LevelFilter::WARN);
    tracing_subscriber::registry().with(json).with(wrong).try_init()?;
    Ok(guard)
}
