//! Drift: what a VM is against what its pool would have it be now, and what a Mac is against what
//! the inventory expects of it.

use std::cmp::Ordering;

use super::{Expect, Facts, Host, Timestamp, Vm, Wanted, World};

impl World {
    /// How a VM differs from what its pool would make now; `None`: it does not, or it is to go.
    pub fn drift_of(&self, vm: &Vm, now: Timestamp) -> Option<String> {
        let spec = &self.pools.get(&vm.pool)?.spec;
        if vm.wanted == Wanted::Gone {
            return None;
        }
        if spec.image != vm.image {
            return Some(format!(
                "it was made from image {}, its pool has {} now",
                vm.image, spec.image
            ));
        }
        if let Some(made) = &vm.made {
            let source = self.images.get(&vm.image).map(|image| &image.source);
            if let Some(source) = source.filter(|source| **source != made.source) {
                return Some(format!(
                    "it was made from {}, its image is {source} now",
                    made.source
                ));
            }
            if (made.cpu, made.memory) != (spec.cpu, spec.memory) {
                return Some("its pool has other cores or memory now".into());
            }
        }
        let max = spec.max_age?;
        (now.since(vm.created) > max).then(|| format!("it is older than {max}"))
    }
}

impl Host {
    /// What the last look shows of a Mac that is not as its group expects, a line each.
    pub fn drift(&self) -> Vec<String> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let Facts { macos, tool, chip, .. } = &seen.facts;
        let Expect { macos: want_macos, tool: want_tool, chip: want_chip } = &self.spec.expect;
        let version = |what: &str, is: &str, wanted: &Option<String>| {
            let wanted = wanted.as_ref().filter(|wanted| !is.is_empty() && !meets(is, wanted))?;
            Some(format!("{what} is {is}, expected {wanted}"))
        };
        let other = |wanted: &&String| !chip.to_lowercase().contains(&wanted.to_lowercase());
        let chip_differs = want_chip.as_ref().filter(|wanted| !chip.is_empty() && other(wanted));
        let lines = [
            version("macOS", macos, want_macos),
            version("its VM tool", tool, want_tool),
            chip_differs.map(|wanted| format!("its chip is {chip}, expected {wanted}")),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// Whether a version meets all of these requirements, such as `>=15.4, <27`. One that is named
/// alone or with `=` is met by what begins with it: `26.1` by 26.1.2.
pub(super) fn meets(version: &str, requirements: &str) -> bool {
    let Some(is) = numbers(version) else { return false };
    requirements.split(',').map(str::trim).all(|requirement| {
        let digits = requirement.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (sign, wanted) = requirement.split_at(digits);
        let Some(wanted) = numbers(wanted) else { return false };
        let order = compare(&is, &wanted);
        match sign.trim() {
            ">=" => order != Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            "!=" => !is.starts_with(&wanted),
            _ => is.starts_with(&wanted),
        }
    })
}

/// `2.35.0-beta` is 2.35.0: what follows the numbers is nobody's requirement.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect()
}

/// Missing numbers are 0: 26.1 is 26.1.0.
fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let at = |all: &[u64], n: usize| all.get(n).copied().unwrap_or(0);
    let pairs = (0..a.len().max(b.len())).map(|n| at(a, n).cmp(&at(b, n)));
    pairs.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_meet_requirements_by_their_numbers() {
        for (version, requirement, met) in [
            ("26.3.1", ">=15.4, <27", true),
            ("15.4", ">=15.4, <27", true),
            ("15.3.9", ">=15.4", false),
            ("27.0", "<27", false),
            ("26.10", ">26.9", true),
            ("26.1.2", "26.1", true),
            ("26.10", "26.1", false),
            ("26.1.2", "<=26.1", false),
            ("2.35.0-beta", "!=2.35", false),
            ("2.36.0", "!=2.35", true),
            ("unknown", ">=1", false),
        ] {
            assert_eq!(meets(version, requirement), met, "{version} {requirement}");
        }
    }
}
