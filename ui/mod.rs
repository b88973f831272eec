//! The desktop in the terminal. The core is one value that takes messages and is drawn; around
//! it a thin shell owns the terminal, the connection and the clock. It knows the controller only
//! by what `Source` gives it.
#![expect(unreachable_pub, reason = "a module of the binary: `pub` is for its other modules")]

mod act;
mod action;
mod answers;
mod app;
mod ask;
mod background;
mod books;
mod canvas;
mod clock;
mod columns;
mod commands;
mod course;
mod crash;
mod crews;
mod desk;
mod dialogs;
mod doctor;
mod drains;
mod feed;
mod filter;
mod glyphs;
mod guard;
mod input;
mod jump;
mod keep;
mod keymap;
mod keys;
mod kinds;
mod layouts;
mod link;
mod msg;
mod notes;
mod output;
mod pacing;
mod past;
mod picture;
mod pointer;
mod replica;
mod screen;
mod settings;
mod shell;
mod signals;
mod situation;
mod stderr;
#[cfg(test)]
pub mod tests;
mod text;
mod theme;
mod tty;
mod undo;
mod whys;
mod widgets;
mod windows;
mod work;

use std::path::PathBuf;

use tokio::sync::watch;

pub use action::actions;
pub use app::App;
pub use desk::Layout;
pub use feed::Source;
pub use keep::Keep;
pub use keymap::{KeyTrouble, OwnKeys, read_keys};
pub use msg::{Answer, Calendar, Coming, Msg, Order, Query, Refused, Setup};
pub use picture::{Format, picture};
pub use shell::run;
pub use theme::{Depth, ThemeName};
pub use widgets::Chosen as Columns;

/// How the desktop is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub setup: Setup,
    /// Becomes true when the program is to end for other reasons than the desktop's own.
    pub stop: Option<watch::Receiver<bool>>,
    /// Where a crash file is written; nowhere when absent.
    pub crash_dir: Option<PathBuf>,
    /// The first drawing of the fleet panics: for the test of what is left then.
    pub breaks: bool,
}
