//! Settings of the controller, from `hostler.yaml`. Every key has a default, so the file may be
//! absent.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::inventory::Paths;
use super::item::Item;
use super::problem::Report;
use crate::model::Span;

/// How the controller works.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Settings {
    /// Where the journal, the socket and the logs are kept; the platform's own place when absent.
    pub state: Option<PathBuf>,
    /// How long after one look at a host the next one comes.
    pub poll_interval: Span,
    /// Hosts looked at or worked on at the same time.
    pub concurrency: u32,
    pub limits: Limits,
    pub ssh_agent: SshAgent,
    pub log: Log,
}

/// How long an action on a host may take before its outcome is called unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Limits {
    /// With the pull of the image.
    pub clone: Span,
    pub start: Span,
    pub stop: Span,
    pub delete: Span,
}

/// Which SSH agent is asked for keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SshAgent {
    /// The one of the controller's own environment, when there is one.
    #[default]
    Environment,
    /// None: identity files only.
    None,
    /// The one behind this socket.
    Socket(PathBuf),
}

/// What is logged, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Log {
    pub level: LogLevel,
    /// `logs` in the state directory when absent.
    pub dir: Option<PathBuf>,
    /// Files kept, one a day.
    pub keep: u32,
}

/// The least that is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: None,
            poll_interval: Span::from_secs(10),
            concurrency: 256,
            limits: Limits::default(),
            ssh_agent: SshAgent::default(),
            log: Log::default(),
        }
    }
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            clone: Span::from_hours(2),
            start: Span::from_mins(5),
            stop: Span::from_mins(2),
            delete: Span::from_mins(2),
        }
    }
}
impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::default(), dir: None, keep: 14 }
    }
}

pub(super) fn read_settings(file: &Item<'_>, paths: Paths<'_>, report: &mut Report) -> Settings {
    let mut settings = Settings::default();
    let keys = ["state", "poll_interval", "concurrency", "limits", "ssh_agent", "log"];
    let Some([state, poll_interval, concurrency, limits, ssh_agent, log]) =
        file.fields(keys, report)
    else {
        return settings;
    };
    settings.state = state.and_then(|item| paths.read(&item, report));
    let second = Span::from_secs(1);
    set_span(&mut settings.poll_interval, poll_interval, second, Span::from_hours(1), report);
    if let Some(n) = concurrency.and_then(|item| item.int(1..=4096, report)) {
        settings.concurrency = u32::try_from(n).unwrap_or(settings.concurrency);
    }
    if let Some(item) = limits
        && let Some([clone, start, stop, delete]) =
            item.fields(["clone", "start", "stop", "delete"], report)
    {
        let day = Span::from_hours(24);
        set_span(&mut settings.limits.clone, clone, second, day, report);
        set_span(&mut settings.limits.start, start, second, day, report);
        set_span(&mut settings.limits.stop, stop, second, day, report);
        set_span(&mut settings.limits.delete, delete, second, day, report);
    }
    if let Some(item) = ssh_agent {
        settings.ssh_agent = read_agent(&item, paths, report).unwrap_or_default();
    }
    if let Some(item) = log {
        read_log(&mut settings.log, &item, paths, report);
    }
    settings
}

/// The word `none` or `environment`, or the path of a socket.
fn read_agent(item: &Item<'_>, paths: Paths<'_>, report: &mut Report) -> Option<SshAgent> {
    match item.text(report)? {
        "none" => Some(SshAgent::None),
        "environment" => Some(SshAgent::Environment),
        path if path.contains('/') => paths.read(item, report).map(SshAgent::Socket),
        _ => {
            report.wrong(item.wrong("names no agent", "environment, none or the path of a socket"))
        }
    }
}

fn read_log(log: &mut Log, item: &Item<'_>, paths: Paths<'_>, report: &mut Report) {
    let Some([level, dir, keep]) = item.fields(["level", "dir", "keep"], report) else { return };
    let words = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    log.level = level.and_then(|item| item.choice(words, report)).unwrap_or_default();
    log.dir = dir.and_then(|item| paths.read(&item, report));
    if let Some(n) = keep.and_then(|item| item.int(1..=365, report)) {
        log.keep = u32::try_from(n).unwrap_or(log.keep);
    }
}

/// Sets a length of time when one is given and it lies within bounds.
fn set_span(slot: &mut Span, item: Option<Item<'_>>, least: Span, most: Span, report: &mut Report) {
    if let Some(span) = item.and_then(|item| item.span(least..=most, report)) {
        *slot = span;
    }
}
