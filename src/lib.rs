//! Hostler keeps a fleet of Mac hosts. The rooms, and who may use whom, stand in
//! `tests/rooms.rs`; what each is for stands on its own door.

pub mod api;
pub mod config;
pub mod driver;
pub mod engine;
pub mod model;
pub mod plan;
pub mod sim;
pub mod store;
pub mod transport;
