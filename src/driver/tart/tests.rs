//! Whole answers to a look.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::look::read;
use crate::driver::Look;
use crate::model::{Bytes, OpId, SeenState, SeenVm, Timestamp};

const ANSWER: &str = r#"@@ guard 0
epoch 41
running 00000000000a
done 00000000000b 77
@@ sw_vers 0
ProductName:		macOS
ProductVersion:		26.3.1
BuildVersion:		25D2128
@@ sysctl 0
Apple M2 Pro
Mac14,12
12
25769803776
{ sec = 1592836479, usec = 918881 } Mon Jun 22 07:34:39 2020
{ 2.57 2.41 2.24 }
@@ boot 0
6F1B2C3D-0000-4444-8888-0123456789AB
@@ vm_stat 0
Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages active:                            401223.
Pages wired down:                        212345.
@@ df 0
Filesystem   1024-blocks      Used Available Capacity  Mounted on
/dev/disk3s5   971350180 340123456 612345678    36%    /System/Volumes/Data
@@ tool 0
2.35.0
@@ list 0
[
  { "Running" : true, "State" : "running", "Name" : "hostler-ci-00000000000c", "Source" : "local" },
  { "Running" : true, "State" : "running", "Name" : "my vm", "Source" : "local" },
  { "Running" : false, "State" : "stopped", "Name" : "base", "Source" : "local" },
  { "Running" : false, "State" : "stopped", "Name" : "ghcr.io\/a\/b:1", "Source" : "OCI" }
]
@@ vm hostler-ci-00000000000c 0
  "os" : "darwin",
  "macAddress" : "7e:f2:1a:0b:33:9c",
@@ vm %6d%79%20%76%6d
{"version":1,"os":"linux","macAddress":"7e:f2:1a:0b:33:9d"}
@@ leases 0
{
	name=Managed-Virtual-Machine
	ip_address=192.168.64.7
	hw_address=1,7e:f2:1a:b:33:9c
	identifier=1,7e:f2:1a:b:33:9c
	lease=0x66c1a2f4
}
@@ guests 0
812 /System/x/com.apple.Virtualization.VirtualMachine
813 /System/x/com.apple.Virtualization.VirtualMachine
@@ busy 0
hostler-ci-00000000000c yes
absent yes
base no
base maybe
base
@@ keychain 0
Keychain "<NULL>" no-timeout
@@ end 0
"#;

fn at() -> Timestamp {
    Timestamp::from_millis(0x66c1_0000 * 1_000)
}

#[test]
fn an_answer_becomes_a_sighting() {
    let Look { sighting, sample } = read(ANSWER, at()).unwrap();
    assert_eq!((sighting.at, sample.at), (at(), at()));
    assert_eq!(sighting.facts.macos, "26.3.1");
    assert_eq!(sighting.facts.boot, "6F1B2C3D-0000-4444-8888-0123456789AB");
    assert_eq!(sighting.facts.tool, "2.35.0");
    assert_eq!(sighting.facts.disk, Bytes(971_350_180 << 10));
    assert_eq!(sample.disk_free, Bytes(612_345_678 << 10));
    assert_eq!(sample.load, 2.57);
    let vm = |state, ip: Option<&str>, linux, busy| SeenVm {
        ip: ip.map(Into::into),
        linux,
        busy,
        ..SeenVm::new(state)
    };
    let vms = BTreeMap::from([
        ("base".into(), vm(SeenState::Stopped, None, false, Some(false))),
        (
            "hostler-ci-00000000000c".into(),
            vm(SeenState::Running, Some("192.168.64.7"), false, Some(true)),
        ),
        ("my vm".into(), vm(SeenState::Running, None, true, None)),
    ]);
    assert_eq!(sighting.vms, Some(vms));
    assert_eq!(sighting.images, Some(vec!["ghcr.io/a/b:1".into()]));
    assert_eq!((sighting.guests, sighting.slots_held()), (Some(2), Some(1)));
    assert_eq!(sighting.locked, None);
    assert_eq!(sighting.guard.epoch, 41);
    assert_eq!(sighting.guard.running, Some(OpId::from_bits(10)));
    assert_eq!(sighting.guard.done[&OpId::from_bits(11)], 77);
}

#[test]
fn what_failed_is_unread_and_not_empty() {
    let failed = ANSWER
        .replace("@@ list 0", "@@ list 1")
        .replace("@@ guests 0", "@@ guests 2")
        .replace("@@ sw_vers 0", "@@ skipped 0")
        .replace("@@ keychain 0\nKeychain \"<NULL>\" no-timeout", "@@ keychain 36")
        .replace("@@ tool 0\n2.35.0", "@@ tool 127");
    let sighting = read(&failed, at()).unwrap().sighting;
    assert_eq!((sighting.vms, sighting.images, sighting.guests), (None, None, None));
    assert_eq!((sighting.facts.macos.as_str(), sighting.facts.tool.as_str()), ("", ""));
    assert!(sighting.locked.unwrap().contains("keychain"));
    let garbled = ANSWER.replace("\"base\"", "\"base");
    assert_eq!(read(&garbled, at()).unwrap().sighting.vms, None);
}

#[test]
fn without_the_guard_or_the_end_there_is_no_look() {
    for (from, to) in [("@@ guard 0", "@@ guard 1"), ("@@ guard", "@@ other"), ("@@ end 0\n", "")] {
        assert!(read(&ANSWER.replace(from, to), at()).is_err(), "{from} -> {to}");
    }
}

proptest! {
    /// A host runs untrusted CI: whatever it says, we read it or refuse it.
    #[test]
    fn no_answer_makes_us_panic(cut in 0..ANSWER.len(), add in "\\PC{0,12}", to in 0..ANSWER.len()) {
        let (from, to) = (cut.min(to), cut.max(to));
        let text = format!("{}{add}{}", &ANSWER[..from], &ANSWER[to..]);
        let _ = read(&text, at());
    }
}
