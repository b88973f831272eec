//! What is done on a Mac itself, whichever tool runs its VMs: a command, a file, a restart.

use crate::driver::words::base64;
use crate::transport::Script;

macro_rules! guarded {
    ($($own:literal),+) => {
        concat!(
            include_str!("scripts/env.sh"),
            "\n",
            include_str!("scripts/guard.sh"),
            $("\n", include_str!($own)),+
        )
    };
}

/// The script that has a shell of its own read the text `run`.
pub(in crate::driver) fn sh(run: &str, timeout_s: u64) -> Script {
    Script::new("mac.sh", guarded!("scripts/sh.sh"))
        .arg("run", run)
        .arg("timeout_s", timeout_s.max(1))
}

/// The script that makes a file.
pub(in crate::driver) fn copy(content: &[u8], to: &str, mode: &str) -> Script {
    Script::new("mac.copy", guarded!("scripts/copy.sh"))
        .arg("content", base64(content))
        .arg("to", to)
        .arg("mode", mode)
}

/// The script that restarts the Mac.
pub(in crate::driver) fn reboot(authrestart: bool, guests: u32) -> Script {
    let may = if authrestart { "yes" } else { "no" };
    Script::new("mac.reboot", guarded!("scripts/guests.sh", "scripts/reboot.sh"))
        .arg("authrestart", may)
        .arg("guests", guests)
}
