//! The fingerprint of a host key, as people compare it: `SHA256:` and 43 characters.

use std::fmt;
use std::str::FromStr;

use super::text::{as_text, clip};

/// As `ssh-keygen -l` shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(String);

/// Why a text is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fingerprint: expected SHA256: and 43 characters, as `ssh-keygen -l` shows")]
pub struct BadFingerprint(String);

const PREFIX: &str = "SHA256:";
/// 32 bytes in base64 without its padding.
const DIGITS: usize = 43;

impl FromStr for Fingerprint {
    type Err = BadFingerprint;
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        let digits = text.strip_prefix(PREFIX).map(|digits| digits.trim_end_matches('='));
        match digits.filter(|digits| digits.len() == DIGITS && digits.chars().all(is_digit)) {
            Some(digits) => Ok(Self(format!("{PREFIX}{digits}"))),
            None => Err(BadFingerprint(clip(text))),
        }
    }
}
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
as_text!(Fingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_sha256_fingerprint_is_one() {
        let digits = "uNiVztksCsDhcc0u9e8BrqAGjRHQg3hQ0SVmHaAxXzA";
        let good: Fingerprint = format!("SHA256:{digits}").parse().unwrap();
        assert_eq!(good.to_string(), format!("SHA256:{digits}"));
        // Some tools pad.
        assert_eq!(format!("SHA256:{digits}=").parse(), Ok(good));
        for bad in ["", "SHA256:", digits, &format!("MD5:{digits}"), &format!("SHA256:{digits}x")] {
            let said = bad.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(said.contains("expected SHA256: and 43"), "{said}");
        }
        let odd = format!("SHA256:{}\u{1b}", &digits[1..]);
        assert!(odd.parse::<Fingerprint>().is_err());
    }
}
