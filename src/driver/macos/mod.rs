//! What every Mac says of itself, whichever tool runs its VMs: version, hardware, load, memory,
//! disk, guests, keychain, address leases; and what is done on the Mac itself. Shared by the
//! drivers.

mod disk;
mod doctor;
mod facts;
mod guests;
mod leases;
mod memory;
mod work;

pub(super) use doctor::{examine, found};
pub(super) use facts::read;
pub(super) use guests::{count, locked};
pub(super) use leases::{Leases, Mac};
pub(super) use work::{copy, reboot, sh};
