//! Checks of what VMs need: the tool, the keychain, addresses, room, slots.

use super::{Patient, major, needs_keychain, number, pasted};
use crate::model::{Bytes, Check, CheckName, DriverKind, Exam, Setting, Slot};
use crate::plan::ready::{Lack, doubtful, lacks};

/// Addresses of the network that macOS makes for its guests.
const ADDRESSES: u64 = 253;
/// So many leased at once leave no room for long.
const LEASED_MOST: u32 = 240;
/// With this lease time a start a minute uses up no more than there are.
const LEASE_MOST_S: u64 = 4 * 3_600;
/// What macOS takes when nothing is set.
const LEASE_DEFAULT_S: u64 = 86_400;
const LEASE_FIX: &str = "sudo defaults write /Library/Preferences/SystemConfiguration/\
    com.apple.InternetSharing.default.plist bootpd -dict-add DHCPLeaseTimeSecs -int 600";
const NETWORK_FIX: &str = "sudo defaults write com.apple.network.local-network \
    AllowedEthernetLocalNetworkAddresses -array 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16";
/// Versions of which it is reported that slots were lost (tart#1217, tart#445, macosvm#16).
const REPORTED: [&str; 1] = ["26.3.1"];
/// Less than so many times the reserve is worth a word.
const DISK_SOON: Bytes = Bytes::gib(60);

fn lack(exam: &Exam, which: fn(&Lack) -> bool) -> Option<Lack> {
    lacks(Some(&exam.sighting)).into_iter().find(which)
}

pub(super) fn tool(patient: &Patient<'_>) -> Check {
    let exam = patient.exam;
    let name = CheckName::Tool;
    let (tool, install) = match patient.host.spec.driver {
        DriverKind::Tart => ("tart", "brew install openai/tools/tart"),
    };
    if exam.tool == Setting::Absent {
        let Some(elsewhere) = &exam.tool_elsewhere else {
            return Check::fail(name, format!("{tool} is not installed")).fix(install);
        };
        let failed = Check::fail(
            name,
            format!(
                "{tool} is at {elsewhere}, where neither a command over SSH nor Hostler finds it"
            ),
        );
        return match pasted(elsewhere) {
            Some(at) => failed.fix(format!(
                "sudo mkdir -p /usr/local/bin && sudo ln -sf {at} /usr/local/bin/{tool}"
            )),
            None => failed,
        };
    }
    if let Some(lack) = lack(exam, |lack| matches!(lack, Lack::Tool(_))) {
        let run = format!("/opt/homebrew/bin/{tool} list");
        let Setting::Is(at) = &exam.tool else { return Check::fail(name, lack.said()).fix(run) };
        let run = pasted(at).map_or(run, |at| format!("{at} list"));
        return Check::fail(name, lack.said()).fix(run);
    }
    let version = &exam.sighting.facts.tool;
    let Setting::Is(at) = &exam.tool else { return Check::ok(name, format!("{tool} {version}")) };
    let folder = at.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = match exam.ssh_path.split(':').any(|on| on == folder) {
        true => "",
        false => ", which is not on the path of a command over SSH: Hostler sets its own",
    };
    Check::ok(name, format!("{tool} {version} at {at}{beside}"))
}

pub(super) fn perl(exam: &Exam) -> Check {
    let name = CheckName::Perl;
    match &exam.perl {
        Setting::Is(at) => Check::ok(name, format!("at {at}")),
        Setting::Absent => Check::fail(
            name,
            "there is none: no command can be given its time, and `sh` steps are refused",
        )
        .fix("brew install perl"),
        Setting::Unread => Check::unknown(name, "it was not said whether there is one"),
    }
}

pub(super) fn keychain(exam: &Exam) -> Check {
    const UNLOCK: &str = "security unlock-keychain login.keychain && \
        security set-keychain-settings login.keychain";
    let name = CheckName::Keychain;
    if !needs_keychain(exam) {
        return Check::ok(name, "no VM needs it before macOS 15");
    }
    if let Some(Lack::Unlocked(why)) = lack(exam, |lack| matches!(lack, Lack::Unlocked(_))) {
        return Check::fail(name, why).fix(UNLOCK);
    }
    match &exam.keychain {
        Setting::Is(text) if text.contains("lock-on-sleep") || text.contains("timeout=") => {
            Check::warn(name, format!("unlocked, and locks itself again ({text})"))
                .fix("security set-keychain-settings login.keychain")
        }
        Setting::Is(_) => Check::ok(name, "unlocked"),
        Setting::Absent => Check::fail(name, "there is no login keychain: no VM can start").fix(
            "security create-keychain -p '' login.keychain && \
             security unlock-keychain -p '' login.keychain && \
             security login-keychain -s login.keychain",
        ),
        Setting::Unread => Check::unknown(name, "whether it is unlocked could not be read")
            .fix("security show-keychain-info"),
    }
}

/// SSH sessions and what they start are exempt (TN3179); whether a guest's process still is when
/// its session has ended is not documented. So nothing is a failure here.
pub(super) fn local_network(exam: &Exam) -> Check {
    let name = CheckName::LocalNetwork;
    if major(exam).is_some_and(|major| major < 15) {
        return Check::ok(name, "there is no such privacy before macOS 15");
    }
    match &exam.local_network {
        Setting::Is(networks) if covers_guests(networks) => {
            Check::ok(name, "the networks of guests are allowed")
        }
        Setting::Is(networks) => {
            let why = format!(
                "only {networks} are allowed, and guests have addresses in 192.168.64.0/24: a \
                 tool that launchd starts may get `No route to host`"
            );
            Check::warn(name, why).fix(NETWORK_FIX)
        }
        Setting::Absent => Check::unknown(
            name,
            "no network is allowed by name; what SSH starts is exempt, a tool that launchd \
             starts is not, and which it is cannot be read",
        )
        .fix(NETWORK_FIX),
        Setting::Unread => Check::unknown(name, "which networks are allowed could not be read"),
    }
}

/// Whether one of these networks has the addresses that macOS gives to guests.
fn covers_guests(networks: &str) -> bool {
    const GUESTS: u32 = 192 << 24 | 168 << 16 | 64 << 8 | 1;
    networks.split_whitespace().any(|network| {
        let (address, bits) = network.split_once('/').unwrap_or((network, "32"));
        let address = address.parse::<std::net::Ipv4Addr>().map(u32::from);
        match (address, bits.parse::<u32>()) {
            (Ok(address), Ok(bits @ 1..=32)) => (address ^ GUESTS) >> (32 - bits) == 0,
            (Ok(_), Ok(0)) => true,
            _ => false,
        }
    })
}

pub(super) fn dhcp_leases(exam: &Exam) -> Check {
    let name = CheckName::DhcpLeases;
    if let Some(leased) = exam.leased.filter(|leased| *leased >= LEASED_MOST) {
        let why = format!("{leased} of {ADDRESSES} addresses are leased: new VMs get none soon");
        return Check::fail(name, why).fix(LEASE_FIX);
    }
    let (lease, set) = match &exam.lease_s {
        Setting::Is(_) => (number(&exam.lease_s), ""),
        Setting::Absent => (Some(LEASE_DEFAULT_S), ", macOS's own"),
        Setting::Unread => (None, ""),
    };
    let Some(lease) = lease.filter(|lease| *lease > 0) else {
        return Check::unknown(name, "the lease time could not be read").fix(LEASE_FIX);
    };
    let starts = ADDRESSES * LEASE_DEFAULT_S / lease;
    let why = format!("a lease is for {lease} s{set}: {} addresses last", ADDRESSES);
    if lease <= LEASE_MOST_S {
        return Check::ok(name, format!("{why} for {starts} VM starts a day"));
    }
    Check::warn(name, format!("{why} for no more than {starts} VM starts a day")).fix(LEASE_FIX)
}

pub(super) fn disk(exam: &Exam) -> Check {
    let name = CheckName::Disk;
    let facts = &exam.sighting.facts;
    if facts.disk.0 == 0 {
        return Check::unknown(name, "the data volume could not be read")
            .fix("df -P -k /System/Volumes/Data");
    }
    let prune = "tart prune --entries caches --older-than 7";
    if let Some(lack) = lack(exam, |lack| matches!(lack, Lack::Disk(_))) {
        return Check::fail(name, format!("{}: no VM is made there", lack.said())).fix(prune);
    }
    let free = facts.disk_free.as_gib();
    let why = format!("{free} GiB of {} GiB are free", facts.disk.as_gib());
    if facts.disk_free < DISK_SOON && facts.disk > DISK_SOON {
        return Check::warn(name, format!("{why}: less than another image takes")).fix(prune);
    }
    Check::ok(name, why)
}

fn processes(n: usize) -> String {
    if n == 1 { "1 process".into() } else { format!("{n} processes") }
}

pub(super) fn slots(patient: &Patient<'_>) -> Check {
    const COUNT: &str = "sudo pgrep -lf com.apple.Virtualization.VirtualMachine";
    let name = CheckName::Slots;
    let (host, seen) = (patient.host, &patient.exam.sighting);
    let reboot = |why: &str| format!("hostler host reboot {} --reason '{why}'", patient.name);
    match doubtful(host) {
        Some(Slot::Leaked { .. }) => {
            let why = "a slot is leaked: the kernel counts a guest that is gone";
            return Check::fail(name, why).fix(reboot("a slot has leaked"));
        }
        Some(Slot::Unknown { vm }) => {
            let why = "a slot is unknown: its VM may or may not run";
            return Check::warn(name, why).fix(format!("hostler vm why {vm}"));
        }
        Some(_) | None => {}
    }
    let (Some(held), Some(unaccounted)) = (seen.slots_held(), host.unaccounted(seen)) else {
        return Check::unknown(name, "its guests could not be counted").fix(COUNT);
    };
    if held > 2 {
        let why = format!("{held} macOS guests run here, and the licence allows two");
        return Check::fail(name, why).fix(COUNT);
    }
    if unaccounted > 0 {
        let why = format!(
            "{} of a guest without a VM in the list: another user's, or left over",
            processes(unaccounted as usize)
        );
        return Check::warn(name, why).fix(COUNT);
    }
    if let Some(guest) = host.slots.iter().find_map(Slot::guest) {
        let warn = Check::warn(name, format!("a slot is taken by {guest}, which is not ours"));
        return warn.fix(pasted(guest).map_or(COUNT.into(), |guest| format!("tart stop {guest}")));
    }
    Check::ok(name, format!("{held} of 2 macOS guests run, as the slots say"))
}

pub(super) fn leftovers(exam: &Exam) -> Check {
    let name = CheckName::Leftovers;
    let Some(runs) = &exam.leftovers else {
        return Check::unknown(name, "what runs of the tool could not be told from what is listed");
    };
    if runs.is_empty() {
        return Check::ok(name, "every run of the tool is of a VM that it lists");
    }
    let names: Vec<_> = runs.iter().map(|(_, vm)| vm.as_str()).collect();
    let pids: Vec<_> = runs.iter().map(|(pid, _)| pid.to_string()).collect();
    let why = format!(
        "{} of the tool for what it does not list ({}): each may hold a slot",
        processes(runs.len()),
        names.join(", ")
    );
    Check::warn(name, why).fix(format!("kill {}", pids.join(" ")))
}

pub(super) fn build(patient: &Patient<'_>) -> Check {
    let name = CheckName::Build;
    let facts = &patient.exam.sighting.facts;
    let (macos, build) = (&facts.macos, &facts.build);
    if build.is_empty() {
        return Check::unknown(name, "the version of macOS could not be read").fix("sw_vers");
    }
    let update = "softwareupdate --list";
    if patient.leaking.contains(build) {
        let why =
            format!("macOS {macos} ({build}) has lost slots in this fleet: a reboot frees them");
        return Check::warn(name, why).fix(update);
    }
    if REPORTED.contains(&macos.as_str()) {
        let why = format!("of macOS {macos} it is reported that slots are lost (tart#1217)");
        return Check::warn(name, why).fix(update);
    }
    Check::ok(name, format!("macOS {macos} ({build}) is not known to lose slots"))
}
