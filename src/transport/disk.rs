//! Files of the transport: key files and known hosts, read whole; a known host, appended.
#![expect(clippy::disallowed_types, reason = "licence: known hosts and key files")]

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// No key file or list of known hosts has more bytes; whatever has is something else.
const MOST: u64 = 16 << 20;

/// A file's text; bytes that are not UTF-8 are replaced.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let file = OpenOptions::new().read(true).open(path)?;
    if file.take(MOST + 1).read_to_end(&mut bytes)? as u64 > MOST {
        return Err(io::Error::other("larger than 16 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Adds `line` to the known hosts in `path`, which is made when missing. A line that is there
/// already is not added again.
///
/// # Errors
/// What reading or writing the file came to.
pub fn append_known_host(path: &Path, line: &str) -> io::Result<()> {
    let line = line.trim();
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    if line.is_empty() || text.lines().any(|known| known.trim() == line) {
        return Ok(());
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    file.seek(SeekFrom::End(0))?;
    // One write: a reader sees the whole line or none of it.
    file.write_all(format!("{gap}{line}\n").as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_host_is_appended_once_on_a_line_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        append_known_host(&path, "mac1 ssh-ed25519 AAAA").unwrap();
        append_known_host(&path, "mac1 ssh-ed25519 AAAA\n").unwrap();
        assert_eq!(read_text(&path).unwrap(), "mac1 ssh-ed25519 AAAA\n");

        let torn = dir.path().join("torn");
        let mut file = OpenOptions::new().write(true).create_new(true).open(&torn).unwrap();
        file.write_all(b"mac0 ssh-ed25519 BBBB").unwrap();
        append_known_host(&torn, "mac1 ssh-ed25519 AAAA").unwrap();
        let text = read_text(&torn).unwrap();
        assert_eq!(text, "mac0 ssh-ed25519 BBBB\nmac1 ssh-ed25519 AAAA\n");
    }
}
