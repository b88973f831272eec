//! A small disk of a test's own, which nobody else sees and which ends with it. The test is run
//! again as a child in a mount namespace where a directory is such a disk.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "licence: a test runs itself again on another disk"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DIR: &str = "HOSTLER_TEST_DISK";

/// The small disk, when this process is the child.
pub(crate) fn here() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

/// Runs `test` of this program again, where `here` is a disk of this size. It must pass there.
pub(crate) fn run_on(size: &str, test: &str) {
    let tried = |flags: &&str| {
        let mut tried = Command::new("unshare");
        tried.args([flags, "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
        tried.status().is_ok_and(|status| status.success())
    };
    let Some(flags) = ["-m", "-rm"].into_iter().find(tried) else {
        panic!(
            "this test needs a disk of its own, and nobody may mount one here: install util-linux \
             and mount, and run the tests as root with CAP_SYS_ADMIN (in a container, \
             --cap-add SYS_ADMIN) or where users may make namespaces \
             (sysctl kernel.unprivileged_userns_clone=1)"
        );
    };
    let dir = tempfile::tempdir().unwrap();
    let mounted = format!("mount -t tmpfs -o size={size} none \"${DIR}\" && exec \"$@\"");
    let child = Command::new("unshare")
        .args([flags, "sh", "-c", &mounted, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(DIR, dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    // A name that is no test's would pass: nothing would run.
    assert!(said[0].contains("1 passed"), "{test} on a disk of {size}:\n{}", said.concat());
}

/// Mounts the disk anew: `size=16m`, `ro`, `rw`.
pub(crate) fn remount(dir: &Path, how: &str) {
    let how = format!("remount,{how}");
    let done = Command::new("mount").args(["-o", &how]).arg(dir).status().unwrap();
    assert!(done.success(), "mount -o {how} {}", dir.display());
}
