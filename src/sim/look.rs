//! What a look shows of a simulated Mac: the same sections, with the same text in them, as the
//! tools of a real one print.

use super::dice::Draw;
use super::faults::Fault;
use super::mac::{Mac, Vm};
use super::work::IMAGE_GB;
use crate::model::{Bytes, GuestOs, Timestamp};

const MACOS: (&str, &str) = ("26.3.1", "25D2128");
const TOOL: &str = "2.35.0";
const PAGE: u64 = 16_384;
/// What macOS itself holds in memory.
const SYSTEM_MEMORY: Bytes = Bytes::gib(5);
/// Cores that a busy guest keeps.
const GUEST_CORES: f64 = 4.0;
/// A guest's work changes this often.
const WORK_MS: i64 = 300_000;
const XPC: &str = "/System/Library/Frameworks/Virtualization.framework/Versions/A/XPCServices/\
    com.apple.Virtualization.VirtualMachine.xpc/Contents/MacOS/\
    com.apple.Virtualization.VirtualMachine";

/// The whole answer to a look at `now`.
pub(super) fn look(mac: &Mac, probes: &[String], now: Timestamp) -> String {
    let mut out = String::with_capacity(4_096);
    let mut say = |name: &str, status: i32, text: &str| {
        out.push_str(&format!("@@ {name} {status}\n{text}"));
        if !text.is_empty() && !text.ends_with('\n') {
            out.push('\n');
        }
    };
    let (version, build) = MACOS;
    say("guard", 0, &guard(mac));
    let made: String = mac.noted.iter().map(|name| format!("{name}\n")).collect();
    say("made", 0, &made);
    let sw_vers =
        format!("ProductName:\t\tmacOS\nProductVersion:\t\t{version}\nBuildVersion:\t\t{build}\n");
    say("sw_vers", 0, &sw_vers);
    say("sysctl", 0, &sysctl(mac, now));
    say("boot", 0, &boot_session(mac));
    say("vm_stat", 0, &vm_stat(mac));
    say("df", 0, &df(mac, now));
    let filevault = if mac.filevault { "On" } else { "Off" };
    say("filevault", 0, &format!("FileVault is {filevault}.\n"));
    say("uuid", 0, &format!("  \"IOPlatformUUID\" = \"{}\"\n", mac.uuid));
    let gone = mac.ails(Fault::NoTool, now);
    say("tool", if gone { 127 } else { 0 }, if gone { "" } else { TOOL });
    if mac.trouble.list_fails || gone {
        say("list", 1, "");
    } else {
        say("list", 0, &list(mac, now));
        for (name, vm) in mac.vms.iter().filter(|(_, vm)| vm.listed && vm.run.is_some()) {
            say(&format!("vm {}", percent(name)), 0, &config(vm));
        }
    }
    say("leases", i32::from(mac.leases.is_empty()), &leases(mac));
    let guests = guests(mac);
    say("guests", i32::from(guests.is_empty()), &guests);
    say("busy", 0, &busy(mac, probes, now));
    match now < mac.trouble.keychain {
        false => say("keychain", 0, "Keychain \"<NULL>\" no-timeout\n"),
        true => say(
            "keychain",
            36,
            "security: SecKeychainCopySettings <NULL>: User interaction is not allowed.\n",
        ),
    }
    say("end", 0, "");
    out
}

fn guard(mac: &Mac) -> String {
    let mut text = format!("epoch {}\n", mac.guard.epoch);
    if let Some(lock) = &mac.guard.lock {
        text.push_str(&format!("running {}\n", lock.op));
    }
    for (op, reply) in &mac.guard.done {
        text.push_str(&format!("done {op} {}\n", reply.status));
    }
    if let Some(op) = mac.guard.restart_over(mac.boot.nth) {
        text.push_str(&format!("done {op} 0\n"));
    }
    text
}

/// What the guests say that are asked. One that does not run or has not booted says nothing.
fn busy(mac: &Mac, probes: &[String], now: Timestamp) -> String {
    let answers = probes.iter().filter_map(|name| {
        let vm = mac.vms.get(name).filter(|vm| vm.listed)?;
        Some((name, if vm.busy(now)? { "yes" } else { "no" }))
    });
    answers.map(|(name, word)| format!("{name} {word}\n")).collect()
}

fn sysctl(mac: &Mac, now: Timestamp) -> String {
    let hardware = mac.hardware;
    let booted = mac.boot.at.to_utc();
    format!(
        "{}\n{}\n{}\n{}\n{{ sec = {}, usec = {} }} {}\n{{ {:.2} {:.2} {:.2} }}\n",
        hardware.chip,
        hardware.model,
        hardware.cores,
        hardware.memory.0,
        booted.timestamp(),
        booted.timestamp_subsec_micros(),
        booted.format("%a %b %e %H:%M:%S %Y"),
        load(mac, now, 0),
        load(mac, now, 1),
        load(mac, now, 3),
    )
}

/// The run queue as it was `ago` spells of work ago.
fn load(mac: &Mac, now: Timestamp, ago: i64) -> f64 {
    let spell = now.as_millis() / WORK_MS - ago;
    let own = 0.15 + 0.3 * mac.dice.unit(Draw::Busy, spell as u64);
    let guests = mac.vms.values().filter(|vm| vm.run.is_some());
    let theirs: f64 = guests
        .map(|vm| {
            let dice = mac.dice.part(vm.number());
            match vm.busy(now) {
                Some(true) => GUEST_CORES * (0.75 + 0.5 * dice.unit(Draw::Other, spell as u64)),
                Some(false) => 0.1,
                // It boots.
                None => 1.0,
            }
        })
        .sum();
    own + theirs
}

/// Changes with each boot, and only then.
fn boot_session(mac: &Mac) -> String {
    let high = mac.dice.roll(Draw::Boot, 2 * mac.boot.nth);
    let low = mac.dice.roll(Draw::Boot, 2 * mac.boot.nth + 1);
    format!(
        "{:08X}-{:04X}-4{:03X}-{:04X}-{:012X}\n",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48 & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}

fn vm_stat(mac: &Mac) -> String {
    let total = mac.hardware.memory.0 / PAGE;
    let guests: u64 =
        mac.vms.values().filter(|vm| vm.run.is_some()).map(|vm| vm.memory.0 / 10 * 9).sum();
    let held = ((SYSTEM_MEMORY.0 + guests) / PAGE).min(total / 20 * 19);
    let (wired, compressed) = (held / 5, held / 20);
    let purgeable = held / 50;
    let anonymous = held - wired - compressed + purgeable;
    let files = (total - held) / 2;
    let mut text = format!("Mach Virtual Memory Statistics: (page size of {PAGE} bytes)\n");
    for (name, pages) in [
        ("Pages free", total - held - files),
        ("Pages active", anonymous / 2),
        ("Pages inactive", anonymous / 2 + files / 2),
        ("Pages speculative", files / 2),
        ("Pages throttled", 0),
        ("Pages wired down", wired),
        ("Pages purgeable", purgeable),
        ("\"Translation faults\"", 812_345_678),
        ("Pages copy-on-write", 33_221_100),
        ("Pages zero filled", 400_000_000),
        ("Pages reactivated", 9_000_000),
        ("Pages purged", 2_000_000),
        ("File-backed pages", files),
        ("Anonymous pages", anonymous),
        ("Pages stored in compressor", compressed * 3),
        ("Pages occupied by compressor", compressed),
        ("Decompressions", 12_345_678),
        ("Compressions", 23_456_789),
        ("Pageins", 5_555_555),
        ("Pageouts", 44_444),
        ("Swapins", 12_345),
        ("Swapouts", 23_456),
    ] {
        text.push_str(&format!("{:<30} {pages:>16}.\n", format!("{name}:")));
    }
    text
}

fn df(mac: &Mac, now: Timestamp) -> String {
    let total = mac.hardware.disk.0 / 1_024;
    let free = mac.disk_free(now) / 1_024;
    let used = total - free.min(total);
    format!(
        "Filesystem   1024-blocks      Used Available Capacity  Mounted on\n\
         /dev/disk3s5 {total:>11} {used:>9} {free:>9} {:>7}%    /System/Volumes/Data\n",
        used * 100 / total.max(1),
    )
}

/// The tool's list: local VMs, then cached images, each of those by its tag and by its digest.
fn list(mac: &Mac, now: Timestamp) -> String {
    let mut items = Vec::new();
    for (nth, (name, vm)) in mac.vms.iter().filter(|(_, vm)| vm.listed).enumerate() {
        let size = Mac::vm_size(vm, now) / 1_000_000_000;
        items.push(item(mac, nth, name, "local", vm.run.is_some(), size, vm.made));
    }
    let mut images: Vec<_> = mac.images.iter().collect();
    images.sort_unstable();
    for image in images {
        let nth = items.len();
        items.push(item(mac, nth, image, "OCI", false, IMAGE_GB, mac.boot.at));
        items.push(item(mac, nth + 1, &by_digest(image), "OCI", false, IMAGE_GB, mac.boot.at));
    }
    format!("[\n{}\n]\n", items.join(",\n"))
}

fn item(
    mac: &Mac,
    nth: usize,
    name: &str,
    source: &str,
    running: bool,
    size: u64,
    accessed: Timestamp,
) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string().replace('/', "\\/");
    let state = if running { "running" } else { "stopped" };
    let mut keys = [
        format!("    \"Running\" : {running}"),
        format!("    \"State\" : \"{state}\""),
        format!("    \"Accessed\" : \"{}\"", accessed.to_utc().format("%Y-%m-%dT%H:%M:%SZ")),
        format!("    \"Name\" : {}", text(name)),
        format!("    \"Source\" : \"{source}\""),
        format!("    \"Size\" : {size}"),
        "    \"Disk\" : 50".to_owned(),
    ];
    // The real tool prints keys in no order that could be relied on.
    let turns = mac.dice.below(Draw::KeyOrder, nth as u64, keys.len() as u64);
    keys.rotate_left(turns as usize);
    format!("  {{\n{}\n  }}", keys.join(",\n"))
}

/// `host/name@sha256:...` of `host/name:tag`.
pub(super) fn by_digest(image: &str) -> String {
    let name = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        Some(_) | None => image,
    };
    let seed = image.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    let dice = super::dice::Dice::new(seed);
    let digest: String = (0..4).map(|n| format!("{:016x}", dice.roll(Draw::Other, n))).collect();
    format!("{name}@sha256:{digest}")
}

fn config(vm: &Vm) -> String {
    let os = match vm.os {
        GuestOs::Macos => "darwin",
        GuestOs::Linux => "linux",
    };
    let mac: Vec<_> = vm.mac.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("\"os\" : \"{os}\"\n\"macAddress\" : \"{}\"\n", mac.join(":"))
}

fn leases(mac: &Mac) -> String {
    let mut text = String::new();
    for lease in &mac.leases {
        // Without leading zeros, unlike everywhere else.
        let hw: Vec<_> = lease.mac.iter().map(|octet| format!("{octet:x}")).collect();
        let hw = hw.join(":");
        text.push_str(&format!(
            "{{\n\tname=Managed-Virtual-Machine\n\tip_address=192.168.64.{}\n\
             \thw_address=1,{hw}\n\tidentifier=1,{hw}\n\tlease=0x{:x}\n}}\n",
            lease.ip,
            lease.ends.as_millis() / 1_000,
        ));
    }
    text
}

/// One process for each running guest, of whatever tool.
fn guests(mac: &Mac) -> String {
    let mut text = String::new();
    for vm in mac.vms.values().filter(|vm| vm.run.is_some()) {
        let pid = 400 + (u64::from(vm.mac[4]) << 8 | u64::from(vm.mac[5]));
        text.push_str(&format!("{pid} {XPC}\n"));
    }
    text
}

/// As it is when plain, else every byte as `%xx`.
fn percent(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name.chars().all(plain) {
        true => name.into(),
        false => name.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Dice;
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_760_000_000_000 + seconds * 1_000)
    }

    fn mac() -> Mac {
        Mac::new(Dice::new(1), vec!["ghcr.io/acme/tahoe:1".into()], 0.5, at(0))
    }

    #[test]
    fn the_list_is_json_as_the_tool_prints_it() {
        let mut mac = mac();
        mac.make("a \"b\"", GuestOs::Macos, true, at(0));
        mac.make("hidden/c", GuestOs::Macos, false, at(0));
        mac.run("a \"b\"", at(0));
        let text = list(&mac, at(7_300));
        assert!(text.contains("    \"Name\" : \"ghcr.io\\/acme\\/tahoe:1\""), "{text}");
        assert!(text.starts_with("[\n  {\n    \"") && text.ends_with("\n  }\n]\n"), "{text}");
        let read: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let names: Vec<_> = read.iter().map(|item| item["Name"].as_str().unwrap()).collect();
        assert_eq!(names[..2], ["a \"b\"", "ghcr.io/acme/tahoe:1"]);
        assert!(names[2].starts_with("ghcr.io/acme/tahoe@sha256:") && names.len() == 3);
        let vm = &read[0];
        assert_eq!((&vm["State"], &vm["Running"]), (&"running".into(), &true.into()));
        assert_eq!((&vm["Size"], &vm["Accessed"]), (&5.into(), &"2025-10-09T08:53:20Z".into()));
        mac.images.clear();
        mac.vms.clear();
        assert_eq!(list(&mac, at(0)), "[\n\n]\n");
    }

    #[test]
    fn a_lease_has_no_leading_zeros_and_a_config_has() {
        let mut mac = mac();
        mac.make("a", GuestOs::Linux, true, at(0));
        mac.run("a", at(0));
        if let Some(vm) = mac.vms.get_mut("a") {
            vm.mac = [0x7e, 0xf2, 0x1a, 0x0b, 0x33, 0];
        }
        mac.settle(at(100));
        let text = look(&mac, &[], at(100));
        assert!(text.contains("\thw_address=1,7e:f2:1a:b:33:0\n"), "{text}");
        assert!(text.contains("@@ vm a 0\n\"os\" : \"linux\"\n"), "{text}");
        assert!(text.contains("\"macAddress\" : \"7e:f2:1a:0b:33:00\"\n"), "{text}");
        let ends = mac.leases[0].ends.as_millis() / 1_000;
        assert!(text.contains(&format!("\tlease=0x{ends:x}\n")), "{text}");
    }

    #[test]
    fn a_boot_session_changes_with_each_boot_and_only_then() {
        let mut mac = mac();
        let first = boot_session(&mac);
        assert_eq!((first.len(), first.matches('-').count()), (37, 4));
        mac.settle(at(500));
        assert_eq!(boot_session(&mac), first);
        mac.reboot(at(500), crate::model::Span::from_secs(60));
        assert_ne!(boot_session(&mac), first);
    }

    #[test]
    fn odd_names_are_percent_encoded() {
        assert_eq!(percent("hostler-ci.1_a"), "hostler-ci.1_a");
        assert_eq!(percent("a é"), "%61%20%c3%a9");
    }
}
