//! The size of a volume and what is free on it, from `df -P -k` or `df -k`.

use crate::model::Bytes;

/// A volume's space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Space {
    pub(super) size: Bytes,
    pub(super) free: Bytes,
}

/// Of the last volume listed. Names on either side may contain spaces, so the row is known by
/// its middle: size, used, free, and a percentage.
pub(super) fn space(text: &str) -> Option<Space> {
    text.lines().rev().find_map(row)
}

fn row(line: &str) -> Option<Space> {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.windows(4).rev().find_map(|four| {
        let number = |at: usize| four.get(at)?.parse::<u64>().ok();
        let (size, _used, free) = (number(0)?, number(1)?, number(2)?);
        let share = four.get(3)?.strip_suffix('%')?;
        share.parse::<u32>().ok()?;
        let kib = |n: u64| Bytes(n.saturating_mul(1_024));
        Some(Space { size: kib(size), free: kib(free) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_with_and_without_inodes_and_with_spaces_in_names() {
        let want = Some(Space { size: Bytes(971_350_180 << 10), free: Bytes(612_345_678 << 10) });
        for text in [
            "Filesystem   1024-blocks      Used Available Capacity  Mounted on\n\
             /dev/disk3s5   971350180 340123456 612345678    36%    /System/Volumes/Data\n",
            "Filesystem    1024-blocks      Used Available Capacity iused     ifree %iused  Mounted on\n\
             /dev/disk3s5    971350180 340123456 612345678    36% 2345678 6123456780    0%   /System/Volumes/Data\n",
            "map -hosts 7 971350180 340123456 612345678 36% /Volumes/My Disk 2",
        ] {
            assert_eq!(space(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_row_is_not_read() {
        for bad in ["", "df: /x: No such file or directory\n", "a 1 2 3 -% /", "1 2 36% /"] {
            assert_eq!(space(bad), None, "{bad}");
        }
    }
}
