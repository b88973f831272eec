//! The answer to a look at a host with Tart, made into a sighting.

use super::list;
use crate::driver::macos::{self, Leases, Mac};
use crate::driver::sections::Sections;
use crate::driver::words::{clean, fact, last_words};
use crate::driver::{Look, guard};
use crate::model::{SeenState, Sighting, Timestamp};

/// Reads an answer. A part that cannot be read is `None` or empty; only an answer that is torn,
/// or whose guard cannot be read, is no look at all: without it nothing is known of what we did.
pub(super) fn read(answer: &str, at: Timestamp) -> Result<Look, String> {
    let sections = Sections::of(answer)?;
    let guard = sections.good("guard").ok_or(
        "its record of our operations in ~/.hostler cannot be read: see that sysctl answers and \
         that the disk is not full",
    )?;
    let (mut facts, sample) = macos::read(&sections, at);
    if let Some(version) = sections.good("tool") {
        facts.tool = fact(version.lines().next().unwrap_or_default());
    }
    let listing = sections.good("list").and_then(list::read);
    let (mut vms, images) = match listing {
        Some(listing) => (Some(listing.vms), Some(listing.images)),
        None => (None, None),
    };
    let leases = Leases::read(sections.good("leases").unwrap_or_default(), at);
    for (name, config) in sections.under("vm") {
        let seen = vms.as_mut().and_then(|vms| vms.get_mut(&decoded(name)));
        let Some(seen) = seen.filter(|seen| seen.state == SeenState::Running) else { continue };
        seen.linux = field(config, "os") == Some("linux");
        let ip = field(config, "macAddress").and_then(Mac::parse).and_then(|mac| leases.ip(mac));
        seen.ip = ip.map(|ip| ip.to_string());
    }
    for name in sections.good("made").unwrap_or_default().lines() {
        if let Some(seen) = vms.as_mut().and_then(|vms| vms.get_mut(name)) {
            seen.made = true;
        }
    }
    for (name, said) in sections.under("log") {
        if let Some(seen) = vms.as_mut().and_then(|vms| vms.get_mut(&decoded(name))) {
            seen.said = last_words(said);
        }
    }
    for (name, busy) in answers(sections.good("busy").unwrap_or_default()) {
        if let Some(seen) = vms.as_mut().and_then(|vms| vms.get_mut(name)) {
            seen.busy = Some(busy);
        }
    }
    let locked = macos::locked(sections.any("keychain"), &facts.macos);
    let sighting = Sighting {
        at,
        facts,
        vms,
        images,
        guests: macos::count(sections.any("guests")),
        locked,
        guard: guard::read(guard),
    };
    Ok(Look { sighting, sample })
}

/// What guests said of their work, in lines `VM yes` and `VM no`. Who did not answer has none.
fn answers(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.lines().filter_map(|line| match line.split_once(' ')? {
        (vm, "yes") => Some((vm, true)),
        (vm, "no") => Some((vm, false)),
        _ => None,
    })
}

/// The text value of a key in JSON that may be no more than the lines around it.
fn field<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = json.split_once(&format!("\"{key}\""))?;
    let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(value, _)| value)
}

/// `%XX` for any byte; what is not so written stands for itself.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    clean(&String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decode_and_oddities_stand_for_themselves() {
        for (name, want) in
            [("a-b", "a-b"), ("%61", "a"), ("%", "%"), ("%6", "%6"), ("%zz%", "%zz%")]
        {
            assert_eq!(decoded(name), want);
        }
        assert_eq!(decoded("%C3%A9%0a"), "é ");
    }
}
