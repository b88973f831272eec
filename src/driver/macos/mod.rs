//! What every Mac says of itself, whichever tool runs its VMs: version, hardware, load, memory,
//! disk, guests, keychain, address leases. Shared by the drivers.

mod disk;
mod facts;
mod guests;
mod leases;
mod memory;

pub(super) use facts::read;
pub(super) use guests::{count, locked};
pub(super) use leases::{Leases, Mac};
