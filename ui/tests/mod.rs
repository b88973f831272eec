//! Tests of the whole desktop: sessions, pictures, a monkey, the room's rules, and the budget.

mod budget;
mod commands;
pub mod fleet;
mod monkey;
mod pictures;
mod rules;
pub mod session;
mod told;
