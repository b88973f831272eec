//! Tests of the whole desktop: sessions, pictures, a monkey, and the room's rules. Its budget is
//! measured in `tests/bench/desktop.rs`.

mod books;
pub mod calendar;
mod chosen;
mod commands;
pub mod fleet;
mod kept;
mod keys;
mod lists;
mod maps;
mod metrics;
mod monkey;
mod past;
mod pictures;
mod plans;
pub mod pools;
mod rules;
mod schedule;
pub mod session;
mod settings;
mod told;
mod watching;
mod whys;
pub mod works;
