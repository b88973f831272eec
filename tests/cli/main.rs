//! The program against a controller's socket: what it prints where, and its exit codes; against
//! one that keeps a few simulated Macs, what comes of it.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: these tests run the program; their helpers may fail loudly"
)]

mod program;
mod site;
mod stand;
#[path = "../common/tmux.rs"]
#[expect(dead_code, reason = "shared with other suites")]
mod tmux;

mod books;
mod doctor;
mod drains;
mod ends;
mod faults;
mod holds;
mod interrupts;
mod jobs;
mod plans;
mod prompts;
mod schedules;
mod slots;
mod verbs;
