//! Memory in use, from `vm_stat`: counted as the system's own monitor counts it.

use crate::model::Bytes;

/// What programs hold, what is wired down, and what is compressed. `None` without a page size.
pub(super) fn used(text: &str) -> Option<Bytes> {
    let (_, after) = text.split_once("page size of ")?;
    let page: u64 = after.split_whitespace().next()?.parse().ok()?;
    let pages = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'));
        line.and_then(|value| value.trim().trim_end_matches('.').parse::<u64>().ok())
    };
    // Old systems do not tell anonymous pages from files'.
    let held = match pages("Anonymous pages") {
        Some(anonymous) => anonymous.saturating_sub(pages("Pages purgeable").unwrap_or(0)),
        None => pages("Pages active")?,
    };
    let wired = pages("Pages wired down")?;
    let compressed = pages("Pages occupied by compressor").unwrap_or(0);
    Some(Bytes(held.saturating_add(wired).saturating_add(compressed).saturating_mul(page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM_STAT: &str = "Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               48211.
Pages active:                            401223.
Pages wired down:                        212345.
Pages purgeable:                           9921.
\"Translation faults\":                 812345678.
Anonymous pages:                         550945.
Pages stored in compressor:              700000.
Pages occupied by compressor:            180000.
";

    #[test]
    fn memory_is_counted_in_the_pages_the_mac_has() {
        let pages = 550_945 - 9_921 + 212_345 + 180_000;
        assert_eq!(used(VM_STAT), Some(Bytes(pages * 16_384)));
        let intel = VM_STAT.replace("16384", "4096");
        assert_eq!(used(&intel), Some(Bytes(pages * 4_096)));
        let old = VM_STAT.replace("Anonymous pages:", "Others:");
        assert_eq!(used(&old), Some(Bytes((401_223 + 212_345 + 180_000) * 16_384)));
    }

    #[test]
    fn what_is_no_statistic_is_not_read() {
        for bad in ["", "page size of ", "page size of 16384 bytes\n", "vm_stat: failed"] {
            assert_eq!(used(bad), None, "{bad}");
        }
        let huge = VM_STAT.replace("212345", &u64::MAX.to_string());
        assert_eq!(used(&huge), Some(Bytes(u64::MAX)));
    }
}
