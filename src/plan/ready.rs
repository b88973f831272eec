//! What a host lacks for a VM, by its last look: the one judgement on which placement, the
//! verification after a restart and the doctor agree.

use crate::model::{Bytes, Facts, Host, Sighting, Slot};

/// Room a new VM needs beside what must stay free.
const DISK_RESERVE: Bytes = Bytes::gib(20);

/// One thing that a host lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lack {
    /// It was never looked at.
    Look,
    /// Keychain or disk is locked: why, as the host says it.
    Unlocked(String),
    /// Its VM tool does not answer as it should: in which way.
    Tool(String),
    /// So much is free, and that is too little.
    Disk(Bytes),
}

/// All that the host lacks, the worst first; nothing: it is ready.
pub(super) fn lacks(seen: Option<&Sighting>) -> Vec<Lack> {
    let Some(seen) = seen else { return vec![Lack::Look] };
    let locked = seen.locked.clone().map(Lack::Unlocked);
    let tool = tool(seen).map(|why| Lack::Tool(why.into()));
    let disk = disk_short(&seen.facts).then_some(Lack::Disk(seen.facts.disk_free));
    [locked, tool, disk].into_iter().flatten().collect()
}

fn tool(seen: &Sighting) -> Option<&'static str> {
    if seen.facts.tool.is_empty() {
        return Some("its VM tool does not tell its version");
    }
    let lists = seen.vms.is_some() && seen.images.is_some();
    (!lists).then_some("its VM tool cannot list VMs and images")
}

/// 20 % of the disk, or 20 GiB where that is less, stay free.
pub(super) fn disk_short(facts: &Facts) -> bool {
    let fifth = Bytes(facts.disk.0 / 5);
    facts.disk.0 > 0 && facts.disk_free < fifth.min(DISK_RESERVE)
}

/// A slot of which it is not known what it holds, or that only a reboot frees.
pub(super) fn doubtful(host: &Host) -> Option<&Slot> {
    host.slots.iter().find(|slot| matches!(slot, Slot::Unknown { .. } | Slot::Leaked { .. }))
}

impl Lack {
    /// In words that follow on the host's name.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Look => "it was never seen".into(),
            Self::Unlocked(why) => format!("it is locked: {why}"),
            Self::Tool(why) => why.clone(),
            Self::Disk(free) => format!("only {free} of its disk are free"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn fit() -> Sighting {
        let facts = Facts {
            tool: "2.35.0".into(),
            disk: Bytes::gib(900),
            disk_free: Bytes::gib(400),
            ..Facts::default()
        };
        let (vms, images) = (Some(BTreeMap::new()), Some(Vec::new()));
        Sighting { facts, vms, images, ..Sighting::default() }
    }

    #[test]
    fn a_host_is_ready_or_says_what_it_lacks_the_worst_first() {
        assert_eq!(lacks(Some(&fit())), []);
        assert_eq!(lacks(None), [Lack::Look]);
        let mut seen = fit();
        seen.facts.disk_free = Bytes::gib(3);
        seen.locked = Some("keychain".into());
        let said: Vec<_> = lacks(Some(&seen)).iter().map(Lack::said).collect();
        assert_eq!(said, ["it is locked: keychain", "only 3GiB of its disk are free"]);
    }

    #[test]
    fn a_tool_that_lists_and_one_that_tells_its_version_are_both_wanted() {
        for (version, listed, lack) in [
            ("2.35.0", true, None),
            ("", true, Some("does not tell its version")),
            ("2.35.0", false, Some("cannot list")),
            ("", false, Some("does not tell its version")),
        ] {
            let mut seen = fit();
            seen.facts.tool = version.into();
            seen.vms = listed.then(BTreeMap::new);
            let lacks = lacks(Some(&seen));
            let said = lacks.first().map(Lack::said).unwrap_or_default();
            assert_eq!(lacks.len(), usize::from(lack.is_some()), "{version} {listed}");
            assert!(said.contains(lack.unwrap_or_default()), "{said}");
        }
    }

    #[test]
    fn a_fifth_of_a_small_disk_and_a_reserve_of_a_large_one_stay_free() {
        for (size, free, short) in
            [(50, 11, false), (50, 9, true), (900, 21, false), (900, 19, true)]
        {
            let (disk, disk_free) = (Bytes::gib(size), Bytes::gib(free));
            assert_eq!(disk_short(&Facts { disk, disk_free, ..Facts::default() }), short);
        }
        assert!(!disk_short(&Facts::default()), "a disk that was not read is not full");
    }
}
