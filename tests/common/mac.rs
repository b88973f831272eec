//! A home directory that is a Mac: its own tool, kernel, boot session, address leases, faults.
//! Nothing outside of the home is read or written, so any number of them live side by side.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes `home` a Mac without VMs.
pub(crate) fn install_tools(home: &Path) {
    for real in ["/opt/homebrew/bin/tart", "/usr/local/bin/tart"] {
        assert!(!Path::new(real).exists(), "{real} would be run instead of the tests' own tool");
    }
    for folder in ["bin", "kernel", "faults", "var/db", "etc/ssh"] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools");
    for tool in fs::read_dir(tools).unwrap() {
        let tool = tool.unwrap();
        if tool.file_type().unwrap().is_file() {
            let installed = home.join("bin").join(tool.file_name());
            fs::copy(tool.path(), &installed).unwrap();
            fs::set_permissions(&installed, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    fs::write(home.join("var/db/dhcpd_leases"), "").unwrap();
    // Twelve bytes, as of a short password.
    fs::write(home.join("etc/kcpassword"), [0x7d; 12]).unwrap();
    new_boot(home);
}

/// Sets a fault: `leak`, `keychain`, `boot_seconds`, `slow_start`, `clone_seconds`,
/// `clone_waits`, `start_waits`, `pull_seconds`, `registry`, `disk_full`, `guest_dies`, `list_fails`, `list_fails_once`,
/// `list_seconds`, `leak_next`, `unlisted`, `stop_seconds`, `delete_seconds`, `delete_image`, `fqn`,
/// `agent`, `exec_seconds`, `guest_stays`, `filevault`, `sudo`, `no_restart`, `others`; for the
/// doctor `pmset_KEY`, `defaults_KEY` (`absent`: there is none), `console`, `clock`,
/// `no_sudo_restart`, `disk_free` (in KiB).
pub(crate) fn fault(home: &Path, name: &str, text: &str) {
    fs::write(home.join("faults").join(name), text).unwrap();
}

/// Ends a fault.
pub(crate) fn mend(home: &Path, name: &str) {
    let _ = fs::remove_file(home.join("faults").join(name));
}

/// Names of the VMs whose guests run, macOS and Linux, in order.
pub(crate) fn vms_running(home: &Path) -> Vec<String> {
    let texts = living(home, "guest").into_iter().map(|(_, _, text)| text);
    let mut names: Vec<String> =
        texts.filter_map(|text| text.split_once(' ').map(|(_, name)| name.to_owned())).collect();
    names.sort();
    names
}

/// What is inside of a VM: the home of what runs there.
pub(crate) fn inside(home: &Path, vm: &str) -> PathBuf {
    let inside = home.join("guests").join(vm);
    fs::create_dir_all(&inside).unwrap();
    inside
}

/// How often the Mac was told to restart.
pub(crate) fn restarts(home: &Path) -> usize {
    fs::read_to_string(home.join("kernel/restarts")).map_or(0, |text| text.lines().count())
}

/// The most macOS guests that ever ran at once.
pub(crate) fn most_ever(home: &Path) -> u32 {
    most(home, "most_guests")
}

/// The most commands of the tool, runs aside, that were ever under way at once.
pub(crate) fn most_commands(home: &Path) -> u32 {
    most(home, "most_commands")
}

/// Ends every VM at once and begins a new boot session; a leak is gone.
pub(crate) fn reboot(home: &Path) {
    for kind in ["guest", "run"] {
        for (pid, path, _) in living(home, kind) {
            signal("KILL", &pid.to_string());
            // Its lock goes with its last breath.
            if let Ok(file) = fs::File::open(&path) {
                file.lock_shared().unwrap();
            }
        }
    }
    mend(home, "leak");
    new_boot(home);
}

/// Sends a signal to a process, or to a group as `-PGID`.
pub(crate) fn signal(name: &str, target: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, "--", target])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

fn new_boot(home: &Path) {
    static BOOTS: AtomicU64 = AtomicU64::new(0);
    let boot = BOOTS.fetch_add(1, Ordering::Relaxed);
    let session = format!("6F1B2C3D-0000-4000-{:04X}-{boot:012X}", std::process::id() & 0xffff);
    fs::write(home.join("boot"), session + "\n").unwrap();
    fs::write(home.join("boottime"), format!("{}\n", 1_592_836_479 + boot)).unwrap();
}

fn most(home: &Path, name: &str) -> u32 {
    fs::read_to_string(home.join("kernel").join(name)).map_or(0, |text| text.parse().unwrap())
}

/// The living processes of a kind (`guest`, `run`, `command`), each of which keeps a lock on its
/// file: number, file, text.
pub(crate) fn living(home: &Path, kind: &str) -> Vec<(u32, PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home.join("kernel")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(pid) = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')) else {
            continue;
        };
        let (Ok(pid), Ok(file)) = (pid.parse(), fs::File::open(&path)) else { continue };
        if file.try_lock_shared().is_err() {
            found.push((pid, path.clone(), fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    found
}
