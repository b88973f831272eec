//! Guests by their processes, and whether the keychain lets one start.

use crate::driver::words::{clean, fact};

const PROCESS: &str = "com.apple.Virtualization.VirtualMachine";

/// Guests of every tool and user, from `pgrep -lf`; `None` when they could not be counted.
pub(in crate::driver) fn count(section: Option<(i32, &str)>) -> Option<u32> {
    match section? {
        (0, text) => {
            let lines = text.lines().filter(|line| line.contains(PROCESS)).count();
            Some(u32::try_from(lines).unwrap_or(u32::MAX))
        }
        (1, _) => Some(0),
        _ => None,
    }
}

/// Why no VM can start, from `security show-keychain-info`. A failure we do not know is not a
/// lock. Before macOS 15 a VM needs no keychain.
pub(in crate::driver) fn locked(section: Option<(i32, &str)>, macos: &str) -> Option<String> {
    let (status, text) = section?;
    let major = macos.split('.').next().and_then(|major| major.trim().parse::<u32>().ok());
    if major.is_some_and(|major| major < 15) {
        return None;
    }
    if status != 36 && !clean(text).to_lowercase().contains("not allowed") {
        return None;
    }
    Some(format!(
        "the login keychain is locked: log in at the screen, or run `security unlock-keychain \
         login.keychain` there ({})",
        fact(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_guests_is_not_unread() {
        let two = "812 /System/Library/x/com.apple.Virtualization.VirtualMachine\n\
            813 com.apple.Virtualization.VirtualMachine\n\n";
        assert_eq!(count(Some((0, two))), Some(2));
        assert_eq!(count(Some((1, ""))), Some(0));
        for unread in [None, Some((2, "")), Some((127, "sh: pgrep: not found"))] {
            assert_eq!(count(unread), None, "{unread:?}");
        }
    }

    #[test]
    fn only_a_locked_keychain_locks_and_only_where_it_is_needed() {
        let words = "security: SecKeychainCopySettings: User interaction is not allowed.\n";
        let said = locked(Some((36, words)), "26.3.1").unwrap();
        assert!(said.contains("unlock-keychain") && said.contains("not allowed"), "{said}");
        assert!(locked(Some((1, words)), "").is_some());
        assert!(locked(Some((36, "")), "15.0").is_some());
        assert_eq!(locked(Some((36, words)), "14.7"), None);
        assert_eq!(locked(Some((0, "Keychain \"<NULL>\" no-timeout\n")), "26.3.1"), None);
        assert_eq!(locked(Some((44, "A default keychain could not be found.")), "26"), None);
        assert_eq!(locked(None, "26"), None);
    }
}
