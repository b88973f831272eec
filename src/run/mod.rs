//! Puts the parts together: a controller over a fleet directory, a demo over simulated Macs, the
//! simulated Macs alone. What each command needs of the environment comes in as `Env`.

mod console;
mod controller;
mod demo;
mod desktop;
mod files;
mod follow;
mod limits;
mod logs;
mod night;
mod own;
mod picture;
mod serve;
mod signals;
mod simulate;
mod wipe;

use std::path::PathBuf;

use hostler::model::Zone;

pub(crate) use console::console;
pub(crate) use controller::Controller;
pub(crate) use demo::{DemoOptions, demo};
pub(crate) use desktop::{Dress, desktop};
pub(crate) use follow::details;
pub(crate) use serve::{ServeOptions, serve};
pub(crate) use simulate::{SimOptions, simulate};

/// What main has read of the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    pub(crate) home: Option<PathBuf>,
    /// Where temporary directories go.
    pub(crate) temp: PathBuf,
    /// The platform's directory for state, with `hostler` at its end.
    pub(crate) state: PathBuf,
    /// The person's own file of the desktop, whether it is there or not.
    pub(crate) desktop_file: Option<PathBuf>,
    /// The socket of the SSH agent.
    pub(crate) agent: Option<PathBuf>,
    pub(crate) user: String,
    /// In which times are shown.
    pub(crate) zone: Zone,
    /// This program.
    pub(crate) exe: PathBuf,
    pub(crate) no_color: bool,
    pub(crate) term: String,
    pub(crate) colorterm: String,
    /// Whether the locale says UTF-8.
    pub(crate) utf8: bool,
    /// The desktop is to panic, for a test of what is left then. Never in a release.
    pub(crate) desktop_breaks: bool,
}
