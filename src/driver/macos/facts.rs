//! A Mac's facts and figures out of the sections of a look. What cannot be read stays empty.

use super::{disk, memory};
use crate::driver::sections::Sections;
use crate::driver::words::fact;
use crate::model::{Bytes, Facts, Sample, Timestamp};

/// Reads what every look has; `Facts::tool` is the driver's to add.
pub(in crate::driver) fn read(sections: &Sections<'_>, at: Timestamp) -> (Facts, Sample) {
    let mut facts = Facts::default();
    let mut sample = Sample { at, ..Sample::default() };
    if let Some((_, text)) = sections.any("sw_vers") {
        (facts.macos, facts.build) = version(text);
    }
    // An unknown key fails the command, but the known ones are printed.
    if let Some((_, text)) = sections.any("sysctl") {
        sample.load = hardware(text, &mut facts);
    }
    if let Some(text) = sections.good("boot") {
        facts.boot = fact(text.lines().next().unwrap_or_default());
    }
    facts.filevault = sections.good("filevault").and_then(filevault);
    facts.uuid = sections.good("uuid").and_then(uuid).unwrap_or_default();
    facts.all_users = sections.good("whose").and_then(all_users);
    if let Some(text) = sections.good("vm_stat") {
        sample.memory_used = memory::used(text).unwrap_or_default();
    }
    if let Some(space) = sections.good("df").and_then(disk::space) {
        facts.disk = space.size;
        facts.disk_free = space.free;
        sample.disk_free = space.free;
    }
    (facts, sample)
}

/// Of `FileVault is On.`, whatever follows it about a conversion under way.
fn filevault(text: &str) -> Option<bool> {
    let (_, word) = text.split_once("FileVault is ")?;
    if word.starts_with("On") {
        return Some(true);
    }
    word.starts_with("Off").then_some(false)
}

/// Of `"IOPlatformUUID" = "0E3C4F5A-..."`; nothing else is taken for one, and zeros are none.
fn uuid(text: &str) -> Option<String> {
    let line =
        text.lines().find_map(|line| line.split_once("\"IOPlatformUUID\"")?.1.split_once('='));
    let uuid = line?.1.trim().strip_prefix('"')?.strip_suffix('"')?;
    let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
    let hex = uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let some = uuid.chars().any(|c| !matches!(c, '0' | '-'));
    (groups == [8, 4, 4, 4, 12] && hex && some).then(|| uuid.to_ascii_uppercase())
}

/// Whose processes could be counted.
fn all_users(text: &str) -> Option<bool> {
    match text.trim() {
        "all" => Some(true),
        "own" => Some(false),
        _ => None,
    }
}

/// Version, with its security response if it has one, and build.
fn version(text: &str) -> (String, String) {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'));
        line.map(fact).unwrap_or_default()
    };
    let build = value("BuildVersion");
    let mut macos = value("ProductVersion");
    // What a program built long ago is told instead of the truth; the build knows it.
    if macos.starts_with("10.16") || macos.starts_with("16.") || macos == "16" {
        macos = major_of_build(&build).map_or(macos, |major| major.to_string());
    }
    let extra = value("ProductVersionExtra");
    if !extra.is_empty() {
        macos = format!("{macos} {extra}");
    }
    (macos, build)
}

/// 20A... is macOS 11, 24A... is 15, and 25A... is 26: there numbers follow the year.
fn major_of_build(build: &str) -> Option<u32> {
    let digits = build.find(|c: char| !c.is_ascii_digit())?;
    match build[..digits].parse().ok()? {
        darwin @ 20..=24 => Some(darwin - 9),
        darwin @ 25..=99 => Some(darwin + 1),
        _ => None,
    }
}

/// Lines by their shape rather than their place: a key this Mac does not know leaves none.
/// Returns the load over one minute.
fn hardware(text: &str, facts: &mut Facts) -> f32 {
    let mut load: f32 = 0.0;
    let mut numbers = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix('{') {
            if let Some(seconds) = boot_seconds(rest) {
                facts.booted_at = Timestamp::from_millis(seconds.saturating_mul(1_000));
            } else if let Some(one) = rest.split_whitespace().next() {
                load = one.replace(',', ".").parse().unwrap_or(0.0);
            }
        } else if let Ok(number) = line.parse::<u64>() {
            numbers.push(number);
        } else if line.contains(',') && !line.contains(' ') {
            facts.model = fact(line);
        } else if facts.chip.is_empty() {
            facts.chip = fact(line);
        }
    }
    // No Mac has thousands of cores, and none so few bytes.
    for number in numbers {
        match u16::try_from(number) {
            Ok(cores) => facts.cores = cores,
            Err(_) => facts.memory = Bytes(number),
        }
    }
    if load.is_finite() && load >= 0.0 { load } else { 0.0 }
}

/// Of ` sec = 1592836479, usec = 918881 } Mon Jun 22 07:34:39 2020`.
fn boot_seconds(text: &str) -> Option<i64> {
    let digits = text.trim_start().strip_prefix("sec")?.trim_start().strip_prefix('=')?;
    digits.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSCTL: &str = "Apple M2 Pro\nMac14,12\n12\n25769803776\n\
        { sec = 1592836479, usec = 918881 } Mon Jun 22 07:34:39 2020\n{ 2.57 2.41 2.24 }\n";

    #[test]
    fn versions_read_even_when_the_mac_pretends() {
        let text = |version: &str, build: &str| {
            format!(
                "ProductName:\t\tmacOS\nProductVersion:\t\t{version}\nBuildVersion:\t\t{build}\n"
            )
        };
        for (said, build, macos) in [
            ("26.3.1", "25D2128", "26.3.1"),
            ("15.6", "24G84", "15.6"),
            ("10.16", "25D2128", "26"),
            ("16.0", "25A354", "26"),
            ("10.16", "21G72", "12"),
            ("10.16", "", "10.16"),
        ] {
            assert_eq!(version(&text(said, build)), (macos.into(), build.into()));
        }
        let rapid = text("13.4.1", "22F770820d") + "ProductVersionExtra:\t\t(a)\n";
        assert_eq!(version(&rapid).0, "13.4.1 (a)");
        assert_eq!(version(""), Default::default());
    }

    #[test]
    fn hardware_reads_whole_and_with_lines_missing() {
        let mut facts = Facts::default();
        let load = hardware(SYSCTL, &mut facts);
        assert_eq!((facts.chip.as_str(), facts.model.as_str()), ("Apple M2 Pro", "Mac14,12"));
        assert_eq!((facts.cores, facts.memory), (12, Bytes::gib(24)));
        assert_eq!(facts.booted_at, Timestamp::from_millis(1_592_836_479_000));
        assert_eq!(load, 2.57);

        let mut facts = Facts::default();
        let load = hardware("VirtualMac2,1\n4\n{ 1,63 0,65 0,44 }\n", &mut facts);
        assert_eq!((facts.chip.as_str(), facts.model.as_str()), ("", "VirtualMac2,1"));
        assert_eq!((facts.cores, facts.memory, load), (4, Bytes(0), 1.63));
    }

    #[test]
    fn a_boot_time_does_not_stand_in_for_a_boot_session_for_each_correction_moves_it() {
        let answer = format!("@@ sysctl 1\n{SYSCTL}@@ boot 1\n@@ end 0\n");
        let (facts, _) = read(&Sections::of(&answer).unwrap(), Timestamp::default());
        assert_eq!((facts.boot.as_str(), facts.booted_at.as_millis()), ("", 1_592_836_479_000));
    }

    #[test]
    fn the_disk_is_locked_or_not_or_nobody_knows() {
        for (text, want) in [
            ("FileVault is On.\n", Some(true)),
            ("FileVault is On.\nEncryption in progress: Percent completed = 12\n", Some(true)),
            ("FileVault is Off.\n", Some(false)),
            ("FileVault is Off, but will be enabled after the next restart.\n", Some(false)),
            ("fdesetup: error", None),
            ("", None),
        ] {
            assert_eq!(filevault(text), want, "{text}");
        }
        let failed = Sections::of("@@ filevault 1\nFileVault is Off.\n@@ end 0\n").unwrap();
        assert_eq!(read(&failed, Timestamp::default()).0.filevault, None);
    }

    #[test]
    fn a_hardware_number_is_one_or_none() {
        let line = |uuid: &str| format!("+-o J274AP\n  \"IOPlatformUUID\" = \"{uuid}\"\n");
        let whole = "0E3C4F5A-1D2C-5E4F-8A9B-00C0FFEE0001";
        for (text, want) in [
            (line(whole), Some(whole)),
            (line(&whole.to_lowercase()), Some(whole)),
            (line("00000000-0000-0000-0000-000000000000"), None),
            (line("0E3C4F5A-1D2C-5E4F-8A9B"), None),
            (line("\u{1b}[2J4F5A-1D2C-5E4F-8A9B-00C0FFEE0001"), None),
            (line(""), None),
            ("\"IOPlatformUUID\" = <00>".into(), None),
            (String::new(), None),
        ] {
            let answer = format!("@@ uuid 0\n{text}\n@@ end 0\n");
            let (facts, _) = read(&Sections::of(&answer).unwrap(), Timestamp::default());
            assert_eq!(facts.uuid, want.unwrap_or_default(), "{text}");
        }
    }

    #[test]
    fn guests_of_others_are_counted_or_may_be_hidden_or_nobody_knows() {
        for (text, want) in [("all\n", Some(true)), ("own\n", Some(false)), ("x", None), ("", None)]
        {
            let answer = format!("@@ whose 0\n{text}\n@@ end 0\n");
            let (facts, _) = read(&Sections::of(&answer).unwrap(), Timestamp::default());
            assert_eq!(facts.all_users, want, "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_fact_and_no_panic() {
        for bad in ["{", "{ sec = 99999999999999999999", "{ nan", "{ -inf", ",", "{ sec"] {
            let mut facts = Facts::default();
            assert_eq!(hardware(bad, &mut facts), 0.0, "{bad}");
            assert_eq!(facts.booted_at, Timestamp::default(), "{bad}");
        }
    }
}
