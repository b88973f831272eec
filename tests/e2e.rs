//! The whole of Hostler against real OpenSSH servers: a fleet directory is read, a controller works
//! over it, and what the Macs themselves remember has the last word.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "licence: Macs in directories of their own, deadlines, a controller as a process"
)]

#[cfg(target_os = "linux")]
#[path = "common/disk.rs"]
mod disk;
#[path = "common/mac.rs"]
#[expect(dead_code, reason = "shared with other suites")]
mod mac;
#[path = "common/sshd.rs"]
#[expect(dead_code, reason = "shared with other suites")]
mod sshd;

#[path = "e2e/aboard.rs"]
mod aboard;
#[path = "e2e/audit.rs"]
mod audit;
#[cfg(target_os = "linux")]
#[path = "e2e/canary.rs"]
mod canary;
#[path = "e2e/console.rs"]
mod console;
#[path = "e2e/deaths.rs"]
mod deaths;
#[path = "e2e/doctor.rs"]
mod doctor;
#[path = "e2e/drains.rs"]
mod drains;
#[path = "e2e/life.rs"]
mod life;
#[path = "e2e/limits.rs"]
mod limits;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/respawn.rs"]
mod respawn;
#[path = "e2e/silence.rs"]
mod silence;
#[path = "e2e/site.rs"]
mod site;
#[cfg(target_os = "linux")]
#[path = "e2e/state.rs"]
mod state;
#[path = "e2e/trust.rs"]
mod trust;
#[path = "e2e/turns.rs"]
mod turns;
